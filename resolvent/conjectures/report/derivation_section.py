"""The derivation of a conjecture's model for its reports: with symbols where that is quick, else at the first point."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from resolvent.catalog.conjectures.conjecture import Conjecture, point_text
from resolvent.conjectures.exact.deadline import within
from resolvent.conjectures.exact.model_laws import model_law, symbolic_law
from resolvent.derive.errors import ResolventError
from resolvent.writing.blocks import Steps, StepText

if TYPE_CHECKING:
    from resolvent.conjectures.report.outcome import Outcome
    from resolvent.derive.derivation.derivation import Derivation
    from resolvent.derive.laws.algebraic_law import Law

_SECONDS = 20.0


def model_steps(verdict: Outcome) -> Steps | None:
    """The steps of the model's derivation in the claim's convention; None where no derivation is known, or quick."""
    conjecture = verdict.conjecture
    if conjecture.model is None:
        return None
    point = conjecture.points[0]
    at = f" at {point_text(point)}" if point else ""
    for where, law in (
        ("", lambda: symbolic_law(conjecture.model, point)),
        (at, lambda: model_law(conjecture.model, point)),
    ):
        try:
            found = within(_SECONDS, lambda law=law, where=where: _plain(law(), where, _convention(conjecture)))  # type: ignore[misc]
        except ResolventError:
            continue
        if found is not None:
            steps = tuple(
                StepText(**{**s, "uses": tuple(s["uses"]), "formulas": tuple(map(tuple, s["formulas"]))})
                for s in found["steps"]
            )
            return Steps(found["summary"], steps, found["latex"])
    return None


def _convention(conjecture: Conjecture) -> str:
    return conjecture.claim.equation.convention if conjecture.claim.equation is not None else "stieltjes"


def _plain(law: Law | None, where: str, convention: str) -> dict[str, Any] | None:
    """The derivation as plain data, which a child process can send."""
    if law is None:
        return None
    from resolvent.derive.derivation.latex import derivation_list

    derivation = law.derivation
    count = len(derivation.steps)
    return {
        "summary": f"{count} step{'s' if count != 1 else ''}{where}; evidence: {derivation.evidence.value}",
        "steps": [asdict(step) for step in _steps(derivation, convention)],
        "latex": derivation_list(derivation, convention),
    }


def _steps(derivation: Derivation, convention: str) -> list[StepText]:
    from resolvent.derive.derivation.latex import formula_lines

    return [
        StepText(
            number=derivation.number(step),
            kind=step.kind,
            rule=step.rule.name,
            statement=step.rule.latex or step.rule.statement,
            in_latex=bool(step.rule.latex),
            text=step.text,
            uses=tuple(sorted({derivation.number(s) for s in step.uses})),
            reference=step.rule.reference,
            formulas=tuple(tuple(formula_lines(f, convention, fit=False)) for f in step.formulas),
        )
        for step in derivation.steps
    ]
