"""The text of an expression: what it may be made of, its syntax tree, and errors that point at the place."""

from __future__ import annotations

import ast
import keyword
import re
import warnings
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import TypeVar

from resolvent.derive.errors import ParseError

T = TypeVar("T")

MOST_CHARACTERS = 2000
MOST_NESTING = 50
MOST_EXPONENT = 400

_SIGNS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.MatMult: "@", ast.Pow: "**"}
_EQUALS = re.compile(r"(?<![=])=(?!=)")
_ALLOWED = re.compile(r"[A-Za-z0-9_.,()\[\]+\-*/@= ]*")
_INSTEAD = {
    "^": "write ** for powers",
    "'": "write numbers and names without quotes",
    '"': "write numbers and names without quotes",
    "{": "use round brackets, or square ones for lists",
    "}": "use round brackets, or square ones for lists",
    ";": "write one expression",
    ":": "write one expression, without statements or slices",
    "⊞": "write + for the free sum",
    "⊠": "write @ for the free product",
    "×": "write * for the product with a number, @ for the free product",
    "·": "write * for the product with a number, @ for the free product",
    "−": "write - for minus",
    "%": "write percentages as fractions, 1/4",
}
_MARGIN = 34  # characters shown on either side of the place, so that the line fits 80 columns


class Source:
    """An expression's text with its syntax tree.

    Raises `ParseError` for text that is too long, too deeply nested, has other characters than ASCII letters, digits
    and ``_ . , ( ) [ ] + - * / @ =``, or is no expression. An equation in brackets, law_of_equation(m**2 + z*m = -1)
    say, is a `BitOr` of its sides, a sign that no text may have.

    >>> Source("1 + c").tree.op.__class__.__name__
    'Add'
    >>> Source("2^3")
    Traceback (most recent call last):
        ...
    resolvent.derive.errors.ParseError: '^' has no meaning here; write ** for powers
      2^3
       ^
    """

    def __init__(self, text: str) -> None:
        if not isinstance(text, str):
            raise ParseError(f"an expression is a text; got {type(text).__name__}", text=text)
        if len(text) > MOST_CHARACTERS:
            raise ParseError(
                f"the expression has {len(text)} characters; the most is {MOST_CHARACTERS}. Build it in Python",
                text=text,
            )
        self.text = re.sub(r"\s", " ", text).strip()
        if not self.text:
            raise ParseError(
                "the expression is empty; write a law such as semicircle() + marchenko_pastur(c)", text=text
            )
        self._check_characters()
        self._check_brackets()
        self.tree = self._parse()
        self._check_nesting()

    def error(self, message: str, place: ast.AST | int) -> ParseError:
        """The error for a place of the text: a node of the tree, or a position."""
        position = place if isinstance(place, int) else getattr(place, "col_offset", 0)
        position = max(0, min(position, len(self.text)))
        start, end = max(0, position - _MARGIN), min(len(self.text), position + _MARGIN)
        before, after = "..." if start else "", "..." if end < len(self.text) else ""
        shown = f"{before}{self.text[start:end]}{after}"
        pointer = " " * (len(before) + position - start) + "^"
        return ParseError(f"{message}\n  {shown}\n  {pointer}", text=self.text, position=position)

    def segment(self, node: ast.expr) -> str:
        """The characters a node was read from."""
        return self.text[node.col_offset : node.end_col_offset]

    def number(self, node: ast.Constant) -> Fraction:
        """The exact value of a literal: 0.1 is one tenth.

        Raises `ParseError` for what is no number, and for an exponent beyond 400.
        """
        value, text = node.value, self.segment(node)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            unit = "; of matrices I is the imaginary unit" if isinstance(value, complex) else ""
            raise self.error(f"{text} is not a number; write integers, decimals or fractions such as 3/4{unit}", node)
        if isinstance(value, int):
            return Fraction(value)
        mantissa, _, exponent = text.lower().partition("e")
        if exponent and abs(int(exponent)) > MOST_EXPONENT:
            raise self.error(f"the number has more than {MOST_EXPONENT} digits", node)
        return Fraction(mantissa) * Fraction(10) ** int(exponent or 0)

    def _check_characters(self) -> None:
        found = _ALLOWED.match(self.text)
        end = found.end() if found else 0
        if end == len(self.text):
            return
        character = self.text[end]
        hint = _INSTEAD.get(character)
        if hint is None:
            hint = "write names in ASCII, phi say" if character.isalpha() else "leave it out"
        shown = repr(character) if character.isprintable() else f"the character U+{ord(character):04X}"
        raise self.error(f"{shown} has no meaning here; {hint}", end)

    def _check_brackets(self) -> None:
        opened: list[int] = []
        for k, character in enumerate(self.text):
            if character in "([":
                opened.append(k)
                if len(opened) > MOST_NESTING:
                    raise self.error(f"brackets are nested deeper than {MOST_NESTING} levels; simplify", k)
            elif character in ")]":
                if not opened:
                    raise self.error(f"this {character!r} closes nothing; remove it", k)
                expected = ")" if self.text[opened[-1]] == "(" else "]"
                if character != expected:
                    raise self.error(f"expected {expected!r} here, not {character!r}", k)
                opened.pop()
        if opened:
            raise self.error("this bracket is never closed", opened[-1])

    def _parse(self) -> ast.expr:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")  # such as for the literal 0x1for
                return ast.parse(self._with_equations(), mode="eval").body
        except SyntaxError as error:
            for word in re.finditer(r"[A-Za-z_]\w*", self.text):
                if keyword.iskeyword(word[0]) and word[0] not in ("True", "False", "None"):
                    hint = "call the parameter lam" if word[0] == "lambda" else "choose another name"
                    raise self.error(f"{word[0]!r} cannot be a name; {hint}", word.start()) from None
            position = max((error.offset or 1) - 1, 0)
            if (equals := _EQUALS.search(self.text)) and "=" in self.text[position : position + 1]:
                hint = "the law that an equation defines is law_of_equation(m**2 + z*m + 1 = 0)"
                raise self.error(f"an equation is no expression; {hint}", equals.start()) from None
            at_end = position >= len(self.text) or self.text[-1] in "+-*/@=,."
            message = "the expression stops too early; complete it" if at_end else "this is not an expression"
            raise self.error(message, len(self.text) if at_end else position) from None
        except (RecursionError, MemoryError):
            raise self.error("the expression is nested too deeply; simplify it", 0) from None

    def _with_equations(self) -> str:
        """The text with ``|``, which binds least, in the place of every ``=`` in brackets that names no argument."""
        found, begins = list(self.text), [0]
        for k, character in enumerate(self.text):
            if character in "([":
                begins.append(k + 1)
            elif character in ")]":
                begins.pop()
            elif character == ",":
                begins[-1] = k + 1
            elif character == "=" and len(begins) > 1 and _EQUALS.match(self.text, k):
                left = self.text[begins[-1] : k].strip()
                if left.isidentifier() and left not in ("z", "m"):
                    begins[-1] = k + 1  # an equation may follow: polynomial=z*m = -1
                else:
                    found[k] = "|"
        return "".join(found)

    def _check_nesting(self) -> None:
        waiting: list[tuple[ast.AST, int]] = [(self.tree, 1)]
        while waiting:
            node, depth = waiting.pop()
            if depth > MOST_NESTING:
                raise self.error(f"the expression is nested deeper than {MOST_NESTING} levels; simplify it", node)
            waiting.extend((child, depth + step) for child, step in _children(node))


def folded(node: ast.BinOp, read: Callable[[ast.expr], T], binary: Callable[[str | None, T, T, ast.BinOp], T]) -> T:
    """The value of a + b + c + ..., from left to right; an operator without a meaning is given as None.

    Long sums hang to the left; a loop along them needs no stack.

    >>> folded(ast.parse("1 + 2 - 3", mode="eval").body, ast.literal_eval, lambda sign, a, b, _: f"({a} {sign} {b})")
    '((1 + 2) - 3)'
    """
    steps: list[ast.BinOp] = []
    first: ast.expr = node
    while isinstance(first, ast.BinOp):
        steps.append(first)
        first = first.left
    value = read(first)
    for step in reversed(steps):
        value = binary(_SIGNS.get(type(step.op)), value, read(step.right), step)
    return value


def _children(node: ast.AST) -> Iterator[tuple[ast.AST, int]]:
    """The children of a node, and how much deeper each stands: a chain a + b + c + ... is one level."""
    for name, value in ast.iter_fields(node):
        step = 0 if (isinstance(node, ast.BinOp) and name == "left") or isinstance(node, ast.Attribute) else 1
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, (ast.expr, ast.keyword)):
                yield child, step
