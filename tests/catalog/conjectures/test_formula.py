"""Formulas: values and balls against mpmath, exact numbers against fractions, and proofs that there is no value."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import flint
import mpmath
import numpy as np
import pytest
from flint import arb, fmpq
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from resolvent.catalog.conjectures.formula import ARITY, Formula, NoValue


def number(value: Any) -> Formula:
    return Formula("number", (Fraction(value),))


X = Formula("name", ("x",))
PI = Formula("name", ("pi",))


def apply(head: str, *arguments: Formula) -> Formula:
    return Formula(head, arguments)


RATIONALS = st.fractions(min_value=-5, max_value=5, max_denominator=12)
LEAVES = st.one_of(RATIONALS.map(number), st.just(X), st.just(PI))
ONE = [name for name, count in ARITY.items() if count == 1]
TWO = ["+", "-", "*", "/", "**", "min", "max"]


def _trees(inner: st.SearchStrategy[Formula]) -> st.SearchStrategy[Formula]:
    return st.one_of(
        st.builds(apply, st.sampled_from([*ONE, "negative"]), inner),
        st.builds(apply, st.sampled_from(TWO), inner, inner),
    )


TREES = st.recursive(LEAVES, _trees, max_leaves=8)

MP = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "negative": lambda a: -a,
    "abs": abs,
    "min": min,
    "max": max,
    "elliptic_k": mpmath.ellipk,
    "elliptic_e": mpmath.ellipe,
}


class NotReal(Exception):
    """The oracle's word for a formula without a real value."""


def oracle(formula: Formula, x: Fraction) -> mpmath.mpf:
    """The value by mpmath with 60 digits; raises `NotReal`, and assumes away what is astronomically large."""
    if formula.head == "number":
        return mpmath.mpf(formula.arguments[0].numerator) / formula.arguments[0].denominator
    if formula.head == "name":
        return +mpmath.pi if formula.arguments[0] == "pi" else mpmath.mpf(x.numerator) / x.denominator
    parts = [oracle(a, x) for a in formula.arguments]
    try:
        if formula.head == "**":
            assume(abs(parts[1]) < 200)
            value = mpmath.power(*parts)
        else:
            function = MP.get(formula.head) or getattr(mpmath, formula.head)
            value = function(*parts)
    except (ZeroDivisionError, ValueError) as error:
        raise NotReal from error
    if isinstance(value, mpmath.mpc):
        if value.imag != 0:
            raise NotReal
        value = value.real
    if not mpmath.isfinite(value):
        raise NotReal
    assume(abs(value) < mpmath.mpf("1e200"))
    return value


@settings(max_examples=300, deadline=None)
@given(TREES, RATIONALS)
@example(apply("**", number(-8), number("1/3")), Fraction(0))
@example(apply("**", number(0), number(0)), Fraction(0))
@example(apply("elliptic_k", number("1/2")), Fraction(0))
@example(apply("elliptic_e", number(-3)), Fraction(0))
def test_balls_hold_the_value_and_say_where_there_is_none(formula: Formula, x: Fraction) -> None:
    at = {"x": fmpq(x.numerator, x.denominator)}
    with mpmath.workdps(60), flint.ctx.workprec(300):
        try:
            value = oracle(formula, x)
        except NotReal:
            value = None
        try:
            found = arb(formula.number(at, 300))
        except NoValue:
            assert value is None or _is_at_an_edge(formula, x)
            return
        if value is not None and found.is_finite():  # else more digits are needed to tell, or there is no value
            # Where the formula loses digits mpmath loses them too, and the ball is wide.
            assert found.overlaps(arb(mpmath.nstr(value, 55), 1e-35 * (1 + abs(float(value))))) or found.rad() > 1e-60


def _is_at_an_edge(formula: Formula, x: Fraction) -> bool:
    """Whether rounding decides the oracle's answer: at a slightly different precision it has none."""
    for digits in (20, 33, 47):
        with mpmath.workdps(digits):
            try:
                oracle(formula, x)
            except NotReal:
                return True
    return False


@settings(max_examples=300, deadline=None)
@given(TREES, st.lists(RATIONALS, min_size=1, max_size=4))
def test_floats_agree_with_balls(formula: Formula, points: list[Fraction]) -> None:
    values = np.broadcast_to(formula.values({"x": np.array([float(x) for x in points])}), len(points))
    for x, value in zip(points, values, strict=True):
        ball = formula.ball({"x": fmpq(x.numerator, x.denominator)}, 300)
        if not ball.is_finite() or abs(ball) > 1e100 or not np.isfinite(value):
            continue
        assert abs(float(ball) - value) <= 1e-12 * _condition(formula, x) * (1 + abs(float(ball)))


