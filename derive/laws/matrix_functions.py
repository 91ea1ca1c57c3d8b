"""Laws of functions of a matrix and of block matrices: powers, symmetric roots, companions, direct sums."""

from __future__ import annotations

from functools import partial
from typing import Any

import sympy

from resolvent.derive.border import checked
from resolvent.derive.derivation import rules
from resolvent.derive.derivation.step import Step
from resolvent.derive.equations.equation import Values
from resolvent.derive.errors import DerivationError, ParameterError
from resolvent.derive.exact.field import Element, to_element
from resolvent.derive.exact.polynomials import generator, renamed, ring_of, substitute, without_monomials
from resolvent.derive.exact.precision import order
from resolvent.derive.exact.resultant import Resultant
from resolvent.derive.exact.rotated_sums import rotated_sums
from resolvent.derive.exact.series import Series, compose, make_series, terms_of
from resolvent.derive.laws.affine import inverse
from resolvent.derive.laws.arguments import positive_weights, scalar_of, shown
from resolvent.derive.laws.from_polynomial import conclude
from resolvent.derive.laws.irrational import exact_numbers
from resolvent.derive.laws.positivity import nonnegativity, require_law
from resolvent.derive.laws.record import AlgebraicRecord, LawT, Recipe, by_numbers, joint

_MOST_SHEETS = 64


@checked
@exact_numbers
def power(law: LawT, k: int) -> LawT:
    """The law of A^k for an integer k; negative powers need a support that avoids 0.

    >>> from resolvent.derive.laws.elementary import semicircle
    >>> power(semicircle(), 2).moments(3)
    [1, 2, 5]

    Raises `ParameterError` for k that is not a non-zero integer, `DerivationError` for a negative power of a law with
    0 in its support.
    """
    if not isinstance(k, (int, sympy.Integer)) or isinstance(k, bool) or k == 0:
        raise ParameterError(f"the exponent must be a non-zero integer; got {k}", exponent=k)
    k = int(k)
    if k < 0:
        return inverse(power(law, -k))
    result = law
    for prime, multiplicity in sympy.factorint(k).items():
        for _ in range(multiplicity):
            result = _prime_power(result, int(prime))
    if result is law:
        return law
    recipe = Recipe(power, (law, k))
    return type(law)(result.equation, result.conclusion, recipe, recipe.text, result.nonnegative)


def _prime_power(law: LawT, k: int) -> LawT:
    if law.equation.degree**k > _MOST_SHEETS:
        sheets = f"{law.equation.degree}**{k}"
        raise DerivationError(f"({law.text})**{k} has up to {sheets} sheets, which is beyond this engine", law=law)
    own = law.equation.polynomial
    ring = ring_of(("T'", "w'"), own, drop=("z", "m"))
    t, w = generator(ring, "T'"), generator(ring, "w'")
    sheet = without_monomials(substitute(own, ring, {"z": (w, ring.constant(1)), "m": (t, w)}))
    out = ring_of(("z", "m"), own)
    z, m = generator(out, "z"), generator(out, "m")
    images = {"w'": (z, out.constant(1)), "T'": (k * z * m, out.constant(1))}
    polynomial = substitute(rotated_sums(sheet, "T'", "w'", k), out, images)

    return conclude(
        type(law),
        polynomial,
        law.equation.symbols,
        partial(_power_moments, law, k),
        uses=(law.conclusion,),
        recipe=Recipe(power, (law, k)),
        nonnegative=True if k == 2 else law.nonnegative,
    )


def _power_moments(law: AlgebraicRecord, k: int, n: int, values: Values) -> Series:
    field, (series,), _ = joint(k * n, values, [law], [])
    return make_series(field, terms_of(series, k * n)[::k], n)


@checked
@exact_numbers
def symmetric_root(law: LawT) -> LawT:
    """The symmetric law with density |x| rho_M(x^2): of [[0, X], [X^T, 0]] for square X with M = X X^T.

    Its square is the law back: ``law.symmetric_root() ** 2 == law``.

    >>> from resolvent.derive.laws.elementary import marchenko_pastur, semicircle
    >>> symmetric_root(marchenko_pastur(1)).equation == semicircle().equation
    True

    Raises `DerivationError` if the law has mass below 0.
    """
    condition = require_nonnegative(law, "a symmetric root")
    ring = ring_of(("z", "m"), law.equation.polynomial)
    z, m = generator(ring, "z"), generator(ring, "m")
    polynomial = substitute(law.equation.polynomial, ring, {"z": (z**2, ring.constant(1)), "m": (m, z)})

    return conclude(
        type(law),
        polynomial,
        law.equation.symbols,
        partial(_root_moments, law),
        uses=(law.conclusion, *condition),
        recipe=Recipe(symmetric_root, (law,)),
    )


def _root_moments(law: AlgebraicRecord, n: int, values: Values) -> Series:
    field, (series,), _ = joint(n, values, [law], [])
    with order(n):
        return compose(series, make_series(field, [0, 0, 1], n))


