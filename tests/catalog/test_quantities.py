"""The quantities of all entries: numeric route, matrix expression and experiment agree at every case."""

from __future__ import annotations

import numpy as np
import pytest

from resolvent import catalog
from resolvent.catalog.schema.quantity import Quantity
from resolvent.derive.errors import ParameterError

QUANTITIES = [(entry.slug, q) for entry in map(catalog.get, catalog.names()) for q in entry.quantities]
CASES = [pytest.param(q, case, id=f"{slug}-{q.name}-{k}") for slug, q in QUANTITIES for k, case in enumerate(q.cases)]
STATED = [c for c in CASES if c.values[0].model is not None]
COPIES = [pytest.param(*c.values, id=c.id) for c in STATED if c.id.startswith("random-f") and c.id.endswith("-0")]
TRACES = [pytest.param(*c.values, id=c.id) for c in STATED if not c.id.startswith("random-features")]
_SIZES, _DRAWS = (50, 300), (48, 12)


@pytest.mark.parametrize(("quantity", "case"), TRACES)
def test_the_trace_of_the_matrix_expression_is_the_limit(quantity: Quantity, case: dict) -> None:
    trace = quantity.exact(**case)
    assert trace.at() == pytest.approx(quantity.at(**case), rel=1e-9)
    assert quantity.ball(**case).overlaps(trace.ball())
    assert trace.derivation.check()


@pytest.mark.slow
@pytest.mark.parametrize(("quantity", "case"), COPIES)
def test_the_enclosed_trace_of_independent_copies_is_the_limit(quantity: Quantity, case: dict) -> None:
    """To eliminate from equations with four copies takes too long."""
    ball = quantity.ball(**case)
    assert ball.rad() < 1e-10
    assert quantity.at(**case) == pytest.approx(float(ball.mid()), abs=2e-9)


@pytest.mark.parametrize(("quantity", "case"), CASES)
def test_experiments_approach_the_limit(quantity: Quantity, case: dict) -> None:
    limit = quantity.at(**case)
    gaps = []
    for size, draws in zip(_SIZES, _DRAWS, strict=True):
        runs = np.array([quantity.run(size, seed, **case) for seed in range(draws)])
        error = float(np.std(runs)) / np.sqrt(draws)
        gap = abs(float(np.mean(runs)) - limit)
        assert gap < 5 * error + 6 * abs(limit) / size, (size, gap, error)
        gaps.append(float(np.sqrt(np.mean((runs - limit) ** 2))))
    assert gaps[1] < gaps[0]


@pytest.mark.parametrize(("slug", "quantity"), [pytest.param(s, q, id=f"{s}-{q.name}") for s, q in QUANTITIES])
def test_every_quantity_has_cases_and_tells_what_it_is(slug: str, quantity: Quantity) -> None:
    assert quantity.cases
    assert quantity.doc.endswith(".")
    assert catalog.get(slug).quantity(quantity.name) is quantity
    assert quantity.to_json()["latex"]


def test_the_risk_of_ridge_is_one_algebraic_equation() -> None:
    """All four parameters at once; the optimum s^2 g/r^2 is where its slope in the ridge vanishes."""
    risk = catalog.get("ridge").quantity("risk")
    trace = risk.exact()
    g, ridge, signal, noise = (p.symbol for p in risk.parameters)
    at = {g: 2, signal: "3/2", noise: "2/5"}
    relation = trace.relation.subs(at)
    tau = next(s for s in relation.free_symbols if s.name == "tau")
    best = {ridge: 8 / 15, tau: 0.96911901}
    assert abs(relation.subs(best)) < 1e-6
    assert abs(relation.diff(ridge).subs(best)) < 1e-5 * abs(relation.diff(tau).subs(best))


def test_wrong_names_and_values_are_refused() -> None:
    entry = catalog.get("ridge")
    with pytest.raises(ParameterError, match="quantity of ridge"):
        entry.quantity("rsk")
    bias = entry.quantity("bias")
    with pytest.raises(ParameterError, match="parameter of bias"):
        bias.at(g=1, lam=1)
    with pytest.raises(ParameterError, match="must lie in"):
        bias.at(g=-1, ridge=1)
    with pytest.raises(ParameterError, match="needs a number for ridge"):
        bias.at(g=1)
    with pytest.raises(ParameterError, match="at least 2"):
        bias.run(1, 0, g=1, ridge=1)
    risk = catalog.get("random-features").quantity("risk")
    with pytest.raises(ParameterError, match="no trace of a matrix expression"):
        risk.ball(**risk.cases[0])
    with pytest.raises(ParameterError, match="needs a number for ridge"):
        bias.ball(g=1)
