"""The nonlinear Gram ensemble: checked values, activations as an option, sampled features, and the spike of a mean."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import sympy

from resolvent import catalog
from resolvent.catalog.schema.ensemble import Ensemble
from resolvent.catalog.schema.option import Choice
from resolvent.conjectures.verification import verify
from resolvent.derive.activations.activation import activation
from resolvent.derive.errors import ParameterError
from resolvent.numeric.matrices.ensembles import symmetric_eigenvalues
from resolvent.numeric.spectrum.rigidity import kolmogorov_distance
from resolvent.numeric.spectrum.spectrum import Spectrum

GRAM: Ensemble = catalog.get("nonlinear-gram")
SHAPES = [("3/4", "3/2"), (2, "1/2"), ("1/8", 2)]  # n1 : n0 : m = 2 : 3 : 4, 4 : 2 : 1, 1 : 2 : 16
x = sympy.Symbol("x")
EVEN_PARTS: list[Any] = ["cos", x**2 - 1 + x]
ACTIVATIONS: list[Any] = ["relu", "erf", "sin", "sign", *EVEN_PARTS]

each_shape = pytest.mark.parametrize(("phi", "psi"), SHAPES)


# -- the law -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("eta", "zeta", "degree"), [(1, "1/2", 4), (2, 2, 3), (3, 0, 2)])
def test_degree_in_general_and_at_the_limits(eta: object, zeta: object, degree: int) -> None:
    assert GRAM.law(eta=eta, zeta=zeta).equation.degree == degree
    assert GRAM.law().at(eta=eta, zeta=zeta).equation == GRAM.law(eta=eta, zeta=zeta).equation


def test_density_just_above_the_left_edge_is_that_of_sampled_features() -> None:
    """At 10^-0.6 the density is 0.09114, not 0 as a note on other programs has it: the support begins at 0.22386."""
    rho = Spectrum(GRAM.at(phi=1, psi="1/10", eta="39/100", zeta="36/100"))
    assert rho.intervals[0].left == pytest.approx(0.223858, abs=1e-6)
    assert rho.pdf(10**-0.6) == pytest.approx(0.0911413, abs=1e-7)
    rng, n = np.random.default_rng(0), 240
    weights, data, rest = (rng.standard_normal(shape) for shape in ((10 * n, n), (n, n), (10 * n, n)))
    features = math.sqrt(0.36 / n) * weights @ data + math.sqrt(0.03) * rest
    values = symmetric_eigenvalues(features.T @ features / n)
    assert 0.1 * np.mean(values < 0.3) == pytest.approx(rho.cdf(0.3) - rho.cdf(0.1), abs=6e-4)


def test_more_slope_than_variance_is_refused_with_the_first_moment_that_fails() -> None:
    with pytest.raises(ParameterError, match=r"no activation has zeta > eta .* m_5 is the first that fails"):
        GRAM.law(phi=1, psi=1, eta=1, zeta=2)
    with pytest.raises(ParameterError, match="no activation has zeta > eta"):
        GRAM.law(eta=1, zeta=2)
    with pytest.raises(ParameterError, match=r"no activation has zeta > eta .*none of the first 256 moments shows it"):
        GRAM.law().at(eta=1, zeta="1001/1000", phi=1, psi=1)


def test_more_slope_than_variance_is_refused_even_where_a_measure_exists() -> None:
    """At phi small the bulk of WX keeps away from 0, so that a little can be taken off: a measure, of no activation."""
    with pytest.raises(ParameterError, match=r"got eta = 99/100, zeta = 1$"):
        GRAM.law(phi=16, psi=16, eta="99/100", zeta=1)


# -- the option --------------------------------------------------------------------------------------------


def test_activation_sets_eta_and_zeta() -> None:
    choice = GRAM.numbers({"phi": 1, "psi": 1, "activation": "relu"})
    assert choice["zeta"] == sympy.Rational(1, 4)
    assert abs(float(choice["eta"]) - (0.5 - 0.5 / math.pi)) < 1e-16
    assert isinstance(choice["activation"], Choice)
    assert str(choice["activation"]) == "relu, centred"


@pytest.mark.parametrize("value", ["erf", sympy.Symbol("erf"), x**3 - x, np.tanh])
def test_what_an_activation_may_be(value: Any) -> None:
    expected = activation(value, sigma_w=2, sigma_x="1/2", centred=True).rational()
    found = GRAM.numbers({"phi": 1, "psi": 1, "activation": value, "sigma_w": 2, "sigma_x": "1/2"})
    assert (found["eta"], found["zeta"]) == expected


def test_constants_do_not_depend_on_centring() -> None:
    values = [GRAM.numbers({"phi": 1, "psi": 1, "activation": "relu", "centred": c}) for c in (0, 1)]
    assert values[0]["eta"] == values[1]["eta"]


def test_choice_is_a_step_of_the_derivation_and_stays_one() -> None:
    law = GRAM.law(activation="relu", sigma_w=2)
    for found in (law, law.at(phi=1), law.at(phi=1).at(psi=2)):
        steps = [s for s in found.derivation.steps if s.rule.name == "constants of an activation"]
        assert [s.text for s in steps] == ["eta and zeta of relu, centred, sigma_w = 2, rounded to 17 digits"]
        assert steps[0].formulas == (
            sympy.Eq(sympy.Symbol("eta"), 2 - 2 / sympy.pi, evaluate=False),
            sympy.Eq(sympy.Symbol("zeta"), 1, evaluate=False),
        )
        assert found.derivation.check()


def test_exact_constants_are_not_called_rounded() -> None:
    law = GRAM.law(activation=x**2 - 1 + x)
    assert any(s.text == "eta and zeta of polynomial, centred" for s in law.derivation.steps)
    assert law.equation == GRAM.law(eta=3, zeta=1).equation


def test_settings_can_be_used_again() -> None:
    settings = GRAM.numbers({"phi": 1, "psi": 2, "activation": "sin"})
    assert GRAM.law(**settings).equation == GRAM.law(phi=1, psi=2, activation="sin").equation
    assert np.array_equal(GRAM.sample(20, 0, **settings), GRAM.sample(20, 0, phi=1, psi=2, activation="sin"))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"activation": "rleu"}, "did you mean 'relu'"),
        ({"activation": "relu", "eta": 1}, "sets eta; leave out eta=1"),
        ({"sigma_w": 2}, "sigma_w goes with activation="),
        ({"activation": "relu", "sigma_w": -1}, r"sigma_w .* must lie in \(0, oo\); got -1"),
        ({"activation": "relu", "centred": 2}, r"centred .* must lie in integers in \[0, 1\]"),
        ({"activation": "relu", "sigma_w": sympy.Symbol("s", positive=True)}, "rational"),
        ({"activation": activation("relu")}, "name or function here"),
        ({"activation": 3}, "is no activation"),
        ({"activaton": "relu"}, "did you mean 'activation'"),
        ({"phi": 1, "psi": 1, "zeta": 1}, "needs a value for eta .* or activation="),
    ],
)
def test_bad_settings(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        GRAM.numbers(settings)


def test_a_constant_activation_has_no_law() -> None:
    with pytest.raises(ParameterError, match="is constant"):
        GRAM.law(activation=_constant)


def _constant(value: float) -> float:
    return 3.0


# -- sampled matrices --------------------------------------------------------------------------------------


def distance(size: int, seed: int, **settings: Any) -> float:
    rho = Spectrum(GRAM.law(**settings))
    return kolmogorov_distance(rho, symmetric_eigenvalues(GRAM.sample(size, seed, **settings))).value


@each_shape
@pytest.mark.parametrize("function", ACTIVATIONS, ids=str)
def test_features_follow_the_law(function: Any, phi: Any, psi: Any) -> None:
    """One matrix of size 400; the spectra are rigid, 1/100 is four eigenvalues.

    Activations with a square component feel the fluctuations of norms more: the next test is about them.
    """
    bound = 0.03 if function in EVEN_PARTS else 0.01
    assert distance(400, 20170058, phi=phi, psi=psi, activation=function) < bound


@each_shape
@pytest.mark.parametrize("function", EVEN_PARTS, ids=str)
def test_activations_with_a_square_component_come_closer_with_the_size(function: Any, phi: Any, psi: Any) -> None:
    settings = {"phi": phi, "psi": psi, "activation": function}
    small, large = (np.mean([distance(n, seed, **settings) for seed in range(4)]) for n in (100, 400))
    assert large < small / 2.5


@each_shape
@pytest.mark.parametrize("sampler", ["features", "equivalent"])
@pytest.mark.parametrize(("eta", "zeta"), [(1, "1/3"), (2, 2), (1, 0)])
def test_samplers_with_the_constants_alone(sampler: str, eta: Any, zeta: Any, phi: Any, psi: Any) -> None:
    settings = {"phi": phi, "psi": psi, "eta": eta, "zeta": zeta}
    rho = Spectrum(GRAM.law(**settings))
    values = symmetric_eigenvalues(GRAM.sample(400, 1, sampler=sampler, **settings))
    assert kolmogorov_distance(rho, values).value < 0.012


def test_scales_enter_the_sample() -> None:
    settings = {"phi": 1, "psi": 1, "activation": "erf", "sigma_w": 3, "sigma_x": "1/2"}
    assert distance(400, 5, **settings) < 0.01
    assert distance(400, 5, **{**settings, "sigma_x": 2}) < 0.01


def test_a_function_of_ones_own() -> None:
    assert distance(400, 5, phi=1, psi=1, activation=np.arctan) < 0.01


# -- the spike of a mean -----------------------------------------------------------------------------------


def test_predicted_spike_of_the_source() -> None:
    """(n0, n1, m) = (900, 600, 1200), ReLU: 96.0 predicted from the mean alone, 95.83 +- 0.09 seen."""
    settings = {"phi": "3/4", "psi": "3/2", "activation": "relu", "centred": 0}
    (outlier,) = GRAM.outliers(600, **settings)
    assert abs(outlier.location - 96.0) < 0.1
    seen = [symmetric_eigenvalues(GRAM.sample(600, s, **settings))[-1] for s in range(4)]
    assert abs(np.mean(seen) - outlier.location) < 1.0


def test_centred_activations_and_plain_constants_predict_nothing() -> None:
    shape = {"phi": 1, "psi": 1}
    assert GRAM.outliers(600, **shape, activation="relu") == ()
    assert GRAM.outliers(600, **shape, eta=1, zeta=0) == ()
    assert GRAM.outliers(600, **shape, activation="sin", centred=0) == ()
    assert GRAM.outliers(600, sampler="equivalent", **shape, activation="relu", centred=0) == ()


def test_a_small_mean_makes_no_outlier() -> None:
    tiny = x + sympy.Rational(1, 1000)
    assert GRAM.outliers(600, phi=1, psi=1, activation=tiny, centred=0) == ()
    assert len(GRAM.outliers(600, phi=1, psi=1, activation=x + 1, centred=0)) == 1


def test_verification_shows_the_spike_and_keeps_it_out_of_the_statistics() -> None:
    settings = {"phi": 1, "psi": 1, "activation": "relu", "centred": 0}
    result = verify(GRAM, params=settings, size=300, resolution=0.1)
    (statistics,) = result.statistics
    ((location, _, seen),) = statistics.predicted
    assert result.verdict == "supported"
    assert len(seen) == 20
    assert abs(np.mean(seen) / location - 1) < 0.05
    assert np.max(statistics.eigenvalues) < 5
    assert any("an outlier is predicted near" in f.text and "seen in 20 of 20" in f.text for f in result.findings)
    assert result.to_json()["statistics"][0]["predicted_outliers"][0]["seen"] == [float(v) for v in seen]
    assert result.conjecture.title.startswith("nonlinear-gram with activation = relu, not centred: ")


def test_a_spike_that_is_not_seen_is_said_so() -> None:
    """The equivalent model has no mean; were the prediction asked of it, none would be seen."""
    from dataclasses import replace

    features, equivalent = GRAM.samplers
    mixed = replace(GRAM, samplers=(replace(equivalent, outliers=features.outliers),))
    result = verify(mixed, params={"phi": 1, "psi": 1, "activation": "relu", "centred": 0}, size=200, trials=4)
    assert any("seen in 0 of 4 matrices" in f.text for f in result.findings)


# -- shapes ------------------------------------------------------------------------------------------------


def test_dimensions_follow_the_ratios() -> None:
    from resolvent.catalog.entries.nonlinear_gram import shape

    assert shape(600, 0.75, 1.5) == (900, 1200)
    assert GRAM.sample(30, 0, phi=1, psi=1, activation="sign").shape == (30, 30)
    with pytest.raises(ParameterError, match="leave no inputs or samples"):
        GRAM.sample(10, 0, phi=1000, psi=1, eta=1, zeta=0)


def test_memory_is_asked_for_before_it_is_taken() -> None:
    with pytest.raises(ParameterError, match="GiB"):
        GRAM.sample(20_000, 0, phi="1/8", psi=2, eta=1, zeta=0)


def test_features_with_constants_have_these_constants() -> None:
    from resolvent.catalog.entries.nonlinear_gram import LinearAndSine

    xi = np.random.default_rng(0).standard_normal(2_000_000)
    values = LinearAndSine(2.0, 0.5)(xi)
    assert abs(np.mean(values**2) - 2.0) < 0.01
    assert abs(np.mean(xi * values) ** 2 - 0.5) < 0.01


# -- evidence ----------------------------------------------------------------------------------------------


def test_rounded_constants_stand_beside_the_evidence() -> None:
    shape = {"phi": 1, "psi": 1}
    rounded = GRAM.law(**shape, activation="tanh").derivation
    assert rounded.evidence_in_words == "proved, given 1 assumption, for the constants rounded to 17 digits"
    assert rounded.text().splitlines()[-2] == f"evidence: {rounded.evidence_in_words}"
    exact = GRAM.law(**shape, eta=1, zeta="1/2").derivation
    assert (exact.digits, exact.evidence_in_words) == (None, "proved, given 1 assumption")
