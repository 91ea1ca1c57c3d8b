r"""One support interval of a spectrum: the density as a Chebyshev series in a variable that removes the edge exponents.

At an edge a where e sheets meet, Im m is analytic in (x-a)^(1/e), with at most a pole there. So the density is
(x-a)^(n/e), n > -e, times a function of (x-a)^(1/e) that is analytic and does not vanish at the edge. With x(t) a
polynomial, dx/dt ~ (1+t)^(e_a - 1) (1-t)^(e_b - 1), the function f(t) = (1+t)^(-n_a) (1-t)^(-n_b) rho(x(t)) is analytic
on [-1, 1], and its Chebyshev coefficients fall geometrically. (Real poles of m, atoms, have no imaginary part.)
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from flint import acb, arb
from numpy.polynomial import chebyshev as cheb
from numpy.polynomial import polynomial as poly
from numpy.typing import NDArray

from resolvent.derive.continuation.followed_root import Sheet
from resolvent.derive.errors import NotCertified, PrecisionError
from resolvent.derive.exact.precision import cached_property, working_precision
from resolvent.derive.support.support import Interval, Skeleton
from resolvent.numeric.density.boundary_values import BoundaryValues
from resolvent.numeric.density.chebyshev_nodes import chebyshev_coefficients, fejer
from resolvent.numeric.density.critical_places import critical_places
from resolvent.numeric.density.edge_maps import EdgeMap, all_roots, edge_maps, norm, solve
from resolvent.numeric.density.edge_sheet import FEWEST, EdgeSheet
from resolvent.numeric.density.root_discs import Complexes

Array = NDArray[Any]  # of float64; NumPy's stubs widen the results of arithmetic
Place = tuple[float, float]  # a point as a sum of two floats, sharper than one where a support is narrow and far from 0
ZERO: Place = (0.0, 0.0)

_TAIL = 2e-14
_SIZES = (28, 84, 252)  # Chebyshev nodes nest by tripling
_MARGINS = (1.4, 1.15)  # times the number of nodes that the tail promises: for the first size, and later
_FRESH = 0.8  # of the largest size: up to so many nodes are found anew in one step
_DEEPEST = 24
_ZERO, _NOT_ZERO = 1e-10, 1e-6  # of the largest value: f vanishes at the end, or not
_HIDDEN = 4.0  # logarithm of what a singularity's share in the last coefficients may be reduced by, and still be seen
_SEEN = 1e-12  # of the largest value: how well a series has to agree next to what its nodes do not see


@dataclass(frozen=True, eq=False)
class Piece:
    """The density on one support interval.

    Attributes:
        left, right: the edges, rounded to floats.
        rests: what the rounding has taken from the edges: the left one is ``left + rests[0]`` to twice the precision.
        ramification: how many sheets meet at the left and at the right edge.
        orders: n_a and n_b; the density behaves like (x-a)^(n/e) at an edge.
        boundary: Chebyshev coefficients of f(t) = (1+t)^(-n_a) (1-t)^(-n_b) rho(x(t)).
        from_left: (x - left)/width as a function of 1 + t.
        from_right: (right - x)/width as a function of 1 - t.
        margins: how far the ends are from those of the support interval.
    """

    left: float
    right: float
    rests: tuple[float, float]
    ramification: tuple[int, int]
    orders: tuple[int, int]
    boundary: Array
    from_left: EdgeMap
    from_right: EdgeMap
    margins: tuple[float, float] = (0.0, 0.0)
    _rules: dict[int, Nodes] = field(default_factory=dict, init=False, repr=False)

    @property
    def width(self) -> float:
        """The length of the interval."""
        return (self.right - self.left) + (self.rests[1] - self.rests[0])

    @property
    def middle(self) -> float:
        """The point where the tables of the two edges meet."""
        return self.left + (self.rests[0] + self.width / 2)

    @property
    def exponents(self) -> tuple[Fraction, Fraction]:
        """The exponents of the density at the two edges."""
        (a, b), (e, f) = self.orders, self.ramification
        return Fraction(a, e), Fraction(b, f)

    def pdf(self, x: Array) -> Array:
        """The density at points of the closed interval; infinite at an edge with a pole."""
        return self.pdf_between(*self.distances(x))

    def pdf_between(self, low: Array, high: Array) -> Array:
        """The density at distances from the left and the right end, of which the smaller one counts."""
        s, r = self.position(low, high)
        a, b = self.orders
        with np.errstate(divide="ignore"):
            return np.maximum(self._at(self.boundary, s, r) * s ** float(a) * r ** float(b), 0.0)

    def cdf(self, x: Array) -> Array:
        """The mass of the interval left of x."""
        return self._at(self.primitive, *self.position(*self.distances(x)))

    def position(self, low: Array, high: Array) -> tuple[Array, Array]:
        """1 + t and 1 - t at distances from the ends, the smaller one to full relative accuracy."""
        near_left = low <= high
        s = self.solve(0, np.where(near_left, low / self.width, 0.5))
        r = self.solve(1, np.where(near_left, 0.5, high / self.width))
        return np.where(near_left, s, 2 - r), np.where(near_left, 2 - s, r)

    def solve(self, side: int, distance: Array) -> Array:
        """1 + t (side 0) or 1 - t (side 1) at distances from that edge, in units of the width."""
        return self.solve_root(side, distance ** (1 / self.ramification[side]))

    def solve_root(self, side: int, root: Array) -> Array:
        """The same at the e-th roots of distances, which themselves may be too small for floats."""
        return solve((self.from_left, self.from_right)[side], root)

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
        return self.width / norm(self.ramification)

    def distances(self, z: Array) -> tuple[Array, Array]:
        """How far points lie above the left end and below the right one."""
        return z - self.left - self.rests[0], self.right - z + self.rests[1]

    def nodes(self, points: int) -> Nodes:
        """Fejer's rule in t, for integrals of smooth functions against the density."""
        if points not in self._rules:
            s, r, weight = fejer(points)
            (a, b), (e, f) = self.orders, self.ramification
            analytic = self._at(self.boundary, s, r)
            low, high = self.width * self.from_left(s), self.width * self.from_right(r)
            with np.errstate(over="ignore"):  # next to an edge where many sheets meet
                density = analytic * s ** float(a) * r ** float(b)
            self._rules[points] = Nodes(
                np.where(s <= r, low, self.width - high),
                np.where(s <= r, self.width - low, high),
                density,
                weight * analytic * s ** float(a + e - 1) * r ** float(b + f - 1) * self.speed,
            )
        return self._rules[points]

    def quadrature(self, points: int, origin: Place = ZERO) -> tuple[Array, Array]:
        """Nodes x - origin, to the digits of the distances from the origin and the nearer edge, and their weights."""
        rule = self.nodes(points)
        return self.places(rule, origin), rule.weights

    def places(self, rule: Nodes, origin: Place = ZERO) -> Array:
        """The nodes of a rule, minus an origin."""
        near, rest = origin
        left = (self.left - near) + ((self.rests[0] - rest) + rule.low)
        right = (self.right - near) - (rule.high - (self.rests[1] - rest))
        return np.where(rule.low <= rule.high, left, right)

    def at(self, t: Array) -> Array:
        """x(t), accurate relative to the nearer edge."""
        left = self.left + (self.rests[0] + self.width * self.from_left(1 + t))
        return np.where(t <= 0, left, self.right - (self.width * self.from_right(1 - t) - self.rests[1]))


