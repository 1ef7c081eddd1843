"""The lab's modules under all their names, and files beside the one that is graded."""

import numpy as np
import pytest

from grader.harness.results import Verdict
from grader.harness.sandbox.loading import split_sources
from grader.harness.sandbox.program import Function, Program

ROWS = np.arange(40.0).reshape(2, 20)
MERGE = "\ndef merge(subset): return subset\n"

NAMES = {
    "repository": "from estimation.config import BodyPart",
    "published": "from estimation.scripts.config import BodyPart",
    "published_module": "from estimation.scripts import config\nBodyPart = config.BodyPart",
    "published_dotted": "import estimation.scripts.config as c\nBodyPart = c.BodyPart",
    "inside": "from scripts.config import *",
    "inside_module": "from scripts import config as c\nBodyPart = c.BodyPart",
    "inside_dotted": "import scripts.config\nBodyPart = scripts.config.BodyPart",
    "bare": "import config\nBodyPart = config.BodyPart",
    "relative": "from .config import BodyPart",
    "relative_published": "from .scripts.config import BodyPart",
    "relative_module": "from .scripts import config\nBodyPart = config.BodyPart",
    "relative_package": "from . import scripts\nfrom .scripts import config\nBodyPart = scripts.config.BodyPart",
}


@pytest.mark.parametrize("source", NAMES.values(), ids=NAMES)
def test_module_of_the_lab_is_the_same_under_all_names(either, source):
    source = f"{source}\nfrom estimation.config import BodyPart as Own\nassert BodyPart is Own"
    with either.open(source + MERGE) as session:
        failure = session.load()

    assert failure is None, failure


def test_other_name_of_a_module_is_remarked(either):
    with either.open("from scripts.config import BodyPart\nfrom .config import LIMBS" + MERGE) as session:
        session.load()

    assert session.remarks == ["scripts.config stood for the lab's estimation.config."]


HELPER = b"def helper(rows):\n    return rows + 1\n"
IMPORTED = {
    "absolute": "from utils import helper",
    "module": "import utils\nhelper = utils.helper",
    "relative": "from .utils import helper",
    "relative_module": "from . import utils\nhelper = utils.helper",
    "full": "from estimation.utils import helper",
    "everything": "from utils import *",
    "late": "def helper(rows):\n    from utils import helper\n    return helper(rows)",
    "both_names": "import utils, estimation.utils\nassert utils is estimation.utils\nfrom .utils import helper",
    "found": "import importlib.util as u\nassert u.find_spec('utils')\nfrom utils import helper",
}


@pytest.mark.parametrize("source", IMPORTED.values(), ids=IMPORTED)
def test_file_beside_it_can_be_imported(either, source):
    with either.open(f"{source}\ndef merge(rows): return helper(rows)", files={"utils": HELPER}) as session:
        reply = session.call("merge", [ROWS])

    assert reply.failure is None, reply.failure
    assert np.array_equal(reply.answer, ROWS + 1)
    assert session.remarks == ["utils.py was imported from beside merge.py."]


def test_files_import_each_other_and_the_lab(either):
    files = {
        "first": "# 合併\nfrom .second import k\nfrom .config import N_PARTS\ndef get(): return k + N_PARTS".encode(),
        "second": b"import numpy as np\nimport config\nk = np.float64(config.ABSENT)",
        "third": b"1 / 0",
    }
    with either.open("import first\ndef merge(rows): return rows + first.get()", files=files) as session:
        assert np.array_equal(session.call("merge", [ROWS]).answer, ROWS + 17)
    assert session.remarks == [
        "config stood for the lab's estimation.config.",
        "first.py was imported from beside merge.py.",
        "second.py was imported from beside merge.py.",
    ]


@pytest.mark.parametrize("name", ["merge", "estimation.merge", ".merge"])
def test_file_that_is_graded_can_be_imported_back(either, name):
    files = {"utils": f"from {name} import merge\ndef again(rows): return merge(rows)".encode()}
    source = "def merge(rows): return rows * 2\nimport utils\nassert utils.merge is merge"
    with either.open(source, files=files) as session:
        assert np.array_equal(session.call("merge", [ROWS]).answer, ROWS * 2)


