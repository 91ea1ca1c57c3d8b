"""Sampled matrices against the moments of the laws they were made from, and the exact counts of their atoms."""

from __future__ import annotations

import math
import pickle
import tracemalloc
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from resolvent import catalog
from resolvent.derive.errors import DerivationError, ParameterError
from resolvent.derive.graphs.cycle_weights import law_of_cycle_weights, law_of_free_cumulants
from resolvent.derive.holonomic.holonomic_law import law_of_moments
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.convolution import free_multiplicative_power
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
from resolvent.derive.laws.from_transform import law_of_r_transform, law_of_s_transform
from resolvent.derive.laws.matrix_functions import direct_sum
from resolvent.derive.laws.record import Recipe
from resolvent.derive.laws.rectangular import doubly_correlated_wishart, rectangular_sum
from resolvent.numeric.matrices import matrix_parts
from resolvent.numeric.matrices.free_matrix import FreeMatrix, corner, multiplied, rotated
from resolvent.numeric.matrices.matrix_model import (
    MatrixModel,
    balanced_rows,
    matrix_memory,
    matrix_of,
    require_matrix_model,
)

# An extrapolated mean lies within 4.5 standard errors of its limit but for one seed in 10^5.
DEVIATIONS = 4.5
MOMENTS = 4
Z, M, G, U = sympy.symbols("z m g u")
MP = marchenko_pastur


def trace_moments(matrix: np.ndarray) -> list[float]:
    """The first four moments of the empirical measure, without eigenvalues."""
    square = matrix @ matrix
    return [
        float(np.mean(d))
        for d in (matrix.diagonal(), square.diagonal(), (square * matrix).sum(axis=0), (square * square).sum(axis=0))
    ]


def scores(law: AlgebraicLaw, sizes: tuple[int, int], trials: int, seed: int = 0) -> np.ndarray:
    """Sampled moments, extrapolated linearly in 1/rows, minus the law's, in standard errors."""
    model, rng = MatrixModel.of(law), np.random.default_rng(seed)
    draws = [np.array([trace_moments(model.sample(n, rng)) for _ in range(trials)]) for n in sizes]
    small, large = sizes
    weights = -small / (large - small), large / (large - small)
    limit = sum(w * d.mean(axis=0) for w, d in zip(weights, draws, strict=True))
    error = np.sqrt(sum(w**2 * d.var(axis=0, ddof=1) / trials for w, d in zip(weights, draws, strict=True)))
    exact = np.array([float(m) for m in law.moments(MOMENTS)])
    # What does not fluctuate at all is exact but for rounding.
    return (limit - exact) / np.maximum(error, 1e-9 * np.maximum(1.0, np.abs(exact)))


def check_moments(law: AlgebraicLaw, rows: int = 48, trials: int = 120, seed: int = 0) -> None:
    small = balanced_rows(law, rows)
    found = scores(law, (small, 2 * small), trials, seed)
    assert np.abs(found).max() <= DEVIATIONS, f"{law.text}: {found}"


# -- every constructor and operation ------------------------------------------------------------------------

COIN = atoms([-1, 1])
POSITIVE = atoms([1, 3], ["1/4", "3/4"])

