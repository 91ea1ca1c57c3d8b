"""The pages of docs/catalog that are made from the literature table: the table itself, and the errata of the
sources."""

from __future__ import annotations

from collections.abc import Iterator

from resolvent.catalog.literature.paper import Paper, Row
from resolvent.catalog.literature.table import PAPERS, TABLE
from resolvent.derive.derivation.latex import listed

_HEAD = """# The literature table

What the papers say that our sources quote, and what regenerates each statement from the model alone. The table is made
from `resolvent.catalog.literature.table`. Every row that is not a definition has a check: code that derives the
statement from the model and compares it with the formula as printed, which stands in the check and nowhere else. The
tests run all of them, and so does `resolvent audit`; `resolvent audit PB17` runs those of one paper, and `--json`
prints the differences. Entries and table together take 25 seconds of processor time.

The places are those of our two sources, a survey (K. Kim 2020) and slides (Z. Liao 2025); equation numbers are those of
the slides, as the survey numbers none. "Checked value" is a number that was computed once in another way.

- *exact*: equal as polynomials, rational functions or integers. *series*: the first terms are equal.
- *numeric*: equal up to the error given. *sampled*: matrices, networks or regressions follow it up to the gap given.
- *misprint*: the printed form fails, by ten times that error at least, and the corrected one holds; all are in the
  [errata](errata.md).
- *definition*: defined or assumed, so that there is nothing to regenerate. *open*: not regenerated, with the reason.
"""

_ERRATA = """# Errata of the sources

Misprints of the two sources of the [literature table](literature.md), a survey (K. Kim 2020) and slides (Z. Liao 2025),
found while the laws were derived. For each the tests, and `resolvent audit`, show both: the corrected form agrees with
what is derived from the model, the printed one does not. Most are of the sources, not of the papers that they quote.
"""

_COLUMNS = ("exact", "numeric", "sampled", "misprint", "definition", "open")
_HEADS = ("exact", "numeric", "sampled", "misprints", "defined", "open")


def literature() -> str:
    """The table as a page of Markdown."""
    return "\n".join([_HEAD, *_summary(), *(line for paper in PAPERS for line in _section(paper))])


def errata() -> str:
    """The misprints as a page of Markdown."""
    lines = [_ERRATA]
    for paper in PAPERS:
        rows = [row for row in paper.rows if row.status == "misprint"]
        if rows:
            lines += [f"## {paper.abbreviation}", "", f"{paper.reference}.", ""]
        for row in rows:
            lines += [f"**{row.label}** ({row.place}): {row.what}.", ""]
            lines += ["Printed:", *_display(row.formula), "Correct:", *_display(row.correct)]
            lines += [f"By {_by(row)}, {_kind(row)}. {row.method}", ""]
    return "\n".join(lines)


def _summary() -> Iterator[str]:
    yield f"| paper | rows | {' | '.join(_HEADS)} |"
    yield f"|---|{'---|' * (len(_HEADS) + 1)}"
    for paper in PAPERS:
        yield _counts(f"[{paper.abbreviation}](#{_anchor(paper)})", paper.rows)
    yield _counts("all", TABLE)
    yield ""


def _counts(title: str, rows: tuple[Row, ...] | list[Row]) -> str:
    kinds: list[str] = [row.kind if row.status == "regenerated" else row.status for row in rows]
    kinds = ["exact" if kind == "series" else kind for kind in kinds]
    numbers = [str(kinds.count(column) or "") for column in _COLUMNS]
    return f"| {title} | {len(rows)} | {' | '.join(numbers)} |"


def _anchor(paper: Paper) -> str:
    return "".join(c for c in paper.abbreviation.lower() if c.isalnum())


def _section(paper: Paper) -> Iterator[str]:
    yield f"## {paper.abbreviation}"
    yield ""
    yield f"{paper.reference}."
    yield ""
    for row in paper.rows:
        yield f"**{row.label}** ({row.place}): {row.what}."
        yield from _display(row.formula)
        yield from _verdict(row)
        yield ""


def _verdict(row: Row) -> Iterator[str]:
    if row.status == "definition":
        yield f"Definition: {row.by}."
    elif row.status == "open":
        yield f"Open: {row.by}."
    elif row.status == "misprint":
        yield "Misprint; correct:"
        yield from _display(row.correct)
        yield f"By {_by(row)}, {_kind(row)}. {row.method}"
    else:
        yield f"By {_by(row)}, {_kind(row)}. {row.method}"


def _by(row: Row) -> str:
    return row.by if " " in row.by else f"`{row.by}`"


def _kind(row: Row) -> str:
    return row.kind if row.kind in ("exact", "series") else f"{row.kind} to {row.bound:g}".replace("e-0", "e-")


def _display(formula: str) -> Iterator[str]:
    lines = listed(formula)
    rows = r" \\ ".join(f"& {line}" for line in lines)
    yield ""
    yield f"$$ {formula} $$" if len(lines) == 1 else rf"$$ \begin{{aligned}}{rows}\end{{aligned}} $$"
    yield ""
