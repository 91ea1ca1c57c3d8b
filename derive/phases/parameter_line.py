"""A line in the space of parameters: what the edges and atoms of a law do as one parameter moves.

Edges and atoms of a law are real roots of D(z; p) = disc_m(P) lc_m(P). As one parameter p moves, they keep their
order and their number between neighbouring roots of the *candidates*: the discriminants in z of the factors of D, the
resultants of pairs of factors, and the leading coefficients in z. Each candidate root p_c is then confirmed or
rejected by proof: around every root z* of D(z; p_c) a circle is drawn that no root of D crosses for |p - p_c| <= h;
the roots of D inside at such a p are those that tend to z*. Which of them are edges or atoms is the same in a whole
cell between two candidates, and a certified skeleton at one rational p of the cell tells.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

import sympy
from flint import acb, acb_poly, arb, fmpq, fmpz_poly

from resolvent.derive.continuation.followed_root import keeps_apart
from resolvent.derive.equations.critical_curve import (
    at_values,
    crossing_factors,
    degenerate_factors,
    escaping_factors,
    meeting_factors,
    moving_factors,
)
from resolvent.derive.equations.equation import ResolventEquation
from resolvent.derive.errors import DerivationError, ParameterError, PrecisionError, did_you_mean
from resolvent.derive.exact.algebraic_number import AlgebraicNumber, algebraic_numbers
from resolvent.derive.exact.field import coefficients_in, polynomial_ring, to_fmpq
from resolvent.derive.exact.polynomials import degree, generator, univariate
from resolvent.derive.exact.precision import working_precision
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.support.support import Skeleton, skeleton

_BITS = 256
_LEAST = 2.0**-200


@dataclass(frozen=True)
class Mark:
    """An edge or an atom at one parameter value: "left" or "right" (end of a bulk) or "atom", and its place.

    ``ramification`` is that of the edge, and 0 for an atom.
    """

    kind: str
    point: AlgebraicNumber
    ramification: int


@dataclass(frozen=True)
class Picture:
    """What lies close to one root of D at a critical value, on both sides of it; ``place`` None: close to infinity."""

    value: AlgebraicNumber
    place: AlgebraicNumber | None
    before: tuple[Mark, ...] | None
    after: tuple[Mark, ...] | None

    @property
    def sides(self) -> tuple[tuple[Mark, ...], ...]:
        """The marks on the sides on which the law exists."""
        return tuple(side for side in (self.before, self.after) if side is not None)


@dataclass(frozen=True, eq=False)
class Line:
    """A law with one free parameter: the line in the space of parameters along which critical values are sought.

    >>> from resolvent.derive.laws.elementary import marchenko_pastur
    >>> line = Line.of(marchenko_pastur(sympy.Symbol("c", positive=True)), "c", {})
    >>> [(p.place.to_sympy(), len(p.before), len(p.after)) for v in line.values(None) for p in line.pictures(v, None)]
    [(0, 1, 2), (4, 1, 1)]
    """

    law: AlgebraicLaw
    symbol: sympy.Symbol
    others: tuple[tuple[str, fmpq], ...] = ()

    @classmethod
    def of(cls, law: AlgebraicLaw, parameter: str | sympy.Symbol, others: dict[str, Any]) -> Line:
        """The line on which all other parameters have the given values.

        Raises `ParameterError` when a value is missing, or given for the free parameter.
        """
        symbol = parameter_of(law, parameter)
        if symbol.name in others:
            raise ParameterError(f"{symbol.name} is the free parameter; give no value for it", name=symbol.name)
        values = checked_values(law, others)
        left = law.at(**values)
        missing = [s.name for s in left.equation.symbols if s.name != symbol.name]
        if missing:
            raise ParameterError(
                f"values are needed for all other parameters; missing: {', '.join(missing)}", missing=tuple(missing)
            )
        return cls(left, symbol, tuple(sorted(values.items())))

    @property
    def is_constant(self) -> bool:
        """Whether the parameter does not occur in the equation."""
        return self.law.equation.is_numeric

    def values(self, point: fmpq | None, crossings: bool = False) -> list[AlgebraicNumber]:
        """The candidate values inside the parameter's domain; with ``crossings`` only those of D(point; p) = 0."""
        if self.is_constant:
            return []
        found = _candidates(self.law.equation, self.symbol.name, point)
        if crossings:
            assert point is not None
            kept = [univariate(f, self.symbol.name) for f in crossing_factors(self.law.equation, point)]
            found = [v for v in found if any(v.is_root_of(f) for f in kept)]
        return [v for v in found if in_domain(self.symbol, v)]

    def pictures(self, value: AlgebraicNumber, point: fmpq | None) -> list[Picture]:
        """What tends to each real root of D(z; value), and to the point, from both sides of a candidate value."""
        with working_precision(_BITS):
            places = self._places(value, point)
            reach = self._reach(value, point, places)
            sides = [self._side(value, point, places, side * reach) for side in (-1, 1)]
        found = []
        for k, place in enumerate([*(place for place, _ in places), None]):
            before, after = (None if side is None else tuple(m for m, at in side if at == k) for side in sides)
            if place is not None or before or after:
                found.append(Picture(value, place, before, after))
        return found

    def _side(
        self,
        value: AlgebraicNumber,
        point: fmpq | None,
        places: Sequence[tuple[AlgebraicNumber, arb]],
        offset: arb,
    ) -> list[tuple[Mark, int]] | None:
        """The marks on one side of a value, each with the index of the place it tends to (the last for infinity).

        The skeleton is taken anywhere in the cell; its marks are found again close to the value by counting roots of D.
        """
        near = simplest_between(value.ball(_BITS) + offset / 4, value.ball(_BITS) + offset)
        if self.at(near) is None:
            return None
        far, frame = near, None
        if (middle := self._cell_sample(value, point, offset > 0)) is not None:
            far, frame = middle, self.frame(middle)
        if frame is None:
            far, frame = near, self.frame(near)
        if frame is None:
            return None
        close, away = (self._roots(x, point) for x in (near, far))
        if len(close) != len(away):
            raise PrecisionError("critical points were lost between two parameter values", values=(near, far))
        found = []
        for mark in marks_of(frame):
            if mark.point not in away:
                raise PrecisionError("an edge is no root of the discriminant's specialisation", point=float(mark.point))
            twin = close[away.index(mark.point)]
            k = next((k for k, (place, radius) in enumerate(places) if _inside(twin, place, radius)), len(places))
            found.append((mark, k))
        return found

    def at(self, value: fmpq) -> AlgebraicLaw | None:
        """The law at a rational value, or None where there is none."""
        try:
            return self.law.at(**{self.symbol.name: value})
        except (ParameterError, DerivationError):
            return None

    def frame(self, value: fmpq) -> Skeleton | None:
        """The certified skeleton at a rational value, or None where there is no law."""
        law = self.at(value)
        try:
            return None if law is None else skeleton(law.equation)
        except DerivationError:
            return None

    def _roots(self, value: fmpq, point: fmpq | None) -> list[AlgebraicNumber]:
        """The real roots of D(z; value), and the point, in increasing order, at a value that is no candidate."""
        name = self.symbol.name
        factors: list[fmpz_poly] = []
        for factor in moving_factors(self.law.equation, point):
            special = univariate(at_values(factor, {name: value}), "z")
            factors += [f for f, _ in special.factor()[1] if f.degree() > 0]
        return algebraic_numbers(factors, _BITS)

    def _cell_sample(self, value: AlgebraicNumber, point: fmpq | None, above: bool) -> fmpq | None:
        """A simple rational number between a candidate and the next one above or below it; None if it is no law's."""
        center = value.ball(_BITS)
        walls = [AlgebraicNumber((0, 1), 0), *_candidates(self.law.equation, self.symbol.name, point)]
        balls = [wall.ball(_BITS) for wall in walls if wall != value]
        beyond = [b for b in balls if (b > center if above else b < center)]
        width = min((abs(b - center) for b in beyond), key=float, default=2 + 2 * abs(center))
        step = width / 4 if above else -width / 4
        sample = simplest_between(center + step, center + 3 * step)
        return sample if self.at(sample) is not None else None

    # -- places and circles --------------------------------------------------------------------------------

    def _places(self, value: AlgebraicNumber, point: fmpq | None) -> list[tuple[AlgebraicNumber, arb]]:
        """The real roots of D(z; value), and the point, each with the radius of a circle that holds no other root.

        They are sought among the roots of a resultant; one too many would only make circles smaller.
        """
        name = self.symbol.name
        ring = self.law.equation.polynomial.context()
        inner = polynomial_ring((name,))
        p = generator(ring, name)
        modulus = sum((c * p**k for k, c in enumerate(value.polynomial)), start=ring.constant(0))
        real: list[AlgebraicNumber] = []
        roots: list[acb] = []
        for factor in moving_factors(self.law.equation, point):
            norm = univariate(factor.resultant(modulus, name) if degree(factor, name) else factor, "z")
            parts = [f for f, _ in norm.factor()[1] if f.degree() > 0]
            column = [univariate(c, name)(value.ball(_BITS)) for c in coefficients_in(factor, "z", inner)]
            here = acb_poly(column)
            for number in algebraic_numbers(parts, _BITS):
                if number not in real and here(acb(number.ball(_BITS))).contains(0):
                    real.append(number)
            for part in parts:
                others = [acb(root) for root, _ in part.complex_roots() if not root.imag.contains(0)]
                roots += [root for root in others if here(root).contains(0)]
        real.sort(key=lambda number: number.ball(_BITS).mid())
        balls = [acb(number.ball(_BITS)) for number in real]
        found = []
        for k, number in enumerate(real):
            rest = [*balls[:k], *balls[k + 1 :], *roots]
            distances = [abs(balls[k] - other).lower() for other in rest]
            radius = min([*distances, arb(3)], key=float) / 3
            if not radius > _LEAST:
                raise PrecisionError("two critical points are too close to tell apart", point=float(number))
            found.append((number, arb(radius.mid())))
        return found

    def _reach(self, value: AlgebraicNumber, point: fmpq | None, places: Sequence[tuple[AlgebraicNumber, arb]]) -> arb:
        """A distance from the value within which no circle is crossed and no other candidate lies."""
        name = self.symbol.name
        center = value.ball(_BITS)
        shift = acb_poly([acb(center), 1])
        inner = polynomial_ring((name,))
        reach = arb(1)
        for factor in moving_factors(self.law.equation, point):
            if not degree(factor, name):
                continue
            columns = coefficients_in(factor, "z", inner)
            rows = [acb_poly([acb(c) for c in univariate(column, name).coeffs()])(shift) for column in columns]
            for place, radius in places:
                reach = min(reach, keeps_apart(rows, acb(place.ball(_BITS)), radius), key=float)
        others = [v for v in _candidates(self.law.equation, name, point) if v != value]
        zero = AlgebraicNumber((0, 1), 0)
        if value != zero:
            others.append(zero)
        for other in others:
            reach = min(reach, abs(other.ball(_BITS) - center).lower(), key=float)
        if not reach > _LEAST:
            raise PrecisionError("two critical values are too close to tell apart", value=float(value))
        return arb((reach / 2).mid())


