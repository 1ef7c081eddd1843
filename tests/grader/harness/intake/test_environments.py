import pytest

from grader.harness.intake.archive import list_members
from grader.harness.intake.environments import find_loose, find_own
from tests.submissions.malformed import pack


def paths(find, *names):
    return [member.path for member in find(list_members(pack(*[(name, b"") for name in names])))]


@pytest.mark.parametrize("folder", ["venv", "env", ".venv", ".env", "virtualenv", "ENV", "work/venv", "a/b/env/c"])
def test_environment_is_known_by_its_name(folder):
    assert paths(find_own, "merge.py", f"{folder}/six.py", f"{folder}/lib/a.py") == ["merge.py"]


@pytest.mark.parametrize("mark", ["pyvenv.cfg", "PyVenv.cfg", "conda-meta/history", "conda-meta/"])
@pytest.mark.parametrize("folder", ["lab3", "a/lab3"])
def test_environment_is_known_by_what_is_in_it(folder, mark):
    names = (f"{folder}/{mark}", f"{folder}/Lib/six.py", f"{folder}/six.py", "merge.py")

    assert paths(find_own, *names) == ["merge.py"]


@pytest.mark.parametrize(
    "names", [("lab3/lib/a.py", "bin/b.py"), ("environment/a.py",), ("my env/a.py",), (".env", "env.py")]
)
def test_other_folders_are_no_environment(names):
    assert paths(find_own, *names) == list(names)


@pytest.mark.parametrize("folder", ["site-packages", "dist-packages", "node_modules", ".tox", "Site-Packages"])
def test_what_was_installed_is_nobody_s(folder):
    names = ("merge.py", f"x/{folder}/a/merge.py")

    assert (paths(find_own, *names), paths(find_loose, *names)) == (["merge.py"], ["merge.py"])


def test_loose_files_are_those_beside_the_folders_of_an_environment():
    names = ("pyvenv.cfg", "merge.py", "lab/tools.py", "Lib/os.py", "Scripts/a.py", "lib64/x/y.py", "conda-meta/z.py")

    assert paths(find_loose, *names) == ["pyvenv.cfg", "merge.py", "lab/tools.py"]


def test_environments_are_looked_for_to_a_depth():
    deep = "d/" * 20

    assert paths(find_own, f"{deep}lab/pyvenv.cfg", f"{deep}lab/a.py") == [f"{deep}lab/pyvenv.cfg", f"{deep}lab/a.py"]
    assert paths(find_own, f"{'d/' * 15}pyvenv.cfg", f"{'d/' * 15}e/a.py", "merge.py") == ["merge.py"]
    assert paths(find_own, "venv/" + "d/" * 10_000 + "a.py") == []


def test_members_without_a_name_do_no_harm():
    assert paths(find_own, "//", ".", "a") == [".", "a"]
