"""The measure of a matrix expression from the numeric solution of its Dyson equation: edges, atoms, density, errors.

On the real line, inside the support and in its gaps, Newton's method converges to all digits. Edges lie where a zero
density begins; next to one where it grows like a square root its square is analytic, which gives all digits of the
edge. Atoms are the poles of m. Mass and moments, compared with the integrals of m on a circle around the support, are
the certificate: what was overlooked is missing there.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from resolvent.derive.errors import NotCertified
from resolvent.numeric.density.chebyshev_piece import Piece
from resolvent.numeric.density.moved_piece import moved
from resolvent.numeric.density.sampled_piece import Ends, Values, floor_for, resolve_values
from resolvent.numeric.expressions.dyson_solver import DysonSolver
from resolvent.numeric.expressions.singular_points import SingularPoint, singular_point, singular_points
from resolvent.numeric.measures.atomic_measure import AtomicMeasure
from resolvent.numeric.measures.numeric_measure import NumericMeasure, moments_on_circle, scaled_certificate
from resolvent.numeric.spectrum.measure import Measure, Pieces

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class End:
    """An end of a part of the support: where, how many sheets meet there, and whether that is known.

    ``point`` has the series of m next to it where it was found.
    """

    place: float
    sheets: int
    is_root: bool
    point: SingularPoint | None = None

    @classmethod
    def at(cls, point: SingularPoint) -> End:
        """The end at a singular point."""
        return cls(point.place, point.sheets, True, point)


_COARSE = (64, 8)
_FAR = np.geomspace(1e-3, 1e5, 400)
_GRIDS = (1500, 12000)  # points of the line at which the support is looked for, in turn
_ZERO = 1e-7  # a density below this, over the width, is none
_SECTIONS, _WIDE, _ROUNDS = (48, 8), 30, 16  # one round costs little, or with so many unknowns as its points do
_MISSING = 1e-9  # mass outside the density from which on atoms are looked for
_SHARP = 1e-12  # of the width: how far edges are bisected
_FIT, _DEPTH = 9, 1e-3  # points, and their depth over the interval's length, from which edges are extrapolated
_CLOSE, _NOISE = 1e-8, 1e-11  # of the interval: where the density at 0 is tested, and what its values may scatter
_NEAR = 1e-2  # of the interval: the radius around an end at which a singular point is looked for
_LIGHTEST = 1e-7
_TAILS, _FLOOR = (2e-13, 3e-11), 1e-15
_CONTOUR, _OUTSIDE = 128, 1.5


def measure_of_solver(solver: DysonSolver, text: str, unit: float = 1.0, seconds: float = math.inf) -> Measure:
    """The measure; its certificate compares mass and moments with integrals of m around the support.

    The solver may be that of x/unit, unit a power of two: the support is looked for between 10^-3 and 10^5.

    Raises `NotCertified` where a part of the support was not found or the density not resolved, `TooLarge` where that
    takes longer than so many seconds.
    """
    with solver.clock.within(seconds):
        return _found(solver, text, unit)


def _found(solver: DysonSolver, text: str, unit: float) -> Measure:
    """The measure, looked for on finer grids in turn."""
    low, high = _reach(solver, text)
    failure: NotCertified | None = None
    for count in _GRIDS:
        line = Line(solver)
        try:
            return _measure(line, low, high, count, text, unit)
        except NotCertified as error:
            failure = failure or error
    assert failure is not None
    raise failure


class Line:
    """The solution on the real line: next to known points inside the support by Newton's method, else from above."""

    def __init__(self, solver: DysonSolver) -> None:
        self.solver = solver
        self._x = np.zeros(0)
        self._g = np.zeros((0, solver.arrays.width), complex)

    def density(self, x: Floats) -> Floats:
        """The density; NaN where it was not found."""
        for step in _COARSE if len(x) > _COARSE[0] and not len(self._x) else ():
            self.density(x[::step])  # what is known next to a point is the start there
        out = np.full(len(x), np.nan)
        rest = np.arange(len(x))
        if len(self._x) > 1:
            above = np.clip(np.searchsorted(self._x, x), 1, len(self._x) - 1)
            below = above - 1
            is_nearer = x - self._x[below] < self._x[above] - x
            for place in (np.where(is_nearer, below, above), np.where(is_nearer, above, below)):
                if not len(rest):
                    break
                g, good = self.solver.polished(self._g[place[rest]], x[rest].astype(complex))
                out[rest[good]] = self.solver.trace(g[good]).imag / np.pi
                rest = rest[~good]
        if len(rest):
            g, _, bad = self.solver.followed(x[rest].astype(complex))
            found = self.solver.trace(g).imag / np.pi
            out[rest] = np.where(bad, np.nan, found)
            keep = ~bad & ((found > 0) | (not self.solver.arrays.letters))
            order = np.argsort(np.concatenate([self._x, x[rest][keep]]), kind="stable")
            self._g = np.concatenate([self._g, g[keep]])[order]
            self._x = np.concatenate([self._x, x[rest][keep]])[order]
        return out


