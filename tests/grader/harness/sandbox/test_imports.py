"""All of the standard library is there that needs nothing of the machine around it."""

import pytest

IMPORTS = {
    "caches_dropped": "import importlib\nimportlib.invalidate_caches()",
    "finders_dropped": "import sys\nsys.path_importer_cache.clear()",
}


@pytest.mark.parametrize("before", IMPORTS.values(), ids=IMPORTS)
def test_standard_library_is_found_again(sessions, before):
    with sessions.open(f"{before}\nimport calendar, statistics, wave\nmerge = len") as session:
        assert session.load() is None


@pytest.mark.parametrize(
    "name", ["bz2", "ctypes", "curses", "decimal", "hashlib", "lzma", "readline", "sqlite3", "ssl"]
)
def test_module_with_a_library_of_its_own_is_found(sessions, name):
    pytest.importorskip(name, reason="this Python was built without it")

    with sessions.open(f"import {name}\nmerge = len") as session:
        assert session.load() is None


def test_language_of_the_system_can_be_asked_for(sessions):
    with sessions.open("import locale\nlocale.setlocale(locale.LC_ALL, '')\nprint('合併')\nmerge = len") as session:
        assert session.load() is None
    assert session.printed == "合併\n"
