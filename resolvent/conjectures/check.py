"""Checks a conjecture: the exact stage under a limit of time, then sampled matrices, then the verdict."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from catalog.conjecture import REFUTED, SUPPORTED, UNDECIDED, Conjecture, Finding, Point, point_text
from derive.errors import ParameterError, ParseError, ResolventError
from resolvent.progress import Progress

from . import exact_stage
from .deadline import OutOfTime, within
from .reader import read_conjecture
from .verdict import Verdict

TIME_LIMIT = 60.0
"""Seconds that the exact stage may take at each point."""

_SYMBOLIC_SHARE = 1 / 3


def check(
    path: str | Path,
    *,
    jobs: int = 1,
    scheduler: str | None = None,
    journal: str | Path | None = None,
    exact_only: bool = False,
    allow_code: bool = False,
    time_limit: float = TIME_LIMIT,
    progress: Callable[[], None] | None = None,
) -> Verdict:
    """The verdict on the conjecture in a file.

    Args:
        path: a TOML file; `resolvent new NAME` writes a template.
        jobs: worker processes for sampling, -1 for one on each core.
        scheduler: the address of a dask scheduler, or "local".
        journal: a file that keeps finished trials, so that an interrupted run resumes.
        exact_only: whether to sample nothing.
        allow_code: whether a model given as ``module:function`` may be loaded, which runs the code of its module.
        time_limit: seconds that the exact stage may take at each point.
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
    conjecture = read_conjecture(path)
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
            progress=progress,
        )
    except ParseError as error:
        raise ParseError(f"{path}, {error}", **error.objects) from None


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
    progress: Callable[[], None] | None = None,
) -> Verdict:
    """The verdict on a conjecture that has been read; see `check`."""
    model = conjecture.model
    if model is not None and model.kind == "function" and not allow_code and not exact_only:
        raise ParseError(
            f"line {model.line}, model.function: checking this runs the code of {model.text.partition(':')[0]}; "
            "allow it with --allow-code if you trust it, or take --exact-only",
            line=model.line,
        )
    if not time_limit > 0:
        raise ParameterError(f"the time limit must be positive; got {time_limit}", time_limit=time_limit)
    findings, is_lawful = exact_findings(conjecture, time_limit, will_sample=not exact_only)
    if any(f.status == REFUTED for f in findings) or not is_lawful:
        return Verdict(conjecture, tuple(findings))
    from .draws import has_sampler

    if exact_only or not has_sampler(model):
        return Verdict(conjecture, (*findings, *exact_stage.unexamined(conjecture, findings)))
    sampled, statistics = sampled_findings(conjecture, findings, folder, jobs, scheduler, journal, progress)
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
            plain = within(time_limit, lambda point=point: _at_point(conjecture, point, will_sample))  # type: ignore[misc]
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
    if conjecture.points != ({},):
        with contextlib.suppress(ResolventError):  # what holds for all parameters is more than was asked for
            left = min(max(end - time.monotonic(), 1.0), time_limit * _SYMBOLIC_SHARE)
            found += [Finding(**f) for f in within(left, lambda: [asdict(f) for f in _symbolic(conjecture)])]
    return found, lawful


def _symbolic(conjecture: Conjecture) -> Sequence[Finding]:
    return list(exact_stage.symbolic_findings(conjecture))


def _at_point(conjecture: Conjecture, point: Point, will_sample: bool) -> list[dict[str, Any]]:
    """The findings at a point as plain data; with ``will_sample`` also what sampling needs later is tried out."""
    findings, reference = exact_stage.exact_findings(conjecture, point)
    if will_sample and not any(f.status == REFUTED for f in findings):
        try:
            law = measured_law(conjecture, point, reference.law)
        except ResolventError as error:
            findings.append(_density_refuted(conjecture, point, error))
        else:
            findings += _density_findings(conjecture, point, law, reference.law)
    elif reference.law is None and conjecture.claim.density is not None:
        try:
            law = measured_law(conjecture, point, None)
        except ResolventError as error:
            findings.append(_density_refuted(conjecture, point, error))
        else:
            findings += _density_findings(conjecture, point, law, None)
    return [asdict(f) for f in findings]


def _density_refuted(conjecture: Conjecture, point: Point, error: ResolventError) -> Finding:
    claim = conjecture.claim
    is_density = claim.density is not None and claim.equation is None and claim.law is None
    status = REFUTED if is_density and isinstance(error, ParameterError) else UNDECIDED
    line = claim.density.line if claim.density is not None else None
    return Finding(
        "exact", "density" if is_density else "model", status, str(error), "numerical", point_text(point), line
    )


