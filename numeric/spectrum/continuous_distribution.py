"""A measure without atoms as a distribution of SciPy."""

from __future__ import annotations

from typing import Any

import numpy as np

from resolvent.derive.errors import ParameterError
from resolvent.numeric.spectrum.measure import Measure, elementwise
from resolvent.numeric.spectrum.moments import moment


def continuous_distribution(measure: Measure) -> Any:
    """The measure as an instance of `scipy.stats.rv_continuous`, with location and scale.

    Raises `ParameterError` for a measure with atoms.
    """
    from scipy import stats

    if measure.atoms:
        raise ParameterError(
            f"{measure.subject} has atoms: no continuous distribution of SciPy; its cdf, ppf and rvs are there",
            measure=measure,
        )

    class Continuous(stats.rv_continuous):
        """The functions of the measure."""

        def _pdf(self, x: Any, *args: Any) -> Any:
            return elementwise(measure.table.pdf, x)

        def _cdf(self, x: Any, *args: Any) -> Any:
            return elementwise(measure.table.cdf, x)

        def _sf(self, x: Any, *args: Any) -> Any:
            return elementwise(measure.table.sf, x)

        def _ppf(self, q: Any, *args: Any) -> Any:
            return elementwise(lambda p: measure.table.ppf(np.clip(p, 1e-300, 1 - 1e-16)), q)

        def _munp(self, n: Any, *args: Any) -> Any:
            return moment(measure, int(n))

    low, high = measure.support()
    return Continuous(a=low, b=high, name="spectrum")
