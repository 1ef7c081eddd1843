"""Compiled functions, with and without a place for their machine code, and with one that is broken."""

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from estimation import compilation
from estimation.compilation import compiled

REPOSITORY = Path(__file__).resolve().parent.parent.parent

SOURCE = """
from estimation.compilation import compiled

@compiled
def add_all(numbers, start):
    total = start
    for number in numbers:
        total = add(total, number)
    return total

@compiled
def add(one, other):
    return one + other
"""


def add_one(number):
    return number + 1


def test_compiled_function_works_when_no_cache_can_be_written(monkeypatch):
    # Numba asks its locators for a folder in turn; without any it refuses to cache, as on a read-only machine.
    monkeypatch.setattr("numba.core.caching.CacheImpl._locator_classes", [])
    assert compiled(add_one)(2) == 3


def test_compiled_function_keeps_its_machine_code(monkeypatch, tmp_path):
    monkeypatch.setattr("numba.core.config.CACHE_DIR", str(tmp_path))
    assert compiled(add_one)(2) == 3
    assert list(tmp_path.rglob("*.nbc"))


def test_compiled_arithmetic_is_not_fused():
    # With a fused multiply-add the product would keep the last bits that plain float64 rounds away.
    def multiply_add(a, b, c):
        return a * b + c

    a = 1.0 + 2.0**-30
    assert compiled(multiply_add)(a, a, -1.0) == a * a - 1.0
    assert compiled(multiply_add)(np.float64(a), a, -(a * a)) == 0.0


def test_compiled_division_by_zero_is_numpys(monkeypatch, tmp_path):
    monkeypatch.setattr("numba.core.config.CACHE_DIR", str(tmp_path))  # compiled anew

    def divide(a, b):
        return a / b

    assert compiled(divide)(1.0, 0.0) == np.inf
    assert np.isnan(compiled(divide)(0.0, 0.0))


def loader(monkeypatch, folder):
    """Return the function that loads the same source anew, as another start of Python does, under any name."""
    monkeypatch.setattr("numba.core.config.CACHE_DIR", "")  # beside the source
    path = folder / "adding.py"
    path.write_text(SOURCE, encoding="utf-8")

    def load_as(name):
        spec = importlib.util.spec_from_file_location(name, path)
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, name, module)
        spec.loader.exec_module(module)
        return module.add_all

    return load_as


@pytest.fixture
def load(tmp_path, monkeypatch):
    return loader(monkeypatch, tmp_path)


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """Compile once, and give the folder of the machine code."""
    folder = tmp_path_factory.mktemp("filled")
    with pytest.MonkeyPatch.context() as patch:
        assert loader(patch, folder)("adding")(np.arange(5), 1) == 11
    return folder / "__pycache__"


@pytest.fixture
def cache(filled, tmp_path):
    """Give the source of `load` a full cache, and its folder."""
    return shutil.copytree(filled, tmp_path / "__pycache__")


def n_read(function):
    """Count the calls whose machine code came out of a file."""
    return sum(function.stats.cache_hits.values())


def test_warm_cache_is_used(load, cache):
    before = {path: path.read_bytes() for path in cache.glob("*.nb?")}
    add_all = load("adding")

    assert add_all(np.arange(5), 1) == 11
    assert n_read(add_all) == 1
    assert {path: path.read_bytes() for path in cache.glob("*.nb?")} == before


def garbage(data):
    return b"no pickle" * 9


def nothing(data):
    return b""


def half(data):
    return data[: len(data) // 2]


def one_byte_less(data):
    return data[:-1]


def one_bit_changed(data):
    """Change a bit in the middle: of machine code, where a pickle would not notice."""
    place = len(data) // 2
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


@pytest.mark.parametrize("ending", ["nbi", "nbc"], ids=["index", "code"])
@pytest.mark.parametrize(
    "harm", [garbage, nothing, half, one_byte_less, one_bit_changed], ids=lambda harm: harm.__name__
)
def test_broken_cache_costs_a_compilation_only(load, cache, ending, harm):
    files = list(cache.glob(f"*.{ending}"))
    assert files
    for path in files:
        path.write_bytes(harm(path.read_bytes()))
    add_all = load("adding")

    assert add_all(np.arange(5), 1) == 11
    assert n_read(add_all) == 0

    again = load("adding")  # What was broken is whole again.
    assert again(np.arange(5), 1) == 11
    assert n_read(again) == 1


def test_cache_of_a_module_that_is_gone_costs_a_compilation_only(load, monkeypatch):
    assert load("merge_of_somebody")(np.arange(5), 1) == 11
    monkeypatch.delitem(sys.modules, "merge_of_somebody")
    # Numba looks here first, and asks for the module only where it was never loaded, as after a new start.
    monkeypatch.setattr("numba.core.environment.Environment._memo", {})
    add_all = load("adding")

    assert add_all(np.arange(5), 1) == 11
    assert n_read(add_all) == 0


def test_cache_that_becomes_read_only_is_done_without(load, cache):
    add_all = load("adding")
    shutil.rmtree(cache)
    cache.write_bytes(b"")  # a file, because what chmod closes is open to an administrator

    assert add_all(np.arange(5), 1) == 11


def test_cache_on_a_full_disk_is_done_without(load, cache, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("numba.core.caching.IndexDataCacheFile._open_for_write", full)
    add_all = load("adding")

    assert add_all(np.arange(5.0), 1.0) == 11
    assert n_read(add_all) == 0


@pytest.mark.parametrize("fault", [ModuleNotFoundError("No module"), ImportError("Numba needs NumPy 2.4 or less")])
def test_loops_run_as_python_where_numba_does_not(monkeypatch, fault):
    class Refusing:
        def find_spec(self, name, *_):
            if name == "numba":
                raise fault

    for name in [name for name in sys.modules if name.split(".")[0] == "numba"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [Refusing(), *sys.meta_path])
    spec = importlib.util.spec_from_file_location("compilation_alone", compilation.__file__)
    alone = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(alone)

    assert alone.compiled(add_one) is add_one


CHAIN = """
import hashlib, sys
if "without" in sys.argv:
    class Refusing:
        def find_spec(self, name, *_):
            if name == "numba":
                raise ModuleNotFoundError(name)
    sys.meta_path.insert(0, Refusing())
import numpy as np
from estimation.config import get_default_configuration
from estimation.decoding import BETTER, LAB, find_skeletons
from tests.strategies import crowd_maps, random_maps

digest = hashlib.sha256()
for seed in range(6):
    rng = np.random.default_rng(seed)
    for maps in (random_maps(rng, (5, 9), "float32"), crowd_maps(rng, (9, 11), 17)):
        for decoding in (LAB, BETTER):
            found = find_skeletons(get_default_configuration(), *maps, decoding)
            for array in (*found.keypoints, *found.connections, found.skeletons):
                digest.update(array.tobytes())
print("numba" in sys.modules, digest.hexdigest())
"""


def test_chain_gives_the_same_bytes_without_numba():
    answers = [
        subprocess.run(
            [sys.executable, "-W", "error", "-c", CHAIN, *words],
            cwd=REPOSITORY,
            check=True,
            capture_output=True,
            text=True,
        ).stdout.split()
        for words in ([], ["without"])
    ]

    (first, digest), (second, other) = answers
    assert (first, second) == ("True", "False")
    assert digest == other
