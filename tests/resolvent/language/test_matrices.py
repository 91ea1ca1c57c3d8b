"""Matrices as text: definitions, ratios and expressions read as they are written in Python; errors point at a place."""

from __future__ import annotations

from typing import Any

import pytest
import sympy

from resolvent.derive.errors import ParseError
from resolvent.derive.expressions.law import law_of
from resolvent.derive.laws.elementary import marchenko_pastur
from resolvent.language.matrices import parse_model
from resolvent.numeric.expressions import block, dimension, gaussian, identity, inv, kron, wigner

p, n = dimension("p"), dimension("n")
X, S = gaussian("X", p, n), wigner("S", p)
a = sympy.Symbol("a", positive=True)
LETTERS = ["X: gaussian(p, n)", "S: wigner(p)"]


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("X @ X.T / n", X @ X.T / n),
        ("S**2 - 2*S + 1/2", S**2 - 2 * S + sympy.Rational(1, 2)),
        ("inv(S + a) @ S", inv(S + a) @ S),
        ("sqrt(a) * X / sqrt(n)", sympy.sqrt(a) * X / sympy.sqrt(n)),
        ("block([[0, X], [X.T, 0]])", block([[0, X], [X.T, 0]])),
        ("S + a * identity(p)", S + a * identity(p)),
        ("-S", -S),
        ("(S @ S).T", (S @ S).T),
        ("(S @ X).H", (S @ X).T),
        ("kron([[0, 1], [1, a]], S)", kron([[0, 1], [1, a]], S)),
        ("kron([[1, I], [-I, sqrt(a)]], S)", kron([[1, sympy.I], [-sympy.I, sympy.sqrt(a)]], S)),
        (
            "block([[block([[S, 0], [0, S]]), kron([[1], [1]], X)], [kron([[1, 1]], X.T), 0]])",
            block([[block([[S, 0], [0, S]]), kron([[1], [1]], X)], [kron([[1, 1]], X.T), 0]]),
        ),
    ],
)
def test_a_text_is_the_expression_in_python(text: str, expression: Any) -> None:
    assert str(parse_model(text, LETTERS).expression) == str(expression)


def test_the_imaginary_unit_is_a_matrix_where_one_is_called_so() -> None:
    assert str(parse_model("I @ S @ I", ["I: wigner(p)", *LETTERS]).expression) == "I @ S @ I"


@pytest.mark.parametrize(
    ("definition", "shown"),
    [
        ("A: gaussian(p, n, 1/2)", "A: gaussian(p, n, 1/2)"),
        ("A: wigner(p, a)", "A: wigner(p, a)"),
        ("A: wigner(p, q)", "A: wigner(p, q)"),
        ("A: wigner(p, variance=n)", "A: wigner(p, n)"),
        ("A: haar(p)", "A: haar(p)"),
        ("A: given(p, atoms([1, 3]))", "A: given(p, atoms([1, 3]))"),
        ("A: gaussian(p, n, complex)", "A: gaussian(p, n, complex)"),
        ("A: wigner(p, 2, complex)", "A: wigner(p, 2, complex)"),
        ("A: haar(p, complex)", "A: haar(p, complex)"),
        ("A, B: commuting(p, [[1, 2], [3, 0]], [1/4, 3/4])", "A: given(p, [1, 3])"),
        ("A: projection(p, 1/3)", "A: given(p, atoms([0, 1], [2/3, 1/3]))"),
        ("A: given(p, law=atoms([1, 3]))", "A: given(p, atoms([1, 3]))"),
        ("A: gaussian(rows=p, columns=n, variance=1/2, complex=True)", "A: gaussian(p, n, 1/2, complex)"),
        ("A: wigner(size=p, complex=complex)", "A: wigner(p, complex)"),
        ("A: haar(p, complex=False)", "A: haar(p)"),
        ("A: projection(p, rank=1/3)", "A: given(p, atoms([0, 1], [2/3, 1/3]))"),
        ("A, B: commuting(p, weights=[1/4, 3/4], points=[[1, 2], [3, 0]])", "A: given(p, [1, 3])"),
    ],
)
def test_a_definition_makes_its_letter(definition: str, shown: str) -> None:
    letter = parse_model("A", [definition]).expression.letter
    assert letter is not None
    assert letter.definition == shown


@pytest.mark.parametrize("ratio", ["p/n = c", "p / n -> c", "p/n=c"])
def test_a_ratio(ratio: str) -> None:
    model = parse_model("X @ X.T / n", LETTERS, [ratio])
    assert dict(model.ratios) == {(p, n): sympy.Symbol("c", positive=True)}


