"""Images and mixtures of measures: affine maps exactly, others by resolving their densities again.

The density of an image at y is the sum of rho(x)/|f'(x)| over the stretches of the support that reach y. It is taken at
distances from the ends of the stretches, which are those of the support, and of y from their images.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from resolvent.numeric.density.certificate import Certificate
from resolvent.numeric.density.chebyshev_piece import Array, Piece
from resolvent.numeric.density.moved_piece import moved
from resolvent.numeric.measures.atomic_measure import AtomicMeasure
from resolvent.numeric.measures.density_measure import Part, measure_of_parts
from resolvent.numeric.measures.numeric_measure import NumericMeasure
from resolvent.numeric.measures.real_maps import Identity, Inverse, Mobius, Power, RealMap, Root, lowest_root
from resolvent.numeric.spectrum.measure import Measure, Pieces
from resolvent.numeric.spectrum.piecewise_measure import PiecewiseMeasure

_MOMENTS = 6  # of the image, from the measure itself
_CLOSE = 1e-14  # ends of stretches this close, relative to their size, are one
_MOST_SHEETS = 12  # beyond, the exponents at an end are searched for


def affine(measure: Measure, factor: float, offset: float) -> Measure:
    """The measure of factor x + offset, factor not 0."""
    if isinstance(measure, AtomicMeasure):
        return AtomicMeasure(factor * measure.atom_points + offset, measure.atom_weights)
    if not isinstance(measure, PiecewiseMeasure):
        return pushed([Image(measure, Mobius(factor, offset, 0.0, 1.0))], f"{factor:.6g} times {measure.subject}")
    flips = factor < 0
    groups = tuple(
        tuple(moved(piece, factor, offset) for piece in (reversed(group) if flips else group))
        for group in (reversed(measure.parts.groups) if flips else measure.parts.groups)
    )
    order = np.argsort(factor * measure.parts.points)
    points, weights = factor * measure.parts.points[order] + offset, measure.parts.weights[order]
    parts = Pieces(groups, points, weights, abs(factor) * measure.parts.span)
    known = tuple((i.left_exponent is not None, i.right_exponent is not None) for i in measure.intervals)
    if flips:
        known = tuple((b, a) for a, b in reversed(known))
    mass = Certificate(float(measure.integral(np.ones_like, 64)), (), 0.0)
    return NumericMeasure(parts, mass, f"{factor:.6g} times {measure.subject} plus {offset:.6g}", known)


@dataclass(frozen=True)
class Image:
    """The image of a measure under a map, with a weight.

    Attributes:
        measure: the measure.
        map: the map.
        weight: its share of the whole.
    """

    measure: Measure
    map: RealMap
    weight: float = 1.0


def power(measure: Measure, k: int) -> Measure:
    """The measure of x^k, k an integer other than 0.

    Raises `DerivationError` for k < 0 if 0 lies in the support.
    """
    return pushed([Image(measure, Power(k))], f"the power {k} of {measure.subject}")


def mixture(measures: Sequence[Measure], weights: Sequence[float]) -> Measure:
    """The measure of diag(A, B, ...) with these fractions of the dimension."""
    images = [Image(m, Identity(), w) for m, w in zip(measures, weights, strict=True) if w]
    return pushed(images, "a mixture")


def symmetric_root(measure: Measure) -> Measure:
    """The symmetric measure whose image under x^2 is the given one; raises `DerivationError` for mass below 0."""
    return pushed([Image(measure, Root(-1), 0.5), Image(measure, Root(1), 0.5)], f"the root of {measure.subject}")


def with_zeros(measure: Measure, factor: float) -> Measure:
    """factor mu + (1 - factor) delta_0; for a factor above 1 an atom at 0 is taken away."""
    return pushed([Image(measure, Identity(), factor)], f"{measure.subject} with other zeros", zeros=1 - factor)


def pushed(images: Sequence[Image], text: str, zeros: float = 0.0) -> Measure:
    """The sum of some images, and an atom at 0.

    Raises `DerivationError` where a map has no value on a support, `NotCertified` if a density is not resolved or the
    moments of the result are not those of the images.
    """
    for part in images:
        for low, high in _blocks(part.measure):
            part.map.check(low, high)
    atoms = _added(
        np.concatenate([*(part.map(part.measure.atom_points) for part in images), np.zeros(1)]),
        np.concatenate([*(part.weight * part.measure.atom_weights for part in images), np.full(1, zeros)]),
    )
    atoms = [(place, weight) for place, weight in atoms if weight > 1e-15 * (1 + 9 * abs(zeros))]
    stretches = [stretch for part in images for stretch in _stretches(part)]
    if not stretches:
        return AtomicMeasure([place for place, _ in atoms], [weight for _, weight in atoms])
    reach = max([abs(end) for s in stretches for end in s.image] + [abs(place) for place, _ in atoms])
    order = np.arange(1, _MOMENTS + 1)[:, None]
    moments = sum(_moments(part, order, reach) for part in images)
    return measure_of_parts(_parts(stretches), atoms, text, np.asarray(moments))


def _moments(part: Image, order: Array, reach: float) -> Array:
    def powers(x: Array) -> Array:
        return (part.map(np.asarray(x)) / reach) ** order

    if any(i.left < turn < i.right for i in part.measure.intervals for turn in part.map.turns):
        return part.weight * np.array(
            [part.measure.expect(_power_of(part, reach, k), 1e-11, part.map.turns) for k in order[:, 0].tolist()]
        )
    return np.asarray(part.weight * part.measure.integral(powers, 1024))


def _power_of(part: Image, reach: float, k: int) -> Callable[[Array], Array]:
    return lambda x: (part.map(x) / reach) ** k


def _blocks(measure: Measure) -> list[tuple[float, float]]:
    """The support intervals and the atoms."""
    return [(i.left, i.right) for i in measure.intervals] + [(x, x) for x in measure.atom_points.tolist()]


# -- stretches ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Stretch:
    """A stretch of a support interval on which a map is monotone.

    Attributes:
        density: the measure's, at distances from the ends of the stretch.
        weight: its share.
        inverse: of the map.
        is_increasing: which of both.
        image: the values at the ends, in increasing order.
        sheets: in which roots of y - end the density is a series there, where that is known.
        known: whether the exponents there are.
    """

    density: Callable[[Array, Array], Array]
    weight: float
    inverse: Inverse
    is_increasing: bool
    image: tuple[float, float]
    sheets: tuple[int | None, int | None]
    known: tuple[bool, bool]

    def values(self, below: Array, above: Array) -> Array:
        """The part of the image's density, at distances from the ends of the stretch's image."""
        changes = (below, -above) if self.is_increasing else (-above, below)
        low, high, slope = self.inverse(*changes)
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.weight * self.density(np.maximum(low, 0.0), np.maximum(high, 0.0)) / np.abs(slope)


def _stretches(part: Image) -> list[_Stretch]:
    found = []
    measure = part.measure
    groups = measure.parts.groups if isinstance(measure, PiecewiseMeasure) else [()] * len(measure.intervals)
    for interval, group in zip(measure.intervals, groups, strict=True):
        inside = [turn for turn in part.map.turns if interval.left < turn < interval.right]
        sheets = (group[0].ramification[0], group[-1].ramification[1]) if group else (2, 2)
        known = interval.left_exponent is not None, interval.right_exponent is not None
        for low, high in pairwise([interval.left, *sorted(inside), interval.right]):
            edges = low == interval.left, high == interval.right
            own = tuple(n if edge else 1 for n, edge in zip(sheets, edges, strict=True))
            inverse = part.map.on(low, high, (own[0], own[1]))
            ends = tuple(float(v) for v in part.map(np.array([low, high])))
            density = density_between(measure, interval.left, interval.right, group, (low, high))
            exponents = [part.map.exponent(low, high), part.map.exponent(high, low)]
            roots = [None if q is None or not group else lowest_root(q, n) for q, n in zip(exponents, own, strict=True)]
            certain = [part.map.is_exact and (k or not edge) for k, edge in zip(known, edges, strict=True)]
            rises = ends[0] < ends[1]
            if not rises:
                ends, roots, certain = ends[::-1], roots[::-1], certain[::-1]
            found.append(
                _Stretch(density, part.weight, inverse, rises, (ends[0], ends[1]), (roots[0], roots[1]),
                         (certain[0], certain[1]))
            )  # fmt: skip
    return found


def density_between(
    measure: Measure, left: float, right: float, group: Sequence[Piece], ends: tuple[float, float]
) -> Callable[[Array, Array], Array]:
    """The density of a measure at distances from two points of a support interval."""
    if not group:

        def plain(low: Array, high: Array) -> Array:
            return measure.table.pdf(np.where(low < high, ends[0] + low, ends[1] - high))

        return plain
    before, after = ends[0] - left, right - ends[1]

    def between(low: Array, high: Array) -> Array:
        low, high = low + before, high + after
        found = np.full(len(low), np.nan)
        for piece in group:  # from left to right: the first whose right end is not passed
            mine = np.isnan(found) & ((high >= piece.margins[1]) | (piece is group[-1]))
            if np.any(mine):
                found[mine] = piece.pdf_between(
                    np.maximum(low[mine] - piece.margins[0], 0.0), np.maximum(high[mine] - piece.margins[1], 0.0)
                )
        return found

    return between


def _parts(stretches: Sequence[_Stretch]) -> list[Part]:
    """The intervals between the ends of the images, those that one of them covers, with the sums of the densities."""
    places = sorted({end for s in stretches for end in s.image})
    parts = []
    for a, b in pairwise(places):
        if b - a <= _CLOSE * max(abs(a), abs(b)):
            continue
        over = [s for s in stretches if s.image[0] <= (a + b) / 2 <= s.image[1]]
        if not over:
            continue

        def values(below: Array, above: Array, over: Sequence[_Stretch] = over, a: float = a, b: float = b) -> Array:
            total = np.zeros_like(below)
            for s in over:
                total = total + s.values(
                    np.maximum(below + (a - s.image[0]), 0.0), np.maximum(above + (s.image[1] - b), 0.0)
                )
            return total

        ending = [
            [s for s in over if abs(s.image[side] - place) <= _CLOSE * max(abs(a), abs(b))]
            for side, place in enumerate((a, b))
        ]
        sheets = [_common([s.sheets[side] for s in ending[side]]) for side in (0, 1)]
        known = [all(s.known[side] for s in ending[side]) for side in (0, 1)]
        ramification = None if sheets[0] is None or sheets[1] is None else (sheets[0], sheets[1])
        parts.append(Part(values, (a, b), ramification, (known[0], known[1])))
    return parts


def _common(sheets: Sequence[int | None]) -> int | None:
    """The least common multiple, if all are known and it is not large."""
    known = [n for n in sheets if n is not None]
    total = math.lcm(*known) if known else 1
    return total if len(known) == len(sheets) and total <= _MOST_SHEETS else None


def _added(points: Array, weights: Array) -> list[tuple[float, float]]:
    """Atoms by place, those at one place added."""
    places, index = np.unique(points, return_inverse=True)
    sums = np.bincount(index, weights=weights, minlength=len(places))
    return list(zip(places.tolist(), sums.tolist(), strict=True))
