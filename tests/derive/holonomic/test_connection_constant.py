"""Proved constants of densities: against boundary values of the transform, moments of the density, and tampering."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from math import factorial

import mpmath as mp
import pytest
import sympy
from flint import fmpq, fmpz_poly

from resolvent.derive.equations.equation import Z
from resolvent.derive.errors import DerivationError
from resolvent.derive.exact.rational_function import ONE, Rational, x
from resolvent.derive.holonomic import connection_constant as connection
from resolvent.derive.holonomic.branch_cut import CutPiece, cut_pieces
from resolvent.derive.holonomic.connection_constant import Connection, connect, constant_on, same
from resolvent.derive.holonomic.holonomic_law import HolonomicLaw, law_of_moments, law_of_sum
from resolvent.derive.holonomic.hypergeometric_form import HypergeometricForm, X, hypergeometric_forms
from resolvent.derive.sequences.ode import LinearODE
from tests.derive.holonomic.test_transform_form import EACH, HALF_INTEGER, PROVED, law_named

HALF = Fraction(1, 2)


def proved(law: HolonomicLaw) -> Connection:
    for form in hypergeometric_forms(law.density_ode):
        try:
            found = connect(law, form)
        except DerivationError:
            continue
        assert found is not None
        return found
    raise AssertionError(law)


@pytest.fixture(scope="module")
def fisher() -> Connection:
    return proved(law_named("linear Fisher"))


@EACH
def test_the_density_is_the_boundary_value_of_the_transform(name: str) -> None:
    """Im m(x + i eps)/pi by mpmath in the middle of each piece and elsewhere, and 0 outside of the support."""
    proof = proved(law_named(name))
    assert proof.check()
    transform = sympy.lambdify(Z, proof.transform.expression(), "mpmath")
    density = sympy.lambdify(X, proof.constant * proof.form.expression(), "mpmath")
    low, high = (mp.mpf(int(end.p)) / int(end.q) for end in proof.interval)
    with mp.workdps(40):
        for share in ("0.05", "0.3", "0.45", "0.55", "0.8", "0.97"):
            place = low + (high - low) * mp.mpf(share)
            value = mp.im(transform(mp.mpc(place, mp.mpf(10) ** -36))) / mp.pi
            assert abs(value / mp.re(density(place)) - 1) < mp.mpf(10) ** -25
        for place in (low - 3, high + mp.mpf("0.1")):
            assert abs(mp.im(transform(mp.mpc(place, mp.mpf(10) ** -36)))) < mp.mpf(10) ** -30


@pytest.mark.parametrize("name", ["linear Fisher, rare", "arcsine * MP", "trinomial"])
def test_the_density_has_the_moments(name: str) -> None:
    law = law_named(name)
    proof = proved(law)
    density = sympy.lambdify(X, proof.constant * proof.form.expression(), "mpmath")
    low, high = (int(end.p) for end in proof.interval)

    def weighted(v: mp.mpf, n: int) -> mp.mpf:
        value = mp.re(density(v))
        return v**n * value if mp.isfinite(value) else mp.mpf(0)  # nodes that are rounded to a logarithm's place

    for n in (0, 1, 2, 5):
        whole = mp.quad(lambda v, n=n: weighted(v, n), [low, (low + high) / 2, high])
        expected = sympy.Rational(PROVED[name][1]) if n == 0 else law.moments(n)[-1]
        assert whole == pytest.approx(float(expected), rel=1e-6)


def test_the_linear_fisher_law(fisher: Connection) -> None:
    m = X * (8 - X) / 16
    printed = sympy.elliptic_e(m) / (2 * sympy.pi**2) + (4 - X) / (8 * sympy.pi**2) * sympy.elliptic_k(m)
    assert sympy.simplify(fisher.constant * fisher.form.expression() - printed) == 0
    assert (fisher.interval, fisher.atoms) == ((0, 8), ((0, sympy.Rational(1, 2)),))
    assert fisher.transform.form.pullback == Rational.of(16 * ONE, (x - 4) * (x - 4))


def test_constants_that_are_not_rational_multiples_of_powers_of_pi() -> None:
    """sin(pi/3)/pi, by Euler's reflection formula."""
    proof = proved(law_named("trinomial"))
    assert same(proof.constant, sympy.sqrt(3) / (2 * sympy.pi))


