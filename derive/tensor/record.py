"""The data of a tensor law, and what is read off it: its moments, its resolvent trace and its blocks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Self, TypeVar

import sympy
from flint import fmpz_mpoly

from resolvent.derive.border import SERIES, bounded, checked
from resolvent.derive.derivation.step import Step
from resolvent.derive.equations.equation import M, Values, Z
from resolvent.derive.exact.copies import Memory
from resolvent.derive.exact.field import Element, Field, to_element
from resolvent.derive.exact.precision import cached_property
from resolvent.derive.exact.series import Series, cumulants_from_moments, resized, terms_of
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.arguments import check_count
from resolvent.derive.laws.record import Images, Law, Recipe, by_name, parameter_images, readable
from resolvent.derive.tensor.moments import Block, moment_series


@checked
@dataclass(frozen=True, eq=False)
class TensorRecord(Law):
    r"""The law of a direct sum of matrices H_b(lambda_1, ..., lambda_r): m(z) = sum_b w_b E (1/k_b) tr (H_b - z)^(-1).

    The attributes are explained at `resolvent.derive.tensor.tensor_law.TensorLaw`, the class with the operators.
    """

    variables: tuple[sympy.Symbol, ...]
    laws: tuple[AlgebraicLaw, ...]
    blocks: tuple[Block, ...]
    conclusion: Step
    recipe: Recipe
    text: str
    nonnegative: bool | None = None
    kind = "tensor law"
    usual_moments = 100
    most_moments = 200  # each costs a power of a matrix of polynomials
    _moments: Memory = field(default_factory=Memory, repr=False)

    __repr__ = Law.__repr__

    @cached_property
    def parameters(self) -> tuple[sympy.Symbol, ...]:
        """The free parameters, sorted by name."""
        found = {s for law in self.laws for s in law.parameters}
        found |= {s for block in self.blocks for s in (*block.matrix.symbols, *block.weight.free_symbols)}
        return tuple(sorted(found, key=lambda s: str(s.name)))

    def at(self, values: Images = None, /, **named: Any) -> Self:
        """The law with some or all parameters replaced by numbers or expressions; the construction is replayed.

        Raises `ParameterError` for a name the law does not have and for values outside a parameter's domain.
        """
        images = parameter_images(self.parameters, by_name(values, named))
        law: Self = self.recipe.replay(images) if images else self
        return law

    # -- series --------------------------------------------------------------------------------------------

    @bounded(n=SERIES)
    def moment_series(self, n: int, values: Values | None = None) -> Series:
        """M(w) = sum_{k<n} m_k w^k as an exact series, optionally at numeric parameters.

        >>> from flint import fmpq
        >>> from resolvent.derive.laws.elementary import marchenko_pastur
        >>> from resolvent.derive.tensor.tensor_law import tensor_product
        >>> c = sympy.Symbol("c", positive=True)
        >>> tensor_product(marchenko_pastur(c), marchenko_pastur(1)).moment_series(3, {"c": fmpq(1, 2)})
        1 + x + 3*x^2 + O(x^3)
        """
        key = tuple(sorted((values or {}).items()))
        known: Series = self._moments.get(key)
        if known is None or known.prec < n:
            known = moment_series(self.blocks, self.variables, self.laws, n, values or {})
            self._moments[key] = known
        return resized(known, n)

    def moments(self, n: int, *, limit: int | None = most_moments) -> list[sympy.Expr]:
        """The exact moments [m_1, ..., m_n], from those of the factors."""
        check_count(n, limit, len(self.parameters))
        return readable(terms_of(self.moment_series(n + 1), n + 1)[1:], self.parameters)

    def free_cumulants(self, n: int, *, limit: int | None = most_moments) -> list[sympy.Expr]:
        """The exact free cumulants [kappa_1, ..., kappa_n]: R(g) = sum kappa_(k+1) g^k."""
        check_count(n, limit, len(self.parameters))
        return readable(terms_of(self.cumulant_series(n + 1), n + 1)[1:], self.parameters)

    @bounded(n=SERIES)
    def cumulant_series(self, n: int) -> Series:
        """C(x) = 1 + sum_{1<=k<n} kappa_k x^k as an exact series."""
        moments = self.moment_series(n)
        return cumulants_from_moments(moments, getattr(moments, "field", Field()))

    # -- the resolvent ---------------------------------------------------------------------------------------

    def resolvent_trace(self) -> sympy.Expr:
        """T(z; lambda) with m(z) = E T(z; lambda): a rational function of z, the variables and the parameters.

        >>> from resolvent.derive.laws.elementary import semicircle
        >>> from resolvent.derive.tensor.tensor_law import classical_sum
        >>> classical_sum(semicircle(), semicircle()).resolvent_trace()
        1/(lambda_1 + lambda_2 - z)
        """
        table = {s.name: s for s in (Z, *self.variables, *self.parameters)}
        return self._trace().to_sympy(table)

    def _trace(self) -> Element:
        weights = [to_element(block.weight)[0] for block in self.blocks]
        parts = [block.matrix.resolvent_trace() * w for block, w in zip(self.blocks, weights, strict=True)]
        return sum(parts[1:], start=parts[0])

    def same_as(self, other: Any) -> bool:
        """Whether the laws have the same variables, with the same laws, and one resolvent trace, so are equal.

        False says nothing: different matrices may have one law.

        >>> from resolvent.derive.laws.elementary import semicircle
        >>> from resolvent.derive.tensor.tensor_law import tensor_law
        >>> x, y = sympy.symbols("x y")
        >>> one = tensor_law([[x, 0], [0, y]], (x, y), (semicircle(), semicircle()))
        >>> one.same_as(tensor_law([[y, 0], [0, x]], (x, y), (semicircle(), semicircle())))
        True
        """
        same = isinstance(other, TensorRecord) and (self.variables, self.laws) == (other.variables, other.laws)
        return same and self._trace() == other._trace()

    def integrand(self, convention: str = "stieltjes") -> sympy.Expr:
        """What m(z), or G(z) = -m(z), is the expectation of, for the reader: a sum over the blocks.

        >>> from resolvent.derive.laws.elementary import semicircle
        >>> from resolvent.derive.tensor.tensor_law import classical_sum
        >>> classical_sum(semicircle(), semicircle()).integrand("cauchy")
        1/(-lambda_1 - lambda_2 + z)
        """
        sign = 1 if convention == "stieltjes" else -1
        return sympy.Add(*(sympy.factor(b.weight) * _tidy(sign * _block_trace(b)) for b in self.blocks))


AnyTensorLaw = TypeVar("AnyTensorLaw", bound=TensorRecord)
"""What an operation takes and returns: a record, or the class of it that has the operators."""


def fresh_names(number: int, taken: set[str]) -> list[str]:
    """Names lambda_1, lambda_2, ... that are not taken."""
    found: list[str] = []
    k = 1
    while len(found) < number:
        if f"lambda_{k}" not in taken:
            found.append(f"lambda_{k}")
        k += 1
    return found


def claim(blocks: Sequence[Block]) -> tuple[sympy.Basic, ...]:
    """m as the expectation of the resolvent trace, block by block."""
    parts = (sympy.factor(block.weight) * _tidy(_block_trace(block)) for block in blocks)
    return (sympy.Eq(M, sympy.Function("E")(sympy.Add(*parts)), evaluate=False),)


def _block_trace(block: Block) -> sympy.Expr:
    return block.matrix.resolvent_trace().to_sympy(block.matrix.symbol_table)


def _tidy(fraction: sympy.Expr) -> sympy.Expr:
    """A rational function with its denominator in factors, and no minus sign before brackets."""
    top, bottom = sympy.fraction(sympy.factor(fraction))
    return sympy.expand(top) / bottom


def block_terms(law: TensorRecord) -> Iterator[tuple[fmpz_mpoly, sympy.Expr]]:
    """The characteristic polynomial of each block, and what each of its roots weighs: w/k."""
    for block in law.blocks:
        yield block.matrix.characteristic, block.weight / block.matrix.size
