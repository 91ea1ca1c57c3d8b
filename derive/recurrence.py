"""Linear recurrences with polynomial coefficients: sum_j p_j(n) u(n+j) = 0."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from math import gcd

import sympy
from flint import fmpq, fmpz, fmpz_poly

from .errors import DerivationError, ParameterError

N = sympy.Symbol("n")
U = sympy.Function("u")


@dataclass(frozen=True)
class Recurrence:
    """sum_{j=0..r} p_j(n) u(n+j) = 0 for all n >= 0.

    Attributes:
        coefficients: p_0, ..., p_r in Z[n], without a common factor in Z.

    >>> catalan = Recurrence((fmpz_poly([-2, -4]), fmpz_poly([2, 1])))
    >>> catalan.expr
    (-4*n - 2)*u(n) + (n + 2)*u(n + 1)
    >>> [int(u) for u in catalan.terms([1], 6)]
    [1, 1, 2, 5, 14, 42]
    """

    coefficients: tuple[fmpz_poly, ...]

    @property
    def order(self) -> int:
        """r."""
        return len(self.coefficients) - 1

    @property
    def expr(self) -> sympy.Expr:
        """The left side in SymPy, in n and u(n), u(n+1), ...; equal to 0."""
        return sympy.Add(*(polynomial_expr(p, N) * U(N + j) for j, p in enumerate(self.coefficients)))

    @property
    def text(self) -> str:
        """The recurrence as plain text."""
        return f"{self.expr} = 0"

    def latex(self) -> str:
        """The recurrence in LaTeX."""
        return f"{sympy.latex(self.expr)} = 0"

    @property
    def initial_count(self) -> int:
        """How many first terms determine the rest: r, or more where p_r vanishes at an integer n >= 0."""
        roots = nonnegative_integer_roots(self.coefficients[-1])
        return self.order + (max(roots) + 1 if roots else 0)

    def terms(self, initial: Sequence[fmpq | fmpz | int], count: int) -> list[fmpq]:
        """u(0), ..., u(count-1), exact, from at least ``initial_count`` initial terms.

        Raises `ParameterError` for too few initial terms and `DerivationError` if they contradict the recurrence.
        """
        if len(initial) < min(self.initial_count, count):
            raise ParameterError(
                f"{len(initial)} initial terms; {self.initial_count} are needed because of the order {self.order} "
                "and the integer roots of the leading coefficient",
                initial=initial,
            )
        values = [fmpq(u) for u in initial]
        failure = self.first_failure(values)
        if failure is not None:
            raise DerivationError(f"the initial terms contradict the recurrence at n = {failure}", n=failure)
        r = self.order
        *lower, top = self.coefficients
        for n in range(len(values) - r, count - r):
            values.append(-sum((p(n) * values[n + j] for j, p in enumerate(lower)), fmpq(0)) / top(n))
        return values[:count]

    def first_failure(self, terms: Sequence[fmpq]) -> int | None:
        """The first n at which the given terms contradict the recurrence, None if they all agree."""
        for n in range(len(terms) - self.order):
            if sum((p(n) * terms[n + j] for j, p in enumerate(self.coefficients)), fmpq(0)) != 0:
                return n
        return None

    def from_index(self, start: int) -> Recurrence:
        """The recurrence times n (n-1) ... (n-start+1): it holds for all n >= 0 if this one holds for n >= start."""
        factor = reduce(lambda a, k: a * fmpz_poly([-k, 1]), range(start), fmpz_poly([1]))
        return Recurrence(tuple(p * factor for p in self.coefficients))


def polynomial_expr(p: fmpz_poly, x: sympy.Symbol) -> sympy.Expr:
    """A python-flint polynomial as a SymPy expression."""
    return sympy.Add(*(int(c) * x**k for k, c in enumerate(p.coeffs())))


def nonnegative_integer_roots(p: fmpz_poly) -> list[int]:
    """The distinct integer roots n >= 0."""
    if p.degree() < 1:
        return []
    return sorted(int(-f[0]) // int(f[1]) for f, _ in p.factor()[1] if _is_natural_root(f))


def _is_natural_root(f: fmpz_poly) -> bool:
    return bool(f.degree() == 1 and int(-f[0]) % int(f[1]) == 0 and int(-f[0]) // int(f[1]) >= 0)


def primitive(polynomials: Iterable[fmpz_poly], common_factor: bool = False) -> tuple[fmpz_poly, ...]:
    """Polynomials without their common integer factor (or common polynomial factor), the last led by a plus."""
    found = list(polynomials)
    while found and found[-1] == 0:
        found.pop()
    if not found:
        raise ParameterError("all coefficients are zero")
    if common_factor:
        divisor = reduce(lambda a, b: a.gcd(b), found)
    else:
        divisor = fmpz_poly([reduce(gcd, (int(c) for p in found for c in p.coeffs()), 0)])
    found = [p // divisor for p in found]
    last = found[-1]
    return tuple(-p for p in found) if last[last.degree()] < 0 else tuple(found)
