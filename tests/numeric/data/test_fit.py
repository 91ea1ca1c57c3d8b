"""Fits of sampled matrices: coverage, components left out, rank-deficient and centred data; populations and spikes."""

import math

import numpy as np
import pytest

import resolvent as rv

C, S, V = (rv.parameter(name, positive=True) for name in "csv")
LAW = rv.marchenko_pastur(C, S)


@pytest.mark.slow
def test_intervals_cover_with_their_probability() -> None:
    rng = np.random.default_rng(11)
    covered = []
    for _ in range(40):
        found = rv.fit(1.5 * rng.normal(size=(100, 200)), LAW, singular=True)
        (c_low, c_high), (s_low, s_high) = found.intervals.values()
        covered.append([c_low < 0.5 < c_high, s_low < 1.5 < s_high])
    assert np.all(np.sum(covered, axis=0) >= 34)  # 38 are expected; 33 or fewer have a probability of 1 %


def test_components_are_left_out() -> None:
    rng = np.random.default_rng(5)
    x = rng.normal(size=(200, 400))
    x[:3] *= np.array([3.0, 4.0, 5.0])[:, None]
    found = rv.fit(x, LAW, singular=True)
    assert len(found.left_out) == 3
    assert found.intervals["c"][0] < 0.5 < found.intervals["c"][1]
    assert found.p_value > 1e-3


def test_rank_deficient_data() -> None:
    found = rv.fit(np.random.default_rng(6).normal(size=(300, 100)), LAW, singular=True)
    assert found.parameters["c"] == pytest.approx(3.0, abs=0.06)
    assert found.parameters["s"] == pytest.approx(1.0, abs=0.02)


def test_centred_data_fit_the_ratio_of_one_sample_less() -> None:
    """The effective size is what the ratio says; a centred matrix divided by n - 1 has p/(n - 1)."""
    x = np.random.default_rng(7).normal(size=(150, 301))
    x -= x.mean(axis=1, keepdims=True)
    values = np.linalg.eigvalsh(x @ x.T / 300)
    found = rv.fit(values, LAW)
    assert found.intervals["c"][0] < 0.5 < found.intervals["c"][1]


def test_several_matrices_narrow_the_interval() -> None:
    rng = np.random.default_rng(8)

    def draw() -> np.ndarray:
        a = rng.normal(size=(150, 150)) / math.sqrt(300)
        return np.linalg.eigvalsh(2 * (a + a.T))

    law = rv.semicircle(V)
    one, many = rv.fit(draw(), law), rv.fit([draw() for _ in range(9)], law)
    assert many.errors["v"] == pytest.approx(one.errors["v"] / 3, rel=0.2)
    assert many.intervals["v"][0] < 4 < many.intervals["v"][1]


def test_a_wrong_law_has_a_small_p_value() -> None:
    values = np.random.default_rng(9).uniform(-1, 1, size=400)
    assert rv.fit(values, rv.semicircle(V)).p_value < 1e-6


@pytest.mark.parametrize(
    ("law", "options", "words"),
    [(rv.semicircle(), {}, "one to 6 parameters"), (rv.semicircle(V), {"confidence": 2}, "confidence")],
)
def test_bad_input_is_named(law: rv.Law, options: dict, words: str) -> None:
    with pytest.raises(rv.ParameterError, match=words):
        rv.fit(np.linspace(-1, 1, 50), law, **options)


