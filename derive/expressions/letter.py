"""Letters: the random and given matrices that expressions are made of, and the dimensions that they have."""

from __future__ import annotations

import numbers
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sympy
from flint import fmpq

from resolvent.derive.border import shortly
from resolvent.derive.derivation.latex import escape, expression_latex
from resolvent.derive.errors import ParameterError
from resolvent.derive.exact.field import to_fmpq, to_sympy_rational
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.arguments import scalar_of
from resolvent.derive.laws.elementary import atoms
from resolvent.derive.laws.record import Law


class SymbolicSize(sympy.Symbol):  # not "Dimension": SymPy prints its own class of that name
    """The size of a matrix: a positive integer that tends to infinity. It may stand in scalars, as in ``X / n``."""

    __slots__ = ()

    def __new__(cls, name: str, **assumptions: bool) -> SymbolicSize:
        """A dimension of that name; two of one name are the same. (Copies of SymPy symbols pass their assumptions.)"""
        made: SymbolicSize = super().__new__(cls, name, positive=True, integer=True)
        return made


Ratios = Mapping[tuple[SymbolicSize, SymbolicSize], Any]
"""Limits of ratios of sizes, by the two sizes."""


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

    @property
    def latex(self) -> str:
        r"""What the letter is, in LaTeX.

        >>> size = SymbolicSize("p")
        >>> print(Letter("S", "wigner", size, size).latex)
        S = S^{\top},\ \mathbb{E} S_{ij}^2 = \frac{1}{p} \text{ for } i < j \le p
        """
        name, rows, columns = map(expression_latex, (sympy.Symbol(self.name), self.rows, self.columns))
        field, adjoint = (r"\mathbb{C}", "*") if self.is_complex else (r"\mathbb{R}", r"\top")
        if self.kind == "gaussian":
            entry = rf"({name})_{{ij}}" if "_" in name else rf"{name}_{{ij}}"
            of = rf"\mathbb{{E}} |{entry}|^2 = " if self.is_complex else rf"{entry} \sim N(0, "
            closed = "" if self.is_complex else ")"
            return rf"{name} \in {field}^{{{rows} \times {columns}}},\ {of}{expression_latex(self.variance)}{closed}"
        if self.kind == "wigner":
            of = rf"|{name}_{{ij}}|^2" if self.is_complex else rf"{name}_{{ij}}^2"
            entry = expression_latex(self.variance / self.rows)
            return rf"{name} = {name}^{{{adjoint}}},\ \mathbb{{E}} {of} = {entry} \text{{ for }} i < j \le {rows}"
        if self.kind == "haar":
            return rf"{name} \text{{ Haar-distributed in }} {'U' if self.is_complex else 'O'}({rows})"
        told = rf"{name} = {name}^{{\top}} \in \mathbb{{R}}^{{{rows} \times {rows}}} \text{{ given}}"
        if self.points:
            points, weights = (", ".join(map(expression_latex, values)) for values in (self.points, self.weights))
            return rf"{told}\text{{, with the eigenvalues }} {points} \text{{ of weights }} {weights}"
        return told if self.law is None else rf"{told}\text{{, with the law }} \text{{{escape(self.law.text)}}}"


Spectra = dict[str, tuple[AlgebraicLaw, tuple[sympy.Expr, ...], tuple[sympy.Expr, ...]]]


def spectra_of(letters: Mapping[str, Letter], given: Mapping[str, Any]) -> Spectra:
    """By the names of given matrices their laws, and points and weights where they commute with others.

    Raises `ParameterError` for names of other matrices, and for eigenvalues that do not fit together.
    """
    out: Spectra = {}
    for name, value in given.items():
        letter = letters.get(name)
        if letter is None or letter.kind != "given":
            known = ", ".join(n for n, x in letters.items() if x.kind == "given") or "none"
            raise ParameterError(f"{name} is no given matrix of the expression; the given ones are {known}", name=name)
        if letter.group:
            members = [n for n, x in letters.items() if x.group == letter.group]
            columns = {n: given.get(n) for n in members}
            if any(isinstance(c, (str, AlgebraicLaw)) or not isinstance(c, Sequence) for c in columns.values()):
                raise ParameterError(
                    f"{', '.join(members)} commute; give lists of eigenvalues for all of them, which belong together"
                )
            points = tuple(scalar_of(x) for x in value)
            if len({len(c) for c in columns.values() if c is not None}) != 1 or not points:
                raise ParameterError(f"{', '.join(members)} need as many eigenvalues as one another", given=columns)
            weights = (sympy.Rational(1, len(points)),) * len(points)
            out[name] = (atoms(list(points), list(weights)), points, weights)
        elif isinstance(value, AlgebraicLaw):
            out[name] = (value, (), ())
        else:
            raise ParameterError(f"the spectrum of {name} is a law with an equation, rv.atoms([1, 3]); got {value!r}")
    return out


_NO_OPERANDS: tuple[tuple[Any, str], ...] = (
    (str, "write 3 or sympy.Rational(1, 2), and a parameter as rv.parameter('a', positive=True)"),
    (Law, "a matrix with that law is given('T', p, law=...)"),
    (sympy.MatrixBase, "multiples of one matrix in blocks are kron(small, of)"),
    ((list, tuple), "blocks are put together by block([[A, B], [C, D]])"),
    ((bool, type(None)), "write a number"),
)


def scalar_or_none(value: Any) -> sympy.Expr | None:
    """A number or an expression as SymPy has it; None for anything else, which may have operators of its own.

    Raises `ParameterError` for what people take for a number or a matrix: an array, which has entries but no limit, a
    matrix of SymPy, a law, a text, a list, a truth value and None.
    """
    for kinds, hint in _NO_OPERANDS:
        if isinstance(value, kinds):
            raise ParameterError(f"{shortly(value)} is no matrix or number; {hint}", value=value)
    if getattr(value, "ndim", 0):
        raise ParameterError(
            "an array of numbers has no limit; state a fixed matrix by its spectrum, "
            "given(name, size, law=atoms(eigenvalues)) say",
            value=value,
        )
    if isinstance(value, sympy.Expr):
        return value
    if isinstance(value, numbers.Complex) and not isinstance(value, numbers.Real):
        real, imaginary = (to_sympy_rational(to_fmpq(part)) for part in (value.real, value.imag))
        return real + sympy.I * imaginary
    if isinstance(value, (numbers.Number, fmpq)) and not isinstance(value, bool):
        return to_sympy_rational(to_fmpq(value))
    return scalar_or_none(value.item()) if getattr(value, "ndim", None) == 0 else None  # an array of one number


def sizes_text(shape: Sequence[SymbolicSize]) -> str:
    """The sizes of block rows or columns for the reader."""
    return str(shape[0]) if len(shape) == 1 else "(" + " + ".join(map(str, shape)) + ")"


def ratio_latex(above: SymbolicSize, below: SymbolicSize, value: Any) -> str:
    """The limit of a ratio of two sizes, in LaTeX."""
    return rf"{expression_latex(above)}/{expression_latex(below)} \to {expression_latex(scalar_of(value))}"
