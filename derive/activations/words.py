"""Names of activations as frameworks have them, and activations in words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sympy

from resolvent.derive.errors import ParameterError, did_you_mean

ALIASES = {
    "swish": "silu",
    "identity": "linear",
    "heaviside": "step",
    "hardtanh": "hard_tanh",
}


def name_in(table: Iterable[str], name: str) -> str:
    """The name of the table that another word means; a name that is none stays.

    >>> [name_in(["silu", "relu", "He"], name) for name in ("Swish", "He", "rellu")]
    ['silu', 'He', 'rellu']
    """
    return name if name in table else ALIASES.get(name.lower(), name)


def unknown(what: str, name: str, known: Iterable[str]) -> ParameterError:
    """The error for a name that is not known, with the one that is closest."""
    names = list(known)
    hint = did_you_mean(name, names, fold=str.lower, instead=".")
    return ParameterError(f"unknown {what} {name!r}{hint} Known: {', '.join(names) or 'none'}", name=name, known=names)


def number_text(value: Any) -> str:
    """A closed form, or a number in six digits.

    >>> number_text(sympy.pi / 2), number_text(1 / 3)
    ('pi/2', '0.333333')
    """
    return str(value) if isinstance(value, sympy.Basic) else f"{float(value):.6g}"
