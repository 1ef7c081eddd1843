"""Train the compact network: `python -m estimation.training.train --photos DIR`.

Rendered people and photographs are mixed. The run lives in one folder: the rendered pictures, the state after the
last checkpoint, the loss so far. Start the same command again and it goes on from there; seeds are fixed, and what
a step sees depends on its number alone. The result is `compact.npz` in the run's folder.

The code is backend-neutral: set `KERAS_BACKEND` to `tensorflow`, `jax` or `torch`.
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt
from keras import layers, ops
from tqdm import tqdm

from estimation.architectures import build_compact
from estimation.checkpoints import assign_weights, read_weights, save_weights
from estimation.config import N_HEATMAPS, N_PAFS
from estimation.networks import scale_pixels
from estimation.training.dataset import Example, is_held_out, load_examples, training_pair
from estimation.training.render import render_folder

N_CHANNELS = N_PAFS + N_HEATMAPS
_PREFETCHED_BATCHES = 4

Batch = tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command line."""
    args = _parser().parse_args(argv)
    args.run.mkdir(parents=True, exist_ok=True)
    rendered = args.run / "rendered"
    render_folder(rendered, args.rendered, seed=args.seed)
    pools = [list(load_examples(rendered).values())]
    if args.photos:
        pools += photo_pools(args.photos)
    train(pools, args.shares[: len(pools)], args)


def photo_pools(folder: Path) -> list[list[Example]]:
    """Split a folder of photographs by label: fully labelled ones first, then those that need a mask.

    Pictures that `is_held_out` are left out of both.
    """
    kept = [example for image_id, example in load_examples(folder).items() if not is_held_out(image_id)]
    complete = [example for example in kept if example.is_complete and len(example.boxes)]
    partial = [example for example in kept if not example.is_complete and len(example.boxes)]
    return [pool for pool in (complete, partial) if pool]


def train(pools: list[list[Example]], shares: Sequence[float], args: argparse.Namespace) -> None:
    """Train from the last checkpoint of `args.run` to `args.steps`, and write the weights.

    Parameters
    ----------
    pools : list of list of Example
        Each picture of a batch comes from pool ``i`` with probability ``shares[i]``.
    shares : sequence of float
        As many as pools; scaled to a sum of 1.
    args : argparse.Namespace
        What the command line gave.
    """
    keras.config.set_dtype_policy(args.precision)
    model = build_compact()
    if args.start:
        assign_weights(model, read_weights(args.start), args.start)
    trained = _stages_joined(model)
    trained.compile(optimizer=_optimizer(args), loss=masked_l2)
    trained.optimizer.build(trained.trainable_variables)
    state, progress = args.run / "state.weights.h5", args.run / "progress.json"
    losses: list[float] = json.loads(progress.read_text())["losses"] if progress.exists() else []
    if losses:
        trained.load_weights(state)
    with tqdm(total=args.steps, initial=len(losses), unit="step") as bar:
        for pictures, targets in batches(pools, shares, args, first_step=len(losses)):
            losses.append(float(trained.train_on_batch(pictures, targets)))
            bar.update()
            bar.set_postfix(loss=f"{np.mean(losses[-100:]):.4f}")
            if len(losses) % args.checkpoint_every == 0 or len(losses) == args.steps:
                _checkpoint(model, trained, losses, state, progress)


def masked_l2(truth: keras.KerasTensor, answer: keras.KerasTensor) -> keras.KerasTensor:
    """Sum the squared errors of all stages where the labels can be trusted (eq. 4-6); mean over the cells.

    Parameters
    ----------
    truth : tensor of shape (batch, rows, columns, 114)
        57 targets, then their weights.
    answer : tensor of shape (batch, rows, columns, 57 * n_stages)

    Returns
    -------
    loss : scalar tensor
    """
    targets, weights = truth[..., :N_CHANNELS], truth[..., N_CHANNELS:]
    n_stages = answer.shape[-1] // N_CHANNELS
    errors = answer - ops.tile(targets, (1, 1, 1, n_stages))
    return ops.mean(ops.sum(ops.tile(weights, (1, 1, 1, n_stages)) * errors**2, axis=-1))


def batches(
    pools: list[list[Example]], shares: Sequence[float], args: argparse.Namespace, first_step: int
) -> Iterator[Batch]:
    """Yield the batches of steps `first_step` to `args.steps`, prepared ahead on other threads."""
    with ThreadPoolExecutor(args.loaders) as pool:
        waiting = [
            pool.submit(_batch, pools, shares, args, step)
            for step in range(first_step, min(first_step + _PREFETCHED_BATCHES, args.steps))
        ]
        for step in range(first_step + len(waiting), args.steps + len(waiting)):
            yield waiting.pop(0).result()
            if step < args.steps:
                waiting.append(pool.submit(_batch, pools, shares, args, step))


