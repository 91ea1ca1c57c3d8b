"""The same claims over every entry of the catalog and every one of its cases."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
import sympy

from resolvent import catalog
from resolvent.catalog.schema.ensemble import Ensemble, Sampler
from resolvent.catalog.schema.facts import (
    AtomAt,
    CauchyEquation,
    ClosedDensity,
    Fact,
    FreeCumulant,
    Moment,
    ResolventIntegrand,
    RTransform,
    STransform,
    Support,
)
from resolvent.derive.derivation.step import Evidence
from resolvent.derive.errors import ParameterError
from resolvent.derive.exact.field import to_fmpq
from resolvent.derive.tensor.tensor_law import TensorLaw
from resolvent.numeric.matrices.ensembles import symmetric_eigenvalues

ENTRIES = [catalog.get(slug) for slug in catalog.names()]
SOLVED_AT_NUMBERS = ("network-gauss-newton",)  # laws that are a fixed point, without formulas for moments
CASES = [(entry, case) for entry in ENTRIES for case in entry.cases]
SAMPLED = [(e, s, c) for e in ENTRIES for s in e.samplers if s.follows_law for c in e.cases]
# Divisible by the ratios of all cases, so that no dimension is rounded. The second is for matrices of size^2 rows.
SIZE, SQUARED_SIZE = 480, 20

each_entry = pytest.mark.parametrize("entry", ENTRIES, ids=lambda e: e.slug)
each_case = pytest.mark.parametrize(("entry", "case"), CASES, ids=lambda v: _label(v))
each_sample = pytest.mark.parametrize(("entry", "sampler", "case"), SAMPLED, ids=lambda v: _label(v))


def _label(value: Any) -> str:
    if isinstance(value, Mapping):
        return ",".join(f"{k}={v}" for k, v in value.items())
    return value.slug if isinstance(value, Ensemble) else value.name


def facts_of(kind: type[Fact], *, cases: bool = False) -> pytest.MarkDecorator:
    """One test for each fact of a kind, or for each fact and each case of its entry."""

    def found() -> Iterator[Any]:
        for entry in ENTRIES:
            for number, fact in enumerate(f for f in entry.known if isinstance(f, kind)):
                for case in entry.cases if cases else ({},):
                    yield pytest.param(entry, fact, case, id=f"{entry.slug}-{number}-{_label(case)}")

    return pytest.mark.parametrize(("entry", "fact", "case"), list(found()))


def floats(entry: Ensemble, case: Mapping[str, Any]) -> dict[str, float]:
    return {name: float(value) for name, value in entry.numbers(case).items()}


def words(entry: Ensemble, case: Mapping[str, Any]) -> dict[str, Any]:
    """The choices of a case, or their defaults: no law keeps a symbol for them."""
    return {p.name: case.get(p.name, p.default) for p in entry.parameters if p.is_chosen}


def rest(entry: Ensemble, case: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in case.items() if name not in words(entry, case)}


def at(entry: Ensemble, fact: Any, case: Mapping[str, Any]) -> Any:
    values = entry.numbers(case)
    return fact.at({entry.symbols[name]: value for name, value in values.items()})


def pieces(support: Support, number: Callable[[Any], Any] = float) -> list[tuple[Any, Any]]:
    """The intervals of a support, those that touch joined into one."""
    joined: list[tuple[Any, Any]] = []
    for a, b in support.intervals:
        touches = joined and joined[-1][1] == number(a)
        joined[-1:] = [(joined[-1][0], number(b))] if touches else [*joined[-1:], (number(a), number(b))]
    return joined


@cache
def _spectrum(slug: str, sampler: str, case: tuple[tuple[str, Any], ...]) -> np.ndarray:
    chosen = catalog.get(slug).sampler(sampler)
    size = SQUARED_SIZE if chosen.rows else SIZE
    matrix = catalog.get(slug).sample(size, 20170058, sampler=sampler, **dict(case))
    return symmetric_eigenvalues(matrix)


def spectrum(entry: Ensemble, sampler: Sampler, case: Mapping[str, Any]) -> np.ndarray:
    return _spectrum(entry.slug, sampler.name, tuple(case.items()))


# -- the law -----------------------------------------------------------------------------------------------


@each_entry
def test_symbolic_law_has_the_parameters_of_the_entry(entry: Ensemble) -> None:
    assert set(entry.law().parameters) == {p.symbol for p in entry.parameters if not p.is_chosen}


@each_entry
def test_derivation_verifies(entry: Ensemble) -> None:
    assert entry.law().derivation.check()


@each_case
def test_derivation_verifies_at_a_case(entry: Ensemble, case: Mapping[str, Any]) -> None:
    assert entry.law(**case).derivation.check()


@each_case
def test_substituting_later_gives_the_same_law(entry: Ensemble, case: Mapping[str, Any]) -> None:
    later, at_once = entry.law(**words(entry, case)).at(**rest(entry, case)), entry.law(**case)
    if isinstance(later, TensorLaw) or entry.slug in SOLVED_AT_NUMBERS:
        assert later.same_as(at_once)
    else:
        assert later.equation == at_once.equation


@each_case
def test_moments_at_a_case_are_the_symbolic_ones(entry: Ensemble, case: Mapping[str, Any]) -> None:
    images = {entry.symbols[name]: value for name, value in entry.numbers(case).items()}
    if entry.slug in SOLVED_AT_NUMBERS:
        with pytest.raises(ParameterError, match="needs a number"):
            entry.law().moments(1)
        return
    symbolic = entry.law(**words(entry, case)).moments(6)
    assert entry.law(**case).moments(6) == [sympy.expand(m.xreplace(images)) for m in symbolic]


@each_entry
def test_equation_is_proved_from_the_model(entry: Ensemble) -> None:
    expected = Evidence.NUMERIC if entry.slug in SOLVED_AT_NUMBERS else Evidence.PROVED
    assert entry.law().derivation.evidence is expected


@each_case
def test_assumptions_are_steps_of_the_derivation(entry: Ensemble, case: Mapping[str, Any]) -> None:
    for law in (entry.law(), entry.law(**case), entry.law(**words(entry, case)).at(**rest(entry, case))):
        steps = law.derivation.assumptions
        assert all(sum(step is a for step in steps) == 1 for a in entry.assumptions)


# -- known facts -------------------------------------------------------------------------------------------


@facts_of(Moment)
def test_stated_moment_is_the_derived_one(entry: Ensemble, fact: Moment, case: Mapping[str, Any]) -> None:
    chosen = {p.symbol: p.default for p in entry.parameters if p.is_chosen}
    difference = (entry.law().moments(fact.k)[-1] - fact.value.xreplace(chosen)).doit()
    assert sympy.simplify(sympy.expand(sympy.expand_power_base(difference))) == 0


@facts_of(FreeCumulant)
def test_stated_cumulant_is_the_derived_one(entry: Ensemble, fact: FreeCumulant, case: Mapping[str, Any]) -> None:
    assert sympy.expand(entry.law().free_cumulants(fact.k)[-1] - fact.value) == 0


@facts_of(RTransform)
def test_stated_r_transform_is_the_derived_one(entry: Ensemble, fact: RTransform, case: Mapping[str, Any]) -> None:
    """Compared through the law's free cumulants, R(g) = sum kappa_(k+1) g^k."""
    series = sympy.series(fact.value, fact.variable, 0, 10).removeO()
    cumulants = entry.law().free_cumulants(10)
    assert all(sympy.expand(series.coeff(fact.variable, k) - cumulants[k]) == 0 for k in range(10))


