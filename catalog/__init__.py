"""Named ensembles: parameters, model, derivation, samplers, known facts, references. Imports `derive` and `numeric`."""

from .ensemble import MEMORY_LIMIT, Ensemble, Note, Reference, Sampler, assumption
from .parameter import Parameter
from .registry import get, names, register

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
