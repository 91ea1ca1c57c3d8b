"""The user guide: links lead somewhere, generated pages are up to date. (The examples run in `make doctest`.)"""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from tests.imports import sources

ROOT = Path(__file__).parents[1]
FRONT = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
MADE = ("generated", "examples")  # folders of docs/ that `make docs` writes
PAGES = [
    *FRONT,
    *sorted(p for p in (ROOT / "docs").rglob("*.md") if p.relative_to(ROOT / "docs").parts[0] not in MADE),
]


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_relative_links_lead_to_files(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8"))
    assert [t for t in targets if not t.startswith(MADE) and not (page.parent / t).exists()] == []


def maker(name: str) -> ModuleType:
    """The script of docs/ that makes a page."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "docs" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_catalog_page_is_made_from_the_catalog() -> None:
    page = (ROOT / "docs" / "catalog" / "catalog.md").read_text(encoding="utf-8")
    assert page == maker("make_catalog").page()


def test_the_table_of_the_wings_is_made_from_their_list() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    assert page == maker("make_architecture").page(sources())


def test_every_page_is_in_the_guide() -> None:
    index = "".join((ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("index.md", "guide.md"))
    pages = [page.relative_to(ROOT / "docs").as_posix() for page in PAGES if page not in FRONT]
    assert [page for page in pages if page != "index.md" and page not in index] == []


def test_the_picture_of_the_benchmarks_has_what_the_tables_say() -> None:
    """Each bar is computed from a row of the results by hand here, one of each table and of each package."""
    text = (ROOT / "benchmarks" / "RESULTS.md").read_text()
    bars = {(bar.task, bar.package): bar for bar in maker("make_benchmarks").bars(text)}
    assert len(bars) >= 12
    for task, row in (("first 30 moments", "first 30 moments"), ("law of 5 atoms + 5 atoms", "5 atoms + 5 atoms")):
        there, here = re.search(rf"^\| {re.escape(row)} \| (\S+) \| (\S+) ", text, flags=re.MULTILINE).groups()  # type: ignore[union-attr]
        assert bars[task, "rmtool"].ratio == pytest.approx(1000 * float(there) / float(here), rel=0.05)
    task = "its distribution function, 10^5 points"
    here, there = (
        float(re.search(rf"^\| {re.escape(task)} \| {name} \| (\S+) ", text, flags=re.MULTILINE)[1])  # type: ignore[index]
        for name in ("resolvent", "scikit-rmt")
    )
    assert bars[task, "scikit-rmt"].ratio == pytest.approx(there / here)
