"""Spacing statistics against prolate functions, finite differences, published constants and sampled ensembles."""

from __future__ import annotations

import json
import math
from functools import lru_cache
from itertools import pairwise
from typing import Any

import mpmath
import numpy as np
import pytest
import scipy.integrate
import scipy.stats
from matplotlib.container import BarContainer
from numpy.typing import NDArray

from resolvent import catalog
from resolvent.derive.errors import ParameterError
from resolvent.derive.laws.elementary import atoms, marchenko_pastur, semicircle
from resolvent.numeric.matrices.ensembles import goe, symmetric_eigenvalues, wishart
from resolvent.numeric.spectrum.spectrum import Spectrum
from resolvent.numeric.statistics.spacing_laws import MEAN_RATIOS, NAMES, gap_probability, ratio_law, spacing_law
from resolvent.numeric.statistics.spacings import SpacingComparison, compare_spacings, gap_ratios, spacings, unfold
from resolvent.numeric.statistics.unfolding import smooth_cdf

Array = NDArray[Any]
LAWS = [
    *[("spacing", name, "exact") for name in NAMES],
    ("spacing", "GOE", "surmise"),
    ("spacing", "GUE", "surmise"),
    *[("ratio", name, "") for name in NAMES],
]


def reference(statistic: str, name: str, kind: str) -> Any:
    """One of the laws."""
    return spacing_law(name, kind) if statistic == "spacing" else ratio_law(name)


@lru_cache
def law(name: str) -> Spectrum:
    """A spectrum, built once."""
    laws: dict[str, Any] = {
        "semicircle": semicircle,
        "mp2": lambda: marchenko_pastur(2),
        "bulks": lambda: atoms([-4, 4]) + semicircle("1/4"),
        "two": lambda: semicircle().direct_sum(semicircle(2), "1/2"),
        "atom inside": lambda: semicircle().direct_sum(atoms([0]), "3/4"),
        "gram": lambda: catalog.get("nonlinear-gram").law(phi="3/4", psi="3/2", activation="relu"),
        "hessian": lambda: catalog.get("hessian").law(phi="1/2", eps=1, sigma=1),
    }
    return Spectrum(laws[name]())


def kolmogorov(values: Array, subject: Any) -> Any:
    """SciPy's one-sample test."""
    return scipy.stats.ks_1samp(values, subject.cdf)


def gue(n: int, rng: np.random.Generator) -> Array:
    """Eigenvalues of a complex Hermitian matrix with the semicircle law."""
    g = rng.standard_normal((n, n)) + 1j * rng.standard_normal((n, n))
    return np.asarray(np.linalg.eigvalsh((g + g.conj().T) / math.sqrt(4 * n)))


# -- the exact laws of spacings ------------------------------------------------------------------------------


