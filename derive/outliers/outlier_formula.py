r"""Outliers: what a perturbation of rank one, in free position, does to a law outside its support.

With G = -m on the real line outside the support, an eigenvalue (squared singular value) lambda appears where the
*response* of the unperturbed matrix meets the strength theta:

    additive         A + theta u u^T                        G(lambda) = 1/theta
    multiplicative   (I + theta u u^T)^(1/2) A (same)       T(lambda) = lambda G(lambda) - 1 = 1/theta
    rectangular      X + theta u v^T, X X^T of law A        D(lambda) = lambda G(lambda) G~(lambda) = 1/theta^2

G~ = c G + (1-c)/lambda is that of X^T X, c = p/n. Differentiating along theta gives the overlaps of the perturbation's
unit vectors with the eigenvector (the singular vectors) of lambda(theta):

    additive <u, v>^2 = lambda'     multiplicative <u, v>^2 = (1 + theta) lambda'/lambda
    rectangular left <u, u_1>^2 = theta G lambda'/2, right <v, v_1>^2 = theta G~ lambda'/2

(-1/(theta^2 G'), -(1 + theta)/(theta^2 lambda T'), -G/(theta^2 D') and -G~/(theta^2 D') in terms of the response).
The root lambda of the polynomial relation is the one whose Laurent series at theta = oo is that of the physical branch.

References: Benaych-Georges, Nadakuditi, Adv. Math. 227 (2011), theorems 2.1 to 2.7, and J. Multivariate Anal. 111
(2012), theorems 2.8 to 2.10; Baik, Ben Arous, Peche, Ann. Probab. 33 (2005).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy
from flint import fmpz_mpoly

from resolvent.derive.border import checked
from resolvent.derive.derivation.latex import expression_latex
from resolvent.derive.equations.equation import Z
from resolvent.derive.errors import ParameterError
from resolvent.derive.exact.field import (
    Element,
    Field,
    check_names,
    coefficients_in,
    polynomial_ring,
    polynomial_to_sympy,
)
from resolvent.derive.exact.polynomials import (
    degree,
    factored,
    generator,
    irreducible_factors,
    ring_of,
    substitute,
    without_monomials,
)
from resolvent.derive.exact.precision import order
from resolvent.derive.exact.series import make_series, shifted, terms_of
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.outliers.outlier_transform import VALUE, Response, response_of
from resolvent.derive.outliers.thresholds import gaps, lowest_end
from resolvent.derive.presentation import Typeset

THETA = sympy.Symbol("theta", positive=True)


@dataclass(frozen=True)
class OutlierFormula(Typeset):
    """An outlier above the support, as a function of the strength theta of the perturbation.

    Attributes:
        response: the law, the kind of perturbation, and the polynomial that ties lambda to theta.
        strength: the symbol theta.
        relation: the irreducible polynomial in z (for lambda), theta and the parameters that vanishes at the outlier.
        location: lambda as an expression in theta where the relation is of degree 1 or 2 in z, otherwise None. Below
            the support, for theta < 0, it is the same function; let ``strength`` be a real symbol to have it there.
        threshold: the outlier exists for theta > threshold; None where no closed form is proved. At numeric parameters
            it is an exact algebraic number.
        lower_threshold: an eigenvalue leaves the support downwards for theta < lower_threshold (no theta > -1 does, if
            a multiplicative one is below -1); None where unknown, for the rectangular kind, and at a hard edge at 0.
        overlap: the squared overlap of u with the eigenvector (left singular vector), above the threshold; an
            expression in theta and, where ``location`` is None, z. Below the threshold it is 0.
        right_overlap: for the rectangular kind that of v with the right singular vector, otherwise None.
    """

    response: Response
    strength: sympy.Symbol
    relation: sympy.Expr
    location: sympy.Expr | None
    threshold: sympy.Expr | None
    lower_threshold: sympy.Expr | None
    overlap: sympy.Expr
    right_overlap: sympy.Expr | None

    def __repr__(self) -> str:
        where = f"z = {self.location}" if self.location is not None else f"{self.relation} = 0"
        above = "" if self.threshold is None else f", for {self.strength} > {self.threshold}"
        return f"<OutlierFormula {self.response.kind}: {where}{above}; overlap {self.overlap}>"

    def series(self, n: int) -> list[sympy.Expr]:
        """The first n coefficients of lambda = theta^k (s_0 + s_1 theta^-k + ...), k = 2 if rectangular, otherwise 1.

        Additive outliers have s_k = kappa_k, the free cumulants. These coefficients are what singles out the root.

        >>> from resolvent.derive.laws.elementary import semicircle
        >>> outlier(semicircle(3)).series(4)
        [1, 0, 3, 0]

        Raises `ParameterError` unless n is a non-negative integer.
        """
        if isinstance(n, bool) or not hasattr(n, "__index__") or n < 0:
            raise ParameterError(f"the number of terms must be a non-negative integer; got {n!r}", n=n)
        return _location_series(self.response, n)

    @property
    def critical(self) -> sympy.Expr:
        """A polynomial in theta that vanishes at every threshold other than 0, closed form or not.

        Where ``location`` is rational, ``threshold`` is its largest zero, or 0.

        >>> from resolvent.derive.laws.elementary import marchenko_pastur, semicircle
        >>> outlier(semicircle("1/10") + marchenko_pastur("1/2")).critical
        40*theta**4 - 40*theta**3 - 14*theta**2 + 4*theta - 1
        """
        table = _table(self.response, self.strength)
        return _critical_polynomial(_relation(self.response, self.strength), self.location, self.strength, table)

    def latex(self) -> str:
        r"""The location (or the relation), the threshold and the overlaps in LaTeX, separated by ``\qquad``.

        >>> from resolvent.derive.laws.elementary import semicircle
        >>> print(outlier(semicircle()).latex())
        \lambda = \frac{\theta^{2} + 1}{\theta} \qquad \theta > 1 \qquad \left|\langle u, v\rangle\right|^{2} = \frac{\left(\theta - 1\right) \left(\theta + 1\right)}{\theta^{2}}
        """  # noqa: E501
        theta = _latex(self.strength)
        where = f"\\lambda = {_latex(self.location)}" if self.location is not None else f"{_latex(self.relation)} = 0"
        parts = [where]
        if self.threshold is not None:
            parts.append(f"{theta} > {_latex(self.threshold)}")
        if self.right_overlap is None:
            parts.append(rf"\left|\langle u, v\rangle\right|^{{2}} = {_latex(self.overlap)}")
        else:
            parts.append(rf"\left|\langle u, u_1\rangle\right|^{{2}} = {_latex(self.overlap)}")
            parts.append(rf"\left|\langle v, v_1\rangle\right|^{{2}} = {_latex(self.right_overlap)}")
        return r" \qquad ".join(parts)


@checked
def outlier(
    law: AlgebraicLaw, kind: str = "additive", strength: sympy.Symbol = THETA, ratio: Any = None
) -> OutlierFormula:
    r"""The outlier of A + theta u u^T, A (I + theta u u^T) or X + theta u v^T above the support of a law.

    Args:
        law: the law of A, or of X X^T, X of size p x n. Symbolic parameters may stay.
        kind: "additive", "multiplicative" (then A >= 0, theta > -1, and the eigenvector is that of
            (I + theta u u^T)^(1/2) A (I + theta u u^T)^(1/2)) or "rectangular" (lambda is the squared singular value).
        strength: the symbol for theta.
        ratio: c = p/n, for the rectangular kind only.

    u and v are unit vectors, independent of A's eigenvectors (X's singular vectors).

    >>> from resolvent.derive.laws.elementary import marchenko_pastur
    >>> c = sympy.Symbol("c", positive=True)
    >>> spike = outlier(marchenko_pastur(c), "multiplicative")
    >>> spike.location, spike.threshold
    ((c + theta)*(theta + 1)/theta, sqrt(c))
    >>> spike.overlap
    -(c - theta**2)/(theta*(c + theta))

    Raises `ParameterError` for an unknown kind, a strength that is no symbol or is a parameter, a ratio that is
    missing, superfluous or not positive; `DerivationError` if the kind needs a law on [0, oo) and this is none, or if
    the law is that of the zero matrix and the kind multiplicative.

    Source: Benaych-Georges, Nadakuditi 2011, theorems 2.1, 2.2, 2.6, 2.7; 2012, theorems 2.8, 2.9.
    """
    if not isinstance(strength, sympy.Symbol):
        raise ParameterError(f"the strength must be a symbol; got {strength!r}", strength=strength)
    response = response_of(law, kind, ratio)
    check_names((*response.symbols, strength))
    if strength in response.symbols:
        raise ParameterError(f"the strength {strength} is a parameter of the law; choose another symbol", law=law)
    relation = _relation(response, strength)
    table = _table(response, strength)
    expression = polynomial_to_sympy(relation, table)
    location = _location(response, relation, strength, table)
    upper, lower = _thresholds(response, relation, location, strength, table)
    left, right = _overlaps(response, relation, location, strength, table)
    return OutlierFormula(response, strength, expression, location, upper, lower, left, right)


# -- the formulas --------------------------------------------------------------------------------------------


def _relation(response: Response, strength: sympy.Symbol) -> fmpz_mpoly:
    """Q(z, theta^-power), cleared of denominators, in the ring of z, theta and the parameters."""
    ring = polynomial_ring(("z", strength.name, *(s.name for s in response.symbols)))
    power = generator(ring, strength.name) ** response.power
    names = {VALUE: (ring.constant(1), power)}
    (found,) = irreducible_factors(without_monomials(substitute(response.polynomial, ring, names)), "z")
    return found


def _location_series(response: Response, n: int) -> list[sympy.Expr]:
    """The coefficients of lambda = 1/w(y), without its factor 1/y."""
    inverse = response.inverse_series(n + 2)
    base: Field = getattr(inverse, "field", Field())
    with order(n + 1):
        found = make_series(base, [1], n + 1) / shifted(inverse, -1)
    table = {s.name: s for s in response.symbols}
    terms = terms_of(found, n)
    return [t.to_sympy(table) if isinstance(t, Element) else sympy.Rational(int(t.p), int(t.q)) for t in terms]


Table = Mapping[str, sympy.Symbol]


def _table(response: Response, strength: sympy.Symbol) -> Table:
    return {"z": Z, strength.name: strength, **{s.name: s for s in response.symbols}}


def _columns(polynomial: fmpz_mpoly, name: str, table: Table) -> list[sympy.Expr]:
    """The coefficients of the powers of one generator, as expressions."""
    ring = ring_of((), polynomial, drop=(name,))
    return [polynomial_to_sympy(c, table) for c in coefficients_in(polynomial, name, ring)]


def _location(response: Response, relation: fmpz_mpoly, strength: sympy.Symbol, table: Table) -> sympy.Expr | None:
    """lambda where the relation is linear in z, or quadratic with the root that its series at theta = oo decides."""
    parts = _columns(relation, "z", table)
    if len(parts) == 2:
        return sympy.factor(-parts[0] / parts[1])
    if len(parts) > 3:
        return None
    _, b, a = parts
    ring = ring_of((), relation, drop=("z",))
    c_, b_, a_ = coefficients_in(relation, "z", ring)
    radicand = b_ * b_ - 4 * a_ * c_
    content = int(radicand.content())
    square, rest = sympy.Integer(1), sympy.Integer(content if radicand.leading_coefficient() > 0 else -content)
    for factor, multiplicity in factored(radicand):  # outside of the root, so that it cannot hide a change of sign
        expression = polynomial_to_sympy(factor, table)
        square *= expression ** (multiplicity // 2)
        rest *= expression ** (multiplicity % 2)
    inner, outer = (sympy.Poly(sympy.expand(e), strength) for e in (rest, square))
    half = inner.degree() // 2  # an odd degree would make lambda no Laurent series at theta = oo
    top = half + outer.degree()
    k = response.power
    steps = (max(sympy.degree(a, strength), 0) + k - top) // k + 1
    tail = sum((s * strength ** (k * (1 - j)) for j, s in enumerate(_location_series(response, steps))), start=Z * 0)
    lead = sympy.Poly(sympy.expand((2 * a * tail + b) * strength ** (k * steps)), strength)
    sign = sympy.factor(lead.coeff_monomial(strength ** (top + k * steps)) / outer.LC())
    if not (sign.is_positive or sign.is_negative):
        return None
    radical = strength**half * sympy.sqrt(sympy.factor(sympy.expand(rest / strength ** (2 * half))))
    signed = square * radical if sign.is_positive else -square * radical
    return sympy.factor_terms((signed - b) / (2 * a))


def _overlaps(
    response: Response, relation: fmpz_mpoly, location: sympy.Expr | None, strength: sympy.Symbol, table: Table
) -> tuple[sympy.Expr, sympy.Expr | None]:
    """The overlaps, from lambda' = -F_theta/F_z with F the relation, or from the location itself."""
    rational = location is not None and degree(relation, "z") == 1
    tidy = sympy.factor if rational or location is None else sympy.factor_terms
    place = Z if location is None else location
    if location is None:
        f_theta, f_z = (polynomial_to_sympy(relation.derivative(n), table) for n in (strength.name, "z"))
        slope = -f_theta / f_z
    else:
        slope = sympy.diff(location, strength)
    if response.kind == "additive":
        return tidy(slope), None
    if response.kind == "multiplicative":
        return tidy((1 + strength) * slope / place), None
    cauchy = _cauchy_value(response, relation, strength, table).subs(Z, place)
    return tidy(strength * slope * cauchy / 2), tidy(slope / (2 * strength * place * cauchy))


