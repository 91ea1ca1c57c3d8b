"""Matrix expressions: what a person writes down, `X @ X.T / n`, with the shapes checked at every operation.

An expression is a tree. Leaves are letters (`resolvent.derive.expressions.letter`) and identities; the same letter
twice is the same matrix twice. Shapes are tuples of dimensions, one for each block row and block column.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import sympy

from resolvent.derive.border import checked, is_whole
from resolvent.derive.derivation.latex import expression_latex
from resolvent.derive.errors import ParameterError
from resolvent.derive.exact.precision import cached_property
from resolvent.derive.exact.trees import parts_first
from resolvent.derive.expressions.letter import Letter, SymbolicSize, scalar_or_none, sizes_text, spectra_of
from resolvent.derive.expressions.marks import marked
from resolvent.derive.presentation import Typeset

Shape = tuple[SymbolicSize, ...]
_SUM, _PRODUCT, _POWER, _ATOM = range(4)
_MOST_POWER = 32


class NotSelfAdjoint(ParameterError):
    """A matrix that has to be self-adjoint is not."""


@checked
@dataclass(frozen=True, eq=False)
class MatrixExpression(Typeset):
    """A rational expression in random and given matrices of symbolic sizes.

    Operators: ``+ - @ .T **``, scalars multiply, divide and (for square matrices) add as multiples of the identity.

    Attributes:
        head: "letter", "identity", "scale", "sum", "product", "transpose", "inverse", "block" or "zero".
        parts: the operands; those of a block matrix row by row.
        rows, columns: the sizes of the block rows and block columns.
        scalar: the factor of a "scale".
        letter: the matrix of a "letter".

    >>> from resolvent.derive.expressions.letters import dimension, gaussian
    >>> p, n = dimension("p"), dimension("n")
    >>> X = gaussian("X", p, n)
    >>> X @ X.T / n
    X @ X.T / n
    >>> X @ X
    Traceback (most recent call last):
        ...
    resolvent.derive.errors.ParameterError: the shapes do not fit in X @ X: p x n times p x n
      X @ X
          ^
    """

    head: str
    parts: tuple[MatrixExpression, ...]
    rows: Shape
    columns: Shape
    scalar: sympy.Expr = sympy.S.One
    letter: Letter | None = None

    __array_ufunc__ = None  # numpy leaves the operators to this class
    sampler: ClassVar[Callable[..., Any] | None] = None
    part: ClassVar[Callable[..., Any] | None] = None

    # -- shapes ----------------------------------------------------------------------------------------------

    @property
    def is_square(self) -> bool:
        """Whether rows and columns are the same dimensions, block by block."""
        return self.rows == self.columns

    @property
    def shape(self) -> str:
        """The sizes for the reader, such as ``p x n``."""
        return f"{sizes_text(self.rows)} x {sizes_text(self.columns)}"

    @property
    def width(self) -> int:
        """How many blocks stand in a row of a block matrix, whose blocks may have blocks themselves; 1 for others."""
        if self.head != "block":
            return 1
        across, k = 0, 0
        while across < len(self.columns):
            across += len(self.parts[k].columns)
            k += 1
        return k

    @property
    def is_complex(self) -> bool:
        """Whether it has a letter with complex entries, so that its adjoint is not its transpose."""
        return any(node.letter is not None and node.letter.is_complex for node in self.nodes())

    def letters(self) -> dict[str, Letter]:
        """The letters by name, in the order in which they occur.

        Raises `ParameterError` when two different matrices have one name.
        """
        found: dict[str, Letter] = {}
        for node in self.nodes():
            if node.letter is not None and found.setdefault(node.letter.name, node.letter) != node.letter:
                raise ParameterError(
                    f"two different matrices are called {node.letter.name}; make each once and use it everywhere",
                    letters=(found[node.letter.name], node.letter),
                )
        return found

    def nodes(self) -> Iterator[MatrixExpression]:
        """All parts of the tree, each once, the operands before what is made of them."""
        return parts_first([self], lambda node: node.parts)

    def dimensions(self) -> tuple[SymbolicSize, ...]:
        """All dimensions, in the order in which they occur."""
        found: dict[SymbolicSize, None] = {}
        for node in self.nodes():
            found.update(dict.fromkeys((*node.rows, *node.columns)))
            found.update(dict.fromkeys(s for s in node.scalar.free_symbols if isinstance(s, SymbolicSize)))
        return tuple(found)

    # -- operators -------------------------------------------------------------------------------------------

    @property
    def T(self) -> MatrixExpression:  # noqa: N802
        """The transpose; raises `ParameterError` for complex entries, which have an adjoint, ``.H``."""
        if self.is_complex:
            raise ParameterError(f"{self} has complex entries; write {self._in(_ATOM)}.H for its adjoint", of=self)
        if self.head == "transpose":
            return self.parts[0]
        if self.head == "identity" or (self.letter is not None and self.letter.is_symmetric):
            return self
        if self.head == "scale":
            return self.parts[0].T * self.scalar
        return MatrixExpression("transpose", (self,), self.columns, self.rows)

    @property
    def H(self) -> MatrixExpression:  # noqa: N802
        """The adjoint, which is the transpose where everything is real.

        >>> from resolvent.derive.expressions.letters import dimension, gaussian
        >>> X = gaussian("X", dimension("p"), dimension("n"), complex=True)
        >>> X @ X.H, (sympy.I * X @ X.H).H
        (X @ X.H, (-I) * (X @ X.H))
        """
        nodes = list(self.nodes())
        if not self.is_complex and not any(node.scalar.has(sympy.I) for node in nodes):
            return self.T
        done: dict[int, MatrixExpression] = {}
        for node in nodes:
            done[id(node)] = node._adjoint([done[id(part)] for part in node.parts])
        return done[id(self)]

    def _adjoint(self, parts: list[MatrixExpression]) -> MatrixExpression:
        """The adjoint, from those of the parts."""
        if self.letter is not None:
            symmetric = self.letter.is_symmetric
            return self if symmetric else MatrixExpression("transpose", (self,), self.columns, self.rows)
        if self.head == "zero":
            return MatrixExpression("zero", (), self.columns, self.rows)
        if self.head == "transpose":
            return parts[0].parts[0] if parts[0].head == "transpose" else parts[0].T
        if self.head == "block":
            width = self.width
            turned = tuple(part for j in range(width) for part in parts[j::width])
            return MatrixExpression("block", turned, self.columns, self.rows)
        if self.head == "identity":
            return self
        operations: dict[str, Callable[[], MatrixExpression]] = {
            "scale": lambda: parts[0] * self.scalar.subs(sympy.I, -sympy.I),
            "sum": lambda: parts[0] + parts[1],
            "product": lambda: parts[1] @ parts[0],
            "inverse": lambda: inverse(parts[0]),
        }
        return operations[self.head]()

    def __matmul__(self, other: Any) -> MatrixExpression:
        if not isinstance(other, MatrixExpression):
            return self.__rmatmul__(other)
        made = MatrixExpression("product", (self, other), self.rows, other.columns)
        if self.columns != other.rows:
            raise _misfit(made, f"{self.shape} times {other.shape}")
        scales = [part.scalar for part in (self, other) if part.head == "scale"]
        return (self._unscaled @ other._unscaled) * sympy.Mul(*scales) if scales else made

    def __rmatmul__(self, other: Any) -> MatrixExpression:
        if scalar_or_none(other) is None:
            return NotImplemented
        raise ParameterError(f"@ is for matrices; write {other} * {self._in(_POWER)} for a multiple", of=self)

    @property
    def _unscaled(self) -> MatrixExpression:
        return self.parts[0] if self.head == "scale" else self

    def __add__(self, other: Any) -> MatrixExpression:
        if not isinstance(other, MatrixExpression):
            scalar = scalar_or_none(other)
            if scalar is None:
                return NotImplemented
            if scalar == 0:
                return self
            other = self._multiple_of_identity(scalar)
        made = MatrixExpression("sum", (self, other), self.rows, self.columns)
        if (self.rows, self.columns) != (other.rows, other.columns):
            raise _misfit(made, f"{self.shape} plus {other.shape}")
        return made

    def __radd__(self, other: Any) -> MatrixExpression:
        scalar = scalar_or_none(other)
        if scalar is None:
            return NotImplemented
        return self if scalar == 0 else self._multiple_of_identity(scalar) + self

    def _multiple_of_identity(self, scalar: sympy.Expr) -> MatrixExpression:
        """What a number stands for in a sum with this matrix."""
        if not self.is_square:
            raise ParameterError(f"a number is added to square matrices only; {self} is {self.shape}", of=self)
        return scalar * identity(self.rows)

    def __neg__(self) -> MatrixExpression:
        return self * -1

    def __sub__(self, other: Any) -> MatrixExpression:
        if isinstance(other, MatrixExpression):
            return self + (-other)
        scalar = scalar_or_none(other)
        return NotImplemented if scalar is None else self + (-scalar)

    def __rsub__(self, other: Any) -> MatrixExpression:
        return (-self).__radd__(other)

    def __mul__(self, other: Any) -> MatrixExpression:
        if isinstance(other, MatrixExpression):
            raise ParameterError(f"write {self._in(_PRODUCT)} @ {other._in(_POWER)} for the product of matrices")
        scalar = scalar_or_none(other)
        if scalar is None:
            return NotImplemented
        if self.head == "scale":
            return self.parts[0] * (self.scalar * scalar)
        if scalar == 1:
            return self
        return MatrixExpression("scale", (self,), self.rows, self.columns, scalar)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> MatrixExpression:
        if isinstance(other, MatrixExpression):
            raise ParameterError(f"write {self._in(_PRODUCT)} @ inv({other}) to divide by a matrix")
        scalar = scalar_or_none(other)
        if scalar is None:
            return NotImplemented
        if scalar == 0:
            raise ParameterError(f"{self} is divided by zero", of=self)
        return self * (1 / scalar)

    def __rtruediv__(self, other: Any) -> MatrixExpression:
        return inverse(self) * other

    def __pow__(self, exponent: Any) -> MatrixExpression:
        if not is_whole(exponent) or abs(int(exponent)) > _MOST_POWER:
            raise ParameterError(f"the exponent must be a whole number up to {_MOST_POWER}; got {exponent!r}", of=self)
        if not self.is_square:
            raise ParameterError(f"only square matrices have powers; {self} is {self.shape}", of=self)
        k = int(exponent)
        if k < 0:
            return inverse(self) ** -k
        power = identity(self.rows)
        for j in range(k):
            power = self if j == 0 else power @ self
        return power

    # -- the three uses --------------------------------------------------------------------------------------

    def latex(self) -> str:
        r"""The expression in LaTeX.

        >>> from resolvent.derive.expressions.letters import dimension, gaussian
        >>> p, n = dimension("p"), dimension("n")
        >>> X = gaussian("X", p, n)
        >>> (X @ X.T / n).latex()
        '\\frac{1}{n} X X^{\\top}'
        """
        return self._latex_in(_SUM)

    def sample(self, sizes: Mapping[Any, int], rng: Any, **values: Any) -> Any:
        """A numpy matrix: every letter is drawn once, at these sizes and values of the parameters.

        Raises `ParameterError` for a dimension without a size and a parameter without a value.
        """
        if MatrixExpression.sampler is None:
            raise ParameterError("matrices are drawn by resolvent.numeric.expressions; import it (or resolvent) first")
        return MatrixExpression.sampler(self, sizes, rng, **values)

    # -- text ------------------------------------------------------------------------------------------------

    def __repr__(self) -> str:
        return self._in(_SUM)

    def _in(self, level: int) -> str:
        """The text, in brackets where the outermost operation binds less tightly than ``level``."""
        text, own = self._written
        return text if own >= level else f"({text})"

    def _latex_in(self, level: int) -> str:
        text, own = self._written_latex
        return text if own >= level else f"\\left({text}\\right)"

    @cached_property
    def _written(self) -> tuple[str, int]:
        return _text(self)

    @cached_property
    def _written_latex(self) -> tuple[str, int]:
        return _latex(self)

    def scalars(self) -> tuple[sympy.Expr, ...]:
        """All scalars: factors, and the variances and spectra of letters, in a fixed order."""
        found = [node.scalar for node in self.nodes()]
        for letter in self.letters().values():
            found += [letter.variance, *letter.points, *letter.weights]
        return tuple(found)

    def laws(self) -> tuple[Any, ...]:
        """The laws of the given matrices, in a fixed order."""
        return tuple(letter.law for letter in self.letters().values())

    def with_spectra(self, **spectra: Any) -> MatrixExpression:
        """The expression with spectra for given matrices that have none.

        ``spectra`` has laws, or for matrices that commute lists of eigenvalues of equal length, which belong together.

        >>> from resolvent.derive.expressions.letters import dimension, given
        >>> from resolvent.derive.laws.elementary import atoms
        >>> S = given("S", dimension("p"))
        >>> (S @ S).with_spectra(S=atoms([1, 3])).letters()["S"].law
        atoms([1, 3])

        Raises `ParameterError` for names of other matrices, and eigenvalues that do not fit together.
        """
        return self.respecified(spectra_of(self.letters(), spectra))

    def respecified(self, spectra: Mapping[str, tuple[Any, tuple[Any, ...], tuple[Any, ...]]]) -> MatrixExpression:
        """The same expression with other spectra: by the names of letters their laws, points and weights."""
        letters = {}
        for name, (law, points, weights) in spectra.items():
            old = self.letters()[name]
            text = law.text if law is not None and not old.group else ""
            letters[name] = replace(old, law=law, points=points, weights=weights, spectrum=text)
        return self.with_letters(letters)

    def rebuilt(self, scalars: Sequence[sympy.Expr], laws: Sequence[Any]) -> MatrixExpression:
        """The same expression with other `scalars` and `laws`."""
        nodes = list(self.nodes())
        rest = iter(scalars[len(nodes) :])
        letters = {}
        for (name, old), law in zip(self.letters().items(), laws, strict=True):
            variance = next(rest)
            points = tuple(next(rest) for _ in old.points)
            letters[name] = replace(
                old,
                variance=variance,
                points=points,
                weights=tuple(next(rest) for _ in old.weights),
                law=law,
                spectrum=law.text if law is not None and not old.group else "",
            )
        return self.with_letters(letters, {id(n): s for n, s in zip(nodes, scalars, strict=False)})

    def with_letters(
        self, letters: Mapping[str, Letter], scalars: Mapping[int, sympy.Expr] | None = None
    ) -> MatrixExpression:
        """The same tree with other letters, by name, and other scalars, by the identities of nodes."""
        made: dict[int, MatrixExpression] = {}
        for node in self.nodes():
            made[id(node)] = MatrixExpression(
                node.head,
                tuple(made[id(part)] for part in node.parts),
                node.rows,
                node.columns,
                (scalars or {}).get(id(node), node.scalar),
                letters.get(node.letter.name, node.letter) if node.letter else None,
            )
        return made[id(self)]


@checked
def identity(size: SymbolicSize | Sequence[SymbolicSize]) -> MatrixExpression:
    """The identity matrix of a size, or of the sizes of several blocks.

    Raises `ParameterError` for anything but dimensions.
    """
    rows = (size,) if isinstance(size, SymbolicSize) else tuple(size)
    if not rows or not all(isinstance(d, SymbolicSize) for d in rows):
        raise ParameterError(f"the size of an identity is a dimension; got {size!r}", size=size)
    return MatrixExpression("identity", (), rows, rows)


def inverse(of: MatrixExpression) -> MatrixExpression:
    """The inverse of a square matrix; see `resolvent.derive.expressions.letters.inv`.

    Raises `ParameterError` for anything but a square matrix expression.
    """
    if not isinstance(of, MatrixExpression):
        raise ParameterError(f"inv takes a matrix expression; got {of!r}", of=of)
    if of.head == "inverse":
        return of.parts[0]
    if not of.is_square:
        raise ParameterError(f"only square matrices have an inverse; {of} is {of.shape}", of=of)
    if of.head == "identity":
        return of
    return MatrixExpression("inverse", (of,), of.rows, of.columns)


def _misfit(made: MatrixExpression, sizes: str) -> ParameterError:
    """The refusal of an operation whose operands' shapes do not fit, with the second operand marked."""
    said = f"the shapes do not fit in {made}: {sizes}"
    left, right = made.parts
    return ParameterError(f"{said}\n{marked(made, right)}", said=said, left=left, right=right)


