r"""Actual random matrices whose limiting spectrum a law claims to be, made by following how the law was made.

A law's recipe says by which constructor or operation it came about; here each of them has its matrix: ``A + B`` adds a
randomly rotated matrix, ``A.compress(t)`` takes a corner, and so on. No equation that an operation derived is used, so
that the matrices can refute the law. Laws that are given by their spectrum or a transform are building blocks: a
diagonal matrix of their quantiles stands for them. An operand that occurs twice stands for two independent matrices.

The bias of the expected empirical measure is b/rows + O(1/rows^2) with a b that does not depend on the number of rows;
`resolvent.numeric.matrices.matrix_parts` says why, and what `balanced_rows` is for.

A catalog entry's own sampler takes part where the object that holds the entry's law has a method
``matrix_part(*arguments)``, which gets the arguments of the law's recipe and returns a `matrices.matrix_parts.Part`, or
None. Such a sampler rounds its inner dimensions in its own way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np

from resolvent.derive.errors import ParameterError
from resolvent.derive.exact.copies import ById
from resolvent.derive.exact.field import to_element
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.irrational import nearby, put_in
from resolvent.numeric.matrices import matrix_operations as operations
from resolvent.numeric.matrices import matrix_parts as parts
from resolvent.numeric.matrices.ensembles import Matrix, dimension, generator
from resolvent.numeric.matrices.matrix_parts import Part


@dataclass(frozen=True)
class MatrixModel:
    """The random matrix of a law, ready for many draws; it can be pickled, and compared by how it is built.

    Attributes:
        text: the law as an expression.
        part: the tree of random matrices.
        step: the least number whose multiples, as numbers of rows, make every dimension in the tree an integer.

    >>> from resolvent.derive.laws.elementary import marchenko_pastur, semicircle
    >>> model = MatrixModel.of(semicircle() + marchenko_pastur("2/3").compress("1/2"))
    >>> model.sample(4, rng=0).shape, model.step, model.balanced_rows(101)
    ((4, 4), 1, 101)
    """

    text: str
    part: Part
    step: int

    @classmethod
    def of(cls, law: Any) -> MatrixModel:
        """The model of a law at numeric parameters; raises `ParameterError` as `require_matrix_model` does."""
        if not getattr(law, "has_equation", False):
            text = getattr(law, "text", None) or repr(law)
            raise _refusal(text, "only laws with a polynomial equation have one", law)
        if law.parameters:
            names = ", ".join(s.name for s in law.parameters)
            values = ", ".join(f"{s.name}=..." for s in law.parameters)
            raise ParameterError(
                f"a matrix model of {law.text} needs a number for each parameter; missing: {names} (use "
                f"law.at({values}))",
                law=law,
                missing=names,
            )
        part = _part(law, {})
        return cls(law.text, part, part.step())

    def sample(self, rows: int, rng: np.random.Generator | int) -> Matrix:
        """One draw, symmetric, float64, shape (rows, rows); ``rng`` is a Generator or a seed.

        Raises `ParameterError` unless ``rows`` is a positive integer, for anything but a generator or a seed, and
        where a matrix that is to be inverted is singular.
        """
        return self.part.sample(dimension("rows", rows), generator(rng)).dense()

    def memory(self, rows: int) -> float:
        """An upper estimate of the bytes that `sample` holds at its peak."""
        size = dimension("rows", rows)
        return self.part.memory(size) + 8.0 * size**2

    def balanced_rows(self, rows: int) -> int:
        """The largest multiple of `step` up to ``rows``; ``rows`` itself where there is none."""
        size = dimension("rows", rows)
        return size - size % self.step if self.step <= size else size


def matrix_of(law: AlgebraicLaw, rows: int, rng: np.random.Generator | int) -> Matrix:
    """One draw of the law's random matrix: symmetric, float64, shape (rows, rows).

    ``law`` is at numeric parameters, ``rng`` a Generator or a seed. The model is kept for the next call.

    >>> from resolvent.derive.laws.elementary import atoms, semicircle
    >>> coin = atoms([-1, 1])
    >>> a = matrix_of(coin @ (semicircle() + 3), 6, rng=0)
    >>> a.shape, bool((a == a.T).all())
    ((6, 6), True)
    >>> [float(x) for x in sorted(np.linalg.eigvalsh(matrix_of(coin, 4, rng=1)))]
    [-1.0, -1.0, 1.0, 1.0]

    Raises `ParameterError` as `require_matrix_model` and `MatrixModel.sample` do.
    """
    return _kept_model(ById(law)).sample(rows, rng)


def matrix_memory(law: AlgebraicLaw, rows: int) -> float:
    """An upper estimate of the bytes that `matrix_of` holds at its peak.

    >>> from resolvent.derive.laws.elementary import semicircle
    >>> matrix_memory(semicircle(), 1000) / 2**20 < 64
    True

    Raises `ParameterError` as `require_matrix_model` does, and unless ``rows`` is a positive integer.
    """
    return _kept_model(ById(law)).memory(rows)


def require_matrix_model(law: AlgebraicLaw) -> None:
    """Raise `ParameterError` unless the law has a matrix model, naming the part that has none; nothing is sampled.

    Without one are: laws given by their free cumulants or weights of cycles, free powers below 1, multiplicative free
    powers other than integers, laws with free parameters, laws that are not algebraic, and catalog entries no sampler
    of which takes the number of rows.

    >>> from resolvent.derive.laws.elementary import marchenko_pastur, semicircle
    >>> try:
    ...     require_matrix_model(semicircle() + marchenko_pastur(1).free_power("1/2"))
    ... except ParameterError as error:
    ...     print(str(error).partition(";")[0])
    marchenko_pastur(1).free_power(1/2) has no matrix model: a free power below 1 is no corner of a matrix
    """
    _kept_model(ById(law))


def balanced_rows(law: AlgebraicLaw, rows: int) -> int:
    """The largest number of rows up to ``rows`` for which no dimension of the law's matrix needs rounding.

    These are the multiples of a number that the ratios in the law determine; where that is above ``rows``, the answer
    is ``rows`` itself, and otherwise more than half of it. How often an atom occurs does not count as a dimension.

    >>> from resolvent.derive.laws.elementary import marchenko_pastur, semicircle
    >>> balanced_rows(semicircle() + marchenko_pastur("3/7"), 100)
    99

    Raises `ParameterError` as `matrix_memory` does.
    """
    return _kept_model(ById(law)).balanced_rows(rows)


@lru_cache(maxsize=64)
def _kept_model(law: ById[AlgebraicLaw]) -> MatrixModel:
    return MatrixModel.of(law.value)


# -- from recipes to parts -------------------------------------------------------------------------------------


def _part(law: AlgebraicLaw, done: dict[int, Part]) -> Part:
    """The law's random matrix; a law that occurs twice has one part, which is drawn from twice."""
    if id(law) not in done:
        recipe, operation = law.recipe, law.recipe.operation
        if recipe.build is put_in:
            done[id(law)] = _part(nearby(law), done)
        elif operation is not None and operation.name in MODELS:
            done[id(law)] = MODELS[operation.name](law, *(_argument(a, done) for a in recipe.arguments))
        elif operation is not None and operation.name in BY_SPECTRUM:
            done[id(law)] = parts.Quantiles(law)
        else:
            done[id(law)] = _lent_part(law)
    return done[id(law)]


