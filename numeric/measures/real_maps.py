"""Functions of a real variable that carry measures along, with small differences to full digits both ways.

A map is monotone on every stretch between its turns. Next to an end x_0 of a stretch the change of its value determines
the change of x without cancellation: this keeps the digits of densities next to the edges of a support.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

import numpy as np
from numpy.polynomial import chebyshev as cheb

from resolvent.derive.errors import DerivationError, NotCertified, ParameterError
from resolvent.numeric.density.chebyshev_nodes import chebyshev_coefficients
from resolvent.numeric.density.chebyshev_piece import Array
from resolvent.numeric.density.edge_maps import EdgeMap, edge_maps
from resolvent.numeric.spectrum.numbers import is_below_zero

_SIZES = (32, 96, 288, 864)
_TAIL = 1e-13
_GRID = 4000


class RealMap(ABC):
    """A function of x.

    Attributes:
        turns: where it turns, or is singular.
        is_exact: whether its exponents are known and not found from values.
    """

    turns: tuple[float, ...] = ()
    is_exact: ClassVar[bool] = True

    @abstractmethod
    def __call__(self, x: Array) -> Array:
        """The values."""

    def check(self, low: float, high: float) -> None:  # noqa: B027 - most maps have values everywhere
        """Raise `DerivationError` if the map has no value somewhere on a support interval, or at an atom."""

    def exponent(self, end: float, other: float) -> Fraction | None:
        """q where the value, from the other end, differs from that at the end like |x - end|^q; None if unknown."""
        return Fraction(1)

    @abstractmethod
    def on(self, low: float, high: float, ramification: tuple[int, int]) -> Inverse:
        """The inverse on a stretch; ``ramification`` says in which roots of x - end it may be resolved."""


class Inverse(ABC):
    """The inverse of a map on one stretch, increasing or decreasing there."""

    @abstractmethod
    def __call__(self, from_low: Array, from_high: Array) -> tuple[Array, Array, Array]:
        """Distances of x from both ends of the stretch, and the slope there.

        The arguments are the changes of the value since the ends of the stretch; of each pair the smaller one counts.
        """


class ExactMap(RealMap):
    """A map with a formula for the change of x."""

    @abstractmethod
    def slope(self, x: Array) -> Array:
        """The derivative."""

    @abstractmethod
    def change(self, end: float, change: Array, direction: int) -> Array:
        """How far x lies from an end, in a direction, where the value has changed so much."""

    def on(self, low: float, high: float, ramification: tuple[int, int]) -> Inverse:
        """The inverse by the formula."""
        return _ByFormula(self, low, high)


@dataclass(frozen=True)
class _ByFormula(Inverse):
    map: ExactMap
    low: float
    high: float

    def __call__(self, from_low: Array, from_high: Array) -> tuple[Array, Array, Array]:
        """By the map's formulas."""
        with np.errstate(all="ignore"):
            above = np.abs(self.map.change(self.low, from_low, 1))
            below = np.abs(self.map.change(self.high, from_high, -1))
            near_low = ~(above > below)
            x = np.where(near_low, self.low + above, self.high - below)
            width = self.high - self.low
            return (
                np.where(near_low, above, width - below),
                np.where(near_low, width - above, below),
                self.map.slope(x),
            )


@dataclass(frozen=True)
class Identity(ExactMap):
    """x."""

    def __call__(self, x: Array) -> Array:
        """x."""
        return x

    def slope(self, x: Array) -> Array:
        """1."""
        return np.ones_like(x)

    def change(self, end: float, change: Array, direction: int) -> Array:
        """The change."""
        return change


