"""Changes of variable in differential equations: known solutions must solve the new equation."""

from __future__ import annotations

import pytest
import sympy
from flint import fmpz_poly

from resolvent.derive.errors import DerivationError
from resolvent.derive.holonomic.algebraic_ode import algebraic_ode
from resolvent.derive.laws.elementary import marchenko_pastur
from resolvent.derive.sequences.ode import LinearODE, inverted

T = sympy.Symbol("t")
SQUARE_ROOT = LinearODE((fmpz_poly([-1]), fmpz_poly([-2, 2])))  # y = sqrt(x - 1)
BESSEL = LinearODE((fmpz_poly([0, 1]), fmpz_poly([1]), fmpz_poly([0, 1])))  # J_0, irregular at infinity


def left_side(ode: LinearODE, solution: sympy.Expr) -> sympy.Expr:
    return sympy.simplify(sum(a * solution.diff((T, i)) for i, a in enumerate(ode.expressions(T))))


def test_inverse_of_a_square_root() -> None:
    assert left_side(inverted(SQUARE_ROOT), sympy.sqrt(1 / T - 1)) == 0


def test_inverted_twice() -> None:
    ode = algebraic_ode(marchenko_pastur("1/3").equation)
    assert inverted(inverted(ode)) == ode


def test_exponents_at_infinity_are_those_of_the_inverted_equation_at_zero() -> None:
    ode = algebraic_ode(marchenko_pastur("1/3").equation)
    there, here = ode.indicial_polynomial(None), inverted(ode).indicial_polynomial(fmpz_poly([0, 1]))
    assert there is not None
    assert here is not None
    assert here / here.leading_coefficient() == there / there.leading_coefficient()


def test_irregular_singularity_moves_from_infinity_to_zero() -> None:
    with pytest.raises(DerivationError, match="irregular singularity where x = 0"):
        inverted(BESSEL).require_regular()
