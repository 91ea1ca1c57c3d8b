"""The one tree of errors: each says what was wrong, holds the objects it is about, and says what to change."""

from __future__ import annotations

from collections.abc import Callable, Iterable


def did_you_mean(
    name: str, known: Iterable[str], cutoff: float = 0.5, fold: Callable[[str], str] = str, instead: str = ""
) -> str:
    """A hint at the closest of the known names, for the end of a message, or what is said instead where none is close.

    ``fold`` takes away what does not count, as ``str.lower`` does with the case.

    >>> did_you_mean("semicirle", ["semicircle", "atoms"])
    "; did you mean 'semicircle'?"
    """
    from difflib import get_close_matches  # errors are rare, and importing it takes longer than this file

    plain = {fold(each): each for each in known}
    found = get_close_matches(fold(name), plain, n=1, cutoff=cutoff)
    return f"; did you mean {plain[found[0]]!r}?" if found else instead


class ResolventError(Exception):
    """Root of every error raised on purpose by this distribution.

    The keyword arguments are the objects the error is about; they stay available in ``objects``.

    >>> error = ResolventError("the weight must be positive; got -1", weight=-1)
    >>> error.objects["weight"]
    -1
    """

    def __init__(self, message: str, **objects: object) -> None:
        super().__init__(message)
        self.objects = objects


class ParameterError(ResolventError, ValueError):
    """A parameter is missing, unknown, of the wrong kind or outside its domain."""


class ParseError(ResolventError, ValueError):
    """A text is not an expression of the grammar; ``objects`` holds the text and the position."""


class DerivationError(ResolventError, ValueError):
    """The operation has no result that is a law, or the exact method does not reach it."""


class BranchError(ResolventError):
    """The physical branch cannot be continued to the point asked for."""


class PrecisionError(ResolventError):
    """The working precision did not suffice; retrying at a higher one may."""


class NotCertified(ResolventError):
    """A spectrum does not reproduce its total mass or its exact moments."""
