r"""Gradient flow for two Gaussian classes: errors over time, and when to stop.

n samples x_i = y_i mu + z_i of dimension p with labels y_i = +-1, z ~ N(0, I), c = p/n, rho = |mu|^2; w(0) has entries
of variance sigma^2/p, and w' = rate (X y/n - (X X^T/n + gamma) w). Write C = X X^T/n and b = X y/n = mu + v: with the
projection of Z away from y, W = Z Z^T/n - v v^T, which is independent of v,

    C = W + b b^T,   |v|^2 -> c,   |b|^2 -> rho + c.

So b sees the spectral measure nu of Marchenko-Pastur's law with a perturbation of strength rho + c in its direction,
and mu sees b with the share rho/(rho + c). With f = exp(-rate t (x + gamma)), h = (1 - f)/(x + gamma), M that law,

    <mu, w>    = rho int h dnu,           |w|^2         = (rho + c) int h^2 dnu + sigma^2 int f^2 dM,
    (y, X^T w)/n = (rho + c) int h dnu,   |X^T w|^2/n   = (rho + c) int x h^2 dnu + sigma^2 int x f^2 dM,

and a point is misclassified with the probability Q(mean/deviation). Where the labels have the mean a, and features
are taken less the middle of the two classes' means, X sees 1 - a y no more, so that |v|^2 -> c/(1 - a^2); with c +
rho replaced by |v|^2 + rho all else holds. That middle has errors, too: points of a class y have the mean <mu, w> + a
y <v, w>, <v, w> = |v|^2 int h dnu, and the classes the shares (1 + a y)/2. For rho > sqrt(c) the measure nu has an
atom, the spike, at (1 + rho)(rho + c)/rho.

Source: Liao, Couillet 2018, The dynamics of learning: a random matrix approach (there omega = rho nu).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from resolvent.derive.border import checked
from resolvent.derive.errors import ParameterError, PrecisionError
from resolvent.derive.exact.copies import ByValue
from resolvent.derive.exact.precision import cached_property
from resolvent.derive.laws.elementary import marchenko_pastur
from resolvent.derive.presentation import Tabled
from resolvent.numeric.curves.effective_ridge import integral
from resolvent.numeric.curves.minimum import minimum
from resolvent.numeric.curves.shown import shown
from resolvent.numeric.density.chebyshev_piece import Array
from resolvent.numeric.measures.seen_from_vector import seen_from
from resolvent.numeric.spectrum.numbers import positive_number, real_number
from resolvent.numeric.spectrum.spectrum import Spectrum
from resolvent.numeric.style import LINES, QUIET, finish, legend, new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_TIMES = 400
_CONTOUR_NODES = (64, 128, 256, 512, 1024, 2048, 4096, 8192)
_CONTOUR_ERROR = 1e-8
_EPSILON = 2.0**-52
_LEAST = 1e-100  # of the parameters; the largest is one over it

Side = Literal["test", "training"]


@dataclass(frozen=True, eq=False)
class Margin(ByValue):
    """The mean and the variance of y <w, x>, on new points or on those trained on."""

    mean: Array
    variance: Array

    @property
    def error(self) -> Array:
        """The probability Q(mean/deviation) of a misclassification; 1/2 where both vanish."""
        from scipy.special import ndtr

        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where(self.variance > 0, self.mean / np.sqrt(self.variance), 0.0)
        return np.asarray(ndtr(-ratio))


@dataclass(frozen=True)
class BestTime(Tabled):
    """When the test error is smallest, and that error: ``inf`` if it only falls, 0 if it grows from its limit there."""

    time: float
    error: float


@checked
class GradientFlow:
    """The limit of gradient flow for two classes, as functions of the time t.

    Args:
        c: p/n.
        rho: |mu|^2.
        ridge: gamma.
        initial: sigma^2, the squared length of w(0).
        rate: the learning rate; times enter as rate t.
        imbalance: the mean of the labels, for features less the middle of the classes' means.

    >>> flow = GradientFlow("1/2", 2, ridge=0.3, initial=0.1, rate=0.01)
    >>> test, training = flow.test(300), flow.training(300)
    >>> [round(float(v), 9) for v in (test.mean, test.variance, training.mean, training.variance)]
    [0.573151086, 0.256169412, 0.716438858, 0.121154632]

    Raises `ParameterError` unless c, rho and the rate are positive, ridge and initial size not negative.
    """

    _ABSCISSA = "time"

    def __init__(self, c: Any, rho: Any, ridge: Any = 0.0, initial: Any = 0.0, rate: Any = 1.0,
                 imbalance: Any = 0.0) -> None:  # fmt: skip
        self.c, self.rho, self.rate = (
            positive_number(c, "c"),
            positive_number(rho, "rho"),
            positive_number(rate, "rate"),
        )
        if not _LEAST <= min(self.c, self.rho, self.rate) <= max(self.c, self.rho, self.rate) <= 1 / _LEAST:
            raise ParameterError(f"c, rho and rate must lie between {_LEAST:g} and {1 / _LEAST:g}", c=c, rho=rho)
        self.ridge, self.initial = real_number(ridge), real_number(initial)
        if self.ridge < 0 or self.initial < 0:
            raise ParameterError(
                f"the ridge and the initial size must not be negative; got {ridge} and {initial}", ridge=ridge
            )
        self.imbalance = real_number(imbalance)
        if not abs(self.imbalance) < 1:
            raise ParameterError(f"the mean of labels -1 and 1 is between these; got {imbalance}", imbalance=imbalance)
        self.scatter = self.c / (1 - self.imbalance**2)
        self.length = self.rho + self.scatter
        self.noise = Spectrum(marchenko_pastur(c))
        self.seen = seen_from(self.noise, self.length)

    def __repr__(self) -> str:
        return shown(self, c=self.c, rho=self.rho, ridge=self.ridge, initial=self.initial, rate=self.rate)

    @property
    def spike(self) -> float | None:
        """The eigenvalue of X X^T/n that the classes make outside the bulk; None for rho <= sqrt(c).

        >>> GradientFlow(1, 4).spike, GradientFlow(1, "1/2").spike
        (6.25, None)
        """
        outside = [float(a.point) for a in self.seen.atoms if a.point > self.noise.intervals[0].right]
        return round(outside[0], 12) if outside else None

    # -- the measure seen from b -----------------------------------------------------------------------------------

    def _times(self, t: ArrayLike) -> Array:
        times = np.asarray(t, dtype=float)
        if not np.all(times >= 0):
            raise ParameterError(f"times are not negative; got {t!r}", t=t)
        return times

    def _filters(self, times: Array) -> tuple[Callable[[Array], Array], Callable[[Array], Array]]:
        """h and f as functions of x, a row for each time."""
        flat = (self.rate * times.ravel())[:, None]

        def h(x: Array) -> Array:
            z = np.maximum(x, 0.0) + self.ridge
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                return np.where(z > 0, -np.expm1(-flat * z) / z, flat)

        def f(x: Array) -> Array:
            with np.errstate(invalid="ignore"):
                z = flat * (np.maximum(x, 0.0) + self.ridge)
            return np.asarray(np.exp(-np.where(np.isnan(z), 0.0, z)))

        return h, f

    def test(self, t: ArrayLike) -> Margin:
        """Mean <mu, w> and variance |w|^2 of the margin of a new point; t may be inf.

        Raises `ParameterError` for negative times, `PrecisionError` where the integrals do not converge.
        """
        times = self._times(t)
        h, f = self._filters(times)
        first = integral(self.seen.measure, h)
        second = self.length * integral(self.seen.measure, lambda x: h(x) ** 2)
        if self.initial:
            second = second + self.initial * integral(self.noise.measure, lambda x: f(x) ** 2)
        return Margin((self.rho * first).reshape(times.shape), second.reshape(times.shape))

    def training(self, t: ArrayLike) -> Margin:
        """Mean and variance of the margins of the training points.

        Raises `ParameterError` for negative times, `PrecisionError` where the integrals do not converge.
        """
        times = self._times(t)
        h, f = self._filters(times)
        first = self.length * integral(self.seen.measure, h)
        second = self.length * integral(self.seen.measure, lambda x: x * h(x) ** 2)
        if self.initial:
            second = second + self.initial * integral(self.noise.measure, lambda x: x * f(x) ** 2)
        return Margin(first.reshape(times.shape), (second - first**2).reshape(times.shape))

    def test_error(self, t: ArrayLike) -> Array:
        """The probability that a new point is misclassified at the time t."""
        times = self._times(t)
        if self.ridge == 0 and self.c == 1 and np.any(np.isinf(times)):
            # at the hard edge the mean grows like t^(1/2), the variance like t^(3/2)
            finite = self.test_error(np.where(np.isinf(times), 1.0, times))
            return np.asarray(np.where(np.isinf(times), 0.5, finite))
        return self._misclassified(self.test(times))

    def _misclassified(self, margin: Margin) -> Array:
        """The error on new points whose margin is that without the error of the middle."""
        if not self.imbalance:
            return margin.error
        shift = self.imbalance * self.scatter / self.rho
        parts = (
            (1 + y * self.imbalance) / 2 * Margin(margin.mean * (1 + y * shift), margin.variance).error for y in (1, -1)
        )
        return np.asarray(sum(parts))

    def training_error(self, t: ArrayLike) -> Array:
        """The share of the training points that are misclassified at the time t."""
        return self.training(t).error

    @cached_property
    def best(self) -> BestTime:
        """The time of the smallest test error.

        From w(0) = 0 it is 0, right after the start: the margin over its deviation is E h/E(h^2)^(1/2) times its limit
        there, and at most that.

        >>> best = GradientFlow(2, 1, initial=0.1).best
        >>> round(best.time, 3), round(best.error, 6)
        (0.744, 0.315329)
        """
        if not self.initial:
            return BestTime(0.0, float(self._misclassified(Margin(np.asarray(self.rho), np.asarray(self.length)))))
        interval = self.noise.intervals[0]
        slowest = interval.left or interval.right / 10
        last = 40 / (self.rate * (slowest + self.ridge))
        first = 1e-4 * min(1.0, self.initial**0.25)  # a small w(0) is forgotten at times like its length^(1/2)
        grid = np.log(np.geomspace(first / (self.rate * (self.noise.support()[1] + self.ridge)), last, _TIMES))
        x = minimum(lambda x: self.test_error(np.exp(x)), grid)
        if x == grid[-1]:
            return BestTime(float("inf"), float(self.test_error(np.exp(x))))
        return BestTime(float(np.exp(x)), float(self.test_error(np.exp(x))))

    # -- the contour form ------------------------------------------------------------------------------------------

    def contour(self, t: float, side: Side = "test") -> tuple[Margin, float]:
        """The margin by the contour integrals of the source, and a bound of their error (kind: estimated).

        The ellipse crosses the real axis where exp(-rate t z) is of size e^3 at most. The bound is what the last
        doubling of the nodes changed, and rounding times the largest integrand.

        Raises `ParameterError` for negative times and another side, `PrecisionError` if the bound exceeds 1e-8.
        """
        if side not in ("test", "training"):
            raise ParameterError(f"the side is test or training; got {side!r}", side=side)
        time = self.rate * float(self._times(t))
        top = self.ridge + max(self.seen.support()[1], self.noise.support()[1])
        low = self.ridge + self.noise.support()[0]
        left = low / 2 if low > 0 else -min(1.0, 3 / max(time, 3.0))
        right = top + (top - left) / 2
        before: Array | None = None
        for count in _CONTOUR_NODES:
            angles = 2 * np.pi * (np.arange(count) + 0.5) / count
            half = (right - left) / 2
            z = (left + right) / 2 + half * np.cos(angles) + 0.6j * half * np.sin(angles)
            slope = (-half * np.sin(angles) + 0.6j * half * np.cos(angles)) / 1j
            values = self._integrands(z, time, side) * slope
            now = np.mean(values, axis=1).real
            if before is not None:
                error = float(np.max(np.abs(now - before)) + 16 * _EPSILON * np.max(np.abs(values)))
                if error <= _CONTOUR_ERROR * (1 + float(np.max(np.abs(now)))):
                    variance = now[1] - (now[0] ** 2 if side == "training" else 0.0)
                    return Margin(np.asarray(now[0]), np.asarray(variance)), 2 * error * (1 + abs(float(now[0])))
            before = now
        raise PrecisionError(
            f"the contour integrals at rate t = {time:g} have an error of {error:.2g}: exp(-rate t z) is too large on "
            "the contour; use test(t) or training(t), whose integrals are real",
            error=error,
        )

    def _damping(self, z: Array, time: float) -> Array:
        """f at complex z, shifted by gamma, for rate t."""
        return np.asarray(np.exp(-time * z))

    def _integrands(self, z: Array, time: float, side: Side) -> Array:
        """The integrands of mean and mean square, counter-clockwise over 2 pi i; m is the noise's, shifted by gamma."""
        m = self.noise.stieltjes(z - self.ridge)
        f = self._damping(z, time)
        h = (1 - f) / z
        below = self.length * m + 1
        if side == "test":
            return np.array([-h * self.rho * m / below, h**2 / below - self.initial * f**2 * m])
        x = z - self.ridge
        return np.array([h / below, x * h**2 / below - self.initial * f**2 * x * m])

    def plot(self, t: ArrayLike, ax: Axes | None = None) -> Axes:
        """Draw test and training error against the time, with the best moment to stop."""
        times = self._times(t)
        axes = ax if ax is not None else new_axes()
        axes.semilogx(times, self.test_error(times), color=LINES[0], label="test")
        axes.semilogx(times, self.training_error(times), color=LINES[1], linestyle="--", label="training")
        if 0 < self.best.time < np.inf:
            axes.axvline(self.best.time, color=QUIET, linewidth=0.8, label="stop")
        finish(axes)
        axes.set_xlabel(self._ABSCISSA)
        axes.set_ylabel("misclassified")
        legend(axes)
        return axes
