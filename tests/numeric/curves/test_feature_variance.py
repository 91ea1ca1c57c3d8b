"""The parts of the variance of regressions on random features: sums, limits, traces of copies, real networks."""

from __future__ import annotations

import math

import numpy as np
import pytest
import sympy

import resolvent as rv
from resolvent.catalog.literature.regressions import tangent_kernel
from resolvent.catalog.networks.feature_copies import crossed
from resolvent.numeric.curves.feature_curves import errors_of_model
from resolvent.numeric.curves.feature_model import FeatureModel
from resolvent.numeric.curves.feature_variance import FeatureVariances, variances_of_model

PARTS = tuple(FeatureVariances.__dataclass_fields__)
RANDOM, TANGENT = FeatureModel(1.5, 0.5), FeatureModel(1.5, 0.5, 0.75, is_tangent=True)


@pytest.mark.parametrize("model", [RANDOM, TANGENT, FeatureModel(1.0, 1.0), FeatureModel(1.0, 0.0)])
@pytest.mark.parametrize(("psi_1", "psi_2"), [(0.5, 2.0), (3.0, 3.0), (4.0, 0.5), (1.0, 1.0)])
def test_the_parts_are_not_negative_and_add_up_to_the_risk(model: FeatureModel, psi_1: float, psi_2: float) -> None:
    arguments = (psi_1, psi_2, [1e-3, 0.1], 1.5, 0.2)
    parts = variances_of_model(model, *arguments)
    assert parts.risk == pytest.approx(errors_of_model(model, *arguments).risk, rel=1e-8)
    assert parts.variance == pytest.approx(parts.risk - parts.bias)
    assert all(np.all(getattr(parts, name) > -1e-9) for name in PARTS)


@pytest.mark.parametrize("model", [RANDOM, TANGENT])
def test_without_limit_of_features_the_weights_make_nothing(model: FeatureModel) -> None:
    """The features' ridge is lambda psi_1 where they are scaled by 1/sqrt(d); then it is kernel regression."""
    found = []
    for psi_1 in (200.0, 2000.0):
        ridge = 0.3 if model.is_tangent else 0.3 * psi_1
        parts = variances_of_model(model, psi_1, 2.0, ridge, noise=0.4)
        found.append([float(parts.weights), float(parts.weights_samples), float(parts.weights_samples_noise)])
    assert np.array(found[0]) / np.array(found[1]) == pytest.approx(10, rel=0.05)


def test_without_limit_of_samples_they_make_nothing() -> None:
    """Only the bias and what the weights make are left: the best linear predictor of the features."""
    parts = variances_of_model(RANDOM, 1.5, 4e5, 1e-3, noise=0.4)
    rest = [float(getattr(parts, name)) for name in PARTS[2:]]
    assert max(rest) < 1e-5
    approximation = float(errors_of_model(RANDOM, 1.5, 4e5, 1e-3).approximation)
    assert float(parts.bias + parts.weights) == pytest.approx(approximation, abs=1e-5)


def test_linear_features_of_many_units_are_ridge_regression() -> None:
    """Bias and variance of ridge regression, its bias split into that of the mean and the part of the samples."""
    parts = variances_of_model(FeatureModel(1, 1), 1e5, 2.0, 0.3 * 2.0 * 1e5, noise=0.4)
    curve = rv.RidgeRegression(1, 0.5, 1.0, 0.4)
    assert float(parts.samples_noise) == pytest.approx(float(curve.variance(0.3)), rel=1e-4)
    assert float(parts.bias + parts.samples) == pytest.approx(float(curve.bias(0.3)), rel=1e-4)
    # E X X^T/n (X X^T/n + lambda)^{-1} = 1 - lambda m(-lambda)
    m = float(rv.Spectrum(rv.marchenko_pastur("1/2")).stieltjes(-0.3).real)
    assert float(parts.bias) == pytest.approx((0.3 * m) ** 2, rel=1e-4)


def test_only_the_interaction_of_weights_and_samples_diverges_where_features_interpolate() -> None:
    near, nearer = (rv.random_feature_variances("relu", 2, 2, ridge, noise=0.0) for ridge in (1e-4, 1e-6))
    assert nearer.weights_samples / near.weights_samples == pytest.approx(10, rel=0.05)  # like ridge^(-1/2)
    for name in ("bias", "weights", "samples"):
        assert getattr(nearer, name) == pytest.approx(getattr(near, name), rel=0.05)


