"""Discs around all roots, against roots by mpmath at 40 digits."""

from __future__ import annotations

import mpmath as mp
import numpy as np
import pytest

from resolvent.numeric.density.root_discs import root_discs


def exact_roots(row: np.ndarray) -> list[complex]:
    with mp.workdps(40):
        return [complex(r) for r in mp.polyroots([mp.mpf(float(c)) for c in row[::-1]], maxsteps=500, extraprec=300)]


@pytest.mark.slow
@pytest.mark.parametrize("degree", [1, 2, 3, 5, 9, 16])
def test_each_disc_holds_one_root_and_each_root_has_a_disc(degree: int) -> None:
    rows = np.random.default_rng(degree).standard_normal((40, degree + 1)) * 10.0 ** np.linspace(-3, 3, 40)[:, None]
    centres, radii = root_discs(rows)
    assert np.all(np.isfinite(radii))
    for row, disc, radius in zip(rows, centres, radii, strict=True):
        distances = np.abs(disc[:, None] - np.array(exact_roots(row))[None, :])
        inside = distances <= radius[:, None]
        assert np.all(inside.sum(axis=0) == 1)
        assert np.all(inside.sum(axis=1) == 1)


def test_radii_are_close_to_rounding_errors() -> None:
    rows = np.random.default_rng(0).standard_normal((200, 5))
    centres, radii = root_discs(rows)
    assert np.median(radii / np.abs(centres)) < 5e-14


def test_centres_of_real_polynomials_are_real_or_conjugate_to_the_last_digit() -> None:
    rows = np.random.default_rng(1).standard_normal((100, 7))
    centres, _ = root_discs(rows)
    for row in centres:
        assert set(row) == set(row.conj())


def test_close_roots_have_no_discs() -> None:
    # (x - 1)^2 - 1e-18 and (x - 1)^2 (x + 2)
    _, radii = root_discs(np.array([[1 - 1e-18, -2.0, 1.0, 0.0][:3]]))
    assert np.all(np.isinf(radii))
    _, radii = root_discs(np.array([[2.0, -3.0, 0.0, 1.0]]))
    assert np.isinf(radii).sum() >= 2


def test_rows_that_are_no_polynomials_of_the_degree_are_left_out() -> None:
    rows = np.array([[1.0, 2.0, 0.0], [np.inf, 1.0, 1.0], [-2.0, 0.0, 1.0], [1.0, 1.0, 1e-320]])
    centres, radii = root_discs(rows)
    assert np.isfinite(radii).all(axis=1).tolist() == [False, False, True, False]
    assert np.isnan(centres[:2]).all()


def test_no_rows() -> None:
    centres, radii = root_discs(np.empty((0, 4)))
    assert centres.shape == radii.shape == (0, 3)
