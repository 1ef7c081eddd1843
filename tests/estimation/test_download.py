import io
import json
import stat
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from estimation import download
from estimation.checkpoints import read_weights, shapes_of
from estimation.download import download_openpose, main
from estimation.transfers import DownloadError, TransferLimits, fetch
from tests.estimation.late import Late
from tests.estimation.servers import ETAG, send, send_rest

keras, openpose_builder = Late("keras"), Late("estimation.openpose")

pytestmark = pytest.mark.xdist_group("tensorflow")  # which then starts once

LIMITS = TransferLimits(n_attempts=3, pause_s=0.0, max_archive_bytes=50_000, max_unpacked_bytes=50_000)
BODY = np.random.default_rng(5).bytes(40_000)


@pytest.fixture
def part(tmp_path: Path) -> Path:
    return tmp_path / "openpose.zip.part"


def test_fetch_takes_whole_file(server, part):
    server.script = [send_rest(BODY)]
    fetch(server.url, part, LIMITS)
    assert part.read_bytes() == BODY
    assert server.ranges == [None]


def test_fetch_follows_redirects(server, part):
    server.script = [send(b"", status=302, Location="/elsewhere"), send(BODY)]
    fetch(server.url, part, LIMITS)
    assert part.read_bytes() == BODY


def test_fetch_goes_on_after_break(server, part):
    server.script = [send(BODY, n_sent=15_000), send_rest(BODY)]
    fetch(server.url, part, LIMITS)
    assert part.read_bytes() == BODY
    assert server.ranges == [None, "bytes=15000-"]
    assert server.requests[1]["If-Range"] == ETAG


def test_fetch_goes_on_after_silence(server, part):
    # However slow the machine is that answers: some attempt comes through.
    impatient = replace(LIMITS, timeout_s=0.2, n_attempts=1000)
    server.script = [send(BODY, n_sent=15_000, stall=True), send_rest(BODY)]
    fetch(server.url, part, impatient)
    assert part.read_bytes() == BODY
    assert len(server.requests) > 1


def test_fetch_goes_on_in_next_run(server, part):
    server.script = [send(BODY, n_sent=15_000), send(b"", status=503), send(b"", status=503), send_rest(BODY)]
    message = (
        r"in 3 attempts; the last one failed: the server answered 503 Service Unavailable; at .* a mirror with --url"
    )
    with pytest.raises(DownloadError, match=message):
        fetch(server.url, part, LIMITS)
    assert part.read_bytes() == BODY[:15_000]
    fetch(server.url, part, LIMITS)
    assert part.read_bytes() == BODY
    assert server.ranges[-1] == "bytes=15000-"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param({}, send(BODY), id="range_ignored"),
        pytest.param({}, send_rest(BODY, ETag='"second"'), id="file_changed"),
        pytest.param({"ETag": 'W/"weak"'}, send(BODY), id="weak_etag"),
    ],
)
def test_fetch_starts_anew_where_server_sends_all(first, second, server, part):
    server.script = [send(bytes(40_000), n_sent=15_000, **first), second]
    fetch(server.url, part, LIMITS)
    assert part.read_bytes() == BODY


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(send(b"", status=416), id="range_refused"),
        pytest.param(send(BODY, status=206, Content_Range="bytes 0-39999/40000"), id="other_range"),
        pytest.param(send(BODY, status=206), id="no_range"),
        pytest.param(
            send(BODY[15_000:], status=206, Content_Range="bytes 15000-1/2", ETag='"second"'), id="other_file"
        ),
    ],
)
def test_fetch_starts_anew_where_range_is_wrong(wrong, server, part):
    server.script = [send(BODY, n_sent=15_000), wrong, send_rest(BODY)]
    fetch(server.url, part, LIMITS)
    assert part.read_bytes() == BODY
    assert server.ranges == [None, "bytes=15000-", None]


def test_fetch_uses_date_without_etag(server, part):
    date = "Fri, 01 Jan 2021 00:00:00 GMT"
    server.script = [send(BODY, n_sent=15_000, ETag=None, Last_Modified=date), send(BODY)]
    fetch(server.url, part, LIMITS)
    assert server.requests[1]["If-Range"] == date


