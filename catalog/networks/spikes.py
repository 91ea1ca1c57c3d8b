r"""Eigenvalues outside the bulk that the entries of a random layer make: which activations and distributions have them.

For Y = f(W X), W n_1 x n_0 and X n_0 x m with independent entries of variance 1 (over n_0 for W), f stands for f(s xi).
Beside its bulk Y/sqrt(m) has a part of rank two. The all-one directions 1_W, 1_X carry the mean of an entry, by
Edgeworth's expansion with the cumulants c_3 and c_4 of an entry of W X: the mean of f, and where both distributions are
skew its third Hermite component. The second component is carried by the norms of the rows of W, whose
fluctuations make a direction w, and by those of the columns of X, a direction x:

    a 1_W 1_X^T + theta_w w 1_X^T + theta_x 1_W x^T,
    a = sqrt(n_1) (E f + E[He_3 f] c_3/6 + E[He_4 f] c_4/24 + E[He_6 f] c_3^2/72), without the last two if E f = 0,
    c_3 = E W^3 E X^3/sqrt(n_0),   c_4 = (E W^4 E X^4 - 3)/n_0,
    theta_w^2 = (E[He_2 f]/2)^2 (E W^4 - 1) n_1/n_0,   theta_x^2 = (E[He_2 f]/2)^2 (E X^4 - 1) n_1/n_0,

A skew distribution makes these directions lean towards the linear part of f, which is not independent of the weights:
with e the all-one direction of the inputs, the correlation of w with W e is rho_w = E W^3/(E W^4 - 1)^(1/2), that of x
with X^T e is rho_x. Apart from it the bulk is independent of both, and W e e^T X/sqrt(n_0) is one direction of n_0, of
strength b = E[xi f] sqrt(n_1/n_0). So the strengths are the singular values of

    [[a, theta_x rho_x, theta_x rho_x'], [theta_w rho_w, b, 0], [theta_w rho_w', 0, 0]],   rho'^2 = 1 - rho^2,

those of [[a, theta_x], [theta_w, 0]] and b without skewness. The bulk has n_0 like b, so b itself is below the
threshold of the bulk's law, and with it all but two of the three at least. Each one above makes an eigenvalue outside
the bulk, as a rectangular perturbation X + theta u v^T does.

Sources: Benigni, Peche 2022, Largest eigenvalues of the conjugate kernel of single-layered neural networks;
Benaych-Georges, Nadakuditi 2012 for the places.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import sympy

from resolvent.catalog.schema.ensemble import Matrix
from resolvent.derive.activations.activation import Activation
from resolvent.derive.border import checked
from resolvent.derive.errors import ParameterError
from resolvent.derive.laws.record import Law
from resolvent.numeric.spectrum.outliers import OutlierResult
from resolvent.numeric.spectrum.spectrum import Spectrum

_NOTHING = 1e-12


@checked
@dataclass(frozen=True)
class Entries:
    """A distribution of mean 0 and variance 1 by its third and fourth moments; (0, 3) is the Gaussian.

    Others are drawn at three points -a, 0, b with b - a the third moment and a b = E x^4 - (E x^3)^2 >= 1: two points
    where that is 1, as for signs (0, 1).

    Raises `ParameterError` unless E x^4 >= 1 + (E x^3)^2.

    >>> sorted(set(Entries(0.0, 1.0).draw(20, 5, np.random.default_rng(0)).ravel().tolist()))
    [-1.0, 1.0]
    """

    third: float = 0.0
    fourth: float = 3.0

    def __post_init__(self) -> None:
        if self.fourth < 1 + self.third**2 - _NOTHING:
            raise ParameterError(
                f"no distribution of variance 1 has E x^3 = {self.third:g} and E x^4 = {self.fourth:g}: the fourth "
                "moment is at least 1 + (E x^3)^2",
                third=self.third,
                fourth=self.fourth,
            )

    @property
    def is_gaussian(self) -> bool:
        """Whether these are the moments of the Gaussian, which is drawn then."""
        return self.third == 0 and self.fourth == 3

    @property
    def fluctuation(self) -> tuple[float, float]:
        """The part of x^2 - 1 along x, E x^3, and the length of the rest: (E x^4 - 1 - (E x^3)^2)^(1/2)."""
        return self.third, math.sqrt(max(self.fourth - 1 - self.third**2, 0.0))

    def draw(self, rows: int, columns: int, rng: np.random.Generator) -> Matrix:
        """A matrix of independent entries."""
        if self.is_gaussian:
            return rng.standard_normal((rows, columns))
        product = max(self.fourth - self.third**2, 1.0)
        b = (self.third + math.sqrt(self.third**2 + 4 * product)) / 2
        a = b - self.third
        low, high = 1 / (a * (a + b)), 1 / (b * (a + b))
        return np.asarray(rng.choice([-a, 0.0, b], (rows, columns), p=[low, max(1 - low - high, 0.0), high]))


GAUSSIAN = Entries()


@dataclass(frozen=True)
class RandomLayer:
    """An activation with the distributions of the weights and the data."""

    activation: Activation
    weights: Entries = GAUSSIAN
    data: Entries = GAUSSIAN

    def features(self, features: int, inputs: int, samples: int, rng: np.random.Generator) -> Matrix:
        """f(W X), of size features x samples."""
        scale = float(self.activation.scale) / math.sqrt(inputs)
        w, x = self.weights.draw(features, inputs, rng), self.data.draw(inputs, samples, rng)
        return np.asarray(self.activation(scale * (w @ x)))

    def low_rank(self, features: int, inputs: int) -> Matrix:
        """The part of rank three with a direction of the linear part in its middle; see the module."""
        mean, slope, second, third, fourth, sixth = (float(self.activation.hermite(k)) for k in (0, 1, 2, 3, 4, 6))
        w, x = self.weights, self.data
        skewness = w.third * x.third / math.sqrt(inputs)  # the third and fourth cumulants of an entry of W X
        kurtosis = (w.fourth * x.fourth - 3) / inputs
        if abs(mean) > _NOTHING:  # beside a mean, what is of the order of 1/n counts
            mean += fourth / math.sqrt(24) * kurtosis + math.sqrt(720) * sixth * skewness**2 / 72
        mean += third / math.sqrt(6) * skewness
        share = math.sqrt(features / inputs)
        # theta (rho, rho'): along the skewness and across it
        w_along, w_across, x_along, x_across = (
            second / math.sqrt(2) * share * v for e in (w, x) for v in e.fluctuation
        )
        return np.array(
            [[math.sqrt(features) * mean, x_along, x_across], [w_along, slope * share, 0.0], [w_across, 0.0, 0.0]]
        )

    def strengths(self, features: int, inputs: int) -> list[float]:
        """The strengths of the spikes, the largest first, of those that the linear part does not exceed."""
        matrix = self.low_rank(features, inputs)
        least = max(abs(float(matrix[1, 1])) * (1 + _NOTHING), _NOTHING)
        return [float(v) for v in np.linalg.svd(matrix, compute_uv=False) if v > least]


@checked
def spikes(law: Law, layer: RandomLayer, features: int, inputs: int, samples: int) -> tuple[OutlierResult, ...]:
    """What the spikes of a layer do to the spectrum of Y Y^T/m, whose bulk has the given law.

    Each result has its strength, the threshold, and the place of the eigenvalue, None below the threshold.
    """
    found = layer.strengths(features, inputs)
    if not found:
        return ()
    ratio = sympy.Rational(features, samples)
    return _spectrum(law).outliers(found, kind="rectangular", ratio=ratio)


@lru_cache(maxsize=8)
def _spectrum(law: Any) -> Spectrum:
    return Spectrum(law)
