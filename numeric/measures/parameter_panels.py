"""Panels of values of a parameter on which the edges, the atoms and the densities of laws are series in it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

import numpy as np
from numpy.polynomial import chebyshev as cheb

from resolvent.derive.errors import NotCertified, ResolventError
from resolvent.derive.laws.record import Law
from resolvent.numeric.density.chebyshev_nodes import chebyshev_coefficients
from resolvent.numeric.density.chebyshev_piece import Array, Piece
from resolvent.numeric.density.edge_maps import EdgeMap, edge_maps
from resolvent.numeric.measures import transport
from resolvent.numeric.spectrum.measure import Measure, measure_of
from resolvent.numeric.spectrum.piecewise_measure import PiecewiseMeasure

NODES = 24  # values of the parameter on a panel
MOMENTS = 6
_PLACES = 40  # on a cell
_TAIL = 2e-12
DEEPEST = 40  # splits of a support interval
_LEFT_OUT = 1e-13  # probability of a panel that is not split any more
_MOST_PANELS = 400
_CONSTANT = 1e-13
_BESIDE = 1e-3  # of a piece of the parameter's distribution: how far from its ends laws are like those inside,
_LOCATED = 1e-9  # and how well a value is located at which they change; it is one of a small denominator then
_SHORT = 1000

Family = Callable[[float], Law]
Break = tuple[float, Fraction | None]
"""A place where the density may be singular, and its exponent there if nothing else ends at it."""


@dataclass(frozen=True)
class Cell:
    """A part of a support interval, in units of it, and its density as a series in s and in a root of the place.

    Attributes:
        low, high: its ends.
        side: 1 if the root is one of the distance from the right end, 0 from the left.
        root: which one.
        order: of the power of it that is divided out.
        table: coefficients, a row for each in s.
    """

    low: float
    high: float
    side: int
    root: int
    order: int
    table: Array

    def distances(self, v: Array) -> tuple[Array, Array]:
        """How far the place is from both ends of the support interval, v the root between 0 and 1."""
        near = (self.high - self.low) * v**self.root
        if self.side:
            return 1 - (1 - self.high) - near, (1 - self.high) + near
        return self.low + near, 1 - self.low - near

    def root_at(self, below: Array, above: Array) -> Array:
        """v, from those distances."""
        near = above - (1 - self.high) if self.side else below - self.low
        return np.clip(near / (self.high - self.low), 0.0, 1.0) ** (1 / self.root)


@dataclass(frozen=True)
class Band:
    """A support interval as a function of s: series for its ends, and cells from left to right."""

    ends: tuple[Array, Array]
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Panel:
    """An interval of the parameter on which everything is a series in the variable tau between -1 and 1.

    Attributes:
        low, high: its ends.
        is_special: which of them are ends of the distribution, or turning points: there s is quadratic in tau.
        weight: the piece of the parameter's distribution that it lies in.
        root: of distances from the ends of the piece, in which its density is a series.
        bands: the support intervals.
        places, shares: of the atoms.
        moments: m_1, m_2, ...
    """

    low: float
    high: float
    is_special: tuple[bool, bool]
    weight: Piece
    root: int
    bands: tuple[Band, ...]
    places: tuple[Array, ...]
    shares: tuple[Array, ...]
    moments: Array

    def density(self, above: Array, below: Array) -> Array:
        """p(s) ds/dtau at 1 + tau and 1 - tau; 0 where s is an end and p infinite."""
        width, (first, last) = self.high - self.low, _maps(self.is_special)
        left, right = self.low - self.weight.left, self.weight.right - self.high
        found = self.weight.pdf_between(left + width * first(above), right + width * last(below))
        found = found * width * np.where(above < below, first.slope(above), last.slope(below))
        return np.where(np.isfinite(found), found, 0.0)


def _maps(is_special: tuple[bool, bool]) -> tuple[EdgeMap, EdgeMap]:
    """s as a share of the panel, from both ends."""
    return edge_maps((1 + is_special[0], 1 + is_special[1]))


def _parameters(low: float, high: float, is_special: tuple[bool, bool], tau: Array) -> Array:
    first, last = _maps(is_special)
    return np.where(tau < 0, low + (high - low) * first(1 + tau), high - (high - low) * last(1 - tau))


def resolve_panels(
    family: Family, piece: Piece, ends: tuple[float, float], panels: list[Panel], breaks: list[Break], text: str
) -> None:
    """The panels of a piece of the parameter's distribution, and where the density of the mixture may be singular.

    Raises `NotCertified` where the laws are not resolved by many panels, or an edge runs into a hard one.
    """
    _require_no_hard_edge(family, piece.left, piece.right, text)
    waiting = [(piece.left, piece.right, (piece.left == ends[0], piece.right == ends[1]))]
    while waiting:
        low, high, is_special = waiting.pop()
        panel = _panel(family, piece, low, high, is_special)
        if panel is None:
            middle = (low + high) / 2
            if float(piece.cdf(np.array([high]))[0] - piece.cdf(np.array([low]))[0]) < _LEFT_OUT:
                near = measure_of(family(middle))
                places = [end for i in near.intervals for end in (i.left, i.right)] + near.atom_points.tolist()
                breaks += [(place, None) for place in places]
                continue
            if len(panels) + len(waiting) > _MOST_PANELS:
                raise NotCertified(f"{text}: the laws are not resolved next to the parameter {middle:.8g}", at=middle)
            waiting += [(middle, high, (False, is_special[1])), (low, middle, (is_special[0], False))]
            continue
        turn = _turning_point(panel)
        if turn is not None:
            waiting += [(turn, high, (True, is_special[1])), (low, turn, (is_special[0], True))]
            continue
        panels.append(panel)
        breaks += _breaks(panel)


def _require_no_hard_edge(family: Family, low: float, high: float, text: str) -> None:
    """Raise `NotCertified` where a density loses its bound at one value of the parameter: panels shrink towards it.

    It is looked for at the ends, and where the number of atoms changes.
    """
    width = high - low
    inner = low + _BESIDE * width, high - _BESIDE * width
    beside = [measure_of(family(s)) for s in inner]
    suspects = [low, high]
    if len(beside[0].atoms) != len(beside[1].atoms):
        left, right = inner
        while right - left > _LOCATED * width:
            middle = (left + right) / 2
            same = len(measure_of(family(middle)).atoms) == len(beside[0].atoms)
            left, right = (middle, right) if same else (left, middle)
        short = float(Fraction((left + right) / 2).limit_denominator(_SHORT))
        suspects.append(short if left <= short <= right else left)
    if any(map(_is_unbounded, beside)):
        return
    for place in suspects:
        try:
            unbounded = _is_unbounded(measure_of(family(place)))
        except ResolventError:  # outside the parameter's domain
            continue
        if unbounded:
            raise NotCertified(
                f"{text}: at the parameter {place:.8g} an edge runs into a hard one, where densities have no bound; "
                f"the laws beside it are no series in the parameter. Leave {place:.8g} and what is near out of its "
                "distribution",
                at=place,
            )


def _is_unbounded(measure: Measure) -> bool:
    """Whether the density is known to have no bound at an edge."""
    exponents = [e for i in measure.intervals for e in (i.left_exponent, i.right_exponent)]
    return any(e is not None and e < 0 for e in exponents)


def _breaks(panel: Panel) -> list[Break]:
    """Where edges and atoms are at the ends of a panel, if the density of the parameter ends or is cut there."""
    piece, found = panel.weight, list[Break]()
    moving: list[tuple[Array, Cell | None]] = [(place, None) for place in panel.places]
    moving += [(end, cell) for b in panel.bands for end, cell in zip(b.ends, (b.cells[0], b.cells[-1]), strict=True)]
    for series, cell in moving:
        for side, tau in enumerate((-1.0, 1.0)):
            is_end = (panel.low, panel.high)[side] == (piece.left, piece.right)[side]
            if is_constant(series):
                found.append((float(series[0]), None))
            elif is_end or panel.is_special[side]:
                own = Fraction(cell.order, cell.root) + 1 if cell else Fraction(0)
                exponent = own + piece.exponents[side] if is_end and panel.is_special[side] else None
                found.append((float(cheb.chebval(tau, series)), exponent))
    return found


def _panel(family: Family, piece: Piece, low: float, high: float, is_special: tuple[bool, bool]) -> Panel | None:
    """The panel, or None if the laws on it are not alike or their series do not converge."""
    tau = np.cos(np.pi * (np.arange(NODES) + 0.5) / NODES)
    laws = [family(float(s)) for s in _parameters(low, high, is_special, tau)]
    known: dict[int, Measure] = {}
    for k in np.argsort(-np.abs(tau), kind="stable"):  # from the ends: laws that differ are seen early
        known[k] = measure_of(laws[k])
        if _shape(known[k]) != _shape(known[next(iter(known))]):
            return None
    measures = [known[k] for k in range(NODES)]
    scale = max(abs(end) for m in measures for end in m.support()) or 1.0
    ends = [
        (
            _series([m.intervals[k].left for m in measures], scale),
            _series([m.intervals[k].right for m in measures], scale),
        )
        for k in range(len(measures[0].intervals))
    ]
    places = [_series([float(m.atom_points[k]) for m in measures], scale) for k in range(len(measures[0].atoms))]
    shares = [_series([float(m.atom_weights[k]) for m in measures], 1.0) for k in range(len(measures[0].atoms))]
    if any(one is None for pair in (*ends, places, shares) for one in pair):
        return None
    bands = []
    for k, pair in enumerate(ends):
        exponents = measures[0].intervals[k].left_exponent, measures[0].intervals[k].right_exponent
        if exponents[0] is None or exponents[1] is None:
            return None
        roots = exponents[0].denominator, exponents[1].denominator
        orders = exponents[0].numerator, exponents[1].numerator
        cells = _cells([_density_of(m, k) for m in measures], roots, orders)
        if cells is None:
            return None
        bands.append(Band(pair, cells))  # type: ignore[arg-type]
    moments = chebyshev_coefficients(np.array([[float(m) for m in law.moments(MOMENTS)] for law in laws]).T)
    root = math.lcm(*(n for n, counts in zip(piece.ramification, is_special, strict=True) if counts))
    return Panel(low, high, is_special, piece, root, tuple(bands), tuple(places), tuple(shares), moments)  # type: ignore[arg-type]


def _shape(measure: Measure) -> object:
    """What laws on one panel have in common."""
    return [(i.left_exponent, i.right_exponent) for i in measure.intervals], len(measure.atoms)


def _series(values: Sequence[float], scale: float) -> Array | None:
    """The Chebyshev series of values at the nodes, or None if it does not converge."""
    series = chebyshev_coefficients(np.array(values, dtype=float))
    return None if np.max(np.abs(series[-4:])) > _TAIL * scale else series


def is_constant(series: Array) -> bool:
    """Whether a series does not depend on the parameter."""
    return bool(np.max(np.abs(series[1:])) <= _CONSTANT * abs(series[0]))


def _turning_point(panel: Panel) -> float | None:
    """A parameter at which an edge or an atom turns, by more than rounding: flat ends may have roots beside them."""
    for series in [end for band in panel.bands for end in band.ends] + list(panel.places):
        if is_constant(series):
            continue
        kept = np.where(np.abs(series) > 1e-14 * np.max(np.abs(series)), series, 0.0)
        roots = cheb.chebroots(np.trim_zeros(cheb.chebder(kept), "b"))
        inside = sorted(float(r.real) for r in roots if abs(r.imag) < 1e-7 and abs(r.real) < 1 - 1e-6)
        change = np.diff(cheb.chebval(np.array([-1.0, *inside, 1.0]), series))
        moves = np.flatnonzero(np.abs(change) > _CONSTANT * np.max(np.abs(series)))
        turns = [inside[k] for k, after in pairwise(moves.tolist()) if change[k] * change[after] < 0]
        if turns:
            turn = np.array([min(turns, key=abs)])
            return float(_parameters(panel.low, panel.high, panel.is_special, turn)[0])
    return None


def _density_of(measure: Measure, k: int) -> Callable[[Array, Array], Array]:
    """The density on a support interval, in units of the interval."""
    interval = measure.intervals[k]
    width = interval.right - interval.left
    group = measure.parts.groups[k] if isinstance(measure, PiecewiseMeasure) else ()
    between = transport.density_between(measure, interval.left, interval.right, group, (interval.left, interval.right))
    return lambda below, above: between(width * below, width * above) * width


def _cells(
    densities: Sequence[Callable[[Array, Array], Array]], roots: tuple[int, int], orders: tuple[int, int]
) -> tuple[Cell, ...] | None:
    """The cells of a support interval, or None if the series in the parameter do not converge on one of them."""
    v = (1 + np.cos(np.pi * (np.arange(_PLACES) + 0.5) / _PLACES)) / 2
    waiting, found, largest = [(0.5, 1.0, 0), (0.0, 0.5, 0)], [], 0.0
    while waiting:
        low, high, depth = waiting.pop()
        side = int(high == 1)
        is_edge = low == 0 or high == 1
        cell = Cell(low, high, side, roots[side] if is_edge else 1, orders[side] if is_edge else 0, v)
        below, above = cell.distances(v)
        values = np.array([density(below, above) for density in densities]) * v ** float(-cell.order)
        if not np.all(np.isfinite(values)):
            return None
        table = chebyshev_coefficients(chebyshev_coefficients(values).T).T
        sizes = np.abs(table)
        largest = max(largest, float(np.max(sizes)))
        if np.max(sizes[:, -4:]) > _TAIL * largest:
            if depth == DEEPEST:
                return None
            middle = (low + high) / 2
            waiting += [(middle, high, depth + 1), (low, middle, depth + 1)]
        elif np.max(sizes[-4:]) > _TAIL * largest:
            return None
        else:
            kept = int(np.max(np.nonzero(np.max(sizes, axis=0) > 1e-16 * largest), initial=0)) + 1
            found.append(replace(cell, table=table[:, :kept]))
    return tuple(found)
