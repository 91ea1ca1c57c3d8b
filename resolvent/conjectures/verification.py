"""Does the derived law describe the matrices? A check with the entry as model and its own law as claim.

Nothing is proved here: the law is derived from assumptions on the model, and only sampled matrices tell whether these
hold. So the statistical stage decides alone, and a run that would have seen no error supports nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from resolvent.catalog.conjectures.conjecture import Claim, Conjecture, Model, Plan
from resolvent.catalog.schema.ensemble import MEMORY_LIMIT, Ensemble
from resolvent.conjectures.check import TIME_LIMIT, TRIAL_LIMIT, check_conjecture
from resolvent.conjectures.statistics.draws import half_of
from resolvent.conjectures.verdict import Verdict
from resolvent.derive.border import checked
from resolvent.derive.errors import ParameterError
from resolvent.derive.laws.record import Law

_LEAST_TRIALS = 4
_MOST_TRIALS = 100_000


@checked
def verify(
    subject: Ensemble | Law,
    *,
    params: Mapping[str, Any] | None = None,
    size: int | None = None,
    trials: int = Plan.trials,
    rng: int | np.random.SeedSequence = Plan.seed,
    sampler: str | None = None,
    level: float = Plan.level,
    resolution: float = Plan.resolution,
    jobs: int = 1,
    scheduler: str | None = None,
    time_limit: float = TIME_LIMIT,
    trial_limit: float = TRIAL_LIMIT,
    progress: Callable[[], None] | None = None,
) -> Verdict:
    """Compare a law with matrices that are really sampled: `check` with the entry as model and its own law as claim.

    Args:
        subject: a catalog entry, or a law that has a matrix model.
        params: a number for each parameter (those with a default may be left out).
        size: the sampler's size; half of it is sampled too. By default the sampler's own.
        trials: independent matrices at each size, 4 to 100 000; all statistics of a law need 9.
        rng: the seed; each trial has its own stream, so results do not depend on their order.
        sampler: the name of one of the entry's samplers, the first by default.
        level: how often a true law may be refuted.
        resolution: the relative error of the law that must be seen with a probability of 95 % before it is supported.
        jobs: worker processes, -1 for one on each core.
        scheduler: the address of a dask scheduler, or "local".
        time_limit: seconds that the spectrum of the law may take.
        trial_limit: seconds that one matrix may take; not kept by the workers of a dask scheduler.
        progress: called after each matrix; without it, progress is shown on standard error after two seconds.

    Raises `ParameterError` for parameters, sizes, trials, seeds and levels that cannot be, and what has no matrices;
    `ParseError` where the machine's memory does not suffice for the number of jobs.

    >>> from resolvent.catalog.registry import get
    >>> verify(get("semicircle"), params={"variance": 1}, size=400).verdict
    'supported'
    """
    if isinstance(trials, bool) or not isinstance(trials, int) or trials < _LEAST_TRIALS:
        raise ParameterError(f"at least {_LEAST_TRIALS} trials are needed; got {trials!r}", trials=trials)
    if trials > _MOST_TRIALS:
        raise ParameterError(f"at most {_MOST_TRIALS} trials are made; got {trials}", trials=trials)
    for name, share in (("level", level), ("resolution", resolution)):
        if isinstance(share, bool) or not isinstance(share, (int, float)) or not 0 < share < 1:
            raise ParameterError(f"the {name} must lie between 0 and 1; got {share!r}", value=share)
    seed = _seed(rng)
    read: Any = _entry if isinstance(subject, Ensemble) else _law
    model, point = read(subject, dict(params or {}), size, sampler)
    sizes = None if size is None else (half_of(model, point, size), int(size))
    name = model.text if isinstance(subject, Ensemble) else "law"
    way = f"the sampler {model.sampler!r}" if model.sampler else "its matrix model"
    chosen = ", ".join(f"{n} = {value}" for n, value in model.options.items())
    conjecture = Conjecture(
        name=name,
        title=f"{model.text}{f' with {chosen}' if chosen else ''}: {way} against the derived law",
        model=model,
        claim=Claim(),
        points=(point,),
        plan=Plan(sizes, trials, seed, level, resolution, sizes_line=0),
    )
    return check_conjecture(
        conjecture,
        jobs=jobs,
        scheduler=scheduler,
        time_limit=time_limit,
        trial_limit=trial_limit,
        progress=progress,
    )


def _entry(
    entry: Ensemble, params: dict[str, Any], size: Any, sampler: str | None
) -> tuple[Model, dict[str, Fraction]]:
    """The entry as a model, and the point; what an option stands for belongs to the model."""
    chosen = entry.sampler(sampler)
    values = entry.numbers(params)
    if size is not None:
        chosen.check_size(size, entry.floats(values), MEMORY_LIMIT)
    options = {n: v for n, v in values.items() if n not in entry.symbols and v is not None}
    implied = {name for choice in options.values() for name in choice.values}
    point = {n: _fraction(n, v) for n, v in values.items() if n in entry.symbols and n not in implied}
    return Model("ensemble", entry.slug, 0, chosen.name, options=options, subject=entry), point


def _law(law: Any, params: dict[str, Any], size: Any, sampler: str | None) -> tuple[Model, dict[str, Fraction]]:
    """The law at its parameters as a model, and a point without any."""
    from resolvent.numeric.matrices.matrix_model import require_matrix_model

    if not isinstance(law, Law):
        what = f"verify needs an entry of the catalog or a law, which can be sampled; got {type(law).__name__}"
        raise ParameterError(what, subject=law)
    if sampler is not None:
        raise ParameterError(f"a law has one matrix model and no sampler {sampler!r}; leave it out", sampler=sampler)
    if size is not None and (isinstance(size, bool) or not isinstance(size, (int, np.integer)) or size < 2):
        raise ParameterError(f"the size must be an integer, at least 2; got {size!r}", size=size)
    given: Any = law.at(**params)
    if given.parameters:
        names = ", ".join(s.name for s in given.parameters)
        raise ParameterError(f"no value for {names}; give one in params", names=names)
    require_matrix_model(given)
    return Model("expression", str(given), 0, subject=given), {}


def _seed(rng: Any) -> int:
    if isinstance(rng, np.random.SeedSequence) and not rng.spawn_key and isinstance(rng.entropy, int):
        return rng.entropy
    if isinstance(rng, bool) or not isinstance(rng, (int, np.integer)) or rng < 0:
        raise ParameterError(f"the seed must be a non-negative integer; got {rng!r}", rng=rng)
    return int(rng)


def _fraction(name: str, value: Any) -> Fraction:
    if not value.is_Rational:
        raise ParameterError(
            f"verify takes rational numbers; got {name} = {value}. Give a decimal, such as {value.evalf(15)}",
            value=value,
        )
    return Fraction(int(value.p), int(value.q))
