"""``resolvent audit``: every entry derived and checked again, and the literature table."""

from __future__ import annotations

from typing import Annotated

import typer

from resolvent.cli.files import emit
from resolvent.cli.guard import guarded
from resolvent.cli.subjects import AsJson, require_entry
from resolvent.writing.json_text import json_text


@guarded
def audit(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help="Catalog names; every entry without one.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Derive every entry of the catalog again: steps, stated facts and a sampled spectrum at every case.

    The literature table follows: which statements of the sources are regenerated. The exit status is 1 if anything
    fails.
    """
    from resolvent import catalog
    from resolvent.catalog.literature.audit import audit_entry
    from resolvent.catalog.literature.table import TABLE

    chosen = [require_entry(name).slug for name in names or catalog.names()]
    found = []
    for slug in chosen:
        found.append(audit_entry(slug))
        if not json:
            emit(found[-1].text(), None)
    if json:
        emit(json_text({"entries": [a.to_json() for a in found], "literature": [vars(s) for s in TABLE]}), None)
    elif not names:
        done = sum(s.status != "open" for s in TABLE)
        emit(f"\nliterature: {done} of {len(TABLE)} statements regenerated; docs/catalog/literature.md", None)
    raise typer.Exit(0 if all(a.holds for a in found) else 1)
