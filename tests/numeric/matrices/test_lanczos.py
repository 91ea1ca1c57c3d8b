"""Stochastic Lanczos quadrature against dense eigenvalues and exact rules."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from resolvent.derive.errors import ParameterError
from resolvent.numeric.matrices.ensembles import wishart
from resolvent.numeric.matrices.lanczos import stochastic_lanczos

MATRIX = wishart(300, 600, np.random.default_rng(3))
VALUES = np.linalg.eigvalsh(MATRIX)


def product(vector: Any) -> Any:
    return MATRIX @ vector


FOUND = stochastic_lanczos(product, 300, 7, probes=20, steps=40)


def test_quadrature_of_a_probe_has_the_moments_of_its_vector() -> None:
    """v^T A^j v/v^T v for j < 2k, with the first probe drawn again."""
    vector = np.random.default_rng(7).standard_normal(300)
    few = stochastic_lanczos(product, 300, 7, probes=2, steps=5)
    nodes, weights = few.nodes[0], few.weights[0]
    power = vector.copy()
    for j in range(10):
        assert float(np.sum(weights * nodes**j)) == pytest.approx(vector @ power / (vector @ vector), rel=1e-11)
        power = MATRIX @ power


@pytest.mark.parametrize("k", [1, 2, 4, 8])
def test_moments_are_within_their_errors(k: int) -> None:
    found = FOUND.moment(k)
    assert abs(found.value - (VALUES**k).mean()) < 4 * found.error


def test_standard_error_is_the_predicted_one() -> None:
    """Variance 2 (tr f^2/N - (tr f/N)^2)/(N p), to leading order in 1/N."""
    spread = 2 * (np.mean(VALUES**4) - np.mean(VALUES**2) ** 2) / (300 * 20)
    assert float(FOUND.moment(2).error) == pytest.approx(np.sqrt(spread), rel=0.5)


def test_distribution_function_is_within_error_and_resolution() -> None:
    places = np.linspace(0.05, 3.0, 40)
    found = FOUND.cdf(places)
    exact = np.searchsorted(VALUES, places) / 300
    assert np.all(np.abs(found.value - exact) < 4 * found.error + FOUND.resolution)


def test_distribution_function_goes_from_zero_to_one() -> None:
    assert FOUND.cdf([-1.0, 100.0]).value.tolist() == [0.0, 1.0]


def test_density_is_that_of_smoothed_eigenvalues() -> None:
    places = np.linspace(0.2, 2.8, 30)
    kernel = np.exp(-(((places[:, None] - VALUES) / 0.2) ** 2) / 2).mean(axis=1) / (0.2 * np.sqrt(2 * np.pi))
    found = FOUND.density(places, 0.2)
    assert np.all(np.abs(found.value - kernel) < 4 * found.error + 1e-6)


def test_expectation_of_the_logarithm() -> None:
    found = FOUND.expect(np.log)
    assert abs(found.value - np.log(VALUES).mean()) < 4 * found.error


def test_an_invariant_space_ends_the_iteration() -> None:
    """A projection has two eigenvalues: two steps are exact."""
    share = np.diag(np.repeat([0.0, 1.0], [30, 10]))
    found = stochastic_lanczos(lambda v: share @ v, 40, 1, probes=50, steps=20)
    assert all(len(nodes) == 2 for nodes in found.nodes)
    assert abs(found.moment(1).value - 0.25) < 4 * found.moment(1).error


def test_more_steps_than_rows_are_cut() -> None:
    small = np.diag([1.0, 2.0, 3.0])
    found = stochastic_lanczos(lambda v: small @ v, 3, 0, probes=2, steps=50)
    assert found.nodes[0] == pytest.approx([1, 2, 3], rel=1e-12)


def test_seeds_repeat() -> None:
    again = stochastic_lanczos(product, 300, 7, probes=20, steps=40)
    assert all((a == b).all() for a, b in zip(FOUND.nodes, again.nodes, strict=True))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"rows": 0}, "dimension rows"),
        ({"probes": 1}, "2 probes"),
        ({"probes": 2.5}, "dimension probes"),
        ({"steps": 0}, "dimension steps"),
        ({"rng": None}, "seed"),
        ({"matvec": lambda v: v[:-1]}, "finite vector"),
        ({"matvec": lambda v: v * np.nan}, "finite vector"),
    ],
)
def test_bad_arguments_are_refused(arguments: dict[str, Any], words: str) -> None:
    given: dict[str, Any] = {"matvec": product, "rows": 300, "rng": 0, **arguments}
    with pytest.raises(ParameterError, match=words):
        stochastic_lanczos(**given)


@pytest.mark.parametrize("k", [-1, 0.5, True])
def test_orders_of_moments_are_checked(k: Any) -> None:
    with pytest.raises(ParameterError, match="order of a moment"):
        FOUND.moment(k)


@pytest.mark.parametrize("width", [0.0, -1.0, float("nan")])
def test_widths_are_positive(width: float) -> None:
    with pytest.raises(ParameterError, match="width"):
        FOUND.density(1.0, width)
