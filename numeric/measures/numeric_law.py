"""`NumericLaw`: a law known by numbers, with the operators and methods of other laws."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import sympy
from numpy.typing import ArrayLike

from resolvent.derive.border import checked
from resolvent.derive.derivation.document import Formula
from resolvent.derive.derivation.step import Rule, Step
from resolvent.derive.errors import DerivationError, ParameterError
from resolvent.derive.exact.precision import cached_property
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.arguments import check_count
from resolvent.derive.laws.record import Images, Law, Recipe, by_name
from resolvent.derive.laws.statement import Statement
from resolvent.numeric.measures import transport
from resolvent.numeric.measures.atomic_measure import AtomicMeasure
from resolvent.numeric.measures.density_measure import measure_of_density, measure_of_distribution
from resolvent.numeric.measures.explicit_transforms import product_map, sum_map
from resolvent.numeric.measures.free_maps import (
    Compression,
    FreeMap,
    InformationPlusNoise,
    ProductWithTransform,
    Transform,
)
from resolvent.numeric.measures.free_pairs import FreePair
from resolvent.numeric.measures.numeric_measure import measure_of_operation
from resolvent.numeric.spectrum.measure import Measure, measure_of

_NUMBERS = Rule("numbers", "a measure that is known by numbers", "", "")
_WEIGHTS = 1e-9
_MOST = 2_000_000


@checked
class NumericLaw(Law):
    """A law whose measure is known by numbers: data, a density, or the result of an operation on such laws.

    It has the operators of an `AlgebraicLaw`, mixes with those, and makes a `Spectrum`; its moments are floats. The
    evidence is `numeric`: the error of a spectrum is what its certificate says.

    >>> from resolvent.numeric.spectrum.spectrum import Spectrum
    >>> law = empirical([1.0, 3.0]).sample_covariance("1/2")
    >>> rho = Spectrum(law)
    >>> [round(end, 10) for end in rho.support()], rho.certificate.worst < 1e-12, law.evidence.value
    ([0.1180959174, 7.0712721624], True, 'numeric')
    """

    kind = "law known by numbers"

    def __init__(
        self, text: str, build: Callable[[], Measure], uses: Iterable[Law] = (), conclusion: Step | None = None
    ) -> None:
        self.text = text
        self._build = build
        self.conclusion = conclusion or Step(_NUMBERS, text, kind="numeric", uses=tuple(law.conclusion for law in uses))

    @cached_property
    def _measure(self) -> Measure:
        found = self._build()
        found.law = self
        return found

    def measure(self) -> Measure:
        """The measure, computed when it is first asked for.

        Raises `NotCertified` or `PrecisionError` if an operation was not computed with its accuracy.
        """
        return self._measure

    def concluded(self, conclusion: Step, recipe: Recipe) -> NumericLaw:
        """The law with another last step; nothing of it changes with parameters, so it needs no recipe."""
        found = NumericLaw(self.text, self.measure)
        found.conclusion = conclusion
        return found

    def __reduce__(self) -> Any:
        return _restored, (self.text, self._measure, self.conclusion)

    def __deepcopy__(self, memo: Any) -> NumericLaw:
        return self  # nothing of it changes

    @property
    def parameters(self) -> tuple[sympy.Symbol, ...]:
        """There are none."""
        return ()

    def at(self, values: Images = None, /, **named: Any) -> NumericLaw:
        """The law itself.

        Raises `ParameterError` if a parameter is named.
        """
        for name in by_name(values, named):
            raise ParameterError(f"{self.text} has no parameter {name!r}; it is made of numbers", law=self)
        return self

    def moments(self, n: int, *, limit: int | None = Law.most_moments) -> list[sympy.Expr]:
        """The moments [m_1, ..., m_n], as floats, by quadrature; more than the limit need a higher one, or None."""
        check_count(n, limit)
        order = np.arange(1, n + 1)[:, None]
        return [sympy.Float(float(m)) for m in self._measure.integral(lambda x: np.asarray(x) ** order, 64 + n)]

    def free_cumulants(self, n: int, *, limit: int | None = Law.most_moments) -> list[sympy.Expr]:
        """The free cumulants [kappa_1, ..., kappa_n], as floats, from the moments."""
        moments = np.array([1.0, *map(float, self.moments(n, limit=limit))])
        cumulants = np.zeros(n + 1)
        for k in range(1, n + 1):  # M(w) = 1 + sum kappa_j (w M(w))^j
            power = np.ones(1)
            known = 0.0
            for j in range(1, k):
                power = np.convolve(power, moments)[: k + 1]
                known += cumulants[j] * power[k - j]
            cumulants[k] = moments[k] - known
        return [sympy.Float(float(value)) for value in cumulants[1:]]

    def statement(self, convention: str = "stieltjes") -> Statement:
        """What is known: how it was made; there is no equation."""
        words = self.text.replace("_", " ")
        return Statement(
            "numbers:",
            Formula(lambda: [rf"\text{{{words}}}"], lambda: [self.text]),
            lambda: rf"\text{{{words}}}",
            lambda: {"numbers": self.text},
        )

    def same_as(self, other: Any) -> bool:
        """Whether both are the same object, or the same points with the same weights."""
        if self is other:
            return True
        both = isinstance(other, NumericLaw) and "points" in self.text and self.text == other.text
        return bool(both and self._measure == other.measure())

    __hash__ = Law.__hash__

    # -- operations ----------------------------------------------------------------------------------------

    def __add__(self, other: Any) -> NumericLaw:
        if isinstance(other, Law):
            return _summed(self, other)
        return self._moved(1.0, real_number(other))

    __radd__ = __add__

    def __neg__(self) -> NumericLaw:
        return self._moved(-1.0, 0.0)

    def __sub__(self, other: Any) -> NumericLaw:
        return self + (-other)

    def __rsub__(self, other: Any) -> NumericLaw:
        return (-self) + other

    def __mul__(self, other: Any) -> NumericLaw:
        if isinstance(other, Law):
            raise ParameterError("A * B is ambiguous for laws; write A @ B for the free product", laws=(self, other))
        return self._moved(real_number(other), 0.0)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> NumericLaw:
        divisor = real_number(other)
        if divisor == 0:
            raise ParameterError("a law cannot be divided by zero", law=self)
        return self * (1 / divisor)

    def __matmul__(self, other: Any) -> NumericLaw:
        if not isinstance(other, Law):
            raise ParameterError("A @ B needs two laws; write a * A to scale by a number", law=self, other=other)
        return _multiplied(self, other)

    __rmatmul__ = __matmul__

    def __pow__(self, exponent: int) -> NumericLaw:
        if isinstance(exponent, bool) or not isinstance(exponent, int) or exponent == 0:
            raise ParameterError(f"the exponent must be an integer other than 0; got {exponent!r}", exponent=exponent)
        return NumericLaw(f"({self.text})**{exponent}", lambda: transport.power(self._measure, exponent), (self,))

    def inverse(self) -> NumericLaw:
        """The law of A^-1.

        Raises `DerivationError` (when it is computed) if 0 lies in the support.
        """
        return self**-1

    def free_power(self, t: Any) -> NumericLaw:
        """The free convolution power, t >= 1.

        >>> law = empirical([-1.0, 1.0]).free_power(2)  # the arcsine law on [-2, 2]
        >>> [round(float(m), 10) + 0 for m in law.moments(4)]
        [0.0, 2.0, 0.0, 6.0]

        Raises `ParameterError` for t < 1.
        """
        power = real_number(t)
        if power < 1:
            raise ParameterError(f"a free power of a law known by numbers needs t >= 1; got {t}", t=t)
        if power == 1:
            return self
        return self._operated(lambda a: Compression(a, 1 / power), f"({self.text}).free_power({t})")._moved(power, 0.0)

    def compress(self, t: Any) -> NumericLaw:
        """The law of the compression to the fraction t of the dimension.

        Raises `ParameterError` unless 0 < t <= 1.
        """
        share = real_number(t)
        if not 0 < share <= 1:
            raise ParameterError(f"the fraction of a compression lies in (0, 1]; got {t}", t=t)
        return self if share == 1 else self._operated(lambda a: Compression(a, share), f"({self.text}).compress({t})")

    def sample_covariance(self, c: Any) -> NumericLaw:
        """The law of A^(1/2) X X^T A^(1/2)/n, X of size p x n with independent entries of variance 1, p/n -> c.

        Raises `ParameterError` unless c > 0, `DerivationError` if the law has mass below 0.
        """
        ratio = positive_number(c, "c")
        _nonnegative(self)
        return self._operated(
            lambda a: ProductWithTransform(
                a, lambda u: 1 + ratio * u, lambda u: ratio + 0 * u, max(0.0, 1 - 1 / ratio), ratio, "sample covariance"
            ),
            f"({self.text}).sample_covariance({c})",
        )

    def information_plus_noise(self, s: Any, c: Any) -> NumericLaw:
        """(A + sqrt(s) X)(A + sqrt(s) X)^T, A of size p x n, X with entries of variance 1/n; this is A A^T's law.

        Raises `ParameterError` unless s, c > 0, `DerivationError` if the law has mass below 0, or for c > 1 too little
        at 0: A has rank n at most.
        """
        variance, ratio = positive_number(s, "s"), positive_number(c, "c")
        _nonnegative(self)
        at_zero = Transform(self._measure).mass_at(0.0)
        if at_zero < 1 - 1 / ratio - 1e-12:
            raise DerivationError(
                f"for c = {c} the matrix A has more rows than columns, so A A^T has an atom of at least "
                f"{1 - 1 / ratio:.6g} at 0; this law has {at_zero:.6g}",
                law=self,
            )
        return self._operated(
            lambda a: InformationPlusNoise(a, ratio, variance), f"({self.text}).information_plus_noise({s}, {c})"
        )

    def direct_sum(self, other: Law, weight: Any) -> NumericLaw:
        """The law of diag(A, B), A taking the fraction ``weight`` of the dimension.

        Raises `ParameterError` unless the fraction lies between 0 and 1.
        """
        share = real_number(weight)
        if not 0 < share < 1:
            raise ParameterError(f"the fraction of a direct sum lies between 0 and 1; got {weight}", weight=weight)
        return mixture([self, other], [share, 1 - share])

    def _moved(self, factor: float, offset: float) -> NumericLaw:
        if factor == 0:
            return empirical([offset])
        if (factor, offset) == (1.0, 0.0):
            return self
        text = f"{factor:g}*({self.text})" if factor != 1 else self.text
        text = f"{text} + {offset:g}" if offset else text
        return NumericLaw(text, lambda: transport.affine(self._measure, factor, offset), (self,))

    def _operated(self, operation: Callable[[Transform], FreeMap], text: str) -> NumericLaw:
        return NumericLaw(text, lambda: measure_of_operation(operation(Transform(self._measure))), (self,))


@checked
def empirical(values: ArrayLike, weights: ArrayLike | None = None) -> NumericLaw:
    """The law of given points, equally weighted unless weights are given: eigenvalues, a population.

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
    return NumericLaw(f"empirical({len(points)} points)", lambda: measure)


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
    measure = measure_of_density(function, interval, breaks)
    return NumericLaw(f"law_of_density(..., ({interval[0]:g}, {interval[1]:g}))", lambda: measure)


