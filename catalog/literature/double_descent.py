"""What Adlam and Pennington say of double and triple descent, and of the parts of the variance."""

from __future__ import annotations

import math
from functools import cache

import numpy as np

from resolvent.catalog.literature.paper import Paper
from resolvent.catalog.literature.regressions import tangent_kernel
from resolvent.catalog.networks import feature_copies
from resolvent.derive.activations.activation import activation
from resolvent.derive.expressions.trace import trace_ball
from resolvent.numeric.curves.feature_curves import tangent_kernel_errors
from resolvent.numeric.curves.feature_variance import FeatureVariances, random_feature_variances

AP20 = Paper(
    "AP20",
    "B. Adlam, J. Pennington, The neural tangent kernel in high dimensions: triple descent and a multi-scale theory of "
    "generalization, ICML 2020 (PMLR 119); B. Adlam, J. Pennington, Understanding double descent requires a "
    "fine-grained bias-variance decomposition, NeurIPS 2020",
)


@cache
def _tangent_regressions() -> tuple[float, float]:
    """The mean risk of regressions with the tangent kernel of an erf network, d = 200, and that seen from training."""
    psi_1, psi_2, ridge, noise, d, risks, seen = 0.5, 2.0, 0.1, 0.1, 200, [], []
    act = activation("erf")
    for seed in range(10):
        rng = np.random.default_rng(seed)
        width, n = round(psi_1 * d), round(psi_2 * d)
        theta, v = rng.standard_normal((width, d)) / math.sqrt(d), rng.standard_normal(width)
        beta = rng.standard_normal(d)
        beta /= np.linalg.norm(beta)
        x, new = rng.standard_normal((d, n)), rng.standard_normal((d, 1000))
        kernel, cross = (tangent_kernel(act, theta, v, points, x) for points in (x, new))
        y = beta @ x + math.sqrt(noise) * rng.standard_normal(n)
        q = np.linalg.inv(kernel + ridge * np.eye(n))
        risks.append(float(np.mean((cross @ q @ y - beta @ new) ** 2)))
        seen.append(float(np.mean((q @ y) ** 2) / (np.trace(q) / n) ** 2 - noise))
    return float(np.mean(risks)), float(np.mean(seen))


@AP20.sampled(
    "main theorem",
    "the risk of regression with the tangent kernel of a network with one hidden layer",
    r"E_{\text{test}},\ K(x, x') = \nabla_\theta f(x)^\top \nabla_\theta f(x')",
    by="tangent_kernel_errors",
    bound=0.15,
)
def tangent_kernel_risk() -> float:
    """The mean risk of ten regressions, d = 200, over the limit, less 1; at d = 400 the means agree to their errors."""
    return abs(_tangent_regressions()[0] / float(tangent_kernel_errors("erf", 0.5, 2.0, 0.1, noise=0.1).risk) - 1)


@AP20.sampled(
    "main theorem",
    "the test error from the training error and the trace of the resolvent",
    r"E_{\text{test}} = (\gamma\tau_1)^{-2} E_{\text{train}} - \sigma_\epsilon^2,\ \tau_1 = \tfrac1n \mathbb E "
    r"\operatorname{tr} (K + \gamma I)^{-1}",
    by="tangent_kernel_errors",
    bound=0.15,
)
def test_from_training_error() -> float:
    """The right side for the same ten regressions over the limit of the risk, less 1."""
    return abs(_tangent_regressions()[1] / float(tangent_kernel_errors("erf", 0.5, 2.0, 0.1, noise=0.1).risk) - 1)


@AP20.sampled(
    "fine-grained decomposition",
    "the variance split into the parts of samples, initial weights, noise and their interactions",
    r"V = V_X + V_P + V_\epsilon + V_{XP} + V_{P\epsilon} + V_{X\epsilon} + V_{PX\epsilon}",
    by="random_feature_variances",
    bound=0.05,
)
def decomposition() -> float:
    """Four erf networks on four sets of samples, d = 200, three times: the largest gap of a part, over the risk."""
    limit = random_feature_variances("erf", 1.0, 1.5, 0.05, noise=0.2)
    runs = [feature_copies.crossed(activation("erf"), 200, np.random.default_rng(k), 1.0, 1.5, 0.05, 0.2)
            for k in range(3)]  # fmt: skip
    gaps = [
        np.mean([run[part] for run in runs]) - getattr(limit, part) for part in FeatureVariances.__dataclass_fields__
    ]
    return float(np.max(np.abs(gaps)) / limit.risk)


@AP20.numeric(
    "fine-grained decomposition",
    "noise makes no variance without the samples",
    r"V_\epsilon = V_{P\epsilon} = 0",
    by="trace_ball",
    bound=1e-12,
)
def noise_alone() -> float:
    """The mean product of predictions that share noise and weights but not the samples, a trace."""
    ball = trace_ball(*feature_copies.of_noise("3/2", 2, 1, "1/2", "1/10"))
    return float(abs(ball.mid()) + ball.rad())


@AP20.numeric(
    "abstract",
    "the bias decreases with the width",
    r"\partial B/\partial n_1 \leq 0",
    by="random_feature_variances",
    bound=1e-9,
)
def bias_decreases() -> float:
    """The largest rise from one of 30 widths to the next, for two activations and three ridges."""
    widths = np.geomspace(0.05, 50, 30)
    rises = [np.max(np.diff(random_feature_variances(name, widths, 2.0, ridge).bias))
             for name in ("relu", "erf") for ridge in (1e-4, 1e-2, 1.0)]  # fmt: skip
    return max(0.0, float(max(rises)))


@AP20.numeric(
    "abstract",
    "without noise only the interaction of samples and initial weights diverges where the features interpolate",
    r"V_{PX} \to \infty \text{ at } n_1 = m,\ \gamma \to 0",
    by="random_feature_variances",
    bound=0.05,
)
def interaction_diverges() -> float:
    """By how much V_PX is not 10 times as large for a ridge 100 times smaller, and what the other parts change."""
    wide, narrow = (random_feature_variances("erf", 2.0, 2.0, ridge) for ridge in (1e-5, 1e-7))
    others = [getattr(narrow, part) / getattr(wide, part) - 1 for part in ("bias", "weights", "samples")]
    return float(np.max(np.abs([*others, narrow.weights_samples / wide.weights_samples / 10 - 1])))
