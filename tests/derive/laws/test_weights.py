"""What is assumed of symbolic weights, and parameters between two bounds."""

from __future__ import annotations

import copy
import pickle

import pytest
import sympy

import resolvent as rv
from resolvent.derive.errors import ParameterError

Q = rv.parameter("q", positive=True)
P = rv.parameter("p", above=0, below=1)
W = sympy.Symbol("w")


def assumed(law: rv.AlgebraicLaw) -> list[str]:
    return [step.text for step in law.derivation.assumptions]


@pytest.mark.parametrize(
    ("law", "words"),
    [
        (lambda: rv.atoms([0, 1], [P, 1 - P]), []),
        (lambda: rv.atoms([0, 1], ["1/3", "2/3"]), []),
        (lambda: rv.atoms([0, 1], [Q, 1 - Q]), ["the weight 1 - q is positive"]),
        (lambda: rv.atoms([0, 1], [1 - 2 * P, 2 * P]), ["the weight 1 - 2*p is positive"]),
        (lambda: rv.atoms([0, 1], [W, 1 - W]), ["the weights w and 1 - w are positive"]),
        (lambda: rv.direct_sum(rv.semicircle(), rv.atoms([3]), P), []),
        (lambda: rv.direct_sum(rv.semicircle(), rv.atoms([3]), Q), ["the weight 1 - q is positive"]),
    ],
)
def test_weights_that_may_be_negative_are_an_assumption(law: object, words: list[str]) -> None:
    assert assumed(law()) == words  # type: ignore[operator]


def test_a_parameter_between_bounds() -> None:
    law = rv.atoms([0, 1], [P, 1 - P]) + rv.semicircle()
    assert law.parameters == (P,)
    assert law.at(p="1/4").moments(1) == [sympy.Rational(3, 4)]
    for value in (0, 1, 2, "-1/2"):
        with pytest.raises(ParameterError, match="the parameter p must be"):
            law.at(p=value)
    with pytest.raises(ParameterError, match="must be above 1; got 1/2"):
        rv.marchenko_pastur(rv.parameter("c", above=1)).at(c="1/2")
    with pytest.raises(ParameterError, match="no number lies above 1 and below 1"):
        rv.parameter("p", above=1, below=1)


def test_copies_of_a_parameter_between_bounds() -> None:
    assert copy.deepcopy(P) == pickle.loads(pickle.dumps(P)) == P != rv.parameter("p", above=0, below=2)  # noqa: S301
    assert pickle.loads(pickle.dumps(rv.atoms([0, 1], [P, 1 - P]))).parameters[0].below == 1  # noqa: S301


def test_defaults_of_entries_hold_in_expressions() -> None:
    short, long = rv.parse("hessian(phi=1/2, eps=1)"), rv.parse("hessian(phi=1/2, eps=1, sigma=1)")
    assert short == long
    assert not short.parameters
    assert rv.parse("hessian(1/2, 1, sigma)").parameters == (rv.parameter("sigma", positive=True),)
