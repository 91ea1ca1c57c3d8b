"""What `pip install` leaves behind: one new name, which no file of the user's can shadow."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ("catalog", "derive", "numeric", "resolvent", "pyproject.toml", "README.md", "LICENSE")
DERIVATION = "import resolvent as rv; print((rv.semicircle() + rv.marchenko_pastur('1/2')).equation.expr)"
EQUATION = "m**3 + m**2*z + 2*m**2 + 2*m*z - m + 2"

pytestmark = pytest.mark.slow


def run(*command: object, cwd: Path | None = None) -> str:
    """What a command prints; its errors are those of the test."""
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run([str(w) for w in command], cwd=cwd, env=clean, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def site_packages(environment: Path) -> Path:
    return Path(sysconfig.get_path("purelib", vars={"base": str(environment), "platbase": str(environment)}))


def installed(environment: Path, package: Path) -> set[str]:
    """The names that installing a package without its dependencies adds to a fresh environment."""
    run(sys.executable, "-m", "venv", "--without-pip", environment)
    home = site_packages(environment)
    before = {path.name for path in home.iterdir()}
    run(sys.executable, "-m", "pip", "--python", environment, "install", "--quiet", "--no-deps", package)
    added = {path.name for path in home.iterdir()} - before
    # The dependencies are those of this environment: a path in a .pth file brings no .pth file of its own along.
    (home / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return added


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the sdist, built from a copy of the sources."""
    home = tmp_path_factory.mktemp("distribution")
    source = home / "source"
    source.mkdir()
    for name in SOURCES:
        if (ROOT / name).is_dir():
            skipped = shutil.ignore_patterns("__pycache__", "*.egg-info")
            shutil.copytree(ROOT / name, source / name, symlinks=True, ignore=skipped)
        else:
            shutil.copy(ROOT / name, source)
    run(sys.executable, "-m", "build", "--outdir", home / "dist", source)
    return home / "dist"


@pytest.fixture(scope="module")
def environment(packages: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the wheel."""
    home = tmp_path_factory.mktemp("environment") / "venv"
    (wheel,) = packages.glob("*.whl")
    names = installed(home, wheel)
    assert {name for name in names if not name.endswith(".dist-info")} == {"resolvent"}
    assert len(names) == 2
    return home


@pytest.fixture
def crowded(tmp_path: Path) -> Path:
    """A folder in which the user has modules with the names of our folders."""
    (tmp_path / "numeric").mkdir()
    for name in ("derive.py", "numeric/__init__.py", "catalog.py"):
        (tmp_path / name).write_text(f"raise RuntimeError('the {name} of the user was imported')\n")
    return tmp_path


def test_the_wheel_holds_folders_in_place_of_links(environment: Path) -> None:
    home = site_packages(environment) / "resolvent"
    assert not any(path.is_symlink() for path in home.rglob("*"))
    assert (home / "derive" / "laws").is_dir()
    assert (home / "__init__.pyi").is_file()


def test_python_derives_beside_modules_of_the_same_names(environment: Path, crowded: Path) -> None:
    assert run(environment / "bin" / "python", "-c", DERIVATION, cwd=crowded).strip() == EQUATION


def test_the_command_line_derives_beside_modules_of_the_same_names(environment: Path, crowded: Path) -> None:
    printed = run(environment / "bin" / "resolvent", "derive", "semicircle()", cwd=crowded)
    assert "m^2 + z*m + 1" in printed or "m**2 + m*z + 1" in printed


def test_the_sdist_installs_the_same_name(packages: Path, crowded: Path, tmp_path: Path) -> None:
    (sdist,) = packages.glob("*.tar.gz")
    names = installed(tmp_path / "venv", sdist)
    assert {name for name in names if not name.endswith(".dist-info")} == {"resolvent"}
    assert run(tmp_path / "venv" / "bin" / "python", "-c", DERIVATION, cwd=crowded).strip() == EQUATION


def test_the_clone_seen_from_above_does_not_hide_an_editable_install(tmp_path: Path) -> None:
    """There, a folder of the package's name without ``__init__.py`` comes first on the path."""
    clone, environment = tmp_path / "above" / "resolvent", tmp_path / "environment"
    clone.mkdir(parents=True)
    for name in SOURCES:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, clone / name, **({"symlinks": True} if copy is shutil.copytree else {}))
    run(sys.executable, "-m", "venv", "--without-pip", environment)
    run(sys.executable, "-m", "pip", "--python", environment, "install", "--quiet", "--no-deps", "--editable", clone)
    found = "import importlib.util; print(importlib.util.find_spec('resolvent').origin)"
    printed = run(environment / "bin" / "python", "-c", found, cwd=clone.parent)
    assert printed.strip() == str(clone / "resolvent" / "__init__.py")
