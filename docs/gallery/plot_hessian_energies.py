"""
The loss surface at three energies
==================================

Eigenvalues of the Hessian turn negative as the energy grows (Pennington and Bahri).
"""

import resolvent as rv

ax = None
for energy in ("1/100", "1/4", "1"):
    ax = rv.catalog.hessian.plot(ax, phi="1/2", eps=energy, label=f"energy {energy}")
ax.legend()
