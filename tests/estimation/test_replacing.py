import pytest

from estimation.replacing import replacing


def test_replacing_puts_the_whole_file_in_the_old_ones_place(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("old")

    with replacing(path) as unfinished:
        unfinished.write_text("new")
        assert path.read_text() == "old"

    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("log.csv", "new")]


def write_half(path, stop):
    with replacing(path) as unfinished:
        unfinished.write_text("ha")
        raise stop


@pytest.mark.parametrize("stop", [KeyboardInterrupt, OSError])
def test_replacing_keeps_the_old_file_when_it_is_broken_off(tmp_path, stop):
    path = tmp_path / "log.csv"
    path.write_text("old")

    with pytest.raises(stop):
        write_half(path, stop)

    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("log.csv", "old")]


def test_replacing_names_the_place_that_cannot_be_written(tmp_path):
    place = tmp_path / "none" / "log.csv"

    with pytest.raises(FileNotFoundError, match=r"none.*log\.csv"), replacing(place) as unfinished:
        unfinished.write_text("new")


def test_replacing_a_folder_leaves_nothing_behind(tmp_path):
    (tmp_path / "log.csv").mkdir()

    with pytest.raises(OSError, match=r"log\.csv"), replacing(tmp_path / "log.csv") as unfinished:
        unfinished.write_text("new")

    assert [file.name for file in tmp_path.iterdir()] == ["log.csv"]
