"""Videos in and out: frames in their order, what is wrong in a sentence, and nothing half written."""

import cv2
import numpy as np
import pytest

from estimation import videos
from estimation.videos import VIDEO_SUFFIXES, VideoError, check_video_name, open_video, writing_video

SIZE = (48, 64)


def frame(level, size=SIZE):
    return np.full((*size, 3), level, np.uint8)


def write(path, levels=range(0, 250, 25), frames_per_s=10.0, size=SIZE):
    with writing_video(path, frames_per_s) as append:
        for level in levels:
            append(frame(level, size))
    return path


def levels_of(path):
    with open_video(path) as video:
        return [int(picture[20, 20, 0]) for picture in video.frames]


@pytest.mark.parametrize("suffix", VIDEO_SUFFIXES)
def test_video_survives_writing_and_reading(suffix, tmp_path):
    path = write(tmp_path / f"影片{suffix}")

    with open_video(path) as video:
        assert (video.name, video.n_frames, video.frames_per_s) == (str(path), 10, 10.0)
        pictures = list(video.frames)
    assert [picture.shape for picture in pictures] == [(*SIZE, 3)] * 10
    assert [int(picture[20, 20, 0]) for picture in pictures] == pytest.approx(list(range(0, 250, 25)), abs=4)


def test_colours_are_red_first(tmp_path):
    red = frame(0)
    red[..., 0] = 200
    with writing_video(tmp_path / "red.avi", 10) as append:
        append(red)

    with open_video(tmp_path / "red.avi") as video:
        assert next(video.frames)[20, 20] == pytest.approx([200, 0, 0], abs=12)


def test_odd_rows_and_columns_are_cut_off(tmp_path):
    path = write(tmp_path / "odd.mp4", size=(49, 65))

    with open_video(path) as video:
        assert next(video.frames).shape == (48, 64, 3)


def stop(path, error, n_frames):
    with writing_video(path, 10) as append:
        for level in range(n_frames):
            append(frame(level))
        raise error


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_what_breaks_off_leaves_the_old_video(error, tmp_path):
    path = write(tmp_path / "old.mp4", [100, 100])

    with pytest.raises(error):
        stop(path, error, 3)

    assert [file.name for file in tmp_path.iterdir()] == ["old.mp4"]
    assert len(levels_of(path)) == 2


def test_video_without_frames_is_not_written(tmp_path):
    with pytest.raises(VideoError, match=r"none\.mp4 cannot be written: a video must have at least one frame"):
        write(tmp_path / "none.mp4", [])

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("out.png", r"out\.png must end in a video format, one of \.avi, \.mkv, \.mov, \.mp4; got '\.png'"),
        ("out", r"must end in a video format.*; got ''"),
        ("missing/out.mp4", r"out\.mp4 cannot be written: there is no folder .*missing\. Make it first"),
        ("folder.mp4", r"folder\.mp4 cannot be written: a folder has that name"),
    ],
    ids=["picture", "no ending", "missing folder", "folder in the way"],
)
def test_names_that_cannot_be_videos_are_refused(name, message, tmp_path):
    (tmp_path / "folder.mp4").mkdir()

    with pytest.raises(VideoError, match=message):
        check_video_name(tmp_path / name)
    with pytest.raises(VideoError, match=message):
        write(tmp_path / name)


def test_video_that_no_codec_takes_is_refused(tmp_path, monkeypatch):
    monkeypatch.setitem(videos._CODECS, ".mp4", "????")

    with pytest.raises(VideoError, match=r"out\.mp4 cannot be written with frames of 64 x 48 pixels\. Give a name"):
        write(tmp_path / "out.mp4")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"no video" * 100], ids=["empty", "text"])
def test_files_that_are_no_videos_are_refused(content, tmp_path, capfd):
    (tmp_path / "bad.mp4").write_bytes(content)

    with (
        pytest.raises(VideoError, match=r"bad\.mp4 must be a video such as .*; OpenCV cannot read a single frame"),
        open_video(tmp_path / "bad.mp4"),
    ):
        pass
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name", ["none.mp4", ".", "https://example.invalid/video.mp4", "%02d.png"])
def test_what_is_no_file_is_refused(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "00.png").write_bytes(cv2.imencode(".png", frame(0))[1].tobytes())

    with (
        pytest.raises(VideoError, match=r"must be a video file or the number of a camera; there is no such"),
        open_video(name),
    ):
        pass


class Camera:
    """A camera as OpenCV shows one: it says nothing of a length, and gives frames until it is unplugged."""

    def __init__(self, n_frames=3, rate=0.0):
        self.left, self.rate, self.is_released = n_frames, rate, False

    def read(self):
        self.left -= 1
        return (True, frame(50)) if self.left >= 0 else (False, None)

    def get(self, property_):
        return self.rate if property_ == cv2.CAP_PROP_FPS else -1.0

    def release(self):
        self.is_released = True


def test_camera_gives_frames_and_is_released(monkeypatch):
    camera = Camera()
    monkeypatch.setattr(cv2, "VideoCapture", lambda _: camera)

    with open_video(1) as video:
        assert (video.name, video.n_frames, video.frames_per_s) == ("camera 1", None, 25.0)
        assert len(list(video.frames)) == 3
        assert not camera.is_released
    assert camera.is_released


@pytest.mark.parametrize("rate", [float("nan"), -1.0, 1e6])
def test_rates_that_cannot_be_are_not_believed(rate, monkeypatch):
    monkeypatch.setattr(cv2, "VideoCapture", lambda _: Camera(rate=rate))

    with open_video(0) as video:
        assert video.frames_per_s == 25.0


def test_camera_that_is_not_there_is_refused(monkeypatch):
    camera = Camera(n_frames=0)
    monkeypatch.setattr(cv2, "VideoCapture", lambda _: camera)

    with pytest.raises(VideoError, match="camera 7 must give a picture; there is none, or another"), open_video(7):
        pass
    assert camera.is_released


def test_frames_with_too_many_pixels_are_refused(tmp_path, monkeypatch):
    path = write(tmp_path / "large.mp4")
    monkeypatch.setattr(videos, "MAX_PICTURE_PX", 100)

    with pytest.raises(VideoError, match=r"large\.mp4 must have at most 100 pixels a frame; it has"), open_video(path):
        pass
