"""Pieces of a density under affine maps."""

from __future__ import annotations

import numpy as np

from resolvent.numeric.density.chebyshev_piece import Piece
from resolvent.numeric.density.edge_maps import edge_maps


def moved(piece: Piece, factor: float, offset: float = 0.0) -> Piece:
    """The piece of factor x + offset, factor not 0; exact for powers of two without an offset.

    >>> from resolvent.derive.laws.elementary import semicircle
    >>> from resolvent.derive.support.support import skeleton
    >>> from resolvent.numeric.density.chebyshev_piece import resolve
    >>> frame = skeleton(semicircle().equation)
    >>> (piece,) = resolve(frame, frame.intervals[0])
    >>> wide = moved(piece, -4.0)
    >>> wide.left, wide.right, bool(wide.pdf(np.array([4.0]))[0] * 4 == piece.pdf(np.array([-1.0]))[0])
    (-8.0, 8.0, True)
    """
    low, high = factor * piece.left, factor * piece.right
    rests = (factor * piece.rests[0], factor * piece.rests[1])
    if offset:
        (low, below), (high, above) = _sum(low, offset), _sum(high, offset)
        rests = (rests[0] + below, rests[1] + above)
    margins = (abs(factor) * piece.margins[0], abs(factor) * piece.margins[1])
    ramification, orders, boundary = piece.ramification, piece.orders, piece.boundary / abs(factor)
    if factor < 0:
        low, high, rests, margins = high, low, rests[::-1], margins[::-1]
        ramification, orders = ramification[::-1], orders[::-1]
        boundary = boundary * (-1.0) ** np.arange(len(boundary))
    return Piece(low, high, rests, ramification, orders, boundary, *edge_maps(ramification), margins)


def _sum(a: float, b: float) -> tuple[float, float]:
    """The sum of two floats, and what its rounding has taken from it (Knuth's two-sum)."""
    total = a + b
    part = total - a
    return total, (a - (total - part)) + (b - part)
