r"""The kernel of random features: K(x, y) = E f(w.x) f(w.y) for w ~ N(0, sigma_w^2 I), for all pairs of given points.

With a = sigma_w^2 |x|^2, b = sigma_w^2 |y|^2 and c = sigma_w^2 x.y, (w.x, w.y) is Gaussian with the covariance
[[a, c], [c, b]]. Each family of functions has a closed form:

- polynomials: sum_k k! C_k(a) C_k(b) c^k with C_k(a) = sum_m a_(k+2m) binom(k+2m, k) (2m-1)!! a^m;
- sums of exponentials v e^(r x): sum v v' exp((r^2 a + r'^2 b)/2 + r r' c);
- steps and piecewise linear functions: by the probability that two Gaussians both lie beyond thresholds, which is
  Owen's T, and Stein's lemma;
- erf: (2/pi) asin(2c/sqrt((1 + 2a)(1 + 2b)));
- exp(-x^2/2): 1/sqrt((1 + a)(1 + b) - c^2).

Other functions have the Hermite series sum_k a_k(|x|) a_k(|y|) rho^k, cut off where the tails are negligible.
"""

from __future__ import annotations

import math
from functools import singledispatch
from typing import Any

import numpy as np
import sympy
from numpy.typing import ArrayLike, NDArray

from resolvent.derive.activations.activation import Activation, activation
from resolvent.derive.activations.gaussian_integrals import (
    Bell,
    ErrorFunction,
    ExponentialSum,
    Family,
    PiecewiseLinear,
    Polynomial,
    Steps,
)
from resolvent.derive.activations.hermite_expansion import gaussian_grid, hermite_sums
from resolvent.derive.border import checked
from resolvent.derive.errors import ParameterError, PrecisionError

Floats = NDArray[np.float64]

_SMALLEST = 1e-150  # stands for a standard deviation of 0
_TERMS = (64, 256, 1024)
_FINER, _COARSE = 1.5, 1e-5  # times as many panels to compare with; kinks that are not known leave about 1e-6
_SMALL = 0.1  # squared lengths times squared rates, below which exponentials cancel
_BLOCK = 256  # rows at a time
_ACCURACY = 1e-8  # of a Hermite series, relative to the sizes of the functions


@checked
def kernel_matrix(
    function: Any, x: ArrayLike, y: ArrayLike | None = None, sigma_w: Any = 1, centred: bool = False, **options: Any
) -> Floats:
    """E f(w.x_i) f(w.y_j) for w ~ N(0, sigma_w^2 I), for columns of x (p x n) and of y (p x m; x if left out).

    ``function`` and ``options`` are those of `activation`, or it is an activation with its scale; ``centred`` subtracts
    the mean E f(sigma_w xi), which is that at |x| = 1.

    >>> points = np.array([[1.0, 0.6], [0.0, 0.8]])
    >>> kernel_matrix("linear", points).round(12)
    array([[1. , 0.6],
           [0.6, 1. ]])
    >>> kernel_matrix("relu", points)[0].round(12)
    array([0.5       , 0.33877378])

    Raises `ParameterError` for points that are not finite or of different lengths, for symbols in the activation, and
    for unknown activations, `PrecisionError` where the Hermite series of a function without a closed form does not
    converge.

    Source: Louart, Liao, Couillet 2018, A random matrix approach to neural networks.
    """
    act = function if isinstance(function, Activation) else activation(function, sigma_w=sigma_w, **options)
    if isinstance(function, Activation) and (options or sigma_w != 1):
        raise ParameterError("an activation has its scale and options already; give its name instead", given=options)
    if act.scale.free_symbols:
        raise ParameterError(f"a kernel matrix needs numbers; {act.scale} has symbols", scale=act.scale)
    scale = float(act.scale)
    first = scale * _points(x, "x")
    second = first if y is None else scale * _points(y, "y")
    if len(first) != len(second):
        raise ParameterError(f"the points of x have {len(first)} coordinates, those of y {len(second)}", x=x, y=y)
    a, b = (np.einsum("ij,ij->j", points, points) for points in (first, second))
    if y is None and act.is_exact:
        found = _symmetric(act, a, first)
    else:
        found = expectation(act.family, act, a[:, None], b[None, :], first.T @ second)
    if y is None:
        found = (found + found.T) / 2
        np.fill_diagonal(found, _energies(act, a))
    if centred or act.centred:
        shift = float(mean(act.family, act, np.array([scale**2]))[0])
        found = found - shift * (mean(act.family, act, a)[:, None] + mean(act.family, act, b)[None, :]) + shift**2
    return np.asarray(found)


