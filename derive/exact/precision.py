"""python-flint's precision and series length, which the whole process shares, in the hands of one thread at a time.

Balls are rounded to ``flint.ctx.prec`` bits and series cut after ``flint.ctx.cap`` terms, whichever thread set them. So
all that computes with balls or series does it inside one of the blocks of this module, which hold one lock for all
threads, and nothing relies on what the context is outside of them.

A forked child has the forking thread only. Since FLINT runs under the interpreter's lock, no other thread was inside
it; the child starts with a free lock, and with the context from before the block of a thread that is gone.
"""

from __future__ import annotations

import functools
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Self, TypeVar, overload

import flint
import mpmath

Value = TypeVar("Value")


class _Holder:
    """The lock, who holds it, how many blocks deep, and the context outside of all blocks."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.thread = 0
        self.depth = 0
        self.outside = (flint.ctx.prec, flint.ctx.cap)


_HELD = _Holder()


class _Block:
    """A block in which no other thread computes with balls and series, at a precision and a length of its own.

    It stands around every operation on series, thousands of times in a derivation: a class takes half the time of
    nested generators.
    """

    __slots__ = ("_before", "_bits", "_terms")

    def __init__(self, bits: int | None = None, terms: int | None = None) -> None:
        self._bits, self._terms = bits, terms

    def __enter__(self) -> None:
        held, context = _HELD, flint.ctx
        held.lock.acquire()
        self._before = before = (context.prec, context.cap)
        if not held.depth:
            held.thread, held.outside = threading.get_ident(), before
        held.depth += 1
        try:
            if self._bits is not None:
                context.prec = self._bits
            if self._terms is not None:
                context.cap = self._terms
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_: object) -> None:
        flint.ctx.prec, flint.ctx.cap = self._before
        _HELD.depth -= 1
        _HELD.lock.release()


def exclusive() -> AbstractContextManager[None]:
    """Keep other threads from computing with balls and series inside the block. Blocks may be nested."""
    return _Block()


def working_precision(bits: int) -> AbstractContextManager[None]:
    """Let balls be rounded to so many bits inside the block, and keep other threads from changing that.

    >>> from flint import arb
    >>> with working_precision(128):
    ...     third = arb(1) / 3
    >>> third.rel_accuracy_bits() > 100
    True
    """
    return _Block(bits=bits)


def order(n: int) -> AbstractContextManager[None]:
    """Let python-flint's series carry ``n`` terms inside the block, and keep other threads from changing that."""
    return _Block(terms=max(n, 1))


@contextmanager
def working_digits(digits: int) -> Iterator[None]:
    """Let mpmath's own context, which SymPy uses for functions, have so many digits inside the block."""
    with exclusive(), mpmath.workdps(digits):
        yield


class cached_property(functools.cached_property[Value]):  # noqa: N801
    """`functools.cached_property` without its lock, which Python 3.11 holds while the value is computed.

    A thread that waits for the context in there, and one that has it and asks for the property of another object,
    would wait for each other for ever. Two threads may compute a value twice instead.
    """

    attrname: str
    func: Callable[[Any], Value]

    @overload
    def __get__(self, instance: None, owner: type[Any] | None = None) -> Self: ...

    @overload
    def __get__(self, instance: object, owner: type[Any] | None = None) -> Value: ...

    def __get__(self, instance: Any, owner: type[Any] | None = None) -> Any:
        if instance is None:
            return self
        if self.attrname not in instance.__dict__:
            instance.__dict__[self.attrname] = self.func(instance)
        return instance.__dict__[self.attrname]


def _after_fork() -> None:
    if _HELD.depth and _HELD.thread == threading.get_ident():
        return  # the child goes on inside the block
    if _HELD.depth:
        flint.ctx.prec, flint.ctx.cap = _HELD.outside
    _HELD.lock, _HELD.depth = threading.RLock(), 0


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
