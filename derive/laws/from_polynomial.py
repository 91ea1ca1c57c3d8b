"""From an eliminated polynomial to a law: factor, choose the physical factor, and write the last two steps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Protocol

import sympy
from flint import fmpz_mpoly

from resolvent.derive.derivation import rules
from resolvent.derive.derivation.step import Rule, Step
from resolvent.derive.equations.equation import (
    MomentSource,
    ResolventEquation,
    Values,
    physical_equation,
    probes,
    vanishes,
)
from resolvent.derive.exact.field import polynomial_to_sympy
from resolvent.derive.exact.polynomials import irreducible_factors, without_monomials
from resolvent.derive.exact.series import Series, resized
from resolvent.derive.laws.record import LawT, Recipe

_VERIFIED_TERMS = 40


class Checked(Protocol):
    """What can be checked again, such as a `resolvent.derive.exact.resultant.Resultant`."""

    def holds(self) -> bool:
        """Whether it is right."""


Formulas = Callable[[], tuple[sympy.Basic, ...]]


def conclude(
    kind: type[LawT],
    polynomial: fmpz_mpoly,
    parameters: Iterable[sympy.Symbol],
    moments: MomentSource,
    *,
    recipe: Recipe,
    uses: tuple[Step, ...],
    rule: Rule | None = None,
    text: str = "",
    explanation: str = "",
    latex: str | Callable[[], str] = "",
    nonnegative: bool | None = None,
    eliminations: Sequence[Checked] = (),
    formulas: Formulas = tuple,
    factors: Sequence[fmpz_mpoly] = (),
) -> LawT:
    """The law, of class ``kind``, whose Stieltjes transform is the branch of ``polynomial`` with the given moments.

    ``polynomial`` lies in a ring with generators z, m and the parameters, and is known to vanish on the branch;
    ``rule`` says why; it and ``text`` are those of the recipe's row in the table of operations, unless they are given.
    ``factors`` are the irreducible ones with m in them, where they are known. Steps added: the elimination, and, where
    it has more than one factor, the choice.
    """
    text = text or recipe.text
    if rule is None:
        assert recipe.operation is not None, "what is no row of the table of operations says its rule"
        rule = recipe.operation.rule
    symbols = tuple(sorted(parameters, key=lambda s: str(s.name)))
    moments = partial(_longer, moments)
    stripped = without_monomials(polynomial)
    factors = factors or irreducible_factors(stripped, "m")
    equation = physical_equation(factors, symbols, moments)

    step = Step(
        rule,
        explanation or f"the equation of {text}",
        uses=uses,
        build=partial(_eliminated, formulas, equation, tuple(factors), symbols),
        verify=partial(_reproduced, tuple(eliminations), equation, symbols, moments),
        latex=latex,
    )
    if len(factors) > 1:
        step = Step(
            rules.PHYSICAL_FACTOR,
            f"of {len(factors)} irreducible factors, the one that carries the exact moments of {text}",
            uses=(step,),
            build=equation.claim,
            verify=partial(_chosen, equation, symbols, moments, stripped),
        )
    return kind(equation, step, recipe, text, nonnegative)


# Checks and formulas are partial applications of functions of modules, so that derivations can be pickled.


def _longer(moments: MomentSource, n: int, values: Values) -> Series:
    """The same source, asked for at least four terms: series manipulations need a few to work with."""
    return resized(moments(max(n, 4), values), n)


def _eliminated(
    formulas: Formulas, equation: ResolventEquation, factors: Sequence[fmpz_mpoly], symbols: Sequence[sympy.Symbol]
) -> tuple[sympy.Basic, ...]:
    if len(factors) == 1:
        return (*formulas(), *equation.claim())
    table = {s.name: s for s in symbols}
    product = sympy.Mul(*(polynomial_to_sympy(f, table) for f in factors))
    return (*formulas(), sympy.Eq(product, 0, evaluate=False))


def _reproduced(
    eliminations: Sequence[Checked],
    equation: ResolventEquation,
    symbols: Sequence[sympy.Symbol],
    moments: MomentSource,
) -> bool:
    return all(e.holds() for e in eliminations) and agrees(equation, symbols, moments)


def _chosen(
    equation: ResolventEquation, symbols: Sequence[sympy.Symbol], moments: MomentSource, product: fmpz_mpoly
) -> bool:
    return agrees(equation, symbols, moments) and divides(equation, product)


def agrees(equation: ResolventEquation, symbols: Sequence[sympy.Symbol], moments: MomentSource) -> bool:
    """Whether the independent moments satisfy the equation, and its own Newton series gives them back.

    Both are compared to 40 terms at integer parameters in general position (exactly, without parameters).
    """
    for values in probes(symbols):
        try:
            expected = moments(_VERIFIED_TERMS, values)
            own = equation.moment_series(_VERIFIED_TERMS, values)
        except ZeroDivisionError:
            continue
        same = all(own[k] == expected[k] for k in range(_VERIFIED_TERMS))
        return same and vanishes(equation.polynomial, expected, values)
    return False


def divides(equation: ResolventEquation, polynomial: fmpz_mpoly) -> bool:
    """Whether the equation's polynomial divides another one exactly."""
    factor = equation.polynomial.project_to_context(polynomial.context())
    return bool(divmod(polynomial, factor)[1].is_zero())
