"""Laws: what ensembles converge to. `AlgebraicLaw` carries a resolvent equation and its derivation."""

from __future__ import annotations

import numbers
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

import sympy
from flint import fmpq

from resolvent.derive.derivation.derivation import Derivation, Evidence, Step
from resolvent.derive.equations.equation import ResolventEquation, Values
from resolvent.derive.errors import ParameterError
from resolvent.derive.exact.field import Element, Field, to_element, to_fmpq, to_sympy_rational
from resolvent.derive.exact.series import Coefficient, Series, cumulants_from_moments, make_series, terms_of


@dataclass(frozen=True, eq=False)
class Recipe:
    """How a law was made: the constructor or operation, and its arguments. Replaying it gives `Law.at`."""

    build: Callable[..., Any]
    arguments: tuple[Any, ...]
    bound: frozenset[sympy.Symbol] = frozenset()  # symbols of the arguments that are no parameters

    def replay(self, images: Mapping[sympy.Symbol, sympy.Expr], done: dict[int, AlgebraicLaw]) -> Any:
        """The same construction with symbols replaced; laws that occur twice are rebuilt once."""
        return self.build(*(_replaced(a, images, done) for a in self.arguments))


def _replaced(argument: Any, images: Mapping[sympy.Symbol, sympy.Expr], done: dict[int, AlgebraicLaw]) -> Any:
    if isinstance(argument, AlgebraicLaw):
        if not _symbols(argument) & set(images):
            return argument
        if id(argument) not in done:
            done[id(argument)] = argument.recipe.replay(images, done)
        return done[id(argument)]
    if isinstance(argument, (tuple, list)):
        return tuple(_replaced(a, images, done) for a in argument)
    return argument.xreplace(dict(images)) if isinstance(argument, sympy.Basic) else argument


class Law(ABC):
    """The limiting spectral law of an ensemble: a probability measure on the real line.

    Attributes:
        conclusion: the last step of the derivation.
    """

    conclusion: Step

    @property
    @abstractmethod
    def parameters(self) -> tuple[sympy.Symbol, ...]:
        """The free parameters, sorted by name."""

    @property
    def derivation(self) -> Derivation:
        """The steps that lead to the law, each with its rule and check."""
        return Derivation(self.conclusion)

    @property
    def evidence(self) -> Evidence:
        """What stands behind the law: `proved`, `guessed` or `assumed`."""
        return self.derivation.evidence

    @abstractmethod
    def moments(self, n: int) -> list[sympy.Expr]:
        """The exact moments [m_1, ..., m_n]."""

    @abstractmethod
    def free_cumulants(self, n: int) -> list[sympy.Expr]:
        """The exact free cumulants [kappa_1, ..., kappa_n]."""

    @abstractmethod
    def latex(self, convention: str = "stieltjes") -> str:
        """The law's equation in LaTeX."""