@checked
def law_of_distribution(distribution: Any) -> NumericLaw:
    """The law of a frozen SciPy distribution, continuous or discrete.

    A distribution without ends is cut off where 1e-17 of the probability lies beyond, and counts as that.

    >>> from scipy import stats
    >>> [round(float(m), 12) for m in law_of_distribution(stats.uniform(1, 3)).moments(2)]
    [2.5, 7.0]

    Raises `ParameterError` for anything else, `NotCertified` if the density is not resolved.
    """
    measure = measure_of_distribution(distribution)
    return NumericLaw(f"law_of_distribution({measure.subject})", lambda: measure)


@checked
def mixture(laws: Sequence[Law], weights: Sequence[Any]) -> NumericLaw:
    """The law that is a mixture: E over a finite parameter, or diag(A, B, ...) with fractions of the dimension.

    Raises `ParameterError` unless there is a weight for each law and they add up to 1.
    """
    shares = [real_number(w) for w in weights]
    if len(shares) != len(laws) or abs(sum(shares) - 1) > _WEIGHTS or min(shares) < 0:
        raise ParameterError(f"a mixture needs a weight for each law, adding up to 1; got {list(weights)}")
    text = " + ".join(f"{w:g}*[{law.text}]" for w, law in zip(shares, laws, strict=True))
    return NumericLaw(text, lambda: transport.mixture([measure_of(law) for law in laws], shares), laws)


