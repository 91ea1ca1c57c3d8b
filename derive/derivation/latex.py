r"""LaTeX and plain text of equations and derivations, in Stieltjes (m) or Cauchy (G = -m) convention."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import sympy
from sympy.core.function import AppliedUndef

from resolvent.derive.derivation.derivation import Derivation, Step
from resolvent.derive.equations.equation import G, M, ResolventEquation
from resolvent.derive.errors import ParameterError

CONVENTIONS = ("stieltjes", "cauchy")
_NAMES = {"eps": r"\varepsilon", "varsigma": r"\varsigma", "ell": r"\ell", "G": "G"}
_ALPHABET = re.compile(r"[A-Za-z](cal|scr|frak|bb)(?![A-Za-z])")
_LINE = 76  # visible characters that fit on one line of the document

_PREAMBLE = r"""\documentclass[11pt,a4paper]{article}
\usepackage[utf8]{inputenc}
\usepackage[T1]{fontenc}
\usepackage{amsmath,amssymb,graphicx}
\usepackage[margin=25mm]{geometry}
\allowdisplaybreaks
\setlength{\parindent}{0pt}
\setlength{\emergencystretch}{4em}
\begin{document}
"""


def equation_latex(equation: ResolventEquation, convention: str = "stieltjes") -> str:
    r"""The equation P(z, m) = 0 by falling powers of m, or of G = -m.

    Raises `ParameterError` for an unknown convention.

    >>> from resolvent.derive.laws.elementary import marchenko_pastur
    >>> equation_latex(marchenko_pastur(sympy.Symbol("c")).equation)
    'c z m^{2} + \\left(c + z - 1\\right) m + 1 = 0'
    """
    return " ".join(polynomial_terms(equation.expr, convention)) + " = 0"


def in_convention(expression: sympy.Basic, convention: str) -> tuple[sympy.Basic, sympy.Symbol]:
    """The expression in the variable of the convention, and that variable."""
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
    return _signed(coefficients, _print(variable))


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
    if _width(_print(factored)) <= _LINE - 12:
        return [factored]
    return list(sympy.Add.make_args(sympy.expand(coefficient)))


def _product(coefficient: sympy.Expr, power: str, brackets: bool) -> str:
    if not power:
        text = _print(coefficient)
        return rf"\left({text}\right)" if brackets and isinstance(coefficient, sympy.Add) else text
    if coefficient == 1:
        return power
    text = _print(coefficient)
    return rf"\left({text}\right) {power}" if isinstance(coefficient, sympy.Add) else f"{text} {power}"


def _print(expression: sympy.Basic) -> str:
    names = {s: _symbol(s.name) for s in expression.free_symbols if s.name in _NAMES or _ALPHABET.search(s.name)}
    return sympy.latex(expression, symbol_names=names)


def _symbol(name: str) -> str:
    """A name that SymPy would misread: it sets what ends in cal, scr, frak or bb in another alphabet ("critical")."""
    if name in _NAMES:
        return _NAMES[name]
    stem, *rest = name.split("_")
    return rf"\mathrm{{{stem}}}" + (f"_{{{' '.join(rest)}}}" if rest else "")


def _width(text: str) -> int:
    """Roughly how many characters LaTeX source shows: commands count as one, braces as none."""
    return len(re.sub(r"\\[A-Za-z]+|[{}^_ ]", lambda found: "x" if found[0].startswith("\\") else "", text))


_MARKED = ("assumed", "guessed")


def formula_lines(formula: sympy.Basic, convention: str, *, fit: bool = True) -> list[str]:
    """A claim's formula as display lines that fit the page; with ``fit`` one that cannot be broken is scaled down."""
    if (terms := _linear_terms(formula)) is not None:
        shown = [_product(c, _unknown(f, convention, latex=True), brackets=True) for c, f in terms]
        return _packed([shown[0], *(f"+ {term}" for term in shown[1:]), "= 0"])
    if isinstance(formula, sympy.Eq) and formula.rhs == 0 and formula.lhs.is_polynomial(M):
        factors = [f for f in sympy.Mul.make_args(formula.lhs) if f.has(M)]
        if len(factors) > 1:
            names = [f"F_{{{k}}}" for k in range(1, len(factors) + 1)]
            lines = [" ".join(names) + " = 0"]
            for name, factor in zip(names, factors, strict=True):
                lines += _packed([f"{name} =", *polynomial_terms(factor, convention)])
            return lines
        return _packed([*polynomial_terms(formula.lhs, convention), "= 0"])
    image, _ = in_convention(formula, convention)
    text = _print(image)
    return [fitted(text) if fit else text]


def fitted(line: str) -> str:
    """A display line, scaled down where it would not fit the page."""
    return line if _width(line) <= _LINE else rf"\resizebox{{0.95\linewidth}}{{!}}{{$\displaystyle {line}$}}"


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


