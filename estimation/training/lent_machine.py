"""A whole run on a machine that is lent for minutes: `python -m estimation.training.lent_machine PARTS --out OUT`.

Unpacks what `estimation.training.packing` packed, measures steps, takes as many as fit, and measures the network on the
photographs kept out. OUT gets the averaged weights at every checkpoint, one a minute, so that a machine that is taken
back costs a minute's work; at the end the network as ONNX, and the log. JAX runs it unless `KERAS_BACKEND` says
otherwise. Options that are not its own it gives to `estimation.training.train`.
"""

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from estimation.training import packing, train

_RESERVE_S = 45.0
"""Left for the measuring at the end."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return 0, or 2 after one sentence about what the user can fix."""
    start = time.perf_counter()
    parser = argparse.ArgumentParser(prog="python -m estimation.training.lent_machine", description=__doc__)
    parser.add_argument("parts", type=Path, help="folder of the parts")
    parser.add_argument("--out", type=Path, required=True, help="where weights and log go")
    parser.add_argument("--recipe", default="gpu", help="a table of recipes.toml")
    parser.add_argument("--minutes", type=float, default=10.0, help="until the end, unpacking and measuring included")
    parser.add_argument("--count", type=int, help="measure on the first so many pictures kept out alone")
    args, more = parser.parse_known_args(argv)  # what is not known is for the training
    os.environ.setdefault("KERAS_BACKEND", "jax")
    args.out.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            packing.unpack(args.parts, folder)
            left = args.minutes - (time.perf_counter() - start + _RESERVE_S) / 60
            _train_and_measure(args, more, folder, left)
    except (ValueError, OSError) as error:
        print(f"lent_machine: {error}", file=sys.stderr)
        return 2
    print(f"lent_machine: done after {time.perf_counter() - start:.0f} s")
    return 0


def _train_and_measure(args: argparse.Namespace, more: Sequence[str], folder: Path, minutes: float) -> None:
    places = {"photos": packing.PHOTOS, "rendered-people": packing.RENDERED, "teacher": packing.TEACHER, "run": "run"}
    options = [word for name, place in places.items() for word in (f"--{name}", str(folder / place))]
    options += ["--minutes", f"{minutes:.3f}", "--weights", str(args.out / "trained.npz"), *more]
    try:
        weights = train.train(train.parse([args.recipe, *options]))
    finally:
        if (log := folder / "run" / "log.csv").exists():
            shutil.copy(log, args.out / "log.csv")
    # Not above: they start Keras.
    from estimation.export import export
    from estimation.training import evaluate

    network = weights.with_suffix(".onnx")
    export(weights, network)
    count = [] if args.count is None else ["--count", str(args.count)]
    photos = ["--images", str(folder / packing.PHOTOS), "--held-out", "--height", "368"]
    if evaluate.main(["--network", str(network), *photos, *count]):
        raise ValueError(f"The network in {network} could not be measured.")


if __name__ == "__main__":
    sys.exit(main())