def _symmetric(act: Activation, a: Floats, points: Floats) -> Floats:
    """E f(u) f(v) for all pairs of points of the squared lengths a: by blocks, from the diagonal to the right."""
    found = np.empty((len(a), len(a)))
    for start in range(0, len(a), _BLOCK):
        rows = slice(start, start + _BLOCK)
        products = points[:, rows].T @ points[:, start:]
        found[rows, start:] = expectation(act.family, act, a[rows, None], a[None, start:], products)
        found[start:, rows] = found[rows, start:].T
    return found


def kernel_diagonal(act: Activation, x: ArrayLike) -> Floats:
    """E f(w.x_j)^2 for the columns of x, w at the activation's scale: the diagonal of its `kernel_matrix`.

    >>> kernel_diagonal(activation("relu"), [[1.0, 2.0], [0.0, 0.0]])
    array([0.5, 2. ])

    Raises `ParameterError` for points that are not finite.
    """
    scale = float(act.scale)
    points = scale * _points(x, "x")
    a = np.einsum("ij,ij->j", points, points)
    found = _energies(act, a)
    if act.centred:
        shift = float(mean(act.family, act, np.array([scale**2]))[0])
        found = found - 2 * shift * mean(act.family, act, a) + shift**2
    return np.asarray(found)


def _points(values: ArrayLike, name: str) -> Floats:
    array = np.asarray(values, dtype=float)
    if array.ndim != 2 or not array.size:
        raise ParameterError(
            f"{name} must be a matrix whose columns are the points; its shape is {array.shape}", name=name
        )
    bad = np.argwhere(~np.isfinite(array))
    if len(bad):
        raise ParameterError(
            f"{name} must be finite; its entry {tuple(bad[0].tolist())} is {array[tuple(bad[0])]}; drop or fill the "
            "points with gaps",
            name=name,
        )
    return array


# -- E f(u) f(v) and E f(u), by families ---------------------------------------------------------------------------


@singledispatch
def expectation(family: Family, act: Activation, a: Floats, b: Floats, c: Floats) -> Floats:
    """E f(u) f(v) for Gaussian u and v of variances a (a column) and b (a row) and covariance c.

    Raises `PrecisionError` where the Hermite series does not converge.
    """
    is_one = a.size == b.size and bool(np.all(a.ravel() == b.ravel()))
    rho = np.clip(c / np.maximum(np.sqrt(a * b), _SMALLEST), -1.0, 1.0)
    for terms in _TERMS:
        first = _series(act, a.ravel(), terms)
        second = first if is_one else _series(act, b.ravel(), terms)
        left, right = (np.sqrt(np.maximum(e - np.sum(s**2, axis=1), 0)) for s, e in (first, second))
        sizes = np.sqrt(first[1])[:, None] * np.sqrt(second[1])[None, :]
        same = (np.abs(a - b) <= 1e-13 * (a + b)) & (rho > 1 - 1e-13)
        error = np.where(same, 0.0, left[:, None] * right[None, :] * np.abs(rho) ** terms)
        if np.all(error <= _ACCURACY * sizes):
            break
    else:
        raise PrecisionError(
            f"the Hermite series of {act.name} leaves an error of {np.max(error / sizes):.2g} for points that are "
            "nearly parallel; drop near copies of points",
            error=float(np.max(error)),
        )
    total = np.zeros_like(rho)
    for k in reversed(range(terms)):
        total *= rho
        total += np.outer(first[0][:, k], second[0][:, k])
    return np.where(same, np.broadcast_to(first[1][:, None], total.shape), total)


