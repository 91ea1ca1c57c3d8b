"""Exact moments of tensor laws: E (1/k) tr H(lambda)^d, from the moments of the independent lambda_i."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sympy
from flint import fmpq, fmpz_mpoly

from resolvent.derive.equations.equation import Values
from resolvent.derive.exact.field import Element, Field, coefficients_in, evaluate_polynomial, to_element
from resolvent.derive.exact.series import Coefficient, Series, make_series, terms_of
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.record import joint
from resolvent.derive.tensor.spectral_matrix import SpectralMatrix


@dataclass(frozen=True, eq=False)
class Block:
    """A direct summand: a matrix and the weight of its normalised trace."""

    weight: sympy.Expr
    matrix: SpectralMatrix


def moment_series(
    blocks: Sequence[Block], variables: Sequence[sympy.Symbol], laws: Sequence[AlgebraicLaw], n: int, values: Values
) -> Series:
    """sum_{d<n} m_d w^d, m_d = sum_b w_b E (1/k_b) tr H_b^d; parameters in ``values`` become numbers."""
    weights = [to_element(block.weight)[0] for block in blocks]
    traces = [_traces(block.matrix, n, values) for block in blocks]
    reach = max((_degree(t, variables) for ts, _ in traces for t in ts), default=0) + 2
    leading = [q for _, q in traces]
    base, series, scalars = joint(reach, values, laws, [*weights, *leading])
    moments = {v.name: terms_of(s, reach) for v, s in zip(variables, series, strict=True)}
    total: list[Coefficient] = [fmpq(0) if base.is_rational else base.constant(0)] * n
    shares = zip(blocks, traces, scalars[: len(weights)], scalars[len(weights) :], strict=True)
    for block, (powers, _), weight, q in shares:
        for d, power in enumerate(powers):
            value = _expectation(power, moments, base)
            total[d] = total[d] + value * weight / (q**d * block.matrix.size)
    return make_series(base, total, n)


def moment_by_powers(
    blocks: Sequence[Block], variables: Sequence[sympy.Symbol], laws: Sequence[AlgebraicLaw], d: int, values: Values
) -> fmpq:
    """The moment m_d with every parameter a number, from the power H^d itself: slow, to check `moment_series`."""
    total = fmpq(0)
    for block in blocks:
        rows = [[e.evaluate(values) for e in row] for row in block.matrix.elements]
        one, zero = rows[0][0].field.constant(1), rows[0][0].field.constant(0)
        k = block.matrix.size
        power = [[one if i == j else zero for j in range(k)] for i in range(k)]
        for _ in range(d):
            power = [[sum((a * b[j] for a, b in zip(row, power, strict=True)), start=zero) for j in range(k)]
                     for row in rows]  # fmt: skip
        trace = sum((power[i][i] for i in range(k)), start=zero)
        reach = 1 + max(trace.numerator.degrees(), default=0)
        base, series, (weight,) = joint(max(reach, 2), values, laws, [to_element(block.weight)[0]])
        moments = {v.name: terms_of(s, reach) for v, s in zip(variables, series, strict=True)}
        bottom = Field().element(trace.denominator).to_fmpq()
        total = total + _expectation(trace.numerator, moments, base) * weight / (bottom * k)
    return total


def _traces(matrix: SpectralMatrix, n: int, values: Values) -> tuple[list[fmpz_mpoly], Element]:
    """q^d tr H^d for d < n as polynomials in the variables and the parameters that are left, and q."""
    chi = matrix.characteristic
    names = [v.name for v in matrix.variables]
    if values:
        kept = Field(("z", *names, *(s.name for s in matrix.symbols if s.name not in values)))
        chi = evaluate_polynomial(chi, values, kept).numerator
        if chi.degrees()[0] < matrix.size:
            raise ZeroDivisionError("an entry of the matrix has a pole at these parameters")
    powers, q = matrix.power_traces(chi, n)
    left = Field(tuple(s.name for s in matrix.symbols if s.name not in values))
    return powers, left.element(q)


def _expectation(polynomial: fmpz_mpoly, moments: Mapping[str, Sequence[Coefficient]], base: Field) -> Coefficient:
    """E of a polynomial in independent variables, whose moments m_0, m_1, ... are given."""
    variable = next((n for n in polynomial.context().names() if n in moments), None)
    if variable is None:
        if base.is_rational:
            return fmpq(next(iter(polynomial.to_dict().values()), 0))
        return base.element(polynomial)
    ring = Field(tuple(n for n in polynomial.context().names() if n != variable)).ring
    total: Coefficient = fmpq(0) if base.is_rational else base.constant(0)
    for power, part in enumerate(coefficients_in(polynomial, variable, ring)):
        if not part.is_zero():
            total = total + _expectation(part, moments, base) * moments[variable][power]
    return total


def _degree(polynomial: fmpz_mpoly, variables: Sequence[sympy.Symbol]) -> int:
    """The largest degree in one of the variables."""
    degrees = dict(zip(polynomial.context().names(), polynomial.degrees(), strict=True))
    return max(int(degrees.get(v.name, 0)) for v in variables)