def _tangent_copies() -> tuple[dict, dict]:
    """Moments of predictions with Gaussian equivalents of tangent kernels, by what they share."""
    eta, zeta, ridge, own = sympy.Rational(3, 2), sympy.Rational(1, 2), sympy.Rational(1, 4), sympy.Rational(3, 4)
    features, inputs, samples = (rv.dimension(name) for name in ("N", "d", "n"))
    ratios = {(features, inputs): 2, (samples, inputs): sympy.Rational(3, 2)}

    def copy(k: int, j: int) -> tuple[rv.MatrixExpression, rv.MatrixExpression]:
        x, theta = rv.gaussian(f"X{j}", samples, inputs), rv.gaussian(f"T{k}", features, inputs) / sympy.sqrt(inputs)
        z = sympy.sqrt(zeta) * x @ theta.T + sympy.sqrt(eta - zeta) * rv.gaussian(f"G{k}{j}", samples, features)
        solved = rv.inv(z @ z.T / features + zeta * x @ x.T / inputs + own + ridge) @ x
        own_part = z.T @ solved / features
        return sympy.sqrt(zeta) * theta.T @ own_part + zeta * x.T @ solved / inputs, own_part

    (t11, own_11), (t21, _), (t12, own_12) = copy(1, 1), copy(2, 1), copy(1, 2)
    same_weights = t11.T @ t12 + (eta - zeta) * own_11.T @ own_12
    return {"mean": t11, "samples": t11.T @ t21, "weights": same_weights}, ratios


@pytest.mark.slow
def test_parts_for_tangent_kernels_are_traces_of_independent_copies() -> None:
    moments, ratios = _tangent_copies()
    balls = {name: float(rv.trace_ball(e, ratios).mid()) for name, e in moments.items()}
    parts = variances_of_model(TANGENT, 2, 1.5, 0.25)
    assert float(parts.bias) == pytest.approx((1 - balls["mean"]) ** 2, abs=1e-9)
    assert float(parts.samples) == pytest.approx(balls["samples"] - balls["mean"] ** 2, abs=1e-9)
    assert float(parts.weights) == pytest.approx(balls["weights"] - balls["mean"] ** 2, abs=1e-9)


def _seen(name: str, d: int, seeds: range) -> dict[str, np.ndarray]:
    runs = [crossed(rv.activation(name), d, np.random.default_rng(s), 1.0, 1.5, 0.1, 0.2) for s in seeds]
    return {part: np.array([run[part] for run in runs]) for part in PARTS}


@pytest.mark.parametrize("name", ["relu", "tanh"])
def test_real_networks_approach_the_parts(name: str) -> None:
    limit = rv.random_feature_variances(name, 1.0, 1.5, 0.1, noise=0.2)
    small, large = _seen(name, 30, range(24)), _seen(name, 150, range(6))
    gaps = []
    for part in PARTS:
        at = float(getattr(limit, part))
        for runs, d in ((small, 30), (large, 150)):
            gap = abs(float(np.mean(runs[part])) - at)
            assert gap < 4 * np.std(runs[part]) / math.sqrt(len(runs[part])) + 0.6 / d, (part, d)
        gaps.append([np.sqrt(np.mean((runs[part] - at) ** 2)) for runs in (small, large)])
    small_gap, large_gap = np.sum(gaps, axis=0)
    assert large_gap < small_gap / 1.5  # 5^(1/2) = 2.2 at least in the limit


def test_an_ensemble_of_real_networks_has_the_risk_of_its_size() -> None:
    d, networks, noise, ridge = 120, 3, 0.2, 0.05
    limit = float(rv.random_feature_variances("erf", 1.0, 1.0, ridge, noise=noise).ensemble(networks))
    f, runs = rv.activation("erf"), []
    for seed in range(8):
        rng = np.random.default_rng(seed)
        beta, x, new = rng.standard_normal(d), rng.standard_normal((d, d)), rng.standard_normal((d, 1000))
        beta /= np.linalg.norm(beta)
        y, mean = beta @ x + math.sqrt(noise) * rng.standard_normal(d), np.zeros(1000)
        for _ in range(networks):
            theta = rng.standard_normal((d, d)) / math.sqrt(d)
            z = f(theta @ x) / math.sqrt(d)
            mean += f(theta @ new).T @ np.linalg.solve(z @ z.T + ridge * np.eye(d), z @ y) / math.sqrt(d) / networks
        runs.append(float(np.mean((mean - beta @ new) ** 2)))
    assert abs(np.mean(runs) - limit) < 4 * np.std(runs) / math.sqrt(len(runs)) + 2 / d


