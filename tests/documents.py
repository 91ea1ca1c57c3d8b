"""Compiles LaTeX documents for the tests of all exports."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

needs_pdflatex = pytest.mark.skipif(
    shutil.which("pdflatex") is None, reason="pdflatex is missing (Debian: texlive-latex-recommended)"
)


def compiled(source: str, folder: Path) -> str:
    """Run pdflatex until references are right; returns its log, or fails the test with the log's errors."""
    (folder / "document.tex").write_text(source, encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "document.tex"]
    for _ in range(3):
        run = subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace", check=False)
        assert run.returncode == 0, "\n".join(line for line in run.stdout.splitlines() if line.startswith(("!", "l.")))
        log = (folder / "document.log").read_text(errors="replace")
        if "Rerun to get" not in log and "There were undefined references" not in log:
            break
    assert (folder / "document.pdf").stat().st_size > 10_000
    return log
