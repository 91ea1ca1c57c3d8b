"""Distributions of spacings and of gap ratios: GOE, GUE and Poisson points, exactly or as Wigner's surmises."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

import numpy as np
from numpy.polynomial import Chebyshev
from numpy.typing import ArrayLike, NDArray

from resolvent.derive.errors import ParameterError, did_you_mean

Array = NDArray[np.float64]

NAMES = ("GOE", "GUE", "Poisson")
# Mean ratios in the limit of infinite size, with the error of the value. GOE: sampled, table I of Atas et al.; GUE: the
# Fredholm determinant of the sine kernel, conditioned on an eigenvalue (the tests repeat it); Poisson: 2 log 2 - 1.
MEAN_RATIOS = {"GOE": (0.5307, 1e-4), "GUE": (0.59975042095, 1e-11), "Poisson": (2 * math.log(2) - 1, 0.0)}

_UPPER = {"GOE": 9.0, "GUE": 7.0}  # the densities of spacings beyond are below 1e-22
_NODES, _DEGREE = 48, 80  # both determinant and interpolant have then converged to rounding


@dataclass(frozen=True)
class ReferenceLaw:
    """A distribution of spacings, on [0, oo) with mean 1, or of ratios, on [0, 1].

    Attributes:
        name: "GOE", "GUE" or "Poisson".
        statistic: "spacing" or "ratio".
        kind: "exact" in the limit of infinite size (to 1e-13), or "surmise" for what the smallest matrices have.
    """

    name: str
    statistic: str
    kind: str
    _pdf: Callable[[Array], Array] = field(repr=False)
    _cdf: Callable[[Array], Array] = field(repr=False)
    _upper: float = field(repr=False)  # the density beyond counts as 0
    _mean: float = field(repr=False)
    _var: float = field(repr=False)

    def pdf(self, x: ArrayLike) -> Array:
        """The density; 0 outside the domain, NaN at NaN."""
        points = np.asarray(x, dtype=float)
        density = np.maximum(self._pdf(np.clip(points, 0, self._upper)), 0.0)
        return np.where((points < 0) | (points > self._upper), 0.0, density)

    def cdf(self, x: ArrayLike) -> Array:
        """The distribution function; NaN at NaN."""
        return np.clip(self._cdf(np.clip(np.asarray(x, dtype=float), 0, self._upper)), 0.0, 1.0)

    def mean(self) -> float:
        """The mean."""
        return self._mean

    def var(self) -> float:
        """The variance."""
        return self._var


def gap_probability(name: str, s: float) -> tuple[float, float, float]:
    r"""E(0; s), the probability that s mean spacings of the bulk hold no eigenvalue, and its first two derivatives.

    For the GUE E = det(1 - K) on [0, s] with K(x, y) = sin(pi(x - y))/(pi(x - y)), for the GOE E = det(1 - K_+) on
    [0, s/2] with K_+(x, y) = K(x, y) + K(x, -y). Both in the limit of infinite size. -E' is the probability that a
    spacing is larger than s and E'' its density. Gauss-Legendre nodes make the determinant one of a 48 x 48 matrix, and
    (log E)' = -tr R A', (log E)'' = -tr R A'' - tr (R A')^2 with R = (1 - A)^(-1). Absolute errors are below 1e-13.

    >>> [round(v, 12) for v in gap_probability("GUE", 0.5)]
    [0.515073395073, -0.886944613059, 0.593230158521]

    Raises `ParameterError` for a name other than GOE and GUE, and for s outside [0, 9] (GOE) or [0, 7] (GUE).
    Source: Bornemann, Math. Comp. 79 (2010) 871, section 5; Mehta, Random Matrices (3rd ed. 2004), (6.3.7), (7.3.11).
    """
    name = known_name(name, tuple(_UPPER))
    if not 0 <= s <= _UPPER[name]:
        raise ParameterError(f"s must lie in [0, {_UPPER[name]:g}] for the {name}; got {s!r}", s=s)
    length = 1.0 if name == "GUE" else 0.5
    nodes, weights = _gauss()
    x, root = length * (nodes + 1) / 2, np.sqrt(length * weights / 2)

    def kernels(t: Array) -> Array:
        """The kernel on the fixed interval, s sinc(s t), and its two derivatives with respect to s."""
        return np.stack([s * np.sinc(s * t), np.cos(np.pi * s * t), -np.pi * t * np.sin(np.pi * s * t)])

    a = kernels(x[:, None] - x)
    if name == "GOE":
        a += kernels(x[:, None] + x)
    a, first, second = root[:, None] * a * root
    inverse = np.linalg.inv(np.eye(len(x)) - a)
    slope = -float(np.sum(inverse * first.T))
    ra = inverse @ first
    curvature = -float(np.sum(inverse * second.T)) - float(np.sum(ra * ra.T))
    value = float(np.linalg.det(np.eye(len(x)) - a))
    return value, value * slope, value * (slope**2 + curvature)


@cache
def spacing_law(name: str, kind: str = "exact") -> ReferenceLaw:
    r"""The distribution of spacings, with mean 1, of the GOE, the GUE or Poisson points.

    ``kind="exact"``: the limit of infinite size: e^(-s) for Poisson, `gap_probability` for the others.
    ``kind="surmise"``: Wigner's, exact for 2 x 2 matrices only and up to 0.0066 (GOE) or 0.0016 (GUE) off as a cdf:
    \frac{\pi s}{2} e^{-\pi s^2/4} for the GOE and \frac{32 s^2}{\pi^2} e^{-4 s^2/\pi} for the GUE.

    >>> round(spacing_law("GOE").var(), 10), round(spacing_law("GUE").var(), 10)
    (0.2855306557, 0.1799938777)
    >>> round(spacing_law("GOE", "surmise").var(), 10), spacing_law("Poisson").var()
    (0.2732395447, 1.0)

    Raises `ParameterError` for an unknown name or kind; Poisson has no surmise.
    """
    name = known_name(name, NAMES)
    if kind not in ("exact", "surmise") or (name, kind) == ("Poisson", "surmise"):
        options = "'exact'" if name == "Poisson" else "'exact' or 'surmise'"
        raise ParameterError(f"the kind of the law of {name} spacings must be {options}; got {kind!r}", kind=kind)
    if kind == "exact" and name != "Poisson":
        return _exact_spacings(name)
    pdf, cdf, variance = _SPACINGS[name]
    return ReferenceLaw(name, "spacing", kind, pdf, cdf, 800.0, 1.0, variance)


def _gue_surmise_cdf(s: Array) -> Array:
    from scipy.special import erf

    return np.asarray(erf(2 * s / np.sqrt(np.pi)) - 4 / np.pi * s * np.exp(-4 / np.pi * s**2))


_Closed = tuple[Callable[[Array], Array], Callable[[Array], Array], float]
_SPACINGS: dict[str, _Closed] = {  # density, distribution function, variance
    "GOE": (
        lambda s: np.pi / 2 * s * np.exp(-np.pi / 4 * s**2),
        lambda s: -np.expm1(-np.pi / 4 * s**2),
        4 / math.pi - 1,
    ),
    "GUE": (lambda s: 32 / np.pi**2 * s**2 * np.exp(-4 / np.pi * s**2), _gue_surmise_cdf, 3 * math.pi / 8 - 1),
    "Poisson": (lambda s: np.exp(-s), lambda s: -np.expm1(-s), 1.0),
}


def _exact_spacings(name: str) -> ReferenceLaw:
    """The exact law, its density interpolated in Chebyshev points (it is entire), the rest integrated from there."""
    upper = _UPPER[name]
    density = Chebyshev.interpolate(
        lambda points: np.array([gap_probability(name, float(s))[2] for s in points]), _DEGREE, domain=[0, upper]
    )
    nodes, weights = _gauss()
    s, weights = upper * (nodes + 1) / 2, upper * weights / 2
    mean = float(np.sum(weights * s * density(s)))
    variance = float(np.sum(weights * (s - mean) ** 2 * density(s)))
    return ReferenceLaw(name, "spacing", "exact", density, density.integ(lbnd=0), upper, mean, variance)


@cache
def ratio_law(name: str) -> ReferenceLaw:
    r"""The distribution on [0, 1] of min/max of two consecutive gaps; no unfolding enters.

    Poisson, exact: 2/(1+r)^2. GOE (\beta = 1) and GUE (\beta = 2), a surmise, exact for 3 x 3 matrices only and up to
    0.009 (GOE) or 0.0054 (GUE) off as a cdf: \frac{2}{Z_\beta} \frac{(r+r^2)^\beta}{(1+r+r^2)^{1+3\beta/2}} with
    Z_1 = 8/27, Z_2 = 4\pi/(81\sqrt 3). Its means 4 - 2\sqrt 3 and 2\sqrt 3/\pi - 1/2 are not those at infinite size,
    which are in ``MEAN_RATIOS``.

    >>> [(law.kind, round(law.mean(), 5)) for law in map(ratio_law, NAMES)]
    [('surmise', 0.5359), ('surmise', 0.60266), ('exact', 0.38629)]

    Raises `ParameterError` for an unknown name.
    Source: Atas, Bogomolny, Giraud, Roux, Phys. Rev. Lett. 110 (2013) 084101, (7) and table I.
    """
    name = known_name(name, NAMES)
    kind, (pdf, cdf, mean) = "exact" if name == "Poisson" else "surmise", _RATIOS[name]
    nodes, weights = _gauss()
    r = (nodes + 1) / 2
    second = 1 - float(np.sum(weights * r * cdf(r)))
    return ReferenceLaw(name, "ratio", kind, pdf, cdf, 1.0, mean, second - mean**2)


def _u(r: Array) -> Array:
    return 1 + r + r * r


def _goe_ratio_cdf(r: Array) -> Array:
    return 1 - (2 * r + 1) * (1 - r) * (r + 2) / (2 * _u(r) ** 1.5)


def _gue_ratio_cdf(r: Array) -> Array:
    rational = (r + 0.5) * (r + r * r) * (r * r + r - 2) / _u(r) ** 3
    return 3 * math.sqrt(3) / np.pi * rational + 6 / np.pi * np.arctan((2 * r + 1) / math.sqrt(3)) - 1


_RATIOS: dict[str, _Closed] = {  # density, distribution function, mean
    "GOE": (lambda r: 27 / 4 * (r + r * r) / _u(r) ** 2.5, _goe_ratio_cdf, 4 - 2 * math.sqrt(3)),
    "GUE": (
        lambda r: 81 * math.sqrt(3) / (2 * np.pi) * (r + r * r) ** 2 / _u(r) ** 4,
        _gue_ratio_cdf,
        2 * math.sqrt(3) / math.pi - 0.5,
    ),
    "Poisson": (lambda r: 2 / (1 + r) ** 2, lambda r: 2 * r / (1 + r), 2 * math.log(2) - 1),
}


@cache
def _gauss() -> tuple[Array, Array]:
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    return nodes, weights


def known_name(name: str, names: tuple[str, ...]) -> str:
    """The name as it is spelt in ``names``, upper and lower case alike.

    Raises `ParameterError`, with the closest match, for another name.
    """
    table = {known.lower(): known for known in names}
    if (found := table.get(str(name).lower())) is not None:
        return found
    hint = did_you_mean(str(name), names, 0.3, str.lower, ".")
    raise ParameterError(f"unknown reference {name!r}{hint} Known: {', '.join(names)}", name=name, known=names)
