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

from derive.continuation import Sheet
from derive.errors import BranchError, NotCertified, PrecisionError
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
        map: coefficients (lowest first) of (x(t) - left)/(right - left), a polynomial in t.
    """

    left: float
    right: float
    ramification: tuple[int, int]
    poles: tuple[int, int]
    boundary: Array
    map: Array

    @property
    def width(self) -> float:
        """The length of the interval."""
        return self.right - self.left

    def position(self, x: Array) -> Array:
        """The variable t in [-1, 1] of points of the closed interval, by safeguarded Newton steps."""
        return _inverse(self.map, self.ramification, (x - self.left) / self.width, (self.right - x) / self.width)

    def pdf(self, x: Array) -> Array:
        """The density at points of the open interval (at an edge with a pole: infinity)."""
        t = self.position(x)
        with np.errstate(divide="ignore"):
            return np.maximum(cheb.chebval(t, self.boundary) / self._weight(t), 0.0)

    def cdf(self, x: Array) -> Array:
        """The mass of the interval left of x."""
        return cheb.chebval(self.position(x), self.primitive)

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
        """x(t)."""
        return self.left + self.width * _unit_map(self.map, self.ramification, t)

    def _weight(self, t: Array) -> Array:
        ka, kb = self.poles
        return (1 + t) ** ka * (1 - t) ** kb


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
                mapped = np.array([float(c) for c in unit])
                ends = float(left.place), float(right.place)
                return [Piece(*ends, ramification, (poles[0], poles[1]), coefficients[:kept], mapped)]
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
    """Where to split: below the critical point that limits convergence most, otherwise in the middle."""
    width = right - left
    inside = [c for c in nearby if left + 1e-9 * width < c.real < right - 1e-9 * width]
    if not inside:
        return left + width / 2, nearby
    worst = min(inside, key=lambda c: abs(c.imag) / math.sqrt((c.real - left) * (right - c.real)))
    return worst.real, [c for c in inside if abs(c.real - worst.real) > 1e-9 * width]


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


def _unit_map(unit: Array, ramification: tuple[int, int], t: Array) -> Array:
    return np.clip(poly.polyval(t, unit), 0.0, 1.0)


def _inverse(unit: Array, ramification: tuple[int, int], low: Array, high: Array) -> Array:
    """t with u(t) = low = 1 - high; near an end the expansion there keeps the relative accuracy."""
    a, b = ramification
    norm = _norm(ramification)
    left = 2 * np.clip(low, 0, 1) ** (1 / a)  # start: exact for a one-sided map, good enough for Newton
    right = 2 * np.clip(high, 0, 1) ** (1 / b)
    t = np.where(low < high, np.minimum(left - 1, 0.9), np.maximum(1 - right, -0.9))
    below, above = np.full_like(t, -1.0), np.full_like(t, 1.0)
    for _ in range(60):
        residual = poly.polyval(t, unit) - low
        below, above = np.where(residual <= 0, t, below), np.where(residual >= 0, t, above)
        slope = (1 + t) ** (a - 1) * (1 - t) ** (b - 1) / norm
        with np.errstate(divide="ignore", invalid="ignore"):
            step = t - residual / slope
        outside = ~((step > below) & (step < above))
        following = np.where(outside, (below + above) / 2, step)
        if np.all(np.abs(following - t) <= 4e-16):
            break
        t = following
    return t


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
