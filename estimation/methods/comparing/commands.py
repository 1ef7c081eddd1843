"""The commands `train` and `compare`: what they are asked, and what must be right before hours are spent."""

import argparse
import importlib
import shlex
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from estimation.arguments import positive_integer, positive_number
from estimation.backend import import_quietly
from estimation.methods.catalogue import SIZES, check_size, find_method
from estimation.methods.comparing.comparison import KEPT_OUT_SEED, RENDERED, TRAINING_SEED, Request, compare
from estimation.methods.comparing.measured import Result, Rows, rows_of
from estimation.methods.comparing.plan import Plan, read_plan, steps_that_fit, write_plan
from estimation.methods.comparing.task import Entrant, People, Task, load_task
from estimation.replacing import replacing
from estimation.training.dataset import held_out, load_examples

N_PEOPLE, N_KEPT_OUT, N_SEEDS = 3000, 400, 3


def add_commands(commands: Any) -> None:  # noqa: ANN401 - argparse does not name its type
    """Add both commands to the parsers of a command line."""
    train = commands.add_parser("train", help="train a method and measure it")
    train.add_argument("name", help="one of `list`")
    train.add_argument("--size", default=SIZES[0], help=f"{' or '.join(SIZES)}; {SIZES[0]} by default")
    train.add_argument("--run", type=Path, metavar="DIR", help="folder of this run; runs/NAME by default")
    train.add_argument("--seed", type=int, default=0)
    _add_common(train, "minutes of training")
    train.set_defaults(run_command=_train)
    side = commands.add_parser(
        "compare",
        help="train all methods of a task and show them on one page",
        description="Train all methods of a task side by side and show them on one page. Type the same command again "
        "to go on where it was stopped. With --minutes 5 the ten methods of pose take 50 minutes, and with measuring "
        "and the trials less than 75, on two cores.",
    )
    side.add_argument("task", help="pose, or another task of `list`")
    side.add_argument("--out", type=Path, required=True, metavar="PAGE.html", help="the page, one file")
    side.add_argument(
        "--picture", type=Path, metavar="PAGE.png", help="the main table and its curve as one picture, for slides"
    )
    side.add_argument("--photos", type=Path, metavar="DIR", help="photographs with COCO keypoints, to ask about too")
    side.add_argument("--runs", type=Path, metavar="DIR", help="folder of all runs; runs/TASK by default")
    side.add_argument("--seeds", type=positive_integer, default=N_SEEDS, help=f"runs of each method; {N_SEEDS}")
    side.add_argument("--methods", nargs="+", metavar="NAME", help="only these")
    _add_common(side, "minutes of training for each method, shared by its seeds")
    side.set_defaults(run_command=_compare)


def _add_common(parser: argparse.ArgumentParser, minutes: str) -> None:
    duration = parser.add_mutually_exclusive_group(required=True)
    duration.add_argument("--minutes", type=positive_number, metavar="M", help=minutes)
    duration.add_argument("--steps", type=positive_integer, metavar="N", help="instead: so many steps, for a trial")
    parser.add_argument("--people", type=positive_integer, default=N_PEOPLE, help=f"to learn from; {N_PEOPLE}")
    parser.add_argument("--kept-out", type=positive_integer, default=N_KEPT_OUT, help=f"to ask about; {N_KEPT_OUT}")


def _train(args: argparse.Namespace) -> list[str]:
    entry, size = find_method(args.name), check_size(args.size)
    task = load_task(entry.task)
    folder = args.run or Path("runs") / entry.name
    asked = {name: getattr(args, name) for name in ("size", "minutes", "steps", "seed", "people")}
    asked = {"method": entry.name, **asked, "kept-out people": args.kept_out}
    plan = read_plan(folder, asked, "--run")
    running = import_quietly("estimation.methods.comparing.running")
    people = People(task.people(args.people, seed=TRAINING_SEED), {})
    people.asked[RENDERED] = task.people(args.kept_out, seed=KEPT_OUT_SEED)
    if plan is None:
        steps = {entry.name: args.steps}
        if args.minutes is not None:
            steps = steps_that_fit(
                [entry.name], lambda _: running.pace_of(task, entry, size, people.training), args.minutes, 1
            )
        plan = Plan(asked, steps)
        write_plan(folder, plan)
    result = running.run(task, entry, size, people, folder, n_steps=plan.steps[entry.name], seed=args.seed)
    return _describe(task, entry, result, people)


