"""A root of a polynomial with coefficients in C[x], followed through the complex plane by proof.

The root is carried as a complex ball. At (x0, y0) the Taylor coefficients in both variables bound a Newton-like map;
where it contracts a disc |y - y0| <= r for every |x - x0| <= h, each such x has exactly one root in the disc, simple
and analytic in x: so the root there is the continuation of y0. The step is as long as this proof allows, and nothing
is decided by a nearest neighbour.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import flint
import numpy as np
from flint import acb, acb_poly, arb

from .errors import BranchError, PrecisionError

_MOST_STEPS = 4000  # next to a point where sheets meet, the steps shrink faster than the distance
_DETOURS = (0.0, 0.31, -0.17, 0.73)  # sideways, as a fraction of the height


class Sheet:
    """A root y of sum_j rows[j](x) y^j, followed through the x-plane by proof.

    Args:
        rows: the coefficients of y^0, y^1, ... as polynomials in x.
        precision: working precision in bits.
        center: an exact point; Taylor coefficients in double precision are formed from expansions around it.
    """

    def __init__(self, rows: Sequence[acb_poly], precision: int, center: complex = 0.0) -> None:
        self.precision = precision
        self._rows = list(rows)
        self._center = acb(center)
        self._matrix = self._double_matrix()

    # -- certified steps -----------------------------------------------------------------------------------

    def _polynomial(self, z: acb) -> list[acb]:
        return [row(z) for row in self._rows]

    def _double_matrix(self) -> np.ndarray:
        """The coefficients of (x - center)^i y^j as floats, each to a relative rounding error."""
        matrix = np.zeros((max(len(row) for row in self._rows), len(self._rows)))
        there = acb_poly([self._center, 1])
        for j, row in enumerate(self._rows):
            matrix[: len(row), j] = [float(c.real.mid()) for c in row(there)]
        return matrix

    def _grain(self, center: acb) -> arb:
        """A radius a little above the rounding errors, so that balls have an interior."""
        return (abs(center).upper() + arb(2) ** -64) * arb(2) ** (12 - self.precision)

    def widened(self, ball: acb) -> acb:
        """The ball with a margin for rounding errors that its own radius does not know of."""
        return _inflated(_mid(ball), abs(ball - _mid(ball)).upper() + self._grain(_mid(ball)))

    def refine(self, z: acb, guess: acb) -> acb:
        """A tight ball that holds exactly one root of P(z, .), z exact, by Newton's iteration from a guess.

        Raises `PrecisionError` if the iteration settles nowhere or the root is not isolated.
        """
        coefficients = self._polynomial(z)
        sharp = _mid(guess)
        for _ in range(60):
            value, slope = _horner(coefficients, sharp)
            if slope.contains(0):
                raise PrecisionError("two sheets meet within the working precision", z=complex(z))
            correction = _mid(value / slope)
            sharp = _mid(sharp - correction)
            if abs(complex(correction)) <= 2.0 ** (8 - self.precision) * abs(complex(sharp)):
                break
        value, slope = _horner(coefficients, sharp)
        radius = 4 * abs(value / slope).upper() + self._grain(sharp)
        for _ in range(40):
            ball = _inflated(sharp, radius)
            image = _krawczyk(coefficients, sharp, ball, slope)
            if ball.contains_interior(image):
                return image
            radius = radius * 4
        raise PrecisionError("the root could not be isolated at the working precision", z=complex(z))

    def reach(self, z: acb, root: acb) -> tuple[float, float]:
        """Radii (h, r) such that for |z' - z| <= h exactly one root of P(z', .) lies within r of the given root.

        With the Taylor coefficients c_ij of P at (z, root), the map m -> m - P/c_01 is a contraction of that disc
        into itself as soon as A = sum_i |c_i0| h^i/|c_01| and L = sum_{(i,j) != (0,1)} j |c_ij| h^i r^(j-1)/|c_01|
        satisfy A + L r < r and L < 1; h is the largest found for which r = 2A has L < 1/2.
        """
        table = self._taylor(z, root)
        if table is None:
            return 0.0, 0.0
        rows, columns_ = table.shape
        slopes = table[:, 1:] * np.arange(1, columns_)
        slopes[0, 0] = 0.0
        powers = np.arange(rows)

        def contracts(h: float) -> float:
            weights = h**powers
            r = 2.0000001 * float(weights @ table[:, 0])
            lipschitz = float(weights @ slopes @ r ** np.arange(columns_ - 1))
            return r if lipschitz < 0.499999 else math.inf

        with np.errstate(over="ignore", invalid="ignore"):
            low, high = 0.0, 1.0 + abs(complex(z))
            if contracts(0.0) == math.inf:
                return 0.0, 0.0
            while high < 1e30 and contracts(high) < math.inf:
                low, high = high, 8 * high
            while high > 1e-60 and (low == 0.0 or high > 1.05 * low):
                middle = high / 4 if low == 0.0 else math.sqrt(low * high)
                if contracts(middle) < math.inf:
                    low = middle
                else:
                    high = middle
            return low, contracts(low) if low else 0.0

    def _taylor(self, z: acb, root: acb) -> np.ndarray | None:
        """Upper bounds of |c_ij/c_01|, Taylor coefficients of P at (z, root); c_00 stands for the root's own error."""
        center = _mid(root)
        values, errors = self._taylor_in_doubles(complex(z - self._center), complex(center))
        unit = abs(values[0, 1]) - errors[0, 1]
        if unit > 1e3 * errors[0, 1]:
            table = (np.abs(values) + errors) / unit * 1.0000001
        else:  # cancellation, or numbers beyond the range of doubles
            grid = self._taylor_in_balls(z, center)
            if grid is None:
                return None
            table = grid
        table[0, 0] = float(abs(root - center).upper())
        return table

    def _taylor_in_doubles(self, z: complex, m: complex) -> tuple[np.ndarray, np.ndarray]:
        """All Taylor coefficients at once, as products with Pascal matrices, and bounds of their rounding errors."""
        rows, columns_ = self._matrix.shape
        with np.errstate(over="ignore", invalid="ignore"):
            left, right = _pascal(z, rows), _pascal(m, columns_).T
            values = left @ self._matrix @ right
            errors = np.abs(left) @ np.abs(self._matrix) @ np.abs(right) * ((4 * (rows + columns_) + 16) * 2.0**-52)
        return values, errors

    def _taylor_in_balls(self, z: acb, center: acb) -> np.ndarray | None:
        there, here = acb_poly([z, 1]), acb_poly([center, 1])
        moved = [row(there) for row in self._rows]
        depth = max(len(row) for row in moved)
        grid = [acb_poly([row[i] for row in moved])(here) for i in range(depth)]
        unit = float(abs(grid[0][1]).lower())
        if unit <= 0.0:
            return None
        table = np.zeros((depth, len(self._rows)))
        for i, row in enumerate(grid):
            table[i, : len(row)] = [float(abs(c).upper()) for c in row]
        return table / unit * 1.0000001

    def follow(
        self, z0: acb, root: acb, z1: acb, trail: list[tuple[acb, acb]] | None = None, floor: float = 0.0
    ) -> acb:
        """The continuation of a root along the straight segment from z0 to z1; ``trail`` collects the stops.

        Steps below ``floor`` (by default a rounding error) count as having met a branch point.

        Raises `BranchError` where the segment meets a branch point.
        """
        with flint.ctx.workprec(self.precision):
            position, ball = z0, root
            steps = 0
            smallest = max(floor, 2.0 ** (24 - self.precision) * max(abs(complex(z0)), abs(complex(z1)), 1e-300))
            while True:
                rest = z1 - position
                distance = abs(complex(rest))
                if distance == 0.0:
                    return ball
                width, radius = self.reach(position, ball)
                steps += 1
                if (width < smallest or steps > _MOST_STEPS) and width < distance:
                    raise BranchError(
                        f"the physical branch cannot be continued through z = {complex(position):.6g}; "
                        "a branch point lies there",
                        z=complex(position),
                    )
                center = _mid(ball)
                last = width >= distance * 1.0000001
                position = z1 if last else _mid(position + rest * arb(width * 0.98 / distance))
                ball = self.refine(position, center)
                if not abs(ball - center) < radius:
                    raise PrecisionError("the iteration left the certified disc", z=complex(position))
                if trail is not None and not last:
                    trail.append((position, ball))

    def is_real(self, z: acb, root: acb) -> bool:
        """Whether the root at a real z is proved real: it is the only one in a ball symmetric about the real axis."""
        with flint.ctx.workprec(self.precision):
            coefficients = self._polynomial(z)
            center = acb(root.real.mid())
            value, slope = _horner(coefficients, center)
            if slope.contains(0):
                return False
            radius = 4 * abs(value / slope).upper() + 2 * abs(root - center).upper() + self._grain(center)
            ball = _inflated(center, radius)
            return bool(ball.contains(root) and ball.contains_interior(_krawczyk(coefficients, center, ball, slope)))

    def same(self, z: acb, first: acb, second: acb) -> bool:
        """Whether two enclosures at an exact z hold the same root: decided, or `PrecisionError`."""
        with flint.ctx.workprec(self.precision):
            if not first.overlaps(second):
                return False
            coefficients = self._polynomial(z)
            center = _mid(first.union(second))
            _, slope = _horner(coefficients, center)
            radius = 4 * abs(first.union(second) - center).upper() + self._grain(center)
            ball = _inflated(center, radius)
            if slope.contains(0) or not ball.contains_interior(_krawczyk(coefficients, center, ball, slope)):
                raise PrecisionError("two sheets meet within the working precision", z=complex(z))
            return True

    def turns(self, center: acb, start: acb, root: acb, most: int) -> int:
        """How many turns around ``center``, from ``start``, bring the root back: its ramification index.

        Raises `BranchError` if ``most`` turns do not.
        """
        with flint.ctx.workprec(self.precision):
            spoke = start - center
            corners = [_mid(center + spoke * acb(arb(k) / 4).exp_pi_i()) for k in range(1, 8)]
            ball = root
            for turn in range(1, most + 1):
                here = start
                for corner in (*corners, start):
                    ball = self.follow(here, ball, corner)
                    here = corner
                if self.same(start, ball, root):
                    return turn
            raise BranchError("the branch does not close up; the critical point is not isolated", z=complex(center))

    # -- values anywhere ------------------------------------------------------------------------------------

    def anchor(self, z: acb, root: acb) -> None:
        """Name the root to be followed: an enclosure that isolates it, at an exact point of the upper half-plane."""
        self._grid: list[tuple[acb, acb]] = [(z, root)]

    def value(self, z: acb) -> acb:
        """The anchored root, continued to a point of the closed upper half-plane; real points are limits from above.

        The path goes up where it must, along a horizontal and then down, so it stays in the half-plane.

        Raises `BranchError` at branch points.
        """
        with flint.ctx.workprec(self.precision):
            for detour in _DETOURS:
                try:
                    return self._reach(z, detour)
                except BranchError as error:  # sheets may cross on the path itself, which another path avoids
                    failure = error
                    stop = complex(error.objects["z"])  # type: ignore[call-overload]
                    if abs(stop - complex(z)) < 1e-6 * (1 + abs(stop)):
                        break
            raise failure

    def _reach(self, z: acb, detour: float) -> acb:
        nearest, root = min(self._grid, key=lambda pair: abs(complex(pair[0] - z)))
        height = max(float(nearest.imag.mid()), float(z.imag.mid()), abs(float((nearest - z).real.mid())) / 2)
        rise = acb(nearest.real.mid(), arb(height * (1 + abs(detour))))
        above = acb(z.real.mid() + arb(detour * height), rise.imag)
        root = self.follow(nearest, root, rise)
        root = self.follow(rise, root, above)
        trail = [(above, root)]
        root = self.follow(above, root, z, trail)
        self._grid += [stop for k, stop in enumerate(trail) if k % 4 == 0]
        return root


