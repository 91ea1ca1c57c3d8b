r"""Where the variance of random-feature regression comes from: samples, initial weights, noise, and all together.

The prediction y_hat(x) depends on the weights P, the samples X and the noise eps of the targets. The analysis of
variance splits its variance over all three into parts for every set of them, by second moments of predictions that
share some of the three and have independent copies of the rest:

    E y_hat y_hat' = C_S,  V_P = C_P - C_0,  V_X = C_X - C_0,  V_PX = C_PX - C_P - C_X + C_0,  ...

As eps enters linearly, with mean 0, and samples are exchangeable, V_eps and V_P,eps vanish. The moments are:

- C_PX: the risk itself, `errors_of_model`.
- C_P: given the weights, y_hat averaged over samples and noise is that of the whole population M of the features with
  the effective ridge kappa: M (M + kappa)^{-1} a for the best coefficients a.
- C_X: given the samples, y_hat averaged over the weights is kernel regression: with K = zeta X^T X/d + (eta - zeta)
  in place of the features' kernel, (q F F^T/N + B)^{-1} ~ (q c K + B)^{-1} with
  1/c = 1 + (q/N) tr K (q c K + B)^{-1}; q = psi_1 and B = lambda for random features, and for tangent kernels q = 1 and
  B = lambda + (eta' - zeta) + zeta X^T X/d.
- C_0 = (E <beta, x> y_hat)^2/|beta|^2, as E y_hat has the direction of beta. Both routes give this number.

Sources: Adlam, Pennington, Understanding double descent requires a fine-grained bias-variance decomposition, NeurIPS
2020; Lin, Dobriban, J. Mach. Learn. Res. 22 (2021) 155, for linear features.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from resolvent.derive.border import checked
from resolvent.derive.errors import ParameterError, PrecisionError
from resolvent.derive.exact.copies import ByValue
from resolvent.derive.presentation import Tabled
from resolvent.numeric.curves.feature_model import (
    FeatureModel,
    converged,
    quadrature,
    random_features,
    tangent_features,
)
from resolvent.numeric.curves.shown import shown
from resolvent.numeric.density.chebyshev_piece import Array
from resolvent.numeric.spectrum.numbers import nonnegative_number, real_number

_SAME = 1e-8  # how far the two routes to the mean may be apart, in units of |beta|^2
_HALVINGS = 2000  # of an interval from the smallest float on


@dataclass(frozen=True, eq=False, repr=False)
class FeatureVariances(ByValue, Tabled):
    """The parts of the risk E(<beta, x> - y_hat(x))^2: the bias, and the variance by what makes it.

    Attributes:
        bias: (<beta, x> - E y_hat(x))^2, the mean taken over weights, samples and noise.
        weights: what the initial weights make alone.
        samples: what the samples make alone.
        weights_samples: what weights and samples make together, and neither alone.
        samples_noise: what the noise of the targets makes through the samples, for every network.
        weights_samples_noise: what all three make together.
    """

    bias: Array
    weights: Array
    samples: Array
    weights_samples: Array
    samples_noise: Array
    weights_samples_noise: Array

    def __repr__(self) -> str:
        return shown(self, **vars(self))

    @property
    def variance(self) -> Array:
        """The sum of all parts but the bias."""
        return np.asarray(self.risk - self.bias)

    @property
    def risk(self) -> Array:
        """The sum of all parts."""
        return self.ensemble()

    def ensemble(self, networks: Any = 1, bags: Any = 1) -> Array:
        """The risk of the mean prediction of ``networks`` weights and ``bags`` independent sets of samples, crossed.

        Every set of weights is trained on every set of samples; infinitely many (``inf``) leave no part of theirs.

        >>> parts = random_feature_variances("relu", 1, 1, 1e-4)
        >>> [float(parts.ensemble(k).round(3)) for k in (1, 2, float("inf"))]
        [10.413, 5.354, 0.295]

        Raises `ParameterError` for numbers below 1.
        """
        k, b = (np.inf if v == np.inf else real_number(v) for v in (networks, bags))
        if k < 1 or b < 1:
            raise ParameterError(f"an ensemble has 1 network and 1 bag at least; got {networks} and {bags}")
        of_samples = self.samples + self.samples_noise + (self.weights_samples + self.weights_samples_noise) / k
        return np.asarray(self.bias + self.weights / k + of_samples / b)


@checked
def random_feature_variances(
    function: Any,
    features: ArrayLike,
    samples: ArrayLike,
    ridge: ArrayLike,
    signal: Any = 1.0,
    noise: Any = 0.0,
    **options: Any,
) -> FeatureVariances:
    """The bias, and the parts of the variance, of the regression of `random_feature_errors`.

    >>> parts = random_feature_variances("relu", [0.5, 3, 30], 3, 1e-3, noise=0.1)
    >>> parts.weights_samples.round(4)
    array([0.1179, 1.3608, 0.0065])

    Raises `ParameterError` for ratios that are not positive, negative ridges, and an activation without a variance;
    `PrecisionError` where the ridge is too small for the nodes of the law, and where it is 0 and the samples are just
    interpolated.
    """
    return variances_of_model(random_features(function, options), features, samples, ridge, signal, noise)


@checked
def tangent_kernel_variances(
    function: Any,
    features: ArrayLike,
    samples: ArrayLike,
    ridge: ArrayLike,
    signal: Any = 1.0,
    noise: Any = 0.0,
    **options: Any,
) -> FeatureVariances:
    """The bias, and the parts of the variance, of the regression of `tangent_kernel_errors`.

    >>> parts = tangent_kernel_variances("erf", 2, 1.5, 0.1, noise=0.04)
    >>> [float(v.round(4)) for v in (parts.bias, parts.variance, parts.weights)]
    [0.0958, 0.081, 0.0094]

    Raises `ParameterError` and `PrecisionError` as `random_feature_variances` does, and for an activation that jumps.
    """
    return variances_of_model(tangent_features(function, options), features, samples, ridge, signal, noise)


def variances_of_model(
    model: FeatureModel,
    features: ArrayLike,
    samples: ArrayLike,
    ridge: ArrayLike,
    signal: Any = 1.0,
    noise: Any = 0.0,
) -> FeatureVariances:
    """`random_feature_variances` or `tangent_kernel_variances` for given constants of the activation.

    >>> parts = variances_of_model(FeatureModel(1, 0.5), 2, 1.5, 0.1, noise=0.1)
    >>> [float(v.round(4)) for v in (parts.bias, parts.weights, parts.samples)]
    [0.3011, 0.1475, 0.0473]

    Raises `PrecisionError` where the two routes to the mean prediction differ.
    """
    power, tau = nonnegative_number(signal, "signal"), nonnegative_number(noise, "noise")

    def one(psi_1: float, psi_2: float, lam: float, nodes: int) -> tuple[float, ...]:
        seen = model.population(1.0, psi_1, quadrature(psi_1, nodes))
        curve, own_ridge = seen.regression(psi_2, 1.0 - seen.approximation), (lam + model.own) / psi_2
        t, kappa, of_noise = seen.points, float(curve.effective_ridge(own_ridge)), float(curve.variance(own_ridge))
        shrunk = np.divide(t, t + kappa, out=np.zeros_like(t), where=t > 0)
        mean = float(seen.squares @ (t * shrunk))  # E <beta, x> y_hat
        same_weights = float(seen.squares @ (t * shrunk**2))
        if math.isinf(of_noise):
            raise PrecisionError(
                f"at features/d = {psi_1:g}, samples/d = {psi_2:g} and ridge 0 the samples are just interpolated: the "
                "variance is infinite; take a larger ridge, or another ratio"
            )
        same_both = float(curve.bias(own_ridge)) + seen.approximation * (1 + of_noise) - 1 + 2 * mean
        other_mean, same_samples, noise_alone = _given_samples(model, psi_1, psi_2, lam, nodes)
        if abs(other_mean - mean) > _SAME:
            return (np.nan,) * 6
        none = mean**2
        together = same_both - same_weights - same_samples + none
        return (
            power * (1 - mean) ** 2,
            power * (same_weights - none),
            power * (same_samples - none),
            power * together,
            tau * noise_alone,
            tau * (of_noise - noise_alone),
        )

    return FeatureVariances(*converged(6, one, features, samples, ridge))


def _given_samples(
    model: FeatureModel, psi_1: float, psi_2: float, ridge: float, nodes: int
) -> tuple[float, float, float]:
    """E <beta, x> y_hat and C_X without noise for |beta| = 1, and C_X of noise of variance 1."""
    from scipy.optimize import brentq

    x, weights = quadrature(1 / psi_2, nodes)
    s, weights = psi_2 * x[x > 0], weights[x > 0]  # the law of X X^T/d, d x d; X^T X/d has the same s > 0
    kernel = model.zeta * s + (model.eta - model.zeta)
    rest, alone = max(psi_2 - float(np.sum(weights)), 0.0), model.eta - model.zeta

    if model.is_tangent:
        own = ridge + model.own

        def excess(c: float) -> float:
            inside = weights @ (kernel / (c * kernel + own + model.zeta * s))
            if rest * alone:
                inside += rest * alone / (c * alone + own)
            return float(c * (1 + inside / psi_1) - 1)

        c = brentq(excess, 0.0, 1.0, xtol=1e-300, rtol=1e-14)
        share = model.zeta * (c + 1) / (c * kernel + own + model.zeta * s)
    else:

        def beyond(e: float) -> float:  # of e = lambda/(q c), which has a limit for small ridges, as c has not
            c = ridge / (psi_1 * e) if ridge else 0.0
            return float(
                c + (weights @ (kernel / (kernel + e)) + (rest * alone / (alone + e) if alone else 0.0)) / psi_1 - 1
            )

        ends = ridge / psi_1, (ridge + float(weights @ kernel) + rest * alone) / psi_1
        e = brentq(beyond, *ends, xtol=1e-300, rtol=1e-14, maxiter=_HALVINGS) if ridge or beyond(0.0) > 0 else 0.0
        share = model.zeta / (kernel + e)
    return float(weights @ (share * s)), float(weights @ (share * s) ** 2), float(weights @ (share**2 * s))
