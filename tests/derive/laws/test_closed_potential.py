"""Potentials and masses in closed form: the index of the Hessian, quadrature, and laws without a closed form."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
import sympy

import resolvent as rv
from resolvent.derive.laws.closed_potential import mass_below, potential_primitive


@pytest.mark.parametrize(("eps", "index"), [("1/10", 0.00301219676687163), (1, 0.124480674654183)])
def test_the_checked_index_of_the_hessian(eps: object, index: float) -> None:
    law = rv.catalog.get("hessian").law(sigma=1, phi="1/2")
    assert float(mass_below(law, eps=eps)) == pytest.approx(index, abs=6e-16)
    assert float(mass_below(law, eps=eps)) == pytest.approx(float(rv.Spectrum(law, eps=eps).cdf(0)), abs=1e-12)


def test_the_index_is_the_printed_closed_form_with_its_limit_corrected() -> None:
    """alpha = 1 + Im[...]/pi at the root w with Im w < 0 of the printed cubic."""
    phi, eps = 0.5, 1.0
    cubic = [eps * phi**2 * (2 - phi), -eps * phi * (1 - phi), -2 * (1 - phi), -2]
    w = next(complex(r) for r in np.roots(cubic) if r.imag < -1e-9)
    logs = np.log(np.sqrt(2) - np.sqrt(eps) * phi * w) + np.log(np.sqrt(2) + np.sqrt(eps) * phi * w)
    printed = 1 + (-np.log(1 - phi * w) / phi - logs / (2 * phi) + np.log(w)).imag / np.pi
    law = rv.catalog.get("hessian").law(sigma=1, phi="1/2", eps=1)
    assert float(mass_below(law)) == pytest.approx(printed, abs=1e-13)


@pytest.mark.parametrize(("phi", "value"), [("1/4", 0.0665998734), ("1/2", 0.0311043575)])
def test_the_index_starts_with_the_checked_power(phi: str, value: float) -> None:
    """alpha/(eps/eps_c - 1)^(3/2) tends to alpha_0, linearly in eps - eps_c."""
    law = rv.catalog.get("hessian").law(sigma=1, phi=phi)
    p = sympy.Rational(phi)
    chi = 1 + 16 * p - 8 * p**2
    critical = (27 - 18 * chi - chi**2 + 8 * chi * sympy.sqrt(chi)) / (32 * p * (1 - p) ** 3)
    ratios = []
    for s in (sympy.Rational(1, 10**5), sympy.Rational(1, 2 * 10**5)):
        eps = sympy.Rational(str(sympy.N(critical * (1 + s), 60)))
        ratios.append(mpmath.mpf(str(mass_below(law, digits=40, eps=eps))) / mpmath.mpf(float(s)) ** 1.5)
    assert float(2 * ratios[1] - ratios[0]) == pytest.approx(value, abs=1e-9)


def test_the_critical_energies() -> None:
    """The left edge reaches 0 there, which the engine finds from the discriminant."""
    law = rv.catalog.get("hessian").law(sigma=1)
    for phi, value in (("1/4", 0.627416997969521), ("1/2", 0.0810367098085365)):
        found = [float(v.value.to_sympy()) for v in rv.critical_values(law.at(phi=phi), "eps")]
        assert min(abs(v - value) for v in found) < 1e-14


@pytest.mark.parametrize("x", [3.2, 5.0, -1.5])
def test_potentials_are_those_of_quadrature(x: float) -> None:
    law = rv.marchenko_pastur("1/2") + rv.semicircle("1/9")
    rho = rv.Spectrum(law)
    g = sympy.Symbol("g")
    value = complex(sympy.lambdify(g, potential_primitive(law), "mpmath")(mpmath.mpf(-float(rho.stieltjes(x).real))))
    assert value.real == pytest.approx(float(rho.expect(lambda t: np.log(np.abs(x - t)))), abs=1e-9)


def test_many_digits_begin_as_few_do() -> None:
    law = rv.free_poisson("1/2", 1) + rv.free_poisson("1/3", 2) - 1
    short, long = mass_below(law, digits=15), mass_below(law, digits=60)
    assert float(short) == pytest.approx(float(long), abs=1e-15)
    assert float(long) == pytest.approx(float(rv.Spectrum(law).cdf(0)), abs=1e-12)


def test_what_has_no_closed_form_is_refused() -> None:
    with pytest.raises(rv.DerivationError, match="not rational"):
        potential_primitive(rv.atoms([0, 1], ["1/2", "1/2"]))
    with pytest.raises(rv.ParameterError, match="give a number"):
        mass_below(rv.catalog.get("hessian").law(sigma=1))
    with pytest.raises(rv.BranchError, match="vanishes"):
        mass_below(rv.semicircle(), 5)
    with pytest.raises(rv.ParameterError, match="digits"):
        mass_below(rv.semicircle(), digits=0)


@pytest.mark.parametrize("x", [float("nan"), float("inf"), "nan", sympy.zoo, sympy.sqrt(2)])
def test_places_that_are_no_rational_numbers_are_refused(x: object) -> None:
    with pytest.raises(rv.ParameterError):
        mass_below(rv.semicircle(), x)