@pytest.mark.parametrize(
    "note",
    [
        pytest.param(None, id="missing"),
        pytest.param("{", id="cut"),
        pytest.param("[]", id="list"),
        pytest.param(json.dumps({"url": "http://other", "validator": ETAG}), id="other_address"),
    ],
)
def test_fetch_starts_anew_when_note_is(note, server, part):
    part.write_bytes(b"old")
    if note:
        part.with_name(f"{part.name}.json").write_text(note)
    server.script = [send_rest(BODY)]
    fetch(server.url, part, LIMITS)
    assert part.read_bytes() == BODY
    assert server.ranges == [None]


@pytest.mark.parametrize("status", [500, 429])
def test_fetch_tries_again_after(status, server, part):
    server.script = [send(b"", status=status), send(BODY)]
    fetch(server.url, part, LIMITS)
    assert part.read_bytes() == BODY


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        pytest.param(
            send(b"", status=404), r"must be at http.*zip; the server answered 404 Not Found\. Name", id="404"
        ),
        pytest.param(send(bytes(50_001), n_sent=10), "at most 50000 bytes; got 50001 from http.*zip", id="too_large"),
        pytest.param(
            send(bytes(50_001), Content_Length=None),
            "at most 50000 bytes; got more from",
            id="too_large_unannounced",
        ),
    ],
)
def test_fetch_refuses(answer, message, server, part):
    server.script = [answer]
    with pytest.raises(DownloadError, match=message):
        fetch(server.url, part, LIMITS)
    assert len(server.requests) == 1
    assert not list(part.parent.iterdir())


def test_fetch_waits_longer_each_time(server, part, monkeypatch):
    pauses = []
    monkeypatch.setattr("time.sleep", pauses.append)
    server.script = [send(b"", status=500)]
    with pytest.raises(DownloadError, match="500"):
        fetch(server.url, part, TransferLimits(n_attempts=4, pause_s=2.0))
    assert pauses == [0, 2, 4, 8]


def test_fetch_names_wrong_address(part):
    with pytest.raises(DownloadError, match=r"must begin with http:// or https://; got 'ftp://host/file'"):
        fetch("ftp://host/file", part, LIMITS)


def test_fetch_gives_up_on_closed_port(part):
    with pytest.raises(DownloadError, match=r"in 3 attempts; the last one failed: .*Connection refused"):
        fetch("http://127.0.0.1:9/weights.zip", part, LIMITS)


@pytest.fixture
def tiny_network(monkeypatch: pytest.MonkeyPatch) -> dict[str, np.ndarray]:
    """Let openpose be one small layer, and give its weights."""

    def build():
        return keras.Sequential([keras.Input((None, None, 3)), keras.layers.Conv2D(2, 1, name="backbone-block1_conv1")])

    monkeypatch.setattr(openpose_builder, "build_openpose", build)
    return {key: np.full(shape, 0.5, np.float32) for key, shape in shapes_of(build()).items()}


@pytest.fixture
def checkpoint(tiny_network, write_checkpoint, tmp_path_factory) -> dict[str, bytes]:
    """Give the files of a right checkpoint in two shards under the name that it has in the published archive."""
    folder = tmp_path_factory.mktemp("published")
    write_checkpoint(folder / "vgg", tiny_network, n_shards=2)
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def zipped(files: dict[str, bytes] | list[tuple[str | zipfile.ZipInfo, bytes]], **options) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items() if isinstance(files, dict) else files:
            archive.writestr(name, content, **options)
    return file.getvalue()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "model_weights"


def in_folder(files: dict[str, bytes], name: str) -> dict[str, bytes]:
    return {f"{name}/{file}": content for file, content in files.items()}


@pytest.mark.parametrize(
    "around", [pytest.param(dict, id="root"), pytest.param(lambda f: in_folder(f, "w"), id="folder")]
)
def test_download_installs_checkpoint(around, server, checkpoint, tiny_network, folder):
    extra = {"README.md": b"text", "__MACOSX/._vgg.index": b"mac", "checkpoint": b"vgg"}
    server.script = [send(zipped(around(checkpoint) | extra))]
    assert download_openpose(folder, server.url, limits=LIMITS) == f"The weights are in {folder / 'openpose'}.*"
    assert sorted(file.name for file in folder.iterdir()) == [
        "openpose.data-00000-of-00002",
        "openpose.data-00001-of-00002",
        "openpose.index",
    ]
    weights = read_weights(folder / "openpose")
    for key, array in tiny_network.items():
        np.testing.assert_array_equal(weights[key], array)


