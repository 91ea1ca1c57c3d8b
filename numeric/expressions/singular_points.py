"""Points of the real line where m is analytic in a root of the distance: edges, hard ones too, and what lies inside.

The density of a polynomial f(S) in one matrix grows like an inverse root at f(x) where f'(x) = 0, and has the root of
an edge at f of the ends of the spectrum of S, mostly inside of the support. A density to all digits needs these places
to all digits: there m(z) is a series in s = (z - x)^(1/e), and x is the one place at which a short one fits the values
of m around it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from resolvent.numeric.expressions.dyson_solver import DysonSolver

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]

_RADII, _ANGLES = np.array([1.0, 0.5, 0.25]), np.pi * (np.arange(12) + 0.5) / 12
_CIRCLES = np.multiply.outer(_RADII, np.exp(1j * _ANGLES)).ravel()  # around a place, in units of a radius
_KINDS = ((2, 0), (2, 1), (3, 0), (3, 1), (3, 2))  # sheets, and the order of the pole in s, the likely ones first
_TERMS = 10  # of the series in s
_FITS, _ROUGH = 1e-10, 1e-4  # of the values: the residual of a fit, and of one that shows where to look
_ODD, _ABOVE = 1e-5, 100.0  # what the roots in a fit add at least, to the values and over the residual
_STARTS = np.linspace(-0.4, 0.4, 9)
_ROUNDS, _SHRINKING = 30, (1.0, 0.3, 0.1, 0.03)  # Gauss-Newton steps; the radii, in turn
_WIDE, _NARROW = 6.0, 2.0  # spacings of a grid: radii at which a singular point is looked for
_VALID = 0.3  # of the radius: how far a series is used
_JUMP, _MOST = 1e-6, 24  # fourth differences of a density, relative to it, that may be singular; how many are looked at


@dataclass(frozen=True, eq=False)
class SingularPoint:
    """A place x on the real line where m is a series in s = (z - x)^(1/sheets), as far away as the radius.

    Attributes:
        place: x.
        sheets: how many sheets meet there.
        radius: how far the series reaches.
        powers, coefficients: the series.
    """

    place: float
    sheets: int
    radius: float
    powers: NDArray[np.int64]
    coefficients: Complexes

    def density(self, offsets: Floats) -> Floats:
        """The density so far from the place, to the left where that is negative."""
        s = (np.maximum(np.abs(offsets), 1e-300) * np.where(offsets < 0, -1, 1) + 0j) ** (1 / self.sheets)
        return np.asarray((s[:, None] ** self.powers @ self.coefficients).imag / np.pi)


def singular_points(solver: DysonSolver, x: Floats, density: Floats, nothing: float) -> list[SingularPoint]:
    """The singular points where a density that is known at equidistant points is not smooth, sorted.

    Densities below ``nothing`` are none.
    """
    spacing, found = float(x[1] - x[0]), list[SingularPoint]()
    for place in _suspects(x, density, nothing):
        for radius in (_WIDE, _NARROW):
            point = singular_point(solver, place, radius * spacing)
            if point is not None:
                break
        if point is not None and all(abs(point.place - other.place) > 1e-6 * spacing for other in found):
            found.append(point)
    return sorted(found, key=lambda point: point.place)


def singular_point(solver: DysonSolver, near: float, radius: float, *, is_place: bool = False) -> SingularPoint | None:
    """The singular point that is nearer than half a radius, or if ``is_place`` there; None where no short series fits.

    It is None where m is analytic, too.
    """
    found: SingularPoint | None = None
    place, error = near, np.inf
    for share in _SHRINKING:
        reach = share * radius
        g, _, bad = solver.followed(place + reach * _CIRCLES)
        if bad.any():
            break
        m = solver.trace(g)
        size = float(np.abs(m).max())
        fits = [fit for kind in _KINDS if (fit := _fitted(m / size, *kind, is_place)) is not None]
        if not fits:
            break
        fit = min(fits, key=lambda fit: max(fit.residual, _FITS))  # of those that fit the simplest
        place += reach * fit.offset
        if fit.residual < _FITS and fit.residual * reach < error:
            error = fit.residual * reach
            coefficients = fit.series * size * reach ** (-fit.powers / fit.sheets)
            found = SingularPoint(place, fit.sheets, reach * _VALID, fit.powers, coefficients)
    return found


@dataclass(frozen=True, eq=False)
class _Fit:
    """A series in a root, its place in units of the radius, and what it leaves."""

    residual: float
    offset: float
    sheets: int
    powers: NDArray[np.int64]
    series: Complexes


def _fitted(m: Complexes, sheets: int, pole: int, is_place: bool) -> _Fit | None:
    """The best series in the root, if it fits at all and has other powers than whole ones."""
    x = 0.0 if is_place else _best_place(m, sheets, pole)
    residual = float(np.linalg.norm(_residual(m, x, sheets, pole)))
    if not (abs(x) < 0.5 and residual < _ROUGH):
        return None
    table, powers = _table(x, sheets, pole)
    series = np.linalg.lstsq(table, m, rcond=None)[0].astype(complex)
    broken = powers % sheets != 0
    is_singular = float(np.linalg.norm(table[:, broken] @ series[broken])) > max(_ODD, _ABOVE * residual)
    return _Fit(residual, x, sheets, powers, series) if is_singular else None


def _best_place(m: Complexes, sheets: int, pole: int) -> float:
    """The place where a series fits best, by the method of Gauss and Newton."""
    x = min(_STARTS, key=lambda start: float(np.linalg.norm(_residual(m, start, sheets, pole))))
    for _ in range(_ROUNDS):
        h = 1e-5
        here, high, low = (_residual(m, x + shift, sheets, pole) for shift in (0.0, h, -h))
        slope = (high - low) / (2 * h)
        step = float((slope.conj() @ here).real / max(float((slope.conj() @ slope).real), 1e-300))
        x = float(np.clip(x - np.clip(step, -0.1, 0.1), -0.5, 0.5))
        if abs(step) < 1e-15:
            break
    return x


def _table(x: float, sheets: int, pole: int) -> tuple[Complexes, NDArray[np.int64]]:
    """The powers of s, a column each, at the points around a place."""
    powers = np.arange(-pole, _TERMS + 1)
    return ((_CIRCLES - x) ** (1 / sheets))[:, None] ** powers, powers


def _residual(m: Complexes, x: float, sheets: int, pole: int) -> Complexes:
    """What the best series leaves of m."""
    orthogonal, _ = np.linalg.qr(_table(x, sheets, pole)[0])
    return np.asarray(m - orthogonal @ (orthogonal.conj().T @ m))


def _suspects(x: Floats, density: Floats, nothing: float) -> list[float]:
    """Places between equidistant points where fourth differences of the density have a peak, the highest first.

    Next to edges, which are found in another way, they always have one.
    """
    five = np.stack([density[k : len(density) - 4 + k] for k in range(5)])
    inside = np.asarray((five > nothing).all(axis=0))
    jump = np.where(inside, np.abs(np.array([1, -4, 6, -4, 1]) @ five) / np.where(inside, five.max(axis=0), 1.0), 0.0)
    is_peak = (jump[3:-3] >= jump[2:-4]) & (jump[3:-3] >= jump[4:-2]) & (jump[3:-3] > _JUMP)
    peaks = np.flatnonzero(is_peak & inside[:-6] & inside[6:]) + 3
    return [float(x[k + 2]) for k in peaks[np.argsort(-jump[peaks])][:_MOST]]
