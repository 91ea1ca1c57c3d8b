"""The real points off the support of a result: runs of the parameter along which z increases, and where they end."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Protocol

import numpy as np

from resolvent.numeric.density.chebyshev_piece import Array
from resolvent.numeric.measures.free_maps import FreeMap, Transform
from resolvent.numeric.measures.free_pairs import Pair

_NEAREST = 1e-11  # of a gap, of an infinite one of the support: how near to its ends is looked
_CLOSEST = 1e-13  # of the support: no end but 0 is nearer to 0
_FARTHEST = 1e5  # of the largest |x| of the supports,
_CHANGED = 0.1  # or as far as the margin changes by so much, relatively, in a decade,
_STOP = 1e20  # but no farther than so many times
_PER_DECADE = 129 / 16  # not a whole number: no point at such places as 0 beside an end at 1e-4
_INSIDE = 39 / math.log10(0.5 / _NEAREST)  # points per decade in a finite gap
_AT_TURN = 1e-6  # relative: a point this near to a turning point has reached it
_EXTRAPOLATED = 1e-8  # of the support: how well the value at the end of a gap is known,
_SECANT = 1e-2  # of what is missing: how far the place of a secant is, so that rounding does not matter
_ROOT = 4  # or of a tangent that was taken where z is a root of the distance: as much again is missing


@dataclass(frozen=True)
class RunEnd:
    """An end of a run: a critical point of z, or an end of a gap of A.

    Attributes:
        w, v: the parameters there; v is NaN without a second measure.
        z: the value.
        is_critical: whether dz/dw vanishes.
        is_open: whether the run goes on elsewhere: from the other infinity if one of the points is infinite there and z
            is not, or from the other side of a turning point.
        moved: how far z was extrapolated from the last point at which it is known.
    """

    w: float
    v: float
    z: float
    is_critical: bool
    is_open: bool = False
    moved: float = 0.0


@dataclass(frozen=True)
class Run:
    """A stretch of real w, with z off the support."""

    low: RunEnd
    high: RunEnd


class Probe(Protocol):
    """z and dz/dw at real points of a gap of A, the other measure's point, NaN where there is none, and a margin.

    The margin is positive where z lies off the support of the result; it is continuous where it is finite.
    """

    def __call__(self, w: Array) -> tuple[Array, Array, Array, Array]:
        """(z, dz/dw, v, margin)."""


def explicit_runs(operation: FreeMap) -> list[Run]:
    """The runs of an operation with an explicit z(w)."""

    def probe(w: Array) -> tuple[Array, Array, Array, Array]:
        m, slope = (part.real for part in operation.a(w.astype(complex)))
        with np.errstate(all="ignore"):
            z, z_slope = operation.forward(w, m, slope)
        return z, z_slope, np.full(len(w), np.nan), np.where(operation.inside(w, m), z_slope, -np.inf)

    gaps = operation.a.gaps
    if operation.pole_weights is not None and not operation.a.measure.intervals:
        gaps = _wide_enough(gaps, operation.pole_weights)
    reach = _FARTHEST * operation.a.size
    if not operation.is_linear_far:
        return [run for gap in gaps for run in _runs_in(probe, gap, operation.a, reach)]
    return [run for gap in gaps for run in _runs_in(probe, gap, operation.a, _settled(probe, gap, reach))]


def pair_runs(pair: Pair) -> list[Run]:
    """The runs of an operation on two measures, for every gap of A together with every gap of B."""
    found = []
    for inverse in [inverse for gap in pair.b.gaps for inverse in inverses(pair, gap)]:

        def probe(w: Array, inverse: Inverse = inverse) -> tuple[Array, Array, Array, Array]:
            m, slope = (part.real for part in pair.a(w.astype(complex)))
            v = inverse(pair.common(w, m, slope)[0])
            k, k_slope = (part.real for part in pair.b(v.astype(complex)))
            with np.errstate(all="ignore"):
                z, z_slope, margin = pair.on_line(w, (m, slope), v, (k, k_slope))
            return z, z_slope, v, margin

        for gap in pair.a.gaps:
            found += _runs_in(probe, gap, pair.a, _FARTHEST * pair.sizes[0], inverse)
    far = 1e3 * max(pair.sizes)
    if not pair.falls:  # then z may fall along w
        found = [run if run.low.z <= run.high.z else Run(run.high, run.low) for run in found]
    return [Run(_opened(run.low, far), _opened(run.high, far)) for run in found]


def _opened(end: RunEnd, far: float) -> RunEnd:
    """An end at which one point is far away and z is not."""
    return replace(end, is_open=True, is_critical=False) if max(abs(end.w), abs(end.v)) > far > abs(end.z) else end


def inverses(pair: Pair, gap: tuple[float, float]) -> list[Inverse]:
    """The inverses of the common function on the parts of a gap of B where it is monotone."""
    grid = np.unique(_grid(gap, pair.b.width, 10 * _FARTHEST * pair.sizes[1]))
    if pair.falls:
        return [Inverse(pair, gap, grid)]

    def rises(v: Array) -> Array:
        return np.asarray(pair.other(v, *(part.real for part in pair.b(v.astype(complex))))[1] > 0)

    sign = rises(grid)
    ends, found = [gap[0]], []
    for k in np.flatnonzero(sign[1:] != sign[:-1]):
        low, high = float(grid[k]), float(grid[k + 1])
        for _ in range(12):
            points = np.linspace(low, high, 33)
            j = int(np.argmax(rises(points) == sign[k + 1]))
            low, high = float(points[max(j - 1, 0)]), float(points[max(j, 1)])
        ends.append((low + high) / 2)
    ends.append(gap[1])
    for low, high in pairwise(ends):
        turns = tuple(end for end in (low, high) if end not in gap)
        inside = np.unique([*grid[(grid > low) & (grid < high)], *turns])
        found.append(Inverse(pair, (low, high), inside, turns))
    return found


class Inverse:
    """The points of a part of a gap of B at which the common function, monotone there, has given values; else NaN.

    Attributes:
        gap: the part.
        turns: which of its ends are turning points of the function: there another part goes on.
    """

    def __init__(self, pair: Pair, gap: tuple[float, float], grid: Array, turns: tuple[float, ...] = ()) -> None:
        self._pair = pair
        self.gap, self.turns = gap, turns
        values = self._value(grid)[0]
        finite = np.isfinite(values)
        self._grid, values = grid[finite], values[finite]
        self._sign = -1.0 if pair.falls or values[-1] < values[0] else 1.0
        self._values = np.maximum.accumulate(self._sign * values)

    @property
    def width(self) -> float:
        """The width of B's support."""
        return self._pair.b.width

    def reaches_infinity(self, v: float) -> bool:
        """Whether the point is far away, as A's is for large z."""
        return not np.all(np.isfinite(self.gap)) and (self._pair.falls or abs(v) > 1e3 * self._pair.sizes[1])

    def _value(self, v: Array) -> tuple[Array, Array]:
        k, k_slope = (part.real for part in self._pair.b(v.astype(complex)))
        return self._pair.other(v, k, k_slope)

    def __call__(self, values: Array) -> Array:
        """Brackets from the grid, then Newton steps inside them."""
        k = np.searchsorted(self._values, self._sign * values, side="left")
        known = (k > 0) & (k < len(self._grid))
        k = np.clip(k, 1, len(self._grid) - 1)
        low, high = self._grid[k - 1], self._grid[k]
        result = np.where(known, (low + high) / 2, np.nan)
        active = np.flatnonzero(known)
        for _ in range(60):
            if not len(active):
                break
            v = result[active]
            found, slope = self._value(v)
            below = self._sign * (found - values[active]) < 0
            low[active], high[active] = np.where(below, v, low[active]), np.where(below, high[active], v)
            with np.errstate(all="ignore"):
                step = v - (found - values[active]) / slope
            inside = (step > low[active]) & (step < high[active])
            result[active] = np.where(inside, step, (low[active] + high[active]) / 2)
            active = active[np.abs(result[active] - v) > 2e-15 * np.abs(v)]
        return result


