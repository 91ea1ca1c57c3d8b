"""Seeded trials: many matrices, each drawn from its own stream, on as many processes as wanted, with the same numbers.

Every trial's random numbers depend on the seed and the trial alone, and its linear algebra runs in one thread, so that
the eigenvalues do not depend on how the trials were spread: to the last bit on processors of one kind.
"""

from __future__ import annotations

import contextlib
import math
import os
import traceback
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import numpy as np

from resolvent.derive.errors import ParameterError, ResolventError
from resolvent.numeric.trials.journal import Journal
from resolvent.numeric.trials.trial import Array, Trial
from resolvent.numeric.trials.workers import Lost, in_processes, on_cluster


def run_trials(
    draw: Callable[[Trial], Array],
    trials: Iterable[Trial],
    *,
    jobs: int = 1,
    scheduler: str | None = None,
    journal: Journal | None = None,
    advance: Callable[[], None] | None = None,
    limit: float = math.inf,
    apart: bool = False,
) -> dict[Trial, Array]:
    """The eigenvalues of every trial, in the order of the trials, whatever the number of processes.

    Args:
        draw: gives a trial's eigenvalues, ascending, shape (n,), as float64; it must be picklable (a frozen dataclass
            with ``__call__``, say) unless everything runs in this process.
        trials: what to draw; one that is named twice is drawn once.
        jobs: the number of processes; 1 is this process, -1 one process for each core.
        scheduler: the address of a dask scheduler ("tcp://host:8786"), or "local" for a dask cluster of ``jobs``
            processes on this machine; ``jobs`` does not matter for an address.
        journal: trials that are finished in it are not drawn again, and each of the others is recorded in it as soon as
            it is finished.
        advance: called after each trial that was drawn, not for those that the journal had.
        limit: the seconds that a trial may take, in a worker process of this machine.
        apart: whether nothing is drawn in this process, not even with one job: for draws that may end their process.

    The arrays are not to be written to. The longest trials are drawn first.

    >>> from resolvent.numeric.matrices.ensembles import generator, goe, symmetric_eigenvalues
    >>> def draw(trial):
    ...     rng = np.random.default_rng(trial.seed_sequence(0))
    ...     return symmetric_eigenvalues(goe(trial.size, rng))
    >>> found = run_trials(draw, [Trial(0, 50, k) for k in range(3)])
    >>> {trial.index: values.shape for trial, values in found.items()}
    {0: (50,), 1: (50,), 2: (50,)}

    Raises `ParameterError` for a number of jobs or a scheduler that cannot be, for a draw that cannot be sent to other
    processes, and where the draw raises it (with its message); `ResolventError`, which names the trial, where the draw
    raises anything else, does not return a vector of ascending numbers, loses its process twice, or takes too long. The
    trials that were finished before are in the journal then, as they are after a KeyboardInterrupt.
    """
    wanted = list(dict.fromkeys(trials))
    number = _number_of_jobs(jobs)
    done = {} if journal is None else dict(journal.finished)
    # The long ones first: a long one that begins last would leave the other workers without work.
    left = sorted((t for t in wanted if t not in done), key=lambda t: (-t.size, t.point, t.index))
    with contextlib.closing(_outcomes(draw, left, number, scheduler, limit, apart)) as outcomes:
        for outcome in outcomes:
            trial, values = _checked(outcome)
            if journal is not None:
                journal.record(trial, values)
            values.setflags(write=False)
            done[trial] = values
            if advance is not None:
                advance()
    return {trial: done[trial] for trial in wanted}


def _number_of_jobs(jobs: Any) -> int:
    if isinstance(jobs, bool) or not isinstance(jobs, (int, np.integer)) or not (jobs >= 1 or jobs == -1):
        raise ParameterError(f"jobs must be a positive integer, or -1 for all cores; got {jobs!r}", jobs=jobs)
    if jobs == -1:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return int(jobs)


# -- one trial -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Failure:
    """What a draw raised, in words: an exception itself may not survive the way from another process."""

    trial: Trial
    message: str
    own_words: bool  # a ParameterError, whose message is for the user as it is
    details: str


def _attempt(draw: Callable[[Trial], Array], trial: Trial) -> tuple[Trial, Any] | _Failure:
    try:
        values = np.asarray(draw(trial))
    except ParameterError as error:
        return _Failure(trial, str(error), True, traceback.format_exc())
    except Exception as error:
        return _Failure(trial, f"{type(error).__name__}: {error}", False, traceback.format_exc())
    if values.ndim != 1 or values.dtype != np.float64:
        return _Failure(trial, f"it returned an array of {values.dtype}, shape {values.shape}", False, "")
    if not (values[:-1] <= values[1:]).all() or not np.isfinite(values).all():
        return _Failure(trial, "it returned numbers that are not finite and ascending", False, "")
    return trial, values.copy()


def _attempt_alone(draw: Callable[[Trial], Array], trial: Trial) -> tuple[Trial, Any] | _Failure:
    """A trial in a worker process, whose linear algebra stays in one thread from now on."""
    # Set again each time and never set back: threads of a dask worker share the process, and whatever else runs there.
    _linear_algebra().limit(limits=1)
    try:
        return _attempt(draw, trial)
    except BaseException as error:  # of a draw that means to end the program
        return _Failure(trial, f"{type(error).__name__}: {error}", False, traceback.format_exc())


@lru_cache(maxsize=1)
def _linear_algebra() -> Any:
    """The libraries of linear algebra in this process, NumPy's and SciPy's among them."""
    import scipy.linalg  # noqa: F401  # loads SciPy's, which could not be limited before
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def _checked(outcome: Any) -> tuple[Trial, Array]:
    """The trial and its eigenvalues, or the error that says why there are none."""
    if isinstance(outcome, tuple):
        return outcome
    if isinstance(outcome, Lost):
        trial = outcome.argument
        raise ResolventError(f"the trial at {trial} was lost: {outcome.reason}", trial=trial)
    if outcome.own_words:
        raise ParameterError(outcome.message, trial=outcome.trial, traceback=outcome.details)
    raise ResolventError(
        f"the draw failed for the trial at {outcome.trial}: {outcome.message}",
        trial=outcome.trial,
        traceback=outcome.details,
    )


# -- many ----------------------------------------------------------------------------------------------------


def _outcomes(
    draw: Callable[[Trial], Array], trials: list[Trial], jobs: int, scheduler: str | None, limit: float, apart: bool
) -> Generator[Any, None, None]:
    """The outcomes of trials as they come; closing the generator ends the workers."""
    number = min(jobs, len(trials))
    if scheduler is None and number <= 1 and not apart and limit == math.inf:
        with _linear_algebra().limit(limits=1):
            yield from (_attempt(draw, trial) for trial in trials)
        return
    work = partial(_attempt_alone, draw)
    try:
        if scheduler is None:
            _linear_algebra()  # workers that are forked have it then
            own = [name for name in (__name__, type(draw).__module__) if name.startswith("resolvent.")]
            yield from in_processes(work, trials, number, limit, ["scipy.linalg", "threadpoolctl", *own])
        elif trials:
            yield from on_cluster(work, trials, scheduler, jobs)
    except ResolventError:
        raise
    except Exception as error:  # a scheduler that is gone, say
        raise ResolventError(
            f"the processes that draw matrices failed ({type(error).__name__}: {error}); what a journal has got is "
            "not lost"
        ) from error
