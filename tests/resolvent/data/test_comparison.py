"""How often `compare` errs on true laws, what it sees, and what it does with bad input."""

import json
import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

import resolvent as rv
from resolvent.numeric.data.samples import heavy_tails, samples

N = 120


def goe(rng: np.random.Generator) -> np.ndarray:
    a = rng.normal(size=(N, N)) / math.sqrt(2 * N)
    return np.linalg.eigvalsh(a + a.T)


def wishart(rng: np.random.Generator, columns: int, population: np.ndarray | None = None) -> np.ndarray:
    x = rng.normal(size=(N, columns))
    if population is not None:
        x *= np.sqrt(population)[:, None]
    return np.linalg.eigvalsh(x @ x.T / columns)


TRUE: dict[str, tuple[Callable[[], rv.Law], Callable[[np.random.Generator], np.ndarray]]] = {
    "semicircle": (lambda: rv.semicircle(), goe),
    "marchenko-pastur": (lambda: rv.marchenko_pastur("1/2"), lambda rng: wishart(rng, 2 * N)),
    "rank-deficient": (lambda: rv.marchenko_pastur(3), lambda rng: wishart(rng, N // 3)),
    "hard edge": (lambda: rv.marchenko_pastur(1), lambda rng: wishart(rng, N)),
    "two clusters": (
        lambda: rv.empirical([1, 10]).sample_covariance("1/10"),
        lambda rng: wishart(rng, 10 * N, np.repeat([1.0, 10.0], N // 2)),
    ),
}


@pytest.mark.parametrize("name", TRUE)
def test_true_laws_are_refuted_no_more_often_than_the_level(name: str) -> None:
    law, draw = TRUE[name]
    rho, rng = rv.Spectrum(law()), np.random.default_rng(7)
    refuted = sum(rv.compare(draw(rng), rho, level=0.05).verdict == "refuted" for _ in range(60))
    assert refuted <= 6  # 3 are expected at most; more than 6 have a probability of 3 %


def test_the_linear_statistics_have_the_stated_deviations() -> None:
    rho, rng = rv.Spectrum(rv.semicircle()), np.random.default_rng(2)
    excess = np.array([[s.excess for s in rv.compare(goe(rng), rho).statistics] for _ in range(150)])
    stated = np.sqrt(np.arange(1, 7) / 2)
    assert np.std(excess, axis=0) == pytest.approx(stated, rel=0.3)
    assert np.max(np.abs(np.mean(excess, axis=0)) / stated) < 0.5


@pytest.mark.parametrize("error", [-0.02, 0.02])
def test_two_per_cent_are_seen_at_size_1000(error: float) -> None:
    rng, rho = np.random.default_rng(4), rv.Spectrum(rv.marchenko_pastur("1/2"))
    x = rng.normal(size=(1000, 2000))
    values = np.linalg.eigvalsh(x @ x.T / 2000)
    good = rv.compare(values, rho)
    assert good.verdict == "supported"
    assert good.power > 0.99
    assert rv.compare((1 + error) * values, rho).verdict == "refuted"


def test_a_small_matrix_leaves_the_question_open() -> None:
    values = wishart(np.random.default_rng(0), 2 * N)[::8]
    found = rv.compare(values, rv.marchenko_pastur("1/2"))
    assert found.verdict == "undecided"
    assert found.power < 0.9


def test_many_matrices_are_better_than_one() -> None:
    rng, rho = np.random.default_rng(0), rv.Spectrum(rv.marchenko_pastur("1/2"))
    trials = [wishart(rng, 2 * N) for _ in range(12)]
    assert rv.compare(trials, rho).power > rv.compare(trials[0], rho).power


@pytest.mark.parametrize(("times", "least", "most"), [(0.6, 0.0, 0.15), (2.5, 0.95, 1.0)])
def test_components_are_found_above_their_threshold_only(times: float, least: float, most: float) -> None:
    """A spike of the population at 1 + times sqrt(c) of white noise: the threshold is at 1."""
    rng, rho, c = np.random.default_rng(8), rv.Spectrum(rv.marchenko_pastur("1/2")), 0.5
    population = np.ones(N)
    population[0] += times * math.sqrt(c)
    counts = [rv.compare(wishart(rng, 2 * N, population), rho).components for _ in range(40)]
    assert least <= np.mean([count == 1 for count in counts]) <= most


def test_planted_components_are_counted_and_left_out() -> None:
    rng, p = np.random.default_rng(3), 500
    for rank in (3, 10, 30):
        population = np.ones(p)
        population[:rank] = np.linspace(6, 12, rank)
        x = np.sqrt(population)[:, None] * rng.normal(size=(p, 2 * p))
        found = rv.compare(x, rv.marchenko_pastur("1/2"), singular=True)
        assert found.components == rank
        assert found.verdict != "refuted"


def test_a_wrong_number_of_zeros_is_refuted() -> None:
    values = wishart(np.random.default_rng(0), N // 3)
    values[:10] = 0.05
    assert rv.compare(np.where(np.abs(values) < 1e-10, 0.2, values), rv.marchenko_pastur(3)).verdict == "refuted"


def test_the_report_says_the_verdict_in_every_format() -> None:
    found = rv.compare(goe(np.random.default_rng(1)), rv.semicircle(), beta=1)
    assert f"verdict: {found.verdict}" in found.text()
    assert found.verdict in found.html()
    assert found.verdict in found.markdown()
    assert "$T_{1}$ & " in found.latex()
    assert "<i>T</i><sub>1</sub>" in found.html()
    assert json.loads(json.dumps(found.to_json()))["verdict"] == found.verdict
    assert found.plot().patches


def test_pages_show_the_picture_and_latex_has_it_beside_itself() -> None:
    found = rv.compare(goe(np.random.default_rng(1)), rv.semicircle())
    assert found.html().count("<svg ") == 1
    assert "](data:image/svg+xml;base64," in found.markdown()
    files = found.latex_files("my law_1")
    assert sorted(files) == ["my law_1.tex", "my-law-1-1.pdf"]
    assert files["my-law-1-1.pdf"].startswith(b"%PDF")
    assert r"\includegraphics[width=0.8\linewidth]{my-law-1-1.pdf}" in files["my law_1.tex"].decode()
    assert "includegraphics" not in found.latex()


def test_the_report_says_what_its_columns_are() -> None:
    values = goe(np.random.default_rng(1))
    values[-1] = 5.0
    words = rv.compare(values, rv.semicircle()).text()
    for column in ("excess", "deviation", "allowed", "p-value", "statistic", "reading"):
        assert f"\n  {column}: " in words


def test_matrices_are_counted_with_their_components() -> None:
    rng = np.random.default_rng(5)
    pair = [goe(rng), np.append(goe(rng), np.linspace(-1.5, 1.5, 60))]
    pair[0][-1] = 5.0
    reasons = " ".join(rv.compare(pair, rv.semicircle()).reasons)
    assert "the matrices have 120 to 180 eigenvalues" in reasons


@pytest.mark.parametrize(
    ("values", "options", "words"),
    [
        ([1.0] * 7, {}, "at least 8"),
        ([math.nan] * 9, {}, "finite"),
        ([1j] * 9, {}, "complex"),
        (np.ones((9, 8)), {}, "not symmetric"),
        (np.ones((2, 2, 2)), {}, "3 dimensions"),
        ([1.0] * 9, {"level": 2}, "level"),
        ([1.0] * 9, {"resolution": 0}, "resolution"),
        ([1.0] * 9, {"beta": 3}, "beta"),
    ],
)
def test_bad_input_is_named(values: object, options: dict, words: str) -> None:
    with pytest.raises(rv.ParameterError, match=words):
        rv.compare(values, rv.semicircle(), **options)


def test_a_comparison_without_power_says_how_many_eigenvalues_decide() -> None:
    data = np.random.default_rng(1).normal(size=(400, 800))
    found = rv.compare(data[:100, :200], rv.marchenko_pastur("1/2"), singular=True)
    assert found.verdict == "undecided"
    assert "about 390 eigenvalues would decide" in found.reasons[0]
    assert rv.compare(data, rv.marchenko_pastur("1/2"), singular=True).verdict == "supported"


def test_a_hopeless_law_is_refuted_in_a_few_lines_and_no_bound_exceeds_1() -> None:
    x = np.random.default_rng(1).normal(size=(300, 600))
    found = rv.compare(x, rv.semicircle("1/10"), singular=True)
    text = found.text()
    assert found.verdict == "refuted"
    assert len(text.splitlines()) < 50
    assert "which says nothing" in text
    assert "eigenvalues lie outside the support" in text
    assert len(found.edges[0].outside) > 100  # all of them are in the result
    assert len(found.plot().lines) < 10


@pytest.mark.parametrize(("factor", "shift"), [(1e-3, 0.0), (1e6, 0.0), (1.0, 100.0), (-1.0, 0.0), (0.0, 0.0)])
def test_eigenvalues_in_other_units_are_refuted_with_both_means(factor: float, shift: float) -> None:
    x = np.random.default_rng(1).normal(size=(200, 400))
    values = factor * np.linalg.eigvalsh(x @ x.T / 400) + shift
    found = rv.compare(values, rv.marchenko_pastur("1/2"))
    assert (found.verdict, len(found.edges[0].outside)) == ("refuted", 200)
    words = f"their mean is {values.mean():.6g}, the law's 1: are both in the same units?"
    assert found.reasons[0] == f"100.0% of the eigenvalues lie outside the support ({words})"
    assert "100.0% of the eigenvalues" in found.text()
    assert len(found.plot().lines) < 10


def test_eigenvalues_beyond_a_hard_edge_have_no_scale_and_come_last() -> None:
    """No Tracy-Widom law holds at 0 for a square matrix: rounding below it must not hide a component above 4."""
    values = wishart(np.random.default_rng(3), N)
    values[: 2 * 8] = -1e-15 * np.arange(1, 17)
    values[-1] = 7.0
    text = rv.compare(values, rv.marchenko_pastur(1)).text()
    assert "nan" not in text
    rows = [line.split() for line in text.splitlines() if line.split()[:1] == ["1"]]
    assert len(rows) == 12
    assert (rows[-1][1], rows[-1][-1]) == ("7", "component")
    assert all(row[3:] == ["-", "-", "no", "scale", "there"] for row in rows[:-1])


def test_means_that_agree_are_not_asked_for_their_units() -> None:
    values = np.repeat([-1.5, 3.5], 100)  # a mean of 1, and all outside
    (reason, *_) = rv.compare(values, rv.marchenko_pastur("1/16")).reasons
    assert reason == "100.0% of the eigenvalues lie outside the support (their mean is 1, the law's 1)"


def test_many_eigenvalues_outside_speak_before_the_power() -> None:
    x = np.random.default_rng(0).normal(size=(200, 400))
    found = rv.compare(np.linalg.eigvalsh(x @ x.T / 400), rv.marchenko_pastur("1/3"))
    assert (found.verdict, found.components) == ("undecided", 17)
    assert found.reasons[0].startswith(
        "8.5% of the eigenvalues stick out: more than a few components; eigenvalues wrong"
    )


def test_pooled_matrices_that_differ_are_named() -> None:
    rng = np.random.default_rng(2)
    alike = [rng.normal(size=(200, 400)) for _ in range(5)]
    values = [np.linalg.eigvalsh(x @ x.T / 400) for x in alike]
    law = rv.marchenko_pastur("1/2")
    assert not any(
        "differ" in reason or "compared with one law" in reason for reason in rv.compare(values, law).reasons
    )
    values[3] = 1.1 * values[3]
    assert any("matrix 4 of 5 differ" in reason for reason in rv.compare(values, law).reasons)
    smaller = np.linalg.eigvalsh(alike[0][:100] @ alike[0][:100].T / 400)
    assert any("100 to 200 eigenvalues" in reason for reason in rv.compare([*values[:3], smaller], law).reasons)


def test_the_picture_marks_edges_and_components() -> None:
    x = np.random.default_rng(3).normal(size=(300, 600))
    x[0] *= 2
    law = rv.marchenko_pastur("1/2")
    axes = rv.compare(x, law, singular=True).plot()
    assert {"edges", "component"} <= set(axes.get_legend_handles_labels()[1])
    x[0] *= 3
    beyond = rv.compare(x, law, singular=True).plot()  # too far away for the picture: told in words
    assert "component" not in beyond.get_legend_handles_labels()[1]
    assert any("beyond" in text.get_text() for text in beyond.texts)


@pytest.mark.parametrize("unit", [1e-160, 1.0, 1e160])
def test_components_of_entries_with_heavy_tails_are_said_to_be_doubtful(unit: float) -> None:
    rng = np.random.default_rng(1)
    heavy, law = rng.standard_t(2.5, size=(200, 400)), rv.marchenko_pastur("1/2")
    found = rv.compare(heavy / heavy.std(), law, singular=True)
    assert found.components > 0
    assert any("heavy tails" in reason for reason in found.reasons)
    light = rng.normal(size=(200, 400))
    light[0] *= 4
    found = rv.compare(light, law, singular=True)
    assert found.components == 1
    assert not any("heavy tails" in reason for reason in found.reasons)
    assert heavy_tails(unit * heavy, True) == pytest.approx(heavy_tails(heavy, True), rel=1e-9)


@pytest.mark.parametrize("kind", ["population", "complex", "signs", "eigenvalues", "a strong direction"])
def test_what_has_no_heavy_tails(kind: str) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(100, 300))
    data = {
        "population": x * np.linspace(1, 30, 100)[:, None],
        "complex": x + 1j * rng.normal(size=x.shape),
        "signs": np.sign(x),
        "eigenvalues": np.abs(x[:, 0]),
        "a strong direction": x + 100 * np.outer(rng.normal(size=100), rng.normal(size=300)),
    }[kind]
    assert heavy_tails(data, True) == 0


def test_heavy_tails_are_the_fourth_cumulant_of_scipy() -> None:
    rows = np.random.default_rng(0).laplace(size=(20, 500)) * np.arange(1, 21)[:, None] + 7
    assert heavy_tails(rows, True) == pytest.approx(np.mean(stats.kurtosis(rows, axis=1)), rel=1e-12)
    assert heavy_tails(np.vstack([rows, np.full((1, 500), 3.0)]), True) == pytest.approx(heavy_tails(rows, True))
    assert heavy_tails(np.ones((20, 50)), True) == 0


def test_a_complex_matrix_is_compared_with_complex_ones() -> None:
    """Without a warning of NumPy, and in any order of its memory."""
    rng = np.random.default_rng(8)
    x = (rng.normal(size=(300, 600)) + 1j * rng.normal(size=(300, 600))) / math.sqrt(2)
    law = rv.marchenko_pastur("1/2")
    found = rv.compare(x, law, singular=True)
    assert (found.beta, found.verdict) == (2, "supported")
    hermitian = np.asfortranarray(x @ x.conj().T / 600)
    assert rv.compare(hermitian, law).beta == 2
    assert rv.compare(hermitian, law, beta=1).beta == 1
    assert rv.compare(x.real + 0j, law, singular=True, beta=None).beta == 1
    c = rv.parameter("c", positive=True)
    fit = rv.fit(x, rv.marchenko_pastur(c), singular=True)
    narrow = rv.fit(x.real * math.sqrt(2), rv.marchenko_pastur(c), singular=True)
    assert fit.parameters["c"] == pytest.approx(0.5, abs=0.01)
    assert fit.errors["c"] < 0.8 * narrow.errors["c"]


def test_data_with_samples_in_rows_get_a_hint() -> None:
    x = np.random.default_rng(9).normal(size=(400, 200))
    found = rv.compare(x, rv.marchenko_pastur("1/2"), singular=True)
    assert found.verdict == "refuted"
    assert any("transpose the data if yours are rows" in reason for reason in found.reasons)
    assert rv.compare(x.T, rv.marchenko_pastur("1/2"), singular=True).verdict != "refuted"


@pytest.mark.parametrize("place", [(290, 3), (3, 290), (299, 280), (5, 4)])
def test_one_entry_that_is_not_symmetric_is_seen(place: tuple[int, int]) -> None:
    """In every block of a matrix that is looked at in blocks."""
    a = np.random.default_rng(0).normal(size=(300, 300))
    for matrix in (a + a.T, a + a.T + 1j * (a - a.T)):
        assert len(samples(matrix)[0]) == 300
        matrix[place] += 1
        with pytest.raises(rv.ParameterError, match="300 x 300 is not symmetric"):
            samples(matrix)
