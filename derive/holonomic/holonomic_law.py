"""Laws whose Stieltjes transform satisfies a linear differential equation with polynomial coefficients."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import sympy
from flint import fmpq, fmpq_series, fmpz_poly

from resolvent.derive.border import bounded, checked
from resolvent.derive.derivation import rules
from resolvent.derive.derivation.document import Formula
from resolvent.derive.derivation.latex import in_convention
from resolvent.derive.derivation.step import Step
from resolvent.derive.equations.equation import M, Z
from resolvent.derive.errors import DerivationError, ParameterError
from resolvent.derive.exact.field import Field, to_fmpq, to_sympy_rational
from resolvent.derive.exact.precision import order
from resolvent.derive.exact.series import cumulants_from_moments, terms_of
from resolvent.derive.holonomic.algebraic_ode import algebraic_ode
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.arguments import check_count
from resolvent.derive.laws.record import Images, Law, by_name
from resolvent.derive.laws.statement import Statement
from resolvent.derive.sequences.guessing import MARGIN, guess_recurrence
from resolvent.derive.sequences.ode import LinearODE, jump_ode, stieltjes_ode
from resolvent.derive.sequences.recurrence import N, Recurrence
from resolvent.derive.sequences.telescoping import HypergeometricSum, Telescoped, telescope
from resolvent.derive.support.hankel import first_hankel_failure

_CHECKED = 40  # moments that a check compares
_HANKEL = 41


@checked
@dataclass(frozen=True, eq=False)
class HolonomicLaw(Law):
    r"""A law whose Stieltjes transform m(z) = \int rho(dx)/(x-z) satisfies a linear differential equation.

    Attributes:
        ode: the equation of m(z), homogeneous.
        density_ode: an equation of the density between singular points; often of lower order.
        recurrence: that of the moments, for n >= 0.
        initial: m_0 = 1, m_1, ...: as many as the recurrence needs; they single m(z) out among the solutions.
        conclusion: the last step of the derivation.
        text: what the law is, in words.

    >>> from resolvent.derive.laws.elementary import marchenko_pastur
    >>> law = holonomic(marchenko_pastur(1))
    >>> print(law.ode.text("m", "z"))
    (2*z - 6)*m' + (z**2 - 4*z)*m'' = 0
    >>> law.moments(5), law.evidence
    ([1, 2, 5, 14, 42], <Evidence.PROVED: 'proved'>)

    Source: Salvy, Zimmermann, ACM Trans. Math. Softw. 20 (1994) 163-177, for the equation of a transform from the
    recurrence of moments.
    """

    ode: LinearODE
    density_ode: LinearODE
    recurrence: Recurrence
    initial: tuple[fmpq, ...]
    conclusion: Step
    text: str
    kind = "holonomic law"
    has_recurrence = True
    most_moments = 10_000  # a recurrence costs little
    _known: list[fmpq] = field(default_factory=list, repr=False)

    __repr__ = Law.__repr__

    @property
    def parameters(self) -> tuple[sympy.Symbol, ...]:
        """None: the coefficients are numbers."""
        return ()

    def at(self, values: Images = None, /, **named: Any) -> HolonomicLaw:
        """The law itself: there are no parameters to replace.

        Raises `ParameterError` for any name.
        """
        for name in by_name(values, named):
            raise ParameterError(f"the law has no parameter {name!r}; its parameters: none", name=name)
        return self

    def same_as(self, other: Any) -> bool:
        """Whether the other law has the same differential equation and the same first moments; they then are one."""
        if not isinstance(other, HolonomicLaw) or self.ode != other.ode:
            return False
        n = max(len(self.initial), len(other.initial))
        return self.moment_terms(n) == other.moment_terms(n)

    @bounded(n=range(100_001))
    def moment_terms(self, n: int) -> list[fmpq]:
        """m_0, ..., m_(n-1), by the recurrence."""
        if len(self._known) < n:
            # never fewer than the recurrence needs to go on from
            self._known[:] = self.recurrence.terms(self._known or self.initial, max(n, len(self.initial)))
        return self._known[:n]

    def moments(self, n: int, *, limit: int | None = most_moments) -> list[sympy.Expr]:
        """The exact moments [m_1, ..., m_n]; more than the limit need a higher one, or None."""
        check_count(n, limit)
        return [to_sympy_rational(m) for m in self.moment_terms(n + 1)[1:]]

    def free_cumulants(self, n: int, *, limit: int | None = Law.most_moments) -> list[sympy.Expr]:
        """The exact free cumulants [kappa_1, ..., kappa_n]; the limit is that of `moments`."""
        check_count(n, limit)
        with order(n + 1):
            series = cumulants_from_moments(fmpq_series(self.moment_terms(n + 1), prec=n + 1), Field())
        return [to_sympy_rational(c) for c in terms_of(series, n + 1)[1:]]

    def statement(self, convention: str = "stieltjes") -> Statement:
        """The differential equation, which is the same for m and for G = -m, and the first moments.

        >>> from resolvent.derive.laws.elementary import marchenko_pastur
        >>> holonomic(marchenko_pastur(1)).statement("cauchy").formula.text()
        ["(2*z - 6)*G' + (z**2 - 4*z)*G'' = 0"]

        Raises `ParameterError` for an unknown convention.
        """
        variable = str(in_convention(M, convention)[1])
        latex = partial(self.ode.latex, variable, "z")
        formula = Formula(lambda: [latex()], lambda: [self.ode.text(variable, "z")])
        return Statement("differential equation of", formula, latex, partial(_data, self, variable))


def _data(law: HolonomicLaw, variable: str) -> dict[str, Any]:
    return {
        "differential_equation": {
            "text": law.ode.text(variable, "z"),
            "variable": variable,
            "order": law.ode.order,
            "latex": law.ode.latex(variable, "z"),
        },
        "first_moments": [str(m) for m in law.initial],
    }


@checked
def holonomic(law: AlgebraicLaw) -> HolonomicLaw:
    """An algebraic law by the differential equation of its transform; proved by elimination.

    Raises `DerivationError` if parameters are left, or if its moments are not rational.

    Source: Bostan, Chyzak, Lecerf, Salvy, Schost, Differential equations for algebraic functions, ISSAC 2007.
    """
    ode = algebraic_ode(law.equation)
    if not law.equation.field.is_rational:
        raise DerivationError("the moments of the law are not rational numbers", law=law)
    recurrence = ode.moment_recurrence()
    terms = partial(_terms_of_law, law)
    step = Step(
        rules.ALGEBRAIC_ODE,
        f"the differential equation of the transform of {law.text}, and the recurrence of its moments",
        uses=(law.conclusion,),
        build=partial(_ode_and_recurrence, ode, recurrence),
        verify=partial(_recurrence_holds, recurrence, terms, _CHECKED + recurrence.order),
    )
    initial = tuple(terms(recurrence.first_free))
    return HolonomicLaw(ode, ode, recurrence, initial, step, f"holonomic({law.text})")


@bounded()
def law_of_sum(
    summand: HypergeometricSum, weight: Any = 1, name: str = "law_of_sum", source: Law | None = None
) -> HolonomicLaw:
    """The law with m_0 = 1 and m_n = weight sum_(k=0..n) F(n, k) for n >= 1, proved by creative telescoping.

    If weight F(0, 0) < 1, the law has an atom at 0 for the rest. ``source`` is a classical sum whose moments these are
    by the binomial theorem; the derivation then starts from its own, and the check compares moments.

    >>> from resolvent.derive.sequences.telescoping import K, N, hypergeometric_sum
    >>> law = law_of_sum(hypergeometric_sum((N + 1) ** 2 / (N + 1 - K) ** 2, (N - K) ** 2 / (K + 1) ** 2))
    >>> law.moments(4), law.derivation.check(), law.evidence.value  # the arcsine law on [0, 4]
    ([2, 6, 20, 70], True, 'proved')

    Raises `DerivationError` if no recurrence is found or the moments belong to no positive measure.

    Sources: Zeilberger, J. Symb. Comput. 11 (1991) 195-204; Petkovsek, Wilf, Zeilberger 1996, A = B, chapter 6.
    """
    share = to_fmpq(weight)
    found = telescope(summand)
    whole = share * summand.first == 1
    own = found.recurrence
    # at n = 0 the recurrence of the sum would use w F(0, 0) in place of m_0 = 1: the factor n leaves it out there
    recurrence = own if whole else Recurrence(tuple(fmpz_poly([0, 1]) * p for p in own.coefficients))
    terms = partial(_terms_of_sum, summand, share)
    k = sympy.Symbol("k")
    quotients = (
        sympy.Eq(sympy.Function("F")(N + 1, k) / sympy.Function("F")(N, k), summand.in_n.to_sympy()),
        sympy.Eq(sympy.Function("F")(N, k + 1) / sympy.Function("F")(N, k), summand.in_k.to_sympy()),
    )
    words = f"the moments of {name}: w = {share}, F(0, 0) = {summand.first}"
    latex = rf"the moments of {name}: $w = {share}$, $F(0, 0) = {summand.first}$"
    if source is None:
        first = Step(
            rules.HYPERGEOMETRIC_MOMENTS, words, kind="definition", build=partial(tuple, quotients), latex=latex
        )
    else:
        first = Step(
            rules.BINOMIAL_MOMENTS,
            words,
            uses=(source.derivation.last,),
            build=partial(tuple, quotients),
            verify=partial(_has_moments, source, terms),
            latex=latex,
        )
    second = Step(
        rules.CREATIVE_TELESCOPING,
        "the recurrence of the sum, and its certificate R(n, k)",
        uses=(first,),
        build=partial(_telescoping_claim, found),
        verify=partial(_telescopes, found, summand),
    )
    return _from_recurrence(recurrence, own, terms, second, name)


@bounded()
def law_of_moments(moments: Sequence[Any], margin: int = MARGIN, name: str = "law_of_moments") -> HolonomicLaw:
    """The law whose moments m_0 = 1, m_1, ... satisfy the recurrence that is guessed from the given ones.

    The evidence is `guessed`: the step says how many terms were used, and how many more agreed.

    >>> law = law_of_moments([1, 1, 2, 5, 14, 42, 132, 429, 1430, 4862, 16796, 58786, 208012, 742900, 2674440])
    >>> law.evidence.value, law.moments(16)[-1]
    ('guessed', 35357670)

    Raises `DerivationError` if no recurrence fits, or the moments belong to no positive measure; `ParameterError` for
    moments that are no numbers or too few, or m_0 other than 1.

    Source: Salvy, Zimmermann, ACM Trans. Math. Softw. 20 (1994) 163-177.
    """
    values = [to_fmpq(m) for m in moments]
    if not values or values[0] != 1:
        raise ParameterError("the first number must be m_0 = 1, the total mass", moments=tuple(moments))
    guess = guess_recurrence(values, margin)
    first = Step(rules.GIVEN_MOMENTS, f"the first {len(values)} moments of {name}", kind="definition")
    second = Step(
        rules.GUESSED_RECURRENCE,
        f"the recurrence of the moments ({guess.evidence})",
        kind="guessed",
        uses=(first,),
        build=partial(_recurrence_claim, guess.relation),
        verify=partial(guess.relation.holds_for, values),
    )
    return _from_recurrence(guess.relation, guess.relation, partial(_terms_given, guess.relation, values), second, name)


def _from_recurrence(
    recurrence: Recurrence, own: Recurrence, terms: Callable[[int], list[fmpq]], before: Step, name: str
) -> HolonomicLaw:
    """The law of a recurrence; ``own`` is the one without a factor n, for n >= 1: it gives equations of low order."""
    start = 0 if own is recurrence else 1
    initial = tuple(terms(max(recurrence.first_free, own.order + start)))
    failure = first_hankel_failure(recurrence.terms(initial, _HANKEL))
    if failure is not None:
        raise DerivationError(
            f"{name} is no law: no positive measure has its moments; m_{failure} is the first that fails", order=failure
        )
    ode = stieltjes_ode(own, initial, start)
    step = Step(
        rules.STIELTJES_ODE,
        f"the differential equation of the transform of {name}",
        uses=(before,),
        build=partial(_ode_claim, ode),
        verify=partial(_recurrence_holds, ode.moment_recurrence(), terms, _CHECKED),
    )
    return HolonomicLaw(ode, jump_ode(own), recurrence, initial, step, name)


# What steps claim and check, as functions of data, so that derivations can be pickled.


def _terms_of_law(law: AlgebraicLaw, n: int) -> list[fmpq]:
    return terms_of(law.moment_series(n), n)


def _terms_of_sum(summand: HypergeometricSum, share: fmpq, n: int) -> list[fmpq]:
    return [fmpq(1), *(share * u for u in summand.terms(n)[1:])]


def _terms_given(recurrence: Recurrence, values: list[fmpq], n: int) -> list[fmpq]:
    return values[:n] if n <= len(values) else recurrence.terms(values, n)


def _recurrence_holds(recurrence: Recurrence, terms: Callable[[int], list[fmpq]], n: int) -> bool:
    return recurrence.holds_for(terms(n))


def _has_moments(law: Law, terms: Callable[[int], list[fmpq]]) -> bool:
    return [to_fmpq(m) for m in law.moments(_CHECKED)] == terms(_CHECKED + 1)[1:]


def _telescopes(found: Telescoped, summand: HypergeometricSum) -> bool:
    return found.check() and found.recurrence.holds_for(summand.terms(_CHECKED))


def _telescoping_claim(found: Telescoped) -> tuple[sympy.Basic, ...]:
    certificate = sympy.Eq(sympy.Function("R")(N, sympy.Symbol("k")), found.certificate.to_sympy())
    return (_recurrence_formula(found.recurrence, "u"), certificate)


def _ode_and_recurrence(ode: LinearODE, recurrence: Recurrence) -> tuple[sympy.Basic, ...]:
    return (*_ode_claim(ode), *_recurrence_claim(recurrence))


def _ode_claim(ode: LinearODE) -> tuple[sympy.Basic, ...]:
    return (_equation_of(ode),)


def _recurrence_claim(recurrence: Recurrence) -> tuple[sympy.Basic, ...]:
    return (_recurrence_formula(recurrence),)


def _equation_of(ode: LinearODE) -> sympy.Eq:
    return sympy.Eq(ode.to_sympy(sympy.Function("m")(Z)), 0, evaluate=False)


def _recurrence_formula(recurrence: Recurrence, name: str = "m") -> sympy.Eq:
    return sympy.Eq(recurrence.to_sympy(name), 0, evaluate=False)
