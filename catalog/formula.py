"""Real formulas of a variable and parameters, as people write densities and edges: kept as a tree, evaluated twice.

In floating point for arrays of values, and in ball arithmetic for numbers that are compared with proof.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint
import numpy as np
from flint import acb, arb, fmpq
from numpy.typing import NDArray

Values = NDArray[np.float64]

ARITY = {
    **dict.fromkeys(("sqrt", "exp", "log", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh"), 1),
    **dict.fromkeys(("abs", "erf", "elliptic_k", "elliptic_e"), 1),
    **dict.fromkeys(("min", "max"), 2),
}
"""The functions of formulas, and how many arguments each takes; K and E are functions of the parameter m = k^2."""


@dataclass(frozen=True)
class Formula:
    """A real formula as a tree.

    Attributes:
        head: "number", "name", one of ``+ - * / **``, "negative", or a function of `ARITY`.
        arguments: the formulas it is applied to; a `Fraction` for a number, the name for a name.

    >>> x = Formula("name", ("x",))
    >>> root = Formula("sqrt", (Formula("-", (Formula("number", (Fraction(4),)), Formula("**", (x, Formula("number",
    ...     (Fraction(2),)))))),))
    >>> root.values({"x": np.array([0.0, 2.0])})
    array([2., 0.])
    >>> root.ball({"x": fmpq(1)}).overlaps(arb(3).sqrt())
    True
    """

    head: str
    arguments: tuple[Any, ...]

    @property
    def names(self) -> frozenset[str]:
        """The names that occur."""
        if self.head == "name":
            return frozenset(self.arguments)
        if self.head == "number":
            return frozenset()
        return frozenset().union(*(a.names for a in self.arguments))

    def values(self, at: Mapping[str, Any]) -> Values:
        """The values in floating point, for numbers or arrays; NaN or infinite where the formula has no value."""
        with np.errstate(all="ignore"):
            return np.asarray(_float(self, at), dtype=float)

    def ball(self, at: Mapping[str, fmpq], bits: int = 192) -> arb:
        """The value with proof; a ball that is not finite where there is no value, or where it is too large."""
        with flint.ctx.workprec(bits):
            return _ball(self, at)


def _float(formula: Formula, at: Mapping[str, Any]) -> Any:
    if formula.head == "number":
        return _nearest(formula.arguments[0])
    if formula.head == "name":
        return np.pi if formula.arguments[0] == "pi" else at[formula.arguments[0]]
    return _FLOAT[formula.head](*(np.asarray(_float(a, at), dtype=float) for a in formula.arguments))


def _nearest(value: Fraction) -> float:
    try:
        return float(value)
    except OverflowError:
        return np.inf if value > 0 else -np.inf


def _special(name: str) -> Callable[[Any], Any]:
    def value(x: Any) -> Any:
        import scipy.special

        return getattr(scipy.special, name)(x)

    return value


_FLOAT: dict[str, Callable[..., Any]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "**": np.power,
    "negative": np.negative,
    "sqrt": np.sqrt,
    "exp": np.exp,
    "log": np.log,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "tanh": np.tanh,
    "abs": np.abs,
    "min": np.minimum,
    "max": np.maximum,
    "erf": _special("erf"),
    "elliptic_k": _special("ellipk"),
    "elliptic_e": _special("ellipe"),
}


def _ball(formula: Formula, at: Mapping[str, fmpq]) -> arb:
    if formula.head == "number":
        value = formula.arguments[0]
        return arb(fmpq(value.numerator, value.denominator))
    if formula.head == "name":
        return arb.pi() if formula.arguments[0] == "pi" else arb(at[formula.arguments[0]])
    arguments = [_ball(a, at) for a in formula.arguments]
    if not all(a.is_finite() for a in arguments):
        return arb("nan")
    return _BALL[formula.head](*arguments)


def _real(value: acb) -> arb:
    return value.real if value.imag.contains(0) else arb("nan")


def _power(base: arb, exponent: arb) -> arb:
    whole = exponent.unique_fmpz()
    if whole is not None and abs(whole) < 2**20:
        return base ** int(whole)
    return base**exponent


_BALL: dict[str, Callable[..., arb]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "**": _power,
    "negative": lambda a: -a,
    "min": lambda a, b: a.min(b),
    "max": lambda a, b: a.max(b),
    "abs": abs,
    "elliptic_k": lambda a: _real(acb(a).elliptic_k()) if a < 1 else arb("nan"),
    "elliptic_e": lambda a: _real(acb(a).elliptic_e()) if not a > 1 else arb("nan"),
    **{
        name: (lambda a, name=name: getattr(a, name)())
        for name in ("sqrt", "exp", "log", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "erf")
    },
}
