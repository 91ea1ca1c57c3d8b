"""The exact skeleton of a law at numeric parameters: critical points, support intervals, atoms, and the test of being a law.

Outside the real roots of D(z) = disc_m(P) lc_m(P) the physical branch is analytic, so between neighbouring roots
the density is either positive throughout or zero throughout; one certified value in each gap decides which.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import flint
import sympy
from flint import acb, acb_poly, arb, fmpq, fmpz_poly

from .continuation import Branch, columns, number_ball, regular_disc
from .equation import ResolventEquation
from .errors import BranchError, DerivationError, PrecisionError
from .field import ALPHA, Element, Extension, Field, coefficients_in, polynomial_ring, to_sympy_rational

_MOST_BITS = 2048


@dataclass(frozen=True)
class AlgebraicNumber:
    """A real algebraic number: an irreducible integer polynomial and the index of its root among the real ones."""

    polynomial: tuple[int, ...]
    index: int

    def ball(self, precision: int = 128) -> arb:
        """A ball around the number, of about the given relative precision."""
        with flint.ctx.workprec(precision):
            return real_roots(fmpz_poly(list(self.polynomial)))[self.index]

    def __float__(self) -> float:
        return float(self.ball(64))

    @property
    def rational(self) -> fmpq | None:
        """The number as a fraction, if it is one."""
        return fmpq(-self.polynomial[0], self.polynomial[1]) if len(self.polynomial) == 2 else None

    def to_sympy(self) -> sympy.Expr:
        """The number as a SymPy expression: rational, a quadratic surd, or a CRootOf."""
        if self.rational is not None:
            return to_sympy_rational(self.rational)
        x = sympy.Symbol("x")
        poly = sympy.Poly(list(reversed(self.polynomial)), x)
        if poly.degree() == 2:
            return sorted(sympy.roots(poly), key=float)[self.index]
        return sympy.CRootOf(poly, self.index)


@dataclass(frozen=True)
class Atom:
    """A point mass: its place and its weight, both exact."""

    point: AlgebraicNumber
    weight: AlgebraicNumber


@dataclass(frozen=True)
class Gap:
    """The open interval between two neighbouring critical points (None: unbounded), and whether the density lives there."""

    left: AlgebraicNumber | None
    right: AlgebraicNumber | None
    sample: float
    positive: bool


@dataclass(frozen=True)
class Skeleton:
    """All real critical points, the gaps between them, and the atoms."""

    points: tuple[AlgebraicNumber, ...]
    gaps: tuple[Gap, ...]
    atoms: tuple[Atom, ...]
    branch: Branch

    @property
    def lower_end(self) -> AlgebraicNumber | None:
        """The left end of the support (None if the measure has no mass, which is no law)."""
        ends = [g.left for g in self.gaps if g.positive and g.left is not None] + [a.point for a in self.atoms]
        return min(ends, key=float, default=None)


def real_roots(polynomial: fmpz_poly) -> list[arb]:
    """The real roots, sorted, as balls that isolate them."""
    return sorted((r if isinstance(r, arb) else r.real for r, _ in polynomial.complex_roots()
                   if isinstance(r, arb) or r.imag.is_zero()), key=lambda ball: float(ball.mid()))  # fmt: skip


def critical_factors(equation: ResolventEquation) -> list[fmpz_poly]:
    """The irreducible factors over Z of disc_m(P) lc_m(P)."""
    polynomial = equation.polynomial
    discriminant = polynomial.discriminant("m") if equation.degree > 1 else polynomial.context().constant(1)
    as_poly = _in_z(discriminant)
    found: list[fmpz_poly] = []
    for candidate in (*(f for f, _ in as_poly.factor()[1]), *(f for f, _ in columns(equation)[-1].factor()[1])):
        if candidate.degree() > 0 and candidate not in found:
            found.append(candidate)
    return found


@lru_cache(maxsize=256)
def skeleton(equation: ResolventEquation) -> Skeleton:
    """The skeleton of a law without free parameters.

    Raises `DerivationError` if the boundary values of the branch belong to no positive measure, `PrecisionError` if 2048
    bits do not separate the critical points.
    """
    precision = 128
    while True:
        try:
            return _skeleton(equation, precision)
        except PrecisionError:
            precision *= 2
            if precision > _MOST_BITS:
                raise


def _skeleton(equation: ResolventEquation, precision: int) -> Skeleton:
    branch = Branch(equation, precision)
    numbers: list[tuple[arb, AlgebraicNumber]] = []
    with flint.ctx.workprec(precision):
        for factor in critical_factors(equation):
            coefficients = tuple(int(c) for c in factor.coeffs())
            balls = real_roots(factor)
            numbers += [(ball, AlgebraicNumber(coefficients, k)) for k, ball in enumerate(balls)]
        numbers.sort(key=lambda pair: float(pair[0].mid()))
        points = [n for _, n in numbers]
        samples = _samples([ball for ball, _ in numbers])
        gaps = []
        for k, sample in enumerate(samples):
            left = points[k - 1] if k > 0 else None
            right = points[k] if k < len(points) else None
            gaps.append(Gap(left, right, sample, _is_positive(branch, sample)))
        for end in (gaps[0], gaps[-1]):
            if end.positive:
                raise DerivationError("the branch has density out to infinity; it belongs to no compact law")
        atoms = _atoms(equation, branch, [n for n in points])
    return Skeleton(tuple(points), tuple(gaps), tuple(atoms), branch)


def _samples(balls: list[arb]) -> list[float]:
    if not balls:
        return [0.0]
    inner = []
    for a, b in zip(balls, balls[1:], strict=False):
        sample = (float(a.mid()) + float(b.mid())) / 2
        if not (a < sample and b > sample):
            raise PrecisionError("two critical points are too close to tell apart", points=(float(a), float(b)))
        inner.append(sample)
    return [float(balls[0].mid()) - 1.0, *inner, float(balls[-1].mid()) + 1.0]


def _is_positive(branch: Branch, sample: float) -> bool:
    z = acb(sample)
    root = branch.value(z)
    if root.imag > 0:
        return True
    if root.imag < 0:
        raise DerivationError(
            f"the branch has negative density {float(root.imag.mid()) / 3.141592653589793:.6g} at x = {sample:.6g}: "
            "it belongs to no probability measure",
            point=sample,
        )
    if not branch.is_real(z, root):
        raise PrecisionError("the sign of the density could not be decided", point=sample)
    return False


def _atoms(equation: ResolventEquation, branch: Branch, points: list[AlgebraicNumber]) -> list[Atom]:
    leading = columns(equation)[-1]
    found = []
    for point in points:
        factor = fmpz_poly(list(point.polynomial))
        if divmod(leading, factor)[1] == 0:
            weight = _weight_at(equation, branch, point)
            if weight is not None:
                found.append(Atom(point, weight))
    return found


def _weight_at(equation: ResolventEquation, branch: Branch, point: AlgebraicNumber) -> AlgebraicNumber | None:
    """The mass at a pole: with y = (z - z0) m the branch has y -> -mass; the candidates are roots at z = z0."""
    field, place = _field_of(point)
    rows = _pole_rows(equation, field, place)
    norm = _norm([row[0] if row else field.constant(0) for row in rows], field)
    polys = [acb_poly([acb(_enclose(e)) for e in row] or [acb(0)]) for row in rows]
    z0 = acb(_enclose(place))
    for factor, _ in norm.factor()[1]:
        if factor.degree() < 1 or factor[0] == 0:
            continue
        for index, ball in enumerate(real_roots(factor)):
            value = sum((poly(acb(0)) * acb(ball) ** j for j, poly in enumerate(polys)), start=acb(0))
            if not value.contains(0):
                continue
            radius, disc = regular_disc(polys, acb(ball))
            x = acb(0, radius / 2)
            mass = x * branch.value(z0 + x)
            if disc.contains(mass):
                if ball > 0:
                    raise DerivationError(f"the branch has the negative mass {-float(ball.mid()):.6g} at x = "
                                          f"{float(point):.6g}: it belongs to no probability measure")  # fmt: skip
                return _negated(factor, index)
            if disc.overlaps(mass):
                raise PrecisionError("an atom could not be decided at this precision", point=float(point))
    return None


def _field_of(point: AlgebraicNumber) -> tuple[Field, Element]:
    if point.rational is not None:
        field = Field()
        return field, field.constant(point.rational)
    lead = point.polynomial[-1]
    d = len(point.polynomial) - 1
    modulus = tuple(((k,), c * lead ** (d - 1 - k)) for k, c in enumerate(point.polynomial[:-1]) if c) + (((d,), 1),)
    value = lead * point.to_sympy()
    field = Field((), Extension((), modulus, value))
    return field, field.generator(ALPHA) / lead


def _pole_rows(equation: ResolventEquation, field: Field, place: Element) -> list[list[Element]]:
    """The coefficients in x of P(z0 + x, y/x) x^k, k the smallest that clears all poles."""
    parts: list[dict[int, Element]] = []
    for j, column in enumerate(columns(equation)):
        terms: dict[int, Element] = {}
        taylor = [field.constant(int(c)) for c in column.coeffs()]
        for i in range(len(taylor)):  # repeated synthetic division gives the Taylor shift
            for k in range(len(taylor) - 2, i - 1, -1):
                taylor[k] = taylor[k] + taylor[k + 1] * place
        for i, c in enumerate(taylor):
            if c:
                terms[i - j] = c
        parts.append(terms)
    low = min(k for terms in parts for k in terms)
    return [
        [terms.get(low + i, field.constant(0)) for i in range(max(terms, default=low) - low + 1)] for terms in parts
    ]


def _norm(coefficients: list[Element], field: Field) -> fmpz_poly:
    """The norm to Q of a polynomial over the field, with integer coefficients."""
    if field.extension is None:
        ring = polynomial_ring(("y",))
        total = sum((c.to_fmpq() * fmpq(1) for c in ()), start=fmpq(0))
        del ring, total
        common = 1
        for c in coefficients:
            common = common * int(c.to_fmpq().q)
        return fmpz_poly([int((c.to_fmpq() * common).p) for c in coefficients])
    wide = polynomial_ring(("y", ALPHA))
    common = 1
    for c in coefficients:
        common = common * int(next(iter(c.denominator.to_dict().values())))
    polynomial = wide.constant(0)
    y = wide.gen(0)
    for j, c in enumerate(coefficients):
        integral = (c * common).numerator.project_to_context(wide)
        polynomial = polynomial + integral * y**j
    modulus = field.extension.polynomial(wide)
    result = modulus.resultant(polynomial, ALPHA)
    return _in_z(result, "y")


def _in_z(polynomial: object, name: str = "z") -> fmpz_poly:
    ring = polynomial_ring(())
    parts = coefficients_in(polynomial, name, ring)  # type: ignore[arg-type]
    return fmpz_poly([next(iter(p.to_dict().values()), 0) for p in parts])


def _negated(factor: fmpz_poly, index: int) -> AlgebraicNumber:
    flipped = [int(c) * (-1) ** k for k, c in enumerate(factor.coeffs())]
    if flipped[-1] < 0:
        flipped = [-c for c in flipped]
    return AlgebraicNumber(tuple(flipped), len(real_roots(factor)) - 1 - index)


def _enclose(element: Element) -> arb:
    return number_ball(element)


def require_herglotz(equation: ResolventEquation) -> None:
    """Raise `DerivationError` unless the branch is the Stieltjes transform of a probability measure.

    It is one if it continues analytically through the upper half-plane with non-negative boundary values and
    positive atoms. Every complex critical point is visited: either the branch passes through it, or a small loop
    around it brings the branch back.
    """
    frame = skeleton(equation)
    branch = frame.branch
    with flint.ctx.workprec(branch.precision):
        critical = [r for f in critical_factors(equation) for r, _ in f.complex_roots()]
        upper = [acb(r) for r in critical if isinstance(r, acb) and r.imag > 0]
        leading = acb_poly(columns(equation)[-1])
        for point in upper:
            others = [abs(complex(point - acb(r))) for r in critical if not acb(r).overlaps(point)]
            radius = 0.4 * min([*others, float(point.imag.mid())])
            if not _passes(branch, point, radius, leading(point).contains(0)):
                raise DerivationError(
                    f"the branch has a singularity at z = {complex(point):.6g} in the upper half-plane: it belongs to "
                    "no probability measure",
                    point=complex(point),
                )


def _passes(branch: Branch, point: acb, radius: float, is_pole: bool) -> bool:
    center = acb(point.real.mid(), point.imag.mid())
    begin = center + acb(radius)
    root = branch.value(begin)
    try:
        branch.follow(begin, root, center)
    except (BranchError, PrecisionError):
        if is_pole:
            return False
    else:
        return True
    here, ball = begin, root
    for k in range(1, 9):
        following = center + acb(radius) * acb(arb(k) / 4).exp_pi_i() if k < 8 else begin
        following = acb(following.real.mid(), following.imag.mid())
        ball = branch.follow(here, ball, following)
        here = following
    return bool(ball.overlaps(root))
