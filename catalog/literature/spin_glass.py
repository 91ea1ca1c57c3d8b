"""Choromanska et al. 2014: deep networks as spherical spin glasses, as our survey quotes it."""

from __future__ import annotations

import itertools
import math

import mpmath
import numpy as np

from resolvent.catalog.literature.comparing import M, Z, gap, is_equation, law, symbols
from resolvent.catalog.literature.paper import Paper
from resolvent.derive.exact.precision import working_digits
from resolvent.numeric.curves.spin_glass import SpinGlass

CHO14 = Paper(
    "Cho+14",
    "A. Choromanska, M. Henaff, M. Mathieu, G. Ben Arous, Y. LeCun, The loss surfaces of multilayer networks, "
    "arXiv:1412.0233 (2014)",
)
_PLACE, _BY, _COUNTS = "survey, 3.1", "spin-glass", "complexity"


@CHO14.numeric(
    _PLACE,
    "a ReLU network is a sum over paths, each active or not",
    r"Y = \sum_{i,j} X_i A_{ij} \prod_{k=1}^H w_{ij}^{(k)},\ \gamma = n_1 \cdots n_H",
    by="a network",
    bound=1e-12,
)
def sum_over_paths() -> float:
    """A network of widths 3, 4, 2, 1 run forward, with a positive output, against the sum over its 24 paths."""
    rng, widths = np.random.default_rng(1), (3, 4, 2, 1)
    weights = [
        np.abs(rng.standard_normal((b, a))) * rng.choice([1, 1, -1], (b, a)) for a, b in itertools.pairwise(widths)
    ]
    x = np.abs(rng.standard_normal(3))
    signals = [x]
    for w in weights:
        signals.append(np.maximum(w @ signals[-1], 0))
    total, count = 0.0, 0
    for path in itertools.product(*map(range, widths)):
        active = all(signals[k][path[k]] > 0 for k in range(1, len(widths)))
        factors = [weights[k][path[k + 1], path[k]] for k in range(len(weights))]
        total += x[path[0]] * active * math.prod(factors)
        count += 1
    return gap(signals[-1][0], total) + abs(count - 24) + (signals[-1][0] == 0)


CHO14.definition(
    "mean-over-paths",
    _PLACE,
    "inputs of different paths are independent and Gaussian, and paths are active with probability rho",
    r"\mathbb E_A[Y] = \sum_{i=1}^{n_0} \sum_{j=1}^\gamma X_{ij} \rho \prod_{k=1}^H w_{ij}^{(k)}",
    "named assumption of `spin-glass`: independent paths",
)
CHO14.definition(
    "redundancy-and-uniformity",
    _PLACE,
    "s weights suffice, spread evenly over the paths",
    r"\frac1c \frac{\Psi}{s^H} \le t_{i_1, \ldots, i_H} \le c \frac{\Psi}{s^H},\ \hat Y = \sum_{i_1, \ldots, "
    r"i_H=1}^\Lambda "
    r"X_{i_1, \ldots, i_H} \rho \prod_{k=1}^H w_{i_k}",
    "named assumption of `spin-glass`: redundancy and uniformity",
)


@CHO14.exact(
    _PLACE,
    "the loss is the Hamiltonian of a spherical spin glass; the law of its Hessian at energy Lambda u",
    r"\mathcal L_{\Lambda,H}(w) = \frac{1}{\Lambda^{(H-1)/2}} \sum_{i_1, \ldots, i_H} X_{i_1, \ldots, i_H} \prod_k "
    r"w_{i_k},\ "
    r"\frac1\Lambda \sum_i w_i^2 = 1",
    by=_BY,
)
def hessian_of_the_hamiltonian() -> bool:
    """The entry's equation is that of a semicircle of variance H(H-1) around -H u."""
    h, u = symbols(_BY, "H", "u")
    return is_equation(law(_BY), h * (h - 1) * M**2 + (Z + h * u) * M + 1)


@CHO14.sampled(
    _PLACE,
    "second derivatives of the Hamiltonian on the sphere",
    r"\nabla^2 \mathcal L \sim \sqrt{H(H-1)}\, W - Hu",
    by=_BY,
    bound=0.1,
)
def hessian_by_differences() -> float:
    """Mean and variance of the Hessian's eigenvalues, H = 3, from a full tensor in 40 dimensions at a random point."""
    n, rng = 40, np.random.default_rng(3)
    tensor = rng.standard_normal((n, n, n)) / n
    w = rng.standard_normal(n)
    w *= math.sqrt(n) / np.linalg.norm(w)
    sym = sum(np.transpose(tensor, p) for p in itertools.permutations(range(3))) / 6
    energy = float(np.einsum("ijk,i,j,k", sym, w, w, w)) / n
    flat = 6 * np.einsum("ijk,k->ij", sym, w) - 3 * energy * np.eye(n)
    basis = np.linalg.svd(w[None, :])[2][1:]
    values = np.linalg.eigvalsh(basis @ flat @ basis.T)
    return gap([np.mean(values) / 6, np.var(values) / 6], [-3 * energy / 6, 1.0])


