"""The literature table: what the papers say that our sources quote, and what regenerates each statement.

Every row that can has a check (see `paper`), which `resolvent audit` and the tests run. The pages
docs/catalog/literature.md and docs/catalog/errata.md are made from the rows.
"""

from __future__ import annotations

from resolvent.catalog.literature.depth import PASTUR, PSG17
from resolvent.catalog.literature.double_descent import AP20
from resolvent.catalog.literature.dynamics import LC18
from resolvent.catalog.literature.features import LLC18, MM22
from resolvent.catalog.literature.fisher import PW18
from resolvent.catalog.literature.gradient_step import BA22
from resolvent.catalog.literature.gram import BP21, BP22, PW17
from resolvent.catalog.literature.hessian import PB17
from resolvent.catalog.literature.kernels import FW20, JGH18
from resolvent.catalog.literature.paper import Paper, Row
from resolvent.catalog.literature.preliminaries import KIM20, LIAO25
from resolvent.catalog.literature.ridge import HAS22
from resolvent.catalog.literature.spin_glass import CHO14

PAPERS: tuple[Paper, ...] = (
    PB17,
    PW17,
    PW18,
    BP21,
    BP22,
    PSG17,
    PASTUR,
    FW20,
    JGH18,
    LLC18,
    MM22,
    AP20,
    HAS22,
    LC18,
    BA22,
    CHO14,
    KIM20,
    LIAO25,
)
TABLE: tuple[Row, ...] = tuple(row for paper in PAPERS for row in paper.rows)


def paper(abbreviation: str) -> Paper | None:
    """The paper that our sources abbreviate so, None if there is none.

    >>> paper("PW17").rows[0].label
    'PW17:model'
    """
    return next((p for p in PAPERS if p.abbreviation == abbreviation), None)
