"""All complex roots of a squarefree integer polynomial, as balls, from FLINT's proved isolation."""

from __future__ import annotations

from flint import acb, fmpq, fmpz_poly


def complex_roots(polynomial: fmpz_poly) -> list[acb]:
    """The roots to the working precision, each once, real ones without an imaginary part.

    They are isolated around the mean of all where that makes the coefficients smaller: roots far from the origin and
    close to each other then take a fraction of the bits.

    >>> sorted(map(complex, complex_roots(fmpz_poly([-2, 0, 1]))), key=lambda root: root.real)
    [(-1.4142135623730951+0j), (1.4142135623730951+0j)]
    """
    degree = polynomial.degree()
    mean = fmpq(-int(polynomial[degree - 1]), degree * int(polynomial[degree]))
    center = int(mean.p // mean.q)
    moved = polynomial(fmpz_poly([center, 1]))
    if moved.height_bits() >= polynomial.height_bits():
        return [acb(root) for root, _ in polynomial.complex_roots()]
    return [acb(root) + center for root, _ in moved.complex_roots()]
