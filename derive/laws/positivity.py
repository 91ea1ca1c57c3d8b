"""Is it a law? Exact tests of positivity: Hankel determinants, supports on a half-line, and whole measures."""

from __future__ import annotations

from flint import fmpq

from resolvent.derive.derivation import rules
from resolvent.derive.derivation.step import Step
from resolvent.derive.errors import BranchError, DerivationError
from resolvent.derive.exact.field import Element
from resolvent.derive.exact.series import terms_of
from resolvent.derive.laws.record import AlgebraicRecord, LawT
from resolvent.derive.support.hankel import BITS_PER_MOMENT, first_hankel_failure, first_hankel_failure_in_balls
from resolvent.derive.support.herglotz import require_herglotz
from resolvent.derive.support.support import skeleton

_HANKEL_MOMENTS = 17
_SEARCHED_MOMENTS = 257
_UNSEEN = f" (none of the first {_SEARCHED_MOMENTS - 1} moments shows it)"


def first_failing_moment(law: AlgebraicRecord, *, half_line: bool = False, most: int = _HANKEL_MOMENTS) -> int | None:
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
        failure = first_hankel_failure_in_balls(spread, BITS_PER_MOMENT * most // len(spread))
    return failure // 2 if half_line and failure is not None else failure


def require_law(law: LawT, reason: str = "") -> LawT:
    """The law itself if it is a probability measure or still has parameters.

    Raises `DerivationError` if it is none; its ``objects`` hold the ``reason``, without what it is the reason for.
    """
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


def require_law_on_half_line(law: LawT, reason: str) -> LawT:
    """The same for a law that must live on [0, oo), as a Gram matrix's does.

    Raises `DerivationError` when a Hankel determinant is negative, or there is mass below 0.
    """
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


def _lower_end_is_nonnegative(law: AlgebraicRecord) -> bool:
    lowest = skeleton(law.equation).lower_end
    return bool(lowest.polynomial[0] == 0 or float(lowest) > 0)


def nonnegativity(law: AlgebraicRecord) -> bool | None:
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


def require_nonnegative_factor(a: AlgebraicRecord, b: AlgebraicRecord) -> Step | None:
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
