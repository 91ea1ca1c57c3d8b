"""A polynomial equation P(z, m) = 0 at numbers, without the engine: its roots at 50 digits, and how many are real."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from fractions import Fraction
from functools import reduce
from math import gcd, ulp
from typing import Any

import mpmath

DIGITS = 50
_CANCELLED = 25  # digits for each power of z: laws of a size 10^-22 of their place are asked for


class EquationAt:
    """The equation with the coefficients of z^i m^j by (i, j)."""

    def __init__(self, coefficients: Mapping[Any, Any]) -> None:
        self.table = {(int(i), int(j)): int(c) for (i, j, *_), c in coefficients.items()}
        self.degree = max(j for _, j in self.table)

    def _exact(self, x: float) -> list[int]:
        """The coefficients of powers of m at a float, times a number, from the constant up."""
        top, bottom = Fraction(x).as_integer_ratio()
        highest = max(i for i, _ in self.table)
        found = [0] * (self.degree + 1)
        for (i, j), c in self.table.items():
            found[j] += c * top**i * bottom ** (highest - i)
        return found

    def real_roots(self, x: float) -> int:
        """How many real roots the equation has at a float, by Sturm's theorem in whole numbers."""
        chain = [_primitive(self._exact(x))]
        chain.append(_primitive([k * c for k, c in enumerate(chain[0])][1:]))
        while len(chain[-1]) > 1:
            rest = _remainder(chain[-2], chain[-1])
            if not rest:
                break
            chain.append(_primitive([-c for c in rest]))
        at_top = [p[-1] > 0 for p in chain]
        at_bottom = [(p[-1] > 0) == (len(p) % 2 == 1) for p in chain]
        return _changes(at_bottom) - _changes(at_top)

    def density(self, rho: Any, x: float) -> Any:
        """The density at a float inside the support: closed for degree 2, else by Newton's method from the spectrum."""
        with mpmath.workdps(DIGITS):
            if self.degree == 2:
                c, b, a = self._exact(x)
                return mpmath.sqrt(max(4 * a * c - b * b, 0)) / (2 * abs(a) * mpmath.pi) if a else None
            root = self.root(x, complex(rho.stieltjes(x)))
            return None if root is None else root.imag / mpmath.pi

    def root(self, z: complex, start: complex) -> Any:
        """The root that Newton's method leads to from a start; None if it does not converge."""
        with mpmath.workdps(DIGITS):
            place, m = mpmath.mpmathify(z), mpmath.mpmathify(start)
            coefficients = self._coefficients(place)
            for _ in range(12):
                value, slope = mpmath.polyval(coefficients, m, derivative=True)
                if slope == 0:
                    return None
                step = value / slope
                m -= step
                if abs(step) <= mpmath.mpf(10) ** -25 * abs(m):
                    return mpmath.mpc(m)
            return None

    def is_off(self, found: complex, root: Any, z: complex, tolerance: float) -> bool:
        """Whether a value is off by more than the tolerance, and by more than four units of z's last digit explain."""
        error = abs(found - complex(root)) - tolerance * abs(found)
        if error <= 0:
            return False
        with mpmath.workdps(DIGITS):
            h = 4 * ulp(abs(z))
            ends = [self.root(mpmath.mpmathify(z) + step, root) for step in (h, -h, 1j * h, -1j * h)]
            return error > max((abs(end - root) for end in ends if end is not None), default=0)

    def followed(self, z: Any, width: float) -> Any:
        """The root m(z) with m ~ -1/z, followed down from z + iT at 50 digits; None where roots come too close to tell.

        At every step all roots are computed, and the nearest is taken if it is four times as near as any other.
        """
        with mpmath.workdps(DIGITS):
            top = max(width, abs(z)) * mpmath.mpf(10) ** 6
            height, place = top, mpmath.mpc(z.real, z.imag + top)
            m = min(self._roots(place), key=lambda r: abs(r * place + 1))
            if abs(m * place + 1) > mpmath.mpf("1e-3"):
                return None
            factor = mpmath.mpf(1) / 2
            while True:
                lower = height * factor
                target = mpmath.mpc(z.real, z.imag + lower) if lower > z.imag * mpmath.mpf(10) ** -12 else z
                ordered = sorted(self._roots(target), key=lambda r: abs(r - m))
                if len(ordered) > 1 and 4 * abs(ordered[0] - m) > abs(ordered[1] - m):
                    factor = (1 + 3 * factor) / 4
                    if factor > mpmath.mpf("0.9999"):
                        return None
                    continue
                m, height = ordered[0], lower
                if target == z:
                    return m
                factor = max(factor**2, mpmath.mpf(1) / 4)

    def _coefficients(self, z: Any) -> list[Any]:
        found = [mpmath.mpf(0)] * (self.degree + 1)
        with mpmath.workdps(DIGITS + _CANCELLED * (1 + max(i for i, _ in self.table))):
            for (i, j), c in self.table.items():
                found[self.degree - j] += c * z**i
        return found

    def _roots(self, z: Any) -> list[Any]:
        """All roots, on the scale 1/z, where the search for them begins."""
        unit = 1 / abs(z)
        scaled = [c * unit ** (self.degree - k) for k, c in enumerate(self._coefficients(z))]
        return [unit * r for r in mpmath.polyroots(scaled, maxsteps=200, extraprec=200)]


def _primitive(p: list[int]) -> list[int]:
    while p and p[-1] == 0:
        p = p[:-1]
    common = reduce(gcd, p, 0)
    return [c // common for c in p]


def _remainder(a: list[int], b: list[int]) -> list[int]:
    """A positive multiple of the remainder of a by b."""
    a, lead = list(a), abs(b[-1])
    sign = 1 if b[-1] > 0 else -1
    while len(a) >= len(b):
        top = sign * a[-1]
        a = [lead * c for c in a]
        for k, c in enumerate(b, len(a) - len(b)):
            a[k] -= top * c
        a = a[:-1]
        while a and a[-1] == 0:
            a = a[:-1]
    return a


def _changes(signs: list[bool]) -> int:
    return sum(a != b for a, b in itertools.pairwise(signs))
