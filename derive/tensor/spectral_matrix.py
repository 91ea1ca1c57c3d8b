r"""A small matrix of polynomials in spectral variables that is self-adjoint, and so has real eigenvalues.

H(lambda) is k x k, its entries are polynomials in lambda_1, ..., lambda_r with coefficients in Q(parameters). It is
self-adjoint in the inner product <x, y> = sum_i d_i x_i y_i with positive d_i: d_i H_ij = d_j H_ji. With all d_i = 1 it
is symmetric. Other d_i save square roots: [[a, b], [a, b]] with d = (a, b) is similar to the symmetric matrix with
the entries a, sqrt(ab), b.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sympy
from flint import fmpz_mpoly

from resolvent.derive.equations.equation import Z
from resolvent.derive.errors import ParameterError
from resolvent.derive.exact.field import (
    Element,
    Field,
    check_names,
    coefficients_in,
    polynomial_ring,
    polynomial_to_sympy,
    to_element,
)
from resolvent.derive.exact.precision import cached_property
from resolvent.derive.laws.arguments import as_scalar

_MOST_ROWS = 6  # minors are expanded along rows


@dataclass(frozen=True, eq=False)
class SpectralMatrix:
    """H(lambda) with its variables and the weights d_i of the inner product it is self-adjoint in.

    >>> x, y = sympy.symbols("x y")
    >>> h = SpectralMatrix.of([[x, y], [x, y]], (x, y), (x, y))
    >>> h.characteristic_expr
    -x*z - y*z + z**2
    """

    entries: tuple[tuple[sympy.Expr, ...], ...]
    variables: tuple[sympy.Symbol, ...]
    metric: tuple[sympy.Expr, ...]
    symbols: tuple[sympy.Symbol, ...]
    elements: tuple[tuple[Element, ...], ...]

    @classmethod
    def of(cls, rows: Any, variables: Sequence[sympy.Symbol], metric: Any = None) -> SpectralMatrix:
        """Read and check a matrix: a SymPy matrix, or rows of numbers and expressions.

        Raises `ParameterError` for what is not square, for entries that are no polynomials in the variables, and for a
        matrix that is not self-adjoint.
        """
        entries = _square(rows)
        weights = (sympy.Integer(1),) * len(entries) if metric is None else tuple(as_scalar(d) for d in metric)
        if len(weights) != len(entries):
            raise ParameterError(f"{len(entries)} rows need as many weights d_i; got {len(weights)}", metric=metric)
        found = {s for row in (*entries, weights) for e in row for s in e.free_symbols}
        symbols = tuple(sorted(found - set(variables), key=lambda s: str(s.name)))
        check_names((*variables, *symbols))
        names = {v.name for v in variables}
        field = Field(tuple(sorted(names | {s.name for s in symbols})))
        elements = tuple(tuple(field.coerce(to_element(e)[0]) for e in row) for row in entries)
        lengths = [field.coerce(to_element(d)[0]) for d in weights]
        for element, shown in zip([e for row in elements for e in row], [e for row in entries for e in row],
                                  strict=True):  # fmt: skip
            if names & _used(element.denominator):
                raise ParameterError(f"the entry {shown} is no polynomial in the variables", entry=shown)
        for i, row in enumerate(elements):
            for j, entry in enumerate(row):
                if lengths[i] * entry != lengths[j] * elements[j][i]:
                    raise ParameterError(
                        f"the matrix is not self-adjoint: d_{i + 1} H_{i + 1}{j + 1} = {weights[i] * entries[i][j]} "
                        f"but d_{j + 1} H_{j + 1}{i + 1} = {weights[j] * entries[j][i]}; symmetric entries need no d",
                        place=(i, j),
                    )
        return cls(entries, tuple(variables), weights, symbols, elements)

    @property
    def size(self) -> int:
        """The number of rows."""
        return len(self.entries)

    @property
    def expr(self) -> sympy.ImmutableMatrix:
        """H as a SymPy matrix."""
        return sympy.ImmutableMatrix(self.entries)

    @cached_property
    def characteristic(self) -> fmpz_mpoly:
        """chi = det(z - H) times the common denominator, in the ring with generators z, variables, parameters."""
        coefficients = self._characteristic_coefficients()
        common = coefficients[0].denominator
        for c in coefficients[1:]:
            common = common / common.gcd(c.denominator) * c.denominator
        ring = polynomial_ring(("z", *(v.name for v in self.variables), *(s.name for s in self.symbols)))
        total = ring.constant(0)
        for power, c in enumerate(coefficients):
            part = (c.numerator * (common / c.denominator)).project_to_context(ring)
            total = total + part * ring.gen(0) ** (self.size - power)
        return total

    def _characteristic_coefficients(self) -> list[Element]:
        """1, c_1, ..., c_k of det(z - H) = z^k + c_1 z^(k-1) + ..., by Faddeev and LeVerrier's recursion."""
        k = self.size
        field = self.elements[0][0].field
        one, zero = field.constant(1), field.constant(0)
        found = [one]
        product = [[zero] * k for _ in range(k)]
        for order in range(1, k + 1):
            for i in range(k):
                product[i][i] = product[i][i] + found[-1]
            product = [[_dot(row, [line[j] for line in product], zero) for j in range(k)] for row in self.elements]
            trace = sum((product[i][i] for i in range(k)), start=zero)
            found.append(trace * field.constant(-1) / order)
        return found

    @property
    def characteristic_expr(self) -> sympy.Expr:
        """det(z - H) times its denominator, as a SymPy expression in ``rv.z``, the variables and the parameters."""
        return polynomial_to_sympy(self.characteristic, self.symbol_table)

    @property
    def symbol_table(self) -> dict[str, sympy.Symbol]:
        """Generator names to SymPy symbols."""
        return {"z": Z, **{s.name: s for s in (*self.variables, *self.symbols)}}

    def power_traces(self, polynomial: fmpz_mpoly, n: int) -> tuple[list[fmpz_mpoly], fmpz_mpoly]:
        """q^d tr H^d for d < n, and q, from chi = q z^k + ... at some values of the parameters, by Newton's identities.

        >>> x = sympy.Symbol("x")
        >>> h = SpectralMatrix.of([[x, 1], [1, 0]], (x,))
        >>> h.power_traces(h.characteristic, 4)[0]
        [2, x, x^2 + 2, x^3 + 3*x]
        """
        names = [name for name in polynomial.context().names() if name != "z"]
        ring = polynomial_ring(names)
        by_power = coefficients_in(polynomial, "z", ring)
        k = len(by_power) - 1
        leading = by_power[k]
        # With y = q z the polynomial is monic: its coefficients are c_i q^(i-1).
        monic = [by_power[k - i] * leading ** (i - 1) if i else ring.constant(1) for i in range(k + 1)]
        traces = [ring.constant(k)]
        for d in range(1, n):
            total = -d * monic[d] if d <= k else ring.constant(0)
            for i in range(1, min(d, k + 1)):
                total = total - monic[i] * traces[d - i]
            traces.append(total)
        return traces[:n], leading

    def resolvent_trace(self) -> Element:
        """(1/k) tr (H - z)^-1 = -chi'/(k chi), a rational function of z, the variables and the parameters."""
        chi = self.characteristic
        names = chi.context().names()
        field = Field(tuple(sorted(names)))
        slope = chi.derivative(chi.context().variable_to_index("z"))
        return field.element(slope, chi) * field.constant(-1) / self.size

    def has_this_resolvent(self) -> bool:
        """Whether -chi'/(k chi) is the normalised trace of the inverse of H - z, from its minors.

        The minors are determinants by expansion along rows; chi came from traces of powers.
        """
        field = Field(tuple(sorted(self.characteristic.context().names())))
        z = field.generator("z")
        shifted = [
            [field.coerce(e) - z if i == j else field.coerce(e) for j, e in enumerate(row)]
            for i, row in enumerate(self.elements)
        ]
        minors = field.constant(0)
        for i in range(self.size):
            minors = minors + _determinant(
                [[*row[:i], *row[i + 1 :]] for r, row in enumerate(shifted) if r != i], field
            )
        return bool(minors / _determinant(shifted, field) / self.size == self.resolvent_trace())


