"""Laws by their density, against the spectra of the same laws."""

import numpy as np
import pytest
from scipy.special import ellipe, ellipk

from resolvent.derive.errors import ParameterError, PrecisionError
from resolvent.derive.laws.elementary import arcsine, marchenko_pastur, semicircle
from resolvent.numeric.spectrum.formula_measure import FormulaMeasure
from resolvent.numeric.spectrum.spectrum import Spectrum


def _law(*arguments):
    return Spectrum.of_measure(FormulaMeasure(*arguments))


def _pair(law):
    spectrum = Spectrum(law)
    intervals = [(i.left, i.right) for i in spectrum.intervals]
    return _law(spectrum.pdf, intervals, [(float(a.point), float(a.weight)) for a in spectrum.atoms]), spectrum


@pytest.mark.parametrize("law", [semicircle(2), marchenko_pastur("1/2"), marchenko_pastur(3), arcsine(2)], ids=str)
def test_a_density_gives_the_numbers_of_its_spectrum(law):
    given, spectrum = _pair(law)
    x = np.linspace(*spectrum.support(), 301)
    assert np.isclose(given.certificate.mass, 1, atol=1e-8)
    assert np.allclose(given.cdf(x), spectrum.cdf(x), atol=1e-8)
    assert np.isclose(given.expect(lambda x: x**3), spectrum.moment(3), atol=1e-7)
    assert np.allclose(given.support(), spectrum.support())
    assert given.pdf(spectrum.support()[1] + 1) == 0


def test_two_intervals_and_a_logarithm_inside():
    law = _law(lambda x: np.where(x > 0, 0.25, 0.75), [(-2.0, -1.0), (1.0, 2.0)])
    assert np.isclose(law.certificate.mass, 1)
    assert np.allclose(law.cdf([-1.5, 0.0, 1.5]), [0.375, 0.75, 0.875], atol=1e-8)
    k = _law(lambda x: ((4 - x) * ellipk(x * (8 - x) / 16) + 4 * ellipe(x * (8 - x) / 16)) / (8 * np.pi**2),
                   [(0.0, 8.0)], [(0.0, 0.5)])  # fmt: skip
    assert np.isclose(k.certificate.mass, 1, atol=1e-8)
    assert np.isclose(k.expect(lambda x: x), 1, atol=1e-7)


@pytest.mark.parametrize("intervals", [[], [(1.0, 0.0)], [(0.0, 2.0), (1.0, 3.0)], [(0.0, np.inf)]])
def test_intervals_out_of_order_are_refused(intervals):
    with pytest.raises(ParameterError, match="in order"):
        _law(np.ones_like, intervals)


def test_negative_and_infinite_densities_are_refused_with_the_place():
    with pytest.raises(ParameterError, match="negative, -1, at x = -1"):
        _law(lambda x: x, [(-1.0, 1.0)])
    with pytest.raises(ParameterError, match="no finite value"):
        _law(lambda x: np.sqrt(x), [(-1.0, 1.0)])


def test_a_density_that_is_not_integrable_is_refused():
    with pytest.raises(PrecisionError, match="does not converge"), np.errstate(all="ignore"):
        _law(lambda x: 1 / x, [(0.0, 1.0)])
