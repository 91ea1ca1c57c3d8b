"""
The sum of two projections
==========================

Generic subspaces of dimension n/3 and n/4: an atom wherever dimensions force one.
"""

import resolvent as rv

law = rv.atoms([0, 1], ["2/3", "1/3"]) + rv.atoms([0, 1], ["3/4", "1/4"])
law.plot()
