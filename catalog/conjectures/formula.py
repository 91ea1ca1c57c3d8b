"""Real formulas of a variable and parameters, as people write densities and edges: kept as a tree, evaluated twice.

In floating point for arrays of values; and for numbers that are compared with proof exactly as long as the numbers stay
rational, in ball arithmetic from there on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeVar

import numpy as np
from flint import acb, arb, fmpq, fmpz
from numpy.typing import NDArray

from resolvent.derive.exact.precision import working_precision

Values = NDArray[np.float64]
Number = Any  # fmpq or arb: python-flint's types have no types of their own
"""Exact, or a ball; one that is not finite says nothing."""

Folded = TypeVar("Folded")

_MOST_BITS = 8192  # of exact numbers; beyond, balls take over

ARITY = {
    **dict.fromkeys(("sqrt", "exp", "log", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh"), 1),
    **dict.fromkeys(("abs", "erf", "elliptic_k", "elliptic_e"), 1),
    **dict.fromkeys(("min", "max"), 2),
}
"""The functions of formulas, and how many arguments each takes; K and E are functions of the parameter m = k^2."""


class NoValue(Exception):
    """A formula has no real value, for sure: a root of a negative number, a division by zero."""


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
    >>> root.ball({"x": fmpq(1)}).overlaps(arb(3).sqrt()), root.rational({"x": fmpq(2)})
    (True, 0)
    """

    head: str
    arguments: tuple[Any, ...]

    @property
    def names(self) -> frozenset[str]:
        """The names that occur."""
        return self.fold(
            lambda leaf: frozenset(leaf.arguments) if leaf.head == "name" else frozenset(),
            lambda _, parts: frozenset().union(*parts),
        )

    def fold(self, leaf: Callable[[Formula], Folded], join: Callable[[Formula, Sequence[Folded]], Folded]) -> Folded:
        """A value for every node, from the leaves up; a loop, as long sums are deeper than Python's stack."""
        waiting: list[tuple[Formula, bool]] = [(self, False)]
        done: list[Folded] = []
        while waiting:
            node, is_ready = waiting.pop()
            if node.head in ("number", "name"):
                done.append(leaf(node))
            elif is_ready:
                count = len(node.arguments)
                parts = done[-count:]
                del done[-count:]
                done.append(join(node, parts))
            else:
                waiting.append((node, True))
                waiting.extend((part, False) for part in reversed(node.arguments))
        return done[0]

    def values(self, at: Mapping[str, Any]) -> Values:
        """The values in floating point, for numbers or arrays; NaN or infinite where the formula has no value."""

        def leaf(node: Formula) -> Any:
            if node.head == "number":
                return _nearest(node.arguments[0])
            return np.pi if node.arguments[0] == "pi" else np.asarray(at[node.arguments[0]], dtype=float)

        with np.errstate(all="ignore"):
            return np.asarray(self.fold(leaf, lambda node, parts: _FLOAT[node.head](*parts)), dtype=float)

    def number(self, at: Mapping[str, fmpq], bits: int = 192) -> Number:
        """The value, exact or as a ball; a ball that is not finite where this precision does not tell.

        Raises `NoValue` where there is none, for sure.
        """

        def leaf(node: Formula) -> Number:
            if node.head == "number":
                return fmpq(node.arguments[0].numerator, node.arguments[0].denominator)
            return arb.pi() if node.arguments[0] == "pi" else at[node.arguments[0]]

        with working_precision(bits):
            return self.fold(leaf, _applied)

    def of_x(self, at: Mapping[str, Any]) -> Callable[[Values], Values]:
        """The formula as a function of x: an array of points to one of values, with numbers for the other names.

        >>> Formula("number", (Fraction(2),)).of_x({})(np.zeros(3))
        array([2., 2., 2.])
        """
        numbers = {name: float(value) for name, value in at.items()}
        return lambda x: np.asarray(self.values({**numbers, "x": x}) + np.zeros_like(x))

    def ball(self, at: Mapping[str, fmpq], bits: int = 192) -> arb:
        """The value with proof; a ball that is not finite where there is none, or this precision does not tell."""
        try:
            value = self.number(at, bits)
        except NoValue:
            return arb("nan")
        with working_precision(bits):
            return arb(value)

    def rational(self, at: Mapping[str, fmpq]) -> fmpq | None:
        """The exact value, None where it is irrational, very long, or not there."""
        try:
            value = self.number(at)
        except NoValue:
            return None
        return value if isinstance(value, fmpq) else None


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
    "**": np.float_power,
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


# -- exact numbers and balls -------------------------------------------------------------------------------


