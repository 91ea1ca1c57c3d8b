r"""The first gradient step on the first layer of a two-layer network: what it does to the weights' singular values.

f(x) = beta^T s(W x)/sqrt(N), W_0 of size N x p with entries N(0, 1/p), beta_0 ~ N(0, 1/N), n samples x ~ N(0, I),
y = t(beta_*^T x) + noise, |beta_*| = 1. One step W_1 = W_0 + sqrt(N) eta G_0 on the squared loss adds, up to what
vanishes, the rank-one matrix theta u v^T, u along beta_0 and v along X y, with

    theta^2 = eta^2 (E s'(xi))^2 (|E y x|^2 + (p/n) E y^2).

So W_1 W_1^T has the law of Marchenko and Pastur, and an eigenvalue outside if theta exceeds the threshold c^(1/4),
c = N/p: places and overlaps are those of a rectangular perturbation of that law.

Source: Ba et al. 2022, High-dimensional asymptotics of feature learning, for a centred s.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from resolvent.catalog.schema.ensemble import Matrix
from resolvent.derive.activations.activation import Activation, activation
from resolvent.derive.border import checked
from resolvent.derive.errors import ParameterError
from resolvent.derive.laws.elementary import marchenko_pastur
from resolvent.numeric.spectrum.outliers import OutlierResult
from resolvent.numeric.spectrum.spectrum import Spectrum

_CENTRED = 1e-10


@checked
@dataclass(frozen=True)
class GradientStep:
    """One step; see the module.

    Attributes:
        student, teacher: the activations s and t at the scale 1; s has mean 0.
        rate: eta.
        units: c = N/p.
        samples: n/p.
        noise: the standard deviation of the noise in y.

    >>> step = gradient_step("tanh", "relu", rate=4, units=2, samples=4, noise=0.2)
    >>> round(step.strength**2, 10), round(step.singular_value, 10)
    (2.2599756525, 2.4788991385)
    >>> round(step.overlap_with_teacher, 8)
    0.27388667

    Raises `ParameterError` for a student with a mean, and for numbers that are not positive.
    """

    student: Activation
    teacher: Activation
    rate: float
    units: float
    samples: float
    noise: float = 0.0

    def __post_init__(self) -> None:
        for name in ("rate", "units", "samples"):
            if not (math.isfinite(getattr(self, name)) and getattr(self, name) > 0):
                raise ParameterError(f"{name} must be positive; got {getattr(self, name)}", name=name)
        if self.noise < 0:
            raise ParameterError(f"noise must not be negative; got {self.noise}", noise=self.noise)
        if abs(float(self.student.hermite(0))) > _CENTRED:
            raise ParameterError(
                f"{self.student.name} has the mean {float(self.student.hermite(0)):.4g}; centre it: the theory is for "
                "students of mean 0",
                activation=self.student,
            )

    @property
    def signal(self) -> float:
        """|E y x|^2."""
        return float(self.teacher.hermite(1)) ** 2

    @property
    def power(self) -> float:
        """|E y x|^2 + (p/n) E y^2, the squared length of X y/n."""
        return self.signal + (float(self.teacher.eta) + self.noise**2) / self.samples

    @property
    def strength(self) -> float:
        """theta."""
        return self.rate * abs(float(self.student.hermite(1))) * math.sqrt(self.power)

    @property
    def result(self) -> OutlierResult:
        """The outlier of W_1 W_1^T: its place, the threshold, and the squared overlaps with beta_0 and X y."""
        ratio = str(self.units)
        (found,) = Spectrum(marchenko_pastur(ratio)).outliers(self.strength, kind="rectangular", ratio=ratio)
        return found

    @property
    def singular_value(self) -> float:
        """The largest singular value of W_1."""
        place = self.result.location
        return 1 + math.sqrt(self.units) if place is None else math.sqrt(place)

    @property
    def overlap_with_teacher(self) -> float:
        """The squared overlap of the right singular vector with beta_*."""
        return float(self.result.right_overlap or 0.0) * self.signal / self.power

    def run(self, inputs: int, rng: np.random.Generator) -> tuple[Matrix, Matrix, Matrix, Matrix]:
        """A real step in p dimensions: W_1, beta_0, X y and beta_*."""
        n, units = round(self.samples * inputs), round(self.units * inputs)
        w = rng.standard_normal((units, inputs)) / math.sqrt(inputs)
        beta = rng.standard_normal(units) / math.sqrt(units)
        direction = np.repeat([-1.0, 1.0], [inputs // 2, inputs - inputs // 2]) / math.sqrt(inputs)
        x = rng.standard_normal((inputs, n))
        y = np.asarray(self.teacher(direction @ x)) + self.noise * rng.standard_normal(n)
        h = w @ x
        residual = y - beta @ np.asarray(self.student(h)) / math.sqrt(units)
        gradient = (beta[:, None] * residual * self.student.slope(h)) @ x.T / (n * math.sqrt(units))
        return w + self.rate * math.sqrt(units) * gradient, beta, x @ y, direction


def gradient_step(student: Any, teacher: Any, **numbers: float) -> GradientStep:
    """One step of a network by the names of its activations, which are taken at the scale 1; see `GradientStep`.

    Raises `ParameterError` as that does.
    """
    return GradientStep(activation(student), activation(teacher), **{n: float(v) for n, v in numbers.items()})
