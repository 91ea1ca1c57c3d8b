"""The schema of the catalog: what it accepts, and every refusal with what it names."""

from __future__ import annotations

import importlib
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sympy

from resolvent import catalog
from resolvent.catalog import Ensemble, Parameter, Reference, Sampler, assumption, registry
from resolvent.catalog.schema.ensemble import columns
from resolvent.catalog.schema.facts import AtomAt, Moment, RTransform, ZeroEdge
from resolvent.derive.derivation.step import Rule, Step
from resolvent.derive.errors import ParameterError
from resolvent.derive.laws.elementary import semicircle

C = Parameter("c", "a ratio", positive=True)


def build(size: int, rng: np.random.Generator, c: float) -> np.ndarray:
    return c * np.eye(size)


PLAIN = Sampler("plain", "a multiple of the identity", build, 10, lambda size, c: 8.0 * size**2)


def ensemble(**changes: Any) -> Ensemble:
    fields: dict[str, Any] = {
        "slug": "toy",
        "title": "Toy",
        "model": "c I",
        "parameters": (C,),
        "derive": lambda c: semicircle(c),
        "samplers": (PLAIN,),
        "references": (Reference("a paper", "Theorem 1"),),
    }
    return Ensemble(**{**fields, **changes})


# -- parameters --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        "3/2",
        "1.5",
        " 3/2 ",
        1.5,
        Fraction(3, 2),
        np.float64(1.5),
        np.float32(1.5),
        sympy.Rational(3, 2),
        sympy.Float(1.5),
        3 / sympy.Integer(2),
    ],
)
def test_a_number_is_taken_exactly(value: object) -> None:
    assert C.validate(value) == sympy.Rational(3, 2)


def test_a_float_is_its_shortest_decimal() -> None:
    assert C.validate(0.1) == sympy.Rational(1, 10)


def test_a_rational_function_of_symbols_is_kept() -> None:
    t = sympy.Symbol("t", positive=True)
    assert sympy.simplify(C.validate(t / (1 + t)) - t / (1 + t)) == 0


@pytest.mark.parametrize("value", [0, -1, "-1/2", -0.0])
def test_a_value_outside_the_domain_is_named_with_it(value: object) -> None:
    with pytest.raises(ParameterError, match=r"c \(a ratio\) must lie in \(0, oo\); got (0|-1|-1/2)$"):
        C.validate(value)


@pytest.mark.parametrize(
    "value",
    ["x", "1/0", "nan", "inf", "__import__('os')", "c", float("nan"), float("inf"), None, True, 1j, [1], sympy.oo,
     sympy.I, sympy.sqrt(sympy.Symbol("t")), sympy.zoo, sympy.nan],
)  # fmt: skip
def test_what_is_no_number_is_refused_by_name(value: object) -> None:
    with pytest.raises(ParameterError, match=r"^c \(a ratio\) must be a number"):
        C.validate(value)


def test_a_symbol_that_is_negative_for_sure_is_refused() -> None:
    with pytest.raises(ParameterError, match="must lie in"):
        C.validate(-sympy.Symbol("t", positive=True))


def test_a_symbol_that_may_be_zero_or_less_is_refused_where_zero_is_excluded() -> None:
    with pytest.raises(ParameterError, match="must lie in"):
        C.validate(sympy.Symbol("t", nonpositive=True))


def test_a_symbol_of_unknown_sign_is_accepted() -> None:
    t = sympy.Symbol("t")
    assert C.validate(t) == t


@pytest.mark.parametrize(
    ("ends", "inside", "outside"),
    [
        ({"lower": 0, "upper": 1}, ["1/2"], [0, 1, 2]),
        ({"lower": 0, "upper": 1, "lower_open": False}, [0, "1/2"], [-1, 1]),
        ({"lower": 0, "upper": 1, "upper_open": False}, [1, "1/2"], [0, "3/2"]),
        ({"upper": "-1/2"}, [-1], ["-1/2", 0]),
        ({}, [-5, 0, 5], []),
        ({"positive": True, "upper": 1}, ["1/2"], [0, 1]),
        ({"lower": 1, "lower_open": False, "integer": True}, [1, 7.0], [0, "3/2"]),
    ],
)
def test_domain(ends: dict[str, Any], inside: list[object], outside: list[object]) -> None:
    parameter = Parameter("x", "a number", **ends)
    for value in inside:
        assert parameter.validate(value).is_Rational
    for value in outside:
        with pytest.raises(ParameterError, match="must lie in"):
            parameter.validate(value)


@pytest.mark.parametrize(
    ("ends", "domain"),
    [
        ({"positive": True}, "(0, oo)"),
        ({"lower": "1/2", "upper": 1, "lower_open": False}, "[1/2, 1)"),
        ({"lower": 1, "lower_open": False, "integer": True}, "integers in [1, oo)"),
        ({}, "(-oo, oo)"),
    ],
)
def test_domain_in_words(ends: dict[str, Any], domain: str) -> None:
    assert Parameter("x", "a number", **ends).domain == domain


