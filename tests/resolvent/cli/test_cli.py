"""The command line: what it prints, its exit status, and that bad use never shows a traceback or leaves half a file."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import sympy
from typer.testing import CliRunner, Result

import resolvent.catalog.registry
from resolvent import catalog
from resolvent.cli.app import app
from resolvent.cli.files import write_file
from resolvent.derive.errors import DerivationError, ParameterError

FINE, CLAIM_FAILS, BAD_USE = 0, 1, 2


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in arguments], prog_name="resolvent")


def refused(*arguments: str) -> str:
    """The message of a command that must end with status 2 and print nothing else."""
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (BAD_USE, "")
    assert "Traceback" not in result.stderr
    return result.stderr


# -- list and show ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("slug", catalog.names())
def test_list_names_every_entry(slug: str) -> None:
    assert slug in run("list").stdout


def test_list_fits_80_columns() -> None:
    assert max(len(line.rstrip()) for line in run("list").stdout.splitlines()) <= 80


def test_list_without_a_terminal_has_no_colour() -> None:
    assert "\x1b" not in run("list").stdout


def test_list_as_json() -> None:
    assert [entry["slug"] for entry in json.loads(run("list", "--json").stdout)] == list(catalog.names())


@pytest.mark.parametrize("slug", catalog.names())
def test_show_has_the_title(slug: str) -> None:
    assert catalog.get(slug).title in run("show", slug).stdout


def test_show_lists_the_assumptions() -> None:
    text = " ".join(run("show", "hessian").stdout.split())
    assert all(f"- {step.rule.name}: " in text for step in catalog.get("hessian").assumptions)
    assert "the residuals e_iμ are independent N(0, 2 ε), and independent of the data" in text
    assert "the Jacobian J of the network's outputs, 2 n² × n m, has" in text
    assert "L = 1/(2 m) ∑_iμ e_iμ², ŷ = W⁽²⁾[W⁽¹⁾ x]_+" in text


@pytest.mark.parametrize("slug", catalog.names())
def test_show_fits_80_columns(slug: str) -> None:
    assert max(map(len, run("show", slug).stdout.splitlines())) <= 80


def test_show_as_json_is_the_entry() -> None:
    assert json.loads(run("show", "hessian", "--json").stdout) == catalog.get("hessian").to_json()


def test_show_takes_underscores() -> None:
    assert run("show", "marchenko_pastur").stdout == run("show", "marchenko-pastur").stdout


# -- derive ----------------------------------------------------------------------------------------------------


def test_derive_an_expression() -> None:
    result = run("derive", "semicircle() + marchenko_pastur(c)")
    assert "c*m**3 + (c*z + 1)*m**2 + (c + z - 1)*m + 1 = 0" in result.stdout


def test_derive_prints_the_steps() -> None:
    assert "derivation:\n1. " in run("derive", "semicircle()").stdout


def test_derive_without_steps() -> None:
    assert "derivation:" not in run("derive", "semicircle()", "--no-steps").stdout


def test_derive_the_hessian_gives_the_quartic_of_the_source() -> None:
    """Pennington, Bahri 2017 state it for the Cauchy transform."""
    found = json.loads(run("derive", "hessian", "--json", "--convention", "cauchy").stdout)["equation"]["polynomial"]
    names = {s.name: s for s in catalog.get("hessian").symbols.values()}
    G, z = sympy.symbols("G z")
    phi, eps, s = names["phi"], names["eps"], names["sigma"]
    source = (
        2 * (z - s * (1 - phi)) * G
        - phi * (2 * s * z + eps * (1 - phi)) * G**2
        - eps * phi**2 * (z + s * (phi - 2)) * G**3
        + z * eps * s * phi**3 * G**4
        - 2
    )
    printed = sympy.parse_expr(found, local_dict=names | {"G": G, "z": z})
    assert sympy.expand(printed - source) == 0


def test_derive_checks_every_step() -> None:
    result = run("derive", "hessian", "--check")
    steps = len(catalog.get("hessian").law().derivation.steps)
    told = f"checked: all {steps} steps hold, 6 of them assumptions, which cannot be checked"
    assert " ".join(result.stdout.splitlines()[-2:]).endswith(told)


def test_derive_check_in_json() -> None:
    assert json.loads(run("derive", "semicircle", "--check", "--json").stdout)["checked"] is True


def test_derive_with_a_step_that_does_not_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    def check(self: object) -> bool:
        raise DerivationError("step 2 (free sum) does not hold: something")

    monkeypatch.setattr("resolvent.derive.derivation.derivation.Derivation.check", check)
    result = run("derive", "semicircle", "--check")
    assert (result.exit_code, result.stdout) == (CLAIM_FAILS, "")
    assert result.stderr == "the derivation does not hold: step 2 (free sum) does not hold: something\n"


def test_derive_moments_and_cumulants() -> None:
    found = json.loads(run("derive", "fuss_catalan(2)", "--json", "--moments", "4", "--cumulants", "2").stdout)
    assert (found["moments"], found["free_cumulants"]) == (["1", "3", "12", "55"], ["1", "2"])


def test_a_latex_document_lists_moments() -> None:
    document = run("derive", "semicircle", "--format", "latex", "--moments", "3", "--cumulants", "2").stdout
    assert r"\begin{align*}& m_{1} = 0 \\ & m_{2} = \mathrm{variance} \\ & m_{3} = 0\end{align*}" in document
    assert r"& \kappa_{1} = 0 \\ & \kappa_{2} = \mathrm{variance}" in document


@pytest.mark.parametrize("kind", ["python", "sympy"])
def test_programs_list_no_moments(kind: str) -> None:
    result = run("derive", "semicircle", "--format", kind, "--moments", "3")
    assert (result.exit_code, "--moments and --cumulants go with --format text" in result.stderr) == (2, True)


def test_derive_sets_parameters_of_an_entry() -> None:
    found = json.loads(run("derive", "marchenko-pastur", "--set", "c=1/2", "--set", "sigma=1", "--json").stdout)
    assert found["equation"]["polynomial"] == "m**2*z + 2*m*z - m + 2"


def test_derive_sets_parameters_of_an_expression() -> None:
    found = json.loads(run("derive", "semicircle(v)", "--set", "v=0.5", "--json").stdout)
    assert found["equation"]["polynomial"] == "m**2 + 2*m*z + 2"


def test_derive_sets_a_parameter_to_an_expression() -> None:
    found = json.loads(run("derive", "semicircle(v)", "--set", "v=2*w", "--json").stdout)
    assert found["equation"]["polynomial"] == "2*m**2*w + m*z + 1"


def test_derive_latex_is_a_document() -> None:
    result = run("derive", "semicircle", "--format", "latex").stdout
    assert result.startswith("\\documentclass")
    assert result.endswith("\\end{document}\n")


def test_derive_latex_without_steps_is_the_equation() -> None:
    result = run("derive", "semicircle()", "--format", "latex", "--no-steps", "--convention", "cauchy")
    assert result.stdout == "G^{2} - z G + 1 = 0\n"


@pytest.mark.parametrize(
    ("format", "start"), [("html", "<!DOCTYPE html>"), ("markdown", "# semicircle: Wigner matrix")]
)
def test_derive_is_a_page_with_every_step(format: str, start: str) -> None:
    result = run("derive", "semicircle", "--format", format, "--moments", "4").stdout
    assert result.startswith(start)
    assert all(step.rule.name in result for step in catalog.get("semicircle").law().derivation.steps)
    assert "m_4 = 2*variance**2" in result.replace("\\", "")


def test_derive_sympy_runs() -> None:
    names: dict[str, object] = {}
    exec(run("derive", "semicircle()", "--format", "sympy").stdout, names)  # noqa: S102
    assert str(names["polynomial"]) == "m**2 + m*z + 1"


def test_derive_python_runs() -> None:
    names: dict[str, object] = {}
    exec(run("derive", "semicircle()", "--format", "python").stdout, names)  # noqa: S102
    assert names["density"](0.0) == pytest.approx(1 / np.pi)  # type: ignore[operator]


def test_derive_to_a_file(tmp_path: Path) -> None:
    target = tmp_path / "law.tex"
    result = run("derive", "semicircle", "--format", "latex", "--output", str(target))
    assert (result.exit_code, result.stdout) == (FINE, "")
    assert target.read_text() == run("derive", "semicircle", "--format", "latex").stdout


# -- density ---------------------------------------------------------------------------------------------------


def table(text: str) -> tuple[np.ndarray, np.ndarray]:
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0] == ["x", "density"]
    values = np.array(rows[1:], dtype=float)
    return values[:, 0], values[:, 1]


def test_density_is_the_semicircle() -> None:
    x, y = table(run("density", "semicircle()", "--points", "50").stdout)
    assert np.max(np.abs(y - np.sqrt(4 - x**2) / (2 * np.pi))) < 1e-12


def test_density_of_an_equation() -> None:
    x, y = table(run("density", "law_of_equation(m**2 + z*m + 1)", "--points", "10").stdout)
    assert np.max(np.abs(y - np.sqrt(4 - x**2) / (2 * np.pi))) < 1e-12


def test_density_has_about_the_points_asked_for() -> None:
    x, _ = table(run("density", "semicircle().direct_sum(semicircle()/4 + 9, 1/2)", "--points", "100").stdout)
    assert len(x) == pytest.approx(100, abs=2)


def test_density_points_increase() -> None:
    x, _ = table(run("density", "semicircle().direct_sum(semicircle()/4 + 9, 1/2)", "--points", "30").stdout)
    assert np.all(np.diff(x) > 0)


def test_density_takes_the_defaults_of_an_entry() -> None:
    x, y = table(run("density", "marchenko-pastur", "--set", "c=1/4", "--points", "20").stdout)
    assert np.max(np.abs(y - np.sqrt((9 / 4 - x) * (x - 1 / 4)) * 2 / (np.pi * x))) < 1e-12


def test_density_reports_atoms_beside_the_csv() -> None:
    result = run("density", "marchenko-pastur", "--set", "c=4", "--points", "5")
    assert result.stderr == "an atom at 0 of weight 3/4 is not part of the density\n"


def test_density_of_atoms_alone_is_an_empty_table() -> None:
    assert run("density", "atoms([1, 2])").stdout == "x,density\n"


def test_density_as_json_has_the_edges() -> None:
    (interval,) = json.loads(run("density", "marchenko-pastur", "--set", "c=4", "--json").stdout)["intervals"]
    assert (interval["left"], interval["right"]) == (pytest.approx(1, abs=1e-12), pytest.approx(9, abs=1e-12))


def test_density_as_json_has_the_atoms() -> None:
    (atom,) = json.loads(run("density", "marchenko-pastur", "--set", "c=4", "--json").stdout)["atoms"]
    assert atom == {"point": "0", "point_value": 0.0, "weight": "3/4", "weight_value": 0.75}


def test_density_as_json_has_a_certificate_that_passes() -> None:
    certificate = json.loads(run("density", "semicircle", "--json").stdout)["certificate"]
    assert certificate["worst_error"] <= certificate["tolerance"]


@pytest.mark.parametrize(("suffix", "magic"), [(".png", b"\x89PNG"), (".pdf", b"%PDF"), (".svg", b"<?xml")])
def test_density_draws(tmp_path: Path, suffix: str, magic: bytes) -> None:
    target = tmp_path / f"law{suffix}"
    assert run("density", "semicircle", "--output", str(target)).exit_code == FINE
    assert target.read_bytes().startswith(magic)


@pytest.mark.parametrize("suffix", [".csv", ".json"])
def test_density_writes_what_it_would_print(tmp_path: Path, suffix: str) -> None:
    target = tmp_path / f"law{suffix}"
    run("density", "semicircle", "--output", str(target))
    assert target.read_text() == run("density", "semicircle", *(["--json"] if suffix == ".json" else [])).stdout


# -- verify ----------------------------------------------------------------------------------------------------

QUICK = ("--size", "100", "--trials", "9")


def test_verify_supports_the_law_of_its_matrices() -> None:
    result = run("verify", "semicircle", "--size", "200", "--resolution", "0.1")
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (FINE, "verdict: supported")


def test_verify_without_power_is_undecided_with_status_3() -> None:
    result = run("verify", "semicircle", *QUICK)
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (3, "verdict: undecided")


@pytest.mark.slow
def test_verify_takes_expressions_that_have_matrices() -> None:
    arguments = ("verify", "semicircle() + marchenko_pastur(c)", "--set", "c=1/2", *QUICK, "--json")
    statistics = json.loads(run(*arguments).stdout)["statistics"]
    assert statistics[0]["sizes"] == [50, 100]
    assert run(*arguments, "--jobs", "2").stdout == run(*arguments).stdout


def test_verify_refutes_with_status_1(monkeypatch: pytest.MonkeyPatch) -> None:
    """The semicircle law claimed of diagonal matrices with uniform entries."""

    def uniform(size: int, rng: np.random.Generator, variance: float) -> np.ndarray:
        return np.diag(rng.uniform(-1, 1, size))

    sampler = catalog.Sampler("uniform", "diagonal", uniform, 100, lambda size, variance: 8.0 * size**2)
    entry = replace(catalog.get("semicircle"), slug="wrong-claim", samplers=(sampler,))
    monkeypatch.setitem(resolvent.catalog.registry._loaded, "wrong-claim", entry)
    result = run("verify", "wrong-claim", *QUICK, "--json")
    assert (result.exit_code, json.loads(result.stdout)["verdict"]) == (CLAIM_FAILS, "refuted")


def test_verify_repeats_itself() -> None:
    assert (
        run("verify", "semicircle", *QUICK, "--seed", "5").stdout
        == run("verify", "semicircle", *QUICK, "--seed", "5").stdout
    )


def test_verify_draws(tmp_path: Path) -> None:
    target = tmp_path / "verified.png"
    run("verify", "semicircle", *QUICK, "--plot", str(target))
    assert target.read_bytes().startswith(b"\x89PNG")


# -- bad use ---------------------------------------------------------------------------------------------------

BAD = [
    (("show", "hesian"), "did you mean 'hessian'?"),
    (("derive", "hesian"), "'hesian' is no catalog name; did you mean 'hessian'?"),
    (("derive", "zzz"), "see `resolvent list` for the names"),
    (("derive", "semicircle()", "-o", "law.pdf"), "cannot tell what to write to law.pdf; end the name in .txt, .tex"),
    (("plot", "semicircle()"), "No such command 'plot': `resolvent density LAW --output law.png` draws"),
    (("shrink",), "No such command 'shrink': in Python, resolvent.shrink(eigenvalues, ratio)"),
    (("derive", "semicirle()"), "did you mean 'semicircle'?"),
    (("derive", "semicircle() +"), "the expression stops too early"),
    (("derive", "__import__('os').system('true')"), "has no meaning here"),
    (("derive", "semicircle(-1)"), "variance must be positive; got -1"),
    (("derive", "semicircle() @ semicircle()"), "is not a law"),
    (("derive", "atoms([0, 1]).free_power(1/2)"), "does not exist"),
    (("derive", "hessian", "--set", "psi=1"), "unknown parameter of hessian 'psi'"),
    (("derive", "hessian", "--set", "phi=-1"), "must lie in (0, oo); got -1"),
    (("derive", "hessian", "--set", "phi"), "--set takes NAME=VALUE"),
    (("derive", "hessian", "--set", "phi=1", "--set", "phi=2"), "--set gives phi twice"),
    (("derive", "hessian", "--set", "phi=sqrt(2)"), "'sqrt' is not rational"),
    (("derive", "hessian", "--set", "phi=sqrt(2)"), "within a law it may stand, as in semicircle(sqrt(2))"),
    (("derive", "hessian", "--set", "phi=1/0"), "division by zero"),
    (("derive", "hessian", "--set", "phi="), "the expression is empty"),
    (("derive", "semicircle(v)", "--set", "w=1"), "unknown parameter 'w'. Known: v"),
    (("derive", "semicircle", "--format", "word"), "'word'"),
    (("derive", "semicircle", "--moments", "-1"), "--moments"),
    (("derive", "semicircle", "--convention", "greens"), "'greens'"),
    (("derive", "semicircle", "--output", "/nowhere/law.txt"), "there is no directory /nowhere"),
    (("derive", "semicircle", "--output", "/"), "it is a directory"),
    (("density", "marchenko-pastur"), "marchenko-pastur needs a value for c"),
    (("density", "semicircle(v)"), "add --set v=..."),
    (("density", "semicircle(v)", "--set", "v=w"), "v needs a number here; got w"),
    (("density", "semicircle", "--set", "variance=w"), "must be a number here; got w"),
    (("density", "semicircle", "--points", "1"), "--points"),
    (("density", "semicircle", "--output", "law.docx"), "end the name in .csv, .json, .png, .svg, .pdf"),
    (("density", "semicircle", "--output", "/nowhere/law.csv"), "there is no directory"),
    (("verify", "hesian"), "did you mean 'hessian'?"),
    (("verify", "semicircle(", *QUICK), "semicircle("),
    (("verify", "semicircle().free_power(1/2)", *QUICK), "has no matrix model"),
    (("verify", "hessian"), "hessian needs a value for phi"),
    (("verify", "hessian", "--set", "phi=1", "--set", "eps=1", "--sampler", "mdoel"), "did you mean 'model'?"),
    (("verify", "semicircle", "--size", "1"), "at least 2; got 1"),
    (("verify", "semicircle", "--size", "-5"), "at least 2; got -5"),
    (("verify", "semicircle", "--size", "ten"), "--size"),
    (("verify", "semicircle", "--size", "10000000"), "take a smaller size"),
    (("verify", "semicircle", "--trials", "0"), "at least 4 trials"),
    (("verify", "semicircle", "--seed", "-1"), "non-negative"),
    (("verify", "semicircle", "--level", "2"), "between 0 and 1"),
    (("verify", "semicircle", "--plot", "law.csv"), "end the name in .png, .svg, .pdf"),
    (("show",), "NAME"),
    (("show", "hessian", "extra"), "extra"),
    (("frobnicate",), "frobnicate"),
    (("derive", "semicircle", "--frobnicate"), "--frobnicate"),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "message"), BAD, ids=[" ".join(a) for a, _ in BAD])
def test_bad_use_is_one_message_and_status_2(arguments: tuple[str, ...], message: str) -> None:
    assert message in refused(*arguments)


@pytest.mark.parametrize(
    "arguments", [a for a, m in BAD if m.startswith(("did", "variance", "--set", "unknown"))], ids=" ".join
)
def test_messages_begin_with_error(arguments: tuple[str, ...]) -> None:
    assert refused(*arguments).startswith("error: ")


def test_a_defect_is_reported_without_a_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(text: str) -> None:
        raise ZeroDivisionError("by accident")

    monkeypatch.setattr("resolvent.language.expressions.parse", broken)
    assert refused("derive", "semicircle()") == (
        "error: this is a defect of resolvent, please report it (ZeroDivisionError: by accident)\n"
    )


def test_an_interrupt_is_one_line_and_status_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(text: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("resolvent.language.expressions.parse", interrupted)
    result = run("derive", "semicircle()")
    assert (result.exit_code, result.stdout, result.stderr) == (130, "", "stopped\n")


def test_help_of_every_command() -> None:
    for command in ("list", "show", "derive", "density", "verify"):
        assert run(command, "--help").exit_code == FINE


def test_version() -> None:
    assert run("--version").stdout == "resolvent 0.1.0\n"


# -- as a process ----------------------------------------------------------------------------------------------

PROGRAM = [sys.executable, "-m", "resolvent"]


def test_module_runs() -> None:
    done = subprocess.run([*PROGRAM, "show", "semicircle"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.splitlines()[0]) == (FINE, "semicircle: Wigner matrix")


def test_a_closed_pipe_is_no_error() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([*PROGRAM, "show", "hessian"], stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (FINE, "")


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_a_stopped_run_ends_soon_and_leaves_no_file(tmp_path: Path) -> None:
    arguments = ["derive", "atoms([a, b, c]) + atoms([d, e, f])", "--output", str(tmp_path / "law.txt")]
    process = subprocess.Popen(
        [*PROGRAM, *arguments],
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # which a run in the background ignores
    )
    time.sleep(6)  # inside one long call into the exact arithmetic
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, said = process.communicate()
    assert process.returncode == 130
    assert said.splitlines()[-1].endswith("stopped")
    assert list(tmp_path.iterdir()) == []


def test_several_files_are_written_in_the_formats_of_their_endings(tmp_path: Path) -> None:
    names = ["law.tex", "law.html", "law.md", "law.json", "law.py", "law.txt"]
    files = [word for name in names for word in ("--output", tmp_path / name)]
    done = run("derive", "semicircle(2)", *files)
    assert (done.exit_code, done.stdout) == (FINE, "")
    beginnings = ["\\documentclass", "<!DOCTYPE html>", "# semicircle", "{", '"""', "2*m**2 + m*z + 1 = 0"]
    for name, beginning in zip(names, beginnings, strict=True):
        text = (tmp_path / name).read_text()
        assert beginning.lower() in text[:400].lower(), (name, text[:300])
        alone = run("derive", "semicircle(2)", "--output", tmp_path / f"alone-{name}")
        assert alone.exit_code == FINE
        assert (tmp_path / f"alone-{name}").read_text() == text


