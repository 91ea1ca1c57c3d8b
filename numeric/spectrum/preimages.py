r"""The points t with x(t) = z, for the polynomial x(t) that a piece of a spectrum is resolved in.

x(t) has the degree d = e_a + e_b - 1, and its only critical points are the ends t = -1 and t = 1, where e_a and e_b
roots meet. So each root is carried as its distance 1 + t or 1 - t from the end whose image is nearer to z, and is
relatively accurate in it. All are found at once, by Aberth's iteration from the leading terms at that end.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.polynomial import polynomial as poly

from resolvent.derive.errors import PrecisionError
from resolvent.numeric.density.chebyshev_piece import Array, Piece

_MOST_STEPS = 60
_SETTLED = 1e-9  # of the root: the last step, whose square is what is left
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


def preimages(piece: Piece, z: Array, span: float) -> Preimages:
    """The roots of x(t) = z for z in the closed upper half-plane, not much farther from the piece than its width.

    An end of the piece counts as a point next to it, so that pieces with a common end agree on its side.

    Raises `PrecisionError` if the iteration does not settle.
    """
    low, high = z - piece.left - piece.rests[0], piece.right - z + piece.rests[1]
    low = np.where(low == 0, _GRAIN * span, low) / piece.width
    high = np.where(high == 0, -_GRAIN * span, high) / piece.width
    from_left = np.abs(low) <= np.abs(high)
    near = np.empty((sum(piece.ramification) - 1, len(z)), dtype=complex)
    sides = ((from_left, piece.from_left, low), (~from_left, piece.from_right, high))
    for side, (chosen, coefficients, distance) in enumerate(sides):
        if np.any(chosen):
            near[:, chosen] = _roots(coefficients, piece.ramification[side], distance[chosen])
    cut = (near.real > 0) & (near.real < 2) & (np.abs(near.imag) <= _ON_CUT * np.abs(near))
    height = np.where(z.imag == 0, 0.0, np.abs(near.imag))  # t moves up with z there
    near = np.where(cut, near.real + 1j * np.where(from_left, height, -height), near)
    return Preimages(np.where(from_left, near, 2 - near), np.where(from_left, 2 - near, near), cut)


def _roots(coefficients: Array, order: int, value: Array) -> Array:
    """All roots of c_e s^e + ... + c_d s^d = value, e the order, for values that are not 0; one row a root."""
    principal = (value / coefficients[order]) ** (1 / order)
    turns = np.exp(2j * np.pi * np.arange(order) / order)
    others = poly.polyroots(coefficients[order:]) if len(coefficients) > order + 1 else np.empty(0)
    spread = np.exp(0.3j * np.arange(len(others))) * (1 + 0.1 * np.arange(len(others)))  # multiple ones apart
    roots = np.concatenate([turns[:, None] * principal, np.outer(others * spread, np.ones_like(value))])
    slope = poly.polyder(coefficients)
    waiting = np.arange(len(value))
    for _ in range(_MOST_STEPS):
        s = roots[:, waiting]
        step = (poly.polyval(s, coefficients) - value[waiting]) / poly.polyval(s, slope)
        for j in range(len(s)):
            with np.errstate(divide="ignore", invalid="ignore"):
                push = np.sum(1 / (s[j] - np.delete(s, j, axis=0)), axis=0)
                roots[j, waiting] -= step[j] / (1 - step[j] * push)
        waiting = waiting[~np.all(np.abs(step) <= _SETTLED * np.abs(s), axis=0)]
        if not len(waiting):
            return roots
    raise PrecisionError("the preimages of a point of a spectrum's pieces could not be found", z=value[waiting])
