"""Samplers of a user's own, whatever they do: what runs is what the journal names, and no verdict comes of an exit."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from resolvent.conjectures.check import check
from resolvent.conjectures.statistics.user_code import UserCode
from resolvent.derive.errors import ParameterError, ParseError, ResolventError

ROOT = Path(__file__).resolve().parents[4]
WIGNER = """
import numpy as np
def wigner(size, rng, scale=1):
    a = rng.standard_normal((size, size))
    return scale * (a + a.T) / np.sqrt(2 * size)
"""
BODY = """
title = "mine"
model.function = "@:draw"
claim.law = "semicircle()"
test = {sizes = [30, 60], trials = 12, resolution = 0.5}
"""
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """A conjecture file beside a module of samplers of that text."""

    def file(code: str, module: str = "samplers") -> Path:
        (tmp_path / f"{module}.py").write_text(WIGNER + code)
        path = tmp_path / "mine.toml"
        path.write_text(BODY.replace("@", module))
        return path

    return file


def status_and_output(path: Path, *options: str) -> tuple[int, str, str]:
    command = [sys.executable, "-m", "resolvent", "check", str(path), "--allow-code", *options]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return run.returncode, run.stdout, run.stderr


# -- what runs is what the journal names -----------------------------------------------------------------------


def test_a_sampler_that_was_edited_runs_as_it_is_now(write: Write, tmp_path: Path) -> None:
    assert check(write("def draw(size, rng): return wigner(size, rng)"), allow_code=True).verdict == "supported"
    path = write("def draw(size, rng): return wigner(size, rng) + 2*np.eye(size)")
    assert check(path, allow_code=True).verdict == "refuted"


def test_a_sampler_that_the_session_has_imported_runs_as_it_is_now(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("def draw(size, rng): return wigner(size, rng) + 2*np.eye(size)", "imported_before")
    monkeypatch.syspath_prepend(tmp_path)
    module = importlib.import_module("imported_before")
    path = write("def draw(size, rng): return wigner(size, rng)", "imported_before")
    assert check(path, allow_code=True).verdict == "supported"
    assert module.draw(2, np.random.default_rng(0))[0, 0] > 1  # the session's own stays as it was
    assert sys.modules["imported_before"] is module


CHANGES = {
    "the sampler": ("samplers.py", "# changed"),
    "a module that it imports": ("helper.py", "# changed"),
    "a module that it imports in the function": ("late.py", "# changed"),
    "a module of a package": ("package/inner.py", "# changed"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_journal_of_another_text_is_refused(write: Write, tmp_path: Path, what: str) -> None:
    (tmp_path / "helper.py").write_text("from package import inner\nscale = inner.scale")
    (tmp_path / "late.py").write_text("scale = 1")
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__init__.py").write_text("")
    (tmp_path / "package" / "inner.py").write_text("scale = 1")
    code = "import helper\ndef draw(size, rng):\n    import late\n    return wigner(size, rng, helper.scale*late.scale)"
    path, journal = write(code), tmp_path / "journal"
    assert check(path, allow_code=True, journal=journal).verdict == "supported"
    check(path, allow_code=True, journal=journal)
    name, text = CHANGES[what]
    (tmp_path / name).write_text((tmp_path / name).read_text() + f"\n{text}\n")
    with pytest.raises(ParameterError, match="belongs to another run"):
        check(path, allow_code=True, journal=journal)


def test_what_was_read_is_what_runs_even_if_the_files_change_meanwhile(tmp_path: Path) -> None:
    (tmp_path / "twice.py").write_text("def f(): return 1")
    code = UserCode.read("twice:f", str(tmp_path))
    (tmp_path / "twice.py").write_text("def f(): return 2")
    program = (
        "import sys; from resolvent.conjectures.statistics.user_code import UserCode\n"
        "code = UserCode.read('twice:f', sys.argv[1])\n"
        "open(sys.argv[1] + '/twice.py', 'w').write('def f(): return 3')\n"
        "print(code.load()())"
    )
    run = subprocess.run([sys.executable, "-c", program, str(tmp_path)], cwd=ROOT, capture_output=True, check=True)
    assert run.stdout == b"2\n"
    assert [source.text for source in code.sources] == [b"def f(): return 1"]


def test_a_compiled_file_that_looks_new_is_not_taken_for_the_text(tmp_path: Path) -> None:
    file = tmp_path / "same_age.py"
    file.write_text("def f(): return 1")
    program = "import sys; sys.path.insert(0, sys.argv[1]); import same_age"
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=True)
    age = file.stat()
    file.write_text("def f(): return 2")
    os.utime(file, ns=(age.st_atime_ns, age.st_mtime_ns))
    program = (
        "import sys; from resolvent.conjectures.statistics.user_code import UserCode\n"
        "print(UserCode.read('same_age:f', sys.argv[1]).load()())"
    )
    run = subprocess.run([sys.executable, "-c", program, str(tmp_path)], cwd=ROOT, capture_output=True, check=True)
    assert run.stdout == b"2\n"


def test_nothing_of_the_code_runs_when_it_is_read(tmp_path: Path) -> None:
    (tmp_path / "loud.py").write_text("raise SystemExit(7)")
    code = UserCode.read("loud:f", str(tmp_path))
    assert [source.name for source in code.sources] == ["loud"]
    assert "loud" not in sys.modules


def test_a_module_of_the_same_name_in_each_folder_is_the_one_beside_the_conjecture(
    write: Write, tmp_path: Path
) -> None:
    path = write("def draw(size, rng): return wigner(size, rng)")
    assert check(path, allow_code=True).verdict == "supported"
    other = tmp_path / "other"
    other.mkdir()
    (other / "samplers.py").write_text(WIGNER + "def draw(size, rng): return wigner(size, rng) + 2*np.eye(size)")
    (other / "mine.toml").write_text(path.read_text())
    assert check(other / "mine.toml", allow_code=True).verdict == "refuted"
    assert check(path, allow_code=True).verdict == "supported"


# -- random numbers ------------------------------------------------------------------------------------------

GLOBAL = """
import random
def draw(size, rng):
    np.random.seed(np.random.randint(1000000)) if size == 0 else None
    a = np.random.standard_normal((size, size)) + 0*random.random()
    return (a + a.T) / np.sqrt(2 * size)
