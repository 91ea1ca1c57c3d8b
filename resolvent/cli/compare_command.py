"""``resolvent compare``: eigenvalues, or a matrix, from a file against a law."""

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

_STATUS = {"supported": 0, "refuted": 1, "undecided": 3}


@guarded
def compare(
    file: DataFile,
    subject: NameOrExpression,
    settings: Settings = None,
    matrix: Matrices = None,
    ratio: Ratios = None,
    array: ArrayName = None,
    singular: Singular = False,
    lanczos: Annotated[
        bool, typer.Option("--lanczos", help="Estimate the spectrum of a large matrix from its products with vectors.")
    ] = False,
    beta: Beta = None,
    level: Annotated[float, typer.Option(help="How often a true law may be refuted, at most.")] = 0.01,
    resolution: Annotated[
        float, typer.Option(help="The relative error that must be seen before a law is supported.")
    ] = 0.02,
    plot: Annotated[
        Path | None, typer.Option("--plot", metavar="FILE", help="Draw histogram and density: .png, .svg, .pdf.")
    ] = None,
    time_limit: TimeLimit = TIME_LIMIT,
    memory_limit: MemoryLimit = MEMORY_LIMIT,
    json: AsJson = False,
) -> None:
    """Compare eigenvalues with a law: supported, refuted or undecided, with what sticks out of the support.

    A file with one column or row holds eigenvalues; a symmetric matrix gives its own.
    The exit status is 0 for supported, 1 for refuted, 3 for undecided, 2 for bad use.
    """
    from resolvent.data.comparison import compare as compare_values
    from resolvent.data.files import read_array

    if plot is not None:
        check_output(plot, PICTURES)
    check_order(file, subject)
    values = read_array(file, array)

    def work() -> list[str]:
        found = read_subject(subject, settings or [], numeric=True, matrices=matrix, ratios=ratio)
        comparison = compare_values(
            values,
            found.law,
            beta=beta,
            level=level,
            resolution=resolution,
            singular=singular or None,
            lanczos=lanczos,
        )
        picture = b"" if plot is None else drawn(comparison.plot, plot.suffix.lower())
        text = json_text(comparison.to_json()) if json else comparison.text()
        return [comparison.verdict, text, base64.b64encode(picture).decode()]

    verdict, text, picture = limited(work, "comparing", time_limit, memory_limit)
    emit(text, None)
    if plot is not None:
        write_file(plot, base64.b64decode(picture))
    raise typer.Exit(_STATUS[verdict])
