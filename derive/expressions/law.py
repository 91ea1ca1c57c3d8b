"""The law of a matrix expression: from what is written to one polynomial in z and m, with its derivation."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import sympy
from flint import fmpz_mpoly

from resolvent.derive.border import checked
from resolvent.derive.derivation.step import Step
from resolvent.derive.errors import DerivationError, ParameterError, ResolventError
from resolvent.derive.exact.extension import ALPHA
from resolvent.derive.exact.polynomials import degree, irreducible_factors, without_monomials
from resolvent.derive.exact.resultant import Resultant
from resolvent.derive.expressions import rules
from resolvent.derive.expressions.branch import Branch, SeriesBranch, branch_of, enclosed_branch
from resolvent.derive.expressions.by_operations import recipe_by_operations
from resolvent.derive.expressions.certificate import Certificate
from resolvent.derive.expressions.dyson import DysonSystem, dyson_system
from resolvent.derive.expressions.elimination import (
    Elimination,
    Limits,
    apart,
    eliminate,
    read_polynomial,
    terms_of_polynomial,
    told,
    told_latex,
    too_long,
)
from resolvent.derive.expressions.expression import MatrixExpression
from resolvent.derive.expressions.germ import Unbounded, physical_equation_at
from resolvent.derive.expressions.invertible import require_inverses
from resolvent.derive.expressions.letter import Ratios, SymbolicSize
from resolvent.derive.expressions.model_steps import generic_position, linearisation_step
from resolvent.derive.expressions.open_equations import unspecified
from resolvent.derive.expressions.open_law import open_law
from resolvent.derive.expressions.pencil import Pencil, growth, pencil_of
from resolvent.derive.expressions.pencil_check import is_linearisation
from resolvent.derive.expressions.physical_series import Moments, NoSeries, TooLarge
from resolvent.derive.expressions.pointing import pointing
from resolvent.derive.expressions.polynomial_system import polynomial_system, unknowns_of, written_equations
from resolvent.derive.expressions.positivity import existence, is_nonnegative
from resolvent.derive.expressions.reconstruction import SeriesCertificate
from resolvent.derive.expressions.scaling import NotRational, scales_of
from resolvent.derive.expressions.square_roots import RootStays
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.arguments import as_scalar
from resolvent.derive.laws.from_polynomial import conclude
from resolvent.derive.laws.irrational import Eliminated, put_in, unnamed, with_names, without_number
from resolvent.derive.laws.record import Recipe, laws_in_order
from resolvent.derive.support.support import Skeleton, skeleton

_LONG = 300  # terms times the degree of a number beyond which putting it in may take long
_KNOWN_SOON = 10.0  # seconds in which a refusal finds out which inverse does not exist
_REAL_FORM = (
    " of the pencil with [[Re A, -Im A], [Im A, Re A]] for every coefficient A",
    r" of the pencil with $\begin{pmatrix} \Re A & -\Im A \\ \Im A & \Re A \end{pmatrix}$ for every coefficient $A$",
)


@dataclass(frozen=True, eq=False)
class Stated:
    """What a law is derived from: an expression, the pairs of sizes whose ratios are given, and the limits.

    Its methods take other scalars and laws in the expression, and other ratios: what `AlgebraicLaw.at` replays.
    """

    model: MatrixExpression
    pairs: tuple[tuple[SymbolicSize, SymbolicSize], ...]
    limits: Limits | None

    def law(self, scalars: Sequence[sympy.Expr], laws: Sequence[Any], values: Sequence[sympy.Expr]) -> AlgebraicLaw:
        """The law."""
        return algebraic_law_of(
            self.model.rebuilt(scalars, laws), dict(zip(self.pairs, values, strict=True)), self.limits
        )

    def matrix_part(self, scalars: Sequence[sympy.Expr], laws: Sequence[Any], values: Sequence[sympy.Expr]) -> Any:
        """The matrix, as `resolvent.numeric.matrices.matrix_model` asks for it."""
        assert MatrixExpression.part is not None, "resolvent.numeric.expressions makes matrices of expressions"
        return MatrixExpression.part(self.model.rebuilt(scalars, laws), dict(zip(self.pairs, values, strict=True)))


@checked
def law_of(model: MatrixExpression, ratios: Ratios | None = None, limits: Limits | None = None) -> Any:
    """The limiting spectral law of a symmetric matrix expression, with the derivation of its equation.

    ``ratios`` says how the sizes compare, {(p, n): c} for p/n -> c; c is a number or a parameter. ``limits`` bounds the
    elimination (60 seconds and 200 000 terms unless given).

    >>> from resolvent.derive.expressions.letters import dimension, gaussian, wigner
    >>> p, n = dimension("p"), dimension("n")
    >>> X = gaussian("X", p, n)
    >>> c = sympy.Symbol("c", positive=True)
    >>> law_of(X @ X.T / n, ratios={(p, n): c}).equation.expr
    c*m**2*z + c*m + m*z - m + 1
    >>> S, T = wigner("S", p), wigner("T", p)
    >>> law_of(S @ T + T @ S).moments(6)
    [0, 2, 0, 10, 0, 66]

    An `AlgebraicLaw`, or an `OpenLaw` where a given matrix has no spectrum: then its traces stay in the equations.

    >>> from resolvent.derive.expressions.letters import given
    >>> law_of(X.T @ given("R", p) @ X / n, ratios={(p, n): c})
    (m*z + 1)/(c*m) = trbar(R/(R*m + 1))

    Raises `ParameterError` for an expression that is not symmetric, grows with the sizes or lacks a ratio, and
    `DerivationError` where an inverse does not exist or the exact method does not reach.
    """
    if not isinstance(model, MatrixExpression):
        raise ParameterError(f"law_of takes a matrix expression, such as X @ X.T / n; got {model!r}", model=model)
    if unspecified(model):
        return open_law(model, dict(ratios or {}), limits)
    return algebraic_law_of(model, ratios, limits)


def algebraic_law_of(
    model: MatrixExpression, ratios: Ratios | None = None, limits: Limits | None = None
) -> AlgebraicLaw:
    """The law of an expression whose given matrices have spectra; see `law_of`.

    Irrational numbers get names and are put in at the end, but for square roots among the factors that leave with
    their squares.

    Raises `ParameterError` and `DerivationError` as `law_of` does.
    """
    given = {pair: as_scalar(value) for pair, value in (ratios or {}).items()}
    stated = Stated(model, tuple(given), limits)
    scalars, inputs = model.scalars(), (model.laws(), tuple(given.values()))
    factors = len(list(model.nodes()))
    end = time.monotonic() + (limits or Limits()).seconds
    (others, *rest), numbers = with_names((scalars[factors:], *inputs))
    named = ((*scalars[:factors], *others), *rest)
    if not numbers:
        try:
            law = _law_of(model, given, limits or Limits(), stated)
            require_inverses(model, given)
            return law
        except (NotRational, RootStays):
            if any(scalar.has(sympy.I) for scalar in scalars):
                raise
            named, numbers = with_names((scalars, *inputs))
            if not numbers:
                raise
    eliminate = partial(_eliminated_until, end, limits or Limits())
    with unnamed(numbers):
        law = stated.law(*named)
    require_inverses(model, given)
    return put_in(law, tuple(numbers), tuple(numbers.values()), eliminate)


def _eliminated_until(end: float, limits: Limits, modulus: fmpz_mpoly, relation: fmpz_mpoly) -> Eliminated:
    """The resultant that puts a number in, where it may take long in a process that can be stopped."""
    if degree(modulus, ALPHA) * len(relation) < _LONG:
        return Resultant.of(modulus, relation, ALPHA), ()

    def work() -> dict[str, Any]:
        value = Resultant.of(modulus, relation, ALPHA).value
        factors = irreducible_factors(without_monomials(without_number(value)), "m")
        return {"value": terms_of_polynomial(value), "factors": list(map(terms_of_polynomial, factors))}

    answer = apart(end - time.monotonic(), work, partial(too_long, limits))
    value = read_polynomial(relation.context(), answer["value"])
    ring = without_number(value).context()
    return Resultant(modulus, relation, ALPHA, value), [read_polynomial(ring, f) for f in answer["factors"]]


def _law_of(model: MatrixExpression, given: Ratios, limits: Limits, stated: Stated) -> AlgebraicLaw:
    """The law of an expression with rational numbers, and square roots."""
    end = time.monotonic() + limits.seconds
    with pointing(model):
        scales = scales_of(model.dimensions(), given)
        pencil = pencil_of(model, scales)
        system = dyson_system(pencil)
    used = {str(d): d for pair in given for d in pair if isinstance(d, SymbolicSize)}
    recipe = Recipe(
        stated.law,
        (model.scalars(), model.laws(), tuple(given.values())),
        frozenset({*model.dimensions(), *used.values()}),
        stands_for=partial(recipe_by_operations, model, scales.ratios),
        is_written=False,  # its letters are defined elsewhere
    )
    text, nonnegative = f"law_of({model})", True if is_nonnegative(model) else None
    try:
        branch = SeriesBranch(system, unknowns_of(system), end)
    except NoSeries:
        return _enclosed(model, pencil, given, limits, end, recipe, text, nonnegative)
    found = eliminate(system, branch, limits)
    moments = Moments(system, end, branch.series)
    law = conclude(
        AlgebraicLaw,
        found.polynomial,
        system.parameters,
        moments,
        rule=rules.RECONSTRUCTION if found.by_series else rules.ELIMINATION,
        explanation=_told(model, found),
        latex=partial(_told_latex, model, found.steps),
        uses=(dyson_step(model, pencil, system, given),),
        recipe=recipe,
        text=text,
        nonnegative=nonnegative,
        eliminations=(found.certificate,),
        factors=found.factors,
    )
    moments.end = math.inf  # checks have the time that they take
    return law


def _enclosed(
    model: MatrixExpression,
    pencil: Pencil,
    given: Ratios,
    limits: Limits,
    end: float,
    recipe: Recipe,
    text: str,
    nonnegative: bool | None,
) -> AlgebraicLaw:
    """The law where the series at infinity are not rational: the branch is chosen by an enclosure of the solution."""
    try:
        system, branch = enclosed_branch(pencil, end - time.monotonic())
    except TooLarge:
        raise
    except DerivationError as error:
        raise DerivationError(f"{error}{inverses_of(model, given)}", of=model) from error
    found = eliminate(system, branch, limits)
    factors = found.factors or irreducible_factors(found.polynomial, "m")
    if len(factors) > 1:
        raise DerivationError("the physical factor is not separated by the enclosure", factors=tuple(factors))
    try:
        equation = physical_equation_at(factors[0], system.parameters, branch.enclosure)
    except Unbounded as error:
        raise Unbounded(f"{error}{inverses_of(model, given)}", of=model) from error
    point = ", ".join(f"{n} = {v}" for n, v in branch.enclosure.values.items())
    step = Step(
        rules.ENCLOSED_ELIMINATION,
        f"{_told(model, found)}; enclosed at z = 256/(51 - 82 i)" + (f", {point}" if point else ""),
        uses=(dyson_step(model, pencil, system, given),),
        build=equation.claim,
        verify=partial(_solved_at_a_point, found.certificate),
        latex=rf"{_told_latex(model, found.steps)}; enclosed at $z = \frac{{256}}{{51 - 82 i}}$"
        + (f", {point}" if point else ""),
    )
    return AlgebraicLaw(equation, step, recipe, text, nonnegative)


def stated_ratios(law: Any) -> dict[str, sympy.Expr]:
    """The ratios of sizes of the matrices that a law was derived from, which its text leaves out.

    >>> from resolvent.derive.expressions.letters import dimension, gaussian
    >>> p, n = dimension("p"), dimension("n")
    >>> stated_ratios(3 * law_of(gaussian("X", p, n) @ gaussian("X", p, n).T / n, {(p, n): "1/2"}) + 1)
    {'p/n': 1/2}
    """
    found: dict[str, sympy.Expr] = {}
    for part in laws_in_order(law):
        stated = getattr(part.recipe.build, "__self__", None)
        if isinstance(stated, Stated):
            *_, values = part.recipe.arguments
            found |= {f"{a}/{b}": value for (a, b), value in zip(stated.pairs, values, strict=True)}
    return found


def inverses_of(model: MatrixExpression, ratios: Ratios) -> str:
    """What is known of the inverses in an expression: the innermost one that is not bounded in the limit, or a hint.

    With parameters the ratios decide, and the hint is a question.
    """
    inverses = [node for node in model.nodes() if node.head == "inverse"]
    end = time.monotonic() + _KNOWN_SOON
    for node in inverses:
        inner = node.parts[0]
        try:
            found = _spectrum(inner, ratios, Limits(seconds=end - time.monotonic()))
        except ResolventError:
            continue
        ends = [(float(i.left.point), float(i.right.point)) for i in found.intervals] if found else []
        ends += [(float(a.point),) * 2 for a in found.atoms] if found else []
        if any(low <= 0 <= high for low, high in ends):
            return f"; {node} is not bounded in the limit: 0 lies in the spectrum of {inner}"
    found_ = dict.fromkeys(map(str, inverses))
    return f"; does {' and '.join(found_)} exist in the limit, at these ratios?" if found_ else ""


def _spectrum(model: MatrixExpression, ratios: Ratios, limits: Limits) -> Skeleton | None:
    """The support of E or, if it is not symmetric, of E^T E, divided by its growth; None if parameters are left."""
    scales = scales_of(model.dimensions(), ratios)
    size = model.dimensions()[0]
    scaled = model / size ** sympy.Rational(growth(model, scales))
    try:
        law = algebraic_law_of(scaled, ratios, limits)
    except ParameterError:
        law = algebraic_law_of(scaled.T @ scaled, ratios, limits)
    return None if law.equation.symbols else skeleton(law.equation)


def _told(model: MatrixExpression, found: Elimination) -> str:
    return f"the equation of {model}{told(found.steps)}"


def _told_latex(model: MatrixExpression, steps: Sequence[str]) -> str:
    return f"the equation of ${model.latex()}${told_latex(steps)}"


def dyson_step(
    model: MatrixExpression, pencil: Pencil, system: DysonSystem, ratios: Ratios, *, by_series: bool = True
) -> Step:
    """The steps from the definition to the Dyson equation, checked ``by_series`` or only where it is solved."""
    uses = [linearisation_step(model, pencil, ratios, partial(is_linearisation, model, pencil))]
    laws = {n: x for n, x in model.letters().items() if x.law is not None}
    uses += [x.law.conclusion for x in laws.values() if x.law is not None]
    free = {x.group or n for n, x in laws.items()}
    if len(free) > 1:
        uses.append(generic_position(sorted(laws)))
    uses += existence(model, system)
    written = polynomial_system(system)
    counted = _counted(len(written.equations), "equation") + " in "
    counted += f"{_counted(len(written.unknowns), 'unknown')} and " if written.unknowns else ""
    real_form, in_latex = _REAL_FORM if system.pencil.copies else ("", "")
    return Step(
        rules.GIVEN_MATRICES if laws or system.rotations else rules.DYSON_EQUATION,
        f"the Dyson equation{real_form}: {counted}m",
        uses=tuple(uses),
        build=partial(written_equations, system),
        verify=partial(_series_solve, system) if by_series else None,
        latex=f"the Dyson equation{in_latex}: {counted}$m$",
    )


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'s' if number != 1 else ''}"


def _solved_at_a_point(certificate: Certificate | SeriesCertificate) -> bool:
    """The certificate, and whether all equations vanish on an enclosure of the solution that is made anew."""
    branch = branch_of(certificate.system, enclosed=True)
    equations = (*polynomial_system(certificate.system).equations, certificate.polynomial)
    return certificate.holds() and all(branch.vanishes(e, branch.levels[0]) for e in equations)


def _series_solve(system: DysonSystem) -> bool:
    """Whether the exact series of the unknowns satisfy all polynomials, to 12 terms."""

    try:
        branch: Branch = branch_of(system)
    except NoSeries:
        branch = branch_of(system, enclosed=True)
    level = 12 if isinstance(branch, SeriesBranch) else branch.levels[0]
    return all(branch.vanishes(e, level) for e in polynomial_system(system).equations)
