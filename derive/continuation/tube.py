r"""A tube around a piece of a root y(x) of a polynomial P(x, y) in which there is no other root, proved in doubles.

Around (x0, y0) let phi(x) be a Taylor polynomial of the root minus y0, and q(x) one of 1/P_y along it; neither is
trusted. With s_l(x) the coefficients of P(x0 + x, y0 + phi(x) + y) in y, the map y -> y - q(x) P contracts |y| <= r
into itself for every |x| <= h as soon as

    A = sup |q s_0|,   L = sup |1 - q s_1| + sum_{l > 1} l sup |q s_l| r^(l-1),   A + L r < r,   L < 1,

and then each such x has exactly one root within r of y0 + phi(x), simple and analytic in x. The suprema of these
polynomials, of degree at most D, are over the circle |x| = h, and at most the largest value at M > D equidistant points
divided by cos(pi D/2M) (M. Riesz: next to its maximum a trigonometric polynomial of degree n falls no faster than
cos(n t)). All rounding errors are bounded by sums of absolute values.

Source: Banach's fixed-point theorem, for the contraction; the bounds are derived here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from resolvent.derive.arrays import np
from resolvent.derive.exact.precision import cached_property

if TYPE_CHECKING:
    from numpy.typing import NDArray

Reals: TypeAlias = "NDArray[np.float64]"
Complexes: TypeAlias = "NDArray[np.complex128]"

_ORDER = 5  # of phi and q
_HALF = 0.499999
_TWICE = 2.000001
_EPSILON = 2.0**-52
_OVERSAMPLING = 1.5
_BLOCK = 40000
_TINY = 1e-60  # no tube is narrower: powers of its width shall stay among the floats


def modulus(z: complex) -> float:
    """abs(z), also where z is no number: Python 3.11's abs raises OverflowError for NaN where C's errno is left over.

    >>> modulus(3 - 4j), modulus(complex(math.nan, 0))
    (5.0, nan)
    """
    return math.hypot(z.real, z.imag)


@dataclass(frozen=True)
class Tube:
    """For |x - x0| <= width exactly one root lies within ``radius`` of y0 + path(x - x0)."""

    width: float
    radius: float
    path: tuple[complex, ...]

    def middle(self, step: complex) -> complex:
        """path(step), up to rounding errors, which `holds` allows for."""
        return _horner(self.path, step)

    def holds(self, step: complex, deviation: float) -> bool:
        """Whether a point within ``deviation`` of the computed middle(step) surely lies in the tube."""
        size = sum([abs(c) * abs(step) ** k for k, c in enumerate(self.path)])
        return deviation + 1e-14 * size < 0.999999 * self.radius


@dataclass(frozen=True, eq=False)
class Expansion:
    """Taylor coefficients of P/c at (x0, y0), c close to P_y(x0, y0).

    Attributes:
        values: approximations in doubles, by the powers of x and of y; the entry (0, 0) counts as 0.
        errors: bounds of their errors.
        offset: a bound of |P/c| at (x0, y0).
    """

    values: Complexes
    errors: Reals
    offset: float

    @cached_property
    def is_isolated(self) -> bool:
        """Whether exactly one root at x0 is proved to lie within 4 offsets of y0; it is within 2.00001."""
        row = (np.abs(self.values[0]) + self.errors[0]).tolist()
        drift = float(self.errors[0, 1] + abs(self.values[0, 1] - 1))
        return drift + sum(j * row[j] * (4 * self.offset) ** (j - 1) for j in range(2, len(row))) < _HALF

    def tube(self, distance: float, boldness: float = 1.0, order: int = _ORDER) -> tuple[Tube, int]:
        """A tube, hardly wider than it has to be for ``distance``, and how many widths were tried.

        The width is 0 if none is proved. The first try is ``boldness`` times an estimate of the radius of convergence.
        """
        path, inverse = self._series(order)
        if not self.is_isolated:
            return Tube(0.0, 0.0, tuple(path)), 0
        width = min(boldness * _convergence(path, inverse), max(distance, _TINY))
        tries = 0
        while width >= _TINY and math.isfinite(width) and tries < 60:
            tries += 1
            radius = self._radius(width, path, inverse)
            if radius > 0:
                return Tube(width, radius, tuple(path)), tries
            width *= 0.7 if tries < 4 else 0.3
        return Tube(0.0, 0.0, tuple(path)), tries

    def _radius(self, width: float, path: list[complex], inverse: list[complex]) -> float:
        """The radius of the tube of a width, or 0 if the contraction is not proved."""
        rows, columns = self.values.shape
        order = len(path) - 1
        powers = width ** np.arange(float(max(rows, order + 1)))
        scaled = self.values * powers[:rows, None]
        circle, series_circle, spread = _circle(rows - 1 + order * columns, rows, columns, order + 1)
        at_circle = (circle @ scaled).reshape(-1, columns)
        shift, factor = (series_circle @ (np.array([path, inverse]) * powers[: order + 1]).T).T
        shifts = np.empty_like(at_circle)
        shifts[:, 0] = 1.0
        shifts[:, 1:] = shift[:, None]
        np.multiply.accumulate(shifts, axis=1, out=shifts)
        weights = _binomials(columns)
        # the sums of absolute values that bound s_l and q; each term of s_l goes through fewer roundings than counted
        reach = float(np.abs(path) @ powers[: order + 1])
        largest = float(np.abs(inverse) @ powers[: order + 1])
        spreading = _pascal(reach, columns)
        errors = powers[:rows] @ self.errors
        sizes = np.abs(scaled).sum(axis=0) + errors
        noise = spreading @ (errors + (8 * (rows + columns * (order + 2)) + 32) * _EPSILON * sizes) * largest * 1.01
        sups = spreading @ sizes * largest * 1.01
        values = (at_circle * shifts).sum(axis=1)
        slopes = (at_circle[:, 1:] * shifts[:, :-1]) @ weights[1, 1:]
        least = spread * (float(np.abs(factor * values).max()) + noise[0]) + largest * self.offset
        drift = spread * (float(np.abs(1 - factor * slopes).max()) + noise[1])
        if columns > 2:
            curvatures = (at_circle[:, 2:] * shifts[:, :-2]) @ weights[2, 2:]
            sups[2] = spread * (float(np.abs(factor * curvatures).max()) + noise[2])
        radius = max(_TWICE * float(least), 4 * self.offset)
        index = np.arange(2.0, columns)
        lipschitz = drift + float((index * sups[2:]) @ radius ** (index - 1))
        return radius if lipschitz < _HALF and radius < math.inf else 0.0

    def _series(self, order: int) -> tuple[list[complex], list[complex]]:
        """phi and q up to x^order, coefficient by coefficient."""
        columns = self.values[: order + 1, : order + 2].T.tolist()
        top, last = len(columns) - 1, len(columns[0]) - 1  # higher powers of y and of x do not occur
        powers = [[0j] * (order + 1) for _ in range(order + 2)]  # of phi; x^n in phi^j needs phi below x^n if j > 1
        powers[0][0] = 1 + 0j
        path, slope, inverse = powers[1], [1 + 0j] + [0j] * order, [1 + 0j] + [0j] * order
        for n in range(1, order + 1):
            total = columns[0][n] if n <= last else 0j
            for j in range(1, min(n, top) + 1):
                power, column = powers[j], columns[j]
                if j > 1:
                    lower = powers[j - 1]
                    power[n] = sum([path[a] * lower[n - a] for a in range(1, n - j + 2)])
                total += sum([column[i] * power[n - i] for i in range(j == 1, min(n - j, last) + 1)])
            path[n] = -total
        for n in range(1, order + 1):
            for j in range(1, min(n + 1, top) + 1):
                power, column = powers[j - 1], columns[j]
                slope[n] += j * sum([column[i] * power[n - i] for i in range(min(n - j + 1, last) + 1)])
            inverse[n] = -sum([slope[k] * inverse[n - k] for k in range(1, n + 1)])
        return path, inverse

    def root(self, step: complex, guess: complex) -> complex:
        """y - y0 for the root at x0 + step, approximately, by Newton's iteration."""
        coefficients = (step ** np.arange(len(self.values)) @ self.values).tolist()
        y = guess
        for _ in range(4):
            value, slope = 0j, 0j
            for c in reversed(coefficients):
                slope = slope * y + value
                value = value * y + c
            if slope == 0:
                break
            change = value / slope
            y -= change
            if modulus(change) <= 1e-9 * modulus(y):
                break
        return y


