"""Outliers in numbers against sampled matrices, closed forms, quadrature and the defining equations in gaps."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np
import pytest
import sympy
from numpy.typing import NDArray
from scipy.linalg import eigh

from resolvent.catalog import registry
from resolvent.derive.errors import DerivationError, ParameterError, PrecisionError
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.elementary import arcsine, atoms, kesten_mckay, marchenko_pastur, semicircle
from resolvent.derive.laws.equilibrium import equilibrium_measure
from resolvent.derive.outliers.outlier_formula import THETA, outlier
from resolvent.numeric.matrices.ensembles import gaussian, generator, haar_orthogonal, wishart
from resolvent.numeric.spectrum import outliers as module
from resolvent.numeric.spectrum.outliers import OutlierResult
from resolvent.numeric.spectrum.spectrum import Spectrum

Array = NDArray[Any]
Draw = Callable[[np.random.Generator], tuple[float, ...]]
TWO_BULKS = "atoms([1, 9]).wishart(1/10)"


@lru_cache
def spectrum(name: str) -> Spectrum:
    laws: dict[str, Callable[[], AlgebraicLaw]] = {
        "semicircle": semicircle,
        "mp(1/4)": lambda: marchenko_pastur("1/4"),
        "mp(1)": lambda: marchenko_pastur(1),
        "mp(4)": lambda: marchenko_pastur(4),
        "arcsine": arcsine,
        "coin": lambda: atoms([-1, 1]),
        "one": lambda: atoms([1]),
        "kesten-mckay": lambda: kesten_mckay(3),
        "quartic": lambda: equilibrium_measure(2, "1/4"),
        TWO_BULKS: lambda: atoms([1, 9]).wishart("1/10"),
        "hessian": lambda: registry.get("hessian").law(phi="1/2", eps=1, sigma=1),
        "gram": lambda: registry.get("nonlinear-gram").law(phi="1/2", psi="3/4", eta=1, zeta="1/2"),
    }
    return Spectrum(laws[name]())


def one(name: str, theta: Any, kind: str = "additive", ratio: Any = None) -> OutlierResult:
    (result,) = spectrum(name).outliers(theta, kind, ratio)
    return result


# -- closed forms --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("theta", [0.500001, 0.51, 0.75, 1, 10, 1e6, -0.500001, -0.9, -0.999999])
def test_spiked_covariance(theta: float) -> None:
    found = one("mp(1/4)", theta, "multiplicative")
    exact, c = Fraction(repr(theta)) if isinstance(theta, float) else Fraction(theta), Fraction(1, 4)
    assert found.location == pytest.approx(float((1 + exact) * (1 + c / exact)), rel=1e-14, abs=0)
    assert found.overlap == pytest.approx(float((1 - c / exact**2) / (1 + c / exact)), rel=1e-13, abs=0)
    assert found.threshold == math.copysign(0.5, theta)


@pytest.mark.parametrize("theta", [-0.5, -0.3, 0.3, 0.5])
def test_nothing_leaves_at_or_below_the_threshold(theta: float) -> None:
    found = one("mp(1/4)", theta, "multiplicative")
    assert (found.location, found.overlap, found.right_overlap) == (None, 0.0, None)
    assert (found.outliers, found.outer) == ((), None)
    assert found.threshold == math.copysign(0.5, theta)


@pytest.mark.parametrize("theta", [1.0001, 2, -3])
def test_spiked_wigner(theta: float) -> None:
    found = one("semicircle", theta)
    exact = Fraction(repr(theta))
    assert found.location == pytest.approx(float(exact + 1 / exact), rel=1e-14)
    assert found.overlap == pytest.approx(float(1 - 1 / exact**2), rel=1e-13, abs=0)
    assert found.threshold == math.copysign(1, theta)


@pytest.mark.parametrize(
    ("variance", "theta", "place", "overlap"),
    [
        (1, sympy.sqrt(2), 1.5 * math.sqrt(2), 0.5),
        (1, sympy.sqrt(1 + sympy.sqrt(2)), (2 + math.sqrt(2)) / math.sqrt(1 + math.sqrt(2)), 2 - math.sqrt(2)),
        (1, -sympy.pi, -math.pi - 1 / math.pi, 1 - math.pi**-2),
        (2, sympy.sqrt(2), None, 0),  # the threshold itself
        (sympy.sqrt(2), -(sympy.Integer(2) ** sympy.Rational(1, 4)), None, 0),
        (sympy.sqrt(2), sympy.sqrt(3), math.sqrt(3) + math.sqrt(2 / 3), 1 - math.sqrt(2) / 3),
    ],
)
def test_irrational_strengths(variance: Any, theta: sympy.Expr, place: float | None, overlap: float) -> None:
    (found,) = Spectrum(semicircle(variance)).outliers(theta)
    assert found.location == (None if place is None else pytest.approx(place, rel=1e-14))
    assert found.overlap == pytest.approx(overlap, rel=1e-13)
    assert found.strength == float(theta)


def test_spiked_rectangle() -> None:
    """FORMULAS O at c = 2: s_1 and both overlaps of one gradient step; the singular value is the root of location."""
    theta = math.sqrt(2.2599756524725)
    (found,) = Spectrum(marchenko_pastur(2)).outliers(theta, "rectangular", 2)
    assert found.location is not None
    assert math.sqrt(found.location) == pytest.approx(2.4788991384545, rel=1e-13)
    assert found.overlap == pytest.approx(0.32277423, abs=5e-9)
    assert found.right_overlap == pytest.approx(0.42178547, abs=5e-9)
    assert found.threshold == pytest.approx(2**0.25, rel=1e-15)


def test_below_a_rectangular_threshold_both_overlaps_are_zero() -> None:
    (found,) = Spectrum(marchenko_pastur(2)).outliers(1, "rectangular", 2)
    assert (found.location, found.overlap, found.right_overlap) == (None, 0.0, 0.0)


def test_spike_of_a_conjugate_kernel() -> None:
    """FORMULAS S: f = cos(1.3 z) centred, c = 3/2, strength theta^2 = 2 (E[z^2 f]/2)^2 n_1/n_0 with n_1/n_0 = 5."""
    a2 = 1.69
    eta = (1 - math.exp(-a2)) ** 2 / 2
    theta = math.sqrt(2 * (a2 * math.exp(-a2 / 2) / 2) ** 2 * 5)
    rho = Spectrum(registry.get("nonlinear-gram").law(phi="3/10", psi="1/5", eta=eta, zeta=0))
    (found,) = rho.outliers(theta, "rectangular", "3/2")
    assert rho.support()[1] == pytest.approx(1.64572613, abs=2e-8)
    assert found.location == pytest.approx(2.27464823, abs=5e-9)


@pytest.mark.parametrize("rho", [0.8, 2.0])
def test_spike_of_gradient_flow(rho: float) -> None:
    """FORMULAS D: lambda_s = (1+rho)(rho+c)/rho iff rho > sqrt(c)."""
    found = one("mp(1/4)", math.sqrt(rho), "rectangular", 0.25)
    assert found.location == pytest.approx((1 + rho) * (rho + 0.25) / rho, rel=1e-13)
    assert found.threshold**2 == pytest.approx(0.5, rel=1e-15)


# -- sampled matrices ----------------------------------------------------------------------------------------


def agree(draw: Draw, predicted: tuple[float | None, ...], size: int, trials: int = 6) -> None:
    """The means of several draws match, to five standard errors and a bias of a few parts in the size."""
    rng = generator(20110217)
    seen = np.array([draw(rng) for _ in range(trials)])
    expected = np.array(predicted, dtype=float)
    scale = np.maximum(1, np.abs(expected))
    error = 5 * seen.std(axis=0, ddof=1) / math.sqrt(trials) + 6 * scale / size
    assert np.all(np.abs(seen.mean(axis=0) - expected) < error), (seen.mean(axis=0), predicted)
    assert np.all(error < 0.1 * scale)  # or the test says nothing


def unit(n: int, rng: np.random.Generator) -> Array:
    u = rng.standard_normal(n)
    return u / np.linalg.norm(u)


def signs(n: int, rng: np.random.Generator) -> Array:
    """A unit vector with the same weight in every coordinate, so that it sees the clusters in their exact shares."""
    return np.where(rng.random(n) < 0.5, -1.0, 1.0) / math.sqrt(n)


def inside(matrix: Array, u: Array, low: float, high: float) -> tuple[float, float]:
    """The only eigenvalue between two bounds, and the squared overlap of u with its eigenvector."""
    values, vectors = eigh(matrix, subset_by_value=(low, high))
    assert len(values) == 1
    return float(values[0]), float((vectors[:, 0] @ u) ** 2)


@pytest.mark.parametrize(("theta", "low", "high"), [(2.5, 3.3, 99), (-1.6, -99, -0.7)])
def test_hessian_with_a_spike(theta: float, low: float, high: float) -> None:
    found, size = one("hessian", theta), 600

    def draw(rng: np.random.Generator) -> tuple[float, ...]:
        u = unit(size, rng)
        matrix = registry.get("hessian").sample(size, rng, phi="1/2", eps=1, sigma=1)
        return inside(matrix + theta * np.outer(u, u), u, low, high)

    agree(draw, (found.location, found.overlap), size)


def two_bulks(rng: np.random.Generator) -> Array:
    """A 500 x 5000 matrix with half of its rows tripled, over sqrt(5000)."""
    x = gaussian(500, 5000, rng) / math.sqrt(5000)
    x[:250] *= 3
    return x


@pytest.mark.parametrize("theta", [8, -25])
def test_additive_outliers_between_bulks(theta: float) -> None:
    """One strength puts two outliers out: one beyond the support, and one in its gap (1.43, 5.48)."""
    found = one(TWO_BULKS, theta)
    assert len(found.outliers) == 2
    beyond, between = found.outliers[::-1] if theta > 0 else found.outliers
    assert between.gap == pytest.approx((1.4261465557, 5.4834292968), abs=1e-10)
    assert found.location == beyond.location

    def draw(rng: np.random.Generator) -> tuple[float, ...]:
        x, u = two_bulks(rng), signs(500, rng)
        matrix = x @ x.T + theta * np.outer(u, u)
        far = (14, 99) if theta > 0 else (-99, 0.4)
        return inside(matrix, u, 1.6, 5.3) + inside(matrix, u, *far)

    agree(draw, (between.location, between.overlap, beyond.location, beyond.overlap), 500)


@pytest.mark.parametrize("theta", [5, -0.8])
def test_multiplicative_outliers_between_bulks(theta: float) -> None:
    """The eigenvector is that of (I + theta u u^T)^(1/2) A (I + theta u u^T)^(1/2)."""
    found = one(TWO_BULKS, theta, "multiplicative")
    assert len(found.outliers) == 2
    beyond, between = found.outliers[::-1] if theta > 0 else found.outliers

    def draw(rng: np.random.Generator) -> tuple[float, ...]:
        x, u = two_bulks(rng), signs(500, rng)
        x += (math.sqrt(1 + theta) - 1) * np.outer(u, u @ x)
        far = (14, 99) if theta > 0 else (0, 0.4)
        return inside(x @ x.T, u, 1.53, 5.2) + inside(x @ x.T, u, *far)

    agree(draw, (between.location, between.overlap, beyond.location, beyond.overlap), 500)


def test_rectangular_outliers_between_bulks() -> None:
    found = one(TWO_BULKS, 3, "rectangular", "1/10")
    between, beyond = found.outliers

    def draw(rng: np.random.Generator) -> tuple[float, ...]:
        x, u, v = two_bulks(rng), signs(500, rng), signs(5000, rng)
        x += 3 * np.outer(u, v)
        seen: list[float] = []
        for low, high in ((1.6, 5.2), (14, 99)):
            values, vectors = eigh(x @ x.T, subset_by_value=(low, high))
            assert len(values) == 1
            right = x.T @ vectors[:, 0] / math.sqrt(values[0])
            seen += [values[0], (vectors[:, 0] @ u) ** 2, (right @ v) ** 2]
        return tuple(seen)

    expected = [x for o in (between, beyond) for x in (o.location, o.overlap, o.right_overlap)]
    agree(draw, tuple(expected), 500)


def test_singular_vectors_of_nonlinear_features() -> None:
    """Y = sqrt(zeta) W X + sqrt(eta - zeta) N over sqrt(m), n_0 = 450, n_1 = 600, m = 900, with a spike."""
    found = one("gram", 2, "rectangular", "2/3")

    def draw(rng: np.random.Generator) -> tuple[float, ...]:
        y = gaussian(600, 450, rng) @ gaussian(450, 900, rng) * math.sqrt(0.5 / 450)
        y += gaussian(600, 900, rng) * math.sqrt(0.5)
        u, v = unit(600, rng), unit(900, rng)
        y = y / 30 + 2 * np.outer(u, v)
        values, vectors = eigh(y @ y.T, subset_by_index=(599, 599))
        right = y.T @ vectors[:, 0] / math.sqrt(values[0])
        return float(values[0]), float((vectors[:, 0] @ u) ** 2), float((right @ v) ** 2)

    agree(draw, (found.location, found.overlap, found.right_overlap), 600)


def test_a_square_orthogonal_matrix_has_an_outlier_on_each_side() -> None:
    """O + theta u v^T: the singular values are 1 but for two, whose product is that of the determinant, about 1."""
    found = one("one", "3/2", "rectangular", 1)
    small, large = found.outliers
    assert small.location * large.location == pytest.approx(1, rel=1e-14)
    assert found.location == large.location

    def draw(rng: np.random.Generator) -> tuple[float, ...]:
        u, v = unit(400, rng), unit(400, rng)
        left, values, right = np.linalg.svd(haar_orthogonal(400, rng) + 1.5 * np.outer(u, v))
        return tuple(x for k in (-1, 0) for x in (values[k] ** 2, (left[:, k] @ u) ** 2, (right[k] @ v) ** 2))

    expected = [x for o in found.outliers for x in (o.location, o.overlap, o.right_overlap)]
    agree(draw, tuple(expected), 400)


def test_kernels_on_both_sides_let_weak_perturbations_through() -> None:
    """Half of the squares are 0 and c = 1/2: a new singular value theta sqrt(w w~) leaves 0, w = 1/2, w~ = 3/4."""
    (found,) = Spectrum(atoms([0, 1])).outliers(1e-4, "rectangular", "1/2")
    assert [o.gap for o in found.outliers] == [(0, 1), (0, 1), (1, math.inf)]
    assert found.outliers[0].location == pytest.approx(1e-8 * 0.5 * 0.75, rel=1e-6, abs=0)
    assert found.outliers[0].overlap == pytest.approx(0.5, rel=1e-6)
    assert found.outliers[0].right_overlap == pytest.approx(0.75, rel=1e-6)


# -- gaps, edges and atoms -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["additive", "multiplicative", "rectangular"])
def test_outliers_in_all_gaps_solve_their_equation(kind: str) -> None:
    rho, c = spectrum(TWO_BULKS), 0.1
    count = 0
    for found in rho.outliers([-0.7, -0.4, 0.3, 0.6, 2, 5], kind, "1/10" if kind == "rectangular" else None):
        for o in found.outliers:
            count += 1
            g = -rho.stieltjes(o.location).real
            left, right = o.gap
            assert left < o.location < right
            values = {
                "additive": (g, 1 / found.strength),
                "multiplicative": (o.location * g - 1, 1 / found.strength),
                "rectangular": (o.location * g * (c * g + (1 - c) / o.location), found.strength**-2),
            }
            value, target = values[kind]
            assert value == pytest.approx(target, rel=2e-12)
            assert 0 < o.overlap < 1
            assert (o.right_overlap is not None) == (kind == "rectangular")
    assert count >= 4


def test_a_gap_has_an_outlier_just_between_its_thresholds() -> None:
    rho = spectrum(TWO_BULKS)
    thresholds = rho.outliers(1)[0].thresholds
    assert [t.side for t in thresholds] == [-1, 1, -1, 1]
    for t in thresholds:
        for factor, expected in ((1 + 1e-7, 1), (1 - 1e-7, 0)):
            (found,) = rho.outliers(t.strength * factor)
            near = [o for o in found.outliers if abs(o.location - t.point) < 1e-9]
            assert len(near) == expected
            assert all((o.location - t.point) * t.side >= 0 and o.overlap < 1e-5 for o in near)


def test_overlaps_are_derivatives_of_locations() -> None:
    """d lambda/d theta = <u, v>^2, by a symmetric difference: perturbation theory of the sampled matrix itself."""
    for name in ("hessian", "kesten-mckay", "quartic", "arcsine"):
        low, middle, high = spectrum(name).outliers(["29999/10000", 3, "30001/10000"])
        assert low.location is not None
        assert high.location is not None
        assert middle.overlap == pytest.approx((high.location - low.location) / 2e-4, rel=1e-7)


def test_far_away_other_sheets_are_told_apart_by_moments() -> None:
    """lambda = theta + kappa_2/theta + kappa_4/theta^3 + ..., kappa_2 = m_2, kappa_4 = m_4 - 2 m_2^2, a centred law."""
    rho, theta = spectrum("quartic"), 1000
    second, fourth = rho.moment(2), rho.moment(4)
    found = one("quartic", theta)
    assert found.location is not None
    expected = second / theta + (fourth - 2 * second**2) / theta**3
    assert found.location - theta == pytest.approx(expected, abs=1e-12)
    assert 1 - found.overlap == pytest.approx(second / theta**2, rel=1e-5)


def test_atoms_only() -> None:
    """det(z - A - theta u u^T) = 0 for the coin: z^2 - theta z - 1 = 0, both roots outliers, one in the gap."""
    for theta in (1e-20, 1, -2):
        found = one("coin", theta)
        assert len(found.outliers) == 2
        root = math.sqrt(theta**2 + 4)
        assert [o.location for o in found.outliers] == pytest.approx(
            [(theta - root) / 2, (theta + root) / 2], rel=1e-14
        )
        assert sum(o.overlap for o in found.outliers) == pytest.approx(1, rel=1e-14)
        assert found.threshold == 0


def test_a_hard_edge_lets_every_strength_out() -> None:
    found = one("mp(1)", "-1/1000")
    assert found.threshold == 0
    assert found.location is not None
    assert found.location < 0
    assert one("arcsine", 0.1).location == pytest.approx(math.sqrt(4.01), rel=1e-14)


def test_a_hard_edge_at_zero_lets_nothing_out_of_a_product() -> None:
    found = one("mp(1)", -0.9, "multiplicative")
    assert (found.location, found.threshold, found.outliers) == (None, -math.inf, ())


def test_a_hard_edge_below_a_gap_counts_only_the_gap() -> None:
    """atoms([1, 40]).wishart(1): the density is infinite at 0 and a gap may follow; below 0 there is nothing."""
    rho = Spectrum(atoms([1, 40], ["9/10", "1/10"]).wishart(1))
    assert len(rho.intervals) == 2
    (found,) = rho.outliers(-0.9, "multiplicative")
    assert (found.location, found.threshold) == (None, -math.inf)


def test_above_the_kernel_of_a_product_is_the_lowest_gap() -> None:
    (c, theta) = (4, -0.9)
    found = one("mp(4)", theta, "multiplicative")
    assert (found.location, found.threshold) == (None, -2)  # sqrt(c) > 1: no admissible strength is enough
    strong = one("mp(4)", 3, "multiplicative")
    assert strong.location == pytest.approx((1 + 3) * (1 + c / 3), rel=1e-14)


def test_an_outlier_may_stand_at_zero() -> None:
    """G(0) = -1/(1 - c) for Marchenko-Pastur, so theta = c - 1 makes the matrix singular."""
    assert one("mp(1/4)", "-3/4").location == 0.0


def test_the_sign_of_a_rectangular_strength_does_not_matter() -> None:
    plus, minus = (one(TWO_BULKS, t, "rectangular", "1/10") for t in (2, -2))
    assert plus.outliers == minus.outliers


@pytest.mark.parametrize(
    ("name", "kind", "ratio"),
    [("hessian", "additive", None), ("kesten-mckay", "additive", None), ("gram", "rectangular", "2/3"),
     ("gram", "multiplicative", None), (TWO_BULKS, "rectangular", "1/10"), ("arcsine", "additive", None)],
)  # fmt: skip
def test_numbers_are_values_of_the_exact_formulas(name: str, kind: str, ratio: Any) -> None:
    formula = outlier(spectrum(name).law, kind, ratio=ratio)
    found = one(name, 4, kind, ratio)
    assert formula.threshold is not None
    assert float(formula.threshold) == pytest.approx(found.threshold, rel=1e-14)
    values: dict[sympy.Symbol, Any] = {THETA: 4, sympy.Symbol("z"): sympy.Float(found.location, 30)}
    if formula.location is not None:
        assert float(formula.location.subs(THETA, 4)) == pytest.approx(found.location, rel=1e-13)
    assert float(formula.overlap.subs(values)) == pytest.approx(found.overlap, rel=1e-11)
    if formula.right_overlap is not None:
        assert float(formula.right_overlap.subs(values)) == pytest.approx(found.right_overlap, rel=1e-11)


# -- arguments -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("many", [[1, 2], (1, 2), np.array([1, 2]), np.array([1.0, 2.0]), ["1", Fraction(2)]])
def test_each_strength_has_its_result(many: Any) -> None:
    assert [r.strength for r in spectrum("semicircle").outliers(many)] == [1, 2]


@pytest.mark.parametrize("single", ["3/2", 1.5, Fraction(3, 2), np.float64(1.5), np.array(1.5), sympy.Rational(3, 2)])
def test_a_single_strength_has_one(single: Any) -> None:
    (found,) = spectrum("semicircle").outliers(single)
    assert found.location == pytest.approx(13 / 6, rel=1e-15)
    assert found.kind == "additive"


def test_no_strengths_no_results() -> None:
    assert spectrum("semicircle").outliers([]) == ()


@pytest.mark.parametrize(
    ("theta", "kind", "ratio", "message"),
    [
        (0, "additive", None, "strength 0"),
        (math.inf, "additive", None, "must be finite"),
        (np.float64("nan"), "additive", None, "must be finite"),
        ("one", "additive", None, "not a rational number"),
        (-1, "multiplicative", None, "above -1"),
        (-sympy.sqrt(2), "multiplicative", None, r"above -1.*got -sqrt\(2\)"),
        (sympy.I, "additive", None, "not a rational number"),
        (1, "rectangular", sympy.sqrt(2), "not a rational number"),
        (1, "aditive", None, "did you mean 'additive'"),
        (1, "rectangular", None, "needs the ratio"),
        (1, "rectangular", 0, "must be positive"),
        (1, "rectangular", -0.5, "must be positive"),
        (1, "additive", 1, "rectangular kind only"),
        (1, "rectangular", sympy.Symbol("c"), "not a rational number"),
    ],
)
def test_bad_arguments_are_refused(theta: Any, kind: str, ratio: Any, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        spectrum("mp(1/4)").outliers(theta, kind, ratio)


@pytest.mark.parametrize(("kind", "ratio"), [("multiplicative", None), ("rectangular", 1)])
def test_laws_with_mass_below_zero_are_refused(kind: str, ratio: Any) -> None:
    with pytest.raises(DerivationError, match="mass below 0"):
        spectrum("semicircle").outliers(1, kind, ratio)


def test_a_law_with_parameters_is_refused() -> None:
    with pytest.raises(DerivationError, match="give values for v"):
        module.outliers(semicircle(sympy.Symbol("v", positive=True)), 1)


def test_more_digits_are_taken_before_giving_up(monkeypatch: pytest.MonkeyPatch) -> None:
    (found,) = spectrum("semicircle").outliers("1" + "0" * 30 + "1e-31")  # 1 + 1e-31: the distance is 1e-62
    assert found.location == 2.0
    assert found.overlap == pytest.approx(2e-31, rel=1e-12, abs=0)
    monkeypatch.setattr(module, "_MOST_BITS", 128)
    with pytest.raises(PrecisionError, match="too close to an edge"):
        spectrum("semicircle").outliers("1" + "0" * 30 + "1e-31")


def test_the_wishart_sampler_has_the_lower_outlier_too() -> None:
    """(I + theta u u^T)^(1/2) W (same), theta = -9/10, c = 1/4: an eigenvalue leaves [1/4, 9/4] downwards."""
    found = one("mp(1/4)", -0.9, "multiplicative")

    def draw(rng: np.random.Generator) -> tuple[float, ...]:
        w, u = wishart(500, 2000, rng), unit(500, rng)
        q = np.eye(500) + (math.sqrt(0.1) - 1) * np.outer(u, u)
        return inside(q @ w @ q, u, 0, 0.2)

    agree(draw, (found.location, found.overlap), 500)
