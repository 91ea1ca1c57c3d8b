"""Free convolutions: sum, product, their powers, and compression.

Sums work in the variables (omega, m): m_A(omega_A) = m_B(omega_B) = m_{A+B}(z) and omega_A + omega_B = z - 1/m.
Products work in (x, u), u = -(1 + z m): with u_A(x_A) = u_B(x_B) = u_{AB}(z), x_A x_B = z (1+u)/u.
Both are composed sums or products of one resultant each.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import sympy
from flint import fmpq, fmpz, fmpz_mpoly

from resolvent.derive.border import checked, shortly
from resolvent.derive.derivation import rules
from resolvent.derive.derivation.step import Step
from resolvent.derive.equations.equation import M, Values, Z
from resolvent.derive.errors import DerivationError, ParameterError
from resolvent.derive.exact.field import Element, to_element
from resolvent.derive.exact.polynomials import factored, generator, renamed, ring_of, substitute, without_monomials
from resolvent.derive.exact.precision import order
from resolvent.derive.exact.resultant import Resultant
from resolvent.derive.exact.series import (
    Series,
    compose,
    cumulants_from_moments,
    make_series,
    moments_from_cumulants,
    shifted,
    terms_of,
)
from resolvent.derive.laws.arguments import shown
from resolvent.derive.laws.from_polynomial import conclude
from resolvent.derive.laws.irrational import exact_numbers
from resolvent.derive.laws.positivity import require_law, require_law_on_half_line, require_nonnegative_factor
from resolvent.derive.laws.record import AlgebraicRecord, LawT, Recipe, joint
from resolvent.derive.laws.transforms import transform

_MOST_EXPONENT = 256  # of a multiplicative power: the equation has about that degree
_omega_a, _omega_b = sympy.symbols("omega_A omega_B")


@checked
@exact_numbers
def free_sum(a: LawT, b: LawT) -> LawT:
    """The law of A + B for free A and B.

    >>> from resolvent.derive.laws.elementary import semicircle
    >>> free_sum(semicircle(), semicircle(2)).equation.expr
    3*m**2 + m*z + 1

    Source: Voiculescu, J. Funct. Anal. 66 (1986); Mingo, Speicher 2017, chapter 2.
    """
    pa, pb = a.equation.polynomial, b.equation.polynomial
    ring = ring_of(("x'", "y'", "m"), pa, pb, drop=("z",))
    x, y, m = (generator(ring, n) for n in ("x'", "y'", "m"))
    one = ring.constant(1)
    step = Resultant.of(renamed(pa, ring, {"z": "x'"}), substitute(pb, ring, {"z": (y - x, one)}), "x'")
    out = ring_of(("z", "m"), pa, pb)
    z, m = generator(out, "z"), generator(out, "m")
    polynomial = _rename_into(step.value, out, {"y'": (z * m - 1, m)}, drop=("x'",))

    recipe = Recipe(free_sum, (a, b))
    return _of_free_pair(recipe, polynomial, step, _sum_moments, _sum_subordination, _added_transforms(a, b))


def _of_free_pair(
    recipe: Recipe, polynomial: fmpz_mpoly, step: Resultant, moments: Any, subordination: Any, more: Step | None
) -> Any:
    """The law of the sum or product of two free matrices, whose polynomial was found by elimination."""
    a, b = recipe.arguments
    return conclude(
        type(a),
        polynomial,
        {*a.equation.symbols, *b.equation.symbols},
        partial(moments, a, b),
        explanation=f"the equation of {recipe.text}, by eliminating omega_A and omega_B",
        uses=(a.conclusion, b.conclusion, _freeness(a, b), *([more] if more is not None else [])),
        recipe=recipe,
        nonnegative=True if a.nonnegative and b.nonnegative else None,
        eliminations=(step,),
        formulas=partial(subordination, a, b),
    )


def _sum_moments(a: AlgebraicRecord, b: AlgebraicRecord, n: int, values: Values) -> Series:
    field, (ma, mb), _ = joint(n, values, [a, b], [])
    with order(n):
        return moments_from_cumulants(cumulants_from_moments(ma, field) + cumulants_from_moments(mb, field) - 1, field)


def _sum_subordination(a: AlgebraicRecord, b: AlgebraicRecord) -> tuple[sympy.Basic, ...]:
    return (
        sympy.Eq(a.equation.expr.xreplace({Z: _omega_a}), 0, evaluate=False),
        sympy.Eq(b.equation.expr.xreplace({Z: _omega_b}), 0, evaluate=False),
        sympy.Eq(_omega_a + _omega_b, Z - 1 / M, evaluate=False),
    )


@checked
@exact_numbers
def free_product(a: LawT, b: LawT) -> LawT:
    """The law of A^(1/2) B A^(1/2) for free A and B, one of them non-negative.

    >>> from resolvent.derive.laws.elementary import marchenko_pastur
    >>> free_product(marchenko_pastur(1), marchenko_pastur(1)).moments(4)
    [1, 3, 12, 55]

    Raises `DerivationError` for two centred laws, and when neither law is supported on [0, oo).

    Source: Voiculescu, J. Operator Theory 18 (1987); Nica, Speicher 2006, lecture 18.
    """
    recipe = Recipe(free_product, (a, b))
    if a.is_zero or b.is_zero:
        zero = a if a.is_zero else b
        return type(a)(zero.equation, zero.conclusion, recipe, recipe.text, True)
    side_condition = require_nonnegative_factor(a, b)
    pa, pb = a.equation.polynomial, b.equation.polynomial
    ring = ring_of(("x'", "y'", "u'"), pa, pb, drop=("z", "m"))
    x, y, u = (generator(ring, n) for n in ("x'", "y'", "u'"))
    one = ring.constant(1)
    first = without_monomials(substitute(pa, ring, {"z": (x, one), "m": (-(1 + u), x)}))
    second = without_monomials(substitute(pb, ring, {"z": (y, x), "m": (-(1 + u) * x, y)}))
    step = Resultant.of(first, second, "x'")
    out = ring_of(("z", "m"), pa, pb)
    z, m = generator(out, "z"), generator(out, "m")
    one = out.constant(1)
    images = {"y'": (z * z * m, z * m + 1), "u'": (-z * m - 1, one)}
    polynomial = _rename_into(step.value, out, images, drop=("x'",))
    return _of_free_pair(recipe, polynomial, step, _moments_of_product, _product_subordination, side_condition)


def _moments_of_product(a: AlgebraicRecord, b: AlgebraicRecord, n: int, values: Values) -> Series:
    field, (ma, mb), _ = joint(n, values, [a, b], [])
    return product_moments(ma, mb, field, n)


def _product_subordination(a: AlgebraicRecord, b: AlgebraicRecord) -> tuple[sympy.Basic, ...]:
    factors = [
        sympy.Eq(law.equation.expr.subs({Z: x, M: Z * M / x}, simultaneous=True), 0, evaluate=False)
        for law, x in ((a, _omega_a), (b, _omega_b))
    ]
    return (*factors, sympy.Eq(_omega_a * _omega_b, Z**2 * M / (1 + Z * M), evaluate=False))


def product_moments(a: Series, b: Series, field: Any, n: int) -> Series:
    """Moments of a free product from the factors' moments, also for a vanishing mean.

    Subordination of eta = psi/(1+psi): eta_AB(w) = eta_A(p(w)), p = w h_B(q), q = w h_A(p), h(x) = eta(x)/x; each
    round of the iteration fixes at least one more coefficient, and no mean is divided by.
    """
    reach = max(n, 2) + 1
    with order(reach):
        h_a, h_b = (make_series(field, terms_of(shifted(eta_of(s), -1), min(n, s.prec) - 1), reach) for s in (a, b))
        w = make_series(field, [0, 1], reach)
        p = w * h_b[0]
        while True:
            q = w * compose(h_a, p)
            following = w * compose(h_b, q)
            if all(following[k] == p[k] for k in range(n)):
                break
            p = following
        return make_series(field, terms_of(1 / (1 - p * compose(h_a, p)), n), n)


def eta_of(moments: Series) -> Series:
    """eta = psi/(1 + psi) as a power series, from M = 1 + psi."""
    return (moments - 1) / moments


@checked
@exact_numbers
def free_power(law: LawT, t: Any) -> LawT:
    """The free additive power: the law with R-transform t R, for t >= 1 (and below, where it happens to exist).

    >>> from resolvent.derive.laws.elementary import semicircle
    >>> free_power(semicircle(), 3).equation.expr
    3*m**2 + m*z + 1

    Raises `ParameterError` for t <= 0, `DerivationError` for 0 < t < 1 when the result is not a law.

    Source: Nica, Speicher, Amer. J. Math. 118 (1996).
    """
    t_, symbols = _positive(t, "t")
    ring = ring_of(("z", "m"), law.equation.polynomial, t_.numerator)
    z, m = generator(ring, "z"), generator(ring, "m")
    p, q = (e.project_to_context(ring) for e in (t_.numerator, t_.denominator))
    polynomial = substitute(law.equation.polynomial, ring, {"z": (q * z * m - (p - q), p * m)})

    is_root = t_.is_constant and t_.to_fmpq() < 1
    uses = _with_condition(law, t_, f"{shown(t)} >= 1, so that the free power exists")
    if is_root and not law.equation.is_numeric:
        uses = (law.conclusion, Step(rules.DOMAIN, f"the free power {shown(t)} of {law.text} exists", kind="assumed"))
    result = conclude(
        type(law),
        polynomial,
        {*law.equation.symbols, *symbols},
        partial(_free_power_moments, law, t_),
        uses=uses,
        recipe=Recipe(free_power, (law, t)),
        nonnegative=None if is_root else law.nonnegative,  # free powers can be non-negative where roots of them are not
    )
    return require_law(result, f"the free power {shown(t)} of {law.text} does not exist") if is_root else result


def _free_power_moments(law: AlgebraicRecord, t: Element, n: int, values: Values) -> Series:
    field, (series,), (factor,) = joint(n, values, [law], [t])
    with order(n):
        return moments_from_cumulants(1 + (cumulants_from_moments(series, field) - 1) * factor, field)


@checked
@exact_numbers
def compress(law: LawT, t: Any) -> LawT:
    """The free compression: the spectrum of a corner pAp of relative size t, 0 < t <= 1; R(g) -> R(tg).

    >>> from resolvent.derive.laws.elementary import semicircle
    >>> compress(semicircle(), "1/4").moments(2)
    [0, 1/4]

    Raises `ParameterError` unless 0 < t <= 1.

    Source: Nica, Speicher, Amer. J. Math. 118 (1996).
    """
    t_, symbols = _positive(t, "t")
    if t_.is_constant and t_.to_fmpq() > 1:
        raise ParameterError(f"a corner has relative size t at most 1; got {shown(t)}", t=t)
    ring = ring_of(("z", "m"), law.equation.polynomial, t_.numerator)
    z, m = generator(ring, "z"), generator(ring, "m")
    p, q = (e.project_to_context(ring) for e in (t_.numerator, t_.denominator))
    polynomial = substitute(law.equation.polynomial, ring, {"z": (p * z * m - (q - p), p * m), "m": (p * m, q)})

    return conclude(
        type(law),
        polynomial,
        {*law.equation.symbols, *symbols},
        partial(_compressed_moments, law, t_),
        uses=_with_condition(law, t_, f"0 < {shown(t)} <= 1, the relative size of the corner"),
        recipe=Recipe(compress, (law, t)),
        nonnegative=law.nonnegative,
    )


def _compressed_moments(law: AlgebraicRecord, t: Element, n: int, values: Values) -> Series:
    field, (series,), (factor,) = joint(n, values, [law], [t])
    with order(n):
        scaled = compose(cumulants_from_moments(series, field) - 1, make_series(field, [0, factor], n))
        return moments_from_cumulants(1 + scaled / factor, field)


@checked
@exact_numbers
def free_multiplicative_power(law: LawT, s: Any) -> LawT:
    """The free multiplicative power S -> S^s, for a law on [0, oo) that is not delta_0 and a rational s.

    It exists for s >= 1, and for smaller s > 0 where the result is a measure on [0, oo), which is then proved: for
    every s if the law is infinitely divisible in this sense, as Marchenko-Pastur's with c <= 1 is.

    >>> from resolvent.derive.laws.elementary import marchenko_pastur
    >>> free_multiplicative_power(marchenko_pastur(1), 2).moments(3)
    [1, 3, 12]
    >>> free_multiplicative_power(marchenko_pastur(1), "1/3").moments(3)
    [1, 4/3, 2]

    Raises `ParameterError` unless s > 0 is a rational number (for other s the law is not algebraic), and
    `DerivationError` for laws not known to be non-negative, and where the power is no law.

    Source: Belinschi, Bercovici, Int. Math. Res. Not. (2005).
    """
    element, _ = to_element(s)
    if not element.is_constant or element.to_fmpq() <= 0:
        raise ParameterError(
            f"the exponent of a free multiplicative power must be a positive rational number; got {s}", s=s
        )
    exponent = element.to_fmpq()
    if exponent == 1:
        return law
    if max(exponent.p, exponent.q) > _MOST_EXPONENT:
        raise ParameterError(
            f"the exponent must be a rational number p/q with p and q at most {_MOST_EXPONENT}; got {shortly(s)}", s=s
        )
    side_condition = require_nonnegative_factor(law, law)
    if not terms_of(law.moment_series(2), 2)[1]:
        raise DerivationError(f"{law.text} has mean 0, so it has no S-transform to take a power of", law=law)
    _rational_power(terms_of(law.moment_series(2), 2)[1], exponent)  # raises unless the new mean is exact
    p, q = int(exponent.p), int(exponent.q)
    own = law.equation.polynomial
    ring = ring_of(("x'", "z", "u'"), own, drop=("m",))
    x, z, u = (generator(ring, n) for n in ("x'", "z", "u'"))
    first = without_monomials(substitute(own, ring, {"z": (x, ring.constant(1)), "m": (-(1 + u), x)}))
    up, down = max(p - q, 0), max(q - p, 0)
    second = z**q * (1 + u) ** up * u**down - x**p * u**up * (1 + u) ** down
    step = Resultant.of(first, second, "x'")
    out = ring_of(("z", "m"), own)
    zo, mo = generator(out, "z"), generator(out, "m")
    polynomial = _rename_into(step.value, out, {"u'": (-zo * mo - 1, out.constant(1))}, drop=("x'",))

    uses = (law.conclusion, side_condition) if side_condition is not None else (law.conclusion,)
    reason = f"the free multiplicative power {shown(s)} of {law.text} does not exist"
    if exponent < 1 and not law.equation.is_numeric:
        uses = (*uses, Step(rules.DOMAIN, reason.replace("does not exist", "exists"), kind="assumed"))
    result = conclude(
        type(law),
        polynomial,
        law.equation.symbols,
        partial(_multiplicative_power_moments, law, exponent),
        uses=uses,
        recipe=Recipe(free_multiplicative_power, (law, s)),
        nonnegative=True,  # for roots that is what is proved or assumed here
        eliminations=(step,),
    )
    return result if exponent >= 1 or _is_divisible(law) else require_law_on_half_line(result, reason)


def _is_divisible(law: AlgebraicRecord) -> bool:
    """Whether S(u) = 1/(b + au) with numbers 0 <= a <= b: a Marchenko-Pastur law with c = a/b <= 1.

    Then S(z/(1-z)) = exp(v(z)) with v analytic outside of [0, oo) and Im v <= 0 for Im z > 0, so that the law is
    infinitely divisible with respect to the free product (Bercovici, Voiculescu, Pacific J. Math. 153 (1992)).
    """
    if not law.equation.is_numeric or not law.equation.field.is_rational:
        return False
    _, b, square = terms_of(law.moment_series(3), 3)
    a = square / b - b
    ring = law.equation.polynomial.context()
    z, m = generator(ring, "z"), generator(ring, "m")
    common = int(a.q) * int(b.q)
    p, q = int(a * common), int(b * common)
    own = p * z * m**2 + (common * z + (p - q)) * m + common
    return 0 <= a <= b and law.equation.polynomial.primitive()[1] in (own.primitive()[1], -own.primitive()[1])


def _multiplicative_power_moments(law: AlgebraicRecord, exponent: fmpq, n: int, values: Values) -> Series:
    field, (series,), _ = joint(n + 1, values, [law], [])
    with order(n + 1):
        u = make_series(field, [0, 1], n + 1)
        chi = shifted((series - 1).reversion(), -1)  # chi(u)/u, with S = chi (1+u)/u
        s_series = chi * make_series(field, [1, 1], n)
        mean = s_series[0]
        powered = _unit_power(s_series / mean, exponent, field, n) * _rational_power(mean, exponent)
        back = shifted(powered, 1) / (1 + u)
        return make_series(field, terms_of(1 + back.reversion(), n), n)


def _unit_power(series: Series, exponent: fmpq, field: Any, n: int) -> Series:
    """(1 + ...)^exponent by the recurrence that y' s = exponent s' y gives."""
    terms = [field.constant(1) if not field.is_rational else fmpq(1)]
    for k in range(1, n):
        total = terms[0] * 0
        for j in range(1, k + 1):
            total = total + series[j] * terms[k - j] * (exponent * j - (k - j))
        terms.append(total * fmpq(1, k))
    return make_series(field, terms, n)


def _rational_power(value: Any, exponent: fmpq) -> Any:
    """value^exponent where that is exact; raises where it is not a rational function."""
    power = value ** int(exponent.p)
    q = int(exponent.q)
    if q == 1:
        return power
    if isinstance(power, Element):
        parts = [_polynomial_root(polynomial, q) for polynomial in (power.numerator, power.denominator)]
        if power.field.extension is not None or parts[0] is None or parts[1] is None:
            raise DerivationError(
                f"the mean to the power {exponent} is not rational in the parameters; scale the law to mean 1 first"
            )
        return power.field.element(parts[0], parts[1])
    root = sympy.root(sympy.Rational(int(power.p), int(power.q)), q)
    if not root.is_Rational:
        raise DerivationError(f"the mean to the power {exponent} is irrational; scale the law to mean 1 first")
    return fmpq(int(root.p), int(root.q))


def _polynomial_root(polynomial: fmpz_mpoly, q: int) -> fmpz_mpoly | None:
    """The q-th root of a polynomial in parameters, or None; parameters count as positive, as means are."""
    factors = factored(polynomial)
    content = fmpz(polynomial.content())
    root = content.root(q) if polynomial.leading_coefficient() > 0 else fmpz(0)
    if root**q != content or any(multiplicity % q for _, multiplicity in factors):
        return None
    result = polynomial.context().constant(root)
    for factor, multiplicity in factors:
        result = result * factor ** (multiplicity // q)
    return result


def _freeness(a: AlgebraicRecord, b: AlgebraicRecord) -> Step:
    return Step(rules.FREENESS, f"{a.text} and {b.text} are asymptotically free", kind="assumed")


def _added_transforms(a: AlgebraicRecord, b: AlgebraicRecord) -> Step | None:
    """R_A + R_B as a step of its own, where both are rational (degree 1 in z)."""
    if any(law.equation.polynomial.degrees()[0] != 1 for law in (a, b)):
        return None
    g = sympy.Symbol("g")
    if any(s.name in ("g", "r") for law in (a, b) for s in law.equation.symbols):
        return None

    return Step(
        rules.FREE_SUM, "the R-transforms add", uses=(a.conclusion, b.conclusion), build=partial(_sum_of_r, g, a, b)
    )


def _sum_of_r(g: sympy.Symbol, a: AlgebraicRecord, b: AlgebraicRecord) -> tuple[sympy.Basic, ...]:
    total = sympy.Add(transform(a, "R"), transform(b, "R"), evaluate=False)
    return (sympy.Eq(sympy.Function("R")(g), total, evaluate=False),)


def _positive(value: Any, name: str) -> tuple[Element, tuple[sympy.Symbol, ...]]:
    element, symbols = to_element(value)
    if element.is_constant and element.to_fmpq() <= 0:
        raise ParameterError(f"{name} must be positive; got {shown(value)}", name=name, value=value)
    return element, symbols


def _with_condition(law: AlgebraicRecord, element: Element, text: str) -> tuple[Step, ...]:
    """The law's last step, and the condition on a parameter where it is no number."""
    if element.is_constant:
        return (law.conclusion,)
    return (law.conclusion, Step(rules.DOMAIN, text, kind="assumed"))


def _rename_into(polynomial: fmpz_mpoly, ring: Any, images: dict[str, Any], drop: tuple[str, ...]) -> fmpz_mpoly:
    source = ring_of([n for n in polynomial.context().names() if n not in drop], polynomial, drop=drop)
    return substitute(polynomial.project_to_context(source), ring, images)
