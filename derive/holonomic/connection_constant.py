r"""The constant in front of a closed density, proved: the jump of the transform across the real line.

The transform is m = r + kappa h (`transform_form`), and h(x + i0) is known with its constant (`branch_cut`), so
rho = Im m(x + i0)/pi is. On each interval of the support it equals a constant times the form w (p_0 F(g) + p_1 F'(g))
that the density's equation gave: both solve that equation, both are power series at the end of the interval where
f = 1 and g = 0, and they agree up to the largest exponent there. The constant is the quotient of two coefficients.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import sympy
from flint import fmpq

from resolvent.derive.errors import DerivationError
from resolvent.derive.exact.field import to_sympy_rational
from resolvent.derive.holonomic.branch_cut import CutPiece, break_points, cut_pieces, jump_factor
from resolvent.derive.holonomic.holonomic_law import HolonomicLaw
from resolvent.derive.holonomic.hypergeometric_expansion import equal_up_to, expansion, last_exponent
from resolvent.derive.holonomic.hypergeometric_form import HypergeometricForm, related_forms
from resolvent.derive.holonomic.transform_form import Atoms, TransformForm, transform_form

_SPARE = 12  # coefficients that are compared beyond those that prove equality


@dataclass(frozen=True)
class Connection:
    """The density of a law as a constant times a form, with its proof from the transform.

    Attributes:
        transform: the transform in closed form.
        form: the form of the density.
        constant: the density is constant times that form, on the interval.
        interval: the support of the continuous part.
        atoms: (point, weight).
    """

    transform: TransformForm
    form: HypergeometricForm
    constant: sympy.Expr
    interval: tuple[fmpq, fmpq]
    atoms: Atoms

    def check(self) -> bool:
        """The transform holds, and gives the interval, the atoms, and the constant on every piece of the interval."""
        pieces = cut_pieces(self.transform.form)
        return (
            self.transform.check()
            and self.form.check()
            and self.form.ode == self.transform.form.ode
            and self.interval == _joined(pieces)
            and self.atoms == self.transform.atoms()
            and all(_is(constant_on(piece, self.transform, self.form), self.constant) for piece in pieces)
        )


def connect(law: HolonomicLaw, form: HypergeometricForm) -> Connection | None:
    """The proof that the density of a law is a constant times a form of its equation, with the constant.

    None means that the opposite is proved: the density is no constant multiple of the form.

    >>> from resolvent.derive.holonomic.hypergeometric_form import hypergeometric_forms
    >>> from resolvent.derive.holonomic.holonomic_law import law_of_sum
    >>> from resolvent.derive.sequences.telescoping import K, N, hypergeometric_sum
    >>> rest = N - K
    >>> squares = hypergeometric_sum((4 * N + 2) / (N + 1) * (N + 1) ** 2 / (rest + 1) ** 2, rest**2 / (K + 1) ** 2)
    >>> law = law_of_sum(squares)  # m_n = binom(2n, n)^2: the product of two arcsine variables on [0, 4]
    >>> proof = connect(law, next(hypergeometric_forms(law.density_ode)))
    >>> proof.transform.expression()
    -2*elliptic_k(16/z)/(pi*z)
    >>> proof.constant * proof.form.expression()
    elliptic_k(-(x - 16)/16)/(2*pi**2*sqrt(x))
    >>> proof.check()
    True

    Raises `DerivationError` if the method does not reach the law or the form; the message says where it stops.
    """
    for ode in (law.ode, form.ode):
        ode.require_regular()
    if form.ode != law.density_ode or not form.check():
        raise DerivationError("the form does not solve the equation of the density", form=form, law=law)
    reasons = []
    for related in related_forms(form):
        try:
            transform = transform_form(law, related)
            pieces = cut_pieces(related)
            constants = [constant_on(piece, transform, form) for piece in pieces]
            constant = constants[0]
            if constant is None or not all(_is(c, constant) for c in constants):
                return None
            return Connection(transform, form, constant, _joined(pieces), transform.atoms())
        except DerivationError as error:
            reasons.append(f"{error} (f = {related.pullback.to_sympy()})")
    raise DerivationError(
        "; ".join(dict.fromkeys(reasons)) or "no related form has an argument that vanishes at infinity", form=form
    )


def constant_on(piece: CutPiece, transform: TransformForm, form: HypergeometricForm) -> sympy.Expr | None:
    """The density divided by the form, on one piece; None if it is no constant.

    Raises `DerivationError` if they are not both power series at the end where the transform's argument is 1, or if the
    form is singular or complex inside the piece.
    """
    if any(piece.low < s < piece.high for s in break_points(form)) or not form.pullback(piece.middle) < 1:
        raise DerivationError("the argument of the density's form does not stay below 1", form=form, piece=piece)
    if any(s > piece.low for s, _ in form.powers):
        raise DerivationError("a power in front of the density's form is not real", form=form, piece=piece)
    place, jump = piece.start, jump_factor(transform.form)
    if form.pullback.bottom(place) == 0 or form.pullback(place) != 0:
        raise DerivationError("the density's form is no power series where the other begins", form=form, piece=piece)
    power = sum((e for s, e in form.powers if s == place), Fraction(0))
    last = last_exponent(form.ode, place, power)
    known, own = expansion(transform.form, place, last + _SPARE), expansion(form, place, last + _SPARE)
    first = next(k for k in range(own.series.start, last + 1) if own.series[k] != 0)
    ratio = known.series[first] / own.series[first]
    if known.power != own.power or not equal_up_to(known.series, own.series.scaled(ratio), last + _SPARE):
        return None
    return to_sympy_rational(transform.scale * piece.sign * ratio) * jump * known.constant / own.constant


def same(first: sympy.Expr, second: sympy.Expr) -> bool:
    """Whether two constants are equal, by exact simplification of their quotient.

    >>> same(sympy.gamma(sympy.Rational(1, 2)) ** 2, sympy.pi), same(sympy.pi, sympy.Rational(355, 113))
    (True, False)
    """
    return bool(sympy.gammasimp(sympy.simplify(first / second)) == 1)


def _is(found: sympy.Expr | None, constant: sympy.Expr) -> bool:
    return found is not None and same(found, constant)


def _joined(pieces: tuple[CutPiece, ...]) -> tuple[fmpq, fmpq]:
    if any(u.high != v.low for u, v in pairwise(pieces)):
        raise DerivationError("the support is not one interval", pieces=pieces)
    return pieces[0].low, pieces[-1].high
