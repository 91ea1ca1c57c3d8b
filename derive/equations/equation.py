"""The resolvent equation: an irreducible polynomial P(z, m) with the germ of its physical branch at infinity.

The branch is written through its moments: m(z) = -(1/z) sum_k m_k z^-k, so with w = 1/z the unknown power series
M(w) = sum_k m_k w^k satisfies P(1/w, -w M) = 0. A germ is the shortest list (m_0 = 1, m_1, ...) that singles out
one power series by Hensel's lemma; all further moments follow from it by Newton's iteration.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial, reduce
from math import gcd

import sympy
from flint import fmpq, fmpz_mpoly, fmpz_mpoly_ctx, fmpz_poly

from resolvent.derive.border import SERIES, bounded, checked
from resolvent.derive.errors import DerivationError
from resolvent.derive.exact.copies import Memory
from resolvent.derive.exact.field import (
    Element,
    Field,
    check_names,
    evaluate_polynomial,
    polynomial_ring,
    polynomial_to_sympy,
)
from resolvent.derive.exact.polynomials import degree
from resolvent.derive.exact.precision import cached_property
from resolvent.derive.exact.series import Coefficient, Series, SeriesPolynomial, make_series, resized, terms_of
from resolvent.derive.presentation import Presented

Z = sympy.Symbol("z")
M = sympy.Symbol("m")
G = sympy.Symbol("G")

Values = Mapping[str, fmpq]
MomentSource = Callable[[int, Values], Series]
"""(n, values) -> M(w) modulo w^n, at the given numeric values of parameters (none: symbolic)."""

_PROBES = (1009, 2003, 3001, 4001, 5003, 6007, 7001, 8009, 9001, 10007, 11003, 12007)
_MOST_TERMS = 512
_LONG = 2000
_MOST_EXPONENT = 4096  # of units: beyond the range of floats


@checked
@dataclass(frozen=True, eq=False, repr=False)
class ResolventEquation(Presented):
    """An irreducible primitive polynomial P(z, m) over Z[parameters] and the germ of the physical branch.

    Attributes:
        polynomial: P in the python-flint ring with generators z, m and the parameters, in this order.
        symbols: the parameters as SymPy symbols, sorted by name; their assumptions are the parameters' domain.
        germ: m_0 = 1, m_1, ...: exact moments, as many as the branch needs to be unique.

    >>> from resolvent.derive.laws.elementary import semicircle
    >>> equation = semicircle().equation
    >>> equation.expr
    m**2 + m*z + 1
    >>> equation.germ
    (1,)

    Source: N. R. Rao, A. Edelman, The polynomial method for random matrices, Found. Comput. Math. 8 (2008) 649-702.
    """

    polynomial: fmpz_mpoly
    symbols: tuple[sympy.Symbol, ...]
    germ: tuple[Element, ...]
    _known: Memory = field(default_factory=Memory, repr=False)

    def __repr__(self) -> str:
        return f"<ResolventEquation: {self}>"

    def __str__(self) -> str:
        """P(z, m) = 0; the middle of a long one is left out."""
        text = f"{self.expr} = 0"
        return text if len(text) <= _LONG else f"{text[: _LONG // 2]} ... {text[-_LONG // 4 :]}"

    @property
    def expr(self) -> sympy.Expr:
        """P(z, m) as an expanded SymPy expression in ``rv.z``, ``rv.m`` and the parameters."""
        return polynomial_to_sympy(self.polynomial, self.symbol_table)

    def germ_expressions(self) -> list[sympy.Expr]:
        """The moments m_0 = 1, m_1, ... that fix the physical branch, as SymPy expressions."""
        return [element.to_sympy(self.symbol_table) for element in self.germ]

    def claim(self) -> tuple[sympy.Basic, ...]:
        """P(z, m) = 0, as steps of derivations claim it."""
        return (sympy.Eq(self.expr, 0, evaluate=False),)

    @property
    def symbol_table(self) -> dict[str, sympy.Symbol]:
        """Generator names to SymPy symbols."""
        return {"z": Z, "m": M, **{s.name: s for s in self.symbols}}

    @property
    def field(self) -> Field:
        """The field the moments lie in."""
        return self.germ[0].field

    @property
    def degree(self) -> int:
        """The degree in m: the number of sheets of the spectral curve."""
        return degree(self.polynomial, "m")

    @cached_property
    def columns(self) -> list[fmpz_poly]:
        """The coefficients of m^0, m^1, ... in P as polynomials in z, for an equation without parameters."""
        return polynomial_columns(self.polynomial)

    @property
    def is_numeric(self) -> bool:
        """Whether no parameter is left."""
        return not self.symbols

    @bounded(exponent=range(-_MOST_EXPONENT, _MOST_EXPONENT + 1))
    def in_units(self, exponent: int) -> ResolventEquation:
        """The equation of the law of x/2^exponent: P(2^exponent z, m/2^exponent), without common factors.

        >>> from resolvent.derive.laws.elementary import semicircle
        >>> (semicircle() * 8).equation.in_units(3) == semicircle().equation
        True

        Raises `ParameterError` for exponents beyond 4096.
        """
        lift = min(0, *(exponent * (i - j) for i, j, *_ in self.polynomial.to_dict()))
        table = {key: int(c) << (exponent * (key[0] - key[1]) - lift) for key, c in self.polynomial.to_dict().items()}
        common = gcd(*table.values())
        polynomial = self.polynomial.context().from_dict({key: c // common for key, c in table.items()})
        unit = fmpq(2) ** exponent
        germ = tuple(g / self.field.constant(unit**k) for k, g in enumerate(self.germ))
        return ResolventEquation(polynomial, self.symbols, germ)

    def __eq__(self, other: object) -> bool:
        """Whether two equations are the same polynomial with the same branch."""
        if not isinstance(other, ResolventEquation):
            return NotImplemented
        if self.symbols != other.symbols or self.polynomial != other.polynomial:
            return False
        n = max(len(self.germ), len(other.germ))
        return bool(terms_of(self.moment_series(n), n) == terms_of(other.moment_series(n), n))

    def __hash__(self) -> int:
        return hash((self.symbols, str(self.polynomial)))

    @bounded(n=SERIES)
    def moment_series(self, n: int, values: Values | None = None) -> Series:
        """M(w) = sum_{k<n} m_k w^k, exact, by Newton's iteration; optionally at numeric parameters."""
        key = tuple(sorted((values or {}).items()))
        known: Series = self._known.get(key)
        if known is None or known.prec < n:
            target = self.field.specialise(values or {})
            rows = series_rows(self.polynomial, values or {}, target)
            germ = [g.evaluate(values) if values else g for g in self.germ]
            known = SeriesPolynomial(target, rows).root(germ, n)
            self._known[key] = known
        return resized(known, n)


