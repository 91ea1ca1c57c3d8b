"""Sampling blocks against their exact moments at finite size, at fixed seeds; no draw is repeated."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from resolvent.derive.errors import ParameterError
from resolvent.numeric.matrices import ensembles as sampling

# A sample mean of thousands of draws lies within 4.5 standard errors of its expectation but for one seed in 10^5.
DEVIATIONS = 4.5


def check_mean(draw: Callable[[np.random.Generator], float], exact: float, seed: int, trials: int = 4000) -> None:
    """The mean of independent draws agrees with the exact expectation within its own standard error."""
    rng = sampling.generator(seed)
    values = np.array([draw(rng) for _ in range(trials)])
    error = values.std(ddof=1) / np.sqrt(trials)
    assert abs(values.mean() - exact) <= DEVIATIONS * error


def trace_power(matrix: np.ndarray, k: int) -> float:
    return float(np.trace(np.linalg.matrix_power(matrix, k)))


# -- Gaussian ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("k", "exact"), [(1, 0.0), (2, 3.0), (3, 0.0), (4, 27.0)])
def test_gaussian_entries_have_the_moments_of_their_variance(k: int, exact: float) -> None:
    check_mean(lambda rng: float((sampling.gaussian(2, 3, rng, 3.0) ** k).mean()), exact, seed=11)


def test_gaussian_has_the_shape_asked_for() -> None:
    assert sampling.gaussian(3, 5, sampling.generator(0)).shape == (3, 5)


# -- Wigner ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [1, 2, 5])
@pytest.mark.parametrize("k", [2, 4])
def test_goe_trace_moments(n: int, k: int) -> None:
    v = 1.7
    exact = {2: v * (n + 1), 4: v**2 * (2 * n**2 + 5 * n + 5) / n}[k]
    check_mean(lambda rng: trace_power(sampling.goe(n, rng, v), k), exact, seed=100 * n + k)


def test_goe_diagonal_has_twice_the_variance_of_the_rest() -> None:
    rng = sampling.generator(3)
    draws = np.array([sampling.goe(3, rng, 3.0) for _ in range(20000)])
    variances = (draws**2).mean(axis=0)
    expected = np.ones((3, 3)) + np.eye(3)
    # The square of a centred Gaussian has standard deviation sqrt(2) times its mean.
    assert (np.abs(variances - expected) <= DEVIATIONS * np.sqrt(2 / 20000) * expected).all()


def test_rademacher_second_moment_does_not_fluctuate() -> None:
    s = sampling.rademacher_wigner(6, sampling.generator(1), 2.5)
    assert trace_power(s, 2) == pytest.approx(2.5 * 6, rel=1e-14)


@pytest.mark.parametrize("n", [2, 5])
def test_rademacher_fourth_moment(n: int) -> None:
    check_mean(lambda rng: trace_power(sampling.rademacher_wigner(n, rng, 1.5), 4), 1.5**2 * (2 * n - 1), seed=n)


@pytest.mark.parametrize("block", [sampling.goe, sampling.rademacher_wigner])
def test_wigner_matrices_are_exactly_symmetric(block: Callable[..., np.ndarray]) -> None:
    s = block(7, sampling.generator(5), 2.0)
    assert (s == s.T).all()


# -- Haar --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [1, 2, 3, 10])
def test_haar_is_orthogonal(n: int) -> None:
    q = sampling.haar_orthogonal(n, sampling.generator(n))
    assert np.abs(q @ q.T - np.eye(n)).max() < 1e-14 * n


@pytest.mark.parametrize("n", [2, 3, 6])
@pytest.mark.parametrize(
    ("entry", "exact"),
    [
        (lambda u: u[0, 0], lambda n: 0.0),
        (lambda u: u[0, 0] ** 2, lambda n: 1 / n),
        (lambda u: u[0, 0] ** 4, lambda n: 3 / (n * (n + 2))),
        (lambda u: u[-1, -1] ** 4, lambda n: 3 / (n * (n + 2))),
        (lambda u: u[0, 0] ** 2 * u[0, 1] ** 2, lambda n: 1 / (n * (n + 2))),
        (lambda u: u[0, 0] ** 2 * u[1, 1] ** 2, lambda n: (n + 1) / ((n - 1) * n * (n + 2))),
        (lambda u: u[0, 0] * u[0, 1] * u[1, 0] * u[1, 1], lambda n: -1 / ((n - 1) * n * (n + 2))),
    ],
    ids=["u11", "u11^2", "u11^4", "unn^4", "u11^2 u12^2", "u11^2 u22^2", "u11 u12 u21 u22"],
)
def test_haar_moments(n: int, entry: Callable[[np.ndarray], float], exact: Callable[[int], float]) -> None:
    """Weingarten's formula for the orthogonal group: Collins, Sniady 2006, section 5."""
    check_mean(lambda rng: float(entry(sampling.haar_orthogonal(n, rng))), exact(n), seed=40 + n)


@pytest.mark.parametrize(("n", "k"), [(1, 1), (5, 1), (7, 3)])
def test_a_haar_frame_is_orthonormal(n: int, k: int) -> None:
    q = sampling.haar_frame(n, k, sampling.generator(n))
    assert q.shape == (n, k)
    assert np.abs(q.T @ q - np.eye(k)).max() < 1e-14 * n


