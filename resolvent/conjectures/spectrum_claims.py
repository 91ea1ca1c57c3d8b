"""Claimed edges, atoms, densities and means against a spectrum."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
from flint import arb, fmpq

from catalog.conjecture import REFUTED, SUPPORTED, UNDECIDED, Amount, AtomClaim, DensityClaim, MeanClaim, Point, Status
from catalog.formula import Formula
from derive.errors import ResolventError
from derive.field import to_fmpq
from derive.law import AlgebraicLaw
from numeric.piece import Array
from numeric.spectrum import Spectrum

BITS = 192
_SHOWN_DIGITS = 40
_NUMERICAL = 1e-8  # to which densities and means are compared
_POINTS = 200

Found = tuple[Status, str, str]


def edge_finding(claimed: Sequence[Amount], spectrum: Spectrum, values: Point) -> Found:
    """The claimed edges against the ends of the intervals, by isolation of the discriminant's roots."""
    actual = edge_balls(spectrum)
    shown = ", ".join(_digits(ball) for ball, _ in actual) or "none"
    if len(claimed) != len(actual):
        return REFUTED, f"{len(claimed)} edges are claimed; the law has {len(actual)}: {shown}", "proved"
    for k, (amount, (ball, is_exact)) in enumerate(zip(claimed, actual, strict=True), 1):
        value = amount.ball(values, BITS)
        if not value.is_finite():
            return REFUTED, f"edge {k}, {amount.text}, has no real value here", "proved"
        if not value.overlaps(ball):
            return (
                REFUTED,
                f"edge {k} is claimed at {amount.text} = {_digits(value)}; the law has it at {_digits(ball)}",
                ("proved" if is_exact else "numerical"),
            )
    certain = all(is_exact for _, is_exact in actual)
    digits = _SHOWN_DIGITS if certain else 9
    return (
        SUPPORTED,
        f"the {len(actual)} edges agree to {digits} digits: {shown}",
        "certified" if certain else "numerical",
    )


def edge_balls(spectrum: Spectrum) -> list[tuple[arb, bool]]:
    """The edges from left to right as balls, and whether they are exact ones."""
    if isinstance(spectrum.law, AlgebraicLaw):
        found = []
        for point in spectrum.edges:
            twice = point.below is not None and point.above is not None
            found += [(point.number.ball(BITS), True)] * (2 if twice else 1)
        return found
    ends = [end for interval in spectrum.intervals for end in (interval.left, interval.right)]
    return [(arb(end, 1e-9 * max(1.0, abs(end))), False) for end in ends]


def atom_finding(claimed: Sequence[AtomClaim], spectrum: Spectrum, values: Point) -> Found:
    """The claimed atoms against the exact ones; one of weight 0 counts as none."""
    actual = [(to_fmpq(a.point) if a.point.is_Rational else float(a.point), a.weight) for a in spectrum.atoms]
    shown = ", ".join(f"{weight} at {place}" for place, weight in actual) or "none"
    left = list(actual)
    for atom in claimed:
        place, weight = atom.place.ball(values, BITS), atom.weight.ball(values, BITS)
        if not (place.is_finite() and weight.is_finite()):
            return REFUTED, f"the atom {atom.weight.text} at {atom.place.text} has no real value here", "proved"
        if weight == 0:
            continue
        match = next((a for a in left if _holds(place, a[0]) and _holds(weight, a[1])), None)
        if match is None:
            text = f"an atom of weight {_short(weight)} is claimed at {_short(place)}; the law's atoms: {shown}"
            return REFUTED, text, "proved"
        left.remove(match)
    if left:
        return REFUTED, f"the law has an atom that is not claimed: {left[0][1]} at {left[0][0]}", "proved"
    return SUPPORTED, f"the atoms agree: {shown}", "proved"


def _holds(ball: arb, value: Any) -> bool:
    if isinstance(value, fmpq):
        return bool(ball.contains(value))
    if getattr(value, "is_Rational", False):
        return bool(ball.contains(to_fmpq(value)))
    return bool(abs(float(ball.mid()) - float(value)) <= 1e-12 * max(1.0, abs(float(value))))