LAWS: dict[str, Callable[[], AlgebraicLaw]] = {
    "semicircle": lambda: semicircle("5/2"),
    "wishart": lambda: MP("1/3", "3/2"),
    "wishart, singular": lambda: MP(3, 2),
    "wishart, square": lambda: MP(1),
    "free poisson": lambda: free_poisson("3/2", -2),
    "free poisson, few columns": lambda: free_poisson("1/4", 3),
    "atoms": lambda: atoms([-1, "1/2", 4], ["1/2", "1/8", "3/8"]),
    "one atom": lambda: atoms([3]),
    "zero": lambda: atoms([0]),
    "arcsine": lambda: arcsine("3/2"),
    "kesten-mckay": lambda: kesten_mckay(3),
    "kesten-mckay, real degree": lambda: kesten_mckay("5/2"),
    "wachter": lambda: wachter("1/2", "2/3"),
    "wachter, atoms": lambda: wachter(3, "3/4"),
    "fuss-catalan 1": lambda: fuss_catalan(1),
    "fuss-catalan 3": lambda: fuss_catalan(3),
    "equilibrium": lambda: equilibrium_measure(2, "1/12"),
    "equation": lambda: law_of_equation(M**2 + Z * M + 1),
    "R-transform": lambda: law_of_r_transform(2 * G / (1 - G**2), G),
    "S-transform": lambda: law_of_s_transform(1 / (2 + U), U),
    "sum": lambda: semicircle() + MP("1/2"),
    "sum of diagonals": lambda: COIN + atoms([0, 2], ["1/3", "2/3"]),
    "sum of neither invariant": lambda: (COIN @ MP("1/2")) + (POSITIVE @ semicircle()),
    "a law twice": lambda: COIN + COIN,
    "difference": lambda: MP("1/2") - MP("1/4"),
    "product": lambda: MP("1/2") @ MP(2),
    "product with a signed factor": lambda: semicircle() @ MP("1/2"),
    "product with a signed diagonal": lambda: COIN @ (MP("1/2") + 1),
    "product of diagonals": lambda: POSITIVE @ COIN @ atoms([1, 2]),
    "product, sign seen in the draw": lambda: (semicircle() + 1) @ (semicircle("1/4") + 2),
    "product with zero": lambda: atoms([0]) @ MP("1/2"),
    "scale": lambda: MP("1/2") * "-3/2",
    "shift": lambda: MP("1/2") + "2/3",
    "inverse": lambda: MP("1/4").inverse(),
    "inverse of a diagonal": lambda: POSITIVE.inverse(),
    "mobius": lambda: MP("1/2").mobius(1, 2, 3, 5),
    "mobius of a diagonal": lambda: POSITIVE.mobius(1, -1, 1, 1),
    "power": lambda: (semicircle("1/2") + "1/3") ** 2,
    "cube": lambda: COIN.free_power(2) ** 3,
    "negative power": lambda: (semicircle("1/16") + 2) ** -2,
    "compress": lambda: MP("1/2").compress("2/3"),
    "compress a diagonal": lambda: POSITIVE.compress("1/3"),
    "compress what is not invariant": lambda: (COIN @ MP("1/2")).compress("1/2"),
    "compress to all": lambda: (COIN + 2).compress(1),
    "free power": lambda: MP("1/2").free_power("3/2"),
    "free power of a diagonal": lambda: atoms([0, 1], ["2/3", "1/3"]).free_power(4),
    "multiplicative power": lambda: MP("1/2").free_multiplicative_power(3),
    "multiplicative power of a diagonal": lambda: atoms([1, 2]).free_multiplicative_power(2),
    "sample covariance": lambda: POSITIVE.wishart("1/2"),
    "sample covariance, singular": lambda: MP("1/2").wishart(2),
    "doubly correlated": lambda: doubly_correlated_wishart(POSITIVE, atoms([0, 1, 5]), "2/3"),
    "doubly correlated, few columns": lambda: doubly_correlated_wishart(MP("1/2"), POSITIVE, 2),
    "information plus noise": lambda: POSITIVE.information_plus_noise("1/2", "2/3"),
    "information plus noise, few columns": lambda: MP(2).information_plus_noise("1/3", 2),
    "information plus noise without information": lambda: atoms([0]).information_plus_noise("1/3", "1/2"),
    "rectangular sum": lambda: rectangular_sum(POSITIVE, MP("1/4"), "1/2"),
    "rectangular sum, few columns": lambda: rectangular_sum(atoms([0, 1]), MP(2), 2),
    "rectangular sum with zero": lambda: rectangular_sum(atoms([0]), POSITIVE, "1/2"),
    "companion": lambda: MP("1/2", 2).companion("1/2"),
    "companion, few columns": lambda: MP(3).companion(3),
    "symmetric root": lambda: (MP("1/2") + 1).symmetric_root(),
    "direct sum": lambda: direct_sum(semicircle(), POSITIVE, "1/3"),
    "direct sum of diagonals": lambda: direct_sum(atoms([5]), COIN, "2/3"),
    "nested": lambda: (direct_sum(semicircle(), POSITIVE, "1/2").compress("1/2") + 4).inverse().free_power(2),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", LAWS)
def test_extrapolated_moments_are_those_of_the_law(name: str) -> None:
    check_moments(LAWS[name]())


@pytest.mark.parametrize(
    ("law", "sizes"),
    [
        (lambda: MP("5/7"), (33, 64)),
        (lambda: MP("7/3").compress("3/7"), (32, 65)),
        (lambda: semicircle().free_power("9/7"), (31, 64)),
        (lambda: doubly_correlated_wishart(POSITIVE, COIN**2, "3/5"), (32, 67)),
        (lambda: POSITIVE.information_plus_noise(1, "5/7"), (33, 64)),
        (lambda: POSITIVE.companion("5/7"), (33, 64)),
        (lambda: direct_sum(MP("1/2"), COIN, "3/7"), (31, 65)),
        (lambda: (MP("1/2") + 1).symmetric_root(), (33, 67)),
        (lambda: free_poisson("1/200", 100), (33, 67)),
    ],
    ids=lambda value: str(value) if isinstance(value, tuple) else "",
)
def test_rounded_dimensions_leave_the_limit_alone(law: Callable[[], AlgebraicLaw], sizes: tuple[int, int]) -> None:
    assert np.abs(scores(law(), sizes, trials=400)).max() <= DEVIATIONS


def test_no_dimension_at_all_is_an_empty_block() -> None:
    """One row: a block or a factor has none, and the mean over draws is still the law's."""
    law = direct_sum(atoms([0]), doubly_correlated_wishart(atoms([1]), atoms([1]), 4), "1/2")
    rng = np.random.default_rng(0)
    values = [matrix_of(law, 1, rng)[0, 0] for _ in range(4000)]
    assert np.mean(values) == pytest.approx(0.5, abs=DEVIATIONS * np.std(values) / np.sqrt(4000))


# -- compositions -------------------------------------------------------------------------------------------

ratios = st.sampled_from(["1/2", "2/3", "3/2", "2"])
plain = st.one_of(
    st.builds(semicircle, st.sampled_from(["1/2", "2"])),
    st.builds(MP, ratios),
    st.sampled_from([COIN, POSITIVE, atoms([0, 2], ["1/3", "2/3"])]),
)
OPERATIONS: list[Callable[[AlgebraicLaw, AlgebraicLaw, str], AlgebraicLaw]] = [
    lambda a, b, c: a + b,
    lambda a, b, c: a @ b,
    lambda a, b, c: a.compress("2/3") - b * c,
    lambda a, b, c: direct_sum(a, b, "1/3") * c,
    lambda a, b, c: (a + b).wishart(c),
    lambda a, b, c: a.free_power("3/2") + b**2,
    lambda a, b, c: rectangular_sum(a, b, c),
    lambda a, b, c: a.companion(c) + b,
    lambda a, b, c: (a @ b).symmetric_root(),
]


@pytest.mark.slow
@settings(max_examples=32, derandomize=True, deadline=None, database=None)
@given(plain, plain, st.sampled_from(OPERATIONS), ratios)
def test_compositions(a: AlgebraicLaw, b: AlgebraicLaw, operation: Callable[..., AlgebraicLaw], c: str) -> None:
    try:
        law = operation(a, b, c)
    except DerivationError:  # signs or ranks that do not fit
        return
    check_moments(law, rows=36)


# -- exact at every size ------------------------------------------------------------------------------------


@pytest.mark.parametrize("rows", [1, 2, 7, 30])
def test_expected_counts_of_atoms_are_exact(rows: int) -> None:
    """The counts are piecewise constant in the one uniform number, so that a grid of midpoints gives the mean."""
    law = atoms([-1, 0, 5], ["1/6", "1/2", "1/3"])
    part = MatrixModel.of(law).part

    class Midpoint(np.random.Generator):
        value = 0.0

        def random(self, *_: Any) -> Any:
            return self.value

    total = np.zeros(3)
    for k in range(12):
        rng = Midpoint(np.random.PCG64(k))
        rng.value = (k + 0.5) / 12
        values = part.sample(rows, rng).entries
        counts = np.array([(values == point).sum() for point in (-1, 0, 5)])
        assert counts.sum() == rows
        assert (np.abs(counts - rows * np.array([1 / 6, 1 / 2, 1 / 3])) < 1).all()
        total += counts
    assert total / 12 == pytest.approx(rows * np.array([1 / 6, 1 / 2, 1 / 3]), abs=1e-12)


def test_integer_counts_never_waver() -> None:
    law = atoms([1, 2, 3], ["1/10", "7/10", "1/5"])
    for seed in range(50):
        values = np.diagonal(matrix_of(law, 30, seed))
        assert [int((values == point).sum()) for point in (1, 2, 3)] == [3, 21, 6]


def test_quantiles_follow_the_distribution_function() -> None:
    """The fractions of an equilibrium measure's quantiles below a point are its cdf to within one eigenvalue."""
    from resolvent.numeric.spectrum.spectrum import Spectrum

    law = equilibrium_measure(2, "1/12")
    values = np.sort(np.diagonal(matrix_of(law, 100, rng=1)))
    levels = Spectrum(law).cdf(values) * 100
    assert np.ptp(levels - np.arange(100)) < 1e-9
    assert 0 <= levels[0] <= 1


@pytest.mark.parametrize(("p", "n"), [(1, 4), (3, 2), (4, 4), (4, 7)])
@pytest.mark.parametrize("k", [1, 2, 3])
def test_wishart_has_the_exact_trace_moments(p: int, n: int, k: int) -> None:
    """The triangular factor has the distribution of a full one: Letac, Massam 2004, at finite size."""
    part = matrix_parts.FreePoisson(Fraction(n, p), p / n)
    rng = np.random.default_rng(10 * p + n)
    values = [np.trace(np.linalg.matrix_power(part.sample(p, rng).entries, k)) for _ in range(4000)]
    factor = {1: 1, 2: (p + n + 1) / n, 3: (p**2 + n**2 + 3 * p * n + 3 * p + 3 * n + 4) / n**2}[k]
    assert abs(np.mean(values) - p * factor) <= DEVIATIONS * np.std(values) / np.sqrt(4000)


def test_rotations_act_on_the_whole_space() -> None:
    """E b_11^2 = (2 tr A^2 + (tr A)^2)/(n(n+2)) for a corner of O A O^T, from a diagonal and from a full A."""
    values = np.array([1.0, 2.0, 5.0])
    exact = (2 * 30 + 64) / 15
    rng = np.random.default_rng(3)
    for a in (FreeMatrix(values), FreeMatrix(np.diag(values))):
        found = [corner(a, 1, rng).entries[0, 0] ** 2 for _ in range(4000)]
        assert abs(np.mean(found) - exact) <= DEVIATIONS * np.std(found) / np.sqrt(4000)


@pytest.mark.parametrize("signed_first", [True, False])
@pytest.mark.parametrize("dense", [True, False])
def test_the_square_root_is_taken_of_the_non_negative_factor(signed_first: bool, dense: bool) -> None:
    """tr(AB) over the Haar measure is tr A tr B/n; a wrong root would lose the negative part of A."""
    rng = np.random.default_rng(5)
    signed, positive = FreeMatrix(np.array([-3.0, 1.0])), FreeMatrix(np.array([1.0, 2.0]))
    if dense:
        positive = FreeMatrix(positive.dense())
    pair = (signed, positive) if signed_first else (positive, signed)
    found = [np.trace(multiplied(*pair, rng).entries) for _ in range(2000)]
    assert abs(np.mean(found) + 3) <= DEVIATIONS * np.std(found) / np.sqrt(2000)


def test_rotation_leaves_an_invariant_matrix_alone() -> None:
    a = FreeMatrix(np.eye(2), invariant=True)
    assert rotated(a, np.random.default_rng(0)) is a


# -- the matrices -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", LAWS)
@pytest.mark.parametrize("rows", [2, 5, 12])
def test_matrices_are_symmetric_and_repeat_with_the_seed(name: str, rows: int) -> None:
    model = MatrixModel.of(LAWS[name]())
    first, second = model.sample(rows, 3), model.sample(rows, np.random.default_rng(3))
    assert first.shape == (rows, rows)
    assert first.dtype == np.float64
    assert np.isfinite(first).all()
    assert (first == first.T).all()
    assert (first == second).all()


def test_successive_draws_differ() -> None:
    rng = np.random.default_rng(0)
    assert (matrix_of(semicircle(), 3, rng) != matrix_of(semicircle(), 3, rng)).any()


def test_a_law_twice_is_two_matrices() -> None:
    """A - A of one matrix would vanish."""
    law = MP("1/2")
    assert np.abs(matrix_of(law - law, 4, 0)).max() > 0.01


@pytest.mark.parametrize(
    "law",
    [semicircle() + COIN, equilibrium_measure(2), POSITIVE @ catalog.get("hessian").law(phi="1/2", eps=1, sigma=1)],
)
def test_a_pickled_model_draws_the_same(law: AlgebraicLaw) -> None:
    model = MatrixModel.of(law)
    again = pickle.loads(pickle.dumps(model))  # noqa: S301
    assert again == model
    assert hash(again) == hash(model)
    assert (again.sample(6, 1) == model.sample(6, 1)).all()


def test_models_of_one_law_that_are_built_differently_are_not_equal() -> None:
    one, other = semicircle(2), semicircle() + semicircle()
    assert one == other
    assert MatrixModel.of(one) != MatrixModel.of(other)
    assert MatrixModel.of(one) == MatrixModel.of(semicircle(2))


# -- rows and memory ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("law", "rows", "balanced"),
    [
        (semicircle(), 101, 101),
        (MP("1/2"), 101, 101),
        (MP(2), 101, 100),
        (MP("3/7"), 100, 99),
        (MP("3/7"), 2, 2),
        (MP("3/7").compress("2/5"), 100, 96),
        (MP("5/7") + semicircle().compress("3/4"), 100, 90),
        (MP("0.3337"), 1000, 1000),
        (MP("0.3337"), 4000, 3337),
        (atoms([0, 1], ["1/7", "6/7"]), 100, 100),
        (POSITIVE.symmetric_root(), 101, 100),
        (direct_sum(MP(2), COIN, "2/3"), 100, 99),
        (kesten_mckay("7/2"), 9, 8),
        (MP(3).companion(3), 20, 20),
        (semicircle(), 1, 1),
    ],
)
def test_balanced_rows(law: AlgebraicLaw, rows: int, balanced: int) -> None:
    assert balanced_rows(law, rows) == balanced