def _text(node: MatrixExpression) -> tuple[str, int]:
    """The text of an expression, and how tightly its outermost operation binds."""
    if node.head == "letter":
        assert node.letter is not None
        return node.letter.name, _ATOM
    if node.head == "identity":
        return f"identity({', '.join(map(str, node.rows))})", _ATOM
    if node.head == "zero":
        return "0", _ATOM
    if node.head == "transpose":
        return node.parts[0]._in(_ATOM) + (".H" if node.parts[0].is_complex else ".T"), _ATOM
    if node.head == "inverse":
        return f"inv({node.parts[0]})", _ATOM
    if node.head == "scale":
        return _scaled_text(node.scalar, node.parts[0]), _PRODUCT
    if node.head == "product":
        a, b = node.parts
        return f"{a._in(_PRODUCT)} @ {b._in(_POWER)}", _PRODUCT
    if node.head == "sum":
        a, b = node.parts
        sign, second = "+", b
        if b.head == "scale" and b.scalar.could_extract_minus_sign():
            sign, second = "-", b * -1
        right = str(second.scalar) if second.head == "scale" and second.parts[0].head == "identity" else ""
        return f"{a._in(_SUM)} {sign} {right if right and second.scalar.is_Atom else second._in(_PRODUCT)}", _SUM
    width = node.width
    rows = [node.parts[k : k + width] for k in range(0, len(node.parts), width)]
    return "block([" + ", ".join("[" + ", ".join(map(str, row)) + "]" for row in rows) + "])", _ATOM


