"""Run the tests with the oldest versions that pyproject.toml allows, and on every Python: `make test-versions`.

The oldest versions go with the oldest Python and get every test that is not slow; the newest go with each later Python
and get the core, so that the whole stays under half an hour (`--all` gives them everything). The newest
versions on the oldest Python are what `make test` uses. A Python or packages that are missing are named and left out.
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
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PYTHONS = sorted(word.split(" :: ")[-1] for word in PROJECT["classifiers"] if re.search(r":: 3\.\d+$", word))
TOOLS = (
    "pytest",
    "pytest-xdist",
    "hypothesis",
    "build",
    "ipykernel",
    "nbclient",
    "panel",
)  # what the tests need; style and types are not tested here
CORE = (
    "derive/exact", "derive/equations", "derive/laws", "derive/support", "derive/continuation", "numeric/density",
    "numeric/spectrum", "numeric/matrices", "numeric/trials", "numeric/statistics", "numeric/pictures", "catalog",
    "resolvent/language", "resolvent/cli", "resolvent/writing", "resolvent/conjectures/statistics",
)  # fmt: skip


def interpreter(version: str) -> str | None:
    """A Python of that version: on the path, or among those of pyenv."""
    found = [shutil.which(f"python{version}")]
    pyenv = Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser()
    found += sorted(str(path) for path in pyenv.glob(f"versions/{version}.*/bin/python{version}"))
    for candidate in filter(None, found):
        if (
            subprocess.run([candidate, "-c", "import venv, ensurepip"], capture_output=True, check=False).returncode
            == 0
        ):
            return candidate
    return None


def oldest() -> list[str]:
    """The lower bound of every dependency, and of the tools, as a constraint."""
    tools = [t for t in PROJECT["optional-dependencies"]["dev"] if re.split(r"[>=]", t)[0] in TOOLS]
    wanted = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["dask"], *tools]
    return [re.sub(r">=\s*", "==", entry) for entry in wanted]


def run(name: str, python: str, constraints: list[str], tests: list[str]) -> str:
    """Install into an environment of its own and run the tests there; what came of it."""
    environment = HOME / name
    binary = environment / "bin" / "python"
    if not binary.exists():
        subprocess.run([python, "-m", "venv", str(environment)], check=True)
    limits = environment / "constraints.txt"
    limits.write_text("\n".join(constraints) + "\n")
    install = [binary, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--constraint", limits]
    found = subprocess.run(
        [*install, "--editable", f"{ROOT}[dask]", *TOOLS], capture_output=True, text=True, check=False
    )
    if found.returncode:
        lines = [line for line in found.stderr.splitlines() if line.startswith("ERROR")] or ["pip failed"]
        is_ours = "conflict" in found.stderr.lower()  # of bounds that cannot hold together
        return f"FAILED: {lines[0]}" if is_ours else f"left out, packages cannot be installed here: {lines[0]}"
    # What other packages warn of in other versions is not ours to mend.
    command = [binary, "-m", "pytest", "-q", "-n", "2", "-m", "not slow", "-o", "filterwarnings=", *tests]
    return "passed" if subprocess.run(command, cwd=ROOT, check=False).returncode == 0 else "FAILED"


def main() -> int:
    """Every run in turn; 1 if any of them failed."""
    core = [] if "--all" in sys.argv[1:] else [f"tests/{folder}" for folder in CORE]
    plan = {f"lowest-{PYTHONS[0]}": (PYTHONS[0], oldest(), [])}
    plan |= {f"newest-{version}": (version, [], core) for version in PYTHONS[1:]}
    results = {}
    for name, (version, constraints, tests) in plan.items():
        python = interpreter(version)
        print(f"== {name} ==", flush=True)
        results[name] = (
            f"left out, there is no Python {version} here" if python is None else run(name, python, constraints, tests)
        )
    print("\n".join(f"{name}: {result}" for name, result in results.items()))
    return int(any(result.startswith("FAILED") for result in results.values()))


if __name__ == "__main__":
    sys.exit(main())