def test_download_replaces_wrong_weights_whole(server, checkpoint, write_checkpoint, folder):
    folder.mkdir(parents=True)
    write_checkpoint(folder / "openpose", {"other/kernel": np.zeros(3, np.float32)})
    server.script = [send(zipped(checkpoint))]
    download_openpose(folder, server.url, limits=LIMITS)
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == {
        name.replace("vgg", "openpose"): content for name, content in checkpoint.items()
    }


def test_download_leaves_right_weights_unless_forced(server, checkpoint, folder):
    server.script = [send(zipped(checkpoint))]
    download_openpose(folder, server.url, limits=LIMITS)
    assert download_openpose(folder, server.url).endswith("are complete already; nothing to do.")
    assert len(server.requests) == 1
    download_openpose(folder, server.url, force=True)
    assert len(server.requests) == 2


def entry(name: str, mode: int = 0o100644) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo()
    info.filename = info.orig_filename = name
    info.external_attr = mode << 16
    return info


PATH_OUT = "plain files in plain folders; got a path that leads out of the archive: "


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        pytest.param([(entry("../evil"), b"")], PATH_OUT + r"'\.\./evil'", id="parent"),
        pytest.param([(entry("a/../../evil"), b"")], PATH_OUT, id="parent_inside"),
        pytest.param([(entry("/etc/evil"), b"")], PATH_OUT + "'/etc/evil'", id="absolute"),
        pytest.param([(entry("..\\evil"), b"")], PATH_OUT + r"'\.\.\\\\evil'", id="backslash"),
        pytest.param([(entry("C:evil"), b"")], PATH_OUT + "'C:evil'", id="drive_letter"),
        pytest.param(
            [(entry("link", stat.S_IFLNK | 0o777), b"/etc")], "got a link or a special file: 'link'", id="link"
        ),
        pytest.param([(entry("pipe", stat.S_IFIFO), b"")], "got a link or a special file: 'pipe'", id="pipe"),
        pytest.param([("bomb", bytes(60_000))], r"unpack to at most 50000 bytes; it declares 60\d\d\d", id="bomb"),
        pytest.param([("twin", b"1"), ("twin", b"2")], "every name once; got .*'twin', 'twin'", id="duplicate"),
        pytest.param([("other.index", b"")], r"one TensorFlow checkpoint: .*; got .*'other\.index'\. Name", id="two"),
        pytest.param([("vgg.data-00002-of-00003", b"")], "and all its .data shards; got ", id="extra_shard"),
        pytest.param([("vgg.data-x/y", b"")], "and all its .data shards; got ", id="shard_folder"),
    ],
)
@pytest.mark.filterwarnings("ignore:Duplicate name:UserWarning")
def test_download_refuses_hostile_archive(extra, message, server, checkpoint, folder):
    server.script = [send(zipped([*checkpoint.items(), *extra]))]
    with pytest.raises(DownloadError, match=message):
        download_openpose(folder, server.url, limits=LIMITS)
    assert not list(folder.iterdir())
    assert [path.name for path in folder.parent.parent.iterdir()] == ["deep"]


@pytest.mark.parametrize(
    ("archive", "message"),
    [
        pytest.param(
            b"<html>log in</html>", "must be a complete zip file; it is broken: File is not a zip file", id="html"
        ),
        pytest.param(zipped({}), "one TensorFlow checkpoint: .*; got nothing", id="empty"),
        pytest.param(
            zipped({"model/openpose.h5": b"", "model/notes.txt": b""}),
            r"an \.index file and all its \.data shards; got 'model/openpose\.h5', 'model/notes\.txt'\. Name another",
            id="keras",
        ),
        pytest.param(zipped({f"{n}.h5": b"" for n in range(12)}), r"'9\.h5' and 2 more\.", id="long_list"),
        pytest.param(zipped({"a.index": b""}), "all its .data shards; got 'a.index'", id="no_shard"),
        pytest.param(
            zipped({"a.index": b"", "a.data-00001-of-00002": b""}),
            "all its .data shards; got ",
            id="first_shard_missing",
        ),
        pytest.param(
            zipped({"a.index": b"", "a.data-00000-of-00001": b""}, compress_type=zipfile.ZIP_LZMA),
            "an encrypted or unusually packed file: 'a.index'",
            id="lzma",
        ),
        pytest.param(
            zipped({"a.index": b"", "a.data-00000-of-00001": b""}).replace(
                b"PK\1\2\x14\3\x14\0\0", b"PK\1\2\x14\3\x14\0\1"
            ),
            "an encrypted or unusually packed file: 'a.index'",
            id="encrypted",
        ),
        pytest.param(
            zipped({"a.index": b"junk", "a.data-00000-of-00001": b""}),
            r"must hold the lab's weights\. the archive must be a whole TensorFlow checkpoint; it cannot be read",
            id="no_checkpoint",
        ),
    ],
)
def test_download_refuses_other_files(archive, message, server, tiny_network, folder):
    server.script = [send(archive)]
    with pytest.raises(DownloadError, match=message):
        download_openpose(folder, server.url, limits=LIMITS)
    assert not list(folder.iterdir())


