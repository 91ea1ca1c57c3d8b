"""Variances and slopes from layer to layer, against SciPy's quadrature and closed forms."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import sympy
from scipy.integrate import quad
from scipy.special import erf

from resolvent.derive.activations.activation import activation
from resolvent.derive.activations.propagation import Propagation, critical_sigma_w, propagation
from resolvent.derive.errors import ParameterError


def gaussian_mean(function: Callable[[float], float], q: float) -> float:
    density = lambda x: function(math.sqrt(q) * x) * math.exp(-x * x / 2) / math.sqrt(2 * math.pi)  # noqa: E731
    return float(quad(density, -12, 12, epsabs=1e-13, limit=200, points=[0.0])[0])


@pytest.mark.parametrize("q", [0.3, 1.0, 2.5])
def test_maps_of_tanh(q: float) -> None:
    maps = propagation("tanh", 1.3, 0.2)
    assert maps.following(q) == pytest.approx(1.69 * gaussian_mean(lambda x: math.tanh(x) ** 2, q) + 0.04, abs=1e-12)
    assert maps.slope(q) == pytest.approx(1.69 * gaussian_mean(lambda x: math.cosh(x) ** -4, q), abs=1e-12)


def test_share_of_linear_units_of_hard_tanh() -> None:
    """p = erf(1/sqrt(2 q)); FORMULAS J."""
    for q in (0.2, 1.0, 3.0):
        assert propagation("hard_tanh", 1.0).slope(q) == pytest.approx(erf(1 / math.sqrt(2 * q)), abs=1e-13)


@pytest.mark.parametrize(("name", "w", "b"), [("tanh", 1.5, 0.1), ("erf", 2.0, 0.3), ("relu", 1.2, 0.1)])
def test_fixed_points_stay(name: str, w: float, b: float) -> None:
    maps = propagation(name, w, b)
    q = maps.fixed_point()
    assert maps.following(q) == pytest.approx(q, rel=1e-12)
    assert maps.variances(q, 4) == pytest.approx([q] * 4, rel=1e-11)
    assert maps.variances(3 * q, 300)[-1] == pytest.approx(q, rel=1e-9)


def test_variances_that_shrink_or_grow_or_stay() -> None:
    assert propagation("tanh", 0.9).fixed_point() == 0
    assert propagation("relu", 1.2, 0.1).fixed_point() == pytest.approx(0.01 / (1 - 0.72), rel=1e-12)
    with pytest.raises(ParameterError, match="grow without end"):
        propagation("relu", 1.6, 0.1).fixed_point()
    with pytest.raises(ParameterError, match="keeps every variance"):
        propagation("relu", math.sqrt(2)).fixed_point()


@pytest.mark.parametrize("b", [0.01, 0.05, 0.3])
def test_critical_line_of_tanh(b: float) -> None:
    w, q = critical_sigma_w("tanh", b)
    assert w**2 * gaussian_mean(lambda x: math.cosh(x) ** -4, q) == pytest.approx(1.0, abs=1e-10)
    assert w**2 * gaussian_mean(lambda x: math.tanh(x) ** 2, q) + b**2 == pytest.approx(q, rel=1e-9)


def test_critical_points_without_biases() -> None:
    assert critical_sigma_w("tanh") == (1.0, 0.0)
    assert critical_sigma_w("relu")[0] ** 2 == pytest.approx(2.0)
    with pytest.raises(ParameterError, match="no critical point"):
        critical_sigma_w("relu", 0.1)


def test_a_wide_network_follows_the_maps() -> None:
    rng = np.random.default_rng(5)
    n, maps = 4000, propagation("tanh", 1.4, 0.3)
    signal = rng.standard_normal(n)
    q = 1.96 * float(signal @ signal) / n + 0.09
    for _ in range(4):
        h = 1.4 * rng.standard_normal((n, n)) @ signal / math.sqrt(n) + 0.3 * rng.standard_normal(n)
        assert np.mean(h**2) == pytest.approx(q, rel=0.1)
        signal, q = np.tanh(h), maps.following(q)


@pytest.mark.parametrize("name", ["hard_tanh", "sin", "tanh"])
def test_contractions_shrink_variances_to_0(name: str) -> None:
    """E f(h)^2 < E h^2 for every variance, although hard_tanh keeps small ones to all digits of floats."""
    assert propagation(name, 1.0).fixed_point() == 0.0
    assert 0 < propagation(name, 1.001).fixed_point() < 0.2


def test_variances_of_the_sine() -> None:
    """E sin(h)^2 = (1 - exp(-2 q))/2, with its digits next to 0."""
    for q in (1e-11, 1e-6, 0.3):
        assert propagation("sin", 1.0).following(q) == pytest.approx(-math.expm1(-2 * q) / 2, rel=1e-14)


def test_critical_points_of_activations_that_are_flat_at_0() -> None:
    """cos: sigma_w^2 E sin(h)^2 = 1 and sigma_w^2 E cos(h)^2 + sigma_b^2 = q; there is none for x^2."""
    sigma_w, q = critical_sigma_w("cos", 0.1)
    assert sigma_w**2 * (1 - math.exp(-2 * q)) / 2 == pytest.approx(1, abs=1e-12)
    assert sigma_w**2 * (1 + math.exp(-2 * q)) / 2 + 0.01 == pytest.approx(q, abs=1e-12)
    with pytest.raises(ParameterError, match="no critical point"):
        critical_sigma_w(sympy.Symbol("x") ** 2)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: propagation("tanh", 0.0), "sigma_w must be positive"),
        (lambda: propagation("tanh", 1.0, -1.0), "must not be negative"),
        (lambda: propagation("tahn", 1.0), "did you mean 'tanh'"),
        (lambda: propagation("tanh", 1.0).following(-1.0), "not negative"),
        (lambda: propagation("sign", 1.0).slope(1.0), "jumps"),
        (lambda: Propagation(activation("tanh"), math.inf), "sigma_w"),
    ],
)
def test_bad_arguments(call: Any, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        call()