def series_rows(polynomial: fmpz_mpoly, values: Values, target: Field) -> list[list[Coefficient]]:
    """The coefficients of F(w, M) = w^d P(1/w, -w M) as rows for `SeriesPolynomial`, without common powers of w."""
    top = degree(polynomial, "z")
    names = polynomial.context().names()
    parts: dict[tuple[int, int], dict[tuple[int, ...], int]] = {}
    for (i, j, *rest), coefficient in polynomial.to_dict().items():
        parts.setdefault((j, top - i + j), {})[(0, 0, *rest)] = (-1) ** j * coefficient
    lowest = min(k for _, k in parts)
    width = 1 + max(k for _, k in parts) - lowest
    zero: Coefficient = fmpq(0) if target.is_rational else target.constant(0)
    rows = [[zero] * width for _ in range(degree(polynomial, "m") + 1)]
    ring = polynomial.context()
    for (j, k), table in parts.items():
        if len(names) == 2:
            value: Coefficient = fmpq(next(iter(table.values())))
        else:
            value = _coefficient(ring.from_dict(table), values, target)
        rows[j][k - lowest] = value if target.is_rational else target.coerce(value)
    return rows


def _coefficient(part: fmpz_mpoly, values: Values, target: Field) -> Coefficient:
    if values or target.is_rational:
        bare = {**values, "z": fmpq(1), "m": fmpq(1)}
        element = evaluate_polynomial(part, bare, target)
        return element.to_fmpq() if target.is_rational else element
    return target.element(part)


def probes(symbols: Sequence[sympy.Symbol]) -> Iterator[dict[str, fmpq]]:
    """Integer parameter values in general position. Identities over Q(parameters) are refuted at any of them."""
    for attempt in range(12):
        yield {s.name: fmpq(_PROBES[(k * 5 + attempt) % 12] + k + attempt) for k, s in enumerate(symbols)}


def select_factor(factors: Sequence[fmpz_mpoly], symbols: Sequence[sympy.Symbol], moments: MomentSource) -> fmpz_mpoly:
    """The one factor that vanishes on the physical branch.

    The product of the factors is known to vanish on the branch M(w), so one of them does. A factor that is
    non-zero on the first n moments, at any parameter values, is excluded for good; n doubles until one is left.

    Raises `DerivationError` if all are excluded (the product did not vanish) or two survive 512 terms.
    """
    if len(factors) == 1:
        return factors[0]
    for values in probes(symbols):
        left = list(factors)
        n = 4
        try:
            while n <= _MOST_TERMS:
                series = moments(n, values)
                left = [f for f in left if vanishes(f, series, values)]
                if len(left) == 1:
                    return left[0]
                if not left:
                    raise DerivationError("no factor of the eliminated polynomial has the physical branch")
                n *= 2
        except ZeroDivisionError:  # a pole at these values: others will do
            continue
        break
    raise DerivationError(f"the physical factor is not separated by {_MOST_TERMS} moments", factors=tuple(factors))


