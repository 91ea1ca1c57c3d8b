"""Singular values in noise against the published formulas, brute force, and sampled matrices."""

import math

import numpy as np
import pytest
from scipy import optimize

import resolvent as rv

TWO_LEVELS = rv.empirical([1.0, 4.0]).sample_covariance("1/2")  # rows with noise of variance 1 and 4


def _published(y: float, beta: float, loss: str) -> float:
    """Gavish, Donoho 2017, equations (7) and (9); in the operator norm for square matrices (8)."""
    square = math.sqrt((y**2 - beta - 1) ** 2 - 4 * beta)
    x = math.sqrt((y**2 - beta - 1 + square) / 2)
    if loss == "frobenius":
        return square / y
    return x if loss == "operator" else max((x**4 - beta - math.sqrt(beta) * x * y) / (x**2 * y), 0.0)


@pytest.mark.parametrize(
    ("loss", "rows", "columns"),
    [
        ("operator", 100, 100),  # in the operator norm the published formula is for square matrices
        *((loss, *shape) for loss in ("frobenius", "nuclear") for shape in ((100, 100), (50, 200), (1, 3))),
    ],
)
def test_white_noise_has_the_published_shrinkers(loss: str, rows: int, columns: int) -> None:
    beta = rows / columns
    for above in (1e-3, 0.1, 1.0, 20.0):
        y = 1 + math.sqrt(beta) + above
        (found,) = rv.shrink_singular_values([y * math.sqrt(columns)], (rows, columns), 1.0, loss)  # type: ignore[arg-type]
        assert found / math.sqrt(columns) == pytest.approx(_published(y, beta, loss), abs=1e-9)


@pytest.mark.parametrize("loss", ["frobenius", "operator", "nuclear"])
@pytest.mark.parametrize("bulk", [TWO_LEVELS, rv.atoms([1, 4]).sample_covariance("1/2")])
def test_shrinkers_are_the_best_singular_values_in_the_plane_of_a_component(loss: str, bulk: rv.Law) -> None:
    """Brute force over eta of |theta e f^T - eta u v^T|, with the angles of the component."""
    spike = rv.singular_spike_of(bulk, "1/2", 4.0)
    a, b = math.sqrt(spike.overlap), math.sqrt(spike.right_overlap)
    u, v = np.array([a, math.sqrt(1 - a**2)]), np.array([b, math.sqrt(1 - b**2)])
    order = {"frobenius": "fro", "operator": 2, "nuclear": "nuc"}[loss]

    def error(eta: float) -> float:
        return float(np.linalg.norm(np.diag([spike.strength, 0.0]) - eta * np.outer(u, v), order))  # type: ignore[call-overload]

    best = optimize.minimize_scalar(error, bounds=(0.0, 4.0), method="bounded", options={"xatol": 1e-10}).x
    (found,) = rv.shrink_singular_values([4.0], (100, 200), loss=loss, bulk=bulk)  # type: ignore[arg-type]
    assert found == pytest.approx(best, abs=2e-7)


def test_what_is_seen_leads_back_to_the_component() -> None:
    """The outliers of the equation, forward, against the inverse map of the numeric twin."""
    (result,) = rv.Spectrum(rv.atoms([1, 4]).sample_covariance("1/2")).outliers(3, "rectangular", ratio="1/2")
    (outlier,) = result.outliers
    found = rv.singular_spike_of(TWO_LEVELS, "1/2", math.sqrt(outlier.location))
    assert found.strength == pytest.approx(3, rel=1e-11)
    assert (found.overlap, found.right_overlap) == pytest.approx((outlier.overlap, outlier.right_overlap), rel=1e-10)


