"""The equation of m(z) from a recurrence that leaves out the first moments: an atom must not raise the order."""

from __future__ import annotations

from math import comb

from flint import fmpq, fmpz_poly

from resolvent.derive.holonomic.holonomic_law import law_of_sum
from resolvent.derive.sequences.ode import stieltjes_ode
from resolvent.derive.sequences.recurrence import Recurrence
from resolvent.derive.sequences.telescoping import K, N, hypergeometric_sum

REST = N - K
PATHS = hypergeometric_sum(  # binomial(n, k) Catalan(n-k) Catalan(k)
    (N + 1) / (REST + 1) * (4 * REST + 2) / (REST + 2),
    REST / (K + 1) * (REST + 1) / (4 * REST - 2) * (4 * K + 2) / (K + 2),
)


def catalan(n: int) -> int:
    return comb(2 * n, n) // (n + 1)


def fisher_moments(count: int) -> list[fmpq]:
    sums = [sum(comb(d, k) * catalan(d - k) * catalan(k) for k in range(d + 1)) for d in range(count)]
    return [fmpq(1), *(fmpq(s, 2) for s in sums[1:])]


def test_linear_fisher_law_has_an_equation_of_order_three() -> None:
    assert law_of_sum(PATHS, "1/2").ode.order == 3


def test_that_equation_gives_back_the_moments() -> None:
    assert law_of_sum(PATHS, "1/2").ode.moment_recurrence().holds_for(fisher_moments(60))


def test_that_equation_is_regular() -> None:
    law_of_sum(PATHS, "1/2").ode.require_regular()  # raises where it is not


def test_law_has_the_moments_of_brute_force() -> None:
    assert law_of_sum(PATHS, "1/2").moment_terms(60) == fisher_moments(60)


def test_two_exceptional_moments() -> None:
    """m_k = 2^k for k >= 2 only: the equation of -7/z - 5/z^2 - sum_(k>=2) 2^k z^(-k-1)."""
    doubling = Recurrence((fmpz_poly([-2]), fmpz_poly([1])))
    moments = [fmpq(7), fmpq(5), *(fmpq(2) ** k for k in range(2, 30))]
    assert stieltjes_ode(doubling, moments, 2).moment_recurrence().holds_for(moments)


def test_no_exception_gives_the_rational_function() -> None:
    """-1/(z - 2) solves (z - 2) y' + y = 0."""
    doubling = Recurrence((fmpz_poly([-2]), fmpz_poly([1])))
    assert stieltjes_ode(doubling, [fmpq(1)]).coefficients == (fmpz_poly([1]), fmpz_poly([-2, 1]))
