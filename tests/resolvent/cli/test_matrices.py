"""Expressions in matrices on the command line."""

from __future__ import annotations

import json

import pytest

from tests.resolvent.cli.test_cli import FINE, refused, run

X, RATIO, MODEL = "X: gaussian(p, n)", "p/n = c", "X @ X.T / n"


def test_derive_shows_the_steps_from_the_matrix() -> None:
    result = run("derive", "--matrix", X, "--ratio", RATIO, MODEL, "--check")
    assert result.exit_code == FINE
    assert "c*m**2*z + c*m + m*z - m + 1 = 0" in result.stdout
    assert "a pencil of 2 states" in result.stdout


def test_derive_with_a_value() -> None:
    result = run("derive", "--matrix", X, "--ratio", RATIO, MODEL, "--set", "c=1/2", "--json", "--moments", "2")
    assert json.loads(result.stdout)["moments"] == ["1", "3/2"]


def test_density() -> None:
    result = run("density", "--matrix", X, "--ratio", RATIO, MODEL, "--set", "c=1/2", "--json")
    assert json.loads(result.stdout)["support"][0] == pytest.approx((1 - 0.5**0.5) ** 2)


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
