"""Densities in closed form, found from the moments alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import sympy
from scipy.integrate import quad

import resolvent.numeric.density.closed_density
from resolvent import catalog
from resolvent.derive.derivation.step import Evidence
from resolvent.derive.errors import DerivationError
from resolvent.derive.exact.rational_function import X
from resolvent.derive.holonomic.connection_constant import Connection
from resolvent.derive.holonomic.holonomic_law import HolonomicLaw, holonomic, law_of_sum
from resolvent.derive.holonomic.hypergeometric_form import HypergeometricForm
from resolvent.derive.laws.elementary import atoms, marchenko_pastur
from resolvent.derive.sequences.telescoping import K, N, hypergeometric_sum
from resolvent.numeric.density.closed_density import ClosedDensity, closed_density
from resolvent.numeric.density.holonomic_density import HolonomicDensity
from tests.derive.holonomic.test_transform_form import HALF_INTEGER, law_named
from tests.derive.sequences.test_telescoping import SUMS


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


def test_form_and_constant_are_proved(fisher: ClosedDensity) -> None:
    derivation = fisher.derivation
    assert derivation.check()
    assert derivation.evidence is Evidence.PROVED
    assert {s.kind for s in derivation.steps} == {"definition", "derived"}
    assert fisher.form.check()
    assert fisher.proof is not None
    assert fisher.proof.check()
    assert fisher.obstacle == ""


def test_tampering_fails_the_check_of_the_derivation(fisher: ClosedDensity) -> None:
    assert fisher.proof is not None
    transform = fisher.proof.transform
    for wrong, rule in (
        (replace(fisher, constant=fisher.constant * sympy.Rational(10**40 + 1, 10**40)), "jump across the cut"),
        (replace(fisher, atoms=()), "jump across the cut"),
        (replace(fisher, interval=(0.0, 8.5)), "jump across the cut"),
        (
            replace(fisher, proof=replace(fisher.proof, transform=replace(transform, scale=2 * transform.scale))),
            "transform in closed form",
        ),
    ):
        with pytest.raises(DerivationError, match=f"{rule}.* does not hold"):
            wrong.derivation.check()


def test_the_constant_that_the_values_give_is_the_proved_one(fisher: ClosedDensity) -> None:
    ratios = resolvent.numeric.density.closed_density._ratios(
        fisher.form, resolvent.numeric.density.closed_density._samples(HolonomicDensity(fisher.law))
    )
    assert ratios is not None
    assert resolvent.numeric.density.closed_density._identified(ratios[0]) == fisher.constant


@pytest.mark.parametrize(
    "changed",
    [
        lambda proof: replace(proof, constant=proof.constant * sympy.Rational(10**20 + 1, 10**20)),
        lambda proof: replace(proof, constant=-proof.constant),
        lambda proof: replace(proof, atoms=()),
        lambda proof: replace(proof, interval=(proof.interval[0], proof.interval[1] / 2)),
    ],
)
def test_values_that_disagree_with_the_proof(
    changed: Callable[[Connection], Connection], fisher: ClosedDensity, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert fisher.proof is not None
    wrong = changed(fisher.proof)
    monkeypatch.setattr(
        resolvent.numeric.density.closed_density, "connect", lambda law, form: replace(wrong, form=form)
    )
    with pytest.raises(DerivationError, match="disagree with the proof"):
        closed_density(fisher.law)


def test_values_that_disagree_with_a_refutation(fisher: ClosedDensity, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolvent.numeric.density.closed_density, "connect", lambda law, form: None)
    with pytest.raises(DerivationError, match="proved that it is none"):
        closed_density(fisher.law)


def test_a_constant_that_is_not_proved() -> None:
    """m_n = n!^2/(3/2)_n^2, as for (1-U^2)(1-V^2) with uniform U and V: the density is K(1-x)/2 on (0, 1)."""
    found = closed_density(law_of_sum(HALF_INTEGER))
    assert found.expression == sympy.elliptic_k(1 - X) / 2
    assert found.proof is None
    assert found.derivation.evidence is Evidence.GUESSED
    assert found.derivation.check()
    last = found.derivation.last
    assert (last.rule.name, last.kind) == ("identified constant", "guessed")
    assert "not proved: the form is no Laurent series at infinity" in last.text


def test_a_constant_that_is_no_rational_multiple_of_a_power_of_pi(monkeypatch: pytest.MonkeyPatch) -> None:
    """(3n)!/n!^3: proved with sqrt(3); without the proof it is not identified, and no form is left."""
    law = law_named("trinomial")
    found = closed_density(law)
    assert found.derivation.evidence is Evidence.PROVED
    assert found.constant.has(sympy.sqrt(3))
    assert quad(lambda x: float(found.pdf(x)), 0, 27, epsabs=1e-10)[0] == pytest.approx(1, abs=1e-7)

    def refused(law: HolonomicLaw, form: HypergeometricForm) -> Connection:
        raise DerivationError("refused")

    monkeypatch.setattr(resolvent.numeric.density.closed_density, "connect", refused)
    with pytest.raises(DerivationError, match="no constant multiple"):
        closed_density(law)


@pytest.mark.parametrize("name", ["arcsine + arcsine", "arcsine + MP", "arcsine * arcsine", "MP * MP"])
def test_other_laws_are_proved(name: str) -> None:
    found = closed_density(law_named(name))
    assert found.derivation.evidence is Evidence.PROVED
    assert found.derivation.check()
    assert found.digits >= 28


def test_the_route_is_written(fisher: ClosedDensity) -> None:
    text, document = fisher.derivation.text(), fisher.derivation.latex()
    assert text.endswith("evidence: proved")
    assert "m = ((z - 4)*elliptic_e(16/(z - 4)**2) - (z - 8)*elliptic_k(16/(z - 4)**2))/(8*pi) - 1/4 - 1/(2*z)" in text
    assert "Nothing is assumed." in document
    assert r"{}_2F_1(a, b; c; u + i0)" in document
    assert r"E\left(\frac{16}{\left(z - 4\right)^{2}}\right)" in document


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
    assert names[-7:] == [
        "moments of a classical sum",
        "creative telescoping",
        "equation of the transform",
        "equation of the density",
        "hypergeometric form",
        "transform in closed form",
        "jump across the cut",
    ]
    assert density.derivation.evidence is Evidence.PROVED
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
    from resolvent.numeric.spectrum.spectrum import Spectrum

    x = np.linspace(0.05, 7.95, 60)
    assert np.max(np.abs(Spectrum(fisher.law).pdf(x) - fisher.pdf(x))) < 1e-12
