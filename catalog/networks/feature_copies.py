r"""The parts of the variance of random-feature regression as traces of independent copies, and as crossed experiments.

With the Gaussian equivalent Z_kj of the features of weights k on samples j, A_kj = (Z^T Z + lambda)^{-1} Z^T makes of
targets the coefficients. Copies that share a letter share the matrix: T_11^T T_21 has the samples in common alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import sympy
from numpy.typing import NDArray

from resolvent.catalog.schema.quantity import Model
from resolvent.derive.laws.arguments import as_scalar
from resolvent.numeric.expressions import MatrixExpression, dimension, gaussian, identity, inv
from resolvent.numeric.matrices import ensembles

Array = NDArray[np.float64]

INPUTS, FEATURES, SAMPLES = dimension("d"), dimension("N"), dimension("n")


def features(eta: Any, zeta: Any, weights: Any = "", samples: Any = "") -> MatrixExpression:
    """Z with the linear part of the features and independent noise in its place, n x N, for copies of its letters."""
    slope, variance = as_scalar(zeta), as_scalar(eta)
    linear = _inputs(samples) @ _weights(weights).T / sympy.sqrt(INPUTS)
    rest = gaussian(f"G{weights}{samples}", SAMPLES, FEATURES)
    return (sympy.sqrt(slope) * linear + sympy.sqrt(variance - slope) * rest) / sympy.sqrt(INPUTS)


def _inputs(samples: Any) -> MatrixExpression:
    return gaussian(f"X{samples}", SAMPLES, INPUTS)


def _weights(weights: Any) -> MatrixExpression:
    return gaussian(f"Theta{weights}", FEATURES, INPUTS)


class _Copies:
    """The matrices of copies k of the weights and j of the samples."""

    def __init__(self, eta: Any, zeta: Any, ridge: Any) -> None:
        self.eta, self.zeta, self.ridge = (as_scalar(v) for v in (eta, zeta, ridge))

    def coefficients(self, k: int, j: int) -> MatrixExpression:
        """A/sqrt(d), N x n: from targets to the coefficients of features."""
        z = features(self.eta, self.zeta, k, j)
        return inv(z.T @ z + self.ridge) @ z.T / sympy.sqrt(INPUTS)

    def seen(self, k: int) -> MatrixExpression:
        """N x d: from inputs to the linear part of features."""
        return sympy.sqrt(self.zeta) * _weights(k) / sympy.sqrt(INPUTS)

    def learned(self, k: int, j: int) -> MatrixExpression:
        """N x d: from beta to coefficients."""
        return self.coefficients(k, j) @ _inputs(j)

    def mean(self, k: int, j: int) -> MatrixExpression:
        """T, d x d: from beta to the linear part of the prediction."""
        return self.seen(k).T @ self.learned(k, j)

    def product(self, k: int, first: int, second: int) -> MatrixExpression:
        """d x d: the mean product of predictions of weights k on two sets of samples, E_x y_hat y_hat'."""
        own = (self.eta - self.zeta) * self.learned(k, first).T @ self.learned(k, second)
        return self.mean(k, first).T @ self.mean(k, second) + own


def ratios(psi_1: Any, psi_2: Any) -> dict[Any, Any]:
    """N/d and n/d."""
    return {(FEATURES, INPUTS): psi_1, (SAMPLES, INPUTS): psi_2}


def bias(psi_1: Any, psi_2: Any, eta: Any, zeta: Any, ridge: Any) -> Model:
    """(1 - T_11)^T (1 - T_22), everything drawn twice."""
    copies, one = _Copies(eta, zeta, ridge), identity(INPUTS)
    return (one - copies.mean(1, 1)).T @ (one - copies.mean(2, 2)), ratios(psi_1, psi_2)


def of_weights(psi_1: Any, psi_2: Any, eta: Any, zeta: Any, ridge: Any) -> Model:
    """Predictions that share the weights, less those that share nothing."""
    c = _Copies(eta, zeta, ridge)
    return c.product(1, 1, 2) - c.mean(1, 1).T @ c.mean(2, 2), ratios(psi_1, psi_2)


def of_samples(psi_1: Any, psi_2: Any, eta: Any, zeta: Any, ridge: Any) -> Model:
    """Predictions that share the samples, less those that share nothing."""
    c = _Copies(eta, zeta, ridge)
    return c.mean(1, 1).T @ c.mean(2, 1) - c.mean(1, 1).T @ c.mean(2, 2), ratios(psi_1, psi_2)


