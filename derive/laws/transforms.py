"""The transforms of a law and the way between them: m, G, R, S, psi and eta.

Each transform is a pair of variables tied to (z, m) by a birational map, so its polynomial relation comes from a
substitution and goes back by the inverse one:

    m(z)                      G(z) = -m(z)
    R(g): g = -m, r = z + 1/m             S(u): u = -(1 + z m), s = -m/u
    psi(w): w = 1/z, psi = -(1 + z m)     eta(w): w = 1/z, eta = psi/(1 + psi)

References: Voiculescu, Dykema, Nica 1992; Belinschi, Bercovici 2007 for eta.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy
from flint import fmpz_mpoly, fmpz_mpoly_ctx

from resolvent.derive.equations.equation import ResolventEquation
from resolvent.derive.errors import DerivationError, ParameterError
from resolvent.derive.exact.extension import ALPHA
from resolvent.derive.exact.field import Element, coefficients_in, polynomial_ring, polynomial_to_sympy
from resolvent.derive.exact.polynomials import (
    Quotient,
    generator,
    irreducible_factors,
    ring_of,
    substitute,
    without_monomials,
)
from resolvent.derive.exact.precision import order
from resolvent.derive.exact.series import make_series, shifted, terms_of
from resolvent.derive.laws.record import AlgebraicRecord

# name -> ((argument, value), images of z and m in these, images of argument and value in z and m)
_VARIABLES = {
    "m": ("z", "m"),
    "G": ("z", "G"),
    "R": ("g", "r"),
    "S": ("u", "s"),
    "psi": ("w", "psi"),
    "eta": ("w", "eta"),
}


def _to_spectral(name: str, ring: fmpz_mpoly_ctx) -> dict[str, Quotient]:
    x, y = (generator(ring, v) for v in _VARIABLES[name])
    one = ring.constant(1)
    return {
        "m": {"z": (x, one), "m": (y, one)},
        "G": {"z": (x, one), "m": (-y, one)},
        "R": {"z": (x * y + 1, x), "m": (-x, one)},
        "S": {"z": (x + 1, x * y), "m": (-x * y, one)},
        "psi": {"z": (one, x), "m": (-x * (1 + y), one)},
        "eta": {"z": (one, x), "m": (-x, 1 - y)},
    }[name]


@dataclass(frozen=True, eq=False)
class TransformRelation:
    """The irreducible polynomial Q(argument, value) = 0 of a transform, with the germ inherited from its law.

    >>> from resolvent.derive.laws.elementary import semicircle
    >>> relation(semicircle(), "psi").expr
    psi**2*w**2 + 2*psi*w**2 - psi + w**2
    """

    name: str
    polynomial: fmpz_mpoly
    equation: ResolventEquation

    @property
    def argument(self) -> sympy.Symbol:
        """The variable of the transform: z, g, u or w."""
        return sympy.Symbol(_VARIABLES[self.name][0])

    @property
    def value(self) -> sympy.Symbol:
        """The symbol for the transform's value."""
        return sympy.Symbol(_VARIABLES[self.name][1])

    @property
    def expr(self) -> sympy.Expr:
        """The relation as an expanded SymPy expression equal to zero."""
        return polynomial_to_sympy(self.polynomial, {s.name: s for s in self.equation.symbols})

    def series(self, n: int) -> list[Any]:
        """The first n coefficients of the value as a power series in the argument (R, S, psi, eta).

        Raises `DerivationError` for m and G, which expand at infinity (use ``moments``), and for S of a centred law.
        """
        own = self.equation
        base = own.field
        moments = own.moment_series(n + 2)
        with order(n + 2):
            psi = moments - 1
            if self.name == "psi":
                result = psi
            elif self.name == "eta":
                result = psi / moments
            elif self.name == "R":
                from resolvent.derive.exact.series import cumulants_from_moments

                result = shifted(cumulants_from_moments(moments, base) - 1, -1)
            elif self.name == "S":
                if not psi[1]:
                    raise DerivationError("a centred law has no S-transform (its mean is 0)", equation=own)
                u = make_series(base, [0, 1], n + 2)
                result = shifted(psi.reversion(), -1) * shifted(1 + u, 0)
            else:
                raise DerivationError(f"{self.name}(z) expands at infinity; use moments(n)", equation=own)
        table = {s.name: s for s in own.symbols}
        return [c.to_sympy(table) if isinstance(c, Element) else sympy.Rational(int(c.p), int(c.q))
                for c in terms_of(result, n)]  # fmt: skip


