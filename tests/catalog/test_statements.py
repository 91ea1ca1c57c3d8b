"""Entries that state their matrix: law, LaTeX and sampler come from the one statement, and other routes agree."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sympy

from resolvent import catalog
from resolvent.catalog.entries import hessian, hessian_h0, hessian_h1, nonlinear_gram, wishart_product
from resolvent.catalog.schema.parameter import Parameter
from resolvent.catalog.schema.statement import Statement
from resolvent.derive.expressions.letters import dimension, gaussian, given, haar, wigner
from resolvent.derive.graphs.cycle_weights import law_of_cycle_weights
from resolvent.derive.laws.elementary import marchenko_pastur

STATEMENTS: dict[str, Statement] = {
    "wishart-product": wishart_product.STATEMENT,
    "hessian-h0": hessian_h0.STATEMENT,
    "hessian-h1": hessian_h1.STATEMENT,
    "hessian": hessian.STATEMENT,
    "nonlinear-gram": nonlinear_gram.STATEMENT,
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
    stated = nonlinear_gram.STATEMENT.law(**own)
    assert entry.law() == stated == law_of_cycle_weights(weights, t, phi=own["phi"], psi=own["psi"])


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
        r"\mathbb{C}^{p \times n}", r"S = S^\top", r"T \text{ given", r"O(p)", r"p/n \to c",
    ):  # fmt: skip
        assert words in said
