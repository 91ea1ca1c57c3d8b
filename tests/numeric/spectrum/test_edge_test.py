"""The scale at square-root edges against closed forms and matrices, and how often planted components are found."""

import math

import numpy as np
import pytest
from scipy.stats import kstest

import resolvent as rv
from resolvent.numeric.spectrum.edge_test import edges_of
from resolvent.numeric.spectrum.measure import Measure


@pytest.mark.parametrize("c", ["1/4", "1/2", "3"])
def test_marchenko_pastur_has_johnstones_scale(c: str) -> None:
    """(sqrt(n) + sqrt(p)) (1/sqrt(n) + 1/sqrt(p))^(1/3)/n for the largest eigenvalue of X X^T/n."""
    ratio = float(rv.Spectrum(rv.marchenko_pastur(c)).mean() * eval_fraction(c))
    p = 600
    n = p / ratio
    exact = (math.sqrt(n) + math.sqrt(p)) * (1 / math.sqrt(n) + 1 / math.sqrt(p)) ** (1 / 3) / n
    edge = edges_of(rv.Spectrum(rv.marchenko_pastur(c)).measure)[-1]
    assert edge.scale(p) == pytest.approx(exact, rel=1e-9)


def eval_fraction(text: str) -> float:
    top, _, bottom = text.partition("/")
    return int(top) / int(bottom or 1)


@pytest.mark.parametrize("c", ["99/100", "999/1000"])
def test_an_edge_next_to_another_singularity_has_its_coefficient(c: str) -> None:
    """rho = sqrt((x - a)(b - x))/(2 pi c x): the pole at 0 is as near to a as c is to 1."""
    ratio = eval_fraction(c)
    a, b = (1 - math.sqrt(ratio)) ** 2, (1 + math.sqrt(ratio)) ** 2
    exact = math.sqrt(b - a) / (2 * math.pi * ratio * a)
    for law in (rv.marchenko_pastur(c), rv.empirical([1.0]).sample_covariance(c)):
        measure = rv.Spectrum(law).measure
        assert edges_of(measure)[0].coefficient == pytest.approx(exact, rel=1e-9)
        assert Measure.edge_coefficient(measure, 0, 0) == pytest.approx(exact, rel=1e-9)  # of measures without pieces


def test_edges_that_nearly_meet_have_their_coefficients() -> None:
    """sqrt(2/z''(u))/(pi c) where z'(u) = 0, z(u) = -1/u + c sum w t/(1 + t u)."""
    c, t = 0.2627, np.array([1.0, 3.0])
    found = edges_of(rv.Spectrum(rv.empirical(t).sample_covariance(c)).measure)
    assert 0 < found[2].place - found[1].place < 0.01
    square = np.polynomial.Polynomial([0, 0, 1])
    factors = [np.polynomial.Polynomial([1, x]) ** 2 for x in t]
    slope = factors[0] * factors[1] - c / 2 * square * (factors[1] + 9 * factors[0])  # u^2 times all factors times z'
    critical = np.sort(slope.roots()[np.abs(slope.roots().imag) < 1e-6].real)
    for edge in found:
        u = min(critical, key=lambda u: abs(-1 / u + c / 2 * np.sum(t / (1 + t * u)) - edge.place))
        bend = abs(-2 / u**3 + c * np.sum(t**3 / (1 + t * u) ** 3))
        assert edge.coefficient == pytest.approx(math.sqrt(2 / bend) / (math.pi * c), rel=1e-10)


def test_a_hard_edge_has_no_scale() -> None:
    left, right = edges_of(rv.Spectrum(rv.marchenko_pastur(1)).measure)
    assert left.coefficient is None
    assert math.isnan(left.scale(100))
    assert right.coefficient is not None


@pytest.mark.parametrize(("strength", "least", "most"), [(0.0, 0.0, 0.12), (2.0, 0.99, 1.0)])
def test_components_of_a_symmetric_matrix(strength: float, least: float, most: float) -> None:
    rng, n = np.random.default_rng(5), 200
    rho = rv.Spectrum(rv.semicircle())
    counts = []
    for _ in range(60):
        a = rng.normal(size=(n, n)) / math.sqrt(2 * n)
        a = a + a.T
        a[0, 0] += strength
        counts.append(rho.edge_test(np.linalg.eigvalsh(a)).count)
    assert least <= np.mean(np.array(counts) > 0) <= most


