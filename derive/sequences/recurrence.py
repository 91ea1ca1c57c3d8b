"""Linear recurrences with polynomial coefficients: sum_j p_j(n) u(n+j) = 0."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from math import gcd, lcm
from typing import Any

import sympy
from flint import fmpq, fmpq_poly, fmpz, fmpz_poly

from resolvent.derive.border import bounded, checked
from resolvent.derive.errors import ParameterError
from resolvent.derive.exact.field import to_fmpq
from resolvent.derive.presentation import Typeset

N = sympy.Symbol("n")


@checked
@dataclass(frozen=True)
class Recurrence(Typeset):
    """sum_{j=0..r} p_j(n) u(n+j) = 0 for all n >= 0.

    Attributes:
        coefficients: p_0, ..., p_r in Z[n], without a common factor in Z; p_0 and p_r are not zero.

    >>> catalan = Recurrence((fmpz_poly([-2, -4]), fmpz_poly([2, 1])))
    >>> catalan.text()
    '(-4*n - 2)*u(n) + (n + 2)*u(n+1) = 0'
    >>> [int(u) for u in catalan.terms([1], 6)]
    [1, 1, 2, 5, 14, 42]

    Source: Stanley, Differentiably finite power series, European J. Combin. 1 (1980) 175-188.
    """

    coefficients: tuple[fmpz_poly, ...]

    def __repr__(self) -> str:
        return f"<Recurrence: {self.text()}>"

    def __hash__(self) -> int:
        return hash(tuple(str(p) for p in self.coefficients))

    @property
    def order(self) -> int:
        """r."""
        return len(self.coefficients) - 1

    @property
    def degree(self) -> int:
        """The largest degree of a coefficient."""
        return max(int(p.degree()) for p in self.coefficients)

    @property
    def first_free(self) -> int:
        """How many terms the recurrence needs to give all others: where p_r(n) = 0 the term u(n+r) is free too."""
        factors = [f for f, _ in self.coefficients[-1].factor()[1] if f.degree() == 1 and abs(int(f[1])) == 1]
        largest = max((-int(f[0]) * int(f[1]) for f in factors), default=-1)
        return self.order + max(largest + 1, 0)

    @bounded(count=range(1_000_001))
    def terms(self, initial: Sequence[Any], count: int) -> list[fmpq]:
        """u(0), ..., u(count - 1) from the first terms, exact.

        Raises `ParameterError` if there are fewer than `first_free` initial terms.
        """
        found = [to_fmpq(u) for u in initial[:count]]
        if len(initial) < min(self.first_free, count):
            raise ParameterError(
                f"the recurrence needs {self.first_free} initial terms; got {len(initial)}", recurrence=self
            )
        r = self.order
        head, last = self.coefficients[:-1], self.coefficients[-1]
        for n in range(len(found) - r, count - r):
            total = sum((p(fmpz(n)) * u for p, u in zip(head, found[n : n + r], strict=True)), fmpq(0))
            found.append(-total / last(fmpz(n)))
        return found

    def residuals(self, terms: Sequence[Any]) -> list[fmpq]:
        """sum_j p_j(n) u(n+j) for all n that the terms reach."""
        values = [to_fmpq(u) for u in terms]
        return [
            sum((p(fmpz(n)) * values[n + j] for j, p in enumerate(self.coefficients)), fmpq(0))
            for n in range(len(values) - self.order)
        ]

    def holds_for(self, terms: Sequence[Any]) -> bool:
        """Whether all residuals vanish."""
        return not any(self.residuals(terms))

    def expressions(self) -> list[sympy.Expr]:
        """p_0, ..., p_r in SymPy's symbol n."""
        return [polynomial_expression(p, N) for p in self.coefficients]

    def text(self, name: str = "u") -> str:
        """The recurrence as text."""
        places = [f"{name}(n)" if j == 0 else f"{name}(n+{j})" for j in range(self.order + 1)]
        parts = [f"({p})*{u}" for p, u in zip(self.expressions(), places, strict=True) if p != 0]
        return " + ".join(parts) + " = 0"

    def to_sympy(self, name: str = "u") -> sympy.Expr:
        """The left-hand side with an undefined function u(n)."""
        u = sympy.Function(name)
        return sympy.Add(*(p * u(N + j) for j, p in enumerate(self.expressions())))

    def latex(self, name: str = "u") -> str:
        r"""The recurrence in LaTeX, with subscripts.

        >>> Recurrence((fmpz_poly([-2, -4]), fmpz_poly([2, 1]))).latex("m")
        '\\left(- 4 n - 2\\right) m_{n} + \\left(n + 2\\right) m_{n+1} = 0'
        """
        parts = []
        for j, p in enumerate(self.expressions()):
            if p != 0:
                place = f"{name}_{{n}}" if j == 0 else f"{name}_{{n+{j}}}"
                parts.append(rf"\left({sympy.latex(p)}\right) {place}")
        return " + ".join(parts) + " = 0"


def recurrence_of(coefficients: Sequence[fmpq_poly | fmpz_poly]) -> Recurrence:
    """The recurrence with these coefficients, cleared of denominators, common factors in Z and outer zeros.

    The leading coefficient of the last one becomes positive. If the first k vanish, n is shifted, and a factor
    n (n-1) ... (n-k+1) leaves out the values of n for which nothing was said.
    """
    rows = [fmpq_poly(p) for p in coefficients]
    while rows and rows[-1] == 0:
        rows.pop()
    lowest = next(j for j, p in enumerate(rows) if p != 0)
    if lowest:
        shift, factor = fmpq_poly([-lowest, 1]), fmpq_poly([1])
        for k in range(lowest):
            factor *= fmpq_poly([-k, 1])
        rows = [factor * p(shift) for p in rows[lowest:]]
    return Recurrence(cleared(rows))


def cleared(rows: Sequence[fmpq_poly]) -> tuple[fmpz_poly, ...]:
    """Polynomials times a common rational number, in Z[x] without a common factor in Z; the last leads positively."""
    denominator = lcm(*(int(p.denom()) for p in rows))
    whole = [(p * denominator).numer() for p in rows]
    content = reduce(gcd, (int(c) for p in whole for c in p.coeffs()), 0) or 1
    if int(whole[-1][whole[-1].degree()]) < 0:
        content = -content
    return tuple(fmpz_poly([int(c) // content for c in p.coeffs()]) for p in whole)


def polynomial_expression(polynomial: fmpz_poly, symbol: sympy.Symbol) -> sympy.Expr:
    """A polynomial as a SymPy expression."""
    return sympy.Add(*(int(c) * symbol**k for k, c in enumerate(polynomial.coeffs())))
