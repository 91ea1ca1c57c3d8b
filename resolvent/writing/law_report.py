"""A law as a report: its equation, what is known of it, and the derivation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import sympy

from resolvent.derive.derivation.derivation import Derivation
from resolvent.derive.derivation.document import Formula
from resolvent.derive.derivation.latex import broken, convention_note, expression_latex, listed
from resolvent.derive.derivation.plain_text import MEANING
from resolvent.derive.expressions.rules import MODEL
from resolvent.derive.laws.record import Law
from resolvent.writing.blocks import Block, Display, Entries, Entry, Heading, Prose, Report, Section, Steps, capital
from resolvent.writing.law_text import assumptions_of
from resolvent.writing.mathematics import law_latex, notation, with_laws
from resolvent.writing.text import text


def law_report(
    law: Law,
    convention: str = "stieltjes",
    *,
    steps: bool = True,
    moments: int = 0,
    cumulants: int = 0,
    title: str = "",
) -> Report:
    """What is known of a law; with ``steps`` how it is derived.

    ``moments`` and ``cumulants`` are how many of each are listed.

    Raises `ParameterError` for an unknown convention or a negative number of moments.
    """
    entries = [Entry("parameter", (", ".join((symbol.name, *assumptions_of(symbol))),)) for symbol in law.symbols]
    entries.append(Entry("evidence", (law.derivation.evidence_in_words,)))
    entries += [*_moments(law, moments), *_cumulants(law, cumulants)]
    if not steps:
        entries += [Entry("assumed", (step.text,)) for step in law.derivation.assumptions]
    found: list[Block] = [Entries((Entry("law", (law.text,), True),)), *_statement(law, convention)]
    sections = [Section("", (*found, Entries(tuple(entries))))]
    if steps:
        shown = replace(steps_block(law.derivation, convention), summary="")
        sections.append(Section("", (Heading("derivation"), shown)))
    return Report(title, tuple(sections))


def derivation_report(
    law: Law,
    convention: str = "stieltjes",
    *,
    moments: int = 0,
    cumulants: int = 0,
    title: str = "",
    model: str = "",
) -> Report:
    """A law for the supplement of a paper: its model, in LaTeX, what its transform is, and the derivation.

    Raises `ParameterError` for an unknown convention or a negative number of moments.
    """
    formula = law_latex(law.text)
    result = None if law.has_equation else law.statement(convention).formula
    transform = "Stieltjes transform $m$" if convention == "stieltjes" else "Cauchy transform $G$"
    claim = f"the {transform} of the limiting spectral law satisfies"
    more = [
        *_lines("Moments", "m", law.moments(moments) if moments else []),
        *_lines("Free cumulants", r"\kappa", law.free_cumulants(cumulants) if cumulants else []),
    ]
    named = [] if formula is None or (model and formula.startswith(r"\text{")) else _named(law, formula)
    sections = [
        *_model(law, model),
        Section("", (*named, *_parameters(law), convention_prose(convention), *more)),
        Section("", (replace(steps_block(law.derivation, convention), summary="", result=result, claim=claim),)),
    ]
    return Report(title or "Derivation of a law", tuple(sections))


def _named(law: Law, formula: str) -> list[Block]:
    """The law in mathematics, with what its signs mean where no step says it."""
    said = notation([step.text for step in law.derivation.steps]).split("; ")
    signs = [sign for sign in notation([law.text]).split("; ") if sign and sign not in said]
    meaning = f" ({'; '.join(signs)})" if signs else ""
    return [Prose(f"The law is ${formula}${meaning}.", f"The law is {law.text}.")]


def _model(law: Law, model: str) -> list[Section]:
    """The model in LaTeX, or the matrix from whose definition the law was derived, where that is one."""
    if model:
        return [Section("Model", (Display(Formula(lambda: listed(model), lambda: [model])),))]
    stated = [step for step in law.derivation.steps if step.rule.name == MODEL.name]
    if len(stated) != 1 or not law.text.startswith("law_of("):
        return []
    prose = Prose(f"The matrix is {with_laws(stated[0].in_latex)}.", f"The matrix is {stated[0].text}.")
    return [Section("Model", (prose,))]


def _parameters(law: Law) -> list[Block]:
    """The parameters in a sentence."""
    said = [(s, "".join(f", {a}" for a in assumptions_of(s))) for s in law.symbols]
    if not said:
        return []
    latex = "; ".join(f"${expression_latex(symbol)}${assumed}" for symbol, assumed in said)
    return [Prose(f"Parameters: {latex}.", f"Parameters: {'; '.join(f'{s.name}{a}' for s, a in said)}.")]


def _moments(law: Law, count: int) -> list[Entry]:
    return _listed("moments", "m", law.moments(count) if count else [])


def _cumulants(law: Law, count: int) -> list[Entry]:
    return _listed("free cumulants", "kappa", law.free_cumulants(count) if count else [])


def to_text(
    law: Law,
    convention: str = "stieltjes",
    *,
    steps: bool = False,
    moments: int = 0,
    cumulants: int = 0,
) -> str:
    """The law as plain text; see `law_report`.

    >>> from resolvent.derive.laws.elementary import semicircle
    >>> print(to_text(semicircle(), moments=4))
    law: semicircle(1)
    equation in m(z) = int rho(dx)/(x - z), m ~ -1/z at infinity:
      m**2 + z*m + 1 = 0
    evidence: proved
    moments:
      m_1 = 0
      m_2 = 1
      m_3 = 0
      m_4 = 2

    Raises `ParameterError` for an unknown convention or a negative number of moments.
    """
    return text(law_report(law, convention, steps=steps, moments=moments, cumulants=cumulants))


def _statement(law: Law, convention: str) -> tuple[Block, ...]:
    """What the law says: how the transform is defined, its formula, and what stands in it."""
    statement = law.statement(convention)
    note, words = convention_note(convention), f"{statement.heading} {MEANING[convention]}:".lstrip()
    prose = Prose(f"{capital(statement.heading)} {note}".lstrip(), words)
    entries = Entries(tuple(Entry(name, (value,), True) for name, value in statement.entries))
    return (prose, Display(statement.formula), *([entries] if statement.entries else []))


def convention_prose(convention: str) -> Prose:
    """How the transform of a convention is defined.

    Raises `ParameterError` for an unknown convention.
    """
    words = f"In the {convention.capitalize()} convention:"
    return Prose(f"{words} {convention_note(convention)}", f"{words} {MEANING[convention]}")


def steps_block(derivation: Derivation, convention: str) -> Steps:
    """A derivation, each step with its formulas in a convention.

    Raises `ParameterError` for an unknown convention.
    """
    steps = derivation.written(convention)
    summary = f"{len(steps)} step{'s' if len(steps) != 1 else ''}; evidence: {derivation.evidence_in_words}"
    return Steps(summary, steps, derivation.evidence_in_words)


def _lines(title: str, letter: str, values: Sequence[sympy.Expr]) -> list[Block]:
    """Moments or cumulants as formulas, a line each."""
    lines = [line for k, v in enumerate(values, 1) for line in broken(f"{letter}_{{{k}}} = {expression_latex(v)}")]
    return [Prose(f"{title}:", f"{title}:"), Display(Formula(lambda: lines, lambda: lines))] if lines else []


def _listed(title: str, letter: str, values: Sequence[sympy.Expr]) -> list[Entry]:
    texts = tuple(f"{letter}_{k} = {value}" for k, value in enumerate(values, start=1))
    sign = expression_latex(sympy.Symbol(letter))
    formulas = tuple(rf"{sign}_{{{k}}} = {expression_latex(value)}" for k, value in enumerate(values, start=1))
    return [Entry(title, texts, True, formulas)] if texts else []
