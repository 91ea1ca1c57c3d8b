"""Shrinkage against the oracle's loss, and thresholds against published numbers."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import resolvent as rv

POPULATION = np.repeat([1.0, 3.0, 10.0], [100, 200, 200])


def sampled(c: float) -> tuple[np.ndarray, np.ndarray]:
    p, n = len(POPULATION), round(len(POPULATION) / c)
    x = np.sqrt(POPULATION)[:, None] * np.random.default_rng(0).normal(size=(p, n))
    values, vectors = np.linalg.eigh(x @ x.T / n)
    return np.maximum(values, 0.0), vectors


def frobenius(cleaned: np.ndarray, vectors: np.ndarray) -> float:
    return float(np.linalg.norm((vectors * cleaned) @ vectors.T - np.diag(POPULATION)) ** 2)


@pytest.mark.parametrize("c", [0.2, 0.5, 2.0])
@pytest.mark.parametrize("known", [False, True])
def test_frobenius_loss_is_that_of_the_oracle(c: float, known: bool) -> None:
    values, vectors = sampled(c)
    oracle = frobenius(np.einsum("ik,i,ik->k", vectors, POPULATION, vectors), vectors)
    law = rv.empirical([1, 3, 10], [0.2, 0.4, 0.4]).sample_covariance(c) if known else None
    assert frobenius(rv.shrink(values, c, law=law), vectors) <= 1.02 * oracle
    assert frobenius(values, vectors) > 2 * oracle


def test_steins_loss_is_near_that_of_the_oracle() -> None:
    values, vectors = sampled(0.5)
    best = 1 / np.einsum("ik,i,ik->k", vectors, 1 / POPULATION, vectors)

    def loss(cleaned: np.ndarray) -> float:
        return float(np.mean(cleaned / best - np.log(cleaned / best)) - 1)

    assert loss(rv.shrink(values, 0.5, "stein")) < 0.002
    assert loss(values) > 0.1
    assert np.array_equal(rv.shrink(values, 0.5, "inverse"), rv.shrink(values, 0.5, "stein"))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: rv.shrink([1.0, -1.0], 1), "not negative"),
        (lambda: rv.shrink([1.0] * 10, 0.5, "huber"), "loss"),
        (lambda: rv.shrink([1.0] * 10, 0), "ratio must be positive"),
        (lambda: rv.shrink([1.0] * 10, 2), "Give all eigenvalues"),
        (lambda: rv.shrink([1.0] * 5 + [0.0] * 5, 2, "stein"), "full rank"),
        (lambda: rv.shrink([1.0, 2.0], 0.5), "at least 8 eigenvalues other than 0"),
        (lambda: rv.shrink(np.ones((20, 20)), 0.5), "one dimension; got 2"),
        (lambda: rv.shrink(np.ma.masked_greater([1.0, 2.0], 1.5), 0.5), "masked"),
        (lambda: rv.population(np.ones((20, 20)), 0.5), "one dimension; got 2"),
        (lambda: rv.population([1.0, 2.0], 0.5), "at least 8 eigenvalues other than 0"),
        (lambda: rv.compare(np.ma.masked_greater(np.eye(20), 0.5), rv.marchenko_pastur(1)), "masked"),
    ],
)
def test_bad_input_is_named(make: object, words: str) -> None:
    with pytest.raises(rv.ParameterError, match=words):
        make()  # type: ignore[operator]


@pytest.mark.parametrize("function", [rv.shrink, rv.population])
def test_eigenvalues_of_no_sample_covariance_are_an_error(function: Callable[..., Any]) -> None:
    """The mean of what is estimated is tr Sigma/p, which the eigenvalues have; equal ones have no population."""
    with pytest.raises(rv.PrecisionError, match="Check p and n"):
        function(np.ones(200), 0.5)


def test_next_to_the_ratio_1_a_trace_that_is_lost_is_an_error() -> None:
    """Powers as a population, with 20 more samples than rows in 1000: an estimate of one eigenvalue may be far off."""
    rng, refused = np.random.default_rng(1), 0
    for _ in range(8):
        x = np.arange(1.0, 501)[:, None] ** -0.5 * rng.normal(size=(500, 510))
        values = np.linalg.eigvalsh(x @ x.T / 510)
        try:
            cleaned = rv.shrink(values, "500/510")
        except rv.PrecisionError:
            refused += 1
        else:
            assert float(np.mean(cleaned)) == pytest.approx(float(np.mean(values)), rel=0.16)
    assert 0 < refused < 8


def test_a_square_matrix_needs_its_law() -> None:
    x = np.random.default_rng(3).normal(size=(300, 300))
    values = np.linalg.eigvalsh(x @ x.T / 300)
    with pytest.raises(rv.ParameterError, match="give the limiting law"):
        rv.shrink(values, 1)
    assert np.median(rv.shrink(values, 1, law=rv.marchenko_pastur(1))) == pytest.approx(1, abs=0.1)


def test_no_variance_is_cleaned_below_zero() -> None:
    population = np.repeat([1.0, 10.0], 150)
    for seed in range(10):
        x = np.sqrt(population)[:, None] * np.random.default_rng(seed).normal(size=(300, 303))
        try:
            cleaned = rv.shrink(np.linalg.eigvalsh(x @ x.T / 303), "300/303", loss="stein")
        except rv.PrecisionError:
            continue
        assert np.min(cleaned) > 0


@pytest.mark.parametrize("law", [rv.marchenko_pastur("1/4"), 2 * rv.marchenko_pastur("1/2"), rv.marchenko_pastur(2)])
def test_a_law_that_the_eigenvalues_do_not_have_is_an_error(law: rv.Law) -> None:
    x = np.random.default_rng(0).standard_normal((200, 400))
    values = np.linalg.eigvalsh(x @ x.T / 400)
    with pytest.raises(rv.PrecisionError, match="the law with its scale"):
        rv.shrink(values, "1/2", law=law)


@pytest.mark.parametrize("size", [10, 40, 200])
def test_a_law_that_they_have_is_taken_with_components_that_stick_out(size: int) -> None:
    x = np.random.default_rng(1).standard_normal((size, 2 * size))
    x[0] *= 30
    values = np.linalg.eigvalsh(x @ x.T / (2 * size))
    cleaned = rv.shrink(values, "1/2", law=rv.marchenko_pastur("1/2"))
    assert np.mean(cleaned) == pytest.approx(np.mean(values), rel=0.1)


@pytest.mark.parametrize("shape", [(120, 400), (150, 100)])
@pytest.mark.parametrize("kind", ["raw", "centred", "centred far from 0", "complex"])
def test_data_give_the_matrix_with_the_cleaned_eigenvalues(shape: tuple[int, int], kind: str) -> None:
    """Against NumPy's covariance and its eigenvectors; centred data have one sample less."""
    rng = np.random.default_rng(0)
    x = np.sqrt(np.linspace(1, 5, shape[0]))[:, None] * rng.normal(size=shape) + 0.2
    if kind == "complex":
        x = x + 1j * rng.normal(size=shape)
    n, covariance = shape[1], x @ x.conj().T / shape[1]
    if kind.startswith("centred"):
        x += 1e8 * ("far" in kind)  # leaves rounding in the means
        x -= np.mean(x, axis=1, keepdims=True)
        n, covariance = shape[1] - 1, np.cov(x)
    values, vectors = np.linalg.eigh(covariance)
    expected = rv.shrink(np.maximum(values, 0), shape[0] / n)
    found = rv.shrink(x, singular=True)
    assert found.ratio == shape[0] / n
    assert np.allclose(found.covariance, (vectors * expected) @ vectors.conj().T, atol=1e-9)
    assert np.allclose(found.cleaned, expected)
    assert np.allclose(found.eigenvalues, np.maximum(values, 0))
    assert found.doubts == ()
    assert repr(found).startswith(f"<Cleaned: {shape[0]} eigenvalues from ")


