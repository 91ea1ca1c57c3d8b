"""Verdicts: true laws are supported, falsified ones depart, and the report says what was seen."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import pytest
import scipy.stats
import sympy
from matplotlib.figure import Figure

from resolvent import catalog
from resolvent.catalog.schema.ensemble import Ensemble
from resolvent.conjectures.verification import DEPARTS, SUPPORTED, Verification, verify
from resolvent.derive.errors import ParameterError
from resolvent.derive.laws.elementary import marchenko_pastur, semicircle

TRUE = {
    "semicircle": ("semicircle", {"variance": 2}, 200),
    "marchenko-pastur": ("marchenko-pastur", {"c": "1/2", "sigma": 1}, 200),
    "marchenko-pastur with an atom": ("marchenko-pastur", {"c": 2, "sigma": "3/2"}, 200),
    "wishart-product": ("wishart-product", {"alpha": 1}, 200),
    "hessian": ("hessian", {"phi": "1/2", "eps": "1/2", "sigma": 1}, 200),
}


@lru_cache
def verified(name: str) -> Verification:
    """One of the true laws, verified once."""
    slug, params, size = TRUE[name]
    return verify(catalog.get(slug), params=params, size=size, trials=6, rng=1)


@lru_cache
def network() -> Verification:
    """The Hessian of a real network at an energy where the assumptions fail."""
    return verify(
        catalog.get("hessian"), params={"phi": "1/2", "eps": 1, "sigma": 1}, size=14, trials=4, sampler="network"
    )


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
def test_a_law_of_a_parameter_that_is_slightly_off_departs(
    slug: str, changes: dict[str, str], params: dict[str, Any]
) -> None:
    assert verify(falsified(slug, **changes), params=params, size=300, trials=12).verdict == DEPARTS


def test_a_law_with_the_right_variance_and_the_wrong_shape_departs() -> None:
    entry = catalog.get("semicircle")
    wrong = replace(entry, derive=lambda variance: marchenko_pastur(variance) - 1, known=())
    result = verify(wrong, params={"variance": 1}, size=100, trials=4)
    assert result.verdict == DEPARTS
    assert result.distance.value > result.distance_bound


def test_rademacher_entries_have_the_same_limit() -> None:
    result = verify(catalog.get("semicircle"), params={"variance": 1}, size=200, trials=5, sampler="rademacher")
    assert (result.sampler, result.verdict) == ("rademacher", SUPPORTED)


def test_a_real_network_departs_from_the_hessian_law() -> None:
    assert network().verdict == DEPARTS


def test_a_departure_names_the_assumptions_of_the_law() -> None:
    (sentence,) = [s for s in network().observations if "assumptions" in s]
    for text in network().assumptions:
        assert text in sentence
    assert any("free" in text for text in network().assumptions)


def test_a_departure_names_the_eigenvalues_outside_the_support() -> None:
    result = network()
    (sentence,) = [s for s in result.observations if "outside the support" in s]
    assert len(result.outside) > 0
    assert sentence.startswith(f"{len(result.outside)} eigenvalues")
    assert np.max(result.outside) == max(float(np.max(v)) for v in result.eigenvalues)


def test_a_departure_that_halves_with_the_size_is_called_a_finite_size_gap() -> None:
    result = network()
    doubled = replace(result, smaller_distance=replace(result.distance, value=2 * result.distance.value))
    assert any("falls by a factor 2.0 from size" in sentence for sentence in doubled.observations)
    steady = replace(result, smaller_distance=result.distance)
    assert not any("finite-size gap" in sentence for sentence in steady.observations)


def test_a_supported_law_does_not_blame_its_assumptions() -> None:
    assert verified("hessian").assumptions
    assert not any("assumptions" in s for s in verified("hessian").observations)


# -- the numbers ---------------------------------------------------------------------------------------------


def test_statistics_are_those_of_the_eigenvalues() -> None:
    result = verified("semicircle")
    for k, moment in enumerate(result.moments, start=1):
        trials = [float(np.mean(v**k)) for v in result.eigenvalues]
        assert moment.sampled == pytest.approx(np.mean(trials))
        assert moment.error == pytest.approx(np.std(trials, ddof=1) / math.sqrt(6))


def test_derived_moments_of_the_semicircle_are_exact() -> None:
    assert [m.derived for m in verified("semicircle").moments] == pytest.approx([0, 2, 0, 8], abs=1e-10)


def test_derived_statistics_of_the_semicircle_are_exact() -> None:
    assert [s.derived for s in verified("semicircle").statistics] == pytest.approx([0, -0.5, 0, 0, 0, 0], abs=1e-10)


def test_the_distance_is_that_of_scipy_on_all_eigenvalues() -> None:
    result = verified("semicircle")
    expected = scipy.stats.ks_1samp(np.concatenate(result.eigenvalues), result.spectrum.cdf)
    assert result.distance.value == pytest.approx(expected.statistic, abs=1e-12)


def test_half_of_the_size_is_sampled_too() -> None:
    result = verified("marchenko-pastur")
    assert result.sizes == (100, 200)
    assert [len(v) for v in result.eigenvalues] == [200] * 6


def test_the_atom_of_a_rank_deficient_matrix_is_found_in_the_sample() -> None:
    result = verified("marchenko-pastur with an atom")
    assert result.distance.value < 0.02
    assert [float(a.weight) for a in result.spectrum.atoms] == [0.5]


def test_the_same_seed_gives_the_same_numbers() -> None:
    runs = [verify(catalog.get("semicircle"), params={"variance": 1}, size=40, trials=3, rng=9) for _ in range(2)]
    assert runs[0].to_json() == runs[1].to_json()
    assert all(np.array_equal(a, b) for a, b in zip(runs[0].eigenvalues, runs[1].eigenvalues, strict=True))


def test_another_seed_gives_other_numbers() -> None:
    runs = [verify(catalog.get("semicircle"), params={"variance": 1}, size=40, trials=3, rng=seed) for seed in (9, 10)]
    assert not np.array_equal(runs[0].eigenvalues[0], runs[1].eigenvalues[0])


def test_a_seed_sequence_is_a_seed() -> None:
    entry = catalog.get("semicircle")
    one, other = (
        verify(entry, params={"variance": 1}, size=40, trials=3, rng=r) for r in (9, np.random.SeedSequence(9))
    )
    assert one.to_json() == other.to_json()


def test_trials_do_not_depend_on_their_number() -> None:
    entry = catalog.get("semicircle")
    three, four = (verify(entry, params={"variance": 1}, size=40, trials=n, rng=2) for n in (3, 4))
    assert all(np.array_equal(a, b) for a, b in zip(three.eigenvalues, four.eigenvalues, strict=False))


def test_defaults_fill_in_parameters() -> None:
    result = verify(catalog.get("marchenko-pastur"), params={"c": 1}, size=40, trials=3)
    assert result.parameters == {"c": "1", "sigma": "1"}


def test_progress_is_told_after_each_matrix() -> None:
    calls: list[int] = []
    verify(catalog.get("semicircle"), params={"variance": 1}, size=20, trials=3, progress=lambda: calls.append(1))
    assert len(calls) == 6


def test_a_short_run_is_silent(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    import resolvent.progress as module

    monkeypatch.setattr(module, "_PATIENCE", 60.0)  # so that a busy machine does not change the outcome
    verify(catalog.get("semicircle"), params={"variance": 1}, size=20, trials=3)
    assert capsys.readouterr() == ("", "")


# -- reports -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["semicircle", "hessian"])
def test_the_report_ends_with_the_verdict(name: str) -> None:
    assert verified(name).report().splitlines()[-1] == "verdict: supported"


def test_the_report_of_a_departure_says_so_and_why() -> None:
    report = network().report()
    assert report.splitlines()[-1] == "verdict: departs"
    assert all(sentence in report for sentence in network().observations)


def test_the_report_names_what_was_sampled() -> None:
    report = verified("marchenko-pastur").report()
    assert report.splitlines()[0] == (
        "marchenko-pastur at c = 1/2, sigma = 1: sampler 'wishart', 6 trials at sizes 100 and 200, seed 1"
    )
    assert all(f"\n{name} " in report for name in ("x^1", "x^4", "T_1", "T_6"))


def test_plain_data_survive_json() -> None:
    data = verified("hessian").to_json()
    assert json.loads(json.dumps(data, allow_nan=False)) == data


def test_plain_data_agree_with_the_verification() -> None:
    result = network()
    data = result.to_json()
    assert data["verdict"] == result.verdict
    assert data["kolmogorov_distance"] == result.distance.value
    assert data["outside_support"] == len(result.outside)
    assert data["observations"] == result.observations
    assert [s["name"] for s in data["statistics"]] == [f"T_{k}" for k in range(1, 7)]
    assert (data["ensemble"], data["sampler"], data["trials"], data["seed"]) == ("hessian", "network", 4, 0)
    assert data["certificate"]["worst_error"] < 1e-10


def test_the_picture_shows_sample_and_law() -> None:
    ax = Figure().add_subplot()
    assert verified("semicircle").plot(ax) is ax
    legend = ax.get_legend()
    assert legend is not None
    assert "derived" in {t.get_text() for t in legend.get_texts()}
    assert ax.get_title() == "semicircle: variance = 2"


# -- input ---------------------------------------------------------------------------------------------------


def attempt(**changes: Any) -> Verification:
    """A small verification with some arguments changed."""
    arguments: dict[str, Any] = {"params": {"variance": 1}, "size": 20, "trials": 3}
    return verify(catalog.get("semicircle"), **{**arguments, **changes})


@pytest.mark.parametrize("trials", [2, 0, -1, 3.0, "3", True, None])
def test_too_few_trials_are_refused(trials: Any) -> None:
    with pytest.raises(ParameterError, match="at least 3 trials"):
        attempt(trials=trials)


@pytest.mark.parametrize("level", [0, 1, -0.1, 2, math.nan])
def test_levels_outside_the_unit_interval_are_refused(level: float) -> None:
    with pytest.raises(ParameterError, match="level must lie between 0 and 1"):
        attempt(level=level)


@pytest.mark.parametrize("level", ["0.01", None])
def test_levels_that_are_no_numbers_are_refused(level: Any) -> None:
    with pytest.raises(ParameterError):
        attempt(level=level)


@pytest.mark.parametrize("size", [0, 1, -4, 2.5, "20", True])
def test_impossible_sizes_are_refused(size: Any) -> None:
    with pytest.raises(ParameterError, match="size"):
        attempt(size=size)


@pytest.mark.parametrize("size", [2, 3])
def test_sizes_without_a_half_are_refused(size: int) -> None:
    with pytest.raises(ParameterError, match="at least"):
        attempt(size=size)


def test_sizes_beyond_the_memory_are_refused_at_once() -> None:
    with pytest.raises(ParameterError, match="GiB"):
        attempt(size=10**6)


def test_an_odd_size_of_a_sampler_of_pairs_is_refused() -> None:
    with pytest.raises(ParameterError, match="multiple of 2"):
        verify(catalog.get("hessian"), params={"phi": 1, "eps": 1, "sigma": 1}, size=21, trials=3)


def test_an_unknown_sampler_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ParameterError, match=r"rademacher"):
        attempt(sampler="rademache")


def test_a_missing_parameter_is_named() -> None:
    with pytest.raises(ParameterError, match="needs a value for c"):
        verify(catalog.get("marchenko-pastur"), params={}, size=20, trials=3)


def test_an_unknown_parameter_is_named() -> None:
    with pytest.raises(ParameterError, match="unknown parameter"):
        attempt(params={"variance": 1, "varianec": 2})


@pytest.mark.parametrize("value", [-1, 0, "x y", math.nan, sympy.Symbol("v", positive=True)])
def test_values_outside_the_domain_are_refused(value: Any) -> None:
    with pytest.raises(ParameterError, match="variance"):
        attempt(params={"variance": value})


@pytest.mark.parametrize("seed", [-1, 1.5, "1", None, True])
def test_seeds_that_are_none_are_refused(seed: Any) -> None:
    with pytest.raises(ParameterError, match="seed must be a non-negative integer"):
        attempt(rng=seed)


def test_what_is_no_ensemble_is_refused() -> None:
    with pytest.raises(ParameterError):
        verify(semicircle(), params={}, size=20, trials=3)  # type: ignore[arg-type]
