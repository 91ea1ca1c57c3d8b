"""Spectra: a law at numbers, with density, edges, atoms, outliers and linear statistics."""

from resolvent.numeric.spectrum.spectrum import Spectrum

__all__ = ["Spectrum"]
