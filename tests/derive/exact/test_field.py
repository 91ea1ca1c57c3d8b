"""Exact coefficients: field axioms on random elements, SymPy's arithmetic, and the values of algebraic numbers."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sympy
from flint import fmpq, fmpz
from hypothesis import given
from hypothesis import strategies as st

from resolvent.derive.errors import DerivationError, ParameterError, ResolventError
from resolvent.derive.exact.extension import ALPHA, Extension
from resolvent.derive.exact.field import Element, Field, check_names, generated, polynomial_ring, to_element, to_fmpq
from resolvent.derive.exact.polynomials import generator, irreducible_factors, substitute, without_monomials
from resolvent.derive.laws.elementary import atoms, marchenko_pastur
from tests.derive.laws.compositions import exact

C, D = sympy.symbols("c d")
RATIONAL = Field(("c", "d"))
ROOT_TWO = Extension((), (((0,), -2), ((2,), 1)), sympy.sqrt(2))
ROOT_OF_C = Extension(("c",), (((0, 2), 1), ((1, 0), -1)), sympy.sqrt(C))


@st.composite
def elements(draw: st.DrawFn, field: Field = RATIONAL) -> Element:
    ring = field.ring
    exponents = st.tuples(*(st.integers(0, 2) for _ in ring.names()))
    terms = st.dictionaries(exponents, st.integers(-4, 4), min_size=1, max_size=3)
    top = ring.from_dict(draw(terms))
    parameters = polynomial_ring(field.names)  # denominators are free of the algebraic number
    exponents = st.tuples(*(st.integers(0, 2) for _ in parameters.names()))
    bottom = parameters.from_dict(draw(st.dictionaries(exponents, st.integers(-4, 4), min_size=1, max_size=3)))
    return field.element(top) if bottom.is_zero() else field.element(top, bottom)


def as_sympy(element: Element) -> sympy.Expr:
    return element.to_sympy({"c": C, "d": D})


@exact
@given(elements(), elements())
def test_arithmetic_is_that_of_sympy(a: Element, b: Element) -> None:
    x, y = as_sympy(a), as_sympy(b)
    for ours, theirs in ((a + b, x + y), (a - b, x - y), (a * b, x * y), (a**3, x**3), (2 - a, 2 - x)):
        assert sympy.cancel(as_sympy(ours) - theirs) == 0


@exact
@given(elements(), elements())
def test_division_is_that_of_sympy(a: Element, b: Element) -> None:
    if b:
        assert sympy.cancel(as_sympy(a / b) - as_sympy(a) / as_sympy(b)) == 0
        assert sympy.cancel(as_sympy(1 / b) * as_sympy(b)) == 1
        assert b**-2 == 1 / (b * b)


@exact
@given(elements(), elements(), elements())
def test_equality_is_structural(a: Element, b: Element, c: Element) -> None:
    left, right = (a + b) * c, a * c + b * c
    assert (left.numerator, left.denominator) == (right.numerator, right.denominator)


@exact
@given(elements(Field((), ROOT_TWO)))
def test_inverses_in_a_quadratic_extension(a: Element) -> None:
    if a:
        assert a * a.inverse() == 1


@exact
@given(elements(Field(("c",), ROOT_OF_C)), elements(Field(("c",), ROOT_OF_C)))
def test_arithmetic_with_the_root_of_a_parameter(a: Element, b: Element) -> None:
    at = {C: sympy.Rational(9, 4)}
    symbols = {"c": C}
    ours = (a * b + a).to_sympy(symbols)
    x, y = a.to_sympy(symbols), b.to_sympy(symbols)
    if not any(v.subs(at).has(sympy.zoo, sympy.nan) for v in (x, y)):
        assert sympy.simplify(ours.subs(at) - (x * y + x).subs(at)) == 0


def test_equal_elements_of_different_fields_have_equal_hashes() -> None:
    small = Field(("c",)).generator("c") + 1
    large = RATIONAL.generator("c") + 1
    assert small == large
    assert hash(small) == hash(large)


def test_elements_of_two_fields_meet_in_the_joined_field() -> None:
    total = Field(("c",)).generator("c") + Field(("d",)).generator("d")
    assert as_sympy(total) == C + D
    assert total.field == RATIONAL


def test_evaluation_is_substitution() -> None:
    element = to_element((C**2 - D) / (C + D))[0]
    assert as_sympy(element.evaluate({"c": fmpq(1, 2)})) == sympy.cancel(
        (sympy.Rational(1, 4) - D) / (D + sympy.Rational(1, 2))
    )
    assert element.evaluate({"c": fmpq(1), "d": fmpq(3)}).to_fmpq() == fmpq(-1, 2)


def test_evaluation_at_a_pole_divides_by_zero() -> None:
    with pytest.raises(ZeroDivisionError, match="field of rational functions"):
        to_element(1 / (C - 1))[0].evaluate({"c": fmpq(1)})


def test_zero_has_no_inverse() -> None:
    with pytest.raises(ZeroDivisionError, match="division by zero"):
        RATIONAL.constant(0).inverse()


def test_no_denominator_is_zero() -> None:
    ring = RATIONAL.ring
    with pytest.raises(ZeroDivisionError, match="division by zero"):
        RATIONAL.element(ring.constant(1), ring.constant(0))


def test_a_parameter_is_no_rational_number() -> None:
    with pytest.raises(ValueError, match="is not a rational number"):
        RATIONAL.generator("c").to_fmpq()


def test_numbers_of_two_extensions_meet_in_one_that_holds_both() -> None:
    root_two, root_three = (generated((-k, 0, 1), sympy.sqrt(k)) for k in (2, 3))
    total = root_two + root_three
    assert total.field.extension is not None
    assert total.field.extension.number == ((1, 0, -10, 0, 1), sympy.sqrt(2) + sympy.sqrt(3))
    assert (total - root_three) ** 2 == 2
    assert total == generated((1, 0, -10, 0, 1), sympy.sqrt(5 + 2 * sympy.sqrt(6)))
    assert len({root_two, total - root_three}) == 1


def test_a_root_of_a_parameter_does_not_join_with_another_one() -> None:
    with pytest.raises(DerivationError, match=r"two different algebraic extensions.*give the parameters values"):
        Field((), ROOT_TWO).join(Field(("c",), ROOT_OF_C))


def test_laws_of_two_different_algebraic_numbers_add() -> None:
    # the moments of (MP + 1)^-1 lie in Q(sqrt 5) at c = 1 and in Q(sqrt 17) at c = 1/2
    first, second = ((marchenko_pastur(c) + 1).inverse() for c in (1, "1/2"))
    (a1, a2), (b1, b2) = first.moments(2), second.moments(2)
    assert a1.has(sympy.sqrt(5))
    assert b1.has(sympy.sqrt(17))
    mean, square = (first + second).moments(2)
    assert sympy.expand(mean - a1 - b1) == sympy.expand(square - a2 - 2 * a1 * b1 - b2) == 0


def test_an_extension_at_numbers_stays_integral_or_raises() -> None:
    assert ROOT_OF_C.specialise({"c": fmpq(5)}).value == sympy.sqrt(5)
    with pytest.raises(DerivationError, match="lost integrality"):
        ROOT_OF_C.specialise({"c": fmpq(1, 2)})


def test_the_generator_of_an_extension_satisfies_its_equation() -> None:
    alpha = Field((), ROOT_TWO).generator(ALPHA)
    assert alpha**2 == 2
    assert (1 + alpha) ** 3 == 7 + 5 * alpha


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (3, fmpq(3)),
        (fmpz(7), fmpq(7)),
        (0.1, fmpq(1, 10)),
        ("3/4", fmpq(3, 4)),
        ("-0.25", fmpq(-1, 4)),
        ("1e-3", fmpq(1, 1000)),
        (Fraction(5, 6), fmpq(5, 6)),
        (fmpq(2, 3), fmpq(2, 3)),
        (sympy.Rational(-7, 3), fmpq(-7, 3)),
        (sympy.Float("0.5"), fmpq(1, 2)),
        (np.float64(0.3), fmpq(3, 10)),
        (np.int64(12), fmpq(12)),
        (Decimal("0.125"), fmpq(1, 8)),
    ],
)
def test_numbers_are_read_exactly(value: Any, expected: fmpq) -> None:
    assert to_fmpq(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.int64(2**53 + 1), fmpq(2**53 + 1)),
        (Decimal("0.12345678901234567890123"), fmpq(12345678901234567890123, 10**23)),
    ],
)
def test_exact_numbers_do_not_pass_through_floats(value: Any, expected: fmpq) -> None:
    assert to_fmpq(value) == expected


def test_a_name_is_told_how_to_become_a_parameter() -> None:
    with pytest.raises(ParameterError, match=r"3/4 or 0.75; a parameter is rv.parameter\('c', positive=True\)"):
        to_fmpq("c")


@pytest.mark.parametrize(
    "value",
    ["one half", "1/0", float("nan"), float("inf"), None, [1], 1j, True, "", object()],
)
def test_what_is_no_number_is_refused(value: Any) -> None:
    with pytest.raises(ParameterError, match="is not a rational number; write it as 3/4"):
        to_fmpq(value)


@pytest.mark.parametrize(
    "expression", [sympy.sqrt(C), sympy.pi, sympy.sqrt(2), sympy.exp(C), C**D, sympy.oo, sympy.nan]
)
def test_what_is_no_rational_function_is_refused(expression: sympy.Expr) -> None:
    with pytest.raises(ParameterError, match="is not a rational function of parameters"):
        to_element(expression)


def test_division_by_a_hidden_zero_is_refused() -> None:
    hidden = sympy.Pow(sympy.Add(C**2 - 1, -(C - 1) * (C + 1), evaluate=False), -1, evaluate=False)
    with pytest.raises(ParameterError, match="divides by zero"):
        to_element(hidden)


@pytest.mark.parametrize("name", ["z", "m", "G", ALPHA])
def test_names_of_spectral_variables_are_reserved(name: str) -> None:
    with pytest.raises(ParameterError, match="is reserved for the spectral variables"):
        to_element(sympy.Symbol(name))


@pytest.mark.parametrize("name", ["a b", "c'", "2x", "x_{1}"])
def test_names_that_are_no_identifiers_are_refused(name: str) -> None:
    with pytest.raises(ParameterError, match="cannot name a parameter; use letters, digits and _"):
        to_element(sympy.Symbol(name))


def test_two_symbols_of_one_name_are_refused() -> None:
    with pytest.raises(ParameterError, match="two different parameters are called 'c'"):
        check_names([sympy.Symbol("c"), sympy.Symbol("c", positive=True)])


def test_two_symbols_of_one_name_are_refused_across_laws() -> None:
    first, second = marchenko_pastur(sympy.Symbol("c", positive=True)), atoms([0, sympy.Symbol("c")])
    with pytest.raises(ParameterError, match="two different parameters are called 'c'"):
        first + second


def test_errors_hold_their_objects() -> None:
    with pytest.raises(ResolventError) as caught:
        to_fmpq("x")
    assert caught.value.objects == {"value": "x"}


def test_substitution_clears_each_denominator_once() -> None:
    ring = polynomial_ring(("x", "y"))
    x, y = generator(ring, "x"), generator(ring, "y")
    image = substitute(x**2 * y + x + y, ring, {"x": (x + 1, y), "y": (x, x - 1)})
    # x -> (x+1)/y of degree 2 and y -> x/(x-1) of degree 1, so y^2 (x-1) is multiplied in
    u, v = sympy.symbols("x y")
    expected = sympy.cancel(((u + 1) ** 2 / v**2 * u / (u - 1) + (u + 1) / v + u / (u - 1)) * v**2 * (u - 1))
    assert sympy.expand(sympy.sympify(str(image).replace("^", "**")) - expected) == 0


def test_monomials_and_content_are_cleared() -> None:
    ring = polynomial_ring(("x", "y"))
    x, y = generator(ring, "x"), generator(ring, "y")
    assert without_monomials(-6 * x**3 * y * (x - y) ** 2) == (x - y) ** 2
    assert without_monomials(ring.constant(0)).is_zero()


def test_factors_without_the_generator_are_dropped() -> None:
    ring = polynomial_ring(("x", "y"))
    x, y = generator(ring, "x"), generator(ring, "y")
    product = (y + 2) * (x * y - 1) ** 2 * (x + y**2)
    assert set(map(str, irreducible_factors(product, "x"))) == {str(x * y - 1), str(x + y**2)}


@pytest.mark.parametrize("value", [sympy.sqrt(2), sympy.pi, sympy.exp(1) / 3, sympy.sqrt(2) + sympy.sqrt(3)])
def test_irrational_numbers_are_not_rounded_silently(value: sympy.Expr) -> None:
    with pytest.raises(ParameterError, match=r"is not a rational number; if it may be rounded, give a decimal number"):
        to_fmpq(value)
