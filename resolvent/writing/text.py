"""A report as plain text for terminals, of at most 80 columns where words and terms allow it."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterable, Sequence

from resolvent.derive.derivation.document import derivation_text
from resolvent.writing import blocks as b
from resolvent.writing.blocks import Block, Report, Section, Table

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


def _block(block: Block) -> list[str]:
    """The lines of a block; those that are too long are folded by the section."""
    match block:
        case b.Heading(text):
            return [f"{text}:"]
        case b.Words(text, is_warning):
            return [f"warning: {text}" if is_warning else text]
        case b.Prose(_, text):
            return [text]
        case b.Display(formula):
            return [f"  {line}" for line in formula.text()]
        case b.Entries(entries):
            return [line for entry in entries for line in _entry(entry.name, entry.values)]
        case b.Items(items):
            return [f"- {item}" for item in items]
        case b.Table():
            return _table(block)
        case b.Steps(_, steps, evidence):
            return derivation_text(steps, evidence).splitlines()
        case b.Picture():
            return []
        case b.Listing(text):
            return text.splitlines()


def _entry(name: str, values: Sequence[str]) -> list[str]:
    return [f"{name}: {values[0]}"] if len(values) == 1 else [f"{name}:", *(f"  {v}" for v in values)]


def _table(table: Table) -> list[str]:
    if table.shares:
        rows = [": ".join(filter(None, row)) for row in table.rows]
        return [*([f"{table.caption}:"] if table.caption else []), *rows]
    cells = [table.header, *table.rows]
    first, *others = (max(map(len, column)) for column in zip(*cells, strict=True))
    rows = [
        f"{row[0]:{first}}" + "".join(f"  {cell:>{width}}" for cell, width in zip(row[1:], others, strict=True))
        for row in cells
    ]
    return [*([table.caption] if table.caption else []), *rows]


def wrapped(words: str, indent: str = "  ", width: int = WIDTH) -> list[str]:
    """The text in lines of at most 80 columns, broken at spaces only."""
    return textwrap.wrap(words, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False) or [""]


def folded(lines: Iterable[str]) -> list[str]:
    """The lines, those beyond 80 columns broken at spaces, and continued below the first word after a sign or number.

    >>> folded(["  - " + "word " * 20])[1]
    '    word word word word word'

    The sides of an equation are put in brackets where that is needed to paste it into a program.

    >>> folded(["m_3 = " + " + ".join(["c"] * 22)])
    ['m_3 = (c + c + c + c + c + c + c + c + c + c + c + c + c + c + c + c + c + c + c', '  + c + c + c)']
    """
    result = []
    for line in lines:
        if len(line) > WIDTH:
            line = _bracketed(line)
        indent, sign, words = re.fullmatch(r"(\s*)((?:\d+\.|[-+x?]) )?(.*)", line, flags=re.DOTALL).groups("")  # type: ignore[union-attr]
        pieces = (
            wrapped(sign + words, " " * (len(sign) or 2), WIDTH - len(indent)) if len(line) > WIDTH else [sign + words]
        )
        result += [indent + piece for piece in pieces]
    return result


def _bracketed(line: str) -> str:
    """An equation with its longer side in brackets, if that is a sum or a product; other lines as they are."""
    found = re.fullmatch(r"(\s*)((?:(?! = ).)+) = ((?:(?! = ).)+?)( \[[^][]*\])?", line)
    if found is None:
        return line
    indent, left, right, source = found.groups("")
    is_left = len(left) > len(right)
    try:
        is_broken = isinstance(ast.parse(left if is_left else right, mode="eval").body, (ast.BinOp, ast.UnaryOp))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return line
    if not is_broken:
        return line
    return f"{indent}({left}) = {right}{source}" if is_left else f"{indent}{left} = ({right}){source}"
