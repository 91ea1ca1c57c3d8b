"""Phases: critical values, local expansions and symbolic atoms, against formulas, resultants and brute force."""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import pairwise
from typing import Any

import mpmath
import pytest
import sympy
from flint import fmpq

from resolvent import catalog
from resolvent.derive.equations.critical_curve import never_zero
from resolvent.derive.errors import DerivationError, ParameterError
from resolvent.derive.exact.field import polynomial_ring
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.elementary import atoms, fuss_catalan, marchenko_pastur, semicircle, wachter
from resolvent.derive.phases.critical_values import critical_polynomials, critical_values, merging_values
from resolvent.derive.phases.local_expansion import local_expansion
from resolvent.derive.phases.parameter_line import Line
from resolvent.derive.phases.phases import phase_conditions, shape_of
from resolvent.derive.phases.symbolic_atoms import open_cells, symbolic_atoms
from resolvent.derive.support.support import skeleton
from resolvent.numeric.spectrum.spectrum import Spectrum

C, T = sympy.symbols("c t", positive=True)
PHI, EPS, SIGMA = sympy.symbols("phi eps sigma", positive=True)
HESSIAN = catalog.get("hessian").law()
CRITICAL_ENERGY = (
    2 * PHI * (1 - PHI) ** 3 * EPS**2
    + (8 * PHI**4 - 32 * PHI**3 + 12 * PHI**2 + 40 * PHI - 1) * SIGMA**2 * EPS
    - 8 * (1 - PHI) ** 3 * (2 - PHI) * SIGMA**4
)


def energy(phi: str) -> mpmath.mpf:
    """The positive root of the quadratic for sigma = 1, by its closed form."""
    p = mpmath.mpf(Fraction(phi).numerator) / Fraction(phi).denominator
    chi = 1 + 16 * p - 8 * p**2
    return (27 - 18 * chi - chi**2 + 8 * chi ** mpmath.mpf(1.5)) / (32 * p * (1 - p) ** 3)


def values(found: Any) -> list[sympy.Expr]:
    return [v.value.to_sympy() for v in found]


# -- an edge reaches a point -----------------------------------------------------------------------------------


def test_the_hessian_condition_is_found_symbolically() -> None:
    expected = sympy.expand(CRITICAL_ENERGY)
    found = critical_polynomials(HESSIAN)
    assert any(sympy.expand(p - expected) == 0 or sympy.expand(p + expected) == 0 for p in found)
    assert set(found) - {p for p in found if EPS in p.free_symbols} == {PHI - 2}


@pytest.mark.parametrize(("phi", "printed"), [("1/4", "0.627416997969521"), ("1/2", "0.0810367098085365")])
def test_the_critical_energy_of_the_hessian(phi: str, printed: str) -> None:
    (found,) = critical_values(HESSIAN, "eps", phi=phi, sigma=1)
    assert found.digits(len(printed.lstrip("0."))) == printed
    with mpmath.workdps(60):
        assert abs(mpmath.mpf(found.digits(50)) - energy(phi)) < mpmath.mpf(10) ** -48
    assert (found.before, found.after) == (("left",), ("left",))
    assert sympy.expand(found.conditions[0] ** 2 - CRITICAL_ENERGY**2) == 0


def test_no_positive_critical_energy_at_phi_one() -> None:
    assert critical_values(HESSIAN, "eps", phi=1, sigma=1) == ()


def test_the_negative_bulk_of_the_hessian_leaves_zero_again() -> None:
    (found,) = critical_values(HESSIAN, "eps", phi="3/2", sigma=1)
    assert found.before == ("right",)
    quadratic = sympy.Poly(CRITICAL_ENERGY.subs({PHI: sympy.Rational(3, 2), SIGMA: 1}), EPS)
    assert values([found]) == [max(quadratic.all_roots())]


@pytest.mark.parametrize("point", [4, "1/4", "9/4"])
def test_the_edges_of_marchenko_pastur(point: Any) -> None:
    root = sympy.sqrt(sympy.Rational(point))
    expected = sorted({(root - 1) ** 2, (root + 1) ** 2} - {0})
    assert values(critical_values(marchenko_pastur(C), "c", point=point)) == expected


def test_irrational_critical_values_are_exact() -> None:
    found = values(critical_values(marchenko_pastur(C), "c", point=2))
    assert [
        sympy.simplify(v - w) for v, w in zip(found, [3 - 2 * sympy.sqrt(2), 3 + 2 * sympy.sqrt(2)], strict=True)
    ] == [
        0,
        0,
    ]


