"""``resolvent verify``: the derived law against matrices that are really sampled."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from resolvent.cli.density_command import PICTURES, check_output, picture
from resolvent.cli.files import emit, write_file
from resolvent.cli.guard import CLAIM_FAILS, guarded
from resolvent.cli.subjects import AsJson, Name, Settings, read_settings, require_entry, to_json_text


@guarded
def verify(
    name: Name,
    settings: Settings = None,
    size: Annotated[
        int | None, typer.Option(metavar="N", help="The sampler's size (see `show`); half of it is sampled too.")
    ] = None,
    trials: Annotated[int, typer.Option(metavar="N", help="Matrices at each size.")] = 10,
    seed: Annotated[int, typer.Option(metavar="N", help="The seed of the random numbers.")] = 0,
    sampler: Annotated[str | None, typer.Option(metavar="NAME", help="One of the entry's samplers.")] = None,
    level: Annotated[float, typer.Option(help="The level of the test.")] = 0.01,
    plot: Annotated[
        Path | None, typer.Option("--plot", metavar="FILE", help="Draw histogram and density: .png, .svg, .pdf.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Compare a law with sampled matrices.

    The exit status is 1 if they disagree.
    """
    if plot is not None:
        check_output(plot, PICTURES)
    entry = require_entry(name)
    values = read_settings(settings or [], entry)
    entry.numbers(values)  # before the sampling code is imported

    from resolvent.conjectures.verification import SUPPORTED
    from resolvent.conjectures.verification import verify as compare
    from resolvent.writing.law_text import folded

    result = compare(entry, params=values, size=size, trials=trials, rng=seed, sampler=sampler, level=level)
    if plot is not None:
        write_file(plot, picture(lambda axes: result.plot(axes), plot.suffix.lower()))
    emit(to_json_text(result.to_json()) if json else "\n".join(folded(result.report().splitlines())), None)
    if result.verdict != SUPPORTED:
        raise typer.Exit(CLAIM_FAILS)
