r"""A derivation written out: its steps in words and formulas, as plain text and as LaTeX."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import sympy

from resolvent.derive.derivation.latex import (
    convention_note,
    escape,
    fitted,
    formula_lines,
    formula_text,
    in_convention,
)
from resolvent.derive.derivation.step import Step
from resolvent.derive.equations.equation import M

_MARKED = ("guessed", "assumed")


@dataclass(frozen=True)
class Formula:
    """A formula that is written on demand, since either way may take long: its lines as LaTeX, and as text."""

    latex: Callable[[], Sequence[str]]
    text: Callable[[], Sequence[str]]

    @classmethod
    def of(cls, formula: sympy.Basic, convention: str) -> Formula:
        """The formula in a convention."""
        return cls(partial(formula_lines, formula, convention), lambda: [formula_text(formula, convention)])


@dataclass(frozen=True)
class WrittenStep:
    """A step of a derivation, ready for a reader.

    Attributes:
        kind: "definition", "derived", "guessed" or "assumed".
        statement: what the rule says: LaTeX with formulas between dollar signs if ``in_latex``, else plain.
        uses: the numbers of the steps that it uses.
    """

    number: int
    kind: str
    rule: str
    statement: str
    in_latex: bool
    text: str
    uses: tuple[int, ...]
    reference: str
    formulas: tuple[Formula, ...]

    @property
    def mark(self) -> str:
        """The kind where a reader must be told of it, "" otherwise."""
        return self.kind if self.kind in _MARKED else ""


def written_steps(steps: Sequence[Step], number: Callable[[Step], int], convention: str) -> tuple[WrittenStep, ...]:
    """The steps of a derivation, each with its number.

    Raises `ParameterError` for an unknown convention.
    """
    in_convention(M, convention)
    return tuple(
        WrittenStep(
            number=number(step),
            kind=step.kind,
            rule=step.rule.name,
            statement=step.rule.latex or step.rule.statement,
            in_latex=bool(step.rule.latex),
            text=step.text,
            uses=tuple(sorted({number(s) for s in step.uses})),
            reference=step.rule.reference,
            formulas=tuple(Formula.of(f, convention) for f in step.formulas),
        )
        for step in steps
    )


def derivation_text(steps: Sequence[WrittenStep], evidence: str) -> str:
    """The steps as plain text, one numbered step after the other.

    >>> from resolvent.derive.laws.elementary import semicircle
    >>> print(semicircle().derivation.text())
    1. definition by a transform: the R-transform of semicircle(1)
       R(g) = g
    2. R-transform: the equation of semicircle(1), from its R-transform [from 1]
       z + 1/m = -m
       m**2 + m*z + 1 = 0
    evidence: proved
    """
    lines = [line for step in steps for line in _text_lines(step)]
    assumed = [f"assumed (step {step.number}): {step.text}" for step in steps if step.kind == "assumed"]
    return "\n".join([*lines, f"evidence: {evidence}", *assumed])


def _text_lines(step: WrittenStep) -> Iterator[str]:
    mark = f" ({step.mark})" if step.mark else ""
    used = f" [from {', '.join(map(str, step.uses))}]" if step.uses else ""
    yield f"{step.number}. {step.rule}{mark}: {step.text}{used}"
    for formula in step.formulas:
        yield from (f"   {line}" for line in formula.text())


def document(body: str, packages: str = "") -> str:
    """A LaTeX document, with what every document of ours loads and the lines of more ``packages``."""
    return (
        "\\documentclass[11pt,a4paper]{article}\n\\usepackage[utf8]{inputenc}\n\\usepackage[T1]{fontenc}\n"
        "\\IfFileExists{lmodern.sty}{\\usepackage{lmodern}}{}\n"
        "\\usepackage{amsmath,amssymb,graphicx}\n\\usepackage[margin=25mm]{geometry}\n"
        f"{packages}"
        "\\allowdisplaybreaks\n\\setlength{\\parindent}{0pt}\n\\setlength{\\emergencystretch}{4em}\n"
        f"\\begin{{document}}\n{body}\\end{{document}}\n"
    )


def derivation_document(steps: Sequence[WrittenStep], evidence: str, convention: str, title: str = "") -> str:
    r"""A LaTeX document of the derivation: the result, the assumptions, the steps, and the sources, each once.

    Equations, assumptions and sources are numbered and referred to by label, so pdflatex runs twice. It needs only
    amsmath, amssymb, graphicx and geometry.

    Raises `ParameterError` for an unknown convention.

    >>> from resolvent.derive.laws.elementary import semicircle
    >>> print(semicircle().derivation.latex().splitlines()[0])
    \documentclass[11pt,a4paper]{article}
    """
    head = rf"\section*{{{escape(title) or 'Derivation'}}}" + f"\nConvention: {convention_note(convention)}\n\n"
    return document(head + _result(steps, evidence) + derivation_list(steps, evidence), _THEOREMS)


_THEOREMS = "\\newtheorem{theorem}{Theorem}\n\\newtheorem{claim}{Claim}\n"


def _result(steps: Sequence[WrittenStep], evidence: str) -> str:
    """The last formula as a theorem, or as a claim where something on the way is guessed or typed in."""
    if not steps[-1].formulas:
        return ""
    kind = "theorem" if evidence.startswith("proved") else "claim"
    given = [_link(step) for step in steps if step.kind == "assumed"]
    ends = [given[0], *([given[-1]] if len(given) > 1 else [])] if given else []
    words = f"Given {'--'.join(ends)}, it holds that" if ends else "It holds that"
    return f"\\begin{{{kind}}} {words}\n{display(steps[-1].formulas[-1].latex())}\\end{{{kind}}}\n"


def derivation_list(steps: Sequence[WrittenStep], evidence: str) -> str:
    """The assumptions, the steps and the sources, a part of a document that loads the packages it needs."""
    sources: dict[str, int] = {}
    links = {step.number: _link(step) for step in steps}
    assumed, others = (
        "".join(_item(s, links, sources) for s in steps if (s.kind == "assumed") is a) for a in (True, False)
    )
    guessed = ", ".join(links[s.number] for s in steps if s.kind == "guessed")
    first = r"\renewcommand{\theenumi}{A\arabic{enumi}}\renewcommand{\labelenumi}{(\theenumi)}" + "\n"
    parts = [rf"\subsection*{{Assumed, not proved}}{_enumerated(first + assumed)}"] if assumed else []
    parts += [rf"\subsection*{{Steps}}{_enumerated(others)}"] if others else []
    parts += [f"Guessed, not proved: {guessed}. "] if guessed else []
    parts += [] if assumed or guessed else ["Nothing is assumed. "]
    books = "".join(rf"\bibitem{{s{k}}} {_dashed(source)}." + "\n" for source, k in sources.items())
    parts += [f"Evidence for the equation: {evidence}.\n"]
    parts += (
        [f"\\begin{{thebibliography}}{{{len(sources)}}}\\raggedright\n{books}\\end{{thebibliography}}\n"]
        if books
        else []
    )
    return "".join(parts)


def _enumerated(items: str) -> str:
    return f"\n\\begin{{enumerate}}\\raggedright\n{items}\\end{{enumerate}}\n"


def _link(step: WrittenStep) -> str:
    """What refers to a step: its equation where it has one, otherwise its item."""
    if step.formulas and step.kind != "assumed":
        return rf"\eqref{{equation:{step.number}}}"
    return rf"(\ref{{step:{step.number}}})" if step.kind == "assumed" else rf"step~\ref{{step:{step.number}}}"


def _item(step: WrittenStep, links: Mapping[int, str], sources: dict[str, int]) -> str:
    mark = rf" \emph{{({step.mark})}}" if step.kind == "guessed" else ""
    statement = step.statement if step.in_latex else escape(step.statement)
    found = sorted((links[k] for k in step.uses), key=lambda link: link.startswith(r"(\ref"))  # assumptions at the end
    used = f" From {', '.join(found)}." if found else ""
    lines = [
        rf"\item\label{{step:{step.number}}} \textbf{{{escape(step.rule)}}}{mark}\quad {statement}",
        rf"\\ {_prose(sentence(step.text))}.{used}{_cited(step.reference, sources)}",
    ]
    if step.formulas:
        shown = [r" \nonumber\\ ".join(f"& {fitted(line)}" for line in f.latex()) for f in step.formulas]
        body = " \\nonumber\\\\[4pt]\n".join(shown)
        lines.append(rf"\begin{{align}}{body} \label{{equation:{step.number}}}\end{{align}}")
    return "\n".join(lines) + "\n"


def _cited(reference: str, sources: dict[str, int]) -> str:
    """The sources of a reference as citations, numbered where they come first; reasons in words as they are."""
    found = ""
    for piece in filter(None, reference.split("; ")):
        source, _, place = re.fullmatch(r"(.+?)(, ((?:section|chapter|Theorem|by|for) .+))?", piece).groups("")  # type: ignore[union-attr]
        if place or source[0].isupper():
            number = sources.setdefault(source, len(sources) + 1)
            found += rf"~\cite{f'[{_dashed(place)}]' if place else ''}{{s{number}}}"
        else:
            found += f" ({_dashed(piece)})"
    return found


def _dashed(text: str) -> str:
    """Words with the dashes of ranges of pages."""
    return re.sub(r"(\d)-(\d)", r"\1--\2", escape(text))


def display(lines: Sequence[str]) -> str:
    """A formula on lines of its own, those that cannot be broken scaled down to the page."""
    return r"\begin{align*}" + r" \\ ".join(f"& {fitted(line)}" for line in lines) + r"\end{align*}"


def sentence(text: str) -> str:
    """The words with a capital, unless they begin with an expression."""
    return text[:1].upper() + text[1:] if text.split(" ")[0].replace(",", "").isalpha() else text


def _prose(text: str) -> str:
    """A step's words, which may hold a law's long expression: it may break after brackets and operators."""
    return re.sub(r"([(*@])", r"\1\\allowbreak{}", escape(text))
