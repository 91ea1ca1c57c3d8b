"""What the step of the pencil says of its letters, against numbers: with them divided so, L has the resolvent."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sympy

import resolvent as rv
from resolvent.derive.expressions import rules

P, N = rv.dimension("p"), rv.dimension("n")
p, n, z = 3, 6, 7.5
SYMBOLS: dict[str, Any] = {
    "X": rv.gaussian("X", P, N),
    "Y": rv.gaussian("Y", P, P, variance=1 / N),
    "Z": rv.gaussian("Z", P, N),
    "S": rv.wigner("S", P),
}


def drawn() -> dict[str, Any]:
    """Matrices of numbers for the letters."""
    rng = np.random.default_rng(0)
    shapes = {"X": (p, n), "Y": (p, p), "Z": (p, n), "S": (p, p)}
    found = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    return {**found, "S": found["S"] + found["S"].T}


def value(entry: sympy.Expr, shape: tuple[int, int], letters: dict[str, Any]) -> Any:
    """An entry of a pencil as a block: a number is a multiple of the identity."""
    total = np.zeros(shape)
    for letter, factor in entry.as_coefficients_dict().items():
        name, _, is_transposed = str(letter).partition("^")
        number = {"1": 1.0, "z": z}.get(name)
        matrix = np.eye(*shape) * number if number is not None else letters[name]
        total += float(factor) * (matrix.T if is_transposed else matrix)
    return total


@pytest.mark.parametrize(
    ("model", "sizes", "words", "divided"),
    [
        (lambda m, p, n: m["X"] @ m["X"].T / n + m["S"], (p, n), ", where X is divided by sqrt(n)", "X"),
        (
            lambda m, p, n: (m["X"] @ m["Z"].T + m["Z"] @ m["X"].T) / p,
            (p, n, n),
            ", where X, Z are divided by sqrt(n)",
            "XZ",
        ),
        (lambda m, p, n: m["Y"] @ m["Y"].T + m["S"], (p, p), "", ""),
    ],
)
def test_a_pencil_says_what_its_letters_are_divided_by(
    model: Any, sizes: tuple[int, ...], words: str, divided: str
) -> None:
    law = rv.law_of(model(SYMBOLS, P, N), ratios={(P, N): sympy.Rational(p, n)})
    step = next(step for step in law.derivation.steps if step.rule is rules.LINEARISATION)
    assert step.text.partition(" for E")[2] == words
    letters = {name: a / np.sqrt(n) if name in divided else a for name, a in drawn().items()}
    rows = step.formulas[0].rhs.tolist()
    pencil = np.block(
        [
            [value(x, (a, b), letters) for x, b in zip(row, sizes, strict=True)]
            for row, a in zip(rows, sizes, strict=True)
        ]
    )
    assert np.allclose(np.linalg.inv(pencil)[:p, :p], np.linalg.inv(z * np.eye(p) - model(drawn(), p, n)))
