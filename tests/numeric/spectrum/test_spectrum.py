"""Spectra against closed-form densities of textbooks, root-following at 40 digits, quadrature and published values."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from typing import Any

import mpmath as mp
import numpy as np
import pytest
import scipy.stats
import sympy
from numpy.typing import NDArray
from scipy.integrate import quad

from resolvent.derive.errors import DerivationError, NotCertified, ParameterError, PrecisionError
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.elementary import (
    arcsine,
    atoms,
    free_poisson,
    fuss_catalan,
    kesten_mckay,
    marchenko_pastur,
    semicircle,
    wachter,
)
from resolvent.derive.laws.equilibrium import equilibrium_measure
from resolvent.derive.laws.from_equation import law_of_equation
from resolvent.derive.laws.from_transform import law_of_r_transform
from resolvent.numeric.spectrum.spectrum import PointMass, Spectrum, SupportInterval
from tests import oracles
from tests.derive.time_limit import within
from tests.numeric.density.following import Follower

Array = NDArray[Any]
F = Fraction
G, Z, M = sympy.symbols("g z m")
C, V = sympy.Symbol("c", positive=True), sympy.Symbol("v")
PHI, EPS = sympy.symbols("phi eps", positive=True)


def wishart_product(alpha: str) -> AlgebraicLaw:
    """The law of (A B^T)(A B^T)^T/n^2, A and B of size n x alpha n."""
    ratio = sympy.Rational(alpha)
    return (ratio * marchenko_pastur(1 / ratio)) @ marchenko_pastur(1)


def hessian(phi: str, eps: str) -> AlgebraicLaw:
    """R(g) = 1/(1 - phi g) + eps phi g/(2 - eps phi^2 g^2)."""
    p, e = sympy.Rational(phi), sympy.Rational(eps)
    return law_of_r_transform(1 / (1 - p * G) + e * p * G / (2 - e * p**2 * G**2), G)


def gram() -> AlgebraicLaw:
    """The nonlinear Gram matrix at eta = 1, zeta = 1/2 and equal dimensions."""
    return marchenko_pastur(1) @ (marchenko_pastur(1) / 2 + "1/2")


def relu_jacobian(gaussian: bool) -> AlgebraicLaw:
    """W W^T of the input-output Jacobian of three ReLU layers of variance 2."""
    layer = atoms([0, 1])
    if gaussian:
        layer = layer @ marchenko_pastur(1)
    return 8 * (layer @ layer @ layer)


LAWS: dict[str, Callable[[], AlgebraicLaw]] = {
    "semicircle": semicircle,
    "mp(1/2)": lambda: marchenko_pastur("1/2"),
    "mp(1)": lambda: marchenko_pastur(1),
    "mp(4)": lambda: marchenko_pastur(4),
    "poisson": lambda: free_poisson(2, -1),
    "arcsine": lambda: arcsine(3),
    "kesten-mckay(3)": lambda: kesten_mckay(3),
    "wachter": lambda: wachter("1/2", "1/3"),
    "wachter-atom": lambda: wachter(2, "1/3"),
    "fuss-catalan(2)": lambda: fuss_catalan(2),
    "fuss-catalan(3)": lambda: fuss_catalan(3),
    "product(1/2)": lambda: wishart_product("1/2"),
    "product(3)": lambda: wishart_product("3"),
    "equilibrium(2)": lambda: equilibrium_measure(2),
    "equilibrium(3)": lambda: equilibrium_measure(3, "1/20"),
    "equilibrium(4)": lambda: equilibrium_measure(4),
    "sum": lambda: semicircle() + marchenko_pastur("1/2"),
    "triple": lambda: marchenko_pastur("1/2") @ marchenko_pastur("1/3") @ marchenko_pastur("1/5"),
    "3+3": lambda: atoms([-1, 0, 2]) + atoms([0, 1, 3]),
    "4+3": lambda: atoms([-1, 0, 2, 5]) + atoms([0, 1, 7]),
    "5+5": lambda: atoms([-1, 0, 2, 5, 9]) + atoms([0, 1, 3, 7, 15]),
    "cusp": lambda: atoms([-1, 1]) + semicircle(1),
    "four bulks": lambda: atoms([-6, -2, 2, 6]) + semicircle("1/10"),
    "population": lambda: atoms([1, 2, 5]).wishart("1/2"),
    "noise": lambda: atoms([1, 3]).information_plus_noise(1, "1/2"),
    "hessian(1/2, 1)": lambda: hessian("1/2", "1"),
    "hessian(1/2, 1/10)": lambda: hessian("1/2", "1/10"),
    "gram": gram,
    "one atom": lambda: atoms([3]),
    "atoms": lambda: atoms([0, 1, 5], ["1/2", "1/4", "1/4"]),
    "coins": lambda: atoms([-1, 0, 1], ["1/10", "4/5", "1/10"]).free_power(2),
}


@lru_cache(maxsize=64)
def spectrum(name: str) -> Spectrum:
    """The spectrum of one of `LAWS`, built once."""
    return Spectrum(LAWS[name]())


def below(rho: Spectrum, x: float) -> float:
    """The mass of (-oo, x]."""
    return float(rho.cdf(np.array([x]))[0])


def inside(interval: SupportInterval, count: int, margin: float = 0.01) -> Array:
    """Points of an interval, a share of its width away from both edges."""
    width = interval.right - interval.left
    return np.linspace(interval.left + margin * width, interval.right - margin * width, count)


# -- closed-form densities -----------------------------------------------------------------------------------


def equilibrium_density(half: int, t: float) -> tuple[oracles.Density, float, float]:
    """rho(x) = (1/pi) sqrt(b^2 - x^2) M t sum_{j<M} binom(2j, j)/4^j b^(2j) x^(2(M-1-j)) (Deift 1999, section 6.7)."""
    edge = 2 * (1 / (half * t * math.comb(2 * half, half))) ** (1 / (2 * half))

    def density(x: float) -> float:
        terms = [math.comb(2 * j, j) / 4**j * edge ** (2 * j) * x ** (2 * (half - 1 - j)) for j in range(half)]
        return half * t * sum(terms) * math.sqrt(max(edge**2 - x * x, 0.0)) / math.pi

    return density, -edge, edge


def fuss_catalan_density(x: float) -> float:
    """The Fuss-Catalan law of order 2 in radicals, with s = 27 + 3 sqrt(81 - 12x) (Penson, Zyczkowski 2011):

    rho(x) = 2^(1/3) sqrt(3) (2^(1/3) s^(2/3) - 6 x^(1/3)) / (12 pi x^(2/3) s^(1/3)).
    """
    root = 27 + 3 * math.sqrt(81 - 12 * x)
    return (
        2 ** (1 / 3) * math.sqrt(3) * (2 ** (1 / 3) * root ** (2 / 3) - 6 * x ** (1 / 3))
        / (12 * math.pi * x ** (2 / 3) * root ** (1 / 3))
    )  # fmt: skip


def product_density(alpha: float) -> tuple[oracles.Density, float, float]:
    """The corrected density of the product of two Wishart factors: (r_+ - r_-), not (r_+ r_-)."""
    middle, radius = 8 + 20 * alpha - alpha**2, math.sqrt(alpha) * (8 + alpha) ** 1.5
    low, high = (middle - radius) / 8, (middle + radius) / 8
    xi = -2 * (alpha - 1) ** 3 / (9 * (2 + alpha))

    def density(x: float) -> float:
        spread = 6 * math.sqrt(3 * (x - low) * x * (high - x))
        plus, minus = (float(np.cbrt(9 * (2 + alpha) * (x - xi) + s * spread)) for s in (1, -1))
        return (plus - minus) * math.sqrt(3) / (6 * math.pi * 2 ** (1 / 3) * x)

    return density, max(low, 0.0), high


def poisson_density(x: float) -> float:
    """Free Poisson of rate 2 and jump -1, the mirror image of 2 MP(1/2)."""
    return oracles.marchenko_pastur_density(0.5)[0](-x / 2) / 2


CLOSED: dict[str, tuple[oracles.Density, float, float]] = {
    "semicircle": oracles.semicircle_density(1.0),
    "mp(1/2)": oracles.marchenko_pastur_density(0.5),
    "mp(1)": oracles.marchenko_pastur_density(1.0),
    "mp(4)": (oracles.marchenko_pastur_density(4.0)[0], 1.0, 9.0),
    "poisson": (poisson_density, -2 * (1 + math.sqrt(0.5)) ** 2, -2 * (1 - math.sqrt(0.5)) ** 2),
    "arcsine": oracles.arcsine_density(3.0),
    "kesten-mckay(3)": oracles.kesten_mckay_density(3.0),
    "wachter": oracles.wachter_density(0.5, 1 / 3),
    "fuss-catalan(2)": (fuss_catalan_density, 0.0, 6.75),
    "product(1/2)": product_density(0.5),
    "product(3)": product_density(3.0),
    "equilibrium(2)": equilibrium_density(2, 1.0),
    "equilibrium(3)": equilibrium_density(3, 0.05),
    "equilibrium(4)": equilibrium_density(4, 1.0),
}


@pytest.mark.parametrize("name", CLOSED)
def test_density_is_the_closed_formula_at_2000_points(name: str) -> None:
    density, low, high = CLOSED[name]
    x = np.linspace(low + 0.01 * (high - low), high - 0.01 * (high - low), 2000)
    expected = np.array([density(float(p)) for p in x])
    assert np.max(np.abs(spectrum(name).pdf(x) - expected)) < 1e-10 * max(1.0, float(np.max(expected)))


@pytest.mark.parametrize("name", CLOSED)
def test_support_of_the_closed_density(name: str) -> None:
    (interval,) = spectrum(name).intervals
    assert (interval.left, interval.right) == pytest.approx(CLOSED[name][1:], rel=1e-14, abs=1e-14)


@pytest.mark.parametrize("name", [n for n in CLOSED if "poisson" not in n])
def test_cdf_is_the_integral_of_the_closed_density(name: str) -> None:
    density, low, high = CLOSED[name]
    rho = spectrum(name)
    begin, end = low + 0.2 * (high - low), low + 0.7 * (high - low)
    expected, _ = quad(density, begin, end, epsabs=1e-13, epsrel=1e-13)
    assert below(rho, end) - below(rho, begin) == pytest.approx(expected, abs=1e-12)


def test_cdf_of_the_semicircle_to_the_edges() -> None:
    x = np.linspace(-2, 2, 401)
    expected = 0.5 + x * np.sqrt(4 - x * x) / (4 * math.pi) + np.arcsin(x / 2) / math.pi
    assert np.max(np.abs(spectrum("semicircle").cdf(x) - expected)) < 1e-13


def test_cdf_of_the_arcsine_law_to_the_edges() -> None:
    x = np.linspace(-3, 3, 401)
    assert np.max(np.abs(spectrum("arcsine").cdf(x) - (0.5 + np.arcsin(x / 3) / math.pi))) < 1e-13


@pytest.mark.parametrize(
    ("name", "x", "expected"),
    [
        ("mp(1)", 1e-12, 2e-6 / math.pi),  # the square root has density sqrt(4 - y^2)/pi
        ("fuss-catalan(2)", 1e-15, 3 * math.sqrt(3) / (2 * math.pi) * 1e-5),  # rho ~ sqrt(3)/(2 pi) x^(-2/3)
    ],
)
def test_cdf_at_a_hard_edge_keeps_its_relative_accuracy(name: str, x: float, expected: float) -> None:
    assert below(spectrum(name), x) == pytest.approx(expected, rel=1e-5)


def test_density_close_to_a_square_root_edge() -> None:
    x = 2 - 1e-8
    assert float(spectrum("semicircle").pdf(x)) == pytest.approx(math.sqrt((2 - x) * (2 + x)) / (2 * math.pi), rel=1e-7)


# -- root-following at 40 digits -----------------------------------------------------------------------------

FOLLOWED = {"sum": 100, "triple": 100, "3+3": 60, "cusp": 60, "four bulks": 12, "population": 40,
            "noise": 40, "fuss-catalan(3)": 40, "hessian(1/2, 1)": 40, "gram": 40, "coins": 40}  # fmt: skip


@lru_cache(maxsize=32)
def follower(name: str) -> Follower:
    """The branch of one of `LAWS` by brute force."""
    return Follower(LAWS[name]().equation.expr)


@pytest.mark.parametrize("name", FOLLOWED)
def test_density_is_that_of_the_followed_root(name: str) -> None:
    rho = spectrum(name)
    for interval in rho.intervals:
        x = inside(interval, FOLLOWED[name])
        expected = np.array(follower(name).density(x))
        assert np.max(np.abs(rho.pdf(x) - expected)) < 1e-10 * max(1.0, float(np.max(expected)))


@pytest.mark.slow
def test_degree_seventeen_is_certified_and_has_the_moments_of_its_sum() -> None:
    rho = spectrum("5+5")
    fifths = [F(1, 5)] * 5
    a, b = (oracles.atom_moments([F(p) for p in points], fifths, 8) for points in ((-1, 0, 2, 5, 9), (0, 1, 3, 7, 15)))
    assert rho.certificate.passes
    assert [rho.moment(k) for k in range(1, 9)] == pytest.approx(
        [float(m) for m in oracles.sum_moments(a, b)], rel=1e-11
    )


@pytest.mark.parametrize("name", ["sum", "triple", "cusp", "population", "hessian(1/2, 1)"])
def test_intervals_are_where_the_followed_root_is_not_real(name: str) -> None:
    found = spectrum(name).intervals
    merged: list[tuple[float, float]] = []
    for i in found:
        merged.append((merged.pop()[0] if merged and merged[-1][1] == i.left else i.left, i.right))
    expected = follower(name).support()
    assert len(merged) == len(expected)
    for one, other in zip(merged, expected, strict=True):
        assert one == pytest.approx(other, rel=1e-13, abs=1e-13)


@pytest.mark.parametrize("name", ["sum", "triple", "3+3", "gram"])
def test_stieltjes_in_the_upper_half_plane_is_the_followed_root(name: str) -> None:
    points = [complex(x, y) for x, y in ((-3, 2), (0.3, 0.2), (1, 0.01), (5, 1e-3), (0.5, 30))]
    expected = [complex(follower(name).values([mp.mpc(p)])[0]) for p in points]
    assert np.max(np.abs(spectrum(name).stieltjes(points) - np.array(expected))) < 1e-12


# -- edges and exponents -------------------------------------------------------------------------------------

EXPONENTS = {
    "semicircle": [(F(1, 2), F(1, 2))],
    "mp(1)": [(F(-1, 2), F(1, 2))],
    "mp(4)": [(F(1, 2), F(1, 2))],
    "arcsine": [(F(-1, 2), F(-1, 2))],
    "fuss-catalan(2)": [(F(-2, 3), F(1, 2))],
    "fuss-catalan(3)": [(F(-3, 4), F(1, 2))],
    "product(3)": [(F(-1, 2), F(1, 2))],
    "cusp": [(F(1, 2), F(1, 3)), (F(1, 3), F(1, 2))],
    "four bulks": [(F(1, 2), F(1, 2))] * 4,
    "equilibrium(2)": [(F(1, 2), F(1, 2))],
}


@pytest.mark.parametrize("name", EXPONENTS)
def test_exponents_at_the_edges(name: str) -> None:
    assert [(i.left_exponent, i.right_exponent) for i in spectrum(name).intervals] == EXPONENTS[name]


def test_edges_of_the_triple_product_are_extrema_of_its_inverse() -> None:
    ratios = [mp.mpf(1) / k for k in (2, 3, 5)]

    def z(u: Any) -> Any:  # psi = u: z = (1+u)/(u S(u))
        return (1 + u) / u * mp.fprod(1 + c * u for c in ratios)

    expected = [z(mp.findroot(lambda u: mp.diff(z, u), start)) for start in (-0.7, 0.7)]
    assert spectrum("triple").support() == pytest.approx(sorted(float(e) for e in expected), rel=1e-13)


def test_cusp_where_two_bulks_merge() -> None:
    # At the merging variance G^3 - 2 z G^2 + z^2 G - z = 0, so G ~ z^(1/3) and rho ~ sqrt(3)/(2 pi) |x|^(1/3).
    x = np.array([-1e-9, 1e-9])
    assert spectrum("cusp").pdf(x) == pytest.approx(math.sqrt(3) / (2 * math.pi) * 1e-3, rel=1e-5)


@pytest.mark.parametrize(("variance", "bulks"), [("99/100", 2), ("101/100", 1)])
def test_bulks_merge_at_unit_variance(variance: str, bulks: int) -> None:
    assert len(Spectrum(atoms([-1, 1]) + semicircle(variance)).intervals) == bulks


def test_density_of_four_bulks_vanishes_between_them() -> None:
    rho = spectrum("four bulks")
    assert list(rho.pdf([-7, -4, 0, 4, 7])) == [0, 0, 0, 0, 0]
    assert rho.cdf([-7, -4, 0, 4, 7]) == pytest.approx([0, 0.25, 0.5, 0.75, 1], abs=1e-13)


# -- atoms ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("mp(4)", [(0, F(3, 4))]),
        ("mp(1/2)", []),
        ("wachter-atom", [(0, F(1, 2))]),  # rank n1 = p/2
        ("one atom", [(3, F(1))]),
        ("atoms", [(0, F(1, 2)), (1, F(1, 4)), (5, F(1, 4))]),
        ("coins", [(0, F(3, 5))]),  # 2 * 4/5 - 1 (Bercovici, Voiculescu 1998)
        ("product(1/2)", [(0, F(1, 2))]),
        ("product(3)", []),
    ],
)
def test_atoms_and_their_exact_weights(name: str, expected: list[tuple[int, Fraction]]) -> None:
    assert spectrum(name).atoms == tuple(
        PointMass(sympy.Integer(a), sympy.Rational(w.numerator, w.denominator)) for a, w in expected
    )


def test_atoms_jump_in_the_distribution_function() -> None:
    rho = spectrum("atoms")
    assert list(rho.cdf([-1e-12, 0, 0.5, 1, 4.999, 5, 6])) == [0, 0.5, 0.5, 0.75, 0.75, 1, 1]
    assert list(rho.sf([0, 1, 5])) == [0.5, 0.25, 0]


def test_density_does_not_show_atoms() -> None:
    assert list(spectrum("atoms").pdf([0, 1, 5])) == [0, 0, 0]


def test_one_atom() -> None:
    rho = spectrum("one atom")
    assert (rho.support(), rho.intervals, rho.mean(), rho.var()) == ((3.0, 3.0), (), 3.0, 0.0)
    assert complex(rho.stieltjes(1 + 1j)) == pytest.approx(1 / (2 - 1j), abs=1e-15)
    assert list(rho.ppf([0.1, 0.9])) == [3, 3]


def test_irrational_atoms() -> None:
    rho = Spectrum(law_of_equation((Z**2 - 2) * M + Z, (1, 0, 2)))
    assert [(a.point, a.weight) for a in rho.atoms] == [(s * sympy.sqrt(2), sympy.Rational(1, 2)) for s in (-1, 1)]


def test_atom_inside_the_continuous_spectrum() -> None:
    with within(30):
        rho = Spectrum(semicircle().direct_sum(atoms([0]), "2/3"))
    assert rho.atoms == (PointMass(sympy.Integer(0), sympy.Rational(1, 3)),)
    x = np.array([-1.5, -0.1, 0.1, 1.9])
    assert rho.pdf(x) == pytest.approx(2 / 3 * np.sqrt(4 - x**2) / (2 * math.pi), abs=1e-12)
    assert below(rho, 0.0) - below(rho, -1e-15) == pytest.approx(1 / 3, abs=1e-12)


def test_atom_at_a_diverging_hard_edge() -> None:
    # 1/2 delta_0 + 1/2 MP(1): the density diverges like x^(-1/2) at the atom
    with within(30):
        rho = Spectrum(marchenko_pastur(1).direct_sum(atoms([0]), "1/2"))
    assert rho.atoms == (PointMass(sympy.Integer(0), sympy.Rational(1, 2)),)
    assert rho.pdf([0.5, 2.0]) == pytest.approx([math.sqrt(3.5 / 0.5) / (4 * math.pi), 1 / (4 * math.pi)], abs=1e-12)


# -- published values ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("eps", "index"), [("1", 0.124480674654183), ("1/10", 0.00301219676687163)])
def test_index_of_the_hessian_is_the_mass_below_zero(eps: str, index: float) -> None:
    assert below(spectrum(f"hessian(1/2, {eps})"), 0.0) == pytest.approx(index, abs=1e-14)


@pytest.mark.parametrize(("eps", "sign"), [("0.0810", 1), ("0.0811", -1)])
def test_left_edge_of_the_hessian_reaches_zero_at_the_critical_energy(eps: str, sign: int) -> None:
    left = Spectrum(hessian("1/2", eps)).support()[0]  # eps_c(1/2) = 0.0810367098085365
    assert left * sign > 0


def test_hessian_has_mass_one_and_second_moment() -> None:
    rho = Spectrum(hessian("1/2", "1/2"))
    assert (below(rho, 100.0), rho.moment(2)) == pytest.approx((1, 13 / 8), abs=1e-10)


def test_nonlinear_gram_matrix_at_minus_one() -> None:
    assert float(spectrum("gram").stieltjes(-1).real) == pytest.approx(0.6328791973428479, abs=1e-14)


def test_conjugate_kernel_of_two_layers_at_minus_one() -> None:
    rho = Spectrum(marchenko_pastur(1) @ (gram() / 2 + "1/2"))
    assert float(rho.stieltjes(-1).real) == pytest.approx(0.6355242800443937, abs=1e-14)


@pytest.mark.parametrize(
    ("gaussian", "value", "edge"), [(True, 0.809016994374947, 16.45775690), (False, 0.758914093281423, 6.75)]
)
def test_jacobian_of_three_relu_layers(gaussian: bool, value: float, edge: float) -> None:
    with within(30):
        rho = Spectrum(relu_jacobian(gaussian))
    assert float(rho.stieltjes(-1).real) == pytest.approx(value, abs=1e-13)
    assert rho.support() == pytest.approx((0, edge), abs=1e-8)
    assert rho.atoms == (PointMass(sympy.Integer(0), sympy.Rational(1, 2)),)


def test_orthogonal_jacobian_of_mostly_linear_units_has_two_atoms() -> None:
    layer = atoms([0, 1], ["1/5", "4/5"])  # L(1-p) = 3/5 < 1
    with within(30):
        rho = Spectrum(layer @ layer @ layer)
    assert rho.atoms == tuple(PointMass(sympy.Integer(a), sympy.Rational(w)) for a, w in ((0, "1/5"), (1, "2/5")))


def test_right_edge_of_three_linear_gaussian_layers() -> None:
    assert spectrum("fuss-catalan(3)").support()[1] == pytest.approx(256 / 27, rel=1e-14)


# -- the Stieltjes transform ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["semicircle", "mp(1/2)", "kesten-mckay(3)", "wachter", "equilibrium(3)"])
def test_stieltjes_is_the_integral_of_the_density(name: str) -> None:
    density, low, high = CLOSED[name]
    for z in (low - 1 + 0j, high + 0.5 + 0j, (low + high) / 2 + 1j, low + 0.3j):
        assert complex(spectrum(name).stieltjes(z)) == pytest.approx(
            oracles.stieltjes(z, density, low, high), abs=1e-12
        )


def test_stieltjes_with_an_atom_is_the_integral_of_the_measure() -> None:
    density, low, high = oracles.marchenko_pastur_density(4.0)
    z = 0.4 + 0.1j
    expected = oracles.stieltjes(z, density, low, high, [(0.0, 0.75)])
    assert complex(spectrum("mp(4)").stieltjes(z)) == pytest.approx(expected, abs=1e-12)


def test_stieltjes_by_adaptive_quadrature_of_the_derived_density() -> None:
    rho, z = spectrum("sum"), 1 + 0.5j
    low, high = rho.support()
    parts = [
        quad(lambda x, p=p: p(float(rho.pdf(x)) / (x - z)), low, high, epsabs=1e-12)[0] for p in (np.real, np.imag)
    ]
    assert complex(rho.stieltjes(z)) == pytest.approx(complex(*parts), abs=1e-10)


def test_stieltjes_of_the_semicircle_everywhere() -> None:
    z = np.array([3, -3, 1j, 0.5 + 0.1j, -1 + 1e-6j, 100 + 100j], dtype=complex)
    expected = (-z + np.sqrt(z - 2) * np.sqrt(z + 2)) / 2
    assert np.max(np.abs(spectrum("semicircle").stieltjes(z) - expected)) < 1e-14


def test_stieltjes_on_the_support_is_the_limit_from_above() -> None:
    assert complex(spectrum("semicircle").stieltjes(1.0)) == pytest.approx((-1 + 1j * math.sqrt(3)) / 2, abs=1e-14)


def test_stieltjes_below_the_real_axis_is_the_conjugate() -> None:
    rho = spectrum("sum")
    assert complex(rho.stieltjes(1 - 0.5j)) == complex(rho.stieltjes(1 + 0.5j)).conjugate()


def test_stieltjes_has_no_value_at_an_edge_nor_at_an_atom() -> None:
    assert np.isnan(spectrum("semicircle").stieltjes(2.0))
    assert np.isnan(spectrum("mp(4)").stieltjes(0.0))


# -- moments and expectations --------------------------------------------------------------------------------

MOMENTS: dict[str, list[Fraction]] = {
    "semicircle": oracles.semicircle_moments(F(1), 8),
    "mp(1/2)": oracles.marchenko_pastur_moments(F(1, 2), 8),
    "mp(4)": oracles.marchenko_pastur_moments(F(4), 8),
    "arcsine": oracles.arcsine_moments(F(3), 8),
    "kesten-mckay(3)": oracles.tree_walks(3, 8),
    "fuss-catalan(2)": oracles.fuss_catalan_moments(2, 8),
    "fuss-catalan(3)": oracles.fuss_catalan_moments(3, 8),
    "sum": oracles.sum_moments(oracles.semicircle_moments(F(1), 8), oracles.marchenko_pastur_moments(F(1, 2), 8)),
    "triple": oracles.product_moments(
        oracles.product_moments(*(oracles.marchenko_pastur_moments(F(1, k), 8) for k in (2, 3))),
        oracles.marchenko_pastur_moments(F(1, 5), 8),
    ),
    "cusp": oracles.sum_moments([F(0), F(1)] * 4, oracles.semicircle_moments(F(1), 8)),
}


@pytest.mark.parametrize("name", MOMENTS)
def test_moments_by_quadrature(name: str) -> None:
    found = [spectrum(name).moment(k) for k in range(9)]
    assert found == pytest.approx([1.0, *(float(m) for m in MOMENTS[name])], rel=1e-11, abs=1e-10)


@pytest.mark.parametrize("name", MOMENTS)
def test_certificate_compares_with_the_true_moments(name: str) -> None:
    certificate = spectrum(name).certificate
    assert certificate.passes
    assert certificate.worst < 1e-10
    assert [m.exact for m in certificate.moments[:8]] == pytest.approx([float(m) for m in MOMENTS[name]], rel=1e-15)


@pytest.mark.parametrize("name", [n for n in LAWS if n not in ("4+3", "5+5")])
def test_every_law_is_certified_with_mass_one(name: str) -> None:
    assert spectrum(name).certificate.mass == pytest.approx(1, abs=1e-12)
    assert below(spectrum(name), 1e6) == pytest.approx(1, abs=1e-12)


def test_mean_variance_and_deviation() -> None:
    rho = spectrum("mp(4)")
    assert (rho.mean(), rho.var(), rho.std()) == pytest.approx((1, 4, 2), abs=1e-12)


@pytest.mark.parametrize(("c", "expected"), [(F(1, 2), 1 * math.log(2) - 1), (F(1, 4), -3 * math.log(3 / 4) - 1)])
def test_expected_logarithm_of_marchenko_pastur(c: Fraction, expected: float) -> None:
    # int log x = -1 - (1-c)/c log(1-c) (Bai, Silverstein 2010, section 9.12.3)
    assert Spectrum(marchenko_pastur(c)).expect(np.log) == pytest.approx(expected, abs=1e-11)


def test_expectation_counts_atoms() -> None:
    assert spectrum("atoms").expect(np.exp) == pytest.approx(0.5 + math.e / 4 + math.exp(5) / 4, rel=1e-15)


def test_expected_exponential_of_the_semicircle_is_a_bessel_function() -> None:
    assert spectrum("semicircle").expect(np.exp) == pytest.approx(float(mp.besseli(1, 2)), abs=1e-13)


@pytest.mark.parametrize(("g", "penalty", "risk"), [("1/2", 0.3, 0.31621738), (2, 0.4 * 2 / 1.5, 0.96911901)])
def test_risk_of_ridge_regression(g: Any, penalty: float, risk: float) -> None:
    # r^2 lam^2 m'(-lam) + s^2 g (m(-lam) - lam m'(-lam)), r^2 = 1.5, s^2 = 0.4
    rho = Spectrum(marchenko_pastur(g))
    m, slope = (rho.expect(lambda x, k=k: (x + penalty) ** -k) for k in (1, 2))
    found = 1.5 * penalty**2 * slope + 0.4 * float(sympy.Rational(g)) * (m - penalty * slope)
    assert found == pytest.approx(risk, abs=1e-8)


def test_expectation_of_a_singular_function_is_refused() -> None:
    with pytest.raises(PrecisionError, match="did not settle"):
        spectrum("semicircle").expect(lambda x: np.abs(x - 0.3) ** -0.5)


def test_expectation_settles_to_a_looser_tolerance() -> None:
    found = spectrum("mp(1)").expect(np.log, tolerance=1e-3)
    assert found == pytest.approx(-1, abs=1e-3)


# -- quantiles and random numbers ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["semicircle", "mp(1)", "fuss-catalan(2)", "sum", "four bulks", "cusp"])
def test_quantiles_invert_the_distribution_function(name: str) -> None:
    q = np.array([1e-6, 0.01, 0.2, 0.45, 0.6, 0.9, 0.999])
    assert spectrum(name).cdf(spectrum(name).ppf(q)) == pytest.approx(q, abs=1e-12)


def test_quantiles_of_the_arcsine_law() -> None:
    q = np.linspace(0.001, 0.999, 99)
    assert spectrum("arcsine").ppf(q) == pytest.approx(3 * np.sin(math.pi * (q - 0.5)), abs=1e-12)


def test_quantiles_at_the_ends() -> None:
    assert list(spectrum("semicircle").ppf([0, 1])) == pytest.approx([-2, 2], abs=1e-7)


@pytest.mark.parametrize(
    ("name", "q", "place"),
    [
        ("mp(4)", [0.0, 0.3, 0.75], 0.0),
        ("atoms", [0.51, 0.7], 1.0),
        ("atoms", [0.8, 1.0], 5.0),
        ("coins", [0.3, 0.7], 0.0),
    ],
)
def test_quantiles_at_an_atom_are_the_atom(name: str, q: list[float], place: float) -> None:
    assert list(spectrum(name).ppf(q)) == [place] * len(q)


def test_quantiles_outside_the_unit_interval_are_undefined() -> None:
    assert np.all(np.isnan(spectrum("semicircle").ppf([-0.1, 1.1, math.nan])))


@pytest.mark.parametrize("name", ["semicircle", "arcsine", "wachter"])
def test_random_numbers_follow_the_closed_density(name: str) -> None:
    density, low, high = CLOSED[name]
    sample = spectrum(name).rvs(2000, random_state=7)
    grid = np.linspace(low, high, 4001)
    middle = (grid[1:] + grid[:-1]) / 2
    steps = np.array([density(float(x)) for x in middle]) * np.diff(grid)
    cumulated = np.concatenate([[0], np.cumsum(steps)]) / np.sum(steps)
    result = scipy.stats.ks_1samp(sample, lambda x: np.interp(x, grid, cumulated))
    assert result.pvalue > 0.01


def test_random_numbers_hit_atoms() -> None:
    sample = spectrum("atoms").rvs(4000, random_state=3)
    shares = [float(np.mean(sample == a)) for a in (0, 1, 5)]
    assert shares == pytest.approx([0.5, 0.25, 0.25], abs=0.03)


def test_random_numbers_are_reproducible_and_have_the_shape_asked_for() -> None:
    rho = spectrum("semicircle")
    assert np.array_equal(
        rho.rvs((3, 4), random_state=5), rho.rvs(12, random_state=np.random.default_rng(5)).reshape(3, 4)
    )


# -- input ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("function", ["pdf", "cdf", "sf", "ppf", "stieltjes"])
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3)])
def test_results_have_the_shape_of_the_argument(function: str, shape: tuple[int, ...]) -> None:
    assert np.shape(getattr(spectrum("semicircle"), function)(np.full(shape, 0.25))) == shape


def test_scalars_and_lists_are_taken() -> None:
    rho = spectrum("semicircle")
    assert float(rho.pdf(0)) == pytest.approx(1 / math.pi, abs=1e-15)
    assert list(rho.pdf([0, 0])) == [float(rho.pdf(0))] * 2


def test_infinities_and_nans() -> None:
    rho = spectrum("mp(4)")
    x = np.array([-math.inf, math.inf, math.nan])
    assert rho.pdf(x) == pytest.approx([0, 0, math.nan], nan_ok=True)
    assert rho.cdf(x) == pytest.approx([0, 1, math.nan], nan_ok=True)
    assert rho.sf(x) == pytest.approx([1, 0, math.nan], nan_ok=True)


def test_stieltjes_at_infinities_and_nans() -> None:
    rho = spectrum("semicircle")
    assert list(rho.stieltjes([math.inf, complex(0, math.inf)])) == [0, 0]
    assert np.isnan(rho.stieltjes(complex(math.nan, 1)))


def test_density_is_infinite_at_a_diverging_edge() -> None:
    assert float(spectrum("mp(1)").pdf(0.0)) == math.inf


@pytest.mark.parametrize("value", [0.1, "0.1", "1/10", F(1, 10), sympy.Rational(1, 10), np.float64(0.1)])
def test_a_float_stands_for_its_decimal(value: Any) -> None:
    assert Spectrum(semicircle(sympy.Symbol("v", positive=True)), v=value).law.equation.expr == M**2 + 10 * M * Z + 10


def test_parameters_are_set_one_by_one_or_all_together() -> None:
    law = marchenko_pastur(C)
    assert Spectrum(law, c="1/2").support() == Spectrum(law.at(c="1/2")).support()


def test_a_missing_parameter_is_named() -> None:
    with pytest.raises(ParameterError, match="missing: c"):
        Spectrum(marchenko_pastur(C))


def test_one_of_two_parameters_missing_is_named() -> None:
    with pytest.raises(ParameterError, match="missing: v"):
        Spectrum(marchenko_pastur(C) + semicircle(sympy.Symbol("v", positive=True)), c=1)


def test_a_surplus_parameter_is_named() -> None:
    with pytest.raises(ParameterError, match="no parameter 'd'"):
        Spectrum(marchenko_pastur(C), c=1, d=2)


@pytest.mark.parametrize("value", [-1, 0, "abc", math.nan, math.inf, None, 1j])
def test_an_inadmissible_value_is_refused(value: Any) -> None:
    with pytest.raises(ParameterError):
        Spectrum(marchenko_pastur(C), c=value)


@pytest.mark.parametrize("thing", [3, "semicircle()", None, M**2 + Z * M + 1])
def test_what_is_not_a_law_is_refused(thing: Any) -> None:
    with pytest.raises(ParameterError, match="needs a law"):
        Spectrum(thing)


def test_an_equation_of_no_measure_is_refused_at_the_value_that_makes_it_one() -> None:
    law = law_of_equation(V * M**2 + Z * M + 1, (1, 0, V))
    assert Spectrum(law, v=2).support() == pytest.approx((-math.sqrt(8), math.sqrt(8)), rel=1e-14)
    with pytest.raises((DerivationError, NotCertified)):
        Spectrum(law, v=-1)


def test_repr_names_the_law() -> None:
    assert repr(spectrum("semicircle")) == "Spectrum(semicircle(1))"


@pytest.mark.parametrize("c", ["1.0001", "0.99999", "1.000001"])
def test_marchenko_pastur_next_to_square_has_its_closed_density(c: str) -> None:
    # an edge closer than 1e-8 to the pole at 0
    ratio = float(c)
    lower = (float(Fraction(c) - 1) / (1 + math.sqrt(ratio))) ** 2  # (1 - sqrt(c))^2 without cancellation
    upper = (1 + math.sqrt(ratio)) ** 2
    x = np.geomspace(1.001 * lower, 0.999 * upper, 200)
    exact = np.sqrt((x - lower) * (upper - x)) / (2 * math.pi * ratio * x)
    assert np.max(np.abs(Spectrum(marchenko_pastur(c)).pdf(x) / exact - 1)) < 1e-7


def test_the_sum_of_an_equilibrium_measure_and_a_semicircle_is_certified() -> None:
    # moments in an extension of Q: the sheets of m agree to several orders at infinity
    law = equilibrium_measure(2, "1/4") + semicircle(1)
    assert Spectrum(law).moment(2) == pytest.approx(float(equilibrium_measure(2, "1/4").moments(2)[1]) + 1, abs=1e-10)


def test_moments_that_do_not_exist_are_refused() -> None:
    with pytest.raises(ParameterError, match="the moment of order -1 does not exist: 0 lies in the support"):
        Spectrum(semicircle()).moment(-1)


def test_fractional_moments_are_refused() -> None:
    with pytest.raises(ParameterError, match=r"order must be a whole number from -1000 to 1000; got 2\.5"):
        Spectrum(semicircle()).moment(2.5)  # type: ignore[arg-type]


def test_inverse_moments_of_a_law_away_from_zero() -> None:
    assert Spectrum(marchenko_pastur("1/2")).moment(-1) == pytest.approx(2.0, abs=1e-12)  # 1/(1 - c)


@pytest.mark.slow
def test_another_pair_of_five_atoms_is_certified() -> None:
    rho = Spectrum(atoms([0, 1, 3, 6, 10]) + atoms([0, 1, 4, 5, 7]))
    assert rho.moment(2) == pytest.approx(float(146 / 5 + 91 / 5 + 2 * 4 * 17 / 5), abs=1e-9)


# -- critical points -------------------------------------------------------------------------------------------


def test_edges_of_a_sum_of_atoms_are_exact_and_no_other_root_is_one() -> None:
    rho = Spectrum(atoms([-1, 0, 2]) + atoms([0, 1, 3], ["1/4", "1/4", "1/2"]))
    assert [math.trunc(float(e) * 1e4) for e in rho.edges] == [-8435, 29460, 30114, 49653]
    assert {e.number.polynomial for e in rho.edges} == {rho.edges[0].number.polynomial}  # one factor of degree 16
    others = [p for p in rho.critical_points if not p.is_edge]
    assert [p.kind for p in others] == ["other sheets only"] * 8


def test_edges_of_a_triple_product_are_two_of_its_five_critical_points() -> None:
    rho = Spectrum(marchenko_pastur("1/2") @ marchenko_pastur("1/3") @ marchenko_pastur("1/5"))
    assert [p.kind for p in rho.critical_points] == [
        "other sheets only", "other sheets only", "left edge", "other sheets only", "right edge",
    ]  # fmt: skip
    assert [math.trunc(float(p) * 1e5) for p in rho.critical_points] == [-1251, 0, 3397, 5377, 460871]


def test_a_cusp_is_a_meeting_of_two_bulks() -> None:
    _, cusp, _ = Spectrum(atoms([-1, 1]) + semicircle(1)).critical_points
    assert (cusp.kind, cusp.below, cusp.above, cusp.to_sympy()) == ("meeting of two bulks", F(1, 3), F(1, 3), 0)


def test_an_atom_at_a_hard_edge_is_both() -> None:
    first, *_ = Spectrum(marchenko_pastur(1).direct_sum(atoms([0]), "1/2")).critical_points
    assert (first.kind, first.above, first.weight) == ("left edge and atom", F(-1, 2), sympy.Rational(1, 2))


def test_edges_have_closed_forms_and_any_number_of_digits() -> None:
    left, right = Spectrum(marchenko_pastur("1/2")).edges
    assert sympy.expand(right.to_sympy() - (1 + sympy.sqrt(sympy.Rational(1, 2))) ** 2) == 0
    with mp.workdps(60):
        assert left.digits(50) == mp.nstr((1 - mp.sqrt(mp.mpf(1) / 2)) ** 2, 50)
    with pytest.raises(ParameterError, match="positive integer"):
        left.digits(0)


def test_edges_in_radicals_on_request() -> None:
    for edge in Spectrum(semicircle() + marchenko_pastur("1/2")).edges:
        assert edge.to_sympy().has(sympy.CRootOf)
        radicals = edge.to_sympy(radicals=True)
        assert not radicals.has(sympy.CRootOf)
        assert abs(sympy.N(radicals, 40) - sympy.Float(edge.digits(40), 40)) < 1e-35


def test_a_path_from_a_coarse_stop_is_found() -> None:
    law = atoms(["-1/3", "-3/2"], ["3/5", "2/5"]) ** 2 + atoms([3, "-2/3", 2], ["3/7", "3/7", "1/7"])
    rho = Spectrum(law.direct_sum(atoms([2, "-5/2"], ["2/3", "1/3"]), "1/3"))
    assert [str(atom.weight) for atom in rho.atoms] == ["2/9", "1/105", "4/9", "1/105"]
    assert len(rho.intervals) == 3


@pytest.mark.parametrize("q", [1e-4, 1e-10, 1e-14, 1e-16, 1e-18])
def test_small_levels_from_above_keep_their_digits(q: float) -> None:
    """The edge at 0 has all digits: there the mass of (x, 0) of minus a Marchenko-Pastur law of ratio 1 is known."""
    rho = Spectrum(-1 * marchenko_pastur(1))
    x = -float(rho.isf(q))
    mass = 2 * math.asin(math.sqrt(x) / 2) / math.pi + math.sqrt(x * (4 - x)) / (2 * math.pi)
    assert mass == pytest.approx(q, rel=1e-9, abs=0)
    assert float(rho.sf(-x)) == pytest.approx(q, rel=1e-9, abs=0)
    assert float(Spectrum(atoms([1, 2])).isf(q)) == 2.0
