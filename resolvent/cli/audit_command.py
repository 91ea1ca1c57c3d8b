"""``resolvent audit``: every entry derived and checked again, and the literature table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from resolvent.cli.files import emit
from resolvent.cli.guard import guarded
from resolvent.cli.outputs import check_output, file_option
from resolvent.cli.subjects import AsJson, require_entry
from resolvent.progress import watched
from resolvent.writing.json_text import json_text

if TYPE_CHECKING:
    from resolvent.catalog.literature.paper import Paper


@guarded
def audit(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME]...",
            help="Catalog names, and papers of the literature table like PW17; everything without one.",
        ),
    ] = None,
    json: AsJson = False,
    output: Annotated[list[Path] | None, file_option("Write .txt or .json too")] = None,
) -> None:
    """Derive every entry of the catalog again: steps, stated facts and a sampled spectrum at every case.

    The literature table follows: each statement of the sources against what is derived from the model. The exit status
    is 1 if anything fails.
    """
    from resolvent import catalog
    from resolvent.catalog.literature.audit import audit_entry
    from resolvent.catalog.literature.table import PAPERS, paper

    for path in output or []:
        check_output(path, (".txt", ".json"))
    papers = [found for name in names if (found := paper(name))] if names else list(PAPERS)
    chosen = [require_entry(name).slug for name in names if not paper(name)] if names else catalog.names()
    entries, said = [], list[str]()

    def say(text: str) -> None:
        said.append(text)
        if not json:
            emit(text, None)

    for slug in chosen:
        with watched(f"auditing {slug}"):
            entries.append(audit_entry(slug))
        say(entries[-1].text())
    rows, hold = [], all(a.holds for a in entries)
    for each in papers:
        with watched(f"auditing {each.abbreviation}"):
            outcomes, lines, holds = _literature(each)
        rows += outcomes
        hold = hold and holds
        say("\n".join(lines))
    if not names:
        seconds = sum(a.seconds for a in entries) + sum(row["outcome"]["seconds"] for row in rows if row["outcome"])
        say(f"{len(entries)} entries and {len(rows)} statements in {seconds:.0f} s")
    data = json_text({"entries": [a.to_json() for a in entries], "literature": rows})
    if json:
        emit(data, None)
    for path in output or []:
        emit(data if path.suffix.lower() == ".json" else "\n".join(said), path)
    raise typer.Exit(0 if hold else 1)


def _literature(paper: Paper) -> tuple[list[dict[str, Any]], list[str], bool]:
    """The rows of a paper with their outcomes as plain values, and in lines: one, and one for each that fails."""
    from resolvent.catalog.literature.paper import run

    outcomes = [run(row) for row in paper.rows]
    done = [outcome for outcome in outcomes if outcome]
    wrong = [outcome for outcome in done if not outcome.holds]
    others = len(outcomes) - len(done)
    line = f"{paper.abbreviation:22} {'FAILS' if wrong else 'holds'}  {len(done) - len(wrong)}/{len(done)} statements"
    line += f", {others} without a check" if others else ""
    line += f"  ({sum(outcome.seconds for outcome in done):.1f} s)"
    rows = [
        {**row.to_json(), "outcome": outcome and outcome.to_json()}
        for row, outcome in zip(paper.rows, outcomes, strict=True)
    ]
    return rows, [line, *(f"  {outcome.text()}" for outcome in wrong)], not wrong
