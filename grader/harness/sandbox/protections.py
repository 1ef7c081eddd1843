"""Which protections a session has, in words for the result."""

from collections.abc import Mapping

from grader.harness.results import Protection
from grader.harness.sandbox.policy import Mode

_NAMESPACES = "namespaces (bubblewrap)"
_LANDLOCK = "Landlock"
_FILTER = "system-call filter (seccomp)"

# What a reader wants to know: a name, what is so when it is on, and the layers of which one is enough.
_PROTECTIONS = (
    ("Namespaces", "own file system, network and process table", (_NAMESPACES,)),
    ("System calls", "only those that computing needs", (_FILTER,)),
    ("Files read", "none but Python and NumPy", (_NAMESPACES, _LANDLOCK)),
    ("Files written", "none outside its own folder", (_NAMESPACES, _LANDLOCK, _FILTER)),
    ("Folder of its own", "the current directory, small and gone at the end", ("folder",)),
    ("Network", "none", (_NAMESPACES, _FILTER)),
    ("Other processes", "not seen, no signals", (_NAMESPACES, _FILTER)),
    ("New processes and threads", "none", (_FILTER,)),
    ("Shared memory", "none", (_FILTER,)),
    ("Memory, processor time and output", "limited", ("rlimits",)),
    ("User", "not root, no capabilities", ("user",)),
    ("No new privileges", "for the process and all that it might start", ("privileges",)),
    ("Ends with the grader", "killed by the system", (_NAMESPACES, "death")),
)
_ALWAYS = (
    Protection("Separate process", is_on=True, detail="nothing of it runs in the grader; replies are read as data"),
    Protection("Time limits", is_on=True, detail="for each call and in all"),
    Protection("Environment", is_on=True, detail="empty but for Python's own settings"),
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
    default = "switched off" if mode is Mode.OFF else "only Linux has it"
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
        return Protection(name, is_on=True, detail=f"{says}: {', '.join(named)}" if named else says)
    return Protection(name, is_on=False, detail="; ".join(dict.fromkeys(why_not[layer] for layer in layers)))
