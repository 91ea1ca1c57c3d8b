"""The grammar: what an expression stands for, what is refused and how, and that a law's text reads back as the law."""

from __future__ import annotations

import inspect
import re
import string
from fractions import Fraction
from typing import Any

import pytest
import sympy
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sympy import sqrt

from resolvent import catalog
from resolvent.derive.errors import DerivationError, ParameterError, ParseError, ResolventError
from resolvent.derive.expressions.law import law_of
from resolvent.derive.expressions.letters import dimension, gaussian
from resolvent.derive.graphs.cycle_weights import law_of_cycle_weights, law_of_free_cumulants
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.elementary import (
    arcsine,
    atoms,
    free_poisson,
    fuss_catalan,
    kesten_mckay,
    marchenko_pastur,
    semicircle,
    wachter,
)
from resolvent.derive.laws.equilibrium import equilibrium_measure
from resolvent.derive.laws.from_equation import law_of_equation
from resolvent.derive.laws.from_transform import law_of_r_transform, law_of_s_transform
from resolvent.derive.laws.matrix_functions import direct_sum
from resolvent.derive.laws.rectangular import doubly_correlated_wishart, rectangular_sum
from resolvent.language.expressions import parse, parse_scalar
from resolvent.language.source import MOST_CHARACTERS, MOST_NESTING
from resolvent.language.vocabulary import FUNCTIONS, METHODS, Kind
from tests.derive.laws.compositions import Composed, compositions
from tests.derive.laws.test_copies import LAWS
from tests.derive.time_limit import within

c, t, v = (sympy.Symbol(name, positive=True) for name in "ctv")
g, u = sympy.symbols("g u")
z, m = sympy.symbols("z m")
half = sympy.Rational(1, 2)
p, n = dimension("p"), dimension("n")
X = gaussian("X", p, n)

# -- what expressions stand for --------------------------------------------------------------------------------

