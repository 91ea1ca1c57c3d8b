"""The Taylor series of m at a real point outside the support: where a Moebius map sends that point to infinity."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from functools import partial

import sympy
from flint import acb, arb, fmpq, fmpz_mpoly, fmpz_poly

from resolvent.derive.continuation.physical_branch import Branch
from resolvent.derive.derivation import rules
from resolvent.derive.derivation.step import Step
from resolvent.derive.equations.equation import MomentSource, Values
from resolvent.derive.errors import BranchError, DerivationError, PrecisionError, ResolventError
from resolvent.derive.exact.algebraic_number import AlgebraicNumber, real_roots
from resolvent.derive.exact.extension import ALPHA, Extension
from resolvent.derive.exact.field import (
    Element,
    Field,
    coefficients_in,
    polynomial_ring,
    polynomial_to_sympy,
    to_sympy_rational,
)
from resolvent.derive.exact.polynomials import degree, generator, irreducible_factors, positive, substitute
from resolvent.derive.exact.precision import order, working_precision
from resolvent.derive.exact.series import Coefficient, Series, SeriesPolynomial, compose, make_series
from resolvent.derive.laws.record import AlgebraicRecord
from resolvent.derive.support.atoms import find_atom

_MOST_BITS = 1024
_SMALL_PRIMES = (2, 3, 5, 7, 11, 13)
_SAMPLES = tuple(
    fmpq(p, q) for p, q in ((1, 2), (2, 1), (1, 3), (3, 1), (1, 5), (5, 1), (4, 5), (9, 8), (1, 20), (20, 1))
)


def moments_at_pole(
    law: AlgebraicRecord, coefficients: Sequence[Element], symbols: Iterable[sympy.Symbol]
) -> tuple[MomentSource, Step]:
    """Moments of (aA + b)(cA + d)^-1 from the Taylor series of m_A at the pole -d/c, and the step that justifies it.

    With x = Delta w/(c(aw - c)), Delta = ad - bc: M(w) = -c/(aw - c) - Delta w/(aw - c)^2 m_A(-d/c + x).

    Raises `DerivationError` if the pole lies in the support, or if the value there is a root of a factor of degree
    above 2 whose coefficients still contain parameters.
    """
    names = tuple(sorted({s.name for s in symbols} | {s.name for s in law.equation.symbols}))
    field = Field(names)
    a, b, c, d = (field.coerce(e) for e in coefficients)
    pole = -d / c
    ordered = tuple(sorted({*symbols, *law.equation.symbols}, key=lambda s: str(s.name)))
    at_pole = _value_polynomial(law, pole)
    value = _physical_value(law, pole, at_pole, ordered)
    wide = value.field
    taylor = _taylor_rows(law, pole, wide)
    if SeriesPolynomial(wide, taylor).separation([value.to_fmpq() if wide.is_rational else value]) != 0:
        raise DerivationError("two sheets meet at the pole; perturb the map slightly", law=law)

    where = sympy.Eq(sympy.Symbol("z_0"), pole.to_sympy({s.name: s for s in ordered}), evaluate=False)
    step = Step(
        rules.OUTSIDE_SUPPORT,
        f"the pole of the map lies outside the support of {law.text}",
        kind="derived" if not ordered else "assumed",
        uses=(law.conclusion,),
        build=partial(tuple, (where,)),
    )
    return partial(_moments, wide, taylor, value, (a, b, c, d)), step


def _moments(
    wide: Field,
    taylor: Sequence[Sequence[Coefficient]],
    value: Element,
    coefficients: Sequence[Element],
    n: int,
    values: Values,
) -> Series:
    base = wide.specialise(values)
    rows = [[_at(e, values, base) for e in row] for row in taylor]
    germ = [_at(value, values, base)]
    local = SeriesPolynomial(base, rows).root(germ, n)
    a, b, c, d = (_at(wide.coerce(e), values, base) for e in coefficients)
    delta = a * d - b * c
    with order(n):
        w = make_series(base, [0, 1], n)
        slope = make_series(base, [-c, a], n)
        x = w * delta / (slope * c)
        return -c / slope - w * delta / (slope * slope) * compose(local, x)


def _value_polynomial(law: AlgebraicRecord, pole: Element) -> fmpz_mpoly:
    """The numerator of P(z0, m) as a polynomial in m and the parameters."""
    ring = polynomial_ring(("m", *pole.field.names))
    point = (pole.numerator.project_to_context(ring), pole.denominator.project_to_context(ring))
    image = substitute(law.equation.polynomial, ring, {"z": point})
    if image.is_zero() or degree(image, "m") == 0:
        raise DerivationError("the law has no finite Stieltjes transform at the pole of the map", law=law)
    return image


def _physical_value(
    law: AlgebraicRecord, pole: Element, at_pole: fmpz_mpoly, symbols: Sequence[sympy.Symbol]
) -> Element:
    if law.equation.field.extension is not None:
        raise DerivationError(
            f"the moments of {law.text} are irrational already; this map of it is not supported", law=law
        )
    factors = [positive(f) for f in irreducible_factors(at_pole, "m")]
    failures = []
    for values in _sample_points(symbols):
        try:
            sample = law.at(**{s.name: to_sympy_rational(values[s.name]) for s in law.parameters if s.name in values})
            point = pole.evaluate(values).to_fmpq()
            numeric = [specialised(factor, values) for factor in factors]
            k, index = _only_root(sample, point, numeric)
        except (ResolventError, ZeroDivisionError) as error:
            failures.append(error)
            continue
        return element_of_root(factors[k], numeric[k], index, pole.field, symbols)
    reason = f": {failures[0]}" if failures else ""
    raise DerivationError(
        f"the pole of the map, {pole}, lies in the support of {law.text} (or at its edge), so the image has no moments"
        f"{reason}",
        law=law,
    )


def _only_root(law: AlgebraicRecord, point: fmpq, polynomials: Sequence[fmpz_poly]) -> tuple[int, int]:
    """Which polynomial, and which of its real roots, is the value at a point: all others are excluded."""
    precision = 128
    while precision <= _MOST_BITS:
        ball = _value_outside_support(law, point, precision)
        found = [
            (k, index)
            for k, polynomial in enumerate(polynomials)
            for index, root in enumerate(real_roots(polynomial, precision))
            if root.overlaps(ball)
        ]
        if len(found) == 1:
            return found[0]
        precision *= 2
    raise PrecisionError(f"two roots are too close to tell which is the value at {point}", law=law, point=point)


def _value_outside_support(law: AlgebraicRecord, point: fmpq, precision: int) -> arb:
    while True:
        with working_precision(precision):
            try:
                branch = Branch(law.equation, precision)
                number = AlgebraicNumber((-int(point.p), int(point.q)), 0)
                if number.is_root_of(law.equation.columns[-1]) and find_atom(law.equation, branch, number):
                    raise BranchError(f"{law.text} has an atom at {point}", point=point)
                z = acb(arb(point))
                root = branch.value(z)
                if branch.is_real(z, root):
                    return root.real
            except PrecisionError:
                pass
            else:
                if not root.imag.contains(0):
                    raise BranchError(f"the density of {law.text} is positive at {point}", point=point)
        precision *= 2
        if precision > _MOST_BITS:
            raise PrecisionError(f"the value at {point} could not be decided", point=point)


def _sample_points(symbols: Sequence[sympy.Symbol]) -> Iterator[dict[str, fmpq]]:
    """Parameter values inside the domains that the symbols' assumptions state, from ordinary to extreme."""
    if not symbols:
        yield {}
        return
    pools = []
    for symbol in symbols:
        signs = (-1,) if symbol.is_negative else (1,) if symbol.is_positive or symbol.is_nonnegative else (1, -1)
        pools.append([sign * value for value in _SAMPLES for sign in signs])
    combinations = itertools.product(*pools)
    for combination in itertools.islice(
        sorted(combinations, key=lambda c: max(float(abs(v) + 1 / abs(v)) for v in c)), 24
    ):
        yield {s.name: v for s, v in zip(symbols, combination, strict=True)}


