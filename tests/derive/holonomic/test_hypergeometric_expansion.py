"""Power series of hypergeometric forms, against values by mpmath near the point."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import mpmath as mp
import pytest
import sympy
from flint import fmpq, fmpz_poly

from resolvent.derive.errors import DerivationError, PrecisionError
from resolvent.derive.exact.rational_function import ONE, Rational, x
from resolvent.derive.holonomic.hypergeometric_expansion import (
    Expansion,
    Laurent,
    equal_up_to,
    expansion,
    hypergeometric_terms,
    last_exponent,
    laurent,
)
from resolvent.derive.holonomic.hypergeometric_form import HypergeometricForm
from resolvent.derive.sequences.ode import LinearODE

K_EQUATION = LinearODE((fmpz_poly([-1]), fmpz_poly([4, -8]), fmpz_poly([0, 4, -4])))
HALF, THIRD = Fraction(1, 2), Fraction(1, 3)


def made(
    a: Fraction, b: Fraction, c: Fraction, f: Rational, powers: tuple[tuple[fmpq, Fraction], ...] = ()
) -> HypergeometricForm:
    """The form w ((x+2)/x F(f) + (x-3) F'(f)); it need not solve the equation."""
    return HypergeometricForm(K_EQUATION, a, b, c, f, (Rational.of(x + 2, x), Rational.of(x - 3)), powers)


def summed(found: Expansion, t: mp.mpf) -> mp.mpf:
    series = found.series
    terms = (mp.mpf(int(c.p)) / int(c.q) * t ** (series.start + k) for k, c in enumerate(series.coefficients))
    return (
        mp.mpf(sympy.N(found.constant, 40))
        * abs(t) ** (mp.mpf(found.power.numerator) / found.power.denominator)
        * (mp.fsum(terms))
    )


def number(v: Fraction) -> mp.mpf:
    return mp.mpf(v.numerator) / v.denominator


def valued(form: HypergeometricForm, place: mp.mpf, jump: bool) -> mp.mpf:
    """The form, or its jump, by mpmath's hypergeometric function and numerical differentiation."""
    a, b, c = number(form.a), number(form.b), number(form.c)

    def outer(u: mp.mpf) -> mp.mpf:
        if jump:
            return mp.power(u - 1, c - a - b) * mp.hyp2f1(c - a, c - b, c - a - b + 1, 1 - u)
        return mp.hyp2f1(a, b, c, u)

    def at(r: Rational) -> mp.mpf:
        top, bottom = ([mp.mpf(int(k.p)) / int(k.q) for k in p.coeffs()[::-1]] for p in (r.top, r.bottom))
        return mp.polyval(top, place) / mp.polyval(bottom, place)

    f, (p, q) = at(form.pullback), form.parts
    w = mp.fprod(abs(place - mp.mpf(int(s.p)) / int(s.q)) ** number(e) for s, e in form.powers)
    return w * (at(p) * outer(f) + at(q) * mp.diff(outer, f))


@pytest.mark.parametrize("place", [fmpq(0), fmpq(5)])
@pytest.mark.parametrize("t", ["0.001", "-0.001"])
def test_the_regular_solution_at_a_zero_of_the_argument(place: fmpq, t: str) -> None:
    argument = Rational.of(x * (x - 5) * 3, x * x + 7)
    form = made(HALF, THIRD, Fraction(5, 4), argument, ((fmpq(0), HALF), (fmpq(3), THIRD)))
    found = expansion(form, place, 11)
    with mp.workdps(40):
        step = mp.mpf(t)
        value = valued(form, int(place.p) + step, jump=False)
        assert abs(summed(found, step) / value - 1) < mp.mpf(10) ** -30


@pytest.mark.parametrize(("a", "b", "c"), [(HALF, HALF, Fraction(1)), (THIRD, HALF, Fraction(17, 6))])
def test_the_jump_at_a_place_where_the_argument_is_one(a: Fraction, b: Fraction, c: Fraction) -> None:
    form = made(a, b, c, Rational.of(x * x + 8 * x, x + 17), ((fmpq(-1, 2), HALF),))  # 1 + 18 (x-2) (...)
    shifted = replace(form, pullback=form.pullback + Rational.constant(1) - Rational.constant(form.pullback(fmpq(2))))
    found = expansion(shifted, fmpq(2), 11)
    with mp.workdps(40):
        step = mp.mpf("0.001")
        assert abs(summed(found, step) / valued(shifted, 2 + step, jump=True) - 1) < mp.mpf(10) ** -28


def test_infinity() -> None:
    form = made(HALF, HALF, Fraction(1), Rational.of(4 * x + 1, x * x), ((fmpq(1), HALF), (fmpq(2), HALF)))
    found = expansion(form, None, 14)
    assert found.power == 0
    assert found.series.start == -2  # w ~ x and (x - 3) F'
    with mp.workdps(40):
        assert abs(summed(found, mp.mpf("0.0005")) / valued(form, mp.mpf(2000), jump=False) - 1) < mp.mpf(10) ** -30
    assert expansion(replace(form, powers=((fmpq(1), HALF),)), None, 3).power == -HALF


def test_at_least_as_many_coefficients_as_asked_for() -> None:
    form = replace(made(HALF, HALF, Fraction(1), Rational.of(x)), parts=(Rational.of(ONE, x**5), Rational.constant(0)))
    terms = hypergeometric_terms(HALF, HALF, Fraction(1), 10)
    for last in (-4, 0, 3):
        assert expansion(form, fmpq(0), last).series[last] == terms[last + 5]


def test_where_there_is_no_power_series() -> None:
    generic = made(HALF, HALF, Fraction(1), Rational.of(x + 3))
    with pytest.raises(DerivationError, match="no power series"):
        expansion(generic, fmpq(0), 3)
    root = made(HALF, HALF, Fraction(3, 2), Rational.of(x + 1))  # (u - 1)^(1/2) ...
    with pytest.raises(DerivationError, match="no power series"):
        expansion(root, fmpq(0), 3)


def test_laurent_series() -> None:
    r = Rational.of(x * x, (x - 1) * (x - 1) * (x + 3))
    with mp.workdps(40):
        for place, t in ((fmpq(1), "0.001"), (fmpq(0), "0.001"), (None, "0.001")):
            series = laurent(r, place, 16)
            found = Expansion(sympy.S.One, Fraction(0), series)
            point = 1 / mp.mpf(t) if place is None else int(place.p) + mp.mpf(t)
            value = point**2 / ((point - 1) ** 2 * (point + 3))
            assert abs(summed(found, mp.mpf(t)) / value - 1) < mp.mpf(10) ** -30
    assert [laurent(r, place, 2).start for place in (fmpq(1), fmpq(0), None)] == [-2, 2, 1]


def test_sums_and_products_know_what_they_know() -> None:
    u, v = Laurent(-1, (fmpq(1), fmpq(2), fmpq(3))), Laurent(1, (fmpq(5), fmpq(7)))
    assert u + v == Laurent(-1, (fmpq(1), fmpq(2), fmpq(3 + 5))[:3])
    assert u * v == Laurent(0, (fmpq(5), fmpq(17)))
    assert u.scaled(fmpq(2)).coefficients == (2, 4, 6)
    assert u[-5] == 0
    with pytest.raises(PrecisionError, match=r"known below t\^2 only"):
        u[2]


def test_last_exponents_and_equality() -> None:
    assert last_exponent(K_EQUATION, fmpq(0)) == 0
    assert last_exponent(K_EQUATION, fmpq(1, 3)) == 1  # an ordinary point
    assert last_exponent(K_EQUATION, None, HALF) == 0
    assert last_exponent(LinearODE((fmpz_poly([4]), fmpz_poly([32, -8]), fmpz_poly([0, 32, -12, 1]))), fmpq(8)) == 2
    u, v = Laurent(0, (fmpq(1), fmpq(2), fmpq(3))), Laurent(0, (fmpq(1), fmpq(2), fmpq(4)))
    assert equal_up_to(u, v, 1)
    assert not equal_up_to(u, v, 2)
    assert not equal_up_to(u, Laurent(-1, (fmpq(1), *u.coefficients)), 1)
