"""Where a formula is looked at: closer together where it may vary, so that no narrow peak hides between the points.

Ball arithmetic bounds a formula on whole intervals; an interval on which the bound is wide is halved.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flint import arb

from resolvent.catalog.conjectures.formula import Formula, NoValue

_FIRST = 64
_MOST = 3000  # evaluations
_NARROWEST = 1e-9
_VARIATION = 0.05
_NEGLIGIBLE = 1e-8
_NARROW = 1 / 4000
_MOST_PLACES = 24


@dataclass(frozen=True)
class Refinement:
    """Points of an interval, and the places at which they had to stand close together.

    Attributes:
        points: one in each part, from left to right.
        places: narrow features inside the interval: peaks, jumps, singularities. Empty if there are too many to list.
    """

    points: list[float]
    places: list[float]


def refinement(formula: Formula, at: Mapping[str, Any], left: float, right: float, scale: float = 0.0) -> Refinement:
    """The points for a formula in x on an interval; what varies by less than ``scale`` times 1/20 is not followed.

    >>> from flint import fmpq
    >>> from resolvent.language.formulas import parse_formula
    >>> found = refinement(parse_formula("exp(-10**12*(x - 1/3)**2)"), {}, -2.0, 2.0)
    >>> len(found.points) < 1000, [round(x, 5) for x in found.places]
    (True, [0.33333])
    """
    width = right - left
    waiting = deque((left + width * k / _FIRST, left + width * (k + 1) / _FIRST) for k in range(_FIRST))
    accepted: list[tuple[float, float]] = []
    left_over = _MOST
    while waiting:
        a, b = waiting.popleft()
        left_over -= 1
        if left_over < 0 or b - a < _NARROWEST * width or _is_flat(formula, at, a, b, scale):
            accepted.append((a, b))
        else:
            middle = (a + b) / 2
            waiting += [(a, middle), (middle, b)]
    accepted.sort()
    return Refinement([(a + b) / 2 for a, b in accepted], _places(accepted, width))


def _is_flat(formula: Formula, at: Mapping[str, Any], a: float, b: float, scale: float) -> bool:
    try:
        value = arb(formula.number({**at, "x": arb((a + b) / 2, (b - a) / 2)}, 53))
    except NoValue:
        return True
    if not value.is_finite():
        return False
    return bool(value.rad() <= _VARIATION * (scale + abs(value.mid())) + _NEGLIGIBLE)


def _places(parts: list[tuple[float, float]], width: float) -> list[float]:
    """The middle of each run of narrow parts, ends of the interval left out."""
    runs: list[list[tuple[float, float]]] = []
    previous = None
    for part in parts:
        if part[1] - part[0] < _NARROW * width:
            if previous is not None and runs and previous == runs[-1][-1]:
                runs[-1].append(part)
            else:
                runs.append([part])
        previous = part
    inner = [run for run in runs if run[0] != parts[0] and run[-1] != parts[-1]]
    found = []
    for run in inner:
        a, b = min(run, key=lambda part: part[1] - part[0])
        found.append((a + b) / 2)
    return found if len(found) <= _MOST_PLACES else []
