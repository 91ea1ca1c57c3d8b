"""The atoms of a law by how it was made: what each operation does to point masses, with symbolic places and weights.

Free convolutions have an atom exactly where their factors are heavy enough, for all parameters at which the law exists:

    A + B          at a + b the mass w(a) + w(b) - 1, where that is positive
    A @ B          at a b, not 0, the same; at 0 the larger of the two masses there
    free power t   at t a the mass 1 - t (1 - w(a)), t >= 1; multiplicative ones at a^s the same, and at 0 the old mass
    compression    at a the mass 1 - (1 - w(a))/t
    covariance     of ratio c: at 0 the larger of the old mass and 1 - 1/c, nothing elsewhere

So a mass is the maximum of finitely many rational functions of the parameters, and is stated as their set.

References: Bercovici, Voiculescu, "Regularity questions for free convolution" (1998), Theorem 7.4; Belinschi, "The
atoms of the free multiplicative convolution of two probability distributions" (2003); Belinschi, Bercovici, "Atoms and
regularity for measures in a partially defined free convolution semigroup" (2004).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import product
from typing import Any

from resolvent.derive.exact.field import Element, Field, to_element
from resolvent.derive.laws.affine import inverse, mobius, scale, shift
from resolvent.derive.laws.arguments import scalar_of
from resolvent.derive.laws.convolution import compress, free_multiplicative_power, free_power, free_product, free_sum
from resolvent.derive.laws.elementary import (
    arcsine,
    atoms,
    free_poisson,
    fuss_catalan,
    kesten_mckay,
    marchenko_pastur,
    semicircle,
)
from resolvent.derive.laws.equilibrium import equilibrium_measure
from resolvent.derive.laws.matrix_functions import companion, direct_sum, power, symmetric_root
from resolvent.derive.laws.record import AlgebraicRecord, Recipe
from resolvent.derive.laws.rectangular import sample_covariance

Weights = frozenset[Element]  # the mass is the largest of them
Masses = Mapping[Element, Weights]  # by place; there are no atoms elsewhere

_ZERO = Field().constant(0)
_ONE = Field().constant(1)
_NOTHING: Weights = frozenset({_ZERO})


class _NotCovered(Exception):
    """No rule says what an operation does to atoms."""


def known_atoms(law: AlgebraicRecord) -> Masses | None:
    """Every place at which the law can have an atom, with the weights of which the largest is its mass.

    None where the law is made by an operation without a rule.

    >>> found = known_atoms(atoms([0, 1], ["1/4", "3/4"]).compress("2/3"))
    >>> {place: sorted(weights, key=str) for place, weights in found.items()}
    {0: [(-1)/(8), 0], 1: [(5)/(8), 0]}
    """
    try:
        return _masses(law)
    except _NotCovered:
        return None


def _masses(law: AlgebraicRecord) -> Masses:
    recipe: Recipe | None = law.recipe
    while recipe is not None and recipe.build not in _RULES:
        recipe = recipe.stands_for(law) if callable(recipe.stands_for) else recipe.stands_for
    if recipe is None:
        raise _NotCovered
    return _RULES[recipe.build](*recipe.arguments)


# -- sets of weights ---------------------------------------------------------------------------------------------


def _number(value: Any) -> Element:
    return to_element(value)[0]


def _each(weights: Weights, image: Callable[[Element], Element], *others: Element) -> Weights:
    """The images of the weights under an increasing function, and other weights."""
    return frozenset({*map(image, weights), *others})


def _heavy(pairs: Iterable[tuple[Element, Weights, Weights]]) -> Masses:
    """For (place, weights, weights) the excess of their sum over 1, where it is positive."""
    found: dict[Element, Weights] = {}
    for place, first, second in pairs:
        found[place] = found.get(place, _NOTHING) | {u + v - 1 for u, v in product(first, second)}
    return found


def _added(parts: Iterable[tuple[Element, Weights]]) -> Masses:
    """Masses by place, those at one place added."""
    found: dict[Element, Weights] = {}
    for place, weights in parts:
        found[place] = frozenset({u + v for u, v in product(found.get(place, _NOTHING), weights)})
    return found


# -- rules -------------------------------------------------------------------------------------------------------


def _of_atoms(points: Sequence[Any], weights: Sequence[Any] | None) -> Masses:
    shares = [1 / _number(len(points))] * len(points) if weights is None else map(_number, weights)
    return _added((_number(a), frozenset({w})) for a, w in zip(points, shares, strict=True))


def _of_nothing(*_: Any) -> Masses:
    return {}


def _of_poisson(rate: Any, _jump: Any = 1) -> Masses:
    return {_ZERO: _NOTHING | {1 - _number(rate)}}


def _of_marchenko_pastur(c: Any, _sigma: Any = 1) -> Masses:
    return {_ZERO: _NOTHING | {1 - 1 / _number(c)}}


def _of_mobius(law: AlgebraicRecord, a: Any, b: Any, c: Any, d: Any) -> Masses:
    a_, b_, c_, d_ = map(_number, (a, b, c, d))
    return {(a_ * x + b_) / (c_ * x + d_): w for x, w in _masses(law).items() if c_ * x + d_}  # no atom at the pole


def _of_power(law: AlgebraicRecord, k: int) -> Masses:
    return _added((x ** int(k), w) for x, w in _masses(law).items() if x or k > 0)


def _of_symmetric_root(law: AlgebraicRecord) -> Masses:
    found = _masses(law)
    if any(place for place in found):
        raise _NotCovered  # at square roots, which need not be rational
    return found


def _of_companion(law: AlgebraicRecord, c: Any) -> Masses:
    ratio, known = _number(c), _masses(law)
    found = {place: _each(weights, lambda w: ratio * w) for place, weights in known.items()}
    return {**found, _ZERO: _each(known.get(_ZERO, _NOTHING), lambda w: 1 - ratio + ratio * w)}


def _of_direct_sum(a: AlgebraicRecord, b: AlgebraicRecord, weight: Any) -> Masses:
    share = _number(weight)
    shared = [(place, _each(w, lambda u: share * u)) for place, w in _masses(a).items()]
    return _added([*shared, *((place, _each(w, lambda u: (1 - share) * u)) for place, w in _masses(b).items())])


def _of_free_sum(a: AlgebraicRecord, b: AlgebraicRecord) -> Masses:
    first, second = _masses(a), _masses(b)
    return _heavy((x + y, first[x], second[y]) for x, y in product(first, second))


def _of_free_product(a: AlgebraicRecord, b: AlgebraicRecord) -> Masses:
    if not (a.nonnegative and b.nonnegative):
        raise _NotCovered
    first, second = _masses(a), _masses(b)
    found = _heavy((x * y, first[x], second[y]) for x, y in product(first, second) if x and y)
    return {**found, _ZERO: first.get(_ZERO, _NOTHING) | second.get(_ZERO, _NOTHING)}


def _of_free_power(law: AlgebraicRecord, t: Any) -> Masses:
    times = _number(t)
    above = times.to_fmpq() >= 1 if times.is_constant else (scalar_of(t) - 1).is_nonnegative
    if not (above or _is_finite(law)):
        return _divided(law, times)
    return {times * x: _each(w, lambda u: 1 - times * (1 - u), _ZERO) for x, w in _masses(law).items()}


def _is_finite(law: AlgebraicRecord) -> bool:
    """Whether all mass is in finitely many atoms, so that no free power t < 1 exists, but for a single atom.

    With n atoms, those of the power 1/t of a law with masses w_i would weigh n - (n - sum w_i)/t in all, less than 1.
    """
    if law.recipe.build in (scale, shift, inverse, mobius, power):
        return _is_finite(law.recipe.arguments[0])
    return law.recipe.build is atoms


def _divided(law: AlgebraicRecord, t: Element) -> Masses:
    """The free power t > 0 of a law that has all of them."""
    build, arguments = law.recipe.build, law.recipe.arguments
    if build is semicircle:
        return {}
    if build is marchenko_pastur:
        return {_ZERO: _NOTHING | {1 - t / _number(arguments[0])}}
    if build is free_poisson:
        return {_ZERO: _NOTHING | {1 - t * _number(arguments[0])}}
    if build is scale:
        return {_number(arguments[1]) * x: w for x, w in _divided(arguments[0], t).items()}
    if build is shift:
        return {x + t * _number(arguments[1]): w for x, w in _divided(arguments[0], t).items()}
    if build is free_sum:
        first, second = (_divided(part, t) for part in arguments)
        return _heavy((x + y, first[x], second[y]) for x, y in product(first, second))
    raise _NotCovered


def _of_multiplicative_power(law: AlgebraicRecord, s: Any) -> Masses:
    exponent, known = _number(s), _masses(law)
    times = exponent.to_fmpq()
    if times < 1 or (any(place for place in known) and times.q != 1):
        raise _NotCovered  # the root of a law may have new atoms; places are roots, which need not be rational
    found = {x ** int(times.p): _each(w, lambda u: 1 - exponent * (1 - u), _ZERO) for x, w in known.items() if x}
    return {**found, _ZERO: known.get(_ZERO, _NOTHING)}


def _of_compression(law: AlgebraicRecord, t: Any) -> Masses:
    size = _number(t)
    return {x: _each(w, lambda u: 1 - (1 - u) / size, _ZERO) for x, w in _masses(law).items()}


def _of_covariance(law: AlgebraicRecord, c: Any) -> Masses:
    return {_ZERO: _masses(law).get(_ZERO, _NOTHING) | {1 - 1 / _number(c)}}


_RULES: dict[Callable[..., Any], Callable[..., Masses]] = {
    atoms: _of_atoms,
    marchenko_pastur: _of_marchenko_pastur,
    free_poisson: _of_poisson,
    **dict.fromkeys((semicircle, arcsine, kesten_mckay, equilibrium_measure), _of_nothing),
    fuss_catalan: lambda s: {} if _number(s) else {_ONE: frozenset({_ONE})},
    scale: lambda law, a: {_number(a) * x: w for x, w in _masses(law).items()},
    shift: lambda law, b: {x + _number(b): w for x, w in _masses(law).items()},
    inverse: lambda law: {1 / x: w for x, w in _masses(law).items() if x},
    mobius: _of_mobius,
    power: _of_power,
    symmetric_root: _of_symmetric_root,
    companion: _of_companion,
    direct_sum: _of_direct_sum,
    free_sum: _of_free_sum,
    free_product: _of_free_product,
    free_power: _of_free_power,
    free_multiplicative_power: _of_multiplicative_power,
    compress: _of_compression,
    sample_covariance: _of_covariance,
}
