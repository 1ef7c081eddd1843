"""Find the people in pictures or in a video and draw their skeletons: `python demo_image.py`."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - here, because an older Python cannot read the modules below
    this = ".".join(map(str, sys.version_info[:2]))
    sys.exit(f"Python 3.11 or newer is needed; this is {this}. README.md says how to set it up.")

import argparse
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm

from estimation.arguments import OneSentenceParser, positive_integer, score
from estimation.belief import MIN_LIMB_SCORE, MIN_PERSON_SCORE, select_believed
from estimation.config import get_default_configuration
from estimation.debugging import explain_handout, explain_sighting, explain_without_answer, is_raised_by_merge
from estimation.estimators import estimate
from estimation.found_format import FoundFile
from estimation.map_renderers import draw_maps
from estimation.networks import load_network
from estimation.pairing import describe_passed_over, pair_with_drawings, refuse_replacing
from estimation.pictures import PICTURE_SUFFIXES, bgr_to_rgb, read_picture, rgb_to_bgr, write_picture
from estimation.sighting import LARGE_HEIGHT_PX, SMALL_HEIGHT_PX, USUAL_HEIGHT_PX, Sighting, draw_sighting, look
from estimation.stopping import EXIT_CODE, run_until_stopped, take_time
from estimation.videos import VIDEO_SUFFIXES, check_video_name, open_video, writing_video

if TYPE_CHECKING:
    from estimation.networks import Network

HERE = Path(__file__).resolve().parent

# Change these, or use the options that `python demo_image.py --help` lists.
model_weights_path = HERE / "model_weights" / "openpose"  # the lab's weights; without them the compact network runs
input_image = HERE / "images" / "1.jpg"
output_image = Path("output.png")
output_video = Path("output.mp4")
as_in_lab = (HERE / "check.py").is_file()  # in the lab's folder, whose merge is yours, the steps are the handout's

PICTURES, HANDOUT = "pictures", "handout"
"""What --explain explains."""

_EXAMPLES = """examples:
  python demo_image.py                                          the picture that comes with it, drawn as output.png
  python demo_image.py --image me.jpg --output drawn.png        a picture of yours
  python demo_image.py --image a.jpg b.webp holidays            several pictures and folders, drawn in output/
  python demo_image.py --video dance.mp4 --output drawn.mp4     a video; Ctrl-C ends it, and what is drawn is kept
  python demo_image.py --video 0                                the first camera, until Ctrl-C, into output.mp4
  python demo_image.py --image me.jpg --min-score 0.3           only people that the network is quite sure of
  python demo_image.py --image me.jpg --json found.json         also everybody found, with scores, as data
  python demo_image.py --image me.jpg --height 640              small people in a large picture: slower, sees more
  python demo_image.py --image me.jpg --maps                    also what the network says: output_maps.png
  python demo_image.py --network openpose                       the lab's network
  python demo_image.py --image images/11.jpg --as-in-lab        every step as in the handout: merge meets conflicts
  python demo_image.py --image images/11.jpg --explain          the rows that reach merge, and what became of each
  python demo_image.py --explain handout                        the same for the example of the handout
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the demo; return 0, 2 after one sentence about what the user can fix, or `EXIT_CODE` for a stopped video."""
    args = _parser().parse_args(argv)
    if args.min_score is None:
        args.min_score = 0.0 if args.as_in_lab else MIN_PERSON_SCORE
    try:
        return run(args)
    except (ValueError, OSError, NotImplementedError) as exc:
        return _complain(exc)


def run(args: argparse.Namespace) -> int:
    """Work through the pictures or the video that `args` names.

    Returns
    -------
    exit_code : int
        0, or 2 if one of several pictures could not be read or written; the others are done all the same.

    Raises
    ------
    ValueError, OSError
        If there is no picture or video, no network, or no place for the results.
    """
    _check_places(args)
    if args.explain == HANDOUT:
        for line in explain_handout(args.output or output_image):
            print(line)
        return 0
    outputs = {} if args.video is not None else pair_with_drawings(args.image, args.output, output_image)
    network = load_network(args.network or _default_network())
    print(f"Network: {network.name} ({_shown(network.weights)})")
    if not args.as_in_lab:  # compiles the grouping, so that this is not counted below; a student's is plain Python
        config = get_default_configuration()
        estimate(config, [[]] * config.conn_types_size())
    for line in describe_passed_over(args.image) if outputs else ():
        print(line)
    found = FoundFile(network.name, args.min_score)
    exit_code = 0 if args.video is None else draw_video(network, args, found)
    for picture_path, output in outputs.items():
        try:
            draw_picture(network, picture_path, output, args, found)
        except (ValueError, OSError) as exc:
            if len(outputs) == 1 and not args.image[0].is_dir():
                raise
            exit_code = _complain(exc)
    if args.json:
        found.write(args.json)
        print(f"Wrote {args.json}")
    return exit_code


def draw_picture(
    network: "Network", picture_path: Path, output: Path, args: argparse.Namespace, found: FoundFile
) -> None:
    """Find and draw the people of one picture, say how many, and add them to those found."""
    picture, shown = read_picture(picture_path), _shown(picture_path)
    try:
        sighting = look(network, picture, args.height, as_in_lab=args.as_in_lab)
    except Exception:  # a merge that is not written yet, or fails: what it was given is what its author needs
        if args.explain:
            print(*explain_without_answer(shown, network, picture, args.height, as_in_lab=args.as_in_lab), sep="\n")
        raise
    seen = sighting.seen
    size = "" if seen is picture else f" (seen at {seen.shape[1]} x {seen.shape[0]})"
    print(f"{shown}{size}: {_count(sighting, args.min_score)}; estimate took {sighting.people.seconds:.6f} s")
    write_picture(output, draw_sighting(picture, sighting, args.min_score))
    print(f"Wrote {output}")
    if args.maps:
        maps_output = output.with_name(f"{output.stem}_maps{output.suffix}")
        maps = draw_maps(get_default_configuration(), rgb_to_bgr(seen), sighting.maps.heatmaps, sighting.maps.pafs)
        write_picture(maps_output, bgr_to_rgb(maps))
        print(f"Wrote {maps_output}")
    if args.explain:
        for line in explain_sighting(shown, picture, sighting, output, as_in_lab=args.as_in_lab):
            print(line)
    found.add(os.fspath(picture_path), sighting)


def draw_video(network: "Network", args: argparse.Namespace, found: FoundFile) -> int:
    """Find and draw the people of a video or of what a camera sees, until it ends or somebody presses Ctrl-C.

    Returns
    -------
    exit_code : int
        0, or `EXIT_CODE`; of a camera 0, for that is how it ends.
    """
    output = args.output or output_video
    n_frames, is_stopped, start = 0, False, time.perf_counter()
    with open_video(args.video) as video, writing_video(output, video.frames_per_s) as append:
        try:
            for picture in tqdm(video.frames, total=video.n_frames, unit="frame", disable=None):
                sighting = look(network, picture, args.height, as_in_lab=args.as_in_lab)
                append(draw_sighting(picture, sighting, args.min_score))
                if args.json:
                    found.add(video.name, sighting, frame=n_frames)
                n_frames += 1
        except KeyboardInterrupt:
            if n_frames == 0:
                raise
            take_time()
            is_stopped = True  # what is drawn so far is a whole video
    seconds = time.perf_counter() - start
    is_whole = video.n_frames is None or n_frames >= video.n_frames
    counted = f"{n_frames} frames" if is_whole else f"{n_frames} of {video.n_frames} frames"
    stopped = "; stopped by Ctrl-C" if is_stopped else ""
    print(f"{video.name}: {counted} in {seconds:.1f} s, {n_frames / seconds:.1f} frames a second{stopped}")
    print(f"Wrote {output}")
    return EXIT_CODE if is_stopped and video.n_frames is not None else 0


def _count(sighting: Sighting, min_score: float) -> str:
    n_found = len(sighting.people.skeletons)
    n_drawn = len(select_believed(sighting.people, min_score)[1])
    people = "1 person" if n_drawn == 1 else f"{n_drawn} people"
    return people if n_drawn == n_found else f"{people} (and {n_found - n_drawn} too faint to draw)"


def _default_network() -> str:
    """Take the lab's weights where they are, the compact ones that ship where they are not."""
    has_lab_weights = model_weights_path.with_name(model_weights_path.name + ".index").exists()
    return os.fspath(model_weights_path) if has_lab_weights else "compact"


