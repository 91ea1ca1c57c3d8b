"""
The product of two projections
==============================

Squared cosines of the angles between two random subspaces: Wachter's law.
"""

import resolvent as rv

law = rv.atoms([0, 1], ["1/2", "1/2"]) @ rv.atoms([0, 1], ["2/3", "1/3"])
law.plot()
