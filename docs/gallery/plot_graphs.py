"""
Graphs behind a moment
======================

The admissible graphs of the third moment.
"""

import resolvent as rv

rv.graph_sheet(3)
