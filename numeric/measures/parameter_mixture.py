r"""E law(s) over a parameter s with a distribution: a mixture of a continuum of laws.

The density at x is the integral of rho_s(x) p(s) ds over the s whose support holds x. On a panel of values of s the
edges of the support and, in units of its intervals, the density are series in s and in the place: sampled at Chebyshev
nodes, split in both directions until the series converge. Where the number of intervals changes panels accumulate. Then
edges are monotone on a panel, so that the s that belong to x are one interval, on which Gauss's rule is taken in a
variable that removes the exponents at its ends. Atoms that move with s become a density, those that stay remain atoms.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.polynomial import chebyshev as cheb

from resolvent.derive.errors import NotCertified
from resolvent.numeric.density.chebyshev_piece import Array
from resolvent.numeric.density.edge_maps import edge_maps
from resolvent.numeric.measures import transport
from resolvent.numeric.measures.atomic_measure import AtomicMeasure
from resolvent.numeric.measures.density_measure import Part, measure_of_parts
from resolvent.numeric.measures.numeric_measure import NumericMeasure
from resolvent.numeric.measures.parameter_panels import (
    DEEPEST,
    MOMENTS,
    NODES,
    Band,
    Break,
    Family,
    Panel,
    is_constant,
    resolve_panels,
)
from resolvent.numeric.spectrum.measure import Measure, measure_of
from resolvent.numeric.spectrum.piecewise_measure import PiecewiseMeasure

_RULE = 32  # Gauss's, over a part of the panel
_NEAREST = 1e-15  # of a panel: how near to its ends singularities are looked for
_ROUNDING = 1e-13
_APART = 1e-11  # of the support: breaks nearer than this are one
_CHUNK = 1024


def mixture_over(family: Family, distribution: Measure, text: str) -> Measure:
    """The measure of the mixture of a family of laws at numbers, over a measure of their parameter.

    Raises `NotCertified` where the laws do not depend on the parameter as a series does, or the result is not resolved.
    """
    found: list[Measure] = [measure_of(family(float(s))) for s in distribution.atom_points]
    weights = [float(w) for w in distribution.atom_weights]
    if distribution.intervals:
        if not isinstance(distribution, PiecewiseMeasure):
            raise NotCertified(f"{text}: the density of {distribution.subject} is not held in pieces")
        found.append(_continuous(family, distribution, text, 1 - sum(weights)))
        weights.append(1 - sum(weights))
    return found[0] if len(found) == 1 else transport.mixture(found, weights)


def _continuous(family: Family, distribution: PiecewiseMeasure, text: str, mass: float) -> Measure:
    panels: list[Panel] = []
    breaks: list[Break] = []
    for group in distribution.parts.groups:
        ends = group[0].left, group[-1].right
        for piece in group:
            resolve_panels(family, piece, ends, panels, breaks, text)
    spread = [end for panel in panels for band in panel.bands for end in _spread(band.ends)]
    spread += [end for panel in panels for place in panel.places for end in _spread((place, place))]
    low, high = min(spread), max(spread)
    scale = max(high - low, abs(low), abs(high))
    moments, atoms = _integrated(panels, max(abs(low), abs(high)))
    atoms = [(place, weight / mass) for place, weight in atoms]
    mixed = _Mixed(panels, mass)
    spans = [(a, b) for a, b in pairwise(_apart([place for place, _ in breaks], scale)) if mixed.reaches((a + b) / 2)]
    if not spans:
        return AtomicMeasure([place for place, _ in atoms], [weight for _, weight in atoms])
    root = math.lcm(*(panel.root * cell.root for panel in panels for band in panel.bands for cell in band.cells))
    parts = [
        Part(
            mixed.between(a, b),
            (a, b),
            (root, root),
            (not any(a == d for _, d in spans), not any(b == c for c, _ in spans)),
            DEEPEST,
            0.0,
        )
        for a, b in spans
    ]
    found = measure_of_parts(parts, atoms, text, moments / mass)
    known = tuple(
        tuple(
            [exponent for at, exponent in breaks if abs(at - place) <= _APART * scale] == [read]
            for place, read in ((i.left, i.left_exponent), (i.right, i.right_exponent))
        )
        for i in found.parts.intervals
    )
    return NumericMeasure(found.parts, found.certificate, text, known)  # type: ignore[arg-type]


def _spread(ends: tuple[Array, Array]) -> tuple[float, float]:
    """The smallest and the largest value of two monotone series."""
    values = [float(cheb.chebval(tau, series)) for tau in (-1.0, 1.0) for series in ends]
    return min(values), max(values)


def _apart(breaks: Sequence[float], scale: float) -> list[float]:
    found: list[float] = []
    for place in sorted(breaks):
        if not found or place - found[-1] > _APART * scale:
            found.append(0.0 if abs(place) < _ROUNDING * scale else place)
    return found


class _Mixed:
    """The density of the mixture."""

    def __init__(self, panels: Sequence[Panel], mass: float) -> None:
        self._panels = panels
        self._mass = mass

    def reaches(self, x: float) -> bool:
        """Whether x lies in the support."""
        spreads = [_spread(band.ends) for panel in self._panels for band in panel.bands]
        spreads += [_spread((p, p)) for panel in self._panels for p in panel.places]
        return any(low < x < high for low, high in spreads)

    def between(self, left: float, right: float) -> Callable[[Array, Array], Array]:
        """The density at distances from two places."""
        return lambda below, above: self(np.where(below < above, left + below, right - above))

    def __call__(self, x: Array) -> Array:
        """The density."""
        total = np.zeros(len(x))
        for panel in self._panels:
            for start in range(0, len(x), _CHUNK):
                part = slice(start, start + _CHUNK)
                for band in panel.bands:
                    total[part] += _of_band(panel, band, x[part])
                for place, share in zip(panel.places, panel.shares, strict=True):
                    if not is_constant(place):
                        total[part] += _of_atom(panel, place, share, x[part])
        return total / self._mass


def _of_band(panel: Panel, band: Band, x: Array) -> Array:
    """The integral of the densities of one support interval over the parameter."""
    low, high = np.full(len(x), -1.0), np.full(len(x), 1.0)
    for side, series in enumerate(band.ends):
        sign = 1 - 2 * side  # the left end is to be below x, the right one above
        first, last = (sign * float(cheb.chebval(tau, series)) for tau in (-1.0, 1.0))
        if is_constant(series):
            high = np.where(sign * x > first, high, -1.0)
        elif first < last:
            high = np.minimum(high, _where(sign * series, sign * x))
        else:
            low = np.maximum(low, _where(sign * series, sign * x))
    some = np.flatnonzero(low < high)
    result = np.zeros(len(x))
    if not len(some):
        return result
    low, high, x = low[some], high[some], x[some]
    near = [
        np.min([np.abs(x - cheb.chebval(tau, e)) / np.ptp(_spread(band.ends)) for e in band.ends], axis=0)
        for tau in (-1.0, 1.0)
    ]
    root = math.lcm(panel.root, band.cells[0].root, band.cells[-1].root)
    for start, stop in _graded(low, high, near, panel.is_special):
        part = np.flatnonzero(start < stop)
        above, below, weight = _rule(start[part], stop[part], root)
        tau = np.where(above < below, above - 1, 1 - below)
        values = _values(band, tau.ravel(), np.repeat(x[part], tau.shape[1])).reshape(tau.shape)
        result[some[part]] += np.sum(weight * values * panel.density(above, below), axis=1)
    return result


def _graded(
    low: Array, high: Array, near: Sequence[Array], is_special: tuple[bool, bool]
) -> Iterator[tuple[Array, Array]]:
    """The intervals in parts that double from special ends, where other singularities may be as near as is said."""
    middle = (low + high) / 2
    for side, (start, special) in enumerate(zip((low, high), is_special, strict=True)):
        sign = 1 - 2 * side
        done, step = start, np.maximum(np.maximum(1 + sign * start, near[side]), _NEAREST)
        while np.any(sign * (middle - done) > 0):
            following = done + sign * step if special else middle
            following = np.where(sign * (middle - following) > 0.5 * step, following, middle)
            yield (done, following) if side == 0 else (following, done)
            done, step = following, 2 * step


def _of_atom(panel: Panel, place: Array, share: Array, x: Array) -> Array:
    """The density that a moving atom leaves."""
    low, high = _spread((place, place))
    inside = (x > low) & (x < high)
    tau = np.clip(_where(place, x), -1.0, 1.0)
    with np.errstate(all="ignore"):
        values = (
            cheb.chebval(tau, share) * panel.density(1 + tau, 1 - tau) / np.abs(cheb.chebval(tau, cheb.chebder(place)))
        )
    return np.where(inside, values, 0.0)


def _values(band: Band, tau: Array, x: Array) -> Array:
    """The densities at x of the laws at tau, x inside of their support intervals."""
    left, right = (cheb.chebval(tau, series) for series in band.ends)
    width = right - left
    with np.errstate(all="ignore"):
        below, above = np.maximum((x - left) / width, 0.0), np.maximum((right - x) / width, 0.0)
    found, place = np.zeros(len(x)), np.where(below < above, below, 1 - above)
    last = np.searchsorted([cell.high for cell in band.cells[:-1]], place, side="right")
    series = cheb.chebvander(tau, NODES - 1)
    for k, cell in enumerate(band.cells):
        mine = np.flatnonzero(last == k)
        if len(mine):
            v = cell.root_at(below[mine], above[mine])
            columns = cheb.chebvander(2 * v - 1, cell.table.shape[1] - 1)
            with np.errstate(divide="ignore"):
                found[mine] = np.sum((series[mine] @ cell.table) * columns, axis=1) * v ** float(cell.order)
    there = width > 0  # else the support has shrunk to a point
    return np.where(there, found / np.where(there, width, 1.0), 0.0)


def _rule(low: Array, high: Array, root: int) -> tuple[Array, Array, Array]:
    """1 + tau, 1 - tau and weights of Gauss's rule on intervals, in a variable that removes roots at the ends."""
    t, weight = np.polynomial.legendre.leggauss(_RULE)
    first, last = edge_maps((root, root))
    width = (high - low)[:, None]
    above, below = (1 + low)[:, None] + width * first(1 + t), (1 - high)[:, None] + width * last(1 - t)
    return above, below, width * (weight * first.slope(1 + t))


