"""Small valid conjecture files of every kind, from which the fuzzer makes its mutants."""

from __future__ import annotations

import re
from pathlib import Path

from resolvent.conjectures.file.template import template

SHELF = Path(__file__).resolve().parents[2] / "docs" / "conjectures"

SMALL = (
    'title = "a semicircle"\nmodel.expression = "semicircle()"\nclaim.moments = [0, 1, 0, 2]\n',
    'title = "MP"\n[model]\nexpression = "marchenko_pastur(c)"\n[[parameters]]\nc = "1/2"\n[[parameters]]\nc = 2\n'
    '[claim]\nequation = "c*z*m**2 + (z + c - 1)*m + 1"\natoms = [{at = 0, weight = "max(0, 1 - 1/c)"}]\n'
    'edges = ["(1 - sqrt(c))**2", "(1 + sqrt(c))**2"]\n',
    'title = "Cauchy"\n[model]\nexpression = "semicircle(v)"\n[parameters]\nv = 0.25\n[claim]\n'
    'equation = "v*G**2 - z*G = -1"\nconvention = "cauchy"\nmoments = [0, "v", 0]\n',
    'title = "law"\nmodel.expression = "semicircle() + semicircle(3)"\nclaim.law = "2*semicircle()"\n',
    'title = "an entry"\n[model]\nensemble = "wishart-product"\n[parameters]\nalpha = 1\n[claim]\nmoments = [1, 3]\n',
    'title = "a network"\n[model]\nactivation = "relu"\nsigma_w = 1\ncentred = true\n'
    '[parameters]\nphi = 1\npsi = "1/2"\n[claim]\nmoments = ["eta"]\n',
    'title = "weights"\n[model]\ncycle_weights = "eta*t + zeta*t**2/(1 - zeta*t)"\nphi = "1/2"\npsi = 1\n'
    "[parameters]\neta = 1\nzeta = 0.5\n[claim]\nmoments = [1]\n",
    'title = "code"\n[model]\nfunction = "marker_module:touch"\n[claim]\nmoments = [0, 1]\natoms = []\n',
    'title = "is it a law"\n[claim]\nequation = "m**2 + z*m + 1 = 0"\nedges = [-2, 2]\n',
    'title = "density"\n[claim]\ndensity = "sqrt(4 - x**2)/(2*pi)"\nintervals = [["-2", "2"]]\n'
    'means = [{of = "x**2", value = 1}, {of = "cos(x)", value = "0.5767248077568734"}]\nmoments = [0, 1]\n',
    'title = "two"\nnotes = ["a", "b"]\nassumptions = "none"\nexpected = "refuted"\nbecause = "m_2"\n'
    '[model]\nensemble = "semicircle"\n[claim]\nmoments = [0, 2]\noutliers = []\n'
    "[test]\nsizes = [10, 20]\ntrials = 4\nseed = 7\nlevel = 0.05\nresolution = 0.1\n",
    'title = "gap"\n[model]\nexpression = "atoms([-1, 1]) + semicircle(1/9)"\n[claim]\n'
    'moments = [0, "10/9"]\nlaw = "semicircle(1/9) + atoms([1, -1])"\n',
    'title = "a linear network"\n[model]\nensemble = "fisher-linear"\n[parameters]\nc1 = 1\nc2 = 1\n'
    "[claim]\nmoments = [1]\n",
)
"""Documents that are read without error; several of them are true."""


def uncommented() -> list[str]:
    """The template, and the template with each of its commented alternatives in place of what it stands beside."""
    text = template("a-law")
    rows = text.split("\n")
    found = [text]
    for k, row in enumerate(rows):
        alternative = re.match(r"# ([a-z_]+ = .*)", row)
        if alternative is None:
            continue
        name = alternative[1].split(" =")[0]
        kept = [r for r in rows[:k] if not re.match(rf"{name} = ", r)]
        found.append("\n".join([*kept, alternative[1], *rows[k + 1 :]]))
    return found


def seeds() -> list[str]:
    """All seeds: the small ones several times, as they are quick to check."""
    shelf = [path.read_text("utf-8") for path in sorted(SHELF.rglob("*.toml"))] if SHELF.is_dir() else []
    return [*SMALL * 3, *uncommented(), *shelf]
