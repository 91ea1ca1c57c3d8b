"""Letters: the random and given matrices that expressions are made of, and the dimensions that they have."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import sympy

from resolvent.derive.errors import ParameterError
from resolvent.derive.laws.algebraic_law import AlgebraicLaw


class SymbolicSize(sympy.Symbol):  # not "Dimension": SymPy prints its own class of that name
    """The size of a matrix: a positive integer that tends to infinity. It may stand in scalars, as in ``X / n``."""

    __slots__ = ()

    def __new__(cls, name: str, **assumptions: bool) -> SymbolicSize:
        """A dimension of that name; two of one name are the same. (Copies of SymPy symbols pass their assumptions.)"""
        made: SymbolicSize = super().__new__(cls, name, positive=True, integer=True)
        return made


def check_name(name: Any, what: str) -> str:
    """The name, if letters, digits and _ make it up and the engine does not use it itself.

    Raises `ParameterError` for other names.
    """
    if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,49}", name):
        raise ParameterError(f"the name of {what} is letters, digits and _, a letter first; got {name!r}", name=name)
    if name == "z":
        raise ParameterError(f"z is the spectral variable; rename {what}", name=name)
    return name


@dataclass(frozen=True)
class Letter:
    """One matrix: what it is called, what it is, and its sizes.

    Attributes:
        kind: "gaussian" (independent entries), "wigner" (symmetric, independent entries), "haar" (orthogonal), or
            "given" (symmetric, with a law of its own, in generic position).
        variance: of one entry of a Gaussian matrix; of the semicircle of a Wigner matrix.
        law: the limiting law of a given matrix; ``spectrum`` is its text, by which letters are compared.
        is_complex: whether the entries are complex: circular Gaussian, Hermitian or unitary.
        group: given matrices of one group are functions of one another; ``weights`` and ``points`` are their joint
            spectrum then, the points being those of this letter.
    """

    name: str
    kind: str
    rows: SymbolicSize
    columns: SymbolicSize
    variance: sympy.Expr = sympy.S.One
    law: AlgebraicLaw | None = field(default=None, compare=False)
    group: str = ""
    points: tuple[sympy.Expr, ...] = ()
    weights: tuple[sympy.Expr, ...] = ()
    spectrum: str = ""
    is_complex: bool = False

    @property
    def is_symmetric(self) -> bool:
        """Whether the matrix is its own transpose."""
        return self.kind in ("wigner", "given")

    @property
    def definition(self) -> str:
        """What the letter is, in a line of the language of texts."""
        sizes = (
            str(self.rows) if self.rows == self.columns and self.kind != "gaussian" else f"{self.rows}, {self.columns}"
        )
        extra = ""
        if self.variance != 1:
            extra = f", {self.variance}"
        if self.points:
            extra = f", {[str(x) for x in self.points]}".replace("'", "")
        elif self.law is not None:
            extra = f", {self.law.text}"
        if self.is_complex:
            extra += ", complex"
        return f"{self.name}: {self.kind}({sizes}{extra})"
