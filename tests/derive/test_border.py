"""Wrong types and sizes end in an error that names the argument; nothing asks the arithmetic for what never ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import sympy

import resolvent as rv
from resolvent.derive.border import checked
from resolvent.derive.errors import ParameterError
from resolvent.derive.sequences.telescoping import K, N, hypergeometric_sum

LAW = rv.marchenko_pastur("1/2")
g = sympy.Symbol("g")
a, b = (rv.parameter(name, positive=True) for name in "ab")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: rv.closed_density(rv.semicircle()), "law must be a HolonomicLaw"),
        (lambda: rv.algebraic_ode(["1/2"]), "equation must be a ResolventEquation"),
        (lambda: rv.telescope("x"), "summand must be a HypergeometricSum; got 'x'"),
        (lambda: rv.Spectrum(LAW).ppf(len), "q must be real numbers"),
        (lambda: rv.law_of_r_transform(g, 3), "variable must be a symbol; got 3"),
        (lambda: rv.semicircle(1, 2), "semicircle: too many positional arguments"),
        (lambda: rv.marchenko_pastur(), "marchenko_pastur: missing a required argument: 'c'"),
        (lambda: LAW.latex(convention=3), "convention"),
        (lambda: rv.kron(range(5), rv.haar("U", rv.dimension("n"))), "small must be a list of rows"),
        (lambda: LAW.rectangular_sum(3, 1), "must be a law with a polynomial equation; got 3"),
    ],
)
def test_wrong_types_are_named(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        call()


@pytest.mark.parametrize(
    "call",
    [
        lambda: rv.atoms([0]).free_cumulants(10**18),
        lambda: LAW.moments(10**6),
        lambda: LAW.moment_series(10**9),
        lambda: LAW.cumulant_series(0),
        lambda: rv.tensor_product(LAW, LAW).moments(10**6),
        lambda: rv.holonomic(LAW).moments(10**7),
        lambda: rv.holonomic(LAW).free_cumulants(10**5),
        lambda: rv.moment_polynomials(10**6),
        lambda: rv.moment_polynomials(30),
        lambda: rv.fuss_catalan(10**9),
        lambda: LAW.free_multiplicative_power(10**6),
        lambda: LAW.free_multiplicative_power("1000001/1000000"),
        lambda: rv.atoms(list(range(10**4))),
        lambda: (rv.semicircle(a) + rv.marchenko_pastur(b)).moments(100),
    ],
)
def test_sizes_beyond_the_limits_are_refused_at_once(call: Callable[[], Any]) -> None:
    with pytest.raises(ParameterError, match=r"limit|at most|from \d+ to \d+"):
        call()


def test_a_limit_is_raised_by_whoever_means_it() -> None:
    assert len(LAW.moments(2001, limit=None)) == 2001
    assert len(rv.marchenko_pastur(a).moments(5, limit=50)) == 5


def test_failures_with_right_arguments_stay_what_they_are() -> None:
    @checked
    def reciprocal(x: int) -> float:
        return 1 / x

    with pytest.raises(ZeroDivisionError):
        reciprocal(0)


def test_long_chains_of_operations_are_replayed() -> None:
    law: Any = rv.marchenko_pastur(a)
    for _ in range(1500):
        law = -law
    assert law.at(a=1).moments(3) == [1, 2, 5]


def test_parameters_beyond_floats_are_refused_where_they_are_sampled() -> None:
    with pytest.raises(ParameterError, match="variance is too large to be sampled; got about 1e400"):
        rv.verify(rv.catalog.get("semicircle"), params={"variance": 10**400}, size=20, trials=4)


def test_parameters_may_have_any_name() -> None:
    law = rv.semicircle(sympy.Symbol("self", positive=True))
    assert law.at(self=1) == rv.semicircle()


@pytest.mark.parametrize("three", [np.int64(3), np.uint8(3), sympy.Integer(3)])
def test_whole_numbers_of_other_packages_are_whole_numbers(three: Any) -> None:
    binomials = hypergeometric_sum((N + 1) / (N - K + 1), (N - K) / (K + 1))
    assert binomials.row(three) == binomials.row(n=three) == [1, 3, 3, 1]
    assert binomials.terms(three) == [1, 2, 4]
    assert rv.semicircle().free_cumulants(three) == [0, 1, 0]
