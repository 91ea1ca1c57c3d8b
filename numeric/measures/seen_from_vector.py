r"""The spectral measure of u^T f(.) u for a perturbation of rank one in the direction of a unit vector u.

With u^T (A - z)^(-1) u -> m(z), as for a u that is independent of A: for A + theta u u^T the measure has the transform
m/(1 + theta m), for (1 + theta u u^T)^(1/2) A (same) it has m/(1 + tau z m)/(1 + theta), tau = theta/(1 + theta). Its
density is that of A over |1 + theta m|^2, or |1 + tau z m|^2 (1 + theta); its atoms are the outliers, with their
overlaps as weights, and in the second case what an atom p at 0 leaves there, p/(1 + theta - theta p). For
(X + theta u v^T)(X + theta u v^T)^T, X of size p x n with p/n = c and A = X X^T, the transform is m/D,
D = 1 - theta^2 (c z m^2 - (1 - c) m); the density is that of A times (1 + theta^2 c x |m|^2)/|D|^2, and an atom at 0 is
left where X^T X has none. Integrals against these are what gradient flow, ridge and early stopping do with the
direction.

Sources: Benaych-Georges, Nadakuditi 2011, The eigenvalues and eigenvectors of finite, low rank perturbations of large
random matrices, section 3; and 2012, The singular values and vectors of low rank perturbations of large rectangular
random matrices, section 3.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np

from resolvent.derive.border import checked
from resolvent.derive.errors import NotCertified, ParameterError
from resolvent.derive.laws.record import Law
from resolvent.derive.outliers.outlier_transform import check_ratio
from resolvent.numeric.density.certificate import Certificate, moment_checks
from resolvent.numeric.density.chebyshev_piece import Array, Piece
from resolvent.numeric.density.sampled_piece import Ends, floor_for, resolve_values
from resolvent.numeric.measures.free_maps import Transform
from resolvent.numeric.measures.numeric_measure import NumericMeasure
from resolvent.numeric.measures.numeric_outliers import numeric_outliers, transform_of_squares, zeros
from resolvent.numeric.spectrum.measure import Measure, Pieces, measure_of
from resolvent.numeric.spectrum.numbers import positive_number, real_number
from resolvent.numeric.spectrum.piecewise_measure import PiecewiseMeasure
from resolvent.numeric.spectrum.spectrum import Spectrum

_TAIL, _FLOOR = 1e-11, 1e-14
_NO_MASS = 1e-12
_DEEPEST = 45  # splits next to an edge, as for a strength next to a threshold


Factor = Callable[[Array, Array], Array]
"""What the density at x is multiplied by, from x and m(x + i0)."""


@checked
def seen_from(
    law: Law | Spectrum,
    strength: Any,
    kind: Literal["additive", "multiplicative", "rectangular"] = "additive",
    *,
    ratio: Any = None,
    **parameters: Any,
) -> Spectrum:
    """The spectral measure, seen from u, of A perturbed in the direction u by a strength; see the module.

    ``ratio`` is p/n for the rectangular kind, whose law is that of X X^T.

    >>> from resolvent.derive.laws.elementary import marchenko_pastur, semicircle
    >>> rho = seen_from(semicircle(), 2)
    >>> (atom,) = rho.atoms
    >>> round(atom.point, 12), round(atom.weight, 12), round(float(rho.mean()), 12)
    (2.5, 0.75, 2.0)
    >>> rho = seen_from(marchenko_pastur(1), 2, "rectangular", ratio=1)
    >>> (atom,) = rho.atoms
    >>> round(atom.point, 12), round(atom.weight, 12), round(float(rho.mean()), 12)
    (6.25, 0.75, 5.0)

    Raises `ParameterError` for a strength that is no number, or for multiplicative perturbations not above -1, for
    another kind, a ratio that is missing, superfluous or not positive, and for laws whose density is not held in
    pieces; `NotCertified` next to a threshold, within 10^-5 of it; `DerivationError` for the rectangular kind of a law
    that X X^T cannot have.
    """
    theta = real_number(strength)
    if kind not in ("additive", "multiplicative", "rectangular"):
        raise ParameterError(f"the kind is additive, multiplicative or rectangular; got {kind!r}", kind=kind)
    if kind == "multiplicative" and theta <= -1:
        raise ParameterError(
            f"a multiplicative perturbation needs a strength above -1; got {strength}", strength=strength
        )
    check_ratio(kind, ratio)
    base = law.measure if isinstance(law, Spectrum) else measure_of(law.at(**parameters))
    if not isinstance(base, PiecewiseMeasure):
        raise ParameterError("this needs a law whose density is held in pieces: an algebraic or a numeric one", law=law)
    try:
        return Spectrum.of_measure(_measure(base, theta, kind, ratio))
    except NotCertified as error:
        raise NotCertified(
            f"the measure seen from a vector is not resolved at the strength {theta:g}. Next to a threshold its "
            "density has a spike at the edge: take the threshold itself, or a strength 10^-5 of it away",
            strength=strength,
        ) from error


def _measure(base: PiecewiseMeasure, theta: float, kind: str, ratio: Any) -> Measure:
    old = float(base.integral(lambda x: x, 64))
    if kind == "rectangular":
        return _rectangular(base, theta, positive_number(ratio, "the ratio"), old + theta**2)
    if kind == "multiplicative":
        tau, share = theta / (1 + theta), 1 / (1 + theta)
        transform = Transform(base)
        zero = transform.mass_at_zero()
        kept = [(0.0, share * zero / (1 - tau * zero))] if zero else []
        atoms = sorted(kept + zeros(transform, tau, share, True))
        return _seen(base, lambda x, m: share / np.abs(1 + tau * x * m) ** 2, atoms, (1 + theta) * old)
    atoms = zeros(Transform(base), theta, 1.0, False)
    return _seen(base, lambda x, m: 1 / np.abs(1 + theta * m) ** 2, atoms, old + theta)


def _rectangular(base: PiecewiseMeasure, theta: float, c: float, mean: float) -> Measure:
    transform = transform_of_squares(base, c)
    atoms = []
    if theta:
        (found,) = numeric_outliers(base, theta, "rectangular", c)
        atoms = [(o.location, o.overlap) for o in found.outliers]
    zero = transform.mass_at_zero()
    if zero and not 1 - c + c * zero > _NO_MASS:  # X^T X has no atom at 0
        inverse = float(base.expect(lambda x: np.where(x > 0, 1 / np.where(x > 0, x, 1.0), 0.0), None, ()))
        atoms = [(0.0, zero / (1 + theta**2 * c * zero * inverse)), *atoms]

    def factor(x: Array, m: Array) -> Array:
        below = 1 - theta**2 * (c * x * m**2 - (1 - c) * m)
        return np.asarray((1 + theta**2 * c * x * np.abs(m) ** 2) / np.abs(below) ** 2)

    return _seen(base, factor, atoms, mean)


def _seen(base: PiecewiseMeasure, factor: Factor, atoms: list[tuple[float, float]], mean: float) -> Measure:
    groups = []
    for group in base.parts.groups:
        left, right = group[0], group[-1]

        def values(below: Array, above: Array, left: Piece = left, right: Piece = right) -> Array:
            x = np.where(below < above, left.left + below, right.right - above)
            density, m = base.table.pdf(x), base.stieltjes(x)
            at_left, at_right = below < left.width / 2, above < right.width / 2  # by distances, which x rounds
            density[at_left] = left.pdf_between(below[at_left], left.width - below[at_left])
            density[at_right] = right.pdf_between(right.width - above[at_right], above[at_right])
            return np.asarray(density * factor(x, m.real + 1j * np.pi * density))

        ends = Ends((left.left, right.right), (left.ramification[0], right.ramification[1]), (False, False))
        groups.append(tuple(resolve_values(values, ends, _TAIL, floor_for(_FLOOR, base.parts.span), _DEEPEST)))
    points, weights = (np.array([pair[k] for pair in atoms]) for k in (0, 1))
    parts = Pieces(tuple(groups), points, weights, base.parts.span)
    mass, found = (
        float(sum(np.sum(w * x**k) for x, w in (p.quadrature(256) for p in parts.pieces)) + np.sum(weights * points**k))
        for k in (0, 1)
    )
    size = max(map(abs, (found, *base.support())))
    certificate = Certificate(mass, tuple(moment_checks([mean], [found], [size])), 0.0)
    return NumericMeasure(parts, certificate, "the measure seen from a vector", ((False, False),) * len(groups))
