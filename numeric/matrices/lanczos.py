r"""The spectrum of a large symmetric matrix that is known by its products with vectors: stochastic Lanczos quadrature.

For a random unit vector v with independent Gaussian directions E v^T f(A) v = tr f(A)/N. Lanczos' method turns v into a
tridiagonal k x k matrix whose eigenvalues theta_i, with weights w_i = (first components)^2, are the Gauss quadrature of
v's spectral measure: exact for polynomials f below degree 2k, and

    v^T f(A) v = sum_i w_i f(theta_i)        |cdf of the quadrature - cdf of the measure| <= max_i w_i.

The mean over p probes estimates the spectrum. Two errors remain: the spread over probes, of variance about
2 (tr f(A)^2/N - (tr f(A)/N)^2)/(N p), which `Estimated` values carry as a standard error, and the resolution, the gaps
between the nodes of one probe, of the order of the support's length over k inside and over k^2 at its ends.

Source: Golub, Meurant, Matrices, Moments and Quadrature with Applications (2010), chapters 6, 7 and 11.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from resolvent.derive.errors import ParameterError
from resolvent.numeric.matrices.ensembles import dimension, generator

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Estimated:
    """Values with their standard errors over the probes, an error of the kind "estimated"."""

    value: Array
    error: Array


@dataclass(frozen=True, eq=False)
class LanczosSpectrum:
    """The Gauss quadratures of all probes.

    Attributes:
        dimension: N, the number of rows of the matrix.
        nodes: for each probe the nodes theta_i, increasing.
        weights: for each probe their weights, of sum 1.
    """

    dimension: int
    nodes: tuple[Array, ...]
    weights: tuple[Array, ...]

    def expect(self, function: Callable[[Array], ArrayLike]) -> Estimated:
        """tr f(A)/N; exact for each probe if f is a polynomial of degree below 2k."""
        values = [[float(np.sum(w * np.asarray(function(x))))] for x, w in zip(self.nodes, self.weights, strict=True)]
        found = _mean(np.array(values))
        return Estimated(found.value[0], found.error[0])

    def moment(self, k: int) -> Estimated:
        """tr A^k/N.

        Raises `ParameterError` unless k is a non-negative integer.
        """
        if isinstance(k, bool) or not isinstance(k, (int, np.integer)) or k < 0:
            raise ParameterError(f"the order of a moment must be a non-negative integer; got {k!r}", k=k)
        return self.expect(lambda x: x ** int(k))

    def cdf(self, x: ArrayLike) -> Estimated:
        """The share of eigenvalues up to x: half of a node's weight lies below it, and linear in between.

        It is within `resolution` of the distribution function of each probe's measure.
        """
        places = np.asarray(x, dtype=np.float64)
        middles = [np.cumsum(w) - w / 2 for w in self.weights]
        values = [np.interp(places, t, m, left=0.0, right=1.0) for t, m in zip(self.nodes, middles, strict=True)]
        return _mean(np.array(values))

    @property
    def resolution(self) -> float:
        """The largest sum of the weights of two neighbours: how far the cdf may be from that of a probe's measure."""
        return max(float((w[1:] + w[:-1]).max(initial=w[0])) for w in self.weights)

    def density(self, x: ArrayLike, width: float) -> Estimated:
        """The density, smoothed by a Gaussian of standard deviation ``width``; the error does not hold the smoothing.

        ``width`` should exceed the gaps between nodes, about the support's length over the number of steps.

        Raises `ParameterError` unless the width is positive.
        """
        if not width > 0:
            raise ParameterError(f"the width of the smoothing must be positive; got {width}", width=width)
        places = np.asarray(x, dtype=np.float64)
        values = []
        for nodes, weights in zip(self.nodes, self.weights, strict=True):
            shape = np.exp(-(((places[..., None] - nodes) / width) ** 2) / 2) / (width * math.sqrt(2 * math.pi))
            values.append(shape @ weights)
        return _mean(np.array(values))


def stochastic_lanczos(
    matvec: Callable[[Array], Array],
    rows: int,
    rng: np.random.Generator | int,
    *,
    probes: int = 8,
    steps: int = 64,
) -> LanczosSpectrum:
    """Run Lanczos' method with full reorthogonalisation from random vectors.

    Args:
        matvec: the product with a symmetric matrix, from and to arrays of shape (rows,).
        rows: the number of rows N.
        probes: random starting vectors, 2 at least.
        steps: k; the vectors of one probe, k N floats, are held at a time.

    >>> a = np.diag(np.linspace(0.0, 1.0, 500))
    >>> found = stochastic_lanczos(lambda v: a @ v, 500, 0, probes=10, steps=20)
    >>> half = found.moment(1)
    >>> bool(abs(half.value - 0.5) < 4 * half.error)
    True

    Raises `ParameterError` for numbers that are not positive integers, fewer than 2 probes, and products that are not
    finite vectors of that length.
    """
    size, count, depth = dimension("rows", rows), dimension("probes", probes), dimension("steps", steps)
    if count < 2:
        raise ParameterError("a standard error needs 2 probes at least", probes=probes)
    random = generator(rng)
    found = [_gauss_rule(matvec, random.standard_normal(size), min(depth, size)) for _ in range(count)]
    return LanczosSpectrum(size, tuple(x for x, _ in found), tuple(w for _, w in found))


def _gauss_rule(matvec: Callable[[Array], Array], start: Array, steps: int) -> tuple[Array, Array]:
    """The nodes and weights of the spectral measure of one vector."""
    import scipy.linalg

    basis = np.zeros((steps, len(start)))
    diagonal, beside = [], []
    vector = start / np.linalg.norm(start)
    scale = 0.0
    for k in range(steps):
        basis[k] = vector
        image = np.asarray(matvec(vector), dtype=np.float64)
        if image.shape != vector.shape or not np.isfinite(image).all():
            raise ParameterError(f"the product must be a finite vector of shape {vector.shape}; got {image.shape}")
        diagonal.append(float(vector @ image))
        for _ in range(2):  # twice is enough
            image = image - basis[: k + 1].T @ (basis[: k + 1] @ image)
        length = float(np.linalg.norm(image))
        scale = max(scale, abs(diagonal[-1]), length)
        if length <= 1e-13 * scale or k == steps - 1:
            break  # the vectors so far span an invariant space: the rule is exact
        beside.append(length)
        vector = image / length
    nodes, vectors = scipy.linalg.eigh_tridiagonal(np.array(diagonal), np.array(beside[: len(diagonal) - 1]))
    return np.asarray(nodes, dtype=np.float64), np.asarray(vectors[0] ** 2, dtype=np.float64)


def _mean(values: Any) -> Estimated:
    """The mean over the first axis and its standard error."""
    return Estimated(values.mean(axis=0), values.std(axis=0, ddof=1) / math.sqrt(len(values)))