def _scaled_text(scalar: sympy.Expr, part: MatrixExpression) -> str:
    if scalar == -1:
        return f"-{part._in(_POWER)}"
    top, bottom = scalar.as_numer_denom()
    text = part._in(_PRODUCT)
    if top != 1:
        shown = str(top) if top.is_Atom or top.is_Pow or top.is_Function else f"({top})"
        text = f"{shown} * {part._in(_POWER)}"
    return text if bottom == 1 else f"{text} / {bottom if bottom.is_Atom or bottom.is_Pow else f'({bottom})'}"


def _latex(node: MatrixExpression) -> tuple[str, int]:
    """The expression in LaTeX, and how tightly its outermost operation binds."""
    own = _ATOM
    if node.head == "letter":
        assert node.letter is not None
        text = expression_latex(sympy.Symbol(node.letter.name))
    elif node.head == "identity":
        text = "I"
    elif node.head == "zero" or (node.head == "scale" and node.scalar == 0):
        text = "0"
    elif node.head == "transpose":
        text = f"{node.parts[0]._latex_in(_ATOM)}^{{{'*' if node.parts[0].is_complex else chr(92) + 'top'}}}"
    elif node.head == "inverse":
        text = f"{node.parts[0]._latex_in(_ATOM)}^{{-1}}"
    elif node.head == "scale":
        own = _PRODUCT
        factor = "-" if node.scalar == -1 else expression_latex(node.scalar) + " "
        bracketed = f"\\left({factor.strip()}\\right) " if node.scalar.is_Add else factor
        text = bracketed + node.parts[0]._latex_in(_PRODUCT)
    elif node.head == "product":
        own = _PRODUCT
        text = f"{node.parts[0]._latex_in(_PRODUCT)} {node.parts[1]._latex_in(_PRODUCT)}"
    elif node.head == "sum":
        own = _SUM
        second = node.parts[1]._latex_in(_SUM)
        text = node.parts[0]._latex_in(_SUM) + (f" - {second[1:]}" if second.startswith("-") else f" + {second}")
    else:
        width = node.width
        rows = [node.parts[k : k + width] for k in range(0, len(node.parts), width)]
        body = r" \\ ".join(" & ".join(part._latex_in(_SUM) for part in row) for row in rows)
        text = f"\\begin{{pmatrix}} {body} \\end{{pmatrix}}"
    return text, own