def test_symbols_of_a_positive_parameter_equal_the_users() -> None:
    assert C.symbol == sympy.Symbol("c", positive=True)


@pytest.mark.parametrize(
    ("ends", "property_"),
    [
        ({"lower": 0, "lower_open": False}, "is_nonnegative"),
        ({"upper": 0}, "is_negative"),
        ({"upper": 0, "upper_open": False}, "is_nonpositive"),
        ({"integer": True}, "is_integer"),
        ({}, "is_real"),
    ],
)
def test_symbol_assumes_the_domain(ends: dict[str, Any], property_: str) -> None:
    assert getattr(Parameter("x", "a number", **ends).symbol, property_) is True


@pytest.mark.parametrize("name", ["z", "m", "G", "alpha_", "size", "rng", "sampler", "memory", "1x", "a-b", ""])
def test_names_that_are_taken_or_no_identifiers_are_refused(name: str) -> None:
    with pytest.raises(ParameterError, match="cannot name a parameter"):
        Parameter(name, "a number")


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"lower": 1, "upper": 0}, "empty"),
        ({"lower": 1, "upper": 1, "lower_open": False}, "empty"),
        ({"positive": True, "lower": 1}, "two lower bounds"),
        ({"positive": True, "default": -1}, "must lie in"),
        ({"default": "one"}, "must be a number"),
        ({"upper": sympy.Symbol("t")}, "must be a number"),
    ],
)
def test_a_parameter_that_makes_no_sense_is_refused(fields: dict[str, Any], reason: str) -> None:
    with pytest.raises(ParameterError, match=reason):
        Parameter("x", "a number", **fields)


def test_unknown_fields_are_refused() -> None:
    with pytest.raises(TypeError, match="colour"):
        ensemble(colour="red")


