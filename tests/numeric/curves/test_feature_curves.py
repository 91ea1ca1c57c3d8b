"""Random features and tangent kernels at proportional sizes: values of others, real kernels, limits."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import sympy

import resolvent as rv
from resolvent.catalog.literature.regressions import tangent_kernel
from resolvent.derive.expressions.trace import trace_ball
from resolvent.numeric.curves.feature_curves import errors_of_model
from resolvent.numeric.curves.feature_model import FeatureModel, quadrature
from resolvent.numeric.expressions import MatrixExpression


@pytest.mark.parametrize(
    ("psi_1", "psi_2", "ridge", "noise", "value"),
    [(2, 10 / 3, 1e-3, 0.01, 0.5769888629), (6, 3, 0.1, 0.25, 0.3316738051)],
)
def test_the_values_of_two_public_implementations(
    psi_1: float, psi_2: float, ridge: float, noise: float, value: float
) -> None:
    assert rv.random_feature_errors("relu", psi_1, psi_2, ridge, noise=noise).risk == pytest.approx(value, abs=6e-11)


def _trace(expression: MatrixExpression, ratios: dict) -> float:
    """The normalised trace of an expression at numbers, enclosed with proof."""
    return float(trace_ball(expression, ratios).mid())


def test_the_curve_is_that_of_the_matrix_expressions() -> None:
    """risk = 1 - 2 tr A + tr B + tau^2 tr C over Gaussian data, weights and noise; Q U Q is minus a derivative."""
    features, inputs, samples = (rv.dimension(name) for name in ("N", "d", "n"))
    ratios = {(features, inputs): 2, (samples, inputs): sympy.Rational(3, 2)}
    x, theta = rv.gaussian("X", inputs, samples), rv.gaussian("T", features, inputs)
    noise, slope, rest = rv.gaussian("G", features, samples), sympy.Rational(1, 2), sympy.Rational(1, 3)
    f = (slope * theta @ x / sympy.sqrt(inputs) + rest * noise) / sympy.sqrt(inputs)
    covariance = slope**2 * theta @ theta.T / inputs + rest**2 * rv.identity(features)

    def resolvent(s: sympy.Expr) -> MatrixExpression:
        return rv.inv(f @ f.T + sympy.Rational(1, 2) + s * covariance)

    def slope_of(expression: Callable[[sympy.Expr], MatrixExpression]) -> float:
        steps = []
        for h in (sympy.Rational(1, 500), sympy.Rational(1, 1000)):
            steps.append((_trace(expression(h), ratios) - _trace(expression(-h), ratios)) / (2 * float(h)))
        return (4 * steps[1] - steps[0]) / 3

    first = _trace(slope / inputs * theta.T @ resolvent(sympy.Integer(0)) @ f @ x.T, ratios)
    second = -slope_of(lambda s: x @ f.T @ resolvent(s) @ f @ x.T / inputs)
    third = -slope_of(lambda s: f.T @ resolvent(s) @ f)
    eta, zeta = 1 / 4 + 1 / 9, 1 / 4
    found = errors_of_model(FeatureModel(eta, zeta), 2, 1.5, 0.5, noise=0.01)
    assert 1 - 2 * first + second + 0.01 * 1.5 * third == pytest.approx(float(found.risk), abs=1e-10)


def test_linear_features_are_ridge_regression() -> None:
    """With ever more linear features, Theta Theta^T/d acts as psi_1 on a space of dimension d."""
    found = errors_of_model(FeatureModel(1.0, 1.0), 4000.0, 2.0, 0.3 * 2.0 * 4000.0, noise=0.4)
    assert found.risk == pytest.approx(rv.RidgeRegression(1, 0.5, 1.0, 0.4).risk(0.3), rel=2e-3)
    assert found.approximation == pytest.approx(0, abs=1e-10)


def test_features_without_a_linear_part_see_nothing() -> None:
    found = errors_of_model(FeatureModel(1.0, 0.0), 2.0, 3.0, 1e9)
    assert found.approximation == pytest.approx(1)
    assert found.risk == pytest.approx(1)


def test_the_descent_is_double_at_a_small_ridge() -> None:
    psi_1 = np.linspace(0.2, 12, 60)
    errors = rv.random_feature_errors("relu", psi_1, 3, 1e-6, noise=0.1)
    peak = psi_1[np.argmax(errors.risk)]
    assert peak == pytest.approx(3, abs=0.25)
    assert errors.risk[-1] < errors.risk[0]
    assert np.all(np.diff(errors.approximation) < 1e-12)


def test_the_rule_has_the_moments_of_the_law() -> None:
    for c in (0.3, 1.0, 4.0):
        points, weights = quadrature(c, 400)
        exact = [float(m) for m in rv.marchenko_pastur(str(c)).moments(4)]
        found = [float(weights @ points**k) for k in range(1, 5)]
        assert found == pytest.approx(exact, rel=1e-11)
        assert np.sum(weights) == pytest.approx(1, rel=1e-10)


def _tangent_run(name: str, psi_1: float, psi_2: float, ridge: float, noise: float, d: int, seed: int) -> float:
    rng, act = np.random.default_rng(seed), rv.activation(name, centred=True)
    width, n = round(psi_1 * d), round(psi_2 * d)
    theta, v = rng.standard_normal((width, d)) / np.sqrt(d), rng.standard_normal(width)
    beta = rng.standard_normal(d) / np.sqrt(d)
    x, new = rng.standard_normal((d, n)), rng.standard_normal((d, 2000))
    kernel, cross = (tangent_kernel(act, theta, v, points, x) for points in (x, new))
    y = beta @ x + np.sqrt(noise) * rng.standard_normal(n)
    return float(np.mean((cross @ np.linalg.solve(kernel + ridge * np.eye(n), y) - beta @ new) ** 2))


@pytest.mark.parametrize(("name", "psi_1", "psi_2"), [("erf", 0.5, 2.0), ("relu", 2.0, 1.5)])
def test_real_tangent_kernels_approach_the_curve(name: str, psi_1: float, psi_2: float) -> None:
    limit = float(rv.tangent_kernel_errors(name, psi_1, psi_2, 0.1, noise=0.1).risk)
    gaps = []
    for d, draws in ((40, 60), (200, 10)):
        runs = np.array([_tangent_run(name, psi_1, psi_2, 0.1, 0.1, d, seed) for seed in range(draws)])
        assert abs(np.mean(runs) - limit) < 5 * np.std(runs) / np.sqrt(draws) + 4 / d
        gaps.append(np.sqrt(np.mean((runs - limit) ** 2)))
    assert gaps[1] < gaps[0] / 1.8


def test_without_a_ridge_it_is_infinite_at_interpolation_alone() -> None:
    """Eigenvalues whose weights do not sum to 1 in floats, too."""
    psi = [1 / 3, 0.5, 1, 2, 3, 7]
    assert np.all(np.isinf(rv.random_feature_errors("relu", psi, psi, 0, noise=0.1).risk))
    errors = rv.random_feature_errors("tanh", [1, 3, 2], 1.5, 0, noise=0.1)
    assert errors.risk == pytest.approx(
        rv.random_feature_errors("tanh", [1, 3, 2], 1.5, 1e-8, noise=0.1).risk, rel=1e-4
    )
    assert rv.tangent_kernel_errors("tanh", 2, 2, 0).risk == pytest.approx(
        rv.tangent_kernel_errors("tanh", 2, 2, 1e-9).risk, rel=1e-7
    )


@pytest.mark.slow
@pytest.mark.parametrize(("psi_1", "psi_2"), [(1, 2.5), (3, 1.5)])
def test_least_squares_of_random_features(psi_1: float, psi_2: float) -> None:
    """Solutions of least norm on both sides of interpolation, for real erf features at two sizes."""
    act = rv.activation("erf")
    limit, gaps = float(rv.random_feature_errors(act, psi_1, psi_2, 0, noise=0.1).risk), []
    for d, draws in ((20, 60), (160, 8)):
        risks = []
        for seed in range(draws):
            rng = np.random.default_rng(seed)
            weights, beta = rng.standard_normal((round(psi_1 * d), d)), rng.standard_normal(d)
            x, new = rng.standard_normal((2, round(psi_2 * d), d))
            beta /= np.linalg.norm(beta)
            y = x @ beta + np.sqrt(0.1) * rng.standard_normal(len(x))
            a = np.linalg.pinv(act(x @ weights.T / np.sqrt(d))) @ y
            risks.append(np.mean((new @ beta - act(new @ weights.T / np.sqrt(d)) @ a) ** 2))
        assert abs(np.mean(risks) - limit) < 5 * np.std(risks) / np.sqrt(draws) + 4 / d
        gaps.append(np.sqrt(np.mean((np.array(risks) - limit) ** 2)))
    assert gaps[1] < gaps[0] / 1.8


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(rv.ParameterError, match="must be positive"):
        rv.random_feature_errors("relu", 0, 1, 0.1)
    with pytest.raises(rv.ParameterError, match="must not be negative"):
        rv.random_feature_errors("relu", 1, 1, 0.1, noise=-1)
    with pytest.raises(rv.ParameterError, match="is constant"):
        rv.random_feature_errors("polynomial", 1, 1, 0.1, coefficients=[1])
    with pytest.raises(rv.ParameterError, match="jumps"):
        rv.tangent_kernel_errors("sign", 1, 1, 0.1)
    with pytest.raises(rv.ParameterError, match="sees nothing linear"):
        rv.tangent_kernel_errors("abs", 1, 1, 0.1)
    with pytest.raises(rv.PrecisionError, match="too small"):
        errors_of_model(FeatureModel(1.0, 1.0), 1.0, 1.0, 1e-13)
