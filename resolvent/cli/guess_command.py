"""``resolvent guess``: an equation proposed from exact moments, with the evidence for it."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from resolvent.cli.derive_command import Convention
from resolvent.cli.files import ReportFormat, emit, read_text
from resolvent.cli.guard import CLAIM_FAILS, MEMORY_LIMIT, TIME_LIMIT, MemoryLimit, TimeLimit, guarded, leave, limited
from resolvent.cli.outputs import REPORTS, Outputs, in_formats
from resolvent.cli.subjects import AsJson, Settings, read_settings, read_subject
from resolvent.writing.json_text import json_text

if TYPE_CHECKING:
    from resolvent.proposals.moment_sources import MomentSource


class GuessKind(StrEnum):
    """What is looked for."""

    AUTO = "auto"
    ALGEBRAIC = "algebraic"
    RECURRENCE = "recurrence"
    ODE = "ode"
    ALL = "all"


@guarded
def guess(
    subject: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME_OR_EXPRESSION",
            help="A catalog name (see `list`) or an expression, whose exact moments are used.",
            show_default=False,
        ),
    ] = None,
    cycle_weights: Annotated[
        str | None,
        typer.Option("--cycle-weights", metavar="W", help="Cycle weights: w(t) as in 'eta*t + zeta**2*t**2'."),
    ] = None,
    moments: Annotated[
        str | None, typer.Option("--moments", metavar="LIST", help="Moments: '1, 2, 5, 14, ...', exact numbers.")
    ] = None,
    moments_file: Annotated[
        Path | None,
        typer.Option("--moments-file", metavar="FILE", help="The same from a file (- is standard input); # comments."),
    ] = None,
    start: Annotated[
        int | None,
        typer.Option("--from", min=0, max=1, metavar="0|1", help="The list begins with m_0 or m_1 (as by default)."),
    ] = None,
    settings: Settings = None,
    phi: Annotated[str | None, typer.Option(help="With cycle weights: the ratio of the columns.")] = None,
    psi: Annotated[str | None, typer.Option(help="With cycle weights: the ratio of the rows.")] = None,
    ratios: Annotated[
        str | None,
        typer.Option(metavar="LIST", help="With cycle weights: a ratio for each colour, if there are not two."),
    ] = None,
    kind: Annotated[
        GuessKind, typer.Option(help="What to look for; auto: algebraic, or else the other two.")
    ] = GuessKind.AUTO,
    terms: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="How many moments of a law or of weights to use.")
    ] = None,
    margin: Annotated[
        int, typer.Option(min=4, max=1000, metavar="N", help="How many terms beyond its unknowns it must satisfy.")
    ] = 10,
    format: Annotated[
        ReportFormat | None,
        typer.Option("--format", "-f", help="What to write; text, or what a file's name ends in."),
    ] = None,
    latex: Annotated[bool, typer.Option("--latex", help="Print the equation alone, in LaTeX.")] = False,
    convention: Annotated[
        Convention, typer.Option(help="m(z), or the Cauchy transform G = -m.")
    ] = Convention.STIELTJES,
    json: AsJson = False,
    output: Outputs = None,
    time_limit: TimeLimit = TIME_LIMIT,
    memory_limit: MemoryLimit = MEMORY_LIMIT,
) -> None:
    """Propose an equation from exact moments, and say on how much evidence.

    The moments are those of a law, of cycle weights, or a list. What is found is guessed, never proved; the exit status
    is 1 if nothing is found.
    """
    from resolvent.derive.errors import ParameterError

    if json and latex:
        raise ParameterError("give --json or --latex, not both")
    wanted = ReportFormat.JSON if json else format or (ReportFormat.LATEX if latex else None)
    files = in_formats(output, wanted, REPORTS, ReportFormat.TEXT)
    formats = {chosen for _, chosen in files}
    _check_combination(
        {"NAME_OR_EXPRESSION": subject, "--cycle-weights": cycle_weights, "--moments": moments,
         "--moments-file": moments_file},
        {"--from": start, "--set": settings or None, "--phi": phi, "--psi": psi, "--ratios": ratios, "--terms": terms},
    )  # fmt: skip
    typed = None if moments is None and moments_file is None else _text_of(moments, moments_file)

    from resolvent.proposals.proposal import guess as propose
    from resolvent.writing.formats import WRITERS

    def work() -> list[Any]:
        source, note = _source(subject, cycle_weights, typed, 1 if start is None else start, settings or [],
                               (phi, psi, ratios))  # fmt: skip
        proposal = propose(source, kind.value, terms=terms, margin=margin)
        noted = replace(proposal, notes=(*proposal.notes, *([note] if note else [])))

        def written(chosen: ReportFormat) -> str:
            if chosen is ReportFormat.JSON:
                return json_text(proposal.to_json(convention.value) | ({"reading": note} if note else {}))
            if latex:
                return proposal.latex(convention.value) if proposal.found else ""
            is_text = chosen is ReportFormat.TEXT
            return noted.text(convention.value) if is_text else WRITERS[chosen](noted.report(convention.value))

        return [{chosen.value: written(chosen) for chosen in formats}, bool(proposal.found)]

    texts, is_found = limited(work, "guessing", time_limit, memory_limit)
    for path, chosen in files:
        if texts[chosen.value]:
            emit(texts[chosen.value], path)
    if not is_found:
        leave("nothing is claimed: no equation was found", CLAIM_FAILS)


_GOES_WITH = {
    "--from": ("--moments", "--moments-file"),
    "--set": ("NAME_OR_EXPRESSION", "--cycle-weights"),
    "--phi": ("--cycle-weights",),
    "--psi": ("--cycle-weights",),
    "--ratios": ("--cycle-weights",),
    "--terms": ("NAME_OR_EXPRESSION", "--cycle-weights"),
}


def _check_combination(sources: Mapping[str, Any], options: Mapping[str, Any]) -> None:
    """Exactly one source of moments, and only the options that belong to it."""
    from resolvent.derive.errors import ParameterError

    given = [name for name, value in sources.items() if value is not None]
    if len(given) != 1:
        names = "a name or an expression, --cycle-weights, --moments or --moments-file"
        got = f"; got {' and '.join(given)}" if given else ""
        raise ParameterError(f"give one source of moments: {names}{got}", given=given)
    for name, value in options.items():
        if value is not None and given[0] not in _GOES_WITH[name]:
            raise ParameterError(f"{name} goes with {' or '.join(_GOES_WITH[name])}, not with {given[0]}", option=name)


def _source(
    subject: str | None,
    weights: str | None,
    typed: str | None,
    start: int,
    settings: Sequence[str],
    ratios: tuple[str | None, str | None, str | None],
) -> tuple[MomentSource, str]:
    """The moments, and a remark on how a list was read."""
    from resolvent.language.moment_lists import read_moments
    from resolvent.proposals.moment_sources import MomentSource

    if typed is not None:
        read = read_moments(typed)
        note = "the decimals were read as exact fractions (0.1 is 1/10)" if read.decimals else ""
        return MomentSource.of_numbers(read.values, start), note
    if weights is not None:
        return _weights(weights, settings, *ratios), ""
    assert subject is not None
    return MomentSource.of_law(read_subject(subject, settings, numeric=True).law), ""


def _weights(text: str, settings: Sequence[str], phi: str | None, psi: str | None, ratios: str | None) -> MomentSource:
    from resolvent.derive.errors import ParameterError
    from resolvent.language.expressions import parse_scalar
    from resolvent.proposals.moment_sources import MomentSource

    w = parse_scalar(text)
    if not any(s.name == "t" for s in w.free_symbols):
        raise ParameterError("cycle weights are a function of t, such as eta*t + zeta*t**2/(1 - zeta*t)", weights=text)
    if ratios is not None and (phi is not None or psi is not None):
        raise ParameterError("give --phi and --psi, for two colours, or --ratios, not both")
    levels = None if ratios is None else [parse_scalar(part) for part in ratios.strip("[] ").split(",")]
    first, second = (None if value is None else parse_scalar(value) for value in (phi, psi))
    return MomentSource.of_cycle_weights(w, read_settings(settings), phi=first, psi=second, ratios=levels)


def _text_of(moments: str | None, path: Path | None) -> str:
    """The list as it was typed, or the content of its file (as far as it may be long)."""
    from resolvent.derive.errors import ParameterError
    from resolvent.language.moment_lists import MOST_CHARACTERS

    if moments is not None:
        return moments
    assert path is not None
    if str(path) != "-":
        return read_text(path, MOST_CHARACTERS + 1)
    try:
        return sys.stdin.read(MOST_CHARACTERS + 1)
    except UnicodeDecodeError:
        raise ParameterError("cannot read the standard input: it is no text", path=path) from None