# -- ensembles ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"slug": "Toy"}, "slug is lower-case words"),
        ({"slug": "toy--two"}, "slug is lower-case words"),
        ({"slug": "../toy"}, "slug is lower-case words"),
        ({"samplers": ()}, "at least one sampler and one reference"),
        ({"references": ()}, "at least one sampler and one reference"),
        ({"parameters": (C, C)}, "two parameters of one name: c, c"),
        ({"samplers": (PLAIN, PLAIN)}, "two samplers of one name: plain, plain"),
        ({"known": (Moment(1, sympy.Symbol("q")),)}, "unknown symbols: q"),
        ({"known": (Moment(1, sympy.Symbol("c")),)}, "unknown symbols: c"),
        ({"known": (AtomAt(sympy.Integer(0), sympy.Symbol("w")),)}, "unknown symbols: w"),
        ({"known": (ZeroEdge(sympy.Symbol("t"), sympy.Integer(1)),)}, "unknown symbols: t"),
        ({"cases": ({"q": 1},)}, "unknown parameter of toy 'q'"),
        ({"cases": ({"c": -1},)}, "must lie in"),
        ({"cases": ({},)}, "needs a value for c"),
        ({"assumptions": (Step(Rule("r", ""), "a theorem"),)}, "is of kind 'derived'"),
    ],
)
def test_an_entry_that_does_not_fit_is_refused(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(ParameterError, match=reason):
        ensemble(**changes)


def test_a_moment_of_order_zero_is_refused() -> None:
    with pytest.raises(ParameterError, match="k >= 1"):
        Moment(0, sympy.Integer(1))


def test_the_variable_of_a_transform_is_no_parameter() -> None:
    g = sympy.Symbol("g")
    assert RTransform(C.symbol * g, g).free_symbols == {C.symbol}


def test_facts_take_values_but_keep_their_variables() -> None:
    entry = catalog.get("semicircle")
    (fact,) = (f for f in entry.facts(variance=3) if isinstance(f, RTransform))
    assert fact.value == 3 * fact.variable


def test_facts_are_equal_data() -> None:
    assert Moment(1, C.symbol) == Moment(1, C.symbol)


def test_an_assumption_becomes_a_step_once() -> None:
    step = assumption("luck", "all goes well")
    assert ensemble(assumptions=(step,)).law().derivation.assumptions == (step,)


# -- laws --------------------------------------------------------------------------------------------------


def test_an_unknown_parameter_is_answered_with_the_closest() -> None:
    with pytest.raises(ParameterError, match=r"unknown parameter of marchenko-pastur 'sigm'; did you mean 'sigma'\?"):
        catalog.get("marchenko-pastur").law(sigm=1)


def test_an_unknown_parameter_is_answered_with_the_known() -> None:
    with pytest.raises(ParameterError, match=r"Known: phi, eps, sigma"):
        catalog.get("hessian").law(temperature=1)


def test_missing_parameters_stay_symbolic_even_with_a_default() -> None:
    assert [s.name for s in catalog.get("marchenko-pastur").law(c=2).parameters] == ["sigma"]


def test_parameters_may_be_functions_of_others() -> None:
    t = sympy.Symbol("t", positive=True)
    assert catalog.get("semicircle").law(variance=t**2).moments(2) == [0, t**2]


def test_substitution_checks_bounds_that_symbols_do_not_carry() -> None:
    bounded = Parameter("c", "a ratio", positive=True, upper=1)
    with pytest.raises(ParameterError, match=r"must lie in \(0, 1\); got 2"):
        ensemble(parameters=(bounded,)).law().at(c=2)


# -- samples -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 0, -4, 2.0, "4", True, None])
def test_an_impossible_size_is_refused(size: object) -> None:
    with pytest.raises(ParameterError, match=r"the size of the sampler 'plain' must be an integer, at least 2"):
        ensemble().sample(size, 0, c=1)


def test_an_odd_size_is_refused_where_blocks_are_paired() -> None:
    with pytest.raises(ParameterError, match="must be a multiple of 2"):
        catalog.get("hessian-h1").sample(5, 0, phi=1, eps=1)


def test_a_numpy_integer_is_a_size() -> None:
    assert ensemble().sample(np.int64(3), 0, c=2).trace() == 6


def test_a_size_beyond_memory_is_refused_before_anything_is_built() -> None:
    with pytest.raises(ParameterError, match=r"size 100000 .* needs about 74.5 GiB, more than the limit of 4 GiB"):
        ensemble().sample(100_000, 0, c=1)


def test_the_memory_limit_can_be_set() -> None:
    with pytest.raises(ParameterError, match="take a smaller size"):
        ensemble().sample(10, 0, c=1, memory=100)


def test_a_ratio_that_leaves_no_columns_is_refused() -> None:
    with pytest.raises(ParameterError, match="leave no columns; take a size of at least 1000"):
        columns(10, 1000.0)


def test_an_unknown_sampler_is_answered_with_the_closest() -> None:
    with pytest.raises(ParameterError, match=r"unknown sampler of hessian 'netwrk'; did you mean 'network'\?"):
        catalog.get("hessian").sample(4, 0, sampler="netwrk", phi=1, eps=1)


def test_a_sample_needs_a_value_for_every_parameter() -> None:
    with pytest.raises(ParameterError, match="hessian needs a value for phi"):
        catalog.get("hessian").sample(4, 0, eps=1)


def test_a_sample_needs_numbers() -> None:
    with pytest.raises(ParameterError, match="must be a number here; got c"):
        ensemble().sample(4, 0, c=C.symbol)


def test_a_sample_needs_a_seed() -> None:
    with pytest.raises(ParameterError, match="seed"):
        ensemble().sample(4, None, c=1)


def test_a_sample_takes_the_default_where_there_is_one() -> None:
    entry = catalog.get("marchenko-pastur")
    assert (entry.sample(4, 0, c=1) == entry.sample(4, 0, c=1, sigma=1)).all()


def test_a_generator_moves_on_between_samples() -> None:
    rng = np.random.default_rng(0)
    entry = catalog.get("semicircle")
    assert (entry.sample(4, rng) != entry.sample(4, rng)).any()


# -- registry ----------------------------------------------------------------------------------------------


def test_an_unknown_slug_is_answered_with_the_closest() -> None:
    with pytest.raises(ParameterError, match=r"ensemble 'marchenko_pasture'; did you mean 'marchenko-pastur'\?"):
        catalog.get("marchenko_pasture")


def test_names_are_sorted_and_distinct() -> None:
    assert list(catalog.names()) == sorted(set(catalog.names()))


def test_the_same_object_is_returned_every_time() -> None:
    assert catalog.get("hessian") is catalog.get("hessian")


def test_a_registered_ensemble_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_loaded", dict(registry._loaded))
    toy = catalog.register(ensemble())
    assert catalog.get("toy") is toy
    assert "toy" in catalog.names()


def test_a_slug_is_registered_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_loaded", dict(registry._loaded))
    catalog.register(ensemble())
    with pytest.raises(ParameterError, match="the slug 'toy' is taken"):
        catalog.register(ensemble())


def test_the_slug_of_an_entry_not_yet_imported_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_loaded", {})
    with pytest.raises(ParameterError, match="the slug 'hessian' is taken"):
        catalog.register(ensemble(slug="hessian"))


def test_a_module_must_hold_the_slug_of_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_loaded", {})
    module = importlib.import_module("resolvent.catalog.entries.semicircle")
    monkeypatch.setattr(module, "ENSEMBLE", replace(module.ENSEMBLE, slug="quartercircle"))
    with pytest.raises(ParameterError, match="holds the entry 'quartercircle', not 'semicircle'"):
        catalog.get("semicircle")


def test_importing_the_catalog_and_deriving_loads_neither_scipy_nor_matplotlib() -> None:
    code = (
        "import sys, catalog; catalog.get('hessian').law(); "
        "print([m for m in ('scipy', 'matplotlib') if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
