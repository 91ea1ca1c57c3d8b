'''A law as a self-contained Python function: source text that needs only numpy and can be pasted anywhere.

The function finds the physical root by continuation. Near infinity m = -w (m_0 + m_1 w + ... + w^k Y) with w = 1/z and
known moments m_0, ..., m_(k-1); the equation for Y has one simple root at w = 0, from which it is followed to the point
asked for. A step is taken only where Rouche's theorem keeps exactly one root in a disc around the present one, so no
other sheet can be mistaken for it.
'''

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping
from math import gcd
from typing import Any

import sympy

from derive.equation import ResolventEquation, series_rows
from derive.errors import DerivationError
from derive.field import polynomial_to_sympy
from derive.law import AlgebraicLaw
from derive.latex import in_convention
from derive.series import SeriesPolynomial

from .export import assumptions_of, germ_of, identifiers

_TAKEN = frozenset({"x", "z", "m", "G", "np", "p", "sqrt", "density", "stieltjes", "cauchy", "parameters"})
_LARGEST_INTEGER = 2**53  # beyond, a coefficient is not a float any more


def to_python_function(law: AlgebraicLaw, convention: str = "stieltjes") -> str:
    """The source of ``density(x)`` and ``stieltjes(z)`` (and ``cauchy(z)``), with the parameters as keyword arguments.

    >>> from derive.laws import semicircle
    >>> source = to_python_function(semicircle())
    >>> [line for line in source.splitlines() if line.startswith("def d")]
    ['def density(x):']

    The functions take numbers or arrays. They hold for parameters in general position: where the equation degenerates
    (a coefficient of the start vanishes) they raise ``ValueError``; export the law at those values instead.

    Raises `ParameterError` for an unknown convention, `DerivationError` for a law whose moments are algebraic numbers
    that Python cannot write with square roots.
    """
    in_convention(sympy.S.Zero, convention)
    equation = law.equation
    names = identifiers(equation.symbols, _TAKEN)
    images = {s: sympy.Symbol(n) for s, n in names.items()}
    germ = [_germ_code(value, images, law) for value in germ_of(law)]
    keywords = ", ".join(names.values())
    passed = "".join(f", {n}={n}" for n in names.values())
    conditions = [
        line
        for symbol, name in names.items()
        for property_ in assumptions_of(symbol)
        if property_ in _CONDITIONS
        for line in (
            f"    if not {name} {_CONDITIONS[property_]}:",
            f'        raise ValueError(f"{name} must be {property_}; got {{{name}}}")',
        )
    ]
    text = _TEMPLATE
    replacements = {
        "LAW": "\n".join(textwrap.wrap(law.text, 100, subsequent_indent="    ", break_long_words=False)),
        "DIMENSIONS": "{}, {}".format(*(d + 1 for d in equation.polynomial.degrees()[:2])),
        "ENTRIES": "\n".join([*conditions, *_entries(equation, images)]),
        "GERM": ", ".join(germ),
        "LOST": str(_lost_order(equation) + len(germ)),
        "CAUCHY": _CAUCHY if convention == "cauchy" else "",
    }
    for key, value in replacements.items():
        text = text.replace(f"@{key}@", value)
    signature = f", *, {keywords}" if keywords else ""
    text = text.replace("@SIGNATURE@", signature).replace("@KEYWORDS@", signature.removeprefix(", "))
    return text.replace("@PASSED@", passed).replace("@ONLY@", passed.removeprefix(", "))


_CONDITIONS = {"positive": "> 0", "negative": "< 0", "nonnegative": ">= 0", "nonpositive": "<= 0", "nonzero": "!= 0"}


def _entries(equation: ResolventEquation, images: Mapping[sympy.Symbol, sympy.Symbol]) -> list[str]:
    """The lines that fill the table of coefficients of z**i m**j."""
    polynomial = equation.polynomial
    ring = polynomial.context()
    parts: dict[tuple[int, int], dict[tuple[int, ...], Any]] = {}
    for (i, j, *rest), coefficient in polynomial.to_dict().items():
        parts.setdefault((i, j), {})[(0, 0, *rest)] = coefficient
    largest = max(abs(int(c)) for c in polynomial.to_dict().values())
    lines = []
    for (i, j), table in sorted(parts.items(), key=lambda item: item[0]):
        expression = polynomial_to_sympy(ring.from_dict(table), equation.symbol_table).xreplace(dict(images))
        lines.append(f"    p[{i}, {j}] = {_float_code(expression, largest)}")
    return lines


