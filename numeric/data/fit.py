r"""The parameters of a law from eigenvalues, with confidence intervals.

The sums S_k of the Chebyshev polynomials T_k over n eigenvalues have the means n E T_k(theta) + (2/beta - 1)/2 for even
k, without the last term for odd k, and the variances k/(2 beta); see `numeric.data.comparison`. The estimate minimises
sum_k (S_k - mean)^2/variance, and its covariance is (J^T V^-1 J)^-1 with the Jacobian J of the means: of the order 1/n,
as eigenvalues are rigid. E T_k is a polynomial in the law's exact moments. Eigenvalues that stick out of the fitted law
are left out, and the fit repeated; each of them may have moved a sum by about 1, which widens the intervals.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import sympy

from resolvent.derive.errors import ParameterError, PrecisionError, ResolventError
from resolvent.derive.exact.copies import ByValue
from resolvent.derive.laws.record import Law
from resolvent.numeric.data.samples import heavy_tails, samples, symmetry_index
from resolvent.numeric.density.chebyshev_piece import Array
from resolvent.numeric.spectrum.edge_test import edge_test
from resolvent.numeric.spectrum.rigidity import kolmogorov_distance
from resolvent.numeric.spectrum.spectrum import Spectrum

_STATISTICS = 6
_ROUNDS = 6
_STARTS = (0.1, 0.3, 0.6, 1.0, 2.0, 4.0)
_FAR = 8.0  # interquartile ranges from the median: left out before the first fit
_LEVEL = 0.01  # of the test for components
_LEAST_SHARE = 0.9  # of the eigenvalues that a fit rests on: what sticks out are a few
_FARTHEST = 0.2  # Kolmogorov's distance of a fit from them


@dataclass(frozen=True, eq=False)
class FitRecord(ByValue):
    """The parameters that explain the bulk.

    Attributes:
        law: the law at the estimates, rounded to floats.
        parameters: name -> estimate.
        errors: name -> standard error.
        intervals: name -> confidence interval.
        confidence: the probability with which each interval covers, for real or complex Gaussian-like ensembles.
        left_out: the eigenvalues that stick out.
        misfit: sum (S_k - mean)^2/variance at the estimate, and its degrees of freedom; a large value speaks against
            the law.
        family: the law with its parameters.
        samples: the eigenvalues of each matrix.
        tails: the fourth cumulant of the entries of a data matrix, if it is above 1; then the intervals are too narrow,
            and what sticks out may be single entries.
    """

    law: Law
    parameters: Mapping[str, float]
    errors: Mapping[str, float]
    intervals: Mapping[str, tuple[float, float]]
    confidence: float
    left_out: tuple[float, ...]
    misfit: tuple[float, int]
    family: Law = field(repr=False)
    samples: tuple[Array, ...] = field(repr=False, compare=False)
    tails: float

    @property
    def p_value(self) -> float:
        """How often a true law would fit worse; below a small level the law, or the model of the noise, is wrong."""
        from scipy.stats import chi2

        return float(chi2.sf(*self.misfit))


def fitted(
    eigenvalues: Any, law: Law, *, beta: int | None = None, confidence: float = 0.95, singular: bool | None = None
) -> FitRecord:
    """The fit as a record; see `resolvent.data.fit.fit`.

    Raises `ParameterError` and `PrecisionError` as that does.
    """
    names = [s.name for s in law.parameters]
    if not 1 <= len(names) <= _STATISTICS:
        raise ParameterError(f"a law with one to {_STATISTICS} parameters is needed; got {names}", law=law)
    if not 0 < confidence < 1:
        raise ParameterError(f"the confidence lies between 0 and 1; got {confidence!r}", confidence=confidence)
    trials = samples(eigenvalues, singular)
    if np.ptp(np.concatenate(trials)) == 0:
        raise ParameterError(f"all the eigenvalues are {trials[0][0]:.6g}; there is no bulk to fit", law=law)
    middle, spread = _middle(np.concatenate(trials))
    bulk = [values[np.abs(values - middle) <= _FAR * spread] for values in trials]
    left_out: list[float] = []
    beta = symmetry_index(eigenvalues, beta)
    model = _Model(law, beta)
    theta: Array | None = None
    hull = (float(min(map(np.min, bulk))), float(max(map(np.max, bulk))))
    for number in range(_ROUNDS):
        theta = model.estimate(bulk, hull, theta)
        spectrum = Spectrum(model.at(theta))
        edges = [edge_test(spectrum.measure, values, beta, _LEVEL) for values in trials]
        found = sorted(o.value for edge in edges for o in edge.components)
        if found == left_out and number > 1:
            break
        left_out, hull = found, spectrum.support()
        bulk = [values[~np.isin(values, found)] for values in trials]
        if not all(map(len, bulk)):
            raise _unexplained(spectrum, trials, bulk)
    assert theta is not None
    moved = len(left_out) / len(trials)
    residuals, jacobian = (f(bulk, hull, theta, moved) for f in (model.residuals_at, model.jacobian))
    sizes = np.linalg.norm(jacobian, axis=0)  # parameters in their own units, so that no scale is lost
    if unseen := [name for name, size in zip(names, sizes, strict=True) if not 0 < size < np.inf]:
        raise PrecisionError(
            f"the eigenvalues do not tell {', '.join(unseen)} near the best fit; hold it at a value",
            law=model.at(theta),
        )
    with np.errstate(all="ignore"):
        errors = np.sqrt(np.diag(np.linalg.pinv((jacobian / sizes).T @ (jacobian / sizes)))) / sizes
    _require_sense(spectrum, trials, bulk, errors)
    z = _quantile(confidence)
    return FitRecord(
        model.at(theta),
        dict(zip(names, theta.tolist(), strict=True)),
        dict(zip(names, errors.tolist(), strict=True)),
        {name: (float(t - z * e), float(t + z * e)) for name, t, e in zip(names, theta, errors, strict=True)},
        confidence,
        tuple(left_out),
        (float(np.sum(residuals**2)), _STATISTICS - len(names)),
        law,
        trials,
        heavy_tails(eigenvalues, singular),
    )


def _require_sense(spectrum: Spectrum, trials: Sequence[Array], bulk: Sequence[Array], errors: Array) -> None:
    """Raise `PrecisionError` for what is no fit, but a minimum far from the data, or of hardly any of them."""
    share = sum(map(len, bulk)) / sum(map(len, trials))
    if share < _LEAST_SHARE or not np.all(np.isfinite(errors) & (errors > 0)):
        raise _unexplained(spectrum, trials, bulk)
    distance = kolmogorov_distance(spectrum, np.concatenate(bulk)).value
    if distance > _FARTHEST:
        reason = f"the distribution functions of the best fit and of the eigenvalues differ by {distance:.2g}"
        raise PrecisionError(f"no parameters of the law explain the eigenvalues: {reason}", law=spectrum.law)


def _unexplained(spectrum: Spectrum, trials: Sequence[Array], bulk: Sequence[Array]) -> PrecisionError:
    out = 1 - sum(map(len, bulk)) / sum(map(len, trials))
    means = f"their mean is {np.mean(np.concatenate(trials)):.6g}, that of the best fit {spectrum.mean():.6g}"
    reason = f"{means}, which leaves out {out:.0%} of them; is a scale or a shift missing?"
    return PrecisionError(f"no parameters of the law explain the eigenvalues: {reason}", law=spectrum.law)


class _Model:
    """The means of the linear statistics as functions of the parameters."""

    def __init__(self, law: Law, beta: int) -> None:
        self._law = law
        self._beta = beta
        self._symbols = law.parameters
        moments = [sympy.Integer(1), *law.moments(_STATISTICS)]
        self._moments = sympy.lambdify(self._symbols, moments, "numpy")
        self._positive = np.array([bool(s.is_positive) for s in self._symbols])
        self._deviations = np.sqrt(np.arange(1, _STATISTICS + 1) / (2 * beta))
        self._means = np.array([(2 / beta - 1) / 2 * (k % 2 == 0) for k in range(1, _STATISTICS + 1)])

    def at(self, theta: Array) -> Law:
        """The law at numbers."""
        return self._law.at(**{s.name: float(t) for s, t in zip(self._symbols, theta, strict=True)})

    def residuals_at(self, bulk: Sequence[Array], hull: tuple[float, float], theta: Array, moved: float) -> Array:
        """The residuals of parameters."""
        return self.residuals(bulk, hull, moved)(theta)

    def residuals(
        self, bulk: Sequence[Array], hull: tuple[float, float], moved: float = 0.0
    ) -> Callable[[Array], Array]:
        """theta -> (S_k - mean)/deviation, for the mean over the matrices; ``moved`` adds to the deviation."""
        half, centre = (hull[1] - hull[0]) / 2, (hull[1] + hull[0]) / 2
        sums = np.mean([_chebyshev((values - centre) / half) for values in bulk], axis=0)
        size = float(np.mean([len(values) for values in bulk]))
        weight = 1 / np.sqrt(self._deviations**2 / len(bulk) + moved**2)

        def function(theta: Array) -> Array:
            moments = np.array([float(m) for m in self._moments(*theta)])
            return np.asarray((sums - size * _expected(moments, centre, half) - self._means) * weight)

        return function

    def jacobian(self, bulk: Sequence[Array], hull: tuple[float, float], theta: Array, moved: float) -> Array:
        """Derivatives of the residuals, by central differences of functions that are polynomials in the moments."""
        function, columns = self.residuals(bulk, hull, moved), []
        for k in range(len(theta)):
            step = np.zeros(len(theta))
            step[k] = 1e-5 * (theta[k] if self._positive[k] else max(abs(theta[k]), 1e-3 * min(1.0, hull[1] - hull[0])))
            columns.append((function(theta + step) - function(theta - step)) / (2 * step[k]))
        return np.array(columns).T

    def estimate(self, bulk: Sequence[Array], hull: tuple[float, float], start: Array | None) -> Array:
        """The minimum, from a start or from the best of a grid; positive parameters by their logarithm."""
        from scipy.optimize import least_squares

        function = self.residuals(bulk, hull)

        def inner(x: Array) -> Array:
            with np.errstate(all="ignore"):
                values = function(self._outer(x))
            return np.where(np.isfinite(values), np.clip(values, -1e8, 1e8), 1e8)

        if start is None:
            count = len(self._symbols)
            scale = float(np.mean(np.abs(np.concatenate(bulk))))
            starts = (*_STARTS, math.sqrt(scale), scale, scale**2) if count < 4 else (0.5, 2.0)  # numbers and units
            grid = np.array(np.meshgrid(*[starts] * count)).reshape(count, -1).T
            ranked = sorted(grid, key=lambda g: float(np.sum(inner(self._inner(g)) ** 2)))[:4]
        else:
            ranked = [start]
        solved = [least_squares(inner, self._inner(g), x_scale="jac", max_nfev=400) for g in ranked]
        for best in sorted(solved, key=lambda s: float(s.cost)):
            theta = self._outer(best.x)
            try:
                self.at(theta)
            except ResolventError:
                continue
            return theta
        raise PrecisionError("no parameters of the law explain the eigenvalues", law=self._law)

    def _inner(self, theta: Array) -> Array:
        return np.where(self._positive, np.log(np.where(self._positive, theta, 1.0)), theta)

    def _outer(self, x: Array) -> Array:
        return np.where(self._positive, np.exp(np.where(self._positive, np.clip(x, -30, 30), 0.0)), x)


def _chebyshev(t: Array) -> Array:
    """The sums of T_1, ..., T_6."""
    return np.asarray(np.sum(np.polynomial.chebyshev.chebvander(t, _STATISTICS), axis=0)[1:])


def _expected(moments: Array, centre: float, half: float) -> Array:
    """E T_k((x - centre)/half) from the moments of x."""
    shifted = np.array(
        [
            sum(math.comb(k, j) * moments[j] * (-centre) ** (k - j) for j in range(k + 1)) / half**k
            for k in range(_STATISTICS + 1)
        ]
    )
    unit = np.eye(_STATISTICS + 1)
    return np.array(
        [
            float(np.polynomial.chebyshev.cheb2poly(unit[k][: k + 1]) @ shifted[: k + 1])
            for k in range(1, _STATISTICS + 1)
        ]
    )


def _middle(values: Array) -> tuple[float, float]:
    low, middle, high = np.quantile(values, [0.25, 0.5, 0.75])
    spread = float(high - low) or float(np.ptp(values)) or 1.0
    return float(middle), spread


def _quantile(confidence: float) -> float:
    from scipy.stats import norm

    return float(norm.isf((1 - confidence) / 2))
