"""Complex entries, adjoints, nested blocks: shapes, and laws against the real ones and against sampled matrices."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sympy

from resolvent.derive.errors import DerivationError, ParameterError
from resolvent.derive.expressions.expression import MatrixExpression
from resolvent.derive.expressions.law import law_of
from resolvent.derive.expressions.trace import trace_of
from resolvent.derive.laws.elementary import arcsine, atoms, kesten_mckay, marchenko_pastur, semicircle
from resolvent.derive.laws.matrix_functions import direct_sum
from resolvent.numeric.expressions import block, dimension, gaussian, given, haar, inv, kron, wigner
from resolvent.numeric.expressions.dyson_solver import DysonSolver
from resolvent.numeric.expressions.law import law_of as numeric_law_of
from resolvent.numeric.expressions.sampling import sample

p, n = dimension("p"), dimension("n")
X, S, U = gaussian("X", p, n, complex=True), wigner("S", p, complex=True), haar("U", p, complex=True)
R, T, W, V = gaussian("R", p, n), wigner("T", p), wigner("W", p), haar("V", p)
c = sympy.Symbol("c", positive=True)
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


# -- the imaginary unit among the scalars, where it does not leave the Dyson equation by itself -----------------------

UNIT = sympy.I
A, D = given("A", p, atoms([1, 3])), given("D", p, atoms([1, -1]))


@pytest.mark.parametrize("is_complex", [False, True])
def test_the_imaginary_part_of_a_haar_matrix(is_complex: bool) -> None:
    """The eigenvalues e^(i t) of U are uniform on the circle, and i (U - U^*) has -2 sin t."""
    u = haar("U", p, complex=is_complex)
    law = law_of(UNIT * (u - u.H))
    assert law == arcsine(2)
    assert law.derivation.check()


@pytest.mark.parametrize(
    ("model", "law"),
    [
        (UNIT * (V - V.T) + T, lambda: arcsine(2) + semicircle()),
        (UNIT * (V - V.T) + A, lambda: arcsine(2) + atoms([1, 3])),
        (kron([[1, UNIT], [-UNIT, 1]], T), lambda: direct_sum(semicircle(4), atoms([0]), "1/2")),
        (kron([[1, UNIT], [-UNIT, 1]], A), lambda: atoms([0, 2, 6], ["1/2", "1/4", "1/4"])),
        (block([[T, UNIT], [-UNIT, T]]), lambda: direct_sum(semicircle() + 1, semicircle() - 1, "1/2")),
    ],
    ids=lambda x: str(x) if isinstance(x, MatrixExpression) else "",
)
def test_the_imaginary_unit_may_stay_in_the_pencil(model: Any, law: Any) -> None:
    found = law_of(model)
    assert found.equation == law().equation
    assert found.derivation.check()


@pytest.mark.parametrize(
    ("model", "law"),
    [
        (UNIT * (T @ W - W @ T) + T @ T + W @ W, lambda: 2 * marchenko_pastur(1)),  # (T - i W)(T + i W)
        (T @ T + 2 * W @ W + sympy.sqrt(2) * (T @ W + W @ T), lambda: 3 * marchenko_pastur(1)),
        (T @ T + c * W @ W + sympy.sqrt(c) * (T @ W + W @ T), lambda: (1 + c) * marchenko_pastur(1)),
        (block([[UNIT * T, T]]) @ block([[UNIT * T], [T]]) + W, lambda: semicircle()),
        (block([[sympy.sqrt(c) * T, T]]) @ block([[sympy.sqrt(c) * T], [-c * T]]) + W, lambda: semicircle()),
    ],
    ids=lambda x: str(x) if isinstance(x, MatrixExpression) else "",
)
def test_squares_of_roots_are_numbers(model: Any, law: Any) -> None:
    """What is 0, or a square, by i^2 = -1 or sqrt(c)^2 = c alone."""
    found = law_of(model)
    assert found.equation == law().equation
    assert found.derivation.check()


@pytest.mark.parametrize("root", [UNIT, sympy.sqrt(2)], ids=str)
def test_an_inverse_that_does_not_exist_for_the_squares_of_its_roots(root: Any) -> None:
    singular = kron([[1, root], [root.conjugate(), root * root.conjugate()]], T + 3)
    with pytest.raises(DerivationError, match="does not exist"):
        law_of(inv(singular))


def test_a_root_that_is_a_product_of_others_is_refused() -> None:
    b = sympy.Symbol("b", positive=True)
    one, other, both = (sympy.sqrt(sympy.expand(x)) for x in (1 + b, 1 + c, (1 + b) * (1 + c)))
    with pytest.raises(DerivationError, match="is a product of others"):
        law_of(block([[one * T, T]]) @ block([[other * T], [-both * T]]) + W)


def test_resolvents_at_complex_points() -> None:
    """tr (T + W + i)^-1 T^2 (T + W - i)^-1: given T + W, T^2 has the mean (T + W)^2/4 + 1/2."""
    found = trace_of(inv(T + W + UNIT) @ T @ T @ inv(T + W - UNIT)).at()
    one = 0.5  # the mean of 1/(x^2 + 1) over the semicircle of variance 2: m(i)/i, where 4 m = sqrt(z^2 - 8) - z
    assert found == pytest.approx((1 - one) / 4 + one / 2)


def test_the_commutator_of_two_reflections_by_numbers() -> None:
    """A - 2 and D are symmetries, and (A - 2) D is a Haar unitary matrix: i[A, D] has the arcsine law."""
    z = np.array([0.5 + 0.5j, 2.5 + 0.1j])
    solved = DysonSolver.of(UNIT * (A @ D - D @ A)).solve(z).stieltjes
    assert np.abs(solved + 1 / (np.sqrt(z - 2) * np.sqrt(z + 2))).max() < 1e-12


def test_a_numeric_law_states_the_pencil_that_has_the_imaginary_unit() -> None:
    law = numeric_law_of(UNIT * (V - V.T) + T, numeric=True)
    assert "I*V" in law.derivation.text()
    assert law.derivation.check()


def test_other_roots_at_a_haar_matrix_are_named() -> None:
    u = haar("U", p)
    assert law_of(sympy.sqrt(2) * (u + u.T)).moments(4) == [0, 4, 0, 24]
