"""The exact core where a web page runs it: 32-bit words, no NumPy; here, and in Pyodide under Node."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PYODIDE = "314.0.7"
WHEELS = (
    "sympy", "mpmath<1.4", "lazy-loader",
    "pytest", "pluggy", "iniconfig", "packaging", "pygments", "hypothesis<6.140", "attrs", "sortedcontainers",
)  # fmt: skip
FLINT = (
    "--platform",
    "pyemscripten_2026_0_wasm32",
    "--python-version",
    "3.14",
    "--implementation",
    "cp",
    "--abi",
    "cp314",
)
CORE = (
    "derivation/test_derivation.py", "exact/test_polynomials.py", "exact/test_rational_function.py",
    "explicit/test_explicit_law.py", "expressions/test_certificate.py", "expressions/test_language.py",
    "expressions/test_pencil.py", "holonomic/test_transform_form.py", "laws/test_from_guess.py",
    "sequences/test_ode.py", "sequences/test_recurrence.py", "sequences/test_telescoping.py",
)  # fmt: skip
NOT_THERE = (  # they follow branches or read entries, which is done in floating point and needs NumPy
    "maps_assume_nothing", "with_the_same_polynomial_and_other_branches", "text_reads_back", "of_an_elimination_passes",
    "other_polynomials_do_not_pass",
)  # fmt: skip
PYTEST = (
    "-q", "-p", "no:cacheprovider", "-o", "filterwarnings=", "-m", "not slow",
    "-k", " and ".join(f"not {name}" for name in NOT_THERE), *(f"tests/derive/{name}" for name in CORE),
)  # fmt: skip
STORY = """
import tests.web.bare
import resolvent.derive
import resolvent as rv
from resolvent.derive.exact.word_primes import PRIME

assert PRIME < 2**30, PRIME
c = rv.parameter("c", positive=True)
for law in (
    rv.semicircle() + rv.marchenko_pastur(c),
    rv.parse("(marchenko_pastur(c) @ atoms([1, 3], [1/2, 1/2])).compress(1/2)"),
    rv.parse("fuss_catalan(2) + 1"),
    rv.parse("semicircle(2) ** 2 + 3"),
    rv.parse("atoms([0, 1]).sample_covariance(c)"),
):
    assert law.derivation.check(), law.text
    print(law.text, law.equation.expr, law.latex(), len(str(law.derivation)), law.moments(4), sep=chr(10))
print(rv.guess_algebraic([1, 1, 2, 5, 14, 42, 132, 429, 1430, 4862, 16796, 58786, 208012, 742900, 2674440, 9694845] + [
    35357670, 129644790, 477638700, 1767263190, 6564120420, 24466267020, 91482563640, 343059613650]).relation)
"""


def run(*command: object, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    """A finished command, with its output."""
    return subprocess.run(
        [str(word) for word in command],
        cwd=cwd, env=os.environ | {"PYTHONPATH": str(ROOT)} | environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


def output(*command: object) -> str:
    done = run(*command)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_laws_are_derived_and_checked_without_numpy_and_with_short_primes() -> None:
    """And what is found is what is found with all packages and long primes."""
    assert output(sys.executable, "-c", STORY) == output(
        sys.executable, "-c", "\n".join(STORY.splitlines()[2:]).replace("PRIME < 2**30", "PRIME > 2**61")
    )


def test_what_a_bare_interpreter_refuses_is_numpy_and_its_kin() -> None:
    for name in ("numpy", "scipy", "matplotlib", "networkx"):
        done = run(sys.executable, "-c", f"import tests.web.bare, {name}")
        assert f"No module named '{name}'" in done.stderr


def test_entries_need_numpy_and_say_so_by_their_absence() -> None:
    done = run(sys.executable, "-c", "import tests.web.bare, resolvent as rv; rv.parse('hessian(1, 1, 1)')")
    assert "ParseError: unknown law 'hessian'" in done.stderr


@pytest.mark.slow
def test_the_core_passes_with_short_primes_and_without_numpy() -> None:
    done = run(sys.executable, "-m", "pytest", "-p", "tests.web.bare", *PYTEST)
    assert done.returncode == 0, done.stdout[-3000:]


@pytest.mark.slow
def test_discriminants_and_guesses_with_short_primes() -> None:
    files = ("tests/derive/equations/test_discriminant.py", "tests/derive/sequences/test_guessing.py")
    short = "import flint.flint_base.flint_base as base, pytest, sys; base.FLINT_BITS = 32; sys.exit(pytest.main())"
    done = run(sys.executable, "-c", short, *PYTEST[: PYTEST.index("-k")], *files)
    assert done.returncode == 0, done.stdout[-3000:]


@pytest.mark.slow
def test_the_core_passes_in_pyodide(tmp_path: Path) -> None:
    """The same tests inside the WebAssembly build of Python and FLINT, under Node."""
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip("node and npm are not installed; on Debian: apt-get install nodejs npm")
    wheels = tmp_path / "wheels"
    pip = (sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--dest", wheels)
    for command in (
        ("npm", "install", "--silent", f"pyodide@{PYODIDE}"),
        (*pip, *FLINT, f"python-flint=={version('python-flint')}"),
        (*pip, *WHEELS),
    ):
        done = run(*command, cwd=tmp_path)
        if done.returncode:
            pytest.skip(f"{command[0]} cannot get what it takes: {(done.stderr or done.stdout)[-200:]}")
    done = run("node", ROOT / "tests" / "web" / "node.mjs", ROOT, wheels, *PYTEST, cwd=tmp_path)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
