r"""One support interval of a spectrum: the density as a Chebyshev series in a variable that removes the edge exponents.

At an edge a where e sheets meet, Im m is analytic in (x-a)^(1/e), with at most a pole there. So the density is
(x-a)^(n/e), n > -e, times a function of (x-a)^(1/e) that is analytic and does not vanish at the edge. With x(t) a
polynomial, dx/dt ~ (1+t)^(e_a - 1) (1-t)^(e_b - 1), the function f(t) = (1+t)^(-n_a) (1-t)^(-n_b) rho(x(t)) is analytic
on [-1, 1], and its Chebyshev coefficients fall geometrically. (Real poles of m, atoms, have no imaginary part.)
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import Any

import flint
import numpy as np
from flint import arb, arb_poly
from numpy.polynomial import chebyshev as cheb
from numpy.polynomial import polynomial as poly
from numpy.typing import NDArray

from resolvent.derive.continuation.followed_root import Sheet
from resolvent.derive.errors import NotCertified
from resolvent.derive.support.support import Interval
from resolvent.numeric.density.boundary_values import BoundaryValues

Array = NDArray[Any]  # of float64; NumPy's stubs widen the results of arithmetic

_TAIL = 2e-14
_SIZES = (28, 84, 252)  # Chebyshev nodes nest by tripling
_MARGINS = (1.4, 1.15)  # times the number of nodes that the tail promises: for the first size, and later
_FRESH = 0.8  # of the largest size: up to so many nodes are found anew in one step
_DEEPEST = 14
_ZERO = 1e-7  # of the largest value: f vanishes at the end


@dataclass(frozen=True, eq=False)
class Piece:
    """The density on one support interval.

    Attributes:
        left, right: the edges, rounded to floats.
        rests: what the rounding has taken from the edges: the left one is ``left + rests[0]`` to twice the precision.
        ramification: how many sheets meet at the left and at the right edge.
        orders: n_a and n_b; the density behaves like (x-a)^(n/e) at an edge.
        boundary: Chebyshev coefficients of f(t) = (1+t)^(-n_a) (1-t)^(-n_b) rho(x(t)).
        from_left: coefficients (lowest first) of (x - left)/width, a polynomial in 1 + t.
        from_right: those of (right - x)/width, a polynomial in 1 - t.
    """

    left: float
    right: float
    rests: tuple[float, float]
    ramification: tuple[int, int]
    orders: tuple[int, int]
    boundary: Array
    from_left: Array
    from_right: Array
    _rules: dict[int, tuple[Array, Array]] = field(default_factory=dict, init=False, repr=False)

    @property
    def width(self) -> float:
        """The length of the interval."""
        return (self.right - self.left) + (self.rests[1] - self.rests[0])

    @property
    def middle(self) -> float:
        """The point where the tables of the two edges meet."""
        return self.left + self.width / 2

    @property
    def exponents(self) -> tuple[Fraction, Fraction]:
        """The exponents of the density at the two edges."""
        (a, b), (e, f) = self.orders, self.ramification
        return Fraction(a, e), Fraction(b, f)

    def pdf(self, x: Array) -> Array:
        """The density at points of the closed interval; infinite at an edge with a pole."""
        s, r = self.position(x)
        a, b = self.orders
        with np.errstate(divide="ignore"):
            return np.maximum(self._at(self.boundary, s, r) * s ** float(a) * r ** float(b), 0.0)

    def cdf(self, x: Array) -> Array:
        """The mass of the interval left of x."""
        return self._at(self.primitive, *self.position(x))

    def position(self, x: Array) -> tuple[Array, Array]:
        """1 + t and 1 - t of points of the closed interval, the smaller one to full relative accuracy."""
        low, high = (x - self.left - self.rests[0]) / self.width, (self.right - x + self.rests[1]) / self.width
        near_left = low <= high
        s = self.solve(0, np.where(near_left, low, 0.5))
        r = self.solve(1, np.where(near_left, 0.5, high))
        return np.where(near_left, s, 2 - r), np.where(near_left, 2 - s, r)

    def solve(self, side: int, distance: Array) -> Array:
        """1 + t (side 0) or 1 - t (side 1) at distances from that edge, in units of the width."""
        return _solve((self.from_left, self.from_right)[side], self.ramification[side], distance)

    @staticmethod
    def _at(coefficients: Array, s: Array, r: Array) -> Array:
        return cheb.chebval(np.where(s <= r, s - 1, 1 - r), coefficients)

    @property
    def mass(self) -> float:
        """The mass of the whole interval."""
        return float(cheb.chebval(1.0, self.primitive))

    @cached_property
    def measure(self) -> Array:
        """Chebyshev coefficients of rho(x(t)) dx/dt."""
        a, b = self._powers
        factor = cheb.poly2cheb(poly.polymul(poly.polypow([1, 1], a), poly.polypow([1, -1], b)))
        return cheb.chebmul(self.boundary, factor) * self.speed

    @property
    def _powers(self) -> tuple[int, int]:
        """The powers of 1 + t and 1 - t in rho(x(t)) dx/dt."""
        (a, b), (e, f) = self.orders, self.ramification
        return a + e - 1, b + f - 1

    @cached_property
    def primitive(self) -> Array:
        """Chebyshev coefficients of the mass between the left edge and x(t)."""
        return cheb.chebint(self.measure, lbnd=-1)

    @property
    def speed(self) -> float:
        """The constant in dx/dt = speed (1+t)^(e_a - 1) (1-t)^(e_b - 1)."""
        return self.width / _norm(self.ramification)

    def quadrature(self, points: int) -> tuple[Array, Array]:
        """Nodes x and weights for integrals of smooth functions against the density (Fejer's rule in t)."""
        if points not in self._rules:
            t, weight = _fejer(points)
            a, b = self._powers
            density = cheb.chebval(t, self.boundary) * (1 + t) ** a * (1 - t) ** b * self.speed
            self._rules[points] = self.at(t), weight * density
        x, weights = self._rules[points]
        return x.copy(), weights

    def at(self, t: Array) -> Array:
        """x(t), accurate relative to the nearer edge."""
        left = self.left + (self.rests[0] + self.width * poly.polyval(1 + t, self.from_left))
        return np.where(t <= 0, left, self.right - (self.width * poly.polyval(1 - t, self.from_right) - self.rests[1]))


@dataclass(frozen=True)
class _End:
    """An end of the stretch being resolved: the place, and the exponent of the map there."""

    place: arb
    ramification: int
    is_edge: bool = True

    @property
    def rest(self) -> float:
        """What rounding takes from the place."""
        return float(self.place - float(self.place))


def resolve(sheet: Sheet, interval: Interval, nearby: Callable[[], Sequence[complex]]) -> list[Piece]:
    """Sample the certified branch on an interval until Chebyshev series have converged to 1e-14.

    Where a critical point off the line (one of ``nearby``, asked for when it is needed) comes close, the interval is
    split next to it; the map clusters nodes at the split as if three sheets met there.

    Raises `NotCertified` if that does not converge.
    """
    with flint.ctx.workprec(sheet.precision):
        left, right = (
            _End(edge.point.ball(sheet.precision).mid(), edge.ramification) for edge in (interval.left, interval.right)
        )
        return _resolve(BoundaryValues(sheet, interval.sample, (left.place, right.place)), left, right, nearby, 0)


def _resolve(
    branch: BoundaryValues, left: _End, right: _End, nearby: Callable[[], Sequence[complex]], depth: int
) -> list[Piece]:
    ramification = (left.ramification, right.ramification)
    unit = _unit_polynomial(ramification)
    orders = [range(end.ramification if end.is_edge else 1) for end in (left, right)]
    t, density = np.empty(0), np.empty(0)
    size = _SIZES[0]
    while True:
        t, density = _sampled(branch, left.place, right.place, unit, size, t, density)
        best = math.inf
        for poles in sorted(itertools.product(*orders), key=sum):  # the smallest that converge are right
            coefficients = _coefficients(density * (1 + t) ** poles[0] * (1 - t) ** poles[1])
            largest = float(np.max(np.abs(coefficients)))
            tail = float(np.max(np.abs(coefficients[-max(4, size // 12) :]))) / largest
            if tail <= _TAIL:
                return [_piece(left, right, (-poles[0], -poles[1]), t, density)]
            best = min(best, tail)
        if size == _SIZES[-1] or (size >= _SIZES[1] and best ** (_SIZES[-1] / size) > 2 * _TAIL):
            break  # the tail falls geometrically, too slowly for the last size: a singularity is near
        size = _next_size(size, best)
    if depth >= _DEEPEST:
        raise NotCertified(
            f"the density on [{float(left.place):.6g}, {float(right.place):.6g}] is not resolved by {_SIZES[-1]} "
            "nodes; the parameters are probably close to a point where the support changes its shape",
            interval=(float(left.place), float(right.place)),
        )
    split, others = _split(float(left.place), float(right.place), nearby())
    end = _End(arb(split), 3, is_edge=False)
    return [
        *_resolve(branch, left, end, lambda: others, depth + 1),
        *_resolve(branch, end, right, lambda: others, depth + 1),
    ]


def _next_size(size: int, tail: float) -> int:
    """The number of nodes to try after one that has left a tail, which falls about geometrically with the number.

    If the number is tripled, a third of the nodes is known already.
    """
    promised = size * math.log(_TAIL) / math.log(tail) if tail < 0.5 else math.inf
    enough = 4 * math.ceil(min(_MARGINS[size > _SIZES[0]] * promised, _SIZES[-1]) / 4)
    tripled = 3 * size
    if tripled in _SIZES and (1.1 * promised <= tripled or enough >= _SIZES[-1]) and tripled - size <= enough:
        return tripled
    return enough if size < enough <= _FRESH * _SIZES[-1] else _SIZES[-1]


def _piece(left: _End, right: _End, orders: tuple[int, int], t: Array, density: Array) -> Piece:
    """The piece from its converged samples: zeros of f at the edges are divided out, so that orders are exact."""
    ramification = (left.ramification, right.ramification)
    while True:
        values = density * (1 + t) ** float(-orders[0]) * (1 - t) ** float(-orders[1])
        coefficients = _coefficients(values)
        largest = float(np.max(np.abs(coefficients)))
        zeros = [
            int(end.is_edge and abs(float(cheb.chebval(side, coefficients))) <= _ZERO * largest)
            for end, side in ((left, -1), (right, 1))
        ]
        if not any(zeros):
            break
        orders = orders[0] + zeros[0], orders[1] + zeros[1]
        if max(orders) > 2 * max(ramification):
            raise NotCertified("the density vanishes to a high order at an edge", interval=(left.place, right.place))
    kept = int(np.max(np.nonzero(np.abs(coefficients) > 0.02 * _TAIL * largest))) + 1
    places, rests = (float(left.place), float(right.place)), (left.rest, right.rest)
    return Piece(*places, rests, ramification, orders, coefficients[:kept], *_edge_maps(ramification))


def _split(left: float, right: float, nearby: Sequence[complex]) -> tuple[float, Sequence[complex]]:
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


@lru_cache(maxsize=64)
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


def _sampled(
    branch: BoundaryValues, left: arb, right: arb, unit: list[Fraction], size: int, known_t: Array, known: Array
) -> tuple[Array, Array]:
    """The Chebyshev nodes of a size and the density there; both may be known for a third of the size."""
    t = np.cos(math.pi * (np.arange(size) + 0.5) / size)
    density = np.empty(size)
    fresh = np.ones(size, dtype=bool)
    if 3 * len(known) == size:
        t[1::3], density[1::3], fresh[1::3] = known_t, known, False
    width = right - left
    shares = arb_poly([arb(c.numerator) / c.denominator for c in unit])
    places = shares.evaluate([arb(node) for node in t[fresh].tolist()], "iter")
    density[fresh] = branch.density([(left + width * u).mid() for u in places])
    return t, density


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
