"""Traces of matrix expressions: the limit of (1/p) tr E as an algebraic function of the parameters."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import sympy
from flint import arb, fmpq, fmpz_mpoly

from resolvent.derive.border import checked
from resolvent.derive.derivation.derivation import Derivation
from resolvent.derive.derivation.latex import expression_latex
from resolvent.derive.derivation.step import Step
from resolvent.derive.errors import DerivationError, ParameterError
from resolvent.derive.exact.algebraic_number import AlgebraicNumber
from resolvent.derive.exact.field import Field, coefficients_in, polynomial_ring, polynomial_to_sympy, to_element
from resolvent.derive.exact.polynomials import degree, factored, generator, renamed, resultant, substitute, univariate
from resolvent.derive.exact.precision import cached_property
from resolvent.derive.expressions import rules
from resolvent.derive.expressions.branch import Branch, EnclosedBranch, SeriesBranch, branch_of, enclosed_branch
from resolvent.derive.expressions.dyson import DysonSystem, dyson_system
from resolvent.derive.expressions.elimination import Limits, eliminate
from resolvent.derive.expressions.enclosure import candidates
from resolvent.derive.expressions.expression import MatrixExpression, NotSelfAdjoint
from resolvent.derive.expressions.followed import enclosed
from resolvent.derive.expressions.invertible import require_inverses
from resolvent.derive.expressions.law import inverses_of
from resolvent.derive.expressions.letter import Ratios
from resolvent.derive.expressions.open_equations import unspecified
from resolvent.derive.expressions.open_law import open_trace
from resolvent.derive.expressions.pencil import pencil_of
from resolvent.derive.expressions.physical_series import NoSeries, PhysicalSeries, TooLarge
from resolvent.derive.expressions.pointing import pointing
from resolvent.derive.expressions.positivity import existence
from resolvent.derive.expressions.scaling import scales_of
from resolvent.derive.laws.record import parameter_images
from resolvent.derive.presentation import Typeset

TAU = sympy.Symbol("tau")


@checked
@dataclass(frozen=True, eq=False)
class Trace(Typeset):
    """The limit tau of (1/p) tr E for an expression E of size p: the root of a polynomial that the matrix has.

    Attributes:
        expression: E.
        ratios: the ratios of the sizes.
        polynomial: the irreducible polynomial, with tau as its generator "m".
        system: the Dyson equation of E.
        conclusion: the last step of its derivation.
        settles: whether the trace is a rational function that holds at all parameters; otherwise the inverses in E must
            exist in the limit, which `at` shows at the values that it is given.
    """

    expression: MatrixExpression
    ratios: Ratios
    polynomial: fmpz_mpoly
    system: DysonSystem
    conclusion: Step
    settles: bool

    def __repr__(self) -> str:
        return str(self.expr) if self.expr is not None else f"Trace({self.relation} = 0)"

    def latex(self) -> str:
        """The trace tau in LaTeX, or the equation that it solves."""
        return expression_latex(self.expr) if self.expr is not None else f"{expression_latex(self.relation)} = 0"

    @property
    def derivation(self) -> Derivation:
        """The steps that lead to the polynomial."""
        return Derivation(self.conclusion)

    @property
    def parameters(self) -> tuple[sympy.Symbol, ...]:
        """The parameters, sorted by name."""
        return self.system.parameters

    @cached_property
    def relation(self) -> sympy.Expr:
        """The polynomial in tau and the parameters."""
        return polynomial_to_sympy(self.polynomial, {"m": TAU, **{s.name: s for s in self.parameters}})

    @cached_property
    def expr(self) -> sympy.Expr | None:
        """tau in closed form where the inverses in E exist: rational, a root whose sign cannot change, or None."""
        table = {s.name: s for s in self.parameters}
        field = Field(tuple(table))
        parts = [
            field.element(p).to_sympy(table) for p in coefficients_in(self.polynomial, "m", polynomial_ring(table))
        ]
        if len(parts) == 2:
            return sympy.factor(-parts[0] / parts[1])
        if not table:
            return self._number().to_sympy()
        if len(parts) > 3:
            return None
        discriminant = sympy.factor(parts[1] ** 2 - 4 * parts[0] * parts[2])
        if not (_is_positive(discriminant) and parts[2].is_nonzero):
            return None
        enclosure = EnclosedBranch(self.system, {}).enclosure
        values = {table[n]: sympy.Rational(int(q.p), int(q.q)) for n, q in enclosure.values.items()}
        roots = [(-parts[1] + sign * sympy.sqrt(discriminant)) / (2 * parts[2]) for sign in (1, -1)]
        middle = float(enclosure.trace.real)
        return sympy.simplify(min(roots, key=lambda r: abs(float(r.subs(values)) - middle)))

    def _number(self) -> AlgebraicNumber:
        polynomial = univariate(self.polynomial, "m")
        value = self.ball()
        roots = [AlgebraicNumber(tuple(int(c) for c in polynomial.coeffs()), k)
                 for k in range(sum(1 for r, _ in polynomial.complex_roots() if r.imag.contains(0)))]  # fmt: skip
        chosen = [r for r in roots if r.ball(160).overlaps(value)]
        if len(chosen) != 1:
            raise DerivationError("the root is not isolated by the enclosure", polynomial=polynomial)
        return chosen[0]

    def ball(self, **values: Any) -> arb:
        """tau at numbers for all parameters, as a ball that encloses it with proof.

        Raises `ParameterError` for a parameter without a number.
        """
        numbers = _numbers(self.parameters, values)
        require_inverses(self.expression, self.ratios, numbers)
        if self.settles:
            element = Field(tuple(numbers)).element(*_rational_root(self.polynomial, tuple(numbers)))
            return arb((element.evaluate(numbers) if numbers else element).to_fmpq())
        return _enclosed_trace(self.system, numbers, self.expression, self.ratios)

    def at(self, **values: Any) -> float:
        """tau at numbers for all parameters.

        >>> from resolvent.derive.expressions.letters import dimension, inv, wigner
        >>> S = wigner("S", dimension("p"))
        >>> round(trace_of(inv(S + sympy.Symbol("a", positive=True))).at(a=3), 12)
        0.38196601125

        Raises `ParameterError` for a missing value, `DerivationError` where the trace does not exist.
        """
        return float(self.ball(**values).mid())

    def __float__(self) -> float:
        return self.at()

    def derivative(self, by: Any, at: Any = None) -> TraceDerivative:
        """The derivative of tau in one of its parameters, at a rational value of it, or wherever it is.

        The limits of traces of K^-1 Theta K^-1 = -d/dt (K + t Theta)^-1 at t = 0 need no larger pencil.

        >>> from resolvent.derive.expressions.letters import dimension, gaussian, inv
        >>> p, n = dimension("p"), dimension("n")
        >>> X, lam, c = gaussian("X", p, n), *sympy.symbols("lam c", positive=True)
        >>> risk = trace_of(inv(X @ X.T / n + lam), ratios={(p, n): c}).derivative(lam)  # -tr (M + lam)^-2
        >>> round(risk.at(c=1, lam=2), 12)
        -0.144337567297

        Raises `ParameterError` for anything but a parameter of the trace, or a value that is no rational number.
        """
        return TraceDerivative(self, *_parameter_and_place(self, by, at))


@checked
@dataclass(frozen=True, eq=False)
class TraceDerivative(Typeset):
    """The derivative of a trace tau in a parameter: tau' = -F_t/F_tau for its polynomial F(tau, t).

    Attributes:
        trace: tau.
        by: the parameter t.
        place: the rational value of t at which it is taken, or None for t itself.

    Source: the theorem on implicit functions.
    """

    trace: Trace
    by: sympy.Symbol
    place: fmpq | None

    def __repr__(self) -> str:
        return f"TraceDerivative({self.relation} = 0)"

    def latex(self) -> str:
        """The equation of the derivative in LaTeX."""
        return f"{expression_latex(self.relation)} = 0"

    @property
    def parameters(self) -> tuple[sympy.Symbol, ...]:
        """The parameters, sorted by name."""
        return tuple(s for s in self.trace.parameters if self.place is None or s != self.by)

    @cached_property
    def polynomial(self) -> fmpz_mpoly:
        """The irreducible polynomial of the derivative, which is its generator "m".

        Raises `DerivationError` when its physical factor is not separated.
        """
        ring = polynomial_ring(("y", "m", *(s.name for s in self.trace.parameters)))
        f = self.trace.polynomial.project_to_context(ring)
        relation = generator(ring, "y") * f.derivative("m") + f.derivative(self.by.name)
        if self.place is not None:
            numbers = {self.by.name: (ring.constant(int(self.place.p)), ring.constant(int(self.place.q)))}
            f, relation = (substitute(e, ring, numbers) for e in (f, relation))
        factors = [e for e, _ in factored(resultant(f, relation, "m")) if degree(e, "y")]
        for values in candidates(self.parameters):
            balls = {name: arb(q) for name, q in values.items()}
            try:
                balls["y"] = self.ball(**values)
            except DerivationError:
                continue
            kept = [e for e in factors if _value(e, balls).contains(0)]
            if len(kept) == 1:
                names = ("m", *(s.name for s in self.parameters))
                return renamed(
                    kept[0].project_to_context(polynomial_ring(("y", *names[1:]))), polynomial_ring(names), {"y": "m"}
                )
        raise DerivationError("the physical factor of the derivative is not separated", factors=tuple(factors))

    @cached_property
    def relation(self) -> sympy.Expr:
        """The polynomial in tau, which stands for the derivative, and the parameters."""
        return polynomial_to_sympy(self.polynomial, {"m": TAU, **{s.name: s for s in self.parameters}})

    @property
    def derivation(self) -> Derivation:
        """The steps that lead to the polynomial."""
        step = Step(
            rules.DIFFERENTIATION,
            f"the derivative in {self.by}" + ("" if self.place is None else f" at {self.by} = {self.place}"),
            uses=(self.trace.conclusion,),
            build=partial(_claim, self.polynomial, self.parameters),
            verify=self._is_a_difference,
        )
        return Derivation(step)

    def _is_a_difference(self) -> bool:
        """Whether central differences of the trace come close, in units of the slope and of the trace."""
        values = next(iter(candidates(self.parameters)))
        here = values.get(self.by.name, self.place)
        assert here is not None
        size = abs(here) or fmpq(1)
        step = size / 10**8
        high, low = (self.trace.ball(**{**values, self.by.name: here + k * step}) for k in (1, -1))
        slope, found = (high - low) / (2 * arb(step)), self.ball(**values)
        if slope.contains(0) and found.contains(0) and high.contains(0):
            return True
        return bool(abs(slope - found) < 1e-6 * abs(slope) + 1e-12 * abs(high) / arb(size))

    def ball(self, **values: Any) -> arb:
        """The derivative at numbers for all parameters, as a ball that encloses it with proof.

        Raises `ParameterError` for a parameter without a number, `DerivationError` where two roots meet.
        """
        full = {**values, **({} if self.place is None else {self.by.name: self.place})}
        tau = self.trace.ball(**full)
        images = parameter_images(self.trace.parameters, full)
        balls = {"m": tau, **{s.name: arb(to_element(v)[0].to_fmpq()) for s, v in images.items()}}
        slope = _value(self.trace.polynomial.derivative("m"), balls)
        if slope.contains(0):
            raise DerivationError("the trace has no derivative there: two roots of its polynomial meet", values=values)
        return -_value(self.trace.polynomial.derivative(self.by.name), balls) / slope

    def at(self, **values: Any) -> float:
        """The derivative at numbers for all parameters.

        Raises `ParameterError` for a missing value, `DerivationError` where there is none.
        """
        return float(self.ball(**values).mid())

    def __float__(self) -> float:
        return self.at()


def _parameter_and_place(trace: Trace, by: Any, at: Any) -> tuple[sympy.Symbol, fmpq | None]:
    symbol = next((s for s in trace.parameters if str(s) == str(by)), None)
    if symbol is None:
        raise ParameterError(f"{by} is no parameter of the trace; it has {[str(s) for s in trace.parameters]}", by=by)
    try:
        return symbol, None if at is None else to_element(at)[0].to_fmpq()
    except (ValueError, TypeError):
        raise ParameterError(f"the derivative in {by} is taken at a rational number; got {at!r}", at=at) from None


def _value(polynomial: fmpz_mpoly, balls: Mapping[str, arb]) -> arb:
    """A polynomial at balls."""
    names = polynomial.context().names()
    total = arb(0)
    for exponents, coefficient in polynomial.to_dict().items():
        powers = (balls[name] ** int(e) for name, e in zip(names, exponents, strict=True) if e)
        total = total + math.prod(powers, start=arb(int(coefficient)))
    return total


def _claim(polynomial: fmpz_mpoly, symbols: Sequence[sympy.Symbol]) -> tuple[sympy.Basic, ...]:
    table = {"m": TAU, **{s.name: s for s in symbols}}
    return (sympy.Eq(polynomial_to_sympy(polynomial, table), 0, evaluate=False),)


def _solved(system: DysonSystem, polynomial: fmpz_mpoly, exact: bool) -> bool:
    """Whether the polynomial vanishes on the solution, found anew."""
    branch = branch_of(system, enclosed=not exact)
    return branch.vanishes(polynomial, branch.levels[-1])


def _mirrored(expression: MatrixExpression) -> MatrixExpression:
    """A matrix with the same trace in the limit: the transpose, or for complex entries the adjoint."""
    return expression.H if expression.is_complex else expression.T


def _settled(system: DysonSystem) -> fmpz_mpoly:
    """The linear polynomial of a trace at which the iteration of the equation settles: it is rational."""
    series = PhysicalSeries(system, {})
    g = series.solution(1)
    total = series.base.constant(0)
    for k, weight in enumerate(system.weights):
        total = total + series.base.coerce(weight) * series.base.coerce(g[k, k][0])
    ring = polynomial_ring(("m", "z", *(s.name for s in system.parameters)))
    top, bottom = (e.project_to_context(ring) for e in (total.numerator, total.denominator))
    return bottom * generator(ring, "m") - top


def _rational_root(polynomial: fmpz_mpoly, names: tuple[str, ...]) -> tuple[fmpz_mpoly, fmpz_mpoly]:
    bottom, top = coefficients_in(polynomial, "m", polynomial_ring(names))
    return -bottom, top


def _is_positive(expression: sympy.Expr) -> bool:
    """Whether an expression is positive because all its terms are, factor by factor."""
    return all(f.is_positive or sympy.expand(f).is_positive or (f.is_nonnegative and f.is_nonzero)
               for f in sympy.Mul.make_args(expression))  # fmt: skip


def _system(expression: MatrixExpression, given: Mapping[Any, Any]) -> DysonSystem:
    """The Dyson equation of an expression, or of its symmetric part, which has the same trace in the limit."""
    scales = scales_of(expression.dimensions(), given)
    with pointing(expression):
        try:
            pencil = pencil_of(expression, scales, spectral=False)
        except NotSelfAdjoint as error:
            if any(node.scalar.has(sympy.I) for node in expression.nodes()):
                raise ParameterError(
                    f"the trace of {expression} may be complex; ask for those of (E + E.H)/2 and (E - E.H)/(2*I)",
                    of=expression,
                ) from error
            pencil = pencil_of((expression + _mirrored(expression)) / 2, scales, spectral=False)
        return dyson_system(pencil)


@checked
def trace_ball(
    expression: MatrixExpression,
    ratios: Ratios | None = None,
    **values: Any,
) -> arb:
    """The limit of (1/p) tr E at numbers for all parameters, as a ball that encloses it with proof.

    Nothing is eliminated, and sums are taken term by term, each of which must have a limit: products of resolvents that
    share some of their letters are beyond `trace_of`, and take a second here.

    >>> from resolvent.derive.expressions.letters import dimension, gaussian, inv
    >>> p, n = dimension("p"), dimension("n")
    >>> X, Y = gaussian("X", p, n), gaussian("Y", p, n)
    >>> ball = trace_ball(inv(X @ X.T / n + 1) @ inv(X @ X.T / n + Y @ Y.T / n + 1), {(p, n): 1})
    >>> round(float(ball.mid()), 12), bool(ball.rad() < 1e-12)
    (0.288245611271, True)

    Raises `ParameterError` for anything but a square matrix expression, for a given matrix without a spectrum and a
    parameter without a number; `DerivationError` where an inverse does not exist or the limit is not enclosed.

    Source: Helton, Mai, Speicher, J. Funct. Anal. 274 (2018), for rational expressions.
    """
    given = dict(ratios or {})
    _square(expression)
    if unspecified(expression):
        raise ParameterError(
            f"numbers need spectra for all given matrices; {expression} has one without", of=expression
        )
    total = arb(0)
    for term in _terms(expression):
        system = _system(term, given)
        total += _enclosed_trace(system, _numbers(system.parameters, values), term, given)
    require_inverses(expression, given, values)
    return total


def _terms(expression: MatrixExpression) -> Iterator[MatrixExpression]:
    """The terms of a sum: the trace of each is that of a smaller matrix."""
    if expression.head == "sum":
        for part in expression.parts:
            yield from _terms(part)
    elif expression.head == "scale" and expression.parts[0].head in ("sum", "scale"):
        yield from (expression.scalar * term for term in _terms(expression.parts[0]))
    else:
        yield expression


def _square(expression: Any) -> None:
    if not isinstance(expression, MatrixExpression):
        raise ParameterError(f"a trace is that of a matrix expression; got {expression!r}", expression=expression)
    if not expression.is_square:
        raise ParameterError(f"only a square matrix has a trace; {expression} is {expression.shape}", of=expression)


def _numbers(parameters: Sequence[sympy.Symbol], values: Mapping[str, Any]) -> dict[str, fmpq]:
    """Rational numbers for all parameters."""
    images = parameter_images(parameters, values)
    missing = [s.name for s in parameters if s not in images]
    if missing:
        raise ParameterError(f"give a number for {missing[0]}", missing=missing)
    return {s.name: to_element(v)[0].to_fmpq() for s, v in images.items()}


def _enclosed_trace(
    system: DysonSystem, numbers: Mapping[str, fmpq], expression: MatrixExpression, ratios: Mapping[Any, Any]
) -> arb:
    try:
        found = enclosed(system, numbers)
        if not found.is_self_adjoint:
            raise DerivationError("the trace has no limit")
    except DerivationError as error:
        raise DerivationError(f"{error}{inverses_of(expression, ratios)}", of=expression) from error
    return found.trace.real


@checked
def trace_of(
    expression: MatrixExpression,
    ratios: Ratios | None = None,
    limits: Limits | None = None,
) -> Any:
    """The limit of (1/p) tr E for a square expression of size p, as an algebraic function of its parameters.

    The expression need not be symmetric; ``ratios`` and ``limits`` are those of `law_of`.

    >>> from resolvent.derive.expressions.letters import dimension, gaussian, inv, wigner
    >>> p, n = dimension("p"), dimension("n")
    >>> S, T = wigner("S", p), wigner("T", p)
    >>> trace_of(S @ S @ T @ T), trace_of(S @ T @ S @ T)
    (1, 0)
    >>> X, lam, c = gaussian("X", p, n), *sympy.symbols("lam c", positive=True)
    >>> trace_of(inv(X @ X.T / n + lam), ratios={(p, n): c}).relation
    c*lam*tau**2 - c*tau + lam*tau + tau - 1

    A `Trace`, or an `OpenTrace` where a given matrix has no spectrum: then its traces stay in the equations.

    >>> from resolvent.derive.expressions.letters import given
    >>> trace_of(inv(given("R", p) + wigner("W", p) + lam))
    tau = trbar(1/(R + lam - tau))

    Raises `ParameterError` and `DerivationError` as `law_of` does.

    Sources: Mingo, Speicher 2017, Free probability and random matrices, chapter 10; Helton, Mai, Speicher, J. Funct.
    Anal. 274 (2018), for rational expressions.
    """
    _square(expression)
    given = dict(ratios or {})
    if unspecified(expression):
        return open_trace(expression, given, limits)
    end = time.monotonic() + (limits or Limits()).seconds
    system = _system(expression, given)
    branch: Branch
    try:
        branch = branch_of(system, seconds=end - time.monotonic())
    except NoSeries:
        try:
            system, branch = enclosed_branch(system.pencil, end - time.monotonic())
        except TooLarge:
            raise
        except DerivationError as error:
            raise DerivationError(f"{error}{inverses_of(expression, given)}", of=expression) from error
    exact = isinstance(branch, SeriesBranch)
    polynomial = _settled(system) if exact else eliminate(system, branch, limits or Limits()).polynomial
    factors = [f for f, _ in factored(polynomial) if degree(f, "m")]
    for level in branch.levels:
        factors = [f for f in factors if branch.vanishes(f, level)]
        if len(factors) <= 1:
            break
    if len(factors) != 1:
        raise DerivationError("the physical factor is not separated", factors=tuple(factors))
    chosen = factors[0].project_to_context(polynomial_ring(("m", *(s.name for s in system.parameters))))
    definition = Step(rules.MODEL, f"tau = lim (1/p) tr E, E = {expression}", kind="definition")
    known = (definition, *existence(expression, system))
    dyson = Step(rules.DYSON_EQUATION, f"the Dyson equation of a pencil of {system.pencil.size} states", uses=known)
    step = Step(
        rules.ENCLOSED_ELIMINATION if isinstance(branch, EnclosedBranch) else rules.ELIMINATION,
        f"the equation of the trace of {expression}",
        uses=(dyson,),
        build=partial(_claim, chosen, system.parameters),
        verify=partial(_solved, system, factors[0], exact),
    )
    require_inverses(expression, given)
    found = Trace(expression, given, chosen, system, step, exact)
    if not found.parameters and not exact:
        found.ball()  # for its refusal where an inverse is not bounded
    return found