@lru_cache(maxsize=64)
def _candidates(equation: ResolventEquation, name: str, point: fmpq | None) -> list[AlgebraicNumber]:
    """All real values of the parameter at which the order of the roots of D, and of the point, may change."""
    parts = [*meeting_factors(equation), *escaping_factors(equation), *degenerate_factors(equation)]
    if point is not None:
        parts += crossing_factors(equation, point)
    factors: list[fmpz_poly] = []
    for part in parts:
        factor = univariate(part, name)
        if factor not in factors:
            factors.append(factor)
    return algebraic_numbers(factors, _BITS)


def in_domain(symbol: sympy.Symbol, value: AlgebraicNumber) -> bool:
    """Whether a value obeys the sign assumptions of a parameter."""
    ball = value.ball(_BITS)
    zero = value.polynomial == (0, 1)
    return not (
        (symbol.is_positive and not (ball > 0 and not zero))
        or (symbol.is_negative and not (ball < 0 and not zero))
        or (symbol.is_nonnegative and not (zero or ball > 0))
        or (symbol.is_nonpositive and not (zero or ball < 0))
        or (symbol.is_nonzero and zero)
    )


def marks_of(frame: Skeleton) -> list[Mark]:
    """The edges and atoms of a skeleton from left to right; where an atom sits at an edge, it comes first."""
    found = [Mark("atom", atom.point, 0) for atom in frame.atoms]
    for interval in frame.intervals:
        found.append(Mark("left", interval.left.point, interval.left.ramification))
        found.append(Mark("right", interval.right.point, interval.right.ramification))
    return sorted(found, key=lambda mark: mark.point.ball(_BITS).mid())


