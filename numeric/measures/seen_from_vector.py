r"""The spectral measure of u^T f(.) u for a perturbation of rank one in the direction of a unit vector u.

With u^T (A - z)^(-1) u -> m(z), as for a u that is independent of A: for A + theta u u^T the measure has the transform
m/(1 + theta m), for (1 + theta u u^T)^(1/2) A (same) it has m/(1 + tau z m)/(1 + theta), tau = theta/(1 + theta). Its
density is that of A over |1 + theta m|^2, or |1 + tau z m|^2 (1 + theta); its atoms are the outliers, with their
overlaps as weights. Integrals against it are what gradient flow, ridge and early stopping do with the direction.

Source: Benaych-Georges, Nadakuditi 2011, The eigenvalues and eigenvectors of finite, low rank perturbations of large
random matrices, section 3.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from resolvent.derive.border import checked
from resolvent.derive.errors import ParameterError
from resolvent.derive.laws.record import Law
from resolvent.numeric.density.certificate import Certificate, moment_checks
from resolvent.numeric.density.chebyshev_piece import Array
from resolvent.numeric.density.sampled_piece import Ends, floor_for, resolve_values
from resolvent.numeric.measures.free_maps import Transform
from resolvent.numeric.measures.numbers import real_number
from resolvent.numeric.measures.numeric_measure import NumericMeasure
from resolvent.numeric.measures.numeric_outliers import zeros
from resolvent.numeric.spectrum.measure import Measure, Pieces, measure_of
from resolvent.numeric.spectrum.piecewise_measure import PiecewiseMeasure
from resolvent.numeric.spectrum.spectrum import Spectrum

_TAIL, _FLOOR = 1e-11, 1e-14


@checked
def seen_from(
    law: Law | Spectrum, strength: Any, kind: Literal["additive", "multiplicative"] = "additive", **parameters: Any
) -> Spectrum:
    """The spectral measure, seen from u, of A perturbed in the direction u by a strength; see the module.

    >>> from resolvent.derive.laws.elementary import semicircle
    >>> rho = seen_from(semicircle(), 2)
    >>> (atom,) = rho.atoms
    >>> round(atom.point, 12), round(atom.weight, 12), round(float(rho.mean()), 12)
    (2.5, 0.75, 2.0)

    Raises `ParameterError` for a strength that is no number, or for multiplicative perturbations not above -1, for
    another kind, and for laws whose density is not held in pieces.
    """
    theta = real_number(strength)
    if kind not in ("additive", "multiplicative"):
        raise ParameterError(f"the kind is additive or multiplicative; got {kind!r}", kind=kind)
    if kind == "multiplicative" and theta <= -1:
        raise ParameterError(
            f"a multiplicative perturbation needs a strength above -1; got {strength}", strength=strength
        )
    base = law.measure if isinstance(law, Spectrum) else measure_of(law.at(**parameters))
    if not isinstance(base, PiecewiseMeasure):
        raise ParameterError("this needs a law whose density is held in pieces: an algebraic or a numeric one", law=law)
    return Spectrum.of_measure(_seen(base, theta, kind == "multiplicative"))


def _seen(base: PiecewiseMeasure, theta: float, is_product: bool) -> Measure:
    tau, share = (theta / (1 + theta), 1 / (1 + theta)) if is_product else (theta, 1.0)
    groups = []
    for group in base.parts.groups:
        left, right = group[0], group[-1]

        def values(below: Array, above: Array, left: Any = left, right: Any = right) -> Array:
            x = np.where(below < above, left.left + below, right.right - above)
            m = base.stieltjes(x)
            factor = 1 + tau * (x * m if is_product else m)
            return np.asarray(share * base.table.pdf(x) / np.abs(factor) ** 2)

        ends = Ends((left.left, right.right), (left.ramification[0], right.ramification[1]), (False, False))
        groups.append(tuple(resolve_values(values, ends, _TAIL, floor_for(_FLOOR, base.parts.span))))
    atoms = zeros(Transform(base), tau, share, is_product)
    points, weights = (np.array([pair[k] for pair in atoms]) for k in (0, 1))
    parts = Pieces(tuple(groups), points, weights, base.parts.span)
    mass, mean = (
        float(sum(np.sum(w * x**k) for x, w in (p.quadrature(256) for p in parts.pieces)) + np.sum(weights * points**k))
        for k in (0, 1)
    )
    old = float(base.integral(lambda x: x, 64))
    size = max(map(abs, (mean, *base.support())))
    checks = moment_checks([(1 + theta) * old if is_product else old + theta], [mean], [size])
    certificate = Certificate(mass, tuple(checks), 0.0)
    return NumericMeasure(parts, certificate, "the measure seen from a vector", ((False, False),) * len(groups))