def vanishes(polynomial: fmpz_mpoly, moments: Series, values: Values) -> bool:
    """Whether P(1/w, -w M(w)) is zero to the order that the known terms of M decide."""
    own: Field = getattr(moments, "field", Field())
    base = own.join(Field(tuple(n for n in polynomial.context().names() if n not in {"z", "m", *values})))
    series = make_series(base, terms_of(moments, moments.prec), moments.prec)
    residual = SeriesPolynomial(base, series_rows(polynomial, values, base)).value(series, moments.prec)
    return not any(bool(c) for c in terms_of(residual, moments.prec))


def physical_equation(
    factors: Sequence[fmpz_mpoly], symbols: Sequence[sympy.Symbol], moments: MomentSource
) -> ResolventEquation:
    """The equation of the branch whose moments are given: its factor, and the shortest germ that fixes it.

    Raises `DerivationError` when the moments do not single out one branch.
    """
    check_names(symbols)
    chosen = select_factor(factors, symbols, moments)
    used = [n for n, unused in zip(chosen.context().names(), _unused(chosen), strict=True) if not unused]
    plain = Field(tuple(n for n in used if n not in ("z", "m")))
    if _separates(chosen, plain, (plain.constant(1),)):  # total mass 1 is enough: no series is needed
        return _assembled(chosen, symbols, used, (plain.constant(1),))
    for germ_length in range(2, _MOST_TERMS + 1):
        series = moments(germ_length, {})
        base: Field = getattr(series, "field", Field())
        germ = tuple(base.coerce(c) for c in terms_of(series, germ_length))
        if _separates(chosen, base, germ):
            return _assembled(chosen, symbols, used, germ)
    raise DerivationError(f"{_MOST_TERMS} moments do not single out one branch", polynomial=chosen)


def _separates(polynomial: fmpz_mpoly, base: Field, germ: Sequence[Element]) -> bool:
    home = base.join(Field(tuple(n for n in polynomial.context().names() if n not in ("z", "m"))))
    rows = series_rows(polynomial, {}, home)
    known = [c.to_fmpq() if home.is_rational else home.coerce(c) for c in germ]
    return SeriesPolynomial(home, rows).separation(known) is not None


def _assembled(
    polynomial: fmpz_mpoly, symbols: Sequence[sympy.Symbol], used: Sequence[str], germ: Sequence[Element]
) -> ResolventEquation:
    """The equation in the ring of the parameters that occur in it or in its germ."""
    names = {*used, *(n for c in germ for n in c.field.names)}
    kept = tuple(s for s in sorted(symbols, key=lambda s: str(s.name)) if s.name in names)
    home = Field(tuple(s.name for s in kept), germ[0].field.extension)
    return ResolventEquation(
        polynomial.project_to_context(spectral_ring(kept)), kept, tuple(home.coerce(c) for c in germ)
    )


def _unused(polynomial: fmpz_mpoly) -> list[bool]:
    idle = set(polynomial.unused_gens())
    return [name in idle for name in polynomial.context().names()]


def spectral_ring(symbols: Sequence[sympy.Symbol]) -> fmpz_mpoly_ctx:
    """The ring of equations: generators z, m and then the parameters."""
    return polynomial_ring(("z", "m", *(s.name for s in symbols)))


def moments_given(values: Sequence[Element]) -> MomentSource:
    """The moment source of a user's finite list of moments (later ones unknown).

    The source raises `DerivationError` where more moments are needed than there are.
    """

    return partial(_given, tuple(values))


def _given(known: tuple[Element, ...], n: int, values: Values) -> Series:
    if n > len(known):
        raise DerivationError(
            f"{len(known)} moments do not decide which branch is meant; give at least {n}", moments=known
        )
    chosen = [v.evaluate(values) if values else v for v in known[:n]]
    return make_series(reduce(Field.join, (v.field for v in chosen), Field()), chosen, len(chosen))


def polynomial_columns(polynomial: fmpz_mpoly) -> list[fmpz_poly]:
    """The coefficients of m^0, m^1, ... of a polynomial in z and m."""
    table: dict[int, dict[int, int]] = {}
    for (i, j), coefficient in polynomial.to_dict().items():
        table.setdefault(j, {})[i] = coefficient
    out = []
    for j in range(degree(polynomial, "m") + 1):
        row = table.get(j, {})
        out.append(fmpz_poly([row.get(i, 0) for i in range(max(row, default=-1) + 1)]))
    return out
