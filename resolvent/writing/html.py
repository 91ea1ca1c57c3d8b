"""A report as one web page that needs nothing else: formulas in MathML, pictures in SVG, no scripts, no network."""

from __future__ import annotations

import re
from collections.abc import Sequence

from resolvent.derive.derivation.document import Formula, WrittenStep, sentence
from resolvent.derive.errors import ParameterError
from resolvent.writing import blocks as b
from resolvent.writing.blocks import Block, Report, Section, Table, capital
from resolvent.writing.mathematics import symbol_in
from resolvent.writing.mathml import escaped, mathml

_SIGNS = {"supported": "✓", "refuted": "✗", "undecided": "?", "fact": "·"}
_PAGE = """
:root { color-scheme: light dark; --ink: #1c2127; --soft: #5a6470; --paper: #ffffff; --line: #d5dae0; --tint: #f3f5f7;
  --supported: #17683a; --refuted: #a3201d; --undecided: #7a5200; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e7eb; --soft: #9aa5b1; --paper: #16191d; --line: #39414a;
  --tint: #1f242a; --supported: #6fd39a; --refuted: #ff8f87; --undecided: #f0bd5a; } }
body { margin: 0 auto; padding: 1.5rem; max-width: 56rem; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
@media print { :root { --ink: #000; --paper: #fff; --tint: #f3f5f7; --line: #bbb; --soft: #444; --supported: #17683a;
  --refuted: #a3201d; --undecided: #7a5200; } body { max-width: none; padding: 0; font-size: 11pt; }
  figure, tr, .verdict, .wide { break-inside: avoid; } h2, h3 { break-after: avoid; }
  details::details-content { content-visibility: visible; block-size: auto; } }
"""
_BLOCKS = """
h1 { font-size: 1.6rem; line-height: 1.25; } h2 { font-size: 1.2rem; margin-top: 2.2rem; border-bottom: 1px solid
  var(--line); } h3 { font-size: 1rem; margin-bottom: .3rem; }
.verdict { border: 2px solid; border-left-width: .6rem; border-radius: 4px; padding: .6rem 1rem; }
.verdict strong { font-size: 1.15rem; } .verdict p { margin: .3rem 0; color: var(--ink); }
.supported { color: var(--supported); } .refuted { color: var(--refuted); } .undecided { color: var(--undecided); }
.fact, .soft, caption, figcaption { color: var(--soft); }
table { border-collapse: collapse; width: 100%; font-size: .92rem; }
caption { text-align: left; padding: .4rem 0; }
th { white-space: nowrap; }
th, td { border-bottom: 1px solid var(--line); padding: .3rem .5rem; text-align: left; vertical-align: top; }
table.numbers td, table.numbers th { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
table.numbers td:first-child, table.numbers th:first-child { text-align: left; }
table.words caption { font-weight: 600; color: var(--ink); }
td.mark, td.mark + td, td.mark ~ td:last-child { white-space: nowrap; }
.warning { border-left: .3rem solid var(--undecided); padding-left: .6rem; }
.wide, .formula { overflow-x: auto; overflow-y: hidden; padding: .2rem 0; }
math { font-size: 1.1em; } math[display="block"] { width: max-content; margin: .5rem 1rem; }
dl { display: grid; grid-template-columns: minmax(8rem, max-content) 1fr; gap: .2rem 1rem; } dd { margin: 0;
  min-width: 0; overflow: auto hidden; }
dd code { display: block; width: fit-content; } code, pre { font-size: .88em; background: var(--tint); border-radius:
  3px; } code { padding: .05rem .25rem; } pre { padding: .8rem; white-space: pre-wrap; }
figure { margin: 1rem 0; } figure svg { width: 100%; max-width: 44rem; height: auto; background: #ffffff; border-radius:
  4px; } summary { cursor: pointer; } ol > li { margin-bottom: .6rem; }
li > .said { overflow-x: auto; overflow-y: hidden; }
@media screen and (max-width: 40rem) { dl { grid-template-columns: fit-content(45%) 1fr; } ol { padding-left: 1.6rem; }
  table.words { min-width: 34rem; } }
"""
# inside another page: its colours, its background and its font
_FRAGMENT = """
--ink: inherit; --paper: transparent; --soft: color-mix(in srgb, currentColor 65%, transparent);
--line: color-mix(in srgb, currentColor 20%, transparent); --tint: color-mix(in srgb, currentColor 7%, transparent);
--supported: #2c8a55; --refuted: #c8443f; --undecided: #a87200;
max-width: 56rem; line-height: 1.5; overflow-wrap: anywhere;
h1 { font-size: 1.15em; margin: .3em 0; } h2 { font-size: 1.05em; margin: .8em 0 .3em; } dl { margin: .4em 0; }
dl > dt, dl > dd { float: none; width: auto; margin: 0; }
table { table-layout: auto; overflow-wrap: break-word; }
table.words tr > td, table.words tr > th { text-align: left; white-space: normal; }
"""


def html_page(report: Report) -> str:
    """The report as an HTML5 page; equal for equal reports."""
    title = escaped(report.title)
    body = "\n".join(map(_section, report.sections))
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}{f": {report.status}" if report.status else ""}</title>
<style>{_PAGE}{_BLOCKS}</style>
</head>
<body>
<main>
<h1>{title}</h1>
{_answer(report)}
{body}
</main>
</body>
</html>
"""


def html_fragment(report: Report) -> str:
    """The report as a part of another page, a notebook's cell above all; its style stays within."""
    title = f"<h1>{escaped(report.title)}</h1>\n" if report.title else ""
    body = "\n".join(map(_section, report.sections))
    return (
        f'<div class="resolvent">\n<style>.resolvent {{{_BLOCKS}{_FRAGMENT}}}</style>\n'
        f"{title}{_answer(report)}\n{body}\n</div>"
    )