"""


def test_the_global_random_state_is_each_trials_own(write: Write) -> None:
    path = write(GLOBAL)
    before = np.random.get_state()[1].tobytes()  # type: ignore[union-attr]
    alone = check(path, allow_code=True).to_json()
    assert np.random.get_state()[1].tobytes() == before  # type: ignore[union-attr]
    assert alone["verdict"] == "supported"
    for how in ({"jobs": 2}, {"jobs": 2, "scheduler": "local"}):
        assert check(path, allow_code=True, **how).to_json() == alone


OF_ITS_OWN = """
own = np.random.default_rng(0)
def draw(size, rng): return wigner(size, own)
"""


@pytest.mark.slow
def test_equal_matrices_of_workers_that_copied_a_random_state_are_refused(write: Write) -> None:
    message = r"mine.toml, line 3, model.function: samplers:draw gave one matrix to two trials, .* of its own"
    with pytest.raises(ParameterError, match=message):
        check(write(OF_ITS_OWN), allow_code=True, jobs=2)


@pytest.mark.slow
def test_equal_matrices_of_a_run_that_went_on_are_refused(write: Write, tmp_path: Path) -> None:
    path, journal = write(OF_ITS_OWN), tmp_path / "journal"
    check(path, allow_code=True, journal=journal)
    path.write_text(path.read_text().replace("trials = 12", "trials = 14"))
    with pytest.raises(ParameterError, match="gave one matrix to two trials"):
        check(path, allow_code=True, journal=journal)


def test_a_matrix_without_randomness_is_not_refused(write: Write) -> None:
    path = write("def draw(size, rng): return np.diag(np.ones(size - 1), 1) + np.diag(np.ones(size - 1), -1)")
    check(path, allow_code=True, jobs=2)


@pytest.mark.slow
def test_matrices_that_are_equal_by_chance_are_not_refused(write: Write) -> None:
    path = write("def draw(size, rng): return np.sort(rng.choice([-1.0, 1.0], 4).repeat(size // 4 + 1)[:size])")
    check(path, allow_code=True, jobs=2)


# -- exits ---------------------------------------------------------------------------------------------------

EXITS = {
    "leaves at import": ("import sys\nsys.exit(0)", "the module samplers cannot be imported: SystemExit: 0"),
    "exits at import": (
        "import os\nos._exit(0)",
        "the module samplers cannot be imported: its worker process ended with exit status 0",
    ),
    "interrupts at import": ("raise KeyboardInterrupt", "cannot be imported: KeyboardInterrupt"),
    "leaves in a draw": ("import sys\ndef draw(size, rng): sys.exit(0)", "SystemExit: 0"),
    "exits in a draw": ("import os\ndef draw(size, rng): os._exit(0)", "was lost: its worker process ended with exit"),
    "raises what is no exception": (
        "class Odd(BaseException): pass\ndef draw(size, rng): raise Odd('odd')",
        "index 0: Odd: odd",
    ),
    "is killed": (
        "import os\ndef draw(size, rng): os.kill(os.getpid(), 9)",
        "was lost: its worker process was killed by SIGKILL",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("way", EXITS)
def test_a_sampler_that_ends_its_process_gives_no_verdict(write: Write, way: str) -> None:
    code, message = EXITS[way]
    with pytest.raises(ResolventError, match=message):
        check(write(code), allow_code=True)


@pytest.mark.parametrize("way", ["exits at import", "leaves in a draw", "exits in a draw"])
def test_the_command_then_ends_with_status_2_and_one_message(write: Write, way: str) -> None:
    code, message = EXITS[way]
    status, output, errors = status_and_output(write(code))
    assert (status, output) == (2, "")
    assert message in " ".join(errors.split())
    assert "Traceback" not in errors


def test_what_a_sampler_prints_is_not_in_the_output(write: Write) -> None:
    code = "print('loading')\ndef draw(size, rng):\n    print('drawing')\n    return wigner(size, rng)"
    status, output, errors = status_and_output(write(code), "--json")
    assert status == 0
    assert output.startswith("{")
    assert "loading" in errors
    assert "drawing" in errors


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("def draw(size, rng)", "line 3, model.function: the module samplers cannot be imported: SyntaxError"),
        ("import nowhere", "the module samplers cannot be imported: ModuleNotFoundError: No module named 'nowhere'"),
        ("draw = 7", "line 3, model.function: the module samplers has no function 'draw'"),
    ],
)
def test_code_that_cannot_be_loaded_is_refused_with_the_line(write: Write, code: str, message: str) -> None:
    with pytest.raises(ParseError, match=message):
        check(write(code), allow_code=True)


def test_a_sampler_may_be_installed(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(BODY.replace("@:draw", "scipy.linalg:hilbert").replace("semicircle()", "atoms([0])"))
    with pytest.raises(ParameterError, match=r"scipy.linalg:hilbert failed at size .*: TypeError"):
        check(path, allow_code=True)