def test_an_edge_that_only_touches_the_point_is_found() -> None:
    (found,) = critical_values(marchenko_pastur(C), "c")
    assert (found.value.to_sympy(), found.before, found.after) == (1, ("left",), ("atom", "left"))


def test_an_edge_that_stays_at_the_point_is_no_event() -> None:
    assert critical_values(fuss_catalan(2) * T, "t") == ()


def test_two_edges_at_a_symmetric_place() -> None:
    found = critical_values(semicircle(T), "t", point=3)
    assert values(found) == [sympy.Rational(9, 4)]


# -- two bulks merge -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("population", [(1, 4), (1, 2, 5), (1, 10)])
def test_bulks_of_sample_covariances_merge_at_the_cusps(population: tuple[int, ...]) -> None:
    """Silverstein's z(m) = -1/m + c mean t/(1 + t m) has z' = z'' = 0 at a cusp."""
    m = sympy.Symbol("m")
    slope = 1 / m**2 - C * sum(sympy.Rational(1, len(population)) * t**2 / (1 + t * m) ** 2 for t in population)
    top = sympy.Poly(sympy.numer(sympy.together(slope)), m)
    cusps = [float(r) for r in sympy.Poly(top.discriminant(), C).sqf_part().nroots(n=30) if r.is_real and r > 0]
    found = merging_values(atoms(list(population)).wishart(C), "c")
    assert len(found) == len(population) - 1
    assert all(min(abs(float(v) - cusp) for cusp in cusps) < 1e-12 for v in found)
    assert all((v.before, v.after) == (("right", "left"), ()) for v in found)


def test_bulks_merge_between_certified_skeletons() -> None:
    law = atoms([1, 4]).wishart(C)
    for found in merging_values(law, "c"):
        sides = [skeleton(law.at(c=float(found) * f).equation) for f in (0.99, 1.01)]
        assert len(sides[0].intervals) == len(sides[1].intervals) + 1


def test_semicircle_and_two_atoms_merge_at_variance_one() -> None:
    (found,) = merging_values(semicircle(T) + atoms([-1, 1]), "t")
    assert (found.value.to_sympy(), found.place.to_sympy() if found.place else None) == (1, 0)
    assert found.conditions == (T - 1,)


def test_one_bulk_has_no_mergers() -> None:
    assert merging_values(semicircle(T), "t") == ()
    assert merging_values(marchenko_pastur(C), "c") == ()


# -- every change of shape, by brute force ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("law", "name", "others", "low", "high"),
    [
        pytest.param(HESSIAN, "phi", {"eps": "1/10", "sigma": 1}, "1/5", "14/5", marks=pytest.mark.slow),
        pytest.param(HESSIAN, "eps", {"phi": "9/5", "sigma": 1}, "1/20", 5, marks=pytest.mark.slow),
        (semicircle(T) + marchenko_pastur(C), "t", {"c": 3}, "1/50", "3/5"),
        pytest.param(atoms([1, 4]).wishart(C), "c", {}, "1/10", 2, marks=pytest.mark.slow),
    ],
    ids=["hessian-phi", "hessian-eps", "noisy-marchenko-pastur", "two-populations"],
)
def test_shapes_change_at_critical_values_only(
    law: AlgebraicLaw, name: str, others: dict[str, Any], low: Any, high: Any
) -> None:
    found = [*critical_values(law, name, **others), *merging_values(law, name, **others)]
    ends = [fmpq(*Fraction(v).as_integer_ratio()) for v in (low, high)]
    grid = [ends[0] + (ends[1] - ends[0]) * k / 10 for k in range(11)]
    shapes = [shape_of(skeleton(law.at(**others, **{name: p}).equation)) for p in grid]
    changes = 0
    for (a, b), (before, after) in zip(pairwise(grid), pairwise(shapes), strict=True):
        inside = [v for v in found if float(a.p) / int(a.q) < float(v) <= float(b.p) / int(b.q)]
        assert (before != after) == bool(inside)
        changes += bool(inside)
    assert changes


# -- conditions ------------------------------------------------------------------------------------------------


