"""The law of the squared slopes d^2 = f'(h)^2 of a layer, h Gaussian, and its psi-transform at any points.

For piecewise linear f it has atoms. Else it is the image of a Gaussian, and psi(1/w) = E[d^2/(w - d^2)] is an integral
over xi: Gauss's rule on panels, of which those where d^2 comes close to w are halved until it does not.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.polynomial import legendre

from resolvent.derive.activations.activation import Activation
from resolvent.derive.activations.gaussian_integrals import PiecewiseLinear, Polynomial
from resolvent.derive.exact.precision import cached_property
from resolvent.numeric.density.chebyshev_piece import Array

_REACH, _PANEL, _NODES = 9.0, 0.25, 16  # of the Gaussian integrals
_CURVED = 20.0  # where activations are taken to be straight, or to decay
_NEAR = 0.7  # of the change of d^2 along a panel: poles that are farther away leave Gauss's rule exact
_HALVINGS = 60
_GRID = 4001
_CONSTANT = 1e-15
_LAST_STEP, _NEWTON = 1e-9, 30  # of Newton's method, whose next step would be its square
_FAINT, _NEXT = 1e-11, 1e-4  # a mass, and how near to the least d^2 counts, of the range


@dataclass(frozen=True, eq=False)
class DiagonalLaw:
    """The law of d^2: points with weights, which are the law itself or stand for a density in integrals.

    Attributes:
        points, weights: the points, increasing for atoms; the weights add up to 1.
        is_discrete: whether these are the atoms.
    """

    points: Array
    weights: Array
    is_discrete: bool = True

    @property
    def low(self) -> float:
        """The left end of the support."""
        return float(self.points[0])

    @property
    def high(self) -> float:
        """The right end of the support."""
        return float(self.points[-1])

    def psi(self, w: Array) -> tuple[Array, Array, Array]:
        """psi = E[d^2/(w - d^2)], that is at k = 1/w, then 1 + psi with its digits, and the derivative in w."""
        inverse = 1 / (w[..., None] - self.points)
        return self._sums(w, inverse)

    def _sums(self, w: Array, inverse: Array) -> tuple[Array, Array, Array]:
        share = self.weights * self.points
        return inverse @ share, w * (inverse @ self.weights), -(inverse**2) @ share

    def place(self, target: Array, guess: Array) -> Array:
        """w with psi/(1 + psi) at the target, by Newton's method for the logarithms.

        NaN where a guess in the upper half-plane leads to no such point there.
        """
        own = guess.copy()
        active = np.arange(len(own))
        with np.errstate(all="ignore"):
            for _ in range(_NEWTON):
                now = own[active]
                value, remainder, slope = self.psi(now)
                step = np.log(value / remainder / target[active]) * value * remainder / (now * slope)
                new = now * np.exp(-np.where(np.abs(step) > 1, step / np.abs(step), step))
                lost = (now.imag > 0) & (new.imag <= 0)
                own[active] = np.where(lost, np.abs(new) * np.exp(0.5j * np.angle(now)), new)
                active = active[~(np.abs(step) <= _LAST_STEP)]
                if not len(active):
                    break
        own[active[guess[active].imag > 0]] = np.nan
        return own

    @property
    def zero(self) -> float:
        """The weight of 0."""
        return float(np.sum(self.weights[self.points == 0])) if self.is_discrete else 0.0

    def moments(self, n: int) -> Array:
        """E d^2, ..., E d^2n."""
        return np.asarray(self.points ** np.arange(1, n + 1)[:, None] @ self.weights)


@dataclass(frozen=True, eq=False, kw_only=True)
class SlopeLaw(DiagonalLaw):
    """The image of a Gaussian under a smooth squared slope; points and weights are Gauss's on the panels.

    Attributes:
        square: xi -> d^2.
        cuts: the ends of the panels, along each of which d^2 is monotone.
        total: what the weights are divided by.
        variance: q, that of the pre-activations.
        activation: f.
    """

    square: Callable[[Array], Array]
    cuts: Array
    total: float
    variance: float
    activation: Activation

    @cached_property
    def _values(self) -> Array:
        return self.square(self.cuts)

    @cached_property
    def low(self) -> float:
        """The least d^2 at the ends of the panels."""
        return float(np.min(self._values))

    @cached_property
    def high(self) -> float:
        """The largest."""
        return float(np.max(self._values))

    def psi(self, w: Array) -> tuple[Array, Array, Array]:
        """As `DiagonalLaw.psi`, at any distance from the support."""
        flat = np.asarray(w).ravel()
        near = _is_near(flat[:, None], self._values[:-1], self._values[1:])
        inverse = 1 / (flat[:, None] - self.points)
        if np.any(near):
            inverse[np.repeat(near, _NODES, axis=1)] = 0.0
        sums = np.stack(self._sums(flat, inverse))
        owner, panel = np.nonzero(near)
        left, right = self.cuts[:-1][panel], self.cuts[1:][panel]
        for _ in range(_HALVINGS):
            if not len(owner):
                break
            middle = (left + right) / 2
            owner = np.concatenate([owner, owner])
            left, right = np.concatenate([left, middle]), np.concatenate([middle, right])
            near = _is_near(flat[owner], self.square(left), self.square(right))
            xi, mass = _rule(left[~near], right[~near])
            at, d2 = flat[owner[~near]], self.square(xi)
            poles = 1 / (at[:, None] - d2)
            terms = mass / self.total * poles
            parts = (terms * d2).sum(axis=1), at * terms.sum(axis=1), -(terms * poles * d2).sum(axis=1)
            for k, part in enumerate(parts):
                np.add.at(sums[k], owner[~near], part)
            owner, left, right = owner[near], left[near], right[near]
        u, rest, rate = sums.reshape(3, *np.shape(w))
        return u, rest, rate

    @cached_property
    def least(self) -> float:
        """The point below which next to nothing lies."""
        return self.place_of(_FAINT)

    @cached_property
    def is_faint(self) -> bool:
        """Whether next to nothing is near the least d^2, which is then that of the farthest xi taken."""
        return self.least - self.low > _NEXT * (self.high - self.low)

    @cached_property
    def is_faint_above(self) -> bool:
        """The same for the largest d^2."""
        return self.high - self.place_of(_FAINT, is_above=True) > _NEXT * (self.high - self.low)

    def place_of(self, mass: float, is_above: bool = False) -> float:
        """The point below which (or above which) d^2 has that mass, by bisection of its logarithm."""
        from scipy.special import ndtr

        outer, inner = self.cuts[:-1], self.cuts[1:]
        rises = (self._values[1:] > self._values[:-1]) != is_above
        start, stop = np.where(rises, outer, inner), np.where(rises, inner, outer)  # d^2 rises (falls) to stop

        def beyond(level: float) -> float:
            a, b = start, stop
            for _ in range(60):
                middle = (a + b) / 2
                counts = (self.square(middle) < level) != is_above
                a, b = np.where(counts, middle, a), np.where(counts, b, middle)
            reached = np.where((self.square(start) < level) != is_above, a, start)
            first, last = np.minimum(start, reached), np.maximum(start, reached)
            masses = np.where(first > 0, ndtr(-first) - ndtr(-last), ndtr(last) - ndtr(first))
            return float(np.sum(masses)) / self.total

        low, high = -700.0, math.log(self.high)
        while high - low > 1e-3:
            middle = (low + high) / 2
            low, high = (low, middle) if (beyond(math.exp(middle)) > mass) != is_above else (middle, high)
        return math.exp(low if is_above else high)


def _is_near(w: Array, first: Array, last: Array) -> Any:
    low, high = np.minimum(first, last), np.maximum(first, last)
    aside = np.maximum(np.maximum(low - w.real, w.real - high), 0.0)
    return np.hypot(aside, w.imag) < _NEAR * (high - low)


@cache
def _gauss() -> tuple[Array, Array]:
    return legendre.leggauss(_NODES)


def _rule(left: Array, right: Array) -> tuple[Array, Array]:
    """Points xi and Gaussian masses of Gauss's rule on the panels, a row each."""
    nodes, weights = _gauss()
    half = (right - left)[:, None] / 2
    xi = left[:, None] + half * (1 + nodes)
    return xi, half * weights * np.exp(-(xi**2) / 2) / math.sqrt(2 * math.pi)


