"""Equations found in moments: what is proposed, on how much evidence, and what follows from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sympy
from flint import fmpq

from resolvent.derive.border import checked
from resolvent.derive.errors import BranchError, DerivationError, ParameterError, PrecisionError
from resolvent.derive.holonomic.algebraic_ode import algebraic_ode
from resolvent.derive.holonomic.holonomic_law import holonomic, law_of_moments
from resolvent.derive.laws.from_guess import guessed_law, shape_of_equation
from resolvent.derive.laws.positivity import require_law
from resolvent.derive.laws.record import Law
from resolvent.derive.presentation import Presented
from resolvent.derive.sequences.guessing import MARGIN
from resolvent.derive.sequences.relation_search import (
    ALGEBRAIC,
    KINDS,
    RECURRENCE,
    Finding,
    find_relation,
    predicted_terms,
)
from resolvent.derive.support.hankel import first_hankel_failure, first_hankel_failure_in_balls
from resolvent.proposals.moment_sources import MomentSource
from resolvent.proposals.proposal_text import proposal_report, to_json, to_latex, to_text
from resolvent.proposals.record import ProposalRecord, equation_of
from resolvent.writing.blocks import Report
from resolvent.writing.html import html_page
from resolvent.writing.markdown import markdown

AUTO, ALL = "auto", "all"
PREDICTED = 3
_EXACT_HANKEL, _MOST_HANKEL = 65, 257
_LAW_TERMS = 60  # from which the law of a recurrence is made again
_CONTINUED = 41  # so many moments in all are tested where a relation continues a short list
_MOST_ELIMINATED = 4  # the degree in m up to which the derived differential equation is computed for comparison


@checked
@dataclass(frozen=True, eq=False, repr=False)
class Proposal(ProposalRecord, Presented):
    """What `guess` found in a sequence of moments; what it holds stands in `ProposalRecord`."""

    def __repr__(self) -> str:
        equation = self.equation
        shown = equation.text() if hasattr(equation, "text") else f"{equation} = 0"
        return f"<Proposal: {shown}; {self.evidence}>" if self.found else "<Proposal: no equation was found>"

    def law(self) -> Law:
        """The law of the proposed equation, of evidence `guessed`.

        Raises `DerivationError` if nothing was found, the relation is a differential equation, or no probability
        measure has these moments.
        """
        best = self.best
        if best is None or best.guess is None:
            raise DerivationError("no equation was found, so there is no law", proposal=self)
        if best.kind == ALGEBRAIC:
            if self.terms[0] != 1:
                raise DerivationError(f"the total mass m_0 = {self.terms[0]} is not 1; divide by it", proposal=self)
            return require_law(guessed_law(self.terms, best.guess))
        if best.kind == RECURRENCE:
            return law_of_moments(self.terms[: max(best.searched, _LAW_TERMS)], self.margin)
        raise DerivationError("a law is made from the recurrence of its moments; guess with kind='recurrence'")

    def text(self, convention: str = "stieltjes") -> str:
        """The report as plain text.

        Raises `ParameterError` for an unknown convention.
        """
        return to_text(self, convention)

    def latex(self, convention: str = "stieltjes") -> str:
        """The equations that were found in LaTeX, one a line.

        Raises `DerivationError` if there are none, `ParameterError` for an unknown convention.
        """
        return to_latex(self, convention)

    def report(self, convention: str = "stieltjes") -> Report:
        """What the writers of `resolvent.writing.formats` write.

        Raises `ParameterError` for an unknown convention.
        """
        return proposal_report(self, convention, "An equation guessed from moments")

    def html(self, convention: str = "stieltjes") -> str:
        """The report as a web page.

        Raises `ParameterError` for an unknown convention.
        """
        return html_page(self.report(convention))

    def markdown(self, convention: str = "stieltjes") -> str:
        """The report in Markdown.

        Raises `ParameterError` for an unknown convention.
        """
        return markdown(self.report(convention))

    def to_json(self, convention: str = "stieltjes") -> dict[str, Any]:
        """The proposal as plain values that `json.dumps` takes; exact numbers are texts.

        Raises `ParameterError` for an unknown convention.
        """
        return to_json(self, convention)


@checked
def guess(
    subject: Law | MomentSource | Sequence[Any],
    kind: str = AUTO,
    *,
    start: int = 1,
    terms: int | None = None,
    margin: int = MARGIN,
) -> Proposal:
    """Propose an equation for a law, or for a list of moments, from its exact moments alone.

    Args:
        subject: a law without free parameters, or its moments [m_1, m_2, ...]: int, Fraction, "1/2", SymPy rationals.
        kind: "algebraic", an equation of m(z); "recurrence", of the moments; "ode", a linear differential equation of
            m(z); "all"; or "auto": algebraic, and if there is none the other two.
        start: 0 if a list begins with m_0; by default it begins with m_1, and m_0 = 1.
        terms: how many moments of a law are used, m_0 included.
        margin: how many terms more than its unknowns an equation has to satisfy.

    >>> proposal = guess([1, 2, 5, 14, 42, 132, 429, 1430, 4862, 16796, 58786, 208012, 742900, 2674440, 9694845])
    >>> proposal.equation, proposal.evidence
    (m**2*z + m*z + 1, 'guessed: 6 unknowns from 6 terms, verified on 10 more')
    >>> proposal.predicted
    (35357670, 129644790, 477638700)

    If nothing is found the proposal says so, with the shapes that were tried (``found`` is False).

    Raises `ParameterError` for arguments that are not as above, and for free parameters.
    """
    source = _source(subject, start)
    if kind not in (AUTO, ALL, *KINDS):
        raise ParameterError(f"unknown kind {kind!r}; known: {', '.join((AUTO, *KINDS, ALL))}", kind=kind)
    if terms is not None and source.is_list:
        raise ParameterError("terms goes with laws; of a list all numbers are used", terms=terms)
    count = source.usual if terms is None else terms
    if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= source.most:
        raise ParameterError(f"the number of terms must be from 1 to {source.most}; got {count!r}", terms=count)
    later = 0 if source.is_list else PREDICTED
    known = source.terms(count + later)
    values = known[:count]
    findings = _searched(values, kind, margin)
    failure, tested = _hankel(values)
    best = next((f for f in findings if f.guess), None)
    predicted: list[fmpq] = []
    notes: list[str] = []
    measure = None
    if best is not None and best.guess is not None:
        predicted = predicted_terms(best.guess.relation, values, PREDICTED)
        measure, words = _measure(values, best, failure)
        notes += [words] if words else []
        notes += _continued(values, best, failure)
    notes += [note for f in findings for note in _compared(source, f)]
    if later and predicted:
        agree = predicted == known[count : count + len(predicted)]
        notes.append(f"the next {len(predicted)} exact moments {'agree' if agree else 'do NOT agree'} with it")
    notes += _hint_at_start(source, failure)
    return Proposal(source, tuple(values), margin, findings, tuple(predicted), failure, tested, measure, tuple(notes))


def _source(subject: Any, start: int) -> MomentSource:
    if isinstance(subject, (Law, MomentSource)):
        if start != 1:
            raise ParameterError("start goes with a list of moments, not with a law", start=start)
        return subject if isinstance(subject, MomentSource) else MomentSource.of_law(subject)
    return MomentSource.of_numbers(subject, start)


def _searched(values: Sequence[fmpq], kind: str, margin: int) -> tuple[Finding, ...]:
    if kind != AUTO:
        return tuple(find_relation(values, k, margin) for k in (KINDS if kind == ALL else (kind,)))
    first = find_relation(values, ALGEBRAIC, margin)
    others = () if first.guess else KINDS[1:]
    return (first, *(find_relation(values, k, margin) for k in others))


def _hankel(values: Sequence[fmpq]) -> tuple[int | None, int]:
    """The first moment that fails, and how many were tested: some exactly, more in ball arithmetic."""
    exact = list(values[:_EXACT_HANKEL])
    failure = first_hankel_failure(exact)
    if failure is not None or len(values) == len(exact):
        return failure, len(exact)
    more = values[:_MOST_HANKEL]
    failure = first_hankel_failure_in_balls(more)
    return failure, len(exact) if failure is None else len(more)


def _measure(values: Sequence[fmpq], finding: Finding, failure: int | None) -> tuple[bool | None, str]:
    """Whether the branch of an algebraic equation is a probability measure's, and why not."""
    if finding.kind != ALGEBRAIC or finding.guess is None:
        return (False, "") if failure is not None else (None, "")
    if failure is not None:
        return False, ""
    try:
        law = guessed_law(values, finding.guess)
    except DerivationError as error:
        return None, f"the branch was not tested: {error}"
    try:
        require_law(law)
    except DerivationError as error:
        return False, f"the branch belongs to no probability measure: {error.objects.get('reason', error)}"
    except (BranchError, PrecisionError) as error:
        return None, f"whether the branch belongs to a probability measure is open: {error}"
    return True, ""


