"""A time limit for claims whose failure would be an endless computation."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_SLOW = 10  # times


@contextmanager
def within(seconds: int) -> Iterator[None]:
    """Raise TimeoutError in the main thread after ten times as much processor time: some machines are slow."""

    def stop(signum: int, frame: FrameType | None) -> None:
        raise TimeoutError(f"no result within {_SLOW * seconds} s of processor time")

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, _SLOW * seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
