"""Put what the page derive-here.md runs into a folder: Python for web pages (Pyodide), FLINT's wheel, and our sources.

`make docs` calls it; where npm or a package index is missing the site is built without, and the page says so.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import zipfile
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYODIDE = "314.0.7"  # CPython 3.14, for which python-flint has a wheel
RUNTIME = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json")
PLATFORM = ("--platform", "pyemscripten_2026_0_wasm32", "--python-version", "3.14", "--implementation", "cp",
            "--abi", "cp314")  # fmt: skip
WHEELS = ("sympy", "mpmath<1.4", "lazy-loader")


def write(folder: Path) -> str:
    """Fill the folder, unless it is full; what is missing, in a sentence, or nothing."""
    index = folder / "files.json"
    key = f"{PYODIDE} {version('python-flint')} {version('sympy')}"
    if not index.exists() or json.loads(index.read_text())["key"] != key:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        missing = _fetched(folder)
        if missing:
            shutil.rmtree(folder)
            return missing
    _pack(folder / "resolvent.zip")
    archives = [*sorted(path.name for path in folder.glob("*.whl")), "resolvent.zip"]
    index.write_text(json.dumps({"key": key, "archives": archives}))
    return ""


def _fetched(folder: Path) -> str:
    if shutil.which("npm") is None:
        return "npm is not installed; on Debian: apt-get install npm"
    pip = (sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--dest", folder)
    with tempfile.TemporaryDirectory() as temporary:
        for command in (
            ("npm", "install", "--silent", "--prefix", temporary, f"pyodide@{PYODIDE}"),
            (*pip, *PLATFORM, f"python-flint=={version('python-flint')}"),
            (*pip, *WHEELS),
        ):
            done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
            if done.returncode:
                said = (done.stderr or done.stdout).strip().splitlines()
                return f"{command[0]} cannot get what it takes: {said[-1] if said else 'it says nothing'}"
        for name in RUNTIME:
            shutil.copy(Path(temporary, "node_modules", "pyodide", name), folder)
    return ""


def _pack(path: Path) -> None:
    """Our sources in one archive; links to the packages become folders."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for top, name in (
            ("resolvent", "resolvent"),
            *((p, f"resolvent/{p}") for p in ("derive", "numeric", "catalog")),
        ):
            for source in sorted((ROOT / top).rglob("*.py*")):
                if source.suffix in (".py", ".pyi"):
                    archive.write(source, f"{name}/{source.relative_to(ROOT / top)}")


if __name__ == "__main__":
    missing = write(Path(sys.argv[1]))
    sys.exit(missing or 0)