def test_file_beside_it_replaces_nothing_real(either):
    fake = b"raise ValueError('not the real one')"
    files = dict.fromkeys(("numpy", "random", "config", "scripts", "estimation", "merge", "os", "calendar"), fake)
    source = "import calendar, os, random, numpy, config, merge, scripts.config, estimation.scripts.config"
    with either.open(source + MERGE, files=files) as session:
        failure = session.load()

    assert failure is None, failure


def test_name_of_no_module_is_left_out(either):
    files = {"merge - copy": b"", "": b"", "class": b"", "a.b": b"", "utils": HELPER}
    with either.open("from utils import helper" + MERGE, files=files) as session:
        assert session.load() is None
        assert list(session._files) == ["utils"]


def test_files_beside_a_file_without_a_package_can_be_imported(either):
    program = Program("shapes.py", (Function("area", "points"),))
    source = "import utils\nfrom utils import helper\ndef area(points): return helper(points)"
    with either.open(source, program=program, files={"utils": HELPER}) as session:
        assert np.array_equal(session.call("area", [ROWS]).answer, ROWS + 1)


def test_package_without_modules_has_files(either):
    program = Program("shapes.py", (Function("area", "points"),), module="kit.shapes")
    with either.open("from .utils import helper as area", program=program, files={"utils": HELPER}) as session:
        assert np.array_equal(session.call("area", [ROWS]).answer, ROWS + 1)


def test_error_in_a_file_beside_it_is_told_with_its_name(either):
    files = {"utils": b"\n\ndef helper(rows):\n    return rows[7]\n"}
    with either.open("from utils import helper\ndef merge(rows):\n    return helper(rows)", files=files) as session:
        failure = session.call("merge", [ROWS]).failure

    assert failure.explanation.got == (
        "got IndexError: index 7 is out of bounds for axis 0 with size 2 in line 4 of utils.py: return rows[7]"
    )
    assert failure.traceback.splitlines()[1:-1] == [
        '  File "merge.py", line 3, in merge',
        "    return helper(rows)",
        '  File "utils.py", line 4, in helper',
        "    return rows[7]",
    ]


def test_syntax_error_in_a_file_beside_it_is_told_with_its_name(either):
    files = {"utils": b"x = 1\ny = = 2\n"}
    with either.open("import math\nimport utils" + MERGE, files=files) as session:
        failure = session.load()

    assert failure.explanation.got == "got SyntaxError: invalid syntax in line 2 of utils.py: y = = 2"
    assert failure.explanation.advice.startswith(
        "Fix that line, or the end of the one above it, until `python utils.py`"
    )


def test_syntax_error_of_another_text_is_told_where_it_was_raised(either):
    with either.open("x = 1\ncompile('y = =', 'other.py', 'exec')" + MERGE) as session:
        assert session.load().explanation.got.endswith("in line 2 of merge.py: compile('y = =', 'other.py', 'exec')")


def test_file_that_is_not_there_is_asked_for(either):
    with either.open("from utils import helper" + MERGE, files={"other": HELPER}) as session:
        failure = session.load()

    assert failure.verdict is Verdict.CRASHED
    assert str(failure.explanation) == (
        "merge.py must be imported without an error; got ModuleNotFoundError: No module named 'utils' in line 1 of "
        "merge.py: from utils import helper. merge.py can use NumPy, Python's standard library and estimation.config; "
        "'utils' is not available when it is graded. Leave the import out. If it is a file of yours, put it beside "
        "merge.py in the zip."
    )


def test_files_stand_behind_the_source_one_by_one():
    source, files = split_sources(b"abcdef", [["x", 2], ["y", 0], ["z", 1]])

    assert source == b"abc"
    assert files == {"x": b"de", "y": b"", "z": b"f"}
