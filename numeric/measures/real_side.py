"""The real points off the support of a result: runs of the parameter along which z increases, and where they end."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from resolvent.numeric.density.chebyshev_piece import Array
from resolvent.numeric.measures.free_maps import FreeMap
from resolvent.numeric.measures.free_pairs import FreePair

_NEAREST = 1e-11  # of a gap: how near to its ends is looked
_FARTHEST = 1e5  # widths of the support
_EXTRAPOLATED = 1e-8  # of the support: how well the value at the end of a gap is known


@dataclass(frozen=True)
class RunEnd:
    """An end of a run: a critical point of z, or an end of a gap of A.

    Attributes:
        w, v: the parameters there; v is NaN without a second measure.
        z: the value.
        is_critical: whether dz/dw vanishes.
        is_open: whether one of the points is infinite there and z is not: the run goes on from the other infinity.
    """

    w: float
    v: float
    z: float
    is_critical: bool
    is_open: bool = False


@dataclass(frozen=True)
class Run:
    """A stretch of real w, with z off the support."""

    low: RunEnd
    high: RunEnd


class Probe(Protocol):
    """z and dz/dw at real points of a gap of A, and the other measure's point; NaN where there is none."""

    def __call__(self, w: Array) -> tuple[Array, Array, Array]:
        """(z, dz/dw, v)."""


def explicit_runs(operation: FreeMap) -> list[Run]:
    """The runs of an operation with an explicit z(w)."""

    def probe(w: Array) -> tuple[Array, Array, Array]:
        m, slope = (part.real for part in operation.a(w.astype(complex)))
        with np.errstate(all="ignore"):
            z, z_slope = operation.forward(w, m, slope)
        return z, np.where(operation.inside(w, m), z_slope, -np.inf), np.full(len(w), np.nan)

    gaps = operation.a.gaps
    if operation.pole_weights is not None and not operation.a.measure.intervals:
        gaps = _wide_enough(gaps, operation.pole_weights)
    return [run for gap in gaps for run in _runs_in(probe, gap, operation.a.width)]


def pair_runs(pair: FreePair) -> list[Run]:
    """The runs of a free sum or product, for every gap of A together with every gap of B."""
    found = []
    for b_gap in pair.b.gaps:
        inverse = Inverse(pair, b_gap)

        def probe(w: Array, inverse: Inverse = inverse) -> tuple[Array, Array, Array]:
            m, slope = (part.real for part in pair.a(w.astype(complex)))
            g, g_slope = pair.common(w, m, slope)
            v = inverse(g)
            k, k_slope = (part.real for part in pair.b(v.astype(complex)))
            h_slope = pair.other(v, k, k_slope)[1]
            with np.errstate(all="ignore"):
                return pair.joined(g, w, v), pair.slope(g, w, v, g_slope, h_slope) * g_slope, v

        found += [run for gap in pair.a.gaps for run in _runs_in(probe, gap, pair.a.width, b_gap)]
    far = 1e3 * max(pair.a.width, pair.b.width)
    return [Run(_opened(run.low, far), _opened(run.high, far)) for run in found]


def _opened(end: RunEnd, far: float) -> RunEnd:
    """An end at which one point is far away and z is not."""
    return replace(end, is_open=True, is_critical=False) if max(abs(end.w), abs(end.v)) > far > abs(end.z) else end


class Inverse:
    """The points of a gap of B at which the common function, which falls along the gap, has given values; else NaN."""

    def __init__(self, pair: FreePair, gap: tuple[float, float]) -> None:
        self._pair = pair
        self.gap = gap
        self._grid = np.unique(_grid(gap, pair.b.width, 10 * _FARTHEST * max(1.0, pair.a.width / pair.b.width)))
        self._values = self._value(self._grid)[0]
        finite = np.isfinite(self._values)
        self._grid, self._values = self._grid[finite], np.minimum.accumulate(self._values[finite])

    def _value(self, v: Array) -> tuple[Array, Array]:
        k, k_slope = (part.real for part in self._pair.b(v.astype(complex)))
        return self._pair.other(v, k, k_slope)

    def __call__(self, values: Array) -> Array:
        """Brackets from the grid, then Newton steps inside them."""
        k = np.searchsorted(-self._values, -values, side="left")
        known = (k > 0) & (k < len(self._grid))
        k = np.clip(k, 1, len(self._grid) - 1)
        low, high = self._grid[k - 1], self._grid[k]
        v = np.where(known, (low + high) / 2, low)
        for _ in range(60):
            found, slope = self._value(v)
            above = found > values
            low, high = np.where(above, v, low), np.where(above, high, v)
            with np.errstate(all="ignore"):
                step = v - (found - values) / slope
            following = np.where((step > low) & (step < high), step, (low + high) / 2)
            settled = np.abs(following - v) <= 2e-15 * np.abs(v)
            v = following
            if np.all(settled | ~known):
                break
        return np.where(known, v, np.nan)


