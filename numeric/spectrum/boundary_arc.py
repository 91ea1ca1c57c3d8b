r"""The boundary values of u(z) = z G(z) - 1 along a support interval, for a law whose inverse is explicit.

The logarithm of z is an analytic function of a parameter t of the upper half-plane, and so is u. Along the support z
is real: an arc of the half-plane, which is followed from the right end, a critical point of z on the real line, to the
left one: another critical point, or a zero of z. The arc is held in a variable s in which it is smooth, square roots at
critical points included:

    log x = log b - s^2                                if z vanishes at the left end,
    log x = log b - log(b/a) sin^2(s), 0 <= s <= pi/2, if the support is [a, b], a > 0,

on panels with Legendre series. Everything is a function of log x, so that products of hundreds of matrices, with
eigenvalues between 1e-1000 and 1e+10, are no harder than others. The density is -Im u/(pi x).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.polynomial import legendre

from resolvent.derive.errors import PrecisionError
from resolvent.derive.exact.precision import cached_property
from resolvent.numeric.density.chebyshev_piece import Array

_NODES = 20
_ROUNDS, _LAST, _RESOLVED = 7, 3, 1e-13  # panels are halved until the last coefficients of the mass are negligible
_MOST_ROUNDS, _FEW = 14, 4  # and longer where few are rough: sharp turns, no rounding
_COARSE = 0.02  # steps in s, over s, of the first way along the arc
_FIRST, _GROWTH = 0.2, 0.06  # widths of panels in s: at the right end, and over s
NEGLIGIBLE = 1e-17
_DOUBLINGS = 7
_LAST_STEP = 1e-9  # of Newton's method, relative; its next one would be the square

_LEAST = 1e-7  # width of a panel
_SHORT = 0.1  # of t: a step that would leave the half-plane may run along the axis so far
_VISIBLE = 1e-12  # of u: what says that an arc has left a faint end
HAIR = 1e-12  # of t: how far off the axis an arc is first sought at a faint end

LogInverse = Callable[[Array], tuple[Array, Array, Array, Array]]
"""t in the closed upper half-plane -> log z, its derivative, u, and its derivative.

