"""The law of H_0 of a ReLU network of equal widths with symbols in it: at numbers it is solved."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import sympy

from resolvent.derive.border import checked
from resolvent.derive.derivation.document import Formula
from resolvent.derive.derivation.latex import expression_latex
from resolvent.derive.derivation.step import Rule, Step
from resolvent.derive.equations.equation import Z
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
            raise ParameterError(
                f"{self.text} needs a number for {self.parameters[0]}; `at` of the catalog's entry takes its default",
                law=self,
            )
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
        """The transform as a mean over the outputs, with the equations of the fixed point.

        Raises `ParameterError` for an unknown convention.
        """
        if convention not in ("stieltjes", "cauchy"):
            raise ParameterError(f"the convention is stieltjes or cauchy; got {convention!r}", convention=convention)
        return Statement(
            "fixed point in",
            Formula(lambda: self._written(_LATEX, convention, expression_latex), lambda: self._text(convention)),
            lambda: r",\quad ".join(self._written(_LATEX, convention, expression_latex)),
            lambda: {"fixed_point": self._text(convention)},
        )

    def _text(self, convention: str) -> list[str]:
        return self._written(_TEXT, convention, str)

    def _written(self, lines: Sequence[str], convention: str, write: Callable[[sympy.Expr], str]) -> list[str]:
        """The lines with the parameters in them: H_0 has the spectrum of (phi/2) Theta/n, a share 1/phi of its own."""
        is_stieltjes = convention == "stieltjes"
        zeros = (1 if is_stieltjes else -1) * (1 / self.phi - 1) / Z
        values = {
            "name": "m" if is_stieltjes else "G",
            "zeros": "" if zeros == 0 else f"{write(zeros)} ",
            "sign": "- " if is_stieltjes else "+ " if zeros != 0 else "",
            "share": write(2 / self.phi**2),
            "scale": write(2 / self.phi),
            "place": write(2 * Z / self.phi),
            "hidden": write(self.sigma_1**2),
            "outputs": write(self.sigma_2**2),
            "rest": write(self.sigma_1**2 * (sympy.Rational(1, 4) - 1 / (2 * sympy.pi))),
        }
        return [line.format_map(values) for line in lines]


# The fixed point of `gauss_newton` at equal widths, for the ReLU.
_LATEX = (
    r"{name}(z) = {zeros}{sign}{share} \int I_{{11}}(a)\, \mu(\mathrm{{d}}a),\quad w = {place}",
    r"I(a)^{{-1}} = \begin{{pmatrix}} w - \Lambda_{{22}}(a) + a\, \Omega_{{11}} & -\Lambda_{{12}}(a) & "
    r"\sqrt{{a}}\, \Omega_{{12}} \\ -\Lambda_{{12}}(a) & -\Lambda_{{11}}(a) & 1 \\ \sqrt{{a}}\, \Omega_{{12}} & 1 & "
    r"\Omega_{{22}} \end{{pmatrix}}",
    r"\Lambda(a) = \int \begin{{pmatrix}} L_{{11}} & \alpha \sqrt{{s}}\, L_{{12}} \\ \alpha \sqrt{{s}}\, L_{{12}} & "
    r"(\alpha^2 s + \rho^2) L_{{22}} \end{{pmatrix}} \nu(\mathrm{{d}}s)",
    r"L(a, s)^{{-1}} = 1 - {scale} \begin{{pmatrix}} I_{{22}}(a) & \alpha \sqrt{{s}}\, I_{{12}}(a) \\ "
    r"\alpha \sqrt{{s}}\, I_{{12}}(a) & (\alpha^2 s + \rho^2) I_{{11}}(a) \end{{pmatrix}}",
    r"(\omega + \Omega)^{{-1}} = \int \begin{{pmatrix}} a\, I_{{11}}(a) & \sqrt{{a}}\, I_{{13}}(a) \\ "
    r"\sqrt{{a}}\, I_{{13}}(a) & I_{{33}}(a) \end{{pmatrix}} \mu(\mathrm{{d}}a) = \mathbb{{E}}_d \begin{{pmatrix}} "
    r"\omega_{{11}} & \omega_{{12}} - d \\ \omega_{{12}} - d & \omega_{{22}} \end{{pmatrix}}^{{-1}}",
    r"\mu = {outputs}\, \mathrm{{MP}}(1),\quad \nu = {hidden}\, \mathrm{{MP}}(1),\quad d \in \{{0, 1\}} "
    r"\text{{ with equal probability}}",
    r"\alpha = \tfrac12,\quad \rho^2 = {rest}",
)
_TEXT = (
    "{name}(z) = {zeros}{sign}{share}*int I_11(a) mu(da), w = {place}",
    "I(a)^-1 = [[w - Lambda_22(a) + a Omega_11, -Lambda_12(a), sqrt(a) Omega_12], [-Lambda_12(a), -Lambda_11(a), 1], "
    "[sqrt(a) Omega_12, 1, Omega_22]]",
    "Lambda(a) = int [[L_11, alpha sqrt(s) L_12], [alpha sqrt(s) L_12, (alpha^2 s + rho^2) L_22]] nu(ds)",
    "L(a, s)^-1 = 1 - {scale}*[[I_22(a), alpha sqrt(s) I_12(a)], [alpha sqrt(s) I_12(a), (alpha^2 s + rho^2) I_11(a)]]",
    "(omega + Omega)^-1 = int [[a I_11(a), sqrt(a) I_13(a)], [sqrt(a) I_13(a), I_33(a)]] mu(da) "
    "= E_d [[omega_11, omega_12 - d], [omega_12 - d, omega_22]]^-1",
    "mu = {outputs}*MP(1), nu = {hidden}*MP(1), d = 0 or 1 with equal probability",
    "alpha = 1/2, rho^2 = {rest}",
)
