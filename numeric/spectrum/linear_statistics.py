r"""Integrals of functions against a measure, with singularities at edges, at 0, at atoms and at points that are named.

A smooth function takes Fejer's rule in the edge-free variable t. Otherwise the interval is cut at the singular points,
and each part is bisected adaptively, with Clenshaw-Curtis rules of 33 and 17 nodes: they leave no gap between panels
for a jump to hide in. A panel at a singular point has rules of 50 and 17 nodes without that end. A panel is held as
distances from the singular point nearest to it in t: x minus that point is a polynomial in the distance without a
constant term, so points next to 0 keep all their digits, and a panel can shrink as far as the singularity asks. Next to
another point p, floats lie |p| 2e-16 apart: what a function takes from such neighbourhoods counts as error.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.polynomial import chebyshev as cheb
from numpy.polynomial import polynomial as poly
from numpy.typing import ArrayLike

from resolvent.derive.errors import ParameterError, PrecisionError
from resolvent.numeric.density.chebyshev_piece import Array, Piece
from resolvent.numeric.spectrum.measure import Pieces

_SMOOTH_NODES = (64, 128, 256, 512)
_SMOOTH = 1e-10  # two sums that differ by more may agree by accident
_ROUGHLY = 0.01
_MOST_PANELS, _AT_ONCE = 6000, 64
_FIRST, _SHRINK = 1 / 64, 1 / 8  # of a stretch, of a panel at a singular point: its part next to the point
_DEEPEST = 1e-250  # distances in t
_BLUR = 64 * 2.0**-52  # relative differences of points that a function cannot be trusted to see
_ROUNDING = 4e-16
_UNRESOLVED = 1e-6  # relative difference of the rules from which on they have not begun to converge
_UNSURE = 20.0

_Integrand = Callable[[Array, Array], Array]  # of points and densities; the last axis is that of the points


def expect(
    measure: Pieces,
    function: Callable[[Array], ArrayLike],
    tolerance: float = 1e-11,
    points: Iterable[float] = (),
) -> Any:
    """The integral of a function against a measure, atoms included.

    Args:
        measure: the pieces and atoms.
        function: takes an array of n points to one of shape (n,) or (..., n), real or complex, or to a number.
        tolerance: the error allowed, relative to the integral or to 1 if that is larger; for several functions at
            once, to the largest integral.
        points: where the function is singular, has a kink or jumps, apart from edges, atoms and 0.

    Returns a float, a complex number, or an array without the last axis. A function that is infinite at an atom gives
    an infinite value, whether or not the singularity can be integrated against the density.

    >>> import numpy as np
    >>> from resolvent.derive.laws.elementary import marchenko_pastur
    >>> from resolvent.numeric.spectrum import Spectrum
    >>> rho = Spectrum(marchenko_pastur(1)).measure.parts
    >>> round(expect(rho, np.log), 11), expect(rho, lambda x: np.array([x, x**2])).round(11)
    (-1.0, array([1., 2.]))
    >>> bool(abs(expect(rho, lambda x: x > 3, points=[3]) - Spectrum(marchenko_pastur(1)).sf(3)) < 1e-12)
    True

    Raises `PrecisionError` if the tolerance is not reached (the integral may diverge), `ParameterError` if the function
    is not defined at an atom or returns another shape, or if tolerance or points are no finite numbers.
    """
    places = _checked_points(points)
    if not (isinstance(tolerance, (int, float)) and 0 < tolerance < math.inf):
        raise ParameterError(f"tolerance must be a positive number; got {tolerance!r}", tolerance=tolerance)
    total: Any = 0.0
    if measure.pieces:
        total = _over_pieces(measure, lambda x, _: _values(function, x), tolerance, places)
    if len(measure.points):
        with np.errstate(divide="ignore", invalid="ignore"):
            total = total + np.sum(_values(function, measure.points) * measure.weights, axis=-1)
        if np.any(np.isnan(total)):
            raise ParameterError(
                "the function is not defined at an atom, or infinite with both signs", atoms=measure.points
            )
    return _plain(total)


def entropy(measure: Pieces) -> float:
    """The differential entropy -int rho log rho dx; -oo if there is an atom.

    >>> from resolvent.derive.laws.elementary import semicircle
    >>> from resolvent.numeric.spectrum import Spectrum
    >>> bool(abs(entropy(Spectrum(semicircle()).measure.parts) - (math.log(2 * math.pi) - 0.5)) < 1e-12)
    True
    """
    if len(measure.points):
        return -math.inf
    return float(_over_pieces(measure, lambda _, density: -np.log(density), 1e-12, [], of_points=False))


def _checked_points(points: Iterable[float]) -> list[float]:
    try:
        places = [float(p) for p in points]
    except (TypeError, ValueError) as error:
        raise ParameterError(f"points must be a list of numbers; got {points!r}", points=points) from error
    if not all(math.isfinite(p) for p in places):
        raise ParameterError(f"points must be finite; got {points!r}", points=points)
    return places


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


def _plain(total: Any) -> Any:
    if np.ndim(total):
        return total
    return complex(total) if np.iscomplexobj(total) else float(total)


def _over_pieces(
    measure: Pieces, integrand: _Integrand, tolerance: float, places: list[float], of_points: bool = True
) -> Any:
    if not places:
        total = _smooth(measure.pieces, integrand, tolerance)
        if total is not None:
            return total
    places = [0.0, *measure.points, *places]
    parts = [part for piece in measure.pieces for part in _parts(piece, places, _BLUR if of_points else 0.0)]
    return _adaptive(parts, integrand, tolerance)


def _smooth(pieces: Sequence[Piece], integrand: _Integrand, tolerance: float) -> Any:
    """The integral by Fejer's rule, or None if it does not settle soon.

    The integral of the absolute value has to settle roughly: a rule may see 0 where infinities cancel.
    """
    before: Any = math.inf
    size_before = math.inf
    for odd, points in zip((0, 1, 0, 1), _SMOOTH_NODES, strict=True):  # a jump may be hidden between nodes around 0
        total: Any = 0.0
        size: Any = 0.0
        for piece in pieces:
            x, weights = piece.quadrature(64 * math.ceil((points + 2 * len(piece.boundary)) / 64) + odd)
            with np.errstate(all="ignore"):
                terms = weights * integrand(x, piece.pdf(x))
            total = total + np.sum(terms, axis=-1)
            size = size + np.sum(np.abs(terms), axis=-1)
        change = np.max(np.abs(total - before))
        if change <= 0.1 * min(tolerance, _SMOOTH) * max(1.0, float(np.max(np.abs(total)))) and np.all(
            np.abs(size - size_before) <= _ROUGHLY * size
        ):
            return total
        before, size_before = total, size
    return None


# -- adaptive bisection ------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Part:
    """The stretch of a piece between a singular point and the middle to the next one.

    Attributes:
        piece: the piece.
        start: t of the singular point.
        sign: 1 if the stretch lies to the right of it.
        point: x of the singular point, rounded.
        rest: what the rounding has taken from it.
        offsets: coefficients of x - point in the distance from it, lowest first, without a constant term.
        top: the length of the stretch in t.
        blur: relative differences of points that the integrand cannot be trusted to see.
    """

    piece: Piece
    start: float
    sign: int
    point: float
    rest: float
    offsets: Array
    top: float
    blur: float

    def nodes(self, distance: Array) -> tuple[Array, Array, Array, Array]:
        """Points, densities, dx/dt and whether the points are too near to the singular one, at distances in t."""
        piece = self.piece
        t = self.start + self.sign * distance
        s = distance if self.start == -1.0 else 1 + t
        r = distance if self.start == 1.0 else 1 - t
        offset = self.rest + poly.polyval(distance, self.offsets)
        x = self.point + offset
        blurred = np.abs(x - self.point) < self.blur * abs(self.point)
        x = np.where(x == self.point, np.nextafter(self.point, self.sign * math.inf), x)
        (a, b), (e, f) = piece.orders, piece.ramification
        analytic = np.maximum(cheb.chebval(t, piece.boundary), 0.0)
        with np.errstate(all="ignore"):
            density = analytic * s ** float(a) * r ** float(b)
            weight = analytic * s ** float(a + e - 1) * r ** float(b + f - 1) * piece.speed  # keeps small numbers
        return x, density, weight, blurred


def _adaptive(parts: Sequence[_Part], integrand: _Integrand, tolerance: float) -> Any:
    """The integral by bisecting the panel with the largest error until the sum of the errors is small."""
    queue: list[tuple[float, int]] = []  # errors with the sign reversed, and the numbers of panels
    found: dict[int, tuple[Any, tuple[_Part, float, float]]] = {}  # values and panels by number
    settled, count = 0.0, 0  # settled: what bisecting would not change
    pending = [panel for part in parts for c in (_FIRST * part.top,) for panel in ((part, 0.0, c), (part, c, part.top))]
    while count < _MOST_PANELS:
        for value, doubt, fixed, panel in _panels(pending, integrand):
            count += 1
            found[count] = value, panel
            if fixed:
                settled += doubt
            else:
                heapq.heappush(queue, (-doubt, count))
        total = sum(value for value, _ in found.values())
        allowed = tolerance * max(1.0, float(np.max(np.abs(total))))
        error = settled - math.fsum(entry[0] for entry in queue)
        if error <= allowed:
            return total
        if settled > allowed or not queue:
            break
        pending = []
        while queue and (not pending or (len(pending) < _AT_ONCE and -queue[0][0] > allowed / (8 * len(queue)))):
            part, low, high = found.pop(heapq.heappop(queue)[1])[1]
            cut = low + (high - low) * (_SHRINK if low == 0.0 else 0.5)
            pending += [(part, low, cut), (part, cut, high)]
    raise PrecisionError(
        f"the expectation did not settle to {tolerance:g}; it may diverge. Loosen the tolerance, name singular points "
        "by points=[...], or shift the variable so that a strong singularity is at 0",
        error=error,
    )


def _parts(piece: Piece, places: Sequence[float], blur: float) -> list[_Part]:
    """The piece, cut at places inside and in the middles between them."""
    inside = np.unique([p for p in places if piece.left < p < piece.right])
    s, r = piece.position(inside) if len(inside) else (np.empty(0), np.empty(0))
    inner = np.where(s <= r, s - 1, 1 - r)
    kept = (s > 1e-14) & (r > 1e-14)
    stops = [
        (-1.0, piece.left, piece.rests[0]),
        *((float(t), float(p), 0.0) for t, p in zip(inner[kept], inside[kept], strict=True)),
        (1.0, piece.right, piece.rests[1]),
    ]
    found = []
    for first, last in pairwise(stops):
        half = (last[0] - first[0]) / 2
        found.append(_Part(piece, first[0], 1, first[1], first[2], _offsets(piece, first[0], 1), half, blur))
        found.append(_Part(piece, last[0], -1, last[1], last[2], _offsets(piece, last[0], -1), half, blur))
    return found


def _offsets(piece: Piece, start: float, sign: int) -> Array:
    """x(start + sign d) - x(start) as a polynomial in d."""
    if start == 1.0:
        return -piece.width * piece.from_right
    taylor = piece.width * piece.from_left
    moved = np.zeros_like(taylor)
    for k in range(len(taylor)):
        slope = poly.polyder(taylor, k) if k else taylor
        moved[k] = poly.polyval(1 + start, slope) / math.factorial(k) * sign**k
    moved[0] = 0.0
    return moved


def _panels(
    panels: Sequence[tuple[_Part, float, float]], integrand: _Integrand
) -> list[tuple[Any, float, bool, tuple[_Part, float, float]]]:
    """Value, error, whether bisecting would be in vain, and the panel itself, for each panel."""
    prepared = []
    for part, low, high in panels:
        rule = _open_rule() if low == 0.0 else _closed_rule()
        prepared.append((rule, *part.nodes(low + (high - low) * (rule.nodes + 1) / 2)))
    with np.errstate(all="ignore"):
        values = integrand(
            np.concatenate([entry[1] for entry in prepared]), np.concatenate([entry[2] for entry in prepared])
        )
    found, start = [], 0
    for panel, (rule, x, _, weight, blurred) in zip(panels, prepared, strict=True):
        with np.errstate(all="ignore"):
            mass = weight * ((panel[2] - panel[1]) / 2)
            found.append((*_judged(rule, values[..., start : start + len(x)], mass, x, blurred, panel), panel))
        start += len(x)
    return found


def _judged(
    rule: _Rule, values: Array, mass: Array, x: Array, blurred: Array, panel: tuple[_Part, float, float]
) -> tuple[Any, float, bool]:
    """Value, error and whether bisecting would be in vain, from the integrand and the mass on a unit of the rule."""
    part, low, high = panel
    narrow = high < _DEEPEST or bool(part.blur and np.ptp(x) <= part.blur * np.max(np.abs(x)))
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
