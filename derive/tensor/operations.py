"""Operations on tensor laws: affine maps, companions and direct sums."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from math import comb
from typing import Any

import sympy

from resolvent.derive.border import checked
from resolvent.derive.derivation import rules
from resolvent.derive.derivation.step import Step
from resolvent.derive.errors import DerivationError, ParameterError
from resolvent.derive.exact.copies import Memory
from resolvent.derive.exact.field import to_element
from resolvent.derive.laws.arguments import OPERATORS, as_scalar, grouped, require_positive, shown
from resolvent.derive.laws.record import Recipe
from resolvent.derive.tensor.atoms import mass_at_zero
from resolvent.derive.tensor.moments import Block
from resolvent.derive.tensor.record import AnyTensorLaw, TensorRecord, claim, fresh_names
from resolvent.derive.tensor.spectral_matrix import SpectralMatrix

_CHECKED_MOMENTS = 5
Build = Callable[..., TensorRecord]


def affine(law: AnyTensorLaw, a: Any, b: Any) -> AnyTensorLaw:
    """The law of a A + b, for scalars a (not 0) and b: every H becomes a H + b.

    >>> from resolvent.derive.laws.elementary import marchenko_pastur
    >>> from resolvent.derive.tensor.tensor_law import classical_sum
    >>> (2 * classical_sum(marchenko_pastur(1), marchenko_pastur(1)) - 1).moments(2)
    [3, 17]

    Raises `ParameterError` for a = 0 and for what is no scalar.
    """
    factor, shift = as_scalar(a), as_scalar(b)
    if factor == 0:
        raise ParameterError("0 times a law is the point mass at 0, which is no tensor law", law=law)
    blocks = tuple(
        Block(
            block.weight,
            SpectralMatrix.of(
                [[factor * e + (shift if i == j else 0) for j, e in enumerate(row)]
                 for i, row in enumerate(block.matrix.entries)],
                law.variables,
                block.matrix.metric,
            ),
        )
        for block in law.blocks
    )  # fmt: skip
    scaled = f"{shown(factor)}*{grouped(law.text, OPERATORS)}" if factor != 1 else law.text
    image = replace(law, blocks=blocks, _moments=Memory())
    step = Step(
        rules.AFFINE_MAP,
        f"the law of {scaled} + {shown(shift)}",
        uses=(law.conclusion,),
        build=partial(claim, blocks),
        verify=partial(_binomial, law, image, factor, shift),
    )
    return replace(
        image,
        conclusion=step,
        recipe=Recipe(_affine_again, (law.recipe.build, law.recipe.arguments, a, b), law.recipe.bound),
        text=f"{scaled} + {shown(shift)}" if shift != 0 else scaled,
        nonnegative=True if law.nonnegative and factor.is_positive and shift.is_nonnegative else None,
    )


def companion(law: AnyTensorLaw, c: Any, proof: Step | None = None) -> AnyTensorLaw:
    """The law of X^T X when this is that of X X^T, X of size p x n, c = p/n: c times the law, and 1 - c at 0.

    With a symbolic c it is assumed that the law has at least 1 - 1/c at 0, unless a step ``proof`` shows that it is the
    law of such an X X^T.

    >>> from resolvent.derive.laws.elementary import marchenko_pastur
    >>> from resolvent.derive.tensor.tensor_law import classical_sum
    >>> companion(classical_sum(marchenko_pastur(1), marchenko_pastur(1)), "1/2").moments(3)
    [1, 3, 11]

    Raises `ParameterError` unless c is positive and the law known to be on [0, oo), `DerivationError` at a number c
    above 1 if the law has less than 1 - 1/c at 0.
    """
    ratio = require_positive("c", c)
    if not law.nonnegative:
        raise ParameterError(f"{law.text} is not known to be non-negative, so it is no law of X X^T", law=law)
    zero = SpectralMatrix.of([[0]], law.variables)
    blocks = (*(Block(b.weight * ratio, b.matrix) for b in law.blocks), Block(1 - ratio, zero))
    blocks = tuple(b for b in blocks if b.weight != 0)
    text = f"{grouped(law.text, OPERATORS)}.companion({shown(c)})"
    may_exceed = not ratio.is_number or ratio > 1
    reasons: tuple[Step, ...] = (proof,) if proof else ()
    if may_exceed and not proof and (law.parameters or not ratio.is_number):
        words = f"if {shown(c)} > 1, the atom of {law.text} at 0 is at least 1 - 1/({shown(c)})"
        reasons = (Step(rules.DOMAIN, words, kind="assumed"),)
    step = Step(
        rules.COMPANION,
        f"the law {text}",
        uses=(law.conclusion, *reasons),
        build=partial(claim, blocks),
        verify=partial(_sums_to_one, blocks),
    )
    if ratio.is_number and may_exceed:
        _require_atom(law, ratio)
    return replace(
        law,
        blocks=blocks,
        conclusion=step,
        recipe=Recipe(_companion_again, (law.recipe.build, law.recipe.arguments, c, proof), law.recipe.bound),
        text=text,
        _moments=Memory(),
    )


@checked
def tensor_direct_sum(a: AnyTensorLaw, b: AnyTensorLaw, weight: Any) -> AnyTensorLaw:
    """The law of diag(A, B): w times the first plus (1-w) times the second.

    >>> from resolvent.derive.laws.elementary import semicircle
    >>> from resolvent.derive.tensor.tensor_law import classical_sum, tensor_product
    >>> s = semicircle()
    >>> tensor_direct_sum(classical_sum(s, s), tensor_product(s, s), "1/2").moments(4)
    [0, 3/2, 0, 7]

    Raises `ParameterError` unless 0 < w < 1.

    Source: additivity of the trace.
    """
    share, symbols = to_element(weight)
    if share.is_constant and not 0 < share.to_fmpq() < 1:
        raise ParameterError(f"the weight must lie strictly between 0 and 1; got {shown(weight)}", weight=weight)
    w = share.to_sympy({s.name: s for s in symbols})
    taken = {v.name for v in a.variables} | {s.name for s in (*a.parameters, *b.parameters, *symbols)}
    images = {v: sympy.Symbol(name) for v, name in zip(b.variables, fresh_names(len(b.variables), taken), strict=True)}
    variables = (*a.variables, *images.values())
    blocks = [Block(block.weight * w, _renamed(block.matrix, {}, variables)) for block in a.blocks]
    blocks += [Block(block.weight * (1 - w), _renamed(block.matrix, images, variables)) for block in b.blocks]
    text = f"tensor_direct_sum({a.text}, {b.text}, {shown(weight)})"
    step = Step(
        rules.DIRECT_SUM,
        f"the law {text}",
        uses=(a.conclusion, b.conclusion),
        build=partial(claim, blocks),
        verify=partial(_sums_to_one, blocks),
    )
    arguments = (a.recipe.build, a.recipe.arguments, b.recipe.build, b.recipe.arguments, w)
    recipe = Recipe(_direct_sum_again, arguments, a.recipe.bound | b.recipe.bound)
    both = True if a.nonnegative and b.nonnegative else None
    return type(a)(variables, (*a.laws, *b.laws), tuple(blocks), step, recipe, text, both)


# -- replaying with other parameters -----------------------------------------------------------------------------


def _affine_again(build: Build, arguments: tuple[Any, ...], a: Any, b: Any) -> TensorRecord:
    return affine(build(*arguments), a, b)


def _companion_again(build: Build, arguments: tuple[Any, ...], c: Any, proof: Step | None) -> TensorRecord:
    return companion(build(*arguments), c, proof)


def _direct_sum_again(
    first: Build, its: tuple[Any, ...], second: Build, those: tuple[Any, ...], weight: Any
) -> TensorRecord:
    return tensor_direct_sum(first(*its), second(*those), weight)


# -- parts -------------------------------------------------------------------------------------------------------


def _renamed(
    matrix: SpectralMatrix, images: dict[sympy.Symbol, sympy.Symbol], variables: Sequence[sympy.Symbol]
) -> SpectralMatrix:
    rows = [[e.xreplace(images) for e in row] for row in matrix.entries]
    return SpectralMatrix.of(rows, variables, [d.xreplace(images) for d in matrix.metric])


def _sums_to_one(blocks: Sequence[Block]) -> bool:
    return bool(sympy.expand(sympy.Add(*(block.weight for block in blocks)) - 1) == 0)


def _binomial(law: TensorRecord, image: TensorRecord, a: sympy.Expr, b: sympy.Expr) -> bool:
    """Whether the first moments are E (a x + b)^d, multiplied out."""
    before = [sympy.Integer(1), *law.moments(_CHECKED_MOMENTS)]
    return all(
        sympy.cancel(found - sum(comb(d, k) * a**k * b ** (d - k) * before[k] for k in range(d + 1))) == 0
        for d, found in enumerate(image.moments(_CHECKED_MOMENTS), start=1)
    )


def _require_atom(law: TensorRecord, ratio: sympy.Expr) -> None:
    """At p/n = ratio > 1 the matrix X X^T has rank n at most; with parameters left in the law that is an assumption."""
    if not law.parameters and mass_at_zero(law) < 1 - 1 / ratio:
        raise DerivationError(
            f"X X^T with p/n = {ratio} has rank at most n, but {law.text} has too small an atom at 0", law=law
        )
