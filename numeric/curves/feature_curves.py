r"""Learning curves of random features and of tangent kernels where data, features and samples grow together.

Inputs x ~ N(0, I_d), y = <beta, x> + tau xi with |beta|^2 given, N features f(Theta x/sqrt(d)), Theta ~ N(0, 1), and
n samples: psi_1 = N/d, psi_2 = n/d. Gaussian equivalence replaces the features by

    sqrt(zeta) Theta x/sqrt(d) + sqrt(eta - zeta) g,   g ~ N(0, I_N) independent,

eta the variance of f and zeta the square of its mean slope. Given Theta, this is ridge regression on Gaussian features:
their covariance is a function of Theta Theta^T/d, whose law is Marchenko-Pastur's, beta is seen through them, and what
they do not see of <beta, x> acts as noise. So the curves are those of `RidgeRegression` at nodes of that law.

Sources: Mei, Montanari 2022, The generalization error of random features regression; Adlam, Pennington 2020, The neural
tangent kernel in high dimensions: triple descent and a multi-scale theory of generalization.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from resolvent.derive.activations.activation import Activation, activation
from resolvent.derive.border import checked
from resolvent.derive.errors import ParameterError, PrecisionError
from resolvent.derive.laws.elementary import marchenko_pastur
from resolvent.numeric.curves.ridge import RidgeRegression
from resolvent.numeric.density.chebyshev_piece import Array
from resolvent.numeric.measures.numbers import nonnegative_number

_NODES = (128, 256, 512, 1024, 2048, 4096, 8192)
_ACCURACY = 1e-9


@dataclass(frozen=True)
class FeatureErrors:
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
    |beta|^2, ``noise`` the variance tau^2. The arrays are broadcast; the mean of f has no influence.

    >>> errors = random_feature_errors("relu", 2, 10/3, 1e-3, noise=0.01)
    >>> round(float(errors.risk), 10)
    0.5769888629

    Raises `ParameterError` for ratios or ridges that are not positive, and for an activation without a variance;
    `PrecisionError` where the ridge is too small for the nodes of the law.
    """
    return errors_of_constants(*_constants(function, options), features, samples, ridge, signal, noise)


def errors_of_constants(
    eta: float,
    zeta: float,
    features: ArrayLike,
    samples: ArrayLike,
    ridge: ArrayLike,
    signal: Any = 1.0,
    noise: Any = 0.0,
) -> FeatureErrors:
    """`random_feature_errors` for an activation of variance eta with the squared mean slope zeta.

    >>> linear = errors_of_constants(1, 1, 3, 2, 0.01)  # more features than dimensions: all of x is seen
    >>> bool(abs(linear.approximation) < 1e-12)
    True
    """

    def one(psi_1: float, psi_2: float, lam: float, rule: tuple[Array, Array]) -> tuple[float, float, float]:
        s, weights = rule
        t = zeta * s + (eta - zeta)
        with np.errstate(invalid="ignore", divide="ignore"):
            reach = np.where(t > 0, zeta * s / t, 0.0)
            squares = power * psi_1 * weights * np.where(t > 0, zeta * s / t**2, 0.0)
        approximation = power * max(1 - psi_1 * float(weights @ reach), 0.0)  # up to rounding it is not negative
        curve = RidgeRegression.of_nodes(t, weights, squares, psi_1 / psi_2, noise_of_targets + approximation)
        return approximation, float(curve.bias(lam / psi_2)), float(curve.variance(lam / psi_2))

    power, noise_of_targets = nonnegative_number(signal, "signal"), nonnegative_number(noise, "noise")
    return _converged(one, features, samples, ridge)


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
    act = _activation(function, options)
    eta, zeta = _constants(act, {})
    own = float(act.eta_prime) - zeta
    if not np.isfinite(own):
        raise ParameterError(f"{act.name} jumps: its tangent kernel does not exist", activation=act)
    if zeta <= 1e-14:
        raise ParameterError(f"the mean slope of {act.name} is 0: its tangent kernel sees nothing linear")

    def one(psi_1: float, psi_2: float, lam: float, rule: tuple[Array, Array]) -> tuple[float, float, float]:
        s, weights = rule  # the law of Theta Theta^T/d, N x N; the same s > 0 for Theta^T Theta/d
        count = psi_1 * weights * (s > 0)  # eigenvalues over d that features and inputs share
        corner, cross = (zeta * s + (eta - zeta)) / psi_1, zeta * np.sqrt(s / psi_1)
        middle, half = (corner + zeta) / 2, np.hypot((corner - zeta) / 2, cross)
        points, multiplicity, squares = [], [], []
        for sign in (1.0, -1.0):
            t = middle + sign * half
            # the share of the input's direction in the eigenvector
            share = np.where(half > 0, (1 + sign * (zeta - corner) / (2 * np.maximum(half, 1e-300))) / 2, 0.5)
            points.append(t)
            multiplicity.append(count)
            squares.append(power * count * share / zeta)
        unshared = float(psi_1 - np.sum(count)), float(1 - np.sum(count))
        points += [np.array([(eta - zeta) / psi_1, zeta])]
        multiplicity += [np.maximum(unshared, 0.0)]
        squares += [np.array([0.0, power * max(unshared[1], 0.0) / zeta])]
        t, m, c = (np.concatenate(part) for part in (points, multiplicity, squares))
        keep = m > 0
        total = float(np.sum(m))
        curve = RidgeRegression.of_nodes(
            np.maximum(t[keep], 0.0), m[keep] / total, c[keep], total / psi_2, noise_of_targets
        )
        own_ridge = (lam + own) / psi_2
        return 0.0, float(curve.bias(own_ridge)), float(curve.variance(own_ridge))

    power, noise_of_targets = nonnegative_number(signal, "signal"), nonnegative_number(noise, "noise")
    return _converged(one, features, samples, ridge)