def real_values(values: ArrayLike, name: str) -> Any:
    """Numbers as a flat array of floats; pandas and xarray objects too.

    Raises `ParameterError` for complex numbers, NaN, infinite ones, or none at all.
    """
    array = np.asarray(values)
    if np.iscomplexobj(array):
        raise ParameterError(f"the {name} must be real; got complex numbers. Of Hermitian matrices take eigvalsh")
    try:
        flat = np.array(array, dtype=float).ravel()
    except (TypeError, ValueError):
        raise ParameterError(f"the {name} must be numbers; got {array.dtype} data") from None
    if not len(flat):
        raise ParameterError(f"there are no {name}")
    bad = np.flatnonzero(~np.isfinite(flat))
    if len(bad):
        raise ParameterError(f"the {name} must be finite; number {bad[0]} is {flat[bad[0]]}", index=int(bad[0]))
    return flat


def _summed(a: NumericLaw, b: Law) -> NumericLaw:
    def build() -> Measure:
        first, second = a.measure(), measure_of(b)
        for own, other in ((first, second), (second, first)):
            if _is_point(other):
                return transport.affine(own, 1.0, float(other.atom_points[0]))
        explicit = sum_map(Transform(first), b) if isinstance(b, AlgebraicLaw) else None
        return measure_of_operation(explicit or FreePair(Transform(first), Transform(second), False))

    return NumericLaw(f"{a.text} + {b.text}", build, (a, b))