@checked
@exact_numbers
def companion(law: LawT, c: Any) -> LawT:
    """The law of X^T X when ``law`` is that of X X^T, X of size p x n with p/n -> c.

    >>> from resolvent.derive.laws.elementary import marchenko_pastur
    >>> companion(marchenko_pastur(2), 2).moments(2)
    [2, 6]

    Raises `ParameterError` unless c > 0, `DerivationError` if c > 1 and the law has an atom below 1 - 1/c at 0.
    """
    c_, symbols = to_element(c)
    if c_.is_constant and c_.to_fmpq() <= 0:
        raise ParameterError(f"the ratio c = p/n must be positive; got {shown(c)}", c=c)
    condition = require_nonnegative(law, "a companion")
    ring = ring_of(("z", "m"), law.equation.polynomial, c_.numerator)
    z, m = generator(ring, "z"), generator(ring, "m")
    p, q = (e.project_to_context(ring) for e in (c_.numerator, c_.denominator))
    polynomial = substitute(law.equation.polynomial, ring, {"m": (q * z * m + (q - p), p * z)})

    if not c_.is_constant or (c_.to_fmpq() > 1 and not law.equation.is_numeric):
        prefix = "" if c_.is_constant else f"if {shown(c)} > 1, "
        condition = (*condition, _domain(f"{prefix}the atom of {law.text} at 0 is at least 1 - 1/({shown(c)})"))
    result = conclude(
        type(law),
        polynomial,
        {*law.equation.symbols, *symbols},
        partial(_companion_moments, law, c_),
        uses=(law.conclusion, *condition),
        recipe=Recipe(companion, (law, c)),
        nonnegative=True,
    )
    if c_.is_constant and c_.to_fmpq() > 1:
        reason = f"X X^T with p/n = {shown(c)} has rank at most n, but {law.text} has too small an atom at 0"
        return require_law(result, reason=reason)
    return result


def _companion_moments(law: AlgebraicRecord, c: Element, n: int, values: Values) -> Series:
    _, (series,), (factor,) = joint(n, values, [law], [c])
    with order(n):
        return 1 + (series - 1) * factor


@checked
@exact_numbers
def direct_sum(a: LawT, b: LawT, weight: Any) -> LawT:
    """The law of diag(A, B): w times the first plus (1-w) times the second.

    >>> from resolvent.derive.laws.elementary import atoms, semicircle
    >>> direct_sum(semicircle(), atoms([3]), "1/2").moments(2)
    [3/2, 5]

    Raises `ParameterError` unless 0 < w < 1.

    Source: additivity of the trace; N. R. Rao, A. Edelman, The polynomial method for random matrices, Found. Comput.
    Math. 8 (2008) 649-702.
    """
    numeric: LawT | None = by_numbers("direct_sum", a, b, weight)
    if numeric is not None:
        return numeric
    w_, symbols = to_element(weight)
    if w_.is_constant and not 0 < w_.to_fmpq() < 1:
        raise ParameterError(f"the weight must lie strictly between 0 and 1; got {shown(weight)}", weight=weight)
    pa, pb, w = a.equation.polynomial, b.equation.polynomial, scalar_of(weight)
    ring = ring_of(("x'", "z", "m"), pa, pb, w_.numerator)
    x, m = generator(ring, "x'"), generator(ring, "m")
    p, q = (e.project_to_context(ring) for e in (w_.numerator, w_.denominator))
    first = renamed(pa, ring, {"m": "x'"})
    second = substitute(pb, ring, {"m": (q * m - p * x, q - p)})
    step = Resultant.of(first, second, "x'")
    polynomial = step.value.project_to_context(ring_of(("z", "m"), step.value, drop=("x'",)))

    return conclude(
        type(a),
        polynomial,
        {*a.equation.symbols, *b.equation.symbols, *symbols},
        partial(_direct_sum_moments, a, b, w_),
        uses=(a.conclusion, b.conclusion, *([] if w_.is_constant else positive_weights((w, 1 - w)))),
        recipe=Recipe(direct_sum, (a, b, weight)),
        nonnegative=True if a.nonnegative and b.nonnegative else None,
        eliminations=(step,),
    )


def _direct_sum_moments(a: AlgebraicRecord, b: AlgebraicRecord, weight: Element, n: int, values: Values) -> Series:
    _, (ma, mb), (share,) = joint(n, values, [a, b], [weight])
    with order(n):
        return ma * share + mb * (1 - share)


def require_nonnegative(law: AlgebraicRecord, what: str) -> tuple[Step, ...]:
    """Raise `DerivationError` for a law with mass below 0, which has no matrix of the kind that is named."""
    known = nonnegativity(law)
    if known is False:
        raise DerivationError(f"{law.text} has mass below 0, so it has no {what.split()[-1]} of this kind", law=law)
    return () if known else (_domain(f"{law.text} is supported on [0, oo)"),)


def _domain(text: str) -> Step:
    return Step(rules.DOMAIN, text, kind="assumed")
