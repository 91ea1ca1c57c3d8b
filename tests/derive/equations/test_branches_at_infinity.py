"""Branches at infinity: against the roots of the polynomial at large |z|, and against series known by other means."""

from __future__ import annotations

from fractions import Fraction
from math import comb

import flint
import numpy as np
import pytest
from flint import fmpq, fmpz_mpoly
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from resolvent.derive.equations.branches_at_infinity import Branches, branches_at_infinity
from resolvent.derive.equations.equation import spectral_ring
from resolvent.derive.errors import DerivationError
from resolvent.derive.exact.polynomials import irreducible_factors
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.elementary import (
    arcsine,
    atoms,
    fuss_catalan,
    kesten_mckay,
    marchenko_pastur,
    semicircle,
    wachter,
)

z, m = spectral_ring(()).gens()


def roots(polynomial: fmpz_mpoly, at: complex) -> list[complex]:
    """The numbers -z m at a point, in balls of 400 bits: the coefficients may be far apart."""
    with flint.ctx.workprec(400):
        z_value = flint.acb(at.real, at.imag)
        coefficients = [flint.acb(0)] * (polynomial.degrees()[1] + 1)
        for (i, j), value in polynomial.to_dict().items():
            coefficients[int(j)] += int(value) * z_value ** int(i) * (-1 / z_value) ** int(j)
        return [complex(r) for r in flint.acb_poly(coefficients).roots()]


def value(germ: tuple[fmpq, ...], at: complex, terms: int = 12) -> complex:
    return sum(complex(Fraction(int(c.p), int(c.q))) * at**-k for k, c in enumerate(germ[:terms]))


def check_against_roots(polynomial: fmpz_mpoly, found: Branches, scale: float) -> None:
    """As many roots tend to 1 as branches were counted, unless some are ramified; each germ is close to one root."""
    at = 1e4 * scale * np.exp(0.7j)
    near = [r for r in roots(polynomial, at) if abs(r - 1) < 0.05]
    counted = len(found.germs) + found.irrational + found.complex
    assert len(near) == counted or (found.ramified and len(near) > counted)
    for germ in found.germs:
        assert min(abs(r - value(germ, at)) for r in near) < 1e-6


# -- laws --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "law",
    [
        semicircle(),
        marchenko_pastur("1/2"),
        marchenko_pastur(3),
        arcsine(1),
        wachter("1/2", "1/3"),
        kesten_mckay(3),
        fuss_catalan(2),
        atoms([1, 2, 5]),
        semicircle() + marchenko_pastur("1/2"),
        marchenko_pastur("1/2") @ marchenko_pastur(2),
    ],
    ids=lambda law: law.text,
)
def test_a_laws_own_branch_is_found(law: AlgebraicLaw) -> None:
    polynomial = law.equation.polynomial
    found = branches_at_infinity(polynomial)
    moments = [fmpq(1), *(fmpq(int(v.p), int(v.q)) for v in law.moments(15))]
    assert sum(list(germ[:16]) == moments for germ in found.germs) == 1
    check_against_roots(polynomial, found, 10.0)


def test_the_semicircle_has_the_catalan_numbers() -> None:
    (germ,) = branches_at_infinity(m**2 + z * m + 1).germs
    catalan = [comb(k, k // 2) // (k // 2 + 1) if k % 2 == 0 else 0 for k in range(len(germ))]
    assert [int(c) for c in germ] == catalan


# -- all kinds of branches ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("polynomial", "germs", "irrational", "unreal", "ramified", "masses"),
    [
        (z * m + 1, 1, 0, 0, False, []),
        (z * m + 2, 0, 0, 0, False, [2]),
        (2 * z * m + 1, 0, 0, 0, False, [fmpq(1, 2)]),
        ((m**2 + z * m + 1) * (m - z), 1, 0, 0, False, []),
        ((m**2 + z * m + 1) * (m**2 - z * m - 1), 2, 0, 0, False, []),
        (z**2 * m**2 - 2, 0, 0, 0, False, []),
        (z * m**2 + 1, 0, 0, 0, False, []),
        ((z**2 - 2) * m + z, 1, 0, 0, False, []),
        (z**2 * (z * m + 1) ** 2 - 2 * m**2 * z**2, 0, 2, 0, False, []),
        ((z**2 + 1) * m**2 + 2 * z * m + 1, 0, 0, 2, False, []),
        (z**3 * (z * m + 1) ** 3 - 2 * m**3 * z**3, 0, 1, 2, False, []),
        (z * (z * m + 1) ** 2 - 1, 0, 0, 0, True, []),
        ((z * m + 1) ** 2 * z**3 - 1, 0, 0, 0, True, []),
        ((z * m + 1) ** 3 * z**2 - 1, 0, 0, 0, True, []),
        ((z * m + 1) * (z * m + 3) * z - 1, 1, 0, 0, False, [3]),
    ],
)
def test_kinds(
    polynomial: fmpz_mpoly, germs: int, irrational: int, unreal: int, ramified: bool, masses: list[fmpq]
) -> None:
    found = branches_at_infinity(polynomial)
    assert (len(found.germs), found.irrational, found.complex) == (germs, irrational, unreal)
    if germs + irrational + unreal == 0 and not masses and not found.ramified:
        assert not [r for r in roots(polynomial, 1e6 * np.exp(0.5j)) if abs(r - 1) < 0.05]
    assert (found.ramified, list(found.masses)) == (ramified, masses)


def test_branches_that_agree_for_long_are_told_apart() -> None:
    """m and m + z^-12: the series part at the eleventh moment."""
    found = branches_at_infinity((z * m + 1) * (z**12 * m + z**11 + 1))
    assert sorted(int(germ[11]) for germ in found.germs) == [0, 1]
    assert all(not any(germ[1:11]) for germ in found.germs)


def test_a_square_is_not_told_apart() -> None:
    with pytest.raises(DerivationError, match="agree in 24 moments"):
        branches_at_infinity((m**2 + z * m + 1) ** 2)


POLYNOMIALS = st.dictionaries(
    st.tuples(st.integers(0, 3), st.integers(0, 3)), st.integers(-3, 3).filter(bool), min_size=1, max_size=6
)


@settings(max_examples=150, deadline=None)
@given(POLYNOMIALS, st.integers(1, 3))
def test_random_polynomials_against_their_roots(table: dict[tuple[int, int], int], shift: int) -> None:
    """F(z, z m + 1) has many branches of mass 1."""
    ring = spectral_ring(())
    polynomial = ring.from_dict({})
    for (i, j), coefficient in table.items():
        polynomial += coefficient * z**i * (z * m + 1) ** j * (m if (i + j) % shift == 0 else 1)
    assume(polynomial != 0)
    for factor in irreducible_factors(polynomial, "m"):
        found = branches_at_infinity(factor)
        check_against_roots(factor, found, 1e3)
        for mass in found.masses:
            near = [
                r
                for r in roots(factor, 1e7 * np.exp(0.7j))
                if abs(r - float(Fraction(int(mass.p), int(mass.q)))) < 0.05
            ]
            assert near