def closing_gaps(side: Sequence[Mark]) -> int:
    """How many gaps between bulks shrink to nothing in a picture: a right end followed by another point's left end."""
    edges = [mark for mark in side if mark.kind != "atom"]
    return sum(a.kind == "right" and b.kind == "left" and a.point != b.point for a, b in pairwise(edges))


def _inside(number: AlgebraicNumber, place: AlgebraicNumber, radius: arb) -> bool:
    distance = abs(number.ball(_BITS) - place.ball(_BITS))
    if distance < radius:
        return True
    if distance > radius:
        return False
    raise PrecisionError("two critical points could not be told apart", point=float(number))


def simplest_between(a: arb, b: arb) -> fmpq:
    """The rational number of least denominator between two numbers.

    Raises `PrecisionError` when the two cannot be told apart.

    >>> simplest_between(arb("0.3"), arb("0.34")), simplest_between(arb(-3) / 2, arb(-5) / 2)
    (1/3, -2)
    """
    lower, upper = (a, b) if a < b else (b, a)
    low, high = lower.upper(), upper.lower()
    if not low < high:
        raise PrecisionError("no rational number was found between two values", values=(float(a), float(b)))
    if low < 0 < high:
        return fmpq(0)
    if high <= 0:
        return -_simplest(_fraction(-high), _fraction(-low))
    return _simplest(_fraction(low), _fraction(high))


