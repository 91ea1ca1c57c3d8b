"""The schema of a catalog entry: one frozen object that says everything about one ensemble."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import sympy
from numpy.typing import NDArray

from resolvent.catalog.schema.facts import Fact, Values, ZeroEdge
from resolvent.catalog.schema.option import Choice, Option
from resolvent.catalog.schema.parameter import Parameter, unknown
from resolvent.catalog.schema.quantity import Quantity
from resolvent.derive.border import checked
from resolvent.derive.derivation.step import Rule, Step
from resolvent.derive.errors import ParameterError
from resolvent.derive.exact.field import to_fmpq
from resolvent.derive.laws.irrational import exact_numbers
from resolvent.derive.laws.record import Images, Law, Recipe, by_name
from resolvent.derive.presentation import Presented, show
from resolvent.numeric.matrices.ensembles import generator
from resolvent.numeric.matrices.matrix_parts import Sampled

if TYPE_CHECKING:
    from resolvent.numeric.density.closed_density import ClosedDensity

Matrix = NDArray[np.float64]

_LARGEST = 10**150  # of a number that is sampled with: its square is a float
MEMORY_LIMIT = 4 * 2**30
"""Bytes that a sampler may use at its peak unless the caller allows more."""


@dataclass(frozen=True)
class Reference:
    """Where something is written: the text of the reference and the place in it."""

    text: str
    locator: str = ""


@dataclass(frozen=True)
class Note:
    """A translation between a source's convention and ours, a misprint with its correction, or a remark."""

    kind: Literal["convention", "misprint", "remark"]
    text: str
    source: str = ""


@dataclass(frozen=True)
class Outlier:
    """An eigenvalue that is predicted outside the support of the law, at a finite size, and why."""

    location: float
    reason: str


@dataclass(frozen=True)
class Sampler:
    """A way to draw the ensemble's actual matrix.

    Attributes:
        name: the keyword that chooses it.
        doc: what is built, what ``size`` means, and how ratios are rounded.
        build: (size, rng, **parameters as floats) -> symmetric matrix of float64. With an option, the keyword of its
            name brings the chosen object, or None.
        default_size: a size at which the spectrum is close to its limit and the draw takes about a second.
        memory: (size, **parameters as floats) -> the bytes held at the peak, by an upper estimate.
        multiple_of: what the size must be a multiple of.
        follows_law: False where the matrix breaks an assumption of the law on purpose, so that its spectrum differs.
        rows: (size, **parameters as floats) -> the number of rows, where it is not the size.
        outliers: with the keywords of ``build``, without rng -> the eigenvalues that are predicted outside the support.
    """

    name: str
    doc: str
    build: Callable[..., Matrix]
    default_size: int
    memory: Callable[..., float]
    multiple_of: int = 1
    follows_law: bool = True
    rows: Callable[..., int] | None = None
    outliers: Callable[..., tuple[Outlier, ...]] | None = None

    def __repr__(self) -> str:
        return f"<Sampler {self.name}, size {self.default_size}: {self.doc}>"

    def size_up_to(self, most: int) -> int:
        """The default size, or the largest one up to ``most`` if that is smaller."""
        return min(self.default_size, most) // self.multiple_of * self.multiple_of

    def check_size(self, size: Any, values: Mapping[str, float], limit: float) -> int:
        """The size as an int; raises `ParameterError` if there is no such size, or it needs more than the limit."""
        is_integer = isinstance(size, (int, np.integer)) and not isinstance(size, bool)
        if not is_integer or size < 2 or size % self.multiple_of:
            kind = "an integer" if self.multiple_of == 1 else f"a multiple of {self.multiple_of}"
            raise ParameterError(
                f"the size of the sampler {self.name!r} must be {kind}, at least 2; got {size!r}", size=size
            )
        needed = self.memory(int(size), **values)
        if needed > limit:
            raise ParameterError(
                f"a matrix of size {size} from the sampler {self.name!r} needs about {needed / 2**30:.3g} GiB, more "
                f"than the limit of {limit / 2**30:.3g} GiB; take a smaller size, or pass memory=<bytes>",
                size=size,
                needed=needed,
            )
        return int(size)


@dataclass(frozen=True)
class ClosedForm:
    """A density in closed form at special parameters, derived.

    Attributes:
        parameters: the values.
        derive: () -> the density with its derivation.
    """

    parameters: Mapping[str, Any]
    derive: Callable[[], ClosedDensity]

    def covers(self, values: Mapping[str, Any]) -> bool:
        """Whether values that are given, of some of the parameters, are the special ones."""
        return all(
            not getattr(value, "free_symbols", None) and to_fmpq(value) == to_fmpq(self.parameters[name])
            for name, value in values.items()
        )


