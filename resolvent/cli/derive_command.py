"""``resolvent derive``: the equation of a law with the derivation that leads to it, in several languages."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from .files import check_writable, emit
from .guard import CLAIM_FAILS, guarded, interruptible, leave, note
from .subjects import AsJson, NameOrExpression, Settings, Subject, read_subject, to_json_text


class Format(StrEnum):
    """The languages a law can be written in."""

    TEXT = "text"
    LATEX = "latex"
    JSON = "json"
    SYMPY = "sympy"
    PYTHON = "python"


class Convention(StrEnum):
    """The transform the equation is written in: m, or G = -m."""

    STIELTJES = "stieltjes"
    CAUCHY = "cauchy"


Output = Annotated[Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write to a file.")]


@guarded
def derive(
    subject: NameOrExpression,
    settings: Settings = None,
    format: Annotated[Format, typer.Option("--format", "-f", help="What to write.")] = Format.TEXT,
    convention: Annotated[
        Convention, typer.Option(help="m(z), or the Cauchy transform G = -m.")
    ] = Convention.STIELTJES,
    steps: Annotated[bool, typer.Option("--steps/--no-steps", help="With or without the derivation.")] = True,
    moments: Annotated[int, typer.Option(min=0, metavar="N", help="List the first N moments.")] = 0,
    cumulants: Annotated[int, typer.Option(min=0, metavar="N", help="List the first N free cumulants.")] = 0,
    check: Annotated[bool, typer.Option("--check", help="Verify every step of the derivation again.")] = False,
    json: AsJson = False,
    output: Output = None,
) -> None:
    """Derive the equation of a law.

    Names in an expression that are no functions are parameters, assumed positive. Write fractions as 1/2; + is the free
    sum, @ the free product, and numbers shift and scale.
    """
    from derive.errors import DerivationError, ParameterError
    from resolvent.progress import Progress

    chosen = Format.JSON if json else format
    if (moments or cumulants) and chosen not in (Format.TEXT, Format.JSON):
        raise ParameterError(f"--moments and --cumulants go with --format text or json, not {chosen.value}")
    if output is not None:
        check_writable(output)
    with Progress("deriving"), interruptible():
        found = read_subject(subject, settings or [])
        if check:
            try:
                found.law.derivation.check()
            except DerivationError as error:
                leave(f"the derivation does not hold: {error}", CLAIM_FAILS)
        text = _written(found, chosen, convention.value, steps, moments, cumulants, check)
    if check and chosen not in (Format.TEXT, Format.JSON):
        note(f"all {len(found.law.derivation.steps)} steps hold")
    emit(text, output)


def _written(
    subject: Subject, chosen: Format, convention: str, steps: bool, moments: int, cumulants: int, checked: bool
) -> str:
    from resolvent import export
    from resolvent.export_python import to_python_function

    law, entry = subject.law, subject.entry
    if chosen is Format.LATEX:
        return export.to_latex(law, convention, steps=steps, title=entry.title if entry else "")
    if chosen is Format.SYMPY:
        return export.to_sympy_code(law, convention)
    if chosen is Format.PYTHON:
        return to_python_function(law, convention)
    if chosen is Format.JSON:
        found: dict[str, Any] = {"ensemble": entry.slug if entry else None}
        found |= export.to_json(law, convention, steps=steps, moments=moments, cumulants=cumulants)
        if checked:
            found["checked"] = True
        return to_json_text(found)
    lines = [f"{entry.slug}: {entry.title}"] if entry else []
    lines.append(export.to_text(law, convention, steps=steps, moments=moments, cumulants=cumulants))
    if checked:
        lines.append(f"checked: all {len(law.derivation.steps)} steps hold")
    return "\n".join(lines)
