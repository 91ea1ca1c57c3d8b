r"""A derivation in LaTeX: the result as a theorem, the assumptions and the steps with numbers, the sources, each once.

Equations, assumptions and sources are referred to by label, so pdflatex runs twice.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from resolvent.derive.derivation.document import Formula, WrittenStep, sentence
from resolvent.derive.derivation.latex import escape
from resolvent.writing.bibtex import titled
from resolvent.writing.mathematics import notation, sentence_latex, with_laws
from resolvent.writing.sources import in_full

THEOREMS = r"""\newtheorem{theorem}{Theorem}
\newtheorem{claim}{Claim}
"""
_PLACE = re.compile(r"(.+?)(, ((?:section|chapter|Theorem|Proposition|by|for) .+))?")
# what cannot be broken, a matrix, is made smaller where it is wider than the page, and left alone where it is not
FITTED = r"""\providecommand{\fitted}[1]{\sbox0{$\displaystyle #1$}%
  \ifdim\wd0>0.9\linewidth\resizebox{0.9\linewidth}{!}{\usebox0}\else\usebox0\fi}
"""
# the title of a section goes to the next page where there is no room for the beginning of a table below it
ROOM = r"""\providecommand{\roomfor}[1]{\par\penalty-100\begingroup\dimen0=\pagegoal\advance\dimen0-\pagetotal
  \ifdim\dimen0<#1\relax\ifdim\dimen0>0pt\vfil\fi\break\fi\endgroup}
"""


def derivation_list(
    steps: Sequence[WrittenStep],
    evidence: str,
    sources: dict[str, int],
    result: Formula | None = None,
    part: str = "",
    claim: str = "it holds that",
) -> str:
    """The result, the assumptions, the steps, and the result once more; the sources are added to ``sources``.

    ``result`` is the last formula if nothing else is given, with the words of the ``claim`` before it; it is a claim,
    and no theorem, where something on the way is guessed or typed in. ``part`` tells the labels of derivations in one
    document apart.
    """
    links = {step.number: _link(step, part) for step in steps}
    assumed, others = (
        "".join(_item(s, links, sources, part) for s in steps if (s.kind == "assumed") is a) for a in (True, False)
    )
    guessed = ", ".join(links[s.number] for s in steps if s.kind == "guessed")
    first = r"\renewcommand{\theenumi}{A\arabic{enumi}}\renewcommand{\labelenumi}{(\theenumi)}" + "\n"
    signs = notation([step.text for step in steps])
    last = steps[-1].formulas[-1] if steps[-1].formulas else None
    shown = display((result or last).latex()) + "\n" if result or last else ""  # type: ignore[union-attr]
    kind = "theorem" if evidence.startswith("proved") else "claim"
    parts = (
        [f"\\begin{{{kind}}}\\label{{result{part}}} {_given(steps, links, claim)}\n{shown}\\end{{{kind}}}\n"]
        if shown
        else []
    )
    parts += [f"Notation: {signs}.\n\n"] if signs else []
    parts += [rf"\subsection*{{Assumed, not proved}}{_enumerated(first + assumed)}"] if assumed else []
    parts += [rf"\subsection*{{Steps}}{_enumerated(others)}"] if others else []
    parts += [f"Guessed, not proved: {guessed}. "] if guessed else []
    parts += [] if assumed or guessed else ["Nothing is assumed. "]
    if shown and len(steps) > 1:
        by = f", by {links[steps[-1].number]}" if result is None else ""
        parts += [f"This is {kind.capitalize()}~\\ref{{result{part}}}{by}:\n{shown}"]
    parts += [f"Evidence for the equation: {evidence}.\n"]
    return "".join(parts)


def _given(steps: Sequence[WrittenStep], links: Mapping[int, str], claim: str) -> str:
    given = [links[step.number] for step in steps if step.kind == "assumed"]
    named = " and ".join(given) if len(given) < 3 else f"{given[0]}--{given[-1]}"
    return f"Given {named}, {claim}" if given else sentence(claim)


def bibliography(sources: Mapping[str, int]) -> str:
    """The sources of a document, by their numbers, each once; "" for none."""
    if not sources:
        return ""
    books = "".join(rf"\bibitem{{s{k}}} {titled(source)}." + "\n" for source, k in sources.items())
    return f"\\begin{{thebibliography}}{{{len(sources)}}}\\raggedright\n{books}\\end{{thebibliography}}\n"


def _enumerated(items: str) -> str:
    return f"\n\\begin{{enumerate}}\\raggedright\n{items}\\end{{enumerate}}\n"


def _link(step: WrittenStep, part: str) -> str:
    """What refers to a step: its equation where it has one, otherwise its item."""
    if step.formulas and step.kind != "assumed":
        return rf"\eqref{{equation:{part}{step.number}}}"
    return (
        rf"(\ref{{step:{part}{step.number}}})" if step.kind == "assumed" else rf"step~\ref{{step:{part}{step.number}}}"
    )


def _item(step: WrittenStep, links: Mapping[int, str], sources: dict[str, int], part: str) -> str:
    mark = rf" \emph{{({step.mark})}}" if step.kind == "guessed" else ""
    statement = step.statement if step.in_latex else sentence_latex(step.statement)
    found = sorted((links[k] for k in step.uses), key=lambda link: link.startswith(r"(\ref"))  # assumptions at the end
    used = f" From {', '.join(found)}." if found else ""
    claim = _mixed(sentence(step.latex)) or sentence_latex(sentence(step.text))
    lines = [
        rf"\item\label{{step:{part}{step.number}}} \textbf{{{escape(step.rule)}}}{mark}\quad {statement}",
        rf"\\ {claim}.{used}{_cited(step.reference, sources)}",
    ]
    if step.formulas:
        shown = [r" \nonumber\\ ".join(f"& {_shown(line)}" for line in f.latex()) for f in step.formulas]
        body = " \\nonumber\\\\[4pt]\n".join(shown)
        lines.append(rf"\begin{{align}}{body} \label{{equation:{part}{step.number}}}\end{{align}}")
    return "\n".join(lines) + "\n"


def _cited(reference: str, sources: dict[str, int]) -> str:
    """The sources of a reference as citations, numbered where they come first; reasons in words as they are."""
    found = ""
    for piece in filter(None, reference.split("; ")):
        source, _, place = _PLACE.fullmatch(piece).groups("")  # type: ignore[union-attr]
        if place or source[0].isupper():
            number = sources.setdefault(in_full(source), len(sources) + 1)
            found += rf"~\cite{f'[{titled(place)}]' if place else ''}{{s{number}}}"
        else:
            found += f" ({sentence_latex(piece)})"
    return found


def display(lines: Sequence[str]) -> str:
    """A formula on lines of its own."""
    return r"\begin{align*}" + r" \\ ".join(f"& {_shown(line)}" for line in lines) + r"\end{align*}"


def _mixed(text: str) -> str:
    """Words with formulas between dollar signs."""
    return "".join(f"${with_laws(p)}$" if k % 2 else sentence_latex(p) for k, p in enumerate(text.split("$")))


def _shown(line: str) -> str:
    line = with_laws(line)
    return rf"\fitted{{{line}}}" if r"\begin{" in line else line