@facts_of(STransform)
def test_stated_s_transform_is_the_derived_one(entry: Ensemble, fact: STransform, case: Mapping[str, Any]) -> None:
    """chi(psi(w)) = w with chi(u) = S(u) u/(1+u) and psi(w) = sum m_k w^k, to order 7."""
    w = sympy.Symbol("w")
    psi = sum(m * w**k for k, m in enumerate(entry.law().moments(7), start=1))
    chi = (fact.value * fact.variable / (1 + fact.variable)).subs(fact.variable, psi)
    numerator, denominator = sympy.fraction(sympy.together(chi))
    remainder = sympy.Poly(sympy.expand(numerator - w * denominator), w)
    assert min(k for (k,), _ in remainder.terms()) > 7


@facts_of(CauchyEquation)
def test_stated_equation_is_the_derived_one(entry: Ensemble, fact: CauchyEquation, case: Mapping[str, Any]) -> None:
    z, cauchy = fact.variables
    derived = entry.law().equation.expr.xreplace({sympy.Symbol("m"): -cauchy, sympy.Symbol("z"): z})
    stated = sympy.expand(fact.value)
    assert sympy.expand(derived - stated) == 0 or sympy.expand(derived + stated) == 0


@facts_of(ResolventIntegrand)
def test_stated_integrand_is_the_derived_one(
    entry: Ensemble, fact: ResolventIntegrand, case: Mapping[str, Any]
) -> None:
    law = entry.law()
    assert fact.variables[1:] == law.variables
    assert sympy.cancel(fact.value + law.resolvent_trace()) == 0


