"""``resolvent derive``: the equation of a law with the derivation that leads to it, in several languages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from resolvent.cli.files import emit
from resolvent.cli.guard import (
    CLAIM_FAILS,
    MEMORY_LIMIT,
    TIME_LIMIT,
    MemoryLimit,
    TimeLimit,
    guarded,
    leave,
    limited,
    note,
)
from resolvent.cli.outputs import REPORTS, file_option, in_formats
from resolvent.cli.subjects import AsJson, Matrices, NameOrExpression, Ratios, Settings, Subject, read_subject

if TYPE_CHECKING:
    from resolvent.derive.derivation.derivation import Derivation
    from resolvent.numeric.density.closed_density import ClosedDensity
    from resolvent.writing.blocks import Report, Section


class Format(StrEnum):
    """The languages a law can be written in."""

    TEXT = "text"
    LATEX = "latex"
    HTML = "html"
    MARKDOWN = "markdown"
    JSON = "json"
    SYMPY = "sympy"
    PYTHON = "python"
    BIBTEX = "bibtex"


_REPORTS = (Format.TEXT, Format.LATEX, Format.HTML, Format.MARKDOWN, Format.BIBTEX)
_ENDINGS = {ending: Format(format.value) for ending, format in REPORTS.items()}
_ENDINGS |= {".py": Format.PYTHON, ".bib": Format.BIBTEX}


class Convention(StrEnum):
    """The transform the equation is written in: m, or G = -m."""

    STIELTJES = "stieltjes"
    CAUCHY = "cauchy"


Outputs = Annotated[
    list[Path] | None,
    file_option("Write to a file, in the format of its ending: .tex, .html, .md, .json, .py, .txt or .bib"),
]


@guarded
def derive(
    subject: NameOrExpression,
    settings: Settings = None,
    matrix: Matrices = None,
    ratio: Ratios = None,
    format: Annotated[
        Format | None, typer.Option("--format", "-f", help="What to write; text, or what a file's name ends in.")
    ] = None,
    convention: Annotated[
        Convention, typer.Option(help="m(z), or the Cauchy transform G = -m.")
    ] = Convention.STIELTJES,
    steps: Annotated[bool, typer.Option("--steps/--no-steps", help="With or without the derivation.")] = True,
    moments: Annotated[int, typer.Option(min=0, metavar="N", help="List the first N moments.")] = 0,
    cumulants: Annotated[int, typer.Option(min=0, metavar="N", help="List the first N free cumulants.")] = 0,
    closed_form: Annotated[
        bool,
        typer.Option("--closed-form", help="Write the density in closed form instead, where there is one."),
    ] = False,
    fragment: Annotated[
        bool,
        typer.Option(
            "--fragment",
            help="With --format latex: no preamble, so that a paper can read it in; with a .bib file, no sources.",
        ),
    ] = False,
    check: Annotated[bool, typer.Option("--check", help="Verify every step of the derivation again.")] = False,
    json: AsJson = False,
    output: Outputs = None,
    time_limit: TimeLimit = TIME_LIMIT,
    memory_limit: MemoryLimit = MEMORY_LIMIT,
) -> None:
    """Derive the equation of a law.

    Names in an expression that are no functions are parameters, assumed positive. Write fractions as 1/2; + is the free
    sum, @ the free product, and numbers shift and scale. With --matrix the expression is one in matrices.
    """
    from resolvent.derive.errors import DerivationError, ParameterError

    wanted = Format.JSON if json else format
    files = in_formats(output, wanted, _ENDINGS, Format.TEXT)
    formats = {chosen for _, chosen in files}
    for chosen in formats:
        if (moments or cumulants) and chosen not in (*_REPORTS, Format.JSON):
            raise ParameterError(
                f"--moments and --cumulants go with --format text, latex, html, markdown and json, not {chosen.value}"
            )
    if fragment and (Format.LATEX not in formats or not steps):
        raise ParameterError("--fragment goes with --format latex, and with the derivation")

    def work() -> dict[str, Any]:
        found = read_subject(subject, settings or [], matrices=matrix, ratios=ratio)
        density = _closed_form(found, closed_form, wanted=steps and not formats.isdisjoint(_REPORTS))
        derivation = density.derivation if closed_form and density else found.law.derivation
        if check:
            try:
                derivation.check()
            except DerivationError as error:
                return {"fails": str(error)}
        texts = {}
        for chosen in formats:
            part = _part(files, fragment and chosen is Format.LATEX)
            if closed_form and density:
                texts[chosen.value] = _closed_form_written(found, density, chosen, convention.value, part)
            else:
                more = density if steps and chosen in _REPORTS else None
                texts[chosen.value] = _written(
                    found, more, chosen, convention.value, steps, moments, cumulants, check, part
                )
        return {"texts": texts, "holding": _holding(derivation) if check else ""}

    result = limited(work, "deriving", time_limit, memory_limit)
    if "fails" in result:
        leave(f"the derivation does not hold: {result['fails']}", CLAIM_FAILS)
    if check and (closed_form or not formats <= {*_REPORTS, Format.JSON}):
        note(result["holding"])
    for path, chosen in files:
        emit(result["texts"][chosen.value], path)


def _part(files: Sequence[tuple[Path | None, Format]], wanted: bool) -> dict[str, Any] | None:
    """How a fragment of a paper is written: its labels by the file's name; its sources, unless a file has them."""
    if not wanted:
        return None
    stems = [path.stem for path, chosen in files if path and chosen is Format.LATEX]
    has_file = any(chosen is Format.BIBTEX for _, chosen in files)
    return {"name": re.sub(r"[^A-Za-z0-9]+", "-", stems[0]) if stems else "", "has_sources": not has_file}


