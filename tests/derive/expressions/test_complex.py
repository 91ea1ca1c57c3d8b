"""Complex entries, adjoints, nested blocks: shapes, and laws against the real ones and against sampled matrices."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sympy

from resolvent.derive.errors import DerivationError, ParameterError
from resolvent.derive.expressions.law import law_of
from resolvent.derive.expressions.trace import trace_of
from resolvent.derive.laws.elementary import kesten_mckay, marchenko_pastur
from resolvent.numeric.expressions import block, dimension, gaussian, haar, inv, kron, wigner
from resolvent.numeric.expressions.sampling import sample

p, n = dimension("p"), dimension("n")
X, S, U = gaussian("X", p, n, complex=True), wigner("S", p, complex=True), haar("U", p, complex=True)
R, T, V = gaussian("R", p, n), wigner("T", p), haar("V", p)
HALF = {(p, n): "1/2"}


def test_complex_matrices_have_the_laws_of_real_ones() -> None:
    assert law_of(X @ X.H / n, HALF) == marchenko_pastur("1/2")
    assert law_of(U + U.H + V + V.T) == kesten_mckay(4)
    assert law_of(S @ S + S) == law_of(T @ T + T)


@pytest.mark.parametrize(
    "model",
    [
        U + U.H + S,
        sympy.I * (S @ U - U.H @ S) + S @ S,
        block([[0, X], [X.H, 0]]) / sympy.sqrt(n),
        gaussian("Q", [p, p], n, [[1], [2]], complex=True) @ gaussian("Q", [p, p], n, [[1], [2]], complex=True).H / n,
        wigner("Z", [p, p], [[1, 2], [2, 0]], complex=True),
        kron([[1, 2], [2, 0]], T) + block([[T, 0], [0, S]]),
    ],
    ids=str,
)
def test_moments_against_sampled_matrices(model: Any) -> None:
    law = law_of(model, {(p, n): 1})
    drawn = [sample(model, {p: 300, n: 300}, seed) for seed in range(4)]
    assert all(np.array_equal(a, a.conj().T) or np.allclose(a, a.conj().T) for a in drawn)
    for k, moment in enumerate(law.moments(4), 1):
        seen = np.mean([np.trace(np.linalg.matrix_power(a, k)).real / len(a) for a in drawn])
        assert abs(seen - float(moment)) < 0.06 * float(law.moments(2 * k)[-1]) ** 0.5


def test_entries_and_unitarity_of_what_is_drawn() -> None:
    x = sample(X, {p: 200, n: 300}, 0)
    assert abs(np.mean(x * x)) < 0.02
    assert np.mean(abs(x) ** 2) == pytest.approx(1, abs=0.02)
    u = sample(U, {p: 100}, 0)
    assert np.allclose(u @ u.conj().T, np.eye(100))
    h = sample(S, {p: 300}, 0)
    assert np.mean(abs(h) ** 2) * 300 == pytest.approx(1, abs=0.03)


def test_a_transpose_of_complex_entries_is_refused() -> None:
    with pytest.raises(ParameterError, match=r"write \(X @ X\.H\)\.H for its adjoint"):
        _ = (X @ X.H).T


@pytest.mark.parametrize(
    ("expression", "adjoint"),
    [
        (X, "X.H"),
        (X.H, "X"),
        (X @ X.H @ U, "U.H @ (X @ X.H)"),
        (sympy.I * R, "(-I) * R.T"),
        ((sympy.I * R).T, "(-I) * R"),
        (inv(U + 2), "inv(U.H + 2)"),
        (block([[U, X], [0, 0 * X.H @ X]]), "block([[U.H, 0], [X.H, 0 * (X.H @ X)]])"),
        (R @ R.T @ V, "(R @ R.T @ V).T"),
    ],
    ids=str,
)
def test_adjoints(expression: Any, adjoint: str) -> None:
    assert str(expression.H) == adjoint


def test_the_trace_of_a_product_that_is_not_hermitian() -> None:
    assert str(trace_of(U @ S @ S @ U.H @ S @ S)) == "1"
    assert str(trace_of(X @ X.H @ inv(X @ X.H / n + 1) / n, HALF).at()) == str(
        trace_of(R @ R.T @ inv(R @ R.T / n + 1) / n, HALF).at()
    )


def test_nested_blocks_are_one_table() -> None:
    inner = block([[T, T @ T], [T @ T, T]])
    flat = block([[T, T @ T, R], [T @ T, T, R], [R.T, R.T, 0]])
    nested = block([[inner, kron([[1], [1]], R)], [kron([[1, 1]], R.T), 0]])
    assert nested.shape == flat.shape == "(p + p + n) x (p + p + n)"
    one, other = (sample(m, {p: 4, n: 3}, 0) for m in (nested, flat))
    assert np.allclose(one, other)
    assert nested.latex().count("pmatrix") == 8
    scaled = [block([[kron([[2, 1], [1, 0]], T), kron([[1], [1]], R) / sympy.sqrt(n)],
                     [kron([[1, 1]], R.T) / sympy.sqrt(n), 0]]),
              block([[2 * T, T, R / sympy.sqrt(n)], [T, 0, R / sympy.sqrt(n)],
                     [R.T / sympy.sqrt(n), R.T / sympy.sqrt(n), 0]])]  # fmt: skip
    assert law_of(scaled[0], {(p, n): 1}) == law_of(scaled[1], {(p, n): 1})


@pytest.mark.parametrize("is_complex", [False, True])
def test_the_root_of_minus_one_at_a_haar_matrix_is_refused(is_complex: bool) -> None:
    u = haar("U", p, complex=is_complex)
    with pytest.raises(DerivationError, match="the square root of -1 does not leave"):
        law_of(sympy.I * (u - u.H))


def test_other_roots_at_a_haar_matrix_are_named() -> None:
    u = haar("U", p)
    assert law_of(sympy.sqrt(2) * (u + u.T)).moments(4) == [0, 4, 0, 24]