def _wide_enough(gaps: list[tuple[float, float]], weights: Array) -> list[tuple[float, float]]:
    """The gaps between atoms in which 1 - sum a_j/(w - t_j)^2 may be positive: its two nearest terms decide mostly."""
    roots = np.cbrt(weights)
    least = np.maximum(0.0, (roots[:-1] + roots[1:])) ** 3
    inner = np.array(gaps[1:-1]).reshape(-1, 2)
    keep = np.diff(inner, axis=1).ravel() ** 2 > least
    return [gaps[0], *(gap for gap, kept in zip(gaps[1:-1], keep, strict=True) if kept), gaps[-1]]


def _grid(gap: tuple[float, float], width: float, farthest: float) -> Array:
    low, high = gap
    if np.isinf(low) or np.isinf(high):
        nearest = _nearest(high if np.isinf(low) else low, width)
        far = np.geomspace(nearest, farthest, round(_PER_DECADE * math.log10(farthest / nearest)) + 1)
        return high - far[::-1] if np.isinf(low) else low + far
    half = (high - low) / 2
    above, below = (
        np.geomspace(nearest, half, round(_INSIDE * math.log10(half / nearest)) + 1)
        for nearest in (_nearest(end, 2 * half) for end in gap)
    )
    return np.concatenate([low + above, high - below[-2::-1]])


