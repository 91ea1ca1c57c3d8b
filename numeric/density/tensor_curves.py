r"""Densities along curves f(x; lambda_1, lambda_2) = 0 of a tensor law, with all small distances kept.

A curve is bilinear, f = a + b lambda_2 + c lambda_1 + d lambda_1 lambda_2 with polynomials a, ..., d in x. So at given
x and lambda_1 it has the one root lambda_2 = phi = -(a + c lambda_1)/(b + d lambda_1), and its part of the density is

    rho(x) = w int rho_1(lambda) rho_2(phi(x, lambda)) |d phi/dx| d lambda.

The integrand is analytic but for the breaks: ends e of the first law, preimages psi_e of ends e of the second, and the
pole of phi. Breaks meet at the singular points of rho: where f(x; e, e') = 0 for edges of the two laws, or
ad - bc = 0 (there the root x(lambda_1, lambda_2) has a saddle, or f splits). Between neighbouring breaks the double
exponential rule integrates singularities at the ends, of any exponent. Every distance that may become small
is computed from x - p, p a singular point, by polynomials whose coefficients at p are exact up to rounding:

    e - psi_e' = f(x; e, e')/D_e',    psi_e - psi_e' = (e - e') (ad - bc)/(D_e D_e'),    D_e = c + d e,

and likewise the distances of phi from the ends of the second law. So the density is accurate relatively in x - p.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from flint import arb, arb_poly, fmpz_mpoly, fmpz_poly
from numpy.typing import NDArray

from resolvent.derive.errors import DerivationError, ParameterError
from resolvent.derive.exact.algebraic_number import AlgebraicNumber, algebraic_numbers
from resolvent.derive.exact.field import coefficients_in, polynomial_ring
from resolvent.derive.exact.polynomials import generator, resultant, univariate
from resolvent.derive.exact.precision import cached_property, working_precision
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.support.support import skeleton
from resolvent.derive.tensor.atoms import Curve
from resolvent.numeric.density.chebyshev_piece import Array, Piece, resolve
from resolvent.numeric.density.double_exponential import integrals

BITS = 320
"""The precision of edges and singular points."""
_ROWS = 64

# -- the laws of the variables -------------------------------------------------------------------------------


class Factor:
    """The continuous part of the law of one variable: its pieces of density, and where they end.

    Attributes:
        pieces: in increasing order.
        ends: the ends of all pieces, increasing, each once, as balls; some only split an interval of the support.
        places: for each piece the numbers of its ends.
        edges: the edges of the support, as exact numbers.
        apart: apart[i, k] is end i minus end k.
    """

    def __init__(self, law: AlgebraicLaw) -> None:
        bones = skeleton(law.equation)
        self.pieces: list[Piece] = []
        self.ends: list[arb] = []
        self.places: list[tuple[int, int]] = []
        self.edges: list[AlgebraicNumber] = []
        for interval in bones.intervals:
            edges = (interval.left.point, interval.right.point)
            self.edges += [e for e in edges if e not in self.edges]
            low, high = (e.ball(BITS).mid() for e in edges)
            pieces = resolve(bones, interval)
            if not self.ends or self.ends[-1] != low:
                self.ends.append(low)
            for piece in pieces:
                with working_precision(BITS):
                    self.ends.append(high if piece is pieces[-1] else arb(piece.right) + arb(piece.rests[1]))
                self.pieces.append(piece)
                self.places.append((len(self.ends) - 2, len(self.ends) - 1))
        with working_precision(BITS):
            self.apart = np.array([[float(a - b) for b in self.ends] for a in self.ends])


def piece_density(piece: Piece, low: Array, high: Array) -> Array:
    """The density at the point that is ``low`` above the left end and ``high`` below the right one, relatively."""
    near_left = low <= high
    s = piece.solve(0, np.where(near_left, low / piece.width, 0.5))
    r = piece.solve(1, np.where(near_left, 0.5, high / piece.width))
    s, r = np.where(near_left, s, 2 - r), np.where(near_left, 2 - s, r)
    values = np.polynomial.chebyshev.chebval(np.where(s <= r, s - 1, 1 - r), piece.boundary)
    return np.asarray(values * s ** float(piece.orders[0]) * r ** float(piece.orders[1]))


# -- curves --------------------------------------------------------------------------------------------------


def line_or_surface(curve: Curve, factors: Mapping[int, Factor]) -> Line | Surface:
    """The numeric form of a curve in one or two variables, whose factors are given by their places.

    Raises `ParameterError` for more variables, `DerivationError` for a curve that is not linear in each.
    """
    if len(curve.variables) > 2:
        raise ParameterError(
            f"the density of a tensor law is known for one or two variables; {curve.polynomial} has "
            f"{len(curve.variables)}",
            curve=curve,
        )
    if max(curve.polynomial.degrees()[1:]) > 1:
        raise DerivationError(
            f"the curve {curve.polynomial} = 0 is not linear in each variable, as the density of a tensor law needs",
            curve=curve,
        )
    used = [factors[i] for i in curve.variables]
    return Line(curve, used[0]) if len(used) == 1 else Surface(curve, used[0], used[1])


def _univariate_coefficients(polynomial: fmpz_mpoly) -> list[fmpz_poly]:
    """The coefficients in z of 1, lambda_2, lambda_1, lambda_1 lambda_2 (of 1, lambda for one variable)."""
    names = polynomial.context().names()
    parts = [polynomial]
    for k in range(1, len(names)):
        ring = polynomial_ring((names[0], *names[k + 1 :]))
        split = [coefficients_in(p, names[k], ring) for p in parts]
        parts = [c[j] if j < len(c) else ring.constant(0) for c in split for j in (0, 1)]
    return [univariate(p, "z") for p in parts]


def _roots_at_edges(polynomial: fmpz_mpoly, factors: Sequence[Factor]) -> set[AlgebraicNumber]:
    """The real z with f(z; e_1, ...) = 0 for edges e_i, exactly: resultants give candidates, balls exclude."""
    names = polynomial.context().names()
    found: set[AlgebraicNumber] = set()
    minimal = [sorted({e.polynomial for e in factor.edges}) for factor in factors]
    eliminated = [polynomial]
    for name, choices in zip(names[1:], minimal, strict=True):
        following = []
        for part in eliminated:
            for choice in choices:
                ring = part.context()
                x = generator(ring, name)
                edge = sum((c * x**j for j, c in enumerate(choice)), start=ring.constant(0))
                following.append(resultant(part, edge, name))
        eliminated = following
    for part in eliminated:
        own = univariate(part.project_to_context(polynomial_ring(("z",))), "z")
        roots = algebraic_numbers([f for f, _ in own.factor()[1]], BITS)
        found |= {root for root in roots if _is_value(polynomial, root, factors)}
    return found


def _is_value(polynomial: fmpz_mpoly, root: AlgebraicNumber, factors: Sequence[Factor]) -> bool:
    with working_precision(BITS):
        places: list[list[arb]] = [[root.ball(BITS)]]
        for factor in factors:
            places = [[*known, e.ball(BITS)] for known in places for e in factor.edges]
        return any(_value(polynomial, place).contains(0) for place in places)


def _value(polynomial: fmpz_mpoly, place: Sequence[arb]) -> arb:
    total = arb(0)
    for exponents, coefficient in polynomial.to_dict().items():
        term = arb(coefficient)
        for x, e in zip(place, exponents, strict=True):
            term *= x**e
        total += term
    return total


def _taylor(polynomial: arb_poly, point: AlgebraicNumber) -> Array:
    """The coefficients of p(point + delta), lowest first; those whose ball holds 0 are 0."""
    moved = polynomial(arb_poly([point.ball(BITS), 1]))
    return np.array([0.0 if c.contains(0) else float(c) for c in moved.coeffs()] or [0.0])


_polyval = np.polynomial.polynomial.polyval


class Line:
    """A curve a(x) + b(x) lambda = 0 in one variable: the density is rho_1(phi) |phi'|, phi = -a/b."""

    def __init__(self, curve: Curve, factor: Factor) -> None:
        self._curve, self._factor = curve, factor
        self._weight = float(curve.weight)
        self._a, self._b = _univariate_coefficients(curve.polynomial)

    def singular_points(self) -> set[AlgebraicNumber]:
        """Where the curve passes an edge of the factor."""
        return _roots_at_edges(self._curve.polynomial, [self._factor])

    def density(self, point: AlgebraicNumber, delta: Array) -> Array:
        """The density at distances delta from a point, accurate however small they are."""
        with working_precision(BITS):
            a, b = arb_poly(self._a), arb_poly(self._b)
            below = _polyval(delta, _taylor(b, point))
            slope = _polyval(
                delta, _taylor(arb_poly(self._a.derivative() * self._b - self._a * self._b.derivative()), point)
            )
            values = [_polyval(delta, _taylor(a + b * e, point)) for e in self._factor.ends]
        total = np.zeros(delta.shape)
        for piece, (left, right) in zip(self._factor.pieces, self._factor.places, strict=True):
            low, high = -values[left] / below, values[right] / below
            inside = (low > 0) & (high > 0)
            total[inside] = piece_density(piece, low[inside], high[inside])
        return self._weight * total * np.abs(slope) / below**2


