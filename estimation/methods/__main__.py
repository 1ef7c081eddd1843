"""The methods of the lectures: `python -m estimation.methods list`, `summary NAME`, `train NAME`, `compare pose`."""

import argparse
import sys
from collections.abc import Sequence

from estimation.arguments import OneSentenceParser
from estimation.backend import import_quietly
from estimation.methods.catalogue import SIZES, TASKS, check_size, find_method, list_methods
from estimation.methods.comparing.commands import add_commands, stopped
from estimation.stopping import EXIT_CODE


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return 0, 2 after one sentence about what the user can fix, or 130 after Ctrl-C."""
    args = _parser().parse_args(argv)
    try:
        for line in args.run_command(args):
            print(line)
    except KeyboardInterrupt:
        print(f"methods: {stopped(argv)}", file=sys.stderr)
        return EXIT_CODE
    except (ValueError, OSError) as error:
        print(f"methods: {error}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = OneSentenceParser(prog="python -m estimation.methods", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    listing = commands.add_parser("list", help="name all methods")
    listing.add_argument("task", nargs="?", help=f"only those of one task: {', '.join(TASKS)}")
    listing.set_defaults(run_command=_list)
    summary = commands.add_parser("summary", help="show a method's layers, counted")
    summary.add_argument("name", help="one of `list`")
    summary.add_argument("--size", default=SIZES[0], help=f"{' or '.join(SIZES)}; {SIZES[0]} by default")
    summary.set_defaults(run_command=_summarise)
    add_commands(commands)
    return parser


def _list(args: argparse.Namespace) -> list[str]:
    entries = list_methods(args.task)
    width = max(len(entry.name) for entry in entries)
    return [f"{entry.task:<6} {entry.name:<{width}}  {entry.title}" for entry in entries]


def _summarise(args: argparse.Namespace) -> list[str]:
    entry, size = find_method(args.name), check_size(args.size)
    lines: list[str] = import_quietly("estimation.methods.summaries").summarise(entry, size)
    return lines


if __name__ == "__main__":
    sys.exit(main())
