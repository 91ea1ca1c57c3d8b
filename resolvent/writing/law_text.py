"""A law written out: LaTeX, JSON and SymPy code. For reports see `law_report`, for numbers `python_function`."""

from __future__ import annotations

import keyword
import re
import textwrap
from collections.abc import Iterable, Sequence
from typing import Any

import sympy

from resolvent.derive.derivation.derivation import Derivation
from resolvent.derive.derivation.latex import in_convention
from resolvent.derive.derivation.plain_text import MEANING, packed
from resolvent.derive.derivation.step import Step
from resolvent.derive.errors import DerivationError
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.record import Law

_SHOWN_ASSUMPTIONS = ("positive", "negative", "nonnegative", "nonpositive", "nonzero", "integer")


def to_latex(law: Law, convention: str = "stieltjes", *, steps: bool = True, title: str = "") -> str:
    """LaTeX: with ``steps`` the document of the whole derivation, which compiles; otherwise the equation alone.

    >>> from resolvent.derive.laws.elementary import semicircle
    >>> to_latex(semicircle(), "cauchy", steps=False)
    'G^{2} - z G + 1 = 0'

    Raises `ParameterError` for an unknown convention.
    """
    if steps:
        return law.derivation.latex(convention=convention, title=title or law.text)
    return law.latex(convention)


def to_json(
    law: Law,
    convention: str = "stieltjes",
    *,
    steps: bool = True,
    moments: int = 0,
    cumulants: int = 0,
) -> dict[str, Any]:
    """The law as plain values that `json.dumps` takes; formulas are texts in SymPy's notation.

    >>> from resolvent.derive.laws.elementary import semicircle
    >>> to_json(semicircle(), steps=False)["equation"]
    {'polynomial': 'm**2 + m*z + 1', 'variable': 'm', 'degree': 2, 'latex': 'm^{2} + z m + 1 = 0'}

    Raises `ParameterError` for an unknown convention or a negative number of moments.
    """
    derivation = law.derivation
    found: dict[str, Any] = {
        "law": law.text,
        "convention": convention,
        **law.statement(convention).data(),
        "meaning": MEANING[convention],
        "parameters": [{"name": s.name, "assumptions": assumptions_of(s)} for s in law.symbols],
        "evidence": derivation.evidence.value,
        "evidence_in_words": derivation.evidence_in_words,
        "assumptions": [step.text for step in derivation.assumptions],
    }
    if moments:
        found["moments"] = [str(v) for v in law.moments(moments)]
    if cumulants:
        found["free_cumulants"] = [str(v) for v in law.free_cumulants(cumulants)]
    if steps:
        found["derivation"] = [_step_json(derivation, step, convention) for step in derivation.steps]
    return found


def to_sympy_code(law: AlgebraicLaw, convention: str = "stieltjes") -> str:
    """A Python script, needing only SymPy, that makes the symbols, the polynomial and the moments that fix the branch.

    >>> from resolvent.derive.laws.elementary import semicircle
    >>> print(to_sympy_code(semicircle()))
    # The resolvent equation of semicircle(1)
    # m(z) = int rho(dx)/(x - z), m ~ -1/z at infinity
    import sympy
    <BLANKLINE>
    z, m = sympy.symbols("z m")
    <BLANKLINE>
    # equal to 0
    polynomial = m**2 + m*z + 1
    <BLANKLINE>
    # m_0, m_1, ...: the moments that tell the physical branch from the others
    germ = [sympy.Integer(1)]
    <BLANKLINE>

    Raises `ParameterError` for an unknown convention, `DerivationError` for a tensor law, which has no polynomial.
    """
    require_equation(law)
    expression, variable = in_convention(law.equation.expr, convention)
    names = identifiers(law.equation.symbols, taken={"z", "m", "G", "sympy", "polynomial", "germ"})
    images = {s: sympy.Symbol(name) for s, name in names.items()}
    lines = [f"# {line}" for line in textwrap.wrap(f"The resolvent equation of {law.text}", 100)]
    lines += [f"# {MEANING[convention]}", "import sympy", "", f'z, {variable} = sympy.symbols("z {variable}")']
    for symbol, name in names.items():
        keywords = "".join(f", {a}=True" for a in ("real", *assumptions_of(symbol)) if getattr(symbol, f"is_{a}"))
        lines.append(f"{name} = sympy.Symbol({symbol.name!r}{keywords})")
    terms = _terms(sympy.expand(expression).xreplace(images))
    germ = [code_of(v.xreplace(images)) for v in law.equation.germ_expressions()]
    lines += ["", "# equal to 0", *_assigned("polynomial", terms)]
    lines += ["", "# m_0, m_1, ...: the moments that tell the physical branch from the others"]
    return "\n".join([*lines, f"germ = [{', '.join(germ)}]", ""])


