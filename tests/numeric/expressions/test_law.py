"""Numeric laws of matrix expressions: against the exact spectra, closed forms, and what they say of their own error."""

from __future__ import annotations

import math
import pickle
from typing import Any

import numpy as np
import pytest
import sympy

from resolvent.derive.derivation.step import Evidence
from resolvent.derive.errors import NotCertified, ParameterError
from resolvent.derive.expressions.elimination import Limits
from resolvent.derive.expressions.physical_series import TooLarge
from resolvent.derive.laws.elementary import atoms, marchenko_pastur, semicircle
from resolvent.numeric.expressions import block, dimension, gaussian, given, haar, inv, projection, wigner
from resolvent.numeric.expressions.law import law_of, law_of_profile
from resolvent.numeric.measures.numeric_law import NumericLaw
from resolvent.numeric.spectrum.spectrum import Spectrum

p, n = dimension("p"), dimension("n")
X, Y = wigner("X", p), wigner("Y", p)
A, G, H = gaussian("A", p, n), gaussian("G", p, p), gaussian("H", p, p)
D, P = given("D", p, law=atoms([1, -1])), projection("P", p, "1/3")
Q, M = given("Q", p, law=semicircle("1/2")), given("M", p, law=marchenko_pastur("1/2"))
U, V = haar("U", p), haar("V", p)
c = sympy.Symbol("c", positive=True)
HARD_EDGE = A @ A.T / n

MODELS = [
    (X @ Y + Y @ X, {}),
    (HARD_EDGE, {(p, n): 1}),
    (HARD_EDGE, {(p, n): 2}),
    (D + X / 2, {}),
    (X @ X + D, {}),
    (P @ X @ P, {}),
    (block([[0, A], [A.T, 0]]) / sympy.sqrt(n), {(p, n): 2}),
    (X @ inv(1 + Y @ Y) @ X, {}),
    (U + U.T + V + V.T, {}),
    pytest.param(X + Q, {}, marks=pytest.mark.slow),
    pytest.param(Q + M, {}, marks=pytest.mark.slow),
    pytest.param(U @ D @ U.T + Q, {}, marks=pytest.mark.slow),
    pytest.param(G @ H @ H.T @ G.T / p**2, {}, marks=pytest.mark.slow),
    pytest.param(D + D @ X @ D, {}, marks=pytest.mark.slow),
]


@pytest.mark.parametrize(("model", "ratios"), MODELS, ids=lambda x: str(x)[:30])
def test_the_numbers_are_those_of_the_equation(model: Any, ratios: Any) -> None:
    """Edges, atoms, and density, whose mass and moments are certified to the tolerance that they are found to have."""
    found, exact = Spectrum(law_of(model, ratios, numeric=True)), Spectrum(law_of(model, ratios))
    assert found.support() == pytest.approx(exact.support(), abs=1e-12)
    pairs = [(float(a.point), float(a.weight)) for a in exact.atoms]
    assert [(float(a.point), float(a.weight)) for a in found.atoms] == [pytest.approx(x, abs=1e-11) for x in pairs]
    x = np.concatenate([i.points(40) for i in exact.intervals])
    assert found.pdf(x) == pytest.approx(exact.pdf(x), rel=1e-8, abs=1e-10)
    assert found.certificate.worst < found.certificate.tolerance


