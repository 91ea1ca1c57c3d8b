"""Boundary values of a result: Newton's method for the subordination points, from far above down to the real line."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from resolvent.derive.errors import PrecisionError
from resolvent.numeric.density.chebyshev_piece import Array
from resolvent.numeric.measures.free_maps import FreeMap, Transform
from resolvent.numeric.measures.free_pairs import FreePair
from resolvent.numeric.measures.real_side import RunEnd

_DESCENTS = ((0.6, 0.05), (0.7, 1e-3), (0.88, 1e-3))
"""How the height over the line shrinks, and below which share of the distance from an edge the next step leads to the
line; the next pair where one fails."""
_ROUNDS, _FEW_ROUNDS = 60, 12  # of Newton's method: from above, and from points nearby
_CIRCLE = 64
_TERMS = 40
_WITHIN = 0.3  # of the circle's radius: where the expansion is used
_ROUNDING = 4e-16  # of z: what is left of a series that has converged
_SETTLED = 1e-12
_STAGNANT = 1e-8  # steps below this that no longer shrink are rounding: the point is next to a singular one
_NOTHING = 10 * _SETTLED
_FINE = 1e-9  # of the imaginary parts: a step so small leaves its square, which is rounding
_CLEARLY = 1e-3  # of dz/dw far away: so much is positive, next to no critical point
_REAL = 1e-6  # of dz/dw: an imaginary part that A's density there leaves, next to none
_FAR = 1e6  # widths
_POWERS = (0.1, 4.0)  # of the distance from an end, by which the parameters go on beyond those that are known


class Subordination(ABC):
    """The points w in the upper half-plane for given z there, or on the real line inside the support.

    Any solution in the open half-plane is the right one: the Denjoy-Wolff point is unique.
    """

    a: Transform

    @abstractmethod
    def first(self, z: Array) -> Array:
        """The parameters for large z, one row for each."""

    @abstractmethod
    def step(self, state: Array, z: Array) -> tuple[Array, Array]:
        """A Newton step, and its size."""

    @abstractmethod
    def around(self, end: RunEnd, offsets: Array) -> tuple[Array, Array]:
        """z at w = end.w + offsets, close to a critical point, and what else `from_series` needs."""

    @abstractmethod
    def from_series(self, w: Array, part: Array, z: Array) -> Array:
        """m of the result, from what `around` has: m(w) if nothing else is said."""

    def value(self, state: Array, z: Array) -> Array:
        """m of the result."""
        return self.from_series(state[0], self.a(state[0])[0], z)

    @property
    def width(self) -> float:
        """The size of the parameters, to which steps are compared."""
        return self.a.width

    def at_end(self, end: RunEnd) -> Array | None:
        """The parameters at an end of the support, if they have limits there."""
        return None

    @property
    def has_one_root(self) -> bool:
        """Whether at real z any solution in the open half-plane is the right one, however it was found."""
        return False

    def attracts(self, state: Array) -> Array:
        """Where parameters that lie on the line but for rounding are the right ones.

        Where A has no density that is clearly so where z increases: off the support, see `free_maps`. A density below
        rounding moves the Denjoy-Wolff point no farther, next to no critical point.
        """
        return np.zeros(state.shape[1], dtype=bool)

    def solved(self, z: Array, clearance: Array, width: float, grain: Array, slowly: bool = False) -> Array:
        """The parameters at z, coming down from high above, ``slowly`` if a faster way is known to miss them.

        ``clearance`` is the distance from the nearest edge, ``grain`` what is added to the size of the parameters where
        steps are compared to it.

        Raises `PrecisionError` where Newton's method does not settle.
        """
        ways = _DESCENTS[1:] if slowly else _DESCENTS
        state, pending = self._descended(z, clearance, width, grain, ways[0])
        for descent in ways[1:]:
            if not np.any(pending):
                break
            rest = z[pending], clearance[pending], width, grain[pending]
            state[:, pending], still = self._descended(*rest, descent)
            pending[pending] = still
        if np.any(pending):
            place = z[pending][0]
            raise PrecisionError(
                f"the subordination function was not found at z = {place:.8g}: two intervals of the support may just "
                "meet there. Move a parameter a little",
                z=place,
            )
        return state

    def _descended(
        self, z: Array, clearance: Array, width: float, grain: Array, descent: tuple[float, float]
    ) -> tuple[Array, Array]:
        shrink, last = descent
        height = np.full(len(z), 4.0 * width)
        state = self.first(z + 1j * height)
        bad, active = np.zeros(len(z), dtype=bool), np.arange(len(z))
        rough = ~bad
        while len(active):
            arrived = height[active] <= last * clearance[active]
            target = z[active] + 1j * np.where(arrived, 0.0, height[active])
            state[:, active], bad[active], rough[active] = self.settled(
                state[:, active], target, grain[active], descent != _DESCENTS[0]
            )
            height[active] *= shrink
            active = active[~(arrived | bad[active])]
        self.polish(state, z, rough)
        return state, bad | (self.vanishes(state, grain) & (descent == _DESCENTS[0]))

    def vanishes(self, state: Array, grain: Array) -> Array:
        """Where the parameters lie on the line but for rounding: a root that may belong to no boundary value."""
        return np.asarray(np.all(state.imag < _NOTHING * (np.sum(np.abs(state), axis=0) + grain), axis=0))

    def polish(self, state: Array, z: Array, rough: Array) -> None:
        """Up to two steps more where steps are ``rough``, for digits of the distance from a singular point nearby."""
        part = np.flatnonzero(rough)
        for _ in range(2):
            if not len(part):
                break
            with np.errstate(all="ignore"):
                new, size = self.step(state[:, part], z[part])
            old = state[:, part]
            better = np.all(np.isfinite(new) & (new.imag > 0) & (np.abs(new - old) < 1e-6 * self.width), axis=0)
            state[:, part] = np.where(better, new, old)
            part = part[_is_rough(size, new)]

    def settled(
        self, state: Array, z: Array, grain: Array, flat: bool = False, rounds: int = _ROUNDS
    ) -> tuple[Array, Array, Array]:
        """Newton's method, kept in the half-plane, where it fails, and where its last step was no small one.

        ``flat`` accepts densities below rounding.
        """
        state = state.copy()
        active = np.arange(len(z))
        before, bad = np.full(len(z), np.inf), np.zeros(len(z), dtype=bool)
        for _ in range(rounds):
            with np.errstate(all="ignore"):
                new, size = self.step(state[:, active], z[active])
            old = state[:, active]
            # a step out of the half-plane goes half of the way to the line
            low = ~((new.imag > 0) & np.isfinite(new))
            new = np.where(low, np.where(np.isfinite(new), new.real, old.real) + 0.5j * old.imag, new)
            state[:, active] = new
            scale = np.sum(np.abs(new), axis=0) + grain[active]
            settled = (size <= _SETTLED * scale) | ((size <= _STAGNANT * scale) & (size > before[active] / 4))
            before[active] = size
            nothing = self.vanishes(old, grain[active])  # a density below rounding has no sign
            bad[active[settled & nothing & (not flat)]] = True
            outside = np.any(low, axis=0)
            waiting = ~(settled & (nothing | ~outside))
            active, outside = active[waiting], outside[waiting]
            if not len(active):
                break
        whole = np.sum(np.abs(state[:, active]), axis=0) + self.width
        bad[active] = outside | ~(before[active] <= _SETTLED * whole)  # next to 0 rounding may leave no more than that
        return state, bad, _is_rough(before, state)


def _is_rough(size: Array, state: Array) -> Array:
    """Whether the square of the last step is not yet below rounding."""
    return ~np.asarray(size <= _FINE * np.min(state.imag, axis=0))


@dataclass(frozen=True)
class ExplicitSubordination(Subordination):
    """z is a function of w."""

    operation: FreeMap

    @property
    def a(self) -> Transform:  # type: ignore[override]
        """What the operation acts on."""
        return self.operation.a

    def first(self, z: Array) -> Array:
        """w = z, or a multiple."""
        return np.array(self.operation.start(z))[None, :]

    def at_end(self, end: RunEnd) -> Array | None:
        """w."""
        return np.array([end.w])

    @property
    def has_one_root(self) -> bool:
        """As w is the fixed point of a map of the half-plane into itself."""
        return self.operation.is_self_map

    def attracts(self, state: Array) -> Array:
        """Where dz/dw is real and positive."""
        w = np.append(state[0], 1j * _FAR * self.width)
        with np.errstate(all="ignore"):  # at atoms there are no values: nothing attracts there
            m, slope = self.a(w)
            *found, far = self.operation.forward(w, m, slope)[1]
        return _is_positive(np.array(found), far) & self.operation.inside(w.real, m.real)[:-1]

    def step(self, state: Array, z: Array) -> tuple[Array, Array]:
        """w - (z(w) - z)/z'(w)."""
        m, slope = self.a(state[0])
        found, z_slope = self.operation.forward(state[0], m, slope)
        change = (found - z) / z_slope
        return (state[0] - change)[None, :], np.abs(change)

    def around(self, end: RunEnd, offsets: Array) -> tuple[Array, Array]:
        """z(w) and m(w)."""
        w = end.w + offsets
        m, slope = self.a(w)
        return self.operation.forward(w, m, slope)[0], m

    def from_series(self, w: Array, part: Array, z: Array) -> Array:
        """m of the result."""
        return self.operation.value(w, part, z)


