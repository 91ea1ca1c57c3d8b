"""The field that two real algebraic numbers generate: a primitive element, and both numbers as polynomials in it.

Both numbers are integral, so theta = alpha + k beta is too. Its minimal polynomial is the factor of the resultant
Res_y(f(y), g((x - y)/k)) k^(deg g) that vanishes at theta: the only one whose value in ball arithmetic has 0 in it.
alpha is the common root of f(x) and g((theta - x)/k), which is their greatest common divisor over Q(theta) if it has
degree 1; for all but finitely many k it has (Cohen, A Course in Computational Algebraic Number Theory, section 4.5.2).
"""

from __future__ import annotations

from functools import lru_cache
from itertools import count

import sympy
from flint import acb, arb, fmpq_mat, fmpq_poly, fmpz_mpoly_ctx, fmpz_poly

from resolvent.derive.errors import ParameterError
from resolvent.derive.exact.precision import working_precision

MOST_DEGREE = 24  # of an algebraic number
_MOST_PRODUCT = 288  # of two degrees, whose resultant is factored
_BITS = 256

Number = tuple[tuple[int, ...], sympy.Expr]
"""The minimal polynomial of an algebraic integer, coefficients lowest first, and its value."""


@lru_cache(maxsize=256)
def compositum(alpha: Number, beta: Number) -> tuple[Number, fmpq_poly, fmpq_poly]:
    """A number theta that generates Q(alpha, beta), and alpha and beta as polynomials in theta.

    theta is alpha or beta, where one of them generates both.

    >>> root_two, root_three = ((-2, 0, 1), sympy.sqrt(2)), ((-3, 0, 1), sympy.sqrt(3))
    >>> theta, two, three = compositum(root_two, root_three)
    >>> theta
    ((1, 0, -10, 0, 1), sqrt(2) + sqrt(3))
    >>> two**2 % fmpq_poly(list(theta[0])), three**2 % fmpq_poly(list(theta[0]))
    (2, 3)

    Raises `ParameterError` where the degree of theta is above 24, or out of reach.
    """
    f, g = (fmpz_poly(list(number[0])) for number in (alpha, beta))
    if f.degree() * g.degree() > _MOST_PRODUCT:
        raise _too_high(alpha, beta, f"at most {f.degree() * g.degree()}")
    for k in count(1):
        value = alpha[1] + k * beta[1]
        h = _minimal_polynomial(f, g, k, (alpha, beta))
        if h.degree() > MOST_DEGREE:
            raise _too_high(alpha, beta, str(h.degree()))
        modulus = fmpq_poly(h)
        first = _common_root(f, g, k, modulus)
        if first is None:
            continue
        second = (fmpq_poly([0, 1]) - first) % modulus / k
        for number, image, other in ((alpha, first, second), (beta, second, first)):
            if len(number[0]) - 1 == h.degree():  # it generates both: express the other one in it
                found = _in_powers_of(image, other, modulus)
                own = fmpq_poly([0, 1]) % fmpq_poly(list(number[0]))
                return (number, own, found) if number is alpha else (number, found, own)
        return (tuple(int(c) for c in h.coeffs()), value), first, second
    raise AssertionError("count does not end")


def _too_high(alpha: Number, beta: Number, degree: str) -> ParameterError:
    return ParameterError(
        f"{alpha[1]} and {beta[1]} generate a field of degree {degree}, above the limit of {MOST_DEGREE}; "
        "round one of them to a decimal number",
        values=(alpha[1], beta[1]),
    )


