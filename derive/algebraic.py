"""Real algebraic numbers: an irreducible integer polynomial and the index of a real root; any precision."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import flint
import sympy
from flint import arb, fmpq, fmpz_poly

from .field import to_sympy_rational


@dataclass(frozen=True)
class AlgebraicNumber:
    """A root of an irreducible polynomial (coefficients lowest first), by its index among the real roots.

    >>> root = AlgebraicNumber((-2, 0, 1), 1)
    >>> root.to_sympy(), float(root)
    (sqrt(2), 1.4142135623730951)
    """

    polynomial: tuple[int, ...]
    index: int

    def ball(self, precision: int = 128) -> arb:
        """A ball around the number, of about the given relative precision in bits."""
        return _real_roots(self.polynomial, precision)[self.index]

    def __float__(self) -> float:
        return float(self.ball(128))

    @property
    def rational(self) -> fmpq | None:
        """The number as a fraction, if it is one."""
        return fmpq(-self.polynomial[0], self.polynomial[1]) if len(self.polynomial) == 2 else None

    def to_sympy(self) -> sympy.Expr:
        """The number as a SymPy expression: rational, a quadratic surd, or a CRootOf."""
        if self.rational is not None:
            return to_sympy_rational(self.rational)
        x = sympy.Symbol("x")
        polynomial = sympy.Poly(list(reversed(self.polynomial)), x)
        if polynomial.degree() == 2:
            return sorted(sympy.roots(polynomial), key=float)[self.index]
        return sympy.CRootOf(polynomial, self.index)

    def is_root_of(self, polynomial: fmpz_poly) -> bool:
        """Whether the number is a root of another integer polynomial."""
        return bool(divmod(polynomial, fmpz_poly(list(self.polynomial)))[1] == 0)


@lru_cache(maxsize=1024)
def _real_roots(polynomial: tuple[int, ...], precision: int) -> tuple[arb, ...]:
    with flint.ctx.workprec(precision):
        return tuple(real_roots(fmpz_poly(list(polynomial))))


def real_roots(polynomial: fmpz_poly) -> list[arb]:
    """The distinct real roots, sorted, as balls that isolate them at the current precision."""
    roots = [root for root, _ in polynomial.complex_roots()]
    real = [r if isinstance(r, arb) else r.real for r in roots if isinstance(r, arb) or r.imag.is_zero()]
    return sorted(real, key=lambda ball: ball.mid())


def algebraic_numbers(factors: Iterable[fmpz_poly], precision: int) -> list[AlgebraicNumber]:
    """All real roots of distinct irreducible polynomials, in increasing order."""
    found = []
    for factor in factors:
        coefficients = tuple(int(c) for c in factor.coeffs())
        found += [AlgebraicNumber(coefficients, k) for k in range(len(_real_roots(coefficients, precision)))]
    return sorted(found, key=lambda number: number.ball(precision).mid())