def _square(rows: Any) -> tuple[tuple[sympy.Expr, ...], ...]:
    if isinstance(rows, sympy.MatrixBase):
        rows = rows.tolist()
    if not isinstance(rows, (list, tuple)) or not all(isinstance(row, (list, tuple)) for row in rows):
        raise ParameterError("a matrix is a list of rows, or a SymPy matrix", matrix=rows)
    entries = tuple(tuple(as_scalar(e) for e in row) for row in rows)
    if not 1 <= len(entries) <= _MOST_ROWS or any(len(row) != len(entries) for row in entries):
        raise ParameterError(
            f"the matrix must be square with 1 to {_MOST_ROWS} rows; got rows of {[len(r) for r in entries]}",
            matrix=rows,
        )
    return entries


def _used(polynomial: fmpz_mpoly) -> set[str]:
    return set(polynomial.context().names()) - set(polynomial.unused_gens())


def _dot(row: Iterable[Element], column: Iterable[Element], zero: Element) -> Element:
    return sum((a * b for a, b in zip(row, column, strict=True)), start=zero)


def _determinant(rows: Sequence[Sequence[Element]], field: Field) -> Element:
    if not rows:
        return field.constant(1)
    total = field.constant(0)
    for j, entry in enumerate(rows[0]):
        if entry:
            minor = _determinant([[*row[:j], *row[j + 1 :]] for row in rows[1:]], field)
            total = total + entry * minor * (-1) ** j
    return total
