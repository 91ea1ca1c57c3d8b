r"""The polynomial x(t) on [-1, 1] that removes the exponents of two edges: dx/dt ~ (1+t)^(e_a - 1) (1-t)^(e_b - 1).

Next to an edge it is taken as a function of the distance 1 + t or 1 - t from it, so that small distances keep their
digits both ways. As a share of the interval's length it is a sum of positive terms, Bernstein's: with p = (1+t)/2,
q = (1-t)/2 and n = e_a + e_b - 1, u = sum_(j >= e_a) binom(n, j) p^j q^(n-j), so that edges of any strength keep them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from flint import arb, arb_poly, ctx, fmpz_poly
from numpy.polynomial import polynomial as poly
from numpy.typing import NDArray

from resolvent.derive.errors import PrecisionError
from resolvent.derive.exact.precision import cached_property, working_precision

Array = NDArray[Any]  # of float64; NumPy's stubs widen the results of arithmetic

_MOST_STEPS = 60
_STEEP = 6  # exponents from which on roots are found from the steeper end
_NEAR = 1e-3  # shares below which the leading term comes closer than what rounding leaves of 1 - u
_ROUNDING = 4e-15  # of a share: next to a multiple root nothing else is left
_SETTLED = 1e-9  # of the root: the last step, whose square is what is left


@dataclass(frozen=True)
class EdgeMap:
    """u as a function of the distance d from an end of [-1, 1]: u(0) = 0, u(2) = 1, du/dd ~ d^(e-1) (2-d)^(f-1).

    Attributes:
        order: e, of the end that distances are measured from.
        other: f, of the other end.

    >>> EdgeMap(2, 1)(np.array([0.0, 1.0, 2.0]))
    array([0.  , 0.25, 1.  ])
    """

    order: int
    other: int

    @cached_property
    def _shares(self) -> tuple[int, ...]:
        degree = self.order + self.other - 1
        return tuple(math.comb(degree, self.order + j) for j in range(self.other))

    def __call__(self, distance: Array) -> Array:
        """u at distances, which may be complex: all terms are positive between 0 and 2."""
        p, q = distance / 2, 1 - distance / 2
        return self._summed(p, q, [float(c) for c in self._shares]) * p**self.order

    def enclosures(self, distances: Sequence[float], start: arb | int = 0, width: arb | int = 1) -> list[arb]:
        """start + width u as balls, at distances taken as exact."""
        with working_precision(ctx.prec + 2 * self._monomials.degree()):  # the terms' signs alternate
            found: list[arb] = (start + width * arb_poly(self._monomials)).evaluate([d / 2 for d in distances], "iter")
        return found

    @cached_property
    def _monomials(self) -> fmpz_poly:
        """u in powers of p."""
        p, q = fmpz_poly([0, 1]), fmpz_poly([1, -1])
        return self._summed(p, q, self._shares) * p**self.order

    @staticmethod
    def _summed(p: Any, q: Any, shares: Sequence[float]) -> Any:
        """sum_j shares_j p^j q^(last - j)."""
        total, power = shares[-1] + 0 * p, 1 + 0 * q
        for share in shares[-2::-1]:
            power = power * q
            total = total * p + share * power
        return total

    def slope(self, distance: Array) -> Array:
        """du/dd."""
        return distance ** (self.order - 1) * (2 - distance) ** (self.other - 1) / norm((self.order, self.other))

    def root(self, distance: Array) -> tuple[Array, Array]:
        """u^(1/e) and its derivative between 0 and 2, where u itself may be too small for floats."""
        p, q = distance / 2, 1 - distance / 2
        rest = self._summed(p, q, [float(c) for c in self._shares])
        root = p * rest ** (1 / self.order)
        grown = (2 - distance) ** (self.other - 1) * 2.0 ** (self.order - 1) / norm((self.order, self.other))
        return root, rest ** (1 / self.order - 1) * grown / self.order

    def quotient_power(self, distance: Array, exponent: int) -> Array:
        """(d/u^(1/e))^exponent, without a rounding error for each factor."""
        p, q = distance / 2, 1 - distance / 2
        rest = self._summed(p, q, [float(c) for c in self._shares])
        return 2.0**exponent * rest ** (-exponent / self.order)

    @property
    def lowest(self) -> float:
        """k where u ~ k d^e next to 0."""
        return math.comb(self.order + self.other - 1, self.order) / 2.0**self.order

    @property
    def leading(self) -> float:
        """The absolute value of the leading coefficient of u as a polynomial."""
        return 1 / (norm((self.order, self.other)) * (self.order + self.other - 1))

    def step(self, start: float, change: Array) -> Array:
        """u(start + change) - u(start) for real numbers, relatively accurate for small changes, too."""
        e, f = self.order - 1, self.other - 1
        slope = poly.polymul(poly.polypow([start, 1.0], e), poly.polypow([2 - start, -1.0], f))
        result = poly.polyval(change, poly.polyint(slope)) / norm((self.order, self.other))
        far = np.abs(change) * max(e / start, f / (2 - start)) > 1.0  # there the polynomial's terms cancel
        end = start + change[far]
        if self(np.array([start]))[0] <= 0.5:
            result[far] = self(end) - self(np.array([start]))
        else:  # the distances of u from 1 have the digits
            mirrored = EdgeMap(self.other, self.order)
            result[far] = mirrored(np.array([2 - start])) - mirrored(2 - end)
        return result

    @cached_property
    def others(self) -> Array:
        """The f - 1 zeros of u other than 0."""
        ratios = poly.polyroots([float(c) for c in self._shares]) if self.other > 1 else np.empty(0)
        return np.asarray(2 * ratios / (1 + ratios))


@lru_cache(maxsize=64)
def edge_maps(ramification: tuple[int, int]) -> tuple[EdgeMap, EdgeMap]:
    """u as a function of 1 + t, and 1 - u as one of 1 - t."""
    a, b = ramification
    return EdgeMap(a, b), EdgeMap(b, a)


def norm(ramification: tuple[int, int]) -> float:
    """The integral of (1+t)^(a-1) (1-t)^(b-1) over [-1, 1]."""
    a, b = ramification
    return 2.0 ** (a + b - 1) / (a * math.comb(a + b - 1, a))


def solve(share: EdgeMap, root: Array) -> Array:
    """The distance in [0, 2] with the share root^e, by safeguarded Newton steps for the e-th root of the share."""
    root = np.clip(root, 0.0, 1.0)
    s = np.minimum(root / share.lowest ** (1 / share.order), 1.9)
    low, high = np.zeros_like(s), np.full_like(s, 2.0)
    for _ in range(200):
        found, slope = share.root(s)
        residual = found - root
        low, high = np.where(residual <= 0, s, low), np.where(residual >= 0, s, high)
        with np.errstate(divide="ignore", invalid="ignore"):
            step = s - residual / slope
        following = np.where((step >= low) & (step <= high), step, (low + high) / 2)
        if np.all(np.abs(following - s) <= 4e-16 * np.abs(s)):
            break
        s = following
    return np.where(root == 0.0, 0.0, s)


def all_roots(share: EdgeMap, value: Array) -> Array:
    """All distances, complex ones too, with shares that are not 0; one row a root.

    By Aberth's iteration from the leading terms, so that small roots are relatively accurate. The values must not be
    much larger than 1. Raises `PrecisionError` if the iteration does not settle.
    """
    others = share.others
    principal = _principal(share, value)
    if share.other > max(share.order, _STEEP):  # roots far away are ill conditioned from here
        roots = 2 - all_roots(edge_maps((share.other, share.order))[0], 1 - value)
        nearest = np.argsort(np.abs(roots), axis=0)[: share.order]
        near = np.where(np.abs(value) < _NEAR, principal, np.take_along_axis(roots, nearest, axis=0))
        np.put_along_axis(roots, nearest, _settled(share, near, value), axis=0)
        return roots
    spread = np.exp(0.3j * np.arange(len(others))) * (1 + 0.1 * np.arange(len(others)))  # multiple ones apart
    return _settled(share, np.concatenate([principal, np.outer(others * spread, np.ones_like(value))]), value)


def _principal(share: EdgeMap, value: Array) -> Array:
    """The roots of the leading term."""
    turns = np.exp(2j * np.pi * np.arange(share.order) / share.order)
    return turns[:, None] * (value / share.lowest) ** (1 / share.order)


def _settled(share: EdgeMap, roots: Array, value: Array) -> Array:
    """Aberth's iteration, for all roots or some."""
    waiting = np.arange(len(value))
    for _ in range(_MOST_STEPS):
        s = roots[:, waiting]
        residual, slopes = share(s) - value[waiting], share.slope(s)
        for j in range(len(s)):
            with np.errstate(divide="ignore", invalid="ignore"):
                gaps = s[j] - s
                gaps[j] = np.inf
                push = np.sum(1 / gaps, axis=0)
                step = residual[j] / (slopes[j] - residual[j] * push)
            roots[j, waiting] -= np.where(residual[j] == 0.0, 0.0, step)  # a multiple root leaves 0/0
        enough = np.maximum(_SETTLED * np.abs(s * slopes), _ROUNDING * np.abs(value[waiting]))
        waiting = waiting[~np.all(np.abs(residual) <= enough, axis=0)]
        if not len(waiting):
            return roots
    raise PrecisionError("the preimages of a point of a spectrum's pieces could not be found", z=value[waiting])
