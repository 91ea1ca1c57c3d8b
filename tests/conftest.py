"""What makes a run repeatable: hypothesis draws the same examples, and a slow machine prints what a fast one prints."""

import threading

import pytest
from hypothesis import settings

import resolvent.progress

settings.register_profile("repeatable", derandomize=True, deadline=None, database=None)
settings.load_profile("repeatable")


@pytest.fixture(autouse=True)
def no_progress(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no line of progress appear, however long a test takes; the tests of progress set their own clock."""
    if request.module.__name__ != "tests.resolvent.test_progress":
        monkeypatch.setattr(resolvent.progress, "_PATIENCE", threading.TIMEOUT_MAX)
