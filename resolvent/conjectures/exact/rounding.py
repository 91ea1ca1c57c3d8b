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
    """What to say of claimed decimals that are the true numbers rounded, beside others that are right; else ""."""
    has_decimals = any(_decimals(amount) for amount, _ in pairs)
    if not has_decimals or not all(_is_rounded(amount, true, values) for amount, true in pairs):
        return ""
    return f". That rounds to {what} claimed, but claims are exact: give an expression such as 'sqrt(2)'"


def _decimals(amount: Amount) -> int:
    """How many decimals a number is claimed to; 0 for an expression."""
    found = _DECIMAL.fullmatch(amount.text.strip("\"' "))
    return len(found[1]) if found else 0


def _is_rounded(amount: Amount, true: Any, values: Point) -> bool:
    decimals = _decimals(amount)
    with working_precision(192):
        number = arb(true) if isinstance(true, (float, fmpq)) else arb(str(sympy.N(true, 40)))
        allowed = arb(0.5000001) / 10**decimals if decimals else 1e-12 * abs(number)
        return bool(abs(amount.ball(values) - number) <= allowed)
