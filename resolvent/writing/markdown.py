r"""A report as Markdown, with formulas between dollar signs, as notebooks and code-hosting sites show it."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from functools import singledispatch

from resolvent.derive.derivation.document import Formula, WrittenStep, sentence
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
    capital,
)


def markdown(report: Report) -> str:
    """The report as Markdown; equal for equal reports."""
    parts = [f"# {plain(report.title)}"] if report.title else []
    parts += [f"**Verdict: {report.status}**"] if report.status else []
    parts += [plain(words) for words in report.summary]
    return "\n\n".join([*parts, *map(_section, report.sections)]) + "\n"


def _section(section: Section) -> str:
    title = [f"## {plain(section.title)}"] if section.title else []
    return "\n\n".join([*title, *map(_block, section.blocks)])


@singledispatch
def _block(block: Block) -> str:
    """A block as Markdown."""
    raise NotImplementedError(type(block).__name__)


@_block.register
def _(block: Heading) -> str:
    return f"### {plain(capital(block.text))}"


@_block.register
def _(block: Words) -> str:
    return f"> **Warning.** {plain(block.text)}" if block.is_warning else plain(block.text)


@_block.register
def _(block: Prose) -> str:
    return _mixed(block.latex)


@_block.register
def _(block: Display) -> str:
    return _formula(block.formula)


@_block.register
def _(block: Entries) -> str:
    lines = []
    for entry in block.entries:
        values = [_code(v) if entry.is_code else plain(v) for v in entry.values]
        lines.append(f"- {plain(entry.name)}: " + ("; " if entry.is_code else "<br>").join(values))
    return "\n".join(lines)


@_block.register
def _(block: Items) -> str:
    return "\n".join(f"- {plain(item)}" for item in block.items)


@_block.register
def _(block: Table) -> str:
    align = ["---"] * len(block.header) if block.shares else ["---", *["---:"] * (len(block.header) - 1)]
    rows = [[plain(name.replace("-> oo", "→ ∞")) for name in block.header], align]
    rows += [[plain(cell) for cell in row] for row in block.rows]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return f"{plain(block.caption)}\n\n{table}" if block.caption else table


@_block.register
def _(block: Steps) -> str:
    return "\n\n".join([*([f"{plain(capital(block.summary))}."] if block.summary else []), *map(_step, block.steps)])


def _step(step: WrittenStep) -> str:
    mark = f" *({step.mark})*" if step.mark else ""
    statement = _mixed(step.statement) if step.in_latex else plain(step.statement)
    used = f" From {', '.join(map(str, step.uses))}." if step.uses else ""
    source = f" [{plain(step.reference)}]" if step.reference else ""
    text = f"**{plain(step.rule)}**{mark}: {statement}<br>{plain(sentence(step.text))}.{used}{source}"
    number = f"{step.number}. "
    body = "\n\n".join([text, *map(_formula, step.formulas)])
    return number + body.replace("\n", "\n" + " " * len(number))


@_block.register
def _(block: Picture) -> str:
    data = base64.b64encode(block.svg.encode()).decode()
    return f"![{plain(block.caption)}](data:image/svg+xml;base64,{data})"


@_block.register
def _(block: Listing) -> str:
    return _fenced(block.text)


def _fenced(text: str) -> str:
    """The text as it stands, between fences longer than any in it."""
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{fence}\n{text.rstrip()}\n{fence}"


def _code(text: str) -> str:
    """A piece of code within a line."""
    ticks = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    space = " " if "`" in text else ""
    return f"{ticks}{space}{' '.join(text.split())}{space}{ticks}".replace("|", r"\|") if text.strip() else ""


def _formula(formula: Formula) -> str:
    lines: Sequence[str] = formula.latex()
    body = (
        lines[0] if len(lines) == 1 else r"\begin{aligned}" + r" \\ ".join(f"& {x}" for x in lines) + r"\end{aligned}"
    )
    return f"$$\n{body}\n$$"


def _mixed(latex: str) -> str:
    """Words of our own with formulas between dollar signs."""
    parts = latex.split("$")
    return "".join(f"${p.strip()}$" if k % 2 else _escaped(p.replace(r"\ ", " ")) for k, p in enumerate(parts))


def plain(text: str) -> str:
    r"""Words without any that Markdown or HTML would take for markup.

    >>> print(plain("a*b <c> #1_2"))
    a\*b \<c\> \#1\_2
    """
    words = _escaped(" ".join(re.sub(r"[\x00-\x1f\x7f-\x9f]", " ", text).split()))
    return re.sub(r"^(\d*)([-+=.)])", r"\1\\\2", words)  # at the beginning it would make a list or a heading


def _escaped(text: str) -> str:
    return re.sub(r"([\\`*_{}\[\]<>#|$~&])", r"\\\1", text)