@pytest.mark.parametrize(
    ("coefficients", "edges"),
    [
        ([1, 1, 0], (-0.25, 6)),
        pytest.param([1, 1, 0, 0], (-4, 12), marks=pytest.mark.slow),
        pytest.param([1, 0, -1, 0], (-6, 6), marks=pytest.mark.slow),
        pytest.param([1, 0, -2, 0, 0], (-1, 8), marks=pytest.mark.slow),
    ],
)
def test_polynomials_in_one_matrix(coefficients: list[int], edges: tuple[float, float]) -> None:
    """Hard edges off 0 and singular places inside: the density is that of f(x) with x from the semicircle."""
    model = sum((a * X**k for k, a in enumerate(reversed(coefficients)) if a and k), 0)
    law = law_of(model, numeric=True)
    rho = Spectrum(law)
    assert rho.support() == pytest.approx(edges, abs=1e-11)

    def density(y: float) -> float:
        roots = np.roots(np.array(coefficients, float) - y * (np.arange(len(coefficients))[::-1] == 0))
        x = roots[(np.abs(roots.imag) < 1e-9) & (np.abs(roots.real) < 2)].real
        slopes = np.abs(np.polyval(np.polyder(coefficients), x))
        return float((np.sqrt(4 - x**2) / (2 * np.pi * slopes)).sum())

    y = np.linspace(*edges, 104)[1:-1]
    assert rho.pdf(y) == pytest.approx([density(float(place)) for place in y], rel=1e-7)
    x, weights = np.polynomial.legendre.leggauss(200)
    angle = np.pi * (1 + x) / 2
    seen = [np.polyval(coefficients, 2 * np.cos(angle)) ** k @ (weights * np.sin(angle) ** 2) for k in (1, 2, 3, 4)]
    assert list(map(float, law.moments(4))) == pytest.approx(seen, rel=1e-10, abs=1e-10)


def test_a_variance_profile_of_many_blocks() -> None:
    """Equal rows of a profile: the semicircle whose variance is the mean of a row."""
    sizes = [dimension(f"d{k}") for k in range(12)]
    profile = [[1 + ((i + j) % 2) for j in range(12)] for i in range(12)]
    model = wigner("W", sizes, profile) / sympy.sqrt(12)
    law = law_of(model, {(d, sizes[0]): 1 for d in sizes[1:]}, numeric=True)
    assert Spectrum(law).support() == pytest.approx((-2 * np.sqrt(1.5), 2 * np.sqrt(1.5)), abs=1e-11)


def test_a_profile_from_a_table() -> None:
    """Circulant variances have equal rows, so their law is a semicircle; two blocks are those of the language."""
    row = np.array([1, 4, 0, 2, 0, 4])
    law = law_of_profile([np.roll(row, k) for k in range(6)])
    edge = 2 * np.sqrt(11 / 6)
    assert Spectrum(law).support() == pytest.approx((-edge, edge), abs=1e-11)
    assert law.derivation.check()
    exact = Spectrum(law_of(wigner("V", [p, n], [[4, "1/4"], ["1/4", "1/2"]]), {(p, n): 1}))
    found = Spectrum(law_of_profile([[8, "0.5"], ["0.5", 1]]))
    assert found.support() == pytest.approx(exact.support(), abs=1e-11)
    x = np.linspace(*exact.support(), 50)[1:-1]
    assert found.pdf(x) == pytest.approx(exact.pdf(x), abs=1e-9)


_SLOW_SCALES = [pytest.param(s, marks=pytest.mark.slow) for s in (1e-12, 1e-3, 1e3, 1e30)]


@pytest.mark.parametrize("scale", [1e-30, 1e12, *_SLOW_SCALES])
def test_a_profile_in_any_unit(scale: float) -> None:
    """Variances whose rows have the mean 3 make a semicircle."""
    law = law_of_profile(scale**2 * np.array([[1, 4, 4], [4, 4, 1], [4, 1, 4]]))
    rho, edge = Spectrum(law), 2 * np.sqrt(3) * scale
    assert rho.support() == pytest.approx((-edge, edge), rel=1e-11, abs=0)
    assert rho.pdf(0.5 * edge) * edge == pytest.approx(2 / np.pi * np.sqrt(0.75), rel=1e-10)
    assert rho.moment(4) == pytest.approx(2 * (3 * scale**2) ** 2, rel=1e-11, abs=0)
    assert law.derivation.check()


