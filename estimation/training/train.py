"""Train the compact network: `python -m estimation.training.train two_cores --photos DIR`.

Rendered people and photographs are mixed; a teacher fills in what nobody labelled. All numbers are in
`recipes.toml`. The run lives in one folder: the rendered pictures, the state after the last checkpoint, the log.
Start the same command again and it goes on from there; seeds are fixed, and what a step sees depends on its number
alone. The result is `compact.npz` in the run's folder, the averaged weights.

The code is backend-neutral: set `KERAS_BACKEND` to `tensorflow`, `jax` or `torch`.
"""

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from estimation.backend import import_quietly
from estimation.training.batches import BatchMaker
from estimation.training.cutouts import render_cutouts
from estimation.training.dataset import Example, held_out, load_examples
from estimation.training.recipes import load_recipe
from estimation.training.render import render_folder
from estimation.training.runs import Run

_CHANGES = ("steps", "rate", "hint", "precision", "rendered", "loaders")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return 0, or 2 after one sentence about what the user can fix."""
    args = _parser().parse_args(argv)
    try:
        recipe = load_recipe(args.recipe, **{name: getattr(args, name) for name in _CHANGES})
        photos = load_examples(args.photos) if args.photos else {}
        # Not above: processes that render or prepare batches begin by importing this module, and need no Keras.
        loop = import_quietly("estimation.training.loop")
        trainee, teacher = loop.set_up(recipe, seed=args.seed, teacher=args.teacher, start=args.start)
        run = Run(args.run)
        run.check_recipe(recipe.steps)
        # Last, because it takes minutes.
        render_folder(run.folder / "rendered", recipe.rendered, seed=args.seed)
        pools, kept_out = picture_pools(load_examples(run.folder / "rendered").values(), photos)
        maker = BatchMaker(pools, render_cutouts(recipe.cutouts, seed=args.seed), recipe, args.seed)
    except (ValueError, OSError) as exc:
        print(f"train: {exc}", file=sys.stderr)
        return 2
    loop.train(trainee, maker, run, teacher=teacher, kept_out=kept_out, stop=args.stop)
    return 0


def picture_pools(rendered: Iterable[Example], photos: dict[int, Example]) -> tuple[list[list[Example]], list[Example]]:
    """Sort the pictures by what their labels are worth.

    Parameters
    ----------
    rendered : iterable of Example
    photos : dict of int to Example
        By image id.

    Returns
    -------
    pools : list of list of Example
        Rendered pictures, photographs in which everybody is labelled or boxed, and other ones, as the shares of a
        recipe want them; any may be empty. Photographs that are `held_out` or without anybody to learn from are in
        none.
    kept_out : list of Example
        The held-out photographs.
    """
    kept_out = held_out(photos)
    seen = [example for number, example in photos.items() if number not in kept_out and len(example.boxes)]
    complete, partial = ([example for example in seen if example.is_complete is wanted] for wanted in (True, False))
    return [list(rendered), complete, partial], list(kept_out.values())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m estimation.training.train", description=__doc__)
    parser.add_argument("recipe", help="a table of recipes.toml: `two_cores` or `gpu`")
    parser.add_argument("--run", type=Path, default=Path("runs/compact"), help="folder of this run")
    parser.add_argument("--photos", type=Path, help="folder of photographs with COCO keypoints")
    parser.add_argument("--teacher", type=Path, help="weights of the teacher; without it only the labels teach")
    parser.add_argument("--start", type=Path, help="weights to start from, instead of random ones")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--stop", type=int, metavar="STEP", help="stop after this step; the schedule stays")
    changes = parser.add_argument_group("instead of the recipe's own")
    changes.add_argument("--steps", type=int, help="all steps of the run")
    changes.add_argument("--rate", type=float, help="highest learning rate")
    changes.add_argument("--hint", type=float, help="weight of the teacher's features")
    changes.add_argument("--precision", help="`float32`, `mixed_bfloat16`, or the one that is `faster`")
    changes.add_argument("--rendered", type=int, help="pictures to render: few for a trial of some steps")
    changes.add_argument("--loaders", type=int, help="processes that prepare batches; 0 for a thread of this process")
    return parser


if __name__ == "__main__":
    sys.exit(main())