def test_the_law_of_a_text() -> None:
    model = parse_model("X @ X.T / n", LETTERS, ["p/n = 1/2"])
    assert law_of(model.expression, model.ratios).equation == marchenko_pastur("1/2").equation


@pytest.mark.parametrize(
    ("text", "matrices", "ratios", "message"),
    [
        ("X @ X", LETTERS, [], r"the shapes do not fit in X @ X(.|\n)*\n      \^"),
        ("X @ Y", LETTERS, [], "define it"),
        ("1 + a", LETTERS, [], "no matrix occurs here"),
        ("X + 1", LETTERS, [], "X is p x n"),
        ("S * S", LETTERS, [], "write S @ S"),
        ("S ** a", LETTERS, [], "whole numbers"),
        ("S.real", LETTERS, [], "transpose"),
        ("C.T", ["C: gaussian(p, n, complex)"], [], r"write C\.H"),
        ("kron(S, S)", LETTERS, [], "a table of numbers first"),
        ("kron([[S]], S)", LETTERS, [], "a table of numbers first"),
        ("kron(S)", LETTERS, [], "takes a table of numbers and a matrix"),
        ("A", ["A, B: wigner(p)"], [], "one name is defined at a time"),
        ("A", ["A, B: commuting(p, [[1, 2, 3]])"], [], "one eigenvalue for each matrix"),
        ("A", ["A: gaussian([p, q], n, [[1]])"], [], "table of 2 rows"),
        ("invv(S)", LETTERS, [], "did you mean 'inv'"),
        ("inv(2)", LETTERS, [], "inv takes a matrix"),
        ("sqrt(S)", LETTERS, [], "sqrt takes a number"),
        ("block(S)", LETTERS, [], "square brackets"),
        ("identity(q)", LETTERS, [], "name of a size"),
        ("S if a else S", LETTERS, [], "no meaning"),
        ("S + m", LETTERS, [], "reserved"),
        ("S", ["S: wigner"], [], "a matrix is gaussian"),
        ("S", ["S: wigner()"], [], r"write wigner\(size, variance\)"),
        ("S", ["S: given(p, lew=atoms([1]))"], [], "no argument 'lew'; did you mean 'law'"),
        ("S", ["S: given(p, **q)"], [], r"no argument '\*\*'; its arguments are size, law"),
        ("S", ["S: given(p, size=q)"], [], "size is given twice"),
        ("S", ["S: wigner(p, complex=3)"], [], "complex is True or False"),
        ("S", ["S: wignr(p)"], [], "did you mean 'wigner'"),
        ("S", ["S wigner(p)"], [], "a matrix is defined as in"),
        ("S", ["S: wigner(3)"], [], "a size is a name"),
        ("S", ["S: wigner(p)", "S: wigner(p)"], [], "defined twice"),
        ("S", ["S: wigner(p, -1)"], [], "must not be negative"),
        ("S", LETTERS, ["p = c"], "a ratio is written"),
        ("S", LETTERS, ["p/q = c"], "q is no size"),
        ("__import__(S)", LETTERS, [], "unknown function"),
        ("S @ Y.T", LETTERS, [], r'\.T is of matrices, and this is a number; define it, --matrix "Y: gaussian'),
        ("S", ["S: wigner(p, n)"], [], r"wigner\(p\) is square and has one size; .* variance=n says clearly\n.*\n +\^"),
        ("S", ["S: wigner(p, p)"], [], "has one size; p stands for its variance\n"),
        ("S", ["S: wigner(p, q)", "X: gaussian(p, q)"], [], "has one size; q stands for its variance\n"),
        ("S", ["S: wigner(p, q, complex)", "X: gaussian(p, q)"], [], "has one size; q stands for its variance\n"),
        ("S", ["S: wigner(p, variance=q)", "X: gaussian(p, q)"], [], "which depends on no size; got q"),
        ("S", ["S: projection(p, n)"], [], "has one size; n stands for its rank, which rank=n says clearly"),
        ("S", ["S: projection(p, rank=q)", "X: gaussian(p, q)"], [], "relative to its size"),
        ("S", ["S: given(p, n)"], [], r"given\(p\) is square and has one size; n stands for its law"),
        ("S @ (2*a).H", LETTERS, [], r"\.H is of matrices, and this is a number\n"),
    ],
)
def test_what_has_no_meaning_is_refused(text: str, matrices: list[str], ratios: list[str], message: str) -> None:
    with pytest.raises(ParseError, match=message):
        parse_model(text, matrices, ratios)
