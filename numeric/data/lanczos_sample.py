"""A large matrix, known by its products with vectors, in a comparison: by stochastic Lanczos quadrature."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from resolvent.derive.errors import ParameterError
from resolvent.numeric.density.chebyshev_piece import Array
from resolvent.numeric.matrices.lanczos import LanczosSpectrum, stochastic_lanczos
from resolvent.numeric.spectrum.rigidity import Distance
from resolvent.numeric.spectrum.spectrum import Spectrum

_PROBES, _STEPS = 16, 96
_SAME = 1e-7  # of the support: Ritz values of several probes that are one eigenvalue
_ZERO = 1e-8
_GRID = 400
_SHOWN = 4000  # points that stand for the eigenvalues in a picture
_ERRORS = 4.0  # standard errors that a distance may have
_SEED = 0x6C616E637A6F73  # nobody's own: probes that are the rows of data made with seed 0 see another spectrum


@dataclass(frozen=True)
class LanczosSample:
    """The quadratures of a matrix.

    Attributes:
        found: nodes and weights of all probes.
        values: quantiles that stand for the eigenvalues in pictures.
    """

    found: LanczosSpectrum
    values: Array

    @property
    def size(self) -> int:
        """The number of eigenvalues."""
        return self.found.dimension

    def sum(self, function: Callable[[Array], Any]) -> tuple[float, float]:
        """The sum of a function over the eigenvalues, and its standard error."""
        mean = self.found.expect(function)
        return self.size * float(mean.value), self.size * float(mean.error)

    def candidates(self, spectrum: Spectrum) -> Array:
        """The eigenvalues outside the support: Ritz values on which half of the probes agree."""
        low, high = spectrum.support()
        close = _SAME * (high - low)
        nodes = np.sort(np.concatenate([x[(x < low - close) | (x > high + close)] for x in self.found.nodes]))
        groups = np.split(nodes, np.flatnonzero(np.diff(nodes) > close) + 1)
        return np.array([float(np.mean(g)) for g in groups if 2 * len(g) >= len(self.found.nodes)])

    def without(self, components: Array, spectrum: Spectrum) -> LanczosSample:
        """The quadratures without the nodes at some eigenvalues; all of them, if none were left."""
        low, high = spectrum.support()
        close = _SAME * (high - low)
        kept = [np.all(np.abs(x[:, None] - components) > close, axis=1) for x in self.found.nodes]
        if not all(map(np.any, kept)):
            return self
        nodes = tuple(x[k] for x, k in zip(self.found.nodes, kept, strict=True))
        weights = tuple(w[k] for w, k in zip(self.found.weights, kept, strict=True))
        found = LanczosSpectrum(self.size - len(components), nodes, weights)
        return replace(self, found=replace(found, weights=tuple(w / np.sum(w) for w in weights)))

    def distance(self, spectrum: Spectrum) -> tuple[Distance, float]:
        """The distance from a law, and what the quadrature's resolution and spread may add."""
        x = np.unique([place for i in spectrum.intervals for place in i.points(_GRID)])
        own = self.found.cdf(x)
        difference = own.value - spectrum.cdf(x)
        k = int(np.argmax(np.abs(difference)))
        allowed = self.found.resolution + _ERRORS * float(np.max(own.error))
        return Distance(float(abs(difference[k])), float(x[k]), float(difference[k])), allowed

    def zeros(self, scale: float) -> tuple[float, float]:
        """The number of eigenvalues at 0 and its standard error."""
        return self.sum(lambda x: (np.abs(x) <= _ZERO * scale).astype(float))


def lanczos_sample(matrix: Any, singular: bool | None, seed: int = _SEED) -> LanczosSample:
    """The quadratures of a symmetric matrix or operator, with ``singular`` those of X X^T/n, X of size p x n.

    Raises `ParameterError` for anything without a shape and products, and for a matrix that is not square.
    """
    if not hasattr(matrix, "shape") or len(matrix.shape) != 2 or not hasattr(matrix, "__matmul__"):
        raise ParameterError(
            "Lanczos' method needs a matrix, or an operator with a shape and products (scipy.sparse.linalg."
            f"LinearOperator); got {type(matrix).__name__}"
        )
    rows, columns = matrix.shape
    if getattr(matrix, "dtype", None) is not None and np.dtype(matrix.dtype).kind == "c":
        raise ParameterError("Lanczos' method is for real matrices here; take the eigenvalues of complex ones")
    if singular:

        def product(v: Array) -> Array:
            return np.asarray(matrix @ (matrix.T @ v)) / columns

    elif rows == columns:

        def product(v: Array) -> Array:
            return np.asarray(matrix @ v)

        _require_symmetric(product, rows)
    else:
        raise ParameterError(f"the matrix of size {rows} x {columns} is not square; for X X^T/n say singular")
    found = stochastic_lanczos(product, rows, seed, probes=_PROBES, steps=_STEPS)
    levels = (np.arange(min(rows, _SHOWN)) + 0.5) / min(rows, _SHOWN)
    grid = np.unique(np.concatenate(found.nodes))
    cumulative = np.asarray(found.cdf(grid).value)
    return LanczosSample(found, np.interp(levels, cumulative, grid))


def _require_symmetric(product: Callable[[Array], Array], rows: int) -> None:
    """Raise `ParameterError` for an operator with u^T A v other than v^T A u."""
    u, v = np.random.default_rng(1).normal(size=(2, rows))
    one, two = float(u @ product(v)), float(v @ product(u))
    if abs(one - two) > 1e-6 * float(np.linalg.norm(product(u)) * np.linalg.norm(v)):
        raise ParameterError("the matrix is not symmetric; for the eigenvalues of X X^T/n say singular")
