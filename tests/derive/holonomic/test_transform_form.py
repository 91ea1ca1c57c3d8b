"""Transforms in closed form: against moments, and against an integral over the factors' own laws."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import mpmath as mp
import pytest
import sympy
from flint import fmpq, fmpz_poly

from resolvent.derive.equations.equation import Z
from resolvent.derive.errors import DerivationError
from resolvent.derive.exact.rational_function import ONE, Rational, x
from resolvent.derive.holonomic.holonomic_law import HolonomicLaw, law_of_sum
from resolvent.derive.holonomic.hypergeometric_form import HypergeometricForm, hypergeometric_forms, related_forms
from resolvent.derive.holonomic.transform_form import TransformForm, applied, transform_form
from resolvent.derive.sequences.ode import LinearODE
from resolvent.derive.sequences.telescoping import HypergeometricSum, K, N, Ratio, hypergeometric_sum
from tests.derive.sequences.test_telescoping import REST, SUMS


def vandermonde(ratio: Ratio) -> HypergeometricSum:
    """c_n sum_k binom(n, k)^2 = c_n binom(2n, n), with c_(n+1)/c_n given."""
    return hypergeometric_sum(ratio * (N + 1) ** 2 / (REST + 1) ** 2, REST**2 / (K + 1) ** 2)


def sum_of_two(first: int, second: int) -> HypergeometricSum:
    """binom(n, k) u_(n-k) v_k for u, v = binom(2n, n)/(n+1)^j: arcsine variables (j = 0), Marchenko-Pastur (j = 1)."""
    return hypergeometric_sum(
        (N + 1) / (REST + 1) * (4 * REST + 2) / (REST + 1 + first),
        REST / (K + 1) * (REST + first) / (4 * REST - 2) * (4 * K + 2) / (K + 1 + second),
    )


PROVED: dict[str, tuple[HypergeometricSum, str]] = {
    "linear Fisher": (SUMS["linear Fisher"][0], "1/2"),
    "linear Fisher, rare": (SUMS["linear Fisher"][0], "1/5"),
    "MP + MP": (SUMS["linear Fisher"][0], "1"),
    "arcsine + arcsine": (sum_of_two(0, 0), "1"),
    "arcsine + MP": (sum_of_two(0, 1), "1"),
    "arcsine * arcsine": (vandermonde((4 * N + 2) / (N + 1)), "1"),
    "arcsine * MP": (vandermonde((4 * N + 2) / (N + 2)), "1"),
    "MP * MP": (vandermonde((4 * N + 2) / (N + 2) * (N + 1) / (N + 2)), "1"),
    "trinomial": (vandermonde(3 * (3 * N + 2) * (3 * N + 1) / (2 * N + 2) / (2 * N + 1)), "1"),  # (3n)!/n!^3
}
EACH = pytest.mark.parametrize("name", PROVED)
# m_n = n!^2/(3/2)_n^2, the density is K(1-x)/2 on (0, 1); the series has half powers at infinity
HALF_INTEGER = vandermonde((N + 1) ** 3 / (N + sympy.Rational(3, 2)) ** 2 / (4 * N + 2))


def law_named(name: str) -> HolonomicLaw:
    return law_of_sum(*PROVED[name])


def transform_of(law: HolonomicLaw) -> TransformForm:
    for form in hypergeometric_forms(law.density_ode):
        for related in related_forms(form):
            try:
                return transform_form(law, related)
            except DerivationError:
                continue
    raise AssertionError(law)


def evaluated(transform: TransformForm, z: complex) -> mp.mpc:
    return sympy.lambdify(Z, transform.expression(), "mpmath")(mp.mpmathify(z))


@EACH
def test_the_transform_has_the_moments(name: str) -> None:
    law = law_named(name)
    transform = transform_of(law)
    assert transform.check()
    with mp.workdps(30):
        z = mp.mpc(90, 20)
        series = -mp.fsum(mp.mpf(int(m.p)) / int(m.q) / z ** (k + 1) for k, m in enumerate(law.moment_terms(60)))
        assert abs(evaluated(transform, z) / series - 1) < mp.mpf(10) ** -24


@pytest.mark.parametrize("z", [2 + 1j, 6 + 0.5j, -1 + 0.25j, 3 - 2j])
def test_the_transform_of_the_linear_fisher_law_near_its_support(z: complex) -> None:
    """1/2 E m_MP(z - x) - 1/(2z) for x with the Marchenko-Pastur law: one integral."""
    transform = transform_of(law_named("linear Fisher"))

    def inner(w: mp.mpc) -> mp.mpc:
        return (-1 + mp.sqrt(1 - 4 / w)) / 2  # w m^2 + w m + 1 = 0

    def outer(t: mp.mpf) -> mp.mpc:  # x = 4 cos(t)^2, density sqrt(4/x - 1)/(2 pi)
        return inner(z - 4 * mp.cos(t) ** 2) * 4 * mp.sin(t) ** 2 / mp.pi

    whole = mp.quad(outer, mp.linspace(0, mp.pi / 2, 9))
    assert abs(whole / 2 - 1 / (2 * mp.mpmathify(z)) - evaluated(transform, z)) < 1e-12


def test_the_transform_of_the_linear_fisher_law() -> None:
    transform = transform_of(law_named("linear Fisher"))
    m = 16 / (Z - 4) ** 2
    printed = ((Z - 4) * sympy.elliptic_e(m) - (Z - 8) * sympy.elliptic_k(m)) / (8 * sympy.pi)
    assert sympy.simplify(transform.expression() - printed + sympy.Rational(1, 4) + 1 / (2 * Z)) == 0


@EACH
def test_the_atoms_are_what_the_weight_leaves(name: str) -> None:
    left = 1 - sympy.Rational(PROVED[name][1])
    assert transform_of(law_named(name)).atoms() == (((0, left),) if left else ())


@EACH
def test_tampering_fails_the_check(name: str) -> None:
    transform = transform_of(law_named(name))
    assert not replace(transform, scale=2 * transform.scale).check()
    assert not replace(transform, rational=transform.rational + Rational.constant(1)).check()
    assert not replace(transform, rational=transform.rational + Rational.of(ONE, x - 1)).check()
    p, q = transform.form.parts
    wrong = replace(transform.form, parts=(p + Rational.constant(1), q))
    assert not replace(transform, form=wrong).check()


def test_transforms_that_are_not_of_this_kind() -> None:
    half = law_of_sum(HALF_INTEGER)
    for form in related_forms(next(hypergeometric_forms(half.density_ode))):
        with pytest.raises(DerivationError, match="no Laurent series at infinity"):
            transform_form(half, form)
    other = transform_of(law_named("arcsine + arcsine")).form
    with pytest.raises(DerivationError, match="no rational function plus a multiple"):
        transform_form(law_named("linear Fisher"), replace(other, parts=(Rational.of(ONE, x**4), Rational.constant(0))))
    product = law_named("arcsine * arcsine")  # one coefficient decides, and any form ~ 1/z fits it
    with pytest.raises(DerivationError, match="does not continue the transform"):
        transform_form(product, other)


def test_an_atom_may_be_hidden() -> None:
    """At 0 the solutions of the equation of 2F1(1, 1; 1; 1/x)/x = 1/(x-1) grow like 1 and 1/(x-1)."""
    pole = LinearODE((fmpz_poly([2]), fmpz_poly([-4, 4]), fmpz_poly([1, -2, 1])))  # 1/(x-1), 1/(x-1)^2
    one = Fraction(1)
    form = HypergeometricForm(pole, one, one, one, Rational.of(ONE, x), (Rational.of(ONE, x), Rational.constant(0)), ())
    transform = replace(transform_of(law_named("linear Fisher")), form=form)
    with pytest.raises(DerivationError, match="hidden in the hypergeometric part"):
        transform.atoms()


def test_equations_applied_to_rational_functions() -> None:
    ode = LinearODE((fmpz_poly([2]), fmpz_poly([0, 4]), fmpz_poly([0, 0, 1])))  # 1/x and 1/x^2
    assert applied(ode, Rational.of(ONE, x * x) + Rational.of(ONE, x)).top == 0
    assert applied(ode, Rational.of(x)) == Rational.of(6 * x)
    assert applied(ode, Rational.constant(fmpq(1, 2))) == Rational.constant(1)
