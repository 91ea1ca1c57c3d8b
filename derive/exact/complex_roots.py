"""All complex roots of a squarefree integer polynomial, in double precision, from FLINT's proved isolation."""

from __future__ import annotations

from flint import fmpq, fmpz_poly


def complex_roots(polynomial: fmpz_poly) -> list[complex]:
    """The roots, each once, real ones without an imaginary part.

    They are isolated around the mean of all where that makes the coefficients smaller: roots far from the origin and
    close to each other then take a fraction of the bits. Errors are a few units in the last place of the distance
    from that mean.

    >>> sorted(complex_roots(fmpz_poly([-2, 0, 1])), key=lambda root: root.real)
    [(-1.4142135623730951+0j), (1.4142135623730951+0j)]
    """
    degree = polynomial.degree()
    mean = fmpq(-int(polynomial[degree - 1]), degree * int(polynomial[degree]))
    center = int(mean.p // mean.q)
    moved = polynomial(fmpz_poly([center, 1]))
    if moved.height_bits() >= polynomial.height_bits():
        return [complex(root) for root, _ in polynomial.complex_roots()]
    return [complex(root + center) for root, _ in moved.complex_roots()]