def specialised(factor: fmpz_mpoly, values: Values) -> fmpz_poly:
    """A polynomial in m and parameters at numbers for these, its denominators cleared."""
    parts = coefficients_in(factor, "m", polynomial_ring(tuple(n for n in factor.context().names() if n != "m")))
    numbers = [Field(tuple(p.context().names())).element(p).evaluate(values).to_fmpq() for p in parts]
    common = 1
    for q in numbers:
        common *= int(q.q)
    return fmpz_poly([int((q * common).p) for q in numbers])


def element_of_root(
    factor: fmpz_mpoly, numeric: fmpz_poly, index: int, field: Field, symbols: Sequence[sympy.Symbol]
) -> Element:
    """The chosen root as an element: rational, or the generator of a new extension."""
    ring = polynomial_ring(field.names)
    parts = coefficients_in(factor, "m", ring)
    if len(parts) == 2:
        return field.element(-parts[0], parts[1])
    if len(parts) == 3 and symbols:
        return _root_of_quadratic(parts, numeric, index, field, symbols)
    d = len(parts) - 1
    lead = parts[-1]
    monic = [p * lead ** (d - 1 - k) for k, p in enumerate(parts[:-1])]
    modulus: dict[tuple[int, ...], int] = {(*([0] * len(field.names)), d): 1}
    for k, p in enumerate(monic):
        for exponents, coefficient in p.to_dict().items():
            modulus[(*exponents, k)] = int(coefficient)
    value = _closed_form(parts, numeric, index, symbols)
    table = {s.name: sympy.Symbol(s.name) for s in symbols}
    lead_expr = field.element(lead).to_sympy(table)
    extension = Extension(field.names, tuple(sorted(modulus.items())), sympy.expand(lead_expr * value))
    wide = Field(field.names, extension)
    return wide.generator(ALPHA) / wide.element(lead)


