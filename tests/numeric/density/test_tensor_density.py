"""Densities of tensor laws against mpmath's quadrature of textbook densities, elliptic integrals, and exact moments."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import mpmath
import numpy as np
import pytest
import sympy

from resolvent.derive.errors import DerivationError, ParameterError
from resolvent.derive.laws.elementary import arcsine, atoms, fuss_catalan, marchenko_pastur, semicircle
from resolvent.derive.tensor.operations import tensor_direct_sum
from resolvent.derive.tensor.tensor_law import TensorLaw, classical_sum, tensor_law, tensor_product
from resolvent.numeric.density.tensor_density import TensorDensity

x, y = sympy.symbols("x y")
ONE, HALF, S = marchenko_pastur(1), marchenko_pastur("1/2"), semicircle()


def fisher(eta: str, slope: str, zeta: str) -> TensorLaw:
    a, b, c = (sympy.Rational(v) for v in (slope, eta, zeta))
    return tensor_law([[a - c + c * x, c * y], [c * x, b - c + c * y]], (x, y), (ONE, ONE), (x, y))


LAWS: dict[str, Callable[[], TensorLaw]] = {
    "linear fisher": lambda: classical_sum(ONE, ONE),
    "fisher": lambda: fisher("1", "3/2", "3/4"),
    "fisher, far": lambda: fisher("1", "9", "1/2"),
    "fisher, nearly two atoms": lambda: fisher("1", "3", "1/100"),
    "fisher, eta = eta'": lambda: fisher("1", "1", "1/2"),
    "sum with a gap at the left": lambda: classical_sum(S, HALF),
    "sum with atoms": lambda: classical_sum(marchenko_pastur(2), marchenko_pastur(3)),
    "sum with a finite measure": lambda: classical_sum(atoms([-1, 2], ["1/3", "2/3"]), S),
    "finite measures": lambda: classical_sum(atoms([-1, 2]), atoms([0, 3])),
    "product": lambda: tensor_product(ONE, ONE),
    "product around zero": lambda: tensor_product(S, S),
    "product with atoms": lambda: tensor_product(marchenko_pastur(2), marchenko_pastur(3)),
    "cubic factor": lambda: classical_sum(semicircle("1/3") + marchenko_pastur(2), ONE),
    "cube roots": lambda: tensor_product(fuss_catalan(2), fuss_catalan(2)),
    "divergent edges": lambda: classical_sum(arcsine(), arcsine()),
    "two by two": lambda: tensor_law([[x, 1], [1, y]], (x, y), (S, HALF)),
    "three by three": lambda: tensor_law([[x, 1, 0], [1, y, 1], [0, 1, 0]], (x, y), (S, HALF)),
    "one by one": lambda: tensor_law([[x * y + x - 2 * y + 1]], (x, y), (S, HALF)),
    "direct sum": lambda: tensor_direct_sum(classical_sum(S, HALF), tensor_product(HALF, HALF), "1/3"),
    "companion": lambda: classical_sum(marchenko_pastur(3), marchenko_pastur(2)).companion("6/5"),
}


@cache
def density(name: str) -> TensorDensity:
    return TensorDensity(LAWS[name]())


def quadrature(rho: TensorDensity, powers: int) -> np.ndarray:
    """The integrals of x^k, k < powers: double exponential between singular points, atoms added."""
    t = np.linspace(-4.2, 4.2, 421)
    near, far = 1 / (1 + np.exp(-np.pi * np.sinh(t))), 1 / (1 + np.exp(np.pi * np.sinh(t)))
    weights = near * far * np.pi * np.cosh(t) * (t[1] - t[0])
    total = np.array([float(sum(w * p**k for p, w in rho.atoms)) for k in range(powers)])
    for k, (left, right) in enumerate(zip(rho.points, rho.points[1:], strict=False)):
        width, low = right - left, near < far
        values = np.empty(t.shape)
        values[low] = rho.near(k, width * near[low])
        values[~low] = rho.near(k + 1, -width * far[~low])
        places = left + width * near
        total += [float((weights * width * values * places**j).sum()) for j in range(powers)]
    return total


@pytest.mark.slow
@pytest.mark.parametrize("name", LAWS)
def test_mass_and_moments_are_the_exact_ones(name: str) -> None:
    rho = density(name)
    exact = np.array([1.0, *map(float, rho.law.moments(8))])
    assert quadrature(rho, 9) == pytest.approx(exact, rel=2e-12, abs=2e-12)


# -- pointwise -----------------------------------------------------------------------------------------------------


def marchenko_pastur_density(c: Any) -> tuple[Callable[[Any], Any], Any, Any]:
    root = mpmath.sqrt(c)
    a, b = (1 - root) ** 2, (1 + root) ** 2
    return lambda t: mpmath.sqrt(abs((b - t) * (t - a))) / (2 * mpmath.pi * c * t), a, b


def semicircle_density() -> tuple[Callable[[Any], Any], Any, Any]:
    return lambda t: mpmath.sqrt(abs(4 - t * t)) / (2 * mpmath.pi), mpmath.mpf(-2), mpmath.mpf(2)


def convolved(first: Any, second: Any, place: Any) -> Any:
    """The density of a sum of independent variables, by mpmath's tanh-sinh quadrature."""
    (f, a, b), (g, c, d) = first, second
    low, high = max(a, place - d), min(b, place - c)
    return mpmath.quad(lambda t: f(t) * g(place - t), [low, high]) if low < high else mpmath.mpf(0)


