"""Run the tests with the oldest versions that pyproject.toml allows, and on every Python: `make test-versions`.

The oldest versions go with the oldest Python, the newest with each later one; the newest on the oldest are what
`make test` uses. With `--thin` (`make test-versions-thin`) the folders of `CORE` are run, those that call what versions
change: FLINT and SymPy, processes, pictures, the command line and Python's own grammar; and of every test function the
first case alone, since its cases call the same. A Python that is not here is named and left out.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / ".venv-versions"
CLASSIFIERS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["classifiers"]
PYTHONS = sorted((c.split(" :: ")[-1] for c in CLASSIFIERS if re.search(r":: 3\.\d+$", c)), key=lambda v: int(v[2:]))
CORE = (
    "derive/derivation", "derive/exact", "derive/laws", "numeric/data", "numeric/matrices", "numeric/pictures",
    "numeric/trials", "resolvent/language", "resolvent/writing", "resolvent/conjectures/file", "resolvent/cli",
)  # fmt: skip
PYTEST = ["pytest", "-q", "-n", "2", "--dist", "worksteal", "-m", "not slow"]
UV = [sys.executable, "-m", "uv"]


def interpreter(version: str) -> str | None:
    """A Python of that version: on the path, or among those of pyenv."""
    pyenv = Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser()
    found = [shutil.which(f"python{version}"), *map(str, pyenv.glob(f"versions/{version}.*/bin/python{version}"))]
    return next((candidate for candidate in found if candidate and _runs(candidate)), None)


def _runs(python: str) -> bool:
    """Whether it starts: the commands that pyenv lays on the path do not, for a version that is not switched on."""
    return subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode == 0


def run(name: str, python: str, resolution: str, options: list[str]) -> bool:
    """Install into an environment of its own and run the tests there; whether all of that went well."""
    binary = str(HOME / name / "bin" / "python")
    commands = [
        [*UV, "venv", "--quiet", "--clear", "--python", python, str(HOME / name)],
        [*UV, "pip", "install", "--quiet", "--resolution", resolution, "--python", binary, "--editable", ".[test]"],
        # What other packages warn of in other versions is not ours to mend.
        [binary, "-m", *PYTEST, "-o", "filterwarnings=", *options],
    ]
    return all(subprocess.run(command, cwd=ROOT, check=False).returncode == 0 for command in commands)


def main() -> int:
    """Every run in turn; 1 if any of them failed."""
    plan = {f"lowest-{PYTHONS[0]}": "lowest-direct"} | {f"newest-{version}": "highest" for version in PYTHONS[1:]}
    options = sys.argv[1:] + ([f"tests/{folder}" for folder in CORE] if "--thin" in sys.argv else [])
    results = {}
    for name, resolution in plan.items():
        version = name.partition("-")[2]
        print(f"== {name} ==", flush=True)
        python = interpreter(version)
        if python is None:
            results[name] = f"left out, there is no Python {version} here"
        else:
            results[name] = "passed" if run(name, python, resolution, options) else "FAILED"
    print("\n".join(f"{name}: {result}" for name, result in results.items()))
    return int("FAILED" in results.values())


if __name__ == "__main__":
    sys.exit(main())
