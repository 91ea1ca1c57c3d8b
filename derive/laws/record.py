"""Laws as data: how a law was made, the interface of all laws, and the record of an algebraic one with its series."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

import sympy
from flint import fmpq

from resolvent.derive.border import SERIES, bounded, checked, shortly
from resolvent.derive.derivation.derivation import Derivation
from resolvent.derive.derivation.step import Evidence, Step
from resolvent.derive.equations.equation import ResolventEquation, Values
from resolvent.derive.errors import ParameterError
from resolvent.derive.exact.bounded_symbol import BoundedSymbol
from resolvent.derive.exact.copies import Memory
from resolvent.derive.exact.field import Element, Field, to_element, to_fmpq, to_sympy_rational
from resolvent.derive.exact.precision import cached_property
from resolvent.derive.exact.series import Coefficient, Series, cumulants_from_moments, make_series, terms_of
from resolvent.derive.exact.trees import parts_first
from resolvent.derive.laws.arguments import check_count
from resolvent.derive.laws.operations import Operation, operation_of
from resolvent.derive.laws.statement import Statement, equation_statement
from resolvent.derive.presentation import Presented, show

Images = Mapping[Any, Any] | None
"""What replaces parameters, by symbol or by name."""


@dataclass(frozen=True, eq=False)
class Recipe:
    """How a law was made: the constructor or operation, and its arguments. Replaying it gives `Law.at`.

    Where that is a name for a construction from other operations, ``stands_for`` is the last of them, or finds it for
    the law that was made, if there is one. ``is_written`` tells whether the grammar reads the law's text as this
    recipe, where it reads the texts of the laws among the arguments.
    """

    build: Callable[..., Any]
    arguments: tuple[Any, ...]
    bound: frozenset[sympy.Symbol] = frozenset()  # symbols of the arguments that are no parameters
    stands_for: Recipe | Callable[[AlgebraicRecord], Recipe | None] | None = None
    is_written: bool = True

    @property
    def operation(self) -> Operation | None:
        """The row of the table of operations; None for laws made by anything else."""
        return operation_of(self.build)

    @cached_property
    def text(self) -> str:
        """The law as an expression, for a row of the table."""
        assert self.operation is not None, f"{self.build.__name__} is no row of the table of operations"
        return self.operation.written(*self.arguments)

    def replay(self, images: Mapping[sympy.Symbol, sympy.Expr]) -> Any:
        """The same construction with symbols replaced; laws that occur twice are rebuilt once."""
        done: dict[int, AlgebraicRecord] = {}
        symbols = _symbols_by_law(self.arguments)
        for law in laws_in_order(self.arguments):
            recipe, is_touched = law.recipe, symbols[id(law)] & set(images)
            done[id(law)] = recipe.build(*_replaced(recipe.arguments, images, done)) if is_touched else law
        return self.build(*_replaced(self.arguments, images, done))


def _replaced(argument: Any, images: Mapping[sympy.Symbol, sympy.Expr], done: dict[int, AlgebraicRecord]) -> Any:
    if isinstance(argument, AlgebraicRecord):
        return done[id(argument)]
    if isinstance(argument, (tuple, list)):
        return tuple(_replaced(a, images, done) for a in argument)
    return argument.xreplace(dict(images)) if isinstance(argument, sympy.Basic) else argument


_OF_SPECTRA = {
    "pdf", "logpdf", "density", "cdf", "logcdf", "sf", "isf", "ppf", "rvs", "sample", "moment", "mean", "var", "std",
    "median", "interval", "intervals", "stats", "expect", "entropy", "support", "stieltjes", "atoms", "outliers",
    "edges",
}  # fmt: skip


@checked
class Law(Presented, ABC):
    """The limiting spectral law of an ensemble: a probability measure on the real line.

    This is all that exports, moments, spectra and ensembles ask of a law; a new kind of law is one class that has it.

    Attributes:
        conclusion: the last step of the derivation.
        text: the law as an expression, or in words.
        kind: what such laws are called in messages.
        has_equation: whether it has a polynomial ``equation``.
        reads_back: whether the grammar of expressions reads ``text`` as this law.
        has_recurrence: whether it has a ``recurrence`` of its moments and an ``ode`` of m(z), both linear.
        usual_moments, most_moments: how many moments are taken for a guess if nothing is said, and at most.
    """

    conclusion: Step
    text: str
    equation: ResolventEquation
    recurrence: Any
    ode: Any
    kind: ClassVar[str] = "law"
    has_equation: ClassVar[bool] = False
    reads_back: Any = False
    has_recurrence: ClassVar[bool] = False
    usual_moments: ClassVar[int] = 200
    most_moments: ClassVar[int] = 2000

    def __repr__(self) -> str:
        return self.text

    if not TYPE_CHECKING:  # type checkers would let every name pass

        def __getattr__(self, name: str) -> Any:
            """The refusal of what a law lacks, with the place where numbers are."""
            hint = f": numbers are those of its spectrum, rv.Spectrum(law, ...).{name}" if name in _OF_SPECTRA else ""
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}{hint}", name=name, obj=self)

    @property
    @abstractmethod
    def parameters(self) -> tuple[sympy.Symbol, ...]:
        """The free parameters, sorted by name."""

    @property
    def symbols(self) -> tuple[sympy.Symbol, ...]:
        """The parameters that its statement depends on."""
        return self.parameters

    @abstractmethod
    def at(self, values: Images = None, /, **named: Any) -> Law:
        """The law with some or all parameters replaced by numbers or expressions: ``at(c="1/2")`` or ``at({c: .5})``.

        Raises `ParameterError` for a name the law does not have and for values outside a parameter's domain.
        """

    def subs(self, old: Any, new: Any = None) -> Any:
        """The law with a parameter replaced, or several, as SymPy's ``subs``: ``subs(c, 1)`` or ``subs({c: 1})``.

        >>> from resolvent.derive.laws.elementary import semicircle
        >>> v = sympy.Symbol("v", positive=True)
        >>> semicircle(v).subs(v, "1/4")
        semicircle(1/4)

        Raises `ParameterError` as `at` does.
        """
        if not isinstance(old, (Mapping, str, sympy.Symbol)):
            raise ParameterError(f"subs takes a parameter and its value, or a dictionary; got {shortly(old)}", old=old)
        return self.at(old if isinstance(old, Mapping) else {old: new})

    @property
    def derivation(self) -> Derivation:
        """The steps that lead to the law, each with its rule and check."""
        return Derivation(self.conclusion)

    @property
    def evidence(self) -> Evidence:
        """What stands behind the law: `proved`, `guessed` or `assumed`."""
        return self.derivation.evidence

    @abstractmethod
    def moments(self, n: int, *, limit: int | None = most_moments) -> list[sympy.Expr]:
        """The exact moments [m_1, ..., m_n]; more than the limit need a higher one, or None."""

    @abstractmethod
    def free_cumulants(self, n: int, *, limit: int | None = most_moments) -> list[sympy.Expr]:
        """The exact free cumulants [kappa_1, ..., kappa_n]; the limit is that of `moments`."""

    def moment_terms(self, n: int) -> list[fmpq]:
        """m_0 = 1, ..., m_(n-1) as rational numbers; raises `ParameterError` where one is none."""
        moments = self.moments(n - 1) if n > 1 else []
        if not all(isinstance(m, sympy.Rational) for m in moments):
            raise ParameterError(f"the moments of {self.text} are not rational numbers; change a parameter", law=self)
        return [fmpq(1), *map(to_fmpq, moments)][:n]

    @abstractmethod
    def statement(self, convention: str = "stieltjes") -> Statement:
        """What the law says in m ("stieltjes") or in G = -m ("cauchy"), as text, LaTeX and data.

        Raises `ParameterError` for an unknown convention.
        """

    def latex(self, convention: str = "stieltjes") -> str:
        """The law's statement in LaTeX, in m ("stieltjes") or in G = -m ("cauchy").

        >>> from resolvent.derive.laws.elementary import semicircle
        >>> semicircle().latex()
        'm^{2} + z m + 1 = 0'
        >>> semicircle().latex(convention="cauchy")
        'G^{2} - z G + 1 = 0'

        Raises `ParameterError` for an unknown convention.
        """
        return self.statement(convention).latex()

    def plot(self, ax: Any = None, **parameters: Any) -> Any:
        """Draw the density at the given parameters, with edges and atoms; returns the matplotlib axes.

        ``label``, ``color``, ``linewidth`` and ``linestyle`` go to the line.

        Raises `ParameterError` as `Spectrum` does, for a parameter without a value above all.
        """
        return show("plot", self, ax, **parameters)

    def concluded(self, conclusion: Step, recipe: Recipe, text: str) -> Any:
        """The law with another last step, and with the recipe and the text of the catalog entry that made it."""
        found: Any = self
        renamed = {} if text == found.text else {"text": text}
        return replace(found, conclusion=conclusion, recipe=recipe, **renamed)

    def measure(self) -> Any:
        """The `Measure` that a spectrum of the law is built on, or None if its kind is known to `numeric.spectrum`."""
        return None

    def same_as(self, other: Any) -> bool:
        """Whether two laws are proved to be one by what they carry, however they were made; ``==`` means this.

        False may say nothing; see the kinds of laws.
        """
        return self is other

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Law):
            return NotImplemented
        return self.same_as(other) or (type(self) is not type(other) and other.same_as(self))  # one kind may know more

    def __hash__(self) -> int:
        return hash(type(self))


@checked
@dataclass(frozen=True, eq=False)
class AlgebraicRecord(Law):
    """The data of an algebraic law and its exact series; what functions of laws take, and return as ``type(law)(...)``.

    Attributes:
        equation: the irreducible polynomial and the germ of the physical branch.
        conclusion: the last step of the derivation.
        recipe: how the law was made.
        text: the law as an expression, in the grammar of the command line.
        nonnegative: True when the support lies in [0, oo) by construction, None when that is not known.
    """

    equation: ResolventEquation
    conclusion: Step
    recipe: Recipe
    text: str
    nonnegative: bool | None = None
    _cumulants: Memory = field(default_factory=Memory, repr=False)
    has_equation = True

    __repr__ = Law.__repr__

    @property
    def symbols(self) -> tuple[sympy.Symbol, ...]:
        """The parameters of the equation."""
        return self.equation.symbols

    @property
    def parameters(self) -> tuple[sympy.Symbol, ...]:
        """The free parameters, sorted by name, those that dropped out of the equation included."""
        return tuple(sorted(_symbols_by_law(self)[id(self)], key=lambda s: str(s.name)))

    def at(self, values: Images = None, /, **named: Any) -> Self:
        """The law with some or all parameters replaced by numbers or expressions: ``at(c="1/2")`` or ``at({c: .5})``.

        The construction is replayed with the new values, so the factor and the branch are chosen anew and
        domains are checked again; nothing is lost where the polynomial degenerates.

        Raises `ParameterError` for a name the law does not have and for values outside a parameter's domain.

        >>> from resolvent.derive.laws.elementary import marchenko_pastur
        >>> c = sympy.Symbol("c", positive=True)
        >>> marchenko_pastur(c).at(c="1/4").equation.expr
        m**2*z + 4*m*z - 3*m + 4
        """
        replacing = by_name(values, named)
        if not replacing:
            return self
        law: Self = self.recipe.replay(parameter_images(self.parameters, replacing))
        return law

    def same_as(self, other: Any) -> bool:
        """Whether the other law has the same irreducible polynomial, with the same parameters, and the same branch.

        That is: whether they are one law, as functions of the parameters.

        >>> from resolvent.derive.laws.elementary import atoms, marchenko_pastur, semicircle
        >>> semicircle() + semicircle() == semicircle(2), marchenko_pastur(1) == atoms([1]).sample_covariance(1)
        (True, True)
        """
        return isinstance(other, AlgebraicRecord) and self.equation == other.equation

    def __hash__(self) -> int:
        return hash(self.equation)

    @property
    def reads_back(self) -> bool:
        """Whether the grammar of expressions reads the law's text as this law.

        >>> from resolvent.derive.laws.elementary import semicircle
        >>> semicircle(sympy.sqrt(2)).reads_back, semicircle(sympy.pi).reads_back
        (True, False)
        """
        return all(law.recipe.is_written for law in laws_in_order(self))

    @property
    def is_zero(self) -> bool:
        """Whether this is the point mass at 0, the law of the zero matrix."""
        ring = self.equation.polynomial.context()
        return self.equation.polynomial == ring.gen(0) * ring.gen(1) + 1

    @bounded(n=SERIES)
    def moment_series(self, n: int, values: Values | None = None) -> Series:
        """M(w) = sum_{k<n} m_k w^k as an exact series, optionally at numeric parameters."""
        return self.equation.moment_series(n, values)

    def moments(self, n: int, *, limit: int | None = Law.most_moments) -> list[sympy.Expr]:
        """The exact moments [m_1, ..., m_n], by Newton's iteration on the equation.

        >>> from resolvent.derive.laws.elementary import marchenko_pastur
        >>> marchenko_pastur(sympy.Symbol("c", positive=True)).moments(3)
        [1, c + 1, c**2 + 3*c + 1]

        Raises `ParameterError` for more than ``limit`` terms, a tenth of it for each parameter; None for no limit.
        """
        check_count(n, limit, len(self.equation.symbols))
        return readable(terms_of(self.moment_series(n + 1), n + 1)[1:], self.equation.symbols)

    def free_cumulants(self, n: int, *, limit: int | None = Law.most_moments) -> list[sympy.Expr]:
        """The exact free cumulants [kappa_1, ..., kappa_n]: R(g) = sum kappa_(k+1) g^k."""
        check_count(n, limit, len(self.equation.symbols))
        return readable(terms_of(self.cumulant_series(n + 1), n + 1)[1:], self.equation.symbols)

    def statement(self, convention: str = "stieltjes") -> Statement:
        """The polynomial equation and the germ of its branch."""
        return equation_statement(self.equation, convention)

    @bounded(n=SERIES)
    def cumulant_series(self, n: int) -> Series:
        """C(x) = 1 + sum_{1<=k<n} kappa_k x^k as an exact series."""
        if n not in self._cumulants:
            self._cumulants[n] = cumulants_from_moments(self.moment_series(n), self.equation.field)
        found: Series = self._cumulants[n]
        return found


def by_numbers(name: str, a: Any, b: Any, *arguments: Any) -> Any:
    """What a law known by numbers makes of two laws, by its method of that name; None if neither is one."""
    kinds = (type(law) for law in (a, b) if isinstance(law, Law) and not isinstance(law, AlgebraicRecord))
    kind: Any = next((kind for kind in kinds if hasattr(kind, "of")), None)
    return None if kind is None else getattr(kind.of(a), name)(b, *arguments)


def _laws_in(argument: Any) -> list[AlgebraicRecord]:
    if isinstance(argument, (tuple, list)):
        return [law for part in argument for law in _laws_in(part)]
    return [argument] if isinstance(argument, AlgebraicRecord) else []


def laws_in_order(argument: Any) -> Iterator[AlgebraicRecord]:
    """The laws in an argument and those they were made of, each once, parts before wholes; chains may be long."""
    return parts_first(_laws_in(argument), lambda law: _laws_in(law.recipe.arguments))


def _symbols_by_law(argument: Any) -> dict[int, set[sympy.Symbol]]:
    known: dict[int, set[sympy.Symbol]] = {}
    for law in laws_in_order(argument):
        known[id(law)] = _symbols(law.recipe.arguments, known) - law.recipe.bound
    return known


def _symbols(argument: Any, known: Mapping[int, set[sympy.Symbol]]) -> set[sympy.Symbol]:
    if isinstance(argument, AlgebraicRecord):
        return known[id(argument)]
    if isinstance(argument, (tuple, list)):
        return {symbol for part in argument for symbol in _symbols(part, known)}
    return set(argument.free_symbols) if isinstance(argument, sympy.Basic) else set()


LawT = TypeVar("LawT", bound=AlgebraicRecord)


def joint(
    n: int, values: Values, laws: Sequence[AlgebraicRecord], scalars: Sequence[Element]
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


def by_name(values: Images, named: Mapping[str, Any]) -> dict[str, Any]:
    """The values of parameters by name, from those given by symbol and those given by name.

    Raises `ParameterError` for a parameter that is given in both ways.
    """
    found = {str(symbol): value for symbol, value in (values or {}).items()}
    if twice := sorted(found.keys() & named.keys()):
        raise ParameterError(f"{', '.join(twice)} is given twice, by symbol and by name; give it once", names=twice)
    return {**found, **named}


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
    if isinstance(symbol, BoundedSymbol) and not symbol.holds(number):
        ends = [f"above {symbol.above}"] * (symbol.above is not None) + [f"below {symbol.below}"] * (
            symbol.below is not None
        )
        raise ParameterError(f"the parameter {symbol.name} must be {' and '.join(ends)}; got {number}", symbol=symbol)
    return number
