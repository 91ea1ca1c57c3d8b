"""Discs chosen by tubes along an interval, against the branch along a path of its own to each point."""

from __future__ import annotations

from collections.abc import Sequence

import flint
import numpy as np
import pytest
from flint import acb, arb

from resolvent.derive.continuation.followed_root import Sheet
from resolvent.derive.laws.elementary import atoms, marchenko_pastur
from resolvent.derive.support.support import Interval, skeleton
from resolvent.numeric.density.boundary_values import BoundaryValues
from resolvent.numeric.density.chebyshev_piece import _next_size
from resolvent.numeric.density.interval_tubes import IntervalTubes
from resolvent.numeric.density.root_discs import root_discs

LAWS = {
    "triple product": lambda: marchenko_pastur("1/2") @ marchenko_pastur("1/3") @ marchenko_pastur("1/5"),
    "3 + 3 atoms": lambda: atoms([-1, 0, 2]) + atoms([0, 1, 3], ["1/4", "1/4", "1/2"]),
    "4 + 4 atoms": lambda: atoms([-1, 0, 2, 5]) + atoms([0, 1, 3, 7]),
}


def interval_of(name: str) -> tuple[Sheet, Interval, tuple[arb, arb]]:
    """The sheet of a law, its last interval and the ends."""
    bones = skeleton(LAWS[name]().equation)
    interval = bones.intervals[-1]
    ends = (interval.left.point.ball(128).mid(), interval.right.point.ball(128).mid())
    return bones.continuous, interval, ends


def tubes_of(sheet: Sheet, interval: Interval, ends: tuple[arb, arb]) -> IntervalTubes:
    inner = acb(interval.sample)
    return IntervalTubes(sheet, inner, sheet.value(inner), ends)


def points_of(ends: tuple[arb, arb], shares: Sequence[float]) -> list[acb]:
    return [acb((ends[0] + (ends[1] - ends[0]) * arb(s)).mid()) for s in shares]


SHARES = [1e-7, 1e-5, 1e-3, 0.02, 0.1, 0.3, 0.5, 0.77, 0.95, 0.999, 1 - 1e-6]


@pytest.mark.parametrize("name", list(LAWS))
def test_the_disc_chosen_holds_the_value_of_the_branch(name: str) -> None:
    with flint.ctx.workprec(128):
        sheet, interval, ends = interval_of(name)
        points = points_of(ends, SHARES)
        rows = np.array([[float(c.real) for c in sheet.polynomial(x)] for x in points])
        centres, radii = root_discs(rows)
        tubes = tubes_of(sheet, interval, ends)
        chosen = tubes.chosen(points, centres, radii, np.full(len(points), -1))
        assert np.count_nonzero(chosen >= 0) >= len(points) - 1
        for k, x in enumerate(points):
            expected = sheet.value(x)
            if chosen[k] >= 0:
                error = abs(complex(expected) - centres[k, chosen[k]])
                assert error <= radii[k, chosen[k]] * 1.000001 + 1e-15
            root = tubes.root(x)
            assert root is not None
            assert root.overlaps(expected)


def test_what_is_known_is_kept_and_discs_of_other_sheets_are_not_chosen() -> None:
    with flint.ctx.workprec(128):
        sheet, interval, ends = interval_of("triple product")
        points = points_of(ends, [0.3, 0.5, 0.7])
        rows = np.array([[float(c.real) for c in sheet.polynomial(x)] for x in points])
        centres, radii = root_discs(rows)
        tubes = tubes_of(sheet, interval, ends)
        right = tubes.chosen(points, centres, radii, np.full(3, -1))
        assert np.all(right >= 0)
        assert tubes.chosen(points, centres, radii, np.array([7, -1, 7])).tolist() == [7, right[1], 7]
        others = np.array([np.delete(row, k) for row, k in zip(centres, right, strict=True)])
        assert tubes.chosen(points, others, np.full(others.shape, 1e-12), np.full(3, -1)).tolist() == [-1] * 3
        for radius in (1.0, np.inf, np.nan):  # too large, or no disc
            assert tubes.chosen(points, centres, np.full(centres.shape, radius), np.full(3, -1)).tolist() == [-1] * 3


def test_points_beyond_the_tubes_have_no_proved_root() -> None:
    with flint.ctx.workprec(128):
        sheet, interval, ends = interval_of("triple product")
        tubes = tubes_of(sheet, interval, ends)
        assert tubes.root(points_of(ends, [1e-4])[0]) is None  # nothing has been asked for yet
        assert tubes.root(acb(ends[1] + 1)) is None


def test_densities_do_not_depend_on_how_the_branch_is_followed() -> None:
    with flint.ctx.workprec(128):
        for name in LAWS:
            sheet, interval, ends = interval_of(name)
            points = [x.real for x in points_of(ends, [*SHARES, 0.15, 0.25])]
            together = BoundaryValues(sheet, interval.sample, ends).density(points)
            apart = [BoundaryValues(sheet, interval.sample).density([x])[0] for x in points[3:8]]
            assert together[3:8] == pytest.approx(apart, rel=1e-13)


def test_a_disc_too_wide_for_newton_s_method_is_left_to_the_branch() -> None:
    with flint.ctx.workprec(128):
        sheet, interval, ends = interval_of("triple product")
        (x,) = points_of(ends, [0.5])
        branch = BoundaryValues(sheet, interval.sample, ends)
        wide = acb(arb(0, 10), arb(0, 10))  # the slope vanishes in it
        exact = sheet.value(x)
        assert branch._refined(x, sheet.polynomial(x), wide).overlaps(exact)
        near = acb(arb(exact.real.mid(), 1e-9), arb(exact.imag.mid(), 1e-9))
        sharp = branch._refined(x, sheet.polynomial(x), near)
        assert sharp.overlaps(exact)
        assert float(sharp.imag.rad()) < 1e-20


@pytest.mark.parametrize(
    ("size", "tail", "expected"),
    [(28, 1e-9, 84), (28, 1e-6, 84), (28, 4e-4, 160), (28, 0.1, 84), (28, 0.9, 84), (84, 1e-12, 112), (84, 1e-6, 252),
     (160, 1e-12, 252), (160, 1e-10, 252)],
)  # fmt: skip
def test_the_next_number_of_nodes_is_what_the_tail_promises(size: int, tail: float, expected: int) -> None:
    found = _next_size(size, tail)
    assert abs(found - expected) <= 8
    assert size < found <= 252