def of_weights_and_samples(psi_1: Any, psi_2: Any, eta: Any, zeta: Any, ridge: Any) -> Model:
    """The same prediction twice, less those that share the weights or the samples alone, plus those of nothing."""
    c = _Copies(eta, zeta, ridge)
    one_in_common = c.product(1, 1, 2) + c.mean(1, 1).T @ c.mean(2, 1)
    return c.product(1, 1, 1) - one_in_common + c.mean(1, 1).T @ c.mean(2, 2), ratios(psi_1, psi_2)


def of_samples_and_noise(psi_1: Any, psi_2: Any, eta: Any, zeta: Any, ridge: Any, noise: Any) -> Model:
    """Predictions of noise that share it and the samples."""
    c = _Copies(eta, zeta, ridge)
    first, second = (c.seen(k).T @ c.coefficients(k, 1) for k in (1, 2))
    return as_scalar(noise) * SAMPLES * first.T @ second, ratios(psi_1, psi_2)


def of_noise(psi_1: Any, psi_2: Any, eta: Any, zeta: Any, ridge: Any) -> Model:
    """Predictions of noise of variance 1 that share it and the weights, but not the samples: nothing in the limit."""
    c = _Copies(eta, zeta, ridge)
    first, second = (c.coefficients(1, j) for j in (1, 2))
    seen = first.T @ c.seen(1) @ c.seen(1).T @ second
    return SAMPLES * (seen + (c.eta - c.zeta) * first.T @ second), ratios(psi_1, psi_2)


def of_all(psi_1: Any, psi_2: Any, eta: Any, zeta: Any, ridge: Any, noise: Any) -> Model:
    """The same prediction of noise twice, less those that share it and the samples alone."""
    c = _Copies(eta, zeta, ridge)
    first, second = (c.seen(k).T @ c.coefficients(k, 1) for k in (1, 2))
    own = (c.eta - c.zeta) * c.coefficients(1, 1).T @ c.coefficients(1, 1)
    return as_scalar(noise) * SAMPLES * (first.T @ first + own - first.T @ second), ratios(psi_1, psi_2)


def crossed(
    activation: Callable[[Array], Array],
    size: int,
    rng: np.random.Generator,
    psi_1: float,
    psi_2: float,
    ridge: float,
    noise: float,
    copies: int = 4,
) -> dict[str, float]:
    """The parts of the variance seen in regressions of ``copies`` networks on as many sets of samples, d = ``size``.

    Every network is trained on every set, with targets <beta, x> and with noise alone. Products of predictions that
    share some of what is random are averaged over 1000 new inputs: each part without a systematic error.
    """
    count, drawn = max(1, round(psi_1 * size)), max(1, round(psi_2 * size))
    beta, new = rng.standard_normal(size), ensembles.gaussian(size, 1000, rng)
    beta /= np.linalg.norm(beta)
    weights = [ensembles.gaussian(count, size, rng, 1 / size) for _ in range(copies)]
    samples = [ensembles.gaussian(size, drawn, rng) for _ in range(copies)]
    errors = [np.sqrt(noise) * rng.standard_normal(drawn) for _ in range(copies)]
    found = np.empty((2, copies, copies, new.shape[1]))
    for k, theta in enumerate(weights):
        for j, (x, eps) in enumerate(zip(samples, errors, strict=True)):
            z = activation(theta @ x) / np.sqrt(size)
            targets = z @ np.stack([x.T @ beta, eps], axis=1)
            a = np.linalg.solve(z @ z.T + ridge * np.eye(count), targets)
            found[:, k, j] = (activation(theta @ new).T @ a / np.sqrt(size)).T
    truth = new.T @ beta
    both, same_weights, same_samples, none = _moments(found[0])
    noisy, _, noise_of_samples, _ = _moments(found[1])
    return {
        "bias": float(np.mean(truth**2 - 2 * truth * found[0].mean(axis=(0, 1)))) + none,
        "weights": same_weights - none,
        "samples": same_samples - none,
        "weights_samples": both - same_weights - same_samples + none,
        "samples_noise": noise_of_samples,
        "weights_samples_noise": noisy - noise_of_samples,
    }


def _moments(predictions: Array) -> tuple[float, float, float, float]:
    """The mean products of predictions that share weights and samples, weights, samples, and nothing.

    >>> _moments(np.array([[[1.0], [2.0]], [[3.0], [5.0]]]))
    (9.75, 8.5, 6.5, 5.5)
    """
    k = len(predictions)
    squares = float(np.sum(predictions**2))
    rows, columns = (float(np.sum(predictions.sum(axis=axis) ** 2)) for axis in (1, 0))
    whole = float(np.sum(predictions.sum(axis=(0, 1)) ** 2))
    tests = predictions.shape[-1] * k * k
    pairs = tests * (k - 1)
    none = (whole - rows - columns + squares) / (pairs * (k - 1))
    return squares / tests, (rows - squares) / pairs, (columns - squares) / pairs, none
