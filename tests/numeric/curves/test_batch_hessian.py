"""Hessians of batches: outliers over several bulks on sampled matrices, damping, and spacings of real networks."""

from __future__ import annotations

import numpy as np
import pytest

import resolvent as rv
from resolvent.numeric.curves.batch_hessian import batch_outliers, minimal_damping
from resolvent.numeric.statistics.unfolding import smooth_cdf


def _noise(kind: str, n: int, rng: np.random.Generator) -> np.ndarray:
    if kind == "semicircle":
        a = rng.standard_normal((n, n))
        return (a + a.T) / np.sqrt(2 * n)
    x = rng.standard_normal((n, 2 * n))
    return x @ x.T / (2 * n) - np.eye(n)


@pytest.mark.parametrize("kind", ["semicircle", "wishart"])
@pytest.mark.parametrize("batch", [4, 25])
def test_outliers_of_batches_are_where_they_are_predicted(kind: str, batch: int) -> None:
    """The noise of b samples is really averaged, over two true eigenvalues, one of them negative."""
    bulk = rv.semicircle() if kind == "semicircle" else rv.marchenko_pastur("1/2") - 1
    high, low = batch_outliers(bulk, [3, -2], batch)
    gaps = []
    for n, draws in ((60, 24), (400, 6)):
        rows = []
        for seed in range(draws):
            rng = np.random.default_rng(seed)
            total = sum(_noise(kind, n, rng) for _ in range(batch)) / batch
            total[0, 0] += 3
            total[1, 1] -= 2
            values, vectors = np.linalg.eigh(total)
            rows.append([values[-1] - high.location, values[0] - low.location, vectors[0, -1] ** 2 - high.overlap])
        gaps.append(np.sqrt(np.mean(np.square(rows), axis=0)))
    if kind == "semicircle":
        assert np.sum(gaps[1]) < np.sum(gaps[0])
        assert np.all(gaps[1] < 0.08)
    else:  # the average of b Wishart matrices has the ratio 1/(2b): a bulk that scales, but changes its shape
        assert np.all(gaps[1] < 0.12)


def test_a_batch_too_small_hides_an_eigenvalue() -> None:
    bulk = rv.marchenko_pastur("1/2") - 1
    least = batch_outliers(bulk, [0.4], 1)[0].least_batch
    hidden, seen = (batch_outliers(bulk, [0.4], least * f)[0] for f in (0.99, 1.01))
    assert hidden.location is None
    assert hidden.overlap == 0
    assert seen.location == pytest.approx(rv.Spectrum(bulk).support()[1] / np.sqrt(least), rel=0.02)


def test_large_batches_show_the_true_eigenvalue() -> None:
    for batch in (1e4, 1e8):
        (found,) = batch_outliers(rv.semicircle(), [1], batch)
        assert found.location == pytest.approx(1 + 1 / batch, rel=1e-9)
        assert found.overlap == pytest.approx(1 - 1 / batch, rel=1e-9)


def test_the_damping_is_the_left_edge_or_a_quantile() -> None:
    law = rv.catalog.get("hessian").law(phi="1/2", eps=1, sigma=1)
    rho = rv.Spectrum(law)
    assert minimal_damping(law) == -rho.support()[0]
    some = minimal_damping(rho, share="1/20")
    assert float(rho.cdf(-some)) == pytest.approx(0.05, abs=1e-9)
    assert minimal_damping(law, outliers=[-7.0]) == 7
    assert minimal_damping(rv.marchenko_pastur("1/2")) == 0


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(rv.ParameterError, match="batch must be positive"):
        batch_outliers(rv.semicircle(), [1], 0)
    with pytest.raises(rv.ParameterError, match="eigenvalue 0"):
        batch_outliers(rv.semicircle(), [0], 1)
    with pytest.raises(rv.ParameterError, match=r"has the mean 0; this law has 1: take it off"):
        batch_outliers(rv.marchenko_pastur("1/2"), [1], 16)
    with pytest.raises(rv.ParameterError, match="share"):
        minimal_damping(rv.semicircle(), share=1)


@pytest.mark.parametrize(
    ("law", "share", "expected"),
    [
        (rv.atoms([-2, 1], ["1/2", "1/2"]), "1/2", 0.0),  # half of the eigenvalues may stay negative: nothing to do
        (rv.atoms([-2, -1, 3], ["1/4", "1/4", "1/2"]), "1/4", 1.0),
        (rv.atoms([-2, -1, 3], ["1/4", "1/4", "1/2"]), "1/5", 2.0),
        (rv.mixture([rv.semicircle(), rv.semicircle() - 5], ["3/4", "1/4"]), "1/4", 2.0),
        (rv.marchenko_pastur(2) - 1, "1/2", 1 - (2**0.5 - 1) ** 2),
    ],
)
def test_damping_across_gaps(law: rv.Law, share: str, expected: float) -> None:
    """The least delta with at most the share below -delta: the other end of a gap, with an eigenvalue at its start."""
    assert minimal_damping(law, share=share) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("outlier", [np.nan, np.inf, "x"])
def test_outliers_that_are_no_numbers_are_refused(outlier: object) -> None:
    """NaN came out as no damping at all."""
    with pytest.raises(rv.ParameterError):
        minimal_damping(rv.semicircle(), outliers=[outlier])  # type: ignore[list-item]


# -- spacings ------------------------------------------------------------------------------------------------------


def test_hessians_of_real_networks_have_the_spacings_of_the_goe() -> None:
    entry = rv.catalog.get("hessian")
    draws = [entry.sample(14, seed, sampler="network", phi="1/2", eps=1, sigma=1) for seed in range(4)]
    values = [np.linalg.eigvalsh(h) for h in draws]
    assert rv.compare_spacings(smooth_cdf(values), values).verdict == "GOE"


def test_unfolding_without_a_law_tells_matrices_from_points() -> None:
    rng = np.random.default_rng(0)
    points = [np.sort(rng.standard_normal(400)) for _ in range(4)]
    assert rv.compare_spacings(smooth_cdf(points), points).verdict == "Poisson"
    matrices = np.array([np.linalg.eigvalsh(_noise("semicircle", 300, rng)) for _ in range(4)])
    assert rv.compare_spacings(smooth_cdf(matrices), matrices).verdict == "GOE"


def test_few_or_broken_eigenvalues_are_refused() -> None:
    with pytest.raises(rv.ParameterError, match="at least 50"):
        smooth_cdf(np.arange(30.0))
    with pytest.raises(rv.ParameterError, match="finite"):
        smooth_cdf([*range(60), np.nan])
