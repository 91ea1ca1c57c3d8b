r"""Laws from cycle weights: the polynomial that the functional equation of the admissible graphs reduces to.

The weights w_j are cumulants. For one colour they are the free cumulants. For two colours, a p x n matrix Y with
p/n -> c = phi/psi and the law of Y Y^T, the coefficients psi^(1-j) w_j are its rectangular free cumulants:

    w(t) = v t                                  independent entries of Y of variance v/n: Marchenko-Pastur
    w(t) = v t/(1 - v t)                        Y = W X/sqrt(n n_0), Gaussian, n_0 between: phi = n_0/n, psi = n_0/p
    w(t) = (eta-zeta) t + zeta t/(1 - zeta t)   Y = f(W X)/sqrt(n), the features of a random layer

For L > 2 colours, w(t) = v t belongs to a product of L - 1 independent Gaussian matrices, times its transpose.

Source: Pennington, Worah, NeurIPS 2017, for the weights of cycles.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import sympy
from flint import fmpq, fmpz_mpoly

from resolvent.derive.border import checked
from resolvent.derive.derivation import rules
from resolvent.derive.derivation.step import Step
from resolvent.derive.equations.equation import M, Values, Z, probes
from resolvent.derive.errors import ParameterError
from resolvent.derive.exact.field import Element, Field, check_names, evaluate_polynomial, to_element
from resolvent.derive.exact.polynomials import generator, ring_of
from resolvent.derive.exact.precision import order
from resolvent.derive.exact.series import Series, compose, make_series, terms_of
from resolvent.derive.graphs.admissible_graphs import number_of_graphs
from resolvent.derive.graphs.moment_polynomials import PHI, PSI, lagrange, polynomial_of_graphs
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.arguments import as_scalar, require_positive, shown
from resolvent.derive.laws.from_polynomial import conclude
from resolvent.derive.laws.positivity import require_law, require_law_on_half_line
from resolvent.derive.laws.rational_germ import RationalGerm
from resolvent.derive.laws.record import Recipe

_w, _h = sympy.Function("w"), sympy.Symbol("h")
_MOST_COLOURS = 12
_MOST_CHECKED = 5_000  # graphs that a check enumerates for one moment


@checked
def law_of_cycle_weights(
    weights: Any,
    variable: sympy.Symbol | None = None,
    *,
    phi: Any = None,
    psi: Any = None,
    ratios: Sequence[Any] | None = None,
) -> AlgebraicLaw:
    """The law whose moments are the sums over admissible graphs with these cycle weights.

    Args:
        weights: w(t) = sum_j w_j t^j, a rational function of ``variable`` and parameters with w(0) = 0; or the list
            [w_1, w_2, ...], finite.
        variable: the variable of w; by default the symbol named t.
        phi, psi: the ratios of two colours, columns and rows; by default the symbols phi and psi.
        ratios: for another number of colours, one ratio for each, the first colour's (the rows') first.

    >>> eta, zeta, t = sympy.symbols("eta zeta t", positive=True)
    >>> law_of_cycle_weights(eta * t, t).moments(2)
    [eta, (eta**2*phi + eta**2*psi)/psi]
    >>> law_of_cycle_weights([4, 1], phi=1, psi=1).moments(3)
    [4, 33, 344]

    At numeric weights and ratios the result must be a probability measure (for two colours on [0, oo)); with parameters
    that is an assumption.

    Raises `ParameterError` for weights that are not such a function and ratios that are not positive,
    `DerivationError` if there is no such measure, with the first moment that fails.
    Source: Pennington, Worah, NeurIPS 2017; see `resolvent.derive.graphs.moment_polynomials` for the functional
    equation.
    """
    if ratios is None:
        levels = (PSI if psi is None else psi, PHI if phi is None else phi)
    elif phi is None and psi is None:
        levels = tuple(ratios)
    else:
        raise ParameterError("give phi and psi, for two colours, or ratios, not both", phi=phi, psi=psi, ratios=ratios)
    expression, t = _generating_function(weights, variable)
    return _law(expression, t, levels)


@checked
def law_of_free_cumulants(cumulants: Any, variable: sympy.Symbol | None = None) -> AlgebraicLaw:
    """The law with the given free cumulants: the list [kappa_1, kappa_2, ...], or the rational R(g) in ``variable``.

    One colour: the graphs are the non-crossing partitions of the edges, the cycle of length j has the weight kappa_j.

    >>> law_of_free_cumulants([0, 1]).equation.expr
    m**2 + m*z + 1
    >>> g = sympy.Symbol("g")
    >>> law_of_free_cumulants(1 / (1 - g), g).moments(4)
    [1, 2, 5, 14]

    Raises `ParameterError` for what is not a list of scalars or a rational function that is finite at 0,
    `DerivationError` if no probability measure has these cumulants, with the first moment that fails.
    Source: Speicher, Math. Ann. 298 (1994).
    """
    if variable is not None and not isinstance(cumulants, (list, tuple)):
        cumulants = variable * as_scalar(cumulants)
    expression, t = _generating_function(cumulants, variable)
    return _law(expression, t, (1,))


def _generating_function(weights: Any, variable: sympy.Symbol | None) -> tuple[sympy.Expr, sympy.Symbol]:
    """w(t) as a SymPy expression, and t."""
    if isinstance(weights, (list, tuple)):
        parts = [as_scalar(w) for w in weights]
        taken = {s.name for part in parts for s in part.free_symbols}
        t = variable or sympy.Symbol("t" if "t" not in taken else "t_cycle")
        if t.name in taken:
            raise ParameterError(f"{t} is the variable of w(t), and a parameter of the weights too; rename it", name=t)
        return sympy.Add(*(w * t**j for j, w in enumerate(parts, start=1))), t
    expression = as_scalar(weights)
    if variable is None:
        named = [s for s in expression.free_symbols if s.name == "t"]
        if len(named) != 1:
            raise ParameterError(
                f"cannot tell the variable of w in {expression}: write w in t, or pass variable=", weights=weights
            )
        variable = named[0]
    if not isinstance(variable, sympy.Symbol):
        raise ParameterError(f"the variable must be a SymPy symbol; got {variable!r}", variable=variable)
    if variable.name in ("z", "m"):
        raise ParameterError(f"the variable of w cannot be called {variable}; take t", variable=variable)
    return expression, variable


def _law(expression: sympy.Expr, t: sympy.Symbol, levels: tuple[Any, ...]) -> AlgebraicLaw:
    expansion = GraphExpansion.of(expression, t, levels)
    text = expansion.text
    law = conclude(
        AlgebraicLaw,
        expansion.polynomial(),
        expansion.symbols,
        expansion.moments,
        rule=rules.GRAPH_TRANSFORM,
        explanation=f"the equation of {text}",
        uses=(expansion.decomposition(),),
        recipe=Recipe(_law, (expression, t, levels), frozenset({t})),
        text=text,
        nonnegative=True if len(levels) == 2 else None,
        formulas=expansion.substituted,
    )
    # The rank of Y asks for no more: if p/n = c > 1 and the mass at 0 were below 1 - 1/c, h = x(1+u)(1+cu) would
    # return to 0 at some x < 0, so h'(x) = 0 < u'(x) in between; but u = psi w(h) with a rational w, finite there.
    return require_law_on_half_line(law, f"{text} is no law of a Gram matrix") if len(levels) == 2 else require_law(law)


@dataclass(frozen=True, eq=False)
class GraphExpansion:
    """Cycle weights and ratios, read and checked: what the sums over admissible graphs are made of.

    Attributes:
        expression, variable: w as a SymPy expression, and its variable.
        scalars: the ratios by colour, as SymPy expressions.
        weights, ratios: the same for exact arithmetic.
    """

    expression: sympy.Expr
    variable: sympy.Symbol
    scalars: tuple[sympy.Expr, ...]
    weights: RationalGerm
    ratios: tuple[Element, ...]
    symbols: tuple[sympy.Symbol, ...]

    @classmethod
    def of(cls, expression: sympy.Expr, t: sympy.Symbol, levels: Sequence[Any]) -> GraphExpansion:
        """Read them; raises `ParameterError` as `law_of_cycle_weights` does."""
        scalars = tuple(require_positive(f"the ratio of colour {level}", ratio) for level, ratio in enumerate(levels))
        if not 1 <= len(scalars) <= _MOST_COLOURS or (len(scalars) == 1 and scalars[0] != 1):
            raise ParameterError(
                f"there is one ratio for each of 1 to {_MOST_COLOURS} colours, and that of a single colour is 1; got "
                f"{shown(tuple(levels))}",
                ratios=levels,
            )
        weights = RationalGerm.of(expression, t)
        if weights.series(1, {})[1][0]:
            raise ParameterError(f"w(0) must be 0, there is no cycle of length 0; got w = {expression}", w=expression)
        read = [to_element(r) for r in scalars]
        symbols = tuple(sorted({*weights.symbols, *(s for _, more in read for s in more)}, key=lambda s: str(s.name)))
        check_names(symbols)
        if t.name in {s.name for s in symbols}:
            raise ParameterError(f"{t} is the variable of w and also a parameter; rename one of them", variable=t)
        return cls(expression, t, scalars, weights, tuple(e for e, _ in read), symbols)

    @property
    def text(self) -> str:
        """The law as an expression."""
        levels = self.scalars
        ratios = f"phi={levels[1]}, psi={levels[0]}" if len(levels) == 2 else f"ratios={shown(levels)}"
        return f"law_of_cycle_weights({self.expression}, {self.variable}, {ratios})"

    def moments(self, n: int, values: Values) -> Series:
        """1 + sum m_k w^k modulo w^n: P = w(h) with h = t prod_l (1 + r_l w(h)) reverted, scaled."""
        base, w, r = self.weights.series(n + 1, values, self.ratios)
        with order(n + 1):
            hanging = make_series(base, [1], n + 1)
            for ratio in r:
                hanging = hanging * (1 + w * ratio)
            h = (make_series(base, [0, 1], n + 1) / hanging).reversion()
            p = compose(w, h)
        return make_series(base, [1, *(p[k] * r[0] ** (1 - k) for k in range(1, n))], n)

    def polynomial(self) -> fmpz_mpoly:
        """u = r_0 w(h), h = (1/(r_0 z)) prod_l (1 + (r_l/r_0) u), u = -(1 + z m), as a polynomial in z and m."""
        parts = [e for r in self.ratios for e in (r.numerator, r.denominator)]
        ring = ring_of(("z", "m"), self.weights.numerator, *parts, drop=(self.variable.name,))
        z, m = generator(ring, "z"), generator(ring, "m")
        u = -(1 + z * m)
        a, b = (e.project_to_context(ring) for e in (self.ratios[0].numerator, self.ratios[0].denominator))
        top, bottom = -m * b, a  # the rows' own factor, 1 + u = -z m, cancels the z below
        for ratio in self.ratios[1:]:
            quotient = ratio / self.ratios[0]
            p, q = (e.project_to_context(ring) for e in (quotient.numerator, quotient.denominator))
            top, bottom = top * (q + p * u), bottom * q
        above, below = self.weights.at((top, bottom))
        return u * b * below - a * above

    # -- the steps -----------------------------------------------------------------------------------------

    def decomposition(self) -> Step:
        """The steps from the weights to the functional equation of P."""
        given = Step(
            rules.CYCLE_WEIGHTS,
            f"the cycle weights of {self.text}",
            kind="definition",
            build=partial(tuple, (sympy.Eq(_w(self.variable), self.expression, evaluate=False),)),
        )
        expansion = Step(
            rules.GRAPH_EXPANSION,
            f"the moments; ratios by colour: {', '.join(map(str, self.scalars))}",
            uses=(given,),
            verify=self.agrees_with_graphs,
        )
        p = sympy.Function("P")(self.variable)
        hung = sympy.Mul(self.variable, *(1 + r * (p - 1) for r in self.scalars))
        return Step(
            rules.ROOT_CYCLE,
            "the functional equation of P",
            uses=(expansion,),
            build=partial(tuple, (sympy.Eq(p, 1 + _w(_h), evaluate=False), sympy.Eq(_h, hung, evaluate=False))),
            verify=partial(decomposition_holds, len(self.ratios)),
        )

    def substituted(self) -> tuple[sympy.Basic, ...]:
        """The functional equation with z and m put in."""
        first = self.scalars[0]
        h = sympy.Mul(-M / first, *(1 - r / first * (1 + Z * M) for r in self.scalars[1:]))
        return sympy.Eq(-(1 + Z * M), first * _w(_h), evaluate=False), sympy.Eq(_h, h, evaluate=False)

    def agrees_with_graphs(self) -> bool:
        """Whether the first moments are the sums over the graphs themselves, at numbers in general position."""
        for values in probes(self.symbols):
            try:
                orders = list(_checked_orders(len(self.ratios)))
                _, w, r = self.weights.series(len(orders) + 1, values, self.ratios)
                m = terms_of(self.moments(len(orders) + 1, values), len(orders) + 1)
            except ZeroDivisionError:  # a pole at these values: others will do
                continue
            weights = terms_of(w, len(orders) + 1)[1:]
            return all(m[k] * r[0] ** (k - 1) == _sum_over_graphs(k, weights, r) for k in orders)
        return False


def _checked_orders(colours: int) -> range:
    return range(1, next(k for k in range(5, 0, -1) if number_of_graphs(k, colours) <= _MOST_CHECKED) + 1)


def _sum_over_graphs(k: int, weights: Sequence[fmpq], ratios: Sequence[fmpq]) -> fmpq:
    """P_k at numbers, from the enumerated graphs."""
    found = polynomial_of_graphs(k, len(ratios))
    numbers = [*(ratios if len(ratios) > 1 else ()), *weights[:k]]
    return evaluate_polynomial(found, dict(zip(found.context().names(), numbers, strict=True)), Field()).to_fmpq()


def decomposition_holds(colours: int) -> bool:
    """Whether the functional equation gives the enumerated moment polynomials, symbolically, to order 5 (or less).

    >>> decomposition_holds(2)
    True
    """
    for k in _checked_orders(colours):
        found = polynomial_of_graphs(k, colours)
        names = found.context().names()
        base = Field(tuple(sorted(names)))
        weights = [base.generator(f"w{j}") for j in range(1, k + 1)]
        ratios = [base.generator(n) for n in names if not n.startswith("w")] or [base.constant(1)]
        if lagrange(k, weights, ratios, base)[-1] != base.element(found):
            return False
    return True
