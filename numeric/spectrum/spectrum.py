"""`Spectrum`: a law at numeric parameters, with the interface of a frozen SciPy distribution."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from resolvent.derive.border import bounded, checked, shortly
from resolvent.derive.errors import NotCertified, ParameterError
from resolvent.derive.laws.record import Law
from resolvent.derive.presentation import Presented, show
from resolvent.numeric.density.certificate import Certificate
from resolvent.numeric.density.chebyshev_piece import Array
from resolvent.numeric.spectrum import algebraic_measure, arc_measure, dyadic_measure  # noqa: F401 - they register laws
from resolvent.numeric.spectrum.continuous_distribution import continuous_distribution
from resolvent.numeric.spectrum.critical_points import CriticalPoint
from resolvent.numeric.spectrum.density_plot import density_plot
from resolvent.numeric.spectrum.edge_test import EdgeTest, edge_test
from resolvent.numeric.spectrum.enclosures import Enclosure
from resolvent.numeric.spectrum.likeness import like
from resolvent.numeric.spectrum.measure import Measure, PointMass, SupportInterval, elementwise, measure_of
from resolvent.numeric.spectrum.moments import central_moment, moment
from resolvent.numeric.spectrum.outliers import OutlierResult
from resolvent.numeric.spectrum.restricted import expect_between
from resolvent.numeric.spectrum.rigidity import doubts

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SMALL = 1e-3  # levels below which quantiles from above are found by sf: 1 - q has not their digits
_BISECTIONS = 200


@runtime_checkable
class Family(Protocol):
    """What has a law at every choice of its parameters, as ensembles have."""

    def at(self, values: Any = None, /, **named: Any) -> Law:
        """The law at those values."""

    def numbers(self, parameters: Any, /) -> Any:
        """The values of all parameters, defaults included."""


@checked
class Spectrum(Presented):
    """The spectral measure of a law at numeric parameters.

    The support comes from the exact discriminant, the density from the physical branch, continued from infinity
    with proof; construction checks the total mass and the first 12 exact moments to 1e-10 (see `certificate`).
    Densities are accurate to about 1e-13 of their maximum away from edges.

    Args:
        law: a law, or an ensemble of the catalog, whose parameters have their defaults.
        values, parameters: a value for each of its parameters, ``c="1/2"`` or ``{c: "1/2"}``: int, float, Fraction,
            "1/2" or SymPy number. A float stands for the shortest decimal that prints as it.

    Raises `ParameterError` for missing, unknown or inadmissible parameters, `DerivationError` if the branch belongs to
    no probability measure, `NotCertified` if mass or moments are not reproduced.

    >>> from resolvent.derive.laws.elementary import marchenko_pastur
    >>> import sympy
    >>> rho = Spectrum(marchenko_pastur(sympy.Symbol("c", positive=True)), c=4)
    >>> [(round(i.left, 12), round(i.right, 12)) for i in rho.intervals]
    [(1.0, 9.0)]
    >>> rho.atoms
    (PointMass(point=0, weight=3/4),)
    >>> round(float(rho.pdf(3.0)), 12), round(rho.moment(2), 10)
    (0.045944074618, 5.0)

    Source: Bai, Silverstein 2010, Spectral analysis of large dimensional random matrices, appendix B.2, for the density
    from the transform.
    """

    def __init__(self, law: Law | Family, values: Mapping[Any, Any] | None = None, **parameters: Any) -> None:
        given: Any = law
        if not isinstance(given, (Law, Family)):
            text = "; resolvent.parse reads one from text" if isinstance(given, str) else ""
            raise ParameterError(f"a Spectrum needs a law; got {type(law).__name__}{text}", law=law)
        self.measure = measure_of(law.at(**parameters) if values is None else law.at(values, **parameters))

    @classmethod
    def of_measure(cls, measure: Measure) -> Spectrum:
        """The spectrum that holds a given measure, such as a `spectrum.formula_measure.FormulaMeasure`."""
        found = cls.__new__(cls)
        found.measure = measure
        return found

    @property
    def law(self) -> Any:
        """The law at numbers; None where a formula for the density is all that is known."""
        return self.measure.law

    def __repr__(self) -> str:
        return f"Spectrum({self.measure.subject})"

    def __eq__(self, other: object) -> bool:
        """Whether the measures come from the same law."""
        return isinstance(other, Spectrum) and self.measure == other.measure

    def __hash__(self) -> int:
        return hash(self.measure)

    # -- the support ---------------------------------------------------------------------------------------

    @property
    def intervals(self) -> tuple[SupportInterval, ...]:
        """The support of the continuous part, from left to right, with the exponents of the density at the edges."""
        return self.measure.intervals

    @property
    def atoms(self) -> tuple[PointMass, ...]:
        """The atoms, by increasing place."""
        return self.measure.atoms

    @property
    def critical_points(self) -> tuple[CriticalPoint, ...]:
        """The real roots of disc_m(P) lc_m(P) as exact numbers, from left to right, each with what it is.

        >>> from resolvent.derive.laws.elementary import marchenko_pastur
        >>> for point in Spectrum(marchenko_pastur(2)).critical_points:
        ...     print(point.to_sympy(), point.digits(20), point.kind)
        0 0 atom
        3 - 2*sqrt(2) 0.17157287525380990240 left edge
        2*sqrt(2) + 3 5.8284271247461900976 right edge

        Raises `ParameterError` for a law without a polynomial equation.
        """
        return self.measure.critical_points

    @property
    def edges(self) -> tuple[CriticalPoint, ...]:
        """The critical points at which support intervals end, from left to right.

        Raises `ParameterError` for a law without a polynomial equation.
        """
        return tuple(point for point in self.critical_points if point.is_edge)

    def support(self) -> tuple[float, float]:
        """The smallest interval that holds the whole measure, atoms included."""
        return self.measure.support()

    # -- functions -----------------------------------------------------------------------------------------

    def pdf(self, x: ArrayLike, certified: bool = False) -> Array:
        """The density of the continuous part, Im m(x + i0)/pi; NaN at NaN, infinite at an edge where it diverges.

        ``certified`` returns values of `pdf_enclosure` instead, proved to 1e-12 of their size or of one over the
        width of the support.

        Raises `NotCertified` where certified values are asked for and not proved, as at edges, `ParameterError` if they
        are asked for and the law has no polynomial equation.
        """
        if not certified:
            return like(x, elementwise(self.measure.table.pdf, x))
        found, points = self.pdf_enclosure(x), np.asarray(x, dtype=float)
        lower, upper = self.support()
        allowed = 1e-12 * np.maximum(1 / (upper - lower) if upper > lower else 0.0, np.abs(found.value))
        unproved = ~(found.radius <= allowed) & ~np.isnan(points)
        if np.any(unproved):
            places = points[unproved]
            raise NotCertified(f"the density is not proved at x = {places.flat[0]:.17g}", points=places)
        return like(x, found.value)

    def logpdf(self, x: ArrayLike) -> Array:
        """The logarithm of the density; -oo outside the support."""
        return like(x, _logarithm(self.pdf(x)))

    def pdf_enclosure(self, x: ArrayLike) -> Enclosure:
        """The density with proof: ``value`` and ``radius``, in milliseconds a point; see `spectrum.enclosures`.

        Raises `ParameterError` for a law without a polynomial equation.
        """
        return self.measure.pdf_enclosure(x)

    def cdf(self, x: ArrayLike) -> Array:
        """The mass of (-oo, x], atoms included; relatively accurate down to the left end of the support."""
        return like(x, elementwise(self.measure.table.cdf, x))

    def logcdf(self, x: ArrayLike) -> Array:
        """The logarithm of the mass of (-oo, x]."""
        return like(x, _logarithm(self.cdf(x)))

    def sf(self, x: ArrayLike) -> Array:
        """The mass of (x, oo); relatively accurate up to the right end of the support."""
        return like(x, elementwise(self.measure.table.sf, x))

    def logsf(self, x: ArrayLike) -> Array:
        """The logarithm of the mass of (x, oo)."""
        return like(x, _logarithm(self.sf(x)))

    def ppf(self, q: ArrayLike) -> Array:
        """The smallest x with cdf(x) >= q; NaN outside [0, 1]."""
        levels = np.asarray(q, dtype=float)
        flat = levels.ravel()
        lower, upper = self.support()
        inside = (flat > 0) & (flat < 1)
        if np.all(inside):
            return like(q, self.measure.table.ppf(flat).reshape(levels.shape))
        result = np.select([flat == 0, flat == 1], [lower, upper], np.nan)
        result[inside] = self.measure.table.ppf(flat[inside])
        return like(q, result.reshape(levels.shape))

    def isf(self, q: ArrayLike) -> Array:
        """The smallest x with sf(x) <= q, for small q by sf itself, which keeps its digits; NaN outside [0, 1].

        >>> from resolvent.derive.laws.elementary import semicircle
        >>> x = Spectrum(semicircle()).isf(1e-15)  # where (2 - x)^(3/2) 2/(3 pi) is so small
        >>> f"{2 - float(x):.4g}", f"{(1.5e-15 * np.pi) ** (2 / 3):.4g}"
        ('2.811e-10', '2.811e-10')
        """
        levels = np.asarray(q, dtype=float)
        found = np.array(self.ppf(1 - levels))
        small = (levels > 0) & (levels < _SMALL)
        if np.any(small):
            found[small] = self._upper_quantiles(levels[small])
        return like(q, found)

    def _upper_quantiles(self, levels: Array) -> Array:
        """The smallest x with sf(x) <= q, by bisection."""
        low, high = (np.full(len(levels), end) for end in self.support())
        low = np.nextafter(low, -np.inf)
        for _ in range(_BISECTIONS):
            middle = low + (high - low) / 2
            inside = (low < middle) & (middle < high)
            if not np.any(inside):
                break
            beyond = self.measure.table.sf(middle) <= levels
            high, low = np.where(inside & beyond, middle, high), np.where(inside & ~beyond, middle, low)
        return high

    def rvs(self, size: int | tuple[int, ...] | None = None, random_state: Any = None, *, rng: Any = None) -> Array:
        """Independent random numbers with this law, by inversion of the cdf; one number if no size is given.

        ``random_state``, or ``rng``, is a seed, a `numpy.random.Generator` or a `RandomState`.

        Raises `ParameterError` for an impossible size or seed.
        """
        if rng is not None and random_state is not None:
            raise ParameterError("rng is another name of random_state: give one of them")
        try:
            uniform = np.random.default_rng(random_state if rng is None else rng).random(size)
        except (TypeError, ValueError) as error:
            raise ParameterError(f"size {shortly(size)}, random_state {shortly(random_state)}: {error}") from None
        return self.ppf(uniform)

    def stieltjes(self, z: ArrayLike, derivative: int = 0, certified: bool = False) -> NDArray[np.complex128]:
        """m(z) = int rho(dx)/(x - z), or its derivative m'(z), anywhere; see `spectrum.stieltjes_values`.

        Real points inside the support get the limit from above; below the real axis m(conj z) = conj m(z).
        Edges and atoms, where the limit does not exist, give NaN. ``certified`` continues the branch with proof at
        every point, which takes milliseconds each.

        Raises `ParameterError` for a derivative other than 0 and 1, or if the law has no polynomial equation and a
        derivative or certified values are asked for.
        """
        if derivative or certified:
            return like(z, self.measure.certified_stieltjes(z, derivative, certified))
        return like(z, self.measure.stieltjes(z))

    def hilbert(self, x: ArrayLike) -> Array:
        """H(x) = (1/pi) p.v. int rho(dy)/(x - y) = -Re m(x + i0)/pi; atoms are poles, with NaN at the atom.

        Raises `ParameterError` for complex points.
        """
        return like(x, self.measure.hilbert(x))

    def log_potential(self, z: ArrayLike) -> Array:
        """U(z) = int log|z - x| rho(dx) at real or complex z, on the support too; -oo at an atom.

        Raises `ParameterError` for a law without a polynomial equation.
        """
        return like(z, self.measure.log_potential(z))

    # -- integrals -----------------------------------------------------------------------------------------

    def expect(
        self,
        func: Callable[[Array], ArrayLike] | None = None,
        tolerance: float | None = None,
        points: Iterable[float] = (),
        *,
        lb: float | None = None,
        ub: float | None = None,
        conditional: bool = False,
        function: Callable[[Array], ArrayLike] | None = None,
    ) -> Any:
        """The integral of a function of an array of points, singular ones included; see `linear_statistics.expect`.

        ``points`` names where the function is singular, has a kink or jumps, apart from edges, atoms and 0, and where
        it has features narrower than a two-thousandth of the support. ``tolerance`` is the error allowed, relative to
        the integral, or if that is larger to the smaller one of 1 and the function's largest value: 1e-11, or 1e-9
        where a formula for the density is all that is known. As SciPy's it is taken over [lb, ub], the atoms at both
        ends included, and ``conditional`` divides it by the mass there; the function is x if none is given, as ``func``
        or ``function``.

        >>> from resolvent.derive.laws.elementary import semicircle
        >>> rho = Spectrum(semicircle())
        >>> round(rho.expect(lb=0), 12), round(rho.expect(lb=0, conditional=True), 12)  # 4/(3 pi), 8/(3 pi)
        (0.424413181578, 0.848826363157)

        Raises `PrecisionError` if the tolerance is not reached, `ParameterError` for a function that is not defined at
        an atom or returns another shape, for bounds that do not increase, and where no mass lies between them.
        """
        ends = -math.inf if lb is None else lb, math.inf if ub is None else ub
        given = next((f for f in (func, function) if f is not None), np.asarray)
        return expect_between(self.measure, given, ends, conditional, tolerance, points)

    def entropy(self) -> float:
        """The differential entropy -int rho log rho dx; -oo if there is an atom."""
        return self.measure.entropy()

    def log_energy(self) -> float:
        """The integral of log|x - y| rho(dx) rho(dy); -oo if there is an atom.

        Raises `ParameterError` for a law without a polynomial equation.
        """
        return self.measure.log_energy()

    def free_entropy(self) -> float:
        """Voiculescu's chi = `log_energy` + 3/4 + log(2 pi)/2; among laws of variance 1 the semicircle has the largest.

        >>> from resolvent.derive.laws.elementary import semicircle
        >>> round(Spectrum(semicircle()).free_entropy(), 12) == round(math.log(2 * math.pi * math.e) / 2, 12)
        True

        Raises `ParameterError` for a law without a polynomial equation.

        Source: Voiculescu 1993, The analogues of entropy and of Fisher's information measure in free probability I.
        """
        return self.log_energy() + 0.75 + math.log(2 * math.pi) / 2

    @bounded(order=range(-1000, 1001))
    def moment(self, order: int) -> float:
        """The moment of an order, by quadrature; it may be a negative integer where 0 lies outside the support.

        Raises `ParameterError` for other orders.
        """
        return moment(self.measure, order)

    def mean(self) -> float:
        """The mean."""
        return self.moment(1)

    def var(self) -> float:
        """The variance."""
        return central_moment(self.measure, 2)

    def std(self) -> float:
        """The standard deviation."""
        return math.sqrt(self.var())

    def median(self) -> float:
        """The smallest point with half of the mass up to it."""
        return float(self.ppf(0.5))

    def distribution(self) -> Any:
        """The law as a `scipy.stats.rv_continuous`, for what asks for its class, such as `scipy.stats.goodness_of_fit`.

        >>> from resolvent.derive.laws.elementary import semicircle
        >>> wigner = Spectrum(semicircle()).distribution()
        >>> round(float(wigner.cdf(1.0, loc=1, scale=3)), 12), round(float(wigner.std()), 12)
        (0.5, 1.0)

        Raises `ParameterError` for a law with atoms.
        """
        return continuous_distribution(self.measure)

    def interval(self, confidence: float = 0.95) -> tuple[float, float]:
        """The ends of the interval that holds the given mass and leaves as much on either side.

        Raises `ParameterError` for a mass outside [0, 1].
        """
        if not 0 <= confidence <= 1:
            raise ParameterError(f"the mass of an interval lies between 0 and 1; got {confidence!r}", mass=confidence)
        low, high = self.ppf([(1 - confidence) / 2, (1 + confidence) / 2])
        return float(low), float(high)

    def stats(self, moments: str = "mv") -> tuple[float, ...]:
        """Mean (m), variance (v), skewness (s) and excess kurtosis (k), those whose letters are given, in that order.

        >>> from resolvent.derive.laws.elementary import semicircle
        >>> [round(value, 12) + 0 for value in Spectrum(semicircle()).stats("mvsk")]
        [0.0, 1.0, 0.0, -1.0]

        Raises `ParameterError` for another letter.
        """
        if not set(moments) <= set("mvsk"):
            raise ParameterError(f"the statistics are m, v, s and k; got {moments!r}", moments=moments)
        values = {
            "m": self.mean,
            "v": self.var,
            "s": lambda: central_moment(self.measure, 3) / self.std() ** 3,
            "k": lambda: central_moment(self.measure, 4) / self.var() ** 2 - 3,
        }
        return tuple(values[letter]() for letter in "mvsk" if letter in moments)

    # -- outliers ------------------------------------------------------------------------------------------

    def outliers(self, strength: Any, kind: str = "additive", ratio: Any = None) -> tuple[OutlierResult, ...]:
        """Outliers of A + theta u u^T, (I + theta u u^T)^(1/2) A (same) or X + theta u v^T; see `spectrum.outliers`.

        ``strength`` is theta or a sequence of them, ``kind`` "additive", "multiplicative" or "rectangular" (this is
        then the law of X X^T, and ``ratio`` is p/n). Each strength has a result with ``location`` (None below the
        ``threshold``) and ``overlap``; ``outliers`` lists those in gaps between bulks as well.

        >>> from resolvent.derive.laws.elementary import marchenko_pastur
        >>> (spike,) = Spectrum(marchenko_pastur("1/4")).outliers(1, kind="multiplicative")
        >>> spike.threshold, round(spike.location, 12), round(spike.overlap, 12)
        (0.5, 2.5, 0.6)

        Raises `ParameterError` for a strength, kind or ratio outside its domain, for a law without a
        polynomial equation, `DerivationError` if the kind needs a law on [0, oo).
        """
        return self.measure.outliers(strength, kind, ratio)

    def edge_test(self, values: ArrayLike, beta: int = 1, level: float = 0.05, size: int | None = None) -> EdgeTest:
        """Which eigenvalues of one matrix stick out of the support, by Tracy-Widom; see `spectrum.edge_test`.

        Args:
            values: the eigenvalues, or the outermost ones if ``size`` says how many there are in all.
            beta: 1 for real matrices, 2 for complex ones, 4 for quaternions.
            level: the probability that noise alone gives one component or more.
            size: how many eigenvalues the matrix has.

        >>> from resolvent.derive.laws.elementary import semicircle
        >>> found = Spectrum(semicircle()).edge_test([1.9, 2.01, 2.3], size=500)
        >>> [round(o.p_value, 3) for o in found.outside], found.count
        ([0.08, 0.0], 1)
        >>> Spectrum(semicircle()).edge_test([-1.0, 1.0] * 30).doubts  # no law of this kind
        ('the distribution functions differ by 0.3045 at 1; rigid eigenvalues stay below 0.203',)

        Raises `ParameterError` for values that are masked, not finite or no array of one dimension, another beta, a
        level outside (0, 1), or a size below the number of values.
        """
        found = edge_test(self.measure, values, beta, level, size)
        return replace(found, doubts=doubts(self, values, found))

    # -- trust and pictures --------------------------------------------------------------------------------

    @property
    def certificate(self) -> Certificate:
        """The total mass and the first exact moments against the quadrature of the density."""
        return self.measure.certificate

    def plot(self, ax: Axes | None = None, **style: Any) -> Axes:
        """Draw the density, with edges and atoms; returns the matplotlib axes.

        Axes of its own have the law as their title, while no other is drawn on them and the line has no ``label``.
        """
        if ax is None and "label" not in style:
            return density_plot(self, title=show("title", self), **style)
        return density_plot(self, ax, **style)


def _logarithm(values: Array) -> Array:
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(values))
