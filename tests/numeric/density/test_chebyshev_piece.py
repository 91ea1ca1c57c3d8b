"""The tables of a spectrum against closed forms and polynomial roots at 50 digits, down to the edges; its inverse."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import flint
import mpmath as mp
import numpy as np
import pytest
import sympy
from flint import acb, arb
from numpy.typing import NDArray

from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.elementary import arcsine, atoms, fuss_catalan, kesten_mckay, marchenko_pastur, semicircle
from resolvent.derive.support.support import skeleton
from resolvent.numeric.density.boundary_values import BoundaryValues
from resolvent.numeric.density.edge_polynomials import edge_table
from resolvent.numeric.spectrum.spectrum import Spectrum

Array = NDArray[Any]
Density = Callable[[Any], Any]
DIGITS = 50

LAWS: dict[str, Callable[[], AlgebraicLaw]] = {
    "semicircle": semicircle,
    "mp(1/4)": lambda: marchenko_pastur("1/4"),
    "mp(1/2)": lambda: marchenko_pastur("1/2"),
    "mp(1)": lambda: marchenko_pastur(1),
    "mp(4)": lambda: marchenko_pastur(4),
    "mp(1.0001)": lambda: marchenko_pastur("1.0001"),
    "arcsine": lambda: arcsine(3),
    "kesten-mckay": lambda: kesten_mckay(3),
    "fuss-catalan(2)": lambda: fuss_catalan(2),
    "fuss-catalan(3)": lambda: fuss_catalan(3),
    "sum": lambda: semicircle() + marchenko_pastur("1/2"),
    "3+3": lambda: atoms([-1, 0, 2]) + atoms([0, 1, 3]),
    "cusp": lambda: atoms([-1, 1]) + semicircle(1),
    "merging": lambda: atoms([-1, 1]) + semicircle("1.01"),
    "three bulks": lambda: atoms([1, 2, 5]).wishart("1/20"),
    "bulks and atom": lambda: atoms([-1, 0, 1], ["1/10", "4/5", "1/10"]) + atoms([0, 3], ["9/10", "1/10"]),
    "atoms": lambda: atoms([0, 1, 5], ["1/2", "1/4", "1/4"]),
}
CONTINUOUS = [name for name in LAWS if name not in ("atoms", "bulks and atom", "mp(4)", "mp(1.0001)")]


@lru_cache(maxsize=32)
def spectrum(name: str) -> Spectrum:
    """The spectrum of one of `LAWS`, built once."""
    return Spectrum(LAWS[name]())


def towards_the_edges(rho: Spectrum) -> Array:
    """Points at 10^-1, ..., 10^-13 of the width from every edge, on both sides of each interval."""
    found = []
    for i in rho.intervals:
        steps = (i.right - i.left) * 10.0 ** -np.arange(1, 14)
        found += [x for x in (*(i.left + steps), *(i.right - steps)) if i.left < x < i.right]
    return np.array(found)


# -- the density at 50 digits --------------------------------------------------------------------------------


def mp_marchenko_pastur(c: Any) -> Density:
    """sqrt((b-x)(x-a))/(2 pi c x), a, b = (1 -+ sqrt c)^2."""
    ratio = mp.mpf(c)

    def density(x: Any) -> Any:
        low, high = (1 - mp.sqrt(ratio)) ** 2, (1 + mp.sqrt(ratio)) ** 2
        return mp.sqrt((high - x) * (x - low)) / (2 * mp.pi * ratio * x)

    return density


def mp_fuss_catalan(x: Any) -> Any:
    """The Fuss-Catalan law of order 2 (Penson, Zyczkowski 2011)."""
    root = 27 + 3 * mp.sqrt(81 - 12 * x)
    third, two = mp.mpf(1) / 3, mp.mpf(2)
    top = mp.cbrt(2) * mp.sqrt(3) * (mp.cbrt(2) * root ** (2 * third) - 6 * mp.cbrt(x))
    return top / (12 * mp.pi * x ** (two / 3) * root**third)


CLOSED: dict[str, Density] = {
    "semicircle": lambda x: mp.sqrt(4 - x * x) / (2 * mp.pi),
    "mp(1/4)": mp_marchenko_pastur("0.25"),
    "mp(1/2)": mp_marchenko_pastur("0.5"),
    "mp(1)": mp_marchenko_pastur(1),
    "mp(4)": mp_marchenko_pastur(4),
    "arcsine": lambda x: 1 / (mp.pi * mp.sqrt(9 - x * x)),
    "kesten-mckay": lambda x: 3 * mp.sqrt(8 - x * x) / (2 * mp.pi * (9 - x * x)),
    "fuss-catalan(2)": mp_fuss_catalan,
}


@pytest.mark.parametrize("name", CLOSED)
def test_density_has_its_relative_accuracy_down_to_the_edges(name: str) -> None:
    x = towards_the_edges(spectrum(name))
    with mp.workdps(DIGITS):
        expected = np.array([float(CLOSED[name](mp.mpf(float(p)))) for p in x])
    assert np.max(np.abs(spectrum(name).pdf(x) / expected - 1)) < 1e-13


@pytest.mark.parametrize("name", CLOSED)
def test_density_in_the_bulk_is_the_closed_form_at_50_digits(name: str) -> None:
    i = spectrum(name).intervals[0]
    x = i.left + (i.right - i.left) * np.linspace(0.001, 0.999, 333)
    with mp.workdps(DIGITS):
        expected = np.array([float(CLOSED[name](mp.mpf(float(p)))) for p in x])
    assert np.max(np.abs(spectrum(name).pdf(x) - expected)) < 1e-14 * np.max(expected)


def cubic_density(name: str) -> Density:
    """Im m/pi of the only root of an equation of degree 3 in the upper half-plane."""
    z, m = sympy.symbols("z m")
    polynomial = sympy.Poly(LAWS[name]().equation.expr, m)
    assert polynomial.degree() == 3
    coefficients = [sympy.lambdify(z, c, "mpmath") for c in polynomial.all_coeffs()]

    def density(x: Any) -> Any:
        roots = mp.polyroots([c(x) for c in coefficients], maxsteps=300, extraprec=300)
        return max(root.imag for root in roots) / mp.pi

    return density


@pytest.mark.parametrize("name", ["sum", "3+3", "cusp", "merging"])
def test_density_is_that_of_the_root_at_50_digits_down_to_the_edges(name: str) -> None:
    rho, density = spectrum(name), cubic_density(name)
    bulk = [i.left + (i.right - i.left) * np.linspace(0.01, 0.99, 15) for i in rho.intervals]
    x = np.concatenate([towards_the_edges(rho), *bulk])
    with mp.workdps(DIGITS):
        expected = np.array([float(density(mp.mpf(float(p)))) for p in x])
    assert np.max(np.abs(rho.pdf(x) / expected - 1)) < 1e-12


def test_density_next_to_an_edge_at_one_ten_thousandth_from_the_pole() -> None:
    rho = spectrum("mp(1.0001)")
    low, high = rho.intervals[0].left, rho.intervals[0].right
    x = np.concatenate([low * (1 + 10.0 ** -np.arange(0, 10)), np.geomspace(2 * low, 0.999 * high, 100)])
    with mp.workdps(DIGITS):
        expected = np.array([float(mp_marchenko_pastur("1.0001")(mp.mpf(float(p)))) for p in x])
    assert np.max(np.abs(rho.pdf(x) / expected - 1)) < 1e-12


@pytest.mark.parametrize("name", [name for name in LAWS if name != "atoms"])
def test_tables_agree_with_the_chebyshev_series(name: str) -> None:
    rho = spectrum(name)
    for piece in rho.measure.parts.pieces:
        t = np.cos(np.linspace(0.01, math.pi - 0.01, 999))
        x = piece.at(t)
        series = piece.pdf(x)
        assert np.max(np.abs(rho.pdf(x) - series)) < 2e-13 * np.max(series)
        masses = edge_table(piece, 0).total + edge_table(piece, 1).total
        assert masses == pytest.approx(piece.mass, rel=1e-13, abs=0)


def test_mass_by_the_table_is_the_primitive_of_the_series() -> None:
    rho = spectrum("three bulks")
    for piece in rho.measure.parts.pieces:
        x = np.linspace(piece.left, piece.right, 500)[1:-1]
        assert np.max(np.abs(rho.cdf(x) - float(rho.cdf(piece.left)) - piece.cdf(x))) < 1e-14


# -- the mass in the tails -----------------------------------------------------------------------------------


def mp_semicircle_tail(distance: Any) -> Any:
    """The semicircle's mass within d of the edge: (theta - sin theta)/(2 pi) with 1 - cos(theta/2) = d/2."""
    theta = 2 * mp.acos(1 - distance / 2)
    return (theta - mp.sin(theta)) / (2 * mp.pi)


