"""The commands `train` and `compare`, with methods of a layer each."""

import html
import itertools
import json
import re
import sys
from pathlib import Path

import pytest

from estimation.methods.__main__ import main
from estimation.methods.catalogue import Entry
from estimation.methods.comparing import commands
from estimation.methods.comparing.task import GAP_PX, Claim
from estimation.pictures import read_picture
from estimation.training.averages import WeightAverage
from estimation.training.dataset import held_out, load_examples
from tests.estimation.late import Late

pytestmark = pytest.mark.xdist_group("tensorflow")  # which then starts once

loop, running = Late("estimation.training.loop"), Late("estimation.methods.comparing.running")

SMALL = ["--steps", "3", "--people", "12", "--kept-out", "9"]
IMAGES = Path(__file__).resolve().parents[4] / "images"


def compare(folder, *options):
    paths = ["--out", str(folder / "page.html"), "--picture", str(folder / "page.png"), "--runs", str(folder / "runs")]
    return main(["compare", "pose", *SMALL, "--seeds", "2", *paths, *options])


@pytest.fixture(scope="module")
def finished(tiny_task, tmp_path_factory):
    """Give the folder of a comparison that is done."""
    folder = tmp_path_factory.mktemp("finished")
    (folder / "runs").mkdir()
    (folder / "runs" / "remarks.toml").write_text('better_than_mean_pose = "Three steps are <few>."')
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(commands, "load_task", lambda _: tiny_task)
        assert compare(folder) == 0
    return folder


@pytest.fixture
def no_training(monkeypatch):
    """Fail where training would begin, which takes an hour."""
    monkeypatch.setattr(commands, "compare", None)
    monkeypatch.setattr(commands, "read_plan", None)


def text_of(page):
    return " ".join(html.unescape(re.sub(r"<style.*?</style>|<[^>]*>", " ", page, flags=re.DOTALL)).split())


def test_page_holds_all_that_was_measured(finished):
    page = (finished / "page.html").read_text(encoding="utf-8")
    text = text_of(page)

    assert "Methods side by side: Where are the joints?" in text
    assert "Learned from 12 rendered; asked about 9 rendered; 2 runs of each method." in text
    for row in ("mean pose", "chance", "direct_regression", "pose_machine, first", "pose_machine", "again"):
        assert f'<th scope="row">{row}</th>' in page
    for label in ("parameters", "steps", "PDJ@0.05", "PCKh@0.1", "PCP@0.5", "MPJPE px", "ankle"):
        assert f'<th scope="col">{label}</th>' in page
    assert "DeepPose, PCP@0.5 on LSP" in text
    assert "Numbers of <one> layer" in text
    assert "cannot be said" in text
    assert page.count("data:image/jpeg") == 5 + 4
    assert page.count("data:image/svg+xml") == 2 + 2


def test_page_is_whole_and_safe(finished):
    page = (finished / "page.html").read_text(encoding="utf-8")

    assert "<one>" not in page
    assert "<script" not in page
    assert not re.findall(r'(?:src|href)="(?!data:|#)', page)
    assert "section > * + *" in page  # the style sheet is not escaped


def test_picture_is_one_for_slides(finished):
    assert read_picture(finished / "page.png").shape[1] > 1000


def test_runs_are_kept_with_their_weights(finished):
    run = finished / "runs" / "pose_machine-seed1"

    assert {"checkpoint.npz", "log.csv", "row.npz", "result.json", "rendered.jpg"} == {p.name for p in run.iterdir()}
    kept = json.loads((run / "result.json").read_text())
    assert (kept["steps"], kept["seed"], kept["n_people"]) == (3, 1, {"rendered": 9})
    assert [step for step, _ in kept["losses"]] == [1, 2, 3]
    assert len(kept["measured"]["rendered"]) == 2
    assert read_picture(run / "rendered.jpg").shape == (192, 8 * 192 + 7 * GAP_PX, 3)


def test_same_results_give_the_same_page_and_train_nothing(finished, tiny, monkeypatch):
    page, picture = ((finished / name).read_bytes() for name in ("page.html", "page.png"))
    monkeypatch.setattr(running, "set_up", None)

    assert compare(finished) == 0

    assert (finished / "page.html").read_bytes() == page
    assert (finished / "page.png").read_bytes() == picture


def test_remarks_stand_beside_their_claims(finished):
    assert "Three steps are &lt;few&gt;." in (finished / "page.html").read_text(encoding="utf-8")


def test_what_explains_a_claim_stands_beside_it_where_nobody_has_remarked(
    finished, tiny, tiny_task, monkeypatch, tmp_path
):
    names = ("no_remark", "better_than_mean_pose", "true", "open")
    monkeypatch.setattr(commands, "read_remarks", lambda *_: {"better_than_mean_pose": "Three steps are <few>."})
    claims = [
        Claim(name, f"This is {name}.", "1; 2", came_true, f"So is {name}.")
        for name, came_true in zip(names, (False, False, True, None), strict=True)
    ]
    monkeypatch.setattr(tiny_task, "claims", lambda _: [*claims, Claim("bare", "This is bare.", "3", came_true=False)])

    assert compare(finished, "--out", str(tmp_path / "page.html")) == 0

    text = text_of((tmp_path / "page.html").read_text(encoding="utf-8"))
    assert "This is no_remark. 1; 2 So is no_remark." in text
    assert "This is better_than_mean_pose. 1; 2 Three steps are <few>." in text
    assert not {f"So is {name}." for name in names[1:] if f"So is {name}." in text}
    assert 'write it to remarks.toml in the folder of the runs: bare = "..."' in text


