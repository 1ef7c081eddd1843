"""Fetch public weights: ``python -m estimation.download openpose``, the lab's, or ``lightweight``.

The lab's are a TensorFlow checkpoint that tf-netbuilder wrote; `checkpoints.py` says how it is read without that
library.
A download that breaks off stays beside the target as ``openpose.zip.part``, and the same command continues it. Nothing
gets its final name before the variables in it have been read and compared with those of the network.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - here, because an older Python cannot read the modules below
    this = ".".join(map(str, sys.version_info[:2]))
    sys.exit(f"Python 3.11 or newer is needed; this is {this}. README.md says how to set it up.")

import argparse
import re
import shutil
import stat
import tempfile
import zipfile
import zlib
from pathlib import Path

import httpx

from estimation.backend import import_quietly
from estimation.checkpoints import WeightsError, check_shapes, read_weights, shapes_of
from estimation.lightweight_files import LIGHTWEIGHT_URL, download_lightweight
from estimation.networks import WEIGHTS_FOLDER
from estimation.transfers import DEFAULT_LIMITS, DownloadError, TransferLimits, fetch, forget

OPENPOSE_URL = (
    "https://github.com/michalfaber/tensorflow_Realtime_Multi-Person_Pose_Estimation"
    "/releases/download/v1.0/openpose_2br_vgg.zip"
)

_PREFIX = "openpose"
_ADDRESSES = {_PREFIX: OPENPOSE_URL, "lightweight": LIGHTWEIGHT_URL}


def main(arguments: list[str] | None = None, limits: TransferLimits = DEFAULT_LIMITS) -> int:
    """Run the command line.

    Returns
    -------
    status : int
        0 if the weights are there, 2 if they could not be fetched, 130 if the user stopped it.
    """
    parser = argparse.ArgumentParser(prog="python -m estimation.download", description="Download public weights.")
    parser.add_argument("network", choices=sorted(_ADDRESSES), help="which network's weights")
    parser.add_argument("--to", type=Path, default=WEIGHTS_FOLDER, metavar="FOLDER", help="default: %(default)s")
    parser.add_argument("--url", help="another address of the same zip file, or of the folder of the same two files")
    parser.add_argument("--force", action="store_true", help="download them even if they are there already")
    args = parser.parse_args(arguments)
    try:
        fetched = download_openpose if args.network == _PREFIX else download_lightweight
        print(fetched(args.to, args.url or _ADDRESSES[args.network], force=args.force, limits=limits))
    except (ValueError, OSError, httpx.HTTPError, httpx.InvalidURL) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped; run the same command to continue", file=sys.stderr)
        return 130
    return 0


def download_openpose(
    folder: Path, url: str = OPENPOSE_URL, *, force: bool = False, limits: TransferLimits = DEFAULT_LIMITS
) -> str:
    """Put the weights of openpose into a folder, as ``openpose.index`` and its shards.

    Parameters
    ----------
    folder : Path
        Made if need be. Weights in it that are right already are left alone.
    url : str
        Of a zip file that holds one TensorFlow checkpoint under any name.
    force : bool, optional
        Fetch them in any case.
    limits : TransferLimits, optional

    Returns
    -------
    message : str
        What was done.

    Raises
    ------
    DownloadError
        If the server, the connection, the archive or the checkpoint in it is not as it must be.
    OSError
        If `folder` cannot be written.
    """
    target = folder / _PREFIX
    if not force and _is_right(target):
        return f"The weights in {target}.* are complete already; nothing to do."
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f"{_PREFIX}.zip.part"
    fetch(url, part, limits)
    try:
        _install(part, target, limits.max_unpacked_bytes)
    finally:
        forget(part)
    return f"The weights are in {target}.*"


def _is_right(prefix: Path) -> bool:
    try:
        _check(prefix)
    except WeightsError:
        return False
    return True


def _check(prefix: Path) -> None:
    weights = read_weights(prefix)
    check_shapes(weights, shapes_of(import_quietly("estimation.openpose").build_openpose()), prefix)


def _install(archive: Path, target: Path, max_bytes: int) -> None:
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f"{_PREFIX}-") as temporary:
        unpacked = Path(temporary) / _PREFIX
        try:
            _unpack(archive, unpacked, max_bytes)
            _check(unpacked)
        except WeightsError as error:
            fault = str(error).replace(str(unpacked), "the archive")
            raise DownloadError(f"The archive must hold the lab's weights. {fault}") from error
        # The index goes first and comes last: without it nobody takes the shards for a checkpoint.
        Path(f"{target}.index").unlink(missing_ok=True)
        for stale in target.parent.glob(f"{_PREFIX}.data-*"):
            stale.unlink()
        for file in sorted(unpacked.parent.iterdir(), key=lambda file: file.suffix == ".index"):
            file.replace(target.parent / file.name)


def _unpack(archive: Path, prefix: Path, max_bytes: int) -> None:
    try:
        with zipfile.ZipFile(archive) as file:
            for ending, member in _checkpoint_members(file.infolist(), max_bytes).items():
                # zipfile never gives more bytes than the size that a member declares.
                with file.open(member) as source, Path(f"{prefix}{ending}").open("wb") as copy:
                    shutil.copyfileobj(source, copy)
    except DownloadError:
        raise
    # zipfile checks little: a wrong place in its directory is a ValueError, an unknown version is not implemented.
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError) as error:
        raise DownloadError(f"The download must be a complete zip file; it is broken: {error}. Try again.") from error


def _checkpoint_members(members: list[zipfile.ZipInfo], max_bytes: int) -> dict[str, zipfile.ZipInfo]:
    """Find the one checkpoint in an archive; the keys are the endings of its files."""
    for member in members:
        _refuse_hostile(member)
    files = {member.filename: member for member in members}
    if len(files) < len(members):
        raise DownloadError(f"An archive must hold every name once; got {_listed(members)}.")
    if (n_bytes := sum(member.file_size for member in members)) > max_bytes:
        raise DownloadError(f"The archive must unpack to at most {max_bytes} bytes; it declares {n_bytes}.")
    # macOS adds a file called ._name for each.
    prefixes = [name.removesuffix(".index") for name in files if re.search(r"(^|/)[^./][^/]*\.index$", name)]
    starts = tuple(f"{prefix}.data-" for prefix in prefixes)
    endings = sorted(name.removeprefix(prefixes[0]) for name in files if name.startswith(starts))
    whole = [f".data-{shard:05}-of-{len(endings):05}" for shard in range(len(endings))]
    if len(prefixes) != 1 or not endings or endings != whole:
        raise DownloadError(
            "The archive must hold one TensorFlow checkpoint: an .index file and all its .data shards; "
            f"got {_listed(members)}. Name another address with --url."
        )
    return {ending: files[prefixes[0] + ending] for ending in (*endings, ".index")}


def _listed(members: list[zipfile.ZipInfo]) -> str:
    names = [repr(member.filename) for member in members]
    return ", ".join(names[:10])[:200] + (f" and {len(names) - 10} more" if len(names) > 10 else "") or "nothing"


def _refuse_hostile(member: zipfile.ZipInfo) -> None:
    # As stored: on Windows zipfile turns backslashes into slashes, and everywhere it cuts at a null character.
    name = member.orig_filename
    kind = stat.S_IFMT(member.external_attr >> 16)
    if name.startswith("/") or ".." in name.split("/") or set(name) & set("\\:\0"):
        fault = "a path that leads out of the archive"
    elif kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        fault = "a link or a special file"
    elif member.flag_bits & 1 or member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        fault = "an encrypted or unusually packed file"
    else:
        return
    raise DownloadError(f"The archive must hold plain files in plain folders; got {fault}: {name!r:.200}.")


if __name__ == "__main__":
    sys.exit(main())
