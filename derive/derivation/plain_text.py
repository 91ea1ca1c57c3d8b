"""Equations in plain text, in the conventions of the transform."""

from __future__ import annotations

from collections.abc import Sequence

import sympy

_WIDTH = 78

MEANING = {
    "stieltjes": "m(z) = int rho(dx)/(x - z), m ~ -1/z at infinity",
    "cauchy": "G(z) = int rho(dx)/(z - x), G ~ 1/z at infinity",
}


def packed(pieces: Sequence[str], width: int) -> list[str]:
    """The pieces on as few lines as their width allows."""
    lines = [pieces[0]]
    for piece in pieces[1:]:
        if len(lines[-1]) + 1 + len(piece) > width:
            lines.append(piece)
        else:
            lines[-1] += f" {piece}"
    return lines


def polynomial_lines(expression: sympy.Expr, variable: sympy.Symbol) -> list[str]:
    """The polynomial by falling powers of its variable, as in ``c*m**2 + (c + z - 1)*m + 1 = 0``.

    On several lines it stands in brackets, so that it can be pasted into a program as it is.
    """
    pieces: list[str] = []
    polynomial = sympy.Poly(expression, variable)
    flip = polynomial.LC().could_extract_minus_sign()
    for (k,), coefficient in polynomial.terms():
        factored = sympy.factor(-coefficient if flip else coefficient)
        negative = factored.could_extract_minus_sign()
        factored = -factored if negative else factored
        body = f"({factored})" if isinstance(factored, sympy.Add) and (k or negative) else str(factored)
        power = "" if k == 0 else f"{variable}" if k == 1 else f"{variable}**{k}"
        body = power if power and factored == 1 else f"{body}*{power}" if power else body
        sign = "-" if negative else "+"
        pieces.append(f"{sign} {body}" if pieces else (f"-{body}" if negative else body))
    whole = packed([*pieces, "= 0"], _WIDTH)
    return whole if len(whole) == 1 else packed([f"({pieces[0]}", *pieces[1:-1], f"{pieces[-1]}) = 0"], _WIDTH)
