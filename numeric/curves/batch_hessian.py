r"""Hessians of batches: a true Hessian of finite rank in noise that shrinks with the batch, and what damping it needs.

The Hessian over a batch of b samples is H_true + X/sqrt(b): X, the noise of one sample, has a bulk law and is in
generic position to H_true, whose eigenvalues theta are few. Such an eigenvalue shows at
theta + R(1/(theta sqrt(b)))/sqrt(b), R that of the bulk, if b is large enough for it to leave the bulk. Exact for
Gaussian noise, whose bulk keeps its shape; for other noise the bulk is that of the batch, scaled up by sqrt(b).

Source: Baskerville, Random matrix theory and the loss surfaces of neural networks (thesis).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from resolvent.derive.border import checked
from resolvent.derive.errors import ParameterError
from resolvent.derive.laws.record import Law
from resolvent.derive.presentation import Tabled
from resolvent.numeric.spectrum.numbers import positive_number, real_number
from resolvent.numeric.spectrum.spectrum import Spectrum

_ROUNDING = 1e-12  # of a share
_CENTRED = 1e-9  # of the support's width: a mean that counts as 0


@dataclass(frozen=True)
class BatchOutlier(Tabled):
    """What a batch shows of an eigenvalue of the true Hessian.

    Attributes:
        strength: the true eigenvalue theta.
        location: where it is seen, None if it is lost in the bulk.
        overlap: the squared cosine between its eigenvector and the true one.
        least_batch: the batch size from which it is seen.
    """

    strength: float
    location: float | None
    overlap: float
    least_batch: float


@checked
def batch_outliers(bulk: Law, strengths: Iterable[Any], batch: Any, **parameters: Any) -> tuple[BatchOutlier, ...]:
    """The outliers of a batch's Hessian; ``bulk`` is the law of the noise of one sample, of mean 0.

    >>> from resolvent.derive.laws.elementary import semicircle
    >>> (found,) = batch_outliers(semicircle(), [1], batch=16)
    >>> found
    BatchOutlier(strength=1.0, location=1.0625, overlap=0.9375, least_batch=1.0)

    Raises `ParameterError` for a batch that is not positive, a true eigenvalue 0, and a bulk whose mean is not 0 or
    whose outliers are not known.
    """
    size = positive_number(batch, "batch")
    law = bulk.at(**parameters) if parameters else bulk
    noise = Spectrum(law)
    mean, spread = noise.mean(), noise.support()
    if abs(mean) > _CENTRED * (spread[1] - spread[0]):
        reason = f"this law has {mean:.6g}: take it off, it belongs to the true Hessian"
        raise ParameterError(f"the noise of a sample has the mean 0; {reason}", law=law)
    values = [real_number(s) for s in strengths]
    if not all(values):
        raise ParameterError("a true eigenvalue 0 has no outlier; leave it out", strengths=values)
    root = float(np.sqrt(size))
    found = []
    for value, one in zip(values, noise.outliers([v * root for v in values]), strict=True):
        place = None if one.location is None else float(one.location) / root
        # theta sqrt(b) passes the threshold of its side
        least = (float(one.threshold) / value) ** 2
        found.append(BatchOutlier(value, place, float(one.overlap), least))
    return tuple(found)


@checked
def minimal_damping(law: Law | Spectrum, share: Any = 0, outliers: Iterable[float] = (), **parameters: Any) -> float:
    """The smallest delta >= 0 for which H + delta has at most a share of negative eigenvalues; 0 means none at all.

    Newton's and Gauss's methods divide by H + delta, and descend in every direction where it is positive. With share 0
    eigenvalues outside the bulk count as well: pass those that are known.

    >>> from resolvent.derive.laws.elementary import semicircle
    >>> minimal_damping(semicircle()), round(minimal_damping(semicircle(), share="1/4"), 6)
    (2.0, 0.807946)

    Raises `ParameterError` for a share outside [0, 1), and outliers that are no finite numbers.
    """
    part = real_number(share)
    if not 0 <= part < 1:
        raise ParameterError(f"the share lies in [0, 1); got {share}", share=share)
    rho = law if isinstance(law, Spectrum) else Spectrum(law.at(**parameters) if parameters else law)
    if part:
        return max(0.0, -_upper_quantile(rho, part))
    return max(0.0, -min([rho.support()[0], *map(real_number, outliers)]))


def _upper_quantile(rho: Spectrum, share: float) -> float:
    """The largest x with at most that share below it: where a gap of the support follows on it, the right end of that.

    >>> from resolvent.derive.laws.elementary import atoms
    >>> _upper_quantile(Spectrum(atoms([-2, 1], ["1/2", "1/2"])), 0.5)
    1.0
    """
    masses = {float(atom.point): float(atom.weight) for atom in rho.atoms}
    starts = {float(interval.left) for interval in rho.intervals} | set(masses)
    first = float(rho.ppf(share))
    reached = [x for x in starts if x > first and float(rho.cdf(x)) - masses.get(x, 0.0) <= share + _ROUNDING]
    return max([first, *reached])
