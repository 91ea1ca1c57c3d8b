"""Parameters of ensembles: a symbol with its domain, and the exact value a user may give for it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sympy

from resolvent.derive.errors import ParameterError, did_you_mean
from resolvent.derive.exact.field import RESERVED_NAMES, to_element, to_sympy_rational
from resolvent.derive.laws.irrational import is_irrational

# Keyword arguments of `Ensemble.sample`, which parameters would shadow.
_TAKEN = frozenset({"size", "rng", "sampler", "memory"}) | RESERVED_NAMES


@dataclass(frozen=True)
class Parameter:
    """A real parameter of an ensemble: its name, what it is, and the interval it lies in.

    Attributes:
        name: the name of its symbol, and the keyword that sets it.
        doc: what it is, in words.
        positive: shorthand for the lower bound 0, excluded.
        lower, upper: bounds as exact numbers (int, Fraction, "3/2", SymPy rational), None for none.
        lower_open, upper_open: whether the bounds themselves are excluded.
        integer: whether only integers are allowed.
        default: the value a sample takes when none is given; a law keeps the symbol instead.
        words: names of the values 0, 1, ..., for a choice; the first is the default, of a law too.
        is_chosen: whether a law takes the default where no value is given: it keeps no symbol for it.
        root: whether square roots of rational numbers are allowed besides.

    >>> c = Parameter("c", "rows over columns", positive=True)
    >>> c.validate("1/2"), c.validate(0.1), c.symbol.is_positive
    (1/2, 1/10, True)
    >>> c.validate(-1)
    Traceback (most recent call last):
        ...
    resolvent.derive.errors.ParameterError: c (rows over columns) must lie in (0, oo); got -1

    Raises `ParameterError` for a name that is reserved or not an identifier, an empty domain, or a default outside it.
    """

    name: str
    doc: str
    positive: bool = False
    lower: Any = None
    upper: Any = None
    lower_open: bool = True
    upper_open: bool = True
    integer: bool = False
    default: Any = None
    words: tuple[str, ...] = ()
    root: bool = False
    is_chosen: bool = False

    def __repr__(self) -> str:
        return f"<Parameter {self.name}: {self.doc}; {self.domain}>"

    def __post_init__(self) -> None:
        if self.words:
            bounds = {"lower": 0, "upper": len(self.words) - 1, "lower_open": False, "upper_open": False}
            for name, value in {**bounds, "integer": True, "default": 0, "is_chosen": True}.items():
                object.__setattr__(self, name, value)
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", self.name) or self.name in _TAKEN:
            taken = ", ".join(sorted(_TAKEN))
            raise ParameterError(
                f"{self.name!r} cannot name a parameter; take an identifier other than {taken}", name=self.name
            )
        if self.positive and self.lower not in (None, 0):
            raise ParameterError(f"{self.name} has two lower bounds, positive=True and lower={self.lower}", bound=self)
        for side in ("lower", "upper", "default"):
            value = 0 if side == "lower" and self.positive else getattr(self, side)
            exact = None if value is None else self._exact(value)
            if isinstance(exact, sympy.Expr) and exact.free_symbols:
                raise ParameterError(f"the {side} of {self.name} must be a number; got {exact}", parameter=self)
            object.__setattr__(self, side, exact)
        if self.lower is not None and self.upper is not None:
            closed = not (self.lower_open or self.upper_open)
            if self.lower > self.upper or (self.lower == self.upper and not closed):
                raise ParameterError(f"the domain {self.domain} of {self.name} is empty", parameter=self)
        if self.default is not None:
            self.validate(self.default)

    @property
    def symbol(self) -> sympy.Symbol:
        """The parameter as a SymPy symbol; its assumptions follow from the domain, so equal domains give equal symbols.

        >>> Parameter("k", "an order", lower=1, lower_open=False, integer=True).symbol.is_positive
        True
        """
        assumptions: dict[str, bool] = {"real": True}
        if self.lower is not None and self.lower >= 0:
            assumptions["positive" if self.lower > 0 or self.lower_open else "nonnegative"] = True
        if self.upper is not None and self.upper <= 0:
            assumptions["negative" if self.upper < 0 or self.upper_open else "nonpositive"] = True
        if self.integer:
            assumptions["integer"] = True
        return sympy.Symbol(self.name, **assumptions)

    @property
    def domain(self) -> str:
        """The domain as an interval, with "integers in" before it where only integers are allowed; or the words."""
        if self.words:
            return " or ".join(self.words)
        left = "(-oo" if self.lower is None else f"{'(' if self.lower_open else '['}{self.lower}"
        right = "oo)" if self.upper is None else f"{self.upper}{')' if self.upper_open else ']'}"
        return f"{'integers in ' if self.integer else ''}{left}, {right}"

    def validate(self, value: Any) -> sympy.Expr:
        """The value as an exact SymPy expression: a rational number, or a rational function of other symbols.

        Numbers may be int, Fraction, float (the shortest decimal that prints as it), NumPy scalars, strings like
        "1/2" or "0.5", or SymPy's; nothing is evaluated as text. A symbolic value is refused only where its
        assumptions contradict the domain.

        Raises `ParameterError`, naming the parameter, its domain and the value.
        """
        if self.words and isinstance(value, (str, sympy.Symbol)):
            if str(value) not in self.words:
                raise unknown(f"value of {self.name}:", value, self.words)
            value = self.words.index(str(value))
        exact = self._exact(value)
        if exact.free_symbols:
            wrong = self._contradicts(exact)
        else:
            wrong = (self.integer and not exact.is_Integer) or not self._between(exact)
        if wrong:
            raise ParameterError(
                f"{self.name} ({self.doc}) must lie in {self.domain}; got {exact}", parameter=self, value=value
            )
        return exact

    def to_json(self) -> dict[str, Any]:
        """Name, doc, domain and default as plain values."""
        default = None if self.default is None else str(self.default)
        return {"name": self.name, "doc": self.doc, "domain": self.domain, "default": default}

    def _contradicts(self, expression: sympy.Expr) -> bool:
        """Whether the assumptions on an expression's symbols put it outside the domain for sure."""
        below = None if self.lower is None else expression - self.lower
        above = None if self.upper is None else self.upper - expression
        for room, is_open in ((below, self.lower_open), (above, self.upper_open)):
            if room is not None and (room.is_negative or (is_open and room.is_nonpositive)):
                return True
        return bool(self.integer and expression.is_integer is False)

    def _between(self, number: sympy.Rational) -> bool:
        above = self.lower is None or number > self.lower or (number == self.lower and not self.lower_open)
        below = self.upper is None or number < self.upper or (number == self.upper and not self.upper_open)
        return bool(above and below)

    def _exact(self, value: Any) -> sympy.Expr:
        if self.root and isinstance(value, sympy.Expr) and value.is_number and (value**2).is_Rational:
            return sympy.Integer(1) * value
        try:
            if isinstance(value, bool):
                raise ParameterError(f"{value} is a truth value", value=value)
            if is_irrational(value):
                return value  # laws take such numbers
            element, symbols = to_element(value)
        except ParameterError as error:
            raise ParameterError(
                f"{self.name} ({self.doc}) must be a number like 1/2 or 0.5, or a rational function of symbols; "
                f"got {value!r}: {error}",
                parameter=self,
                value=value,
            ) from error
        if element.is_constant:
            return to_sympy_rational(element.to_fmpq())
        return element.to_sympy({s.name: s for s in symbols})


def unknown(what: str, name: object, known: Iterable[str]) -> ParameterError:
    """The error for a name that is not known: it lists the known ones and the closest match.

    >>> str(unknown("ensemble", "hesian", ["hessian", "semicircle"]))
    "unknown ensemble 'hesian'; did you mean 'hessian'? Known: hessian, semicircle"
    """
    names = list(known)
    hint = did_you_mean(str(name), names, instead=".")
    return ParameterError(f"unknown {what} {name!r}{hint} Known: {', '.join(names) or 'none'}", name=name, known=names)
