"""Outliers of measures known by numbers, in the gaps of the support.

They are the zeros of 1 + theta m, or of 1 + tau z m, and for X + theta u v^T those of 1 - theta^2 D: with G~ the
transform of X^T X the signed root of D = z G G~, which is 0 where G and G~ differ in sign, falls along every gap.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from resolvent.derive.errors import DerivationError
from resolvent.derive.outliers.outlier_transform import check_kind, check_ratio
from resolvent.numeric.density.chebyshev_piece import Array
from resolvent.numeric.measures.free_maps import Transform
from resolvent.numeric.spectrum.measure import Measure
from resolvent.numeric.spectrum.numbers import is_below_zero, positive_number
from resolvent.numeric.spectrum.outliers import EdgeThreshold, Outlier, OutlierResult, checked_strengths

_ORDER = 9  # extrapolation to an edge, in powers of the root of the distance


def numeric_outliers(measure: Measure, strength: Any, kind: str, ratio: Any = None) -> tuple[OutlierResult, ...]:
    """As `numeric.spectrum.outliers.outliers`.

    Raises `ParameterError` for a strength outside its domain, or a ratio that is missing, superfluous or not positive;
    `DerivationError` if the multiplicative or rectangular kind is asked for a law with mass below 0.
    """
    check_kind(kind)
    check_ratio(kind, ratio)
    is_product = kind == "multiplicative"
    if kind == "rectangular":
        c = positive_number(ratio, "the ratio c = p/n")
        transform = transform_of_squares(measure, c)
        return tuple(_rectangular(transform, c, theta) for theta in checked_strengths(strength, kind))
    transform = Transform(measure) if kind == "additive" else transform_on_half_line(measure, f"{kind} outliers need")
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


def transform_on_half_line(measure: Measure, asked: str) -> Transform:
    """The transform of a law on [0, oo); ``asked`` begins the message if it is none.

    Raises `DerivationError` for a law with mass below 0.
    """
    transform = Transform(measure)
    low, high = transform.ends
    if is_below_zero(low, high):
        raise DerivationError(f"{asked} a law on [0, oo); this one reaches down to {low:.6g}", measure=measure)
    return transform


def transform_of_squares(measure: Measure, c: float) -> Transform:
    """The transform of the law of X X^T, X of size p x n with p/n = c.

    Raises `DerivationError` for a law with mass below 0, or with too little at 0 where c > 1.
    """
    transform = transform_on_half_line(measure, "X X^T needs")
    if transform.lacks_zeros(c):
        found = transform.mass_at_zero()
        reason = f"X X^T with p/n = {c:g} has the mass {1 - 1 / c:.6g} at 0 at least; this law has {found:.6g}"
        raise DerivationError(reason, ratio=c)
    return transform


def zeros(a: Transform, tau: float, share: float, is_product: bool) -> list[tuple[float, float]]:
    """The zeros of 1 + tau m, or 1 + tau z m, in the gaps of the support, with the overlaps that belong to them."""
    from scipy.optimize import brentq

    def factor(x: float) -> float:
        m = float(a(np.array([x + 0j]))[0][0].real)
        return 1 + tau * (x * m if is_product else m)

    found = []
    scale = max(a.width, *map(abs, a.ends))
    reach = 1e6 * (scale * max(1.0, 1 / (1 - tau)) if is_product else max(scale, abs(tau)))
    for low, high in a.gaps:
        start = high - reach if np.isinf(low) else low + 1e-13 * a.width
        stop = low + reach if np.isinf(high) else high - 1e-13 * a.width
        if not factor(start) * factor(stop) < 0:
            continue
        place = float(brentq(factor, start, stop, xtol=1e-15 * a.width, rtol=1e-15, maxiter=300))
        m, slope = (float(part[0].real) for part in a(np.array([place + 0j])))
        change = tau * (m + place * slope) if is_product else tau * slope
        found.append((place, -share * m / change))
    return found


def _rectangular(a: Transform, c: float, theta: Any) -> OutlierResult:
    """The outliers of X + theta u v^T, from the law of X X^T."""
    from scipy.optimize import brentq

    strength = abs(float(theta))
    gaps = [(max(low, 0.0), high) for low, high in a.gaps if high > 0]

    def response(z: Array) -> Array:
        own, other = both_transforms(a, c, z)[:2]
        root = np.sqrt(np.maximum(z * own * other, 0.0))
        return np.where((own > 0) & (other > 0), root, np.where((own < 0) & (other < 0), -root, 0.0))

    found = []
    for low, high in gaps:
        start, stop = low + 1e-13 * a.width, high - 1e-13 * a.width
        if np.isinf(high):
            stop = low + 1e6 * max(a.width, strength**2)
        for target in (1 / strength, -1 / strength):
            ends = response(np.array([start, stop])) - target
            if not ends[0] * ends[1] < 0:
                continue
            place = brentq(
                lambda z, t=target: float(response(np.array([z]))[0]) - t,
                start,
                stop,
                xtol=1e-15 * a.width,
                rtol=1e-15,
            )
            own, other, slope, other_slope = (float(v[0]) for v in both_transforms(a, c, np.array([place])))
            change = strength**2 * (own * other + place * (slope * other + own * other_slope))
            found.append(Outlier(float(place), -own / change, -other / change, (low, high)))
    thresholds = []
    for gap in gaps:
        for place, side in ((gap[0], 1), (gap[1], -1)):
            if np.isinf(place) or (place == 0 and not a.mass_at_zero()):
                continue
            points, limit = _approach(a, gap, side)
            values = response(points)
            reached = bool(np.all(side * values[-2:] > 0))
            thresholds.append(EdgeThreshold(place, side, 1 / limit(values) if reached else side * np.inf))
    outer = next((k for k, o in enumerate(found) if np.isinf(o.gap[1])), None)
    return OutlierResult(float(theta), "rectangular", tuple(found), tuple(thresholds), outer, thresholds[-1].strength)


def both_transforms(a: Transform, c: float, z: Array) -> tuple[Array, Array, Array, Array]:
    """G and G~ of X X^T and X^T X, and their slopes."""
    m, slope = (part.real for part in a(z.astype(complex)))
    return -m, -c * m + (1 - c) / z, -slope, -c * slope - (1 - c) / z**2


def _thresholds(a: Transform, is_product: bool) -> tuple[EdgeThreshold, ...]:
    """For each end of each gap the strength with an outlier there: -1/m, or -1/(1 + z m), analytic in the root of the
    distance from the end, extrapolated to it."""
    found = []
    for low, high in a.gaps:
        for place, side in ((low, 1), (high, -1)):
            if np.isinf(place):
                continue
            w, extrapolated = _approach(a, (low, high), side)
            m = a(w.astype(complex))[0].real
            found.append(EdgeThreshold(float(place), side, extrapolated(-1 / (1 + w * m) if is_product else -1 / m)))
    return tuple(found)


def _approach(a: Transform, gap: tuple[float, float], side: int) -> tuple[Array, Callable[[Array], float]]:
    """Points that approach the left (1) or right (-1) end of a gap, and the limit of values there: a series in the
    root of the distance from the end."""
    room = min(a.width, gap[1] - gap[0])
    points = gap[0 if side == 1 else 1] + side * (0.2 * np.sqrt(room) * 0.5 ** np.arange(_ORDER)) ** 2

    def limit(values: Array) -> float:
        for k in range(1, _ORDER):
            values = values[1:] + (values[1:] - values[:-1]) / (2**k - 1)
        return float(values[-1])

    return points, limit
