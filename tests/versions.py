"""Run the tests with the oldest versions that pyproject.toml allows, and on every Python: `make test-versions`.

The newest versions on the oldest Python are what `make test` uses. A Python that is missing is named, and left out.
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
    """The lower bound of every dependency as a constraint."""
    wanted = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["dev"]]
    return [re.sub(r">=\s*", "==", entry) for entry in wanted]


def run(name: str, python: str, constraints: list[str]) -> bool:
    """Install into an environment of its own and run the tests there."""
    environment = HOME / name
    binary = environment / "bin" / "python"
    if not binary.exists():
        subprocess.run([python, "-m", "venv", str(environment)], check=True)
    limits = environment / "constraints.txt"
    limits.write_text("\n".join(constraints) + "\n")
    subprocess.run(
        [binary, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--constraint", limits,
         "--editable", f"{ROOT}[dev]"], check=True,
    )  # fmt: skip
    # What other packages warn of in other versions is not ours to mend.
    tests = [binary, "-m", "pytest", "-q", "-n", "2", "-m", "not slow", "-o", "filterwarnings="]
    return subprocess.run(tests, cwd=ROOT, check=False).returncode == 0


def main() -> int:
    """Every run in turn; 1 if any of them failed."""
    plan = {f"lowest-{PYTHONS[0]}": (PYTHONS[0], oldest()), **{f"newest-{v}": (v, []) for v in PYTHONS[1:]}}
    results = {}
    for name, (version, constraints) in plan.items():
        python = interpreter(version)
        print(f"== {name} ==", flush=True)
        results[name] = (
            "no such Python here" if python is None else "passed" if run(name, python, constraints) else "FAILED"
        )
    print("\n".join(f"{name}: {result}" for name, result in results.items()))
    return int("FAILED" in results.values())


if __name__ == "__main__":
    sys.exit(main())
