r"""Learning curves of random features and of tangent kernels where data, features and samples grow together.

Given the random weights, this is ridge regression on Gaussian features, by the equivalence of
`resolvent.numeric.curves.feature_model`: beta is seen through them, and what they do not see of <beta, x> acts as
noise. So the curves are those of `RidgeRegression` at nodes of Marchenko-Pastur's law.

Sources: Mei, Montanari 2022, The generalization error of random features regression; Adlam, Pennington 2020, The neural
tangent kernel in high dimensions: triple descent and a multi-scale theory of generalization.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from resolvent.derive.border import checked
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
from resolvent.numeric.spectrum.numbers import nonnegative_number


@dataclass(frozen=True, eq=False, repr=False)
class FeatureErrors(ByValue, Tabled):
    """The parts of the risk E(<beta, x> - y_hat(x))^2 at the points asked for.

    Attributes:
        approximation: what no combination of the features reaches.
        bias: what the ridge and the lack of samples leave, without noise of the targets; the unreached part of
            <beta, x> is noise to it and counts in ``variance``.
        variance: what noise makes, that of the targets and the unreached part.
    """

    approximation: Array
    bias: Array
    variance: Array

    def __repr__(self) -> str:
        return shown(self, approximation=self.approximation, bias=self.bias, variance=self.variance, risk=self.risk)

    @property
    def risk(self) -> Array:
        """The sum."""
        return np.asarray(self.approximation + self.bias + self.variance)


@checked
def random_feature_errors(
    function: Any,
    features: ArrayLike,
    samples: ArrayLike,
    ridge: ArrayLike,
    signal: Any = 1.0,
    noise: Any = 0.0,
    **options: Any,
) -> FeatureErrors:
    """The errors of random-feature ridge regression at psi_1 = ``features``, psi_2 = ``samples``, both over d.

    The predictor minimises |y - Z a|^2 + ridge |a|^2 with Z = f(X Theta^T/sqrt(d))/sqrt(d), n x N; ``signal`` is
    |beta|^2, ``noise`` the variance tau^2. The arrays are broadcast; the mean of f has no influence. Ridge 0 is the
    limit of small ridges, the least squares solution of least norm, whose variance is infinite where as many samples as
    features interpolate.

    >>> errors = random_feature_errors("relu", 2, 10/3, 1e-3, noise=0.01)
    >>> round(float(errors.risk), 10)
    0.5769888629
    >>> random_feature_errors("relu", [1, 2, 3], 2, 0).risk.round(6)
    array([0.895812,      inf, 0.53082 ])

    Raises `ParameterError` for ratios that are not positive, negative ridges, and an activation without a variance;
    `PrecisionError` where the ridge is too small for the nodes of the law.
    """
    return errors_of_model(random_features(function, options), features, samples, ridge, signal, noise)


@checked
def tangent_kernel_errors(
    function: Any,
    features: ArrayLike,
    samples: ArrayLike,
    ridge: ArrayLike,
    signal: Any = 1.0,
    noise: Any = 0.0,
    **options: Any,
) -> FeatureErrors:
    r"""The errors of regression with the tangent kernel of a network of width N and one hidden layer.

    The kernel of two inputs is f(z).f(z')/N + (1/N) sum_a f'(z_a) f'(z'_a) v_a^2 x.x'/d, z = Theta x/sqrt(d), with
    output weights v ~ N(0, 1); ``ridge`` is added to the diagonal of the n x n kernel matrix. The second term tends to
    zeta X^T X/d + (eta' - zeta) I: linear features beside the random ones, and a ridge of its own.

    >>> errors = tangent_kernel_errors("erf", 2, 1.5, 0.1, noise=0.04)
    >>> bool(0 < errors.risk < 1)
    True

    Raises `ParameterError` and `PrecisionError` as `random_feature_errors` does, and for an activation that jumps.
    """
    return errors_of_model(tangent_features(function, options), features, samples, ridge, signal, noise)


def errors_of_model(
    model: FeatureModel,
    features: ArrayLike,
    samples: ArrayLike,
    ridge: ArrayLike,
    signal: Any = 1.0,
    noise: Any = 0.0,
) -> FeatureErrors:
    """`random_feature_errors` or `tangent_kernel_errors` for given constants of the activation.

    >>> linear = errors_of_model(FeatureModel(1, 1), 3, 2, 0.01)  # more features than dimensions: all of x is seen
    >>> bool(abs(linear.approximation) < 1e-12)
    True
    """
    power, noise_of_targets = nonnegative_number(signal, "signal"), nonnegative_number(noise, "noise")

    def one(psi_1: float, psi_2: float, lam: float, nodes: int) -> tuple[float, float, float]:
        seen = model.population(power, psi_1, quadrature(psi_1, nodes))
        curve, own_ridge = seen.regression(psi_2, noise_of_targets), (lam + model.own) / psi_2
        return seen.approximation, float(curve.bias(own_ridge)), float(curve.variance(own_ridge))

    return FeatureErrors(*converged(3, one, features, samples, ridge))
