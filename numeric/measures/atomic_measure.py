"""The measure of finitely many points with weights: eigenvalues, a population, a discrete distribution."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from resolvent.derive.exact.precision import cached_property
from resolvent.numeric.density.certificate import Certificate
from resolvent.numeric.density.chebyshev_piece import ZERO, Array, Place
from resolvent.numeric.spectrum.measure import Measure, PointMass, SupportInterval

_FEW = 3000  # up to so many atoms are summed one by one
_CELL = 400  # atoms in a cell of more
_PROXIES = 20  # nodes that stand for a cell's atoms at points beyond _FAR half-widths: error 6^-20
_FAR = 3.0
_CHUNK = 1 << 14  # entries of a table of differences: it stays in the cache
_MANY = 100  # points that are summed in real numbers
_APART = 1e-14  # relative: atoms nearer than this differ by rounding
_ZERO = 1e-13  # of the largest |x|: below, eigenvalues are rounding of 0


@dataclass(frozen=True)
class _Cells:
    """Groups of neighbouring atoms, and for each the weights of the Chebyshev nodes that stand for it far away.

    ``instead`` has for each the points and weights that make the nodes its atoms: these, and the nodes' negative ones.
    """

    instead: list[tuple[Array, Array]]
    middles: Array
    halves: Array
    nodes: Array
    weights: Array


class AtomicMeasure(Measure):
    """Points with weights that add up to 1.

    >>> measure = AtomicMeasure([3.0, 1.0, 1.0], [0.5, 0.25, 0.25])
    >>> measure.atom_points, measure.atom_weights, measure.stieltjes(1j).round(3)
    (array([1., 3.]), array([0.5, 0.5]), np.complex128(0.4+0.3j))
    """

    def __init__(self, points: ArrayLike, weights: ArrayLike) -> None:
        places, index = np.unique(np.asarray(points, dtype=float), return_inverse=True)
        self._points = places
        self._weights = np.bincount(index, weights=np.asarray(weights, dtype=float), minlength=len(places))
        self.certificate = Certificate(float(np.sum(self._weights)), (), 0.0)

    def rounded(self) -> AtomicMeasure:
        """The measure with atoms taken together that only rounding has set apart, from each other or from 0.

        >>> AtomicMeasure([1.0, 1.0 + 1e-15, 1e-17], [0.5, 0.25, 0.25]).rounded().atom_points
        array([0., 1.])
        """
        points = np.where(np.abs(self._points) <= _ZERO * np.max(np.abs(self._points)), 0.0, self._points)
        reach = points + _APART * np.abs(points)
        if not np.any((points == 0) & (self._points != 0)) and np.all(points[1:] > reach[:-1]):
            return self
        starts = [0]
        for k in range(1, len(points)):
            if points[k] > reach[starts[-1]]:
                starts.append(k)
        parts = list(pairwise([*starts, len(points)]))
        heaviest = [a + int(np.argmax(self._weights[a:b])) for a, b in parts]
        return AtomicMeasure(points[heaviest], [float(np.sum(self._weights[a:b])) for a, b in parts])

    @cached_property
    def atoms(self) -> tuple[PointMass, ...]:
        """The atoms, by increasing place."""
        return tuple(map(PointMass, self._points.tolist(), self._weights.tolist()))

    @property
    def atom_points(self) -> Array:
        """The places of the atoms."""
        return self._points

    @property
    def atom_weights(self) -> Array:
        """Their weights."""
        return self._weights

    @property
    def subject(self) -> str:
        """What messages call it."""
        return f"the law of {len(self._points)} atoms"

    @property
    def intervals(self) -> tuple[SupportInterval, ...]:
        """There is no continuous part."""
        return ()

    @property
    def table(self) -> AtomicMeasure:
        """The functions at many points are its own."""
        return self

    @property
    def _key(self) -> Any:
        return self._points.tobytes(), self._weights.tobytes()

    def __reduce__(self) -> Any:
        return AtomicMeasure, (self._points, self._weights)

    def support(self) -> tuple[float, float]:
        """The smallest and the largest point."""
        return float(self._points[0]), float(self._points[-1])

    def pdf(self, x: Array) -> Array:
        """The density of the continuous part: 0."""
        return np.zeros(np.shape(x))

    def cdf(self, x: Array) -> Array:
        """The mass of (-oo, x]."""
        return self._cumulative[np.searchsorted(self._points, x, side="right")]

    def sf(self, x: Array) -> Array:
        """The mass of (x, oo)."""
        return self._remaining[np.searchsorted(self._points, x, side="right")]

    def ppf(self, q: Array) -> Array:
        """The smallest point with at least the mass q up to it."""
        k = np.searchsorted(self._cumulative[1:] + 1e-15, q)
        return self._points[np.minimum(k, len(self._points) - 1)]

    @cached_property
    def _cumulative(self) -> Array:
        return np.concatenate([[0.0], np.cumsum(self._weights)])

    @cached_property
    def _remaining(self) -> Array:
        return np.concatenate([np.cumsum(self._weights[::-1])[::-1], [0.0]])

    def integral(self, function: Callable[[Array], ArrayLike], points: int = 0, origin: Place = ZERO) -> Any:
        """The sum of a function of x - origin over the atoms."""
        return np.sum(self._weights * np.asarray(function(self._points - origin[0] - origin[1])), axis=-1)

    def expect(self, function: Callable[[Array], ArrayLike], tolerance: float | None, points: Iterable[float]) -> Any:
        """The sum of a function over the atoms."""
        return self.integral(function)

    def stieltjes(self, z: ArrayLike) -> NDArray[np.complex128]:
        """m(z); NaN at atoms."""
        return self.values(np.asarray(z, dtype=complex))[0]

    def certified_stieltjes(self, z: ArrayLike, derivative: int, certified: bool) -> NDArray[np.complex128]:
        """m or m', which are finite sums."""
        return self.values(np.asarray(z, dtype=complex))[derivative]

    def values(self, z: Array) -> tuple[Array, Array]:
        """m(z) and m'(z), in sums over the atoms near z and over nodes that stand for those far away."""
        flat = z.ravel()
        found = self._direct(flat) if len(self._points) <= _FEW else self._clustered(flat)
        real = np.flatnonzero(flat.imag == 0)
        beside = np.minimum(np.searchsorted(self._points, flat.real[real]), len(self._points) - 1)
        atoms = real[self._points[beside] == flat.real[real]]
        for part in found:
            part[atoms] = complex("nan+nanj")
        return found[0].reshape(z.shape), found[1].reshape(z.shape)

    def _direct(self, z: Array) -> tuple[Array, Array]:
        return sums(self._points, self._weights, z)

    def _clustered(self, z: Array) -> tuple[Array, Array]:
        *_, coarsest = self._levels
        first, second = sums(coarsest.nodes, coarsest.weights, z)
        for cells in self._levels:
            close = np.abs(z[:, None] - cells.middles) < _FAR * cells.halves
            for k in np.flatnonzero(np.any(close, axis=0)):
                mine = close[:, k]
                exact = sums(*cells.instead[k], z[mine])
                first[mine] += exact[0]
                second[mine] += exact[1]
        return first, second

    @cached_property
    def _levels(self) -> list[_Cells]:
        """Cells of the atoms, and cells of the nodes that stand for these, until few are left."""
        found = [_cells(self._points, self._weights)]
        while len(found[-1].nodes) > _FEW:
            found.append(_cells(found[-1].nodes, found[-1].weights))
        return found


