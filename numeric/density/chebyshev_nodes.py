"""Chebyshev nodes on [-1, 1]: the series through values there, and Fejer's rule."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]  # of float64; NumPy's stubs widen the results of arithmetic


@lru_cache(maxsize=64)
def fejer(n: int) -> tuple[Array, Array, Array]:
    """Fejer's first rule on [-1, 1]: 1 + t and 1 - t at Chebyshev nodes t, and weights exact below degree n."""
    from scipy.fft import dct

    k = np.arange(n)
    integrals = np.where(k % 2 == 0, 2.0 / (1.0 - np.where(k % 2 == 0, k, 0.0) ** 2), 0.0)
    half = math.pi * (k + 0.5) / (2 * n)
    return 2 * np.cos(half) ** 2, 2 * np.sin(half) ** 2, dct(integrals, type=3) / n


def chebyshev_coefficients(values: Array) -> Array:
    """Chebyshev coefficients from values at the nodes cos(pi (k + 1/2)/n), which are the last axis."""
    from scipy.fft import dct

    coefficients = dct(values, type=2) / values.shape[-1]
    coefficients[..., 0] /= 2
    return coefficients