def _wide_enough(gaps: list[tuple[float, float]], weights: Array) -> list[tuple[float, float]]:
    """The gaps between atoms in which 1 - sum a_j/(w - t_j)^2 may be positive: its two nearest terms decide mostly."""
    roots = np.cbrt(weights)
    least = np.maximum(0.0, (roots[:-1] + roots[1:])) ** 3
    inner = np.array(gaps[1:-1]).reshape(-1, 2)
    keep = np.diff(inner, axis=1).ravel() ** 2 > least
    return [gaps[0], *(gap for gap, kept in zip(gaps[1:-1], keep, strict=True) if kept), gaps[-1]]


def _grid(gap: tuple[float, float], width: float, farthest: float = _FARTHEST) -> Array:
    low, high = gap
    far = width * np.geomspace(_NEAREST, farthest, 130)
    if np.isinf(low):
        return high - far[::-1]
    if np.isinf(high):
        return low + far
    near = np.geomspace(_NEAREST, 0.5, 40)
    return np.concatenate([low + (high - low) * near, high - (high - low) * near[-2::-1]])


def _runs_in(
    probe: Probe, gap: tuple[float, float], width: float, other: tuple[float, float] | None = None
) -> list[Run]:
    """The runs inside one gap of A, where the second point moves in a gap of B."""
    grid = np.unique(_grid(gap, width))
    with np.errstate(all="ignore"):
        _, slope, _ = probe(grid)
    slope = np.where(np.isnan(slope), -np.inf, slope)
    grid, slope = _with_peaks(probe, grid, slope)
    rises = slope > 0
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


def _with_peaks(probe: Probe, grid: Array, slope: Array) -> tuple[Array, Array]:
    """The grid with a point added where the slope, negative on the grid, becomes positive between its points."""
    inner = slope[1:-1]
    peaks = np.flatnonzero((inner <= 0) & np.isfinite(inner) & (inner >= slope[:-2]) & (inner >= slope[2:])) + 1
    added: list[float] = []
    for k in peaks:
        low, high = grid[k - 1], grid[k + 1]
        for _ in range(40):
            trial = np.linspace(low, high, 9)
            values = np.nan_to_num(probe(trial)[1], nan=-np.inf)
            best = int(np.argmax(values))
            if values[best] > 0:
                added.append(float(trial[best]))
                break
            low, high = trial[max(best - 1, 0)], trial[min(best + 1, 8)]
            if high - low <= 1e-14 * abs(grid[k]):
                break
    if not added:
        return grid, slope
    extended = np.unique(np.concatenate([grid, added]))
    values = probe(extended)[1]
    return extended, np.where(np.isnan(values), -np.inf, values)


def _critical(probe: Probe, low: float, high: float, rises: bool, other: tuple[float, float] | None) -> RunEnd:
    """Where the slope changes its sign between two points, or the second point reaches the end of its gap."""
    last = (low, math.nan, math.nan)  # on the run's side: w, z, v
    before, blind = last, False
    for _ in range(12):  # many points at once, as measures are fast at many points
        points = np.linspace(low, high, 33)
        z, slope, v = probe(points)
        positive = np.nan_to_num(slope, nan=-np.inf) > 0
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
            before, last = last, (float(points[inner]), float(z[inner]), float(v[inner]))
        blind = not np.isfinite(slope[outer])
        if high - low <= 2e-16 * max(abs(low), abs(high)):
            break
    w, place, second = last
    if other is not None and blind:
        for end in other:
            if np.isfinite(end) and abs(end - second) <= 1e-8 * max(abs(end), 1e-2 * min(other[1] - other[0], 1.0)):
                slope_ = (place - before[1]) / (second - before[2]) if second != before[2] else math.nan
                moved = slope_ * (end - second)
                return RunEnd(w, end, place + (moved if np.isfinite(moved) else 0.0), False)
    return RunEnd(w, second, place, not blind)


def _outer(probe: Probe, end: float, nearest: float, other: tuple[float, float] | None) -> RunEnd:
    """The end of a gap of A up to which z increases: z there by a tangent, as at an atom that stays one."""
    z, slope, v = probe(np.array([nearest]))
    if np.isinf(end):
        if other is not None and np.all(np.isfinite(other)):
            return RunEnd(end, float(v[0]), float(z[0]), False, is_open=True)
        return RunEnd(end, end, end, False)
    return RunEnd(end, float(v[0]), float(z[0] + slope[0] * (end - nearest)), False)


def at_places(end: RunEnd, atoms: list[tuple[float, float]], scale: float) -> RunEnd:
    """An end within rounding of 0 moved there, so that distances from it keep their digits; and one at an atom."""
    if abs(end.z) < 1e-13 * scale:
        return replace(end, z=0.0, w=0.0 if abs(end.w) < 1e-7 * scale else end.w)
    if not end.is_critical:  # the value was extrapolated
        for place, _ in atoms:
            if abs(end.z - place) < _EXTRAPOLATED * scale:
                return replace(end, z=place)
    return end
