"""Verification: a check with an entry, or a law, as its own claim; what it samples, finds, shows and refuses."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np
import pytest
import scipy.stats
import sympy
from matplotlib.figure import Figure

from resolvent import catalog
from resolvent.catalog.conjectures.conjecture import REFUTED, SUPPORTED, UNDECIDED
from resolvent.catalog.schema.ensemble import Ensemble
from resolvent.conjectures.statistics.statistical_stage import PointStatistics
from resolvent.conjectures.verdict import Verdict
from resolvent.conjectures.verification import verify
from resolvent.derive.errors import ParameterError, ResolventError
from resolvent.derive.laws.elementary import marchenko_pastur, semicircle
from resolvent.numeric.matrices.ensembles import goe
from resolvent.numeric.spectrum.spectrum import Spectrum

TRUE = {
    "semicircle": ("semicircle", {"variance": 2}, 200),
    "marchenko-pastur": ("marchenko-pastur", {"c": "1/2", "sigma": 1}, 200),
    "marchenko-pastur with an atom": ("marchenko-pastur", {"c": 2, "sigma": "3/2"}, 200),
    "wishart-product": ("wishart-product", {"alpha": 1}, 200),
    "hessian": ("hessian", {"phi": "1/2", "eps": "1/2", "sigma": 1}, 200),
}


@lru_cache
def verified(name: str) -> Verdict:
    """One of the true laws, verified once; such small matrices see errors of ten per cent."""
    slug, params, size = TRUE[name]
    return verify(catalog.get(slug), params=params, size=size, rng=1, resolution=0.1)


@lru_cache
def network() -> Verdict:
    """The Hessian of a real network at an energy where the assumptions fail."""
    return verify(catalog.get("hessian"), params={"phi": "1/2", "eps": 1, "sigma": 1}, size=14, sampler="network")


def sampled(verdict: Verdict) -> PointStatistics:
    """What the matrices of its one point say."""
    (found,) = verdict.statistics
    return found


def texts(verdict: Verdict) -> dict[str, str]:
    """The sentences, by what they are about."""
    return {f.subject: f.text for f in verdict.findings}


def falsified(slug: str, **changes: Any) -> Ensemble:
    """An ensemble with its sampler but a law of other parameters: each is multiplied by the given factor."""
    entry = catalog.get(slug)

    def derive(**values: Any) -> Any:
        return entry.derive(**{k: v * sympy.Rational(changes.get(k, 1)) for k, v in values.items()})

    return replace(entry, derive=derive, known=(), assumptions=entry.assumptions)


# -- verdicts ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TRUE)
def test_a_true_law_is_supported(name: str) -> None:
    assert verified(name).verdict == SUPPORTED


@pytest.mark.parametrize(
    ("slug", "changes", "params"),
    [
        ("semicircle", {"variance": "21/20"}, {"variance": 1}),
        ("marchenko-pastur", {"c": "21/20"}, {"c": "1/2"}),
        ("wishart-product", {"alpha": "21/20"}, {"alpha": 1}),
        ("hessian", {"sigma": "21/20"}, {"phi": "1/2", "eps": 1, "sigma": 1}),
    ],
)
def test_a_law_of_a_parameter_that_is_slightly_off_is_refuted(
    slug: str, changes: dict[str, str], params: dict[str, Any]
) -> None:
    assert verify(falsified(slug, **changes), params=params, size=400).verdict == REFUTED


def test_a_law_with_the_right_variance_and_the_wrong_shape_is_refuted() -> None:
    entry = catalog.get("semicircle")
    wrong = replace(entry, derive=lambda variance: marchenko_pastur(variance) - 1, known=())
    result = verify(wrong, params={"variance": 1}, size=100, trials=9)
    assert result.verdict == REFUTED
    assert sampled(result).distances[-1].value > sampled(result).bound


def test_rademacher_entries_have_the_same_limit() -> None:
    entry = catalog.get("semicircle")
    result = verify(entry, params={"variance": 1}, size=200, sampler="rademacher", resolution=0.1)
    assert result.conjecture.model is not None
    assert (result.conjecture.model.sampler, result.verdict) == ("rademacher", SUPPORTED)


def test_a_law_is_verified_by_its_matrix_model() -> None:
    law = semicircle() + marchenko_pastur(sympy.Symbol("c", positive=True))
    result = verify(law, params={"c": "1/2"}, size=200, resolution=0.1)
    assert (result.verdict, sampled(result).sizes) == (SUPPORTED, (100, 200))


@pytest.mark.parametrize(("size", "trials"), [(5, 20), (20, 9), (200, 8)])
def test_a_run_without_power_supports_nothing(size: int, trials: int) -> None:
    result = verify(catalog.get("marchenko-pastur"), params={"c": 1}, size=size, trials=trials)
    assert (result.verdict, result.exit_status) == (UNDECIDED, 3)
    assert result.first_wrong is not None
    assert result.first_wrong.subject == "power"


def test_a_real_network_is_not_supported() -> None:
    assert network().verdict != SUPPORTED


def test_six_units_of_a_network_are_not_enough_for_a_verdict() -> None:
    entry, params = catalog.get("hessian"), {"phi": "1/2", "eps": 1, "sigma": 1}
    assert verify(entry, params=params, size=6, trials=4, sampler="network").verdict != SUPPORTED


def test_a_refutation_names_the_assumptions_of_the_law() -> None:
    assert network().verdict == REFUTED
    assert "asymptotically free" in texts(network())["model"]
    assert "at least one of them" in texts(network())["assumptions"]


def test_a_refutation_names_the_eigenvalues_outside_the_support() -> None:
    result = sampled(network())
    assert len(result.outside[-1]) > 0
    assert np.max(result.outside[-1]) == np.max(result.eigenvalues)
    assert f"{len(result.outside[-1]) / result.trials:.3g} at size 14" in texts(network())["outliers"]


def test_a_supported_law_does_not_blame_its_assumptions() -> None:
    assert "assumes" in texts(verified("hessian"))["model"]
    assert "assumptions" not in texts(verified("hessian"))


# -- the numbers ---------------------------------------------------------------------------------------------


def test_statistics_are_those_of_the_eigenvalues() -> None:
    result = sampled(verified("semicircle"))
    mapped = np.reshape(result.eigenvalues, (20, 200)) / (2 * math.sqrt(2))
    inside = np.clip(mapped, -1.1, 1.1)
    assert result.test.names == ("T_1", "T_2", "T_3", "T_4", "T_5", "T_6")
    large = np.mean(2 * inside**2 - 1, axis=1)
    matrices = [goe(100, np.random.default_rng(np.random.SeedSequence(1, spawn_key=(0, 100, k)))) for k in range(20)]
    small = [np.mean(2 * np.clip(np.linalg.eigvalsh(m) / 2, -1.1, 1.1) ** 2 - 1) for m in matrices]
    assert result.test.extrapolated[1] == pytest.approx(np.mean(2 * large - small))


def test_expected_statistics_of_the_semicircle_are_exact() -> None:
    assert sampled(verified("semicircle")).test.expected == pytest.approx([0, -0.5, 0, 0, 0, 0], abs=1e-10)


def test_the_distance_is_that_of_scipy_on_all_eigenvalues() -> None:
    result = sampled(verified("semicircle"))
    expected = scipy.stats.ks_1samp(result.eigenvalues, Spectrum(semicircle(2)).cdf)
    assert result.distances[-1].value == pytest.approx(expected.statistic, abs=1e-12)


def test_half_of_the_size_is_sampled_too() -> None:
    result = sampled(verified("marchenko-pastur"))
    assert result.sizes == (100, 200)
    assert len(result.eigenvalues) == 20 * 200


def test_dimensions_at_half_of_the_size_are_not_rounded() -> None:
    result = verify(catalog.get("marchenko-pastur"), params={"c": "2/3"}, size=90, trials=4)
    assert sampled(result).sizes == (42, 90)


def test_the_atom_of_a_rank_deficient_matrix_is_found_in_the_sample() -> None:
    result = sampled(verified("marchenko-pastur with an atom"))
    assert result.distances[-1].value < 0.02
    assert [float(a.weight) for a in result.law.atoms] == [0.5]


def small(**changes: Any) -> Verdict:
    """A small verification with some arguments changed."""
    arguments: dict[str, Any] = {"params": {"variance": 1}, "size": 40, "trials": 4}
    return verify(catalog.get("semicircle"), **{**arguments, **changes})


def test_the_same_seed_gives_the_same_numbers() -> None:
    one, other = small(rng=9), small(rng=9)
    assert one.to_json() == other.to_json()
    assert np.array_equal(sampled(one).eigenvalues, sampled(other).eigenvalues)


def test_more_processes_give_the_same_numbers() -> None:
    assert small(rng=9, jobs=2).to_json() == small(rng=9).to_json()


def test_another_seed_gives_other_numbers() -> None:
    assert not np.array_equal(sampled(small(rng=9)).eigenvalues, sampled(small(rng=10)).eigenvalues)


def test_a_seed_sequence_is_a_seed() -> None:
    assert small(rng=9).to_json() == small(rng=np.random.SeedSequence(9)).to_json()


def test_trials_do_not_depend_on_their_number() -> None:
    four, five = (sampled(small(trials=n, rng=2)).eigenvalues for n in (4, 5))
    assert np.array_equal(four, five[: len(four)])


def test_defaults_fill_in_parameters() -> None:
    result = verify(catalog.get("marchenko-pastur"), params={"c": 1}, size=40, trials=4)
    assert result.conjecture.points == ({"c": Fraction(1), "sigma": Fraction(1)},)


def test_progress_is_told_after_each_matrix() -> None:
    calls: list[int] = []
    small(trials=5, progress=lambda: calls.append(1))
    assert len(calls) == 10


def test_a_short_run_is_silent(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    import resolvent.progress as module

    monkeypatch.setattr(module, "_PATIENCE", 60.0)  # so that a busy machine does not change the outcome
    small()
    assert capsys.readouterr() == ("", "")


# -- reports -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["semicircle", "hessian"])
def test_the_report_ends_with_the_verdict(name: str) -> None:
    assert verified(name).report().splitlines()[-1] == "verdict: supported"


def test_the_report_of_a_refutation_says_so_and_why() -> None:
    report = network().report()
    assert report.splitlines()[-1] == "verdict: refuted"
    words = " ".join(report.split())  # lines end after 80 columns
    assert all(" ".join(finding.text.split()) in words for finding in network().findings)


def test_the_report_names_what_was_sampled() -> None:
    report = verified("marchenko-pastur").report()
    assert report.splitlines()[0] == "marchenko-pastur: the sampler 'wishart' against the derived law"
    assert "20 matrices of each of the sizes 100, 200 at c = 1/2, sigma = 1" in report
    assert "would have been" in report.partition("power: ")[2]
    assert all(f"\n  {name} " in report for name in ("T_1", "T_6"))


def test_the_reports_as_documents_name_the_entry() -> None:
    assert "the sampler 'wishart'" in verified("marchenko-pastur").latex()
    command = "resolvent verify marchenko-pastur --set c=1/2 --set sigma=1 --trials 20 --size 200 --sampler wishart"
    assert command in verified("marchenko-pastur").html()


def test_plain_data_survive_json() -> None:
    data = verified("hessian").to_json()
    assert json.loads(json.dumps(data, allow_nan=False)) == data


def test_plain_data_agree_with_the_verdict() -> None:
    result, data = network(), network().to_json()
    assert (data["name"], data["verdict"], data["seed"]) == ("hessian", result.verdict, 0)
    (statistics,) = data["statistics"]
    assert statistics["trials"] == sampled(result).trials == 20
    assert statistics["kolmogorov_distances"][-1] == sampled(result).distances[-1].value
    assert statistics["outside_support"][-1] == len(sampled(result).outside[-1])
    assert [s["name"] for s in statistics["statistics"]] == [f"T_{k}" for k in range(1, 7)]


def test_the_picture_shows_sample_and_law() -> None:
    ax = Figure().add_subplot()
    assert verified("semicircle").plot(ax) is ax
    legend = ax.get_legend()
    assert legend is not None
    assert "derived" in {t.get_text() for t in legend.get_texts()}
    assert ax.get_title() == "semicircle: variance = 2"


def test_there_is_no_picture_of_a_point_that_does_not_exist() -> None:
    with pytest.raises(ParameterError, match="no matrices were compared"):
        verified("semicircle").plot(point=1)


# -- input ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("trials", [3, 0, -1, 4.0, "4", True, None])
def test_too_few_trials_are_refused(trials: Any) -> None:
    with pytest.raises(ParameterError, match="at least 4 trials"):
        small(trials=trials)


@pytest.mark.parametrize("name", ["level", "resolution"])
@pytest.mark.parametrize("level", [0, 1, -0.1, 2, math.nan, "0.01", None, True])
def test_levels_outside_the_unit_interval_are_refused(name: str, level: Any) -> None:
    with pytest.raises(ParameterError, match=f"{name} must lie between 0 and 1"):
        small(**{name: level})


@pytest.mark.parametrize("size", [0, 1, -4, 2.5, "20", True])
def test_impossible_sizes_are_refused(size: Any) -> None:
    with pytest.raises(ParameterError, match="size"):
        small(size=size)
    with pytest.raises(ParameterError, match="size"):
        verify(semicircle(), size=size)


@pytest.mark.parametrize("size", [2, 3])
def test_sizes_without_a_half_are_refused(size: int) -> None:
    with pytest.raises(ParameterError, match="at least"):
        small(size=size)


def test_sizes_beyond_the_memory_are_refused_at_once() -> None:
    with pytest.raises(ParameterError, match="GiB"):
        small(size=10**6)
    with pytest.raises(ResolventError, match=r"^matrices of size .* GiB"):
        verify(semicircle(), size=10**7)


def test_an_odd_size_of_a_sampler_of_pairs_is_refused() -> None:
    with pytest.raises(ParameterError, match="multiple of 2"):
        verify(catalog.get("hessian"), params={"phi": 1, "eps": 1, "sigma": 1}, size=21, trials=4)


def test_an_unknown_sampler_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ParameterError, match=r"rademacher"):
        small(sampler="rademache")


def test_a_missing_parameter_is_named() -> None:
    with pytest.raises(ParameterError, match="needs a value for c"):
        verify(catalog.get("marchenko-pastur"), params={}, size=20)
    with pytest.raises(ParameterError, match="no value for c"):
        verify(marchenko_pastur(sympy.Symbol("c", positive=True)), size=20)


def test_an_unknown_parameter_is_named() -> None:
    with pytest.raises(ParameterError, match="unknown parameter"):
        small(params={"variance": 1, "varianec": 2})


@pytest.mark.parametrize("value", [-1, 0, "x y", math.nan, sympy.Symbol("v", positive=True)])
def test_values_outside_the_domain_are_refused(value: Any) -> None:
    with pytest.raises(ParameterError, match="variance"):
        small(params={"variance": value})


@pytest.mark.parametrize("seed", [-1, 1.5, "1", None, True, np.random.SeedSequence(1).spawn(1)[0]])
def test_seeds_that_are_none_are_refused(seed: Any) -> None:
    with pytest.raises(ParameterError, match="seed must be a non-negative integer"):
        small(rng=seed)


def test_what_has_no_matrices_is_refused() -> None:
    with pytest.raises(ParameterError, match="an entry of the catalog or a law"):
        verify("semicircle")  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match="has no matrix model"):
        verify(marchenko_pastur(1).free_power("1/2"))
    with pytest.raises(ParameterError, match="leave it out"):
        verify(semicircle(), sampler="goe")
