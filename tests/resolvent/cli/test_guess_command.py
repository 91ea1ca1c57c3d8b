"""``resolvent guess``: what it proposes, its exit status, and that bad use gives one clear line."""

from __future__ import annotations

import json
import random
from math import comb
from pathlib import Path

import pytest
import sympy
from typer.testing import CliRunner, Result

import resolvent as rv
from resolvent.cli.app import app

FINE, CLAIM_FAILS, BAD_USE = 0, 1, 2
CATALAN = [comb(2 * n, n) // (n + 1) for n in range(1, 31)]
LIST = ", ".join(map(str, CATALAN))
PRIMES = " ".join(str(sympy.prime(k)) for k in range(1, 41))
WEIGHTS = ("--cycle-weights", "eta*t + zeta**2*t**2/(1-zeta*t)", "--set", "eta=1", "--set", "zeta=1/2")


def run(*arguments: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(app, ["guess", *arguments], prog_name="resolvent", input=typed)


def refused(*arguments: str, typed: str | None = None) -> str:
    """The message of a command that must end with status 2 and print nothing else."""
    result = run(*arguments, typed=typed)
    assert (result.exit_code, result.stdout) == (BAD_USE, "")
    assert "Traceback" not in result.stderr
    return result.stderr


def found(*arguments: str, typed: str | None = None) -> dict[str, object]:
    result = run(*arguments, "--json", typed=typed)
    assert (result.exit_code, result.stderr) == (FINE, "")
    value: dict[str, object] = json.loads(result.stdout)
    return value


# -- where the moments come from -------------------------------------------------------------------------------


def test_a_list_begins_with_m_1() -> None:
    result = run("--moments", LIST)
    assert (result.exit_code, result.stderr) == (FINE, "")
    lines = result.stdout.splitlines()
    assert lines[:3] == [
        "moments: 30 numbers, read as m_1, ..., m_30; m_0 = 1 is added",
        "algebraic equation of m(z) = int rho(dx)/(x - z), m ~ -1/z at infinity:",
        "  z*m**2 + z*m + 1 = 0",
    ]


def test_a_list_from_zero() -> None:
    assert "read as m_0, ..., m_30" in run("--moments", f"1, {LIST}", "--from", "0").stdout


def test_a_list_that_begins_with_a_minus_sign() -> None:
    numbers = ",".join(str((-1) ** n) for n in range(1, 31))
    assert found("--moments", numbers)["equation"] == "m*z + m + 1 = 0"


@pytest.mark.parametrize("separator", [", ", " ", "\n", ",\n# a comment, 1, 2\n"])
def test_a_file(tmp_path: Path, separator: str) -> None:
    path = tmp_path / "moments.txt"
    path.write_text(separator.join(map(str, CATALAN)))
    assert run("--moments-file", str(path)).stdout == run("--moments", LIST).stdout


def test_standard_input() -> None:
    assert run("--moments-file", "-", typed=LIST).stdout == run("--moments", LIST).stdout


def test_decimals_are_announced() -> None:
    numbers = " ".join(str(0.5**n) for n in range(1, 21))
    report = found("--moments", numbers)
    assert (report["equation"], report["reading"]) == (
        "2*m*z - m + 2 = 0",
        "the decimals were read as exact fractions (0.1 is 1/10)",
    )
    assert "- the decimals were read as exact fractions" in run("--moments", numbers).stdout


@pytest.mark.parametrize(
    ("subject", "law"),
    [
        (("marchenko-pastur", "--set", "c=1/2"), rv.marchenko_pastur("1/2")),
        (("semicircle() + marchenko_pastur(c)", "--set", "c=0.5"), rv.semicircle() + rv.marchenko_pastur("1/2")),
    ],
)
def test_a_law(subject: tuple[str, ...], law: rv.AlgebraicLaw) -> None:
    report = found(*subject)
    assert report["equation"] == f"{law.equation.expr} = 0"
    assert report["notes"] == [
        "the algebraic equation is the derived one (proved)",
        "the next 3 exact moments agree with it",
    ]


def test_a_law_that_is_not_algebraic() -> None:
    report = found("fisher-linear", "--terms", "60")
    assert (report["kind"], report["notes"]) == ("recurrence", ["the next 3 exact moments agree with it"])


def test_cycle_weights() -> None:
    report = found(*WEIGHTS, "--phi", "1/2", "--psi", "1")
    t = sympy.Symbol("t")
    law = rv.law_of_cycle_weights(t + t**2 / 4 / (1 - t / 2), t, phi="1/2", psi=1)
    assert report["equation"] == f"{law.equation.expr} = 0"


def test_cycle_weights_with_ratios_set() -> None:
    assert found(*WEIGHTS, "--set", "phi=1/2", "--set", "psi=1") == found(*WEIGHTS, "--phi", "1/2", "--psi", "1")


@pytest.mark.parametrize("ratios", ["1,1,1", "[1, 1, 1]"])
def test_cycle_weights_of_three_colours(ratios: str) -> None:
    """Two Gaussian factors: the Fuss-Catalan law."""
    assert found("--cycle-weights", "t", "--ratios", ratios)["equation"] == f"{rv.fuss_catalan(2).equation.expr} = 0"


# -- what is looked for and written ----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["algebraic", "recurrence", "ode"])
def test_kinds(kind: str) -> None:
    assert found("--moments", LIST, "--kind", kind)["kind"] == kind


def test_all_kinds() -> None:
    findings = found("--moments", LIST, "--kind", "all")["findings"]
    assert isinstance(findings, list)
    assert [f["kind"] for f in findings if f["found"]] == ["algebraic", "recurrence", "ode"]


@pytest.mark.parametrize(("format", "formula"), [("html", "<math"), ("markdown", "$$\nz m^{2} + z m + 1 = 0\n$$")])
def test_a_proposal_is_a_page(format: str, formula: str) -> None:
    result = run("--moments", LIST, "--format", format).stdout
    assert formula in result
    assert "verified on" in result


def test_latex() -> None:
    assert run("--moments", LIST, "--latex").stdout == "z m^{2} + z m + 1 = 0\n"
    document = run("--moments", LIST, "--format", "latex").stdout
    assert document.startswith(r"\documentclass")
    assert "z m^{2} + z m + 1 = 0" in document


def test_convention() -> None:
    assert run("--moments", LIST, "--latex", "--convention", "cauchy").stdout == "z G^{2} - z G + 1 = 0\n"
    assert "  z*G**2 - z*G + 1 = 0\n" in run("--moments", LIST, "--convention", "cauchy").stdout


def test_output(tmp_path: Path) -> None:
    target = tmp_path / "guess.json"
    result = run("--moments", LIST, "--json", "-o", str(target))
    assert (result.exit_code, result.stdout) == (FINE, "")
    assert json.loads(target.read_text()) == found("--moments", LIST)


def test_margin() -> None:
    assert run("--moments", LIST, "--margin", "30").exit_code == CLAIM_FAILS
    assert found("--moments", LIST, "--margin", "20")["margin"] == 20


# -- nothing found ---------------------------------------------------------------------------------------------


def test_primes_have_no_equation() -> None:
    result = run("--moments", PRIMES)
    assert (result.exit_code, result.stderr) == (CLAIM_FAILS, "nothing is claimed: no equation was found\n")
    text = " ".join(result.stdout.split())
    assert "in 41 terms, up to (1, 14), (2, 9)," in text
    assert "evidence: nothing claimed" in text
    assert "=" not in text.partition("evidence:")[2]


def test_random_numbers_have_no_equation() -> None:
    numbers = random.Random(5)
    result = run("--moments", " ".join(f"{numbers.randint(1, 99)}/{numbers.randint(1, 99)}" for _ in range(60)))
    assert result.exit_code == CLAIM_FAILS


def test_a_wrong_digit_at_the_end() -> None:
    result = run("--moments", f"{LIST[:-1]}1")
    assert result.exit_code == CLAIM_FAILS
    assert "fails at m_30; is that moment right?" in " ".join(result.stdout.split())


def test_too_few_terms() -> None:
    result = run("--moments", "1, 2, 5, 14")
    assert result.exit_code == CLAIM_FAILS
    assert "5 terms are too few to claim anything; give at least 14" in " ".join(result.stdout.split())


def test_nothing_found_in_json() -> None:
    result = run("--moments", PRIMES, "--json")
    assert result.exit_code == CLAIM_FAILS
    assert json.loads(result.stdout)["found"] is False


def test_nothing_found_in_latex(tmp_path: Path) -> None:
    target = tmp_path / "guess.tex"
    result = run("--moments", PRIMES, "--latex", "-o", str(target))
    assert (result.exit_code, result.stdout, target.exists()) == (CLAIM_FAILS, "", False)


def test_no_moment_sequence() -> None:
    assert "m_2 is the first that fails" in run("--moments", PRIMES).stdout


# -- bad use ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "give one source of moments"),
        (("semicircle", "--moments", "1, 2"), "got NAME_OR_EXPRESSION and --moments"),
        (("--cycle-weights", "t", "--moments-file", "x"), "got --cycle-weights and --moments-file"),
        (("semicircle", "--from", "0"), "--from goes with --moments or --moments-file, not with NAME_OR_EXPRESSION"),
        (("semicircle", "--phi", "1"), "--phi goes with --cycle-weights"),
        (("semicircle", "--ratios", "1"), "--ratios goes with --cycle-weights"),
        (("--moments", LIST, "--set", "c=1"), "--set goes with NAME_OR_EXPRESSION or --cycle-weights"),
        (("--moments", LIST, "--terms", "20"), "--terms goes with"),
        (("--moments", LIST, "--json", "--latex"), "give --json or --latex, not both"),
        (("--moments", ""), "the list of moments is empty"),
        (("--moments", "1, 2, x"), "number 3 of the list, 'x', is not a rational number"),
        (("--moments", "1, 2, ..."), "write all numbers out"),
        (("--moments", "__import__('os').system('true')"), "is not a rational number"),
        (("--moments-file", "/nowhere/moments.txt"), "cannot read /nowhere/moments.txt: No such file"),
        (("--moments-file", "/"), "cannot read /: Is a directory"),
        (("--moments", LIST, "-o", "/nowhere/x"), "there is no directory /nowhere"),
        (("semicirle",), "did you mean 'semicircle'?"),
        (("semicircle(v)",), "--set v=..."),
        (("semicircle()", "--set", "c=1"), "unknown parameter 'c'"),
        (("semicircle", "--terms", "2001"), "the number of terms must be from 1 to 2000"),
        (("fisher-linear", "--terms", "201"), "the number of terms must be from 1 to 200"),
        (("(semicircle() + 3)**-1",), "are not rational numbers"),
        (("--cycle-weights", "t"), "give values for phi, psi"),
        (("--cycle-weights", "eta"), "cycle weights are a function of t"),
        (("--cycle-weights", "t +"), "the expression stops too early"),
        (("--cycle-weights", "semicircle()"), "this is a law"),
        (("--cycle-weights", "t + 1", "--phi", "1", "--psi", "1"), "w(0) must be 0"),
        (("--cycle-weights", "t/(1-t)**9999", "--phi", "1", "--psi", "1"), "too large"),
        (("--cycle-weights", "a*t", "--phi", "1", "--psi", "1", "--set", "b=1"), "no parameter 'b'"),
        (("--cycle-weights", "a*t", "--phi", "1", "--psi", "1"), "give values for a"),
        (("--cycle-weights", "a*t", "--phi", "1", "--psi", "1", "--set", "a=b"), "a needs a number here"),
        (("--cycle-weights", "t", "--phi", "-1", "--psi", "1"), "positive"),
        (("--cycle-weights", "t", "--phi", "1", "--ratios", "1,1"), "not both"),
        (("--cycle-weights", "t", "--ratios", "1,,1"), "the expression is empty"),
        (("--cycle-weights", "t", "--ratios", "2"), "that of a single colour is 1"),
    ],
)  # fmt: skip
def test_bad_use(arguments: tuple[str, ...], message: str) -> None:
    text = refused(*arguments)
    assert message in text
    assert text.startswith("error: ")
    assert "defect" not in text


@pytest.mark.parametrize(
    "arguments", [("--from", "2"), ("--kind", "linear"), ("--margin", "3"), ("--terms", "0"), ("--format", "sympy")]
)
def test_options_out_of_range(arguments: tuple[str, ...]) -> None:
    assert "Invalid value" in refused("--moments", LIST, *arguments)


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "moments.bin"
    path.write_bytes(b"\xff\xfe\x00")
    assert "it is no text" in refused("--moments-file", str(path))


def test_a_file_without_end() -> None:
    assert "list is longer than" in refused("--moments-file", "/dev/zero")


def test_too_many_numbers() -> None:
    assert "has 2001 numbers; the most is 2000" in refused("--moments-file", "-", typed="1 " * 2001)


@pytest.mark.slow
@pytest.mark.parametrize("digits", [9, 1900])
def test_the_largest_lists_end(digits: int) -> None:
    """In seconds on a quiet machine."""
    numbers = random.Random(7)
    typed = " ".join(str(numbers.randint(1, 10**digits)) for _ in range(2000))
    assert run("--moments-file", "-", typed=typed).exit_code == CLAIM_FAILS
