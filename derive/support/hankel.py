"""Hankel determinants: which moment is the first that no positive measure can have after the earlier ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flint import arb, fmpq

from resolvent.derive.exact.precision import working_precision

BITS_PER_MOMENT = 48


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


def first_hankel_failure_in_balls(moments: Sequence[fmpq], bits_per_moment: int = BITS_PER_MOMENT) -> int | None:
    """The same for many moments: exact weights have numbers of some n^2 digits; balls decide the same signs, or none.

    >>> first_hankel_failure_in_balls([fmpq(v) for v in (1, 0, 1, 0, 0)])
    4
    """
    with working_precision(bits_per_moment * len(moments)):
        return first_hankel_failure([arb(value) for value in moments])
