"""Rational functions of one variable that are finite at 0, with exact parameters: transforms and cycle weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sympy
from flint import fmpz_mpoly

from resolvent.derive.equations.equation import Values
from resolvent.derive.errors import ParameterError
from resolvent.derive.exact.field import Element, Field, check_names, coefficients_in, rational_function
from resolvent.derive.exact.polynomials import Quotient, degree, substitute
from resolvent.derive.exact.precision import order
from resolvent.derive.exact.series import Coefficient, Series, make_series
from resolvent.derive.laws.arguments import as_scalar
from resolvent.derive.laws.record import joint


@dataclass(frozen=True, eq=False)
class RationalGerm:
    """numerator/denominator in one variable and parameters, without a pole at 0.

    >>> t = sympy.Symbol("t")
    >>> RationalGerm.of(t / (1 - 2 * t), t).series(4, {})[1].coeffs()
    [0, 1, 2, 4]
    """

    numerator: fmpz_mpoly
    denominator: fmpz_mpoly
    variable: sympy.Symbol
    symbols: tuple[sympy.Symbol, ...]

    @classmethod
    def of(cls, expression: Any, variable: sympy.Symbol) -> RationalGerm:
        """Read a SymPy expression; raises `ParameterError` if it is not rational or has a pole at 0."""
        expression = as_scalar(expression)
        symbols = tuple(sorted(expression.free_symbols - {variable}, key=lambda s: str(s.name)))
        check_names(symbols)
        field = Field(tuple(sorted({*(s.name for s in symbols), variable.name})))
        element = rational_function(expression, field)
        at_zero = coefficients_in(element.denominator, variable.name, element.field.ring)[0]
        if at_zero.is_zero():
            raise ParameterError(f"{expression} has a pole at {variable} = 0; it must be analytic there",
                                 expression=expression)  # fmt: skip
        return cls(element.numerator, element.denominator, variable, symbols)

    def series(self, n: int, values: Values, others: Sequence[Element] = ()) -> tuple[Field, Series, list[Coefficient]]:
        """The Taylor series modulo the n-th power, and other scalars, over the smallest field that holds all."""
        home = Field(tuple(sorted(s.name for s in self.symbols)))
        parts = (self.numerator, self.denominator)
        rows = [[home.element(c) for c in coefficients_in(p, self.variable.name, home.ring)] for p in parts]
        cut, end = len(rows[0]), len(rows[0]) + len(rows[1])
        field, _, numbers = joint(n, values, [], [*rows[0], *rows[1], *others])
        with order(n):
            quotient = make_series(field, numbers[:cut], n) / make_series(field, numbers[cut:end], n)
        return field, quotient, numbers[end:]

    def at(self, image: Quotient) -> Quotient:
        """The function at a quotient of polynomials of another ring, as such a quotient."""
        ring = image[0].context()
        name = self.variable.name
        top, bottom = (substitute(p, ring, {name: image}) for p in (self.numerator, self.denominator))
        excess = degree(self.numerator, name) - degree(self.denominator, name)
        # substitution has multiplied each part with the image's denominator to the power of its own degree
        return top * image[1] ** max(-excess, 0), bottom * image[1] ** max(excess, 0)
