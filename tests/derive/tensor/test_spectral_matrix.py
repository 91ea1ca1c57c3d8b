"""Matrices of polynomials: characteristic polynomials against SymPy, and what is refused."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
import sympy
from flint import fmpz_mat

from resolvent.derive.equations.equation import Z
from resolvent.derive.errors import ParameterError
from resolvent.derive.tensor.spectral_matrix import SpectralMatrix

x, y, a = sympy.symbols("x y a")

MATRICES = {
    "one": ([[x * y + a]], None),
    "symmetric": ([[x, a, 1], [a, y, x], [1, x, 2]], None),
    "fractions": ([[x / a, y / 3], [y / 3, 1 / (a + 1)]], None),
    "metric": ([[x, y], [x, y]], (x, y)),
    "weighted": ([[1, 6 * x], [2 * x, y]], (1, 3)),
}
each_matrix = pytest.mark.parametrize(("rows", "metric"), MATRICES.values(), ids=MATRICES)


@each_matrix
def test_characteristic_polynomial_is_that_of_sympy(rows: Any, metric: Any) -> None:
    found = sympy.Poly(SpectralMatrix.of(rows, (x, y), metric).characteristic_expr, Z)
    expected = sympy.Matrix(rows).charpoly(Z)
    assert all(
        sympy.cancel(c) == 0 for c in (found.as_expr() / found.LC() - expected.as_expr()).as_poly(Z).all_coeffs()
    )


@each_matrix
def test_resolvent_trace_is_that_of_the_inverse(rows: Any, metric: Any) -> None:
    h = SpectralMatrix.of(rows, (x, y), metric)
    inverse = (sympy.Matrix(rows) - Z * sympy.eye(h.size)).inv(method="ADJ").trace() / h.size
    assert sympy.cancel(h.resolvent_trace().to_sympy(h.symbol_table) - inverse) == 0


@each_matrix
def test_minors_confirm_the_resolvent_trace(rows: Any, metric: Any) -> None:
    assert SpectralMatrix.of(rows, (x, y), metric).has_this_resolvent()


def test_minors_refute_a_wrong_characteristic_polynomial() -> None:
    h = SpectralMatrix.of([[x, 1], [1, y]], (x, y))
    h.__dict__["characteristic"] = h.characteristic + 1
    assert not h.has_this_resolvent()


def test_power_traces_are_those_of_integer_matrices() -> None:
    h = SpectralMatrix.of([[x, a, 1], [a, y, x], [1, x, 2]], (x, y))
    numbers = {"x": 3, "y": -2, "a": 5}
    traces, q = h.power_traces(h.characteristic, 8)
    power, matrix = fmpz_mat(3, 3, [1, 0, 0, 0, 1, 0, 0, 0, 1]), fmpz_mat(3, 3, [3, 5, 1, 5, -2, 3, 1, 3, 2])
    assert q == 1
    for trace in traces:
        names = trace.context().names()
        value = trace.compose(*(trace.context().constant(numbers[n]) for n in names))
        assert value == sum(int(power[i, i]) for i in range(3))
        power = power * matrix


def test_power_traces_carry_the_denominator() -> None:
    h = SpectralMatrix.of([[x / 2, sympy.Rational(1, 3)], [sympy.Rational(1, 3), 0]], (x,))
    traces, q = h.power_traces(h.characteristic, 4)
    numbers = [Fraction(int(next(iter(t.compose(t.context().constant(6)).to_dict().values())))) for t in traces]
    assert [n / Fraction(int(str(q))) ** d for d, n in enumerate(numbers)] == [2, 3, Fraction(83, 9), 28]


@pytest.mark.parametrize(
    ("rows", "metric", "words"),
    [
        ([[x, 1], [2, y]], None, "not self-adjoint"),
        ([[x, y], [x, y]], (y, x), "not self-adjoint"),
        ([[x, 1], [1, y]], (1,), "2 rows need as many weights"),
        ([[x, 1]], None, "must be square"),
        ([[x, 1], [1]], None, "must be square"),
        ([], None, "must be square"),
        ([[0] * 7] * 7, None, "1 to 6 rows"),
        ("x", None, "list of rows"),
        ([[1 / x]], None, "no polynomial in the variables"),
        ([[sympy.sqrt(x)]], None, "not a rational function"),
        ([[Z]], None, "reserved"),
    ],
)
def test_other_matrices_are_refused(rows: Any, metric: Any, words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        SpectralMatrix.of(rows, (x, y), metric)


def test_sympy_matrices_are_taken() -> None:
    assert SpectralMatrix.of(sympy.Matrix([[x, 1], [1, y]]), (x, y)).expr == sympy.ImmutableMatrix([[x, 1], [1, y]])
