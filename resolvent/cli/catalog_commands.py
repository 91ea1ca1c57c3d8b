"""``resolvent list`` and ``resolvent show``: what the catalog has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from resolvent.cli.files import ReportFormat, emit
from resolvent.cli.guard import guarded
from resolvent.cli.outputs import REPORTS, Outputs, in_formats
from resolvent.cli.subjects import AsJson, Name, require_entry
from resolvent.writing.json_text import json_text

if TYPE_CHECKING:
    from resolvent.catalog.schema.ensemble import Ensemble


@guarded
def list_entries(json: AsJson = False, output: Outputs = None) -> None:
    """List the catalog's ensembles."""
    from resolvent import catalog

    files = in_formats(output, ReportFormat.JSON if json else None, REPORTS, ReportFormat.TEXT, hint="")
    entries = [catalog.get(name) for name in catalog.names()]
    rows = [{"slug": e.slug, "title": e.title, "parameters": [p.to_json() for p in e.parameters]} for e in entries]
    if output or json:
        for path, chosen in files:
            emit(json_text(rows) if chosen is ReportFormat.JSON else _report(entries, chosen), path)
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
def show(name: Name, json: AsJson = False, output: Outputs = None) -> None:
    """Show one ensemble of the catalog.

    Its model, parameters, samplers, assumptions, known facts, notes and references.
    """
    files = in_formats(output, ReportFormat.JSON if json else None, REPORTS, ReportFormat.TEXT, hint="")
    entry = require_entry(name)
    for path, chosen in files:
        emit(_entry_in(entry, chosen), path)


def _entry_in(entry: Ensemble, chosen: ReportFormat) -> str:
    from resolvent.writing.entry_report import entry_report
    from resolvent.writing.formats import WRITERS

    if chosen is ReportFormat.JSON:
        return json_text(entry.to_json())
    return entry_text(entry) if chosen is ReportFormat.TEXT else WRITERS[chosen](entry_report(entry))


def _report(entries: Sequence[Ensemble], chosen: ReportFormat) -> str:
    """The list as a report."""
    from resolvent.writing.blocks import Report, Section, Table
    from resolvent.writing.formats import WRITERS

    rows = tuple((e.slug, ", ".join(p.name for p in e.parameters), e.title) for e in entries)
    table = Table("", ("name", "parameters", "ensemble"), rows, (0.24, 0.2, 0.5))
    return WRITERS[chosen](Report("The ensembles of the catalog", (Section("", (table,)),)))


def entry_text(entry: Ensemble) -> str:
    """A catalog entry as plain text of at most 80 columns."""
    from resolvent.writing.entry_report import entry_report
    from resolvent.writing.text import text

    return f"{text(entry_report(entry))}\n\nresolvent derive {entry.slug} derives the law."