def _float_code(expression: sympy.Expr, largest: int) -> str:
    """The expression in floats; coefficients too long for a float are divided by the largest of them."""
    if largest <= _LARGEST_INTEGER:
        return str(expression)
    scaled = {
        term: _quotient(int(coefficient), largest) for term, coefficient in expression.as_coefficients_dict().items()
    }
    return " + ".join(number if term == 1 else f"{number}*{term}" for term, number in scaled.items())


def _quotient(top: int, bottom: int) -> str:
    common = gcd(top, bottom)
    return repr((top // common) / (bottom // common))


def _germ_code(value: sympy.Expr, images: Mapping[sympy.Symbol, sympy.Symbol], law: AlgebraicLaw) -> str:
    if not value.free_symbols:
        return repr(float(value))
    text = str(value.xreplace(dict(images)))
    if re.search(r"[A-Za-z_]\w*\(", text.replace("sqrt(", "(")):
        raise DerivationError(
            f"the moment {value} of {law.text} cannot be written in plain Python; export the law at numeric parameters",
            law=law,
        )
    return text


def _lost_order(equation: ResolventEquation) -> int:
    """The order at w = 0 to which the slope of the equation in m_0 + m_1 w + ... vanishes on the physical branch."""
    base = equation.field
    germ = [g.to_fmpq() if base.is_rational else g for g in equation.germ]
    found = SeriesPolynomial(base, series_rows(equation.polynomial, {}, base)).separation(germ)
    assert found is not None, "an equation carries enough moments to separate its branch"
    return found


_CAUCHY = '''

def cauchy(z@SIGNATURE@):
    """The Cauchy transform G(z) = int rho(dx)/(z - x)."""
    return -stieltjes(z@PASSED@)
'''

_TEMPLATE = '''"""Density and Stieltjes transform m(z) = int rho(dx)/(x - z) of

    @LAW@

m solves P(z, m) = 0; the physical root is followed from infinity in steps that no other root can enter.
"""

from math import comb, sqrt

import numpy as np


def density(x@SIGNATURE@):
    """The density at real x (a number or an array), without point masses; nan where it is singular, as at an edge."""
    p, germ = _equation(@ONLY@)
    points = np.asarray(x, dtype=float)
    values = [_limit(p, germ, float(t)) for t in points.ravel()]
    return np.array(values).reshape(points.shape)[()]


def stieltjes(z@SIGNATURE@):
    """m(z) at z off the real axis (a number or an array)."""
    p, germ = _equation(@ONLY@)
    points = np.asarray(z, dtype=complex)
    if np.any(points.imag == 0):
        raise ValueError("z must not be real; use density(x) there")
    values = [_value(p, germ, complex(t.real, abs(t.imag))) for t in points.ravel()]
    values = [v if t.imag > 0 else v.conjugate() for t, v in zip(points.ravel(), values)]
    return np.array(values).reshape(points.shape)[()]
@CAUCHY@

def _equation(@KEYWORDS@):
    """The coefficients p[i, j] of z**i m**j in P, and the first moments m_0, m_1, ... of the physical branch."""
    p = np.zeros((@DIMENSIONS@))
@ENTRIES@
    return p / np.max(np.abs(p)), [@GERM@]


def _limit(p, germ, x):
    if not np.isfinite(x):
        return float("nan") if np.isnan(x) else 0.0
    try:
        return max(_value(p, germ, complex(x, 0.0)).imag / np.pi, 0.0)
    except ArithmeticError:
        return float("nan")


def _value(p, germ, z):
    """Down the line from x + i oo: in w = 1/z as far as x + i h, then in z itself."""
    high = complex(z.real, max(z.imag, 1.0 + abs(z.real)))
    start, y = _at_infinity(p, germ)
    w = 1 / high
    y = _follow(start, 0j, y, w)
    m = -w * (sum(c * w**k for k, c in enumerate(germ)) + w ** len(germ) * y)
    return _follow(p, high, m, z)


def _at_infinity(p, germ):
    """The equation in (w, Y), m = -w (germ(w) + w**k Y), k = len(germ), and the value of Y at w = 0."""
    order = {(i, j): p.shape[0] - 1 - i + j for i, j in zip(*np.nonzero(p))}
    lowest, k = min(order.values()), len(germ)
    rows = p.shape[1]
    table = np.zeros((max(order.values()) - lowest + k * (rows - 1) + 1, rows))
    sizes = np.zeros_like(table)
    for (i, j), power in order.items():
        for l in range(j + 1):  # (germ + w**k Y)**j by the binomial theorem
            part = np.array([1.0])
            for _ in range(j - l):
                part = np.convolve(part, germ)
            first = power - lowest + k * l
            table[first : first + len(part), l] += p[i, j] * (-1) ** j * comb(j, l) * part
            sizes[first : first + len(part), l] += abs(p[i, j]) * comb(j, l) * np.abs(part)
    table, sizes = table[@LOST@:], sizes[@LOST@:]  # the rows before vanish identically
    if abs(table[0, 1]) <= 1e-12 * sizes[0, 1]:
        raise ValueError("the equation degenerates at these parameters; export the law with these values put in")
    return table / np.max(np.abs(table)), complex(-table[0, 0] / table[0, 1])


def _follow(a, t, y, target):
    """The root y of sum a[i, j] t**i y**j, continued along the segment from t to target."""
    y = _newton(a, t, y)
    for _ in range(20000):
        if t == target:
            return y
        b = _taylor(a, t, y)
        radius, reach = _safe(np.abs(b))
        gap = abs(target - t)
        step = min(gap, reach)
        following = target if step == gap else t + step * (target - t) / gap
        if following == t:
            break
        slope = -b[1, 0] / b[0, 1] if len(b) > 1 else 0.0
        found = _newton(a, following, y + slope * (following - t))
        if not abs(found - y) < radius:  # Newton left the disc; the root did not
            found = _newton(a, following, y)
            if not abs(found - y) < radius:
                following = t + (following - t) / 2
                found = _newton(a, following, y)
                if not abs(found - y) < radius:
                    break
        t, y = following, found
    raise ArithmeticError(f"the path meets a singular point near {t}")


def _safe(b):
    """A radius and a reach: for steps up to the reach, Rouche's theorem keeps one root within the radius.

    On the circle |y| = r the term b[0, 1] y exceeds all the others together.
    """
    ones = np.arange(b.shape[1])
    higher = b[0, 2:]
    radius = 1e300 if not np.any(higher) else np.min(
        [(b[0, 1] / (2 * len(higher) * c)) ** (1 / k) for k, c in enumerate(higher, start=1) if c > 0]
    )
    radius = min(radius, 1e3)
    while radius < 1e3 and np.sum(higher * (2 * radius) ** ones[1:-1]) <= b[0, 1] / 2:
        radius *= 2
    room = 0.4 * b[0, 1] * radius
    rest = b[1:] @ radius**ones
    if not np.any(rest):
        return radius, 1e300
    powers = np.arange(1, len(b))
    reach = np.min([(room / (len(rest) * c)) ** (1 / k) for k, c in enumerate(rest, start=1) if c > 0])
    while np.sum(rest * (1.5 * reach) ** powers) <= room:
        reach *= 1.5
    return radius, reach


def _newton(a, t, y):
    row = t ** np.arange(a.shape[0]) @ a
    slopes = row[1:] * np.arange(1, len(row))
    for _ in range(40):
        slope = np.polyval(slopes[::-1], y)
        if slope == 0:
            raise ArithmeticError(f"a double root at {t}")
        step = np.polyval(row[::-1], y) / slope
        y = y - step
        if abs(step) <= 4e-16 * abs(y):
            break
    return complex(y)


def _taylor(a, t, y):
    """The coefficients of a at (t, y): of (T - t)**i (Y - y)**j."""
    return _shift(a.shape[0], t) @ a @ _shift(a.shape[1], y).T


def _shift(n, t):
    return np.array([[comb(k, i) * t ** (k - i) if k >= i else 0.0 for k in range(n)] for i in range(n)])
'''
