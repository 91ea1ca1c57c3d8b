"""What public functions return is pickled, copied and compared by value, and crosses to other processes."""

from __future__ import annotations

import copy
import multiprocessing
import pickle
from collections.abc import Callable
from math import comb
from typing import Any

import numpy as np
import pytest
import sympy

import resolvent as rv

C = sympy.Symbol("c", positive=True)
N, K = sympy.symbols("n k")
P = rv.dimension("p")
EIGENVALUES = np.linalg.eigvalsh(rv.wigner("S", P).sample({P: 150}, rng=0))
CATALAN = [comb(2 * k, k) // (k + 1) for k in range(40)]
VALUES: dict[str, Callable[[], Any]] = {
    "tensor law": lambda: 2 * rv.classical_sum(rv.marchenko_pastur(C), rv.semicircle()) + 1,
    "companion": lambda: rv.tensor_product(rv.marchenko_pastur(1), rv.marchenko_pastur(1)).companion("1/2"),
    "tensor direct sum": lambda: rv.tensor_direct_sum(
        rv.classical_sum(rv.semicircle(), rv.semicircle()), rv.tensor_product(rv.semicircle(), rv.semicircle()), "1/2"
    ),
    "holonomic law": lambda: rv.holonomic(rv.semicircle() + rv.marchenko_pastur("1/2")),
    "differential equation": lambda: rv.holonomic(rv.semicircle()).ode,
    "parametric equation": lambda: rv.parametric_ode((rv.semicircle() + rv.marchenko_pastur(C)).equation),
    "recurrence": lambda: rv.holonomic(rv.semicircle()).recurrence,
    "guessed polynomial": lambda: rv.guess_algebraic(CATALAN),
    "guessed recurrence": lambda: rv.guess_recurrence(CATALAN),
    "guessed equation": lambda: rv.guess_ode(CATALAN),
    "telescoped": lambda: rv.telescope(
        rv.hypergeometric_sum((N + 1) ** 2 / (N + 1 - K) ** 2, (N - K) ** 2 / (K + 1) ** 2)
    ),
    "activation": lambda: rv.activation("tanh"),
    "exact activation": lambda: rv.activation("relu", centred=True),
    "graphs": lambda: list(rv.admissible_graphs(3)),
    "outlier": lambda: rv.outlier(rv.marchenko_pastur(C)),
    "phases": lambda: rv.phase_conditions(rv.marchenko_pastur(C)),
    "critical values": lambda: rv.critical_values(rv.marchenko_pastur(C), "c"),
    "atoms": lambda: rv.symbolic_atoms(rv.marchenko_pastur(C)),
    "law with open spectra": lambda: rv.law_of(rv.given("R", P) + rv.wigner("S", P)),
    "law known by numbers": lambda: rv.empirical([1, 2, 3.5]) + rv.semicircle(),
    "law with an equation, by numbers": lambda: rv.NumericLaw.of(rv.semicircle()),
    "and its spectrum": lambda: rv.Spectrum(rv.NumericLaw.of(rv.marchenko_pastur("1/2"))),
    "its spectrum": lambda: rv.Spectrum(rv.empirical([1, 2, 3.5]) + rv.semicircle()),
    "comparison": lambda: rv.compare(EIGENVALUES, rv.semicircle()),
    "fit": lambda: rv.fit(EIGENVALUES, rv.semicircle(C)),
    "spacings": lambda: rv.compare_spacings(rv.semicircle(), EIGENVALUES),
    "expansion": lambda: rv.local_expansion(rv.catalog.get("hessian").law(), "eps", phi="1/2", sigma=1),
}


def through_pickle(value: Any) -> Any:
    return pickle.loads(pickle.dumps(value))  # noqa: S301


def itself(value: Any) -> Any:
    return value


def test_what_was_made_of_other_numbers_differs() -> None:
    """Records with arrays and dictionaries had no equality (a ValueError) and no hash."""
    made = [rv.compare(EIGENVALUES[k:], rv.semicircle()) for k in (0, 0, 1)]
    assert made[0] == made[1] != made[2]
    assert len(set(made)) == len({rv.fit(EIGENVALUES[k:], rv.semicircle(C)) for k in (0, 0, 1)}) == 2
    assert rv.empirical([1, 2]) + rv.semicircle() != through_pickle(rv.empirical([1, 2.5]) + rv.semicircle())


def test_equality_has_no_sides_and_hashes_agree() -> None:
    """A law known by numbers was equal to the law it stands for, and that was not equal to it."""
    law = rv.semicircle() + rv.semicircle(2)
    numeric = rv.NumericLaw.of(rv.semicircle(3))
    for a, b in ((law, numeric), (rv.Spectrum(law), rv.Spectrum(numeric)), (law, through_pickle(numeric))):
        assert a == b and b == a and len({a, b}) == 1  # noqa: PT018
    assert numeric != rv.semicircle()
    assert rv.semicircle() != numeric


@pytest.mark.parametrize("source", [CATALAN[1:], rv.marchenko_pastur(1)])
def test_a_proposal_is_pickled(source: Any) -> None:
    found = rv.guess(source)
    assert through_pickle(found).text() == found.text()


@pytest.mark.parametrize("make", VALUES.values(), ids=VALUES)
@pytest.mark.parametrize("again", [through_pickle, copy.copy, copy.deepcopy])
def test_a_copy_is_equal(make: Callable[[], Any], again: Callable[[Any], Any]) -> None:
    value = make()
    found = again(value)
    assert type(found) is type(value)
    assert found == value
    if not isinstance(value, list):
        assert hash(found) == hash(value)


@pytest.mark.parametrize("make", VALUES.values(), ids=VALUES)
def test_what_is_made_twice_is_equal(make: Callable[[], Any]) -> None:
    assert make() == make()


def test_other_processes_give_them_back() -> None:
    values = [make() for make in VALUES.values()]
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.map(itself, values) == values
