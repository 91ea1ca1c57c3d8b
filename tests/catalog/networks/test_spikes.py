"""Spikes of random layers: checked values, thresholds, and sampled layers at two sizes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import sympy

from resolvent.catalog import get
from resolvent.catalog.networks.spikes import GAUSSIAN, Entries, RandomLayer, spikes
from resolvent.conjectures.verification import verify
from resolvent.derive.activations.activation import activation
from resolvent.derive.errors import ParameterError
from resolvent.derive.laws.elementary import marchenko_pastur
from resolvent.numeric.spectrum.spectrum import Spectrum

GRAM = get("nonlinear-gram")
SIGNS = Entries(0.0, 1.0)
x = sympy.Symbol("x")
COSINE = activation("cos", centred=True, sigma_w="13/10")
SETTINGS = {"phi": "3/10", "psi": "1/5", "activation": "cos", "sigma_w": "13/10"}


def top(layer: RandomLayer, sizes: tuple[int, int, int], count: int, seeds: int) -> np.ndarray:
    """The means of the largest eigenvalues of Y Y^T/m; sizes are (n_0, n_1, m)."""
    n0, n1, m = sizes
    found = []
    for seed in range(seeds):
        y = layer.features(n1, n0, m, np.random.default_rng(seed))
        found.append(np.linalg.eigvalsh(y.T @ y / m if m < n1 else y @ y.T / m)[::-1][:count])
    return np.mean(found, axis=0)


def test_value_of_the_sources() -> None:
    """FORMULAS S: cos(1.3 z), (900, 4500, 3000), signs as weights: 2.27464823 beyond the edge 1.64572613."""
    (outlier,) = GRAM.outliers(4500, **SETTINGS, w_4=1)
    assert outlier.location == pytest.approx(2.27464823, abs=5e-9)
    assert Spectrum(GRAM.at(**SETTINGS)).support()[1] == pytest.approx(1.64572613, abs=2e-8)


def test_strengths_of_the_sources() -> None:
    """theta^2 = kappa^2 v n_1/n_0 for each side, kappa = E[xi^2 f]/2."""
    kappa = math.exp(-0.845) * -1.69 / 2  # of cos(1.3 xi)
    assert RandomLayer(COSINE, SIGNS).strengths(4500, 900) == pytest.approx([abs(kappa) * math.sqrt(10)], rel=1e-12)
    assert RandomLayer(COSINE).strengths(4500, 900) == pytest.approx([abs(kappa) * math.sqrt(10)] * 2, rel=1e-12)
    assert RandomLayer(COSINE, SIGNS, SIGNS).strengths(4500, 900) == []
    assert RandomLayer(activation("erf")).strengths(4500, 900) == []


@pytest.mark.parametrize("theta", [0.5, 0.9, 1.1, 2.0])
def test_places_without_a_linear_part(theta: float) -> None:
    """(theta^2 + eta)(theta^2 + eta c)/theta^2 iff theta^2 > eta sqrt(c); FORMULAS S."""
    scale = theta / math.sqrt(2)  # f = s (x^2 - 1) has kappa = s, eta = 2 s^2, zeta = 0
    layer = RandomLayer(activation(sympy.Rational(str(scale)) * (x**2 - 1)), SIGNS)
    (strength,) = layer.strengths(400, 400) or [0.0]
    eta, c = 2 * scale**2, 0.5
    (found,) = spikes(eta * marchenko_pastur("1/2"), layer, 400, 400, 800)
    squared = strength**2
    assert found.threshold**2 == pytest.approx(eta * math.sqrt(c), rel=1e-9)
    if squared > eta * math.sqrt(c):
        assert found.location == pytest.approx((squared + eta) * (squared + eta * c) / squared, rel=1e-9)
    else:
        assert found.location is None


def test_a_component_along_the_square_is_not_sufficient() -> None:
    """kappa is not 0, and still nothing leaves the bulk where there are few units for an input."""
    few = {**SETTINGS, "phi": 1, "psi": 1}
    assert RandomLayer(COSINE).strengths(400, 400)[0] > 0
    assert GRAM.outliers(400, **few) == ()


@pytest.mark.parametrize("entries", [SIGNS, GAUSSIAN, Entries(0.0, 2.0), Entries(1.0, 2.0), Entries(-0.5, 4.0)])
def test_entries_have_their_moments(entries: Entries) -> None:
    values = entries.draw(1000, 1000, np.random.default_rng(3)).ravel()
    for k, exact in enumerate((0.0, 1.0, entries.third, entries.fourth), start=1):
        assert np.mean(values**k) == pytest.approx(exact, abs=6 * np.std(values**k) / 1000)


def test_moments_that_nothing_has() -> None:
    with pytest.raises(ParameterError, match="at least 1 \\+"):
        Entries(1.0, 1.5)
    with pytest.raises(ParameterError, match="no distribution"):
        GRAM.outliers(400, phi=1, psi=1, activation="cos", w_3=2)


@pytest.mark.slow
@pytest.mark.parametrize(("weights", "data", "count"), [(SIGNS, GAUSSIAN, 1), (GAUSSIAN, GAUSSIAN, 2)])
def test_sampled_spikes_come_closer_with_the_size(weights: Entries, data: Entries, count: int) -> None:
    """The mean of the largest eigenvalues, known to 0.016, is off by O(1/n_0): 0.08 and 0.04 at n_0 = 30."""
    layer = RandomLayer(COSINE, weights, data)
    gaps = []
    for n0, seeds in ((30, 200), (150, 24)):
        seen = top(layer, (n0, 5 * n0, 10 * n0 // 3), count, seeds).mean()
        gaps.append(abs(float(seen) - 2.274648))
    assert gaps[1] < 0.5 * gaps[0]


@pytest.mark.slow
def test_skew_entries_make_one_where_there_is_no_square() -> None:
    """sin(2x) is odd, so the second component vanishes; skew W and X bring the third one out."""
    skew = Entries(1.5, 3.25)
    sine = activation("sin", centred=True, sigma_w=2)
    n0, n1, m = 300, 3000, 1500
    law = GRAM.at(phi=sympy.Rational(n0, m), psi=sympy.Rational(n0, n1), activation="sin", sigma_w=2)
    (found,) = spikes(law, RandomLayer(sine, skew, skew), n1, n0, m)
    third = float(sine.hermite(3)) / math.sqrt(6)
    assert found.strength == pytest.approx(abs(third) * 1.5**2 * math.sqrt(n1 / n0), rel=0.05)
    seen = top(RandomLayer(sine, skew, skew), (n0, n1, m), 2, 2)
    edge = Spectrum(law).support()[1]
    assert found.location is not None
    assert seen[0] == pytest.approx(found.location, rel=0.06)
    assert seen[1] < 1.04 * edge
    assert top(RandomLayer(sine, skew, GAUSSIAN), (n0, n1, m), 1, 2)[0] < 1.04 * edge


def test_skew_weights_lean_towards_the_linear_part() -> None:
    """Two-point weights: (w^2 - 1) is 3/2 w, so that the direction of the norms is W e itself: one of both lengths."""
    f = activation(x / 2 + sympy.Rational(2, 5) * (x**2 - 1))
    skew, alike = Entries(1.5, 3.25), Entries(0.0, 3.25)
    norms, linear = (0.4 * 1.5) ** 2 * 10, 0.25 * 10
    assert RandomLayer(f, skew, SIGNS).strengths(2000, 200) == pytest.approx([math.sqrt(norms + linear)], rel=1e-12)
    assert RandomLayer(f, alike, SIGNS).strengths(2000, 200) == pytest.approx([math.sqrt(norms)], rel=1e-12)
    both = np.zeros((4, 4))  # singular values as eigenvalues
    both[:2, 2:] = [[0, math.sqrt(norms)], [math.sqrt(norms), math.sqrt(linear)]]
    expected = np.linalg.eigvalsh(both + both.T)[-1]
    assert RandomLayer(f, skew, Entries(-1.5, 3.25)).strengths(2000, 200) == pytest.approx([expected], rel=1e-12)


@pytest.mark.slow
def test_sampled_spikes_of_skew_data_come_closer_with_the_size() -> None:
    """8.512 beyond the edge 7.430, where entries without skewness have nothing: seen 11.0 and 9.1 (+- 0.1)."""
    layer = RandomLayer(activation(x / 2 + sympy.Rational(2, 5) * (x**2 - 1)), GAUSSIAN, Entries(1.5, 3.25))
    law = GRAM.at(phi="1/5", psi="1/10", eta="57/100", zeta="1/4")
    found = spikes(law, layer, 2000, 200, 1000)
    assert found[0].location == pytest.approx(8.5121, abs=1e-4)
    assert all(s.location is None for s in spikes(law, RandomLayer(layer.activation), 2000, 200, 1000))
    gaps = [abs(top(layer, (n0, 10 * n0, 5 * n0), 1, seeds)[0] - 8.5121) for n0, seeds in ((20, 200), (80, 30))]
    assert gaps[1] < 0.5 * gaps[0]


@pytest.mark.slow
def test_verification_predicts_the_spike() -> None:
    params: dict[str, Any] = {**SETTINGS, "w_4": 1}
    result = verify(GRAM, params=params, size=600, trials=9, resolution=0.2)
    ((location, _, seen),) = result.statistics[0].predicted
    assert result.verdict != "refuted"
    assert len(seen) == 9
    assert abs(np.mean(seen) / location - 1) < 0.06