def test_conditions_of_the_hessian() -> None:
    found = phase_conditions(HESSIAN, sigma=1)
    relevant = {c.polynomial: c for c in found if c.relevant}
    crossing = next(c for p, c in relevant.items() if sympy.expand(p**2 - CRITICAL_ENERGY.subs(SIGMA, 1) ** 2) == 0)
    assert crossing.changes == ("an edge reaches 0",)
    assert relevant[PHI - 2].changes == ("an atom appears or vanishes", "an edge reaches 0")
    assert any(c.changes == ("a gap closes",) for c in relevant.values())
    (other,) = [c for c in found if c.polynomial == EPS - 2]
    assert (other.status, other.changes, other.witness) == ("candidate", (), None)


@pytest.mark.parametrize("law", [marchenko_pastur(C), atoms([1, 4]).wishart(C), semicircle(T) + marchenko_pastur(C)])
def test_witnesses_lie_on_their_conditions(law: AlgebraicLaw) -> None:
    found = phase_conditions(law)
    assert any(c.relevant for c in found)
    table = {s.name: s for s in law.parameters}
    for condition in found:
        if condition.witness is not None:
            value = condition.polynomial.subs({table[n]: v for n, v in condition.witness})
            assert abs(sympy.N(value, 40)) < 1e-30


def test_conditions_hold_the_discriminants_factors() -> None:
    """disc_z(disc_m P) by SymPy, for the semicircle plus two atoms."""
    law = semicircle(T) + atoms([-1, 1])
    z, m = sympy.symbols("z m")
    discriminant = sympy.discriminant(law.equation.expr, m)
    factors = {f for f, _ in sympy.factor_list(sympy.discriminant(discriminant, z))[1]}
    assert {c.polynomial for c in phase_conditions(law, lines=0)} == {f for f in factors if not never_zero(f)}


def test_without_lines_all_conditions_are_candidates() -> None:
    assert {c.status for c in phase_conditions(HESSIAN, sigma=1, lines=0)} == {"candidate"}


@pytest.mark.slow
def test_wachter_atoms_appear_at_ratio_one() -> None:
    c1, c2 = sympy.symbols("c1 c2", positive=True)
    found = {c.polynomial: c for c in phase_conditions(wachter(c1, c2))}
    assert "an atom appears or vanishes" in found[c1 - 1].changes
    assert "an atom appears or vanishes" in found[c2 - 1].changes
    assert not found[c1 * c2 - c1 - c2].relevant


# -- expansions ------------------------------------------------------------------------------------------------


def index_coefficient(phi: str) -> mpmath.mpf:
    """(2/3 pi) sqrt(2/|z''(w_0)|) (-eps_c dz/deps(w_0))^(3/2), z(w) = R(w) + 1/w with sigma = 1."""
    p, eps = mpmath.mpf(Fraction(phi).numerator) / Fraction(phi).denominator, energy(phi)

    def z(w: Any, e: Any) -> Any:
        return 1 / (1 - p * w) + e * p * w / (2 - e * p**2 * w**2) + 1 / w

    w = mpmath.findroot(lambda w: mpmath.diff(lambda u: z(u, eps), w), -1)
    assert abs(z(w, eps)) < 1e-20
    curvature = abs(mpmath.diff(lambda u: z(u, eps), w, 2))
    speed = -eps * mpmath.diff(lambda e: z(w, e), eps)
    return 2 / (3 * mpmath.pi) * mpmath.sqrt(2 / curvature) * speed ** mpmath.mpf(1.5)


@pytest.mark.parametrize(("phi", "printed"), [("1/4", "0.0665998734"), ("1/2", "0.0311043575")])
def test_the_index_of_the_hessian_near_its_critical_energy(phi: str, printed: str) -> None:
    found = local_expansion(HESSIAN, "eps", phi=phi, sigma=1)
    assert (found.exponent, found.part, found.side) == (Fraction(3, 2), "below", "above")
    assert found.relative_digits(9) == printed
    with mpmath.workdps(50):
        assert abs(mpmath.mpf(found.relative_digits(30)) / index_coefficient(phi) - 1) < mpmath.mpf(10) ** -15
    for factor, tolerance in (("101/100", 1e-2), ("1001/1000", 1e-3)):
        eps = sympy.Rational(found.digits(1) and str(float(found.critical))) * sympy.Rational(factor)
        seen = float(Spectrum(HESSIAN, phi=phi, eps=eps, sigma=1).cdf(0.0))
        assert abs(seen / found.at(eps) - 1) < tolerance
    assert found.at(float(found.critical) * 0.9) == 0.0