def diagonal_law(activation: Activation, q: float) -> DiagonalLaw:
    """The law of f'(sqrt(q) xi)^2, xi ~ N(0, 1).

    >>> from resolvent.derive.activations.activation import activation
    >>> law = diagonal_law(activation("relu"), 1.7)
    >>> law.points, law.weights, law.is_discrete
    (array([0., 1.]), array([0.5, 0.5]), True)

    Raises `ParameterError` for activations that jump, or whose derivative is not known.
    """
    family, scale = activation.family, math.sqrt(q)
    is_linear = isinstance(family, PiecewiseLinear) or (isinstance(family, Polynomial) and len(family.coefficients) < 3)
    if is_linear:
        return _pieces(activation, scale)

    def slope(xi: Array) -> Array:
        return np.asarray(activation.slope(scale * xi))

    def square(xi: Array) -> Array:
        return slope(xi) ** 2

    grid = np.linspace(0, _REACH, _GRID)
    around = square(np.concatenate([-grid, grid]))
    if np.ptp(around) <= _CONSTANT * np.max(around):  # no variance
        return DiagonalLaw(np.array([square(np.zeros(1))[0]]), np.ones(1))
    is_even = bool(np.allclose(square(grid), square(-grid), rtol=1e-13, atol=0))  # then half of the line stands for it
    start = 0.0 if is_even else -_REACH
    bends = [t / scale for t in activation.kinks if scale and start < t / scale < _REACH]
    turns = [*_turns(square, start), *_zeros(slope, start)] if scale else []
    inner = np.arange(0, min(_REACH, _CURVED / max(scale, 1.0)), min(_PANEL, _PANEL / max(scale / 2, 1.0)))
    plain = np.arange(0, _REACH, _PANEL)
    steps = np.concatenate([inner, plain[plain > inner[-1]], [_REACH]])
    cuts = np.unique(np.concatenate([steps, -steps, bends, turns]))
    cuts = cuts[cuts >= start]
    xi, mass = _rule(cuts[:-1], cuts[1:])
    total = float(np.sum(mass))
    values, weights = square(xi).ravel(), mass.ravel() / total
    return SlopeLaw(
        values, weights, False, square=square, cuts=cuts, total=total, variance=float(q), activation=activation
    )


