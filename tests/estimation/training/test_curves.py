import matplotlib.figure
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from estimation.pictures import read_picture
from estimation.training.curves import COLUMNS, compare_runs, draw_curves, main, read_log
from estimation.training.runs import LOG_COLUMNS

HEADING = ",".join(COLUMNS) + "\n"
ROWS = "50,20.0,,,192,0.001,30.5\n100,10.0,4.0,12.5,192,0.002,61.0\n150,8.0,3.5,,256,0.001,99.0\n"


@pytest.fixture
def a_log(tmp_path):
    def write(content=HEADING + ROWS, run="run"):
        (tmp_path / run).mkdir(parents=True, exist_ok=True)
        log = tmp_path / run / "log.csv"
        log.write_text(content, encoding="utf-8")
        return log

    return write


@pytest.fixture
def figures(monkeypatch):
    """Give the figures that were saved, with their panels: losses, rates and sizes."""
    saved = []
    save = matplotlib.figure.Figure.savefig
    monkeypatch.setattr(
        matplotlib.figure.Figure, "savefig", lambda self, *args, **kw: (saved.append(self), save(self, *args, **kw))
    )
    return saved


def points(line):
    return np.transpose(line.get_data()).tolist()


def labels(panel):
    return [text.get_text() for text in panel.get_legend().get_texts()]


def test_read_log_has_nan_where_nothing_was_measured(a_log):
    log = read_log(a_log())

    assert list(log) == list(COLUMNS)
    assert log["step"].tolist() == [50, 100, 150]
    np.testing.assert_array_equal(log["hint_loss"], [np.nan, 4.0, 3.5])
    np.testing.assert_array_equal(log["held_out_loss"], [np.nan, 12.5, np.nan])


@pytest.mark.parametrize("n_lost", range(1, len("150,8.0,3.5,,256,0.001,99.0\n")))
def test_read_log_leaves_out_a_row_that_was_cut(a_log, n_lost):
    log = read_log(a_log((HEADING + ROWS)[:-n_lost]))

    assert log["step"].tolist() == [50, 100]
    assert log["seconds"].tolist() == [30.5, 61.0]


def test_read_log_leaves_out_a_cut_row_that_the_next_run_wrote_on(a_log):
    cut = "150,8.0,3.5,,2"

    assert read_log(a_log(HEADING + cut + ROWS))["step"].tolist() == [100, 150]


def test_read_log_takes_line_ends_as_csv_has_them(a_log):
    log = a_log()
    log.write_bytes((HEADING + ROWS).replace("\n", "\r\n").encode())

    assert read_log(log)["seconds"].tolist() == [30.5, 61, 99]


def test_columns_are_those_that_a_run_logs():
    assert COLUMNS == LOG_COLUMNS


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param("", r"must have a row to draw; .*log\.csv has none\. Let the run go on", id="empty"),
        pytest.param(HEADING, "must have a row to draw; .* has none", id="heading"),
        pytest.param(HEADING + "50,20.0", "must have a row to draw; .* has none", id="cut_first_row"),
        pytest.param(
            "step,loss\n50,20.0\n", "must have the columns step, .*; .* lacks hint_loss, .* seconds", id="other"
        ),
    ],
)
def test_read_log_says_what_is_wrong(a_log, content, message):
    with pytest.raises(ValueError, match=message):
        read_log(a_log(content))


def test_read_log_says_that_there_is_none(tmp_path):
    with pytest.raises(
        ValueError, match=r"A run must have a log; .*log\.csv cannot be read: No such file or directory"
    ):
        read_log(tmp_path / "log.csv")


def test_draw_curves_draws_all_columns_over_the_steps(a_log, figures, tmp_path):
    draw_curves(a_log(), tmp_path / "curves.png")

    losses, rates, sizes = figures[0].axes
    training, hints, held_out = losses.get_lines()
    assert points(training) == [[50, 20], [100, 10], [150, 8]]
    assert points(hints) == [[100, 4], [150, 3.5]]
    assert points(held_out) == [[100, 12.5]]
    assert held_out.get_linestyle() == "None"
    assert losses.get_yscale() == "log"
    assert points(rates.get_lines()[0]) == [[50, 0.001], [100, 0.002], [150, 0.001]]
    assert points(sizes.get_lines()[0]) == [[50, 192], [100, 192], [150, 256]]
    assert labels(losses) == ["run", "training", "hints", "held out"]
    assert rates.get_xlabel() == "step"


def test_draw_curves_shows_the_curves(a_log, tmp_path):
    draw_curves(a_log(), tmp_path / "curves.png")

    picture = read_picture(tmp_path / "curves.png")
    is_blue = (picture == np.round(np.multiply(to_rgb("C0"), 255))).all(axis=-1)
    assert is_blue[: len(picture) // 2].sum() > 100
    assert is_blue[len(picture) * 3 // 4 :].sum() > 100


def test_draw_curves_explains_no_line_that_is_not_there(a_log, figures, tmp_path):
    draw_curves(a_log(HEADING + "50,20.0,,,192,0.001,30.5\n"), tmp_path / "curves.png")

    assert labels(figures[0].axes[0]) == ["run", "training"]


def test_compare_runs_draws_each_in_its_colour_over_the_minutes(a_log, figures, tmp_path):
    logs = [a_log(run="hourglass"), a_log(HEADING + "50,9.0,,,192,0.001,120\n", run="residual")]
    compare_runs(logs, tmp_path / "curves.svg", over="minutes")

    losses, rates, _ = figures[0].axes
    first, second, *_ = losses.get_lines()
    assert points(first)[0] == [30.5 / 60, 20]
    assert points(second) == [[2, 9]]
    assert (first.get_color(), second.get_color()) == ("C0", "C1")
    assert labels(losses)[:2] == ["hourglass", "residual"]
    assert rates.get_xlabel() == "minutes of training"


def test_compare_runs_tells_folders_of_one_name_apart(a_log, figures, tmp_path):
    compare_runs([a_log(run="old/compact"), a_log(run="new/compact")], tmp_path / "curves.png")

    assert labels(figures[0].axes[0])[:2] == [str(tmp_path / "old" / "compact"), str(tmp_path / "new" / "compact")]


def test_main_draws_several_runs(a_log, figures, tmp_path):
    runs = [str(a_log(run=name).parent) for name in ("first", "second")]

    assert main([*runs, "--out", str(tmp_path / "curves.png"), "--over", "minutes"]) == 0
    assert read_picture(tmp_path / "curves.png").shape == (840, 1080, 3)
    assert figures[0].axes[1].get_xlabel() == "minutes of training"


@pytest.mark.parametrize(
    ("run", "out", "error"),
    [
        pytest.param("missing", "curves.png", "curves: A run must have a log; ", id="no_log"),
        pytest.param("run", "curves.txt", "curves: Format 'txt' is not supported", id="format"),
        pytest.param("run", "nowhere/curves.png", "curves: [Errno 2] No such file", id="no_folder"),
    ],
)
def test_main_says_in_one_sentence_what_is_wrong(a_log, tmp_path, capsys, run, out, error):
    a_log()

    assert main([str(tmp_path / run), "--out", str(tmp_path / out)]) == 2
    assert capsys.readouterr().err.startswith(error)
