r"""The effective ridge kappa: with few samples, ridge regression acts like one with a larger ridge on all data.

For n samples with covariance Sigma of size p, g = p/n, and S = X X^T/n the sample covariance matrix,

    lambda (S + lambda)^{-1} ~ kappa (Sigma + kappa)^{-1},   lambda = kappa (1 - g d_1(kappa)),
    d_k(kappa) = (1/p) tr (Sigma/(Sigma + kappa))^k.

This is Silverstein's equation at z = -lambda, with 1/kappa the companion's transform. As a function of
kappa > -min Sigma, lambda is convex, so Newton's method from the right, kappa <= lambda + g tr Sigma/p, finds the
largest root and never passes it. The branch ends where lambda has its minimum, 1 = g d_2(kappa): minus that is the left
edge of the spectrum of S without its zeros, and ridges down to it are allowed, negative ones too.

Source: Silverstein, J. Multivariate Anal. 55 (1995), theorem 1.1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from resolvent.derive.errors import ParameterError, PrecisionError
from resolvent.numeric.density.chebyshev_piece import Array
from resolvent.numeric.spectrum.measure import Measure

_NODES = (64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384)
_ACCURACY = 1e-11
_NEWTON = 100

Integrand = Callable[[Array], Array]


def integral(measure: Measure, function: Integrand) -> Array:
    """The integrals of functions, whose points are the last axis, with twice the nodes until they agree to 1e-11.

    Raises `PrecisionError` if 16384 nodes do not suffice.
    """
    before = None
    for nodes in _NODES:
        now = np.asarray(measure.integral(function, nodes))
        if not measure.intervals:  # a finite sum
            return now
        if before is not None and np.all(np.abs(now - before) <= _ACCURACY * (1 + np.abs(now))):
            return now
        before = now
    raise PrecisionError(
        "integrals over the law do not converge: its density is too singular next to 0, the ridge too near to the "
        "smallest that is allowed, or the time too long; take a larger ridge or a shorter time"
    )


def degrees(measure: Measure, kappa: Array, order: int) -> Array:
    """d_k(kappa), the degrees of freedom over p; a part of the population at 0 adds nothing.

    >>> from resolvent.numeric.measures.atomic_measure import AtomicMeasure
    >>> degrees(AtomicMeasure([0.0, 1.0], [0.5, 0.5]), np.array([1.0, 0.0]), 1)
    array([0.25, 0.5 ])
    """
    flat = kappa.ravel()[:, None]

    def function(t: Array) -> Array:
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(t == 0, 0.0, (t / (t + flat)) ** order)

    return integral(measure, function).reshape(kappa.shape)


def smallest(measure: Measure, ratio: float) -> tuple[float, float]:
    """(kappa, lambda) at the end of the branch: every lambda above has an effective ridge.

    >>> from resolvent.numeric.measures.atomic_measure import AtomicMeasure
    >>> kappa, ridge = smallest(AtomicMeasure([1.0], [1.0]), 0.25)
    >>> round(kappa, 12), round(ridge, 12)  # minus the edge (1 - sqrt(1/4))^2
    (-0.5, -0.25)
    """
    low, high = _least_positive(measure), measure.support()[1]

    def excess(kappa: float) -> float:
        return 1 - ratio * float(degrees(measure, np.array(kappa), 2))

    right = max(ratio, 1.0) * high
    left = -low * (1 - 1e-9)
    while excess(right) < 0:
        right = 2 * right + high
    try:
        if excess(left) >= 0:  # the density vanishes at the end of the population
            return left, ridge_of(measure, ratio, np.array(left)).item()
    except PrecisionError:
        pass  # too near to the population to be integrated, and larger than anything there
    for _ in range(200):
        middle = (left + right) / 2
        try:
            is_above = excess(middle) >= 0
        except PrecisionError:
            is_above = False
        left, right = (left, middle) if is_above else (middle, right)
        if right - left <= 1e-13 * high:
            break
    return right, ridge_of(measure, ratio, np.array(right)).item()


def ridge_of(measure: Measure, ratio: Any, kappa: Array) -> Array:
    """lambda = kappa (1 - g d_1(kappa))."""
    return np.asarray(kappa * (1 - ratio * degrees(measure, kappa, 1)))


def effective_ridge(measure: Measure, ratio: Array, ridge: Array) -> Array:
    """kappa for arrays of ratios and ridges of one shape.

    >>> from resolvent.numeric.measures.atomic_measure import AtomicMeasure
    >>> effective_ridge(AtomicMeasure([1.0], [1.0]), np.array([2.0, 0.5]), np.array([0.0, 0.0])).round(12)
    array([1., 0.])

    Raises `ParameterError` for a ridge below the smallest that is allowed.
    """
    mean = float(integral(measure, lambda t: t))
    kappa = np.maximum(ridge, 0) + ratio * mean
    negative = ridge < 0
    for place in np.unique(ratio[negative]):
        least, own = smallest(measure, float(place)), negative & (ratio == place)
        if np.any(ridge[own] < least[1]):
            raise ParameterError(
                f"the ridge {np.min(ridge[own]):.6g} is below {least[1]:.6g}, minus the smallest positive eigenvalue "
                f"of the sample covariance matrix at the ratio {place:g}; take a larger one",
                smallest=least[1],
            )
    inner = ratio * rank(measure) <= 1
    for _ in range(_NEWTON):
        value = ridge_of(measure, ratio, kappa) - ridge
        # d lambda/d kappa = 1 - g d_2, as kappa d_1' = d_2 - d_1
        slope = 1 - ratio * degrees(measure, kappa, 2)
        with np.errstate(divide="ignore", invalid="ignore"):
            step = np.where(value > 0, value / slope, 0.0)
        kappa = kappa - step
        if np.all(step <= 1e-15 * np.abs(kappa) + 1e-300):
            break
    return np.where(inner & (ridge == 0), 0.0, kappa)


def rank(measure: Measure) -> float:
    """The mass that is not at 0.

    >>> from resolvent.numeric.measures.atomic_measure import AtomicMeasure
    >>> rank(AtomicMeasure([0.0, 1.0], [0.25, 0.75]))
    0.75
    """
    return 1 - float(np.sum(measure.atom_weights[measure.atom_points == 0]))


def _least_positive(measure: Measure) -> float:
    """The smallest point of the population that is not 0."""
    points = [p for p in measure.atom_points if p > 0] + [i.left for i in measure.intervals]
    return float(max(min(points), 0.0))
