"""Recurrences against sequences computed by their combinatorial definitions."""

from __future__ import annotations

from math import comb

import pytest
import sympy
from flint import fmpq, fmpq_poly, fmpz_poly

from resolvent.derive.errors import ParameterError
from resolvent.derive.sequences.recurrence import Recurrence, cleared, recurrence_of

CATALAN = Recurrence((fmpz_poly([-2, -4]), fmpz_poly([2, 1])))
MOTZKIN = Recurrence((fmpz_poly([-3, -3]), fmpz_poly([-5, -2]), fmpz_poly([4, 1])))


def motzkin(n: int) -> int:
    return sum(comb(n, 2 * k) * comb(2 * k, k) // (k + 1) for k in range(n // 2 + 1))


def test_terms_are_those_of_the_definition() -> None:
    assert CATALAN.terms([1], 30) == [comb(2 * n, n) // (n + 1) for n in range(30)]
    assert MOTZKIN.terms([1, 1], 30) == [motzkin(n) for n in range(30)]


def test_fewer_terms_than_initial_ones() -> None:
    assert MOTZKIN.terms([1, 1, 2], 1) == [1]


def test_residuals_vanish_on_the_sequence_and_on_no_other() -> None:
    terms = [motzkin(n) for n in range(20)]
    assert MOTZKIN.holds_for(terms)
    terms[11] += 1
    assert [n for n, r in enumerate(MOTZKIN.residuals(terms)) if r] == [9, 10, 11]


def test_a_zero_of_the_leading_coefficient_asks_for_another_term() -> None:
    # (n - 3) u(n+1) = n u(n): u(4) is free
    recurrence = Recurrence((fmpz_poly([0, -1]), fmpz_poly([-3, 1])))
    assert recurrence.first_free == 5
    with pytest.raises(ParameterError, match="needs 5 initial terms; got 2"):
        recurrence.terms([0, 0], 9)
    assert recurrence.terms([0, 0, 0, 0, 7], 7) == [0, 0, 0, 0, 7, 28, 70]


def test_rational_roots_that_are_no_integers_do_not_count() -> None:
    assert Recurrence((fmpz_poly([1]), fmpz_poly([-1, 2]))).first_free == 1


def test_outer_zeros_and_denominators_go() -> None:
    half = fmpq(1, 2)
    found = recurrence_of([fmpq_poly([0]), fmpq_poly([-2, -4]) * half, fmpq_poly([2, 1]) * half, fmpq_poly([0])])
    # the first zero shifts n: p(n) -> p(n - 1), and nothing is said for n = 0
    assert found == Recurrence((fmpz_poly([0, 2, -4]), fmpz_poly([0, 1, 1])))
    assert cleared([fmpq_poly([fmpq(-1, 3)]), fmpq_poly([fmpq(-1, 6)])]) == (fmpz_poly([2]), fmpz_poly([1]))


def test_order_and_degree() -> None:
    assert (MOTZKIN.order, MOTZKIN.degree) == (2, 1)


def test_equal_recurrences_have_equal_hashes() -> None:
    assert hash(CATALAN) == hash(Recurrence((fmpz_poly([-2, -4]), fmpz_poly([2, 1]))))


def test_as_text_as_expression_and_in_latex() -> None:
    n = sympy.Symbol("n")
    u = sympy.Function("u")
    assert CATALAN.text() == "(-4*n - 2)*u(n) + (n + 2)*u(n+1) = 0"
    assert sympy.expand(CATALAN.to_sympy() - (-(4 * n + 2) * u(n) + (n + 2) * u(n + 1))) == 0
    assert r"m_{n+2}" in MOTZKIN.latex("m")
