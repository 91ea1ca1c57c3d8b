"""The language of matrices: shapes are checked where they are combined, and texts and LaTeX say what was written."""

from __future__ import annotations

from typing import Any

import pytest
import sympy

from resolvent.derive.errors import ParameterError
from resolvent.derive.expressions.expression import MatrixExpression, identity
from resolvent.derive.expressions.law import law_of
from resolvent.derive.expressions.letters import (
    block,
    commuting,
    dimension,
    gaussian,
    given,
    inv,
    kron,
    projection,
    wigner,
)
from resolvent.derive.laws.elementary import atoms

p, n = dimension("p"), dimension("n")
X, Y = gaussian("X", p, n), gaussian("Y", p, n)
S, T = wigner("S", p), wigner("T", p)
a = sympy.Symbol("a", positive=True)


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        (X @ X.T / n, "X @ X.T / n"),
        (2 * S - 3, "2 * S - 3"),
        (S @ (T + 1) @ S, "S @ (T + identity(p)) @ S"),
        (inv(S + a), "inv(S + a)"),
        ((S + T) ** 2, "(S + T) @ (S + T)"),
        (block([[0, X], [X.T, 0]]), "block([[0, X], [X.T, 0]])"),
        (-S, "-S"),
        (sympy.sqrt(a) * X / sympy.sqrt(n), "sqrt(a) * X / sqrt(n)"),
        (1 / S, "inv(S)"),
        ((X @ Y.T).T, "(X @ Y.T).T"),
    ],
)
def test_an_expression_prints_as_it_is_written(expression: MatrixExpression, text: str) -> None:
    assert str(expression) == text


@pytest.mark.parametrize(
    ("expression", "latex"),
    [
        (X @ X.T / n, r"\frac{1}{n} X X^{\top}"),
        (inv(S + a) @ S, r"\left(S + a I\right)^{-1} S"),
        (S - T, "S - T"),
        ((-S) @ (-T), "S T"),
        (S @ (-T), "-S T"),
        (block([[0, X], [X.T, 0]]), r"\begin{pmatrix} 0 & X \\ X^{\top} & 0 \end{pmatrix}"),
    ],
)
def test_latex(expression: MatrixExpression, latex: str) -> None:
    assert expression.latex() == latex


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: X @ Y, r"the shapes do not fit in X @ Y: p x n times p x n"),
        (lambda: X + S, r"the shapes do not fit in X \+ S: p x n plus p x p"),
        (lambda: X + 1, "X is p x n"),
        (lambda: 1 + X, "X is p x n"),
        (lambda: inv(X), "X is p x n"),
        (lambda: X**2, "X is p x n"),
        (lambda: S**0.5, "whole number"),
        (lambda: S * T, r"write S @ T"),
        (lambda: S / T, r"write S @ inv\(T\)"),
        (lambda: S / 0, "divided by zero"),
        (lambda: block([[S, X], [X, S]]), "block column 1 has blocks of different sizes"),
        (lambda: block([[0, X], [0, 0]]), "block row 2 has no matrix"),
        (lambda: gaussian("X", 3, n), "a size is a dimension"),
        (lambda: gaussian("2", p, n), "a letter first"),
        (lambda: gaussian("X", p, n, -1), "must not be negative"),
        (lambda: given("A", p, law=[1, 3]), "must be a law"),
        (lambda: projection("P", p, 2), "between 0 and 1"),
        (lambda: commuting(["A", "B"], p, [(1,)]), "one eigenvalue for each matrix"),
        (lambda: wigner("S", p, n), r"S is square and has one size, wigner\('S', p\); .* depends on no size; got n"),
        (lambda: wigner("S", p, variance=p), "depends on no size; got p"),
        (lambda: identity("p"), "a dimension"),  # type: ignore[arg-type]
        (lambda: dimension("z"), "spectral variable"),
    ],
)
def test_what_does_not_fit_is_refused_where_it_stands(build: Any, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        build()


@pytest.mark.parametrize(
    ("model", "ratios", "message"),
    [
        (X @ X.T, {(p, n): 1}, "grows like N.*divide it by that, n say"),
        (X @ X.T @ X @ X.T, {(p, n): 1}, r"divide it by that, n\*\*2 say"),
        (X @ X.T / sympy.sqrt(n), {(p, n): 1}, r"divide it by that, sqrt\(n\) say"),
        (X @ X.T + 1, {(p, n): 1}, r"the part X @ X.T grows faster"),
        (X @ X.T / n**2, {(p, n): 1}, "tends to zero"),
        (X @ X.T / n, {}, r"the ratio of n to p is missing"),
        (X @ X.T / n, {(p, n): -1}, "must be positive"),
        (X @ X.T / n, {(p, n): 1, (n, p): 2}, "contradict"),
        (X @ X.T / n, {"p": 1}, "two dimensions"),
        (S @ T, {}, "not self-adjoint"),
        (S @ T - T @ S, {}, r"where E.T is -E, I \* E is Hermitian"),
        (X, {(p, n): 1}, "only a square matrix"),
        (S + gaussian("S", p, p) / sympy.sqrt(p), {}, "two different matrices are called S"),
        (S + sympy.Symbol("z"), {}, "reserved"),
    ],
)
def test_a_model_without_a_law_is_refused(model: Any, ratios: Any, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        law_of(model, ratios)


def test_complex_numbers_of_python_are_exact() -> None:
    assert str((S @ T - T @ S) * 1j) == str((S @ T - T @ S) / -1j) == "I * (S @ T - T @ S)"
    assert str((0.1 + 2j) * S) == "(1 + 20*I) * S / 10"
    with pytest.raises(ParameterError, match="nan is not a rational number"):
        S * complex("nan")


def test_a_kronecker_product_is_a_block_matrix() -> None:
    table = [[0, 1], [2, 0]]
    assert {str(kron(small, S)) for small in (table, sympy.Matrix(table))} == {"block([[0, S], [2 * S, 0]])"}


def test_a_kronecker_product_with_anything_else_is_refused() -> None:
    with pytest.raises(ParameterError, match="small must be a list of rows or a SymPy matrix; got 3"):
        kron(3, S)  # type: ignore[arg-type]


def test_the_transpose_of_a_symmetric_matrix_is_itself() -> None:
    assert [A.T is A for A in (S, given("A", p, atoms([1])), identity(p))] == [True] * 3


def test_a_variance_profile_names_its_blocks() -> None:
    model = gaussian("X", [p, n], n, [[1], [2]])
    assert [x.variance for x in model.letters().values()] == [1, 2]


def test_a_size_is_no_number_of_a_spectrum() -> None:
    p, k = dimension("p"), dimension("k")
    with pytest.raises(ParameterError, match="the rank of the projection Q is relative to its size"):
        projection("Q", p, k)
    with pytest.raises(ParameterError, match="the spectrum of Q depends on the size k"):
        given("Q", p, law=atoms([0, 1], [1 - k, k]))
    with pytest.raises(ParameterError, match="depends on the size k"):
        commuting(["A", "B"], p, [(1, k), (2, 3)])


@pytest.mark.parametrize(("rank", "point"), [(0, 0), (1, 1)])
def test_projections_of_full_and_of_no_rank(rank: int, point: int) -> None:
    assert projection("P", dimension("p"), rank).letter.law == atoms([point])
