"""Moments that a user typed in: exact numbers, separated by commas, spaces or lines, with comments."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import lcm

from flint import fmpq

from resolvent.derive.errors import ParameterError, ParseError

MOST_NUMBERS = 2000
MOST_DIGITS = 4000  # of one number
MOST_COMMON_DIGITS = 10_000  # of the common denominator
MOST_CHARACTERS = 4_000_000

_INTEGER = re.compile(r"([+-]?[0-9]+)(?:/([0-9]+))?")
_DECIMAL = re.compile(r"([+-]?)([0-9]*)\.?([0-9]*)(?:[eE]([+-]?[0-9]{1,4}))?")
_SHOWN = 40


@dataclass(frozen=True)
class MomentList:
    """Numbers as they were read.

    Attributes:
        values: the exact numbers.
        decimals: whether some were written as decimals, and read as exact fractions.
    """

    values: tuple[fmpq, ...]
    decimals: bool = False


def read_moments(text: str) -> MomentList:
    """The numbers of a text: integers, fractions such as 1/2, decimals (read exactly); # begins a comment.

    >>> read_moments("1, 5/2  23/4  # of some law")
    MomentList(values=(1, 5/2, 23/4), decimals=False)
    >>> read_moments("[0.5, 1]").values
    (1/2, 1)

    Raises `ParseError`, with the number's place in the list, for what is no number; `ParameterError` for an empty list
    and for one that is too long (2000 numbers of 4000 digits, a common denominator of 10000 digits).
    """
    if len(text) > MOST_CHARACTERS:
        raise ParameterError(f"the list is longer than {MOST_CHARACTERS} characters; give fewer moments")
    bare = " ".join(line.partition("#")[0] for line in text.splitlines()).strip()
    if len(bare) > 1 and bare[0] + bare[-1] in ("[]", "()"):
        bare = bare[1:-1].strip()
    if not bare:
        raise ParameterError("the list of moments is empty; write exact numbers such as 1, 2, 5, 14")
    pieces = re.sub(r"\s*,\s*", ",", bare).removesuffix(",")
    words = [word for piece in pieces.split(",") for word in (piece.split() or [""])]
    if len(words) > MOST_NUMBERS:
        raise ParameterError(f"the list has {len(words)} numbers; the most is {MOST_NUMBERS}", count=len(words))
    values = tuple(_number(word, place) for place, word in enumerate(words, start=1))
    common = 1
    for value in values:
        common = lcm(common, int(value.q))
        if common.bit_length() > 3.33 * MOST_COMMON_DIGITS:
            raise ParameterError(
                f"the moments' common denominator has more than {MOST_COMMON_DIGITS} digits; give fewer moments"
            )
    return MomentList(values, any("." in word or "e" in word.lower() for word in words))


def _number(word: str, place: int) -> fmpq:
    if not word:
        raise ParseError(f"number {place} of the list is missing: there is nothing between two commas", position=place)
    if len(word) > MOST_DIGITS:
        raise ParameterError(f"number {place} of the list has more than {MOST_DIGITS} digits", position=place)
    found = _INTEGER.fullmatch(word)
    if found:
        top, bottom = int(found[1]), int(found[2] or 1)
        if bottom == 0:
            raise ParseError(f"number {place} of the list, {_shown(word)}, divides by zero", position=place)
        return fmpq(top, bottom)
    found = _DECIMAL.fullmatch(word)
    if found is None or not found[2] + found[3]:
        hint = "write all numbers out" if set(word) <= set(".…") else "write exact numbers such as 3, 1/2 or 0.5"
        raise ParseError(
            f"number {place} of the list, {_shown(word)}, is not a rational number; {hint}", position=place
        )
    sign, whole, part, exponent = found[1], found[2], found[3], int(found[4] or 0)
    if abs(exponent) > MOST_DIGITS:
        raise ParameterError(f"number {place} of the list has more than {MOST_DIGITS} digits", position=place)
    power = exponent - len(part)
    top = int(f"{sign}{whole}{part}")
    return fmpq(top * 10 ** max(power, 0), 10 ** max(-power, 0))


def _shown(word: str) -> str:
    return repr(word if len(word) <= _SHOWN else f"{word[:_SHOWN]}...")
