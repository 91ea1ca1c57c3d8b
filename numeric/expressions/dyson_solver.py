r"""The Dyson equation in floating point, at many z at once: m(z) of a matrix expression without its polynomial.

The equation g = sum_i w_i (z J + L_0 - eta(g) + A t_i)^{-1} is solved high above the real axis by damped iteration, and
followed down to the points asked for by Newton's method; where a step leaves the half-plane Im g <= 0 that the physical
solution lies in, it is shortened. It is an independent route to the numbers of `law_of`, and the only one where the
elimination is too large.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from resolvent.derive.border import checked
from resolvent.derive.errors import BranchError, DerivationError, ParameterError
from resolvent.derive.exact.field import Element, to_fmpq
from resolvent.derive.expressions.dyson import DysonSystem, dyson_system
from resolvent.derive.expressions.expression import MatrixExpression
from resolvent.derive.expressions.pencil import pencil_of
from resolvent.derive.expressions.scaling import scales_of

Complexes = NDArray[np.complex128]

_START = 8.0
_SLACK = 1e-9
_NEWTON = 12
_SHORTEST = 1e-4
_GROUND, _NOTHING = 1e-10, 1e-17  # from this height, times |x|, real points are reached in one step
_LOOSE, _ON_THE_WAY = 1e-6, 1e-6  # steps that count as converged next to edges, and above the points
_REGULARISED = 1e-9


@dataclass(frozen=True, eq=False)
class DysonSolution:
    """m at points of the upper half-plane.

    Attributes:
        z: the points.
        stieltjes: m(z), the normalised trace of (E - z)^{-1}.
        blocks: the traces of the blocks of L^{-1}, one row for each point and one column for each unknown entry.
        residual: the largest residual of the equation at each point (kind: estimated).
    """

    z: Complexes
    stieltjes: Complexes
    blocks: Complexes
    residual: NDArray[np.float64]


@checked
class DysonSolver:
    """A Dyson system at numeric parameters, as arrays.

    >>> from resolvent.numeric.expressions import dimension, wigner
    >>> p = dimension("p")
    >>> X, Y = wigner("X", p), wigner("Y", p)
    >>> solution = DysonSolver.of(X @ Y + Y @ X).solve([0.5 + 0.1j])
    >>> m, z = solution.stieltjes[0], solution.z[0]
    >>> bool(abs(z * m**3 - m**2 - z * m - 1) < 1e-12)
    True

    Source: Helton, Rashidi Far, Speicher, Operator-valued semicircular elements, Int. Math. Res. Not. (2007).
    """

    def __init__(self, system: DysonSystem, values: Mapping[str, Any]) -> None:
        if system.free_letters:
            raise DerivationError(
                "the numeric solver reaches given matrices with finitely many eigenvalues, one for each size, and no "
                f"Haar matrices; {system.free_letters[0]} is another"
            )
        missing = [s.name for s in system.parameters if s.name not in values]
        if missing:
            raise ParameterError(f"give a number for {missing[0]}", missing=missing)
        numbers = {s.name: to_fmpq(values[s.name]) for s in system.parameters}

        def number(element: Element) -> float:
            q = (element.evaluate(numbers) if numbers else element).to_fmpq()
            return float(q.p) / float(q.q)

        self.system = system
        self.entries = sorted({e for c in system.components for i in c.states for j in c.states
                               if (e := system.entry(i, j)) is not None})  # fmt: skip
        place = {e: k for k, e in enumerate(self.entries)}
        self.weights = [(place[k, k], number(w)) for k, w in enumerate(system.weights)]
        self.parts = []
        for c in system.components:
            size = len(c.states)
            constant = np.zeros((size, size), complex)
            spectral = np.zeros(size)
            eta = np.zeros((size, size, len(self.entries)))
            index = np.zeros((size, size), int)
            for a, i in enumerate(c.states):
                spectral[a] = i < system.pencil.blocks
                for b, j in enumerate(c.states):
                    entry = system.entry(i, j)
                    assert entry is not None
                    index[a, b] = place[entry]
                    if (i, j) in system.constants:
                        constant[a, b] = number(system.constants[i, j])
                    for source, value in system.covariance.get((i, j), {}).items():
                        known = system.entry(*source)
                        if known is not None:
                            eta[a, b, place[known]] += number(value)
            cases = []
            for weight, extra in c.cases:
                shift = np.zeros((size, size), complex)
                for (i, j), value in extra.items():
                    shift[c.states.index(i), c.states.index(j)] = number(value)
                cases.append((number(weight), shift))
            self.parts.append((constant, np.diag(spectral), eta, index, cases))

    @classmethod
    def of(cls, model: MatrixExpression, ratios: Mapping[Any, Any] | None = None, **values: Any) -> DysonSolver:
        """The solver of an expression, at ratios of its sizes and values of its parameters."""
        pencil = pencil_of(model, scales_of(model.dimensions(), dict(ratios or {})))
        return cls(dyson_system(pencil, average=True), values)

    # -- the equation ------------------------------------------------------------------------------------------

    def image(
        self, g: Complexes, z: Complexes, epsilon: float
    ) -> tuple[Complexes, list[list[tuple[float, Complexes]]]]:
        """The right-hand side at g (one row for each z), and the inverses it is made of."""
        out = np.zeros_like(g)
        inverses = []
        for constant, spectral, eta, index, cases in self.parts:
            size = len(constant)
            operator = constant + 1j * epsilon * np.eye(size) + z[:, None, None] * spectral
            operator = operator - (g @ eta.reshape(size * size, -1).T).reshape(len(z), size, size)
            total = np.zeros((len(z), size, size), complex)
            own = []
            for weight, shift in cases:
                inverse = 1 / (operator + shift) if size == 1 else np.linalg.inv(operator + shift)
                own.append((weight, inverse))
                total += weight * inverse
            inverses.append(own)
            out[:, index.ravel()] = total.reshape(len(z), -1)
        return out, inverses

    def slope(self, inverses: list[list[tuple[float, Complexes]]], points: int) -> Complexes:
        """The derivative of g - F(g) at every point."""
        n = len(self.entries)
        out = np.zeros((points, n, n), complex)
        for (_, _, eta, index, _), own in zip(self.parts, inverses, strict=True):
            size, flat = len(index), index.ravel()
            for weight, inverse in own:  # d(M^-1) = M^-1 eta(dg) M^-1
                left = (inverse @ eta.reshape(size, size * n)).reshape(points, size, size, n)
                whole = left.swapaxes(2, 3).reshape(points, size * n, size) @ inverse
                out[:, flat, :] -= weight * whole.reshape(points, size, n, size).swapaxes(2, 3).reshape(points, -1, n)
        out[:, np.arange(n), np.arange(n)] += 1
        return out

    def _physical(self, g: Complexes, slack: float = _SLACK) -> NDArray[np.bool_]:
        """Whether the matrices (g - g^*)/2i are negative up to rounding, as those of the physical solution are."""
        good = np.ones(len(g), bool)
        for _, _, _, index, _ in self.parts:
            block = g[:, index]
            skew = (block - block.conj().swapaxes(1, 2)) / 2j
            top = skew[:, 0, 0].real if len(index) == 1 else np.linalg.eigvalsh(skew)[:, -1]
            good &= top <= slack * (1 + np.abs(block).max(axis=(1, 2)))
        return good

    def _newton(
        self, g: Complexes, z: Complexes, tolerance: float, accepted: float | None = None
    ) -> tuple[Complexes, NDArray[np.float64], NDArray[np.bool_]]:
        """Newton's method at all points; the residuals, and whether it converged to a solution in the half-plane.

        Last steps up to ``accepted`` count as converged: next to an edge the solution has half of the digits.
        """
        residual = np.full(len(z), np.inf)
        for _ in range(_NEWTON):
            with np.errstate(all="ignore"):
                value, inverses = self.image(g, z, 0.0)
                step = np.linalg.solve(self.slope(inverses, len(z)), (g - value)[..., None])[..., 0]
            residual = np.abs(g - value).max(axis=1)
            g = g - step
            size = np.abs(step).max(axis=1) / (1 + np.abs(g).max(axis=1))
            if (size[np.isfinite(size)] < tolerance).all():
                break
        good = (
            np.isfinite(g).all(axis=1)
            & (size < (accepted or max(10 * tolerance, 1e-10)))
            & self._physical(np.nan_to_num(g))
        )
        return g, residual, good

    def polished(self, g: Complexes, z: Complexes) -> tuple[Complexes, NDArray[np.bool_]]:
        """Newton's method from close by, and where it led to a solution that is known to be the physical one.

        That is one with Im g < 0: for L + i eps it goes on to the only solution in the half-plane.
        """
        g, _, good = self._newton(g, z, 1e-13)
        return g, good & self._physical(np.where(good[:, None], g, 0), -_SLACK)

    # -- solving -----------------------------------------------------------------------------------------------

    def solve(self, z: ArrayLike, tolerance: float = 1e-13) -> DysonSolution:
        """m at the points z, which have positive imaginary parts.

        Raises `ParameterError` for other points, `BranchError` where the solution was not followed down to a point (an
        edge of the spectrum is too near: raise the imaginary part).
        """
        points = np.atleast_1d(np.asarray(z, complex)).ravel()
        if not (points.imag > 0).all():
            raise ParameterError("the Dyson equation is solved at points with positive imaginary part", z=z)
        g, residual, bad = self.followed(points, tolerance)
        if bad.any():
            place = points[bad][0]
            raise BranchError(f"the Dyson equation was not solved at z = {place}; raise its imaginary part", z=place)
        return DysonSolution(points, self.trace(g), g, residual)

    def trace(self, g: Complexes) -> Complexes:
        """m from the traces of the blocks."""
        return np.asarray(-sum(weight * g[:, k] for k, weight in self.weights))

    def followed(
        self, points: Complexes, tolerance: float = 1e-13
    ) -> tuple[Complexes, NDArray[np.float64], NDArray[np.bool_]]:
        """The blocks at points above the real line or on it, the residuals, and where they were not found.

        Real points are limits from above: from a height that is small beside the distance of the next edge the last
        step goes down to the line.
        """
        g, height = self._above(points)
        residual = np.zeros(len(points))
        factor = np.full(len(points), 0.25)
        lowest = np.maximum(points.imag, np.maximum(_GROUND * np.abs(points.real), _NOTHING))
        bad = np.zeros(len(points), bool)
        waiting = np.arange(len(points))
        while len(waiting):
            target = np.maximum(height[waiting] * factor[waiting], lowest[waiting])
            new, _, good = self._newton(g[waiting], points[waiting].real + 1j * target, max(tolerance, _ON_THE_WAY))
            done = waiting[good]
            g[done], height[done] = new[good], target[good]
            factor[done] = np.maximum(factor[done] ** 1.5, 0.05)
            failed = waiting[~good]
            factor[failed] = np.sqrt(factor[failed])
            bad[failed] |= 1 - factor[failed] < _SHORTEST
            waiting = waiting[(height[waiting] > lowest[waiting]) & ~bad[waiting]]
        is_ground = points.imag < lowest
        for last, accepted in ((np.flatnonzero(~is_ground & ~bad), None), (np.flatnonzero(is_ground & ~bad), _LOOSE)):
            if len(last):
                new, errors, good = self._newton(g[last], points[last], tolerance, accepted)
                g[last], residual[last], bad[last] = new, errors, ~good
        return g, residual, bad

    def _above(self, points: Complexes) -> tuple[Complexes, NDArray[np.float64]]:
        """The solution high above each point, by damped iteration at a vanishing regularisation."""
        height = np.maximum(points.imag, _START)
        far = points.real + 1j * height
        middle = np.array([points.real.mean() + 1j * height.max()])
        start, _, good = self._newton(self._damped(middle), middle, 1e-12)
        if good.all():
            g, _, good = self._newton(np.repeat(start, len(points), axis=0), far, 1e-12)
        if not good.all():
            g, _, good = self._newton(self._damped(far), far, 1e-12)
        if not good.all():
            raise BranchError("the Dyson equation was not solved far from the spectrum; does every inverse exist?")
        return g, height

    def iterated(self, z: Complexes) -> Complexes:
        """m by the damped iteration alone, for L + i eps with small eps: slow, and to about eps."""
        g = self._damped(z)
        for _ in range(4000):
            new, _ = self.image(g, z, _REGULARISED)
            change = float(np.abs(new - g).max())
            g = 0.5 * (g + new)
            if change < 1e-11:
                break
        return self.trace(g)

    def _damped(self, z: Complexes) -> Complexes:
        """An approximate solution: the damped iteration for L + i eps, which converges for every eps > 0."""
        g = np.zeros((len(z), len(self.entries)), complex)
        g[:, [k for k, e in enumerate(self.entries) if e[0] == e[1]]] = -1j
        for epsilon in (1.0, 0.1, 0.01, 1e-3):
            for _ in range(400):
                new, _ = self.image(g, z, epsilon)
                change = float(np.abs(new - g).max())
                g = 0.5 * (g + new)
                if change < 1e-2 * epsilon:
                    break
        return g

    def density(self, x: ArrayLike, height: float = 1e-8) -> NDArray[np.float64]:
        """The density at real points, as Im m(x + i height)/pi."""
        points = np.atleast_1d(np.asarray(x, float)).ravel()
        return np.asarray(self.solve(points + 1j * height).stieltjes.imag / np.pi)
