"""Following the physical branch through the complex plane by proof.

A root of P(z, .) is carried as a complex ball. For a step from z0 to z1 a square Z around z0 that holds z1 is chosen, and
Krawczyk's operator is evaluated on Z and a ball B around the root. If it maps B into its interior, then for every z
in Z there is exactly one root in B, it is simple, and it depends analytically on z: so the root at z1 in B is the
continuation of the root at z0. Steps that fail are halved; nothing is decided by a nearest neighbour.

At infinity the start is certified the same way in w = 1/z: the germ's root of F(w, M) is the only one in a ball for
all |w| <= w0.
"""

from __future__ import annotations

from collections.abc import Sequence

import flint
from flint import acb, acb_poly, arb, fmpq, fmpz_poly

from .equation import ResolventEquation, series_rows
from .errors import BranchError, DerivationError, PrecisionError
from .field import ALPHA, Element, Extension
from .polynomials import degree

_SMALLEST_STEP = 2.0**-60
_DETOURS = (0.0, 0.31, -0.17, 0.73)  # sideways, as a fraction of the height


class Branch:
    """The physical branch of an equation without parameters, followed with proof.

    Args:
        equation: a `ResolventEquation` without free parameters.
        precision: working precision in bits.

    Raises `DerivationError` if parameters are left.
    """

    def __init__(self, equation: ResolventEquation, precision: int = 128) -> None:
        if not equation.is_numeric:
            names = ", ".join(s.name for s in equation.symbols)
            raise DerivationError(f"the branch is followed at numeric parameters; give values for {names}")
        self.equation = equation
        self.precision = precision
        self.columns = columns(equation)
        with flint.ctx.workprec(precision):
            self._rows = [acb_poly(c) for c in self.columns]
            self._slopes = [acb_poly(c.derivative()) for c in self.columns]
            self.start, self.start_root = self._anchor()
        self._grid: list[tuple[acb, acb]] = [(self.start, self.start_root)]

    # -- certified steps -----------------------------------------------------------------------------------

    def _polynomial(self, z: acb) -> list[acb]:
        return [row(z) for row in self._rows]

    def _slope_in_z(self, z: acb) -> list[acb]:
        return [row(z) for row in self._slopes]

    def _grain(self, center: acb) -> arb:
        """A radius a little above the rounding errors, so that balls have an interior."""
        return (abs(center).upper() + arb(2) ** -64) * arb(2) ** (12 - self.precision)

    def refine(self, z: acb, root: acb) -> acb:
        """A tight ball around the root of P(z, .) that the ball ``root`` isolates, z exact."""
        coefficients = self._polynomial(z)
        sharp = _mid(root)
        for _ in range(60):
            value, slope = _horner(coefficients, sharp)
            if slope.contains(0):
                raise PrecisionError("two sheets meet within the working precision", z=z)
            following = _mid(sharp - value / slope)
            if abs(complex(following - sharp)) <= 2.0 ** (8 - self.precision) * abs(complex(following)):
                sharp = following
                break
            sharp = following
        value, slope = _horner(coefficients, sharp)
        radius = 4 * abs(value / slope).upper() + self._grain(sharp)
        for _ in range(40):
            ball = _inflated(sharp, radius)
            image = _krawczyk(coefficients, acb(0), sharp, ball, slope)
            if ball.contains_interior(image):
                if not root.overlaps(image):
                    break
                return image
            radius = radius * 4
        raise PrecisionError("the root could not be isolated at the working precision", z=z)

    def step(self, z: acb, root: acb, width: float) -> acb | None:
        """A ball that holds the root for all z' in the square of half-width ``width`` around z, or None."""
        center = _mid(root)
        coefficients = self._polynomial(z)
        value, slope = _horner(coefficients, center)
        if slope.contains(0):
            return None
        square = acb(arb(z.real.mid(), width), arb(z.imag.mid(), width))
        drift_rows = self._slope_in_z(square)
        slope_z, _ = _horner([row(z) for row in self._slopes], center)
        radius = abs(slope_z / slope).upper() * (2.9 * width) + abs(root - center).upper() * 2 + self._grain(center)
        ball = _inflated(center, radius)
        wide = self._polynomial(square)
        drift, _ = _horner(drift_rows, center)
        offset = square - z
        image = center - (value + drift * offset) / slope
        _, slope_wide = _horner(wide, ball)
        image = image + (1 - slope_wide / slope) * (ball - center)
        return ball if ball.contains_interior(image) and ball.contains_interior(root) else None

    def follow(self, z0: acb, root: acb, z1: acb) -> acb:
        """The continuation of a root along the straight segment from z0 to z1.

        Raises `BranchError` where the segment meets a branch point.
        """
        with flint.ctx.workprec(self.precision):
            position, ball = z0, root
            scale = max(abs(complex(z0)), abs(complex(z1)), 1e-300)
            width = abs(complex(z1 - z0))
            while True:
                rest = z1 - position
                distance = abs(complex(rest))
                if rest.is_zero() or distance == 0.0:
                    return ball
                width = min(width, distance * 1.0000001)
                held = None
                while held is None:
                    held = self.step(position, ball, width)
                    if held is None:
                        width /= 2
                        if width < _SMALLEST_STEP * scale:
                            raise BranchError(
                                f"the physical branch cannot be continued through z = {complex(position):.6g}; "
                                "a branch point lies there",
                                z=complex(position),
                            )
                position = z1 if width >= distance else position + _mid(rest * arb(width * 0.999999 / distance))
                ball = self.refine(position, held)
                width *= 1.7

    def value(self, z: acb) -> acb:
        """The physical root at a point of the closed upper half-plane, as a ball; real points are limits from above.

        The path goes from the start at i/w0 along the horizontal and then down, so it stays in the half-plane.

        Raises `BranchError` at branch points.
        """
        with flint.ctx.workprec(self.precision):
            for detour in _DETOURS:
                try:
                    return self._reach(z, detour)
                except BranchError as error:  # sheets may cross on the path itself, which another path avoids
                    failure = error
                    stop = complex(error.objects["z"])  # type: ignore[call-overload]
                    if abs(stop - complex(z)) < 1e-9 * (1 + abs(stop)):
                        break
            raise failure

    def _reach(self, z: acb, detour: float) -> acb:
        nearest, root = min(self._grid, key=lambda pair: abs(complex(pair[0] - z)))
        height = max(float(nearest.imag.mid()), float(z.imag.mid()), abs(float((nearest - z).real.mid())) / 2)
        rise = acb(nearest.real.mid(), arb(height * (1 + abs(detour))))
        above = acb(z.real.mid() + arb(detour * height), rise.imag)
        root = self.follow(nearest, root, rise)
        root = self.follow(rise, root, above)
        self._grid.append((above, root))
        return self.follow(above, root, z)

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
            return bool(
                ball.contains(root) and ball.contains_interior(_krawczyk(coefficients, acb(0), center, ball, slope))
            )

    # -- the start at infinity -----------------------------------------------------------------------------

    def _anchor(self) -> tuple[acb, acb]:
        coefficients, germ = _unfolded(self.equation)
        radius, ball = regular_disc(coefficients, germ[-1])
        w, z = acb(0, -radius), acb(0, 1 / radius)
        series = acb(0)
        for coefficient in reversed([*germ[:-1], ball]):
            series = series * w + coefficient
        return z, self._tight_start(z, -w * series)

    def _tight_start(self, z: acb, root: acb) -> acb:
        """Shrink the enclosure of the start by interval Newton steps (it holds exactly one root by proof)."""
        coefficients = self._polynomial(z)
        for _ in range(200):
            center = _mid(root)
            value, _ = _horner(coefficients, center)
            _, slope = _horner(coefficients, root)
            if slope.contains(0):
                raise PrecisionError("the start at infinity is not isolated; raise the precision", z=z)
            image = center - value / slope
            smaller = acb(root.real.intersection(image.real), root.imag.intersection(image.imag))
            if float(smaller.rad()) > 0.9 * float(root.rad()):
                return smaller
            root = smaller
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
        ball = _inflated(center, 2 * abs(moved).upper() + abs(point - center).upper() * 2)
        _, slope_wide = _horner([poly(disc) for poly in coefficients], ball)
        image = center - moved + (1 - slope_wide / slope) * (ball - center)
        if ball.contains_interior(image):
            return arb(radius), ball
        radius /= 2
    raise BranchError("a root could not be isolated in a disc; it may be multiple", point=complex(center))


