"""Named ensembles: parameters, model, derivation, samplers, known facts, references. Imports `derive` and `numeric`."""

from resolvent.catalog.registry import get, names, register
from resolvent.catalog.schema.ensemble import MEMORY_LIMIT, Ensemble, Note, Reference, Sampler, assumption
from resolvent.catalog.schema.parameter import Parameter

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