Where z vanishes at the left end, t is measured from there: so it has digits."""


@dataclass(frozen=True)
class Corner:
    """An end of a support interval.

    Attributes:
        t: the parameter there.
        log_x: log z; -oo where z vanishes.
        order: the exponent e with which z vanishes, z ~ (u - u_0)^e, if it does; 0 if it follows no power.
        is_infinite: whether u is infinite there.
        is_faint: whether z is not critical there: a right end with next to no mass beside it.
        fall: how far log x falls towards a zero of z until the mass that is left is negligible; None for a power.
    """

    t: float
    log_x: float
    order: float = 1.0
    is_infinite: bool = False
    is_faint: bool = False
    fall: float | None = None


@dataclass(frozen=True, eq=False)
class Arc:
    """The arc over one support interval; see `followed`.

    Attributes:
        right, left: its ends.
        cuts: the ends of the panels in s.
        series: the Legendre coefficients of t on each panel.
        inverse: log z, its derivative and u as functions of t.
    """

    right: Corner
    left: Corner
    cuts: Array
    series: Array
    inverse: LogInverse

    @property
    def ends(self) -> tuple[float, float]:
        """The support interval."""
        return math.exp(self.left.log_x), math.exp(self.right.log_x)

    @property
    def exponents(self) -> tuple[Fraction | None, Fraction | None]:
        """The powers that the density follows at the ends; None where that is not known."""
        powers = []
        for corner in (self.left, self.right):
            if math.isinf(corner.log_x):
                powers.append(1 / Fraction(corner.order).limit_denominator(10**6) - 1 if corner.order else None)
            else:
                powers.append(None if corner.is_faint else Fraction(-1 if corner.is_infinite else 1, 2))
        return powers[0], powers[1]

    def log_x(self, s: Array) -> tuple[Array, Array]:
        """log x and its derivative."""
        return place(self.right, self.left, s)

    def s(self, log_x: Array) -> Array:
        """s at values of log x, also complex ones, from the upper half-plane."""
        fallen = self.right.log_x - log_x
        if math.isinf(self.left.log_x):
            return np.sqrt(fallen)
        return np.arcsin(np.sqrt(fallen / (self.right.log_x - self.left.log_x)))

    def u(self, s: Array) -> Array:
        """u, on the arc or at complex s next to it."""
        u = self.inverse(self._t(s))[2]
        return np.where(u.imag > 0, u.conj(), u)

    def _t(self, s: Array) -> Array:
        k = np.clip(np.searchsorted(self.cuts, s.real, side="right") - 1, 0, len(self.series) - 1)
        half = (self.cuts[k + 1] - self.cuts[k]) / 2
        return np.asarray(legendre.legval((s - self.cuts[k]) / half - 1, self.series[k].T, tensor=False))

    def rate(self, s: Array) -> Array:
        """du/dlog z, where `u` is asked for."""
        _, slope, _, u_slope = self.inverse(self._t(s))
        return u_slope / slope

    def reach(self, s: Array) -> Array:
        """How far a complex s may be from the arc for its series to hold: the imaginary part allowed."""
        k = np.clip(np.searchsorted(self.cuts, s.real, side="right") - 1, 0, len(self.series) - 1)
        return 0.15 * (self.cuts[k + 1] - self.cuts[k])

    @cached_property
    def rule(self) -> tuple[Array, Array]:
        """Points x and weights of the measure, by Gauss's rule on each panel."""
        nodes, weights = legendre.leggauss(2 * _NODES)
        half = np.diff(self.cuts)[:, None] / 2
        s = self.cuts[:-1, None] + half * (1 + nodes)
        log_x, _ = self.log_x(s)
        return np.exp(log_x).ravel(), (self.mass_density(s) * half * weights).ravel()

    def mass_density(self, s: Array) -> Array:
        """The mass for a unit of s, positive."""
        flat = s.ravel()
        _, slope = self.log_x(flat)
        return np.asarray(self.u(flat).imag * slope / np.pi).reshape(s.shape)

    @cached_property
    def _cumulated(self) -> tuple[Array, Array]:
        """The Legendre coefficients of the mass from the left cut of each panel, and the masses before the panels."""
        nodes, weights = legendre.leggauss(2 * _NODES)
        half = np.diff(self.cuts)[:, None] / 2
        values = self.mass_density(self.cuts[:-1, None] + half * (1 + nodes)) * half
        degrees = np.arange(2 * _NODES)
        series = (values * weights) @ legendre.legvander(nodes, 2 * _NODES - 1) * (2 * degrees + 1) / 2
        return np.asarray(legendre.legint(series, lbnd=-1, axis=1)), np.concatenate(
            [[0.0], np.cumsum((values * weights).sum(axis=1))]
        )

    @property
    def mass(self) -> float:
        """The mass of the interval."""
        return float(self._cumulated[1][-1])

    def above(self, s: Array) -> Array:
        """The mass of the interval above x(s), that is, from 0 to s."""
        series, before = self._cumulated
        k = np.clip(np.searchsorted(self.cuts, s, side="right") - 1, 0, len(self.series) - 1)
        t = np.clip(2 * (s - self.cuts[k]) / (self.cuts[k + 1] - self.cuts[k]) - 1, -1, 1)
        return np.asarray(before[k] + legendre.legval(t, series[k].T, tensor=False))

    def below(self, s: Array) -> Array:
        """The mass of the interval below x(s), with its relative accuracy next to the left end."""
        series, before = self._cumulated
        k = np.clip(np.searchsorted(self.cuts, s, side="right") - 1, 0, len(self.series) - 1)
        t = np.clip(2 * (s - self.cuts[k]) / (self.cuts[k + 1] - self.cuts[k]) - 1, -1, 1)
        totals = np.diff(before)
        after = np.concatenate([np.cumsum(totals[::-1])[::-1], [0.0]])
        return np.asarray(after[k] - legendre.legval(t, series[k].T, tensor=False))


def place(right: Corner, left: Corner, s: Array) -> tuple[Array, Array]:
    """log x and its derivative in s."""
    if math.isinf(left.log_x):
        return right.log_x - s**2, -2 * s
    span = right.log_x - left.log_x
    return right.log_x - span * np.sin(s) ** 2, -span * np.sin(2 * s)


