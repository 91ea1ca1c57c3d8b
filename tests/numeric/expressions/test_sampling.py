"""Sampled expressions: every letter once, exact identities between expressions, moments of the letters."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sympy

from resolvent.derive.errors import DerivationError, ParameterError
from resolvent.derive.laws.elementary import atoms
from resolvent.numeric.expressions import (
    block,
    commuting,
    dimension,
    gaussian,
    given,
    haar,
    identity,
    inv,
    kron,
    projection,
    wigner,
)

p, n = dimension("p"), dimension("n")
X, S = gaussian("X", p, n), wigner("S", p)
a = sympy.Symbol("a", positive=True)
SIZES = {p: 6, n: 9}


@pytest.mark.parametrize(
    "zero",
    [
        X @ X.T - X @ X.T,
        inv(X @ X.T + 1) @ (X @ X.T + identity(p)) - identity(p),
        S - S.T,
        (S + 2) ** 2 - S @ S - 4 * S - 4,
        haar("U", p) @ haar("U", p).T - 1,
        projection("P", p, "1/3") @ projection("P", p, "1/3") - projection("P", p, "1/3"),
        block([[0, X], [X.T, 0]]) - block([[0, X], [X.T, 0]]).T,
    ],
    ids=str,
)
def test_an_identity_holds_at_every_size(zero: Any) -> None:
    assert zero.sample(SIZES, rng=1) == pytest.approx(0, abs=1e-12)


def test_scalars_take_the_sizes_and_the_parameters() -> None:
    first, second = (e.sample(SIZES, rng=1, **v) for e, v in ((a * X / sympy.sqrt(n), {"a": "1/2"}), (X, {})))
    assert first == pytest.approx(second / 6)


def test_a_given_matrix_has_its_eigenvalues() -> None:
    T = given("T", p, law=atoms([1, 3], ["1/3", "2/3"]))
    assert np.linalg.eigvalsh(T.sample({p: 6}, rng=1)) == pytest.approx([1, 1, 3, 3, 3, 3])


def test_matrices_of_one_group_commute() -> None:
    A, B = commuting(["A", "B"], p, [(1, 2), (3, 1)])
    assert (A @ B - B @ A).sample({p: 6}, rng=1) == pytest.approx(0, abs=1e-12)


def test_the_moments_of_gaussian_entries() -> None:
    x = gaussian("X", p, n, 4).sample({p: 300, n: 300}, rng=2)
    assert (x**2).mean() == pytest.approx(4, abs=0.1)


def test_the_second_moment_of_a_wigner_matrix() -> None:
    x = wigner("S", p, 2).sample({p: 300}, rng=2)
    assert np.trace(x @ x) / 300 == pytest.approx(2, abs=0.05)


@pytest.mark.parametrize(
    ("model", "sizes", "error", "message"),
    [
        (X, {p: 3}, ParameterError, "the size of n is missing"),
        (X, {p: 3, n: 0}, ParameterError, "positive integer"),
        (a * S, {p: 3}, ParameterError, "the parameter a needs a value"),
        (inv(S - S), {p: 3}, DerivationError, r"inv\(S - S\) does not exist"),
    ],
)
def test_what_is_refused(model: Any, sizes: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        model.sample(sizes, rng=0)


k = dimension("k")
Y = gaussian("Y", p, k)
T = wigner("T", p)


@pytest.mark.parametrize(
    ("singular", "rank"),
    [
        (X @ X.T / n, 4),
        (X @ X.T + sympy.Rational(1, 10**15), 4),
        (X @ X.T + Y @ Y.T, 6),
        (gaussian("C", p, n, complex=True) @ gaussian("C", p, n, complex=True).H, 4),
        (projection("P", p, "1/2"), 4),
        (kron([[1, 2], [2, 4]], S), 8),
        (block([[S, S @ T], [S, S @ T]]), 8),
        (S + T - S - T, 0),
        (haar("U", p) @ haar("U", p).T - 1, 0),
        (inv(S @ S + 1) @ (S @ S + 1) - 1, 0),
    ],
    ids=str,
)
def test_an_inverse_is_not_made_of_rounding(singular: Any, rank: int) -> None:
    for made in (inv(singular), inv(1 + inv(singular))):
        with pytest.raises(DerivationError, match=rf"p = 8.* of its \d+ rows {rank} are independent") as told:
            made.sample({p: 8, n: 4, k: 2}, rng=1)
        assert str(told.value).startswith(f"{inv(singular)} does not exist at these sizes")
    assert "    ^^^" in str(told.value)  # under the inner inverse


def test_an_inverse_of_few_digits_is_not_drawn() -> None:
    near = block([[S, S], [S, S + sympy.Rational(1, 10**14)]])
    with pytest.raises(DerivationError, match=r"fewer than 3 digits of it|rows \d+ are independent"):
        inv(near).sample({p: 8}, rng=1)


@pytest.mark.parametrize("size", [1, 2, 50])
def test_an_inverse_that_exists_is_drawn_whatever_its_units(size: int) -> None:
    small, large = sympy.Rational(1, 10**9) * (X @ X.T), 10**9 * (X @ X.T)
    made = block([[small, 0], [0, large]])
    found = inv(made).sample({p: size, n: 2 * size}, rng=1) @ made.sample({p: size, n: 2 * size}, rng=1)
    assert found == pytest.approx(np.eye(2 * size), abs=1e-12)
    assert np.isfinite(inv(S / 10**20).sample({p: size}, rng=1)).all()
    assert np.isfinite(inv(gaussian("Q", p, p) @ gaussian("Q", p, p).T).sample({p: size}, rng=1)).all()
