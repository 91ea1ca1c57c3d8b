"""Creative telescoping: classical identities, tampered certificates, and sums it must refuse."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import comb

import pytest
import sympy
from flint import fmpz_poly

from resolvent.derive.errors import DerivationError, ParameterError
from resolvent.derive.sequences.recurrence import Recurrence
from resolvent.derive.sequences.telescoping import HypergeometricSum, K, N, Ratio, hypergeometric_sum, telescope

Summand = Callable[[int, int], int]


def catalan(n: int) -> int:
    return comb(2 * n, n) // (n + 1)


REST = N - K
SUMS: dict[str, tuple[HypergeometricSum, Summand, int]] = {
    "linear Fisher": (
        hypergeometric_sum(
            (N + 1) / (REST + 1) * (4 * REST + 2) / (REST + 2),
            REST / (K + 1) * (REST + 1) / (4 * REST - 2) * (4 * K + 2) / (K + 2),
        ),
        lambda n, k: comb(n, k) * catalan(n - k) * catalan(k),
        2,
    ),
    "binomial theorem": (hypergeometric_sum((N + 1) / (REST + 1), REST / (K + 1)), lambda n, k: comb(n, k), 1),
    "Vandermonde": (
        hypergeometric_sum((N + 1) ** 2 / (REST + 1) ** 2, REST**2 / (K + 1) ** 2),
        lambda n, k: comb(n, k) ** 2,
        1,
    ),
    "Franel": (
        hypergeometric_sum((N + 1) ** 3 / (REST + 1) ** 3, REST**3 / (K + 1) ** 3),
        lambda n, k: comb(n, k) ** 3,
        2,
    ),
    "Delannoy": (
        hypergeometric_sum((N + K + 1) / (REST + 1), REST * (N + K + 1) / (K + 1) ** 2),
        lambda n, k: comb(n, k) * comb(n + k, k),
        2,
    ),
    "Apery": (
        hypergeometric_sum((N + K + 1) ** 2 / (REST + 1) ** 2, (REST * (N + K + 1)) ** 2 / (K + 1) ** 4),
        lambda n, k: comb(n, k) ** 2 * comb(n + k, k) ** 2,
        2,
    ),
}
EACH = pytest.mark.parametrize("name", SUMS)


@EACH
def test_the_quotients_give_the_summand(name: str) -> None:
    summand, function, _ = SUMS[name]
    for n in range(7):
        assert summand.row(n) == [function(n, k) for k in range(n + 1)]


@EACH
def test_the_recurrence_holds_for_the_sums(name: str) -> None:
    summand, function, order = SUMS[name]
    found = telescope(summand)
    terms = [sum(function(n, k) for k in range(n + 1)) for n in range(40)]
    assert found.recurrence.order == order
    assert found.recurrence.holds_for(terms)
    assert found.check()


def test_the_identity_holds_at_numbers() -> None:
    """sum_j a_j F(n+j, k) = G(n, k+1) - G(n, k) for the linear Fisher sum, in SymPy's rationals."""
    summand, function, _ = SUMS["linear Fisher"]
    found = telescope(summand)
    certificate = found.certificate.to_sympy()
    n_, k_ = 9, 4

    def g(k: int) -> sympy.Expr:
        return certificate.subs({N: n_, K: k}) * function(n_, k)

    left = sum(
        p.subs(sympy.Symbol("n"), n_) * function(n_ + j, k_) for j, p in enumerate(found.recurrence.expressions())
    )
    assert left == g(k_ + 1) - g(k_)


def test_a_tampered_recurrence_or_certificate_fails_the_check() -> None:
    found = telescope(SUMS["Vandermonde"][0])
    wrong = Recurrence((fmpz_poly([-2, -4]), fmpz_poly([2, 1])))
    assert not replace(found, recurrence=wrong).check()
    doubled = Ratio.of(2 * found.certificate.top, found.certificate.bottom)
    assert not replace(found, certificate=doubled).check()


def test_a_certificate_with_a_boundary_term_fails_the_check() -> None:
    # F + 1 constant in k solves the same difference but leaves a term at k = 0
    found = telescope(SUMS["binomial theorem"][0])
    one = Ratio.of(found.certificate.bottom, found.certificate.bottom)
    assert not replace(found, certificate=found.certificate + one).check()


@pytest.mark.parametrize(
    ("in_n", "in_k", "message"),
    [
        ((N + 1) / (REST + 1), REST**2 / (K + 1), "belong to no common F"),
        (sympy.sqrt(N + 1), REST / (K + 1), "not a rational function of n and k"),
        ((N + 1) * sympy.Symbol("a"), REST / (K + 1), "not a rational function of n and k"),
        ((N + 1) * sympy.pi, REST / (K + 1), "not a rational function of n and k"),
        ("n + 1", REST / (K + 1), "not a rational function of n and k"),
        (N / (REST - 1), (REST - 2) / K, "may vanish"),
    ],
)
def test_quotients_that_are_refused(in_n: object, in_k: object, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        hypergeometric_sum(in_n, in_k)  # type: ignore[arg-type]


def test_no_recurrence_up_to_the_order_is_an_error() -> None:
    with pytest.raises(DerivationError, match="no recurrence of the orders 1 to 1"):
        telescope(SUMS["Franel"][0], most_order=1)
