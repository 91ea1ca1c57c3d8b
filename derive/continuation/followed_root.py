"""A root of a polynomial with coefficients in C[x], followed through the complex plane by proof.

The root is carried as a complex ball. Around it a tube is proved in which, for every |x - x0| <= h, there is exactly
one root, simple and analytic in x (see `resolvent.derive.continuation.tube`): so the root there is the continuation of
y0. The step is as long as this proof allows, and nothing is decided by a nearest neighbour. Stops on the way are
carried in double precision, with proved errors, as long as that decides; the ends of a path are found to full
precision.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace

from flint import acb, acb_poly, arb

from resolvent.derive.arrays import np
from resolvent.derive.continuation.tube import Expansion, Expansions, Tube
from resolvent.derive.errors import BranchError, PrecisionError
from resolvent.derive.exact.precision import working_precision

_STEPS_LEFT: ContextVar[list[float] | None] = ContextVar("steps_left", default=None)
_MOST_STEPS = 4000  # next to a point where sheets meet, the steps shrink faster than the distance
_COARSE = 1e-9  # relative radius of an enclosure
_MOST_QUARTERS = 400  # of a disc in which a cluster of roots stays where it is: where q sheets meet, y ~ x^(1/q)
_ARCS = (32, 128, 512)
_DETOURS = (0.0, 0.31, -0.17, 0.73)  # sideways, as a fraction of the height
_AT_END = 1e-6  # of the height of a path: a stop this close to its end says that the branch point is there


@contextmanager
def at_most(steps: int) -> Iterator[None]:
    """Paths inside end after so many steps in all, as where a branch point is met: for what has another way out."""
    token = _STEPS_LEFT.set([float(steps)])
    try:
        yield
    finally:
        _STEPS_LEFT.reset(token)


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
        self._expansions = self.expansions_around(self._center)
        self._boldness = 0.5

    # -- certified steps -----------------------------------------------------------------------------------

    @property
    def degree(self) -> int:
        """How many sheets there are."""
        return len(self._rows) - 1

    @property
    def rows(self) -> list[acb_poly]:
        """The coefficients of y^0, y^1, ... as polynomials in x."""
        return self._rows

    @property
    def center(self) -> acb:
        """The exact point around which `expansions` is the polynomial."""
        return self._center

    @property
    def expansions(self) -> Expansions:
        """The polynomial in doubles."""
        return self._expansions

    def polynomial(self, z: acb) -> acb_poly:
        """P(z, .)."""
        return acb_poly([row(z) for row in self._rows])

    def expansions_around(self, center: acb, height: float = 0.0) -> Expansions:
        """The polynomial around x = center, y = height, in doubles; not finite where their errors have no bound."""
        there = acb_poly([center, 1])
        moved = [row(there) for row in self._rows]
        matrix = np.zeros((max(len(row) for row in moved), len(moved)))
        sizes = np.zeros(matrix.shape)
        for i in range(len(matrix)):
            line = acb_poly([row[i] for row in moved])
            for j, c in enumerate(line(acb_poly([height, 1])) if height else line):
                matrix[i, j] = value = float(c.real.mid())
                sizes[i, j] = abs(value) + 2.0**52 * float(abs(c - c.real.mid()).upper())
                if 0.0 < sizes[i, j] < 1e-280:
                    sizes[i, j] = math.nan
        return Expansions(matrix, sizes)

    def _grain(self, center: acb) -> arb:
        """A radius a little above the rounding errors, so that balls have an interior."""
        return (abs(center).upper() + arb(2) ** -64) * arb(2) ** (12 - self.precision)

    def widened(self, ball: acb) -> acb:
        """The ball with a margin for rounding errors that its own radius does not know of."""
        return _inflated(ball.mid(), abs(ball - ball.mid()).upper() + self._grain(ball.mid()))

    def refine(self, z: acb, guess: acb) -> acb:
        """A tight ball that holds exactly one root of P(z, .), z exact, by Newton's iteration from a guess.

        Raises `PrecisionError` if the iteration settles nowhere or the root is not isolated.
        """
        polynomial = self.polynomial(z)
        derivative = polynomial.derivative()
        sharp, last = guess.mid(), math.inf
        for _ in range(60):
            slope = derivative(sharp)
            if slope.contains(0):
                raise PrecisionError("two sheets meet within the working precision", z=complex(z))
            correction = (polynomial(sharp) / slope).mid()
            sharp = (sharp - correction).mid()
            size, scale = abs(complex(correction)), abs(complex(sharp))
            # below the square root of the precision no progress means that only rounding errors are left
            if size <= 2.0 ** (8 - self.precision) * scale or last / 2 < size < 2.0 ** (-self.precision / 2) * scale:
                break
            last = size
        value, slope = polynomial(sharp), derivative(sharp)
        radius = 4 * abs(value / slope).upper() + self._grain(sharp)
        for _ in range(40):
            ball = _inflated(sharp, radius)
            image = _krawczyk(polynomial, derivative, sharp, ball)
            if ball.contains_interior(image):
                return image
            radius = radius * 4
        raise PrecisionError("the root could not be isolated at the working precision", z=complex(z))

    def tube(self, z: acb, root: acb) -> Tube:
        """A wide tube around the root that a ball encloses at an exact z; its path starts at the middle of the ball.

        The width is 0 if nothing is proved; see `resolvent.derive.continuation.tube`.
        """
        with working_precision(self.precision), np.errstate(all="ignore"):
            return self._tube(self._expansion(z, root), math.inf)

    def reach(self, z: acb, root: acb) -> tuple[float, float]:
        """Radii (h, r): for |z' - z| <= h exactly one root of P(z', .) lies within r of the middle of ``root``.

        ``root`` holds a root of P(z, .). Both radii are 0 if nothing is proved.
        """
        with working_precision(self.precision), np.errstate(all="ignore"):
            expansion = self._expansion(z, root)
            if expansion is None:
                return 0.0, 0.0
            tube, _ = expansion.tube(expansion.tube(math.inf)[0].width, order=0)
            return tube.width, tube.radius

    def _expansion(self, z: acb, root: acb) -> Expansion | None:
        """The expansion at an exact z and the middle of an enclosure of a root, whose radius bounds P there.

        If the root is isolated at all, |P/P_y| at the middle is at most 3/2 of its distance from the root.
        """
        center = root.mid()
        expansion = self._expansions.at(complex(z - self._center), complex(center)) or self._expansion_in_balls(
            z, center
        )
        return expansion and replace(expansion, offset=2 * float(abs(root - center).upper()))

    def _expansion_in_balls(self, z: acb, center: acb) -> Expansion | None:
        there, here = acb_poly([z, 1]), acb_poly([center, 1])
        moved = [row(there) for row in self._rows]
        depth = max(len(row) for row in moved)
        grid = [acb_poly([row[i] for row in moved])(here) for i in range(depth)]
        unit = grid[0][1].mid()
        if grid[0][1].contains(0) or not abs(unit) > 0:
            return None
        values = np.zeros((depth, len(self._rows)), dtype=np.complex128)
        errors = np.zeros(values.shape)
        scale = 1 / unit
        for i, row in enumerate(grid):
            for j, c in enumerate(row * scale):
                if not c.is_zero():
                    values[i, j] = complex(c)
                    errors[i, j] = float(c.rad()) * 1.0000001 + 1e-300  # which doubles may lose next to 0
        errors += 2.0**-52 * abs(values)
        values[0, 0] = errors[0, 0] = 0.0
        return Expansion(values, errors, math.inf)

    def follow(
        self, z0: acb, root: acb, z1: acb, trail: list[tuple[acb, acb]] | None = None, floor: float = 0.0
    ) -> acb:
        """The continuation of a root along the straight segment from z0 to z1; ``trail`` collects the stops.

        Steps below ``floor`` (by default a rounding error) count as having met a branch point.

        Raises `BranchError` where the segment meets a branch point.
        """
        with working_precision(self.precision), np.errstate(all="ignore"):
            smallest = max(floor, 2.0 ** (24 - self.precision) * max(abs(complex(z0)), abs(complex(z1)), 1e-300))
            coarse = float(root.rad()) > _COARSE * abs(complex(root))  # a stop in doubles would cost step length
            position, ball = z0, self._sharpened(z0, root) if coarse else root
            expansion = None
            left = _STEPS_LEFT.get() or [math.inf]
            for _ in range(_MOST_STEPS):
                left[0] -= 1
                if left[0] < 0:
                    break
                distance = abs(complex(z1 - position))
                if distance == 0.0:
                    return ball if expansion is None else self._sharpened(position, ball)
                tube = self._tube(expansion, distance)
                if expansion is not None and (
                    expansion.offset > 1e-3 * tube.radius or tube.width < 1e-11 * abs(complex(position))
                ):
                    ball, expansion = self._sharpened(position, ball), None  # rounding errors would cost step length
                if expansion is None:
                    expansion = self._expansion(position, ball)
                    tube = self._tube(expansion, distance)
                if tube.width < min(smallest, distance):
                    break
                assert expansion is not None
                step = z1 - position
                if tube.width >= distance * 1.0000001:
                    center = ball.mid() + tube.middle(complex(step))
                    result = self.refine(z1, center)
                    if not tube.holds(complex(step), float(abs(result - center).upper())):
                        raise PrecisionError("the iteration left the certified disc", z=complex(z1))
                    return result
                stop = position + step * arb(tube.width * 0.98 / distance)
                position, ball, expansion = self._stepped(position, ball, expansion, tube, stop)
                if trail is not None:
                    trail.append((position, ball))
            raise BranchError(
                f"the physical branch cannot be continued through z = {complex(position):.6g}; "
                "a branch point lies there, or another sheet comes too close to be told apart",
                z=complex(position),
            )

    def _tube(self, expansion: Expansion | None, distance: float) -> Tube:
        """A tube around the followed root; the first width tried is learnt from earlier ones."""
        if expansion is None:
            return Tube(0.0, 0.0, ())
        tube, tries = expansion.tube(1.0001 * distance, self._boldness)
        if tries > 1:
            self._boldness = max(0.8 * self._boldness, 1e-2)
        elif tube.width < distance:  # a failed try costs more than the width that it may gain
            self._boldness = min(1.05 * self._boldness, 2.0)
        return tube

    def _stepped(
        self, position: acb, ball: acb, expansion: Expansion, tube: Tube, stop: acb
    ) -> tuple[acb, acb, Expansion | None]:
        """The next stop: in doubles if their errors allow that, else in balls.

        A stop in doubles comes with its expansion. The ball around it holds exactly one root, and lies in the tube,
        where the last expansion allows only the continuation of the last root.
        """
        there = complex(stop)
        step = complex(acb(there) - position)
        middle = tube.middle(step)
        center = ball.mid()
        if tube.width > 1e-11 * abs(there):
            here = complex(center)
            y = here + expansion.root(step, middle)
            following = self._expansions.at(complex(acb(there) - self._center), y)
            if following is not None and following.is_isolated:
                rest = 2.00001 * following.offset
                if abs(y - here - middle) + 2 * rest + 1e-15 * (abs(here) + abs(middle)) < 0.999999 * tube.radius:
                    return acb(there), acb(arb(y.real, rest), arb(y.imag, rest)), following
        stop = stop.mid()
        step = complex(stop - position)
        center += tube.middle(step)
        result = self.refine(stop, center)
        if not tube.holds(step, float(abs(result - center).upper())):
            raise PrecisionError("the iteration left the certified disc", z=complex(stop))
        return stop, result, None

    def _sharpened(self, z: acb, ball: acb) -> acb:
        """The root that a ball around a stop in doubles holds, to full precision."""
        result = self.refine(z, ball)
        if not ball.contains(result):
            raise PrecisionError("the iteration left the certified disc", z=complex(z))
        return result

    def is_real(self, z: acb, root: acb) -> bool:
        """Whether the root at a real z is proved real: it is the only one in a ball symmetric about the real axis."""
        with working_precision(self.precision):
            polynomial = self.polynomial(z)
            derivative = polynomial.derivative()
            center = acb(root.real.mid())
            slope = derivative(center)
            if slope.contains(0):
                return False
            radius = 4 * abs(polynomial(center) / slope).upper() + 2 * abs(root - center).upper() + self._grain(center)
            ball = _inflated(center, radius)
            return bool(ball.contains(root) and ball.contains_interior(_krawczyk(polynomial, derivative, center, ball)))

    def same(self, z: acb, first: acb, second: acb) -> bool:
        """Whether two enclosures at an exact z hold the same root: decided, or `PrecisionError`."""
        with working_precision(self.precision):
            if not first.overlaps(second):
                return False
            polynomial = self.polynomial(z)
            derivative = polynomial.derivative()
            center = first.union(second).mid()
            radius = 4 * abs(first.union(second) - center).upper() + self._grain(center)
            ball = _inflated(center, radius)
            if derivative(center).contains(0) or not ball.contains_interior(
                _krawczyk(polynomial, derivative, center, ball)
            ):
                raise PrecisionError("two sheets meet within the working precision", z=complex(z))
            return True

    def turns(self, center: acb, start: acb, root: acb, most: int) -> int:
        """How many turns around ``center``, from ``start``, bring the root back: its ramification index.

        Raises `BranchError` if ``most`` turns do not.
        """
        with working_precision(self.precision):
            spoke = start - center
            corners = [(center + spoke * acb(arb(k) / 4).exp_pi_i()).mid() for k in range(1, 8)]
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
        self._learnt: list[tuple[acb, acb]] = []

    def learn(self, z: acb, root: acb) -> None:
        """Keep an enclosure of the anchored root at an exact point, proved elsewhere."""
        self._learnt.append((z, root))

    def learnt(self, z: acb) -> acb | None:
        """The enclosure kept for a point."""
        return next((root for place, root in self._learnt if place == z), None)

    def value(self, z: acb) -> acb:
        """The anchored root, continued to a point of the closed upper half-plane; real points are limits from above.

        The path goes up where it must, along a horizontal and then down, so it stays in the half-plane.

        Raises `BranchError` at branch points.
        """
        with working_precision(self.precision):
            if (root := self.learnt(z)) is not None:
                return root
            nearest, root = min(self._grid, key=lambda pair: abs(complex(pair[0] - z)))
            height = max(float(nearest.imag.mid()), float(z.imag.mid()), abs(float((nearest - z).real.mid())) / 2)
            for detour in _DETOURS:
                try:
                    return self._reach(z, nearest, root, height, detour)
                except BranchError as error:  # sheets may cross on the path itself, which another path avoids
                    failure = error
                    stop: complex = error.objects["z"]  # type: ignore[assignment]
                    if abs(stop - complex(z)) < _AT_END * height:
                        break
            raise failure

    def _reach(self, z: acb, nearest: acb, root: acb, height: float, detour: float) -> acb:
        rise = acb(nearest.real.mid() + arb(detour * height / 2), arb(height * (1 + abs(detour))))
        above = acb(z.real.mid() + arb(detour * height), rise.imag)
        root = self.follow(nearest, root, rise)
        root = self.follow(rise, root, above)
        trail = [(above, root)]
        root = self.follow(above, root, z, trail)
        self._grid += trail[::2]
        return root


def regular_disc(coefficients: Sequence[acb_poly], point: acb) -> tuple[arb, acb]:
    """A radius r and a ball such that for all |x| <= r the ball holds exactly one root y of sum_j a_j(x) y^j.

    ``point`` encloses a simple root at x = 0. Raises `BranchError` if no radius above 2^-400 can be certified.
    """
    at_zero = [poly(acb(0)) for poly in coefficients]
    slopes = [poly.derivative() for poly in coefficients]
    center = point.mid()
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
    for arcs in _ARCS:
        half = radius * (4.0 / arcs)  # an arc of 1/n turn fits in a square of half-width pi/n radii
        piece = acb(arb(0, half), arb(0, half))
        shifts = [acb_poly([(place + acb(radius) * acb(arb(2 * k) / arcs).exp_pi_i()).mid(), 1]) for k in range(arcs)]
        for bound in (0.0, *(4.0**-k for k in range(_MOST_QUARTERS))):
            disc = acb(arb(0, bound), arb(0, bound))
            there = acb_poly([poly(disc) for poly in coefficients])
            is_apart = not any(there(shift)(piece).contains(0) for shift in shifts)
            if is_apart and bound:
                return arb(bound)
            if not (is_apart or bound):
                break  # the arcs are too long, however small the disc
    raise PrecisionError("a cluster of roots could not be isolated", point=complex(place))


def _horner(coefficients: Sequence[acb], x: acb) -> tuple[acb, acb]:
    """The value and the derivative of a polynomial at x."""
    value, slope = acb(0), acb(0)
    for coefficient in reversed(coefficients):
        slope = slope * x + value
        value = value * x + coefficient
    return value, slope


def _krawczyk(polynomial: acb_poly, derivative: acb_poly, center: acb, ball: acb) -> acb:
    slope = derivative(center)
    return center - polynomial(center) / slope + (1 - derivative(ball) / slope) * (ball - center)


def _inflated(center: acb, radius: arb) -> acb:
    return acb(arb(center.real.mid(), radius), arb(center.imag.mid(), radius))
