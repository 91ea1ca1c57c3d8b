"""The Jacobian of a deep network: checked statements, misprints, and real networks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sympy

from resolvent.catalog import get
from resolvent.catalog.entries.jacobian import edge_by_depth
from resolvent.derive.errors import ParameterError
from resolvent.derive.expressions.law import law_of
from resolvent.numeric.expressions import dimension, gaussian, projection
from resolvent.numeric.matrices.ensembles import symmetric_eigenvalues
from resolvent.numeric.spectrum.spectrum import Spectrum

JACOBIAN = get("jacobian")
L, p, s = (JACOBIAN.symbols[name] for name in ("depth", "p", "sigma_w"))


def test_moments_for_every_depth() -> None:
    """m_1 = (sigma_w^2 p)^L and m_2/m_1^2 = 1 + L/p, respectively 1 + L(1/p - 1)."""
    for word, growth in (("gaussian", L / p), ("orthogonal", L * (1 / p - 1))):
        first, second = JACOBIAN.law(weights=word).moments(2)
        assert sympy.simplify(first - s ** (2 * L) * p**L) == 0
        assert sympy.simplify(second / first**2 - 1 - growth) == 0


def test_edge_for_every_depth_is_the_one_of_each() -> None:
    for depth in (1, 2, 3):
        rho = Spectrum(JACOBIAN.at(depth=depth, sigma_w=1, p="1/3"))
        edge = edge_by_depth().subs({L: depth, p: sympy.Rational(1, 3), s: 1})
        assert float(edge) == pytest.approx(rho.support()[1], rel=1e-12)


def test_two_layers_from_the_matrix_expression() -> None:
    """J J^T with J = D_2 W_2 D_1 W_1 and independent projections D, by its Dyson equation."""
    n = dimension("n")
    half = sympy.Rational(1, 2)
    first, second = (projection(f"D{k}", n, half) for k in (1, 2))
    w, v = gaussian("W", n, n), gaussian("V", n, n)
    model = second @ v @ first @ w @ w.T @ first @ v.T @ second / n**2
    assert law_of(model).equation == JACOBIAN.law(depth=2, sigma_w=1, p="1/2").equation


def test_law_is_algebraic_for_a_few_layers_and_explicit_for_many() -> None:
    assert JACOBIAN.law(depth=8, sigma_w=1).has_equation
    assert not JACOBIAN.law(depth=9, sigma_w=1).has_equation
    assert not JACOBIAN.law(sigma_w=1).has_equation
    later = JACOBIAN.law().at(depth=3, sigma_w=1, p="1/2")
    assert later.equation == JACOBIAN.law(depth=3, sigma_w=1, p="1/2").equation


def test_scales_may_be_square_roots() -> None:
    rho = Spectrum(JACOBIAN.at(depth=3, sigma_w=sympy.sqrt(2), activation="relu"))
    assert -rho.stieltjes(-1).real == pytest.approx(-0.809016994374947, abs=1e-13)
    assert JACOBIAN.sample(8, 0, depth=3, sigma_w=sympy.sqrt(2)).shape == (8, 8)


def test_activations_set_the_share() -> None:
    assert JACOBIAN.numbers({"depth": 2, "activation": "relu"})["p"] == sympy.Rational(1, 2)
    assert JACOBIAN.numbers({"depth": 2, "activation": "linear"})["p"] == 1
    hard = JACOBIAN.numbers({"depth": 2, "activation": "hard_tanh", "sigma_w": 2, "sigma_b": "1/10"})
    assert 0 < hard["p"] < 1
    law = JACOBIAN.at(depth=2, activation="tanh", sigma_w="3/2")
    assert "numeric" in law.derivation.evidence_in_words
    assert any("independent of the weights" in step.rule.name for step in law.derivation.steps)
    rho = Spectrum(law)
    assert rho.mean() == pytest.approx(float(JACOBIAN.numbers(
        {"depth": 2, "activation": "tanh", "sigma_w": "3/2"})["p"]) ** 2 * 1.5**4, rel=1e-10)  # fmt: skip


@pytest.mark.parametrize(
    "settings",
    [
        {"depth": 3, "sigma_w": 1, "p": "3/4"},
        {"depth": 3, "sigma_w": 1, "p": "5/6", "weights": "orthogonal"},
        {"depth": 2, "sigma_w": "3/2", "activation": "hard_tanh", "sigma_b": "1/10"},
        pytest.param({"depth": 2, "sigma_w": "6/5", "activation": "gelu", "q": 1}, marks=pytest.mark.slow),
    ],
    ids=str,
)
def test_real_networks_come_closer_with_their_width(settings: dict[str, Any]) -> None:
    rho = Spectrum(JACOBIAN.at(**settings))
    gaps = []
    for width, draws in ((60, 16), (480, 4)):
        values = np.concatenate([symmetric_eigenvalues(JACOBIAN.sample(width, k, **settings)) for k in range(draws)])
        values = np.sort(np.where(np.abs(values) < 1e-11, 0.0, values))
        places = values + 1e-9
        counted = np.searchsorted(values, places, side="right") / len(values)
        gaps.append(float(np.max(np.abs(rho.cdf(places) - counted))))
    assert gaps[1] < 0.7 * gaps[0]
    assert gaps[1] < 0.03


def test_ten_thousand_layers_keep_their_atom_and_mean() -> None:
    """L(1 - p) = 1/10 < 1: an atom of 9/10 at 1; the mean is p^L."""
    rho = Spectrum(JACOBIAN.at(depth=10_000, sigma_w=1, p="99999/100000", weights="orthogonal"))
    assert [(float(a.point), float(a.weight)) for a in rho.atoms][-1] == pytest.approx((1.0, 0.9), abs=1e-12)
    assert float(rho.mean()) == pytest.approx(0.99999**10_000, rel=1e-10)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"depth": 2, "weights": "haar"}, "gaussian, orthogonal"),
        ({"depth": 0}, "depth"),
        ({"depth": 2, "p": 2}, "p "),
        ({"activation": "tanh", "sigma_w": 1}, "depth and sigma_w are numbers"),
        ({"depth": 1, "sigma_w": 1, "activation": "tanh", "weights": "orthogonal", "q": 1}, "depth of 2 or more"),
        ({"depth": 2, "sigma_w": s, "activation": "tanh"}, "sigma_w is a number"),
        ({"depth": 2, "sigma_w": 1, "activation": 2 * sympy.Symbol("x"), "q": 9}, "slopes above 1"),
    ],
)
def test_bad_settings(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        JACOBIAN.law(**settings)
