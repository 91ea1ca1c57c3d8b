r"""Gradient descent for two Gaussian classes: the errors after whole steps, and after which to stop.

As gradient flow (`resolvent.numeric.curves.gradient_flow`), with w(k + 1) = w(k) + s (X y/n - (X X^T/n + gamma) w(k))
for the step s: after k steps f = (1 - s (x + gamma))^k stands where the flow has exp(-t (x + gamma)). So it holds for
steps that are not small, as long as s (x + gamma) < 2 on the whole spectrum; beyond, gradient descent diverges.

Source: Liao, Couillet 2018, The dynamics of learning: a random matrix approach, whose formulas hold for any filter f.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from resolvent.derive.border import checked
from resolvent.derive.errors import ParameterError
from resolvent.derive.exact.precision import cached_property
from resolvent.numeric.curves.gradient_flow import BestTime, GradientFlow
from resolvent.numeric.density.chebyshev_piece import Array

_NUMBERS = 400  # of steps that are tried at once


@checked
class GradientDescent(GradientFlow):
    """The limit of gradient descent for two classes, as functions of the number of steps.

    Args:
        c, rho, ridge, initial, imbalance: as in `GradientFlow`.
        step: s, the learning rate.

    >>> descent = GradientDescent(2, 1, step="1/10", initial=0.1)
    >>> descent.best
    BestTime(time=6.0, error=0.3143054243...)

    Raises `ParameterError` as `GradientFlow` does, and for steps with which gradient descent diverges.
    """

    _ABSCISSA = "steps"

    def __init__(self, c: Any, rho: Any, step: Any, ridge: Any = 0.0, initial: Any = 0.0, imbalance: Any = 0.0) -> None:
        super().__init__(c, rho, ridge, initial, rate=step, imbalance=imbalance)
        top = max(self.seen.support()[1], self.noise.support()[1]) + self.ridge
        if not self.rate * top < 2:
            raise ParameterError(
                f"gradient descent diverges with steps of {self.rate:.4g}; they must be below 2 over the largest "
                f"eigenvalue, {2 / top:.4g}",
                step=step,
            )

    def _times(self, t: ArrayLike) -> Array:
        steps = super()._times(t)
        if np.any(steps != np.floor(steps)):
            raise ParameterError("gradient descent makes whole steps; got a number between them")
        return steps

    def _damping(self, z: Array, time: float) -> Array:
        return np.asarray((1 - self.rate * z) ** round(time / self.rate))

    def _filters(self, times: Array) -> tuple[Callable[[Array], Array], Callable[[Array], Array]]:
        """h and f as functions of x, a row for each number of steps."""
        steps = times.ravel()[:, None]
        is_odd = np.where(np.isinf(steps), 0, steps) % 2 == 1

        def power(z: Array) -> tuple[Array, Array]:
            """The logarithm of |1 - s z|^steps, and where 1 - s z is negative and the steps are odd."""
            with np.errstate(divide="ignore", invalid="ignore"):
                logarithm = np.where(self.rate * z < 1, np.log1p(-self.rate * z), np.log(self.rate * z - 1))
                exponent = steps * logarithm
            return np.where(np.isnan(exponent), 0.0, exponent), is_odd & (self.rate * z > 1)

        def h(x: Array) -> Array:
            z = np.maximum(x, 0.0) + self.ridge
            exponent, is_negative = power(z)
            with np.errstate(divide="ignore", invalid="ignore"):
                left = np.where(is_negative, 1 + np.exp(exponent), -np.expm1(exponent))  # 1 - f
                return np.where(z > 0, left / z, self.rate * steps)

        def f(x: Array) -> Array:
            exponent, is_negative = power(np.maximum(x, 0.0) + self.ridge)
            return np.asarray(np.where(is_negative, -1.0, 1.0) * np.exp(exponent))

        return h, f

    @cached_property
    def best(self) -> BestTime:
        """The number of steps with the smallest test error, ``inf`` if it only falls; from w(0) = 0 the first."""
        if not self.initial:
            return BestTime(1.0, super().best.error)
        interval = self.noise.intervals[0]
        slowest = (interval.left or interval.right / 10) + self.ridge
        last = max(_NUMBERS, int(40 / (self.rate * slowest)))
        low, high = 1, last
        while True:
            steps = np.unique(np.round(np.geomspace(low, high, _NUMBERS)))
            steps = np.unique(np.minimum([steps, steps + 1], high))  # a factor below 0 may make odd ones differ
            errors = self.test_error(steps)
            k = int(np.argmin(errors))
            if steps[k] == last:
                return BestTime(float("inf"), float(errors[k]))
            near = steps[[max(k - 2, 0), min(k + 2, len(steps) - 1)]]
            if near[1] - near[0] < len(steps):
                around = np.arange(near[0], near[1] + 1)
                errors = self.test_error(around)
                return BestTime(float(around[np.argmin(errors)]), float(np.min(errors)))
            low, high = (int(v) for v in near)
