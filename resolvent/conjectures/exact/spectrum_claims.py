"""Claimed edges, atoms, densities and means against a spectrum."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from math import ulp
from typing import Any

import numpy as np
import sympy
from flint import arb, fmpq

from resolvent.catalog.conjectures.conjecture import (
    REFUTED,
    SUPPORTED,
    UNDECIDED,
    Amount,
    AtomClaim,
    DensityClaim,
    MeanClaim,
    Point,
    Status,
    rationals,
)
from resolvent.catalog.conjectures.formula import Formula
from resolvent.catalog.conjectures.zero_test import is_zero
from resolvent.conjectures.exact.refinement import refinement
from resolvent.conjectures.exact.rounding import rounding_hint
from resolvent.derive.errors import ResolventError
from resolvent.derive.exact.algebraic_number import AlgebraicNumber
from resolvent.derive.exact.field import to_fmpq
from resolvent.derive.exact.precision import working_precision
from resolvent.language.formulas import formula_of
from resolvent.numeric.spectrum.spectrum import Spectrum

BITS = 4096
_SHOWN_DIGITS = 1000  # what BITS amount to
_NUMERICAL = 1e-8  # to which densities and means are compared; further off, up to _DOUBTFUL, nothing is said
_DOUBTFUL = 1e-7
_ENDS = (1e-8, 1e-5)  # the same for the supports of laws without a polynomial equation
_POINTS = 400

Found = tuple[Status, str, str]
End = AlgebraicNumber | float


def edge_finding(claimed: Sequence[Amount], spectrum: Spectrum, values: Point) -> Found:
    """The claimed edges against the ends of the intervals, by isolation of the discriminant's roots.

    A point inside the support where two bulks meet may be listed, twice, or left out.
    """
    actual = edges_of(spectrum)
    merged = [e for k, e in enumerate(actual) if e not in actual[:k] + actual[k + 1 :]]
    shown = ", ".join(_digits(end) for end in actual) or "none"
    if len(claimed) == len(merged):
        actual = merged
    if len(claimed) != len(actual):
        return REFUTED, f"{len(claimed)} edges are claimed; the law has {len(actual)}: {shown}", "proved"
    proofs = set()
    for k, (amount, end) in enumerate(zip(claimed, actual, strict=True), 1):
        if not amount.is_real(values):
            return REFUTED, f"edge {k}, {amount.text}, has no real value here", "proved"
        same, proof = is_at(amount, end, values, max(abs(float(e)) for e in actual))
        if same is None:
            return UNDECIDED, f"whether edge {k}, {amount.text}, is at {_digits(end)} is open", ""
        if not same:
            value = _short(amount.ball(values), 17)
            text = f"edge {k} is claimed at {amount.text} = {value}; the law has it at {_digits(end)}"
            return REFUTED, text + rounding_hint(values, (amount, float(end))), proof
        proofs.add(proof)
    proof = next((p for p in ("numerical", "certified") if p in proofs), "proved")
    digits = {"numerical": " to 8 digits", "certified": f" to {_SHOWN_DIGITS} digits", "proved": ""}[proof]
    return SUPPORTED, f"the {len(actual)} edges agree{digits}: {shown}", proof


def edges_of(spectrum: Spectrum) -> list[End]:
    """The edges from left to right, exact where the law has a polynomial equation; where two bulks meet twice."""
    law: Any = spectrum.law
    if law is not None and law.has_equation:
        found: list[End] = []
        for point in spectrum.edges:
            twice = point.below is not None and point.above is not None
            found += [point.number] * (2 if twice else 1)
        return found
    return [float(end) for interval in spectrum.intervals for end in (interval.left, interval.right)]


def is_at(amount: Amount, end: End, values: Point, scale: float) -> tuple[bool | None, str]:
    """Whether a claimed number is an edge, None where that is open, and what kind of evidence says so."""
    value = amount.ball(values, BITS)
    if not isinstance(end, AlgebraicNumber):
        gap = abs(float(value) - end) / scale
        return (True if gap <= _ENDS[0] else False if gap > _ENDS[1] else None), "numerical"
    if not value.is_finite():
        return None, ""
    if not value.overlaps(end.ball(BITS)):
        return False, "proved"
    root = is_zero(_evaluated(end, amount.formula), rationals(values))
    if root is not None:
        return root, "proved"
    return (True if value.rel_accuracy_bits() > BITS - 600 else None), "certified"


def _evaluated(number: AlgebraicNumber, at: Formula) -> Formula:
    """The minimal polynomial of a number at a formula."""
    coefficients = [Formula("number", (Fraction(int(c)),)) for c in number.polynomial]
    result = coefficients[-1]
    for coefficient in reversed(coefficients[:-1]):
        result = Formula("+", (Formula("*", (result, at)), coefficient))
    return result


def atom_finding(claimed: Sequence[AtomClaim], spectrum: Spectrum, values: Point) -> Found:
    """The claimed atoms against the exact ones; one of weight 0 counts as none."""
    left = [(a.point, a.weight) for a in spectrum.atoms]
    shown = ", ".join(f"{weight} at {place}" for place, weight in left) or "none"
    proof = "proved"
    for atom in claimed:
        if not (atom.place.is_real(values) and atom.weight.is_real(values)):
            return REFUTED, f"the atom {atom.weight.text} at {atom.place.text} has no real value here", "proved"
        nothing = atom.weight.equals(fmpq(0), values)
        if nothing:
            continue
        answers = [
            (_and(_holds(atom.place, place, values), _holds(atom.weight, weight, values))) for place, weight in left
        ]
        if True in answers:
            place, weight = left.pop(answers.index(True))
            if not (_is_rational(place) and _is_rational(weight)):
                proof = "certified"
        elif nothing is None or None in answers:
            return UNDECIDED, f"whether the atom {atom.weight.text} at {atom.place.text} is one of {shown} is open", ""
        else:
            weight, place = _short(atom.weight.ball(values)), _short(atom.place.ball(values))
            text = f"an atom of weight {weight} is claimed at {place}; the law's atoms: {shown}"
            near = (rounding_hint(values, (atom.place, p), (atom.weight, w), what="the numbers") for p, w in left)
            return REFUTED, text + next(filter(None, near), ""), "proved"
    if left:
        return REFUTED, f"the law has an atom that is not claimed: {left[0][1]} at {left[0][0]}", "proved"
    return SUPPORTED, f"the atoms agree: {shown}", proof


def _and(a: bool | None, b: bool | None) -> bool | None:
    if a is False or b is False:
        return False
    return True if a and b else None


def _is_rational(value: Any) -> bool:
    return isinstance(value, fmpq) or bool(getattr(value, "is_Rational", False))


def _holds(amount: Amount, value: Any, values: Point) -> bool | None:
    """Whether a claimed number is a given one; irrational ones are compared to 30 digits."""
    if _is_rational(value):
        return amount.equals(value if isinstance(value, fmpq) else to_fmpq(value), values)
    exact_value = formula_of(value)
    if exact_value is not None:
        same = amount.equals(exact_value, values)
        if same is not None:
            return same
    with working_precision(192):
        exact = arb(str(sympy.N(value, 40)))
        gap = abs(amount.ball(values) - exact)
        allowed = arb("1e-30") * abs(exact)
        return True if gap <= allowed else False if gap > allowed else None


def density_finding(claim: DensityClaim, spectrum: Spectrum, values: Point) -> Found:
    """The claimed density at points inside the support, the intervals against the support, and zero outside of it."""
    if any(not amount.is_real(values) for pair in claim.intervals for amount in pair):
        return REFUTED, "the ends of the claimed intervals are not real here", "proved"
    balls = [(a.ball(values), b.ball(values)) for a, b in claim.intervals]
    claimed = sorted((float(a), float(b)) for a, b in balls)
    if not all(a.is_finite() and b.is_finite() for a, b in balls) or not np.all(np.isfinite(claimed)):
        return UNDECIDED, "the ends of the claimed intervals cannot be computed here", ""
    if not all(a < b for a, b in claimed):
        return REFUTED, "the ends of the claimed intervals do not increase here", "numerical"
    if any(b - c > max(_NUMERICAL * min(b - a, d - c), _rounding(c)) for (a, b), (c, d) in pairwise(claimed)):
        return REFUTED, "the claimed intervals overlap here", "numerical"
    actual = _merged([(float(i.left), float(i.right)) for i in spectrum.intervals])
    missing = _difference(actual, _merged(claimed))
    if missing:
        a, b = missing[0]
        return REFUTED, f"the law has density on [{a:.9g}, {b:.9g}], outside of the claimed intervals", "numerical"
    worst, place, pair, scale = 0.0, 0.0, (0.0, 0.0), 0.0
    for interval in spectrum.intervals:
        theta = (np.arange(_POINTS) + 0.5) * np.pi / _POINTS
        x = interval.left + (interval.right - interval.left) * (1 - np.cos(theta)) / 2
        scale = max(scale, float(np.median(spectrum.pdf(x))))
        close = refinement(claim.formula, rationals(values), x[0], x[-1], scale).points
        x = np.union1d(x, close)
        given = claim.formula.of_x(values)(x)
        exact = spectrum.pdf(x)
        if not np.all(np.isfinite(given)):
            bad = float(x[~np.isfinite(given)][0])
            return REFUTED, f"the claimed density has no finite value at x = {bad:.6g}", "numerical"
        gaps = np.abs(given - exact) / (np.abs(exact) + scale)
        k = int(np.argmax(gaps))
        if gaps[k] > worst:
            worst, place, pair = float(gaps[k]), float(x[k]), (float(given[k]), float(exact[k]))
    if worst > _NUMERICAL:
        text = f"at x = {place:.6g} the claimed density is {pair[0]:.10g}, the law's {pair[1]:.10g}"
        return (REFUTED, text, "numerical") if worst > _DOUBTFUL else (UNDECIDED, text, "")
    for a, b in _difference(_merged(claimed), actual):
        if _largest(claim, a, b, values) > _NUMERICAL * scale:
            text = f"the claimed density is not zero on all of [{a:.6g}, {b:.6g}], outside of the support"
            return REFUTED, text, "numerical"
    return (
        SUPPORTED,
        f"the density agrees to {max(worst, 1e-15):.0e} at {_POINTS} points or more of each interval",
        "numerical",
    )


def _merged(intervals: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Sorted intervals, those that touch made one."""
    found: list[tuple[float, float]] = []
    for a, b in sorted(intervals):
        if found and a <= found[-1][1] + _rounding(a):
            found[-1] = (found[-1][0], max(b, found[-1][1]))
        else:
            found.append((a, b))
    return found