@dataclass(frozen=True)
class _Expansion:
    """What `Surface` needs at x = p + delta, as Taylor polynomials in delta; i counts ends of the first law, j those
    of the second."""

    f: list[list[Array]]  # f(x; e_i, e_j)
    D: list[Array]  # c + d e_j
    B: list[Array]  # b + d e_i
    saddle: Array  # ad - bc
    d: Array
    N: list[Array]  # A'B - AB' at e_i, with A = a + c lambda, B = b + d lambda
    M: list[Array]  # C'D - CD' at e_j, with C = a + b e
    quadratic: Array  # the coefficient of lambda^2 in A'B - AB'


class Surface:
    """A bilinear curve in two variables; see the head of this module."""

    def __init__(self, curve: Curve, first: Factor, second: Factor) -> None:
        self._curve, self._first, self._second = curve, first, second
        self._weight = float(curve.weight)
        self._coefficients = _univariate_coefficients(curve.polynomial)
        self._expansions: dict[AlgebraicNumber, _Expansion] = {}

    @cached_property
    def _saddle(self) -> fmpz_poly:
        a, b, c, d = self._coefficients
        return a * d - b * c

    def singular_points(self) -> set[AlgebraicNumber]:
        """Where the curve passes a corner of the two supports, or has its saddle between them."""
        corners = _roots_at_edges(self._curve.polynomial, [self._first, self._second])
        with working_precision(BITS):
            low, high = (end(p.ball(BITS).mid() for p in corners) for end in (min, max))
            factors = [f for f, _ in self._saddle.factor()[1]]
            return corners | {p for p in algebraic_numbers(factors, BITS) if low < p.ball(BITS).mid() < high}

    # -- the density -------------------------------------------------------------------------------------

    def density(self, point: AlgebraicNumber, delta: Array) -> Array:
        """The density at distances delta from a point, accurate however small they are."""
        if point not in self._expansions:
            with working_precision(BITS):
                self._expansions[point] = self._expanded(point)
        blocks = [delta[k : k + _ROWS] for k in range(0, len(delta), _ROWS)]
        values = [self._integrals(_Breaks.at(self, self._expansions[point], block)) for block in blocks]
        return self._weight * np.concatenate([*values, np.empty(0)])

    def _expanded(self, point: AlgebraicNumber) -> _Expansion:
        a, b, c, d = (arb_poly(p) for p in self._coefficients)
        da, db, dc, dd = (p.derivative() for p in (a, b, c, d))

        def taylor(polynomial: arb_poly) -> Array:
            return _taylor(polynomial, point)

        first = [((a + c * e, b + d * e), (da + dc * e, db + dd * e)) for e in self._first.ends]
        second = [((a + b * e, c + d * e), (da + db * e, dc + dd * e)) for e in self._second.ends]
        return _Expansion(
            f=[[taylor(a + b * v + c * u + d * (u * v)) for v in self._second.ends] for u in self._first.ends],
            D=[taylor(q) for (_, q), _ in second],
            B=[taylor(q) for (_, q), _ in first],
            saddle=taylor(arb_poly(self._saddle)),
            d=taylor(d),
            N=[taylor(dp * q - p * dq) for (p, q), (dp, dq) in first],
            M=[taylor(dp * q - p * dq) for (p, q), (dp, dq) in second],
            quadratic=taylor(dc * d - c * dd),
        )

    def _integrals(self, breaks: _Breaks) -> Array:
        total = np.zeros(breaks.rows)
        for rows, u, v in breaks.intervals():
            for one, (l1, r1) in zip(self._first.pieces, self._first.places, strict=True):
                for two, (l2, r2) in zip(self._second.pieces, self._second.places, strict=True):
                    inside = breaks.lies_in(rows, u, v, (l1, r1), (l2, r2))
                    if inside.any():
                        part = breaks.stretch(rows[inside], u[inside], v[inside], (l1, r1), (l2, r2))
                        total[rows[inside]] += part.integrals(one, two)
        return total