@dataclass(frozen=True, eq=False)
class AlgebraicLaw(Law):
    r"""A law whose Stieltjes transform m(z) = \int rho(dx)/(x-z) satisfies a polynomial equation.

    Operators: ``A + B`` free sum, ``A - B`` free difference, ``A @ B`` free product (the spectrum of
    A^(1/2) B A^(1/2)), ``a*A + b`` for scalars, ``A**k`` the spectrum of the k-th power, ``-A``.

    Attributes:
        equation: the irreducible polynomial and the germ of the physical branch.
        conclusion: the last step of the derivation.
        recipe: how the law was made.
        text: the law as an expression, in the grammar of the command line.
        nonnegative: True when the support lies in [0, oo) by construction, None when that is not known.

    >>> from resolvent.derive.laws.elementary import marchenko_pastur, semicircle
    >>> law = semicircle() + marchenko_pastur("1/2")
    >>> law.equation.expr
    m**3 + m**2*z + 2*m**2 + 2*m*z - m + 2
    >>> law.moments(4)
    [1, 5/2, 23/4, 125/8]
    >>> law.free_cumulants(4)
    [1, 3/2, 1/4, 1/8]
    """

    equation: ResolventEquation
    conclusion: Step
    recipe: Recipe
    text: str
    nonnegative: bool | None = None
    _cumulants: dict[int, Series] = field(default_factory=dict, repr=False)

    def __repr__(self) -> str:
        return self.text

    @property
    def parameters(self) -> tuple[sympy.Symbol, ...]:
        """The free parameters, sorted by name, those that dropped out of the equation included."""
        return tuple(sorted(_symbols(self), key=lambda s: str(s.name)))

    def at(self, **values: Any) -> AlgebraicLaw:
        """The law with some or all parameters replaced by numbers or expressions.

        The construction is replayed with the new values, so the factor and the branch are chosen anew and
        domains are checked again; nothing is lost where the polynomial degenerates.

        Raises `ParameterError` for a name the law does not have and for values outside a parameter's domain.

        >>> from resolvent.derive.laws.elementary import marchenko_pastur
        >>> c = sympy.Symbol("c", positive=True)
        >>> marchenko_pastur(c).at(c="1/4").equation.expr
        m**2*z + 4*m*z - 3*m + 4
        """
        images = parameter_images(self.parameters, values)
        return self.recipe.replay(images, {}) if images else self

    @property
    def is_zero(self) -> bool:
        """Whether this is the point mass at 0, the law of the zero matrix."""
        ring = self.equation.polynomial.context()
        return self.equation.polynomial == ring.gen(0) * ring.gen(1) + 1

    # -- series --------------------------------------------------------------------------------------------

    def moment_series(self, n: int, values: Values | None = None) -> Series:
        """M(w) = sum_{k<n} m_k w^k as an exact series, optionally at numeric parameters."""
        return self.equation.moment_series(n, values)

    def moments(self, n: int) -> list[sympy.Expr]:
        """The exact moments [m_1, ..., m_n], by Newton's iteration on the equation.

        >>> from resolvent.derive.laws.elementary import marchenko_pastur
        >>> marchenko_pastur(sympy.Symbol("c", positive=True)).moments(3)
        [1, c + 1, c**2 + 3*c + 1]
        """
        check_count(n)
        return readable(terms_of(self.moment_series(n + 1), n + 1)[1:], self.equation.symbols)

    def free_cumulants(self, n: int) -> list[sympy.Expr]:
        """The exact free cumulants [kappa_1, ..., kappa_n]: R(g) = sum kappa_(k+1) g^k."""
        check_count(n)
        return readable(terms_of(self.cumulant_series(n + 1), n + 1)[1:], self.equation.symbols)

    def cumulant_series(self, n: int) -> Series:
        """C(x) = 1 + sum_{1<=k<n} kappa_k x^k as an exact series."""
        if n not in self._cumulants:
            self._cumulants[n] = cumulants_from_moments(self.moment_series(n), self.equation.field)
        return self._cumulants[n]

    # -- transforms ----------------------------------------------------------------------------------------

    def r_transform(self) -> Any:
        """R(g) as an expression in g where it is rational or a square root, otherwise its polynomial relation."""
        from resolvent.derive.laws.transforms import transform

        return transform(self, "R")

    def s_transform(self) -> Any:
        """S(u) as an expression in u where it is rational or a square root, otherwise its polynomial relation."""
        from resolvent.derive.laws.transforms import transform

        return transform(self, "S")

    def relation(self, name: str) -> Any:
        """The polynomial relation of one of the transforms m, G, R, S, psi, eta; see `laws.transforms`."""
        from resolvent.derive.laws.transforms import relation

        return relation(self, name)

    # -- operations ----------------------------------------------------------------------------------------

    def __add__(self, other: Any) -> AlgebraicLaw:
        from resolvent.derive.laws.affine import shift
        from resolvent.derive.laws.convolution import free_sum

        return free_sum(self, other) if isinstance(other, AlgebraicLaw) else shift(self, other)

    def __radd__(self, other: Any) -> AlgebraicLaw:
        return self + other

    def __sub__(self, other: Any) -> AlgebraicLaw:
        return self + (-other)

    def __rsub__(self, other: Any) -> AlgebraicLaw:
        return (-self) + other

    def __neg__(self) -> AlgebraicLaw:
        from resolvent.derive.laws.affine import scale

        return scale(self, -1)

    def __mul__(self, other: Any) -> AlgebraicLaw:
        from resolvent.derive.laws.affine import scale

        if isinstance(other, AlgebraicLaw):
            raise ParameterError("A * B is ambiguous for laws; write A @ B for the free product", laws=(self, other))
        return scale(self, other)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> AlgebraicLaw:
        from resolvent.derive.laws.affine import scale

        if isinstance(other, AlgebraicLaw):
            raise ParameterError("A / B is ambiguous for laws; write A @ B**-1", laws=(self, other))
        inverse = as_scalar(other)
        if inverse == 0:
            raise ParameterError("a law cannot be divided by zero", law=self)
        return scale(self, 1 / inverse)

    def __matmul__(self, other: AlgebraicLaw) -> AlgebraicLaw:
        from resolvent.derive.laws.convolution import free_product

        if not isinstance(other, AlgebraicLaw):
            raise ParameterError("A @ B needs two laws; write a * A to scale by a number", law=self, other=other)
        return free_product(self, other)

    def __pow__(self, exponent: int) -> AlgebraicLaw:
        from resolvent.derive.laws.matrix_functions import power

        return power(self, exponent)

    def mobius(self, a: Any, b: Any, c: Any, d: Any) -> AlgebraicLaw:
        """The law of (aA + b)(cA + d)^-1; see `resolvent.derive.laws.affine.mobius`."""
        from resolvent.derive.laws.affine import mobius

        return mobius(self, a, b, c, d)

    def inverse(self) -> AlgebraicLaw:
        """The law of A^-1; see `resolvent.derive.laws.affine.inverse`."""
        from resolvent.derive.laws.affine import inverse

        return inverse(self)

    def symmetric_root(self) -> AlgebraicLaw:
        """The symmetric law rho(x) = |x| rho_A(x^2); see `resolvent.derive.laws.matrix_functions.symmetric_root`."""
        from resolvent.derive.laws.matrix_functions import symmetric_root

        return symmetric_root(self)

    def companion(self, c: Any) -> AlgebraicLaw:
        """The law of X^T X when this is that of X X^T, X of size p x n, p/n -> c; see `matrix_functions.companion`."""
        from resolvent.derive.laws.matrix_functions import companion

        return companion(self, c)

    def direct_sum(self, other: AlgebraicLaw, weight: Any) -> AlgebraicLaw:
        """The law of diag(A, B), A taking the fraction ``weight`` of the dimension."""
        from resolvent.derive.laws.matrix_functions import direct_sum

        return direct_sum(self, other, weight)

    def free_power(self, t: Any) -> AlgebraicLaw:
        """The free additive power, R -> t R, t >= 1; see `resolvent.derive.laws.convolution.free_power`."""
        from resolvent.derive.laws.convolution import free_power

        return free_power(self, t)

    def free_multiplicative_power(self, s: Any) -> AlgebraicLaw:
        """The free multiplicative power, S -> S^s, s >= 1; see `laws.convolution.free_multiplicative_power`."""
        from resolvent.derive.laws.convolution import free_multiplicative_power

        return free_multiplicative_power(self, s)

    def compress(self, t: Any) -> AlgebraicLaw:
        """The free compression to a corner of relative size t; see `resolvent.derive.laws.convolution.compress`."""
        from resolvent.derive.laws.convolution import compress

        return compress(self, t)

    def wishart(self, c: Any) -> AlgebraicLaw:
        """The sample covariance with this population law and p/n -> c; see `laws.rectangular.sample_covariance`."""
        from resolvent.derive.laws.rectangular import sample_covariance

        return sample_covariance(self, c)

    def information_plus_noise(self, s: Any, c: Any) -> AlgebraicLaw:
        """(A + sqrt(s) X)(A + sqrt(s) X)^T when this is A A^T; see `laws.rectangular.information_plus_noise`."""
        from resolvent.derive.laws.rectangular import information_plus_noise

        return information_plus_noise(self, s, c)

    def rectangular_sum(self, other: AlgebraicLaw, c: Any) -> AlgebraicLaw:
        """(A + B)(A + B)^T for free rectangular A, B; see `resolvent.derive.laws.rectangular.rectangular_sum`."""
        from resolvent.derive.laws.rectangular import rectangular_sum

        return rectangular_sum(self, other, c)

    # -- export --------------------------------------------------------------------------------------------

    def latex(self, convention: str = "stieltjes") -> str:
        """The equation in LaTeX, in m ("stieltjes") or in G = -m ("cauchy").

        >>> from resolvent.derive.laws.elementary import semicircle
        >>> semicircle().latex()
        'm^{2} + z m + 1 = 0'
        >>> semicircle().latex(convention="cauchy")
        'G^{2} - z G + 1 = 0'
        """
        from resolvent.derive.derivation.latex import equation_latex

        return equation_latex(self.equation, convention)


