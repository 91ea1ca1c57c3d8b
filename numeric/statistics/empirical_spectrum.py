"""Sampled eigenvalues against a spectrum: distribution functions, moments and statistics with standard errors."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from resolvent.numeric.density.chebyshev_piece import Array
from resolvent.numeric.spectrum.rigidity import snapped
from resolvent.numeric.spectrum.spectrum import Spectrum

_BISECTIONS = 24
_CLIP = 1.1  # Chebyshev statistics hold still beyond this, so that a single far eigenvalue cannot dominate them


def levy_distance(spectrum: Spectrum, eigenvalues: Array, unit: float) -> float:
    """Levy's distance from the law, places in units: the least e with F(x - e) - e <= F_n(x) <= F(x + e) + e for all x.

    At most Kolmogorov's, and small where eigenvalues are near to an atom, but not on it.

    >>> from resolvent.derive.laws.elementary import atoms
    >>> round(levy_distance(Spectrum(atoms([0])), np.full(5, 0.01), 1.0), 6)
    0.01

    Source: P. Levy, Theorie de l'addition des variables aleatoires (1937).
    """
    values = np.sort(snapped(spectrum, eigenvalues))
    n = len(values)
    after, before = np.searchsorted(values, values, side="right") / n, np.searchsorted(values, values, side="left") / n

    def is_within(e: float) -> bool:
        above = spectrum.cdf(values + e * unit)
        below = spectrum.cdf(np.nextafter(values - e * unit, -np.inf))
        return bool(np.all(after <= above + e) and np.all(below - e <= before))

    low, high = 0.0, 1.0
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        low, high = (low, middle) if is_within(middle) else (middle, high)
    return high


def chebyshev_statistics(spectrum: Spectrum, count: int) -> list[tuple[str, Callable[[Array], Array]]]:
    """T_1, ..., T_count of the variable that maps the support's hull to [-1, 1]."""
    lower, upper = spectrum.support()
    half = (upper - lower) / 2 or 1.0

    def make(k: int) -> Callable[[Array], Array]:
        def statistic(x: Array) -> Array:
            t = np.clip((x - lower - half) / half, -_CLIP, _CLIP)
            return np.polynomial.chebyshev.chebval(t, [0.0] * k + [1.0])

        return statistic

    return [(f"T_{k}", make(k)) for k in range(1, count + 1)]


def power_statistics(count: int) -> list[tuple[str, Callable[[Array], Array]]]:
    """x, x^2, ..., x^count."""
    return [(f"x^{k}", lambda x, k=k: x**k) for k in range(1, count + 1)]  # type: ignore[misc]


def per_trial(function: Callable[[Array], Array], trials: Sequence[Array]) -> Array:
    """The mean of a test function over each trial's eigenvalues."""
    return np.array([float(np.mean(function(values))) for values in trials])


def edge_margin(spectrum: Spectrum, rows: int) -> float:
    """How far outside of the support eigenvalues of matrices with that many rows may lie before they count as outside.

    Three times the width over rows^(2/3), the scale on which the outermost eigenvalues fluctuate at a soft edge.

    Source of the scale: Tracy, Widom, Commun. Math. Phys. 177 (1996) 727.
    """
    lower, upper = spectrum.support()
    width = (upper - lower) or abs(upper) or 1e-300
    return width * 3.0 * rows ** (-2 / 3)


def distance_bound(count: int, rows: int, amplified: float = 1.0) -> float:
    """What the Kolmogorov distance of ``count`` pooled eigenvalues may be: independent draws at 1 %, plus 8/rows.

    ``amplified`` says by how much extrapolation makes fluctuations larger.

    Source of the quantile 1.63: Smirnov, Ann. Math. Stat. 19 (1948) 279.
    """
    return 1.63 * amplified / math.sqrt(count) + 8 / rows


def outside_support(spectrum: Spectrum, eigenvalues: Array, margin: float) -> Array:
    """The eigenvalues further than ``margin`` from every interval and atom, in increasing order."""
    values = np.sort(np.asarray(eigenvalues, dtype=float).ravel())
    near = np.zeros(len(values), dtype=bool)
    for interval in spectrum.intervals:
        near |= (values >= interval.left - margin) & (values <= interval.right + margin)
    for atom in spectrum.atoms:
        near |= np.abs(values - float(atom.point)) <= margin
    return values[~near]


def split_off(
    spectrum: Spectrum, trials: Sequence[Array], locations: Sequence[float], margin: float
) -> tuple[list[Array], list[Array]]:
    """Each trial's eigenvalues without those that belong to predicted outliers, and for each outlier the ones it took.

    To a location belongs, in each trial, the nearest eigenvalue if it is further than ``margin`` outside the support.

    >>> import numpy as np
    >>> from resolvent.derive.laws.elementary import semicircle
    >>> rest, seen = split_off(Spectrum(semicircle()), [np.array([-1.0, 1.0, 5.2])], [5.0], 0.1)
    >>> [float(v) for v in rest[0]], [float(v) for v in seen[0]]
    ([-1.0, 1.0], [5.2])
    """
    rest = []
    seen: list[list[float]] = [[] for _ in locations]
    for eigenvalues in trials:
        outside = list(outside_support(spectrum, eigenvalues, margin))
        removed = []
        for taken, location in zip(seen, locations, strict=True):
            if outside:
                nearest = min(outside, key=lambda value: abs(value - location))
                outside.remove(nearest)
                removed.append(nearest)
                taken.append(float(nearest))
        rest.append(eigenvalues[~np.isin(eigenvalues, removed)])
    return rest, [np.array(values) for values in seen]
