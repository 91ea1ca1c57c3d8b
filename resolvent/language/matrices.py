"""Matrices as text, for the command line and for files: definitions of letters, ratios of sizes, and an expression.

    definition  X: gaussian(p, n)         gaussian(rows, columns, variance), wigner(size, variance), haar(size),
                                          given(size, law), projection(size, rank)
    ratio       p/n = c                   the limit of a ratio of two sizes, a number or a formula in parameters
    expression  X @ X.T / n               + - * / @ **, .T, inv(A), block([[A, B], [B.T, C]]), identity(p), sqrt(s)

Names of sizes come from the definitions; any other name is a parameter, positive. The text goes through Python's
``ast`` and only the nodes above are understood; nothing is ever evaluated as code.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import sympy

from resolvent.derive.errors import ParameterError, ParseError
from resolvent.derive.expressions.expression import MatrixExpression, identity, inverse
from resolvent.derive.expressions.letter import SymbolicSize
from resolvent.language.expressions import parse
from resolvent.language.scalars import Refusal, Scalar
from resolvent.language.source import Source, chain
from resolvent.language.vocabulary import closest
from resolvent.numeric.expressions import block, dimension, gaussian, given, haar, projection, wigner

_KINDS: dict[str, tuple[str, ...]] = {
    "gaussian": ("size", "size", "scalar?"),
    "wigner": ("size", "scalar?"),
    "haar": ("size",),
    "given": ("size", "law"),
    "projection": ("size", "scalar"),
}
_MAKERS: dict[str, Callable[..., MatrixExpression]] = {
    "gaussian": gaussian,
    "wigner": wigner,
    "haar": haar,
    "given": given,
    "projection": projection,
}
_FUNCTIONS = ("inv", "block", "identity", "sqrt")
_SIGNS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.MatMult: "@", ast.Pow: "**"}

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
    for definition in matrices:
        name, made = _definition(definition, sizes)
        if name in letters:
            raise ParseError(f"the matrix {name} is defined twice", text=definition)
        letters[name] = made
    found = dict(_ratio(r, sizes) for r in ratios)
    source = Source(text)
    value = _Reader(source, letters, sizes).read(source.tree)
    if not isinstance(value, MatrixExpression):
        raise source.error('no matrix occurs here; define one, --matrix "X: gaussian(p, n)" say', 0)
    return Model(value, found)


def _definition(text: str, sizes: dict[str, SymbolicSize]) -> tuple[str, MatrixExpression]:
    name, colon, right = (part.strip() for part in text.partition(":"))
    if not colon or not name.isidentifier():
        raise ParseError(f"a matrix is defined as in X: gaussian(p, n); got {text!r}", text=text)
    source = Source(right)
    node = source.tree
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)) or node.keywords:
        raise source.error("a matrix is gaussian(p, n), wigner(p), haar(p), given(p, law) or projection(p, rank)", node)
    kind = node.func.id
    if kind not in _KINDS:
        hint = closest(kind, _KINDS) or f"; known: {', '.join(_KINDS)}"
        raise source.error(f"unknown kind of matrix {kind!r}{hint}", node)
    wanted = _KINDS[kind]
    least = sum(1 for w in wanted if not w.endswith("?"))
    if not least <= len(node.args) <= len(wanted):
        shown = ", ".join(w.rstrip("?") for w in wanted)
        raise source.error(f"write {kind}({shown})", node)
    arguments = [_argument(source, a, w.rstrip("?"), sizes) for a, w in zip(node.args, wanted, strict=False)]
    try:
        return name, _MAKERS[kind](name, *arguments)
    except ParameterError as error:
        raise source.error(str(error), node) from None


def _argument(source: Source, node: ast.expr, wanted: str, sizes: dict[str, SymbolicSize]) -> Any:
    if wanted == "law":
        return parse(source.segment(node))
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
        except (ParameterError, Refusal) as error:
            raise self.source.error(str(error), place) from None

    def read(self, node: ast.AST) -> Value:
        if isinstance(node, ast.BinOp):
            first, steps = chain(node)
            value = self.read(first)
            for step in steps:
                value = self._binary(value, self.read(step.right), step)
            return value
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
            if node.attr != "T" or not isinstance(value, MatrixExpression):
                self.fail("a matrix has .T, its transpose, and nothing else after a dot", node)
            return value.T
        if not isinstance(node, ast.Call):
            self.fail("this has no meaning here; there are + - * / @ **, .T, inv, block, identity and sqrt", node)
        return self._call(node)

    def _name(self, node: ast.Name) -> Value:
        if node.id in self.letters:
            return self.letters[node.id]
        if node.id in self.sizes:
            return Scalar.symbol(self.sizes[node.id])
        if node.id in _FUNCTIONS:
            self.fail(f"{node.id} is a function; write {node.id}(...)", node)
        if node.id in ("z", "m", "G", "alpha_"):
            self.fail(f"the name {node.id!r} is reserved for the spectral variables; rename it", node)
        return Scalar.symbol(sympy.Symbol(node.id, positive=True))

    def _binary(self, a: Value, b: Value, node: ast.BinOp) -> Value:
        sign = _SIGNS.get(type(node.op))
        if sign is None:
            self.fail("unknown operator; there are + - * / @ and **", node.right)
        if sign == "**":
            k = b.integer if isinstance(b, Scalar) else None
            if k is None:
                self.fail("exponents are whole numbers", node.right)
            return self.done(lambda: a**k, node)
        if sign == "@" and not (isinstance(a, MatrixExpression) and isinstance(b, MatrixExpression)):
            scalar = node.left if isinstance(a, Scalar) else node.right
            hint = f'; define it, --matrix "{scalar.id}: gaussian(p, n)"' if isinstance(scalar, ast.Name) else ""
            self.fail(f"@ is the product of two matrices, and this is a number{hint}", scalar)
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
        if len(node.args) != 1:
            self.fail(f"{name} takes one argument", node)
        if name == "block":
            return self._block(node.args[0])
        value = self.read(node.args[0])
        if name == "sqrt":
            if not isinstance(value, Scalar):
                self.fail("sqrt takes a number or a formula in parameters", node.args[0])
            return Scalar(sympy.sqrt(value.expr), value._top, value._bottom)
        if not isinstance(value, MatrixExpression):
            self.fail("inv takes a matrix; divide by a number", node.args[0])
        return self.done(lambda: inverse(value), node)

    def _block(self, node: ast.expr) -> Value:
        if not isinstance(node, ast.List) or not all(isinstance(row, ast.List) for row in node.elts):
            self.fail("block takes rows in square brackets, block([[A, B], [B.T, C]])", node)
        rows = []
        for row in node.elts:
            assert isinstance(row, ast.List)
            values = [self.read(entry) for entry in row.elts]
            rows.append([v.expr if isinstance(v, Scalar) else v for v in values])
        return self.done(lambda: block(rows), node)
