"""Find the people in a picture and draw their skeletons: `python demo_image.py`."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - here, because an older Python cannot read the modules below
    this = ".".join(map(str, sys.version_info[:2]))
    sys.exit(f"Python 3.11 or newer is needed; this is {this}. README.md says how to set it up.")

import argparse
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from estimation.arguments import positive_integer
from estimation.coco_format import coco_results
from estimation.config import CELL_PX, get_default_configuration
from estimation.decoding import find_people
from estimation.estimators import estimate
from estimation.keypoints import skeletons_to_keypoints
from estimation.map_renderers import draw_maps
from estimation.networks import load_network
from estimation.pictures import bgr_to_rgb, bring_to_height, find_pictures, read_picture, rgb_to_bgr, write_picture
from estimation.renderers import draw
from estimation.replacing import replacing
from estimation.stopping import run_until_stopped

if TYPE_CHECKING:
    from estimation.networks import Network

HERE = Path(__file__).resolve().parent

# Change these three, or use the options that `python demo_image.py --help` lists.
model_weights_path = HERE / "model_weights" / "openpose"  # the lab's weights; without them the compact network runs
input_image = HERE / "images" / "1.jpg"
output_image = Path("output.png")

USUAL_HEIGHT_PX, LARGE_HEIGHT_PX = 368, 640
"""What the networks see of a large picture, one that is higher than the second: they know people of 40 to 400 px."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the demo; return 0, or 2 after one sentence about what the user can fix."""
    args = _parser().parse_args(argv)
    try:
        return run(args)
    except (ValueError, OSError, NotImplementedError) as exc:
        return _complain(exc)


def run(args: argparse.Namespace) -> int:
    """Work through the picture or the folder of pictures that `args` names.

    Returns
    -------
    exit_code : int
        0, or 2 if a picture of the folder could not be read or written; the others are done all the same.

    Raises
    ------
    ValueError, OSError
        If there is no picture, no network, or no place for the results.
    """
    network_path = args.network or _default_network()
    outputs = _outputs(args.image, args.output)
    network = load_network(network_path)
    print(f"Network: {network.name} ({_shown(network.weights)})")
    config = get_default_configuration()
    # Compiles the grouping now, so that its compilation is not counted below.
    estimate(config, [[]] * config.conn_types_size())
    exit_code, results = 0, []
    for number, (picture_path, output) in enumerate(outputs.items(), start=1):
        try:
            results += process(network, picture_path, output, number, height_px=args.height, with_maps=args.maps)
        except (ValueError, OSError) as exc:
            if not args.image.is_dir():
                raise
            exit_code = _complain(exc)
    if args.json:
        with replacing(args.json) as unfinished:
            unfinished.write_text(json.dumps(results, indent=1), encoding="utf-8")
        print(f"Wrote {args.json}")
    return exit_code


def process(
    network: "Network", picture_path: Path, output: Path, number: int, *, height_px: int | None, with_maps: bool
) -> list[dict[str, Any]]:
    """Find, draw and count the people of one picture; return them as COCO keypoint results.

    Parameters
    ----------
    network : Network
        What `load_network` returned.
    picture_path, output : Path
        Where the picture is, and where the drawn one goes.
    number : int
        The picture's `image_id` in the results.
    height_px : int, optional
        How high the picture is that the network sees; without it a large picture is brought to `USUAL_HEIGHT_PX`.
    with_maps : bool
        Also write the heatmaps and PAFs beside `output`, with `_maps` added to its name.
    """
    picture = read_picture(picture_path)
    is_large = picture.shape[0] > LARGE_HEIGHT_PX
    seen = bring_to_height(picture, height_px or (USUAL_HEIGHT_PX if is_large else picture.shape[0]))
    cell_px = CELL_PX * picture.shape[0] / seen.shape[0]
    maps = network.predict(seen)
    config = get_default_configuration()
    found = find_people(config, maps)
    people = "1 person" if len(found.skeletons) == 1 else f"{len(found.skeletons)} people"
    size = "" if seen is picture else f" (seen at {seen.shape[1]} x {seen.shape[0]})"
    print(f"{_shown(picture_path)}{size}: {people}; estimate took {found.seconds:.6f} s")
    drawn = draw(config, rgb_to_bgr(picture), found.coordinates, found.skeletons, resize_fac=cell_px)
    write_picture(output, bgr_to_rgb(drawn))
    print(f"Wrote {output}")
    if with_maps:
        maps_output = output.with_name(f"{output.stem}_maps{output.suffix}")
        write_picture(maps_output, bgr_to_rgb(draw_maps(config, rgb_to_bgr(seen), maps.heatmaps, maps.pafs)))
        print(f"Wrote {maps_output}")
    keypoints, scores = skeletons_to_keypoints(found.skeletons, found.coordinates, cell_px=cell_px)
    return coco_results(keypoints, scores, number, found.scores)


def _default_network() -> str:
    """Take the lab's weights where they are, the compact ones that ship where they are not."""
    has_lab_weights = model_weights_path.with_name(model_weights_path.name + ".index").exists()
    return os.fspath(model_weights_path) if has_lab_weights else "compact"


def _outputs(image: Path, output: Path | None) -> dict[Path, Path]:
    """Pair each picture with the file that its drawing goes to."""
    if not image.is_dir():
        return {image: output or output_image}
    pictures = find_pictures(image)
    if not pictures:
        raise ValueError(f"A folder must hold pictures such as .jpg or .png files; {image} holds none.")
    folder = output or Path("output")
    folder.mkdir(parents=True, exist_ok=True)
    stems = [picture.stem for picture in pictures]
    # 1.jpg and 1.png are two pictures: neither drawing may replace the other's.
    return {
        picture: folder / f"{picture.stem if stems.count(picture.stem) == 1 else picture.name}.png"
        for picture in pictures
    }


def _shown(path: Path) -> str:
    """Show a path as short as it can be said from here."""
    return os.fspath(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else os.fspath(path)


def _complain(exc: Exception) -> int:
    print(f"demo_image.py: {exc}", file=sys.stderr)
    return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--image", type=Path, default=input_image, help="a picture, or a folder of pictures")
    parser.add_argument("--output", type=Path, help="drawn picture (output.png); for a folder: a folder (output)")
    parser.add_argument("--network", help="`openpose`, `compact`, or a path to weights of one of them")
    parser.add_argument("--height", type=positive_integer, metavar="PX", help="how high a picture the network sees")
    parser.add_argument("--maps", action="store_true", help="also write heatmaps and PAFs as a picture to look at")
    parser.add_argument("--json", type=Path, help="also write the skeletons as COCO keypoint results")
    return parser


if __name__ == "__main__":
    sys.exit(run_until_stopped(main))
