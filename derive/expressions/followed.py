r"""The physical solution of a Dyson equation at one point, followed with proof from L + i infinity.

For every eps > 0 the traces of (L + i eps)^{-1} and what follows from them are analytic in eps, and as eps goes to
infinity they are known: g = 1/(i eps), and of all free cumulants the first ones are left. From there to eps = 0 they
are kept in tubes: C F, with F all polynomials of the system and C a matrix of numbers, has exactly one zero in the tube
for every eps of an interval, by Krawczyk's test. The physical solution is a zero, it begins in the first tube, and it
cannot leave a tube. Of given and Haar matrices nothing is needed but their polynomials.

Source: Helton, Rashidi Far, Speicher, Int. Math. Res. Not. 2007; Neumaier, Interval Methods (1990), section 5.1.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flint import acb, acb_mat, acb_poly, arb, fmpq

from resolvent.derive.arrays import np
from resolvent.derive.errors import DerivationError
from resolvent.derive.expressions.dyson import DysonSystem
from resolvent.derive.expressions.enclosure import Enclosure
from resolvent.derive.expressions.physical_series import TooLarge
from resolvent.derive.expressions.polynomial_system import REGULARISED, case_of, polynomial_system

_MOST_STEPS, _SHORTEST = 400, 1e-7
_NEAR = 1e-2  # above this eps the solution exists, so that only steps are missing there
_TERMS = 3  # of the expansion of the solution along an interval
_INFLATIONS = 5  # of a box until it holds its image
_STEPS, _MANY_STEPS = 12, 400  # of Newton's method, on the way and at the end
_GROWTH = 1.7  # of the next interval after one that was confirmed


class TooManySteps(TooLarge):
    """The solution exists where it was followed to, and would take more steps."""


@dataclass(frozen=True)
class _Term:
    """A coefficient, the power of z, the unknowns by number, and the powers of i and of the parameter of the path."""

    coefficient: fmpq
    z: int
    unknowns: tuple[int, ...]
    turns: int
    power: int


class _Path:
    """Zeros of the polynomials along a path, as polynomials in the unknowns and one real parameter."""

    def __init__(self, terms: list[list[_Term]], size: int, z: acb) -> None:
        self.terms, self.size = terms, size
        turn = (acb(1), acb(0, 1), acb(-1), acb(0, -1))
        self.balls = [[(t.coefficient * z**t.z * turn[t.turns], t.unknowns, t.power) for t in row] for row in terms]
        self.floats = [[(_complex(c), unknowns, power) for c, unknowns, power in row] for row in self.balls]

    def box(self, x: list[acb], begin: float, end: float) -> list[acb] | None:
        """The zero at the second end, if one tube holds x and it, and exactly one zero at every parameter between.

        The tube is a polynomial in the parameter, the first terms of the zero's expansion, and a box around it.
        """
        middle, reach = (begin + end) / 2, abs(end - begin) / 2 * (1 + 1e-9)
        start = self._newton(x, acb(middle), _STEPS)
        if start is None:
            return None
        inverse = self._inverse(start, middle)
        parameter = acb_poly([middle, 1])
        curve = [acb_poly([v]) for v in start]
        for k in range(1, _TERMS + 1):
            change = inverse * acb_mat([[row[k]] for row in self.along(curve, parameter)])
            curve = [c - acb_poly([0] * k + [change[j, 0].mid()]) for j, c in enumerate(curve)]
        images = self.along(curve, parameter)
        depth = max(len(row) for row in images)
        moved = inverse * acb_mat([[row[k] for k in range(depth)] for row in images])
        powers = [arb(reach) ** k for k in range(depth)]
        sizes = [sum((abs(moved[j, k]) * powers[k] for k in range(depth)), start=arb(0)).upper()
                 for j in range(self.size)]  # fmt: skip
        value = acb_mat([[acb(arb(0, v), arb(0, v))] for v in sizes])
        interval, spread = acb(arb(0, reach)), [_square(v) for v in sizes]
        center = [c(interval) for c in curve]
        for _ in range(_INFLATIONS):
            image = self._image(center, spread, acb(arb(middle, reach)), inverse, value)
            if _is_inside(image, spread):
                break
            spread = [_square(abs(v).upper()) for v in image]
        else:
            return None
        try:
            last = self.tight(start, acb(end))
        except DerivationError:
            return None
        inside = all(r.contains(y - c(acb(place - middle))) for place, zero in ((begin, x), (end, last))
                     for r, y, c in zip(spread, zero, curve, strict=True))  # fmt: skip
        return last if inside else None

    def tight(self, x: list[acb], parameter: acb, radius: arb | None = None) -> list[acb]:
        """A small box with one zero at a parameter, near x; raises `DerivationError` where there is none."""
        small = arb(1e-13) if radius is None else radius
        start = self._newton(x, parameter, _MANY_STEPS, small * 1e-6)
        if start is not None:
            inverse = self._inverse(start, float(parameter.real.mid()))
            spread = [acb(arb(0, small), arb(0, small))] * self.size
            if _is_inside(
                self._image(start, spread, parameter, inverse, inverse * self.value(start, parameter)), spread
            ):
                return [a + b for a, b in zip(start, spread, strict=True)]
        raise DerivationError("the solution of the Dyson equation was not confirmed at these parameters")

    def _image(self, x: list[acb], spread: list[acb], parameter: acb, inverse: acb_mat, value: acb_mat) -> list[acb]:
        """Krawczyk's operator on x + spread, less x; ``value`` is ``inverse`` times F(x)."""
        n = self.size
        slope = inverse * self.slope([a + b for a, b in zip(x, spread, strict=True)], parameter)
        rest = acb_mat([[acb(int(i == j)) - slope[i, j] for j in range(n)] for i in range(n)])
        image = rest * acb_mat([[r] for r in spread]) - value
        return [image[k, 0] for k in range(n)]

    def _newton(self, x: list[acb], parameter: acb, steps: int, small: arb | None = None) -> list[acb] | None:
        """An approximate zero near x; the derivative is that at x, in floating point, as long as that converges."""
        place = float(parameter.real.mid())
        enough = arb(1e-10) if small is None else small
        x = [v.mid() for v in x]
        inverse = self._inverse(x, place)
        last: arb | None = None
        for _ in range(steps):
            step = inverse * self.value(x, parameter)
            size = max(abs(step[j, 0]).upper() for j in range(self.size))
            if not size < 1e6:
                return None
            x = [(a - step[j, 0]).mid() for j, a in enumerate(x)]
            if size < enough:
                return x
            if last is None or size > 0.1 * last:
                inverse = self._inverse(x, place)
            last = size
        return None

    def _inverse(self, x: list[acb], parameter: float) -> acb_mat:
        """The pseudo-inverse of the derivative, in floating point."""
        y = [_complex(v) for v in x]
        table = np.zeros((len(self.terms), self.size), complex)
        for i, row in enumerate(self.floats):
            for constant, unknowns, power in row:
                constant = constant * parameter**power
                for k, name in enumerate(unknowns):
                    value = constant
                    for other in (*unknowns[:k], *unknowns[k + 1 :]):
                        value = value * y[other]
                    table[i, name] += value
        try:
            found = np.linalg.pinv(table, rcond=1e-14)
        except np.linalg.LinAlgError:
            raise DerivationError("the Dyson equation could not be solved at these parameters") from None
        return acb_mat([[acb(v.real, v.imag) for v in row] for row in found.tolist()])

    def value(self, x: list[acb], parameter: acb) -> acb_mat:
        """The polynomials, as a column."""
        out = []
        for row in self.balls:
            total = acb(0)
            for constant, unknowns, power in row:
                value = constant * parameter**power if power else constant
                for name in unknowns:
                    value = value * x[name]
                total = total + value
            out.append([total])
        return acb_mat(out)

    def along(self, x: list[acb_poly], parameter: acb_poly) -> list[acb_poly]:
        """The polynomials on a curve."""
        out = []
        for row in self.balls:
            total = acb_poly([])
            for constant, unknowns, power in row:
                value = parameter**power * constant if power else acb_poly([constant])
                for name in unknowns:
                    value = value * x[name]
                total = total + value
            out.append(total)
        return out

    def slope(self, x: list[acb], parameter: acb) -> acb_mat:
        """Their derivatives."""
        out = []
        for row in self.balls:
            line = [acb(0)] * self.size
            for constant, unknowns, power in row:
                factor = constant * parameter**power if power else constant
                for k, name in enumerate(unknowns):
                    value = factor
                    for other in (*unknowns[:k], *unknowns[k + 1 :]):
                        value = value * x[other]
                    line[name] = line[name] + value
            out.append(line)
        return acb_mat(out)


