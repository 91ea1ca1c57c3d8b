"""How far the eigenvalues of a matrix may lie from a law: they are rigid, and stay within some of their places."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from resolvent.derive.errors import ParameterError
from resolvent.numeric.density.chebyshev_piece import Array
from resolvent.numeric.spectrum.at_atoms import Bulk, onto_atoms
from resolvent.numeric.spectrum.edge_test import EdgeTest
from resolvent.numeric.spectrum.measure import PointMass

_FAR_TOO_MANY = 0.1  # the share of eigenvalues outside that is no longer a few components of this law
_SAME_MEAN = 0.05  # relative: means this close do not speak of other units


class Distribution(Protocol):
    """What a `Spectrum` has of it."""

    @property
    def intervals(self) -> Iterable[Bulk]:
        """The support of the continuous part."""

    @property
    def atoms(self) -> Iterable[PointMass]:
        """The atoms."""

    def support(self) -> tuple[float, float]:
        """The smallest and the largest point."""

    def cdf(self, x: ArrayLike) -> Array:
        """The distribution function."""

    def mean(self) -> float:
        """The mean."""


@dataclass(frozen=True)
class Distance:
    """The largest difference of the two distribution functions, where it is, and its sign.

    ``excess`` is positive if the sample has more mass left of ``location`` than the law.
    """

    value: float
    location: float
    excess: float


def kolmogorov_distance(spectrum: Distribution, eigenvalues: Array) -> Distance:
    """The Kolmogorov distance of the empirical distribution of all given eigenvalues from the law.

    Raises `ParameterError` if there are none, or if one is not finite.
    """
    values = np.sort(snapped(spectrum, eigenvalues))
    n = len(values)
    exact = spectrum.cdf(values)
    before = spectrum.cdf(np.nextafter(values, -np.inf))
    counts_after = np.searchsorted(values, values, side="right") / n
    counts_before = np.searchsorted(values, values, side="left") / n
    over, under = counts_after - exact, counts_before - before
    k = int(np.argmax(np.maximum(np.abs(over), np.abs(under))))
    signed = over[k] if abs(over[k]) >= abs(under[k]) else under[k]
    return Distance(float(abs(signed)), float(values[k]), float(signed))


def snapped(spectrum: Distribution, eigenvalues: Array) -> Array:
    """Eigenvalues as a flat array, those within rounding of an atom moved onto it.

    Raises `ParameterError` for anything but a non-empty array of finite numbers.
    """
    values = np.array(eigenvalues, dtype=float).ravel()
    if not len(values) or not np.all(np.isfinite(values)):
        raise ParameterError("the eigenvalues must be a non-empty array of finite numbers", eigenvalues=eigenvalues)
    places = [float(atom.point) for atom in spectrum.atoms]
    return onto_atoms(values, places, spectrum.support(), spectrum.intervals)


def distance_of_rigid(size: float, components: float) -> float:
    """What Kolmogorov's distance of the eigenvalues of a matrix of that size may be, with so many that stick out.

    >>> distance_of_rigid(1000, 1) < 0.02
    True
    """
    return (4 + 2 * math.log(size) + components) / size


def is_far(distance: Distance, allowed: float) -> str:
    """The words for eigenvalues farther from a law than is allowed; empty for others."""
    if not distance.value > allowed:
        return ""
    return (
        f"the distribution functions differ by {distance.value:.4g} at {distance.location:.6g}; rigid eigenvalues "
        f"stay below {allowed:.3g}"
    )


def are_outside(share: float, mean: float, expected: float) -> str:
    """The words for a share of eigenvalues that stick out, if it is too large for components, with both means."""
    if not share > _FAR_TOO_MANY:
        return ""
    means = f"their mean is {mean:.6g}, the law's {expected:.6g}"
    units = ": are both in the same units?" if abs(mean - expected) > _SAME_MEAN * abs(expected) else ""
    return f"{share:.1%} of the eigenvalues lie outside the support ({means}{units})"


def doubts(spectrum: Distribution, values: ArrayLike, found: EdgeTest) -> tuple[str, ...]:
    """What eigenvalues say against the law of which an edge is tested; without all of them, not how far they are."""
    given, outside = np.sort(np.asarray(values, dtype=float).ravel()), [o.value for o in found.components]
    said = [are_outside(len(outside) / found.size, float(np.mean(given)), spectrum.mean())]
    bulk = given[~np.isin(given, outside)]
    if len(given) == found.size and len(bulk):
        said.append(is_far(kolmogorov_distance(spectrum, bulk), distance_of_rigid(len(bulk), len(outside))))
    return tuple(filter(None, said))
