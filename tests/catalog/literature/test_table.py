"""The literature table: every check holds, every printed misprint fails, and the checks themselves can fail."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from resolvent import catalog
from resolvent.catalog.literature import pages
from resolvent.catalog.literature.paper import Paper, Row, run
from resolvent.catalog.literature.table import PAPERS, TABLE, paper
from resolvent.derive.errors import ParameterError

ROOT = Path(__file__).resolve().parents[3]
CHECKED = [row for row in TABLE if row.check is not None]


@pytest.mark.parametrize("row", CHECKED, ids=lambda row: row.label)
def test_the_statement_is_what_is_derived(row: Row) -> None:
    outcome = run(row)
    assert outcome is not None
    assert outcome.holds, outcome.text()
    assert (outcome.printed is not None) == (row.status == "misprint")


def test_every_row_has_a_check_or_says_why_not() -> None:
    for row in TABLE:
        assert row.what
        assert row.formula
        assert row.by
        assert (row.check is not None) == (row.status in ("regenerated", "misprint")) == bool(row.kind), row.label
        assert bool(row.correct) == (row.as_printed is not None) == (row.status == "misprint"), row.label
        assert (row.bound > 0) == (row.kind in ("numeric", "sampled")), row.label


def test_labels_are_unique_and_papers_are_found_by_their_names() -> None:
    assert len({row.label for row in TABLE}) == len(TABLE)
    assert [paper(p.abbreviation) for p in PAPERS] == list(PAPERS)
    assert paper("PW16") is None


def test_the_papers_of_the_sources_are_all_there() -> None:
    named = {"PW17", "PB17", "PW18", "LLC18", "BP21", "BP22", "PSG17", "FW20", "LC18", "Has+22", "Ba+22", "MM22"}
    assert named <= {p.abbreviation for p in PAPERS}
    numbered = {row.place.removeprefix("slides ") for row in TABLE if row.place.startswith("slides (")}
    assert {n for group in numbered for n in group.split(", ")} >= {f"({k})" for k in range(1, 22)}


def test_entries_that_are_named_exist() -> None:
    functions = {row.by for row in CHECKED} - set(catalog.names())
    assert functions <= {
        "SpinGlass",
        "a network",
        "critical_sigma_w",
        "deep_kernel",
        "free_sum",
        "integer matrices",
        "jacobian_law",
        "random_feature_variances",
        "trace_ball",
        "kernel_matrix",
        "law_by_graphs",
        "propagation",
        "tangent_kernel_errors",
    }


def test_checks_that_fail_are_seen() -> None:
    nobody = Paper("Nobody", "no paper")

    @nobody.exact("(1)", "an equality", "1 = 2", by="nothing")
    def wrong() -> bool:
        """Of numbers."""
        return 1 + 1 == 3

    @nobody.numeric("(2)", "a number", "1 = 2", by="nothing", bound=0.1)
    def far() -> float:
        """Of numbers."""
        return 0.2

    @nobody.misprint("(3)", "a misprint that is none", "1 = 1", "1 = 1", by="nothing", kind="numeric", bound=0.1)
    def fine(printed: bool) -> float:
        """Of numbers."""
        return 0.5 if printed else 0.0

    @nobody.numeric("(4)", "an error", "1 = 2", by="nothing", bound=0.1)
    def raises() -> float:
        """Of numbers."""
        raise ParameterError("there is no number")

    outcomes = [run(row) for row in nobody.rows]
    assert [o.holds for o in outcomes if o] == [False] * 4
    assert outcomes[0] is not None
    assert outcomes[0].difference == math.inf
    assert outcomes[0].to_json()["difference"] is None
    assert outcomes[3] is not None
    assert outcomes[3].text() == "Nobody:raises FAILS: ParameterError: there is no number"


@pytest.mark.parametrize("name", ["literature", "errata"])
def test_the_pages_are_made_from_the_table(name: str) -> None:
    page = (ROOT / "docs" / "catalog" / f"{name}.md").read_text(encoding="utf-8")
    assert page == getattr(pages, name)()


def test_the_errata_have_every_misprint() -> None:
    misprints = [row for row in TABLE if row.status == "misprint"]
    assert len(misprints) >= 24
    assert all(row.label in pages.errata() and row.correct in pages.errata() for row in misprints)
