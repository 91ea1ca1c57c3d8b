"""The rules that a derivation from a matrix uses."""

from __future__ import annotations

from resolvent.derive.derivation.step import Rule

_LINEARISED = (
    "U. Haagerup, S. Thorbjørnsen, A new application of random matrices: Ext(C*_red(F_2)) is not a group, "
    "Ann. of Math. 162 (2005) 711-775; J. W. Helton, T. Mai, R. Speicher, Applications of realizations (aka "
    "linearizations) to free probability, J. Funct. Anal. 274 (2018) 1-79, section 4"
)
_SEMICIRCULAR = (
    "J. W. Helton, R. Rashidi Far, R. Speicher, Operator-valued semicircular elements: solving a quadratic matrix "
    "equation with positivity constraints, Int. Math. Res. Not. 2007, rnm086"
)

MODEL = Rule(
    "definition of the matrix",
    "The matrix as it is written; different letters are independent, sizes tend to infinity at fixed ratios.",
)
LINEARISATION = Rule(
    "linearisation",
    "(z - E)^-1 is the first block of L^-1, L affine in the letters (Schur complement); L has the fewest states, "
    "those that are reachable and observable.",
    _LINEARISED,
    r"$(z - \mathcal{E})^{-1}$ is the first block of $L^{-1}$, $L$ affine in the letters (Schur complement); $L$ has "
    r"the fewest states, those that are reachable and observable.",
)
DYSON_EQUATION = Rule(
    "Gaussian integration by parts",
    "E[x f(x)] = v E[f'(x)] for every entry: the normalised traces g of the blocks of L^-1 satisfy "
    "(L_0 - eta(g)) g = 1 in the limit, eta(g) the covariance of L applied to g.",
    f"{_SEMICIRCULAR}, Theorem 2.1",
    r"$\mathbb{E}[x f(x)] = v\,\mathbb{E}[f'(x)]$ for every entry: the normalised traces $g$ of the blocks of $L^{-1}$ "
    r"satisfy $(L_0 - \eta(g))\, g = 1$ in the limit, $\eta(g)$ the covariance of $L$ applied to $g$.",
)
GIVEN_MATRICES = Rule(
    "given and Haar matrices",
    "A matrix T that is free from the rest enters through its free cumulants: A T adds A R_T(-g A) to L_0; or it is "
    "averaged over its eigenvalues, g = sum_i w_i (M + A t_i)^-1. A Haar matrix with the coefficient a b^* adds "
    "-h (beta a a^* + alpha b b^*), alpha = a^* g a, beta = b^* g b, alpha beta h^2 + h = 1.",
    "Voiculescu, Asterisque 232 (1995); Nica, Speicher, Lectures (2006), Proposition 15.1; Belinschi, Mai, Speicher, "
    "J. Reine Angew. Math. 732 (2017)",
    r"A matrix $T$ that is free from the rest enters through its free cumulants: $A\, T$ adds $A\, R_T(-g A)$ to "
    r"$L_0$; or it is averaged over its eigenvalues, $g = \sum_i w_i (M + A t_i)^{-1}$. A Haar matrix with the "
    r"coefficient $a b^{*}$ adds $-h (\beta a a^{*} + \alpha b b^{*})$, $\alpha = a^{*} g a$, $\beta = b^{*} g b$, "
    r"$\alpha \beta h^2 + h = 1$.",
)
INVERSES = Rule(
    "inverses exist",
    "An inverse in the expression stays bounded in the limit. At numbers this is looked at; with parameters it is "
    "where the equation holds.",
)
OPEN_SPECTRA = Rule(
    "given matrices without a spectrum",
    "Where S acts, the block traces are g = trbar (M + A S)^-1, M the rest of the Dyson equation; matrices in generic "
    "position enter by t = trbar (S - x)^-1, x and t their arguments in the R-transform. These traces stay.",
    f"{_SEMICIRCULAR}; Voiculescu, Asterisque 232 (1995)",
    r"Where $S$ acts, the block traces are $g = \overline{\operatorname{tr}}\,(M + A S)^{-1}$, $M$ the rest of the "
    r"Dyson equation; matrices in generic position enter by $t = \overline{\operatorname{tr}}\,(S - x)^{-1}$, "
    r"$x$ and $t$ their arguments in the R-transform. These traces stay.",
)
ELIMINATION = Rule(
    "elimination",
    "Combinations of the equations, substitution of unknowns that enter linearly with a coefficient that does not "
    "vanish, and resultants; of every polynomial the one irreducible factor is kept that vanishes on the exact series.",
)
RECONSTRUCTION = Rule(
    "reconstruction from series",
    "The smallest relation of the exact series of m (Hermite-Pade, modulo primes). It holds because on its curve "
    "rational functions solve the Dyson system, which has one solution with these first terms.",
    "Beckermann, Labahn, SIAM J. Matrix Anal. Appl. 15 (1994) (Hermite-Pade approximants)",
)
ENCLOSED_ELIMINATION = Rule(
    "elimination with an enclosed solution",
    "As elimination; the factor is kept that vanishes on the physical solution at one point. That solution is enclosed "
    "by Krawczyk's test, and known by Im g < 0 for L + i eps, or followed from L + i infinity; its branch is the one "
    "that reaches it from infinity.",
    f"{_SEMICIRCULAR}; Neumaier, Interval Methods (1990), section 5.1",
    r"As elimination; the factor is kept that vanishes on the physical solution at one point. That solution is "
    r"enclosed by Krawczyk's test, and known by $\mathrm{Im}\, g < 0$ for $L + i \varepsilon$; its branch is the one "
    r"that reaches it from infinity.",
)
DIFFERENTIATION = Rule(
    "implicit differentiation",
    "Along the root tau(t) of F(tau, t) the derivative is -F_t/F_tau; K^-1 Theta K^-1 = -d/dt (K + t Theta)^-1.",
    latex=r"Along the root $\tau(t)$ of $F(\tau, t)$ the derivative is $-F_t/F_\tau$; "
    r"$K^{-1} \Theta K^{-1} = -\frac{d}{dt} (K + t \Theta)^{-1}$.",
)
NUMERIC_SOLUTION = Rule(
    "numeric solution of the Dyson equation",
    "The Dyson equation is solved by Newton's method, from high above the real line down to it, with Im g <= 0; edges, "
    "atoms and density are read off there, mass and moments are compared with integrals around the support.",
    f"{_SEMICIRCULAR}, Theorem 2.1",
    r"The Dyson equation is solved by Newton's method, from high above the real line down to it, with "
    r"$\mathrm{Im}\, g \le 0$; edges, atoms and density are read off there, mass and moments are compared with "
    r"integrals around the support.",
)
