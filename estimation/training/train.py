"""Train a network: `python -m estimation.training.train two_cores --photos DIR --teacher FILE --minutes 150`.

Rendered people and photographs are mixed; a teacher fills in what nobody labelled. All numbers are in
`recipes.toml`. The run lives in one folder: the rendered pictures, the last checkpoint, the log. Start the same
command again and it goes on from there; seeds are fixed, and what a step sees depends on its number alone. The result
is the averaged weights, `NETWORK.npz` in the run's folder.

The code is backend-neutral: `KERAS_BACKEND` may be `tensorflow`, which is faster on a processor, or `jax`, which needs
no TensorFlow and is for a GPU.
"""

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from estimation.backend import import_quietly
from estimation.training.dataset import Example, held_out, load_examples
from estimation.training.photographs import Photograph, decode, describe_faults
from estimation.training.recipes import load_recipe
from estimation.training.render import render_folder
from estimation.training.runs import Run
from estimation.training.squares import BatchMaker

_CHANGES = ("network", "begins", "steps", "rate", "hint", "mix", "precision", "rendered", "loaders")

_LOG_EVERY = 50


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return 0, or 2 after one sentence about what the user can fix."""
    args = parse(argv)
    try:
        train(args)
    except (ValueError, OSError) as exc:
        print(f"train: {exc}", file=sys.stderr)
        return 2
    return 0


def train(args: argparse.Namespace) -> Path:
    """Train as the command line says.

    Returns
    -------
    weights : Path
        The averaged weights.

    Raises
    ------
    ValueError, OSError
        If there is nothing to learn from, weights or a checkpoint cannot be read, or no checkpoint be written.
    """
    recipe = load_recipe(args.recipe, **{name: getattr(args, name) for name in _CHANGES})
    run = Run(args.run, recipe.name, args.weights)
    run.check_steps(recipe.steps if args.minutes is None else sys.maxsize)
    photos = load_examples(args.photos) if args.photos else {}
    # Not above: processes that render begin by importing this module, and need no Keras.
    budget, distillation, loop = (
        import_quietly(f"estimation.training.{name}") for name in ("budget", "distillation", "loop")
    )
    trainee = distillation.set_up(
        recipe, seed=args.seed, teacher=args.teacher, start=args.start, examples=to_learn_from(photos)
    )
    # Late, because it takes minutes.
    rendered = args.rendered_people or run.folder / "rendered"
    if not args.rendered_people:
        render_folder(rendered, recipe.rendered, seed=args.seed)
    pools, kept_out = picture_pools(load_examples(rendered).values(), photos)
    maker = BatchMaker(pools, recipe, args.seed)
    if args.minutes is not None:
        recipe = budget.fit_to_minutes(recipe, trainee, maker, args.minutes, behind=run.steps_behind())
        maker = BatchMaker(pools, recipe, args.seed)
        print(f"train: {recipe.steps} steps fit into {args.minutes:g} minutes", file=sys.stderr)
    last_step = recipe.steps if args.stop is None else min(args.stop, recipe.steps)
    schedule = loop.Schedule(
        last_step,
        recipe.rate_at,
        lambda step: recipe.squares_at(step).size_px,
        recipe.checkpoint_every,
        _LOG_EVERY,
        recipe.loaders,
    )
    loop.train(trainee, maker, schedule, run, distillation.held_out_batch(kept_out, recipe.mix))
    return run.weights_of(trainee)


def to_learn_from(photos: dict[int, Example]) -> list[Example]:
    """Give the photographs that training sees: not those that are `held_out`, and somebody must be labelled."""
    kept_out = held_out(photos)
    return [example for number, example in photos.items() if number not in kept_out and len(example.boxes)]


def picture_pools(
    rendered: Iterable[Example], photos: dict[int, Example]
) -> tuple[list[list[Photograph]], list[Photograph]]:
    """Decode the pictures, and sort them by what their labels are worth; say how many cannot be read, and which.

    Parameters
    ----------
    rendered : iterable of Example
    photos : dict of int to Example
        By image id.

    Returns
    -------
    pools : list of list of Photograph
        Rendered pictures, photographs in which everybody is labelled or boxed, and other ones, as the shares of a
        recipe want them; any may be empty. Photographs that there is nothing `to_learn_from` are in none.
    kept_out : list of Photograph
        The held-out photographs.
    """
    seen = to_learn_from(photos)
    complete, partial = ([example for example in seen if example.is_complete is wanted] for wanted in (True, False))
    decoded = [decode(examples) for examples in (rendered, complete, partial, held_out(photos).values())]
    if faults := [fault for _, found in decoded for fault in found]:
        print(f"train: {describe_faults(faults)}", file=sys.stderr)
    *pools, kept = (photographs for photographs, _ in decoded)
    return pools, kept


def parse(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m estimation.training.train", description=__doc__)
    parser.add_argument("recipe", help="a table of recipes.toml: `two_cores` or `gpu`")
    parser.add_argument("--run", type=Path, default=Path("runs/compact"), help="folder of this run")
    parser.add_argument("--weights", type=Path, help="where the averaged weights go; in the run's folder by default")
    parser.add_argument("--photos", type=Path, help="folder of photographs with COCO keypoints")
    parser.add_argument("--rendered-people", type=Path, metavar="DIR", help="a folder of `render`, instead of new ones")
    parser.add_argument("--teacher", type=Path, help="weights of the teacher; without it only the labels teach")
    parser.add_argument("--start", type=Path, help="weights to start from")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--minutes", type=float, metavar="M", help="measure a step, and take as many as fit")
    parser.add_argument("--stop", type=int, metavar="STEP", help="stop after this step; the schedule stays")
    changes = parser.add_argument_group("instead of the recipe's own")
    changes.add_argument("--network", help="which network learns")
    changes.add_argument("--begins", help="`teacher` or `nothing`")
    changes.add_argument("--steps", type=int, help="all steps of the run")
    changes.add_argument("--rate", type=float, help="highest learning rate")
    changes.add_argument("--hint", type=float, help="weight of the teacher's features")
    changes.add_argument("--mix", type=float, help="share of the teacher's maps in the labels of photographs")
    changes.add_argument("--precision", help="`float32`, `mixed_bfloat16`, or the one that is `faster`")
    changes.add_argument("--rendered", type=int, help="pictures to render: few for a trial of some steps")
    changes.add_argument("--loaders", type=int, help="threads that prepare batches")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