def joint(
    n: int, values: Values, laws: Sequence[AlgebraicLaw], scalars: Sequence[Element]
) -> tuple[Field, list[Series], list[Coefficient]]:
    """The laws' moment series and the scalars, all over the smallest common field (plain fmpq over Q)."""
    numbers_ = [s.evaluate(values) if values else s for s in scalars]
    fields = [law.equation.field.specialise(values) for law in laws] + [s.field for s in numbers_]
    base = reduce(Field.join, fields, Field())
    series = []
    for law in laws:
        own = law.moment_series(n, values)
        series.append(own if base.is_rational else make_series(base, terms_of(own, n), n))
    coefficients = [s.to_fmpq() if base.is_rational else base.coerce(s) for s in numbers_]
    return base, series, coefficients


def readable(coefficients: Sequence[Coefficient], symbols: Sequence[sympy.Symbol]) -> list[sympy.Expr]:
    """Coefficients as SymPy expressions in these symbols."""
    table = {s.name: s for s in symbols}
    return [c.to_sympy(table) if isinstance(c, Element) else to_sympy_rational(c) for c in coefficients]


OPERATORS = "+-*/@"


def grouped(text: str, operators: str) -> str:
    """A law's text, in brackets if one of the operators stands in it outside of all brackets."""
    depth = 0
    for character in text:
        depth += (character in "([") - (character in ")]")
        if depth == 0 and character in operators:
            return f"({text})"
    return text


