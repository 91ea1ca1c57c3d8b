r"""LaTeX of formulas, and of plain words, in Stieltjes (m) or Cauchy (G = -m) convention."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

import sympy
from sympy.core.function import AppliedUndef
from sympy.printing.latex import LatexPrinter
from sympy.printing.printer import Printer
from sympy.printing.str import StrPrinter

from resolvent.derive.equations.equation import G, M, ResolventEquation
from resolvent.derive.errors import ParameterError

CONVENTIONS = ("stieltjes", "cauchy")
_NAMES = {"eps": r"\varepsilon", "varsigma": r"\varsigma", "ell": r"\ell", "G": "G"}
_MISREAD = re.compile(r"[A-Za-z](cal|scr|frak|bb)(?![A-Za-z])|_prime$|\^T$")
_WORD = re.compile(r"[A-Za-z]{2}")
_INDEX = re.compile(r"_\{(\w+)\}")
_LINE = 72  # visible characters that fit on one line of the document


def equation_latex(equation: ResolventEquation, convention: str = "stieltjes") -> str:
    r"""The equation P(z, m) = 0 by falling powers of m, or of G = -m.

    Raises `ParameterError` for an unknown convention.

    >>> from resolvent.derive.laws.elementary import marchenko_pastur
    >>> equation_latex(marchenko_pastur(sympy.Symbol("c")).equation)
    'c z m^{2} + \\left(c + z - 1\\right) m + 1 = 0'
    """
    return " ".join(polynomial_terms(equation.expr, convention)) + " = 0"


def in_convention(expression: sympy.Basic, convention: str) -> tuple[sympy.Basic, sympy.Symbol]:
    """The expression in the variable of the convention, and that variable.

    Raises `ParameterError` for a convention other than "stieltjes" and "cauchy".
    """
    if convention not in CONVENTIONS:
        raise ParameterError(
            f"unknown convention {convention!r}; known: {', '.join(CONVENTIONS)}", convention=convention
        )
    return (expression, M) if convention == "stieltjes" else (expression.xreplace({M: -G}), G)


def polynomial_terms(expression: sympy.Expr, convention: str = "stieltjes") -> list[str]:
    """A polynomial by falling powers of its variable, one signed LaTeX term each, the first without its plus sign."""
    image, variable = in_convention(expression, convention)
    polynomial = sympy.Poly(image, variable)
    coefficients = [(k, c) for (k,), c in polynomial.terms()]
    if sympy.factor_terms(coefficients[0][1]).could_extract_minus_sign():
        coefficients = [(k, -c) for k, c in coefficients]
    return _signed(coefficients, expression_latex(variable))


def _signed(coefficients: Sequence[tuple[int, sympy.Expr]], variable: str) -> list[str]:
    terms: list[str] = []
    for k, coefficient in coefficients:
        power = "" if k == 0 else variable if k == 1 else f"{variable}^{{{k}}}"
        for piece in _pieces(coefficient):
            negative = piece.could_extract_minus_sign()
            alone = not terms and not negative  # a sum may stand without brackets only where no sign precedes it
            body = _product(-piece if negative else piece, power, brackets=not alone)
            sign = "-" if negative else "+"
            terms.append(f"{sign} {body}" if terms else f"-{body}" if negative else body)
    return terms


def _pieces(coefficient: sympy.Expr) -> list[sympy.Expr]:
    """The coefficient factored, or its single terms where the factored form would not fit on a line."""
    factored = sympy.factor(coefficient)
    if _width(expression_latex(factored)) <= _LINE - 12:
        return [factored]
    return sympy.expand(coefficient).as_ordered_terms()


def _product(coefficient: sympy.Expr, power: str, brackets: bool) -> str:
    if not power:
        text = expression_latex(coefficient)
        return rf"\left({text}\right)" if brackets and isinstance(coefficient, sympy.Add) else text
    if coefficient == 1:
        return power
    text = expression_latex(coefficient)
    return rf"\left({text}\right) {power}" if isinstance(coefficient, sympy.Add) else _spaced(f"{text} {power}")


def expression_latex(expression: sympy.Basic) -> str:
    r"""An expression in LaTeX, with Greek letters for the parameters that the texts name so.

    >>> print(expression_latex(1 / (1 - sympy.Symbol("phi"))))
    \frac{1}{1 - \phi}
    """
    names = {s: _symbol(s.name) for s in expression.free_symbols if _is_ours(s.name)}
    return _spaced(str(_Printer({"symbol_names": names}).doprint(expression)))


def _spaced(latex: str) -> str:
    """The product with words set apart from their neighbours."""
    latex = re.sub(r"(?<=[\w}]) (?=\\mathrm)", r" \\, ", latex)
    return re.sub(r"(\\mathrm\{\w+\}(?:[_^]\{[^{}]*\})*) (?=[\w\\])(?!\\[,t])", r"\1 \\, ", latex)


class _Signs(Printer):
    """A printer of SymPy's, but no sum begins with a minus sign that can begin without."""

    def _as_ordered_terms(self, expr: sympy.Expr, order: str | None = None) -> list[sympy.Expr]:
        terms = [_turned(term) for term in super()._as_ordered_terms(expr, order=order)]
        first = next((k for k, term in enumerate(terms) if not term.could_extract_minus_sign()), 0)
        return [terms[first], *terms[:first], *terms[first + 1 :]]

    def _print_Mul(self, expr: sympy.Expr) -> str:  # noqa: N802
        return str(super()._print_Mul(_turned(expr)))


