"""Where the tests find real data, by which numbers Hypothesis draws, and that Ctrl-C reaches what they start."""

import os
import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

REPOSITORY = Path(__file__).resolve().parent.parent

collect_ignore = ["toy"]  # a lab, whose checks the grader runs

# The default run is the same every time; `--hypothesis-profile=fresh` draws other inputs, and more of them.
COMMON = {"deadline": None, "database": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("fixed", derandomize=True, **COMMON)
settings.register_profile("fresh", derandomize=False, max_examples=300, **COMMON)
settings.load_profile("fixed")

# Whatever the machine speaks, messages are tested in English, and in other languages where a test asks for them.
os.environ["LANGUAGE"] = "en"

# A shell starts what runs in its background with Ctrl-C ignored, and so would everything be that tests start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real photographs, maps and subsets; it is beside the repository and never part of it."""
    folder = Path(os.environ.get("LAB_DATA", REPOSITORY.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"real data is not at {folder}; set LAB_DATA to its folder")
    return folder
