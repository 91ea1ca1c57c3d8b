r"""m(z) and m'(z) at many points, anywhere in the plane, from the pieces of a spectrum.

A piece's density is s^n_a r^n_b b(t) at x(t), with s = 1 + t and r = 1 - t. As 1/(x(t) - z) is the sum of
1/(x'(t_j) (t - t_j)) over the roots t_j of x(t) = z, and x'(t) is a constant times s^(e_a - 1) r^(e_b - 1), its part
of m(z) is the sum over j of

    s_j^(n_a^-) r_j^(n_b^-) int s^(n_a^+) r^(n_b^+) b(t)/(t - t_j) dt,    n^+ = max(n, 0),  n^- = min(n, 0):

integrals of polynomials, and no difference of large numbers on the support or at its edges. Points that are far from a
piece take Gauss's rule instead.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from resolvent.derive.errors import ParameterError
from resolvent.numeric.density.chebyshev_piece import Array, Piece
from resolvent.numeric.spectrum.cauchy_integrals import CauchyIntegral, logarithm_sums, pole_sums, square_pole_sums
from resolvent.numeric.spectrum.measure import Pieces
from resolvent.numeric.spectrum.preimages import Preimages, preimages

_FEWEST = 64  # nodes beyond twice the length of the series
_DIGITS = 34.0  # the rules for far points have an error of e^-34 of the integral of 1/|x - z|
_CHUNK = 1 << 15


def stieltjes_values(measure: Pieces, z: ArrayLike, derivative: int = 0) -> NDArray[np.complex128]:
    """m(z) = int rho(dx)/(x - z), or m'(z), at points anywhere; real points of the support get the limit from above.

    The error is about 1e-13 of |m|, or of the density's maximum. Below the real line m(conj z) = conj m(z). Edges and
    atoms give NaN.

    Args:
        measure: the pieces and atoms.
        z: points; infinite ones give 0.
        derivative: 0 or 1.

    >>> from resolvent.derive.laws.elementary import semicircle
    >>> from resolvent.numeric.spectrum import Spectrum
    >>> stieltjes_values(Spectrum(semicircle()).measure.parts, [1.5j, -1.5j, 2.5, 0]).round(10)
    array([ 0. +0.5j,  0. -0.5j, -0.5+0.j ,  0. +1.j ])
    >>> stieltjes_values(Spectrum(semicircle()).measure.parts, [2.5], derivative=1).round(10)
    array([0.33333333+0.j])

    Raises `ParameterError` for another derivative.
    """
    check_derivative(derivative)
    points = np.asarray(z, dtype=complex)
    flat = points.ravel()
    known = np.isfinite(flat)
    values = np.where(np.isnan(flat.real) | np.isnan(flat.imag), complex("nan+nanj"), 0j)
    values[known] = boundary_values(measure, upper(flat[known]), derivative)
    is_real = flat.imag == 0
    inside = np.any([(p.left <= flat.real) & (flat.real <= p.right) for p in measure.pieces], axis=0)
    values[is_real & ~inside] = values[is_real & ~inside].real  # no rounding error, not even of its sign
    values[is_real & is_pole(measure, flat.real, edges=True)] = complex("nan+nanj")
    return np.where(flat.imag < 0, values.conj(), values).reshape(points.shape)


def values_and_slopes(measure: Pieces, z: Array) -> tuple[Array, Array]:
    """m and m' at finite points off the support, which share what they are made of; both as in `stieltjes_values`."""
    points = upper(z)
    total = np.array([pole_sums(measure.points, measure.weights, points),
                      square_pole_sums(measure.points, measure.weights, points)])  # fmt: skip
    for piece in measure.pieces:
        low, high = piece.distances(points)
        total += _by_distance(piece, low, high, _both_sums, _near_both, measure.span)
    total = np.where(z.imag < 0, total.conj(), total)
    is_outside = (z.imag == 0) & ~np.any([(p.left <= z.real) & (z.real <= p.right) for p in measure.pieces], axis=0)
    total[:, is_outside] = total[:, is_outside].real
    return total[0], total[1]


def is_pole(measure: Pieces, x: Array, edges: bool = False) -> Array:
    """Whether a real point is an atom or an edge where the density diverges, or any edge that is a float."""
    ends = [(g[k], side) for g in measure.groups for k, side in ((0, 0), (-1, 1))]
    places = [
        (piece.left, piece.right)[side]
        for piece, side in ends
        if piece.rests[side] == 0.0 and (edges or piece.orders[side] < 0)
    ]
    return np.isin(x, [*places, *measure.points])


def upper(z: Array) -> Array:
    """Points mirrored into the closed upper half-plane."""
    return np.where(z.imag < 0, z.conj(), z)


def boundary_values(measure: Pieces, z: Array, derivative: int = 0) -> Array:
    """m or m' at finite points of the closed upper half-plane; at edges the limit, if there is one."""
    sums = square_pole_sums if derivative else pole_sums
    total = sums(measure.points, measure.weights, z)
    near = _near_derivatives if derivative else _near_values
    for piece in measure.pieces:
        low, high = piece.distances(z)
        total += _by_distance(piece, low, high, sums, near, measure.span)
    return total