@pytest.mark.parametrize(
    "name", ["semicircle", "wishart", "sum", "sum of neither invariant", "product", "compress a diagonal", "inverse",
             "doubly correlated", "rectangular sum", "companion", "direct sum", "power", "fuss-catalan 3"],
)  # fmt: skip
def test_memory_is_an_upper_estimate_and_no_wild_one(name: str) -> None:
    law, rows = LAWS[name](), 240
    matrix_of(law, rows, 0)
    tracemalloc.start()
    matrix_of(law, rows, 1)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak <= matrix_memory(law, rows) <= 5 * peak


# -- catalog entries ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("slug", "values"),
    [
        ("semicircle", {"variance": 2}),
        ("marchenko-pastur", {"c": "1/2", "sigma": 2}),
        ("hessian", {"phi": "1/2", "eps": 1, "sigma": 1}),
        ("hessian-h1", {"phi": "1/2", "eps": 1}),
        ("nonlinear-gram", {"phi": "1/2", "psi": 2, "eta": 2, "zeta": 1}),
    ],
)
def test_catalog_entries_lend_their_samplers(slug: str, values: dict[str, Any]) -> None:
    check_moments(catalog.get(slug).law(**values) + COIN, rows=40)


def test_an_odd_number_of_rows_of_an_even_sampler() -> None:
    """What is cut off is a random choice of eigenvalues, so that the spectrum's mean does not move."""
    law = catalog.get("hessian-h1").law(phi="1/2", eps=1)
    assert MatrixModel.of(law).step == 2
    assert np.abs(scores(law, (33, 67), trials=400)).max() <= DEVIATIONS


