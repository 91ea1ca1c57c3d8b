"""Activations against Gauss-Legendre quadrature of their definitions at 40 digits; the rule itself against mpmath."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import pytest
import sympy

from resolvent.derive.activations.activation import TABLE, Activation, activation
from resolvent.derive.activations.gaussian_integrals import Estimate, decimal_rational, hermite_coefficients
from resolvent.derive.errors import ParameterError, PrecisionError

MP = mpmath.MPContext()
MP.dps = 40
S, X = sympy.Symbol("s", positive=True), sympy.Symbol("x")
SCALES = {"1": (1, 1), "1/2": ("1/2", 1), "3": ("3/2", 2)}
ROOT = Path(__file__).parents[3]
Function = Callable[[Any], Any]


# -- the oracle: definitions, and a quadrature that knows nothing of Hermite coefficients ------------------------


@dataclass(frozen=True)
class Definition:
    """f, f' and the kinks of f, in the arithmetic of mpmath; ``slope`` is None for functions that jump."""

    f: Function
    slope: Function | None
    kinks: tuple[Any, ...] = ()
    growth: int = 0  # f grows like exp(growth x)
    panel: Any = 1  # how long a panel may be at the scale 3, for f's poles
    function: Any = None  # what `activation` takes
    options: dict[str, Any] = field(default_factory=dict)


def sign(x: Any) -> Any:
    return MP.mpf((x > 0) - (x < 0))


def logistic(x: Any) -> Any:
    return 1 / (1 + MP.exp(-x))


def bell(x: Any) -> Any:
    return MP.exp(-x * x / 2) / MP.sqrt(2 * MP.pi)


def clip(x: Any) -> Any:
    return max(MP.mpf(-1), min(MP.one, x))


THIRD = MP.mpf(1) / 3
DEFINITIONS: dict[str, list[Definition]] = {
    "linear": [Definition(lambda x: x, lambda x: MP.one)],
    "relu": [Definition(lambda x: max(x, MP.zero), lambda x: MP.mpf(x > 0), (0,))],
    "leaky_relu": [
        Definition(lambda x: x if x > 0 else x / 100, lambda x: MP.one if x > 0 else MP.one / 100, (0,)),
        Definition(
            lambda x: x if x > 0 else -x * THIRD,
            lambda x: MP.one if x > 0 else -THIRD,
            (0,),
            options={"slope": "-1/3"},
        ),
    ],
    "abs": [Definition(abs, sign, (0,))],
    "hard_tanh": [Definition(clip, lambda x: MP.mpf(abs(x) < 1), (-1, 1))],
    "sign": [Definition(sign, None, (0,))],
    "step": [Definition(lambda x: MP.mpf(x > 0), None, (0,))],
    "sin": [Definition(MP.sin, MP.cos)],
    "cos": [Definition(MP.cos, lambda x: -MP.sin(x))],
    "exp": [Definition(MP.exp, MP.exp, growth=1)],
    "erf": [Definition(MP.erf, lambda x: 2 * MP.exp(-x * x) / MP.sqrt(MP.pi))],
    "gaussian": [Definition(lambda x: MP.exp(-x * x / 2), lambda x: -x * MP.exp(-x * x / 2))],
    "He": [
        Definition(lambda x: x**2 - 1, lambda x: 2 * x, function="He2"),
        Definition(lambda x: x**3 - 3 * x, lambda x: 3 * x**2 - 3, function="He_3"),
        Definition(
            lambda x: x**5 - 10 * x**3 + 15 * x, lambda x: 5 * x**4 - 30 * x**2 + 15, options={"k": 5}, function="He"
        ),
    ],
    "polynomial": [
        Definition(
            lambda x: 1 - 2 * x + x**3 / 2, lambda x: -2 + 3 * x**2 / 2, options={"coefficients": [1, -2, 0, 0.5]}
        ),
        Definition(lambda x: x**4 - THIRD * x, lambda x: 4 * x**3 - THIRD, function=X**4 - X / 3),
    ],
    "tanh": [Definition(MP.tanh, lambda x: MP.sech(x) ** 2, panel=MP.mpf(1) / 2)],
    "sigmoid": [Definition(logistic, lambda x: logistic(x) * logistic(-x))],
    "softplus": [Definition(lambda x: MP.log1p(MP.exp(x)), logistic)],
    "gelu": [Definition(lambda x: x * MP.ncdf(x), lambda x: MP.ncdf(x) + x * bell(x))],
    "silu": [
        Definition(lambda x: x * logistic(x), lambda x: logistic(x) * (1 + x * logistic(-x))),
    ],
}
CASES = {f"{name}-{n}": (name, d) for name, rows in DEFINITIONS.items() for n, d in enumerate(rows)}
IN_TABLE = pytest.mark.parametrize("case", CASES)
EXACT = pytest.mark.parametrize("case", [c for c, (name, _) in CASES.items() if TABLE[name].is_exact])
ESTIMATED = pytest.mark.parametrize("case", [c for c, (name, _) in CASES.items() if not TABLE[name].is_exact])
AT_SCALES = pytest.mark.parametrize("scale", SCALES)


