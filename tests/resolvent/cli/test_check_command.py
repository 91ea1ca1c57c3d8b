"""`resolvent check` and `resolvent new`: what they print, the exit statuses, and what they refuse."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from resolvent.cli.app import app

SUPPORTED, REFUTED, BAD_USE, UNDECIDED = 0, 1, 2, 3
HEAD = 'title = "a test"\nmodel.expression = "semicircle()"\n'


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), prog_name="resolvent")


def refused(*arguments: str) -> str:
    """The message of a command that must end with status 2 and print nothing else."""
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (BAD_USE, "")
    assert result.stderr.startswith("error: ")
    assert "Traceback" not in result.stderr
    return result.stderr.removeprefix("error: ").rstrip("\n")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "law.toml"


# -- verdicts ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("claim", "verdict", "status"),
    [
        ("moments = [0, 1]", "supported", SUPPORTED),
        ("moments = [0, 2]", "refuted", REFUTED),
        ("outliers = []", "undecided", UNDECIDED),
    ],
)
def test_the_verdict_is_the_exit_status(file: Path, claim: str, verdict: str, status: int) -> None:
    file.write_text(f"{HEAD}claim.{claim}\n")
    result = run("check", str(file), "--exact-only")
    assert (result.exit_code, result.stderr) == (status, "")
    assert result.stdout.rstrip().endswith(f"verdict: {verdict}")
    assert result.stdout.startswith("a test\n")
    assert max(map(len, result.stdout.splitlines())) <= 100


def test_the_first_wrong_thing_is_named_with_its_line(file: Path) -> None:
    file.write_text(f"{HEAD}\nclaim.moments = [0, 2]\n")
    text = " ".join(run("check", str(file), "--exact-only").stdout.split())
    assert "first thing wrong (line 4): moments: the first moment that differs is m_2: 2 is claimed" in text


@pytest.mark.parametrize(("moments", "status"), [("[0, 1]", SUPPORTED), ("[0, 2]", REFUTED)])
def test_json_is_the_verdict(file: Path, moments: str, status: int) -> None:
    file.write_text(f"{HEAD}claim.moments = {moments}\n")
    result = run("check", str(file), "--exact-only", "--json")
    found = json.loads(result.stdout)
    assert result.exit_code == status
    assert (found["name"], found["title"], found["format"]) == ("law", "a test", 1)
    assert found["verdict"] == {SUPPORTED: "supported", REFUTED: "refuted"}[status]
    assert (found["first_wrong"] is None) == (status == SUPPORTED)
    assert {"stage", "subject", "status", "text", "evidence", "point", "line"} == set(found["findings"][0])


def test_what_the_file_expects_is_compared(file: Path) -> None:
    file.write_text(f'expected = "refuted"\n{HEAD}claim.moments = [0, 1]\n')
    result = run("check", str(file), "--exact-only")
    assert result.exit_code == SUPPORTED
    assert "this is not what the file expects: refuted" in result.stdout


def test_time_that_runs_out_is_undecided(file: Path) -> None:
    file.write_text('title = "x"\nmodel.expression = "kesten_mckay(3) @ wachter(1/2, 1/3)"\nclaim.edges = [1, 2]\n')
    result = run("check", str(file), "--exact-only", "--time-limit", "0.001")
    assert result.exit_code == UNDECIDED
    assert "not finished within 0.001 s; `--time-limit` gives it more" in " ".join(result.stdout.split())


# -- bad files ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"title = 3", "line 1, title: a text in quotes is needed; this is a whole number"),
        (b'title = "x"\n\nclam = 1', "line 3, clam: there is no such field; did you mean 'claim'?"),
        (b"[", "line 1: this is no TOML"),
        (b"", "line 1: the field 'title' is missing"),
        (b"\x7fELF\x02\x01\x00\xff\xfe", "line 1: this is no text in UTF-8"),
        (b"\x00\x01\x02", "line 1: this is no TOML"),
        (b"x = 1\n" * 200_000, "is too long for a conjecture"),
        (b'title = "x"\nclaim.law = "semicirle()"', "line 2, claim.law: unknown law 'semicirle'"),
        (b'title = "x"\nclaim.law = "__import__(1)"', "line 2, claim.law: unknown law '__import__'"),
    ],
)
def test_bad_files_are_refused_with_file_and_line(file: Path, content: bytes, message: str) -> None:
    file.write_bytes(content)
    text = refused("check", str(file), "--exact-only")
    assert text.startswith(str(file))
    assert message in text
    assert "\n" not in text or "^" in text.splitlines()[-1]  # on one line, but for the place in an expression


def test_files_that_are_none(tmp_path: Path) -> None:
    assert "No such file" in refused("check", str(tmp_path / "missing.toml"))
    assert "`resolvent new NAME` writes a template" in refused("check", str(tmp_path / "missing.toml"))
    assert "is a directory" in refused("check", str(tmp_path))
    os.mkfifo(tmp_path / "pipe")
    assert "no regular file" in refused("check", str(tmp_path / "pipe"))
    assert "no regular file" in refused("check", "/dev/null")


def test_unreadable_files(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text(HEAD)

    def refuse(*_: object) -> None:  # root may read everything, so the refusal is made here
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    assert refused("check", str(file)) == f"cannot read {file}: Permission denied"


def test_code_is_not_loaded_unless_allowed(file: Path) -> None:
    (file.parent / "marker_module.py").write_text(f"open({str(file.parent / 'marker')!r}, 'w')")
    file.write_text('title = "x"\nmodel.function = "marker_module:f"\nclaim.moments = [0, 1]\n')
    message = refused("check", str(file))
    assert "line 2, model.function: checking this runs the code of marker_module; allow it with --allow-code" in message
    assert run("check", str(file), "--exact-only").exit_code == UNDECIDED
    assert not (file.parent / "marker").exists()


def test_a_defect_is_one_line(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from resolvent.conjectures.exact import exact_stage
    from resolvent.derive.exact import deadline

    def fail(*_: object) -> None:
        raise KeyError("c")

    monkeypatch.setattr(exact_stage, "model_law", fail)
    monkeypatch.setattr(deadline, "start_method", lambda: "fork")  # a child from a clean state has no patches
    file.write_text(f"{HEAD}claim.moments = [0, 1]\n")
    text = refused("check", str(file), "--exact-only")
    assert "this is a defect of resolvent, please report it" in text
    assert "KeyError" in text
    assert "\n" not in text


@pytest.mark.parametrize("limit", ["0", "-1", "nan"])
def test_a_time_limit_is_positive(file: Path, limit: str) -> None:
    file.write_text(f"{HEAD}claim.moments = [0, 1]\n")
    assert "must be positive" in refused("check", str(file), "--time-limit", limit, "--exact-only")


# -- reports -----------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    ("suffix", "word"),
    [
        (".json", '"verdict": "supported"'),
        (".txt", "verdict: supported"),
        (".md", "**Verdict: supported**"),
        (".html", "Supported</strong>"),
        (".tex", r"\textbf{supported}"),
    ],
)
def test_reports_are_written_too(file: Path, suffix: str, word: str) -> None:
    file.write_text(f"{HEAD}claim.moments = [0, 1]\n")
    target = file.with_name(f"report{suffix}")
    result = run("check", str(file), "--exact-only", "--report", str(target))
    assert result.exit_code == SUPPORTED
    assert word in target.read_text()


@pytest.mark.slow
def test_several_reports_are_all_written(file: Path) -> None:
    file.write_text(f"{HEAD}claim.moments = [0, 1]\n")
    targets = [file.with_name(name) for name in ("a.html", "b.tex", "c.md")]
    result = run("check", str(file), "--exact-only", *(x for path in targets for x in ("--report", str(path))))
    assert result.exit_code == SUPPORTED
    assert all("upported" in path.read_text() for path in targets)


def test_an_option_given_twice_is_refused_unless_both_count(file: Path) -> None:
    for arguments, name in (
        (("check", str(file), "--jobs", "1", "--jobs", "2"), "--jobs"),
        (("verify", "semicircle", "--plot", "a.png", "--plot", "b.png"), "--plot"),
    ):
        result = run(*arguments)
        assert (result.exit_code, result.stdout) == (BAD_USE, "")
        assert f"Error: {name} is given twice" in result.stderr


@pytest.mark.parametrize("name", ["report.pdf", "report", "report.toml"])
def test_a_report_with_another_ending_is_refused_before_anything_is_read(file: Path, name: str) -> None:
    assert ".html" in refused("check", str(file), "--report", str(file.with_name(name)))


def test_a_report_where_nothing_can_be_written_is_refused_first(file: Path) -> None:
    assert "no directory" in refused("check", str(file), "--report", str(file.parent / "no" / "r.txt"))


# -- new ---------------------------------------------------------------------------------------------------


def test_new_writes_a_conjecture_that_is_true(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("new", "my_law")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "resolvent check my_law.toml" in result.stdout
    assert stat.S_IMODE((tmp_path / "my_law.toml").stat().st_mode) & 0o400
    assert run("check", "my_law.toml", "--exact-only").exit_code == SUPPORTED


def test_new_takes_the_ending_and_a_folder(tmp_path: Path) -> None:
    assert run("new", str(tmp_path / "a-law.toml")).exit_code == 0
    assert 'title = "a law"' in (tmp_path / "a-law.toml").read_text()


def test_new_does_not_overwrite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.toml").write_text("precious")
    assert "exists; take another name, or --force" in refused("new", "mine")
    assert (tmp_path / "mine.toml").read_text() == "precious"
    assert run("new", "mine", "--force").exit_code == 0
    assert "precious" not in (tmp_path / "mine.toml").read_text()


@pytest.mark.parametrize("name", ["", ".toml", "a b", "-x.y/../..", "ü", 'a"b', "a\nb", "no/such/folder/x"])
def test_new_refuses_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    refused("new", "--", name)
    assert list(tmp_path.iterdir()) == []


# -- as a program ------------------------------------------------------------------------------------------


def test_as_a_program(file: Path) -> None:
    file.write_text(f"{HEAD}claim.moments = [0, 2]\n")
    root = str(Path(__file__).resolve().parents[3])
    environment = {**os.environ, "PYTHONPATH": root}
    result = subprocess.run(
        [sys.executable, "-m", "resolvent", "check", str(file), "--exact-only"],
        capture_output=True,
        text=True,
        env=environment,
    )
    assert (result.returncode, result.stderr) == (REFUTED, "")


def test_a_name_without_its_ending_is_a_hint(file: Path) -> None:
    file.write_text(f"{HEAD}claim.moments = [0, 1]\n")
    assert refused("check", str(file.with_suffix(""))).endswith(f"; did you mean {file}?")


@pytest.mark.parametrize("name", ["t", "x", "z", "m", "G", "pi"])
def test_names_of_variables_are_no_parameters(file: Path, name: str) -> None:
    file.write_text(f"{HEAD}parameters.{name} = 1\nclaim.moments = [0, 1]\n")
    assert "the names z, m, G, x, t and pi are reserved for variables" in refused("check", str(file))
