"""Samplers that loop, fork, leak or break their process: each ends in a verdict or in one message; nothing hangs."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from resolvent.conjectures.check import check
from resolvent.derive.errors import ResolventError

WIGNER = """
import os, signal, sys, threading, time
import numpy as np
def wigner(size, rng):
    a = rng.standard_normal((size, size))
    return (a + a.T) / np.sqrt(2 * size)
"""
BODY = """
title = "mine"
model.function = "samplers:draw"
claim.law = "semicircle()"
test = {sizes = [30, 60], trials = 12, resolution = 0.5}
"""
Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def file(code: str) -> Path:
        (tmp_path / "samplers.py").write_text(WIGNER + code)
        path = tmp_path / "mine.toml"
        path.write_text(BODY)
        return path

    return file


def message(path: Path, limit: float = 60.0) -> str:
    with pytest.raises(ResolventError) as caught:
        check(path, allow_code=True, trial_limit=limit)
    return str(caught.value)


HARMLESS = {
    "forks a child that goes on as it does": "os.fork()\n    return wigner(size, rng)",
    "forks a child that leaves": "if os.fork() == 0: os._exit(0)\n    return wigner(size, rng)",
    "starts a thread that never ends": (
        "threading.Thread(target=threading.Event().wait, daemon=True).start()\n    return wigner(size, rng)"
    ),
    "prints to the file itself": "os.write(1, b'x' * 10)\n    return wigner(size, rng)",
    "closes standard output": "sys.stdout.close()\n    return wigner(size, rng)",
    "changes the folder": "os.chdir('/')\n    return wigner(size, rng)",
    "ignores signals": "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n    return wigner(size, rng)",
    "keeps its matrices": "draw.kept = getattr(draw, 'kept', []) + [wigner(size, rng)]\n    return draw.kept[-1]",
    "keeps its files open": "draw.kept = getattr(draw, 'kept', []) + [open(__file__)]\n    return wigner(size, rng)",
    "uses the generator of nobody": "np.random.standard_normal(size)\n    return wigner(size, rng)",
    "returns eigenvalues in any order": "return np.linalg.eigvalsh(wigner(size, rng))[::-1]",
    "is symmetric up to rounding": "a = wigner(size, rng)\n    a[0, 1] *= 1 + 1e-16\n    return a",
}


@pytest.mark.slow
@pytest.mark.parametrize("what", HARMLESS)
def test_what_harms_nobody_gives_the_verdict(write: Write, what: str) -> None:
    path = write(f"def draw(size, rng):\n    {HARMLESS[what]}\n")
    assert check(path, allow_code=True).verdict == "supported"


HARMFUL = {
    "loops": ("while True: pass", "was lost: it took longer than 0.5 s"),
    "sleeps": ("time.sleep(1000)", "was lost: it took longer than 0.5 s"),
    "loops for one matrix": (
        "while size == 60 and rng.random() < 0.2: time.sleep(1)\n    return wigner(size, rng)", "it took longer than",
    ),
    "leaves a child behind and is gone": (
        "if os.fork() == 0: time.sleep(20)\n    os._exit(0)", "was lost: its worker process ended with exit status 0",
    ),
    "aborts": ("os.abort()", "was killed by SIGABRT"),
    "stops itself": ("os.kill(os.getpid(), signal.SIGSTOP)", "it took longer than 0.5 s"),
    "recurses": ("return draw(size, rng)", "RecursionError"),
    "closes all pipes": ("os.closerange(3, 256)\n    return wigner(size, rng)", "was lost: its worker process ended"),
    "returns nothing": ("return None", "failed at size 60: TypeError: it returned an array of shape ()"),
    "returns words": ("return ['a', 'b']", "failed at size 60: ValueError"),
    "returns no number": ("return np.full(size, np.nan)", "eigenvalues that are not finite numbers"),
    "returns complex numbers": ("return 1j * wigner(size, rng)", "it returned complex numbers"),
    "returns a cube": ("return np.zeros((size, size, size))", "it returned an array of shape (60, 60, 60)"),
    "returns lists of unequal length": ("return [[1.0], [1.0, 2.0]]", "failed at size 60: ValueError"),
    "returns a generator": ("return (x for x in range(3))", "failed at size 60: TypeError"),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("what", HARMFUL)
def test_what_cannot_be_a_sampler_ends_in_one_message(write: Write, what: str) -> None:
    code, words = HARMFUL[what]
    limit = 0.5 if "took longer" in words else 60.0
    assert words in message(write(f"def draw(size, rng):\n    {code}\n"), limit)


def test_a_module_that_loops_at_import_is_refused(write: Write) -> None:
    assert "cannot be imported: it took longer than 0.5 s" in message(write("while True: pass"), 0.5)


@pytest.mark.slow
@pytest.mark.skipif(
    not Path("/proc/self/statm").exists(), reason="memory is limited where /proc tells how much there is"
)
def test_a_sampler_that_leaks_memory_ends_alone(write: Write, tmp_path: Path) -> None:
    """In a process of its own: beside threads of other tests workers are no copies of it, and have no small limit."""
    write(
        "def draw(size, rng):\n    draw.kept = getattr(draw, 'kept', b'') + bytes(2**27)\n    return wigner(size, rng)"
    )
    program = (
        "from resolvent.conjectures.statistics import draws\n"
        "draws.memory_of_a_worker = lambda: 2.0**28\n"
        "from resolvent.conjectures.check import check\n"
        "check('mine.toml', allow_code=True)"
    )
    ended = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "failed at size" in ended.stderr
    assert "MemoryError" in ended.stderr


def test_no_process_is_left(write: Write, tmp_path: Path) -> None:
    code = "def draw(size, rng):\n    open('pids', 'a').write(f'{os.getpid()}\\n')\n    while True: pass"
    message(write(code.replace("'pids'", repr(str(tmp_path / "pids")))), 0.5)
    for pid in set((tmp_path / "pids").read_text().split()):
        with pytest.raises(ProcessLookupError):
            os.kill(int(pid), 0)
