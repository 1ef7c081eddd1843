"""Packages that are known and not there: let pass when they are imported, told when they are used."""

from textwrap import dedent

import numpy as np
import pytest

from grader.harness.results import Verdict
from grader.harness.sandbox.imports import _full_name
from grader.harness.sandbox.stand_ins import PACKAGES

ROWS = np.arange(40.0).reshape(2, 20)
MERGE = "\ndef merge(subset): return subset\n"
PASSED = "{} is not available when merge.py is graded; the import was let pass because nothing of it was used."
FAILED = "{} is not available when merge.py is graded; the import was let pass, and what used it failed."

LET_PASS = {
    "package": ("import cv2", ["cv2"]),
    "other_name": ("import matplotlib.pyplot as plt\nplt.plot", ["matplotlib"]),
    "parts": ("import scipy.sparse.csgraph\nscipy.sparse.csgraph.connected_components", ["scipy"]),
    "from": ("from scipy.sparse import coo_matrix, csr_matrix as csr", ["scipy"]),
    "lines": ("from torch import (\n    Tensor,\n    nn,\n)", ["torch"]),
    "several": ("import os, PIL, sklearn.cluster, sys\nos.name, sys.path", ["PIL", "sklearn"]),
    "everything": ("from tqdm import *", ["tqdm"]),
    "in_a_function": ("def draw(rows):\n    import seaborn as sns\n    sns.heatmap(rows)", []),
    "in_merge": ("def merge(subset):\n    import pandas\n    return subset", ["pandas"]),
    "handler": ("try:\n    import nothing\nexcept ImportError:\n    import cupy", ["cupy"]),
    "windows": ("from tkinter import N\nimport turtle", ["tkinter", "turtle"]),
    "annotation": ("import torch\ndef f(a: torch.Tensor, b: 'torch.Size') -> torch.nn.Module: ...", ["torch"]),
    "either": (
        "import torch, numpy as np\ndef f(a: torch.Tensor | None, b: np.ndarray | torch.Tensor): ...",
        ["torch"],
    ),
    "typing": (
        "import torch\nfrom typing import *\nx: Optional[List[Union[torch.Tensor, torch.Size, int]]]",
        ["torch"],
    ),
    "instance": ("import torch\nassert not isinstance(3, (torch.Tensor, str))", ["torch"]),
    "subclass": ("import torch.nn as nn\nassert not issubclass(int, nn.Module)\nclass Net(nn.Module): pass", ["torch"]),
    "setting": ("import matplotlib.pyplot as plt\nplt.rcParams['font.size'] = 3\nplt.flag = 1", ["matplotlib"]),
    "setting_by_a_call": (
        "import matplotlib as m, torch as t\nm.use('Agg')\nt.manual_seed(1)",
        ["matplotlib", "torch"],
    ),
    "version": ("import cv2\nprint(cv2.__version__, f'{cv2}')", ["cv2"]),
    "default": ("import cv2\ndef draw(how=cv2.INTER_LINEAR): return how", ["cv2"]),
    "dataclass": (
        "from dataclasses import dataclass\nimport torch\n@dataclass\nclass A:\n    b: torch.Tensor = None\nA(1)",
        ["torch"],
    ),
    "reference": ("from estimation.coordinates import get_coordinates", ["estimation.coordinates"]),
    "relative": ("from .connections import get_connections", ["estimation.connections"]),
    "module": ("from . import config, renderers\nconfig.BodyPart.nose", ["estimation.renderers"]),
    "several_of_package": (
        "from . import (\n    config,\n    renderers,\n)\nconfig.BodyPart, renderers",
        ["estimation.renderers"],
    ),
    "of_package": ("from estimation import estimators, config", ["estimation.estimators"]),
    "dotted": ("import estimation.renderers\nestimation.renderers.draw", ["estimation.renderers"]),
    "dotted_as": ("import estimation.scripts.renderers as r\nr.draw", ["estimation.scripts.renderers"]),
    "published": ("from scripts.renderers import draw", ["scripts.renderers"]),
    "bare": ("from connections import Connection", ["connections"]),
}


