"""Ridge regression: values that were checked elsewhere, real regressions, and what negative ridges do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

import resolvent as rv
from resolvent.numeric.curves.effective_ridge import effective_ridge, integral, smallest
from resolvent.numeric.measures.atomic_measure import AtomicMeasure
from resolvent.numeric.measures.density_measure import measure_of_density


@pytest.mark.parametrize("g", [0.1, 0.5, 0.97, 1.03, 2.0, 7.0])
def test_the_ridgeless_limit_on_both_sides_of_the_peak(g: float) -> None:
    r2, s2 = 1.5, 0.4
    printed = s2 * g / (1 - g) if g < 1 else r2 * (1 - 1 / g) + s2 / (g - 1)
    curve = rv.RidgeRegression(1, g, r2, s2)
    assert curve.risk(0) == pytest.approx(printed, rel=1e-11)
    assert curve.risk(1e-9) == pytest.approx(printed, rel=1e-5)  # continuous from above


def test_the_peak_is_infinite() -> None:
    assert rv.RidgeRegression(1, [0.5, 1.0, 2.0]).risk().tolist()[1] == np.inf


def test_the_interpolator_has_no_training_error_and_least_squares_loses_degrees_of_freedom() -> None:
    curve = rv.RidgeRegression(1, [0.25, 4.0], 1.5, 0.4)
    assert curve.training_error(0) == pytest.approx([0.4 * 0.75, 0.0], abs=1e-12)


def _regressions(
    t: np.ndarray, squares: np.ndarray, g: float, noise: float, ridges: list[float], seed: int, draws: int
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard error of risk and training error of regressions that are done by eigenvectors of S."""
    rng, p = np.random.default_rng(seed), len(t)
    n, rows = round(p / g), []
    for _ in range(draws):
        x = rng.standard_normal((p, n)) * np.sqrt(t)[:, None]
        beta = np.sqrt(squares) * rng.choice([-1, 1], p)
        y = x.T @ beta + np.sqrt(noise) * rng.standard_normal(n)
        values, vectors = np.linalg.eigh(x @ x.T / n)
        scores = vectors.T @ (x @ y / n)
        row = []
        for ridge in ridges:
            kept = values > 1e-9
            estimate = vectors @ np.where(kept, scores / np.where(kept, values + ridge, 1.0), 0.0)
            row.append([np.sum(t * (estimate - beta) ** 2), np.mean((y - x.T @ estimate) ** 2)])
        rows.append(row)
    found = np.array(rows)
    return found.mean(axis=0), found.std(axis=0) / np.sqrt(draws)


def test_real_regressions_approach_the_limit_at_negative_and_positive_ridges() -> None:
    ridges = [-0.5, -0.2, 0.0, 0.3]
    gaps = []
    for copies, draws in ((1, 60), (6, 24)):
        t = np.repeat([10.0] * 6 + [1.0] * 54, copies)
        squares = np.repeat([1.0] * 6 + [0.0] * 54, copies) / copies
        curve = rv.RidgeRegression(t, 3, squares, 0.2)
        limit = np.stack([curve.risk(ridges), curve.training_error(ridges)], axis=1)
        mean, error = _regressions(t, squares, 3, 0.2, ridges, 7, draws)
        assert np.all(np.abs(mean - limit) < 5 * error + 0.5 * limit / copies + 1e-12)
        gaps.append(np.max(np.abs(mean - limit) / (limit + 0.1)))
    assert gaps[1] < gaps[0]


def test_a_negative_ridge_is_best_for_a_strong_aligned_signal() -> None:
    t, squares = np.array([10.0] * 20 + [1.0] * 180), np.array([1.0] * 20 + [0.0] * 180)
    curve = rv.RidgeRegression(t, 3, squares, 0.0)
    best = curve.best()
    grid = np.linspace(curve.smallest_ridge + 1e-3, 2, 2001)
    risks = curve.risk(grid)
    assert best.ridge < -0.3
    assert best.ridge == pytest.approx(grid[np.argmin(risks)], abs=2e-3)
    assert best.risk <= np.min(risks) + 1e-12


