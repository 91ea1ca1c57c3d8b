"""The one table of constructors and operations: a row says what each is called, takes and rests on, and how it is read.

From it come the words of the grammar, the texts of laws, and the rules that their derivations name; the matrices that
have these laws are in `resolvent.numeric.matrices.matrix_model`, by the same names. A new operation is a module with
its function, a method of `AlgebraicLaw`, and a row here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from resolvent.derive.derivation import rules
from resolvent.derive.derivation.step import Rule
from resolvent.derive.exact.field import to_element
from resolvent.derive.laws.arguments import OPERATORS, grouped, shown


class Kind(Enum):
    """What an argument must be."""

    SCALAR = "a number or an expression in parameters"
    SCALARS = "a list of numbers, such as [1, 2, 5]"
    COUNT = "a positive whole number"
    RATIO = "a positive rational number"
    LAW = "a law"
    EQUATION = "a polynomial in z and m"
    TRANSFORM = "a rational function of its variable"
    VARIABLE = "the name of the variable"


@dataclass(frozen=True)
class Operation:
    """A constructor of laws, or an operation on them.

    Attributes:
        name: of the function.
        home: the module that has it.
        arguments: (name, kind) in order; the first ``required`` of them must be given.
        rule: what the derivation of its law rests on, with its citation.
        methods: the methods of a law that call it, operators among them; none for a constructor.
        written: the arguments -> the law as it is printed, which the grammar reads back.
        latex: the name of a constructor's law, or its arguments in LaTeX, by name, -> the law; see `Typeset`.
        is_function: whether the grammar has it as a function.
        most: the largest value of a COUNT, the largest numerator and denominator of a RATIO. The work grows so fast
            with it that more would never end.
    """

    name: str
    home: str
    arguments: tuple[tuple[str, Kind], ...]
    required: int
    rule: Rule
    methods: tuple[str, ...]
    written: Callable[..., str]
    latex: str | Callable[..., Typeset]
    is_function: bool
    most: int


@dataclass(frozen=True)
class Typeset:
    """A formula in LaTeX, and how firmly it holds together: 0 for a sum, 1 a product, 2 a power, 3 for one sign.

    Formatted with a level, it stands in brackets where it is less firm.

    >>> f"{Typeset('a + b', 0):1} c"
    '(a + b) c'
    """

    latex: str
    level: int = 3

    def __format__(self, level: str) -> str:
        return f"({self.latex})" if level and self.level < int(level) else self.latex


# -- how laws are written --------------------------------------------------------------------------------------


def _shown(argument: Any) -> str:
    """An argument, which may be a law."""
    return argument.text if hasattr(argument, "text") else shown(argument)


def _call(name: str) -> Callable[..., str]:
    def written(*arguments: Any) -> str:
        return f"{name}({', '.join(_shown(a) for a in arguments if a is not None)})"

    return written


def _method(name: str) -> Callable[..., str]:
    def written(law: Any, *arguments: Any) -> str:
        return f"{grouped(law.text, OPERATORS)}.{name}({', '.join(map(_shown, arguments))})"

    return written


def _without_unit_scale(c: Any, sigma: Any) -> str:
    is_unit = to_element(sigma)[0] == 1
    return _call("marchenko_pastur")(c, None if is_unit else sigma)


def _sum(a: Any, b: Any) -> str:
    if b.recipe.operation is OPERATIONS["scale"] and b.recipe.arguments[1] == -1:
        return f"{a.text} - {grouped(b.recipe.arguments[0].text, '+-')}"
    return f"{a.text} + {grouped(b.text, '+-')}"


def _product(a: Any, b: Any) -> str:
    return f"{grouped(a.text, OPERATORS)} @ {grouped(b.text, OPERATORS)}"


def _scaled(law: Any, a: Any) -> str:
    inner = grouped(law.text, OPERATORS)
    return f"-{inner}" if to_element(a)[0] == -1 else f"{_factor(a)}*{inner}"


def _shifted(law: Any, b: Any) -> str:
    return f"{law.text} + {_factor(b)}"


def _power(law: Any, k: Any = -1) -> str:
    return f"{grouped(law.text, OPERATORS)}**{k}"


def _factor(value: Any) -> str:
    text = shown(value)
    return f"({text})" if any(s in text for s in "+-/ ") else text


# -- how they are typeset --------------------------------------------------------------------------------------


def _formula(template: str, level: int = 3) -> Callable[..., Typeset]:
    """The law that a template gives, with brackets where an argument is less firm than its place asks for."""
    return lambda **arguments: Typeset(template.format_map(arguments), level)


def _plus(law: Typeset, b: Typeset) -> Typeset:
    """A shifted law, with one sign for a negative shift."""
    is_negative = b.latex.startswith("-") and " + " not in b.latex and " - " not in b.latex
    return Typeset(f"{law} - {b.latex[1:]}" if is_negative else f"{law} + {b:1}", 0)


def _deltas(points: Typeset, weights: Typeset | None = None) -> Typeset:
    given = "" if weights is None else f";\\ {weights}"
    return Typeset(rf"\mathrm{{atoms}}({points}{given})")


# -- the table ---------------------------------------------------------------------------------------------------


def _row(
    name: str,
    arguments: str,
    rule: Rule,
    home: str,
    methods: str = "",
    written: Callable[..., str] | None = None,
    required: int | None = None,
    is_function: bool | None = None,
    most: int = 0,
    latex: str | Callable[..., Typeset] = "",
) -> Operation:
    pairs = [entry.split(":") for entry in arguments.split()]
    kinds = tuple((pair[0], Kind[pair[1]] if len(pair) == 2 else Kind.SCALAR) for pair in pairs)
    names = tuple(methods.split())
    if is_function is None:
        is_function = not names
    if written is None:
        written = _call(name) if is_function else _method(names[0])
    required = len(kinds) if required is None else required
    latex = latex or rf"\mathrm{{{name.replace('_', chr(92) + ' ')}}}"
    return Operation(name, f"resolvent.derive.{home}", kinds, required, rule, names, written, latex, is_function, most)


_ROWS = (
    # name, arguments, rule, home, methods
    _row("semicircle", "variance", rules.R_TRANSFORM, "laws.elementary", required=0,
         latex=r"\mathrm{SC}"),
    _row("marchenko_pastur", "c sigma", rules.R_TRANSFORM, "laws.elementary", "", _without_unit_scale, required=1,
         latex=r"\mathrm{MP}"),
    _row("free_poisson", "rate jump", rules.R_TRANSFORM, "laws.elementary", required=1,
         latex=r"\mathrm{FP}"),
    _row("atoms", "points:SCALARS weights:SCALARS", rules.FINITE_MEASURE, "laws.elementary", required=1,
         latex=_deltas),
    _row("arcsine", "radius", rules.FREE_POWER, "laws.elementary", required=0),
    _row("wachter", "c1 c2", rules.COMPRESSION, "laws.elementary"),
    _row("kesten_mckay", "d", rules.FREE_POWER, "laws.elementary"),
    _row("fuss_catalan", "s:RATIO", rules.S_TRANSFORM, "laws.elementary", most=64,
         latex=r"\mathrm{FC}"),
    _row("equilibrium_measure", "M:COUNT t", rules.ELIMINATION, "laws.equilibrium", required=1, most=12),
    _row("law_of_cycle_weights", "weights:TRANSFORM variable:VARIABLE phi psi ratios:SCALARS",
         rules.GRAPH_TRANSFORM, "graphs.cycle_weights", required=1),
    _row("law_of_free_cumulants", "cumulants:SCALARS variable:VARIABLE", rules.GRAPH_TRANSFORM, "graphs.cycle_weights",
         required=1),
    _row("law_of_equation", "polynomial:EQUATION moments:SCALARS", rules.GIVEN_EQUATION, "laws.from_equation",
         required=1),
    _row("law_of_r_transform", "expression:TRANSFORM variable:VARIABLE", rules.R_TRANSFORM, "laws.from_transform"),
    _row("law_of_s_transform", "expression:TRANSFORM variable:VARIABLE", rules.S_TRANSFORM, "laws.from_transform"),
    _row("free_sum", "a:LAW b:LAW", rules.FREE_SUM, "laws.convolution", "__add__", _sum,
         latex=_formula(r"{a} \boxplus {b:1}", 0)),
    _row("free_product", "a:LAW b:LAW", rules.FREE_PRODUCT, "laws.convolution", "__matmul__", _product,
         latex=_formula(r"{a:1} \boxtimes {b:2}", 1)),
    _row("free_power", "law:LAW t", rules.FREE_POWER, "laws.convolution", "free_power",
         latex=_formula(r"{law:3}^{{\boxplus {t}}}", 2)),
    _row("free_multiplicative_power", "law:LAW s:RATIO", rules.MULTIPLICATIVE_POWER, "laws.convolution",
         "free_multiplicative_power", most=64,
         latex=_formula(r"{law:3}^{{\boxtimes {s}}}", 2)),
    _row("compress", "law:LAW t", rules.COMPRESSION, "laws.convolution", "compress",
         latex=_formula(r"\mathrm{{corner}}_{{{t}}}({law})")),
    _row("scale", "law:LAW a", rules.AFFINE_MAP, "laws.affine", "__mul__", _scaled,
         latex=_formula(r"{a:1}\,{law:1}", 1)),
    _row("shift", "law:LAW b", rules.AFFINE_MAP, "laws.affine", "__add__", _shifted,
         latex=_plus),
    _row("inverse", "law:LAW", rules.MOBIUS_MAP, "laws.affine", "inverse", _power,
         latex=_formula(r"{law:3}^{{-1}}", 2)),
    _row("mobius", "law:LAW a b c d", rules.MOBIUS_MAP, "laws.affine", "mobius",
         latex=_formula(r"\frac{{{a:1}\,x + {b}}}{{{c:1}\,x + {d}}}\Big|_{{x\,\sim\,{law}}}", 1)),
    _row("power", "law:LAW k:COUNT", rules.MATRIX_POWER, "laws.matrix_functions", "__pow__", _power, most=6,
         latex=_formula(r"{law:3}^{{{k}}}", 2)),
    _row("symmetric_root", "law:LAW", rules.SYMMETRIC_ROOT, "laws.matrix_functions", "symmetric_root",
         latex=_formula(r"\pm\sqrt{{{law}}}", 1)),
    _row("companion", "law:LAW c", rules.COMPANION, "laws.matrix_functions", "companion",
         latex=_formula(r"\mathrm{{companion}}_{{{c}}}({law})")),
    _row("direct_sum", "a:LAW b:LAW weight", rules.DIRECT_SUM, "laws.matrix_functions", "direct_sum",
         is_function=True,
         latex=_formula(r"{a:1} \oplus_{{{weight}}} {b:1}", 0)),
    _row("sample_covariance", "law:LAW c", rules.SAMPLE_COVARIANCE, "laws.rectangular", "wishart sample_covariance",
         latex=_formula(r"\mathrm{{Cov}}_{{{c}}}({law})")),
    _row("doubly_correlated_wishart", "a:LAW b:LAW c", rules.FREE_PRODUCT, "laws.rectangular",
         "doubly_correlated_wishart", is_function=True,
         latex=_formula(r"\mathrm{{Cov}}_{{{c}}}({a},\, {b})")),
    _row("information_plus_noise", "law:LAW s c", rules.INFORMATION_PLUS_NOISE, "laws.rectangular",
         "information_plus_noise",
         latex=_formula(r"\mathrm{{IN}}_{{{s},\,{c}}}({law})")),
    _row("rectangular_sum", "a:LAW b:LAW c", rules.RECTANGULAR_SUM, "laws.rectangular", "rectangular_sum",
         is_function=True,
         latex=_formula(r"{a} \boxplus_{{{c}}} {b:1}", 0)),
)  # fmt: skip

OPERATIONS = {row.name: row for row in _ROWS}
"""The rows by name."""


def operation_of(build: Callable[..., Any]) -> Operation | None:
    """The row of a function; None for what is not in the table, such as a law of the catalog.

    >>> from resolvent.derive.laws.convolution import compress
    >>> operation_of(compress).rule.name
    'free compression'
    """
    row = OPERATIONS.get(getattr(build, "__name__", ""))
    return row if row is not None and row.home == build.__module__ else None