def _continued(values: Sequence[fmpq], finding: Finding, failure: int | None) -> list[str]:
    """Whether the moments that follow by a linear relation are still moments."""
    if finding.kind == ALGEBRAIC or finding.guess is None or failure is not None or len(values) >= _CONTINUED:
        return []
    more = [*values, *predicted_terms(finding.guess.relation, values, _CONTINUED - len(values))]
    later = first_hankel_failure(more)
    if later is None:
        return [f"the moments that follow by it, to m_{len(more) - 1}, exclude no measure either"]
    return [f"no positive measure has the moments that follow by it: m_{later} is the first that fails"]


def _compared(source: MomentSource, finding: Finding) -> list[str]:
    """How a finding compares with what is derived."""
    if source.objection:
        return [f"no law is derived from these weights: {source.objection}"] if finding.kind == ALGEBRAIC else []
    law: Any = source.law
    if law is not None and law.has_recurrence and finding.guess is not None:
        return _compared_with_holonomic(law, finding)
    if law is None or not law.has_equation:
        return []
    if finding.kind == ALGEBRAIC:
        return [_compared_with_polynomial(law, finding)]
    if finding.guess is None or law.equation.degree > _MOST_ELIMINATED:
        return []
    if finding.kind == RECURRENCE:
        return _compared_with_holonomic(holonomic(law), finding)
    return [_same("differential equation", equation_of(finding), algebraic_ode(law.equation), "elimination gives")]


