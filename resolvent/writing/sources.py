"""The sources of derivations in full: steps cite them in short, the bibliography of a document has their titles.

Titles and pages are those of public bibliographies; a source that was not found in one stays as it is cited.
"""

from __future__ import annotations

import re
from functools import lru_cache

from resolvent.catalog.registry import get, names

_NICA_SPEICHER = "On the multiplication of free N-tuples of noncommutative random variables"
_INFORMATION = "On the empirical distribution of eigenvalues of large dimensional information-plus-noise-type matrices"
_TITLES = {
    "Belinschi, Bercovici, Int. Math. Res. Not. (2005)":
        "S. T. Belinschi, H. Bercovici, Partially defined semigroups relative to multiplicative free convolution, Int. "
        "Math. Res. Not. 2005, 65-101",
    "Belinschi, Mai, Speicher, J. Reine Angew. Math. 732 (2017)":
        "S. T. Belinschi, T. Mai, R. Speicher, Analytic subordination theory of operator-valued free additive "
        "convolution and the solution of a general random matrix problem, J. Reine Angew. Math. 732 (2017) 21-53",
    "Benaych-Georges, Probab. Theory Relat. Fields 144 (2009)":
        "F. Benaych-Georges, Rectangular random matrices, related convolution, Probab. Theory Relat. Fields 144 (2009) "
        "471-515",
    "Brezin, Itzykson, Parisi, Zuber 1978":
        "E. Brézin, C. Itzykson, G. Parisi, J.-B. Zuber, Planar diagrams, Commun. Math. Phys. 59 (1978) 35-51",
    "Comtet, Enseign. Math. 10 (1964) 267-270":
        "L. Comtet, Calcul pratique des coefficients de Taylor d'une fonction algébrique, Enseign. Math. 10 (1964) "
        "267-270",
    "DLMF 15.2.3":
        "NIST Digital Library of Mathematical Functions, https://dlmf.nist.gov, formula 15.2.3",
    "von zur Gathen, Gerhard, Modern Computer Algebra":
        "J. von zur Gathen, J. Gerhard, Modern Computer Algebra, Cambridge University Press (2013)",
    "Voiculescu, J. Funct. Anal. 66 (1986)":
        "D. Voiculescu, Addition of certain noncommuting random variables, J. Funct. Anal. 66 (1986) 323-346",
    "Voiculescu, J. Operator Theory 18 (1987)":
        "D. Voiculescu, Multiplication of certain noncommuting random variables, J. Operator Theory 18 (1987) 223-235",
    "Voiculescu, Invent. Math. 104 (1991)":
        "D. Voiculescu, Limit laws for random matrices and free products, Invent. Math. 104 (1991) 201-220",
    "Voiculescu, Asterisque 232 (1995)":
        "D. Voiculescu, Operations on certain non-commutative operator-valued random variables, Astérisque 232 (1995) "
        "243-275",
    "Speicher 2009": "R. Speicher, Free probability theory, arXiv:0911.0087 (2009)",
    "Mingo, Speicher 2017": "J. A. Mingo, R. Speicher, Free Probability and Random Matrices, Springer (2017)",
    "Nica, Speicher, Lectures (2006)":
        "A. Nica, R. Speicher, Lectures on the Combinatorics of Free Probability, Cambridge University Press (2006)",
    "Nica, Speicher, Amer. J. Math. 118 (1996)": f"A. Nica, R. Speicher, {_NICA_SPEICHER}, Amer. J. Math. 118 (1996)",
    "Silverstein, J. Multivariate Anal. 55 (1995)":
        "J. W. Silverstein, Strong convergence of the empirical distribution of eigenvalues of large dimensional "
        "random matrices, J. Multivariate Anal. 55 (1995) 331-339",
    "Dozier, Silverstein, J. Multivariate Anal. 98 (2007)":
        f"R. B. Dozier, J. W. Silverstein, {_INFORMATION}, J. Multivariate Anal. 98 (2007)",
    "Zeilberger, J. Symb. Comput. 11 (1991) 195-204":
        "D. Zeilberger, The method of creative telescoping, J. Symb. Comput. 11 (1991) 195-204",
    "Salvy, Zimmermann, ACM Trans. Math. Softw. 20 (1994) 163-177":
        "B. Salvy, P. Zimmermann, GFUN: a Maple package for the manipulation of generating and holonomic functions in "
        "one variable, ACM Trans. Math. Softw. 20 (1994) 163-177",
    "Deift 1999":
        "P. Deift, Orthogonal Polynomials and Random Matrices: A Riemann-Hilbert Approach, Courant Lecture Notes 3 "
        "(1999)",
    "Beckermann, Labahn, SIAM J. Matrix Anal. Appl. 15 (1994) (Hermite-Pade approximants)":
        "B. Beckermann, G. Labahn, A uniform approach for the fast computation of matrix-type Padé approximants, SIAM "
        "J. Matrix Anal. Appl. 15 (1994) 804-823",
    "Neumaier, Interval Methods (1990)":
        "A. Neumaier, Interval Methods for Systems of Equations, Cambridge University Press (1990)",
}  # fmt: skip
_SHORT = re.compile(r"(?P<names>.+?),?(?: et al\.)? (?:NeurIPS )?(?P<year>\d{4})")


@lru_cache(maxsize=256)
def in_full(source: str) -> str:
    """A source that is cited in short with its title, where that is known, from here or from an entry's references.

    >>> in_full("Mingo, Speicher 2017")
    'J. A. Mingo, R. Speicher, Free Probability and Random Matrices, Springer (2017)'
    >>> in_full("Pennington, Bahri 2017") == get("hessian").references[0].text
    True
    >>> in_full("Nobody 1900")
    'Nobody 1900'
    """
    found = _SHORT.fullmatch(source)
    if source in _TITLES or found is None:
        return _TITLES.get(source, source)
    authors, year = found["names"].split(", "), found["year"]
    known = {reference.text for slug in names() for reference in get(slug).references}
    full = [text for text in known if _is_by(text, authors, "et al." in source) and re.search(rf"\b{year}\b", text)]
    return full[0] if len(full) == 1 else source


def _is_by(text: str, authors: list[str], and_others: bool) -> bool:
    """Whether a reference begins with these authors, each with initials before the name, and with no others."""
    parts = text.split(", ")
    named = [part.split(". ")[-1] for part in parts if re.match(r"[A-Z]\. ", part)]
    return named[: len(authors)] == authors and (and_others or len(named) == len(authors))
