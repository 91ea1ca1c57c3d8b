"""The polynomial of a trace from its series: for systems without parameters whose elimination is too large.

The Dyson system is quadratic: with w = 1/z the terms of order n solve a linear system that is the same for all n, with
a right-hand side from the terms below. So series are long and cheap modulo a prime. The smallest relation P(w, m) = 0
modulo w^N is linear algebra (Hermite-Pade), several primes give its integers. It is a guess until the certificate
proves that the curve solves the system; the solution with the first terms of the physical one is that one.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from flint import fmpq, fmpz_mpoly, nmod_mat, nmod_poly

from resolvent.derive.arrays import np
from resolvent.derive.errors import DerivationError
from resolvent.derive.exact.field import polynomial_ring
from resolvent.derive.exact.polynomials import degree, positive
from resolvent.derive.exact.series import terms_of
from resolvent.derive.exact.word_primes import primes_below
from resolvent.derive.expressions.branch import names_in
from resolvent.derive.expressions.certificate import Certificate
from resolvent.derive.expressions.dyson import DysonSystem
from resolvent.derive.expressions.physical_series import PhysicalSeries
from resolvent.derive.expressions.polynomial_system import case_of, polynomial_system

if TYPE_CHECKING:
    from numpy.typing import NDArray

Integers: TypeAlias = "NDArray[np.int64]"

_LARGEST = 2**31
_LENGTHS, _LONGEST = (60, 120, 240, 480), 480
_MARGIN = 20  # equations more than unknowns
_MOST_PRIMES = 120


@dataclass(frozen=True, eq=False)
class SeriesCertificate:
    """What a reconstruction is checked by: see `is_certified`."""

    polynomial: fmpz_mpoly
    system: DysonSystem

    def holds(self) -> bool:
        """Whether the polynomial is certified."""
        return is_certified(self.polynomial, self.system)


def reconstructed(system: DysonSystem, longest: int = _LONGEST) -> fmpz_mpoly:
    """The certified polynomial in z and m of a system without parameters, from series of so many terms at most.

    Raises `DerivationError` where the system is not of that kind, the polynomial too large, or not certified.
    """
    found: dict[tuple[int, int], int] = {}
    modulus = 1
    shape: tuple[int, int] | None = None
    last: fmpz_mpoly | None = None
    for prime in _primes():
        series = _SeriesModulo(system, prime)
        shape = shape or _shape(series.trace, prime, longest)
        height, depth = shape
        vector = _relation(series.trace((height + 1) * (depth + 1) + _MARGIN), height, depth, prime)
        if vector is None:
            continue  # an unlucky prime
        inverse = pow(modulus, -1, prime)
        for key, value in vector.items():
            old = found.get(key, 0)
            found[key] = old + modulus * ((value - old) * inverse % prime)
        modulus *= prime
        polynomial = _lifted(found, modulus, depth)
        if polynomial is not None and polynomial == last:
            if is_certified(polynomial, system):
                return polynomial
            raise DerivationError("the polynomial of the series has no certificate", polynomial=polynomial)
        last = polynomial
    raise DerivationError(f"the coefficients of the polynomial are longer than {31 * _MOST_PRIMES} bits")


def is_certified(polynomial: fmpz_mpoly, system: DysonSystem, primes: int = 2) -> bool:
    """Whether all unknowns are proved to be rational functions on the curve of the polynomial that solve the system.

    First as any certificate does; then with the rational functions that their series suggest, in m or, where m does not
    generate them, in a random combination theta of all unknowns: on the curve of theta the equations must vanish, and
    the polynomial too. An equation that does not vanish does so at a random point modulo p with a probability below
    1e-6 for each prime.
    """
    found = Certificate(polynomial, system).verdict()
    if found is not None:
        return found
    rng = random.Random(1801)
    equations = (*polynomial_system(system).equations, polynomial)
    return all(_solved(equations, _SeriesModulo(system, p), p, rng) for p in itertools.islice(_primes(), primes))


def _solved(equations: Sequence[fmpz_mpoly], series: _SeriesModulo, prime: int, rng: random.Random) -> bool:
    """Whether the equations vanish modulo a prime on the curve of m, or on that of a combination of all unknowns."""
    factors = np.array([rng.randrange(1, prime) for _ in series.names], dtype=np.int64)
    for alone in (True, False):
        try:
            generic = _Generator(series, prime, None if alone else factors)
            elements = {name: generic.written(k) for k, name in enumerate(series.names)}
        except DerivationError:
            continue
        for _ in range(3):
            w = rng.randrange(2, prime)
            if not generic.vanish(equations, elements, w):
                return False
        return True
    return False


class _Generator:
    """The field F_p(w)(theta), theta = m or a combination of all unknowns, by the smallest relation of its series."""

    def __init__(self, series: _SeriesModulo, prime: int, factors: Integers | None) -> None:
        self.series, self.prime, self.factors = series, prime, factors
        self.height, depth = _shape(self.theta, prime)
        theta = self.theta((self.height + 1) * (depth + 1) + _MARGIN)
        relation = _relation(theta, self.height, depth, prime)
        if relation is None:
            raise DerivationError("the relation is not the only one", prime=prime)
        self.relation = [[relation[j, k] for k in range(depth + 1)] for j in range(self.height + 1)]

    def theta(self, length: int) -> Integers:
        """Its series."""
        self.series.trace(length)
        x = self.series.x[:, :length]
        return (
            x[-1] if self.factors is None else np.asarray((self.factors[:, None] * x % self.prime).sum(0) % self.prime)
        )

    def written(self, k: int) -> tuple[list[int], list[list[int]]]:
        """q and p_j of q(w) x = sum_j p_j(w) theta^j for the unknown x of that number."""
        for length in _LENGTHS:
            theta = self.theta(length)
            x = self.series.x[k, :length]
            depth = (length - _MARGIN) // (self.height + 1) - 1
            if depth < 0:
                continue
            powers = [x]
            power = np.zeros(length, dtype=np.int64)
            power[0] = 1
            for _ in range(self.height):
                powers.append(power)
                power = _product(power, theta, self.prime)
            columns = [np.concatenate([np.zeros(s, dtype=np.int64), y[: length - s]])
                       for y in reversed(powers) for s in range(depth + 1)]  # fmt: skip
            matrix = nmod_mat([[int(v) for v in row] for row in np.array(columns).T], self.prime)
            reduced, rank = matrix.rref()
            if int(rank) < len(columns):
                vector = _first_dependence(reduced, len(columns))
                parts = [vector[j * (depth + 1) : (j + 1) * (depth + 1)] for j in range(self.height + 1)]
                *tables, q = parts
                if any(q):
                    return q, [[-v % self.prime for v in table] for table in reversed(tables)]
        raise DerivationError("an unknown is no rational function", name=self.series.names[k])

    def vanish(self, equations: Sequence[fmpz_mpoly], elements: Mapping[str, Any], w: int) -> bool:
        """Whether polynomials vanish at w, with the unknowns as elements of F_p[theta] modulo its polynomial."""
        p = self.prime

        def at(coefficients: Sequence[int]) -> int:
            return sum(c * pow(w, k, p) for k, c in enumerate(coefficients)) % p

        modulus = nmod_poly([at(row) for row in self.relation], p)
        z = pow(w, -1, p)
        values = {}
        for name, (q, tables) in elements.items():
            bottom = at(q)
            if not bottom:
                return True  # a pole of the functions: this point says nothing
            values[name] = nmod_poly([at(t) * pow(bottom, -1, p) % p for t in tables], p)
        for e in equations:
            names = e.context().names()
            total = nmod_poly([0], p)
            for exponents, coefficient in e.to_dict().items():
                term = nmod_poly([int(coefficient) % p], p)
                for name, k in zip(names, map(int, exponents), strict=True):
                    if name == "z":
                        term = term * pow(z, k, p)
                    else:
                        for _ in range(k):
                            term = term * values[name] % modulus
                total = total + term
            if (total % modulus).degree() >= 0:
                return False
        return True


def _first_dependence(reduced: Any, count: int) -> list[int]:
    """The kernel vector that is one at the first column that depends on those before it."""
    free = next((k for k in range(min(count, int(reduced.nrows()))) if int(reduced[k, k]) == 0), count - 1)
    vector = [0] * count
    vector[free] = 1
    for k in range(free):
        vector[k] = -int(reduced[k, free]) % int(reduced.modulus())
    return vector


def _primes() -> Iterator[int]:
    return itertools.islice(primes_below(_LARGEST), _MOST_PRIMES)


@dataclass(frozen=True)
class _Terms:
    """Terms of the equations: which, their coefficients, how many orders of w later they come, and their unknowns."""

    equation: Integers
    coefficient: Integers
    shift: Integers
    first: Integers
    second: Integers  # -1 in linear terms


class _SeriesModulo:
    """The series of all unknowns modulo a prime, order by order.

    Raises `DerivationError` for a system with parameters, of a degree above two, or singular in the leading order.
    """

    def __init__(self, system: DysonSystem, prime: int) -> None:
        written = polynomial_system(system)
        if system.parameters or not system.spectral:
            raise DerivationError("the series route is for systems without parameters")
        self.prime = prime
        self.names = [*written.unknowns, "m"]
        self._read(written.equations)
        exact = PhysicalSeries(system, {})
        solution = exact.solution(1)
        start = []
        for name, e in written.unknowns.items():
            case = case_of(name)
            series = solution[e] if case is None else exact.case(*case, e, 1)
            q = fmpq(terms_of(series, 1)[0])
            start.append(int(q.p) * pow(int(q.q), -1, prime) % prime)
        self.x = np.array([[*start, 0]], dtype=np.int64).T
        self._factor()

    def _read(self, equations: Any) -> None:
        places = {name: k for k, name in enumerate(self.names)}
        rows: list[tuple[int, int, int, int, int]] = []
        constants: list[tuple[int, int, int]] = []
        for number, e in enumerate(equations):
            names = e.context().names()
            top = degree(e, "z")
            for exponents, coefficient in e.to_dict().items():
                at = dict(zip(names, map(int, exponents), strict=True))
                shift = top - at.pop("z")
                used = [places[n] for n, k in at.items() for _ in range(k)]
                value = int(coefficient) % self.prime
                if not used:
                    constants.append((number, value, shift))
                elif len(used) > 2:
                    raise DerivationError("the series route is for quadratic systems")
                else:
                    rows.append((number, value, shift, used[0], used[1] if len(used) > 1 else -1))
        self.count = len(equations)
        columns = np.array(rows, dtype=np.int64).T
        linear = columns[4] < 0
        self.linear, self.bilinear = _Terms(*columns[:, linear]), _Terms(*columns[:, ~linear])
        self.constants = constants

    def _factor(self) -> None:
        """The matrix of the highest terms of an order, inverted on rows that determine them."""
        table = np.zeros((self.count, len(self.names)), dtype=object)
        for e, c, h, i in zip(
            *(getattr(self.linear, f) for f in ("equation", "coefficient", "shift", "first")), strict=True
        ):
            if h == 0:
                table[e, i] += int(c)
        b = self.bilinear
        for e, c, h, i, j in zip(b.equation, b.coefficient, b.shift, b.first, b.second, strict=True):
            if h == 0:
                table[e, i] += int(c) * int(self.x[j, 0])
                table[e, j] += int(c) * int(self.x[i, 0])
        size = len(self.names)
        entries = [[int(v) % self.prime for v in row] for row in table.tolist()]
        reduced, rank = nmod_mat([list(column) for column in zip(*entries, strict=True)], self.prime).rref()
        if rank < size:
            raise DerivationError("the system is singular in the leading order; the series route does not reach it")
        chosen = []
        for k in range(rank):
            chosen.append(next(j for j in range(self.count) if int(reduced[k, j])))
        self.rows = np.array(chosen)
        inverse = nmod_mat([entries[k] for k in chosen], self.prime).inv()
        self.inverse = np.array([[int(inverse[i, j]) for j in range(size)] for i in range(size)], dtype=np.int64)

    def trace(self, length: int) -> Integers:
        """The series of m modulo w^length."""
        while self.x.shape[1] < length:
            self._extend(length)
        return self.x[-1, :length]

    def _extend(self, length: int) -> None:
        prime, begin = self.prime, self.x.shape[1]
        x = np.zeros((len(self.names), length), dtype=np.int64)
        x[:, :begin] = self.x
        lin, bi = self.linear, self.bilinear
        for n in range(begin, length):
            value = np.zeros(self.count, dtype=np.int64)
            for e, c, h in self.constants:
                if h == n:
                    value[e] = (value[e] + c) % prime
            late = lin.shift > 0
            place = n - lin.shift[late]
            known = np.where(place >= 0, x[lin.first[late], np.maximum(place, 0)], 0)
            np.add.at(value, lin.equation[late], lin.coefficient[late] * known % prime)
            for h in np.unique(bi.shift):
                own = bi.shift == h
                if n - h < 0:
                    continue
                a, b = x[bi.first[own], : n - h + 1], x[bi.second[own], n - h :: -1]
                total = (a * b % prime).sum(axis=1) % prime
                np.add.at(value, bi.equation[own], bi.coefficient[own] * total % prime)
            right = (-value) % prime
            x[:, n] = (self.inverse * right[self.rows] % prime).sum(axis=1) % prime
        self.x = x


def _shape(series: Callable[[int], Integers], prime: int, longest: int = _LONGEST) -> tuple[int, int]:
    """The degrees in m and z of the smallest relation."""
    for length in itertools.takewhile(lambda n: n <= longest, _LENGTHS):
        m = series(length)
        for height in range(1, math.isqrt(length) + 1):
            depth = (length - _MARGIN) // (height + 1) - 1
            if depth < 0:
                break
            nullity = _kernel(m, height, depth, prime)[1]
            if nullity:
                return height, depth - nullity + 1
    raise DerivationError(f"the polynomial has more than {longest} coefficients")


def _kernel(m: Integers, height: int, depth: int, prime: int) -> tuple[Any, int]:
    """The reduced matrix of the products m^j w^k, columns by j and k, and the dimension of its kernel."""
    length = len(m)
    power = np.zeros(length, dtype=np.int64)
    power[0] = 1
    columns = []
    for _ in range(height + 1):
        columns += [np.concatenate([np.zeros(k, dtype=np.int64), power[: length - k]]) for k in range(depth + 1)]
        power = _product(power, m, prime)
    matrix = nmod_mat([[int(v) for v in row] for row in np.array(columns).T], prime)
    reduced, rank = matrix.rref()
    return reduced, len(columns) - int(rank)


def _product(a: Integers, b: Integers, prime: int) -> Integers:
    out = np.zeros(len(a), dtype=np.int64)
    for k in range(len(a)):
        if a[k]:
            out[k:] = (out[k:] + a[k] * b[: len(a) - k]) % prime
    return out


def _relation(m: Integers, height: int, depth: int, prime: int) -> dict[tuple[int, int], int] | None:
    """The relation of these degrees that ends in the coefficient one; None unless it is the only one."""
    reduced, nullity = _kernel(m, height, depth, prime)
    if nullity != 1:
        return None
    vector = _first_dependence(reduced, (height + 1) * (depth + 1))
    return {divmod(k, depth + 1): value for k, value in enumerate(vector)}


def _lifted(found: dict[tuple[int, int], int], modulus: int, depth: int) -> fmpz_mpoly | None:
    """The polynomial over the integers in z and m, if the residues are those of short fractions."""
    bound = math.isqrt(modulus // 2)
    fractions: dict[tuple[int, int], fmpq] = {}
    for (j, k), value in found.items():
        r, s, old_r, old_s = value, 1, modulus, 0
        while r > bound:
            quotient = old_r // r
            old_r, r, old_s, s = r, old_r - quotient * r, s, old_s - quotient * s
        if abs(s) > bound or s == 0:
            return None
        if r:
            fractions[depth - k, j] = fmpq(r, s)
    common = math.lcm(*(int(q.q) for q in fractions.values()))
    ring = polynomial_ring(("z", "m"))
    polynomial = ring.from_dict({key: int((q * common).p) for key, q in fractions.items()})
    return positive(polynomial / polynomial.content()) if "m" in names_in(polynomial) else None