def _closed_form(
    parts: Sequence[fmpz_mpoly], numeric: fmpz_poly, index: int, symbols: Sequence[sympy.Symbol]
) -> sympy.Expr:
    if not symbols:
        return AlgebraicNumber(tuple(int(c) for c in numeric.coeffs()), index).to_sympy()
    raise DerivationError(
        f"the value at the pole is algebraic of degree {len(parts) - 1} over the parameters "
        f"{', '.join(s.name for s in symbols)}; give them numbers",
        parameters=tuple(symbols),
    )


def _root_of_quadratic(
    parts: Sequence[fmpz_mpoly], numeric: fmpz_poly, index: int, field: Field, symbols: Sequence[sympy.Symbol]
) -> Element:
    """(-b +- s sqrt(r))/(2 a), where s is positive in the domain: so roots of one r are in one field."""
    c, b, a = parts
    outer, inner = _square_part(b**2 - 4 * a * c, symbols)
    table = {s.name: sympy.Symbol(s.name) for s in symbols}
    used = [n for n in field.names if n not in inner.unused_gens()]
    modulus = {(*([0] * len(used)), 2): 1}
    for exponents, coefficient in inner.project_to_context(polynomial_ring(used)).to_dict().items():
        modulus[(*exponents, 0)] = -int(coefficient)
    value = sympy.sqrt(sympy.factor(polynomial_to_sympy(inner, table)))
    wide = Field(field.names, Extension(tuple(used), tuple(sorted(modulus.items())), value))
    is_upper = (index == 1) == (numeric.coeffs()[-1] > 0)
    root = wide.generator(ALPHA) * wide.element(outer) * (1 if is_upper else -1)
    return (root - wide.element(b)) / wide.element(2 * a)


def _square_part(of: fmpz_mpoly, symbols: Sequence[sympy.Symbol]) -> tuple[fmpz_mpoly, fmpz_mpoly]:
    """s and r with s^2 r equal to the polynomial, s of factors whose sign is known in the domain, positive there."""
    outer, inner = of.context().constant(1), of
    content, factors = of.factor()
    for prime in _SMALL_PRIMES:
        while content % prime**2 == 0:
            content //= prime**2
            inner, outer = inner / prime**2, outer * prime
    for factor, power in factors:
        sign = polynomial_to_sympy(factor, {s.name: s for s in symbols})
        if power > 1 and (sign.is_positive or sign.is_negative):
            outer *= factor ** (power // 2) * (-1 if sign.is_negative and power // 2 % 2 else 1)
            inner /= factor ** (power // 2 * 2)
    return outer, inner


def _taylor_rows(law: AlgebraicRecord, pole: Element, wide: Field) -> list[list[Coefficient]]:
    """P(z0 + x, m) as rows in x for each power of m."""
    ring = polynomial_ring(("x'", "m", *wide.names))
    x = generator(ring, "x'")
    top, bottom = (e.project_to_context(ring) for e in (pole.numerator, pole.denominator))
    image = substitute(law.equation.polynomial, ring, {"z": (top + bottom * x, bottom)})
    rows = []
    inner = polynomial_ring(("x'", *wide.names))
    deep = polynomial_ring(wide.names)
    for column in coefficients_in(image, "m", inner):
        row = [wide.element(p) for p in coefficients_in(column, "x'", deep)]
        rows.append([e.to_fmpq() for e in row] if wide.is_rational else row)
    return rows


def _at(element: Coefficient, values: Values, base: Field) -> Coefficient:
    if not isinstance(element, Element):
        return element
    result = element.evaluate(values) if values else element
    return result.to_fmpq() if base.is_rational else base.coerce(result)
