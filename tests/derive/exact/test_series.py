"""Power series: binomial and Catalan series, SymPy's expansions, and compositional inverses by composing them again."""

from __future__ import annotations

from fractions import Fraction
from math import comb

import flint
import pytest
import sympy
from flint import fmpq, fmpq_series
from hypothesis import given
from hypothesis import strategies as st

from resolvent.derive.errors import DerivationError
from resolvent.derive.exact.field import Field, to_element
from resolvent.derive.exact.precision import order
from resolvent.derive.exact.series import (
    FieldSeries,
    SeriesPolynomial,
    compose,
    cumulants_from_moments,
    make_series,
    moments_from_cumulants,
    resized,
    shifted,
    terms_of,
)
from tests import oracles
from tests.derive.laws.compositions import exact

C = sympy.Symbol("c")
FIELDS = [Field(), Field(("c",))]
numbers = st.fractions(-3, 3, max_denominator=4)


def rationals(series: object, n: int) -> list[Fraction]:
    return [
        Fraction(int(c.p), int(c.q)) for c in (t if isinstance(t, fmpq) else t.to_fmpq() for t in terms_of(series, n))
    ]


def made(field: Field, terms: list[Fraction], n: int) -> object:
    return make_series(field, [field.constant(t) for t in terms], n)


def symbolic(field: Field, *expressions: sympy.Expr) -> list[object]:
    return [field.coerce(to_element(e)[0]) for e in expressions]


@pytest.mark.parametrize("field", FIELDS, ids=["Q", "Q(c)"])
@exact
@given(st.lists(numbers, min_size=6, max_size=6), st.lists(numbers, min_size=6, max_size=6))
def test_products_are_convolutions(field: Field, a: list[Fraction], b: list[Fraction]) -> None:
    with order(6):
        assert rationals(made(field, a, 6) * made(field, b, 6), 6) == oracles.series_product(a, b, 6)


@pytest.mark.parametrize("field", FIELDS, ids=["Q", "Q(c)"])
@exact
@given(st.lists(numbers, min_size=6, max_size=6).filter(lambda a: a[0] != 0))
def test_inverses(field: Field, a: list[Fraction]) -> None:
    with order(6):
        assert rationals(1 / made(field, a, 6), 6) == oracles.series_inverse(a, 6)


@pytest.mark.parametrize("field", FIELDS, ids=["Q", "Q(c)"])
@exact
@given(st.lists(numbers, min_size=6, max_size=6).filter(lambda a: a[1] != 0))
def test_reversions(field: Field, a: list[Fraction]) -> None:
    terms = [Fraction(0), *a[1:]]
    with order(6):
        assert rationals(made(field, terms, 6).reversion(), 6) == oracles.series_reversion(terms, 6)


@pytest.mark.parametrize("field", FIELDS, ids=["Q", "Q(c)"])
def test_composition_with_zero_is_the_constant_term(field: Field) -> None:
    outer, inner = made(field, [Fraction(5), Fraction(7)], 4), made(field, [], 4)
    with order(4):
        assert rationals(compose(outer, inner), 4) == [5, 0, 0, 0]


def test_composition_over_parameters_is_that_of_sympy() -> None:
    field = Field(("c",))
    x = sympy.Symbol("x")
    outer = FieldSeries(field, symbolic(field, C, 1 + C, 1 / (1 - C), sympy.Integer(2)), 4)
    inner = FieldSeries(field, symbolic(field, sympy.Integer(0), C**2, sympy.Integer(-1), C), 4)
    inside = C**2 * x - x**2 + C * x**3
    expected = sympy.series(sympy.expand(C + (1 + C) * inside + inside**2 / (1 - C) + 2 * inside**3), x, 0, 4).removeO()
    for k, term in enumerate(terms_of(outer(inner), 4)):
        assert sympy.cancel(term.to_sympy({"c": C}) - expected.coeff(x, k)) == 0


def test_powers_over_parameters_are_binomial() -> None:
    field = Field(("c",))
    series = FieldSeries(field, symbolic(field, sympy.Integer(1), C), 6) ** 5
    assert [t.to_sympy({"c": C}) for t in terms_of(series, 6)] == [comb(5, k) * C**k for k in range(6)]