@pytest.mark.parametrize(
    ("name", "first", "second", "low", "high"),
    [
        ("linear fisher", lambda: marchenko_pastur_density(1), lambda: marchenko_pastur_density(1), 0, 8),
        (
            "sum with a gap at the left",
            semicircle_density,
            lambda: marchenko_pastur_density(mpmath.mpf(0.5)),
            -1.9,
            4.9,
        ),
    ],
)
def test_density_of_a_sum_is_the_convolution(name: str, first: Any, second: Any, low: float, high: float) -> None:
    places = np.linspace(low, high, 52)[1:-1]
    with mpmath.workdps(30):
        expected = [float(convolved(first(), second(), mpmath.mpf(p))) for p in places]
    assert density(name).pdf(places) == pytest.approx(expected, rel=1e-12, abs=1e-15)


def elliptic(place: Any) -> Any:
    """The convolution of two Marchenko-Pastur laws of ratio 1, printed as 2 [E/(2 pi^2) + (4 - x) K/(8 pi^2)]."""
    k = (8 - place) * place / 16
    return mpmath.ellipe(k) / mpmath.pi**2 + (4 - place) * mpmath.ellipk(k) / (4 * mpmath.pi**2)


@pytest.mark.parametrize("k", [0, 1, 2])
@pytest.mark.parametrize("distance", [1e-40, 1e-20, 1e-9, 1e-3, 1.0, 3.5])
@pytest.mark.parametrize("sign", [-1, 1])
def test_density_is_relatively_accurate_next_to_singular_points(k: int, distance: float, sign: int) -> None:
    """At 0 and 8 it tends to 1/pi and vanishes like (8 - x)^2, at 4 the integrand's singularities meet."""
    rho, delta = density("linear fisher"), sign * distance
    with mpmath.workdps(140):
        place = mpmath.mpf(rho.points[k]) + mpmath.mpf(delta)
        expected = float(elliptic(place)) if 0 < place < 8 else 0.0
    assert float(rho.near(k, delta)) == pytest.approx(expected, rel=1e-13, abs=0.0)


def test_logarithmic_divergence_is_followed_to_the_bottom() -> None:
    """The product of two semicircular variables has the density ~ log(1/|x|) at 0."""
    rho = density("product around zero")
    zero = rho.points.index(0.0)
    deltas = np.array([1e-10, 1e-20, 1e-30])
    values = rho.near(zero, deltas)
    assert np.diff(values) == pytest.approx(2 / np.pi**2 * np.log(1e10), rel=1e-9)
    assert rho.near(zero, -deltas) == pytest.approx(values, rel=1e-13)


def test_density_is_zero_in_a_gap_and_outside() -> None:
    rho = density("fisher, nearly two atoms")
    assert (rho.pdf([0.5, 2.0, 4.0]) == 0).all()
    assert rho.pdf([1.01, 3.01]).min() > 1


def test_points_of_the_general_fisher_law_are_its_edges_and_corners() -> None:
    """p in {beta, alpha, alpha + 4 zeta, beta + 4 zeta} and the roots at the corner of both right edges."""
    alpha, beta, zeta = 1.5 - 0.75, 0.25, 0.75
    trace, determinant = alpha + beta + 8 * zeta, alpha * beta + 4 * zeta * (alpha + beta)
    corner = np.roots([1, -trace, determinant])
    expected = sorted([alpha, beta, alpha + 4 * zeta, beta + 4 * zeta, *corner])
    assert density("fisher").points == pytest.approx(expected, rel=1e-15)


