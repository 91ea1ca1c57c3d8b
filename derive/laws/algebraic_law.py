"""`AlgebraicLaw`, the law that a user holds: a record with operators and methods, each one call of a function."""

from __future__ import annotations

from typing import Any

from resolvent.derive.border import checked
from resolvent.derive.errors import ParameterError
from resolvent.derive.laws.affine import inverse, mobius, scale, shift
from resolvent.derive.laws.arguments import as_scalar, negated
from resolvent.derive.laws.convolution import compress, free_multiplicative_power, free_power, free_product, free_sum
from resolvent.derive.laws.irrational import at
from resolvent.derive.laws.matrix_functions import companion, direct_sum, power, symmetric_root
from resolvent.derive.laws.record import AlgebraicRecord, Images, Law, by_name
from resolvent.derive.laws.rectangular import (
    doubly_correlated_wishart,
    information_plus_noise,
    rectangular_sum,
    sample_covariance,
)
from resolvent.derive.laws.transforms import relation, transform


@checked
class AlgebraicLaw(AlgebraicRecord):
    r"""A law whose Stieltjes transform m(z) = \int rho(dx)/(x-z) satisfies a polynomial equation.

    Operators: ``A + B`` free sum, ``A - B`` free difference, ``A @ B`` free product (the spectrum of
    A^(1/2) B A^(1/2)), ``a*A + b`` for scalars, ``A**k`` the spectrum of the k-th power, ``-A``.

    Attributes:
        equation: the irreducible polynomial and the germ of the physical branch.
        conclusion: the last step of the derivation.
        recipe: how the law was made.
        text: the law as an expression, in the grammar of the command line.
        nonnegative: True when the support lies in [0, oo) by construction, None when that is not known.

    >>> from resolvent.derive.laws.elementary import marchenko_pastur, semicircle
    >>> law = semicircle() + marchenko_pastur("1/2")
    >>> law.equation.expr
    m**3 + m**2*z + 2*m**2 + 2*m*z - m + 2
    >>> law.moments(4)
    [1, 5/2, 23/4, 125/8]
    >>> law.free_cumulants(4)
    [1, 3/2, 1/4, 1/8]

    Sources: N. R. Rao, A. Edelman, The polynomial method for random matrices, Found. Comput. Math. 8 (2008) 649-702;
    for each operation its rule in `resolvent.derive.derivation.rules`.
    """

    def at(self, values: Images = None, /, **named: Any) -> AlgebraicLaw:
        """The law with some or all parameters replaced by numbers or expressions; see `AlgebraicRecord.at`.

        Irrational numbers are put in exactly if they are algebraic, and rounded otherwise, which a step says.

        >>> import sympy
        >>> from resolvent.derive.laws.elementary import semicircle
        >>> semicircle(sympy.Symbol("v", positive=True)).at(v=sympy.sqrt(3)).moments(2)
        [0, sqrt(3)]

        Raises `ParameterError` for a name the law does not have and for values outside a parameter's domain.
        """
        return at(self, by_name(values, named))

    # -- transforms ----------------------------------------------------------------------------------------

    def r_transform(self) -> Any:
        """R(g) as an expression in g where it is rational or a square root, otherwise its polynomial relation."""
        return transform(self, "R")

    def s_transform(self) -> Any:
        """S(u) as an expression in u where it is rational or a square root, otherwise its polynomial relation."""
        return transform(self, "S")

    def relation(self, name: str) -> Any:
        """The polynomial relation of one of the transforms m, G, R, S, psi, eta; see `laws.transforms`."""
        return relation(self, name)

    # -- operations ----------------------------------------------------------------------------------------

    def __add__(self, other: Any) -> AlgebraicLaw:
        if _is_other_kind(other):
            return NotImplemented
        return free_sum(self, other) if isinstance(other, AlgebraicLaw) else shift(self, other)

    def __radd__(self, other: Any) -> AlgebraicLaw:
        return self + other

    def __sub__(self, other: Any) -> AlgebraicLaw:
        return self + negated(other)

    def __rsub__(self, other: Any) -> AlgebraicLaw:
        return (-self) + other

    def __neg__(self) -> AlgebraicLaw:
        return scale(self, -1)

    def __mul__(self, other: Any) -> AlgebraicLaw:
        if isinstance(other, AlgebraicLaw):
            raise ParameterError("A * B is ambiguous for laws; write A @ B for the free product", laws=(self, other))
        return scale(self, other)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> AlgebraicLaw:
        if isinstance(other, AlgebraicLaw):
            raise ParameterError("A / B is ambiguous for laws; write A @ B**-1", laws=(self, other))
        divisor = as_scalar(other)
        if divisor == 0:
            raise ParameterError("a law cannot be divided by zero", law=self)
        return scale(self, 1 / divisor)

    def __matmul__(self, other: AlgebraicLaw) -> AlgebraicLaw:
        if _is_other_kind(other):
            return NotImplemented
        if not isinstance(other, AlgebraicLaw):
            raise ParameterError("A @ B needs two laws; write a * A to scale by a number", law=self, other=other)
        return free_product(self, other)

    def __pow__(self, exponent: int) -> AlgebraicLaw:
        return power(self, exponent)

    def mobius(self, a: Any, b: Any, c: Any, d: Any) -> AlgebraicLaw:
        """The law of (aA + b)(cA + d)^-1; see `resolvent.derive.laws.affine.mobius`."""
        return mobius(self, a, b, c, d)

    def inverse(self) -> AlgebraicLaw:
        """The law of A^-1; see `resolvent.derive.laws.affine.inverse`."""
        return inverse(self)

    def symmetric_root(self) -> AlgebraicLaw:
        """The symmetric law rho(x) = |x| rho_A(x^2); see `resolvent.derive.laws.matrix_functions.symmetric_root`."""
        return symmetric_root(self)

    def companion(self, c: Any) -> AlgebraicLaw:
        """The law of X^T X when this is that of X X^T, X of size p x n, p/n -> c; see `matrix_functions.companion`."""
        return companion(self, c)

    def direct_sum(self, other: AlgebraicLaw, weight: Any) -> AlgebraicLaw:
        """The law of diag(A, B), A taking the fraction ``weight`` of the dimension."""
        return direct_sum(self, other, weight)

    def free_power(self, t: Any) -> AlgebraicLaw:
        """The free additive power, R -> t R, t >= 1; see `resolvent.derive.laws.convolution.free_power`."""
        return free_power(self, t)

    def free_multiplicative_power(self, s: Any) -> AlgebraicLaw:
        """The free multiplicative power, S -> S^s, s >= 1; see `laws.convolution.free_multiplicative_power`."""
        return free_multiplicative_power(self, s)

    def compress(self, t: Any) -> AlgebraicLaw:
        """The free compression to a corner of relative size t; see `resolvent.derive.laws.convolution.compress`."""
        return compress(self, t)

    def sample_covariance(self, c: Any) -> AlgebraicLaw:
        """The sample covariance with this population law and p/n -> c; see `laws.rectangular.sample_covariance`."""
        return sample_covariance(self, c)

    wishart = sample_covariance

    def doubly_correlated_wishart(self, other: AlgebraicLaw, c: Any) -> AlgebraicLaw:
        """A^(1/2) X B X^T A^(1/2)/n, B the other law's; see `laws.rectangular.doubly_correlated_wishart`."""
        return doubly_correlated_wishart(self, other, c)

    def information_plus_noise(self, s: Any, c: Any) -> AlgebraicLaw:
        """(A + sqrt(s) X)(A + sqrt(s) X)^T when this is A A^T; see `laws.rectangular.information_plus_noise`."""
        return information_plus_noise(self, s, c)

    def rectangular_sum(self, other: AlgebraicLaw, c: Any) -> AlgebraicLaw:
        """(A + B)(A + B)^T for free rectangular A, B; see `resolvent.derive.laws.rectangular.rectangular_sum`."""
        return rectangular_sum(self, other, c)


def _is_other_kind(other: Any) -> bool:
    """Whether it is a law that combines itself with algebraic ones, such as a numeric law."""
    return isinstance(other, Law) and not isinstance(other, AlgebraicRecord) and hasattr(other, "__radd__")
