"""The packages that the project names: the extras, their union, and the table that says why each one is there."""

import re
import tomllib
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
OPTIONAL = {"cluster", "postgresql"}


def ranges(names):
    """Collect the packages of some extras, those that an extra takes from another one included."""
    found = set(PROJECT["dependencies"])
    for name in names:
        for requirement in EXTRAS[name]:
            inside = re.fullmatch(r"openpose-lab\[([a-z,]+)\]", requirement)
            found |= ranges(inside[1].split(",")) if inside else {requirement}
    return found


def test_requirements_are_the_union_of_the_extras():
    lines = (REPOSITORY / "requirements.txt").read_text(encoding="utf-8").splitlines()

    assert set(lines) == ranges(set(EXTRAS) - OPTIONAL)
    assert len(lines) == len(set(lines))


def test_every_package_has_a_range_and_a_reason():
    told = (REPOSITORY / "CONTRIBUTING.md").read_text(encoding="utf-8")

    for requirement in ranges(EXTRAS):
        name = re.match(r"[\w-]+", requirement)[0]
        assert re.search(r">=.+,<", requirement), requirement
        assert f"`{name}`" in told or f"| {name} |" in told, name


def test_grading_needs_neither_a_gradebook_nor_a_network():
    names = {re.match(r"[\w-]+", requirement)[0] for requirement in ranges(["grade"])}

    assert not names & {"tensorflow", "keras", "nbgrader", "notebook", "matplotlib", "scipy", "sqlalchemy"}