def _multiplied(a: NumericLaw, b: Law) -> NumericLaw:
    _nonnegative(a)
    _nonnegative(b)

    def build() -> Measure:
        first, second = a.measure(), measure_of(b)
        for own, other in ((first, second), (second, first)):
            if _is_point(other):
                place = float(other.atom_points[0])
                return transport.affine(own, place, 0.0) if place else AtomicMeasure([0.0], [1.0])
        explicit = product_map(Transform(first), b) if isinstance(b, AlgebraicLaw) else None
        return measure_of_operation(explicit or FreePair(Transform(first), Transform(second), True))

    return NumericLaw(f"({a.text}) @ ({b.text})", build, (a, b))


def _restored(text: str, measure: Measure, conclusion: Step) -> NumericLaw:
    return NumericLaw(text, lambda: measure, conclusion=conclusion)


def _is_point(measure: Measure) -> bool:
    return not measure.intervals and len(measure.atom_points) == 1


def _nonnegative(law: Law) -> None:
    low = measure_of(law).support()[0]
    if low < -1e-12:
        raise DerivationError(f"this needs laws on [0, oo); that of {law.text} reaches down to {low:.6g}", law=law)


def real_number(value: Any) -> float:
    """A scalar argument as a float; raises `ParameterError` for anything else."""
    try:
        found = float(sympy.Rational(value) if isinstance(value, str) else value)
    except (TypeError, ValueError, ZeroDivisionError):
        raise ParameterError(f"a number is needed; got {value!r}", value=value) from None
    if not np.isfinite(found):
        raise ParameterError(f"a finite number is needed; got {value!r}", value=value)
    return found


def positive_number(value: Any, name: str) -> float:
    """A scalar argument as a positive float; raises `ParameterError` for anything else."""
    found = real_number(value)
    if found <= 0:
        raise ParameterError(f"{name} must be positive; got {value}", value=value)
    return found
