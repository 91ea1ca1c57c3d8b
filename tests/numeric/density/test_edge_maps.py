"""Shares of an interval as functions of distances in t, and their preimages, against mpmath and NumPy."""

from __future__ import annotations

from fractions import Fraction

import mpmath
import numpy as np
import pytest

from resolvent.derive.errors import PrecisionError
from resolvent.derive.laws.elementary import marchenko_pastur
from resolvent.numeric.density.edge_maps import EdgeMap, all_roots, edge_maps, solve
from resolvent.numeric.spectrum.spectrum import Spectrum

SHARES = [EdgeMap(1, 1), EdgeMap(2, 1), EdgeMap(1, 2), EdgeMap(2, 2), EdgeMap(3, 2), EdgeMap(2, 5)]
STEEP = [*SHARES, EdgeMap(33, 2), EdgeMap(2, 33), EdgeMap(65, 3), EdgeMap(3, 65), EdgeMap(9, 9)]


def coefficients(share: EdgeMap) -> list[float]:
    """Those of u as a polynomial in the distance, exact before rounding."""
    d = [Fraction(1)]
    for factor in [(0, 1)] * (share.order - 1) + [(2, -1)] * (share.other - 1):
        d = [sum(a * b for a, b in zip(pair, factor, strict=True)) for pair in zip([*d, 0], [0, *d], strict=True)]
    primitive = [Fraction(0), *(c / (k + 1) for k, c in enumerate(d))]
    return [float(c / sum(c * 2**k for k, c in enumerate(primitive))) for c in primitive]


@pytest.mark.parametrize("share", STEEP, ids=str)
def test_shares_are_regularised_beta_functions(share: EdgeMap) -> None:
    d = np.array([1e-4, 0.01, 0.3, 1.0, 1.7, 1.9999])
    expected = [mpmath.betainc(share.order, share.other, 0, mpmath.mpf(x) / 2, regularized=True) for x in d.tolist()]
    assert np.allclose(share(d), [float(e) for e in expected], rtol=2e-15 * (share.order + share.other), atol=0)
    balls = share.enclosures(d.tolist())
    assert all(abs(float(ball) / float(e) - 1) < 1e-13 for ball, e in zip(balls, expected, strict=True))
    far = np.array([float(1 - e) > 0.01 for e in expected])  # where u determines d
    assert np.allclose(
        solve(share, np.array([float(e ** (1 / mpmath.mpf(share.order))) for e in expected]))[far],
        d[far],
        rtol=1e-12,
        atol=0,
    )


@pytest.mark.parametrize("share", STEEP, ids=str)
def test_steps_are_differences(share: EdgeMap) -> None:
    start, change = 0.75, np.array([-0.7, -1e-3, -1e-12, 1e-9, 0.02, 1.2])
    with mpmath.workdps(60):
        low = mpmath.betainc(share.order, share.other, 0, mpmath.mpf(start) / 2, regularized=True)
        for h, found in zip(change.tolist(), share.step(start, change).tolist(), strict=True):
            moved = (mpmath.mpf(start) + mpmath.mpf(h)) / 2
            exact = mpmath.betainc(share.order, share.other, 0, moved, regularized=True) - low
            assert abs(found / exact - 1) < 1e-13


@pytest.mark.parametrize("share", SHARES, ids=str)
def test_all_preimages_are_found(share: EdgeMap) -> None:
    values = np.array([1e-30, 1e-8, 0.3, 0.999999])
    polynomial = coefficients(share)
    for column, value in zip(all_roots(share, values).T, values, strict=True):
        expected = np.polynomial.polynomial.polyroots([polynomial[0] - value, *polynomial[1:]])
        assert np.max(np.min(np.abs(column[:, None] - expected), axis=0)) < 1e-6
        assert np.max(np.min(np.abs(column[:, None] - expected), axis=1)) < 1e-6


@pytest.mark.parametrize("share", STEEP, ids=str)
def test_preimages_of_steep_edges_have_their_value_and_differ(share: EdgeMap) -> None:
    values = np.array([1e-40, 0.3, 0.9 + 0.2j, -0.1])
    roots = all_roots(share, values)
    ends = share(roots), 1 - EdgeMap(share.other, share.order)(2 - roots)  # far from an end its terms cancel
    assert np.all(np.minimum(*(np.abs(end - values) for end in ends)) < 1e-11 * np.maximum(np.abs(values), 0.01))
    for column in roots.T:
        gaps = np.abs(column[:, None] - column) + 3 * np.eye(len(column))
        assert np.all(np.min(gaps, axis=1) > 1e-3 * np.abs(column))


def test_a_double_preimage_is_found() -> None:
    assert np.allclose(all_roots(EdgeMap(1, 2), np.array([1.0])), 2.0, atol=1e-6)


def test_what_does_not_settle_is_an_error() -> None:
    with pytest.raises(PrecisionError, match="preimages"):
        all_roots(EdgeMap(2, 2), np.array([np.nan]))


def test_both_ends_share_one_map() -> None:
    left, right = edge_maps((5, 2))
    d = np.linspace(0, 2, 9)
    assert np.allclose(left(d) + right(2 - d), 1, rtol=1e-15)


def test_the_middle_of_a_symmetric_support_is_a_double_preimage() -> None:
    """The difference of two square Wishart matrices: another sheet has a pole at 0, the middle of the support."""
    rho = Spectrum(marchenko_pastur(1) - marchenko_pastur(1))
    assert rho.moment(2) == pytest.approx(2, abs=1e-10)
    assert rho.moment(4) == pytest.approx(10, abs=1e-9)