class Nodes(NamedTuple):
    """A quadrature rule on a piece: distances from both ends, densities, and weights that include the density."""

    low: Array
    high: Array
    density: Array
    weights: Array


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


@dataclass(frozen=True)
class _Stretch:
    """A part of a support interval that is being resolved.

    Attributes:
        branch: the boundary values of the interval.
        left, right: the ends.
        edges: the ends of the whole interval.
        places: critical points around the interval, in the closed upper half-plane.
        sheets: the branch next to the ends where many sheets meet.
        depth: how many times the interval has been split.
    """

    branch: BoundaryValues
    left: _End
    right: _End
    edges: tuple[arb, arb]
    places: Sequence[acb]
    sheets: tuple[EdgeSheet | None, EdgeSheet | None] = (None, None)
    depth: int = 0

    @property
    def ramification(self) -> tuple[int, int]:
        """The exponents of the map."""
        return self.left.ramification, self.right.ramification

    @cached_property
    def width(self) -> arb:
        """The length."""
        return self.right.place - self.left.place

    @cached_property
    def offsets(self) -> tuple[Complexes, Complexes]:
        """How far the critical places lie above the left end and below the right one, in units of the width."""
        width = self.width
        low = [complex((p - self.left.place) / width) for p in self.places]
        high = [complex((self.right.place - p) / width) for p in self.places]
        return np.array(low, dtype=complex), np.array(high, dtype=complex)

    def at(self, side: int, distances: Array) -> list[arb]:
        """The places whose images t have these distances from -1 (side 0) or 1 (side 1)."""
        start, width = (self.left.place, self.width) if side == 0 else (self.right.place, -self.width)
        return [x.mid() for x in edge_maps(self.ramification)[side].enclosures(distances.tolist(), start, width)]

    def density(self, places: Sequence[arb], low: Array, high: Array) -> Array:
        """The density at places whose images t have the distances ``low`` and ``high`` from -1 and 1."""
        found = np.full(len(places), np.nan)
        for side, (t, sheet) in enumerate(zip((low, high), self.sheets, strict=True)):
            if sheet is None:
                continue
            gaps = edge_maps(self.ramification)[side].enclosures(t.tolist(), 0, self.width)
            near = [k for k, gap in enumerate(gaps) if gap < sheet.reach]
            found[near] = sheet.density([gaps[k] for k in near])
        rest = np.flatnonzero(np.isnan(found))
        found[rest] = self.branch.density([places[k] for k in rest.tolist()])
        return found


