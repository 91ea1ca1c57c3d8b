"""Numbers and arrays of NumPy in matrix expressions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from resolvent.derive.errors import ParameterError
from resolvent.derive.expressions.letters import dimension, gaussian, wigner

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


def test_numbers_of_numpy_are_numbers() -> None:
    assert str(np.float64(0.5) * S + np.array(2)) == str(S / 2 + 2)
    assert str(S @ S / np.int64(3)) == str(S @ S / 3)
