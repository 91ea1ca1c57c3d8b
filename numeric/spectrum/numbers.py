"""Scalars and arrays of numbers as arguments."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from resolvent.derive.errors import ParameterError
from resolvent.derive.exact.field import to_fmpq


def real_values(values: ArrayLike, name: str) -> Any:
    """Numbers as a flat array of floats; pandas and xarray objects too.

    Raises `ParameterError` for complex numbers, NaN, infinite or masked ones, or none at all.
    """
    if np.ma.is_masked(values):
        raise ParameterError(f"some of the {name} are masked; leave them out (compressed), or fill them")
    array = np.asarray(values)
    if np.iscomplexobj(array):
        raise ParameterError(f"the {name} must be real; got complex numbers. Of Hermitian matrices take eigvalsh")
    try:
        flat = np.array(array, dtype=float).ravel()
    except (TypeError, ValueError):
        raise ParameterError(f"the {name} must be numbers; got {array.dtype} data") from None
    if not len(flat):
        raise ParameterError(f"there are no {name}")
    bad = np.flatnonzero(~np.isfinite(flat))
    if len(bad):
        raise ParameterError(f"the {name} must be finite; number {bad[0]} is {flat[bad[0]]}", index=int(bad[0]))
    return flat


def real_number(value: Any) -> float:
    """A scalar argument as a float; raises `ParameterError` for anything else."""
    try:
        exact = to_fmpq(value) if isinstance(value, str) else None
        found = float(value) if exact is None else int(exact.p) / int(exact.q)
    except (TypeError, ValueError, OverflowError, ParameterError):
        raise ParameterError(f"a number is needed; got {value!r}", value=value) from None
    if not np.isfinite(found):
        raise ParameterError(f"a finite number is needed; got {value!r}", value=value)
    return found


def nonnegative_number(value: Any, name: str) -> float:
    """A scalar argument as a float that is not negative; raises `ParameterError` for anything else."""
    found = real_number(value)
    if found < 0:
        raise ParameterError(f"the {name} must not be negative; got {value}", value=value)
    return found


def positive_number(value: Any, name: str) -> float:
    """A scalar argument as a positive float; raises `ParameterError` for anything else."""
    found = real_number(value)
    if found <= 0:
        raise ParameterError(f"{name} must be positive; got {value}", value=value)
    return found


def is_below_zero(low: float, high: float) -> bool:
    """Whether a support from ``low`` to ``high`` reaches below 0 by more than rounding errors.

    >>> is_below_zero(-1e-20, 1.0), is_below_zero(-1e-20, 1e-19)
    (False, True)
    """
    return low < -1e-12 * max(high, 0.0)
