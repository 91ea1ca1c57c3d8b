"""Laws made of numbers: data, densities, distributions, and mixtures of laws."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import sympy
from numpy.typing import ArrayLike

from resolvent.derive.border import checked
from resolvent.derive.errors import ParameterError
from resolvent.derive.laws.record import Law
from resolvent.numeric.measures.atomic_measure import AtomicMeasure
from resolvent.numeric.measures.density_measure import measure_of_density, measure_of_distribution
from resolvent.numeric.measures.numeric_law import NumericLaw, law_of_atoms, mixed
from resolvent.numeric.measures.parameter_mixture import mixture_over
from resolvent.numeric.measures.transport import affine
from resolvent.numeric.spectrum.measure import Measure, measure_of
from resolvent.numeric.spectrum.numbers import real_number, real_values

_WEIGHTS = 1e-9
_MOST = 2_000_000
_FAR = 100.0  # scales of a distribution: farther from 0, roundings of x blur its tails


@checked
def empirical(values: ArrayLike, weights: ArrayLike | None = None) -> NumericLaw:
    """The law of given points, equally weighted unless weights are given: eigenvalues, a population.

    Operations take points within 1e-14 of each other for one, and those below 1e-13 of the largest for 0, as the
    eigenvalues of a singular matrix are.

    >>> [round(float(m), 12) for m in empirical([1, 2], [0.25, 0.75]).moments(2)]
    [1.75, 3.25]

    Raises `ParameterError` for values that are not finite real numbers, for weights that are negative or do not add
    up to 1, and for more than two million points.
    """
    points = real_values(values, "values")
    if len(points) > _MOST:
        raise ParameterError(f"{len(points)} points are more than {_MOST}; take quantiles of them", count=len(points))
    if weights is None:
        shares = np.full(len(points), 1 / len(points))
    else:
        shares = real_values(weights, "weights")
        if len(shares) != len(points):
            raise ParameterError(f"there are {len(points)} values and {len(shares)} weights", values=values)
        if np.any(shares < 0) or abs(np.sum(shares) - 1) > _WEIGHTS:
            raise ParameterError(
                f"weights are not negative and add up to 1; these add up to {np.sum(shares):.10g}. Divide them by "
                "their sum",
                weights=weights,
            )
    kept = shares > 0
    measure = AtomicMeasure(points[kept], shares[kept] / np.sum(shares))
    return law_of_atoms(measure, f"empirical({len(points)} points)")


@checked
def law_of_density(
    function: Callable[[Any], Any], interval: tuple[float, float], breaks: Iterable[float] = ()
) -> NumericLaw:
    """The law with a density on an interval; it is analytic but at the ends and at ``breaks``.

    >>> [round(float(m), 12) for m in law_of_density(lambda x: 3 * x**2, (0, 1)).moments(2)]
    [0.75, 0.6]

    Raises `ParameterError` for an interval that is not finite, a density that is negative or not finite, or one of
    another integral than 1; `NotCertified` if it is not resolved.
    """
    ends, places = tuple(interval), tuple(breaks)
    measure = measure_of_density(function, ends, places)
    low, high = map(float, ends)
    key = ("density", function, (low, high), tuple(map(real_number, places)))
    return NumericLaw(f"law_of_density(..., ({low:g}, {high:g}))", lambda: measure, key)


@checked
def law_of_distribution(distribution: Any) -> NumericLaw:
    """The law of a frozen SciPy distribution, continuous or discrete.

    A distribution without ends is cut off where 1e-17 of the probability lies beyond, and counts as that.

    >>> from scipy import stats
    >>> [round(float(m), 12) for m in law_of_distribution(stats.uniform(1, 3)).moments(2)]
    [2.5, 7.0]

    Raises `ParameterError` for anything else, `NotCertified` if the density is not resolved.
    """
    measure = _measure_of(distribution)
    return NumericLaw(f"law_of_distribution({measure.subject})", lambda: measure, _made_of(distribution))


@checked
def mixture(
    laws: Sequence[Law] | Law, weights: Sequence[Any] | str | sympy.Symbol, distribution: Any = None
) -> NumericLaw:
    r"""The mixture of some laws with weights, as of diag(A, B, ...); or of a law's instances over its parameter.

    ``mixture(law, parameter, distribution)`` is E law(s), s distributed as a frozen distribution of SciPy, or as a law,
    says: the expected spectral distribution where the parameter is random, or varies slowly along the matrix.

    >>> import numpy as np
    >>> from resolvent.derive.laws.elementary import semicircle
    >>> [round(float(m), 12) + 0 for m in mixture([semicircle(1), semicircle(4)], [0.5, 0.5]).moments(2)]
    [0.0, 2.5]
    >>> from scipy import stats
    >>> v = sympy.Symbol("v", positive=True)
    >>> law = mixture(semicircle(v), "v", stats.uniform(1, 3))  # variances between 1 and 4
    >>> [round(float(m), 12) + 0 for m in law.moments(4)]  # 0, E v, 0, 2 E v^2
    [0.0, 2.5, 0.0, 14.0]

    Raises `ParameterError` unless there is a weight for each law and they add up to 1; for a law without that
    parameter, or with others; and where the distribution leaves the parameter's domain. `NotCertified` (when it is
    computed) where the laws do not depend on the parameter piecewise as a series does, as where an edge runs into a
    hard one, or the density is not resolved, as next to a logarithmic pole.
    """
    if isinstance(laws, Law):
        return _mixture_over(laws, weights, distribution)
    if distribution is not None or isinstance(weights, (str, sympy.Symbol)):
        raise ParameterError("mixture(laws, weights) needs a list of laws and one of weights; a mixture over a "
                             "parameter is mixture(law, parameter, distribution)", laws=laws)  # fmt: skip
    shares = [real_number(w) for w in weights]
    if len(shares) != len(laws) or abs(sum(shares) - 1) > _WEIGHTS or min(shares) < 0:
        raise ParameterError(f"a mixture needs a weight for each law, adding up to 1; got {list(weights)}")
    return mixed(laws, shares)


def _mixture_over(law: Law, parameter: Any, distribution: Any) -> NumericLaw:
    symbol = next((s for s in law.parameters if parameter in (s, s.name)), None)
    if symbol is None or len(law.parameters) > 1:
        names = ", ".join(s.name for s in law.parameters) or "none"
        raise ParameterError(
            f"a mixture over {parameter} needs a law with that parameter and no other; {law.text} has {names}", law=law
        )
    key: Any
    if isinstance(distribution, Law):
        name, weight, key = distribution.text, measure_of(distribution), distribution
    elif distribution is None:
        raise ParameterError(f"say how {symbol.name} is distributed, such as scipy.stats.uniform(1, 3)", law=law)
    else:
        weight, key = _measure_of(distribution), _made_of(distribution)
        name = weight.subject
    text = f"E[{law.text}], {symbol.name} ~ {name}"
    made = ("mixture over", law, symbol, key)
    return NumericLaw(text, lambda: mixture_over(lambda s: law.at({symbol: s}), weight, text), made)


def _measure_of(distribution: Any) -> Measure:
    """The measure of a frozen distribution; one far from 0 is resolved at 0, where x - loc keeps its digits."""
    family: Any = getattr(distribution, "dist", None)
    if hasattr(family, "pdf") and hasattr(family, "numargs"):
        shapes, given = distribution.args[: family.numargs], dict(distribution.kwds)
        moves = dict(zip(("loc", "scale"), distribution.args[family.numargs :], strict=False))
        offset, factor = (float({**moves, **given}.get(name, k)) for k, name in enumerate(("loc", "scale")))
        if abs(offset) > _FAR * factor > 0:
            given = {name: value for name, value in given.items() if name not in ("loc", "scale")}
            return affine(measure_of_distribution(family(*shapes, **given)), factor, offset)
    return measure_of_distribution(distribution)


def _made_of(distribution: Any) -> tuple[Any, ...]:
    """What two equal frozen distributions have in common."""
    family = getattr(distribution, "dist", None)
    if family is None:
        return "distribution", distribution
    return "distribution", family.name, tuple(distribution.args), tuple(sorted(distribution.kwds.items()))
