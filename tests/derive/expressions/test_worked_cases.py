"""Matrices that people have asked for, each against a law or a formula that was reached in another way."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sympy

from resolvent.derive.expressions.law import law_of
from resolvent.derive.expressions.letters import block, commuting, dimension, gaussian, given, identity, inv, wigner
from resolvent.derive.expressions.trace import trace_of
from resolvent.derive.laws.elementary import atoms, marchenko_pastur, semicircle
from resolvent.derive.laws.matrix_functions import companion

p, n, k, d, m = (dimension(x) for x in ("p", "n", "k", "d", "m"))
X, Y = gaussian("X", p, n), gaussian("Y", p, n)
R, S, T = wigner("R", p), wigner("S", p), wigner("T", p)
HALF: dict[Any, Any] = {(p, n): "1/2"}


def test_an_anticommutator_with_a_wigner_matrix_and_a_signature() -> None:
    """R S + S R is the difference of the squares of (R + S)/sqrt(2) and (R - S)/sqrt(2), which are free."""
    A = given("A", p, law=atoms([-1, 1]))
    expected = marchenko_pastur(1) - marchenko_pastur(1) + semicircle() + atoms([-1, 1])
    assert law_of(R @ S + S @ R + T + A) == expected


def test_symmetrised_correlations() -> None:
    """X Y^T + Y X^T is a quadratic form in two independent matrices; its eigenvalues are (rho + 1)/2, (rho - 1)/2."""
    rho = sympy.Rational(3, 5)
    other = rho * X + sympy.Rational(4, 5) * Y
    expected = (rho + 1) / 2 * marchenko_pastur("1/2") + (rho - 1) / 2 * marchenko_pastur("1/2")
    assert law_of((X @ other.T + other @ X.T) / (2 * n), HALF) == expected


def test_one_sample_covariance_over_another() -> None:
    Z = gaussian("Z", p, k)
    ratio = law_of(Z.T @ inv(X @ X.T / n) @ Z / k, {(p, n): "1/2", (p, k): "1/3"})
    assert ratio == companion(marchenko_pastur("1/2") ** -1 @ marchenko_pastur("1/3"), "1/3")


def test_groups_of_samples_with_commuting_populations() -> None:
    """m_2 by Wick's formula; a free sum would have 2 tr A^2 tr B^2 in place of 2 tr A^2 B^2."""
    points = [(1, 2), (3, 1)]
    A, B = commuting(["A", "B"], p, points)
    law = law_of((A @ X @ X.T @ A + B @ Y @ Y.T @ B) / n, HALF)

    def mean(i: int, j: int) -> sympy.Rational:
        return sympy.Rational(sum(a**i * b**j for a, b in points), len(points))

    own = [mean(4, 0) + mean(2, 0) ** 2 / 2, mean(0, 4) + mean(0, 2) ** 2 / 2]
    assert law.moments(2) == [mean(2, 0) + mean(0, 2), sum(own) + 2 * mean(2, 2)]


def test_a_variance_profile_of_two_by_two_blocks() -> None:
    """With row sums a_i of the variances m_2 is the mean of a_i, and m_4 that of a_i^2 + sum_j v_ij a_j."""
    v = sympy.Matrix([[4, "1/4"], ["1/4", "1/2"]])
    sums = v * sympy.ones(2, 1)
    fourth = sum(sums[i] ** 2 + sum(v[i, j] * sums[j] for j in (0, 1)) for i in (0, 1)) / 2
    law = law_of(wigner("V", [p, n], v.tolist()), {(p, n): 1})
    assert law.moments(4) == [0, (sums[0] + sums[1]) / 2, 0, fourth]


def test_chiral_blocks() -> None:
    """The eigenvalues are plus and minus the singular values, and n - p zeros."""
    law = law_of(block([[0, X], [X.T, 0]]) / sympy.sqrt(n), HALF)
    squares = marchenko_pastur("1/2").moments(4)
    assert law.moments(8)[1::2] == [sympy.Rational(2, 3) * x for x in squares]
    assert law.moments(8)[::2] == [0] * 4


@pytest.mark.parametrize("values", [(1.5, 0.8, 0.1, 0.25, 0.09), (0.5, 2.0, 1.0, 1.0, 0.25)])
def test_the_traces_of_random_features(values: tuple[float, ...]) -> None:
    """tau_1 = tr K^-1 and tau_2 = tr X^T X K^-1 solve the coupled equations S67 and S68 of Adlam, Pennington (2020)."""
    phi, psi, lam, zeta, beta = (sympy.Rational(str(v)) for v in values)
    W, data, noise = gaussian("W", m, d), gaussian("D", d, n), gaussian("N", m, n)
    features = W @ data / sympy.sqrt(d)
    signal, rest = sympy.Symbol("a", positive=True), sympy.Symbol("b", positive=True)
    layer = signal * features + rest * noise
    kernel = inv(layer.T @ layer / m + sympy.Symbol("lam", positive=True))
    ratios = {(d, n): phi, (d, m): psi}
    at = {"lam": lam, "a": sympy.sqrt(zeta), "b": sympy.sqrt(beta)}
    one = trace_of(kernel, ratios).at(**at)
    two = trace_of(data.T @ data @ kernel / d, ratios).at(**at)
    eta = zeta + beta
    first = phi * (zeta * two * one + phi * (two - one)) + zeta * one * two * psi * (lam * one - 1)
    second = (two - one) * phi * (zeta * (two - one) + eta * one) - zeta * one * two * (lam * one - 1)
    assert abs(first) < 1e-9
    assert abs(second) < 1e-9


def test_the_linear_network_on_an_eigenvector_of_its_second_layer() -> None:
    """Theta/n = W_2 W_2^T x K + I x K_h: lam K + K_h, by free operations; its mean over lam, by sampled networks."""
    lam = sympy.Symbol("lam", positive=True)
    j = block([[sympy.sqrt(lam) * identity(n)], [gaussian("W", n, n, 1 / n)]]) @ gaussian("X", n, m)
    law = law_of(j @ j.T / m, {(n, m): "1/4"})
    free = (marchenko_pastur(1) + lam).sample_covariance("1/4")
    assert [sympy.expand(a - b / 2) for a, b in zip(law.moments(4), free.moments(4), strict=True)] == [0] * 4
    known = [1, *marchenko_pastur(1).moments(3)]
    means = [sum(c * known[e] for (e,), c in sympy.Poly(x, lam).terms()) for x in law.moments(2)]
    rng, size, samples, seen = np.random.default_rng(0), 16, 64, []
    for _ in range(8):
        first, second = rng.standard_normal((2, size, size)) / np.sqrt(size)
        x = rng.standard_normal((size, samples))
        kernel = np.kron(second @ second.T, x.T @ x) + np.kron(np.eye(size), x.T @ first.T @ first @ x)
        kernel /= samples
        seen.append([np.trace(kernel) / (2 * size**2), np.sum(kernel**2) / (2 * size**2)])
    assert means == [1, sympy.Rational(29, 8)]
    assert np.mean(seen, axis=0) == pytest.approx([float(x) for x in means], rel=0.06)
