"""Laws of matrices read as free operations: their atoms against certified ones, and readings that are wrong."""

from __future__ import annotations

import pickle
import random

import pytest
import sympy

from resolvent.derive.expressions.expression import MatrixExpression, identity
from resolvent.derive.expressions.law import law_of
from resolvent.derive.expressions.letters import block, commuting, dimension, gaussian, given, haar, inv, wigner
from resolvent.derive.laws.elementary import atoms
from resolvent.derive.phases.known_atoms import known_atoms
from resolvent.derive.phases.symbolic_atoms import symbolic_atoms
from resolvent.derive.support.support import skeleton

C, W = sympy.Symbol("c", positive=True), sympy.Symbol("w", positive=True)
p, n = dimension("p"), dimension("n")
X, Y, S, U = gaussian("X", p, n), gaussian("Y", p, n, 2), wigner("S", p), haar("U", p)
T, P = given("T", p, atoms([0, 1], [W, 1 - W])), given("P", p, atoms([0, 1, 2]))
Q = given("Q", n, atoms([0, 3]))
ZERO = 0 * identity(p)
COVARIANCE = X @ X.T / n


@pytest.mark.parametrize(
    "model",
    [
        COVARIANCE,
        COVARIANCE + Y @ Y.T / n,
        COVARIANCE - T + 2,
        sympy.sqrt(C) * S + T,
        T @ COVARIANCE @ T,
        X @ Q @ X.T / n,
        X.T @ P @ X / p,
        inv(COVARIANCE + 1),
        inv(P + 1) + COVARIANCE,
        P @ U @ T @ U.T @ P,
        P + U @ T @ U.T,
        P @ P @ P,
        (X @ Y.T / n) @ (X @ Y.T / n).T,
        block([[X, Y]]) @ block([[X, Y]]).T / n,
        block([[X], [Y]]) @ block([[X], [Y]]).T / n,
        block([[COVARIANCE, 0], [0, T]]),
        block([[0, X @ Q], [(X @ Q).T, 0]]) / sympy.sqrt(n),
        block([[0, X @ Q / p], [(X @ Q / p).T, 0]]) * sympy.sqrt(p),
    ],
    ids=str,
)
def test_atoms_of_a_matrix_at_random_parameters(model: MatrixExpression) -> None:
    law = law_of(model, ratios={(p, n): C} if n in model.dimensions() else None)
    found = symbolic_atoms(law)
    assert known_atoms(law) is not None
    rng = random.Random(1)
    for _ in range(4):
        values = {C: sympy.Rational(rng.randint(1, 40), 11), W: sympy.Rational(rng.randint(1, 12), 13)}
        frame = skeleton(law.at({s: v for s, v in values.items() if s in law.parameters}).equation)
        certified = {a.point.to_sympy(): a.weight.to_sympy() for a in frame.atoms}
        here = {a.point.subs(values): a.weight.subs(values) for a in found if a.weight is not None}
        assert {place: weight for place, weight in here.items() if weight} == certified


@pytest.mark.parametrize(
    "model",
    [
        block([[S, 0], [0, ZERO]]) + block([[ZERO, 0], [0, wigner("R", p)]]),  # blocks are not free from one another
        block([[T, 0], [0, ZERO]]) @ block([[S @ S, 0], [0, S @ S]]) @ block([[T, 0], [0, ZERO]]),
        S @ T + T @ S,
        COVARIANCE + X @ Y.T / n + Y @ X.T / n,
        sum(commuting(["A", "B"], p, [(0, 1), (1, 0)])),
    ],
    ids=str,
)
def test_what_is_not_free_is_not_taken_for_it(model: MatrixExpression) -> None:
    assert known_atoms(law_of(model, ratios={(p, n): C})) is None


def test_a_copy_finds_its_operations_too() -> None:
    law = law_of(COVARIANCE + T, ratios={(p, n): C})
    assert known_atoms(pickle.loads(pickle.dumps(law))) == known_atoms(law) != {}  # noqa: S301
    (atom,) = symbolic_atoms(law, c=2, w="3/4")
    assert (atom.point, atom.weight) == (0, sympy.Rational(1, 4))