class _Printer(_Signs, LatexPrinter):
    """SymPy's LaTeX with these signs, and E is the expectation."""

    def _hprint_Function(self, func: str) -> str:  # noqa: N802 - the name is SymPy's
        return r"\mathbb{E}" if func == "E" else str(super()._hprint_Function(func))


class _Text(_Signs, StrPrinter):
    """SymPy's text with these signs."""


def _turned(term: sympy.Expr) -> sympy.Expr:
    """A negative term -a/(b - c) as a/(c - b)."""
    if term.is_Mul and term.could_extract_minus_sign():
        for factor in term.args:
            is_denominator = factor.is_Pow and factor.exp.is_Integer and factor.exp.is_negative and factor.exp.is_odd
            if is_denominator and factor.base.is_Add:
                signs = {part.could_extract_minus_sign() for part in factor.base.args}
                if signs == {True, False}:
                    return sympy.Mul(-term / factor, sympy.Pow(-factor.base, factor.exp))
    return term


@lru_cache(maxsize=1024)
def _is_ours(name: str) -> bool:
    """Whether SymPy would misread a name, or set its letters in italics, like a product."""
    return name in _NAMES or bool(_MISREAD.search(name) or _WORD.match(sympy.latex(sympy.Symbol(name))))


def _symbol(name: str) -> str:
    """A name that SymPy would misread: it sets what ends in cal, scr, frak or bb in another alphabet ("critical"), and
    knows no prime; words are upright."""
    if name in _NAMES:
        return _NAMES[name]
    if name.endswith("_prime"):
        return expression_latex(sympy.Symbol(name.removesuffix("_prime"))) + "'"
    if name.endswith("^T"):
        return expression_latex(sympy.Symbol(name.removesuffix("^T"))) + r"^{\top}"
    stem, *rest = name.split("_")
    return rf"\mathrm{{{stem}}}" + (f"_{{{' '.join(rest)}}}" if rest else "")


_FRACTION = re.compile(r"\\frac\{((?:[^{}]|\{[^{}]*\})*)\}\{((?:[^{}]|\{[^{}]*\})*)\}")


def _width(text: str) -> float:
    """Roughly how many characters LaTeX source shows: of a fraction the longer part, a command as one, no braces; the
    room around a sign is another, m and w are wider than the rest, and powers are narrower."""
    text = _FRACTION.sub(lambda found: max(found[1], found[2], key=_width), text)
    text = re.sub(r" ([-+=]) ", r"\1\1", text)
    shown = re.sub(r"\\[A-Za-z]+|[{}^_ ]", lambda found: "x" if found[0].startswith("\\") else "", text)
    return len(shown) + 0.7 * len(re.findall("[mw]", shown)) - 0.25 * text.count("^")


