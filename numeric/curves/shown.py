"""How curves stand at the prompt: a name, and numbers in a few digits."""

from __future__ import annotations

from typing import Any

import numpy as np


def shown(of: Any, **values: Any) -> str:
    """The class of an object with what it holds.

    >>> shown(1.5, ratio=1 / 3, noise=np.array([1.0, 2.0, 4.0]))
    '<float: ratio 0.333333, noise 3 values from 1 to 4>'
    """
    return f"<{type(of).__name__}: {', '.join(f'{name} {_short(value)}' for name, value in values.items())}>"


def _short(value: Any) -> str:
    if callable(value):
        return getattr(value, "__name__", "a function")
    if isinstance(value, str):
        return value
    numbers = np.asarray(value, dtype=float)
    if numbers.size == 1:
        return f"{float(numbers.ravel()[0]):.6g}"
    return f"{numbers.size} values from {np.min(numbers):.6g} to {np.max(numbers):.6g}"
