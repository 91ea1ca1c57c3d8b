"""Activations of neural networks under a Gaussian pre-activation: mean, eta, eta', zeta, Hermite coefficients.

One table drives the code, the page docs/derive/activations.md and the tests: `TABLE`. What the rows have in common,
their integrals against N(0, 1), is in `resolvent.derive.activations.gaussian_integrals` and
`resolvent.derive.activations.gaussian_quadrature`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import sympy
from flint import fmpq
from numpy.typing import NDArray

from resolvent.derive.activations.gaussian_integrals import (
    Bell,
    ErrorFunction,
    Estimate,
    ExponentialSum,
    Family,
    PiecewiseLinear,
    Polynomial,
    Steps,
    hermite_coefficients,
)
from resolvent.derive.activations.gaussian_quadrature import Sampled, Smooth
from resolvent.derive.activations.slopes import kinks, slope_on_arrays
from resolvent.derive.activations.words import name_in, number_text, unknown
from resolvent.derive.border import checked
from resolvent.derive.errors import ParameterError
from resolvent.derive.exact.field import check_names, to_fmpq, to_sympy_rational
from resolvent.derive.exact.precision import cached_property

Floats = NDArray[np.float64]
ArrayFunction = Callable[[Floats], Any]

_HIGHEST_HERMITE = 40
_HIGHEST_DEGREE = 100
_HIGHEST_ORDER = 400
_HERMITE_NAME = re.compile(r"He_?([1-9][0-9]*)")


@checked
@dataclass(frozen=True)
class Activation:
    r"""An activation f at the scale s = sigma_w sigma_x; f stands for f - E f(s xi) if it is ``centred``.

    With ft(xi) = f(s xi), xi ~ N(0, 1), and He_k the probabilists' Hermite polynomials:

    - ``mean`` = E ft, ``eta`` = E ft^2, ``eta_prime`` = E ft'^2, ``zeta`` = (E ft')^2 = (E xi ft)^2,
    - ``hermite(k)`` = E[ft He_k]/sqrt(k!), so that eta = sum_k hermite(k)^2 and zeta = hermite(1)^2.

    Each is a SymPy expression in s if ``is_exact``, otherwise an `Estimate` with its error.
    ``act(x)`` is f at the pre-activations x (not at xi), a float64 array.

    Source of eta and zeta: Pennington, Worah, NeurIPS 2017.

    >>> relu = activation("relu", centred=True)
    >>> relu.eta, relu.eta_prime, relu.zeta
    (1/2 - 1/(2*pi), 1/2, 1/4)
    """

    name: str
    latex: str
    sigma_w: sympy.Expr
    sigma_x: sympy.Expr
    centred: bool
    family: Family = field(repr=False)
    function: ArrayFunction = field(repr=False, compare=False)
    given: tuple[Any, dict[str, Any]] = field(repr=False, compare=False)  # the argument and the options it was made of

    def __repr__(self) -> str:
        own = isinstance(self.family, Sampled)  # a function of the user's, which need not have them
        numbers = "" if own else f", eta = {number_text(self.eta)}, zeta = {number_text(self.zeta)}"
        return f"<Activation {self.name}: {'centred, ' * self.centred}scale {self.scale}{numbers}>"

    def __reduce__(self) -> tuple[Any, ...]:
        argument, options = self.given
        settings = {**options, "centred": self.centred, "sigma_w": self.sigma_w, "sigma_x": self.sigma_x}
        return _made_again, (argument, settings)

    @property
    def scale(self) -> sympy.Expr:
        """The standard deviation s = sigma_w sigma_x of the pre-activation."""
        return sympy.expand(self.sigma_w * self.sigma_x)

    @property
    def is_exact(self) -> bool:
        """Whether the numbers are closed forms; otherwise they are estimates with errors."""
        return self.family.is_exact

    @cached_property
    def mean(self) -> Any:
        """E ft, which is 0 if the activation is centred."""
        return self.hermite(0)

    @cached_property
    def eta(self) -> Any:
        """E ft^2: the variance if the activation is centred.

        >>> activation("erf").eta
        2*asin(2/3)/pi
        """
        return self.family.energy(int(self.centred), self.scale)

    @cached_property
    def eta_prime(self) -> Any:
        """E ft'^2 = s^2 E f'(s xi)^2; ``oo`` for functions that jump, which have no derivative in L2.

        >>> activation("relu", sigma_w=2).eta_prime, activation("sign").eta_prime
        (2, oo)

        Raises `ParameterError` for a user's function without ``derivative=``, or with a wrong one.
        """
        return self.family.slope_energy(self.scale)

    @cached_property
    def zeta(self) -> Any:
        """(E ft')^2 = s^2 (E f'(s xi))^2: the square of the mean slope, not the mean of the squared slope.

        >>> activation("sin", sigma_w=sympy.Symbol("s")).zeta
        s**2*exp(-s**2)
        """
        return self.family.power(1, self.scale)

    def hermite(self, k: int) -> Any:
        """The coefficient E[ft He_k]/sqrt(k!) of the orthonormal Hermite expansion of ft.

        >>> [activation("step").hermite(k) for k in range(3)]
        [1/2, sqrt(2)/(2*sqrt(pi)), 0]

        Raises `ParameterError` unless k is an integer from 0 to 400.
        """
        if isinstance(k, bool) or not hasattr(k, "__index__") or not 0 <= k <= _HIGHEST_ORDER:
            raise ParameterError(f"the order k must be an integer from 0 to {_HIGHEST_ORDER}; got {k!r}", k=k)
        if k == 0 and self.centred:
            return sympy.Integer(0) if self.is_exact else Estimate(0.0, 0.0)
        return self.family.coefficient(int(k), self.scale)

    def rational(self, digits: int = 17) -> tuple[sympy.Rational, sympy.Rational]:
        """(eta, zeta) as rational numbers with eta >= zeta, exact where they are rational.

        Otherwise zeta and eta - zeta are each rounded to ``digits`` significant digits, so that a small difference
        keeps its digits. A user's function has the digits of double precision, however many are asked for.

        >>> activation("relu").rational()
        (1/2, 1/4)
        >>> activation("erf", sigma_w="1/1000").rational(3)
        (1270000000000849/1000000000000000000000, 127/100000000)

        Raises `ParameterError` if symbols are left or ``digits`` is not an integer from 1 to 100, `PrecisionError` if
        the difference cannot be told from 0.
        """
        if isinstance(digits, bool) or not isinstance(digits, int) or not 1 <= digits <= 100:
            raise ParameterError(f"digits must be an integer from 1 to 100; got {digits!r}", digits=digits)
        _number(self.scale, "rational()")
        if self.is_exact:
            _number(self.eta, "rational()")
        zeta, rest = self.family.rational(self.scale, digits, self.centred)
        return zeta + rest, zeta

    def __call__(self, x: Any) -> Any:
        """The activation at an array of pre-activations, in double precision.

        >>> activation("hard_tanh")([-3, 0.5, 2])
        array([-1. ,  0.5,  1. ])

        Raises `ParameterError` for complex arguments, or if symbols are left.
        """
        if np.iscomplexobj(x):
            raise ParameterError("an activation takes real pre-activations", x=x)
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            values = self.function(np.asarray(x, dtype=np.float64))
        return (values - self._shift if self.centred else values)[()]

    def slope(self, x: Any) -> NDArray[np.float64]:
        """The derivative f' at an array of pre-activations, in double precision.

        >>> activation("relu").slope(np.array([-1.0, 2.0]))
        array([0., 1.])

        Raises `ParameterError` for functions that jump, and for a user's function without ``derivative=``.
        """
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            return np.asarray(self._slope(np.asarray(x, dtype=np.float64)), dtype=np.float64)

    @cached_property
    def _slope(self) -> ArrayFunction:
        return slope_on_arrays(self.family)

    @property
    def kinks(self) -> tuple[float, ...]:
        """The points where f or f' is not smooth."""
        return kinks(self.family)

    @cached_property
    def _shift(self) -> float:
        mean = self.family.coefficient(0, self.scale)
        return _number(mean, "the mean of a centred activation") if self.is_exact else float(mean)


