"""The Tracy-Widom distributions as SciPy distributions; their numbers are those of `airy_determinants`."""

from __future__ import annotations

import math
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.stats import rv_continuous

from resolvent.derive.border import checked
from resolvent.derive.errors import ParameterError
from resolvent.numeric.density.chebyshev_piece import Array
from resolvent.numeric.fluctuations.airy_determinants import PANELS, read, survival

_Continuous: Any = rv_continuous  # whose stubs know no overriding methods of arrays alone


class TracyWidom(_Continuous):
    """The law of the largest eigenvalue at a square-root edge, as an unfrozen SciPy distribution without shapes."""

    def __init__(self, beta: int) -> None:
        super().__init__(name=f"tracy_widom_{beta}", a=PANELS[0], b=np.inf)
        self.beta = beta

    def _updated_ctor_param(self) -> dict[str, Any]:
        return {"beta": self.beta}

    def _pdf(self, x: Array) -> Array:
        values, logarithmic = read(self.beta, x, 1)
        return np.where(logarithmic, np.exp(np.where(logarithmic, values, 0.0)), np.maximum(values, 0.0))

    def _logpdf(self, x: Array) -> Array:
        values, logarithmic = read(self.beta, x, 1)
        with np.errstate(divide="ignore"):
            return np.where(logarithmic, values, np.log(np.where(logarithmic, 1.0, np.maximum(values, 0.0))))

    def _cdf(self, x: Array) -> Array:
        values, logarithmic = read(self.beta, x, 0)
        return np.where(logarithmic, -np.expm1(np.where(logarithmic, values, 0.0)), np.clip(values, 0.0, 1.0))

    def _sf(self, x: Array) -> Array:
        return survival(self.beta, x)

    def _logsf(self, x: Array) -> Array:
        values, logarithmic = read(self.beta, x, 0)
        return np.where(logarithmic, values, np.log1p(-np.where(logarithmic, 0.0, values)))

    def _ppf(self, q: Array) -> Array:
        return self._solved(np.asarray(q, dtype=float), upper=False)

    def _isf(self, q: Array) -> Array:
        return self._solved(np.asarray(q, dtype=float), upper=True)

    def _solved(self, q: Array, *, upper: bool) -> Array:
        """Where F (or 1 - F) equals q: bisection with Newton steps on the logarithm."""
        function, sign = (self._sf, -1.0) if upper else (self._cdf, 1.0)
        low, high = np.full(q.shape, PANELS[0]), np.full(q.shape, PANELS[-1])
        x = np.full(q.shape, -1.5)
        for _ in range(200):
            value = function(x)
            over = (value - q) * sign >= 0
            low, high = np.where(over, low, x), np.where(over, x, high)
            with np.errstate(divide="ignore", invalid="ignore"):
                step = x - sign * value * np.log(value / q) / self._pdf(x)
            following = np.where((step > low) & (step < high), step, (low + high) / 2)
            if np.all(np.abs(following - x) <= 4e-16 * np.maximum(np.abs(x), 1.0)):
                return following
            x = following
        return x

    def _munp(self, n: int, *args: Any) -> float:
        return _moment(self.beta, int(n))

    def _stats(self, *args: Any, **kwargs: Any) -> tuple[float, float, float, float]:
        mean = _moment(self.beta, 1)
        second, third, fourth = (_moment(self.beta, k, mean) for k in (2, 3, 4))
        return mean, second, third / second**1.5, fourth / second**2 - 3


@lru_cache(maxsize=256)
def _moment(beta: int, order: int, centre: float = 0.0) -> float:
    """E (x - centre)^order by Gauss's rule on the panels."""
    t, weight = np.polynomial.legendre.leggauss(40)
    law = _law(beta)
    total = 0.0
    for a, b in pairwise(PANELS):
        x = (a + b) / 2 + (b - a) / 2 * t
        total += float(np.sum(weight * law._pdf(x) * (x - centre) ** order)) * (b - a) / 2
    return total


@lru_cache(maxsize=3)
def _law(beta: int) -> TracyWidom:
    return TracyWidom(beta)


@checked
def tracy_widom(beta: int = 1) -> Any:
    """The Tracy-Widom distribution, frozen: cdf, pdf, sf, ppf, rvs, moment, stats ... of SciPy, to about 1e-13.

    F_beta is the limit of the largest eigenvalue of real (1), complex (2) and quaternion (4) self-adjoint matrices with
    independent normal entries: with joint density |Vandermonde|^beta exp(-beta sum x^2/4) of n eigenvalues,
    n^(1/6) (x_max - 2 sqrt(n)) tends to a variable with the law F_1 or F_2, and for beta = 4 to 2^(-1/6) times one with
    the law F_4. (Here F_4(s) = (D + E)/2 at sqrt(2) s, of mean -2.3069, as Bornemann has it; sources that leave the
    root of 2 out have the mean -3.2624, those with the edge as above -2.0552.)

    >>> law = tracy_widom(1)
    >>> [float(value.round(10)) for value in (law.mean(), law.var(), law.sf(2.0), law.ppf(0.95))]
    [-1.2065335746, 1.6077810346, 0.0104024289, 0.9793160535]

    Raises `ParameterError` for a beta other than 1, 2 and 4.

    Source: Tracy, Widom 1994 and 1996; numbers by Bornemann 2010, On the numerical evaluation of distributions in
    random matrix theory, section 9.
    """
    if beta not in (1, 2, 4) or isinstance(beta, bool):
        raise ParameterError(f"the Tracy-Widom laws have beta = 1, 2 or 4; got {beta!r}", beta=beta)
    return _law(4)(scale=1 / math.sqrt(2)) if beta == 4 else _law(int(beta))()
