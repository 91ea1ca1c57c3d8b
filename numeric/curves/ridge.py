r"""Ridge regression in high dimension: risk, its parts, training error, and the ridge that is best.

n samples x with covariance Sigma of size p, y = <beta, x> + noise of variance s^2, beta_hat = (S + lambda)^{-1} X y/n.
With the effective ridge kappa and g = p/n, the excess risk (beta_hat - beta)^T Sigma (beta_hat - beta) tends to

    (kappa^2 beta^T Sigma (Sigma + kappa)^{-2} beta + s^2 g d_2(kappa)) / (1 - g d_2(kappa)),

the first term the bias, the second the variance; the training error is (lambda/kappa)^2 (risk + s^2). Both follow from
the one deterministic equivalent of the effective ridge by derivatives: S + lambda + tau Sigma is again of its kind.

Sources: Hastie, Montanari, Rosset, Tibshirani 2022; Dobriban, Wager, Ann. Statist. 46 (2018) 247-279.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from resolvent.derive.border import checked
from resolvent.derive.errors import ParameterError, PrecisionError
from resolvent.derive.exact.precision import cached_property
from resolvent.derive.laws.record import Law
from resolvent.derive.presentation import Tabled
from resolvent.numeric.curves.effective_ridge import degrees, effective_ridge, integral, rank, ridge_of, smallest
from resolvent.numeric.curves.minimum import minimum
from resolvent.numeric.curves.shown import shown
from resolvent.numeric.density.chebyshev_piece import Array
from resolvent.numeric.measures.atomic_measure import AtomicMeasure
from resolvent.numeric.spectrum.measure import Measure, measure_of
from resolvent.numeric.spectrum.numbers import is_below_zero, nonnegative_number, real_number, real_values
from resolvent.numeric.style import LINES, finish, legend, new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Signal = float | Array | Callable[[Array], Array]

_GRID = 600  # effective ridges among which the best is bracketed
_LEAST_REST = 1e-9  # of 1 - df_2, of which errors are doubles' over it
_LARGEST_RIDGE = 1e6  # over the largest eigenvalue of the population


@dataclass(frozen=True)
class BestRidge(Tabled):
    """The ridge of the smallest risk: ``ridge`` may be negative, or ``inf`` where predicting 0 is best."""

    ridge: float
    risk: float


@checked
class RidgeRegression:
    """The limit of ridge regression for a population: curves in the ridge, and in the ratio g = p/n.

    The estimate minimises |y - X^T beta|^2/n + ridge |beta|^2; the risk is the excess over the variance of the noise.

    Args:
        population: the law of the eigenvalues of Sigma (1 for isotropic data), or these eigenvalues themselves.
        ratio: g = p/n; an array gives curves in g.
        signal: |beta|^2 for a beta without a preferred direction; or a function of the eigenvalue t, which weighs the
            population: beta^T f(Sigma) beta = int f(t) signal(t) dH(t); or, for given eigenvalues, the squares of
            beta's coordinates along the eigenvectors.
        noise: the variance s^2 of the noise.

    >>> isotropic = RidgeRegression(1, ratio=2, signal=1.5, noise=0.4)
    >>> float(isotropic.risk(0).round(10)), float(isotropic.risk(0.3).round(8))
    (1.15, 0.98235294)
    >>> best = isotropic.best()
    >>> round(best.ridge, 7), round(best.risk, 8)  # s^2 g/|beta|^2
    (0.5333333, 0.96911901)

    Raises `ParameterError` for a population with negative eigenvalues, ratios that are not positive, negative noise,
    and a signal of another length or below 0.

    Source: Hastie, Montanari, Rosset, Tibshirani 2022, Surprises in high-dimensional ridgeless least squares
    interpolation.
    """

    def __init__(self, population: Any, ratio: Any, signal: Any = 1.0, noise: Any = 1.0) -> None:
        self.measure, given = _population(population)
        low, high = self.measure.support()
        if is_below_zero(low, high) or high <= 0:
            raise ParameterError("a population has no negative eigenvalues, and some above 0", population=population)
        self.ratio = np.asarray(real_number(ratio) if np.ndim(ratio) == 0 else ratio, dtype=float)
        if not np.all(np.isfinite(self.ratio) & (self.ratio > 0)):
            raise ParameterError(f"the ratio p/n must be positive; got {ratio!r}", ratio=ratio)
        self.noise = nonnegative_number(noise, "variance of the noise")
        self._given, self.signal = given, signal
        if not callable(signal):
            values = real_values(signal, "signal")
            if np.any(values < 0):
                raise ParameterError("the signal consists of squares; some are negative", signal=signal)
            if np.ndim(signal) and (given is None or len(values) != len(given)):
                raise ParameterError(
                    f"{len(values)} squares of coordinates need as many eigenvalues as population; give a number, "
                    "|beta|^2, or a function of the eigenvalue",
                    signal=signal,
                )

    def __repr__(self) -> str:
        low, high = self.measure.support()
        return shown(self, population=f"in [{low:.6g}, {high:.6g}]", ratio=self.ratio, signal=self.signal,
                     noise=self.noise)  # fmt: skip

    @classmethod
    def of_nodes(cls, points: Array, weights: Array, squares: Array, ratio: Any, noise: Any) -> RidgeRegression:
        """The regression for eigenvalues with weights, and the squares of beta's coordinates along each."""
        found = cls(AtomicMeasure(points, weights), ratio, 1.0, noise)
        found._given, found.signal = points, squares
        return found

    # -- at effective ridges ---------------------------------------------------------------------------------------

    def _weighted(self, function: Callable[[Array], Array]) -> Array:
        """beta^T f(Sigma) beta, for functions whose points are the last axis."""
        if callable(self.signal):
            weigh = self.signal
            return integral(self.measure, lambda t: function(t) * np.asarray(weigh(t), dtype=float))
        if np.ndim(self.signal) and self._given is not None:
            return np.asarray(function(self._given) @ np.asarray(self.signal, dtype=float).ravel())
        return float(np.asarray(self.signal).item()) * integral(self.measure, function)

    def _parts(self, kappa: Array, ratio: Array) -> tuple[Array, Array]:
        """Bias and variance at effective ridges."""
        flat = kappa.ravel()[:, None]

        def left(t: Array) -> Array:
            with np.errstate(divide="ignore", invalid="ignore"):
                return np.where(t == 0, 0.0, t * (flat / (t + flat)) ** 2)

        # at 0 the share of eigenvalues that are not 0, in which rounded weights have no part
        second = ratio * np.where(kappa == 0, rank(self.measure), degrees(self.measure, kappa, 2))
        rest = np.abs(1 - second)
        if np.any((rest < _LEAST_REST) & ((kappa > 0) | (rest > 0))):
            raise PrecisionError(
                f"so close to interpolation, 1 - df_2 = {float(np.min(rest)):.3g} has lost its digits; take a larger "
                "ridge, or another ratio",
                rest=rest,
            )
        with np.errstate(divide="ignore", invalid="ignore"):
            scale = np.where(second < 1, 1 / (1 - second), np.inf)
            bias = self._weighted(left).reshape(kappa.shape)
            return np.where(bias == 0, 0.0, bias * scale), np.where(self.noise == 0, 0.0, self.noise * second * scale)

    def _at(self, ridge: ArrayLike) -> tuple[Array, Array, Array]:
        """Ridges, ratios and effective ridges in their common shape."""
        given = np.asarray(ridge, dtype=float)
        if not np.all(np.isfinite(given)):
            raise ParameterError(f"a ridge must be finite; got {ridge!r}", ridge=ridge)
        ridges, ratios = np.broadcast_arrays(given, self.ratio)
        return ridges, ratios, effective_ridge(self.measure, ratios, ridges)

    # -- curves ----------------------------------------------------------------------------------------------------

    def effective_ridge(self, ridge: ArrayLike = 0.0) -> Array:
        """kappa, for which lambda (S + lambda)^{-1} ~ kappa (Sigma + kappa)^{-1}.

        Raises `ParameterError` for a ridge at or below minus the smallest positive eigenvalue of S.
        """
        return self._at(ridge)[2]

    def bias(self, ridge: ArrayLike = 0.0) -> Array:
        """The part of the risk without noise; ridge 0 is the limit lambda -> 0, the interpolator of least norm."""
        _, ratios, kappa = self._at(ridge)
        return self._parts(kappa, ratios)[0]

    def variance(self, ridge: ArrayLike = 0.0) -> Array:
        """The part of the risk that the noise makes."""
        _, ratios, kappa = self._at(ridge)
        return self._parts(kappa, ratios)[1]

    def risk(self, ridge: ArrayLike = 0.0) -> Array:
        """The excess risk, bias + variance; a new observation is missed by risk + s^2. Infinite at g = 1, ridge 0.

        >>> curve = RidgeRegression(1, ratio=[0.5, 1, 2], signal=1.5, noise=0.4)
        >>> curve.risk().round(12)
        array([0.4 ,  inf, 1.15])

        Raises `ParameterError` for a ridge at or below minus the smallest positive eigenvalue of S.
        """
        _, ratios, kappa = self._at(ridge)
        return np.asarray(sum(self._parts(kappa, ratios)))

    def training_error(self, ridge: ArrayLike) -> Array:
        """The mean squared residual on the training data, (lambda/kappa)^2 (risk + s^2).

        Raises `ParameterError` for a ridge at or below minus the smallest positive eigenvalue of S.
        """
        ridges, ratios, kappa = self._at(ridge)
        # lambda/kappa = 1 - g d_1, without a quotient of zeros
        share = 1 - ratios * degrees(self.measure, kappa, 1)
        share = np.where((ridges == 0) & (kappa > 0), 0.0, share)
        risk = np.asarray(sum(self._parts(kappa, ratios)))
        return np.asarray(np.where(share == 0, 0.0, share**2) * np.where(share == 0, 0.0, risk + self.noise))

    @cached_property
    def smallest_ridge(self) -> float:
        """The smallest ridge that is allowed: minus the smallest positive eigenvalue of S in the limit.

        >>> round(RidgeRegression(1, ratio=4).smallest_ridge, 10)
        -1.0

        Raises `ParameterError` where there are several ratios.
        """
        return smallest(self.measure, self._one_ratio())[1]

    def best(self) -> BestRidge:
        """The ridge of the smallest risk over the whole range, from `smallest_ridge` to infinity.

        It is bracketed on a grid of 600 effective ridges and then found on an interpolant; the kind is "estimated".

        >>> import numpy as np
        >>> strong = RidgeRegression([10] * 20 + [1] * 180, ratio=3, signal=[1] * 20 + [0] * 180, noise=0)
        >>> best = strong.best()
        >>> round(best.ridge, 4), bool(best.risk < strong.risk(0))
        (-0.5173, True)

        Raises `ParameterError` where there are several ratios.
        """
        ratio = self._one_ratio()
        least = smallest(self.measure, ratio)[0]
        top = self.measure.support()[1]

        def risk(kappa: Array) -> Array:
            return np.asarray(sum(self._parts(kappa, np.full(kappa.shape, ratio))))

        distance = np.geomspace(self._first_distance(risk, least, top), _LARGEST_RIDGE * top, _GRID)
        x = minimum(lambda x: risk(least + np.exp(x)), np.log(distance))
        if x == np.log(distance[-1]):
            return BestRidge(float("inf"), float(self._weighted(lambda t: t)))
        kappa = np.array([least + np.exp(x)])
        found = float(risk(kappa)[0])
        if self.noise == 0 and float(self.risk(0.0).item()) <= found:
            return BestRidge(0.0, float(self.risk(0.0).item()))
        return BestRidge(float(ridge_of(self.measure, ratio, kappa)[0]), found)

    @staticmethod
    def _first_distance(risk: Callable[[Array], Array], least: float, top: float) -> float:
        """How near to the end of the branch the risk can be computed."""
        for share in (1e-6, 1e-5, 1e-4, 1e-3):
            try:
                risk(np.array([least + share * top]))
                return share * top
            except PrecisionError:
                continue
        return 1e-2 * top

    def _one_ratio(self) -> float:
        if self.ratio.size != 1:
            raise ParameterError("this needs one ratio; take the curves apart", ratio=self.ratio)
        return float(self.ratio.item())

    def plot(self, ridge: ArrayLike, ax: Axes | None = None, **style: Any) -> Axes:
        """Draw risk, bias and variance against the ridge, or against the ratio if there are several.

        Raises `ParameterError` where neither ridge nor ratio is a list.
        """
        ridges, ratios, kappa = self._at(ridge)
        if ridges.ndim != 1:
            raise ParameterError("a curve needs a list of ridges or of ratios", ridge=ridge)
        axes = ax if ax is not None else new_axes()
        x, label = (ratios, "$p/n$") if self.ratio.ndim else (ridges, "ridge")
        bias, variance = self._parts(kappa, ratios)
        axes.plot(x, bias + variance, color=LINES[0], label="risk", **style)
        axes.plot(x, bias, color=LINES[1], linestyle="--", label="bias")
        axes.plot(x, variance, color=LINES[2], linestyle=":", label="variance")
        finish(axes)
        axes.set_xlabel(label)
        legend(axes)
        return axes


def _population(population: Any) -> tuple[Measure, Array | None]:
    """The measure of a population, and its eigenvalues in order where they are given."""
    if isinstance(population, Measure):
        return population, None
    if isinstance(population, Law):
        return measure_of(population), None
    values = real_values(population, "eigenvalues of the population")
    return AtomicMeasure(values, np.full(len(values), 1 / len(values))), values