def _square(radius: arb) -> acb:
    """A box around 0 that is larger than a number."""
    size = arb(0, 1.3 * float(radius) + 1e-9)
    return acb(size, size)


def _is_inside(image: list[acb], spread: list[acb]) -> bool:
    """Krawczyk's test: whether x + spread holds exactly one zero."""
    return all(r.real.contains_interior(v.real) and r.imag.contains_interior(v.imag)
               for r, v in zip(spread, image, strict=True))  # fmt: skip


def _complex(ball: acb) -> complex:
    return complex(float(ball.real.mid()), float(ball.imag.mid()))


class Followed(Enclosure):
    """As `Enclosure`, for every system; the balls of self-energies are among the unknowns.

    ``end`` is when the clock (`time.monotonic`) says that the time is over.
    """

    def __init__(self, system: DysonSystem, values: Mapping[str, fmpq], end: float = math.inf) -> None:
        self.end = end
        self._written = polynomial_system(system, regularised=True)
        self.names = [*self._written.unknowns, "m"]
        self._single = system.pencil.blocks == 1
        super().__init__(system, values)

    # -- the two halves of the path --------------------------------------------------------------------------

    def _terms(self, large: bool) -> list[list[_Term]]:
        """The polynomials at L + i eps: in eps, or, if eps is large, in t = 1/eps and g/(-i t) in place of g."""
        place = {name: k for k, name in enumerate(self.names)}
        scaled = {k for name, k in place.items() if name == "m" or self._written.unknowns[name][0] >= 0}
        out = []
        for polynomial in self._written.equations:
            names = polynomial.context().names()
            row = []
            for exponents, integer in polynomial.to_dict().items():
                at = {n: int(e) for n, e in zip(names, exponents, strict=True) if e}
                value, z, e = fmpq(integer), at.pop("z", 0), at.pop(REGULARISED, 0)
                for name in [n for n in at if n not in place]:
                    value *= self.values[name] ** at.pop(name)
                unknowns = tuple(place[n] for n, power in at.items() for _ in range(power))
                blocks = sum(k in scaled for k in unknowns) if large else 0
                row.append(_Term(value, z, unknowns, e - blocks, blocks - e if large else e))
            lowest = min(term.power for term in row)
            out.append([_Term(t.coefficient, t.z, t.unknowns, t.turns % 4, t.power - lowest) for t in row])
        return out

    def _start(self) -> list[acb]:
        """The unknowns at t = 0."""
        system, out = self.system, []
        for e in self._written.unknowns.values():
            out.append(acb(self._first_energy(e) if e[0] < 0 else int(e[0] == e[1])))
        return [*out, acb(-1 if system.spectral else 1)]

    def _first_energy(self, e: tuple[int, int]) -> fmpq:
        """What a self-energy is at g = 0: the mean, times the coefficient for rank one, and 1 for Haar matrices."""
        if e[0] <= -1000:
            rank = self.system.rotations[-1000 - e[0]].rank
            return fmpq(int(e[1] // rank == e[1] % rank))
        if e[0] <= -100:
            given = self.system.matrices[-100 - e[0]]
            return self._mean(given.law) if e[1] // given.rank == e[1] % given.rank else fmpq(0)
        one = self.system.given[-1 - e[0]]
        return self.number(one.factor) * self._mean(one.law)

    def _mean(self, law: Any) -> fmpq:
        mean = law.moment_series(2, {n: q for n, q in self.values.items() if n in law.equation.field.names})[1]
        if not isinstance(mean, fmpq):
            raise DerivationError(f"the mean of {law.text} is not rational at rational parameters")
        return mean

    # -- the path --------------------------------------------------------------------------------------------

    def _solve(self) -> None:
        x = self._start()
        for large in (True, False):
            path = _Path(self._terms(large), len(self.names), self.z)
            at, step = (0.0, 0.05) if large else (1.0, -0.3)
            end = 1.0 if large else 0.0
            steps = 0
            x = path.tight(x, acb(at))
            while at != end:
                steps += 1
                if time.monotonic() > self.end:
                    raise TooLarge(
                        "the solution of the Dyson equation takes longer to follow than the limit; give more, "
                        "limits=rv.Limits(seconds=...)"
                    )
                following = end if (end - at - step) * (end - at) <= 0 else at + step
                found = path.box(x, at, following)
                if found is None:
                    step /= 2
                    if abs(step) < _SHORTEST or steps > _MOST_STEPS:
                        if large or at > _NEAR:
                            raise TooManySteps(
                                f"the solution of the Dyson equation takes more than {_MOST_STEPS} steps to follow; "
                                "take other numbers, or numeric=True"
                            )
                        raise DerivationError("the solution of the Dyson equation is not isolated at these parameters")
                    continue
                x = found
                at, step = following, step * _GROWTH
            if large:
                x = [v * (acb(0, -1) if name == "m" or self._written.unknowns[name][0] >= 0 else 1)
                     for name, v in zip(self.names, x, strict=True)]  # fmt: skip
        self._path, self._middle = path, x
        self._tighten()

    def _tighten(self) -> None:
        path = _Path(self._path.terms, len(self.names), self.z)
        final = path.tight(self._middle, acb(0), self._small)
        if not all(w.contains(b) for w, b in zip(self._middle, final, strict=True)):
            raise DerivationError("the solution of the Dyson equation was not confirmed at these parameters")
        self.unknowns, self.cases = {}, {}
        if self._single:
            self.unknowns[0, 0] = -final[-1] if self.system.spectral else final[-1]
        for (name, e), value in zip(self._written.unknowns.items(), final[:-1], strict=True):
            case = case_of(name)
            if case is None:
                self.unknowns[e] = value
            else:
                self.cases[(*case, e)] = value


def enclosed(system: DysonSystem, values: Mapping[str, fmpq], end: float = math.inf) -> Enclosure:
    """The physical solution at these values of the parameters: at once, or followed where it needs more than averages.

    Raises `DerivationError` where it is not enclosed, `TooLarge` where following it takes longer than to ``end``, or
    too many steps.
    """
    return Followed(system, values, end) if system.free_letters else Enclosure(system, values)
