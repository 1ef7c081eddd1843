"""Pack a run for a machine that takes small parcels: `python -m estimation.training.packing --out DIR ...`.

What a run reads, photographs, rendered people and the teacher, becomes a few zip files of limited size. On the other
machine `estimation.training.lent_machine` unpacks them.
"""

import argparse
import re
import sys
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from estimation.arguments import positive_integer
from estimation.replacing import replacing

PHOTOS, RENDERED, TEACHER = "photos", "rendered", "teacher.npz"
"""Where the three lie when they are unpacked."""

_PART = re.compile(r"part-(\d+)-of-(\d+)\.zip")
_ENTRY_BYTES = 256  # What a zip file holds of an entry beside the data, at most.


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return 0, or 2 after one sentence about what the user can fix."""
    parser = argparse.ArgumentParser(prog="python -m estimation.training.packing", description=__doc__)
    parser.add_argument("--photos", type=Path, required=True, help="folder of photographs with COCO keypoints")
    parser.add_argument("--rendered-people", type=Path, required=True, help="a folder of `render`")
    parser.add_argument("--teacher", type=Path, required=True, help="weights of the teacher")
    parser.add_argument("--out", type=Path, required=True, help="folder for the parts; old ones are removed")
    parser.add_argument("--part-mib", type=positive_integer, default=60, help="how large a part may be")
    args = parser.parse_args(argv)
    try:
        files = {TEACHER: args.teacher}
        for name, folder in ((PHOTOS, args.photos), (RENDERED, args.rendered_people)):
            found = sorted(path for path in folder.rglob("*") if path.is_file())
            files |= {f"{name}/{path.relative_to(folder).as_posix()}": path for path in found}
        parts = pack(files, args.out, args.part_mib * 2**20)
    except (ValueError, OSError) as error:
        print(f"packing: {error}", file=sys.stderr)
        return 2
    for part in parts:
        print(f"{part}  {part.stat().st_size / 2**20:.1f} MiB")
    return 0


def pack(files: dict[str, Path], out: Path, max_bytes: int) -> list[Path]:
    """Write files into zip files.

    Parameters
    ----------
    files : dict of str to Path
        By the names that they get.
    out : Path
        Made if need be; parts of an earlier packing are removed.
    max_bytes : int
        No part is larger.

    Returns
    -------
    parts : list of Path

    Raises
    ------
    ValueError
        If one file alone is too large.
    OSError
        If a file cannot be read or written.
    """
    out.mkdir(parents=True, exist_ok=True)
    for old in (path for path in out.iterdir() if _PART.fullmatch(path.name)):
        old.unlink()
    groups = list(_grouped(files, max_bytes))
    parts = []
    for number, names in enumerate(groups, start=1):
        part = out / f"part-{number}-of-{len(groups)}.zip"
        with replacing(part) as unfinished, zipfile.ZipFile(unfinished, "w") as archive:
            for name in names:
                # Pictures are compressed already.
                way = zipfile.ZIP_DEFLATED if name.endswith(".json") else zipfile.ZIP_STORED
                archive.write(files[name], name, way)
        parts.append(part)
    return parts


def unpack(folder: Path, to: Path) -> None:
    """Unpack all parts that `pack` wrote.

    Parameters
    ----------
    folder : Path
        Holds the parts.
    to : Path
        Made if need be.

    Raises
    ------
    ValueError
        If parts are missing or broken.
    """
    found = {int(match[1]): match for path in folder.glob("part-*.zip") if (match := _PART.fullmatch(path.name))}
    wanted = max((int(match[2]) for match in found.values()), default=1)
    if missing := [str(number) for number in range(1, wanted + 1) if number not in found]:
        raise ValueError(
            f"All {wanted} parts of a packing must be in {folder}; got none of number {', '.join(missing)}. "
            "Bring it there."
        )
    for match in found.values():
        try:
            with zipfile.ZipFile(folder / match.string) as archive:
                archive.extractall(to)  # it keeps to `to`, whatever the names say
        except zipfile.BadZipFile as error:
            raise ValueError(
                f"{folder / match.string} must be a zip file; it is broken: {error}. Bring it anew."
            ) from error


def _grouped(files: dict[str, Path], max_bytes: int) -> Iterator[list[str]]:
    """Put as many names into each part as fit, in their order."""
    group: list[str] = []
    used = 0
    for name, path in files.items():
        n_bytes = path.stat().st_size + 2 * len(name.encode()) + _ENTRY_BYTES
        if n_bytes > max_bytes:
            raise ValueError(
                f"A file must fit into a part of {max_bytes} bytes; got {n_bytes} for {path}. Raise --part-mib."
            )
        if used + n_bytes > max_bytes:
            yield group
            group, used = [], 0
        group.append(name)
        used += n_bytes
    if group:
        yield group


if __name__ == "__main__":
    sys.exit(main())
