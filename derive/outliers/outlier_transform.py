r"""The response of a law to a perturbation of rank one: the function of lambda that decides where outliers stand.

    additive         G(lambda) = -m(lambda)
    multiplicative   T(lambda) = int x rho(dx)/(lambda - x) = lambda G - 1
    rectangular      D(lambda) = lambda G G~ = c lambda G^2 + (1-c) G,  G~ = c G + (1-c)/lambda

The first two are birational images of m, so their polynomial Q(z, y) comes from P by a substitution; for D, m is
eliminated.

Sources: Benaych-Georges, Nadakuditi 2011 and 2012, as in `outlier_formula`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy
from flint import fmpz_mpoly

from resolvent.derive.equations.equation import Values
from resolvent.derive.errors import DerivationError, ParameterError, did_you_mean
from resolvent.derive.exact.field import Element, Field, check_names, to_element
from resolvent.derive.exact.polynomials import generator, irreducible_factors, ring_of, substitute
from resolvent.derive.exact.precision import order
from resolvent.derive.exact.series import Series, make_series, shifted, terms_of
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.arguments import as_scalar
from resolvent.derive.laws.matrix_functions import companion
from resolvent.derive.laws.positivity import nonnegativity

KINDS = ("additive", "multiplicative", "rectangular")
VALUE = "y'"  # the response, as a generator: no parameter can have this name


@dataclass(frozen=True)
class Response:
    """The response G, T or D of a law: its irreducible polynomial Q(z, y), and its series at infinity.

    Attributes:
        law, kind: what is perturbed, and how.
        ratio: c = p/n for the rectangular kind, otherwise None.
        polynomial: Q in a python-flint ring with the generators z, y' and then the parameters.
        symbols: the parameters of the law and of the ratio, sorted by name.
    """

    law: AlgebraicLaw
    kind: str
    ratio: Element | None
    polynomial: fmpz_mpoly
    symbols: tuple[sympy.Symbol, ...]

    def __hash__(self) -> int:
        return hash((self.law, self.kind, self.ratio))

    @property
    def power(self) -> int:
        """The response is theta^-power at an outlier."""
        return 2 if self.kind == "rectangular" else 1

    def inverse_series(self, n: int, values: Values | None = None) -> Series:
        """w = 1/lambda as a power series in the response, modulo y^n; optionally at numeric parameters."""
        return _inverse_series(self.law, self.kind, self.ratio, n, values or {})


def response_of(law: AlgebraicLaw, kind: str, ratio: Any = None) -> Response:
    """The response of a law to a perturbation of this kind, with its irreducible polynomial.

    Raises `ParameterError` for an unknown kind and a ratio that is missing, superfluous or not positive;
    `DerivationError` if the kind needs a law on [0, oo) and this is none, or a rank of at most n and this has more, or
    if the law is that of the zero matrix and the kind multiplicative.

    >>> from resolvent.derive.laws.elementary import semicircle
    >>> response_of(semicircle(), "additive").polynomial
    z*y' - y'^2 - 1
    """
    check_kind(kind)
    check_ratio(kind, ratio)
    if kind != "additive" and nonnegativity(law) is False:
        raise DerivationError(f"a {kind} perturbation needs a law on [0, oo); {law.text} has mass below 0", law=law)
    if kind == "multiplicative" and law.is_zero:
        raise DerivationError("the zero matrix stays zero under multiplicative perturbations", law=law)
    own = law.equation.polynomial
    if kind != "rectangular":
        ring = ring_of(("z", VALUE), own, drop=("z", "m"))
        z, y = generator(ring, "z"), generator(ring, VALUE)
        image = (-y, ring.constant(1)) if kind == "additive" else (-1 - y, z)
        # Birational substitutions keep the polynomial irreducible up to monomials.
        (polynomial,) = irreducible_factors(substitute(own, ring, {"m": image}), VALUE)
        return Response(law, kind, None, polynomial, law.equation.symbols)
    c, found = to_element(ratio)
    if c.is_constant and c.to_fmpq() <= 0:
        raise ParameterError(f"the ratio c = p/n must be positive; got {ratio!r}", ratio=ratio)
    if c.is_constant and c.to_fmpq() > 1:
        companion(law, as_scalar(ratio))  # raises when the rank exceeds n
    symbols = tuple(sorted({*law.equation.symbols, *found}, key=lambda s: str(s.name)))
    check_names(symbols)
    return Response(law, kind, c, _rectangular_polynomial(law, c), symbols)


def check_kind(kind: object) -> None:
    """Raise `ParameterError`, with the closest match, unless the kind is one of `KINDS`."""
    if kind not in KINDS:
        hint = did_you_mean(str(kind), KINDS, 0.4, instead=".")
        raise ParameterError(f"unknown kind of perturbation {kind!r}{hint} Known: {', '.join(KINDS)}", kind=kind)


def _rectangular_polynomial(law: AlgebraicLaw, c: Element) -> fmpz_mpoly:
    """Eliminate m from P(z, m) and D = c z m^2 - (1-c) m.

    That gives the characteristic polynomial of D in the field of functions of the curve P = 0: a power of one
    irreducible polynomial, so there is no factor to choose.
    """
    own = law.equation.polynomial
    wide = ring_of(("m", "z", VALUE), own, c.numerator, drop=("z", "m"))
    m, z, y = (generator(wide, name) for name in ("m", "z", VALUE))
    p, q = (e.project_to_context(wide) for e in (c.numerator, c.denominator))
    product = own.project_to_context(wide).resultant(p * z * m**2 - (q - p) * m - q * y, "m")
    (found,) = irreducible_factors(product.project_to_context(ring_of(("z", VALUE), product, drop=("m",))), VALUE)
    return found


def _inverse_series(law: AlgebraicLaw, kind: str, ratio: Element | None, n: int, values: Values) -> Series:
    moments = law.moment_series(n + 1, values)
    if ratio is None:
        with order(n + 1):
            response = shifted(moments, 1) if kind == "additive" else moments - 1
            return response.reversion()
    c = ratio.evaluate(values) if values else ratio
    own: Field = getattr(moments, "field", Field())
    base = own.join(c.field)
    moments = make_series(base, terms_of(moments, n + 1), n + 1)
    c_ = c.to_fmpq() if base.is_rational else base.coerce(c)
    with order(n + 1):
        return (make_series(base, [0, 1], n + 1) * moments * (1 + (moments - 1) * c_)).reversion()


def check_ratio(kind: str, ratio: object) -> None:
    """Raise `ParameterError` unless there is a ratio for the rectangular kind, and for no other."""
    if kind != "rectangular" and ratio is not None:
        raise ParameterError(f"a ratio belongs to the rectangular kind only; got {ratio!r} for {kind}", ratio=ratio)
    if kind == "rectangular" and ratio is None:
        raise ParameterError("the rectangular kind needs the ratio c = p/n of the matrix", kind=kind)
