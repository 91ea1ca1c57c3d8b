"""MathML against SymPy: the tree is walked and its value recomputed; and against the rules for its elements."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET

import pytest
import sympy

from resolvent import catalog
from resolvent.derive.derivation import rules
from resolvent.derive.derivation.latex import formula_lines
from resolvent.derive.derivation.step import Rule
from resolvent.derive.errors import ParameterError
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.elementary import atoms, marchenko_pastur, semicircle
from resolvent.writing.mathml import APPLY, TIMES, escaped, mathml
from tests.resolvent.writing.presentation import tree, value

a, b, c, x, y = sympy.symbols("a b c x y")
AT = {"a": 0.7, "b": 1.9, "c": -0.4, "x": 2.3, "y": 0.31, "m": -1.7, "z": 0.83, "G": 1.7, "ϕ": 0.55, "ε": 1.3,
      "σ": 0.9, "ψ": 1.1, "ζ": 0.37, "η": 1.21}  # fmt: skip
NAMES = {"phi": "ϕ", "eps": "ε", "sigma": "σ", "psi": "ψ", "zeta": "ζ", "eta": "η"}


def expected(expression: sympy.Expr) -> complex:
    return complex(
        expression.xreplace({s: sympy.Float(AT[NAMES.get(s.name, s.name)]) for s in expression.free_symbols})
    )


@pytest.mark.parametrize(
    "expression",
    [
        a + b - c,
        -a * b,
        -(a + b) * c,
        a * (b - 1) ** 2 / (c + 3),
        (a + b) ** (x - y),
        2 * a**12 - sympy.Rational(35, 120) * b,
        a ** (b**c + 3) + 10,
        sympy.sqrt(a**2 + b) / 2,
        sympy.root(x + 1, 5),
        1 / (1 + 1 / (1 + 1 / x)),
        sympy.Mul(2, sympy.Pow(3, a), evaluate=False),
        sympy.Mul(a, sympy.Mul(-1, b, evaluate=False), evaluate=False),
        -1 / a - sympy.Rational(1, 2),
        sympy.Float("1.25") * x,
        sympy.log(x) * a + sympy.exp(-y) * sympy.sin(x) ** 2,
        sympy.pi * sympy.Abs(c),
        sympy.erf(x + y),
    ],
    ids=str,
)
def test_the_tree_has_the_value_of_what_sympy_prints(expression: sympy.Expr) -> None:
    printed = mathml(sympy.latex(expression))
    assert value(tree(printed), AT) == pytest.approx(expected(expression), rel=1e-10)


@pytest.mark.parametrize("convention", ["stieltjes", "cauchy"])
@pytest.mark.parametrize(
    "law",
    [
        *(catalog.get(n).law() for n in ("hessian", "nonlinear-gram", "marchenko-pastur")),
        marchenko_pastur(sympy.Symbol("c", positive=True)).information_plus_noise(2, sympy.Symbol("c", positive=True)),
        semicircle() + atoms([-1, 0, 2], ["1/4", "1/4", "1/2"]),
    ],
    ids=str,
)
def test_equations_have_the_value_of_their_polynomial(law: AlgebraicLaw, convention: str) -> None:
    lines = formula_lines(sympy.Eq(law.equation.expr, 0, evaluate=False), convention)
    left, right = value(tree(mathml(lines)), AT)
    assert right == 0
    assert abs(left) == pytest.approx(abs(expected(law.equation.expr)), rel=1e-10)  # the sign of an equation is free


def test_the_value_depends_on_every_factor() -> None:
    # what the two tests above rest on: the walker sees a missing factor, a sign and a power
    right = mathml(r"\left(a + b\right) c")
    for other in (r"\left(a - b\right) c", r"a + b c", r"\left(a + b\right)", r"\left(a + b\right) c^{2}"):
        assert abs(value(tree(right), AT) - value(tree(mathml(other)), AT)) > 1e-3


def every_rule() -> list[Rule]:
    entries = [step.rule for name in catalog.names() for step in catalog.get(name).law().derivation.steps]
    return [*(r for r in vars(rules).values() if isinstance(r, Rule)), *entries]


def test_every_rule_and_every_step_of_the_catalog_is_translated() -> None:
    for rule in every_rule():
        for formula in rule.latex.split("$")[1::2]:
            tree(mathml(formula, names=False))
    for name in catalog.names():
        for step in catalog.get(name).law().derivation.steps:
            for formula in step.formulas:
                tree(mathml(formula_lines(formula, "cauchy"), display=True))


ARITY = {"mfrac": 2, "msup": 2, "msub": 2, "munder": 2, "mover": 2, "mroot": 2, "msubsup": 3, "munderover": 3}
KNOWN = {"math", "mrow", "mi", "mn", "mo", "mspace", "msqrt", "mtable", "mtr", "mtd", *ARITY}


def test_elements_have_as_many_children_as_they_must() -> None:
    for rule in every_rule():
        for formula in rule.latex.split("$")[1::2]:
            for element in ET.fromstring(mathml(formula, names=False)).iter():
                tag = element.tag.rpartition("}")[2]
                assert tag in KNOWN
                assert len(element) == ARITY.get(tag, len(element)), formula


def text_of(latex: str, names: bool = True) -> str:
    return "".join(tree(mathml(latex, names=names)).itertext())


def test_letters_together_are_a_name_or_factors() -> None:
    assert text_of("ab c") == f"ab{TIMES}c"
    assert text_of(r"\mathrm{critical} m") == f"critical{TIMES}m"
    assert text_of("zm", names=False) == f"z{TIMES}m"


def test_functions_are_applied_and_factors_multiplied() -> None:
    f = sympy.Function("f")
    assert text_of(sympy.latex(f(x))) == f"f{APPLY}(x)"
    assert text_of(r"f \left(x\right)") == f"f{TIMES}(x)"


def test_a_single_digit_is_the_argument_of_a_fraction() -> None:
    assert value(tree(mathml(r"\frac12 + \frac1a")), AT) == pytest.approx(0.5 + 1 / 0.7)


def test_signs_before_a_number_are_prefixes() -> None:
    assert mathml("-a - b").count('form="prefix"') == 1
    assert mathml(r"m \sim -1/z").count('form="prefix"') == 1


@pytest.mark.parametrize(
    "name", ["alpha_1", "xhat", "xbar", "ascr", "bcal", "xprime", "xbm", "xnorm", "xmag", "hbar", "a_b_c", "Alpha"]
)
def test_names_that_sympy_decorates(name: str) -> None:
    tree(mathml(sympy.latex(sympy.Symbol(name))))


@pytest.mark.parametrize(
    "latex",
    [r"\unknown{x}", r"\left(x", r"x\right)", "{x", "x}", "x^1^2", r"\frac{1}", r"\begin{tabular}x\end{tabular}", "x^"],
)
def test_what_is_not_known_raises(latex: str) -> None:
    with pytest.raises(ParameterError, match="as MathML"):
        mathml(latex)


def test_deep_nesting_raises_before_the_stack_ends() -> None:
    with pytest.raises(ParameterError, match="nested too deeply"):
        mathml("{" * 5000 + "}" * 5000)


def test_text_is_escaped() -> None:
    assert ET.fromstring(f"<p a='{escaped(chr(39))}'>{escaped('<b>&' + chr(0))}</p>").text == "<b>&\ufffd"
    assert list(tree(mathml("a < b")).itertext()) == ["a", "<", "b"]


def test_the_walker_knows_what_a_number_is() -> None:
    assert math.isclose(value(tree(mathml("3.25")), {}).real, 3.25)
