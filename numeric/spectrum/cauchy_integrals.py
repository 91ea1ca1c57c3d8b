r"""Integrals of a polynomial g against 1/(t - tau) over [-1, 1], with tau anywhere, the upper side of the cut included.

Near the cut g is split: int (g(t) - g(tau))/(t - tau) dt is a polynomial in tau, and g(tau) log((tau-1)/(tau+1)) is the
rest. That loses the factor r^N for tau on the ellipse with foci -1 and 1 and semi-axes of sum r, N the degree of g.
Where this is more than e^5, Gauss's rule with a few times N nodes has the error e^-34 instead.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import lru_cache

import numpy as np
from numpy.polynomial import chebyshev as cheb

from resolvent.derive.exact.precision import cached_property
from resolvent.numeric.density.chebyshev_piece import Array
from resolvent.numeric.spectrum.preimages import Preimages

_LOSS = 5.0  # natural logarithm of what the split may lose
_DIGITS = 34.0  # Gauss's rule has an error of e^-34
_CHUNK = 1 << 14  # entries of a table that stays in the cache


class CauchyIntegral:
    """C(tau) = int g(t)/(t - tau) dt, C'(tau), and int g'(t) log|t - tau| dt, for g with Chebyshev coefficients.

    Args:
        series: the coefficients of b(t), where g(t) = b(t) (1+t)^p (1-t)^q.
        zeros: p and q, so that zeros at the ends are exact.
    """

    def __init__(self, series: Array, zeros: tuple[int, int] = (0, 0)) -> None:
        self._series, self._zeros = series, zeros
        self._slope_series = cheb.chebder(series)
        product = series
        for factor, power in (([1.0, 1.0], zeros[0]), ([1.0, -1.0], zeros[1])):
            for _ in range(power):
                product = cheb.chebmul(product, factor)
        self._product = product
        self._rules: dict[int, tuple[Array, Array]] = {}

    def values(self, roots: Preimages) -> Array:
        """C at the roots."""
        return self._assembled(roots, self._split, pole_sums)

    def derivatives(self, roots: Preimages) -> Array:
        """C' at the roots."""
        return self._assembled(roots, self._split_derivative, square_pole_sums)

    def logarithms(self, roots: Preimages) -> Array:
        """The integral of g'(t) log|t - tau| at the roots, for g(-1) = 0."""
        top = float(cheb.chebval(1.0, self._product))
        with np.errstate(divide="ignore", invalid="ignore"):
            split = np.log(np.abs(roots.r)) * top
        return (split - self.values(roots)).real

    def _assembled(
        self, roots: Preimages, split: Callable[[Array, Array, Array, Array], Array], sums: Callable[..., Array]
    ) -> Array:
        shape = roots.s.shape
        t, s, r = roots.t.ravel(), roots.s.ravel(), roots.r.ravel()
        logarithm, ellipse = roots.logarithm.ravel(), roots.ellipse.ravel()
        result = np.empty(len(t), dtype=complex)
        size = len(self._product)
        near = np.flatnonzero(size * ellipse <= _LOSS)
        result[near] = split(t[near], s[near], r[near], logarithm[near])
        waiting = np.flatnonzero(size * ellipse > _LOSS)
        for count in self._sizes():
            reached = (2 * count - size) * ellipse[waiting] >= _DIGITS
            now, waiting = waiting[reached], waiting[~reached]
            if len(now):
                result[now] = sums(*self._rule(count), t[now])
            if not len(waiting):
                break
        return result.reshape(shape)

    def _sizes(self) -> Iterator[int]:
        """Numbers of nodes, up to one that serves all points that are not near."""
        size = len(self._product)
        last = math.ceil(size * (1 + _DIGITS / _LOSS) / 2) + 1
        count = size // 2 + 16
        while count < last:
            yield count
            count = math.ceil(1.5 * count)
        yield last

    def _rule(self, count: int) -> tuple[Array, Array]:
        """Gauss's nodes, and its weights times g."""
        if count not in self._rules:
            nodes, weights = _gauss(count)
            self._rules[count] = nodes, weights * cheb.chebval(nodes, self._product)
        return self._rules[count]

    def _split(self, t: Array, s: Array, r: Array, logarithm: Array) -> Array:
        return cheb.chebval(t, self._quotient) + self._value(t, s, r) * logarithm

    def _split_derivative(self, t: Array, s: Array, r: Array, logarithm: Array) -> Array:
        (p, q), series = self._zeros, cheb.chebval(t, self._series)
        slope = cheb.chebval(t, self._slope_series) * s**p * r**q
        slope += series * (p * s ** max(p - 1, 0) * r**q - q * s**p * r ** max(q - 1, 0))
        pole = -series * (s ** (p - 1) * r**q + s**p * r ** (q - 1))  # g times the derivative of the logarithm
        return cheb.chebval(t, self._quotient_slope) + slope * logarithm + pole

    def _value(self, t: Array, s: Array, r: Array) -> Array:
        p, q = self._zeros
        return cheb.chebval(t, self._series) * s**p * r**q

    @cached_property
    def _quotient(self) -> Array:
        """int (g(t) - g(tau))/(t - tau) dt: (T_k(t) - T_k(tau))/(t - tau) is 2 sum' U_(k-1-j)(t) T_j(tau)."""
        m = np.arange(len(self._product))
        integrals = np.where(m % 2 == 0, 2.0 / (m + 1.0), 0.0)  # of U_m
        found = np.array([2 * self._product[j + 1 :] @ integrals[: len(m) - 1 - j] for j in m])
        found[0] /= 2
        return found

    @cached_property
    def _quotient_slope(self) -> Array:
        return cheb.chebder(self._quotient)


def pole_sums(places: Array, weights: Array, z: Array) -> Array:
    """The sum of weight/(place - z), for each z."""
    total = np.empty(len(z), dtype=complex)
    for part in _chunks(len(z), len(places)):
        offset, y = places - z.real[part, None], z.imag[part]
        with np.errstate(divide="ignore", invalid="ignore"):
            inverse = 1 / (offset**2 + y[:, None] ** 2)
            total.imag[part] = y * (inverse @ weights)
            total.real[part] = np.multiply(offset, inverse, out=offset) @ weights
    return total


def square_pole_sums(places: Array, weights: Array, z: Array) -> Array:
    """The sum of weight/(place - z)^2, for each z."""
    total = np.empty(len(z), dtype=complex)
    for part in _chunks(len(z), len(places)):
        with np.errstate(divide="ignore", invalid="ignore"):
            total[part] = (places - z[part, None]) ** -2.0 @ weights
    return total


def logarithm_sums(places: Array, weights: Array, z: Array) -> Array:
    """The sum of weight log|place - z|, for each z."""
    total = np.empty(len(z))
    for part in _chunks(len(z), len(places)):
        with np.errstate(divide="ignore"):
            total[part] = np.log(np.abs(places - z[part, None])) @ weights
    return total


def _chunks(points: int, places: int) -> Iterator[slice]:
    """Slices of the points whose tables against the places stay small."""
    step = max(1, _CHUNK // max(places, 1))
    return (slice(start, start + step) for start in range(0, points, step))


@lru_cache(maxsize=128)
def _gauss(count: int) -> tuple[Array, Array]:
    from scipy.special import roots_legendre

    nodes, weights = roots_legendre(count)
    return nodes, weights