def test_real_tangent_kernels_approach_the_parts() -> None:
    """Predictions of two networks on two sets of samples: what shares the samples, and the weights, alone."""
    d, ridge, psi_1, psi_2 = 100, 0.1, 1.0, 1.5
    limit = rv.tangent_kernel_variances("erf", psi_1, psi_2, ridge)
    act, seen = rv.activation("erf"), []
    for seed in range(8):
        rng = np.random.default_rng(seed)
        width, n = round(psi_1 * d), round(psi_2 * d)
        nets = [(rng.standard_normal((width, d)) / math.sqrt(d), rng.standard_normal(width)) for _ in range(2)]
        data = [rng.standard_normal((d, n)) for _ in range(2)]
        new, beta = rng.standard_normal((d, 1000)), rng.standard_normal(d)
        beta /= np.linalg.norm(beta)
        p = [[tangent_kernel(act, *net, new, x) @ np.linalg.solve(
            tangent_kernel(act, *net, x, x) + ridge * np.eye(n), beta @ x) for x in data] for net in nets]  # fmt: skip
        none = (p[0][0] * p[1][1] + p[0][1] * p[1][0]) / 2
        same_weights = (p[0][0] * p[0][1] + p[1][0] * p[1][1]) / 2
        same_samples = (p[0][0] * p[1][0] + p[0][1] * p[1][1]) / 2
        seen.append([float(np.mean(v)) for v in (same_weights - none, same_samples - none)])
    mean, error = np.mean(seen, axis=0), np.std(seen, axis=0) / math.sqrt(len(seen))
    assert np.all(np.abs(mean - [float(limit.weights), float(limit.samples)]) < 4 * error + 0.3 / d)


def test_many_points_at_once_have_the_shape_that_is_asked_for() -> None:
    parts = rv.random_feature_variances("relu", [[1], [2]], [1, 2, 3], 0.1)
    assert parts.bias.shape == parts.risk.shape == (2, 3)
    alone = rv.random_feature_variances("relu", 2, 3, 0.1)
    assert parts.samples[1, 2] == pytest.approx(float(alone.samples))
    assert rv.random_feature_variances("relu", [], 1, 0.1).risk.shape == (0,)


def test_without_a_ridge() -> None:
    """He_2 sees nothing linear: all is noise to it, of which N/(n - N) is passed on; others come from small ridges."""
    parts = rv.random_feature_variances("He2", [1, 3, 2], [2, 2, 1], 0, noise=0.1)
    assert parts.weights_samples == pytest.approx([1, 2, 1], rel=1e-9)
    assert parts.weights_samples_noise == pytest.approx([0.1, 0.2, 0.1], rel=1e-9)
    none, small = (rv.random_feature_variances("relu", [1, 3, 0.5], [2, 2, 0.3], r, noise=0.1) for r in (0, 1e-9))
    for name in vars(none):
        assert getattr(none, name) == pytest.approx(getattr(small, name), rel=2e-4)
    assert rv.random_feature_variances("relu", 3, 2, 1e-90, noise=0.1).risk == pytest.approx(none.risk[1], rel=1e-9)
    with pytest.raises(rv.PrecisionError, match="just interpolated"):
        rv.random_feature_variances("relu", 2, 2, 0, noise=0.1)


def test_wrong_arguments_are_refused() -> None:
    parts = rv.random_feature_variances("relu", 1, 1, 0.1)
    with pytest.raises(rv.ParameterError, match="1 network and 1 bag"):
        parts.ensemble(0)
    with pytest.raises(rv.ParameterError, match="1 network and 1 bag"):
        parts.ensemble(2, bags=0.5)
    with pytest.raises(rv.ParameterError, match="must be positive"):
        rv.random_feature_variances("relu", 0, 1, 0.1)
    with pytest.raises(rv.ParameterError, match="must not be negative"):
        rv.random_feature_variances("relu", 1, 1, 0.1, noise=-1)
    with pytest.raises(rv.ParameterError, match="jumps"):
        rv.tangent_kernel_variances("sign", 1, 1, 0.1)
    with pytest.raises(rv.PrecisionError, match="too small"):
        variances_of_model(FeatureModel(1.0, 1.0), 1.0, 1.0, 1e-13)
