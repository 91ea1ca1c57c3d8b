"""Free sums, products and powers of measures: which of the ways to the result is taken."""

from __future__ import annotations

from resolvent.derive.laws.record import Law
from resolvent.numeric.measures import transport
from resolvent.numeric.measures.atomic_measure import AtomicMeasure
from resolvent.numeric.measures.explicit_transforms import product_map, sum_map
from resolvent.numeric.measures.free_maps import (
    Compression,
    InformationPlusNoise,
    MultiplicativePower,
    ProductWithTransform,
    Transform,
)
from resolvent.numeric.measures.free_pairs import CorrelatedPair, ProductPair, SumPair
from resolvent.numeric.measures.numeric_measure import measure_of_operation
from resolvent.numeric.measures.rectangular_pairs import RectangularPair
from resolvent.numeric.spectrum.measure import Measure, measure_of

_AT_ONCE = 2.0  # a multiplicative power up to here has one preimage only in the half-plane


def sum_of(a: Law, b: Law) -> Measure:
    """The measure of the free sum; of a law with itself it is a free power, which has an explicit map."""
    first, second = measure_of(a), measure_of(b)
    if a == b and not is_point(first):
        half = measure_of_operation(Compression(Transform(first), 0.5))
        return transport.affine(half, 2.0, 0.0)
    for own, other in ((first, second), (second, first)):
        if is_point(other):
            return transport.affine(own, 1.0, float(other.atom_points[0]))
    for own, law in ((first, b), (second, a)):
        explicit = sum_map(Transform(own), law)
        if explicit is not None:
            return measure_of_operation(explicit)
    return measure_of_operation(SumPair(Transform(first), Transform(second)))


def product_of(a: Law, b: Law) -> Measure:
    """The measure of the free product of laws on [0, oo); of a law with itself it is a free power."""
    first, second = measure_of(a), measure_of(b)
    if a == b and not is_point(first):
        return multiplicative_power_of(first, 2.0)
    for own, other in ((first, second), (second, first)):
        if is_point(other):
            place = float(other.atom_points[0])
            return transport.affine(own, place, 0.0) if place else AtomicMeasure([0.0], [1.0])
    for own, law in ((first, b), (second, a)):
        explicit = product_map(Transform(own), law)
        if explicit is not None:
            return measure_of_operation(explicit)
    return measure_of_operation(ProductPair(Transform(first), Transform(second)))


def multiplicative_power_of(measure: Measure, s: float) -> Measure:
    """The measure with the S-transform S^s, s >= 1, of one on [0, oo)."""
    if is_point(measure):
        return AtomicMeasure(measure.atom_points**s, [1.0])
    while s > _AT_ONCE:
        measure = measure_of_operation(MultiplicativePower(Transform(measure), _AT_ONCE))
        s /= _AT_ONCE
    return measure if s == 1 else measure_of_operation(MultiplicativePower(Transform(measure), s))


def doubly_correlated_of(a: Law, b: Law, ratio: float) -> Measure:
    """The measure of A^(1/2) X B X^T A^(1/2)/n for laws on [0, oo), p/n -> ratio."""
    first, second = measure_of(a), measure_of(b)
    for own in (first, second):
        if is_point(own) and float(own.atom_points[0]) == 0:
            return AtomicMeasure([0.0], [1.0])
    if is_point(first):  # X B X^T/n is the companion of a sample covariance with the population B
        zero = ((0.0, max(0.0, 1 - ratio)),)
        inner = ProductWithTransform(
            Transform(second), lambda u: 1 + u / ratio, lambda u: 1 / ratio + 0 * u, zero, 1 / ratio
        )
        scaled = transport.affine(measure_of_operation(inner), ratio * float(first.atom_points[0]), 0.0)
        return transport.with_zeros(scaled, 1 / ratio)
    return measure_of_operation(CorrelatedPair(Transform(first), Transform(second), ratio))


def rectangular_sum_of(a: Measure, b: Measure, ratio: float) -> Measure:
    """The measure of (A + B)(A + B)^T for A, B of size p x n, from those of A A^T and B B^T, p/n -> ratio."""
    if ratio > 1:
        turned = rectangular_sum_of(transport.with_zeros(a, ratio), transport.with_zeros(b, ratio), 1 / ratio)
        return transport.with_zeros(turned, 1 / ratio)
    wide, narrow = sorted((Transform(a), Transform(b)), key=lambda t: -t.width)
    return measure_of_operation(RectangularPair(wide, narrow, ratio))


def information_plus_noise_of(a: Measure, variance: float, ratio: float) -> Measure:
    """The measure of (A + sqrt(s) X)(A + sqrt(s) X)^T for A of size p x n, from that of A A^T, p/n -> ratio.

    With more rows than columns the transposed matrices are taken: zeros that A A^T has to have are no singular values.
    """
    if ratio > 1:
        turned = information_plus_noise_of(transport.with_zeros(a, ratio), variance * ratio, 1 / ratio)
        return transport.with_zeros(turned, 1 / ratio)
    return measure_of_operation(InformationPlusNoise(Transform(a), ratio, variance))


def is_point(measure: Measure) -> bool:
    """Whether it is one atom, but for rounding."""
    return isinstance(measure, AtomicMeasure) and len(measure.rounded().atom_points) == 1
