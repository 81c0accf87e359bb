"""What every test may ask for: a database of either kind, a browser; and the last lines of a run."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from tests.homes import DEMO, Office, open_office
from tests.infrastructure import compiled
from tests.infrastructure.browser import ARGUMENTS, find_browser
from tests.infrastructure.checks import GATES_SHOWN
from tests.infrastructure.databases import (
    EMPTY,
    POSTGRESQL,
    RUN_FOLDER,
    SQLITE,
    Databases,
    NoPostgreSQL,
    Place,
    Template,
    close_run,
    open_run,
)

OWNER = "HEDUI_TEST_OWNER"  # environment: the process whose end ends the cluster
# a developer's own home must never be what a test works on
OURS = ("HEDUI_HOME", "HEDUI_KEYS", "HEDUI_DATABASE_URL", "HEDUI_LISTEN", "PORT")
ONLY_ALL = ("torture", "slow")
BROWSER_FIXTURES = {"page", "context", "browser", "new_context"}

hypothesis_settings.register_profile(
    "house", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("house")


# --- the run ---------------------------------------------------------------------------------------------------


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("hedui")
    group.addoption(
        "--all", action="store_true", help="everything: also tests marked torture or slow; nothing may lack"
    )
    group.addoption("--kits", metavar="DIR", default=None, help="also run the conformance kits in this folder")


def pytest_configure(config: pytest.Config) -> None:
    for name in OURS:
        os.environ.pop(name, None)
    compiled.keep()
    if config.getoption("--kits"):
        os.environ["HEDUI_KITS"] = str(Path(config.getoption("--kits")).absolute())
    if not hasattr(config, "workerinput"):
        config.stash[run_folder] = open_run()
        os.environ[OWNER] = str(os.getpid())


def pytest_unconfigure(config: pytest.Config) -> None:
    folder = config.stash.get(run_folder, None)
    if folder is not None:
        close_run(folder)


run_folder = pytest.StashKey[Path]()


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """The kits are collected only where their material was named."""
    kits = Path(__file__).parent / "kits"
    return True if collection_path == kits and not config.getoption("--kits") else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what drives the browser and what is long; leave the long ones to --all unless somebody chose by mark."""
    for item in items:
        if BROWSER_FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker("browser")
        if _is_a_twin(item):
            item.add_marker("slow")  # the same code path on the other kind of database: every time with --all
        for kind, counted in (("browser", "browser"), ("postgres", POSTGRESQL)):
            if item.get_closest_marker(kind):
                item.user_properties.append(("ran on", counted))
    if config.getoption("--all") or config.option.markexpr:
        return
    left = [item for item in items if any(item.get_closest_marker(mark) for mark in ONLY_ALL)]
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item not in left]


def _is_a_twin(item: pytest.Item) -> bool:
    """Whether the same test runs on SQLite too."""
    return item.get_closest_marker("postgres") is not None and "database_kind" in getattr(item, "fixturenames", ())


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: Any) -> None:
    """How many tests ran where, and how the gates went."""
    ran: Counter[str] = Counter()
    for report in terminalreporter.stats.get("passed", []) + terminalreporter.stats.get("failed", []):
        if report.when == "call":
            ran.update({str(value) for name, value in report.user_properties if name == "ran on"})
    skipped = len(terminalreporter.stats.get("skipped", []))
    terminalreporter.write_line("")
    if os.environ.get(GATES_SHOWN):
        terminalreporter.write_line(f"gates: {os.environ[GATES_SHOWN]}")
    terminalreporter.write_line(
        f"databases: sqlite {ran[SQLITE]}, postgresql {ran[POSTGRESQL]}; browser {ran['browser']}; skipped {skipped}"
    )


def _lacking(request: pytest.FixtureRequest, what: str) -> NoReturn:
    """Skip on a laptop; fail where everything was asked for."""
    if os.environ.get("CI", "").lower() in {"1", "true", "yes"} or request.config.getoption("--all"):
        pytest.fail(f"{what}; here nothing may be left out (CI or --all)", pytrace=False)
    pytest.skip(what)


@pytest.fixture(scope="session")
def kits(request: pytest.FixtureRequest) -> Path:
    """The folder of conformance kits given by --kits."""
    return Path(request.config.getoption("--kits")).resolve()


# --- databases -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def databases() -> Databases:
    """The databases of this run; most tests want `database_url` or `fresh_place` instead."""
    return Databases(Path(os.environ[RUN_FOLDER]), int(os.environ[OWNER]))


@pytest.fixture(params=[SQLITE, pytest.param(POSTGRESQL, marks=pytest.mark.postgres)])
def database_kind(request: pytest.FixtureRequest) -> str:
    """The test runs once on each kind of database."""
    kind: str = request.param
    if kind == SQLITE:
        request.node.user_properties.append(("ran on", SQLITE))
    return kind


@pytest.fixture
def fresh_place(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Callable[[str, Template], Place]]:
    """Makes places of one's own: fresh_place(kind, template), each forgotten after the test."""
    made: list[Place] = []
    folder = Path(tempfile.mkdtemp(prefix="homes-", dir=databases.folder))

    def fresh(kind: str, template: Template = EMPTY) -> Place:
        try:
            made.append(databases.fresh(kind, folder / f"home-{len(made) + 1}", template))
        except NoPostgreSQL as reason:
            _lacking(request, str(reason))
        return made[-1]

    yield fresh
    for place in made:
        databases.drop(place)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def database_url(database_kind: str, fresh_place: Callable[[str, Template], Place]) -> str:
    """The address of an empty database, once of each kind."""
    return fresh_place(database_kind, EMPTY).url


@pytest.fixture
def office_in(
    database_kind: str, fresh_place: Callable[[str, Template], Place]
) -> Iterator[Callable[[Template], Office]]:
    """office_in(template): a demonstration office as far as that template plays it, once on each kind of database."""
    made: list[Office] = []

    def opened(template: Template) -> Office:
        made.append(open_office(fresh_place(database_kind, template)))
        return made[-1]

    yield opened
    for one in made:
        one.home.engine.dispose()


@pytest.fixture
def office(office_in: Callable[[Template], Office]) -> Office:
    """The demonstration office on a stopped clock, once on each kind of database."""
    return office_in(DEMO)


# --- browser ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def browser_type_launch_args(
    request: pytest.FixtureRequest, browser_type_launch_args: dict[str, Any]
) -> dict[str, Any]:
    """The distribution's Chromium: Playwright's own download is not needed."""
    found = find_browser()
    if found is None:
        _lacking(request, "no Chromium on PATH (apt install chromium)")
    return {**browser_type_launch_args, "executable_path": found, "args": ARGUMENTS}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """A clerk's desk: a small office screen, Chinese, in the office's zone."""
    return {
        **browser_context_args,
        "locale": "zh-CN",
        "timezone_id": "Asia/Shanghai",
        "viewport": {"width": 1366, "height": 768},
    }
