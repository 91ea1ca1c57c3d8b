r"""Tensor laws: the eigenvalues of a small matrix whose entries are polynomials in independent spectral variables.

Matrices A_1, ..., A_r that act on different factors of a tensor product have common eigenvectors v_1 x ... x v_r: there
each A_i is an eigenvalue lambda_i. So A x I + I x B has the eigenvalues lambda_1 + lambda_2, and a k x k array of
polynomials in the A_i those of H(lambda_1, ..., lambda_r):

    m(z) = E (1/k) tr (H(lambda) - z)^(-1),    m_d = E (1/k) tr H(lambda)^d,    lambda_i independent.

This is classical convolution, not free: nothing is assumed. Such laws are algebraic only by accident.

Source: Horn, Johnson 1991, Topics in matrix analysis, chapter 4, for Kronecker sums and products.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import sympy

from resolvent.derive.border import checked
from resolvent.derive.derivation import rules
from resolvent.derive.derivation.document import Formula
from resolvent.derive.derivation.latex import broken, escape, expression_latex, in_convention
from resolvent.derive.derivation.step import Step
from resolvent.derive.equations.equation import M, Z, probes
from resolvent.derive.errors import ParameterError
from resolvent.derive.exact.series import terms_of
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.arguments import negated, shown
from resolvent.derive.laws.positivity import nonnegativity
from resolvent.derive.laws.record import Law, Recipe
from resolvent.derive.laws.statement import Statement
from resolvent.derive.tensor.moments import Block, moment_by_powers
from resolvent.derive.tensor.operations import affine, companion
from resolvent.derive.tensor.record import TensorRecord, claim, fresh_names
from resolvent.derive.tensor.spectral_matrix import SpectralMatrix

_CHECKED_MOMENTS = 6


@checked
class TensorLaw(TensorRecord):
    r"""The law of a direct sum of matrices H_b(lambda_1, ..., lambda_r): m(z) = sum_b w_b E (1/k_b) tr (H_b - z)^(-1).

    Operators: ``a*A + b`` for scalars. Free sums and products with other laws do not exist here.

    Attributes:
        variables: the symbols lambda_i.
        laws: the law of each; they are independent.
        blocks: matrices with weights w_b of sum 1. The weight of a block 0 may be negative, as long as all other
            blocks together have that much mass at 0.
        conclusion: the last step of the derivation.
        recipe: how the law was made.
        text: the law as an expression.
        nonnegative: True when the support lies in [0, oo) by construction, None when that is not known.

    >>> from resolvent.derive.laws.elementary import marchenko_pastur
    >>> law = classical_sum(marchenko_pastur(1), marchenko_pastur(1))
    >>> law.moments(5)
    [2, 6, 22, 92, 424]
    >>> law.free_cumulants(4)
    [2, 2, 2, 4]

    Sources: Horn, Johnson 1991, Topics in matrix analysis, chapter 4, for sums and products of Kronecker products;
    Pennington, Worah, NeurIPS 2018, for a matrix of pairs.
    """

    # -- operations ------------------------------------------------------------------------------------------

    def __add__(self, other: Any) -> TensorLaw:
        return self._affine(1, other)

    __radd__ = __add__

    def __sub__(self, other: Any) -> TensorLaw:
        return self + negated(other)

    def __rsub__(self, other: Any) -> TensorLaw:
        return (-self) + other

    def __neg__(self) -> TensorLaw:
        return self._affine(-1, 0)

    def __mul__(self, other: Any) -> TensorLaw:
        return self._affine(other, 0)

    __rmul__ = __mul__

    def _affine(self, a: Any, b: Any) -> TensorLaw:
        for other in (a, b):
            if isinstance(other, Law):
                raise ParameterError(
                    "a tensor law takes part in no free sum or product; for classical ones see classical_sum and "
                    "tensor_product",
                    laws=(self, other),
                )
        return affine(self, a, b)

    def companion(self, c: Any, proof: Step | None = None) -> TensorLaw:
        """The law of X^T X when this is that of X X^T, p/n = c; see `resolvent.derive.tensor.operations.companion`."""
        return companion(self, c, proof)

    def statement(self, convention: str = "stieltjes") -> Statement:
        r"""m(z) (or G(z) = -m(z)) as the expectation of the resolvent trace, and the laws of the variables.

        >>> from resolvent.derive.laws.elementary import semicircle
        >>> law = tensor_product(semicircle(), semicircle(2))
        >>> print(law.latex("cauchy"))  # doctest: +NORMALIZE_WHITESPACE
        G(z) = \mathbb{E}\left[\frac{1}{z - \lambda_{1} \lambda_{2}}\right],\quad
        \lambda_{1} \sim \text{semicircle(1)},\ \lambda_{2} \sim \text{semicircle(2)}

        Raises `ParameterError` for an unknown convention.
        """
        _, variable = in_convention(M, convention)
        latex = partial(_expectation_latex, self, convention)
        return Statement(
            "",
            Formula(
                lambda: [*broken(f"{_expectation(self, convention)},"), _sources(self)],
                lambda: [f"{variable}(z) = E[ {self.integrand(convention)} ]"],
            ),
            latex,
            partial(_expectation_data, self, convention),
            tuple((f"independent {v}", law.text) for v, law in zip(self.variables, self.laws, strict=True)),
        )


def _expectation_latex(law: TensorLaw, convention: str) -> str:
    return rf"{_expectation(law, convention)},\quad {_sources(law)}"


def _expectation(law: TensorLaw, convention: str) -> str:
    _, variable = in_convention(M, convention)
    return rf"{variable}(z) = \mathbb{{E}}\left[{expression_latex(law.integrand(convention))}\right]"


def _sources(law: TensorLaw) -> str:
    """The laws of the variables."""
    pairs = zip(law.variables, law.laws, strict=True)
    return r",\ ".join(rf"{expression_latex(v)} \sim \text{{{escape(factor.text)}}}" for v, factor in pairs)


def _expectation_data(law: TensorLaw, convention: str) -> dict[str, Any]:
    _, variable = in_convention(M, convention)
    return {
        "expectation": {
            "of": str(law.integrand(convention)),
            "variable": str(variable),
            "independent": {str(v): factor.text for v, factor in zip(law.variables, law.laws, strict=True)},
            "latex": _expectation_latex(law, convention),
        }
    }


# -- constructors --------------------------------------------------------------------------------------------


@checked
def tensor_law(
    matrix: Any, variables: Sequence[sympy.Symbol], laws: Sequence[AlgebraicLaw], metric: Any = None
) -> TensorLaw:
    """The law of H(lambda_1, ..., lambda_r), lambda_i independent with the given laws.

    Args:
        matrix: H, a SymPy matrix or rows; its entries are polynomials in ``variables``, rational in parameters.
        variables: symbols, not called z, m or G, that are no parameters.
        laws: one `AlgebraicLaw` for each variable.
        metric: weights d_i with d_i H_ij = d_j H_ji, if H is not symmetric: numbers or monomials that are not negative,
            such as a variable whose law lies in [0, oo).

    >>> from resolvent.derive.laws.elementary import marchenko_pastur
    >>> x, y = sympy.symbols("x y")
    >>> law = tensor_law([[x, y], [x, y]], (x, y), (marchenko_pastur(1), marchenko_pastur(1)), metric=(x, y))
    >>> law.moments(4)  # half an atom at 0, and half the law of x + y
    [1, 3, 11, 46]

    Raises `ParameterError` for a matrix that is not self-adjoint, entries that are no polynomials, and variables that
    clash with parameters.

    Source: Pennington, Worah, NeurIPS 2018, for the Fisher information as such a law.
    """
    variables, laws = _checked_factors(variables, laws)
    h = SpectralMatrix.of(matrix, variables, metric)
    _check_metric(h, laws)
    text = f"tensor_law({shown(h.entries)}, {shown(variables)}, [{', '.join(law.text for law in laws)}])"
    recipe = Recipe(tensor_law, (h.entries, variables, laws, h.metric), frozenset(variables))
    return _assembled(variables, laws, h, recipe, text)


@checked
def classical_sum(*laws: AlgebraicLaw) -> TensorLaw:
    """The law of A x I + I x B: the classical convolution, the law of a sum of independent random variables.

    >>> from resolvent.derive.laws.elementary import semicircle
    >>> classical_sum(semicircle(), semicircle()).moments(6)
    [0, 2, 0, 10, 0, 70]

    Raises `ParameterError` unless there are two or more laws.

    Source: Horn, Johnson 1991, Topics in matrix analysis, chapter 4.
    """
    return _elementary(classical_sum, sympy.Add, laws)


@checked
def tensor_product(*laws: AlgebraicLaw) -> TensorLaw:
    """The law of A x B: the multiplicative convolution, the law of a product of independent random variables.

    >>> from resolvent.derive.laws.elementary import marchenko_pastur
    >>> tensor_product(marchenko_pastur(1), marchenko_pastur(1)).moments(4)
    [1, 4, 25, 196]

    Raises `ParameterError` unless there are two or more laws.

    Source: Horn, Johnson 1991, Topics in matrix analysis, chapter 4.
    """
    return _elementary(tensor_product, sympy.Mul, laws)


def _elementary(
    build: Callable[..., TensorLaw], operation: Callable[..., sympy.Expr], laws: tuple[AlgebraicLaw, ...]
) -> TensorLaw:
    if len(laws) < 2:
        raise ParameterError(f"{build.__name__} takes two laws or more; got {len(laws)}", laws=laws)
    taken = {s.name for law in laws if isinstance(law, AlgebraicLaw) for s in law.parameters}
    symbols = [sympy.Symbol(name) for name in fresh_names(len(laws), taken)]
    variables, laws = _checked_factors(symbols, laws)
    h = SpectralMatrix.of([[operation(*variables)]], variables)
    text = f"{build.__name__}({', '.join(law.text for law in laws)})"
    return _assembled(variables, laws, h, Recipe(build, laws), text)


def _checked_factors(
    variables: Sequence[sympy.Symbol], laws: Sequence[AlgebraicLaw]
) -> tuple[tuple[sympy.Symbol, ...], tuple[AlgebraicLaw, ...]]:
    variables, laws = tuple(variables), tuple(laws)
    for law in laws:
        if not isinstance(law, AlgebraicLaw):
            raise ParameterError(f"the variables of a tensor law have algebraic laws; got {law!r}", law=law)
    if not all(isinstance(v, sympy.Symbol) for v in variables) or len({v.name for v in variables}) < len(variables):
        raise ParameterError(f"the variables must be different symbols; got {variables}", variables=variables)
    if not variables or len(laws) != len(variables):
        raise ParameterError(f"{len(variables)} variables but {len(laws)} laws", variables=variables, laws=laws)
    clash = {v.name for v in variables} & {s.name for law in laws for s in law.parameters}
    if clash:
        raise ParameterError(
            f"{', '.join(sorted(clash))} is a variable and also a parameter of a law; rename one", names=clash
        )
    return variables, laws


def _check_metric(h: SpectralMatrix, laws: Sequence[AlgebraicLaw]) -> None:
    """Refuse weights that are not monomials with a positive coefficient in variables that are not negative."""
    positive = {v for v, law in zip(h.variables, laws, strict=True) if nonnegativity(law)}
    for d in h.metric:
        coefficient, rest = d.as_independent(*h.variables, as_Add=False)
        factors = [base.as_base_exp() for base in sympy.Mul.make_args(rest) if base != 1]
        for base, exponent in factors:
            even = exponent.is_Integer and exponent % 2 == 0 and exponent > 0
            if not (base in h.variables and exponent.is_Integer and exponent > 0 and (even or base in positive)):
                raise ParameterError(
                    f"the weight {d} of the metric must be a monomial in variables whose laws lie in [0, oo)", weight=d
                )
        if not coefficient.is_positive:
            raise ParameterError(f"the weight {d} of the metric must have a positive coefficient", weight=d)


# -- steps ---------------------------------------------------------------------------------------------------


def _assembled(
    variables: tuple[sympy.Symbol, ...], laws: tuple[AlgebraicLaw, ...], h: SpectralMatrix, recipe: Recipe, text: str
) -> TensorLaw:
    blocks = (Block(sympy.Integer(1), h),)
    given = Step(
        rules.TENSOR_LAW,
        f"the matrix of {text}",
        kind="definition",
        uses=tuple(law.conclusion for law in laws),
        build=partial(_definition, h),
    )
    trace = Step(
        rules.RESOLVENT_TRACE,
        f"the Stieltjes transform of {text}: the expectation of a rational function",
        uses=(given,),
        build=partial(claim, blocks),
        verify=h.has_this_resolvent,
    )
    law = TensorLaw(variables, laws, blocks, trace, recipe, text, _lies_above_zero(h, laws))
    moments = Step(
        rules.TENSOR_MOMENTS, f"the moments of {text}", uses=(trace,), build=partial(_moment_claim, law),
        verify=partial(_agrees_with_powers, law),
    )  # fmt: skip
    return replace(law, conclusion=moments)


def _definition(h: SpectralMatrix) -> tuple[sympy.Basic, ...]:
    return (sympy.Eq(sympy.Symbol("H"), h.expr, evaluate=False),)


def _lies_above_zero(h: SpectralMatrix, laws: Sequence[AlgebraicLaw]) -> bool | None:
    """True if chi(-z) has coefficients of one sign pattern: all e_i, up to signs, are sums of non-negative monomials.

    H has no eigenvalue below 0 if all elementary symmetric functions e_i of its eigenvalues, which are real, are not
    negative.
    """
    if not all(nonnegativity(law) for law in laws):
        return None
    chi = sympy.Poly(h.characteristic_expr, Z)
    for (power,), coefficient in chi.terms():
        signed = sympy.expand((-1) ** (h.size - power) * coefficient)
        for term in sympy.Add.make_args(signed):
            parameter, _ = term.as_independent(*h.variables, as_Add=False)
            if parameter.is_nonnegative is not True:
                return None
    return True


def _agrees_with_powers(law: TensorLaw) -> bool:
    """Whether the moments are those of the powers of H, multiplied out, at parameters in general position."""
    number = _CHECKED_MOMENTS + 1
    for values in probes(law.parameters):
        try:
            found = terms_of(law.moment_series(number, values), number)
            expected = [moment_by_powers(law.blocks, law.variables, law.laws, d, values) for d in range(number)]
        except ZeroDivisionError:  # a pole at these values: others will do
            continue
        return bool(found == expected)
    return False


def _moment_claim(law: TensorLaw) -> tuple[sympy.Basic, ...]:
    names = sympy.symbols("m_1:4")
    return tuple(sympy.Eq(n, v, evaluate=False) for n, v in zip(names, law.moments(3), strict=True))
