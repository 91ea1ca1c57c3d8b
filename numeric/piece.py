r"""One support interval of a spectrum: the density as a Chebyshev series in a variable that removes the edge exponents.

At an edge a where e sheets meet, Im m is analytic in (x-a)^(1/e), with at most a pole of order k < e. With x(t) a
polynomial, dx/dt ~ (1+t)^(e_a - 1) (1-t)^(e_b - 1), the function f(t) = (1+t)^(k_a) (1-t)^(k_b) rho(x(t)) is analytic
on [-1, 1], and its Chebyshev coefficients fall geometrically. (Real poles of m, atoms, have no imaginary part.)
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

import flint
import numpy as np
from flint import acb, arb
from numpy.polynomial import chebyshev as cheb
from numpy.polynomial import polynomial as poly
from numpy.typing import NDArray

from derive.errors import BranchError, NotCertified, PrecisionError
from derive.sheet import Sheet
from derive.support import Interval

Array = NDArray[Any]  # of float64; NumPy's stubs widen the results of arithmetic

_TAIL = 2e-14
_SIZES = (32, 64, 128, 256)
_DEEPEST = 14


@dataclass(frozen=True, eq=False)
class Piece:
    """The density on one support interval.

    Attributes:
        left, right: the edges, as floats.
        ramification: how many sheets meet at the left and at the right edge.
        poles: the orders k of the pole of the density in (x-a)^(1/e) at the two edges.
        boundary: Chebyshev coefficients of f(t) = (1+t)^k_a (1-t)^k_b rho(x(t)).
        from_left: coefficients (lowest first) of (x - left)/width, a polynomial in 1 + t.
        from_right: those of (right - x)/width, a polynomial in 1 - t.
    """

    left: float
    right: float
    ramification: tuple[int, int]
    poles: tuple[int, int]
    boundary: Array
    from_left: Array
    from_right: Array

    @property
    def width(self) -> float:
        """The length of the interval."""
        return self.right - self.left

    def pdf(self, x: Array) -> Array:
        """The density at points of the closed interval; infinite at an edge with a pole."""
        s, r = self.position(x)
        with np.errstate(divide="ignore"):
            return np.maximum(self._at(self.boundary, s, r) / (s ** self.poles[0] * r ** self.poles[1]), 0.0)

    def cdf(self, x: Array) -> Array:
        """The mass of the interval left of x."""
        return self._at(self.primitive, *self.position(x))

    def ppf(self, mass: Array) -> Array:
        """The point with the given mass between it and the left edge, by bisection from the nearer edge."""
        low, high = np.zeros_like(mass), np.full_like(mass, 2.0)
        from_left = mass <= self.mass / 2
        for _ in range(80):
            middle = (low + high) / 2
            s, r = np.where(from_left, middle, 2 - middle), np.where(from_left, 2 - middle, middle)
            below = self._at(self.primitive, s, r) < mass
            low, high = np.where(below == from_left, middle, low), np.where(below == from_left, high, middle)
        return np.where(
            from_left,
            self.left + self.width * poly.polyval(high, self.from_left),
            self.right - self.width * poly.polyval(high, self.from_right),
        )

    def position(self, x: Array) -> tuple[Array, Array]:
        """1 + t and 1 - t of points of the closed interval, the smaller one to full relative accuracy."""
        low, high = (x - self.left) / self.width, (self.right - x) / self.width
        near_left = low <= high
        s = _solve(self.from_left, self.ramification[0], np.where(near_left, low, 0.5))
        r = _solve(self.from_right, self.ramification[1], np.where(near_left, 0.5, high))
        return np.where(near_left, s, 2 - r), np.where(near_left, 2 - s, r)

    @staticmethod
    def _at(coefficients: Array, s: Array, r: Array) -> Array:
        return cheb.chebval(np.where(s <= r, s - 1, 1 - r), coefficients)

    @property
    def mass(self) -> float:
        """The mass of the whole interval."""
        return float(cheb.chebval(1.0, self.primitive))

    @property
    def measure(self) -> Array:
        """Chebyshev coefficients of rho(x(t)) dx/dt."""
        a, b = (e - 1 - k for e, k in zip(self.ramification, self.poles, strict=True))
        scale = self.width / _norm(self.ramification)
        factor = cheb.poly2cheb(poly.polymul(poly.polypow([1, 1], a), poly.polypow([1, -1], b)))
        return cheb.chebmul(self.boundary, factor) * scale

    @property
    def primitive(self) -> Array:
        """Chebyshev coefficients of the mass between the left edge and x(t)."""
        return cheb.chebint(self.measure, lbnd=-1)

    def quadrature(self, points: int) -> tuple[Array, Array]:
        """Nodes x and weights for integrals of smooth functions against the density (Fejer's rule in t)."""
        t, weight = _fejer(points)
        return self.at(t), weight * cheb.chebval(t, self.measure)

    def at(self, t: Array) -> Array:
        """x(t), accurate relative to the nearer edge."""
        left = self.left + self.width * poly.polyval(1 + t, self.from_left)
        return np.where(t <= 0, left, self.right - self.width * poly.polyval(1 - t, self.from_right))


@dataclass(frozen=True)
class _End:
    """An end of the stretch being resolved: the place, and the exponent of the map there."""

    place: arb
    ramification: int
    is_edge: bool = True


def resolve(sheet: Sheet, interval: Interval, nearby: Sequence[complex]) -> list[Piece]:
    """Sample the certified branch on an interval until Chebyshev series have converged to 1e-14.

    Where a critical point off the line (one of ``nearby``) comes close, the interval is split next to it; the map
    clusters nodes at the split as if three sheets met there.

    Raises `NotCertified` if that does not converge.
    """
    with flint.ctx.workprec(sheet.precision):
        base = acb(interval.sample)
        left, right = (
            _End(edge.point.ball(sheet.precision).mid(), edge.ramification) for edge in (interval.left, interval.right)
        )
        return _resolve(sheet, (base, sheet.value(base)), left, right, list(nearby), 0)


def _resolve(
    sheet: Sheet, inner: tuple[acb, acb], left: _End, right: _End, nearby: list[complex], depth: int
) -> list[Piece]:
    ramification = (left.ramification, right.ramification)
    unit = _unit_polynomial(ramification)
    orders = [range(end.ramification if end.is_edge else 1) for end in (left, right)]
    for size in _SIZES:
        t = np.cos(math.pi * (np.arange(size) + 0.5) / size)
        density = _sample(sheet, inner, left.place, right.place, unit, t)
        best = math.inf
        for poles in sorted(itertools.product(*orders), key=sum):  # the smallest that converge are right
            coefficients = _coefficients(density * (1 + t) ** poles[0] * (1 - t) ** poles[1])
            largest = float(np.max(np.abs(coefficients)))
            tail = float(np.max(np.abs(coefficients[-max(4, size // 12) :]))) / largest
            if tail <= _TAIL:
                kept = int(np.max(np.nonzero(np.abs(coefficients) > 0.02 * _TAIL * largest))) + 1
                ends = float(left.place), float(right.place)
                return [
                    Piece(*ends, ramification, (poles[0], poles[1]), coefficients[:kept], *_edge_maps(ramification))
                ]
            best = min(best, tail)
        if size >= _SIZES[1] and best > 1e-4:
            break  # far from converged: a singularity is near
    if depth >= _DEEPEST:
        raise NotCertified(
            f"the density on [{float(left.place):.6g}, {float(right.place):.6g}] is not resolved by {_SIZES[-1]} "
            "nodes; the parameters are probably close to a point where the support changes its shape",
            interval=(float(left.place), float(right.place)),
        )
    split, rest = _split(float(left.place), float(right.place), nearby)
    middle = (acb(split), sheet.value(acb(split)))
    end = _End(arb(split), 3, is_edge=False)
    return [
        *_resolve(sheet, middle, left, end, rest, depth + 1),
        *_resolve(sheet, middle, end, right, rest, depth + 1),
    ]


def _split(left: float, right: float, nearby: list[complex]) -> tuple[float, list[complex]]:
    """Where to split: below the critical point that limits convergence most, towards one that is close to an end, or
    in the middle."""
    width = right - left
    inside = [c for c in nearby if c.imag > 0 and left + 1e-9 * width < c.real < right - 1e-9 * width]
    if inside:
        worst = min(inside, key=lambda c: abs(c.imag) / math.sqrt((c.real - left) * (right - c.real)))
        return worst.real, [c for c in nearby if c.imag == 0 or abs(c.real - worst.real) > 1e-9 * width]
    grain = 1e-15 * (abs(left) + abs(right))
    before = min((left - c.real for c in nearby if left - c.real > grain), default=math.inf)
    after = min((c.real - right for c in nearby if c.real - right > grain), default=math.inf)
    near = min(before, after)
    if near > 0.05 * width:
        return left + width / 2, nearby
    step = math.sqrt(near * width)  # each side then sees its singularity at the same relative distance
    return (left + step if before <= after else right - step), nearby


def _unit_polynomial(ramification: tuple[int, int]) -> list[Fraction]:
    """u(t) with u(-1) = 0, u(1) = 1 and du/dt ~ (1+t)^(e_a - 1) (1-t)^(e_b - 1), exactly."""
    a, b = ramification
    slope = [Fraction(0)] * (a + b - 1)
    for i in range(a):
        for j in range(b):
            slope[i + j] += math.comb(a - 1, i) * math.comb(b - 1, j) * (-1) ** j
    primitive = [Fraction(0), *(c / (k + 1) for k, c in enumerate(slope))]
    low = sum(c * (-1) ** k for k, c in enumerate(primitive))
    high = sum(primitive)
    primitive[0] -= low
    return [c / (high - low) for c in primitive]


def _norm(ramification: tuple[int, int]) -> float:
    """The integral of (1+t)^(a-1) (1-t)^(b-1) over [-1, 1]."""
    a, b = ramification
    return 2.0 ** (a + b - 1) * math.factorial(a - 1) * math.factorial(b - 1) / math.factorial(a + b - 1)


def _edge_maps(ramification: tuple[int, int]) -> tuple[Array, Array]:
    """u as a polynomial in 1 + t, and 1 - u as one in 1 - t; both have positive leading behaviour s^e."""
    left = _shifted(_unit_polynomial(ramification))
    right = _shifted(_unit_polynomial((ramification[1], ramification[0])))
    return left, right


def _shifted(polynomial: list[Fraction]) -> Array:
    """The coefficients of a polynomial in t as one in s = 1 + t, exact before rounding."""
    terms = list(polynomial)
    for i in range(len(terms)):
        for k in range(len(terms) - 2, i - 1, -1):
            terms[k] -= terms[k + 1]
    return np.array([float(c) for c in terms])


def _solve(coefficients: Array, order: int, value: Array) -> Array:
    """The root s in [0, 2] of an increasing polynomial c_e s^e + ..., by safeguarded Newton steps."""
    slope_coefficients = poly.polyder(coefficients)
    value = np.clip(value, 0.0, 1.0)
    s = np.minimum((value / coefficients[order]) ** (1 / order), 1.9)
    low, high = np.zeros_like(s), np.full_like(s, 2.0)
    for _ in range(80):
        residual = poly.polyval(s, coefficients) - value
        low, high = np.where(residual <= 0, s, low), np.where(residual >= 0, s, high)
        slope = poly.polyval(s, slope_coefficients)
        with np.errstate(divide="ignore", invalid="ignore"):
            step = s - residual / slope
        following = np.where((step >= low) & (step <= high), step, (low + high) / 2)
        if np.all(np.abs(following - s) <= 4e-16 * np.abs(s)):
            break
        s = following
    return np.where(value == 0.0, 0.0, s)


def _sample(sheet: Sheet, inner: tuple[acb, acb], left: arb, right: arb, unit: list[Fraction], t: Array) -> Array:
    """The density at the nodes, walking outwards from the inner point along the interval."""
    width = right - left
    nodes = [(left + width * _horner(unit, node)).mid() for node in t]
    start = float(inner[0].real.mid())
    density = np.empty(len(nodes))
    ascending = sorted(range(len(nodes)), key=lambda k: float(nodes[k]))
    upper = [k for k in ascending if float(nodes[k]) >= start]
    lower = [k for k in reversed(ascending) if float(nodes[k]) < start]
    for run in (upper, lower):
        here, root = inner
        for k in run:
            there = acb(nodes[k])
            try:
                root = sheet.follow(here, root, there, floor=1e-3 * abs(float((there - here).real.mid())))
            except (BranchError, PrecisionError):  # another sheet comes close on the line itself: go around it
                root = sheet.value(there)
            here = there
            density[k] = float(root.imag.mid()) / math.pi
    return density


def _horner(coefficients: list[Fraction], t: float) -> arb:
    value = arb(0)
    for c in reversed(coefficients):
        value = value * arb(t) + arb(c.numerator) / c.denominator
    return value


@lru_cache(maxsize=64)
def _fejer(n: int) -> tuple[Array, Array]:
    """Fejer's first rule on [-1, 1]: Chebyshev nodes, and weights that are exact below degree n."""
    from scipy.fft import dct

    k = np.arange(n)
    integrals = np.where(k % 2 == 0, 2.0 / (1.0 - np.where(k % 2 == 0, k, 0.0) ** 2), 0.0)
    return np.cos(math.pi * (k + 0.5) / n), dct(integrals, type=3) / n


def _coefficients(values: Array) -> Array:
    """Chebyshev coefficients from values at the nodes cos(pi (k + 1/2)/n)."""
    from scipy.fft import dct

    coefficients = dct(values, type=2) / len(values)
    coefficients[0] /= 2
    return coefficients