@pytest.mark.parametrize(("eps", "index"), [("1/10", 0.00301219676687163), (1, 0.124480674654183)])
def test_the_index_of_the_hessian_by_quadrature(eps: Any, index: float) -> None:
    assert abs(float(Spectrum(HESSIAN, phi="1/2", eps=eps, sigma=1).cdf(0.0)) - index) < 1e-14


def test_the_expansion_counts_the_bulk_above_zero_as_well() -> None:
    found = local_expansion(HESSIAN, "eps", phi="3/2", sigma=1)
    assert (found.part, found.side) == ("above", "below")
    eps = float(found.critical) * 0.99
    rho = Spectrum(HESSIAN, phi="3/2", eps=eps, sigma=1)
    seen = float(rho.cdf(0.05) - rho.cdf(0.0))
    assert abs(seen / found.at(eps) - 1) < 0.02


def test_the_expansion_of_a_shifted_semicircle_is_exact() -> None:
    found = local_expansion(semicircle(T) + 2, "t")
    assert abs(found.coefficient - 2 / (3 * float(mpmath.pi))) < 1e-15
    assert found.digits(20) == found.relative_digits(20)


@pytest.mark.parametrize(("which", "part", "side", "speed"), [(0, "above", "above", 2), (1, "below", "below", 2 / 3)])
def test_the_expansion_at_both_edges_of_marchenko_pastur(which: int, part: str, side: str, speed: float) -> None:
    """Edges (1 +- sqrt(c))^2, density sqrt((b - x)(x - a))/(2 pi c x)."""
    law = marchenko_pastur(C)
    value = critical_values(law, "c", point=4)[which]
    found = local_expansion(law, "c", value, point=4)
    assert (found.part, found.side) == (part, side)
    assert abs(found.speed - speed) < 1e-15
    c = float(value)
    slope = (4 * c**0.5) ** 0.5 / (2 * c * 4)
    assert abs(found.coefficient - 2 / 3 * slope / float(mpmath.pi) * speed**1.5) < 1e-15


def test_claimed_digits_are_right() -> None:
    found = local_expansion(HESSIAN, "eps", phi="1/2", sigma=1)
    long, short = found.ball(400), found.ball(60)
    assert short.contains(long)
    assert float(short.rad()) < 1e-15


def test_other_singularities_are_refused() -> None:
    with pytest.raises(DerivationError, match="no single edge crosses"):
        local_expansion(marchenko_pastur(C), "c")
    with pytest.raises(DerivationError, match="no single edge crosses"):
        local_expansion(semicircle(T) + atoms([-1, 1]), "t")
    with pytest.raises(ParameterError, match="there are: none"):
        local_expansion(HESSIAN, "eps", phi=1, sigma=1)
    with pytest.raises(ParameterError, match="there are: 1.00000, 9.00000".replace(".", r"\.")):
        local_expansion(marchenko_pastur(C), "c", point=4)


# -- atoms -----------------------------------------------------------------------------------------------------

A, B = sympy.symbols("a b", positive=True)


@pytest.mark.parametrize(
    ("law", "expected"),
    [
        (marchenko_pastur(C), {0: sympy.Max(0, 1 - 1 / C)}),
        (HESSIAN, {0: sympy.Max(0, 1 - 2 / PHI)}),
        (wachter(A, B), {0: sympy.Max(0, 1 - 1 / A), 1: sympy.Max(0, 1 - 1 / B)}),
        (atoms([0, 1, 2]).wishart(C), {0: sympy.Max(sympy.Rational(1, 3), 1 - 1 / C)}),
        pytest.param(
            marchenko_pastur(A) @ marchenko_pastur(B),
            {0: sympy.Max(0, 1 - 1 / A, 1 - 1 / B)},
            marks=pytest.mark.slow,
        ),
        (marchenko_pastur(A) + marchenko_pastur(B), {0: sympy.Max(0, 1 - 1 / A - 1 / B)}),
        (atoms([0, 1]).free_power(T), {0: sympy.Max(0, 1 - T / 2), T: sympy.Max(0, 1 - T / 2)}),
        (semicircle(T) + marchenko_pastur(C), {}),
    ],
    ids=str,
)
def test_atoms_with_symbolic_weights(law: AlgebraicLaw, expected: dict[sympy.Expr, sympy.Expr]) -> None:
    found = {atom.point: atom.weight for atom in symbolic_atoms(law)}
    assert found.keys() == expected.keys()
    rng = random.Random(1)
    names = {s for weight in expected.values() for s in weight.free_symbols}
    for _ in range(20):
        point = {s: sympy.Rational(rng.randint(1, 40), rng.randint(1, 12)) for s in names}
        assert all(found[p].subs(point) == expected[p].subs(point) for p in expected)


