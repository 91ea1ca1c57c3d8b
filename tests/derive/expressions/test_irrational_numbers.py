"""Irrational numbers in matrix expressions, against free operations, moments by hand, and numbers nearby."""

from __future__ import annotations

import pickle
from collections.abc import Callable

import numpy as np
import pytest
import sympy
from sympy import Rational, cbrt, sqrt

from resolvent.derive.derivation.step import Evidence
from resolvent.derive.errors import DerivationError, ParameterError
from resolvent.derive.exact.extension import ALPHA
from resolvent.derive.exact.field import polynomial_ring
from resolvent.derive.expressions.elimination import Limits
from resolvent.derive.expressions.expression import MatrixExpression
from resolvent.derive.expressions.law import _eliminated_until, law_of
from resolvent.derive.expressions.letters import commuting, dimension, gaussian, given, inv, wigner
from resolvent.derive.expressions.physical_series import TooLarge
from resolvent.derive.expressions.trace import trace_of
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.elementary import atoms, marchenko_pastur, semicircle
from resolvent.numeric.spectrum import Spectrum

p, n = dimension("p"), dimension("n")
X, S = gaussian("X", p, n), wigner("S", p)
C, A = sympy.Symbol("c", positive=True), sympy.Symbol("a", positive=True)


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (sqrt(2) * S + given("T", p, atoms([0, sqrt(3)])), semicircle(2) + atoms([0, sqrt(3)])),
        (S + given("T", p, semicircle(sqrt(2))), semicircle(1 + sqrt(2))),
        (S + 2 ** Rational(1, 3) * given("T", p, atoms([0, 1])), semicircle() + cbrt(2) * atoms([0, 1])),
        (wigner("V", p, sqrt(2)) + sqrt(2), semicircle(sqrt(2)) + sqrt(2)),
        (X @ X.T / n + sqrt(2) * X @ X.T / n, (1 + sqrt(2)) * marchenko_pastur(C)),
    ],
    ids=str,
)
def test_matrices_with_irrational_numbers_are_what_free_operations_make(
    model: MatrixExpression, expected: AlgebraicLaw
) -> None:
    law = law_of(model, {(p, n): C} if n in model.dimensions() else None)
    assert law == expected
    assert law.derivation.check()
    assert pickle.loads(pickle.dumps(law)) == law  # noqa: S301


def test_an_irrational_ratio() -> None:
    law = law_of(X @ X.T / n, {(p, n): sqrt(2)})
    assert law == marchenko_pastur(sqrt(2))
    assert law.text == "law_of(X @ X.T / n)"
    assert abs(Spectrum(law).atoms[0].weight - (1 - 1 / 2**0.5)) < 1e-12


def test_moments_by_hand() -> None:
    assert law_of(S + sqrt(2) * S @ S).moments(3) == [sqrt(2), 5, 16 * sqrt(2)]
    one, other = commuting(["B", "D"], p, [(sqrt(2), 1), (0, sqrt(3))])
    assert law_of(one + other + S).moments(2) == [
        (1 + sqrt(2) + sqrt(3)) / 2,
        sympy.expand(1 + ((1 + sqrt(2)) ** 2 + 3) / 2),
    ]


def test_parameters_beside_irrational_numbers() -> None:
    law = law_of(A * S @ S + sqrt(2) * S)
    assert law.parameters == (A,)
    assert law.moments(2) == [A, 2 * A**2 + 2]
    assert law.at(a="1/2") == law_of(S @ S / 2 + sqrt(2) * S)


def test_roots_of_parameters_that_stay_are_refused() -> None:
    with pytest.raises(DerivationError, match="the square root of a does not leave the equation"):
        law_of(S + sqrt(A) * S @ S)


def test_traces_take_square_roots_alone() -> None:
    with pytest.raises(ParameterError, match="neither a rational number nor a square root of one"):
        trace_of(inv(S @ S + cbrt(2)))


INVERSE = inv(S @ S + 2)
B = sympy.Symbol("b", positive=True)