@pytest.mark.parametrize("unit", ["1e-12", "1e-4", "1e7", "1e15"])
def test_numbers_in_any_unit(unit: str) -> None:
    q = sympy.Rational(unit)
    law = law_of(q * HARD_EDGE, {(p, n): "1/2"}, numeric=True)
    rho = Spectrum(law)
    edges = [float(q) * (1 + sign * np.sqrt(0.5)) ** 2 for sign in (-1, 1)]
    assert rho.support() == pytest.approx(edges, rel=1e-11, abs=0)
    assert rho.std() == pytest.approx(float(q) * np.sqrt(0.5), rel=1e-11, abs=0)
    assert law.derivation.check()


def test_an_atom_that_hides_the_unit() -> None:
    """Less than a thousandth of the eigenvalues differ from 0, so that the unit is not found: right, or an error."""
    q = sympy.Rational(1, 10**7)
    found = Spectrum(law_of(q * HARD_EDGE, {(p, n): 2000}, numeric=True)).support()
    assert found == pytest.approx((0, 1e-7 * (1 + math.sqrt(2000)) ** 2), rel=1e-10)
    with pytest.raises(NotCertified, match=r"of the mass only 0\.9995 was found, at 0"):
        Spectrum(law_of(HARD_EDGE / q, {(p, n): 2000}, numeric=True))


@pytest.mark.slow
def test_a_profile_of_two_hundred_blocks_that_is_a_product() -> None:
    """Variances a_i a_j: one equation for y, the mean of a m, in place of two hundred."""
    a = 0.5 + np.arange(200) / 100 + (np.arange(200) >= 150) * 3
    rho = Spectrum(law_of_profile(np.outer(a, a)))

    def exact(z: Any) -> Any:
        y = -1 / z
        for _ in range(20000):
            y = 0.5 * (y - np.mean(a / (z[:, None] + a * y[:, None]), axis=1))
        return np.mean(-1 / (z[:, None] + a * y[:, None]), axis=1)

    low, high = rho.support()
    assert low == pytest.approx(-high, abs=1e-10)
    x = np.array([0.0, 0.2, 0.5, 0.9]) * high
    assert rho.pdf(x) == pytest.approx(exact(x + 1e-9j).imag / np.pi, abs=1e-7)
    assert rho.stieltjes(x + 0.1j) == pytest.approx(exact(x + 0.1j), abs=1e-11)
    just = high * np.array([1 - 1e-4, 1 + 1e-4])
    inside, outside = exact(just + 1e-7j).imag
    assert inside > 100 * outside


@pytest.mark.slow
@pytest.mark.parametrize("table", [[[1, 3, 0.5], [3, 0.2, 1], [0.5, 1, 2]], [[0, 0, 2], [0, 0, 1], [2, 1, 0]]])
def test_repeated_blocks_make_the_law_of_one_copy(table: list[list[float]]) -> None:
    """The second has an atom at 0, of the mass 1/3."""
    kind = np.random.default_rng(0).permutation(120) % 3
    found, exact = Spectrum(law_of_profile(np.array(table)[np.ix_(kind, kind)])), Spectrum(law_of_profile(table))
    assert found.support() == pytest.approx(exact.support(), abs=1e-10)
    assert [float(a.weight) for a in found.atoms] == pytest.approx([float(a.weight) for a in exact.atoms], abs=1e-9)
    x = np.linspace(*exact.support(), 40)[1:-1]
    assert found.pdf(x) == pytest.approx(exact.pdf(x), abs=1e-8)


@pytest.mark.slow
def test_a_law_that_the_exact_method_does_not_reach_is_that_of_sampled_matrices() -> None:
    model = X @ inv(1 + Q @ Q) @ X
    law = law_of(model, numeric=True)
    assert law.derivation.check()
    draws = [model.sample({p: 300}, rng=seed) for seed in range(6)]
    seen = [np.mean([np.trace(np.linalg.matrix_power(m, k)) / 300 for m in draws]) for k in (1, 2, 3)]
    assert list(map(float, law.moments(3))) == pytest.approx(seen, rel=0.03)


