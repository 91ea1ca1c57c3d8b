"""Derivatives of activations on arrays against differences, and their kinks."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import sympy

from resolvent.derive.activations.activation import activation
from resolvent.derive.errors import ParameterError

x = sympy.Symbol("x")
POINTS = np.array([-2.3, -1.1, -0.4, 0.3, 0.9, 1.7])
SMOOTH = ["linear", "relu", "leaky_relu", "abs", "hard_tanh", "sin", "cos", "exp", "erf", "gaussian", "He3", "tanh",
          "sigmoid", "softplus", "gelu", "silu", 2 * x**3 - x + 5]  # fmt: skip


@pytest.mark.parametrize("function", SMOOTH, ids=str)
def test_slope_is_the_limit_of_differences(function: Any) -> None:
    act = activation(function)
    step = 1e-5
    differences = (act(POINTS + step) - act(POINTS - step)) / (2 * step)
    assert act.slope(POINTS) == pytest.approx(differences, abs=1e-9)


def test_slope_of_ones_own_function_is_the_derivative_given() -> None:
    act = activation(math.atan, derivative=lambda t: 1 / (1 + t * t), name="atan")
    assert act.slope(POINTS) == pytest.approx(1 / (1 + POINTS**2))


@pytest.mark.parametrize("name", ["sign", "step"])
def test_functions_that_jump_have_no_slope(name: str) -> None:
    with pytest.raises(ParameterError, match="jumps"):
        activation(name).slope(POINTS)


def test_ones_own_function_needs_its_derivative() -> None:
    with pytest.raises(ParameterError, match="derivative="):
        activation(math.atan).slope(POINTS)


def test_slope_of_a_constant_polynomial_is_zero() -> None:
    assert (activation("polynomial", coefficients=[3]).slope(POINTS) == 0).all()


@pytest.mark.parametrize(
    ("act", "expected"),
    [
        (activation("relu"), (0.0,)),
        (activation("hard_tanh"), (-1.0, 1.0)),
        (activation("sign"), (0.0,)),
        (activation("tanh"), ()),
        (activation(abs, kinks=["1/2"]), (0.5,)),
    ],
)
def test_kinks_are_listed(act: Any, expected: tuple[float, ...]) -> None:
    assert act.kinks == expected
