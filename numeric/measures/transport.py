"""Images and mixtures of measures: affine maps exactly, powers and mixtures by resolving their densities again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from resolvent.derive.errors import DerivationError
from resolvent.numeric.density.certificate import Certificate
from resolvent.numeric.density.chebyshev_piece import Array, Piece
from resolvent.numeric.density.edge_maps import edge_maps
from resolvent.numeric.measures.atomic_measure import AtomicMeasure
from resolvent.numeric.measures.density_measure import measure_of_parts
from resolvent.numeric.measures.numeric_measure import NumericMeasure
from resolvent.numeric.spectrum.measure import Measure, Pieces
from resolvent.numeric.spectrum.piecewise_measure import PiecewiseMeasure

_MOMENTS = 6  # of the image, from the measure itself


def affine(measure: Measure, factor: float, offset: float) -> Measure:
    """The measure of factor x + offset, factor not 0."""
    if isinstance(measure, AtomicMeasure):
        return AtomicMeasure(factor * measure.atom_points + offset, measure.atom_weights)
    if not isinstance(measure, PiecewiseMeasure):
        return image(measure, lambda x: factor * x + offset, lambda x: factor + 0 * x,
                     lambda y: ((y - offset) / factor,), ())  # fmt: skip
    flips = factor < 0
    groups = tuple(
        tuple(_moved(piece, factor, offset) for piece in (reversed(group) if flips else group))
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


def _moved(piece: Piece, factor: float, offset: float) -> Piece:
    low, high = factor * piece.left, factor * piece.right
    rests = (factor * piece.rests[0], factor * piece.rests[1])
    if offset:
        low, high, rests = low + rests[0] + offset, high + rests[1] + offset, (0.0, 0.0)
    margins = (abs(factor) * piece.margins[0], abs(factor) * piece.margins[1])
    ramification, orders, boundary = piece.ramification, piece.orders, piece.boundary / abs(factor)
    if factor < 0:
        low, high, rests, margins = high, low, rests[::-1], margins[::-1]
        ramification, orders = ramification[::-1], orders[::-1]
        boundary = boundary * (-1.0) ** np.arange(len(boundary))
    return Piece(low, high, rests, ramification, orders, boundary, *edge_maps(ramification), margins)


def power(measure: Measure, k: int) -> Measure:
    """The measure of x^k, k an integer other than 0.

    Raises `DerivationError` for k < 0 if 0 lies in the support.
    """
    if k < 0 and (any(i.left <= 0 <= i.right for i in measure.intervals) or bool(np.any(measure.atom_points == 0))):
        raise DerivationError(f"the power {k} needs a support away from 0", measure=measure)

    def roots(y: Array) -> tuple[Array, ...]:
        size = np.abs(y) ** (1 / k)
        return (size, -size) if k % 2 == 0 else (np.sign(y) * size,)

    return image(measure, lambda x: x ** float(k), lambda x: k * x ** float(k - 1), roots, (0.0,))


def image(
    measure: Measure,
    function: Callable[[Array], Array],
    slope: Callable[[Array], Array],
    preimages: Callable[[Array], Sequence[Array]],
    turns: Sequence[float],
) -> Measure:
    """The measure of a function of x that is monotone between some turning points.

    Args:
        measure: the measure.
        function, slope: the map and its derivative.
        preimages: y to all x with function(x) = y.
        turns: where the map turns, or is singular.
    """
    atoms = _added(function(measure.atom_points), measure.atom_weights)
    if not measure.intervals:
        return AtomicMeasure([place for place, _ in atoms], [weight for _, weight in atoms])

    def density(y: Array) -> Array:
        total = np.zeros_like(y)
        for x in preimages(y):
            total = total + measure.table.pdf(x) / np.abs(slope(x))
        return total

    stretches = []
    for interval in measure.intervals:
        inside = [t for t in turns if interval.left < t < interval.right]
        stretches += list(pairwise([interval.left, *inside, interval.right]))
    covered = [tuple(sorted(float(v) for v in function(np.array(stretch)))) for stretch in stretches]
    order = np.arange(1, _MOMENTS + 1)[:, None]
    reach = max(abs(end) for pair in covered for end in pair)
    moments = measure.integral(lambda x: (function(np.asarray(x)) / reach) ** order, 1024)
    return measure_of_parts(_between(density, covered), atoms, f"a function of {measure.subject}", moments)


def mixture(measures: Sequence[Measure], weights: Sequence[float]) -> Measure:
    """The measure of diag(A, B, ...) with these fractions of the dimension."""
    atoms = _added(
        np.concatenate([m.atom_points for m in measures]),
        np.concatenate([w * m.atom_weights for m, w in zip(measures, weights, strict=True)]),
    )
    if not any(m.intervals for m in measures):
        return AtomicMeasure([place for place, _ in atoms], [weight for _, weight in atoms])

    def density(x: Array) -> Array:
        return np.asarray(sum(w * m.table.pdf(x) for m, w in zip(measures, weights, strict=True)))

    covered = [(i.left, i.right) for m in measures for i in m.intervals]
    order = np.arange(1, _MOMENTS + 1)[:, None]
    reach = max([abs(end) for pair in covered for end in pair] + [abs(place) for place, _ in atoms])
    parts = [
        w * m.integral(lambda x: (np.asarray(x) / reach) ** order, 64) for m, w in zip(measures, weights, strict=True)
    ]
    return measure_of_parts(_between(density, covered), atoms, "a mixture", sum(parts))


def _between(density: Callable[[Array], Any], covered: Sequence[tuple[float, ...]]) -> list[tuple[Any, float, float]]:
    """The intervals between the ends of some, those that one of them covers."""
    places = sorted({end for pair in covered for end in pair})
    return [
        (density, a, b)
        for a, b in pairwise(places)
        if any(low <= (a + b) / 2 <= high for low, high in covered) and b - a > 1e-14 * max(abs(a), abs(b))
    ]


def _added(points: Array, weights: Array) -> list[tuple[float, float]]:
    """Atoms by place, those at one place added."""
    places, index = np.unique(points, return_inverse=True)
    sums = np.bincount(index, weights=weights, minlength=len(places))
    return list(zip(places.tolist(), sums.tolist(), strict=True))
