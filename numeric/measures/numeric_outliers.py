"""Outliers of measures known by numbers: the zeros of 1 + theta m, or of 1 + tau z m, in the gaps of the support."""

from __future__ import annotations

from typing import Any

import numpy as np

from resolvent.derive.errors import DerivationError, ParameterError
from resolvent.derive.outliers.outlier_transform import check_kind
from resolvent.numeric.measures.free_maps import Transform
from resolvent.numeric.spectrum.measure import Measure
from resolvent.numeric.spectrum.outliers import EdgeThreshold, Outlier, OutlierResult, checked_strengths

_ORDER = 9  # extrapolation to an edge, in powers of the root of the distance


def numeric_outliers(measure: Measure, strength: Any, kind: str) -> tuple[OutlierResult, ...]:
    """As `numeric.spectrum.outliers.outliers`, for additive and multiplicative perturbations.

    Raises `ParameterError` for a strength outside its domain and for the rectangular kind, which needs an equation;
    `DerivationError` if the multiplicative kind is asked for a law with mass below 0.
    """
    check_kind(kind)
    if kind == "rectangular":
        raise ParameterError("rectangular outliers are known for algebraic laws only", kind=kind)
    is_product = kind == "multiplicative"
    transform = Transform(measure)
    if is_product and transform.ends[0] < 0:
        raise DerivationError("multiplicative outliers need a law on [0, oo)", measure=measure)
    thresholds = _thresholds(transform, is_product)
    gaps = list(transform.gaps)
    if is_product:
        gaps[0] = (0.0, gaps[0][1])
    results = []
    for value in checked_strengths(strength, kind):
        theta = float(value)
        tau, share = (theta / (1 + theta), 1 / (1 + theta)) if is_product else (theta, 1.0)
        found = tuple(
            Outlier(place, weight, None, next(g for g in gaps if g[0] < place < g[1]))
            for place, weight in zeros(transform, tau, share, is_product)
        )
        outward = gaps[-1 if theta > 0 else 0]
        outer = next((k for k, o in enumerate(found) if o.gap == outward), None)
        end = thresholds[-1 if theta > 0 else 0].strength
        results.append(OutlierResult(theta, kind, found, thresholds, outer, end if end * theta > 0 else float("inf")))
    return tuple(results)


def zeros(a: Transform, tau: float, share: float, is_product: bool) -> list[tuple[float, float]]:
    """The zeros of 1 + tau m, or 1 + tau z m, in the gaps of the support, with the overlaps that belong to them."""
    from scipy.optimize import brentq

    def factor(x: float) -> float:
        m = float(a(np.array([x + 0j]))[0][0].real)
        return 1 + tau * (x * m if is_product else m)

    found = []
    for low, high in a.gaps:
        reach = 1e6 * max(a.width, abs(tau), 1.0)
        start = high - reach if np.isinf(low) else low + 1e-13 * a.width
        stop = low + reach if np.isinf(high) else high - 1e-13 * a.width
        if not factor(start) * factor(stop) < 0:
            continue
        place = float(brentq(factor, start, stop, xtol=1e-15, rtol=1e-15, maxiter=300))
        m, slope = (float(part[0].real) for part in a(np.array([place + 0j])))
        change = tau * (m + place * slope) if is_product else tau * slope
        found.append((place, -share * m / change))
    return found


def _thresholds(a: Transform, is_product: bool) -> tuple[EdgeThreshold, ...]:
    """For each end of each gap the strength with an outlier there: -1/m, or -1/(1 + z m), analytic in the root of the
    distance from the end, extrapolated to it."""
    found = []
    for low, high in a.gaps:
        room = min(a.width, high - low)
        for place, side in ((low, 1), (high, -1)):
            if np.isinf(place):
                continue
            roots = 0.2 * np.sqrt(room) * 0.5 ** np.arange(_ORDER)
            w = place + side * roots**2
            m = a(w.astype(complex))[0].real
            strengths = -1 / (1 + w * m) if is_product else -1 / m
            for k in range(1, _ORDER):
                strengths = strengths[1:] + (strengths[1:] - strengths[:-1]) / (2**k - 1)
            found.append(EdgeThreshold(float(place), side, float(strengths[-1])))
    return tuple(found)