@pytest.mark.parametrize("scale", [1.0, 1e-6, 1e6])
def test_zeros_of_single_precision_are_no_components(scale: float) -> None:
    x = np.random.default_rng(0).standard_normal((400, 200)).astype(np.float32)
    x[0] *= 6
    values = np.linalg.eigvalsh(x @ x.T / np.float32(200)).astype(float)
    assert np.count_nonzero(values == 0) < 100
    rho = rv.Spectrum(scale * rv.marchenko_pastur(2))
    assert rho.edge_test(scale * values, level=0.01).count == 1
    found = rv.compare(scale * values, rho)
    assert (found.components, found.zeros[0]) == (1, 200)
    assert len(rv.fit(values, rv.marchenko_pastur(rv.parameter("c", positive=True))).left_out) == 1


def test_the_text_lists_components_from_the_outermost() -> None:
    found = rv.Spectrum(rv.semicircle()).edge_test([*np.linspace(-1.9, 1.9, 100), 2.5, 3.0])
    assert repr(found).startswith("<EdgeTest: 2 components at the level 0.05: 3 (p = ")
    assert repr(found).endswith("; 2 outside>")
    assert (
        repr(rv.Spectrum(rv.semicircle()).edge_test([0.0] * 9))
        == "<EdgeTest: 0 components at the level 0.05; 0 outside>"
    )


def test_outermost_eigenvalues_in_gaps_follow_the_law() -> None:
    """The upper end of the lower bulk of a population of two clusters, an edge inside the spectrum."""
    law = rv.atoms([1, 10], ["1/2", "1/2"]).sample_covariance("1/10")
    rho = rv.Spectrum(law)
    assert len(rho.intervals) == 2
    rng, p, n = np.random.default_rng(1), 100, 1000
    population = np.repeat([1.0, 10.0], p // 2)
    edge = edges_of(rho.measure)[1]
    found = []
    for _ in range(150):
        x = np.sqrt(population)[:, None] * rng.normal(size=(p, n))
        found.append((np.linalg.eigvalsh(x @ x.T / n)[p // 2 - 1] - edge.place) / edge.scale(p))
    assert kstest(found, rv.tracy_widom(1).cdf).pvalue > 1e-3


@pytest.mark.parametrize(("values", "words"), [([], "non-empty"), ([1, math.nan], "finite")])
def test_bad_eigenvalues_are_refused(values: list[float], words: str) -> None:
    with pytest.raises(rv.ParameterError, match=words):
        rv.Spectrum(rv.semicircle()).edge_test(values)


def test_a_matrix_is_no_array_of_its_eigenvalues() -> None:
    """Its entries would be taken for eigenvalues."""
    with pytest.raises(rv.ParameterError, match="one dimension; got 2"):
        rv.Spectrum(rv.semicircle()).edge_test(np.eye(9))


def test_a_level_is_a_probability() -> None:
    with pytest.raises(rv.ParameterError, match="level"):
        rv.Spectrum(rv.semicircle()).edge_test([1.0], level=5)


def test_a_bulk_that_is_not_the_laws_is_doubtful() -> None:
    """Quantiles are as rigid as can be; of another variance they are not those of the law."""
    values = rv.Spectrum(rv.semicircle()).ppf((np.arange(150) + 0.5) / 150)
    rho = rv.Spectrum(rv.semicircle(2))
    assert rv.Spectrum(rv.semicircle()).edge_test(values).doubts == ()
    found = rho.edge_test(values)
    assert "rigid eigenvalues stay below" in found.doubts[0]
    assert found.count == 0
    assert repr(found).endswith("; 0 outside; doubtful>")
    assert str(found).endswith(f"\n  doubtful: {found.doubts[0]}")
    assert rho.edge_test(values[-20:], size=150).doubts == ()  # of the bulk nothing is known
    assert "are both in the same units?" in rho.edge_test(3 * values).doubts[0]
    assert "are both in the same units?" in rho.edge_test(3 * values[-40:], size=150).doubts[0]
    assert "doubts" in found._repr_html_()


@pytest.mark.parametrize(
    ("values", "size", "words"),
    [
        (np.ma.masked_greater([1.0, 2.5], 2.0), None, "masked"),
        (np.array([1.0, 2.0j]), None, "must be real"),
        ([1.0, 2.5], 1, "number of all eigenvalues, 2 at least; got 1"),
        ([1.0, 2.5], 2.5, "number of all eigenvalues"),
    ],
)
def test_what_is_not_the_eigenvalues_of_a_matrix_is_refused(values: np.ndarray, size: int, words: str) -> None:
    """Masked values and the real parts of complex ones were taken for eigenvalues."""
    with pytest.raises(rv.ParameterError, match=words):
        rv.Spectrum(rv.semicircle()).edge_test(values, size=size)
    assert rv.Spectrum(rv.semicircle()).edge_test(2.5).outside[0].value == 2.5
