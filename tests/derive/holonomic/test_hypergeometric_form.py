"""Hypergeometric forms: equations of known functions, with their values by mpmath, and equations without a form."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

import mpmath as mp
import pytest
import sympy
from flint import fmpq_poly, fmpz_poly

from resolvent.derive.errors import DerivationError
from resolvent.derive.holonomic.holonomic_law import law_of_sum
from resolvent.derive.holonomic.hypergeometric_form import HypergeometricForm, Rational, X, hypergeometric_forms
from resolvent.derive.sequences.ode import LinearODE
from tests.derive.sequences.test_telescoping import SUMS

P = fmpz_poly
K_EQUATION = LinearODE((P([-1]), P([4, -8]), P([0, 4, -4])))
E_EQUATION = LinearODE((P([1]), P([4, -4]), P([0, 4, -4])))
FISHER = LinearODE((P([4]), P([32, -8]), P([0, 32, -12, 1])))


def solves(form: HypergeometricForm, ode: LinearODE, place: str) -> bool:
    """Whether the expression satisfies the equation at a point, by mpmath's derivatives at 40 digits."""
    with mp.workdps(40):
        function = sympy.lambdify(X, form.expression(), "mpmath")
        x = mp.mpf(place)
        total = sum(
            mp.polyval([int(c) for c in a.coeffs()][::-1] or [0], x) * mp.diff(function, x, i)
            for i, a in enumerate(ode.coefficients)
        )
        return abs(total) < mp.mpf(10) ** -15


@pytest.mark.parametrize(("ode", "place"), [(K_EQUATION, "0.3"), (E_EQUATION, "0.3"), (FISHER, "1.3"), (FISHER, "6.1")])
def test_every_form_solves_its_equation(ode: LinearODE, place: str) -> None:
    for form in islice(hypergeometric_forms(ode), 3):
        assert form.check()
        assert solves(form, ode, place)


def test_k_and_e_are_found() -> None:
    assert 2 * sympy.elliptic_k(X) / sympy.pi in [f.expression() for f in islice(hypergeometric_forms(K_EQUATION), 2)]
    expressions = [sympy.simplify(f.expression()) for f in islice(hypergeometric_forms(E_EQUATION), 2)]
    assert any(sympy.simplify(e / sympy.elliptic_e(X)).is_number for e in expressions)


def test_the_pullback_of_the_linear_fisher_density() -> None:
    pullbacks = {f.pullback.to_sympy() for f in islice(hypergeometric_forms(FISHER), 2)}
    assert sympy.expand(X * (8 - X) / 16) in {sympy.expand(f) for f in pullbacks}


def test_solutions_of_third_order_equations() -> None:
    """d/dx times the equation of K, and the transform of the linear Fisher law, whose equation has apparent points."""
    third = K_EQUATION.times(LinearODE((P([0]), P([1]))))
    assert third.order == 3
    assert 2 * sympy.elliptic_k(X) / sympy.pi in [f.expression() for f in islice(hypergeometric_forms(third), 2)]
    fisher = law_of_sum(SUMS["linear Fisher"][0], "1/2").ode
    assert fisher.order == 3
    form = next(hypergeometric_forms(fisher, most_degree=2))
    assert form.check()
    assert solves(form, fisher, "1.3")


def test_other_parameters_than_the_elliptic_ones() -> None:
    # 2F1(1/3, 2/3; 1; x): x(1-x) y'' + (1 - 2x) y' - 2/9 y = 0
    form = next(hypergeometric_forms(LinearODE((P([-2]), P([9, -18]), P([0, 9, -9])))))
    assert {str(form.a), str(form.b), str(form.c)} == {"1/3", "2/3", "1"}


def test_powers_in_front() -> None:
    # y = x^(1/2) K(x): exponents 1/2, 1/2 at 0
    half = sympy.Rational(1, 2)
    x, y = X, sympy.Function("y")
    inner = y(x) * x**-half
    equation = 4 * x * (1 - x) * inner.diff(x, 2) + (4 - 8 * x) * inner.diff(x) - inner
    expanded = sympy.expand(sympy.simplify(equation * x ** (half + 1)).doit())
    rows = [sympy.Poly(expanded.coeff(y(x).diff(x, i) if i else y(x)), x) for i in range(3)]
    ode = LinearODE(tuple(P([int(c) for c in reversed(r.all_coeffs())]) for r in rows))
    form = next(hypergeometric_forms(ode))
    assert form.powers
    assert solves(form, ode, "0.4")


def test_a_tampered_form_fails_the_check() -> None:
    form = next(hypergeometric_forms(FISHER))
    wrong = Rational.of(form.parts[0].top + 1, form.parts[0].bottom)
    assert not replace(form, parts=(wrong, form.parts[1])).check()


@pytest.mark.parametrize(
    ("ode", "message"),
    [
        (LinearODE((P([1]), P([-1, 1]))), "has order 1"),
        (LinearODE((P([0, -1]), P([0]), P([1]))), "irregular singularity"),
        (LinearODE((P([1]), P([0, 4]), P([-2, 0, 1]))), "no hypergeometric form was found"),
        (LinearODE((P([1]), P([4, 4]), P([0, 2, 3, 1]))), "no hypergeometric form was found"),
    ],
)
def test_equations_without_a_form(ode: LinearODE, message: str) -> None:
    with pytest.raises(DerivationError, match=message):
        list(hypergeometric_forms(ode, most_degree=1))


def test_rational_functions() -> None:
    one, x = Rational.of(fmpq_poly([1])), Rational.of(fmpq_poly([0, 1]))
    assert (one / x).derivative() == Rational.of(fmpq_poly([-1]), fmpq_poly([0, 0, 1]))
    assert (x * x - one) / (x - one) == x + one