def test_other_numbers_are_refused(finished, tiny, capsys):
    assert compare(finished, "--people", "13") == 2

    assert capsys.readouterr().err == (
        "methods: A run must go on as what it began as; got people 13, and a run of people 12 in "
        f"{finished / 'runs'}. Name another folder with --runs.\n"
    )


def test_photographs_are_asked_about_with_weights_that_are_there(finished, tiny, monkeypatch):
    monkeypatch.setattr(loop, "learn", None)

    assert compare(finished, "--photos", str(IMAGES)) == 0

    page = (finished / "page.html").read_text(encoding="utf-8")
    assert "Photographs kept out" in page
    n_people = sum(len(example.boxes) for example in held_out(load_examples(IMAGES)).values())
    assert f"asked about 9 rendered, {n_people} photographs; 2 runs" in text_of(page)
    kept = json.loads((finished / "runs" / "direct_regression-seed0" / "result.json").read_text())
    assert set(kept["measured"]) == {"rendered", "photographs"}


def test_stopped_comparison_goes_on(tiny, tmp_path, monkeypatch, capsys):
    counted, update = itertools.count(1), WeightAverage.update

    def interrupt(average, step):
        if next(counted) > 4:
            raise KeyboardInterrupt
        update(average, step)

    with monkeypatch.context() as patch:
        patch.setattr(WeightAverage, "update", interrupt)
        assert compare(tmp_path, "--methods", "direct_regression") == 130

    options = f"compare pose --steps 3 --people 12 --kept-out 9 --seeds 2 --out {tmp_path}/page.html"
    assert capsys.readouterr().err.splitlines()[-1] == (
        "methods: Stopped by Ctrl-C; what is finished is kept, and the same command goes on from there: "
        f"python -m estimation.methods {options} --picture {tmp_path}/page.png --runs {tmp_path}/runs "
        "--methods direct_regression"
    )
    first = tmp_path / "runs" / "direct_regression-seed0" / "result.json"
    written = first.stat().st_mtime_ns
    assert not (tmp_path / "page.html").exists()
    assert compare(tmp_path, "--methods", "direct_regression") == 0
    assert first.stat().st_mtime_ns == written
    assert (tmp_path / "page.html").exists()


