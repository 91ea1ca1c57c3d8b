r"""Local polynomials for one half of a support interval, in the variable that its edge asks for.

At a distance d from the edge let u = (d/width)^(1/e). The density is u^n phi(u), and the mass between the edge and the
point is u^p H(u) with p = n + e; phi and H are analytic and positive, and nothing singular is near: the other edge is
as far from u = 0 as u = 1 is. Both are tabulated as polynomials in v = q - k - 1/2 on cells k <= q < k + 1 of equal
length, q = u ``per_unit``: so relative accuracy reaches down to the edge, and a value costs one gather a coefficient.

The inverse table gives u = w g(w) for w = (mass/total)^(1/p). It is a first guess, from which
a Newton step comes to H's own accuracy.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache, partial

import numpy as np
from numpy.polynomial import chebyshev as cheb

from resolvent.derive.errors import NotCertified
from resolvent.numeric.density.chebyshev_piece import Array, Piece

_DEGREE = 9
_INVERSE_DEGREE = 5
_FEWEST, _MOST = 16, 4096  # cells
_INVERSE_TOLERANCE = 1e-8  # after a Newton step nothing is left of it
_SHARP = 4e-15  # relative accuracy of the polynomials
_ROUNDING = 4e-16  # of 1 + t, which is taken to the power of the edge's ramification
_EXACT = 5e-14  # relative accuracy of the inverse; the arithmetic itself takes some
_MOST_STEPS = 8
_MOST_BRACKETS = 200


@dataclass(frozen=True, eq=False)
class EdgeTable:
    """The density and the mass next to one edge.

    Attributes:
        ramification, order: e and n.
        top: the last u of the table, a little beyond the middle of the interval.
        per_unit: cells per unit of u.
        density: coefficients of phi, lowest first: row i belongs to v^i, column k to cell k.
        mass: those of H.
        total: the mass up to the middle of the interval.
        slope: (d mass/du)/(u^(p-1) phi), that is width times e.
        guess_per_unit, guess: the cells and coefficients of g(w).
        steps: Newton steps that make the guess exact.
        is_steep: whether no number of steps does, as in the tails of an exponential law: points are bracketed then.
    """

    ramification: int
    order: int
    top: float
    per_unit: float
    density: Array
    mass: Array
    total: float
    slope: float
    guess_per_unit: float
    guess: Array
    steps: int
    is_steep: bool

    @property
    def power(self) -> int:
        """The mass near the edge is proportional to u^power."""
        return self.order + self.ramification


def edge_table(piece: Piece, side: int) -> EdgeTable:
    """The table of the left (side 0) or right (side 1) half of a piece.

    Raises `NotCertified` if 4096 cells do not reach the accuracy of the Chebyshev series.
    """
    e, n = piece.ramification[side], piece.orders[side]
    middle = float(root(np.array([0.5]), e)[0])
    top = middle * (1 + 1e-6)  # points next to the middle, rounded, belong to the last cell
    cells = _FEWEST
    while True:
        values, noise = _phi(piece, side, _nodes(cells, _DEGREE) * top)
        density, converged = _fitted(values, noise, max(_SHARP, _ROUNDING * e))
        if converged:
            break
        if cells >= _MOST:
            raise NotCertified(
                f"the density next to {(piece.left, piece.right)[side]:.6g} is not resolved", piece=piece
            )
        cells *= 2
    per_unit, slope = cells / top, piece.width * e
    mass = _mass_table(density, per_unit, slope, e + n)
    total = float(evaluate(mass, np.array([middle * per_unit]))[0]) * middle ** (e + n)
    return _with_guess(EdgeTable(e, n, top, per_unit, density, mass, total, slope, 0.0, np.empty((0, 0)), 0, False))


def evaluate(coefficients: Array, q: Array) -> Array:
    """The piecewise polynomial at q, measured in cells."""
    k = np.minimum(q.astype(np.intp), coefficients.shape[1] - 1)
    return horner(coefficients, k, q - k - 0.5)


def horner(coefficients: Array, cell: Array, v: Array) -> Array:
    """The polynomials of the given cells, at offsets v from the cells' centres."""
    value: Array = coefficients[-1].take(cell)
    for row in coefficients[-2::-1]:
        value *= v
        value += row.take(cell)
    return value