def _nearest(end: float, width: float) -> float:
    """How near to an end of a gap is looked; one beside 0 is seen from there."""
    share = abs(end) / width
    return _NEAREST * width * (min(max(share, _CLOSEST), 1.0) if share else 1.0)


def _settled(probe: Probe, gap: tuple[float, float], reach: float) -> float:
    """A distance from the support of A, that or a larger one, at which the margin has its limit at infinity."""
    end, sign = (gap[1], -1) if np.isinf(gap[0]) else (gap[0], 1)
    farthest = _STOP * reach
    while np.isinf(gap[1] - gap[0]) and reach < farthest:
        with np.errstate(all="ignore"):
            here, beyond = probe(end + sign * reach * np.array([1.0, 10.0]))[3]
        if not np.isfinite(here + beyond) or abs(beyond - here) <= _CHANGED * abs(beyond):
            break
        reach *= 10
    return reach


def _runs_in(
    probe: Probe, gap: tuple[float, float], a: Transform, farthest: float, other: Inverse | None = None
) -> list[Run]:
    """The runs inside one gap of A, where the second point moves in a gap of B."""
    grid = np.unique(_grid(gap, a.width, farthest))
    with np.errstate(all="ignore"):
        margin = probe(grid)[3]
    margin = np.where(np.isnan(margin), -np.inf, margin)
    grid, margin = _with_peaks(probe, grid, margin)
    rises = margin > 0
    changes = np.flatnonzero(rises[1:] != rises[:-1])
    ends = [_critical(probe, grid[k], grid[k + 1], bool(rises[k]), other) for k in changes]
    found = []
    starts = ([None] if rises[0] else []) + [e for e, k in zip(ends, changes, strict=True) if not rises[k]]
    stops = [e for e, k in zip(ends, changes, strict=True) if rises[k]] + ([None] if rises[-1] else [])
    for low, high in zip(starts, stops, strict=True):
        low_end = low or _outer(probe, gap[0], grid[0], other)
        high_end = high or _outer(probe, gap[1], grid[-1], other)
        found.append(Run(low_end, high_end))
    return found


def _with_peaks(probe: Probe, grid: Array, margin: Array) -> tuple[Array, Array]:
    """The grid with a point added where the margin, negative on the grid, becomes positive between its points."""
    inner = margin[1:-1]
    peaks = np.flatnonzero((inner <= 0) & np.isfinite(inner) & (inner >= margin[:-2]) & (inner >= margin[2:])) + 1
    added: list[float] = []
    low, high, share = grid[peaks - 1], grid[peaks + 1], np.linspace(0.0, 1.0, 9)
    for _ in range(40):
        if not len(low):
            break
        trial = low[:, None] + (high - low)[:, None] * share
        values = np.nan_to_num(probe(trial.ravel())[3], nan=-np.inf).reshape(trial.shape)
        rows, best = np.arange(len(low)), np.argmax(values, axis=1)
        reached = values[rows, best] > 0
        added += trial[rows, best][reached].tolist()
        low, high = trial[rows, np.maximum(best - 1, 0)], trial[rows, np.minimum(best + 1, 8)]
        open_ = ~reached & (high - low > 1e-14 * np.abs(high))
        low, high = low[open_], high[open_]
    if not added:
        return grid, margin
    extended = np.unique(np.concatenate([grid, added]))
    values = probe(extended)[3]
    return extended, np.where(np.isnan(values), -np.inf, values)


