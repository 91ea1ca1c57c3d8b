"""`ExplicitLaw`: a law given by an explicit inverse, such as the product of as many matrices as a symbol says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import sympy
from flint import fmpq, fmpq_series

from resolvent.derive.border import checked
from resolvent.derive.derivation import rules
from resolvent.derive.derivation.document import Formula
from resolvent.derive.derivation.latex import expression_latex, formula_lines, formula_text, in_convention
from resolvent.derive.derivation.step import Rule, Step
from resolvent.derive.equations.equation import M, Z, probes
from resolvent.derive.errors import DerivationError, ParameterError
from resolvent.derive.exact.field import Element, to_fmpq, to_sympy_rational
from resolvent.derive.exact.precision import order
from resolvent.derive.exact.series import cumulants_from_moments, make_series, terms_of
from resolvent.derive.explicit.inverse import FactoredInverse, U
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.arguments import OPERATORS, as_scalar, check_count, grouped, shown
from resolvent.derive.laws.from_transform import law_of_s, law_of_s_transform
from resolvent.derive.laws.record import Images, Law, Recipe, by_name, parameter_images
from resolvent.derive.laws.statement import Statement

_CHECKED = 8  # moments
FREE_MULTIPLICATIVE_POWER = Rule(
    "free multiplicative power",
    "S of a product of L free copies is S^L",
    "Voiculescu, J. Operator Theory 18 (1987)",
    r"The $S$-transform of a product of $L$ free copies is $S^L$.",
)
TURNED = Rule(
    "cyclic product",
    "A B and B A have the same eigenvalues but for zeros: u(BA) = c u(AB) for A of size n x k, c = n/k",
    "",
    r"$AB$ and $BA$ have the same eigenvalues but for zeros: $u_{BA} = c\,u_{AB}$ for $A$ of size $n \times k$, "
    r"$c = n/k$.",
)
EXPLICIT = Rule(
    "explicit inverse",
    "z(u) = (1+u)/(u S(u)) at u = zG(z) - 1",
    "Voiculescu, J. Operator Theory 18 (1987), section 2",
    r"$z(u) = (1+u)/(u\,S(u))$ at $u = zG(z) - 1$.",
)


@checked
@dataclass(frozen=True, eq=False)
class ExplicitLaw(Law):
    """A law on [0, oo) given by z(u) = (m_1/u) prod (1 + r_j u)^(e_j), where exponents may be symbols.

    Attributes:
        inverse: the data of z(u); see `explicit.inverse`.
        conclusion: the last step of the derivation.
        text: the law in words.
        recipe: how a catalog entry made it, if one did.

    Free products of such laws are written ``A @ B``, of L copies ``A.free_multiplicative_power(L)``.

    >>> L = sympy.Symbol("L", positive=True, integer=True)
    >>> law = wishart_factor(1).free_multiplicative_power(L)
    >>> law.moments(3)
    [1, L + 1, 3*L**2/2 + 5*L/2 + 1]
    >>> law.right_edge()
    L*(1 + 1/L)**(L + 1)
    >>> law.at(L=3).algebraic().moments(4)
    [1, 4, 22, 140]
    """

    inverse: FactoredInverse
    conclusion: Step
    text: str
    recipe: Recipe | None = None
    kind = "law with an explicit inverse"

    __repr__ = Law.__repr__

    @property
    def parameters(self) -> tuple[sympy.Symbol, ...]:
        """The free parameters, sorted by name."""
        return self.inverse.symbols

    def at(self, values: Images = None, /, **named: Any) -> Any:
        """The law with parameters replaced; a catalog entry derives it anew.

        Raises `ParameterError` for a name the law does not have and for values outside a parameter's domain.
        """
        images = parameter_images(self.parameters, by_name(values, named))
        if not images:
            return self
        if self.recipe is not None:
            return self.recipe.replay(images)
        given = ", ".join(f"{symbol} = {value}" for symbol, value in images.items())
        return _concluded(self.inverse.subs(images), f"{self.text} at {given}", EXPLICIT, (self.conclusion,))

    def moments(self, n: int, *, limit: int | None = Law.most_moments) -> list[sympy.Expr]:
        """The exact moments [m_1, ..., m_n], by Lagrange's inversion; for every depth at once if it is a symbol.

        Raises `ParameterError` for more than ``limit`` terms, a tenth of it for each parameter; None for no limit.
        """
        check_count(n, limit, len(self.parameters))
        return self._scaled(self.inverse.scaled_moments(n))

    def free_cumulants(self, n: int, *, limit: int | None = Law.most_moments) -> list[sympy.Expr]:
        """The exact free cumulants [kappa_1, ..., kappa_n]."""
        check_count(n, limit, len(self.parameters))
        field, number = self.inverse.field, self.inverse.scaled_moments(n)
        terms: list[Any] = [field.constant(1), *number]
        if field.is_rational:
            terms = [t.to_fmpq() for t in terms]
        with order(n + 1):
            found = terms_of(cumulants_from_moments(make_series(field, terms, n + 1), field), n + 1)[1:]
        return self._scaled(found)

    def _scaled(self, terms: list[Any]) -> list[sympy.Expr]:
        if self.inverse.field.is_rational and self.inverse.mean.is_Rational:
            mean = to_fmpq(self.inverse.mean)  # of many digits for many layers
            numbers = [t.to_fmpq() if isinstance(t, Element) else t for t in terms]
            return [to_sympy_rational(mean**k * number) for k, number in enumerate(numbers, start=1)]
        names = {s.name: s for s in self.parameters}
        plain = [t.to_sympy(names) if isinstance(t, Element) else to_sympy_rational(t) for t in terms]
        return [sympy.expand(self.inverse.mean**k * t) for k, t in enumerate(plain, start=1)]

    def statement(self, convention: str = "stieltjes") -> Statement:
        """The equation that z, m and the parameters satisfy, powers with symbols included."""
        claim = self.claim
        if in_convention(claim.rhs, convention)[0].could_extract_minus_sign():
            claim = sympy.Eq(-claim.lhs, -claim.rhs, evaluate=False)
        return Statement(
            "equation in",
            Formula(lambda: formula_lines(claim, convention), lambda: [formula_text(claim, convention)]),
            lambda: expression_latex(in_convention(claim, convention)[0]),
            lambda: {
                "equation": {
                    "formula": str(in_convention(claim, convention)[0]),
                    "inverse": str(self.inverse.expression),
                }
            },
        )

    @property
    def claim(self) -> sympy.Eq:
        """The equation in z and m: z u = constant times the powers, with a common power of 1 + u = -z m cancelled."""
        image = -1 - Z * M
        right, left, own = self.inverse.constant, image, sympy.Integer(0)
        for base, exponent in self.inverse.bases:
            if base == 1 + U:
                own = exponent
            else:
                right *= sympy.expand(base.xreplace({U: image})) ** exponent
        if (own - 1).is_nonnegative:
            return sympy.Eq(left, -M * (-Z * M) ** (own - 1) * right, evaluate=False)
        return sympy.Eq(left * Z * (-Z * M) ** -own, right, evaluate=False)

    # -- the support ---------------------------------------------------------------------------------------

    def right_edge(self) -> sympy.Expr:
        """The right end of the support in closed form; see `FactoredInverse.right_edge`.

        Raises `DerivationError` where there is none.
        """
        return self.inverse.right_edge()

    def atoms(self) -> list[tuple[sympy.Expr, sympy.Expr]]:
        """(place, weight) of the atoms; see `FactoredInverse.atoms`."""
        return self.inverse.atoms()

    # -- operations ----------------------------------------------------------------------------------------

    def __matmul__(self, other: Any) -> ExplicitLaw:
        if not isinstance(other, ExplicitLaw):
            raise ParameterError("A @ B needs two laws with explicit inverses", law=self, other=other)
        text = f"{grouped(self.text, OPERATORS)} @ {grouped(other.text, OPERATORS)}"
        return _concluded(
            self.inverse.times(other.inverse), text, rules.FREE_PRODUCT, (self.conclusion, other.conclusion)
        )

    def free_multiplicative_power(self, count: Any) -> ExplicitLaw:
        """The law of a product of so many free copies; the number may be a symbol.

        Raises `ParameterError` unless the number is a positive integer, or a symbol that stands for one.
        """
        number = as_scalar(count)
        if not (number.is_integer and number.is_positive):
            raise ParameterError(
                "the number of copies is a positive integer, or a symbol with positive=True, integer=True; "
                f"got {count}",
                count=count,
            )
        if number == 1:
            return self
        return _concluded(
            self.inverse.power(number),
            f"{grouped(self.text, OPERATORS)}.free_multiplicative_power({number})",
            FREE_MULTIPLICATIVE_POWER,
            (self.conclusion,),
        )

    def turned(self, ratio: Any) -> ExplicitLaw:
        """The law of B A where this is that of A B, A of size n x k and n/k -> ``ratio``.

        Raises `ParameterError` unless the ratio is positive.
        """
        c = as_scalar(ratio)
        if not c.is_positive:
            raise ParameterError(f"a ratio of sizes is positive; got {ratio}", ratio=ratio)
        if c == 1:
            return self
        return _concluded(
            self.inverse.turned(c), f"{grouped(self.text, OPERATORS)}.turned({c})", TURNED, (self.conclusion,)
        )

    def algebraic(self) -> AlgebraicLaw:
        """The same law with its polynomial equation, where all exponents are whole numbers.

        Raises `DerivationError` if they are not.
        """
        if not all(e.is_Integer for _, e in self.inverse.factors):
            raise DerivationError(f"the exponents of {self.text} are no numbers: there is no polynomial", law=self)
        transform = sympy.cancel((1 + U) / (U * self.inverse.expression))
        recipe = Recipe(law_of_s_transform, (transform, U), frozenset({U}))
        law = law_of_s(transform, U, recipe, nonnegative=True)
        return replace(law, conclusion=replace(law.conclusion, uses=(self.conclusion,)))

    def same_as(self, other: Any) -> bool:
        """Whether the other law has the same inverse."""
        return isinstance(other, ExplicitLaw) and self.inverse == other.inverse

    __hash__ = Law.__hash__


def explicit_law(inverse: FactoredInverse, text: str) -> ExplicitLaw:
    """A law by its inverse, as a definition."""
    step = Step(rules.DEFINITION, f"the S-transform of {text}", kind="definition", build=partial(_s_claim, inverse))
    return _concluded(inverse, text, EXPLICIT, (step,))


def wishart_factor(ratio: Any, variance: Any = 1) -> ExplicitLaw:
    """Marchenko-Pastur: W W^T of an n x k matrix W with independent entries of variance v/k, n/k -> ratio.

    >>> wishart_factor(sympy.Rational(1, 2), 2).moments(3)
    [2, 6, 22]
    """
    c, v = as_scalar(ratio), as_scalar(variance)
    one = sympy.Integer(1)
    return explicit_law(
        FactoredInverse.of(v, [(one, one), (c, one)]),
        f"marchenko_pastur({c})" if v == 1 else f"{grouped(shown(v), '+-/')}*marchenko_pastur({c})",
    )


def projection_factor(share: Any) -> ExplicitLaw:
    """A projection of normalised trace p: ones with probability p, else 0.

    >>> projection_factor(sympy.Rational(1, 3)).moments(2)
    [1/3, 1/3]
    """
    p = as_scalar(share)
    return explicit_law(
        FactoredInverse.of(p, [(1 / p, sympy.Integer(1))]), f"atoms([0, 1], [{shown(1 - p)}, {shown(p)}])"
    )


def point_factor(place: Any) -> ExplicitLaw:
    """A positive number times the identity.

    >>> point_factor(3).moments(2)
    [3, 9]
    """
    a, one = as_scalar(place), sympy.Integer(1)
    return explicit_law(FactoredInverse.of(a, [(one, one)]), f"atoms([{shown(a)}])")


def _concluded(inverse: FactoredInverse, text: str, rule: Rule, uses: tuple[Step, ...]) -> ExplicitLaw:
    step = Step(
        rule, f"the inverse of {text}", uses=uses, build=partial(_claims, inverse), verify=partial(_agrees, inverse)
    )
    return ExplicitLaw(inverse, step, text)


def _s_claim(inverse: FactoredInverse) -> tuple[sympy.Basic, ...]:
    s = sympy.cancel((1 + U) / (U * inverse.expression)) if not inverse.symbols else (1 + U) / (U * inverse.expression)
    return (sympy.Eq(sympy.Function("S")(U), s, evaluate=False),)


def _claims(inverse: FactoredInverse) -> tuple[sympy.Basic, ...]:
    return (sympy.Eq(Z, inverse.expression, evaluate=False),)


def _agrees(inverse: FactoredInverse) -> bool:
    """Whether the moments, put into w = u/(u z(u)), give it back, by exponentials of series in place of Lagrange."""
    names = {s.name for pair in inverse.factors for part in pair for s in part.free_symbols}
    symbols = [s for s in inverse.symbols if s.name in names]
    values: Mapping[str, fmpq] = next(iter(probes(symbols)))
    scaled = [e.evaluate(values).to_fmpq() for e in inverse.scaled_moments(_CHECKED)]
    images = {s: to_sympy_rational(values[s.name]) for s in symbols}
    at = inverse.subs(dict(images))
    with order(_CHECKED + 1):
        psi = fmpq_series([fmpq(0), *scaled])
        power = fmpq_series([0])
        for rate, exponent in at.factors:
            r, e = (fmpq(int(v.p), int(v.q)) for v in (rate, exponent))
            power = power + e * (1 + r * psi).log()
        found = fmpq_series([0, 1]) * power.exp()
        return all(found[k] == psi[k] for k in range(_CHECKED + 1))