def test_values_of_parameters() -> None:
    half = law_of(HARD_EDGE, {(p, n): c}, c="1/2")
    assert half.equation == law_of(HARD_EDGE, {(p, n): "1/2"}).equation  # type: ignore[union-attr]
    numbers = law_of(HARD_EDGE, {(p, n): c}, numeric=True, c="1/2")
    assert list(map(float, numbers.moments(3))) == pytest.approx([1, 1.5, 2.75], abs=1e-12)


def test_an_elimination_that_is_too_large_gives_numbers_with_a_warning() -> None:
    with pytest.warns(UserWarning, match="more than 3 terms.*the law is numeric"):
        law = law_of(X @ Y @ X + Y, limits=Limits(terms=3))
    assert isinstance(law, NumericLaw)
    assert list(map(float, law.moments(4))) == pytest.approx(list(map(float, law_of(X @ Y @ X + Y).moments(4))))


@pytest.mark.parametrize(
    ("arguments", "options"), [(({},), {"numeric": False}), (({(p, n): c},), {})], ids=["exact only", "parameters"]
)
def test_an_elimination_that_is_too_large_is_an_error(arguments: Any, options: Any) -> None:
    model = HARD_EDGE @ HARD_EDGE + X if arguments[0] else X @ Y @ X + Y
    with pytest.raises(TooLarge):
        law_of(model, *arguments, Limits(terms=3), **options)


def test_the_evidence_is_numeric_and_checked_by_iteration() -> None:
    law = law_of(X @ Y + Y @ X, numeric=True)
    assert law.evidence is Evidence.NUMERIC
    assert law.derivation.check()
    assert "Dyson equation" in str(law.derivation)


def test_a_numeric_law_mixes_with_others_and_can_be_pickled() -> None:
    law = pickle.loads(pickle.dumps(law_of(X, numeric=True)))  # noqa: S301
    assert list(map(float, (law + law).moments(4))) == pytest.approx([0, 2, 0, 8], abs=1e-10)


@pytest.mark.parametrize(
    ("build", "error", "message"),
    [
        (lambda: law_of(HARD_EDGE, {(p, n): c}, numeric=True), ParameterError, "give a number for c"),
        (lambda: law_of("X", numeric=True), ParameterError, "takes a matrix expression"),
        (lambda: law_of(inv(X), numeric=True).moments(1), NotCertified, "fails its certificate"),
        (lambda: law_of(Y + inv(X), numeric=True).moments(1), NotCertified, r"; inv\(X\) is not bounded in the limit"),
    ],
)
def test_what_is_refused(build: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        build()


def test_the_limits_bound_a_numeric_law_too() -> None:
    law = law_of(X @ Y @ X + Y, numeric=True, limits=Limits(seconds=500))
    solver = law._build.args[0]
    with solver.clock.within(-1.0), pytest.raises(TooLarge, match="the numeric law takes longer than the -1 seconds"):
        law.moments(2)  # an end that was set before stays
    with pytest.raises(TooLarge, match="the numeric law takes longer than the 0 seconds"):
        law_of(X @ Y @ X + Y, numeric=True, limits=Limits(seconds=0.0))


def test_numbers_have_half_of_the_seconds_where_they_follow() -> None:
    with pytest.warns(UserWarning, match=r"longer than the limit.*the law is numeric"), pytest.raises(TooLarge):
        law_of(X @ Y @ X + Y, limits=Limits(seconds=1e-6)).moments(2)


@pytest.mark.parametrize("model", [X - X, P - P, 0 * X], ids=str)
def test_the_zero_matrix_has_its_atom(model: Any) -> None:
    assert [(a.point, a.weight) for a in Spectrum(law_of(model, numeric=True)).atoms] == [(0, 1)]


@pytest.mark.slow
def test_an_atom_that_is_not_found_is_named() -> None:
    with pytest.raises(NotCertified, match=r"of the mass only 0\.5 was found, at 0"):
        law_of(A.T @ inv(A @ A.T) @ A, {(p, n): "1/2"}, numeric=True).moments(1)
