"""What a report is made of, whatever it is written in: sections, and the blocks that stand in them."""

from __future__ import annotations

from dataclasses import dataclass

from resolvent.catalog.conjectures.conjecture import Finding


@dataclass(frozen=True)
class Heading:
    """The title of a part of a section."""

    text: str


@dataclass(frozen=True)
class Words:
    """A paragraph of plain text."""

    text: str


@dataclass(frozen=True)
class Prose:
    """A paragraph of our own, in LaTeX, with formulas between dollar signs."""

    latex: str


@dataclass(frozen=True)
class Display:
    """A formula on lines of its own, in LaTeX."""

    lines: tuple[str, ...]


@dataclass(frozen=True)
class Entry:
    """A name and what belongs to it: words, or as code what was written in a file or is to be typed."""

    name: str
    values: tuple[str, ...]
    is_code: bool = False


@dataclass(frozen=True)
class Entries:
    """Names with what belongs to them."""

    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Items:
    """A list of sentences."""

    items: tuple[str, ...]


@dataclass(frozen=True)
class Evidence:
    """Findings, grouped under headings."""

    groups: tuple[tuple[str, tuple[Finding, ...]], ...]


@dataclass(frozen=True)
class Table:
    """Rows of numbers; the first column is of words."""

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class StepText:
    """A step of a derivation in words and LaTeX.

    Attributes:
        kind: "definition", "derived", "guessed" or "assumed".
        statement: what the rule says: LaTeX with formulas between dollar signs if ``in_latex``, else plain.
        uses: the numbers of the steps that it uses.
        formulas: of each formula the lines.
    """

    number: int
    kind: str
    rule: str
    statement: str
    in_latex: bool
    text: str
    uses: tuple[int, ...]
    reference: str
    formulas: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Steps:
    """A derivation: its steps, and the same as a LaTeX list."""

    summary: str
    steps: tuple[StepText, ...]
    latex: str


@dataclass(frozen=True)
class Picture:
    """A drawing as SVG, with what it shows in words; left out where SVG cannot be shown."""

    svg: str
    caption: str


@dataclass(frozen=True)
class Listing:
    """A file, line by line."""

    text: str


Block = Heading | Words | Prose | Display | Entries | Items | Evidence | Table | Steps | Picture | Listing


@dataclass(frozen=True)
class Section:
    """A title and what stands below it."""

    title: str
    blocks: tuple[Block, ...]
