r"""The Tracy-Widom distributions in numbers, by Bornemann's determinants.

With T the operator on L^2(0, oo) with kernel Ai((x + y)/2 + s)/2, and D = det(1 - T), E = det(1 + T): F_1 = D,
F_2 = D E, F_4(s/sqrt(2)) = (D + E)/2. Gauss-Legendre nodes turn T into a matrix, whose determinant converges
exponentially in their number. Its eigenvalues give 1 - F relatively, so that p-values far out have digits.

Values at many points are read from Chebyshev series, of which those panels are made that points lie in.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.polynomial import chebyshev as cheb

from resolvent.numeric.density.chebyshev_nodes import chebyshev_coefficients
from resolvent.numeric.density.chebyshev_piece import Array

_DECAY = 42.0  # exp(-_DECAY) counts as nothing
_SMALL = 1e-7  # below, the first terms of the determinants' expansions are enough
_DEGREE = 27
PANELS = (-12.0, -9.0, -6.5, -4.5, -3.0, -1.0, 1.0, 3.0, 7.0, 15.0, 40.0, 104.0)
_FIRST_LOGARITHMIC = PANELS.index(-1.0)  # from here on the logarithms of 1 - F and of the density are kept


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
    from scipy.special import airy, airye

    # Ai(s + x/2) has fallen by exp(-_DECAY) from its largest value where x ends
    reach = 2 * ((max(s, 0.0) ** 1.5 + 1.5 * _DECAY) ** (2 / 3) - s)
    t, weight = np.polynomial.legendre.leggauss(nodes or 44 + 5 * round(max(-s, 0.0)))
    x, root = reach * (1 + t) / 2, np.sqrt(reach * weight / 4)
    upper = np.triu_indices(len(x))  # Airy's function is most of the work: once for each pair
    places = (x[upper[0]] + x[upper[1]]) / 2 + s
    if s > 0:  # without the factor exp(-2/3 s^(3/2)), which underflows far out
        log_scale = -2 / 3 * s**1.5
        damping = np.exp(-2 / 3 * places**1.5 - log_scale)
        half, half_slope = (part * damping for part in airye(places)[:2])
    else:
        log_scale = 0.0
        half, half_slope = airy(places)[:2]
    ai, slope = np.empty((len(x), len(x))), np.empty((len(x), len(x)))
    for full, part in ((ai, half), (slope, half_slope)):
        full[upper] = part
        full.T[upper] = part
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


@lru_cache(maxsize=64)
def _series(beta: int, panel: int) -> tuple[Array, Array]:
    """The Chebyshev coefficients of F and F' on a panel, or of log(1 - F) and log F'."""
    a, b = PANELS[panel], PANELS[panel + 1]
    nodes = np.cos(np.pi * (np.arange(_DEGREE + 1) + 0.5) / (_DEGREE + 1))
    values = [edge_values(beta, (a + b) / 2 + (b - a) / 2 * float(t)) for t in nodes]
    pairs = [(v.log_sf, v.log_pdf) if panel >= _FIRST_LOGARITHMIC else (v.cdf, v.pdf) for v in values]
    first, second = chebyshev_coefficients(np.array(pairs).T)
    return first, second


def read(beta: int, x: Array, column: int) -> tuple[Array, Array]:
    """F (column 0) or its density (1) at points, and where these are log(1 - F) and the logarithm of the density."""
    points = np.asarray(x, dtype=float)
    panel = np.clip(np.searchsorted(PANELS, points, side="right") - 1, 0, len(PANELS) - 2)
    values = np.zeros(points.shape)
    for k in np.unique(panel):
        a, b = PANELS[k], PANELS[k + 1]
        mine = panel == k
        inside = np.clip((2 * points[mine] - a - b) / (b - a), -1, 1)
        values[mine] = cheb.chebval(inside, _series(beta, int(k))[column])
    logarithmic = panel >= _FIRST_LOGARITHMIC
    values[points > PANELS[-1]] = -np.inf
    values[points < PANELS[0]] = 0.0
    return values, logarithmic


def survival(beta: int, x: Array) -> Array:
    """1 - F."""
    values, logarithmic = read(beta, x, 0)
    return np.where(logarithmic, np.exp(np.where(logarithmic, values, 0.0)), 1.0 - values)
