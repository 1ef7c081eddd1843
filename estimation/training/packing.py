"""Pack photographs for machines that take data in small parts: `python -m estimation.training.packing --photos DIR`.

The parts are plain tar files, `photos-00.tar` and so on. Unpacked into one folder, each with `tar xf`, they are a data
set as `load_examples` reads it: `annotations.json` and `images/`. Equal data sets give equal bytes. A picture is named
after its image id: what annotations call it never becomes the name of a file.
"""

import argparse
import io
import json
import sys
import tarfile
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
from tqdm import tqdm

from estimation.keypoints import cells_to_px
from estimation.pictures import read_picture
from estimation.training.dataset import Example, load_examples

# What training and measuring read; licences, links and outlines stay behind.
_IMAGE_FIELDS = {"id", "dataset", "persons_complete"}
_PERSON_FIELDS = {
    "id",
    "image_id",
    "category_id",
    "iscrowd",
    "num_keypoints",
    "keypoints",
    "bbox",
    "area",
    "head_px",
}
_JPEG_START = b"\xff\xd8\xff"
_MIB = 2**20


class Member(NamedTuple):
    """A file of the packed data set."""

    name: str
    data: bytes


class Scale(NamedTuple):
    """Which share of its width and of its height a picture keeps."""

    x: float
    y: float


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return 0, or 2 after one sentence about what the user can mend."""
    args = _parser().parse_args(argv)
    try:
        parts = pack_photos(
            args.photos, args.out, part_mib=args.part_mib, longest_px=args.longest, quality=args.quality
        )
    except (ValueError, OSError) as exc:
        print(f"packing: {exc}", file=sys.stderr)
        return 2
    for part in parts:
        print(f"{part}: {part.stat().st_size / _MIB:.1f} MiB")
    return 0


def pack_photos(
    photos: Path, out: Path, *, part_mib: float = 60, longest_px: int = 400, quality: int = 85
) -> list[Path]:
    """Pack a data set; nothing is written unless all of it fits.

    Parameters
    ----------
    photos : Path
        A data set as `load_examples` reads it; only the pictures that its annotations name are packed.
    out : Path
        Gets the parts; made where it is missing.
    part_mib : float, optional
        Largest size of a part. All parts together are held in memory first.
    longest_px : int, optional
        A picture with a longer side is shrunk to it, and with it the points, boxes and areas in it.
    quality : int, optional
        Of the JPEG files, 1 to 100. A JPEG file that is small enough and would only grow stays as it is.

    Returns
    -------
    parts : list of Path
        The tar files; the annotations are in the first.

    Raises
    ------
    ValueError
        If a number is out of range, `out` holds parts already, `photos` is no data set, an image id is not a whole
        number or is there twice, a file name leads out of the folder, a picture cannot be read, or a file is larger
        than a part.
    """
    _check_options(part_mib, longest_px, quality)
    if any(out.glob("photos-*.tar")):
        raise ValueError(f"The folder for the parts must hold none yet; {out} does. Delete them or name another one.")
    parts = _split(_members(photos, longest_px, quality), part_mib)
    out.mkdir(parents=True, exist_ok=True)
    return [_write_part(out / f"photos-{number:02d}.tar", part) for number, part in enumerate(parts)]


def _check_options(part_mib: float, longest_px: int, quality: int) -> None:
    for name, value, lowest, highest in (
        ("part", part_mib, 0, 2**20),
        ("longest side", longest_px, 32, 2**15),
        ("quality", quality, 1, 100),
    ):
        if not lowest <= value <= highest:
            raise ValueError(f"The {name} must be a number from {lowest} to {highest}; got {value!r}.")


def _members(photos: Path, longest_px: int, quality: int) -> list[Member]:
    """Make the files of the packed data set: the annotations, then the pictures in their order."""
    examples = load_examples(photos)
    coco = json.loads((photos / "annotations.json").read_text(encoding="utf-8"))
    _check_images(coco["images"])
    persons_of = defaultdict(list)
    for person in coco["annotations"]:
        persons_of[person["image_id"]].append(person)
    images, persons, pictures = [], [], []
    for image in tqdm(coco["images"], desc="packing", unit="picture", disable=None):
        name = f"{image['id']:012d}.jpg"
        data, (width, height), scale = _packed(examples[image["id"]], longest_px, quality)
        pictures.append(Member(f"images/{name}", data))
        images.append(_kept(image, _IMAGE_FIELDS) | {"file_name": name, "width": width, "height": height})
        persons += [_scaled(_kept(person, _PERSON_FIELDS), scale) for person in persons_of[image["id"]]]
    slim = {"images": images, "annotations": persons, "categories": coco.get("categories", [])}
    return [Member("annotations.json", json.dumps(slim, separators=(",", ":")).encode()), *pictures]


def _check_images(images: list[dict[str, Any]]) -> None:
    seen: set[int] = set()
    for image in images:
        image_id, name = image["id"], Path(image["file_name"])
        if not isinstance(image_id, int) or image_id in seen:
            raise ValueError(f"Every image must have a whole number of its own as id; got {image_id!r} for {name}.")
        if name.anchor or ".." in name.parts:
            raise ValueError(f"A picture must lie in the data set's folder; got the name {str(name)!r:.200}.")
        seen.add(image_id)


def _kept(entry: dict[str, Any], fields: set[str]) -> dict[str, Any]:
    return {field: value for field, value in entry.items() if field in fields}


def _packed(example: Example, longest_px: int, quality: int) -> tuple[bytes, tuple[int, int], Scale]:
    """Give a picture as a JPEG file, its width and height there, and how much it was shrunk."""
    picture = read_picture(example.path)
    height, width = picture.shape[:2]
    factor = min(1.0, longest_px / max(height, width))
    size = (max(1, round(factor * width)), max(1, round(factor * height)))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    _, encoded = cv2.imencode(
        ".jpg",
        cv2.cvtColor(small, cv2.COLOR_RGB2BGR),
        [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_OPTIMIZE, 1],
    )
    data, stored = encoded.tobytes(), example.path.read_bytes()
    if factor == 1 and stored.startswith(_JPEG_START) and len(stored) <= len(data):
        data = stored  # To encode it again would cost quality and gain nothing.
    return data, size, Scale(size[0] / width, size[1] / height)


def _scaled(person: dict[str, Any], scale: Scale) -> dict[str, Any]:
    """Move what an annotation says in pixels to the shrunk picture, in hundredths of a pixel."""
    if scale == (1, 1):
        return person
    lengths = {"bbox": (*scale, *scale), "area": scale.x * scale.y, "head_px": (scale.x * scale.y) ** 0.5}
    moved = {
        field: np.round(np.multiply(person[field], factor), 2).tolist()
        for field, factor in lengths.items()
        if field in person
    }
    if "keypoints" in person:
        moved["keypoints"] = _moved(person["keypoints"], scale)
    return person | moved


def _moved(keypoints: Sequence[float], scale: Scale) -> list[float]:
    triples = np.array(keypoints, np.float64).reshape(-1, 3)
    labelled = triples[:, 2] > 0  # The others are zeros, and say so.
    for axis, factor in enumerate(scale):
        triples[labelled, axis] = np.round(cells_to_px(triples[labelled, axis], cell_px=factor), 2)
    flat: list[float] = triples.ravel().tolist()
    return flat


def _split(members: Iterable[Member], part_mib: float) -> list[list[Member]]:
    """Fill one part after the other, in the order of the members."""
    # A tar file ends with two empty blocks and is filled up to whole records.
    room = int(part_mib * _MIB) // tarfile.RECORDSIZE * tarfile.RECORDSIZE - 2 * tarfile.BLOCKSIZE
    parts: list[list[Member]] = [[]]
    used = 0
    for member in members:
        size = tarfile.BLOCKSIZE * (1 + -(-len(member.data) // tarfile.BLOCKSIZE))
        if size > room:
            raise ValueError(
                f"Every file must fit into a part of {part_mib:g} MiB; {member.name} has {size / _MIB:.3f} MiB. "
                "Allow larger parts, or shrink the pictures more."
            )
        if used + size > room:
            parts.append([])
            used = 0
        parts[-1].append(member)
        used += size
    return parts


def _write_part(path: Path, members: Iterable[Member]) -> Path:
    # A TarInfo knows neither clock nor user unless it is told; USTAR has no headers of varying length.
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as tar:
        for member in members:
            info = tarfile.TarInfo(member.name)
            info.size = len(member.data)
            tar.addfile(info, io.BytesIO(member.data))
    return path


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m estimation.training.packing", description=__doc__)
    parser.add_argument("--photos", type=Path, required=True, help="folder with annotations.json and images/")
    parser.add_argument("--out", type=Path, required=True, help="folder for the parts")
    parser.add_argument("--part-mib", type=float, default=60, metavar="MIB", help="largest size of a part")
    parser.add_argument("--longest", type=int, default=400, metavar="PX", help="shrink pictures with a longer side")
    parser.add_argument("--quality", type=int, default=85, help="of the JPEG files, 1 to 100")
    return parser


if __name__ == "__main__":
    sys.exit(main())
