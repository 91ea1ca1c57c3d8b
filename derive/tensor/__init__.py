"""Laws of matrix functions of several independent spectral variables."""