def test_download_refuses_changed_bytes(server, checkpoint, folder):
    archive = bytearray(zipped(checkpoint, compress_type=zipfile.ZIP_STORED))
    archive[archive.index(checkpoint["vgg.data-00001-of-00002"])] ^= 1
    server.script = [send(bytes(archive))]
    with pytest.raises(DownloadError, match="must be a complete zip file; it is broken: Bad CRC-32"):
        download_openpose(folder, server.url, limits=LIMITS)
    assert not list(folder.iterdir())


def test_download_refuses_other_network_and_keeps_old_weights(server, checkpoint, write_checkpoint, folder, tmp_path):
    server.script = [send(zipped(checkpoint))]
    download_openpose(folder, server.url, limits=LIMITS)
    before = {file: file.read_bytes() for file in folder.iterdir()}
    write_checkpoint(tmp_path / "other", {"backbone/block1_conv1/kernel": np.zeros((3, 3, 3, 2), np.float32)})
    server.script = [send(zipped({file.name: file.read_bytes() for file in tmp_path.glob("other.*")}))]
    message = (
        r"lab's weights\. .* 1 missing: backbone/block1_conv1/bias; 1 misshapen: .* \(1, 1, 3, 2\); in the archive"
    )
    with pytest.raises(DownloadError, match=message):
        download_openpose(folder, server.url, force=True, limits=LIMITS)
    assert {file: file.read_bytes() for file in folder.iterdir()} == before


@pytest.mark.slow
def test_download_installs_full_size_network(server, openpose_checkpoint, openpose_weights, folder, tmp_path):
    archive = tmp_path / "openpose_2br_vgg.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for path in openpose_checkpoint.parent.iterdir():
            file.write(path, f"openpose_2br_vgg/{path.name}")
    server.script = [send(archive.read_bytes())]
    archive.unlink()
    download_openpose(folder, server.url)
    weights = read_weights(folder / "openpose")
    np.testing.assert_array_equal(weights["stage_5_l/layer_6/bias"], openpose_weights["stage_5_l/layer_6/bias"])
    for file in folder.iterdir():
        file.unlink()


def test_main_reports_success(server, checkpoint, folder, capsys):
    server.script = [send(zipped(checkpoint))]
    assert main(["openpose", "--to", str(folder), "--url", server.url], LIMITS) == 0
    assert capsys.readouterr() == (f"The weights are in {folder / 'openpose'}.*\n", "")


def test_main_reports_file_in_place_of_folder(server, checkpoint, folder, capsys):
    folder.parent.mkdir()
    folder.write_text("file")
    assert main(["openpose", "--to", str(folder), "--url", server.url], LIMITS) == 2
    assert capsys.readouterr().err.startswith("error: [Errno 17] File exists")


def test_main_reports_address_that_is_none(folder, capsys):
    assert main(["openpose", "--to", str(folder), "--url", "http://host:port"], LIMITS) == 2
    assert capsys.readouterr().err.startswith("error: Invalid")


def test_main_stops_when_user_does(folder, capsys, monkeypatch):
    def stopped(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(download, "download_openpose", stopped)
    assert main(["openpose", "--to", str(folder)]) == 130
    assert capsys.readouterr().err == "stopped; run the same command to continue\n"


@pytest.mark.slow
def test_command_line_names_missing_file_in_one_line(server, folder):
    server.script = [send(b"", status=404)]
    command = [sys.executable, "-m", "estimation.download", "openpose", "--to", str(folder), "--url", server.url]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error: The weights must be at {server.url}; the server answered 404 Not Found.")
    assert done.stderr.count("\n") == 1