# -- refusals -----------------------------------------------------------------------------------------------

c = sympy.Symbol("c", positive=True)


@pytest.mark.parametrize(
    ("law", "reason"),
    [
        (lambda: law_of_free_cumulants([0, 1]), "no matrix with this law is known"),
        (lambda: law_of_cycle_weights(sympy.Symbol("t"), phi=1, psi=1), "is known"),
        (lambda: semicircle() + MP(1).free_power("1/2"), r"^marchenko_pastur\(1\).free_power\(1/2\) has"),
        (lambda: free_multiplicative_power(MP(1), "3/2") + 1, "whole exponents only"),
        (lambda: MP(c) + semicircle(), r"missing: c \(use law.at\(c=...\)\)"),
        (lambda: law_of_moments([math.factorial(k) for k in range(30)]), "polynomial equation"),
        (lambda: catalog.get("fisher-linear").law(c1=1, c2=1), "polynomial equation"),
        (lambda: "semicircle()", "polynomial equation"),
    ],
)  # fmt: skip
def test_what_has_no_matrix_is_refused_before_anything_is_drawn(law: Callable[[], Any], reason: str) -> None:
    made = law()
    for refuse in (
        lambda: require_matrix_model(made),
        lambda: MatrixModel.of(made),
        lambda: matrix_of(made, 4, 0),
        lambda: matrix_memory(made, 4),
        lambda: balanced_rows(made, 4),
    ):
        with pytest.raises(ParameterError, match=reason):
            refuse()