def test_valuation_of_zero_is_the_precision() -> None:
    assert FieldSeries(Field(("c",)), [], 7).valuation() == 7


@pytest.mark.parametrize("field", FIELDS, ids=["Q", "Q(c)"])
def test_shifts_move_terms_and_precision(field: Field) -> None:
    series = made(field, [Fraction(0), Fraction(0), Fraction(3), Fraction(4)], 4)
    down, up = shifted(series, -2), shifted(series, 3)
    assert (down.prec, up.prec) == (2, 7)
    assert rationals(down, 2) == [3, 4]
    assert rationals(up, 7) == [0, 0, 0, 0, 0, 3, 4]


@pytest.mark.parametrize("field", FIELDS, ids=["Q", "Q(c)"])
def test_resizing_keeps_the_terms(field: Field) -> None:
    series = made(field, [Fraction(1), Fraction(2), Fraction(3)], 3)
    assert rationals(resized(series, 5), 5) == [1, 2, 3, 0, 0]
    assert rationals(resized(series, 2), 2) == [1, 2]


def test_the_order_is_restored_after_an_error() -> None:
    before = flint.ctx.cap
    with pytest.raises(RuntimeError, match="inside"), order(before + 13):
        raise RuntimeError("inside")
    assert flint.ctx.cap == before


@pytest.mark.parametrize("field", FIELDS, ids=["Q", "Q(c)"])
def test_the_root_of_a_quadratic_is_the_catalan_series(field: Field) -> None:
    # Y = 1 + x Y^2
    rows = [[field.constant(1)], [field.constant(-1)], [field.constant(0), field.constant(1)]]
    if field.is_rational:
        rows = [[c.to_fmpq() for c in row] for row in rows]
    one = field.constant(1).to_fmpq() if field.is_rational else field.constant(1)
    root = SeriesPolynomial(field, rows).root([one], 12)
    assert rationals(root, 12) == [comb(2 * k, k) // (k + 1) for k in range(12)]


def test_a_germ_tells_roots_apart_that_agree_to_some_order() -> None:
    # (Y - 1 - x - x^2)(Y - 1 - x + x^3): the roots separate at x^2
    x, y = sympy.symbols("x y")
    poly = sympy.Poly(sympy.expand((y - 1 - x - x**2) * (y - 1 - x + x**3)), y)
    rows = [[fmpq(int(c)) for c in reversed(sympy.Poly(row, x).all_coeffs())] for row in reversed(poly.all_coeffs())]
    problem = SeriesPolynomial(Field(), rows)
    assert problem.separation([fmpq(1), fmpq(1)]) is None
    assert rationals(problem.root([fmpq(1), fmpq(1), fmpq(1)], 6), 6) == [1, 1, 1, 0, 0, 0]
    assert rationals(problem.root([fmpq(1), fmpq(1), fmpq(0)], 6), 6) == [1, 1, 0, -1, 0, 0]


def test_a_germ_of_no_single_root_is_refused() -> None:
    square = SeriesPolynomial(Field(), [[fmpq(1)], [fmpq(-2)], [fmpq(1)]])  # (Y - 1)^2
    with pytest.raises(DerivationError, match="do not single out one branch; give more of them"):
        square.root([fmpq(1)], 5)


@exact
@given(st.lists(numbers, min_size=7, max_size=7))
def test_moments_from_cumulants_are_sums_over_partitions(cumulants: list[Fraction]) -> None:
    series = fmpq_series([fmpq(1), *(fmpq(c.numerator, c.denominator) for c in cumulants)], prec=8)
    assert rationals(moments_from_cumulants(series, Field()), 8)[1:] == oracles.moments_by_partitions(cumulants)


@exact
@given(st.lists(numbers, min_size=7, max_size=7))
def test_cumulants_from_moments_invert_the_sums_over_partitions(cumulants: list[Fraction]) -> None:
    moments = oracles.moments_by_partitions(cumulants)
    series = fmpq_series([fmpq(1), *(fmpq(m.numerator, m.denominator) for m in moments)], prec=8)
    assert rationals(cumulants_from_moments(series, Field()), 8)[1:] == cumulants