def resolve(frame: Skeleton, interval: Interval) -> list[Piece]:
    """Sample the certified branch on an interval until Chebyshev series have converged to 1e-14.

    Where a critical point comes close, the interval is split next to it; the map clusters nodes at the split as if
    three sheets met there. Critical points too close to the interval to show in the coefficients are looked at: next to
    each the series has to give the values of the branch.

    Raises `NotCertified` if that does not converge.
    """
    sheet = frame.continuous
    with working_precision(sheet.precision):
        left, right = (
            _End(edge.point.ball(sheet.precision).mid(), edge.ramification) for edge in (interval.left, interval.right)
        )
        ends = left.place, right.place
        branch = BoundaryValues(sheet, interval.sample, ends)
        whole = _Stretch(branch, left, right, ends, critical_places(frame, interval))
        return _resolve(replace(whole, sheets=_edge_sheets(whole, sheet, interval)))


def _edge_sheets(stretch: _Stretch, sheet: Sheet, interval: Interval) -> tuple[EdgeSheet | None, EdgeSheet | None]:
    """The branch in the variables of those edges at rational places where many sheets meet."""
    found: list[EdgeSheet | None] = []
    for edge, direction, offsets in zip((interval.left, interval.right), (1, -1), stretch.offsets, strict=True):
        if edge.ramification < FEWEST or edge.point.rational is None:
            found.append(None)
            continue
        reach = float(stretch.width) * min(1.0, float(np.min(np.abs(offsets), initial=1.0))) / 16
        try:
            found.append(EdgeSheet(sheet, stretch.branch, edge, direction, reach))
        except PrecisionError:  # the branch itself may do
            found.append(None)
    return found[0], found[1]


def _resolve(stretch: _Stretch) -> list[Piece]:
    found = _converged(stretch)
    if found is not None:
        return [found]
    left, right = stretch.left, stretch.right
    if stretch.depth >= _DEEPEST:
        raise NotCertified(
            f"the density on [{float(left.place):.6g}, {float(right.place):.6g}] is not resolved by {_SIZES[-1]} "
            "nodes; the parameters are probably close to a point where the support changes its shape",
            interval=(float(left.place), float(right.place)),
        )
    end = _End(_split(stretch), 3, is_edge=False)
    return [
        *_resolve(replace(stretch, right=end, sheets=(stretch.sheets[0], None), depth=stretch.depth + 1)),
        *_resolve(replace(stretch, left=end, sheets=(None, stretch.sheets[1]), depth=stretch.depth + 1)),
    ]