@lru_cache(maxsize=1)
def gauss_legendre() -> list[tuple[Any, Any]]:
    """The 32 nodes and weights on [-1, 1]."""
    n, rule = 32, []
    for guess in np.polynomial.legendre.leggauss(n)[0]:
        x = MP.mpf(float(guess))
        for _ in range(3):
            p, before = x, MP.one
            for k in range(2, n + 1):
                p, before = ((2 * k - 1) * x * p - (k - 1) * before) / k, p
            slope = n * (x * p - before) / (x * x - 1)
            x -= p / slope
        rule.append((x, 2 / ((1 - x * x) * slope * slope)))
    return rule


def panels(definition: Definition, s: Any) -> list[tuple[Any, Any]]:
    """Intervals between which f(s xi) is smooth, short against its distance from poles."""
    width = 1 if s <= 1 else definition.panel
    reach = 15 + 2 * int(s) * definition.growth
    inner = [t / s for t in definition.kinks]
    grid = [width * j for j in range(-int(reach / width), int(reach / width) + 1)]
    ends = sorted({*grid, *inner})
    return list(pairwise(ends))


@dataclass(frozen=True, eq=False)
class Truth:
    """Integrals of the definition, from one set of samples."""

    samples: list[tuple[Any, Any, Any, Any]]  # xi, weight, f, slope
    known: dict[Any, Any] = field(default_factory=dict)

    def expect(self, integrand: Callable[[Any, Any, Any], Any]) -> Any:
        return sum(w * integrand(xi, f, slope) for xi, w, f, slope in self.samples)

    def hermite(self, k: int) -> Any:
        if k not in self.known:
            self.known[k] = self.expect(lambda xi, f, _: f * he(k, xi)) / MP.sqrt(math.factorial(k))
        return self.known[k]

    def eta(self, centred: bool) -> Any:
        mean, key = self.hermite(0) if centred else 0, f"eta {centred}"
        if key not in self.known:
            self.known[key] = self.expect(lambda xi, f, _: (f - mean) ** 2)
        return self.known[key]

    def eta_prime(self) -> Any:
        return self.expect(lambda xi, f, slope: slope**2)

    def mean_slope(self) -> Any:
        return self.expect(lambda xi, f, slope: slope)


# written out, lowest first: the recurrence is under test
HERMITE = [[1], [0, 1], [-1, 0, 1], [0, -3, 0, 1], [3, 0, -6, 0, 1], [0, 15, 0, -10, 0, 1], [-15, 0, 45, 0, -15, 0, 1]]


@cache
def he(k: int, xi: Any) -> Any:
    return MP.polyval(HERMITE[k][::-1], xi)


def sampled(definition: Definition, scale: str) -> Truth:
    s = MP.mpf(Fraction(scale).numerator) / Fraction(scale).denominator
    found = []
    for a, b in panels(definition, s):
        for node, weight in gauss_legendre():
            xi = (a + b) / 2 + (b - a) / 2 * node
            slope = s * definition.slope(s * xi) if definition.slope else MP.nan
            found.append((xi, weight * (b - a) / 2 * density(xi), definition.f(s * xi), slope))
    return Truth(found)


@cache
def density(xi: Any) -> Any:
    return bell(xi)


@cache
def truth(case: str, scale: str) -> Truth:
    return sampled(CASES[case][1], scale)


def built(case: str, scale: str = "1", **options: Any) -> Activation:
    name, definition = CASES[case]
    sigma_w, sigma_x = SCALES[scale]
    options = {"sigma_w": sigma_w, "sigma_x": sigma_x, **definition.options, **options}
    return activation(definition.function if definition.function is not None else name, **options)