def regular_disc(coefficients: Sequence[acb_poly], point: acb) -> tuple[arb, acb]:
    """A radius r and a ball such that for all |x| <= r the ball holds exactly one root y of sum_j a_j(x) y^j.

    ``point`` encloses a simple root at x = 0. Raises `BranchError` if no radius above 2^-400 can be certified.
    """
    at_zero = [poly(acb(0)) for poly in coefficients]
    slopes = [poly.derivative() for poly in coefficients]
    center = _mid(point)
    value, slope = _horner(at_zero, center)
    radius = 1.0
    for _ in range(400 if not slope.contains(0) else 0):
        disc = acb(arb(0, radius), arb(0, radius))
        drift, _ = _horner([poly(disc) for poly in slopes], center)
        moved = (value + drift * disc) / slope
        ball = _inflated(center, 2 * abs(moved).upper() + abs(point - center).upper() * 2 + arb(2) ** -100)
        _, slope_wide = _horner([poly(disc) for poly in coefficients], ball)
        image = center - moved + (1 - slope_wide / slope) * (ball - center)
        if ball.contains_interior(image):
            return arb(radius), ball
        radius /= 2
    raise BranchError("a root could not be isolated in a disc; it may be multiple", point=complex(center))


def keeps_apart(coefficients: Sequence[acb_poly], place: acb, radius: arb) -> arb:
    """A bound r such that for |x| <= r no root y of sum_j a_j(x) y^j lies on the circle of ``radius`` around ``place``.

    Roots inside the circle then stay inside while x moves in the disc. Raises `PrecisionError` if the precision
    allows no such r.
    """
    for arcs in (32, 128):
        half = radius * (4.0 / arcs)  # an arc of 1/n turn fits in a square of half-width pi/n radii
        piece = acb(arb(0, half), arb(0, half))
        shifts = [acb_poly([_mid(place + acb(radius) * acb(arb(2 * k) / arcs).exp_pi_i()), 1]) for k in range(arcs)]
        bound = 1.0
        for _ in range(flint.ctx.prec - 24):
            disc = acb(arb(0, bound), arb(0, bound))
            there = acb_poly([poly(disc) for poly in coefficients])
            if not any(there(shift)(piece).contains(0) for shift in shifts):
                return arb(bound)
            bound /= 2
    raise PrecisionError("a cluster of roots could not be isolated", point=complex(place))