def _batch(pools: list[list[Example]], shares: Sequence[float], args: argparse.Namespace, step: int) -> Batch:
    rng = np.random.default_rng((args.seed, step))
    probabilities = np.array(shares) / np.sum(shares)
    pairs = []
    for _ in range(args.batch):
        pool = pools[rng.choice(len(pools), p=probabilities)]
        pairs.append(training_pair(pool[rng.integers(len(pool))], args.size, rng))
    pictures = np.stack([picture for picture, _ in pairs])
    targets = np.stack([targets for _, targets in pairs])
    return scale_pixels(pictures), emphasised(targets, np.interp(step / args.steps, (0, 1), args.emphasis))


def emphasised(targets: npt.NDArray[np.float32], emphasis: float) -> npt.NDArray[np.float32]:
    """Raise the weights where people are.

    Nearly all of a map is empty, and a network that starts from nothing learns to say so for thousands of steps.
    With emphasis on what is there it sees people after hundreds. Less of it later lets the answers fall where nobody
    is; with none at all the loss is that of the paper, and what is hard to see stays below every threshold.

    Parameters
    ----------
    targets : ndarray of shape (..., 114) and dtype float32
        57 targets and their weights. Not modified.
    emphasis : float
        A weight ``w`` of a target ``t`` becomes ``w * (1 + emphasis * |t|)``; the background's stay.

    Returns
    -------
    targets : ndarray of the same shape
    """
    result = targets.copy()
    foreground = np.abs(targets[..., : N_CHANNELS - 1])
    result[..., N_CHANNELS:-1] *= 1 + np.float32(emphasis) * foreground
    return result


def _stages_joined(model: keras.Model) -> keras.Model:
    """Join all outputs to one tensor, stage after stage, so that one loss sees them all."""
    return keras.Model(model.inputs, layers.Concatenate(name="all_stages", dtype="float32")(model.outputs))


def _optimizer(args: argparse.Namespace) -> keras.optimizers.Optimizer:
    warm_up = min(300, args.steps // 10)
    schedule = keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=args.rate / 50,
        decay_steps=args.steps - warm_up,
        alpha=0.01,
        warmup_target=args.rate,
        warmup_steps=warm_up,
    )
    return keras.optimizers.AdamW(schedule, weight_decay=1e-4, global_clipnorm=20.0)


def _checkpoint(model: keras.Model, trained: keras.Model, losses: list[float], state: Path, progress: Path) -> None:
    """Save all that a restart needs, then the weights as they would ship."""
    unfinished = state.with_name("unfinished.weights.h5")
    trained.save_weights(unfinished)
    unfinished.replace(state)
    unfinished = progress.with_suffix(".tmp")
    unfinished.write_text(json.dumps({"losses": losses}))
    unfinished.replace(progress)
    save_weights(model, state.with_name("compact.npz"))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m estimation.training.train", description=__doc__)
    parser.add_argument("--run", type=Path, default=Path("runs/compact"), help="folder of this run")
    parser.add_argument("--start", type=Path, help="weights to go on from; without them training starts from nothing")
    parser.add_argument("--photos", type=Path, help="folder with annotations.json and images/, COCO keypoints")
    parser.add_argument("--rendered", type=int, default=6000, help="pictures of rendered people to learn from")
    parser.add_argument(
        "--shares",
        type=float,
        nargs=3,
        default=(0.6, 0.3, 0.1),
        metavar=("RENDERED", "COMPLETE", "PARTIAL"),
        help="share of rendered pictures, of fully and of partly labelled photographs",
    )
    parser.add_argument("--steps", type=int, default=5000)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--size", type=int, default=256, help="side of the training squares, a multiple of 32")
    parser.add_argument("--rate", type=float, default=2e-3, help="highest learning rate")
    parser.add_argument(
        "--emphasis",
        type=float,
        nargs=2,
        default=(8.0, 2.0),
        metavar=("FIRST", "LAST"),
        help="extra weight of people over background, at the first and at the last step",
    )
    parser.add_argument("--precision", default="mixed_bfloat16", help="Keras dtype policy; `float32` is slower")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--loaders", type=int, default=1, help="threads that prepare batches")
    parser.add_argument("--checkpoint-every", type=int, default=200, metavar="STEPS")
    return parser


if __name__ == "__main__":
    main()
