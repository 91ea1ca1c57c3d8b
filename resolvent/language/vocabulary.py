"""The words of expressions: which functions and methods there are, and what each argument must be."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Any


class Kind(Enum):
    """What an argument must be."""

    SCALAR = "a number or an expression in parameters"
    SCALARS = "a list of numbers, such as [1, 2, 5]"
    COUNT = "a positive whole number"
    RATIO = "a positive rational number"
    LAW = "a law"
    EQUATION = "a polynomial in z and m"
    TRANSFORM = "a rational function of its variable"
    VARIABLE = "the name of the variable"


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


def _word(name: str, arguments: str, home: str = "", required: int | None = None, most: int = 0) -> Word:
    pairs = [entry.split(":") for entry in arguments.split()]
    kinds = tuple((pair[0], Kind[pair[1]] if len(pair) == 2 else Kind.SCALAR) for pair in pairs)
    return Word(name, kinds, len(kinds) if required is None else required, home, most)


def _table(*words: Word) -> dict[str, Word]:
    return {word.name: word for word in words}


FUNCTIONS = _table(
    _word("semicircle", "variance", "resolvent.derive.laws.elementary", 0),
    _word("marchenko_pastur", "c sigma", "resolvent.derive.laws.elementary", 1),
    _word("free_poisson", "rate jump", "resolvent.derive.laws.elementary", 1),
    _word("atoms", "points:SCALARS weights:SCALARS", "resolvent.derive.laws.elementary", 1),
    _word("arcsine", "radius", "resolvent.derive.laws.elementary", 0),
    _word("wachter", "c1 c2", "resolvent.derive.laws.elementary"),
    _word("kesten_mckay", "d", "resolvent.derive.laws.elementary"),
    _word("fuss_catalan", "s:COUNT", "resolvent.derive.laws.elementary", most=32),
    _word("equilibrium_measure", "M:COUNT t", "resolvent.derive.laws.equilibrium", 1, most=12),
    _word("direct_sum", "a:LAW b:LAW weight", "resolvent.derive.laws.matrix_functions"),
    _word("doubly_correlated_wishart", "a:LAW b:LAW c", "resolvent.derive.laws.rectangular"),
    _word("rectangular_sum", "a:LAW b:LAW c", "resolvent.derive.laws.rectangular"),
    _word(
        "law_of_cycle_weights",
        "weights:TRANSFORM variable:VARIABLE phi psi ratios:SCALARS",
        "resolvent.derive.graphs.cycle_weights",
        1,
    ),
    _word("law_of_free_cumulants", "cumulants:SCALARS variable:VARIABLE", "resolvent.derive.graphs.cycle_weights", 1),
    _word("law_of_equation", "polynomial:EQUATION moments:SCALARS", "resolvent.derive.laws.from_equation", 1),
    _word("law_of_r_transform", "expression:TRANSFORM variable:VARIABLE", "resolvent.derive.laws.from_transform"),
    _word("law_of_s_transform", "expression:TRANSFORM variable:VARIABLE", "resolvent.derive.laws.from_transform"),
)
"""The functions of the grammar by name; the catalog's entries come on top (`catalog_word`)."""

METHODS = _table(
    _word("inverse", ""),
    _word("mobius", "a b c d"),
    _word("symmetric_root", ""),
    _word("companion", "c"),
    _word("direct_sum", "other:LAW weight"),
    _word("free_power", "t"),
    _word("free_multiplicative_power", "s:RATIO", most=8),
    _word("compress", "t"),
    _word("wishart", "c"),
    _word("information_plus_noise", "s c"),
    _word("rectangular_sum", "other:LAW c"),
)
"""The methods of laws by name."""

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
    """The law of a catalog entry; parameters that are not given stay symbolic."""
    from resolvent import catalog

    return catalog.get(_slugs()[name]).law(**arguments)


def function_names() -> list[str]:
    """All names that make a law, sorted."""
    return sorted({*FUNCTIONS, *_slugs()})


@lru_cache(maxsize=1)
def _slug_table(slugs: tuple[str, ...]) -> dict[str, str]:
    return {slug.replace("-", "_"): slug for slug in slugs}


def _slugs() -> dict[str, str]:
    from resolvent import catalog

    return _slug_table(catalog.names())


def closest(name: str, known: Iterable[str]) -> str:
    """A hint at the closest known name, or nothing.

    >>> closest("semicirle", ["semicircle", "atoms"])
    "; did you mean 'semicircle'?"
    """
    found = difflib.get_close_matches(name, list(known), n=1, cutoff=0.55)
    return f"; did you mean {found[0]!r}?" if found else ""
