"""Results in the shape and with the labels of what was given."""

from __future__ import annotations

from typing import Any

import numpy as np


def like(given: Any, values: Any) -> Any:
    """The values as what was given: a number for a number, a pandas or xarray object with the same labels for one.

    Neither package is imported; they are recognised by what they offer.

    >>> like(0.5, np.array(2.0)), like([0.5], np.array([2.0]))
    (np.float64(2.0), array([2.]))
    """
    array = np.asarray(values)
    if hasattr(given, "iloc") and hasattr(given, "index"):  # pandas
        labels = {"columns": given.columns} if hasattr(given, "columns") else {"name": given.name}
        return type(given)(array, index=given.index, **labels)
    if hasattr(given, "coords") and hasattr(given, "dims"):  # xarray
        return given.copy(data=array)
    return array[()]