@dataclass(frozen=True)
class PairSubordination(Subordination):
    """Two points with the same value of G or psi."""

    pair: FreePair

    @property
    def a(self) -> Transform:  # type: ignore[override]
        """The first measure."""
        return self.pair.a

    def first(self, z: Array) -> Array:
        """By the means."""
        return self.pair.start(z)

    def at_end(self, end: RunEnd) -> Array | None:
        """Both points."""
        return np.array([end.w, end.v])

    def attracts(self, state: Array) -> Array:
        """Where dz/dw is real and positive."""
        w, v = np.concatenate([state, self.pair.start(np.array([1j * _FAR * self.width]))], axis=1)
        with np.errstate(all="ignore"):
            *found, far = self.pair.on_line(w, self.pair.a(w), v, self.pair.b(v))[1]
        return _is_positive(np.array(found), far)

    def step(self, state: Array, z: Array) -> tuple[Array, Array]:
        """A step in both points."""
        w, v, size = self.pair.newton(state[0], state[1], z)
        return np.array([w, v]), size

    def around(self, end: RunEnd, offsets: Array) -> tuple[Array, Array]:
        """z and m(w)."""
        w, v = self.pair.near(end.w, end.v, offsets)
        m, slope = self.a(w)
        return self.pair.joined(self.pair.common(w, m, slope)[0], w, v), m

    def from_series(self, w: Array, part: Array, z: Array) -> Array:
        """m of the result."""
        return self.pair.value(w, part, z)