@checked
@dataclass(frozen=True, eq=False)
class Ensemble(Presented):
    """A named ensemble of random matrices: its law with its derivation, its sampler, and what is known about it.

    Attributes:
        slug: the permanent name, lower-case words joined by hyphens.
        title: the name for people.
        model: the matrix in LaTeX.
        parameters: in the order in which they are printed.
        derive: (**symbols or values) -> the law, with its derivation; never a formula copied from a source.
        samplers: the first is the default.
        references: where the model and the law come from.
        known: facts stated by sources, never used by ``derive``.
        cases: parameters off the defaults at which tests run, a degenerate one among them.
        assumptions: what is assumed of the model without proof; they become steps of the derivation.
        notes: translations of conventions, misprints and remarks.
        option: a choice that may be made instead of giving values to some of the parameters.
        closed_form: a density in closed form, where one is found.
        quantities: numbers that it predicts besides its law, each with its experiment.

    >>> from resolvent.catalog import get
    >>> entry = get("marchenko-pastur")
    >>> entry.law(c="1/4", sigma=2).moments(2)
    [4, 20]
    >>> entry.law().parameters
    (c, sigma)
    >>> entry.sample(6, 0, c="1/2").shape
    (6, 6)

    Raises `ParameterError` for a malformed slug, no sampler, and facts or cases that do not fit the parameters.
    """

    slug: str
    title: str
    model: str
    parameters: tuple[Parameter, ...]
    derive: Callable[..., Law]
    samplers: tuple[Sampler, ...]
    references: tuple[Reference, ...]
    known: tuple[Fact, ...] = ()
    cases: tuple[Mapping[str, Any], ...] = ()
    assumptions: tuple[Step, ...] = ()
    notes: tuple[Note, ...] = ()
    option: Option | None = None
    closed_form: ClosedForm | None = None
    quantities: tuple[Quantity, ...] = ()

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", self.slug):
            raise ParameterError(f"a slug is lower-case words joined by hyphens; got {self.slug!r}", slug=self.slug)
        for what, entries in (("parameter", self.parameters), ("sampler", self.samplers)):
            names = [e.name for e in entries]
            if len(set(names)) < len(names):
                raise ParameterError(f"{self.slug} has two {what}s of one name: {', '.join(names)}", names=names)
        if not self.samplers or not self.references:
            raise ParameterError(f"{self.slug} needs at least one sampler and one reference", slug=self.slug)
        for fact in self.known:
            parameters = {fact.parameter} if isinstance(fact, ZeroEdge) else set()
            strange = (fact.free_symbols | parameters) - set(self.symbols.values())
            if strange:
                names = sorted(map(str, strange))
                raise ParameterError(f"a fact of {self.slug} has unknown symbols: {', '.join(names)}", fact=fact)
        for step in self.assumptions:
            if step.kind != "assumed":
                raise ParameterError(f"an assumption of {self.slug} is of kind {step.kind!r}: {step.text}", step=step)
        for case in self.cases:
            self.numbers(case)

    def __repr__(self) -> str:
        return f"<Ensemble {self.slug}>"

    @property
    def symbols(self) -> dict[str, sympy.Symbol]:
        """The parameters' symbols by name."""
        return {p.name: p.symbol for p in self.parameters}

    @property
    def takes_words(self) -> set[str]:
        """The names of what may be given as a word."""
        option = {self.option.name} if self.option else set()
        return option | {p.name for p in self.parameters if p.words}

    # -- the law -------------------------------------------------------------------------------------------

    def law(self, **parameters: Any) -> Any:
        """The limiting law, with its derivation; parameters not given stay symbolic (`at` takes defaults).

        An `AlgebraicLaw`, or a `TensorLaw` for the entries that say so in their derivation.

        Values may be numbers, strings like "1/2", or SymPy expressions (rational functions of other symbols). The
        law's ``at`` replays this, so domains are checked again and the assumptions are kept.

        Raises `ParameterError` for a name the ensemble does not have and for a value outside its domain.
        """
        settings = self.validate(parameters)
        choice = self._choice(settings)
        values = {p.name: settings.get(p.name, p.default if p.is_chosen else p.symbol) for p in self.parameters}
        takes_roots = any(p.root for p in self.parameters)  # then ``derive`` takes them as they are
        return (self._law if takes_roots else exact_numbers(self._law))(choice, **values)

    def _law(self, choice: Any, **values: Any) -> Any:
        reaches = self.option is not None and self.option.reaches_law
        chosen = {self.option.name: choice and choice.subject} if self.option and reaches else {}
        law = self.derive(**values, **chosen)
        conclusion = law.conclusion
        extra = (*self.assumptions, *((choice.step,) if choice else ()))
        if extra:
            conclusion = replace(conclusion, uses=(*conclusion.uses, *extra))
        recipe = Recipe(self._replay, (choice, *values.values()), stands_for=vars(law).get("recipe"))
        return law.concluded(conclusion, recipe, self._text(law, values))

    def _text(self, law: Law, values: Mapping[str, Any]) -> str:
        """The law's own text, or the entry with its arguments where that reads back and the law's own does not."""
        needed = set().union(*(getattr(value, "free_symbols", ()) for value in values.values()))
        if (law.reads_back or not law.has_equation) and needed <= set(law.parameters):
            return law.text
        return f"{self.slug.replace('-', '_')}({', '.join(map(str, values.values()))})"

    def at(self, values: Images = None, /, **named: Any) -> Law:
        """The law at numbers, parameters that are not given at their defaults; what a `Spectrum` is made of.

        Raises `ParameterError` as `law` does, and for a parameter without value or default.
        """
        found: Law = self.law(**self.numbers(by_name(values, named)))
        return found

    def plot(self, ax: Any = None, **parameters: Any) -> Any:
        """Draw the density at the given parameters, the others at their defaults; returns the matplotlib axes.

        Raises `ParameterError` as `at` does.
        """
        return show("plot", self, ax, **parameters)

    def facts(self, **parameters: Any) -> tuple[Fact, ...]:
        """The known facts at the given parameters; those that are not given stay symbolic."""
        settings = self.validate(parameters)
        images: Values = {symbol: settings[name] for name, symbol in self.symbols.items() if name in settings}
        return tuple(fact.at(images) for fact in self.known)

    def _replay(self, choice: Choice | None, *values: Any) -> Any:
        settings = dict(zip(self.symbols, values, strict=True))
        return self.law(**settings, **({self.option.name: choice} if self.option else {}))

    def _choice(self, settings: Mapping[str, Any]) -> Choice | None:
        return settings.get(self.option.name) if self.option else None

    # -- matrices ------------------------------------------------------------------------------------------

    def sample(
        self,
        size: int,
        rng: np.random.Generator | int,
        *,
        sampler: str | None = None,
        memory: float = MEMORY_LIMIT,
        **parameters: Any,
    ) -> Matrix:
        """One draw of the ensemble's matrix, symmetric, float64.

        ``size`` is in the sampler's own unit, most often the number of rows; ``rng`` a NumPy Generator or a seed;
        ``memory`` the bytes allowed at the peak. Parameters that are not given take their defaults.

        Raises `ParameterError` for an unknown sampler or parameter, a parameter without a value, and a size that is
        impossible or too large for the memory.
        """
        chosen = self.sampler(sampler)
        settings = self.numbers(parameters)
        size = chosen.check_size(size, self.floats(settings), memory)
        return chosen.build(size, generator(rng), **self._keywords(settings))

    def matrix_part(self, choice: Choice | None, *values: Any) -> Sampled | None:
        """The entry's matrix as a part of others, at the arguments of its law's recipe; see `matrices.matrix_model`.

        It comes from the first sampler that follows the law and whose size is the number of rows, one without predicted
        outliers if there is one; None where there is none.
        """
        able = [s for s in self.samplers if s.follows_law and s.rows is None]
        if not able:
            return None
        chosen = min(able, key=lambda s: s.outliers is not None)
        option = {self.option.name: choice} if self.option and choice else {}
        settings = self.numbers({**dict(zip(self.symbols, values, strict=True)), **option})
        build = partial(chosen.build, **self._keywords(settings))
        return Sampled(build, partial(chosen.memory, **self.floats(settings)), chosen.multiple_of)

    def outliers(self, size: int, *, sampler: str | None = None, **parameters: Any) -> tuple[Outlier, ...]:
        """The eigenvalues that are predicted outside the support, for a draw of that size; none where none are known.

        Raises `ParameterError` as `sample` does.
        """
        chosen = self.sampler(sampler)
        settings = self.numbers(parameters)
        size = chosen.check_size(size, self.floats(settings), math.inf)
        return chosen.outliers(size, **self._keywords(settings)) if chosen.outliers else ()

    def quantity(self, name: str) -> Quantity:
        """The quantity of that name; raises `ParameterError` for an unknown one."""
        for quantity in self.quantities:
            if quantity.name == name:
                return quantity
        raise unknown(f"quantity of {self.slug}", name, [q.name for q in self.quantities])

    def floats(self, settings: Mapping[str, Any]) -> dict[str, float]:
        """The parameters' values in `numbers` as floats, without the choice; `ParameterError` for too large ones."""
        values = {name: v for name, v in settings.items() if name in self.symbols}
        for name, v in values.items():
            if abs(v) > _LARGEST:
                raise ParameterError(
                    f"{name} is too large to be sampled; got about 1e{len(str(int(v))) - 1}", name=name
                )
        return {n: float(Fraction(int(v.p), int(v.q)) if v.is_Rational else v) for n, v in values.items()}

    def _keywords(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """The keywords of a sampler's functions."""
        choice = self._choice(settings)
        return {**self.floats(settings), **({self.option.name: choice and choice.subject} if self.option else {})}

    @property
    def faithful_sampler(self) -> Sampler | None:
        """The first sampler that follows the law, None without one."""
        return next((s for s in self.samplers if s.follows_law), None)

    def sampler(self, name: str | None = None) -> Sampler:
        """The sampler of that name, the first without one; raises `ParameterError` for an unknown name."""
        if name is None:
            return self.samplers[0]
        for sampler in self.samplers:
            if sampler.name == name:
                return sampler
        raise unknown(f"sampler of {self.slug}", name, [s.name for s in self.samplers])

    # -- parameters ----------------------------------------------------------------------------------------

    def validate(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """The given parameters as exact values in their domains; a choice is kept, and sets its parameters.

        Raises `ParameterError` for unknown names, values outside their domain, and values that contradict the choice.
        """
        table = {p.name: p for p in self.parameters}
        given = dict(parameters)
        choice = self._taken(given, table) if self.option else None
        for name in given:
            if name not in table:
                raise unknown(
                    f"parameter of {self.slug}", name, [*table, *(self.option.keywords if self.option else ())]
                )
        found = {name: p.validate(given[name]) for name, p in table.items() if name in given}
        if self.option is None or choice is None:
            return found
        for name, value in choice.values.items():
            if found.setdefault(name, value) != value:
                raise ParameterError(
                    f"{self.option.name}={choice.text} sets {name}; leave out {name}={found[name]}", name=name
                )
        return {**found, self.option.name: choice}

    def _taken(self, given: dict[str, Any], table: Mapping[str, Parameter]) -> Choice | None:
        assert self.option is not None
        known = {name: table[name].validate(given.get(name, table[name].default)) for name in self.option.needs}
        return self.option.take(given, {name: value for name, value in known.items() if value.is_number})

    def numbers(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """All parameters as exact numbers, with defaults for those not given, and the choice, if one is made.

        Raises `ParameterError` as `validate` does, and where a parameter has no value or a symbolic one.
        """
        settings = self.validate(parameters)
        values = {p.name: settings.pop(p.name, p.default) for p in self.parameters}
        for p in self.parameters:
            value = values[p.name]
            if value is None:
                instead = f", or {self.option.name}=..." if self.option and p.name in self.option.sets else ""
                raise ParameterError(
                    f"{self.slug} needs a value for {p.name} ({p.doc}), in {p.domain}{instead}", parameter=p
                )
            if not value.is_number:
                raise ParameterError(f"{p.name} ({p.doc}) must be a number here; got {value}", parameter=p, value=value)
        return {**values, **settings}

    # -- export --------------------------------------------------------------------------------------------

    def to_json(self) -> dict[str, Any]:
        """The entry as plain values that `json.dumps` takes: everything but the functions, which go by their names."""
        return {
            "slug": self.slug,
            "title": self.title,
            "model": self.model,
            "parameters": [p.to_json() for p in self.parameters],
            "option": self.option.to_json() if self.option else None,
            "samplers": [
                {"name": s.name, "doc": s.doc, "default_size": s.default_size, "follows_law": s.follows_law}
                for s in self.samplers
            ],
            "assumptions": [
                {"name": a.rule.name, "text": a.text, "source": a.rule.reference} for a in self.assumptions
            ],
            "known": [fact.to_json() for fact in self.known],
            "quantities": [q.to_json() for q in self.quantities],
            "cases": [{name: str(v) for name, v in self.numbers(case).items()} for case in self.cases],
            "references": [{"text": r.text, "locator": r.locator} for r in self.references],
            "notes": [{"kind": n.kind, "text": n.text, "source": n.source} for n in self.notes],
        }


def assumption(name: str, text: str, source: str = "", latex: str = "") -> Step:
    """A step of kind "assumed": something the law rests on that is not proved of the model.

    ``latex`` is the text with its formulas between dollar signs, where it has formulas.

    >>> assumption("independent errors", "the residuals do not depend on the data").kind
    'assumed'
    """
    return Step(Rule(name, "Assumed of the model, not proved.", source), text, kind="assumed", latex=latex)


def columns(rows: int, ratio: float) -> int:
    """The number of columns nearest to rows/ratio, for a matrix whose rows over columns tend to ``ratio``.

    >>> columns(100, 0.25)
    400

    Raises `ParameterError` where no column would be left.
    """
    number = rows / ratio
    if number < 0.5:
        raise ParameterError(
            f"{rows} rows at ratio {ratio:g} leave no columns; take a size of at least {ratio:.4g}",
            rows=rows,
            ratio=ratio,
        )
    return max(1, round(number))
