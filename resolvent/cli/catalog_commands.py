"""``resolvent list`` and ``resolvent show``: what the catalog has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resolvent.cli.files import emit
from resolvent.cli.guard import guarded
from resolvent.cli.subjects import AsJson, Name, require_entry
from resolvent.writing.json_text import json_text

if TYPE_CHECKING:
    from resolvent.catalog.schema.ensemble import Ensemble


@guarded
def list_entries(json: AsJson = False) -> None:
    """List the catalog's ensembles."""
    from resolvent import catalog

    entries = [catalog.get(name) for name in catalog.names()]
    if json:
        rows = [{"slug": e.slug, "title": e.title, "parameters": [p.to_json() for p in e.parameters]} for e in entries]
        emit(json_text(rows), None)
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    table.add_column("name", no_wrap=True, style="bold", min_width=max(len(e.slug) for e in entries))
    table.add_column("parameters", overflow="fold")
    table.add_column("ensemble", overflow="fold")
    for e in entries:
        table.add_row(e.slug, ", ".join(p.name for p in e.parameters), e.title)
    Console(soft_wrap=False, highlight=False).print(table)


@guarded
def show(name: Name, json: AsJson = False) -> None:
    """Show one ensemble of the catalog.

    Its model, parameters, samplers, assumptions, known facts, notes and references.
    """
    entry = require_entry(name)
    emit(json_text(entry.to_json()) if json else entry_text(entry), None)


def entry_text(entry: Ensemble) -> str:
    """A catalog entry as plain text of at most 80 columns."""
    from resolvent.writing.entry_report import entry_report
    from resolvent.writing.text import text

    return f"{text(entry_report(entry))}\n\nresolvent derive {entry.slug} derives the law."