@pytest.mark.parametrize(("source", "packages"), LET_PASS.values(), ids=LET_PASS)
def test_import_of_what_is_not_there_is_let_pass(either, source, packages):
    source = source if "def merge" in source else source + MERGE
    with either.open(source) as session:
        reply = session.call("merge", [ROWS])

    assert reply.failure is None, reply.failure
    assert np.array_equal(reply.answer, ROWS)
    assert [remark for remark in session.remarks if "stood for" not in remark] == [PASSED.format(p) for p in packages]


USES = {
    "call": "torch.tensor(3)",
    "package": "torch()",
    "sum": "1 + torch.pi",
    "product_in_place": "x = 2.0; x *= torch.pi",
    "array": "np.asarray(torch.pi)",
    "array_sum": "np.ones(3) + torch.pi",
    "iteration": "list(torch.Tensor)",
    "unpacking": "a, b = torch.Size",
    "item": "torch.backends['cuda']",
    "length": "len(torch.Tensor)",
    "truth": "3 if torch.backends else 4",
    "comparison": "torch.pi > 3",
    "equality": "torch.pi == 3",
    "context": "with torch.autograd: pass",
    "instance_of_subclass": "class Net(torch.nn.Module): pass\n    Net()",
    "float": "float(torch.pi)",
    "membership": "3 in torch.Size",
    "format": "f'{torch.pi:.2f}'",
    "unknown_name": "tensor(3)",
}


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_use_of_what_is_not_there_is_told(either, use):
    star = "from torch import *\n" if "torch" not in use else ""
    source = f"{star}import numpy as np\nimport torch\ndef merge(subset):\n    {use}\n    return subset"
    with either.open(source) as session:
        failure = session.call("merge", [ROWS]).failure
    line = use.rpartition("\n")[2].strip()

    assert failure.verdict is Verdict.CRASHED
    n = source.splitlines().index("    " + line) + 1
    assert str(failure.explanation) == (
        "merge() must return an array of shape (n_people, 20); torch is not available when merge.py is graded, and was "
        f"used in line {n} of merge.py: {line}. Leave it out: merge.py needs only NumPy."
    )
    assert session.remarks == [(PASSED if star else FAILED).format("torch")]


def test_use_while_loading_is_told(either):
    with either.open("import matplotlib.pyplot as plt\nplt.plot([1])" + MERGE) as session:
        failure = session.load()

    assert str(failure.explanation) == (
        "merge.py must be imported without an error; matplotlib is not available when merge.py is graded, and was used "
        "in line 2 of merge.py: plt.plot([1]). Leave it out: merge.py needs only NumPy."
    )
    assert failure.traceback.endswith("Unavailable: matplotlib.pyplot.plot is not available here")


def test_use_that_is_caught_is_remarked(either):
    source = (
        "import cv2\ndef merge(subset):\n    try:\n        cv2.imwrite('a.png', subset)\n    except Exception: pass"
    )
    with either.open(source + "\n    return subset") as session:
        assert session.call("merge", [ROWS]).failure is None

    assert session.remarks == [FAILED.format("cv2")]


GUARDED = {
    "try": "try:\n    import scipy.sparse as s\nexcept ImportError:\n    s = None",
    "from": "try:\n    from scipy import sparse as s\nexcept ModuleNotFoundError:\n    s = None",
    "anything": "s = None\ntry: from scipy import sparse as s\nexcept: pass",
    "finally": "s = None\ntry:\n    try:\n        import scipy as s\n    finally:\n        pass\nexcept: pass",
    "suppress": "import contextlib\ns = None\nwith contextlib.suppress(ImportError):\n    import scipy as s",
    "in_a_function": "def get():\n    import scipy\n    return scipy\ntry:\n    s = get()\nexcept: s = None",
    "both": "import torch\nif 0:\n    import scipy\ntry:\n    import scipy as s\nexcept ImportError:\n    s = None",
    "find_spec": "import importlib.util as u\n'scipy'\ns = u.find_spec('scipy')",
    "import_module": "import importlib\ns = None\ntry: s = importlib.import_module('scipy')\nexcept ImportError: pass",
    "modules": "import sys, scipy\ns = sys.modules.get('scipy')",
    "other_of_the_lab": "try:\n    from .connections import a as s\nexcept ImportError:\n    s = None",
    "module_of_the_lab": "try:\n    from . import connections as s\nexcept ImportError:\n    s = None",
}