def test_the_population_of_two_clusters_comes_back() -> None:
    rng, p = np.random.default_rng(0), 400
    x = np.sqrt(np.repeat([1.0, 8.0], p // 2))[:, None] * rng.normal(size=(p, 3 * p))
    values = np.linalg.eigvalsh(x @ x.T / (3 * p))
    law = rv.population(values, "1/3")
    assert float(law.moments(1)[0]) == pytest.approx(4.5, abs=0.1)
    found = rv.Spectrum(law)
    assert float(found.cdf(3.0)) == pytest.approx(0.5, abs=0.05)
    assert float(found.cdf(1.6) - found.cdf(0.6)) == pytest.approx(0.5, abs=0.1)


def test_a_spike_over_two_clusters_has_its_place_and_overlap() -> None:
    found = rv.spike(rv.empirical([1, 4], [0.8, 0.2]), "1/2", 20)
    assert (found.location, found.overlap) == (pytest.approx(20.921, abs=1e-3), pytest.approx(0.9489, abs=5e-5))


@pytest.mark.parametrize("strength", [1.6, 2.0, 5.0])
def test_spikes_over_white_noise_have_closed_forms(strength: float) -> None:
    """Baik, Silverstein, and Paul: l (1 + c/(l - 1)) and (1 - c/(l - 1)^2)/(1 + c/(l - 1)) for l > 1 + sqrt(c)."""
    c, d = 0.25, strength - 1
    found = rv.spike(rv.empirical([1.0]), c, strength)
    assert found.location == pytest.approx(strength * (1 + c / d))
    assert found.overlap == pytest.approx((1 - c / d**2) / (1 + c / d))
    assert rv.spike_of(rv.empirical([1.0]), c, found.location).strength == pytest.approx(strength)


@pytest.mark.parametrize("c", [1e-4, 0.1, 1.0, 10.0, 1e4])
def test_the_inverse_reaches_down_to_the_edge_and_far_away(c: float) -> None:
    """White noise ends at (1 + sqrt(c))^2; a spike l is seen at l (1 + c/(l - 1)), of slope 0 at 1 + sqrt(c)."""
    edge, white = (1 + math.sqrt(c)) ** 2, rv.empirical([1.0])
    for strength in (1 + 1.001 * math.sqrt(c), 1e12 * max(1.0, c)):
        place = strength * (1 + c / (strength - 1))
        assert rv.spike_of(white, c, place).strength == pytest.approx(strength, rel=1e-9)
    with pytest.raises(rv.ParameterError, match=f"ends at {edge:.6g}"):
        rv.spike_of(white, c, edge * (1 - 1e-9))


def test_a_weak_spike_stays_in_the_bulk() -> None:
    found = rv.spike(rv.empirical([1.0]), "1/4", 1.4)
    assert (found.location, found.overlap) == (None, 0.0)
    with pytest.raises(rv.ParameterError, match="no spike above the bulk"):
        rv.spike_of(rv.empirical([1.0]), "1/4", 2.2)
    with pytest.raises(rv.ParameterError, match="lies in the population's bulk"):
        rv.spike(rv.empirical([1.0]), "1/4", 1.0)


@pytest.mark.parametrize("scale", [1e-10, 1e-4, 0.03, 30.0, 70.0, 1e3, 1e6, 1e10])
def test_a_fit_does_not_depend_on_the_unit(scale: float) -> None:
    x = scale * np.random.default_rng(3).normal(size=(200, 400))
    found = rv.fit(np.linalg.eigvalsh(x @ x.T / 400), LAW)
    assert found.parameters["c"] == pytest.approx(0.5, rel=0.1)
    assert found.parameters["s"] == pytest.approx(scale, rel=0.05)
    assert found.errors["c"] == pytest.approx(0.004, rel=0.1)
    assert found.errors["s"] == pytest.approx(0.0025 * scale, rel=0.1, abs=0)


def test_single_precision_counts_as_such() -> None:
    """The zeros of a matrix without full rank, which single precision leaves at 1e-7 on both sides of 0."""
    x = np.random.default_rng(3).normal(size=(400, 200)).astype(np.float32)
    values = np.linalg.eigvalsh(x @ x.T / 200)
    assert values.dtype == np.float32
    assert values[0] < 0
    found, exact = rv.fit(values, LAW), rv.fit(np.where(np.arange(400) < 200, 0.0, values), LAW)
    assert (found.left_out, found.parameters) == ((), exact.parameters)
    assert rv.compare(values, rv.marchenko_pastur(2)).zeros == (200, 200)
    cleaned = rv.shrink(values, 2)
    assert float(np.mean(cleaned)) == pytest.approx(float(np.mean(values)), rel=0.02)


def test_what_no_parameters_explain_is_an_error() -> None:
    values = np.concatenate([np.full(300, -1.0), np.full(300, 1.0)]) + np.random.default_rng(0).normal(size=600) / 100
    with pytest.raises(rv.PrecisionError, match="no parameters of the law explain the eigenvalues"):
        rv.fit(values, rv.marchenko_pastur(rv.parameter("c", positive=True)))


@pytest.mark.parametrize("factor", [1e-3, 1e6])
def test_a_missing_scale_is_named(factor: float) -> None:
    x = np.random.default_rng(3).normal(size=(200, 400))
    values = factor * np.linalg.eigvalsh(x @ x.T / 400)
    with pytest.raises(rv.PrecisionError, match="best fit 1, which leaves out 100% of them; is a scale"):
        rv.fit(values, rv.marchenko_pastur(rv.parameter("c", positive=True)))


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_equal_eigenvalues_have_no_bulk(value: float) -> None:
    with pytest.raises(rv.ParameterError, match=f"all the eigenvalues are {value:g}; there is no bulk to fit"):
        rv.fit(np.full(50, value), LAW)


def test_a_law_as_text_is_refused_with_its_remedy() -> None:
    with pytest.raises(rv.ParameterError, match=r"law must be a law \(resolvent.parse reads one from text\)"):
        rv.fit(np.arange(50.0), "marchenko_pastur(c)")  # type: ignore[arg-type]


def test_a_fit_that_leaves_out_a_fifth_is_none() -> None:
    """Numbers between 1 and 200: the law was fitted to the upper four fifths, with a p-value of 0.96."""
    with pytest.raises(rv.PrecisionError, match=r"which leaves out \d+% of them"):
        rv.fit(np.random.default_rng(0).uniform(1, 200, 200), LAW)


def test_complex_data_are_fitted_without_a_warning() -> None:
    """The law of complex data is that of real ones; their imaginary parts count, and their precision is seen."""
    rng = np.random.default_rng(9)
    x = (rng.normal(size=(150, 300)) + 1j * rng.normal(size=(150, 300))) / math.sqrt(2)
    found = rv.fit(x, LAW, singular=True, beta=2)
    assert found.parameters["c"] == pytest.approx(0.5, abs=0.03)
    assert found.parameters["s"] == pytest.approx(1.0, abs=0.02)
    single = rv.fit(x.astype(np.complex64).astype(complex), LAW, singular=True, beta=2)
    assert single.parameters["c"] == pytest.approx(found.parameters["c"], rel=1e-5)