def test_a_format_for_several_files_is_refused(tmp_path: Path) -> None:
    done = run("derive", "semicircle(2)", "--format", "latex", "-o", tmp_path / "a.tex", "-o", tmp_path / "b.md")
    assert done.exit_code == BAD_USE
    assert "formats of their endings" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_density_is_written_to_several_files(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("d.csv", "d.json", "d.png")]
    done = run("density", "semicircle(1)", *(word for path in files for word in ("-o", path)))
    assert done.exit_code == FINE
    assert files[0].read_text().startswith("x,density\n-1.99")
    assert json.loads(files[1].read_text())["support"] == [-2.0, 2.0]
    assert files[2].read_bytes().startswith(b"\x89PNG")


def test_a_shell_completes_the_names_of_the_catalog() -> None:
    asked = {"_RESOLVENT_COMPLETE": "complete_bash", "COMP_WORDS": "resolvent show hess", "COMP_CWORD": "2"}
    done = subprocess.run(PROGRAM, env=os.environ | asked, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["hessian", "hessian-h0", "hessian-h1"]


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("resolvent density hessian --set ", ["phi=", "eps=", "sigma="]),
        ("resolvent derive hessian --set p", ["phi="]),
        ("resolvent verify hessian --sampler n", ["network"]),
        ("resolvent density semicircle() --set ", []),
    ],
)
def test_a_shell_completes_parameters_and_samplers_of_an_entry(
    words: str, offered: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = {"_RESOLVENT_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
    for name, value in asked.items():
        monkeypatch.setenv(name, value)
    assert CliRunner().invoke(app, [], prog_name="resolvent").stdout.split() == offered


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp437"])
def test_letters_that_a_terminal_lacks_are_written_by_their_codes(encoding: str) -> None:
    environment = os.environ | {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    done = subprocess.run([*PROGRAM, "show", "marchenko-pastur"], env=environment, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert rb"X X\u1d40" in done.stdout


def test_a_narrow_terminal_keeps_the_names_whole() -> None:
    environment = os.environ | {"COLUMNS": "40"}
    done = subprocess.run([*PROGRAM, "list"], env=environment, capture_output=True, text=True, check=False)
    assert set(catalog.names()) <= set(done.stdout.split())
    assert max(map(len, done.stdout.splitlines())) <= 40


def test_a_model_is_shown_in_letters_of_mathematics() -> None:
    lines = [line.strip() for line in run("show", "marchenko-pastur").stdout.splitlines()]
    assert "W = σ²/n X Xᵀ" in lines
    assert "p/n → c; or X_ij i.i.d., 𝔼 X_ij = 0, 𝔼 X_ij² = 1" in lines


def test_facts_and_parameters_are_shown_in_letters_of_mathematics() -> None:
    text = " ".join(run("show", "hessian").stdout.split())
    assert "κ_2 = ε ϕ/2 + ϕ σ²" in text
    assert "R(g) = ε g ϕ/(2 − ε g² ϕ²) + σ/(1 − g ϕ σ) [Pennington, Bahri 2017]" in text
    assert "eps, ε: in (0, ∞)" in text
    known = run("show", "wishart-product").stdout.split("Known")[1].split("Notes")[0]
    assert "for α < 1, 0 otherwise}" in " ".join(known.split())
    assert not any(sign in known for sign in ("**", "Piecewise", "alpha"))


# -- files -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("moment", ["os.fsync", "os.chmod", "os.replace"])
def test_an_interrupt_while_writing_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    def stop(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(moment, stop)
    with pytest.raises(KeyboardInterrupt):
        write_file(tmp_path / "law.txt", "text")
    assert list(tmp_path.iterdir()) == []


def test_an_interrupt_while_writing_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "law.txt"
    target.write_text("old")

    def stop(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("os.replace", stop)
    with pytest.raises(KeyboardInterrupt):
        write_file(target, "new")
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("law.txt", "old")]


def test_a_full_disc_is_a_clear_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(ParameterError, match="No space left on device"):
        write_file(tmp_path / "law.txt", "text")
    assert list(tmp_path.iterdir()) == []


def test_a_replaced_file_keeps_its_permissions(tmp_path: Path) -> None:
    target = tmp_path / "law.txt"
    target.write_text("old")
    target.chmod(0o640)
    write_file(target, "new")
    assert (target.read_text(), target.stat().st_mode & 0o777) == ("new", 0o640)


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.txt").write_text("old")
    (tmp_path / "link.txt").symlink_to("real.txt")
    write_file(tmp_path / "link.txt", "new")
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "real.txt").read_text() == "new"


def test_a_device_is_written_to_and_not_replaced() -> None:
    write_file(Path(os.devnull), "text")
    assert not Path(os.devnull).is_file()


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_directory_without_permission(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(ParameterError, match="no permission"):
        write_file(tmp_path / "law.txt", "text")


@pytest.mark.parametrize("command", ["derive", "density", "guess", "verify"])
def test_commands_keep_to_their_time(command: str) -> None:
    result = run(command, "fuss_catalan(20) + wachter(1/2, 1/3) + fuss_catalan(21)", "--time-limit", "0.2")
    assert result.exit_code == 2
    assert result.stderr == "error: not finished within 0.2 s; --time-limit gives it more\n"


@pytest.mark.parametrize("option", ["--time-limit", "--memory-limit"])
@pytest.mark.parametrize("value", ["0", "-1", "nan"])
def test_limits_are_positive(option: str, value: str) -> None:
    result = run("derive", "semicircle()", option, value)
    assert (result.exit_code, result.stderr) == (2, f"error: {option} must be positive; got {float(value):g}\n")


def test_moments_and_trials_have_limits() -> None:
    result = run("derive", "semicircle()", "--moments", "10000000000")
    assert result.exit_code == 2
    assert "more than the limit of 2000" in result.stderr
    result = run("verify", "semicircle", "--set", "variance=1", "--trials", "1000000000")
    assert (result.exit_code, result.stderr) == (2, "error: at most 100000 trials are made; got 1000000000\n")


def test_a_parameter_may_be_called_self() -> None:
    assert run("derive", "semicircle(self)", "--set", "self=1").stdout == run("derive", "semicircle(1)").stdout
