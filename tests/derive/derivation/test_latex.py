"""LaTeX and text of equations and derivations, against formulas written by hand and against pdflatex itself."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import sympy

import resolvent as rv
from resolvent import catalog
from resolvent.derive.derivation.derivation import Derivation
from resolvent.derive.derivation.latex import broken, escape, expression_latex, formula_lines, polynomial_terms
from resolvent.derive.derivation.step import Rule, Step
from resolvent.derive.errors import ParameterError
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.elementary import atoms, marchenko_pastur, semicircle, wachter
from resolvent.derive.laws.matrix_functions import direct_sum
from resolvent.writing.blocks import Report
from resolvent.writing.latex import bibtex, latex_document, latex_fragment
from resolvent.writing.law_report import derivation_report
from tests.documents import compiled, needs_pdflatex

M, Z = sympy.symbols("m z")
c = sympy.Symbol("c", positive=True)


def test_the_quartic_of_the_hessian_in_cauchy_convention() -> None:
    # FORMULAS: eps sigma phi^3 z G^4 - eps phi^2 (z + sigma(phi-2)) G^3 - phi(2 sigma z + eps(1-phi)) G^2
    #           + 2 (z - sigma(1-phi)) G - 2 = 0
    assert catalog.get("hessian").law().latex(convention="cauchy") == (
        r"\varepsilon \phi^{3} \sigma z G^{4} - \varepsilon \phi^{2} \left(\phi \sigma - 2 \sigma + z\right) G^{3} "
        r"- \phi \left(\varepsilon - \varepsilon \phi + 2 \sigma z\right) G^{2} "
        r"+ 2 \left(\phi \sigma - \sigma + z\right) G - 2 = 0"
    )


def test_marchenko_pastur_in_stieltjes_convention() -> None:
    assert marchenko_pastur(c).latex() == r"c z m^{2} + \left(c + z - 1\right) m + 1 = 0"


def test_names_that_end_like_an_alphabet_stay_words() -> None:
    critical, local = sympy.symbols("critical local_1", positive=True)
    assert polynomial_terms(critical * M + local) == [r"\mathrm{critical} \, m", r"+ \mathrm{local}_{1}"]


def test_names_of_several_letters_are_words_and_no_products() -> None:
    variance, c, depth = sympy.symbols("variance c depth")
    assert expression_latex(c * variance * depth**2) == r"c \, \mathrm{depth}^{2} \, \mathrm{variance}"
    assert expression_latex(sympy.sqrt(variance) + c) == r"c + \sqrt{\mathrm{variance}}"
    plain = sympy.symbols("c1 sigma_w lambda xhat eta_prime")
    assert [expression_latex(s) for s in plain] == ["c_{1}", r"\sigma_{w}", r"\lambda", r"\hat{x}", r"\eta'"]


def test_a_step_may_have_its_text_in_latex() -> None:
    step = Step(Rule("rule", "what it says"), "of X X^T and semicircle(2)", latex=r"of $X X^\top$ and semicircle(2)")
    document = Derivation(step).latex()
    assert r"Of $X X^\top$ and $\mathrm{SC}(2)$." in document
    assert "X X^T" in Derivation(step).text()


def test_the_leading_term_is_positive_in_both_conventions() -> None:
    expression = -2 * M**3 + Z
    assert [polynomial_terms(expression, k)[0] for k in ("stieltjes", "cauchy")] == ["2 m^{3}", "2 G^{3}"]


def test_the_terms_of_a_long_coefficient_stand_by_falling_powers() -> None:
    terms = polynomial_terms(atoms(list(range(12))).equation.expr)
    powers = [int(found[1] or 1) for term in terms if (found := re.search(r"z(?:\^\{(\d+)\})?", term))]
    assert powers == [*range(12, 0, -1), *range(11, 0, -1)]


def test_signs_of_odd_powers_change_with_the_convention() -> None:
    assert " ".join(polynomial_terms(M**2 + Z * M + 1, "cauchy")) == "G^{2} - z G + 1"


def test_a_product_is_listed_factor_by_factor() -> None:
    lines = formula_lines(sympy.Eq((M + Z) * (M**2 + 1), 0, evaluate=False), "stieltjes")
    assert lines[0] == "F_{1} F_{2} = 0"
    assert {line.split("= ")[1] for line in lines[1:]} == {"m + z", "m^{2} + 1"}


def test_an_unknown_convention_is_refused() -> None:
    with pytest.raises(ParameterError, match="unknown convention 'fourier'; known: stieltjes, cauchy"):
        semicircle().latex(convention="fourier")


def test_the_document_numbers_every_step_once() -> None:
    derivation = (semicircle() + marchenko_pastur(c)).derivation
    assert derivation.latex().count(r"\item") == len(derivation.steps)


def test_the_document_lists_every_assumption() -> None:
    law = catalog.get("hessian").law()
    listed = law.derivation.latex().split(r"\subsection*{Assumed, not proved}")[1].split(r"\subsection*{Steps}")[0]
    numbers = {int(n) for n in re.findall(r"\\label\{step:(\d+)\}", listed)}
    assert numbers == {law.derivation.number(step) for step in law.derivation.assumptions}


def test_the_result_stands_on_top_with_what_it_rests_on() -> None:
    law = semicircle() + marchenko_pastur(c)
    top = law.derivation.latex().split(r"\begin{theorem}")[1].split(r"\end{theorem}")[0]
    assert law.latex() in top
    assert all(rf"(\ref{{step:{law.derivation.number(step)}}})" in top for step in law.derivation.assumptions)
    guessed = Derivation(Step(Rule("fit", "words"), "words", "guessed", build=lambda: (sympy.Eq(M, Z),)))
    assert r"\begin{claim}\label{result} It holds that" in guessed.latex()


def test_references_lead_to_labels_and_each_source_stands_once() -> None:
    document = (semicircle() + semicircle(2) + marchenko_pastur(2)).derivation.latex()
    labels = re.findall(r"\\label\{(.*?)\}", document)
    assert len(labels) == len(set(labels))
    assert set(re.findall(r"ref\{(.*?)\}", document)) <= set(labels)
    keys, sources = zip(*re.findall(r"\\bibitem\{(s\d+)\} (.*)", document), strict=True)
    assert set(re.findall(r"\\cite(?:\[.*?\])?\{(.*?)\}", document)) == set(keys)
    assert len(set(sources)) == len(sources)
    assert sum("J. Funct. Anal. 66 (1986)" in source for source in sources) == 1


def test_the_text_says_which_steps_a_step_uses() -> None:
    derivation = (semicircle() + marchenko_pastur(c)).derivation
    last = next(line for line in derivation.text().splitlines() if line.startswith(f"{len(derivation.steps)}."))
    assert last.endswith("[from 2, 4, 5, 6]")


def test_the_text_follows_the_convention() -> None:
    assert "   G**2 - G*z + 1 = 0" in semicircle().derivation.text("cauchy").splitlines()


@pytest.mark.slow
@needs_pdflatex
@pytest.mark.parametrize("convention", ["stieltjes", "cauchy"])
@pytest.mark.parametrize("name", catalog.names())
def test_documents_of_the_catalog_compile(name: str, convention: str, tmp_path: Path) -> None:
    entry = catalog.get(name)
    source = latex_document(derivation_report(entry.law(), convention, title=entry.title, model=entry.model))
    log = compiled(source, tmp_path)
    assert "Missing character" not in log
    assert "undefined" not in log
    assert "multiply" not in log
    widths = [float(w) for w in re.findall(r"Overfull \\hbox \(([\d.]+)pt", log)]
    assert max(widths, default=0.0) < 25.0
    assert not re.search(r"symmetric\\_root|_prime", source)  # laws are in mathematics, not in code


@needs_pdflatex
def test_a_fragment_is_read_into_a_paper(tmp_path: Path) -> None:
    law = semicircle() + marchenko_pastur(c)
    (tmp_path / "law.tex").write_text(latex_fragment(derivation_report(law, title="The law")), encoding="utf-8")
    paper = latex_document(Report("A paper", ())).replace(r"\end{document}", "\\input{law}\n\\end{document}")
    assert "undefined" not in compiled(paper, tmp_path)


@needs_pdflatex
@pytest.mark.skipif(shutil.which("bibtex") is None, reason="bibtex is missing (Debian: texlive-binaries)")
def test_two_fragments_in_a_paper_share_its_bibliography(tmp_path: Path) -> None:
    laws = {"sum": semicircle() + marchenko_pastur(c), "product": marchenko_pastur(c) @ marchenko_pastur(2)}
    for name, law in laws.items():
        report = derivation_report(law)
        (tmp_path / f"{name}.tex").write_text(latex_fragment(report, name, has_sources=False), encoding="utf-8")
        (tmp_path / f"{name}.bib").write_text(bibtex(report), encoding="utf-8")
    words = r"\ref{sum:result}, \eqref{product:equation:6}, \cite{Voiculescu1987}"
    end = rf"\input{{sum}}\input{{product}}{words}\bibliographystyle{{plain}}\bibliography{{sum,product}}" + "\n"
    paper = latex_document(Report("A paper", ())).replace(r"\end{document}", end + r"\end{document}")
    compiled(paper, tmp_path)
    done = subprocess.run(["bibtex", "document"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "Warning" not in done.stdout
    log = compiled(paper, tmp_path)
    assert "undefined" not in log
    assert "multiply" not in log


def test_a_paragraph_with_a_long_formula_breaks_inside_the_page() -> None:
    p, n = rv.dimension("p"), rv.dimension("n")
    matrix = rv.gaussian("X", p, n) @ rv.gaussian("X", p, n).T / n + rv.given("P", p, law=atoms([0, 1]))
    assert r"{\raggedright The matrix is $" in latex_document(derivation_report(rv.law_of(matrix, ratios={(p, n): c})))


def test_a_law_that_has_no_name_of_its_own_is_not_named_and_signs_are_explained_once() -> None:
    hessian, covariance = (catalog.get(name) for name in ("hessian", "marchenko-pastur"))
    assert "The law is" not in latex_document(derivation_report(hessian.law(), model=hessian.model))
    document = latex_document(derivation_report(covariance.law(), model=covariance.model))
    assert r"The law is $\mathrm{MP}(c, \sigma)$ ($\mathrm{MP}$: Marchenko--Pastur law)." in document
    both = latex_document(derivation_report(semicircle() + marchenko_pastur(c)))
    assert both.count("Marchenko--Pastur law") == 1


def test_negative_denominators_are_turned() -> None:
    g, phi = sympy.symbols("g phi")
    assert expression_latex(-phi / (g * phi - 1) - g / (1 + g)) == r"\frac{\phi}{1 - g \phi} - \frac{g}{g + 1}"


def test_the_text_has_the_signs_of_the_latex() -> None:
    text = (semicircle() + marchenko_pastur(c)).derivation.text()
    assert "R(g) = 1/(1 - c*g)" in text
    assert "R(g) = g + 1/(1 - c*g)" in text


def test_primes() -> None:
    assert expression_latex(sympy.Symbol("eta_prime") ** 2) == r"\eta'^{2}"


def test_what_is_too_long_is_broken_in_brackets_and_fractions() -> None:
    x = sympy.symbols("x0:30")
    line = rf"y = \frac{{{sympy.latex(sum(x[:20]))}}}{{{sympy.latex(sum(x[20:]))}}}"
    lines = broken(line)
    assert len(lines) > 1
    assert r"\big/" in " ".join(lines)
    assert all(sympy.latex(s) in " ".join(lines) for s in x)


@needs_pdflatex
@pytest.mark.parametrize(
    "law",
    [
        atoms([-1, 0, 2]) + atoms([0, 1, 3], ["1/4", "1/4", "1/2"]),
        (semicircle(c) + 3) ** -1,
        marchenko_pastur(c).information_plus_noise(2, c).wishart("1/3"),
        direct_sum(semicircle(), marchenko_pastur(c), sympy.Symbol("w", positive=True)),
    ],
    ids=["degree five", "irrational moments", "symbolic", "wide letters"],
)
def test_long_documents_fit_the_page(law: AlgebraicLaw, tmp_path: Path) -> None:
    log = compiled(law.derivation.latex(), tmp_path)
    widths = [float(w) for w in re.findall(r"Overfull \\hbox \(([\d.]+)pt", log)]
    assert max(widths, default=0.0) < 25.0  # points: it stays inside the paper's margin


@needs_pdflatex
def test_special_characters_in_words_compile(tmp_path: Path) -> None:
    words = "50% of {a_1} & b^2 ~ #3 $ \\ < > ⊞ ⊠ ς ε φ ≥ ≤"
    step = Step(Rule(words, words, words), words)
    compiled(Derivation(step).latex(title=words), tmp_path)


def test_escaping_leaves_letters_alone() -> None:
    assert escape("Marchenko, Pastur 1967") == "Marchenko, Pastur 1967"


def read_back(latex: str) -> sympy.Expr:
    """The polynomial that LaTeX of sums, products and powers stands for; adjacent factors multiply."""
    tokens = re.findall(r"\\left\(|\\right\)|\^\{\d+\}|[-+]|\d+|\\?[A-Za-z]+(?:_\{\w+\})?", latex)
    code, factor_before = "", False
    for token in tokens:
        if token.startswith("^"):
            code += "**" + token[2:-1]
            continue
        closing, sign = token == r"\right)", token in "+-"
        code += "*" if factor_before and not (closing or sign) else ""
        if token == r"\left(":
            code += "("
        elif closing:
            code += ")"
        elif sign or token.isdigit():
            code += token
        else:
            code += f"S({token.replace('_{', '').replace('}', '')!r})"
        factor_before = not sign and token != r"\left("
    return eval(code, {"S": sympy.Symbol})  # noqa: S307 - made of the tokens above only


@pytest.mark.parametrize("convention", ["stieltjes", "cauchy"])
@pytest.mark.parametrize(
    "law",
    [
        atoms(sympy.symbols("a b", real=True)),
        semicircle(c) + atoms(sympy.symbols("a b", real=True)),
        wachter(*sympy.symbols("c1 c2", positive=True)),
        catalog.get("hessian").law(),
        marchenko_pastur(c).information_plus_noise(2, c),
        marchenko_pastur(c).direct_sum(-semicircle(), "1/3"),
    ],
    ids=str,
)
def test_the_printed_equation_reads_back_as_the_equation(law: AlgebraicLaw, convention: str) -> None:
    names = {r"\varepsilon": "eps", r"\phi": "phi", r"\sigma": "sigma"}
    text = law.latex(convention).removesuffix(" = 0")
    for command, name in names.items():
        text = text.replace(command, name)
    expression = law.equation.expr.xreplace({s: sympy.Symbol(s.name) for s in law.equation.symbols})
    if convention == "cauchy":
        expression = expression.xreplace({M: -sympy.Symbol("G")})
    found = sympy.expand(read_back(text))
    assert sympy.expand(found - expression) == 0 or sympy.expand(found + expression) == 0
