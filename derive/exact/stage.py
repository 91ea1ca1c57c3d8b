"""What a long computation is doing, told to the process that waits for it through memory that both share."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

_SIZE = 120
_board: Any = None


def open_board() -> None:
    """From here on, processes forked from this one `tell` it what they do."""
    global _board
    with contextlib.suppress(ImportError, OSError):  # no such memory in a web page
        import mmap

        _board = mmap.mmap(-1, _SIZE)


def tell(text: Callable[[], str]) -> None:
    """Say what comes now; where nobody waits it is not even written.

    >>> open_board()
    >>> tell(lambda: "factoring")
    >>> told()
    'factoring'
    """
    if _board is not None:
        _board[:] = text().encode()[:_SIZE].ljust(_SIZE, b"\0")


def told() -> str:
    """What was said last, or nothing."""
    return "" if _board is None else bytes(_board[:]).rstrip(b"\0").decode(errors="ignore")
