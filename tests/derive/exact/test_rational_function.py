"""Rational functions over Q: arithmetic by hand, and relations that are planted."""

from __future__ import annotations

from fractions import Fraction

import sympy
from flint import fmpq, fmpq_poly

from resolvent.derive.exact.rational_function import ONE, Rational, X, null_space, relations, x

A, B = Rational.of(ONE, x), Rational.of(x + 1, x * x - 4)


def test_arithmetic() -> None:
    one = Rational.of(ONE)
    assert (one / Rational.of(x)).derivative() == Rational.of(fmpq_poly([-1]), x * x)
    assert (Rational.of(x * x) - one) / Rational.of(x - 1) == Rational.of(x + 1)
    assert Rational.constant(Fraction(2, 3)) == Rational.constant(fmpq(2, 3))
    assert Rational.constant(2) * A + B == Rational.of(3 * x * x + x - 8, x * (x * x - 4))


def test_values_degree_and_expression() -> None:
    assert B(fmpq(1, 2)) == fmpq(3, 2) / (fmpq(1, 4) - 4)
    assert (A.degree, B.degree, Rational.of(x * x, x - 1).degree) == (1, 2, 2)
    assert sympy.simplify(B.to_sympy() - (X + 1) / (X**2 - 4)) == 0


def test_relations_hold_and_are_all() -> None:
    columns = [[A, B], [B, A], [A + B, A + B], [A - B, B - A], [A, A]]
    found = relations(columns)
    assert len(found) == 2
    for vector in found:
        for part in range(2):
            total = Rational.constant(0)
            for c, column in zip(vector, columns, strict=True):
                total += Rational.constant(c) * column[part]
            assert total.top == 0
    assert relations([[A], [B]]) == []


def test_null_space() -> None:
    assert null_space([[fmpq(0), fmpq(1), fmpq(2)]], 3) == [[1, 0, 0], [0, -2, 1]]
    assert null_space([[fmpq(1)]], 1) == []
    assert null_space([], 2) == [[1, 0], [0, 1]]
