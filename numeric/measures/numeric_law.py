"""`NumericLaw`: a law known by numbers, with the operators and methods of other laws."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import sympy

from resolvent.derive.border import checked
from resolvent.derive.derivation.document import Formula
from resolvent.derive.derivation.step import Rule, Step
from resolvent.derive.errors import DerivationError, ParameterError
from resolvent.derive.exact.precision import cached_property
from resolvent.derive.laws.arguments import check_count
from resolvent.derive.laws.elementary import marchenko_pastur
from resolvent.derive.laws.record import Images, Law, Recipe, by_name
from resolvent.derive.laws.statement import Statement
from resolvent.numeric.measures import transport
from resolvent.numeric.measures.atomic_measure import AtomicMeasure
from resolvent.numeric.measures.free_maps import (
    Compression,
    FreeMap,
    ProductWithTransform,
    Transform,
)
from resolvent.numeric.measures.free_operations import (
    doubly_correlated_of,
    information_plus_noise_of,
    is_point,
    multiplicative_power_of,
    product_of,
    rectangular_sum_of,
    sum_of,
)
from resolvent.numeric.measures.numeric_measure import measure_of_operation
from resolvent.numeric.measures.real_maps import FunctionMap, Mobius
from resolvent.numeric.measures.refusals import REFUSED, require_nonnegative
from resolvent.numeric.spectrum.measure import Measure, measure_of
from resolvent.numeric.spectrum.numbers import is_below_zero, positive_number, real_number

_NUMBERS = Rule("numbers", "a measure that is known by numbers", "", "")


@checked
class NumericLaw(Law):
    """A law whose measure is known by numbers: data, a density, or the result of an operation on such laws.

    It has the operators of an `AlgebraicLaw`, mixes with those, and makes a `Spectrum`; its moments are floats. The
    evidence is `numeric`: the error of a spectrum is what its certificate says.

    >>> import resolvent as rv
    >>> law = rv.empirical([1.0, 3.0]).sample_covariance("1/2")
    >>> rho = rv.Spectrum(law)
    >>> [round(end, 10) for end in rho.support()], rho.certificate.worst < 1e-12, law.evidence.value
    ([0.1180959174, 7.0712721624], True, 'numeric')
    """

    kind = "law known by numbers"

    def __init__(
        self, text: str, build: Callable[[], Measure], key: tuple[Any, ...] = (), conclusion: Step | None = None
    ) -> None:
        self.text = text
        self._build = build
        self._key = key or ("given", object())  # how it was made: what does it, and the laws and numbers it is made of
        uses = tuple(law.conclusion for law in key if isinstance(law, Law))
        self.conclusion = conclusion or Step(_NUMBERS, text, kind="numeric", uses=uses)

    @classmethod
    def of(cls, law: Law) -> NumericLaw:
        """Any law at numbers as one that is known by numbers: then all operations take it.

        >>> from resolvent.derive.laws.elementary import semicircle
        >>> NumericLaw.of(semicircle()).compress("1/2")
        (semicircle(1)).compress(1/2)

        Raises `ParameterError` for a law with parameters left.
        """
        if isinstance(law, NumericLaw):
            return law
        if law.parameters:
            raise ParameterError(
                f"numbers are needed for {', '.join(s.name for s in law.parameters)}; give them with at(...)", law=law
            )
        return cls(law.text, lambda: measure_of(law), ("law", law))

    def __getattr__(self, name: str) -> Any:
        if name in REFUSED:
            raise ParameterError(f"{self.text} is known by numbers: {REFUSED[name]}", law=self)
        return super().__getattr__(name)  # type: ignore[misc]

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

    def concluded(self, conclusion: Step, recipe: Recipe, text: str) -> NumericLaw:
        """The law with another last step; nothing of it changes with parameters, so it needs no recipe."""
        return NumericLaw(text, self.measure, self._key, conclusion)

    def __reduce__(self) -> Any:
        return _restored, (self.text, self._key[1] if self._key[0] == "law" else self._measure, self.conclusion)

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
        """Whether both were made alike from the same numbers, or are the same points with the same weights.

        False says nothing: the same law made in another way is not recognised.
        """
        if self is other or not isinstance(other, NumericLaw):
            return self is other or (self._key[0] == "law" and bool(self._key[1] == other))
        own, theirs = self._key, other._key
        if len(own) == len(theirs) and own[0] == theirs[0]:
            orders = [theirs[1:], theirs[:0:-1]] if own[0] in ("sum", "product") else [theirs[1:]]
            if any(all(a == b for a, b in zip(own[1:], order, strict=True)) for order in orders):
                return True
        return "restored" in (own[0], theirs[0]) and self._measure == other.measure()

    def __hash__(self) -> int:
        return hash(self._key[1]) if self._key[0] == "law" else super().__hash__()

    @property
    def nonnegative(self) -> bool:
        """Whether the support lies in [0, oo)."""
        return not is_below_zero(*self._measure.support())

    @property
    def is_zero(self) -> bool:
        """Whether this is the point mass at 0."""
        return is_point(self._measure) and float(self._measure.atom_points[0]) == 0

    # -- operations ----------------------------------------------------------------------------------------

    def __add__(self, other: Any) -> NumericLaw:
        if isinstance(other, Law):
            own, theirs = _original(self), _original(other)
            return NumericLaw(f"{self.text} + {other.text}", lambda: sum_of(own, theirs), ("sum", self, other))
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
        require_nonnegative(self, other)
        text, own, theirs = f"({self.text}) @ ({other.text})", _original(self), _original(other)
        return NumericLaw(text, lambda: product_of(own, theirs), ("product", self, other))

    __rmatmul__ = __matmul__

    def __pow__(self, exponent: int) -> NumericLaw:
        if isinstance(exponent, bool) or not isinstance(exponent, int) or exponent == 0:
            raise ParameterError(f"the exponent must be an integer other than 0; got {exponent!r}", exponent=exponent)
        text = f"({self.text})**{exponent}"
        return NumericLaw(text, lambda: transport.power(self._measure, exponent), ("power", self, exponent))

    def mobius(self, a: Any, b: Any, c: Any, d: Any) -> NumericLaw:
        """The law of (aA + b)(cA + d)^-1.

        >>> from resolvent.derive.laws.elementary import semicircle
        >>> law = NumericLaw.of(semicircle()).mobius(1, 3, 1, -3)  # (A + 3)(A - 3)^-1
        >>> [round(end, 12) for end in law.measure().support()]
        [-5.0, -0.2]

        Raises `ParameterError` for a d = b c, `DerivationError` (when it is computed) if -d/c lies in the support.
        """
        numbers = [real_number(value) for value in (a, b, c, d)]
        if numbers[0] * numbers[3] == numbers[1] * numbers[2]:
            raise ParameterError(f"a Moebius map needs a d - b c other than 0; got {(a, b, c, d)}", law=self)
        text = f"({self.text}).mobius({a}, {b}, {c}, {d})"
        return NumericLaw(text, lambda: self._image(Mobius(*numbers)), ("mobius", self, *numbers))

    def symmetric_root(self) -> NumericLaw:
        """The symmetric law rho(x) = |x| rho_A(x^2): of [[0, X], [X^T, 0]] for square X with A = X X^T.

        >>> import resolvent as rv
        >>> law = rv.empirical([1]).sample_covariance(1).symmetric_root()
        >>> [round(float(m), 10) + 0 for m in law.moments(4)]  # the semicircle
        [0.0, 1.0, 0.0, 2.0]

        Raises `DerivationError` (when it is computed) for mass below 0.
        """
        return NumericLaw(
            f"({self.text}).symmetric_root()", lambda: transport.symmetric_root(self._measure), ("root", self)
        )

    def function(self, function: Callable[[Any], Any], turns: Sequence[float] = ()) -> NumericLaw:
        """The law of f(A), f a function of an array that is monotone and analytic between its ``turns``.

        >>> import resolvent as rv
        >>> law = rv.empirical([1]).sample_covariance("1/4").function(np.log)
        >>> round(float(law.moments(1)[0]), 12), round(float(-1 - 3 * np.log(3 / 4)), 12)  # log det of a Wishart matrix
        (-0.136953782645, -0.136953782645)

        Raises (when it is computed) `ParameterError` where f has no finite real value, or is not monotone between
        the turns, `NotCertified` where it is not analytic.
        """
        places = tuple(sorted(real_number(t) for t in turns))
        name = getattr(function, "__name__", "f")
        return NumericLaw(
            f"({self.text}).function({name})",
            lambda: self._image(FunctionMap(function, places)),
            ("function", self, function, places),
        )

    def companion(self, c: Any) -> NumericLaw:
        """The law of X^T X when this is that of X X^T, X of size p x n, p/n -> c.

        >>> import resolvent as rv
        >>> rv.empirical([1]).sample_covariance(2).companion(2).measure().atoms
        ()

        Raises `ParameterError` unless c > 0, `DerivationError` for mass below 0, or for c > 1 too little at 0.
        """
        ratio = positive_number(c, "c")
        self._require_rank(ratio, c)
        text = f"({self.text}).companion({c})"
        return NumericLaw(text, lambda: transport.with_zeros(self._measure, ratio), ("companion", self, ratio))

    def inverse(self) -> NumericLaw:
        """The law of A^-1.

        Raises `DerivationError` (when it is computed) if 0 lies in the support.
        """
        return self**-1

    def free_power(self, t: Any) -> NumericLaw:
        """The free convolution power, t >= 1.

        >>> import resolvent as rv
        >>> law = rv.empirical([-1.0, 1.0]).free_power(2)  # the arcsine law on [-2, 2]
        >>> [round(float(m), 10) + 0 for m in law.moments(4)]
        [0.0, 2.0, 0.0, 6.0]

        Raises `ParameterError` for t < 1.
        """
        power = real_number(t)
        if power < 1:
            raise ParameterError(f"a free power of a law known by numbers needs t >= 1; got {t}", t=t)
        if power == 1:
            return self
        found = self._operated(
            lambda a: Compression(a, 1 / power), f"({self.text}).compress(1/{t})", ("compress", 1 / power)
        )
        return found._moved(power, 0.0, f"({self.text}).free_power({t})")

    def free_multiplicative_power(self, s: Any) -> NumericLaw:
        """The free multiplicative power, S -> S^s, s >= 1.

        >>> import resolvent as rv
        >>> law = rv.empirical([1]).sample_covariance(1).free_multiplicative_power(2)  # Fuss and Catalan
        >>> [round(float(m), 9) for m in law.moments(3)], round(law.measure().support()[1], 10)
        ([1.0, 3.0, 12.0], 6.75)

        Raises `ParameterError` for s < 1, `DerivationError` for mass below 0.
        """
        power = real_number(s)
        if power < 1:
            raise ParameterError(f"a free multiplicative power needs s >= 1; got {s}", s=s)
        require_nonnegative(self)
        text = f"({self.text}).free_multiplicative_power({s})"
        return NumericLaw(text, lambda: multiplicative_power_of(self._measure, power), ("product power", self, power))

    def compress(self, t: Any) -> NumericLaw:
        """The law of the compression to the fraction t of the dimension.

        Raises `ParameterError` unless 0 < t <= 1.
        """
        if not 0 < (share := real_number(t)) <= 1:
            raise ParameterError(f"the fraction of a compression lies in (0, 1]; got {t}", t=t)
        if share == 1 or is_point(self._measure):
            return self
        return self._operated(lambda a: Compression(a, share), f"({self.text}).compress({t})", ("compress", share))

    def sample_covariance(self, c: Any) -> NumericLaw:
        """The law of A^(1/2) X X^T A^(1/2)/n, X of size p x n with independent entries of variance 1, p/n -> c.

        Raises `ParameterError` unless c > 0, `DerivationError` if the law has mass below 0.
        """
        ratio = positive_number(c, "c")
        require_nonnegative(self)
        if self.is_zero:
            return self
        zero = ((0.0, max(0.0, 1 - 1 / ratio)),)
        return self._operated(
            lambda a: ProductWithTransform(
                a, lambda u: 1 + ratio * u, lambda u: ratio + 0 * u, zero, ratio, "sample covariance"
            ),
            f"({self.text}).sample_covariance({c})",
            ("sample covariance", ratio),
        )

    wishart = sample_covariance

    def doubly_correlated_wishart(self, other: Law, c: Any) -> NumericLaw:
        """A^(1/2) X B X^T A^(1/2)/n, B the other law's, X of size p x n with unit variances, p/n -> c.

        >>> import resolvent as rv
        >>> one = rv.empirical([1])
        >>> law = one.doubly_correlated_wishart(one, "1/4")  # Marchenko and Pastur's
        >>> [round(end, 10) for end in law.measure().support()]
        [0.25, 2.25]

        Raises `ParameterError` unless c > 0, `DerivationError` if a law has mass below 0.
        """
        ratio = positive_number(c, "c")
        require_nonnegative(self, other)
        text = f"doubly_correlated_wishart({self.text}, {other.text}, {c})"
        return NumericLaw(
            text, lambda: doubly_correlated_of(self, other, ratio), ("doubly correlated", self, other, ratio)
        )

    def information_plus_noise(self, s: Any, c: Any) -> NumericLaw:
        """(A + sqrt(s) X)(A + sqrt(s) X)^T, A of size p x n, X with entries of variance 1/n; this is A A^T's law.

        Raises `ParameterError` unless s, c > 0, `DerivationError` if the law has mass below 0, or for c > 1 too little
        at 0: A has rank n at most.
        """
        variance, ratio = positive_number(s, "s"), positive_number(c, "c")
        self._require_rank(ratio, c)
        text = f"({self.text}).information_plus_noise({s}, {c})"
        key = ("information plus noise", self, ratio, variance)
        return NumericLaw(text, lambda: information_plus_noise_of(self._measure, variance, ratio), key)

    def rectangular_sum(self, other: Law, c: Any) -> NumericLaw:
        """(A + B)(A + B)^T for free p x n matrices, p/n -> c, from the laws of A A^T and B B^T.

        For c = 1 it is the square of the free sum of their symmetric roots; if one is the law of noise, information
        plus noise; else see `rectangular_pairs`.

        >>> import resolvent as rv
        >>> one = rv.empirical([1])
        >>> law = one.rectangular_sum(one, 1)  # |1 + u|^2 of a free unitary u: the arcsine law on [0, 4]
        >>> [round(float(m), 9) for m in law.moments(3)]
        [2.0, 6.0, 20.0]

        Raises `ParameterError` unless c > 0, `DerivationError` for mass below 0, or for c > 1 too little at 0.
        """
        ratio, theirs = positive_number(c, "c"), NumericLaw.of(other)
        for law in (self, theirs):
            law._require_rank(ratio, c)
        for own, noise in ((self, _original(other)), (theirs, _original(self))):
            if noise.has_equation:
                variance = noise.moments(1)[0]
                if variance == 0:
                    return own
                if noise == variance * marchenko_pastur(c):
                    return own.information_plus_noise(variance, c)
        text = f"rectangular_sum({self.text}, {other.text}, {c})"
        if ratio != 1:
            key = ("rectangular sum", self, theirs, ratio)
            return NumericLaw(text, lambda: rectangular_sum_of(self._measure, theirs._measure, ratio), key)
        found = (self.symmetric_root() + theirs.symmetric_root()) ** 2
        found.text = text
        return found

    def direct_sum(self, other: Law, weight: Any) -> NumericLaw:
        """The law of diag(A, B), A taking the fraction ``weight`` of the dimension.

        Raises `ParameterError` unless the fraction lies between 0 and 1.
        """
        if not 0 < (share := real_number(weight)) < 1:
            raise ParameterError(f"the fraction of a direct sum lies between 0 and 1; got {weight}", weight=weight)
        return mixed([self, other], [share, 1 - share])

    def _moved(self, factor: float, offset: float, text: str = "") -> NumericLaw:
        if factor == 0:
            return empirical_point(offset)
        if (factor, offset) == (1.0, 0.0):
            return self
        if not text:
            text = f"{factor:g}*({self.text})" if factor != 1 else self.text
            text = f"{text} + {offset:g}" if offset else text
        return NumericLaw(
            text, lambda: transport.affine(self._measure, factor, offset), ("affine", self, factor, offset)
        )

    def _operated(self, operation: Callable[[Transform], FreeMap], text: str, key: tuple[Any, ...]) -> NumericLaw:
        return NumericLaw(
            text, lambda: measure_of_operation(operation(Transform(self._measure))), (key[0], self, *key[1:])
        )

    def _image(self, function: Any) -> Measure:
        return transport.pushed([transport.Image(self._measure, function)], f"a function of {self.text}")

    def _require_rank(self, ratio: float, c: Any) -> None:
        """Raise `DerivationError` for mass below 0, or less at 0 than X X^T has, X of size p x n and p/n = c."""
        require_nonnegative(self)
        if (transform := Transform(self._measure)).lacks_zeros(ratio):
            raise DerivationError(
                f"for c = {c} the matrix A has more rows than columns, so A A^T has an atom of at least "
                f"{1 - 1 / ratio:.6g} at 0; this law has {transform.mass_at_zero():.6g}",
                law=self,
            )


def mixed(laws: Sequence[Law], shares: Sequence[float]) -> NumericLaw:
    """The mixture of some laws at numbers, with weights that add up to 1."""
    text = " + ".join(f"{w:g}*[{law.text}]" for w, law in zip(shares, laws, strict=True))
    key = ("mixture", *laws, *shares)
    return NumericLaw(text, lambda: transport.mixture([measure_of(law) for law in laws], shares), key)


def law_of_atoms(measure: AtomicMeasure, text: str) -> NumericLaw:
    """The law of points with weights."""
    return NumericLaw(text, lambda: measure, ("atoms", measure))


def empirical_point(place: Any) -> NumericLaw:
    """The law of one point."""
    return law_of_atoms(AtomicMeasure([float(place)], [1.0]), "empirical(1 points)")


def _original(law: Law) -> Law:
    """The law that one known by numbers is made of, if it is nothing else."""
    return law._key[1] if isinstance(law, NumericLaw) and law._key[0] == "law" else law


def _restored(text: str, made: Law | Measure, conclusion: Step) -> NumericLaw:
    if isinstance(made, Law):
        return NumericLaw(text, lambda: measure_of(made), ("law", made), conclusion)
    return NumericLaw(text, lambda: made, ("restored", made), conclusion)