def _cauchy_value(response: Response, relation: fmpz_mpoly, strength: sympy.Symbol, table: Table) -> sympy.Expr:
    """G(lambda) in z and theta: the common root of P and of c z m^2 - (1-c) m = theta^-2."""
    own, c = response.law.equation.polynomial, response.ratio
    assert c is not None
    ring = ring_of(("m", "z", strength.name), own, c.numerator, relation)
    m, z, theta = (generator(ring, name) for name in ("m", "z", strength.name))
    p, q = (e.project_to_context(ring) for e in (c.numerator, c.denominator))
    quadratic = theta**2 * (p * z * m**2 - (q - p) * m) - q
    rest = own.project_to_context(ring)
    inner = ring_of((), ring.constant(0), drop=("m",))
    while (k := degree(rest, "m")) >= 2:  # pseudo-division: the leading coefficient theta^2 p z is not zero
        lead = coefficients_in(rest, "m", inner)[k].project_to_context(ring)
        rest = theta**2 * p * z * rest - lead * m ** (k - 2) * quadratic
    parts = coefficients_in(rest, "m", inner)
    if len(parts) == 2 and not divmod(parts[1], relation.project_to_context(inner))[1].is_zero():
        beta, alpha = (polynomial_to_sympy(e, table) for e in parts)
        return sympy.cancel(beta / alpha)
    # Both roots m are on the curve. Above the support G is the positive one, and their product is negative.
    ratio = c.to_sympy(table)
    root = sympy.sqrt(sympy.factor((1 - ratio) ** 2 + 4 * ratio * Z / strength**2))
    return (root - 1 + ratio) / (2 * ratio * Z)