def assert_is(found: Any, expected: Any) -> None:
    """An expression to 1e-30, an estimate to its claimed error, which is about the rounding of the value."""
    size = max(MP.one, abs(expected))
    if isinstance(found, Estimate):
        assert abs(MP.mpf(found.value) - expected) <= found.error
        assert found.error <= 1e-15 * size
    else:
        assert abs(MP.mpf(sympy.N(found, 40)) - expected) <= MP.mpf("1e-30") * size
        assert float(found) == pytest.approx(float(expected), rel=1e-13, abs=1e-14)


# -- the numbers -------------------------------------------------------------------------------------------------


def test_every_row_has_a_definition() -> None:
    assert set(DEFINITIONS) == set(TABLE)
    assert all(row.name == name for name, row in TABLE.items())


@pytest.mark.parametrize("case", ["hard_tanh-0", "exp-0", "tanh-0", "erf-0"])
def test_the_oracle_against_mpmath(case: str) -> None:
    definition = CASES[case][1]
    points = [-40, -8, -3, *(t / MP.mpf(3) for t in definition.kinks), 3, 8, 40]
    with MP.workdps(40):
        expected = MP.quad(lambda xi: definition.f(3 * xi) ** 2 * bell(xi), points)
    assert abs(truth(case, "3").eta(False) / expected - 1) < MP.mpf("1e-30")


@IN_TABLE
@AT_SCALES
def test_numbers_against_quadrature(case: str, scale: str) -> None:
    known, act = truth(case, scale), built(case, scale)
    assert act.is_exact is TABLE[CASES[case][0]].is_exact
    assert act.scale == sympy.Rational(scale)
    assert_is(act.mean, known.hermite(0))
    assert_is(act.eta, known.eta(False))
    assert_is(act.zeta, known.hermite(1) ** 2)
    for k in range(7):
        assert_is(act.hermite(k), known.hermite(k))
    if CASES[case][1].slope is None:
        assert act.eta_prime is sympy.oo
    else:
        assert_is(act.eta_prime, known.eta_prime())
        assert_is(act.zeta, known.mean_slope() ** 2)


@IN_TABLE
@AT_SCALES
def test_centring_changes_mean_eta_and_the_zeroth_coefficient_only(case: str, scale: str) -> None:
    known, act, plain = truth(case, scale), built(case, scale, centred=True), built(case, scale)
    assert_is(act.eta, known.eta(True))
    assert float(act.mean) == float(act.hermite(0)) == 0
    assert (act.eta_prime, act.zeta, act.hermite(1), act.hermite(4)) == (
        plain.eta_prime,
        plain.zeta,
        plain.hermite(1),
        plain.hermite(4),
    )


@EXACT
def test_a_symbolic_scale_substituted_later(case: str) -> None:
    for centred in (False, True):
        act = built(case, sigma_w=S, sigma_x=2, centred=centred)
        numeric = built(case, sigma_w="3/4", sigma_x=2, centred=centred)
        for get in (lambda a: a.mean, lambda a: a.eta, lambda a: a.eta_prime, lambda a: a.zeta, lambda a: a.hermite(3)):
            later = get(act).subs(S, sympy.Rational(3, 4))
            assert later == get(numeric) or abs(sympy.N(later - get(numeric), 40)) < 1e-30


@pytest.mark.parametrize(
    ("case", "terms", "close"),
    [("relu-0", 40, 1e-3), ("hard_tanh-0", 40, 1e-2), ("sin-0", 30, 1e-12), ("erf-0", 60, 1e-9), ("tanh-0", 16, 1e-3)],
)
def test_parseval(case: str, terms: int, close: float) -> None:
    act = built(case)
    partial = sum(float(act.hermite(k)) ** 2 for k in range(terms))
    assert float(act.eta) * (1 - close) <= partial <= float(act.eta) * (1 + 1e-14)


def test_parseval_with_the_slope_is_exact_for_polynomials() -> None:
    act = activation(2 * X**5 - X**3 + X**2 / 3 - 7, sigma_w=S)
    squares = [sympy.expand(act.hermite(k) ** 2) for k in range(8)]
    assert sympy.expand(sum(squares) - act.eta) == 0
    assert sympy.expand(sum(k * a for k, a in enumerate(squares)) - act.eta_prime) == 0
    assert sympy.expand(act.zeta - squares[1]) == 0
    assert squares[6:] == [0, 0]


@pytest.mark.parametrize("k", [1, 2, 7, 40])
def test_hermite_polynomials_are_orthogonal(k: int) -> None:
    act = activation(f"He{k}")
    assert act.name == f"He{k}"
    assert [act.hermite(j) for j in range(43)] == [sympy.sqrt(math.factorial(k)) * int(j == k) for j in range(43)]
    assert (act.eta, act.eta_prime) == (math.factorial(k), k * math.factorial(k))
    assert sympy.Poly(hermite_coefficients(k)[::-1], X) == sympy.Poly(sympy.hermite_prob(k, X), X)


