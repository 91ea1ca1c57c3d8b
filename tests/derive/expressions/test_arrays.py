"""Numbers and arrays of NumPy in matrix expressions."""

from __future__ import annotations

from collections.abc import Callable
from operator import add, matmul, mul, sub, truediv
from typing import Any

import numpy as np
import pytest
import sympy

from resolvent.derive.errors import ParameterError
from resolvent.derive.expressions.letters import dimension, gaussian, wigner
from resolvent.derive.laws.elementary import semicircle
from resolvent.derive.laws.record import Law

p, n = dimension("p"), dimension("n")
X, S = gaussian("X", p, n), wigner("S", p)


@pytest.mark.parametrize(
    "build",
    [
        lambda: X @ X.T + np.eye(2),
        lambda: np.eye(2) + X @ X.T,
        lambda: S @ np.eye(2),
        lambda: np.eye(2) @ S,
        lambda: S * np.ones(2),
    ],
)
def test_an_array_is_refused_with_what_to_state_in_its_place(build: Callable[[], Any]) -> None:
    with pytest.raises(ParameterError, match="state a fixed matrix by its spectrum"):
        build()


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        ("1", "'1' is no matrix or number; write 3 or"),
        (semicircle(), r"semicircle\(1\) is no matrix or number; a matrix with that law is given"),
        (sympy.eye(2), "kron"),
        ([1, 2], r"\[1, 2\] is no matrix or number; blocks"),
        (None, "None is no matrix or number"),
        (True, "True is no matrix or number"),
    ],
    ids=str,
)
def test_what_is_no_operand_is_refused_by_every_operator(value: Any, hint: str) -> None:
    for operator in (add, sub, mul, truediv, matmul):
        with pytest.raises(ParameterError, match=hint):
            operator(S, value)
        if not isinstance(value, (Law, sympy.MatrixBase)):  # which speak for themselves
            with pytest.raises(ParameterError, match=hint):
                operator(value, S)


def test_other_objects_may_have_operators_of_their_own() -> None:
    class Own:
        __radd__ = __rmatmul__ = lambda self, other: "its own"

    assert S + Own() == S @ Own() == "its own"
    with pytest.raises(TypeError, match="unsupported operand"):
        S + object()


def test_a_number_times_a_matrix_is_written_with_a_star() -> None:
    for build in (lambda: 3 * S @ S @ 2, lambda: 2 @ (3 * S @ S)):
        with pytest.raises(ParameterError, match=r"write 2 \* \(3 \* \(S @ S\)\) for a multiple"):
            build()


def test_numbers_of_numpy_are_numbers() -> None:
    assert str(np.float64(0.5) * S + np.array(2)) == str(S / 2 + 2)
    assert str(S @ S / np.int64(3)) == str(S @ S / 3)
