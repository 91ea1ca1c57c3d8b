"""Draws for the tests of trials: a matrix of the GOE, and ones that go wrong at a trial."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from resolvent.derive.errors import BranchError, ParameterError
from resolvent.numeric.matrices.ensembles import goe, symmetric_eigenvalues
from resolvent.numeric.trials.trial import Array, Trial


@dataclass(frozen=True)
class Goe:
    """The eigenvalues of a GOE matrix; before that, a pause in seconds and a note of the process in a folder."""

    seed: int = 0
    pause: float = 0.0
    notes: str = ""

    def __call__(self, trial: Trial) -> Array:
        if self.notes:
            Path(self.notes, str(os.getpid())).touch()
        time.sleep(self.pause)
        return symmetric_eigenvalues(goe(trial.size, np.random.default_rng(trial.seed_sequence(self.seed))))


@dataclass(frozen=True)
class Broken:
    """The GOE, except at the trial of one index, where it goes wrong in the way asked for."""

    index: int
    way: str

    def __call__(self, trial: Trial) -> Any:
        values = Goe()(trial)
        if trial.index != self.index:
            return values
        match self.way:
            case "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            case "exit":
                os._exit(3)
            case "exit 0":
                os._exit(0)
            case "leave":
                sys.exit(0)
            case "interrupt":
                raise KeyboardInterrupt
            case "hang":
                3 ** (10**9)  # in compiled code, without an end
            case "parameter":
                raise ParameterError("sigma must be positive; got -1", sigma=-1)
            case "branch":
                raise BranchError("no branch here")
            case "value":
                raise ValueError("a value")
            case "odd":
                raise Odd(1, 2)
            case "matrix":
                return np.eye(2)
            case "integers":
                return np.arange(3)
            case "order":
                return values[::-1].copy()
            case "nan":
                return np.array([0.0, np.nan])
        return values


@dataclass(frozen=True)
class DiesOnce:
    """The GOE, whose process is killed the first time that it draws the trial of one index."""

    index: int
    note: str

    def __call__(self, trial: Trial) -> Array:
        if trial.index == self.index and not Path(self.note).exists():
            Path(self.note).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return Goe()(trial)


LOCK = threading.Lock()


def under_lock(trial: Trial) -> Array:
    """The GOE, by one thread at a time."""
    with LOCK:
        return Goe()(trial)


class Unloadable:
    """A draw that can be sent to another process and cannot be loaded there."""

    def __call__(self, trial: Trial) -> Array:
        return Goe()(trial)

    def __reduce__(self) -> Any:
        return _load, (os.getpid(),)


def _load(home: int) -> Unloadable:
    if os.getpid() != home:
        raise ModuleNotFoundError("no module named elsewhere")
    return Unloadable()


class Odd(Exception):
    """An exception that cannot be pickled and sent back: its arguments are not those of its constructor."""

    def __init__(self, first: int, second: int) -> None:
        super().__init__(f"odd {first} {second}")