def _critical(probe: Probe, low: float, high: float, rises: bool, other: Inverse | None) -> RunEnd:
    """Where the margin changes its sign between two points, or the second point reaches the end of its gap."""
    last = (low, math.nan, math.nan)  # on the run's side: w, z, v
    seen, blind = list[tuple[float, float, float]](), False
    for _ in range(12):  # many points at once, as measures are fast at many points
        points = np.linspace(low, high, 33)
        z, _, v, margin = probe(points)
        positive = np.nan_to_num(margin, nan=-np.inf) > 0
        if math.isnan(last[1]):
            side = 0 if rises else -1
            last = float(points[side]), float(z[side]), float(v[side])
        if rises:
            changed = np.flatnonzero(~positive)
            k = max(int(changed[0]), 1) if len(changed) else 32
            inner, outer = k - 1, k
        else:
            changed = np.flatnonzero(positive)
            k = max(int(changed[0]), 1) if len(changed) else 32
            inner, outer = k, k - 1
        low, high = float(points[k - 1]), float(points[k])
        if positive[inner] and points[inner] != last[0]:
            seen.append(last)
            last = float(points[inner]), float(z[inner]), float(v[inner])
        blind = not np.isfinite(margin[outer])
        if high - low <= 2e-16 * max(abs(low), abs(high)):
            break
    w, place, second = last
    if other is not None and blind:
        for end in other.turns:
            if abs(end - second) <= _AT_TURN * max(abs(end), abs(second)):
                return RunEnd(w, end, place, False, is_open=True)
        gap = other.gap
        for end in gap:
            if np.isfinite(end) and abs(end - second) <= 1e-8 * max(abs(end), 1e-2 * min(gap[1] - gap[0], other.width)):
                known = [b for b in seen if np.isfinite(b[1]) and b[2] != second]
                apart = [b for b in known if abs(second - b[2]) > _SECANT * abs(end - second)] or known[:1]
                moved = (place - apart[-1][1]) / (second - apart[-1][2]) * (end - second) if apart else 0.0
                return RunEnd(w, end, place + moved, False, moved=moved)
    return RunEnd(w, second, place, not blind)


def _outer(probe: Probe, end: float, nearest: float, other: Inverse | None) -> RunEnd:
    """The end of a gap of A up to which z increases: z there by a tangent, as at an atom that stays one."""
    z, slope, v, _ = probe(np.array([nearest]))
    if np.isinf(end):
        if other is not None and not other.reaches_infinity(float(v[0])):
            return RunEnd(end, float(v[0]), float(z[0]), False, is_open=True)
        return RunEnd(end, end, end, False)
    moved = float(slope[0] * (end - nearest))
    return RunEnd(end, float(v[0]), float(z[0]) + moved, False, moved=moved)


def at_places(end: RunEnd, atoms: list[tuple[float, float]], scale: float) -> RunEnd:
    """An end within rounding of 0 moved there, so that distances from it keep their digits; and one at an atom."""
    if abs(end.z) < 1e-13 * scale:
        return replace(end, z=0.0, w=0.0 if abs(end.w) < 1e-7 * scale else end.w)
    if not end.is_critical:  # the value was extrapolated
        within = max(_EXTRAPOLATED * scale, _ROOT * abs(end.moved))
        places = [place for place, _ in atoms if abs(end.z - place) < within]
        if places:
            return replace(end, z=min(places, key=lambda place: abs(end.z - place)))
    return end
