"""Samples the model of a conjecture, in as many looks as the verdict needs, and tests what was sampled."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from resolvent.catalog.conjectures.conjecture import REFUTED, SUPPORTED, UNDECIDED, Conjecture, Finding
from resolvent.conjectures.exact.exact_stage import reference_law
from resolvent.conjectures.exact.measured_law import measured_law
from resolvent.conjectures.exact.model_laws import entry_of, follows, full_point, settings
from resolvent.conjectures.statistics.draws import (
    identity,
    prepared_draw,
    require_own_randomness,
    step_without_rounding,
    why_not_sampled,
)
from resolvent.conjectures.statistics.statistical_stage import examine, looks
from resolvent.numeric.trials.journal import Journal
from resolvent.numeric.trials.trial import Trial
from resolvent.numeric.trials.trials import run_trials
from resolvent.numeric.trials.workers import can_be_sent
from resolvent.progress import Progress
from resolvent.version import __version__

_ROUGH = ("joint test", "distribution", "distance")  # what dimensions that are rounded may spoil


def sampled_findings(
    conjecture: Conjecture,
    exact: Sequence[Finding],
    folder: Path | None = None,
    jobs: int = 1,
    scheduler: str | None = None,
    journal: str | Path | None = None,
    progress: Callable[[], None] | None = None,
    limit: float = math.inf,
) -> tuple[tuple[Finding, ...], tuple[Any, ...]]:
    """Sample in as many looks as the verdict needs, after the exact stage has found ``exact``.

    A matrix may take ``limit`` seconds. Returns the findings of the last look and the statistics of each point.
    """
    model = conjecture.model
    assert model is not None
    for point in conjecture.points:
        reason = why_not_sampled(model, point)
        if reason:
            status = None if any(f.status == SUPPORTED for f in exact) else UNDECIDED
            return (Finding("statistics", "model", status, f"nothing is sampled: {reason}"),), ()
    draw = prepared_draw(conjecture, folder, max(jobs, 1), limit)
    if jobs == 1 and scheduler is None and not can_be_sent(draw):
        limit = math.inf  # what cannot be sent to another process is drawn in this one, which nothing can stop
    references = [reference_law(conjecture, p) for p in conjecture.points]
    laws = [measured_law(conjecture, p, r.law) for p, r in zip(conjecture.points, references, strict=True)]
    values = [full_point(conjecture, p) for p in conjecture.points]
    is_proved = any(f.status == SUPPORTED and f.evidence == "proved" for f in exact) and follows(model)
    wanted = looks(conjecture.plan)
    done: dict[Trial, Any] = {}
    with Journal(journal, identity(draw, __version__)) as book:
        for position, (count, share) in enumerate(wanted):
            trials = [
                Trial(k, size, index)
                for k, sizes in enumerate(draw.sizes)
                for size in sizes
                for index in range(count)
                if Trial(k, size, index) not in done
            ]
            left = sum(trial not in book.finished for trial in trials)
            task = "sampling" if len(wanted) == 1 else f"sampling, part {position + 1} of at most {len(wanted)}"
            with contextlib.ExitStack() as stack:
                advance = progress or stack.enter_context(Progress(task, total=left)).advance
                done |= run_trials(
                    draw,
                    trials,
                    jobs=jobs,
                    scheduler=scheduler,
                    journal=book,
                    advance=advance,
                    limit=limit,
                    apart=draw.code is not None,
                )
            if draw.code is not None:
                require_own_randomness(draw, done)
            is_final = position == len(wanted) - 1
            examined = [
                examine(
                    conjecture,
                    k,
                    laws[k],
                    values[k],
                    {size: [done[Trial(k, size, i)] for i in range(count)] for size in draw.sizes[k]},
                    share,
                    _predicted(draw, k),
                    is_final or is_proved,
                )
                for k in range(len(conjecture.points))
            ]
            statistics = tuple(s for s in examined if s is not None)
            is_clear = all(s is not None and s.dilation <= conjecture.plan.resolution for s in examined)
            if is_final or any(s.is_refuted for s in statistics) or (is_proved and is_clear):
                break
    early = count if count < conjecture.plan.trials else 0
    if is_proved:  # a law that is proved may have corrections of any order
        statistics = tuple(replace(s, findings=tuple(map(_informative_if_slow, s.findings))) for s in statistics)
    if follows(model):
        steps = [step_without_rounding(model, point) for point in conjecture.points]
        statistics = tuple(
            replace(s, findings=_with_rounding(s.findings, step)) if any(size % step for size in s.sizes) else s
            for s, step in zip(statistics, steps, strict=False)
        )
    findings = [f for s in statistics for f in s.findings]
    if early:
        text = f"the run ended at its first look, after {early} of {conjecture.plan.trials} trials, which tell already"
        findings.append(Finding("statistics", "trials", None, text))
    if len(statistics) < len(conjecture.points):
        text = "nothing that is claimed has a mean to be tested; give an equation, a law, a density or moments"
        findings.append(Finding("statistics", "model", None if is_proved else UNDECIDED, text))
    if any(f.status == REFUTED for f in findings) and any(r.rests_on_assumptions for r in references):
        text = "the matrices do not follow the model's law: at least one of them does not hold, or not at these sizes"
        findings.append(Finding("statistics", "assumptions", None, text))
    if is_proved:  # what is proved needs no power
        findings = [_informative(f) if f.subject == "power" else f for f in findings]
    return tuple(findings), statistics


def _informative(finding: Finding) -> Finding:
    return replace(finding, status=None, evidence="")


def _informative_if_slow(finding: Finding) -> Finding:
    return _informative(finding) if finding.status == UNDECIDED and finding.subject in _ROUGH else finding


def _with_rounding(findings: Sequence[Finding], step: int) -> tuple[Finding, ...]:
    """Where dimensions are rounded matrices of a law by construction are off, and refute nothing."""
    text = f"this refutes nothing, as dimensions may be rounded at these sizes; multiples of {step} need no rounding"
    return tuple(
        replace(f, status=UNDECIDED, text=f"{f.text}; {text}") if f.status == REFUTED and f.subject in _ROUGH else f
        for f in findings
    )


def _predicted(draw: Any, point: int) -> Mapping[int, Sequence[Any]]:
    """The outliers that a catalog entry predicts at each size."""
    if draw.model.kind != "ensemble":
        return {}
    entry = entry_of(draw.model)
    values = settings(draw.model, draw.points[point])
    return {n: entry.outliers(n, sampler=draw.model.sampler, **values) for n in draw.sizes[point]}
