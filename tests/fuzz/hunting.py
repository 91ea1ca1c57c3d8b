"""What the fuzzers have in common: a limit of time for each case, and the run from a command line."""

from __future__ import annotations

import argparse
import contextlib
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

_CHUNK = 50


class OutOfTime(BaseException):
    """A case has no answer in time; no `except Exception` on the way takes it for an error."""


def _stop(*_: Any) -> None:
    raise OutOfTime


@contextlib.contextmanager
def limited(seconds: float, *, of_processor: bool = False) -> Iterator[None]:
    """Raise `OutOfTime` inside after so many seconds, of the clock or of the processor."""
    kind, timer = (signal.SIGPROF, signal.ITIMER_PROF) if of_processor else (signal.SIGALRM, signal.ITIMER_REAL)
    before = signal.signal(kind, _stop)
    signal.setitimer(timer, seconds)
    try:
        yield
    finally:
        signal.setitimer(timer, 0)
        signal.signal(kind, before)


def hunt(run: Callable[[range, int], tuple[Counter[str], list[str]]], count: int, what: str, doc: str) -> int:
    """Run cases from the command line, ``count`` unless it says another number, and print what came of them so far.

    ``run`` takes numbers of cases and a seed, and returns the outcomes, counted, and what was wrong. The exit status
    is 1 where something was.
    """
    parser = argparse.ArgumentParser(description=doc.splitlines()[0])
    parser.add_argument("--count", type=int, default=count)
    parser.add_argument("--start", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    begin, end = time.monotonic(), chosen.start + chosen.count
    kinds: Counter[str] = Counter()
    is_wrong = False
    for k in range(chosen.start, end, _CHUNK):
        found, wrong = run(range(k, min(k + _CHUNK, end)), chosen.seed)
        kinds += found
        is_wrong |= bool(wrong)
        for line in wrong:
            print(f"WRONG {line}", flush=True)
        print(f"{kinds.total()} {what}, {time.monotonic() - begin:.0f} s, {dict(kinds)}", flush=True)
    return int(is_wrong)
