"""Copies for other processes, and results kept for later.

python-flint's polynomials have no copies of their own, so `copyreg` is told here what they hold; laws, equations and
derivations then pickle and deep-copy without a word about it.
"""

from __future__ import annotations

import copyreg
from dataclasses import fields, is_dataclass
from typing import Any, Generic, TypeVar

from flint import fmpq_poly, fmpq_series, fmpz_mpoly, fmpz_mpoly_ctx, fmpz_poly

T = TypeVar("T")


class Memory(dict[Any, Any]):
    """A dictionary of results that can be had again: a copy starts with none.

    >>> import copy
    >>> copy.copy(Memory({1: 2}))
    {}
    """

    def __reduce__(self) -> tuple[Any, ...]:
        return Memory, ()


class ById(Generic[T]):
    """A value as the key of a cache that goes by identity: laws that are equal may have been made differently.

    >>> ById("a").__eq__(ById("b"))
    False
    """

    def __init__(self, value: T) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ById) and self.value is other.value

    def __hash__(self) -> int:
        return id(self.value)


class ByValue:
    """A record that is compared and hashed by what it holds, arrays and dictionaries too; a base of dataclasses.

    >>> from dataclasses import dataclass
    >>> @dataclass(frozen=True, eq=False)
    ... class Point(ByValue):
    ...     names: dict[str, int]
    >>> Point({"a": 1}) == Point({"a": 1}), len({Point({"a": 1}), Point({"a": 2})})
    (True, 2)
    """

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and by_value(self) == by_value(other)

    def __hash__(self) -> int:
        return hash(by_value(self))


def by_value(data: Any) -> Any:
    """Arrays, records and collections as what can be compared and hashed; what has an equality of its own stays.

    >>> by_value([1, {"a": [2]}])
    (1, frozenset({('a', (2,))}))
    """
    if hasattr(data, "tobytes"):
        return data.shape, str(data.dtype), data.tobytes()
    if isinstance(data, dict):
        return frozenset((key, by_value(value)) for key, value in data.items())
    if isinstance(data, (list, tuple)):
        return tuple(map(by_value, data))
    if is_dataclass(data) and type(data).__eq__ in (object.__eq__, ByValue.__eq__):
        return type(data), *(by_value(getattr(data, field.name)) for field in fields(data) if field.init)
    return data


def _polynomial(names: tuple[str, ...], terms: dict[tuple[int, ...], int]) -> fmpz_mpoly:
    return fmpz_mpoly_ctx.get(names, "lex").from_dict(terms)


def _of_polynomial(polynomial: fmpz_mpoly) -> tuple[Any, ...]:
    terms = {exponents: int(c) for exponents, c in polynomial.to_dict().items()}
    return _polynomial, (polynomial.context().names(), terms)


def _series(coefficients: list[Any], terms: int) -> fmpq_series:
    return fmpq_series(coefficients, prec=terms)


def _of_series(series: fmpq_series) -> tuple[Any, ...]:
    return _series, (series.coeffs(), series.prec)


copyreg.pickle(fmpz_mpoly, _of_polynomial)
copyreg.pickle(fmpq_series, _of_series)
copyreg.pickle(fmpz_poly, lambda polynomial: (fmpz_poly, (polynomial.coeffs(),)))
copyreg.pickle(fmpq_poly, lambda polynomial: (fmpq_poly, (polynomial.coeffs(),)))