def _describe(task: Task, entrant: Entrant, result: Result, people: People) -> list[str]:
    """Write the main table in lines."""
    samples = people.asked[RENDERED]
    baselines = {
        name: task.measure(answers, samples) for name, answers in task.baselines(people.training, samples).items()
    }
    rows: Rows = rows_of([result], baselines, RENDERED)
    columns = task.tables[0].columns
    lines = [["", *(column.label for column in columns)]]
    lines += [[row.name, *(row.numbers[c.name].describe(c.digits) for c in columns)] for row in rows.rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    said = f"{entrant.name}: {result.steps} steps, {result.seconds:.0f} s, {len(samples)} samples kept out"
    return [said, *("  ".join(map(str.rjust, line, widths)).rstrip() for line in lines)]


def _compare(args: argparse.Namespace) -> list[str]:
    task = load_task(args.task)
    entrants = _chosen(task, args.methods)
    folder = args.runs or Path("runs") / task.name
    pages = _pages()
    for path in filter(None, (args.out, args.picture)):
        check_writable(path)
    remarks = read_remarks(folder / "remarks.toml", task)
    photographed = None
    if args.photos is not None:
        photographed = task.photographed(held_out(load_examples(args.photos)).values())
    request = Request(
        task, entrants, args.minutes, args.steps, args.seeds, args.people, args.kept_out, folder, photographed
    )
    comparisons = compare(request)
    with replacing(args.out) as unfinished:
        unfinished.write_text(pages.build_page(comparisons, remarks), encoding="utf-8")
    if args.picture is not None:
        with replacing(args.picture) as unfinished:
            unfinished.write_bytes(pages.build_picture(comparisons[0]))
    return [f"The page is {args.out}; all runs are in {folder}."]


def _pages() -> ModuleType:
    """Load what writes pages: before hours are spent it must be known that it is there."""
    try:
        return importlib.import_module("estimation.methods.comparing.page")
    except ModuleNotFoundError as error:
        raise ValueError(
            f"The page needs Jinja2 and matplotlib; {error.name} is not installed. "
            "Install them: python -m pip install jinja2 matplotlib"
        ) from error


def _chosen(task: Task, names: Sequence[str] | None) -> list[Entrant]:
    entrants = {entrant.name: entrant for entrant in task.entrants()}
    for name in names or ():
        if name not in entrants:
            raise ValueError(f"There is no method {name!r:.100} for {task.name}. There are: {', '.join(entrants)}.")
    return [entrant for name, entrant in entrants.items() if not names or name in names]


def check_writable(path: Path) -> None:
    """Try whether a file can be written, before hours are spent on what goes into it.

    Raises
    ------
    ValueError
        If it cannot; what is there stays as it is.
    """
    try:
        if path.is_dir():
            raise IsADirectoryError(None, "it is a folder")
        with replacing(path.with_name(f"{path.name}.tried")) as unfinished:
            unfinished.touch()
        path.with_name(f"{path.name}.tried").unlink()
    except OSError as error:
        raise ValueError(
            f"The page and its picture must be files that can be written; {path} cannot: {error.strerror}. "
            "Name another file."
        ) from error


def read_remarks(path: Path, task: Task) -> dict[str, str]:
    """Read what somebody has written of claims: a sentence by the name of the claim.

    Raises
    ------
    ValueError
        If the file cannot be read, or a claim is not one of the task's or its trials'.
    """
    if not path.exists():
        return {}
    known = [claim.name for one in (task, *task.trials) for claim in one.claims(Rows())]
    try:
        remarks = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(f"Remarks must be TOML, a sentence by the name of a claim; {path}: {error!s:.200}.") from error
    for name, remark in remarks.items():
        if name not in known or not isinstance(remark, str):
            raise ValueError(
                f"Remarks must be sentences by the names of claims; got {name!r:.100} in {path}. "
                f"There are: {', '.join(known)}."
            )
    return remarks


def stopped(argv: Sequence[str] | None) -> str:
    """Say in one sentence that Ctrl-C has stopped a command, and how it goes on."""
    words = sys.argv[1:] if argv is None else list(argv)
    return (
        "Stopped by Ctrl-C; what is finished is kept, and the same command goes on from there: "
        f"python -m estimation.methods {shlex.join(words)}"
    )