def test_without_signal_the_best_ridge_is_infinite() -> None:
    best = rv.RidgeRegression(1, 0.5, signal=0, noise=1).best()
    assert best == rv.BestRidge(np.inf, 0.0)


@pytest.mark.parametrize(("ratio", "risk"), [(0.5, 0.0), (1, 0.0), (2, 0.75)])
def test_without_noise_isotropic_data_need_no_ridge(ratio: float, risk: float) -> None:
    """The best ridge is s^2 g/|beta|^2 = 0; interpolation finds all of beta up to p = n, then |beta|^2 (1 - n/p)."""
    assert rv.RidgeRegression(1, ratio, signal=1.5, noise=0).best() == rv.BestRidge(0.0, pytest.approx(risk))


def test_a_continuous_population_is_the_limit_of_its_quantiles() -> None:
    law = rv.law_of_distribution(stats.uniform(1, 3))
    quantiles = 1 + 3 * (np.arange(4000) + 0.5) / 4000
    for ridge in (0.0, 0.4):
        smooth = rv.RidgeRegression(law, 1.7, 1.0, 0.3).risk(ridge)
        assert smooth == pytest.approx(rv.RidgeRegression(quantiles, 1.7, 1.0, 0.3).risk(ridge), rel=1e-6)


def test_the_smallest_ridge_is_the_edge_of_the_sample_covariance() -> None:
    """Against the support that the free product has."""
    for g in (0.3, 3.0):
        support = rv.Spectrum(rv.atoms([1, 5], ["1/2", "1/2"]).sample_covariance(g)).intervals[0]
        found = rv.RidgeRegression([1, 5], g).smallest_ridge
        assert found == pytest.approx(-support.left, rel=1e-9)


def test_the_effective_ridge_is_the_companion_transform() -> None:
    """1/kappa = (g m(-lambda) + (1 - g)/lambda), from the spectrum of the sample covariance."""
    law = rv.law_of_distribution(stats.uniform(1, 3))
    m = float(rv.Spectrum(law.sample_covariance("3/2")).stieltjes(-0.2).real)
    found = float(rv.RidgeRegression(law, 1.5).effective_ridge(0.2))
    assert 1 / found == pytest.approx(1.5 * m + (1 - 1.5) / 0.2, rel=1e-9)


def test_a_signal_as_a_function_is_that_of_its_coordinates() -> None:
    t = np.array([1.0, 2.0, 5.0])
    by_function = rv.RidgeRegression(t, 0.8, lambda x: x**2, 0.1).risk(0.3)
    by_values = rv.RidgeRegression(t, 0.8, t**2 / 3, 0.1).risk(0.3)
    assert by_function == pytest.approx(by_values, rel=1e-13)


def test_a_part_of_the_population_at_zero_is_harmless() -> None:
    """Half of the parameters see nothing, so the ratio that matters is half of p/n."""
    half = rv.RidgeRegression([0.0, 1.0], 1.0, [0.0, 1.5], 0.4)
    whole = rv.RidgeRegression(1, 0.5, 1.5, 0.4)
    for ridge in (0.0, 0.3):
        assert half.risk(ridge) == pytest.approx(whole.risk(ridge), rel=1e-12)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (([-1.0, 2.0], 1.0), "no negative eigenvalues"),
        ((1, 0.0), "must be positive"),
        ((1, [1.0, np.nan]), "ratio"),
        ((1, 1.0, 1.0, -1.0), "must not be negative"),
        (([1, 2, 3], 1.0, [1.0, 2.0]), "as many eigenvalues"),
        (([1, 2], 1.0, [1.0, -2.0]), "some are negative"),
        (([1, np.nan], 1.0), "finite"),
    ],
)
def test_wrong_arguments_are_refused(arguments: tuple, words: str) -> None:
    with pytest.raises(rv.ParameterError, match=words):
        rv.RidgeRegression(*arguments)


