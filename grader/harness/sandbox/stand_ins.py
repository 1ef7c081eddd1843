"""Stands in for packages that are well known and not there: imported without an error, an error at the first use.

Many import what they do not use when it is graded: a package to draw with, a network. What they do with it before it
is of use is let pass: to name a part of it, also as a type, to inherit from it, to change a setting of it.
"""

from __future__ import annotations

import numbers
from typing import Any

from grader.harness.sandbox.notes import note

PACKAGES = (
    *("Cython", "IPython", "PIL", "absl", "albumentations", "bokeh", "cupy", "cv2", "dask", "einops", "flax", "gdown"),
    *("google", "graphviz", "h5py", "igraph", "imageio", "imutils", "ipywidgets", "jax", "joblib", "keras"),
    *("lightgbm", "lightning", "loguru", "matplotlib", "mediapipe", "moviepy", "mpl_toolkits", "mxnet", "natsort"),
    *("networkx", "numba", "numexpr", "onnx", "onnxruntime", "pandas", "plotly", "polars", "prettytable", "psutil"),
    *("pyarrow", "pycocotools", "pydantic", "pygame", "pylab", "pytorch_lightning", "requests", "rich", "scipy"),
    *("seaborn", "shapely", "skimage", "sklearn", "statsmodels", "sympy", "tabulate", "tensorboard"),
    *("tensorflow", "tensorflow_addons", "tensorflow_datasets", "tensorflow_hub", "termcolor", "tf_keras"),
    *("tf_netbuilder", "tf_netbuilder_ext", "timm", "tkinter", "torch", "torchaudio", "torchsummary", "torchvision"),
    *("tqdm", "transformers", "turtle", "ultralytics", "wandb", "xgboost", "yaml"),
)
"""Packages that get a stand-in where they are not there."""

_SETTINGS = (
    *("matplotlib.use", ".style.use", ".rcParams.update", ".pyplot.ion", ".pyplot.ioff", ".pyplot.switch_backend"),
    *("seaborn.set", "seaborn.set_theme", "seaborn.set_style", "pandas.set_option", ".set_printoptions"),
    *("torch.manual_seed", ".random.set_seed", ".set_num_threads", ".setNumThreads", ".setUseOptimized"),
    *(".ocl.setUseOpenCL", ".logging.set_verbosity", ".set_grad_enabled"),
)
"""Ends of names of functions that change a setting and answer nothing."""

_USES = (
    *("iter", "next", "reversed", "len", "contains", "getitem", "delitem", "bool", "int", "float", "complex"),
    *("index", "round", "trunc", "floor", "ceil", "enter", "exit", "await", "aiter", "anext", "aenter", "aexit"),
    *("lt", "le", "gt", "ge", "neg", "pos", "abs", "invert", "divmod", "rdivmod", "array", "bytes", "fspath"),
    *(f"{side}{name}" for side in ("", "r", "i") for name in ("add", "sub", "mul", "matmul", "truediv", "floordiv")),
    *(f"{side}{name}" for side in ("", "r", "i") for name in ("mod", "pow", "lshift", "rshift", "and", "xor")),
)


class Unavailable(ImportError):  # noqa: N818 - a student reads it
    """Something that is not there was used.

    Attributes
    ----------
    package : str
        Whose it is: ``"matplotlib"`` of ``matplotlib.pyplot.plot``.
    """

    def __init__(self, package: str, name: str) -> None:
        note("used", package)
        super().__init__(f"{name} is not available here")
        self.package = package


class StandIn:
    """A package that is not there, or a part of it, whatever the part would be."""

    __all__ = ()

    def __init__(self, package: str, name: str) -> None:
        self._package = package
        self._name = name

    def __getattr__(self, name: str) -> StandIn:
        if name.startswith("__") and name != "__version__":  # Python and NumPy ask everything for these
            raise AttributeError(name)
        part = StandIn(self._package, f"{self._name}.{name}")
        setattr(self, name, part)
        return part

    def __call__(self, *_: object, **__: object) -> None:
        """Let a call pass that changes a setting; every other one is a use."""
        if not self._name.endswith(_SETTINGS):
            self._refuse()

    def __setitem__(self, _key: object, _value: object) -> None:
        """Let a setting pass."""

    def __repr__(self) -> str:
        return f"<{self._name} is not available>"

    def __format__(self, style: str) -> str:
        if style:
            self._refuse()
        return repr(self)

    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        if isinstance(other, (str, numbers.Number)):  # not a type: Python compares those in annotations
            self._refuse()
        return other is self

    def __or__(self, other: Any) -> StandIn:  # noqa: ANN401 - one of two types, in an annotation
        if other is not None and not isinstance(other, (type, StandIn)) and not hasattr(other, "__origin__"):
            self._refuse()
        return self

    __ror__ = __or__

    def __instancecheck__(self, _: object) -> bool:
        return False

    __subclasscheck__ = __instancecheck__

    def __mro_entries__(self, _: object) -> tuple[type]:
        """Be a class to inherit from, which cannot have an instance."""
        return (type(self._name.rpartition(".")[2], (), {"__new__": lambda *_, **__: self._refuse()}),)

    def _refuse(self, *_: Any, **__: Any) -> None:  # noqa: ANN401 - of whatever use
        raise Unavailable(self._package, self._name)


for _name in _USES:
    setattr(StandIn, f"__{_name}__", vars(StandIn)["_refuse"])
