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


def _unequal_run(p: int, n: int, share: float, seed: int) -> list[float]:
    """Test error (given w) and training error after 100 steps; features less the middle of the classes' means."""
    rng = np.random.default_rng(seed)
    y = np.where(np.arange(n) < round(share * n), 1.0, -1.0)
    mu = np.full(p, np.sqrt(2 / p))
    noise = rng.standard_normal((p, n))
    off = noise @ (1 - y * y.mean()) / (n * (1 - y.mean() ** 2))  # the error of the middle
    x = mu[:, None] * y + noise - off[:, None]
    w = rng.standard_normal(p) * np.sqrt(0.5 / p)
    for _ in range(100):
        w += 0.05 * x @ (y - x.T @ w) / n
    classes = [(1 + sign * y.mean()) / 2 * ndtr(-(w @ mu - sign * (w @ off)) / np.linalg.norm(w)) for sign in (1, -1)]
    return [float(sum(classes)), float(np.mean(y * (x.T @ w) <= 0))]


@pytest.mark.parametrize("share", [0.85, 0.15])
def test_classes_of_different_sizes(share: float) -> None:
    """Trained layers at two sizes; with equal classes the errors are 0.1608 and 0.0150."""
    descent = GradientDescent("1/2", 2, step=0.05, initial=0.5, imbalance=2 * share - 1)
    limit = np.array([float(descent.test_error(100)), float(descent.training_error(100))])
    assert limit == pytest.approx([0.1369, 0.0090], abs=1e-4)
    gaps = []
    for p, draws in ((40, 60), (400, 6)):
        runs = np.array([_unequal_run(p, 2 * p, share, seed) for seed in range(draws)])
        assert np.all(np.abs(runs.mean(axis=0) - limit) < 5 * runs.std(axis=0) / np.sqrt(draws) + 0.2 / p)
        gaps.append(np.sqrt(np.mean((runs[:, 0] - limit[0]) ** 2)))
    assert gaps[1] < gaps[0] / 2


def test_labels_of_one_class_are_refused() -> None:
    with pytest.raises(ParameterError, match="between these"):
        GradientDescent(1, 1, step=0.1, imbalance=1)
