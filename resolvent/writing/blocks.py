"""What a report is made of, whatever it is written in: sections, and the blocks that stand in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from resolvent.catalog.conjectures.conjecture import Finding, Status
from resolvent.derive.derivation.document import Formula, WrittenStep

KINDS = {
    "proved": "exact, from what was given",
    "certified": "numbers with a proven error",
    "numerical": "computed in floating point, to 1e-8",
    "tested": "statistics of sampled matrices",
    "assumed": "taken for granted",
}
"""The kinds of evidence, and what they mean."""


@dataclass(frozen=True)
class Heading:
    """The title of a part of a section."""

    text: str


@dataclass(frozen=True)
class Words:
    """A paragraph of plain text; a warning where a reader must not miss it."""

    text: str
    is_warning: bool = False


@dataclass(frozen=True)
class Prose:
    """A paragraph of our own, in LaTeX, with formulas between dollar signs; and the same as plain text."""

    latex: str
    text: str


@dataclass(frozen=True)
class Display:
    """A formula on lines of its own."""

    formula: Formula


@dataclass(frozen=True)
class Entry:
    """A name and what belongs to it: words, or as code what was written in a file or is to be typed.

    ``latex`` has the values as formulas, for pages and papers.
    """

    name: str
    values: tuple[str, ...]
    is_code: bool = False
    latex: tuple[str, ...] = ()


@dataclass(frozen=True)
class Entries:
    """Names with what belongs to them."""

    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Items:
    """A list of sentences."""

    items: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """Rows of numbers, the first column of words; or rows of words, with the share of the width for each column.

    In a column of the name "status" stand "supported", "refuted", "undecided" or "fact", which have their colours.
    """

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    shares: tuple[float, ...] = ()


@dataclass(frozen=True)
class Steps:
    """A derivation and its evidence; with a summary it is folded away below that where pages can.

    ``result`` is what it leads to, where that is not the last formula, and ``claim`` what is said of it.
    """

    summary: str
    steps: tuple[WrittenStep, ...]
    evidence: str
    result: Formula | None = None
    claim: str = "it holds that"


@dataclass(frozen=True)
class Picture:
    """A drawing as SVG and as PDF, with what it shows in words; left out where neither can be shown.

    ``file`` is the name of the PDF, for documents that stand beside it.
    """

    svg: str
    caption: str
    pdf: bytes = b""
    file: str = ""


@dataclass(frozen=True)
class Listing:
    """A file, line by line."""

    text: str


Block = Heading | Words | Prose | Display | Entries | Items | Table | Steps | Picture | Listing


@dataclass(frozen=True)
class Section:
    """A title, which may be empty, and what stands below it."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Report:
    """A title, the answer where there is one, and the sections.

    Attributes:
        status: "supported", "refuted" or "undecided"; None where nothing was asked.
        summary: sentences that stand beside the answer.
    """

    title: str
    sections: tuple[Section, ...]
    status: Status | None = None
    summary: tuple[str, ...] = ()


def findings_blocks(groups: Sequence[tuple[str, Sequence[Finding]]]) -> tuple[Block, ...]:
    """Findings in a table for each group, under its heading, and at the end what their kinds of evidence mean."""
    blocks: list[Block] = []
    for heading, findings in groups:
        rows = tuple(
            (f.status or "fact", f.subject, f.text + (f" (line {f.line})" if f.line else ""), f.evidence)
            for f in findings
        )
        blocks.append(Table(heading, ("status", "about", "finding", "evidence"), rows, (0.12, 0.14, 0.53, 0.12)))
    meanings = legend(groups)
    return (*blocks, Words(meanings)) if meanings else tuple(blocks)


def legend(groups_of: Sequence[tuple[str, Sequence[Finding]]]) -> str:
    """What the kinds of evidence mean that occur in some groups of findings; "" where none does."""
    used = {f.evidence for _, findings in groups_of for f in findings}
    meanings = "; ".join(f"{kind}: {meaning}" for kind, meaning in KINDS.items() if kind in used)
    return f"Kinds of evidence. {capital(meanings)}." if meanings else ""


def capital(text: str) -> str:
    """The words with a capital."""
    return text[:1].upper() + text[1:]