def _packed(terms: Sequence[str]) -> list[str]:
    lines = [terms[0]]
    for term in terms[1:]:
        if _width(lines[-1]) + _width(term) > _LINE:
            lines.append(rf"\quad {term}")
        else:
            lines[-1] += f" {term}"
    return lines


def derivation_document(derivation: Derivation, convention: str = "stieltjes", title: str = "") -> str:
    r"""A LaTeX document of the derivation, one numbered item a step, with rules, assumptions and references.

    It needs only amsmath, amssymb, graphicx and geometry, and compiles with pdflatex.

    Raises `ParameterError` for an unknown convention.

    >>> from resolvent.derive.laws.elementary import semicircle
    >>> print(derivation_document(semicircle().derivation).splitlines()[0])
    \documentclass[11pt,a4paper]{article}
    """
    head = rf"\section*{{{escape(title) or 'Derivation'}}}" + f"\nConvention: {convention_note(convention)}\n\n"
    return "".join([_PREAMBLE, head, derivation_list(derivation, convention), "\\end{document}\n"])


def derivation_list(derivation: Derivation, convention: str = "stieltjes") -> str:
    """The steps as a numbered list with its assumptions, a part of a document that loads the packages it needs.

    Raises `ParameterError` for an unknown convention.
    """
    in_convention(M, convention)
    parts = ["\\begin{enumerate}\\raggedright\n"]
    parts.extend(_step_latex(derivation, step, convention) for step in derivation.steps)
    parts.append("\\end{enumerate}\n")
    parts.append(_assumption_list(derivation))
    return "".join(parts)


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


def _step_latex(derivation: Derivation, step: Step, convention: str) -> str:
    rule = step.rule
    head = rf"\item \textbf{{{escape(rule.name)}}}" + (rf" \emph{{({step.kind})}}" if step.kind in _MARKED else "")
    lines = [head + (rf"\quad {rule.latex}" if rule.latex else rf"\quad {escape(rule.statement)}")]
    used = ", ".join(map(str, sorted({derivation.number(s) for s in step.uses})))
    source = f" From {used}." if used else ""
    lines.append(
        rf"\\ {_prose(sentence(step.text))}.{source}" + (rf" [{escape(rule.reference)}]" if rule.reference else "")
    )
    for formula in step.formulas:
        body = formula_lines(formula, convention)
        lines.append(r"\begin{align*}" + r" \\ ".join(f"& {line}" for line in body) + r"\end{align*}")
    return "\n".join(lines) + "\n"


def _assumption_list(derivation: Derivation) -> str:
    parts = []
    for kind, words in (("guessed", "Guessed, not proved"), ("assumed", "Assumed, not proved")):
        steps = [s for s in derivation.steps if s.kind == kind]
        if steps:
            parts.append(f"{words}: " + "; ".join(f"({derivation.number(s)}) {_prose(s.text)}" for s in steps) + ".")
    if not parts:
        return "\nNothing is assumed.\n"
    return f"\n{' '.join(parts)} Evidence for the equation: {derivation.evidence.value}.\n"


def sentence(text: str) -> str:
    """The words with a capital, unless they begin with an expression."""
    return text[:1].upper() + text[1:] if text.split(" ")[0].replace(",", "").isalpha() else text


def _prose(text: str) -> str:
    """A step's words, which may hold a law's long expression: it may break after brackets and operators."""
    return re.sub(r"([(*@])", r"\1\\allowbreak{}", escape(text))


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


def derivation_text(derivation: Derivation, convention: str = "stieltjes") -> str:
    """The derivation as plain text, one numbered step after the other.

    >>> from resolvent.derive.laws.elementary import semicircle
    >>> print(derivation_text(semicircle().derivation))
    1. definition by a transform: the R-transform of semicircle(1)
       R(g) = g
    2. R-transform: the equation of semicircle(1), from its R-transform [from 1]
       z + 1/m = -m
       m**2 + m*z + 1 = 0
    evidence: proved
    """
    in_convention(M, convention)
    return "\n".join(_text_lines(derivation, convention))


def _text_lines(derivation: Derivation, convention: str) -> Iterator[str]:
    for k, step in enumerate(derivation.steps, start=1):
        used = ", ".join(map(str, sorted({derivation.number(s) for s in step.uses})))
        mark = f" ({step.kind})" if step.kind in _MARKED else ""
        yield f"{k}. {step.rule.name}{mark}: {step.text}" + (f" [from {used}]" if used else "")
        for formula in step.formulas:
            image, _ = in_convention(formula, convention)
            if (terms := _linear_terms(image)) is not None:
                shown = [(f"({c})*" if c != 1 else "") + _unknown(f, convention, latex=False) for c, f in terms]
                yield f"   {' + '.join(shown)} = 0"
            elif isinstance(image, sympy.Eq):
                yield f"   {image.lhs} = {image.rhs}"
            else:
                yield f"   {image}"
    yield f"evidence: {derivation.evidence.value}"
    for step in derivation.assumptions:
        yield f"assumed (step {derivation.number(step)}): {step.text}"
