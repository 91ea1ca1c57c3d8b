"""Rectangular matrices: sample covariances, information plus noise, and the rectangular free sum.

For a p x n matrix with p/n -> c and the law of A A^T, put u(w) = sum_{k>=1} m_k w^k and h = w (1+u)(1+cu).
The rectangular free cumulants are the coefficients of u as a power series in h; they add for free rectangular
matrices.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import sympy

from resolvent.derive.border import checked
from resolvent.derive.derivation import rules
from resolvent.derive.derivation.step import Step
from resolvent.derive.equations.equation import Values
from resolvent.derive.errors import ParameterError
from resolvent.derive.exact.field import Element, to_element
from resolvent.derive.exact.polynomials import generator, ring_of, substitute, without_monomials
from resolvent.derive.exact.precision import order
from resolvent.derive.exact.resultant import Resultant
from resolvent.derive.exact.series import Coefficient, Series, compose, make_series, moments_from_cumulants, terms_of
from resolvent.derive.laws.affine import scale
from resolvent.derive.laws.arguments import require_positive
from resolvent.derive.laws.convolution import free_product, product_moments
from resolvent.derive.laws.from_polynomial import conclude
from resolvent.derive.laws.irrational import exact_numbers
from resolvent.derive.laws.matrix_functions import companion, require_nonnegative
from resolvent.derive.laws.record import AlgebraicRecord, LawT, Recipe, by_numbers, joint


@checked
@exact_numbers
def sample_covariance(law: LawT, c: Any) -> LawT:
    """The sample covariance A^(1/2) X X^T A^(1/2)/n with population law A, X of size p x n and p/n -> c.

    m(z) = m_A(z/b)/b with b = 1 - c - c z m(z). It is the free product of A with the Marchenko-Pastur law of ratio c.

    >>> from resolvent.derive.laws.elementary import atoms
    >>> sample_covariance(atoms([1]), "1/2").moments(2)
    [1, 3/2]

    Raises `ParameterError` unless c > 0, `DerivationError` if the population law has mass below 0.
    Source: Silverstein, J. Multivariate Anal. 55 (1995), Theorem 1.1.
    """
    require_positive("c", c)
    c_, symbols = to_element(c)
    conditions = require_nonnegative(law, "a population law")
    ring = ring_of(("z", "m"), law.equation.polynomial, c_.numerator)
    z, m = generator(ring, "z"), generator(ring, "m")
    p, q = (e.project_to_context(ring) for e in (c_.numerator, c_.denominator))
    b = q - p - p * z * m  # the factor 1 - c - c z m times its denominator q
    polynomial = substitute(law.equation.polynomial, ring, {"z": (q * z, b), "m": (b * m, q)})

    return conclude(
        type(law),
        polynomial,
        {*law.equation.symbols, *symbols},
        partial(_covariance_moments, law, c_),
        uses=(law.conclusion, *conditions),
        recipe=Recipe(sample_covariance, (law, c)),
        nonnegative=True,
    )


def _covariance_moments(law: AlgebraicRecord, c: Element, n: int, values: Values) -> Series:
    field, (series,), (ratio,) = joint(n, values, [law], [c])
    with order(n):
        x = make_series(field, [0, 1], n)
        noise = moments_from_cumulants(1 + x / (1 - x * ratio), field)
        return product_moments(series, noise, field, n)


@checked
@exact_numbers
def doubly_correlated_wishart(a: LawT, b: LawT, c: Any) -> LawT:
    """A^(1/2) X B X^T A^(1/2)/n, A of size p, B of size n, X of size p x n with unit variances, p/n -> c.

    X B X^T/n is the companion of B^(1/2) X^T X B^(1/2)/n, c times a sample covariance of ratio 1/c; then A multiplies
    freely.

    >>> from resolvent.derive.laws.elementary import atoms, marchenko_pastur
    >>> one = atoms([1])
    >>> doubly_correlated_wishart(one, one, "1/3").equation == marchenko_pastur("1/3").equation
    True

    Raises `ParameterError` unless c > 0, `DerivationError` if A or B has mass below 0.

    Source: Paul, Silverstein, J. Multivariate Anal. 100 (2009) 37-57, where the law is called that of a separable
    covariance.
    """
    numeric: LawT | None = by_numbers("doubly_correlated_wishart", a, b, c)
    if numeric is not None:
        return numeric
    ratio = require_positive("c", c)
    require_nonnegative(a, "a correlation")
    require_nonnegative(b, "a correlation")
    inner = scale(sample_covariance(b, 1 / ratio), ratio)
    product = free_product(a, companion(inner, 1 / ratio))
    recipe = Recipe(doubly_correlated_wishart, (a, b, c), stands_for=product.recipe)
    return type(a)(product.equation, product.conclusion, recipe, recipe.text, product.nonnegative)


@checked
@exact_numbers
def information_plus_noise(law: LawT, s: Any, c: Any) -> LawT:
    """(A + sqrt(s) X)(A + sqrt(s) X)^T, A of size p x n, X with entries of variance 1/n, p/n -> c; ``law`` is A A^T's.

    >>> from resolvent.derive.laws.elementary import atoms
    >>> information_plus_noise(atoms([1]), 1, 1).moments(2)
    [2, 7]

    Raises `ParameterError` unless s, c > 0, `DerivationError` if the law has mass below 0 (for c > 1: a rank above n).

    Source: Dozier, Silverstein, J. Multivariate Anal. 98 (2007), Theorem 1.1.
    """
    s_, c_, symbols, conditions = _rectangular_inputs((law,), c, s)
    if s_ is None:
        raise ParameterError("s must be a number or an expression in parameters; got None", s=s)
    own = law.equation.polynomial
    ring = ring_of(("z", "m"), own, s_.numerator, c_.numerator)
    z, m = generator(ring, "z"), generator(ring, "m")
    sp, sq, cp, cq = (e.project_to_context(ring) for x in (s_, c_) for e in (x.numerator, x.denominator))
    d = sq * cq
    b = d + sp * cp * m  # b is the factor 1 + s c m times its denominator d
    polynomial = substitute(own, ring, {"z": (b * (b * z - sp * (cq - cp)), d * d), "m": (m * d, b)})

    return conclude(
        type(law),
        polynomial,
        symbols,
        partial(_noisy_moments, law, s_, c_),
        uses=(law.conclusion, *conditions),
        recipe=Recipe(information_plus_noise, (law, s, c)),
        nonnegative=True,
    )


def _noisy_moments(law: AlgebraicRecord, s: Element, c: Element, n: int, values: Values) -> Series:
    field, (series,), (noise, ratio) = joint(n, values, [law], [s, c])
    with order(n):
        cumulants = rectangular_cumulants(series, ratio, field)
        return moments_from_rectangular(cumulants + make_series(field, [0, noise], n), ratio, field)


@checked
@exact_numbers
def rectangular_sum(a: LawT, b: LawT, c: Any) -> LawT:
    """(A + B)(A + B)^T for asymptotically free p x n matrices, p/n -> c, from the laws of A A^T and B B^T.

    >>> from resolvent.derive.laws.elementary import marchenko_pastur
    >>> mp = marchenko_pastur("1/2")
    >>> rectangular_sum(mp, mp, "1/2").equation == (2 * mp).equation
    True

    Raises `ParameterError` unless c > 0, `DerivationError` if a law has mass below 0 (or, for c > 1, a rank above n).

    Source: Benaych-Georges, Probab. Theory Relat. Fields 144 (2009), section 3.
    """
    numeric: LawT | None = by_numbers("rectangular_sum", a, b, c)
    if numeric is not None:
        return numeric
    _, c_, symbols, conditions = _rectangular_inputs((a, b), c)
    recipe = Recipe(rectangular_sum, (a, b, c))
    if a.is_zero or b.is_zero:
        other = b if a.is_zero else a
        return type(a)(other.equation, other.conclusion, recipe, recipe.text, True)
    pa, pb = a.equation.polynomial, b.equation.polynomial
    ring = ring_of(("v'", "y'", "h'"), pa, pb, c_.numerator, drop=("z", "m"))
    v, y, h = (generator(ring, n) for n in ("v'", "y'", "h'"))
    p, q = (e.project_to_context(ring) for e in (c_.numerator, c_.denominator))
    first, second = (
        without_monomials(substitute(own, ring, {"z": ((1 + u) * (q + p * u), q * h), "m": (-h * q, q + p * u)}))
        for own, u in ((pa, v), (pb, y - v))
    )
    step = Resultant.of(first, second, "v'")
    out = ring_of(("z", "m"), pa, pb, c_.numerator)
    z, m = generator(out, "z"), generator(out, "m")
    p, q = (e.project_to_context(out) for e in (c_.numerator, c_.denominator))
    bare = step.value.project_to_context(ring_of(("y'", "h'"), step.value, drop=("v'",)))
    polynomial = substitute(bare, out, {"y'": (-z * m - 1, out.constant(1)), "h'": (-m * (q - p - p * z * m), q)})

    free = Step(rules.FREENESS, f"A and B are asymptotically free rectangular matrices with A A^T ~ {a.text}, "
                f"B B^T ~ {b.text}", kind="assumed")  # fmt: skip
    return conclude(
        type(a),
        polynomial,
        symbols,
        partial(_rectangular_sum_moments, a, b, c_),
        uses=(a.conclusion, b.conclusion, free, *conditions),
        recipe=recipe,
        nonnegative=True,
        eliminations=(step,),
    )


def _rectangular_sum_moments(a: AlgebraicRecord, b: AlgebraicRecord, c: Element, n: int, values: Values) -> Series:
    field, (ma, mb), (ratio,) = joint(n, values, [a, b], [c])
    with order(n):
        total = rectangular_cumulants(ma, ratio, field) + rectangular_cumulants(mb, ratio, field)
        return moments_from_rectangular(total, ratio, field)


def rectangular_cumulants(moments: Series, ratio: Coefficient, field: Any) -> Series:
    """u as a power series in h: the rectangular free cumulants of the law with the given moment series."""
    n = moments.prec
    with order(n):
        u = moments - 1
        h = make_series(field, [0, 1], n) * moments * (1 + u * ratio)
        return compose(u, h.reversion())


def moments_from_rectangular(cumulants: Series, ratio: Coefficient, field: Any) -> Series:
    """The moment series with the given rectangular free cumulants; the inverse of `rectangular_cumulants`."""
    n = cumulants.prec
    with order(n + 1):
        long = make_series(field, terms_of(cumulants, n), n + 1)
        w = make_series(field, [0, 1], n + 1) / ((1 + long) * (1 + long * ratio))
        h = make_series(field, terms_of(w.reversion(), n), n)
        return 1 + compose(cumulants, h)


def _rectangular_inputs(
    laws: tuple[AlgebraicRecord, ...], c: Any, s: Any = None
) -> tuple[Element | None, Element, set[sympy.Symbol], tuple[Step, ...]]:
    c_, symbols = to_element(c)
    s_, more = (None, ()) if s is None else to_element(s)
    for name, element in (("c", c_), ("s", s_)):
        if element is not None and element.is_constant and element.to_fmpq() <= 0:
            raise ParameterError(f"{name} must be positive; got {element}", **{name: element})
    conditions: tuple[Step, ...] = ()
    for law in laws:
        conditions += require_nonnegative(law, "a square")
        if c_.is_constant and c_.to_fmpq() > 1:
            companion(law, c)  # raises when the rank exceeds n
    found = {*symbols, *more, *(x for law in laws for x in law.equation.symbols)}
    return s_, c_, found, conditions