TAILS = 10.0 ** -np.arange(1, 13)


def test_both_tails_of_the_semicircle_are_relatively_accurate() -> None:
    rho, left, right = spectrum("semicircle"), -2 + TAILS, 2 - TAILS
    with mp.workdps(DIGITS):
        below = np.array([float(mp_semicircle_tail(mp.mpf(float(x)) + 2)) for x in left])
        above = np.array([float(mp_semicircle_tail(2 - mp.mpf(float(x)))) for x in right])
    assert np.max(np.abs(rho.cdf(left) / below - 1)) < 1e-13
    assert np.max(np.abs(rho.sf(right) / above - 1)) < 1e-13


def test_both_tails_of_the_arcsine_law_are_relatively_accurate() -> None:
    rho, right = spectrum("arcsine"), 3 - TAILS
    with mp.workdps(DIGITS):
        above = np.array([float(mp.acos(mp.mpf(float(x)) / 3) / mp.pi) for x in right])
    assert np.max(np.abs(rho.sf(right) / above - 1)) < 1e-13
    assert np.max(np.abs(rho.cdf(-right) / above - 1)) < 1e-13


def test_mass_at_a_hard_edge_is_that_of_the_semicircle_in_the_root() -> None:
    x = 10.0 ** -np.arange(0, 300, 23.0)  # the square root of mp(1) has density sqrt(4 - y^2)/pi on [0, 2]
    with mp.workdps(400):
        masses = [
            (y * mp.sqrt(4 - y * y) / 2 + 2 * mp.asin(y / 2)) / mp.pi for y in (mp.sqrt(mp.mpf(float(p))) for p in x)
        ]
    assert np.max(np.abs(spectrum("mp(1)").cdf(x) / np.array([float(m) for m in masses]) - 1)) < 1e-13


