"""The commented template of a conjecture file, which `resolvent new NAME` writes."""

from __future__ import annotations

_TEMPLATE = """\
# A conjecture for `resolvent check {file}`.
#
# Numbers are exact: 2, 0.5 and "1/2" are read as fractions, and formulas stand in quotes: "(1 + sqrt(c))**2".
# Formulas have + - * / **, pi, and sqrt exp log sin cos tan asin acos atan sinh cosh tanh abs min max erf
# elliptic_k elliptic_e (functions of the parameter m = k^2). Nothing in this file is ever run as code.
# This example is true; `resolvent check {file}` says so. Change it into your own.

title = "{title}"

# ---- What is sampled or derived: one of these models; leave [model] out to ask only whether a claim is a law. ----
[model]
# A free expression: A + B and A @ B are sums and products of free matrices (see docs/derive/laws.md).
expression = "semicircle() + marchenko_pastur(c)"
# matrix = "X @ X.T / n"            # or the matrix itself (see docs/derive/matrices.md), with what its letters are
# symbols = ["X: gaussian(p, n)"]   # and the limits of the ratios of their sizes; law and sampler follow from it
# ratios = ["p/n = c"]
# ensemble = "nonlinear-gram"       # a catalog entry, see `resolvent list`; its parameters are those of [parameters]
# sampler = "features"              # one of its samplers, see `resolvent show nonlinear-gram`
# activation = "relu"               # alone, or with an ensemble that takes one: random features of a layer with it
# sigma_w = 1                       # scales of weights and data, and whether the activation's mean is subtracted,
# sigma_x = 1                       # which go with an activation
# centred = true
# cycle_weights = "eta*t + zeta**2*t**2/(1 - zeta*t)"   # weights w(t) of the graphs, with phi = "..." and psi = "..."
# function = "my_samplers:anticommutator"   # your own sampler: function(size, rng, **parameters) -> symmetric matrix;
#                                           # loaded from this folder, and only with --allow-code

# ---- The values at which it is checked: one table [parameters], or tables [[parameters]] for several points. ----
[parameters]
c = "1/2"

# ---- What is claimed: any of the following, but at least one. ----
[claim]
# The equation of the Stieltjes transform m(z), the mean of 1/(x - z); with convention = "cauchy" of G(z) = -m(z).
equation = "c*m**3 + (c*z + 1)*m**2 + (z + c - 1)*m + 1 = 0"
convention = "stieltjes"
# law = "semicircle() + marchenko_pastur(c)"        # or a law as an expression
# density = "sqrt(4 - x**2)/(2*pi)"                 # of the continuous part, in x, with the intervals it lives on
# intervals = [["-2", "2"]]
moments = [1, "2 + c", "4 + 3*c + c**2"]                  # m_1, m_2, ...
# edges = ["(1 - sqrt(c))**2", "(1 + sqrt(c))**2"]  # the ends of the intervals, from left to right
atoms = []                                          # none; or [{{at = 0, weight = "1 - 1/c"}}]
# means = [{{of = "log(x)", value = "-1"}}]           # means of test functions of x
# outliers = []                                     # eigenvalues outside of the support: none; or their places

# ---- How it is tested; all of this may be left out. ----
[test]
# sizes = [500, 1000]       # of the matrices; by default the sampler's own and half of it
trials = 20                 # matrices at each size and point
seed = 0
level = 0.01                # how often a true law may be refuted
resolution = 0.02           # a law off by this much, relatively, has to be seen before it is supported

# ---- For the reader; kept in the reports. ----
# assumptions = ["..."]     # these four lines belong above the first table
# references = ["..."]
# notes = ["..."]
# expected = "supported"    # the verdict that you expect, for collections; because = "a part of the reason"
"""


def template(name: str) -> str:
    """The text of a template for a conjecture of that name.

    >>> print(template("my_law").splitlines()[0])
    # A conjecture for `resolvent check my_law.toml`.
    """
    title = name.replace("_", " ").replace("-", " ")
    return _TEMPLATE.format(file=f"{name}.toml", title=title)