def shown(value: Any) -> str:
    """A scalar argument as it is written in an expression."""
    if isinstance(value, (tuple, list)):
        return "[" + ", ".join(shown(v) for v in value) + "]"
    if isinstance(value, sympy.Basic):
        return str(value)
    return str(to_fmpq(value)) if not isinstance(value, str) else value


def _symbols(argument: Any) -> set[sympy.Symbol]:
    if isinstance(argument, AlgebraicLaw):
        return _symbols(argument.recipe.arguments) - argument.recipe.bound
    if isinstance(argument, (tuple, list)):
        return {symbol for part in argument for symbol in _symbols(part)}
    return set(argument.free_symbols) if isinstance(argument, sympy.Basic) else set()


def parameter_images(parameters: Sequence[sympy.Symbol], values: Mapping[str, Any]) -> dict[sympy.Symbol, sympy.Expr]:
    """Symbols to the exact values given for their names.

    Raises `ParameterError` for other names and for values outside a parameter's domain.
    """
    table = {s.name: s for s in parameters}
    for name in values:
        if name not in table:
            known = ", ".join(table) or "none"
            raise ParameterError(f"the law has no parameter {name!r}; its parameters: {known}", name=name)
    return {table[name]: _checked(table[name], value) for name, value in values.items()}


def _checked(symbol: sympy.Symbol, value: Any) -> sympy.Expr:
    if isinstance(value, sympy.Expr) and value.free_symbols:
        to_element(value)
        return value
    number = to_sympy_rational(to_fmpq(value))
    for property_, holds in (
        ("positive", number > 0),
        ("negative", number < 0),
        ("nonnegative", number >= 0),
        ("nonpositive", number <= 0),
        ("nonzero", number != 0),
        ("integer", number.is_integer),
    ):
        if getattr(symbol, f"is_{property_}") and not holds:
            raise ParameterError(f"the parameter {symbol.name} must be {property_}; got {number}", symbol=symbol)
    return number


def as_scalar(value: Any) -> sympy.Expr:
    """A user's scalar as a SymPy expression; `ParameterError` for what is neither number nor expression."""
    if isinstance(value, sympy.Expr):
        return value
    if isinstance(value, (str, numbers.Number, fmpq)):
        return to_sympy_rational(to_fmpq(value))
    raise ParameterError(f"{value!r} is not a number or an expression in parameters", value=value)


def check_count(n: int) -> None:
    """Raise `ParameterError` unless n is a non-negative integer."""
    if isinstance(n, bool) or not hasattr(n, "__index__") or n < 0:
        raise ParameterError(f"the number of terms must be a non-negative integer; got {n!r}", n=n)
