import numpy as np
import pytest
import scipy.io

from estimation.joints import MpiiJoint
from estimation.methods.mpii import read_mpii
from estimation.methods.samples import cut_samples


def structs(*rows):
    """Make an array of structs as MATLAB has it: every row has all fields."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    array = np.empty((1, len(rows)), [(name, object) for name in names])
    for index, row in enumerate(rows):
        for name in names:
            array[0, index][name] = row.get(name, np.empty((0, 0)))
    return array


def points(**places):
    return structs(
        {"point": structs(*({"x": x, "y": y, "id": MpiiJoint[name].value} for name, (x, y) in places.items()))}
    )


def rectangle(annopoints, **more):
    where = {"x1": 41, "y1": 11, "x2": 61, "y2": 36, "scale": 0.5, "objpos": structs({"x": 51, "y": 61})}
    return {**where, "annopoints": annopoints, **more}


def write(path, *pictures):
    annolist = structs(*({"image": structs({"name": name}), "annorect": rects} for name, rects in pictures))
    scipy.io.savemat(path, {"RELEASE": structs({"annolist": annolist, "version": "12"})})
    return path


@pytest.fixture
def mat(tmp_path):
    return tmp_path / "mpii.mat"


def test_mpii_gives_joints_box_and_head(mat):
    labelled = points(head_top=(50, 12), upper_neck=(50.5, 35), left_ankle=(60, 110))
    people = read_mpii(write(mat, ("1.jpg", structs(rectangle(labelled))), ("2.jpg", structs(rectangle(labelled)))))

    assert list(people) == ["1.jpg", "2.jpg"]
    (person,) = people["1.jpg"]
    assert person.joints[MpiiJoint.head_top].tolist() == [49, 11]
    assert person.joints[MpiiJoint.upper_neck].tolist() == [49.5, 34]
    assert np.isfinite(person.joints).all(axis=-1).sum() == 3
    assert person.box.tolist() == [0, 10, 100, 100]
    assert person.head_box.tolist() == [40, 10, 20, 25]


def test_mpii_joints_at_the_corner_are_not_labelled(mat):
    labelled = points(head_top=(0, 0), right_knee=(0, 70), left_knee=(float("nan"), 70))
    (person,) = read_mpii(write(mat, ("1.jpg", structs(rectangle(labelled)))))["1.jpg"]

    assert np.flatnonzero(np.isfinite(person.joints).all(axis=-1)).tolist() == [MpiiJoint.right_knee]


def test_mpii_pictures_may_have_nobody_and_people_without_points(mat):
    nothing = np.empty((0, 0))
    people = read_mpii(
        write(mat, ("nobody.jpg", nothing), ("two.jpg", structs(rectangle(nothing), rectangle(nothing, scale=nothing))))
    )

    assert people["nobody.jpg"] == []
    assert not np.isfinite(people["two.jpg"][0].joints).any()
    assert np.isnan(people["two.jpg"][1].box).any()


def test_mpii_people_are_cut_like_any_others(mat):
    labelled = points(head_top=(50, 12), right_ankle=(45, 110))
    nothing = np.empty((0, 0))
    people = read_mpii(
        write(mat, ("1.jpg", structs(rectangle(labelled), rectangle(nothing), rectangle(labelled, objpos=nothing))))
    )

    samples = cut_samples([(np.zeros((120, 160, 3), np.uint8), people["1.jpg"])], 64)

    assert len(samples) == 1
    assert dict(samples.left_out) == {"without a labelled joint": 1, "in a box of no area": 1}
    np.testing.assert_allclose(
        samples.windows[0].to_picture(samples.joints[0])[MpiiJoint.head_top], (49, 11), atol=1e-4
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"annotations": 3}, r"must have RELEASE; .*it holds \['annotations'\]\. Name the file mpii_human_pose"),
        ({"RELEASE": structs({"version": "12"})}, r"must have RELEASE\.annolist; .*there is no such field"),
        ({"RELEASE": 7.0}, r"must have RELEASE\.annolist; "),
        ({"RELEASE": structs({"annolist": structs({"annorect": 1})})}, r"must have annolist\(1\)\.image; "),
        (
            {"RELEASE": structs({"annolist": structs({"image": structs({"file": "1.jpg"})})})},
            r"must have annolist\(1\)\.image\.name; ",
        ),
    ],
    ids=["another file", "no list", "a number", "no image", "no name"],
)
def test_mpii_says_by_name_what_is_missing(mat, content, message):
    scipy.io.savemat(mat, content)

    with pytest.raises(ValueError, match=message):
        read_mpii(mat)


@pytest.mark.parametrize("content", [b"", b"not MATLAB's", b"\x00" * 200, b"\x89HDF\r\n\x1a\n" + bytes(600)], ids=repr)
def test_mpii_refuses_what_is_no_matlab_file(mat, content):
    mat.write_bytes(content)

    with pytest.raises(ValueError, match=r"must be a MATLAB file; .*mpii\.mat cannot be read: .*\. Unpack mpii_human"):
        read_mpii(mat)


def test_mpii_refuses_a_file_that_is_not_there_or_too_large(tmp_path, monkeypatch):
    with pytest.raises(ValueError, match=r"cannot be read: .*No such file"):
        read_mpii(tmp_path / "none.mat")
    monkeypatch.setattr("estimation.methods.mpii.LARGEST_BYTES", 3)
    (tmp_path / "large.mat").write_bytes(b"four")
    with pytest.raises(ValueError, match="cannot be read: it has more than 3 bytes"):
        read_mpii(tmp_path / "large.mat")
