"""Expressions in matrices on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from resolvent.cli.density_command import _title
from resolvent.cli.subjects import read_subject
from resolvent.numeric.matrices.ensembles import wishart
from tests.resolvent.cli.test_cli import FINE, refused, run

X, RATIO, MODEL = "X: gaussian(p, n)", "p/n = c", "X @ X.T / n"


def test_derive_shows_the_steps_from_the_matrix() -> None:
    result = run("derive", "--matrix", X, "--ratio", RATIO, MODEL, "--check")
    assert result.exit_code == FINE
    assert "c*m**2*z + c*m + m*z - m + 1 = 0" in result.stdout
    assert "a pencil of 2 states" in result.stdout


def test_a_capital_that_is_no_matrix_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    read_subject("X @ X.T / n + A", [], matrices=[X], ratios=[RATIO])
    assert "no --matrix defines A, which is a positive number then" in capsys.readouterr().err
    read_subject("X @ X.T / n + a", [], matrices=[X], ratios=["p/n = C"])
    assert capsys.readouterr().err == ""


def test_derive_with_an_open_spectrum() -> None:
    arguments = ["--matrix", X, "--matrix", "S: given(p)", "--ratio", RATIO, "X.T @ S @ X / n"]
    result = run("derive", *arguments, "--check", "--moments", "1")
    assert "(m*z + 1)/(c*m) = trbar(S/(S*m + 1))" in result.stdout
    assert "m_1 = c*trbar(S)" in result.stdout
    assert "matrices without a spectrum" in refused("density", *arguments, "--set", "c=1")


def test_derive_with_a_value() -> None:
    result = run("derive", "--matrix", X, "--ratio", RATIO, MODEL, "--set", "c=1/2", "--json", "--moments", "2")
    assert json.loads(result.stdout)["moments"] == ["1", "3/2"]


def test_density() -> None:
    result = run("density", "--matrix", X, "--ratio", RATIO, MODEL, "--set", "c=1/2", "--json")
    assert json.loads(result.stdout)["support"][0] == pytest.approx((1 - 0.5**0.5) ** 2)


def test_the_title_of_a_picture_says_the_values() -> None:
    subject = read_subject(MODEL, ["c=1/2"], numeric=True, matrices=[X], ratios=[RATIO])
    assert _title(subject) == r"$\dfrac{X X^{\top}}{n}$, $p/n = 1/2$"


def test_a_missing_ratio_is_told_as_the_command_line_takes_it() -> None:
    assert "--ratio 'n/p = c'" in refused("derive", "--matrix", X, MODEL)


@pytest.mark.slow
def test_verify_draws_the_matrix_that_is_written() -> None:
    arguments = ["--size", "200", "--trials", "16", "--resolution", "0.2", "--set", "c=1/2"]
    result = run("verify", "--matrix", X, "--ratio", RATIO, MODEL, *arguments)
    assert "verdict: supported" in result.stdout


def test_compare_with_the_law_of_a_matrix(tmp_path: Path) -> None:
    np.save(tmp_path / "data.npy", wishart(300, 600, np.random.default_rng(0)))
    where = str(tmp_path / "data.npy")
    asked = ["--matrix", X, "--ratio", RATIO, "--resolution", "0.2", "--json"]
    assert json.loads(run("compare", where, MODEL, "--set", "c=1/2", *asked).stdout)["verdict"] == "supported"
    assert json.loads(run("compare", where, MODEL, "--set", "c=1", *asked).stdout)["verdict"] == "refuted"


CONJECTURE = """
title = "sample covariance"
model.matrix = "X @ X.T / n"
model.symbols = ["X: gaussian(p, n)"]
model.ratios = ["p/n = c"]
parameters.c = "1/2"
claim.moments = [1, "1 + c"]
"""


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([], "the 2 claimed moments are those of the model"),
        (["--ratio", "p/n = 2*c"], "the model has 2"),
        (["--matrix", "X: gaussian(p, n, 4)"], "the model has 4"),
    ],
)
def test_check_takes_matrices_and_ratios_in_place_of_those_of_the_file(
    tmp_path: Path, options: list[str], words: str
) -> None:
    (tmp_path / "c.toml").write_text(CONJECTURE)
    result = run("check", str(tmp_path / "c.toml"), "--exact-only", *options)
    assert words in " ".join(result.stdout.split())


def test_matrices_for_a_model_that_is_none_are_refused(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text("title = 'x'\nmodel.ensemble = 'semicircle'\nclaim.moments = [0]\n")
    assert "a model that is a matrix" in refused("check", str(tmp_path / "c.toml"), "--ratio", "p/n = 2")
    (tmp_path / "c.toml").write_text(CONJECTURE)
    assert "model.matrix" in refused("check", str(tmp_path / "c.toml"), "--ratio", "p/q = 2")


def test_an_expression_in_matrices_without_their_definitions_hints_at_them() -> None:
    assert "--matrix 'X: gaussian(p, n)'" in refused("derive", "X @ X.T")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["derive", "--matrix", X, "X @ X"], "the shapes do not fit"),
        (["derive", "--matrix", X, MODEL], "the ratio of n to p is missing"),
        (["derive", "--ratio", RATIO, MODEL], "--ratio goes with --matrix"),
        (["density", "--matrix", X, "--ratio", RATIO, MODEL], "--set c="),
    ],
)
def test_bad_use(arguments: list[str], message: str) -> None:
    assert message in refused(*arguments)