@checked
def activation(
    function: Any, *, centred: bool = False, sigma_w: Any = 1, sigma_x: Any = 1, **options: Any
) -> Activation:
    """The activation of a name, a polynomial or a Python function, at the scale s = sigma_w sigma_x.

    - a name of `TABLE`, as text or as a SymPy symbol; ``"He3"`` is the Hermite polynomial He_3. The option
      of ``leaky_relu`` is ``slope``, of ``polynomial`` ``coefficients`` (lowest first), of ``He`` ``k``;
    - a SymPy polynomial in one symbol;
    - a Python function of floats, with the options ``derivative`` (needed for eta_prime only), ``kinks`` (the points
      where it is not smooth) and ``name``.

    ``sigma_w`` and ``sigma_x`` are positive: numbers, or SymPy expressions if the activation is exact. Symbols without
    assumptions are taken to be positive.

    >>> x, s = sympy.symbols("x s", positive=True)
    >>> activation(x**2, centred=True, sigma_w=s).eta
    2*s**4
    >>> tanh = activation("tanh")
    >>> round(float(tanh.eta), 12), tanh.eta.error < 1e-15
    (0.394294490398, True)

    Raises `ParameterError` for unknown names and options (with the closest match), for parameters outside their
    domains, for symbolic scales of activations that are not exact, and (where the integrals are asked for) for
    functions that are not real and finite or grow too fast. `PrecisionError` where quadrature fails.
    """
    if not isinstance(centred, bool):
        raise ParameterError(f"centred must be True or False; got {centred!r}", centred=centred)
    sigmas = {name: _positive(name, value) for name, value in (("sigma_w", sigma_w), ("sigma_x", sigma_x))}
    if isinstance(function, (str, sympy.Symbol)):
        name, built = _named(str(function), options)
    elif isinstance(function, sympy.Expr):
        _check_options("a polynomial", options, ())
        name, built = "polynomial", _of_coefficients(_polynomial_coefficients(function))
    elif callable(function) and not isinstance(function, Activation):
        name, built = _own(function, **_check_options("your own function", options, _OWN_OPTIONS))
    else:
        raise ParameterError(
            f"{function!r} is no activation; give a name, a SymPy polynomial or a Python function", function=function
        )
    if not built.family.is_exact:
        for which, sigma in sigmas.items():
            _number(sigma, f"{which} of {name}, which has no closed form,")
    given = (function, options)
    return Activation(
        name, built.latex, **sigmas, centred=centred, family=built.family, function=built.function, given=given
    )