def _where(series: Array, x: Array) -> Array:
    """Where a monotone series has given values, to both ends: by bisection and Newton steps."""
    first, last = (float(cheb.chebval(tau, series)) for tau in (-1.0, 1.0))
    sign = 1.0 if last > first else -1.0
    slope = cheb.chebder(series)
    low, high = np.full(len(x), -1.0), np.full(len(x), 1.0)
    tau = np.clip((2 * x - first - last) / (last - first), -1.0, 1.0)
    for _ in range(80):
        residual = sign * (cheb.chebval(tau, series) - x)
        low, high = np.where(residual < 0, tau, low), np.where(residual < 0, high, tau)
        with np.errstate(all="ignore"):
            step = tau - residual / (sign * cheb.chebval(tau, slope))
        following = np.where((step > low) & (step < high), step, (low + high) / 2)
        settled = np.all(np.abs(following - tau) <= 2e-16)
        tau = following
        if settled:
            break
    return np.where(sign * (x - first) <= 0, -1.0, np.where(sign * (x - last) >= 0, 1.0, tau))


def _integrated(panels: Sequence[Panel], reach: float) -> tuple[Array, list[tuple[float, float]]]:
    """The moments of x over the reach, and the atoms that stay where they are."""
    moments = np.zeros(MOMENTS)
    atoms: dict[float, float] = {}
    for panel in panels:
        above, below, weight = (row[0] for row in _rule(np.array([-1.0]), np.array([1.0]), panel.root))
        chances, tau = weight * panel.density(above, below), np.where(above < below, above - 1, 1 - below)
        moments += cheb.chebval(tau, panel.moments.T) @ chances
        for place, share in zip(panel.places, panel.shares, strict=True):
            if is_constant(place):
                key = next((k for k in atoms if abs(k - place[0]) <= _APART * reach), float(place[0]))
                atoms[key] = atoms.get(key, 0.0) + float(cheb.chebval(tau, share) @ chances)
    return moments / reach ** np.arange(1, MOMENTS + 1), sorted(atoms.items())
