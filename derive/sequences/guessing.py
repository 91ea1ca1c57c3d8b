"""Guessing linear recurrences, differential equations and algebraic equations from the terms of a sequence.

A relation is a vector in the kernel of a matrix whose columns are n^k u(n+j), or the series x^k f^(i), or x^k f^i.
Kernels are computed modulo a word-size prime; the smallest shape with one is lifted to Q by the Chinese remainder
theorem and rational reconstruction from a part of the rows, and then has to vanish exactly on all the others, at least
``margin`` of them. So a relation that is found holds for every term that was given; that it holds for all others is a
guess.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import islice
from math import isqrt
from typing import Any

import sympy
from flint import fmpq, fmpq_poly, fmpz_mpoly, fmpz_poly, nmod_mat

from resolvent.derive.border import checked
from resolvent.derive.equations.equation import M, Z, spectral_ring
from resolvent.derive.errors import DerivationError, ParameterError
from resolvent.derive.exact.field import polynomial_to_sympy, to_fmpq
from resolvent.derive.exact.polynomials import factored
from resolvent.derive.exact.word_primes import REPEATS, WORD, primes_below
from resolvent.derive.presentation import Typeset
from resolvent.derive.sequences.ode import LinearODE, ode_of
from resolvent.derive.sequences.recurrence import Recurrence, cleared, recurrence_of
from resolvent.derive.sequences.relation_checks import first_exception, holds

MARGIN = 10
_PRIMES = tuple(islice(primes_below(WORD), 24 * REPEATS + REPEATS - 1))
_LETTERS = {M: sympy.Symbol("f"), Z: sympy.Symbol("x")}
_SPARE = 4  # rows beyond the unknowns from which a relation is computed

Shape = tuple[int, int]


@checked
@dataclass(frozen=True)
class Guess(Typeset):
    """A relation that was found in a sequence, and how much stands behind it.

    Attributes:
        relation: a `Recurrence`, a `LinearODE` of f(x) = sum u(n) x^n, or a polynomial in x = z and f(x) = m.
        shape: (order, degree) of a recurrence or differential equation, (degree in m, degree in z) of a polynomial.
        unknowns: the number of coefficients of that shape.
        used: how many terms the relation was computed from.
        verified: on how many more terms it was then found to hold.
        tried: the shapes in which no relation was found before.
    """

    relation: Any
    shape: Shape
    unknowns: int
    used: int
    verified: int
    tried: tuple[Shape, ...]

    def __repr__(self) -> str:
        polynomial = isinstance(self.relation, sympy.Expr)  # in letters that nobody takes for m(z)
        relation = f"{self.relation.xreplace(_LETTERS)} = 0" if polynomial else self.relation.text()
        return f"<Guess: {relation}; {self.evidence}>"

    def latex(self) -> str:
        r"""The relation in LaTeX.

        >>> guess_recurrence([2**n for n in range(20)]).latex()
        '\\left(-2\\right) u_{n} + \\left(1\\right) u_{n+1} = 0'
        """
        if isinstance(self.relation, sympy.Expr):
            return f"{sympy.latex(self.relation.xreplace(_LETTERS))} = 0"
        return str(self.relation.latex())

    def _repr_latex_(self) -> str:
        return rf"$\displaystyle {self.latex()} \qquad \text{{({self.evidence})}}$"

    @property
    def evidence(self) -> str:
        """The evidence in words."""
        return f"guessed: {self.unknowns} unknowns from {self.used} terms, verified on {self.verified} more"


@checked
def guess_recurrence(terms: Sequence[Any], margin: int = MARGIN, most_order: int = 12) -> Guess:
    """A recurrence sum_j p_j(n) u(n+j) = 0 for the terms u(0), u(1), ...

    Args:
        terms: exact numbers: int, Fraction, "1/2", SymPy rationals.
        margin: how many terms more than needed must be given, and are verified.
        most_order: the largest order that is tried.

    >>> guess = guess_recurrence([1, 1, 2, 5, 14, 42, 132, 429, 1430, 4862, 16796, 58786, 208012, 742900, 2674440])
    >>> guess.relation.text(), guess.evidence
    ('(-4*n - 2)*u(n) + (n + 2)*u(n+1) = 0', 'guessed: 4 unknowns from 5 terms, verified on 10 more')

    The relation may begin late (all coefficients vanish at n = 0, 1, ..., so that the first terms are exceptions). One
    that leaves out terms further on is refused: a term is wrong there.

    Raises `DerivationError` if no shape that the number of terms allows has a relation (the message names the shapes
    and says how many terms the next one needs), `ParameterError` for terms that are no numbers, or too few.

    Source: Salvy, Zimmermann, ACM Trans. Math. Softw. 20 (1994) 163-177.
    """
    values = _numbers(terms, margin)

    def columns(shape: Shape, rows: int) -> Iterator[list[fmpq]]:
        order, degree = shape
        for j in range(order + 1):
            base = values[j : j + rows]
            for k in range(degree + 1):
                yield [u * n**k for n, u in enumerate(base)]

    def relation(shape: Shape, vector: list[fmpq]) -> Recurrence:
        found = recurrence_of([fmpq_poly(part) for part in _parts(vector, shape)])
        _require_no_exceptions(found, len(values))
        return found

    return _search(values, columns, relation, margin, range(1, most_order + 1), lambda order: order, "recurrence")


@checked
def guess_ode(terms: Sequence[Any], margin: int = MARGIN, most_order: int = 8) -> Guess:
    """A differential equation sum_i a_i(x) f^(i)(x) = 0 of the generating function f(x) = sum_n u(n) x^n.

    Arguments, result and errors are those of `guess_recurrence`.

    >>> print(guess_ode([1] * 20).relation.text("f"))  # 1/(1-x)
    f + (x - 1)*f' = 0

    Source: Salvy, Zimmermann, ACM Trans. Math. Softw. 20 (1994) 163-177.
    """
    values = _numbers(terms, margin)

    def columns(shape: Shape, rows: int) -> Iterator[list[fmpq]]:
        order, degree = shape
        derivative = values
        for i in range(order + 1):
            if i:
                derivative = [k * c for k, c in enumerate(derivative)][1:]
            for k in range(degree + 1):
                yield [derivative[n - k] if n >= k else fmpq(0) for n in range(rows)]

    def relation(shape: Shape, vector: list[fmpq]) -> LinearODE:
        return ode_of([fmpq_poly(part) for part in _parts(vector, shape)])

    return _search(
        values, columns, relation, margin, range(1, most_order + 1), lambda order: order, "differential equation"
    )


@checked
def guess_algebraic(terms: Sequence[Any], margin: int = MARGIN, most_degree: int = 8) -> Guess:
    """A polynomial P(z, m) that vanishes on m = f(z), f(z) = sum_n u(n) z^n, as a SymPy expression in z and m.

    Arguments, result and errors are those of `guess_recurrence`. (The Stieltjes transform with moments u(n) is
    -f(1/z)/z; `rv.law_of_equation` takes its polynomial.)

    >>> guess_algebraic([1, 0, 1, 0, 2, 0, 5, 0, 14, 0, 42, 0, 132, 0, 429, 0, 1430, 0, 4862, 0]).relation
    m**2*z**2 - m + 1

    Source: Salvy, Zimmermann, ACM Trans. Math. Softw. 20 (1994) 163-177.
    """
    values = _numbers(terms, margin)

    def columns(shape: Shape, rows: int) -> Iterator[list[fmpq]]:
        height, degree = shape
        series, power = fmpq_poly(values), fmpq_poly([1])
        for i in range(height + 1):
            if i:
                power = fmpq_poly((power * series).coeffs()[: len(values)])
            coefficients = [*power.coeffs(), *[fmpq(0)] * len(values)]
            for k in range(degree + 1):
                yield [coefficients[n - k] if n >= k else fmpq(0) for n in range(rows)]

    def relation(shape: Shape, vector: list[fmpq]) -> sympy.Expr:
        rows = cleared([fmpq_poly(part) for part in _trimmed(_parts(vector, shape))])
        ring = spectral_ring(())
        table = {(k, i): int(c) for i, row in enumerate(rows) for k, c in enumerate(row.coeffs()) if c}
        return polynomial_to_sympy(_irreducible(ring.from_dict(table), values), {"z": sympy.Symbol("z"), "m": M})

    return _search(values, columns, relation, margin, range(1, most_degree + 1), lambda _: 0, "algebraic equation")


# -- the search ------------------------------------------------------------------------------------------------


def _search(
    values: list[fmpq],
    columns: Callable[[Shape, int], Iterator[list[fmpq]]],
    relation: Callable[[Shape, list[fmpq]], Any],
    margin: int,
    heights: range,
    lost: Callable[[int], int],
    what: str,
) -> Guess:
    """For each order the largest degree that the terms allow; of the shapes with a relation the one of fewest unknowns.

    ``lost`` says how many terms the rows lose to the order.
    """
    best: Shape | None = None
    tried: list[Shape] = []
    for height in heights:
        rows = len(values) - lost(height)
        widest = (rows - margin) // (height + 1) - 1
        if best is not None:
            widest = min(widest, (_unknowns(best) - 1) // (height + 1) - 1)
        if widest < 0:
            break  # higher ones have still less room
        if not _has_kernel(columns((height, widest), rows)):
            tried.append((height, widest))
            continue
        low, high = 0, widest
        while low < high:
            middle = (low + high) // 2
            if _has_kernel(columns((height, middle), rows)):
                high = middle
            else:
                low = middle + 1
        best = (height, high)
    if best is None:
        shapes = ", ".join(f"({a}, {b})" for a, b in tried) or "none"
        needed = min(((a + 1) * (b + 2) + margin + lost(a) for a, b in tried), default=2 * margin)
        raise DerivationError(
            f"no {what} fits the {len(values)} terms; tried up to (order, degree) = {shapes}; the next shape needs "
            f"{max(needed, len(values) + 1)} terms",
            tried=tuple(tried),
            terms=len(values),
        )
    rows = len(values) - lost(best[0])
    unknowns = _unknowns(best)
    fit = min(unknowns + _SPARE, rows - margin)
    while (vector := _lifted(list(columns(best, fit)), list(columns(best, rows)))) is None:
        fit += 1
        if fit > rows - margin:
            raise DerivationError(
                f"{len(values)} terms leave the {what} of the shape {best} undecided; give more", shape=best
            )
    used = fit + lost(best[0])
    found = relation(best, vector)
    exception = first_exception(found, len(values), margin)
    if exception is not None:
        raise DerivationError(
            f"the {what} that fits says nothing about the term u({exception}), which may be wrong", relation=found
        )
    if not holds(found, values):  # the rows above do not reach the last terms where a leading coefficient vanishes
        raise DerivationError(f"the {what} that fits the other terms fails at one of the last", relation=found)
    return Guess(found, best, unknowns, used, len(values) - used, tuple(tried))


def _require_no_exceptions(recurrence: Recurrence, count: int) -> None:
    """Raise `DerivationError` if all coefficients vanish at an n in the middle of the terms: the relation skips it."""
    common = reduce(lambda a, b: a.gcd(b), recurrence.coefficients)
    skipped = [n for n in range(count - recurrence.order) if common(n) == 0]
    if skipped != list(range(len(skipped))):
        first, last = skipped[0], skipped[-1] + recurrence.order
        raise DerivationError(
            f"a recurrence of order {recurrence.order} holds for all n but {', '.join(map(str, skipped))}: one of the "
            f"terms u({first}), ..., u({last}) may be wrong",
            recurrence=recurrence,
        )


def _unknowns(shape: Shape) -> int:
    return (shape[0] + 1) * (shape[1] + 1)


def _has_kernel(columns: Iterator[list[fmpq]]) -> bool:
    """Whether the columns are dependent modulo a prime (if not, they are independent over Q)."""
    for prime in _PRIMES:
        try:
            matrix = _modular(list(columns), prime)
        except ZeroDivisionError:  # a denominator vanishes
            continue
        return int(matrix.rank()) < int(matrix.ncols())
    raise DerivationError("the terms have too many denominators for the primes that are used")


def _modular(columns: Sequence[Sequence[fmpq]], prime: int) -> nmod_mat:
    inverses: dict[int, int] = {}

    def image(u: fmpq) -> int:
        q = int(u.q)
        if q == 1:
            return int(u.p) % prime
        if q not in inverses:
            if q % prime == 0:
                raise ZeroDivisionError
            inverses[q] = pow(q, -1, prime)
        return int(u.p) * inverses[q] % prime

    rows = [[image(u) for u in row] for row in zip(*columns, strict=True)]
    return nmod_mat(len(rows), len(columns), [entry for row in rows for entry in row], prime)


def _lifted(fit: list[list[fmpq]], whole: list[list[fmpq]]) -> list[fmpq] | None:
    """A vector over Q in the kernel of the columns ``whole``, computed from their first rows ``fit``.

    It is the one that ends at the first column that depends on those before it. None if it does not hold on all rows.
    """
    modulus, residues = 1, [0] * len(fit)
    for prime in _PRIMES:
        vector = _kernel_vector(_modular(fit, prime))
        if any((_modular(whole, prime) * nmod_mat(len(fit), 1, vector, prime)).entries()):
            return None
        inverse = pow(modulus, -1, prime)
        residues = [r + modulus * ((v - r) * inverse % prime) for r, v in zip(residues, vector, strict=True)]
        modulus *= prime
        found = [_reconstructed(r, modulus) for r in residues]
        if None not in found and not any(_combination(found, whole)):
            return found
    raise DerivationError("the relation's coefficients are too long to be reconstructed", primes=len(_PRIMES))


def _kernel_vector(matrix: nmod_mat) -> list[int]:
    """The kernel vector that is 1 at the first column that depends on those before it, and 0 after it."""
    reduced, rank = matrix.rref()
    count = int(matrix.ncols())
    free = next((k for k in range(int(rank)) if int(reduced[k, k]) == 0), int(rank))
    vector = [-int(reduced[row, free]) % int(matrix.modulus()) for row in range(free)]
    return [*vector, 1, *[0] * (count - free - 1)]


def _reconstructed(residue: int, modulus: int) -> fmpq | None:
    """The fraction with numerator and denominator below sqrt(modulus/2), by the extended Euclidean algorithm."""
    bound = isqrt(modulus // 2)
    r0, r1, s0, s1 = modulus, residue % modulus, 0, 1
    while r1 > bound:
        q = r0 // r1
        r0, r1, s0, s1 = r1, r0 - q * r1, s1, s0 - q * s1
    return fmpq(r1, s1) if 0 < abs(s1) <= bound else None


def _combination(vector: Sequence[fmpq | None], columns: Sequence[Sequence[fmpq]]) -> Iterator[fmpq]:
    used = [(c, column) for c, column in zip(vector, columns, strict=True) if c]
    return (sum((c * column[n] for c, column in used), fmpq(0)) for n in range(len(columns[0])))


def _parts(vector: Sequence[fmpq], shape: Shape) -> list[list[fmpq]]:
    """The coefficients by order: shape[0] + 1 polynomials of degree shape[1]."""
    width = shape[1] + 1
    return [list(vector[i * width : (i + 1) * width]) for i in range(shape[0] + 1)]


def _trimmed(parts: list[list[fmpq]]) -> list[list[fmpq]]:
    while not any(parts[-1]):
        parts = parts[:-1]
    return parts


def _irreducible(polynomial: fmpz_mpoly, values: Sequence[fmpq]) -> fmpz_mpoly:
    """The irreducible factor that vanishes on the series."""
    series = fmpq_poly(list(values))
    count = len(values)
    for factor, _ in factored(polynomial):
        total, power = fmpq_poly([0]), fmpq_poly([1])
        by_power: dict[int, dict[int, int]] = {}
        for (k, i), c in factor.to_dict().items():
            by_power.setdefault(i, {})[k] = int(c)
        for i in range(max(by_power) + 1):
            if i:
                power = fmpq_poly((power * series).coeffs()[:count])
            row = by_power.get(i, {})
            total += fmpz_poly([row.get(k, 0) for k in range(max(row, default=0) + 1)]) * power
        if not any(total.coeffs()[:count]):
            return factor
    raise DerivationError("no irreducible factor of the guessed polynomial vanishes on the terms")


def _numbers(terms: Sequence[Any], margin: int) -> list[fmpq]:
    if isinstance(margin, bool) or not isinstance(margin, int) or margin < 1:
        raise ParameterError(f"the margin must be a positive integer; got {margin!r}", margin=margin)
    if isinstance(terms, str) or not isinstance(terms, Sequence):
        raise ParameterError("terms must be a sequence of exact numbers", terms=terms)
    values = [to_fmpq(u) for u in terms]
    if len(values) < margin + 4:
        raise ParameterError(
            f"{len(values)} terms are too few to claim anything; give at least {margin + 4}, a margin of {margin} and "
            "4 unknowns",
            terms=len(values),
        )
    return values