class Expansions:
    """Expansions of one polynomial.

    Args:
        matrix: the coefficients of (x - center)^i y^j.
        sizes: bounds of them, each at least 2^52 times the error of the coefficient.
    """

    def __init__(self, matrix: Reals, sizes: Reals) -> None:
        self._matrix = matrix.astype(np.complex128)
        self._sizes = sizes

    @property
    def table(self) -> tuple[Complexes, Reals]:
        """The coefficients of (x - center)^i y^j and their bounds."""
        return self._matrix, self._sizes

    def at(self, x: complex, y: complex) -> Expansion | None:
        """The expansion at center + x and y, or None if cancellation leaves no digits.

        Both numbers may have a relative rounding error, x one of the distance from the center.
        """
        rows, columns = self._sizes.shape
        values = _pascal(x, rows) @ self._matrix @ _pascal(y, columns).T
        errors: Reals = _pascal(abs(x), rows).real @ self._sizes @ _pascal(abs(y), columns).real.T
        errors *= (4 * (rows + columns) + 16) * _EPSILON
        unit = values[0, 1]
        size = abs(unit)
        if not (size > 1e3 * errors[0, 1] and size > 1e-200):
            return None
        values = values * (1 / unit)
        errors *= 1.0000001 / size
        errors += 4 * _EPSILON * np.abs(values)
        offset = 1.0000001 * float(abs(values[0, 0]) + errors[0, 0])
        values[0, 0] = errors[0, 0] = 0.0
        return Expansion(values, errors, offset)


