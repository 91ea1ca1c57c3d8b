"""Tensor laws written out: text, JSON and LaTeX; code needs a polynomial, which they do not have."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import sympy
from typer.testing import CliRunner

from resolvent import catalog
from resolvent.cli.app import app
from resolvent.derive.errors import DerivationError, ParameterError, ParseError
from resolvent.derive.laws.elementary import semicircle
from resolvent.derive.tensor.tensor_law import classical_sum
from resolvent.language.expressions import parse
from resolvent.writing.law_report import to_text
from resolvent.writing.law_text import to_json, to_latex, to_sympy_code
from resolvent.writing.python_function import to_python_function

LAW = classical_sum(semicircle(sympy.Symbol("v", positive=True)), semicircle())


def test_text_names_the_expectation_and_the_factors() -> None:
    assert to_text(LAW, "cauchy", moments=2).splitlines() == [
        "law: classical_sum(semicircle(v), semicircle(1))",
        "G(z) = int rho(dx)/(z - x), G ~ 1/z at infinity:",
        "  G(z) = E[ 1/(-lambda_1 - lambda_2 + z) ]",
        "independent lambda_1: semicircle(v)",
        "independent lambda_2: semicircle(1)",
        "parameter: v, positive",
        "evidence: proved",
        "moments:",
        "  m_1 = 0",
        "  m_2 = v + 1",
    ]


def test_json_holds_the_integrand() -> None:
    found = json.loads(json.dumps(to_json(LAW, steps=True)))
    assert found["expectation"]["of"] == "-1/(-lambda_1 - lambda_2 + z)"
    assert found["expectation"]["independent"] == {"lambda_1": "semicircle(v)", "lambda_2": "semicircle(1)"}
    assert found["parameters"] == [{"name": "v", "assumptions": ["positive"]}]
    assert [step["rule"] for step in found["derivation"]][-1] == "moments of a tensor law"


def test_latex_is_the_derivation_or_the_transform() -> None:
    assert to_latex(LAW, steps=False) == LAW.latex()
    assert r"\textbf{tensor law}" in to_latex(LAW)


@pytest.mark.parametrize("export", [to_sympy_code, to_python_function])
def test_code_is_refused(export: Callable[[Any], str]) -> None:
    with pytest.raises(DerivationError, match="no polynomial equation"):
        export(LAW)


@pytest.mark.parametrize("export", [to_text, to_json, to_latex])
def test_unknown_conventions_are_refused(export: Callable[..., Any]) -> None:
    with pytest.raises(ParameterError, match="unknown convention"):
        export(LAW, "greens")


def test_expressions_hold_no_tensor_laws() -> None:
    with pytest.raises(ParseError, match="tensor law"):
        parse("fisher_linear(1, 1) + semicircle()")


@pytest.mark.parametrize("slug", ["fisher-linear", "fisher"])
def test_command_line_derives_and_checks(slug: str) -> None:
    result = CliRunner().invoke(app, ["derive", slug, "--check", "--moments", "2"])
    assert result.exit_code == 0
    steps = len(catalog.get(slug).law().derivation.steps)
    assert f"checked: all {steps} steps hold" in result.output
    assert "trace of the resolvent" in result.output


def test_command_line_refuses_code() -> None:
    result = CliRunner().invoke(app, ["derive", "fisher", "--format", "python"])
    assert result.exit_code == 2
    assert "no polynomial equation" in result.output
