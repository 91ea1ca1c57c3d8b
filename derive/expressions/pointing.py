"""Errors about a part of an expression, with marks under the place where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from resolvent.derive.errors import ResolventError
from resolvent.derive.expressions.expression import MatrixExpression
from resolvent.derive.expressions.marks import marked


@contextmanager
def pointing(whole: MatrixExpression) -> Iterator[None]:
    """Errors that hold a part of the expression show the whole, with the part marked.

    >>> from resolvent.derive.errors import ParameterError
    >>> from resolvent.derive.expressions.letters import dimension, wigner
    >>> S = wigner("S", dimension("p"))
    >>> with pointing(S @ S + S):
    ...     raise ParameterError("this grows", of=S @ S)
    Traceback (most recent call last):
        ...
    resolvent.derive.errors.ParameterError: this grows
      S @ S + S
      ^^^^^

    Raises what is raised inside.
    """
    try:
        yield
    except ResolventError as error:
        letter = error.objects.get("letter")
        part = error.objects.get("of") or next((x for x in whole.nodes() if x.letter and x.letter == letter), None)
        if not isinstance(part, MatrixExpression) or str(part) == str(whole) or str(part) not in str(whole):
            raise
        raise type(error)(f"{error}\n{marked(whole, part)}", **{**error.objects, "of": whole}) from error
