"""Checks a conjecture: the exact stage under a limit of time, then sampled matrices, then the verdict."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from resolvent.catalog.conjectures.conjecture import REFUTED, UNDECIDED, Conjecture, Finding, Point, point_text
from resolvent.conjectures.exact import exact_stage
from resolvent.conjectures.exact.all_parameters import symbolic_findings
from resolvent.conjectures.exact.measured_law import law_findings
from resolvent.conjectures.exact.model_laws import follows
from resolvent.conjectures.file.reader import read_conjecture
from resolvent.conjectures.verdict import Verdict
from resolvent.derive.border import checked
from resolvent.derive.errors import ParameterError, ParseError, ResolventError
from resolvent.derive.exact.deadline import OutOfTime, within
from resolvent.progress import watched

TIME_LIMIT = 60.0
"""Seconds that the exact stage may take at each point."""

TRIAL_LIMIT = 600.0
"""Seconds that the sampling of one matrix may take."""

_SYMBOLIC_SHARE = 1 / 3


@checked
def check(
    path: str | Path,
    *,
    symbols: Sequence[str] = (),
    ratios: Sequence[str] = (),
    jobs: int = 1,
    scheduler: str | None = None,
    journal: str | Path | None = None,
    exact_only: bool = False,
    allow_code: bool = False,
    time_limit: float = TIME_LIMIT,
    trial_limit: float = TRIAL_LIMIT,
    progress: Callable[[], None] | None = None,
) -> Verdict:
    """The verdict on the conjecture in a file.

    Args:
        path: a TOML file; `resolvent new NAME` writes a template.
        symbols, ratios: definitions of matrices and ratios of sizes, "X: gaussian(p, n)" and "p/n = c", that take the
            place of the file's own of those names; for a model that is a matrix.
        jobs: worker processes for sampling, -1 for one on each core.
        scheduler: the address of a dask scheduler, or "local".
        journal: a file that keeps finished trials, so that an interrupted run resumes.
        exact_only: whether to sample nothing.
        allow_code: whether a model given as ``module:function`` may be loaded, which runs the code of its module.
        time_limit: seconds that the exact stage may take at each point.
        trial_limit: seconds that one matrix may take; not kept by the workers of a dask scheduler.
        progress: called after each matrix; without it, progress is shown on standard error after two seconds.

    >>> import tempfile
    >>> with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
    ...     _ = file.write('title = "MP"\\nmodel.expression = "marchenko_pastur(1/2)"\\nclaim.moments = [1, 2]')
    ...     file.flush()
    ...     check(file.name, exact_only=True).first_wrong.text
    'the first moment that differs is m_2: 2 is claimed, the model has 3/2'

    Raises `ParameterError` for a file that cannot be read, a model whose code may not be loaded, and bad arguments;
    `ParseError`, with the line, for what is wrong in the file, and for more memory than the machine has.
    """
    conjecture = read_conjecture(path, symbols, ratios)
    try:
        return check_conjecture(
            conjecture,
            folder=Path(path).resolve().parent,
            jobs=jobs,
            scheduler=scheduler,
            journal=journal,
            exact_only=exact_only,
            allow_code=allow_code,
            time_limit=time_limit,
            trial_limit=trial_limit,
            progress=progress,
        )
    except ParseError as error:
        raise ParseError(f"{path}, {error}", **error.objects) from None
    except ParameterError as error:  # of a sampler, which may have run in another process
        if not str(error).startswith("line "):
            raise
        raise ParameterError(f"{path}, {error}", **error.objects) from error


def check_conjecture(
    conjecture: Conjecture,
    *,
    folder: Path | None = None,
    jobs: int = 1,
    scheduler: str | None = None,
    journal: str | Path | None = None,
    exact_only: bool = False,
    allow_code: bool = False,
    time_limit: float = TIME_LIMIT,
    trial_limit: float = TRIAL_LIMIT,
    progress: Callable[[], None] | None = None,
) -> Verdict:
    """The verdict on a conjecture that has been read; see `check`.

    Raises `ParseError` for code that is not allowed to run, `ParameterError` for a limit of time that is not positive.
    """
    model = conjecture.model
    if model is not None and model.kind == "function" and not allow_code and not exact_only:
        raise ParseError(
            f"line {model.line}, model.function: checking this runs the code of {model.text.partition(':')[0]}; "
            "allow it with --allow-code if you trust it, or take --exact-only",
            line=model.line,
        )
    for name, limit in (("time limit", time_limit), ("limit of a trial", trial_limit)):
        if not limit > 0:
            raise ParameterError(f"the {name} must be positive; got {limit}", limit=limit)
    with watched("checking exactly"):
        findings, is_lawful = exact_findings(conjecture, time_limit, will_sample=not exact_only)
    if any(f.status == REFUTED for f in findings) or not is_lawful:
        return Verdict(conjecture, tuple(findings))
    from resolvent.conjectures.statistics.draws import has_sampler

    if exact_only or not has_sampler(model):
        if model is not None and model.kind == "ensemble" and not follows(model):
            text = f"the sampler {model.sampler} breaks an assumption of the model's law; only its matrices tell"
            findings.append(Finding("exact", "model", UNDECIDED, text, line=model.line))
        return Verdict(conjecture, (*findings, *exact_stage.unexamined(conjecture, findings)))
    from resolvent.conjectures.statistics.sampling import sampled_findings

    sampled, statistics = sampled_findings(
        conjecture, findings, folder, jobs, scheduler, journal, progress, trial_limit
    )
    found = (*findings, *sampled)
    return Verdict(conjecture, (*found, *exact_stage.unexamined(conjecture, found)), statistics)


# -- the exact stage ---------------------------------------------------------------------------------------


def exact_findings(
    conjecture: Conjecture, time_limit: float = TIME_LIMIT, will_sample: bool = False
) -> tuple[list[Finding], bool]:
    """The findings of the exact stage at all points and for all parameters, and whether to go on to sampling."""
    found: list[Finding] = []
    lawful = True
    for point in conjecture.points:
        end = time.monotonic() + time_limit
        try:
            plain = within(time_limit, partial(_at_point, conjecture, point, will_sample))
        except OutOfTime as error:
            text = f"the exact stage is {error}; `--time-limit` gives it more"
            found.append(Finding("exact", "time", UNDECIDED, text, point=point_text(point)))
            return found, False
        except ParseError:
            raise
        except ResolventError as error:
            found.append(Finding("exact", "model", UNDECIDED, str(error), point=point_text(point)))
            lawful = False
            continue
        found += [Finding(**f) for f in plain]
        if any(f.status == REFUTED for f in found):
            return found, True
    if conjecture.points != ({},) and conjecture.claim.made:
        with contextlib.suppress(ResolventError):  # what holds for all parameters is more than was asked for
            left = min(max(end - time.monotonic(), 1.0), time_limit * _SYMBOLIC_SHARE)
            undecided = {f.subject for f in found if f.status == UNDECIDED}
            found += [Finding(**f) for f in within(left, partial(_symbolic, conjecture, undecided))]
    return found, lawful


def _symbolic(conjecture: Conjecture, undecided: set[str]) -> list[dict[str, Any]]:
    return [asdict(f) for f in symbolic_findings(conjecture, undecided)]


def _at_point(conjecture: Conjecture, point: Point, will_sample: bool) -> list[dict[str, Any]]:
    """The findings at a point as plain data; with ``will_sample`` also what sampling needs later is tried out."""
    findings, reference = exact_stage.exact_findings(conjecture, point)
    stands_alone = reference.law is None and conjecture.claim.density is not None
    if stands_alone or (will_sample and not any(f.status == REFUTED for f in findings)):
        findings += law_findings(conjecture, point, reference.law)
    return [asdict(f) for f in findings]