def formula_lines(formula: sympy.Basic, convention: str) -> list[str]:
    """A claim's formula as display lines, broken before signs where it is too long for one."""
    if (terms := _linear_terms(formula)) is not None:
        shown = [_product(c, _unknown(f, convention, latex=True), brackets=True) for c, f in terms]
        return broken(" + ".join(shown) + " = 0")
    if isinstance(formula, sympy.Eq) and formula.rhs == 0 and formula.lhs.is_polynomial(M):
        factors = [f for f in sympy.Mul.make_args(formula.lhs) if f.has(M)]
        if len(factors) > 1:
            names = [f"F_{{{k}}}" for k in range(1, len(factors) + 1)]
            lines = [" ".join(names) + " = 0"]
            for name, factor in zip(names, factors, strict=True):
                lines += broken(" ".join([f"{name} =", *polynomial_terms(factor, convention)]))
            return lines
        return broken(" ".join([*polynomial_terms(formula.lhs, convention), "= 0"]))
    return broken(expression_latex(in_convention(formula, convention)[0]))


def broken(line: str) -> list[str]:
    r"""A formula in lines that fit the page, broken before signs, in brackets and fractions where it must be.

    >>> broken("x + 1 = 0")
    ['x + 1 = 0']
    """
    if _width(line) <= _LINE or r"\begin{" in line:
        return [line]
    pieces = [part for piece in _at_signs(line) for part in ([piece] if _width(piece) <= _LINE else _opened(piece))]
    lines = [pieces[0]]
    for piece in pieces[1:]:
        if _width(lines[-1]) + _width(piece) > _LINE:
            lines.append(rf"\quad {piece}")
        else:
            lines[-1] += f" {piece}"
    return lines


def listed(formulas: str) -> list[str]:
    r"""Formulas that stand on one line, with ``,\\quad`` between them, on as many as they need.

    >>> listed(r"a = b,\quad c = d")
    ['a = b,\\quad c = d']
    """
    lines: list[str] = []
    for formula in re.split(r"(?<=,\\quad)|(?<=,\\ )", formulas):
        if lines and _width(lines[-1] + formula) + 2 * lines[-1].count(r"\quad") <= _LINE:
            lines[-1] += formula
        else:
            lines.append(formula.lstrip())
    return lines


def _opened(piece: str) -> list[str]:
    """A term that is too long, cut at the signs inside of its brackets and fractions, or else between factors."""
    piece = _FRACTION.sub(_slashed, piece)
    for side, size in (("left", "l"), ("right", "r")):
        piece = re.sub(rf"\\{side}(?=[(\[)\]])", rf"\\big{size}", piece)
    piece = re.sub(r"\{(\\bigl\(.*\\bigr\))\}$", r"\1", piece)  # the argument of a function
    return [
        part for term in _at_signs(piece) for part in ([term] if _width(term) <= _LINE else _at_signs(term, (" ",)))
    ]


def _slashed(fraction: re.Match[str]) -> str:
    if _width(fraction[0]) <= _LINE // 2:
        return fraction[0]
    return rf"\bigl({fraction[1]}\bigr) \big/ \bigl({fraction[2]}\bigr)"


def _at_signs(line: str, signs: Sequence[str] = (" + ", " - ", " = ")) -> list[str]:
    """The line cut before the signs that stand in no brackets of \\left and \\right, and in no braces."""
    pieces = [""]
    depth = 0
    for token in re.findall(r"\\[A-Za-z]+|\\.| [-+=] |.", line):
        depth += (token in ("{", r"\left")) - (token in ("}", r"\right"))
        if depth == 0 and token in signs and pieces[-1]:
            pieces.append(token.lstrip())
        else:
            pieces[-1] += token
    return pieces


