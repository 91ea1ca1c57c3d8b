"""Random compositions of laws, near transitions and on far scales, each with moments found without the engine.

Most are of low degree and take some milliseconds; a fixed share, `NEAR`, lies so close to a transition that the density
needs many pieces, and another, `HEAVY`, has a high degree. The moments come from `tests.oracles`: sums over partitions
and S-transforms in fractions.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import comb

from tests import oracles

ORDER = 6
NEAR, HEAVY = 0.03, 0.01
_COIN = [Fraction(0), Fraction(1)] * (ORDER // 2)
Moments = list[Fraction]


@dataclass(frozen=True)
class Composition:
    """A law as an expression, and its first moments, fewer than `ORDER` where no more are known without the engine."""

    text: str
    moments: Moments


def composition(chance: random.Random) -> Composition:
    """A law near a transition, on an ordinary or a far scale."""
    draw = chance.random()
    kinds = _HEAVY if draw < HEAVY else _NEAR if draw < HEAVY + NEAR else _LIGHT
    law = chance.choice(kinds)(chance)
    if chance.random() < 0.5:
        factor = _scale(chance) * chance.choice([1, 1, -1])
        law = Composition(f"({factor})*({law.text})", [factor**k * m for k, m in enumerate(law.moments, 1)])
    if chance.random() < 0.35 and law.moments:
        law = _shifted(law, _shift(law, chance))
    return law


def _shifted(law: Composition, by: Fraction) -> Composition:
    known = [Fraction(1), *law.moments]
    moments = [
        sum((comb(k, j) * known[j] * by ** (k - j) for j in range(k + 1)), Fraction(0)) for k in range(1, len(known))
    ]
    return Composition(f"({law.text}) + ({by})", moments)


def _shift(law: Composition, chance: random.Random) -> Fraction:
    """As large as the law by and large, now and then far larger or smaller."""
    size = Fraction(10) ** round(len(str(int(max(law.moments[1], 1)))) / 2 if len(law.moments) > 1 else 0)
    if chance.random() < 0.2:
        return _scale(chance) * chance.choice([1, -1])
    return size * Fraction(chance.randint(-99, 99), chance.choice([1, 10, 100]))


# -- numbers -------------------------------------------------------------------------------------------------


def _ratio(chance: random.Random) -> Fraction:
    return Fraction(chance.randint(1, 40), chance.randint(1, 40))


def _tiny(chance: random.Random) -> Fraction:
    digits = chance.randint(1, 4)
    return Fraction(chance.randint(1, 10**digits - 1), 10 ** (digits + chance.randint(0, 14 - digits)))


def _scale(chance: random.Random) -> Fraction:
    """Ordinary, or between 10^-30 and 10^30."""
    if chance.random() < 0.4:
        return _ratio(chance)
    return chance.randint(1, 999) * Fraction(10) ** chance.randint(-30, 28)


def _size(chance: random.Random) -> Fraction:
    return chance.choice([_ratio, _ratio, _tiny, _scale])(chance)


# -- light: degree at most 3 ---------------------------------------------------------------------------------


def _semicircle(chance: random.Random) -> Composition:
    v = _size(chance)
    return Composition(f"semicircle({v})", oracles.semicircle_moments(v, ORDER))


def _marchenko_pastur(chance: random.Random) -> Composition:
    c = chance.choice([_ratio, _tiny, lambda chance: 1 / _tiny(chance)])(chance)
    return Composition(f"marchenko_pastur({c})", oracles.marchenko_pastur_moments(c, ORDER))


def _arcsine(chance: random.Random) -> Composition:
    r = _size(chance)
    return Composition(f"arcsine({r})", oracles.arcsine_moments(r, ORDER))


def _free_poisson(chance: random.Random) -> Composition:
    rate, jump = _ratio(chance), _ratio(chance) * chance.choice([1, -1])
    cumulants = [rate * jump**k for k in range(1, ORDER + 1)]
    return Composition(f"free_poisson({rate}, {jump})", oracles.moments_from_cumulants(cumulants))


def _kesten_mckay(chance: random.Random) -> Composition:
    return _tree(2 + _ratio(chance))


def _tree(d: Fraction) -> Composition:
    return Composition(f"kesten_mckay({d})", oracles.power_moments(_COIN, d))


def _wachter(chance: random.Random) -> Composition:
    a, b = Fraction(chance.randint(1, 30), 31), chance.choice([_ratio, _tiny])(chance)
    if 1 / a + 1 / b < 1:
        b = 1 / b
    coin = [b / (a + b)] * ORDER
    return Composition(f"wachter({a}, {b})", oracles.compression_moments(coin, a * b / (a + b)))


def _semicircle_and_wishart(chance: random.Random) -> Composition:
    v, c, sign = _ratio(chance), _ratio(chance), chance.choice([1, -1])
    a = oracles.semicircle_moments(v, ORDER)
    b = [sign**k * m for k, m in enumerate(oracles.marchenko_pastur_moments(c, ORDER), 1)]
    return Composition(f"semicircle({v}) {'+' if sign > 0 else '-'} marchenko_pastur({c})", oracles.sum_moments(a, b))


def _corner(chance: random.Random) -> Composition:
    base = chance.choice([_semicircle, _marchenko_pastur, _arcsine])(chance)
    t = chance.choice([Fraction(chance.randint(1, 30), 30), 1 - _tiny(chance), _tiny(chance)])
    return Composition(f"({base.text}).compress({t})", oracles.compression_moments(base.moments, t))


def _power(chance: random.Random) -> Composition:
    w = chance.choice([_tiny(chance), 1 - _tiny(chance), Fraction(chance.randint(1, 30), 31)])
    t = 1 + chance.choice([_ratio, _ratio, _tiny])(chance)
    text = f"atoms([0, 1], [{1 - w}, {w}]).free_power({t})"
    return Composition(text, oracles.power_moments([w] * ORDER, t))


def _inverse(chance: random.Random) -> Composition:
    """1/x under Marchenko-Pastur has mean 1/(1 - c) and second moment 1/(1 - c)^3."""
    c = Fraction(chance.randint(1, 30), 31)
    return Composition(f"marchenko_pastur({c})**-1", [1 / (1 - c), 1 / (1 - c) ** 3])


def _products(chance: random.Random) -> Composition:
    a, b = _ratio(chance), _ratio(chance)
    left, right = (oracles.marchenko_pastur_moments(c, ORDER) for c in (a, b))
    return Composition(f"marchenko_pastur({a}) @ marchenko_pastur({b})", oracles.product_moments(left, right))


_LIGHT: list[Callable[[random.Random], Composition]] = [
    _semicircle, _marchenko_pastur, _arcsine, _free_poisson, _kesten_mckay, _wachter, _semicircle_and_wishart,
    _corner, _power, _inverse, _products, _semicircle, _marchenko_pastur, _semicircle_and_wishart, _corner, _power,
]  # fmt: skip


# -- near a transition ---------------------------------------------------------------------------------------


def _near_one(chance: random.Random) -> Composition:
    c = 1 + chance.choice([1, -1]) * _tiny(chance)
    return Composition(f"marchenko_pastur({c})", oracles.marchenko_pastur_moments(c, ORDER))


def _gap(chance: random.Random) -> Composition:
    """Two bumps that merge where the variance is 1."""
    v = 1 + chance.choice([1, -1]) * _tiny(chance)
    moments = oracles.sum_moments(oracles.semicircle_moments(v, ORDER), _COIN)
    return Composition(f"semicircle({v}) + atoms([-1, 1])", moments)


def _narrow(chance: random.Random) -> Composition:
    """A rare atom, or two bumps that are narrow."""
    v, w = _tiny(chance), chance.choice([_tiny(chance), Fraction(1, 3), Fraction(chance.randint(1, 30), 31)])
    text = f"semicircle({v}) + atoms([0, 1], [{1 - w}, {w}])"
    return Composition(text, oracles.sum_moments(oracles.semicircle_moments(v, ORDER), [w] * ORDER))


def _vanishing(chance: random.Random) -> Composition:
    """An atom that is about to vanish, or just has."""
    w = Fraction(chance.randint(1, 30), 31)
    t = max(1 / (1 - w) * (1 + chance.choice([1, -1]) * _tiny(chance)), Fraction(1))
    return Composition(f"atoms([0, 1], [{1 - w}, {w}]).free_power({t})", oracles.power_moments([w] * ORDER, t))


def _projections(chance: random.Random) -> Composition:
    w = Fraction(1, 2) + chance.choice([1, -1]) * min(_tiny(chance), Fraction(49, 100))
    half = [Fraction(1, 2)] * ORDER
    text = f"atoms([0, 1]) + atoms([0, 1], [{1 - w}, {w}])"
    return Composition(text, oracles.sum_moments(half, [w] * ORDER))


def _line(chance: random.Random) -> Composition:
    """Trees that are nearly the line, whose density is infinite at its edges."""
    return _tree(2 + _tiny(chance))


_NEAR: list[Callable[[random.Random], Composition]] = [_near_one, _gap, _narrow, _vanishing, _projections, _line]


# -- heavy ---------------------------------------------------------------------------------------------------


def _population(chance: random.Random) -> Composition:
    """Wishart matrices with a population of two or three eigenvalues, some far apart or nearly equal."""
    c = _ratio(chance)
    points = [_size(chance), 1 + _tiny(chance), Fraction(1)][chance.randint(0, 1) :]
    points = sorted(set(points))
    weights = [Fraction(1, len(points))] * len(points)
    population = oracles.atom_moments(points, weights, ORDER)
    text = f"marchenko_pastur({c}) @ atoms([{', '.join(map(str, points))}])"
    return Composition(text, oracles.product_moments(oracles.marchenko_pastur_moments(c, ORDER), population))


def _deep(chance: random.Random) -> Composition:
    s = chance.randint(2, 6)
    return Composition(f"fuss_catalan({s})", oracles.fuss_catalan_moments(s, ORDER))


def _square(chance: random.Random) -> Composition:
    c, v, twice = _ratio(chance), _ratio(chance), 2 * ORDER
    wishart = Composition(f"marchenko_pastur({c})", oracles.marchenko_pastur_moments(c, twice))
    moved = _shifted(Composition(f"semicircle({v})", oracles.semicircle_moments(v, twice)), Fraction(1))
    base = chance.choice([wishart, moved])
    return Composition(f"({base.text})**2", base.moments[1::2])


def _sum_of_wisharts(chance: random.Random) -> Composition:
    a, b, factor = _ratio(chance), _ratio(chance), _ratio(chance)
    left = oracles.marchenko_pastur_moments(a, ORDER)
    right = [factor**k * m for k, m in enumerate(oracles.marchenko_pastur_moments(b, ORDER), 1)]
    return Composition(f"marchenko_pastur({a}) + ({factor})*marchenko_pastur({b})", oracles.sum_moments(left, right))


_HEAVY: list[Callable[[random.Random], Composition]] = [_population, _deep, _square, _sum_of_wisharts]
