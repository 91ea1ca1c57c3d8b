r"""The physical solution of a Dyson equation at one point, enclosed with proof.

For every eps > 0 the equation of L + i eps has exactly one solution with Im g < 0, and the traces of L^{-1} are its
limit at eps = 0. Krawczyk's operator shows that a box around an approximate solution holds exactly one solution for
each eps in [0, eps_0]; at eps_0 its imaginary part is shown to be negative definite, so the solutions in the box are
the physical ones, the one at eps = 0 included.

Source: Helton, Rashidi Far, Speicher, Int. Math. Res. Not. 2007, Theorem 2.1; Neumaier, Interval Methods for Systems of
Equations (1990), section 5.1.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from typing import Any

import sympy
from flint import acb, acb_mat, arb, fmpq, fmpz_mpoly

from resolvent.derive.arrays import np
from resolvent.derive.errors import DerivationError
from resolvent.derive.exact.field import Element, to_float
from resolvent.derive.exact.precision import cached_property, working_precision
from resolvent.derive.expressions.dyson import DysonSystem
from resolvent.derive.expressions.pencil import Entry

_SCALES = ((1e-9, 1e-6), (1e-12, 1e-9), (1e-18, 1e-14), (1e-28, 1e-22), (1e-36, 1e-22))  # eps_0, radius of the boxes
_BITS, _SPARE = 256, 106  # the working precision, and how many bits of it the boxes leave out
_POINT = (fmpq(51, 256), fmpq(-82, 256))  # 1/z, real and imaginary part: an exact ball, z is near 7/5 + 9/4 i
_ROUNDS = 60


class Enclosure:
    """Balls around all unknowns of a system at numeric parameters.

    Attributes:
        system: the equations; every given matrix must be averaged over its eigenvalues.
        values: the parameters' values.
        w, z: the point, w = 1/z.
        unknowns: the balls by entry of g, and by component, case and entry for the single eigenvalues.
    """

    def __init__(self, system: DysonSystem, values: Mapping[str, fmpq]) -> None:
        self.system, self.values = system, values
        self.entries = sorted({e for c in system.components for i in c.states for j in c.states
                               if (e := system.entry(i, j)) is not None})  # fmt: skip
        self.place = {e: k for k, e in enumerate(self.entries)}
        self.numbers: dict[int, tuple[Element, fmpq]] = {}
        self.bits = _BITS
        with working_precision(self.bits):
            self._locate()
            self._solve()

    def _locate(self) -> None:
        self.w = acb(arb(_POINT[0]), arb(_POINT[1]))
        self.z = 1 / self.w

    def refined(self, bits: int) -> Enclosure:
        """The same solution in smaller balls, at this working precision."""
        finer = copy(self)
        finer.bits = bits
        with working_precision(bits):
            finer._locate()
            finer._tighten()
        return finer

    def number(self, element: Element) -> fmpq:
        """A coefficient at the values of the parameters."""
        if id(element) not in self.numbers:
            found = element.evaluate(self.values) if self.values else element
            self.numbers[id(element)] = (element, found.to_fmpq())
        return self.numbers[id(element)][1]

    # -- approximate -----------------------------------------------------------------------------------------

    def _start(self) -> list[complex]:
        """The solution in floating point: damped iteration at decreasing eps."""
        g = -1j * np.eye(self.system.size)
        z = complex(self.z)
        for epsilon in (1.0, 0.3, 0.1, 0.03, 0.01, 3e-3, 1e-3, 3e-4):
            for _ in range(_ROUNDS * 4):
                try:
                    new = self._image_in_floats(g, z, epsilon)
                except np.linalg.LinAlgError:
                    raise DerivationError("the Dyson equation could not be solved at these parameters") from None
                change = float(np.max(np.abs(new - g)))
                g = 0.5 * (g + new)
                if change < 1e-3 * epsilon:
                    break
        return [complex(g[e]) for e in self.entries]

    def _image_in_floats(self, g: Any, z: complex, epsilon: float) -> Any:
        m = self._float_operator(g, z, epsilon)
        out = np.zeros_like(g)
        for rows, cases in self._blocks:
            for weight, extra in cases:
                out[rows] += weight * np.linalg.inv(m[rows] + extra)
        return out

    def _float_operator(self, g: Any, z: complex, epsilon: float) -> Any:
        constants, (targets, sources, factors) = self._tables
        m = constants + 1j * epsilon * np.eye(self.system.size)
        spectral = range(self.system.pencil.blocks if self.system.spectral else 0)
        m[spectral, spectral] += z
        np.subtract.at(m, targets, factors * g[sources])
        return m

    @cached_property
    def _tables(self) -> Any:
        """L_0, and the terms of eta: places in M, places in g, and factors."""
        size = self.system.size
        constants = np.zeros((size, size), complex)
        for e, value in self.system.constants.items():
            constants[e] = to_float(self.number(value))
        terms = [(e, f, to_float(self.number(v))) for e, t in self.system.covariance.items() for f, v in t.items()]
        targets, sources = (tuple(np.array([t[k] for t in terms], dtype=int).reshape(-1, 2).T) for k in (0, 1))
        return constants, (targets, sources, np.array([t[2] for t in terms]))

    @cached_property
    def _blocks(self) -> list[tuple[Any, list[tuple[float, Any]]]]:
        """Component by component the places in g, and weights and constants of the cases."""
        out = []
        for c in self.system.components:
            cases = []
            for weight, extra in c.cases:
                block = np.zeros((len(c.states),) * 2)
                for (i, j), value in extra.items():
                    block[c.states.index(i), c.states.index(j)] = to_float(self.number(value))
                cases.append((to_float(self.number(weight)), block))
            out.append((np.ix_(c.states, c.states), cases))
        return out

    # -- with proof ------------------------------------------------------------------------------------------

    def _solve(self) -> None:
        start = [acb(v.real, v.imag) for v in self._start()]
        zero = acb(0)
        middle = self._newton(start, zero)
        for epsilon, radius in _SCALES:
            wide = [acb(arb(v.real.mid(), radius), arb(v.imag.mid(), radius)) for v in middle]
            if self._unique(middle, wide, acb(0, arb(epsilon / 2, epsilon / 2))):
                break
        else:
            raise DerivationError("the solution of the Dyson equation is not isolated at these parameters")
        lifted = self._newton(middle, acb(0, epsilon))
        self._check_sign(self._tight(lifted, wide, acb(0, epsilon)))
        self._middle, self._wide = middle, wide
        self._tighten()

    def _tighten(self) -> None:
        zero = acb(0)
        final = self._tight(self._newton(self._middle, zero), self._wide, zero)
        self.unknowns = dict(zip(self.entries, final, strict=True))
        self.cases = self._cases_at(final)

    @property
    def _small(self) -> arb:
        return arb(2) ** (_SPARE - self.bits)

    def _newton(self, x: list[acb], epsilon: acb) -> list[acb]:
        for _ in range(40):
            value, slope = self._residual(x, epsilon)
            step = slope.solve(acb_mat([[v] for v in value]))
            x = [acb((a - step[k, 0]).real.mid(), (a - step[k, 0]).imag.mid()) for k, a in enumerate(x)]
            if all(abs(step[k, 0]).upper() < self._small * 1e-10 for k in range(len(x))):
                return x
        raise DerivationError("the Dyson equation has no isolated solution at these parameters")

    def _tight(self, x: list[acb], wide: list[acb], epsilon: acb) -> list[acb]:
        box = [acb(arb(v.real, self._small), arb(v.imag, self._small)) for v in x]
        if not self._unique(x, box, epsilon) or not all(w.contains(b) for w, b in zip(wide, box, strict=True)):
            raise DerivationError("the solution of the Dyson equation was not confirmed at these parameters")
        return box

    def _unique(self, x: list[acb], box: list[acb], epsilon: acb) -> bool:
        """Krawczyk's test: whether the box holds exactly one solution for each eps in the ball."""
        value, _ = self._residual(x, epsilon)
        _, slope_mid = self._residual(x, acb(0, epsilon.imag.mid()))
        try:
            inverse = slope_mid.inv().mid()
            _, slope = self._residual(box, epsilon)
        except ZeroDivisionError:
            return False
        n = len(x)
        identity = acb_mat([[acb(int(i == j)) for j in range(n)] for i in range(n)])
        spread = acb_mat([[b - a] for a, b in zip(x, box, strict=True)])
        image = (identity - inverse * slope) * spread - inverse * acb_mat([[v] for v in value])
        return all(box[k].real.contains_interior((x[k] + image[k, 0]).real)
                   and box[k].imag.contains_interior((x[k] + image[k, 0]).imag) for k in range(n))  # fmt: skip

    def _inverses(self, x: Sequence[acb], epsilon: acb) -> Iterator[tuple[int, int, fmpq, acb_mat]]:
        """For every component and case the weight and the inverse of M + A t."""
        system = self.system
        operator = self._operator(x)
        for number, c in enumerate(system.components):
            for k, (weight, extra) in enumerate(c.cases):
                table = [[operator.get((i, j), acb(0)) for j in c.states] for i in c.states]
                for a, i in enumerate(c.states):
                    table[a][a] = table[a][a] + epsilon
                    for b, j in enumerate(c.states):
                        if (i, j) in extra:
                            table[a][b] = table[a][b] + acb(self.number(extra[i, j]))
                yield number, k, self.number(weight), acb_mat(table).inv()

    def _operator(self, x: Sequence[acb]) -> dict[Entry, acb]:
        system = self.system
        out: dict[Entry, acb] = {e: acb(self.number(v)) for e, v in system.constants.items()}
        for k in range(system.pencil.blocks if system.spectral else 0):
            out[k, k] = out.get((k, k), acb(0)) + self.z
        for target, table in system.covariance.items():
            for (j, k), value in table.items():
                e = system.entry(j, k)
                if e is not None:
                    out[target] = out.get(target, acb(0)) - x[self.place[e]] * acb(self.number(value))
        return out

    def _residual(self, x: Sequence[acb], epsilon: acb) -> tuple[list[acb], acb_mat]:
        """x - F(x) and its derivative."""
        system, n = self.system, len(x)
        value = list(x)
        slope = [[acb(int(i == j)) for j in range(n)] for i in range(n)]
        influence: dict[int, list[tuple[int, int, acb]]] = {}
        for (i, j), table in system.covariance.items():
            for (a, b), coefficient in table.items():
                e = system.entry(a, b)
                if e is not None:
                    influence.setdefault(self.place[e], []).append((i, j, acb(self.number(coefficient))))
        for number, _, weight, inverse in self._inverses(x, epsilon):
            states = system.components[number].states
            spot = {s: k for k, s in enumerate(states)}
            w = acb(weight)
            for a, i in enumerate(states):
                for b, j in enumerate(states):
                    if system.entry(i, j) != (i, j):
                        continue
                    row = self.place[i, j]
                    value[row] = value[row] - w * inverse[a, b]
                    for column, terms in influence.items():  # d(M^-1) = M^-1 eta(dg) M^-1
                        for k, other, factor in terms:
                            if k in spot and other in spot:
                                slope[row][column] = slope[row][column] - w * factor * (
                                    inverse[a, spot[k]] * inverse[spot[other], b])  # fmt: skip
        return value, acb_mat(slope)

    def _check_sign(self, x: list[acb]) -> None:
        """Show that -Im g is positive definite, component by component, by Cholesky's pivots."""
        for c in self.system.components:
            h = [[self._skew(x, i, j) for j in c.states] for i in c.states]
            n = len(c.states)
            for k in range(n):
                if not h[k][k].real > 0:
                    raise DerivationError("the solution found is not the physical one at these parameters")
                for i in range(k + 1, n):
                    factor = h[i][k] / h[k][k]
                    for j in range(k, n):
                        h[i][j] = h[i][j] - factor * h[k][j]

    def _skew(self, x: list[acb], i: int, j: int) -> acb:
        first, second = self.system.entry(i, j), self.system.entry(j, i)
        assert first is not None
        assert second is not None
        a, b = x[self.place[first]], x[self.place[second]]
        return (a - acb(b.real, -b.imag)) * acb(0, 0.5)

    @property
    def is_self_adjoint(self) -> bool:
        """Whether g is self-adjoint, as far as the balls say: else 0 lies in the spectrum of L, whose inverse it is."""
        pairs = [(i, j) for c in self.system.components for i in c.states for j in c.states]
        with working_precision(self.bits):
            x = [self.unknowns[e] for e in self.entries]
            return all(self._skew(x, i, j).contains(0) for i, j in pairs)

    def _cases_at(self, x: list[acb]) -> dict[tuple[int, int, Entry], acb]:
        out = {}
        for number, k, _, inverse in self._inverses(x, acb(0)):
            states = self.system.components[number].states
            out.update({(number, k, (i, j)): inverse[a, b] for a, i in enumerate(states) for b, j in enumerate(states)})
        return out

    # -- values ----------------------------------------------------------------------------------------------

    @property
    def trace(self) -> acb:
        """The value that the elimination calls m: minus the trace of the resolvent, or the trace of the expression."""
        with working_precision(self.bits):
            total = acb(0)
            for k, weight in enumerate(self.system.weights):
                total = total + self.unknowns[k, k] * acb(self.number(weight))
            return -total if self.system.spectral else total

    def ball(self, value: fmpq) -> acb:
        """A rational number as a ball, at the precision of the enclosure."""
        with working_precision(self.bits):
            return acb(value)

    def value(self, polynomial: fmpz_mpoly, balls: Mapping[str, acb]) -> acb:
        """A polynomial at balls for its generators."""
        names = polynomial.context().names()
        with working_precision(self.bits):
            powers: dict[tuple[int, int], acb] = {}
            total = acb(0)
            for exponents, coefficient in polynomial.to_dict().items():
                term = acb(int(coefficient))
                for k, e in enumerate(exponents):
                    if e:
                        if (k, e) not in powers:
                            powers[k, e] = balls[names[k]] ** int(e)
                        term = term * powers[k, e]
                total = total + term
            return total


def candidates(symbols: Sequence[sympy.Symbol]) -> Iterator[dict[str, fmpq]]:
    """Values of the parameters to try, not far from one, positive unless that is excluded."""
    pairs = ((5, 7), (11, 9), (3, 4), (8, 5), (13, 6), (2, 5), (7, 3), (17, 16), (4, 9), (19, 5))
    for shift in range(24):
        yield {
            s.name: (-1 if s.is_negative else 1)
            * (fmpq(*pairs[(3 * k * (1 + shift // 10) + shift) % len(pairs)]) + fmpq(k, 97))
            for k, s in enumerate(symbols)
        }
