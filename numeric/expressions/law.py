"""The law of a matrix expression: its polynomial where the elimination ends, its numbers where it does not."""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import sympy
from numpy.typing import ArrayLike

from resolvent.derive.border import checked
from resolvent.derive.derivation.step import Step
from resolvent.derive.errors import BranchError, NotCertified, ParameterError, ResolventError
from resolvent.derive.expressions import law as exact
from resolvent.derive.expressions import rules
from resolvent.derive.expressions.dyson import dyson_system
from resolvent.derive.expressions.elimination import Limits
from resolvent.derive.expressions.expression import MatrixExpression
from resolvent.derive.expressions.invertible import at_numbers, require_inverses
from resolvent.derive.expressions.law import dyson_step, inverses_of
from resolvent.derive.expressions.letter import Ratios
from resolvent.derive.expressions.open_equations import unspecified
from resolvent.derive.expressions.pencil import Pencil, pencil_of
from resolvent.derive.expressions.physical_series import TooLarge
from resolvent.derive.expressions.scaling import scales_of
from resolvent.numeric.expressions.dyson_arrays import DysonArrays
from resolvent.numeric.expressions.dyson_measure import measure_of_solver
from resolvent.numeric.expressions.dyson_solver import DysonSolver
from resolvent.numeric.measures.numeric_law import NumericLaw
from resolvent.numeric.spectrum.measure import Measure

_SECONDS = 600.0  # of a numeric law, unless limits are given
_ORDINARY = 4  # the roots of the variances are at most 2^4, and not all below 2^-4; otherwise they are scaled
_SEEN = 1e-3
_HEIGHTS, _FINER = np.geomspace(1e40, 1e-40, 21), np.geomspace(1e4, 1.0, 9)
_POINTS = np.array([0.4 + 0.9j, -1.3 + 0.5j, 3.0 + 0.7j])


@checked
def law_of(
    model: MatrixExpression,
    ratios: Ratios | None = None,
    limits: Limits | None = None,
    numeric: bool | None = None,
    **values: Any,
) -> Any:
    """The limiting spectral law of a symmetric matrix expression, with the derivation of its equation.

    ``ratios`` says how the sizes compare, {(p, n): c} for p/n -> c; c is a number or a parameter, and ``values`` are
    numbers for parameters. With ``numeric=True`` nothing is eliminated: the Dyson equation is solved in floating point,
    the law is a `NumericLaw`, its evidence is numeric and its error what the certificate of its spectrum says. So it
    is, with a warning, where an elimination without parameters reaches its limits; ``numeric=False`` makes that an
    error. ``limits`` bounds the whole, the measure of a numeric law included, which is computed when it is first asked
    for; where such a law can follow, the elimination has half of the seconds. Unless they are given, an elimination has
    60 seconds and 200 000 terms, and a numeric law ten minutes.

    >>> from resolvent.numeric.expressions import dimension, gaussian, wigner
    >>> p, n = dimension("p"), dimension("n")
    >>> X = gaussian("X", p, n)
    >>> law_of(X @ X.T / n, ratios={(p, n): "1/2"}).equation.expr
    m**2*z + 2*m*z - m + 2
    >>> S, T = wigner("S", p), wigner("T", p)
    >>> law_of(S @ T + T @ S).moments(6)
    [0, 2, 0, 10, 0, 66]
    >>> law = law_of(S @ T + T @ S, numeric=True)
    >>> [round(float(m), 10) + 0 for m in law.moments(4)], law.evidence.value
    ([0.0, 2.0, 0.0, 10.0], 'numeric')

    Where a given matrix has no spectrum, the law is an `OpenLaw`: its traces stay in the equations.

    >>> from resolvent.numeric.expressions import given
    >>> law_of(given("A", p) + S)
    m = trbar(-1/(-A + m + z))

    Raises `ParameterError` for an expression that is not symmetric, grows with the sizes or lacks a ratio, and
    `DerivationError` where an inverse does not exist or the exact method does not reach, `TooLarge` among them where
    the limits do not suffice.

    Sources: Mingo, Speicher 2017, Free probability and random matrices, chapter 10; Helton, Mai, Speicher, J. Funct.
    Anal. 274 (2018), for rational expressions.
    """
    if ratios is None and "ratio" in values:
        raise ParameterError("law_of: ratios are given as ratios={(p, n): c}, not as ratio=", ratio=values["ratio"])
    if numeric and isinstance(model, MatrixExpression) and unspecified(model):
        raise ParameterError(f"numbers need spectra for all given matrices; {model} has one without", model=model)
    if numeric:
        return _numbers(model, ratios, values, limits.seconds if limits else _SECONDS)
    end = time.monotonic() + (limits.seconds if limits else math.inf)
    if limits and numeric is not False and isinstance(model, MatrixExpression) and not unspecified(model):
        limits = replace(limits, seconds=limits.seconds / 2) if _has_numbers(model, ratios, values) else limits
    try:
        law = exact.law_of(model, ratios, limits)
    except TooLarge as error:
        if numeric is False or not _has_numbers(model, ratios, values):
            raise
        warnings.warn(f"{error}: the law is numeric", stacklevel=3)
        return _numbers(model, ratios, values, min(end - time.monotonic(), _SECONDS))
    return law.at(**values) if values else law


