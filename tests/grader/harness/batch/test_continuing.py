"""A class goes on: nobody is left out in silence, and what is added leaves everybody else as they were."""

from dataclasses import replace

import pytest

from grader.harness.batch.continuing import check_handed_in, continue_class
from grader.harness.batch.found import Entry, Person, Place, Roll, WithoutFile
from grader.harness.batch.records import Status
from grader.harness.batch.run import count, find_gone, make_line
from grader.harness.batch.store import Store
from grader.harness.errors import GraderError, SubmissionError, UsageError
from grader.labs.merge.lab import LAB
from tests.grader.harness.batch.lines import make_outcome, make_upload

ABSENT = Person("N9", "N9", "Absent Person", "9")


def upload(folder, key, participant="", *, name="", **changes):
    """Make an upload of a student whose id is the key."""
    made = make_upload(folder, name or key, key.encode(), **changes)
    return replace(made, person=Person(key, key, f"Name of {key}", participant, f"{key}@example.org"))


def grade(store, roll):
    """Commit a result for everybody, and call the roll."""
    for one in roll.uploads:
        outcome = make_outcome()
        store.commit(make_line(one, "cafe", outcome), "N_Lab3.zip", b"zip", outcome)
    store.call(LAB.name, roll)


@pytest.fixture
def store(tmp_path):
    """Make a class of three who are graded, one who is absent and one file that is none."""
    store = Store(tmp_path / "out")
    other = Entry("notes.txt", Place(tmp_path / "notes.txt"), "notes.txt", why_not="no file that students hand in")
    grade(store, Roll([upload(tmp_path, f"N{k}", str(k)) for k in (1, 2, 3)], [other], [ABSENT]))
    return store


def keys(continued):
    return [one.person.key for one in continued.roll.uploads]


def test_new_class_begins_with_anybody(tmp_path):
    roll = Roll([upload(tmp_path, "N1")])

    assert continue_class(Store(tmp_path / "none"), roll).roll is roll


def test_class_goes_on_with_everybody_and_more(store, tmp_path):
    roll = Roll([upload(tmp_path, f"N{k}", str(k)) for k in (1, 2, 3, 4)])

    assert continue_class(store, roll).roll is roll


def test_class_goes_on_when_a_key_has_changed(store, tmp_path):
    first, second, third = (upload(tmp_path, f"N{k}", str(k)) for k in (1, 2, 3))
    renamed = replace(third, person=replace(third.person, key="N3-3"))

    continue_class(store, Roll([first, second, renamed]))


def test_class_refuses_to_leave_anybody_out(store, tmp_path):
    roll = Roll([upload(tmp_path, "N1", "1"), upload(tmp_path, "N4", "4")])

    with pytest.raises(
        UsageError,
        match=r"^A class that goes on must be given whole; 2 \(N2, N3\) of the last time are not in SUBMISSIONS\. Give "
        r"the whole folder, or --add to add or replace only those who are in it, or --drop if the others have left\.$",
    ):
        continue_class(store, roll)


def test_class_takes_somebody_elses_claim_to_an_id_for_nobody(store, tmp_path):
    rival = upload(tmp_path, "N2", "7")
    rest = [upload(tmp_path, f"N{k}", str(k)) for k in (1, 3)]
    roll = Roll([*rest, replace(rival, person=replace(rival.person, key="N2-7"))])

    with pytest.raises(UsageError, match=r"1 \(N2\) of the last time"):
        continue_class(store, roll)


def test_class_of_an_older_grader_refuses_to_leave_anybody_out(store, tmp_path):
    (store.folder / "roll.json").write_bytes(b"{}")

    with pytest.raises(UsageError, match=r"2 \(N2, N3\) of the last time"):
        continue_class(Store(store.folder), Roll([upload(tmp_path, "N1", "1")]))


def test_class_drops_those_who_left_when_it_is_told(store, tmp_path):
    roll = Roll([upload(tmp_path, "N1", "1")])

    assert continue_class(store, roll, may_drop=True).roll is roll
    store.call(LAB.name, roll)
    continue_class(store, roll)  # nobody is asked for twice


def test_added_student_leaves_everybody_else(store, tmp_path):
    found = Entry("new.txt", Place(tmp_path / "new.txt"), "new.txt", why_not="no file that students hand in")
    added = upload(tmp_path, "N4", "4")

    continued = continue_class(store, Roll([added], [found]), is_addition=True)

    assert (continued.added, continued.replaced) == (("N4",), ())
    assert continued.roll == Roll([added], [found, *store.found().others], [ABSENT], [], ("N1", "N2", "N3")), (
        "others are sorted by name"
    )
    grade(store, continued.roll)
    assert store.found().keys == ("N1", "N2", "N3", "N4")
    assert find_gone(store, continued.roll) == []
    assert sum(count(continued.roll, store.lines()).values()) == 6


def test_student_who_was_absent_is_added_under_the_key_of_the_gradebook(store, tmp_path):
    made = upload(tmp_path, "N99", "9")

    continued = continue_class(store, Roll([made]), is_addition=True)

    assert (keys(continued), continued.added, continued.roll.absent) == (["N9"], ("N9",), [])


def test_absent_ones_of_the_new_worksheet_stay_absent_and_those_who_handed_in_do_not(store, tmp_path):
    people = [
        Person("N1", "N1", participant="1"),
        Person("N5", "N5", participant="5"),
        replace(ABSENT, full_name="New"),
    ]

    continued = continue_class(store, Roll([upload(tmp_path, "N4", "4")], [], people), is_addition=True)

    assert [(person.key, person.full_name) for person in continued.roll.absent] == [("N5", ""), ("N9", "New")]


