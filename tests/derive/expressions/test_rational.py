"""Rational expressions and traces: the branch by an enclosure; against closed forms, the free operations and series."""

from __future__ import annotations

from typing import Any

import pytest
import sympy

from resolvent.derive.errors import DerivationError, ParameterError
from resolvent.derive.expressions.branch import branch_of
from resolvent.derive.expressions.dyson import dyson_system
from resolvent.derive.expressions.elimination import Eliminator, Limits
from resolvent.derive.expressions.expression import MatrixExpression, identity
from resolvent.derive.expressions.law import law_of
from resolvent.derive.expressions.letters import block, commuting, dimension, gaussian, given, haar, inv, wigner
from resolvent.derive.expressions.pencil import pencil_of
from resolvent.derive.expressions.polynomial_system import polynomial_system
from resolvent.derive.expressions.scaling import scales_of
from resolvent.derive.expressions.trace import TAU, Trace, trace_ball, trace_of
from resolvent.derive.laws.elementary import atoms, marchenko_pastur, semicircle, wachter

p, n, q = dimension("p"), dimension("n"), dimension("q")
X, Y = wigner("X", p), wigner("Y", p)
A, B = gaussian("A", p, n), gaussian("B", p, q)
a, b, c, lam = sympy.symbols("a b c lam", positive=True)


def test_the_jacobi_ensemble() -> None:
    """A^T (A A^T + B B^T)^-1 A has the non-zero spectrum of W1 (W1 + W2)^-1, Wachter's law, at p = n."""
    law = law_of(A.T @ inv(A @ A.T + B @ B.T) @ A, {(p, n): 1, (p, q): "1/2"})
    assert law.equation == wachter(1, "1/2").equation


def test_the_jacobi_ensemble_as_a_symbol_of_its_ratios() -> None:
    H = gaussian("H", q, n)
    law = law_of(A @ inv(A.T @ A + H.T @ H) @ A.T, {(p, n): a, (q, n): b})
    assert law.at(a=1, b=1).equation == wachter(1, 1).equation


@pytest.mark.parametrize("ratio", ["1/2", "1/3", "3/4"])
def test_an_inverse_of_rectangular_matrices_is_not_that_of_square_ones(ratio: str) -> None:
    """A^T (A A^T)^-1 A is 1 for square A, and for p < n a projection."""
    w, share = wigner("W", n), sympy.Rational(ratio)
    onto, law = A.T @ inv(A @ A.T) @ A, atoms([0, 1], [1 - share, share])
    assert law_of(onto, {(p, n): ratio}) == law_of(onto @ onto.T, {(p, n): ratio}) == law
    assert law_of((onto + onto.T) / 2 + w, {(p, n): ratio}) == law + semicircle()
    assert law_of(onto, {(p, n): c}).at(c=ratio) == law
    assert trace_of(onto, {(p, n): ratio}).expr == share


UNBOUNDED = [inv(X), inv(X + 1), Y @ inv(X) @ Y, inv(X @ Y + Y @ X + 1), inv(X + lam), inv(given("Q", p, semicircle()))]


@pytest.mark.parametrize("model", UNBOUNDED)
def test_traces_of_inverses_that_are_not_bounded_have_no_limit(model: MatrixExpression) -> None:
    """The solution for L + i eps has one, whose real part is a number that no sampled matrix tends to."""
    with pytest.raises(DerivationError, match=r"no limit|not isolated|no isolated"):
        trace_of(model).at(**({"lam": 1} if "lam" in str(model) else {}))


