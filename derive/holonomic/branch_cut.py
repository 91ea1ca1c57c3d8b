r"""Where the argument of a hypergeometric form meets the cut [1, oo) of 2F1, and the jump of 2F1 there.

For h = w (p_0 F(f) + p_1 F'(f)), F = 2F1(a, b; c; .), f(oo) = 0, principal values of F and of the powers in w make h
analytic in the upper half-plane if f takes no value of the cut there. On the real line h is real up to the phase of w
where f < 1; where f > 1, x + i0 goes to the side of the cut that the sign of f' says. There (DLMF 15.2.3)

    F(u + i0) - F(u - i0) = 2 pi i Gamma(c)/(Gamma(a) Gamma(b) Gamma(d+1)) (u-1)^d 2F1(c-a, c-b; d+1; 1-u),  d = c-a-b.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import sympy
from flint import fmpq, fmpq_poly

from resolvent.derive.errors import DerivationError
from resolvent.derive.exact.rational_function import ONE, Rational
from resolvent.derive.holonomic.hypergeometric_form import HypergeometricForm


@dataclass(frozen=True)
class CutPiece:
    """An interval of the real line that f maps onto the cut (1, oo), once.

    Attributes:
        low, high: the ends.
        start: the end at which f = 1; at the other one f = oo.
        sign: 1 or -1. Im h(x + i0) = sign |w| (p_0 J(f) + p_1 J'(f)) with J(u) = Im F(u + i0).
    """

    low: fmpq
    high: fmpq
    start: fmpq
    sign: int

    @property
    def middle(self) -> fmpq:
        """A point inside."""
        return (self.low + self.high) / 2


def cut_pieces(form: HypergeometricForm) -> tuple[CutPiece, ...]:
    """The intervals of the real line that f maps to the cut; no other points of the closed upper half-plane go there.

    On each of them f runs from 1 to oo or back, so it takes every value of the cut; if there are as many intervals as
    the degree of f, it takes them on these intervals only, once on each, and is monotonic there.

    >>> from resolvent.derive.holonomic.hypergeometric_form import hypergeometric_forms, related_forms
    >>> from resolvent.derive.sequences.ode import LinearODE
    >>> from flint import fmpz_poly
    >>> ode = LinearODE((fmpz_poly([-1]), fmpz_poly([4, -8]), fmpz_poly([0, 4, -4])))  # of K(x)
    >>> _, form = related_forms(next(hypergeometric_forms(ode)))
    >>> form.pullback.to_sympy(), cut_pieces(form)  # 1/(x + i0) is below the cut
    (1/x, (CutPiece(low=0, high=1, start=1, sign=-1),))

    Raises `DerivationError` if that is not so, or if h is not real up to a sign on the rest of the axis.
    """
    f, one = form.pullback, Rational.of(ONE)
    if f.top.degree() >= f.bottom.degree():
        raise DerivationError("the argument does not vanish at infinity", form=form)
    ones, poles = rational_roots((f - one).top), rational_roots(f.bottom)
    slope = f.derivative()
    found = []
    for low, high in pairwise(break_points(form)):
        middle = (low + high) / 2
        turns = sum((e for s, e in form.powers if s > middle), Fraction(0))
        if turns.denominator != 1:
            raise DerivationError("a power in front is not real on the axis", form=form, interval=(low, high))
        if f(middle) > 1:
            if not (low in ones and high in poles) and not (low in poles and high in ones):
                raise DerivationError("an interval is not mapped onto the cut", form=form, interval=(low, high))
            sign = (-1) ** int(turns) * (1 if slope(middle) > 0 else -1)
            found.append(CutPiece(low, high, low if low in ones else high, sign))
    if len(found) != f.degree:
        raise DerivationError("the argument takes values of the cut off the real axis", form=form)
    return tuple(found)


def jump_factor(form: HypergeometricForm) -> sympy.Expr:
    """Gamma(c)/(Gamma(a) Gamma(b) Gamma(d+1)): Im F(u + i0)/pi is that times (u-1)^d 2F1(c-a, c-b; d+1; 1-u), u > 1.

    d = c - a - b must be 0, 1, 2, ... For K and E it is 1/pi: Im K(u + i0) = K(1-u).

    Raises `DerivationError` if F is a polynomial, without a jump, or for other d.
    """
    a, b, c = (sympy.Rational(v.numerator, v.denominator) for v in (form.a, form.b, form.c))
    if any(v.is_integer and v <= 0 for v in (a, b)):
        raise DerivationError("the hypergeometric function is a polynomial and has no jump", form=form)
    if not (c - a - b).is_integer or c - a - b < 0:
        raise DerivationError(
            "the jump is a power series where the argument is 1 for c-a-b = 0, 1, ... only", form=form
        )
    return sympy.gammasimp(sympy.gamma(c) / (sympy.gamma(a) * sympy.gamma(b) * sympy.gamma(c - a - b + 1)))


def break_points(form: HypergeometricForm) -> list[fmpq]:
    """The points at which f = 1 or oo, or a coefficient of the form is singular, in increasing order.

    Raises `DerivationError` if one of them is not rational.
    """
    f = form.pullback
    found = {s for p in (f - Rational.of(ONE), *form.parts) for s in rational_roots(p.bottom)}
    return sorted(found | set(rational_roots((f - Rational.of(ONE)).top)) | {s for s, _ in form.powers})


def rational_roots(polynomial: fmpq_poly) -> Sequence[fmpq]:
    """All roots of a polynomial.

    >>> rational_roots(fmpq_poly([-1, 0, 4]))
    [1/2, -1/2]

    Raises `DerivationError` if one of them is not rational.
    """
    factors = [p for p, _ in polynomial.numer().factor()[1]]
    if any(p.degree() > 1 for p in factors):
        raise DerivationError("a singular point of the form is not rational", polynomial=polynomial)
    return [fmpq(-int(p[0]), int(p[1])) for p in factors]
