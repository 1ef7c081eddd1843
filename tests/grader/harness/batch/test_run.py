"""The coordinator: what it grades, what it leaves, and what it counts."""

from collections import Counter
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest

from grader.harness.batch.found import Entry, Place, Roll
from grader.harness.batch.kept import read_originals
from grader.harness.batch.records import Outcome, Status
from grader.harness.batch.run import check_lab, check_worksheet, count, find_gone, grade_planned, make_plan
from grader.harness.batch.store import Store, write
from grader.harness.errors import GraderError
from grader.harness.fingerprints import find_fingerprints
from grader.harness.sandbox.policy import Mode
from grader.labs.merge.lab import LAB
from tests.grader.harness.batch.lines import WHEN, make_outcome, make_upload


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "out")


@pytest.fixture
def roll(tmp_path):
    return Roll([make_upload(tmp_path, key, key.encode()) for key in ("N1", "N2", "N3")])


def grade(store, plan, outcome=None, stop_after=None):
    """Grade by a function that grades nothing; return the keys that it was given."""
    given = []

    def grade_all(jobs):
        for number, job in enumerate(jobs):
            if number == stop_after:
                raise KeyboardInterrupt
            given.append(job.key)
            assert job.data == job.key.encode()
            yield job, outcome or make_outcome()

    told = []
    try:
        grade_planned(LAB, store, plan, grade_all, told.append, Mode.STRICT, None)
    except KeyboardInterrupt:
        assert stop_after is not None
    assert [line.person.key for line in told if line.status is not Status.NO_MARK or line.sha256] == given
    return given


def test_run_grades_everybody_once(store, roll):
    assert grade(store, make_plan(LAB, store, roll)) == ["N1", "N2", "N3"]

    again = make_plan(LAB, store, roll)
    assert grade(store, again) == []
    assert [line.person.key for line in again.graded] == ["N1", "N2", "N3"]


@pytest.mark.parametrize("is_busy_again", [False, True], ids=["then_idle", "busy_for_ever"])
def test_run_tries_again_alone_what_the_machine_had_no_time_for(store, roll, is_busy_again):
    busy = Outcome(Status.NO_MARK, "too much other work", is_to_be_repeated=True)
    given, told = [], []

    def grade_all(jobs):
        given.append([])
        for job in jobs:
            given[-1].append(job.key)
            is_busy = job.key != "N2" and (len(given) == 1 or is_busy_again)
            yield job, busy if is_busy else make_outcome()

    grade_planned(LAB, store, make_plan(LAB, store, roll), grade_all, told.append, Mode.STRICT, None)

    assert given == [["N1", "N2", "N3"], ["N1"], ["N3"]]
    second = Status.NO_MARK if is_busy_again else Status.GRADED
    assert [(line.person.key, line.status) for line in told] == [("N2", Status.GRADED), ("N1", second), ("N3", second)]
    assert store.line("N1").status is second


def test_run_goes_on_where_it_was_stopped(store, roll):
    grade(store, make_plan(LAB, store, roll), stop_after=2)

    assert grade(store, make_plan(LAB, store, roll)) == ["N3"]


def test_run_grades_a_new_upload(store, roll, tmp_path):
    grade(store, make_plan(LAB, store, roll))
    roll.uploads[1].entry.place.path.write_bytes(b"N2 again")

    plan = make_plan(LAB, store, roll)

    assert [upload.person.key for upload in plan.to_grade] == plan.newer == ["N2"]
    assert make_plan(LAB, store, roll, "all").newer == ["N2"]
    assert make_plan(LAB, Store(tmp_path / "other"), roll).newer == []


@pytest.mark.parametrize(
    ("regrade", "keys"),
    [("all", ["N1", "N2", "N3"]), ("N2", ["N2"]), ("changed", []), ("", [])],
    ids=["all", "one", "changed", "nothing"],
)
def test_run_regrades_what_is_asked_for(store, roll, regrade, keys):
    grade(store, make_plan(LAB, store, roll))

    assert grade(store, make_plan(LAB, store, roll, regrade)) == keys


