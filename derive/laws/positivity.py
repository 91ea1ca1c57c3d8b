"""Is it a law? Exact tests of positivity: Hankel determinants, supports on a half-line, and whole measures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import flint
from flint import arb, fmpq

from resolvent.derive.derivation import rules
from resolvent.derive.derivation.derivation import Step
from resolvent.derive.errors import BranchError, DerivationError
from resolvent.derive.exact.field import Element
from resolvent.derive.exact.series import terms_of
from resolvent.derive.laws.algebraic_law import AlgebraicLaw

_HANKEL_MOMENTS = 17
_SEARCHED_MOMENTS = 257
_BITS_PER_MOMENT = 48
_UNSEEN = f" (none of the first {_SEARCHED_MOMENTS - 1} moments shows it)"


def first_hankel_failure(moments: Sequence[Any]) -> int | None:
    """The order k of the first moment m_k that no positive measure can have after the earlier ones, or None.

    ``moments`` starts with m_0, and holds rational numbers, or balls; where a ball leaves a sign open the search ends
    (None). The continued-fraction weights b_k = D_{k-2} D_k / D_{k-1}^2 (D the Hankel
    determinants) must be positive; once one is zero the measure is finite and all later moments follow from it.

    >>> first_hankel_failure([fmpq(v) for v in (1, 0, 1, 0, 0)])
    4
    """
    zero = moments[0] * 0
    previous = [zero] * len(moments)
    current = list(moments)  # current[k] = <x^k, p_j>, by the modified Chebyshev recurrence
    if current[0] <= 0:
        return 0
    alpha, beta = (current[1] / current[0] if len(moments) > 1 else zero), zero
    for j in range(1, (len(moments) - 1) // 2 + 1):
        following = [zero] * len(moments)
        for k in range(j, len(moments) - j):
            following[k] = current[k + 1] - alpha * current[k] - beta * previous[k]
        if following[j] < 0:
            return 2 * j
        if following[j] == 0:
            return next((j + k for k in range(j, len(moments) - j) if following[k] != 0), None)
        if not following[j] > 0:
            return None
        alpha = (following[j + 1] / following[j] if j + 1 < len(moments) - j else zero) - current[j] / current[j - 1]
        beta = following[j] / current[j - 1]
        previous, current = current, following
    return None


def first_hankel_failure_in_balls(moments: Sequence[fmpq], bits_per_moment: int = _BITS_PER_MOMENT) -> int | None:
    """The same for many moments: exact weights have numbers of some n^2 digits; balls decide the same signs, or none.

    >>> first_hankel_failure_in_balls([fmpq(v) for v in (1, 0, 1, 0, 0)])
    4
    """
    with flint.ctx.workprec(bits_per_moment * len(moments)):
        return first_hankel_failure([arb(value) for value in moments])


def first_failing_moment(law: AlgebraicLaw, *, half_line: bool = False, most: int = _HANKEL_MOMENTS) -> int | None:
    """The order of the first of ``most`` moments that no positive measure can have after the earlier ones, or None.

    With ``half_line`` the measure must live on [0, oo): then the symmetric measure of the square roots must be
    positive, whose moments are the law's with zeros in between. Moments outside Q are not tested (None).

    >>> from resolvent.derive.laws.elementary import semicircle
    >>> first_failing_moment(semicircle()), first_failing_moment(semicircle(), half_line=True)
    (None, 2)
    """
    if not law.equation.is_numeric or not law.equation.field.is_rational:
        return None
    moments = terms_of(law.moment_series(most), most)
    spread = [value for moment in moments for value in (moment, fmpq(0))] if half_line else moments
    if most <= _HANKEL_MOMENTS:
        failure = first_hankel_failure(spread)
    else:
        failure = first_hankel_failure_in_balls(spread, _BITS_PER_MOMENT * most // len(spread))
    return failure // 2 if half_line and failure is not None else failure


def require_law(law: AlgebraicLaw, reason: str = "") -> AlgebraicLaw:
    """The law itself if it is a probability measure or still has parameters.

    Raises `DerivationError` if it is none; its ``objects`` hold the ``reason``, without what it is the reason for.
    """
    from resolvent.derive.support.herglotz import require_herglotz

    if not law.equation.is_numeric:
        return law
    prefix = f"{reason}: " if reason else f"{law.text} is not a law: "
    failure = first_failing_moment(law)
    if failure is not None:
        why = f"the Hankel determinant up to the moment m_{failure} is negative"
        raise DerivationError(f"{prefix}{why}", law=law, moment=failure, reason=why)
    try:
        require_herglotz(law.equation)
    except (DerivationError, BranchError) as error:
        failure = first_failing_moment(law, most=_SEARCHED_MOMENTS)
        first = _UNSEEN if failure is None else f" (m_{failure} is the first moment that fails)"
        why = f"{error}{first}"
        raise DerivationError(f"{prefix}{why}", law=law, moment=failure, reason=why) from error
    return law


def require_law_on_half_line(law: AlgebraicLaw, reason: str) -> AlgebraicLaw:
    """The same for a law that must live on [0, oo), as a Gram matrix's does."""
    if not law.equation.is_numeric:
        return law
    failure = first_failing_moment(law, half_line=True)
    if failure is None:
        require_law(law, reason)
        if _lower_end_is_nonnegative(law):
            return law
        failure = first_failing_moment(law, half_line=True, most=_SEARCHED_MOMENTS)
    if failure is None:
        raise DerivationError(f"{reason}: it has mass below 0{_UNSEEN}", law=law)
    raise DerivationError(
        f"{reason}: no measure on [0, oo) has its first moments; m_{failure} is the first that fails",
        law=law,
        moment=failure,
    )


def _lower_end_is_nonnegative(law: AlgebraicLaw) -> bool:
    from resolvent.derive.support.support import skeleton

    lowest = skeleton(law.equation).lower_end
    return bool(lowest.polynomial[0] == 0 or float(lowest) > 0)


def nonnegativity(law: AlgebraicLaw) -> bool | None:
    """Whether the support lies in [0, oo): True or False where that is proved, None where parameters leave it open."""
    if law.nonnegative:
        return True
    if law.equation.is_numeric:
        return _lower_end_is_nonnegative(law)
    mean, square = terms_of(law.moment_series(3), 3)[1:]
    if not mean and square:
        return False
    if isinstance(mean, Element) and mean.is_constant and mean.to_fmpq() < 0:
        return False
    return None


def require_nonnegative_factor(a: AlgebraicLaw, b: AlgebraicLaw) -> Step | None:
    """Check that A^(1/2) B A^(1/2) makes sense: None if one factor is non-negative for sure, otherwise the assumption.

    Raises `DerivationError` if both are centred, or both have mass below 0.
    """
    if a.nonnegative or b.nonnegative:
        return None
    means = [terms_of(law.moment_series(2), 2)[1] for law in (a, b)]
    if not any(bool(mean) for mean in means):
        raise DerivationError(
            f"the product of two centred laws, {a.text} and {b.text}, is not a law: all its moments vanish, and "
            "A^(1/2) needs a non-negative A",
            laws=(a, b),
        )
    known = [nonnegativity(law) for law in (a, b)]
    if True in known:
        return None
    if known == [False, False]:
        raise DerivationError(
            f"neither {a.text} nor {b.text} is supported on [0, oo), so A^(1/2) B A^(1/2) is not defined", laws=(a, b)
        )
    text = " or ".join(law.text for law, k in zip((a, b), known, strict=True) if k is None)
    return Step(rules.DOMAIN, f"{text} is supported on [0, oo)", kind="assumed")
