"""When to stop training: gradient descent of a linear classifier on a person's own features, by its limit."""

from __future__ import annotations

import contextlib
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from resolvent.derive.border import checked
from resolvent.derive.errors import ParameterError
from resolvent.derive.laws.elementary import marchenko_pastur
from resolvent.numeric.curves.gradient_descent import GradientDescent
from resolvent.numeric.spectrum.numbers import positive_number
from resolvent.numeric.spectrum.spectrum import Spectrum

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WHITE = 0.08  # Kolmogorov's distance of the noise's spectrum from Marchenko-Pastur's, beyond which it is not white
_LARGEST = 1e140  # of the features
_CLEAR = 3.0  # standard deviations that |X y/n|^2 must exceed the noise by


@checked
@dataclass(frozen=True, eq=False)
class StoppingAdvice:
    """When to stop, and what it rests on.

    Attributes:
        time: the learning rate times the steps with the smallest test error; ``inf`` if it only falls, 0 if it grows
            from the first step.
        error, final_error: the predicted test errors then, and without stopping.
        steps: their number.
        flow: the limit of gradient descent, with its curves.
        scale: the standard deviation of the noise in a feature, by which the features are divided.
        whiteness: Kolmogorov's distance of the noise's spectrum from that of white noise.
        reason: why nothing is advised, or the empty text.
    """

    time: float
    error: float
    final_error: float
    steps: int | None
    flow: GradientDescent | None
    scale: float
    whiteness: float
    rho: float
    reason: str

    @property
    def is_decided(self) -> bool:
        """Whether the data are what the theory is about, so that the advice holds."""
        return not self.reason

    def plot(self, ax: Axes | None = None) -> Axes | None:
        """Draw the predicted errors against learning rate times steps; None where nothing is advised."""
        if self.flow is None:
            return None
        middle = self.flow.best.time if self.flow.best.time < math.inf else 10 / self.flow.rate
        return self.flow.plot(np.unique(np.round(np.geomspace(max(1, middle / 100), 100 * middle, 200))), ax)

    def __repr__(self) -> str:
        return f"<StoppingAdvice: {self.text().splitlines()[0]}>"

    def __str__(self) -> str:
        return self.text()

    def text(self) -> str:
        """The advice in words."""
        facts = (
            f"noise {self.scale:.4g} a feature; half the distance of the classes over it, squared: rho = {self.rho:.4g}"
        )
        if self.reason:
            return f"no advice: {self.reason}\n{facts}"
        if self.steps is None:
            return f"do not stop: the test error only falls, to {self.final_error:.4f}\n{facts}"
        when = f"{self.steps} steps (learning rate x steps = {self.time:.4g})"
        if self.steps == 1:
            when = "the first step; every further one makes the test error larger"
        return f"stop after {when}\ntest error {self.error:.4f} then, {self.final_error:.4f} without stopping\n{facts}"

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        finite = {k: (v if math.isfinite(v) else None) for k, v in vars(self).items() if isinstance(v, float)}
        return {**finite, "steps": self.steps, "reason": self.reason or None}


