"""What tests of a class need from the machine: a database on a server, and a browser."""

import shutil
from contextlib import ExitStack
from importlib.util import find_spec

import pytest

from tests.grader.harness.batch.databases import fresh_database, start_cluster


@pytest.fixture(scope="module")
def cluster():
    """Start a PostgreSQL of our own; its address."""
    with start_cluster() as address:
        yield address


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def url(request, tmp_path):
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/gradebook.db"
        return
    server = request.getfixturevalue("cluster")
    yield from fresh_database(server)


@pytest.fixture
def browser(open_browser):
    """Open a browser."""
    return open_browser()


@pytest.fixture
def open_browser(tmp_path):
    """Give a function that opens one browser more, each with a profile of its own."""
    driver, chromium = shutil.which("chromedriver"), shutil.which("chromium")
    if not (driver and chromium and find_spec("selenium")):
        pytest.skip("needs chromium, chromedriver and selenium")
    from selenium import webdriver  # not everybody has it

    windows = []
    flags = (
        "headless no-sandbox disable-gpu disable-quic no-first-run disable-background-networking "
        "disable-component-update disable-sync disable-dev-shm-usage"
    )

    def open_one(width=1280, height=1000):
        options = webdriver.ChromeOptions()
        options.binary_location = chromium
        own = [f"user-data-dir={tmp_path / f'profile-{len(windows)}'}", f"window-size={width},{height}"]
        for flag in [*flags.split(), *own]:
            options.add_argument(f"--{flag}")
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        windows.append(webdriver.Chrome(options=options, service=webdriver.ChromeService(driver)))
        return windows[-1]

    yield open_one
    with ExitStack() as stack:
        for window in windows:
            stack.callback(window.quit)
