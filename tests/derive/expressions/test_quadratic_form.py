"""Quadratic forms, against formulas in one trace and against sampled matrices."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sympy

from resolvent.derive.errors import ParameterError
from resolvent.derive.expressions.letters import commuting, dimension, gaussian, given, inv, wigner
from resolvent.derive.expressions.quadratic_form import quadratic_form
from resolvent.derive.expressions.trace import trace_of
from resolvent.derive.laws.elementary import atoms, semicircle
from resolvent.numeric.expressions.sampling import sample

p, n = dimension("p"), dimension("n")
X, W = gaussian("X", p, n, 3), wigner("W", p)
T = given("T", p, law=atoms([0, 2, 5], ["1/2", "1/4", "1/4"]))
A, B = commuting(["A", "B"], p, [(1, 2), (3, 0)], ["1/4", "3/4"])
lam = sympy.Symbol("lam", positive=True)
K = inv(X @ X.T / n + lam)
HALF: dict[Any, Any] = {(p, n): "1/2"}


def test_an_independent_vector_sees_the_trace() -> None:
    assert quadratic_form(K, HALF).relation == trace_of(K, HALF).relation


def test_a_column_sees_what_the_regularisation_leaves() -> None:
    """tr X^T K X/n = p (1 - lam tr K), by the definition of K; lengths of columns are p times the variance."""
    tau = trace_of(K, HALF).at(lam=2)
    assert quadratic_form(K, HALF, column_of=X).at(lam=2) == pytest.approx((1 - 2 * tau) / 3, abs=1e-12)


def test_a_fixed_vector_sees_the_given_matrix_with_its_masses() -> None:
    """The resolvent of T + W is that of T at a shifted place, in every direction (Pastur 1972)."""
    masses = ["1/8", "1/8", "3/4"]
    tau = trace_of(inv(T + W + 8)).at()
    found = quadratic_form(inv(T + W + 8), along={"T": masses}).at()
    expected = sum(float(sympy.Rational(m)) / (t + 8 - tau) for m, t in zip(masses, (0, 2, 5), strict=True))
    assert found == pytest.approx(expected, abs=1e-12)


def test_a_vector_along_commuting_matrices() -> None:
    value = quadratic_form(inv(A + B), along={"B": ["1/3", "2/3"]})
    assert value.at() == pytest.approx(1 / 9 + 2 / 9)


def test_against_sampled_matrices() -> None:
    found = quadratic_form(W @ X @ X.T @ W / n, HALF, column_of=X).at()
    drawn, size = [], 400
    for seed in range(4):
        x, w = (sample(m, {p: size, n: 2 * size}, rng) for m, rng in ((X, 2 * seed), (W, 2 * seed + 1)))
        vectors = x / np.linalg.norm(x, axis=0)
        drawn.append(np.mean(np.einsum("ij,ij->j", vectors, w @ x @ (x.T @ (w @ vectors)) / (2 * size))))
    assert np.mean(drawn) == pytest.approx(found, rel=0.02)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"column_of": X, "along": {"T": [1]}}, "leave out one of the two"),
        ({"column_of": W}, "columns are those of a Gaussian letter"),
        ({"column_of": gaussian("Y", n, p)}, "columns are those of a Gaussian letter"),
        ({"along": {"W": [1]}}, "along one given matrix"),
        ({"along": {"T": [1, 0]}}, "as many masses"),
        ({"along": {"T": ["1/2", "1/2", "1/2"]}}, "add up to 1"),
        ({"along": {"Q": [1]}}, "finitely many"),
    ],
)
def test_other_vectors_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        quadratic_form(T + W + given("Q", p, law=semicircle()), **options)


def test_shares_of_a_vector_are_not_negative() -> None:
    p = dimension("p")
    B = given("B", p, law=atoms([1, 3]))
    with pytest.raises(ParameterError, match="none is negative"):
        quadratic_form(inv(B + 8), along={"B": [2, -1]})


def test_a_fixed_vector_and_the_imaginary_unit() -> None:
    A, S, T, i = given("A", p, atoms([1, 3])), wigner("S", p), wigner("T", p), sympy.I
    commutator = i * (S @ A - A @ S)
    masses = {"A": ["1/4", "3/4"]}
    # its square is S A^2 S + A S^2 A - S A S A - A S A S: with t = tr A = 2 the form is E_u (tr A^2 + a^2 - 2 a t)
    assert quadratic_form(commutator @ commutator, along=masses).expr == 5 + 7 - 10
    # the law of the commutator of S and T is symmetric and that of their anticommutator, whatever i
    both = [quadratic_form(inv(e + A + 6), along=masses).at() for e in (i * (S @ T - T @ S), S @ T + T @ S)]
    assert both[0] == pytest.approx(both[1], abs=1e-12)
    with pytest.raises(ParameterError, match=r"form of E = I \* \(S @ A\) may be complex; ask for those of"):
        quadratic_form(i * S @ A, along=masses)
    with pytest.raises(ParameterError, match="grows"):
        quadratic_form(i * gaussian("X", p, p) @ A - i * A @ gaussian("X", p, p).T + A, along=masses)


def test_columns_without_length_are_refused() -> None:
    with pytest.raises(ParameterError, match="the columns of Z vanish"):
        quadratic_form(W, column_of=gaussian("Z", p, n, 0))