@pytest.mark.parametrize(
    ("entry", "exact"),
    [
        (lambda u: u[0, 0], 0.0),
        (lambda u: u[0, 1] ** 4, 3 / 35),
        (lambda u: u[0, 0] ** 2 * u[1, 1] ** 2, 6 / (4 * 5 * 7)),
        (lambda u: u[0, 0] * u[0, 1] * u[1, 0] * u[1, 1], -1 / (4 * 5 * 7)),
    ],
    ids=["u11", "u12^4", "u11^2 u22^2", "u11 u12 u21 u22"],
)
def test_a_haar_frame_has_the_moments_of_whole_columns(entry: Callable[[np.ndarray], float], exact: float) -> None:
    """The formulas of `test_haar_moments` at n = 5, for two columns."""
    check_mean(lambda rng: float(entry(sampling.haar_frame(5, 2, rng))), exact, seed=60)


def test_more_columns_than_dimensions_are_refused() -> None:
    with pytest.raises(ParameterError, match="4 orthonormal columns need at least 4 rows; got 3"):
        sampling.haar_frame(3, 4, sampling.generator(0))


# -- Wishart -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("p", "n"), [(1, 4), (3, 2), (4, 7)])
@pytest.mark.parametrize("k", [1, 2, 3])
def test_wishart_trace_moments(p: int, n: int, k: int) -> None:
    sigma = 1.3
    factor = {1: 1, 2: (p + n + 1) / n, 3: (p**2 + n**2 + 3 * p * n + 3 * p + 3 * n + 4) / n**2}[k]
    exact = p * sigma ** (2 * k) * factor
    check_mean(lambda rng: trace_power(sampling.wishart(p, n, rng, sigma), k), exact, seed=10 * p + n)


def test_wishart_has_the_rank_of_its_factor() -> None:
    w = sampling.wishart(6, 2, sampling.generator(0))
    assert np.linalg.matrix_rank(w) == 2


def test_wishart_is_exactly_symmetric() -> None:
    w = sampling.wishart(40, 30, sampling.generator(0), 1.7)
    assert (w == w.T).all()


# -- rotations, Hermitisation, eigenvalues -------------------------------------------------------------------


def test_free_rotation_keeps_the_spectrum() -> None:
    a = np.diag([-2.0, 0.5, 0.5, 3.0])
    b = sampling.free_rotation(a, sampling.generator(9))
    assert sampling.symmetric_eigenvalues(b) == pytest.approx([-2.0, 0.5, 0.5, 3.0], abs=1e-13)


def test_free_rotation_mixes_with_the_exact_second_moment() -> None:
    """E b_11^2 = (2 tr A^2 + (tr A)^2)/(n(n+2)) for B = O A O^T."""
    a = np.diag([1.0, 2.0, 5.0])
    exact = (2 * 30 + 64) / 15
    check_mean(lambda rng: float(sampling.free_rotation(a, rng)[0, 0] ** 2), exact, seed=21)


def test_hermitisation_has_plus_and_minus_the_singular_values() -> None:
    b = sampling.gaussian(2, 4, sampling.generator(2))
    s = np.linalg.svd(b, compute_uv=False)
    expected = np.sort([*s, *-s, 0.0, 0.0])
    assert sampling.symmetric_eigenvalues(sampling.hermitisation(b)) == pytest.approx(expected, abs=1e-14)


def test_eigenvalues_of_the_path_graph() -> None:
    """The path on n vertices has eigenvalues 2 cos(pi k/(n+1))."""
    n = 9
    path = np.eye(n, k=1) + np.eye(n, k=-1)
    expected = np.sort(2 * np.cos(np.pi * np.arange(1, n + 1) / (n + 1)))
    assert sampling.symmetric_eigenvalues(path) == pytest.approx(expected, abs=1e-14)


def test_eigenvalues_leave_the_matrix_alone() -> None:
    a = sampling.goe(5, sampling.generator(4))
    before = a.copy()
    sampling.symmetric_eigenvalues(a)
    assert (a == before).all()


# -- seeds and refusals ------------------------------------------------------------------------------------


def test_a_generator_is_used_as_it_is() -> None:
    rng = np.random.default_rng(0)
    assert sampling.generator(rng) is rng


def test_a_seed_repeats_the_draw() -> None:
    first, second = (sampling.goe(3, sampling.generator(8)) for _ in range(2))
    assert (first == second).all()


@pytest.mark.parametrize("rng", [None, True, -1, 1.5, "0"])
def test_what_is_no_seed_is_refused(rng: object) -> None:
    with pytest.raises(ParameterError, match="seed"):
        sampling.generator(rng)


@pytest.mark.parametrize("value", [0, -3, 2.0, True, "4", None])
def test_what_is_no_dimension_is_refused(value: object) -> None:
    with pytest.raises(ParameterError, match="the dimension n must be a positive integer"):
        sampling.dimension("n", value)


@pytest.mark.parametrize("value", [0.0, -1.0, float("nan"), float("inf")])
def test_what_is_no_scale_is_refused(value: float) -> None:
    rng = sampling.generator(0)
    for draw in (sampling.goe, sampling.rademacher_wigner):
        with pytest.raises(ParameterError, match="variance must be positive and finite"):
            draw(2, rng, value)
    with pytest.raises(ParameterError, match="sigma must be positive and finite"):
        sampling.wishart(2, 2, rng, value)


@pytest.mark.parametrize(
    ("matrix", "reason"),
    [
        (np.zeros((2, 3)), "square"),
        (np.zeros(4), "square"),
        (np.zeros((0, 0)), "square"),
        (np.array([[0.0, 1.0], [2.0, 0.0]]), "not symmetric"),
        (np.array([[np.nan]]), "not finite"),
    ],
)
def test_what_is_no_symmetric_matrix_is_refused(matrix: np.ndarray, reason: str) -> None:
    with pytest.raises(ParameterError, match=reason):
        sampling.symmetric_eigenvalues(matrix)


def test_hermitisation_of_a_vector_is_refused() -> None:
    with pytest.raises(ParameterError, match="a matrix is needed"):
        sampling.hermitisation(np.zeros(3))
