r"""How many critical points a spherical spin glass has at each energy and index, and where its layers begin.

L(w) = Lambda^{-(H-1)/2} sum X_{i_1...i_H} w_{i_1} ... w_{i_H} on |w|^2 = Lambda. At a critical point of energy Lambda u
the Hessian is sqrt(H(H-1)) W - H u with a Wigner matrix W, and Kac's and Rice's formula has the factors, each to the
power Lambda: the sphere sqrt(2 pi e), the density of a vanishing gradient (2 pi H)^{-1/2}, that of the energy
exp(-u^2/2), and |det| = sqrt(H(H-1)) exp(U(x)), x = u sqrt(H/(H-1)), U the logarithmic potential of the semicircle. So
per Lambda

    log #{critical points at u} = 1/2 + log(H-1)/2 - u^2/2 + U(x).

E_inf = 2 sqrt((H-1)/H) is where x leaves the semicircle; below -E_inf a critical point of index k needs k more
eigenvalues below the bulk, each of which costs I = x^2/4 - 1/2 - U(x), as the first does. Numbers with energies up to u
take the largest exponent up to u.

Source: Choromanska et al. 2014, The loss surfaces of multilayer networks.
"""

from __future__ import annotations

import math
from typing import Any

import mpmath
import numpy as np
import sympy
from numpy.typing import ArrayLike

from resolvent.derive.border import checked, is_whole
from resolvent.derive.errors import ParameterError
from resolvent.derive.exact.precision import cached_property, working_digits
from resolvent.derive.laws.closed_potential import potential_primitive
from resolvent.derive.laws.elementary import semicircle
from resolvent.numeric.curves.shown import shown
from resolvent.numeric.density.chebyshev_piece import Array
from resolvent.numeric.style import LINES, QUIET, finish, legend, new_axes

_MOST_DIGITS = 10_000
_LARGEST = 1e300  # of x: its square is beyond floats, its logarithm is not
_G = sympy.Symbol("g")