def _answer(report: Report) -> str:
    shown = "".join(f"<p>{escaped(w)}</p>" for w in report.summary)
    if report.status is None:
        return shown
    status = report.status
    return f'<div class="verdict {status}"><strong>{_SIGNS[status]} {capital(status)}</strong>{shown}</div>'


def _section(section: Section) -> str:
    body = "\n".join(_block(b) for b in section.blocks)
    title = f"<h2>{escaped(section.title)}</h2>\n" if section.title else ""
    return f"<section>\n{title}{body}\n</section>"


def _block(block: Block) -> str:
    match block:
        case b.Heading(text):
            return f"<h3>{escaped(capital(text))}</h3>"
        case b.Words(text, is_warning):
            return f'<p class="warning">{escaped(text)}</p>' if is_warning else f"<p>{escaped(text)}</p>"
        case b.Prose(latex):
            return f"<p>{_mixed(latex)}</p>"
        case b.Display(formula):
            return _displayed(formula)
        case b.Entries(entries):
            return f"<dl>{''.join(map(_entry, entries))}</dl>"
        case b.Items(items):
            return f"<ul>{''.join(f'<li>{escaped(item)}</li>' for item in items)}</ul>"
        case b.Table():
            return _table(block)
        case b.Steps(summary, steps):
            listed = f"<ol>{''.join(map(_step, steps))}</ol>"
            return f"<details><summary>{escaped(summary)}</summary>{listed}</details>" if summary else listed
        case b.Picture(svg, caption):
            words = escaped(caption)
            drawn = svg.replace("<svg ", f'<svg role="img" aria-label="{words}" ', 1)
            return f"<figure>{drawn}<figcaption>{words}</figcaption></figure>"
        case b.Listing(text):
            lines = text.splitlines()
            width = len(str(len(lines)))
            return "<pre>" + "\n".join(f"{k:{width}}  {escaped(x)}" for k, x in enumerate(lines, 1)) + "</pre>"


def _entry(entry: b.Entry) -> str:
    if entry.latex:
        pairs = zip(entry.values, entry.latex, strict=True)  # the text shows under the pointer
        values = "<br>".join(f'<span title="{escaped(v)}">{_math([formula])}</span>' for v, formula in pairs)
    elif entry.is_code:
        values = "".join(f"<code>{escaped(v)}</code>" for v in entry.values)
    else:
        values = "<br>".join(map(escaped, entry.values))
    return f"<dt>{escaped(entry.name)}</dt><dd>{values}</dd>"


def _table(table: Table) -> str:
    header = "".join(f'<th scope="col">{escaped(name.replace("-> oo", "→ ∞"))}</th>' for name in table.header)
    rows = "".join(f"<tr>{''.join(map(_cell, table.header, row))}</tr>" for row in table.rows)
    caption = f"<caption>{escaped(table.caption)}</caption>" if table.caption else ""
    kind = "words" if table.shares else "numbers"
    head = f'<table class="{kind}">{caption}<thead><tr>{header}</tr></thead>'
    return f'<div class="wide">{head}<tbody>{rows}</tbody></table></div>'


def _cell(column: str, text: str) -> str:
    if column == "status":
        return f'<td class="mark {text}">{_SIGNS[text]} {text}</td>'
    if indexed := re.fullmatch("([A-Z])_([0-9])", text):  # a polynomial
        return f"<td><i>{indexed[1]}</i><sub>{indexed[2]}</sub></td>"
    return f"<td>{escaped(text)}</td>"


def _step(step: WrittenStep) -> str:
    kind = f" <em>({step.mark})</em>" if step.mark else ""
    statement = _mixed(step.statement) if step.in_latex else escaped(step.statement)
    text = _mixed(sentence(step.latex)) or " ".join(map(_word, sentence(step.text).split(" ")))
    uses = f' <span class="soft">From {", ".join(map(str, step.uses))}.</span>' if step.uses else ""
    source = f' <span class="soft">[{escaped(step.reference)}]</span>' if step.reference else ""
    formulas = "".join(map(_displayed, step.formulas))
    return (
        f'<li value="{step.number}"><div class="said"><strong>{escaped(step.rule)}</strong>{kind}: {statement}<br>'
        f"{text}.{uses}{source}</div>{formulas}</li>"
    )


def _word(word: str) -> str:
    """A word of a step; a symbol as mathematics."""
    found = symbol_in(word)
    return escaped(word) if found is None else f"{escaped(found[0])}{_math([found[1]])}{escaped(found[2])}"


def _displayed(formula: Formula) -> str:
    return f'<div class="formula">{_math(formula.latex(), display=True)}</div>'


def _mixed(latex: str) -> str:
    """Words with formulas between dollar signs."""
    parts = latex.split("$")
    return "".join(_math([p], names=False) if k % 2 else escaped(p.replace(r"\ ", " ")) for k, p in enumerate(parts))


def _math(lines: Sequence[str], **how: bool) -> str:
    """A formula; its LaTeX where that is beyond the translation."""
    try:
        return mathml(lines, **how)
    except ParameterError:
        return "<br>".join(f"<code>{escaped(line)}</code>" for line in lines)


__all__ = ["html_fragment", "html_page"]
