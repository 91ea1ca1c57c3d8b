"""Named ensembles: parameters, model, derivation, samplers, known facts, references. Imports `derive` and `numeric`.

An entry is found by its slug, ``catalog["marchenko-pastur"]``, or as an attribute, ``catalog.marchenko_pastur``; a loop
over the catalog gives the slugs.

>>> from resolvent import catalog
>>> len(catalog) == len(list(catalog)), "hessian" in catalog, next(iter(catalog))
(True, True, 'conjugate-kernel')
"""

import sys
from collections.abc import Iterator
from types import ModuleType

from resolvent.catalog.registry import get, names, register
from resolvent.catalog.schema.ensemble import MEMORY_LIMIT, Ensemble, Note, Reference, Sampler, assumption
from resolvent.catalog.schema.parameter import Parameter
from resolvent.derive.errors import ParameterError

__all__ = [
    "MEMORY_LIMIT",
    "Ensemble",
    "Note",
    "Parameter",
    "Reference",
    "Sampler",
    "assumption",
    "get",
    "names",
    "register",
]


class _Catalog(ModuleType):
    """This module, in which every entry can be found, and is offered for completion."""

    def __repr__(self) -> str:
        return f"<catalog of {len(names())} ensembles: {', '.join(names())}>"

    def __getitem__(self, slug: str) -> Ensemble:
        return get(slug)

    def __iter__(self) -> Iterator[str]:
        return iter(names())

    def __len__(self) -> int:
        return len(names())

    def __contains__(self, slug: object) -> bool:
        return slug in names()

    def __getattr__(self, name: str) -> Ensemble:
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return get(name.replace("_", "-"))
        except ParameterError as error:
            raise AttributeError(str(error)) from None

    def __dir__(self) -> list[str]:
        return sorted({*__all__, *(name.replace("-", "_") for name in names())})

    def _ipython_key_completions_(self) -> list[str]:
        return list(names())


sys.modules[__name__].__class__ = _Catalog
