"""The signs of the density along the line, against brute force and against the branch followed from gap to gap."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import mpmath as mp
import numpy as np
import pytest
from flint import acb, arb

from resolvent import catalog
from resolvent.derive.continuation.physical_branch import Branch
from resolvent.derive.continuation.tube_tree import TubeTree
from resolvent.derive.errors import DerivationError
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.elementary import arcsine, atoms, fuss_catalan, marchenko_pastur, semicircle
from resolvent.derive.support.real_line import sweep
from resolvent.derive.support.support import _skeleton, skeleton
from tests.derive.support.test_support import branch_of
from tests.numeric.density.following import Follower, M, Z

LAWS = {
    "semicircle": semicircle,
    "an atom": lambda: marchenko_pastur(3),
    "hard edges": lambda: arcsine(3),
    "three sheets at 0": lambda: fuss_catalan(2),
    "cusp": lambda: atoms([-1, 1]) + semicircle(1),
    "triple product": lambda: marchenko_pastur("1/2") @ marchenko_pastur("1/3") @ marchenko_pastur("1/5"),
    "hessian": lambda: catalog.get("hessian").law(phi="1/2", eps=1, sigma=1),
    "three bulks": lambda: atoms([1, 2, 5]).wishart("1/20"),
    "bulks and an atom": lambda: (
        atoms([-1, 0, 1], ["1/10", "4/5", "1/10"]) + atoms([0, 3], ["9/10", "1/10"])
    ),
    "4 + 4 atoms": lambda: atoms([-1, 0, 2, 5]) + atoms([0, 1, 3, 7]),
}  # fmt: skip


def gaps(law: AlgebraicLaw) -> tuple[list[float], list[float]]:
    """The critical points, and a point in each gap."""
    points = [float(p) for p in skeleton(law.equation).points]
    inner = [(a + b) / 2 for a, b in pairwise(points)]
    return points, [points[0] - 1, *inner, points[-1] + 1]


def ungrown(tree: TubeTree, parents: Sequence[int], places: Sequence[complex], rounds: int = 0) -> list[int]:
    """In place of `TubeTree.grow`: the nodes without any proof."""
    return tree._added(list(parents), np.array(places))


def swept(law: AlgebraicLaw, crossing: bool | None = None) -> tuple[list[bool], list[bool]]:
    """Signs and passages; the hint about crossings may be wrong everywhere."""
    points = skeleton(law.equation).points
    branch = Branch(law.equation)
    _, samples = gaps(law)
    balls = [p.ball(128) for p in points]
    hints = [bool(crossing)] * len(points) if crossing is not None else [k % 2 == 0 for k in range(len(points))]
    found = sweep(branch, balls, [arb(x) for x in samples], hints, [True] * len(points))
    return found.positive, found.passed


@pytest.mark.parametrize("name", [name for name in LAWS if name != "4 + 4 atoms"])  # brute force takes minutes there
def test_signs_are_those_of_brute_force_whatever_the_hints(name: str) -> None:
    law = LAWS[name]()
    _, samples = gaps(law)
    follower = Follower(law.equation.expr, law.moments(12))
    with mp.workdps(50):
        expected = [bool(abs(mp.im(follower.values([mp.mpf(x)])[0])) > 1e-20) for x in samples]
    for crossing in (None, True, False):
        assert swept(law, crossing)[0] == expected


@pytest.mark.parametrize("name", list(LAWS))
def test_what_the_tree_does_not_prove_is_followed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    law = LAWS[name]()
    at_once = _skeleton(law.equation, 128)
    monkeypatch.setattr(TubeTree, "grow", ungrown)
    followed = _skeleton(law.equation, 128)
    assert [(i.left, i.right) for i in followed.intervals] == [(i.left, i.right) for i in at_once.intervals]
    assert followed.atoms == at_once.atoms


def test_a_critical_point_of_another_sheet_is_passed() -> None:
    law = LAWS["triple product"]()
    points, _ = gaps(law)
    _, passed = swept(law)
    (interval,) = skeleton(law.equation).intervals
    stops = [x for x, through in zip(points, passed, strict=True) if not through]
    assert stops[-2:] == [float(interval.left.point), float(interval.right.point)]


def test_values_of_gaps_are_those_of_the_branch() -> None:
    law = LAWS["hessian"]()
    points = skeleton(law.equation).points
    _, samples = gaps(law)
    branch = Branch(law.equation)
    found = sweep(branch, [p.ball(128) for p in points], [arb(x) for x in samples], [False] * len(points),
                  [False] * len(points))  # fmt: skip
    fresh = Branch(law.equation)
    for k, x in enumerate(samples):
        assert found.value(k).overlaps(fresh.value(acb(x)))
        assert branch.value(acb(x)).overlaps(fresh.value(acb(x)))  # remembered


@pytest.mark.parametrize("prove", [True, False])
def test_density_out_to_infinity_and_negative_density_are_refused(prove: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not prove:
        monkeypatch.setattr(TubeTree, "grow", ungrown)
    branch = Branch(semicircle().equation)
    for point, samples in ((-2, (-1, 0)), (2, (3, 0)), (-2, (-3, 0))):  # taken for the only critical point
        place = arb(point) if samples[0] < point < samples[1] else arb(sum(samples)) / 2
        with pytest.raises(DerivationError, match="out to infinity"):
            sweep(branch, [place], [arb(x) for x in samples], [False], [False])
    with pytest.raises(DerivationError, match="negative density"):
        _skeleton(branch_of((M * Z + 2) ** 2 - Z**2 * (M * Z + 2) + Z**2, [1, 0, -1]), 128)