@pytest.mark.parametrize("distance", [1e-3, 1e-7, 1e-11])
def test_tails_of_marchenko_pastur_are_the_integrals_of_the_density(distance: float) -> None:
    rho, density = spectrum("mp(1/2)"), CLOSED["mp(1/2)"]
    left, right = rho.intervals[0].left + distance, rho.intervals[0].right - distance
    with mp.workdps(30):
        low, high = (1 - mp.sqrt(mp.mpf(1) / 2)) ** 2, (1 + mp.sqrt(mp.mpf(1) / 2)) ** 2
        below = mp.quad(lambda u: 2 * u * density(low + u * u), [0, mp.sqrt(left - low)])
        above = mp.quad(lambda u: 2 * u * density(high - u * u), [0, mp.sqrt(high - right)])
    assert float(rho.cdf(left)) == pytest.approx(float(mp.re(below)), rel=1e-12, abs=0)
    assert float(rho.sf(right)) == pytest.approx(float(mp.re(above)), rel=1e-12, abs=0)


@pytest.mark.parametrize("name", LAWS)
def test_the_masses_below_and_above_add_up_to_one(name: str) -> None:
    rho = spectrum(name)
    low, high = rho.support()
    x = np.linspace(low - 1, high + 1, 3001)
    assert np.max(np.abs(rho.cdf(x) + rho.sf(x) - 1)) < 1e-14
    assert (float(rho.sf(high)), float(rho.cdf(high))) == (0.0, 1.0)
    assert float(rho.sf(low - 1e-9)) == 1.0


