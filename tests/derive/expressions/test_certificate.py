"""Certificates: right polynomials pass by more than one way, wrong ones never do."""

from __future__ import annotations

from typing import Any

import pytest
import sympy

from resolvent.derive.expressions.branch import branch_of
from resolvent.derive.expressions.certificate import Certificate
from resolvent.derive.expressions.dyson import DysonSystem, dyson_system
from resolvent.derive.expressions.elimination import Elimination, Limits, eliminate
from resolvent.derive.expressions.letters import dimension, gaussian, given, haar, inv, projection, wigner
from resolvent.derive.expressions.pencil import pencil_of
from resolvent.derive.expressions.scaling import scales_of
from resolvent.derive.laws.elementary import atoms
from tests.derive.expressions.test_pencil import layers

p, n = dimension("p"), dimension("n")
X, Y = wigner("X", p), wigner("Y", p)
A = gaussian("A", p, n)
T, U, P = given("T", p, atoms([1, 3])), haar("U", p), projection("P", p, "1/2")
CASES = [
    (X @ Y + Y @ X, {}, True),
    (X @ Y @ X + Y, {}, True),
    (A @ A.T / n, {(p, n): sympy.Symbol("c", positive=True)}, True),
    (*layers(1), True),
    (T + U + U.T, {}, True),
    (P @ T + T @ P, {}, None),
    (X @ inv(1 + Y @ Y) @ X, {}, True),
]
IDS = [str(m)[:30] for m, _, _ in CASES]


def eliminated(model: Any, ratios: Any) -> tuple[Elimination, DysonSystem]:
    system = dyson_system(pencil_of(model, scales_of(model.dimensions(), ratios)), average=model is CASES[-1][0])
    found = eliminate(system, branch_of(system, enclosed=model is CASES[-1][0]), Limits())
    return found, system


@pytest.mark.parametrize(("model", "ratios", "alone"), CASES, ids=IDS)
def test_the_polynomial_of_an_elimination_passes(model: Any, ratios: Any, alone: bool | None) -> None:
    """With the moves of the elimination, and (where linear algebra finds the unknowns) without."""
    found, system = eliminated(model, ratios)
    assert Certificate(found.polynomial, system, found.moves).verdict() is True
    assert Certificate(found.polynomial, system).verdict() is alone


@pytest.mark.parametrize(("model", "ratios", "alone"), CASES, ids=IDS)
@pytest.mark.parametrize("wrong", ["z", "m", "1", "z*m**2"])
def test_other_polynomials_do_not_pass(model: Any, ratios: Any, alone: bool | None, wrong: str) -> None:
    found, system = eliminated(model, ratios)
    ring = found.polynomial.context()
    z, m = (ring.gen(ring.variable_to_index(name)) for name in "zm")
    change = {"z": z, "m": m, "1": ring.constant(1), "z*m**2": z * m**2}[wrong]
    assert Certificate(found.polynomial + change, system, found.moves).verdict() is not True
    assert Certificate(found.polynomial + change, system).verdict() is not True
