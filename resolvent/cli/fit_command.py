"""``resolvent fit``: the parameters of a law from the eigenvalues, or the matrix, in a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from resolvent.cli.data_commands import ArrayName, Beta, DataFile, Singular, read_data, reported
from resolvent.cli.guard import MEMORY_LIMIT, TIME_LIMIT, MemoryLimit, TimeLimit, guarded
from resolvent.cli.outputs import PICTURES, REPORTS, Figures, named_files
from resolvent.cli.subjects import AsJson, Matrices, NameOrExpression, Ratios, Settings, read_subject


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
    output: Figures = None,
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
    from resolvent.data.fit import fit as fit_values

    paths = named_files(output, plot, (*REPORTS, *PICTURES), is_plain=True)
    values = read_data(file, array, subject)

    def work() -> tuple[int, Any]:
        law = read_subject(subject, settings or [], matrices=matrix, ratios=ratio).law
        found = fit_values(values, law, beta=beta, confidence=confidence, singular=singular or None)
        return 0 if found.explains else 1, found

    reported(work, "fitting", paths, json, time_limit, memory_limit)
