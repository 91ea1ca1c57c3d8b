"""
An equation from moments alone
==============================

Catalan's numbers, and what is proposed for them.
"""

import resolvent as rv

moments = [1, 2, 5, 14, 42, 132, 429, 1430, 4862, 16796, 58786, 208012, 742900, 2674440, 9694845, 35357670]
proposal = rv.guess(moments)
print(proposal.text())
proposal.law().plot()
