"""Independent oracles of free probability: partitions, recursions in fractions, textbook densities, quadrature.

Nothing here imports the packages under test, and no formula is shared with them: free cumulants go through sums over
non-crossing partitions or the recursion over blocks, products through Kreweras complements or S-transforms in
``Fraction`` arithmetic, analytic values through quadrature of densities.

Sequences of moments and cumulants are lists without the zeroth term: ``[m_1, m_2, ...]``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from functools import lru_cache
from math import comb, cos, pi, sin, sqrt

import numpy as np

Block = tuple[int, ...]
Partition = tuple[Block, ...]
Numbers = Sequence[Fraction]
Density = Callable[[float], float]

# -- partitions ----------------------------------------------------------------------------------------------


def set_partitions(n: int) -> Iterator[Partition]:
    """All partitions of {1, ..., n}, blocks sorted by their minimum."""
    if n == 0:
        yield ()
        return
    for smaller in set_partitions(n - 1):
        for k, block in enumerate(smaller):
            yield (*smaller[:k], (*block, n), *smaller[k + 1 :])
        yield (*smaller, (n,))


def is_crossing(partition: Partition) -> bool:
    """Whether some a < b < c < d has a, c in one block and b, d in another."""
    block_of = {element: k for k, block in enumerate(partition) for element in block}
    n = len(block_of)
    return any(
        block_of[a] == block_of[c] != block_of[b] == block_of[d]
        for a in range(1, n + 1)
        for b in range(a + 1, n + 1)
        for c in range(b + 1, n + 1)
        for d in range(c + 1, n + 1)
    )


@lru_cache(maxsize=16)
def noncrossing_partitions(n: int) -> tuple[Partition, ...]:
    """All non-crossing partitions of {1, ..., n}, straight from the definition (n <= 8)."""
    return tuple(p for p in set_partitions(n) if not is_crossing(p))


def kreweras(partition: Partition) -> Partition:
    """The Kreweras complement: the cycles of p^-1 g, p the partition as a permutation, g = (1 2 ... n)."""
    n = sum(len(block) for block in partition)
    before = {block[k]: block[k - 1] for block in partition for k in range(len(block))}
    image = {i: before[i % n + 1] for i in range(1, n + 1)}
    cycles, seen = [], set()
    for start in range(1, n + 1):
        if start not in seen:
            cycle, here = [], start
            while here not in seen:
                seen.add(here)
                cycle.append(here)
                here = image[here]
            cycles.append(tuple(sorted(cycle)))
    return tuple(cycles)


def _over_blocks(values: Numbers, partition: Partition) -> Fraction:
    product = Fraction(1)
    for block in partition:
        product *= values[len(block) - 1]
    return product


# -- moments and free cumulants ------------------------------------------------------------------------------


def moments_by_partitions(cumulants: Numbers) -> list[Fraction]:
    """m_n = sum over NC(n) of products of cumulants (n <= 8)."""
    return [
        sum((_over_blocks(cumulants, p) for p in noncrossing_partitions(n)), start=Fraction(0))
        for n in range(1, len(cumulants) + 1)
    ]


def moments_from_cumulants(cumulants: Numbers) -> list[Fraction]:
    """m_n = sum_s kappa_s sum_{i_1+...+i_s = n-s} m_{i_1} ... m_{i_s}: the block of the first element, and its gaps."""
    n = len(cumulants)
    moments = [Fraction(1)]
    gaps: list[list[Fraction]] = [[Fraction(1)]] + [[] for _ in range(n)]  # gaps[s][i], over compositions into s parts
    for k in range(1, n + 1):
        _extend(gaps, moments, k - 1)
        moments.append(sum((cumulants[s - 1] * gaps[s][k - s] for s in range(1, k + 1)), start=Fraction(0)))
    return moments[1:]


def cumulants_from_moments(moments: Numbers) -> list[Fraction]:
    """The inverse of `moments_from_cumulants`: kappa_n enters m_n with coefficient 1."""
    n = len(moments)
    known = [Fraction(1), *moments]
    gaps: list[list[Fraction]] = [[Fraction(1)]] + [[] for _ in range(n)]
    cumulants: list[Fraction] = []
    for k in range(1, n + 1):
        _extend(gaps, known, k - 1)
        cumulants.append(known[k] - sum((cumulants[s - 1] * gaps[s][k - s] for s in range(1, k)), start=Fraction(0)))
    return cumulants


def _extend(gaps: list[list[Fraction]], moments: Numbers, i: int) -> None:
    """Add the sums over m_{i_1} ... m_{i_s} with i_1 + ... + i_s = i."""
    if i:
        gaps[0].append(Fraction(0))
    for s in range(1, len(gaps)):
        gaps[s].append(sum((gaps[s - 1][j] * moments[i - j] for j in range(i + 1)), start=Fraction(0)))


def sum_moments(a: Numbers, b: Numbers) -> list[Fraction]:
    """Moments of the free sum."""
    pairs = zip(cumulants_from_moments(a), cumulants_from_moments(b), strict=True)
    return moments_from_cumulants([x + y for x, y in pairs])


def power_moments(a: Numbers, t: Fraction) -> list[Fraction]:
    """Moments of the free additive power t."""
    return moments_from_cumulants([t * k for k in cumulants_from_moments(a)])


def compression_moments(a: Numbers, t: Fraction) -> list[Fraction]:
    """Moments of the free compression: kappa_k -> t^(k-1) kappa_k (Nica, Speicher 2006, Theorem 14.10)."""
    return moments_from_cumulants([t ** (k - 1) * c for k, c in enumerate(cumulants_from_moments(a), start=1)])


def product_moments_by_partitions(a: Numbers, b: Numbers) -> list[Fraction]:
    """m_n(ab) = sum over NC(n) of kappa_p(a) m_{K(p)}(b), K the Kreweras complement (n <= 8)."""
    cumulants = cumulants_from_moments(a)
    return [
        sum((_over_blocks(cumulants, p) * _over_blocks(b, kreweras(p)) for p in noncrossing_partitions(n)), Fraction(0))
        for n in range(1, len(a) + 1)
    ]


# -- power series in fractions (lists from the constant term up) ---------------------------------------------


def series_product(a: Numbers, b: Numbers, n: int) -> list[Fraction]:
    """a b modulo x^n."""
    return [
        sum((a[i] * b[k - i] for i in range(k + 1) if i < len(a) and k - i < len(b)), start=Fraction(0))
        for k in range(n)
    ]


def series_inverse(a: Numbers, n: int) -> list[Fraction]:
    """1/a modulo x^n."""
    out = [1 / Fraction(a[0])]
    for k in range(1, n):
        known = sum((a[i] * out[k - i] for i in range(1, min(k, len(a) - 1) + 1)), start=Fraction(0))
        out.append(-known * out[0])
    return out


def series_reversion(a: Numbers, n: int) -> list[Fraction]:
    """The series b with a(b(x)) = x modulo x^n, one coefficient after the other."""
    out = [Fraction(0), 1 / Fraction(a[1])]
    for k in range(2, n):
        trial = [*out, Fraction(0)]
        power, value = [Fraction(1)], Fraction(0)
        for j in range(1, k + 1):
            power = series_product(power, trial, k + 1)
            value += a[j] * power[k]
        out.append(-value / a[1])
    return out[:n]


def s_transform(moments: Numbers) -> list[Fraction]:
    """The first coefficients of S(u) = chi(u)(1+u)/u, as many as there are moments (mean not zero)."""
    n = len(moments)
    chi = series_reversion([Fraction(0), *moments], n + 1)
    return series_product(chi[1:], [Fraction(1), Fraction(1)], n)


def moments_from_s(s: Numbers) -> list[Fraction]:
    """The moments with a given S-transform."""
    n = len(s)
    chi = [Fraction(0), *series_product(s, [Fraction((-1) ** k) for k in range(n)], n)]
    return series_reversion(chi, n + 1)[1:]


def product_moments(a: Numbers, b: Numbers) -> list[Fraction]:
    """Moments of the free product, by S_AB = S_A S_B (means not zero)."""
    return moments_from_s(series_product(s_transform(a), s_transform(b), len(a)))


# -- rectangular free cumulants ------------------------------------------------------------------------------


def rectangular_moments_by_partitions(cumulants: Numbers, c: Fraction) -> list[Fraction]:
    """m_n = sum over non-crossing partitions of 2n with even blocks of c^e(p) prod kappa_{|V|/2}.

    e(p) counts the blocks whose least element is even (Benaych-Georges 2009, Proposition 3.1); n <= 4.
    """
    moments = []
    for n in range(1, len(cumulants) + 1):
        total = Fraction(0)
        for p in noncrossing_partitions(2 * n):
            if all(len(block) % 2 == 0 for block in p):
                term = c ** sum(block[0] % 2 == 0 for block in p)
                for block in p:
                    term *= cumulants[len(block) // 2 - 1]
                total += term
        moments.append(total)
    return moments


def rectangular_cumulants_by_partitions(moments: Numbers, c: Fraction) -> list[Fraction]:
    """The inverse of `rectangular_moments_by_partitions`."""
    cumulants: list[Fraction] = []
    for m in moments:
        rest = rectangular_moments_by_partitions([*cumulants, Fraction(0)], c)[-1]
        cumulants.append(m - rest)
    return cumulants


# -- textbook moments ----------------------------------------------------------------------------------------


def atom_moments(points: Sequence[Fraction], weights: Sequence[Fraction], n: int) -> list[Fraction]:
    """Moments of a finite measure."""
    return [sum((w * x**k for x, w in zip(points, weights, strict=True)), start=Fraction(0)) for k in range(1, n + 1)]


def semicircle_moments(variance: Fraction, n: int) -> list[Fraction]:
    """Catalan numbers times powers of the variance."""
    return [variance ** (k // 2) * (comb(k, k // 2) // (k // 2 + 1)) if k % 2 == 0 else Fraction(0)
            for k in range(1, n + 1)]  # fmt: skip


def marchenko_pastur_moments(c: Fraction, n: int) -> list[Fraction]:
    """Narayana polynomials: m_k = sum_j N(k, j) c^(j-1), N(k, j) = binom(k, j) binom(k, j-1)/k."""
    return [
        sum((Fraction(comb(k, j) * comb(k, j - 1), k) * c ** (j - 1) for j in range(1, k + 1)), start=Fraction(0))
        for k in range(1, n + 1)
    ]


def fuss_catalan_moments(s: int, n: int) -> list[Fraction]:
    """binom((s+1)k, k)/(sk + 1)."""
    return [Fraction(comb((s + 1) * k, k), s * k + 1) for k in range(1, n + 1)]


def arcsine_moments(radius: Fraction, n: int) -> list[Fraction]:
    """binom(k, k/2) (r/2)^k for even k."""
    return [comb(k, k // 2) * (radius / 2) ** k if k % 2 == 0 else Fraction(0) for k in range(1, n + 1)]


def tree_walks(d: int, n: int) -> list[Fraction]:
    """Closed walks of length 1, ..., n from the root of the d-regular tree: the moments of Kesten-McKay."""
    counts, found = {0: 1}, []
    for _ in range(n):
        following: dict[int, int] = {}
        for height, ways in counts.items():
            up = d if height == 0 else d - 1
            following[height + 1] = following.get(height + 1, 0) + ways * up
            if height:
                following[height - 1] = following.get(height - 1, 0) + ways
        counts = following
        found.append(Fraction(counts.get(0, 0)))
    return found


# -- densities of textbooks, and quadrature ------------------------------------------------------------------


def semicircle_density(variance: float) -> tuple[Density, float, float]:
    """Density and support of the semicircle."""
    edge = 2 * sqrt(variance)
    return (lambda x: sqrt(max(edge**2 - x * x, 0.0)) / (2 * pi * variance)), -edge, edge


def marchenko_pastur_density(c: float, sigma: float = 1.0) -> tuple[Density, float, float]:
    """Continuous part and its support; the atom at 0 has mass max(0, 1 - 1/c)."""
    low, high = sigma**2 * (1 - sqrt(c)) ** 2, sigma**2 * (1 + sqrt(c)) ** 2
    return (lambda x: sqrt(max((high - x) * (x - low), 0.0)) / (2 * pi * c * sigma**2 * x)), low, high


def arcsine_density(radius: float) -> tuple[Density, float, float]:
    """Density and support of the arcsine law (infinite at the ends)."""
    return (lambda x: 1 / (pi * sqrt(radius**2 - x * x))), -radius, radius


def kesten_mckay_density(d: float) -> tuple[Density, float, float]:
    """Density and support of the Kesten-McKay law."""
    edge = 2 * sqrt(d - 1)
    return (lambda x: d * sqrt(max(edge**2 - x * x, 0.0)) / (2 * pi * (d * d - x * x))), -edge, edge


def wachter_density(c1: float, c2: float) -> tuple[Density, float, float]:
    """Continuous part of Wachter's law of W1 (W1 + W2)^-1, W_i with n_i = p/c_i degrees of freedom, c_i < 1.

    rho(x) = (1/c1 + 1/c2) sqrt((b-x)(x-a)) / (2 pi x (1-x)), sqrt(a), sqrt(b) = sqrt(f h) -+ sqrt((1-f)(1-h)) with
    f = c2/(c1+c2) and h = 1 - c1 c2/(c1+c2) (Bai, Silverstein 2010, Theorem 4.10, in the variable x/(1+x)).
    """
    f, h = c2 / (c1 + c2), 1 - c1 * c2 / (c1 + c2)
    low, high = (sqrt(f * h) - sqrt((1 - f) * (1 - h))) ** 2, (sqrt(f * h) + sqrt((1 - f) * (1 - h))) ** 2
    scale = 1 / c1 + 1 / c2
    return (
        lambda x: scale * sqrt(max((high - x) * (x - low), 0.0)) / (2 * pi * x * (1 - x)),
        low,
        high,
    )


def integral(function: Callable[[float], complex], density: Density, low: float, high: float) -> complex:
    """The integral of function * density over (low, high), by the midpoint rule in t with x = mid + half cos(t).

    Densities with square-root edges become periodic and analytic in t, and the rule converges exponentially.
    """
    nodes = 4000
    mid, half = (low + high) / 2, (high - low) / 2
    angles = [(k + 0.5) * pi / nodes for k in range(nodes)]
    values = [(mid + half * cos(t), half * sin(t)) for t in angles]
    return complex(sum(function(x) * density(x) * weight for x, weight in values)) * pi / nodes


def stieltjes(
    z: complex, density: Density, low: float, high: float, atoms: Sequence[tuple[float, float]] = ()
) -> complex:
    """The integral of rho(dx)/(x - z), atoms given as pairs (point, mass)."""
    return integral(lambda x: 1 / (x - z), density, low, high) + sum(w / (a - z) for a, w in atoms)


def stieltjes_of_sum(z: complex, a: Sequence[tuple[float, float]], b: Sequence[tuple[float, float]]) -> complex:
    """m(z) of the free sum of two finite measures (pairs of point and mass), by iterating the subordination maps.

    w -> z + h_B(z + h_A(w)), h = 1/G - id, contracts in the upper half-plane (Belinschi, Bercovici 2007).
    """

    def cauchy(w: complex, measure: Sequence[tuple[float, float]]) -> complex:
        return sum((mass / (w - x) for x, mass in measure), start=0j)

    w = z
    for _ in range(100_000):
        other = z + 1 / cauchy(w, a) - w
        following = z + 1 / cauchy(other, b) - other
        if abs(following - w) < 1e-15 * (1 + abs(w)):
            break
        w = following
    return -cauchy(w, a)


# -- matrices ------------------------------------------------------------------------------------------------


def trace_moments(matrix: np.ndarray, n: int) -> list[float]:
    """Normalised traces of the first n <= 4 powers of a symmetric matrix, from its square."""
    square = matrix @ matrix
    traces = [np.trace(matrix), np.trace(square), np.sum(square * matrix), np.sum(square * square)]
    return [float(t) / len(matrix) for t in traces[:n]]


def haar_orthogonal(size: int, rng: np.random.Generator, columns: int | None = None) -> np.ndarray:
    """The first columns of a Haar orthogonal matrix: QR of a Gaussian one, the signs of R's diagonal moved to Q."""
    q, r = np.linalg.qr(rng.standard_normal((size, columns or size)))
    return q * np.sign(np.diag(r))


def diagonal_of(points: Sequence[float], weights: Sequence[float], size: int) -> np.ndarray:
    """A diagonal of the given size with the given fractions of the points (rounded, the last one fills up)."""
    counts = [round(w * size) for w in weights[:-1]]
    return np.repeat(np.array(points, dtype=float), [*counts, size - sum(counts)])
