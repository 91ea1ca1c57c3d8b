"""The physical branch of a Dyson system: which polynomials vanish on it, by its exact series or by an enclosure."""

from __future__ import annotations

import math
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence

from flint import acb, fmpq, fmpz_mpoly

from resolvent.derive.equations.equation import probes
from resolvent.derive.errors import DerivationError
from resolvent.derive.exact.polynomials import degree, factored, positive
from resolvent.derive.exact.precision import order
from resolvent.derive.exact.series import Series, make_series, terms_of
from resolvent.derive.expressions.dyson import DysonSystem, dyson_system
from resolvent.derive.expressions.enclosure import Enclosure, candidates
from resolvent.derive.expressions.followed import TooManySteps, enclosed
from resolvent.derive.expressions.pencil import Entry, Pencil
from resolvent.derive.expressions.physical_series import NoSeries, PhysicalSeries, TooLarge
from resolvent.derive.expressions.polynomial_system import case_of, unknowns_of


class Branch(ABC):
    """The physical branch: which polynomials in the unknowns vanish on it."""

    unknowns: Mapping[str, Entry]
    definitions: Mapping[str, tuple[fmpz_mpoly, fmpz_mpoly]] = {}
    """Entries of M that are kept beside the unknowns, as numerator and denominator in them; see `open_branch`."""
    levels: Sequence[int]
    end: float = math.inf
    """When the clock (`time.monotonic`) says this, the time of an elimination is over."""

    @property
    def generators(self) -> set[str]:
        """The names of what is no parameter."""
        return {*self.unknowns, *self.definitions, "m"}

    @abstractmethod
    def vanishes(self, polynomial: fmpz_mpoly, n: int) -> bool:
        """Whether it vanishes as far as level n decides: False is a proof that it does not vanish."""

    def is_nonzero(self, polynomial: fmpz_mpoly) -> bool:
        """Whether it is proved not to vanish on the branch."""
        return any(not self.vanishes(polynomial, n) for n in self.levels)

    def physical(self, polynomial: fmpz_mpoly) -> fmpz_mpoly:
        """The product of the irreducible factors that cannot be excluded; one factor, as a rule.

        Raises `DerivationError` when no factor is left, since then the system contradicts itself.
        """
        own = self.generators
        factors = [f for f, _ in factored(polynomial) if not own.isdisjoint(names_in(f))]
        if not factors:
            raise DerivationError("an equation of the system is a contradiction", polynomial=polynomial)
        for n in self.levels:
            if len(factors) == 1:
                break
            factors = [f for f in factors if self.vanishes(f, n)]
            if not factors:
                raise DerivationError("no factor of an equation vanishes on the physical branch", polynomial=polynomial)
        product = factors[0]
        for f in factors[1:]:
            product = product * f
        return positive(product)


class SeriesBranch(Branch):
    """The branch by its exact series at infinity, at integer values of the parameters.

    Attributes:
        series: the series, whose `values` say where.

    Raises `physical_series.NoSeries` when it has none with rational coefficients.
    """

    def __init__(self, system: DysonSystem, unknowns: Mapping[str, Entry], end: float = math.inf) -> None:
        self.system = system
        self.unknowns = unknowns
        self.end = end
        self.levels = (6, 12, 24, 48) if system.spectral else (1,)
        self._powers: dict[int, dict[tuple[str, int], Series]] = {}
        for values in probes(system.parameters):
            try:
                series = PhysicalSeries(system, values, end)
                series.solution(2)
            except ZeroDivisionError:
                continue
            self.series, self._values = series, values
            break
        else:
            raise DerivationError("no values of the parameters were found at which the system is regular")
        if not self.series.base.is_rational:
            raise NoSeries("the moments of a given law are not rational at rational parameters")

    def _unknowns(self, n: int) -> dict[str, Series]:
        solution = self.series.solution(n)
        out = {}
        for name, e in self.unknowns.items():
            case = case_of(name)
            out[name] = solution[e] if case is None else self.series.case(*case, e, n)
        total = make_series(self.series.base, [], n)
        for k, weight in enumerate(self.system.weights):
            total = total + solution[k, k] * self.series.number(weight)
        out["m"] = -total if self.system.spectral else total
        return out

    def value(self, polynomial: fmpz_mpoly, n: int) -> list[object]:
        """The polynomial on the branch, times the power of w that clears z, modulo w^n."""
        series = self._unknowns(n)
        names = polynomial.context().names()
        used = [k for k, name in enumerate(names) if name in names_in(polynomial)]
        top = degree(polynomial, "z")
        groups: dict[tuple[tuple[str, int], ...], fmpq] = {}
        for exponents, coefficient in polynomial.to_dict().items():
            value = fmpq(coefficient)
            key = []
            shift = top
            for k in used:
                e, name = exponents[k], names[k]
                if name == "z":
                    shift = top - e
                elif e and name in self._values:
                    value *= self._values[name] ** e
                elif e:
                    key.append((name, int(e)))
            if shift < n:
                full = (("w", shift), *key)
                groups[full] = groups.get(full, fmpq(0)) + value
        with order(n):
            powers = self._powers.setdefault(n, {})
            total = make_series(self.series.base, [], n)
            for full, value in groups.items():
                term = make_series(self.series.base, [0] * full[0][1] + [value], n)
                for name, e in full[1:]:
                    if (name, e) not in powers:
                        powers[name, e] = series[name] ** e
                    term = term * powers[name, e]
                total = total + term
        return list(terms_of(total, n))

    def vanishes(self, polynomial: fmpz_mpoly, n: int) -> bool:
        """Whether it vanishes to n terms: False is a proof that it does not vanish."""
        return not any(self.value(polynomial, n))