@pytest.mark.parametrize("name", LAWS)
def test_the_distribution_function_increases(name: str) -> None:
    rho = spectrum(name)
    low, high = rho.support()
    x = np.linspace(low, high, 40001)
    assert np.min(np.diff(rho.cdf(x))) > -1e-15
    assert np.max(np.diff(rho.sf(x))) < 1e-15


def test_the_mass_above_an_atom_does_not_count_it() -> None:
    assert list(spectrum("atoms").sf([-1.0, 0.0, 0.5, 1.0, 5.0])) == [1.0, 0.5, 0.5, 0.25, 0.0]


# -- quantiles -----------------------------------------------------------------------------------------------

LEVELS = np.sort(np.concatenate([np.linspace(0, 1, 20001)[1:-1], TAILS, 1 - TAILS]))


@pytest.mark.parametrize("name", [name for name in CONTINUOUS if name != "arcsine"])
def test_the_distribution_function_inverts_the_quantiles(name: str) -> None:
    assert np.max(np.abs(spectrum(name).cdf(spectrum(name).ppf(LEVELS)) - LEVELS)) < 2e-15


@pytest.mark.parametrize("name", CONTINUOUS)
def test_the_quantiles_invert_the_distribution_function(name: str) -> None:
    rho = spectrum(name)
    for i in rho.intervals:
        x = i.left + (i.right - i.left) * np.linspace(0.01, 0.99, 999)
        level = rho.cdf(x)
        assert np.max(np.abs(rho.ppf(level) - x) * rho.pdf(x)) < 1e-15  # a level is known to 1e-16


@pytest.mark.parametrize("name", ["mp(1)", "fuss-catalan(2)", "fuss-catalan(3)"])
def test_small_quantiles_at_a_hard_edge_are_relatively_accurate(name: str) -> None:
    level = 10.0 ** -np.arange(1, 60, 4.0)
    assert np.max(np.abs(spectrum(name).cdf(spectrum(name).ppf(level)) / level - 1)) < 1e-14


@pytest.mark.parametrize("name", LAWS)
def test_the_quantiles_increase(name: str) -> None:
    assert np.min(np.diff(spectrum(name).ppf(LEVELS))) >= 0


@pytest.mark.parametrize("name", LAWS)
def test_a_quantile_is_the_smallest_point_with_its_level(name: str) -> None:
    rho = spectrum(name)
    x = rho.ppf(LEVELS)
    span = rho.support()[1] - rho.support()[0]
    assert np.all(rho.cdf(x + 1e-15 * span) >= LEVELS - 2e-15)
    assert np.all(rho.cdf(x - 1e-9 * span) <= LEVELS)


def test_quantiles_at_the_levels_of_an_atom_inside() -> None:
    rho = spectrum("bulks and atom")
    assert list(rho.ppf([0.11, 0.5, 0.79])) == [0.0] * 3
    below, above = float(rho.cdf(-1e-9)), float(rho.cdf(0.0))
    assert list(rho.ppf([below + 1e-14, above])) == [0.0, 0.0]


# -- special arguments ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "edges"), [("arcsine", [-3.0, 3.0]), ("mp(1)", [0.0]), ("fuss-catalan(3)", [0.0])])
def test_density_is_infinite_at_edges_with_a_pole(name: str, edges: list[float]) -> None:
    assert list(spectrum(name).pdf(edges)) == [math.inf] * len(edges)


