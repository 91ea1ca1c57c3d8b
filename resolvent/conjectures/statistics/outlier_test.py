"""Claimed outliers against sampled eigenvalues: each place with its own fluctuation, and the edge with its.

An outlier of an n x n matrix fluctuates by n^-1/2 about its place, from matrix to matrix; the outermost eigenvalue of a
bulk stays within a few times the distance from the edge that holds the mass 1/n, which is n^-2/3 at a soft edge (Tracy
and Widom 1994) and is read off the law. So means over trials tell an outlier from the edge, and its place, without a
margin for either.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from resolvent.catalog.conjectures.conjecture import REFUTED, SUPPORTED, UNDECIDED, Status
from resolvent.conjectures.statistics.corrections import EXPONENTS
from resolvent.numeric.density.chebyshev_piece import Array
from resolvent.numeric.statistics.empirical_spectrum import edge_margin

_LEAK = 0.5  # how far the mean of the outermost eigenvalue may be outside, in units of the edge's own scale
_FAR = 1.5  # how far a single one may be: once in several thousand matrices it is further
_NEAR = 3.0
_ROUNDED = 1e-12  # of the width
_FALL = 0.01  # the one-sided level at which a gap falls with the size

Found = tuple[Status, str]


@dataclass(frozen=True)
class _Part:
    """An interval of the support, or an atom, with the scale on which eigenvalues leave it on each side."""

    left: float
    right: float
    below: float
    above: float


def outlier_finding(
    places: Array, law: Any, draws: Mapping[int, Sequence[Array]], level: float, resolution: float, is_slow: bool
) -> Found:
    """Whether the claimed outliers, and no others, are seen.

    Args:
        places: where they are claimed, increasing.
        law: whose support they lie outside of.
        draws: size -> the eigenvalues of each matrix.
        level: of all tests together.
        resolution: how precisely places are to be known before they are supported, in units of the support's width.
        is_slow: whether corrections of the bulk fall slower than 1/size, so that a gap refutes nothing.
    """
    sizes = tuple(sorted(draws))
    trials = {n: [np.sort(e) for e in draws[n]] for n in sizes}
    rows = [len(trials[n][0]) for n in sizes]
    parts = _parts(law, rows[-1])
    if any(part.left <= place <= part.right for part in parts for place in places):
        return REFUTED, "an outlier is claimed inside of the support"
    lower, upper = law.support()
    width = upper - lower or max(float(np.max(np.abs(e))) for e in trials[sizes[-1]])  # of a point mass
    tests = len(places) + 2
    reached = 0.0
    for side in (1.0, -1.0):
        edge, scale = (upper, parts[-1].above) if side > 0 else (-lower, parts[0].below)
        claimed = np.sort(side * places[side * places > edge])[::-1]
        for status, text, reach in _outer(claimed, side, edge, scale, width, trials, level / tests):
            if status == REFUTED and is_slow:
                return UNDECIDED, f"{text}; corrections that fall slower than 1/size may explain it"
            if status is not None:
                return status, text
            reached = max(reached, reach)
    for a, b in pairwise(parts):
        inside = places[(places > a.right) & (places < b.left)]
        found = _inner(
            inside, a.right + _FAR * a.above, b.left - _FAR * b.below, trials[sizes[-1]], width, level / tests
        )
        if isinstance(found, tuple):
            return found
        reached = max(reached, found)
    if reached > resolution * width:
        text = (
            f"matrices of this size tell outliers to within {reached:.2g} only, {resolution * width:.2g} is asked for"
        )
        return UNDECIDED, f"{text}; take larger ones"
    if not len(places):
        return SUPPORTED, f"none is claimed, and none is seen further than {reached:.2g} from the support"
    return SUPPORTED, f"{len(places)} outliers are claimed, and seen where they are claimed, to within {reached:.2g}"


def _parts(law: Any, rows: int) -> list[_Part]:
    """The parts of the support from left to right, those that touch made one."""
    found: list[_Part] = []
    for interval in law.intervals:
        a, b = float(interval.left), float(interval.right)
        after, before = (float(law.cdf(np.array([x]))[0]) for x in (a, np.nextafter(b, a)))
        below, above = (float(v) for v in law.ppf(np.clip([after + 1 / rows, before - 1 / rows], 0.0, 1.0)))
        found.append(_Part(a, b, min(max(below, a), b) - a, b - max(min(above, b), a)))
    margin = edge_margin(law, rows)
    found += [_Part(float(t.point), float(t.point), margin, margin) for t in law.atoms]
    merged: list[_Part] = []
    for part in sorted(found, key=lambda p: (p.left, -p.right)):
        if merged and part.left <= merged[-1].right:
            if part.right > merged[-1].right:
                merged[-1] = _Part(merged[-1].left, part.right, merged[-1].below, part.above)
        else:
            merged.append(part)
    return merged


def _outer(
    claimed: Array,
    side: float,
    edge: float,
    scale: float,
    width: float,
    trials: Mapping[int, Sequence[Array]],
    level: float,
) -> Iterator[tuple[Status | None, str, float]]:
    """(what follows or None, text, precision) for each outlier beyond an end of the support, and for the next one.

    All is mirrored for the left end, so that claimed places decrease towards the edge.
    """
    sizes = sorted(trials)
    rows = len(trials[sizes[-1]][0])
    seen = {
        n: np.stack([np.sort(side * e)[::-1][: len(claimed) + 1] for e in trials[n]]) for n in (sizes[0], sizes[-1])
    }
    first, last = seen[sizes[0]], seen[sizes[-1]]
    for k, place in enumerate(claimed):
        near = scale if place - edge < _NEAR * scale else 0.0
        gap, reach = _gap(last[:, k] - place, level)
        reach += width / rows + near
        where = f"{side * place:.6g}"
        if place - edge < 2 * reach and abs(gap) <= reach:
            text = f"an outlier is claimed at {where}, not further than {2 * reach:.3g} from the support"
            yield UNDECIDED, f"{text}: matrices of this size do not tell; take larger ones", reach
        elif abs(gap) > reach:
            mean, error = side * float(last[:, k].mean()), float(last[:, k].std(ddof=1)) / np.sqrt(len(last))
            text = f"an outlier is claimed at {where}; it is seen at {mean:.6g} +- {error:.1g}"
            yield *_unless_it_falls(text, first[:, k] - place, last[:, k] - place, sizes), reach
        else:
            yield None, "", reach
    gap, reach = _gap(last[:, -1] - edge, level)
    reach += _LEAK * scale + _ROUNDED * width
    if gap > reach:
        text = (
            f"{len(claimed)} outliers are claimed beyond {side * edge:.6g}; a typical matrix has another one, seen at "
        )
        text = f"{text}{side * (edge + gap):.6g}, further than {reach:.2g} from the support"
        yield *_unless_it_falls(text, first[:, -1] - edge, last[:, -1] - edge, sizes), reach
    else:
        yield None, "", reach


def _gap(values: Array, level: float) -> tuple[float, float]:
    """The mean, and what its fluctuation may be at a two-sided level."""
    from scipy.stats import t as student

    error = float(values.std(ddof=1)) / np.sqrt(len(values))
    return float(values.mean()), float(student.isf(level / 2, len(values) - 1)) * error


def _unless_it_falls(text: str, first: Array, last: Array, sizes: Sequence[int]) -> Found:
    """Refuted, unless the gap falls with the size for sure, as fast as a slow correction does."""
    from scipy.stats import norm

    a, b = abs(float(first.mean())), abs(float(last.mean()))
    errors = [float(v.std(ddof=1)) / np.sqrt(len(v)) for v in (first, last)]
    sure = float(norm.isf(_FALL)) * float(np.hypot(*errors))
    slowest = (sizes[0] / sizes[-1]) ** EXPONENTS[0]
    if a - b > sure and b - slowest * a < sure:
        return UNDECIDED, f"{text}; the distance falls with the size, which larger sizes will follow"
    return REFUTED, text


def _inner(
    places: Array, low: float, high: float, trials: Sequence[Array], width: float, level: float
) -> Found | float:
    """What follows for the outliers in a gap of the support, or how precisely they are known."""
    counts = [int(np.sum((e > low) & (e < high))) for e in trials]
    if np.any((places <= low) | (places >= high)):
        text = f"an outlier is claimed at {places[0]:.6g}, too close to the support"
        return UNDECIDED, f"{text}: matrices of this size do not tell; take larger ones"
    typical = float(np.median(counts))
    if typical != len(places):
        return (
            REFUTED,
            f"{len(places)} outliers are claimed in a gap of the support; a typical matrix has {typical:.3g}",
        )
    reached = 0.0
    full = [e[(e > low) & (e < high)] for e, count in zip(trials, counts, strict=True) if count == len(places)]
    for k, place in enumerate(places):
        if len(full) < 2:
            return UNDECIDED, "too few matrices have as many outliers as are claimed"
        values = np.array([e[k] for e in full])
        gap, reach = _gap(values - place, level)
        reach += width / len(trials[0])
        if abs(gap) > reach:
            return REFUTED, f"an outlier is claimed at {place:.6g}; it is seen at {values.mean():.6g}"
        reached = max(reached, reach)
    return reached