# -- thresholds ----------------------------------------------------------------------------------------------


def _thresholds(
    response: Response, relation: fmpz_mpoly, location: sympy.Expr | None, strength: sympy.Symbol, table: Table
) -> tuple[sympy.Expr | None, sympy.Expr | None]:
    """The ends of the strengths that make outliers above and below the support: exact numbers, or closed forms.

    lambda(theta) is analytic with lambda' > 0 from theta = oo down to the threshold. There either G is infinite, and
    the threshold is 0; or m is singular at the edge, so that lambda' = 0 or lambda is singular. Hence the threshold is
    the largest positive theta at which one of these happens to the physical root, or 0.
    """
    if not response.symbols:
        found = gaps(response)
        ends = (found[-1].left, lowest_end(found))
        exact = [None if e is None or e.strength is None else e.strength.to_sympy() for e in ends]
        return exact[0], None if response.kind == "rectangular" else exact[1]
    if location is None:
        return None, None
    candidates = _closed_roots(_critical_polynomial(relation, location, strength, table), strength)
    if candidates is not None and degree(relation, "z") > 1:
        singular = [r.base for r in location.atoms(sympy.Pow) if r.exp == sympy.Rational(1, 2) and r.has(strength)]
        candidates = _confirmed(candidates, [sympy.diff(location, strength), *singular], strength)
    if candidates is None:
        return None, None
    upper_end = sympy.Max(0, *candidates)
    lower_end = sympy.Min(0, *candidates)
    return upper_end, None if response.kind == "rectangular" else lower_end


