"""Elementary laws, each derived from its definition: a transform, a measure, or an operation on simpler laws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import sympy
from flint import fmpq

from resolvent.derive.border import checked, shortly
from resolvent.derive.equations.equation import M, Values, Z
from resolvent.derive.errors import ParameterError
from resolvent.derive.exact.field import Element, Field, check_names, to_element, to_fmpq, to_sympy_rational
from resolvent.derive.exact.polynomials import generator, ring_of
from resolvent.derive.exact.series import Series, make_series
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.arguments import positive_weights, require_positive, scalar_of, shown
from resolvent.derive.laws.convolution import free_multiplicative_power
from resolvent.derive.laws.from_polynomial import conclude
from resolvent.derive.laws.from_transform import law_of_r, law_of_s
from resolvent.derive.laws.irrational import exact_numbers
from resolvent.derive.laws.record import Recipe, joint

_MOST_ORDER = 256  # of a Fuss-Catalan law: its equation has that degree
_MOST_ATOMS = 200

# Not identifiers, so that no parameter can have these names; printed without the prime.
_g, _u = sympy.Symbol("g'"), sympy.Symbol("u'")


@checked
@exact_numbers
def semicircle(variance: Any = 1) -> AlgebraicLaw:
    """Wigner's semicircle: R(g) = v g; density sqrt(4v - x^2)/(2 pi v) on [-2 sqrt(v), 2 sqrt(v)].

    ``variance`` is positive: a number or an expression in parameters. Raises `ParameterError` otherwise.

    >>> semicircle(sympy.Symbol("v", positive=True)).equation.expr
    m**2*v + m*z + 1

    Source: Voiculescu, Dykema, Nica, Free Random Variables (1992), section 3.4.
    """
    v = require_positive("variance", variance)
    return law_of_r(v * _g, _g, Recipe(semicircle, (variance,)))


@checked
@exact_numbers
def marchenko_pastur(c: Any, sigma: Any = 1) -> AlgebraicLaw:
    """Marchenko-Pastur: W = sigma^2 X X^T/n, X of size p x n, p/n -> c; R(g) = sigma^2/(1 - c sigma^2 g).

    Support sigma^2 (1 +- sqrt(c))^2, atom 1 - 1/c at 0 when c > 1. ``c`` and ``sigma`` are positive.
    Raises `ParameterError` otherwise.

    >>> c = sympy.Symbol("c", positive=True)
    >>> marchenko_pastur(c).equation.expr
    c*m**2*z + c*m + m*z - m + 1

    Source: Marchenko, Pastur, Math. USSR-Sbornik 1 (1967), Theorem 1.
    """
    ratio, s = require_positive("c", c), require_positive("sigma", sigma)
    recipe = Recipe(marchenko_pastur, (c, sigma))
    return law_of_r(s**2 / (1 - ratio * s**2 * _g), _g, recipe, nonnegative=True)


@checked
@exact_numbers
def free_poisson(rate: Any, jump: Any = 1) -> AlgebraicLaw:
    """Free Poisson law: all cumulants kappa_k = rate * jump^k; R(g) = rate jump/(1 - jump g).

    ``rate`` is positive, ``jump`` non-zero. Raises `ParameterError` otherwise.

    >>> free_poisson(2, 3).free_cumulants(3)
    [6, 18, 54]

    Source: Nica, Speicher 2006, lecture 12.
    """
    intensity, a = require_positive("rate", rate), scalar_of(jump)
    if a == 0:
        raise ParameterError("the jump of a free Poisson law must not be zero", jump=jump)
    return law_of_r(
        intensity * a / (1 - a * _g),
        _g,
        Recipe(free_poisson, (rate, jump)),
        nonnegative=True if a.is_positive else None,
    )


@checked
@exact_numbers
def atoms(points: Sequence[Any], weights: Sequence[Any] | None = None) -> AlgebraicLaw:
    """The finite measure sum_i w_i delta(a_i); equal weights by default.

    Points and weights are rational numbers or expressions in parameters; numeric weights must be positive and, all
    together, sum to 1. Raises `ParameterError` otherwise. Weights that are floats may miss 1 by their rounding errors
    and are divided by their sum; the weights of equal points are added.

    >>> atoms([-1, 1]).equation.expr
    m*z**2 - m + z
    >>> atoms([0, 1], ["2/3", "1/3"]).moments(2)
    [1/3, 1/3]
    """
    points = tuple(points)
    if not points:
        raise ParameterError("a measure needs at least one atom", points=points)
    if len(points) > _MOST_ATOMS:
        raise ParameterError(f"a measure has at most {_MOST_ATOMS} atoms; got {len(points)}", points=len(points))
    if weights is not None:
        weights = _without_rounding(tuple(weights))
    recipe = Recipe(atoms, (points, weights))
    weights = (sympy.Rational(1, len(points)),) * len(points) if weights is None else weights
    if len(weights) != len(points):
        raise ParameterError(f"{len(points)} points but {len(weights)} weights", points=points, weights=weights)
    places = [to_element(a) for a in points]
    masses = [to_element(w) for w in weights]
    symbols = {s for _, found in (*places, *masses) for s in found}
    check_names(sorted(symbols, key=lambda s: str(s.name)))
    field = Field(tuple(sorted(s.name for s in symbols)))
    a = [field.coerce(e) for e, _ in places]
    w = [field.coerce(e) for e, _ in masses]
    _check_weights(weights, w)
    groups = [[j for j in range(len(a)) if a[j] == a[i]] for i in range(len(a)) if a[i] not in a[:i]]
    if len(groups) < len(a):
        return atoms([points[g[0]] for g in groups], [sum(scalar_of(weights[j]) for j in g) for g in groups])

    ring = ring_of(("z", "m"), field.ring.constant(0))
    z, m = generator(ring, "z"), generator(ring, "m")
    factors = [e.denominator.project_to_context(ring) * z - e.numerator.project_to_context(ring) for e in a]
    common = ring.constant(1)
    for e in w:
        common = common * e.denominator.project_to_context(ring)
    polynomial = m * common
    for f in factors:
        polynomial = polynomial * f
    for i, mass in enumerate(w):
        term = mass.numerator.project_to_context(ring) * common / mass.denominator.project_to_context(ring)
        term = term * a[i].denominator.project_to_context(ring)
        for j, f in enumerate(factors):
            if j != i:
                term = term * f
        polynomial = polynomial + term

    return conclude(
        AlgebraicLaw,
        polynomial,
        symbols,
        partial(_moments_of_atoms, a, w),
        explanation=f"the Stieltjes transform of {recipe.text}",
        uses=positive_weights(scalar_of(x) for x, e in zip(weights, w, strict=True) if not e.is_constant),
        recipe=recipe,
        nonnegative=True if all(scalar_of(p).is_nonnegative for p in points) else None,
        formulas=partial(_transform_of_atoms, points, weights),
    )


def _moments_of_atoms(points: Sequence[Element], weights: Sequence[Element], n: int, values: Values) -> Series:
    base, _, numbers = joint(n, values, [], [*points, *weights])
    spots, shares = numbers[: len(points)], numbers[len(points) :]
    total = [sum((s * p**k for s, p in zip(shares, spots, strict=True)), start=_zero(base)) for k in range(n)]
    return make_series(base, total, n)


def _transform_of_atoms(points: Sequence[Any], weights: Sequence[Any]) -> tuple[sympy.Basic, ...]:
    pairs = zip((scalar_of(v) for v in weights), (scalar_of(p) for p in points), strict=True)
    return (sympy.Eq(M, sympy.Add(*(v / (p - Z) for v, p in pairs)), evaluate=False),)


@checked
@exact_numbers
def arcsine(radius: Any = 2) -> AlgebraicLaw:
    """The arcsine law on [-r, r], density 1/(pi sqrt(r^2 - x^2)): the free sum of two coins at +-r/2.

    >>> arcsine().equation.expr
    m**2*z**2 - 4*m**2 - 1

    Raises `ParameterError` unless ``radius`` is positive.

    Source: Nica, Speicher 2006, lecture 12.
    """
    r = require_positive("radius", radius)
    law = atoms([-r / 2, r / 2]).free_power(2)
    return _named(law, Recipe(arcsine, (radius,)))


@checked
@exact_numbers
def kesten_mckay(d: Any) -> AlgebraicLaw:
    """Kesten-McKay: the free sum of d coins at +-1, the spectrum of the d-regular tree; any real d >= 2 works.

    Density d sqrt(4(d-1) - x^2)/(2 pi (d^2 - x^2)), |x| <= 2 sqrt(d-1).

    >>> kesten_mckay(3).moments(6)
    [0, 3, 0, 15, 0, 87]

    Raises `ParameterError` for a number below 2. Source: McKay, Linear Algebra Appl. 40 (1981), Theorem 1.1.
    """
    degree = scalar_of(d)
    if degree.is_number and degree < 2:
        raise ParameterError(f"the degree d of the Kesten-McKay law must be at least 2; got {degree}", d=d)
    law = atoms([-1, 1]).free_power(degree)
    return _named(law, Recipe(kesten_mckay, (d,)))


@checked
@exact_numbers
def wachter(c1: Any, c2: Any) -> AlgebraicLaw:
    """Wachter's law (free Jacobi, MANOVA): W1 (W1 + W2)^-1, W_i = X_i X_i^T, X_i of size p x n_i, p/n_i -> c_i.

    It is the compression of a projection of relative rank n1/(n1+n2) to a corner of relative size p/(n1+n2), so
    1/c1 + 1/c2 >= 1 is needed for the inverse to exist.

    >>> wachter("1/2", "1/2").moments(2)
    [1/2, 5/16]

    Raises `ParameterError` outside the domain. Source: Wachter, Ann. Statist. 8 (1980), Theorem 3.1.
    """
    a, b = require_positive("c1", c1), require_positive("c2", c2)
    if (1 / a + 1 / b - 1).is_negative:
        raise ParameterError(
            f"W1 + W2 is singular: 1/c1 + 1/c2 must be at least 1; got c1 = {a}, c2 = {b}", c1=c1, c2=c2
        )
    share = b / (a + b)
    law = atoms([0, 1], [1 - share, share]).compress(a * b / (a + b))
    return _named(law, Recipe(wachter, (c1, c2)), nonnegative=True)


@checked
def fuss_catalan(s: Any) -> AlgebraicLaw:
    """Fuss-Catalan of order s: squared singular values of a product of s square Gaussian matrices, S = (1+u)^-s.

    Moments binom((s+1)k, k)/(sk + 1), support [0, (s+1)^(s+1)/s^s], density ~ x^(-s/(s+1)) at 0; s is a rational
    number >= 0: these numbers are moments for exactly those, and matrices are multiplied for whole ones. Raises
    `ParameterError` otherwise.

    >>> fuss_catalan(2).moments(4)
    [1, 3, 12, 55]
    >>> fuss_catalan("1/2").moments(3)
    [1, 3/2, 21/8]

    Source: Mlotkowski, Documenta Math. 15 (2010) 939-955 (Raney numbers with p = s + 1, r = 1).
    """
    order_ = scalar_of(s)
    if not (order_.is_Rational and order_ >= 0):
        raise ParameterError(f"the order of the Fuss-Catalan law must be a rational number >= 0; got {s}", s=s)
    if max(order_.p, order_.q) > _MOST_ORDER:
        raise ParameterError(
            f"the order of the Fuss-Catalan law must be at most {_MOST_ORDER}, and so must its denominator; got "
            f"{shortly(s)}",
            s=s,
        )
    recipe = Recipe(fuss_catalan, (s,))
    if order_ == 0:
        return _named(atoms([1]), recipe)
    if order_.is_Integer:
        return law_of_s((1 + _u) ** (-order_), _u, recipe, nonnegative=True)
    return _named(free_multiplicative_power(marchenko_pastur(1), order_), recipe)


def _zero(field: Field) -> Any:
    return fmpq(0) if field.is_rational else field.constant(0)


def _without_rounding(weights: tuple[Any, ...]) -> tuple[Any, ...]:
    """The weights over their sum, if floats are among them and the sum differs from 1 by rounding errors alone."""
    if any(isinstance(w, float) for w in weights) and not any(getattr(w, "free_symbols", ()) for w in weights):
        exact = [to_fmpq(w) for w in weights]
        total = sum(exact[1:], start=exact[0])
        if total != 1 and abs(float(total) - 1) <= len(weights) * 2**-52:
            return tuple(to_sympy_rational(w / total) for w in exact)
    return weights


def _check_weights(weights: Any, w: list[Element]) -> None:
    bad = [shown(x) for x, e in zip(weights, w, strict=True) if e.is_constant and e.to_fmpq() <= 0]
    if bad:
        raise ParameterError(f"weights must be positive; got {', '.join(bad)}", weights=weights)
    total = sum(w[1:], start=w[0])
    if total != 1:
        raise ParameterError(f"the weights must sum to 1; they sum to {_sum_text(total)}", weights=weights)


def _sum_text(total: Any) -> str:
    return str(total.to_sympy({n: sympy.Symbol(n) for n in total.field.names}))


def _named(law: AlgebraicLaw, recipe: Recipe, nonnegative: bool | None = None) -> AlgebraicLaw:
    recipe = replace(recipe, stands_for=law.recipe)
    return AlgebraicLaw(law.equation, law.conclusion, recipe, recipe.text, nonnegative or law.nonnegative)
