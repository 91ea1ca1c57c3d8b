"""Matrix expressions with numbers: the words of the language (importing this lets expressions be sampled)."""

from resolvent.derive.expressions.expression import MatrixExpression, identity
from resolvent.derive.expressions.letters import (
    block,
    commuting,
    dimension,
    gaussian,
    given,
    haar,
    inv,
    kron,
    projection,
    wigner,
)
from resolvent.numeric.expressions.expressed import expressed
from resolvent.numeric.expressions.sampling import sample

MatrixExpression.sampler = staticmethod(sample)
MatrixExpression.part = staticmethod(expressed)

__all__ = [
    "MatrixExpression",
    "block",
    "commuting",
    "dimension",
    "gaussian",
    "given",
    "haar",
    "identity",
    "inv",
    "kron",
    "projection",
    "wigner",
]
