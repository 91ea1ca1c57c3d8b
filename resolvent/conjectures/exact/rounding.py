"""What to say where a claimed decimal is refuted only because it is rounded."""

from __future__ import annotations

import re
from typing import Any

import sympy
from flint import arb, fmpq

from resolvent.catalog.conjectures.conjecture import Amount, Point
from resolvent.derive.exact.precision import working_precision

_DECIMAL = re.compile(r"[-+]?\d+\.(\d+)")


def rounding_hint(values: Point, *pairs: tuple[Amount, Any], what: str = "the number") -> str:
    """What to say of claimed numbers that are the true ones rounded; "" where one of them is another number."""
    if not all(_is_rounded(amount, true, values) for amount, true in pairs):
        return ""
    return f". That rounds to {what} claimed, but claims are exact: give an expression such as 'sqrt(2)'"


def _is_rounded(amount: Amount, true: Any, values: Point) -> bool:
    decimals = _DECIMAL.fullmatch(amount.text.strip("\"' "))
    with working_precision(192):
        number = arb(true) if isinstance(true, (float, fmpq)) else arb(str(sympy.N(true, 40)))
        allowed = 1e-12 * abs(number) if decimals is None else arb(0.5000001) / 10 ** len(decimals[1])
        return bool(abs(amount.ball(values) - number) <= allowed)
