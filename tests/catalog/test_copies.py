"""Every entry's law, the tensor laws among them, as a copy: pickled, it is the same law with the same derivation."""

from __future__ import annotations

import copy
import multiprocessing
import pickle
from dataclasses import replace
from typing import Any

import pytest
import sympy

import resolvent.catalog.registry
from resolvent import catalog
from resolvent.derive.holonomic.holonomic_law import holonomic, law_of_moments, law_of_sum
from resolvent.derive.laws.elementary import marchenko_pastur, semicircle
from resolvent.derive.laws.record import Law
from resolvent.derive.sequences.telescoping import K, N, hypergeometric_sum
from resolvent.derive.tensor.operations import tensor_direct_sum
from resolvent.derive.tensor.tensor_law import classical_sum, tensor_product
from tests.catalog.test_entries import SOLVED_AT_NUMBERS

CATALAN = [1, 1, 2, 5, 14, 42, 132, 429, 1430, 4862, 16796, 58786, 208012, 742900, 2674440]
C = sympy.Symbol("c", positive=True)
ARCSINE = hypergeometric_sum((N + 1) ** 2 / (N + 1 - K) ** 2, (N - K) ** 2 / (K + 1) ** 2)
SUM = classical_sum(semicircle(), marchenko_pastur(C))
OTHERS: dict[str, Law] = {
    "holonomic": holonomic(marchenko_pastur(1)),
    "law_of_moments": law_of_moments(CATALAN),
    "law_of_sum": law_of_sum(ARCSINE),
    "classical_sum": 2 * SUM + 1,
    "tensor_product": tensor_product(marchenko_pastur(1), marchenko_pastur(1)).companion("1/2"),
    "tensor_direct_sum": tensor_direct_sum(SUM, SUM, "1/3"),
}


def pickled(value: Any) -> Any:
    return pickle.loads(pickle.dumps(value))  # noqa: S301


def check_copy(law: Law) -> None:
    again = pickled(law)
    assert again == law == copy.deepcopy(law)
    assert again.derivation == law.derivation
    assert again.derivation.text() == law.derivation.text()
    assert again.moments(4) == law.moments(4)


@pytest.mark.parametrize("slug", catalog.names())
def test_the_law_of_an_entry(slug: str) -> None:
    if slug in SOLVED_AT_NUMBERS:  # a copy of such a law is the same law
        law = catalog.get(slug).law()
        assert pickled(law).text == law.text
        assert copy.deepcopy(law).text == law.text
    else:
        check_copy(catalog.get(slug).law())


@pytest.mark.parametrize("slug", ["fisher", "nonlinear-gram"])
def test_the_law_of_an_entry_with_a_named_activation(slug: str) -> None:
    check_copy(catalog.get(slug).law(activation="relu", sigma_w=2))


@pytest.mark.parametrize("name", OTHERS)
def test_a_tensor_law_or_holonomic_law(name: str) -> None:
    check_copy(OTHERS[name])


def test_an_entry_draws_the_same_after_a_copy() -> None:
    entry = catalog.get("marchenko-pastur")
    assert (pickled(entry).sample(6, 0, c="1/2") == entry.sample(6, 0, c="1/2")).all()


def test_holonomic_laws_are_told_apart_by_their_equation_and_first_moments() -> None:
    assert OTHERS["law_of_moments"] == law_of_moments([*CATALAN, 9694845])
    assert OTHERS["law_of_moments"] != OTHERS["law_of_sum"]


def test_a_density_in_closed_form_with_its_proof() -> None:
    form = catalog.get("fisher-linear").closed_form
    assert form is not None
    density = form.derive()
    again = pickled(density)
    assert again.expression == density.expression
    assert again.derivation == density.derivation


def title_of(entry: catalog.Ensemble) -> str:
    return entry.title


def test_an_entry_of_ones_own_goes_to_processes_that_do_not_know_it(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = replace(catalog.get("semicircle"), slug="my-own", title="Mine")
    monkeypatch.setitem(resolvent.catalog.registry._loaded, "my-own", entry)
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.map(title_of, [entry, catalog.get("semicircle")]) == ["Mine", "Wigner matrix"]
