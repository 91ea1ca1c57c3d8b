"""Discs around all roots of many real polynomials at once, in doubles, with proof.

For distinct approximations r_i of the roots of a polynomial p of degree n with the leading coefficient a, the discs

    |z - r_i| <= n |p(r_i)| / |a prod_{j != i} (r_i - r_j)|

cover all roots, and a disc that meets no other holds exactly one (B. T. Smith, J. ACM 17 (1970) 661-674). Once every
root z_j is known to lie in its disc, p(r_i) = a prod_j (r_i - z_j) gives a radius that is smaller by the factor n. A
disc with a real centre holds a real root, for the conjugate of its root lies in it too. Rounding errors are bounded by
sums of absolute values.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Reals = NDArray[np.float64]
Complexes = NDArray[np.complex128]

_EPSILON = 2.0**-52
_POLISHES = 2


def root_discs(coefficients: Reals) -> tuple[Complexes, Reals]:
    """Centres and radii of discs, each with exactly one root of its polynomial; infinite radii where none is proved.

    The squares around the discs hold no other root either.

    Args:
        coefficients: a row for each polynomial, lowest power first, each rounded from its exact value. The highest
            must not be 0.

    The centres of a row are real, or come in conjugate pairs.

    >>> centres, radii = root_discs(np.array([[-2.0, 0.0, 1.0], [1.0, 0.0, 1.0]]))
    >>> centres[:, 0].round(12).tolist(), bool(np.all(radii < 1e-14))
    ([(1.414213562373+0j), 1j], True)
    >>> root_discs(np.array([[1.0, -2.0, 1.0]]))[1]  # a double root
    array([[inf, inf]])
    """
    count, degree = coefficients.shape[0], coefficients.shape[1] - 1
    usable = np.all(np.isfinite(coefficients), axis=1) & (coefficients[:, -1] != 0)
    centres = np.full((count, degree), np.nan, dtype=complex)
    radii = np.full((count, degree), np.inf)
    with np.errstate(all="ignore"):
        rows = coefficients[usable] / np.max(np.abs(coefficients[usable]), axis=1, keepdims=True)
        companions = np.zeros((len(rows), degree, degree))
        companions[:, np.arange(1, degree), np.arange(degree - 1)] = 1.0
        companions[:, :, -1] = -rows[:, :-1] / rows[:, -1:]
        usable[usable] = finite = np.all(np.isfinite(companions), axis=(1, 2))
        rows = rows[finite]
        found = np.linalg.eigvals(companions[finite]).astype(complex)
        for _ in range(_POLISHES):
            value, slope = _horner(rows, found)
            correction = value / slope
            found = np.where(np.isfinite(correction), found - correction, found)
        centres[usable] = found
        radii[usable] = _radii(rows, found)
    return centres, radii


def _radii(rows: Reals, centres: Complexes) -> Reals:
    degree = centres.shape[1]
    value, _ = _horner(rows, centres)
    sizes = _horner(np.abs(rows), np.abs(centres))[0].real
    gaps = np.abs(centres[:, :, None] - centres[:, None, :])
    gaps[:, np.arange(degree), np.arange(degree)] = 1.0
    errors = np.abs(value) + (2 * degree + 2) * _EPSILON * sizes  # 3.3 u a step, u = eps/2
    lead = np.abs(rows[:, -1:]) * 0.999999
    radii = degree * errors / (lead * np.prod(gaps, axis=2))
    gaps[:, np.arange(degree), np.arange(degree)] = np.inf
    apart = np.all(gaps > 1.4143 * (radii[:, :, None] + radii[:, None, :]), axis=2)
    least = gaps - radii[:, None, :]  # from the centre to any other root
    least[:, np.arange(degree), np.arange(degree)] = 1.0
    whole = np.all(apart, axis=1, keepdims=True)
    sharper = errors / (lead * np.prod(np.where(whole[:, :, None], least, 1.0), axis=2))
    return np.where(apart, np.where(whole, np.minimum(sharper, radii), radii), np.inf)


def _horner(rows: Reals, x: Complexes | Reals) -> tuple[Complexes, Complexes]:
    """Values and derivatives of each row's polynomial at the entries of the same row of x."""
    value, slope = np.zeros_like(x, dtype=complex), np.zeros_like(x, dtype=complex)
    for column in rows.T[::-1]:
        slope = slope * x + value
        value = value * x + column[:, None]
    return value, slope
