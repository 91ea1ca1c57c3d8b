"""Densities in closed form, found from the moments alone."""

from __future__ import annotations

import numpy as np
import pytest
import sympy
from scipy.integrate import quad

import catalog
from derive.closed_form import X
from derive.derivation import Evidence
from derive.errors import DerivationError
from derive.holonomic_law import holonomic, law_of_sum
from derive.laws import atoms, marchenko_pastur
from derive.telescoping import K, N, hypergeometric_sum
from numeric.closed_density import ClosedDensity, closed_density
from tests.derive.test_telescoping import SUMS


@pytest.fixture(scope="module")
def fisher() -> ClosedDensity:
    return closed_density(law_of_sum(SUMS["linear Fisher"][0], "1/2"))


def test_the_printed_density_is_found(fisher: ClosedDensity) -> None:
    """Section 4.3 of the survey: E/(2 pi^2) + (4 - x)/(8 pi^2) K at x(8 - x)/16."""
    m = X * (8 - X) / 16
    printed = sympy.elliptic_e(m) / (2 * sympy.pi**2) + (4 - X) / (8 * sympy.pi**2) * sympy.elliptic_k(m)
    assert sympy.simplify(sympy.expand(fisher.expression - printed)) == 0
    assert (fisher.interval, fisher.atoms) == ((0.0, 8.0), ((0, sympy.Rational(1, 2)),))
    assert fisher.digits >= 28


def test_it_integrates_to_one_half(fisher: ClosedDensity) -> None:
    mass, _ = quad(lambda x: float(fisher.pdf(x)), 0, 8, points=[4], epsabs=1e-12)
    assert mass == pytest.approx(0.5, abs=1e-10)


def test_the_form_is_proved_and_the_constant_is_not(fisher: ClosedDensity) -> None:
    derivation = fisher.derivation
    assert derivation.check()
    assert derivation.evidence is Evidence.GUESSED
    assert [s.kind for s in derivation.steps].count("guessed") == 1
    assert fisher.form.check()


def test_values_and_zero_outside(fisher: ClosedDensity) -> None:
    values = fisher.pdf([-1.0, 0.0, 1.0, 8.0, 9.0])
    assert values[[0, 1, 3, 4]].tolist() == [0, 0, 0, 0]
    assert values[2] == pytest.approx(0.138547319886, abs=1e-12)


def test_the_catalog_derives_it_from_the_tensor_law() -> None:
    found = catalog.get("fisher-linear").closed_form
    assert found is not None
    density = found.derive()
    assert density.derivation.check()
    names = [step.rule.name for step in density.derivation.steps]
    assert names[-6:] == [
        "moments of a classical sum",
        "creative telescoping",
        "equation of the transform",
        "equation of the density",
        "hypergeometric form",
        "identified constant",
    ]
    assert found.covers({}) is True
    assert found.covers({"c1": sympy.Integer(1)}) is True
    assert found.covers({"c1": sympy.Integer(2)}) is False
    assert found.covers({"c1": sympy.Symbol("c1")}) is False


def test_the_sum_of_two_arcsine_variables() -> None:
    """K(1 - (x - 4)^2/16)/(2 pi^2) on (0, 8), from sum_k binom(n, k) binom(2k, k) binom(2n - 2k, n - k)."""
    rest = N - K
    in_n = (N + 1) / (rest + 1) * (4 * rest + 2) / (rest + 1)
    in_k = rest / (K + 1) * rest / (4 * rest - 2) * (4 * K + 2) / (K + 1)
    found = closed_density(law_of_sum(hypergeometric_sum(in_n, in_k)))
    parameter = sympy.expand(1 - (X - 4) ** 2 / 16)
    assert found.expression == sympy.elliptic_k(parameter) / (2 * sympy.pi**2)
    assert (found.interval, found.atoms) == ((0.0, 8.0), ())


def test_laws_without_a_closed_form() -> None:
    squares = hypergeometric_sum((N + 1) ** 2 / (N + 1 - K) ** 2, (N - K) ** 2 / (K + 1) ** 2)
    with pytest.raises(DerivationError, match="has order 1"):
        closed_density(law_of_sum(squares))
    with pytest.raises(DerivationError, match="no continuous part"):
        closed_density(holonomic(atoms([0, 1])))
    with pytest.raises(DerivationError):
        closed_density(holonomic(marchenko_pastur("1/2")))


def test_density_against_the_spectrum(fisher: ClosedDensity) -> None:
    from numeric.spectrum import Spectrum

    x = np.linspace(0.05, 7.95, 60)
    assert np.max(np.abs(Spectrum(fisher.law).pdf(x) - fisher.pdf(x))) < 1e-12