def _holding(derivation: Derivation) -> str:
    assumed = len(derivation.assumptions)
    told = f", {assumed} of them assumption{'s' if assumed > 1 else ''}, which cannot be checked" if assumed else ""
    return f"all {len(derivation.steps)} steps hold{told}"


def _closed_form(subject: Subject, asked: bool, *, wanted: bool) -> ClosedDensity | None:
    """The density in closed form if there is one at the subject's values; it must be there if it is asked for."""
    from resolvent.derive.errors import ParameterError

    form = subject.entry.closed_form if subject.entry else None
    if form is not None and form.covers(subject.values):
        return form.derive() if asked or wanted else None
    if not asked:
        return None
    if form is None:
        raise ParameterError("no closed form of the density is known to be derived here; leave out --closed-form")
    values = " ".join(f"--set {name}={value}" for name, value in form.parameters.items())
    raise ParameterError(f"the closed form of the density is derived at {values}")


def _closed_form_written(
    subject: Subject, density: ClosedDensity, chosen: Format, convention: str, fragment: dict[str, Any] | None
) -> str:
    from resolvent.derive.errors import ParameterError
    from resolvent.writing.blocks import Report

    assert subject.entry is not None
    title = f"{subject.entry.title}: the density at {_place(subject)}"
    if chosen is Format.SYMPY:
        return str(density.expression)
    if chosen in _REPORTS:
        title = "" if chosen is Format.TEXT else title
        report = Report(title, (_closed_form_section(subject, density, convention),))
        return _report_written(report, chosen, fragment)
    raise ParameterError(f"--closed-form goes with --format text, latex or sympy, html or markdown, not {chosen.value}")


def _place(subject: Subject) -> str:
    """The values of the parameters at which the closed form holds."""
    assert subject.entry is not None
    assert subject.entry.closed_form is not None
    return ", ".join(f"{name} = {value}" for name, value in subject.entry.closed_form.parameters.items())


def _closed_form_section(subject: Subject, density: ClosedDensity, convention: str) -> Section:
    import sympy

    from resolvent.writing.blocks import Heading, Section
    from resolvent.writing.law_report import steps_block

    heading = Heading(f"density in closed form at {_place(subject)}")
    integrals = r", with the complete elliptic integrals $K$ and $E$ as functions of the parameter $k^2$,"
    is_elliptic = density.expression.has(sympy.elliptic_k, sympy.elliptic_e)
    claim = f"the density of the limiting spectral law{integrals if is_elliptic else ''} is"
    return Section("", (heading, replace(steps_block(density.derivation, convention), summary="", claim=claim)))


def _written(
    subject: Subject,
    density: ClosedDensity | None,
    chosen: Format,
    convention: str,
    steps: bool,
    moments: int,
    cumulants: int,
    checked: bool,
    fragment: dict[str, Any] | None,
) -> str:
    from resolvent.writing import law_text as export
    from resolvent.writing.blocks import Section, Words
    from resolvent.writing.json_text import json_text
    from resolvent.writing.law_report import derivation_report, law_report
    from resolvent.writing.python_function import to_python_function

    law, entry = subject.law, subject.entry
    if chosen is Format.LATEX and not steps:
        return law.latex(convention)
    if chosen is Format.SYMPY:
        return export.to_sympy_code(law, convention)
    if chosen is Format.PYTHON:
        return to_python_function(law, convention)
    if chosen is Format.JSON:
        found: dict[str, Any] = {"ensemble": entry.slug if entry else None}
        found |= export.to_json(law, convention, steps=steps, moments=moments, cumulants=cumulants)
        return json_text(found | ({"checked": True} if checked else {}))
    title = f"{entry.slug}: {entry.title}" if entry else "" if chosen is Format.TEXT else law.text
    report = law_report(law, convention, steps=steps, moments=moments, cumulants=cumulants, title=title)
    if chosen in (Format.LATEX, Format.BIBTEX):
        name, model = (entry.title, entry.model) if entry else ("", "")
        report = derivation_report(law, convention, moments=moments, cumulants=cumulants, title=name, model=model)
    more = [_closed_form_section(subject, density, convention)] if density else []
    if checked:
        told = "Checked" if chosen is Format.LATEX else "checked"
        more.append(Section("", (Words(f"{told}: {_holding(law.derivation)}"),)))
    report = replace(report, sections=(*report.sections, *more))
    return _report_written(report, chosen, fragment)


def _report_written(report: Report, chosen: Format, fragment: dict[str, Any] | None) -> str:
    from resolvent.writing.formats import WRITERS
    from resolvent.writing.latex import bibtex, latex_fragment

    if chosen is Format.BIBTEX:
        return bibtex(report)
    return latex_fragment(report, **fragment) if fragment else WRITERS[chosen](report)