def _simplest(low: fmpq, high: fmpq) -> fmpq:
    """The same for 0 <= low < high, by continued fractions."""
    whole = low.floor()
    if whole + 1 < high:
        return fmpq(whole + 1)
    if low == whole:  # then the answer is whole + 1/n with the least n
        return whole + fmpq(1, (1 / (high - whole)).floor() + 1)
    if high == whole + 1:
        return whole + 1 / _simplest(fmpq(1), 1 / (low - whole))
    return whole + 1 / _simplest(1 / (high - whole), 1 / (low - whole))


def _fraction(x: arb) -> fmpq:
    mantissa, exponent = x.mid().man_exp()
    return fmpq(mantissa) * fmpq(2) ** int(exponent)


# -- checks of arguments ---------------------------------------------------------------------------------------


def rational_number(value: Any, what: str) -> fmpq:
    """A rational number; `ParameterError` for others, irrational SymPy numbers included."""
    if isinstance(value, sympy.Expr) and not isinstance(value, (sympy.Rational, sympy.Float)):
        raise ParameterError(f"{what} must be a rational number; got {value}", value=value)
    return to_fmpq(value)


def parameter_of(law: AlgebraicLaw, name: str | sympy.Symbol) -> sympy.Symbol:
    """The parameter of that name; `ParameterError`, with the closest match, if there is none."""
    wanted = str(name)
    table = {s.name: s for s in law.parameters}
    if wanted not in table:
        hint = did_you_mean(wanted, table, fold=str.lower, instead=f"; its parameters: {', '.join(table) or 'none'}")
        raise ParameterError(f"the law has no parameter {wanted!r}{hint}", name=wanted)
    return table[wanted]


def checked_values(law: AlgebraicLaw, values: dict[str, Any]) -> dict[str, fmpq]:
    """Rational values for some of a law's parameters; `ParameterError` for other names and other values."""
    for name in values:
        parameter_of(law, name)
    return {name: rational_number(value, f"the parameter {name}") for name, value in values.items()}
