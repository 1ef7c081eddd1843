"""Leave out what is nobody's own: environments, folders with thousands of Python files that others wrote."""

from collections.abc import Collection, Sequence

from grader.harness.intake.archive import Member

_NAMES = {"venv", "env", ".venv", ".env", "virtualenv"}

# What Python and conda put into an environment, whatever its name; the second is a folder.
_FILE, _FOLDER = "pyvenv.cfg", "conda-meta"

# The folders of an environment, in which nobody works.
_INSIDE = {"bin", "lib", "lib64", "libs", "include", "scripts", "share", "conda-meta", "dlls", "library", "etc", "man"}
_INSIDE |= {"pkgs", "tcl", "tools"}

# Deeper environments are not looked for: a path may have ten thousand folders.
_MAX_DEPTH = 16

Folder = tuple[str, ...]


def find_files(members: Sequence[Member]) -> list[Member]:
    """List the files, without what systems and editors leave behind."""
    return [member for member in members if not member.is_folder and not member.is_junk]


def find_own(members: Sequence[Member]) -> list[Member]:
    """List the files outside of environments, which are known by what is in them, or by their name."""
    roots = _list_roots(members)
    return [member for member in find_files(members) if _find_depth(member, roots) is None]


def find_loose(members: Sequence[Member]) -> list[Member]:
    """List the files outside of an environment's own folders: also those of a student who worked in one."""
    roots = _list_roots(members)
    return [member for member in find_files(members) if not _is_installed(member, roots)]


def _list_roots(members: Sequence[Member]) -> Collection[Folder]:
    """Find the folders that hold what Python or conda put into an environment."""
    roots: set[Folder] = set()
    for member in members:
        folders = _folders(member)
        if member.name.lower() == _FILE and len(member.parts) <= _MAX_DEPTH:
            roots.add(folders)
        lowered = [part.lower() for part in member.parts[:_MAX_DEPTH]]
        if _FOLDER in lowered:
            roots.add(folders[: lowered.index(_FOLDER)])
    return roots


def _find_depth(member: Member, roots: Collection[Folder]) -> int | None:
    """Count the folders down to the environment that a file is in; None for a file that is in none."""
    folders = _folders(member)
    for depth in range(len(folders) + 1):
        if folders[:depth] in roots or (depth and folders[depth - 1].lower() in _NAMES):
            return depth
    return None


def _is_installed(member: Member, roots: Collection[Folder]) -> bool:
    depth, folders = _find_depth(member, roots), _folders(member)
    return depth is not None and depth < len(folders) and folders[depth].lower() in _INSIDE


def _folders(member: Member) -> Folder:
    return member.parts[: min(len(member.parts) - 1, _MAX_DEPTH)] if member.parts else ()
