"""A small part of the fuzzer: every mutant ends in a verdict or a message with its line, and no code is run."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from resolvent.conjectures.file.reader import conjecture_of
from tests.fuzz.conjecture_files import folder_for_files, outcome, warm
from tests.fuzz.mutations import mutant
from tests.fuzz.seed_files import SMALL, seeds


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_mutants(tmp_path: Path, seed: int) -> None:
    warm()
    folder_for_files(tmp_path)
    path = tmp_path / "file.toml"
    kinds: Counter[str] = Counter()
    for k in range(300):
        path.write_bytes(mutant(f"test {seed}:{k}", SMALL, str(tmp_path / "marker")))
        found = outcome(path, limit=0.5)
        assert not found.is_failure, (k, found)
        kinds[found.kind] += 1
    assert kinds["message with its line"] > 100
    assert sum(count for kind, count in kinds.items() if kind.startswith("verdict")) > 10


def test_mutants_are_the_same_for_the_same_seed() -> None:
    files = seeds()
    assert [mutant(f"0:{k}", files, "m") for k in range(50)] == [mutant(f"0:{k}", files, "m") for k in range(50)]


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200) | st.text(max_size=100).map(lambda t: t.encode("utf-8", "replace")))
@example(b"")
@example(b"\xef\xbb\xbf")
@example(b'title = "\\u0000"')
@example(b'"\\n\\u001b[31m" = 1')
@example(b'title = "x"\nclaim.moments = [0x' + b"f" * 9000 + b"]")
@example(b'title = "x"\n[test]\nseed = 0x' + b"f" * 9000 + b"\n[claim]\nmoments = [1]")
@example(b'title = "x"\nclaim.edges = ["' + b"1+" * 900 + b'1"]')
@example(b'title = "x"\nclaim.moments = [' + b"9" * 5000 + b"]")
def test_any_bytes(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "file.toml"
    path.write_bytes(data)
    found = outcome(path, limit=1.0)
    assert not found.is_failure, found


def test_failures_are_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The judge itself: a traceback, a message without a line, a hang and code that was run."""
    from tests.fuzz import conjecture_files

    path = tmp_path / "file.toml"
    path.write_text("title = 1")

    def judge(error: BaseException | None) -> tuple[str, bool]:
        def stand_in(*_: object, **__: object) -> None:
            if error is not None:
                raise error
            while True:
                pass

        monkeypatch.setattr(conjecture_files, "check", stand_in)
        found = outcome(path, limit=0.01)
        return found.kind, found.is_failure

    from resolvent.derive.errors import DerivationError, ParameterError, ParseError

    monkeypatch.setattr(conjecture_files, "GRACE", 0.2)
    assert judge(KeyError("c")) == ("KeyError", True)
    assert judge(ParseError("no line")) == ("message without a line", True)
    assert judge(DerivationError(f"{path}, line 1: but of another kind")) == ("message without a line", True)
    assert judge(ParseError(f"{path}, line 7: beyond the end")) == ("message with a line that is not there", True)
    assert judge(ParseError(f"{path}, line 1: \x1b[31m")) == ("unprintable message", True)
    assert judge(ParseError(f"{path}, line 1: right")) == ("message with its line", False)
    assert judge(ParameterError(f"{path} is too long")) == ("message about the file as a whole", False)
    assert judge(None) == ("hang", True)
    (tmp_path / "marker").touch()
    assert judge(ParseError(f"{path}, line 1: right")) == ("code was run", True)


def test_the_seeds_are_valid() -> None:
    for text in SMALL:
        assert conjecture_of(text).title
    assert len(seeds()) > 60