def _cost(u: float, end: float) -> float:
    """I(u) as printed, for u <= -E_oo."""
    root = math.sqrt(max(u * u - end * end, 0.0))
    return -u / end**2 * root - math.log(-u + root) + math.log(end)


@CHO14.numeric(
    _COUNTS,
    "the threshold below which indices are finite",
    r"E_\infty = 2\sqrt{(H-1)/H}",
    by="SpinGlass",
    bound=1e-14,
)
def threshold() -> float:
    """The threshold, H = 3, 4, 10, to 15 digits; 1.6329931618555 at H = 3."""
    found = [gap(float(SpinGlass(h).threshold()), 2 * math.sqrt((h - 1) / h)) for h in (3, 4, 10)]
    return max(*found, gap(round(float(SpinGlass(3).threshold()), 13), 1.6329931618555))


@CHO14.numeric(
    _COUNTS,
    "the exponent of the number of all critical points",
    r"\Theta_H(u) = \tfrac12 \log(H-1) - \tfrac{H-2}{4(H-1)} u^2 - I(u),\ u \le -E_\infty;\ \text{without } I \text{ "
    r"up to } "
    r"0;\ \tfrac12 \log(H-1),\ u \ge 0",
    by="SpinGlass",
    bound=1e-12,
)
def complexity_of_all() -> float:
    """The complexity derived from Kac and Rice's formula and the potential of the semicircle, H = 3, 4, 10."""
    found = []
    for h in (3, 4, 10):
        glass, end = SpinGlass(h), 2 * math.sqrt((h - 1) / h)
        for u in (-1.4 * end, -1.01 * end, -0.9 * end, -0.3, 0.0, 0.7):
            every = 0.5 * math.log(h - 1) - (h - 2) * min(u, 0) ** 2 / (4 * (h - 1))
            found.append(gap(float(glass.complexity(u)), every - (_cost(u, end) if u <= -end else 0.0)))
    return max(found)


@CHO14.numeric(
    _COUNTS,
    "the exponent of the number of critical points of index k",
    r"\Theta_{k,H}(u) = \tfrac12 \log(H-1) - \tfrac{H-2}{4(H-1)} u^2 - (k+1) I(u),\ u \le -E_\infty;\ \tfrac12 "
    r"\log(H-1) - "
    r"\tfrac{H-2}H \text{ above}",
    by="SpinGlass",
    bound=1e-12,
)
def complexity_of_an_index() -> float:
    """The derived complexity of the indices 0 and 2, H = 3, 4, 10."""
    found = []
    for h in (3, 4, 10):
        glass, end = SpinGlass(h), 2 * math.sqrt((h - 1) / h)
        for u, k in itertools.product((-1.4 * end, -1.01 * end, -0.9 * end, 0.0), (0, 2)):
            below = 0.5 * math.log(h - 1) - (h - 2) * u**2 / (4 * (h - 1)) - (k + 1) * _cost(min(u, -end), end)
            stated = below if u <= -end else 0.5 * math.log(h - 1) - (h - 2) / h
            found.append(gap(float(glass.complexity(u, k)), stated))
    return max(found)


@CHO14.numeric(
    _COUNTS,
    "the lowest energies of each index, zeros of the exponents",
    r"\Theta_{k,H}(-E_k) = 0;\ H = 3: E_0 = 1.6569983635275,\ E_1 = 1.652873198103",
    by="SpinGlass",
    bound=1e-12,
)
def lowest_energies() -> float:
    """The printed exponents at the derived energies of indices 0 and 3, H = 4, to 30 digits; the values at H = 3."""
    found = []
    for k in (0, 3):
        with working_digits(40):
            e, end = mpmath.mpf(str(SpinGlass(4).energy(k, 30))), mpmath.mpf(str(SpinGlass(4).threshold(30)))
            root = mpmath.sqrt(e * e - end * end)
            cost = e / end**2 * root - mpmath.log(e + root) + mpmath.log(end)
            found.append(abs(float(mpmath.log(3) / 2 - e * e / 6 - (k + 1) * cost)))
    values = [float(SpinGlass(3).energy(k)) for k in (0, 1)]
    return max(*found, gap(values, [1.6569983635275, 1.652873198103]))
