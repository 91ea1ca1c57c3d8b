"""Advice on stopping: a layer that is really trained, and data that the theory is not about."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.special import ndtr
from typer.testing import CliRunner

from resolvent.catalog.entries.gradient_flow import two_classes
from resolvent.cli.app import app
from resolvent.data.stopping import advise_stopping
from resolvent.derive.errors import ParameterError

RATE, INITIAL = 0.02, 0.5


def _data(scale: float = 1.0, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    x, y, mu = two_classes(400, np.random.default_rng(seed), c=1.0, rho=2.0)
    return scale * x, y, scale * mu


def test_a_trained_layer_is_best_near_the_advised_step() -> None:
    """Features of another scale, with a common centre; the layer is trained for long and its test error followed."""
    x, y, mu = _data(scale=3.0)
    advice = advise_stopping(x + 0.7, y, rate=RATE / 9, initial=INITIAL / 9)
    assert advice.is_decided
    assert advice.steps is not None
    assert advice.scale == pytest.approx(3, rel=0.02)
    assert advice.rho == pytest.approx(2, abs=0.6)
    errors = []
    w = np.random.default_rng(1).standard_normal(len(x)) * np.sqrt(INITIAL / 9 / len(x))
    for _ in range(8 * advice.steps):
        w = w - RATE / 9 * x @ (x.T @ w - y) / len(y)
        errors.append(float(ndtr(-(mu @ w) / np.linalg.norm(w) / 3)))
    at_advice = errors[advice.steps - 1]
    assert at_advice - min(errors) < 0.01
    assert errors[-1] - min(errors) > 0.03
    assert at_advice == pytest.approx(advice.error, abs=0.03)
    assert "stop after" in advice.text()


@pytest.mark.parametrize("ridge", [0.0, 1.0])
def test_from_zero_the_first_step_is_the_best_and_the_end_is_that_of_least_squares(ridge: float) -> None:
    x, y, mu = two_classes(800, np.random.default_rng(5), c=0.5, rho=2.25)
    advice = advise_stopping(1.7 * x, y, rate=0.001, ridge=ridge)
    centred = 1.7 * (x - np.mean(x, axis=1)[:, None])
    first = centred @ y
    last = np.linalg.solve(centred @ centred.T / len(y) + ridge * np.eye(len(x)), first)
    for w, error in ((first, advice.error), (last, advice.final_error)):
        assert float(ndtr(-(mu @ w) / np.linalg.norm(w))) == pytest.approx(error, abs=0.02)
    assert advice.error < advice.final_error
    assert "stop after the first step" in advice.text()


def test_the_error_after_a_large_first_step_is_that_of_a_trained_layer() -> None:
    x, y, mu = two_classes(800, np.random.default_rng(3), c=0.5, rho=2.0)
    advice = advise_stopping(x, y, rate=0.4, initial=0.05)
    assert advice.steps == 1
    w = np.random.default_rng(4).standard_normal(len(x)) * np.sqrt(0.05 / len(x))
    w = w - 0.4 * x @ (x.T @ w - y) / len(y)
    assert float(ndtr(-(mu @ w) / np.linalg.norm(w))) == pytest.approx(advice.error, abs=0.01)


@pytest.mark.parametrize(("rate", "ridge"), [(0.01, 0.0), (0.0004, 5000.0)])
def test_a_rate_with_which_the_descent_diverges_gets_no_advice(rate: float, ridge: float) -> None:
    rng = np.random.default_rng(9)
    labels = np.where(np.arange(500) % 2, 1, -1)
    x = 20 * rng.standard_normal((300, 500)) + np.full((300, 1), 20 * np.sqrt(1.5 / 300)) * labels
    largest = np.linalg.eigvalsh(x @ x.T / 500)[-1] + ridge
    assert rate * largest > 2
    advice = advise_stopping(x, labels, rate=rate, ridge=ridge, initial=1.0)
    assert not advice.is_decided
    assert advice.steps is None
    assert f"diverges at the learning rate {rate:g}" in advice.text()
    slower = advise_stopping(x, labels, rate=1.8 / largest, ridge=ridge, initial=1.0)
    assert slower.is_decided


def test_data_without_classes_or_with_coloured_noise_get_no_advice() -> None:
    rng = np.random.default_rng(2)
    noise, labels = rng.standard_normal((200, 300)), np.where(np.arange(300) % 2, 1, -1)
    alone = advise_stopping(noise, labels)
    assert not alone.is_decided
    assert "apart from noise" in alone.text()
    coloured = noise * np.linspace(0.2, 3, 200)[:, None] + 0.3 * labels
    found = advise_stopping(coloured, labels)
    assert "not white" in found.reason
    assert found.to_json()["time"] is None
    assert found.plot() is None


def test_a_ridge_may_make_stopping_needless() -> None:
    x, y, _ = _data()
    advice = advise_stopping(x, y, ridge=1e3)
    assert advice.steps is None or advice.final_error - advice.error < 1e-6


def test_a_negative_ridge_is_refused_as_it_was_given() -> None:
    with pytest.raises(ParameterError, match="got -1 and 0"):
        advise_stopping(*_data()[:2], ridge=-1)


@pytest.mark.parametrize(
    ("x", "labels", "words"),
    [
        (np.ones(5), [1, -1], "a column a sample"),
        (np.full((3, 4), np.nan), [1, -1, 1, -1], "must be finite"),
        (np.ones((3, 4)) + 1j, [1, -1, 1, -1], "complex"),
        (np.ones((3, 4)), [1j, -1, 1, -1], "complex"),
        (np.full((3, 4), 1e200), [1, -1, 1, -1], "divide them"),
        (np.ones((4, 3)), [1, -1, 1, -1], "transpose"),
        (np.ones((3, 4)), [1, 0, 1, 0], "labels are -1 and 1"),
        (np.ones((3, 4)), [1, 1, 1, 1], "labels are -1 and 1"),
        (np.ones((3, 4)), [1, 1, -1, -1], "no noise"),
    ],
)
def test_bad_data_is_refused(x: Any, labels: Any, words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        advise_stopping(x, labels)


def test_the_command(tmp_path: Path) -> None:
    x, y, _ = _data()
    np.save(tmp_path / "x.npy", x)
    np.savetxt(tmp_path / "y.csv", y)
    arguments = ["advise", "stopping", str(tmp_path / "x.npy"), str(tmp_path / "y.csv"), "--initial", "0.5"]
    run = CliRunner().invoke(app, [*arguments, "--plot", str(tmp_path / "s.png")])
    assert run.exit_code == 0
    assert "stop after" in run.output
    assert (tmp_path / "s.png").stat().st_size > 5000
    values = json.loads(CliRunner().invoke(app, [*arguments, "--json"]).output)
    assert 60 < values["steps"] < 200
    np.save(tmp_path / "z.npy", np.where(np.arange(len(y)) % 2, 1, -1))
    other = CliRunner().invoke(app, [*arguments[:3], str(tmp_path / "z.npy")])
    assert other.exit_code in (0, 3)
    missing = CliRunner().invoke(app, ["advise", "stopping", str(tmp_path / "none.npy"), str(tmp_path / "y.csv")])
    assert missing.exit_code == 2


def test_unequal_classes_are_no_farther_apart() -> None:
    """|X y/n|^2 holds c/(1 - a^2) of noise for the mean a of the labels, twice c here: rho was 2.5, not 2."""
    rng = np.random.default_rng(0)
    y = np.where(np.arange(800) < 680, 1.0, -1.0)
    x = np.full((400, 1), np.sqrt(2 / 400)) * y + rng.standard_normal((400, 800))
    advice = advise_stopping(x, y, rate=0.05, initial=0.5)
    assert advice.rho == pytest.approx(2, abs=0.3)
    assert advice.error == pytest.approx(0.1369, abs=0.02)
    few = y * (np.arange(800) < 682)  # two of the other class
    kept = few != 0
    assert not advise_stopping(x[:, kept], few[kept], rate=0.05, initial=0.5).is_decided
