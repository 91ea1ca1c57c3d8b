"""The field that two algebraic numbers generate, against SymPy's minimal polynomials and values in floating point."""

from __future__ import annotations

import random

import pytest
import sympy
from flint import fmpq_poly

from resolvent.derive.errors import ParameterError
from resolvent.derive.exact.compositum import Number, compositum

X = sympy.Symbol("x")
ROOTS = (
    sympy.sqrt(2),
    -sympy.sqrt(2),
    sympy.sqrt(8) + 1,
    sympy.sqrt(6) / 2 * 2,
    sympy.cbrt(2),
    sympy.sqrt(2) + sympy.sqrt(3),
    sympy.sqrt(5 + 2 * sympy.sqrt(6)),
    sympy.sqrt(2 + sympy.sqrt(2)),
    -sympy.sqrt(2 - sympy.sqrt(2)),
    sympy.CRootOf(X**5 - X - 1, 0),
    sympy.CRootOf(X**3 - 3 * X + 1, 0),
    sympy.CRootOf(X**3 - 3 * X + 1, 2),
)


def number(value: sympy.Expr) -> Number:
    polynomial = sympy.Poly(sympy.minimal_polynomial(value, X), X)
    return tuple(int(c) for c in reversed(polynomial.all_coeffs())), value


def at(polynomial: fmpq_poly, value: sympy.Expr) -> sympy.Expr:
    digits = sympy.N(value, 60)
    return sum(sympy.Rational(int(c.p), int(c.q)) * digits**k for k, c in enumerate(polynomial.coeffs()))


def vanishes(polynomial: tuple[int, ...], image: fmpq_poly, modulus: fmpq_poly) -> bool:
    total = fmpq_poly([0])
    for c in reversed(polynomial):
        total = (total * image + c) % modulus
    return total == 0


@pytest.mark.parametrize("seed", range(40))
def test_both_numbers_are_polynomials_in_the_generator(seed: int) -> None:
    one, other = random.Random(seed).sample(ROOTS, 2)
    alpha, beta = number(one), number(other)
    (coefficients, theta), first, second = compositum(alpha, beta)
    modulus = fmpq_poly(list(coefficients))
    assert len(modulus.numer().factor()[1]) == 1
    assert abs(at(modulus, theta)) < 1e-40
    assert vanishes(alpha[0], first, modulus)
    assert vanishes(beta[0], second, modulus)
    assert abs(at(first, theta) - sympy.N(one, 60)) < 1e-40
    assert abs(at(second, theta) - sympy.N(other, 60)) < 1e-40


def test_a_number_that_generates_both_is_taken() -> None:
    root, mixed = number(sympy.sqrt(2)), number(sympy.sqrt(2) + sympy.sqrt(3))
    assert compositum(root, mixed)[0] == compositum(mixed, root)[0] == mixed
    one, other = number(sympy.CRootOf(X**3 - 3 * X + 1, 0)), number(sympy.CRootOf(X**3 - 3 * X + 1, 2))
    assert compositum(one, other)[0] == one  # a cyclic cubic field


def test_a_field_beyond_the_limit_is_refused() -> None:
    one, other = number(sympy.Rational(2) ** sympy.Rational(1, 6)), number(sympy.CRootOf(X**5 - X - 1, 0))
    with pytest.raises(ParameterError, match="generate a field of degree 30, above the limit of 24; round one"):
        compositum(one, other)
    many = number(sympy.Rational(3) ** sympy.Rational(1, 17)), number(sympy.Rational(2) ** sympy.Rational(1, 19))
    with pytest.raises(ParameterError, match="of degree at most 323, above the limit"):
        compositum(*many)
