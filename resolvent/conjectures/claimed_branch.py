"""Which branch of a claimed equation is a law: the germs at infinity, positivity by Hankel and Herglotz, the choice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import sympy
from flint import fmpq, fmpz_mpoly

from catalog.conjecture import EquationClaim, Point
from derive.branches import branches_at_infinity
from derive.equation import M, Z, spectral_ring
from derive.errors import BranchError, DerivationError, ParameterError, PrecisionError
from derive.field import Field, polynomial_to_sympy, rational_function
from derive.given import law_of_equation
from derive.law import AlgebraicLaw
from derive.polynomials import irreducible_factors


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
        degrees: the degrees in m of its irreducible factors.
        candidates: the branches with total mass 1 and rational moments.
        unexamined: branches with irrational moments, which are not examined.
        ramified: whether a branch with mass 1 has fractional powers of 1/z.
        masses: the total masses of other branches.
    """

    degrees: tuple[int, ...]
    candidates: tuple[Candidate, ...]
    unexamined: int
    ramified: bool
    masses: tuple[fmpq, ...]

    @property
    def laws(self) -> list[AlgebraicLaw]:
        """The laws among the candidates."""
        return [c.law for c in self.candidates if c.law is not None]

    @property
    def failures(self) -> list[str]:
        """Why the other branches are no laws, in sentences."""
        found = [
            f"the branch with moments {shown_moments(c.moments)}: {c.reason}" for c in self.candidates if c.law is None
        ]
        if self.ramified:
            found.append(
                "a branch has fractional powers of 1/z at infinity: it belongs to no measure with bounded support"
            )
        if not self.candidates and self.masses:
            masses = ", ".join(str(v) for v in self.masses)
            found.append(f"no branch behaves like -1/z at infinity; total masses that occur: {masses}")
        elif not self.candidates and not self.unexamined:
            found.append("no branch behaves like -1/z at infinity, so none has total mass 1")
        return found


def shown_moments(moments: Sequence[fmpq]) -> str:
    """The first moments in words, m_1 first."""
    return ", ".join(str(v) for v in moments[1:4]) + ", ..."


def polynomial_at(claim: EquationClaim, point: Point) -> fmpz_mpoly:
    """The claimed polynomial in z and m at a point, denominators cleared.

    Raises `ParameterError` where it vanishes, divides by zero, or has no m left.
    """
    images = {s: sympy.Rational(v.numerator, v.denominator) for s, v in _named(claim.polynomial, point).items()}
    try:
        element = rational_function(claim.polynomial.xreplace(images), Field(("m", "z")))
    except ZeroDivisionError:
        raise ParameterError("the equation divides by zero at this point") from None
    polynomial = element.numerator.project_to_context(spectral_ring(()))
    if polynomial.is_zero():
        raise ParameterError("the equation says 0 = 0 at this point")
    if not irreducible_factors(polynomial, "m"):
        raise ParameterError("the equation does not contain the transform at this point")
    return polynomial


def _named(expression: sympy.Expr, point: Point) -> dict[sympy.Symbol, Fraction]:
    return {s: point[s.name] for s in expression.free_symbols - {Z, M}}


def claimed_branches(claim: EquationClaim, point: Point) -> ClaimedBranches:
    """The branches of a claimed equation at a point, each with its law or the reason why it has none.

    >>> z, m = Z, M
    >>> found = claimed_branches(EquationClaim("", 1, "stieltjes", m**2 - z*m - 1), {})
    >>> found.laws, found.failures
    ([], ['no branch behaves like -1/z at infinity; total masses that occur: ...'])

    Raises `ParameterError` as `polynomial_at` does, `DerivationError` where branches cannot be told apart.
    """
    polynomial = polynomial_at(claim, point)
    factors = irreducible_factors(polynomial, "m")
    candidates: list[Candidate] = []
    unexamined, ramified = 0, False
    masses: set[fmpq] = set()
    for factor in factors:
        found = branches_at_infinity(factor)
        unexamined += found.irrational
        ramified |= found.ramified
        masses |= set(found.masses)
        expression = polynomial_to_sympy(factor, {"z": Z, "m": M})
        for germ in found.germs:
            moments = [sympy.Rational(int(c.p), int(c.q)) for c in germ]
            try:
                candidates.append(Candidate(germ, law_of_equation(expression, moments)))
            except DerivationError as error:
                reason = str(error).split(" is not a law: ", 1)[-1]
                candidates.append(Candidate(germ, None, reason))
            except (BranchError, PrecisionError):
                unexamined += 1
    degrees = tuple(f.degrees()[1] for f in factors)
    return ClaimedBranches(degrees, tuple(candidates), unexamined, ramified, tuple(sorted(masses)))