def formula_text(formula: sympy.Basic, convention: str) -> str:
    """The same as one line of text, in SymPy's notation but for the unknowns of linear equations."""
    image, _ = in_convention(formula, convention)
    if (terms := _linear_terms(image)) is not None:
        shown = [(f"({_text(c)})*" if c != 1 else "") + _unknown(f, convention, latex=False) for c, f in terms]
        return f"{' + '.join(shown)} = 0"
    sides = image.args if isinstance(image, sympy.Eq) else (image,)
    return " = ".join(_INDEX.sub(r"_\1", _text(x.tolist() if isinstance(x, sympy.MatrixBase) else x)) for x in sides)


def _text(expression: object) -> str:
    return str(_Text().doprint(expression))


def _linear_terms(formula: sympy.Basic) -> list[tuple[sympy.Expr, sympy.Expr]] | None:
    """Coefficients and unknowns of sum_i a_i y^(i) = 0 or sum_j p_j u(n+j) = 0, in order; None for other formulas."""
    if not isinstance(formula, sympy.Eq) or formula.rhs != 0:
        return None
    found = []
    for term in sympy.Add.make_args(formula.lhs):
        unknowns = [f for f in sympy.Mul.make_args(term) if isinstance(f, (AppliedUndef, sympy.Derivative))]
        if len(unknowns) != 1:
            return None
        found.append((term / unknowns[0], unknowns[0]))
    return sorted(found, key=lambda pair: _rank(pair[1]))


def _rank(unknown: sympy.Expr) -> int:
    """The order of the derivative, or the shift."""
    if isinstance(unknown, sympy.Derivative):
        return int(unknown.derivative_count)
    return int(unknown.args[0].as_coeff_Add()[0])


def _unknown(unknown: sympy.Expr, convention: str, latex: bool) -> str:
    """y'' for a derivative of y(z), u_{n+2} or u(n+2) for a shift; the transform m is called G in that convention."""
    function = unknown.expr if isinstance(unknown, sympy.Derivative) else unknown
    name = str(function.func)
    if function.args[0].is_Symbol and function.args[0].name == "z":
        name = "G" if name == "m" and convention == "cauchy" else name
        order = _rank(unknown)
        return name + ("'" * order if order < 4 else f"^{{({order})}}" if latex else f"^({order})")
    shifted = str(function.args[0]).replace(" ", "")
    return f"{name}_{{{shifted}}}" if latex else f"{name}({shifted})"


def convention_note(convention: str) -> str:
    """How the transform of a convention is defined, with its behaviour at infinity and the density that it gives.

    Raises `ParameterError` for an unknown convention.
    """
    in_convention(M, convention)
    if convention == "stieltjes":
        return (
            r"$m(z) = \int \frac{\rho(dx)}{x - z}$, so $m \sim -1/z$ at infinity and "
            r"$\rho = \frac{1}{\pi}\,\mathrm{Im}\, m$."
        )
    return (
        r"$G(z) = \int \frac{\rho(dx)}{z - x} = -m(z)$, so $G \sim 1/z$ at infinity and "
        r"$\rho = -\frac{1}{\pi}\,\mathrm{Im}\, G$."
    )


def escape(text: str) -> str:
    r"""Plain text made safe for LaTeX.

    >>> print(escape("a_1 & 50%"))
    a\_1 \& 50\%
    """
    table = {
        "\\": r"\textbackslash{}",
        "{": r"\{",
        "}": r"\}",
        "_": r"\_",
        "^": r"\textasciicircum{}",
        "~": r"\textasciitilde{}",
        "&": r"\&",
        "%": r"\%",
        "#": r"\#",
        "$": r"\$",
        "<": r"$<$",
        ">": r"$>$",
        "⊞": r"$\boxplus$",
        "⊠": r"$\boxtimes$",
        "ς": r"$\varsigma$",
        "ε": r"$\varepsilon$",
        "φ": r"$\phi$",
        "≥": r"$\geq$",
        "≤": r"$\leq$",
    }
    return "".join(table.get(c, c) for c in text)
