"""Chebyshev pieces of a density that is known by its values in floating point."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.polynomial import chebyshev as cheb

from resolvent.derive.errors import NotCertified
from resolvent.numeric.density.chebyshev_nodes import chebyshev_coefficients
from resolvent.numeric.density.chebyshev_piece import Array, Piece
from resolvent.numeric.density.edge_maps import edge_maps

Values = Callable[[Array, Array], Array]
"""(distances from the left end, distances from the right end) -> densities: next to an end its distance has digits."""

_SIZES = (28, 56, 84, 126, 252)
DEEPEST = 30
_DEEP = 14
_ROUGH = 1e-11  # tail of a series from which a zero has been divided out on suspicion
_LAST = 1e-10  # tail of a series on such small parts: next to a cusp the values themselves have not more digits
_ZERO = 1e-7  # of the largest value: f vanishes at the end, or is small
_KEPT = 4e-16
_SPLIT = 3  # at a split the nodes cluster as if three sheets met there


@dataclass(frozen=True)
class Ends:
    """The ends of a support interval, how many sheets meet there, and whether that is known or a guess."""

    places: tuple[float, float]
    ramification: tuple[int, int]
    known: tuple[bool, bool]


@dataclass(frozen=True)
class _Part:
    """A part of the interval: the distances of its ends from those of the whole."""

    low: float
    high: float
    ramification: tuple[int, int]
    is_edge: tuple[bool, bool]


def floor_for(floor: float, span: float) -> float:
    """An error of a density that counts as nothing, on a support of that length: small beside 1/span, too.

    >>> floor_for(1e-15, 4.0), floor_for(1e-15, 1e13) < 2e-26
    (1e-15, True)
    """
    return min(floor, 1e-13 / span)


def resolve_values(
    values: Values, ends: Ends, tail: float, floor: float, deepest: int = DEEPEST, nothing: float = 0.0
) -> list[Piece]:
    """The pieces, to a tail of each Chebyshev series relative to its largest coefficient, or to a floor.

    Where a series does not converge the interval is halved, ``deepest`` times at most; at a depth of 14
    a tail of 1e-10 will do, and any tail that is worth a mass of ``nothing``.

    Raises `NotCertified` if that does not help.

    >>> ends = Ends((-2.0, 2.0), (2, 2), (True, True))
    >>> (piece,) = resolve_values(lambda below, above: np.sqrt(below * above) / (2 * np.pi), ends, 1e-14, 0.0)
    >>> piece.orders, round(piece.mass, 12)
    ((1, 1), 1.0)
    """
    whole = ends.places[1] - ends.places[0]
    waiting = [(_Part(0.0, whole, ends.ramification, (True, True)), 0)]
    found = []
    while waiting:
        part, depth = waiting.pop()
        piece = _converged(values, ends, part, tail if depth < _DEEP else max(tail, _LAST), floor, nothing)
        if piece is not None:
            found.append(piece)
            continue
        if depth >= deepest:
            left, right = ends.places[0] + part.low, ends.places[0] + part.high
            raise NotCertified(
                f"the density on [{left:.10g}, {right:.10g}] is not resolved: it is no power there, but may have a "
                "logarithm, or what makes two of its singularities meet. Move a parameter a little, or take mass away "
                "from where a population ends",
                interval=(left, right),
            )
        middle, (a, b), (p, q) = (part.low + part.high) / 2, part.ramification, part.is_edge
        waiting.append((_Part(middle, part.high, (_SPLIT, b), (False, q)), depth + 1))
        waiting.append((_Part(part.low, middle, (a, _SPLIT), (p, False)), depth + 1))
    return found


def _converged(values: Values, ends: Ends, part: _Part, tail: float, floor: float, nothing: float) -> Piece | None:
    whole, width = ends.places[1] - ends.places[0], part.high - part.low
    from_left, from_right = edge_maps(part.ramification)
    orders = [range(e if edge else 1) for e, edge in zip(part.ramification, part.is_edge, strict=True)]
    sizes = _SIZES[: -1 if any(part.is_edge) else None]  # so many points reach too close to an edge to have digits
    for size in sizes:
        angle = np.pi * (np.arange(size) + 0.5) / size
        s, r = 2 * np.cos(angle / 2) ** 2, 2 * np.sin(angle / 2) ** 2
        below = part.low + width * from_left(s)
        above = whole - part.high + width * from_right(r)
        density = values(below, above)
        best, powers = np.inf, (0, 0)
        for poles in sorted(itertools.product(*orders), key=sum):  # the smallest that converge are right
            coefficients = np.abs(chebyshev_coefficients(density * s ** poles[0] * r ** poles[1]))
            largest, last = float(np.max(coefficients)), float(np.max(coefficients[-max(4, size // 12) :]))
            if last <= max(tail * largest, floor):
                return _piece(ends, part, (-poles[0], -poles[1]), (s, r, density))
            if last / largest < best:
                best, powers = last / largest, (-poles[0], -poles[1])
        if nothing and best < 0.1 and best * (piece := _piece(ends, part, powers, (s, r, density))).mass <= nothing:
            return piece
        if size >= _SIZES[1] and best ** (sizes[-1] / size) > 10 * tail:
            return None  # the tail falls geometrically, too slowly for the last size
    return None


def _piece(ends: Ends, part: _Part, orders: tuple[int, int], samples: tuple[Array, Array, Array]) -> Piece:
    """The piece from its converged samples; zeros of f at edges are divided out, so that orders are exact.

    At an end of which nothing is known f may only be small: there a zero is one if the series converges without it.
    """
    while True:
        coefficients = _divided(samples, orders)
        largest = float(np.max(np.abs(coefficients)))
        tried = False
        for side, place in enumerate((-1, 1)):
            more = (orders[0] + (side == 0), orders[1] + (side == 1))
            small = part.is_edge[side] and abs(float(cheb.chebval(place, coefficients))) <= _ZERO * largest
            if not small or more[side] > (4 if ends.known[side] else 2) * part.ramification[side]:
                continue
            series = np.abs(_divided(samples, more))
            if ends.known[side] or np.max(series[-8:]) <= _ROUGH * np.max(series):
                orders, tried = more, True
                break
        if not tried:
            break
    kept = int(np.max(np.nonzero(np.abs(coefficients) > _KEPT * largest), initial=0)) + 1
    start, whole = ends.places[0], ends.places[1] - ends.places[0]
    left = ends.places[0] if part.low == 0 else start + part.low
    right = ends.places[1] if part.high == whole else start + part.high
    rests = (
        0.0 if part.low == 0 else (start - left) + part.low,
        0.0 if part.high == whole else (start - right) + part.high,
    )
    margins = part.low, whole - part.high
    return Piece(
        left, right, rests, part.ramification, orders, coefficients[:kept], *edge_maps(part.ramification), margins
    )


def _divided(samples: tuple[Array, Array, Array], orders: tuple[int, int]) -> Array:
    s, r, density = samples
    return chebyshev_coefficients(density * s ** float(-orders[0]) * r ** float(-orders[1]))