def _converged(stretch: _Stretch) -> Piece | None:
    """The piece on the whole stretch, or None if a singularity is too near."""
    orders = [range(end.ramification if end.is_edge else 1) for end in (stretch.left, stretch.right)]
    poles = sorted(itertools.product(*orders), key=sum)  # the smallest that converge are right
    t, density = np.empty(0), np.empty(0)
    size = _SIZES[0]
    while True:
        t, density = _sampled(stretch, size, t, density)
        sizes = np.abs(chebyshev_coefficients(np.array([density * (1 + t) ** a * (1 - t) ** b for a, b in poles])))
        if not np.all(np.isfinite(sizes)):
            raise NotCertified("the density next to an edge is beyond floats; shift or scale the law")
        tails = np.max(sizes[:, -max(4, size // 12) :], axis=1) / np.max(sizes, axis=1)
        if np.any(tails <= _TAIL):
            a, b = poles[int(np.argmax(tails <= _TAIL))]
            piece = _piece(stretch, (-a, -b), t, density)
            return piece if piece is not None and _sees_everything(stretch, piece, size) else None
        best = float(np.min(tails))
        if size == _SIZES[-1] or (size >= _SIZES[1] and best ** (_SIZES[-1] / size) > 2 * _TAIL):
            return None  # the tail falls geometrically, too slowly for the last size: a singularity is near
        size = _next_size(size, best)


def _sees_everything(stretch: _Stretch, piece: Piece, size: int) -> bool:
    """Whether the series also holds next to those critical places that are too close for the nodes to show them.

    In the variable t a singularity at tau adds r q^-k to the k-th coefficient, with q the sum of the semi-axes of the
    ellipse with foci -1 and 1 through tau. If q^size is large, a short tail bounds r. If not, values tell.
    """
    s, r = _hidden(stretch, size)
    if not len(s):
        return True
    near_left = np.abs(s) <= np.abs(r)
    reach = np.where(near_left, np.abs(s), np.abs(r))
    height = np.maximum(np.abs(s.imag), np.maximum(-s.real, -r.real))
    inner = reach > 0.1
    from_left = [*np.outer(reach[near_left & ~inner], [0.25, 1, 4]).ravel()]
    from_right = [*np.outer(reach[~near_left & ~inner], [0.25, 1, 4]).ravel()]
    for place, side, high in zip(s[inner].real, near_left[inner], height[inner], strict=True):
        around = place + high * np.array([-3, -1, 0, 1, 3])
        (from_left if side else from_right).extend(around if side else 2 - around)
    for side, distances in ((0, from_left), (1, from_right)):
        d = np.unique([x for x in distances if 0 < x < 1.9])
        if not len(d):
            continue
        places = stretch.at(side, d)
        near, far = float(-piece.orders[side]), float(-piece.orders[1 - side])
        values = stretch.density(places, *((d, 2 - d) if side == 0 else (2 - d, d))) * d**near * (2 - d) ** far
        series = cheb.chebval(d - 1 if side == 0 else 1 - d, piece.boundary)
        if not np.all(np.abs(values - series) <= _SEEN * np.max(np.abs(piece.boundary))):
            return False
    return True


def _hidden(stretch: _Stretch, size: int) -> tuple[Complexes, Complexes]:
    """1 + t and 1 - t for the images t of critical places that so many nodes do not show."""
    low, high = stretch.offsets
    found = [np.empty(0, dtype=complex)], [np.empty(0, dtype=complex)]
    beyond, height = _shadow(stretch.ramification, size)
    near = (np.minimum(low.real, high.real) >= -beyond) & (np.abs(low.imag) <= height)
    near &= (low != 0) & (high != 0)  # at a split the branch is analytic, whatever other sheets do there
    if not np.any(near):
        return found[0][0], found[1][0]
    for side, chosen, value in (
        (0, near & (np.abs(low) <= np.abs(high)), low),
        (1, near & (np.abs(low) > np.abs(high)), high),
    ):
        value = value[chosen]
        if not len(value):
            continue
        e = stretch.ramification
        d = all_roots(edge_maps(e)[side], value)
        ellipse = np.abs(np.log(np.abs(d - 1 + np.sqrt(d) * np.sqrt(d - 2))))
        regular = (value.imag == 0) & (value.real > 0) & (value.real < 1)  # analytic on the interval itself,
        regular = regular & (np.abs(d.imag) <= 1e-6 * np.abs(d)) & (d.real > 0) & (d.real < 2)  # not on other sheets
        d = d[(size * ellipse < _HIDDEN) & ~regular]
        found[side].append(d)
        found[1 - side].append(2 - d)
    return np.concatenate(found[0]), np.concatenate(found[1])


@lru_cache(maxsize=256)
def _shadow(ramification: tuple[int, int], size: int) -> tuple[float, float]:
    """How far beyond [0, 1], and how high, the unit polynomial takes the ellipse in which so many nodes see nothing.

    Both are harmonic, so that their largest values over the ellipse are taken on the boundary.
    """
    angle = math.pi * np.sin(math.pi * (np.arange(256) + 0.5) / 512) ** 2  # dense at the ends
    t = np.exp(_HIDDEN / size + 1j * angle)
    u = edge_maps(ramification)[0](1 + (t + 1 / t) / 2)
    return 1.5 * float(np.max(np.maximum(-u.real, u.real - 1))), 1.1 * float(np.max(np.abs(u.imag)))


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


def _piece(stretch: _Stretch, orders: tuple[int, int], t: Array, density: Array) -> Piece | None:
    """The piece from its converged samples: zeros of f at the edges are divided out, so that orders are exact.

    None if f is too small at an edge to tell whether it vanishes: a zero would be next to it.
    """
    left, right = stretch.left, stretch.right
    while True:
        values = density * (1 + t) ** float(-orders[0]) * (1 - t) ** float(-orders[1])
        coefficients = chebyshev_coefficients(values)
        largest = float(np.max(np.abs(coefficients)))
        sizes = [
            abs(float(cheb.chebval(side, coefficients))) / largest if end.is_edge else 1.0
            for end, side in ((left, -1), (right, 1))
        ]
        if any(_ZERO < size < _NOT_ZERO for size in sizes):
            return None
        zeros = [int(size <= _ZERO) for size in sizes]
        if not any(zeros):
            break
        orders = orders[0] + zeros[0], orders[1] + zeros[1]
        if max(orders) > 2 * max(stretch.ramification):
            raise NotCertified("the density vanishes to a high order at an edge", interval=(left.place, right.place))
    kept = int(np.max(np.nonzero(np.abs(coefficients) > 0.02 * _TAIL * largest))) + 1
    return Piece(
        *(float(left.place), float(right.place)),
        (left.rest, right.rest),
        stretch.ramification,
        orders,
        coefficients[:kept],
        *edge_maps(stretch.ramification),
        (float(left.place - stretch.edges[0]), float(stretch.edges[1] - right.place)),
    )


def _split(stretch: _Stretch) -> arb:
    """Where to split: below the critical point that limits convergence most, towards one that is close to an end, or
    in the middle."""
    low, high = stretch.offsets
    inside = (low.imag > 0) & (low.real > 1e-9) & (high.real > 1e-9)
    if np.any(inside):
        steepness = np.abs(low.imag[inside]) / np.sqrt(low.real[inside] * high.real[inside])
        place = stretch.places[int(np.flatnonzero(inside)[np.argmin(steepness)])].real
    else:
        before, after = (float(np.min(np.abs(offset[offset != 0]), initial=math.inf)) for offset in (low, high))
        near = min(before, after)
        step = stretch.width * (math.sqrt(near) if near <= 0.05 else 0.5)  # each side then sees its singularity at
        place = stretch.left.place + step if before <= after else stretch.right.place - step  # the same distance
    first = float(place)
    return arb(first) + arb(float(place - first))


def _sampled(stretch: _Stretch, size: int, known_t: Array, known: Array) -> tuple[Array, Array]:
    """The Chebyshev nodes of a size and the density there; both may be known for a third of the size."""
    t = np.cos(math.pi * (np.arange(size) + 0.5) / size)
    density = np.empty(size)
    fresh = np.ones(size, dtype=bool)
    if 3 * len(known) == size:
        t[1::3], density[1::3], fresh[1::3] = known_t, known, False
    s, r = 1 + t[fresh], 1 - t[fresh]
    below = s <= r
    places = stretch.at(1, r[~below]) + stretch.at(0, s[below])  # t falls from 1 to -1
    density[fresh] = stretch.density(places, s, r)
    return t, density
