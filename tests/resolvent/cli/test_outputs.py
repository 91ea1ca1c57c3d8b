"""Files and pipes that cannot be written or read: one message, no waiting, and nothing else is lost."""

from __future__ import annotations

import json
import math
import os
import select
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from resolvent.cli import check_command, files
from resolvent.cli.app import app
from resolvent.cli.files import read_text, write_file
from resolvent.derive.errors import ParameterError
from resolvent.language.expressions import parse
from resolvent.writing.python_function import to_python_function

ROOT = Path(__file__).resolve().parents[3]
CONJECTURE = 'title = "a test"\nmodel.expression = "semicircle()"\nclaim.moments = [0, 2]\n'
needs_pipes = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are Unix's")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), prog_name="resolvent")


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    os.mkfifo(tmp_path / "pipe")
    return tmp_path / "pipe"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
@pytest.mark.parametrize("arguments", [["--help"], ["derive", "--help"], ["--version"], ["list"]])
def test_a_full_disk_gives_one_line(arguments: list[str]) -> None:
    with open("/dev/full", "w") as full:
        command = [sys.executable, "-m", "resolvent", *arguments]
        found = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, cwd=ROOT, check=False)
    assert found.returncode == 2
    assert found.stderr == "error: the output cannot be written: No space left on device\n"


@pytest.mark.skipif(os.name != "posix", reason="the shell of Unix closes streams so")
@pytest.mark.parametrize(
    ("command", "status", "stderr"),
    [
        ("density 'semicircle()' --json <&- >&- 2>&-", 0, ""),  # its numbers come from another process
        ("derive 'semicirle()' >&- 2>&-", 2, ""),
        ("guess --moments-file - <&-", 2, "error: the list of moments is empty"),
    ],
)
def test_closed_streams_are_the_null_device(command: str, status: int, stderr: str) -> None:
    """They were None, and the command called itself defective."""
    shell = ["sh", "-c", f'"{sys.executable}" -m resolvent {command}']
    found = subprocess.run(shell, capture_output=True, text=True, cwd=ROOT, check=False)
    assert (found.returncode, found.stdout) == (status, "")
    assert found.stderr.partition("; ")[0].strip() == stderr


def test_a_report_that_cannot_be_written_does_not_lose_the_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(path: Path, content: object) -> None:
        raise ParameterError(f"cannot write {path}: the disk is full")

    (tmp_path / "law.toml").write_text(CONJECTURE)
    monkeypatch.setattr(check_command, "write_file", fails)
    found = run("check", str(tmp_path / "law.toml"), "--exact-only", "--report", str(tmp_path / "law.html"))
    assert found.exit_code == 2
    assert found.stdout.rstrip().endswith("verdict: refuted")
    assert found.stderr.startswith("error: cannot write")


@needs_pipes
def test_a_pipe_that_nobody_reads_or_writes_does_not_block(pipe: Path, tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="nobody reads this pipe"):
        write_file(pipe, "text")
    with pytest.raises(ParameterError, match="nobody writes into this pipe"):
        read_text(pipe, 100)
    numbers = pipe.rename(tmp_path / "values.npy")
    found = run("compare", str(numbers), "semicircle()")
    assert (found.exit_code, "no file" in found.stderr) == (2, True)


@needs_pipes
def test_a_pipe_that_somebody_uses_works(pipe: Path) -> None:
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    write_file(pipe, "1, 2")
    assert os.read(reader, 100) == b"1, 2"
    os.close(reader)
    command = f"import time; f = open({str(pipe)!r}, 'w'); f.write('3, 4'); f.flush(); time.sleep(0.5)"
    keeper = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)  # until the writer has begun
    with subprocess.Popen([sys.executable, "-c", command]):
        while not select.select([keeper], [], [], 10)[0]:
            pass
        os.close(keeper)
        assert read_text(pipe, 100) == "3, 4"


def test_the_same_picture_is_the_same_file(tmp_path: Path) -> None:
    for suffix in ("svg", "pdf"):
        files = [tmp_path / f"{k}.{suffix}" for k in (1, 2)]
        for file in files:
            assert run("density", "semicircle()", "--output", str(file)).exit_code == 0
        assert files[0].read_bytes() == files[1].read_bytes()


@pytest.mark.parametrize("name", ["float", "np", "len", "list", "print", "max", "comb", "density", "complex", "match"])
def test_a_function_in_python_may_have_any_parameter(name: str) -> None:
    space: dict[str, object] = {}
    exec(to_python_function(parse(f"marchenko_pastur({name})")), space)  # noqa: S102
    assert np.isclose(space["density"](1.0, **{f"{name}_": 1.0}), np.sqrt(3) / (2 * np.pi))  # type: ignore[operator]