@dataclass(frozen=True)
class Power(ExactMap):
    """x^k for an integer k other than 0."""

    k: int

    @property
    def turns(self) -> tuple[float, ...]:  # type: ignore[override]
        """0."""
        return (0.0,)

    def __call__(self, x: Array) -> Array:
        """x^k."""
        return np.asarray(x, dtype=float) ** float(self.k)

    def check(self, low: float, high: float) -> None:
        """Raise `DerivationError` for a negative power and a support that has 0."""
        if self.k < 0 and low <= 0 <= high:
            raise DerivationError(f"the power {self.k} needs a support away from 0", interval=(low, high))

    def exponent(self, end: float, other: float) -> Fraction:
        """k at 0."""
        return Fraction(self.k if end == 0 else 1)

    def slope(self, x: Array) -> Array:
        """k x^(k-1)."""
        return self.k * np.asarray(x) ** float(self.k - 1)

    def change(self, end: float, change: Array, direction: int) -> Array:
        """end ((1 + change/end^k)^(1/k) - 1)."""
        if end == 0:
            return np.abs(change) ** (1 / self.k)
        return end * np.expm1(np.log1p(np.maximum(change / end**self.k, -1.0)) / self.k)


@dataclass(frozen=True)
class Root(ExactMap):
    """sign sqrt(x) for x >= 0."""

    sign: int

    def __call__(self, x: Array) -> Array:
        """The root."""
        return self.sign * np.sqrt(np.maximum(x, 0.0))

    def check(self, low: float, high: float) -> None:
        """Raise `DerivationError` for mass below 0."""
        if is_below_zero(low, high):
            raise DerivationError(f"a symmetric root needs a law on [0, oo); this one reaches down to {low:.6g}")

    def exponent(self, end: float, other: float) -> Fraction:
        """1/2 at 0."""
        return Fraction(1, 2) if end <= 0 else Fraction(1)

    def slope(self, x: Array) -> Array:
        """1/(2 sqrt(x))."""
        return self.sign / (2 * np.sqrt(np.maximum(x, 0.0)))

    def change(self, end: float, change: Array, direction: int) -> Array:
        """change (2 sqrt(end) + change)."""
        return change * (2 * self(np.asarray(end)) + change)


@dataclass(frozen=True)
class Mobius(ExactMap):
    """(a x + b)/(c x + d)."""

    a: float
    b: float
    c: float
    d: float

    @property
    def _determinant(self) -> float:
        return self.a * self.d - self.b * self.c

    def __call__(self, x: Array) -> Array:
        """The quotient."""
        return (self.a * x + self.b) / (self.c * x + self.d)

    def check(self, low: float, high: float) -> None:
        """Raise `DerivationError` if the pole lies in the support."""
        if self.c and low <= -self.d / self.c <= high:
            raise DerivationError(
                f"({self.a:g} A + {self.b:g})({self.c:g} A + {self.d:g})^-1 does not exist: "
                f"{-self.d / self.c:.6g} lies in the support",
                interval=(low, high),
            )

    def slope(self, x: Array) -> Array:
        """(a d - b c)/(c x + d)^2."""
        return self._determinant / (self.c * x + self.d) ** 2

    def change(self, end: float, change: Array, direction: int) -> Array:
        """The difference of the inverse's values."""
        bottom = self.c * end + self.d
        inner = self._determinant / bottom
        return bottom * change / (inner - self.c * change)