@checked
class SpinGlass:
    """The complexity of the spherical H-spin glass, H >= 3: a deep network's loss, under strong assumptions.

    Energies u are per Lambda; complexities are limits of (1/Lambda) log E #.

    >>> glass = SpinGlass(3)
    >>> print(glass.threshold(), glass.energy(0), glass.energy(1))
    1.63299316185545 1.65699836352747 1.65287319810304
    >>> glass.complexity([-1.65, 0.0]).round(6), float(glass.complexity(-1.65, index=0).round(6))
    (array([0.004254, 0.346574]), 0.004254)

    Raises `ParameterError` unless H is an integer from 3 on.
    """

    def __init__(self, h: int) -> None:
        if h != int(h) or h < 3:
            raise ParameterError(f"the number of spins H must be an integer, at least 3; got {h}", h=h)
        self.h = int(h)

    def __repr__(self) -> str:
        return shown(self, h=self.h)

    @cached_property
    def _potential(self) -> sympy.Expr:
        """U at x = g + 1/g, for 0 < g <= 1."""
        return potential_primitive(semicircle())

    @cached_property
    def cost(self) -> sympy.Expr:
        """I, what an eigenvalue below the bulk costs, as a function of g in (0, 1], x = g + 1/g = 2|u|/E_inf.

        >>> SpinGlass(3).cost
        -g**2/2 + (g + 1/g)**2/4 + log(g) - 1/2
        """
        return (_G + 1 / _G) ** 2 / 4 - sympy.Rational(1, 2) - self._potential

    def threshold(self, digits: int = 15) -> sympy.Float:
        """E_inf = 2 sqrt((H-1)/H): below -E_inf critical points have finitely many descending directions.

        Raises `ParameterError` for a number of digits outside 1 to 10000.
        """
        with working_digits(_checked(digits) + 10):
            found = 2 * mpmath.sqrt(mpmath.mpf(self.h - 1) / self.h)
        return _rounded(found, digits)

    def energy(self, index: int, digits: int = 15) -> sympy.Float:
        """E_k: below -E_k there are no critical points of index k or more, in the limit.

        In x = g + 1/g the equation is solved for g in (0, 1); the sign of the complexity on both sides of the rounded
        number is checked.

        >>> print(SpinGlass(3).energy(0, digits=40))
        1.656998363527473251222891405780690516513

        Raises `ParameterError` for a negative index, or a number of digits outside 1 to 10000.
        """
        _check_index(index)
        with working_digits(_checked(digits) + 20):
            exponent = sympy.lambdify(_G, self._exponent(index), "mpmath")
            low, high = mpmath.mpf("0.01"), mpmath.mpf(1)
            while exponent(low) > 0:
                low = low / 10
            for _ in range(40):
                middle = (low + high) / 2
                low, high = (middle, high) if exponent(middle) < 0 else (low, middle)
            root = mpmath.findroot(exponent, (low, high), solver="anderson", tol=mpmath.mpf(10) ** (-2 * digits - 20))
            small = mpmath.mpf(10) ** (-digits - 5)
            if not exponent(root * (1 - small)) < 0 < exponent(root * (1 + small)):
                raise AssertionError("the complexity has no zero where it was found")
            found = mpmath.sqrt(mpmath.mpf(self.h - 1) / self.h) * (root + 1 / root)
        return _rounded(found, digits)

    def _exponent(self, index: int) -> sympy.Expr:
        """The complexity of index k at u = -E_inf x/2, x = g + 1/g."""
        x = _G + 1 / _G
        u_squared = sympy.Rational(self.h - 1, self.h) * x**2
        every = sympy.Rational(1, 2) + sympy.log(self.h - 1) / 2 - u_squared / 2 + self._potential
        return every - index * self.cost

    def layers(self, count: int) -> tuple[tuple[float, float], ...]:
        """The energies at which critical points of index 0, 1, ... are found: from -E_k to -E_inf, per Lambda.

        Next to the ground state there are minima only, then saddles of index 1 as well, and so on.

        >>> [tuple(round(e, 6) for e in layer) for layer in SpinGlass(3).layers(2)]
        [(-1.656998, -1.632993), (-1.652873, -1.632993)]
        """
        top = -float(self.threshold())
        return tuple((-float(self.energy(k)), top) for k in range(count))

    def complexity(self, u: ArrayLike, index: int | None = None) -> Array:
        """The limit of (1/Lambda) log of the number of critical points of energy at most u, of an index or of all.

        Negative values mean that there are none; at -oo that is the limit -oo.

        Raises `ParameterError` for a negative index, and for energies that are no numbers.
        """
        if index is not None:
            _check_index(index)
        given = np.asarray(u, dtype=float)
        if np.any(np.isnan(given)):
            raise ParameterError(f"energies are numbers or infinite; got {u!r}", u=u)
        energies = np.minimum(given, 0.0 if index is None else -float(self.threshold()))
        x = np.abs(energies) * math.sqrt(self.h / (self.h - 1))
        outside = np.clip(x, 2.0, _LARGEST)
        g = 2 / (outside + np.sqrt(outside - 2) * np.sqrt(outside + 2))
        potential = sympy.lambdify(_G, self._potential, "numpy")
        with np.errstate(over="ignore"):
            value = np.where(x > 2, potential(g), x**2 / 4 - 0.5)
            every = 0.5 + math.log(self.h - 1) / 2 - energies**2 / 2 + value
            return np.asarray(every - index * (x**2 / 4 - 0.5 - value) if index else every)

    def plot(self, indices: int = 3, ax: Any = None) -> Any:
        """Draw the complexities of the first indices and of all critical points next to the threshold."""
        axes = ax if ax is not None else new_axes()
        threshold, ground = float(self.threshold()), float(self.energy(0))
        u = np.linspace(-ground - 0.3 * (ground - threshold), -threshold + 0.5 * (ground - threshold), 400)
        axes.plot(u, self.complexity(u), color=LINES[0], linewidth=3, alpha=0.4, label="all")  # index 0 lies on it
        for k in range(indices):
            axes.plot(u, self.complexity(u, k), color=LINES[(k + 1) % len(LINES)], linestyle="--", label=f"index {k}")
        axes.axhline(0, color=QUIET, linewidth=0.8)
        axes.axvline(-threshold, color=QUIET, linewidth=0.8, linestyle=":", label="threshold")
        axes.set_ylim(-0.02, None)
        axes.set_xlabel(r"energy per $\Lambda$")
        axes.set_ylabel("complexity")
        finish(axes)
        legend(axes)
        return axes


def _check_index(index: int) -> None:
    if not is_whole(index) or index < 0:
        raise ParameterError(f"the index counts descending directions, a whole number; got {index}", index=index)


def _checked(digits: int) -> int:
    if not is_whole(digits) or not 1 <= digits <= _MOST_DIGITS:
        raise ParameterError(f"digits are a whole number between 1 and {_MOST_DIGITS}; got {digits}", digits=digits)
    return digits


def _rounded(value: mpmath.mpf, digits: int) -> sympy.Float:
    with working_digits(digits + 10):
        return sympy.Float(value, digits)
