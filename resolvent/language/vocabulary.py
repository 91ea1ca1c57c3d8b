"""The words of expressions: which functions and methods there are, and what each argument must be."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from resolvent.derive.errors import did_you_mean
from resolvent.derive.laws.operations import OPERATIONS, Kind, Operation


@dataclass(frozen=True)
class Word:
    """A function or method of the grammar.

    Attributes:
        name: as it is written.
        arguments: (name, kind) in order; the first ``required`` of them must be given.
        home: the module that has the function; empty for a method of a law.
        most: the largest value of a COUNT, the largest numerator and denominator of a RATIO. The work grows so fast
            with it that more would never end.
    """

    name: str
    arguments: tuple[tuple[str, Kind], ...]
    required: int
    home: str = ""
    most: int = 0

    def function(self) -> Callable[..., Any]:
        """The function itself, imported when it is first needed."""
        found: Callable[..., Any] = getattr(importlib.import_module(self.home), self.name)
        return found

    @property
    def call(self) -> str:
        """How it is written, such as ``marchenko_pastur(c, sigma)``."""
        return f"{self.name}({', '.join(name for name, _ in self.arguments)})"


def _method(row: Operation, name: str) -> Word:
    """The word of a method, whose law stands before it; a second law is the other one."""
    rest = tuple(("other" if kind is Kind.LAW else argument, kind) for argument, kind in row.arguments[1:])
    return Word(name, rest, row.required - 1, most=row.most)


FUNCTIONS = {
    row.name: Word(row.name, row.arguments, row.required, row.home, row.most)
    for row in OPERATIONS.values()
    if row.is_function
}
"""The functions of the grammar by name; the catalog's entries come on top (`catalog_word`)."""

METHODS = {name: _method(row, name) for row in OPERATIONS.values() for name in row.methods if not name.startswith("__")}
"""The methods of laws by name; operators are no words."""

NOT_RATIONAL = frozenset({"pi", "E", "I", "oo", "inf", "nan", "exp", "log", "sqrt", "sin", "cos", "tan", "Rational"})
"""Names that people expect to be numbers or functions; as parameters they would mislead."""


def catalog_word(name: str) -> Word | None:
    """The catalog entry of that name, hyphens written as underscores; None where there is none.

    >>> catalog_word("hessian").call
    'hessian(phi, eps, sigma)'
    """
    slug = _slugs().get(name)
    if slug is None:
        return None
    from resolvent import catalog

    entry = catalog.get(slug)
    return Word(name, tuple((p.name, Kind.SCALAR) for p in entry.parameters), 0)


def catalog_law(name: str, arguments: dict[str, Any]) -> Any:
    """The law of a catalog entry; parameters that are not given have their defaults, or else stay symbolic."""
    from resolvent import catalog

    entry = catalog.get(_slugs()[name])
    defaults = {p.name: p.default for p in entry.parameters if p.default is not None}
    return entry.law(**{**defaults, **arguments})


def function_names() -> list[str]:
    """All names that make a law, sorted."""
    return sorted({*FUNCTIONS, *_slugs()})


@lru_cache(maxsize=1)
def _slug_table(slugs: tuple[str, ...]) -> dict[str, str]:
    return {slug.replace("-", "_"): slug for slug in slugs}


def _slugs() -> dict[str, str]:
    """The names of the catalog; none where NumPy is not installed, which its samplers need."""
    try:
        from resolvent import catalog
    except ModuleNotFoundError as error:
        if error.name != "numpy":
            raise
        return {}
    return _slug_table(catalog.names())


def closest(name: str, known: Iterable[str]) -> str:
    """A hint at the closest known name, or nothing.

    >>> closest("semicirle", ["semicircle", "atoms"])
    "; did you mean 'semicircle'?"
    """
    return did_you_mean(name, known, 0.55)
