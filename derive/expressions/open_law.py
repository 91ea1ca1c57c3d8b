"""Laws and traces of expressions in which given matrices have no spectrum: equations in which their traces stay."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import sympy

from resolvent.derive.border import checked
from resolvent.derive.derivation.derivation import Derivation
from resolvent.derive.derivation.document import Formula
from resolvent.derive.derivation.latex import expression_latex, in_convention
from resolvent.derive.derivation.step import Step
from resolvent.derive.equations.equation import M
from resolvent.derive.errors import ParameterError
from resolvent.derive.exact.field import Element, Field
from resolvent.derive.exact.series import Series, cumulants_from_moments, make_series, terms_of
from resolvent.derive.expressions import rules
from resolvent.derive.expressions.dyson import DysonSystem
from resolvent.derive.expressions.elimination import Limits, told, told_latex
from resolvent.derive.expressions.expression import MatrixExpression, NotSelfAdjoint
from resolvent.derive.expressions.invertible import require_inverses
from resolvent.derive.expressions.letter import Ratios
from resolvent.derive.expressions.model_steps import generic_position, linearisation_step
from resolvent.derive.expressions.open_equations import OpenEquations, trbar, unspecified, with_probes
from resolvent.derive.expressions.open_system import open_equations
from resolvent.derive.expressions.pencil import Entry, pencil_of
from resolvent.derive.expressions.pencil_check import is_linearisation
from resolvent.derive.expressions.physical_series import PhysicalSeries
from resolvent.derive.expressions.pointing import pointing
from resolvent.derive.expressions.positivity import existence
from resolvent.derive.expressions.scaling import scales_of
from resolvent.derive.laws.arguments import as_scalar, check_count
from resolvent.derive.laws.record import Images, Law, by_name, parameter_images
from resolvent.derive.laws.statement import Statement
from resolvent.derive.presentation import Typeset


@checked
@dataclass(frozen=True, eq=False)
class OpenLaw(Law):
    """The law of an expression in which given matrices have no spectrum: their traces stay in its equations.

    Attributes:
        model, ratios, limits: what it was derived from.
        found: the equations.
        conclusion: the last step of the derivation.

    >>> from resolvent.derive.expressions.letters import dimension, gaussian, given
    >>> p, n, c = dimension("p"), dimension("n"), sympy.Symbol("c", positive=True)
    >>> X, S = gaussian("X", p, n), given("S", p)
    >>> law = open_law(X.T @ S @ X / n, {(p, n): c})
    >>> law
    (m*z + 1)/(c*m) = trbar(S/(S*m + 1))
    >>> law.moments(2)
    [c*trbar(S), c**2*trbar(S)**2 + c*trbar(S**2)]

    Source: Mingo, Speicher 2017, Free probability and random matrices, chapter 10, for deterministic equivalents.
    """

    model: MatrixExpression
    ratios: Ratios
    limits: Limits
    found: OpenEquations
    conclusion: Step
    kind = "law with open spectra"
    most_moments = 24

    def __repr__(self) -> str:
        return "; ".join(_line(e) for e in self.equations)

    @property
    def text(self) -> str:  # type: ignore[override]
        """The law in words."""
        return f"law_of({self.model})"

    @property
    def equations(self) -> tuple[sympy.Eq, ...]:
        """The equations of m and of the unknowns t that stay; matrices stand in ``trbar`` as commuting symbols."""
        return self.found.equations

    @property
    def parameters(self) -> tuple[sympy.Symbol, ...]:
        """The parameters, sorted by name."""
        return self.found.system.parameters

    def same_as(self, other: Any) -> bool:
        """Whether both are laws of the same expression in the same matrices, at the same ratios.

        False says nothing: the same law made of another expression is not recognised.
        """
        return isinstance(other, OpenLaw) and _made_of(self) == _made_of(other)

    __hash__ = Law.__hash__

    def at(self, values: Images = None, /, **named: Any) -> OpenLaw:
        """The law with parameters replaced; spectra are given by ``rv.law_of(model.with_spectra(S=...))``.

        Raises `ParameterError` for a name the law does not have.
        """
        images = parameter_images(self.parameters, by_name(values, named))
        model = self.model.rebuilt([s.xreplace(images) for s in self.model.scalars()], self.model.laws())
        ratios = {pair: as_scalar(value).xreplace(images) for pair, value in self.ratios.items()}
        return open_law(model, ratios, self.limits)

    def moments(self, n: int, *, limit: int | None = most_moments) -> list[sympy.Expr]:
        """The moments as polynomials in the traces of the given matrices.

        Raises `ParameterError` where they are no polynomials, as for inv(S + 1).
        """
        check_count(n, limit, 0)
        series = self._series(n)
        return [series.shown(x) for x in terms_of(series.moments(n + 1), n + 1)[1:]]

    def free_cumulants(self, n: int, *, limit: int | None = most_moments) -> list[sympy.Expr]:
        """The free cumulants as polynomials in the traces of the given matrices; raises as `moments` does."""
        check_count(n, limit, 0)
        series = self._series(n)
        found = cumulants_from_moments(series.moments(n + 1), series.base)
        return [series.shown(x) for x in terms_of(found, n + 1)[1:]]

    def _series(self, n: int) -> _OpenMoments:
        if self.found.system.free_letters:
            raise ParameterError(
                "the moments are not known where several matrices without a spectrum are in generic position; give "
                "them spectra, model.with_spectra(...)"
            )
        names = tuple(x.name for x in unspecified(self.model))
        return _OpenMoments(self.found.system, names, (n + 2) * _degree(self.model, names))

    def statement(self, convention: str = "stieltjes") -> Statement:
        """The equations, in m or in G = -m; raises `ParameterError` for an unknown convention."""
        in_convention(M, convention)
        equations = [e.func(*(in_convention(side, convention)[0] for side in e.args), evaluate=False)
                     for e in self.equations]  # fmt: skip
        lines = [expression_latex(e) for e in equations]
        return Statement(
            "equations in",
            Formula(lambda: lines, lambda: [_line(e) for e in equations]),
            lambda: r",\quad ".join(lines),
            lambda: {"equations": [_line(e) for e in equations], "latex": lines},
        )


@checked
@dataclass(frozen=True, eq=False)
class OpenTrace(Typeset):
    """The limit tau of (1/p) tr E, by equations in which traces of given matrices without a spectrum stay.

    Attributes:
        expression, ratios: what it is the trace of.
        found: the equations.
        conclusion: the last step of the derivation.
    """

    expression: MatrixExpression
    ratios: Ratios
    found: OpenEquations
    conclusion: Step

    def __repr__(self) -> str:
        return "; ".join(_line(e) for e in self.equations)

    @property
    def equations(self) -> tuple[sympy.Eq, ...]:
        """The equations of tau and of the unknowns t that stay; matrices stand in ``trbar`` as commuting symbols."""
        return self.found.equations

    @property
    def parameters(self) -> tuple[sympy.Symbol, ...]:
        """The parameters, sorted by name."""
        return self.found.system.parameters

    @property
    def derivation(self) -> Derivation:
        """The steps that lead to the equations."""
        return Derivation(self.conclusion)

    def latex(self) -> str:
        """The equations in LaTeX."""
        return r",\quad ".join(expression_latex(e) for e in self.equations)


def open_law(model: MatrixExpression, ratios: Ratios, limits: Limits | None = None) -> OpenLaw:
    """The law of an expression in given matrices without a spectrum; see `OpenLaw`.

    Raises `ParameterError` and `DerivationError` as `law_of` does.
    """
    found, conclusion = _derived(model, ratios, limits or Limits(), True)
    return OpenLaw(model, ratios, limits or Limits(), found, conclusion)


def open_trace(expression: MatrixExpression, ratios: Ratios, limits: Limits | None = None) -> OpenTrace:
    """The trace of an expression in given matrices without a spectrum; see `OpenTrace`.

    Raises `ParameterError` and `DerivationError` as `trace_of` does.
    """
    found, conclusion = _derived(expression, ratios, limits or Limits(), False)
    return OpenTrace(expression, ratios, found, conclusion)


def _derived(model: MatrixExpression, ratios: Ratios, limits: Limits, spectral: bool) -> tuple[OpenEquations, Step]:
    """The equations, and the step that concludes them."""
    scales = scales_of(model.dimensions(), ratios)
    probe = with_probes(model)
    try:
        with pointing(probe):
            pencil = pencil_of(probe, scales, spectral=spectral)
    except NotSelfAdjoint as error:
        if spectral:
            raise
        raise ParameterError(
            f"{model} is not symmetric; the trace does not change when a factor goes from one end to the other, "
            "A @ B to B @ A, and that makes most products symmetric",
            of=model,
        ) from error
    names = [x.name for x in unspecified(model)]
    found = open_equations(pencil, names, limits)
    require_inverses(model, ratios)
    verify = partial(is_linearisation, probe, pencil) if spectral else None
    uses = [linearisation_step(model, pencil, ratios, verify, trace=not spectral)]
    uses += existence(model, found.system)
    groups = {x.group or n for n, x in model.letters().items() if x.kind == "given"}
    if len(groups) > 1:
        uses.append(generic_position(sorted(groups)))
    dyson = Step(
        rules.OPEN_SPECTRA, f"the Dyson equation, with the traces of {', '.join(names)} left", uses=tuple(uses)
    )
    steps = told(found.steps)
    return found, Step(
        rules.ELIMINATION,
        f"the equations of {model}{steps}",
        uses=(dyson,),
        build=partial(getattr, found, "equations"),
        verify=found.hold,
        latex=f"the equations of ${model.latex()}${told_latex(found.steps)}",
    )


def _made_of(law: OpenLaw) -> tuple[Any, ...]:
    return str(law.model), law.model.letters(), dict(law.ratios)


def _line(equation: sympy.Eq) -> str:
    return " = ".join(map(str, equation.args))


def _degree(model: MatrixExpression, names: Sequence[str]) -> int:
    """The degree of an expression in letters; raises `ParameterError` where it is no polynomial in them."""
    done: dict[int, int] = {}
    for node in model.nodes():
        own = [done[id(part)] for part in node.parts]
        if node.head == "inverse" and own[0]:
            raise ParameterError(f"the moments of {model} are no polynomials in traces of {', '.join(names)}", of=node)
        mine = int(node.letter is not None and node.letter.name in names)
        done[id(node)] = sum(own) if node.head == "product" else max((mine, *own))
    return done[id(model)]


class _OpenMoments(PhysicalSeries):
    """The series at infinity, with a symbol for the trace of every monomial in the given matrices."""

    def __init__(self, system: DysonSystem, names: tuple[str, ...], top: int) -> None:
        super().__init__(_with_symbols(system, names), {})
        self.names = names
        exponents = [e for e in itertools.product(range(top + 1), repeat=len(names)) if 0 < sum(e) <= top]
        self.traces = {e: "q_" + "_".join(map(str, e)) for e in exponents}
        self.base = self.base.join(Field(tuple(self.traces.values())))

    def _inverse(
        self, states: Sequence[int], base: Mapping[Entry, Series], extra: Mapping[Entry, Element], n: int
    ) -> dict[Entry, Series]:
        found = super()._inverse(states, base, extra, n)
        if not extra:
            return found
        return {e: make_series(self.base, [self._traced(x) for x in terms_of(s, n)], n) for e, s in found.items()}

    def _traced(self, value: Element) -> Element:
        """The trace of a polynomial in the matrices."""
        value = self.base.coerce(value)
        ring = self.base.ring
        places = [ring.variable_to_index(name) for name in self.names]
        if any(value.denominator.degrees()[k] for k in places):
            raise ParameterError(f"the moments are no polynomials in traces of {', '.join(self.names)}")
        total = ring.constant(0)
        for exponents, coefficient in value.numerator.to_dict().items():
            key = tuple(int(exponents[k]) for k in places)
            rest = tuple(0 if k in places else e for k, e in enumerate(exponents))
            monomial = ring.from_dict({rest: coefficient})
            total = total + (monomial * ring.gen(ring.variable_to_index(self.traces[key])) if any(key) else monomial)
        return self.base.element(total, value.denominator)

    def moments(self, n: int) -> Series:
        """sum_{k<n} m_k w^k."""
        g = self.solution(n + 1)
        total = [self.base.constant(0)] * n
        for k, weight in enumerate(self.system.weights):
            total = [t + self.base.coerce(g[k, k][j + 1]) * self.number(weight) for j, t in enumerate(total)]
        return make_series(self.base, total, n)

    def shown(self, value: Any) -> sympy.Expr:
        """A coefficient in SymPy, with ``trbar`` of monomials."""
        table: dict[str, sympy.Expr] = {s.name: s for s in self.system.parameters}
        for exponents, name in self.traces.items():
            factors = [sympy.Symbol(x) ** e for x, e in zip(self.names, exponents, strict=True)]
            table[name] = trbar(sympy.Mul(*factors))
        return sympy.expand(self.base.coerce(value).to_sympy(table))


def _with_symbols(system: DysonSystem, names: Sequence[str]) -> DysonSystem:
    """The system with one case for the matrices of these names: they themselves, as symbols."""
    pencil = system.pencil
    scales = replace(pencil.scales, symbols={**pencil.scales.symbols, **{n: sympy.Symbol(n) for n in names}})
    tables: dict[int, dict[Entry, Element]] = {}
    for name in names:
        own = Field((name,)).generator(name)
        for e, x in pencil.table.get(name, {}).items():
            y = scales.without_roots(x) * own
            table = tables.setdefault(system.component_of[e[0]], {})
            table[e] = table[e] + y if e in table else y
    one = Field().constant(1)
    components = tuple(
        replace(c, cases=((one, tables[k]),)) if k in tables else c for k, c in enumerate(system.components)
    )
    return replace(system, pencil=replace(pencil, scales=scales), components=components)
