r"""The points t with x(t) = z, for the polynomial x(t) that a piece of a spectrum is resolved in.

x(t) has the degree d = e_a + e_b - 1, and its only critical points are the ends t = -1 and t = 1, where e_a and e_b
roots meet. So each root is carried as its distance 1 + t or 1 - t from the end whose image is nearer to z, and is
relatively accurate in it. All are found at once, by Aberth's iteration from the leading terms at that end.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from resolvent.numeric.density.chebyshev_piece import Array, Piece
from resolvent.numeric.density.edge_maps import all_roots

_GRAIN = 1e-200  # of the span: how far to the right a point counts that coincides with an end
_ON_CUT = 1e-6  # relative imaginary part below which a root next to (-1, 1) is the one above it


@dataclass(frozen=True, eq=False)
class Preimages:
    """The roots of x(t) = z, one row a root, for z in the closed upper half-plane.

    Attributes:
        s, r: 1 + t and 1 - t, the smaller one to full relative accuracy.
        cut: whether a root lies on or next to the upper side of (-1, 1).
    """

    s: Array
    r: Array
    cut: Array

    @property
    def t(self) -> Array:
        """The roots themselves."""
        return np.where(np.abs(self.s) <= np.abs(self.r), self.s - 1, 1 - self.r)

    @property
    def logarithm(self) -> Array:
        """The integral of 1/(t' - t) over -1 < t' < 1: log((t-1)/(t+1)), from above on the cut."""
        value = np.log(-self.r / self.s)
        return np.where(self.cut, value.real + 1j * np.abs(value.imag), value)

    @property
    def ellipse(self) -> Array:
        """log of the sum of the semi-axes of the ellipse with foci -1 and 1 through a root."""
        return np.abs(np.log(np.abs(self.t + np.sqrt(self.s - 0j) * np.sqrt(-self.r + 0j))))


def preimages(piece: Piece, low: Array, high: Array, span: float) -> Preimages:
    """The roots of x(t) = z for z in the closed upper half-plane, not much farther from the piece than its width.

    The points are given by their distances above the left end of the piece and below the right one.

    An end of the piece counts as a point next to it, so that pieces with a common end agree on its side.

    Raises `PrecisionError` if the iteration does not settle.
    """
    is_real = low.imag == 0
    low = np.where(low == 0, _GRAIN * span, low) / piece.width
    high = np.where(high == 0, -_GRAIN * span, high) / piece.width
    from_left = np.abs(low) <= np.abs(high)
    near = np.empty((sum(piece.ramification) - 1, len(low)), dtype=complex)
    sides = ((from_left, piece.from_left, low), (~from_left, piece.from_right, high))
    for chosen, share, distance in sides:
        if np.any(chosen):
            near[:, chosen] = all_roots(share, distance[chosen])
    cut = (near.real > 0) & (near.real < 2) & (np.abs(near.imag) <= _ON_CUT * np.abs(near))
    height = np.where(is_real, 0.0, np.abs(near.imag))  # t moves up with z there
    near = np.where(cut, near.real + 1j * np.where(from_left, height, -height), near)
    return Preimages(np.where(from_left, near, 2 - near), np.where(from_left, 2 - near, near), cut)
