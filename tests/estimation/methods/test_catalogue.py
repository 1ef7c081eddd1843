import pytest

from estimation.methods.__main__ import main
from estimation.methods.catalogue import TASKS, find_method, list_methods

MASKS = ["ecru", "encoder_decoder", "unet"]
COUNTS = [
    *("count_regression", "density_map", "mcnn", "mcnn_column5", "mcnn_column7", "mcnn_column9", "sacnn", "spn"),
    "switch_cnn",
]
NAMES = [
    *("coarse_to_fine", "deeppose_cascade", "direct_regression", "error_feedback", "heatmaps", "pose_machine"),
    *("resnet50v2", "softargmax", "softargmax_peaked", "stacked_hourglass"),
]


def test_each_file_is_a_method():
    assert [entry.name for entry in list_methods("pose")] == NAMES
    assert [entry.name for entry in list_methods("boxes")] == ["head_box"]
    assert [entry.name for entry in list_methods("masks")] == MASKS
    assert [entry.name for entry in list_methods("counts")] == COUNTS
    assert {entry.task for entry in list_methods()} == set(TASKS)


@pytest.mark.parametrize("entry", list_methods(), ids=lambda entry: entry.name)
def test_each_method_says_what_it_is(entry):
    assert 20 < len(entry.title) < 120
    assert len(entry.text) > 100


def test_list_names_all_methods(capsys):
    assert main(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()

    assert [line.split()[1] for line in lines] == [*NAMES, "head_box", *MASKS, *COUNTS]
    assert lines[2].endswith("Direct regression: a picture in, the joints' coordinates out")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["summary", "nobody"],
            f"methods: There is no method 'nobody'. There are: {', '.join([*NAMES, 'head_box', *MASKS, *COUNTS])}.\n",
        ),
        (["summary", "heatmaps", "--size", "huge"], "methods: There is no size 'huge'. There are: small, paper.\n"),
        (["list", "sleeping"], "methods: There is no task 'sleeping'. There are: pose, boxes, masks, counts.\n"),
    ],
    ids=["method", "size", "task"],
)
def test_unknown_names_get_the_list(arguments, message, capsys):
    assert main(arguments) == 2

    assert capsys.readouterr().err == message


def test_method_of_another_task_is_not_found():
    with pytest.raises(ValueError, match=r"There is no method 'head_box' for pose\. There are: coarse_to_fine, "):
        find_method("head_box", "pose")


def test_command_is_needed(capsys):
    with pytest.raises(SystemExit):
        main([])

    assert "the following arguments are required: COMMAND. See --help." in capsys.readouterr().err


@pytest.mark.xdist_group("tensorflow")  # which then starts once
def test_summary_counts_layers_and_says_what_outputs_see(capsys):
    assert main(["summary", "pose_machine", "--size", "paper"]) == 0
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]

    assert "stage2_conv1 Conv2D 46x46x128 759,040" in [" ".join(line.split()) for line in lines]
    assert "output 1, 46x46x17, sees 160 px of its input" in lines
    assert "output 2, 46x46x17, sees 400 px of its input" in lines
    assert lines[-1] == "30,889,894 parameters in all"


@pytest.mark.xdist_group("tensorflow")
def test_summary_shows_the_student_papers_number(capsys):
    assert main(["summary", "direct_regression", "--size", "paper"]) == 0
    out = capsys.readouterr().out

    assert out.startswith(
        "Direct regression: a picture in, the joints' coordinates out (paper size, squares of 220 px)\n"
    )
    assert "58,412,448 parameters" in out
    assert "output 1, 32, sees all of its input" in out


@pytest.mark.xdist_group("tensorflow")
def test_summary_sums_the_stages(capsys):
    assert main(["summary", "error_feedback"]) == 0

    assert "stage feedback, asked 4 times" in capsys.readouterr().out