@pytest.mark.parametrize("loss", ["frobenius", "operator", "nuclear"])
def test_signals_in_noise_of_two_levels_are_cleaned_as_well_as_can_be(loss: str) -> None:
    """Within 2 % of the best common singular values that know the signal, at p = 500, for rank 1 to a norm."""
    rng, p, n = np.random.default_rng(11), 500, 1000
    u, v = (np.linalg.qr(rng.normal(size=(size, 1)))[0] for size in (p, n))
    signal = 4.0 * u @ v.T
    noise = np.repeat([1.0, 2.0], p // 2)[:, None] * rng.normal(size=(p, n)) / math.sqrt(n)
    left, values, right = np.linalg.svd(signal + noise, full_matrices=False)
    cleaned = rv.shrink_singular_values(values, (p, n), loss=loss, bulk=TWO_LEVELS)  # type: ignore[arg-type]
    assert np.count_nonzero(cleaned) == 1
    order = {"frobenius": "fro", "operator": 2, "nuclear": "nuc"}[loss]

    def error(eta: float) -> float:
        return float(np.linalg.norm(signal - eta * np.outer(left[:, 0], right[0]), order))  # type: ignore[call-overload]

    oracle = optimize.minimize_scalar(error, bounds=(0.0, 8.0), method="bounded").fun
    assert error(float(cleaned[0])) < 1.02 * oracle
    rest = rv.empirical(values[1:] ** 2)  # the noise's law from the data alone
    (estimated,) = rv.shrink_singular_values(values[:1], (p, n), loss=loss, bulk=rest)  # type: ignore[arg-type]
    assert error(float(estimated)) < 1.02 * oracle


def test_a_threshold_is_where_keeping_and_dropping_cost_the_same() -> None:
    y = rv.singular_value_threshold("1/2", bulk=TWO_LEVELS)
    spike = rv.singular_spike_of(TWO_LEVELS, "1/2", y)
    kept = spike.strength**2 + y**2 - 2 * spike.strength * y * math.sqrt(spike.overlap * spike.right_overlap)
    assert kept == pytest.approx(spike.strength**2, rel=1e-10)
    assert rv.singular_value_threshold(2, bulk=TWO_LEVELS.companion("1/2")) == pytest.approx(y, rel=1e-10)


def test_thresholds_are_the_published_ones() -> None:
    assert rv.singular_value_threshold(1, noise=1.0) == pytest.approx(4 / math.sqrt(3), abs=1e-14)
    assert rv.singular_value_threshold(1) == pytest.approx(2.858, abs=5e-4)
    assert rv.singular_value_threshold("1/2", noise=1.0) == pytest.approx(1.9783, abs=1e-3)


@pytest.mark.parametrize("loss", ["frobenius", "operator", "nuclear"])
def test_singular_values_of_a_low_rank_signal_come_back(loss: str) -> None:
    rng, p, n = np.random.default_rng(1), 300, 600
    u, v = np.linalg.qr(rng.normal(size=(p, 2)))[0], np.linalg.qr(rng.normal(size=(n, 2)))[0]
    strengths = np.array([3.0, 2.0]) * math.sqrt(n)
    x = (u * strengths) @ v.T + rng.normal(size=(p, n))
    left, values, right = np.linalg.svd(x, full_matrices=False)
    cleaned = rv.shrink_singular_values(values, (p, n), loss=loss)  # type: ignore[arg-type]
    assert np.count_nonzero(cleaned) == 2
    order = {"frobenius": "fro", "operator": 2, "nuclear": "nuc"}[loss]
    errors = [np.linalg.norm((left * cleaned * f) @ right - (u * strengths) @ v.T, order) for f in (1.0, 0.9, 1.1)]
    assert errors[0] < 1.005 * min(errors[1:])  # nobody can do better by more or less shrinkage


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: rv.singular_value_threshold(2), "at most 1"),
        (lambda: rv.singular_value_threshold("1/2", noise=-1.0), "must be positive"),
        (lambda: rv.singular_value_threshold("1/2", 1.0, TWO_LEVELS), "no meaning"),
        (lambda: rv.shrink_singular_values([1.0, -1.0], (2, 2)), "not negative"),
        (lambda: rv.shrink_singular_values([1.0, 1.0], (2, 2), loss="huber"), "loss"),
        (lambda: rv.shrink_singular_values([1.0, 1.0], (2, 2), noise=-1.0), "must be positive; it is -1"),
        (lambda: rv.shrink_singular_values([1.0, 2.0], (2.0, 2)), "two whole numbers"),
        (lambda: rv.shrink_singular_values([1.0, 2.0], (2, 2, 2)), "two whole numbers"),
        (lambda: rv.shrink_singular_values([0.0, 0.0], (2, 2)), "must be positive; it is 0"),
        (lambda: rv.shrink_singular_values([9.0, 1.0], (20, 30)), "2 singular values of a matrix of 20 x 30"),
        (lambda: rv.shrink_singular_values([1.0, 1.0], (2, 2), 1.0, bulk=TWO_LEVELS), "no meaning"),
        (lambda: rv.singular_spike_of(TWO_LEVELS, "1/2", 1.0), "not above the noise"),
        (lambda: rv.singular_spike_of(TWO_LEVELS, 0, 9.0), "ratio must be positive"),
    ],
)
def test_bad_input_is_named(make: object, words: str) -> None:
    with pytest.raises(rv.ParameterError, match=words):
        make()  # type: ignore[operator]


@pytest.mark.parametrize(
    ("bulk", "shape", "words"),
    [
        (rv.semicircle(), (2, 3), r"X X\^T needs a law on \[0, oo\); this one reaches down to -2"),
        (rv.marchenko_pastur("1/2"), (3, 2), "p/n = 1.5 has the mass 0.333333 at 0 at least; this law has 0"),
    ],
)
def test_a_law_that_no_noise_of_that_shape_has_is_refused(bulk: rv.Law, shape: tuple[int, int], words: str) -> None:
    ratio = shape[0] / shape[1]
    for call in (
        lambda: rv.singular_spike_of(bulk, ratio, 5),
        lambda: rv.singular_value_threshold(ratio, bulk=bulk),
        lambda: rv.shrink_singular_values([5.0, 1.0], shape, bulk=bulk),
        lambda: rv.shrink([0.0] * 10 + [5.0] * 20 if ratio > 1 else [5.0] * 30, ratio, law=bulk),
    ):
        with pytest.raises(rv.DerivationError, match=words):
            call()


def test_more_singular_values_than_the_matrix_has_are_refused() -> None:
    with pytest.raises(rv.ParameterError, match="a matrix of 6 x 9 has 6 singular values; 7 were given"):
        rv.shrink_singular_values(np.ones(7), (6, 9))