def columns(equation: ResolventEquation) -> list[fmpz_poly]:
    """The coefficients of m^0, m^1, ... in P as polynomials in z, for an equation without parameters."""
    polynomial = equation.polynomial
    table: dict[int, dict[int, int]] = {}
    for (i, j), coefficient in polynomial.to_dict().items():
        table.setdefault(j, {})[i] = coefficient
    out = []
    for j in range(degree(polynomial, "m") + 1):
        row = table.get(j, {})
        out.append(fmpz_poly([row.get(i, 0) for i in range(max(row, default=-1) + 1)]))
    return out


def number_ball(element: Element) -> arb:
    """A real ball around an exact number, rational or in an algebraic extension of Q."""
    if element.is_constant:
        return arb(element.to_fmpq())
    extension = element.field.extension
    assert extension is not None
    assert not element.field.names
    alpha = algebraic_ball(extension)
    total = arb(0)
    position = element.field.ring.variable_to_index(ALPHA)
    for exponents, coefficient in element.numerator.to_dict().items():
        total += arb(coefficient) * alpha ** exponents[position]
    return total / arb(element.denominator.to_dict()[(0,) * len(element.field.ring.names())])


def algebraic_ball(extension: Extension) -> arb:
    """A real ball around the algebraic number of an extension of Q, isolating among the minimal polynomial's roots."""
    import sympy

    (degree_,), _ = max(extension.modulus)
    modulus = fmpz_poly([dict(extension.modulus).get((k,), 0) for k in range(degree_ + 1)])
    digits = int(flint.ctx.prec * 0.302) + 5
    approximation = arb(str(sympy.N(extension.value, digits)))
    near = approximation + arb(0, abs(float(approximation)) * 2.0 ** (16 - flint.ctx.prec) + 1e-290)
    for root, _ in modulus.complex_roots():
        if root.imag.contains(0) and root.real.overlaps(near):
            return root.real
    raise PrecisionError("an algebraic number could not be isolated", extension=extension)