# -- parts that the exports share --------------------------------------------------------------------------------


def require_equation(law: Law) -> None:
    """Raise `DerivationError` for a law without a polynomial equation."""
    if not law.has_equation:
        raise DerivationError(
            f"{law.text} is a {law.kind}, which has no polynomial equation; write it as text, LaTeX or JSON", law=law
        )


def assumptions_of(symbol: sympy.Symbol) -> list[str]:
    """The assumptions of a parameter that say something, weaker ones left out.

    >>> assumptions_of(sympy.Symbol("c", positive=True))
    ['positive']
    """
    found = [a for a in _SHOWN_ASSUMPTIONS if getattr(symbol, f"is_{a}")]
    strong = {"positive", "negative"} & set(found)
    return [a for a in found if not (strong and a in ("nonnegative", "nonpositive", "nonzero"))]


def identifiers(symbols: Iterable[sympy.Symbol], taken: Iterable[str]) -> dict[sympy.Symbol, str]:
    """A Python identifier for each parameter: its name, with an underscore where that is taken or no identifier.

    >>> identifiers([sympy.Symbol("lambda"), sympy.Symbol("c")], taken=["z"])
    {lambda: 'lambda_', c: 'c'}
    """
    used = set(taken)
    names = {}
    for symbol in symbols:
        name = re.sub(r"\W", "_", str(symbol.name), flags=re.ASCII)
        name = f"_{name}" if name[:1].isdigit() or not name else name
        while keyword.iskeyword(name) or name in used:
            name += "_"
        used.add(name)
        names[symbol] = name
    return names


def code_of(expression: sympy.Expr) -> str:
    """An expression in plain symbols as Python code that makes it exactly, with SymPy's constructors.

    >>> code_of(sympy.Symbol("c") / 2)
    'sympy.Mul(sympy.Rational(1, 2), c)'
    """
    printed = re.sub(r"\bSymbol\('(\w+)'\)", r"\1", sympy.srepr(expression))
    return re.sub(r"\b([A-Z]\w*)\b(?=\()", r"sympy.\1", printed)


def _terms(expression: sympy.Expr) -> list[str]:
    """The terms of a sum in SymPy's printing order, with their signs."""
    pieces = []
    for k, term in enumerate(expression.as_ordered_terms()):
        text = str(term)
        sign, body = ("-", text[1:]) if text.startswith("-") else ("+", text)
        pieces.append(f"{sign} {body}" if k else (f"-{body}" if sign == "-" else body))
    return pieces


def _assigned(name: str, pieces: Sequence[str]) -> list[str]:
    lines = packed(pieces, 100)
    if len(lines) == 1:
        return [f"{name} = {lines[0]}"]
    return [f"{name} = (", *(f"    {line}" for line in lines), ")"]


def _step_json(derivation: Derivation, step: Step, convention: str) -> dict[str, Any]:
    images = [in_convention(formula, convention)[0] for formula in step.formulas]
    return {
        "number": derivation.number(step),
        "kind": step.kind,
        "rule": step.rule.name,
        "statement": step.rule.statement,
        "reference": step.rule.reference,
        "claim": step.text,
        "formulas": [f"{f.lhs} = {f.rhs}" if isinstance(f, sympy.Eq) else str(f) for f in images],
        "uses": [derivation.number(s) for s in step.uses],
    }


__all__ = ["to_json", "to_latex", "to_sympy_code"]
