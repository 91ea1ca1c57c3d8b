"""The same law by free operations, where an expression is put together from free pieces; used only once it is proved.

An expression is read as sums of terms without a common letter (free sums), products f g f^T (free products of g and
f^T f, with zeros for the difference of the sizes), inverses, powers and blocks. The reading takes for granted that such
pieces are free; whether they are is decided afterwards: its equation and branch are those of the law that was derived
from the pencil, or it is dropped. What operations have rules for, such as atoms, then holds for that law.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

import sympy

from resolvent.derive.errors import ResolventError
from resolvent.derive.expressions.expression import MatrixExpression, Shape
from resolvent.derive.expressions.letter import SymbolicSize
from resolvent.derive.laws.affine import inverse, scale, shift
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.convolution import free_product, free_sum
from resolvent.derive.laws.elementary import atoms, marchenko_pastur, semicircle
from resolvent.derive.laws.matrix_functions import companion, direct_sum, power, symmetric_root
from resolvent.derive.laws.record import AlgebraicRecord, Recipe


class _NotCovered(Exception):
    """The expression is not put together from free pieces."""


def recipe_by_operations(
    model: MatrixExpression, sizes: Mapping[SymbolicSize, sympy.Expr], law: AlgebraicRecord
) -> Recipe | None:
    """How free operations make the law of an expression; None where no reading of it is proved to give that law.

    ``sizes`` has the limits of all sizes over one of them.

    >>> from resolvent.derive.expressions.letters import dimension, gaussian, wigner
    >>> p, n = dimension("p"), dimension("n")
    >>> X, S = gaussian("X", p, n), wigner("S", p)
    >>> law = marchenko_pastur("1/2") + semicircle()
    >>> recipe_by_operations(X @ X.T / n + S, {p: sympy.Integer(1), n: sympy.Integer(2)}, law).text
    '(1/2)*(2*marchenko_pastur(1/2)) + semicircle(1)'
    >>> recipe_by_operations(X @ X.T / n + S, {p: sympy.Integer(1), n: sympy.Integer(3)}, law) is None
    True
    """
    try:
        found = _Reading(sizes).law(model)
    except (_NotCovered, ResolventError):
        return None
    return found.recipe if found == law else None


@dataclass(frozen=True)
class _Reading:
    sizes: Mapping[SymbolicSize, sympy.Expr]

    def number(self, scalar: sympy.Expr) -> sympy.Expr:
        """A scalar with the sizes in units of their reference, on which an expression with a limit does not depend."""
        return sympy.cancel(scalar.subs(dict(self.sizes)))

    def size(self, shape: Shape) -> sympy.Expr:
        return sum((self.sizes[d] for d in shape), sympy.S.Zero)

    def law(self, of: MatrixExpression) -> AlgebraicLaw:
        """The law of a symmetric expression."""
        match of.head:
            case "identity":
                return atoms([1])
            case "letter" if of.letter is not None and of.letter.kind == "wigner":
                return semicircle(self.number(of.letter.variance))
            case "letter" if of.letter is not None and of.letter.law is not None:
                return of.letter.law
            case "scale":
                return self._scaled(of.parts[0], of.scalar)
            case "inverse":
                return inverse(self.law(of.parts[0]))
            case "sum":
                return self._sum(_terms(of))
            case "product":
                scalar, factors = _factored(of)
                return scale(self._product(factors), self.number(scalar))
            case "block":
                return self._block(of, sympy.S.One)
        raise _NotCovered

    def _scaled(self, of: MatrixExpression, scalar: sympy.Expr) -> AlgebraicLaw:
        """The law of a multiple; a square root in it leaves where the law is symmetric."""
        if of.letter is not None and of.letter.kind == "wigner":
            return semicircle(self.number(of.letter.variance * scalar**2))
        if of.head == "block":
            return self._block(of, scalar)
        return scale(self.law(of), self.number(scalar)) if scalar else atoms([0])

    def _sum(self, terms: Sequence[MatrixExpression]) -> AlgebraicLaw:
        numbers = [t for t in terms if not _letters(t)]
        rest = [t for t in terms if _letters(t)]
        _require_no_common_letter(rest)
        total: AlgebraicLaw = reduce(free_sum, map(self.law, rest))
        for term in numbers:
            total = shift(total, self.number(term.scalar))
        return total

    def _product(self, factors: Sequence[MatrixExpression]) -> AlgebraicLaw:
        first, *inner, last = factors
        if all(str(f) == str(first) for f in factors) and str(first.H) == str(first):
            return power(self.law(first), len(factors))
        if str(first.H) != str(last):
            raise _NotCovered
        if not inner:
            return self._square(first)
        middle = reduce(MatrixExpression.__matmul__, inner)
        if first.letter is not None and first.letter.kind == "haar":
            return self.law(middle)
        _require_no_common_letter([middle, first])
        return self._with_zeros(free_product(self.law(middle), self._product([last, first])), first.H)

    def _square(self, of: MatrixExpression) -> AlgebraicLaw:
        """The law of A A^T."""
        bare = of.parts[0] if of.head == "transpose" else of
        if bare.letter is not None and bare.letter.kind == "gaussian":
            rows, columns = self.size(of.rows), self.size(of.columns)
            return scale(marchenko_pastur(sympy.cancel(rows / columns)), self.number(bare.letter.variance) * columns)
        if bare.head == "block" and len(of.rows) == 1:
            blocks = bare.parts if bare is of else tuple(part.H for part in bare.parts)
            _require_no_common_letter(blocks)
            return reduce(free_sum, [self.law(b @ b.H) for b in blocks])
        if bare.head == "block" and len(of.columns) == 1:
            return self._with_zeros(self._square(of.H), of.H)
        raise _NotCovered

    def _with_zeros(self, law: AlgebraicLaw, of: MatrixExpression) -> AlgebraicLaw:
        """The law of A^T A from that of A A^T."""
        ratio = sympy.cancel(self.size(of.rows) / self.size(of.columns))
        return law if ratio == 1 else companion(law, ratio)

    def _block(self, of: MatrixExpression, scalar: sympy.Expr) -> AlgebraicLaw:
        """A multiple of (A 0, 0 B), with A and B on their own, or of (0 B, B^T 0)."""
        if len(of.parts) != 4:
            raise _NotCovered
        a, b, c, d = of.parts
        share = sympy.cancel(self.size(a.rows) / self.size(of.rows))
        if b.head == c.head == "zero":
            return direct_sum(self.law(a * scalar), self.law(d * scalar), share)
        if a.head == d.head == "zero" and str(b.H) == str(c):
            above = symmetric_root(self.law(b @ c * scalar**2))
            return above if 2 * share == 1 else direct_sum(above, symmetric_root(self.law(c @ b * scalar**2)), share)
        raise _NotCovered


def _terms(of: MatrixExpression) -> list[MatrixExpression]:
    return [t for part in of.parts for t in _terms(part)] if of.head == "sum" else [of]


def _factored(of: MatrixExpression) -> tuple[sympy.Expr, list[MatrixExpression]]:
    """The numbers in front of a product, and its factors from left to right, none of them a product."""
    if of.head == "scale":
        scalar, factors = _factored(of.parts[0])
        return of.scalar * scalar, factors
    if of.head == "product":
        (first, left), (second, right) = map(_factored, of.parts)
        return first * second, [*left, *right]
    if of.head == "transpose" and of.parts[0].head in ("product", "scale"):
        scalar, factors = _factored(of.parts[0])
        return scalar, [f.H for f in reversed(factors)]
    return sympy.S.One, [of]


def _letters(of: MatrixExpression) -> set[str]:
    """The letters, those that commute under one name."""
    return {letter.group or name for name, letter in of.letters().items()}


def _require_no_common_letter(parts: Sequence[MatrixExpression]) -> None:
    found = [_letters(part) for part in parts]
    if len(set().union(*found)) != sum(map(len, found)):
        raise _NotCovered
