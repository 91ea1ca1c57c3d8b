"""``resolvent graphs``: counts against the Fuss-Catalan numbers, files that programs can read, and refusals."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from math import comb
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import sympy
from typer.testing import CliRunner, Result

from resolvent.cli.app import app
from resolvent.derive.graphs.moment_polynomials import moment_polynomials

FINE, BAD_USE = 0, 2
PROGRAM = [sys.executable, "-m", "resolvent", "graphs"]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["graphs", *arguments], prog_name="resolvent")


def rows(*arguments: str) -> list[dict[str, str]]:
    """The table without its last line."""
    head, *lines = run(*arguments).stdout.splitlines()[:-1]
    return [dict(zip(head.split(), line.split(), strict=True)) for line in lines]


def fuss_catalan(k: int, colours: int) -> int:
    return comb((colours + 1) * k, k) // (colours * k + 1)


def value(text: str) -> sympy.Expr:
    """A weight as an expression."""
    powers = [(*factor.split("^"), "1")[:2] for factor in text.split("*")]
    return sympy.prod(sympy.Symbol(name) ** int(power) for name, power in powers)


# -- the table -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("k", "colours"), [(1, 1), (5, 1), (1, 2), (4, 2), (3, 3), (2, 11)])
def test_all_graphs_are_listed_once(k: int, colours: int) -> None:
    codes = [row["code"] for row in rows("-k", str(k), "--colours", str(colours), "--all")]
    assert len(set(codes)) == len(codes) == fuss_catalan(k, colours)


@pytest.mark.parametrize(("k", "colours"), [(1, 1), (5, 1), (1, 2), (4, 2), (3, 3), (2, 11)])
def test_multiplicities_add_up(k: int, colours: int) -> None:
    assert sum(int(row["graphs"]) for row in rows("-k", str(k), "--colours", str(colours))) == fuss_catalan(k, colours)


@pytest.mark.parametrize("options", [(), ("--all",)])
def test_weights_add_up_to_the_moment_polynomial(options: tuple[str, ...]) -> None:
    """The other side comes from Lagrange's inversion, without graphs."""
    total = sum(int(row.get("graphs", 1)) * value(row["weight"]) for row in rows("-k", "4", *options))
    w = [sympy.Symbol(f"w{j}") for j in range(1, 5)]
    assert sympy.expand(total - moment_polynomials(4, w, sympy.symbols("psi phi"))[-1]) == 0


def test_the_table_of_the_second_moment() -> None:
    assert run("-k", "2", "--classes").stdout == (
        "code     cycles  vertices  graphs  weight\n"
        "2,0,2,0  1+1     1,2            1  psi*w1^2\n"
        "2,2,0,0  1+1     2,1            1  phi*w1^2\n"
        "4,0,0,0  2       2,2            1  w2\n"
        "k = 2: 3 admissible graphs in 3 classes\n"
    )


@pytest.mark.parametrize("options", [("-k", "6"), ("-k", "10", "--colours", "1"), ("-k", "1", "--colours", "30")])
def test_columns_stay_in_line(options: tuple[str, ...]) -> None:
    lines = run(*options).stdout.splitlines()[:-1]
    column = lines[0].index("weight")
    assert all(line[column - 1] == " " != line[column] for line in lines)


@pytest.mark.parametrize(
    ("options", "total"),
    [
        (("-k", "3"), "k = 3: 12 admissible graphs in 6 classes"),
        (("-k", "3", "--all"), "k = 3: 12 admissible graphs"),
        (("-k", "1", "--colours", "4"), "k = 1: 1 admissible graph in 1 class"),
    ],
)
def test_the_last_line_counts(options: tuple[str, ...], total: str) -> None:
    assert run(*options).stdout.splitlines()[-1] == total


def test_the_table_streams() -> None:
    """The first lines of a moment with 477638700 graphs come at once."""
    arguments = [*PROGRAM, "-k", "18", "--colours", "1", "--all", "--limit", "1000000000"]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert [process.stdout.readline().split()[0] for _ in range(2)] == ["code", ",".join("1" * 18)]
        process.stdout.close()
        assert (process.wait(), process.stderr.read()) == (FINE, "")


# -- JSON ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("k", "colours"), [(1, 1), (1, 2), (4, 2), (3, 3)])
def test_json_has_every_graph(k: int, colours: int) -> None:
    found = json.loads(run("-k", str(k), "--colours", str(colours), "--all", "--json").stdout)
    assert (found["k"], found["colours"], found["number"]) == (k, colours, fuss_catalan(k, colours))
    assert len({tuple(graph["code"]) for graph in found["graphs"]}) == len(found["graphs"]) == found["number"]


def test_json_of_classes_has_multiplicities() -> None:
    found = json.loads(run("-k", "4", "--json").stdout)
    assert sum(graph["multiplicity"] for graph in found["graphs"]) == 55


def test_json_agrees_with_the_table() -> None:
    graphs = json.loads(run("-k", "3", "--json").stdout)["graphs"]
    assert [g["weight"] for g in graphs] == [row["weight"] for row in rows("-k", "3")]
    assert [",".join(map(str, g["counts"])) for g in graphs] == [row["vertices"] for row in rows("-k", "3")]


