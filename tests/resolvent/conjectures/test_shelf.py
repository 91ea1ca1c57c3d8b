"""The shelf of conjectures: each file gets the verdict that it expects, for the reason that it gives."""

import importlib.util
from pathlib import Path

import pytest

from resolvent.conjectures.check import check
from resolvent.conjectures.file.reader import read_conjecture

DOCS = Path(__file__).resolve().parents[3] / "docs"
FILES = sorted((DOCS / "conjectures").glob("*.toml"))
NAMES = [path.stem for path in FILES]


@pytest.mark.slow
@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_the_verdict_is_the_expected_one(path: Path) -> None:
    found = check(path, allow_code=True)
    assert found.conjecture.expected is not None
    assert found.is_expected, found.report()


def test_at_least_eight_are_true_and_eight_are_false() -> None:
    expected = [read_conjecture(path).expected for path in FILES]
    verdicts = [e[0] for e in expected if e is not None]
    assert verdicts.count("supported") >= 8
    assert verdicts.count("refuted") >= 8


def test_every_false_one_says_why() -> None:
    for path in FILES:
        expected = read_conjecture(path).expected
        assert expected is not None
        assert expected[0] == "supported" or expected[1], path


def test_the_list_is_made_from_the_files() -> None:
    spec = importlib.util.spec_from_file_location("make_shelf", DOCS / "make_shelf.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert (DOCS / "conjectures" / "README.md").read_text() == module.page()