def relation(law: AlgebraicRecord, name: str) -> TransformRelation:
    """The polynomial relation of the transform ``name``, one of m, G, R, S, psi, eta.

    Raises `ParameterError` for another name, or when a parameter is called like one of the variables.
    """
    if name not in _VARIABLES:
        raise ParameterError(f"unknown transform {name!r}; known: {', '.join(_VARIABLES)}", name=name)
    clash = {s.name for s in law.equation.symbols} & set(_VARIABLES[name])
    if clash:
        raise ParameterError(
            f"the parameter {clash.pop()!r} has the name of a variable of {name}; rename it", law=law, name=name
        )
    own = law.equation.polynomial
    if law.is_zero and name in ("R", "S", "psi", "eta"):
        if name == "S":
            raise DerivationError("the zero matrix has no S-transform (its mean is 0)", law=law)
        value = polynomial_ring(_VARIABLES[name]).gen(1)
        return TransformRelation(name, value, law.equation)
    ring = ring_of(_VARIABLES[name], own, drop=("z", "m"))
    image = without_monomials(substitute(own, ring, _to_spectral(name, ring)))
    factors = irreducible_factors(image, _VARIABLES[name][1])
    assert len(factors) == 1, "a birational substitution keeps an irreducible polynomial irreducible"
    return TransformRelation(name, factors[0], law.equation)


def transform(law: AlgebraicRecord, name: str) -> sympy.Expr | TransformRelation:
    """R or S as an expression where it is rational, a square root or an n-th root; otherwise the relation.

    The square root's sign is read off the exact series; the root is written so that it is analytic at the origin.

    >>> from resolvent.derive.laws.elementary import atoms
    >>> transform(atoms([-1, 1]), "R")
    (sqrt(4*g**2 + 1) - 1)/(2*g)
    """
    found = relation(law, name)
    x_name, y_name = _VARIABLES[name]
    table = {s.name: s for s in law.equation.symbols}
    ring = ring_of((x_name,), found.polynomial, drop=(y_name,))
    parts = [polynomial_to_sympy(c, table) for c in coefficients_in(found.polynomial, y_name, ring)]
    if len(parts) == 2:
        return sympy.factor(-parts[0] / parts[1])
    if len(parts) > 3 and not any(parts[1:-1]):
        return _pure_root(found, -parts[0] / parts[-1], len(parts) - 1)
    if len(parts) > 3 or ALPHA in found.polynomial.context().names():
        return found
    x = found.argument
    c, b, a = parts
    discriminant = sympy.Poly(sympy.expand(b**2 - 4 * a * c), x)
    low = min(k for (k,), _ in discriminant.terms())
    try:
        series = found.series(low // 2 + sympy.degree(a, x) + 2)
    except DerivationError:
        return found
    lead = sympy.Poly(sympy.expand(2 * a * sum(s * x**k for k, s in enumerate(series)) + b), x)
    sign = sympy.factor(lead.coeff_monomial(x ** (low // 2)))
    if low % 2 or not (sign.is_positive or sign.is_negative):
        return found
    root = x ** (low // 2) * sympy.sqrt(sympy.factor(sympy.expand(discriminant.as_expr() / x**low)))
    return sympy.simplify((-b + (root if sign.is_positive else -root)) / (2 * a))


def _pure_root(found: TransformRelation, power: sympy.Expr, n: int) -> sympy.Expr | TransformRelation:
    """The n-th root of a rational function, for a value that is positive at the origin; otherwise the relation."""
    start = found.series(1)[0]
    return sympy.root(sympy.factor(power), n) if start.is_positive else found
