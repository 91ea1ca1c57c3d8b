"""A new kind of law is one class: this file adds one, and everything that takes laws takes it."""

from __future__ import annotations

import json
import pickle
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
import sympy

from resolvent.catalog.conjectures.conjecture import Model
from resolvent.conjectures.check import check_conjecture
from resolvent.conjectures.file.reader import conjecture_of
from resolvent.conjectures.verdict import Verdict
from resolvent.conjectures.verification import verify
from resolvent.derive.derivation import rules
from resolvent.derive.derivation.document import Formula
from resolvent.derive.derivation.step import Step
from resolvent.derive.errors import DerivationError, ParameterError
from resolvent.derive.holonomic.holonomic_law import holonomic
from resolvent.derive.laws.elementary import marchenko_pastur, semicircle
from resolvent.derive.laws.record import Law, parameter_images
from resolvent.derive.laws.statement import Statement
from resolvent.derive.tensor.tensor_law import classical_sum
from resolvent.numeric.spectrum.formula_measure import FormulaMeasure
from resolvent.numeric.spectrum.spectrum import Spectrum
from resolvent.proposals.moment_sources import MomentSource
from resolvent.proposals.proposal import guess
from resolvent.writing.law_report import to_text
from resolvent.writing.law_text import to_json, to_latex, to_sympy_code

W = sympy.Symbol("w", positive=True)


@dataclass(frozen=True, eq=False)
class Uniform(Law):
    """The uniform distribution on [0, w]: m(z) is a logarithm, so that no polynomial says it."""

    width: sympy.Expr
    kind = "uniform law"

    @property
    def text(self) -> str:  # type: ignore[override]
        return f"uniform({self.width})"

    @property
    def conclusion(self) -> Step:  # type: ignore[override]
        return Step(rules.DEFINITION, f"the density of {self.text} is constant", kind="definition")

    @property
    def parameters(self) -> tuple[sympy.Symbol, ...]:
        return tuple(self.width.free_symbols)

    def at(self, **values: Any) -> Uniform:
        return Uniform(self.width.xreplace(parameter_images(self.parameters, values)))

    def moments(self, n: int) -> list[sympy.Expr]:
        return [self.width**k / (k + 1) for k in range(1, n + 1)]

    def free_cumulants(self, n: int) -> list[sympy.Expr]:
        return [self.width / 2, self.width**2 / 12][:n]

    def statement(self, convention: str = "stieltjes") -> Statement:
        formula = sympy.log(1 - self.width / sympy.Symbol("z")) / self.width
        return Statement(
            "logarithm in",
            Formula(lambda: [sympy.latex(formula)], lambda: [str(formula)]),
            lambda: sympy.latex(formula),
            lambda: {"transform": str(formula)},
        )

    def measure(self) -> FormulaMeasure:
        return FormulaMeasure(lambda x: np.full(x.shape, 1 / float(self.width)), [(0.0, float(self.width))])


def test_text() -> None:
    assert to_text(Uniform(W), moments=2).splitlines() == [
        "law: uniform(w)",
        "logarithm in m(z) = int rho(dx)/(x - z), m ~ -1/z at infinity:",
        "  log(-w/z + 1)/w",
        "parameter: w, positive",
        "evidence: proved",
        "moments:",
        "  m_1 = w/2",
        "  m_2 = w**2/3",
    ]


def test_latex() -> None:
    assert to_latex(Uniform(W), steps=False) == r"\frac{\log{\left(- \frac{w}{z} + 1 \right)}}{w}"
    assert r"\begin{enumerate}" in to_latex(Uniform(W))


def test_json() -> None:
    found = json.loads(json.dumps(to_json(Uniform(W), moments=1)))
    assert found["transform"] == "log(-w/z + 1)/w"
    assert found["moments"] == ["w/2"]
    assert found["parameters"] == [{"name": "w", "assumptions": ["positive"]}]
    assert [step["claim"] for step in found["derivation"]] == ["the density of uniform(w) is constant"]


