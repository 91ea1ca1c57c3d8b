"""Critical values of a parameter: where an edge of the support reaches a point, where two bulks merge.

The polynomials are exact, each value is an algebraic number, and what happens at it is proved; see
`resolvent.derive.phases.parameter_line` for how.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sympy
from flint import fmpz_poly

from resolvent.derive.border import checked
from resolvent.derive.equations.critical_curve import crossing_factors, never_zero
from resolvent.derive.exact.algebraic_number import AlgebraicNumber
from resolvent.derive.exact.field import polynomial_to_sympy, to_fmpq
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.phases.parameter_line import Line, Picture, checked_values, closing_gaps, rational_number
from resolvent.derive.presentation import Tabled


@dataclass(frozen=True)
class CriticalValue(Tabled):
    """A value of one parameter at which edges (or atoms) of a law meet at a place, or reach it.

    Attributes:
        parameter: the parameter's name.
        value: its critical value, exact.
        place: where on the spectral axis, exact; None at infinity.
        before: what tends to the place as the parameter grows towards the value, from left to right: "left" and "right"
            ends of bulks, and "atom". None where the law does not exist on that side.
        after: the same as the parameter falls towards the value.
        conditions: the irreducible polynomials in the parameters that vanish here.

    >>> from resolvent.derive.laws.elementary import atoms
    >>> c = sympy.Symbol("c", positive=True)
    >>> (found,) = merging_values(atoms([1, 4]).wishart(c), "c")
    >>> found.before, found.after
    (('right', 'left'), ())
    >>> found.digits(20)
    '0.41276509136906170242'
    """

    parameter: str
    value: AlgebraicNumber
    place: AlgebraicNumber | None
    before: tuple[str, ...] | None
    after: tuple[str, ...] | None
    conditions: tuple[sympy.Expr, ...]

    def __repr__(self) -> str:
        place = "infinity" if self.place is None else self.place.digits(12)
        return f"<CriticalValue {self.parameter} = {self.digits(12)}, at x = {place}>"

    def __float__(self) -> float:
        return float(self.value)

    def digits(self, n: int) -> str:
        """The value to n significant digits, the last one rounded."""
        return self.value.digits(n)


@checked
def critical_values(
    law: AlgebraicLaw, parameter: str | sympy.Symbol, point: Any = 0, **others: Any
) -> tuple[CriticalValue, ...]:
    """All values of one parameter at which an edge of the support reaches a point, in increasing order.

    Args:
        law: a law with this parameter.
        parameter: its name, or its symbol.
        point: a rational number on the spectral axis.
        others: rational values of all other parameters.

    Each value is an exact algebraic number, and proved. An edge that stays at the point is no event, but another one
    that comes to it is; it need not cross the point. Where nothing happens the answer is the empty tuple.

    >>> from resolvent.derive.laws.elementary import marchenko_pastur
    >>> c = sympy.Symbol("c", positive=True)
    >>> [(v.value.to_sympy(), v.before, v.after) for v in critical_values(marchenko_pastur(c), "c")]
    [(1, ('left',), ('atom', 'left'))]
    >>> [v.value.to_sympy() for v in critical_values(marchenko_pastur(c), "c", point=4)]
    [1, 9]

    Raises `ParameterError` for unknown or missing parameters, and for values that are not rational numbers.

    Source: Basu, Pollack, Roy 2006, Algorithms in real algebraic geometry, chapter 4, for discriminants.
    """
    line = Line.of(law, parameter, others)
    place = rational_number(point, "the point")
    found = []
    for value in line.values(place, crossings=True):
        for picture in line.pictures(value, place):
            if picture.place is not None and picture.place.rational == place and _arrives(picture):
                found.append(_reported(line, picture, critical_polynomials(law, place)))
    return tuple(found)


@checked
def merging_values(law: AlgebraicLaw, parameter: str | sympy.Symbol, **others: Any) -> tuple[CriticalValue, ...]:
    """All values of one parameter at which a gap between two bulks closes or opens, in increasing order.

    Two bulks that touch at one value only, and are apart on both sides of it, count as well. The arguments are those of
    `critical_values`, and so are the errors.

    >>> from resolvent.derive.laws.elementary import atoms, semicircle
    >>> t = sympy.Symbol("t", positive=True)
    >>> [(v.value.to_sympy(), v.place.to_sympy()) for v in merging_values(semicircle(t) + atoms([-1, 1]), "t")]
    [(1, 0)]

    Source: Basu, Pollack, Roy 2006, Algorithms in real algebraic geometry, chapter 4, for discriminants.
    """
    line = Line.of(law, parameter, others)
    found = []
    for value in line.values(None, crossings=False):
        for picture in line.pictures(value, None):
            if picture.place is not None and any(closing_gaps(side) for side in picture.sides):
                found.append(_reported(line, picture, ()))
    return tuple(found)


@checked
def critical_polynomials(law: AlgebraicLaw, point: Any = 0, **values: Any) -> tuple[sympy.Expr, ...]:
    """The irreducible polynomials in the parameters one of which vanishes wherever an edge reaches a point.

    They are the factors of D(point; parameters), candidates only; those that the parameters' domains (positivity, say)
    keep from vanishing are left out. ``values`` replaces some of the parameters first.

    >>> from resolvent.derive.laws.elementary import marchenko_pastur
    >>> c = sympy.Symbol("c", positive=True)
    >>> critical_polynomials(marchenko_pastur(c)), critical_polynomials(marchenko_pastur(c), 4)
    ((c - 1,), (c - 9, c - 1))

    Source: Basu, Pollack, Roy 2006, Algorithms in real algebraic geometry, chapter 4, for discriminants.
    """
    equation = law.at(**checked_values(law, values)).equation
    place = rational_number(point, "the point")
    found = crossing_factors(equation, place)
    shown = [polynomial_to_sympy(f, equation.symbol_table) for f in found]
    return tuple(sorted((e for e in shown if not never_zero(e)), key=sympy.default_sort_key))


def _reported(line: Line, picture: Picture, conditions: Sequence[sympy.Expr]) -> CriticalValue:
    """A picture as a result; of the conditions those that vanish at it, or the value's minimal polynomial."""
    values = {name: sympy.Rational(int(v.p), int(v.q)) for name, v in line.others}
    holding = []
    for condition in conditions:
        here = condition.subs({s: values[s.name] for s in condition.free_symbols if s.name in values})
        coefficients = [to_fmpq(c) for c in reversed(sympy.Poly(here, line.symbol).all_coeffs())]
        common = sympy.ilcm(1, *(int(c.q) for c in coefficients))
        if picture.value.is_root_of(fmpz_poly([int(c.p) * int(common) // int(c.q) for c in coefficients])):
            holding.append(condition)
    if not holding:
        terms = (c * line.symbol**k for k, c in enumerate(picture.value.polynomial))
        holding = [sympy.Add(*terms)]
    before, after = (
        None if side is None else tuple(mark.kind for mark in side) for side in (picture.before, picture.after)
    )
    return CriticalValue(line.symbol.name, picture.value, picture.place, before, after, tuple(holding))


def _arrives(picture: Picture) -> bool:
    """Whether an edge comes from elsewhere, or one that was at the place is gone."""
    assert picture.place is not None
    edges = [{(m.kind, m.point) for m in side if m.kind != "atom"} for side in picture.sides]
    moved = any(point != picture.place for side in edges for _, point in side)
    return moved or (len(edges) == 2 and edges[0] != edges[1])
