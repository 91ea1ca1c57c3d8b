"""TOML with the line of every key: the standard library reads the values, a scan of the same text finds the lines."""

from __future__ import annotations

import re
import sys
import tomllib
from dataclasses import dataclass, field
from typing import Any

from resolvent.derive.errors import ParseError

MOST_BYTES = 200_000
_MOST_NESTING = 20

Path = tuple[str | int, ...]

_KEY = re.compile(r"[A-Za-z0-9_-]+|\"(?:[^\"\\\n]|\\.)*\"|'[^'\n]*'")
_STRING = re.compile(r'"""(?:[^\\]|\\.)*?"{3,5}|' r"'''.*?'{3,5}|" r'"(?:[^"\\\n]|\\.)*"|' r"'[^'\n]*'", re.DOTALL)
_TOKEN = re.compile(rf"{_STRING.pattern}|#[^\n]*|[\[\]{{}}\n]|[0-9][0-9_]*", re.DOTALL)
_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BARE = re.compile(r"[^,\]}#\n]*")


class Decimal(str):
    """A number with a decimal point or exponent, as it was written, so that 0.1 stays one tenth."""

    __slots__ = ()


@dataclass(frozen=True)
class Document:
    """A TOML document: its values, and the line on which each key or element stands.

    ``formulas`` collects how long the texts are that were read as formulas, as their number is limited.
    """

    values: dict[str, Any]
    lines: dict[Path, int]
    formulas: dict[Path, int] = field(default_factory=dict)

    def line(self, path: Path) -> int:
        """The line of the key at a path, or of the closest table around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def read_toml(text: str) -> Document:
    """The document of a text.

    >>> document = read_toml('title = "x"\\n[claim]\\nmoments = [1,\\n 2]')
    >>> document.values["claim"], document.line(("claim", "moments", 1))
    ({'moments': [1, 2]}, 4)

    Raises `ParseError`, with the line, for what is no TOML, is too long or nested too deeply.
    """
    if len(text) > MOST_BYTES:
        raise ParseError(f"the file has {len(text)} characters; the most is {MOST_BYTES}", line=1)
    text = text.replace("\r\n", "\n")
    line = _too_deep(text)
    if line is not None:
        raise ParseError(f"line {line}: brackets are nested deeper than {_MOST_NESTING} levels", line=line)
    try:
        values = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        found = re.search(r"\(at line (\d+), column \d+\)", message)
        line = int(found[1]) if found else max(text.rstrip("\n").count("\n") + 1, 1)
        plain = re.sub(r" \(at [^()]*\)$", "", message)
        hint = "; formulas and words stand in quotes" if plain.startswith("Invalid value") else ""
        raise ParseError(f"line {line}: this is no TOML: {plain[0].lower()}{plain[1:]}{hint}", line=line) from None
    except ValueError:
        line = _too_long(text)
        raise ParseError(f"line {line}: a number has too many digits", line=line) from None
    lines = _Scan(text).lines
    deepest = next((path for path in lines if len(path) > _MOST_NESTING), None)
    if deepest is not None:
        line = lines[deepest]
        raise ParseError(f"line {line}: tables are nested deeper than {_MOST_NESTING} levels", line=line)
    return Document(values, lines)


def _too_deep(text: str) -> int | None:
    """The line of the first bracket that is nested too deeply; strings and comments do not count."""
    depth, line = 0, 1
    for found in _TOKEN.finditer(text):
        token = found[0]
        if token in ("[", "{"):
            depth += 1
            if depth > _MOST_NESTING:
                return line
        elif token in ("]", "}"):
            depth = max(depth - 1, 0)
        line += token.count("\n")
    return None


def _too_long(text: str) -> int:
    """The line of the first number that is too long to be read; if there is none, of the last line."""
    line = 1
    for found in _TOKEN.finditer(text):
        if found[0][0].isdigit() and len(found[0].replace("_", "")) > sys.get_int_max_str_digits() > 0:
            break
        line += found[0].count("\n")
    return line


class _Scan:
    """Walks through a text that is known to be TOML, noting where keys and elements stand."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.lines: dict[Path, int] = {}
        self.counts: dict[Path, int] = {}
        self._counted_to, self._line = 0, 1
        here: Path = ()
        self.blank()
        while self.at < len(text):
            here = self.header() if text[self.at] == "[" else self.statement(here)
            self.blank()

    def line(self) -> int:
        self._line += self.text.count("\n", self._counted_to, self.at)
        self._counted_to = self.at
        return self._line

    def note(self, path: Path) -> None:
        line = self.line()
        for k in range(1, len(path) + 1):
            self.lines.setdefault(path[:k], line)

    def blank(self) -> None:
        found = _BLANK.match(self.text, self.at)
        assert found is not None, "the pattern matches nothing as well"
        self.at = found.end()

    def header(self) -> Path:
        is_array = self.text.startswith("[[", self.at)
        start = self.at
        self.at += 2 if is_array else 1
        keys = self.key()
        path: Path = ()
        for k, key in enumerate(keys):
            path = (*path, key)
            if is_array and k == len(keys) - 1:
                self.counts[path] = self.counts.get(path, -1) + 1
            if path in self.counts:
                path = (*path, self.counts[path])
        end, self.at = self.at, start
        self.note(path)
        self.at = end + (2 if is_array else 1)
        return path

    def statement(self, here: Path) -> Path:
        start = self.at
        path = (*here, *self.key())
        end, self.at = self.at, start
        self.note(path)
        self.at = end + 1  # over the sign of equality
        self.value(path)
        return here

    def key(self) -> tuple[str, ...]:
        """A dotted key; stops at what follows it."""
        parts: list[str] = []
        while True:
            self.spaces()
            found = _KEY.match(self.text, self.at)
            if found is None:  # cannot be, in TOML
                self.at = len(self.text)
                return tuple(parts)
            word = found[0]
            parts.append(next(iter(tomllib.loads(f"{word} = 0"))) if word[0] in "\"'" else word)
            self.at = found.end()
            self.spaces()
            if not self.text.startswith(".", self.at):
                return tuple(parts)
            self.at += 1

    def spaces(self) -> None:
        while self.at < len(self.text) and self.text[self.at] in " \t":
            self.at += 1

    def value(self, path: Path) -> None:
        self.spaces()
        first = self.text[self.at : self.at + 1]
        if first == "[":
            self.elements(path, "]")
        elif first == "{":
            self.elements(path, "}")
        else:
            found = (_STRING if first in ("'", '"') else _BARE).match(self.text, self.at)
            self.at = found.end() if found else len(self.text)

    def elements(self, path: Path, closing: str) -> None:
        """The elements of an array, or the entries of an inline table."""
        self.at += 1
        position = 0
        self.blank()
        while self.at < len(self.text) and self.text[self.at] != closing:
            if closing == "]":
                inner: Path = (*path, position)
                self.note(inner)
            else:
                start = self.at
                inner = (*path, *self.key())
                end, self.at = self.at, start
                self.note(inner)
                self.at = end + 1
            self.value(inner)
            self.blank()
            if self.text.startswith(",", self.at):
                self.at += 1
                self.blank()
            position += 1
        self.at += 1
