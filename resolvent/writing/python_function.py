"""A law as a self-contained Python function: source text that needs only numpy and can be pasted anywhere.

The function finds the physical root by continuation. Near infinity m = -w (m_0 + m_1 w + ... + w^k Y) with w = 1/z and
known moments m_0, ..., m_(k-1); the equation for Y has one simple root at w = 0, from which it is followed to the point
asked for. A step is taken only where Rouche's theorem keeps exactly one root in a disc around the present one, so no
other sheet can be mistaken for it.
"""

from __future__ import annotations

import ast
import builtins
import keyword
import re
import textwrap
from collections.abc import Mapping
from functools import cache
from math import floor, gcd, log2, sqrt
from typing import Any

import sympy

from resolvent.derive.derivation.latex import in_convention
from resolvent.derive.equations.equation import ResolventEquation, series_rows
from resolvent.derive.errors import DerivationError
from resolvent.derive.exact.field import polynomial_to_sympy
from resolvent.derive.exact.series import SeriesPolynomial
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.writing.law_text import assumptions_of, identifiers, require_equation

_LARGEST_INTEGER = 2**53  # beyond, a coefficient is not a float any more


def to_python_function(law: AlgebraicLaw, convention: str = "stieltjes") -> str:
    """The source of ``density(x)`` and ``stieltjes(z)`` (and ``cauchy(z)``), with the parameters as keyword arguments.

    >>> from resolvent.derive.laws.elementary import semicircle
    >>> source = to_python_function(semicircle())
    >>> [line for line in source.splitlines() if line.startswith("def d")]
    ['def density(x):']

    The functions take numbers or arrays. They hold for parameters in general position: where the equation degenerates
    (a coefficient of the start vanishes) they raise ``ValueError``; export the law at those values instead.

    Raises `ParameterError` for an unknown convention, `DerivationError` for a tensor law, and for a law whose moments
    are algebraic numbers that Python cannot write with square roots.
    """
    in_convention(sympy.S.Zero, convention)
    require_equation(law)
    center = _center(law)
    equation = (law - center).equation if center else law.equation
    names = identifiers(equation.symbols, _taken())
    images = {s: sympy.Symbol(n) for s, n in names.items()}
    germ = [_germ_code(value, images, law) for value in equation.germ_expressions()]
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
        "CENTER": repr(float(center)),
        "CAUCHY": _CAUCHY if convention == "cauchy" else "",
    }
    for key, value in replacements.items():
        text = text.replace(f"@{key}@", value)
    signature = f", *, {keywords}" if keywords else ""
    text = text.replace("@SIGNATURE@", signature).replace("@KEYWORDS@", signature.removeprefix(", "))
    return text.replace("@PASSED@", passed).replace("@ONLY@", passed.removeprefix(", "))


_CONDITIONS = {"positive": "> 0", "negative": "< 0", "nonnegative": ">= 0", "nonpositive": "<= 0", "nonzero": "!= 0"}


@cache
def _taken() -> frozenset[str]:
    """What a parameter cannot be called: names of the module, of the functions that take it, and Python's own."""
    plain = _TEMPLATE.replace("@ENTRIES@", "    pass")
    code = re.sub(r"@\w+@", lambda found: "0" if found[0] in ("@CENTER@", "@DIMENSIONS@", "@LOST@") else "", plain)
    names = {"cauchy", "p", "x", "z", *dir(builtins), *keyword.softkwlist}
    for node in ast.parse(code).body:
        if isinstance(node, ast.FunctionDef):
            names.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return frozenset(names)


def _center(law: AlgebraicLaw) -> sympy.Rational:
    """A short binary fraction near the mean of a numeric law: shifted there, its coefficients lose far fewer digits."""
    if not law.equation.is_numeric:
        return sympy.S.Zero
    mean, square = (float(v) for v in law.moments(2))
    unit = sympy.Integer(2) ** floor(log2(sqrt(square - mean**2))) if square - mean**2 > 1e-12 * square else None
    return unit * round(mean / float(unit)) if unit else sympy.nsimplify(mean, rational=True)


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