def _convergence(path: list[complex], inverse: list[complex]) -> float:
    """An estimate of the smaller radius of convergence of phi and of q, from their last terms (q begins with 1)."""
    found = math.inf
    for k, c in enumerate(inverse):
        if k >= len(inverse) - 2 and k > 0 and c:
            found = min(found, abs(c) ** (-1 / k))
    if len(path) > 3 and path[-1]:
        found = min(found, max(abs(path[-2] / path[-1]), abs(path[-3] / path[-1]) ** 0.5))
    return found


def _horner(coefficients: tuple[complex, ...], x: complex) -> complex:
    value = 0j
    for c in reversed(coefficients):
        value = value * x + c
    return value


@lru_cache(maxsize=64)
def _circle(top: int, rows: int, columns: int, terms: int) -> tuple[Complexes, Complexes, float]:
    """Powers of M points of the unit circle, for two lengths of polynomials, and 1/cos(pi D/2M) for D = top.

    The first array comes in blocks: matrix products with them are too small for NumPy's library to start threads,
    which cost far more than they save.
    """
    points = math.ceil(_OVERSAMPLING * max(top, 1)) + 4
    blocks = 1 + points * rows * columns // _BLOCK
    points += -points % blocks
    turns = np.outer(np.arange(points), np.arange(max(rows, terms))) % points
    circle = np.exp(2j * np.pi * turns / points)
    first = np.ascontiguousarray(circle[:, :rows]).reshape(blocks, -1, rows)
    return first, np.ascontiguousarray(circle[:, :terms]), 1.0000001 / math.cos(math.pi * top / (2 * points))


def _pascal(x: complex, n: int) -> Complexes:
    """The matrix that takes coefficients of a polynomial to its Taylor coefficients at x: binom(k, i) x^(k-i)."""
    powers = [x**0]
    for _ in range(n - 1):
        powers.append(powers[-1] * x)
    return _binomials(n) * np.array(powers)[_differences(n)]


@lru_cache(maxsize=64)
def _binomials(n: int) -> Reals:
    return np.array([[float(math.comb(k, i)) for k in range(n)] for i in range(n)])


@lru_cache(maxsize=64)
def _differences(n: int) -> NDArray[np.intp]:
    return np.maximum(np.subtract.outer(np.arange(n), np.arange(n)).T, 0)
