"""Preimages of points under the maps of pieces, against the roots that NumPy finds."""

from __future__ import annotations

import numpy as np
import pytest

from resolvent.derive.laws.elementary import marchenko_pastur
from resolvent.numeric.density.edge_maps import all_roots
from resolvent.numeric.spectrum.spectrum import Spectrum

MAPS = [[0.0, 1.0], [0.0, 0.0, 1.0], [0.0, 2.0, -1.0], [0.0, 0.0, 3.0, -2.0], [0.0, 0.0, 0.0, 4.0, -3.0]]


@pytest.mark.parametrize("coefficients", MAPS, ids=str)
def test_all_preimages_are_found(coefficients: list[float]) -> None:
    order = next(k for k, c in enumerate(coefficients) if c)
    values = np.array([1e-30, 1e-8, 0.3, 0.999999])
    found = all_roots(np.array(coefficients), order, values)
    for column, value in zip(found.T, values, strict=True):
        expected = np.polynomial.polynomial.polyroots([coefficients[0] - value, *coefficients[1:]])
        assert np.allclose(np.sort_complex(column), np.sort_complex(expected), rtol=1e-6, atol=1e-12)


def test_a_double_preimage_is_found() -> None:
    assert np.allclose(all_roots(np.array([0.0, 2.0, -1.0]), 1, np.array([1.0])), 1.0, atol=1e-6)


def test_the_middle_of_a_symmetric_support_is_a_double_preimage() -> None:
    """The difference of two square Wishart matrices: another sheet has a pole at 0, the middle of the support."""
    rho = Spectrum(marchenko_pastur(1) - marchenko_pastur(1))
    assert rho.moment(2) == pytest.approx(2, abs=1e-10)
    assert rho.moment(4) == pytest.approx(10, abs=1e-9)
