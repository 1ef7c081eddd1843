"""Start Keras and TensorFlow late, and without the lines that they print about themselves."""

import contextlib
import importlib
import os
import re
import tempfile
from collections.abc import Iterator
from types import ModuleType

_HEAVY = {"keras", "tensorflow", "jax", "torch", "onnx"}
"""What only some networks need, and what a small installation has not."""

_CHATTER = re.compile(rb"(?m)^(WARNING: All log messages before absl::InitializeLog|I\d{4} ).*\n?")


class MissingPackageError(ValueError):
    """A package is not installed that this network needs; the message is one that a user can act on."""


def import_quietly(name: str) -> ModuleType:
    """Import a module that starts TensorFlow, and leave out what TensorFlow says of itself on the way.

    Parameters
    ----------
    name : str
        Full name of the module.

    Returns
    -------
    module : ModuleType
        As `importlib.import_module` gives it. Whoever sets ``TF_CPP_MIN_LOG_LEVEL`` sees every line as it is.

    Raises
    ------
    MissingPackageError
        If Keras, TensorFlow or another backend of Keras is needed and not installed.
    """
    try:
        if "TF_CPP_MIN_LOG_LEVEL" in os.environ:
            return importlib.import_module(name)
        os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"  # Level 2 still complains that there is no GPU.
        with _without_chatter():
            return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name not in _HEAVY:
            raise
        raise MissingPackageError(
            "The lab's network, weights in a .npz file and training need Keras and TensorFlow, and writing ONNX needs "
            f"onnx; {error.name} is not installed. Install them: python -m pip install tensorflow keras onnx"
        ) from error


@contextlib.contextmanager
def _without_chatter() -> Iterator[None]:
    # TensorFlow's first lines heed no setting: they are written before its log is set up. So they are caught where
    # they are written, at descriptor 2, and all other lines are handed on.
    try:
        stderr = os.dup(2)
    except OSError:  # A window without a console has no descriptor 2, and nobody to chatter to.
        yield
        return
    with tempfile.TemporaryFile() as caught:
        os.dup2(caught.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
            caught.seek(0)
            os.write(2, _CHATTER.sub(b"", caught.read()))