class FunctionMap(RealMap):
    """A function that is analytic and monotone between some turns."""

    is_exact = False

    def __init__(self, function: Callable[[Array], Any], turns: tuple[float, ...]) -> None:
        self._function = function
        self.turns = turns

    def __call__(self, x: Array) -> Array:
        """The values; raises `ParameterError` where they are not finite real numbers."""
        x = np.asarray(x, dtype=float)
        with np.errstate(all="ignore"):
            values = np.asarray(self._function(x))
        if np.iscomplexobj(values) or values.dtype.kind not in "biuf":
            raise ParameterError(f"the function of a law must have real values; got {values.dtype} data")
        values = values + 0.0 * x
        bad = ~np.isfinite(values)
        if np.any(bad):
            raise ParameterError(f"the function has no finite value at x = {float(x[bad].flat[0]):.6g}")
        return values

    def exponent(self, end: float, other: float) -> Fraction | None:
        """From the values at two points next to the end."""
        near = end + (other - end) * np.array([0.0, 1e-6, 1e-4])
        first, second, third = self(near)
        with np.errstate(all="ignore"):
            found = np.log(abs(third - first) / abs(second - first)) / np.log(1e2)
        if not np.isfinite(found):
            return None
        guess = Fraction(found).limit_denominator(4)
        return guess if 0 < guess <= 4 and abs(found - guess) < 1e-2 else None

    def on(self, low: float, high: float, ramification: tuple[int, int]) -> Inverse:
        """The inverse of a Chebyshev series; raises `ParameterError` unless it is monotone, `NotCertified` unless it
        is resolved."""
        maps = edge_maps(ramification)

        def place(t: Array) -> Array:
            left = low + (high - low) * maps[0](1 + t)
            right = high - (high - low) * maps[1](1 - t)
            return np.clip(np.where(t <= 0, left, right), low, high)

        for size in _SIZES:
            t = np.cos(np.pi * (np.arange(size) + 0.5) / size)
            series = chebyshev_coefficients(self(place(t)))
            if np.max(np.abs(series[-max(4, size // 12) :])) <= _TAIL * np.max(np.abs(series)):
                break
        else:
            raise NotCertified(
                f"the function is not analytic on [{low:.6g}, {high:.6g}]: name its kinks and turning points in turns",
                interval=(low, high),
            )
        return _ByTable(series, maps, (low, high))


class _ByTable(Inverse):
    """The inverse of F(t) = f(x(t)), by bisection in a table and Newton steps."""

    def __init__(self, series: Array, maps: tuple[EdgeMap, EdgeMap], ends: tuple[float, float]) -> None:
        self._ends = ends
        self._maps = maps
        self._series, self._derivative = series, cheb.chebder(series)
        self._t = -np.cos(np.pi * np.arange(_GRID + 1) / _GRID)
        values = cheb.chebval(self._t, series)
        steps = np.diff(values)
        self._sign = 1.0 if values[-1] > values[0] else -1.0
        if np.any(self._sign * steps < -1e-13 * np.max(np.abs(values))) or values[-1] == values[0]:
            raise ParameterError(
                f"the function is not monotone between {ends[0]:.6g} and {ends[1]:.6g}: name its turning points in "
                "turns",
                interval=ends,
            )
        self._values = np.maximum.accumulate(self._sign * values)

    def __call__(self, from_low: Array, from_high: Array) -> tuple[Array, Array, Array]:
        """By the table."""
        first, last = self._values[0], self._values[-1]
        up, down = self._sign * from_low, self._sign * from_high  # of the increasing function: since low, since high
        target = np.where(np.abs(up) <= np.abs(down), first + up, last + down)
        k = np.clip(np.searchsorted(self._values, target), 1, _GRID)
        low, high = self._t[k - 1], self._t[k]
        t = (low + high) / 2
        for _ in range(60):
            residual = self._sign * cheb.chebval(t, self._series) - target
            low, high = np.where(residual < 0, t, low), np.where(residual < 0, high, t)
            with np.errstate(all="ignore"):
                step = t - residual / (self._sign * cheb.chebval(t, self._derivative))
            following = np.where((step > low) & (step < high), step, (low + high) / 2)
            settled = np.abs(following - t) <= 1e-16 * np.maximum(1 - np.abs(t), 1e-12)
            t = following
            if np.all(settled):
                break
        width = self._ends[1] - self._ends[0]
        above = width * self._maps[0](1 + t)
        below = width * self._maps[1](1 - t)
        speed = np.where(t <= 0, self._maps[0].slope(1 + t), self._maps[1].slope(1 - t))
        with np.errstate(all="ignore"):
            slope = cheb.chebval(t, self._derivative) / (width * speed)
        return above, below, slope


def lowest_root(exponent: Fraction, ramification: int) -> int:
    """n where x^(1/ramification) is a power of y^(1/n), y = x^exponent."""
    power = abs(exponent) * ramification
    return power.numerator // math.gcd(power.numerator, power.denominator)
