"""Walks over what is made of parts, however deep: expressions, laws, derivations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")


def parts_first(wholes: Iterable[T], parts: Callable[[T], Sequence[T]]) -> Iterator[T]:
    """Wholes and all their parts, each object once, the parts in order and before what is made of them.

    >>> list(parts_first([3], lambda n: [n - 1, n - 2] if n > 1 else []))
    [1, 0, 2, 3]
    """
    seen: set[int] = set()
    stack = [(whole, False) for whole in reversed(list(wholes))]
    while stack:
        node, is_expanded = stack.pop()
        if is_expanded:
            yield node
        elif id(node) not in seen:
            seen.add(id(node))
            stack.append((node, True))
            stack.extend((part, False) for part in reversed(parts(node)))
