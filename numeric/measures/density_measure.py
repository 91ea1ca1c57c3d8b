"""The measure of a density that is given by a function, or by a SciPy distribution."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from resolvent.derive.errors import NotCertified, ParameterError
from resolvent.numeric.density.chebyshev_piece import Array, Piece
from resolvent.numeric.density.sampled_piece import DEEPEST, Ends, floor_for, resolve_values
from resolvent.numeric.measures.atomic_measure import AtomicMeasure
from resolvent.numeric.measures.numeric_measure import NumericMeasure, scaled_certificate
from resolvent.numeric.spectrum.measure import Measure, Pieces
from resolvent.numeric.spectrum.numbers import real_number

_TAILS = (1e-13, 3e-11)  # the second where rounding of x is felt, next to a singular end away from 0
_FLOOR = 1e-15
_MASS = 1e-8
_WIDEST = 1e6  # interdecile ranges that the support may be wide
_QUANTILES = ("ppf", "isf")
_TAIL_LEVELS = (1e-14, 1e-11, 1e-8, 1e-5, 1e-3)  # cut infinite tails into parts that keep their digits
_LONG, _LEVELS = 30, (1e-12, 1e-8, 1e-5, 1e-3, 0.05)  # so many interdecile ranges are cut, so that the bulk is seen
_MOST_ATOMS = 100_000
_LEFT_OUT = 1e-17  # probability that may lie beyond the ends where a distribution has none
_RAMIFICATIONS = ((1, 1), (2, 2), (1, 2), (2, 1), (3, 3), (1, 3), (3, 1), (4, 4), (1, 4), (4, 1))


def _checked(function: Callable[[Array], Any], x: Array, ends: tuple[float, float]) -> Array:
    """The values of a density; raises `ParameterError` if they are none."""
    x = np.clip(x, np.nextafter(ends[0], np.inf), np.nextafter(ends[1], -np.inf))
    try:
        with np.errstate(all="ignore"):
            values = np.asarray(function(x))
    except (TypeError, ValueError, ArithmeticError) as error:
        raise ParameterError(
            f"the density fails at an array of points ({type(error).__name__}: {error}); write it for arrays, with "
            "np.exp for math.exp, or give np.vectorize of it",
            function=function,
        ) from error
    try:
        values = (values if values.dtype.kind in "biuf" else values.astype(object)).astype(float) + 0 * x
    except (TypeError, ValueError):
        raise ParameterError(f"a density has real values; got {values.dtype} data", x=float(x[0])) from None
    bad = ~np.isfinite(values)
    if np.any(bad):
        raise ParameterError(f"the density has no finite value at x = {x[bad][0]:.6g}", x=float(x[bad][0]))
    if np.any(values < 0):
        k = int(np.argmin(values))
        raise ParameterError(f"the density is negative, {values[k]:.6g}, at x = {x[k]:.6g}", x=float(x[k]))
    return values


def measure_of_density(
    function: Callable[[Array], Any], interval: Iterable[float], breaks: Iterable[float] = (), text: str = ""
) -> NumericMeasure:
    """The measure with a density on an interval that is analytic but at the ends and at ``breaks``.

    At the ends it may behave like a power with a denominator up to 4.

    Raises `ParameterError` for an interval that is not finite and increasing, for a density that is negative, not
    finite, or of another integral than 1, `NotCertified` if it is not resolved.
    """
    low, high = _ends(interval)
    inner = sorted(map(real_number, breaks))
    if any(not low < b < high for b in inner):
        raise ParameterError(f"the breaks of a density lie inside ({low:g}, {high:g}); got {inner}", breaks=inner)
    text = text or f"a density on ({low:g}, {high:g})"
    return measure_of_parts([_part(function, ends) for ends in pairwise([low, *inner, high])], [], text)


@dataclass(frozen=True)
class Part:
    """A density between two places.

    Attributes:
        values: at distances from both.
        ends: the places.
        ramification: in which roots of the distances it is analytic there; None if that is not known.
        known: whether the exponents there are known then, or guessed.
        deepest: how often the interval may be halved next to other singularities, such as logarithms.
        floor: an error of the density that counts as nothing; 0 where tails are to keep their digits.
    """

    values: Callable[[Array, Array], Array]
    ends: tuple[float, float]
    ramification: tuple[int, int] | None = None
    known: tuple[bool, bool] = (False, False)
    deepest: int = DEEPEST
    floor: float = _FLOOR


def _part(function: Callable[[Array], Any], ends: tuple[float, float], floor: float = _FLOOR) -> Part:
    def values(below: Array, above: Array) -> Array:
        return _checked(function, np.where(below < above, ends[0] + below, ends[1] - above), ends)

    return Part(values, ends, floor=floor)


def measure_of_parts(
    parts: Sequence[Part], atoms: Sequence[tuple[float, float]], text: str, moments: ArrayLike = ()
) -> NumericMeasure:
    """The measure with a density on each of some intervals, in order, and atoms.

    ``moments`` are known ones of x over the largest |x|, which the certificate compares with the quadrature.

    Raises `ParameterError` and `NotCertified` as `measure_of_density` does.
    """
    groups: list[list[Piece]] = []
    known: list[tuple[bool, bool]] = []
    places, weights = (np.array([float(pair[k]) for pair in atoms]) for k in (0, 1))
    ends = [end for part in parts for end in part.ends] + places.tolist()
    for part in parts:
        found = _resolved(part, max(ends) - min(ends))
        if groups and groups[-1][-1].right == part.ends[0]:
            groups[-1] += found
            known[-1] = known[-1][0], part.known[1]
        else:
            groups.append(found)
            known.append(part.known)
    mass = sum(piece.mass for group in groups for piece in group) + sum(weight for _, weight in atoms)
    if abs(mass - 1) > _MASS:
        raise ParameterError(
            f"{text} has the total mass {mass:.10g} instead of 1; divide it by that, or widen the interval", mass=mass
        )
    pieces = tuple(_together(group, mass) for group in groups)
    held = Pieces(pieces, places, weights / mass, max(ends) - min(ends))
    exact = np.asarray(moments, dtype=float).ravel().tolist()
    return NumericMeasure(held, scaled_certificate(held, max(map(abs, ends)), exact), text, tuple(known))


def _together(group: Sequence[Piece], mass: float) -> tuple[Piece, ...]:
    """The pieces of one support interval, with their distances from its ends."""
    left, right = group[0].left, group[-1].right
    return tuple(
        replace(p, boundary=p.boundary / mass, margins=(p.left + p.rests[0] - left, right - (p.right + p.rests[1])))
        for p in group
    )


def measure_of_distribution(distribution: Any) -> Measure:
    """The measure of a frozen SciPy distribution: its atoms if it is discrete, or its density.

    An infinite support ends where 1e-17 of the probability lies beyond.

    Raises `ParameterError` for anything but a frozen distribution of numbers, or if it has too many atoms.
    """
    if not hasattr(distribution, "support") or not (hasattr(distribution, "pdf") or hasattr(distribution, "pmf")):
        raise ParameterError(
            f"a frozen distribution of scipy.stats is needed, such as scipy.stats.uniform(1, 3); got {distribution!r}",
            distribution=distribution,
        )
    low, high = (float(end) for end in distribution.support())
    family = getattr(distribution, "dist", distribution)
    name = getattr(family, "name", type(family).__name__)
    if hasattr(family, "pmf"):
        places = _places(distribution, name, low, high)
        weights = np.asarray(distribution.pmf(places), dtype=float)
        keep = weights > 0
        return AtomicMeasure(places[keep], weights[keep] / np.sum(weights))
    is_bounded = np.isfinite(low) and np.isfinite(high)
    if np.isinf(low):
        low = float(distribution.ppf(_LEFT_OUT))
    if np.isinf(high):
        high = float(distribution.isf(_LEFT_OUT))
    spread = float(distribution.ppf(0.9) - distribution.ppf(0.1))
    if high - low > _WIDEST * spread:
        raise ParameterError(
            f"the tails of {name} are too heavy: {_LEFT_OUT:g} of the probability lies beyond {high:.3g}. Cut it off "
            "where you mean to, with law_of_density and the density divided by the mass that is left",
            distribution=distribution,
        )
    middle = float(distribution.median())
    text = f"{name} of SciPy" if is_bounded else f"{name} of SciPy, cut off at {low:.4g} and {high:.4g}"
    tails = [quantile for end, quantile in zip(distribution.support(), _QUANTILES, strict=True) if np.isinf(end)]
    inner = {float(getattr(distribution, quantile)(q)) for quantile in tails for q in _TAIL_LEVELS}
    if high - low > _LONG * spread:
        inner |= {float(getattr(distribution, quantile)(q)) for quantile in _QUANTILES for q in _LEVELS} | {middle}
    cuts = sorted(x for x in inner if low + 1e-3 * spread < x < high - 1e-3 * spread)
    parts = [_part(distribution.pdf, ends, 0.0 if tails else _FLOOR) for ends in pairwise([low, *cuts, high])]
    return measure_of_parts(parts, [], text)


def _places(distribution: Any, name: str, low: float, high: float) -> Array:
    """The whole numbers between the ends, infinite ones moved to where 1e-17 of the probability lies beyond."""
    middle, ends = float(distribution.median()), []
    for end, side, beyond in ((low, -1, distribution.cdf), (high, 1, distribution.sf)):
        reach = 1.0
        while np.isinf(end) and reach < _MOST_ATOMS:
            end = middle + side * reach if beyond(middle + side * reach) <= _LEFT_OUT else end
            reach *= 2
        ends.append(end)
    low, high = ends
    if not high - low < _MOST_ATOMS:
        raise ParameterError(
            f"{name} has too many atoms, more than {_MOST_ATOMS}: its tails are too heavy, or its numbers too large. "
            "Take quantiles, with empirical",
            distribution=distribution,
        )
    return np.arange(low, high + 1)


def _resolved(part: Part, span: float) -> list[Piece]:
    """The pieces between two places, in the fewest coefficients of some exponents at the ends where none are known."""
    best: list[Piece] | None = None
    failure: NotCertified | None = None
    tried = _RAMIFICATIONS if part.ramification is None else (part.ramification,)
    known = (False, False) if part.ramification is None else part.known
    for tail, ramification in itertools.product(_TAILS, tried):
        if best is not None and tail != _TAILS[0]:
            break
        try:
            ends = Ends(part.ends, ramification, known)
            found = resolve_values(part.values, ends, tail, floor_for(part.floor, span), part.deepest)
        except NotCertified as error:
            failure = failure or error
            continue
        if best is None or _size(found) < _size(best):
            best = found
        if len(best) == 1 and _size(best) < 84:
            break
    if best is None:
        assert failure is not None
        raise failure
    return best


def _size(pieces: Sequence[Piece]) -> int:
    return sum(len(piece.boundary) for piece in pieces)


def _ends(interval: Iterable[float]) -> tuple[float, float]:
    try:
        low, high = (float(end) for end in interval)
    except (TypeError, ValueError):
        raise ParameterError(f"an interval is a pair of numbers (a, b); got {interval!r}", interval=interval) from None
    if not (np.isfinite(low) and np.isfinite(high) and low < high):
        raise ParameterError(f"the interval of a density must be finite, a < b; got {interval}", interval=interval)
    return low, high
