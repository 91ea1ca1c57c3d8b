r"""Singular values of a signal of low rank in noise: thresholds, shrinkers, and the strength behind what is seen.

With G of E E^T, E the p x n noise, c = p/n, G~ = c G + (1 - c)/z and D = z G G~, a component theta u v^T is seen as a
singular value y beyond the noise where theta^2 D(y^2) = 1, with the squared overlaps -G D/D' and -G~ D/D' of the left
and of the right singular vector, at z = y^2. With cosines a and b of the angles alpha and beta between the components
and what is seen of them, the best singular value is theta a b in Frobenius' norm, theta min(a, b)/max(a, b) in the
operator norm, theta cos(alpha + beta) in the nuclear norm, or 0 if that is negative.

Sources: Benaych-Georges, Nadakuditi 2012, The singular values and vectors of low rank perturbations of large
rectangular random matrices, Theorems 2.8 and 2.9; Nadakuditi 2014, OptShrink; Gavish, Donoho 2014 and 2017 (white
noise); Leeb 2022, Optimal singular value shrinkage for operator norm loss: extending to non-square matrices.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from resolvent.derive.border import checked, is_whole
from resolvent.derive.errors import ParameterError
from resolvent.derive.laws.elementary import marchenko_pastur
from resolvent.derive.laws.record import Law
from resolvent.derive.presentation import Tabled
from resolvent.numeric.density.chebyshev_piece import Array
from resolvent.numeric.measures.free_maps import Transform
from resolvent.numeric.measures.numeric_outliers import both_transforms, transform_of_squares
from resolvent.numeric.spectrum.likeness import like
from resolvent.numeric.spectrum.measure import measure_of
from resolvent.numeric.spectrum.numbers import positive_number, real_values
from resolvent.numeric.spectrum.spectrum import Spectrum


@dataclass(frozen=True)
class SingularSpike(Tabled):
    """A component theta u v^T of a signal in noise.

    Attributes:
        strength: theta.
        value: the singular value at which it is seen.
        overlap: the squared inner product of u and the left singular vector.
        right_overlap: that of v and the right one.
    """

    strength: float
    value: float
    overlap: float
    right_overlap: float


@checked
def singular_spike_of(bulk: Law | Spectrum, ratio: Any, value: Any) -> SingularSpike:
    """The component of the signal that is seen as a given singular value above the noise, whatever the noise's law.

    Args:
        bulk: the law of E E^T, E the p x n noise, in the units of the data. `rv.empirical` of the squares of the other
            singular values is an estimate (with p - n zeros where p > n).
        ratio: p/n.
        value: the singular value.

    >>> found = singular_spike_of(marchenko_pastur(1), 1, 2.5)
    >>> round(found.strength, 12), round(found.overlap, 12), round(found.right_overlap, 12)
    (2.0, 0.75, 0.75)

    Raises `ParameterError` for a value that is not above the noise, and a ratio that is not positive; `DerivationError`
    for a law that E E^T cannot have: with mass below 0, or too little at 0 for p > n.
    """
    y, c = positive_number(value, "the singular value"), positive_number(ratio, "the ratio")
    transform = _transform(bulk, c)
    if not y**2 > transform.ends[1]:
        raise ParameterError(
            f"the singular value {y:g} is not above the noise, which ends at {math.sqrt(transform.ends[1]):.6g}",
            value=value,
        )
    theta, left, right = _seen(transform, c, np.array([y]))
    return SingularSpike(float(theta[0]), y, float(left[0]), float(right[0]))


@checked
def singular_value_threshold(ratio: Any, noise: float | None = None, bulk: Law | Spectrum | None = None) -> float:
    """The optimal hard threshold for singular values of p x n data, in units of sqrt(n) noise; ratio p/n <= 1.

    Without the noise's standard deviation it is in units of the median singular value. With the law of E E^T for the
    noise E, `bulk`, it is in the units of E, and every ratio is fine.

    >>> round(singular_value_threshold(1, noise=1.0), 6), round(singular_value_threshold(1), 3)
    (2.309401, 2.858)
    >>> from resolvent.numeric.measures.known_by_numbers import empirical
    >>> round(singular_value_threshold("1/2", bulk=empirical([1.0, 4.0]).sample_covariance("1/2")), 6)
    3.42962

    Raises `ParameterError` unless the ratio is positive, and at most 1 without a law, and the noise is positive;
    `DerivationError` for a law that E E^T cannot have.

    Source: Gavish, Donoho 2014, The optimal hard threshold for singular values is 4/sqrt(3), equation (11), for white
    noise; a component is worth keeping where twice the best singular value in Frobenius' norm is more than its own.
    """
    c = positive_number(ratio, "the ratio")
    if bulk is not None:
        _require_no_deviation(noise)
        return _threshold(_transform(bulk, c), c)
    if c > 1:
        raise ParameterError(f"the ratio of the shorter to the longer side is at most 1; got {ratio}", ratio=ratio)
    best = _threshold(_transform(marchenko_pastur(ratio), c), c)
    if noise is None:
        return best / math.sqrt(_median(ratio))
    if not noise > 0:
        raise ParameterError(f"the standard deviation of the noise must be positive; got {noise!r}", noise=noise)
    return best * noise


@checked
def shrink_singular_values(
    values: ArrayLike,
    shape: tuple[int, int],
    noise: float | None = None,
    loss: Literal["frobenius", "operator", "nuclear"] = "frobenius",
    bulk: Law | Spectrum | None = None,
) -> Any:
    """The singular values of the signal in signal + noise, optimal in a norm; 0 below the edge of the noise.

    Args:
        values: all singular values of a p x n matrix.
        shape: (p, n).
        noise: the standard deviation of the noise's entries, if they are independent; from the median singular value
            if it is not given.
        loss: "frobenius", "operator" or "nuclear".
        bulk: for other noise E the law of E E^T (p x p), in the units of the values.

    >>> [round(float(v), 6) for v in shrink_singular_values([30.0, 5.0], (100, 100), noise=1.0)]
    [22.36068, 0.0]

    Raises `ParameterError` for values that are negative, not finite or too many, sizes that are not positive, another
    loss, both a law and a standard deviation of the noise, one that is not positive, or neither and too few values to
    estimate it; `DerivationError` for a law that E E^T cannot have.
    """
    found = real_values(values, "singular values")
    if len(shape) != 2 or not all(map(is_whole, shape)):
        raise ParameterError(f"the shape is that of a matrix, two whole numbers; got {shape}", shape=shape)
    if min(shape) < 1 or np.any(found < 0):
        raise ParameterError("singular values are not negative, and sizes are positive", shape=shape)
    if (count := np.count_nonzero(found)) > min(shape):
        most = f"a matrix of {shape[0]} x {shape[1]} has {min(shape)} singular values"
        raise ParameterError(f"{most}; {count} were given that are not 0", shape=shape)
    if loss not in ("frobenius", "operator", "nuclear"):
        raise ParameterError(f"the loss is frobenius, operator or nuclear; got {loss!r}", loss=loss)
    if bulk is not None:
        _require_no_deviation(noise)
        c = shape[0] / shape[1]
        return like(values, _shrunk(_transform(bulk, c), c, found, loss))
    rows, columns = sorted(shape)
    if noise is None:
        if len(found) < rows:
            raise ParameterError(
                f"there are {len(found)} singular values of a matrix of {shape[0]} x {shape[1]}; give all of them, or "
                "noise, the standard deviation of its entries",
                values=values,
            )
        noise = float(np.median(np.sort(found)[::-1][:rows])) / math.sqrt(_median(Fraction(rows, columns)) * columns)
    if not 0 < noise < math.inf:
        raise ParameterError(f"the standard deviation of the noise must be positive; it is {noise:g}", noise=noise)
    return like(values, _in_white_noise(found, rows, columns, noise, loss))


def strengths_behind(values: Array, shape: tuple[int, int], noise: float) -> Array:
    """The strengths of the components that are seen as singular values in white noise; 0 below its edge."""
    return _in_white_noise(values, min(shape), max(shape), noise, "none")


def _require_no_deviation(noise: float | None) -> None:
    if noise is not None:
        raise ParameterError("with a law of the noise its standard deviation has no meaning", noise=noise)


def _in_white_noise(values: Array, rows: int, columns: int, noise: float, loss: str) -> Array:
    unit, c = noise * math.sqrt(columns), rows / columns
    return unit * _shrunk(_transform(marchenko_pastur(Fraction(rows, columns)), c), c, values / unit, loss)


def _shrunk(transform: Transform, c: float, values: Array, loss: str) -> Array:
    result = np.zeros(len(values))
    above = values**2 > transform.ends[1]
    if np.any(above):
        theta, left, right = _seen(transform, c, values[above])
        best: Any = 1.0
        if loss == "frobenius":
            best = np.sqrt(left * right)
        elif loss == "operator":
            best = np.sqrt(np.minimum(left, right) / np.maximum(left, right))
        elif loss == "nuclear":
            best = np.maximum(np.sqrt(left * right) - np.sqrt((1 - left) * (1 - right)), 0.0)
        result[above] = theta * best
    return result


def _seen(transform: Transform, c: float, values: Array) -> tuple[Array, Array, Array]:
    """The strengths behind singular values above the noise, and both overlaps."""
    z = values**2
    own, other, slope, other_slope = both_transforms(transform, c, z)
    d = z * own * other
    d_slope = own * other + z * (slope * other + own * other_slope)
    left, right = (np.clip(-g * d / d_slope, 0.0, 1.0) for g in (own, other))
    return 1 / np.sqrt(d), left, right


def _threshold(transform: Transform, c: float) -> float:
    """Where twice the best singular value in Frobenius' norm is the value seen."""
    from scipy.optimize import brentq

    edge = math.sqrt(transform.ends[1])

    def gain(y: float) -> float:
        return float(2 * _shrunk(transform, c, np.array([y]), "frobenius")[0] - y)

    return float(brentq(gain, edge * (1 + 1e-12), 1e3 * edge, xtol=1e-15 * edge, rtol=1e-14))


def _transform(bulk: Law | Spectrum, c: float) -> Transform:
    return transform_of_squares(bulk.measure if isinstance(bulk, Spectrum) else measure_of(bulk), c)


def _median(ratio: Any) -> float:
    """The median of the Marchenko-Pastur law."""
    return Spectrum(marchenko_pastur(ratio)).median()
