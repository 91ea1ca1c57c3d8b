"""Certified tubes around a root, against all roots by numpy."""

from __future__ import annotations

import numpy as np
import pytest
import sympy
from flint import acb

from resolvent.derive.continuation.followed_root import at_most
from resolvent.derive.continuation.physical_branch import Branch
from resolvent.derive.continuation.tube import Expansions
from resolvent.derive.errors import BranchError
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.elementary import atoms, free_poisson, marchenko_pastur, semicircle
from resolvent.derive.support.support import skeleton
from tests.derive.time_limit import within


@pytest.mark.parametrize(
    "law",
    [
        semicircle(),
        marchenko_pastur("1/4"),
        semicircle() + marchenko_pastur("1/2"),
        marchenko_pastur("1/2") @ marchenko_pastur("1/3") @ marchenko_pastur("1/5"),
        atoms([-1, 0, 2]) + atoms([0, 1, 3], ["1/4", "1/4", "1/2"]),
        free_poisson(2, 1).direct_sum(atoms([3]), "1/2").wishart(6),
    ],
)
@pytest.mark.parametrize("order", [0, 5])
def test_each_point_has_one_root_in_the_tube(law: AlgebraicLaw, order: int) -> None:
    rng = np.random.default_rng(7)
    branch = Branch(law.equation)
    rows = [[int(c) for c in column.coeffs()][::-1] or [0] for column in law.equation.columns]
    for _ in range(12):
        z = complex(rng.uniform(-3, 8), rng.uniform(0.05, 2))
        root = branch.value(acb(z))
        expansion = branch._expansion(acb(z), root)
        assert expansion is not None
        tube, _ = expansion.tube(100.0, 2.0, order)
        assert tube.width > 0
        for step in tube.width * np.sqrt(rng.uniform(size=24)) * np.exp(2j * np.pi * rng.uniform(size=24)):
            roots = np.roots([np.polyval(row, z + step) for row in reversed(rows)])
            middle = complex(root) + tube.middle(complex(step))
            # roots that numpy cannot tell from the edge of the tube are left out
            inside = np.sum(np.abs(roots - middle) <= tube.radius * 1.01 + 1e-9 * (1 + abs(middle)))
            assert inside == 1


def test_a_tube_of_a_branch_ends_before_its_branch_point() -> None:
    branch = Branch(semicircle().equation)
    for z in (3 + 0j, 2.001 + 0j, 1 + 1j):
        expansion = branch._expansion(acb(z), branch.value(acb(z)))
        assert expansion is not None
        tube, _ = expansion.tube(100.0, 2.0)
        assert 0.1 * abs(z - 2) < tube.width < abs(z - 2)


def test_a_double_root_has_no_tube() -> None:
    # y^2 - x at the origin: P_y = 0
    matrix = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0]])
    assert Expansions(matrix, np.abs(matrix)).at(0j, 0j) is None


def test_a_root_is_not_isolated_where_rounding_errors_hide_another() -> None:
    # y^2 - 1e-20 next to y = 1e-10: the other root is within the error of the constant term
    matrix = np.array([[-1e-20, 0.0, 1.0]])
    expansion = Expansions(matrix, np.array([[1.0, 0.0, 1.0]])).at(0j, 1e-10)
    assert expansion is None or not expansion.is_isolated


def test_sheets_with_a_common_pole_are_followed_in_long_steps() -> None:
    # several sheets have the pole of the atom at 0 with the same weight, and differ by much less next to it
    law = free_poisson(2, 1).direct_sum(atoms([3]), "1/2").wishart(6)
    with within(10):
        frame = skeleton(law.equation)
    assert [float(a.point) for a in frame.atoms] == [0.0]


def test_a_step_too_small_for_powers_of_it_to_be_floats_has_a_tube() -> None:
    branch = Branch(semicircle().equation)
    tube = branch._expansion(acb(1j), branch.value(acb(1j))).tube(1e-150)[0]
    assert tube.width > 1e-150


@pytest.mark.parametrize("place", [complex(-1e6), complex(3e5, 2.0), complex(40.0, 1e6), complex(-33.0)])
def test_values_far_out_are_found_in_the_chart_at_infinity(place: complex) -> None:
    """Of semicircles of the variances 1 + 10^-6 (+-2)^(1/2), whose sheets agree far out to 10^-6/z^2 of their size."""
    v = 1 + 2**0.5 / 10**6
    branch = Branch(semicircle(1 + sympy.sqrt(2) / 10**6).equation)
    root = (place / 2) * (1 - 4 * v / place**2) ** 0.5
    expected = -1 / (place / 2 + root)  # of z and (z^2 - 4v)^(1/2), which cancel in m itself
    assert complex(branch.value(acb(place))) == pytest.approx(expected, rel=1e-14)


def test_paths_end_after_the_steps_that_are_allowed() -> None:
    branch = Branch(semicircle().equation)
    with at_most(0), pytest.raises(BranchError, match="another sheet comes too close"):
        branch.value(acb(1, 1))
    assert complex(branch.value(acb(0))) == pytest.approx(1j, rel=1e-14)
