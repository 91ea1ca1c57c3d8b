"""A spectrum's functions at many points: regions of the line, each with a row of numbers, and one table for them all.

The ends and middles of the pieces and the atoms cut the line into regions; a region lies in the half of a piece next
to one of its edges, or in no piece. All that differs between regions is gathered by the region's number, so a block of
points is treated by a few dozen array operations whatever the number of pieces.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from resolvent.derive.errors import NotCertified
from resolvent.numeric.density.certificate import TOLERANCE
from resolvent.numeric.density.chebyshev_piece import Array, Piece
from resolvent.numeric.density.edge_polynomials import edge_table, horner, inverted, newton, power, root

_BLOCK = 8192  # points whose temporaries stay in the cache
_SLACK = 1e-15  # a level this close to an atom's jump belongs to the atom
_TINY = 1e-300  # a share of the mass
_FEW = 1e-2  # relative width of a piece below which rounding of its ends matters
_COARSE = 1e7  # floats on a piece: of fewer, one next to the middle may lie beyond the table
_COMPARED = 12  # up to so many thresholds, comparing with each is faster than bisection

_Kind = tuple[int, int]  # ramification e and order n of an edge: the density is (x-a)^(n/e) times an analytic function


class SpectrumTable:
    """The density, the mass below and above, and the quantiles of pieces and atoms, for flat arrays without NaN.

    Args:
        pieces: in increasing order, disjoint but for shared ends; their masses and the atoms' add up to 1.
        points, weights: the atoms.

    Raises `NotCertified` if the tables' masses do not add up.
    """

    def __init__(self, pieces: Sequence[Piece], points: Array, weights: Array) -> None:
        self._pieces = pieces
        starts = {(piece.left, piece.rests[0]) for piece in pieces}
        self._cuts = [_first_floats(piece, (piece.right, piece.rests[1]) not in starts) for piece in pieces]
        self._is_coarse = any(piece.width < _COARSE * np.spacing(abs(piece.right)) for piece in pieces)
        cuts = [*points, *(x for ends in self._cuts for x in ends)]
        self._places = np.unique(np.array(cuts, dtype=float))
        self._start = np.concatenate([[-math.inf], self._places])
        self._half = self._halves_of_regions()
        self._gather_halves()
        self._sum_masses(points, weights)
        self._order_levels(points)

    # -- functions -----------------------------------------------------------------------------------------

    def pdf(self, x: Array) -> Array:
        """The density; infinite at an edge where it diverges."""
        with np.errstate(divide="ignore", over="ignore"):
            result = self._in_blocks(self._density_of, self._finite(x))
        for edge in self._poles:
            result[x == edge] = math.inf
        return result

    def cdf(self, x: Array) -> Array:
        """The mass of (-oo, x], relatively accurate at the left end of the support."""
        return self._in_blocks(lambda part: self._mass_of(part, self._below, 1.0), self._finite(x))

    def sf(self, x: Array) -> Array:
        """The mass of (x, oo), relatively accurate at the right end of the support."""
        return self._in_blocks(lambda part: self._mass_of(part, self._above, -1.0), self._finite(x))

    def ppf(self, q: Array) -> Array:
        """The smallest x with cdf(x) >= q, for q strictly between 0 and 1."""
        return self._in_blocks(self._quantile_of, q)

    @staticmethod
    def _in_blocks(function: Callable[[Array], Array], x: Array) -> Array:
        if len(x) <= _BLOCK:
            return function(x)
        result = np.empty_like(x)
        for i in range(0, len(x), _BLOCK):
            result[i : i + _BLOCK] = function(x[i : i + _BLOCK])
        return result

    def _finite(self, x: Array) -> Array:
        """Infinities and far points moved next to the outermost places, where nothing is either."""
        return np.clip(x, np.nextafter(self._places[0], -math.inf), np.nextafter(self._places[-1], math.inf))

    def _density_of(self, x: Array) -> Array:
        region = _count(self._places, x, strict=False)
        return self._by_kind(self._density_at, region, x)

    def _density_at(self, kind: _Kind, region: Array, x: Array) -> Array:
        u, cell, v = self._located(kind, region, x)
        density = horner(self._density, cell, v)
        if kind[1] >= 0:
            density *= power(u, kind[1])
        else:
            density /= power(u, -kind[1])
        return np.maximum(density, 0.0, out=density)

    def _mass_of(self, x: Array, base: Array, sign: float) -> Array:
        region = _count(self._places, x, strict=False)
        mass = self._by_kind(self._mass_at, region, x)
        mass *= (sign * self._direction).take(region)
        mass += base.take(region)
        return np.clip(mass, 0.0, 1.0, out=mass)

    def _mass_at(self, kind: _Kind, region: Array, x: Array) -> Array:
        """The mass between the edge and x."""
        u, cell, v = self._located(kind, region, x)
        mass = horner(self._mass, cell, v)
        mass *= power(u, sum(kind))
        return mass

    def _located(self, kind: _Kind, region: Array, x: Array) -> tuple[Array, Array, Array]:
        """The edge variable u, the cell, and the offset from the cell's centre."""
        y = x - self._edge.take(region)  # exact next to the edge
        y *= self._scale.take(region)
        y += self._shift.take(region)
        u = root(np.maximum(y, 0.0, out=y), kind[0])
        if self._is_coarse:
            u = np.minimum(u, self._top.take(region) * (1 - 1e-15))
        return u, *self._cell(u, region)

    def _cell(self, u: Array, region: Array) -> tuple[Array, Array]:
        v = u * self._per_unit.take(region)
        cell = v.astype(np.intp)
        v -= cell
        v -= 0.5
        cell += self._first.take(region)
        return cell, v

    def _quantile_of(self, q: Array) -> Array:
        stretch = _count(self._levels, q, strict=True)
        if not self._has_stays:
            return self._searched(stretch, q)
        result = self._level_place.take(stretch)
        moves = np.flatnonzero(np.isnan(result))
        result[moves] = self._searched(stretch[moves], q[moves])
        return result

    def _searched(self, stretch: Array, q: Array) -> Array:
        region = self._level_region.take(stretch)
        ratio = self._direction.take(region) * (q - self._below.take(region)) / self._total.take(region)
        return self._by_kind(self._point_at, region, np.clip(ratio, 0.0, 1.0))

    def _point_at(self, kind: _Kind, region: Array, ratio: Array) -> Array:
        """The point with a mass between it and the edge, as a share of the half's mass."""
        p = sum(kind)
        w = root(ratio, p)
        v = w * self._guess_per_unit.take(region)
        cell = v.astype(np.intp)
        y = horner(self._guess, cell + self._guess_first.take(region), v - cell - 0.5)
        total, slope, top = self._total.take(region), self._slope.take(region), self._top.take(region)

        def values(u: Array) -> tuple[Array, Array]:
            cell, v = self._cell(np.minimum(u, top), region)
            return horner(self._mass, cell, v), horner(self._density, cell, v)

        if np.any(self._is_steep.take(region)):
            y = inverted(values, np.maximum(w, _TINY), y, p, top, total, slope)
        else:
            for _ in range(self._steps):
                y = newton(y, p, *values(w * y), total, slope)
        distance = power(w * y, kind[0]) * self._stretch.take(region)
        return self._edge.take(region) + (self._rest.take(region) + distance)

    def _by_kind(self, function: Callable[[_Kind, Array, Array], Array], region: Array, x: Array) -> Array:
        """The values of a function that needs the exponents of the edge as numbers."""
        if len(self._kinds) == 1:
            return function(self._kinds[0], region, x)
        number = self._kind.take(region)
        result = np.empty_like(x)
        for i, kind in enumerate(self._kinds):
            chosen = np.flatnonzero(number == i)
            if len(chosen) == len(x):
                return function(kind, region, x)
            if len(chosen):
                result[chosen] = function(kind, region[chosen], x[chosen])
        return result

    # -- construction --------------------------------------------------------------------------------------

    def _halves_of_regions(self) -> Array:
        """For each region 2i for the left half of piece i, 2i + 1 for its right half, or the last number for none."""
        found = []
        for x in self._start:
            inside = [i for i, (left, _, right) in enumerate(self._cuts) if left <= x < right]
            found.append(2 * inside[0] + int(x >= self._cuts[inside[0]][1]) if inside else 2 * len(self._pieces))
        return np.array(found)

    def _gather_halves(self) -> None:
        """The halves' numbers as arrays over regions, and their cells side by side; zeros where no piece is."""
        sides = [(piece, side) for piece in self._pieces for side in (0, 1)]
        tables = [edge_table(piece, side) for piece, side in sides]

        def row(values: Sequence[float], outside: float) -> Array:
            return np.array([*values, outside])[self._half]

        direction = [1.0, -1.0] * len(self._pieces)
        rests = [piece.rests[side] for piece, side in sides]
        widths = [piece.width for piece, _ in sides]
        self._direction = row(direction, 0.0)
        self._edge = row([(piece.left, piece.right)[side] for piece, side in sides], 0.0)
        self._rest = row(rests, 0.0)
        self._scale = row([d / w for d, w in zip(direction, widths, strict=True)], 0.0)
        self._shift = row([-d * r / w for d, r, w in zip(direction, rests, widths, strict=True)], 1.0)  # outside u = 1
        self._stretch = row([d * w for d, w in zip(direction, widths, strict=True)], 0.0)
        kinds = [(table.ramification, table.order) for table in tables]
        self._kinds = sorted(set(kinds)) or [(1, 0)]
        self._kind = row([self._kinds.index(kind) for kind in kinds], 0)
        self._poles = sorted({(p.left, p.right)[side] for p, side in sides if p.orders[side] < 0})
        self._top = row([table.top for table in tables], 0.0)
        self._per_unit = row([table.per_unit for table in tables], 0.0)
        self._total = row([table.total for table in tables], 1.0)
        self._slope = row([table.slope for table in tables], 1.0)
        self._guess_per_unit = row([table.guess_per_unit for table in tables], 0.0)
        self._density, first = _side_by_side([table.density for table in tables])
        self._mass, _ = _side_by_side([table.mass for table in tables])
        self._guess, guess_first = _side_by_side([table.guess for table in tables])
        self._first, self._guess_first = first[self._half], guess_first[self._half]
        self._is_steep = row([table.is_steep for table in tables], False)
        self._steps = max((table.steps for table in tables), default=0)
        self._masses = [a.total + b.total for a, b in zip(tables[::2], tables[1::2], strict=True)]

    def _sum_masses(self, points: Array, weights: Array) -> None:
        """For each region the mass on both sides of its edge, atoms counted by the region itself."""
        pieces = np.searchsorted([middle for _, middle, _ in self._cuts], self._start, side="right")
        atoms = np.array([np.count_nonzero(points <= x) for x in self._start])
        order = np.argsort(points)
        jumps = weights[order].tolist()
        self._below = np.array([math.fsum(self._masses[:i] + jumps[:k]) for i, k in zip(pieces, atoms, strict=True)])
        self._above = np.array([math.fsum(self._masses[i:] + jumps[k:]) for i, k in zip(pieces, atoms, strict=True)])
        if not abs(self._below[-1] - 1.0) <= TOLERANCE:
            raise NotCertified(f"the tables' masses add up to {self._below[-1]:.12g}", table=self)
        self._below[-1] = self._above[0] = 1.0  # outside the support

    def _order_levels(self, points: Array) -> None:
        """The quantile function's stretches: the level where each ends, the region to search or the place to stay."""
        upper, regions, places = [], [], []
        for region, place in enumerate(self._places):  # the region ends at the place
            is_atom = bool(np.any(points == place)) or any(a == b == place for a, _, b in self._cuts)  # or all within
            if self._half[region] < 2 * len(self._pieces):
                upper.append(self._below_in(region, place) - (_SLACK if is_atom else 0.0))
                regions.append(region)
                places.append(math.nan)
            if is_atom:
                upper.append(self._below_in(region + 1, place) + _SLACK)
                regions.append(region)
                places.append(place)
        self._levels = np.maximum.accumulate(np.array(upper))[:-1]
        self._level_region, self._level_place = np.array(regions), np.array(places)
        self._has_stays = not bool(np.all(np.isnan(self._level_place)))

    def _below_in(self, region: int, x: float) -> float:
        """The mass below a point that is inside a region or at one of its ends."""
        mass = self._mass_at(self._kinds[self._kind[region]], np.array([region]), np.array([x]))
        return float(self._below[region] + self._direction[region] * mass[0])


