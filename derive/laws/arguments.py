"""The arguments of constructors and operations: exact scalars read, checked, and written as text."""

from __future__ import annotations

import numbers
from collections.abc import Iterable
from typing import Any

import sympy
from flint import fmpq

from resolvent.derive.border import is_whole, shortly
from resolvent.derive.derivation import rules
from resolvent.derive.derivation.step import Step
from resolvent.derive.errors import ParameterError
from resolvent.derive.exact.bounded_symbol import is_positive
from resolvent.derive.exact.field import to_element, to_fmpq, to_sympy_rational

OPERATORS = "+-*/@"
_FEW = 20  # terms may be had whatever the number of parameters


def grouped(text: str, operators: str) -> str:
    """A law's text, in brackets if one of the operators stands in it outside of all brackets."""
    depth = 0
    for character in text:
        depth += (character in "([") - (character in ")]")
        if depth == 0 and character in operators:
            return f"({text})"
    return text


def shown(value: Any) -> str:
    """A scalar argument as it is written in an expression."""
    if isinstance(value, (tuple, list)):
        return "[" + ", ".join(shown(v) for v in value) + "]"
    if isinstance(value, sympy.Basic):
        return str(value)
    return str(to_fmpq(value)) if not isinstance(value, str) else value


def as_scalar(value: Any) -> sympy.Expr:
    """A user's scalar as a SymPy expression; `ParameterError` for what is neither number nor expression."""
    if isinstance(value, sympy.Expr):
        return value
    if isinstance(value, (str, numbers.Number, fmpq)):
        return to_sympy_rational(to_fmpq(value))
    raise ParameterError(f"{value!r} is not a number or an expression in parameters", value=value)


def negated(value: Any) -> Any:
    """Minus what stands on the right of a minus; `ParameterError` for what has no sign."""
    try:
        return -value
    except TypeError:
        return -as_scalar(value)


def scalar_of(value: Any) -> sympy.Expr:
    """A user's scalar as an expression in lowest terms; `ParameterError` for anything but a rational function."""
    element, symbols = to_element(value)
    return element.to_sympy({s.name: s for s in symbols})


def require_positive(name: str, value: Any) -> sympy.Expr:
    """The value as an exact scalar, refused if it is known not to be positive."""
    scalar = scalar_of(value)
    if scalar.is_positive is False or scalar.is_zero:
        raise ParameterError(f"{name} must be positive; got {scalar}", name=name, value=value)
    return scalar


def positive_weights(weights: Iterable[sympy.Expr]) -> tuple[Step, ...]:
    """The assumption that weights are positive; none if that is known of all their symbols."""
    open_ = [shown(weight) for weight in weights if not is_positive(weight)]
    noun, verb = ("weights", "are") if len(open_) > 1 else ("weight", "is")
    words = f"the {noun} {' and '.join(open_)} {verb} positive"
    return (Step(rules.DOMAIN, words, kind="assumed"),) if open_ else ()


def check_count(n: int, limit: int | None = None, parameters: int = 0) -> None:
    """Raise `ParameterError` unless n is a non-negative integer within the limit, a tenth of it for each parameter."""
    if not is_whole(n) or n < 0:
        raise ParameterError(f"the number of terms must be a non-negative integer; got {shortly(n)}", n=n)
    if limit is not None and n > (most := max(limit // 10**parameters, min(limit, _FEW))):
        has = f" with {parameters} parameter{'s'[: parameters > 1]}" if parameters else ""
        raise ParameterError(
            f"{shortly(n)} terms{has} are more than the limit of {most}; pass a larger limit to go ahead, or None",
            n=n,
            limit=limit,
        )
