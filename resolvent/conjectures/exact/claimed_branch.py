"""Which branch of a claimed equation is a law: the germs at infinity, positivity by Hankel and Herglotz, the choice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import sympy
from flint import fmpq, fmpz_mpoly

from resolvent.catalog.conjectures.conjecture import EquationClaim, Point
from resolvent.derive.equations.branches_at_infinity import branches_at_infinity
from resolvent.derive.equations.equation import M, Z, spectral_ring
from resolvent.derive.errors import BranchError, DerivationError, ParameterError, PrecisionError
from resolvent.derive.exact.field import Field, polynomial_to_sympy, rational_function
from resolvent.derive.exact.polynomials import irreducible_factors
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.from_equation import law_of_equation


@dataclass(frozen=True)
class Candidate:
    """A branch that begins with -1/z: its first moments m_0, m_1, ..., and its law, or why it has none."""

    moments: tuple[fmpq, ...]
    law: AlgebraicLaw | None
    reason: str = ""


@dataclass(frozen=True)
class ClaimedBranches:
    """What a claimed equation offers at a point.

    Attributes:
        candidates: the branches with total mass 1 and rational moments.
        unexamined: branches of total mass 1 that are not examined, as their moments are irrational, or out of reach.
        without_moments: whether other branches of total mass 1 have fractional powers of 1/z, or complex coefficients.
        masses: the total masses of other branches.
    """

    candidates: tuple[Candidate, ...]
    unexamined: int
    without_moments: bool
    masses: tuple[fmpq, ...]

    @property
    def laws(self) -> list[AlgebraicLaw]:
        """The laws among the candidates."""
        return [c.law for c in self.candidates if c.law is not None]

    @property
    def open(self) -> str:
        """Which branches may be laws that are not examined, in words; empty if there are none."""
        found = []
        if self.unexamined:
            found.append("branches with irrational moments, or out of reach")
        if self.without_moments:
            found.append("branches that could only belong to a law without moments")
        return " and ".join(found)

    @property
    def failures(self) -> list[str]:
        """Why the other branches are no laws, in sentences."""
        found = [
            f"the branch with moments {shown_moments(c.moments)}: {c.reason}" for c in self.candidates if c.law is None
        ]
        if not self.candidates and self.masses:
            masses = ", ".join(shown_number(v) for v in self.masses)
            found.append(f"no branch behaves like -1/z at infinity; total masses that occur: {masses}")
        elif not self.candidates and not self.open:
            found.append("no branch behaves like -1/z at infinity, so none has total mass 1")
        return found


def shown_moments(moments: Sequence[fmpq]) -> str:
    """The first moments in words, m_1 first."""
    return ", ".join(shown_number(v) for v in moments[1:4]) + ", ..."


def shown_number(value: Any) -> str:
    """An exact number in words: as it is if that is short, else its first digits."""
    text = str(value)
    if len(text) <= 30:
        return text
    exact = sympy.Rational(int(value.p), int(value.q)) if isinstance(value, fmpq) else value
    return str(sympy.N(exact, 15))


def claimed_factors(claim: EquationClaim, point: Point) -> list[fmpz_mpoly]:
    """The irreducible factors of a claimed polynomial at a point, denominators cleared.

    Raises `ParameterError` where it has no m left and so is false, `DerivationError` where it says nothing: 0 = 0, or a
    division by zero.
    """
    images = {s: sympy.Rational(v.numerator, v.denominator) for s, v in _named(claim.polynomial, point).items()}
    try:
        expression = claim.polynomial.xreplace(images)
        if expression.has(sympy.zoo, sympy.oo, -sympy.oo, sympy.nan):
            raise ZeroDivisionError
        element = rational_function(expression, Field(("m", "z")))
    except ZeroDivisionError:
        raise DerivationError("the equation divides by zero at this point") from None
    polynomial = element.numerator.project_to_context(spectral_ring(()))
    if polynomial.is_zero():
        raise DerivationError("the equation says 0 = 0 at this point")
    factors = irreducible_factors(polynomial, "m")
    if not factors:
        raise ParameterError("the equation does not contain the transform at this point")
    return factors


def _named(expression: sympy.Expr, point: Point) -> dict[sympy.Symbol, Fraction]:
    return {s: point[s.name] for s in expression.free_symbols - {Z, M}}


def claimed_branches(factors: Sequence[fmpz_mpoly]) -> ClaimedBranches:
    """The branches of irreducible polynomials in z and m, each with its law or the reason why it has none.

    >>> claim = EquationClaim("", 1, "stieltjes", M**2 - Z*M - 1)
    >>> found = claimed_branches(claimed_factors(claim, {}))
    >>> found.laws, found.failures
    ([], ['the branch with moments 0, -1, 0, ...: the Hankel determinant up to the moment m_2 is negative'])

    Raises `DerivationError` where branches cannot be told apart.
    """
    candidates: list[Candidate] = []
    unexamined, without_moments = 0, False
    masses: set[fmpq] = set()
    for factor in factors:
        found = branches_at_infinity(factor)
        unexamined += found.irrational
        without_moments |= found.ramified or found.complex > 0
        masses |= set(found.masses)
        expression = polynomial_to_sympy(factor, {"z": Z, "m": M})
        for germ in found.germs:
            candidate = _candidate(expression, germ)
            if candidate is None:
                unexamined += 1
            else:
                candidates.append(candidate)
    return ClaimedBranches(tuple(candidates), unexamined, without_moments, tuple(sorted(masses)))


def _candidate(expression: sympy.Expr, germ: tuple[fmpq, ...]) -> Candidate | None:
    """A branch with its law or the proof that it has none; None where neither is in reach."""
    try:
        return Candidate(germ, law_of_equation(expression, [sympy.Rational(int(c.p), int(c.q)) for c in germ]))
    except DerivationError as error:
        reason = error.objects.get("reason")  # which `require_law` gives
        if reason is None or isinstance(error.__cause__, BranchError):  # not followed is not refuted
            return None
        return Candidate(germ, None, str(reason))
    except (BranchError, PrecisionError):
        return None