def followed(inverse: LogInverse, right: Corner, left: Corner) -> Arc:
    """The arc between two ends, by Newton's method on finer and finer grids.

    Raises `PrecisionError` if that fails.
    """
    top = _bottom(left) if math.isinf(left.log_x) else math.pi / 2
    slope = _slope(inverse, right, left)
    way = _walked(inverse, right, left, slope, top)
    top = float(way[0][-1])
    cuts, width = [0.0], _FIRST
    if not (right.is_infinite or right.is_faint):  # u = oo may be close
        width = min(width, max(1 / abs(slope * inverse(np.array([right.t + 0j]))[2][0]), _LEAST))
    while cuts[-1] < top:
        cuts.append(cuts[-1] + width)
        width = min(2 * width, max(_FIRST, _GROWTH * cuts[-1]))
    edges = np.array(cuts) * top / cuts[-1]
    nodes, weights = legendre.leggauss(_NODES)
    transform = weights[:, None] * legendre.legvander(nodes, _NODES - 1) * (np.arange(_NODES) + 0.5)
    for rounds in range(_MOST_ROUNDS):
        s = (edges[:-1, None] + np.diff(edges)[:, None] / 2 * (1 + nodes)).ravel()
        t = _between(inverse, right, left, way, s)
        masses = (inverse(t)[2].imag * place(right, left, s)[1]).reshape(-1, _NODES) * np.diff(edges)[:, None]
        rough = np.abs(masses @ transform)[:, -_LAST:].max(axis=1) > _RESOLVED
        rough[0] &= not right.is_infinite  # where u is infinite, t is not resolved any better
        rough[-1] &= not left.is_infinite
        series = t.reshape(-1, _NODES) @ transform
        if not np.any(rough) or (rounds >= _ROUNDS - 1 and np.sum(rough) > _FEW) or rounds == _MOST_ROUNDS - 1:
            break
        edges = np.sort(np.concatenate([edges, (edges[:-1] + edges[1:])[rough] / 2]))
    return Arc(right, left, edges, series, inverse)


def _slope(inverse: LogInverse, right: Corner, left: Corner) -> complex:
    """dt/ds at the right end, where log z = log b + (log z)'' (t - t_0)^2/2; 0 at a faint one."""
    if right.is_faint:
        return 0j
    step = 1e-5 * max(abs(right.t), 1e-3)
    second = (inverse(np.array([right.t + 1j * step]))[1] / (1j * step))[0].real
    fall = -1.0 if math.isinf(left.log_x) else left.log_x - right.log_x
    return 1j * math.sqrt(abs(2 * fall / second))


def _bottom(left: Corner) -> float:
    """Where what is left of the mass, of the order of |u - u_0|, is negligible."""
    return math.sqrt(left.order * -math.log(NEGLIGIBLE) + 4 if left.fall is None else left.fall)


Way = tuple[Array, Array, Array]
"""Increasing s, and t and dt/ds there."""


def _walked(inverse: LogInverse, right: Corner, left: Corner, slope: complex, top: float) -> Way:
    """t at increasing s, each from the one before, to the top or to where a faint tail has a negligible mass."""
    grid, values, slopes = np.array([0.0]), np.array([right.t + 0j]), np.array([slope])
    if right.is_faint:
        values, _, _ = _newton(inverse, right, left, grid, values * (1 + HAIR * 1j))
    is_past = not right.is_faint  # a faint end
    coarse = [*np.arange(0.01, 0.1, 0.01).tolist(), 0.1]
    while coarse[-1] < top:
        coarse.append(coarse[-1] + max(0.05, _COARSE * coarse[-1]))
    for target in [*(c for c in coarse if c < top), top]:
        guess = _ahead(left, values[-1:], slopes[-1:] + _bend(left, grid, values, slopes, target), target - grid[-1])
        found, derivative, good = _newton(inverse, right, left, np.array([target]), guess)
        if not good[0]:
            found, derivative, good = _halved(inverse, right, left, grid[-1], values[-1], slopes[-1], float(target))
        grid, values, slopes = (np.append(a, b) for a, b in ((grid, target), (values, found), (slopes, derivative)))
        height = abs(inverse(found)[2].imag[0])
        if left.fall is not None and is_past and height < NEGLIGIBLE / 10:
            break
        is_past |= height > _VISIBLE
    return grid, values, slopes


def _bend(left: Corner, grid: Array, values: Array, slopes: Array, target: float) -> complex:
    """What the change of the slope over the last step adds to the mean slope of the next one, for `_ahead`."""
    if len(grid) < 2:
        return 0j
    rates = slopes[-2:] / values[-2:] if math.isinf(left.log_x) else slopes[-2:]
    change = (rates[1] - rates[0]) * (target - grid[-1]) / (grid[-1] - grid[-2]) / 2
    return complex(change * values[-1] if math.isinf(left.log_x) else change)


