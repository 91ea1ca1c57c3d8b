"""The derivation of a conjecture's model for its reports: with symbols where that is quick, else at the first point."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from functools import partial
from typing import Any

from resolvent.catalog.conjectures.conjecture import Conjecture, Model, Point, point_text
from resolvent.conjectures.exact.model_laws import model_law, symbolic_law
from resolvent.conjectures.report.outcome import Outcome
from resolvent.derive.derivation.document import Formula, WrittenStep
from resolvent.derive.errors import ResolventError
from resolvent.derive.exact.deadline import within
from resolvent.derive.laws.record import Law
from resolvent.writing.blocks import Steps
from resolvent.writing.law_report import steps_block

_SECONDS = 20.0


def model_steps(verdict: Outcome) -> Steps | None:
    """The steps of the model's derivation in the claim's convention; None where no derivation is known, or quick."""
    conjecture = verdict.conjecture
    if conjecture.model is None:
        return None
    point = conjecture.points[0]
    at = f" at {point_text(point)}" if point else ""
    laws: tuple[tuple[str, Callable[..., Law | None]], ...] = (("", symbolic_law), (at, model_law))
    for where, law in laws:
        try:
            found = within(_SECONDS, partial(_plain, law, conjecture.model, point, _convention(conjecture)))
        except ResolventError:
            continue
        if found is not None:
            return Steps(found["summary"] + where, tuple(map(_step, found["steps"])), found["evidence"])
    return None


def _convention(conjecture: Conjecture) -> str:
    return conjecture.claim.equation.convention if conjecture.claim.equation is not None else "stieltjes"


def _plain(law_of: Callable[..., Law | None], model: Model, point: Point, convention: str) -> dict[str, Any] | None:
    """The derivation as plain data, which a child process can send."""
    law = law_of(model, point)
    if law is None:
        return None
    block = steps_block(law.derivation, convention)
    steps = [
        {field.name: getattr(step, field.name) for field in fields(step)}
        | {"formulas": [(list(f.latex()), list(f.text())) for f in step.formulas]}
        for step in block.steps
    ]
    return {"summary": block.summary, "evidence": block.evidence, "steps": steps}


def _step(plain: dict[str, Any]) -> WrittenStep:
    formulas = tuple(Formula(lambda a=latex: a, lambda b=text: b) for latex, text in plain["formulas"])  # type: ignore[misc]
    return WrittenStep(**(plain | {"uses": tuple(plain["uses"]), "formulas": formulas}))