W = wigner("W", p, complex=True)


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (sympy.I * W @ W, "may be complex"),
        ((1 + sympy.I) * W @ W, "may be complex"),
        (inv(2 + sympy.I * haar("U", p, complex=True)), "may be complex"),
        (sympy.I * X @ X, "may be complex"),
        (X - X, "is 0"),
        (block([[X @ X, 0], [0, 0 * identity(p)]]), "one of its block rows"),
    ],
)
def test_traces_that_are_refused(model: MatrixExpression, said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        trace_of(model)


def test_a_shifted_inverse() -> None:
    """The law of (X + 3)^-1 is that of the free calculus."""
    assert law_of(inv(X + 3)).moments(4) == (semicircle() + 3).inverse().moments(4)


def test_a_mean_that_is_not_rational() -> None:
    """tr X (1 + Y^2)^-1 X = tr (1 + Y^2)^-1 = (sqrt(5) - 1)/2."""
    assert law_of(X @ inv(1 + Y @ Y) @ X).moments(1) == [(sympy.sqrt(5) - 1) / 2]


@pytest.mark.parametrize("unit", [sympy.Rational(1, 10**9), 1000, 10**5])
def test_inverses_in_other_units(unit: int) -> None:
    """The mean of (W + 1)^-1 with W of ratio 1/2 is (sqrt(17) - 3)/2."""
    law = law_of(unit * inv(A @ A.T / n + 1), {(p, n): "1/2"})
    assert sympy.expand(law.moments(1)[0] - unit * (sympy.sqrt(17) - 3) / 2) == 0


def test_inverses_in_units_too_large_are_refused() -> None:
    inverse = inv(A @ A.T / n + 1)
    with pytest.raises(DerivationError, match="not solved at these parameters"):
        law_of(10**10 * (inverse @ inverse + X), {(p, n): "1/2"})


D = given("D", p, atoms([3, 5]))
G = gaussian("G", p, p) / sympy.sqrt(p)


@pytest.mark.parametrize(
    ("model", "law"),
    [
        (inv(D + X), lambda: (atoms([3, 5]) + semicircle()).inverse()),
        (inv(X + Y @ Y + 2), lambda: (semicircle() + marchenko_pastur(1) + 2).inverse()),
        (inv(X @ Y + Y @ X + 5), lambda: (law_of(X @ Y + Y @ X) + 5).inverse()),
        (inv(G @ G.T + D) @ inv(G @ G.T + D), lambda: (marchenko_pastur(1) + atoms([3, 5])).inverse() ** 2),
    ],
    ids=["D + X", "X + YY + 2", "XY + YX + 5", "squared"],
)
def test_inverses_whose_moments_are_of_a_high_degree(model: MatrixExpression, law: Any) -> None:
    assert law_of(model).equation.polynomial == law().equation.polynomial


def test_two_sample_covariances_against_the_product_of_their_laws() -> None:
    law = law_of(A.T @ inv(B @ B.T / q) @ A / n, {(p, n): 1, (p, q): "1/2"})
    assert law.equation == (marchenko_pastur(1) @ marchenko_pastur("1/2").inverse()).equation


def test_a_projection() -> None:
    law = law_of(A @ inv(A.T @ A) @ A.T, {(p, n): 2})
    assert law.equation == atoms([0, 1]).equation


@pytest.mark.parametrize(
    ("model", "ratios", "message"),
    [
        (
            A @ inv(A.T @ A) @ A.T,
            {(p, n): "1/2"},
            r"inv\(A.T @ A\) is not bounded in the limit: 0 lies in the spectrum",
        ),
        (inv(X), {}, r"unbounded; inv\(X\) is not bounded in the limit: 0 lies in the spectrum of X"),
        (Y + inv(3 + inv(X)), {}, r"inv\(X\) is not bounded"),
        (inv(X + Y @ Y + 1), {}, "unbounded"),
        (inv(c * A @ A.T / n), {(p, n): 2}, "does inv.* exist in the limit, at these ratios"),
    ],
)
def test_what_has_no_law_is_refused(model: Any, ratios: Any, message: str) -> None:
    with pytest.raises(DerivationError, match=message):
        law_of(model, ratios)


@pytest.mark.parametrize("model", [X @ inv(1 + Y @ Y) @ X, inv(X + 3)], ids=str)
def test_the_derivation_holds(model: MatrixExpression) -> None:
    assert law_of(model).derivation.check()


@pytest.mark.parametrize("model", [X @ Y + Y @ X, X + X @ X, X @ Y @ X + Y], ids=str)
def test_the_enclosure_solves_the_equations(model: MatrixExpression) -> None:
    system = dyson_system(pencil_of(model, scales_of(model.dimensions(), {})))
    branch = branch_of(system, enclosed=True)
    assert all(branch.vanishes(e, branch.levels[0]) for e in polynomial_system(system).equations)


@pytest.mark.parametrize("model", [X @ Y + Y @ X, X + X @ X, X @ Y @ X + Y], ids=str)
def test_the_enclosure_and_the_series_choose_the_same_branch(model: MatrixExpression) -> None:
    """m at the enclosure's point by the law that the series chose, followed from infinity."""
    from resolvent.derive.continuation.physical_branch import Branch

    system = dyson_system(pencil_of(model, scales_of(model.dimensions(), {})))
    branch = branch_of(system, enclosed=True)
    point = branch.enclosure  # type: ignore[attr-defined]
    assert Branch(law_of(model).equation).value(point.z).overlaps(point.trace)


# -- traces ------------------------------------------------------------------------------------------------------

M = A @ A.T / n
T = given("T", p, atoms([1, 3]))


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        (X @ X @ Y @ Y, 1),
        (X @ Y @ X @ Y, 0),
        (inv(X + 3), (3 - sympy.sqrt(5)) / 2),
        (T @ X @ T @ X, 4),
        (identity(p) * 5, 5),
    ],
    ids=str,
)
def test_a_trace_without_parameters(expression: MatrixExpression, value: Any) -> None:
    assert sympy.simplify(trace_of(expression).expr - value) == 0


