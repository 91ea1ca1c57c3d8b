"""The exact core where a web page runs it: 32-bit words, no NumPy; here, and in Pyodide under Node."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
TOOLS = ("pytest", "pluggy", "iniconfig", "packaging", "pygments", "hypothesis<6.140", "attrs", "sortedcontainers")
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


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the site serves to its page; skips where it cannot be had."""
    if shutil.which("node") is None:
        pytest.skip("node is not installed; on Debian: apt-get install nodejs npm")
    folder = tmp_path_factory.mktemp("web") / "runtime"
    done = run(sys.executable, "docs/make_runtime.py", folder)
    if done.returncode:
        pytest.skip(done.stderr.strip())
    return folder


@pytest.mark.slow
def test_the_core_passes_in_pyodide(runtime: Path, tmp_path: Path) -> None:
    """The same tests inside the WebAssembly build of Python and FLINT, under Node."""
    pip = (sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--dest", tmp_path)
    done = run(*pip, *TOOLS)
    if done.returncode:
        pytest.skip(f"pip cannot get what it takes: {done.stderr[-200:]}")
    for wheel in runtime.glob("*.whl"):
        shutil.copy(wheel, tmp_path)
    done = run("node", ROOT / "tests" / "web" / "node.mjs", runtime, ROOT, tmp_path, *PYTEST)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]


@pytest.fixture(scope="module")
def address(runtime: Path) -> Iterator[str]:
    """Where the box of derive-here.md is served, with what it runs."""
    folder = runtime.parent
    (folder / "_static").mkdir()
    runtime.replace(folder / "_static" / "runtime")
    for script in (ROOT / "docs" / "static").glob("derive-here*.js"):
        shutil.copy(script, folder / "_static")
    box = re.search(r"```\{raw\} html\n(.*?)```", (ROOT / "docs" / "derive-here.md").read_text(), re.DOTALL)
    assert box is not None
    (folder / "index.html").write_text(f"<!DOCTYPE html><meta charset=utf-8>{box[1]}")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/index.html"
    server.shutdown()
    server.server_close()
    (folder / "_static" / "runtime").replace(runtime)


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt-get install chromium")
def test_the_box_derives_and_complains(address: str) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.set_default_timeout(300_000)
        page.goto(address)
        page.click("[name=start]")
        page.get_by_text("c*m**3 + c*m**2*z + c*m + m**2 + m*z - m + 1 = 0", exact=False).first.wait_for()
        page.get_by_text("every step was verified again").wait_for()
        assert page.locator("math").count() == 1
        page.fill("[name=law]", "semicirle()")
        page.click("[name=start]")
        page.get_by_text("did you mean 'semicircle'?").wait_for()
        browser.close()
