r"""The Dyson equation in floating point, at many z at once: m(z) of a matrix expression without its polynomial.

The equation g = sum_i w_i (z J + L_0 - eta(g) + A t_i)^{-1} is solved high above the real axis for L + i eps, by damped
iteration at a large eps, and followed down to eps = 0 and to the points asked for: each time extrapolated from the last
solutions and corrected by Newton's method; where that leaves the half-plane Im g <= 0 that the physical solution lies
in, the step is shortened. It is an independent route to the numbers of `law_of`, and the only one where the
elimination is too large.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from resolvent.derive.border import checked
from resolvent.derive.errors import BranchError, ParameterError
from resolvent.derive.expressions.dyson import dyson_system
from resolvent.derive.expressions.expression import MatrixExpression
from resolvent.derive.expressions.invertible import require_inverses
from resolvent.derive.expressions.pencil import pencil_of
from resolvent.derive.expressions.scaling import scales_of
from resolvent.numeric.expressions.clock import Clock
from resolvent.numeric.expressions.dyson_arrays import DysonArrays
from resolvent.numeric.expressions.free_letters import FreeLetter
from resolvent.numeric.expressions.krylov import solve_by_products

Complexes = NDArray[np.complex128]

_STARTS = (8.0, 8e4)
_SLACK = 1e-9
_NEWTON = 12
_SHORTEST, _STEPS = 1e-4, 100  # the shortest step on the way down, and the most of them
_MOST_ENTRIES = 4_000_000  # of the derivatives at all points that are treated together: 64 MB
_MANY, _PRODUCTS, _REDUCED = 30, 60, 1e-9  # unknowns from which steps are found to so many digits by so many products
_TOGETHER = 100  # points whose steps are found together: as many products as the slowest needs
_KNOWN = 6  # solutions on the way down from which the next is extrapolated
_GROUND, _NOTHING = 1e-10, 1e-17  # from this height, times |x|, real points are reached in one step
_COARSE, _BESIDE, _ALONE = 16, 4, 8  # every so many points are followed from above, if there are so many of them, and
# the others are interpolated from so many of these
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

    def __repr__(self) -> str:
        return f"<DysonSolution at {np.size(self.z)} points, residual {np.max(self.residual, initial=0.0):.2g}>"


def _is_negative(matrices: Complexes, slack: float) -> NDArray[np.bool_]:
    """Whether the imaginary parts (A - A^*)/2i of matrices are negative up to rounding."""
    skew = (matrices - matrices.conj().swapaxes(-1, -2)) / 2j
    top = skew[..., 0, 0].real if skew.shape[-1] == 1 else np.linalg.eigvalsh(skew)[..., -1]
    return np.asarray(top <= slack * (1 + np.abs(matrices).max(axis=(-2, -1))))


def _extrapolated(
    places: NDArray[np.float64], values: NDArray[np.complex128], target: NDArray[np.float64]
) -> NDArray[np.complex128]:
    """The polynomial through values at places (the first axis; NaN: there is none) at another place, for each point."""
    out = np.zeros_like(values[0])
    for i, own in enumerate(places):
        factors = np.array([(target - other) / (own - other) for j, other in enumerate(places) if j != i])
        out += np.where(np.isnan(own), 0, np.nanprod(factors, axis=0))[:, None] * values[i]
    return out


def _ground(points: Complexes) -> NDArray[np.float64]:
    """The height from which the real line is reached in one step."""
    return np.maximum(_GROUND * np.abs(points.real), _NOTHING)


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

    def __init__(self, arrays: DysonArrays) -> None:
        self.arrays = arrays
        self.clock = Clock()

    def __repr__(self) -> str:
        return f"<DysonSolver: {self.arrays.entries} unknowns>"

    @classmethod
    def of(cls, model: MatrixExpression, ratios: Mapping[Any, Any] | None = None, **values: Any) -> DysonSolver:
        """The solver of an expression, at ratios of its sizes and values of its parameters."""
        pencil = pencil_of(model, scales_of(model.dimensions(), dict(ratios or {})))
        arrays = DysonArrays.of_system(dyson_system(pencil, numeric=True), values)
        require_inverses(model, ratios or {}, values)
        return cls(arrays)

    @classmethod
    def of_profile(cls, variances: ArrayLike, shares: ArrayLike | None = None) -> DysonSolver:
        r"""The solver of a symmetric matrix whose entries have a variance profile, of hundreds of blocks.

        In block (i, j) of a matrix of size N the entries are independent and have the variance v_ij/N; block i has the
        share s_i of the rows, the same for all unless given. So -1/m_i = z + sum_j v_ij s_j m_j and m = sum_i s_i m_i.

        >>> solver = DysonSolver.of_profile([[1, 3], [3, 1]])
        >>> bool(abs(solver.solve([2j]).stieltjes[0] - (np.sqrt(3) - 1) / 2 * 1j) < 1e-12)
        True

        Raises `ParameterError` for a table that is not square and symmetric with entries from 0 on, and for shares that
        are no positive numbers of sum 1.

        Source: Ajanki, Erdos, Krueger, Mem. Amer. Math. Soc. 261 (2019), equation (1.1).
        """
        return cls(DysonArrays.of_profile(variances, shares))

    def _letter_parts(self, g: Complexes) -> Iterator[tuple[FreeLetter, Complexes, slice]]:
        """The letters with the forms that make their G of the entries of g, and their unknowns' places."""
        start = self.arrays.entries
        for letter, form in zip(self.arrays.letters, self.arrays.forms, strict=True):
            yield letter, np.tensordot(g[:, : self.arrays.entries], form, 1), slice(start, start + letter.count)
            start += letter.count

    # -- the equation ------------------------------------------------------------------------------------------

    def image(self, g: Complexes, z: Complexes, epsilon: Any) -> Complexes:
        """The right-hand side at g (one row for each z); letters see the new traces already, so that it converges."""
        out, _ = self._averages(g, z, epsilon)
        for letter, own, place in self._letter_parts(out):
            out[:, place] = letter.image(own, g[:, place])
        return out

    def residual(
        self, g: Complexes, z: Complexes, epsilon: Any
    ) -> tuple[Complexes, Callable[[], Complexes], Callable[[Complexes], Complexes]]:
        """What vanishes at a solution, what makes its derivatives at every point, and those along one direction each.

        The last is for systems without letters.
        """
        averages, inverses = self._averages(g, z, epsilon)
        out, n = g - averages, self.arrays.width
        tangents = []
        for letter, own, place in self._letter_parts(g):
            out[:, place], tangent = letter.residual(own, g[:, place])
            tangents.append((letter.count, place, tangent))

        def slope() -> Complexes:
            moved = np.zeros((len(g), n, n), complex)
            moved[:, np.arange(self.arrays.entries), np.arange(self.arrays.entries)] = 1
            for part, found in zip(self.arrays.parts, inverses, strict=True):
                moved[:, part.index.ravel(), :] -= part.tangents(found)
            for (count, place, tangent), form in zip(tangents, self.arrays.forms, strict=True):
                dg = np.zeros((n, *form.shape[1:]), complex)
                dg[: self.arrays.entries] = form
                dx = np.zeros((n, count), complex)
                dx[place] = np.eye(count)
                moved[:, place, :] = tangent(dg, dx)
            return moved

        def along(dg: Complexes) -> Complexes:
            moved = dg.copy()
            for part, found in zip(self.arrays.parts, inverses, strict=True):
                moved[:, part.index.ravel()] -= part.tangent(found, dg)
            return moved

        return out, slope, along

    def _averages(self, g: Complexes, z: Complexes, epsilon: Any) -> tuple[Complexes, list[Complexes]]:
        """The means of the inverses at the places of g, and the inverses."""
        out = np.zeros_like(g)
        inverses = []
        for part in self.arrays.parts:
            found = part.inverses(g, z, epsilon)
            inverses.append(found)
            out[:, part.index.ravel()] = part.averaged(found)
        return out, inverses

    def _cuts(self, places: NDArray[np.int64]) -> list[NDArray[np.int64]]:
        """The places in groups that are treated together."""
        most = max(1, _MOST_ENTRIES // self.arrays.width**2)
        most = min(most, _TOGETHER) if self._by_products else most
        return [places[k : k + most] for k in range(0, len(places), most)]

    @property
    def _by_products(self) -> bool:
        """Whether there are so many unknowns that their matrix of derivatives is not formed."""
        return not self.arrays.letters and self.arrays.width >= _MANY

    def _step(
        self, g: Complexes, z: Complexes, epsilon: NDArray[Any], right: Complexes | None = None
    ) -> tuple[Complexes, Complexes]:
        """What the equation misses at g, and Newton's step: of many unknowns without their matrix of derivatives.

        With a right-hand side of its own the solution for that. Raises `LinAlgError` where derivatives are singular.
        """
        missed, slope, along = self.residual(g, z, epsilon)
        right = missed if right is None else right
        if not self._by_products:
            return missed, np.asarray(np.linalg.solve(slope(), right[..., None])[..., 0])
        unit = np.abs(g) if self.arrays.is_scalar else np.ones_like(g)  # the derivatives are next to normal then
        lost = np.asarray(~np.isfinite(missed / unit).all(axis=1))
        scaled = np.where(lost[:, None], 0, right / unit)
        relative, good = solve_by_products(lambda dg: along(unit * dg) / unit, scaled, _REDUCED, _PRODUCTS)
        step = np.where(lost[:, None], np.nan, relative * unit)
        for k in self._cuts(np.flatnonzero(~good & ~lost)):
            _, slope, _ = self.residual(g[k], z[k], epsilon[k])
            step[k] = np.linalg.solve(slope(), right[k, :, None])[..., 0]
        return missed, step

    def _physical(self, g: Complexes, slack: float = _SLACK) -> NDArray[np.bool_]:
        """Whether (g - g^*)/2i is negative up to rounding, and what letters add positive, as in the true solution."""
        good = np.ones(len(g), bool)
        for part in self.arrays.parts:
            good &= _is_negative(g[:, part.index], slack).all(axis=1)
        for letter, _, place in self._letter_parts(g):
            good &= _is_negative(-letter.added(g[:, place]), _SLACK)
        return good

    def _newton(
        self, g: Complexes, z: Complexes, tolerance: float, accepted: float | None = None, epsilon: Any = 0.0
    ) -> tuple[Complexes, NDArray[np.float64], NDArray[np.bool_]]:
        """Newton's method at all points; the residuals, and whether it converged to a solution in the half-plane.

        Last steps up to ``accepted`` count as converged: next to an edge the solution has half of the digits.
        """
        cuts = self._cuts(np.arange(len(z)))
        if len(cuts) > 1:
            epsilon = np.broadcast_to(epsilon, len(z))
            found = [self._newton(g[k], z[k], tolerance, accepted, epsilon[k]) for k in cuts]
            new, missed, good = (np.concatenate(part) for part in zip(*found, strict=True))
            return new, missed, good
        g, residual, size = g.copy(), np.full(len(z), np.inf), np.full(len(z), np.inf)
        active, epsilon = np.arange(len(z)), np.broadcast_to(epsilon, len(z))
        for _ in range(_NEWTON):
            self.clock.check()
            now = g[active]
            with np.errstate(all="ignore"):
                try:
                    missed, step = self._step(now, z[active], epsilon[active])
                except np.linalg.LinAlgError:  # as at a letter that is seen through fewer dimensions than it has
                    size[active] = np.inf
                    break
                g[active] = new = now - step
                residual[active] = np.abs(missed).max(axis=1)
                size[active] = np.abs(step).max(axis=1) / (1 + np.abs(new).max(axis=1))
            active = active[np.isfinite(size[active]) & (size[active] >= tolerance)]
            if not len(active):
                break
        good = (
            np.isfinite(g).all(axis=1)
            & (size < (accepted or max(10 * tolerance, 1e-10)))
            & self._physical(np.nan_to_num(g))
        )
        return g, residual, good

    def polished(self, g: Complexes, z: Complexes) -> tuple[Complexes, NDArray[np.bool_]]:
        """Newton's method from close by, and where it led to a solution that is known to be the physical one.

        That is one with Im g < 0, now or, where g is self-adjoint, as soon as L becomes L + i eps: it goes on to the
        only solution in the half-plane.
        """
        g, _, inside = self._polished(g, z)
        return g, inside

    def _polished(self, g: Complexes, z: Complexes) -> tuple[Complexes, NDArray[np.float64], NDArray[np.bool_]]:
        g, residual, good = self._newton(g, z, 1e-13)
        inside = good & self._physical(np.where(good[:, None], g, 0), -_SLACK)
        rest = np.flatnonzero(good & ~inside)
        if len(rest) and not self.arrays.letters:
            inside[rest] = self._enters(g[rest], z[rest])
        return g, residual, inside

    def _enters(self, g: Complexes, z: Complexes) -> NDArray[np.bool_]:
        """Whether solutions are self-adjoint up to rounding, and their derivatives along L + i eps are negative."""
        real = np.ones(len(g), bool)
        for part in self.arrays.parts:
            found = g[:, part.index]
            skew = np.abs(found - found.conj().swapaxes(-1, -2)).max(axis=(1, 2, 3))
            real &= skew <= _SLACK * (1 + np.abs(found).max(axis=(1, 2, 3)))
        out = np.zeros(len(g), bool)
        for k in self._cuts(np.flatnonzero(real)):
            _, inverses = self._averages(g[k], z[k], 0.0)
            pushed = np.zeros_like(g[k])
            for part, found in zip(self.arrays.parts, inverses, strict=True):
                pushed[:, part.index.ravel()] = part.averaged(found @ found) / 1j
            try:
                _, dg = self._step(g[k], z[k], np.zeros(len(k)), pushed)
            except np.linalg.LinAlgError:
                continue
            out[k] = np.isfinite(dg).all(axis=1) & self._physical(np.nan_to_num(dg), -_SLACK)
        return out

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
        return DysonSolution(points, self.trace(g), g[:, : self.arrays.entries], residual)

    def trace(self, g: Complexes) -> Complexes:
        """m from the traces of the blocks."""
        return np.asarray(-sum(weight * g[:, k] for k, weight in self.arrays.weights))

    def followed(
        self, points: Complexes, tolerance: float = 1e-13
    ) -> tuple[Complexes, NDArray[np.float64], NDArray[np.bool_]]:
        """The blocks at points above the real line or on it, the residuals, and where they were not found.

        Between some of many points above the line the others are interpolated and improved by Newton's method; where
        that leads to no solution that is known to be the physical one, it is followed from above, too.
        """
        if len(points) < _ALONE * _COARSE or np.any(points.imag < _ground(points)):
            return self._from_above(points, tolerance)
        numbers = np.argsort(points.real, kind="stable")
        chosen, rest = numbers[::_COARSE], np.delete(numbers, np.s_[::_COARSE])
        g = np.empty((len(points), self.arrays.width), complex)
        residual, bad = np.zeros(len(points)), np.zeros(len(points), bool)
        g[chosen], residual[chosen], bad[chosen] = self._from_above(points[chosen], tolerance)
        known = chosen[~bad[chosen]]
        if len(known) >= _ALONE:
            x = points.real
            first = np.clip(np.searchsorted(x[known], x[rest]) - _BESIDE // 2, 0, len(known) - _BESIDE)
            beside = known[first + np.arange(_BESIDE)[:, None]]
            with np.errstate(all="ignore"):  # of equal real parts
                start = _extrapolated(x[beside], g[beside], x[rest])
            start = np.where(np.isfinite(start), start, g[beside[0]])
            g[rest], residual[rest], good = self._polished(start, points[rest])
            rest = rest[~good]
        if len(rest):
            g[rest], residual[rest], bad[rest] = self._from_above(points[rest], tolerance)
        return g, residual, bad

    def _from_above(
        self, points: Complexes, tolerance: float
    ) -> tuple[Complexes, NDArray[np.float64], NDArray[np.bool_]]:
        """The same for each point by itself.

        Real points are limits from above: from a height that is small beside the distance of the next edge the last
        step goes down to the line.
        """
        g, height = self._above(points)
        residual = np.zeros(len(points))
        lowest = np.maximum(points.imag, _ground(points))
        g, bad = self._descended(g, height, lowest, lambda k, h: (points[k].real + 1j * h, 0.0), tolerance)
        is_ground = points.imag < lowest
        for last, accepted in ((np.flatnonzero(~is_ground & ~bad), None), (np.flatnonzero(is_ground & ~bad), _LOOSE)):
            if len(last):
                new, errors, good = self._newton(g[last], points[last], tolerance, accepted)
                g[last], residual[last], bad[last] = new, errors, ~good
        return g, residual, bad

    def _descended(
        self,
        g: Complexes,
        height: NDArray[np.float64],
        lowest: NDArray[np.float64],
        place: Callable[[NDArray[np.int64], NDArray[np.float64]], tuple[Complexes, Any]],
        tolerance: float,
    ) -> tuple[Complexes, NDArray[np.bool_]]:
        """The solution followed from heights down to the lowest ones, and where it was lost.

        ``place`` makes z and epsilon of the numbers of points and their heights.
        """
        height, factor = height.copy(), np.full(len(g), 0.25)
        bad = np.zeros(len(g), bool)
        waiting = np.arange(len(g))
        known = np.repeat(g[None], _KNOWN, axis=0)  # the last solutions, and below the logarithms of their heights
        logs = np.full((_KNOWN, len(g)), np.nan)
        logs[0] = np.log(height)
        for _ in range(_STEPS):
            if not len(waiting):
                break
            target = np.maximum(height[waiting] * factor[waiting], lowest[waiting])
            z, epsilon = place(waiting, target)
            start = _extrapolated(logs[:, waiting], known[:, waiting], np.log(target))
            new, _, good = self._newton(start, z, max(tolerance, _ON_THE_WAY), epsilon=epsilon)
            done = waiting[good]
            height[done] = target[good]
            known[1:, done], logs[1:, done] = known[:-1, done], logs[:-1, done]
            known[0, done], logs[0, done] = new[good], np.log(target[good])
            factor[done] = np.maximum(factor[done] ** 1.5, 0.05)
            failed = waiting[~good]
            factor[failed] = np.sqrt(factor[failed])
            bad[failed] |= 1 - factor[failed] < _SHORTEST
            waiting = waiting[(height[waiting] > lowest[waiting]) & ~bad[waiting]]
        bad[waiting] = True
        return known[0], bad

    def _above(self, points: Complexes) -> tuple[Complexes, NDArray[np.float64]]:
        """The solution high above each point, higher where it is not found, for L + i eps with eps down to 0."""
        for start in _STARTS:
            height = np.maximum(points.imag, start)
            far = points.real + 1j * height
            first, good = self._unregularised(np.array([points.real.mean() + 1j * height.max()]))
            if good.all():
                g, _, good = self._newton(np.repeat(first, len(points), axis=0), far, 1e-12)
            if not good.all():
                g, good = self._unregularised(far)
            if good.all():
                return g, height
        raise BranchError("the Dyson equation was not solved far from the spectrum; does every inverse exist?")

    def _unregularised(self, z: Complexes) -> tuple[Complexes, NDArray[np.bool_]]:
        """The solution at z, and where it was found: followed by Newton's method from eps = 1 on."""
        g, _, good = self._newton(self._damped(z), z, 1e-12)
        if not good.all():
            first = self._damped(z, (1.0,))
            g, lost = self._descended(first, np.ones(len(z)), np.full(len(z), 1e-10), lambda k, h: (z[k], h), 1e-12)
            g, _, good = self._newton(g, z, 1e-12)
            good &= ~lost
        return g, good

    def iterated(self, z: Complexes) -> Complexes:
        """m by the damped iteration alone, for L + i eps with small eps: slow, and to about eps.

        Raises `BranchError` where it meets a singular matrix.
        """
        g = self._damped(z)
        for _ in range(4000):
            self.clock.check()
            try:
                new = self.image(g, z, _REGULARISED)
            except np.linalg.LinAlgError as error:
                raise BranchError(f"the damped iteration met a singular matrix above z = {z[0]}", z=z[0]) from error
            change = float(np.abs(new - g).max())
            g = 0.5 * (g + new)
            if change < 1e-11:
                break
        return self.trace(g)

    def _damped(self, z: Complexes, regularised: Sequence[float] = (1.0, 0.1, 0.01, 1e-3)) -> Complexes:
        """An approximate solution: the damped iteration for L + i eps, which converges for every eps > 0."""
        g = np.zeros((len(z), self.arrays.width), complex)
        g[:, list(self.arrays.diagonal)] = -1j
        for epsilon in regularised:
            for _ in range(400):
                self.clock.check()
                try:
                    new = self.image(g, z, epsilon)
                except np.linalg.LinAlgError:  # not the solution, which Newton's method will say
                    return g
                change = float(np.abs(new - g).max())
                g = 0.5 * (g + new)
                if change < 1e-2 * epsilon:
                    break
        return g

    def density(self, x: ArrayLike, height: float = 1e-8) -> NDArray[np.float64]:
        """The density at real points, as Im m(x + i height)/pi."""
        points = np.atleast_1d(np.asarray(x, float)).ravel()
        return np.asarray(self.solve(points + 1j * height).stieltjes.imag / np.pi)
