"""What the checks of the literature table share: laws and spectra that are derived once, and ways to compare."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import sympy
from numpy.typing import ArrayLike

from resolvent.catalog.registry import get
from resolvent.numeric.density.chebyshev_piece import Array
from resolvent.numeric.spectrum.spectrum import Spectrum

_NODES = 200
Z, G, M = sympy.symbols("z G m")


@cache
def law(slug: str, **parameters: Any) -> Any:
    """The law of an entry, derived once; what is not given stays symbolic."""
    return get(slug).law(**parameters)


@cache
def spectrum(slug: str, **parameters: Any) -> Spectrum:
    """The spectrum of an entry at numbers."""
    return Spectrum(get(slug).at(**parameters))


def symbols(slug: str, *names: str) -> list[sympy.Symbol]:
    """The symbols of an entry's parameters."""
    return [get(slug).symbols[name] for name in names]


def is_equation(of: Any, stated: Any) -> bool:
    """Whether a polynomial in z and G, or in z and m, is the derived equation up to a factor free of both."""
    derived = of.equation.expr
    if stated.has(G):
        derived = derived.xreplace({M: -G})
    quotient = sympy.cancel(sympy.expand(stated) / derived)
    return quotient != 0 and not quotient.free_symbols & {Z, G, M}


def is_transform(of: Any, name: str, stated: Any, variable: sympy.Symbol) -> bool:
    """Whether an expression solves the derived polynomial of the transform R or S, on the branch of the law."""
    relation = of.relation(name)
    value = stated.xreplace({variable: relation.argument})
    return bool(
        sympy.cancel(relation.expr.xreplace({relation.value: value})) == 0
        and sympy.simplify(value.subs(relation.argument, 0) - _at_zero(of, name)) == 0
    )


def _at_zero(of: Any, name: str) -> sympy.Expr:
    """R(0) is the mean, S(0) one over it."""
    mean = of.moments(1)[0]
    return mean if name == "R" else 1 / mean


def gap(derived: ArrayLike, stated: ArrayLike) -> float:
    """The largest difference, relative to what is stated where that exceeds 1."""
    a, b = np.asarray(derived), np.asarray(stated)
    return float(np.max(np.abs(a - b) / np.maximum(1.0, np.abs(b))))


def gauss_hermite() -> tuple[Array, Array]:
    """Points and weights of Gauss and Hermite's rule for the mean over a standard Gaussian variable.

    >>> nodes, weights = gauss_hermite()
    >>> round(float(weights @ nodes**4), 12)
    3.0
    """
    nodes, weights = np.polynomial.hermite_e.hermegauss(_NODES)
    return nodes, weights / weights.sum()
