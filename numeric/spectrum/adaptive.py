r"""Integrals by adaptive bisection, over stretches that each begin at a point where the integrand may be singular.

Panels have Clenshaw-Curtis rules of 33 and 17 nodes: they leave no gap between panels for a jump to hide in. A panel at
a singular point has rules of 50 and 17 nodes without that end. A stretch is held as distances from its singular point,
so points next to 0 keep all their digits, and a panel can shrink as far as the singularity asks. Next to another point
p, floats lie |p| 2e-16 apart: what a function takes from such neighbourhoods counts as error.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any, Protocol

import numpy as np
from numpy.polynomial import chebyshev as cheb
from numpy.typing import ArrayLike

from resolvent.derive.errors import ParameterError, PrecisionError
from resolvent.numeric.density.chebyshev_piece import Array

BLUR = 64 * 2.0**-52  # relative differences of points that a function cannot be trusted to see
_MOST_PANELS, _AT_ONCE = 12000, 64
_SHRINK = 1 / 8  # of a panel at a singular point: its part next to the point
_DEEPEST = 1e-250  # distances
_ROUNDING = 4e-16
_UNRESOLVED = 1e-6  # relative difference of the rules from which on they have not begun to converge
_UNSURE = 20.0

Integrand = Callable[[Array], Array]  # of points; the last axis is that of the points


class Stretch(Protocol):
    """A part of a measure next to a point where the integrand may be singular, in a variable in which it is smooth."""

    @property
    def blur(self) -> float:
        """Relative differences of points that the integrand cannot be trusted to see."""

    @property
    def cuts(self) -> Array:
        """The ends of the first panels, increasing distances from the point, beginning with 0."""

    def nodes(self, distance: Array) -> tuple[Array, Array, Array]:
        """Points, the mass for a unit of the distance, and whether points are too near to the singular one."""


Panel = tuple[Stretch, float, float]


def adaptive(stretches: Sequence[Stretch], integrand: Integrand, tolerance: float) -> Any:
    """The integral by bisecting the panel with the largest error until the sum of the errors is small.

    Raises `PrecisionError` if the tolerance is not reached; see `error_allowed`.
    """
    queue: list[tuple[float, int]] = []  # errors with the sign reversed, and the numbers of panels
    found: dict[int, tuple[Any, Panel]] = {}  # values and panels by number
    settled, count, largest = 0.0, 0, 0.0  # settled: what bisecting would not change
    pending = [(stretch, low, high) for stretch in stretches for low, high in pairwise(stretch.cuts.tolist())]
    while count < _MOST_PANELS:
        panels, largest_here = _panels(pending, integrand)
        largest = max(largest, largest_here)
        for value, doubt, fixed, panel in panels:
            count += 1
            found[count] = value, panel
            if fixed:
                settled += doubt
            else:
                heapq.heappush(queue, (-doubt, count))
        total = sum(value for value, _ in found.values())
        allowed = error_allowed(tolerance, total, largest)
        error = settled - math.fsum(entry[0] for entry in queue)
        if error <= allowed:
            return total
        if settled > allowed or not queue:
            break
        pending = []
        while queue and (not pending or (len(pending) < _AT_ONCE and -queue[0][0] > allowed / (8 * len(queue)))):
            stretch, low, high = found.pop(heapq.heappop(queue)[1])[1]
            cut = low + (high - low) * (_SHRINK if low == 0.0 else 0.5)
            pending += [(stretch, low, cut), (stretch, cut, high)]
    raise PrecisionError(
        f"the expectation did not settle to {tolerance:g}; it may diverge. Loosen the tolerance, name singular points "
        "by points=[...], or shift the variable so that a strong singularity is at 0",
        error=error,
    )


def error_allowed(tolerance: float, total: Any, largest: float) -> float:
    """The error that a tolerance allows: relative to the integral, or to 1 or the largest value if that is larger.

    So a function of small values has the digits that it has in other units.
    """
    return tolerance * max(min(largest, 1.0), float(np.max(np.abs(total))))


def largest_of(values: Array) -> float:
    """The largest absolute value of those that are finite."""
    sizes = np.abs(values)
    return float(np.max(sizes, where=np.isfinite(sizes), initial=0.0))


def _panels(panels: Sequence[Panel], integrand: Integrand) -> tuple[list[tuple[Any, float, bool, Panel]], float]:
    """Value, error, whether bisecting would be in vain, and the panel, for each one; and the largest value of all."""
    prepared = []
    for stretch, low, high in panels:
        rule = _open_rule() if low == 0.0 else _closed_rule()
        prepared.append((rule, *stretch.nodes(low + (high - low) * (rule.nodes + 1) / 2)))
    with np.errstate(all="ignore"):
        values = integrand(np.concatenate([entry[1] for entry in prepared]))
    found, start = [], 0
    for panel, (rule, x, weight, blurred) in zip(panels, prepared, strict=True):
        with np.errstate(all="ignore"):
            mass = weight * ((panel[2] - panel[1]) / 2)
            found.append((*_judged(rule, values[..., start : start + len(x)], mass, x, blurred, panel), panel))
        start += len(x)
    return found, largest_of(values)


def _judged(rule: _Rule, values: Array, mass: Array, x: Array, blurred: Array, panel: Panel) -> tuple[Any, float, bool]:
    """Value, error and whether bisecting would be in vain, from the integrand and the mass on a unit of the rule."""
    stretch, low, high = panel
    narrow = high < _DEEPEST or bool(stretch.blur and np.ptp(x) <= stretch.blur * np.max(np.abs(x)))
    terms = np.where(mass == 0.0, 0.0, values * mass)  # the mass underflows next to an edge
    value, sizes = np.sum(terms * rule.fine, axis=-1), np.abs(terms)
    doubt = float(np.max(np.abs(value - np.sum(terms * rule.coarse, axis=-1))))
    doubt = max(doubt, float(np.max(np.abs(terms @ rule.tail))))
    size = float(np.max(np.sum(sizes * rule.fine, axis=-1)))
    if doubt > _UNRESOLVED * size:
        doubt *= _UNSURE  # a singular point is inside, and the rules may agree by accident
    if low == 0.0:
        doubt *= _trust(rule, np.max(sizes, axis=tuple(range(sizes.ndim - 1))))
    unseen = np.ones_like(blurred) if narrow else blurred
    if np.any(unseen):
        differences = np.abs(values[..., unseen] - values[..., unseen][..., :1])
        doubt += float(np.max(differences)) * float(np.sum(mass[unseen] * rule.fine[unseen]))
    if not math.isfinite(doubt):
        return np.zeros_like(value), math.inf, narrow
    return value, doubt if doubt > _ROUNDING * size else 0.0, narrow


def _trust(rule: _Rule, sizes: Array) -> float:
    """By what the difference of the open rules is to be multiplied to bound the error at a singular point.

    For the power d^b of the distance the error of n nodes is proportional to n^(-2 - 2b), and the finer rule has more
    than twice as many. The power is read off the two nodes next to the point.
    """
    lowest, other = float(sizes[0]), float(sizes[1])
    if not (math.isfinite(lowest) and math.isfinite(other)):
        return math.inf
    if lowest == 0.0 or other == 0.0:
        return 2.0
    exponent = (math.log(other) - math.log(lowest)) / math.log((1 + rule.nodes[1]) / (1 + rule.nodes[0]))
    return max(2.0, 2.0 / (4.0 ** min(1 + exponent, 2.0) - 1)) if exponent > -0.999 else math.inf


@dataclass(frozen=True, eq=False)
class _Rule:
    """Two rules on [-1, 1], the coarser one on a part of the nodes of the finer one; these increase.

    The columns of ``tail`` take values to the last coefficients of the interpolating polynomial.
    """

    nodes: Array
    fine: Array
    coarse: Array
    tail: Array


@lru_cache(maxsize=1)
def _closed_rule() -> _Rule:
    nodes = -np.cos(np.pi * np.arange(33) / 32)
    return _interpolating(nodes, np.arange(0, 33, 2))


@lru_cache(maxsize=1)
def _open_rule() -> _Rule:
    nodes = -np.cos(np.pi * np.arange(1, 100, 2) / 99)
    return _interpolating(nodes, np.arange(1, 50, 3))


def _interpolating(nodes: Array, chosen: Array) -> _Rule:
    """The rules that integrate the polynomials through all and through the chosen nodes."""
    coarse = np.zeros(len(nodes))
    coarse[chosen] = _weights(nodes[chosen])
    to_series = np.linalg.inv(cheb.chebvander(nodes, len(nodes) - 1))
    return _Rule(nodes, _weights(nodes), coarse, to_series[-8:].T)


def _weights(nodes: Array) -> Array:
    k = np.arange(len(nodes))
    integrals = np.where(k % 2 == 0, 2.0 / (1.0 - np.where(k % 2 == 0, k, 0.0) ** 2), 0.0)  # of T_k
    return np.linalg.solve(cheb.chebvander(nodes, len(nodes) - 1).T, integrals)


def checked(function: Callable[[Array], ArrayLike]) -> Integrand:
    """The function, with its values made an array of numbers whose last axis is that of the points.

    Raises `ParameterError`, when it is called, for other values.
    """
    return lambda x: _values(function, x)


def _values(function: Callable[[Array], ArrayLike], x: Array) -> Array:
    values = np.asarray(function(x))
    if values.dtype.kind not in "biufc":
        raise ParameterError(f"the function must return numbers; got an array of {values.dtype}", function=function)
    if values.ndim and values.shape[-1] != len(x):
        raise ParameterError(
            f"the function must return an array whose last axis is that of the {len(x)} points; got the shape "
            f"{values.shape}",
            shape=values.shape,
        )
    if values.dtype.kind != "c":
        values = values.astype(float)
    return np.broadcast_to(values, x.shape) if values.ndim == 0 else values


def checked_points(points: Iterable[float], tolerance: float) -> list[float]:
    """The points as floats; raises `ParameterError` unless they are finite numbers and the tolerance is positive."""
    try:
        places = [float(p) for p in points]
    except (TypeError, ValueError) as error:
        raise ParameterError(f"points must be a list of numbers; got {points!r}", points=points) from error
    if not all(math.isfinite(p) for p in places):
        raise ParameterError(f"points must be finite; got {points!r}", points=points)
    if not (isinstance(tolerance, (int, float)) and 0 < tolerance < math.inf):
        raise ParameterError(f"tolerance must be a positive number; got {tolerance!r}", tolerance=tolerance)
    return places


def with_atoms(total: Any, integrand: Integrand, points: Array, weights: Array) -> Any:
    """An integral with what atoms add to it, as a number or an array.

    Raises `ParameterError` if the function is not defined at an atom.
    """
    if len(points):
        with np.errstate(divide="ignore", invalid="ignore"):
            total = total + np.sum(integrand(points) * weights, axis=-1)
        if np.any(np.isnan(total)):
            raise ParameterError("the function is not defined at an atom, or infinite with both signs", atoms=points)
    if np.ndim(total):
        return total
    return complex(total) if np.iscomplexobj(total) else float(total)