def _is_positive(slope: Array, far: complex) -> Array:
    return np.asarray((slope.real > _CLEARLY * abs(far)) & (np.abs(slope.imag) < _REAL * np.abs(slope)))


class EdgeExpansion:
    """z and what m is made of near a critical point as power series in w - w_e: distances from the edge keep digits.

    Attributes:
        reach: the distance from the edge up to which it is used.
    """

    def __init__(self, subordination: Subordination, end: RunEnd) -> None:
        gap = next(g for g in subordination.a.gaps if g[0] <= end.w <= g[1])
        room = min(abs(end.w - g) for g in gap)
        self._end = end
        self.reach = 0.0
        circle = np.exp(2j * np.pi * np.arange(_CIRCLE) / _CIRCLE)
        for share in (0.5, 0.25, 0.1, 0.03, 0.01):
            self._radius = share * room
            offsets = self._radius * circle
            with np.errstate(all="ignore"):
                z, part = subordination.around(end, offsets)
            if not (np.all(np.isfinite(z)) and np.all(np.isfinite(part))):
                continue
            self._z, self._part = (np.fft.fft(values).real / _CIRCLE for values in (z - end.z, part))
            size = float(np.max(np.abs(self._z)))
            enough = max(1e-14 * size, min(_ROUNDING * abs(end.z), 1e-13 * size))
            if np.max(np.abs(self._z[_TERMS - 8 : _TERMS])) <= enough and abs(self._z[2]) > 0:
                self._z = self._z[:_TERMS].copy()
                self._z[:2] = 0.0
                self._part = self._part[:_TERMS]
                self.reach = _WITHIN**2 / 2 * abs(self._z[2])
                break

    def at(self, distance: Array) -> tuple[Array, Array]:
        """w, and the part of m, at signed distances z - z_e in the support, NaN where the series is not trusted."""
        y = np.sqrt(distance / self._z[2] + 0j)
        y = np.where(y.imag < 0, -y, y)
        slope = np.polynomial.polynomial.polyder(self._z)
        for _ in range(30):
            change = (np.polynomial.polynomial.polyval(y, self._z) - distance) / np.polynomial.polynomial.polyval(
                y, slope
            )
            y = y - change
            if np.all(np.abs(change) <= 1e-15 * np.abs(y)):
                break
        good = (np.abs(y) < 2 * _WITHIN) & (y.imag > 0)
        part = np.polynomial.polynomial.polyval(y, self._part)
        w = self._end.w + self._radius * y
        return np.where(good, w, np.nan), np.where(good, part, np.nan)