def _unfolded(equation: ResolventEquation) -> tuple[list[acb_poly], list[acb]]:
    """F(w, g(w) + w^s T) divided by its power of w, as polynomials in w; and the germ with T(0) last.

    After the shift the wanted root T is simple at w = 0, so it can be isolated in a ball around it.
    """
    base = equation.field
    from .series import SeriesPolynomial, terms_of

    rows = series_rows(equation.polynomial, {}, base)
    germ = [g.to_fmpq() for g in equation.germ] if base.is_rational else list(equation.germ)
    v = SeriesPolynomial(base, rows).separation(germ)
    assert v is not None
    known = terms_of(equation.moment_series(v + 2), v + 2)
    shift = v + 1 if v else 0
    low = 2 * v + 1 if v else 0
    head = known[:shift]
    # Taylor coefficients of F at the head: sum_j a_j C(j, i) head^(j-i) w^(s i)
    zero = fmpq(0) if base.is_rational else base.constant(0)
    parts: list[list[object]] = []
    for i in range(len(rows)):
        total: list[object] = []
        for j in range(i, len(rows)):
            power: list[object] = [zero + 1]
            for _ in range(j - i):
                power = _convolve(power, head, zero)
            term = _convolve(rows[j], power, zero)
            scale = _binomial(j, i)
            total = _add(total, [t * scale for t in term], zero)  # type: ignore[operator]
        shifted_terms = [zero] * (shift * i) + total
        assert not any(bool(t) for t in shifted_terms[:low])
        parts.append(shifted_terms[low:])
    balls = [acb_poly([acb(_ball(t)) for t in part]) for part in parts]
    enclosed = [acb(_ball(k)) for k in known[: shift + 1]]
    return balls, enclosed


def _ball(value: object) -> arb:
    return number_ball(value) if isinstance(value, Element) else arb(value)


def _convolve(a: Sequence[object], b: Sequence[object], zero: object) -> list[object]:
    out = [zero] * max(len(a) + len(b) - 1, 0)
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            out[i + j] = out[i + j] + x * y  # type: ignore[operator]
    return out


def _add(a: Sequence[object], b: Sequence[object], zero: object) -> list[object]:
    n = max(len(a), len(b))
    return [
        (a[k] if k < len(a) else zero) + (b[k] if k < len(b) else zero)  # type: ignore[operator]
        for k in range(n)
    ]


def _binomial(n: int, k: int) -> int:
    from math import comb

    return comb(n, k)


def _horner(coefficients: Sequence[acb], x: acb) -> tuple[acb, acb]:
    """The value and the derivative of a polynomial at x."""
    value, slope = acb(0), acb(0)
    for coefficient in reversed(coefficients):
        slope = slope * x + value
        value = value * x + coefficient
    return value, slope


def _krawczyk(coefficients: Sequence[acb], drift: acb, center: acb, ball: acb, slope: acb) -> acb:
    value, _ = _horner(coefficients, center)
    _, slope_wide = _horner(coefficients, ball)
    return center - (value + drift) / slope + (1 - slope_wide / slope) * (ball - center)


def _mid(x: acb) -> acb:
    return acb(x.real.mid(), x.imag.mid())


def _inflated(center: acb, radius: arb) -> acb:
    return acb(arb(center.real.mid(), radius), arb(center.imag.mid(), radius))
