r"""A report as a LaTeX document that compiles with pdflatex and the packages of every LaTeX."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping

from resolvent.derive.derivation.latex import escape
from resolvent.writing import blocks as b
from resolvent.writing.bibtex import bibtex_entries, source_keys
from resolvent.writing.blocks import Block, Report, Section, Table, capital
from resolvent.writing.latex_steps import FITTED, ROOM, THEOREMS, bibliography, derivation_list, display
from resolvent.writing.mathematics import sentence_latex

_PREAMBLE = (
    r"""\documentclass[11pt,a4paper]{article}
\usepackage[utf8]{inputenc}
\usepackage[T1]{fontenc}
\IfFileExists{lmodern.sty}{\usepackage{lmodern}}{}
\usepackage{amsmath,amssymb,graphicx}
\usepackage[margin=22mm]{geometry}
\usepackage{textcomp}
\usepackage{xcolor,longtable,booktabs,array}
\setlength{\parskip}{4pt}
\setlength{\LTleft}{0pt}
\setlength{\LTpre}{4pt}
\setlength{\LTpost}{4pt}
\definecolor{supported}{HTML}{17683A}
\definecolor{refuted}{HTML}{A3201D}
\definecolor{undecided}{HTML}{7A5200}
\colorlet{fact}{black}
\allowdisplaybreaks
\setlength{\parindent}{0pt}
\setlength{\emergencystretch}{4em}
"""
    + THEOREMS
    + FITTED
    + ROOM
)
_NEEDS = r"""% To \input where amsmath, amssymb, graphicx, xcolor, longtable, booktabs and array are loaded, and where
% \newtheorem has made theorem and claim.
"""
_SOURCE = re.compile(r"(\\cite(?:\[[^]]*\])?|\\bibitem)\{s(\d+)\}")
_LABEL = re.compile(r"\\(?:label|ref|eqref)\{")
_LINE = 84  # characters of a file's line that fit on one of the page
_WORD, _LONG_WORD = 16, 40  # longer words may break after signs that are no letters; anywhere


def latex_document(report: Report) -> str:
    """The report as a LaTeX document; equal for equal reports."""
    sources: dict[str, int] = {}
    return f"{_PREAMBLE}\\begin{{document}}\n{_body(report, sources)}{bibliography(sources)}\\end{{document}}\n"


def latex_fragment(report: Report, name: str = "", *, has_sources: bool = True) -> str:
    r"""The report without a preamble, to be read into a paper by ``\input``.

    Labels begin with its ``name``. The sources are cited by keys that say who and when, those of `bibtex`; without
    ``has_sources`` the paper has them from there.
    """
    sources: dict[str, int] = {}
    text = _body(report, sources)
    keys = [*source_keys(sources).values()]
    text += bibliography(sources) if has_sources else ""
    text = _SOURCE.sub(lambda found: f"{found[1]}{{{keys[int(found[2]) - 1]}}}", text)
    return _NEEDS + FITTED + ROOM + (_LABEL.sub(rf"\g<0>{name}:", text) if name else text) + "\\par\n"


def bibtex(report: Report) -> str:
    """What a report cites, as a file for BibTeX."""
    sources: dict[str, int] = {}
    _body(report, sources)
    return bibtex_entries(sources)


def _body(report: Report, sources: dict[str, int]) -> str:
    parts = [rf"{{\Large\bfseries\raggedright {words(report.title)}\par}}" + "\n\\medskip\n\n"]
    if report.status is not None:
        parts.append(rf"{{\large Verdict: \textcolor{{{report.status}}}{{\textbf{{{report.status}}}}}}}" + "\n\n")
    parts += [rf"{{\raggedright {words(sentence)}\par}}" + "\n\n" for sentence in report.summary]
    derived = 0
    for section in report.sections:
        parts.append(_section(section, f"{derived}:" if derived else "", sources))
        derived += any(isinstance(block, b.Steps) for block in section.blocks)
    return "".join(parts)


def _section(section: Section, part: str, sources: dict[str, int]) -> str:
    room = r"\roomfor{7\baselineskip}" if any(isinstance(block, b.Table) for block in section.blocks[:2]) else ""
    title = rf"{room}\section*{{{_titled(section.title)}}}" + "\n" if section.title else ""
    return title + "".join(_block(block, part, sources) for block in section.blocks)


def _titled(text: str) -> str:
    """A title of ours, with the letters of parameters: at sigma = 1 as at σ = 1."""
    return sentence_latex(text) if text.isascii() else words(text)


def _block(block: Block, part: str, sources: dict[str, int]) -> str:
    match block:
        case b.Heading(text):
            return rf"\subsection*{{{_titled(capital(text))}}}" + "\n"
        case b.Words(text, is_warning):
            return (r"\textbf{Warning.} " if is_warning else "") + f"{words(text)}\n\n"
        case b.Prose(latex):
            return f"{{\\raggedright {latex}\\par}}\n\n"  # long formulas in it break at few places
        case b.Display(formula):
            return display(formula.latex()) + "\n"
        case b.Entries(entries):
            return _long(_column(0.27) + _column(0.66), list(map(_entry, entries)))
        case b.Items(items):
            listed = "".join(f"\\item {{}}{words(item)}\n" for item in items)
            return f"\\begin{{itemize}}\\raggedright\n{listed}\\end{{itemize}}\n"
        case b.Table():
            return _table(block)
        case b.Steps(summary, steps, evidence, result, claim):
            shown = f"{words(capital(summary))}.\n" if summary else ""
            return shown + derivation_list(steps, evidence, sources, result, part, claim)
        case b.Picture(_, caption, _, file):
            shown = rf"\includegraphics[width=0.8\linewidth]{{{file}}}\\{{\small {_titled(caption)}}}"
            return f"\\begin{{center}}\n{shown}\n\\end{{center}}\n" if file else ""
        case b.Listing(text):
            return _listing(text)


def _entry(entry: b.Entry) -> str:
    if entry.latex:
        return f"{words(entry.name)} & " + r" \newline ".join(f"${formula}$" for formula in entry.latex)
    return f"{words(entry.name)} & " + r" \newline ".join(map(code if entry.is_code else words, entry.values))


def _table(table: Table) -> str:
    others = len(table.header) - 1
    numeric = _column(0.22) + _column(0.64 / max(others, 1), "raggedleft") * others
    columns = "".join(map(_column, table.shares)) if table.shares else numeric
    head = " & ".join(map(_arrow, table.header))
    rows = [" & ".join(map(_cell, table.header, row)) for row in table.rows]
    title = _titled(table.caption)
    return _long(columns, rows, head, rf"\textbf{{{title}}}" if title and table.shares else title)


def _listing(text: str) -> str:
    rows = []
    for k, line in enumerate(text.expandtabs(4).splitlines(), 1):
        pieces = _cut(line) or [""]
        for j, piece in enumerate(pieces):
            number = rf"\makebox[2.2em][r]{{{'' if j else k}}}\quad "
            rows.append(rf"\mbox{{{number}\texttt{{{_signs(piece, lambda _: False, _TYPED)}}}}}\par" + "\n")
    return "{\\footnotesize\\setlength{\\parskip}{0pt}\n" + "".join(rows) + "}\n"


def _column(share: float, side: str = "raggedright") -> str:
    """A column of a fixed share of the line, so that one run of LaTeX is enough."""
    return rf">{{\{side}\arraybackslash}}p{{{share:.3f}\linewidth}}"


def _long(columns: str, rows: list[str], head: str = "", title: str = "") -> str:
    """A table that may break between pages, with a title that stays with it."""
    count = columns.count("p{")
    above = rf"\multicolumn{{{count}}}{{@{{}}p{{0.94\linewidth}}@{{}}}}{{{title}}} \\[4pt]" + "\n" if title else ""
    body = "".join(f"{row} \\\\\n" for row in rows)
    top = f"{above}\\toprule\n{head} \\\\\n\\midrule\n\\endhead\n\\bottomrule\n\\endfoot\n" if head else ""
    return f"\\begin{{longtable}}{{@{{}}{columns}@{{}}}}\n{top}{body}\\end{{longtable}}\n"


def _cell(column: str, text: str) -> str:
    """Words, or a number with a true minus sign."""
    if column == "status":
        return rf"\textcolor{{{text}}}{{{text}}}"
    return f"$-${words(text[1:])}" if text.startswith("-") and text[1:2].isdigit() else words(text)


def _arrow(name: str) -> str:
    return words(name.replace(" -> oo", "")) + (r" $\to \infty$" if name.endswith("-> oo") else "")


def _cut(line: str) -> list[str]:
    """A line of a file in pieces that fit on lines of the page."""
    pieces: list[str] = []
    left = 0
    for c in line:
        width = 8 if _is_strange(c) else 1
        if width > left:
            pieces.append("")
            left = _LINE
        pieces[-1] += c
        left -= width
    return pieces


# -- text --------------------------------------------------------------------------------------------------

_GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ζ": "zeta", "η": "eta", "θ": "theta", "ι": "iota",
    "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu", "ξ": "xi", "π": "pi", "ρ": "rho", "σ": "sigma", "τ": "tau",
    "υ": "upsilon", "χ": "chi", "ψ": "psi", "ω": "omega", "ϕ": "phi", "ϵ": "epsilon", "Γ": "Gamma", "Δ": "Delta",
    "Θ": "Theta", "Λ": "Lambda", "Ξ": "Xi", "Π": "Pi", "Σ": "Sigma", "Φ": "Phi", "Ψ": "Psi", "Ω": "Omega",
    "→": "to", "∞": "infty", "±": "pm", "×": "times", "·": "cdot", "≈": "approx", "≠": "neq", "∈": "in", "√": "surd",
    "∫": "int", "∑": "sum", "∏": "prod", "∂": "partial", "⊗": "otimes", "⊕": "oplus", "−": "-", "≪": "ll", "≫": "gg",
}  # fmt: skip
_PUNCTUATION = {
    "–": "--", "—": "---", "‘": "`", "’": "'", "“": "``", "”": "''", "…": r"\ldots{}", "\u00a0": "~", "\u00ad": r"\-",
    "ᵀ": r"$^{\top}$", "𝔼": r"$\mathbb{E}$", "ℝ": r"$\mathbb{R}$", "′": r"$'$", "∘": r"$\circ$",
    "•": r"\textbullet{}", "€": r"\texteuro{}", "Ĳ": "IJ", "ĳ": "ij",
}  # fmt: skip
_TYPED = {
    " ": r"\ ", "'": r"\textquotesingle{}", "`": r"\textasciigrave{}", '"': r"\textquotedbl{}",
    "<": r"\textless{}", ">": r"\textgreater{}",
}  # fmt: skip
_INDEXED = re.compile(r"(\(?)([A-Za-z])_([0-9]+|k)([).,:;]*)")
_MELTING = frozenset("-`'<>,!?")  # two of them may become another character
# of Latin-1 and Latin Extended-A what the T1 encoding cannot make
_MISSING = frozenset("ĦħĸĿŀŉŦŧſ")


def words(text: str) -> str:
    r"""Plain text for LaTeX: special characters escaped, characters that T1 does not have named by their code.

    >>> print(words("50% of λ, 中"))
    50\% of $\lambda$, \textsf{[U+4E2D]}
    >>> print(words("the sum of T_1, a_file"))
    the sum of $T_{1}$, a\_file
    """
    return " ".join(_word(word) for word in text.split())


def _word(word: str) -> str:
    if indexed := _INDEXED.fullmatch(word):
        return "{}${}_{{{}}}${}".format(*indexed.groups())
    if len(word) > _LONG_WORD:
        return _signs(word, lambda _: True)
    return _signs(word, lambda c: len(word) > _WORD and not (c.isalnum() or c == "."))


def code(text: str) -> str:
    r"""Text as it was typed, in a typewriter font, that may break between any two signs that are no letters."""
    return rf"\texttt{{{_signs(text, lambda c: not c.isalnum(), _TYPED)}}}"


def _signs(text: str, may_break: Callable[[str], bool], exact: Mapping[str, str] | None = None) -> str:
    """The characters one by one, with places where a line may end."""
    found = []
    for k, c in enumerate(text):
        after = text[k + 1 : k + 2]
        found.append((exact or {}).get(c) or _sign(c))
        if may_break(c) and after:
            found.append(r"\allowbreak{}")
        elif c in _MELTING and after in _MELTING:
            found.append("{}")
    return "".join(found)


def _sign(c: str) -> str:
    if _is_strange(c):
        return "" if unicodedata.combining(c) else rf"\textsf{{[U+{ord(c):04X}]}}"
    if c in _GREEK:
        name = _GREEK[c]
        return f"${name}$" if name == "-" else rf"$\{name}$"
    return _PUNCTUATION.get(c) or escape(c)


def _is_strange(c: str) -> bool:
    """Whether LaTeX has no sign for a character."""
    if c.isascii():
        return not c.isprintable()
    if c in _GREEK or c in _PUNCTUATION or escape(c) != c:
        return False
    return not 0xA1 <= ord(c) <= 0x17F or c in _MISSING


__all__ = ["bibtex", "code", "latex_document", "latex_fragment", "words"]