@pytest.mark.parametrize("source", GUARDED.values(), ids=GUARDED)
def test_guarded_import_fails_as_it_should(either, source):
    assert either.call(f"{source}\nassert s is None{MERGE}").failure is None


def test_import_of_another_name_fails(either):
    with either.open("import tqdm\nimport drawing" + MERGE) as session:
        assert session.load().explanation.got.startswith("got ModuleNotFoundError: No module named 'drawing' in line 2")


def test_import_that_another_one_fails_in_fails(either):
    with either.open("import tqdm" + MERGE, files={"tqdm": b"import nothing"}) as session:
        got = session.load().explanation.got

    assert got == "got ModuleNotFoundError: No module named 'nothing' in line 1 of tqdm.py: import nothing"


@pytest.mark.parametrize(
    ("name", "level", "full"),
    [("x", 0, "x"), ("x", 1, "a.b.c.x"), ("", 1, "a.b.c"), ("x.y", 3, "a.x.y"), ("", 2, "a.b")],
)
def test_relative_name_is_resolved(name, level, full):
    assert _full_name(name, {"__package__": "a.b.c"}, level) == full


def test_import_outside_a_statement_fails(either):
    with either.open("import tqdm\n__import__('scipy')" + MERGE) as session:
        got = session.load().explanation.got

    assert got == "got ModuleNotFoundError: No module named 'scipy' in line 2 of merge.py: __import__('scipy')"


def test_what_is_there_is_not_replaced(either):
    source = "import tqdm, numpy.linalg as la, json\nassert la.norm([3, 4]) == 5\nassert json.dumps(1) == '1'"
    assert either.call(source + MERGE).failure is None


def test_imports_stay_python_s_own_without_a_known_package(plain):
    source = "import builtins\nassert type(builtins.__import__).__name__ == 'builtin_function_or_method'"
    assert plain.call(source + MERGE).failure is None


def test_file_beside_it_is_preferred(either):
    source = dedent("""
        import cv2
        from .connections import get
        def merge(subset): return subset + cv2.n + get()
    """)
    with either.open(source, files={"cv2": b"n = 2", "connections": b"def get(): return 3"}) as session:
        assert np.array_equal(session.call("merge", [ROWS]).answer, ROWS + 5)


def test_import_in_a_file_beside_it_is_let_pass(either):
    files = {"drawing": b"import cv2\ndef draw(rows):\n    return cv2.imread('x')\n"}
    source = "import drawing\ndef merge(subset):\n    return drawing.draw(subset) if len(subset) == 1 else subset"
    with either.open(source, files=files) as session:
        assert session.call("merge", [ROWS]).failure is None
        failure = session.call("merge", [ROWS[:1]]).failure

    assert failure.explanation.got == (
        "cv2 is not available when merge.py is graded, and was used in line 3 of drawing.py: return cv2.imread('x')"
    )


def test_guard_around_a_file_beside_it_holds(either):
    files = {"drawing": b"import cv2\n"}
    source = "try:\n    import drawing\nexcept ImportError:\n    drawing = None\nassert drawing is None" + MERGE
    with either.open(source, files=files) as session:
        assert session.load() is None


def test_packages_are_listed_once():
    assert len(set(PACKAGES)) == len(PACKAGES)
    assert all(name.isidentifier() for name in PACKAGES)
