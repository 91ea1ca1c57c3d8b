"""A proposal written out: plain text, LaTeX and JSON."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import sympy
from flint import fmpq

from resolvent.derive.derivation.document import Formula
from resolvent.derive.derivation.latex import broken, convention_note, in_convention, polynomial_terms
from resolvent.derive.derivation.plain_text import MEANING, polynomial_lines
from resolvent.derive.equations.equation import M
from resolvent.derive.errors import DerivationError
from resolvent.derive.sequences.guessing import Guess, Shape
from resolvent.derive.sequences.relation_search import ALGEBRAIC, ODE, RECURRENCE, Finding
from resolvent.proposals.record import ProposalRecord, equation_of
from resolvent.writing.blocks import Block, Display, Entries, Entry, Items, Prose, Report, Section, Words, capital
from resolvent.writing.text import text

_SHOWN_DIGITS = 40
_NAMES = {ALGEBRAIC: "algebraic equation", RECURRENCE: "recurrence", ODE: "differential equation"}
_ARTICLES = {ALGEBRAIC: "an", RECURRENCE: "a", ODE: "a"}
_SHAPES = {
    ALGEBRAIC: "(degree in f, degree in x) of P(x, f) = 0, f(x) = sum_n m_n x^n",
    RECURRENCE: "(order, degree in n)",
    ODE: "(order, degree in x) of the equation of f(x) = sum_n m_n x^n",
}


def proposal_report(proposal: ProposalRecord, convention: str = "stieltjes", title: str = "") -> Report:
    """What was found and what was looked for, the next moments, and whether these can be moments at all.

    Raises `ParameterError` for an unknown convention.
    """
    in_convention(M, convention)
    about = [Entry("moments", (proposal.source.text,))]
    if not proposal.source.is_list:
        about.append(Entry("terms", (f"{len(proposal.terms)}, m_0, ..., m_{len(proposal.terms) - 1}, exact",)))
    blocks: list[Block] = [Entries(tuple(about))]
    for finding in proposal.findings:
        if finding.guess:
            blocks += _found(proposal, finding, finding.guess, convention)
        else:
            blocks += [Words(words) for words in _missing(finding, len(proposal.terms))]
    ending = [] if proposal.found else [Entry("evidence", (proposal.evidence,))]
    if proposal.predicted:
        parts = (f"m_{k} = {short(value)}" for k, value in enumerate(proposal.predicted, start=len(proposal.terms)))
        ending.append(Entry("next by it", (", ".join(parts),)))
    ending += _positivity(proposal)
    blocks += [Entries(tuple(ending))] if ending else []
    more = [Items(proposal.notes)] if proposal.notes else []
    return Report(title, (Section("", (*blocks, *more)),))


def to_text(proposal: ProposalRecord, convention: str = "stieltjes") -> str:
    """The proposal as plain text of at most 80 columns where words and terms allow it.

    >>> import resolvent as rv
    >>> print(to_text(rv.guess([1, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377, 610, 987], start=0)))
    moments: 16 numbers, read as m_0, ..., m_15
    algebraic equation of m(z) = int rho(dx)/(x - z), m ~ -1/z at infinity:
      (-z**2 + z + 1)*m - z = 0
    evidence: guessed: 6 unknowns from 6 terms, verified on 10 more (margin 10)
    shape: (1, 2), the (degree in f, degree in x) of P(x, f) = 0, f(x) = sum_n m_n
      x^n
    next by it: m_16 = 1597, m_17 = 2584, m_18 = 4181
    positivity: the Hankel determinants of m_0, ..., m_15 exclude no measure
    measure: if the equation holds, its branch with these moments belongs to a
      probability measure

    Raises `ParameterError` for an unknown convention.
    """
    return text(proposal_report(proposal, convention))


def to_latex(proposal: ProposalRecord, convention: str = "stieltjes") -> str:
    """The equations that were found, one a line.

    Raises `DerivationError` if there are none.
    """
    in_convention(M, convention)
    found = [_latex(finding, convention) for finding in proposal.findings if finding.guess]
    if not found:
        raise DerivationError("no equation was found, so there is nothing to write in LaTeX", proposal=proposal)
    return "\n".join(found)


def to_json(proposal: ProposalRecord, convention: str = "stieltjes") -> dict[str, Any]:
    """The proposal as plain values; exact numbers and equations are texts in SymPy's notation."""
    _, variable = in_convention(M, convention)
    best = proposal.best
    first = len(proposal.terms)
    return {
        "moments": proposal.source.text,
        "terms": first,
        "margin": proposal.margin,
        "found": proposal.found,
        "kind": proposal.kind,
        "convention": convention,
        "variable": str(variable),
        "meaning": _meaning(proposal, convention),
        "equation": _equation_text(best, convention) if best else None,
        "evidence": "guessed" if proposal.found else None,
        "evidence_in_words": proposal.evidence,
        "findings": [_finding_json(finding, convention) for finding in proposal.findings],
        "predicted": {f"m_{k}": str(value) for k, value in enumerate(proposal.predicted, start=first)},
        "hankel": {"tested": proposal.hankel_tested, "first_failure": proposal.hankel_failure},
        "measure": proposal.measure,
        "notes": list(proposal.notes),
    }