@pytest.mark.parametrize("name", ["rubric", "cases", "grader"])
def test_run_regrades_results_of_another_rubric_cases_or_grader(store, roll, name):
    grade(store, make_plan(LAB, store, roll))
    line = store.line("N3")
    store.rewrite(replace(line, fingerprint={**line.fingerprint, name: "another"}))

    assert grade(store, make_plan(LAB, store, roll)) == []
    assert grade(store, make_plan(LAB, store, roll, "changed")) == ["N3"]


def test_run_refuses_to_regrade_nobody(store, roll):
    with pytest.raises(
        GraderError, match=r"must be all, changed, or the id of somebody who handed in; 'N9' is nobody's"
    ):
        make_plan(LAB, store, roll, "N9")


def test_run_grades_again_what_got_no_mark(store, roll):
    grade(store, make_plan(LAB, store, roll), make_outcome(status=Status.NO_MARK, reason="no bubblewrap"))

    assert grade(store, make_plan(LAB, store, roll)) == ["N1", "N2", "N3"]


def test_run_keeps_a_result_that_cannot_be_had_again(store, roll):
    grade(store, make_plan(LAB, store, roll))
    before = store.line("N2")
    failed = Outcome(Status.NO_MARK, "no bubblewrap")

    kept = grade_planned(
        LAB,
        store,
        make_plan(LAB, store, roll, "N2"),
        lambda jobs: ((job, failed) for job in jobs),
        repr,
        Mode.STRICT,
        None,
    )

    assert kept == ["N2"]
    assert store.line("N2") == before
    assert store.results("N2") == b"{}\n"


def test_run_keeps_no_result_of_an_earlier_upload(store, roll):
    grade(store, make_plan(LAB, store, roll))
    roll.uploads[1].entry.place.path.write_bytes(b"N2 again")
    failed = Outcome(Status.NO_MARK, "no bubblewrap")

    kept = grade_planned(
        LAB, store, make_plan(LAB, store, roll), lambda jobs: ((job, failed) for job in jobs), repr, Mode.STRICT, None
    )

    assert not kept
    assert store.line("N2").status is Status.NO_MARK


def test_run_takes_over_what_changed_on_the_worksheet(store, roll):
    grade(store, make_plan(LAB, store, roll))
    first = roll.uploads[0]
    newer = replace(first, person=replace(first.person, full_name="New Name"), submitted_at=None, remarks=("Odd.",))

    assert grade(store, make_plan(LAB, store, replace(roll, uploads=[newer]))) == []

    line = store.line("N1")
    assert (line.person.full_name, line.submitted_at) == ("New Name", None)
    assert line.remarks == ("Odd.", "The zip's name is not as asked.")


def test_run_goes_on_after_a_file_that_cannot_be_read(store, roll):
    roll.uploads[0].entry.place.path.unlink()

    assert grade(store, make_plan(LAB, store, roll)) == ["N2", "N3"]

    line = store.line("N1")
    assert line.status is Status.NO_MARK
    assert "N1_Lab3.zip" in line.reason


def test_run_keeps_what_was_handed_in_when_it_can_be_read_no_longer(store, roll):
    grade(store, make_plan(LAB, store, roll))
    path = roll.uploads[0].entry.place.path
    content = path.read_bytes()
    path.unlink()

    grade(store, make_plan(LAB, store, roll))

    assert store.line("N1").status is Status.NO_MARK
    assert store.submission("N1") == ("N1.zip", content)
    path.write_bytes(content)
    assert grade(store, make_plan(LAB, store, roll)) == ["N1"]


def test_run_refuses_a_key_that_was_somebody_elses(store, roll):
    grade(store, make_plan(LAB, store, roll))
    first = roll.uploads[0]
    other = replace(first, person=replace(first.person, participant="18"))

    with pytest.raises(GraderError, match=r"'N1' was participant 17 and is participant 18 now.*Name another OUT"):
        make_plan(LAB, store, replace(roll, uploads=[other]))


