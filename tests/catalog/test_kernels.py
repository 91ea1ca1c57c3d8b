"""Conjugate and tangent kernels: checked values, real networks, and the user's own inputs."""

from __future__ import annotations

import numpy as np
import pytest
import sympy

from resolvent.catalog import get
from resolvent.catalog.entries.conjugate_kernel import layers
from resolvent.catalog.entries.nonlinear_gram import LinearAndSine
from resolvent.catalog.entries.tangent_kernel import deep_kernel
from resolvent.catalog.networks.layer_rule import conjugate_kernel, layer
from resolvent.derive.errors import ParameterError
from resolvent.derive.laws.elementary import marchenko_pastur
from resolvent.numeric.expressions import dimension
from resolvent.numeric.expressions.dyson_solver import DysonSolver
from resolvent.numeric.measures.known_by_numbers import empirical
from resolvent.numeric.spectrum.spectrum import Spectrum

KERNEL, TANGENT = get("conjugate-kernel"), get("tangent-kernel")


def distance(rho: Spectrum, values: np.ndarray) -> float:
    values = np.sort(values)
    steps = np.arange(len(values) + 1) / len(values)
    levels = rho.cdf(values)
    return float(max(np.max(np.abs(levels - steps[1:])), np.max(np.abs(levels - steps[:-1]))))


@pytest.mark.parametrize("depth", [1, 2, 4])
def test_second_moment_goes_from_layer_to_layer(depth: int) -> None:
    """1 + gamma + b^4 (m_2 - 1); FORMULAS C."""
    second = 1 + sympy.Rational(1, 2)
    for _ in range(depth):
        second = 1 + sympy.Rational(3, 4) + sympy.Rational(1, 9) * (second - 1)
    law = KERNEL.law(depth=depth, b2="1/3", gamma="3/4", c="1/2")
    assert float(law.moments(2)[1]) == pytest.approx(float(second), rel=1e-11)


def test_layers_by_numbers_are_the_exact_ones() -> None:
    exact = Spectrum(conjugate_kernel(marchenko_pastur(2), "1/3", ["1/2", 1]))
    by_numbers = Spectrum(layer(conjugate_kernel(empirical([1.0]).sample_covariance(2), "1/3", ["1/2"]), 1, "1/3", 1))
    x = exact.intervals[0].points(20)
    assert by_numbers.pdf(x) == pytest.approx(exact.pdf(x), rel=1e-8)


def test_real_networks_come_closer_with_their_size() -> None:
    rho = Spectrum(KERNEL.at(depth=3, b2="1/2", gamma="1/2", c="3/4"))
    gaps = []
    for size, draws in ((60, 12), (480, 2)):
        values = np.concatenate(
            [np.linalg.eigvalsh(KERNEL.sample(size, k, depth=3, b2="1/2", gamma="1/2", c="3/4")) for k in range(draws)]
        )
        gaps.append(distance(rho, values))
    assert gaps[1] < 0.5 * gaps[0]
    assert gaps[1] < 0.01


def test_kernel_of_ones_own_data() -> None:
    """Inputs of unit length with a spectrum of their own; the law starts from the eigenvalues of their kernel."""
    rng = np.random.default_rng(2)
    size, inputs, units = 400, 300, 800
    x = rng.standard_normal((inputs, size)) * np.where(rng.random((inputs, 1)) < 0.3, 2.0, 0.5)
    x /= np.linalg.norm(x, axis=0)
    activation = LinearAndSine(1.0, 0.6)
    y = activation(rng.standard_normal((units, inputs)) @ x) / np.sqrt(units)
    rho = Spectrum(conjugate_kernel(empirical(np.linalg.eigvalsh(x.T @ x)), 0.6, [size / units]))
    assert distance(rho, np.linalg.eigvalsh(y.T @ y)) < 0.012


def test_layers_have_unit_variance() -> None:
    found = layers(300, np.random.default_rng(0), 3, LinearAndSine(1.0, 0.4), 0.5, 2.0)
    assert [x.shape for x in found] == [(150, 300), (600, 300), (600, 300), (600, 300)]
    assert [float(np.mean(np.sum(x**2, axis=0))) for x in found] == pytest.approx([1.0] * 4, rel=0.03)


def test_slopes_above_the_variance_are_refused() -> None:
    with pytest.raises(ParameterError, match="zeta > eta"):
        layer(marchenko_pastur(1), 1, 2, 1)
    with pytest.raises(ParameterError, match="b2"):
        KERNEL.law(depth=1, b2=2, gamma=1)


# -- the tangent kernel ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("activation", ["erf", "sin"])
def test_tangent_kernels_of_real_networks(activation: str) -> None:
    settings = {"activation": activation, "gamma": "1/2", "c": "3/4"}
    rho = Spectrum(TANGENT.at(**settings))
    gaps = []
    for size, draws in ((60, 8), (480, 2)):
        values = [np.linalg.eigvalsh(TANGENT.sample(size, k, **settings)) for k in range(draws)]
        gaps.append(distance(rho, np.concatenate(values)))
    assert gaps[1] < 0.5 * gaps[0]
    assert gaps[1] < 0.02


@pytest.mark.parametrize("z", [-1 + 0.1j, 2 + 0.5j])
def test_one_hidden_layer_by_the_matrix_expression(z: complex) -> None:
    """The free product against the Dyson equation of the Gaussian equivalent."""
    n, first, second = (dimension(name) for name in ("n", "d0", "d1"))
    solver = DysonSolver.of(deep_kernel(1, "1/2", "3/2"), {(n, first): 1, (n, second): 2})
    law = TANGENT.law(eta=1, eta_prime="3/2", zeta="1/2", gamma=2, c=1)
    assert complex(solver.solve([z]).stieltjes[0]) == pytest.approx(complex(Spectrum(law).stieltjes(z)), abs=1e-8)


def test_deep_kernels_are_sampled_and_solved() -> None:
    expression = deep_kernel(2, "1/2", "5/4")
    n, *others = (dimension(name) for name in ("n", "d0", "d1", "d2"))
    solver = DysonSolver.of(expression, {(n, other): 1 for other in others})
    values = np.linalg.eigvalsh(expression.sample({"n": 400, "d0": 400, "d1": 400, "d2": 400}, rng=1))
    z = -1 + 0.1j
    assert complex(solver.solve([z]).stieltjes[0]) == pytest.approx(complex(np.mean(1 / (values - z))), rel=0.01)


def test_what_no_activation_has() -> None:
    for wrong in ({"eta": 1, "eta_prime": 2, "zeta": 2}, {"eta": 1, "eta_prime": 1, "zeta": "1/2"}):
        with pytest.raises(ParameterError, match="no activation has"):
            TANGENT.law(**wrong, gamma=1, c=1)
    with pytest.raises(ParameterError, match="1 or more"):
        deep_kernel(0, "1/2", 1)