def _between(inverse: LogInverse, right: Corner, left: Corner, way: Way, s: Array) -> Array:
    """t at any s, from the points on both sides."""
    grid, values, slopes = way
    k = np.clip(np.searchsorted(grid, s) - 1, 0, len(grid) - 2)
    h = grid[k + 1] - grid[k]
    r = (s - grid[k]) / h
    if math.isinf(left.log_x):
        values, slopes = np.log(values), slopes / values
    guess = (
        values[k] * (1 + 2 * r) * (1 - r) ** 2
        + slopes[k] * h * r * (1 - r) ** 2
        + values[k + 1] * r**2 * (3 - 2 * r)
        + slopes[k + 1] * h * r**2 * (r - 1)
    )
    if math.isinf(left.log_x):
        least = np.minimum(values[k].imag, values[k + 1].imag) / 2  # the angle may fall by powers of ten in a step
        guess = np.exp(guess.real + 1j * np.maximum(guess.imag, least))
    found, _, good = _newton(inverse, right, left, s, guess)
    if not np.all(good):
        x = math.exp(float(place(right, left, s[~good])[0][0]))
        raise PrecisionError(f"the boundary value at x = {x:.6g} was not found", x=x)
    return found


def _halved(
    inverse: LogInverse, right: Corner, left: Corner, start: float, value: complex, slope: complex, stop: float
) -> tuple[Array, Array, Array]:
    """A step that is too long, in ever more parts; raises `PrecisionError` if that does not help."""
    for depth in range(1, _DOUBLINGS + 1):
        s, t, d = start, np.array([value]), np.array([slope])
        for target in np.linspace(start, stop, 2**depth + 1)[1:]:
            t, d, good = _newton(inverse, right, left, np.array([target]), _ahead(left, t, d, float(target) - s))
            s = float(target)
            if not good[0]:
                break
        else:
            return t, d, good
    x = math.exp(float(place(right, left, np.array([stop]))[0][0]))
    raise PrecisionError(f"the boundary value at x = {x:.6g} was not found", x=x)


def _ahead(left: Corner, t: Array, slope: Array, step: float) -> Array:
    """t a step in s farther: towards a zero of z its logarithm is what changes evenly."""
    return np.asarray(t * np.exp(slope * step / t) if math.isinf(left.log_x) else t + slope * step)


def _newton(inverse: LogInverse, right: Corner, left: Corner, s: Array, guess: Array) -> tuple[Array, Array, Array]:
    """t with log z(t) = log x(s) near a guess, dt/ds, and whether it was found without leaving the neighbourhood."""
    target, speed = place(right, left, s)
    t = guess.copy()
    reach = np.abs(guess - right.t) + np.abs(guess)
    active, before = np.arange(len(t)), np.full(len(t), np.nan + 0j)
    for _ in range(30):
        now = t[active]
        with np.errstate(all="ignore"):
            value, slope, *_ = inverse(now)
            step = (value - target[active]) / slope
            new = _ahead(left, now, -step, 1.0)
            lost = np.isnan(value)  # not in the image of the half-plane of z: halfway back, or farther up
            back = np.where(np.isnan(before[active]), now + 1j * np.abs(now.imag), (now + before[active]) / 2)
            new = np.where(lost, back, new)
            bad = ~np.isfinite(new) | (new.imag <= 0)
        before[active] = np.where(lost, before[active], now)
        along = np.where(np.abs(step) <= _SHORT * np.abs(now), new.real, now.real)
        t[active] = new = np.where(bad, along + 0.5j * np.abs(now.imag), new)
        step = np.where(lost, np.inf, step)
        size = np.abs(new)
        for corner in (right, left):
            if corner.is_infinite and corner.t:  # the digits of t - corner.t count
                size = np.minimum(size, np.abs(new - corner.t))
        active = active[~(np.abs(step) <= _LAST_STEP * size)]
        if not len(active):
            break
    with np.errstate(all="ignore"):
        value, slope, *_ = inverse(t)
        derivative = speed / slope
    good = np.isfinite(value) & (np.abs(value - target) <= 1e-9 * np.maximum(1.0, np.abs(target))) & (t.imag > 0)
    return t, derivative, good & (np.abs(t - guess) <= 0.5 * reach)
