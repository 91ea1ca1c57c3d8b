"""The formats that reports are written in: a new one is a module with a writer, and a row here."""

from __future__ import annotations

from resolvent.writing.html import html_page
from resolvent.writing.latex import latex_document
from resolvent.writing.markdown import markdown
from resolvent.writing.text import text

WRITERS = {"text": text, "latex": latex_document, "html": html_page, "markdown": markdown}
"""By the name of the format. JSON is no report but the data itself; see `json_text`."""
