"""Primes of a word, for images modulo a prime: FLINT's words have 64 bits, or 32 where Python runs in a web page."""

from __future__ import annotations

from collections.abc import Iterator

from flint import fmpz
from flint.flint_base.flint_base import FLINT_BITS  # type: ignore[attr-defined]

WORD = 2 ** (int(FLINT_BITS) - 2)
"""Primes below this are multiplied fast: 2^62, or 2^30."""
REPEATS = 64 // int(FLINT_BITS)
"""How many short primes, or points modulo a short prime, say as much as one modulo a prime of 62 bits."""


def primes_below(bound: int) -> Iterator[int]:
    """The primes below a bound, from the largest down.

    >>> list(primes_below(12))
    [11, 7, 5, 3, 2]
    """
    return (n for n in range(bound - 1, 1, -1) if fmpz(n).is_prime())


PRIME = next(primes_below(WORD))
"""The largest prime of a word."""