def _made_again(argument: Any, settings: dict[str, Any]) -> Activation:
    return activation(argument, **settings)


# -- the table -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Built:
    """An activation before its scale is known: the formula, the function on arrays, and its Gaussian integrals."""

    latex: str
    function: ArrayFunction
    family: Family


@dataclass(frozen=True)
class Row:
    """A row of the table: the name, the formula in x, the options (None: required) and what they build."""

    name: str
    latex: str
    build: Callable[..., Built]
    options: Mapping[str, Any]
    is_exact: bool


def _row(name: str, latex: str, function: ArrayFunction, family: Family) -> Row:
    return Row(name, latex, lambda: Built(latex, function, family), {}, family.is_exact)


def _leaky_relu(slope: Any) -> Built:
    slope = _real("slope", slope)

    def leaky(x: Floats) -> Any:
        return np.where(x > 0, x, _number(slope, "leaky_relu on arrays") * x)

    factor = sympy.latex(slope)
    if slope.is_Add:
        factor = rf"\left({factor}\right)"
    return Built(rf"\max(0, x) + {factor} \min(0, x)", leaky, PiecewiseLinear(0, slope, ((0, 1 - slope),)))


def _of_coefficients(coefficients: Any) -> Built:
    if isinstance(coefficients, str) or not isinstance(coefficients, Iterable):
        raise ParameterError("coefficients must be a sequence of numbers, lowest first", coefficients=coefficients)
    exact = tuple(_real("a coefficient", c) for c in coefficients)
    if len(exact) > _HIGHEST_DEGREE + 1:
        raise ParameterError(f"the degree of a polynomial is {_HIGHEST_DEGREE} at most", degree=len(exact) - 1)
    x = sympy.Symbol("x")
    formula = sympy.latex(sympy.Add(*(c * x**j for j, c in enumerate(exact))))

    def on_arrays(values: Floats) -> Any:
        numbers = [_number(c, "a polynomial on arrays") for c in exact]
        return np.polynomial.polynomial.polyval(values, numbers or [0.0])

    return Built(formula, on_arrays, Polynomial(exact))


def _hermite(k: Any) -> Built:
    degree = to_fmpq(k)
    if degree.q != 1 or not 1 <= degree <= _HIGHEST_HERMITE:
        raise ParameterError(f"k of He must be an integer from 1 to {_HIGHEST_HERMITE}; got {k}", k=k)
    order = int(degree.p)

    def on_arrays(x: Floats) -> Any:
        # Clenshaw's recurrence: the monomials of a high order cancel.
        return np.polynomial.hermite_e.hermeval(x, [0.0] * order + [1.0])

    return Built(rf"\mathrm{{He}}_{{{order}}}(x)", on_arrays, Polynomial(hermite_coefficients(order)))