def _turns(square: Callable[[Array], Array], start: float) -> list[float]:
    """Where d^2 turns, zeros of the slope among them, to half of the digits."""
    from scipy.optimize import minimize_scalar

    grid = np.linspace(start, _REACH, 2 * _GRID)
    change = np.sign(np.diff(square(grid)))
    places = np.flatnonzero(change[1:] * change[:-1] < 0) + 1
    found = []
    for k in places.tolist():
        sign = float(change[k])
        best = minimize_scalar(
            lambda x, sign=sign: sign * float(square(np.array([x]))[0]),
            bounds=(grid[k - 1], grid[k + 1]),
            method="bounded",
            options={"xatol": 1e-12},
        )
        found.append(float(best.x))
    return found


def _zeros(slope: Callable[[Array], Array], start: float) -> list[float]:
    """Where the slope changes its sign, to all digits: the mass below a d^2 is about its root there."""
    from scipy.optimize import brentq

    grid = np.linspace(start, _REACH, 2 * _GRID)
    signs = np.sign(slope(grid))
    places = np.flatnonzero(signs[1:] * signs[:-1] < 0).tolist()
    return [float(brentq(lambda x: float(slope(np.array([x]))[0]), grid[k], grid[k + 1], xtol=1e-300)) for k in places]


def _pieces(activation: Activation, scale: float) -> DiagonalLaw:
    """The slopes of a piecewise linear function, with their probabilities."""
    from scipy.special import ndtr

    bends = sorted(activation.kinks)
    cuts = np.array(
        [-np.inf, *((t / scale if scale else math.copysign(np.inf, t) if t else 0.0) for t in bends), np.inf]
    )
    shares = np.where(cuts[:-1] >= 0, ndtr(-cuts[:-1]) - ndtr(-cuts[1:]), ndtr(cuts[1:]) - ndtr(cuts[:-1]))
    ends = [bends[0] - 1, *bends, bends[-1] + 1] if bends else [-1.0, 1.0]
    slopes = activation.slope(np.array([(a + b) / 2 for a, b in pairwise(ends)])) ** 2
    points, index = np.unique(slopes, return_inverse=True)
    weights = np.bincount(index, weights=shares)
    return DiagonalLaw(points[weights > 0], weights[weights > 0])


__all__ = ["DiagonalLaw", "SlopeLaw", "diagonal_law"]
