"""The recipes of CONTRIBUTING.md, carried out on a copy of the sources: what they touch is what they name."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
RECIPES = dict(re.findall(r"^## (A new [a-z ]+)\n(.*?)(?=^## |\Z)", PAGE, re.M | re.S))
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.M | re.S)

pytestmark = pytest.mark.slow


def inserted(text: str, hunk: str) -> str:
    """The text with one hunk of a diff, whose lines must stand there once, whatever their numbers."""
    lines = hunk.splitlines()
    before = "\n".join(line[1:] for line in lines if line[:1] in (" ", "-")) + "\n"
    after = "\n".join(line[1:] for line in lines if line[:1] in (" ", "+")) + "\n"
    assert text.count(before) == 1, f"these lines are not, or not once, in the file:\n{before}"
    return text.replace(before, after)


def apply(block: str, home: Path) -> None:
    """Apply a diff to the files of a folder."""
    for name, hunks in re.findall(r"^--- a/.*\n\+\+\+ b/(.*)\n((?:[@ +-].*\n|\n)+?)(?=--- a/|\Z)", block, re.M):
        text = (home / name).read_text(encoding="utf-8")
        for hunk in re.split(r"^@@.*@@\n", hunks, flags=re.M)[1:]:
            text = inserted(text, hunk)
        (home / name).write_text(text, encoding="utf-8")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with a copy of the packages, their links, and what the tests of the layers read."""
    for name in ("derive", "numeric", "catalog", "resolvent", "tests", "docs"):
        shutil.copytree(ROOT / name, tmp_path / name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def python(home: Path, *arguments: str) -> None:
    """Run Python on the copy; what it prints is the message of a failure."""
    environment = {**os.environ, "PYTHONPATH": str(home)}
    command = [sys.executable, *arguments]
    done = subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_all_four_are_there() -> None:
    assert set(RECIPES) == {f"A new {what}" for what in ("free operation", "ensemble", "output format", "kind of law")}


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_works_as_it_stands(recipe: str, home: Path) -> None:
    checks = []
    for language, block in BLOCK.findall(RECIPES[recipe]):
        kind, _, name = block.partition("\n")[0].removeprefix("# ").partition(": ")
        if language == "diff":
            apply(block, home)
        elif kind == "file":
            assert not (home / name).exists()
            (home / name).write_text(block.partition("\n")[2], encoding="utf-8")
        else:
            assert kind == "check"
            checks.append(block)
    assert checks
    python(home, "-c", checks[0])
    python(home, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/test_layers.py")
