"""One gradient step: checked values, the threshold, misprints, and real steps at two sizes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from resolvent.catalog import get
from resolvent.catalog.networks.gradient_step import GradientStep, gradient_step
from resolvent.derive.errors import ParameterError

SETTINGS: dict[str, float] = {"units": 2, "samples": 4, "noise": 0.2}


def step(rate: float) -> GradientStep:
    return gradient_step("tanh", "relu", rate=rate, **SETTINGS)


@pytest.mark.parametrize("rate", [3.2, 4.0, 10.0])
@pytest.mark.parametrize("units", [0.5, 1.0, 2.0])
def test_closed_forms(rate: float, units: float) -> None:
    """s_1 and both overlaps above the threshold theta^2 > sqrt(c); FORMULAS O."""
    found = gradient_step("tanh", "relu", rate=rate, units=units, samples=4, noise=0.2)
    squared, c = found.strength**2, units
    assert found.result.threshold == pytest.approx(c**0.25, rel=1e-9)
    if squared > math.sqrt(c):
        assert found.singular_value**2 == pytest.approx((1 + squared) * (c + squared) / squared, rel=1e-10)
        left = 1 - c * (1 + squared) / (squared * (squared + c))
        right = 1 - (c + squared) / (squared * (squared + 1))
        assert (found.result.overlap, found.result.right_overlap) == pytest.approx((left, right), rel=1e-8)


def test_the_parameters_of_the_figure_are_below_the_threshold() -> None:
    """Misprint: at eta = 2 no singular value leaves the bulk."""
    found = step(2)
    assert found.strength < found.result.threshold
    assert found.singular_value == pytest.approx(1 + math.sqrt(2))
    assert found.overlap_with_teacher == 0
    w, *_ = found.run(300, np.random.default_rng(0))
    assert np.linalg.svd(w, compute_uv=False)[0] < 1.02 * (1 + math.sqrt(2))


def test_the_printed_bound_holds_without_saying_anything() -> None:
    """Misprint (21): G_0 itself vanishes, with and without its rank-one part; sqrt(N) G_0 does not."""
    norms, remainders = [], []
    for inputs in (60, 240):
        found = step(1)
        w, beta, direction, _ = found.run(inputs, np.random.default_rng(1))
        units, n = len(w), 4 * inputs
        start = np.random.default_rng(1).standard_normal((units, inputs)) / math.sqrt(inputs)
        scaled = w - start  # sqrt(N) G_0
        part = float(found.student.hermite(1)) / n * np.outer(beta, direction)
        norms.append(np.linalg.norm(scaled, 2))
        remainders.append(np.linalg.norm(scaled - part, 2))
    assert norms[1] > 0.7 * norms[0]
    assert remainders[1] < 0.75 * remainders[0]


def test_real_steps_come_closer_with_their_size() -> None:
    found = step(4)
    gaps = []
    for inputs, seeds in ((50, 60), (250, 8)):
        seen = []
        for seed in range(seeds):
            w, beta, direction, teacher = found.run(inputs, np.random.default_rng(seed))
            u, s, v = np.linalg.svd(w, full_matrices=False)
            overlaps = [
                (a @ b / np.linalg.norm(b)) ** 2 for a, b in ((u[:, 0], beta), (v[0], direction), (v[0], teacher))
            ]
            seen.append([s[0], *overlaps])
        expected = [found.singular_value, found.result.overlap, found.result.right_overlap, found.overlap_with_teacher]
        gaps.append(np.abs(np.mean(seen, axis=0) - expected))
    assert gaps[1][0] < gaps[0][0]
    assert gaps[1][0] < 0.06
    assert np.all(gaps[1][1:] < 0.08)


def test_large_steps_align() -> None:
    found = step(4 * math.sqrt(400))
    assert found.singular_value == pytest.approx(found.strength, rel=0.01)
    assert found.result.overlap > 0.99


def test_the_entry_predicts_the_singular_value() -> None:
    entry = get("one-step")
    (outlier,) = entry.outliers(400, c=2, noise="1/5")
    assert outlier.location == pytest.approx(2.4788991384545**2, rel=1e-10)
    assert entry.outliers(400, c=2, rate=2, noise="1/5") == ()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"student": "relu"}, "mean"),
        ({"rate": 0.0}, "rate must be positive"),
        ({"noise": -1.0}, "not be negative"),
        ({"units": math.nan}, "units"),
        ({"teacher": "rleu"}, "did you mean"),
    ],
)
def test_bad_arguments(arguments: dict[str, Any], message: str) -> None:
    settings: dict[str, Any] = {"student": "tanh", "teacher": "relu", "rate": 1.0, **SETTINGS, **arguments}
    with pytest.raises(ParameterError, match=message):
        gradient_step(**settings)