def _pascal(x: complex, n: int) -> np.ndarray:
    """The matrix that takes coefficients of a polynomial to its Taylor coefficients at x: binom(k, i) x^(k-i)."""
    powers = np.array([x**k for k in range(n)])
    return _binomials(n) * powers[np.maximum(np.subtract.outer(np.arange(n), np.arange(n)).T, 0)]


@lru_cache(maxsize=64)
def _binomials(n: int) -> np.ndarray:
    return np.array([[float(math.comb(k, i)) for k in range(n)] for i in range(n)])


def _horner(coefficients: Sequence[acb], x: acb) -> tuple[acb, acb]:
    """The value and the derivative of a polynomial at x."""
    value, slope = acb(0), acb(0)
    for coefficient in reversed(coefficients):
        slope = slope * x + value
        value = value * x + coefficient
    return value, slope


def _krawczyk(coefficients: Sequence[acb], center: acb, ball: acb, slope: acb) -> acb:
    value, _ = _horner(coefficients, center)
    _, slope_wide = _horner(coefficients, ball)
    return center - value / slope + (1 - slope_wide / slope) * (ball - center)


def _mid(x: acb) -> acb:
    return acb(x.real.mid(), x.imag.mid())


def _inflated(center: acb, radius: arb) -> acb:
    return acb(arb(center.real.mid(), radius), arb(center.imag.mid(), radius))