def test_points_keep_what_rounding_took() -> None:
    rho = density("sum with a gap at the left")
    with mpmath.workdps(40):
        exact = -2 + (1 - 1 / mpmath.sqrt(2)) ** 2
        assert float(exact - mpmath.mpf(rho.points[0])) == pytest.approx(rho.rests[0], rel=1e-12, abs=0)


def test_atoms_are_exact() -> None:
    assert density("sum with atoms").atoms == ((0, sympy.Rational(1, 3)),)
    assert density("fisher, eta = eta'").atoms == ((sympy.Rational(1, 2), sympy.Rational(1, 2)),)
    assert density("finite measures").points == ()


# -- the transform -------------------------------------------------------------------------------------------------


def fisher_double_integral(z: complex, eta: float, slope: float, zeta: float) -> complex:
    """-G(z) by the printed double integral; at lambda = shift + 4 zeta cos^2 t a measure is (2/pi) zeta sin^2 t dt."""
    t = (np.arange(400) + 0.5) * np.pi / 400
    weights = 2 * np.sin(t) ** 2 / 400
    first = (slope - zeta + 4 * zeta * np.cos(t) ** 2)[:, None]
    second = (eta - zeta + 4 * zeta * np.cos(t) ** 2)[None, :]
    below = (eta - zeta) * (slope - zeta) + first * (z - eta + zeta) + second * (z - slope + zeta) - z**2
    return complex(-(weights[:, None] * weights * (first + second - 2 * z) / (2 * below)).sum())


@pytest.mark.slow
@pytest.mark.parametrize("z", [1 + 1j, 3 + 0.5j, -1 + 0j, 9 + 0j, 2 - 0.7j])
@pytest.mark.parametrize(("name", "constants"), [("fisher", (1, 1.5, 0.75)), ("fisher, eta = eta'", (1, 1, 0.5))])
def test_transform_is_the_printed_double_integral(name: str, constants: tuple[float, ...], z: complex) -> None:
    expected = fisher_double_integral(z, *constants)
    assert complex(density(name).stieltjes(z)) == pytest.approx(expected, rel=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("place", [0.3, 1.9, 2.1, 6.0])
def test_limit_on_the_line_is_that_from_above(place: float) -> None:
    rho = density("linear fisher")
    limit, above = complex(rho.stieltjes(place)), complex(rho.stieltjes(place + 1e-9j))
    assert limit.imag == pytest.approx(np.pi * float(rho.pdf(place)), rel=1e-13)
    assert limit == pytest.approx(above, abs=1e-8)


def test_transform_far_away_is_the_series_of_moments() -> None:
    rho, z = density("three by three"), 100j
    moments = [1, *rho.law.moments(9)]
    series = -sum(complex(m) / z ** (k + 1) for k, m in enumerate(moments))
    assert complex(rho.stieltjes(z)) == pytest.approx(series, rel=1e-12)


def test_density_is_not_a_number_at_singular_points_and_nan() -> None:
    assert np.isnan(density("linear fisher").pdf([4.0, np.nan])).all()
    assert np.isnan(complex(density("linear fisher").stieltjes(complex("nan"))))


def test_transform_vanishes_at_infinity() -> None:
    assert complex(density("linear fisher").stieltjes(complex("inf"))) == 0


def test_transform_does_not_exist_at_singular_points_and_atoms() -> None:
    assert np.isnan(density("fisher, eta = eta'").stieltjes([0.5, density("fisher").points[0]])[0])
    assert np.isnan(density("linear fisher").stieltjes(4.0))


# -- what is refused -----------------------------------------------------------------------------------------------


def test_curves_that_are_not_bilinear_are_refused() -> None:
    with pytest.raises(DerivationError, match="not linear in each variable"):
        TensorDensity(tensor_law([[x, x], [x, y]], (x, y), (S, HALF)))


def test_three_variables_are_refused() -> None:
    with pytest.raises(ParameterError, match="one or two variables"):
        TensorDensity(classical_sum(S, S, S))


def test_parameters_must_have_values() -> None:
    with pytest.raises(ParameterError, match="missing: c"):
        TensorDensity(classical_sum(marchenko_pastur(sympy.Symbol("c", positive=True)), S))


@pytest.mark.parametrize("delta", [0.0, 1e-61, float("nan")])
def test_distances_that_are_too_small_are_refused(delta: float) -> None:
    with pytest.raises(ParameterError, match="at least 1e-60"):
        density("linear fisher").near(0, [0.1, delta])
