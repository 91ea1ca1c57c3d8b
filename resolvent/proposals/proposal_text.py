"""A proposal written out: plain text, LaTeX and JSON."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import sympy
from flint import fmpq

from resolvent.derive.derivation.latex import in_convention, polynomial_terms
from resolvent.derive.equations.equation import M
from resolvent.derive.errors import DerivationError
from resolvent.derive.sequences.guessing import Shape
from resolvent.derive.sequences.relation_search import ALGEBRAIC, ODE, RECURRENCE, Finding
from resolvent.proposals.record import ProposalRecord, equation_of
from resolvent.writing.law_text import MEANING, polynomial_lines, wrapped

_SHOWN_DIGITS = 40
_NAMES = {ALGEBRAIC: "algebraic equation", RECURRENCE: "recurrence", ODE: "differential equation"}
_ARTICLES = {ALGEBRAIC: "an", RECURRENCE: "a", ODE: "a"}
_SHAPES = {
    ALGEBRAIC: "(degree in f, degree in x) of P(x, f) = 0, f(x) = sum_n m_n x^n",
    RECURRENCE: "(order, degree in n)",
    ODE: "(order, degree in x) of the equation of f(x) = sum_n m_n x^n",
}


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
    in_convention(M, convention)
    lines = wrapped(f"moments: {proposal.source.text}")
    if not proposal.source.is_list:
        lines += wrapped(f"terms: {len(proposal.terms)}, m_0, ..., m_{len(proposal.terms) - 1}, exact")
    for finding in proposal.findings:
        lines += (
            _found_lines(proposal, finding, convention)
            if finding.guess
            else _missing_lines(finding, len(proposal.terms))
        )
    if not proposal.found:
        lines.append(f"evidence: {proposal.evidence}")
    if proposal.predicted:
        first = len(proposal.terms)
        parts = (f"m_{k} = {short(value)}" for k, value in enumerate(proposal.predicted, start=first))
        lines += wrapped(f"next by it: {', '.join(parts)}")
    lines += _positivity_lines(proposal)
    for note in proposal.notes:
        lines += wrapped(f"- {note}")
    return "\n".join(lines)


def to_latex(proposal: ProposalRecord, convention: str = "stieltjes") -> str:
    """The equations that were found, one a line.

    Raises `DerivationError` if there are none.
    """
    in_convention(M, convention)
    found = [_latex(proposal, finding, convention) for finding in proposal.findings if finding.guess]
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
        "equation": _equation_text(proposal, best, convention) if best else None,
        "evidence": "guessed" if proposal.found else None,
        "evidence_in_words": proposal.evidence,
        "findings": [_finding_json(proposal, finding, convention) for finding in proposal.findings],
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
    meaning = MEANING[convention]
    return meaning if proposal.terms[0] == 1 else meaning.replace("1/z", "m_0/z")


def _found_lines(proposal: ProposalRecord, finding: Finding, convention: str) -> list[str]:
    guess = finding.guess
    assert guess is not None
    of = "the moments" if finding.kind == RECURRENCE else _meaning(proposal, convention)
    lines = wrapped(f"{_NAMES[finding.kind]} of {of}:")
    if finding.kind == ALGEBRAIC:
        lines += polynomial_lines(*in_convention(equation_of(finding), convention))
    else:
        lines += [f"  {line}" for line in wrapped(_equation_text(proposal, finding, convention), width=78)]
    lines += wrapped(f"evidence: {guess.evidence} (margin {proposal.margin})")
    lines += wrapped(f"shape: {guess.shape}, the {_SHAPES[finding.kind]}")
    if finding.contradicted is not None:
        n = finding.contradicted
        lines += wrapped(f"a smaller one holds for m_0, ..., m_{n - 1} and fails at m_{n}; is that moment right?")
    return lines


def _missing_lines(finding: Finding, count: int) -> list[str]:
    lines = []
    if finding.tried:
        where = f"{_SHAPES[finding.kind]}, in {finding.searched} terms"
        text = f"no {_NAMES[finding.kind]}: looked for {where}, up to {_shapes_text(finding.tried)}"
        needed = re.search(r"the next shape needs \d+ terms", finding.reason)
        lines += wrapped(f"{text}; {needed[0]}" if needed and finding.searched == count else text)
    if finding.contradicted is not None:
        n = finding.contradicted
        lines += wrapped(
            f"not accepted: {_ARTICLES[finding.kind]} {_NAMES[finding.kind]} holds for m_0, ..., m_{n - 1} and "
            f"fails at m_{n}; is that moment right?"
        )
    elif not finding.tried:
        lines += wrapped(f"no {_NAMES[finding.kind]}: {finding.reason}")
    return lines


def _shapes_text(shapes: Sequence[Shape]) -> str:
    return ", ".join(map(str, shapes)) or "none"


def _positivity_lines(proposal: ProposalRecord) -> list[str]:
    last = proposal.hankel_tested - 1
    if proposal.hankel_failure is not None:
        text = f"positivity: no positive measure has these moments; m_{proposal.hankel_failure} is the first that fails"
        return wrapped(text)
    if last < 2:
        return []
    lines = wrapped(f"positivity: the Hankel determinants of m_0, ..., m_{last} exclude no measure")
    if proposal.measure is not None:
        word = "belongs to a" if proposal.measure else "belongs to no"
        lines += wrapped(f"measure: if the equation holds, its branch with these moments {word} probability measure")
    return lines


def _equation_text(proposal: ProposalRecord, finding: Finding, convention: str) -> str:
    equation = equation_of(finding)
    if finding.kind == ALGEBRAIC:
        return f"{sympy.expand(in_convention(equation, convention)[0])} = 0"
    if finding.kind == RECURRENCE:
        return str(equation.text("m"))
    return str(equation.text(str(in_convention(M, convention)[1]), "z"))


def _latex(proposal: ProposalRecord, finding: Finding, convention: str) -> str:
    equation = equation_of(finding)
    if finding.kind == ALGEBRAIC:
        return " ".join(polynomial_terms(equation, convention)) + " = 0"
    if finding.kind == RECURRENCE:
        return str(equation.latex("m"))
    return str(equation.latex(str(in_convention(M, convention)[1]), "z"))


def _finding_json(proposal: ProposalRecord, finding: Finding, convention: str) -> dict[str, Any]:
    found: dict[str, Any] = {"kind": finding.kind, "found": finding.guess is not None, "searched": finding.searched}
    if finding.guess is not None:
        guess = finding.guess
        found |= {
            "equation": _equation_text(proposal, finding, convention),
            "latex": _latex(proposal, finding, convention),
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


__all__ = ["short", "to_json", "to_latex", "to_text"]
