"""Initialisation: variances of the Jacobian against real networks, and the command."""

from __future__ import annotations

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from resolvent.catalog.networks.jacobian import network_jacobian
from resolvent.cli.app import app
from resolvent.data.initialisation import advise_initialisation
from resolvent.derive.activations.activation import activation
from resolvent.derive.activations.propagation import propagation
from resolvent.derive.errors import ParameterError

_SLOW = [("gelu", False), ("cos", True)]


@pytest.mark.parametrize("name", ["tanh", "hard_tanh"])
def test_the_advised_network_is_close_to_an_isometry(name: str) -> None:
    """Squared singular values of a real network of width 300, drawn as advised, and as is not."""
    advice = advise_initialisation(name, 10)
    assert advice.is_isometric
    for way in (advice.best, advice.ways[-1]):
        matrices = [
            network_jacobian(
                [300] * 11,
                np.random.default_rng(s),
                activation(name),
                way.sigma_w,
                way.sigma_b,
                way.weights == "orthogonal",
                way.q,
            )
            for s in range(3)
        ]
        values = np.concatenate([np.linalg.eigvalsh(m) for m in matrices])
        assert np.mean(values) == pytest.approx(way.mean, rel=0.15)
        assert np.std(values) / np.mean(values) == pytest.approx(np.sqrt(way.variance), rel=0.15, abs=0.05)
        if way is advice.best:
            assert way.quantiles == pytest.approx(np.quantile(values, [0.05, 0.95]), abs=0.02)
            assert way.largest == pytest.approx(np.max(values), abs=0.05)


def test_orthogonal_hard_tanh_is_solved() -> None:
    best = advise_initialisation("hard_tanh", 12).best
    assert best.weights == "orthogonal"
    assert best.largest == pytest.approx(1.0, abs=0.1)
    assert best.condition == pytest.approx(1.0, abs=0.2)


def test_relu_has_none() -> None:
    advice = advise_initialisation("relu", 10)
    assert not advice.is_isometric
    assert advice.best.sigma_w**2 == pytest.approx(2.0)
    assert advice.best.variance == pytest.approx(10.0)  # L(1/p - 1)
    assert advice.ways[1].variance == pytest.approx(20.0)  # L/p
    assert advice.best.condition == np.inf


@pytest.mark.parametrize(
    ("name", "is_held"),
    [("tanh", True), ("exp", False), *(pytest.param(*case, marks=pytest.mark.slow) for case in _SLOW)],
)
def test_variances_that_are_not_held(name: str, is_held: bool) -> None:
    """Twelve layers of the map itself, from next to the fixed point."""
    advice = advise_initialisation(name, 2, 0.1)
    way, maps = advice.best, propagation(name, advice.best.sigma_w, 0.1)
    moved = maps.variances(way.q * (1 + 1e-7), 13)[-1] / way.q - 1
    assert moved / 1e-7 == pytest.approx(way.drift**12, rel=1e-3, abs=1e-4)
    assert ("not held" not in advice.text()) == is_held


def test_the_command() -> None:
    result = CliRunner().invoke(app, ["advise", "init", "hard_tanh", "--depth", "8", "--sigma-b", "0.03"])
    assert result.exit_code == 0, result.output
    assert "orthogonal weights, sigma_w = " in result.output
    result = CliRunner().invoke(app, ["advise", "init", "relu", "--depth", "8", "--json"])
    assert result.exit_code == 3
    data = json.loads(result.output)
    assert data["isometric"] is False
    assert data["ways"][0]["condition"] is None
    for arguments in (["tahn"], ["tanh", "--depth", "1"], ["relu", "--sigma-b", "1"]):
        assert CliRunner().invoke(app, ["advise", "init", *arguments]).exit_code == 2


def test_refusals() -> None:
    with pytest.raises(ParameterError, match="10000 at most"):
        advise_initialisation("tanh", 10_001)
    with pytest.raises(ParameterError, match="2 or more"):
        advise_initialisation("tanh", 1)
    with pytest.raises(ParameterError, match="sigma_b must not be negative"):
        advise_initialisation("tanh", 4, sigma_b=-0.1)
    with pytest.raises(ParameterError, match="no critical point"):
        advise_initialisation("relu", 4, sigma_b=0.5)