def test_tampering_fails_the_check(fisher: Connection) -> None:
    assert fisher.check()
    ten = sympy.Rational(10**30 + 1, 10**30)
    assert not replace(fisher, constant=fisher.constant * ten).check()
    assert not replace(fisher, constant=-fisher.constant).check()
    assert not replace(fisher, atoms=()).check()
    assert not replace(fisher, interval=(fmpq(0), fmpq(4))).check()
    assert not replace(fisher, transform=replace(fisher.transform, scale=-fisher.transform.scale)).check()
    doubled = replace(fisher.form, parts=tuple(Rational.constant(2) * p for p in fisher.form.parts))
    assert not replace(fisher, form=doubled).check()
    assert replace(fisher, form=doubled, constant=fisher.constant / 2).check()


def test_a_form_of_another_equation(fisher: Connection) -> None:
    with pytest.raises(DerivationError, match="does not solve the equation of the density"):
        connect(law_named("arcsine + arcsine"), fisher.form)
    wrong = replace(fisher.form, parts=fisher.form.parts[::-1])
    with pytest.raises(DerivationError, match="does not solve the equation of the density"):
        connect(law_named("linear Fisher"), wrong)


def test_where_the_method_stops(monkeypatch: pytest.MonkeyPatch, fisher: Connection) -> None:
    law = law_of_sum(HALF_INTEGER)
    with pytest.raises(DerivationError, match=r"no Laurent series at infinity \(f = "):
        connect(law, next(hypergeometric_forms(law.density_ode)))

    def none(form: HypergeometricForm) -> Iterator[HypergeometricForm]:
        return iter(())

    monkeypatch.setattr(connection, "related_forms", none)
    with pytest.raises(DerivationError, match="no related form"):
        connect(law_named("linear Fisher"), fisher.form)


def test_the_opposite_is_proved() -> None:
    """+-sqrt(Y/3), Y with the moments (3n)!/n!^3: c/|x| 2F1(1/3, 2/3; 1; 1-9/x^2) on both sides, an odd form."""
    even = [Fraction(factorial(3 * n), factorial(n) ** 3 * 3**n) for n in range(12)]
    moments = [m for pair in zip(even, [Fraction(0)] * 12, strict=True) for m in pair]
    law = law_of_moments(moments)
    odd = next(f for f in hypergeometric_forms(law.density_ode) if f.pullback.degree == 2 and f.pullback(fmpq(3)) == 0)
    assert connect(law, odd) is None


def test_what_is_refused_on_a_piece(fisher: Connection) -> None:
    transform, form = fisher.transform, fisher.form
    piece = cut_pieces(transform.form)[0]
    with pytest.raises(DerivationError, match="does not stay below 1"):
        constant_on(piece, transform, replace(form, pullback=Rational.constant(2) - form.pullback))
    with pytest.raises(DerivationError, match="does not stay below 1"):
        constant_on(piece, transform, replace(form, parts=(Rational.of(ONE, x - 2), form.parts[1])))
    with pytest.raises(DerivationError, match="power in front of the density's form is not real"):
        constant_on(piece, transform, replace(form, powers=((fmpq(8), HALF),)))
    with pytest.raises(DerivationError, match="no power series where the other begins"):
        constant_on(replace(piece, start=fmpq(4)), transform, form)
    swapped = replace(form, parts=(form.parts[0], Rational.constant(3)))
    assert constant_on(piece, transform, swapped) is None


def test_a_support_with_a_gap(fisher: Connection) -> None:
    pieces = (CutPiece(fmpq(0), fmpq(1), fmpq(0), 1), CutPiece(fmpq(2), fmpq(3), fmpq(3), -1))
    with pytest.raises(DerivationError, match="not one interval"):
        connection._joined(pieces)


def test_irregular_equations_are_refused(fisher: Connection) -> None:
    law = replace(law_named("linear Fisher"), ode=LinearODE((fmpz_poly([0, -1]), fmpz_poly([1]), fmpz_poly([1]))))
    with pytest.raises(DerivationError, match="irregular singularity"):
        connect(law, fisher.form)


def test_equal_constants() -> None:
    third = sympy.Rational(1, 3)
    assert same(1 / (sympy.gamma(third) * sympy.gamma(1 - third)), sympy.sqrt(3) / (2 * sympy.pi))
    assert not same(1 / sympy.pi, sympy.Rational(113, 355))
