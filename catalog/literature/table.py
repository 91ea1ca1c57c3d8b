"""The literature table: statements of the sources, the entry that regenerates each, and the test that shows it.

The page docs/catalog/literature.md is made from it, and `resolvent audit` prints it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Status = Literal["regenerated", "misprint", "numeric", "open"]


@dataclass(frozen=True)
class Statement:
    """A statement of a source.

    Attributes:
        source: the paper, as the sources abbreviate it.
        place: where it stands in our sources: the number of the equation, or the section.
        what: the statement in words.
        status: "regenerated" from the model statement, the same for a "misprint" that was corrected first, "numeric"
            where the law is known by numbers, "open" where it is not regenerated.
        entry: the slug, or the function, that does it; the reason where nothing does.
        test: the file of tests that shows it.
    """

    source: str
    place: str
    what: str
    status: Status
    entry: str
    test: str = ""


TABLE: tuple[Statement, ...] = (
    Statement(
        "PB17",
        "survey 4.1",
        "R-transforms of H_0 and H_1, and the quartic of their sum",
        "regenerated",
        "hessian",
        "tests/catalog/test_hessian.py",
    ),
    Statement(
        "PB17",
        "survey 4.1",
        "density of the product-Wishart law; (r+ r-) must read (r+ - r-)",
        "misprint",
        "hessian-h1",
        "tests/catalog/test_hessian_misprints.py",
    ),
    Statement(
        "PB17",
        "survey 4.1",
        "critical energy at which the edge reaches 0",
        "regenerated",
        "hessian",
        "tests/catalog/test_hessian.py",
    ),
    Statement(
        "PW17",
        "survey 4.2",
        "quartic equation of the nonlinear Gram matrix",
        "regenerated",
        "nonlinear-gram",
        "tests/catalog/test_entries.py",
    ),
    Statement(
        "PW17",
        "survey 4.2",
        "zeta squares the mean slope, not the slope inside the mean",
        "misprint",
        "nonlinear-gram",
        "tests/catalog/test_nonlinear_gram.py",
    ),
    Statement(
        "PW17",
        "survey 4.2",
        "Marchenko-Pastur for zeta = 0 (printed: eta = zeta); a cubic for eta = zeta",
        "misprint",
        "nonlinear-gram",
        "tests/catalog/test_nonlinear_gram.py",
    ),
    Statement(
        "PW18",
        "survey 4.3",
        "Fisher information of linear networks: half an atom, half MP * MP",
        "regenerated",
        "fisher-linear",
        "tests/catalog/test_fisher.py",
    ),
    Statement(
        "PW18",
        "survey 4.3",
        "the double integral for any activation",
        "regenerated",
        "fisher",
        "tests/catalog/test_fisher.py",
    ),
    Statement(
        "BP21",
        "slides",
        "YᵀY/n_1 is MP(m/n_1) times (eta - zeta) + zeta MP(m/n_0)",
        "regenerated",
        "nonlinear-gram",
        "tests/catalog/test_kernels.py",
    ),
    Statement("BP21", "slides", "several layers", "regenerated", "conjugate-kernel", "tests/catalog/test_kernels.py"),
    Statement(
        "BP22",
        "slides",
        "places and thresholds of spikes; at most two, and the exception of skew entries",
        "regenerated",
        "nonlinear-gram",
        "tests/catalog/networks/test_spikes.py",
    ),
    Statement(
        "FW20",
        "slides",
        "conjugate kernel: MP(gamma_l) times (1 - b^2) + b^2 mu_(l-1)",
        "regenerated",
        "conjugate-kernel",
        "tests/catalog/test_kernels.py",
    ),
    Statement(
        "FW20",
        "slides",
        "tangent kernel r_+ + sum b^(2(L-l)) X_lᵀX_l: one hidden layer in closed form",
        "regenerated",
        "tangent-kernel",
        "tests/catalog/test_kernels.py",
    ),
    Statement(
        "FW20",
        "slides",
        "tangent kernel of deep networks, from its matrix expression",
        "numeric",
        "tangent-kernel",
        "tests/catalog/test_kernels.py",
    ),
    Statement(
        "PSG17",
        "slides",
        "zG - 1 = sigma_w^2L G (zG + p - 1)^L for Gaussian weights, every L",
        "regenerated",
        "jacobian",
        "tests/derive/explicit/test_explicit_law.py",
    ),
    Statement(
        "PSG17",
        "slides",
        "z(zG - 1)(zG)^(L-1) = sigma_w^2L (zG + p - 1)^L for orthogonal weights, every L",
        "regenerated",
        "jacobian",
        "tests/derive/explicit/test_explicit_law.py",
    ),
    Statement(
        "PSG17",
        "slides",
        "q_l, q*, chi and the critical line",
        "regenerated",
        "resolvent advise init",
        "tests/derive/activations/test_propagation.py",
    ),
    Statement(
        "Pastur 2020",
        "slides",
        "functional equations for Gaussian weights and any D",
        "numeric",
        "jacobian",
        "tests/numeric/measures/test_depth_product.py",
    ),
    Statement(
        "Pastur 2020",
        "slides",
        "orthogonal weights and a smooth activation",
        "open",
        "moments only: the boundary values lie too near the law of D^2 to be followed",
    ),
    Statement(
        "Ba+22",
        "(21)",
        "the gradient is of rank one; sqrt(N) is missing before the norm",
        "misprint",
        "one-step",
        "tests/catalog/networks/test_gradient_step.py",
    ),
    Statement(
        "Ba+22",
        "figure 3",
        "the overlap is of the right vector; the parameters are below the threshold",
        "misprint",
        "one-step",
        "tests/catalog/networks/test_gradient_step.py",
    ),
    Statement(
        "Ba+22",
        "(20)",
        "singular value and overlaps after a step",
        "regenerated",
        "one-step",
        "tests/catalog/networks/test_gradient_step.py",
    ),
    Statement(
        "LLC18",
        "theorem 2",
        "deterministic equivalent of the resolvent of random features",
        "regenerated",
        "random-features",
        "tests/numeric/curves/test_random_features.py",
    ),
    Statement(
        "Has+22",
        "slides",
        "ridge and ridgeless risk, double descent",
        "regenerated",
        "ridge",
        "tests/numeric/curves/test_ridge.py",
    ),
    Statement(
        "LC18",
        "(15) to (18)",
        "errors of gradient flow over time",
        "regenerated",
        "gradient-flow",
        "tests/numeric/curves/test_gradient_flow.py",
    ),
    Statement(
        "Cho+14",
        "survey 3.1",
        "complexity of the spherical spin glass",
        "regenerated",
        "spin-glass",
        "tests/numeric/curves/test_spin_glass.py",
    ),
)


def page() -> str:
    """The table as a page of Markdown."""
    head = [
        "# The literature table",
        "",
        "Which statements of the sources the catalog regenerates from the model alone, and where a test shows it.",
        "`misprint`: the printed form fails, the corrected one holds. Made from `resolvent.catalog.literature.table`.",
        "",
        "| source | place | statement | status | by | test |",
        "|---|---|---|---|---|---|",
    ]
    rows = [
        f"| {s.source} | {s.place} | {s.what} | {s.status} | {s.entry} | {f'`{s.test}`' if s.test else ''} |"
        for s in TABLE
    ]
    return "\n".join([*head, *rows, ""])