def test_json_vertices_and_cycles_obey_euler() -> None:
    """A cactus with E edges and B cycles has E - B + 1 vertices."""
    for graph in json.loads(run("-k", "4", "--json", "--all").stdout)["graphs"]:
        assert sum(graph["counts"]) == len(set(graph["vertices"])) == 8 - len(graph["cycle_lengths"]) + 1


# -- pictures --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("suffix", "magic"), [(".png", b"\x89PNG\r\n\x1a\n"), (".pdf", b"%PDF"), (".svg", b"<?xml")])
@pytest.mark.parametrize("option", ["--all", "--classes"])
def test_graphs_draws(tmp_path: Path, suffix: str, magic: bytes, option: str) -> None:
    target = tmp_path / f"sheet{suffix}"
    result = run("-k", "3", option, "--output", str(target))
    assert (result.exit_code, result.stdout, result.stderr) == (FINE, "", "")
    assert target.read_bytes().startswith(magic)
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize(("option", "number"), [("--all", 12), ("--classes", 6)])
def test_svg_has_every_drawing(tmp_path: Path, option: str, number: int) -> None:
    target = tmp_path / "sheet.svg"
    run("-k", "3", option, "-o", str(target))
    (arrows,) = (e for e in ElementTree.parse(target).iter() if e.get("id") == "arrows")
    assert len([e for e in arrows.iter() if e.tag.endswith("}path")]) == number


@pytest.mark.parametrize("suffix", [".png", ".pdf", ".svg"])
def test_pictures_repeat_themselves(tmp_path: Path, suffix: str) -> None:
    targets = [tmp_path / f"{name}{suffix}" for name in "ab"]
    for target in targets:
        run("-k", "2", "-o", str(target))
    assert targets[0].read_bytes() == targets[1].read_bytes()


def test_a_picture_and_json(tmp_path: Path) -> None:
    result = run("-k", "2", "--json", "-o", str(tmp_path / "sheet.svg"))
    assert len(json.loads(result.stdout)["graphs"]) == 3
    assert (tmp_path / "sheet.svg").exists()


# -- bad use ---------------------------------------------------------------------------------------------------

BAD = [
    ((), "Missing option '-k'"),
    (("-k", "0"), "'-k'"),
    (("-k", "-1"), "'-k'"),
    (("-k", "abc"), "'-k'"),
    (("-k", "1000000000"), "'-k'"),
    (("-k", "3", "--colours", "0"), "'--colours'"),
    (("-k", "3", "--limit", "0"), "'--limit'"),
    (("-k", "3", "extra"), "extra"),
    (("-k", "3", "--output", "sheet.json"), "end the name in .png, .svg, .pdf"),
    (("-k", "3", "--output", "sheet"), "cannot tell what to write to sheet"),
    (("-k", "3", "--output", "/nowhere/sheet.svg"), "there is no directory /nowhere"),
    (("-k", "12"), "has 50067108 admissible graphs, more than the limit of 2000000; take a smaller k or raise"),
    (("-k", "12", "--json"), "raise the limit with --limit N"),
    (("-k", "900"), "has about 10^741 admissible graphs"),
    (("-k", "3", "--limit", "11"), "has 12 admissible graphs, more than the limit of 11"),
    (("-k", "7", "-o", "sheet.svg"), "has at least 554 symmetry classes, more than the limit of 300 drawings"),
    (
        ("-k", "6", "--all", "-o", "sheet.svg"),
        "draw symmetry classes, take a smaller k or raise the limit with --limit",
    ),
    (("-k", "3", "--limit", "5", "-o", "sheet.svg"), "has 6 symmetry classes, more than the limit of 5 drawings"),
    (("-k", "1", "--colours", "61", "-o", "sheet.svg"), "at most 60 edges can be drawn; this one has 61"),
]


@pytest.mark.parametrize(("arguments", "message"), BAD, ids=[" ".join(a) for a, _ in BAD])
def test_bad_use_is_one_message_and_status_2(
    arguments: tuple[str, ...], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (BAD_USE, "")
    assert message in result.stderr
    assert "Traceback" not in result.stderr
    assert "defect" not in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_directory_without_permission(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    result = run("-k", "2", "-o", str(tmp_path / "sheet.svg"))
    assert (result.exit_code, "no permission" in result.stderr) == (BAD_USE, True)


def test_raising_the_limit_goes_ahead() -> None:
    assert len(rows("-k", "3", "--limit", "12", "--all")) == 12


def test_an_old_picture_survives_a_refusal(tmp_path: Path) -> None:
    target = tmp_path / "sheet.svg"
    target.write_text("old")
    run("-k", "7", "-o", str(target))
    assert target.read_text() == "old"


def test_a_very_large_sheet_keeps_within_the_pixels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The resolution gives way: the width and the height stand in the header of the PNG."""
    monkeypatch.setattr("resolvent.cli.graphs_command._LARGEST_SIDE", 400)
    run("-k", "3", "-o", str(tmp_path / "sheet.png"))
    header: Any = (tmp_path / "sheet.png").read_bytes()[16:24]
    assert max(int.from_bytes(header[:4], "big"), int.from_bytes(header[4:], "big")) in (399, 400)


def test_help_needs_no_plots_and_no_graphs() -> None:
    program = (
        "import sys; from resolvent.cli.app import app; from typer.testing import CliRunner; "
        "assert CliRunner().invoke(app, ['graphs', '--help']).exit_code == 0; "
        "assert not {'matplotlib', 'numpy', 'sympy', 'resolvent.derive.graphs.admissible_graphs'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
