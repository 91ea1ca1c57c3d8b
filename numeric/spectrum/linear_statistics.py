r"""Integrals of functions against a measure in pieces, singular at edges, at 0, at atoms and at points that are named.

A smooth function takes Fejer's rule in the edge-free variable t; a rule with thousands of nodes then has to agree, so
that no feature is missed that is wider than a two-thousandth of the support. Other functions are integrated adaptively,
over stretches that begin at the singular points: x minus such a point is a polynomial in the distance in t.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.polynomial import chebyshev as cheb
from numpy.typing import ArrayLike

from resolvent.derive.errors import PrecisionError
from resolvent.numeric.density.chebyshev_piece import Array, Nodes, Piece
from resolvent.numeric.spectrum.adaptive import (
    BLUR,
    adaptive,
    checked,
    checked_points,
    error_allowed,
    largest_of,
    with_atoms,
)
from resolvent.numeric.spectrum.measure import Pieces

_SMOOTH_NODES = (64, 128, 256, 512)
_PROBED, _FEWEST_PROBED = 8192, 512  # nodes on the support, and on a piece at least, of the rule that has to agree
_SMOOTH = 1e-10  # two sums that differ by more may agree by accident
_ROUGHLY = 0.01
_FIRST, _PANELS = 1 / 64, 128  # the panel at a singular point, as a share of the stretch; the number of the others


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
        tolerance: the error allowed, relative to the integral, or if that is larger to the smaller one of 1 and the
            largest value; for several functions at once, to the largest integral.
        points: where the function is singular, has a kink or jumps, apart from edges, atoms and 0; and where it has
            features narrower than a two-thousandth of the support.

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
    places = checked_points(points, tolerance)
    integrand = checked(function)
    total: Any = 0.0
    if measure.pieces:
        total = None if places else _settled(measure.pieces, lambda p, rule: integrand(p.places(rule)), tolerance, True)
        if total is None:
            stops = [0.0, *measure.points, *places]
            total = adaptive([s for piece in measure.pieces for s in _stretches(piece, stops)], integrand, tolerance)
    return with_atoms(total, integrand, measure.points, measure.weights)


def entropy(measure: Pieces) -> float:
    """The differential entropy -int rho log rho dx; -oo if there is an atom.

    >>> from resolvent.derive.laws.elementary import semicircle
    >>> from resolvent.numeric.spectrum import Spectrum
    >>> bool(abs(entropy(Spectrum(semicircle()).measure.parts) - (math.log(2 * math.pi) - 0.5)) < 1e-12)
    True

    Raises `PrecisionError` if the integral does not settle to 1e-12.
    """
    if len(measure.points):
        return -math.inf
    stretches = [s for piece in measure.pieces for s in _stretches(piece, (), of_density=True)]
    return float(adaptive(stretches, np.negative, 1e-12))


def smooth_integral(pieces: Sequence[Piece], integrand: Callable[[Piece, Nodes], Array], tolerance: float) -> Any:
    """The integral of a function that is smooth on every piece, taken at the nodes of rules on it.

    Raises `PrecisionError` if the tolerance is not reached.
    """
    total = _settled(pieces, integrand, tolerance)
    if total is None:
        raise PrecisionError(f"the integral did not settle to {tolerance:g}")
    return total


def _settled(
    pieces: Sequence[Piece], integrand: Callable[[Piece, Nodes], Array], tolerance: float, probe: bool = False
) -> Any:
    """The integral by Fejer's rule, or None if it does not settle soon.

    The integral of the absolute value has to settle roughly: a rule may see 0 where infinities cancel.
    """
    span = sum(piece.width for piece in pieces)
    before: Any = math.inf
    size_before, largest = math.inf, 0.0
    for odd, points in zip((0, 1, 0, 1), _SMOOTH_NODES, strict=True):  # a jump may be hidden between nodes around 0
        rules = [(p, 64 * math.ceil((points + 2 * len(p.boundary)) / 64) + odd) for p in pieces]
        total, size, largest = _sums(integrand, rules, largest)
        if _agree(total, before, tolerance, largest) and np.all(np.abs(size - size_before) <= _ROUGHLY * size):
            if not probe:
                return total
            rules = [(p, max(math.ceil(_PROBED * p.width / span), _FEWEST_PROBED)) for p in pieces]
            fine, _, largest = _sums(integrand, rules, largest)
            return fine if _agree(fine, total, tolerance, largest) else None
        before, size_before = total, size
    return None


def _sums(
    integrand: Callable[[Piece, Nodes], Array], rules: Sequence[tuple[Piece, int]], largest: float
) -> tuple[Any, Any, float]:
    """The integral, and that of the absolute value, by rules with so many nodes on each piece; and the largest value.

    The latter is at least ``largest``.
    """
    total: Any = 0.0
    size: Any = 0.0
    for piece, nodes in rules:
        rule = piece.nodes(nodes)
        with np.errstate(all="ignore"):
            values = integrand(piece, rule)
            terms = rule.weights * values
        largest = max(largest, largest_of(values))
        total = total + np.sum(terms, axis=-1)
        size = size + np.sum(np.abs(terms), axis=-1)
    return total, size, largest


def _agree(total: Any, before: Any, tolerance: float, largest: float) -> bool:
    with np.errstate(invalid="ignore"):
        change = np.max(np.abs(total - before))
        return bool(change <= 0.1 * error_allowed(min(tolerance, _SMOOTH), total, largest))


# -- stretches -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Stretch:
    """The part of a piece between a singular point and the middle to the next one.

    Attributes:
        piece: the piece.
        start: t of the singular point.
        sign: 1 if the stretch lies to the right of it.
        point: x of the singular point, rounded.
        rest: what the rounding has taken from it.
        offsets: x - point as a function of the distance from it.
        top: the length of the stretch in t.
        of_density: whether the integrand takes logarithms of densities instead of points.
    """

    piece: Piece
    start: float
    sign: int
    point: float
    rest: float
    offsets: Callable[[Array], Array]
    top: float
    of_density: bool

    @property
    def blur(self) -> float:
        """Relative differences of points that the integrand cannot be trusted to see."""
        return 0.0 if self.of_density else BLUR

    @property
    def cuts(self) -> Array:
        """The ends of the first panels."""
        return np.array([0.0, *np.linspace(_FIRST * self.top, self.top, 2 if self.of_density else _PANELS + 1)])

    def nodes(self, distance: Array) -> tuple[Array, Array, Array]:
        """Points (or log densities), dmass/dt and whether the points are too near to the singular one."""
        piece = self.piece
        t = self.start + self.sign * distance
        s = distance if self.start == -1.0 else 1 + t
        r = distance if self.start == 1.0 else 1 - t
        (a, b), (e, f) = piece.orders, piece.ramification
        analytic = np.maximum(cheb.chebval(t, piece.boundary), 0.0)
        with np.errstate(all="ignore"):
            weight = analytic * s ** float(a + e - 1) * r ** float(b + f - 1) * piece.speed  # keeps small numbers
            if self.of_density:
                density = np.log(analytic) + a * np.log(s) + b * np.log(r)  # the density may be beyond floats
                return density, weight, np.zeros(len(t), dtype=bool)
        x = self.point + (self.rest + self.offsets(distance))
        blurred = np.abs(x - self.point) < BLUR * abs(self.point)
        return np.where(x == self.point, np.nextafter(self.point, self.sign * math.inf), x), weight, blurred


def _stretches(piece: Piece, places: Sequence[float], of_density: bool = False) -> list[_Stretch]:
    """The piece, cut at places inside and in the middles between them."""
    inside = np.unique([p for p in places if piece.left < p < piece.right])
    s, r = piece.position(*piece.distances(inside)) if len(inside) else (np.empty(0), np.empty(0))
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
        for (start, point, rest), sign in ((first, 1), (last, -1)):
            found.append(_Stretch(piece, start, sign, point, rest, _offsets(piece, start, sign), half, of_density))
    return found


def _offsets(piece: Piece, start: float, sign: int) -> Callable[[Array], Array]:
    """x(start + sign d) - x(start) as a function of d."""
    if start == 1.0:
        return lambda d: -piece.width * piece.from_right(d)
    if start == -1.0:
        return lambda d: piece.width * piece.from_left(d)
    return lambda d: piece.width * piece.from_left.step(1 + start, sign * d)
