"""Progress on the terminal: nothing for two seconds, then one line that says what runs and how long it will take."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import TextIO

from resolvent.derive.exact.stage import open_board, told

_PATIENCE = 2.0
_QUIET_INTERVAL = 10.0  # between lines where the output is a file


@contextlib.contextmanager
def watched(task: str) -> Iterator[None]:
    """What is done inside is told on a terminal, with the stage that it is at, once it has taken two seconds.

    >>> with watched("deriving"):
    ...     pass
    """
    open_board()
    with Progress(task, stage=told):
        yield


def is_watched() -> bool:
    """Whether somebody sees standard error as it is written; a program without a console has none."""
    return sys.stderr is not None and sys.stderr.isatty()


class Progress:
    """A context manager that reports once a task has taken two seconds: on standard error where that is a terminal.

    Args:
        task: what is being done.
        total: the number of parts, where known; call `advance` after each.
        stream: another stream, which gets the lines whatever it is.
        stage: says what is being done just now.

    >>> with Progress("sampling", total=3) as progress:
    ...     progress.advance()
    >>> progress.done
    1
    """

    def __init__(
        self,
        task: str,
        total: int | None = None,
        stream: TextIO | None = None,
        stage: Callable[[], str] | None = None,
    ) -> None:
        self.task = task
        self.total = total
        self.stage = stage
        self.done = 0
        self._stream = stream or sys.stderr
        self._is_told = stream is not None or is_watched()
        self._began = time.monotonic()
        self._stop = threading.Event()
        self._shown = False
        self._thread = threading.Thread(target=self._run, name="resolvent progress", daemon=True)

    def __enter__(self) -> Progress:
        if self._is_told:
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        if self._is_told:
            self._thread.join()
        if self._shown and self._stream.isatty():
            self._stream.write("\r\x1b[2K")
            self._stream.flush()

    def advance(self) -> None:
        """One part is done."""
        self.done += 1

    def line(self) -> str:
        """The report as it stands."""
        spent = time.monotonic() - self._began
        if not self.total:
            now = self.stage() if self.stage else ""
            return f"{self.task}: {now}, {spent:.0f} s" if now else f"{self.task}: {spent:.0f} s"
        left = f", about {spent / self.done * (self.total - self.done):.0f} s left" if self.done else ""
        return f"{self.task}: {self.done} of {self.total}, {spent:.0f} s{left}"

    def _run(self) -> None:
        wait = _PATIENCE
        while not self._stop.wait(wait):
            on_screen = self._stream.isatty()
            self._stream.write(f"\r\x1b[2K{self.line()}" if on_screen else f"{self.line()}\n")
            self._stream.flush()
            self._shown = True
            wait = 0.5 if on_screen else _QUIET_INTERVAL