def _condition(formula: Formula, x: Fraction) -> float:
    """The largest size of any intermediate value, squared: a crude bound for cancellation and steep functions."""
    worst = 1.0
    waiting = [formula]
    while waiting:
        node = waiting.pop()
        if node.head in ("number", "name"):
            continue
        waiting += node.arguments
        ball = node.ball({"x": fmpq(x.numerator, x.denominator)}, 300)
        size = abs(float(ball)) if ball.is_finite() else np.inf
        worst *= 1 + size**2 + (1 / size**2 if size else 1e16)
        if node.head in ("/", "**", "log", "sqrt", "tan", "asin", "acos", "elliptic_k", "elliptic_e"):
            worst *= 1e4  # steep near the ends of where they have values
    return worst


def test_polynomials_are_exact() -> None:
    cube = apply("+", apply("**", X, number(3)), number("1/7"))
    assert cube.rational({"x": fmpq(2, 3)}) == fmpq(8, 27) + fmpq(1, 7)


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        (apply("sqrt", number("9/4")), fmpq(3, 2)),
        (apply("**", number(27), number("2/3")), fmpq(9)),
        (apply("**", number(4), number("-1/2")), fmpq(1, 2)),
        (apply("**", number(0), number("1/2")), fmpq(0)),
        (apply("**", number(-1), number(10**12 + 1)), fmpq(-1)),
        (apply("**", number(0), PI), fmpq(0)),
        (apply("max", number("1/3"), number("1/4")), fmpq(1, 3)),
        (apply("min", number("1/3"), number("1/4")), fmpq(1, 4)),
        (apply("abs", number("-1/3")), fmpq(1, 3)),
        (apply("exp", number(0)), fmpq(1)),
        (apply("log", number(1)), fmpq(0)),
    ],
)
def test_what_is_rational_stays_exact(formula: Formula, value: fmpq) -> None:
    assert formula.rational({}) == value


@pytest.mark.parametrize(
    "formula",
    [
        apply("sqrt", number(-1)),
        apply("sqrt", apply("-", PI, number(4))),
        apply("/", number(1), apply("-", number("1/3"), number("1/3"))),
        apply("**", number(0), number(-1)),
        apply("**", number(0), number("-1/2")),
        apply("**", number(-8), number("1/3")),
        apply("**", number(-2), PI),
        apply("**", number(0), apply("negative", PI)),
        apply("log", number(0)),
        apply("log", apply("negative", PI)),
        apply("asin", number(2)),
        apply("acos", apply("negative", PI)),
        apply("elliptic_k", number(1)),
        apply("elliptic_e", PI),
    ],
)
def test_no_value_is_said_for_sure(formula: Formula) -> None:
    with pytest.raises(NoValue):
        formula.number({})
    assert not formula.ball({}).is_finite()
    assert formula.rational({}) is None
    assert not np.isfinite(formula.values({}))


@pytest.mark.parametrize(
    "formula",
    [
        apply("/", number(1), apply("-", apply("*", PI, PI), apply("*", PI, PI))),
        apply("sqrt", apply("-", apply("*", PI, PI), apply("*", PI, PI))),
        apply("elliptic_k", apply("/", PI, PI)),
        apply("**", apply("-", PI, PI), PI),
        apply("**", number(-2), apply("/", apply("+", PI, PI), PI)),
    ],
)
def test_what_a_ball_cannot_tell_is_left_open(formula: Formula) -> None:
    assert not formula.number({}).is_finite()


def test_an_exponent_close_to_a_whole_number_is_not_one() -> None:
    almost = apply("**", number(2), apply("+", number(1), number(Fraction(1, 10**80))))
    assert not almost.ball({}, 1000).contains(2)


def test_long_sums_need_no_stack() -> None:
    total = X
    for _ in range(5000):
        total = apply("+", total, number(1))
    assert (total.rational({"x": fmpq(1)}), total.values({"x": 1.0}), total.names) == (5001, 5001.0, {"x"})


def test_large_numbers_become_balls() -> None:
    large = apply("**", number(10), number(10**6))
    assert large.rational({}) is None
    assert large.ball({}).overlaps(arb(10) ** 10**6)
    assert large.values({}) == np.inf
    assert Formula("number", (Fraction(-(10**400)),)).values({}) == -np.inf


def test_the_elliptic_functions_take_the_parameter() -> None:
    k = Fraction(1, 2)
    for name in ("elliptic_k", "elliptic_e"):
        oracle_value = getattr(mpmath, name.replace("elliptic_", "ellip"))(0.25)
        assert float(apply(name, number(k * k)).ball({})) == pytest.approx(float(oracle_value), rel=1e-14)
        assert apply(name, number(k * k)).values({}) == pytest.approx(float(oracle_value), rel=1e-14)