@ESTIMATED
@pytest.mark.parametrize("scale", ["1e-6", "20"])
def test_estimates_at_small_and_large_scales(case: str, scale: str) -> None:
    definition, act = CASES[case][1], activation(CASES[case][0], sigma_w=scale)
    s = MP.mpf(scale)
    ends = sorted({0, *(x * y for x in (1, -1) for y in (0.1, 0.3, 1, 3, 6, 11))})
    with MP.workdps(25):
        eta = MP.quad(lambda xi: definition.f(s * xi) ** 2 * bell(xi), ends)
        slope = MP.quad(lambda xi: definition.f(s * xi) * xi * bell(xi), ends)
    for found, expected in ((act.eta, eta), (act.zeta, slope**2), (act.hermite(1), slope)):
        assert abs(MP.mpf(found.value) - expected) <= found.error
        assert found.error <= 1e-15 * max(1, abs(expected))


@ESTIMATED
def test_high_orders_of_estimates(case: str) -> None:
    # Integration by parts against samples of f', three orders lower than the coefficient asked for.
    act, definition = built(case), CASES[case][1]
    assert definition.slope is not None
    slopes = activation(lambda x: float(definition.slope(MP.mpf(x))), name="slope")  # type: ignore[misc]
    with MP.workdps(15):
        for k in (9, 24):
            lower = slopes.hermite(k - 1)
            assert abs(float(act.hermite(k)) * math.sqrt(k) - lower.value) <= lower.error + 1e-14


# -- values on arrays ----------------------------------------------------------------------------------------------


