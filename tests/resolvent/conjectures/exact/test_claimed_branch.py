"""Which branch of a claimed equation is a law: all kinds of equations, each with what is known of it by hand."""

from __future__ import annotations

from fractions import Fraction

import pytest
import sympy
from flint import fmpq

from resolvent.catalog.conjectures.conjecture import EquationClaim
from resolvent.conjectures.exact import claimed_branch as module
from resolvent.conjectures.exact.claimed_branch import ClaimedBranches, claimed_branches, claimed_factors
from resolvent.derive.equations.equation import M, Z
from resolvent.derive.errors import BranchError, DerivationError, ParameterError, PrecisionError
from resolvent.derive.laws.elementary import semicircle

c = sympy.Symbol("c", positive=True)


def factors(polynomial: sympy.Expr, **point: int) -> list:
    return claimed_factors(EquationClaim("", 1, "stieltjes", polynomial), {k: Fraction(v) for k, v in point.items()})


def branches(polynomial: sympy.Expr, **point: int) -> ClaimedBranches:
    return claimed_branches(factors(polynomial, **point))


def test_a_law_is_found() -> None:
    found = branches(M**2 + Z * M + 1)
    assert [law.equation for law in found.laws] == [semicircle().equation]
    assert (found.failures, found.open, found.unexamined) == ([], "", 0)


def test_denominators_are_cleared_and_powers_do_not_matter() -> None:
    assert factors(c * M + Z + 1 / M, c=1) == factors((M**2 + Z * M + 1) ** 3, c=1)


@pytest.mark.parametrize(
    ("polynomial", "reason"),
    [
        (M**2 - Z * M - 1, "moments 0, -1, 0, ...: the Hankel determinant up to the moment m_2 is negative"),
        (2 * Z * M + 1, "no branch behaves like -1/z at infinity; total masses that occur: 1/2"),
        (Z * M**2 + 1, "no branch behaves like -1/z at infinity, so none has total mass 1"),
        (Z**2 * M**2 - 2, "no branch behaves like -1/z at infinity, so none has total mass 1"),
    ],
)
def test_there_may_be_no_law(polynomial: sympy.Expr, reason: str) -> None:
    found = branches(polynomial)
    assert (found.laws, found.open) == ([], "")
    assert reason in "; ".join(found.failures)


def test_a_branch_with_singularities_off_the_real_line_is_no_law() -> None:
    """The moments of the uniform average of atoms at +-i, 1 and others: positive Hankel determinants do not suffice."""
    found = branches(
        M * (Z**2 - 4) * (Z**2 + sympy.Rational(1, 10**6)) + Z * (Z**2 + sympy.Rational(1, 10**6)) - Z / 10**8
    )
    assert found.laws == []
    assert len(found.failures) == 1


def test_laws_without_moments_are_left_open() -> None:
    """The Cauchy law, the law of 1/x under Marchenko-Pastur at c = 1, and a free stable law are no false claims."""
    cauchy = branches(M**2 * (Z**2 + 1) + 2 * M * Z + 1)
    inverse = branches(Z * (Z * M + 1) ** 2 - (Z * M + 1) + 1 + Z * M - M * 0 - M**2 * 0 + (Z * M + 1) * 0 - 1)
    for found in (cauchy, inverse):
        assert found.laws == []
        assert found.failures == []
        assert "law without moments" in found.open


def test_irrational_moments_are_left_open() -> None:
    """Point masses at +-sqrt 2: two laws that one equation over the rationals describes."""
    found = branches(M**2 * (Z**2 - 2) + 2 * M * Z + 1)
    assert (found.laws, found.failures, found.unexamined) == ([], [], 2)
    assert "irrational moments" in found.open


def test_several_laws() -> None:
    found = branches((M**2 + Z * M + 1) * (2 * M**2 + Z * M + 1) * (M * (Z - 1) + 1))
    assert sorted(int(law.equation.moment_series(3)[2]) for law in found.laws) == [1, 1, 2]


def test_one_equation_of_two_laws() -> None:
    """W and -W for a Marchenko-Pastur matrix at c = 1 solve one equation of degree 4, which splits."""
    found = branches(Z**2 * M**4 - (Z * M + 1) ** 2)
    assert sorted(fmpq(c.moments[1]) for c in found.candidates) == [-1, 1]
    assert len(found.laws) == 2


def test_at_a_point() -> None:
    polynomial = c * Z * M**2 + (Z + c - 1) * M + 1
    assert branches(polynomial, c=2).laws[0].moments(2) == [1, 3]


def test_equations_that_say_nothing() -> None:
    with pytest.raises(DerivationError, match="0 = 0"):
        factors((c - 1) * (M + Z), c=1)
    with pytest.raises(DerivationError, match="divides by zero"):
        factors(M / (c - 1) + Z, c=1)


def test_an_equation_without_the_transform_is_false() -> None:
    with pytest.raises(ParameterError, match="does not contain the transform"):
        factors((c - 1) * M + Z, c=1)


@pytest.mark.parametrize(
    "error", [BranchError("lost"), PrecisionError("too few digits"), DerivationError("out of reach")]
)
def test_what_cannot_be_decided_is_not_refuted(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def refuse(*_: object) -> None:
        raise error

    monkeypatch.setattr(module, "law_of_equation", refuse)
    found = branches(M**2 + Z * M + 1)
    assert (found.laws, found.failures, found.unexamined) == ([], [], 1)


def test_a_branch_that_was_lost_is_not_refuted_either(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise DerivationError("x is not a law: the branch is lost") from BranchError("lost")

    monkeypatch.setattr(module, "law_of_equation", refuse)
    assert branches(M**2 + Z * M + 1).unexamined == 1
