r"""A report as Markdown, with formulas between dollar signs, as notebooks and code-hosting sites show it."""

from __future__ import annotations

import base64
import re

from resolvent.derive.derivation.document import Formula, WrittenStep, sentence
from resolvent.writing import blocks as b
from resolvent.writing.blocks import Block, Report, Section, Table, capital


def markdown(report: Report) -> str:
    """The report as Markdown; equal for equal reports."""
    parts = [f"# {plain(report.title)}"] if report.title else []
    parts += [f"**Verdict: {report.status}**"] if report.status else []
    parts += [plain(words) for words in report.summary]
    return "\n\n".join([*parts, *map(_section, report.sections)]) + "\n"


def _section(section: Section) -> str:
    title = [f"## {plain(section.title)}"] if section.title else []
    return "\n\n".join([*title, *map(_block, section.blocks)])


def _block(block: Block) -> str:
    match block:
        case b.Heading(text):
            return f"### {plain(capital(text))}"
        case b.Words(text, is_warning):
            return f"> **Warning.** {plain(text)}" if is_warning else plain(text)
        case b.Prose(latex):
            return _mixed(latex)
        case b.Display(formula):
            return _formula(formula)
        case b.Entries(entries):
            return "\n".join(map(_entry, entries))
        case b.Items(items):
            return "\n".join(f"- {plain(item)}" for item in items)
        case b.Table():
            return _table(block)
        case b.Steps(summary, steps):
            return "\n\n".join([*([f"{plain(capital(summary))}."] if summary else []), *map(_step, steps)])
        case b.Picture(svg, caption):
            return f"![{plain(caption)}](data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()})"
        case b.Listing(text):
            fence = "`" * max(3, 1 + _longest_ticks(text))
            return f"{fence}\n{text.rstrip()}\n{fence}"


def _entry(entry: b.Entry) -> str:
    if entry.latex:
        formulas = "<br>".join(f"${formula}$" for formula in entry.latex)
        return f"- {plain(entry.name)}: {formulas}<br>as text: {'; '.join(map(_code, entry.values))}"
    values = "; ".join(map(_code, entry.values)) if entry.is_code else "<br>".join(map(plain, entry.values))
    return f"- {plain(entry.name)}: {values}"


def _table(table: Table) -> str:
    align = ["---"] * len(table.header) if table.shares else ["---", *["---:"] * (len(table.header) - 1)]
    rows = [[plain(name.replace("-> oo", "→ ∞")) for name in table.header], align]
    rows += [[plain(cell) for cell in row] for row in table.rows]
    shown = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return f"{plain(table.caption)}\n\n{shown}" if table.caption else shown


def _step(step: WrittenStep) -> str:
    mark = f" *({step.mark})*" if step.mark else ""
    statement = _mixed(step.statement) if step.in_latex else plain(step.statement)
    claim = _mixed(sentence(step.latex)) or plain(sentence(step.text))
    used = f" From {', '.join(map(str, step.uses))}." if step.uses else ""
    source = f" [{plain(step.reference)}]" if step.reference else ""
    text = f"**{plain(step.rule)}**{mark}: {statement}<br>{claim}.{used}{source}"
    number = f"{step.number}. "
    body = "\n\n".join([text, *map(_formula, step.formulas)])
    return number + body.replace("\n", "\n" + " " * len(number))


def _code(text: str) -> str:
    """A piece of code within a line."""
    ticks = "`" * (1 + _longest_ticks(text))
    space = " " if "`" in text else ""
    return f"{ticks}{space}{' '.join(text.split())}{space}{ticks}".replace("|", r"\|") if text.strip() else ""


def _longest_ticks(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)


def _formula(formula: Formula) -> str:
    lines = formula.latex()
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