def _check_places(args: argparse.Namespace) -> None:
    """Refuse what cannot be written before the network is loaded and a long video looked at."""
    if args.video is not None:
        check_video_name(args.output or output_video)
        refuse_replacing({Path(str(args.video)): args.output or output_video})
        if args.maps:
            raise ValueError("--maps takes pictures; got a video. Leave out --maps.")
        if args.explain:
            raise ValueError("--explain takes pictures; got a video. Leave out --explain.")
    if args.json and not args.json.parent.is_dir():
        raise ValueError(f"{args.json} cannot be written: there is no folder {args.json.parent}. Make it first.")


def _shown(path: Path) -> str:
    """Show a path as short as it can be said from here."""
    return os.fspath(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else os.fspath(path)


def _complain(exc: Exception) -> int:
    """Say what is wrong in a sentence; an error inside of `merge` is for its author, who needs to see the line."""
    if is_raised_by_merge(exc) and not isinstance(exc, NotImplementedError):
        raise exc
    print(f"demo_image.py: {exc}", file=sys.stderr)
    return 2


def _video_source(text: str) -> str | int:
    """Read a file name or the number of a camera; a file whose name is a number is a file."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 4 and not Path(text).exists() else text


def _parser() -> argparse.ArgumentParser:
    parser = OneSentenceParser(
        prog="demo_image.py",
        description=__doc__,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    shown, pictures, videos = _shown(input_image), " ".join(PICTURE_SUFFIXES), " ".join(VIDEO_SUFFIXES)
    source = parser.add_mutually_exclusive_group()
    source.add_argument(
        "--image",
        type=Path,
        nargs="+",
        default=[input_image],
        metavar="PATH",
        help=f"pictures and folders of pictures (default: {shown}): {pictures}",
    )
    source.add_argument(
        "--video",
        type=_video_source,
        metavar="PATH_OR_NUMBER",
        help="instead of pictures a video in any format that FFmpeg reads, or the number of a camera, 0 for the first",
    )
    parser.add_argument(
        "--output",
        type=Path,
        metavar="PATH",
        help=f"where the drawing goes: a picture (default: {output_image}); for several pictures or a folder a folder "
        f"(default: output); for a video one of {videos} (default: {output_video})",
    )
    parser.add_argument(
        "--network",
        metavar="NAME_OR_PATH",
        help="openpose, compact, lightweight, or a path to weights of one of them (default: openpose if its weights "
        "are there, else compact)",
    )
    parser.add_argument(
        "--height",
        type=positive_integer,
        metavar="PX",
        help=f"how high a picture the network sees (default: {USUAL_HEIGHT_PX} for pictures lower than "
        f"{SMALL_HEIGHT_PX} or higher than {LARGE_HEIGHT_PX}, else as they are)",
    )
    parser.add_argument(
        "--min-score",
        type=score,
        metavar="SCORE",
        help=f"draw people of at least this score, 0 to 1 (default: {MIN_PERSON_SCORE}, 0 as in the lab); limbs below "
        f"{MIN_LIMB_SCORE} are neither drawn nor counted; 0 draws all that was found",
    )
    parser.add_argument(
        "--as-in-lab",
        action=argparse.BooleanOptionalAction,
        default=as_in_lab,
        help="take each step as the handout says: merge gets its rows limb after limb, and rows that contradict each "
        f"other (default: {'yes, in the folder of the lab' if as_in_lab else 'no'})",
    )
    parser.add_argument(
        "--explain",
        nargs="?",
        const=PICTURES,
        choices=(PICTURES, HANDOUT),
        metavar=HANDOUT,
        help="also print the rows that reach merge and what became of each, and draw them: output_rows.png; with "
        f"{HANDOUT!r} only those of the handout's example",
    )
    parser.add_argument("--maps", action="store_true", help="also write heatmaps and PAFs as a picture to look at")
    parser.add_argument(
        "--json",
        type=Path,
        metavar="PATH",
        help="also write everybody found, drawn or not, in COCO's format; the file describes itself (default: none)",
    )
    return parser


if __name__ == "__main__":
    sys.exit(run_until_stopped(main))
