"""Roots followed along trees, against all roots by brute force along the same way, and against closed forms."""

from __future__ import annotations

import builtins
import cmath

import mpmath as mp
import numpy as np
import pytest
from flint import acb, arb

from resolvent.derive.continuation.physical_branch import Branch
from resolvent.derive.continuation.tube_tree import TubeTree
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.elementary import atoms, marchenko_pastur, semicircle
from resolvent.derive.support.support import skeleton
from tests.numeric.density.following import Follower

LAWS = [
    semicircle() + marchenko_pastur("1/2"),
    marchenko_pastur("1/2") @ marchenko_pastur("1/3") @ marchenko_pastur("1/5"),
    atoms([-1, 0, 2]) + atoms([0, 1, 3], ["1/4", "1/4", "1/2"]),
]


def semicircle_value(z: complex) -> complex:
    """The Stieltjes transform of the semicircle in the upper half-plane."""
    root = cmath.sqrt(z - 2) * cmath.sqrt(z + 2)
    return (root - z) / 2


def tree_of(law: AlgebraicLaw, center: acb | None = None, height: float = 0.0) -> TubeTree:
    branch = Branch(law.equation)
    return TubeTree(branch, branch.start, branch.start_root, center, height)


@pytest.mark.parametrize("law", LAWS)
def test_values_are_those_of_brute_force(law: AlgebraicLaw) -> None:
    tree = tree_of(law)
    center = complex(tree.center)
    places = [4j, 1 + 2j, 1 + 0.5j, 1.3 + 0.2j, 6 + 1j, 6 + 0.01j]
    nodes = tree.grow([0, 1, 2, 3, 2, 5], [z - center for z in places])
    assert all(tree.is_proved[k] for k in nodes)
    follower = Follower(law.equation.expr, law.moments(12))
    with mp.workdps(50):
        expected = [complex(v) for v in follower.values([mp.mpc(z) for z in places])]
    for k, z, value in zip(nodes, places, expected, strict=True):
        ball = tree.root(k, acb(z))
        assert ball is not None
        assert abs(complex(ball) - value) < 1e-13 * abs(value)


def test_a_center_and_a_height_change_nothing() -> None:
    plain, moved = tree_of(semicircle()), tree_of(semicircle(), acb(1.5), -0.75)
    for tree in (plain, moved):
        center = complex(tree.center)
        nodes = tree.grow([0, 1, 2], [3j - center, 1 + 1j - center, 1 - center])
        assert all(tree.is_proved[k] for k in nodes)
        ball = tree.root(nodes[-1], acb(1))
        assert ball is not None
        assert abs(complex(ball) - semicircle_value(1)) < 1e-15


def test_a_root_that_goes_half_around_a_branch_point_becomes_the_other_one() -> None:
    tree = tree_of(semicircle())
    around = [3j, 3 + 3j, 3 + 0j, 2 + 1j, 1 + 0j, 2 - 1j, 3 + 0j]
    nodes = tree.grow(range(len(around)), around)
    assert all(tree.is_proved[k] for k in nodes)
    first, last = (tree.root(nodes[k], acb(3)) for k in (2, 6))
    assert first is not None
    assert last is not None
    assert complex(first) == pytest.approx((-3 + 5**0.5) / 2, abs=1e-14)
    assert complex(last) == pytest.approx((-3 - 5**0.5) / 2, abs=1e-14)


def test_signs_of_imaginary_parts_are_proved() -> None:
    tree = tree_of(semicircle())
    right, above, below = tree.grow([0, 1, 2, 0, 0], [3j, 3 + 3j, 3 + 0j, 1 + 0j, 1 - 1j])[2:]
    tree.grow([right], [2 - 1j])
    assert (tree.is_real(right), tree.is_above(right), tree.is_below(right)) == (True, False, False)
    assert (tree.is_real(above), tree.is_above(above)) == (False, True)
    assert not tree.is_real(below)
    other = tree.grow([right, len(tree)], [2 - 1j, 1 + 0j])[1]  # from below onto the cut
    assert tree.is_proved[other]
    assert tree.is_below(other)


def test_a_segment_through_a_branch_point_is_not_proved_nor_is_what_lies_beyond() -> None:
    tree = tree_of(semicircle())
    before, beyond, further = tree.grow([0, 1, 2, 3], [3 + 3j, 3 + 0j, 1 + 0j, 1 + 1j])[1:]
    assert tree.is_proved[before]
    assert not tree.is_proved[beyond]
    assert not tree.is_proved[further]
    assert tree.root(beyond, acb(1)) is None


def test_an_enclosure_with_two_roots_starts_no_tree() -> None:
    branch = Branch(semicircle().equation)
    tree = TubeTree(branch, acb(3), acb(arb(-1.5, 2), arb(0, 2)))
    assert not any(tree.is_proved[k] for k in tree.grow([0], [3 + 1j]))


def test_a_pole_is_not_approached_by_halving() -> None:
    law = marchenko_pastur(2)  # an atom at 0
    tree = tree_of(law)
    center = complex(tree.center)
    (_, pole) = tree.grow([0, 1], [0.05j - center, -center])
    assert not tree.is_proved[pole]
    assert len(tree) < 60


def test_lost_guesses_do_not_ask_what_the_c_library_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python 3.11's abs of a complex NaN raises OverflowError where an underflow before it left C's errno at ERANGE."""
    absolute = abs

    def strict(x: object) -> object:
        if type(x) is complex and cmath.isnan(x):
            raise OverflowError("absolute value too large")
        return absolute(x)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "abs", strict)
    found = skeleton(atoms([1, "311/100"]).equation)
    assert [float(atom.weight) for atom in found.atoms] == [0.5, 0.5]


def test_points_outside_the_tube_have_no_root() -> None:
    tree = tree_of(semicircle())
    (node,) = tree.grow([0], [3 + 3j])
    assert tree.root(node, acb(3, 3)) is not None
    assert tree.root(node, acb(-3, -3)) is None
    assert tree.root(node, acb(2)) is None  # a double root


def test_random_trees_agree_with_the_closed_form() -> None:
    rng = np.random.default_rng(3)
    tree = tree_of(semicircle())
    places = [3j, *(rng.uniform(-4, 4, 60) + 1j * rng.uniform(0.01, 3, 60)).tolist()]
    nodes = tree.grow([0, *([1] * 60)], places)
    proved = 0
    for k, z in zip(nodes, places, strict=True):
        ball = tree.root(k, acb(z))
        if tree.is_proved[k]:
            assert ball is not None
            assert abs(complex(ball) - semicircle_value(z)) < 1e-14
            proved += 1
    assert proved > 50
