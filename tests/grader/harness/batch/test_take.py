"""Which upload counts: the staff's choice, remembered; and the remark on one that looks like an answer."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from grader.harness.batch.found import Entry, Person, Place, Roll, Upload
from grader.harness.batch.records import Line, Status
from grader.harness.batch.store import Store, write
from grader.harness.batch.take import find_other_answer, keep_choices, read_choices, take_chosen, with_other_answer
from grader.harness.errors import GraderError, UsageError
from grader.labs.merge.lab import LAB
from tests.grader.harness.batch.lines import WHEN
from tests.submissions.malformed import SOURCE, TEMPLATE, pack, pack_lab

FLAT = "Ann Lee_12_assignsubmission_file_"


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "out")


def entry(name, *, path=None, minutes=0):
    file_name = name.rpartition("/")[2].removeprefix(FLAT)
    return Entry(name, Place(path or Path(name)), file_name, modified=WHEN + timedelta(minutes=minutes))


def upload(key, *names, student_id=""):
    newest, *older = map(entry, names)
    return Upload(Person(key, student_id or key), newest, WHEN, tuple(older))


ROLL = Roll(
    [
        upload("N1", "c.zip/b/new.zip", f"c.zip/{FLAT}old.zip", "c.zip/a/lab.zip", "c.zip/b/lab.zip"),
        upload("N2", "two.zip"),
        upload("N3-13", "x.zip", student_id="N3"),
        upload("N3-14", "y.zip", student_id="N3"),
        upload("N4-15", "z.zip", "w.zip", student_id="N4"),
    ]
)


def counting(roll):
    return {upload.person.key: upload.entry.name for upload in roll.uploads}


@pytest.mark.parametrize(
    "asked",
    [
        f"N1=c.zip/{FLAT}old.zip",
        f"N1={FLAT}old.zip",
        "N1=old.zip",
        " n1 = old.zip ",
        f"N1=elsewhere/{FLAT}old.zip",
    ],
    ids=["whole", "last_part", "own_name", "spaces", "other_folder"],
)
def test_take_lets_another_upload_count(store, asked):
    roll, lost = take_chosen(store, ROLL, [asked])

    (first, *others), before = roll.uploads, ROLL.uploads[0]
    assert (first.entry, first.older) == (before.older[0], (before.entry, *before.older[1:]))
    (remark,) = first.remarks
    assert remark == (
        f"The staff chose '{FLAT}old.zip' with --take; the latest upload, 'new.zip', does not count. To take that "
        "back: batch … --take N1=newest."
    )
    assert others == ROLL.uploads[1:]
    assert lost == []


def test_take_goes_by_the_student_id_where_one_has_it(store):
    roll, _ = take_chosen(store, ROLL, ["N4=w.zip", "N1=old.zip"])

    assert counting(roll)["N4-15"] == "w.zip"
    assert read_choices(store) == {"N1": f"c.zip/{FLAT}old.zip", "N4-15": "w.zip"}


def test_take_is_remembered_until_it_is_taken_back(store):
    take_chosen(store, ROLL, ["N1=old.zip"])

    assert counting(take_chosen(store, ROLL, [])[0])["N1"] == f"c.zip/{FLAT}old.zip"
    assert counting(take_chosen(store, ROLL, ["N2=two.zip"])[0])["N1"] == f"c.zip/{FLAT}old.zip"


def test_nothing_is_written_where_nobody_chose(store):
    assert take_chosen(store, ROLL, []) == (ROLL, [])
    assert not store.folder.exists()


@pytest.mark.parametrize("words", ["N1=newest", "N1="])
def test_take_is_taken_back(store, words):
    take_chosen(store, ROLL, ["N1=old.zip"])

    assert counting(take_chosen(store, ROLL, [words])[0]) == counting(ROLL)
    assert read_choices(store) == {}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("N1", r"--take must be an id, = and a file, as in --take N26130891=lab\.zip; got 'N1'\. The class page lists"),
        (
            "N9=a.zip",
            r"--take must name somebody who handed in; 'N9' is that of nobody\. The class page lists",
        ),
        ("=a.zip", r"somebody who handed in; '' is that of nobody"),
        ("N3=a.zip", r"somebody who handed in; 'N3' is that of N3-13, N3-14\. The"),
        ("N2=old.zip", r"--take must name one upload of N2; 'old\.zip' is none of them\. They are: 'two\.zip'\."),
        (
            "N1=lab.zip",
            rf"'lab\.zip' is 2 of them\. They are: 'new\.zip', '{FLAT}old\.zip', 'c\.zip/a/lab\.zip', 'c\.zip/b/",
        ),
    ],
    ids=["no_sign", "nobody", "no_id", "several", "not_theirs", "two_of_the_name"],
)
def test_take_refuses_what_it_cannot_choose(store, words, message):
    with pytest.raises(UsageError, match=message) as caught:
        take_chosen(store, ROLL, ["N1=old.zip", words])

    assert "\n" not in str(caught.value)
    assert read_choices(store) == {}, "nothing is remembered of a command that is refused"


@pytest.mark.parametrize(
    ("choices", "lost"),
    [
        ({"N9": "a.zip"}, ["N9=a.zip"]),
        ({"N1": "gone.zip"}, ["N1=gone.zip"]),
        ({"N1": "lab.zip"}, ["N1=lab.zip"]),
        ({"N1": "c.zip/b/new.zip"}, []),
    ],
    ids=["unknown_student", "file_is_gone", "several_now", "the_newest"],
)
def test_choice_that_fits_nothing_any_more_is_told_and_kept(store, choices, lost):
    keep_choices(store, choices)

    roll, told = take_chosen(store, ROLL, [])

    assert (roll, told) == (ROLL, lost)
    assert read_choices(store) == choices


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"choices": [1]}', b'{"choices": {"a": 1}}'])
def test_choices_that_cannot_be_read_are_told(store, content):
    write(store.folder / "choices.json", content)

    with pytest.raises(
        GraderError,
        match=r"choices of --take must be as they were written; '.*out/choices\.json' cannot be read\. Delete it, and",
    ):
        take_chosen(store, ROLL, [])


def hand_in(folder, *contents):
    entries = []
    for number, content in enumerate(contents):
        path = folder / f"{number}.zip"
        if content is not None:
            path.write_bytes(content)
        entries.append(entry(f"class/{path.name}", path=path))
    return Upload(Person("N1"), entries[0], WHEN, tuple(entries[1:]))


NONE, OLD = pack(("a.txt", b"")), pack_lab(TEMPLATE)


@pytest.mark.parametrize(
    ("contents", "status", "other"),
    [
        ((OLD, pack_lab()), Status.UNGRADABLE, "class/1.zip"),
        ((NONE, pack_lab()), Status.UNGRADABLE, "class/1.zip"),
        ((b"Rar!\x1a\x07", OLD, NONE, pack_lab(), pack_lab()), Status.UNGRADABLE, "class/3.zip"),
        ((NONE, None, pack_lab()), Status.UNGRADABLE, "class/2.zip"),
        ((OLD, OLD), Status.UNGRADABLE, ""),
        ((OLD,), Status.UNGRADABLE, ""),
        ((pack_lab(b"x = ("), pack_lab()), Status.UNGRADABLE, ""),
        ((pack_lab(), pack_lab()), Status.GRADED, ""),
        ((OLD, pack_lab()), Status.NO_MARK, ""),
    ],
    ids=["template", "no_code", "third", "gone", "twice", "alone", "does_not_run", "graded", "no_mark"],
)
def test_other_upload_that_looks_like_an_answer_is_found(tmp_path, contents, status, other):
    assert find_other_answer(LAB, hand_in(tmp_path, *contents), status) == other


def test_line_tells_of_the_other_answer(tmp_path):
    line = Line(Person("N1"), Status.UNGRADABLE, "", "class/0.zip", remarks=("Odd.",))

    told = with_other_answer(LAB, hand_in(tmp_path, NONE, pack_lab(SOURCE)), line)

    assert told.other_answer == "class/1.zip"
    remark = (
        "The upload that counts, '0.zip', holds no answer; '1.zip', which the student handed in as well, looks like "
        "one. To let it count: batch … --take N1=1.zip."
    )
    assert told.remarks == (remark, "Odd.")
    assert with_other_answer(LAB, hand_in(tmp_path, NONE, OLD), replace(line, other_answer="x")) == line


def test_remark_names_uploads_of_one_name_by_their_whole_names(tmp_path):
    given = hand_in(tmp_path, NONE, pack_lab(SOURCE))
    newest, other = (replace(one, file_name="lab.zip") for one in (given.entry, given.older[0]))
    given = replace(given, entry=replace(newest, name="2.zip/lab.zip"), older=(replace(other, name="it's/lab.zip"),))

    (remark,) = with_other_answer(LAB, given, Line(Person("N1"), Status.UNGRADABLE, "", "2.zip/lab.zip")).remarks

    assert remark == (
        "The upload that counts, '2.zip/lab.zip', holds no answer; 'it's/lab.zip', which the student handed in as "
        """well, looks like one. To let it count: batch … --take 'N1=it'"'"'s/lab.zip'."""
    )
