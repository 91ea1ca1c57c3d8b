"""Random features on given data: the formulas as printed and corrected, real features, and bad data."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import resolvent as rv
from resolvent.catalog.literature.regressions import Theorem

THEOREM = Theorem(60, 200, 90, 300, 0.01)
P, N_POINTS, WIDTH, GAMMA = THEOREM.inputs, THEOREM.points, THEOREM.width, THEOREM.ridge


@pytest.fixture(scope="module")
def data() -> dict[str, Any]:
    return THEOREM.data


def _runs(data: dict[str, Any], width: int, draws: int) -> np.ndarray:
    x, y, (other, wanted) = data["x"], data["y"], data["test"]
    n, rows = x.shape[1], []
    for seed in range(draws):
        w = np.random.default_rng(seed).standard_normal((width, len(x)))
        sigma, new = np.maximum(w @ x, 0), np.maximum(w @ other, 0)
        a = sigma @ np.linalg.solve(sigma.T @ sigma / n + GAMMA * np.eye(n), y) / n
        rows.append([np.mean((y - sigma.T @ a) ** 2), np.mean((wanted - new.T @ a) ** 2)])
    return np.array(rows)


def test_the_printed_forms_miss_what_real_features_do(data: dict[str, Any]) -> None:
    """K-bar is not defined in the text: read as K, the errors are wrong; the printed transpose does not conform."""
    runs = _runs(data, WIDTH, 40)
    mean, error = runs.mean(axis=0), runs.std(axis=0) / np.sqrt(40)
    kernels = THEOREM.dense
    right, wrong = (
        np.array([THEOREM.training_error(scale), THEOREM.test_error(scale)]) for scale in (kernels["scale"], 1.0)
    )
    assert np.all(np.abs(mean - right) < 5 * error + 0.03 * right)
    assert np.all(np.abs(mean - wrong) > 10 * error)
    with pytest.raises(ValueError, match="mismatch"):
        kernels["kx"] @ kernels["kx"].T.T


def test_the_gap_to_real_features_shrinks_with_the_sizes() -> None:
    gaps = []
    for scale, draws in ((1, 60), (5, 12)):
        rng = np.random.default_rng(3)
        p, n = 12 * scale, 40 * scale
        x, other = (rng.standard_normal((p, k)) / np.sqrt(p) for k in (n, 200))
        beta = rng.standard_normal(p)
        data = {"x": x, "y": beta @ x, "test": (other, beta @ other)}
        found = rv.RandomFeatures("relu", **data)
        limit = [float(found.training_error(GAMMA, 60 * scale)), float(found.test_error(GAMMA, 60 * scale))]
        runs = _runs(data, 60 * scale, draws)
        gaps.append(np.sqrt(np.mean((runs - limit) ** 2, axis=0)) / limit)
    assert np.all(gaps[1] < gaps[0])


def test_curves_in_ridge_and_width_have_the_descent_twice(data: dict[str, Any]) -> None:
    features = rv.RandomFeatures("relu", **data)
    widths = np.array([40, 100, 200, 400, 2000])
    errors = features.test_error(1e-4, widths)
    assert errors[2] > errors[1]  # the peak is at N = n
    assert errors[2] > errors[3] > errors[4]
    table = features.training_error(np.array([[1e-3], [1e-1]]), widths)
    assert table.shape == (2, 5)
    assert np.all(table[0] < table[1])
    assert features.effective_ridge(0.1, 1e9) == pytest.approx(0.1 * N_POINTS / 1e9, rel=1e-6, abs=0)


def test_equal_and_few_points_are_no_trouble() -> None:
    x = np.array([[1.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    found = rv.RandomFeatures("linear", x, [1.0, 1.0, 0.0])
    assert 0 < float(found.training_error(0.1, 5)) < 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"y": [1.0, 2.0]}, "200 points and 2 values"),
        ({"x": np.full((P, N_POINTS), np.nan)}, "must be finite"),
        ({"x": 30 * np.ones((P, N_POINTS))}, "Divide x by"),
        ({"x": np.zeros((P, N_POINTS)), "any_scale": True}, "vanish"),
        ({"test": (np.ones((P + 1, 3)), [1.0, 2.0, 3.0])}, "coordinates"),
        ({"test": (np.ones((P, 3)), [1.0, 2.0])}, "3 points and 2 values"),
    ],
)
def test_bad_data_is_refused(data: dict[str, Any], change: dict[str, Any], words: str) -> None:
    with pytest.raises(rv.ParameterError, match=words):
        rv.RandomFeatures("relu", **{**data, **change})


def test_bad_questions_are_refused(data: dict[str, Any]) -> None:
    found = rv.RandomFeatures("relu", data["x"], data["y"])
    with pytest.raises(rv.ParameterError, match="no test points"):
        found.test_error(0.1, 10)
    with pytest.raises(rv.ParameterError, match="must be positive"):
        found.training_error(0.0, 10)
    with pytest.raises(rv.ParameterError, match="must be positive"):
        found.training_error(0.1, 0)
