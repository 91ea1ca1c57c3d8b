"""Affine maps, companions and direct sums of tensor laws: moments, steps, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from math import comb

import pytest
import sympy

from resolvent.derive.derivation.step import Evidence
from resolvent.derive.errors import DerivationError, ParameterError
from resolvent.derive.laws.elementary import marchenko_pastur, semicircle
from resolvent.derive.tensor.operations import tensor_direct_sum
from resolvent.derive.tensor.tensor_law import TensorLaw, classical_sum, tensor_product

c = sympy.Symbol("c", positive=True)
ONE = marchenko_pastur(1)


def test_direct_sum_mixes_moments() -> None:
    s = semicircle()
    law = tensor_direct_sum(classical_sum(s, marchenko_pastur(c)), tensor_product(s, s), "1/3")
    first, second = classical_sum(s, marchenko_pastur(c)).moments(6), tensor_product(s, s).moments(6)
    assert law.moments(6) == [sympy.expand(a / 3 + 2 * b / 3) for a, b in zip(first, second, strict=True)]
    assert law.derivation.check()


def test_direct_sum_at_a_value_is_replayed() -> None:
    s, w = semicircle(), sympy.Symbol("w", positive=True)
    law = tensor_direct_sum(classical_sum(s, s), tensor_product(s, s), w)
    assert law.parameters == (w,)
    assert law.at(w="1/4").moments(4) == [m.subs({w: sympy.Rational(1, 4)}) for m in law.moments(4)]
    with pytest.raises(ParameterError, match="strictly between 0 and 1"):
        law.at(w=2)


def test_affine_maps_act_on_the_moments() -> None:
    a = sympy.Symbol("a", positive=True)
    law = classical_sum(marchenko_pastur(c), semicircle())
    before, after = [1, *law.moments(6)], (a * law - 3).moments(6)
    for d in range(1, 7):
        expected = sum(comb(d, k) * a**k * (-3) ** (d - k) * before[k] for k in range(d + 1))
        assert sympy.expand(after[d - 1] - expected) == 0


def test_affine_maps_are_steps_that_verify() -> None:
    law = 5 - classical_sum(marchenko_pastur(c), semicircle()) * 2
    assert law.derivation.check()
    assert law.at(c=3).moments(2) == [m.subs({c: 3}) for m in law.moments(2)]
    assert str(1 + classical_sum(ONE, ONE)) == "classical_sum(marchenko_pastur(1), marchenko_pastur(1)) + 1"


def test_affine_maps_keep_nonnegativity_where_they_can() -> None:
    law = classical_sum(ONE, ONE)
    assert (2 * law + 1).nonnegative is True
    assert (law - 1).nonnegative is None
    assert (-law).nonnegative is None


def test_a_wrong_affine_map_is_found() -> None:
    image = 2 * classical_sum(ONE, ONE)
    image._moments[()] = classical_sum(ONE, ONE).moment_series(7)
    with pytest.raises(DerivationError, match="affine map"):
        image.derivation.check()


@pytest.mark.parametrize("operation", [lambda law: law + ONE, lambda law: ONE + law, lambda law: law * ONE])
def test_free_operations_do_not_exist(operation: Callable[[TensorLaw], object]) -> None:
    with pytest.raises(ParameterError):
        operation(classical_sum(ONE, ONE))


def test_zero_times_a_law_is_refused() -> None:
    with pytest.raises(ParameterError, match="point mass at 0"):
        0 * classical_sum(ONE, ONE)


def test_companion_above_one_of_a_law_with_parameters_is_conditional() -> None:
    law = classical_sum(marchenko_pastur(c), marchenko_pastur(2)).companion("4/3")
    assert len(law.derivation.assumptions) == 1
    with pytest.raises(DerivationError, match="too small an atom"):
        law.at(c=1)


def test_companion_scales_the_moments() -> None:
    law = classical_sum(marchenko_pastur(c), marchenko_pastur(2))
    assert law.companion("1/3").moments(5) == [sympy.expand(m / 3) for m in law.moments(5)]


def test_companion_with_a_symbol_is_conditional() -> None:
    law = classical_sum(marchenko_pastur(2), marchenko_pastur(2)).companion(c)
    assert [step.kind for step in law.derivation.assumptions] == ["assumed"]
    assert law.evidence is Evidence.PROVED
    assert law.at(c="4/3").moments(2) == [sympy.Rational(8, 3), sympy.Rational(32, 3)]


def test_companion_above_one_needs_the_atom() -> None:
    law = classical_sum(marchenko_pastur(2), marchenko_pastur(2))  # a quarter at 0
    assert law.companion("4/3").moments(1) == [sympy.Rational(8, 3)]
    with pytest.raises(DerivationError, match="too small an atom"):
        law.companion("7/5")


def test_companion_needs_a_nonnegative_law() -> None:
    with pytest.raises(ParameterError, match="not known to be non-negative"):
        classical_sum(semicircle(), semicircle()).companion("1/2")


@pytest.mark.parametrize("weight", [0, 1, "-1/2", "3/2"])
def test_weights_of_a_direct_sum_lie_between_zero_and_one(weight: object) -> None:
    with pytest.raises(ParameterError, match="strictly between"):
        tensor_direct_sum(classical_sum(ONE, ONE), classical_sum(ONE, ONE), weight)
