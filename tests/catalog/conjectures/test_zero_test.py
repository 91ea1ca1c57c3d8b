"""The zero test: identities between roots are proved, and what differs in the thousandth digit is told apart."""

from __future__ import annotations

import pytest
import sympy
from flint import fmpq
from hypothesis import given, settings
from hypothesis import strategies as st

from resolvent.catalog.conjectures.zero_test import is_zero
from resolvent.language.formulas import parse_formula


@pytest.mark.parametrize(
    "text",
    [
        "sqrt(2)*sqrt(2) - 2",
        "sqrt(2) + sqrt(3) - sqrt(5 + 2*sqrt(6))",
        "2**(1/3)*4**(1/3) - 2",
        "(1 + sqrt(2))**-3*(1 + sqrt(2))**3 - 1",
        "abs(sqrt(2) - 3/2) - (3/2 - sqrt(2))",
        "max(sqrt(2), sqrt(3)) - min(sqrt(3), sqrt(5))",
        "(sqrt(5 + 2*6**(1/2)) - 3**(1/2))**2 - 2",
        "(2 + sqrt(5))**(1/3) + 2/(1 + sqrt(5)) - sqrt(5)",
        "-sqrt(8)/2 + sqrt(2)",
    ],
)
def test_identities_are_proved(text: str) -> None:
    assert is_zero(parse_formula(text), {}) is True


@pytest.mark.parametrize(
    "text", ["sqrt(2)*sqrt(2) - 2 + 10**-1000", "sqrt(2)*10**-300", "exp(-1000)", "sin(1)", "pi - 3"]
)
def test_what_is_not_zero_is_seen(text: str) -> None:
    assert is_zero(parse_formula(text), {}) is False


@pytest.mark.parametrize(
    "text",
    [
        "exp(1) - exp(1)",
        "pi - pi",
        "sqrt(-1)",
        "sqrt(2)**pi - sqrt(2)**pi",
        "2**(1/65) - 2**(1/65)",
        "1 + exp(-10**5) - 1",
    ],
)
def test_what_is_not_algebraic_is_left_open(text: str) -> None:
    assert is_zero(parse_formula(text), {}) is None


def test_parameters_take_part() -> None:
    formula = parse_formula("(1 - sqrt(c))**2 - (1 + c) + 2*sqrt(c)")
    assert is_zero(formula, {"c": fmpq(2)}) is True
    assert is_zero(parse_formula("2**c - 4"), {"c": fmpq(2)}) is True


SURDS = st.tuples(st.integers(-6, 6), st.integers(-4, 4), st.sampled_from([2, 3, 5, 8]))


@settings(max_examples=60, deadline=None)
@given(SURDS, SURDS)
def test_products_of_surds_agree_with_sympy(first: tuple[int, int, int], second: tuple[int, int, int]) -> None:
    """(a + b sqrt(d)) (e + f sqrt(g)) minus the product multiplied out, which SymPy writes down."""
    texts = [f"({a} + ({b})*sqrt({d}))" for a, b, d in (first, second)]
    product = sympy.expand(sympy.prod(a + b * sympy.sqrt(d) for a, b, d in (first, second)))
    assert is_zero(parse_formula(f"{texts[0]}*{texts[1]} - ({product})"), {}) is True
    assert is_zero(parse_formula(f"{texts[0]}*{texts[1]} - ({product}) + 10**-90"), {}) is False
