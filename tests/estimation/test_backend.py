import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from estimation.backend import MissingPackageError, import_quietly

REPOSITORY = Path(__file__).resolve().parents[2]
ESTIMATION = REPOSITORY / "estimation"
CHATTER = b"I0000 00:00:1.2 port.cc:153] oneDNN custom operations are on.\n"


@pytest.fixture
def chatty_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    source = f"import os\nos.write(2, {CHATTER!r} + b'disk is full\\n')\nanswer = os.environ['TF_CPP_MIN_LOG_LEVEL']\n"
    (tmp_path / "chatty_module.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "chatty_module", raising=False)
    return "chatty_module"


def test_import_quietly_drops_chatter_only(chatty_module, monkeypatch, capfd):
    # First set, so that monkeypatch takes back what import_quietly sets.
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "0")
    monkeypatch.delenv("TF_CPP_MIN_LOG_LEVEL")
    assert import_quietly(chatty_module).answer == "3"
    assert capfd.readouterr().err == "disk is full\n"


def test_import_quietly_keeps_chatter_when_user_set_level(chatty_module, monkeypatch, capfd):
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "0")
    assert import_quietly(chatty_module).answer == "0"
    assert capfd.readouterr().err == CHATTER.decode() + "disk is full\n"


def test_import_quietly_works_without_stderr(chatty_module, monkeypatch):
    def no_descriptor(descriptor):
        raise OSError

    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "0")
    monkeypatch.delenv("TF_CPP_MIN_LOG_LEVEL")
    monkeypatch.setattr(os, "dup", no_descriptor)
    assert import_quietly(chatty_module).answer == "3"


@pytest.mark.parametrize("level", [None, "0"], ids=["quiet", "loud"])
def test_import_quietly_says_what_to_install(monkeypatch, level):
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "0")
    if level is None:
        monkeypatch.delenv("TF_CPP_MIN_LOG_LEVEL")
    monkeypatch.setitem(sys.modules, "keras", None)
    monkeypatch.delitem(sys.modules, "estimation.normalisation", raising=False)

    message = (
        r"^The lab's network, weights in a \.npz file and training need Keras and TensorFlow, and writing ONNX needs "
        r"onnx; keras is not installed\. Install them: python -m pip install tensorflow keras onnx$"
    )
    with pytest.raises(MissingPackageError, match=message):
        import_quietly("estimation.normalisation")


def test_import_quietly_leaves_other_missing_modules_as_they_are():
    with pytest.raises(ModuleNotFoundError, match="no_such_module"):
        import_quietly("no_such_module")


def imports_of(path: Path) -> set[str]:
    """List what a file imports when it is imported itself: its imports without indentation."""
    lines = re.findall(r"^(?:from (\S+) )?import (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {f"{package}.{name}" if package else name for package, names in lines for name in names.split(", ")}


def test_collecting_tests_starts_no_tensorflow():
    # Every process that runs tests collects all of them; `Late` puts the start off.
    modules = {".".join(path.relative_to(REPOSITORY).with_suffix("").parts): path for path in ESTIMATION.rglob("*.py")}
    starts = ["keras", "tensorflow", *(name for name, path in modules.items() if "keras" in imports_of(path))]
    assert "estimation.training.lesson" in starts

    for path in [*(REPOSITORY / "tests" / "estimation").rglob("*.py"), *(REPOSITORY / "tests").glob("*.py")]:
        assert not [name for name in imports_of(path) for start in starts if f"{name}.".startswith(f"{start}.")], path


@pytest.mark.slow
def test_networks_start_late_and_in_silence():
    source = (
        "import sys, estimation.networks, estimation.download\n"
        "assert not {'keras', 'tensorflow', 'jax', 'torch'} & set(sys.modules)\n"
        "estimation.networks.import_quietly('keras').ops.zeros(1)"
    )
    environment = {name: value for name, value in os.environ.items() if name != "TF_CPP_MIN_LOG_LEVEL"}
    command = [sys.executable, "-c", source]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