def _measure(line: Line, low: float, high: float, count: int, text: str, unit: float) -> Measure:
    """The measure between low and high, times unit, its support looked for at so many points.

    Atoms are looked for only where mass is missing.
    """
    intervals = _support(line, low, high, count)
    groups: list[list[Piece]] = []
    whole: list[tuple[End, End]] = []
    floor = floor_for(_FLOOR, intervals[-1][1].place - intervals[0][0].place) if intervals else _FLOOR
    for a, b in intervals:
        found = _resolved(partial(_values, line, a, b), a, b, floor)
        if groups and groups[-1][-1].right == a.place:
            groups[-1] += found
            whole[-1] = whole[-1][0], b
        else:
            groups.append(found)
            whole.append((a, b))
    missing = 1 - sum(piece.mass for group in groups for piece in group)
    atoms = _atoms(line.solver, low, high, count, high - low) if missing > _MISSING else []
    points, weights = (np.array([float(atom[k]) for atom in atoms]) for k in (0, 1))
    if not intervals and abs(weights.sum() - 1) < _MISSING:
        return AtomicMeasure(unit * points, weights / weights.sum())
    ends = [end.place for interval in intervals for end in interval] + [place for place, _ in atoms]
    if not ends:
        raise NotCertified(f"{text}: no support was found")
    pieces = tuple(tuple(moved(piece, unit) for piece in group) for group in groups)
    held = Pieces(pieces, unit * points, weights, unit * (max(ends) - min(ends)))
    reach = max(map(abs, ends))
    if not reach:
        raise NotCertified(f"{text}: of the mass only {weights.sum():.6g} was found, at 0, and no more next to it")
    exact = _moments(line.solver, reach)[1:]
    known = [(first.is_root, last.is_root) for first, last in whole]
    return NumericMeasure(held, scaled_certificate(held, unit * reach, exact), text, tuple(known))


def _values(line: Line, left: End, right: End, below: Floats, above: Floats) -> Floats:
    """The density between two ends, at these distances from them; next to singular points by their series."""
    x = np.where(below < above, left.place + below, right.place - above)
    out = np.full(len(x), np.nan)
    for point, offsets in ((left.point, below), (right.point, -above)):
        if point is not None:
            near = np.abs(offsets) < point.radius
            out[near] = point.density(offsets[near])
    rest = np.flatnonzero(np.isnan(out))
    inside = np.nextafter(left.place, np.inf), np.nextafter(right.place, -np.inf)
    out[rest] = line.density(np.clip(x[rest], *inside))
    return np.maximum(out, 0.0)


def _resolved(values: Values, a: End, b: End, floor: float) -> list[Piece]:
    failure: NotCertified | None = None
    for tail in _TAILS:
        try:
            ends = Ends((a.place, b.place), (a.sheets, b.sheets), (a.is_root, b.is_root))
            return resolve_values(values, ends, tail, floor)
        except NotCertified as error:
            failure = failure or error
    assert failure is not None
    raise failure