class Lender:
    """An object whose bound method made a law, and which lends what it is told to."""

    def __init__(self, part: Any) -> None:
        self.part = part

    def remake(self) -> AlgebraicLaw:
        return semicircle()

    def matrix_part(self) -> Any:
        return self.part

    def law(self) -> AlgebraicLaw:
        made = semicircle()
        return AlgebraicLaw(made.equation, made.conclusion, Recipe(self.remake, ()), "lent()", made.nonnegative)


def test_what_a_lender_may_return() -> None:
    assert matrix_of(Lender(matrix_parts.Semicircle(1.0)).law() * 2, 3, 0).shape == (3, 3)
    with pytest.raises(ParameterError, match=r"lent\(\) has no matrix model: the sampler of this entry"):
        require_matrix_model(Lender(None).law() + 1)
    with pytest.raises(TypeError, match="must return a Part or None"):
        require_matrix_model(Lender("a matrix").law() + 1)


def test_an_entry_without_a_number_of_rows_lends_nothing() -> None:
    fisher = catalog.get("fisher-linear")
    assert fisher.matrix_part(None, *(1 for _ in fisher.symbols)) is None


@pytest.mark.parametrize("rows", [0, -1, 2.0, True, "3"])
def test_what_is_no_number_of_rows_is_refused(rows: Any) -> None:
    for refuse in (matrix_memory, balanced_rows, lambda law, n: matrix_of(law, n, 0)):
        with pytest.raises(ParameterError, match="the dimension rows must be a positive integer"):
            refuse(semicircle(), rows)


def test_what_is_no_seed_is_refused() -> None:
    with pytest.raises(ParameterError, match="seed"):
        matrix_of(semicircle(), 3, None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "entries", [np.array([0.0, 1.0]), np.array([1.0, 1e-17]), np.zeros((2, 2)), np.ones((2, 2)), np.diag([1.0, 1e-17])]
)
def test_a_singular_matrix_has_no_inverse(entries: np.ndarray) -> None:
    with pytest.raises(ParameterError, match="a matrix of 2 rows that is to be inverted is singular"):
        FreeMatrix(entries).inverse()