def _mean(value: Callable[[float], float], power: int) -> float:
    """E f(x)^k over the semicircle, by Gauss's rule with the weight (1 - x^2)^-1/2."""
    nodes, weights = np.polynomial.chebyshev.chebgauss(400)
    return float(sum(w * 2 * (1 - x * x) / np.pi * value(2 * x) ** power for x, w in zip(nodes, weights, strict=True)))


@pytest.mark.parametrize(
    ("model", "value"),
    [
        (sqrt(3) * INVERSE, lambda x: 3**0.5 / (x * x + 2)),
        (-sqrt(3) * INVERSE + sqrt(2), lambda x: -(3**0.5) / (x * x + 2) + 2**0.5),
        (inv(S @ S + sqrt(3)), lambda x: 1 / (x * x + 3**0.5)),
        (inv(S @ S + cbrt(2)), lambda x: 1 / (x * x + 2 ** (1 / 3))),
        (inv(S + 3 + sqrt(3)), lambda x: 1 / (x + 3 + 3**0.5)),
        (inv(sqrt(3) * (S @ S + 2)), lambda x: 1 / (3**0.5 * (x * x + 2))),
    ],
)
def test_inverses_with_irrational_numbers_against_integrals(
    model: MatrixExpression, value: Callable[[float], float]
) -> None:
    law = law_of(model)
    assert law.evidence is Evidence.PROVED
    assert [float(m) for m in law.moments(4)] == pytest.approx([_mean(value, k) for k in range(1, 5)], rel=1e-12)


def test_inverses_times_irrational_numbers_and_parameters() -> None:
    law = law_of(sqrt(3) * INVERSE)
    assert law == sqrt(3) * law_of(INVERSE)
    assert law.derivation.check()
    assert law_of(A * INVERSE) + law_of(B * INVERSE) == law_of(A * INVERSE).at(a=B) + law_of(A * INVERSE)
    assert law_of(A * sqrt(3) * INVERSE).at(a=2) == law_of(2 * sqrt(3) * INVERSE)
    assert law_of(A * inv(S @ S + sqrt(3))).at(a=2) == 2 * law_of(inv(S @ S + sqrt(3)))


def test_laws_of_different_fields_are_added_with_their_numbers() -> None:
    one, other = law_of(inv(S @ S + sqrt(3))), law_of(INVERSE)
    total, means = one + other, [float(law.moments(1)[0]) for law in (one, other)]
    assert float(total.moments(1)[0]) == pytest.approx(sum(means), rel=1e-14)
    assert float(total.free_cumulants(2)[1]) == pytest.approx(
        float(one.free_cumulants(2)[1] + other.free_cumulants(2)[1]), rel=1e-13
    )


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (
            lambda: law_of(inv(S @ S + A * sqrt(3))),
            r"have the root sqrt\(a\*sqrt\(3\)\*\(a\*sqrt\(3\) \+ 4\)\) in them",
        ),
        (
            lambda: law_of(inv(S @ S + sqrt(2) * wigner("V", p) @ wigner("V", p) + sqrt(3))),
            "parameters .*sqrt.*decimal",
        ),
    ],
)
def test_refusals_name_the_number_and_what_to_do(build: Callable[[], AlgebraicLaw], message: str) -> None:
    with pytest.raises(DerivationError, match=message) as refusal:
        build()
    assert "number_" not in str(refusal.value)
    assert "decimal number" in str(refusal.value)


def test_a_trace_is_a_number() -> None:
    assert abs(float(trace_of(inv(S @ S + 1))) - (5**0.5 - 1) / 2) < 1e-14
    risk = trace_of(inv(S @ S + A))
    assert float(risk.derivative(A, at=1)) == risk.derivative(A).at(a=1)
    with pytest.raises(ParameterError, match="give a number for a"):
        float(risk)


def test_putting_a_number_in_can_be_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    model = S @ S @ S + sqrt(2) * S @ S + S
    here = law_of(model)
    monkeypatch.setattr("resolvent.derive.expressions.law._LONG", 0)
    assert law_of(model).equation == here.equation
    ring = polynomial_ring(("z", "m", ALPHA))
    z, m, number = ring.gens()
    with pytest.raises(TooLarge, match="takes longer than 60 seconds"):
        _eliminated_until(0.0, Limits(), number**2 - 2, m**2 + z * m + number)
