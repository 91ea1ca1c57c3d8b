"""Atoms of tensor laws against counting, and the curves that are left."""

from __future__ import annotations

import pytest
import sympy

from resolvent.derive.errors import DerivationError, ParameterError
from resolvent.derive.laws.elementary import atoms, marchenko_pastur, semicircle
from resolvent.derive.tensor.atoms import mass_at_zero, parts_of
from resolvent.derive.tensor.operations import tensor_direct_sum
from resolvent.derive.tensor.tensor_law import classical_sum, tensor_law, tensor_product

x, y = sympy.symbols("x y")
Q = sympy.Rational
S = semicircle()


def test_finite_measures_are_convolved_point_by_point() -> None:
    law = classical_sum(atoms([0, 1], ["1/3", "2/3"]), atoms([0, 1, 2], ["1/2", "1/4", "1/4"]))
    assert parts_of(law).atoms == ((0, Q(1, 6)), (1, Q(5, 12)), (2, Q(1, 4)), (3, Q(1, 6)))
    assert parts_of(law).curves == ()


def test_products_have_the_atoms_of_either_factor_at_zero() -> None:
    assert mass_at_zero(tensor_product(marchenko_pastur(2), marchenko_pastur(4))) == 1 - Q(1, 2) * Q(1, 4)


def test_constant_eigenvalues_are_atoms() -> None:
    """The matrix [[x, y], [x, y]] + 2 has the eigenvalues 2 and 2 + x + y."""
    one = marchenko_pastur(1)
    law = tensor_law([[x + 2, y], [x, y + 2]], (x, y), (one, one), (x, y))
    parts = parts_of(law)
    assert parts.atoms == ((2, Q(1, 2)),)
    assert [str(curve.polynomial) for curve in parts.curves] == ["z - x - y - 2"]


def test_irrational_eigenvalues_at_atoms_are_exact() -> None:
    law = tensor_law([[x, 1], [1, y]], (x, y), (atoms([0]), atoms([1])))
    golden = (1 + sympy.sqrt(5)) / 2
    (low, half), (high, other) = parts_of(law).atoms
    assert (half, other) == (Q(1, 2), Q(1, 2))
    assert sympy.simplify(low - (1 - golden)) == 0
    assert sympy.simplify(high - golden) == 0


def test_an_atom_of_one_factor_shifts_the_other() -> None:
    parts = parts_of(classical_sum(atoms([0, 3], ["1/4", "3/4"]), S))
    assert parts.atoms == ()
    assert {str(c.polynomial): c.weight for c in parts.curves} == {
        "z - lambda_2": Q(1, 4),
        "z - lambda_2 - 3": Q(3, 4),
    }


def test_a_factor_that_does_not_occur_is_integrated_out() -> None:
    """diag(x, y) with x of Marchenko-Pastur's law of ratio 2: half of its mass is an atom at 0."""
    law = tensor_law([[x, 0], [0, y]], (x, y), (marchenko_pastur(2), S))
    parts = parts_of(law)
    assert parts.atoms == ((0, Q(1, 4)),)
    assert {str(c.polynomial): (c.weight, c.variables) for c in parts.curves} == {
        "z - x": (Q(1, 2), (0,)),
        "z - y": (Q(1, 2), (1,)),
    }


def test_masses_of_a_direct_sum_add() -> None:
    law = tensor_direct_sum(classical_sum(atoms([0]), atoms([1])), tensor_product(atoms([1]), atoms([1, 2])), "1/3")
    assert parts_of(law).atoms == ((1, Q(2, 3)), (2, Q(1, 3)))


def test_companion_removes_part_of_an_atom() -> None:
    law = classical_sum(marchenko_pastur(3), marchenko_pastur(2)).companion("6/5")  # a third at 0
    assert parts_of(law).atoms == ((0, Q(6, 5) * Q(1, 3) - Q(1, 5)),)


def test_parameters_must_have_values() -> None:
    c = sympy.Symbol("c", positive=True)
    with pytest.raises(ParameterError, match="missing: c"):
        parts_of(classical_sum(marchenko_pastur(c), S))


def test_atoms_at_irrational_points_are_not_handled() -> None:
    from resolvent.derive.equations.equation import M, Z
    from resolvent.derive.laws.from_equation import law_of_equation

    law = law_of_equation(M * (Z**2 - 2) + Z, [1])  # half at each of +-sqrt(2)
    with pytest.raises(DerivationError, match="rational points"):
        parts_of(classical_sum(law, S))