def test_a_frame_keeps_its_labels() -> None:
    pandas = pytest.importorskip("pandas")
    names = [f"x{k}" for k in range(20)]
    frame = pandas.DataFrame(np.random.default_rng(0).normal(size=(20, 60)), index=names)
    covariance = rv.shrink(frame, singular=True).covariance
    assert list(covariance.index) == list(covariance.columns) == names


@pytest.mark.parametrize("kind", ["entries", "samples"])
def test_data_with_heavy_tails_are_said_to_be_doubtful(kind: str) -> None:
    """For samples of different sizes what the formula gives is off: its loss is over that of the oracle."""
    rng = np.random.default_rng(0)
    x = rng.standard_t(3, size=(200, 400)) if kind == "entries" else rng.normal(size=(200, 400))
    if kind == "samples":
        x *= np.repeat([0.5, 2.0], 200)
    found = rv.shrink(x, singular=True)
    assert "heavy tails, or the samples differ in size" in found.doubts[0]
    assert "doubtful: the entries have heavy tails" in str(found)
    assert repr(found).endswith("; doubtful>")


def test_a_law_farther_than_rigid_eigenvalues_is_doubtful() -> None:
    """Of the right mean, which alone was looked at."""
    x = np.random.default_rng(0).normal(size=(200, 400))
    law = rv.atoms(["1/2", "3/2"], ["1/2", "1/2"]).sample_covariance("1/2")
    with pytest.warns(UserWarning, match="rigid eigenvalues stay below"):
        rv.shrink(np.linalg.eigvalsh(x @ x.T / 400), "1/2", law=law)
    assert "rigid eigenvalues stay below" in rv.shrink(x, singular=True, law=law).doubts[0]
    assert rv.shrink(x, singular=True, law=rv.marchenko_pastur("1/2")).doubts == ()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (np.ones(20), "data are a matrix"),
        (np.full((20, 30), 1e200), "no floats"),
        (np.zeros((20, 30)), "no floats"),
        (np.array([["a", "b"]]), "a matrix of numbers"),
        (np.zeros((0, 3)), "empty"),
        (np.array([[1.0, np.nan]]), "not finite"),
        (np.ones((3, 1)), "at least 8"),
        ([[1.0, 2.0], [3.0]], "one length"),
    ],
)
def test_bad_data_are_named(data: np.ndarray, words: str) -> None:
    with pytest.raises(rv.ParameterError, match=words):
        rv.shrink(data, singular=True)


def test_eigenvalues_need_a_ratio() -> None:
    with pytest.raises(rv.ParameterError, match="the ratio p/n is needed"):
        rv.shrink(np.ones(20))
