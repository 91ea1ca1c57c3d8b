"""Linear differential equations in another variable: affine maps, and 1/t, which brings infinity to 0."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flint import fmpq, fmpq_poly

from resolvent.derive.errors import ParameterError
from resolvent.derive.exact.field import to_fmpq
from resolvent.derive.sequences.ode import LinearODE, ode_of


def affine_pullback(ode: LinearODE, scale: Any, shift: Any = 0) -> LinearODE:
    """The equation of t -> y(scale t + shift), for rational scale other than 0 and rational shift.

    >>> from resolvent.derive.laws.elementary import semicircle
    >>> from resolvent.derive.holonomic.algebraic_ode import algebraic_ode
    >>> print(affine_pullback(algebraic_ode(semicircle().equation), 2).text("y", "t"))
    -y + t*y' + (t**2 - 1)*y'' = 0

    Raises `ParameterError` for the scale 0.
    """
    a, b = to_fmpq(scale), to_fmpq(shift)
    if a == 0:
        raise ParameterError("the scale of an affine change of variable must not be 0", scale=scale)
    inner = fmpq_poly([b, a])
    return ode_of([fmpq_poly(p)(inner) * a ** (ode.order - i) for i, p in enumerate(ode.coefficients)])


def inverted(ode: LinearODE) -> LinearODE:
    """The equation of t -> y(1/t): d/dx becomes -t^2 d/dt. Applied twice it gives the equation back.

    >>> from flint import fmpz_poly
    >>> exponential = LinearODE((fmpz_poly([-1]), fmpz_poly([1])))
    >>> print(inverted(exponential).text("y", "t"))
    y + t**2*y' = 0
    """
    top = max(int(a.degree()) for a in ode.coefficients)
    total = [fmpq_poly([0])] * (ode.order + 1)
    derivative = [fmpq_poly([1])]  # y^(i)(1/t) by powers of d/dt
    for a in ode.coefficients:
        reverse = fmpq_poly([fmpq(int(a[top - k])) for k in range(top + 1)])  # t^top a(1/t)
        for i, b in enumerate(derivative):
            total[i] = total[i] + reverse * b
        derivative = _times_slope(derivative)
    return ode_of(total)


def _times_slope(operator: Sequence[fmpq_poly]) -> list[fmpq_poly]:
    """-t^2 d/dt after the operator."""
    square = fmpq_poly([0, 0, -1])
    padded, zero = [*operator, fmpq_poly([0])], fmpq_poly([0])
    return [square * (a.derivative() + (padded[i - 1] if i else zero)) for i, a in enumerate(padded)]