def _first_floats(piece: Piece, is_last: bool) -> tuple[float, float, float]:
    """The first floats that are not below the left end, the middle and the right end of a piece.

    A right end where no other piece begins counts as a float, unless the piece has only few floats inside.
    """
    middle = piece.middle
    rest = ((piece.left - middle) + piece.width / 2) + piece.rests[0]
    places = ((piece.left, piece.rests[0]), (middle, rest), (piece.right, piece.rests[1]))
    left, middle, right = (float(np.nextafter(p, math.inf)) if r > 0 else p for p, r in places)
    if is_last and piece.width > _FEW * abs(piece.right):
        right = piece.right
    return left, min(max(left, middle), right), right


def _count(thresholds: Array, x: Array, *, strict: bool) -> Array:
    """How many of the increasing thresholds are <= x (< x if strict)."""
    if len(thresholds) > _COMPARED:
        return np.searchsorted(thresholds, x, side="left" if strict else "right")
    count = np.zeros(len(x), dtype=np.int8)
    for threshold in thresholds:
        count += (x > threshold if strict else x >= threshold).view(np.int8)
    return count.astype(np.intp)


def _side_by_side(tables: Sequence[Array]) -> tuple[Array, Array]:
    """The columns of all tables and one of zeros, and the number of the first column of each."""
    rows = tables[0].shape[0] if tables else 1
    first = np.cumsum([0, *(table.shape[1] for table in tables)])
    return np.ascontiguousarray(np.concatenate([*tables, np.zeros((rows, 1))], axis=1)), first