def _special(name: str) -> ArrayFunction:
    def on_arrays(x: Floats) -> Any:
        import scipy.special

        return getattr(scipy.special, name)(x)

    return on_arrays


_expit, _normal_cdf = _special("expit"), _special("ndtr")


def _tanh_pair(context: Any, x: Any) -> tuple[Any, Any]:
    return context.tanh(x), 1 / context.cosh(x) ** 2


def _sigmoid_pair(context: Any, x: Any) -> tuple[Any, Any]:
    p = 1 / (1 + context.exp(-x))
    return p, p / (1 + context.exp(x))


def _softplus_pair(context: Any, x: Any) -> tuple[Any, Any]:
    return context.log1p(context.exp(x)), 1 / (1 + context.exp(-x))


def _gelu_pair(context: Any, x: Any) -> tuple[Any, Any]:
    p = context.erfc(-x / context.sqrt(2)) / 2
    return x * p, p + x * context.exp(-x * x / 2) / context.sqrt(2 * context.pi)


def _silu_pair(context: Any, x: Any) -> tuple[Any, Any]:
    p = 1 / (1 + context.exp(-x))
    return x * p, p + x * p / (1 + context.exp(x))


_HALF, _I = sympy.Rational(1, 2), sympy.I

TABLE: Mapping[str, Row] = {
    row.name: row
    for row in (
        _row("linear", "x", lambda x: 1.0 * x, Polynomial((0, 1))),
        _row("relu", r"\max(0, x)", lambda x: np.maximum(x, 0.0), PiecewiseLinear(0, 0, ((0, 1),))),
        Row("leaky_relu", r"\max(0, x) + a \min(0, x)", _leaky_relu, {"slope": sympy.Rational(1, 100)}, True),
        _row("abs", r"\lvert x \rvert", np.abs, PiecewiseLinear(0, -1, ((0, 2),))),
        _row(
            "hard_tanh",
            r"\max(-1, \min(1, x))",
            lambda x: np.clip(x, -1.0, 1.0),
            PiecewiseLinear(-1, 0, ((-1, 1), (1, -1))),
        ),
        _row("sign", r"\mathrm{sign}(x)", np.sign, Steps(-1, ((0, 2),))),
        _row("step", r"\mathbf{1}_{x > 0}", lambda x: np.heaviside(x, 0.0), Steps(0, ((0, 1),))),
        _row("sin", r"\sin x", np.sin, ExponentialSum(((-_I / 2, _I), (_I / 2, -_I)))),
        _row("cos", r"\cos x", np.cos, ExponentialSum(((_HALF, _I), (_HALF, -_I)))),
        _row("exp", "e^x", np.exp, ExponentialSum(((1, 1),))),
        _row("erf", r"\mathrm{erf}(x)", _special("erf"), ErrorFunction()),
        _row("gaussian", "e^{-x^2/2}", lambda x: np.exp(-(x**2) / 2), Bell()),
        Row("He", r"\mathrm{He}_k(x)", _hermite, {"k": None}, True),
        Row("polynomial", r"\sum_j a_j x^j", _of_coefficients, {"coefficients": None}, True),
        _row("tanh", r"\tanh x", np.tanh, Smooth(_tanh_pair, np.pi / 2)),
        _row("sigmoid", r"1/(1 + e^{-x})", _expit, Smooth(_sigmoid_pair, np.pi)),
        _row("softplus", r"\log(1 + e^x)", lambda x: np.logaddexp(0.0, x), Smooth(_softplus_pair, np.pi)),
        # Entire, but as large as exp(y^2/2) at imaginary part y: 2 is where the trapezoidal rule may start.
        _row("gelu", r"x \Phi(x)", lambda x: x * _normal_cdf(x), Smooth(_gelu_pair, 2.0)),
        _row("silu", r"x/(1 + e^{-x})", lambda x: x * _expit(x), Smooth(_silu_pair, np.pi)),
    )
}


# -- reading what the user gives -----------------------------------------------------------------------------

_OWN_OPTIONS = ("derivative", "kinks", "name")


