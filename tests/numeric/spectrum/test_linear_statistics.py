"""Expectations of singular functions and entropies, against closed forms and quadrature at high precision."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import mpmath as mp
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.integrate import quad
from scipy.stats import uniform

from resolvent.derive.errors import ParameterError, PrecisionError
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.elementary import marchenko_pastur
from resolvent.numeric.measures.known_by_numbers import law_of_distribution
from resolvent.numeric.spectrum import Spectrum
from tests.numeric.spectrum.shapes import ATOMLESS, CONTINUOUS, shape

Array = NDArray[Any]


def catalan(power: float) -> float:
    """E x^power for Marchenko-Pastur at c = 1, whose moments are the Catalan numbers."""
    return float(4 ** mp.mpf(power) * mp.gamma(power + 0.5) / (mp.sqrt(mp.pi) * mp.gamma(power + 2)))


def over_semicircle(function: Callable[[Any], Any], *points: float) -> complex:
    """An expectation at 30 digits, with the singular points named."""
    with mp.workdps(30):
        return complex(
            mp.quad(lambda a: function(2 * mp.sin(a)) * 2 * mp.cos(a) ** 2 / mp.pi, sorted([
                -mp.pi / 2, mp.pi / 2, *(mp.asin(mp.mpf(p) / 2) for p in points),
            ]))
        )  # fmt: skip


@pytest.mark.parametrize("unit", [1e-12, 1e12])
@pytest.mark.parametrize("law", [marchenko_pastur(1), uniform(0, 2)], ids=["pieces", "formula"])
def test_functions_of_small_values_keep_their_digits(law: Any, unit: float) -> None:
    """|x - 1|, a step and 1/(x + 1/1000) in the unit of the law: an error of 10^-11 would be all of them."""
    one, far = Spectrum(law_at(law, 1.0)), Spectrum(law_at(law, unit))
    kinds: list[tuple[Callable[[Array], Array], Callable[[Array], Array], float]] = [
        (lambda x: np.abs(x - 1), lambda x: np.abs(x - unit), unit),
        (lambda x: 1.0 * (x > 1), lambda x: (x > unit) / unit, 1 / unit),
        (lambda x: 1 / (x + 1e-3), lambda x: 1 / (x + 1e-3 * unit), 1 / unit),
    ]
    for at_one, at_unit, size in kinds:
        assert far.expect(at_unit) / size == pytest.approx(one.expect(at_one), rel=1e-8, abs=0)


def law_at(law: Any, unit: float) -> Any:
    """A law, or a distribution of SciPy, in another unit."""
    if isinstance(law, AlgebraicLaw):
        return law * unit
    return law_of_distribution(uniform(0, 2 * unit))


# -- singular functions ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("power", [-0.45, -0.4, -0.25, -1e-3, 0.1, 0.5, 1.5, 3.7])
def test_powers_at_a_hard_edge(power: float) -> None:
    exact = catalan(power)
    assert shape("hard").expect(lambda x: x**power) == pytest.approx(exact, abs=1e-11 * max(1, exact))


@pytest.mark.parametrize(
    ("name", "exact"),
    [("hard", -1), ("fuss-catalan", -2), ("mp(1/2)", math.log(2) - 1)],
)  # log of a product of free variables is the sum of the logs
def test_expected_logarithms(name: str, exact: float) -> None:
    assert shape(name).expect(np.log) == pytest.approx(exact, abs=1e-11)


def test_square_of_the_logarithm_at_a_hard_edge() -> None:
    exact = float(mp.diff(lambda a: 4**a * mp.gamma(a + 0.5) / (mp.sqrt(mp.pi) * mp.gamma(a + 2)), 0, 2))
    assert shape("hard").expect(lambda x: np.log(x) ** 2) == pytest.approx(exact, abs=3e-11)


def test_power_at_the_pole_of_a_cubic_law() -> None:
    exact = float(mp.gamma(mp.mpf(3) * -0.3 + 1) / mp.gamma(1 - 0.3) / mp.gamma(2 + 2 * -0.3))  # binomial(3a, a)/(2a+1)
    assert shape("fuss-catalan").expect(lambda x: x**-0.3) == pytest.approx(exact, rel=3e-11)


@pytest.mark.parametrize("power", [-0.9, -0.5, 1.0])
def test_powers_at_zero_inside_the_support(power: float) -> None:
    exact = catalan(power / 2)  # the square of a semicircular variable
    assert shape("semicircle").expect(lambda x: np.abs(x) ** power) == pytest.approx(exact, abs=1e-11 * exact + 1e-12)


def test_logarithm_at_a_soft_edge() -> None:
    assert shape("semicircle").expect(lambda x: np.log(2 - x)) == pytest.approx(0.5, abs=1e-11)


@pytest.mark.parametrize("points", [[], [0.3]])
def test_logarithm_inside_the_support(points: list[float]) -> None:
    found = shape("semicircle").expect(lambda x: np.log(np.abs(x - 0.3)), points=points)
    assert found == pytest.approx(0.3**2 / 4 - 0.5, abs=1e-11)


@pytest.mark.parametrize("points", [[], [0.3], [0.3, 5, -2]])
def test_kinks_and_jumps(points: list[float]) -> None:
    kink = shape("semicircle").expect(lambda x: np.abs(x - 0.3), points=points)
    assert kink == pytest.approx(over_semicircle(lambda x: abs(x - 0.3), 0.3).real, abs=1e-11)
    jump = shape("semicircle").expect(lambda x: x > 0.3, points=points)
    exact = math.acos(0.15) / math.pi - 0.3 * math.sqrt(4 - 0.09) / (4 * math.pi)
    assert jump == pytest.approx(exact, abs=1e-11)


@pytest.mark.parametrize("place", np.random.default_rng(8).uniform(-2, 2, 25))
def test_jumps_anywhere_are_found(place: float) -> None:
    exact = 0.5 + place * math.sqrt(4 - place**2) / (4 * math.pi) + math.asin(place / 2) / math.pi
    assert shape("semicircle").expect(lambda x: x <= place) == pytest.approx(exact, abs=1e-11)


@pytest.mark.slow
@pytest.mark.parametrize("name", CONTINUOUS)
def test_mass_below_a_point_is_the_distribution_function(name: str) -> None:
    low, high = shape(name).support()
    for x in low + (high - low) * np.array([0.11, 0.5, 0.83]):
        assert shape(name).expect(lambda y, x=x: y <= x, points=[x]) == pytest.approx(
            float(shape(name).cdf(x)), abs=1e-12
        )


def test_oscillating_function() -> None:
    exact = float(mp.besselj(1, 400) / 200)  # the characteristic function J_1(2t)/t
    assert shape("semicircle").expect(lambda x: np.cos(200 * x)) == pytest.approx(exact, abs=1e-11)


@pytest.mark.parametrize("name", CONTINUOUS)
def test_smooth_function_is_the_branch_outside(name: str) -> None:
    low, high = shape(name).support()
    z = complex(low - 0.2 * (high - low), 0.1)
    exact = complex(shape(name).stieltjes(z, certified=True))
    assert shape(name).expect(lambda x: 1 / (x - z)) == pytest.approx(exact, abs=1e-11)


# -- honesty -----------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "function", "points"),
    [
        ("hard", lambda x: x**-0.5, []),
        ("hard", lambda x: x**-0.51, []),
        ("hard", lambda x: 1 / x, []),
        ("semicircle", lambda x: 1 / x, []),
        ("semicircle", lambda x: np.abs(x - 0.3) ** -0.5, []),
        ("semicircle", lambda x: np.abs(x - 0.3) ** -0.5, [0.3]),  # floats do not resolve it
        ("semicircle", lambda x: np.abs(x - 0.3) ** -1.0, [0.3]),
        ("semicircle", lambda x: np.where(x > 0.5, np.nan, 1.0), []),
        ("arcsine", lambda x: np.log(3 - x), []),
    ],
)
def test_what_does_not_settle_is_refused(name: str, function: Any, points: list[float]) -> None:
    with pytest.raises(PrecisionError, match="did not settle to 1e-11"):
        shape(name).expect(function, points=points)


@pytest.mark.slow
@pytest.mark.parametrize("place", np.random.default_rng(5).uniform(-2, 2, 8))
@pytest.mark.parametrize("power", [-0.5, -0.25, 0.5])
def test_true_error_is_below_the_tolerance(place: float, power: float) -> None:
    p = 1 + power  # x = place + d, d = +-u^(1/p)

    def side(length: float, sign: int) -> Any:
        def density(u: Any) -> Any:
            return mp.sqrt(abs(4 - (place + sign * u ** (1 / mp.mpf(p))) ** 2)) / (2 * mp.pi * p)

        return mp.quad(density, mp.linspace(0, mp.mpf(length) ** p, 5))

    exact = float(side(2 - place, 1) + side(2 + place, -1))
    for points in ([], [place]):
        for tolerance in (1e-2, 1e-3, 1e-4, 1e-5, 1e-6):
            found = shape("semicircle").expect(lambda x: np.abs(x - place) ** power, tolerance, points)
            assert abs(found - exact) <= tolerance * max(1.0, exact)


@pytest.mark.parametrize("power", np.random.default_rng(4).uniform(-0.47, 1, 12))
def test_true_error_of_powers_is_below_the_tolerance(power: float) -> None:
    for tolerance in (1e-4, 1e-7, 1e-10):
        exact = catalan(power)
        assert abs(shape("hard").expect(lambda x: x**power, tolerance) - exact) <= tolerance * max(1, exact)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["hard", "cusp", "bulks", "mp(4)", "triple"])
def test_kinks_and_jumps_that_are_not_named_cost_no_accuracy(name: str) -> None:
    rho, rng = shape(name), np.random.default_rng(21)
    for _ in range(12):
        interval = rho.intervals[rng.integers(len(rho.intervals))]
        a, b = rng.uniform(interval.left, interval.right, 2)
        tolerance = 10.0 ** rng.integers(-8, -1)

        def function(x: Array, a: float = a, b: float = b) -> Array:
            return np.abs(x - a) ** 0.5 * np.sign(x - b) + (x < a)

        exact = rho.expect(function, 1e-10, points=[a, b])
        assert abs(rho.expect(function, tolerance) - exact) <= tolerance * max(1.0, abs(exact)) + 1e-10


# -- several functions, complex functions, atoms -----------------------------------------------------------------


def test_several_functions_at_once() -> None:
    found = shape("hard").expect(lambda x: np.array([np.log(x), x, x**2]))
    assert found == pytest.approx([-1, 1, 2], abs=2e-11)
    grid = shape("hard").expect(lambda x: x ** np.arange(4).reshape(2, 2, 1))
    assert grid == pytest.approx(np.array([[1, 1], [2, 5]]), abs=5e-11)


def test_complex_functions() -> None:
    found = shape("semicircle").expect(lambda x: np.exp(1j * x) / np.sqrt(np.abs(x)))
    exact = over_semicircle(lambda x: mp.exp(1j * x) / mp.sqrt(abs(x)) if x else 0, 0)
    assert found == pytest.approx(exact, abs=1e-6)  # mpmath's own accuracy at the pole
    assert isinstance(found, complex)
    assert isinstance(shape("semicircle").expect(np.exp), float)


def test_constant_functions() -> None:
    assert shape("mp(4)").expect(lambda _: 2) == pytest.approx(2, abs=1e-13)


def test_atoms_are_summed() -> None:
    assert shape("atoms").expect(lambda x: np.array([x, x**2])) == pytest.approx([1.5, 6.5], rel=1e-15)
    assert shape("mp(4)").expect(lambda x: x == 0) == 0.75


def test_infinite_values_at_atoms() -> None:
    assert shape("mp(4)").expect(np.log) == -math.inf
    assert shape("atoms").expect(lambda x: np.abs(x - 5) ** -0.5) == math.inf
    assert shape("coins").expect(lambda x: np.abs(x) ** -0.5) == math.inf


def test_undefined_values_at_atoms_are_refused() -> None:
    with pytest.raises(ParameterError, match="not defined at an atom"):
        shape("mp(4)").expect(lambda x: np.sin(x) / x)
    with pytest.raises(ParameterError, match="infinite with both signs"):
        shape("atoms").expect(lambda x: np.where(x == 0, np.inf, np.where(x == 1, -np.inf, 0)))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"function": lambda x: x[:3]}, "last axis is that of"),
        ({"function": lambda x: ["a"] * len(x)}, "must return numbers"),
        ({"function": np.exp, "tolerance": 0}, "tolerance must be a positive number"),
        ({"function": np.exp, "tolerance": math.nan}, "tolerance must be a positive number"),
        ({"function": np.exp, "tolerance": "1"}, "tolerance must be a positive number"),
        ({"function": np.exp, "points": [math.inf]}, "points must be finite"),
        ({"function": np.exp, "points": 3}, "points must be a list of numbers"),
        ({"function": np.exp, "points": ["a"]}, "points must be a list of numbers"),
    ],
)
def test_wrong_arguments_are_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        shape("hard").expect(**arguments)


# -- entropy -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "exact"), [("semicircle", math.log(2 * math.pi) - 0.5), ("arcsine", math.log(1.5 * math.pi))]
)
def test_entropy_in_closed_form(name: str, exact: float) -> None:
    assert shape(name).entropy() == pytest.approx(exact, abs=1e-12)


def test_entropy_at_a_hard_edge() -> None:
    with mp.workdps(30):
        density = lambda x: mp.sqrt((4 - x) / x) / (2 * mp.pi)  # noqa: E731
        exact = -mp.quad(lambda s: 2 * s * density(s * s) * mp.log(density(s * s)), [0, 0.1, 1, 1.9, 2])
    assert shape("hard").entropy() == pytest.approx(float(exact), abs=1e-12)


@pytest.mark.parametrize("name", [n for n in ATOMLESS if n not in ("hard", "arcsine", "fuss-catalan")])
def test_entropy_is_the_integral_of_the_density(name: str) -> None:
    rho, total = shape(name), 0.0

    def integrand(x: float) -> float:
        density = float(rho.pdf(x))
        return -density * math.log(density) if density else 0.0

    for i in rho.intervals:
        total += quad(integrand, i.left, i.right, epsabs=1e-10, limit=500)[0]
    assert rho.entropy() == pytest.approx(total, abs=1e-8)


@pytest.mark.parametrize("name", ["mp(4)", "coins", "atoms"])
def test_entropy_with_atoms_is_minus_infinity(name: str) -> None:
    assert shape(name).entropy() == -math.inf


# -- laws of atoms alone -----------------------------------------------------------------------------------------


def test_a_law_of_atoms_has_no_density_and_a_stepwise_distribution() -> None:
    rho, x = shape("atoms"), [-1, 0, 0.5, 1, 4, 5, 6]
    assert rho.pdf(x).tolist() == [0] * 7
    assert rho.cdf(x).tolist() == [0, 0.5, 0.5, 0.75, 0.75, 1, 1]
    assert rho.ppf([0, 0.3, 0.5, 0.6, 0.8, 1]).tolist() == [0, 0, 0, 1, 5, 5]
    assert set(rho.rvs((20, 5), random_state=1).ravel()) == {0, 1, 5}


@pytest.mark.parametrize("size", [1, 7, (2, 3), (0,), ()])
def test_sizes_of_samples(size: Any) -> None:
    expected = (size,) if isinstance(size, int) else size
    assert shape("mp(4)").rvs(size, random_state=2).shape == expected


def test_the_function_has_either_name_or_none() -> None:
    rho = Spectrum(marchenko_pastur("1/2"))
    assert rho.expect(function=np.square) == rho.expect(func=np.square) == rho.expect(np.square)
    assert rho.expect() == pytest.approx(1)
    with pytest.raises(ParameterError, match="func must be a function"):
        rho.expect(0)