def short(value: fmpq) -> str:
    """An exact number, the middle of a long one left out.

    >>> short(fmpq(10**50))
    '10000000...00000000 (51 digits)'
    """
    text = str(value)
    digits = sum(character.isdigit() for character in text)
    return text if digits <= _SHOWN_DIGITS else f"{text[:8]}...{text[-8:]} ({digits} digits)"


def _meaning(proposal: ProposalRecord, convention: str) -> str:
    """What the transform is; a list of moments need not have total mass 1."""
    return MEANING[convention].replace("1/z", _total_mass(proposal) + "/z")


def _total_mass(proposal: ProposalRecord) -> str:
    return "1" if proposal.terms[0] == 1 else "m_0"


def _found(proposal: ProposalRecord, finding: Finding, guess: Guess, convention: str) -> list[Block]:
    name = _NAMES[finding.kind]
    if finding.kind == RECURRENCE:
        words = Prose(f"{capital(name)} of the moments:", f"{name} of the moments:")
    else:
        note = convention_note(convention).replace("1/z", _total_mass(proposal) + "/z")
        words = Prose(f"{capital(name)} of {note}", f"{name} of {_meaning(proposal, convention)}:")

    def lines() -> list[str]:
        if finding.kind == ALGEBRAIC:
            return polynomial_lines(*in_convention(equation_of(finding), convention))
        return [_equation_text(finding, convention)]

    found: list[Block] = [
        words,
        Display(Formula(lambda: broken(_latex(finding, convention)), lines)),
        Entries(
            (
                Entry("evidence", (f"{guess.evidence} (margin {proposal.margin})",)),
                Entry("shape", (f"{guess.shape}, the {_SHAPES[finding.kind]}",)),
            )
        ),
    ]
    if finding.contradicted is not None:
        n = finding.contradicted
        found.append(
            Words(f"a smaller one holds for m_0, ..., m_{n - 1} and fails at m_{n}; is that moment right?", True)
        )
    return found


def _missing(finding: Finding, count: int) -> list[str]:
    """What was looked for in vain."""
    found = []
    if finding.tried:
        where = f"{_SHAPES[finding.kind]}, in {finding.searched} terms"
        words = f"no {_NAMES[finding.kind]}: looked for {where}, up to {_shapes_text(finding.tried)}"
        needed = re.search(r"the next shape needs \d+ terms", finding.reason)
        found.append(f"{words}; {needed[0]}" if needed and finding.searched == count else words)
    if finding.contradicted is not None:
        n = finding.contradicted
        found.append(
            f"not accepted: {_ARTICLES[finding.kind]} {_NAMES[finding.kind]} holds for m_0, ..., m_{n - 1} and "
            f"fails at m_{n}; is that moment right?"
        )
    elif not finding.tried:
        found.append(f"no {_NAMES[finding.kind]}: {finding.reason}")
    return found


def _shapes_text(shapes: Sequence[Shape]) -> str:
    return ", ".join(map(str, shapes)) or "none"


def _positivity(proposal: ProposalRecord) -> list[Entry]:
    last = proposal.hankel_tested - 1
    if proposal.hankel_failure is not None:
        words = f"no positive measure has these moments; m_{proposal.hankel_failure} is the first that fails"
        return [Entry("positivity", (words,))]
    if last < 2:
        return []
    found = [Entry("positivity", (f"the Hankel determinants of m_0, ..., m_{last} exclude no measure",))]
    if proposal.measure is not None:
        word = "belongs to a" if proposal.measure else "belongs to no"
        words = f"if the equation holds, its branch with these moments {word} probability measure"
        found.append(Entry("measure", (words,)))
    return found


def _equation_text(finding: Finding, convention: str) -> str:
    equation = equation_of(finding)
    if finding.kind == ALGEBRAIC:
        return f"{sympy.expand(in_convention(equation, convention)[0])} = 0"
    if finding.kind == RECURRENCE:
        return str(equation.text("m"))
    return str(equation.text(str(in_convention(M, convention)[1]), "z"))


def _latex(finding: Finding, convention: str) -> str:
    equation = equation_of(finding)
    if finding.kind == ALGEBRAIC:
        return " ".join(polynomial_terms(equation, convention)) + " = 0"
    if finding.kind == RECURRENCE:
        return str(equation.latex("m"))
    return str(equation.latex(str(in_convention(M, convention)[1]), "z"))


def _finding_json(finding: Finding, convention: str) -> dict[str, Any]:
    found: dict[str, Any] = {"kind": finding.kind, "found": finding.guess is not None, "searched": finding.searched}
    if finding.guess is not None:
        guess = finding.guess
        found |= {
            "equation": _equation_text(finding, convention),
            "latex": _latex(finding, convention),
            "shape": guess.shape,
            "unknowns": guess.unknowns,
            "used": guess.used,
            "verified": guess.verified,
            "evidence": guess.evidence,
        }
    found |= {"shape_means": _SHAPES[finding.kind], "tried": finding.tried}
    found["contradicted_at"] = finding.contradicted
    if finding.guess is None:
        found["reason"] = finding.reason
    return found


__all__ = ["proposal_report", "short", "to_json", "to_latex", "to_text"]