m solves P(z, m) = 0; the physical root is followed from infinity in steps that no other root can enter. A value that
rounding could change by more than 1e-8 of itself raises ArithmeticError (in the density: nan).
"""

from math import comb, sqrt

import numpy as np

CENTER = @CENTER@  # P is written for z - CENTER, where rounding costs least


def density(x@SIGNATURE@):
    """The density at real x (a number or an array), without point masses; nan where it is singular, as at an edge."""
    law = _law(@ONLY@)
    points = np.asarray(x, dtype=float)
    values = [_limit(law, float(t) - CENTER) for t in points.ravel()]
    return np.array(values).reshape(points.shape)[()]


def stieltjes(z@SIGNATURE@):
    """m(z) at z off the real axis (a number or an array)."""
    law = _law(@ONLY@)
    points = np.asarray(z, dtype=complex)
    if np.any(points.imag == 0):
        raise ValueError("z must not be real; use density(x) there")
    values = [_value(law, complex(t.real - CENTER, abs(t.imag))) for t in points.ravel()]
    values = [v if t.imag > 0 else v.conjugate() for t, v in zip(points.ravel(), values)]
    return np.array(values).reshape(points.shape)[()]
@CAUCHY@

def _law(@KEYWORDS@):
    """The coefficients p[i, j] of (z - CENTER)**i m**j in P, moments about CENTER, and the start at infinity."""
    p = np.zeros((@DIMENSIONS@))
@ENTRIES@
    p, germ = p / np.max(np.abs(p)), [@GERM@]
    return p, germ, *_at_infinity(p, germ)


def _limit(law, x):
    if not np.isfinite(x):
        return float("nan") if np.isnan(x) else 0.0
    try:
        return max(_value(law, complex(x, 0.0)).imag / np.pi, 0.0)
    except ArithmeticError:
        return float("nan")


def _value(law, z):
    """Down the line from x + i oo: in w = 1/z as far as x + i h, then in z itself."""
    high = complex(z.real, max(z.imag, 1.0 + abs(z.real)))
    p, germ, start, y = law
    w = 1 / high
    y = _follow(start, 0j, y, w)
    m = -w * (sum(c * w**k for k, c in enumerate(germ)) + w ** len(germ) * y)
    m = _follow(p, high, m, z)
    sizes = np.abs(p) * np.abs(z) ** np.arange(p.shape[0])[:, None] * np.abs(m) ** np.arange(p.shape[1])
    slope = abs(_taylor(p, z, m)[0, 1])
    if not 4e-16 * np.sum(sizes) <= 1e-8 * slope * abs(m):
        raise ArithmeticError(f"rounding swamps the equation at z = {z}; shift the law so that its mean is near 0")
    return m


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
    start = abs(target - t)
    for _ in range(20000):
        if t == target:
            return y
        if abs(target - t) <= 1e-14 * start:
            break  # the steps shrink toward a singular target
        b = _taylor(a, t, y)
        radius, reach = _safe(np.abs(b), 1e3 * (1 + abs(y)))
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
    raise ArithmeticError(f"the path meets a singular point, or rounding swamps the equation, near {t}")


def _safe(b, largest):
    """A radius and a reach: for steps up to the reach, Rouche's theorem keeps one root within the radius.

    On the circle |y| = r the term b[0, 1] y exceeds all the others together.
    """
    ones = np.arange(b.shape[1])
    higher = b[0, 2:]
    radius = 1e300 if not np.any(higher) else np.min(
        [(b[0, 1] / (2 * len(higher) * c)) ** (1 / k) for k, c in enumerate(higher, start=1) if c > 0]
    )
    radius = min(radius, largest)
    while radius < largest and np.sum(higher * (2 * radius) ** ones[1:-1]) <= b[0, 1] / 2:
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
    before = np.inf
    for _ in range(40):
        powers = y ** np.arange(len(row))
        slope = slopes @ powers[:-1]
        if slope == 0:
            raise ArithmeticError(f"a double root at {t}")
        step = abs(change := row @ powers / slope)
        y = y - change
        if step <= 4e-16 * abs(y) or (before <= 1e-8 * abs(y) and step > before / 2):
            break  # converged, or as far as rounding lets it
        before = step
    return complex(y)


def _taylor(a, t, y):
    """The coefficients of a at (t, y): of (T - t)**i (Y - y)**j."""
    return _shift(a.shape[0], t) @ a @ _shift(a.shape[1], y).T


def _shift(n, t):
    i, k = np.indices((n, n))
    return BINOMIALS[:n, :n] * t ** np.maximum(k - i, 0)


BINOMIALS = np.array([[float(comb(k, i)) for k in range(200)] for i in range(200)])
'''
