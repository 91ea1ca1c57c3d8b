"""What makes a run repeatable: hypothesis draws the same examples, and a slow machine prints what a fast one prints."""

import threading

import pytest
from hypothesis import settings

import resolvent.progress

settings.register_profile("repeatable", derandomize=True, deadline=None, database=None)
settings.load_profile("repeatable")


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--thin`, for `tests/versions.py`: versions differ in what a test calls, and all its cases call the same."""
    parser.addoption("--thin", action="store_true", help="run every test function once, with the first of its cases")


@pytest.hookimpl(trylast=True)  # after -m has taken out what it takes out
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the first case of every test function, if `--thin` asks for that."""
    if config.getoption("thin"):
        kept: dict[str, pytest.Item] = {}
        others = [item for item in items if kept.setdefault(item.nodeid.partition("[")[0], item) is not item]
        config.hook.pytest_deselected(items=others)
        items[:] = kept.values()


@pytest.fixture(autouse=True)
def no_progress(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no line of progress appear, however long a test takes; the tests of progress set their own clock."""
    if request.module.__name__ != "tests.resolvent.test_progress":
        monkeypatch.setattr(resolvent.progress, "_PATIENCE", threading.TIMEOUT_MAX)