def _moments(solver: DysonSolver, reach: float) -> list[float]:
    """The moments of x/reach, by the trapezoidal rule on a circle around the support."""
    angle = np.pi * (np.arange(_CONTOUR) + 0.5) / _CONTOUR
    z = _OUTSIDE * reach * np.exp(1j * angle)
    m = solver.solve(z).stieltjes
    return moments_on_circle(m, z, reach)


def _reach(solver: DysonSolver, text: str) -> tuple[float, float]:
    """An interval that holds the support, with some room, from points at distances that grow geometrically."""
    if solver.arrays.reach is not None:
        return -solver.arrays.reach, solver.arrays.reach
    x = np.concatenate([-_FAR[::-1], _FAR])
    height = 1e-3 * np.abs(x)
    g, _, bad = solver.followed(x + 1j * height)
    value = solver.trace(g)
    mass = height * value.imag  # at most 2 height/distance, squared, from all that is farther away than x/2
    inside = bad | (mass > 1e-5)
    if not inside.any():
        return -_FAR[0], _FAR[0]
    if inside[0] or inside[-1]:
        raise NotCertified(f"{text}: the spectrum was not bounded between {-_FAR[-1]:g} and {_FAR[-1]:g}")
    low, high = x[np.argmax(inside) - 1], x[len(x) - np.argmax(inside[::-1])]
    return float(low), float(high)


def _support(line: Line, low: float, high: float, count: int) -> list[tuple[End, End]]:
    """The intervals of positive density between low and high, cut at 0 and where the density is singular inside."""
    width = high - low
    even = np.linspace(low, high, count)
    x = np.unique(np.concatenate([even, *_around(low, high, count)]))
    density = line.density(x)
    even_density = np.nan_to_num(density[np.searchsorted(x, even)])
    x, density = x[~np.isnan(density)], density[~np.isnan(density)]  # a letter may have a pole in a gap
    inside = density > _ZERO / width
    changes = np.flatnonzero(inside[1:] != inside[:-1])
    edges = _sharpened(line, x[changes], x[changes + 1], inside[changes], width)
    known = {s.place: End.at(s) for s in singular_points(line.solver, even, even_density, _ZERO / width)}
    intervals = []
    for a, b in zip(edges[::2], edges[1::2], strict=False):
        room = 1e-6 * (b - a)
        inner = sorted(x for x in {0.0, *(s for s in known if abs(s) > room)} if min(x - a, b - x) > room)
        places = [a, *inner, b]
        intervals += [
            (known.get(u) or _end(line, u, v, width), known.get(v) or _end(line, v, u, width))
            for u, v in pairwise(places)
        ]
    return intervals


