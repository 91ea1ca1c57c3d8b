"""The physical branch by brute force: all roots of P(z, .) at 40 digits, along a path from far up the imaginary axis.

The path is cut until the root taken is four times closer than any other, so that no step leaves room for doubt.
Nothing is shared with the packages: the polynomial is a SymPy expression, roots are those of mpmath.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import flint
import mpmath as mp
import sympy

Z, M = sympy.symbols("z m")
DIGITS = 50
_FAR = 1000


def chordal(a: Any, b: Any) -> Any:
    """The distance on the sphere, in which roots that go to infinity come together."""
    return abs(a - b) / mp.sqrt((1 + abs(a) ** 2) * (1 + abs(b) ** 2))


class Follower:
    """The branch m ~ -1/z of a polynomial in z and m with rational coefficients.

    Moments say which one is meant if several sheets begin with -1/z.
    """

    def __init__(self, equation: sympy.Expr, moments: Sequence[sympy.Expr] = ()) -> None:
        self.moments = [sympy.Integer(1), *moments]
        self.polynomial = sympy.Poly(equation, M, Z)
        self.rows = [[int(c) for c in sympy.Poly(column, Z).all_coeffs()] for column in self._columns()]

    def _columns(self) -> list[Any]:
        whole = sympy.Poly(self.polynomial.clear_denoms()[1].as_expr(), M)
        return list(whole.all_coeffs())

    def roots(self, z: Any) -> list[Any]:
        """All roots of P(z, .), by mpmath."""
        coefficients = [mp.polyval(row, z) for row in self.rows]
        while abs(coefficients[0]) == 0:
            coefficients = coefficients[1:]
        return list(mp.polyroots(coefficients, maxsteps=400, extraprec=120))

    def step(self, here: Any, value: Any, there: Any, depth: int = 0) -> Any:
        """The continuation of a root along a straight segment."""
        ranked = sorted(self.roots(there), key=lambda r: chordal(r, value))
        if len(ranked) == 1 or 4 * chordal(ranked[0], value) < chordal(ranked[1], value):
            return ranked[0]
        assert depth < 40, f"two sheets meet near {there}"
        middle = (here + there) / 2
        return self.step(middle, self.step(here, value, middle, depth + 1), there, depth + 1)

    def values(self, points: Sequence[Any]) -> list[Any]:
        """m at points of the open upper half-plane or of the real line (limits from above), each reached from the last.

        Neighbouring points must lie in the same gap between singular points of the branch.
        """
        with mp.workdps(DIGITS):
            first = mp.mpmathify(points[0])
            height = mp.mpf(_FAR)
            here = mp.mpc(first.real, height)
            germ = sum((mp.mpf(int(m.p)) / int(m.q) / here ** (k + 1) for k, m in enumerate(self.moments)), mp.mpc(0))
            value = min(self.roots(here), key=lambda r: abs(r + germ))
            while height > max(first.imag, mp.mpf("1e-4")):
                height *= mp.mpf("0.7")
                there = mp.mpc(first.real, max(height, first.imag))
                value, here = self.step(here, value, there), there
            value = self.step(here, value, first)
            found = [value]
            for before, after in pairwise([mp.mpmathify(p) for p in points]):
                value = self.step(before, value, after)
                found.append(value)
            return found

    def density(self, points: Sequence[float]) -> list[float]:
        """Im m(x + i0)/pi along points of one interval."""
        return [float(v.imag / mp.pi) for v in self.values([mp.mpf(x) for x in points])]

    def support(self) -> list[tuple[float, float]]:
        """Maximal intervals of positive density between the real zeros of the discriminant and of the leading term.

        Intervals that touch are given as one.
        """
        factors = sympy.discriminant(self.polynomial.as_expr(), M) * self.rows_leading()
        with mp.workdps(DIGITS):
            parts = [sympy.Poly(f, Z) for f, _ in sympy.factor_list(factors, Z)[1]]
            zeros = [r for part in parts for r in part.nroots(n=DIGITS, maxsteps=200)]
            roots = sorted({mp.mpf(sympy.N(r, DIGITS)) for r in zeros if r.is_real})
            found: list[tuple[float, float]] = []
            for a, b in pairwise(roots):
                if self.values([(a + b) / 2])[0].imag > mp.mpf(10) ** (-DIGITS // 2):
                    start = found.pop()[0] if found and found[-1][1] == float(a) else float(a)
                    found.append((start, float(b)))
            return found

    def rows_leading(self) -> sympy.Expr:
        """The leading coefficient in m."""
        return sympy.Poly(self.polynomial.as_expr(), M).LC()


class FlintFollower(Follower):
    """The same path with roots by FLINT, which finds those of many points of a high degree in time."""

    def roots(self, z: Any) -> list[Any]:
        """All roots of P(z, .), in enclosures of 55 digits or more."""
        with flint.ctx.workprec(400):
            if z.imag == 0:
                x = _fraction(z.real)
                exact = [sum((c * x**k for k, c in enumerate(reversed(row))), flint.fmpq(0)) for row in self.rows]
                found = [r for r, k in flint.fmpq_poly(exact[::-1]).numer().complex_roots() for _ in range(k)]
            else:
                place = flint.acb(flint.arb(_fraction(z.real)), flint.arb(_fraction(z.imag)))
                columns = [flint.fmpz_poly(row[::-1]) for row in self.rows]
                found = flint.acb_poly([column(place) for column in columns[::-1]]).roots(tol=1e-55)
        return [mp.mpc(_number(flint.acb(r).real), _number(flint.acb(r).imag)) for r in found]


def _fraction(x: Any) -> flint.fmpq:
    sign, mantissa, exponent, _ = mp.mpf(x)._mpf_
    return flint.fmpq(-int(mantissa) if sign else int(mantissa)) * flint.fmpq(2) ** exponent


def _number(ball: flint.arb) -> Any:
    mantissa, exponent = ball.mid().man_exp()
    return mp.ldexp(mp.mpf(int(mantissa)), int(exponent))
