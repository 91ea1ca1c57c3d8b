"""Laws from numbers against their algebraic twins, closed forms, and sampled matrices."""

import math
import pickle
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import flint
import mpmath
import numpy as np
import pytest
import sympy
from scipy import stats

import resolvent as rv
from resolvent.numeric.measures.atomic_measure import sums
from resolvent.numeric.measures.free_maps import Transform
from resolvent.numeric.statistics import kolmogorov_distance

POINTS, WEIGHTS = [1, 2, 10], ["1/2", "1/4", "1/4"]
EXACT = rv.atoms(POINTS, WEIGHTS)
NUMERIC = rv.empirical(POINTS, [0.5, 0.25, 0.25])

TWINS = {
    "semicircle": lambda a: a + rv.semicircle("1/3"),
    "semicircle from the left": lambda a: rv.semicircle("1/10") + a,
    "marchenko-pastur": lambda a: a + rv.marchenko_pastur("1/2"),
    "marchenko-pastur with an atom": lambda a: a + rv.marchenko_pastur(2),
    "product": lambda a: rv.marchenko_pastur(2) @ a,
    "sample covariance": lambda a: a.sample_covariance("1/3"),
    "hard edge": lambda a: a.sample_covariance(1),
    "rank-deficient": lambda a: a.sample_covariance(3),
    "free power": lambda a: a.free_power("3/2"),
    "compression with atoms": lambda a: a.compress("4/5"),
    "compression": lambda a: a.compress("2/5"),
    "information plus noise": lambda a: a.information_plus_noise("1/2", "1/3"),
    "affine": lambda a: 1 - 2 * a.sample_covariance("1/3"),
    "multiplicative power": lambda a: a.free_multiplicative_power(2),
    "Moebius map": lambda a: a.sample_covariance("1/3").mobius(1, 2, 3, 4),
    "Moebius map from behind the pole": lambda a: (a.sample_covariance("1/30") - 30).mobius(1, 80, 1, 50),
    "symmetric root": lambda a: a.sample_covariance("1/3").symmetric_root(),
    "symmetric root at a hard edge": lambda a: a.sample_covariance(1).symmetric_root(),
    "companion without zeros": lambda a: a.sample_covariance(3).companion(3),
    "companion with zeros": lambda a: a.sample_covariance("1/3").companion("1/3"),
    "doubly correlated": lambda a: a.doubly_correlated_wishart(EXACT, 1),
    "doubly correlated from the right": lambda a: EXACT.doubly_correlated_wishart(a, 2),
    "correlated in time": lambda a: rv.atoms([1]).doubly_correlated_wishart(a, "1/2"),
    "rectangular sum with noise": lambda a: a.rectangular_sum(rv.marchenko_pastur("1/2"), "1/2"),
    "noise plus a rectangular matrix": lambda a: rv.rectangular_sum(rv.marchenko_pastur("1/2"), a, "1/2"),
    "rectangular sum": lambda a: a.rectangular_sum(rv.atoms([1, 4]), "1/2"),
    "rectangular sum with atoms": lambda a: (a - 1).rectangular_sum(rv.atoms([0, 1], ["9/10", "1/10"]), "1/3"),
    "direct sum": lambda a: rv.direct_sum(a.sample_covariance("1/3"), EXACT, "1/3"),
    "direct sum from the right": lambda a: EXACT.direct_sum(a.sample_covariance("1/3"), "1/3"),
    "negative power": lambda a: a.sample_covariance("1/30") ** -2,
}
SLOW_TWINS = {
    "rectangular sum with more rows than columns": lambda a: (a - 1).rectangular_sum(rv.atoms([0, 2, 9], WEIGHTS), 2),
    "rectangular sum of a density and atoms": lambda a: a.sample_covariance("1/3").rectangular_sum(EXACT, "1/2"),
    "rectangular sum next to a square one": lambda a: rv.rectangular_sum(rv.atoms([1, 2]), a, "99/100"),
    "square rectangular sum": lambda a: a.rectangular_sum(EXACT, 1),
    "doubly correlated next to a pole": lambda a: a.doubly_correlated_wishart(a, "1/2"),
    "two measures with densities": lambda a: a.sample_covariance("1/3") + a.sample_covariance("1/3"),
    "product of a density and atoms": lambda a: a.sample_covariance("1/3") @ (a - 1),
    "sum of a density and atoms": lambda a: a.sample_covariance("1/3") + a,
    "doubly correlated with zeros": lambda a: (a - 1).doubly_correlated_wishart(a, "1/2"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", TWINS)
def test_operations_agree_with_the_algebraic_law(name: str) -> None:
    check_twins(TWINS[name])


@pytest.mark.slow
@pytest.mark.parametrize("name", SLOW_TWINS)
def test_long_operations_agree_with_the_algebraic_law(name: str) -> None:
    check_twins(SLOW_TWINS[name])


def check_twins(make: Callable[[Any], Any]) -> None:
    found, exact = rv.Spectrum(make(NUMERIC)), rv.Spectrum(make(EXACT))
    assert found.law.evidence is rv.Evidence.NUMERIC
    low, high = exact.support()
    x = np.linspace(low - 0.1, high + 0.1, 700)
    assert [(i.left, i.right) for i in found.intervals] == [
        pytest.approx((i.left, i.right), abs=1e-12 * (high - low)) for i in exact.intervals
    ]
    for own, twin in zip(found.intervals, exact.intervals, strict=True):
        for mine, theirs in ((own.left_exponent, twin.left_exponent), (own.right_exponent, twin.right_exponent)):
            assert mine is None or mine == theirs
    assert [float(a.weight) for a in found.atoms] == pytest.approx([float(a.weight) for a in exact.atoms])
    assert np.max(np.abs(found.cdf(x) - exact.cdf(x))) < 1e-11
    inside = np.concatenate([i.left + (i.right - i.left) * np.linspace(1e-6, 1 - 1e-6, 99) for i in exact.intervals])
    assert found.pdf(inside) == pytest.approx(exact.pdf(inside), abs=1e-9, rel=1e-9)
    levels = np.linspace(0.013, 0.987, 50)
    assert np.min(found.cdf(found.ppf(levels)) - levels) > -1e-11


@pytest.mark.parametrize("name", ["inverse", "square"])
def test_powers_agree_with_the_algebraic_law(name: str) -> None:
    def make(a: rv.Law) -> rv.Law:
        return a.sample_covariance("1/30") ** -1 if name == "inverse" else (a + rv.semicircle("1/10")) ** 2

    found, exact = rv.Spectrum(make(NUMERIC)), rv.Spectrum(make(EXACT))
    x = np.linspace(*exact.support(), 500)
    assert np.max(np.abs(found.cdf(x) - exact.cdf(x))) < 1e-10


def test_populations_of_several_clusters_have_all_their_gaps() -> None:
    population, weights = [1, 3, 10], ["1/5", "2/5", "2/5"]
    exact = rv.Spectrum(rv.atoms(population, weights).sample_covariance("1/10"))
    found = rv.Spectrum(rv.empirical(population, [0.2, 0.4, 0.4]).sample_covariance("1/10"))
    assert len(found.intervals) == 3
    for a, b in zip(found.intervals, exact.intervals, strict=True):
        assert (a.left, a.right) == pytest.approx((b.left, b.right), rel=1e-13)
        assert (a.left_exponent, a.right_exponent) == (b.left_exponent, b.right_exponent)


@pytest.mark.parametrize(
    ("population", "ratio"),
    [
        ([2**k for k in range(10)], "1/100"),  # every cluster splits off at a small ratio
        ([2**k for k in range(10)], "3/4"),  # and they grow together again
        (range(1, 11), "1/20"),
        ([1, 10], "1/10"),
        ([1, 2], "1/2"),
    ],
)
def test_combs_and_clusters_have_the_intervals_of_their_equation(population: Any, ratio: str) -> None:
    """EigenEdge's examples: combs of ten points, and two clusters."""
    exact = rv.Spectrum(rv.atoms(list(population)).sample_covariance(ratio))
    found = rv.Spectrum(rv.empirical(list(map(float, population))).sample_covariance(ratio))
    assert len(found.intervals) == len(exact.intervals)
    assert found.certificate.worst < 1e-12
    for a, b in zip(found.intervals, exact.intervals, strict=True):
        assert (a.left, a.right) == pytest.approx((b.left, b.right), rel=1e-11)
    inner = [(i.left + j.right) / 2 for i, j in zip(exact.intervals[1:], exact.intervals, strict=False)]
    assert found.cdf(inner) == pytest.approx(exact.cdf(inner), abs=1e-12)


@pytest.mark.slow
def test_a_law_of_degree_17_agrees_with_its_numeric_twin() -> None:
    """Two laws of five atoms: the root of a polynomial, against two subordination points."""
    a, b = [0, 1, 3, 4, 7], [0, 2, 3, 5, 11]
    law = rv.atoms(a) + rv.atoms(b)
    assert law.equation.degree == 17
    exact, found = rv.Spectrum(law), rv.Spectrum(rv.empirical(a) + rv.empirical(b))
    assert [end for i in found.intervals for end in (i.left, i.right)] == pytest.approx(
        [end for i in exact.intervals for end in (i.left, i.right)], abs=1e-9
    )
    x = np.linspace(*exact.support(), 401)
    assert found.cdf(x) == pytest.approx(exact.cdf(x), abs=1e-9)
    assert found.pdf(x[3:-3]) == pytest.approx(exact.pdf(x[3:-3]), abs=1e-9)


def test_uniform_population_has_its_known_edges_and_density() -> None:
    rho = rv.Spectrum(rv.law_of_distribution(stats.uniform(1, 3)).sample_covariance("1/2"))
    assert rho.support() == pytest.approx((0.172562159054183545, 8.2457348073572435), rel=1e-13)
    assert float(rho.pdf(2.0)) == pytest.approx(0.177879953528972, abs=1e-13)


@pytest.mark.parametrize("apart", [1e-15, 1e-12, 1e-9, 1e-6])
@pytest.mark.parametrize(
    "operation",
    [
        lambda law: law.sample_covariance("1/2"),
        lambda law: law + rv.semicircle(1),
        lambda law: 2 * law - 1 + 2 * rv.semicircle(1),
        lambda law: law.information_plus_noise(1, "1/2"),
        lambda law: law @ rv.marchenko_pastur("1/3"),
    ],
)
def test_points_that_hardly_differ_give_what_one_point_gives(operation: Any, apart: float) -> None:
    found = rv.Spectrum(operation(rv.empirical([1, 1, 1, 1 + apart])))
    expected = rv.Spectrum(operation(rv.empirical([1])))
    assert found.support() == pytest.approx(expected.support(), abs=1e-11 + 20 * apart)
    assert found.cdf([1.0, 1.5, 2.0]) == pytest.approx(expected.cdf([1.0, 1.5, 2.0]), abs=1e-11 + 20 * apart)


def test_points_that_rounding_sets_apart_are_one_point_in_operations_on_two_laws() -> None:
    uniform = rv.law_of_density(lambda x: 0.5 + 0 * x, (0, 2))
    close = rv.empirical([1, 1, 1, 1 + 1e-15])
    assert rv.Spectrum(close + uniform).support() == pytest.approx((1, 3), abs=1e-13)
    assert rv.Spectrum(uniform @ close).support() == pytest.approx((0, 2), abs=1e-13)


@pytest.mark.parametrize("unit", [1, 1e-9, 1e9])
def test_products_reach_down_to_zero_in_either_order_and_any_unit(unit: float) -> None:
    uniform = rv.law_of_density(lambda x: 0.5 / unit + 0 * x, (0, 2 * unit))
    points = rv.empirical([1, 2, 3])
    first, second = rv.Spectrum(points @ uniform), rv.Spectrum(uniform @ points)
    assert first.support()[0] == second.support()[0] == 0
    assert first.support()[1] == pytest.approx(second.support()[1], rel=1e-12, abs=0)
    sums = rv.Spectrum(unit * rv.empirical([1, 2, 3.3]) + uniform)
    assert np.array(sums.support()) / unit == pytest.approx([1.264373733225555, 5.0248883531446245], rel=1e-11)


def test_noise_far_larger_than_what_it_is_added_to_gives_the_noise() -> None:
    law = rv.empirical([-1e-9, 1e-9]) + rv.semicircle(1)
    assert rv.Spectrum(law).support() == pytest.approx((-2, 2), abs=1e-14)


@pytest.mark.parametrize("decades", [14, 18, 24])
def test_populations_over_too_many_decades_say_what_to_change(decades: int) -> None:
    law = rv.empirical(np.logspace(-decades, 0, decades + 1)).sample_covariance("1/2")
    with pytest.raises(rv.NotCertified, match=r"Set it to 0, or leave out|leave them out, or"):
        rv.Spectrum(law)


@pytest.mark.parametrize(
    ("points", "weights", "ratio"),
    [
        (np.logspace(-11, 0, 12), np.full(12, 1 / 12), 0.5),
        (np.logspace(-12, 0, 13), np.full(13, 1 / 13), 0.1),
        ([1e-11, 1.0], [0.5, 0.5], 0.5),
        ([1e-10, 1.0], [0.999, 0.001], 1e-4),
        ([3e-12, 6e-12, 1.0], [0.25, 0.25, 0.5], 0.01),
    ],
)
def test_populations_over_twelve_decades_have_the_edges_of_their_equation(
    points: Any, weights: Any, ratio: float
) -> None:
    """Against the real zeros of dz/du by FLINT; each decade keeps its digits."""
    expected = critical_values(points, weights, ratio)
    found = rv.Spectrum(rv.empirical(points, weights).sample_covariance(ratio))
    assert [end for i in found.intervals for end in (i.left, i.right)] == pytest.approx(expected, rel=1e-12, abs=0)


def critical_values(points: Any, weights: Any, ratio: float) -> list[float]:
    """z(u) = -1/u + c sum w t/(1 + t u) where z' = 0, u real."""
    t, w = ([flint.fmpq(*float(x).as_integer_ratio()) for x in row] for row in (points, weights))
    c = flint.fmpq(*float(ratio).as_integer_ratio())
    squares = [flint.fmpq_poly([1, x]) ** 2 for x in t]
    numerator = math.prod(squares, start=flint.fmpq_poly([1]))
    for k, (x, p) in enumerate(zip(t, w, strict=True)):
        others = math.prod(squares[:k] + squares[k + 1 :], start=flint.fmpq_poly([0, 0, 1]))
        numerator -= others * (c * p * x**2)
    whole = numerator * numerator.denom()
    digits, flint.ctx.dps = flint.ctx.dps, 80
    try:
        roots = [r.real for r, _ in flint.fmpz_poly([int(a.p) for a in whole.coeffs()]).complex_roots() if r.imag == 0]
        terms = [[flint.arb(c * p * x) / (1 + flint.arb(x) * u) for x, p in zip(t, w, strict=True)] for u in roots]
        places = [sum(row, -1 / u) for u, row in zip(roots, terms, strict=True)]
        return sorted(map(float, places))
    finally:
        flint.ctx.dps = digits


def test_eigenvalues_of_a_singular_matrix_are_an_atom_at_zero() -> None:
    x = np.random.default_rng(0).standard_normal((40, 20))
    values = np.linalg.eigvalsh(x @ x.T / 20)
    rho = rv.Spectrum(rv.empirical(values).sample_covariance("1/2"))
    (atom,) = rho.atoms
    assert (float(atom.point), float(atom.weight)) == (0, pytest.approx(0.5, abs=1e-13))


@pytest.mark.parametrize("ratio", ["1/2", "2/3", pytest.param("1", marks=pytest.mark.slow)])
def test_the_density_next_to_a_hard_edge_keeps_its_digits(ratio: str) -> None:
    """z = w (1 - c - c w m(w)) with m(w) = log((w - 1)/w), solved with 30 digits."""
    rho = rv.Spectrum(rv.law_of_density(lambda x: 1.0 + 0 * x, (0, 1)).sample_covariance(ratio))
    with mpmath.workdps(30):
        c = mpmath.mpf(sympy.Rational(ratio).p) / sympy.Rational(ratio).q

        def residual(w: Any, z: Any) -> Any:
            return w * (1 - c - c * w * mpmath.log((w - 1) / w)) - z

        w = mpmath.mpc(1, 1)
        for x in [mpmath.mpf(10) ** (-k / mpmath.mpf(3)) for k in range(31)]:
            for height in (x, x / 4, 0):
                w = mpmath.findroot(lambda w, z=x + 1j * height: residual(w, z), w)
            expected = float(abs((w * mpmath.log((w - 1) / w) / x).imag) / mpmath.pi)  # or the conjugate root's
            if x < 1e-3:
                assert float(rho.pdf(float(x))) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("distribution", [stats.expon(), stats.beta(2, 2)], ids=lambda d: d.dist.name)
def test_smooth_populations_take_few_evaluations_of_their_transform(
    distribution: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Next to edges and in tails it goes on from neighbours: from above it would be thousands."""
    calls, plain = [], Transform.__call__
    monkeypatch.setattr(Transform, "__call__", lambda self, w: calls.append(len(w)) or plain(self, w))
    rho = rv.Spectrum(rv.law_of_distribution(distribution).sample_covariance("1/2"))
    assert rho.certificate.worst < 1e-13
    assert len(calls) < 1500


@pytest.mark.parametrize("ratio", [0.01, pytest.param(1e-4, marks=pytest.mark.slow)])
def test_doubly_correlated_matrices_with_few_rows(ratio: float) -> None:
    """m(z) = int dA(a)/(a f(e) - z), f(e) = int b dB(b)/(1 + c b e), e = int a dA(a)/(a f(e) - z), by iteration."""
    a, p = np.array([0.0, 0.05, 1.2, 3.1, 3.7]), np.array([0.33, 0.14, 0.01, 0.07, 0.45])
    b, q = np.array([1.0, 1.5, 2.0]), np.array([0.35, 0.11, 0.54])
    rho = rv.Spectrum(rv.empirical(a, p).doubly_correlated_wishart(rv.empirical(b, q), ratio))
    assert rho.certificate.worst < 1e-12
    for z in (rho.intervals[1].left + 0.05j, rho.intervals[-1].right - 0.05 + 0.05j):
        e = -1 / z
        for _ in range(3000):
            f = np.sum(q * b / (1 + ratio * b * e))
            e = np.sum(p * a / (a * f - z))
        assert complex(rho.stieltjes(z)) == pytest.approx(np.sum(p / (a * f - z)), rel=1e-10)


@pytest.mark.slow
def test_an_exponential_population_with_as_many_rows_as_columns() -> None:
    """The moments of the free cumulants m_k(A) of the companion; at the hard edge the density has a logarithm."""
    rho = rv.Spectrum(rv.law_of_distribution(stats.expon()).sample_covariance(1))
    assert rho.certificate.worst < 1e-12
    assert [float(rho.moment(k)) for k in (1, 2, 3)] == pytest.approx([1.0, 3.0, 13.0], rel=1e-11)


def test_uniform_plus_semicircle_has_its_known_edge_and_density() -> None:
    rho = rv.Spectrum(rv.law_of_density(lambda x: 0.5 + 0 * x, (-1, 1)) + rv.semicircle())
    assert rho.support()[1] == pytest.approx(math.asinh(1) + math.sqrt(2), rel=1e-14)
    assert float(rho.pdf(0.0)) == pytest.approx(0.273852686800851, abs=1e-13)


def test_many_points_approach_the_density() -> None:
    """Midpoints of K cells: the edge of a smooth population is found to about 1/K^2."""
    points = 1 + 3 * (np.arange(2000) + 0.5) / 2000
    rho = rv.Spectrum(rv.empirical(points).sample_covariance("1/2"))
    assert rho.support() == pytest.approx((0.172562159054183545, 8.2457348073572435), abs=1e-6)
    assert float(rho.pdf(2.0)) == pytest.approx(0.177879953528972, abs=1e-7)


def test_clustered_sums_agree_with_plain_ones() -> None:
    from resolvent.numeric.measures.atomic_measure import AtomicMeasure

    rng = np.random.default_rng(0)
    points = rng.gamma(2.0, size=20000)
    measure = AtomicMeasure(points, np.full(20000, 1 / 20000))
    z = np.array([1 + 1j, 0.5 + 0.01j, -0.3 + 0j, 3 + 0.1j, 40 + 0j])
    plain = np.array([np.mean(1 / (points - w)) for w in z])
    assert np.max(np.abs(measure.stieltjes(z) - plain)) < 1e-12


def test_sums_over_nodes_of_nodes_agree_with_plain_ones() -> None:
    """Between neighbouring atoms, next to one and far away, relative to the sum of the terms' sizes."""
    from resolvent.numeric.measures.atomic_measure import AtomicMeasure

    rng = np.random.default_rng(0)
    points = -np.log((np.arange(90000) + 0.5) / 90000)[::-1]
    weights = rng.random(90000) / 45000
    k = rng.integers(0, 89999, 25)
    z = np.concatenate([(points[k] + points[k + 1]) / 2, points[k] + 1j * 10.0 ** rng.uniform(-6, 1, 25), [-1e-7, 50]])
    found = AtomicMeasure(points, weights).values(z.astype(complex))
    for order, values in enumerate(found, 1):
        terms = weights / (points - z[:, None]) ** order
        errors = np.abs(values - np.sum(terms, axis=1)) / np.sum(np.abs(terms), axis=1)
        assert np.max(errors) < (1e-13, 1e-10)[order - 1]


@pytest.mark.parametrize(
    ("operation", "ratio"),
    [(lambda a: a.sample_covariance("1/100"), 1e-2), (lambda a: a + rv.semicircle("1/10000"), 0.0)],
    ids=["sample covariance", "semicircle"],
)
def test_densities_beside_lonely_atoms_have_their_digits(operation: Callable[[Any], Any], ratio: float) -> None:
    """w = x - c mean + sum a_j/(t_j - w) has its root among the eigenvalues of a matrix; then Newton with 40 digits."""
    points = -np.log((np.arange(60) + 0.5) / 60)[::-1]
    poles = (ratio * points**2 if ratio else np.full(60, 1e-4)) / 60
    rho = rv.Spectrum(operation(rv.empirical(points)))
    assert len(rho.intervals) > 5
    for interval in [*rho.intervals[:2], *rho.intervals[-2:]]:
        for x in interval.left + np.array([1e-3, 0.3, 0.9]) * (interval.right - interval.left):
            arrow = np.diag([x - ratio * np.mean(points), *points])
            arrow[0, 1:], arrow[1:, 0] = -np.sqrt(poles), np.sqrt(poles)
            w = mpmath.mpmathify(max(np.linalg.eigvals(arrow), key=lambda v: v.imag))
            with mpmath.workdps(40):
                for _ in range(4):
                    terms = [(a, t - w) for a, t in zip(poles.tolist(), points.tolist(), strict=True)]
                    residual = w - float(arrow[0, 0]) - mpmath.fsum(a / d for a, d in terms)
                    w -= residual / (1 - mpmath.fsum(a / d**2 for a, d in terms))
                m = mpmath.fsum(1 / d for _, d in terms) / 60
                expected = float((w * m / x if ratio else m).imag / mpmath.pi)
            assert float(rho.pdf(x)) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("shape", [(stats.norm, ()), (stats.gamma, (3,)), (stats.uniform, ())], ids=lambda p: p[0].name)
@pytest.mark.parametrize("named", [True, False])
def test_distributions_far_from_0_keep_the_digits_of_their_tails(shape: Any, named: bool) -> None:
    """The unit is a power of 2, so that no place is rounded: the numbers are those of the distribution at 0."""
    (family, arguments), unit = shape, 2.0**-10
    moved = family(*arguments, loc=5, scale=unit) if named else family(*arguments, 5, unit)
    rho, near = rv.Spectrum(rv.law_of_distribution(moved)), family(*arguments)
    x = np.round(near.ppf([1e-5, 0.01, 0.3, 0.9, 1 - 1e-5]) * 2**20) / 2**20
    assert rho.pdf(5 + unit * x) * unit == pytest.approx(near.pdf(x), rel=1e-11, abs=0)
    assert rho.cdf(5 + unit * x) == pytest.approx(near.cdf(x), rel=1e-8, abs=1e-14)


def test_points_at_atoms_make_no_warnings(recwarn: pytest.WarningsRecorder) -> None:
    """Next to the far atoms of a Poisson distribution Newton's method comes onto them, where there is no value."""
    rho = rv.Spectrum(rv.law_of_distribution(stats.poisson(4)) + rv.semicircle())
    assert (rho.mean(), rho.var()) == pytest.approx((4.0, 5.0), rel=1e-12)
    assert not recwarn.list


def test_a_law_with_an_equation_is_known_as_such() -> None:
    """The product with a Marchenko-Pastur law is a sample covariance, also where that is taken as one by numbers."""
    population = rv.law_of_distribution(stats.beta(2, 1))
    found = rv.Spectrum(rv.NumericLaw.of(rv.marchenko_pastur("1/2")) @ population)
    exact = rv.Spectrum(population.sample_covariance("1/2"))
    assert found.ppf([1e-6, 0.1, 0.9]) == pytest.approx(exact.ppf([1e-6, 0.1, 0.9]), rel=1e-10)


@pytest.mark.parametrize("count", [20, 700])  # few points are summed as complex numbers, many as real ones
@pytest.mark.parametrize("height", [0.0, 1e-12, -1e-3, 50.0])
def test_sums_over_points_have_their_digits(count: int, height: float) -> None:
    points = np.random.default_rng(0).normal(size=count)
    weights, z = np.full(count, 1 / count), np.array([-4.0, 0.1, 0.30001]) + 1j * height
    found = sums(points, weights, z)
    with mpmath.workdps(40):
        for power, values in ((1, found[0]), (2, found[1])):
            terms = [[mpmath.mpf(t) - mpmath.mpc(w) for t in points] for w in z]
            exact = [complex(mpmath.fsum(d**-power for d in row)) / count for row in terms]
            sizes = [float(mpmath.fsum(abs(d) ** -power for d in row)) / count for row in terms]
            assert np.all(np.abs(values - exact) <= 1e-14 * np.array(sizes))


@pytest.mark.parametrize("name", ["uniform + uniform", "bernoulli @ uniform"])
def test_free_operations_agree_with_sampled_matrices(name: str) -> None:
    rng, n = np.random.default_rng(3), 800
    grid = (np.arange(n) + 0.5) / n
    q = np.linalg.qr(rng.normal(size=(n, n)))[0]
    if name == "uniform + uniform":
        law = rv.law_of_distribution(stats.uniform(-1, 2))
        rho = rv.Spectrum(law + law)
        matrix = np.diag(2 * grid - 1) + q @ np.diag(2 * grid - 1) @ q.T
    else:
        rho = rv.Spectrum(rv.law_of_distribution(stats.bernoulli(0.5)) @ rv.law_of_distribution(stats.uniform(1, 3)))
        projection = q[:, : n // 2] @ q[:, : n // 2].T
        matrix = projection @ np.diag(1 + 3 * grid) @ projection
    assert kolmogorov_distance(rho, np.linalg.eigvalsh(matrix)).value < 5 / n


def test_a_rectangular_sum_agrees_with_sampled_matrices() -> None:
    """Uniform squares of singular values, turned by independent rotations on both sides."""
    rng, p, n = np.random.default_rng(5), 400, 800
    first, second = ((np.arange(p) + 0.5) / p * width + 1 for width in (3, 8))
    rho = rv.Spectrum(
        rv.law_of_distribution(stats.uniform(1, 3)).rectangular_sum(rv.law_of_distribution(stats.uniform(1, 8)), "1/2")
    )
    left, right = (np.linalg.qr(rng.normal(size=(size, size)))[0] for size in (p, n))
    matrix = left @ (np.sqrt(first)[:, None] * right[:p])
    matrix[:, :p] += np.diag(np.sqrt(second))
    assert kolmogorov_distance(rho, np.linalg.svd(matrix)[1] ** 2).value < 5 / p


@pytest.mark.parametrize("ratio", ["1/2", 2])
def test_a_rectangular_sum_with_noise_that_is_not_known_as_such(ratio: str | int) -> None:
    """Two points against Dozier and Silverstein's explicit equation."""
    signal = rv.empirical([0, 0, 1, 4])
    noise = rv.empirical([1]).sample_covariance(ratio)
    found, exact = (rv.Spectrum(law) for law in (signal.rectangular_sum(noise, ratio),
                                                 signal.information_plus_noise(1, ratio)))  # fmt: skip
    assert found.support() == pytest.approx(exact.support(), abs=1e-12)
    x = np.linspace(*exact.support(), 300)
    assert found.cdf(x) == pytest.approx(exact.cdf(x), abs=1e-11)


def test_rectangular_sums_of_points_have_their_closed_form() -> None:
    """A A^T = B B^T = 1, p/n = c: the support ends at 2 -+ 2 sqrt(c (2 - c))."""
    for c in (0.05, 0.95):
        found = rv.Spectrum(rv.empirical([1.0]).rectangular_sum(rv.empirical([1.0]), c))
        spread = 2 * math.sqrt(c * (2 - c))
        assert found.support() == pytest.approx((2 - spread, 2 + spread), rel=1e-12)
        assert float(found.mean()) == pytest.approx(2, rel=1e-13)


def test_free_cumulants_add() -> None:
    law = rv.law_of_distribution(stats.uniform(-1, 2))
    twice = [float(k) for k in (law + law).free_cumulants(8)]
    assert twice == pytest.approx([2 * float(k) for k in law.free_cumulants(8)], abs=1e-11)


@pytest.mark.slow
def test_unbounded_distributions_are_cut_off_where_nothing_is_left() -> None:
    """Gaussian plus semicircle: the even moments of the free convolution, from the free cumulants of both."""
    law = rv.law_of_distribution(stats.norm()) + rv.semicircle()
    gaussian = [0, 1, 0, 1, 0, 4, 0, 27]  # connected chord diagrams
    expected = [k + (i == 1) for i, k in enumerate(gaussian)]
    assert [float(k) for k in law.free_cumulants(8)] == pytest.approx(expected, abs=1e-7)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: rv.empirical([1, math.nan]), "number 1 is nan"),
        (lambda: rv.empirical([1 + 2j]), "complex"),
        (lambda: rv.empirical([]), "no values"),
        (lambda: rv.empirical(["a"]), "must be numbers"),
        (lambda: rv.empirical([1, 2], [0.5, 0.6]), "add up to 1.1"),
        (lambda: rv.empirical([1, 2], [1.0]), "1 weights"),
        (lambda: rv.law_of_density(lambda x: 1 + 0 * x, (0, 2)), "mass 2 instead of 1"),
        (lambda: rv.law_of_density(lambda x: x, (-1, 1)), "negative"),
        (lambda: rv.law_of_density(lambda x: 1 + 0 * x, (1, 0)), "a < b"),
        (lambda: rv.law_of_density(lambda x: 1 + 0 * x, (0, 1), breaks=["x"]), "a number is needed; got 'x'"),
        (lambda: rv.law_of_density(lambda x: 1 + 1j * x, (0, 1)), "real values; got complex128"),
        (lambda: rv.law_of_density(lambda x: "one", (0, 1)), "real values"),
        (lambda: rv.law_of_distribution(3), "scipy.stats"),
        (lambda: rv.law_of_distribution(stats.cauchy()), "too heavy"),
        (lambda: rv.law_of_distribution(stats.zipf(2.5)), "zipf has too many atoms"),
        (lambda: rv.law_of_distribution(stats.randint(0, 10**6)), "randint has too many atoms"),
        (lambda: NUMERIC.sample_covariance(0), "c must be positive"),
        (lambda: NUMERIC.free_power(0.5), "t >= 1"),
        (lambda: NUMERIC * NUMERIC, "ambiguous"),
        (lambda: NUMERIC.at(c=1), "no parameter"),
    ],
)
def test_bad_input_is_named(make: object, words: str) -> None:
    with pytest.raises(rv.ParameterError, match=words):
        make()  # type: ignore[operator]


@pytest.mark.parametrize("ends", [(0, sympy.Rational(1, 2)), (0, Fraction(1, 2)), iter((0, 0.5))])
def test_ends_of_densities_are_numbers_of_any_kind(ends: Any) -> None:
    law = rv.law_of_density(lambda x: 2 + 0 * x, ends, iter([0.25]))
    assert law.text == "law_of_density(..., (0, 0.5))"
    assert law.moments(1) == pytest.approx([0.25])


def test_a_product_needs_positive_laws() -> None:
    with pytest.raises(rv.DerivationError, match="reaches down to -1"):
        rv.empirical([-1, 1]) @ NUMERIC


def test_laws_and_spectra_are_pickled_with_their_measure() -> None:
    law = NUMERIC.sample_covariance("1/3") + rv.semicircle()
    copy = pickle.loads(pickle.dumps(law))  # noqa: S301 - of our own making
    assert (copy.text, copy.evidence) == (law.text, law.evidence)
    assert rv.Spectrum(copy).pdf(3.0) == rv.Spectrum(law).pdf(3.0)
    spectrum = pickle.loads(pickle.dumps(rv.Spectrum(law)))  # noqa: S301 - of our own making
    assert spectrum.ppf(0.3) == rv.Spectrum(law).ppf(0.3)


def test_the_evidence_is_numeric_and_copies_are_kept() -> None:
    law = NUMERIC.sample_covariance("1/3") + EXACT
    assert law.evidence is rv.Evidence.NUMERIC
    assert rv.empirical([1, 2]).same_as(rv.empirical([2, 1]))
    assert not rv.empirical([1, 2]).same_as(rv.empirical([1, 3]))


def test_laws_made_alike_are_equal() -> None:
    def made() -> list[rv.Law]:
        a = rv.empirical([1, 2, 10], [0.5, 0.25, 0.25])
        return [
            a, 2 * a + 1, a**2, a.sample_covariance(0.3), a + rv.semicircle(), a @ a.compress(0.5), a.free_power(2),
            a.companion(0.5), a.direct_sum(rv.semicircle(), 0.5), rv.law_of_distribution(stats.uniform(1, 3)),
            rv.law_of_density(np.exp, (-30, 0)),
        ]  # fmt: skip

    first, second = made(), made()
    assert [[a == b for b in second] for a in first] == np.eye(len(first), dtype=bool).tolist()
    assert rv.empirical([1, 1]) == rv.empirical([1])
    assert rv.semicircle() + NUMERIC == NUMERIC + rv.semicircle()
    assert rv.NumericLaw.of(rv.semicircle()) == rv.NumericLaw.of(rv.semicircle())


def test_every_method_of_an_algebraic_law_works_or_says_why_not() -> None:
    from resolvent.numeric.measures.refusals import REFUSED

    names = [name for name in dir(EXACT) if not name.startswith("_")]
    for name in names:
        if name in REFUSED:
            with pytest.raises(rv.ParameterError, match="known by numbers"):
                getattr(NUMERIC, name)
        else:
            assert hasattr(NUMERIC, name), name
    assert [law.nonnegative for law in (NUMERIC, NUMERIC - 2)] == [True, False]
    assert [law.is_zero for law in (0 * NUMERIC, NUMERIC)] == [True, False]
    assert NUMERIC.subs({}) is NUMERIC
    with pytest.raises(AttributeError):
        _ = NUMERIC.colour


@pytest.mark.parametrize(
    ("make", "kind", "words"),
    [
        (lambda: NUMERIC.mobius(1, 2, 2, 4), rv.ParameterError, "a d - b c"),
        (lambda: NUMERIC.mobius(1, 0, 1, -2).measure(), rv.DerivationError, "lies in the support"),
        (lambda: (NUMERIC - 2).symmetric_root().measure(), rv.DerivationError, "symmetric root"),
        (lambda: NUMERIC.companion(2), rv.DerivationError, "more rows than columns"),
        (lambda: NUMERIC.companion(-1), rv.ParameterError, "c must be positive"),
        (lambda: NUMERIC.free_multiplicative_power(0.5), rv.ParameterError, "s >= 1"),
        (lambda: NUMERIC.rectangular_sum(EXACT, 2), rv.DerivationError, "more rows than columns"),
        (lambda: rv.rectangular_sum(EXACT, NUMERIC - 2, "1/2"), rv.DerivationError, "reaches down to -1"),
        (lambda: rv.rectangular_sum(EXACT, 3, "1/2"), rv.ParameterError, "a law with a polynomial equation"),
        (lambda: NUMERIC.sample_covariance(1).function(np.log).measure(), rv.NotCertified, "not analytic"),
        (lambda: (NUMERIC - 2).function(np.sqrt).measure(), rv.ParameterError, "no finite value"),
        (lambda: NUMERIC.sample_covariance("1/30").function(np.sin).measure(), rv.ParameterError, "not monotone"),
        (lambda: (NUMERIC + rv.semicircle()).function(lambda x: 1j * x).measure(), rv.ParameterError, "real values"),
        (lambda: rv.NumericLaw.of(rv.semicircle(rv.parameter("v", positive=True))), rv.ParameterError, "for v"),
    ],
)
def test_operations_that_do_not_exist_say_so(make: object, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        make()  # type: ignore[operator]


def test_functions_of_a_law_and_their_inverses() -> None:
    back = rv.Spectrum(rv.NumericLaw.of(rv.semicircle()).function(np.exp).function(np.log))
    x = np.linspace(-2, 2, 99)
    assert back.cdf(x) == pytest.approx(rv.Spectrum(rv.semicircle()).cdf(x), abs=1e-12)
    folded = rv.Spectrum(rv.NumericLaw.of(rv.semicircle()).function(np.abs, [0]))
    roots = rv.Spectrum(rv.NumericLaw.of(rv.marchenko_pastur(1)).function(np.sqrt))
    assert folded.pdf(x) == pytest.approx(roots.pdf(x), abs=1e-11)


def test_sums_of_a_law_with_itself_may_be_degenerate() -> None:
    """Two free symmetric signs: the arcsine law, whose support no critical point ends."""
    found = rv.Spectrum(rv.empirical([-1, 1]) + rv.empirical([1, -1]))
    assert found.support() == (-2.0, 2.0)
    assert float(found.pdf(0.5)) == pytest.approx(1 / (math.pi * math.sqrt(4 - 0.25)), abs=1e-12)
    projections = rv.Spectrum(rv.empirical([0, 1], [0.3, 0.7]) @ rv.atoms([0, 1]))
    assert [float(a.weight) for a in projections.atoms] == pytest.approx([0.5, 0.2])


def test_products_of_noise_have_their_hard_edges() -> None:
    found = rv.Spectrum(rv.empirical([1]).sample_covariance(1) @ rv.marchenko_pastur(1))
    exact = rv.Spectrum(rv.fuss_catalan(2))
    assert found.stieltjes([-1e-3, 1j]) == pytest.approx(exact.stieltjes([-1e-3, 1j]), rel=1e-11)
    assert found.support()[1] == pytest.approx(6.75, rel=1e-14)


@pytest.mark.parametrize("scale", [1e-12, 1e12])
def test_the_unit_does_not_matter(scale: float) -> None:
    found = rv.Spectrum((scale * NUMERIC).sample_covariance("1/3"))
    exact = rv.Spectrum(EXACT.sample_covariance("1/3"))
    assert found.support() == pytest.approx([scale * end for end in exact.support()], rel=1e-13, abs=0)
    x = np.linspace(*exact.support(), 50)
    assert found.cdf(scale * x) == pytest.approx(exact.cdf(x), abs=1e-11)


def test_intervals_that_just_meet_are_named_and_those_beside_are_solved() -> None:
    """Two points at -1 and 1 with a semicircle: a cusp at variance 1, where the moments are those of the sum."""
    points = rv.empirical([-1.0, 1.0])
    with pytest.raises(rv.PrecisionError, match="may just meet there"):
        rv.Spectrum(points + rv.semicircle(1))
    for variance, count in (("999/1000", 2), ("1001/1000", 1)):
        rho = rv.Spectrum(points + rv.semicircle(variance))
        assert len(rho.intervals) == count
        assert rho.var() == pytest.approx(1 + float(Fraction(variance)), abs=1e-12)


def test_laws_of_one_point() -> None:
    point, zero = rv.empirical([2.0]), rv.empirical([0.0])
    for law, place in ((point.compress("1/2"), 2), (point.free_power(3), 6), (zero.sample_covariance(1), 0)):
        (atom,) = rv.Spectrum(law).atoms
        assert (float(atom.point), float(atom.weight)) == pytest.approx((place, 1))


@pytest.mark.parametrize("distribution", [stats.norm(), stats.gamma(2, scale=0.5), stats.expon()])
def test_distributions_without_ends_keep_the_digits_of_their_tails(distribution: Any) -> None:
    """What is cut off is 1e-17 of the probability, so that a tail of 1e-9 is right to eight digits."""
    rho = rv.Spectrum(rv.law_of_distribution(distribution))
    for q in (0.5, 1e-3, 1e-6, 1e-9):
        x = float(distribution.isf(q))
        assert float(rho.sf(x)) == pytest.approx(q, rel=2e-8, abs=0)
        assert float(rho.pdf(x)) == pytest.approx(distribution.pdf(x), rel=1e-9, abs=0)


@pytest.mark.parametrize("unit", [10**-13, 1.0, 10**8, 10**13])
def test_functions_of_a_law_have_their_digits_in_any_unit(unit: float) -> None:
    # (S + 3)^2 for a semicircular S: its quantiles are those of S + 3, squared
    law = rv.NumericLaw.of((rv.semicircle() + 3) * sympy.nsimplify(unit)) ** 2
    levels = np.array([0.01, 0.3, 0.5, 0.9])
    expected = (rv.Spectrum(rv.semicircle()).ppf(levels) + 3) ** 2
    assert rv.Spectrum(law).ppf(levels) / unit**2 == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("unit", [10**-8, 10**8])
def test_what_a_vector_sees_has_its_digits_in_any_unit(unit: float) -> None:
    one = rv.seen_from(rv.semicircle(), 2)
    other = rv.seen_from(rv.semicircle() * sympy.nsimplify(unit), 2 * unit)
    assert float(other.ppf(0.2)) / unit == pytest.approx(float(one.ppf(0.2)), rel=1e-12)
    assert other.atoms[0].point / unit == pytest.approx(one.atoms[0].point, rel=1e-12)


@pytest.mark.parametrize("distribution", [stats.poisson(3), stats.geom(0.3), stats.skellam(3, 4), stats.nbinom(3, 0.4)])
def test_discrete_distributions_without_ends_are_taken(distribution: Any) -> None:
    found = [float(m) for m in rv.law_of_distribution(distribution).moments(4)]
    assert found == pytest.approx([float(distribution.moment(k)) for k in range(1, 5)], rel=1e-10)


@pytest.mark.parametrize("distribution", [stats.lognorm(0.3), stats.gamma(0.5)])
def test_quantiles_of_steep_tails_are_found(distribution: Any) -> None:
    """Next to the end of a tail the mass is no power of the distance, and Newton's method leaves the table."""
    rho = rv.Spectrum(rv.law_of_distribution(distribution))
    levels = np.array([1e-12, 1e-6, 0.01, 0.5, 0.99, 1 - 1e-6])
    places = rho.ppf(levels)
    assert places == pytest.approx(distribution.ppf(levels), rel=1e-7, abs=0)
    assert rho.cdf(places) == pytest.approx(levels, rel=1e-12, abs=0)
    assert rho.ppf([0.0, 1.0]) == pytest.approx(rho.support(), rel=1e-12)


@pytest.mark.parametrize("density", [lambda x: math.exp(x) / (math.e - 1), lambda x: 1 / 0])
def test_a_density_that_fails_at_arrays_is_named(density: Callable[..., float]) -> None:
    with pytest.raises(rv.ParameterError, match="write it for arrays"):
        rv.law_of_density(density, (0, 1))
    law = rv.law_of_density(np.vectorize(lambda x: math.exp(x) / (math.e - 1)), (0, 1))
    assert float(law.moments(1)[0]) == pytest.approx(1 / (math.e - 1), rel=1e-10)