def _has_numbers(model: MatrixExpression, ratios: Ratios | None, values: Mapping[str, Any]) -> bool:
    """Whether all parameters have values, and the numeric solver reaches the expression."""
    try:
        system = dyson_system(_pencil(model, ratios), numeric=True)
    except ResolventError:
        return False
    return {s.name for s in system.parameters} <= set(values)


@checked
def law_of_profile(variances: ArrayLike, shares: ArrayLike | None = None) -> NumericLaw:
    """The law of a symmetric matrix with a variance profile of many blocks: v_ij/N in block (i, j), N the size.

    Block i has the share s_i of the rows, the same for all unless given: -1/m_i = z + sum_j v_ij s_j m_j, solved in
    floating point; the error is what the certificate of its spectrum says. Hundreds of blocks take seconds, and up to a
    minute where the support has gaps or an atom; `DysonSolver.of_profile` has single values at once.

    >>> round(float(law_of_profile([[1, 3], [3, 1]]).moments(4)[3]), 10)
    8.0

    Raises `ParameterError` for a table that is not square and symmetric with entries from 0 on, and for shares that are
    no positive numbers of sum 1.

    Source: Ajanki, Erdos, Krueger, Mem. Amer. Math. Soc. 261 (2019), equation (1.1).
    """
    solver = DysonSolver.of_profile(variances, shares)
    table = np.array(variances, float)
    exponent = math.frexp(float(table.max()))[1] // 2
    if abs(exponent) > _ORDINARY:
        solver = DysonSolver.of_profile(np.ldexp(table, -2 * exponent), shares)
    else:
        exponent = 0
    text = f"law_of_profile of {solver.arrays.entries} blocks"
    step = Step(
        rules.NUMERIC_SOLUTION, f"the measure, {text}", kind="numeric", verify=partial(_solved_by_iteration, solver)
    )
    return NumericLaw(text, partial(measure_of_solver, solver, text, math.ldexp(1.0, exponent)), conclusion=step)


def _pencil(model: MatrixExpression, ratios: Ratios | None) -> Pencil:
    return pencil_of(model, scales_of(model.dimensions(), dict(ratios or {})))


def _numbers(model: MatrixExpression, ratios: Ratios | None, values: dict[str, Any], seconds: float) -> NumericLaw:
    if not isinstance(model, MatrixExpression):
        raise ParameterError(f"law_of takes a matrix expression, such as X @ X.T / n; got {model!r}", model=model)
    pencil = _pencil(model, ratios)
    system = dyson_system(pencil, numeric=True)
    solver = DysonSolver(DysonArrays.of_system(system, values))
    at = at_numbers(model, ratios or {}, values)
    require_inverses(*at)
    end = time.monotonic() + seconds
    with solver.clock.within(seconds):
        exponent = _exponent(solver)
    if exponent:
        scaled = model * sympy.Rational(2) ** -exponent
        solver = DysonSolver(DysonArrays.of_system(dyson_system(_pencil(scaled, ratios), numeric=True), values))
    told = ", ".join(f"{name} = {value}" for name, value in values.items())
    text = f"law_of({model})" + (f" at {told}" if told else "")
    by_series = not (system.free_letters or system.roots)
    step = Step(
        rules.NUMERIC_SOLUTION,
        f"the measure of {model}" + (f" at {told}" if told else ""),
        kind="numeric",
        uses=(dyson_step(model, pencil, system, dict(ratios or {}), by_series=by_series),),
        verify=partial(_solved_by_iteration, solver),
    )
    build = partial(_measure, solver, text, math.ldexp(1.0, exponent), end - time.monotonic(), *at)
    return NumericLaw(text, build, conclusion=step)


def _measure(
    solver: DysonSolver, text: str, unit: float, seconds: float, model: MatrixExpression, ratios: Ratios
) -> Measure:
    """The measure; its refusal names an inverse that is not bounded, whose spectrum has no ends to be found."""
    try:
        return measure_of_solver(solver, text, unit, seconds)
    except NotCertified as error:
        why = inverses_of(model, ratios)
        if not why:
            raise
        raise NotCertified(f"{error}{why}", of=model) from error


def _exponent(solver: DysonSolver) -> int:
    """The power of two next to the size of the eigenvalues; 0 where it is ordinary, or not found.

    1 - y Im m(iy) is the mean of x^2/(x^2 + y^2), and falls from the share of the eigenvalues other than 0 to 0.
    """
    size = 0.0
    for heights in (_HEIGHTS, _FINER):
        size = next((y for y in heights * (size or 1.0) if _share_beyond(solver, y) > _SEEN), 0.0)
        if not size:
            return 0
    exponent = math.frexp(size * math.sqrt(_SEEN))[1]
    return exponent if abs(exponent) > _ORDINARY else 0


def _share_beyond(solver: DysonSolver, height: float) -> float:
    """The mean of x^2/(x^2 + height^2); 0 where the equation is not solved."""
    try:
        return 1 - height * float(solver.solve(1j * height).stieltjes[0].imag)
    except BranchError:
        return 0.0


def _solved_by_iteration(solver: DysonSolver) -> bool:
    """Whether the damped iteration, which converges to the physical solution alone, finds the same values of m."""
    return bool(np.abs(solver.iterated(_POINTS) - solver.solve(_POINTS).stieltjes).max() < 1e-6)
