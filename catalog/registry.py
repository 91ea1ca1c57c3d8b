"""The registry: slugs to ensembles. The catalog's own entries are imported when they are first asked for."""

from __future__ import annotations

import copyreg
import importlib
import pkgutil
from typing import Any

from resolvent.catalog import entries
from resolvent.catalog.schema.ensemble import Ensemble
from resolvent.catalog.schema.parameter import unknown
from resolvent.derive.errors import ParameterError

# One entry per module; a module's name is its slug with underscores, so two entries cannot have one slug.
_files = [info.name for info in pkgutil.iter_modules(entries.__path__)]
_modules = {name.replace("_", "-"): f"{entries.__name__}.{name}" for name in _files}
_loaded: dict[str, Ensemble] = {}


def names() -> tuple[str, ...]:
    """The slugs of all ensembles, sorted.

    >>> "hessian" in names()
    True
    """
    return tuple(sorted({*_modules, *_loaded}))


def get(slug: str) -> Ensemble:
    """The ensemble with that slug.

    >>> get("semicircle").title
    'Wigner matrix'

    Raises `ParameterError`, with the closest match, for a slug that does not exist.
    """
    if slug not in _loaded:
        if slug not in _modules:
            raise unknown("ensemble", slug, names())
        entry = importlib.import_module(_modules[slug]).ENSEMBLE
        if entry.slug != slug:
            raise ParameterError(f"the module {_modules[slug]} holds the entry {entry.slug!r}, not {slug!r}", slug=slug)
        _loaded[slug] = entry
    return _loaded[slug]


def find(text: str) -> Ensemble | None:
    """The ensemble whose slug the text is, with hyphens or underscores; None for anything else.

    >>> find("marchenko_pastur"), find("semicircle() + 1")
    (<Ensemble marchenko-pastur>, None)
    """
    slug = text.strip().replace("_", "-")
    return get(slug) if slug in names() else None


def register(ensemble: Ensemble) -> Ensemble:
    """Add an ensemble of one's own to the catalog, and return it.

    Raises `ParameterError` if the slug is taken, whether its entry has been imported or not.
    """
    if ensemble.slug in names():
        raise ParameterError(f"the slug {ensemble.slug!r} is taken; choose another one", slug=ensemble.slug)
    _loaded[ensemble.slug] = ensemble
    return ensemble


def _reduced(entry: Ensemble) -> Any:
    """An entry of the catalog goes by its slug; others, that another process does not know, by their parts."""
    is_known = entry.slug in _modules and _loaded.get(entry.slug) is entry
    return (get, (entry.slug,)) if is_known else entry.__reduce_ex__(4)


copyreg.pickle(Ensemble, _reduced)
