"""The time that a numeric solution may take."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from resolvent.derive.expressions.physical_series import TooLarge


@dataclass(eq=False)
class Clock:
    """When work has to end, unlimited unless it is done `within` some seconds.

    Attributes:
        end: when `time.monotonic` says this, the time is over.
        seconds: how much time there was.
    """

    end: float = math.inf
    seconds: float = math.inf

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Inside, `check` raises after so many seconds; an end that was set before stays.

        >>> clock = Clock()
        >>> with clock.within(0.0):  # doctest: +IGNORE_EXCEPTION_DETAIL
        ...     clock.check()
        Traceback (most recent call last):
        TooLarge: the numeric law takes longer than the 0 seconds that it has
        """
        before = self.end, self.seconds
        end = time.monotonic() + seconds
        if end < self.end:
            self.end, self.seconds = end, seconds
        try:
            yield
        finally:
            self.end, self.seconds = before

    def check(self) -> None:
        """Raise `TooLarge` where the time is over."""
        if time.monotonic() > self.end:
            raise TooLarge(
                f"the numeric law takes longer than the {self.seconds:.3g} seconds that it has; give more with "
                "limits=rv.Limits(seconds=...), or take single values, rv.DysonSolver.of(model, ...).solve(z)"
            )