BEGINNINGS = {
    "txt": b"",
    "tex": rb"\documentclass",
    "html": b"<!DOCTYPE html>",
    "md": b"# ",
    "json": b"",
    "png": b"\x89PNG",
    "svg": b"<?xml",
    "pdf": b"%PDF",
}
REPORTS, PICTURES = ("txt", "tex", "html", "md", "json"), ("png", "svg", "pdf")
CATALAN = ",".join(str(math.comb(2 * n, n) // (n + 1)) for n in range(1, 20))


@pytest.mark.parametrize(
    ("command", "endings"),
    [
        (("guess", "--moments", CATALAN), REPORTS),
        (("show", "hessian"), REPORTS),
        (("list",), REPORTS),
        (("compare", "values.npy", "semicircle()"), ("txt", "tex", "md", "png")),
        pytest.param(("fit", "values.npy", "semicircle(v)"), (*REPORTS, *PICTURES), marks=pytest.mark.slow),
        pytest.param(("check", "law.toml", "--exact-only"), REPORTS, marks=pytest.mark.slow),
        (("advise", "init", "hard_tanh", "--sigma-b", "0.1"), ("txt", "json")),
        (("audit", "semicircle"), ("txt", "json")),
        (("graphs", "-k", "2"), PICTURES),
    ],
)
def test_the_ending_says_what_is_written(
    command: tuple[str, ...], endings: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    np.save("values.npy", 2 * np.sin(np.linspace(-1.3, 1.3, 60)))
    Path("law.toml").write_text(CONJECTURE)
    found = run(*command, *(word for ending in endings for word in ("--output", f"out.{ending}")))
    assert (found.exit_code in (0, 1, 3), found.stderr) == (True, "")
    for ending in endings:
        content = Path(f"out.{ending}").read_bytes()
        assert content.startswith(BEGINNINGS[ending])
        if ending == "json":
            json.loads(content)
        elif ending == "txt":
            assert not content.startswith((b"{", b"[", b"\\", b"<", b"#"))


@pytest.mark.slow
def test_a_verification_is_written_and_drawn(tmp_path: Path) -> None:
    files = [tmp_path / f"out.{ending}" for ending in BEGINNINGS]
    arguments = ("--size", "100", "--trials", "16", "--resolution", "0.5")
    run("verify", "semicircle()", *arguments, *(word for file in files for word in ("-o", str(file))))
    for ending, beginning in BEGINNINGS.items():
        assert (tmp_path / f"out.{ending}").read_bytes().startswith(beginning)


@pytest.mark.parametrize(
    "command",
    [
        ("show", "hessian"),
        ("list",),
        ("guess", "--moments", CATALAN),
        ("compare", "values.npy", "semicircle()"),
        ("fit", "values.npy", "semicircle(v)"),
        ("check", "law.toml"),
        ("verify", "semicircle()"),
        ("audit", "semicircle"),
        ("advise", "init", "hard_tanh"),
    ],
)
def test_an_ending_that_says_nothing_is_refused_before_anything_is_computed(command: tuple[str, ...]) -> None:
    found = run(*command, "-o", "out.docx")
    assert (found.exit_code, found.stdout) == (2, "")
    assert found.stderr.startswith("error: cannot tell what to write to out.docx; end the name in .txt")


def test_the_pictures_of_a_paper_stand_beside_it(tmp_path: Path) -> None:
    np.save(tmp_path / "values.npy", 2 * np.sin(np.linspace(-1.3, 1.3, 60)))
    run("compare", str(tmp_path / "values.npy"), "semicircle()", "-o", str(tmp_path / "my law.tex"))
    assert r"\includegraphics[width=0.8\linewidth]{my-law-1.pdf}" in (tmp_path / "my law.tex").read_text()
    assert (tmp_path / "my-law-1.pdf").read_bytes().startswith(b"%PDF")


def test_every_command_says_in_a_terminal_what_it_wrote(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(files, "_is_watched", lambda: True)
    for arguments, names in (
        (["derive", "semicircle()", "-o", "a.tex", "-o", "a.json"], ["a.tex", "a.json"]),
        (["density", "semicircle()", "-o", "b.csv"], ["b.csv"]),
        (["graphs", "-k", "2", "-o", "c.svg"], ["c.svg"]),
        (["guess", "--moments", "1,2,5,14,42,132,429,1430,4862,16796", "-o", "d.txt"], ["d.txt"]),
        (["new", "e"], ["e.toml"]),
    ):
        found = run(*arguments)
        assert [line for line in found.stderr.splitlines() if "written" in line] == [f"written: {n}" for n in names]
        assert all(Path(name).is_file() for name in names)


def test_the_density_command_says_where_the_support_is(tmp_path: Path) -> None:
    """Edges are the critical values of z(w) = w + v w/(w^2 - a^2): at w^2 = a^2 + v/2 +- sqrt(v^2/4 + 2 a^2 v)."""
    found = run("density", "atoms([-2, 2]) + semicircle(1/4)", "-o", str(tmp_path / "x.csv"))
    places = [math.sqrt(4.125 + sign * math.sqrt(2.015625)) for sign in (-1, 1)]
    a, b = (f"{w + w / 4 / (w**2 - 4):.8g}" for w in places)
    assert found.stdout == f"support: [-{b}, -{a}] and [{a}, {b}]\n"


def test_a_pipe_and_a_device_get_no_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_is_watched", lambda: True)
    assert run("derive", "semicircle()", "-o", os.devnull).stderr == ""


def test_a_fragment_of_a_paper_and_its_sources_are_two_files(tmp_path: Path) -> None:
    paper, sources = tmp_path / "free_sum.tex", tmp_path / "free.bib"
    found = run("derive", "semicircle() + marchenko_pastur(c)", "--fragment", "-o", str(paper), "-o", str(sources))
    assert found.exit_code == 0, found.output
    written = paper.read_text()
    assert r"\label{free-sum:result}" in written
    assert r"\cite{Voiculescu1991}" in written
    assert "thebibliography" not in written
    assert "@misc{Voiculescu1991,\n  author = {D. Voiculescu}," in sources.read_text()
