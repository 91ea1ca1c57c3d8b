"""Laws and reports written out: text, LaTeX, HTML, JSON, Python."""
