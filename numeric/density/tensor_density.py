r"""The density of a tensor law: what its curves add up to between singular points, its atoms, and the transform.

The Stieltjes transform is integrated from the density by the double exponential rule, between singular points and the
real part of z. Its limit on the real line is the principal value plus i pi times the density.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from flint import arb
from numpy.typing import ArrayLike, NDArray

from resolvent.derive.errors import ParameterError
from resolvent.derive.exact.precision import working_precision
from resolvent.derive.tensor.atoms import parts_of
from resolvent.derive.tensor.tensor_law import TensorLaw
from resolvent.numeric.density.chebyshev_piece import Array
from resolvent.numeric.density.double_exponential import integrals
from resolvent.numeric.density.tensor_curves import BITS, Factor, line_or_surface

ComplexArray = NDArray[np.complex128]

SMALLEST = 1e-60
"""The smallest distance from a singular point: the quadrature resolves scales down to 1e-101."""


class TensorDensity:
    """The density, the atoms and the Stieltjes transform of a tensor law at numeric parameters.

    Attributes:
        points: the singular points of the density, increasing, the ends of the support among them.
        rests: what the rounding has taken from them.
        atoms: (point, weight), exact SymPy numbers, by increasing point.

    Between two neighbouring points the density is analytic. Its error is about 1e-14 of its size.

    >>> from resolvent.derive.laws.elementary import marchenko_pastur
    >>> from resolvent.derive.tensor.tensor_law import classical_sum
    >>> rho = TensorDensity(classical_sum(marchenko_pastur(1), marchenko_pastur(1)))
    >>> rho.points, rho.atoms
    ((0.0, 4.0, 8.0), ())
    >>> [round(float(v), 12) for v in rho.near(0, np.array([1e-30, 2.0]))]  # 1/pi at the left end
    [0.318309886184, 0.231955989144]

    Raises `ParameterError` if parameters are left or a curve has more than two variables, `DerivationError` for a curve
    that is not bilinear and for what `parts_of` refuses.
    """

    def __init__(self, law: TensorLaw) -> None:
        self.law = law
        parts = parts_of(law)
        self.atoms = parts.atoms
        factors = {i: Factor(law.laws[i]) for curve in parts.curves for i in curve.variables}
        self._curves = [line_or_surface(curve, factors) for curve in parts.curves]
        found = sorted({p for c in self._curves for p in c.singular_points()}, key=lambda p: p.ball(BITS).mid())
        self._exact = tuple(found)
        with working_precision(BITS):
            balls = [p.ball(BITS).mid() for p in found]
            self.points = tuple(float(b) for b in balls)
            self.rests = tuple(float(b - arb(p)) for b, p in zip(balls, self.points, strict=True))

    def near(self, k: int, delta: ArrayLike) -> Array:
        """The density at points[k] + delta (with the unrounded point), for delta up to the neighbouring points.

        Accurate relatively in delta; ``delta`` is a float array, |delta| >= 1e-60, and the result has its shape.

        Raises `ParameterError` for smaller delta, `PrecisionError` where the quadrature does not settle.
        """
        flat = np.asarray(delta, dtype=np.float64).ravel()
        if flat.size and not np.abs(flat).min() >= SMALLEST:
            raise ParameterError(
                f"|delta| must be at least {SMALLEST:g}; got {flat[np.abs(flat).argmin()]:g}", delta=delta
            )
        total = np.zeros(flat.shape)
        for curve in self._curves:
            total += curve.density(self._exact[k], flat)
        return total.reshape(np.shape(delta))

    def pdf(self, x: ArrayLike) -> Array:
        """The density at floats, each taken relative to the nearest singular point; NaN at such a point and at NaN."""
        flat = np.asarray(x, dtype=np.float64).ravel()
        total = np.zeros(flat.shape)
        inside = (flat > self.points[0]) & (flat < self.points[-1]) if self.points else np.zeros(flat.shape, bool)
        nearest = np.abs(flat[:, None] - np.array(self.points)).argmin(axis=1) if self.points else flat
        for k, (point, rest) in enumerate(zip(self.points, self.rests, strict=True)):
            delta = (flat - point) - rest
            chosen = inside & (nearest == k) & (np.abs(delta) >= SMALLEST)
            total[chosen] = self.near(k, delta[chosen])
            total[np.abs(delta) < SMALLEST] = np.nan
        total[np.isnan(flat)] = np.nan
        return total.reshape(np.shape(x))

    def stieltjes(self, z: ArrayLike) -> ComplexArray:
        """m(z) = int rho(dx)/(x - z); real points get the limit from above, singular points and atoms NaN.

        Raises `PrecisionError` where the quadrature does not settle.
        """
        flat = np.asarray(z, dtype=np.complex128).ravel()
        values = [self._stieltjes_at(complex(p)) for p in flat]
        return np.array(values, dtype=np.complex128).reshape(np.shape(z))

    def _stieltjes_at(self, z: complex) -> complex:
        if z.imag < 0:
            return self._stieltjes_at(z.conjugate()).conjugate()
        if cmath.isnan(z):
            return z
        if z.imag == 0 and (z.real in self.points or any(float(p) == z.real for p, _ in self.atoms)):
            return complex("nan+nanj")
        total = sum((complex(w) / (complex(p) - z) for p, w in self.atoms), start=0j)
        return total + sum(self._gap_integral(k, z) for k in range(len(self.points) - 1))

    def _gap_integral(self, k: int, z: complex) -> complex:
        """The integral of rho(x)/(x - z) between points[k] and the next one."""
        width = (self.points[k + 1] - self.points[k]) + (self.rests[k + 1] - self.rests[k])
        low, high = (z.real - self.points[k]) - self.rests[k], (self.points[k + 1] - z.real) + self.rests[k + 1]
        y = 1j * z.imag

        def stretch(before: float, length: float, after: float, kernel: Callable[[Array, Array], Array]) -> complex:
            """The integral over a stretch that leaves ``before`` and ``after``; the kernel gets distances in it."""

            def integrand(_: Any, g: Array, h: Array) -> Array:
                below, above = length * g, length * h
                return self._between(k, before + below, after + above) * kernel(below, above) * length

            return complex(integrals(lambda *a: integrand(*a)[None], 1, f"the transform at {z}")[0])

        if low <= 0:
            return stretch(0.0, width, 0.0, lambda below, _: 1 / (below - low - y))
        if high <= 0:
            return stretch(0.0, width, 0.0, lambda _, above: 1 / (high - above - y))
        if z.imag:
            left = stretch(0.0, low, high, lambda _, above: 1 / (-above - y))
            return left + stretch(low, high, 0.0, lambda below, _: 1 / (below - y))
        reach = min(low, high)

        def odd_part(_: Any, g: Array, h: Array) -> Array:
            t, left = reach * g, reach * h
            above = self._between(k, low + t, (high - reach) + left)
            below = self._between(k, (low - reach) + left, high + t)
            return np.asarray((above - below) / g)[None]

        value = complex(integrals(odd_part, 1, f"the transform at {z}")[0])
        value += 1j * math.pi * float(self._between(k, np.array([low]), np.array([high]))[0])
        if low > high:
            return value + stretch(0.0, low - reach, high + reach, lambda _, above: -1 / (reach + above))
        return value + stretch(low + reach, high - reach, 0.0, lambda below, _: 1 / (reach + below))

    def _between(self, k: int, low: Array, high: Array) -> Array:
        """The density ``low`` above points[k] and ``high`` below the next point."""
        nearer = low <= high
        values = np.empty(low.shape)
        values[nearer] = self.near(k, np.maximum(low[nearer], SMALLEST))  # nothing that counts lies below
        values[~nearer] = self.near(k + 1, -np.maximum(high[~nearer], SMALLEST))
        return values
