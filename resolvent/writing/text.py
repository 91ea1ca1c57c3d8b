"""A report as plain text for terminals, of at most 80 columns where words and terms allow it."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable
from functools import singledispatch

from resolvent.derive.derivation.document import derivation_text
from resolvent.writing.blocks import (
    Block,
    Display,
    Entries,
    Heading,
    Items,
    Listing,
    Picture,
    Prose,
    Report,
    Section,
    Steps,
    Table,
    Words,
)

WIDTH = 80


def text(report: Report) -> str:
    """The report as text: what stands below a title is indented, the answer stands at the end."""
    answer = [*report.summary, *([f"verdict: {report.status}"] if report.status else [])]
    parts = [
        wrapped(report.title) if report.title else [],
        *map(_section, report.sections),
        [line for words in answer for line in wrapped(words)],
    ]
    return "\n\n".join("\n".join(lines) for lines in parts if lines)


def _section(section: Section) -> list[str]:
    indent = "  " if section.title else ""
    lines = [indent + line for block in section.blocks for line in _block(block)]
    return [*wrapped(section.title), *folded(lines)] if section.title else folded(lines)


@singledispatch
def _block(block: Block) -> list[str]:
    """The lines of a block; those that are too long are folded by the section."""
    raise NotImplementedError(type(block).__name__)


@_block.register
def _(block: Heading) -> list[str]:
    return [f"{block.text}:"]


@_block.register
def _(block: Words) -> list[str]:
    return [f"warning: {block.text}" if block.is_warning else block.text]


@_block.register
def _(block: Prose) -> list[str]:
    return [block.text]


@_block.register
def _(block: Display) -> list[str]:
    return [f"  {line}" for line in block.formula.text()]


@_block.register
def _(block: Entries) -> list[str]:
    lines = []
    for name, values in ((entry.name, entry.values) for entry in block.entries):
        lines += [f"{name}: {values[0]}"] if len(values) == 1 else [f"{name}:", *(f"  {v}" for v in values)]
    return lines


@_block.register
def _(block: Items) -> list[str]:
    return [f"- {item}" for item in block.items]


@_block.register
def _(block: Table) -> list[str]:
    if block.shares:
        rows = [": ".join(filter(None, row)) for row in block.rows]
        return [*([f"{block.caption}:"] if block.caption else []), *rows]
    cells = [block.header, *block.rows]
    first, *others = (max(map(len, column)) for column in zip(*cells, strict=True))
    rows = [
        f"{row[0]:{first}}" + "".join(f"  {cell:>{width}}" for cell, width in zip(row[1:], others, strict=True))
        for row in cells
    ]
    return [*([block.caption] if block.caption else []), *rows]


@_block.register
def _(block: Steps) -> list[str]:
    return derivation_text(block.steps, block.evidence).splitlines()


@_block.register
def _(block: Picture) -> list[str]:
    return []


@_block.register
def _(block: Listing) -> list[str]:
    return block.text.splitlines()


def wrapped(words: str, indent: str = "  ", width: int = WIDTH) -> list[str]:
    """The text in lines of at most 80 columns, broken at spaces only."""
    return textwrap.wrap(words, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False) or [""]


def folded(lines: Iterable[str]) -> list[str]:
    """The lines, those beyond 80 columns broken at spaces, and continued below the first word after a sign or number.

    >>> folded(["  - " + "word " * 20])[1]
    '    word word word word word'
    """
    result = []
    for line in lines:
        indent, sign, words = re.fullmatch(r"(\s*)((?:\d+\.|[-+x?]) )?(.*)", line, flags=re.DOTALL).groups("")  # type: ignore[union-attr]
        pieces = (
            wrapped(sign + words, " " * (len(sign) or 2), WIDTH - len(indent)) if len(line) > WIDTH else [sign + words]
        )
        result += [indent + piece for piece in pieces]
    return result
