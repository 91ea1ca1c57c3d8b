"""``resolvent compare``: eigenvalues, or a matrix, from a file against a law."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from resolvent.cli.data_commands import ArrayName, Beta, DataFile, Singular, read_data, reported
from resolvent.cli.guard import MEMORY_LIMIT, TIME_LIMIT, MemoryLimit, TimeLimit, guarded
from resolvent.cli.outputs import PICTURES, REPORTS, Figures, named_files
from resolvent.cli.subjects import AsJson, Matrices, NameOrExpression, Ratios, Settings, read_subject

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
        float, typer.Option(help="The relative error of all eigenvalues that must be seen before a law is supported.")
    ] = 0.02,
    output: Figures = None,
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

    paths = named_files(output, plot, (*REPORTS, *PICTURES), is_plain=True)
    values = read_data(file, array, subject)

    def work() -> tuple[int, Any]:
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
        return _STATUS[comparison.verdict], comparison

    reported(work, "comparing", paths, json, time_limit, memory_limit)