MEANINGS = [
    ("semicircle()", lambda: semicircle()),
    ("semicircle(v)", lambda: semicircle(v)),
    ("semicircle(variance=2)", lambda: semicircle(2)),
    ("marchenko_pastur(c=1/4, sigma=2)", lambda: marchenko_pastur("1/4", 2)),
    ("free_poisson(3, -2)", lambda: free_poisson(3, -2)),
    ("atoms([1, 2, 5])", lambda: atoms([1, 2, 5])),
    ("atoms([-1, 1], [1/3, 2/3])", lambda: atoms([-1, 1], ["1/3", "2/3"])),
    ("arcsine(1)", lambda: arcsine(1)),
    ("wachter(1/2, 1/3)", lambda: wachter("1/2", "1/3")),
    ("kesten_mckay(3)", lambda: kesten_mckay(3)),
    ("fuss_catalan(2)", lambda: fuss_catalan(2)),
    ("law_of_cycle_weights(v*t, t)", lambda: law_of_cycle_weights(v * t, t)),
    ("law_of_cycle_weights(2*t/(1-t), phi=1, psi=c)", lambda: law_of_cycle_weights(2 * t / (1 - t), t, phi=1, psi=c)),
    ("law_of_cycle_weights(x, x, ratios=[1, 1/2, c])", lambda: law_of_cycle_weights([1], ratios=(1, half, c))),
    ("law_of_free_cumulants([1, 1, 1/9])", lambda: law_of_free_cumulants([1, 1, "1/9"])),
    ("equilibrium_measure(2, t)", lambda: equilibrium_measure(2, t)),
    ("semicircle() + marchenko_pastur(c)", lambda: semicircle() + marchenko_pastur(c)),
    ("marchenko_pastur(1/2) - semicircle()", lambda: marchenko_pastur(half) - semicircle()),
    ("marchenko_pastur(1/2) @ marchenko_pastur(c)", lambda: marchenko_pastur(half) @ marchenko_pastur(c)),
    ("-marchenko_pastur(1/2)", lambda: -marchenko_pastur(half)),
    ("3 - 2*marchenko_pastur(1/2)/c", lambda: 3 - 2 * marchenko_pastur(half) / c),
    ("(semicircle() + 3)**-1", lambda: (semicircle() + 3) ** -1),
    ("semicircle()**2", lambda: semicircle() ** 2),
    ("marchenko_pastur(c).free_power(t)", lambda: marchenko_pastur(c).free_power(t)),
    ("semicircle().compress(1/4)", lambda: semicircle().compress("1/4")),
    ("fuss_catalan(1).free_multiplicative_power(3/2)", lambda: fuss_catalan(1).free_multiplicative_power("3/2")),
    ("atoms([1, 2, 5]).wishart(1/2) + 3", lambda: atoms([1, 2, 5]).wishart(half) + 3),
    ("(semicircle() + 3).mobius(1, 0, 1, 1)", lambda: (semicircle() + 3).mobius(1, 0, 1, 1)),
    ("marchenko_pastur(1/2).inverse()", lambda: marchenko_pastur(half).inverse()),
    ("marchenko_pastur(1).symmetric_root()", lambda: marchenko_pastur(1).symmetric_root()),
    ("marchenko_pastur(c).companion(c)", lambda: marchenko_pastur(c).companion(c)),
    ("atoms([1]).information_plus_noise(2, 1/2)", lambda: atoms([1]).information_plus_noise(2, half)),
    ("semicircle().direct_sum(atoms([3]), 1/3)", lambda: semicircle().direct_sum(atoms([3]), "1/3")),
    ("direct_sum(semicircle(), atoms([3]), weight=1/3)", lambda: direct_sum(semicircle(), atoms([3]), "1/3")),
    (
        "rectangular_sum(atoms([1]), atoms([2]), 1/2)",
        lambda: rectangular_sum(atoms([1]), atoms([2]), half),
    ),
    ("atoms([1]).rectangular_sum(atoms([2]), 1/2)", lambda: rectangular_sum(atoms([1]), atoms([2]), half)),
    (
        "doubly_correlated_wishart(atoms([1, 2]), atoms([3]), c)",
        lambda: doubly_correlated_wishart(atoms([1, 2]), atoms([3]), c),
    ),
    ("law_of_equation(v*m**2 + z*m + 1)", lambda: law_of_equation(v * m**2 + z * m + 1)),
    ("law_of_equation(m**2 + z*m + 1, [1, 0, 1])", lambda: law_of_equation(m**2 + z * m + 1, [1, 0, 1])),
    ("law_of_r_transform(g/(1 - g**2), g)", lambda: law_of_r_transform(g / (1 - g**2), g)),
    ("law_of_s_transform(1/(1 + u), u)", lambda: law_of_s_transform(1 / (1 + u), u)),
    ("hessian(phi=1/2, eps=1, sigma=1)", lambda: catalog.get("hessian").law(phi="1/2", eps=1, sigma=1)),
    ("hessian_h0(1/2)", lambda: catalog.get("hessian-h0").law(phi="1/2", sigma=1)),
]  # fmt: skip


@pytest.mark.parametrize(("text", "build"), MEANINGS, ids=[text for text, _ in MEANINGS])
def test_expression_means_what_python_would_build(text: str, build: object) -> None:
    assert parse(text).equation == build().equation  # type: ignore[operator]


@pytest.mark.parametrize(("text", "build"), MEANINGS, ids=[text for text, _ in MEANINGS])
def test_text_of_a_law_reads_back_as_the_law(text: str, build: object) -> None:
    law = build()  # type: ignore[operator]
    assert parse(str(law)).equation == law.equation


ALGEBRAIC = [slug for slug in catalog.names() if isinstance(catalog.get(slug).law(), AlgebraicLaw)]


