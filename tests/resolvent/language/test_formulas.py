"""Real formulas as texts: what they mean, by Python's own arithmetic, and what is refused, with the place."""

from __future__ import annotations

import contextlib
import math
import string

import pytest
from flint import fmpq
from hypothesis import example, given, settings
from hypothesis import strategies as st

from resolvent.catalog.conjectures.formula import Formula, NoValue
from resolvent.derive.errors import ParseError
from resolvent.language.formulas import parse_formula


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 + 2*3", 7.0),
        ("-2**2", -4.0),
        ("2**-2", 0.25),
        ("2**3**2", 512.0),
        ("(1 - x)/x", 1.0),
        ("1 - 2 - 3", -4.0),
        ("8/4/2", 1.0),
        ("+x", 0.5),
        ("1_000", 1000.0),
        ("1.5e-3", 0.0015),
        (".5", 0.5),
        ("5.", 5.0),
        ("0x10", 16.0),
        ("pi", math.pi),
        ("sqrt(4 - x**2)/(2*pi)", math.sqrt(3.75) / (2 * math.pi)),
        ("max(0, 1 - 1/x)", 0.0),
        ("min(1, 2)", 1.0),
        ("abs(-x) + erf(0)", 0.5),
        ("exp(log(2)) + cos(0) + sin(0) + tan(0) + acos(1) + asin(0) + atan(0)", 3.0),
        ("cosh(0) + sinh(0) + tanh(0)", 1.0),
        ("elliptic_k(0) + elliptic_e(0)", math.pi),
        ("  x\n + 1\t", 1.5),
    ],
)
def test_meanings(text: str, value: float) -> None:
    assert parse_formula(text, ["x"]).values({"x": 0.5}) == pytest.approx(value, rel=1e-15, abs=0)


def test_decimals_are_exact() -> None:
    assert parse_formula("0.1 + 0.2").rational({}) == fmpq(3, 10)


@pytest.mark.parametrize(
    ("text", "message", "position"),
    [
        ("sqrt(y)", "unknown name 'y'; known: pi, x", 5),
        ("sqrt(X)", "unknown name 'X'", 5),
        ("squrt(x)", "unknown function 'squrt'; did you mean 'sqrt'?", 0),
        ("qqqq(x)", "unknown function 'qqqq'; known: sqrt", 0),
        ("sqrt", "'sqrt' is a function; write sqrt(...)", 0),
        ("sqrt(x, x)", "sqrt takes 1 argument", 0),
        ("max(x)", "max takes 2 arguments", 0),
        ("sqrt(x=1)", "sqrt takes 1 argument", 0),
        ("x.real", "no meaning in a formula", 0),
        ("x(1)", "unknown function 'x'", 0),
        ("x.real(1)", "unknown function ''", 0),
        ("[x]", "no meaning in a formula", 0),
        ("x[0]", "no meaning in a formula", 0),
        ("x if x else x", "no meaning in a formula", 0),
        ("x == x", "no meaning in a formula", 0),
        ("not x", "no meaning in a formula", 0),
        ("x // 2", "unknown operator", 5),
        ("x @ x", "unknown operator", 4),
        ("1j", "1j is not a number", 0),
        ("x + 2j", "such as 3/4; of matrices I is the imaginary unit", 4),
        ("True", "True is not a number", 0),
        ("...", "... is not a number", 0),
        ("1e500", "more than 400 digits", 0),
        ("1" * 401, "more than 400 digits", 0),
        ("0." + "1" * 401, "more than 400 digits", 0),
        ("x^2", "write ** for powers", 1),
        ("'x'", "without quotes", 0),
        ("x +", "stops too early", 3),
        ("(x", "never closed", 0),
        ("", "is empty", 0),
        ("lambda", "call the parameter lam", 0),
        ("x" * 2001, "the most is 2000", 0),
    ],
)
def test_refusals_name_the_place(text: str, message: str, position: int) -> None:
    with pytest.raises(ParseError) as caught:
        parse_formula(text, ["x"])
    assert message in str(caught.value)
    assert caught.value.objects.get("position", 0) == position


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=string.ascii_lowercase[:6] + string.digits + "+-*/().,e _=[]@", max_size=60))
@example("__import__('os').system('true')")
@example("a" + "+a" * 999)
@example("-" * 60 + "1")
@example("0x1for x")
@example("1if 1else 1")
def test_any_text_is_a_formula_or_refused(text: str) -> None:
    try:
        formula = parse_formula(text)
    except ParseError:
        return
    assert isinstance(formula, Formula)
    with contextlib.suppress(NoValue):
        formula.number(dict.fromkeys(formula.names, fmpq(1, 3)))
    formula.values(dict.fromkeys(formula.names, 1 / 3))


@settings(max_examples=200, deadline=None)
@given(
    st.recursive(
        st.integers(0, 9).map(str) | st.just("x"),
        lambda inner: st.tuples(inner, st.sampled_from(["+", "-", "*"]), inner).map(
            lambda t: f"({t[0]}){t[1]}({t[2]})"
        ),
        max_leaves=12,
    )
)
def test_arithmetic_is_pythons(text: str) -> None:
    """The oracle evaluates a text that the strategy made of digits, x and + - * alone."""
    compiled = compile(text, "formula", "eval")
    assert compiled.co_names in ((), ("x",))
    value = eval(compiled, {"__builtins__": {}}, {"x": 3})  # noqa: S307
    assert parse_formula(text).rational({"x": fmpq(3)}) == value
