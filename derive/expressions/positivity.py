"""What is seen of the sign of an expression, and the assumption that its inverses exist where that is not enough."""

from __future__ import annotations

from resolvent.derive.derivation.step import Step
from resolvent.derive.expressions import rules
from resolvent.derive.expressions.dyson import DysonSystem
from resolvent.derive.expressions.expression import MatrixExpression


def existence(model: MatrixExpression, system: DysonSystem) -> list[Step]:
    """The assumption that inverses exist, where parameters decide and positivity does not show it."""
    doubtful = dict.fromkeys(
        str(node) for node in model.nodes() if node.head == "inverse" and not is_positive(node.parts[0])
    )
    if not doubtful or not system.parameters:
        return []
    names = " and ".join(s.name for s in system.parameters)
    stay = f"{' and '.join(doubtful)} stay{'s' if len(doubtful) == 1 else ''} bounded in the limit"
    said = f"{stay} at the values of {names}: 0 lies outside of the spectrum of what is inverted"
    return [Step(rules.INVERSES, said, kind="assumed")]


def is_nonnegative(model: MatrixExpression) -> bool:
    """Whether the expression is a sum of matrices A @ A.T with positive factors, or the inverse of one.

    >>> from resolvent.derive.expressions.letters import dimension, wigner
    >>> S = wigner("S", dimension("p"))
    >>> is_nonnegative(2 * S @ S + 1), is_nonnegative(S)
    (True, False)
    """
    if model.head == "identity":
        return True
    if model.head == "letter":
        letter = model.letter
        return letter is not None and letter.law is not None and letter.law.nonnegative is True
    if model.head == "scale":
        return bool(model.scalar.is_nonnegative) and is_nonnegative(model.parts[0])
    if model.head in ("sum", "inverse"):
        return all(map(is_nonnegative, model.parts))
    if model.head == "product":
        factors = _factors(model)
        mirrored = [str(f.H) for f in reversed(factors)]
        if mirrored != [str(f) for f in factors]:
            return False
        return len(factors) % 2 == 0 or is_nonnegative(factors[len(factors) // 2])
    return False


def is_positive(model: MatrixExpression) -> bool:
    """Whether the expression is seen to be bounded from below by a positive number, so that its inverse exists.

    >>> from resolvent.derive.expressions.letters import dimension, wigner
    >>> S = wigner("S", dimension("p"))
    >>> is_positive(S @ S + 1), is_positive(S + 3)
    (True, False)
    """
    if model.head == "identity":
        return True
    if model.head == "scale":
        return bool(model.scalar.is_positive) and is_positive(model.parts[0])
    if model.head == "inverse":
        return is_positive(model.parts[0])
    return model.head == "sum" and all(map(is_nonnegative, model.parts)) and any(map(is_positive, model.parts))


def _factors(model: MatrixExpression) -> list[MatrixExpression]:
    if model.head != "product":
        return [model]
    return [f for part in model.parts for f in _factors(part)]