@pytest.mark.parametrize(
    "law",
    [
        *LAWS.values(),
        semicircle(sqrt(2)) + marchenko_pastur(1 / sqrt(2)) / sqrt(3) - sqrt(2 + sqrt(2)),
        atoms([0, sqrt(2), sqrt(5 + 2 * sqrt(6))]).free_power(sqrt(2)),
        semicircle((1 + sqrt(2)) ** 3 / 3),
        semicircle(sympy.cbrt(2)) + 1,
        semicircle(sympy.pi),
        law_of(X @ X.T / n, {(p, n): c}),
        semicircle() + law_of(X @ X.T / n, {(p, n): c}),
    ],
    ids=str,
)
def test_a_law_knows_whether_its_text_reads_back(law: AlgebraicLaw) -> None:
    if law.reads_back:
        assert parse(law.text) == law
    else:
        with pytest.raises(ParseError):
            parse(law.text)


@pytest.mark.parametrize("slug", ALGEBRAIC)
def test_text_of_a_catalog_law_reads_back_as_the_law(slug: str) -> None:
    law, read = catalog.get(slug).law(), parse(str(catalog.get(slug).law()))
    assert read.equation.polynomial == law.equation.polynomial
    # a text carries names alone: a parameter that may be zero reads back as a positive one
    assert [s.name for s in read.parameters] == [s.name for s in law.parameters]
    assert list(map(str, read.moments(6))) == list(map(str, law.moments(6)))


NESTED = [
    lambda: semicircle() - (semicircle() + marchenko_pastur(2)),
    lambda: semicircle() + (-marchenko_pastur(2) + 1),
    lambda: semicircle() - (semicircle() - marchenko_pastur(2)),
    lambda: -(3 - (semicircle() + 1)),
    lambda: (semicircle() + 3) @ (marchenko_pastur(2) + 1),
    lambda: ((semicircle() + 3) ** 2).free_power(2),
    lambda: (2 * marchenko_pastur(half)) ** -1,
    lambda: (c / 2 * semicircle(v)) + (c - 1),
]


@pytest.mark.parametrize("build", NESTED)
def test_text_keeps_the_brackets_that_matter(build: object) -> None:
    law = build()  # type: ignore[operator]
    assert parse(str(law)).equation == law.equation


@settings(deadline=None, max_examples=40, derandomize=True, suppress_health_check=list(HealthCheck))
@given(compositions())
def test_text_of_a_random_composition_reads_back_as_the_law(composed: Composed) -> None:
    law = composed.law
    assert parse(str(law)).equation == law.equation


# -- numbers and parameters ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("7", Fraction(7)),
        ("1/2", Fraction(1, 2)),
        ("0.1", Fraction(1, 10)),
        (".5", Fraction(1, 2)),
        ("1.", Fraction(1)),
        ("2.5e-3", Fraction(1, 400)),
        ("1E2", Fraction(100)),
        ("1_000", Fraction(1000)),
        ("-2**2", Fraction(-4)),
        ("2**-3", Fraction(1, 8)),
        ("2**3**2", Fraction(512)),
        ("1 - 2 - 3", Fraction(-4)),
        ("(1/3 + 1/6)*4", Fraction(2)),
        ("0.1 + 0.2", Fraction(3, 10)),
        ("+3", Fraction(3)),
        ("0.1234567890123456789012345", Fraction(1234567890123456789012345, 10**25)),
    ],
)
def test_numbers_are_exact(text: str, value: Fraction) -> None:
    assert parse_scalar(text) == sympy.Rational(value.numerator, value.denominator)


@given(st.fractions(max_denominator=10**9))
def test_every_fraction_reads_back(value: Fraction) -> None:
    assert parse_scalar(str(value)) == sympy.Rational(value.numerator, value.denominator)


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-1000, max_value=1000, places=20))
def test_every_decimal_is_exact(value: object) -> None:
    exact = Fraction(value)  # type: ignore[arg-type]
    assert parse_scalar(str(value)) == sympy.Rational(exact.numerator, exact.denominator)


