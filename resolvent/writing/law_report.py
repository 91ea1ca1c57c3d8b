"""A law as a report: its equation, what is known of it, and the derivation."""

from __future__ import annotations

from resolvent.derive.derivation.derivation import Derivation
from resolvent.derive.derivation.latex import convention_note
from resolvent.writing.blocks import Prose, Steps
from resolvent.writing.law_text import MEANING


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
    summary = f"{len(steps)} step{'s' if len(steps) != 1 else ''}; evidence: {derivation.evidence.value}"
    return Steps(summary, steps, derivation.evidence.value)