def _by_distance(
    piece: Piece,
    low: Array,
    high: Array,
    far: Callable[[Array, Array, Array], Array],
    near: Callable[[Piece, Array, Array, float], Array],
    span: float,
) -> Array:
    """A piece's part of an integral, at points ``low`` above its left end and ``high`` below its right one.

    By quadrature at far points, by a closed form at near ones, in chunks.
    """
    distance = np.hypot(np.maximum(np.maximum(-low.real, -high.real), 0.0), low.imag)
    nodes = 64 * math.ceil((2 * len(piece.measure) + _FEWEST) / 64)
    is_far = distance >= clearance(piece, nodes)
    rule = piece.nodes(nodes)
    outside = far(rule.low, rule.weights, low[is_far])
    total = np.empty((*outside.shape[:-1], len(low)), dtype=complex)
    total[..., is_far] = outside
    close = np.flatnonzero(~is_far)
    for start in range(0, len(close), _CHUNK):
        part = close[start : start + _CHUNK]
        total[..., part] = near(piece, low[part], high[part], span)
    return total


@lru_cache(maxsize=256)
def clearance(piece: Piece, nodes: int) -> float:
    """The distance from the piece beyond which a rule of so many nodes integrates 1/(x - z) to e^-34.

    For z beyond the image x(E) of an ellipse E with foci -1 and 1 and semi-axes that add up to r, 1/(x(t) - z) is
    analytic in E, so polynomials of degree k in t approximate it to r^-k. The distance from an interval is
    subharmonic: its largest value over E is taken on the boundary.
    """
    r = math.exp(_DIGITS / (nodes - len(piece.measure)))
    around = r * np.exp(1j * math.pi * (np.arange(128) + 0.5) / 128)
    low = piece.width * piece.from_left(1 + (around + 1 / around) / 2)
    beyond = np.maximum(np.maximum(-low.real, low.real - piece.width), 0.0)
    return float(np.max(np.hypot(beyond, low.imag)))


def _both_sums(points: Array, weights: Array, z: Array) -> Array:
    return np.array([pole_sums(points, weights, z), square_pole_sums(points, weights, z)])


def _near_both(piece: Piece, low: Array, high: Array, span: float) -> Array:
    roots = preimages(piece, low, high, span)
    return np.array([_values_at(piece, roots), _derivatives_at(piece, roots)])


def _near_values(piece: Piece, low: Array, high: Array, span: float) -> Array:
    return _values_at(piece, preimages(piece, low, high, span))


def _near_derivatives(piece: Piece, low: Array, high: Array, span: float) -> Array:
    return _derivatives_at(piece, preimages(piece, low, high, span))


def _values_at(piece: Piece, roots: Preimages) -> Array:
    a, b = (min(n, 0) for n in piece.orders)
    return np.asarray(np.sum(_integral(piece).values(roots) * roots.s ** float(a) * roots.r ** float(b), axis=0))


def _derivatives_at(piece: Piece, roots: Preimages) -> Array:
    (a, b), (e, f) = (min(n, 0) for n in piece.orders), piece.ramification
    integral = _integral(piece)
    slope = integral.derivatives(roots)
    if a or b:
        slope += integral.values(roots) * (a / roots.s - b / roots.r)
    speed = roots.s ** float(e - 1) * roots.r ** float(f - 1) * piece.speed
    return np.asarray(np.sum(slope * roots.s ** float(a) * roots.r ** float(b) / speed, axis=0))


@lru_cache(maxsize=256)
def _integral(piece: Piece) -> CauchyIntegral:
    return CauchyIntegral(piece.boundary, (max(piece.orders[0], 0), max(piece.orders[1], 0)))


def logarithms(measure: Pieces, z: Array) -> Array:
    """The integral of log|x - z| at finite points of the closed upper half-plane; -oo at atoms."""
    total = logarithm_sums(measure.points, measure.weights, z)
    for piece in measure.pieces:
        low, high = piece.distances(z)
        total += _logarithms(piece, low, high, measure.span)
    return total


def logarithms_inside(measure: Pieces, home: Piece, low: Array, high: Array) -> Array:
    """The same at points of a piece, given by their distances from its ends, for a measure without atoms."""
    total = np.zeros(len(low))
    group = next(group for group in measure.groups if home in group)
    for piece in measure.pieces:
        if piece in group:
            gaps = home.margins[0] - piece.margins[0], home.margins[1] - piece.margins[1]
        else:
            gaps = (
                (home.left - piece.left) + (home.rests[0] - piece.rests[0]),
                (piece.right - home.right) + (piece.rests[1] - home.rests[1]),
            )
        total += _logarithms(piece, gaps[0] + low + 0j, gaps[1] + high + 0j, measure.span)
    return total


def _logarithms(piece: Piece, low: Array, high: Array, span: float) -> Array:
    return _by_distance(piece, low, high, logarithm_sums, _near_logarithms, span).real


def _near_logarithms(piece: Piece, low: Array, high: Array, span: float) -> Array:
    """log|x(t) - z| is the sum of log|t - t_j| and the logarithm of x's leading coefficient."""
    roots = preimages(piece, low, high, span)
    leading = piece.from_left.leading * piece.width
    return piece.mass * math.log(leading) + np.sum(_primitive(piece).logarithms(roots), axis=0)


@lru_cache(maxsize=256)
def _primitive(piece: Piece) -> CauchyIntegral:
    return CauchyIntegral(piece.primitive)


def real_points(x: ArrayLike) -> Array:
    """The points as an array of floats.

    Raises `ParameterError` for complex points.
    """
    if np.iscomplexobj(x):
        raise ParameterError("the points must be real; for complex ones there are stieltjes and log_potential", x=x)
    return np.asarray(x, dtype=float)


def check_derivative(derivative: int) -> None:
    """Raise `ParameterError` unless the order of a derivative is 0 or 1."""
    if isinstance(derivative, bool) or derivative not in (0, 1):
        raise ParameterError(f"derivative must be 0 or 1; got {derivative!r}", derivative=derivative)
