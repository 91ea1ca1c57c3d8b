"""Given matrices of any law and Haar matrices inside inverses: the solution is followed to its place."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sympy
from scipy.integrate import quad

from resolvent.derive.errors import DerivationError
from resolvent.derive.expressions.branch import branch_of, enclosed_branch
from resolvent.derive.expressions.dyson import dyson_system
from resolvent.derive.expressions.elimination import Limits
from resolvent.derive.expressions.enclosure import Enclosure
from resolvent.derive.expressions.expression import MatrixExpression
from resolvent.derive.expressions.followed import Followed
from resolvent.derive.expressions.law import law_of
from resolvent.derive.expressions.pencil import pencil_of
from resolvent.derive.expressions.physical_series import TooLarge
from resolvent.derive.expressions.scaling import scales_of
from resolvent.derive.expressions.trace import trace_of
from resolvent.derive.laws.elementary import atoms, kesten_mckay, marchenko_pastur, semicircle
from resolvent.numeric.expressions import dimension, gaussian, given, haar, inv, wigner

p, n = dimension("p"), dimension("n")
U, V, W, X = haar("U", p), haar("V", p), wigner("W", p), gaussian("X", p, n)
A, B = given("A", p, semicircle()), given("B", p, marchenko_pastur("1/2"))
D, E = given("D", p, atoms([1, 3])), given("E", p, atoms([0, 2]))
HALF = {(p, n): "1/2"}
POISSON = marchenko_pastur("1/2")
c = sympy.Symbol("c", positive=True)


@pytest.mark.parametrize(
    ("model", "ratios", "law"),
    [
        (inv(A + 5), {}, (semicircle() + 5).inverse()),
        (inv(A + W + 5), {}, (semicircle(2) + 5).inverse()),
        (inv(4 + U + U.T), {}, (kesten_mckay(2) + 4).inverse()),
        (inv(5 + U + U.T + V + V.T), {}, (kesten_mckay(4) + 5).inverse()),
        (inv(A + D + 5), {}, (semicircle() + atoms([1, 3]) + 5).inverse()),
        (inv(D + E + 1), {}, (atoms([1, 3]) + atoms([0, 2]) + 1).inverse()),
        (inv(B + X @ X.T / n + 1), HALF, (POISSON + POISSON + 1).inverse()),
        (X.T @ inv(B + 1) @ X / n, HALF, (POISSON + 1).inverse().sample_covariance("1/2").companion("1/2")),
        (inv(1 + A @ B @ A), {}, (semicircle() ** 2 @ POISSON + 1).inverse()),
    ],
    ids=str,
)
def test_laws_of_the_free_operations(model: MatrixExpression, ratios: Any, law: Any) -> None:
    found = law_of(model, ratios)
    assert found.equation == law.equation
    assert found.derivation.check()


def test_a_law_with_a_parameter() -> None:
    found = law_of(inv(given("B", p, marchenko_pastur(c)) + 1))
    assert found.equation == (marchenko_pastur(c) + 1).inverse().equation


def test_a_function_of_one_matrix() -> None:
    """The coefficient of A in the pencil is singular; the moments are integrals over the semicircle."""
    moments = law_of(inv(4 + A + A @ A)).moments(3)
    for k, found in enumerate(moments, 1):
        value = quad(lambda x, k=k: (4 + x + x * x) ** -k * np.sqrt(4 - x * x) / (2 * np.pi), -2, 2)[0]
        assert float(found) == pytest.approx(value, abs=1e-9)


@pytest.mark.parametrize(
    "model", [B @ inv(B + D + 1) @ B, D @ inv(A + D + 5) @ D, U @ inv(W + D + U + U.T + 6) @ U.T + W]
)
def test_laws_of_sampled_matrices(model: MatrixExpression) -> None:
    moments = np.array([float(x) for x in law_of(model).moments(3)])
    draws = [np.linalg.eigvalsh(model.sample({p: 400}, rng=k)) for k in range(4)]
    sampled = np.array([[np.mean(w**k) for k in (1, 2, 3)] for w in draws])
    assert np.abs(sampled.mean(axis=0) - moments).max() < 0.02 + 4 * sampled.std(axis=0).max()


def test_traces_at_numbers() -> None:
    """tr (A + a)^-1 = (a - sqrt(a^2 - 4))/2."""
    trace = trace_of(inv(A + sympy.Symbol("a", positive=True)))
    assert trace.at(a=5) == pytest.approx((5 - np.sqrt(21)) / 2, abs=1e-14)


@pytest.mark.parametrize("model", [inv(3 + W), W @ inv(1 + D) @ W, inv(2 + D @ W @ W @ D)])
def test_both_enclosures_hold_the_same_solution(model: MatrixExpression) -> None:
    """Without other matrices than averaged ones, the solution is known by its sign too."""
    system = dyson_system(pencil_of(model, scales_of(model.dimensions(), {})), average=True)
    followed, enclosed = Followed(system, {}), Enclosure(system, {})
    assert followed.unknowns.keys() == enclosed.unknowns.keys()
    assert all(ball.overlaps(enclosed.unknowns[e]) for e, ball in followed.unknowns.items())
    assert all(ball.overlaps(enclosed.cases[e]) for e, ball in followed.cases.items())
    finer = followed.refined(2048)
    assert followed.trace.contains(finer.trace)
    assert float(finer.trace.real.rad()) < 1e-300


def test_an_inverse_that_does_not_exist_is_named() -> None:
    with pytest.raises(DerivationError, match=r"inv\(A\) (is not bounded|exist)"):
        law_of(inv(A))


def test_following_ends_in_its_time() -> None:
    pencil = pencil_of(inv(A + 5), scales_of((p,), {}))
    with pytest.raises(TooLarge, match="takes longer to follow"):
        enclosed_branch(pencil, seconds=0.0)
    with pytest.raises(TooLarge):
        law_of(inv(A + 5), limits=Limits(seconds=0.0))


def test_unknowns_of_large_matrices_have_names_of_their_own() -> None:
    """r_(1,11) is not r_(11,1)."""
    model = (B @ B @ B @ W @ B @ B @ B + 2) @ (B @ B @ B @ W @ B @ B @ B + 2)
    system = dyson_system(pencil_of(model, scales_of((p,), {})))
    assert max(t.rank for t in system.matrices) > 10
    assert len(branch_of(system).unknowns) > sum(t.rank**2 for t in system.matrices)


def test_a_given_matrix_that_enters_too_often_is_refused() -> None:
    word = B @ B @ B @ B
    with pytest.raises(DerivationError, match=r"B enters .* coefficient of rank 16, above 12; .*numeric=True"):
        law_of((word @ W @ word + 2) @ (word @ W @ word + 2))


def test_a_solution_that_takes_too_many_steps_is_no_missing_inverse(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resolvent.derive.expressions.followed._MOST_STEPS", 1)
    with pytest.raises(TooLarge, match="more than 1 steps to follow; take other numbers, or numeric=True"):
        law_of(inv(A + U + U.T + 9))
