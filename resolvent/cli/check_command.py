"""``resolvent check`` and ``resolvent new``: is a conjectured law right?"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from resolvent.cli.files import emit, write_file
from resolvent.cli.guard import TRIAL_LIMIT, TrialLimit, guarded
from resolvent.cli.outputs import REPORTS, check_output, contents, file_option
from resolvent.cli.subjects import AsJson, Jobs, Matrices, Ratios, Scheduler
from resolvent.derive.errors import ParameterError, ResolventError
from resolvent.writing.json_text import json_text

if TYPE_CHECKING:
    from resolvent.conjectures.verdict import Verdict

Report = Annotated[
    list[Path] | None,
    file_option("Write a report: .txt, .tex (with pictures beside it), .html, .md or .json", "--report"),
]


def write_report(verdict: Verdict, path: Path) -> None:
    """The report on a verdict, or its picture, as the file's name ends; the pictures of LaTeX stand beside it."""
    for name, content in contents(verdict, path, verdict.report).items():
        write_file(name, content)


def deliver(verdict: Verdict, json: bool, files: Sequence[Callable[[], None]]) -> NoReturn:
    """Print the verdict, write its files, and leave with its status: what cannot be written loses nothing else.

    Raises what the first of them that failed has raised, once all were tried.
    """
    failed: list[Exception] = []
    for write in (lambda: emit(json_text(verdict.to_json()) if json else verdict.report(), None), *files):
        try:
            write()
        except (OSError, ResolventError) as error:
            failed.append(error)
    if failed:
        raise failed[0]
    raise typer.Exit(verdict.exit_status)


@guarded
def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A conjecture, see `new`.", show_default=False)],
    matrix: Matrices = None,
    ratio: Ratios = None,
    exact_only: Annotated[bool, typer.Option("--exact-only", help="Sample nothing.")] = False,
    jobs: Jobs = 1,
    scheduler: Scheduler = None,
    journal: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Keep finished matrices there; an interrupted run resumes.")
    ] = None,
    allow_code: Annotated[
        bool, typer.Option("--allow-code", help="Load a sampler given as module:function, which runs its code.")
    ] = False,
    time_limit: Annotated[
        float, typer.Option(metavar="SECONDS", help="What the exact stage may take at each point.")
    ] = 60.0,
    trial_limit: TrialLimit = TRIAL_LIMIT,
    report: Report = None,
    json: AsJson = False,
) -> None:
    """Is a conjectured law right? Supported, refuted or undecided, with the evidence.

    For a model that is a matrix, --matrix and --ratio take the place of the file's symbols and ratios of those names.
    The exit status is 0 for supported, 1 for refuted, 3 for undecided, 2 for bad use.
    """
    for path in report or []:
        check_output(path, REPORTS)
    from resolvent.conjectures.check import check as checked

    verdict = checked(
        file,
        symbols=matrix or (),
        ratios=ratio or (),
        exact_only=exact_only,
        jobs=jobs,
        scheduler=scheduler,
        journal=journal,
        allow_code=allow_code,
        time_limit=time_limit,
        trial_limit=trial_limit,
    )
    deliver(verdict, json, [partial(write_report, verdict, path) for path in report or []])


@guarded
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The name of the conjecture.", show_default=False)],
    force: Annotated[bool, typer.Option("--force", help="Overwrite a file of that name.")] = False,
) -> None:
    """Write NAME.toml, a commented template of a conjecture, for `check`."""
    from resolvent.conjectures.file.template import template

    stem = name.removesuffix(".toml")
    if not re.fullmatch(r"[A-Za-z0-9][\w.-]*", Path(stem).name, flags=re.ASCII):
        raise ParameterError(f"a conjecture's name is letters, digits, - and _; got {name!r}", name=name)
    target = Path(f"{stem}.toml")
    if target.exists() and not force:
        raise ParameterError(f"{target} exists; take another name, or --force to overwrite it", path=target)
    write_file(target, template(target.stem))
    print(f"check it with: resolvent check {target}")