def mp(x: float, ratio: float) -> float:
    """The Stieltjes transform of the Marchenko-Pastur law at -x, by its quadratic formula."""
    d = x + 1 - ratio
    return float((-d + sympy.sqrt(d**2 + 4 * ratio * x)) / (2 * ratio * x))


def slope(x: float, ratio: float) -> float:
    h = 1e-5
    return (mp(x + h, ratio) - mp(x - h, ratio)) / (2 * h)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (inv(M + lam), mp(0.7, 0.5)),
        (inv(M + lam) @ inv(M + lam), -slope(0.7, 0.5)),
        (inv(M + lam) @ M @ inv(M + lam), mp(0.7, 0.5) + 0.7 * slope(0.7, 0.5)),
        (inv(M + lam) @ X @ inv(M + lam) @ X, mp(0.7, 0.5) ** 2),
        (M @ inv(M + lam), 1 - 0.7 * mp(0.7, 0.5)),
    ],
    ids=str,
)
def test_a_trace_at_fixed_regularisation(expression: MatrixExpression, expected: float) -> None:
    trace = trace_of(expression, ratios={(p, n): c})
    assert trace.at(c="1/2", lam="7/10") == pytest.approx(expected, abs=1e-8)


def test_a_trace_has_its_derivation() -> None:
    assert trace_of(inv(M + lam), ratios={(p, n): c}).derivation.check()


def test_a_trace_needs_all_values() -> None:
    trace: Trace = trace_of(inv(M + lam), ratios={(p, n): c})
    with pytest.raises(ParameterError, match="give a number for c"):
        trace.at(lam=1)


def test_only_square_matrices_have_a_trace() -> None:
    with pytest.raises(ParameterError, match="only a square matrix has a trace"):
        trace_of(A, ratios={(p, n): c})


def test_a_ball_without_elimination_is_that_of_the_polynomial_term_by_term() -> None:
    expression = 3 * (inv(M + lam) @ M @ inv(M + lam) - 2 * inv(M + lam)) / 7
    ball = trace_ball(expression, {(p, n): c}, c="1/2", lam=1)
    assert ball.rad() < 1e-12
    assert ball.overlaps(trace_of(expression, ratios={(p, n): c}).ball(c="1/2", lam=1))


def test_a_ball_needs_a_square_matrix_with_spectra_and_numbers() -> None:
    with pytest.raises(ParameterError, match="give a number for lam"):
        trace_ball(inv(M + lam), {(p, n): 1})
    with pytest.raises(ParameterError, match="only a square matrix has a trace"):
        trace_ball(A, {(p, n): 1})
    with pytest.raises(ParameterError, match="spectra for all given matrices"):
        trace_ball(inv(given("R", p) + M), {(p, n): 1})
    with pytest.raises(ParameterError, match="that of a matrix expression"):
        trace_ball(3)  # type: ignore[arg-type]
    with pytest.raises(DerivationError, match="not bounded in the limit"):
        trace_ball(inv(M), {(p, n): 2})