@IN_TABLE
def test_values_on_arrays(case: str) -> None:
    definition, act = CASES[case][1], built(case)
    rng = random.Random(1)
    points = [rng.gauss(0, 3) for _ in range(60)] + [rng.gauss(0, 40) for _ in range(20)]
    points += [0.0, -0.0, 1e-300, -1e-300, 1e-9, -1e-9, 1.0, -1.0, 37.5, -37.5, 750.0, -750.0, 1e5, -1e5]
    values = act(np.array(points).reshape(2, -1))
    assert values.dtype == np.float64
    assert values.shape == (2, len(points) // 2)
    for x, found in zip(points, values.ravel(), strict=True):
        expected = definition.f(MP.mpf(x))
        if abs(expected) > 1.797e308:
            assert found == math.inf
            continue
        slope = definition.slope(MP.mpf(x)) if definition.slope else 0
        assert abs(MP.mpf(float(found)) - expected) <= 1e-15 * (abs(expected) + abs(x * slope)) + 1e-307
    assert act(1) == values.ravel()[points.index(1.0)]
    assert isinstance(act(1), float)


@IN_TABLE
def test_centred_values_on_arrays(case: str) -> None:
    x = np.linspace(-3, 3, 7)
    shift = float(built(case, "3").mean)
    assert built(case, "3", centred=True)(x) == pytest.approx(built(case, "3")(x) - shift, rel=1e-14, abs=1e-14)


@IN_TABLE
def test_nan_stays_nan(case: str) -> None:
    if CASES[case][0] != "step" and CASES[case][0] != "sign":
        assert math.isnan(built(case)(math.nan))


def test_high_hermite_polynomials_on_arrays() -> None:
    x = np.linspace(-6, 6, 41)
    size = np.exp(x**2 / 4) * math.sqrt(math.factorial(40))
    expected = [float(MP.polyval([MP.mpf(c) for c in hermite_coefficients(40)[::-1]], MP.mpf(t))) for t in x]
    assert np.max(np.abs(activation("He40")(x) - expected) / size) < 1e-13


def test_values_need_numbers_and_real_arguments() -> None:
    with pytest.raises(ParameterError, match="real pre-activations"):
        activation("relu")(1j)
    assert activation("relu", sigma_w=S)(2.0) == 2.0
    with pytest.raises(ParameterError, match="symbols s are left"):
        activation("relu", sigma_w=S, centred=True)(2.0)
    with pytest.raises(ParameterError, match="symbols s are left"):
        activation("leaky_relu", slope=S)(2.0)
    with pytest.raises(ParameterError, match="symbols s are left"):
        activation("polynomial", coefficients=[0, S])(2.0)


# -- the user's own functions ----------------------------------------------------------------------------------------


def softsign(x: Any) -> Any:
    return x / (1 + abs(x))


OWN = {
    "smooth": (
        Definition(MP.tanh, lambda x: MP.sech(x) ** 2, panel=MP.mpf(1) / 2),
        np.tanh,
        lambda x: 1 / np.cosh(x) ** 2,
        [],
    ),
    "scalar": (
        Definition(MP.tanh, lambda x: MP.sech(x) ** 2, panel=MP.mpf(1) / 2),
        math.tanh,
        lambda x: 1 / math.cosh(x) ** 2,
        [],
    ),
    "kinks": (
        Definition(lambda x: max(MP.zero, x - MP.mpf("0.3")), lambda x: MP.mpf(x > MP.mpf("0.3")), (MP.mpf("0.3"),)),
        lambda x: max(0, x - 0.3),
        lambda x: x > 0.3,
        [0.3],
    ),
    "kinks not listed": (
        Definition(lambda x: max(MP.zero, x - MP.mpf("0.3")), lambda x: MP.mpf(x > MP.mpf("0.3")), (MP.mpf("0.3"),)),
        lambda x: max(0, x - 0.3),
        lambda x: x > 0.3,
        [],
    ),
    "softsign": (
        Definition(softsign, lambda x: 1 / (1 + abs(x)) ** 2, (0,)),
        softsign,
        lambda x: 1 / (1 + abs(x)) ** 2,
        ["0"],
    ),
    "cubic": (Definition(lambda x: x**3, lambda x: 3 * x**2), lambda x: x**3, lambda x: 3 * x**2, []),
    "exp": (Definition(MP.exp, MP.exp, growth=1), math.exp, math.exp, []),
    "jump": (Definition(lambda x: MP.mpf(x > 1), None, (1,)), lambda x: 1.0 if x > 1 else 0.0, None, []),
    "zero": (Definition(lambda x: x * 0, lambda x: x * 0), lambda x: 0 * x, lambda x: 0, []),
}


@cache
def own_truth(case: str, scale: str) -> Truth:
    return sampled(OWN[case][0], scale)


@pytest.mark.parametrize("case", OWN)
@pytest.mark.parametrize("scale", ["1", "3"])
def test_own_functions_keep_their_claimed_errors(case: str, scale: str) -> None:
    _, function, derivative, kinks = OWN[case]
    sigma_w, sigma_x = SCALES[scale]
    known = own_truth(case, scale)
    options = {"sigma_w": sigma_w, "sigma_x": sigma_x, "derivative": derivative, "kinks": kinks, "name": "mine"}
    plain, centred = activation(function, **options), activation(function, centred=True, **options)
    pairs = [(plain.mean, known.hermite(0)), (plain.eta, known.eta(False)), (plain.zeta, known.hermite(1) ** 2)]
    pairs += [(plain.hermite(k), known.hermite(k)) for k in range(7)] + [(centred.eta, known.eta(True))]
    if derivative is not None:
        pairs.append((plain.eta_prime, known.eta_prime()))
    size = max(1.0, float(known.eta(False)))
    for found, expected in pairs:
        assert abs(MP.mpf(found.value) - expected) <= found.error
        assert found.error <= 1e-11 * max(size, abs(float(expected)))
    assert not plain.is_exact
    assert plain.name == "mine"
    assert centred.mean == Estimate(0.0, 0.0)


def test_own_functions_on_arrays() -> None:
    x = np.array([[-2.0, 0.0], [1.0, 5.0]])
    at_once = activation(lambda x: np.where(x > 0, x, 0), name="mine")
    looped = activation(lambda x: max(x, 0))
    constant = activation(lambda x: 2)
    mixing = activation(lambda x: x - np.mean(x))
    assert np.array_equal(at_once(x), np.maximum(x, 0))
    assert np.array_equal(looped(x), np.maximum(x, 0))
    assert np.array_equal(constant(x), np.full((2, 2), 2.0))
    assert np.array_equal(mixing(x), np.zeros((2, 2)))
    assert looped(np.array([])).shape == (0,)
    assert (at_once.name, looped.name, activation(softsign).name) == ("mine", "f", "softsign")
    assert at_once.latex == r"\mathrm{mine}(x)"


def test_the_fastest_growth_that_has_integrals() -> None:
    # E exp(2 c xi^2) = 1/sqrt(1 - 4 c)
    act = activation(lambda x: math.exp(x * x / 5))
    assert abs(float(act.eta) - math.sqrt(5)) <= act.eta.error < 1e-11


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda x: math.nan, "is nan"),
        (lambda x: math.inf if x > 2 else 0.0, "is inf"),
        (lambda x: np.sqrt(x), "is nan"),
        (lambda x: complex(x, 1), "one real number"),
        (lambda x: np.array([x, x]), "one real number"),
        (lambda x: "one", "one real number"),
        (lambda x: sympy.I * x, "one real number"),
        (lambda x: math.sqrt(x), "one real number"),
        (lambda x: math.exp(x * x), "cannot be used"),
        (lambda x: np.exp(x * x), "is inf|grows so fast"),
        (lambda x: math.exp(x * x / 4), "grows so fast"),
        (lambda x: math.exp(0.2499 * x * x), "grows so fast"),
        (lambda x: np.exp(np.abs(x) ** 3 / 90), "grows so fast"),
        (lambda x: np.exp(np.maximum(np.abs(x) - 20, 0) ** 3), "grows so fast"),
    ],
)
def test_functions_without_integrals_are_refused(function: Function, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        _ = activation(function).eta


def test_functions_that_defeat_the_quadrature_raise() -> None:
    with pytest.raises(PrecisionError, match="kinks="):
        _ = activation(lambda x: math.sin(1e5 * x)).eta
    # E f^2 exists, E f'^2 does not
    root = activation(lambda x: abs(x) ** 0.5, kinks=[0], derivative=lambda x: math.copysign(abs(x) ** -0.5 / 2, x))
    assert abs(float(root.eta) - math.sqrt(2 / math.pi)) <= root.eta.error
    with pytest.raises(PrecisionError, match="kinks="):
        _ = root.eta_prime


def test_own_functions_need_their_own_derivative() -> None:
    with pytest.raises(ParameterError, match="derivative="):
        _ = activation(math.tanh).eta_prime
    for wrong in (lambda x: 1 / math.cosh(x), lambda x: 0.0):
        with pytest.raises(ParameterError, match="not the derivative"):
            _ = activation(math.tanh, derivative=wrong).eta_prime
    with pytest.raises(ParameterError, match="jumps"):
        _ = activation(lambda x: 1.0 if x > 0 else 0.0, derivative=lambda x: 0.0, kinks=[0]).eta_prime
    with pytest.raises(ParameterError, match="jumps"):
        _ = activation(lambda x: abs(x) > 1, derivative=lambda x: 0.0, kinks=[-1, 1]).eta_prime


def test_scales_out_of_double_precision() -> None:
    with pytest.raises(ParameterError, match="double precision"):
        _ = activation(math.tanh, sigma_w=sympy.Integer(10) ** 200).eta


# -- rational numbers --------------------------------------------------------------------------------------------------


@IN_TABLE
@AT_SCALES
@pytest.mark.parametrize("centred", [False, True])
def test_rational(case: str, scale: str, centred: bool) -> None:
    known = truth(case, scale)
    eta, zeta = built(case, scale, centred=centred).rational()
    assert isinstance(eta, sympy.Rational)
    assert isinstance(zeta, sympy.Rational)
    zeta_true = known.hermite(1) ** 2
    rest_true = known.eta(centred) - zeta_true
    for found, expected in ((zeta, zeta_true), (eta - zeta, rest_true)):
        assert found >= 0
        if abs(expected) < 1e-35:
            assert found == 0
        else:
            assert abs(MP.mpf(found.p) / found.q / expected - 1) <= MP.mpf("5e-17")


def test_rational_numbers_stay_exact() -> None:
    assert activation("relu", sigma_w="2/3").rational() == (sympy.Rational(2, 9), sympy.Rational(1, 9))
    assert activation("relu", sigma_w=sympy.sqrt(2)).rational() == (1, sympy.Rational(1, 2))
    assert activation("linear", sigma_w=1 + sympy.sqrt(3)).rational(20)[0] > 7
    assert activation("sign").rational()[0] == 1
    _, zeta = activation("sign").rational(30)
    assert abs(sympy.N(zeta - 2 / sympy.pi, 40)) < 1e-30


@pytest.mark.parametrize(("name", "third"), [("tanh", -2.0), ("erf", -4 / math.sqrt(math.pi)), ("sin", -1.0)])
def test_a_tiny_difference_keeps_its_digits(name: str, third: float) -> None:
    # f = f'(0) x + third x^3/6 + ..., so eta - zeta ~ 6 (s^3 third/6)^2
    eta, zeta = activation(name, sigma_w="1e-9").rational()
    assert float(eta - zeta) == pytest.approx(1e-54 * third**2 / 6, rel=1e-12, abs=0)


def test_rational_of_own_functions() -> None:
    eta, zeta = activation(math.tanh, centred=True).rational()
    assert float(eta) == pytest.approx(float(activation("tanh").eta), rel=1e-13)
    assert float(zeta) == pytest.approx(float(activation("tanh").zeta), rel=1e-13)
    eta, zeta = activation(lambda x: x).rational()
    assert 0 <= eta - zeta < 1e-25
    assert activation(lambda x: 1.0).rational()[1] < 1e-25


def test_rational_needs_numbers_and_digits() -> None:
    for act in (activation("relu", sigma_w=S), activation("leaky_relu", slope=S), activation("linear", sigma_x=S)):
        with pytest.raises(ParameterError, match="symbols s are left"):
            act.rational()
    for digits in (0, 101, 2.5, True):
        with pytest.raises(ParameterError, match="digits"):
            activation("relu").rational(digits)  # type: ignore[arg-type]
    hidden_zero = sympy.cos(1) ** 2 + sympy.sin(1) ** 2 - 1
    with pytest.raises(PrecisionError, match="cannot be told from 0"):
        decimal_rational(hidden_zero, 17)
    with pytest.raises(PrecisionError, match="nearly linear"):
        activation("tanh", sigma_w=sympy.Rational(1, 10**300)).rational()


# -- reading the arguments ---------------------------------------------------------------------------------------------


def test_symbols_and_text_name_the_same_activation() -> None:
    assert activation(sympy.Symbol("leaky_relu")) == activation("leaky_relu") == activation("leaky_relu", slope=0.01)
    assert activation("leaky_relu", slope="1/4") != activation("leaky_relu")
    assert activation(sympy.Symbol("He_3")).eta == activation("He3").eta == activation("He", k="3").eta == 6
    assert activation(X**2).eta == activation("polynomial", coefficients=[0, 0, 1]).eta == 3
    assert activation(0.5 * X).eta == sympy.Rational(1, 4)
    assert activation((X + 1) ** 2 / 2 - sympy.sqrt(2) * X).hermite(1) == 1 - sympy.sqrt(2)
    assert activation("relu", sigma_w=0.1, sigma_x=Fraction(1, 2)).scale == sympy.Rational(1, 20)
    assert activation("relu", sigma_w=sympy.Symbol("a")).eta == sympy.Symbol("a") ** 2 / 2
    assert activation("leaky_relu", slope=S - 1).latex == r"\max(0, x) + \left(s - 1\right) \min(0, x)"
    assert activation("polynomial", coefficients=[]).eta == 0
    assert activation("polynomial", coefficients=[])([1.0, 2.0]).tolist() == [0.0, 0.0]
    x = sympy.Symbol("x", positive=True)
    act = activation("relu", sigma_w=x, sigma_x=2.5)
    assert (act.sigma_w, act.sigma_x, act.centred, act.is_exact) == (x, sympy.Rational(5, 2), False, True)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("rleu",), "did you mean 'relu'"),
        (("ReLU",), "did you mean 'relu'"),
        ((sympy.Symbol("leakyrelu"),), "did you mean 'leaky_relu'"),
        (("qqqq",), "Known: linear, relu"),
        (("He0",), "unknown activation"),
        (("He41",), "from 1 to 40"),
        (("He",), "needs the option k"),
        (("polynomial",), "needs the option coefficients"),
        ((sympy.Integer(3),), "not a polynomial in one symbol"),
        ((sympy.tanh(X),), "not a polynomial"),
        ((1 / X + X,), "not a polynomial"),
        ((X * S,), "not a polynomial in one symbol"),
        (((X + 1) ** 1000,), "degree"),
        ((sympy.Poly(X**101 + 1).as_expr(),), "degree"),
        ((3,), "is no activation"),
        ((None,), "is no activation"),
        ((activation("relu"),), "is no activation"),
    ],
)
def test_functions_that_are_none(arguments: tuple[Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        activation(*arguments)


@pytest.mark.parametrize(
    ("function", "options", "message"),
    [
        ("leaky_relu", {"slop": 1}, "did you mean 'slope'"),
        ("relu", {"slope": 1}, "Known: none"),
        ("He3", {"k": 3}, "Known: none"),
        ("He", {"k": 2.5}, "from 1 to 40"),
        (X**2, {"name": "x"}, "unknown option of a polynomial"),
        (math.tanh, {"kink": [0]}, "did you mean 'kinks'"),
        (math.tanh, {"kinks": "0"}, "sequence of numbers"),
        (math.tanh, {"kinks": 0}, "sequence of numbers"),
        (math.tanh, {"kinks": [math.nan]}, "not a rational number"),
        (math.tanh, {"derivative": 1}, "Python function"),
        (math.tanh, {"name": "a b"}, "letters"),
        (math.tanh, {"sigma_w": S}, "no closed form"),
        ("tanh", {"sigma_x": S}, "no closed form"),
        ("polynomial", {"coefficients": 3}, "sequence"),
        ("polynomial", {"coefficients": "123"}, "sequence"),
        ("polynomial", {"coefficients": ["x"]}, "not a rational number"),
        ("polynomial", {"coefficients": [1] * 102}, "degree"),
        ("leaky_relu", {"slope": sympy.I}, "real and finite"),
        ("leaky_relu", {"slope": sympy.oo}, "real and finite"),
        ("leaky_relu", {"slope": "a"}, "not a rational number"),
        ("relu", {"centred": 1}, "True or False"),
        ("relu", {"sigma_w": 0}, "positive"),
        ("relu", {"sigma_x": -1}, "positive"),
        ("relu", {"sigma_x": 1 - sympy.sqrt(2)}, "positive"),
        ("relu", {"sigma_x": sympy.Symbol("a", negative=True)}, "positive"),
        ("relu", {"sigma_x": sympy.Symbol("a", imaginary=True)}, "real and finite"),
        ("relu", {"sigma_w": sympy.nan}, "real and finite"),
        ("relu", {"sigma_w": math.inf}, "not a rational number"),
        ("relu", {"sigma_w": True}, "not a rational number"),
        ("relu", {"sigma_w": "two"}, "not a rational number"),
        ("relu", {"sigma_w": sympy.Symbol("z")}, "reserved"),
        ("relu", {"sigma_w": sympy.cos(1) ** 2 + sympy.sin(1) ** 2 - 1}, "positive"),
    ],
)
def test_options_outside_their_domains(function: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        activation(function, **options)


@pytest.mark.parametrize("k", [-1, 401, 1.0, True, "1"])
def test_orders_outside_their_domain(k: Any) -> None:
    with pytest.raises(ParameterError, match="from 0 to 400"):
        activation("relu").hermite(k)


def test_a_scale_that_is_too_large_for_the_trapezoidal_rule() -> None:
    with pytest.raises(PrecisionError, match="smaller scale"):
        _ = activation("tanh", sigma_w=10**4).eta


# -- the page ----------------------------------------------------------------------------------------------------------


def table_rows() -> list[str]:
    """The table of docs/derive/activations.md."""
    rows = []
    for name, row in TABLE.items():
        options = ", ".join(f"`{o}`" + ("" if v is None else f" = {v}") for o, v in row.options.items())
        kind = "exact" if row.is_exact else "estimated"
        if row.is_exact and None not in row.options.values():
            act = activation(name, sigma_w=S)
            numbers = [f"`{value}`" for value in (act.mean, act.eta, act.eta_prime, act.zeta)]
        else:
            numbers = [""] * 4
        rows.append(" | ".join([f"| `{name}`", f"${row.latex}$", options, kind, *numbers]) + " |")
    return [re.sub(" +", " ", row) for row in rows]


def test_the_table_of_the_page_is_made_from_the_table() -> None:
    page = (ROOT / "docs" / "derive" / "activations.md").read_text(encoding="utf-8").splitlines()
    start = page.index("| name | f(x) | options | kind | mean | eta | eta_prime | zeta |")
    rows = table_rows()
    assert page[start + 2 : start + 2 + len(rows) + 1] == [*rows, ""]


@pytest.mark.parametrize(
    ("name", "own"), [("swish", "silu"), ("Identity", "linear"), ("heaviside", "step"), ("hardtanh", "hard_tanh")]
)
def test_names_of_frameworks_are_known(name: str, own: str) -> None:
    assert activation(name) == activation(own)


def test_an_activation_says_what_it_is() -> None:
    assert (
        repr(activation("relu", centred=True))
        == "<Activation relu: centred, scale 1, eta = 1/2 - 1/(2*pi), zeta = 1/4>"
    )
    assert repr(activation("tanh")) == "<Activation tanh: scale 1, eta = 0.394294, zeta = 0.366879>"
    assert repr(activation(math.tanh, name="mine")) == "<Activation mine: scale 1>"
