"""Tubes around many points at once, against all roots by numpy."""

from __future__ import annotations

import numpy as np
import pytest
from flint import acb

from resolvent.derive.continuation.physical_branch import Branch
from resolvent.derive.continuation.tube import Expansions
from resolvent.derive.continuation.tube_batch import Tubes, no_tubes, tubes
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.elementary import atoms, free_poisson, marchenko_pastur, semicircle

LAWS = [
    semicircle(),
    marchenko_pastur("1/4"),
    semicircle() + marchenko_pastur("1/2"),
    marchenko_pastur("1/2") @ marchenko_pastur("1/3") @ marchenko_pastur("1/5"),
    atoms([-1, 0, 2]) + atoms([0, 1, 3], ["1/4", "1/4", "1/2"]),
    free_poisson(2, 1).direct_sum(atoms([3]), "1/2").wishart(6),
]


def around(branch: Branch, places: np.ndarray, width: float = 100.0) -> Tubes:
    """Tubes around the branch at some points."""
    roots = np.array([complex(branch.value(acb(z))) for z in places.tolist()])
    center = complex(branch.center)
    return tubes(branch.expansions, places - center, roots, np.full(len(places), width))


@pytest.mark.parametrize("law", LAWS)
def test_each_point_of_a_tube_has_one_root_within_the_outer_radius_and_in_the_inner(
    law: AlgebraicLaw,
) -> None:
    rng = np.random.default_rng(7)
    branch = Branch(law.equation)
    rows = [[int(c) for c in column.coeffs()][::-1] or [0] for column in law.equation.columns]
    places = rng.uniform(-3, 8, 12) + 1j * rng.uniform(0.05, 2, 12)
    found = around(branch, places)
    proved = np.flatnonzero(found.widths > 0).tolist()
    assert len(proved) >= 11  # the first widths tried are a guess
    assert np.all(found.outer[proved] > found.inner[proved])
    for k in proved:
        z = complex(places[k])
        steps = found.widths[k] * np.sqrt(rng.uniform(size=24)) * np.exp(2j * np.pi * rng.uniform(size=24))
        middles, _ = found.middles(np.full(24, k), steps)
        for step, middle in zip(steps.tolist(), middles.tolist(), strict=True):
            roots = np.roots([np.polyval(row, z + step) for row in reversed(rows)])
            error = 1e-9 * (1 + abs(middle))  # of numpy's roots
            distances = np.sort(np.abs(roots - middle))
            assert distances[0] <= found.inner[k] + error
            assert len(roots) == 1 or distances[1] >= found.outer[k] - error


def test_tubes_end_before_branch_points() -> None:
    places = np.array([3 + 0j, 2.001 + 0j, 1 + 1j])
    found = around(Branch(semicircle().equation), places)
    assert np.all(found.widths < np.abs(places - 2))
    assert np.all(found.widths > 0.1 * np.abs(places - 2))


def test_tubes_are_no_wider_than_wanted() -> None:
    assert around(Branch(semicircle().equation), np.array([3 + 0j, 9 + 1j]), 0.125).widths.tolist() == [0.125, 0.125]


def test_a_double_root_and_a_point_that_is_no_root_have_no_tube() -> None:
    matrix = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0]])  # y^2 - x
    found = tubes(Expansions(matrix, np.abs(matrix)), np.array([0j, 1 + 0j, 1 + 0j]), np.array([0j, 0.7 + 0j, 1 + 0j]),
                  np.full(3, 0.1))  # fmt: skip
    assert (found.widths > 0).tolist() == [False, False, True]


def test_coefficients_without_digits_allow_no_tube() -> None:
    # y^2 - 1e-20 next to y = 1e-10: the other root is within the error of the constant term
    for sizes in ([[1.0, 0.0, 1.0]], [[np.nan, 0.0, 1.0]]):
        found = tubes(Expansions(np.array([[-1e-20, 0.0, 1.0]]), np.array(sizes)), np.array([0j]),
                      np.array([1e-10 + 0j]), np.ones(1))  # fmt: skip
        assert found.widths.tolist() == [0.0]


def test_a_polynomial_of_degree_one_has_no_other_root() -> None:
    matrix = np.array([[1.0, -2.0], [1.0, 0.0]])  # 1 + x - 2 y
    found = tubes(Expansions(matrix, np.abs(matrix)), np.array([0j]), np.array([0.5 + 0j]), np.ones(1))
    assert found.widths[0] == 1
    assert found.outer[0] > 1e99


def test_tubes_of_one_sheet_share_a_root_and_those_of_two_sheets_do_not() -> None:
    expansions = Branch(semicircle().equation).expansions
    places = np.array([3.0, 3.2, 3.2, 3.9], dtype=complex)
    lower = (-places + np.sqrt(places**2 - 4)) / 2
    upper = (-places - np.sqrt(places**2 - 4)) / 2
    found = tubes(expansions, places, np.where([True, True, False, True], lower, upper), np.full(4, 0.3))
    assert found.share(np.array([0, 0, 0]), np.array([1, 2, 3])).tolist() == [True, False, False]  # the last is too far


def test_tubes_at_one_place_share_a_root_only_if_they_hold_the_same() -> None:
    expansions = Branch(semicircle().equation).expansions
    z = 1.0 + 0j  # the two roots are conjugate there
    roots = np.array([(-1 + 1j * np.sqrt(3)) / 2, (-1 - 1j * np.sqrt(3)) / 2, (-1 + 1j * np.sqrt(3)) / 2])
    found = tubes(expansions, np.full(3, z), roots, np.full(3, 0.2))
    assert found.share(np.array([0, 0]), np.array([1, 2])).tolist() == [False, True]


def test_nothing_is_shared_before_anything_is_proved() -> None:
    nothing = no_tubes(np.array([0j, 1 + 0j]))
    assert nothing.share(np.array([0]), np.array([1])).tolist() == [False]
    assert len(nothing.joined(nothing)) == 4


def test_long_lists_are_treated_in_blocks() -> None:
    branch = Branch((semicircle() + marchenko_pastur("1/2")).equation)
    places = np.linspace(5, 9, 3000) + 0.5j
    roots = np.repeat(complex(branch.value(acb(5 + 0.5j))), 3000)
    x = np.repeat(places[:1], 3000) - complex(branch.center)
    found = tubes(branch.expansions, x, roots, np.ones(3000))
    assert np.all(found.widths == found.widths[0])
    assert found.widths[0] > 0