def _compared_with_holonomic(law: Law, finding: Finding) -> list[str]:
    if finding.kind == RECURRENCE:
        return [_same("recurrence", equation_of(finding), law.recurrence, "the derivation gives")]
    if finding.kind != ALGEBRAIC:
        return [_same("differential equation", equation_of(finding), law.ode, "the derivation gives")]
    return []


def _same(what: str, own: Any, derived: Any, source: str) -> str:
    if own.coefficients == derived.coefficients:
        return f"the {what} is the one that {source}"
    return (
        f"the {what} has order {own.order} and degree {own.degree}; the one that {source} has order {derived.order} "
        f"and degree {derived.degree}"
    )


def _compared_with_polynomial(law: Law, finding: Finding) -> str:
    evidence = law.evidence.value
    if finding.guess is None:
        height, width = shape_of_equation(law.equation)
        unknowns = (height + 1) * (width + 1)
        return (
            f"the derived equation ({evidence}) has the shape {(height, width)}, so {unknowns} unknowns: more terms or "
            "a larger degree are needed to find it"
        )
    found = sympy.Poly(equation_of(finding), *sympy.symbols("z m"))
    derived = sympy.Poly(law.equation.expr, *sympy.symbols("z m"))
    if found in (derived, -derived):
        return f"the algebraic equation is the derived one ({evidence})"
    return f"the algebraic equation is NOT the derived one ({evidence}), {law.equation.expr} = 0"


def _hint_at_start(source: MomentSource, failure: int | None) -> list[str]:
    """A list that fails as m_1, m_2, ... but not as m_0, m_1, ... was probably meant so."""
    if not source.is_list or source.start == 0 or failure is None:
        return []
    values = source.terms(source.usual)[1:]
    if values[0] != 1 or first_hankel_failure(values[:_EXACT_HANKEL]) is not None:
        return []
    return ["read from m_0 on the numbers pass this test; if the list begins with m_0 = 1, say so: --from 0 (start=0)"]


__all__ = ["Proposal", "guess"]