def _argument(argument: Any, done: dict[int, Part]) -> Any:
    if isinstance(argument, AlgebraicLaw):
        return _part(argument, done)
    if isinstance(argument, (tuple, list)):
        return tuple(_argument(a, done) for a in argument)
    if argument is None:
        return None
    value = to_element(argument)[0].to_fmpq()
    return Fraction(int(value.p), int(value.q))


def _lent_part(law: AlgebraicLaw) -> Part:
    """The part that the object lends whose method made the law."""
    lend = getattr(getattr(law.recipe.build, "__self__", None), "matrix_part", None)
    if lend is None:
        raise _refusal(law.text, "no matrix with this law is known", law)
    part = lend(*law.recipe.arguments)
    if part is None:
        raise _refusal(law.text, "the sampler of this entry has no choice of the number of rows", law)
    if not isinstance(part, Part):
        raise TypeError(f"matrix_part of {law.recipe.build} must return a Part or None; got {part!r}")
    return part


def _refusal(text: str, reason: str, law: Any) -> ParameterError:
    return ParameterError(
        f"{text} has no matrix model: {reason}; give a sampler, a function of (rows, rng) that returns the matrix",
        law=law,
    )


def _free_power(law: AlgebraicLaw, part: Part, t: Fraction) -> Part:
    if t < 1:
        raise _refusal(law.text, "a free power below 1 is no corner of a matrix", law)
    # R -> tR is R(g) -> R(g/t), the corner of relative size 1/t, followed by the scale t, which is g -> tg and t times.
    return operations.Corner(part, 1 / t, float(t))