@facts_of(Support, cases=True)
def test_ends_of_the_support_are_branch_points(entry: Ensemble, fact: Support, case: Mapping[str, Any]) -> None:
    """At an end two sheets of the curve P(z, m) = 0 meet, or one has a pole: the discriminant in m vanishes."""
    polynomial = sympy.Poly(entry.law(**case).equation.expr, sympy.Symbol("m"))
    discriminant = sympy.Poly(polynomial.discriminant(), sympy.Symbol("z"))
    size = sympy.Poly([abs(c) for c in discriminant.all_coeffs()], sympy.Symbol("z"))
    for x in (sympy.N(end, 60) for interval in pieces(at(entry, fact, case), lambda end: end) for end in interval):
        assert abs(discriminant.eval(x)) < sympy.Float("1e-45") * (1 + size.eval(abs(x)))


@facts_of(Support, cases=True)
def test_sampled_spectrum_fills_the_support(entry: Ensemble, fact: Support, case: Mapping[str, Any]) -> None:
    """The extreme eigenvalues are within 10 % of the support's length of its ends, on either side.

    They fluctuate on the scale rank^(-2/3), here 2.6 % at most, about a mean that is shifted as much.
    """
    values = spectrum(entry, entry.samplers[0], case)
    nonzero = values[np.abs(values) > 1e-9]
    intervals = pieces(at(entry, fact, case))
    slack = 0.1 * (intervals[-1][1] - intervals[0][0])
    inside = np.any([(nonzero > a - slack) & (nonzero < b + slack) for a, b in intervals], axis=0)
    assert inside.all()
    assert all(np.abs(nonzero - end).min() < slack for interval in intervals for end in interval)


@facts_of(AtomAt, cases=True)
def test_sampled_spectrum_has_the_atom(entry: Ensemble, fact: AtomAt, case: Mapping[str, Any]) -> None:
    """The number of equal eigenvalues is exact: it is a rank."""
    fact = at(entry, fact, case)
    values = spectrum(entry, entry.samplers[0], case)
    assert np.count_nonzero(np.abs(values - float(fact.point)) < 1e-9) == fact.weight * len(values)