def test_names_are_positive_parameters() -> None:
    assert parse_scalar("rate") == sympy.Symbol("rate", positive=True)


@pytest.mark.parametrize("half", ["1/2", "0.5", 0.5, Fraction(1, 2), sympy.Rational(1, 2)])
def test_values_are_any_rational_numbers(half: Any) -> None:
    assert parse("marchenko_pastur(c)", {"c": half}).text == "marchenko_pastur(1/2)"


@pytest.mark.parametrize("value", ["x", sympy.sqrt(2), None, float("nan")])
def test_values_that_are_no_rational_numbers_are_refused(value: Any) -> None:
    with pytest.raises(ParameterError, match="is not a rational number"):
        parse("marchenko_pastur(c)", {"c": value})


def test_rational_functions_of_parameters() -> None:
    assert parse_scalar("(c**2 - 1)/(2*t)") == (c**2 - 1) / (2 * t)


def test_parameter_of_a_law() -> None:
    assert parse("semicircle(v) + marchenko_pastur(c)").parameters == (c, v)


def test_line_breaks_are_blanks() -> None:
    assert parse("semicircle()\n  + 1\t").moments(1) == [1]


# -- what is refused -------------------------------------------------------------------------------------------

REFUSED = [
    ("", 0, "the expression is empty"),
    ("   ", 0, "the expression is empty"),
    ("semicircle() +", 14, "stops too early"),
    ("semicircle() semicircle()", 13, "is not an expression"),
    ("semicirle()", 0, "did you mean 'semicircle'?"),
    ("foo(1)", 0, "unknown law 'foo'; known: arcsine, atoms"),
    ("semicircle().free_pwer(2)", 13, "did you mean 'free_power'?"),
    ("semicircle().__class__", 13, "unknown method '__class__'"),
    ("semicircle().free_power", 0, "write .free_power(...)"),
    ("semicircle", 0, "is a law; write semicircle(variance)"),
    ("hessian + semicircle()", 0, "is a law; write hessian(phi, eps, sigma)"),
    ("compress(semicircle(), 2)", 0, "is a method of laws; write A.compress(t)"),
    ("semicircle(compress)", 11, "is a method of laws"),
    ("hessian-h0(phi=1)", 0, "write hessian_h0(...), with underscores"),
    ("semicircle() + 2^3", 16, "write ** for powers"),
    ("semicircle(φ)", 11, "write names in ASCII"),
    ("semicircle() ⊞ semicircle()", 13, "write + for the free sum"),
    ("atoms(['1'])", 7, "without quotes"),
    ("atoms([1, 2)", 11, "expected ']'"),
    ("semicircle(", 10, "never closed"),
    ("semicircle())", 12, "closes nothing"),
    ("semicircle(lambda)", 11, "call the parameter lam"),
    ("semicircle(if)", 11, "cannot be a name"),
    ("1 + 2", 0, "is a number, not a law; write atoms([1 + 2])"),
    ("[1, 2]", 0, "a list may stand only where a function takes one"),
    ("(semicircle(), 1)", 0, "square brackets"),
    ("semicircle()[0]", 0, "indexing has no meaning"),
    ("atoms([x for x in y])", 6, "list of numbers"),
    ("atoms([(x for x in y)])", 7, "write the list out"),
    ("semicircle() if c else semicircle()", 0, "without conditions"),
    ("not semicircle()", 0, "without conditions"),
    ("semicircle() == semicircle()", 0, "without conditions"),
    ("semicircle() and semicircle()", 0, "without conditions"),
    ("semicircle() // 2", 16, "unknown operator"),
    ("semicircle(*c)", 11, "write the arguments out"),
    ("semicircle(**c)", 13, "write the arguments out"),
    ("semicircle(1, 2)", 14, "too many arguments; write semicircle(variance)"),
    ("semicircle(varance=1)", 11, "did you mean 'variance'?"),
    ("semicircle(1, variance=2)", 14, "given twice"),
    ("semicircle(variance=1, variance=2)", 23, "given twice"),
    ("marchenko_pastur()", 0, "needs a value for c"),
    ("semicircle()()", 0, "only a named function can be called"),
    ("semicircle(True)", 11, "True is not a number"),
    ("semicircle(None)", 11, "None is not a number"),
    ("semicircle(...)", 11, "... is not a number"),
    ("semicircle(2j)", 11, "2j is not a number"),
    ("semicircle(pi)", 11, "'pi' is no rational number"),
    ("semicircle(sqrt(c))", 11, "sqrt takes one number that is not negative"),
    ("semicircle(sqrt(-2))", 11, "sqrt takes one number that is not negative"),
    ("semicircle(sqrt(2 - sqrt(5)))", 11, "sqrt takes one number that is not negative"),
    ("semicircle(sqrt(2, 3))", 11, "sqrt takes one number"),
    ("semicircle(sqrt(x=2))", 11, "sqrt takes one number"),
    ("semicircle(sqrt(semicircle()))", 11, "sqrt takes one number"),
    ("atoms([sqrt(2), sqrt(3), sqrt(5), sqrt(7), sqrt(11)])", 43, "at most 4 different square roots"),
    ("sqrt(2)", 0, "this is a number, not a law"),
    ("law_of_r_transform(sqrt(2)*g, g)", 19, "'sqrt' is not rational"),
    ("sqrt", 0, "'sqrt' is no rational number"),
    ("semicircle(z)", 11, "reserved for the spectral variables"),
    ("semicircle(alpha_)", 11, "reserved"),
    ("semicircle(__c)", 11, "a parameter's name"),
    ("semicircle(semicircle())", 11, "must be a number"),
    ("direct_sum(1, semicircle(), 1/2)", 11, "must be a law"),
    ("atoms(1)", 6, "must be a list of numbers"),
    ("atoms([semicircle()])", 7, "not a law"),
    ("semicircle() * semicircle()", 0, "write A @ B for the free product"),
    ("semicircle() / semicircle()", 0, "write A @ B**-1"),
    ("1 / semicircle()", 0, "write s * A**-1"),
    ("2 @ semicircle()", 0, "needs two laws"),
    ("2 @ 3", 0, "needs two laws"),
    ("X @ Y + Y @ X", 0, "write * for numbers; for matrices, define them: --matrix 'X: gaussian"),
    ("XY+YX", 0, "for a point mass; for matrices, define them: --matrix 'X: gaussian"),
    ("X @ X.T", 6, "unknown method 'T'; for matrices, define them: --matrix 'X: gaussian"),
    ("x + y", 0, "write atoms([x + y]) for a point mass"),
    ("semicircle() / 0", 15, "division by zero"),
    ("semicircle(1/0)", 13, "division by zero"),
    ("semicircle(1/(c - c))", 14, "division by zero"),
    ("semicircle(0**-1)", 11, "division by zero"),
    ("semicircle()**(1/2)", 15, "exponents are whole numbers"),
    ("semicircle(c**(1/2))", 15, "exponents are whole numbers"),
    ("semicircle(c**c)", 14, "exponents are whole numbers"),
    ("2**semicircle()", 3, "exponents are whole numbers"),
    ("semicircle()**7", 14, "powers of a law go from -6 to 6"),
    ("semicircle()**0", 14, "powers of a law go from -6 to 6"),
    ("3.free_power(2)", 1, "is not an expression"),
    ("(3).free_power(2)", 0, "numbers have no method"),
    ("fuss_catalan(1000000)", 13, "p and q at most 64"),
    ("fuss_catalan(c)", 13, "p and q at most 64"),
    ("marchenko_pastur(1).free_multiplicative_power(99/98)", 46, "p and q at most 64"),
    ("law_of_r_transform(g, 2)", 22, "the variable is a name"),
    ("law_of_r_transform(g)", 0, "needs a value for variable"),
    ("semicircle(2**99999)", 11, "the exponent 99999 is too large"),
    ("semicircle(((a + b)**99)**99)", 11, "exceeds 400 digits, 20000 terms or degree 200"),
    ("semicircle(1e401)", 11, "more than 400 digits"),
    ("semicircle((1 + a + b + d)**120)", 11, "20000 terms"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "position", "message"), REFUSED, ids=[text or "empty" for text, _, _ in REFUSED])
