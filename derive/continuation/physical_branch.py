"""The physical branch of an equation without parameters: anchored at infinity by proof, then followed as a `Sheet`.

In w = 1/z the germ's root of F(w, M) is the only one in a ball for all |w| <= w0; its value at z = i/w0 is the start.
"""

from __future__ import annotations

import math

import flint
import sympy
from flint import acb, acb_poly, arb, fmpz_poly

from resolvent.derive.continuation.followed_root import Sheet, regular_disc
from resolvent.derive.equations.equation import ResolventEquation, series_rows
from resolvent.derive.errors import BranchError, DerivationError, PrecisionError
from resolvent.derive.exact.extension import ALPHA, Extension
from resolvent.derive.exact.field import Element
from resolvent.derive.exact.precision import working_precision
from resolvent.derive.exact.series import SeriesPolynomial, terms_of


class Branch(Sheet):
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
        with working_precision(precision):
            polynomials = equation.columns
            height = max(abs(int(c)).bit_length() for column in polynomials for c in column.coeffs())
            rows = [acb_poly(c) * (arb(2) ** -height) for c in polynomials]  # so that floats do not overflow
            super().__init__(rows, precision, float(number_ball(_mean(equation)).mid()))
            self.start, self.start_root = self._start()
        self.anchor(self.start, self.start_root)

    def value(self, z: acb) -> acb:
        """The branch at a point of the closed upper half-plane; far out in the chart of its start, where sheets differ.

        Raises `BranchError` at branch points.
        """
        if abs(complex(z)) > 2 * abs(complex(self.start)) and self.learnt(z) is None:
            try:
                return self._far_value(z)
            except (BranchError, PrecisionError):
                pass
        return super().value(z)

    def _far_value(self, z: acb) -> acb:
        with working_precision(self.precision):
            x = (-1 / z).mid()
            return self._folded(z, -x, self._far.value(x))

    def _folded(self, z: acb, w: acb, tail: acb) -> acb:
        """m at z, as good as 1/w, by the root of the chart at w."""
        series = acb(0)
        for coefficient in reversed([*self._head, tail]):
            series = series * w + coefficient
        guess = self.widened(-w * series)
        root = self.refine(z, guess)
        if not self.same(z, root, guess):
            raise PrecisionError("the start at infinity is not isolated; raise the precision", z=complex(z))
        return root

    # -- the start at infinity -----------------------------------------------------------------------------

    def _start(self) -> tuple[acb, acb]:
        coefficients, germ = _unfolded(self.equation)
        radius, ball = regular_disc(coefficients, germ[-1])
        mirrored = [acb_poly([c * (-1) ** k for k, c in enumerate(row)]) for row in coefficients]
        self._head, self._far = germ[:-1], Sheet(mirrored, self.precision)
        x = acb(0, radius)  # -1/z, which keeps the half-plane
        tail = self._far.refine(x, ball)
        if not ball.contains(tail):
            raise PrecisionError("the start at infinity is not isolated; raise the precision", z=complex(-1 / x))
        # Sheets that agree to several orders in 1/z are far apart in this chart: come down from infinity in it.
        size = math.sqrt(abs(float(number_ball(self.equation.field.coerce(self.equation.moment_series(3)[2])).mid())))
        while 0 < abs(complex(x)) * 8 * size < 1:
            try:
                x, tail = 2 * x, self._far.follow(x, tail, 2 * x, floor=1e-2 * abs(complex(x)))
            except (BranchError, PrecisionError):
                break
        self._far.anchor(x, tail)
        z = acb(0, (-1 / x).imag.mid())
        return z, self._folded(z, -x, tail)


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
    """A real ball around the algebraic number of an extension of Q, isolating among the minimal polynomial's roots.

    Raises `PrecisionError` when the roots are too close to tell apart.
    """
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
    rows = series_rows(equation.polynomial, {}, base)
    germ = [g.to_fmpq() for g in equation.germ] if base.is_rational else list(equation.germ)
    v = SeriesPolynomial(base, rows).separation(germ)
    assert v is not None
    known = terms_of(equation.moment_series(v + 2), v + 2)
    shift = v + 1 if v else 0
    low = 2 * v + 1 if v else 0
    head = known[:shift]
    # Taylor coefficients of F at the head: sum_j a_j C(j, i) head^(j-i) w^(s i), whose first ones vanish
    with working_precision(2 * flint.ctx.prec + 64):
        coefficients = [acb_poly([acb(_ball(c)) for c in row]) for row in rows]
        powers = [acb_poly([1])]
        for _ in rows[1:]:
            powers.append(powers[-1] * acb_poly([acb(_ball(c)) for c in head]))
        balls = []
        for i in range(len(rows)):
            terms = (math.comb(j, i) * coefficients[j] * powers[j - i] for j in range(i, len(rows)))
            part = [acb(0)] * (shift * i) + list(sum(terms, start=acb_poly([])))
            assert all(c.contains(0) for c in part[:low]), "the germ is no root to the order that it was separated to"
            balls.append(acb_poly(part[low:]))
        enclosed = [acb(_ball(k)) for k in known[: shift + 1]]
    return balls, enclosed


def _ball(value: object) -> arb:
    return number_ball(value) if isinstance(value, Element) else arb(value)


def _mean(equation: ResolventEquation) -> Element:
    """The first moment as an element."""
    return equation.field.coerce(equation.moment_series(2)[1])