def _multiplicative_power(law: AlgebraicLaw, part: Part, s: Fraction) -> Part:
    if s.denominator != 1:
        raise _refusal(law.text, "a free multiplicative power is a product of matrices for whole exponents only", law)
    result = part
    for _ in range(int(s) - 1):
        result = operations.Product(part, result)
    return result


def _fuss_catalan(law: AlgebraicLaw, s: Fraction) -> Part:
    if s.denominator != 1 or s == 0:
        raise _refusal(law.text, "Gaussian matrices are multiplied for whole orders only", law)
    return parts.GaussianProduct(int(s))


def _marchenko_pastur(c: Fraction, sigma: Fraction | int = 1) -> Part:
    return parts.FreePoisson(1 / c, float(c * sigma**2))


def _atoms(points: tuple[Fraction, ...], weights: tuple[Fraction, ...] | None) -> Part:
    shares = (Fraction(1, len(points)),) * len(points) if weights is None else weights
    return parts.Atoms(tuple(map(float, points)), shares)


def _coins(distance: Fraction, d: Fraction) -> Part:
    """d times the corner of relative size 1/d of a balanced diagonal matrix of +-distance."""
    half = Fraction(1, 2)
    return operations.Corner(parts.Atoms((-float(distance), float(distance)), (half, half)), 1 / d, float(d))


def _wachter(c1: Fraction, c2: Fraction) -> Part:
    """The Jacobi matrix: a corner of p rows of a projection of rank n1 in dimension n1 + n2."""
    share = c2 / (c1 + c2)
    return operations.Corner(parts.Atoms((0.0, 1.0), (1 - share, share)), c1 * c2 / (c1 + c2))


MODELS: dict[str, Callable[..., Part]] = {
    "semicircle": lambda _, v: parts.Semicircle(float(v)),
    "marchenko_pastur": lambda _, c, sigma: _marchenko_pastur(c, sigma),
    "free_poisson": lambda _, rate, jump: parts.FreePoisson(rate, float(jump)),
    "atoms": lambda _, points, weights: _atoms(points, weights),
    "arcsine": lambda _, radius: _coins(radius / 2, Fraction(2)),
    "kesten_mckay": lambda _, d: _coins(Fraction(1), d),
    "wachter": lambda _, c1, c2: _wachter(c1, c2),
    "fuss_catalan": _fuss_catalan,
    "scale": lambda _, a, factor: operations.Affine(a, float(factor), 0.0),
    "shift": lambda _, a, b: operations.Affine(a, 1.0, float(b)),
    "inverse": lambda _, a: operations.Mobius(a, 0.0, 1.0, 1.0, 0.0),
    "mobius": lambda _, x, a, b, c, d: operations.Mobius(x, float(a), float(b), float(c), float(d)),
    "power": lambda _, a, k: operations.Power(a, int(k)),
    "symmetric_root": lambda _, a: operations.SymmetricRoot(a),
    "companion": lambda _, a, c: operations.Companion(a, c),
    "direct_sum": lambda _, a, b, weight: operations.DirectSum(a, b, weight),
    "free_sum": lambda _, a, b: operations.Sum(a, b),
    "free_product": lambda _, a, b: operations.Product(a, b),
    "free_power": _free_power,
    "compress": lambda _, a, t: operations.Corner(a, t),
    "free_multiplicative_power": _multiplicative_power,
    "sample_covariance": lambda _, a, c: operations.Product(a, _marchenko_pastur(c)),
    "doubly_correlated_wishart": lambda _, a, b, c: operations.CorrelatedWishart(a, b, c),
    "information_plus_noise": lambda _, a, s, c: operations.Rectangular(a, float(s), c),
    "rectangular_sum": lambda _, a, b, c: operations.Rectangular(a, b, c),
}
"""The matrix of each row of the table of operations, called with the law and the recipe's arguments as parts, numbers.

Those of `BY_SPECTRUM` and `UNKNOWN` are the others.
"""

BY_SPECTRUM = frozenset({"equilibrium_measure", "law_of_equation", "law_of_r_transform", "law_of_s_transform"})
"""Constructors of building blocks that are known by their spectrum alone."""

UNKNOWN = frozenset({"law_of_cycle_weights", "law_of_free_cumulants"})
"""Constructors of laws for which no matrix is known."""