def _applied(node: Formula, parts: Sequence[Number]) -> Number:
    if any(isinstance(part, arb) and not part.is_finite() for part in parts):
        return arb("nan")
    value = _RULES[node.head](*parts)
    if isinstance(value, fmpq) and _bits(value) > _MOST_BITS:
        return arb(value)
    return value


def _bits(value: fmpq) -> int:
    return int(max(abs(value.p).bit_length(), value.q.bit_length()))


def _divided(a: Number, b: Number) -> Number:
    if isinstance(b, fmpq) and b == 0:
        raise NoValue
    return a / b


def _power(base: Number, exponent: Number) -> Number:
    if not isinstance(exponent, fmpq):
        return _irrational_power(base, exponent)
    if exponent.q != 1:
        return _fractional_power(base, exponent)
    k = int(exponent.p)
    if isinstance(base, fmpq):
        if base == 0 and k < 0:
            raise NoValue
        if base in (0, 1, -1) or _bits(base) * abs(k) <= _MOST_BITS:
            return base ** (k if abs(k) <= _MOST_BITS else 2 + k % 2)
    return arb(base) ** fmpz(k)


def _fractional_power(base: Number, exponent: fmpq) -> Number:
    if base < 0 or (base == 0 and exponent < 0):
        raise NoValue
    if isinstance(base, fmpq):
        root = _exact_root(base, int(exponent.q))
        if root is not None:
            return _power(root, fmpq(exponent.p))
    return arb(base) ** arb(exponent) if base > 0 else arb("nan")


def _irrational_power(base: Number, exponent: arb) -> Number:
    if base == 0 and exponent > 0:
        return fmpq(0)
    if (base == 0 and exponent < 0) or (base < 0 and not exponent.contains_integer()):
        raise NoValue
    return arb(base) ** exponent if base > 0 else arb("nan")


def _exact_root(value: fmpq, degree: int) -> fmpq | None:
    """The root of a fraction that is not negative, where it is a fraction."""
    if value in (0, 1):
        return value
    if degree > _bits(value):
        return None
    parts = [fmpz(part).root(degree) for part in (value.p, value.q)]
    return fmpq(*parts) if fmpq(*parts) ** degree == value else None


def _root(a: Number) -> Number:
    return _fractional_power(a, fmpq(1, 2)) if isinstance(a, fmpq) else _within(0, None, "sqrt")(a)


def _within(low: int | None, high: int | None, name: str, is_open: bool = False) -> Callable[[Number], Number]:
    """A function of balls that has values between two bounds only, open ones say whether at these too."""

    def value(a: Number) -> Number:
        outside = (low is not None and a < low) or (high is not None and a > high)
        if outside or (is_open and a in (low, high) and isinstance(a, fmpq)):
            raise NoValue
        found: Number = _KNOWN.get((name, a)) if isinstance(a, fmpq) else None
        return getattr(arb(a), name)() if found is None else found

    return value


def _elliptic(name: str) -> Callable[[Number], Number]:
    def value(a: Number) -> Number:
        if a > 1 or (name == "elliptic_k" and isinstance(a, fmpq) and a == 1):
            raise NoValue
        if name == "elliptic_k" and not a < 1:
            return arb("nan")
        found = getattr(acb(arb(a)), name)()
        return found.real if found.imag.contains(0) else arb("nan")

    return value


_ZERO, _ONE = fmpq(0), fmpq(1)
_KNOWN: dict[tuple[str, fmpq], fmpq] = {
    **{(name, _ZERO): _ZERO for name in ("sin", "tan", "asin", "atan", "sinh", "tanh", "erf")},
    **{(name, _ZERO): _ONE for name in ("exp", "cos", "cosh")},
    **{(name, _ONE): _ZERO for name in ("log", "acos")},
}

_RULES: dict[str, Callable[..., Number]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": _divided,
    "**": _power,
    "negative": lambda a: -a,
    "min": lambda a, b: min(a, b) if isinstance(a, fmpq) and isinstance(b, fmpq) else arb(a).min(arb(b)),
    "max": lambda a, b: max(a, b) if isinstance(a, fmpq) and isinstance(b, fmpq) else arb(a).max(arb(b)),
    "abs": abs,
    "sqrt": _root,
    "log": _within(0, None, "log", is_open=True),
    "asin": _within(-1, 1, "asin"),
    "acos": _within(-1, 1, "acos"),
    **{n: _within(None, None, n) for n in ("exp", "sin", "cos", "tan", "atan", "sinh", "cosh", "tanh", "erf")},
    "elliptic_k": _elliptic("elliptic_k"),
    "elliptic_e": _elliptic("elliptic_e"),
}
