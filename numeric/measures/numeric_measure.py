"""The measure that an operation of free probability makes from measures known by numbers."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from resolvent.derive.errors import NotCertified
from resolvent.derive.exact.copies import by_value
from resolvent.derive.exact.precision import cached_property
from resolvent.numeric.density.certificate import Certificate, moment_checks
from resolvent.numeric.density.chebyshev_piece import Array, Piece
from resolvent.numeric.density.sampled_piece import DEEPEST, Ends, resolve_values
from resolvent.numeric.measures.free_maps import FreeMap
from resolvent.numeric.measures.free_pairs import FreePair, Pair
from resolvent.numeric.measures.numeric_outliers import numeric_outliers
from resolvent.numeric.measures.real_side import Run, at_places, explicit_runs, pair_runs
from resolvent.numeric.measures.rectangular_pairs import RectangularPair, RectangularSubordination
from resolvent.numeric.measures.subordination import (
    BoundaryDensity,
    ExplicitSubordination,
    PairSubordination,
    Subordination,
)
from resolvent.numeric.spectrum.measure import Pieces, PointMass, SupportInterval
from resolvent.numeric.spectrum.outliers import OutlierResult
from resolvent.numeric.spectrum.piecewise_measure import PiecewiseMeasure

_TAIL = 2e-13
_FLOOR = 8e-15  # of a mass 1 spread over the support
_SHEETS = (2, 3, 4, 1, 5)
_SHALLOW = 4  # splits while the number of sheets at an end is looked for
_LOGARITHMIC = 120  # splits next to a hard edge with a logarithm
_NOTHING = 1e-17  # a mass
_NARROW = 1e-13  # support intervals shorter than this, of the whole, are points
_MOMENTS = 12
_CONTOUR = 96  # points of half a circle around the support
_OUTSIDE = 1.5  # its radius over the largest |x|


class NumericMeasure(PiecewiseMeasure):
    """A density in pieces that was found by numbers, with atoms.

    Attributes:
        certificate: the mass, and moments that were not read off the density.

    ``known`` says for each support interval at which ends the exponent of the density is known.
    """

    def __init__(
        self,
        parts: Pieces,
        certificate: Certificate,
        subject: str,
        known: tuple[tuple[bool, bool], ...],
        law: Any = None,
    ) -> None:
        self.parts = parts
        self._known = known
        self.atoms = tuple(map(PointMass, parts.points.tolist(), parts.weights.tolist()))
        self.certificate = certificate
        self._subject = subject
        self.law = law
        certificate.require(subject)

    @property
    def subject(self) -> str:
        """What messages call it."""
        return str(getattr(self.law, "text", self._subject))

    def outliers(self, strength: Any, kind: str, ratio: Any) -> tuple[OutlierResult, ...]:
        """Outliers under perturbations of rank one."""
        return numeric_outliers(self, strength, kind, ratio)

    @cached_property
    def _key(self) -> Any:
        return by_value(self.parts)

    def __reduce__(self) -> Any:
        return NumericMeasure, (self.parts, self.certificate, self.subject, self._known)

    @property
    def intervals(self) -> tuple[SupportInterval, ...]:
        """The support of the continuous part; exponents where they are known and not guessed."""
        return tuple(
            replace(
                interval,
                left_exponent=interval.left_exponent if known[0] else None,
                right_exponent=interval.right_exponent if known[1] else None,
            )
            for interval, known in zip(self.parts.intervals, self._known, strict=True)
        )


def measure_of_operation(operation: FreeMap | Pair) -> NumericMeasure:
    """The measure of an operation: support from critical points, density by Newton's method, certificate.

    Raises `NotCertified` if mass and moments do not agree with the expansion of the transform at infinity,
    `PrecisionError` if Newton's method fails.
    """
    subordination: Subordination
    if isinstance(operation, FreeMap):
        runs, subordination = explicit_runs(operation), ExplicitSubordination(operation)
    elif isinstance(operation, RectangularPair):
        runs, subordination = pair_runs(operation), RectangularSubordination(operation)
    else:
        assert isinstance(operation, FreePair)
        runs, subordination = pair_runs(operation), PairSubordination(operation)
    runs = _ordered(runs, operation.text)
    low, high = runs[0].high.z, runs[-1].low.z
    scale = max(high - low, abs(low), abs(high))
    atoms = _merged(operation.atoms(), scale)
    groups, known_ends, narrow = [], [], list[float]()
    for before, after in pairwise(runs):
        left, right = (at_places(end, atoms, scale) for end in (before.high, after.low))
        if right.z - left.z <= _NARROW * scale:
            narrow.append(right.z)
            continue
        density = BoundaryDensity(subordination, (left, right), high - low)
        known = left.is_critical, right.is_critical
        groups.append(_resolved(density, (left.z, right.z), known, _FLOOR / (high - low)))
        known_ends.append(known)
    points = np.array([place for place, _ in atoms])
    weights = np.array([weight for _, weight in atoms])
    parts = Pieces(tuple(groups), points, weights, high - low)
    certificate = certified_at_infinity(parts, subordination, operation.text)
    if narrow and not certificate.passes:
        raise NotCertified(
            f"{operation.text}: the part of the spectrum at {narrow[0]:.6g} is narrower than {_NARROW:g} of the whole, "
            "and has mass. Take points for one that differ by so little; if they are so small, leave them out, or what "
            "is so much larger",
            places=narrow,
        )
    return NumericMeasure(parts, certificate, operation.text, tuple(known_ends))


def _resolved(
    density: BoundaryDensity, places: tuple[float, float], known: tuple[bool, bool], floor: float
) -> tuple[Piece, ...]:
    """The pieces of a support interval; two sheets meet at critical points, at a hard edge the fitting number."""
    left, right = (_SHEETS if place == 0 and not k else (2,) for place, k in zip(places, known, strict=True))
    guesses = itertools.product(left, right) if len(left) + len(right) > 2 else ()
    for sheets in guesses:
        try:
            return tuple(resolve_values(density, Ends(places, sheets, known), _TAIL, floor, _SHALLOW))
        except NotCertified:
            continue
    depth = _LOGARITHMIC if places[0] == 0 and not known[0] else DEEPEST
    return tuple(resolve_values(density, Ends(places, (2, 2), known), _TAIL, floor, depth, _NOTHING))


def certified_at_infinity(parts: Pieces, subordination: Subordination, text: str) -> Certificate:
    """The mass and moments by quadrature, against m on a circle around the support; errors relative to max |x|^k.

    Raises `NotCertified` if m is not found on the circle.
    """
    ends = [abs(end) for i in parts.intervals for end in (i.left, i.right)] + np.abs(parts.points).tolist()
    reach = max(ends)
    angle = np.pi * (np.arange(_CONTOUR) + 0.5) / _CONTOUR
    direction = np.exp(1j * angle)
    state = subordination.first(8 * _OUTSIDE * reach * direction)
    for growth in np.geomspace(8.0, 1.0, 16):
        z = _OUTSIDE * reach * growth * direction
        state, bad, _ = subordination.settled(state, z, np.full(len(z), subordination.width))
    if np.any(bad):
        raise NotCertified(f"{text}: the transform was not found on a circle around the support", z=z[bad])
    m = subordination.value(state, z)
    return scaled_certificate(parts, reach, moments_on_circle(m, z, reach)[1:])


def moments_on_circle(m: NDArray[np.complex128], z: NDArray[np.complex128], reach: float) -> list[float]:
    """The mass and 12 moments of x/reach from the transform on the upper half of a circle around the support.

    The points have equal angles between them: it is the trapezoidal rule.
    """
    unit = (z / reach)[:, None] ** np.arange(1, _MOMENTS + 2)
    found: list[float] = (-np.mean((m[:, None] * reach * unit).real, axis=0)).tolist()
    return found


def scaled_certificate(parts: Pieces, reach: float, exact: Sequence[float]) -> Certificate:
    """The mass, and the moments of x/reach against known ones, relative to 1."""
    mass, *quadrature = scaled_moments(parts, reach, len(exact)).tolist()
    return Certificate(mass, tuple(moment_checks(exact, quadrature, [1.0] * len(exact))), 0.0)


def scaled_moments(parts: Pieces, reach: float, count: int) -> Array:
    """The mass and the moments of x/reach."""
    order = np.arange(count + 1)[:, None]
    total = np.sum(parts.weights * (parts.points / reach) ** order, axis=1)
    for piece in parts.pieces:
        x, weights = piece.quadrature(2 * len(piece.boundary) + 64)
        total = total + np.sum(weights * (x / reach) ** order, axis=1)
    return np.asarray(total)


def _merged(atoms: list[tuple[float, float]], scale: float) -> list[tuple[float, float]]:
    """Atoms by increasing place, those at the same place added."""
    found: list[tuple[float, float]] = []
    for place, weight in sorted(atoms):
        if found and place - found[-1][0] <= 1e-13 * scale:
            found[-1] = found[-1][0], found[-1][1] + weight
        else:
            found.append((place, weight))
    return found


def _ordered(runs: list[Run], text: str) -> list[Run]:
    """The runs from left to right, those joined that go on through infinity; they must cover both ends of the line.

    Raises `NotCertified` if they do not, or overlap.
    """
    runs = [run for run in runs if run.low.z <= run.high.z]  # others are rounding where the slope vanishes
    runs.sort(key=lambda run: run.low.z)
    ends = [z for run in runs for z in (run.low.z, run.high.z) if np.isfinite(z)]
    scale = max(map(abs, ends), default=0.0)
    joined: list[Run] = []
    for run in runs:
        if run.high.z - run.low.z <= _NARROW * scale:
            continue  # rounding at a pole
        if joined and joined[-1].high.is_open and run.low.is_open:
            joined[-1] = Run(joined[-1].low, run.high)
        else:
            joined.append(run)
    whole = len(joined) >= 2 and joined[0].low.z == -np.inf and joined[-1].high.z == np.inf
    overlaps = (a.high.z - b.low.z - abs(a.high.moved) - abs(b.low.moved) for a, b in pairwise(joined))
    if not whole or any(overlap > 1e-9 * scale for overlap in overlaps):
        raise NotCertified(f"{text}: the support was not found from the critical points", runs=joined)
    return joined