def _rounding(place: float) -> float:
    """What two floats may differ by that mean the same place."""
    return 4 * ulp(place)


def _difference(
    first: Sequence[tuple[float, float]], second: Sequence[tuple[float, float]]
) -> list[tuple[float, float]]:
    """The parts of the first intervals outside the second, where they are more than a rounded end."""
    found = []
    for left, right in first:
        parts = [(left, right)]
        for a, b in second:
            pieces = [piece for low, high in parts for piece in ((low, min(high, a)), (max(low, b), high))]
            parts = [(low, high) for low, high in pieces if low < high]
        least = max(_DOUBTFUL * (right - left), _rounding(left), _rounding(right))
        found += [(a, b) for a, b in parts if b - a > least]
    return found


def _largest(claim: DensityClaim, a: float, b: float, values: Point) -> float:
    """The largest size of the claimed density on an interval: everywhere, and closer and closer to its ends."""
    near = (b - a) * np.geomspace(1e-12, 0.5, 500)
    x = np.concatenate([np.linspace(a, b, 1001)[1:-1], a + near, b - near])
    given = np.abs(claim.formula.of_x(values)(x[(x > a) & (x < b)]))
    return float(np.max(np.nan_to_num(given, nan=np.inf), initial=0.0))


def mean_findings(claimed: Sequence[MeanClaim], spectrum: Spectrum, values: Point) -> Iterator[Found]:
    """The claimed means of test functions against integrals over the spectrum."""
    for mean in claimed:
        if not mean.value.is_real(values):
            yield REFUTED, f"the value {mean.value.text} of the mean of {mean.text} is not real here", "proved"
            continue
        function = mean.formula.of_x(values)
        try:
            places, size = _features(mean.formula, spectrum, values)
            with np.errstate(all="ignore"):  # small functions are made larger, as errors are absolute
                found = size * float(spectrum.expect(lambda x: function(x) / size, _NUMERICAL / 10, places))  # noqa: B023
        except (ResolventError, ValueError) as error:
            yield UNDECIDED, f"the mean of {mean.text} cannot be computed: {error}", ""
            continue
        wanted = float(mean.value.ball(values))
        gap = abs(found - wanted) / max(size, abs(wanted))
        text = f"the mean of {mean.text} is {found:.12g}"
        if gap <= _NUMERICAL:
            yield SUPPORTED, text, "numerical"
        elif gap > _DOUBTFUL and not np.isnan(found):
            yield REFUTED, f"{text}; claimed: {wanted:.12g}{rounding_hint(values, (mean.value, found))}", "numerical"
        else:
            yield UNDECIDED, f"{text}; claimed: {wanted:.12g}, too close to tell", ""


def _features(formula: Formula, spectrum: Spectrum, values: Point) -> tuple[list[float], float]:
    """Where a test function has peaks, kinks or singularities, for quadrature, and its size, at most 1."""
    function = formula.of_x(values)
    places: list[float] = []
    largest = 0.0
    for interval in spectrum.intervals:
        sizes = np.abs(function(np.linspace(interval.left, interval.right, 201)))
        size = float(np.max(sizes[np.isfinite(sizes)], initial=0.0))
        found = refinement(formula, rationals(values), interval.left, interval.right, 0.1 * size)
        places += found.places
        sizes = np.abs(function(np.array(found.points)))
        largest = max(largest, size, float(np.max(sizes[np.isfinite(sizes)], initial=0.0)))
    return places, min(1.0, largest) or 1.0


def _digits(end: End) -> str:
    return end.digits(17) if isinstance(end, AlgebraicNumber) else f"{end:.9g}"


def _short(ball: arb, digits: int = 8) -> str:
    return str(ball.str(digits, radius=False))
