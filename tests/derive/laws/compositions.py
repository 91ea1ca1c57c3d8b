"""Random compositions of laws, each carried along with its moments by the recursions of `tests.oracles`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import comb
from typing import Any

import sympy
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.elementary import atoms, marchenko_pastur, semicircle
from tests import oracles

ORDER = 10
Moments = Callable[[int], list[Fraction]]

exact = settings(
    deadline=None,
    derandomize=True,
    max_examples=50,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
"""Settings of the property tests: the same examples in every run."""


@dataclass(frozen=True, repr=False)
class Composed:
    """A law, its moments by an independent route, and what is known of its support by construction."""

    law: AlgebraicLaw
    moments: Moments
    nonnegative: bool

    def __repr__(self) -> str:
        return self.law.text[:500]  # the whole may have thousands of letters

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """Hypothesis would print the fields of a dataclass, whatever its `__repr__`; this protocol goes first."""
        printer.text(repr(self))


def fractions(values: list[Any]) -> list[Fraction]:
    """SymPy numbers as fractions."""
    return [Fraction(int(v.p), int(v.q)) for v in values]


def q(value: Fraction | int) -> sympy.Rational:
    """A fraction as a SymPy number."""
    return sympy.Rational(Fraction(value).numerator, Fraction(value).denominator)


# -- the oracles' side of the unary operations ---------------------------------------------------------------


def shifted(moments: Moments, b: Fraction) -> Moments:
    """Moments of A + b, by the binomial theorem."""

    def of(n: int) -> list[Fraction]:
        known = [Fraction(1), *moments(n)]
        return [sum((comb(k, j) * known[j] * b ** (k - j) for j in range(k + 1)), Fraction(0)) for k in range(1, n + 1)]

    return of


def scaled(moments: Moments, a: Fraction) -> Moments:
    """Moments of aA."""
    return lambda n: [a**k * m for k, m in enumerate(moments(n), start=1)]


def rooted(moments: Moments) -> Moments:
    """Moments of the symmetric root: those of A at the even places."""
    return lambda n: [moments(n)[k // 2 - 1] if k % 2 == 0 else Fraction(0) for k in range(1, n + 1)]


# -- leaves --------------------------------------------------------------------------------------------------

RATIONALS = [Fraction(*p) for p in ((1, 2), (1, 3), (2, 3), (1, 1), (3, 2), (2, 1), (5, 2), (3, 1))]
SIGNED = sorted({s * x for x in RATIONALS for s in (1, -1)} | {Fraction(0)})
SHARES = [Fraction(*p) for p in ((1, 2), (1, 3), (2, 3), (1, 4), (3, 5))]


@st.composite
def finite_measures(draw: st.DrawFn, least: Fraction = Fraction(-3), most_points: int = 3) -> Composed:
    """Two or three atoms at rational points with rational weights."""
    pool = [x for x in SIGNED if x >= least]
    points = draw(st.lists(st.sampled_from(pool), min_size=2, max_size=most_points, unique=True))
    parts = draw(st.lists(st.integers(1, 4), min_size=len(points), max_size=len(points)))
    weights = [Fraction(p, sum(parts)) for p in parts]
    law = atoms([q(p) for p in points], [q(w) for w in weights])
    return Composed(law, lambda n: oracles.atom_moments(points, weights, n), min(points) >= 0)


@st.composite
def semicircles(draw: st.DrawFn) -> Composed:
    """Semicircles of rational variance."""
    v = draw(st.sampled_from(RATIONALS))
    return Composed(semicircle(q(v)), lambda n: oracles.semicircle_moments(v, n), False)


@st.composite
def sample_covariances(draw: st.DrawFn) -> Composed:
    """Marchenko-Pastur laws on both sides of c = 1."""
    c = draw(st.sampled_from(RATIONALS))
    return Composed(marchenko_pastur(q(c)), lambda n: oracles.marchenko_pastur_moments(c, n), True)


def leaves() -> st.SearchStrategy[Composed]:
    """Any elementary law."""
    return st.one_of(finite_measures(), semicircles(), sample_covariances())


def nonnegative_leaves() -> st.SearchStrategy[Composed]:
    """Elementary laws on [0, oo)."""
    return st.one_of(finite_measures(least=Fraction(0)), sample_covariances())


def positive_leaves() -> st.SearchStrategy[Composed]:
    """Laws whose support avoids 0: atoms at positive points and Marchenko-Pastur laws with c < 1."""
    small = st.sampled_from([c for c in RATIONALS if c < 1]).map(
        lambda c: Composed(marchenko_pastur(q(c)), lambda n: oracles.marchenko_pastur_moments(c, n), True)
    )
    return st.one_of(finite_measures(least=Fraction(1, 3)), small)


# -- operations ----------------------------------------------------------------------------------------------


@st.composite
def moved(draw: st.DrawFn, inner: st.SearchStrategy[Composed]) -> Composed:
    """One unary operation on a law."""
    a = draw(inner)
    kind = draw(
        st.sampled_from(["shift", "scale", "compress", "free power", "companion", "root", "direct sum", "square"])
    )
    t = draw(st.sampled_from(SHARES))
    if kind == "shift":
        b = draw(st.sampled_from(SIGNED))
        return Composed(a.law + q(b), shifted(a.moments, b), a.nonnegative and b >= 0)
    if kind == "scale":
        s = draw(st.sampled_from([x for x in SIGNED if x]))
        return Composed(q(s) * a.law, scaled(a.moments, s), a.nonnegative and s > 0)
    if kind == "compress":
        return Composed(a.law.compress(q(t)), lambda n: oracles.compression_moments(a.moments(n), t), a.nonnegative)
    if kind == "free power":
        return Composed(a.law.free_power(q(1 / t)), lambda n: oracles.power_moments(a.moments(n), 1 / t), a.nonnegative)
    if kind == "companion" and a.nonnegative:
        return Composed(a.law.companion(q(t)), lambda n: [t * m for m in a.moments(n)], True)
    if kind == "root" and a.nonnegative:
        return Composed(a.law.symmetric_root(), rooted(a.moments), False)
    if kind == "direct sum":
        b = draw(leaves())
        return Composed(
            a.law.direct_sum(b.law, q(t)),
            lambda n: [t * x + (1 - t) * y for x, y in zip(a.moments(n), b.moments(n), strict=True)],
            a.nonnegative and b.nonnegative,
        )
    return Composed(a.law**2, lambda n: a.moments(2 * n)[1::2], True)


def moderate(composed: Composed) -> bool:
    """Whether the degree is small enough for many examples in a short time."""
    return composed.law.equation.degree <= 4


def once_moved() -> st.SearchStrategy[Composed]:
    """Elementary laws, and elementary laws after one operation."""
    return st.one_of(leaves(), moved(leaves())).filter(moderate)


@st.composite
def sums(draw: st.DrawFn) -> Composed:
    """Free sums of two such laws."""
    a, b = draw(once_moved()), draw(leaves())
    return Composed(
        a.law + b.law, lambda n: oracles.sum_moments(a.moments(n), b.moments(n)), a.nonnegative and b.nonnegative
    )


@st.composite
def products(draw: st.DrawFn) -> Composed:
    """Free products of two such laws, the second non-negative; neither mean vanishes."""
    a = draw(once_moved().filter(lambda x: x.moments(1)[0] != 0))
    b = draw(nonnegative_leaves())
    return Composed(
        a.law @ b.law, lambda n: oracles.product_moments(a.moments(n), b.moments(n)), a.nonnegative and b.nonnegative
    )


def compositions() -> st.SearchStrategy[Composed]:
    """Sums, products, and what one more operation makes of them."""
    whole = st.one_of(sums(), products())
    return st.one_of(once_moved(), whole, moved(whole.filter(moderate)))
