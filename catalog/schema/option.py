"""Options: a choice that stands for the values of parameters, as an activation does for its Gaussian constants."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import sympy

from resolvent.catalog.schema.parameter import Parameter
from resolvent.derive.derivation.step import Step
from resolvent.derive.errors import ParameterError


@dataclass(frozen=True, eq=False)
class Choice:
    """What was chosen.

    Attributes:
        text: the choice in words.
        values: the parameters that it sets, as exact numbers.
        step: the step of the derivation that says where the values come from.
        subject: the object itself, which samplers receive.
    """

    text: str
    values: Mapping[str, sympy.Rational]
    step: Step
    subject: Any

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Option:
    """A choice that an ensemble offers instead of values for some of its parameters.

    Attributes:
        name: the keyword that makes the choice.
        doc: what can be chosen, in words.
        sets: the names of the parameters it gives values to.
        parameters: numbers that go with the choice, each with a default.
        read: (value, **numbers) -> the choice; raises `ParameterError` for what cannot be chosen.
        needs: names of the ensemble's parameters whose values ``read`` is given besides, as far as they are numbers.
        reaches_law: whether the law is derived from the chosen object, which ``derive`` then gets as a keyword.
    """

    name: str
    doc: str
    sets: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    read: Callable[..., Choice]
    needs: tuple[str, ...] = ()
    reaches_law: bool = False

    @property
    def keywords(self) -> tuple[str, ...]:
        """The keywords that belong to the option."""
        return (self.name, *(p.name for p in self.parameters))

    def take(self, given: dict[str, Any], needed: Mapping[str, Any] | None = None) -> Choice | None:
        """The choice that is made in ``given``, whose keywords are removed from it; None where none is made.

        Raises `ParameterError` for numbers without a choice, or with one that has been made before.
        """
        value = given.pop(self.name, None)
        own = {p.name: given.pop(p.name) for p in self.parameters if p.name in given}
        if value is None or isinstance(value, Choice):
            if own:
                raise ParameterError(f"{next(iter(own))} goes with {self.name}=...", name=next(iter(own)))
            return value
        numbers = {p.name: p.validate(own.get(p.name, p.default)) for p in self.parameters}
        return self.read(value, **numbers, **(needed or {}))

    def to_json(self) -> dict[str, Any]:
        """The option as plain values."""
        return {
            "name": self.name,
            "doc": self.doc,
            "sets": list(self.sets),
            "parameters": [p.to_json() for p in self.parameters],
        }
