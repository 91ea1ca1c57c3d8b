"""Entries that state their matrix: law, LaTeX and sampler come from the one statement, and other routes agree."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sympy

from resolvent import catalog
from resolvent.catalog.entries import (
    hessian,
    hessian_h0,
    hessian_h1,
    jacobian,
    nonlinear_gram,
    random_features,
    ridge,
    semicircle,
    wishart_product,
)
from resolvent.catalog.entries import marchenko_pastur as sample_covariance
from resolvent.catalog.networks.jacobian import layers_of_projections
from resolvent.catalog.networks.layer_rule import layer
from resolvent.catalog.schema.parameter import Parameter
from resolvent.catalog.schema.statement import Statement
from resolvent.derive.errors import ParameterError
from resolvent.derive.expressions.letters import dimension, gaussian, given, haar, wigner
from resolvent.derive.graphs.cycle_weights import law_of_cycle_weights
from resolvent.derive.laws.elementary import marchenko_pastur

STATEMENTS: dict[str, Statement] = {
    "wishart-product": wishart_product.STATEMENT,
    "hessian-h0": hessian_h0.STATEMENT,
    "hessian-h1": hessian_h1.STATEMENT,
    "hessian": hessian.STATEMENT,
    "nonlinear-gram": nonlinear_gram.STATEMENT,
    "random-features": random_features.STATEMENT,
    "ridge": ridge.STATEMENT,
    "jacobian": jacobian.STATEMENT,
    "marchenko-pastur": sample_covariance.STATEMENT,
    "semicircle": semicircle.STATEMENT,
}


def test_the_laws_are_those_of_free_operations_and_graphs() -> None:
    """What the sources do: free products and sums, the symmetric root, the sum over graphs."""
    alpha, phi, sigma = (catalog.get(e).symbols[n] for e, n in (
        ("wishart-product", "alpha"), ("hessian-h0", "phi"), ("hessian-h0", "sigma")))  # fmt: skip
    assert catalog.get("wishart-product").law() == (alpha * marchenko_pastur(1 / alpha)) @ marchenko_pastur(1)
    assert catalog.get("hessian-h0").law() == sigma * marchenko_pastur(phi)
    eps = catalog.get("hessian-h1").symbols["eps"]
    squared = eps * phi**2 / 2 * catalog.get("wishart-product").law(alpha=1 / phi)
    assert catalog.get("hessian-h1").law() == squared.symmetric_root()
    assert catalog.get("hessian").law() == catalog.get("hessian-h0").law() + catalog.get("hessian-h1").law()
    entry, t = catalog.get("nonlinear-gram"), sympy.Symbol("t")
    own = entry.symbols
    weights = (own["eta"] - own["zeta"]) * t + own["zeta"] * t / (1 - own["zeta"] * t)
    samples = layer(marchenko_pastur(1 / own["phi"]), own["eta"], own["zeta"], own["psi"] / own["phi"])
    layered = own["phi"] / own["psi"] * samples.companion(own["psi"] / own["phi"])
    assert entry.law() == layered == law_of_cycle_weights(weights, t, phi=own["phi"], psi=own["psi"])
    one, two = (catalog.get("random-features").symbols[name] for name in ("psi_1", "psi_2"))
    scaled = two * entry.law(phi=1 / two, psi=1 / one)
    assert catalog.get("random-features").law() == scaled
    assert catalog.get("ridge").law() == marchenko_pastur(catalog.get("ridge").symbols["g"])


@pytest.mark.parametrize(("depth", "orthogonal"), [(1, 0), (2, 0), (3, 0), (1, 1)])
def test_the_jacobian_is_that_of_free_layers(depth: int, orthogonal: int) -> None:
    own = catalog.get("jacobian").symbols
    values = {"sigma_w": own["sigma_w"], "p": own["p"]}
    free = layers_of_projections(sympy.Integer(depth), own["p"], own["sigma_w"], bool(orthogonal)).algebraic()
    assert jacobian.STATEMENT.law(depth=depth, weights=orthogonal, **values) == free


@pytest.mark.slow
def test_two_orthogonal_layers_with_free_projections() -> None:
    stated = jacobian.STATEMENT.law(depth=2, weights=1, sigma_w=sympy.Integer(2), p=sympy.Rational(1, 4))
    assert stated == layers_of_projections(sympy.Integer(2), sympy.Rational(1, 4), sympy.Integer(2), True).algebraic()


def test_slopes_that_are_no_projection_are_not_drawn_as_one() -> None:
    entry = catalog.get("jacobian")
    with pytest.raises(ParameterError, match="take sampler='network'"):
        entry.sample(50, 0, sampler="equivalent", depth=2, weights="gaussian", activation="tanh")
    assert entry.sample(51, 0, sampler="equivalent", depth=2, weights="gaussian", p="1/2").shape == (51, 51)


@pytest.mark.parametrize("slug", STATEMENTS)
def test_the_sampler_draws_what_is_stated(slug: str) -> None:
    statement, entry = STATEMENTS[slug], catalog.get(slug)
    for case in entry.cases[:2]:
        values: dict[str, Any] = entry.floats(entry.numbers(case))
        drawn = [statement.sample(400, np.random.default_rng(seed), **values) for seed in range(4)]
        assert all(a.shape == (400, 400) and np.array_equal(a, a.T) for a in drawn)
        moments = [float(m) for m in entry.law(**case).moments(4)]
        second = np.mean([np.sum(a * a) / 400 for a in drawn])
        assert abs(second - moments[1]) < 0.1 * moments[3] ** 0.5
        assert statement.memory(400, **values) > 8 * 400**2


def test_the_latex_says_what_the_letters_are() -> None:
    p, n = dimension("p"), dimension("n")
    c = Parameter("c", "ratio", positive=True)

    def build(c: Any) -> Any:
        z = gaussian("Z_1", p, n, complex=True)
        rest = wigner("S", p) + given("T", p) + haar("U", p) + haar("U", p).T
        return gaussian("X", p, n) @ gaussian("X", p, n).T / n + z @ z.H / n + rest, {(p, n): c}

    said = Statement("W", (c,), build).latex
    for words in (
        r"W = \frac{1}{n} X X^{\top}", r"X \in \mathbb{R}^{p \times n},\ X_{ij} \sim N(0, 1)", r"(Z_{1})_{ij}",
        r"\mathbb{C}^{p \times n}", r"S = S^{\top}", r"\text{ given}", r"O(p)", r"p/n \to c",
    ):  # fmt: skip
        assert words in said


@pytest.mark.parametrize("slug", sorted(set(STATEMENTS) - {"jacobian"}))
def test_the_latex_of_an_entry_is_that_of_its_matrix(slug: str) -> None:
    """Only the Jacobian, of a symbolic number of factors, has no matrix with all of its symbols."""
    statement, entry = STATEMENTS[slug], catalog.get(slug)
    assert entry.model.startswith(statement.latex)
    model, _ = statement.build(**entry.symbols)
    assert all(letter.latex in entry.model for letter in model.letters().values())


@pytest.mark.parametrize("turned", [False, True])
def test_a_factor_has_a_name_of_its_own(turned: bool) -> None:
    p, n = dimension("p"), dimension("n")
    c = Parameter("c", "ratio", positive=True)
    f = gaussian("X", p, n) + gaussian("Y", p, n) / 2
    said = Statement("W", (c,), lambda c: ((f.T @ f if turned else f @ f.T) / n, {(p, n): c}), factor="F").latex
    square = r"F^{\top} F" if turned else r"F F^{\top}"
    assert said.startswith(rf"W = \frac{{1}}{{n}} {square},\quad F = X + \frac{{1}}{{2}} Y,\quad X \in")
