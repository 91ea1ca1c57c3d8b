r"""Tubes around many points of the roots of one polynomial, proved together; see `resolvent.derive.continuation.tube`
for the argument.

Here a tube has two radii. The contraction |y| <= R into itself, with A = sup |q s_0| and a Lipschitz constant L < 1/2
on |y| <= R, needs A <= R/2; then exactly one root lies within R of the path, and it is within A/(1 - L) <= 2A of it.
So two tubes that overlap in x hold the same root there as soon as the distance of their paths and the smaller radius
of one stay below the larger radius of the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from resolvent.derive.arrays import np
from resolvent.derive.continuation.tube import (
    _EPSILON,
    _HALF,
    _TWICE,
    Complexes,
    Expansions,
    Reals,
    _binomials,
    _circle,
    _differences,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ORDER = 5  # of phi and q
_TRIES = 4
_BOLD, _FEW = 0.6, 6
_FALL = 0.7  # from one width tried to the next
_SLACK = 1e-14  # rounding errors of a path, relative to its sum of absolute values
_CELLS = 1 << 17  # entries of the largest table


@dataclass(frozen=True, eq=False)
class Tubes:
    """For |x - places[k]| <= widths[k] one root lies within ``inner[k]`` of the path, and no other within ``outer[k]``.

    The path at x is roots[k] + sum_j paths[k, j] (x - places[k])^j. A width of 0 says that nothing is proved.
    """

    places: Complexes
    roots: Complexes
    widths: Reals
    inner: Reals
    outer: Reals
    paths: Complexes

    def __len__(self) -> int:
        return len(self.places)

    def joined(self, other: Tubes) -> Tubes:
        """These tubes and then the others."""
        return Tubes(*(np.concatenate(pair) for pair in zip(self._parts(), other._parts(), strict=True)))

    def replaced(self, k: NDArray[np.intp], others: Tubes) -> Tubes:
        """The same tubes but for those with the numbers k."""
        parts = [part.copy() for part in self._parts()]
        for part, other in zip(parts, others._parts(), strict=True):
            part[k] = other
        return Tubes(*parts)

    def _parts(self) -> tuple[NDArray[Any], ...]:
        return self.places, self.roots, self.widths, self.inner, self.outer, self.paths

    def middles(self, k: NDArray[np.intp], steps: Complexes) -> tuple[Complexes, Reals]:
        """The paths of some tubes at steps from their places, and bounds for the rounding errors."""
        paths = self.paths[k]
        offset, size = paths[:, -1], np.abs(paths[:, -1])
        lengths = np.abs(steps)
        for j in range(paths.shape[1] - 2, -1, -1):
            offset = offset * steps + paths[:, j]
            size = size * lengths + np.abs(paths[:, j])
        return self.roots[k] + offset, _SLACK * size + 4 * _EPSILON * np.abs(self.roots[k])

    def share(self, first: NDArray[np.intp], second: NDArray[np.intp]) -> NDArray[np.bool_]:
        """For pairs of tubes whether they surely cover the segment between their places and hold the same root."""
        there, here = self.places[second], self.places[first]
        a, b = self.widths[first], self.widths[second]
        with np.errstate(all="ignore"):
            between = here + (there - here) * (a / (a + b))
            one, other = between - here, between - there
            apart = (np.abs(one) < 0.999999 * a) & (np.abs(other) < 0.999999 * b)
            (y, rounding), (w, error) = self.middles(first, one), self.middles(second, other)
            distance = np.abs(y - w) + rounding + error
            same = (distance + self.inner[second] < 0.999999 * self.outer[first]) | (
                distance + self.inner[first] < 0.999999 * self.outer[second]
            )
        return (a > 0) & (b > 0) & apart & same


def no_tubes(places: Complexes) -> Tubes:
    """At each place a tube of which nothing is known yet."""
    count = len(places)
    unknown = np.full(count, np.nan + 0j)
    widths, inner, outer = np.zeros((3, count))
    return Tubes(places, unknown, widths, inner, outer, np.zeros((count, _ORDER + 1), dtype=complex))


def tubes(expansions: Expansions, places: Complexes, roots: Complexes, widths: Reals) -> Tubes:
    """Tubes around approximate roots, of the widths asked for or somewhat smaller ones.

    Args:
        expansions: the polynomial around its center.
        places: x relative to the center, as exact numbers.
        roots: close to a root each, as exact numbers.
        widths: what is wanted.

    >>> matrix = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0]])  # y^2 - x
    >>> points = np.array([1 + 0j, 0j])
    >>> found = tubes(Expansions(matrix, np.abs(matrix)), points, points, np.full(2, 0.25))
    >>> found.widths.tolist()  # none around a branch point
    [0.25, 0.0]
    """
    with np.errstate(all="ignore"):
        values, errors, offset = _expanded(expansions, places, roots)
        path, inverse = _series(values)
        found = Tubes(places, roots, np.zeros(len(places)), np.zeros(len(places)), np.zeros(len(places)), path)
        bold = _BOLD if values.shape[2] <= _FEW else 0.8
        width = np.minimum(widths, bold * _convergence(path, inverse))
        todo = np.flatnonzero((width > 0) & np.isfinite(width) & np.isfinite(offset))
        for _ in range(_TRIES):
            if not len(todo):
                break
            least, outer = _radii(values[todo], errors[todo], offset[todo], path[todo], inverse[todo], width[todo])
            good = (outer > _TWICE * least) & np.isfinite(outer)
            done = todo[good]
            found.widths[done], found.inner[done], found.outer[done] = width[done], _TWICE * least[good], outer[good]
            todo = todo[~good]
            width[todo] *= _FALL
    return found


def _expanded(expansions: Expansions, places: Complexes, roots: Complexes) -> tuple[Complexes, Reals, Reals]:
    """What `Expansions.at` gives, for many points; not a number where cancellation leaves no digits."""
    matrix, bounds = expansions.table
    rows, columns = bounds.shape
    values = _shifts(places, rows) @ matrix @ _shifts(roots, columns).swapaxes(1, 2)
    errors = _shifts(np.abs(places), rows) @ bounds @ _shifts(np.abs(roots), columns).swapaxes(1, 2)
    errors *= (4 * (rows + columns) + 16) * _EPSILON
    unit = values[:, 0, 1]
    size = np.abs(unit)
    usable = (size > 1e3 * errors[:, 0, 1]) & (size > 1e-200)
    unit, size = np.where(usable, unit, np.nan), np.where(usable, size, np.nan)
    values *= (1 / unit)[:, None, None]
    errors *= (1.0000001 / size)[:, None, None]
    errors += 4 * _EPSILON * np.abs(values)
    offset = 1.0000001 * (np.abs(values[:, 0, 0]) + errors[:, 0, 0])
    values[:, 0, 0] = errors[:, 0, 0] = 0.0
    return values, errors, offset


def _shifts(x: NDArray[np.inexact], n: int) -> NDArray[np.inexact]:
    """For each x the matrix that takes coefficients of a polynomial to its Taylor coefficients at x."""
    powers = np.ones((len(x), n), dtype=x.dtype)
    powers[:, 1:] = x[:, None]
    np.multiply.accumulate(powers, axis=1, out=powers)
    return _binomials(n) * powers[:, _differences(n)]


def _series(values: Complexes) -> tuple[Complexes, Complexes]:
    """phi and q up to x^_ORDER, coefficient by coefficient."""
    order = _ORDER
    rows, columns = values.shape[1:]
    count = len(values)
    top, last = columns - 1, rows - 1
    one, zero = np.ones(count, dtype=complex), np.zeros(count, dtype=complex)
    powers = [[zero] * (order + 1) for _ in range(order + 2)]  # of phi
    powers[0][0] = one
    path, slope, inverse = powers[1], [one] + [zero] * order, [one] + [zero] * order
    for n in range(1, order + 1):
        total = values[:, n, 0] if n <= last else zero
        for j in range(1, min(n, top) + 1):
            power = powers[j]
            if j > 1:
                lower = powers[j - 1]
                power[n] = _sum([path[a] * lower[n - a] for a in range(1, n - j + 2)], zero)
            total = total + _sum([values[:, i, j] * power[n - i] for i in range(j == 1, min(n - j, last) + 1)], zero)
        path[n] = -total
    for n in range(1, order + 1):
        for j in range(1, min(n + 1, top) + 1):
            power = powers[j - 1]
            slope[n] = slope[n] + j * _sum(
                [values[:, i, j] * power[n - i] for i in range(min(n - j + 1, last) + 1)], zero
            )
        inverse[n] = -_sum([slope[k] * inverse[n - k] for k in range(1, n + 1)], zero)
    return np.array(path).T, np.array(inverse).T


def _sum(terms: list[Complexes], zero: Complexes) -> Complexes:
    return sum(terms[1:], start=terms[0]) if terms else zero


def _convergence(path: Complexes, inverse: Complexes) -> Reals:
    """An estimate of the smaller radius of convergence of phi and of q, from their last terms."""
    found = np.full(len(path), np.inf)
    for k in (_ORDER - 1, _ORDER):
        found = np.fmin(found, np.abs(inverse[:, k]) ** (-1 / k))
    last = np.abs(path[:, -1])
    found = np.fmin(found, np.abs(path[:, -2]) / last)
    return np.fmin(found, np.sqrt(np.abs(path[:, -3]) / last))


def _radii(
    values: Complexes, errors: Reals, offset: Reals, path: Complexes, inverse: Complexes, width: Reals
) -> tuple[Reals, Reals]:
    """A of the lemma, and a radius on which L < 1/2, in blocks of points."""
    points = _circle_of(*values.shape[1:])[0].shape[0]
    block = max(_CELLS // (points * values.shape[2]), 1)
    parts = []
    for i in range(0, len(values), block):
        k = slice(i, i + block)
        parts.append(_radii_of_block(values[k], errors[k], offset[k], path[k], inverse[k], width[k]))
    return np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])


def _radii_of_block(
    values: Complexes, errors: Reals, offset: Reals, path: Complexes, inverse: Complexes, width: Reals
) -> tuple[Reals, Reals]:
    rows, columns = values.shape[1:]
    powers = width[:, None] ** np.arange(float(max(rows, _ORDER + 1)))
    scaled = values * powers[:, :rows, None]
    circle, blocks, spread = _circle_of(rows, columns)
    at_circle = (blocks @ scaled[:, None]).reshape(len(values), -1, columns)
    along, factor = (_on_circle(series * powers[:, : _ORDER + 1], circle) for series in (path, inverse))
    value = slope = curvature = np.zeros_like(along)
    for j in range(columns - 1, -1, -1):  # s_0, s_1, s_2 at the points of the circle
        curvature = curvature * along + slope
        slope = slope * along + value
        value = value * along + at_circle[:, :, j]
    # the sums of absolute values that bound s_l and q; each term of s_l goes through fewer roundings than counted
    spreading = _shifts((np.abs(path) * powers[:, : _ORDER + 1]).sum(axis=1), columns)
    largest = (np.abs(inverse) * powers[:, : _ORDER + 1]).sum(axis=1)
    error = (errors * powers[:, :rows, None]).sum(axis=1)
    sizes = np.abs(scaled).sum(axis=1) + error
    roundings = (8 * (rows + columns * (_ORDER + 2)) + 32) * _EPSILON
    noise = (spreading @ (error + roundings * sizes)[:, :, None])[:, :, 0] * largest[:, None] * 1.01
    sups = (spreading @ sizes[:, :, None])[:, :, 0] * largest[:, None] * 1.01
    least = spread * (np.abs(factor * value).max(axis=1) + noise[:, 0]) + largest * offset
    drift = spread * (np.abs(1 - factor * slope).max(axis=1) + noise[:, 1])
    if columns > 2:
        sups[:, 2] = spread * (np.abs(factor * curvature).max(axis=1) + noise[:, 2])
    room = _HALF - drift
    outer = np.where(room > 0, np.inf, 0.0)
    for j in range(2, columns):  # the term of y^j in L gets the share 2^(1-j) of the room
        outer = np.minimum(outer, (room * 0.5 ** (j - 1) / (j * sups[:, j])) ** (1 / (j - 1)))
    bounded = np.fmin(outer, 1e100)  # a polynomial that is linear in y has no other root at all
    return least, np.where(room > 0, bounded, 0.0) * 0.999999


def _on_circle(series: Complexes, circle: Complexes) -> Complexes:
    """The values of series at the points of the unit circle."""
    value = np.repeat(series[:, -1:], len(circle), axis=1)
    for j in range(series.shape[1] - 2, -1, -1):
        value *= circle
        value += series[:, j : j + 1]
    return value


@lru_cache(maxsize=64)
def _circle_of(rows: int, columns: int) -> tuple[Complexes, Complexes, float]:
    """Points of the unit circle, blocks of their powers, and the factor from the largest value to the supremum."""
    blocks, _, spread = _circle(rows - 1 + _ORDER * columns, rows, columns, _ORDER + 1)
    count = blocks.shape[0] * blocks.shape[1]
    return np.exp(2j * np.pi * np.arange(count) / count), blocks, spread
