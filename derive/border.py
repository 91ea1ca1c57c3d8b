"""The border: what a public function asks of its arguments stands in its signature, and is held to here.

`checked` reads the annotations: ``variable: sympy.Symbol`` alone makes a wrong variable end in a `ParameterError` that
names the argument and what it wants, not in whatever the arithmetic inside makes of it.
"""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar, overload

from resolvent.derive.errors import ParameterError

T = TypeVar("T")
_COMPLEX = ("z", "g")  # the variables of transforms
_LONG = 80  # a value that is written out at most so long in a message


def _is_whole(value: Any) -> bool:
    return hasattr(value, "__index__") and not isinstance(value, bool) and getattr(value, "ndim", 0) == 0


def _is_real(value: Any) -> bool:
    try:
        return not isinstance(value, (bool, str, bytes)) and math.isfinite(float(value))
    except Exception:  # numbers of other packages raise what they like
        return False


def _is_list(value: Any) -> bool:
    return isinstance(value, Iterable) and not isinstance(value, (str, bytes, Mapping, type))


def _is_array(value: Any, kinds: str = "biuf") -> bool:
    import numpy as np

    try:
        array = np.asarray(value)
        if array.dtype.kind == "O":  # fractions, say
            array = array.astype(complex if "c" in kinds else float)
    except Exception:
        return False
    return array.dtype.kind in kinds


_WANTED: dict[str, tuple[Callable[[Any], bool], str]] = {
    "int": (_is_whole, "a whole number"),
    "float": (_is_real, "a finite real number"),
    "bool": (lambda value: type(value).__name__ in ("bool", "bool_"), "True or False"),
    "str": (lambda value: isinstance(value, str), "a text"),
    "None": (lambda value: value is None, "None"),
    "Callable": (callable, "a function"),
    "Sequence": (_is_list, "a list"),
    "Iterable": (_is_list, "a list"),
    "Mapping": (lambda value: isinstance(value, Mapping), "a dictionary"),
    "ArrayLike": (_is_array, "real numbers"),
    "Complexes": (functools.partial(_is_array, kinds="biufc"), "complex numbers"),
}
_CLASSES = {"Symbol": "a symbol", "Expr": "an expression", "Path": "a path", "Basic": "an expression"}
_ABBREVIATIONS = {
    "LawT": "AlgebraicRecord",
    "AnyTensorLaw": "TensorRecord",
    "Ratios": "Mapping",
    "Limits": "Mapping",
    "Values": "Mapping",
    "Sizes": "Any",
    "tuple": "Sequence",
}


def _alternatives(annotation: str) -> list[str]:
    """The names of the classes in a union: no argument of a type, no module.

    >>> _alternatives("sympy.Symbol | Sequence[int | None] | None")
    ['Symbol', 'Sequence', 'None']
    """
    plain, depth = "", 0
    for character in annotation:
        depth += (character == "[") - (character == "]")
        plain += character if depth == 0 and character != "]" else ""
    names = [part.strip().rpartition(".")[2] for part in plain.split("|")]
    return [_ABBREVIATIONS.get(name, name) for name in names]


def _holds(name: str, value: Any) -> bool:
    """Whether the value is what the annotation names; classes go by their names, which need not be imported here."""
    if name in _WANTED:
        return _WANTED[name][0](value)
    return any(kind.__name__ == name for kind in type(value).__mro__)


def _words(name: str) -> str:
    return _WANTED[name][1] if name in _WANTED else _CLASSES.get(name, f"a {name}")


def shortly(value: Any) -> str:
    """A value as it is written in a message: never long, and never an error of its own."""
    try:
        text = repr(value)
    except Exception:
        text = f"a {type(value).__name__}"
    return text if len(text) <= _LONG else f"{text[:_LONG]}..."


@overload
def checked(subject: T, /) -> T: ...


@overload
def checked(**bounds: range) -> Callable[[T], T]: ...


def checked(subject: Any = None, /, **bounds: range) -> Any:
    """A function whose arguments are held to its annotations, and whole numbers to their ``bounds``.

    Of a class, all public methods are. ``Any`` asks for nothing: such arguments are read by `laws.arguments`.

    >>> @checked(n=range(1, 101))
    ... def twice(n: int) -> int:
    ...     return 2 * n
    >>> twice(n=50)
    100
    >>> twice(1000)
    Traceback (most recent call last):
    resolvent.derive.errors.ParameterError: twice: n must be a whole number from 1 to 100; got 1000
    """
    if subject is None:
        return functools.partial(checked, **bounds)
    if isinstance(subject, type):
        for name, member in list(vars(subject).items()):
            if name == "__init__" and "__dataclass_fields__" in vars(subject):
                continue  # a record is made by functions, often many times
            if inspect.isfunction(member) and (name == "__init__" or not name.startswith("_")):
                setattr(subject, name, _held(member, bounds))
            elif isinstance(member, (classmethod, staticmethod)) and not name.startswith("_"):
                setattr(subject, name, type(member)(_held(member.__func__, bounds)))
        return subject
    return _held(subject, bounds)


def _held(function: Callable[..., Any], bounds: Mapping[str, range]) -> Callable[..., Any]:
    parameters = inspect.signature(function).parameters
    many = {n for n, p in parameters.items() if p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD)}
    wanted = {}
    for name, parameter in parameters.items():
        names = _alternatives(inspect.formatannotation(parameter.annotation).strip("'"))
        if name in _COMPLEX:
            names = ["Complexes" if n == "ArrayLike" else n for n in names]
        if parameter.annotation is not parameter.empty and not {"Any", "Self"} & set(names):
            wanted[name] = names
    bind = inspect.signature(function).bind

    @functools.wraps(function)
    def held(*arguments: Any, **options: Any) -> Any:
        try:
            given = bind(*arguments, **options).arguments
        except TypeError as error:
            raise ParameterError(f"{function.__name__}: {error}", name=function.__name__) from None
        for name in wanted.keys() & given.keys():
            bound = bounds.get(name)
            values = given[name] if name in many else (given[name],)
            for value in values.values() if isinstance(values, dict) else values:
                is_right = any(_holds(n, value) for n in wanted[name])
                if not is_right or (bound is not None and value is not None and int(value) not in bound):
                    wants = " or ".join(map(_words, wanted[name]))
                    wants += "" if bound is None else f" from {bound.start} to {bound.stop - 1}"
                    raise ParameterError(
                        f"{function.__name__}: {name} must be {wants}; got {shortly(value)}", name=name, value=value
                    )
        return function(*arguments, **options)

    return held
