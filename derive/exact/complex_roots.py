"""All complex roots of a squarefree integer polynomial, approximately and without proof."""

from __future__ import annotations

import math

import flint
import numpy as np
from flint import acb, acb_poly, fmpq, fmpz_poly

_EXACT = 16  # up to this degree isolation is fast
_STEPS = 40
_LARGEST = 300.0  # logarithm of what is computed with in doubles
_CLOSE = 1e-12  # relative change at which the iteration ends
_REAL = 1e-9  # relative imaginary part that counts as rounding error


def approximate_roots(polynomial: fmpz_poly) -> list[complex]:
    """The roots in double precision, real ones without an imaginary part.

    Eigenvalues of the companion matrix around the mean of the roots begin; Aberth's iteration makes them accurate, with
    values of the polynomial to as many bits as cancellation can take.

    >>> sorted(approximate_roots(fmpz_poly([-2, 0, 1])), key=lambda root: root.real)
    [(-1.4142135623730951+0j), (1.4142135623730951+0j)]
    """
    roots = _aberth(polynomial) if polynomial.degree() > _EXACT else None
    if roots is None:
        return [complex(root) for root, _ in polynomial.complex_roots()]
    return [complex(r.real) if abs(r.imag) <= _REAL * abs(r) else r for r in roots]


def _aberth(polynomial: fmpz_poly) -> list[complex] | None:
    """The roots, or None if the iteration does not settle."""
    n = polynomial.degree()
    mean = fmpq(-int(polynomial[n - 1]), n * int(polynomial[n]))
    center = int(mean.p // mean.q)
    moved = polynomial(fmpz_poly([center, 1]))
    coefficients = [int(c) for c in moved.coeffs()]
    if coefficients[0] == 0:
        return None
    scale = (_log(coefficients[0]) - _log(coefficients[-1])) / n
    sizes = [_log(c) + (k - n) * scale - _log(coefficients[-1]) if c else -math.inf for k, c in enumerate(coefficients)]
    if max(*sizes, abs(scale), math.log(1 + abs(center))) > _LARGEST:
        return None
    scaled = [math.exp(size) if c > 0 else -math.exp(size) for c, size in zip(coefficients, sizes, strict=True)]
    with np.errstate(all="ignore"), flint.ctx.workprec(64 + max(abs(c).bit_length() for c in coefficients)):
        z = np.roots(scaled[::-1]) * math.exp(scale)
        value, slope = acb_poly(moved), acb_poly(moved.derivative())
        for _ in range(_STEPS):
            places = [acb(r.real, r.imag) for r in z.tolist()]
            ratios = zip(value.evaluate(places, "iter"), slope.evaluate(places, "iter"), strict=True)
            newton = np.array([complex(a / b) for a, b in ratios])
            others = z[:, None] - z[None, :]
            np.fill_diagonal(others, np.inf)
            step = newton / (1 - newton * (1 / others).sum(axis=1))
            z = z - step
            if np.all(np.abs(step) <= _CLOSE * np.abs(z)):
                return (z + center).tolist()
    return None


def _log(value: int) -> float:
    """The logarithm of the absolute value of an integer of any size."""
    return math.log(abs(value))
