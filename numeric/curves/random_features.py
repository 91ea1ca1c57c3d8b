r"""Random-feature ridge regression on a person's own data: training and test error without drawing a feature.

Given data X (p x n, columns are points), N features Sigma = f(W X), W with entries N(0, sigma_w^2), and

    y_hat(x) = (1/n) f(W x)^T Sigma Q y,   Q = (Sigma^T Sigma/n + gamma)^{-1}.

Given X, the rows of Sigma are N independent samples of covariance K = E f(w.x_i) f(w.x_j): Q is the resolvent of a
sample covariance matrix with the population K and the ratio n/N, and Q ~ (kappa/gamma) (K + kappa)^{-1} with its
effective ridge kappa at the ridge gamma n/N. All errors are functions of the eigenvalues of K, kappa, and the data in
the eigenvectors: with u = V^T y, b = K_XX^ in the eigenvectors, r = k/(k + kappa), D = 1 - (1/N) sum r^2,

    E_train = (1/n) sum u^2 kappa^2/(k + kappa)^2 (1 + k t/D),   t = (1/N) sum k/(k + kappa)^2,
    E_test  = (1/n^) |y^ - K_X^X (K + kappa)^{-1} y|^2
              + (1/(N D)) sum u^2 k/(k + kappa)^2 (1/n^) (tr K_X^X^ - sum |b|^2 (1/(k + kappa) + kappa/(k + kappa)^2)).

Source: Louart, Liao, Couillet 2018, A random matrix approach to neural networks (delta there is kappa N/(gamma n) - 1).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from resolvent.derive.activations.activation import Activation, activation
from resolvent.derive.activations.kernel_matrix import kernel_diagonal, kernel_matrix
from resolvent.derive.border import checked
from resolvent.derive.errors import ParameterError
from resolvent.numeric.curves.effective_ridge import effective_ridge
from resolvent.numeric.curves.shown import shown
from resolvent.numeric.density.chebyshev_piece import Array
from resolvent.numeric.measures.atomic_measure import AtomicMeasure
from resolvent.numeric.spectrum.numbers import real_values

_LARGE = 25.0  # mean squared length of points, in units of what the theory calls bounded
_NOTHING = 1e-100
_ROUNDING = 1e-12  # of the kernel's largest eigenvalue


@checked
class RandomFeatures:
    """The limit of random-feature ridge regression for given data; errors at ridges gamma and numbers N of features.

    The predictor minimises |y - Z^T a|^2/n + gamma |a|^2 with the N x n features Z = f(W x) of the n points.

    Args:
        function: the activation: a name, a polynomial, a Python function, or an `Activation`.
        x: the training points, the columns of a p x n array.
        y: their n targets.
        test: test points (p x m) and their targets, if the test error is wanted.
        sigma_w: the standard deviation of the weights.
        any_scale: take points whose squared lengths are far from 1 as they are.

    >>> rng = np.random.default_rng(0)
    >>> x = rng.standard_normal((20, 60)) / np.sqrt(20)
    >>> features = RandomFeatures("relu", x, np.sign(x[0]), test=(x[:, :10], np.sign(x[0, :10])))
    >>> errors = features.training_error(0.01, features=[20, 60, 600])
    >>> bool(errors[0] > errors[1] > errors[2])
    True

    Raises `ParameterError` for data with gaps, of shapes that do not fit, or of a scale where the theory says nothing.
    """

    def __init__(
        self,
        function: Any,
        x: ArrayLike,
        y: ArrayLike,
        test: tuple[ArrayLike, ArrayLike] | None = None,
        sigma_w: Any = 1,
        any_scale: bool = False,
    ) -> None:
        act = function if isinstance(function, Activation) else activation(function, sigma_w=sigma_w)
        kernel = kernel_matrix(act, x)
        points = np.asarray(x, dtype=float)
        self.targets = _targets(y, points.shape[1], "y")
        size = float(act.scale) ** 2 * float(np.mean(np.sum(points**2, axis=0)))
        if not any_scale and not 1 / _LARGE <= size <= _LARGE:
            raise ParameterError(
                f"the points have the mean squared length {size:.3g}; the theory is for points of length about 1 (a "
                f"bounded norm of X). Divide x by {np.sqrt(size):.4g}, or pass any_scale=True",
                size=size,
            )
        values, vectors = np.linalg.eigh(kernel)
        top = float(values[-1])
        if top <= _NOTHING:
            raise ParameterError("all features vanish on these points", kernel=kernel)
        self.values = np.where(values > _ROUNDING * top, values, 0.0)
        self.measure = AtomicMeasure(self.values, np.full(len(values), 1 / len(values)))
        self._squares = (vectors.T @ self.targets) ** 2
        self._test: tuple[Array, Array, Array, float] | None = None
        if test is not None:
            other = np.asarray(test[0], dtype=float)
            cross = vectors.T @ kernel_matrix(act, x, other)
            wanted = _targets(test[1], cross.shape[1], "the test targets")
            diagonal = float(np.sum(kernel_diagonal(act, other)))
            self._test = cross, wanted, vectors.T @ self.targets, diagonal

    def __repr__(self) -> str:
        return shown(self, samples=len(self.values), targets=self.targets)

    def effective_ridge(self, ridge: ArrayLike, features: ArrayLike) -> Array:
        """kappa: the average predictor is kernel regression with K and this ridge.

        Raises `ParameterError` for ridges or numbers of features that are not positive.
        """
        return self._at(ridge, features)[0]

    def _at(self, ridge: ArrayLike, features: ArrayLike) -> tuple[Array, Array]:
        gamma, count = np.broadcast_arrays(np.asarray(ridge, dtype=float), np.asarray(features, dtype=float))
        if not np.all(np.isfinite(gamma) & (gamma > 0)) or not np.all(np.isfinite(count) & (count > 0)):
            raise ParameterError(
                f"ridges and numbers of features must be positive; got {ridge!r} and {features!r}", ridge=ridge
            )
        ratio = len(self.values) / count
        return effective_ridge(self.measure, ratio, gamma * ratio), count

    def _second_order(self, kappa: Array, count: Array) -> tuple[Array, Array, Array]:
        """k + kappa with the eigenvalues in the last axis, D N, and N t."""
        below = self.values + kappa[..., None]
        spread = count - np.sum((self.values / below) ** 2, axis=-1)
        return below, spread, np.sum(self.values / below**2, axis=-1)

    def training_error(self, ridge: ArrayLike, features: ArrayLike) -> Array:
        """The mean squared residual (1/n) |y - y_hat|^2 on the training points.

        Raises `ParameterError` for ridges or numbers of features that are not positive.
        """
        kappa, count = self._at(ridge, features)
        below, spread, t = self._second_order(kappa, count)
        growth = 1 + self.values * (t / spread)[..., None]
        return np.asarray(np.mean(self._squares * (kappa[..., None] / below) ** 2 * growth, axis=-1))

    def test_error(self, ridge: ArrayLike, features: ArrayLike) -> Array:
        """The mean squared error on the test points.

        Raises `ParameterError` if there are no test points, and as `training_error` does.
        """
        if self._test is None:
            raise ParameterError("there are no test points; pass test=(points, targets)")
        cross, wanted, turned, diagonal = self._test
        kappa, count = self._at(ridge, features)
        below, spread, _ = self._second_order(kappa, count)
        missed = wanted - (turned / below) @ cross
        lengths = np.sum(cross**2, axis=1)
        rest = diagonal - np.sum(lengths * (1 / below + kappa[..., None] / below**2), axis=-1)
        noise = np.sum(self._squares * self.values / below**2, axis=-1) / spread
        return np.asarray(np.mean(missed**2, axis=-1) + noise * rest / len(wanted))


def _targets(values: ArrayLike, count: int, name: str) -> Array:
    found: Array = real_values(values, name)
    if len(found) != count:
        raise ParameterError(f"there are {count} points and {len(found)} values in {name}", name=name)
    return found
