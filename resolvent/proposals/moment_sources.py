"""Where exact moments come from: a law, cycle weights, or numbers that were typed in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import sympy
from flint import fmpq

from resolvent.derive.errors import DerivationError, ParameterError
from resolvent.derive.exact.field import to_fmpq
from resolvent.derive.exact.series import terms_of
from resolvent.derive.graphs.cycle_weights import GraphExpansion, law_of_cycle_weights
from resolvent.derive.graphs.moment_polynomials import PHI, PSI
from resolvent.derive.laws.record import Law

MOST_TERMS = Law.most_moments
_T = sympy.Symbol("t")


@dataclass(frozen=True, eq=False)
class MomentSource:
    """Exact rational moments m_0, m_1, ... and what is known about them.

    Attributes:
        text: what they are the moments of.
        terms: n -> [m_0, ..., m_(n-1)].
        usual: how many are taken if nothing is said.
        most: how many may be asked for.
        law: the law they are derived from, if any.
        objection: why there is no such law, where a derivation was tried and failed.
        is_list: whether the numbers are all there is.
        start: for a list, whether it begins with m_0 or m_1.
    """

    text: str
    terms: Callable[[int], list[fmpq]]
    usual: int
    most: int
    law: Law | None = None
    objection: str = ""
    is_list: bool = False
    start: int = 1

    @classmethod
    def of_law(cls, law: Law) -> MomentSource:
        """The moments of a law without free parameters.

        >>> from resolvent.derive.laws.elementary import marchenko_pastur
        >>> MomentSource.of_law(marchenko_pastur("1/2")).terms(4)
        [1, 1, 3/2, 11/4]

        Raises `ParameterError` if parameters are left, or if the moments are not rational numbers.
        """
        if not isinstance(law, Law):
            raise ParameterError(f"{law!r} has no exact moments here; give a law or a list of numbers", law=law)
        if law.symbols:
            names = ", ".join(s.name for s in law.symbols)
            raise ParameterError(f"every parameter needs a number here; give values for {names}", names=names)
        law.moment_terms(2)
        return cls(law.text, law.moment_terms, law.usual_moments, law.most_moments, law)

    @classmethod
    def of_cycle_weights(
        cls,
        weights: sympy.Expr,
        values: Mapping[str, Any] | None = None,
        phi: Any = None,
        psi: Any = None,
        ratios: Sequence[Any] | None = None,
    ) -> MomentSource:
        """The moments from w(t) by reversion of h/prod(1 + r w(h)), not by the polynomial of the law.

        Arguments are those of `law_of_cycle_weights`, with w(t) an expression in the symbol named t; ``values`` are
        numbers for the parameters of w and of the ratios.

        >>> MomentSource.of_cycle_weights(sympy.Symbol("t"), phi=1, psi=1).terms(5)
        [1, 1, 2, 5, 14]

        Raises `ParameterError` for what is not such a function, for parameters without a value and values without a
        parameter.
        """
        if ratios is not None and (phi is not None or psi is not None):
            raise ParameterError("give phi and psi, for two colours, or ratios, not both", ratios=ratios)
        chosen = dict(values or {})
        given = ratios if ratios is not None else (PSI if psi is None else psi, PHI if phi is None else phi)
        expressions = [*map(_expression, (weights, *given))]
        expressions[0] = expressions[0].xreplace({s: _T for s in expressions[0].free_symbols if s.name == "t"})
        used = {s.name: s for e in expressions for s in e.free_symbols if s != _T}
        for name in chosen:
            if name not in used:
                known = ", ".join(sorted(used)) or "none"
                raise ParameterError(f"the weights have no parameter {name!r}; their parameters: {known}", name=name)
        if missing := sorted(set(used) - set(chosen)):
            raise ParameterError(
                f"every parameter needs a number here; give values for {', '.join(missing)}", missing=missing
            )
        images = {used[name]: _expression(value) for name, value in chosen.items()}
        for name, image in zip(chosen, images.values(), strict=True):
            if not image.is_Rational:
                raise ParameterError(f"{name} needs a number here; got {image}", name=name)
        w, *levels = [_substituted(e, images) for e in expressions]
        expansion = GraphExpansion.of(w, _T, levels)
        law, objection = None, ""
        try:
            law = (
                law_of_cycle_weights(w, _T, psi=levels[0], phi=levels[1])
                if len(levels) == 2
                else law_of_cycle_weights(w, _T, ratios=levels)
            )
        except DerivationError as error:  # the moments exist all the same
            objection = str(error)
        return cls(
            expansion.text,
            partial(_expanded, expansion),
            Law.usual_moments,
            MOST_TERMS,
            law,
            objection,
        )

    @classmethod
    def of_numbers(cls, numbers: Sequence[Any], start: int = 1) -> MomentSource:
        """A list of moments that begins with m_0 (``start=0``) or m_1 (``start=1``, m_0 is then 1).

        >>> MomentSource.of_numbers([1, 2, 5]).terms(10)
        [1, 1, 2, 5]

        Raises `ParameterError` for another start, and for what is no list of exact numbers, or too long.
        """
        if isinstance(start, bool) or start not in (0, 1):
            raise ParameterError(f"a list of moments begins with m_0 or m_1: start must be 0 or 1; got {start!r}")
        if isinstance(numbers, str) or not isinstance(numbers, Sequence):
            raise ParameterError("give a law or a sequence of exact moments", moments=numbers)
        if not 1 <= len(numbers) <= MOST_TERMS:
            raise ParameterError(f"give 1 to {MOST_TERMS} moments; got {len(numbers)}", count=len(numbers))
        values = [*([fmpq(1)] if start else []), *(to_fmpq(u) for u in numbers)]
        first, last = f"m_{start}", f"m_{len(values) - 1}"
        count = "1 number" if len(numbers) == 1 else f"{len(numbers)} numbers"
        text = f"{count}, read as {first}" + (f", ..., {last}" if first != last else "")
        text += "; m_0 = 1 is added" if start else ""
        return cls(text, partial(_first, values), len(values), len(values), is_list=True, start=start)


def _first(values: list[fmpq], n: int) -> list[fmpq]:
    return values[:n]


def _expanded(expansion: GraphExpansion, n: int) -> list[fmpq]:
    return terms_of(expansion.moments(max(n, 2), {}), max(n, 2))[:n]


def _expression(value: Any) -> sympy.Expr:
    if isinstance(value, sympy.Expr):
        return value
    number = to_fmpq(value)
    return sympy.Rational(int(number.p), int(number.q))


def _substituted(expression: sympy.Expr, images: Mapping[sympy.Symbol, sympy.Expr]) -> sympy.Expr:
    """The expression with numbers put in, refused where a denominator vanishes."""
    found = expression.xreplace(dict(images))
    if found.has(sympy.zoo, sympy.nan, sympy.oo):
        raise ParameterError(f"{expression} has a pole at these values", expression=expression)
    return found
