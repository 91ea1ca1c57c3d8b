"""What a search for equations in moments found, as data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from flint import fmpq

from resolvent.derive.laws.from_guess import stieltjes_form, stieltjes_polynomial
from resolvent.derive.sequences.ode import LinearODE
from resolvent.derive.sequences.recurrence import Recurrence
from resolvent.derive.sequences.relation_search import Finding
from resolvent.proposals.moment_sources import MomentSource


@dataclass(frozen=True, eq=False)
class ProposalRecord:
    """What `guess` found in a sequence of moments.

    Attributes:
        source: where the moments come from.
        terms: m_0, m_1, ..., those that were used.
        margin: how many terms more than unknowns were demanded.
        findings: one for each kind of relation that was looked for.
        predicted: the next moments by the relation found first (up to three).
        hankel_failure: the first n for which no positive measure has m_n after the earlier moments, None if none shows.
        hankel_tested: how many moments were tested for that.
        measure: whether the branch of the algebraic equation belongs to a probability measure: True, False, or None
            where that is open.
        notes: what was compared, in sentences.
    """

    source: MomentSource = field(repr=False)
    terms: tuple[fmpq, ...] = field(repr=False)
    margin: int
    findings: tuple[Finding, ...]
    predicted: tuple[fmpq, ...] = ()
    hankel_failure: int | None = None
    hankel_tested: int = 0
    measure: bool | None = None
    notes: tuple[str, ...] = ()

    @property
    def found(self) -> bool:
        """Whether an equation is proposed."""
        return any(f.guess for f in self.findings)

    @property
    def best(self) -> Finding | None:
        """The finding that is proposed: the first with a relation."""
        return next((f for f in self.findings if f.guess), None)

    @property
    def kind(self) -> str | None:
        """ "algebraic", "recurrence" or "ode"; None if nothing was found."""
        return self.best.kind if self.best else None

    @property
    def equation(self) -> Any:
        """The proposed equation, None if nothing was found.

        A polynomial in ``rv.z`` and ``rv.m``, equal to 0; the `Recurrence` of the moments; or the `LinearODE` of m(z).
        """
        return equation_of(self.best) if self.best else None

    @property
    def evidence(self) -> str:
        """The evidence in words: ``guessed: ...``, or ``nothing claimed``."""
        return self.best.guess.evidence if self.best and self.best.guess else "nothing claimed"


def equation_of(finding: Finding) -> Any:
    """A finding's relation for the transform: of m(z), or of the moments; None if there is none."""
    if finding.guess is None:
        return None
    relation = finding.guess.relation
    if isinstance(relation, Recurrence):
        return relation
    return stieltjes_form(relation) if isinstance(relation, LinearODE) else stieltjes_polynomial(relation)