def _critical_polynomial(
    relation: fmpz_mpoly, location: sympy.Expr | None, strength: sympy.Symbol, table: Table
) -> sympy.Expr:
    """A polynomial in theta whose zeros include those of lambda' and the singular points of lambda."""
    if location is not None and degree(relation, "z") == 1:
        return sympy.expand(sympy.numer(sympy.factor(sympy.diff(location, strength))))
    return polynomial_to_sympy(relation.resultant(relation.derivative(strength.name), "z"), table)


def _closed_roots(expression: sympy.Expr, strength: sympy.Symbol) -> list[sympy.Expr] | None:
    """All real roots in closed form, or None if a factor has none, or has roots that may or may not be real."""
    found: list[sympy.Expr] = []
    x = sympy.Dummy("x", real=True)
    for factor, _ in sympy.factor_list(sympy.expand(expression.xreplace({strength: x})))[1]:
        polynomial = sympy.Poly(factor, x) if factor.has(x) else None
        if polynomial is None:
            continue
        terms = polynomial.terms()
        if polynomial.degree() == 1:
            roots: Sequence[sympy.Expr] = [sympy.factor(-polynomial.nth(0) / polynomial.nth(1))]
        elif len(terms) == 2 and terms[1][0] == (0,):
            degree_, value = polynomial.degree(), sympy.factor(-terms[1][1] / terms[0][1])
            if not (value.is_positive or value.is_negative):
                return None
            root = sympy.root(abs(value), degree_)
            roots = [sympy.sign(value) * root] if degree_ % 2 else [root, -root] if value.is_positive else []
        elif polynomial.degree() == 2:
            c, b, a = (polynomial.nth(k) for k in range(3))
            radical = sympy.sqrt(sympy.factor(b**2 - 4 * a * c))
            roots = [(-b + radical) / (2 * a), (-b - radical) / (2 * a)]
        else:
            return None
        for root in roots:
            if root.is_real is None:
                return None
            if root.is_real and not root.is_zero:
                found.append(root)
    return found


def _confirmed(
    candidates: Sequence[sympy.Expr], tests: Sequence[sympy.Expr], strength: sympy.Symbol
) -> list[sympy.Expr] | None:
    """The candidates at which one of the tests vanishes; None if that cannot be decided."""
    kept = []
    for candidate in candidates:
        values = [sympy.simplify(test.subs(strength, candidate)) for test in tests]
        if any(v.is_zero or v in (sympy.zoo, sympy.nan) for v in values):
            kept.append(candidate)
        elif any(v.is_zero is None for v in values):
            return None
    return kept


def _latex(expression: sympy.Basic) -> str:
    return expression_latex(expression.xreplace({Z: sympy.Symbol("lambda")}))
