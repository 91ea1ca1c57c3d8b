"""The error of a recovered population against the distance to the true one, which is known here."""

import numpy as np
import pytest

import resolvent as rv


def _distance(law: rv.Law, truth: np.ndarray) -> float:
    """Wasserstein's distance, by quantiles of both."""
    levels = (np.arange(4000) + 0.5) / 4000
    return float(np.mean(np.abs(rv.Spectrum(law).ppf(levels) - np.quantile(truth, levels, method="inverted_cdf"))))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["one point", "two clusters", "uniform"])
def test_the_error_is_not_smaller_than_said_as_often_as_promised(name: str) -> None:
    """Twenty draws at level 0.9: fewer than 15 within has probability 0.01 if the level holds."""
    p, n = 100, 300
    truth = {"one point": np.ones(p), "two clusters": np.repeat([1.0, 6.0], p // 2),
             "uniform": 1 + 3 * (np.arange(p) + 0.5) / p}[name]  # fmt: skip
    within = []
    for seed in range(20):
        x = np.sqrt(truth)[:, None] * np.random.default_rng(seed).normal(size=(p, n))
        law = rv.population(np.linalg.eigvalsh(x @ x.T / n), "1/3")
        error = rv.population_error(law, "1/3", p, level=0.9, seed=100 + seed)
        assert error < 1.5 * np.mean(truth)
        within.append(_distance(law, truth) <= error)
    assert sum(within) >= 15


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"ratio": 0, "size": 100}, "ratio must be positive"),
        ({"ratio": 1, "size": 5}, "size must lie"),
        ({"ratio": 1, "size": 50, "level": 1.0}, "level is a probability"),
    ],
)
def test_bad_input_is_named(options: dict, words: str) -> None:
    with pytest.raises(rv.ParameterError, match=words):
        rv.population_error(rv.empirical([1.0]), **options)


def test_a_population_with_negative_eigenvalues_is_refused() -> None:
    for call in (
        lambda: rv.spike(rv.semicircle(), "1/2", 5),
        lambda: rv.spike_of(rv.semicircle(), "1/2", 9),
        lambda: rv.population_error(rv.semicircle(), "1/2", 50),
    ):
        with pytest.raises(rv.DerivationError, match=r"a population needs a law on \[0, oo\)"):
            call()
