"""Rectangular laws against even non-crossing partitions, Narayana polynomials and matrices of fixed seeds."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sympy
from flint import fmpq, fmpq_series
from hypothesis import given
from hypothesis import strategies as st

from resolvent.derive.errors import DerivationError, ParameterError
from resolvent.derive.exact.field import Field
from resolvent.derive.exact.series import terms_of
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.elementary import atoms, marchenko_pastur, semicircle
from resolvent.derive.laws.rectangular import (
    doubly_correlated_wishart,
    information_plus_noise,
    moments_from_rectangular,
    rectangular_cumulants,
    rectangular_sum,
    sample_covariance,
)
from tests import oracles
from tests.derive.laws.compositions import Composed, exact, fractions, nonnegative_leaves, q
from tests.derive.time_limit import within

F = Fraction
C = sympy.Symbol("c", positive=True)
RATIOS = [F(1, 3), F(1, 2), F(1), F(3, 2)]
numbers = st.fractions(-2, 2, max_denominator=3)


def series_of(terms: list[Fraction]) -> fmpq_series:
    return fmpq_series([fmpq(t.numerator, t.denominator) for t in terms], prec=len(terms))


def added(a: list[Fraction], b: list[Fraction], c: Fraction) -> list[Fraction]:
    """Moments of the rectangular free sum, by even partitions."""
    total = [
        x + y
        for x, y in zip(
            oracles.rectangular_cumulants_by_partitions(a, c),
            oracles.rectangular_cumulants_by_partitions(b, c),
            strict=True,
        )
    ]
    return oracles.rectangular_moments_by_partitions(total, c)


@exact
@given(st.lists(numbers, min_size=4, max_size=4), st.sampled_from(RATIOS))
def test_moments_from_rectangular_cumulants_are_sums_over_even_partitions(
    cumulants: list[Fraction], c: Fraction
) -> None:
    series = moments_from_rectangular(series_of([F(0), *cumulants]), fmpq(c.numerator, c.denominator), Field())
    expected = oracles.rectangular_moments_by_partitions(cumulants, c)
    assert [F(int(t.p), int(t.q)) for t in terms_of(series, 5)[1:]] == expected


@exact
@given(st.lists(numbers, min_size=4, max_size=4), st.sampled_from(RATIOS))
def test_rectangular_cumulants_invert_the_sums_over_even_partitions(cumulants: list[Fraction], c: Fraction) -> None:
    moments = oracles.rectangular_moments_by_partitions(cumulants, c)
    series = rectangular_cumulants(series_of([F(1), *moments]), fmpq(c.numerator, c.denominator), Field())
    assert [F(int(t.p), int(t.q)) for t in terms_of(series, 5)[1:]] == cumulants


@pytest.mark.parametrize("c", RATIOS)
def test_only_the_first_rectangular_cumulant_of_gaussian_noise_is_not_zero(c: Fraction) -> None:
    expected = oracles.rectangular_cumulants_by_partitions(oracles.marchenko_pastur_moments(c, 4), c)
    assert expected == [1, 0, 0, 0]  # the oracle itself, on Narayana polynomials
    moments = [F(1), *fractions(marchenko_pastur(q(c)).moments(10))]
    series = rectangular_cumulants(series_of(moments), fmpq(c.numerator, c.denominator), Field())
    assert terms_of(series, 11) == [0, 1, *[0] * 9]


@exact
@given(nonnegative_leaves(), nonnegative_leaves(), st.sampled_from([F(1, 3), F(1, 2), F(1)]))
def test_rectangular_sums_have_the_moments_of_even_partitions(a: Composed, b: Composed, c: Fraction) -> None:
    law = a.law.rectangular_sum(b.law, q(c))
    assert fractions(law.moments(4)) == added(a.moments(4), b.moments(4), c)


@exact
@given(nonnegative_leaves(), nonnegative_leaves())
def test_rectangular_sums_commute(a: Composed, b: Composed) -> None:
    assert a.law.rectangular_sum(b.law, "1/2").equation == b.law.rectangular_sum(a.law, "1/2").equation


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (atoms([1]), atoms([4])),
        (atoms([1]), atoms([0, 4])),
        (atoms([1]), marchenko_pastur(1)),
        (atoms([0, 1]), marchenko_pastur(1)),
    ],
)
def test_square_rectangular_sums_are_free_sums_of_symmetric_roots(a: AlgebraicLaw, b: AlgebraicLaw) -> None:
    # at c = 1 the rectangular convolution is the free one of the symmetrised singular values
    square = (a.symmetric_root() + b.symmetric_root()) ** 2
    assert a.rectangular_sum(b, 1).equation == square.equation


def test_rectangular_sums_with_more_rows_than_columns() -> None:
    # c = 3/2: both laws carry the mass 1/3 at zero that the rank asks for
    a, b = marchenko_pastur("3/2"), atoms([0, 1], ["1/3", "2/3"])
    expected = added(oracles.marchenko_pastur_moments(F(3, 2), 4), [F(2, 3)] * 4, F(3, 2))
    assert fractions(a.rectangular_sum(b, "3/2").moments(4)) == expected


def test_the_companion_commutes_with_the_rectangular_sum() -> None:
    a, b, c = atoms([1, 4]), marchenko_pastur("1/2"), sympy.Rational(1, 2)
    there = a.rectangular_sum(b, c).companion(c)
    assert a.companion(c).rectangular_sum(b.companion(c), 1 / c).equation == there.equation


def test_noise_added_to_noise_is_noise_of_the_total_variance() -> None:
    s, t = sympy.symbols("s t", positive=True)
    law = (s * marchenko_pastur(C)).rectangular_sum(t * marchenko_pastur(C), C)
    assert sympy.expand(law.equation.expr - ((s + t) * marchenko_pastur(C)).equation.expr) == 0


@pytest.mark.parametrize("other", [marchenko_pastur(1), atoms([1, 4]), atoms([0])])
def test_the_rectangular_sum_with_zero_changes_nothing(other: AlgebraicLaw) -> None:
    zero = atoms([0])
    assert zero.rectangular_sum(other, "1/2").equation == other.equation
    assert other.rectangular_sum(zero, "1/2").equation == other.equation


def test_noise_on_zero_is_marchenko_pastur() -> None:
    s = sympy.Symbol("s", positive=True)
    assert atoms([0]).information_plus_noise(s, C).equation == (s * marchenko_pastur(C)).equation


def test_information_plus_noise_with_symbols_has_the_moments_of_even_partitions() -> None:
    s = sympy.Symbol("s", positive=True)
    moments = atoms([1, 3]).information_plus_noise(s, C).moments(4)
    signal = oracles.atom_moments([F(1), F(3)], [F(1, 2)] * 2, 4)
    for value, c in ((F(1, 2), F(1, 3)), (F(2), F(1))):
        noise = [value**k * m for k, m in enumerate(oracles.marchenko_pastur_moments(c, 4), start=1)]
        at = {s: q(value), C: q(c)}
        assert fractions([m.subs(at) for m in moments]) == added(signal, noise, c)


def test_information_plus_noise_is_the_law_of_the_matrices() -> None:
    rng = np.random.default_rng(31)
    p, n, s = 400, 800, 0.7
    a = np.zeros((p, n))
    a[np.arange(p), np.arange(p)] = np.sqrt(oracles.diagonal_of([1, 4], [0.5, 0.5], p))
    y = a + np.sqrt(s / n) * rng.standard_normal((p, n))
    law = atoms([1, 4]).information_plus_noise("7/10", "1/2")
    assert oracles.trace_moments(y @ y.T, 4) == pytest.approx([float(m) for m in law.moments(4)], rel=10 / p)


def test_a_rectangular_sum_is_the_law_of_the_matrices() -> None:
    rng = np.random.default_rng(32)
    p, n = 300, 600
    a, b = np.zeros((p, n)), np.zeros((p, n))
    index = np.arange(p)
    a[index, index] = np.sqrt(oracles.diagonal_of([1, 4], [0.5, 0.5], p))
    b[index, index] = np.sqrt(oracles.diagonal_of([0, 2], [0.5, 0.5], p))
    y = a + oracles.haar_orthogonal(p, rng) @ b @ oracles.haar_orthogonal(n, rng)
    law = atoms([1, 4]).rectangular_sum(atoms([0, 2]), "1/2")
    assert oracles.trace_moments(y @ y.T, 4) == pytest.approx([float(m) for m in law.moments(4)], rel=10 / p)


def test_a_doubly_correlated_wishart_is_the_law_of_the_matrices() -> None:
    rng = np.random.default_rng(33)
    p, n = 800, 400
    x = rng.standard_normal((p, n))
    a = np.sqrt(oracles.diagonal_of([1, 3], [0.5, 0.5], p))
    b = np.sqrt(oracles.diagonal_of([1, 2], [0.25, 0.75], n))
    y = a[:, None] * x * b[None, :] / np.sqrt(n)
    law = doubly_correlated_wishart(atoms([1, 3]), atoms([1, 2], ["1/4", "3/4"]), 2)
    assert oracles.trace_moments(y @ y.T, 4) == pytest.approx([float(m) for m in law.moments(4)], rel=15 / n)


def test_one_identity_makes_a_doubly_correlated_wishart_a_sample_covariance() -> None:
    law = atoms([1, 5], ["1/3", "2/3"])
    assert doubly_correlated_wishart(law, atoms([1]), C).equation == law.wishart(C).equation


def test_correlations_on_the_other_side_make_the_companion_of_a_sample_covariance() -> None:
    # X B X^T/n is the companion of B^(1/2) X^T X B^(1/2)/n = c times the sample covariance of ratio 1/c
    law, c = atoms([1, 5], ["1/3", "2/3"]), sympy.Rational(1, 3)
    expected = (c * law.wishart(1 / c)).companion(1 / c)
    assert doubly_correlated_wishart(atoms([1]), law, c).equation == expected.equation


@exact
@given(nonnegative_leaves().filter(lambda a: a.moments(1)[0] != 0), st.sampled_from(RATIOS))
def test_sample_covariances_have_the_moments_of_kreweras_complements(a: Composed, c: Fraction) -> None:
    expected = oracles.product_moments_by_partitions(a.moments(6), oracles.marchenko_pastur_moments(c, 6))
    assert fractions(a.law.wishart(q(c)).moments(6)) == expected


def test_a_sample_covariance_of_the_zero_matrix_is_zero() -> None:
    assert atoms([0]).wishart("1/2").equation == atoms([0]).equation


def test_rectangular_laws_specialise() -> None:
    s = sympy.Symbol("s", positive=True)
    a, b = atoms([1, s]), marchenko_pastur(s)
    for build in (
        lambda x, y, c: x.rectangular_sum(y, c),
        lambda x, y, c: x.information_plus_noise(s, c) if x is a else x.information_plus_noise("1/3", c),
        lambda x, y, c: doubly_correlated_wishart(x, y, c),
        lambda x, y, c: x.wishart(c),
    ):
        numeric = build(atoms([1, "1/3"]), marchenko_pastur("1/3"), "1/2")
        assert build(a, b, C).at(s="1/3", c="1/2").equation == numeric.equation


@pytest.mark.parametrize("name", ["v", "y", "h", "x", "u"])
def test_parameters_may_have_the_names_of_inner_variables(name: str) -> None:
    p = sympy.Symbol(name, positive=True)
    with within(10):
        symbolic = atoms([1, p]).rectangular_sum(marchenko_pastur(1), 1)
    numeric = atoms([1, 3]).rectangular_sum(marchenko_pastur(1), 1)
    z, m = sympy.symbols("z m")
    a, b = (sympy.Poly(e, z, m) for e in (symbolic.equation.expr.subs(p, 3), numeric.equation.expr))
    assert a * b.LC() == b * a.LC()


@pytest.mark.parametrize(
    ("build", "error", "message"),
    [
        (lambda: sample_covariance(atoms([-1, 1]), 1), DerivationError, "atoms\\(\\[-1, 1\\]\\) has mass below 0"),
        (lambda: sample_covariance(atoms([1]), 0), ParameterError, "c must be positive"),
        (lambda: doubly_correlated_wishart(semicircle(), atoms([1]), 1), DerivationError, "has mass below 0"),
        (lambda: doubly_correlated_wishart(atoms([1]), semicircle(), 1), DerivationError, "has mass below 0"),
        (lambda: doubly_correlated_wishart(atoms([1]), atoms([1]), -1), ParameterError, "c must be positive"),
        (lambda: information_plus_noise(atoms([1]), 0, 1), ParameterError, "s must be positive"),
        (lambda: information_plus_noise(atoms([1]), 1, 0), ParameterError, "c must be positive"),
        (lambda: information_plus_noise(semicircle(), 1, 1), DerivationError, "has mass below 0"),
        (lambda: information_plus_noise(atoms([1]), 1, 2), DerivationError, "has rank at most n"),
        (lambda: rectangular_sum(atoms([1]), atoms([1]), 0), ParameterError, "c must be positive"),
        (lambda: rectangular_sum(atoms([1]), semicircle(), 1), DerivationError, "has mass below 0"),
        (lambda: rectangular_sum(marchenko_pastur(2), atoms([0, 1]), 3), DerivationError, "too small an atom at 0"),
    ],
)
def test_input_outside_the_domain_is_refused(build: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        build()


@pytest.mark.parametrize("ratio", ["1/2", 1, 3, C])
@pytest.mark.parametrize("law", [atoms([1, 2, 5]), atoms([0, 1], ["1/3", "2/3"]), atoms([0]), marchenko_pastur("1/3")])
def test_silversteins_equation_is_that_of_the_free_product_with_marchenko_pastur(
    law: AlgebraicLaw, ratio: object
) -> None:
    assert law.sample_covariance(ratio).equation == (law @ marchenko_pastur(ratio)).equation
