"""The table of operations has no empty column: function, rule, words, methods, text and matrix of each row hold."""

from __future__ import annotations

import importlib
import inspect

import pytest
import sympy

from resolvent.derive.derivation import rules
from resolvent.derive.graphs.cycle_weights import law_of_cycle_weights, law_of_free_cumulants
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.elementary import (
    arcsine,
    atoms,
    free_poisson,
    fuss_catalan,
    kesten_mckay,
    marchenko_pastur,
    semicircle,
    wachter,
)
from resolvent.derive.laws.equilibrium import equilibrium_measure
from resolvent.derive.laws.from_equation import law_of_equation
from resolvent.derive.laws.from_transform import law_of_r_transform, law_of_s_transform
from resolvent.derive.laws.matrix_functions import direct_sum
from resolvent.derive.laws.operations import OPERATIONS, Kind, Operation, operation_of
from resolvent.derive.laws.rectangular import doubly_correlated_wishart
from resolvent.language.expressions import parse
from resolvent.language.vocabulary import FUNCTIONS, METHODS
from resolvent.numeric.matrices.matrix_model import BY_SPECTRUM, MODELS, UNKNOWN, matrix_of
from resolvent.symbols import m, z

G, T = sympy.Symbol("g", positive=True), sympy.Symbol("t", positive=True)
MP, COIN = marchenko_pastur("1/2"), atoms([-1, 1])
EXAMPLES = {
    "semicircle": semicircle(2),
    "marchenko_pastur": marchenko_pastur("1/2", 2),
    "free_poisson": free_poisson(2, 3),
    "atoms": atoms([1, 2], ["1/3", "2/3"]),
    "arcsine": arcsine(1),
    "wachter": wachter("1/2", "1/3"),
    "kesten_mckay": kesten_mckay(3),
    "fuss_catalan": fuss_catalan(2),
    "equilibrium_measure": equilibrium_measure(2, "1/12"),
    "law_of_cycle_weights": law_of_cycle_weights(T, T, phi=1, psi=1),
    "law_of_free_cumulants": law_of_free_cumulants([0, 1]),
    "law_of_equation": law_of_equation(m**2 + z * m + 1),
    "law_of_r_transform": law_of_r_transform(G, G),
    "law_of_s_transform": law_of_s_transform(1 / (1 + G), G),
    "free_sum": semicircle() + COIN,
    "free_product": MP @ atoms([1, 2]),
    "free_power": MP.free_power(2),
    "free_multiplicative_power": MP.free_multiplicative_power(2),
    "compress": MP.compress("1/2"),
    "scale": 3 * MP,
    "shift": MP + "1/2",
    "inverse": MP.inverse(),
    "mobius": MP.mobius(1, 2, 1, 3),
    "power": COIN**2,
    "symmetric_root": MP.symmetric_root(),
    "companion": MP.companion("1/2"),
    "direct_sum": direct_sum(MP, COIN, "1/3"),
    "sample_covariance": atoms([1, 2]).sample_covariance("1/2"),
    "doubly_correlated_wishart": doubly_correlated_wishart(atoms([1]), atoms([1, 2]), "1/2"),
    "information_plus_noise": MP.information_plus_noise(1, "1/2"),
    "rectangular_sum": MP.rectangular_sum(atoms([1]), "1/2"),
}
TYPED_BY_WEIGHTS = {"law_of_cycle_weights", "law_of_free_cumulants"}  # both keep their weights, and are written alike


def function(row: Operation) -> object:
    return getattr(importlib.import_module(row.home), row.name)


def test_each_row_has_an_example_here() -> None:
    assert set(EXAMPLES) == set(OPERATIONS)


@pytest.mark.parametrize("name", OPERATIONS)
def test_the_function_takes_the_arguments_of_its_row(name: str) -> None:
    row = OPERATIONS[name]
    parameters = inspect.signature(function(row)).parameters  # type: ignore[arg-type]
    assert list(parameters) == [argument for argument, _ in row.arguments]
    for position, parameter in enumerate(parameters.values()):
        if name not in TYPED_BY_WEIGHTS:
            assert (parameter.default is inspect.Parameter.empty) == (position < row.required)


@pytest.mark.parametrize("name", sorted(set(OPERATIONS) - TYPED_BY_WEIGHTS))
def test_the_recipe_of_a_law_leads_to_its_row(name: str) -> None:
    assert EXAMPLES[name].recipe.operation is OPERATIONS[name]
    assert operation_of(EXAMPLES[name].recipe.build) is OPERATIONS[name]
    assert EXAMPLES[name].text == EXAMPLES[name].recipe.text


@pytest.mark.parametrize("name", OPERATIONS)
def test_the_derivation_rests_on_the_rule_with_its_citation(name: str) -> None:
    rule = OPERATIONS[name].rule
    assert rule in [step.rule for step in EXAMPLES[name].derivation.steps]
    assert rule.statement
    assert rule.reference or rule is rules.GIVEN_EQUATION  # a user's word, which nobody has proved


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_on_laws_is_a_method_of_laws(name: str) -> None:
    row = OPERATIONS[name]
    assert bool(row.methods) == (row.arguments[0][1] is Kind.LAW)
    for method in row.methods:
        assert callable(getattr(AlgebraicLaw, method))
        assert method.startswith("__") or METHODS[method].name == method


@pytest.mark.parametrize("name", OPERATIONS)
def test_the_grammar_has_a_word_for_it(name: str) -> None:
    row = OPERATIONS[name]
    assert row.is_function == (name in FUNCTIONS)
    assert row.is_function or row.methods


@pytest.mark.parametrize("name", OPERATIONS)
def test_the_text_of_a_law_reads_back_as_that_law(name: str) -> None:
    read = parse(EXAMPLES[name].text)
    assert read == EXAMPLES[name]
    assert read.text == EXAMPLES[name].text


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_row_has_a_matrix_or_says_that_none_is_known(name: str) -> None:
    assert (name in MODELS) + (name in BY_SPECTRUM) + (name in UNKNOWN) == 1
    if name not in UNKNOWN:
        drawn = matrix_of(EXAMPLES[name], 6, rng=0)
        assert drawn.shape == (6, 6)
        assert (drawn == drawn.T).all()


def test_there_is_no_matrix_without_a_row() -> None:
    assert {*MODELS, *BY_SPECTRUM, *UNKNOWN} == set(OPERATIONS)
