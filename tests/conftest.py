"""Where the tests find real data, and what they say where it is missing."""

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real photographs, maps and subsets; it is beside the repository and never part of it."""
    folder = Path(os.environ.get("LAB_DATA", REPOSITORY.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"real data is not at {folder}; set LAB_DATA to its folder")
    return folder