@checked
def advise_stopping(
    x: ArrayLike, labels: ArrayLike, rate: Any = 0.01, ridge: float = 0.0, initial: float = 0.0
) -> StoppingAdvice:
    """When to stop gradient descent of a linear layer with the squared loss, on features x (p x n) and labels -1, 1.

    The loss is (1/2n) sum (y_i - <w, x_i>)^2 + (ridge/2)|w|^2, on features less the classes' common centre. The scale
    of the noise and the distance of the classes are estimated; the theory of white noise is used if the spectrum of
    what remains looks like that.

    >>> from resolvent.catalog.entries.gradient_flow import two_classes
    >>> x, y, _ = two_classes(400, np.random.default_rng(0), c=2.0, rho=2.0)
    >>> advice = advise_stopping(x, y, rate=0.01, initial=0.5)
    >>> advice.is_decided, 100 < advice.steps < 200
    (True, True)

    Raises `ParameterError` for features with gaps or beyond 1e140, complex numbers, labels other than -1 and 1, one
    class only, or shapes that do not fit.
    """
    if min(ridge, initial) < 0:
        raise ParameterError(
            f"the ridge and the initial size must not be negative; got {ridge:g} and {initial:g}", ridge=ridge
        )
    points, signs = _read(x, labels)
    step = positive_number(rate, "rate")
    p, n = points.shape
    middle = points @ (1 - signs * np.mean(signs)) / (n * (1 - np.mean(signs) ** 2))  # the classes' common centre
    centred = points - middle[:, None]
    b = centred @ signs / n
    rest = centred - b[:, None] * signs
    scale = float(np.sqrt(np.sum(rest**2) / (p * (n - 2))))
    if scale == 0:
        raise ParameterError("the features of each class are all equal; there is no noise to stop for", x=x)
    c, balance = p / n, float(np.mean(signs))
    scatter = c / (1 - balance**2)  # what noise adds to |b|^2
    rho = float(b @ b) / scale**2 - scatter
    whiteness = _distance(rest / scale, p, n)
    reason, descent = "", None
    if rho < max(_CLEAR * scatter * math.sqrt(2 / p), abs(balance) * scatter):
        reason = "the classes cannot be told apart from noise; get more samples, or better features"
    elif whiteness > _WHITE:
        reason = (
            f"the noise of the features is not white (its spectrum is {whiteness:.2f} away from white noise's); whiten "
            "them: multiply by the inverse square root of their covariance within classes"
        )
    else:
        largest = float(np.linalg.norm(centred, 2) ** 2 / n) + ridge
        # with x/scale the weights are those of the divided features times scale, the steps those times scale^2
        with contextlib.suppress(ParameterError):  # where it diverges
            descent = GradientDescent(c, rho, step * scale**2, ridge / scale**2, initial * scale**2, balance)
        if descent is None or step * largest >= 2:
            reason = (
                f"gradient descent diverges at the learning rate {step:g}: it must stay below 2 over the largest "
                f"eigenvalue of the loss, {2 / largest:.3g} here"
            )
    if descent is None or reason:
        return StoppingAdvice(math.nan, math.nan, math.nan, None, None, scale, whiteness, rho, reason)
    best = descent.best
    final = float(descent.test_error(math.inf))
    steps = None if math.isinf(best.time) else int(best.time)
    time = step * best.time if initial else 0.0
    return StoppingAdvice(time, best.error, final, steps, descent, scale, whiteness, rho, "")


def _read(x: ArrayLike, labels: ArrayLike) -> tuple[Any, Any]:
    if np.iscomplexobj(x) or np.iscomplexobj(labels):
        raise ParameterError("features and labels are real; got complex numbers", x=x)
    points, signs = np.asarray(x, dtype=float), np.asarray(labels, dtype=float).ravel()
    if points.ndim != 2 or min(points.shape) < 2:
        raise ParameterError(f"features form a p x n matrix, a column a sample; the shape is {points.shape}", x=x)
    bad = np.argwhere(~np.isfinite(points))
    if len(bad):
        place = tuple(bad[0].tolist())
        raise ParameterError(f"the features must be finite; entry {place} is {points[place]}", x=x)
    if (largest := float(np.max(np.abs(points)))) > _LARGEST:
        raise ParameterError(f"features reach up to {largest:.3g}, whose squares are no floats; divide them", x=x)
    if len(signs) != points.shape[1]:
        hint = "; transpose the features" if len(signs) == points.shape[0] else ""
        raise ParameterError(f"there are {points.shape[1]} samples and {len(signs)} labels{hint}", labels=labels)
    if set(np.unique(signs)) != {-1.0, 1.0}:
        raise ParameterError(f"labels are -1 and 1, both of them; got {np.unique(signs)[:5].tolist()}", labels=labels)
    return points, signs


def _distance(noise: Any, p: int, n: int) -> float:
    """Kolmogorov's distance between the spectrum of the noise, of rank n - 2 at most, and white noise's."""
    values = np.sort(np.linalg.svd(noise, compute_uv=False) ** 2 / n)[-min(p, n - 2) :]
    law = Spectrum(marchenko_pastur(f"{p}/{n}"))
    below = (law.cdf(values) - float(sum(a.weight for a in law.atoms))) * (p / min(p, n))
    grid = np.arange(len(values) + 1) / len(values)
    return float(max(np.max(grid[1:] - below), np.max(below - grid[:-1])))
