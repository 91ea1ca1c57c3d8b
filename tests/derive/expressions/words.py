"""An independent oracle: moments of polynomials in free semicircular matrices, by counting non-crossing pairings."""

from __future__ import annotations

from functools import cache

Polynomial = dict[str, int]
"""Words in single letters, and their coefficients."""


def product(a: Polynomial, b: Polynomial) -> Polynomial:
    """The product of two non-commutative polynomials."""
    out: Polynomial = {}
    for u, x in a.items():
        for v, y in b.items():
            out[u + v] = out.get(u + v, 0) + x * y
    return out


def added(a: Polynomial, b: Polynomial) -> Polynomial:
    """The sum of two non-commutative polynomials."""
    return {w: a.get(w, 0) + b.get(w, 0) for w in {*a, *b}}


@cache
def pairings(word: str) -> int:
    """The non-crossing pairings of the places of a word that pair equal letters: the trace of the word."""
    if not word:
        return 1
    return sum(pairings(word[1:k]) * pairings(word[k + 1 :]) for k in range(1, len(word), 2) if word[k] == word[0])


def moments(of: Polynomial, n: int) -> list[int]:
    """The first n moments of a polynomial in free standard semicircular matrices."""
    power: Polynomial = {"": 1}
    out = []
    for _ in range(n):
        power = product(power, of)
        out.append(sum(x * pairings(w) for w, x in power.items()))
    return out
