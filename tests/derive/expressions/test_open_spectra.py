"""Given matrices without a spectrum: the equations in their traces, against the polynomials of chosen spectra."""

from __future__ import annotations

from typing import Any

import pytest
import sympy
from flint import fmpq

from resolvent.derive.errors import DerivationError, ParameterError
from resolvent.derive.expressions.dyson import dyson_system
from resolvent.derive.expressions.enclosure import Enclosure
from resolvent.derive.expressions.expression import MatrixExpression
from resolvent.derive.expressions.law import algebraic_law_of, law_of
from resolvent.derive.expressions.letters import commuting, dimension, gaussian, given, inv, wigner
from resolvent.derive.expressions.open_equations import trbar
from resolvent.derive.expressions.open_law import OpenLaw, OpenTrace
from resolvent.derive.expressions.pencil import pencil_of
from resolvent.derive.expressions.scaling import scales_of
from resolvent.derive.expressions.trace import trace_of
from resolvent.derive.laws.elementary import atoms, semicircle
from resolvent.numeric.expressions.dyson_solver import DysonSolver
from resolvent.numeric.expressions.law import law_of as numeric_law_of
from resolvent.numeric.expressions.sampling import sample

p, n, n1, n2 = (dimension(x) for x in ("p", "n", "n1", "n2"))
X, Y, Z, W = gaussian("X", p, n), gaussian("Y", p, n1), gaussian("Z", p, n2), wigner("W", p)
S, R, T = given("S", p), given("R", p), given("T", p)
A, B = commuting(["A", "B"], p)
c, lam, m, z = *sympy.symbols("c lam", positive=True), *sympy.symbols("m z")
RATIO, HALF = {(p, n): c}, {(p, n): "1/2"}
GROUPS: dict[Any, Any] = {(n1, p): "3/2", (n2, p): 2}
SPECTRA: dict[str, Any] = {"S": atoms([1, 3]), "R": atoms([1, 2, 5]), "T": atoms([0, 2, 3])}
JOINT: dict[str, Any] = {"A": [1, 2, 4], "B": [3, 1, 2]}
K = inv(A @ X @ X.T @ A / n + lam)


def specified(model: MatrixExpression) -> MatrixExpression:
    """The expression with the spectra of this module."""
    own = {x.name: (JOINT if x.group else SPECTRA)[x.name] for x in model.letters().values() if x.kind == "given"}
    return model.with_spectra(**own)


def mean(function: Any) -> Any:
    """The trace of a function of the given matrices, with the spectra of this module."""
    names = [str(s) for s in function.free_symbols if str(s) in {**SPECTRA, **JOINT}]
    if not names:
        return function
    points = [JOINT[k] for k in names] if names[0] in JOINT else [list(SPECTRA[names[0]].recipe.arguments[0])]
    spots = [dict(zip(map(sympy.Symbol, names), at, strict=True)) for at in zip(*points, strict=True)]
    return sum(function.subs(spot) for spot in spots) / len(spots)


def residuals(found: OpenLaw | OpenTrace, values: dict[Any, Any]) -> list[complex]:
    """By how much the equations fail at values of all their unknowns."""
    return [complex((e.lhs - e.rhs.replace(trbar, mean)).subs(values)) for e in found.equations]


def enclosed(expression: MatrixExpression, ratios: Any, **values: int) -> float:
    """The trace with the spectra of this module, from the Dyson equation in numbers, without elimination."""
    model = specified(expression)
    system = dyson_system(pencil_of(model, scales_of(model.dimensions(), ratios), spectral=False), average=True)
    return float(Enclosure(system, {k: fmpq(v) for k, v in values.items()}).trace.real)


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (X.T @ S @ X / n, "(m*z + 1)/(c*m) = trbar(S/(S*m + 1))"),  # Silverstein, Bai 1995
        (R @ X @ X.T @ R / n, "m = trbar(-1/(R**2*(c*m*z + c - 1) + z))"),
        (S + W, "m = trbar(-1/(-S + m + z))"),  # Pastur 1972
    ],
    ids=["companion", "sample covariance", "deformed Wigner"],
)
def test_one_equation_in_one_unknown(model: MatrixExpression, words: str) -> None:
    law = law_of(model, RATIO)
    assert repr(law) == words
    assert law.derivation.check()
    at = 0.7 + 0.4j
    solution = DysonSolver.of(specified(model), HALF).solve([at])
    assert abs(residuals(law, {z: at, m: complex(solution.stieltjes[0]), c: 0.5})[0]) < 1e-12


@pytest.mark.parametrize(
    "model", [X.T @ S @ X / n, R @ X @ X.T @ R / n, S + W, A @ W @ A + B, S @ W @ S @ W @ S], ids=str
)
def test_moments_are_polynomials_in_traces(model: MatrixExpression) -> None:
    law = law_of(model, HALF)
    exact = law_of(specified(model), HALF)
    assert [e.replace(trbar, mean) for e in law.moments(4)] == exact.moments(4)
    assert [sympy.expand(e.replace(trbar, mean)) for e in law.free_cumulants(3)] == exact.free_cumulants(3)


