"""``resolvent verify``: the derived law against matrices that are really sampled."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from resolvent.cli.check_command import deliver, write_report
from resolvent.cli.guard import MEMORY_LIMIT, TRIAL_LIMIT, MemoryLimit, TrialLimit, guarded, limited, note
from resolvent.cli.outputs import FIGURES, PICTURES, REPORTS, file_option, named_files
from resolvent.cli.subjects import (
    AsJson,
    Jobs,
    Matrices,
    NameOrExpression,
    Ratios,
    SamplerName,
    Scheduler,
    Settings,
    read_subject,
)


@guarded
def verify(
    name: NameOrExpression,
    settings: Settings = None,
    matrix: Matrices = None,
    ratio: Ratios = None,
    size: Annotated[
        int | None, typer.Option(metavar="N", help="The sampler's size (see `show`); half of it is sampled too.")
    ] = None,
    trials: Annotated[int, typer.Option(metavar="N", help="Matrices at each size.")] = 20,
    seed: Annotated[int, typer.Option(metavar="N", help="The seed of the random numbers.")] = 0,
    sampler: SamplerName = None,
    level: Annotated[float, typer.Option(help="How often a true law may be refuted.")] = 0.01,
    resolution: Annotated[
        float, typer.Option(help="The relative error of a law that must be seen before it is supported.")
    ] = 0.02,
    jobs: Jobs = 1,
    scheduler: Scheduler = None,
    time_limit: Annotated[float, typer.Option(metavar="SECONDS", help="The time of law and spectrum.")] = 60.0,
    memory_limit: MemoryLimit = MEMORY_LIMIT,
    trial_limit: TrialLimit = TRIAL_LIMIT,
    plot: Annotated[
        Path | None, typer.Option("--plot", metavar="FILE", help="Draw histogram and density: .png, .svg, .pdf.")
    ] = None,
    report: Annotated[list[Path] | None, file_option(FIGURES, "--report")] = None,
    json: AsJson = False,
) -> None:
    """Compare a law with sampled matrices: supported, refuted or undecided, with the power of the test.

    The exit status is 0 for supported, 1 for refuted, 3 for undecided, 2 for bad use.
    """
    paths = named_files(report, plot, (*REPORTS, *PICTURES))
    # first within the limits, in a child process; what ends there is soon repeated
    read = partial(read_subject, name, settings or [], numeric=True, matrices=matrix, ratios=ratio)
    limited(lambda: bool(read()), "deriving", time_limit, memory_limit)
    subject = read()

    from resolvent.conjectures.verification import verify as compare

    verdict = compare(
        subject.entry or subject.law,
        params=subject.values if subject.entry else None,
        size=size,
        trials=trials,
        rng=seed,
        sampler=sampler,
        level=level,
        resolution=resolution,
        jobs=jobs,
        scheduler=scheduler,
        time_limit=time_limit,
        trial_limit=trial_limit,
    )
    if not verdict.statistics:
        for path in paths:
            if path.suffix.lower() in PICTURES:
                note(f"{path} is not drawn: no matrices were compared")
        paths = [path for path in paths if path.suffix.lower() not in PICTURES]
    deliver(verdict, json, [partial(write_report, verdict, path) for path in paths])
