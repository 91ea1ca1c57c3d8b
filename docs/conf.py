"""The site: `make docs` builds it into site/, from these pages, the docstrings and the catalog's own data."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
import make_runtime  # noqa: E402 - stands beside this file
import make_site  # noqa: E402

from resolvent.version import __version__  # noqa: E402

project = "resolvent"
copyright = "the resolvent authors, BSD-3-Clause"
version = release = __version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
    "sphinx-mathjax-offline",
]
exclude_patterns = ["examples/*.ipynb", "gallery/*.rst", "**/GALLERY_HEADER.rst", "conjectures/*.toml"]
myst_enable_extensions = ["dollarmath", "amsmath", "colon_fence", "attrs_inline"]
myst_heading_anchors = 3
nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 300
nb_execution_in_temp = True
suppress_warnings = ["myst.xref_missing", "config.cache", "mystnb.unknown_mime_type"]

sphinx_gallery_conf = {
    "examples_dirs": "gallery",
    "gallery_dirs": "examples",
    "filename_pattern": r"\.py",
    "download_all_examples": False,
    "show_signature": False,
    "write_computation_times": False,
    "min_reported_time": 5,
    "abort_on_example_error": True,
    "within_subsection_order": "FileNameSortKey",
    "thumbnail_size": (320, 220),
    "reset_modules": ("matplotlib", "make_site.house_style"),
    "ignore_repr_types": r"matplotlib\.",  # what a plot returns is no result
}

default_role = "code"

html_theme = "pydata_sphinx_theme"
html_title = "resolvent"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_sidebars = {name: [] for name in ("index", "tutorial", "derive-here")}  # nothing stands beside them
html_theme_options = {
    "show_nav_level": 1,
    "navigation_with_keys": False,
    "footer_start": ["copyright"],
    "footer_end": [],
    "secondary_sidebar_items": ["page-toc"],
}
copybutton_prompt_text = r">>> |\.\.\. "
copybutton_prompt_is_regexp = True
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
napoleon_use_rtype = False


def _plain(app: object, what: str, name: str, of: object, options: object, lines: list[str]) -> None:
    """Docstrings are plain text: bars are absolute values there, and stars are products."""
    lines[:] = [re.sub(r"(?<![`\\])[|*](?!`)", r"\\\g<0>", line) if not _is_code(line) else line for line in lines]


def _is_code(line: str) -> bool:
    return line.lstrip().startswith((">>>", "..."))


def setup(app: Any) -> None:
    """Write the pages that come from data before Sphinx reads the folder."""
    app.connect("autodoc-process-docstring", _plain, priority=900)
    make_site.write(HERE)
    missing = make_runtime.write(HERE / "static" / "runtime")
    if missing:
        print(f"derive-here.md is built without what it runs: {missing}")