def _density_findings(conjecture: Conjecture, point: Point, law: Any, reference: Any) -> list[Finding]:
    """Of a claimed density that stands alone: its mass, and the claimed moments."""
    from numeric.density_law import DensityLaw

    from .model_laws import full_point

    claim = conjecture.claim
    if reference is not None or not isinstance(law, DensityLaw) or claim.density is None:
        return []
    found = []
    where, line = point_text(point), claim.density.line
    if abs(law.mass - 1) > 1e-7:
        text = f"the total mass of density and atoms is {law.mass:.10g}, not 1"
        return [Finding("exact", "density", REFUTED, text, "numerical", where, line)]
    status = SUPPORTED if conjecture.model is None else None  # without a model the question is whether it is a law
    text = "the density is positive, of total mass 1"
    found.append(Finding("exact", "density", status, text, "numerical", where, line))
    for k, amount in enumerate(claim.moments or (), 1):
        wanted = float(amount.ball(full_point(conjecture, point)))
        value = law.expect(lambda x, k=k: x**k)  # type: ignore[misc]
        size = law.expect(lambda x, k=k: abs(x) ** k)  # type: ignore[misc]
        if not abs(value - wanted) <= 1e-7 * max(size, abs(wanted)):
            text = f"m_{k} is claimed to be {wanted:.10g}; the claimed density has {value:.10g}"
            return [*found, Finding("exact", "moments", REFUTED, text, "numerical", where, claim.lines.get("moments"))]
    if claim.moments:
        text = f"the {len(claim.moments)} claimed moments are those of the claimed density"
        found.append(Finding("exact", "moments", status, text, "numerical", where, claim.lines.get("moments")))
    return found


def measured_law(conjecture: Conjecture, point: Point, law: Any) -> Any:
    """What matrices are compared with at a point: the spectrum of the law, else the claimed density; None without one.

    Raises what the spectrum raises, and `ParameterError` for a density that is negative or not finite.
    """
    from .model_laws import full_point

    claim = conjecture.claim
    if law is not None:
        from numeric.spectrum import Spectrum

        return Spectrum(law)
    if claim.density is None:
        return None
    from numeric.density_law import DensityLaw

    values = full_point(conjecture, point)
    numbers = {name: float(v) for name, v in values.items()}
    formula = claim.density.formula
    intervals = sorted((float(a.ball(values)), float(b.ball(values))) for a, b in claim.density.intervals)
    atoms = [(float(a.place.ball(values)), float(a.weight.ball(values))) for a in claim.atoms or ()]
    return DensityLaw(lambda x: formula.values({**numbers, "x": x}), intervals, atoms)


# -- sampling ----------------------------------------------------------------------------------------------


def sampled_findings(
    conjecture: Conjecture,
    exact: Sequence[Finding],
    folder: Path | None = None,
    jobs: int = 1,
    scheduler: str | None = None,
    journal: str | Path | None = None,
    progress: Callable[[], None] | None = None,
) -> tuple[tuple[Finding, ...], tuple[Any, ...]]:
    """Sample in as many looks as the verdict needs, after the exact stage has found ``exact``.

    Returns the findings of the last look and the statistics of each point.
    """
    from numeric.journal import Journal
    from numeric.trials import Trial, run_trials
    from resolvent import __version__

    from .draws import identity, prepared_draw, why_not_sampled
    from .model_laws import full_point
    from .statistical_stage import examine, looks

    model = conjecture.model
    assert model is not None
    for point in conjecture.points:
        reason = why_not_sampled(model, point)
        if reason:
            status = None if any(f.status == SUPPORTED for f in exact) else UNDECIDED
            return (Finding("statistics", "model", status, f"nothing is sampled: {reason}"),), ()
    draw = prepared_draw(conjecture, folder, max(jobs, 1))
    laws = [measured_law(conjecture, p, _reference(conjecture, p)) for p in conjecture.points]
    values = [full_point(conjecture, p) for p in conjecture.points]
    is_proved = any(f.status == SUPPORTED and f.evidence == "proved" for f in exact) and _follows(model)
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
            task = "sampling" if len(wanted) == 1 else f"sampling, part {position + 1} of at most {len(wanted)}"
            with contextlib.ExitStack() as stack:
                advance = progress or stack.enter_context(Progress(task, total=len(trials))).advance
                done |= run_trials(draw, trials, jobs=jobs, scheduler=scheduler, journal=book, advance=advance)
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
    findings = [f for s in statistics for f in s.findings]
    if len(statistics) < len(conjecture.points):
        text = "nothing that is claimed has a mean to be tested; give an equation, a law, a density or moments"
        findings.append(Finding("statistics", "model", None if is_proved else UNDECIDED, text))
    if is_proved:  # what is proved needs no power
        findings = [_informative(f) if f.subject == "power" else f for f in findings]
    return tuple(findings), statistics


def _informative(finding: Finding) -> Finding:
    from dataclasses import replace

    return replace(finding, status=None, evidence="")


def _reference(conjecture: Conjecture, point: Point) -> Any:
    """The law that sampled matrices are compared with: what the exact stage found at this point, which was quick."""
    return exact_stage.exact_findings(conjecture, point)[1].law


def _follows(model: Any) -> bool:
    """Whether the sampler is one that follows the derived law by construction."""
    if model.kind != "ensemble":
        return bool(model.kind == "expression")
    import catalog

    return catalog.get(model.text).sampler(model.sampler).follows_law


def _predicted(draw: Any, point: int) -> Mapping[int, Sequence[Any]]:
    """The outliers that a catalog entry predicts at each size."""
    if draw.model.kind != "ensemble":
        return {}
    import catalog

    from .model_laws import settings

    entry = catalog.get(draw.model.text)
    values = settings(draw.model, draw.points[point])
    return {n: entry.outliers(n, sampler=draw.model.sampler, **values) for n in draw.sizes[point]}