def test_run_keeps_to_one_lab(store, roll):
    check_lab(LAB, store)  # a new folder is anybody's
    store.call(LAB.name, roll)
    check_lab(LAB, store)

    with pytest.raises(
        GraderError, match=r"must hold one lab's class; '.*out' holds that of 'merge', and --lab names 'other'\. Leave"
    ):
        check_lab(replace(LAB, name="other"), store, "all")


@pytest.mark.parametrize(("regrade", "is_refused"), [("", True), ("N1", True), ("changed", False), ("all", False)])
def test_run_goes_on_with_an_older_class_when_all_of_it_is_graded_again(store, regrade, is_refused):
    write(store.folder / "roll.json", b'{"keys": ["N1"], "others": [], "absent": []}')

    with pytest.raises(GraderError, match="--regrade changed") if is_refused else nullcontext():
        check_lab(LAB, store, regrade)


@pytest.mark.parametrize(("email", "submitted_at"), [("a@example.org", None), ("", WHEN)], ids=["address", "time"])
def test_run_goes_on_with_the_worksheet_only(store, roll, email, submitted_at):
    grade(store, make_plan(LAB, store, roll))
    for upload in roll.uploads:
        person = replace(upload.person, email="")
        store.rewrite(replace(store.line(person.key), person=person, submitted_at=None))
    check_worksheet(store, has_worksheet=False)
    line = store.line("N2")
    store.rewrite(replace(line, person=replace(line.person, email=email), submitted_at=submitted_at))

    check_worksheet(store, has_worksheet=True)
    with pytest.raises(GraderError, match=r"must go on with one; without it .* Give --worksheet again"):
        check_worksheet(store, has_worksheet=False)


def test_run_names_those_who_are_gone(store, roll):
    grade(store, make_plan(LAB, store, roll))
    first, second, third = (
        replace(upload, person=replace(upload.person, participant=number))
        for upload, number in zip(roll.uploads, ("1", "2", "3"), strict=True)
    )
    for upload in (first, second, third):
        store.rewrite(replace(store.line(upload.person.key), person=upload.person))
    renamed = replace(third, person=replace(third.person, key="N3-3"))

    assert find_gone(store, replace(roll, uploads=[first, renamed])) == ["N2", "N3 (now N3-3)"]
    assert find_gone(store, roll) == []


def test_run_refuses_results_of_another_grader(store, roll):
    foreign = make_outcome(fingerprint={**find_fingerprints(LAB), "grader": "another"})

    with pytest.raises(GraderError, match=r"must come from one grader; that of 'N1' comes from another"):
        grade(store, make_plan(LAB, store, roll), foreign)
    assert store.line("N1") is None


def test_count_adds_up_to_the_entries(store, roll):
    grade(store, make_plan(LAB, store, roll))
    old, junk = (Entry(name, Place(roll.uploads[0].entry.place.path), name, why_not="no") for name in ("old", "junk"))
    whole = Roll([replace(roll.uploads[0], older=(old, old)), *roll.uploads[1:]], [junk])
    lines = [store.line(key) for key in ("N1", "N2")] + [replace(store.line("N3"), status=Status.UNGRADABLE)]

    counts = count(whole, lines)

    assert counts == Counter(
        {Status.GRADED: 2, Status.OLDER: 2, Status.UNGRADABLE: 1, Status.NO_SUBMISSION: 1, Status.NO_MARK: 0}
    )
    assert list(counts) == list(Status)


def test_count_refuses_to_drop_anybody(store, roll):
    grade(store, make_plan(LAB, store, roll))

    with pytest.raises(GraderError, match=r"Each of the 3 entries must end somewhere; 2 did"):
        count(roll, [store.line("N1"), store.line("N2")])


def test_line_that_stopped_a_submission_is_kept(store, roll):
    grade(store, make_plan(LAB, store, roll), make_outcome(stopped_by="line 3 of merge.py: import foo"))

    kept = make_plan(LAB, Store(store.folder), roll).graded
    assert {line.stopped_by for line in kept} == {"line 3 of merge.py: import foo"}


def with_report(upload, path, content, *, name="N1_Lab3_report.pdf"):
    path.write_bytes(content)
    return replace(upload, entry=replace(upload.entry, beside=(Entry(f"x/{name}", Place(path), name),)))