def test_the_trace_of_an_inverse_is_refused_where_it_does_not_exist() -> None:
    """tr (A A^T/n)^-1 = 1/(1 - c) for c < 1 only."""
    trace = trace_of(inv(M), ratios={(p, n): c})
    assert trace.at(c="1/2") == pytest.approx(2)
    with pytest.raises(DerivationError, match="exist in the limit"):
        trace.at(c=2)


# -- derivatives -------------------------------------------------------------------------------------------------

t = sympy.Symbol("t")


def test_a_derivative_in_the_regularisation_is_the_trace_of_a_square() -> None:
    square = trace_of(inv(M + lam) @ inv(M + lam), ratios={(p, n): c})
    slope = trace_of(inv(M + lam), ratios={(p, n): c}).derivative(lam)
    mirrored = sympy.expand(slope.relation.subs(TAU, -TAU))
    assert 0 in (sympy.expand(mirrored - square.relation), sympy.expand(mirrored + square.relation))


def test_a_derivative_replaces_a_larger_pencil() -> None:
    """tr (M + lam)^-1 T (M + lam)^-1 as a derivative at t = 0, and from its own pencil."""
    slope = trace_of(inv(M + lam + t * T), ratios={(p, n): c}).derivative(t, at=0)
    direct = trace_of(inv(M + lam) @ T @ inv(M + lam), ratios={(p, n): c})
    at = {"c": "1/2", "lam": "7/10"}
    assert -slope.at(**at) == pytest.approx(direct.at(**at), rel=1e-12)
    assert slope.parameters == (c, lam)
    assert slope.derivation.check()


def test_the_derivative_of_a_rational_trace() -> None:
    """tr (X + a Y)^4 = 2 (1 + a^2)^2."""
    slope = trace_of((X + a * Y) @ (X + a * Y) @ (X + a * Y) @ (X + a * Y)).derivative(a)
    assert slope.at(a="1/3") == pytest.approx(8 * (1 + 1 / 9) / 3)


@pytest.mark.parametrize(
    ("by", "at", "message"),
    [("x", None, "no parameter of the trace"), (lam, "sqrt(2)", "rational number"), (lam, c, "rational number")],
)
def test_derivatives_that_are_refused(by: Any, at: Any, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        trace_of(inv(M + lam), ratios={(p, n): c}).derivative(by, at)


def test_a_derivative_is_refused_where_two_roots_meet() -> None:
    """tau = (x - sqrt(x^2 - 4))/2 at x = 2."""
    with pytest.raises(DerivationError):
        trace_of(inv(X + b)).derivative(b).at(b=2)


F, H = commuting(["F", "H"], p, [(1, 2), (3, 1)])
POPULATION = F @ A @ A.T @ F / n


@pytest.mark.parametrize("model", [POPULATION + H, H @ inv(POPULATION + 2) @ H, D @ X @ D + X, inv(2 + D @ X @ X @ D)])
def test_an_average_over_eigenvalues_needs_no_unknowns_for_each(model: MatrixExpression) -> None:
    """The oracle is the elimination with all entries of (M + A t_i)^-1 as unknowns."""
    pencil = pencil_of(model, scales_of(model.dimensions(), {(p, n): "1/2"} if n in model.dimensions() else {}))
    system = dyson_system(pencil, average=True)
    branch = branch_of(system, enclosed=True)
    systems = [polynomial_system(system, short=short) for short in (False, True)]
    found = [Eliminator(system, written, branch, Limits()).run() for written in systems]
    assert found[0].polynomial == found[1].polynomial
    assert found[1].certificate.holds()
    assert len(systems[1].unknowns) < len(systems[0].unknowns) / 2


@pytest.mark.parametrize(
    ("odd", "ratios"),
    [
        (inv(X @ X + lam) @ Y, {}),
        (inv(X @ X + lam) @ X, {}),
        (inv(T + 3) @ X, {}),
        (inv(A @ A.T / n + lam) @ A @ gaussian("C", p, n).T / n, {(p, n): "1/2"}),
    ],
    ids=str,
)
def test_a_trace_that_is_odd_in_a_letter_vanishes(odd: MatrixExpression, ratios: Any) -> None:
    """The letter and minus the letter have one distribution."""
    trace = trace_of(odd, ratios)
    assert (trace.expr, trace.derivation.check()) == (0, True)
    assert trace_ball(odd, ratios, **dict.fromkeys((s.name for s in trace.parameters), 2)).contains(0)
