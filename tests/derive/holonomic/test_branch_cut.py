"""The jump of 2F1 across its cut, against mpmath on both sides; the intervals that are mapped onto the cut."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import mpmath as mp
import pytest
import sympy
from flint import fmpq, fmpq_poly, fmpz_poly

from resolvent.derive.errors import DerivationError
from resolvent.derive.exact.rational_function import ONE, Rational, x
from resolvent.derive.holonomic.branch_cut import CutPiece, break_points, cut_pieces, jump_factor, rational_roots
from resolvent.derive.holonomic.hypergeometric_form import HypergeometricForm, hypergeometric_forms, related_forms
from resolvent.derive.sequences.ode import LinearODE

K_EQUATION = LinearODE((fmpz_poly([-1]), fmpz_poly([4, -8]), fmpz_poly([0, 4, -4])))
HALF, ONE_ = Fraction(1, 2), Fraction(1)
FORM = replace(list(related_forms(next(hypergeometric_forms(K_EQUATION))))[1], powers=())  # f = 1/x


def with_pullback(top: fmpq_poly, bottom: fmpq_poly) -> HypergeometricForm:
    constant = (Rational.constant(1), Rational.constant(0))
    return replace(FORM, pullback=Rational.of(top, bottom), parts=constant)


def number(v: Fraction) -> mp.mpf:
    return mp.mpf(v.numerator) / v.denominator


def floats(polynomial: fmpq_poly) -> list[mp.mpf]:
    """The coefficients, the leading one first."""
    return [mp.mpf(int(k.p)) / int(k.q) for k in polynomial.coeffs()[::-1]]


@pytest.mark.parametrize(
    ("a", "b", "c"),
    [
        (HALF, HALF, ONE_),
        (Fraction(1, 3), Fraction(2, 3), ONE_),
        (Fraction(1, 4), Fraction(3, 4), ONE_),
        (HALF, HALF, Fraction(2)),
        (-HALF, -HALF, ONE_),
        (Fraction(1, 3), HALF, Fraction(17, 6)),
    ],
)
@pytest.mark.parametrize("u", ["1.01", "1.7", "30"])
def test_the_jump_on_both_sides_of_the_cut(a: Fraction, b: Fraction, c: Fraction, u: str) -> None:
    factor = jump_factor(replace(FORM, a=a, b=b, c=c))
    with mp.workdps(60):
        p, q, r, place = number(a), number(b), number(c), mp.mpf(u)
        d = r - p - q
        claimed = mp.mpf(sympy.N(factor, 50)) * (place - 1) ** d * mp.hyp2f1(r - p, r - q, d + 1, 1 - place)
        for side in (1, -1):
            value = mp.hyp2f1(p, q, r, mp.mpc(place, side * mp.mpf(10) ** -45))
            assert abs(value.imag / mp.pi / (side * claimed) - 1) < mp.mpf(10) ** -35


@pytest.mark.parametrize("m", ["1.2", "5"])
def test_the_jump_of_the_elliptic_integral(m: str) -> None:
    assert jump_factor(FORM) == 1 / sympy.pi
    with mp.workdps(60):
        place, step = mp.mpf(m), mp.mpf(10) ** -45
        above, below = mp.ellipk(mp.mpc(place, step)), mp.ellipk(mp.mpc(place, -step))
        assert abs((above - below) - 2j * mp.ellipk(1 - place)) < mp.mpf(10) ** -40


def test_functions_without_such_a_jump() -> None:
    with pytest.raises(DerivationError, match="is a polynomial"):
        jump_factor(replace(FORM, a=Fraction(-2)))
    for c in (Fraction(3, 2), Fraction(-1, 3), Fraction(1, 2) - 1):
        with pytest.raises(DerivationError, match="c-a-b = 0, 1"):
            jump_factor(replace(FORM, c=c))


@pytest.mark.parametrize(
    ("top", "bottom"),
    [
        (fmpq_poly([1]), x),
        (fmpq_poly([16]), (x - 4) * (x - 4)),
        (fmpq_poly([4, 4]), x * x + 4 * x),  # 4(x+1)/(x(x+4)): 1 at -2 and 2
    ],
)
def test_every_value_of_the_cut_is_taken_on_the_pieces(top: fmpq_poly, bottom: fmpq_poly) -> None:
    """All roots of f = t by mpmath: real, one inside each piece, and f(x + i eps) is on the side that the sign says."""
    form = with_pullback(top, bottom)
    pieces = cut_pieces(form)
    for t in (fmpq(101, 100), fmpq(2), fmpq(1000)):
        roots = mp.polyroots(floats(top - t * bottom), maxsteps=200)
        assert len(roots) == len(pieces)
        for piece in pieces:
            low, high = (int(end.p) / int(end.q) for end in (piece.low, piece.high))
            (root,) = [r for r in roots if low < mp.re(r) < high]
            assert abs(mp.im(root)) < 1e-12
            z = mp.mpc(mp.re(root), 1e-8)
            assert mp.sign((mp.polyval(floats(top), z) / mp.polyval(floats(bottom), z)).imag) == piece.sign


def test_the_pieces_of_the_linear_fisher_law() -> None:
    pieces = cut_pieces(with_pullback(fmpq_poly([16]), (x - 4) * (x - 4)))
    assert pieces == (CutPiece(fmpq(0), fmpq(4), fmpq(0), 1), CutPiece(fmpq(4), fmpq(8), fmpq(8), -1))
    assert [p.middle for p in pieces] == [2, 6]


def test_powers_turn_the_sign() -> None:
    """(x - 1)^(1/2) (x - 2)^(1/2) with principal values is negative above the real line to the left of 1."""
    form = replace(FORM, powers=((fmpq(1), HALF), (fmpq(2), HALF)), pullback=Rational.of(fmpq_poly([1]), x))
    with pytest.raises(DerivationError, match="not real on the axis"):
        cut_pieces(form)  # it is imaginary on (1, 2)
    whole = replace(form, powers=((fmpq(1), ONE_),))
    assert [(p.low, p.high, p.sign) for p in cut_pieces(whole)] == [(0, 1, 1)]
    assert [p.sign for p in cut_pieces(replace(form, powers=()))] == [-1]


@pytest.mark.parametrize(
    ("top", "bottom", "message"),
    [
        (x, ONE, "does not vanish at infinity"),
        (fmpq_poly([-1]), x * x, "not rational"),  # 1 at +-i
        (fmpq_poly([5]), x * x, "not rational"),  # 1 at +-sqrt(5)
        (2 * x, x * x + 1, "not rational"),  # oo at +-i
        ((x - 2) ** 3 - (x - 1) ** 3, (x - 2) ** 3, "off the real axis"),  # f > 1 on (1, 2) only
        ((x - 2) * (x - 3) * (x - 4) - (x - 1) ** 3, (x - 2) * (x - 3) * (x - 4), "not mapped onto the cut"),
    ],
)
def test_arguments_that_are_refused(top: fmpq_poly, bottom: fmpq_poly, message: str) -> None:
    with pytest.raises(DerivationError, match=message):
        cut_pieces(with_pullback(top, bottom))


def test_break_points_and_roots() -> None:
    form = replace(FORM, powers=((fmpq(7), HALF),), parts=(Rational.of(ONE, x - 5), Rational.constant(0)))
    assert break_points(form) == [0, 1, 5, 7]
    with pytest.raises(DerivationError, match="is not rational"):
        rational_roots(x * x - 2)
