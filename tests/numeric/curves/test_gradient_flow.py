"""Gradient flow on two classes: real forms and contour integrals of the source, and real descents."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

import resolvent as rv
from resolvent.catalog.entries.gradient_flow import two_classes


@cache
def checked_flow() -> rv.GradientFlow:
    return rv.GradientFlow("1/2", 2, ridge=0.3, initial=0.1, rate=0.01)


def _omega(c: float, rho: float, function: object) -> float:
    """The integral against omega as it is printed: a density on the bulk, and an atom for rho^2 > c."""
    low, high = (1 - c**0.5) ** 2, (1 + c**0.5) ** 2
    spike = c + 1 + rho + c / rho
    theta = np.pi * (np.arange(20_000) + 0.5) / 20_000
    x = (low + high) / 2 + (high - low) / 2 * np.cos(theta)
    density = np.sqrt((x - low) * (high - x)) / (2 * np.pi * (spike - x))
    bulk = np.mean(density * function(x) * np.sin(theta)) * np.pi * (high - low) / 2
    return float(bulk + max(rho**2 - c, 0) / rho * function(np.array(spike)))


@pytest.mark.parametrize(("c", "rho"), [(0.5, 2.0), (2.0, 1.0), (0.5, 0.3), (0.25, 0.5)])
def test_the_real_forms_are_those_printed(c: float, rho: float) -> None:
    flow = rv.GradientFlow(c, rho, ridge=0.2)

    def h(x: np.ndarray) -> np.ndarray:
        return (1 - np.exp(-3 * (x + 0.2))) / (x + 0.2)

    scale = (rho + c) / rho
    test, training = flow.test(3), flow.training(3)
    assert test.mean == pytest.approx(_omega(c, rho, h), rel=1e-7)
    assert test.variance == pytest.approx(scale * _omega(c, rho, lambda x: h(x) ** 2), rel=1e-7)
    assert training.mean == pytest.approx(scale * _omega(c, rho, h), rel=1e-7)
    printed = scale * _omega(c, rho, lambda x: x * h(x) ** 2) - training.mean**2
    assert training.variance == pytest.approx(printed, rel=1e-7)


def test_the_mass_of_omega_is_rho_and_the_spike_has_its_threshold() -> None:
    assert _omega(0.5, 2.0, np.ones_like) == pytest.approx(2, rel=1e-7)
    assert checked_flow().spike == pytest.approx(3 * 2.5 / 2, rel=1e-11)
    root = 0.25**0.5
    assert rv.GradientFlow(0.25, root - 0.01).spike is None
    assert rv.GradientFlow(0.25, root + 0.01).spike == pytest.approx((1 + root) ** 2, abs=1e-3)
    assert rv.GradientFlow(0.25, root).spike is None


@pytest.mark.parametrize("time", [1.0, 9.0, 81.0])
@pytest.mark.parametrize(("c", "rho", "ridge"), [(0.5, 2.0, 0.0), (2.0, 1.0, 0.3), (1.0, 0.5, 0.0)])
def test_contour_integrals_agree_within_their_error(c: float, rho: float, ridge: float, time: float) -> None:
    flow = rv.GradientFlow(c, rho, ridge, initial=0.1)
    for margin, (found, error) in (
        (flow.test(time), flow.contour(time)),
        (flow.training(time), flow.contour(time, "training")),
    ):
        assert abs(found.mean - margin.mean) <= error + 1e-10
        assert abs(found.variance - margin.variance) <= 10 * error * (1 + margin.mean) + 1e-10


def _circle(time: float, integrand: object, left: float, right: float, nodes: int) -> float:
    angles = 2 * np.pi * (np.arange(nodes) + 0.5) / nodes
    half = (right - left) / 2
    z = (left + right) / 2 + half * np.exp(1j * angles)
    return float(np.mean(integrand(z) * half * np.exp(1j * angles)).real)


def test_a_naive_contour_is_silently_wrong_where_ours_is_right_or_refuses() -> None:
    flow = rv.GradientFlow(2, 1, initial=0.1)
    noise = rv.Spectrum(rv.marchenko_pastur(2))

    def mean(z: np.ndarray) -> np.ndarray:
        m = noise.stieltjes(z)
        return -(1 - np.exp(-81 * z)) / z * m / (3 * m + 1)

    right = float(flow.test(81).mean)
    assert abs(_circle(81, mean, -0.5, 8.0, 400) - right) > 0.1
    found, error = flow.contour(81)
    assert abs(float(found.mean) - right) <= error
    with pytest.raises(rv.PrecisionError, match="use test"):
        flow.contour(2000)


@pytest.mark.parametrize(("c", "rho"), [(0.5, 2.0), (2.0, 1.0)])
def test_the_best_time_is_the_smallest_of_a_fine_curve(c: float, rho: float) -> None:
    flow = rv.GradientFlow(c, rho, initial=0.5)
    times = np.linspace(0.05, 6, 4000)
    errors = flow.test_error(times)
    assert flow.best.time == pytest.approx(times[np.argmin(errors)], abs=3e-3)
    assert flow.best.error <= np.min(errors) + 1e-12


def test_a_strong_ridge_makes_stopping_needless() -> None:
    best = rv.GradientFlow("1/2", 2, ridge=1e4, initial=0.0).best
    assert best.error == pytest.approx(float(rv.GradientFlow("1/2", 2, ridge=1e4).test_error(np.inf)), abs=1e-6)


def test_at_time_zero_nothing_is_known_and_at_infinity_it_is_ridge() -> None:
    flow = rv.GradientFlow("1/2", 2, ridge=0.3)
    assert flow.test_error([0.0]) == pytest.approx([0.5])
    late, ever = flow.test(1e4), flow.test(np.inf)
    assert (late.mean, late.variance) == (pytest.approx(ever.mean), pytest.approx(ever.variance))


def test_a_descent_in_steps_follows_the_flow() -> None:
    """Real gradient descent, at two sizes, for 200 steps of 0.02."""
    flow = rv.GradientFlow(2, 2, initial=0.5)
    limit = float(flow.test_error(4.0))
    gaps = []
    for size, draws in ((40, 60), (400, 12)):
        errors = []
        for seed in range(draws):
            rng = np.random.default_rng(seed)
            x, y, mu = two_classes(size, rng, 2.0, 2.0)
            w = rng.standard_normal(size) * np.sqrt(0.5 / size)
            for _ in range(200):
                w = w - 0.02 * x @ (x.T @ w - y) / len(y)
            errors.append(_error(w, mu))
        assert abs(np.mean(errors) - limit) < 5 * np.std(errors) / np.sqrt(draws) + 1 / size
        gaps.append(np.sqrt(np.mean((np.array(errors) - limit) ** 2)))
    assert gaps[1] < gaps[0]


def _error(w: np.ndarray, mu: np.ndarray) -> float:
    from scipy.special import ndtr

    return float(ndtr(-(mu @ w) / np.linalg.norm(w)))


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(rv.ParameterError, match="rho must be positive"):
        rv.GradientFlow(1, 0)
    with pytest.raises(rv.ParameterError, match="must not be negative"):
        rv.GradientFlow(1, 1, ridge=-1)
    flow = checked_flow()
    with pytest.raises(rv.ParameterError, match="not negative"):
        flow.test(-1)
    with pytest.raises(rv.ParameterError, match="test or training"):
        flow.contour(1, "both")  # type: ignore[arg-type]


def test_the_errors_are_drawn() -> None:
    axes = rv.GradientFlow(2, 1, initial=0.1).plot(np.geomspace(0.1, 10, 30))
    assert [line.get_label() for line in axes.lines] == ["test", "training", "stop"]


@pytest.mark.parametrize("rho", [1e200, 1e-200])
def test_parameters_beyond_floats_are_refused(rho: float) -> None:
    with pytest.raises(rv.ParameterError, match="must lie between 1e-100"):
        rv.GradientFlow("1/2", rho)


@pytest.mark.parametrize(("c", "ridge"), [("1/2", 0.0), (2, 0.0), (1, 0.3)])
def test_from_zero_the_error_only_grows(c: Any, ridge: float) -> None:
    flow = rv.GradientFlow(c, 2, ridge=ridge)
    errors = flow.test_error(np.geomspace(1e-6, 1e3, 40))
    assert flow.best.time == 0
    assert errors[0] == pytest.approx(flow.best.error, abs=1e-9)
    assert np.all(np.diff(errors) > -1e-12)
    assert np.all(errors >= flow.best.error - 1e-12)


def test_at_the_hard_edge_training_for_ever_learns_nothing() -> None:
    errors = rv.GradientFlow(1, 2, initial=0.5).test_error([1e4, 1e8, np.inf])
    assert errors[2] == 0.5
    assert 0.44 < errors[0] < errors[1] < 0.5