def grade_all(store, plan):
    """Grade by a function that grades nothing; return the jobs that it was given."""
    given = []

    def keep(jobs):
        for job in jobs:
            given.append(job)
            yield job, make_outcome()

    grade_planned(LAB, store, plan, keep, repr, Mode.STRICT, None)
    return given


def test_run_grades_and_keeps_the_report_beside_a_submission(store, roll, tmp_path):
    first = with_report(roll.uploads[0], tmp_path / "r.pdf", b"%PDF-1")
    whole = replace(roll, uploads=[first])

    (job,) = grade_all(store, make_plan(LAB, store, whole))

    line = store.line("N1")
    assert [(report.name, report.content) for report in job.reports] == [("N1_Lab3_report.pdf", b"%PDF-1")]
    assert (job.name, job.data) == ("N1_Lab3.zip", b"N1")
    assert (line.file_name, line.reports) == ("N1_Lab3.zip", ("N1_Lab3_report.pdf",))
    assert line.around == ("x/N1_Lab3_report.pdf",)
    assert read_originals(store, "N1") == [("N1_Lab3.zip", b"N1"), ("N1_Lab3_report.pdf", b"%PDF-1")]
    assert grade_all(store, make_plan(LAB, store, whole)) == []


@pytest.mark.parametrize("change", ["other", "gone", "renamed"])
def test_run_takes_another_report_for_a_new_upload(store, roll, tmp_path, change):
    path = tmp_path / "r.pdf"
    first = with_report(roll.uploads[0], path, b"%PDF-1")
    grade_all(store, make_plan(LAB, store, replace(roll, uploads=[first])))
    if change == "gone":
        path.unlink()
    else:
        name = "other.pdf" if change == "renamed" else "N1_Lab3_report.pdf"
        first = with_report(first, path, b"%PDF-1" if change == "renamed" else b"%PDF-2", name=name)

    plan = make_plan(LAB, store, replace(roll, uploads=[first]))

    assert [upload.person.key for upload in plan.to_grade] == plan.newer == ["N1"]


def test_run_says_that_a_report_cannot_be_read(store, roll, tmp_path):
    path = tmp_path / "r.pdf"
    whole = replace(roll, uploads=[with_report(roll.uploads[0], path, b"%PDF-1")])
    path.unlink()

    for _ in range(2):  # when it is graded, and when it is there already
        grade_all(store, make_plan(LAB, store, whole))

        says, *_ = store.line("N1").remarks
        assert says.startswith("Of 1 report beside 'N1_Lab3.zip' 0 came along; the others cannot be read, come after")


def test_run_keeps_the_reports_of_a_submission_that_can_be_read_no_longer(store, roll, tmp_path):
    first = with_report(roll.uploads[0], tmp_path / "r.pdf", b"%PDF-1")
    whole = replace(roll, uploads=[first])
    grade_all(store, make_plan(LAB, store, whole))
    first.entry.place.path.unlink()

    grade_all(store, make_plan(LAB, store, whole))

    assert store.line("N1").status is Status.NO_MARK
    assert read_originals(store, "N1") == [("N1_Lab3.zip", b"N1"), ("N1_Lab3_report.pdf", b"%PDF-1")]


def test_run_takes_over_an_online_text(store, roll):
    grade(store, make_plan(LAB, store, roll))
    texts = tuple(Entry(name, Place(Path(name)), name, why_not="an online text", text=name) for name in ("a", "b"))
    uploads = [replace(roll.uploads[0], texts=texts), *roll.uploads[1:]]

    assert grade(store, make_plan(LAB, store, replace(roll, uploads=uploads))) == []

    line = Store(store.folder).line("N1")
    assert (line.online_text, line.around) == ("a\nb", ("a", "b"))


def test_originals_of_a_line_without_names_are_called_as_they_are_kept(store, roll):
    grade(store, make_plan(LAB, store, roll))
    store.rewrite(replace(store.line("N1"), file_name=""))

    assert read_originals(store, "N1") == [("N1.zip", b"N1")]