def _minimal_polynomial(f: fmpz_poly, g: fmpz_poly, k: int, numbers: tuple[Number, Number]) -> fmpz_poly:
    ring = fmpz_mpoly_ctx.get(("y", "x"), "lex")
    y, x = ring.gens()
    first = ring.from_dict({(i, 0): c for i, c in enumerate(f.coeffs()) if c})
    second = ring.constant(0)
    for i, c in enumerate(g.coeffs()):
        second += c * (x - y) ** i * k ** (g.degree() - i)
    resultant = first.resultant(second, "y")
    coefficients = [0] * (f.degree() * g.degree() + 1)
    for (_, exponent), c in resultant.to_dict().items():
        coefficients[exponent] = int(c)
    factors = [factor for factor, _ in fmpz_poly(coefficients).factor()[1]]
    bits = _BITS
    while len(factors) > 1:
        with working_precision(bits):
            theta = enclosed(f, numbers[0][1], bits) + k * enclosed(g, numbers[1][1], bits)
            factors = [h for h in factors if h(theta).contains(0)]
        bits *= 2
    return factors[0] if factors[0][factors[0].degree()] > 0 else -factors[0]


def enclosed(polynomial: fmpz_poly, value: sympy.Expr, bits: int) -> acb:
    """The root of a polynomial that a value is, in a ball that holds no other root."""
    while True:
        with working_precision(bits):
            digits = bits // 4
            near = acb(arb(str(sympy.N(value, digits))), arb(0)) + acb(arb(0, 10.0 ** min(-10, 10 - digits)))
            found = [root for root, _ in polynomial.complex_roots() if root.overlaps(near)]
            if len(found) == 1:
                return found[0]
        bits *= 2


def _common_root(f: fmpz_poly, g: fmpz_poly, k: int, modulus: fmpq_poly) -> fmpq_poly | None:
    """The x with f(x) = g((theta - x)/k) = 0 as a polynomial in theta, or None where there are several."""
    theta = fmpq_poly([0, 1])
    first = [fmpq_poly([c]) for c in f.coeffs()]
    second = [fmpq_poly([0])]
    for c in reversed(g.coeffs()):  # Horner's rule in (theta - x)/k
        raised = [fmpq_poly([0])] * (len(second) + 1)
        for i, part in enumerate(second):
            raised[i] = (raised[i] + part * theta / k) % modulus
            raised[i + 1] = raised[i + 1] - part / k
        raised[0] = raised[0] + fmpq_poly([c])
        second = _trimmed(raised)
    while len(second) > 1:
        first, second = second, _remainder(first, second, modulus)
    if second or len(first) != 2:
        return None
    return -first[0] * _inverse(first[1], modulus) % modulus


def _remainder(top: list[fmpq_poly], bottom: list[fmpq_poly], modulus: fmpq_poly) -> list[fmpq_poly]:
    """The remainder of polynomials over Q(theta)."""
    lead = _inverse(bottom[-1], modulus)
    bottom = [part * lead % modulus for part in bottom]
    rest = list(top)
    while len(rest) >= len(bottom):
        factor, offset = rest[-1], len(rest) - len(bottom)
        rest = _trimmed([
            part if i < offset else (part - factor * bottom[i - offset]) % modulus for i, part in enumerate(rest)
        ])  # fmt: skip
    return rest


def _trimmed(parts: list[fmpq_poly]) -> list[fmpq_poly]:
    while parts and parts[-1] == 0:
        parts = parts[:-1]
    return parts


def _inverse(of: fmpq_poly, modulus: fmpq_poly) -> fmpq_poly:
    common, inverse, _ = of.xgcd(modulus)
    return inverse / common[0]


def _in_powers_of(generator: fmpq_poly, of: fmpq_poly, modulus: fmpq_poly) -> fmpq_poly:
    """A polynomial p with p(generator) = of, where the generator generates the whole field."""
    d = modulus.degree()
    powers, power = [], fmpq_poly([1])
    for _ in range(d):
        powers.append(power)
        power = power * generator % modulus
    table = fmpq_mat(d, d, [powers[j][i] for i in range(d) for j in range(d)])
    right = fmpq_mat(d, 1, [of[i] for i in range(d)])
    return fmpq_poly([row[0] for row in table.solve(right).tolist()])
