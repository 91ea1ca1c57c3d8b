r"""The Hilbert transform and the logarithmic potential of a measure, and its logarithmic energy.

All three come from the Cauchy integrals of `resolvent.numeric.spectrum.stieltjes_values`: the Hilbert transform is -Re
m(x + i0)/pi, and log|x(t) - z| is the sum of log|t - t_j| over the roots of x(t) = z, up to a constant.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from resolvent.derive.errors import PrecisionError
from resolvent.numeric.density.chebyshev_piece import Array, Nodes, Piece
from resolvent.numeric.density.moved_piece import moved
from resolvent.numeric.spectrum.linear_statistics import expect, smooth_integral
from resolvent.numeric.spectrum.measure import Pieces
from resolvent.numeric.spectrum.stieltjes_values import (
    boundary_values,
    is_pole,
    logarithms,
    logarithms_inside,
    real_points,
    upper,
)


def hilbert_transform(measure: Pieces, x: ArrayLike) -> Array:
    """H(x) = (1/pi) p.v. int rho(dy)/(x - y) = -Re m(x + i0)/pi at real points, on and off the support.

    Atoms count as poles weight/(pi (x - atom)). NaN at an atom and at an edge where the density diverges; 0 at
    infinity.

    >>> from resolvent.derive.laws.elementary import semicircle
    >>> from resolvent.numeric.spectrum import Spectrum
    >>> hilbert_transform(Spectrum(semicircle()).measure.parts, [-1, 2, 2.5]).round(10)
    array([-0.15915494,  0.31830989,  0.15915494])

    Raises `ParameterError` for complex points.
    """
    points = real_points(x)
    flat = points.ravel()
    values = np.where(np.isnan(flat), np.nan, 0.0)
    known = np.isfinite(flat) & ~is_pole(measure, flat)
    values[known] = boundary_values(measure, flat[known] + 0j).real / -math.pi
    values[is_pole(measure, flat)] = np.nan
    return values.reshape(points.shape)


def log_potential(measure: Pieces, z: ArrayLike) -> Array:
    """U(z) = int log|z - x| rho(dx) at real or complex points, the support included.

    Its derivative along the real line is pi times the Hilbert transform. -oo at an atom, oo at infinity.

    >>> from resolvent.derive.laws.elementary import semicircle
    >>> from resolvent.numeric.spectrum import Spectrum
    >>> log_potential(Spectrum(semicircle()).measure.parts, [0, 1, 2, 2j]).round(10)
    array([-0.5       , -0.25      ,  0.5       ,  0.79558715])
    """
    points = np.asarray(z, dtype=complex)
    flat = points.ravel()
    values = np.where(np.isnan(flat.real) | np.isnan(flat.imag), np.nan, np.inf)
    known = np.isfinite(flat)
    values[known] = logarithms(measure, upper(flat[known]))
    return values.reshape(points.shape)


def log_energy(measure: Pieces) -> float:
    """The integral of log|x - y| rho(dx) rho(dy); -oo if there is an atom.

    >>> from resolvent.derive.laws.elementary import semicircle
    >>> from resolvent.numeric.spectrum import Spectrum
    >>> round(log_energy(Spectrum(semicircle()).measure.parts), 12)
    -0.25

    Raises `PrecisionError` if the integral does not settle to 1e-12.
    """
    if len(measure.points):
        return -math.inf

    def potential(piece: Piece, rule: Nodes) -> Array:
        return logarithms_inside(measure, piece, rule.low, rule.high)

    try:
        return float(smooth_integral(measure.pieces, potential, 1e-12))
    except PrecisionError:  # where a density jumps, or two pieces meet, the potential is no power series
        # places next to the strongest singularity, or to the narrowest piece, keep their digits if that is at 0
        ends = [(e, p.width, x) for p in measure.pieces for e, x in zip(p.exponents, (p.left, p.right), strict=True)]
        start = -min(ends)[2]
        here = replace(measure, groups=tuple(tuple(moved(p, 1.0, start) for p in group) for group in measure.groups))
        return float(expect(here, lambda x: log_potential(here, x), 1e-12))
