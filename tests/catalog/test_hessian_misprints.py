"""Misprints of the survey's section on the Hessian: the printed form fails, the corrected one holds."""

from __future__ import annotations

import numpy as np
import pytest
import sympy

import resolvent as rv


def _density(x: np.ndarray, alpha: float, printed: bool) -> np.ndarray:
    """rho_c of the product of two Gaussian matrices, with (r_+ r_-) as printed, or with (r_+ - r_-)."""
    low, high = ((8 + 20 * alpha - alpha**2 + sign * np.sqrt(alpha) * (8 + alpha) ** 1.5) / 8 for sign in (-1, 1))
    centre = 9 * (2 + alpha) * (x + 2 * (alpha - 1) ** 3 / (9 * (2 + alpha)))
    spread = 6 * np.sqrt(3 * np.maximum((x - low) * x * (high - x), 0))
    plus, minus = np.cbrt(centre + spread), np.cbrt(centre - spread)
    return np.sqrt(3) / (6 * np.pi * x * np.cbrt(2)) * (plus * minus if printed else plus - minus)


@pytest.mark.parametrize("alpha", [2.0, 4.0])
def test_the_density_has_a_difference_where_a_product_is_printed(alpha: float) -> None:
    law = rv.catalog.get("wishart-product").law(alpha=str(alpha))
    rho = rv.Spectrum(law)
    (interval,) = rho.intervals
    x = interval.points(40)
    assert _density(x, alpha, printed=False) == pytest.approx(rho.pdf(x), rel=1e-7, abs=1e-9)
    assert np.max(np.abs(_density(x, alpha, printed=True) - rho.pdf(x))) > 0.1


def test_the_index_is_zero_below_the_critical_energy_where_the_printed_power_is_not() -> None:
    """alpha = alpha_0 |eps/eps_c - 1|^(3/2) holds above eps_c only; FORMULAS H."""
    law, critical, alpha_0 = rv.catalog.get("hessian").law(sigma=1, phi="1/2"), 0.0810367098085365, 0.0311043575
    below, above = (sympy.Rational(str(round(critical * f, 12))) for f in (0.99, 1.01))
    power = alpha_0 * 0.01**1.5
    assert float(rv.Spectrum(law, eps=above).cdf(0)) == pytest.approx(power, rel=0.05)
    assert float(rv.Spectrum(law, eps=below).cdf(0)) == 0
    assert power > 1e-5


def test_the_index_ends_at_zero_not_at_p() -> None:
    """The index is the mass below 0; with the printed upper limit p, a positive size, more would count."""
    rho = rv.Spectrum(rv.catalog.get("hessian").law(sigma=1, phi="1/2", eps=1))
    assert float(rho.cdf(0)) == pytest.approx(0.124480674654183, abs=1e-13)
    assert float(rho.cdf(1)) > 0.5
