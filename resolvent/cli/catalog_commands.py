"""``resolvent list`` and ``resolvent show``: what the catalog has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resolvent.cli.files import emit
from resolvent.cli.guard import guarded
from resolvent.cli.subjects import AsJson, Name, require_entry
from resolvent.writing.entry_report import fact_text
from resolvent.writing.json_text import json_text

if TYPE_CHECKING:
    from resolvent.catalog.schema.ensemble import Ensemble

_LABEL = 12


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
    table.add_column("name", no_wrap=True, style="bold")
    table.add_column("parameters", no_wrap=True)
    table.add_column("ensemble")
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
    lines = [f"{entry.slug}: {entry.title}", ""]
    lines += _labelled("model", entry.model)
    for p in entry.parameters:
        default = "" if p.default is None else f", default {p.default}"
        lines += _labelled("parameter", f"{p.name} in {p.domain}{default}: {p.doc}")
    if entry.option is not None:
        sets = " and ".join(entry.option.sets)
        lines += _labelled("option", f"{entry.option.name}, instead of {sets}: {entry.option.doc}")
        lines += [
            line
            for p in entry.option.parameters
            for line in _labelled("", f"{p.name} in {p.domain}, default {p.default}: {p.doc}")
        ]
    for s in entry.samplers:
        follows = "" if s.follows_law else " (breaks an assumption of the law on purpose)"
        lines += _labelled("sampler", f"{s.name}, size {s.default_size}{follows}: {s.doc}")
    for step in entry.assumptions:
        lines += _labelled("assumed", f"{step.rule.name}: {step.text}")
    for fact in entry.known:
        lines += _labelled("known", fact_text(fact.to_json()))
    for note in entry.notes:
        source = f" [{note.source}]" if note.source else ""
        lines += _labelled(note.kind, f"{note.text}{source}")
    for reference in entry.references:
        lines += _labelled("reference", f"{reference.text}{', ' if reference.locator else ''}{reference.locator}")
    return "\n".join([*lines, "", f"resolvent derive {entry.slug} derives the law."])


def _labelled(label: str, text: str) -> list[str]:
    import textwrap

    from resolvent.writing.text import WIDTH

    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=f"{label:{_LABEL}}",
        subsequent_indent=" " * _LABEL,
        break_long_words=False,
        break_on_hyphens=False,
    )
