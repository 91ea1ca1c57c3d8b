"""Gradient descent for two classes: a layer that is really trained, with small steps and with large ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.special import ndtr

import resolvent as rv
from resolvent.catalog.entries.gradient_flow import two_classes
from resolvent.derive.errors import ParameterError
from resolvent.numeric.curves.gradient_descent import GradientDescent


def trained(p: int, c: float, rho: float, step: float, ridge: float, initial: float, steps: int) -> np.ndarray:
    """Test and training errors after 1, 2, ... steps, a row each."""
    rng = np.random.default_rng(11)
    x, y, mu = two_classes(p, rng, c=c, rho=rho)
    w = rng.standard_normal(len(x)) * np.sqrt(initial / len(x))
    errors = []
    for _ in range(steps):
        w = w - step * (x @ (x.T @ w - y) / len(y) + ridge * w)
        errors.append((float(ndtr(-(mu @ w) / np.linalg.norm(w))), float(np.mean(y * (x.T @ w) < 0))))
    return np.array(errors).T


@pytest.mark.parametrize(
    ("c", "rho", "step", "ridge", "initial"),
    [
        (0.5, 2.0, 0.05, 0.3, 0.5),
        (0.5, 2.0, 0.45, 0.3, 0.5),  # factors 1 - s (x + gamma) from 0.8 to -0.8
        (2.0, 1.0, 0.3, 0.0, 1.0),
        (1.0, 3.0, 0.3, 0.0, 0.0),
    ],
)
def test_a_trained_layer_has_these_errors_after_every_step(
    c: float, rho: float, step: float, ridge: float, initial: float
) -> None:
    steps = np.arange(1, 9)
    descent = GradientDescent(c, rho, step, ridge, initial)
    predicted = np.array([descent.test_error(steps), descent.training_error(steps)])
    gaps = [np.abs(trained(p, c, rho, step, ridge, initial, 8) - predicted).max() for p in (250, 2000)]
    assert gaps[1] < 0.02
    assert gaps[1] < gaps[0]


@pytest.mark.parametrize(("step", "initial"), [(0.02, 0.5), (0.3, 0.5), (0.4, 20.0), (0.41, 1e-4)])
def test_the_best_number_of_steps_is_that_of_all(step: float, initial: float) -> None:
    descent = GradientDescent("1/2", 2, step, 0.1, initial)
    steps = np.arange(1, 2001)
    errors = descent.test_error(steps)
    assert descent.best.time == steps[np.argmin(errors)]
    assert descent.best.error == pytest.approx(errors.min(), rel=1e-12)


def test_small_steps_are_the_flow() -> None:
    flow = rv.GradientFlow(2, 1, ridge=0.2, initial=0.3)
    gaps = []
    for step in (1e-2, 1e-4):
        descent = GradientDescent(2, 1, step, 0.2, 0.3)
        times = np.array([0.0, 0.5, 2.0, np.inf])
        gaps.append(np.abs(descent.test_error(np.round(times / step)) - flow.test_error(times)).max())
    assert gaps[0] < 5e-3
    assert gaps[1] < 0.02 * gaps[0]


def test_without_an_end_it_is_least_squares_and_from_zero_the_first_step_is_best() -> None:
    descent = GradientDescent("1/2", 2, 0.1)
    assert float(descent.test_error(np.inf)) == pytest.approx(float(rv.GradientFlow("1/2", 2).test_error(np.inf)))
    assert descent.best.time == 1
    assert descent.best.error == pytest.approx(float(descent.test_error(1)))
    heavy = GradientDescent("1/2", 2, 1e-4, ridge=1e4, initial=0.0)
    assert float(heavy.test_error(np.inf)) == pytest.approx(heavy.best.error, abs=1e-6)


@pytest.mark.parametrize("side", ["test", "training"])
def test_the_contour_is_that_of_the_descent_and_not_of_the_flow(side: Any) -> None:
    descent = GradientDescent("1/2", 2, 0.2, ridge=0.3, initial=0.5)
    found, bound = descent.contour(4, side)
    exact = getattr(descent, side)(4)
    assert float(found.mean) == pytest.approx(float(exact.mean), abs=bound)
    assert float(found.variance) == pytest.approx(float(exact.variance), abs=bound)
    with pytest.raises(ParameterError, match="whole steps"):
        descent.contour(1.5, side)


def test_the_time_axis_counts_steps() -> None:
    axes = GradientDescent(2, 1, 0.1, initial=0.1).plot([1, 2, 5, 10])
    assert axes.get_xlabel() == "steps"


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: GradientDescent(1, 2, 0.5), r"diverges with steps of 0\.5; they must be below 2 .* 0\.4444"),
        (lambda: GradientDescent(1, 2, 0.1, ridge=20), "diverges"),
        (lambda: GradientDescent(1, 2, 0.1).test_error(1.5), "whole steps"),
        (lambda: GradientDescent(1, 2, 0), "step|rate"),
    ],
)
def test_what_is_refused(build: Any, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        build()
