"""Expressions such as ``semicircle() + marchenko_pastur(c)``: the grammar of the command line.

    law      law + law, law - law            free sum and difference
             law @ law                       free product, the spectrum of A^(1/2) B A^(1/2)
             law + s, s*law, law/s, -law     shift and scale by a scalar
             law**k                          the k-th power of the matrix, k = -6 .. 6
             name(...), law.method(...)      the functions and methods of `resolvent.language.vocabulary`, catalog
             entries
    equation in z and m: a scalar that is 0, or scalar = scalar; in law_of_equation(equation, moments) only
    scalar   integers, decimals (read exactly), + - * / and whole powers, sqrt of a number; any other name is a
             parameter, positive

The text goes through Python's ``ast`` and only the nodes above are understood; nothing is ever evaluated as code.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, NoReturn

import sympy

from resolvent.derive.border import checked
from resolvent.derive.errors import ParseError
from resolvent.derive.exact.field import RESERVED_NAMES, to_fmpq
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.operations import OPERATIONS, Kind
from resolvent.language.scalars import Refusal, Scalar
from resolvent.language.source import Source, folded
from resolvent.language.vocabulary import (
    FUNCTIONS,
    METHODS,
    NOT_RATIONAL,
    Word,
    catalog_law,
    catalog_word,
    closest,
    function_names,
)

MOST_LAW_POWER = OPERATIONS["power"].most
MOST_ROOTS = 4  # which generate a field of degree 16, and 32 would be beyond the limit
_LONGEST_NAME = 50
_SHORT = {"mp": "marchenko_pastur", "sc": "semicircle", "wigner": "semicircle", "wishart": "marchenko_pastur",
          "fp": "free_poisson", "fc": "fuss_catalan", "delta": "atoms"}  # fmt: skip
_INSTEAD: dict[type[ast.AST], str] = {
    ast.Subscript: "indexing has no meaning here; call with round brackets",
    ast.List: "a list may stand only where a function takes one, as in atoms([1, 2])",
    ast.Tuple: "write lists in square brackets, as in atoms([1, 2])",
    ast.ListComp: "write the list out",
    ast.GeneratorExp: "write the list out",
    ast.IfExp: "write one law, without conditions",
    ast.BoolOp: "write one law, without conditions",
    ast.Compare: "write one law, without conditions; --set c=1/2 gives a parameter its value",
    ast.Starred: "write the arguments out",
    ast.NamedExpr: "write one expression",
}

Value = Scalar | AlgebraicLaw


@checked
def parse(text: str, values: Mapping[str, Any] | None = None) -> AlgebraicLaw:
    """The law that an expression stands for; ``values``, rational, are put in for parameters at once.

    Parameters are symbols with the assumption ``positive=True``, equal to ``rv.parameter(name, positive=True)``.
    Numbers are exact: 1/2 and 0.5 are the same rational. The text of a law (``str(law)``) reads back as that law.

    >>> parse("semicircle() + marchenko_pastur(c)").equation.expr
    c*m**3 + c*m**2*z + c*m + m**2 + m*z - m + 1
    >>> parse("atoms([1, 2, 5]).wishart(1/2) + 3").moments(1)
    [17/3]
    >>> parse("marchenko_pastur(c)", {"c": "1/2"}).text
    'marchenko_pastur(1/2)'
    >>> parse("semicircle(sqrt(2)) + 1").moments(2)
    [1, 1 + sqrt(2)]
    >>> parse("semicirle()")
    Traceback (most recent call last):
        ...
    resolvent.derive.errors.ParseError: unknown law 'semicirle'; did you mean 'semicircle'?
      semicirle()
      ^

    Raises `ParseError`, with the place and what to write instead, for what the grammar does not have; and whatever the
    functions raise for parameters outside their domain and for operations that have no law as their result.
    """
    source = Source(text)
    _check_hyphens(source)
    exact = {name: to_fmpq(value) for name, value in (values or {}).items()}
    value = _Reader(source, {name: Fraction(int(q.p), int(q.q)) for name, q in exact.items()}).read(source.tree)
    if isinstance(value, Scalar):
        shown = source.text if len(source.text) < 20 else "..."
        raise source.error(
            f"this is a number, not a law; write atoms([{shown}]) for a point mass{_of_matrices(source.tree)}", 0
        )
    return value


def parse_scalar(text: str) -> sympy.Expr:
    """The exact scalar that a text stands for: a rational number, or a rational function of positive parameters.

    >>> parse_scalar("1/2 + 0.25"), parse_scalar("2*c**2")
    (3/4, 2*c**2)

    Raises `ParseError`.
    """
    source = Source(text)
    return _scalar_of(_Reader(source, without_laws="a number such as 1/2 is needed"))


def parse_rational(text: str, variables: Mapping[str, sympy.Symbol]) -> sympy.Expr:
    """The rational function of some variables, and of positive parameters, that a text stands for; not expanded.

    >>> z, m = sympy.symbols("z m")
    >>> parse_rational("c*m**2 + z*m + 1", {"z": z, "m": m})
    c*m**2 + m*z + 1

    Raises `ParseError`.
    """
    source = Source(text)
    reader = _Reader(source, without_laws=f"a formula in {', '.join(variables)} is needed")
    reader.variables = variables
    return _scalar_of(reader)


def _sides(node: ast.expr) -> tuple[ast.expr, ...]:
    """The sides of an equation, written with = or ==; an expression alone is one that is 0."""
    match node:
        case ast.BinOp(left, ast.BitOr(), right) | ast.Compare(left, [ast.Eq()], [right]):
            return left, right
    return (node,)


def _scalar_of(reader: _Reader) -> sympy.Expr:
    value = reader.read(reader.source.tree)
    assert isinstance(value, Scalar), "laws are refused where they are called"
    return value.expr


def _check_hyphens(source: Source) -> None:
    """Refuse catalog names with hyphens, which would read as differences."""
    for name in function_names():
        found = re.search(rf"(?<![\w-]){name.replace('_', '-')}(?![\w-])", source.text) if "_" in name else None
        if found:
            raise source.error(f"write {name}(...), with underscores, inside an expression", found.start())


def _of_matrices(node: ast.AST) -> str:
    """Where matrices are spoken of, if a name of capitals may mean one."""
    names = [part.id for part in ast.walk(node) if isinstance(part, ast.Name)]
    if not any(name.isalpha() and name.isupper() for name in names):
        return ""
    return "; for matrices, define them: --matrix 'X: gaussian(p, n)', in Python resolvent.law_of"


class _Reader:
    """Reads the nodes of one text; ``variables`` are names that stand for variables rather than parameters.

    ``without_laws`` says what is needed where laws are refused: at once, as deriving one can take very long.
    """

    def __init__(self, source: Source, values: Mapping[str, Fraction] | None = None, without_laws: str = "") -> None:
        self.source = source
        self.without_laws = without_laws
        self.values = values or {}
        self.variables: Mapping[str, sympy.Symbol] = {}
        self.roots: set[sympy.Expr] = set()

    def error(self, message: str, place: ast.AST) -> ParseError:
        return self.source.error(message, place)

    def fail(self, message: str, place: ast.AST) -> NoReturn:
        raise self.error(message, place)

    def read(self, node: ast.AST) -> Value:
        if isinstance(node, ast.BinOp):
            return folded(node, self.read, self._binary)
        if isinstance(node, ast.UnaryOp):
            return self._unary(node)
        if isinstance(node, ast.Constant):
            return self._number(node)
        if isinstance(node, ast.Name):
            return self._name(node)
        if isinstance(node, ast.Call):
            return self._call(node)
        if isinstance(node, ast.Attribute):
            raise self.error(f"a method is called: write .{self._method(node).name}(...)", node)
        raise self.error(_INSTEAD.get(type(node), "this has no meaning here"), node)

    # -- operators -----------------------------------------------------------------------------------------

    def _binary(self, sign: str | None, a: Value, b: Value, node: ast.BinOp) -> Value:
        if isinstance(node.op, ast.BitOr):
            self.fail("an equation has one sign of equality, and stands in law_of_equation(...)", node.right)
        if sign is None:
            self.fail("unknown operator; there are + - * / @ and **", node.right)
        if sign == "**":
            return self._power(a, b, node)
        if isinstance(a, Scalar) and isinstance(b, Scalar):
            return self._scalars(sign, a, b, node)
        if sign == "@":
            if isinstance(a, Scalar) or isinstance(b, Scalar):
                self.fail("A @ B needs two laws; write s*A to scale by a number", node)
            return a @ b
        if not isinstance(a, Scalar) and not isinstance(b, Scalar):
            if sign in "*/":
                inverse = "**-1" if sign == "/" else ""
                self.fail(f"A {sign} B is ambiguous for laws; write A @ B{inverse} for the free product", node)
            return a + b if sign == "+" else a - b
        if isinstance(b, Scalar):
            assert not isinstance(a, Scalar), "two scalars are done above"
            if sign == "/" and b.expr.is_zero:
                self.fail("division by zero", node.right)
            return {"+": a.__add__, "-": a.__sub__, "*": a.__mul__, "/": a.__truediv__}[sign](b.expr)
        assert isinstance(a, Scalar)
        if sign == "/":
            self.fail("a number cannot be divided by a law; write s * A**-1 for its inverse", node)
        return {"+": b.__radd__, "-": b.__rsub__, "*": b.__rmul__}[sign](a.expr)

    def _scalars(self, sign: str, a: Scalar, b: Scalar, node: ast.BinOp) -> Scalar:
        if sign == "@":
            self.fail(f"A @ B needs two laws; write * for numbers{_of_matrices(node.left)}", node)
        operations: dict[str, Callable[[], Scalar]] = {
            "+": lambda: a + b,
            "-": lambda: a - b,
            "*": lambda: a * b,
            "/": lambda: a / b,
        }
        return self._exact(operations[sign], node.right)

    def _power(self, base: Value, exponent: Value, node: ast.BinOp) -> Value:
        k = exponent.integer if isinstance(exponent, Scalar) else None
        if k is None:
            self.fail("exponents are whole numbers; give a root a name (a parameter) and substitute later", node.right)
        if isinstance(base, Scalar):
            return self._exact(lambda: base**k, node)
        if not 1 <= abs(k) <= MOST_LAW_POWER:
            self.fail(
                f"powers of a law go from -{MOST_LAW_POWER} to {MOST_LAW_POWER} without 0; A**8 is ((A**2)**2)**2",
                node.right,
            )
        return base**k

    def _unary(self, node: ast.UnaryOp) -> Value:
        if isinstance(node.op, (ast.Not, ast.Invert)):
            self.fail("write one law, without conditions", node)
        value = self.read(node.operand)
        return -value if isinstance(node.op, ast.USub) else value

    # -- numbers and names ---------------------------------------------------------------------------------

    def _number(self, node: ast.Constant) -> Scalar:
        value = self.source.number(node)
        return self._exact(lambda: Scalar.number(value), node)

    def _name(self, node: ast.Name) -> Scalar:
        name = node.id
        if name in self.variables:
            return Scalar.symbol(self.variables[name])
        self._check_free(name, node)
        if name in self.values:
            return self._exact(lambda: Scalar.number(self.values[name]), node)
        return Scalar.symbol(sympy.Symbol(name, positive=True))

    def _check_free(self, name: str, node: ast.AST) -> None:
        """Refuse names that cannot be a parameter's, or a variable's."""
        if name in function_names():
            word = FUNCTIONS.get(name) or catalog_word(name)
            self.fail(f"{name!r} is a law; write {word.call if word else name}", node)
        if name in METHODS:
            self.fail(f"{name!r} is a method of laws; write A.{METHODS[name].call}", node)
        if name in NOT_RATIONAL:
            self.fail(f"{name!r} is no rational number; use a parameter and give its value later", node)
        if name in RESERVED_NAMES:
            self.fail(f"the name {name!r} is reserved for the spectral variables; rename the parameter", node)
        if len(name) > _LONGEST_NAME or name.startswith("_") or name.endswith("_"):
            self.fail(f"a parameter's name is at most {_LONGEST_NAME} letters, digits and inner _", node)

    def _exact(self, operation: Callable[[], Scalar], node: ast.AST) -> Scalar:
        try:
            return operation()
        except Refusal as refusal:
            self.fail(str(refusal), node)

    # -- calls ---------------------------------------------------------------------------------------------

    def _call(self, node: ast.Call) -> Value:
        if isinstance(node.func, ast.Attribute):
            method = self._method(node.func)
            law = self.read(node.func.value)
            if isinstance(law, Scalar):
                self.fail(f"numbers have no method {node.func.attr!r}", node.func)
            image: AlgebraicLaw = getattr(law, method.name)(**self._arguments(method, node))
            return image
        if not isinstance(node.func, ast.Name):
            self.fail("only a named function can be called; write * for products", node.func)
        name = node.func.id
        if self.without_laws and (name in FUNCTIONS or catalog_word(name) is not None):
            self.fail(f"this is a law; {self.without_laws}", node)
        if name in FUNCTIONS:
            made: AlgebraicLaw = FUNCTIONS[name].function()(**self._arguments(FUNCTIONS[name], node))
            return made
        word = catalog_word(name)
        if word is not None:
            return self._algebraic(catalog_law(name, self._arguments(word, node)), node)
        if name == "sqrt" and not self.without_laws and not self.variables:
            return self._root(node)
        if name in METHODS:
            self.fail(f"{name!r} is a method of laws; write A.{METHODS[name].call}", node)
        if name in NOT_RATIONAL:
            inside = "; within a law it may stand, as in semicircle(sqrt(2))" if name == "sqrt" else ""
            self.fail(f"{name!r} is not rational; use a parameter and give its value later{inside}", node)
        short = _SHORT.get(name.lower())
        hint = (
            f"; did you mean {short!r}?"
            if short
            else closest(name, function_names()) or f"; known: {', '.join(function_names())}"
        )
        raise self.error(f"unknown law {name!r}{hint}", node)

    def _root(self, node: ast.Call) -> Scalar:
        value = self.read(node.args[0]) if len(node.args) == 1 and not node.keywords else None
        if not isinstance(value, Scalar) or not value.expr.is_nonnegative or value.expr.free_symbols:
            self.fail("sqrt takes one number that is not negative; give other roots a name (a parameter)", node)
        self.roots.add(value.expr)
        if len(self.roots) > MOST_ROOTS:
            self.fail(f"a law has at most {MOST_ROOTS} different square roots; round some of them", node)
        return value.root

    def _method(self, node: ast.Attribute) -> Word:
        if node.attr not in METHODS:
            hint = closest(node.attr, METHODS) or f"; known: {', '.join(METHODS)}"
            hint = (_of_matrices(node.value) if node.attr in ("T", "H") else "") or hint
            position = (node.end_col_offset or 0) - len(node.attr)
            raise self.source.error(f"unknown method {node.attr!r}{hint}", position)
        return METHODS[node.attr]

    def _arguments(self, word: Word, node: ast.Call) -> dict[str, Any]:
        names = [name for name, _ in word.arguments]
        given: dict[str, ast.expr] = {}
        if len(node.args) > len(names):
            self.fail(f"too many arguments; write {word.call}", node.args[len(names)])
        given.update(zip(names, node.args, strict=False))
        for item in node.keywords:
            if item.arg is None:
                self.fail("write the arguments out", item.value)
            if item.arg not in names:
                self.fail(f"{word.call} has no argument {item.arg!r}{closest(item.arg, names)}", item)
            if item.arg in given:
                self.fail(f"the argument {item.arg!r} is given twice", item)
            given[item.arg] = item.value
        missing = [name for name in names[: word.required] if name not in given]
        if missing:
            self.fail(f"{word.call} needs a value for {missing[0]}", node)
        kinds = dict(word.arguments)
        return {name: self._argument(word, name, kinds[name], value, given) for name, value in given.items()}

    def _argument(self, word: Word, name: str, kind: Kind, node: ast.expr, given: Mapping[str, ast.expr]) -> Any:
        if kind is Kind.SCALARS:
            if not isinstance(node, ast.List):
                self.fail(f"{name} of {word.name} must be {kind.value}", node)
            return [self._scalar(word, name, Kind.SCALAR, item).expr for item in node.elts]
        if kind is Kind.VARIABLE:
            return self._variable(node)
        if kind is Kind.TRANSFORM:
            variable = self._variable(given["variable"]) if "variable" in given else sympy.Symbol("t")
            return self._with({str(variable.name): variable}, word, name, kind, node)
        if kind is Kind.EQUATION:
            variables = {"z": sympy.Symbol("z"), "m": sympy.Symbol("m")}
            left, *right = (self._with(variables, word, name, kind, side) for side in _sides(node))
            return left - sum(right)
        if kind is Kind.LAW:
            law = self.read(node)
            if isinstance(law, Scalar):
                self.fail(f"{name} of {word.name} must be a law; write atoms([...]) for point masses", node)
            return law
        scalar = self._scalar(word, name, kind, node)
        if kind is Kind.COUNT and not 1 <= (scalar.integer or 0) <= word.most:
            self.fail(f"{name} of {word.name} must be a whole number from 1 to {word.most}", node)
        if kind is Kind.RATIO and (not scalar.expr.is_Rational or max(abs(scalar.expr.p), scalar.expr.q) > word.most):
            self.fail(f"{name} of {word.name} must be a fraction p/q with p and q at most {word.most}", node)
        return scalar.expr

    def _scalar(self, word: Word, name: str, kind: Kind, node: ast.AST) -> Scalar:
        value = self.read(node)
        if not isinstance(value, Scalar):
            self.fail(f"{name} of {word.name} must be {kind.value}, not a law", node)
        return value

    def _with(self, variables: Mapping[str, sympy.Symbol], word: Word, name: str, kind: Kind, node: ast.AST) -> Any:
        outer, self.variables = self.variables, variables
        try:
            return self._scalar(word, name, kind, node).expr
        finally:
            self.variables = outer

    def _algebraic(self, law: Any, node: ast.Call) -> AlgebraicLaw:
        if not law.has_equation:
            self.fail(f"this ensemble has a {law.kind}, which no expression holds; give the catalog name alone", node)
        found: AlgebraicLaw = law
        return found

    def _variable(self, node: ast.expr) -> sympy.Symbol:
        if not isinstance(node, ast.Name):
            self.fail("the variable is a name, such as g", node)
        self._check_free(node.id, node)
        return sympy.Symbol(node.id)


__all__ = ["MOST_LAW_POWER", "ParseError", "parse", "parse_rational", "parse_scalar"]
