"""Make the pages of docs/catalog that come from the catalog's own data: the catalog, the literature table, the errata.

`make pictures` runs it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from resolvent import catalog
from resolvent.catalog.literature import pages
from resolvent.catalog.schema.ensemble import Ensemble
from resolvent.derive.derivation.document import Formula
from resolvent.derive.derivation.latex import listed
from resolvent.writing.blocks import Display, Report, Section
from resolvent.writing.markdown import markdown

PAGE = Path(__file__).parent / "catalog" / "catalog.md"

HEAD = """# The catalog

Made from the entries' own data; every law is derived, every fact below is compared with the derived law in the tests.

```python
>>> import resolvent as rv
>>> rv.catalog.names()
{names}
>>> hessian = rv.catalog.get("hessian")
>>> hessian.law(phi="1/2", eps="1/2", sigma=1).moments(4)
[1, 13/8, 25/8, 853/128]
>>> hessian.sample(100, 0, phi="1/2", eps="1/2", sigma=1).shape
(100, 100)

```
"""


def entry_lines(entry: Ensemble) -> Iterator[str]:
    """One entry as Markdown."""
    yield f"## {entry.slug}"
    yield f"{entry.title}."
    yield shown(Formula(lambda: listed(entry.model), lambda: [entry.model]))
    yield "\n".join(f"- `{p.name}` ({p.domain}): {p.doc}" + (f"; default {p.default}" if p.default is not None else "")
                    for p in entry.parameters)  # fmt: skip
    if entry.option is not None:
        keywords = ", ".join(f"`{p.name}` ({p.domain}, default {p.default})" for p in entry.option.parameters)
        sets = " and ".join(f"`{name}`" for name in entry.option.sets)
        yield f"Instead of {sets}: `{entry.option.name}`, with {keywords}: {entry.option.doc}."
    yield f"Equation:\n\n{shown(entry.law().statement().formula)}"
    if entry.assumptions:
        yield "Assumed:\n\n" + "\n".join(f"- {step.text}" for step in entry.assumptions)
    yield "Samplers:\n\n" + "\n".join(f"- `{s.name}`: {s.doc}" for s in entry.samplers)
    if entry.quantities:
        yield "Quantities:\n\n" + "\n".join(f"- `{q.name}`, $ {q.latex} $: {q.doc}" for q in entry.quantities)
    if entry.notes:
        yield "Notes:\n\n" + "\n".join(f"- {note.kind}: {note.text} ({note.source})" for note in entry.notes)
    yield "References: " + "; ".join(f"{r.text}, {r.locator}" for r in entry.references)


def shown(formula: Formula) -> str:
    """A formula on lines of its own, broken where it is long."""
    return markdown(Report("", (Section("", (Display(formula),)),))).strip()


def page() -> str:
    """The whole page."""
    names = catalog.names()
    parts = [HEAD.format(names=names)]
    for name in names:
        parts += entry_lines(catalog.get(name))
    return "\n\n".join(part.strip() for part in parts) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    PAGE.with_name("literature.md").write_text(pages.literature(), encoding="utf-8")
    PAGE.with_name("errata.md").write_text(pages.errata(), encoding="utf-8")
