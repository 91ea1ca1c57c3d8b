"""Matrices as text, for the command line and for files: definitions of letters, ratios of sizes, and an expression.

    definition  X: gaussian(p, n)         gaussian(rows, columns, variance), wigner(size, variance), haar(size), each
                                          with a last word complex; given(size, law), projection(size, rank); without
                                          a law, or points, the traces of what is given stay in the equations;
                                          arguments may be named, given(p, law=atoms([1, 3])), wigner(p, variance=2)
                X: gaussian([p, q], n, [[1], [4]])      a variance profile, constant on blocks
                A, B: commuting(p, [[1, 2], [3, 0]], [1/4, 3/4])     points and weights of the joint spectrum
    ratio       p/n = c                   the limit of a ratio of two sizes, a number or a formula in parameters
    expression  X @ X.T / n               + - * / @ **, .T, .H, inv(A), block([[A, B], [B.T, C]]),
                                          kron([[0, 1], [1, 0]], A), identity(p), sqrt(s)

Names of sizes come from the definitions; I is the imaginary unit, as in what is printed, unless a matrix is called so;
any other name is a parameter, positive. The text goes through Python's ``ast`` and only the nodes above are understood;
nothing is ever evaluated as code.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NoReturn

import sympy

from resolvent.derive.errors import ParameterError, ParseError
from resolvent.derive.expressions.expression import MatrixExpression, identity, inverse
from resolvent.derive.expressions.letter import SymbolicSize
from resolvent.language.expressions import parse
from resolvent.language.scalars import Refusal, Scalar
from resolvent.language.source import Source, folded
from resolvent.language.vocabulary import closest
from resolvent.numeric.expressions import block, commuting, dimension, gaussian, given, haar, kron, projection, wigner

_KINDS: dict[str, tuple[str, ...]] = {  # what each argument is called; the values have the kinds below
    "gaussian": ("rows", "columns", "variance?", "complex?"),
    "wigner": ("size", "variance?", "complex?"),
    "haar": ("size", "complex?"),
    "given": ("size", "law?"),
    "projection": ("size", "rank"),
    "commuting": ("size", "points?", "weights?"),
}
_VALUES = {"rows": "size", "columns": "size", "variance": "scalar", "rank": "scalar"}
_MAKERS: dict[str, Callable[..., MatrixExpression]] = {
    "gaussian": gaussian,
    "wigner": wigner,
    "haar": haar,
    "given": given,
    "projection": projection,
}
_SIZES = ("N", "M", "P", "n", "m", "p")  # names that a size has, also where no other matrix shows it
_FUNCTIONS = ("inv", "block", "kron", "identity", "sqrt")

Value = Scalar | MatrixExpression


@dataclass(frozen=True)
class Model:
    """A matrix as it was written: the expression, and the ratios of its sizes."""

    expression: MatrixExpression
    ratios: Mapping[tuple[SymbolicSize, SymbolicSize], sympy.Expr]


def parse_model(text: str, matrices: Sequence[str] = (), ratios: Sequence[str] = ()) -> Model:
    """The expression and the ratios that texts stand for.

    >>> model = parse_model("X @ X.T / n", ["X: gaussian(p, n)"], ["p/n = c"])
    >>> model.expression, {f"{a}/{b}": value for (a, b), value in model.ratios.items()}
    (X @ X.T / n, {'p/n': c})
    >>> parse_model("X @ X / n", ["X: gaussian(p, n)"])
    Traceback (most recent call last):
        ...
    resolvent.derive.errors.ParseError: the shapes do not fit in X @ X: p x n times p x n
      X @ X / n
          ^

    Raises `ParseError`, with the place and what to write instead.
    """
    sizes: dict[str, SymbolicSize] = {}
    letters: dict[str, MatrixExpression] = {}
    definitions = [_Definition.read(text) for text in matrices]
    for definition in definitions:
        definition.add_sizes(sizes)
    for definition in definitions:
        for name, made in definition.made(sizes).items():
            if name in letters:
                raise ParseError(f"the matrix {name} is defined twice", text=definition.text)
            letters[name] = made
    found = dict(_ratio(r, sizes) for r in ratios)
    source = Source(text)
    value = _Reader(source, letters, sizes).read(source.tree)
    if not isinstance(value, MatrixExpression):
        raise source.error('no matrix occurs here; define one, --matrix "X: gaussian(p, n)" say', 0)
    return Model(value, found)


def _definition_of(node: ast.AST) -> str:
    """How the matrix is defined that somebody took a name for."""
    return f'; define it, --matrix "{node.id}: gaussian(p, n)"' if isinstance(node, ast.Name) else ""


@dataclass(frozen=True)
class _Definition:
    """What defines matrices: their names, the kind, and its arguments as they are written."""

    text: str
    source: Source
    names: tuple[str, ...]
    node: ast.Call
    kind: str
    arguments: Mapping[str, ast.expr]

    @classmethod
    def read(cls, text: str) -> _Definition:
        """The definition that a text states."""
        left, colon, right = (part.strip() for part in text.partition(":"))
        names = tuple(name.strip() for name in left.split(","))
        if not colon or not all(name.isidentifier() for name in names):
            raise ParseError(f"a matrix is defined as in X: gaussian(p, n); got {text!r}", text=text)
        source = Source(right)
        node = source.tree
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
            raise source.error(
                "a matrix is gaussian(p, n), wigner(p), haar(p), given(p, law) or projection(p, rank)", node
            )
        kind = node.func.id
        if kind not in _KINDS:
            hint = closest(kind, _KINDS) or f"; known: {', '.join(_KINDS)}"
            raise source.error(f"unknown kind of matrix {kind!r}{hint}", node)
        if len(names) > 1 and kind != "commuting":
            raise source.error("one name is defined at a time, except for commuting(size, points)", 0)
        return cls(text, source, names, node, kind, _named(source, node, kind))

    def add_sizes(self, sizes: dict[str, SymbolicSize]) -> None:
        """Make the dimensions that stand where a size belongs."""
        for name, value in self.arguments.items():
            if _VALUES.get(name, name) == "size":
                _argument(self.source, value, "size", sizes)

    def made(self, sizes: dict[str, SymbolicSize]) -> dict[str, MatrixExpression]:
        """The matrices by name: one, or several that commute."""
        _require_one_size(self.source, self.node, self.kind, sizes)
        arguments = {
            name: _argument(self.source, value, _VALUES.get(name, name), sizes)
            for name, value in self.arguments.items()
        }
        try:
            if self.kind == "commuting":
                return dict(zip(self.names, commuting(self.names, **arguments), strict=True))
            return {self.names[0]: _MAKERS[self.kind](self.names[0], **arguments)}
        except ParameterError as error:
            raise self.source.error(str(error), self.node) from None


def _require_one_size(source: Source, node: ast.Call, kind: str, sizes: Mapping[str, SymbolicSize]) -> None:
    """Refuse a second size of a matrix that is square by its nature: another argument stands at that place."""
    if kind == "gaussian" or len(node.args) < 2:
        return
    second, other = node.args[1], _KINDS[kind][1].rstrip("?")
    if isinstance(second, ast.Name) and (second.id in sizes or second.id in _SIZES):
        said = f"{kind}({source.segment(node.args[0])}) is square and has one size; {second.id} stands for its {other}"
        raise source.error(said + ("" if second.id in sizes else f", which {other}={second.id} says clearly"), second)


def _named(source: Source, node: ast.Call, kind: str) -> dict[str, ast.expr]:
    """The arguments of a definition by their names."""
    wanted = [name.rstrip("?") for name in _KINDS[kind]]
    places = list(node.args)
    found: dict[str, ast.expr] = {}
    if "complex" in wanted and places and isinstance(places[-1], ast.Name) and places[-1].id == "complex":
        found["complex"] = places.pop()
    ordinary = [name for name in wanted if name != "complex"]
    found.update(zip(ordinary, places, strict=False))
    for keyword in node.keywords:
        if keyword.arg not in wanted:
            name = keyword.arg or "**"
            hint = closest(name, wanted) or f"; its arguments are {', '.join(wanted)}"
            raise source.error(f"{kind} has no argument {name!r}{hint}", keyword.value)
        if keyword.arg in found:
            raise source.error(f"{keyword.arg} is given twice", keyword.value)
        found[keyword.arg] = keyword.value
    missing = [name for name in _KINDS[kind] if not name.endswith("?") and name not in found]
    if len(places) > len(ordinary) or missing:
        raise source.error(f"write {kind}({', '.join(ordinary)})", node)
    return found


def _argument(source: Source, node: ast.expr, wanted: str, sizes: dict[str, SymbolicSize]) -> Any:
    if wanted == "complex":
        if isinstance(node, ast.Constant) and isinstance(node.value, bool):
            return node.value
        if not (isinstance(node, ast.Name) and node.id == "complex"):
            raise source.error("complex is True or False", node)
        return True
    if wanted == "law":
        return parse(source.segment(node))
    if isinstance(node, ast.List):
        inner = {"points": "points", "weights": "scalar"}.get(wanted, wanted)
        return [_argument(source, entry, inner, sizes) for entry in node.elts]
    if wanted == "size":
        if not isinstance(node, ast.Name):
            raise source.error("a size is a name, such as n", node)
        try:
            return sizes.setdefault(node.id, dimension(node.id))
        except ParameterError as error:
            raise source.error(str(error), node) from None
    value = _Reader(source, {}, sizes).read(node)
    if not isinstance(value, Scalar):
        raise source.error("a number or a formula in parameters is needed", node)
    return value.expr


def _ratio(text: str, sizes: dict[str, SymbolicSize]) -> tuple[tuple[SymbolicSize, SymbolicSize], sympy.Expr]:
    left, equals, right = (part.strip() for part in text.replace("->", "=").partition("="))
    pair = [part.strip() for part in left.split("/")]
    if not equals or len(pair) != 2 or not all(part.isidentifier() for part in pair):
        raise ParseError(f"a ratio is written p/n = c; got {text!r}", text=text)
    for part in pair:
        if part not in sizes:
            known = ", ".join(sizes) or "none"
            raise ParseError(f"{part} is no size of a matrix; the sizes are {known}", text=text)
    source = Source(right)
    value = _Reader(source, {}, {}).read(source.tree)
    if not isinstance(value, Scalar):
        raise source.error("a number or a formula in parameters is needed", 0)
    return (sizes[pair[0]], sizes[pair[1]]), value.expr


class _Reader:
    """Reads the nodes of one text; letters and sizes are known, other names are parameters."""

    def __init__(
        self, source: Source, letters: Mapping[str, MatrixExpression], sizes: Mapping[str, SymbolicSize]
    ) -> None:
        self.source, self.letters, self.sizes = source, letters, sizes

    def fail(self, message: str, place: ast.AST) -> NoReturn:
        raise self.source.error(message, place)

    def done(self, operation: Callable[[], Any], place: ast.AST) -> Any:
        """The result of an operation, its refusal told at the place in the text."""
        try:
            return operation()
        except ParameterError as error:
            raise self.source.error(str(error.objects.get("said", error)), place) from None
        except Refusal as error:
            raise self.source.error(str(error), place) from None

    def read(self, node: ast.AST) -> Value:
        if isinstance(node, ast.BinOp):
            return folded(node, self.read, self._binary)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
            value = self.read(node.operand)
            return value if isinstance(node.op, ast.UAdd) else -value
        if isinstance(node, ast.Constant):
            number = self.source.number(node)
            return self.done(lambda: Scalar.number(number), node)
        if isinstance(node, ast.Name):
            return self._name(node)
        if isinstance(node, ast.Attribute):
            value = self.read(node.value)
            if node.attr in ("T", "H") and isinstance(value, Scalar):
                self.fail(f".{node.attr} is of matrices, and this is a number{_definition_of(node.value)}", node.value)
            if node.attr not in ("T", "H") or not isinstance(value, MatrixExpression):
                self.fail("a matrix has .T, its transpose, .H, its adjoint, and nothing else after a dot", node)
            return self.done(lambda: getattr(value, node.attr), node)
        if not isinstance(node, ast.Call):
            self.fail(
                "this has no meaning here; there are + - * / @ **, .T, .H, inv, block, kron, identity and sqrt", node
            )
        return self._call(node)

    def _name(self, node: ast.Name) -> Value:
        if node.id in self.letters:
            return self.letters[node.id]
        if node.id in self.sizes:
            return Scalar.symbol(self.sizes[node.id])
        if node.id == "I":
            return Scalar.number(Fraction(-1)).root
        if node.id in _FUNCTIONS:
            self.fail(f"{node.id} is a function; write {node.id}(...)", node)
        if node.id in ("z", "m", "G", "alpha_"):
            self.fail(f"the name {node.id!r} is reserved for the spectral variables; rename it", node)
        return Scalar.symbol(sympy.Symbol(node.id, positive=True))

    def _binary(self, sign: str | None, a: Value, b: Value, node: ast.BinOp) -> Value:
        if sign is None:
            self.fail("unknown operator; there are + - * / @ and **", node.right)
        if sign == "**":
            k = b.integer if isinstance(b, Scalar) else None
            if k is None:
                self.fail("exponents are whole numbers", node.right)
            return self.done(lambda: a**k, node)
        if sign == "@" and not (isinstance(a, MatrixExpression) and isinstance(b, MatrixExpression)):
            scalar = node.left if isinstance(a, Scalar) else node.right
            self.fail(f"@ is the product of two matrices, and this is a number{_definition_of(scalar)}", scalar)
        left: Any = a.expr if isinstance(a, Scalar) and isinstance(b, MatrixExpression) else a
        right: Any = b.expr if isinstance(b, Scalar) and isinstance(a, MatrixExpression) else b
        operations: dict[str, Callable[[], Any]] = {
            "+": lambda: left + right,
            "-": lambda: left - right,
            "*": lambda: left * right,
            "/": lambda: left / right,
            "@": lambda: left @ right,
        }
        return self.done(operations[sign], node.right)

    def _call(self, node: ast.Call) -> Value:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name not in _FUNCTIONS or node.keywords:
            hint = closest(name, _FUNCTIONS) or f"; known: {', '.join(_FUNCTIONS)}"
            self.fail(f"unknown function {name!r}{hint}", node)
        if name == "identity":
            chosen = [self.sizes.get(a.id) if isinstance(a, ast.Name) else None for a in node.args]
            if not chosen or None in chosen:
                self.fail("identity takes the name of a size", node)
            return self.done(lambda: identity([d for d in chosen if d is not None]), node)
        if len(node.args) != (2 if name == "kron" else 1):
            self.fail(f"{name} takes {'a table of numbers and a matrix' if name == 'kron' else 'one argument'}", node)
        if name == "block":
            rows = self._table(node.args[0], "block takes rows in square brackets, block([[A, B], [B.T, C]])")
            return self.done(lambda: block(rows), node.args[0])
        if name == "kron":
            small = self._table(node.args[0], "kron takes a table of numbers first, kron([[0, 1], [1, 0]], A)")
            other = self.read(node.args[1])
            if not isinstance(other, MatrixExpression) or any(
                isinstance(x, MatrixExpression) for r in small for x in r
            ):
                self.fail("kron takes a table of numbers first and then a matrix, kron([[0, 1], [1, 0]], A)", node)
            return self.done(lambda: kron(small, other), node)
        value = self.read(node.args[0])
        if name == "sqrt":
            if not isinstance(value, Scalar):
                self.fail("sqrt takes a number or a formula in parameters", node.args[0])
            return value.root
        if not isinstance(value, MatrixExpression):
            self.fail("inv takes a matrix; divide by a number", node.args[0])
        return self.done(lambda: inverse(value), node)

    def _table(self, node: ast.expr, advice: str) -> list[list[Any]]:
        if not isinstance(node, ast.List) or not all(isinstance(row, ast.List) for row in node.elts):
            self.fail(advice, node)
        rows = []
        for row in node.elts:
            assert isinstance(row, ast.List)
            values = [self.read(entry) for entry in row.elts]
            rows.append([v.expr if isinstance(v, Scalar) else v for v in values])
        return rows