def prolate_gap_probability(name: str, s: mpmath.mpf) -> mpmath.mpf:
    """E(0; s) as a product of 1 - lambda_j over the eigenvalues of the sine kernel, from prolate functions.

    The functions are eigenvectors of Slepian's tridiagonal matrix in the basis of Legendre polynomials. An even one
    has lambda = (c/2pi) (int psi/psi(0))^2, an odd one (c/2pi) (c int x psi/psi'(0))^2. All are needed for the GUE, the
    even ones for the GOE (Gaudin).
    """
    c, product, size = mpmath.pi * s / 2, mpmath.mpf(1), 16
    for parity in (0,) if name == "GOE" else (0, 1):
        orders = range(parity, 2 * size, 2)
        matrix = mpmath.matrix(size, size)
        for i, k in enumerate(orders):
            matrix[i, i] = k * (k + 1) + c**2 * mpmath.mpf(2 * k * (k + 1) - 1) / ((2 * k + 3) * (2 * k - 1))
            if i + 1 < size:
                norm = mpmath.sqrt(mpmath.mpf((2 * k + 1) * (2 * k + 5)))
                matrix[i, i + 1] = matrix[i + 1, i] = c**2 * (k + 2) * (k + 1) / ((2 * k + 3) * norm)
        # values (or slopes) at 0 of the normalised Legendre polynomials
        at_zero = []
        for k in orders:
            value = mpmath.legendre(k, 0) if parity == 0 else k * mpmath.legendre(k - 1, 0)
            at_zero.append(value * mpmath.sqrt(mpmath.mpf(2 * k + 1) / 2))
        first = mpmath.sqrt(2) if parity == 0 else c * mpmath.sqrt(mpmath.mpf(2) / 3)
        vectors = mpmath.eigsy(matrix)[1]
        for j in range(size // 2):
            mu = first * vectors[0, j] / mpmath.fdot(at_zero, vectors[:, j])
            product *= 1 - c / (2 * mpmath.pi) * mu**2
    return product


@pytest.mark.parametrize("name", ["GOE", "GUE"])
@pytest.mark.parametrize("s", ["1/4", "1", "9/4"])
def test_the_gap_probability_and_its_derivatives_are_those_of_prolate_functions(name: str, s: str) -> None:
    with mpmath.workdps(45):
        point, h = mpmath.mpf(1) * mpmath.mpmathify(s), mpmath.mpf(10) ** -9
        lower, middle, upper = (prolate_gap_probability(name, point + k * h) for k in (-1, 0, 1))
        expected = [middle, (upper - lower) / (2 * h), (upper - 2 * middle + lower) / h**2]
    found = gap_probability(name, float(point))
    assert found == pytest.approx([float(v) for v in expected], abs=1e-13)
    exact = spacing_law(name)
    assert float(exact.cdf(float(point))) == pytest.approx(1 + float(expected[1]), abs=1e-13)
    assert float(exact.pdf(float(point))) == pytest.approx(float(expected[2]), abs=1e-13)


@pytest.mark.parametrize(("name", "variance"), [("GOE", 0.2855306557), ("GUE", 0.1799938776)])
def test_variances_are_those_of_bornemann(name: str, variance: float) -> None:
    # Bornemann, Markov Processes Relat. Fields 16 (2010) 803, the table of moments of k-level spacings at k = 0
    assert spacing_law(name).var() == pytest.approx(variance, abs=1.01e-10)


@pytest.mark.parametrize(("name", "coefficient", "power"), [("GOE", math.pi**2 / 6, 1), ("GUE", math.pi**2 / 3, 2)])
def test_repulsion_at_small_spacings_is_that_of_mehta(name: str, coefficient: float, power: int) -> None:
    s = 1e-3
    assert float(spacing_law(name).pdf(s)) == pytest.approx(coefficient * s**power, rel=1e-5)


@pytest.mark.parametrize(("statistic", "name", "kind"), LAWS)
def test_a_density_has_its_distribution_function_mean_and_variance(statistic: str, name: str, kind: str) -> None:
    subject = reference(statistic, name, kind)
    end = 1.0 if statistic == "ratio" else 40.0
    cuts = [p for p in (1.0, 4.0, 7.0, 9.0) if p < end]

    def integral(function: Any, to: float = end) -> float:
        ends = [0.0, *(p for p in cuts if p < to), to]
        parts = [
            scipy.integrate.quad(lambda x: float(function(x) * subject.pdf(x)), a, b, epsabs=1e-13)[0]
            for a, b in pairwise(ends)
        ]
        return math.fsum(parts)

    mean = subject.mean()
    assert integral(lambda x: 1.0) == pytest.approx(1, abs=1e-12)
    assert integral(lambda x: x) == pytest.approx(mean, abs=1e-12)
    assert integral(lambda x: (x - mean) ** 2) == pytest.approx(subject.var(), abs=1e-12)
    for x in (0.05, 0.5, 0.9):
        assert integral(lambda x: 1.0, x) == pytest.approx(float(subject.cdf(x)), abs=1e-12)
    if statistic == "spacing":
        assert mean == pytest.approx(1, abs=1e-13)


@pytest.mark.parametrize(("statistic", "name", "kind"), LAWS)
def test_outside_the_domain_and_at_nan(statistic: str, name: str, kind: str) -> None:
    subject = reference(statistic, name, kind)
    assert subject.pdf([-1.0, -0.1, math.inf]) == pytest.approx([0, 0, 0], abs=1e-15)
    assert subject.cdf([-1.0, -0.1, 1e9, math.inf]) == pytest.approx([0, 0, 1, 1], abs=1e-14)
    assert np.isnan(subject.pdf(math.nan))
    assert np.isnan(subject.cdf(math.nan))


def test_which_law_is_exact_is_said() -> None:
    assert [spacing_law(name).kind for name in NAMES] == ["exact"] * 3
    assert [ratio_law(name).kind for name in NAMES] == ["surmise", "surmise", "exact"]
    assert spacing_law("goe", "surmise").kind == "surmise"


def test_the_documented_errors_of_the_surmises() -> None:
    s = np.linspace(0, 5, 2001)
    for name, bound in (("GOE", 0.0066), ("GUE", 0.0016)):
        assert np.abs(spacing_law(name).cdf(s) - spacing_law(name, "surmise").cdf(s)).max() == pytest.approx(
            bound, abs=5e-5
        )


# -- ratios --------------------------------------------------------------------------------------------------


def gue_larger(t: float, order: int = 32) -> float:
    """P(A > t B) for consecutive gaps A and B of the sine process, from its Fredholm determinant at an eigenvalue."""
    nodes, weights = np.polynomial.legendre.leggauss(order)

    def kernel(x: Array, y: Array) -> Array:
        return np.asarray(np.sinc(x[:, None] - y) - np.sinc(x)[:, None] * np.sinc(y))

    total = 0.0
    for b, w in zip(3 * (nodes + 1), 3 * weights, strict=True):  # B up to 6
        half = (1 + t) * b / 2
        x, root, end = b - half + half * nodes, np.sqrt(half * weights), np.array([b])
        matrix = np.eye(order) - root[:, None] * kernel(x, x) * root
        right = root * kernel(x, end)[:, 0]
        resolvent = kernel(end, end)[0, 0] + right @ np.linalg.solve(matrix, right)
        total += w * np.linalg.det(matrix) * resolvent
    return float(total)


def test_the_mean_ratio_of_the_gue_is_that_of_the_sine_process() -> None:
    nodes, weights = np.polynomial.legendre.leggauss(12)
    mean = sum(w / 2 * (2 * gue_larger((x + 1) / 2) - 1) for x, w in zip(nodes, weights, strict=True))
    assert mean == pytest.approx(MEAN_RATIOS["GUE"][0], abs=MEAN_RATIOS["GUE"][1])


def test_the_surmise_of_the_gue_ratio_is_near_the_sine_process() -> None:
    t = np.linspace(0.05, 0.95, 10)
    exact = np.array([2 * (1 - gue_larger(float(v))) for v in t])
    assert 0.004 < np.abs(exact - ratio_law("GUE").cdf(t)).max() < 0.0055


@pytest.mark.parametrize("beta", [1, 2])
def test_the_ratio_surmise_is_that_of_three_by_three_matrices(beta: int) -> None:
    # direct sampling: the 3 x 3 beta-Hermite ensemble as a tridiagonal matrix
    rng, n = np.random.default_rng(5), 20_000
    matrices = np.zeros((n, 3, 3))
    for i in range(3):
        matrices[:, i, i] = math.sqrt(2) * rng.standard_normal(n)
    for i in range(2):
        matrices[:, i, i + 1] = matrices[:, i + 1, i] = np.sqrt(rng.chisquare(beta * (2 - i), n))
    ratios = gap_ratios(list(np.linalg.eigvalsh(matrices)))
    assert kolmogorov(ratios, ratio_law(NAMES[beta - 1])).pvalue > 0.01


def test_gap_ratios_by_hand() -> None:
    found = gap_ratios([np.array([7.0, 0.0, 1.0, 3.0]), np.array([0, 3, 4])])
    assert found.tolist() == [0.5, 0.5, pytest.approx(1 / 3)]


# -- unfolding -----------------------------------------------------------------------------------------------


def test_unfolding_is_n_times_the_cdf_within_the_window() -> None:
    values = np.random.default_rng(1).uniform(-2, 2, 50)
    (levels,) = unfold(law("semicircle"), values, bulk=(0.25, 0.75))
    share = law("semicircle").cdf(np.sort(values))
    assert levels == pytest.approx(50 * share[(share >= 0.25) & (share <= 0.75)], abs=1e-12)


@pytest.mark.parametrize("rows", [list, np.stack])
def test_matrices_are_not_mixed(rows: Any) -> None:
    a, b = np.array([0.1, 0.2, 0.4, 0.8]), np.array([0.15, 0.3, 0.45, 0.6])
    levels = unfold(lambda x: x, rows([a, b]), bulk=(0, 1))
    assert [v.tolist() for v in levels] == [(4 * a).tolist(), (4 * b).tolist()]
    assert spacings(levels).tolist() == pytest.approx(
        (np.concatenate([np.diff(a), np.diff(b)]) / np.mean([*np.diff(a), *np.diff(b)])).tolist()
    )


def test_spacings_do_not_cross_the_gaps_of_the_support() -> None:
    grid = np.linspace(-0.8, 0.8, 20)
    levels = unfold(law("bulks"), np.concatenate([grid - 4, grid + 4]), bulk=(0.05, 0.95))
    assert len(levels) == 2
    assert all(np.diff(v).max() < 3 for v in levels)
    assert levels[0].max() < 20 < levels[1].min()


def test_eigenvalues_at_an_atom_count_but_are_dropped() -> None:
    values = symmetric_eigenvalues(wishart(200, 100, np.random.default_rng(2)))
    assert np.count_nonzero(np.abs(values) < 1e-9) == 100
    (levels,) = unfold(law("mp2"), values, bulk=(0, 1))
    assert 95 <= len(levels) <= 100
    assert np.diff(levels).mean() == pytest.approx(1, abs=0.03)
    assert levels[0] > 100


def test_an_atom_within_an_interval_divides_it() -> None:
    values = np.concatenate([np.linspace(-1.5, 1.5, 30), np.zeros(10)])
    levels = unfold(law("atom inside"), values, bulk=(0, 1))
    assert [len(v) for v in levels] == [15, 15]
    assert levels[1].min() - levels[0].max() > 10


def test_a_wrong_law_shows_in_the_mean_spacing() -> None:
    values = [math.sqrt(2) * symmetric_eigenvalues(goe(200, np.random.default_rng(k))) for k in range(2)]
    assert abs(compare_spacings(law("semicircle"), values).mean_spacing - 1) > 0.2


# -- the comparison ------------------------------------------------------------------------------------------


@lru_cache
def sampled(name: str) -> SpacingComparison:
    """Sampled eigenvalues compared with the references."""
    rng = np.random.default_rng(11)
    if name == "Poisson":
        return compare_spacings(lambda x: x, [rng.random(400) for _ in range(3)])
    if name == "GUE":
        return compare_spacings(law("semicircle"), [gue(200, rng) for _ in range(4)])
    if name == "GOE":
        return compare_spacings(law("semicircle"), [symmetric_eigenvalues(goe(400, rng)) for _ in range(4)])
    if name == "two":
        pairs = [(goe(200, rng), goe(200, rng, 2)) for _ in range(4)]
        return compare_spacings(law("two"), [np.concatenate([*map(symmetric_eigenvalues, pair)]) for pair in pairs])
    cases: dict[str, tuple[str, int, dict[str, Any]]] = {
        "mp2": ("marchenko-pastur", 400, {"c": 2, "sigma": 1}),
        "gram": ("nonlinear-gram", 400, {"phi": "3/4", "psi": "3/2", "activation": "relu"}),
        "hessian": ("hessian", 20, {"phi": "1/2", "eps": 1, "sigma": 1}),
    }
    slug, size, parameters = cases[name]
    sampler = "network" if name == "hessian" else None
    draws = [catalog.get(slug).sample(size, rng, sampler=sampler, **parameters) for _ in range(4)]
    return compare_spacings(law(name), [symmetric_eigenvalues(draw) for draw in draws])


@pytest.mark.parametrize(
    ("name", "expected"),
    [("GOE", "GOE"), ("GUE", "GUE"), ("Poisson", "Poisson"), ("mp2", "GOE"), ("gram", "GOE"), ("two", "none")],
)
def test_what_sampled_ensembles_are_consistent_with(name: str, expected: str) -> None:
    found = sampled(name)
    assert found.verdict == expected
    assert found.consistent == ((expected,) if expected in NAMES else ())
    assert found.mean_spacing == pytest.approx(1, abs=0.05 if name == "Poisson" else 0.02)
    if expected in NAMES:
        assert found.closest == expected


def test_two_superposed_spectra_have_the_density_one_half_at_zero() -> None:
    # p(0) = 1 - sum of squared weights = 1/2, against 0 for the GOE
    s = sampled("two").spacings
    assert np.count_nonzero(s < 0.2) / len(s) / 0.2 == pytest.approx(0.5, abs=0.12)
    assert spacing_law("GOE").cdf(0.2) / 0.2 < 0.2


def test_network_hessians_have_goe_ratios_though_their_density_is_not_the_law() -> None:
    found = sampled("hessian")
    assert found.fit("GOE").ratio_p > 0.01
    assert found.fit("GUE").ratio_p < 1e-3
    assert found.fit("Poisson").ratio_p < 1e-3
    assert found.verdict == "none"
    assert abs(found.mean_spacing - 1) > 0.1


def test_distances_are_those_of_scipy() -> None:
    found = sampled("GOE")
    for name in NAMES:
        fit = found.fit(name.lower())
        assert fit.distance == pytest.approx(kolmogorov(found.spacings, spacing_law(name)).statistic)
        assert fit.ratio_distance == pytest.approx(kolmogorov(found.ratios, ratio_law(name)).statistic)
        assert fit.mean_ratio == MEAN_RATIOS[name][0]


def test_p_values_have_their_level_for_poisson_points() -> None:
    # 150 samples: the number of rejections at the level 1/10 is within the 0.1 % tails of a binomial variable
    rng = np.random.default_rng(8)
    fits = [compare_spacings(None, np.cumsum(rng.exponential(size=200)), rng=rng).fit("Poisson") for _ in range(150)]
    low, high = (float(scipy.stats.binom.ppf(q, 150, 0.1)) for q in (1e-3, 1 - 1e-3))
    assert low <= sum(f.distance_p < 0.1 for f in fits) <= high
    assert low <= sum(f.ratio_p < 0.1 for f in fits) <= high


def test_unfolded_levels_are_taken_as_they_are() -> None:
    values = symmetric_eigenvalues(goe(400, np.random.default_rng(4)))
    levels = unfold(law("semicircle"), values)
    direct, unfolded = compare_spacings(law("semicircle"), values), compare_spacings(None, levels)
    assert unfolded.spacings.tolist() == direct.spacings.tolist()
    assert unfolded.fit("GOE").distance_p == direct.fit("GOE").distance_p


def test_few_spacings_leave_the_verdict_open() -> None:
    found = compare_spacings(None, np.cumsum(np.random.default_rng(0).exponential(size=60)))
    assert found.blocks < 20
    assert found.verdict == "undecided"


def test_a_rigid_lattice_is_none_of_the_references() -> None:
    assert compare_spacings(None, np.arange(400.0)).verdict == "none"


def test_the_same_seed_gives_the_same_result() -> None:
    values = np.random.default_rng(3).random(300)
    first, again, other = (compare_spacings(lambda x: x, values, rng=seed) for seed in (1, 1, 2))
    assert first.fits == again.fits
    assert first.fits != other.fits


# -- what comes out ------------------------------------------------------------------------------------------


def test_the_report_says_what_was_found() -> None:
    text = sampled("gram").report()
    assert "closest: GOE; verdict at the level 0.01: GOE" in text
    assert all(name in text for name in NAMES)
    assert "approximate" in text


def test_json_holds_the_same_numbers() -> None:
    found = sampled("GOE")
    data = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert data["verdict"] == "GOE"
    assert data["spacings"] == len(found.spacings)
    assert [f["distance"] for f in data["fits"]] == [f.distance for f in found.fits]


def test_the_plot_has_bars_of_area_one_and_the_three_densities() -> None:
    ax = sampled("GOE").plot()
    bars = next(c for c in ax.containers if isinstance(c, BarContainer))
    assert sum(b.get_width() * b.get_height() for b in bars.patches) == pytest.approx(1, abs=2e-3)
    for name, line in zip(NAMES, ax.lines, strict=True):
        x, y = np.asarray(line.get_xdata(), dtype=float), np.asarray(line.get_ydata(), dtype=float)
        assert y == pytest.approx(spacing_law(name).pdf(x), abs=1e-14)
    legend = ax.get_legend()
    assert legend is not None
    assert {t.get_text() for t in legend.get_texts()} == {"sampled", *NAMES}
    assert sampled("GUE").plot(ax) is ax


# -- errors --------------------------------------------------------------------------------------------------

FINE = [0.1, 0.3, 0.5, 0.7, 0.9]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([0.1, math.nan, 0.3, 0.4], "finite"),
        ([0.1, math.inf, 0.3, 0.4], "finite"),
        ([0.1, 0.2j, 0.3, 0.4], "real"),
        (["a", "b", "c"], "real"),
        (0.5, "list"),
        ([0.1, [0.2, 0.3], 0.4], "list"),
        ([[0.1, [0.2, 0.3], 0.4]], "list"),
        (np.full((2, 2, 3), 0.5), "list"),
        ([], "at least 3"),
        ([0.1, 0.2], "at least 3"),
        ([FINE, [0.1, 0.2]], "at least 3"),
        ([0.1, 0.3, 0.3, 0.7], "repeated"),
        ([0.1, 0.3, 0.3 + 1e-16, 0.7], "repeated"),
    ],
)
@pytest.mark.parametrize(
    "function",
    [lambda v: unfold(lambda x: x, v), spacings, gap_ratios, lambda v: compare_spacings(None, v)],
    ids=["unfold", "spacings", "gap_ratios", "compare_spacings"],
)
def test_eigenvalues_that_are_none(function: Any, values: Any, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        function(values)


@pytest.mark.parametrize("bulk", [(0.5, 0.5), (0.9, 0.1), (-0.1, 0.5), (0.5, 1.1), (math.nan, 1)])
def test_a_window_that_is_none(bulk: tuple[float, float]) -> None:
    with pytest.raises(ParameterError, match="window"):
        unfold(lambda x: x, FINE, bulk=bulk)


def test_an_empty_window_and_a_law_without_a_continuous_part() -> None:
    with pytest.raises(ParameterError, match=r"quantiles 0\.4 and 0\.6"):
        unfold(lambda x: x, FINE, bulk=(0.4, 0.6))
    with pytest.raises(ParameterError, match="no interval"):
        unfold(Spectrum(atoms([0, 1])), [0.0, 0.0, 1.0])


@pytest.mark.parametrize("cdf", [lambda x: -x, lambda x: 2 * x, lambda x: 0.5, lambda x: np.nan * x, lambda x: 1 - x])
def test_a_cdf_that_is_none(cdf: Any) -> None:
    with pytest.raises(ParameterError, match="cdf"):
        unfold(cdf, FINE)


@pytest.mark.parametrize(("name", "close"), [("GOEE", "GOE"), ("gu", "GUE"), ("poison", "Poisson")])
@pytest.mark.parametrize("function", [spacing_law, ratio_law])
def test_an_unknown_reference_is_answered_with_the_closest(function: Any, name: str, close: str) -> None:
    with pytest.raises(ParameterError, match=f"did you mean '{close}'"):
        function(name)


@pytest.mark.parametrize("call", [("GOE", "exakt"), ("Poisson", "surmise")])
def test_a_kind_that_is_none(call: tuple[str, str]) -> None:
    with pytest.raises(ParameterError, match="kind"):
        spacing_law(*call)


@pytest.mark.parametrize(("name", "s"), [("GOE", -0.1), ("GUE", 7.1), ("GOE", math.nan), ("Poisson", 1.0)])
def test_a_gap_probability_that_is_not_defined(name: str, s: float) -> None:
    with pytest.raises(ParameterError):
        gap_probability(name, s)


def test_too_few_spacings_and_a_level_beyond_the_resamples() -> None:
    with pytest.raises(ParameterError, match="20 spacings"):
        compare_spacings(None, 5 * np.array(FINE))
    for level in (0.0, 0.001, 1.0, math.nan):
        with pytest.raises(ParameterError, match="level"):
            compare_spacings(None, np.cumsum(np.random.default_rng(0).exponential(size=60)), level=level)


@pytest.mark.parametrize("factor", [1.0, 1e-3, 1e4])
def test_eigenvalues_do_not_pass_for_levels(factor: float) -> None:
    """Without unfolding, the density of GOE eigenvalues made their spacings those of no ensemble."""
    values = factor * symmetric_eigenvalues(goe(300, np.random.default_rng(3)))
    with pytest.raises(ParameterError, match=r"of mean spacing 1; this one is .* smooth_cdf\(eigenvalues\)"):
        compare_spacings(None, values)
    assert compare_spacings(smooth_cdf(values), values).verdict == "GOE"


def test_a_law_stands_for_its_spectrum() -> None:
    values = np.linalg.eigvalsh(np.random.default_rng(3).normal(size=(60, 60)) / np.sqrt(60))
    assert np.array_equal(unfold(semicircle(), values)[0], unfold(Spectrum(semicircle()), values)[0])
