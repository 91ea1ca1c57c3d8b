"""Differential equations: special functions, Fuchs' criterion, and conversions from and to recurrences."""

from __future__ import annotations

from math import comb

import pytest
import sympy
from flint import fmpq, fmpq_poly, fmpz_poly

from resolvent.derive.errors import DerivationError
from resolvent.derive.sequences.ode import LinearODE, falling, jump_ode, ode_of, stieltjes_ode
from resolvent.derive.sequences.recurrence import Recurrence

P = fmpz_poly
AIRY = LinearODE((P([0, -1]), P([0]), P([1])))
BESSEL_ONE = LinearODE((P([-1, 0, 1]), P([0, 1]), P([0, 0, 1])))
LEGENDRE_THREE = LinearODE((P([12]), P([0, -2]), P([1, 0, -1])))
CATALAN = Recurrence((P([-2, -4]), P([2, 1])))


def catalan(n: int) -> int:
    return comb(2 * n, n) // (n + 1)


def roots_of(polynomial: fmpq_poly | None) -> list[sympy.Expr]:
    assert polynomial is not None
    s = sympy.Symbol("s")
    expression = sum(sympy.Rational(int(c.p), int(c.q)) * s**k for k, c in enumerate(polynomial.coeffs()))
    return sorted(r for r, k in sympy.roots(expression, s).items() for _ in range(k))


def test_exponents_of_bessel_and_legendre() -> None:
    assert roots_of(BESSEL_ONE.indicial_polynomial(P([0, 1]))) == [-1, 1]
    assert roots_of(LEGENDRE_THREE.indicial_polynomial(P([-1, 1]))) == [0, 0]
    assert roots_of(LEGENDRE_THREE.indicial_polynomial(None)) == [-3, 4]


def test_irregular_singularities_are_named() -> None:
    with pytest.raises(DerivationError, match="irregular singularity at infinity"):
        AIRY.require_regular()
    with pytest.raises(DerivationError, match="irregular singularity where x = 0"):
        LinearODE((P([-1]), P([0, 0, 1]))).require_regular()
    with pytest.raises(DerivationError, match=r"where x\*\*2 - 2 = 0"):
        LinearODE((P([1]), P([4, 0, -4, 0, 1]))).require_regular()
    LEGENDRE_THREE.require_regular()


def test_no_indicial_polynomial_at_an_irregular_point() -> None:
    assert LinearODE((P([-1]), P([0, 0, 1]))).indicial_polynomial(P([0, 1])) is None
    assert AIRY.indicial_polynomial(None) is None
    with pytest.raises(DerivationError, match="rational points"):
        LEGENDRE_THREE.indicial_polynomial(P([-2, 0, 1]))


def test_singular_points() -> None:
    assert [str(p.to_sympy()) for p in LEGENDRE_THREE.real_singular_points()] == ["-1", "1"]
    assert AIRY.real_singular_points() == []


def test_residual_of_a_solution_and_of_another_series() -> None:
    legendre = [fmpq(0), fmpq(-3, 2), fmpq(0), fmpq(5, 2), *[fmpq(0)] * 6]
    assert not any(LEGENDRE_THREE.residual(legendre))
    assert any(LEGENDRE_THREE.residual([fmpq(1), *legendre[1:]]))


def test_transform_of_the_catalan_moments() -> None:
    """m = (-z + sqrt(z^2 - 4z))/(2z) by SymPy."""
    ode = stieltjes_ode(CATALAN, [fmpq(1)])
    z = sympy.Symbol("z")
    m = (-z + sympy.sqrt(z**2 - 4 * z)) / (2 * z)
    f = sympy.Function("f")
    assert sympy.simplify(ode.to_sympy(f(z)).subs(f(z), m).doit()) == 0


def test_recurrence_and_equation_lead_to_each_other() -> None:
    ode = stieltjes_ode(CATALAN, [fmpq(1)])
    assert ode.moment_recurrence().holds_for([catalan(n) for n in range(40)])
    assert not ode.moment_recurrence().holds_for([catalan(n) + n**2 for n in range(40)])


def test_the_density_satisfies_the_equation_of_the_jump() -> None:
    """sqrt((4-x)/x), the Marchenko-Pastur density, by SymPy; of order 1 where the transform needs 2."""
    ode = jump_ode(CATALAN)
    x = sympy.Symbol("x", positive=True)
    f = sympy.Function("f")
    assert ode.order == 1
    assert sympy.simplify(ode.to_sympy(f(x)).subs(f(x), sympy.sqrt((4 - x) / x)).doit()) == 0


def test_inhomogeneous_equations_are_made_homogeneous() -> None:
    # u(n) = 1: (z - 1) m = -1, so (z - 1) m' + m = 0
    ode = stieltjes_ode(Recurrence((P([-1]), P([1]))), [fmpq(1)])
    assert ode == LinearODE((P([1]), P([-1, 1])))


def test_common_factors_and_trailing_zeros_go() -> None:
    assert ode_of([fmpq_poly([0, 2]), fmpq_poly([0, -4, 2]), fmpq_poly([0])]) == LinearODE((P([1]), P([-2, 1])))


def test_falling_factorials() -> None:
    assert falling(3) == fmpq_poly([0, 2, -3, 1])
    assert falling(0) == fmpq_poly([1])


def test_as_text_and_in_latex() -> None:
    assert AIRY.text() == "-x*y + y'' = 0"
    assert LinearODE((P([-1]), P([1]), P([1, 1]))).text("m", "z") == "-m + m' + (z + 1)*m'' = 0"
    five = LinearODE((P([1]), P([0]), P([0]), P([0]), P([1])))
    assert five.text() == "y + y^(4) = 0"
    assert five.latex("m", "z") == r"\left(1\right) m + \left(1\right) m^{(4)} = 0"
