"""How objects are shown: packages above this one say how, by `provide`, and nothing here imports them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Any

_shown: dict[str, Callable[..., Any]] = {}


def provide(**ways: Callable[..., Any]) -> None:
    """State how objects are shown, by the name of a way: "html", "latex" or "plot"."""
    _shown.update(ways)


def show(way: str, *arguments: Any, **options: Any) -> Any:
    """An object shown in one way."""
    return _shown[way](*arguments, **options)


class Typeset:
    """What a notebook displays as the formula that its `latex` gives."""

    @abstractmethod
    def latex(self) -> str:
        """The formula."""

    def _repr_latex_(self) -> str:
        return rf"$\displaystyle {self.latex()}$"


class Tabled:
    """A record that a notebook displays as a table: what it holds, name by name."""

    def _repr_html_(self) -> str:
        return str(show("html", self))


class Doubtful(Tabled):
    """A table with ``doubts``: what data say against the assumptions, printed a line each."""

    doubts: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join([repr(self), *(f"  doubtful: {doubt}" for doubt in self.doubts)])


class Presented:
    """What a notebook displays typeset."""

    def _repr_html_(self) -> str:
        return str(show("html", self))

    def _repr_latex_(self) -> str | None:
        """The formula between dollar signs; None for what is more than one formula."""
        found: str | None = show("latex", self)
        return found