def power(base: Array, exponent: int) -> Array:
    """An integer power by multiplication, which is much faster than the power function."""
    if exponent < 0:
        return 1.0 / power(base, -exponent)
    result = np.ones_like(base) if exponent == 0 else base
    for _ in range(exponent - 1):
        result = result * base
    return result


def root(value: Array, degree: int) -> Array:
    """The positive root of a degree, by the fast functions where there are any."""
    if degree == 1:
        return value
    if degree == 2:
        return np.sqrt(value)
    if degree == 4:
        return np.sqrt(np.sqrt(value))
    return np.cbrt(value) if degree == 3 else value ** (1 / degree)


def _phi(piece: Piece, side: int, u: Array) -> tuple[Array, Array]:
    """phi(u) = u^-n rho, from the Chebyshev series, and what rounding leaves of it in each cell.

    The sum of the series is rounded, and its argument, which the slope enlarges.
    """
    n, other = piece.orders[side], piece.orders[1 - side]
    s = piece.solve_root(side, u)
    x = s - 1 if side == 0 else 1 - s
    series = cheb.chebval(x, piece.boundary)
    slope = cheb.chebval(x[len(x) // 2], cheb.chebder(piece.boundary))
    factor = (piece.from_left, piece.from_right)[side].quotient_power(s, n) * (2 - s) ** float(other)
    rounded = 4e-16 * float(np.sum(np.abs(piece.boundary))) + 2.0**-53 * np.abs(slope)
    return series * factor, np.max(factor, axis=0) * rounded


def _nodes(cells: int, degree: int) -> Array:
    """Chebyshev nodes of each of the cells of [0, 1], one column a cell."""
    t = np.cos(np.pi * (np.arange(degree + 1)[:, None] + 0.5) / (degree + 1))
    return (np.arange(cells) + 0.5 + t / 2) / cells


def _fitted(values: Array, noise: Array | float, sharp: float = _SHARP) -> tuple[Array, bool]:
    """Coefficients in v = t/2 of the polynomials through values at Chebyshev nodes t, and whether they have settled."""
    to_series, to_powers = _transforms(len(values))
    series = to_series @ values
    tail = np.max(np.abs(series[-2:]), axis=0)
    settled = np.all(tail <= noise + sharp * np.max(np.abs(series), axis=0))
    return to_powers @ series, bool(settled)


@lru_cache(maxsize=8)
def _transforms(size: int) -> tuple[Array, Array]:
    """The matrices from values at Chebyshev nodes t to Chebyshev coefficients, and from these to those in v = t/2."""
    angle = np.pi * (np.arange(size) + 0.5) / size
    to_series = np.cos(np.outer(np.arange(size), angle)) * (2 / size)
    to_series[0] /= 2
    to_powers = np.zeros((size, size))
    for k in range(size):
        to_powers[: k + 1, k] = cheb.cheb2poly(np.eye(size)[k])[: k + 1] * 2.0 ** np.arange(k + 1)
    return to_series, to_powers


def _mass_table(density: Array, per_unit: float, slope: float, p: int) -> Array:
    """The table of H by Gauss quadrature from the start of a cell to each node.

    All terms are positive, so that the masses are relatively accurate.
    """
    cells = density.shape[1]
    x, weights = np.polynomial.legendre.leggauss((len(density) + p) // 2 + 2)
    start = np.arange(cells)

    def from_start(length: Array) -> Array:
        """The mass between the start of each cell and points that far from it."""
        total = np.zeros_like(length)
        for node, weight in zip(x, weights, strict=True):
            part = length * ((1 + node) / 2)
            value = _columns(density, part - 0.5) * power((start + part) / per_unit, p - 1)
            total += value * weight
        return total * length * (slope / (2 * per_unit))

    whole = from_start(np.ones((1, cells)))[0]
    before = np.concatenate([[0.0], np.cumsum(whole)])
    nodes = _nodes(cells, _DEGREE) * cells
    values = (before[:-1] + from_start(nodes - start)) / power(nodes / per_unit, p)
    return _fitted(values, 0.0)[0]


def _columns(coefficients: Array, v: Array) -> Array:
    """Column k of the coefficients as a polynomial, at the entries of column k of v."""
    value = np.zeros_like(v)
    for row in coefficients[::-1]:
        value = value * v + row
    return value


def newton(y: Array, p: int, mass: Array, density: Array, total: Array | float, slope: Array | float) -> Array:
    """A Newton step for y^p H(w y) = total, the equation of u = w y, given H and phi at u; it makes sense at w = 0."""
    return y + (total * power(y, 1 - p) - y * mass) / (density * slope)


def _with_guess(table: EdgeTable) -> EdgeTable:
    """The table with its inverse added: cells are doubled until one Newton step from the guess is enough."""
    p, top = table.power, table.top
    fine = np.arange(1, table.mass.shape[1] + 1) / table.mass.shape[1] * top
    ratio = root(evaluate(table.mass, fine * table.per_unit) * power(fine, p) / table.total, p)
    cells = _FEWEST
    while True:
        w, between = _nodes(cells, _INVERSE_DEGREE), (np.arange(4 * cells) + 0.1) / (4 * cells)
        guess, _ = _fitted(_inverted(table, w, np.interp(w, ratio, fine / ratio)), 0.0)
        found = evaluate(guess, between * cells)
        exact = _inverted(table, between, found)
        if np.max(np.abs(found / exact - 1)) <= _INVERSE_TOLERANCE or cells >= _MOST:
            break
        cells *= 2
    steps = 0
    while not (is_exact := bool(np.max(np.abs(found / exact - 1)) <= _EXACT)) and steps < _MOST_STEPS:
        found = np.clip(_improved(table, between, found), 1e-3 * exact, top / between)
        steps += 1
    steps = max(steps, 1) if is_exact else 1
    return replace(table, guess_per_unit=cells * (1 - 1e-15), guess=guess, steps=steps, is_steep=not is_exact)


def _improved(table: EdgeTable, w: Array, y: Array) -> Array:
    return newton(y, table.power, *_values(table, w * y), table.total, table.slope)


def _values(table: EdgeTable, u: Array) -> tuple[Array, Array]:
    """H and phi at u."""
    q = np.minimum(u, table.top) * table.per_unit
    return evaluate(table.mass, q), evaluate(table.density, q)


def _inverted(table: EdgeTable, w: Array, start: Array) -> Array:
    """y such that the mass up to u = w y is w^p of the total."""
    return inverted(partial(_values, table), w, start, table.power, table.top, table.total, table.slope)


def inverted(
    values: Callable[[Array], tuple[Array, Array]],
    w: Array,
    start: Array,
    p: int,
    top: Array | float,
    total: Array | float,
    slope: Array | float,
) -> Array:
    """y such that y^p H(w y) is the total, from H and phi at u, by safeguarded Newton steps; w > 0."""
    low, high = np.zeros_like(start), top / w
    y = np.where((start > 0) & (start < high), start, high / 2)
    for _ in range(_MOST_BRACKETS):
        mass, density = values(w * y)
        with np.errstate(all="ignore"):  # far out in a tail there may be no density left
            short = power(y, p) * mass <= total
            step = newton(y, p, mass, density, total, slope)
        low, high = np.where(short, y, low), np.where(short, high, y)
        close = np.abs(step - y) <= 1e-12 * y  # rounding errors may have closed the bracket on the wrong side
        y = np.where(close | ((step >= low) & (step <= high)), step, (low + high) / 2)
        if np.all(close):
            break
    return y
