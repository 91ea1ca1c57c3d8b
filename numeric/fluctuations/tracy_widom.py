r"""The Tracy-Widom distributions by Bornemann's determinants, as SciPy distributions.

With T the operator on L^2(0, oo) with kernel Ai((x + y)/2 + s)/2, and D = det(1 - T), E = det(1 + T): F_1 = D,
F_2 = D E, F_4(s/sqrt(2)) = (D + E)/2. Gauss-Legendre nodes turn T into a matrix, whose determinant converges
exponentially in their number. Its eigenvalues give 1 - F relatively, so that p-values far out have digits.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.polynomial import chebyshev as cheb
from scipy.special import airy, airye
from scipy.stats import rv_continuous

from resolvent.derive.border import checked
from resolvent.derive.errors import ParameterError
from resolvent.numeric.density.chebyshev_piece import Array

_DECAY = 42.0  # exp(-_DECAY) counts as nothing
_SMALL = 1e-7  # below, the first terms of the determinants' expansions are enough
_DEGREE = 27
_PANELS = (-12.0, -9.0, -6.5, -4.5, -3.0, -1.0, 1.0, 3.0, 7.0, 15.0, 40.0, 104.0)
_FIRST_LOGARITHMIC = _PANELS.index(-1.0)  # from here on the logarithms of 1 - F and of the density are kept


@dataclass(frozen=True)
class EdgeValues:
    """The distribution at one point: F, its density, and the logarithms of 1 - F and of the density."""

    cdf: float
    pdf: float
    log_sf: float
    log_pdf: float


def edge_values(beta: int, s: float, nodes: int | None = None) -> EdgeValues:
    """F_beta and its density at s, straight from the determinants; for beta = 4 those of (D + E)/2.

    >>> round(edge_values(2, -2.0).cdf, 12)
    0.413224142505

    Source: Bornemann 2010, On the numerical evaluation of Fredholm determinants, and Ferrari, Spohn 2005 for F_1.
    """
    # Ai(s + x/2) has fallen by exp(-_DECAY) from its largest value where x ends
    reach = 2 * ((max(s, 0.0) ** 1.5 + 1.5 * _DECAY) ** (2 / 3) - s)
    t, weight = np.polynomial.legendre.leggauss(nodes or 44 + 5 * round(max(-s, 0.0)))
    x, root = reach * (1 + t) / 2, np.sqrt(reach * weight / 4)
    places = (x[:, None] + x) / 2 + s
    if s > 0:  # without the factor exp(-2/3 s^(3/2)), which underflows far out
        log_scale = -2 / 3 * s**1.5
        damping = np.exp(-2 / 3 * places**1.5 - log_scale)
        ai, slope = (part * damping for part in airye(places)[:2])
    else:
        log_scale = 0.0
        ai, slope = airy(places)[:2]
    values, vectors = np.linalg.eigh(root[:, None] * ai * root)
    changes = np.einsum("ik,ik->k", vectors, (root[:, None] * slope * root) @ vectors)
    scale = math.exp(log_scale)
    t_ = np.clip(values * scale, -1 + 1e-16, 1 - 1e-16)
    rest = 1 - t_**2
    half_log, angle = float(np.sum(np.log1p(-(t_**2)))) / 2, float(np.sum(np.arctanh(t_)))
    d, e = math.exp(half_log - angle), math.exp(half_log + angle)
    first, second = float(np.sum(values)), float(np.sum(values**2))
    pairs = (first**2 - second) / 2
    # F' = sums over the changes of the eigenvalues, in units of the scale or its square
    if beta == 1:
        cdf, slope_, order = d, -d * float(np.sum(changes / (1 - t_))), 1
        sf = -math.expm1(half_log - angle) if scale > _SMALL else first - scale * pairs
    elif beta == 2:
        cdf, slope_, order = d * e, -2 * d * e * float(np.sum(values * changes / rest)), 2
        sf = -math.expm1(2 * half_log) if scale > _SMALL else second
    else:
        odd = math.exp(half_log) * math.sinh(angle) / scale
        cdf, order = (d + e) / 2, 2
        slope_ = odd * float(np.sum(changes / rest)) - cdf * float(np.sum(values * changes / rest))
        even = math.expm1(half_log) * math.cosh(angle) + 2 * math.sinh(angle / 2) ** 2
        sf = -even if scale > _SMALL else -pairs
    log_sf = _log(sf) + (0.0 if scale > _SMALL else order * log_scale)
    return EdgeValues(cdf, slope_ * scale**order, log_sf, _log(slope_) + order * log_scale)


def _log(value: float) -> float:
    return math.log(value) if value > 0 else -math.inf


@lru_cache(maxsize=3)
def _tables(beta: int) -> tuple[tuple[Array, Array], ...]:
    """For each panel the Chebyshev coefficients of F and F', or of log(1 - F) and log F'."""
    nodes = np.cos(np.pi * (np.arange(_DEGREE + 1) + 0.5) / (_DEGREE + 1))
    found = []
    for k, (a, b) in enumerate(pairwise(_PANELS)):
        values = [edge_values(beta, (a + b) / 2 + (b - a) / 2 * float(t)) for t in nodes]
        pairs = [(v.log_sf, v.log_pdf) if k >= _FIRST_LOGARITHMIC else (v.cdf, v.pdf) for v in values]
        transform = cheb.chebvander(nodes, _DEGREE).T * (2 / (_DEGREE + 1))
        transform[0] /= 2
        both = transform @ np.array(pairs)
        found.append((both[:, 0], both[:, 1]))
    return tuple(found)


_Continuous: Any = rv_continuous  # whose stubs know no overriding methods of arrays alone


class TracyWidom(_Continuous):
    """The law of the largest eigenvalue at a square-root edge, as an unfrozen SciPy distribution without shapes."""

    def __init__(self, beta: int) -> None:
        super().__init__(name=f"tracy_widom_{beta}", a=_PANELS[0], b=np.inf)
        self.beta = beta

    def _updated_ctor_param(self) -> dict[str, Any]:
        return {"beta": self.beta}

    def _read(self, x: Array, column: int) -> tuple[Array, Array]:
        """The kept values, and where they are logarithms."""
        points = np.asarray(x, dtype=float)
        panel = np.clip(np.searchsorted(_PANELS, points, side="right") - 1, 0, len(_PANELS) - 2)
        values = np.zeros(points.shape)
        for k in np.unique(panel):
            a, b = _PANELS[k], _PANELS[k + 1]
            mine = panel == k
            inside = np.clip((2 * points[mine] - a - b) / (b - a), -1, 1)
            values[mine] = cheb.chebval(inside, _tables(self.beta)[k][column])
        logarithmic = panel >= _FIRST_LOGARITHMIC
        values[points > _PANELS[-1]] = -np.inf
        values[points < _PANELS[0]] = 0.0
        return values, logarithmic

    def _pdf(self, x: Array) -> Array:
        values, logarithmic = self._read(x, 1)
        return np.where(logarithmic, np.exp(np.where(logarithmic, values, 0.0)), np.maximum(values, 0.0))

    def _logpdf(self, x: Array) -> Array:
        values, logarithmic = self._read(x, 1)
        with np.errstate(divide="ignore"):
            return np.where(logarithmic, values, np.log(np.where(logarithmic, 1.0, np.maximum(values, 0.0))))

    def _cdf(self, x: Array) -> Array:
        values, logarithmic = self._read(x, 0)
        return np.where(logarithmic, -np.expm1(np.where(logarithmic, values, 0.0)), np.clip(values, 0.0, 1.0))

    def _sf(self, x: Array) -> Array:
        values, logarithmic = self._read(x, 0)
        return np.where(logarithmic, np.exp(np.where(logarithmic, values, 0.0)), 1.0 - values)

    def _logsf(self, x: Array) -> Array:
        values, logarithmic = self._read(x, 0)
        return np.where(logarithmic, values, np.log1p(-np.where(logarithmic, 0.0, values)))

    def _ppf(self, q: Array) -> Array:
        return self._solved(np.asarray(q, dtype=float), upper=False)

    def _isf(self, q: Array) -> Array:
        return self._solved(np.asarray(q, dtype=float), upper=True)

    def _solved(self, q: Array, *, upper: bool) -> Array:
        """Where F (or 1 - F) equals q: bisection with Newton steps on the logarithm."""
        function, sign = (self._sf, -1.0) if upper else (self._cdf, 1.0)
        low, high = np.full(q.shape, _PANELS[0]), np.full(q.shape, _PANELS[-1])
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
    for a, b in pairwise(_PANELS):
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