def test_train_measures_what_it_has_trained(tmp_path, tiny, monkeypatch, capsys):
    name = "direct_regression"
    tiny_method = commands.load_task("pose").entrants()[0].load
    monkeypatch.setattr(Entry, "load", lambda _: tiny_method())

    assert main(["train", name, "--run", str(tmp_path), *SMALL]) == 0

    said, heads, *lines = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"direct_regression: 3 steps, \d+ s, 9 samples kept out", said)
    assert heads.split()[:2] == ["PDJ@0.2", "PDJ@0.1"]
    assert [line.split()[0] for line in lines] == ["mean", "chance", name]
    assert main(["train", name, "--run", str(tmp_path), *SMALL, "--seed", "1"]) == 2
    assert "got seed 1, and a run of seed 0 in" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["train", "nobody"], "methods: There is no method 'nobody'. There are: coarse_to_fine, "),
        (["train", "heatmaps", "--size", "huge"], "methods: There is no size 'huge'. There are: small, paper.\n"),
        (["compare", "sleeping", "--out", "p.html"], "methods: There is no task 'sleeping' to compare methods in. "),
        (
            ["compare", "pose", "--out", "p.html", "--methods", "head_box"],
            "methods: There is no method 'head_box' for pose. There are: direct_regression, deeppose_cascade, ",
        ),
        (
            ["compare", "pose", "--out", "nowhere/p.html"],
            "methods: The page and its picture must be files that can be written; nowhere/p.html cannot: No such file ",
        ),
        (
            ["compare", "pose", "--out", "."],
            "methods: The page and its picture must be files that can be written; . cannot: it is a folder. Name ",
        ),
        (
            ["compare", "pose", "--out", "p.html", "--picture", "nowhere/p.png"],
            "methods: The page and its picture must be files that can be written; nowhere/p.png cannot: No such file ",
        ),
        (
            ["compare", "pose", "--out", "p.html", "--photos", "nowhere"],
            "methods: A data set must have COCO keypoints in a JSON file; got FileNotFoundError",
        ),
    ],
    ids=["method", "size", "task", "method of another task", "no folder", "a folder", "picture", "photos"],
)
@pytest.mark.usefixtures("no_training")
def test_what_is_wrong_is_said_before_training(options, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    assert main([*options, "--minutes", "5"]) == 2

    assert capsys.readouterr().err.startswith(message)
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("no_training")
def test_missing_permission_is_said_before_training(tmp_path, monkeypatch, capsys):
    def refuse(_path, **_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "touch", refuse)

    assert main(["compare", "pose", "--minutes", "5", "--out", str(tmp_path / "page.html")]) == 2
    assert capsys.readouterr().err == (
        f"methods: The page and its picture must be files that can be written; {tmp_path}/page.html cannot: "
        "Permission denied. Name another file.\n"
    )


@pytest.mark.usefixtures("no_training")
def test_missing_packages_are_said_before_training(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    for module in ("page", "plots"):
        monkeypatch.delitem(sys.modules, f"estimation.methods.comparing.{module}", raising=False)

    assert main(["compare", "pose", "--minutes", "5", "--out", str(tmp_path / "page.html")]) == 2
    assert capsys.readouterr().err == (
        "methods: The page needs Jinja2 and matplotlib; matplotlib is not installed. "
        "Install them: python -m pip install jinja2 matplotlib\n"
    )


def test_page_that_is_there_stays_until_the_new_one_is_ready(tmp_path):
    (tmp_path / "page.html").write_text("the old one")

    commands.check_writable(tmp_path / "page.html")

    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]
    assert (tmp_path / "page.html").read_text() == "the old one"


@pytest.mark.usefixtures("no_training")
def test_photographs_without_anybody_are_refused(tmp_path, monkeypatch, capsys):
    coco = {"images": [{"id": 6, "file_name": "6.png"}], "annotations": [], "categories": []}
    (tmp_path / "annotations.json").write_text(json.dumps(coco))

    options = ["--out", str(tmp_path / "page.html"), "--photos", str(tmp_path), "--runs", str(tmp_path / "runs")]
    assert main(["compare", "pose", "--minutes", "5", *options]) == 2
    assert capsys.readouterr().err == (
        "methods: There must be at least one person with a labelled joint; got nobody at all. "
        "Name another folder of pictures with keypoints.\n"
    )
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("minutes", ["0", "-1", "nan", "inf", "five"])
@pytest.mark.parametrize("command", [["train", "heatmaps"], ["compare", "pose", "--out", "page.html"]], ids=" ".join)
@pytest.mark.usefixtures("no_training")
def test_minutes_that_are_none_are_refused(command, minutes, capsys):
    with pytest.raises(SystemExit) as ended:
        main([*command, "--minutes", minutes])

    assert ended.value.code == 2
    assert capsys.readouterr().err == (
        f"python -m estimation.methods {command[0]}: argument --minutes: must be a number above 0; got '{minutes}'. "
        "See --help.\n"
    )


def test_time_or_steps_must_be_given(capsys):
    with pytest.raises(SystemExit):
        main(["train", "heatmaps"])

    assert "one of the arguments --minutes --steps is required. See --help." in capsys.readouterr().err


def test_too_few_minutes_are_refused_and_nothing_is_begun(tmp_path, tiny, monkeypatch, capsys):
    monkeypatch.setattr(running, "pace_of", lambda *_: (9.0, 1.0))
    options = ["--out", str(tmp_path / "page.html"), "--runs", str(tmp_path / "runs"), "--people", "4"]

    assert main(["compare", "pose", "--minutes", "0.1", "--kept-out", "4", *options]) == 2

    assert capsys.readouterr().err.splitlines()[-1] == (
        "methods: A run must have time for a step at least; got 0.1 minutes for 3 of direct_regression, whose first "
        "step takes 9.0 s. Give it more with --minutes."
    )
    assert not (tmp_path / "runs").exists()


def test_steps_are_measured_without_being_taken_by_the_run(tiny_task, monkeypatch):
    monkeypatch.setattr(running, "MEASURED_S", 0.0)
    first_s, step_s = running.pace_of(tiny_task, tiny_task.entrants()[0], "small", tiny_task.people(4, seed=0))

    assert first_s > 0
    assert step_s > 0


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("heatmaps", r"^Remarks must be TOML, a sentence by the name of a claim; .*remarks\.toml: "),
        ('nothing = "x"', r"^Remarks must be sentences by the names of claims; got 'nothing' in .* There are: better_"),
        ("corner_pulls = 3", r"^Remarks must be sentences by the names of claims; got 'corner_pulls' in "),
    ],
)
def test_remarks_that_are_none_are_refused(content, message, tmp_path):
    (tmp_path / "remarks.toml").write_text(content)

    with pytest.raises(ValueError, match=message):
        commands.read_remarks(tmp_path / "remarks.toml", commands.load_task("pose"))


@pytest.mark.slow
def test_all_methods_of_pose_are_compared(tmp_path):
    options = ["--out", str(tmp_path / "page.html"), "--runs", str(tmp_path / "runs"), "--seeds", "1", *SMALL]

    assert main(["compare", "pose", *options]) == 0

    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    for row in ("coarse_to_fine, first", "stacked_hourglass", "at_the_corner", "without_255"):
        assert f'<th scope="row">{row}</th>' in page
