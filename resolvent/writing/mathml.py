r"""LaTeX formulas as presentation MathML: the part of LaTeX that the derivations, their rules and SymPy print.

What stands between adjacent factors is written out as an invisible sign of multiplication, and between a function and
its brackets, where SymPy marks them (``R{\left(g \right)}``), as one of application; readers aloud need both. What is
not known or does not match is refused. (latex2mathml does neither, cuts ``\mathrm{Im}`` into letters, and takes ten
times as long.)
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import sympy

from resolvent.derive.derivation.latex import expression_latex
from resolvent.derive.errors import ParameterError

TIMES, APPLY = "\u2062", "\u2061"
_NAMESPACE = "http://www.w3.org/1998/Math/MathML"
_MOST_NESTED = 100

_LETTERS = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ϵ", "varepsilon": "ε", "zeta": "ζ", "eta": "η",
    "theta": "θ", "vartheta": "ϑ", "iota": "ι", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π",
    "varpi": "ϖ", "rho": "ρ", "varrho": "ϱ", "sigma": "σ", "varsigma": "ς", "tau": "τ", "upsilon": "υ", "phi": "ϕ",
    "varphi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω", "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ",
    "Xi": "Ξ", "Pi": "Π", "Sigma": "Σ", "Upsilon": "Υ", "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω", "ell": "ℓ",
    "infty": "∞", "top": "⊤", "partial": "∂", "hbar": "ℏ", "aleph": "ℵ", "beth": "ℶ", "gimel": "ℷ", "daleth": "ℸ",
    "wp": "℘", "eth": "ð", "emptyset": "∅", "digamma": "ϝ", "varkappa": "ϰ", "nabla": "∇",
}  # fmt: skip
_OPERATORS = {
    "cdot": "⋅", "times": "×", "otimes": "⊗", "oplus": "⊕", "boxplus": "⊞", "boxtimes": "⊠", "mapsto": "↦", "to": "→",
    "sim": "∼", "geq": "≥", "ge": "≥", "leq": "≤", "le": "≤", "neq": "≠", "ne": "≠", "in": "∈", "wedge": "∧",
    "vee": "∨", "pm": "±", "ldots": "…", "cdots": "⋯", "approx": "≈", "circ": "∘", "mid": "∣", "neg": "¬",
    "rightarrow": "→", "ast": "∗", "odot": "⊙",
}  # fmt: skip
_LARGE = {"sum": "∑", "prod": "∏", "int": "∫"}
_NAMED = frozenset({
    "sin", "cos", "tan", "cot", "sec", "csc", "sinh", "cosh", "tanh", "coth", "arcsin", "arccos", "arctan", "exp",
    "log", "ln", "det", "deg", "dim", "max", "min", "sup", "inf", "lim", "tr", "gcd", "arg", "Pr",
})  # fmt: skip
_ACCENTS = {
    "hat": "^", "bar": "¯", "dot": "˙", "ddot": "¨", "dddot": "⃛", "ddddot": "⃜", "tilde": "~", "vec": "→",
    "check": "ˇ", "breve": "˘", "acute": "´", "grave": "`", "mathring": "˚", "overline": "¯",
}  # fmt: skip
_SPACES = {",": "0.17em", ":": "0.22em", ";": "0.28em", "!": "0em", " ": "0.33em", "quad": "1em", "qquad": "2em"}
_FENCES = {"{": "{", "}": "}", "|": "‖", "langle": "⟨", "rangle": "⟩", "lfloor": "⌊", "rfloor": "⌋", "lceil": "⌈",
           "rceil": "⌉", "vert": "|", "Vert": "‖", "lbrace": "{", "rbrace": "}", "lvert": "|", "rvert": "|",
           "lVert": "‖", "rVert": "‖"}  # fmt: skip
_IGNORED = frozenset({
    "displaystyle", "textstyle", "limits", "nolimits", "big", "bigl", "bigr", "Bigl", "Bigr", "biggl", "biggr",
})  # fmt: skip
_TALL = ("mfrac", "mtable", "munder", "mover", "mroot")
_VARIANTS = {"mathrm": "normal", "operatorname": "normal", "text": "normal", "mathbb": "double-struck",
             "mathcal": "script", "mathscr": "script", "mathfrak": "fraktur", "boldsymbol": "bold",
             "mathbf": "bold"}  # fmt: skip
_DOUBLE_STRUCK = {"C": "ℂ", "E": "𝔼", "H": "ℍ", "N": "ℕ", "P": "ℙ", "Q": "ℚ", "R": "ℝ", "Z": "ℤ"}
_FIRST = {"script": 0x1D49C, "fraktur": 0x1D504, "double-struck": 0x1D538, "bold": 0x1D400}
_HOLES = {"script": {"B": "ℬ", "E": "ℰ", "F": "ℱ", "H": "ℋ", "I": "ℐ", "L": "ℒ", "M": "ℳ", "R": "ℛ", "e": "ℯ",
                     "g": "ℊ", "o": "ℴ"},
          "fraktur": {"C": "ℭ", "H": "ℌ", "I": "ℑ", "R": "ℜ", "Z": "ℨ"}, "double-struck": _DOUBLE_STRUCK}  # fmt: skip


def plain_letter(name: str) -> str:
    """A parameter's name in plain characters, for labels that hold no markup.

    >>> plain_letter("phi"), plain_letter("eps"), plain_letter("sigma_w"), plain_letter("depth")
    ('ϕ', 'ε', 'σ_w', 'depth')
    """
    latex = re.sub(r"\\mathrm\{(\w+)\}", r"\1", expression_latex(sympy.Symbol(name)))
    return re.sub(r"\\([A-Za-z]+)", lambda m: _LETTERS.get(m[1], m[1]), latex).replace("{", "").replace("}", "")


def mathml(latex: str | Sequence[str], *, display: bool = False, names: bool = True) -> str:
    r"""A formula as a ``math`` element, or its lines, one under the other.

    Args:
        latex: the formula, or its lines.
        display: whether it stands on a line of its own.
        names: whether letters without a space between them are one name, as SymPy prints; otherwise they are factors.

    >>> print(mathml(r"\frac{1}{2} m"))  # doctest: +ELLIPSIS
    <math xmlns="..."><mfrac><mn>1</mn><mn>2</mn></mfrac><mo>⁢</mo><mi>m</mi></math>

    Raises `ParameterError` for a command that it does not know, and for brackets that do not match.
    """
    rows = [latex] if isinstance(latex, str) else latex
    shown = [_Reader(row, names).formula() for row in rows]
    if len(shown) == 1:
        body = shown[0]
    else:
        lines = "".join(f'<mtr><mtd style="text-align: left">{row}</mtd></mtr>' for row in shown)
        body = f'<mtable columnalign="left" displaystyle="true">{lines}</mtable>'
    mode = ' display="block"' if display else ""
    return f'<math xmlns="{_NAMESPACE}"{mode}>{body}</math>'


def escaped(text: str) -> str:
    """Text safe between tags and in quotes; control characters, which no page may hold, become U+FFFD.

    >>> print(escaped('<a href="x">'))
    &lt;a href=&quot;x&quot;&gt;
    """
    text = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]", "\ufffd", text)
    table = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"}
    return "".join(table.get(c, c) for c in text)


@dataclass
class _Node:
    """An element, and how it behaves beside others: an operand, an operator, the end of a bracket, or a space."""

    xml: str
    kind: str  # "operand", "function", "operator", "open", "close", "space", "large"


def _row(nodes: list[_Node]) -> str:
    """The elements side by side, with the invisible signs between them."""
    parts: list[str] = []
    last: _Node | None = None
    for node in nodes:
        if last is not None and last.kind in ("operand", "close") and node.kind in ("operand", "function"):
            parts.append(f"<mo>{TIMES}</mo>")
        is_sign = node.xml in ("<mo>−</mo>", "<mo>+</mo>")
        if is_sign and (last is None or last.kind in ("operator", "open")):  # of a number, not between two
            parts.append(node.xml.replace("<mo>", '<mo form="prefix">'))
        else:
            parts.append(node.xml)
        last = node
    return "".join(parts)


def _single(nodes: list[_Node]) -> str:
    """The same as one element."""
    return nodes[0].xml if len(nodes) == 1 else f"<mrow>{_row(nodes)}</mrow>"


class _Reader:
    """Reads one line of LaTeX from left to right."""

    def __init__(self, latex: str, names: bool) -> None:
        self.latex = latex
        self.names = names
        letters = "[A-Za-z]+|" if names else ""
        words = r"\\text\{[^{}\\]*\}"
        self.tokens: list[str] = re.findall(rf"{words}|\\[A-Za-z]+|\\.|{letters}\S", latex, flags=re.DOTALL)
        self.place = 0
        self.depth = 0

    def formula(self) -> str:
        nodes = self.row(())
        if self.place < len(self.tokens):
            raise self.error(f"{self.tokens[self.place]!r} closes nothing")
        return _row(nodes)

    def error(self, what: str) -> ParameterError:
        return ParameterError(f"cannot write the LaTeX {self.latex!r} as MathML: {what}", latex=self.latex)

    def peek(self) -> str:
        return self.tokens[self.place] if self.place < len(self.tokens) else ""

    def take(self) -> str:
        if self.place >= len(self.tokens):
            raise self.error("it ends too early")
        self.place += 1
        return self.tokens[self.place - 1]

    def row(self, ends: tuple[str, ...]) -> list[_Node]:
        """The nodes up to one of the ends, which is left; or to a bracket that closes something further out."""
        self.depth += 1
        if self.depth > _MOST_NESTED:
            raise self.error("it is nested too deeply")
        nodes: list[_Node] = []
        while (token := self.peek()) and token not in ends and token not in ("}", r"\right", r"\end"):
            if token in "_^'":
                nodes.append(self.scripts(nodes.pop() if nodes else _Node("<mrow></mrow>", "operand")))
            elif token.isdigit():
                nodes.append(_Node(f"<mn>{self.number()}</mn>", "operand"))
            elif token == "{" and nodes and self.is_application():
                nodes.append(_Node(f"<mo>{APPLY}</mo>", "operator"))
                nodes.append(self.group())
            else:
                nodes += self.item()
        self.depth -= 1
        return nodes

    def is_application(self) -> bool:
        return self.tokens[self.place + 1 : self.place + 3] == [r"\left", "("]

    def number(self) -> str:
        digits = self.take()
        while self.peek().isdigit() or (self.peek() == "." and "".join(self.tokens[self.place + 1 :][:1]).isdigit()):
            digits += self.take()
        return digits

    def group(self) -> _Node:
        """What stands in braces, as one element."""
        self.take()
        nodes = self.row(("}",))
        self.expect("}")
        kind = nodes[0].kind if len(nodes) == 1 else "operand"
        return _Node(_single(nodes), kind)

    def expect(self, token: str) -> None:
        if self.take() != token:
            raise self.error(f"{token!r} is missing")

    def argument(self) -> str:
        """An argument of a command: a group, or a single token."""
        if self.peek() == "{":
            return self.group().xml
        if self.peek().isdigit():
            return f"<mn>{self.take()}</mn>"
        return _single(self.item())

    def word(self) -> str:
        """The letters of an argument such as that of \\mathrm."""
        if self.peek() != "{":
            return self.take()
        self.take()
        found = []
        while self.peek() != "}":
            found.append(self.take())
        self.take()
        return "".join(t for t in found if not t.startswith("\\"))

    def scripts(self, base: _Node) -> _Node:
        below = above = ""
        primes = 0
        while self.peek() and self.peek() in "_^'":
            mark = self.take()
            if mark == "'":
                primes += 1
            elif mark == "_" and not below:
                below = self.argument()
            elif mark == "^" and not above:
                above = self.argument()
            else:
                raise self.error(f"two scripts {mark!r} of one base")
        if primes:
            dashes = f"<mo>{'′' * primes}</mo>"
            above = f"<mrow>{dashes}{above}</mrow>" if above else dashes
        limits = base.kind == "large"
        both, lower, upper = ("munderover", "munder", "mover") if limits else ("msubsup", "msub", "msup")
        tag = both if below and above else lower if below else upper
        kind = "operand" if base.kind in ("close", "function") and above else base.kind
        return _Node(f"<{tag}>{base.xml}{below}{above}</{tag}>", "operator" if limits else kind)

    def item(self) -> list[_Node]:
        token = self.take()
        if token.startswith("\\"):
            return self.command(token[1:])
        if token == "{":
            self.place -= 1
            return [self.group()]
        if token in "}&":
            raise self.error(f"{token!r} is out of place")
        if token.isalpha():
            return [_Node(f"<mi>{token}</mi>", "operand")]
        if token in "([":
            return [_Node(f'<mo stretchy="false">{token}</mo>', "open")]
        if token in ")]":
            return [_Node(f'<mo stretchy="false">{token}</mo>', "close")]
        if token == "|":
            return [_Node('<mo stretchy="false" lspace="0" rspace="0">|</mo>', "operator")]
        if token == "~":
            return [_Node('<mspace width="0.33em"></mspace>', "space")]
        if token == "/":
            return [_Node('<mo lspace="0" rspace="0">/</mo>', "operator")]
        sign = {"-": "−", "*": "∗"}.get(token, token)
        return [_Node(f"<mo>{escaped(sign)}</mo>", "operator")]

    def command(self, name: str) -> list[_Node]:
        if name.startswith("text{"):
            words = escaped(name.removeprefix("text{").removesuffix("}")).replace(" ", "\u00a0")
            return [_Node(f"<mtext>{words}</mtext>", "space")]
        if name in _LETTERS:
            return [_Node(f"<mi>{_LETTERS[name]}</mi>", "operand")]
        if name in _OPERATORS:
            return [_Node(f"<mo>{_OPERATORS[name]}</mo>", "operator")]
        if name in _LARGE:
            return [_Node(f"<mo>{_LARGE[name]}</mo>", "operator" if name == "int" else "large")]
        if name in _NAMED:
            return [_Node(f"<mi>{name}</mi>", "function")]
        if name in _SPACES:
            return [_Node(f'<mspace width="{_SPACES[name]}"></mspace>', "space")]
        if name in _IGNORED:
            return []
        if name in _ACCENTS:
            return [_Node(f'<mover accent="true">{self.argument()}<mo>{_ACCENTS[name]}</mo></mover>', "operand")]
        if name in _VARIANTS:
            return [self.variant(name)]
        if name in _FENCES:
            return [_Node(f'<mo stretchy="false">{_FENCES[name]}</mo>', "operator")]
        structure = {
            "frac": self.fraction, "tfrac": self.fraction, "dfrac": self.fraction, "binom": self.binomial,
            "sqrt": self.root, "left": self.fenced, "begin": self.array,
        }.get(name)  # fmt: skip
        if structure is None:
            raise self.error(f"the command \\{name} is not known")
        return [_Node(structure(), "operand")]

    def variant(self, name: str) -> _Node:
        kind = _VARIANTS[name]
        if kind != "normal" and self.tokens[self.place : self.place + 1] == ["{"]:
            inner = self.tokens[self.place + 1]
            if inner.startswith("\\"):  # a Greek letter has no such form everywhere; its own will do
                return self.group()
        word = self.word()
        if kind == "normal":
            attribute = ' mathvariant="normal"' if len(word) == 1 else ""
            return _Node(
                f"<mi{attribute}>{escaped(word)}</mi>", "operand" if self.names or len(word) == 1 else "function"
            )
        return _Node(f"<mi>{''.join(_styled(c, kind) for c in word)}</mi>", "operand")

    def fraction(self) -> str:
        above = self.argument()
        return f"<mfrac>{above}{self.argument()}</mfrac>"

    def binomial(self) -> str:
        above = self.argument()
        return f'<mrow><mo>(</mo><mfrac linethickness="0">{above}{self.argument()}</mfrac><mo>)</mo></mrow>'

    def root(self) -> str:
        if self.peek() != "[":
            return f"<msqrt>{self.argument()}</msqrt>"
        self.take()
        degree = _single(self.row(("]",)))
        self.expect("]")
        return f"<mroot>{self.argument()}{degree}</mroot>"

    def fence(self) -> str:
        """The bracket after \\left or \\right; "" for none."""
        token = self.take()
        if token == ".":
            return ""
        sign = _FENCES.get(token[1:], "") if token.startswith("\\") else token
        if not sign:
            raise self.error(f"{token!r} is no bracket")
        return sign

    def fenced(self) -> str:
        before = self.fence()
        inner = _row(self.row(()))
        self.expect(r"\right")
        after = self.fence()
        # a bracket around what is not tall would only be drawn with wider margins
        grows = "" if any(f"<{tag}" in inner for tag in _TALL) else ' stretchy="false"'
        left, right = (
            f'<mo fence="true" form="{form}" lspace="0" rspace="0"{grows}>{escaped(sign)}</mo>' if sign else ""
            for sign, form in ((before, "prefix"), (after, "postfix"))
        )
        return f"<mrow>{left}{inner}{right}</mrow>"

    def array(self) -> str:
        name = self.word()
        if name not in ("matrix", "cases", "pmatrix", "array"):
            raise self.error(f"the environment {name} is not known")
        if name == "array":
            self.word()  # how the columns are aligned
        rows: list[list[str]] = [[]]
        while True:
            rows[-1].append(_single(self.row(("&", r"\\"))))
            token = self.take()
            if token == r"\end":
                self.word()
                break
            if token == r"\\":
                rows.append([])
            elif token != "&":
                raise self.error(f"{token!r} is out of place")
        body = "".join(f"<mtr>{''.join(f'<mtd>{cell}</mtd>' for cell in row)}</mtr>" for row in rows)
        before, after = {"cases": ("<mo>{</mo>", ""), "pmatrix": ("<mo>(</mo>", "<mo>)</mo>")}.get(name, ("", ""))
        return f"<mrow>{before}<mtable>{body}</mtable>{after}</mrow>"


def _styled(letter: str, kind: str) -> str:
    """A letter in a mathematical alphabet."""
    hole = _HOLES.get(kind, {}).get(letter)
    if hole or not (letter.isascii() and letter.isalpha()):
        return hole or escaped(letter)
    return chr(_FIRST[kind] + ord(letter) - (ord("A") if letter.isupper() else ord("a") - 26))


__all__ = ["escaped", "mathml"]
