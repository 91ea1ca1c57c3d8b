"""Discriminants, against sympy at low degree and against exact values at integers at high degree."""

from __future__ import annotations

import random

import pytest
import sympy
from flint import fmpz_mpoly, fmpz_poly

from resolvent.derive.equations.discriminant import (
    degree_bound,
    discriminant,
    discriminant_factors,
    modular_discriminant,
)
from resolvent.derive.equations.equation import polynomial_columns, spectral_ring
from resolvent.derive.errors import PrecisionError
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.elementary import arcsine, atoms, marchenko_pastur, semicircle
from resolvent.derive.support.support import critical_factors, node_factors, skeleton
from tests.derive.time_limit import within

Z, M = sympy.symbols("z m")


def random_polynomial(seed: int) -> fmpz_mpoly:
    """A polynomial of degree 2 to 6 in m; some have gaps, huge coefficients or sheets that meet at infinity."""
    rng = random.Random(seed)
    d, width = rng.randint(2, 6), rng.randint(0, 5)
    size = rng.choice([1, 9, 2**40, 10**30])
    ring = spectral_ring(())
    z, m = ring.gens()
    total = ring.constant(0)
    for j in range(d + 1):
        for i in range(rng.randint(0, width) + 1):
            if rng.random() < 0.7:
                total += rng.randint(-size, size) * z**i * m**j
    if rng.random() < 0.4:
        k = rng.randint(2, d)
        total += z ** (width + 1) * m ** (d - k) * (rng.randint(1, 5) * m - rng.randint(-3, 3)) ** k
    return total + (1 + z ** (width + 2)) * m**d + 1


@pytest.mark.parametrize("seed", range(40))
def test_discriminants_of_random_polynomials_are_those_of_sympy(seed: int) -> None:
    polynomial = random_polynomial(seed)
    expr = sum(int(c) * Z**i * M**j for (i, j), c in polynomial.to_dict().items())
    expected = sympy.Poly(sympy.discriminant(sympy.Poly(expr, M)), Z).all_coeffs()[::-1]
    found = modular_discriminant(polynomial_columns(polynomial))
    assert found == fmpz_poly([int(c) for c in expected])
    assert discriminant(polynomial) == found
    assert degree_bound(polynomial_columns(polynomial)) >= found.degree()


def test_the_discriminant_of_a_free_sum_of_degree_17_has_its_values_at_integers() -> None:
    equation = (atoms([-1, 0, 2, 5, 9]) + atoms([0, 1, 3, 7, 15])).equation
    with within(20):
        found = discriminant(equation.polynomial)
    for x in (-(10**9) - 7, -3, 13, 10**6 + 3):
        assert equation.columns[-1](x) != 0
        assert found(x) == fmpz_poly([column(x) for column in equation.columns]).discriminant()


def test_sheets_that_meet_at_infinity_lower_the_degree() -> None:
    # at infinity 16 of the 17 sheets have the same (z m), so 16 * 15 of the 528 that degrees in z alone allow are lost
    equation = (atoms([-1, 0, 2, 5, 9]) + atoms([0, 1, 3, 7, 15])).equation
    assert degree_bound(equation.columns) == discriminant(equation.polynomial).degree() == 528 - 16 * 15


@pytest.mark.parametrize(
    "law",
    [
        marchenko_pastur(1) @ marchenko_pastur(1) @ marchenko_pastur(1),
        atoms([-1, 0, 2]) + atoms([0, 1, 3], ["1/4", "1/4", "1/2"]),
        semicircle() + atoms([-5, -3, -1, 1, 3, 5]),
        marchenko_pastur(1) ** 3,
        arcsine(2) ** 2,
        semicircle() ** 3,
    ],
)
def test_the_factors_with_multiplicities_are_the_discriminant(law: AlgebraicLaw) -> None:
    expr = law.equation.expr
    expected = sympy.Poly(sympy.discriminant(sympy.Poly(expr, M), M), Z)
    product = sympy.Poly(1, Z)
    for factor, k in discriminant_factors(law.equation.polynomial):
        product *= sympy.Poly([int(c) for c in factor.coeffs()[::-1]], Z) ** k
    assert product.monic() == expected.monic()


def test_polynomials_linear_in_m_have_no_discriminant_factors() -> None:
    assert discriminant_factors(atoms([0, 1, 5], ["1/2", "1/4", "1/4"]).equation.polynomial) == []


def test_the_degree_drop_at_a_root_of_the_leading_coefficient_is_a_root_at_infinity() -> None:
    # z m^2 + m + 1 has discriminant 1 - 4 z, which is 1 at z = 0; z m^3 + z m^2 + m + 1 has a double root at infinity
    assert modular_discriminant([fmpz_poly([1]), fmpz_poly([1]), fmpz_poly([0, 1])]) == fmpz_poly([1, -4])
    cubic = [fmpz_poly([1]), fmpz_poly([1]), fmpz_poly([0, 1]), fmpz_poly([0, 1])]
    assert modular_discriminant(cubic)(0) == 0


def test_nodes_are_critical_points_and_no_edges() -> None:
    equation = (atoms([-1, 0, 2]) + atoms([0, 1, 3], ["1/4", "1/4", "1/2"])).equation
    nodes = node_factors(equation)
    assert all(factor in critical_factors(equation) for factor in nodes)
    for interval in skeleton(equation).intervals:
        for edge in (interval.left, interval.right):
            assert not any(edge.point.is_root_of(factor) for factor in nodes)


def test_the_skeleton_of_a_law_of_degree_17_is_found_in_seconds() -> None:
    law = atoms([-1, 0, 2, 5, 9]) + atoms([0, 1, 3, 7, 15])
    with within(20):
        frame = skeleton(law.equation)
    assert [round(float(e.point), 4) for i in frame.intervals for e in (i.left, i.right)] == [
        -0.4042,
        14.2022,
        15.8781,
        22.2898,
    ]
    assert frame.atoms == ()


def test_a_discriminant_without_primes_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resolvent.derive.equations.discriminant.WORD", 64)
    with pytest.raises(PrecisionError, match="too large for primes below 64"):
        modular_discriminant(polynomial_columns(random_polynomial(3)))
