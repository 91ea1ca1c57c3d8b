r"""The limit of random features and of tangent kernels: which population of eigenvalues a regression on them sees.

Inputs x ~ N(0, I_d), N features f(Theta x/sqrt(d)), Theta ~ N(0, 1), and n samples: psi_1 = N/d, psi_2 = n/d. Gaussian
equivalence replaces the features by

    sqrt(zeta) Theta x/sqrt(d) + sqrt(eta - zeta) g,   g ~ N(0, I_N) independent,

eta the variance of f and zeta the square of its mean slope. Given Theta they are Gaussian, and their covariance is a
function of Theta Theta^T/d, whose law is Marchenko-Pastur's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from resolvent.derive.activations.activation import Activation, activation
from resolvent.derive.errors import ParameterError, PrecisionError
from resolvent.derive.laws.elementary import marchenko_pastur
from resolvent.numeric.curves.ridge import RidgeRegression
from resolvent.numeric.density.chebyshev_piece import Array

Rule = tuple[Array, Array]

_NODES = (128, 256, 512, 1024, 2048, 4096, 8192)
_ACCURACY = 1e-9
_LEAST = 1e-100  # of the ratios; the largest is one over it


@dataclass(frozen=True)
class Population:
    """The features given their weights: their covariance, and how the target is seen through them.

    Attributes:
        points: eigenvalues of the covariance.
        weights: how many of the features have each, as shares of all.
        squares: the squared coordinates of the best coefficients along the eigenvectors.
        size: the number of features over d.
        approximation: what no combination of the features reaches of the target.
    """

    points: Array
    weights: Array
    squares: Array
    size: float
    approximation: float

    def regression(self, samples: float, noise: float) -> RidgeRegression:
        """The ridge regression on n = ``samples`` d draws; to it the unreached part of the target is noise."""
        return RidgeRegression.of_nodes(
            self.points, self.weights, self.squares, self.size / samples, noise + self.approximation
        )


@dataclass(frozen=True)
class FeatureModel:
    """What the limit knows of a kernel of random weights.

    Attributes:
        eta: the variance of the activation.
        zeta: the square of its mean slope.
        own: what the kernel itself adds to the ridge.
        is_tangent: whether it is the tangent kernel of N units, with linear features beside the random ones that are
            scaled by 1/sqrt(N); otherwise the random features alone, scaled by 1/sqrt(d).
    """

    eta: float
    zeta: float
    own: float = 0.0
    is_tangent: bool = False

    def population(self, power: float, psi_1: float, rule: Rule) -> Population:
        """The features for a target <beta, x> with |beta|^2 = ``power``, given nodes of the law of Theta Theta^T/d."""
        return (self._tangent if self.is_tangent else self._random)(power, psi_1, rule)

    def _random(self, power: float, psi_1: float, rule: Rule) -> Population:
        s, weights = rule
        t = self.zeta * s + (self.eta - self.zeta)
        with np.errstate(invalid="ignore", divide="ignore"):
            reach = np.where(t > 0, self.zeta * s / t, 0.0)
            squares = power * psi_1 * weights * np.where(t > 0, self.zeta * s / t**2, 0.0)
        approximation = power * max(1 - psi_1 * float(weights @ reach), 0.0)  # up to rounding it is not negative
        return Population(t, weights, squares, psi_1, approximation)

    def _tangent(self, power: float, psi_1: float, rule: Rule) -> Population:
        eta, zeta = self.eta, self.zeta
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
        return Population(np.maximum(t[keep], 0.0), m[keep] / total, c[keep], total, 0.0)


def random_features(function: Any, options: dict[str, Any]) -> FeatureModel:
    """The model of the features of an activation, its mean taken off.

    Raises `ParameterError` for an activation that is constant.
    """
    act = function if isinstance(function, Activation) else activation(function, **options)
    eta, zeta = (float(v) for v in activation(act.given[0], **{**act.given[1], "centred": True},
                                              sigma_w=act.sigma_w, sigma_x=act.sigma_x).rational())  # fmt: skip
    if eta <= 0:
        raise ParameterError(f"{act.name} is constant: its features see nothing", activation=act)
    return FeatureModel(eta, zeta)


def tangent_features(function: Any, options: dict[str, Any]) -> FeatureModel:
    """The model of the tangent kernel of a network of one hidden layer with an activation.

    Raises `ParameterError` for an activation that is constant, that jumps, or whose mean slope is 0.
    """
    act = function if isinstance(function, Activation) else activation(function, **options)
    found = random_features(act, {})
    own = float(act.eta_prime) - found.zeta
    if not np.isfinite(own):
        raise ParameterError(f"{act.name} jumps: its tangent kernel does not exist", activation=act)
    if found.zeta <= 1e-14:
        raise ParameterError(f"the mean slope of {act.name} is 0: its tangent kernel sees nothing linear")
    return FeatureModel(found.eta, found.zeta, own, is_tangent=True)


def converged(
    values: int,
    one: Callable[[float, float, float, int], Sequence[float]],
    features: ArrayLike,
    samples: ArrayLike,
    ridge: ArrayLike,
) -> Array:
    """The values of one(psi_1, psi_2, ridge, nodes) at all points, each with twice the nodes until they agree.

    The first axis counts the values.

    Raises `ParameterError` for ratios that are not positive and negative ridges, `PrecisionError` where 8192 nodes are
    too few.
    """
    given = [np.asarray(v, dtype=float) for v in (features, samples, ridge)]
    if not all(np.all((v >= least) & (v <= 1 / _LEAST)) for v, least in zip(given, (_LEAST, _LEAST, 0), strict=True)):
        raise ParameterError(
            f"features/d and samples/d must be positive, {_LEAST:g} at least, the ridge not negative, and none above "
            f"{1 / _LEAST:g}",
            given=given,
        )
    grids = np.broadcast_arrays(*given)
    found = np.empty((values, *grids[0].shape))
    for place in np.ndindex(grids[0].shape):
        found[(slice(None), *place)] = _settled(one, *(float(g[place]) for g in grids))
    return found


def _settled(one: Callable[..., Sequence[float]], psi_1: float, psi_2: float, ridge: float) -> Sequence[float]:
    before: Sequence[float] | None = None
    for nodes in _NODES:
        now = one(psi_1, psi_2, ridge, nodes)
        if before is not None and np.allclose(now, before, rtol=_ACCURACY, atol=_ACCURACY):
            return now
        before = now
    raise PrecisionError(
        f"the errors at features/d = {psi_1:g} are not found to {_ACCURACY:g}: the ridge is too small for an "
        "activation that is nearly linear; take a larger one"
    )


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
