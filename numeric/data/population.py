r"""The population behind sample eigenvalues, and spikes of a population.

Silverstein's equation z = -1/u + c int t dH(t)/(1 + t u), u = u(z) the companion's transform, is linear in H. At points
z above the sample's spectrum u is known from the eigenvalues, so weights on a grid of t follow by least squares with
w >= 0, sum w = 1. A spike l of a population H outside its bulk appears at z(l) = l (1 + c int t dH(t)/(l - t)) if
z'(l) > 0, and its own eigenvector has the overlap l z'(l)/z(l) with the sample's.

Sources: El Karoui 2008, Spectrum estimation for large dimensional covariance matrices; Bai, Yao 2012, On sample
eigenvalues in a generalized spiked population model.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from resolvent.derive.border import checked
from resolvent.derive.errors import ParameterError
from resolvent.derive.laws.record import Law
from resolvent.derive.presentation import Tabled
from resolvent.numeric.data.samples import covariance_eigenvalues, require_enough, require_mean
from resolvent.numeric.density.chebyshev_piece import Array
from resolvent.numeric.measures.free_maps import Transform
from resolvent.numeric.measures.known_by_numbers import empirical
from resolvent.numeric.measures.numeric_law import NumericLaw
from resolvent.numeric.measures.numeric_outliers import transform_on_half_line
from resolvent.numeric.spectrum.measure import measure_of
from resolvent.numeric.spectrum.numbers import positive_number, real_values

_GRID = 60
_CONTOUR = 80
_DRAWS = 40  # of the bootstrap
_SIZES = (10, 3000)
_POPULATION = "a population needs"
_WEIGHT = 1e3  # of the row that makes the weights add up to 1


@dataclass(frozen=True)
class Spike(Tabled):
    """A spike of a population in the sample.

    Attributes:
        strength: the population's eigenvalue.
        location: where the sample's eigenvalue converges to; None if it stays in the bulk.
        overlap: the limit of the squared inner product of the spike's eigenvectors in population and sample; 0 below.
    """

    strength: float
    location: float | None
    overlap: float


@checked
def population(eigenvalues: ArrayLike, ratio: Any, grid: ArrayLike | None = None) -> NumericLaw:
    """The law of the population's eigenvalues, on a grid, from all p eigenvalues of X X^T/n; ratio p/n.

    >>> x = np.random.default_rng(0).normal(size=(300, 900)) * np.sqrt(np.repeat([1.0, 8.0], 150))[:, None]
    >>> law = population(np.linalg.eigvalsh(x @ x.T / 900), "1/3")
    >>> [round(float(m), 1) for m in law.moments(1)], bool(0.4 < law.measure().table.cdf(3.0) < 0.6)
    ([4.5], True)

    Raises `ParameterError` for eigenvalues that are negative or not finite, or fewer than eight, a ratio that is not
    positive, or a grid of points that are not positive; `PrecisionError` if the mean of what was found is another one.
    """
    values = covariance_eigenvalues(eigenvalues)
    require_enough(int(np.count_nonzero(values)))
    c = positive_number(ratio, "the ratio")
    if not 1e-8 < c < 1e8:
        raise ParameterError(f"the ratio must lie between 1e-8 and 1e8; got {c:g}", ratio=c)
    given = None
    if grid is not None:
        given = np.sort(real_values(grid, "points of the grid"))
        if given[0] < 0:
            raise ParameterError("the points of a population's grid are not negative", grid=grid)
    points, weights = _weights(values, c, given)
    require_mean(float(points @ weights), values, "the population")
    return empirical(points, weights)


@checked
def population_error(law: Law, ratio: Any, size: int, level: float = 0.95, seed: int = 0) -> float:
    """How far a law from `population` may be from the true one, in Wasserstein's distance, at a level.

    The integral of |F - F'| over x, F and F' the distribution functions: the mean distance that eigenvalues of one
    population are moved to become the other's. By a parametric bootstrap: samples of normal data with the recovered
    population go through `population`, and the error is the quantile of the distances. It rests on the assumptions that
    the recovered population errs as the true one would, and that the data are like normal ones.

    Args:
        law: the recovered population.
        ratio: p/n.
        size: p.
        level: the probability that the error is not larger.
        seed: of the samples.

    >>> x = np.random.default_rng(0).normal(size=(100, 400)) * np.sqrt(np.repeat([1.0, 8.0], 50))[:, None]
    >>> law = population(np.linalg.eigvalsh(x @ x.T / 400), "1/4")
    >>> 0.1 < population_error(law, "1/4", 100) < 1
    True

    Raises `ParameterError` for a ratio that is not positive, a size below 10 or above 3000, or a level outside (0, 1);
    `DerivationError` for a law with mass below 0.
    """
    c = positive_number(ratio, "the ratio")
    if not _SIZES[0] <= size <= _SIZES[1]:
        raise ParameterError(f"the size must lie between {_SIZES[0]} and {_SIZES[1]}; got {size}", size=size)
    if not 0 < level < 1:
        raise ParameterError(f"the level is a probability between 0 and 1; got {level!r}", level=level)
    measure, rng = measure_of(law), np.random.default_rng(seed)
    transform_on_half_line(measure, _POPULATION)
    root = np.sqrt(np.maximum(measure.table.ppf((np.arange(size) + 0.5) / size), 0.0))
    own, columns = (root**2, np.full(size, 1 / size)), max(1, round(size / c))
    distances = []
    for _ in range(max(_DRAWS, round(2 / (1 - level)))):
        x = root[:, None] * rng.normal(size=(size, columns))
        values = np.maximum(np.linalg.eigvalsh(x @ x.T / columns), 0.0)
        distances.append(_wasserstein(own, _weights(values, size / columns, None)))
    return float(np.quantile(distances, level, method="higher"))


def _wasserstein(first: tuple[Array, Array], second: tuple[Array, Array]) -> float:
    """The integral of the difference of two distribution functions of points with weights."""
    places = np.concatenate([first[0], second[0]])
    order = np.argsort(places)
    change = np.cumsum(np.concatenate([first[1], -second[1]])[order])
    return float(np.sum(np.abs(change[:-1]) * np.diff(places[order])))


def _weights(values: Array, c: float, grid: Array | None) -> tuple[Array, Array]:
    """The points of a grid and their weights."""
    top = float(np.max(values))
    if grid is None:
        low = max(float(np.quantile(values[values > 1e-10 * top], 0.01)) / (1 + np.sqrt(c)) ** 2, 1e-4 * top)
        points: Array = np.geomspace(low / 2, top, _GRID)
        start = max(low, 1e-3 * top)
    else:
        points, start = grid, grid[grid > 0][0]
    z = np.geomspace(start, 1.5 * top, _CONTOUR) + 0j
    z += 1j * (0.15 * z.real + 2 * top / len(values))
    m = np.mean(1 / (values - z[:, None]), axis=1)
    u = c * m - (1 - c) / z
    rows = c * points / (1 + points * u[:, None])
    target = z + 1 / u
    scale = 1 / np.abs(target)
    matrix = np.concatenate(
        [(rows * scale[:, None]).real, (rows * scale[:, None]).imag, _WEIGHT * np.ones((1, len(points)))]
    )
    right = np.concatenate([(target * scale).real, (target * scale).imag, [_WEIGHT]])
    from scipy.optimize import nnls

    weights, _ = nnls(matrix, right)
    return points, weights / np.sum(weights)


@checked
def spike(bulk: Law, ratio: Any, strength: Any) -> Spike:
    """Where a spike of a population appears in the sample, and how far its eigenvector is the population's.

    >>> found = spike(empirical([1, 4], [0.8, 0.2]), "1/2", 20)
    >>> round(found.location, 2), round(found.overlap, 4)
    (20.92, 0.9489)

    Raises `ParameterError` for a ratio or strength that is not positive, or a strength inside the population's bulk;
    `DerivationError` for a law with mass below 0.
    """
    c, place = positive_number(ratio, "the ratio"), positive_number(strength, "the strength")
    transform = transform_on_half_line(measure_of(bulk), _POPULATION)
    if not any(low < place < high for low, high in transform.gaps):
        raise ParameterError(f"the strength {place:g} lies in the population's bulk", strength=strength)
    z, slope = _image(transform, c, np.array([place]))
    if not slope[0] > 0:
        return Spike(place, None, 0.0)
    return Spike(place, float(z[0]), float(place * slope[0] / z[0]))


@checked
def spike_of(bulk: Law, ratio: Any, location: Any) -> Spike:
    """The spike above a population's bulk that appears at a given place: the inverse of `spike`.

    >>> round(spike_of(empirical([1.0]), "1/4", 2.5).strength, 10)  # white noise
    2.0

    Raises `ParameterError` for a place that no spike above the bulk has; `DerivationError` for a law with mass below 0.
    """
    from scipy.optimize import brentq

    c, place = positive_number(ratio, "the ratio"), positive_number(location, "the location")
    transform = transform_on_half_line(measure_of(bulk), _POPULATION)
    top = transform.ends[1]
    grid = top + transform.width * np.geomspace(1e-9, max(1e6, 10 * (1 + c)), 400)
    first = int(np.argmax(_image(transform, c, grid)[1] > 0))  # z'(w) increases above the bulk, and z(w) > w
    end = float(grid[first])
    if first:
        end = brentq(lambda w: _image(transform, c, np.array([w]))[1][0], grid[first - 1], end, xtol=1e-15 * end)
    reached = float(_image(transform, c, np.array([end]))[0][0])
    if not reached < place:
        raise ParameterError(
            f"no spike above the bulk appears at {place:g}; the bulk of the sample ends at {reached:.6g}",
            location=location,
        )
    root = brentq(
        lambda w: _image(transform, c, np.array([w]))[0][0] - place, end, place, xtol=1e-15 * end, maxiter=300
    )
    return spike(bulk, ratio, root)


def _image(transform: Transform, c: float, w: Array) -> tuple[Array, Array]:
    """z(w) = w (1 + c psi), psi = -1 - w m(w), and its derivative."""
    m, slope = (part.real for part in transform(w.astype(complex)))
    psi, psi_slope = transform.psi(w, m, slope)
    return w * (1 + c * psi), 1 + c * (psi + w * psi_slope)