def _series(act: Activation, variances: Floats, terms: int) -> tuple[Floats, Floats]:
    """Hermite coefficients of f(sqrt(a) xi), a row for each variance, and E f^2."""
    scales, index = np.unique(np.sqrt(np.maximum(variances, _SMALLEST**2)), return_inverse=True)
    coefficients, energies = [], []
    for part in np.array_split(scales, max(1, len(scales) // 200)):
        nodes, density = gaussian_grid(part, act.kinks)
        values = np.asarray(act.function(part[:, None] * nodes), dtype=float)
        coefficients.append(hermite_sums(values * density, nodes, terms))
        energies.append(np.sum(density * values**2, axis=1))
        _require_resolved(act, part, energies[-1])
    return np.concatenate(coefficients)[index], np.concatenate(energies)[index]


def _require_resolved(act: Activation, scales: Floats, energies: Floats) -> None:
    """Compare E f^2 with that of another grid, at the largest scale."""
    k = int(np.argmax(scales))
    nodes, density = gaussian_grid(scales[k : k + 1], act.kinks, _FINER)
    finer = float(np.sum(density * np.asarray(act.function(scales[k] * nodes), dtype=float) ** 2))
    if (error := abs(finer - energies[k])) > _COARSE * abs(finer):
        raise PrecisionError(
            f"{act.name} changes too fast for its Gaussian means at points of length {scales[k]:.4g}, which have an "
            f"error of {error / finer:.2g} of their size; scale the points down",
            error=error,
        )


def _energies(act: Activation, a: Floats) -> Floats:
    """E f(u)^2 for Gaussian u of variances a."""
    return expectation(act.family, act, a, a, a) if act.is_exact else _series(act, a, 1)[1]


@expectation.register
def _(family: Polynomial, act: Activation, a: Floats, b: Floats, c: Floats) -> Floats:
    total = np.zeros_like(c)
    for k in range(len(family.coefficients)):
        total += math.factorial(k) * _polynomial_part(family, k, a) * _polynomial_part(family, k, b) * c**k
    return total


def _polynomial_part(family: Polynomial, k: int, a: Floats) -> Floats:
    """C_k(a), the k-th derivative's mean over k!."""
    found = np.zeros_like(a)
    for j in range(k, len(family.coefficients), 2):
        m = (j - k) // 2
        weight = math.comb(j, k) * math.prod(range(1, 2 * m, 2))
        found = found + _float(family.coefficients[j], act_name="a polynomial") * weight * a**m
    return found


@expectation.register
def _(family: ExponentialSum, act: Activation, a: Floats, b: Floats, c: Floats) -> Floats:
    terms = [(complex(v), complex(r)) for v, r in family.terms]
    # sum v w exp(e) = f(0)^2 + f(0) f''(0) (a + b)/2 + f'(0)^2 c + sum v w (exp(e) - 1 - e): what cancels is exact
    values = [complex(sympy.expand(sympy.Add(*(v * r**k for v, r in family.terms)))).real for k in range(3)]
    small = max(abs(r) for _, r in terms) ** 2 * (a + b) < _SMALL
    total = np.zeros(np.broadcast(a, b, c).shape, dtype=complex)
    for v, r in terms:
        for w, q in terms:
            exponent = (r**2 * a + q**2 * b) / 2 + r * q * c
            near = np.where(small, exponent, 0.0)
            total += v * w * np.where(small, np.expm1(near) - near, np.exp(exponent))
    start = values[0] ** 2 + values[0] * values[2] * (a + b) / 2 + values[1] ** 2 * c
    return np.asarray(total.real + np.where(small, start, 0.0))


@expectation.register
def _(family: ErrorFunction, act: Activation, a: Floats, b: Floats, c: Floats) -> Floats:
    return np.asarray(2 / np.pi * np.arcsin(2 * c / np.sqrt((1 + 2 * a) * (1 + 2 * b))))


@expectation.register
def _(family: Bell, act: Activation, a: Floats, b: Floats, c: Floats) -> Floats:
    rest = np.maximum(a * b - c**2, 0.0)  # rounding beside parallel points of great length
    return np.asarray(1 / np.sqrt(1 + a + b + rest))


@expectation.register
def _(family: Steps, act: Activation, a: Floats, b: Floats, c: Floats) -> Floats:
    level = _float(family.level, act.name)
    jumps = [(_float(t, act.name), _float(d, act.name)) for t, d in family.jumps]
    total = np.full(np.broadcast(a, b, c).shape, level**2)
    for t, d in jumps:
        total += level * d * (_tail(t / _root(a)) + _tail(t / _root(b)))
        for u, e in jumps:
            total += d * e * _both_beyond(t / _root(a), u / _root(b), _correlation(a, b, c))
    return total


@expectation.register
def _(family: PiecewiseLinear, act: Activation, a: Floats, b: Floats, c: Floats) -> Floats:
    level, slope, ramps = _from_zero(family, act.name)
    total = level**2 + slope**2 * c
    for side, t, d in ramps:
        # E v max(0, u - t) = c P(u > t), by Stein's lemma
        total = (
            total
            + level * d * (_ramp(t, a) + _ramp(t, b))
            + side * slope * d * c * (_tail(t / _root(a)) + _tail(t / _root(b)))
        )
        for other, u, e in ramps:
            total = total + d * e * _both_ramps(t, u, a, b, side * other * c)
    return np.asarray(total)


def _from_zero(family: PiecewiseLinear, name: str) -> tuple[float, float, list[tuple[float, float, float]]]:
    """f(0), a slope at 0, and the ramps d max(0, side x - t), t >= 0, that f adds to these on both sides.

    For points of small lengths nothing is left of the ramps, and nothing cancels.
    """
    below = [(t, d) for t, d in family.bends if t < 0]
    level = family.level - sympy.Add(*(t * d for t, d in below))
    slope = family.slope + sympy.Add(*(d for _, d in below))
    ramps = [(-1.0, -_float(t, name), _float(d, name)) for t, d in below]
    ramps += [(1.0, _float(t, name), _float(d, name)) for t, d in family.bends if not t < 0]
    return _float(level, name), _float(slope, name), ramps


def _both_ramps(t: float, u: float, a: Floats, b: Floats, c: Floats) -> Floats:
    """E max(0, U - t) max(0, V - u)."""
    h, k, rho = t / _root(a), u / _root(b), _correlation(a, b, c)
    rest = np.sqrt((1 - rho) * (1 + rho))
    safe = np.maximum(rest, 1e-9)  # where it vanishes, so do the terms that it divides
    exponent = np.where(rho > 0, (h - k) ** 2 + 2 * (1 - rho) * h * k, (h + k) ** 2 - 2 * (1 + rho) * h * k)
    with np.errstate(over="ignore"):
        joint = np.exp(-exponent / (2 * safe**2)) / (2 * np.pi)  # times rest it is (1 - rho^2) times the joint density
    edges = k * _density(h) * _tail(_beyond(k, rho, h) / safe) + h * _density(k) * _tail(_beyond(h, rho, k) / safe)
    chance = _both_beyond(h, k, rho)
    return np.asarray((t * u + c) * chance + _root(a) * _root(b) * (rest * joint - edges))


def _both_beyond(h: Floats, k: Floats, rho: Floats) -> Floats:
    """P(U > h, V > k) for standard Gaussians with correlation rho."""
    from scipy.special import owens_t

    h, k = -h, -k
    rest = np.sqrt((1 - rho) * (1 + rho))
    if not np.any(h) and not np.any(k):
        return np.asarray(0.25 + np.arcsin(rho) / (2 * np.pi))
    h, k, rho, rest = np.broadcast_arrays(h, k, rho, rest)
    with np.errstate(divide="ignore", invalid="ignore"):
        # next to rho = +-1 the slope is infinite; where it is 0/0, h = +-k, the limit is that of the exact slope
        one = np.where(h == 0, np.copysign(np.inf, k), _beyond(k, rho, h) / (h * rest))
        two = np.where(k == 0, np.copysign(np.inf, h), _beyond(h, rho, k) / (k * rest))
    one, two = (np.where(np.isnan(s), np.sqrt((1 - np.abs(rho)) / 2), s) for s in (one, two))
    opposite = (h * k < 0) | ((h * k == 0) & (h + k < 0))
    return np.asarray((_tail(-h) + _tail(-k)) / 2 - owens_t(h, one) - owens_t(k, two) - np.where(opposite, 0.5, 0.0))


def _beyond(k: Floats, rho: Floats, h: Floats) -> Floats:
    """k - rho h, from 1 - |rho|, which has all of its digits where rho is next to 1 or -1."""
    return np.where(rho > 0, (k - h) + (1 - rho) * h, (k + h) - (1 + rho) * h)


def _correlation(a: Floats, b: Floats, c: Floats) -> Floats:
    is_same = (c == a) & (c == b) & (c > 0)  # where the rounding of roots would cost half of the digits
    return np.where(is_same, 1.0, np.clip(c / (_root(a) * _root(b)), -1.0, 1.0))


def _root(a: Floats) -> Floats:
    return np.maximum(np.sqrt(a), _SMALLEST)


def _density(t: Floats) -> Floats:
    return np.asarray(np.exp(-(t**2) / 2) / math.sqrt(2 * math.pi))


def _tail(t: Floats) -> Floats:
    from scipy.special import ndtr

    return np.asarray(ndtr(-t))


def _ramp(t: float, a: Floats) -> Floats:
    h = t / _root(a)
    return np.asarray(_root(a) * _density(h) - t * _tail(h))


@singledispatch
def mean(family: Family, act: Activation, a: Floats) -> Floats:
    """E f(u) for Gaussian u of variances a."""
    return _series(act, a, 1)[0][:, 0]


@mean.register
def _(family: Polynomial, act: Activation, a: Floats) -> Floats:
    return _polynomial_part(family, 0, a)


@mean.register
def _(family: ExponentialSum, act: Activation, a: Floats) -> Floats:
    return np.asarray(sum(complex(v) * np.exp(complex(r) ** 2 * a / 2) for v, r in family.terms).real)


@mean.register
def _(family: ErrorFunction, act: Activation, a: Floats) -> Floats:
    return np.zeros_like(a)


@mean.register
def _(family: Bell, act: Activation, a: Floats) -> Floats:
    return np.asarray(1 / np.sqrt(1 + a))


@mean.register
def _(family: Steps, act: Activation, a: Floats) -> Floats:
    parts = (_float(d, act.name) * _tail(_float(t, act.name) / _root(a)) for t, d in family.jumps)
    return np.asarray(_float(family.level, act.name) + sum(parts))


@mean.register
def _(family: PiecewiseLinear, act: Activation, a: Floats) -> Floats:
    level, _, ramps = _from_zero(family, act.name)
    return np.asarray(level + sum(d * _ramp(t, a) for _, t, d in ramps))


def _float(value: Any, act_name: str) -> float:
    if getattr(value, "free_symbols", None):
        raise ParameterError(f"a kernel matrix needs numbers; {act_name} has {value}", value=value)
    return float(value)
