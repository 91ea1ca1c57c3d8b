"""Differential equations of algebraic laws, against the laws' own series and SymPy's derivatives."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sympy
from flint import fmpq_poly

from resolvent import catalog
from resolvent.derive.errors import DerivationError, ParameterError
from resolvent.derive.holonomic.algebraic_ode import algebraic_ode, first_dependency, parametric_ode
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.elementary import atoms, marchenko_pastur, semicircle
from resolvent.derive.sequences.guessing import guess_recurrence

LAWS: dict[str, AlgebraicLaw] = {
    "semicircle": semicircle("1/3"),
    "mp(1)": marchenko_pastur(1),
    "mp(1/2)": marchenko_pastur("1/2"),
    "sum": semicircle() + marchenko_pastur("1/2"),
    "hessian": catalog.get("hessian").law(phi="1/2", eps=1, sigma=1),
    "gram": catalog.get("nonlinear-gram").law(phi="1/2", psi="3/4", eta=1, zeta="1/3"),
    "product": marchenko_pastur("1/2") @ marchenko_pastur("1/3"),
    "atoms": atoms([0, 1, 3]),
}
EACH = pytest.mark.parametrize("name", LAWS)


@EACH
def test_the_recurrence_of_the_equation_holds_for_the_moments(name: str) -> None:
    recurrence = algebraic_ode(LAWS[name].equation).moment_recurrence()
    assert recurrence.holds_for([1, *LAWS[name].moments(60)])


@EACH
def test_the_order_is_at_most_the_degree(name: str) -> None:
    assert 1 <= algebraic_ode(LAWS[name].equation).order <= LAWS[name].equation.degree


def test_a_closed_form_solves_the_equation() -> None:
    z = sympy.Symbol("z")
    m = (-z + sympy.sqrt(z**2 - sympy.Rational(4, 3))) / sympy.Rational(2, 3)
    f = sympy.Function("f")
    expression = algebraic_ode(LAWS["semicircle"].equation).to_sympy(f(z))
    assert sympy.simplify(expression.subs(f(z), m).doit()) == 0


def test_the_order_is_the_lowest() -> None:
    """No equation of order 1 with polynomial coefficients up to degree 12 has the semicircle's series."""
    terms = [1, *LAWS["semicircle"].moments(80)]
    assert guess_recurrence(terms).relation.holds_for(terms)
    assert algebraic_ode(LAWS["semicircle"].equation).order == 2


def test_rational_transforms_have_order_one() -> None:
    assert algebraic_ode(LAWS["atoms"].equation).order == 1


def test_parameters_are_refused_by_name() -> None:
    law = marchenko_pastur(sympy.Symbol("c", positive=True))
    with pytest.raises(DerivationError, match="give values for c"):
        algebraic_ode(law.equation)


C = sympy.Symbol("c", positive=True)


@pytest.mark.parametrize(
    "law", [marchenko_pastur(C), semicircle() + marchenko_pastur(C), semicircle(C).compress("1/2")]
)
@pytest.mark.parametrize("value", ["1/3", "2", "7/5"])
def test_equations_with_parameters_specialise(law: AlgebraicLaw, value: str) -> None:
    assert parametric_ode(law.equation).at(c=value) == algebraic_ode(law.at(c=value).equation)


def test_an_equation_with_a_parameter_annihilates_the_closed_form() -> None:
    z, v = sympy.Symbol("z"), sympy.Symbol("v", positive=True)
    m = (-z + sympy.sqrt(z**2 - 4 * v)) / (2 * v)
    rows = parametric_ode(semicircle(v).equation).expressions()
    assert sympy.simplify(sum(a * m.diff(z, i) for i, a in enumerate(rows))) == 0


def test_values_of_the_parameters() -> None:
    ode = parametric_ode(marchenko_pastur(C).equation)
    assert (ode.order, ode.symbols) == (2, (C,))
    with pytest.raises(ParameterError, match="give a value for each of c; got none"):
        ode.at()
    with pytest.raises(ParameterError, match="got c, d"):
        ode.at(c=1, d=2)


def test_values_at_which_nothing_is_left_are_refused() -> None:
    ode = parametric_ode(marchenko_pastur(C).equation)
    whole = replace(ode, coefficients=tuple(a * (a.context().gen(1) - 2) for a in ode.coefficients))
    with pytest.raises(ParameterError, match="degenerates"):
        whole.at(c=2)


def test_first_dependency() -> None:
    x, one, zero = fmpq_poly([0, 1]), fmpq_poly([1]), fmpq_poly([0])
    assert first_dependency([[one, zero], [zero, x]]) is None
    relation = first_dependency([[one, x], [x, x * x], [one, one]])
    assert relation is not None
    assert relation[2] == 0
    assert relation[0] + x * relation[1] == 0