def _converged(one: Any, features: ArrayLike, samples: ArrayLike, ridge: ArrayLike) -> FeatureErrors:
    """The errors at all points, each with twice the nodes until they agree."""
    given = [np.asarray(v, dtype=float) for v in (features, samples, ridge)]
    if not all(np.all(np.isfinite(v) & (v > 0)) for v in given):
        raise ParameterError("features/d, samples/d and the ridge must be positive and finite", given=given)
    grids = np.broadcast_arrays(*given)
    found = np.empty((3, *grids[0].shape))
    for place in np.ndindex(grids[0].shape):
        psi_1, psi_2, lam = (float(g[place]) for g in grids)
        before: Sequence[float] | None = None
        for nodes in _NODES:
            now = one(psi_1, psi_2, lam, quadrature(psi_1, nodes))
            if before is not None and np.allclose(now, before, rtol=_ACCURACY, atol=_ACCURACY):
                break
            before = now
        else:
            raise PrecisionError(
                f"the errors at features/d = {psi_1:g} are not found to {_ACCURACY:g}: the ridge is too small for an "
                "activation that is nearly linear; take a larger one"
            )
        found[(slice(None), *place)] = now
    return FeatureErrors(*found)


@cache
def _coefficients() -> tuple[Any, Any]:
    """The law's quadratic equation and its edges as functions of c, from its derivation."""
    import sympy

    c = sympy.Symbol("c", positive=True)
    expr = marchenko_pastur(c).equation.expr
    z, m = (next(s for s in expr.free_symbols if s.name == name) for name in ("z", "m"))
    parts = sympy.Poly(expr, m).all_coeffs()
    discriminant = sympy.Poly(sympy.discriminant(expr, m), z).all_coeffs()
    return sympy.lambdify((z, c), parts), sympy.lambdify(c, discriminant)


def quadrature(c: float, nodes: int) -> tuple[Array, Array]:
    """Points and weights of Marchenko-Pastur's law: the midpoint rule in an angle.

    >>> points, weights = quadrature(0.5, 64)
    >>> (weights @ points**2).round(12), weights.sum().round(12)
    (np.float64(1.5), np.float64(1.0))
    """
    equation, edges = _coefficients()
    low, high = np.sort(np.roots(edges(c)).real)
    low = max(low, 0.0)
    angles = np.pi * (np.arange(nodes) + 0.5) / nodes
    # the density has a pole at 0, next to the lower edge if c is near 1: a Moebius map of the circle puts nodes there
    near = float(np.clip(np.sqrt(2 * np.sqrt(low / (high - low))), 1e-3, 1.0)) if low else 1.0
    cosine, sine = np.cos(angles / 2), near * np.sin(angles / 2)
    stretch, share = near / (cosine**2 + sine**2), sine**2 / (cosine**2 + sine**2)
    x = low + (high - low) * share
    a, b, constant = (np.asarray(v, dtype=float) + 0 * x for v in equation(x, c))
    density = np.sqrt(np.maximum(4 * a * constant - b * b, 0.0)) / (2 * np.abs(a) * np.pi)
    weights = np.pi / nodes * stretch * np.sqrt(share * (1 - share)) * (high - low) * density
    rest = max(0.0, 1 - 1 / c)
    if rest:
        x, weights = np.append(x, 0.0), np.append(weights, rest)
    return x, weights


def _activation(function: Any, options: dict[str, Any]) -> Activation:
    return function if isinstance(function, Activation) else activation(function, **options)


def _constants(function: Any, options: dict[str, Any]) -> tuple[float, float]:
    """The variance eta of the activation, its mean taken off, and zeta."""
    act = _activation(function, options)
    eta, zeta = (float(v) for v in activation(act.given[0], **{**act.given[1], "centred": True},
                                              sigma_w=act.sigma_w, sigma_x=act.sigma_x).rational())  # fmt: skip
    if eta <= 0:
        raise ParameterError(f"{act.name} is constant: its features see nothing", activation=act)
    return eta, zeta