class EnclosedBranch(Branch):
    """The branch by its enclosure at one point and one choice of the parameters' values.

    Raises `DerivationError` when the enclosure fails at all values that are tried, or takes longer than to ``end``.
    """

    levels = (256, 1024, 4096)

    def __init__(self, system: DysonSystem, unknowns: Mapping[str, Entry], end: float = math.inf) -> None:
        self.unknowns, self.end = unknowns, end
        failure = DerivationError("the Dyson equation was not solved at these parameters")
        for values in candidates(system.parameters):
            try:
                self.enclosure = enclosed(system, values, end)
            except (DerivationError, ZeroDivisionError) as error:
                if isinstance(error, TooLarge) and not isinstance(error, TooManySteps):
                    raise
                failure = error if isinstance(error, DerivationError) else failure
                if not values:
                    break
                continue
            break
        if not hasattr(self, "enclosure"):
            raise failure
        self._finer: dict[int, tuple[Enclosure, dict[str, acb]]] = {}

    def _at(self, bits: int) -> tuple[Enclosure, dict[str, acb]]:
        """The enclosure at a precision, and the balls of all generators."""
        if bits not in self._finer:
            finer = self.enclosure.refined(bits)
            balls = {name: finer.ball(value) for name, value in finer.values.items()}
            balls |= {"z": finer.z, "m": finer.trace}
            for name, e in self.unknowns.items():
                case = case_of(name)
                balls[name] = finer.unknowns[e] if case is None else finer.cases[(*case, e)]
            self._finer[bits] = finer, balls
        return self._finer[bits]

    def vanishes(self, polynomial: fmpz_mpoly, n: int) -> bool:
        """Whether its ball at the point, at n bits of precision, contains zero."""
        enclosure, balls = self._at(n)
        return bool(enclosure.value(polynomial, balls).contains(0))


def branch_of(system: DysonSystem, *, enclosed: bool = False, seconds: float = math.inf) -> Branch:
    """The physical branch of a system, by its series or by an enclosure, in so many seconds."""
    unknowns, end = unknowns_of(system), time.monotonic() + seconds
    return EnclosedBranch(system, unknowns, end) if enclosed else SeriesBranch(system, unknowns, end)


def enclosed_branch(pencil: Pencil, seconds: float = math.inf) -> tuple[DysonSystem, EnclosedBranch]:
    """The system of a pencil without rational series at infinity, and its branch.

    Given matrices are averaged over their eigenvalues where that is enough; otherwise their equations are used.

    Raises `DerivationError` where no solution is enclosed.
    """
    try:
        system = dyson_system(pencil, average=True)
    except DerivationError:
        system = dyson_system(pencil)
    if system.free_letters:
        system = dyson_system(pencil)
    return system, EnclosedBranch(system, unknowns_of(system), time.monotonic() + seconds)


def names_in(polynomial: fmpz_mpoly) -> set[str]:
    """The generators that occur in a polynomial."""
    return {n for n, d in zip(polynomial.context().names(), polynomial.degrees(), strict=True) if d > 0}