def double_exponential(a: float, b: float) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights on [a, b] that integrate algebraic end-point singularities, with nodes relative to ``a``."""
    t = np.linspace(-3.2, 3.2, 1601)
    share = 1 / (1 + np.exp(-np.pi * np.sinh(t)))
    weights = (b - a) * share * (1 - share) * np.pi * np.cosh(t) * (t[1] - t[0])
    # Measured from the end nearer to 0, where a density may diverge and digits of x count.
    near_zero = abs(b) < abs(a)
    return (b - (b - a) * share if near_zero else a + (b - a) * share), weights


@facts_of(ClosedDensity, cases=True)
def test_closed_density_has_the_derived_moments(entry: Ensemble, fact: ClosedDensity, case: Mapping[str, Any]) -> None:
    """Its integrals against x^k, plus the stated atoms, are m_0 = 1 and the derived moments."""
    numbers, facts = floats(entry, case), [at(entry, f, case) for f in entry.known]
    support = next(f for f in facts if isinstance(f, Support))
    atoms = [f for f in facts if isinstance(f, AtomAt)]
    totals = np.array([float(sum(a.weight * a.point**k for a in atoms)) for k in range(7)])
    for a, b in ((float(a), float(b)) for a, b in support.intervals):
        x, weights = double_exponential(a, b)
        totals += [float((weights * x**k * fact.function(x, **numbers)).sum()) for k in range(7)]
    exact = [1.0, *map(float, entry.law(**case).moments(6))]
    assert totals == pytest.approx(exact, rel=1e-6, abs=1e-6 * max(exact))


@facts_of(ClosedDensity, cases=True)
def test_closed_density_is_on_the_derived_curve(entry: Ensemble, fact: ClosedDensity, case: Mapping[str, Any]) -> None:
    """Inside the support some root of P(x, m) has the imaginary part pi rho(x)."""
    z, m = sympy.symbols("z m")
    polynomial = sympy.Poly(entry.law(**case).equation.expr, m)
    support = next(at(entry, f, case) for f in entry.known if isinstance(f, Support))
    for a, b in pieces(support):
        for x in np.linspace(a, b, 10)[1:-1]:
            roots = np.roots([complex(c.subs(z, x)) for c in polynomial.all_coeffs()])
            height = np.pi * float(fact.function(np.array([x]), **floats(entry, case))[0])
            assert np.abs(roots.imag - height).min() < 1e-9 * (1 + height)


@facts_of(ClosedDensity, cases=True)
def test_closed_density_is_zero_off_the_support(entry: Ensemble, fact: ClosedDensity, case: Mapping[str, Any]) -> None:
    support = next(at(entry, f, case) for f in entry.known if isinstance(f, Support))
    low, high = float(support.intervals[0][0]), float(support.intervals[-1][1])
    outside = np.array([low - 1, low - 1e-3, high + 1e-3, high + 100])
    assert (fact.function(outside, **floats(entry, case)) == 0).all()


# -- samplers ----------------------------------------------------------------------------------------------


@each_sample
def test_sample_is_a_symmetric_real_matrix(entry: Ensemble, sampler: Sampler, case: Mapping[str, Any]) -> None:
    matrix = entry.sample(12, 1, sampler=sampler.name, **case)
    rows = sampler.rows(12, **floats(entry, case)) if sampler.rows else 12
    assert matrix.shape == (rows, rows)
    assert matrix.dtype == np.float64
    assert (matrix == matrix.T).all()


@each_sample
def test_sampled_moments_are_the_exact_ones(entry: Ensemble, sampler: Sampler, case: Mapping[str, Any]) -> None:
    """tr M^k/n at 480 rows is within 5 % of sqrt(m_2k) of m_k for k = 1..4, one draw at a fixed seed.

    A network of width n has a gap of order 1/n to its limit, however many rows the matrix has: 2/n is allowed. Outliers
    that are predicted are no part of the law.
    """
    values = spectrum(entry, sampler, case)
    for outlier in entry.outliers(SQUARED_SIZE if sampler.rows else SIZE, sampler=sampler.name, **case):
        values = np.delete(values, np.argmin(np.abs(values - outlier.location)))
    share = 2 / SQUARED_SIZE if sampler.rows else 0.05
    exact = [float(m) for m in entry.law(**case).moments(8)]
    for k in range(1, 5):
        assert abs((values**k).mean() - exact[k - 1]) <= share * np.sqrt(exact[2 * k - 1])


@each_sample
def test_a_seed_repeats_the_matrix_and_another_does_not(
    entry: Ensemble, sampler: Sampler, case: Mapping[str, Any]
) -> None:
    first, again, other = (entry.sample(12, seed, sampler=sampler.name, **case) for seed in (3, 3, 4))
    assert (first == again).all()
    assert (first != other).any()


@each_entry
def test_sampler_needs_neither_law_nor_facts(entry: Ensemble, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same matrix comes out when the derivation and every closed density of the catalog are made to fail."""

    def refuse(*arguments: Any, **keywords: Any) -> Any:
        raise AssertionError("a sampler used the derived law or a density")

    case = entry.cases[0]
    expected = entry.sample(8, 5, **case)
    for name, module in list(sys.modules.items()):
        if name.startswith("resolvent.catalog.entries."):
            for function in ("density", "derive_law", "edges"):
                monkeypatch.setattr(module, function, refuse, raising=False)
    blind = replace(entry, derive=refuse, known=())
    assert (blind.sample(8, 5, **case) == expected).all()


# -- data --------------------------------------------------------------------------------------------------


@each_entry
def test_json_holds_the_whole_entry(entry: Ensemble) -> None:
    data = json.loads(json.dumps(entry.to_json()))
    assert data == entry.to_json()
    assert [f["kind"] for f in data["known"]] == [type(f).__name__ for f in entry.known]
    assert [p["name"] for p in data["parameters"]] == list(entry.symbols)


@each_entry
def test_every_reference_has_a_locator(entry: Ensemble) -> None:
    assert all(reference.text and reference.locator for reference in entry.references)


@each_entry
def test_cases_leave_the_defaults(entry: Ensemble) -> None:
    defaults = {p.name: p.default for p in entry.parameters}
    assert len(entry.cases) >= 3
    assert all({n: to_fmpq(v) for n, v in rest(entry, case).items()} != defaults for case in entry.cases)


def test_the_entries_asked_for_are_there() -> None:
    expected = {"semicircle", "marchenko-pastur", "wishart-product", "hessian-h0", "hessian-h1", "hessian"}
    assert expected <= set(catalog.names())