@pytest.mark.slow
def test_two_matrices_in_generic_position_are_subordinated() -> None:
    """The two equations, with t from the first, hold for the free sum of two laws."""
    law = law_of(S + T)
    assert law.derivation.assumptions
    assert law.derivation.check()
    t, at = sympy.Symbol("t"), 1.3 + 0.8j
    value = _stieltjes(SPECTRA["S"] + SPECTRA["T"], at)
    first, second = (e.rhs.replace(trbar, mean).subs({z: at, m: value}) - value for e in law.equations)
    roots = [complex(r) for r in sympy.Poly(sympy.together(first).as_numer_denom()[0], t).nroots()]
    assert min(abs(complex(second.subs(t, r))) for r in roots) < 1e-10


def _stieltjes(law: Any, at: complex) -> complex:
    """The root of the law's equation that continues from infinity."""
    polynomial = law.equation.expr
    root = -1 / (at + 50j)
    for height in [*(50 * 0.9**k for k in range(120)), 0.0]:
        here = polynomial.subs(z, at + 1j * height)
        for _ in range(5):
            root = complex(root - here.subs(m, root) / here.diff(m).subs(m, root))
    return root


def test_two_groups_of_samples() -> None:
    law = law_of(A @ Y @ Y.T @ A / n1 + B @ Z @ Z.T @ B / n1, GROUPS)
    assert len(law.equations) == 2
    assert law.derivation.check()
    drawn = sample(specified(law.model), {p: 600, n1: 900, n2: 1200}, 0)
    seen = [float((drawn**k if k == 1 else drawn @ drawn).trace()) / 600 for k in (1, 2)]
    assert [float(e.replace(trbar, mean)) for e in law.moments(2)] == pytest.approx(seen, rel=0.03)


def test_the_resolvent_of_two_groups_of_samples() -> None:
    """Subordination with commuting populations: the equations hold at the traces of matrices with numbers."""
    found = trace_of(inv(A @ Y @ Y.T @ A / n1 + B @ Z @ Z.T @ B / n1 + lam), GROUPS)
    assert found.derivation.check()
    tau, t = sympy.symbols("tau t")
    exact = enclosed(found.expression, GROUPS, lam=2)
    first, second = (e.lhs - e.rhs.replace(trbar, mean) for e in found.equations)
    root = sympy.nsolve(second.subs({tau: exact, lam: 2}), t, 0.5)
    assert abs(first.subs({tau: exact, lam: 2, t: root})) < 1e-10


@pytest.mark.parametrize(
    "expression", [A @ K @ A @ X @ X.T @ A @ K @ A / n, A @ K @ B @ K @ A], ids=["variance", "bias"]
)
def test_ridge_regression_without_a_population(expression: MatrixExpression) -> None:
    """Variance and bias at a fixed regularisation are functions of one effective regularisation."""
    found = trace_of(expression, RATIO)
    assert found.derivation.check()
    assert len(found.equations) == 2
    exact = enclosed(found.expression, HALF, lam=1)
    tau = sympy.Symbol("tau")
    fixed = next(e for e in found.equations if e.lhs != tau)
    step = sympy.lambdify(fixed.lhs, fixed.rhs.replace(trbar, mean).subs({lam: 1, c: sympy.Rational(1, 2)}))
    value = 0.1
    for _ in range(200):
        value = step(value)
    assert max(map(abs, residuals(found, {fixed.lhs: value, tau: exact, lam: 1, c: 0.5}))) < 1e-9


def test_values_of_parameters() -> None:
    law = law_of(X.T @ S @ X / n, RATIO)
    assert repr(law.at(c="1/2")) == "2*(m*z + 1)/m = trbar(S/(S*m + 1))"
    assert law.parameters == (c,)
    assert law.latex("cauchy").count("G") > 1
    assert "trbar" in law.statement().formula.text()[0]


def test_what_is_refused() -> None:
    with pytest.raises(ParameterError, match="no polynomials in traces"):
        law_of(inv(S @ S + 1) + W).moments(2)
    with pytest.raises(ParameterError, match="generic position"):
        law_of(S + T).moments(2)
    with pytest.raises(ParameterError, match="goes from one end to the other"):
        trace_of(K @ B @ K @ A @ A, RATIO)
    with pytest.raises(ParameterError, match="no given matrix of the expression"):
        (S + W).with_spectra(W=semicircle())
    with pytest.raises(ParameterError, match="as many eigenvalues"):
        (A + B).with_spectra(A=[1, 2], B=[1])
    with pytest.raises(ParameterError, match="lists of eigenvalues for all"):
        (A + B).with_spectra(A=[1, 2])
    with pytest.raises(ParameterError, match="is a law with an equation"):
        (S + W).with_spectra(S=[1, 2])
    with pytest.raises(DerivationError, match="more than once each"):
        law_of(S @ W @ S + T @ W @ T + S @ T @ S)
    with pytest.raises(ParameterError, match="no spectrum"):
        sample(S, {p: 3}, 0)
    with pytest.raises(ParameterError, match="A has no spectrum"):
        DysonSolver.of(A + B + W)
    with pytest.raises(ParameterError, match="S has no spectrum"):
        algebraic_law_of(S + W)
    with pytest.raises(ParameterError, match="numbers need spectra"):
        numeric_law_of(S + W, numeric=True)
