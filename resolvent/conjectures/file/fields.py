"""Typed access to the fields of a document: whatever is wrong is said with the line and the name of the field."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Any, NoReturn, TypeVar

import sympy

from resolvent.catalog.conjectures.conjecture import Amount
from resolvent.conjectures.file.toml_lines import Decimal, Document, Path
from resolvent.derive.errors import ParseError, ResolventError
from resolvent.language.expressions import parse_scalar
from resolvent.language.formulas import parse_formula
from resolvent.language.scalars import MOST_DIGITS
from resolvent.language.vocabulary import closest

MOST_ENTRIES = 200
_MOST_TEXT = 5000
_MOST_FORMULAS = 20_000  # characters
_SMALLEST, _LARGEST = 1e-300, 1e300  # so that floating point has them too
_KINDS = {str: "a text", bool: "true or false", int: "a whole number", dict: "a table", list: "a list"}

Read = TypeVar("Read")


def _key(part: str) -> str:
    """A key in a message: on one line, without control characters, not too long."""
    return part if re.fullmatch(r"[A-Za-z0-9_-]{1,40}", part) else _short(repr(part))


def _short(text: str) -> str:
    text = text if text.isprintable() else repr(text)
    return text if len(text) <= 60 else f"{text[:50]}..."


class Field:
    """A value of a document, with where it stands.

    Every method raises `ParseError`, "line 12, claim.equation: ...", for what is not as it should be.
    """

    def __init__(self, document: Document, path: Path, value: Any) -> None:
        self.document = document
        self.path = path
        self.value = value

    @property
    def name(self) -> str:
        """The path in words, such as ``claim.moments[3]``."""
        text = ""
        for part in self.path:
            text += f"[{part + 1}]" if isinstance(part, int) else f"{'.' if text else ''}{_key(part)}"
        return text

    @property
    def line(self) -> int:
        """The line of the key or element."""
        return self.document.line(self.path)

    def fail(self, message: str) -> NoReturn:
        """Raise the error for this field."""
        prefix = f"line {self.line}, {self.name}: " if self.path else ""
        raise ParseError(f"{prefix}{message}", line=self.line, field=self.name)

    def reading(self, function: Callable[[], Read]) -> Read:
        """What a function returns that reads the field as a formula; its errors become this field's."""
        formulas = self.document.formulas
        formulas[self.path] = len(self.value) if isinstance(self.value, str) else 0
        if sum(formulas.values()) > _MOST_FORMULAS:  # the time to read them stays short
            self.fail(f"the formulas of this file have more than {_MOST_FORMULAS} characters together; shorten them")
        try:
            return function()
        except ResolventError as error:
            self.fail(str(error))

    def _kind(self) -> str:
        if isinstance(self.value, Decimal):
            return "a decimal number"
        return next((name for kind, name in _KINDS.items() if isinstance(self.value, kind)), "a date or time")

    # -- single values -------------------------------------------------------------------------------------

    def text(self) -> str:
        """A text that is not empty."""
        if not isinstance(self.value, str) or isinstance(self.value, Decimal):
            self.fail(f"a text in quotes is needed; this is {self._kind()}")
        if not self.value.strip():
            self.fail("the text is empty; write something, or leave the field out")
        if len(self.value) > _MOST_TEXT:
            self.fail(f"the text has {len(self.value)} characters; the most is {_MOST_TEXT}")
        if found := re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]", self.value):
            self.fail(f"the text holds the control character U+{ord(found[0]):04X}; leave it out")
        return str(self.value)

    def choice(self, among: Iterable[str]) -> str:
        """One of some words."""
        word, known = self.text(), list(among)
        if word not in known:
            self.fail(f"{_short(repr(word))} is not one of {', '.join(known)}{closest(word, known)}")
        return word

    def whole(self, least: int, most: int) -> int:
        """A whole number between two bounds."""
        if isinstance(self.value, bool) or not isinstance(self.value, int):
            self.fail(f"a whole number is needed; this is {self._kind()}")
        if not least <= self.value <= most:
            self.fail(f"the number must lie between {least} and {most}; got {self._shown()}")
        return self.value

    def flag(self) -> bool:
        """true or false."""
        if not isinstance(self.value, bool):
            self.fail(f"true or false is needed; this is {self._kind()}")
        return self.value

    def _written(self) -> str:
        if isinstance(self.value, bool) or not isinstance(self.value, (int, str)):
            self.fail(f'a number such as 2, 0.5 or "1/2" is needed; this is {self._kind()}')
        if isinstance(self.value, int):
            if self.value.bit_length() > 4 * MOST_DIGITS:  # longer ones have no decimal digits in Python
                self.fail(f"the number has more than {MOST_DIGITS} digits")
            return str(self.value)
        return str(self.value) if isinstance(self.value, Decimal) else self.text()

    def _shown(self) -> str:
        """The number in a message."""
        if isinstance(self.value, int) and self.value.bit_length() > 4 * MOST_DIGITS:
            return "one with very many digits"
        return _short(str(self.value))

    def number(self) -> Fraction:
        """An exact number: 2, 0.5 or "1/2"."""
        written = self._written()
        value = self.reading(lambda: parse_scalar(written))
        if not isinstance(value, sympy.Rational):
            self.fail(f"a number is needed, without parameters; got {_short(written)}")
        number = Fraction(int(value.p), int(value.q))
        if number and not _SMALLEST < abs(number) < _LARGEST:
            self.fail(f"the number must lie between {_SMALLEST:.0e} and {_LARGEST:.0e} in size")
        return number

    def between(self, low: float, high: float) -> float:
        """A number strictly between two bounds, in floating point."""
        value = self.number()
        if not low < float(value) < high:
            self.fail(f"the number must lie between {low} and {high}; got {self._shown()}")
        return float(value)

    def amount(self) -> Amount:
        """A number that may depend on parameters: 2, "1 + c", "(1 - sqrt(c))**2"."""
        written = self._written()
        formula = self.reading(lambda: parse_formula(written))
        try:
            exact = parse_scalar(written)  # of a text that was just read
        except ResolventError:  # irrational, or too large to be written out
            exact = None
        return Amount(written, self.line, formula, exact)

    # -- tables and lists ----------------------------------------------------------------------------------

    def items(self, most: int = MOST_ENTRIES) -> list[Field]:
        """The elements of a list."""
        if not isinstance(self.value, list):
            self.fail(f"a list in square brackets is needed; this is {self._kind()}")
        if len(self.value) > most:
            self.fail(f"the list has {len(self.value)} elements; the most is {most}")
        return [Field(self.document, (*self.path, k), value) for k, value in enumerate(self.value)]

    def table(self, known: Iterable[str], required: Iterable[str] = ()) -> dict[str, Field]:
        """The fields of a table, whose names must be known."""
        if not isinstance(self.value, dict):
            self.fail(f"a table is needed; this is {self._kind()}")
        names = list(known)
        for name in self.value:
            if name not in names:
                hint = closest(str(name)[:100], names) or f"; known: {', '.join(names)}"
                Field(self.document, (*self.path, name), None).fail(f"there is no such field{hint}")
        for name in required:
            if name not in self.value:
                self.fail(f"the field {name!r} is missing")
        return {name: Field(self.document, (*self.path, name), value) for name, value in self.value.items()}

    def entries(self, most: int = MOST_ENTRIES) -> dict[str, Field]:
        """The fields of a table with any names."""
        if not isinstance(self.value, dict):
            self.fail(f"a table is needed; this is {self._kind()}")
        if len(self.value) > most:
            self.fail(f"the table has {len(self.value)} entries; the most is {most}")
        return {str(name): Field(self.document, (*self.path, name), value) for name, value in self.value.items()}