@pytest.mark.parametrize("name", ["semicircle", "sum", "cusp", "three bulks", "merging"])
def test_density_vanishes_at_square_root_edges_and_outside(name: str) -> None:
    rho = spectrum(name)
    low, high = rho.support()
    outside = [
        np.nextafter(low, -math.inf),
        np.nextafter(high, math.inf),
        low - 1e300,
        high + 1e300,
        -math.inf,
        math.inf,
    ]
    assert np.max(rho.pdf([low, high])) < 1e-7
    assert list(rho.pdf(outside)) == [0.0] * 6


@pytest.mark.parametrize("name", LAWS)
@pytest.mark.parametrize("function", ["pdf", "cdf", "sf", "ppf"])
def test_nan_stays_nan_and_disturbs_no_other_point(name: str, function: str) -> None:
    evaluate = getattr(spectrum(name), function)
    result = evaluate([math.nan, 0.3, math.nan])
    assert np.array_equal(np.isnan(result), [True, False, True])
    assert result[1] == evaluate(0.3)


@pytest.mark.parametrize("name", ["fuss-catalan(2)", "three bulks", "cusp", "bulks and atom"])
@pytest.mark.parametrize("function", ["pdf", "cdf", "sf", "ppf"])
def test_many_points_in_any_order_have_the_values_of_each_alone(name: str, function: str) -> None:
    rho = spectrum(name)
    low, high = (0, 1) if function == "ppf" else rho.support()
    x = np.random.default_rng(0).uniform(low, high, 20011)
    together = getattr(rho, function)(x)
    order = np.argsort(x)
    assert np.array_equal(getattr(rho, function)(x[order]), together[order])
    assert np.array_equal([float(getattr(rho, function)(p)) for p in x[:50]], together[:50])


def test_a_law_far_from_zero_keeps_its_edges() -> None:
    rho = Spectrum(semicircle() + 1000000)
    x = 10.0**6 + np.linspace(-1.99, 1.99, 101)
    assert np.max(np.abs(rho.pdf(x) - np.sqrt(4 - (x - 1e6) ** 2) / (2 * math.pi))) < 1e-14


# -- where the values come from ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["sum", "three bulks", "fuss-catalan(3)"])
def test_values_on_the_interval_are_those_of_a_path_through_the_upper_half_plane(name: str) -> None:
    bones = skeleton(LAWS[name]().equation)
    sheet = bones.continuous
    with flint.ctx.workprec(sheet.precision):
        for interval in bones.intervals:
            branch = BoundaryValues(sheet, interval.sample)
            low, high = (float(edge.point) for edge in (interval.left, interval.right))
            for share in (0.001, 0.3, 0.5, 0.95):
                x = acb(arb(low + (high - low) * share))
                assert branch.root(x).overlaps(sheet.value(x))


def test_the_only_root_above_the_axis_is_found_without_a_path(monkeypatch: pytest.MonkeyPatch) -> None:
    bones = skeleton(LAWS["sum"]().equation)
    monkeypatch.setattr(type(bones.continuous), "value", lambda *_: pytest.fail("a path was followed"))
    with flint.ctx.workprec(128):
        branch = BoundaryValues(bones.continuous, bones.intervals[0].sample)
        assert branch.density([arb(1)])[0] == pytest.approx(float(cubic_density("sum")(mp.mpf(1))), rel=1e-14)


@pytest.mark.parametrize(
    ("name", "orders"),
    [("semicircle", (1, 1)), ("arcsine", (-1, -1)), ("fuss-catalan(2)", (-2, 1)), ("mp(1)", (-1, 1))],
)
def test_orders_at_the_edges(name: str, orders: tuple[int, int]) -> None:
    (piece,) = spectrum(name).measure.parts.pieces
    assert piece.orders == orders


def test_an_edge_is_kept_to_twice_the_precision() -> None:
    (piece,) = spectrum("mp(1/2)").measure.parts.pieces
    with mp.workdps(DIGITS):
        for place, rest, sign in zip((piece.left, piece.right), piece.rests, (-1, 1), strict=True):
            error = (1 + sign * mp.sqrt(mp.mpf(1) / 2)) ** 2 - mp.mpf(place) - mp.mpf(rest)
            assert abs(error) < 1e-31
