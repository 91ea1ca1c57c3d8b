"""Is a formula zero? Decided with proof for formulas made of rational numbers and roots, by a bound away from zero.

A formula E of numbers, + - * /, and roots of degrees k_1, k_2, ... is U/L for algebraic integers U and L in a field of
degree at most D = k_1 k_2 ...; all conjugates of U are at most u and those of L at most l in absolute value. If E is
not zero, the norm of U is a whole number other than zero, so |U| >= u^(1 - D) and |E| >= 1/(l u^(D - 1)).

Burnikel, Funke, Mehlhorn, Schirra, Schmitt, "A separation bound for real algebraic expressions" (2001).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flint import fmpq

from resolvent.catalog.conjectures.formula import Formula, NoValue

FIRST_BITS, MOST_BITS = 256, 40_000
_DEEPEST = 150


def is_zero(formula: Formula, at: Mapping[str, fmpq]) -> bool | None:
    """Whether the value of a formula is zero; None where that stays open, as where no value exists.

    >>> two, root = Formula("number", (2,)), lambda f: Formula("sqrt", (f,))
    >>> is_zero(Formula("-", (Formula("*", (root(two), root(two))), two)), {})
    True
    """
    needed = _needed_bits(formula, at)
    bits = FIRST_BITS
    while True:
        try:
            value = formula.number(at, bits)
        except NoValue:
            return None
        if isinstance(value, fmpq):
            return bool(value == 0)
        if value.is_finite():
            if not value.contains(0):
                return False
            if needed is not None and abs(value) < fmpq(1, 2 ** int(needed)):
                return True
        if bits >= MOST_BITS or (needed is None and bits >= 16 * FIRST_BITS):
            return None
        bits *= 4


@dataclass(frozen=True)
class _Size:
    """Upper bounds for log2 of u and of l, and the roots that occur, each with its degree."""

    top: float
    bottom: float
    roots: frozenset[tuple[Formula, int]] = frozenset()
    depth: int = 0


def _needed_bits(formula: Formula, at: Mapping[str, fmpq]) -> float | None:
    """How far from zero the value is at least, as -log2, if it is not zero; None for a formula of another kind."""
    try:
        size = formula.fold(lambda leaf: _leaf(leaf, at), _joined)
    except (_NotAlgebraic, OverflowError):
        return None
    degree = math.prod(k for _, k in size.roots)
    bits = 1.001 * (size.bottom + (degree - 1) * max(size.top, 0)) + 8
    return bits if bits < MOST_BITS else None


class _NotAlgebraic(Exception):
    pass


def _leaf(node: Formula, at: Mapping[str, fmpq]) -> _Size:
    if node.head == "name" and node.arguments[0] == "pi":
        raise _NotAlgebraic
    value = at[node.arguments[0]] if node.head == "name" else node.arguments[0]
    if node.head == "number":
        value = fmpq(value.numerator, value.denominator)
    return _Size(_log2(abs(value.p)), _log2(value.q))


def _log2(value: int) -> float:
    return float(int(value).bit_length())


def _joined(node: Formula, parts: Sequence[_Size]) -> _Size:
    depth = 1 + max(p.depth for p in parts)
    if depth > _DEEPEST:
        raise _NotAlgebraic
    roots = frozenset().union(*(p.roots for p in parts))
    a, b = parts[0], parts[-1]
    if node.head in ("+", "-"):
        return _Size(max(a.top + b.bottom, a.bottom + b.top) + 1, a.bottom + b.bottom, roots, depth)
    if node.head == "*":
        return _Size(a.top + b.top, a.bottom + b.bottom, roots, depth)
    if node.head == "/":
        return _Size(a.top + b.bottom, a.bottom + b.top, roots, depth)
    if node.head in ("negative", "abs"):
        return _Size(a.top, a.bottom, roots, depth)
    if node.head in ("min", "max"):
        return _Size(max(a.top, b.top), max(a.bottom, b.bottom), roots, depth)
    if node.head == "sqrt":
        return _rooted(node, a, 2, depth)
    if node.head == "**":
        return _raised(node, a, depth)
    raise _NotAlgebraic


def _rooted(node: Formula, a: _Size, degree: int, depth: int) -> _Size:
    top, bottom = a.top, a.bottom
    if top >= bottom:
        top = (top + (degree - 1) * bottom) / degree
    else:
        bottom = ((degree - 1) * top + bottom) / degree
    return _Size(top, bottom, a.roots | {(node, degree)}, depth)


def _raised(node: Formula, a: _Size, depth: int) -> _Size:
    try:
        exponent = node.arguments[1].rational({})
    except KeyError:  # with a parameter in it
        exponent = None
    if exponent is None or exponent.q > 64 or abs(exponent.p) > MOST_BITS:
        raise _NotAlgebraic
    k = int(exponent.p)
    base = a if exponent.q == 1 else _rooted(node, a, int(exponent.q), depth)
    top, bottom = (base.top, base.bottom) if k >= 0 else (base.bottom, base.top)
    return _Size(abs(k) * top, abs(k) * bottom, base.roots, depth)