def _around(low: float, high: float, count: int) -> list[Floats]:
    """More points next to 0, where spectra of squares have their hard edges."""
    near = (high - low) * np.geomspace(1e-9, 1e-2, count // 10)
    return [part[(low < part) & (part < high)] for part in (near, -near)]


def _sharpened(line: Line, left: Floats, right: Floats, begins_inside: NDArray[np.bool_], width: float) -> list[float]:
    """Where the density begins or ends between pairs of points, all pairs cut into sections together."""
    left, right = left.copy(), right.copy()
    sections = _SECTIONS[line.solver.arrays.width > _WIDE]
    share = np.linspace(0, 1, sections + 2)[1:-1]
    for _ in range(_ROUNDS):
        wide = np.flatnonzero(right - left > _SHARP * width)
        if not len(wide):
            break
        x = left[wide, None] + (right - left)[wide, None] * share
        inside = ~(line.density(x.ravel()).reshape(x.shape) <= _ZERO / width)
        grown = np.concatenate([left[wide, None], x, right[wide, None]], axis=1)
        changed = inside != begins_inside[wide, None]
        first = np.where(changed.any(axis=1), np.argmax(changed, axis=1), sections)
        rows = np.arange(len(wide))
        left[wide], right[wide] = grown[rows, first], grown[rows, first + 1]
    return [0.0 if abs(e) < 10 * _SHARP * width else float(e) for e in (left + right) / 2]


def _end(line: Line, end: float, other: float, width: float) -> End:
    """An end of an interval: a simple zero of the squared density, found to all digits, or a power with few sheets."""
    depth = _DEPTH * (other - end)
    t = 0.02 + (1 - np.cos(np.pi * (np.arange(_FIT) + 0.5) / _FIT)) / 2
    square = line.density(end + depth * t) ** 2
    if end != 0 and np.isfinite(square).all() and square[-1] > 0:
        roots = np.polynomial.polynomial.polyroots(np.polynomial.polynomial.polyfit(t, square / square[-1], _FIT - 1))
        nearest = roots[np.argmin(np.abs(roots))]
        if abs(nearest * depth) < 1e-7 * width and abs(nearest.imag) < 1e-9:
            return End(end + depth * float(nearest.real), 2, True)
    if end != 0 or not _has_digits(line, other - end):
        point = singular_point(line.solver, end, _NEAR * abs(other - end), is_place=end == 0)
        if point is not None:
            return End.at(point)
    t = np.geomspace(1e-9, 1e-7, 5) * (other - end)
    with np.errstate(all="ignore"):
        power = float(np.polyfit(np.log(np.abs(t)), np.log(line.density(end + t)), 1)[0])
    close = [q for q in (1, 2, 3, 4, 5) if abs(power * q - round(power * q)) < 0.05] if np.isfinite(power) else []
    return End(end, close[0] if close else 2, False)


def _has_digits(line: Line, length: float) -> bool:
    """Whether values of the density next to 0 lie on a smooth curve: not all pencils are exact there."""
    t = np.linspace(-0.04, 0.04, 9)
    density = line.density(_CLOSE * length * (1 + t))
    if not (np.isfinite(density).all() and density.max() > 0):
        return False
    curve = np.polynomial.polynomial.polyfit(t, density / density.max(), 5)
    return bool(np.abs(np.polynomial.polynomial.polyval(t, curve) - density / density.max()).max() < _NOISE)


def _atoms(solver: DysonSolver, low: float, high: float, count: int, width: float) -> list[tuple[float, float]]:
    """Poles of m on the line: points where height * Im m does not shrink with the height."""
    step = width / count
    line = np.linspace(low, high, count) if solver.arrays.reach is None else np.array([-step, step])
    x = np.append(line, 0.0)
    g, _, bad = solver.followed(x + 1j * step)
    weight = np.where(bad, 0.0, step * solver.trace(g).imag)
    order = np.argsort(x)
    x, weight = x[order], weight[order]
    peak = (weight[1:-1] >= weight[:-2]) & (weight[1:-1] >= weight[2:]) & (weight[1:-1] > _LIGHTEST)
    found: list[tuple[float, float]] = []
    for place in [*x[1:-1][peak], 0.0]:
        atom = _pole(solver, float(place), step, width)
        if atom is not None and not any(abs(atom[0] - other) < 1e-9 * width for other, _ in found):
            found.append(atom)
    return sorted(found)


def _pole(solver: DysonSolver, place: float, height: float, width: float) -> tuple[float, float] | None:
    """The pole near a point, and its mass: 1/m = -(z - a)/w + ... from ever smaller heights; None if there is none."""
    a, w = place, 0.0
    for _ in range(8):
        z = np.array([a + 1j * height, a + 1.5j * height])
        g, _, bad = solver.followed(z)
        if bad.any():
            return None
        inverse = 1 / solver.trace(g)
        slope = (inverse[1] - inverse[0]) / (z[1] - z[0])
        root = z[0] - inverse[0] / slope
        w_new = float((-1 / slope).real)
        if not abs(root.imag) < 0.5 * height or not 0 < w_new < 1 + 1e-6:
            return None
        if abs(w_new - w) < 1e-11 and abs(root.real - a) < 1e-12 * width:
            return (0.0 if abs(root.real) < 1e-12 * width else float(root.real)), w_new
        a, w, height = float(root.real), w_new, height / 30
    return (0.0 if abs(a) < 1e-10 * width else a), w
