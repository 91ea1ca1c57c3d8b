"""An ensemble of the catalog as a report: model, parameters, samplers, assumptions, facts, notes and references."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from resolvent.catalog.schema.ensemble import Ensemble
from resolvent.derive.derivation.document import Formula
from resolvent.writing.blocks import Block, Display, Items, Report, Section, Table


def entry_report(entry: Ensemble) -> Report:
    """What `resolvent show` says of an ensemble, and what a notebook displays."""
    sections = [Section("Model", (Display(Formula(lambda: [entry.model], lambda: [entry.model])),))]
    sections += [Section(title, (block,)) for title, block in _parts(entry)]
    return Report(f"{entry.slug}: {entry.title}", tuple(sections))


def _parts(entry: Ensemble) -> Iterator[tuple[str, Block]]:
    if entry.parameters or entry.option:
        yield "Parameters", _parameters(entry)
    rows = tuple((s.name, str(s.default_size), s.doc + ("" if s.follows_law else
                  " It breaks an assumption of the law on purpose.")) for s in entry.samplers)  # fmt: skip
    yield "Samplers", Table("", ("name", "size", "what is built"), rows, (0.16, 0.1, 0.74))
    listed = (
        ("Assumed", [f"{step.rule.name}: {step.text}" for step in entry.assumptions]),
        ("Known", [fact_text(fact.to_json()) for fact in entry.known]),
        ("Notes", [f"{n.kind}: {n.text}{f' [{n.source}]' if n.source else ''}" for n in entry.notes]),
        ("References", [f"{r.text}{', ' if r.locator else ''}{r.locator}" for r in entry.references]),
    )
    yield from ((title, Items(tuple(items))) for title, items in listed if items)


def _parameters(entry: Ensemble) -> Table:
    rows = [(p.name, p.domain, "" if p.default is None else str(p.default), p.doc) for p in entry.parameters]
    if entry.option is not None:
        sets = " and ".join(entry.option.sets)
        rows.append((entry.option.name, f"instead of {sets}", "", entry.option.doc))
        rows += [(p.name, p.domain, str(p.default), p.doc) for p in entry.option.parameters]
    return Table("", ("name", "domain", "default", "meaning"), tuple(rows), (0.14, 0.2, 0.12, 0.54))


def fact_text(fact: dict[str, Any]) -> str:
    """A fact as its kind, its fields and its source."""
    fields = {k: v for k, v in fact.items() if k not in ("kind", "source") and v not in ("", None)}
    source = f" [{fact['source']}]" if fact.get("source") else ""
    return f"{fact['kind']}: " + ", ".join(f"{k} = {v}" for k, v in fields.items()) + source
