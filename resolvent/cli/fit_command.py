"""``resolvent fit``: the parameters of a law from the eigenvalues, or the matrix, in a file."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Annotated

import typer

from resolvent.cli.density_command import PICTURES, check_output
from resolvent.cli.files import check_order, emit, write_file
from resolvent.cli.guard import MEMORY_LIMIT, TIME_LIMIT, MemoryLimit, TimeLimit, guarded, limited
from resolvent.cli.subjects import (
    ArrayName,
    AsJson,
    Beta,
    DataFile,
    Matrices,
    NameOrExpression,
    Ratios,
    Settings,
    Singular,
    read_subject,
)
from resolvent.numeric.style import drawn
from resolvent.writing.json_text import json_text


@guarded
def fit(
    file: DataFile,
    subject: NameOrExpression,
    settings: Settings = None,
    matrix: Matrices = None,
    ratio: Ratios = None,
    array: ArrayName = None,
    singular: Singular = False,
    beta: Beta = None,
    confidence: Annotated[float, typer.Option(help="The probability with which each interval covers.")] = 0.95,
    plot: Annotated[
        Path | None, typer.Option("--plot", metavar="FILE", help="Draw histogram and fitted density: .png, .svg, .pdf.")
    ] = None,
    time_limit: TimeLimit = TIME_LIMIT,
    memory_limit: MemoryLimit = MEMORY_LIMIT,
    json: AsJson = False,
) -> None:
    """Find the parameters of a law from eigenvalues, with intervals; those that --set gives are held.

    A file with one column or row holds eigenvalues; a symmetric matrix gives its own.
    The exit status is 0 for a law that explains them, 1 for one that does not, 2 for bad use and without a fit.
    """
    from resolvent.data.files import read_array
    from resolvent.data.fit import fit as fit_values

    if plot is not None:
        check_output(plot, PICTURES)
    check_order(file, subject)
    values = read_array(file, array)

    def work() -> list[str]:
        law = read_subject(subject, settings or [], matrices=matrix, ratios=ratio).law
        found = fit_values(values, law, beta=beta, confidence=confidence, singular=singular or None)
        picture = b"" if plot is None else drawn(found.plot, plot.suffix.lower())
        text = json_text(found.to_json()) if json else found.text()
        return ["0" if found.explains else "1", text, base64.b64encode(picture).decode()]

    status, text, picture = limited(work, "fitting", time_limit, memory_limit)
    emit(text, None)
    if plot is not None:
        write_file(plot, base64.b64decode(picture))
    raise typer.Exit(int(status))
