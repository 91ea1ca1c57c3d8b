"""Ramifications read off Newton's polygon, against turns around the point and known exponents."""

from __future__ import annotations

import pytest
from flint import acb, arb, fmpq, fmpz_poly

from resolvent.derive.continuation.physical_branch import Branch
from resolvent.derive.exact.precision import working_precision
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.elementary import atoms, fuss_catalan, marchenko_pastur, semicircle
from resolvent.derive.support.sheets_at_point import Side, sheets_at_point
from resolvent.derive.support.support import skeleton

LAWS = {
    "two groups of sheets": (semicircle() ** 3, 0),
    "shifted": (fuss_catalan(3) + "2/3", fmpq(2, 3)),
    "fuss-catalan": (fuss_catalan(5), 0),
    "square": ((semicircle() + atoms([-1, 1])) ** 2, 0),
}


@pytest.mark.parametrize("name", LAWS)
def test_the_polygon_agrees_with_turns_around_the_point(name: str) -> None:
    law, place = LAWS[name]
    assert isinstance(law, AlgebraicLaw)
    place = fmpq(place)
    sheets = sheets_at_point(law.equation.columns, place)
    branch = Branch(law.equation)
    with working_precision(branch.precision):
        found = sheets.borders(1 / 64)
        assert found is not None
        distance, borders = found
        near = acb((arb(place) + distance).mid())
        side = sheets.side_of(branch.value(near), borders)
        assert side is not None
        assert side.ramification == branch.turns(acb(arb(place)), near, branch.value(near), 40)


def test_sheets_of_different_sizes_are_told_apart() -> None:
    """z^2 m^3 + m^2 + 1: two sheets near +-i and one like -1/z^2."""
    sheets = sheets_at_point([fmpz_poly([1]), fmpz_poly([]), fmpz_poly([1]), fmpz_poly([0, 0, 1])], fmpq(0))
    assert sheets.sides == (Side(0, 2, 1), Side(2, 3, 1))
    found = sheets.borders(4.0)
    assert found is not None
    distance, borders = found
    size = float(abs(distance)) ** -2
    assert sheets.side_of(acb(-size), borders) == sheets.sides[1]
    assert sheets.side_of(acb(0, 1), borders) == sheets.sides[0]
    assert sheets.side_of(acb(0, arb(borders[0].mid(), 1)), borders) is None


def test_a_multiple_root_of_a_side_says_nothing() -> None:
    """(m - 1)^2 = z: two sheets with one limit."""
    assert sheets_at_point([fmpz_poly([1, -1]), fmpz_poly([-2]), fmpz_poly([1])], fmpq(0)).sides == (Side(0, 2, None),)


def test_sheets_that_come_too_close_have_no_border() -> None:
    """(m - 1)(z m - 1), at distances where both are near 1."""
    sheets = sheets_at_point([fmpz_poly([1]), fmpz_poly([-1, -1]), fmpz_poly([0, 1])], fmpq(0))
    assert [side.ramification for side in sheets.sides] == [1, 1]
    distance, _ = sheets.borders(1.0) or (arb(0), [])
    assert 0 < distance < 0.5


@pytest.mark.parametrize("s", [1, 7, 64])
def test_all_sheets_of_a_product_meet_at_zero(s: int) -> None:
    interval = skeleton(fuss_catalan(s).equation).intervals[0]
    assert (interval.left.ramification, interval.right.ramification) == (s + 1, 2)
    assert interval.right.point.rational == fmpq(s + 1) ** (s + 1) / fmpq(s) ** s


def test_an_atom_does_not_hide_how_many_sheets_meet() -> None:
    law = (2 * (marchenko_pastur(1) @ atoms([0, 1]))).free_multiplicative_power(5)
    frame = skeleton(law.equation)
    assert [(a.point.rational, a.weight.rational) for a in frame.atoms] == [(0, fmpq(1, 2))]
    assert frame.intervals[0].left.ramification == 5  # S = (1/2 + u)^-5