def _cells(points: Array, weights: Array) -> _Cells:
    """The cells of points in increasing order."""
    count = max(len(points) // _CELL, 1)
    starts = np.linspace(0, len(points), count + 1).astype(int)
    t = -np.cos(np.pi * (np.arange(_PROXIES) + 0.5) / _PROXIES)
    vander = np.polynomial.chebyshev.chebvander(t, _PROXIES - 1) * (2 / _PROXIES)
    vander[:, 0] /= 2
    instead, middles, halves, nodes, masses = [], [], [], [], []
    for a, b in pairwise(starts.tolist()):
        own = points[a:b]
        middle, half = (own[0] + own[-1]) / 2, max((own[-1] - own[0]) / 2, 1e-300)
        inside = np.polynomial.chebyshev.chebvander((own - middle) / half, _PROXIES - 1)
        middles.append(middle)
        halves.append(half)
        nodes.append(middle + half * t)
        masses.append(vander @ (inside.T @ weights[a:b]))
        instead.append((np.append(own, nodes[-1]), np.append(weights[a:b], -masses[-1])))
    return _Cells(instead, np.array(middles), np.array(halves), np.concatenate(nodes), np.concatenate(masses))


def sums(points: Array, weights: Array, z: Array) -> tuple[Array, Array]:
    """The sums of w/(t - z) and w/(t - z)^2; those of many points in real numbers, a part that fits the cache at once.

    With d = t - Re z, y = Im z and q = 1/(d^2 + y^2) the terms are q (d + i y) and its square.
    """
    first, second = np.empty(len(z), dtype=complex), np.empty(len(z), dtype=complex)
    if len(points) < _MANY:
        with np.errstate(divide="ignore", invalid="ignore"):
            inverse = 1 / (points - z[:, None])
            return np.asarray(inverse @ weights, dtype=complex), np.asarray(
                (inverse * inverse) @ weights, dtype=complex
            )
    step, is_real = max(_CHUNK // len(points), 1), not np.any(z.imag)
    with np.errstate(divide="ignore", invalid="ignore"):
        for start in range(0, len(z), step):
            part = slice(start, start + step)
            d, y = points - z.real[part, None], z.imag[part]
            if is_real:
                np.reciprocal(d, out=d)
                first[part] = d @ weights
                d *= d
                second[part] = d @ weights
                continue
            q = d * d
            q += (y * y)[:, None]
            np.reciprocal(q, out=q)
            d *= q
            total = q @ weights
            first[part] = d @ weights + 1j * y * total
            d *= q
            q *= q
            second[part] = total - 2 * y * y * (q @ weights) + 2j * y * (d @ weights)
    return first, second
