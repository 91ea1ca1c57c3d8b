"""Laws whose equation a user types in: the polynomial, and enough moments to tell which branch is meant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sympy

from resolvent.derive.border import checked
from resolvent.derive.derivation import rules
from resolvent.derive.derivation.step import Step
from resolvent.derive.equations.equation import M, Z, moments_given, physical_equation, spectral_ring, vanishes
from resolvent.derive.errors import DerivationError, ParameterError
from resolvent.derive.exact.field import Field, check_names, rational_function, to_element
from resolvent.derive.exact.polynomials import irreducible_factors
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.positivity import require_law
from resolvent.derive.laws.record import Recipe


@checked
def law_of_equation(polynomial: sympy.Expr | sympy.Eq, moments: Sequence[Any] = (1,)) -> AlgebraicLaw:
    """The law of a polynomial in ``rv.z`` and ``rv.m`` and the first moments m_0 = 1, m_1, ... of its branch.

    It is 0, or an equation ``sympy.Eq(left, right)``; in a text ``law_of_equation(m**2 + z*m = -1)``.
    The polynomial may be reducible: the factor that carries the moments is taken. The evidence is `assumed`.
    At numeric parameters the branch must belong to a probability measure; with free parameters that is assumed.

    >>> law_of_equation(M**2 + Z * M + 1).moments(4)
    [0, 1, 0, 2]
    >>> law_of_equation(sympy.Eq(M**2 + Z * M, -1)).moments(4)
    [0, 1, 0, 2]

    Raises `ParameterError` for what is not a polynomial, `DerivationError` if no branch has these moments, if they do
    not decide which branch is meant, or if the branch belongs to no probability measure.

    Source: N. R. Rao, A. Edelman, The polynomial method for random matrices, Found. Comput. Math. 8 (2008) 649-702.
    """
    if isinstance(polynomial, sympy.Eq):
        polynomial = polynomial.lhs - polynomial.rhs
    if not isinstance(polynomial, sympy.Expr) or not polynomial.has(M):
        text = f'; rv.parse("law_of_equation({polynomial})") reads a text' if isinstance(polynomial, str) else ""
        raise ParameterError(f"the equation must be a polynomial in rv.z and rv.m{text}", polynomial=polynomial)
    parameters = tuple(sorted(polynomial.free_symbols - {Z, M}, key=lambda s: str(s.name)))
    germ = [to_element(v) for v in moments]
    if not germ or germ[0][0] != 1:
        raise ParameterError("the first moment in the list is m_0, the total mass, and must be 1", moments=moments)
    symbols = tuple(sorted({*parameters, *(s for _, found in germ for s in found)}, key=lambda s: str(s.name)))
    check_names(symbols)
    element = rational_function(polynomial, Field(("m", *(s.name for s in parameters), "z")))
    if any(n in ("z", "m") and n not in element.denominator.unused_gens() for n in element.field.names):
        raise ParameterError("the equation must be a polynomial in rv.z and rv.m; multiply its denominator out",
                             polynomial=polynomial)  # fmt: skip
    source = moments_given([e for e, _ in germ])
    known = source(len(germ), {})
    factors = irreducible_factors(element.numerator.project_to_context(spectral_ring(symbols)), "m")
    carriers = [f for f in factors if vanishes(f, known, {})]
    if not carriers:
        raise DerivationError("no branch of the polynomial begins with these moments", moments=tuple(moments))
    if len(carriers) > 1:
        raise DerivationError(
            f"{len(carriers)} factors of the polynomial have branches that begin with these moments; give more of them",
            factors=tuple(carriers),
        )
    equation = physical_equation(carriers, symbols, source)
    recipe = Recipe(law_of_equation, (polynomial, tuple(moments)), frozenset({Z, M}))
    step = Step(
        rules.GIVEN_EQUATION,
        f"the equation of {recipe.text}",
        kind="assumed",
        build=equation.claim,
        types_in=True,
    )
    return require_law(AlgebraicLaw(equation, step, recipe, recipe.text))
