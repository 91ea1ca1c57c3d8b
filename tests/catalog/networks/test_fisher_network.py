"""The Fisher matrix of a network against explicit Jacobians, integrated over the inputs by a product rule."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from resolvent.catalog.networks.fisher_network import (
    ExactFisher,
    SampledFisher,
    activation_fisher,
    fisher_memory,
    linear_fisher,
    random_weights,
    sampled_fisher,
    scaled,
)
from resolvent.catalog.networks.gaussian_tables import GaussianTables
from resolvent.derive.activations.activation import activation
from resolvent.derive.errors import ParameterError
from resolvent.numeric.matrices.lanczos import stochastic_lanczos

RNG = np.random.default_rng(20170058)
W1, W2 = RNG.standard_normal((3, 2)) / np.sqrt(2), RNG.standard_normal((4, 3)) / np.sqrt(3)


def jacobian(w1: Any, w2: Any, x: Any, f: Callable[[Any], Any], slope: Callable[[Any], Any]) -> np.ndarray:
    """d(W_2 f(W_1 x)) by the weights, W_1 row by row and then W_2 row by row."""
    z = w1 @ x
    rows = []
    for j in range(len(w2)):
        second = np.zeros_like(w2)
        second[j] = f(z)
        rows.append(np.concatenate([np.outer(w2[j] * slope(z), x).ravel(), second.ravel()]))
    return np.array(rows)


def integrated(w1: Any, w2: Any, f: Callable[[Any], Any], slope: Callable[[Any], Any], points: int = 60) -> np.ndarray:
    """E J^T J over N(0, 1) inputs by the product of Gauss-Hermite rules; for smooth f."""
    t, weights = np.polynomial.hermite_e.hermegauss(points)
    weights = weights / weights.sum()
    total = np.zeros((w1.size + w2.size,) * 2)
    for place in itertools.product(range(points), repeat=w1.shape[1]):
        weight = np.prod(weights[list(place)])
        if weight > 1e-22:
            j = jacobian(w1, w2, t[list(place)], f, slope)
            total += weight * j.T @ j
    return total


SMOOTH = ["linear", "sin", "erf", "gelu", "He3"]  # entire, so that the product rule converges fast


@pytest.mark.parametrize("name", SMOOTH)
def test_matrix_is_the_mean_of_outer_products(name: str) -> None:
    f, slope, kinks = scaled(activation(name, centred=True, sigma_w="4/5"))
    found = ExactFisher(W1, W2, GaussianTables.of(W1, f, slope, kinks)).matrix()
    assert found == pytest.approx(integrated(W1, W2, f, slope), abs=2e-12)


def test_linear_tables_are_exact() -> None:
    found = ExactFisher(W1, W2, GaussianTables.linear(W1)).matrix()
    assert found == pytest.approx(integrated(W1, W2, lambda z: z, np.ones_like, 4), abs=1e-14)


def test_tables_of_relu_are_the_arc_cosine_kernels() -> None:
    """E f f = |x||y| (c acos(-c) + sqrt(1 - c^2))/2 pi and E f' f' = acos(-c)/2 pi."""
    f, slope, kinks = scaled(activation("relu"))
    tables = GaussianTables.of(W1, f, slope, kinks)
    gram = W1 @ W1.T
    lengths = np.sqrt(np.diagonal(gram))
    cosine = np.clip(gram / np.outer(lengths, lengths), -1, 1)
    angle = np.arccos(-cosine) / (2 * np.pi)
    ramps = np.outer(lengths, lengths) * (cosine * angle + np.sqrt(1 - cosine**2) / (2 * np.pi))
    assert tables.features == pytest.approx(ramps, abs=1e-13)
    assert tables.slopes == pytest.approx(angle, abs=1e-13)


def test_matrix_of_relu_is_the_mean_over_directions() -> None:
    """In the plane J(r e) = r J(e), so E J^T J is E r^2 = 2 times a mean over angles, smooth between the kinks."""
    kinks = sorted({float(a) for w in W1 for a in (np.arctan2(-w[0], w[1]) + k * np.pi for k in range(-2, 3))})
    bounds = [-np.pi, *(k for k in kinks if -np.pi < k < np.pi), np.pi]
    t, weights = np.polynomial.legendre.leggauss(40)
    total = np.zeros((W1.size + W2.size,) * 2)
    for left, right in itertools.pairwise(bounds):
        for node, weight in zip(t, weights, strict=True):
            angle = left + (right - left) * (1 + node) / 2
            j = jacobian(W1, W2, np.array([np.cos(angle), np.sin(angle)]), lambda z: np.maximum(z, 0), lambda z: z > 0)
            total += weight * (right - left) / (4 * np.pi) * j.T @ j
    # of J(W_1) and J(W_2) both are of degree one in r
    f, slope, places = scaled(activation("relu"))
    found = ExactFisher(W1, W2, GaussianTables.of(W1, f, slope, places)).matrix()
    assert found == pytest.approx(2 * total, abs=1e-12)


@pytest.mark.parametrize("name", ["linear", "tanh", "relu"])
def test_product_with_a_vector_is_that_of_the_matrix(name: str) -> None:
    fisher = activation_fisher(9, np.random.default_rng(1), activation(name, centred=True))
    vector = RNG.standard_normal(fisher.rows)
    assert fisher.matvec(vector) == pytest.approx(fisher.matrix() @ vector, abs=1e-12)


def test_linear_networks_of_unequal_widths() -> None:
    fisher = linear_fisher(5, 3, 4, np.random.default_rng(2))
    vector = RNG.standard_normal(fisher.rows)
    assert fisher.rows == 5 * 3 + 3 * 4
    assert fisher.matvec(vector) == pytest.approx(fisher.matrix() @ vector, abs=1e-12)
    sums = np.add.outer(np.linalg.eigvalsh(fisher.second @ fisher.second.T),
                        np.linalg.eigvalsh(fisher.first.T @ fisher.first))  # fmt: skip
    largest = np.sort(np.linalg.eigvalsh(fisher.matrix()))[-20:]
    assert largest == pytest.approx(np.sort(sums.ravel()), abs=1e-12)


@pytest.mark.parametrize("batch", [1, 7, 64])
def test_mean_over_inputs_does_not_depend_on_the_batches(batch: int) -> None:
    x = RNG.standard_normal((2, 30))
    found = SampledFisher(W1, W2, x, np.tanh, lambda z: 1 - np.tanh(z) ** 2, batch)
    jacobians = [jacobian(W1, W2, column, found.function, found.slope) for column in x.T]
    expected = sum(j.T @ j for j in jacobians) / 30
    vector = RNG.standard_normal(found.rows)
    assert found.matrix() == pytest.approx(expected, abs=1e-13)
    assert found.matvec(vector) == pytest.approx(expected @ vector, abs=1e-13)


def test_rank_of_the_mean_is_bounded_by_the_inputs() -> None:
    fisher = sampled_fisher(8, 5, np.random.default_rng(3), activation("tanh"))
    values = np.linalg.eigvalsh(fisher.matrix())
    assert np.count_nonzero(values > 1e-10) == 5 * 8


def test_mean_over_inputs_tends_to_the_expectation() -> None:
    """The distance falls like S^(-1/2)."""
    act = activation("tanh")
    f, slope, kinks = scaled(act)
    exact = ExactFisher(W1, W2, GaussianTables.of(W1, f, slope, kinks)).matrix()
    x = np.random.default_rng(4).standard_normal((2, 40_000))
    gaps = [np.abs(SampledFisher(W1, W2, x[:, :s], f, slope).matrix() - exact).max() for s in (400, 40_000)]
    assert gaps[1] < 0.02
    assert gaps[1] < gaps[0] / 3


def test_weights_have_the_variances_of_the_model() -> None:
    first, second = random_weights(200, 300, 400, np.random.default_rng(5))
    assert first.var() == pytest.approx(1 / 200, rel=0.02)
    assert second.var() == pytest.approx(1 / 300, rel=0.02)


def test_parallel_units_are_refused() -> None:
    with pytest.raises(ParameterError, match="too close to 1"):
        GaussianTables.of(np.array([[1.0], [2.0]]), np.tanh, lambda z: 1 - np.tanh(z) ** 2)


def test_no_inputs_are_refused() -> None:
    with pytest.raises(ParameterError, match="one input at least"):
        sampled_fisher(3, 0, RNG, activation("tanh"))


def test_memory_is_that_of_the_matrix_and_little_more() -> None:
    whole = 8 * 7200.0**2
    assert whole < fisher_memory(60, 60, 60) < 1.5 * whole


def test_lanczos_sees_the_spectrum_of_a_large_network() -> None:
    """Width 60, 7200 weights, without the matrix: the trace is sum_j |W_2j|^2 tr ... as the blocks say."""
    fisher = linear_fisher(60, 60, 60, np.random.default_rng(6))
    outer, inner = fisher.second @ fisher.second.T, fisher.first.T @ fisher.first
    sums = np.add.outer(np.linalg.eigvalsh(outer), np.linalg.eigvalsh(inner)).ravel()
    found = stochastic_lanczos(fisher.matvec, fisher.rows, 7, probes=6, steps=30)
    for k in (1, 2, 4):
        moment = found.moment(k)
        assert abs(moment.value - (sums**k).mean() / 2) < 4 * moment.error
