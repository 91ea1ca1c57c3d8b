"""Support, edges, atoms and the certified branch, against closed forms, known numbers and quadrature."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import sqrt
from typing import Any

import numpy as np
import pytest
import sympy
from flint import acb, acb_poly, arb, fmpq, fmpz_poly
from hypothesis import given, settings
from hypothesis import strategies as st

from resolvent.derive.continuation.followed_root import keeps_apart, regular_disc
from resolvent.derive.continuation.physical_branch import Branch, algebraic_ball, number_ball
from resolvent.derive.equations.equation import (
    ResolventEquation,
    moments_given,
    physical_equation,
    spectral_ring,
)
from resolvent.derive.errors import BranchError, DerivationError, PrecisionError
from resolvent.derive.exact.algebraic_number import real_roots
from resolvent.derive.exact.extension import Extension
from resolvent.derive.exact.field import Field
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.elementary import arcsine, atoms, kesten_mckay, marchenko_pastur, semicircle, wachter
from resolvent.derive.laws.from_transform import law_of_r_transform
from resolvent.derive.support.herglotz import require_herglotz
from resolvent.derive.support.support import Skeleton, skeleton
from tests import oracles
from tests.derive.laws.compositions import exact, finite_measures, q
from tests.derive.time_limit import within

F = Fraction
C = sympy.Symbol("c", positive=True)
Z, M = sympy.symbols("z m")


def edges(frame: Skeleton) -> list[float]:
    return [float(e.point) for i in frame.intervals for e in (i.left, i.right)]


def masses(frame: Skeleton) -> dict[float, float]:
    return {float(a.point): float(a.weight) for a in frame.atoms}


# -- edges ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("c", "sigma"), [(F(1, 4), F(1)), (F(1, 2), F(3, 2)), (F(2), F(1)), (F(9), F(1, 2))])
def test_marchenko_pastur_edges_and_atom(c: Fraction, sigma: Fraction) -> None:
    frame = skeleton(marchenko_pastur(q(c), q(sigma)).equation)
    low, high = (float(sigma) ** 2 * (1 + s * sqrt(c)) ** 2 for s in (-1, 1))
    assert edges(frame) == pytest.approx([low, high], rel=1e-14)
    assert masses(frame) == ({0.0: pytest.approx(1 - 1 / c)} if c > 1 else {})


def test_the_hard_edge_of_marchenko_pastur_is_at_zero() -> None:
    frame = skeleton(marchenko_pastur(1).equation)
    assert edges(frame) == [0.0, 4.0]
    assert masses(frame) == {}


@pytest.mark.parametrize(
    ("law", "expected"),
    [
        (semicircle("9/4"), [-3, 3]),
        (semicircle() + 5, [3, 7]),
        (-2 * marchenko_pastur("1/4"), [-4.5, -0.5]),
        (arcsine(3), [-3, 3]),
        (kesten_mckay(5), [-4, 4]),
        (marchenko_pastur("1/4").inverse(), [1 / 2.25, 4]),
        (marchenko_pastur("1/4") ** 2, [0.0625, 5.0625]),
        (marchenko_pastur("1/4").symmetric_root(), [-1.5, -0.5, 0.5, 1.5]),
        (marchenko_pastur(1) @ marchenko_pastur(1), [0, 27 / 4]),
        (marchenko_pastur(1) @ marchenko_pastur(1) @ marchenko_pastur(1), [0, 256 / 27]),
        (semicircle().direct_sum(semicircle() + 10, "1/3"), [-2, 2, 8, 12]),
        (semicircle("1/4").direct_sum(marchenko_pastur("1/4") + 1, "1/3"), [-1, 1, 1.25, 3.25]),
    ],
)
def test_edges_of_laws_with_known_support(law: AlgebraicLaw, expected: list[float]) -> None:
    assert edges(skeleton(law.equation)) == pytest.approx(expected, rel=1e-13, abs=1e-13)


def test_wachter_edges() -> None:
    _, low, high = oracles.wachter_density(1 / 2, 2 / 3)
    assert edges(skeleton(wachter("1/2", "2/3").equation)) == pytest.approx([low, high], rel=1e-13)


def test_the_triple_product_is_one_interval_and_the_other_branch_points_are_not_edges() -> None:
    law = marchenko_pastur("1/2") @ marchenko_pastur("1/3") @ marchenko_pastur("1/5")
    frame = skeleton(law.equation)
    assert edges(frame) == pytest.approx([0.0339732659856539, 4.608719363122123], rel=1e-14)
    others = [
        float(p)
        for p in frame.points
        if not any(p == e for i in frame.intervals for e in (i.left.point, i.right.point))
    ]
    assert [x for x in others if x] == pytest.approx([-0.0125131558, 0.0537711440], abs=1e-9)
    assert masses(frame) == {}


def test_edges_of_a_sum_of_two_three_atom_measures() -> None:
    law = atoms([-1, 0, 2]) + atoms([0, 1, 3], ["1/4", "1/4", "1/2"])
    frame = skeleton(law.equation)
    assert np.round(edges(frame), 4) == pytest.approx([-0.8435, 2.9460, 3.0114, 4.9653], abs=1.01e-4)
    assert masses(frame) == {}


def test_edges_agree_with_the_minima_and_maxima_of_the_inverse_transform() -> None:
    # semicircle + MP(c): z(m) = -1/m + R(-m); the edges are its critical values on the two rays at infinity
    frame = skeleton((semicircle() + marchenko_pastur("1/2")).equation)
    m = sympy.Symbol("m")
    z = -1 / m - m + 1 / (1 + m / 2)
    critical = [complex(r) for r in sympy.Poly(sympy.numer(sympy.together(sympy.diff(z, m))), m).nroots(n=30)]
    values = sorted(float(z.subs(m, r.real)) for r in critical if abs(r.imag) < 1e-12)
    assert edges(frame) == pytest.approx([values[0], values[-1]], rel=1e-12)


@pytest.mark.parametrize(
    ("law", "expected"),
    [(semicircle(), [2, 2]), (marchenko_pastur(1), [2, 2]), (marchenko_pastur(1) @ marchenko_pastur(1), [3, 2])],
)
def test_ramification_is_the_number_of_sheets_at_an_edge(law: AlgebraicLaw, expected: list[int]) -> None:
    frame = skeleton(law.equation)
    assert [e.ramification for i in frame.intervals for e in (i.left, i.right)] == expected


def test_a_cusp_is_an_edge_of_two_intervals() -> None:
    # atoms at +-1 plus the semicircle of variance 1: the gap closes exactly at t = 1, with density ~ |x|^(1/3)
    frame = skeleton((atoms([-1, 1]) + semicircle()).equation)
    assert len(frame.intervals) == 2
    assert edges(frame)[1:3] == [0.0, 0.0]
    assert frame.intervals[0].right.ramification == 3


@pytest.mark.parametrize(("variance", "count"), [("99/100", 2), ("101/100", 1)])
def test_the_gap_closes_at_the_cusp(variance: str, count: int) -> None:
    assert len(skeleton((atoms([-1, 1]) + semicircle(variance)).equation).intervals) == count


def test_the_ends_of_the_support_count_atoms() -> None:
    frame = skeleton(marchenko_pastur(4).equation)
    assert (float(frame.lower_end), float(frame.upper_end)) == (0.0, 9.0)
    assert (float(skeleton(atoms([-2, 7]).equation).lower_end)) == -2


def test_the_jacobian_of_orthogonal_relu_layers_has_its_checked_edge() -> None:
    # FORMULAS.md, section J: right edges 16.45775690 (Gaussian) and 6.75 (orthogonal), L = 3, variance 2
    layer = atoms([0, 1]) @ (2 * marchenko_pastur(1))
    frame = skeleton((layer @ layer @ layer).equation)
    assert float(frame.upper_end) == pytest.approx(16.45775690, abs=1e-8)
    assert masses(frame) == {0.0: pytest.approx(0.5)}
    orthogonal = 2 * atoms([0, 1])
    assert float(skeleton((orthogonal @ orthogonal @ orthogonal).equation).upper_end) == 6.75


def test_the_orthogonal_jacobian_has_its_second_atom() -> None:
    # section J: L(1-p) < 1 leaves the mass 1 - L(1-p) at s^2L; 1-p at 0
    layer = 2 * atoms([0, 1], ["1/5", "4/5"])
    frame = skeleton((layer @ layer @ layer).equation)
    assert masses(frame) == {0.0: pytest.approx(0.2), 8.0: pytest.approx(0.4)}


@pytest.mark.parametrize(("phi", "critical"), [("1/4", 0.627416997969521), ("1/2", 0.0810367098085365)])
def test_the_lower_edge_of_the_hessian_crosses_zero_at_its_critical_energy(phi: str, critical: float) -> None:
    # FORMULAS.md, section H
    g = sympy.Symbol("g")
    x = sympy.Rational(phi)

    def lower(energy: float) -> float:
        e = sympy.Rational(F(energy).limit_denominator(10**7).numerator, F(energy).limit_denominator(10**7).denominator)
        r = 1 / (1 - x * g) + e * x * g / (2 - e * x**2 * g**2)
        return float(skeleton(law_of_r_transform(r, g).equation).lower_end)

    assert lower(critical * 0.999) > 0 > lower(critical * 1.001)


# -- atoms ---------------------------------------------------------------------------------------------------


@settings(exact, max_examples=10)
@given(finite_measures(most_points=3), finite_measures(most_points=2))
def test_atoms_of_a_free_sum_follow_the_rule(a: Any, b: Any) -> None:
    # mu boxplus nu has an atom at a + b iff mu{a} + nu{b} > 1, of mass mu{a} + nu{b} - 1 (Bercovici, Voiculescu 1998)
    (xs, us), (ys, vs) = (_measure(x.law) for x in (a, b))
    expected = {
        float(x + y): float(u + v - 1)
        for x, u in zip(xs, us, strict=True)
        for y, v in zip(ys, vs, strict=True)
        if u + v > 1
    }
    assert masses(skeleton((a.law + b.law).equation)) == pytest.approx(expected)


def _measure(law: AlgebraicLaw) -> tuple[list[Any], list[Any]]:
    points, weights = law.recipe.arguments
    return list(points), list(weights)


@pytest.mark.parametrize("weight", ["3/4", "9/10"])
def test_an_atom_of_a_product_of_projections(weight: str) -> None:
    # alpha + beta - 1 at 1
    a = sympy.Rational(weight)
    first, second = atoms([0, 1], [1 - a, a]), atoms([0, 1], ["1/3", "2/3"])
    found = masses(skeleton((first @ second).equation))
    assert found == pytest.approx({0.0: 1 / 3, 1.0: float(a - sympy.Rational(1, 3))})


def test_atoms_survive_affine_maps() -> None:
    assert masses(skeleton((-2 * marchenko_pastur(4) + 3).equation)) == {3.0: pytest.approx(0.75)}


def test_atoms_survive_moebius_maps() -> None:
    law = (atoms([1, 2], ["1/4", "3/4"]) ** 2 + 1).mobius(1, 0, 1, 1)
    assert masses(skeleton(law.equation)) == pytest.approx({2 / 3: 0.25, 5 / 6: 0.75})


def test_the_support_of_finite_measures_is_their_atoms() -> None:
    frame = skeleton(atoms([-3, "1/2", 4], ["1/6", "1/3", "1/2"]).equation)
    assert frame.intervals == ()
    assert {a.point.rational: a.weight.rational for a in frame.atoms} == {
        fmpq(-3): fmpq(1, 6),
        fmpq(1, 2): fmpq(1, 3),
        fmpq(4): fmpq(1, 2),
    }


@pytest.mark.parametrize("place", [0, -2, "5/3"])
def test_one_atom_is_all_there_is(place: Any) -> None:
    frame = skeleton(atoms([place]).equation)
    assert masses(frame) == {float(sympy.Rational(place)): 1.0}


def test_an_atom_inside_the_continuous_spectrum_does_not_split_it() -> None:
    frame = skeleton(semicircle().direct_sum(atoms([1]), "3/4").equation)
    assert edges(frame) == pytest.approx([-2, 2])
    assert masses(frame) == {1.0: pytest.approx(0.25)}


def test_an_atom_at_an_edge_is_seen() -> None:
    with within(20):
        frame = skeleton(semicircle().direct_sum(atoms([2]), "3/4").equation)
    assert edges(frame) == pytest.approx([-2, 2])
    assert masses(frame) == {2.0: pytest.approx(0.25)}


# -- exact numbers -------------------------------------------------------------------------------------------


def test_edges_are_exact_algebraic_numbers() -> None:
    interval = skeleton(marchenko_pastur("1/2").equation).intervals[0]
    assert sympy.simplify(interval.left.point.to_sympy() - (1 - 1 / sympy.sqrt(2)) ** 2) == 0
    assert sympy.simplify(interval.right.point.to_sympy() - (1 + 1 / sympy.sqrt(2)) ** 2) == 0
    assert interval.left.point.rational is None


def test_algebraic_numbers_of_high_degree_are_roots() -> None:
    frame = skeleton((atoms([-1, 0, 2]) + semicircle()).equation)
    for interval in frame.intervals:
        for edge in (interval.left, interval.right):
            number = edge.point
            exact_value = number.to_sympy()
            assert float(sympy.N(exact_value, 30)) == pytest.approx(float(number), rel=1e-14)
            assert number.ball(300).rad() < 1e-80


def test_rational_numbers_are_recognised() -> None:
    edge = skeleton(marchenko_pastur("1/4").equation).intervals[0].left.point
    assert edge.rational == fmpq(1, 4)
    assert edge.to_sympy() == sympy.Rational(1, 4)


@pytest.mark.parametrize("seed", range(30))
def test_real_roots_are_those_that_sturm_counts(seed: int) -> None:
    rng = np.random.default_rng(seed)
    parts = [rng.integers(-9, 10, rng.integers(2, 8)).tolist() for _ in range(2)]
    polynomial = fmpz_poly(parts[0]) * fmpz_poly(parts[1]) ** 2
    if polynomial.degree() < 1:
        return
    found = real_roots(polynomial)
    expected = sympy.Poly([int(c) for c in polynomial.coeffs()[::-1]], Z)
    assert len(found) == expected.count_roots()
    assert [float(r) for r in found] == pytest.approx([float(r) for r in sorted(set(expected.real_roots()))])
    assert all(r.rad() <= abs(r) * arb(2) ** -50 for r in found)


def test_real_roots_are_isolated_however_close() -> None:
    near = 2**300
    polynomial = fmpz_poly([-near - 1, near]) * fmpz_poly([-1, 1]) * fmpz_poly([-2, 0, 1]) * fmpz_poly([0, 1])
    found = real_roots(polynomial)
    assert [float(r) for r in found] == pytest.approx([-sqrt(2), 0, 1, 1, sqrt(2)])
    assert not found[2].overlaps(found[3])
    assert found[3].contains(arb(fmpq(near + 1, near))) or found[3].overlaps(arb(fmpq(near + 1, near)))


# -- the branch ----------------------------------------------------------------------------------------------


@settings(exact, max_examples=20)
@given(st.floats(-4, 4), st.floats(0.01, 3))
def test_the_semicircle_branch_is_its_closed_form(x: float, y: float) -> None:
    z = complex(x, y)
    value = complex(Branch(semicircle().equation).value(acb(x, y)))
    assert value == pytest.approx((-z + np.sqrt(z - 2) * np.sqrt(z + 2)) / 2, rel=1e-10, abs=1e-13)


@settings(exact, max_examples=20)
@given(st.floats(-1, 8), st.floats(0.01, 3), st.sampled_from([F(1, 4), F(1), F(3)]))
def test_the_marchenko_pastur_branch_is_its_closed_form(x: float, y: float, c: Fraction) -> None:
    z, ratio = complex(x, y), float(c)
    low, high = (1 - sqrt(ratio)) ** 2, (1 + sqrt(ratio)) ** 2
    expected = (1 - ratio - z + np.sqrt(z - low) * np.sqrt(z - high)) / (2 * ratio * z)
    value = complex(Branch(marchenko_pastur(q(c)).equation).value(acb(x, y)))
    assert value == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_values_on_the_line_are_limits_from_above() -> None:
    branch = Branch(marchenko_pastur("1/2").equation)
    density, _, _ = oracles.marchenko_pastur_density(0.5)
    for x in (0.2, 1.0, 2.5):
        assert float(branch.value(acb(x)).imag.mid()) / np.pi == pytest.approx(density(x), rel=1e-13)


def test_values_outside_the_support_are_proved_real() -> None:
    branch = Branch(marchenko_pastur("1/2").equation)
    for x in (-1.0, 0.05, 3.5):
        root = branch.value(acb(x))
        assert branch.is_real(acb(x), root)
    inside = branch.value(acb(1.0))
    assert not branch.is_real(acb(1.0), inside)


def test_balls_hold_the_true_value() -> None:
    # m(i) of the semicircle is i (sqrt 5 - 1)/2, m(-1) of MP(1) is (sqrt 5 - 1)/2
    golden = (arb(5).sqrt() - 1) / 2
    first = Branch(semicircle().equation, 200).value(acb(0, 1))
    second = Branch(marchenko_pastur(1).equation, 200).value(acb(-1))
    assert first.imag.overlaps(golden)
    assert second.real.overlaps(golden)
    assert float(first.rad()) < 2.0**-150


def test_paths_far_from_the_start_keep_the_sheet() -> None:
    # at large |z| the sheets of the triple product are far apart, near the edge they meet
    law = marchenko_pastur("1/2") @ marchenko_pastur("1/3") @ marchenko_pastur("1/5")
    branch = Branch(law.equation)
    far, near = complex(branch.value(acb(1000, 1))), complex(branch.value(acb(0.034, 1e-6)))
    series = -sum(float(m) / (1000 + 1j) ** (k + 1) for k, m in enumerate([1, *law.moments(8)]))
    assert far == pytest.approx(series, rel=1e-12, abs=0)
    assert near.imag > 0


@pytest.mark.parametrize(
    "law",
    [
        semicircle() + marchenko_pastur("1/2"),
        marchenko_pastur(3) @ marchenko_pastur("1/3"),
        atoms([1, 4]).information_plus_noise("1/2", "1/2"),
    ],
)
def test_the_branch_reproduces_itself_from_its_boundary_values(law: AlgebraicLaw) -> None:
    # int rho/(x - z) over the support with rho from boundary values; the analytic continuation is not used at z
    branch, frame = Branch(law.equation), skeleton(law.equation)
    for z in (0.5 + 0.7j, -1.0 + 0.4j, 3.0 + 0.9j):
        total = sum(w / (a - z) for a, w in masses(frame).items())
        for interval in frame.intervals:
            low, high = float(interval.left.point), float(interval.right.point)
            total += _integral(branch, low, high, z)
        assert complex(branch.value(acb(z.real, z.imag))) == pytest.approx(total, rel=1e-6)


def test_the_branch_of_a_sum_of_measures_is_the_fixed_point_of_subordination() -> None:
    a, b = [(-1, 1 / 3), (0, 1 / 3), (2, 1 / 3)], [(0, 0.25), (1, 0.25), (3, 0.5)]
    branch = Branch((atoms([-1, 0, 2]) + atoms([0, 1, 3], ["1/4", "1/4", "1/2"])).equation)
    # the density has a near-singularity at 2.144, where a complex branch point comes within 0.0017 of the line
    for z in (0.3 + 0.4j, -1.5 + 0.1j, 2.144 + 0.01j, 2.98 + 0.02j, 6 + 0.5j):
        expected = oracles.stieltjes_of_sum(z, a, b)
        assert complex(branch.value(acb(z.real, z.imag))) == pytest.approx(expected, rel=1e-10)


def _integral(branch: Branch, low: float, high: float, z: complex) -> complex:
    """The integral of rho/(x - z), x = mid + half cos(t), by the midpoint rule."""
    mid, half, nodes = (low + high) / 2, (high - low) / 2, 200
    total = 0j
    for k in range(nodes):
        t = (k + 0.5) * np.pi / nodes
        # a second smoothing of the ends, for edges steeper than a square root
        s = t - np.sin(2 * t) / 2
        x = mid + half * np.cos(s)
        density = float(branch.value(acb(x)).imag.mid()) / np.pi
        total += density / (x - z) * half * np.sin(s) * (1 - np.cos(2 * t))
    return total * np.pi / nodes


def test_the_branch_of_an_irrational_law_starts_from_its_ball() -> None:
    # 1/(MP(1/2) + 1): m_1 = (sqrt 17 - 1)/... from the quadratic at z = -1; compared with quadrature
    law = (marchenko_pastur("1/2") + 1).inverse()
    density, low, high = oracles.marchenko_pastur_density(0.5)
    z = 0.4 + 0.2j
    expected = oracles.integral(lambda x: 1 / (1 / (x + 1) - z), density, low, high)
    assert complex(Branch(law.equation).value(acb(z.real, z.imag))) == pytest.approx(expected, rel=1e-9)
    mean = oracles.integral(lambda x: 1 / (x + 1), density, low, high).real
    assert float(number_ball(law.equation.moment_series(2)[1])) == pytest.approx(mean, rel=1e-12)


@pytest.mark.parametrize(
    "law",
    [
        semicircle() + marchenko_pastur("1/2"),
        marchenko_pastur("1/2") @ marchenko_pastur("1/3") @ marchenko_pastur("1/5"),
        atoms([-1, 0, 2]) + atoms([0, 1, 3], ["1/4", "1/4", "1/2"]),
        atoms([1, 4]).rectangular_sum(atoms([0, 2]), "1/2"),
    ],
)
def test_certified_radii_isolate_one_root(law: AlgebraicLaw) -> None:
    # for |z' - z| <= h there is exactly one root within r of the root at z: counted among all roots by numpy
    rng = np.random.default_rng(5)
    branch = Branch(law.equation)
    rows = [[int(c) for c in column.coeffs()][::-1] for column in law.equation.columns]
    for _ in range(12):
        z = complex(rng.uniform(-2, 6), rng.uniform(0.02, 2))
        root = branch.value(acb(z.real, z.imag))
        h, r = branch.reach(acb(z.real, z.imag), root)
        assert h > 0
        for angle in np.linspace(0, 2 * np.pi, 9):
            there = z + h * np.exp(1j * angle)
            roots = np.roots([np.polyval(row, there) for row in reversed(rows)])
            assert sum(abs(roots - complex(root)) <= r) == 1


# -- refusals ------------------------------------------------------------------------------------------------


def test_a_branch_needs_numeric_parameters() -> None:
    with pytest.raises(DerivationError, match="the branch is followed at numeric parameters; give values for c"):
        Branch(marchenko_pastur(C).equation)


@pytest.mark.parametrize("point", [2, -2])
def test_branch_points_are_not_passed(point: int) -> None:
    with pytest.raises(BranchError, match="the physical branch cannot be continued through z"):
        Branch(semicircle().equation).value(acb(point))


def test_multiple_roots_have_no_regular_disc() -> None:
    # (y - 1)^2 = x
    with pytest.raises(BranchError, match="a root could not be isolated in a disc; it may be multiple"):
        regular_disc([acb_poly([1, -1]), acb_poly([-2]), acb_poly([1])], acb(1))


def test_a_root_on_the_circle_is_not_kept_apart() -> None:
    # y = 1 for every x, and the circle |y| = 1
    with pytest.raises(PrecisionError, match="a cluster of roots could not be isolated"):
        keeps_apart([acb_poly([-1]), acb_poly([1])], acb(0), arb(1))
    assert keeps_apart([acb_poly([-1]), acb_poly([1])], acb(0), arb(2)) == 1


def test_double_roots_have_no_tight_ball() -> None:
    # at the edge z = 2 of the semicircle both sheets are at -1
    branch = Branch(semicircle().equation)
    with pytest.raises(PrecisionError, match="two sheets meet within the working precision"):
        branch.refine(acb(2), acb(-1))
    with pytest.raises(PrecisionError, match="two sheets meet within the working precision"):
        branch.same(acb(2), acb(-1), acb(-1))


def test_an_algebraic_number_that_is_no_root_is_refused() -> None:
    with pytest.raises(PrecisionError, match="an algebraic number could not be isolated"):
        algebraic_ball(Extension((), (((0,), -2), ((2,), 1)), sympy.sqrt(3)))


def test_critical_points_closer_than_floats_are_told_apart() -> None:
    frame = skeleton(atoms([1, 1 + sympy.Rational(1, 10**30)], ["1/3", "2/3"]).equation)
    assert [a.weight.rational for a in frame.atoms] == [fmpq(1, 3), fmpq(2, 3)]


def test_a_circle_around_a_branch_point_closes_after_two_turns() -> None:
    branch = Branch(semicircle().equation)
    start = acb(3)
    root = branch.value(start)
    assert branch.turns(acb(2), start, root, 2) == 2
    with pytest.raises(BranchError, match="the branch does not close up"):
        branch.turns(acb(2), start, root, 1)


def branch_of(polynomial: sympy.Expr, moments: Sequence[int | Fraction]) -> ResolventEquation:
    """The branch of a polynomial that begins with these moments, whether or not it belongs to a measure."""
    parts = sympy.Poly(sympy.expand(polynomial), Z, M).terms()
    factor = spectral_ring(()).from_dict({exponents: int(c) for exponents, c in parts})
    return physical_equation([factor], (), moments_given([Field().constant(k) for k in moments]))


@pytest.mark.parametrize(
    ("polynomial", "moments", "message"),
    [
        # 2 delta_0 minus the semicircle
        ((M * Z + 2) ** 2 - Z**2 * (M * Z + 2) + Z**2, [1, 0, -1], "the branch has negative density at x"),
        # 2 semicircles minus delta_0: m = 2s + 1/z, s the semicircle's
        ((M * Z - 1) ** 2 + 2 * Z**2 * (M * Z - 1) + 4 * Z**2, [1, 0, 2], "the branch has a negative mass at x = 0"),
        # variance -1: all singularities are complex
        (-(M**2) + Z * M + 1, [1, 0, -1], "the branch has neither density nor atoms"),
    ],
)
def test_branches_of_no_positive_measure_have_no_skeleton(
    polynomial: sympy.Expr, moments: list[int], message: str
) -> None:
    with pytest.raises(DerivationError, match=message):
        skeleton(branch_of(polynomial, moments))


@pytest.mark.parametrize(("shift", "share"), [(5, F(1, 2)), (1, F(1, 10))])
def test_a_singularity_in_the_upper_half_plane_is_found(shift: int, share: Fraction) -> None:
    # part a semicircle, part a branch of variance -1 around ``shift``, which has branch points at shift +- 2i
    s, e = sympy.Symbol("s"), q(share)
    rest = M - (1 - e) * s
    polynomial = sympy.resultant(s**2 + Z * s + 1, -(rest**2) + (Z - shift) * e * rest + e**2, s)
    cleared = sympy.numer(sympy.together(polynomial))
    equation = branch_of(cleared, [F(1), share * shift, 1 - share + share * (shift**2 - 1)])
    with pytest.raises(DerivationError, match=rf"a singularity at z = {shift}\+2j, in the upper half-plane"):
        require_herglotz(equation)


@pytest.mark.parametrize(
    "law",
    [
        semicircle() + marchenko_pastur("1/2"),
        marchenko_pastur("1/2") @ marchenko_pastur("1/3"),
        atoms([-1, 0, 2]) + atoms([0, 1, 3], ["1/4", "1/4", "1/2"]),
        (semicircle() + marchenko_pastur(2)) ** 2,
        atoms([0, 1, 5]).compress("1/3"),
    ],
)
def test_laws_pass_the_test_of_being_laws(law: AlgebraicLaw) -> None:
    require_herglotz(law.equation)


@pytest.mark.parametrize("shift", ["-3/2", "1000003/7"])
def test_two_bulks_that_have_just_merged_are_found_at_any_origin(shift: str) -> None:
    # The bulks of semicircle(t) + atoms([-1, 1]) merge at t = 1; here complex critical points are 6e-9 from the line.
    law = semicircle("100000593/100000000") + atoms([-1, 1])
    (here,), (there,) = skeleton(law.equation).intervals, skeleton((law + shift).equation).intervals
    for a, b in ((here.left, there.left), (here.right, there.right)):
        assert float(b.point.ball() - a.point.ball()) == pytest.approx(float(F(shift)), abs=1e-10)


def test_coefficients_beyond_floats_leave_critical_points_apart() -> None:
    """Two layers of 16 digits: a discriminant of more than a thousand bits, whose support is close to that of 4."""
    edges = []
    for b in ("0.9308123456789012", "0.9308"):
        inner = (b * marchenko_pastur(1) + (1 - q(b))).sample_covariance("1/2")
        (interval,) = skeleton((b * inner + (1 - q(b))).sample_covariance(1).equation).intervals
        edges.append(float(interval.right.point))
    assert edges[0] == pytest.approx(edges[1], abs=2e-4)
    assert edges[0] == pytest.approx(7.6012482386873295, abs=1e-9)  # by subordination, in floats
