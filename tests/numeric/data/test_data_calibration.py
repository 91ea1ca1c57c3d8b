"""The calibration of answers about data: its draws have the law of the matrices, and its theory is right."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import resolvent as rv


@pytest.fixture(scope="module")
def calibration() -> ModuleType:
    path = Path(__file__).resolve().parents[3] / "docs" / "make_data_calibration.py"
    spec = importlib.util.spec_from_file_location("make_data_calibration", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_spiked_tridiagonal_matrix_has_the_law_of_the_full_one(calibration: ModuleType) -> None:
    """The largest and the smallest eigenvalue and a trace, of 800 draws each."""
    rows, columns, spike = 8, 13, 4.0
    rng = np.random.default_rng(0)

    def full() -> np.ndarray:
        x = rng.normal(size=(rows, columns))
        x[0] *= np.sqrt(spike)
        return np.linalg.eigvalsh(x @ x.T / columns)

    draw = calibration.wishart(rows, columns, spike)
    dense, sparse = np.array([full() for _ in range(800)]), np.array([draw(rng) for _ in range(800)])
    for function in (lambda v: v[:, -1], lambda v: v[:, 0], lambda v: np.sum(v**2, axis=1)):
        a, b = function(dense), function(sparse)
        assert abs(np.mean(a) - np.mean(b)) < 3.5 * np.sqrt((np.var(a) + np.var(b)) / 800)
        assert np.std(a) == pytest.approx(np.std(b), rel=0.15)


def test_the_outermost_eigenvalues_are_the_outermost(calibration: ModuleType) -> None:
    every = calibration.wishart(30, 60, 2.0)(np.random.default_rng(1))
    some = calibration.outermost(30, 60, 2.0)(np.random.default_rng(1))
    assert some == pytest.approx(np.concatenate([every[:4], every[-4:]]), rel=1e-9)


def test_without_full_rank_the_law_is_that_of_the_other_side(calibration: ModuleType) -> None:
    values = calibration.wishart(30, 10)(np.random.default_rng(2))
    assert np.count_nonzero(values) == 10
    assert np.mean(values) == pytest.approx(1.0, rel=0.3)


@pytest.mark.parametrize("x", [0.5, 2.0])
def test_far_below_the_threshold_the_largest_eigenvalue_is_tracy_widoms(calibration: ModuleType, x: float) -> None:
    """What comes down from infinity as dp = -p^2 dx is at w after 1/w."""
    w = 9.5
    assert calibration.beyond(x, w) == pytest.approx(float(rv.tracy_widom(1).sf(x - 1 / w)), rel=0.01)


def test_far_above_the_threshold_it_is_normal_around_the_square_of_the_distance(calibration: ModuleType) -> None:
    """With the variance 4 |w|, that of 2 spike^2 (1 - c/(spike - 1)^2)/n on the scale of the edge."""
    w = -5.0
    assert calibration.beyond(w**2, w) == pytest.approx(0.5, abs=0.02)
    assert calibration.beyond(w**2 + 2 * np.sqrt(-w), w) == pytest.approx(0.1587, abs=0.02)