def test_upload_is_replaced_and_what_was_there_is_listed(store, tmp_path):
    again = upload(tmp_path, "N2", "2", name="N2 again")

    continued = continue_class(store, Roll([again]), is_addition=True)

    assert (continued.added, continued.replaced, continued.roll.kept) == ((), ("N2",), ("N1", "N3"))
    (one,) = continued.roll.uploads
    assert (one.entry.name, [entry.name for entry in one.older]) == ("N2 again_Lab3.zip", ["N2_Lab3.zip"])
    assert not one.older[0].place.path.exists(), "a name of somebody's is no path"
    grade(store, continued.roll)
    assert continue_class(store, Roll([again]), is_addition=True) == continued, "once more changes nothing"
    assert sum(count(continued.roll, store.lines()).values()) == 5


@pytest.mark.parametrize("student_id", ["N2", "n2"])
def test_upload_under_an_id_alone_is_its_owners(store, tmp_path, student_id):
    line = store.line("N2")
    store.rewrite(replace(line, person=replace(line.person, student_id=student_id)))
    loose = upload(tmp_path, "N2")
    loose = replace(loose, person=Person("N2-0", "N2"))

    (one,) = continue_class(store, Roll([loose]), is_addition=True).roll.uploads

    assert one.person == store.line("N2").person


def test_upload_under_an_id_that_another_has_is_a_new_students(store, tmp_path):
    rival = upload(tmp_path, "N2", "7")

    continued = continue_class(store, Roll([rival]), is_addition=True)

    assert (keys(continued), continued.added) == (["N2-7"], ("N2-7",))
    assert continued.roll.uploads[0].remarks == ("The student id N2 is claimed by participant 2 too.",)


def test_upload_that_may_be_anybodys_is_refused(store, tmp_path):
    grade(store, continue_class(store, Roll([upload(tmp_path, "N2", "7")]), is_addition=True).roll)

    with pytest.raises(
        UsageError,
        match=r"^It must be certain whose an upload is that is added; 'N2_Lab3.zip' may be of N2 or N2-7\. Give it "
        r"under Moodle's name, with the number, or give the whole folder\.$",
    ):
        continue_class(store, Roll([replace(upload(tmp_path, "N2"), person=Person("N2", "N2"))]), is_addition=True)


def test_two_uploads_of_one_student_are_refused(store, tmp_path):
    loose = replace(upload(tmp_path, "N2", name="loose"), person=Person("N2", "N2"))

    with pytest.raises(
        UsageError,
        match=r"^Each student must be added once; 'N2_Lab3\.zip' and 'loose_Lab3\.zip' are both of N2\. Give the one",
    ):
        continue_class(store, Roll([upload(tmp_path, "N2", "2"), loose]), is_addition=True)


def test_class_is_finished_before_something_is_added(store, tmp_path):
    (store.folder / "lines" / "N1.json").unlink()

    with pytest.raises(
        GraderError,
        match=r"^A class must be graded before something is added to it; 1 \(N1\) have no result yet\. Start the "
        r"command for the whole folder again, without --add, and add afterwards\.$",
    ):
        continue_class(Store(store.folder), Roll([upload(tmp_path, "N4", "4")]), is_addition=True)


def test_nothing_is_added_to_a_class_that_is_not_there(tmp_path):
    with pytest.raises(GraderError, match="must have been graded into the folder first"):
        continue_class(Store(tmp_path / "none"), Roll([upload(tmp_path, "N4")]), is_addition=True)


def test_class_of_nobody_is_refused(tmp_path):
    note = Entry("a.txt", Place(tmp_path / "a.txt"), "a.txt", why_not="no file that students hand in")

    with pytest.raises(SubmissionError, match=r"there is no file at all\. Check the path, or download all"):
        check_handed_in(Roll([]))
    with pytest.raises(
        SubmissionError, match=r"of 1 file there none is a submission, 'a\.txt' is no file that students hand in\."
    ):
        check_handed_in(Roll([], [note]))
    check_handed_in(Roll([upload(tmp_path, "N1")]))


def test_older_uploads_of_those_who_stay_are_counted(store, tmp_path):
    grade(store, continue_class(store, Roll([upload(tmp_path, "N2", "2", name="again")]), is_addition=True).roll)

    roll = continue_class(store, Roll([upload(tmp_path, "N4", "4")]), is_addition=True).roll
    grade(store, roll)

    counts = count(roll, store.lines())
    assert (counts[Status.OLDER], counts[Status.GRADED], sum(counts.values())) == (1, 4, 6)


def test_who_has_no_file_stays_so_until_one_is_added(store, tmp_path):
    ann, bob = Person("N7", "N7", participant="7"), Person("N8", "N8", participant="8")
    everybody = Roll([upload(tmp_path, f"N{k}", str(k)) for k in (1, 2, 3)], [], [ABSENT], [WithoutFile(ann)])
    store.call(LAB.name, everybody)

    one = continue_class(store, Roll([upload(tmp_path, "N4", "4")], without_file=[WithoutFile(bob)]), is_addition=True)
    assert [who.person for who in one.roll.without_file] == [ann, bob]
    assert one.roll.absent == [ABSENT]
    two = continue_class(store, Roll([upload(tmp_path, "N7", "7")]), is_addition=True)
    assert (two.roll.without_file, two.added) == ([], ("N7",))
    three = continue_class(
        store, Roll([upload(tmp_path, "N4", "4")], [], [], [WithoutFile(ABSENT, "Submitted")]), is_addition=True
    )
    assert (three.roll.absent, [who.person for who in three.roll.without_file]) == ([], [ann, ABSENT])
