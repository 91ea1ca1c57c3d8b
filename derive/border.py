"""The border: what a public function asks of its arguments stands in its signature, and is held to here.

The annotations are read: ``variable: sympy.Symbol`` alone makes a wrong variable end in a `ParameterError` that names
the argument and what it wants, not in whatever the arithmetic inside makes of it.
"""

from __future__ import annotations

import functools
import inspect
import itertools
import math
import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar, cast

from resolvent.derive.errors import ParameterError, ResolventError

T = TypeVar("T")
SERIES = range(1, 20_001)
"""How many terms a series may have."""
_TOO_LARGE = {
    OverflowError: "a number is too large for floating point",
    MemoryError: "the memory does not suffice",
    RecursionError: "the expressions are nested too deeply",
}
_COMPLEX = ("z", "g")  # the variables of transforms
_LONG = 80  # a value that is written out at most so long in a message


def is_whole(value: Any) -> bool:
    """Whether the value is one whole number, of whatever package, and no truth value."""
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
    "int": (is_whole, "a whole number"),
    "float": (_is_real, "a finite real number"),
    "bool": (lambda value: type(value).__name__ in ("bool", "bool_"), "True or False"),
    "str": (lambda value: isinstance(value, str), "a text"),
    "None": (lambda value: value is None, "None"),
    "Callable": (callable, "a function"),
    "Sequence": (_is_list, "a list"),
    "Iterable": (_is_list, "a list"),
    "Rows": (lambda value: _is_list(value) and all(map(_is_list, value)), "a list of rows"),
    "Mapping": (lambda value: isinstance(value, Mapping), "a dictionary"),
    "ArrayLike": (_is_array, "real numbers"),
    "Complexes": (functools.partial(_is_array, kinds="biufc"), "complex numbers"),
}
_CLASSES = {
    "Symbol": "a symbol",
    "Expr": "an expression",
    "Path": "a path",
    "Law": "a law (resolvent.parse reads one from text)",
    "Basic": "an expression",
    "AlgebraicRecord": "a law with a polynomial equation",
    "MatrixBase": "a SymPy matrix",
}
_ABBREVIATIONS = {
    "LawT": "AlgebraicRecord",
    "AnyTensorLaw": "TensorRecord",
    "Ratios": "Mapping",
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
    for character in annotation.replace("Sequence[Sequence[Any]]", "Rows"):
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
    return _WANTED[name][1] if name in _WANTED else _CLASSES.get(name, f"{'an' if name[0] in 'AEIOU' else 'a'} {name}")


def shortly(value: Any) -> str:
    """A value as it is written in a message: never long, and never an error of its own."""
    try:
        text = repr(value)
    except Exception:
        text = f"a {type(value).__name__}"
    return text if len(text) <= _LONG else f"{text[:_LONG]}..."


def checked(subject: T) -> T:
    """A function whose failures name the argument that is not what its annotation asks for; of a class, all methods.

    What the function itself refuses, in better words, stays as it is; so do failures with right arguments, which are
    defects. ``Any`` asks for nothing: such arguments are read by `resolvent.derive.laws.arguments`.

    >>> @checked
    ... def shortened(text: str, length: int) -> str:
    ...     return text[:length]
    >>> shortened("abc", "2")
    Traceback (most recent call last):
    resolvent.derive.errors.ParameterError: shortened: length must be a whole number; got '2'
    """
    if not isinstance(subject, type):
        return cast(T, _held(cast(Callable[..., Any], subject)))
    for name, member in list(vars(subject).items()):
        if name == "__init__" and "__dataclass_fields__" in vars(subject):
            continue  # a record is made by functions
        if inspect.isfunction(member) and not hasattr(member, "__wrapped__") and (name[0] != "_" or name == "__init__"):
            setattr(subject, name, _held(member))
        elif isinstance(member, classmethod) and name[0] != "_":
            setattr(subject, name, classmethod(_held(member.__func__)))
    return subject


def bounded(**bounds: range) -> Callable[[T], T]:
    """As `checked`, for a function whose arguments are looked at first; whole numbers may have bounds.

    >>> @bounded(n=range(1, 101))
    ... def twice(n: int) -> int:
    ...     return 2 * n
    >>> twice(1000)
    Traceback (most recent call last):
    resolvent.derive.errors.ParameterError: twice: n must be a whole number from 1 to 100; got 1000
    """

    def hold(function: T) -> T:
        return cast(T, _held(cast(Callable[..., Any], function), bounds))

    return hold


def _held(function: Callable[..., Any], bounds: Mapping[str, range] | None = None) -> Callable[..., Any]:
    signature = inspect.signature(function)
    names = [p.name for p in signature.parameters.values() if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]

    @functools.wraps(function)
    def held(*arguments: Any, **options: Any) -> Any:
        if bounds is not None:  # what does not fit the signature at all is refused by the call
            given = {**dict(zip(names, arguments, strict=False)), **options}
            _check(function.__name__, signature, given, bounds)
            # FLINT takes whole numbers of Python's alone
            arguments = tuple(
                _plain(v, n in bounds) for n, v in itertools.zip_longest(names[: len(arguments)], arguments)
            )
            options = {n: _plain(v, n in bounds) for n, v in options.items()}
        try:
            return function(*arguments, **options)
        except ResolventError:
            raise
        except (OverflowError, MemoryError, RecursionError) as error:
            what = next(words for kind, words in _TOO_LARGE.items() if isinstance(error, kind))
            raise ParameterError(
                f"{function.__name__}: {what}; take smaller arguments", name=function.__name__
            ) from error
        except Exception as error:
            try:
                _check(function.__name__, signature, signature.bind(*arguments, **options).arguments, {})
            except TypeError as misfit:
                raise ParameterError(f"{function.__name__}: {misfit}", name=function.__name__) from error
            except ParameterError as refusal:
                raise refusal from error
            raise

    return held


def _plain(value: Any, is_bounded: bool) -> Any:
    return operator.index(value) if is_bounded and is_whole(value) else value


@functools.cache
def _wanted(name: str, annotation: Any) -> list[str]:
    """The names of the classes that an argument may have; none if it may be anything."""
    names = _alternatives(inspect.formatannotation(annotation).strip("'"))
    if annotation is inspect.Parameter.empty or {"Any", "Self", "Literal"} & set(names):
        return []
    return ["Complexes" if n == "ArrayLike" and name in _COMPLEX else n for n in names]


def _check(
    where: str,
    signature: inspect.Signature,
    given: Mapping[str, Any],
    bounds: Mapping[str, range],
) -> None:
    """Raise `ParameterError` for the first argument that is not what its annotation and its bounds ask for."""
    for name, value in given.items():
        parameter, bound = signature.parameters.get(name), bounds.get(name)
        names = [] if parameter is None else _wanted(name, parameter.annotation)
        if parameter is None or not names:
            continue
        for one in value if parameter.kind is parameter.VAR_POSITIONAL else (value,):
            is_right = any(_holds(n, one) for n in names)
            if not is_right or (bound is not None and one is not None and int(one) not in bound):
                wants = " or ".join(map(_words, names))
                wants += "" if bound is None else f" from {bound.start} to {bound.stop - 1}"
                raise ParameterError(f"{where}: {name} must be {wants}; got {shortly(one)}", name=name, value=one)