# -- between breaks ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Breaks:
    """The breaks at a number of x, a row for each: ends of the first law, then psi_e, then the pole of phi.

    Attributes:
        apart: apart[r, i, j] is break i minus break j, accurate relatively.
        rank: the places of the breaks in increasing order.
        F: F[r, i, j] is f(x; break i, e_j).
        B: b + d lambda at the breaks.
        N: A'B - AB' at the breaks.
        quadratic: the coefficient of lambda^2 in A'B - AB'.
    """

    apart: Array
    rank: NDArray[np.int64]
    F: Array
    B: Array
    N: Array
    quadratic: Array

    @classmethod
    def at(cls, surface: Surface, at: _Expansion, delta: Array) -> _Breaks:
        def value(coefficients: Array) -> Array:
            return np.asarray(_polyval(delta, coefficients))

        apart1, apart2 = surface._first.apart, surface._second.apart
        n1, n2 = len(apart1), len(apart2)
        D, B = [value(p) for p in at.D], [value(p) for p in at.B]
        saddle, d = value(at.saddle), value(at.d)
        f = [[value(p) for p in row] for row in at.f]
        number, pole = n1 + n2 + 1, n1 + n2
        apart = np.zeros((len(delta), number, number))
        F = np.zeros((len(delta), number, n2))
        slopes = np.zeros((len(delta), number))
        levels = np.zeros((len(delta), number))
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            for i in range(n1):
                apart[:, i, :n1] = apart1[i]
                for j in range(n2):
                    F[:, i, j] = f[i][j]
                    apart[:, i, n1 + j] = f[i][j] / D[j]
                levels[:, i], slopes[:, i] = B[i], value(at.N[i])
                apart[:, i, pole] = B[i] / d
            for j in range(n2):
                for k in range(n2):
                    gap = apart2[j, k]
                    apart[:, n1 + j, n1 + k] = gap * saddle / (D[j] * D[k])
                    F[:, n1 + j, k] = gap * saddle / D[j]
                levels[:, n1 + j] = -saddle / D[j]
                slopes[:, n1 + j] = -value(at.M[j]) * saddle / D[j] ** 2
                apart[:, n1 + j, pole] = -saddle / (d * D[j])
                F[:, pole, j] = saddle / d
            lower = np.swapaxes(apart, 1, 2)
            known = np.zeros((number, number), dtype=bool)
            known[:n1, :] = known[n1:pole, n1:] = True
            apart = np.where(known, apart, -lower)
            apart[:, pole, pole] = 0.0
        absent = np.zeros((len(delta), number), dtype=bool)
        for j in range(n2):
            absent[:, n1 + j] = D[j] == 0
        absent[:, pole] = d == 0
        apart = np.where(absent[:, :, None], np.inf, np.where(absent[:, None, :], -np.inf, apart))
        earlier = np.tril(np.ones((number, number), dtype=bool), -1)
        rank = ((apart > 0) | ((apart == 0) & earlier)).sum(axis=2)
        return cls(apart, rank, F, levels, slopes, value(at.quadratic))

    @property
    def rows(self) -> int:
        return len(self.rank)

    def intervals(self) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]]:
        """Neighbouring breaks u < v, rank by rank: rows, u and v."""
        order = np.argsort(self.rank, axis=1, kind="stable")
        everything = np.arange(self.rows)
        for q in range(order.shape[1] - 1):
            u, v = order[:, q], order[:, q + 1]
            length = self.apart[everything, v, u]
            rows = everything[(length > 0) & np.isfinite(length)]
            yield rows, u[rows], v[rows]

    def lies_in(self, rows: Any, u: Any, v: Any, first: tuple[int, int], second: tuple[int, int]) -> NDArray[np.bool_]:
        """Whether (u, v) lies in a piece of the first law, and its image under phi in one of the second."""
        rank = self.rank
        inside = (rank[rows, first[0]] <= rank[rows, u]) & (rank[rows, first[1]] >= rank[rows, v])
        with np.errstate(invalid="ignore", over="ignore"):
            middle = self.B[rows, u] + self.B[rows, v]
            low = -(self.F[rows, u, second[0]] + self.F[rows, v, second[0]]) * middle
            high = (self.F[rows, u, second[1]] + self.F[rows, v, second[1]]) * middle
        return np.asarray(inside & (low > 0) & (high > 0))

    def stretch(self, rows: Any, u: Any, v: Any, first: tuple[int, int], second: tuple[int, int]) -> _Stretch:
        """The quantities on the intervals (u, v) of these rows."""
        pairs = [(self.F[rows, u, j], self.F[rows, v, j]) for j in second]
        return _Stretch(
            length=self.apart[rows, v, u],
            before=self.apart[rows, u, first[0]],
            after=self.apart[rows, first[1], v],
            low=pairs[0],
            high=pairs[1],
            B=(self.B[rows, u], self.B[rows, v]),
            N=(self.N[rows, u], self.N[rows, v]),
            quadratic=self.quadratic[rows],
        )


