"""What makes a run repeatable: hypothesis draws the same examples, and a slow machine prints what a fast one prints."""

import threading
from collections.abc import Generator
from typing import Any

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


@pytest.hookimpl(wrapper=True, tryfirst=True)  # below the list of what was skipped
def pytest_terminal_summary(terminalreporter: Any) -> Generator[None]:
    """Say in one line at the end that LaTeX was not tested, and what to install."""
    yield
    count = sum("pdflatex is missing" in str(report.longrepr) for report in terminalreporter.stats.get("skipped", ()))
    if count:
        needed = "on Debian: apt-get install texlive-latex-recommended lmodern"
        terminalreporter.write_line(f"LaTeX was not tested: {count} tests were skipped, pdflatex is missing; {needed}")


@pytest.fixture(autouse=True)
def no_progress(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no line of progress appear, however long a test takes; the tests of progress set their own clock."""
    if request.module.__name__ != "tests.resolvent.test_progress":
        monkeypatch.setattr(resolvent.progress, "_PATIENCE", threading.TIMEOUT_MAX)