def test_ridges_below_the_spectrum_and_questions_to_many_ratios_are_refused() -> None:
    with pytest.raises(rv.ParameterError, match=r"below -1"):
        rv.RidgeRegression(1, 4).risk(-1.01)
    with pytest.raises(rv.ParameterError, match="finite"):
        rv.RidgeRegression(1, 4).risk(np.inf)
    with pytest.raises(rv.ParameterError, match="one ratio"):
        rv.RidgeRegression(1, [1, 2]).best()
    with pytest.raises(rv.ParameterError, match="a list of ridges"):
        rv.RidgeRegression(1, 2).plot(0.1)


def test_next_to_the_smallest_ridge_the_risk_grows() -> None:
    curve = rv.RidgeRegression(1, 4, 1, 1)
    at = curve.risk(np.array([1e-2, 1e-4, 1e-6]) + curve.smallest_ridge)
    assert at[0] < at[1] < at[2]


def test_a_population_that_is_too_singular_is_said_to_be() -> None:
    measure = measure_of_density(lambda t: 0.5 * t**-0.5, (0, 1))
    with pytest.raises(rv.PrecisionError, match="do not converge"):
        integral(measure, lambda t: t / (t - 0.25))


def test_the_best_ridge_of_a_population_down_to_zero() -> None:
    """Without a preferred direction it is s^2 g/|beta|^2 for every population."""
    law = rv.law_of_density(lambda t: 0 * t + 1, (0, 1))
    assert rv.RidgeRegression(law, "1/2", 2, 0.5).best().ridge == pytest.approx(0.125, rel=1e-8)
    assert rv.RidgeRegression(rv.marchenko_pastur("1/2"), 3, 2, 0.5).best().ridge == pytest.approx(0.75, rel=1e-8)


def test_a_branch_that_ends_at_the_population() -> None:
    """Where few parameters have many samples the slope may stay positive down to a population that fades out."""
    measure = measure_of_density(lambda t: 4 * (t - 1) ** 3, (1, 2))
    kappa, ridge = smallest(measure, 1e-3)
    assert kappa == pytest.approx(-1, abs=1e-6)
    assert float(effective_ridge(measure, np.array(1e-3), np.array(ridge + 1e-3))) > kappa
    assert AtomicMeasure([1.0], [1.0]).support() == (1.0, 1.0)


def test_curves_are_drawn() -> None:
    axes = rv.RidgeRegression(1, np.linspace(0.1, 3, 50)).plot(0.1)
    assert [line.get_label() for line in axes.lines] == ["risk", "bias", "variance"]


@pytest.mark.parametrize(
    ("population", "ratio", "ridge"), [(1, 1, 1e-20), (1, 1, 1e-32), ([1e-30, 1], 2, 0.0), ([1e-40, 1], 2, 0.0)]
)
def test_a_risk_whose_digits_cancel_is_refused(population: Any, ratio: float, ridge: float) -> None:
    with pytest.raises(rv.PrecisionError, match="so close to interpolation"):
        rv.RidgeRegression(population, ratio=ratio, signal=0, noise=1).risk(ridge)


def test_next_to_interpolation_the_risk_has_its_digits() -> None:
    """At ratio 1 and signal 0 the risk is 1/(2 sqrt(ridge)) - 1/2 + O(sqrt(ridge))."""
    found = rv.RidgeRegression(1, ratio=1, signal=0, noise=1).risk(1e-12)
    assert float(found) == pytest.approx(1 / (2 * 1e-6) - 0.5, rel=1e-8)


def test_at_interpolation_the_risk_is_infinite() -> None:
    assert rv.RidgeRegression(1, ratio=1, signal=0, noise=1).risk(0.0) == np.inf
    for count in (7, 11, 49):  # times 1/count is not 1
        assert rv.RidgeRegression(np.linspace(1, 2, count), ratio=1).risk(0.0) == np.inf
    with pytest.raises(rv.PrecisionError, match="so close to interpolation"):
        rv.RidgeRegression(1, ratio=1 - 1e-10).risk(0.0)


@pytest.mark.parametrize("ratio", ["1e999999999", "1e400", 10**400, "1/0", "x", "nan", None])
def test_numbers_beyond_floats_and_texts_without_a_number_are_refused(ratio: Any) -> None:
    with pytest.raises(rv.ParameterError, match=r"number is needed|must be"):
        rv.RidgeRegression(1, ratio=ratio)
