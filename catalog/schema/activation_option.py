"""The option of ensembles that are made with an activation: the activation itself, instead of its constants."""

from __future__ import annotations

from functools import partial
from typing import Any

import sympy

from resolvent.catalog.schema.option import Choice, Option
from resolvent.catalog.schema.parameter import Parameter
from resolvent.derive.activations.activation import Activation, activation
from resolvent.derive.activations.gaussian_integrals import decimal_rational, rounded
from resolvent.derive.derivation import rules
from resolvent.derive.derivation.step import Step
from resolvent.derive.errors import ParameterError

SIGMA_W = Parameter("sigma_w", "the weights have the variance sigma_w^2 over their number", positive=True, default=1)
SIGMA_X = Parameter("sigma_x", "the data have the variance sigma_x^2", positive=True, default=1)
CENTRED = Parameter(
    "centred",
    "1 to subtract the activation's mean, 0 to leave it",
    lower=0,
    upper=1,
    lower_open=False,
    upper_open=False,
    integer=True,
    default=1,
)
DIGITS = 17
"""To which constants that are irrational, or known by numbers, are rounded."""

_ROUNDING = 1e-24  # what rounding leaves of the variance of a constant function, of its square


def read_activation(value: Any, sigma_w: sympy.Expr, sigma_x: sympy.Expr, centred: sympy.Expr) -> Choice:
    """The activation with its constants eta and zeta; eta is the variance, with or without centring.

    Constants that are not rational are rounded to 17 digits, in such a way that eta >= zeta stays true.

    >>> choice = read_activation("relu", *map(sympy.Integer, (1, 1, 1)))
    >>> choice.values["zeta"], choice.text
    (1/4, 'relu, centred')

    Raises `ParameterError` for anything but an activation, and for scales other than numbers.
    """
    if isinstance(value, Activation):
        raise ParameterError(
            "give the activation's name or function here, and sigma_w, sigma_x and centred beside it", activation=value
        )
    plain, of_fluctuation = (activation(value, sigma_w=sigma_w, sigma_x=sigma_x, centred=c) for c in (False, True))
    given = of_fluctuation if centred else plain
    eta, zeta = of_fluctuation.rational()
    if eta <= (0 if plain.is_exact else _ROUNDING * float(plain.eta)):
        raise ParameterError(f"{given.name} is constant: its features do not fluctuate", activation=given)
    words = [given.name, "centred" if centred else "not centred"]
    words += [f"{n} = {v}" for n, v in (("sigma_w", sigma_w), ("sigma_x", sigma_x)) if v != 1]
    text = ", ".join(words)

    exact = (of_fluctuation.eta, of_fluctuation.zeta) if of_fluctuation.is_exact else (eta, zeta)
    digits = None if exact == (eta, zeta) and of_fluctuation.is_exact else DIGITS
    step = Step(
        rules.ACTIVATION_CONSTANTS,
        f"eta and zeta of {text}{_rounding(digits)}",
        kind="definition",
        build=partial(_claim, ("eta", "zeta"), exact),
        digits=digits,
    )
    return Choice(text, {"eta": eta, "zeta": zeta}, step, given)


def _rounding(digits: int | None) -> str:
    return "" if digits is None else f", rounded to {digits} digits"


def read_with_slope(value: Any, **scales: sympy.Expr) -> Choice:
    """The activation with its constants eta, zeta and eta_prime, the mean square of its slope.

    As eta sums the squares of all Hermite coefficients a_k with k > 0, and eta_prime those of sqrt(k) a_k, eta_prime is
    at least 2 eta - zeta; rounding keeps that true.

    >>> one = sympy.Integer(1)
    >>> choice = read_with_slope("relu", sigma_w=one, sigma_x=one, centred=one)
    >>> choice.values["eta_prime"]
    1/2

    Raises `ParameterError` for an activation whose eta_prime is infinite or unknown, and as `read_activation` does.
    """
    choice = read_activation(value, **scales)
    try:
        slope = choice.subject.eta_prime
    except ParameterError as error:
        raise ParameterError(
            f"eta_prime of {choice.text} is not known without its derivative; give the numbers eta, eta_prime and zeta "
            "of resolvent.derive.activations.activation.activation(f, derivative=...) instead",
            activation=choice.subject,
        ) from error
    if slope == sympy.oo:
        raise ParameterError(
            f"eta_prime = E f'^2 of {choice.text} is infinite, as {choice.subject.name} jumps: its Fisher information "
            "does not exist; take a continuous activation",
            activation=choice.subject,
        )
    eta, zeta = choice.values["eta"], choice.values["zeta"]
    is_exact = isinstance(slope, sympy.Expr)
    nearest = (
        decimal_rational(slope, DIGITS)
        if is_exact
        else rounded(sympy.Rational(*float(slope).as_integer_ratio()), DIGITS)
    )
    used = max(nearest, 2 * eta - zeta)
    digits = None if slope == used else DIGITS
    step = Step(
        rules.ACTIVATION_SLOPE,
        f"eta_prime of {choice.text}{_rounding(digits)}",
        kind="definition",
        uses=(choice.step,),
        build=partial(_claim, ("eta_prime",), (slope if is_exact else used,)),
        digits=digits,
    )
    return Choice(choice.text, {**choice.values, "eta_prime": used}, step, choice.subject)


def _claim(names: tuple[str, ...], values: tuple[sympy.Expr, ...]) -> tuple[sympy.Basic, ...]:
    return tuple(sympy.Eq(sympy.Symbol(n), v, evaluate=False) for n, v in zip(names, values, strict=True))


ACTIVATION_WITH_SLOPE = Option(
    "activation",
    "relu, erf, sin, ... (the table in docs/derive/activations.md, but for sign and step), or a polynomial such as "
    "x**2 + x; eta is the variance of the activation f(s xi), zeta its mean slope squared, eta_prime its mean squared "
    "slope",
    sets=("eta", "eta_prime", "zeta"),
    parameters=(SIGMA_W, SIGMA_X, CENTRED),
    read=read_with_slope,
)
ACTIVATION = Option(
    "activation",
    "relu, erf, sin, ... (the table in docs/derive/activations.md), or a polynomial such as x**2 + x - 1; "
    "eta is the variance of the activation, zeta the square of its mean slope",
    sets=("eta", "zeta"),
    parameters=(SIGMA_W, SIGMA_X, CENTRED),
    read=read_activation,
)
