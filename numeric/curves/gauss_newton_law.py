"""The law of H_0 of a ReLU network of equal widths with symbols in it: at numbers it is solved."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import sympy

from resolvent.derive.border import checked
from resolvent.derive.derivation.document import Formula
from resolvent.derive.derivation.step import Rule, Step
from resolvent.derive.errors import ParameterError
from resolvent.derive.exact.precision import cached_property
from resolvent.derive.laws.arguments import check_count
from resolvent.derive.laws.record import Law, Recipe, by_name, parameter_images
from resolvent.derive.laws.statement import Statement
from resolvent.numeric.curves.gauss_newton import GaussNewton

CAVITY = Rule(
    "cavity of a sample",
    "The resolvent closes over functions of the eigenvalues of W_1 W_1^T and W_2 W_2^T.",
    latex=r"The resolvent closes over functions of the eigenvalues of $W_1 W_1^\top$ and $W_2 W_2^\top$.",
)


@lru_cache(maxsize=32)
def _solved(phi: sympy.Expr, sigma_1: sympy.Expr, sigma_2: sympy.Expr) -> GaussNewton:
    return GaussNewton("relu", samples=2 / phi, sigma_1=sigma_1, sigma_2=sigma_2)


_STEP = Step(CAVITY, "the fixed point of the Gauss-Newton matrix of a ReLU network of equal widths", kind="numeric")


@checked
@dataclass(frozen=True, eq=False)
class GaussNewtonLaw(Law):
    """The law of H_0 of a ReLU network of equal widths n on m = 2 n/phi samples; see `GaussNewton`.

    >>> law = GaussNewtonLaw(sympy.Symbol("phi"), sympy.Integer(1), sympy.Integer(1))
    >>> [round(float(m), 8) for m in law.at(phi=1).moments(2)]
    [0.42042253, 0.60984278]
    """

    phi: sympy.Expr
    sigma_1: sympy.Expr
    sigma_2: sympy.Expr
    conclusion: Step = field(default=_STEP, repr=False)
    recipe: Recipe | None = field(default=None, repr=False)
    kind = "law of a fixed point"

    @property
    def text(self) -> str:  # type: ignore[override]
        """The law as an expression."""
        return f"network_gauss_newton({self.phi}, {self.sigma_1}, {self.sigma_2})"

    @property
    def parameters(self) -> tuple[sympy.Symbol, ...]:
        """The free parameters, sorted by name."""
        found = set().union(*(v.free_symbols for v in (self.phi, self.sigma_1, self.sigma_2)))
        return tuple(sorted(found, key=lambda s: str(s.name)))

    def at(self, values: Any = None, /, **named: Any) -> GaussNewtonLaw:
        """The law with some or all parameters replaced.

        Raises `ParameterError` for a name that it does not have.
        """
        images = parameter_images(self.parameters, by_name(values, named))
        parts = {name: getattr(self, name).xreplace(images) for name in ("phi", "sigma_1", "sigma_2")}
        return replace(self, **parts)

    @cached_property
    def solved(self) -> GaussNewton:
        """The fixed point at numbers.

        Raises `ParameterError` where a parameter is left.
        """
        if self.parameters:
            raise ParameterError(f"{self.text} needs a number for {self.parameters[0]}", law=self)
        return _solved(self.phi, self.sigma_1, self.sigma_2)

    def same_as(self, other: Any) -> bool:
        """Whether both have the same parameters."""
        values = [(v.phi, v.sigma_1, v.sigma_2) for v in (self, other) if isinstance(v, GaussNewtonLaw)]
        return len(values) == 2 and values[0] == values[1]

    __hash__ = Law.__hash__

    def moments(self, n: int, *, limit: int | None = Law.most_moments) -> list[sympy.Expr]:
        """The moments as floats, by contour integrals of the transform.

        Raises `ParameterError` where a parameter is left.
        """
        check_count(n, limit)
        if n == 0:
            return []
        return [sympy.Float(float(m)) for m in self.solved.moments(n)]

    def free_cumulants(self, n: int, *, limit: int | None = Law.most_moments) -> list[sympy.Expr]:
        """The free cumulants as floats.

        Raises `ParameterError` where a parameter is left, `PrecisionError` as `GaussNewton.law` does.
        """
        return self.solved.law.free_cumulants(n, limit=limit) if n else []

    def measure(self) -> Any:
        """The measure of the solved law.

        Raises `ParameterError` where a parameter is left, `PrecisionError` as `GaussNewton.law` does.
        """
        return self.solved.law.measure()

    def statement(self, convention: str = "stieltjes") -> Statement:
        """The transform as the mean over the fixed point's blocks.

        Raises `ParameterError` for an unknown convention.
        """
        if convention not in ("stieltjes", "cauchy"):
            raise ParameterError(f"the convention is stieltjes or cauchy; got {convention!r}", convention=convention)
        letter = "m(z) = -" if convention == "stieltjes" else "G(z) = "
        formula = letter + r"\frac{2}{\phi} \int I_{11}(a)\, \mathrm{d}\mu(a),\quad I = B^{-1}"
        words = letter + "(2/phi) int I_11(a) dmu(a), I = B^-1 of the fixed point"
        return Statement("fixed point in", Formula(lambda: [formula], lambda: [words]), lambda: formula,
                         lambda: {"fixed_point": words})  # fmt: skip