Pair = tuple[Array, Array]


@dataclass(frozen=True)
class _Stretch:
    """Intervals (u, v) between breaks inside one piece of each law; a pair holds the values at u and at v.

    ``before`` and ``after`` are the distances from u and v to the ends of the first piece, ``low`` and ``high`` are f
    at the ends of the second one. Linear functions of one sign are interpolated, so nothing cancels.
    """

    length: Array
    before: Array
    after: Array
    low: Pair
    high: Pair
    B: Pair
    N: Pair
    quadratic: Array

    def integrals(self, first: Piece, second: Piece) -> Array:
        """The integrals of rho_1 rho_2(phi) |d phi/dx|, row by row."""

        def integrand(rows: NDArray[np.int64], g: Array, h: Array) -> Array:
            def linear(pair: Pair) -> Array:
                return np.asarray(pair[0][rows, None] * h + pair[1][rows, None] * g)

            length = self.length[rows, None]
            below = linear(self.B)
            slope = linear(self.N) - self.quadratic[rows, None] * length**2 * (g * h)
            one = piece_density(first, self.before[rows, None] + length * g, self.after[rows, None] + length * h)
            two = piece_density(second, -linear(self.low) / below, linear(self.high) / below)
            return np.asarray(one * two * np.abs(slope) / below**2 * length)

        return integrals(integrand, len(self.length), "the density of a tensor law so close to a singular point")