def test_the_catalog_agrees_on_the_atom_of_the_hessian() -> None:
    (atom,) = symbolic_atoms(HESSIAN)
    fact = next(f for f in catalog.get("hessian").known if type(f).__name__ == "AtomAt")
    phi = next(iter(fact.weight.free_symbols))
    assert all(atom.weight.subs(PHI, v) == fact.weight.subs(phi, v) for v in (1, 2, 3, 7))


@pytest.mark.slow
def test_symbolic_atoms_against_skeletons_at_random_parameters() -> None:
    law = marchenko_pastur(A) @ marchenko_pastur(B)
    (atom,) = symbolic_atoms(law)
    rng = random.Random(2)
    for _ in range(4):
        a, b = (Fraction(rng.randint(1, 30), rng.randint(1, 12)) for _ in range(2))
        masses = [x.weight.to_sympy() for x in skeleton(law.at(a=a, b=b).equation).atoms]
        expected = atom.weight.subs({A: sympy.Rational(a), B: sympy.Rational(b)})
        assert masses == ([expected] if expected else [])


def test_cells_meet_every_sign_vector() -> None:
    ring = polynomial_ring(("a", "b"))
    a, b = ring.gens()
    borders = [a**2 + b**2 - 4, a * b - 1, a - b]

    def signs(x: Fraction, y: Fraction) -> tuple[bool, ...]:
        return x**2 + y**2 > 4, x * y > 1, x > y

    found = [
        signs(*(Fraction(int(p[n].p), int(p[n].q)) for n in ("a", "b")))
        for cell in open_cells(borders, (A, B))
        for p in cell
    ]
    assert [len(set(found[k : k + 3])) for k in range(0, len(found), 3)] == [1] * (len(found) // 3)
    rng = random.Random(3)
    seen = {signs(Fraction(rng.randint(1, 400), 97), Fraction(rng.randint(1, 400), 89)) for _ in range(500)}
    assert seen == set(found)


# -- misuse ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("question", [critical_values, merging_values, local_expansion])
def test_bad_parameters(question: Any) -> None:
    with pytest.raises(ParameterError, match="did you mean 'eps'"):
        question(HESSIAN, "epz", phi=1, sigma=1)
    with pytest.raises(ParameterError, match="did you mean 'sigma'"):
        question(HESSIAN, "eps", phi=1, sigm=1)
    with pytest.raises(ParameterError, match="missing: sigma"):
        question(HESSIAN, "eps", phi=1)
    with pytest.raises(ParameterError, match="rational number"):
        question(HESSIAN, "eps", phi=sympy.sqrt(2), sigma=1)
    with pytest.raises(ParameterError, match="free parameter"):
        question(HESSIAN, "eps", phi=1, sigma=1, eps=1)


def test_bad_points_and_counts() -> None:
    with pytest.raises(ParameterError, match="rational number"):
        critical_values(marchenko_pastur(C), "c", point=sympy.pi)
    with pytest.raises(ParameterError, match="number of lines"):
        phase_conditions(marchenko_pastur(C), lines=-1)
    with pytest.raises(ParameterError, match="number of digits"):
        critical_values(marchenko_pastur(C), "c")[0].digits(0)
    with pytest.raises(ParameterError, match="did you mean 'c'"):
        symbolic_atoms(marchenko_pastur(C), C=1)


def test_a_parameter_that_drops_out_has_no_critical_values() -> None:
    law = semicircle().direct_sum(semicircle(), C)
    assert law.parameters == (C,)
    assert law.equation == semicircle().equation
    assert critical_values(law, "c") == merging_values(law, "c") == ()


def test_nothing_is_claimed_where_there_is_no_law() -> None:
    """At t < 1 there is no free power: the border is no event."""
    line = Line.of(atoms([0, 1]).free_power(T), "t", {})
    assert line.frame(fmpq(1, 2)) is None
    assert all(float(v) > 1 for v in merging_values(atoms([0, 1]).free_power(T), "t"))