def test_code_needs_an_equation() -> None:
    with pytest.raises(DerivationError, match="is a uniform law, which has no polynomial equation"):
        to_sympy_code(Uniform(W))  # type: ignore[arg-type]


def test_moments_for_a_guess() -> None:
    assert MomentSource.of_law(Uniform(sympy.Integer(2))).terms(3) == [1, 1, sympy.Rational(4, 3)]
    with pytest.raises(ParameterError, match="give values for w"):
        MomentSource.of_law(Uniform(W))
    with pytest.raises(ParameterError, match="not rational"):
        MomentSource.of_law(Uniform(sympy.sqrt(2)))


def test_a_spectrum() -> None:
    rho = Spectrum(Uniform(W), w=2)
    assert rho.support() == (0, 2)
    assert rho.cdf(0.5) == pytest.approx(0.25)
    assert rho.moment(2) == pytest.approx(4 / 3)


def of_uniform(claim: str) -> Verdict:
    """The exact stage's verdict on a claim about the uniform law on [0, 2]."""
    law = Uniform(sympy.Integer(2))
    read = conjecture_of(f'title = "x"\nmodel.expression = "semicircle()"\n[claim]\n{claim}')
    return check_conjecture(replace(read, model=Model("expression", law.text, 0, subject=law)), exact_only=True)


def test_a_true_conjecture() -> None:
    assert of_uniform('moments = ["1", "4/3", "2"]\nedges = ["0", "2"]').verdict == "supported"


@pytest.mark.parametrize(
    ("claim", "reason"),
    [
        ('moments = ["1", "5/4"]', "the first moment that differs is m_2: 5/4 is claimed, the model has 4/3"),
        ('edges = ["0", "3"]', "edge 2 is claimed at 3"),
        (
            'equation = "m**2 + z*m + 1 = 0"',
            "the first moment that differs is m_1: the claim gives 0, the model gives 1",
        ),
        ('law = "semicircle()"', "the first moment that differs is m_1: the claim gives 0, the model gives 1"),
    ],
)
def test_a_false_conjecture(claim: str, reason: str) -> None:
    found = of_uniform(claim)
    assert found.verdict == "refuted"
    assert found.first_wrong is not None
    assert reason in found.first_wrong.text


def test_a_proposal() -> None:
    proposal = guess(Uniform(sympy.Integer(2)), "recurrence")
    assert proposal.found
    assert proposal.notes == ("the next 3 exact moments agree with it",)


def test_sampling_needs_a_matrix() -> None:
    with pytest.raises(ParameterError, match=r"uniform\(2\) has no matrix model"):
        verify(Uniform(sympy.Integer(2)))


def test_copies() -> None:
    law = Uniform(W)
    assert pickle.loads(pickle.dumps(law)).moments(3) == law.moments(3)  # noqa: S301


@pytest.mark.parametrize("convention", ["stieltjes", "cauchy"])
@pytest.mark.parametrize(
    ("law", "formula"),
    [
        (semicircle(), "equation"),
        (classical_sum(semicircle(), semicircle()), "expectation"),
        (holonomic(marchenko_pastur(1)), "differential_equation"),
    ],
)
def test_each_kind_of_law_is_written_in_each_way(law: Law, formula: str, convention: str) -> None:
    letter = "m" if convention == "stieltjes" else "G"
    found = json.loads(json.dumps(to_json(law, convention)))
    assert found[formula]["variable"] == letter
    assert found[formula]["latex"] == law.latex(convention) == law.statement(convention).latex()
    assert letter in "".join(law.statement(convention).formula.text())
    assert to_text(law, convention).startswith(f"law: {law.text}")


@pytest.mark.parametrize("law", [semicircle(), classical_sum(semicircle(), semicircle()), holonomic(semicircle())])
def test_each_kind_of_law_refuses_an_unknown_convention(law: Law) -> None:
    with pytest.raises(ParameterError, match="unknown convention 'other'"):
        law.statement("other")