class BoundaryDensity:
    """The density of a result on one support interval, as a function of the distances from its ends."""

    def __init__(self, subordination: Subordination, ends: tuple[RunEnd, RunEnd], width: float) -> None:
        self._subordination = subordination
        self._ends = ends
        self._places = ends[0].z, ends[1].z
        self._width = width
        self._expansions = [EdgeExpansion(subordination, end) if end.is_critical else None for end in ends]
        self._known: tuple[Array, Array] | None = None  # places, and states there

    def __call__(self, below: Array, above: Array) -> Array:
        """Im m(x + i0)/pi."""
        z = np.where(below < above, self._places[0] + below, self._places[1] - above)
        m = np.full(len(z), np.nan + 0j)
        for expansion, distance in zip(self._expansions, (below, -above), strict=True):
            if expansion is None or not expansion.reach:
                continue
            near = np.isnan(m) & (np.abs(distance) <= expansion.reach)
            if np.any(near):
                m[near] = self._subordination.from_series(*expansion.at(distance[near]), z[near])
        rest = np.isnan(m)
        if np.any(rest):
            state = self._solved(z[rest], np.minimum(below, above)[rest])
            m[rest] = self._subordination.value(state, z[rest].astype(complex))
        return np.maximum(m.imag / np.pi, 0.0)

    def _solved(self, x: Array, clearance: Array) -> Array:
        """The parameters at x: by Newton's method from those at other places, and from above where that fails."""
        subordination, z, grain = self._subordination, x.astype(complex), self._grain(x)
        near = self._arch(x) if self._known is None else self._guess(x)
        if near is None:
            state = subordination.solved(z, clearance, self._width, grain)
        else:
            state, pending, rough = subordination.settled(near, z, grain, flat=True, rounds=_FEW_ROUNDS)
            subordination.polish(state, z, rough)
            flat = np.flatnonzero(subordination.vanishes(state, grain))
            pending[flat] |= ~subordination.attracts(state[:, flat])
            tail = pending & subordination.vanishes(near, grain)
            for part, slowly in ((np.flatnonzero(pending & ~tail), False), (np.flatnonzero(tail), True)):
                if len(part):
                    state[:, part] = subordination.solved(z[part], clearance[part], self._width, grain[part], slowly)
        places, states = self._known or (x[:0], state[:, :0])
        x, states = np.concatenate([places, x]), np.concatenate([states, state], axis=1)
        order = np.unique(x, return_index=True)[1]
        self._known = x[order], states[:, order]
        return state

    def _arch(self, x: Array) -> Array | None:
        """Half circles between the parameters at the ends, as next to a lonely atom, if any root will do."""
        left, right = (self._subordination.at_end(end) for end in self._ends)
        if not self._subordination.has_one_root or left is None or right is None:
            return None
        if not np.all(np.isfinite(right - left)):
            return None
        left, right, (low, high) = left[:, None], right[:, None], self._places
        share = (x - low) / (high - low)
        return left + (right - left) * share + 1j * np.abs(right - left) * np.sqrt(share * (1 - share))

    def _grain(self, x: Array) -> Array:
        """The size of the parameters, to which steps are compared; where they tend to 0 with x it is in proportion."""
        grain = np.full(len(x), self._subordination.width)
        return grain * np.minimum(np.abs(x) / self._width, 1.0) if self._ends[0].w == self._ends[0].z == 0 else grain

    def _guess(self, x: Array) -> Array:
        """The parameters at x from those at other places: between them on lines, beyond by powers of the distance."""
        assert self._known is not None
        places, states = self._known
        found = np.array([np.interp(x, places, row.real) + 1j * np.interp(x, places, row.imag) for row in states])
        for end, beyond, nearest in zip(self._ends, (x < places[0], x > places[-1]), ((0, 1), (-1, -2)), strict=True):
            limit = self._subordination.at_end(end)
            if limit is None or not np.any(beyond) or len(places) < 2:
                continue
            last, before = (states[:, k] - limit for k in nearest)
            distances = np.abs(places[list(nearest)] - end.z)
            with np.errstate(all="ignore"):
                power = np.clip(np.log(np.abs(last / before)) / np.log(distances[0] / distances[1]), *_POWERS)
                share = (np.abs(x[beyond] - end.z) / distances[0]) ** power[:, None]
            moved = limit[:, None] + last[:, None] * share
            found[:, beyond] = np.where(np.isfinite(moved), moved, found[:, beyond])
        return found
