"""What tests of pages need from the machine: a browser, and what finds where screen readers stumble."""

import os
import shutil
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path

import pytest


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


@pytest.fixture
def axe():
    """Read axe-core, which finds what screen readers stumble over; `npm pack axe-core` has it."""
    path = Path(os.environ.get("LAB_AXE", "axe.min.js"))
    if not path.is_file():
        pytest.skip("axe-core is not at hand; set LAB_AXE to its axe.min.js")
    return path.read_text(encoding="utf-8")