def test_refusal_says_what_is_wrong(text: str, position: int, message: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse(text)
    assert message in str(caught.value)


@pytest.mark.parametrize(("text", "position", "message"), REFUSED[2:], ids=[text for text, _, _ in REFUSED[2:]])
def test_refusal_says_where(text: str, position: int, message: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse(text)
    assert caught.value.objects["position"] == position


def test_the_caret_stands_under_the_place() -> None:
    with pytest.raises(ParseError) as caught:
        parse("2*semicircle() + foo(3)")
    _, shown, pointer = str(caught.value).splitlines()
    assert shown[pointer.index("^") :].startswith("foo")


def test_a_long_text_is_shown_around_the_place() -> None:
    with pytest.raises(ParseError) as caught:
        parse("semicircle() + " * 60 + "foo(3)" + " + semicircle()" * 20)
    assert max(map(len, str(caught.value).splitlines()[1:])) <= 80


def test_text_that_is_too_long() -> None:
    with pytest.raises(ParseError, match=f"the most is {MOST_CHARACTERS}"):
        parse("1 + " * MOST_CHARACTERS + "1")


@pytest.mark.parametrize(
    "text",
    [
        "(" * (MOST_NESTING + 1) + "c" + ")" * (MOST_NESTING + 1),
        "-" * 1500 + "c",
        "2**" * 500 + "c",
        "semicircle()" + ".inverse()" * 150,
        "[" * 300,
    ],
)
def test_deep_nesting_is_refused(text: str) -> None:
    with pytest.raises(ParseError):
        parse(text)


def test_a_long_sum_is_not_deep() -> None:
    assert parse_scalar("+".join(["c"] * 900)) == 900 * c


def test_something_that_is_no_text() -> None:
    with pytest.raises(ParseError, match="an expression is a text; got int"):
        parse(3)  # type: ignore[arg-type]


def test_a_law_where_a_number_belongs() -> None:
    with pytest.raises(ParseError, match="a number such as 1/2 is needed"):
        parse_scalar("semicircle()")


def test_domains_are_checked_by_the_laws() -> None:
    with pytest.raises(ParameterError, match="variance must be positive; got -1"):
        parse("semicircle(-1)")


def test_operations_without_a_result_are_refused_by_the_laws() -> None:
    with pytest.raises(DerivationError, match="two centred laws"):
        parse("semicircle() @ semicircle()")


# -- nothing hangs, nothing escapes ----------------------------------------------------------------------------

ERRORS = (ParseError, ParameterError, DerivationError)
WORDS = [
    *FUNCTIONS, *METHODS, *"+-*/@()[],.= ", "**", "(", ")", "()", "1", "2", "1/2", "0.5", "c", "lambda", "z", "m", "g",
    "None", "if", "hessian", "hessian-h0", "9" * 50, "**-1", "semicircle()", "atoms([1, 2])", "marchenko_pastur(1/2)",
]  # fmt: skip


def outcome(text: str) -> AlgebraicLaw | ResolventError:
    with within(20):
        try:
            return parse(text)
        except ERRORS as error:
            return error


@settings(deadline=None, max_examples=400, derandomize=True)
@given(st.text(max_size=60))
@example("\x00")
@example("semicircle(\n)")
@example("0x1for c")
@example("# comment")
@example("c" * 2000)
@example("1" * 2000)
def test_any_text_is_a_law_or_refused(text: str) -> None:
    outcome(text)


@settings(deadline=None, max_examples=400, derandomize=True)
@given(st.text(alphabet=string.ascii_lowercase[:4] + "()[]+-*/@.,= 0123456789", max_size=60))
def test_any_arithmetic_is_a_law_or_refused(text: str) -> None:
    outcome(text)


@settings(deadline=None, max_examples=300, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(WORDS), max_size=8))
def test_any_words_are_a_law_or_refused(words: list[str]) -> None:
    outcome("".join(words))


# -- the vocabulary --------------------------------------------------------------------------------------------


def _signature(function: object) -> list[tuple[str, bool]]:
    parameters = inspect.signature(function).parameters.values()  # type: ignore[arg-type]
    return [(p.name, p.default is inspect.Parameter.empty) for p in parameters if p.name != "self"]


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_functions_have_the_arguments_of_the_grammar(name: str) -> None:
    word = FUNCTIONS[name]
    expected = [(argument, k < word.required) for k, (argument, _) in enumerate(word.arguments)]
    assert _signature(word.function()) == expected


@pytest.mark.parametrize("name", sorted(METHODS))
def test_methods_have_the_arguments_of_the_grammar(name: str) -> None:
    word = METHODS[name]
    expected = [(argument, k < word.required) for k, (argument, _) in enumerate(word.arguments)]
    assert _signature(getattr(AlgebraicLaw, name)) == expected


def test_bounded_arguments_have_a_bound() -> None:
    bounded = [
        w for w in (*FUNCTIONS.values(), *METHODS.values()) for _, k in w.arguments if k in (Kind.COUNT, Kind.RATIO)
    ]
    assert all(word.most > 0 for word in bounded)


@pytest.mark.parametrize(
    "text",
    [
        "law_of_equation(m**2 + z*m + 1 = 0)",
        "law_of_equation(m**2 + z*m = -1)",
        "law_of_equation(z*m=-1-m**2, [1, 0])",
        "law_of_equation(m**2 + z*m == -1, moments=[1])",
        "law_of_equation(polynomial = -1 = m**2 + z*m, moments = [1])",
        "law_of_equation(moments=[1], polynomial=m**2 + z*m + 1 = 0)",
    ],
)
def test_an_equation_has_two_sides(text: str) -> None:
    assert parse(text).same_as(semicircle())


def test_an_equation_of_fractions_is_refused() -> None:
    with pytest.raises(ParameterError, match="multiply its denominator out"):
        parse("law_of_equation(m = -(1 + m**2)/z)")


@pytest.mark.parametrize(
    ("text", "words", "place"),
    [
        ("m**2 + z*m + 1 = 0", "an equation is no expression; the law that an equation defines is law_of_equation", 15),
        ("semicircle() = 2", "an equation is no expression", 13),
        ("law_of_equation(m = m = 1)", "one sign of equality", 20),
        ("semicircle(1 + 1 = 2)", "stands in law_of_equation", 19),
        ("law_of_equation(m + (z = 1))", "stands in law_of_equation", 25),
        ("semicircle(varianc=2)", "has no argument 'varianc'", 11),
        ("law_of_equation(m**2 = )", "this is not an expression", 23),
    ],
)
def test_equations_elsewhere_are_refused_where_they_stand(text: str, words: str, place: int) -> None:
    with pytest.raises(ParseError, match=re.escape(words)) as caught:
        parse(text)
    assert str(caught.value).splitlines()[-1] == "  " + " " * place + "^"


@pytest.mark.parametrize(
    ("short", "name"), [("mp", "marchenko_pastur"), ("SC", "semicircle"), ("wigner", "semicircle")]
)
def test_abbreviations_are_understood_in_the_refusal(short: str, name: str) -> None:
    with pytest.raises(ParseError, match=f"unknown law '{short}'; did you mean '{name}'"):
        parse(f"{short}(1)")
