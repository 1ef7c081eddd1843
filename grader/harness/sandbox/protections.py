"""Which protections a session has, in words for the result."""

from collections.abc import Mapping
from functools import reduce

from grader.harness.languages import said
from grader.harness.results import Protection
from grader.harness.sandbox.policy import Mode

_NAMESPACES = said("namespaces (bubblewrap)")
_LANDLOCK = "Landlock"
_FILTER = said("system-call filter (seccomp)")

# What a reader wants to know: a name, what is so when it is on, and the layers of which one is enough.
_PROTECTIONS = (
    (said("Namespaces"), said("own file system, network and process table"), (_NAMESPACES,)),
    (said("System calls"), said("only those that computing needs"), (_FILTER,)),
    (said("Files read"), said("none but Python and NumPy"), (_NAMESPACES, _LANDLOCK)),
    (said("Files written"), said("none outside its own folder"), (_NAMESPACES, _LANDLOCK, _FILTER)),
    (said("Folder of its own"), said("the current directory, small and gone at the end"), ("folder",)),
    (said("Network"), said("none"), (_NAMESPACES, _FILTER)),
    (said("Other processes"), said("not seen, no signals"), (_NAMESPACES, _FILTER)),
    (said("New processes and threads"), said("none"), (_FILTER,)),
    (said("Shared memory"), said("none"), (_FILTER,)),
    (said("Memory, processor time and output"), said("limited"), ("rlimits",)),
    (said("User"), said("not root, no capabilities"), ("user",)),
    (said("No new privileges"), said("for the process and all that it might start"), ("privileges",)),
    (said("Ends with the grader"), said("killed by the system"), (_NAMESPACES, "death")),
)
_ALWAYS = (
    Protection(
        said("Separate process"), is_on=True, detail=said("nothing of it runs in the grader; replies are read as data")
    ),
    Protection(said("Time limits"), is_on=True, detail=said("for each call and in all")),
    Protection(said("Environment"), is_on=True, detail=said("empty but for Python's own settings")),
)


def list_protections(mode: Mode, unwrapped: str, report: Mapping[str, str]) -> tuple[Protection, ...]:
    """List the protections of a session, those that are always on first.

    Parameters
    ----------
    mode : Mode
        How much was asked for.
    unwrapped : str
        Why bubblewrap was not used; empty if it was.
    report : mapping of str to str
        What the child says of its own steps: for each an empty text, or why it failed. Empty if it took none.
    """
    default = said("switched off") if mode is Mode.OFF else said("only Linux has it")
    why_not = {
        _NAMESPACES: unwrapped,
        _LANDLOCK: report.get("landlock", default),
        _FILTER: report.get("seccomp", default),
        **{step: report.get(step, default) for step in ("folder", "rlimits", "user", "privileges", "death")},
    }
    return (*_ALWAYS, *(_judge(name, says, layers, why_not) for name, says, layers in _PROTECTIONS))


def _judge(name: str, says: str, layers: tuple[str, ...], why_not: Mapping[str, str]) -> Protection:
    """One protection is on if one of its layers is."""
    if on := [layer for layer in layers if not why_not[layer]]:
        named = [layer for layer in on if " " in layer or layer == _LANDLOCK]
        if not named:
            return Protection(name, is_on=True, detail=says)
        layer = reduce(lambda first, second: said("{first}, {second}", first=first, second=second), named)
        return Protection(name, is_on=True, detail=said("{says}: {layers}", says=says, layers=layer))
    reasons = dict.fromkeys(why_not[layer] for layer in layers)
    why = reduce(lambda first, second: said("{first}; {second}", first=first, second=second), reasons)
    return Protection(name, is_on=False, detail=why)