def density_finding(claim: DensityClaim, spectrum: Spectrum, values: Point) -> Found:
    """The claimed density at points inside the support, and zero outside of the claimed intervals."""
    intervals = [(a.ball(values), b.ball(values)) for a, b in claim.intervals]
    if not all(a.is_finite() and b.is_finite() and a < b for a, b in intervals):
        return REFUTED, "the ends of the claimed intervals are not real and increasing here", "proved"
    ends = sorted((float(a), float(b)) for a, b in intervals)
    worst, place, pair, scale = 0.0, 0.0, (0.0, 0.0), 0.0
    for interval in spectrum.intervals:
        theta = (np.arange(_POINTS) + 0.5) * np.pi / _POINTS
        x = interval.left + (interval.right - interval.left) * (1 - np.cos(theta)) / 2
        inside = np.any([(x > a) & (x < b) for a, b in ends], axis=0)
        given = np.where(inside, claim.formula.values({**_floats(values), "x": x}) + 0 * x, 0.0)
        exact = spectrum.pdf(x)
        if not np.all(np.isfinite(given)):
            bad = float(x[~np.isfinite(given)][0])
            return REFUTED, f"the claimed density has no finite value at x = {bad:.6g}", "numerical"
        scale = max(scale, float(np.median(exact)))
        gaps = np.abs(given - exact) / (np.abs(exact) + scale)
        k = int(np.argmax(gaps))
        if gaps[k] > worst:
            worst, place, pair = float(gaps[k]), float(x[k]), (float(given[k]), float(exact[k]))
    if worst > _NUMERICAL:
        text = f"at x = {place:.6g} the claimed density is {pair[0]:.10g}, the law's {pair[1]:.10g}"
        return REFUTED, text, "numerical"
    for a, b in ends:
        if not any(abs(a - i.left) + abs(b - i.right) <= 1e-7 * max(1, b - a) for i in spectrum.intervals):
            covered = any(i.left <= a and b <= i.right for i in spectrum.intervals)
            if not covered and _mass(claim, a, b, values, spectrum) > _NUMERICAL:
                return (
                    REFUTED,
                    f"the claimed density has mass on [{a:.6g}, {b:.6g}], outside of the support",
                    "numerical",
                )
    return SUPPORTED, f"the density agrees to {max(worst, 1e-15):.0e} at {_POINTS} points of each interval", "numerical"


def _mass(claim: DensityClaim, a: float, b: float, values: Point, spectrum: Spectrum) -> float:
    """The largest value of the claimed density where the law has none."""
    x = np.linspace(a, b, 1001)[1:-1]
    outside = np.all([(x < i.left) | (x > i.right) for i in spectrum.intervals], axis=0)
    given = np.abs(claim.formula.values({**_floats(values), "x": x}) + 0 * x)
    return float(np.max(np.nan_to_num(given[outside], nan=np.inf), initial=0.0))


def _floats(values: Point) -> dict[str, float]:
    return {name: float(value) for name, value in values.items()}


def mean_findings(claimed: Sequence[MeanClaim], spectrum: Spectrum, values: Point) -> Iterator[Found]:
    """The claimed means of test functions against integrals over the spectrum."""
    for mean in claimed:
        value = mean.value.ball(values)
        if not value.is_finite():
            yield REFUTED, f"the value {mean.value.text} of the mean of {mean.text} is not real here", "proved"
            continue
        numbers = _floats(values)
        try:
            found = float(spectrum.expect(partial(_values, mean.formula, numbers)))
        except (ResolventError, ValueError) as error:
            yield UNDECIDED, f"the mean of {mean.text} cannot be computed: {error}", ""
            continue
        wanted = float(value)
        close = abs(found - wanted) <= _NUMERICAL * max(1.0, abs(wanted))
        text = f"the mean of {mean.text} is {found:.12g}"
        yield (SUPPORTED, text, "numerical") if close else (REFUTED, f"{text}; claimed: {wanted:.12g}", "numerical")


def _values(formula: Formula, numbers: dict[str, float], x: Array) -> Array:
    return formula.values({**numbers, "x": x}) + 0 * x


def _digits(ball: arb) -> str:
    return str(ball.str(17, radius=False))


def _short(ball: arb) -> str:
    return str(ball.str(8, radius=False))
