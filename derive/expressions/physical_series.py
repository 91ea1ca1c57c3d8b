"""The physical solution of a Dyson equation as power series in w = 1/z, exact, by iterating the equation.

The trace of (z - E)^{-1} is w + m_1 w^2 + ...; the other blocks are finite at w = 0. Where the value there is rational
(always for polynomials in the letters) the iteration settles term by term.
"""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Mapping, Sequence
from functools import reduce
from math import comb
from typing import Any

from flint import fmpq, fmpq_mat

from resolvent.derive.equations.equation import Values
from resolvent.derive.errors import DerivationError
from resolvent.derive.exact.copies import Memory
from resolvent.derive.exact.field import Element, Field
from resolvent.derive.exact.precision import order
from resolvent.derive.exact.series import Series, compose, cumulants_from_moments, make_series, resized, terms_of
from resolvent.derive.expressions.dyson import DysonSystem
from resolvent.derive.expressions.pencil import Entry
from resolvent.derive.laws.algebraic_law import AlgebraicLaw

Matrix = list[list[Series]]

_TOGETHER = 4  # terms
_LONG, _GROWN = 100, 20  # bits, and how many times as many, that constant terms reach when they do not settle


class NoSeries(DerivationError):
    """The solution has no expansion with rational coefficients at infinity."""


class TooLarge(DerivationError):
    """The limits of an elimination do not suffice."""


