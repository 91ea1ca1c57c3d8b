"""Laws from rational R- and S-transforms."""

from __future__ import annotations

from functools import partial
from typing import Any

import sympy
from flint import fmpz_mpoly

from resolvent.derive.border import checked
from resolvent.derive.derivation import rules
from resolvent.derive.derivation.step import Step
from resolvent.derive.equations.equation import M, Values, Z
from resolvent.derive.errors import DerivationError
from resolvent.derive.exact.polynomials import generator, ring_of
from resolvent.derive.exact.precision import order
from resolvent.derive.exact.series import Series, make_series, moments_from_cumulants, terms_of
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.arguments import as_scalar
from resolvent.derive.laws.from_polynomial import conclude
from resolvent.derive.laws.irrational import exact_numbers
from resolvent.derive.laws.positivity import require_law
from resolvent.derive.laws.rational_germ import RationalGerm
from resolvent.derive.laws.record import Recipe


def law_of_r(
    expression: Any,
    variable: sympy.Symbol,
    recipe: Recipe,
    *,
    nonnegative: bool | None = None,
    types_in: bool = False,
) -> AlgebraicLaw:
    """The law with a rational R-transform: z + 1/m = R(-m), cumulants from R's Taylor series."""
    germ = RationalGerm.of(expression, variable)
    ring = ring_of(("z", "m"), germ.numerator, drop=(variable.name,))
    z, m = generator(ring, "z"), generator(ring, "m")
    top, bottom = germ.at((-m, ring.constant(1)))
    polynomial = bottom * (z * m + 1) - m * top

    return _by_transform(
        "R",
        germ,
        expression,
        polynomial,
        partial(_moments_of_r, germ),
        recipe,
        nonnegative,
        types_in,
    )


def law_of_s(
    expression: Any,
    variable: sympy.Symbol,
    recipe: Recipe,
    *,
    nonnegative: bool | None = None,
    types_in: bool = False,
) -> AlgebraicLaw:
    """The law with a rational S-transform: -m/u = S(u) at u = -(1 + z m).

    Raises `DerivationError` when S(0) = 0, which no law has.
    """
    germ = RationalGerm.of(expression, variable)
    ring = ring_of(("z", "m"), germ.numerator, drop=(variable.name,))
    z, m = generator(ring, "z"), generator(ring, "m")
    top, bottom = germ.at((-z * m - 1, ring.constant(1)))
    polynomial = m * bottom - (z * m + 1) * top

    return _by_transform(
        "S",
        germ,
        expression,
        polynomial,
        partial(_moments_of_s, germ),
        recipe,
        nonnegative,
        types_in,
    )


def _moments_of_r(germ: RationalGerm, n: int, values: Values) -> Series:
    field, r, _ = germ.series(n, values)
    with order(n):
        return moments_from_cumulants(1 + make_series(field, [0, 1], n) * r, field)


def _moments_of_s(germ: RationalGerm, n: int, values: Values) -> Series:
    field, s, _ = germ.series(n + 1, values)
    if not s[0]:
        raise DerivationError("S(0) = 0: no law has this S-transform (S(0) is one over the mean)", S=germ)
    with order(n + 1):
        u = make_series(field, [0, 1], n + 1)
        return make_series(field, terms_of(1 + (u * s / (1 + u)).reversion(), n), n)


@checked
@exact_numbers
def law_of_r_transform(expression: Any, variable: sympy.Symbol) -> AlgebraicLaw:
    """The law of a user's rational R-transform, R(g) = kappa_1 + kappa_2 g + ...

    At numeric parameters the result must be a probability measure; with free parameters that is an assumption.

    >>> g = sympy.Symbol("g")
    >>> law_of_r_transform(g / (1 - g**2), g).free_cumulants(5)
    [0, 1, 0, 1, 0]

    Raises `ParameterError` if the expression is not rational or has a pole at 0, `DerivationError` if it is no law.

    Source: Nica, Speicher 2006, Lectures on the combinatorics of free probability, lecture 12.
    """
    expression = as_scalar(expression)
    recipe = Recipe(law_of_r_transform, (expression, variable), frozenset({variable}))
    return require_law(law_of_r(expression, variable, recipe, types_in=True))


@checked
@exact_numbers
def law_of_s_transform(expression: Any, variable: sympy.Symbol) -> AlgebraicLaw:
    """The law of a user's rational S-transform.

    >>> u = sympy.Symbol("u")
    >>> law_of_s_transform(1 / (1 + u), u).moments(4)
    [1, 2, 5, 14]

    Raises `ParameterError` if the expression is not rational or has a pole at 0, `DerivationError` if it is no law.

    Source: Nica, Speicher 2006, Lectures on the combinatorics of free probability, lecture 18.
    """
    expression = as_scalar(expression)
    recipe = Recipe(law_of_s_transform, (expression, variable), frozenset({variable}))
    return require_law(law_of_s(expression, variable, recipe, types_in=True))


def _by_transform(
    name: str,
    germ: RationalGerm,
    expression: Any,
    polynomial: fmpz_mpoly,
    moments: Any,
    recipe: Recipe,
    nonnegative: bool | None,
    types_in: bool,
) -> AlgebraicLaw:
    variable, symbols = germ.variable, germ.symbols
    plain = sympy.Symbol(variable.name.rstrip("'"))
    printed = variable if plain in {sympy.Symbol(s.name) for s in symbols} else plain
    given = Step(
        rules.DEFINITION,
        f"the {name}-transform of {recipe.text}",
        kind="assumed" if types_in else "definition",
        build=partial(_defined, name, expression, variable, printed),
        types_in=types_in,
    )
    image = -M if name == "R" else -(1 + Z * M)
    target = Z + 1 / M if name == "R" else M / (1 + Z * M)

    return conclude(
        AlgebraicLaw,
        polynomial,
        symbols,
        moments,
        explanation=f"the equation of {recipe.text}, from its {name}-transform",
        uses=(given,),
        recipe=recipe,
        nonnegative=nonnegative,
        formulas=partial(_substituted, target, expression, {variable: image}),
    )


def _defined(
    name: str, expression: sympy.Expr, variable: sympy.Symbol, printed: sympy.Symbol
) -> tuple[sympy.Basic, ...]:
    return (sympy.Eq(sympy.Function(name)(printed), expression.xreplace({variable: printed}), evaluate=False),)


def _substituted(
    target: sympy.Expr, expression: sympy.Expr, images: dict[sympy.Symbol, sympy.Expr]
) -> tuple[sympy.Basic, ...]:
    return (sympy.Eq(target, expression.xreplace(images), evaluate=False),)
