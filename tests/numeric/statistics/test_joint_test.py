"""The joint test: exact level on Gaussian statistics, power where it says, and the algebra of extrapolation."""

import numpy as np
import pytest
from scipy import stats

from resolvent.derive.errors import ParameterError
from resolvent.numeric.statistics.joint_test import JointTest, extrapolation_weights, joint_test, smallest_seen


def _draws(rng, trials, p, mixing, sizes, shift):
    return [np.asarray(rng.normal(size=(trials, p)) @ mixing / n + shift(n)) for n in sizes]


@pytest.mark.parametrize("sizes", [(50, 100), (30, 60, 120), (20, 30, 40, 80)])
def test_the_weights_remove_the_orders_that_they_should(sizes):
    weights = extrapolation_weights(sizes)
    n = np.array(sizes, dtype=float)
    assert np.isclose(weights.sum(), 1)
    assert np.isclose((weights / n).sum(), 0, atol=1e-12)
    if len(sizes) > 2:
        assert np.isclose((weights / n**2).sum(), 0, atol=1e-14)


def test_the_weights_have_the_least_variance():
    sizes = np.array([20, 30, 40, 80], dtype=float)
    weights = extrapolation_weights([20, 30, 40, 80])
    constraints = np.stack([np.ones(4), 1 / sizes, 1 / sizes**2])
    other = weights + 0.1 * np.linalg.svd(constraints)[2][-1]
    assert np.sum((weights / sizes) ** 2) < np.sum((other / sizes) ** 2)


@pytest.mark.parametrize("level", [1e-20, 1e-100, 1e-299])
def test_a_level_that_nothing_can_reach_sees_nothing_or_only_large_errors(level):
    run = JointTest(("a", "b"), np.zeros(2), np.zeros(2), np.ones(2), 5, 0.0, 1.0, np.eye(2))
    assert smallest_seen(run, np.ones(2), level) > smallest_seen(run, np.ones(2), 0.01)


def test_one_size_is_refused():
    with pytest.raises(ParameterError, match="two different sizes"):
        extrapolation_weights([100, 100])


@pytest.mark.parametrize("sizes", [(50, 100), (30, 60, 120)])
def test_the_level_is_exact_for_correlated_gaussian_statistics(sizes):
    rng = np.random.default_rng(1)
    mixing = rng.normal(size=(4, 4))
    expected = np.array([1.0, -2.0, 0.5, 3.0])
    p_values = [
        joint_test("abcd", expected, _draws(rng, 12, 4, mixing, sizes, lambda n: expected + 3 / n), sizes,
                   np.zeros(4)).p_value
        for _ in range(800)
    ]  # fmt: skip
    assert stats.kstest(p_values, "uniform").pvalue > 1e-3


@pytest.mark.slow
def test_the_smallest_error_is_seen_with_the_stated_power():
    rng = np.random.default_rng(2)
    covariance = np.diag([1.0, 4.0, 0.25])
    direction = np.array([1.0, 1.0, -0.5])
    trials, level = 20, 0.01
    seen = 0
    for _ in range(2000):
        other = np.cov(rng.multivariate_normal(np.zeros(3), covariance, size=trials), rowvar=False)  # as a run has it
        run = JointTest(("a", "b", "c"), np.zeros(3), np.zeros(3), np.ones(3), trials, 0.0, 1.0, other / trials)
        delta = smallest_seen(run, direction, level)
        estimates = rng.multivariate_normal(delta * direction, covariance, size=trials)
        mean, spread = estimates.mean(axis=0), np.cov(estimates, rowvar=False)
        t2 = trials * mean @ np.linalg.solve(spread, mean)
        seen += stats.f.sf(t2 * (trials - 3) / (3 * (trials - 1)), 3, trials - 3) < level
    assert abs(seen / 2000 - 0.95) < 0.02


def test_a_direction_without_effect_is_never_seen():
    known = JointTest(("a",), np.zeros(1), np.zeros(1), np.ones(1), 10, 0.0, 1.0, np.eye(1))
    assert smallest_seen(known, np.zeros(1), 0.01) == np.inf


def test_the_statistic_is_hotellings():
    rng = np.random.default_rng(3)
    sizes = (10, 20)
    values = _draws(rng, 9, 2, np.eye(2), sizes, lambda n: 0.1)
    found = joint_test(["a", "b"], np.zeros(2), values, sizes, np.zeros(2))
    estimates = 2 * values[1] - values[0]
    mean, inverse = estimates.mean(axis=0), np.linalg.inv(np.cov(estimates, rowvar=False))
    assert np.isclose(found.statistic, 9 * mean @ inverse @ mean * 7 / (2 * 8))
    assert np.allclose(found.scores, mean / (estimates.std(axis=0, ddof=1) / 3))


def test_statistics_that_do_not_fluctuate_are_judged_by_the_floor():
    values = [np.full((8, 1), 0.5), np.full((8, 1), 0.5)]
    near = joint_test(["a"], np.array([0.5001]), values, (10, 20), np.array([1e-3]))
    far = joint_test(["a"], np.array([0.51]), values, (10, 20), np.array([1e-4]))
    assert near.p_value > 0.5
    assert far.p_value < 1e-6


def test_too_few_trials_are_refused():
    values = [np.zeros((3, 3)), np.zeros((3, 3))]
    with pytest.raises(ParameterError, match="at least 4"):
        joint_test("abc", np.zeros(3), values, (10, 20), np.zeros(3))