class PhysicalSeries:
    """The series of all unknowns of a system at numeric (or free) parameters, lengthened on demand.

    Attributes:
        system: the equations.
        values: numbers for parameters; the others stay symbols.
        end: when the clock (`time.monotonic`) says this, it gives up.
    """

    def __init__(self, system: DysonSystem, values: Values, end: float = math.inf) -> None:
        self.system = system
        self.values = values
        self.end = end
        names = [s.name for s in system.parameters if s.name not in values]
        self.base = reduce(
            Field.join,
            (law.equation.field.specialise(values) for law in system.laws),
            Field(tuple(names)),
        )
        self.length = 0
        self._solution: dict[Entry, Series] = {}
        self._cases: dict[tuple[int, int, Entry], Series] = {}
        self._known: dict[int, Any] = {}
        self._series: dict[tuple[int, int], tuple[Any, Series]] = {}

    def number(self, element: Element) -> Any:
        """A coefficient of the system as a number of the series' field."""
        key = id(element)
        if key not in self._known:
            found = element.evaluate(self.values) if self.values else element
            self._known[key] = (element, found.to_fmpq() if self.base.is_rational else self.base.coerce(found))
        return self._known[key][1]

    def constant(self, element: Element | int, n: int) -> Series:
        """A coefficient of the system, or 0 or 1, as a series modulo w^n; each is made once."""
        key = (id(element), n)
        if key not in self._series:
            value = element if isinstance(element, int) else self.number(element)
            self._series[key] = (element, make_series(self.base, [value] if value else [], n))
        return self._series[key][1]

    def solution(self, n: int) -> dict[Entry, Series]:
        """g_ij modulo w^n for all unknown entries, and s_T as the entry (-1 - k, -1 - k) for the k-th given matrix.

        Raises `NoSeries` when the iteration does not settle.
        """
        while self.length < n:
            # Symbolic terms are dear, so none is found twice; of numbers several are found together.
            length = min(n, self.length + (_TOGETHER if self.length and self.base.is_rational else 1))
            self._extend(length)
            self.length = length
        return {e: resized(s, n) for e, s in self._solution.items()}

    def case(self, component: int, case: int, entry: Entry, n: int) -> Series:
        """The entry of (M + A t_i)^{-1} for one case of a component, modulo w^n; `solution` comes first."""
        return resized(self._cases[component, case, entry], n)

    def _extend(self, n: int) -> None:
        system = self.system
        zero = make_series(self.base, [], n)
        g = {e: resized(s, n) for e, s in self._solution.items()}
        if not g:
            g = {e: zero for c in system.components for i in c.states for j in c.states if (e := system.entry(i, j))}
        first = 0
        for _ in range((2 * system.size + 4) * (n - self.length)):
            if time.monotonic() > self.end:
                raise TooLarge(
                    f"{n} terms of the series take longer than the limit; give more, "
                    "limits=rv.Limits(seconds=...), or take numeric=True"
                )
            with order(n):
                new = self._image(g, n)
            if all(terms_of(new[e], n) == terms_of(g[e], n) if e in g else False for e in new):
                self._solution = new
                return
            g = new
            bits = max(map(_bits, g.values()), default=0) if n == 1 and self.base.is_rational else 0
            first = first or bits
            if bits > _LONG + _GROWN * first:
                break  # the fractions of an iteration that does not settle grow without end
        raise NoSeries(
            "the blocks of the resolvent have no rational expansion at infinity; the exact branch is not reached"
        )

    def _image(self, g: Mapping[Entry, Series], n: int) -> dict[Entry, Series]:
        """The right-hand side of the Dyson equation at g, modulo w^n."""
        system = self.system
        eta: dict[Entry, Series] = {}
        for target, table in system.covariance.items():
            total = None
            for (j, k), coefficient in table.items():
                e = system.entry(j, k)
                if e is not None:
                    term = g[e] * self.number(coefficient)
                    total = term if total is None else total + term
            if total is not None:
                eta[target] = total
        out: dict[Entry, Series] = {}
        selves = []
        for k, given in enumerate(system.given):
            value = self._self_energy(k, g, n)
            out[-1 - k, -1 - k] = value
            selves.append((given, value))
        extra_terms = self._matrix_energies(g, n, out)
        self._rotate(g, n, out, extra_terms)
        for number, component in enumerate(system.components):
            base: dict[Entry, Series] = {}
            for i in component.states:
                for j in component.states:
                    entry = self.constant(system.constants[i, j], n) if (i, j) in system.constants else None
                    if (i, j) in eta:
                        entry = -eta[i, j] if entry is None else entry - eta[i, j]
                    if (i, j) in extra_terms:
                        entry = extra_terms[i, j] if entry is None else entry + extra_terms[i, j]
                    for given, value in selves:
                        if i in given.vector and j in given.vector:
                            term = value * (self.number(given.vector[i]) * self.number(given.vector[j]))
                            entry = term if entry is None else entry + term
                    if entry is not None:
                        base[i, j] = entry
            total_: dict[Entry, Series] = {}
            for case, (weight, extra) in enumerate(component.cases):
                inverse = self._inverse(component.states, base, extra, n)
                if len(component.cases) > 1:
                    self._cases.update({(number, case, e): value for e, value in inverse.items()})
                for e, value in inverse.items():
                    scaled = value * self.number(weight)
                    total_[e] = total_[e] + scaled if e in total_ else scaled
            for i in component.states:
                for j in component.states:
                    e_ = system.entry(i, j)
                    if e_ == (i, j):
                        out[e_] = resized(total_[i, j], n)
        return out

    def _inverse(
        self, states: Sequence[int], base: Mapping[Entry, Series], extra: Mapping[Entry, Element], n: int
    ) -> dict[Entry, Series]:
        """The inverse of z J + base + extra: rows of z multiplied by w first."""
        blocks = self.system.pencil.blocks if self.system.spectral else 0
        if n == 1 and self.base.is_rational:
            return self._constant_inverse(states, base, extra, blocks)
        zero, one, w = self.constant(0, n), self.constant(1, n), make_series(self.base, [0, 1], n)
        rows: Matrix = []
        for i in states:
            row = []
            for j in states:
                value = base.get((i, j), zero)
                if (i, j) in extra:
                    value = value + self.number(extra[i, j])
                if i < blocks:
                    value = value * w + (one if i == j else zero)
                row.append(resized(value, n))
            row += [(w if i < blocks else one) if i == j else zero for j in states]
            rows.append(row)
        solved = _gauss_jordan(rows, len(states), n)
        return {(i, j): solved[a][b] for a, i in enumerate(states) for b, j in enumerate(states)}

    def _constant_inverse(
        self, states: Sequence[int], base: Mapping[Entry, Series], extra: Mapping[Entry, Element], blocks: int
    ) -> dict[Entry, Series]:
        """The same modulo w, where rows of z have the inverse 0."""
        table = [[fmpq(int(i == j)) if i < blocks else fmpq(base[i, j][0] if (i, j) in base else 0)
                  + (self.number(extra[i, j]) if (i, j) in extra else 0) for j in states] for i in states]  # fmt: skip
        try:
            inverse = fmpq_mat(table).inv()
        except ZeroDivisionError:
            raise NoSeries("the pencil is singular at infinity in the leading order") from None
        return {(i, j): make_series(self.base, [inverse[a, b] if j >= blocks else 0], 1)
                for a, i in enumerate(states) for b, j in enumerate(states)}  # fmt: skip

    def _matrix_energies(self, g: Mapping[Entry, Series], n: int, out: dict[Entry, Series]) -> dict[Entry, Series]:
        """A rho for every given matrix of a higher rank, rho = sum_k kappa_(k+1) (-g A)^k; rho goes to ``out``."""
        total: dict[Entry, Series] = {}
        zero, one = make_series(self.base, [], n), make_series(self.base, [1], n)
        for number, given in enumerate(self.system.matrices):
            size = given.rank
            places = range(size)
            table = [[self.number(x) for x in row] for row in given.table]
            step: Matrix = [[zero for _ in places] for _ in places]
            for a, c in itertools.product(places, places):
                form = self._form(given.vectors[a], given.vectors[c], g, n)
                for b in places:
                    if table[c][b]:
                        step[a][b] = step[a][b] - form * table[c][b]
            length = size * n + 2
            cumulants = self._cumulants(-100 - number, given.law, length)
            power: Matrix = [[one if a == b else zero for b in places] for a in places]
            rho: Matrix = [[zero for _ in places] for _ in places]
            for k in range(1, length):
                rho = [[rho[a][b] + power[a][b] * cumulants[k] for b in places] for a in places]
                power = [[_dot(power[a], [row[b] for row in step]) for b in places] for a in places]
                if not any(bool(c) for row in power for x in row for c in terms_of(x, n)):
                    break
            else:
                raise NoSeries(f"the part with {given.name} has no rational expansion at infinity", name=given.name)
            for a, b in itertools.product(places, places):
                out[given.place(number, a, b)] = resized(rho[a][b], n)
                value = zero
                for c in places:
                    if table[a][c]:
                        value = value + rho[c][b] * table[a][c]
                for (i, x), (j, y) in itertools.product(given.vectors[a].items(), given.vectors[b].items()):
                    term = value * (self.number(x) * self.number(y))
                    total[i, j] = total[i, j] + term if (i, j) in total else term
        return total

    def _rotate(self, g: Mapping[Entry, Series], n: int, out: dict[Entry, Series], total: dict[Entry, Series]) -> None:
        """Add -(B h beta B^* + C alpha h C^*) for every Haar matrix to ``total``, and h to ``out``."""
        for number, rotation in enumerate(self.system.rotations):
            places = range(rotation.rank)
            alpha, beta = ([[self._form(u, v, g, n) for v in side] for u in side]
                           for side in (rotation.left, rotation.right))  # fmt: skip
            step = _matrix_product(beta, alpha)
            zero, one = make_series(self.base, [], n), make_series(self.base, [1], n)
            power: Matrix = [[one if a == b else zero for b in places] for a in places]
            h: Matrix = [[zero for _ in places] for _ in places]
            for k in range(rotation.rank * n + 2):
                factor = make_series(self.base, [self.base.constant((-1) ** k * comb(2 * k, k) // (k + 1))], n)
                h = [[h[a][b] + power[a][b] * factor for b in places] for a in places]
                power = [[resized(x, n) for x in row] for row in _matrix_product(power, step)]
                if not any(bool(c) for row in power for x in row for c in terms_of(x, n)):
                    break
            else:
                raise NoSeries(f"the part with {rotation.name} has no rational expansion at infinity")
            for a, b in rotation.pattern:
                out[rotation.place(number, a, b)] = resized(h[a][b], n)
            for side, middle in (
                (rotation.left, _matrix_product(h, beta)),
                (rotation.right, _matrix_product(alpha, h)),
            ):
                for a, b in itertools.product(places, places):
                    for i, u in side[a].items():
                        for j, v in side[b].items():
                            value = middle[a][b] * (-self.number(u) * self.number(v))
                            total[i, j] = total[i, j] + value if (i, j) in total else value

    def _form(
        self, left: Mapping[int, Element], right: Mapping[int, Element], g: Mapping[Entry, Series], n: int
    ) -> Series:
        """The number u^* g v."""
        total = make_series(self.base, [], n)
        for i, x in left.items():
            for j, y in right.items():
                e = self.system.entry(i, j)
                if e is not None:
                    total = total + g[e] * (self.number(x) * self.number(y))
        return total

    def _cumulants(self, key: int, law: AlgebraicLaw, length: int) -> list[Any]:
        """1, kappa_1, ..., of a given law."""
        if key not in self._known or self._known[key][0] < length:
            moments = law.moment_series(length, self.values)
            field = law.equation.field.specialise(self.values)
            self._known[key] = (length, terms_of(cumulants_from_moments(moments, field), length))
        found = self._known[key][1]
        return [x if self.base.is_rational else self.base.coerce(x) for x in found]

    def _self_energy(self, k: int, g: Mapping[Entry, Series], n: int) -> Series:
        """s = R_{aT}(-gamma), gamma = b^* g b."""
        given = self.system.given[k]
        gamma = self._form(given.vector, given.vector, g, n)
        if bool(gamma[0]):
            raise NoSeries(f"the part with {given.name} has no rational expansion at infinity", name=given.name)
        cumulants = self._cumulants(-1 - k, given.law, max(n + 1, 8))
        factor = self.number(given.factor)
        terms, power = [], factor
        for x in cumulants[1 : n + 1]:
            terms.append(power * x)
            power = power * factor
        return resized(compose(make_series(self.base, terms, n), -gamma), n)


def _bits(series: Series) -> int:
    """The length of the constant term."""
    constant = fmpq(series[0])
    return int(constant.p).bit_length() + int(constant.q).bit_length()


def _dot(row: Sequence[Series], column: Sequence[Series]) -> Series:
    total = row[0] * column[0]
    for a, b in zip(row[1:], column[1:], strict=True):
        total = total + a * b
    return total


def _matrix_product(a: Matrix, b: Matrix) -> Matrix:
    return [[_dot(row, [other[k] for other in b]) for k in range(len(b[0]))] for row in a]


def _gauss_jordan(rows: Matrix, size: int, n: int) -> Matrix:
    if size == 1 and bool(rows[0][0][0]):  # as most states are, after the symmetries
        return [[resized(rows[0][1] / rows[0][0], n)]]
    for column in range(size):
        pivot = next((r for r in range(column, size) if bool(rows[r][column][0])), None)
        if pivot is None:
            raise NoSeries("the pencil is singular at infinity in the leading order")
        rows[column], rows[pivot] = rows[pivot], rows[column]
        head = rows[column][column]
        rows[column] = [resized(x / head, n) for x in rows[column]]
        for r in range(size):
            factor = rows[r][column]
            if r != column and any(bool(c) for c in terms_of(factor, n)):
                rows[r] = [resized(x - factor * y, n) for x, y in zip(rows[r], rows[column], strict=True)]
    return [row[size:] for row in rows]


def _key(values: Values) -> tuple[Any, ...]:
    return tuple(sorted(values.items()))


class Moments:
    """The moments of the expression of a system: called with n and values, sum_{k<n} m_k w^k.

    ``end`` is when the clock (`time.monotonic`) says that the time for them is over; it may be moved. ``begun`` is a
    solution that is there already, at some values.
    """

    def __init__(self, system: DysonSystem, end: float = math.inf, begun: PhysicalSeries | None = None) -> None:
        self.system = system
        self.end = end
        self.known = Memory({_key(begun.values): begun} if begun else {})

    def __call__(self, n: int, values: Values) -> Series:
        """The series, from the traces of the blocks of the resolvent."""
        key = _key(values)
        if key not in self.known:
            self.known[key] = PhysicalSeries(self.system, values)
        series: PhysicalSeries = self.known[key]
        series.end = self.end
        g = series.solution(n + 1)
        total: list[Any] = [0] * n
        for k, weight in enumerate(self.system.weights):
            factor = series.number(weight)
            total = [t + g[k, k][j + 1] * factor for j, t in enumerate(total)]
        return make_series(series.base, total, n)