def _named(name: str, options: dict[str, Any]) -> tuple[str, Built]:
    match = _HERMITE_NAME.fullmatch(name)
    if match:
        _check_options(name, options, ())
        name, options = "He", {"k": match[1]}
    name = name_in(TABLE, name)
    row = TABLE.get(name)
    if row is None:
        raise unknown("activation", name, TABLE)
    given = {**row.options, **_check_options(name, options, row.options)}
    missing = [option for option, value in given.items() if value is None]
    if missing:
        hint = "; or write He1, He2, ..." if name == "He" else ""
        raise ParameterError(f"{name} needs the option {missing[0]}{hint}", name=name, option=missing[0])
    built = row.build(**given)
    return (f"He{to_fmpq(given['k'])}" if name == "He" else name), built


def _polynomial_coefficients(expression: sympy.Expr) -> list[sympy.Expr]:
    # Exponents first: expanding (x + 1)**(10**9) would not end.
    exponents = [power.exp for power in expression.atoms(sympy.Pow)]
    symbols = expression.free_symbols
    variable = next(iter(symbols), None)
    if len(symbols) != 1 or not expression.is_polynomial(variable):
        raise ParameterError(
            f"{expression} is not a polynomial in one symbol; for other functions give a name or a Python function",
            expression=expression,
        )
    if any(e.is_Integer and e > _HIGHEST_DEGREE for e in exponents):
        raise ParameterError(f"the degree of a polynomial is {_HIGHEST_DEGREE} at most", expression=expression)
    return list(reversed(sympy.Poly(expression, variable).all_coeffs()))


def _own(function: Callable[..., Any], derivative: Any = None, kinks: Any = (), name: Any = None) -> tuple[str, Built]:
    if derivative is not None and not callable(derivative):
        raise ParameterError(f"derivative must be a Python function; got {derivative!r}", derivative=derivative)
    if isinstance(kinks, str) or not isinstance(kinks, Iterable):
        raise ParameterError(f"kinks must be a sequence of numbers; got {kinks!r}", kinks=kinks)
    points: tuple[fmpq, ...] = tuple(to_fmpq(t) for t in kinks)
    if name is None:
        name = getattr(function, "__name__", "f")
        name = name if name.isidentifier() else "f"  # a lambda has no name of its own
    if not isinstance(name, str) or not name.isidentifier():
        raise ParameterError(f"name must be letters, digits and _; got {name!r}", name=name)
    latex = rf"\mathrm{{{name}}}(x)".replace("_", r"\_")
    return name, Built(latex, _on_arrays(function), Sampled(function, derivative, points))


def _on_arrays(function: Callable[..., Any]) -> ArrayFunction:
    """The function itself if it maps arrays point by point, else a loop over the points."""
    probe = np.array([-2.5, -1.0, -0.3, 0.0, 0.7, 1.5, 3.0])
    looped = np.vectorize(function, otypes=[np.float64])
    with np.errstate(all="ignore"):
        try:
            at_once = np.asarray(function(probe.copy()), dtype=np.float64)
            is_pointwise = at_once.shape == probe.shape and np.allclose(
                at_once, looped(probe), rtol=1e-12, atol=1e-300, equal_nan=True
            )
        except Exception:  # whatever a function of one float does with an array
            is_pointwise = False
    return (lambda x: np.asarray(function(x), dtype=np.float64)) if is_pointwise else looped


def _check_options(owner: str, options: dict[str, Any], known: Iterable[str]) -> dict[str, Any]:
    for option in options:
        if option not in known:
            raise unknown(f"option of {owner}:", option, known)
    return options


def _real(what: str, value: Any) -> sympy.Expr:
    """A number, or a real SymPy expression with its floats made exact."""
    if not isinstance(value, sympy.Expr):
        return to_sympy_rational(to_fmpq(value))
    value = value.xreplace({number: to_sympy_rational(to_fmpq(number)) for number in value.atoms(sympy.Float)})
    check_names(value.free_symbols)
    if value.is_extended_real is False or value.is_finite is False or (value.is_number and not value.is_real):
        raise ParameterError(f"{what} must be real and finite; got {value}", value=value)
    return value


def _positive(what: str, value: Any) -> sympy.Expr:
    value = _real(what, value)
    # A number whose sign SymPy does not know is settled by its digits.
    if value.is_extended_nonpositive or (value.is_number and not value.is_positive and not value.evalf(30) > 0):
        raise ParameterError(f"{what} must be positive; got {value}", value=value)
    return value


def _number(value: Any, what: str) -> float:
    if value.free_symbols:
        names = ", ".join(sorted(map(str, value.free_symbols)))
        raise ParameterError(f"{what} needs numbers; the symbols {names} are left", symbols=value.free_symbols)
    return float(value)
