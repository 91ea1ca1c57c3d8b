"""Laws with differential equations: constructors, evidence, and agreement with algebraic laws and convolutions."""

from __future__ import annotations

from math import comb

import pytest
import sympy

from resolvent import catalog
from resolvent.derive.derivation.step import Evidence
from resolvent.derive.errors import DerivationError, ParameterError
from resolvent.derive.holonomic.holonomic_law import HolonomicLaw, holonomic, law_of_moments, law_of_sum
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.elementary import atoms, marchenko_pastur, semicircle
from resolvent.derive.sequences.telescoping import K, N, hypergeometric_sum
from resolvent.derive.tensor.tensor_law import classical_sum
from tests.derive.sequences.test_telescoping import SUMS


def fisher() -> HolonomicLaw:
    return law_of_sum(SUMS["linear Fisher"][0], "1/2", "fisher-linear")


CATALAN = [comb(2 * n, n) // (n + 1) for n in range(40)]


def test_moments_of_the_linear_fisher_law_are_those_of_the_convolution() -> None:
    law = classical_sum(marchenko_pastur(1), marchenko_pastur(1))
    assert fisher().moments(30) == [m / 2 for m in law.moments(30)]


def test_the_linear_fisher_law_is_proved() -> None:
    law = fisher()
    assert law.evidence is Evidence.PROVED
    assert law.derivation.check()
    text = law.derivation.text()
    assert "R(n, k) = " in text
    assert "(32*n**2 + 64*n + 32)*u(n) + (-12*n**2 - 52*n - 52)*u(n+1) + (n**2 + 7*n + 12)*u(n+2) = 0" in text


def test_the_derivation_in_latex_has_recurrence_certificate_and_equation() -> None:
    text = fisher().derivation.latex()
    assert all(part in text for part in ("u_{n+2}", r"R{\left(n,k \right)}", "m'''"))


@pytest.mark.parametrize(
    "law",
    [
        marchenko_pastur("1/2"),
        marchenko_pastur(3),
        semicircle() + marchenko_pastur("1/2"),
        catalog.get("hessian").law(phi="1/2", eps=1, sigma=1),
        catalog.get("nonlinear-gram").law(phi="1/2", psi="3/4", eta=1, zeta="1/3"),
    ],
    ids=str,
)
def test_algebraic_laws_keep_their_moments_and_cumulants(law: AlgebraicLaw) -> None:
    found = holonomic(law)
    assert found.moments(50) == law.moments(50)
    assert found.free_cumulants(8) == law.free_cumulants(8)
    assert found.evidence is Evidence.PROVED
    assert found.derivation.check()


def test_few_moments_before_many() -> None:
    law = law_of_sum(SUMS["linear Fisher"][0], "1/2")
    assert [law.moments(n) for n in (0, 1)] == [[], [1]]
    assert law.moments(4) == [1, 3, 11, 46]


def test_a_guessed_law_says_so() -> None:
    law = law_of_moments(CATALAN)
    assert law.evidence is Evidence.GUESSED
    assert "guessed: 4 unknowns from 9 terms, verified on 31 more" in law.derivation.text()
    assert r"\emph{(guessed)}" in law.derivation.latex()
    assert r"Guessed, not proved: \eqref{equation:2}" in law.derivation.latex()
    assert law.moments(60) == marchenko_pastur(1).moments(60)


def test_unequal_widths_are_guessed() -> None:
    law = classical_sum(marchenko_pastur("1/2"), marchenko_pastur("1/2"))
    found = law_of_moments([1, *law.moments(90)])
    assert found.moments(110) == law.moments(110)


def test_moments_of_no_measure_are_refused() -> None:
    with pytest.raises(DerivationError, match="m_2 is the first that fails"):
        law_of_moments([1, 1, *([0] * 20)])
    with pytest.raises(DerivationError, match="no positive measure"):
        law_of_sum(SUMS["linear Fisher"][0], 2)


def test_more_than_the_whole_mass_is_refused() -> None:
    # weight 1/2 of the sum leaves mass 1/2 at 0; 3/2 would need -1/2
    assert fisher().moment_terms(2) == [1, 1]
    with pytest.raises(DerivationError, match="is the first that fails"):
        law_of_sum(SUMS["Vandermonde"][0], "3/2")


@pytest.mark.parametrize(
    ("moments", "message"), [([2, 1], "must be m_0 = 1"), ([], "must be m_0 = 1"), ([1, 2, 3], "too few")]
)
def test_bad_moments(moments: list[int], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        law_of_moments(moments)


def test_there_are_no_parameters() -> None:
    law = fisher()
    assert law.parameters == ()
    assert law.at() is law
    with pytest.raises(ParameterError, match="no parameter 'c'"):
        law.at(c=1)


def test_parameters_and_irrational_moments_of_algebraic_laws_are_refused() -> None:
    with pytest.raises(DerivationError, match="give values for c"):
        holonomic(marchenko_pastur(sympy.Symbol("c", positive=True)))
    irrational = (marchenko_pastur("1/2") + 1).inverse()
    with pytest.raises(DerivationError, match="not rational"):
        holonomic(irrational)


def test_the_equation_in_both_conventions() -> None:
    law = holonomic(atoms([0, 1]))
    assert law.latex().endswith("m' = 0")
    assert law.latex("cauchy").endswith("G' = 0")
    with pytest.raises(ParameterError, match="unknown convention"):
        law.latex("other")


def test_a_source_with_other_moments_fails_the_check() -> None:
    wrong = classical_sum(marchenko_pastur(1), semicircle())
    law = law_of_sum(SUMS["linear Fisher"][0], "1/2", "wrong", wrong)
    with pytest.raises(DerivationError, match="does not hold"):
        law.derivation.check()


def test_the_arcsine_law_by_its_sum() -> None:
    squares = hypergeometric_sum((N + 1) ** 2 / (N + 1 - K) ** 2, (N - K) ** 2 / (K + 1) ** 2)
    assert law_of_sum(squares).moments(10) == [comb(2 * n, n) for n in range(1, 11)]
