r"""The layer rule: a layer, given its input, is a sample covariance of its input's kernel, pulled towards the identity.

With features Y = f(W X), n x d for n samples and d random units, and the kernel K = X^T X of the input,

    Y^T Y/d  has the law  MP(n/d) * ((eta - zeta) + zeta mu_K),

a free product, eta = E f^2 for the centred f and zeta the square of its mean slope: Y may be replaced by
sqrt(zeta) W X + sqrt(eta - zeta) N with an independent Gaussian N. That replacement is the one assumption.

Sources: Pennington, Worah 2017; Benigni, Peche 2021; Fan, Wang 2020, for the law and its assumption.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from resolvent.catalog.schema.ensemble import assumption
from resolvent.derive.errors import ParameterError
from resolvent.derive.laws.arguments import as_scalar
from resolvent.derive.laws.elementary import atoms
from resolvent.derive.laws.record import Law
from resolvent.numeric.measures.numeric_law import NumericLaw
from resolvent.numeric.spectrum.measure import measure_of

FAN_WANG = "Fan, Wang 2020"
SPECTRA_OF_KERNELS = (
    "Z. Fan, Z. Wang, Spectra of the conjugate kernel and neural tangent kernel for linear-width neural networks, "
    "NeurIPS 33 (2020)"
)
GAUSSIAN_EQUIVALENCE = assumption(
    "Gaussian equivalence of a layer",
    "given its input, the features f(W X) have the spectrum of sqrt(zeta) W X + sqrt(eta - zeta) N, N independent and "
    "Gaussian, for a centred f with eta = E f^2 and zeta = (E f')^2",
    "Pennington, Worah 2017; Benigni, Peche 2021, for one layer; Fan, Wang 2020, for several layers",
    r"given its input, the features $f(W X)$ have the spectrum of $\sqrt{\zeta}\, W X + \sqrt{\eta - \zeta}\, N$, $N$ "
    r"independent and Gaussian, for a centred $f$ with $\eta = \mathbb{E} f^2$ and $\zeta = (\mathbb{E} f')^2$",
)
_EXACT_LAYERS = 2  # beyond these polynomials become large


def layer(law: Law, eta: Any, zeta: Any, ratio: Any) -> Any:
    """The law of Y^T Y/d from that of the input's kernel; ``ratio`` is n/d.

    >>> from resolvent.derive.laws.elementary import marchenko_pastur
    >>> layer(marchenko_pastur(1), 1, "1/2", 1).moments(2)
    [1, 9/4]

    Raises `ParameterError` for numbers with zeta > eta.
    """
    variance, slope = as_scalar(eta), as_scalar(zeta)
    if (slope - variance).is_positive:
        raise ParameterError(f"no activation has zeta > eta; got eta = {eta}, zeta = {zeta}", eta=eta, zeta=zeta)
    operated: Any = law
    population = atoms([variance]) if slope == 0 else slope * operated + (variance - slope)
    return population.sample_covariance(ratio)


def conjugate_kernel(law: Law, b2: Any, ratios: Sequence[Any]) -> Any:
    """The law of X_L^T X_L after layers with the given n/d_l, for activations with E f = 0 and E f^2 = 1.

    From the third layer on the law is one known by numbers.

    >>> from resolvent.derive.laws.elementary import marchenko_pastur
    >>> conjugate_kernel(marchenko_pastur(1), "1/2", [1]).moments(2)
    [1, 9/4]
    """
    found: Any = law
    for number, ratio in enumerate(ratios):
        if number == _EXACT_LAYERS and found.has_equation and not found.parameters:
            found = by_numbers(found)
        found = layer(found, 1, b2, ratio)
    return found


def by_numbers(law: Law) -> NumericLaw:
    """A law at numbers as one known by numbers, which its further operations are carried out with."""
    return law if isinstance(law, NumericLaw) else NumericLaw(law.text, lambda: measure_of(law), ("numbers", law))
