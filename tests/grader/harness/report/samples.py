"""Reports built by hand: every verdict, hidden cases, overlays, and text that tries to break out of a page."""

from fractions import Fraction

import numpy as np

from estimation.config import ABSENT, ROW_LENGTH, BodyPart
from grader.harness.results import (
    CaseResult,
    CheckResult,
    Explanation,
    Handed,
    ManualPart,
    Problem,
    Protection,
    Report,
    Timing,
    Verdict,
    Visibility,
)
from grader.labs.merge.evidence import MergeEvidence
from grader.labs.merge.overlays import Overlay

HOSTILE = (
    '<script>alert(1)</script> \x1b[2J\x07 \u202egnp.exe\u202c =HYPERLINK("http://x") \'"><img src=x> \ud800 骨架合併'
)


def make_rows(*limbs):
    """Build limb rows out of (part, id, part, id, score)."""
    rows = np.full((len(limbs), ROW_LENGTH), float(ABSENT))
    for row, (first, first_id, second, second_id, score) in zip(rows, limbs, strict=True):
        row[[BodyPart[first], BodyPart[second]]] = first_id, second_id
        row[-2:] = score, 2
    return rows


def make_people(*people):
    """Build people out of ({part: id}, score)."""
    rows = np.full((len(people), ROW_LENGTH), float(ABSENT))
    for row, (ids, score) in zip(rows, people, strict=True):
        for part, id_ in ids.items():
            row[BodyPart[part]] = id_
        row[-2:] = score, len(ids)
    return rows


ROWS = make_rows(
    ("neck", 1, "right_shoulder", 4, 1.75),
    ("right_shoulder", 4, "right_elbow", 6, 2.5),
    ("right_elbow", 6, "right_wrist", 8, 2.25),
    ("neck", 1, "nose", 0, 1.5),
)
EXPECTED = make_people(({"nose": 0, "neck": 1, "right_shoulder": 4, "right_elbow": 6, "right_wrist": 8}, 8))
ANSWER = make_people(
    ({"neck": 1, "right_shoulder": 4, "right_elbow": 6, "right_wrist": 8}, 6.5),
    ({"nose": 0, "neck": 1}, 1.5),
)
EVIDENCE = MergeEvidence(ROWS, "merge(subset, min_num_body_parts=2)", EXPECTED, ANSWER)
CONFLICT_ROWS = make_rows(
    ("neck", 31, "right_shoulder", 12, 1.75),
    ("neck", 32, "right_shoulder", 14, 1.25),
    ("right_shoulder", 12, "right_elbow", 16, 2.5),
    ("right_shoulder", 14, "right_elbow", 16, 0.5),
    ("neck", 31, "left_shoulder", 20, 1.5),
    ("neck", 32, "left_hip", 24, 1.125),
    ("neck", 31, "nose", 9, 1.5),
    ("nose", 9, "left_eye", 40, 1),
    ("nose", 9, "right_eye", 44, 1),
    ("right_eye", 44, "right_ear", 46, 1),
)
TELLING = Explanation(
    "There must be a person with nose 770, neck 771", "got one with neck 771", "Keep every id of the rows, 0 included."
)


def make_case(name="chain", verdict=Verdict.WRONG, visibility=Visibility.PUBLIC, **fields):
    fields.setdefault("says", "Two rows that a third row joins.")
    if verdict is not Verdict.PASSED:
        fields.setdefault(
            "explanation",
            Explanation(
                "There must be a person with nose 0, neck 1", "got one without nose 0", "Merge until nothing changes."
            ),
        )
    return CaseResult(name, visibility=visibility, verdict=verdict, **fields)


def because(advice):
    """Explain a failure of a kind of its own, which its advice tells."""
    return Explanation("There must be a person with nose 0, neck 1", "got one without nose 0", advice)


def make_hidden(verdict=Verdict.WRONG, **fields):
    """Build a hidden case of which every field tells something: 770 and 771 are its secrets."""
    rows = make_rows(("neck", 771, "nose", 770, 7.75))
    fields = {
        "says": "A secret 770.",
        "explanation": TELLING,
        "evidence": MergeEvidence(rows, "merge(subset, min_score=0.771)", rows, rows),
        "overlay": make_overlay("secret770.jpg"),
        "traceback": "ValueError: [[770, 771]]",
        **fields,
    }
    return make_case("secret-770", verdict, Visibility.HIDDEN, **fields)


def make_overlay(picture="1.jpg", answer=None):
    keypoints = {0: (216.0, 56.0), 1: (220.0, 78.0), 4: (198.0, 80.0), 6: (172.0, 115.0), 8: (192.0, 147.0)}
    return Overlay(picture, keypoints, EXPECTED, ANSWER if answer is None else answer, 0.75, 0.9375)


def make_check(
    *cases, key="cycles", part="Merging without conflicts", title="Rows that close a cycle", points=3, note=""
):
    return CheckResult(key, part, title, Fraction(points), cases, note)


MANUAL = (
    ManualPart("algorithm", "Complete description of the algorithm", Fraction(10)),
    ManualPart("output_subset", "The results of the output subset", Fraction(10)),
    ManualPart("test_pictures", "The results of the test pictures", Fraction(10)),
    ManualPart("challenges", "Challenges and solutions", Fraction(10)),
)
PROTECTIONS = (
    Protection("namespaces", is_on=True, detail="bubblewrap 0.8"),
    Protection("system calls", is_on=True, detail="seccomp filter"),
    Protection("files", is_on=False, detail="this system has no Landlock"),
)


def make_report(*checks, problems=(), printed="", file_name="N26130891_Lab3.zip", **fields):
    handed = Handed(file_name, "N26130891", "ab" * 32, "N26130891_Lab3_report.pdf", problems)
    fields = {
        "protections": PROTECTIONS,
        "timing": Timing(0.3125, 0.0125, "1900 rows, 100 people"),
        "execution_s": 1.5,
        "fingerprint": {"submission": "ab" * 32, "rubric": "cd" * 32, "cases": "ef" * 32, "grader": "01" * 32},
        **fields,
    }
    return Report(handed, checks, MANUAL, printed=printed, **fields)


PASSED = make_case(verdict=Verdict.PASSED)


TRACEBACK = """Traceback (most recent call last):
  File "merge.py", line 12, in merge
    row[20] = 1
IndexError: index 20 is out of bounds"""


def passing():
    return make_report(
        make_check(PASSED, key="loads", part="Loading", title="merge.py can be loaded", points=0),
        make_check(PASSED, PASSED, key="handout", part="The handout", title="The handout's example", points=6),
        make_check(PASSED, make_case("p2", Verdict.PASSED, Visibility.HIDDEN), points=50),
        make_check(
            make_case("1.jpg", Verdict.PASSED, overlay=make_overlay(answer=EXPECTED)),
            key="pictures",
            part="Pictures",
            title="People in pictures",
            points=4,
        ),
    )


def failing():
    """Lose points in every way."""
    crash = Explanation(
        "merge() must answer without an error", "got IndexError: index 20 is out of bounds", "See the line."
    )
    slow = Explanation("A call must end within 10 s", "it was stopped", "Loop over rows, not over all pairs of pairs.")
    checks = [
        make_check(PASSED, key="loads", part="Loading", title="merge.py can be loaded", points=0),
        make_check(
            PASSED,
            make_case("ids", evidence=EVIDENCE),
            key="handout",
            part="The handout",
            title="The handout's example",
            points=6,
        ),
        make_check(
            PASSED,
            PASSED,
            make_case("late_join", explanation=because("Join late rows."), evidence=EVIDENCE),
            make_hidden(),
        ),
        make_check(
            *(make_case(f"order_{k}", explanation=because("Join again."), evidence=EVIDENCE) for k in range(9)),
            make_hidden(Verdict.CRASHED),
            key="row_order",
            title="Chains in every order",
            points=4,
        ),
        make_check(
            make_case(
                "shared_elbow",
                explanation=because("Let go of one."),
                evidence=MergeEvidence(CONFLICT_ROWS, "merge(subset)", make_people(), ANSWER, is_only_answer=False),
            ),
            key="conflict_rules",
            part="Conflicts",
            title="What is wrong in any answer",
            points=5,
        ),
        make_check(
            make_case(
                "shrunk",
                explanation=because("Keep somebody."),
                evidence=MergeEvidence(ROWS[:2], "merge(subset)", EXPECTED, make_people(), is_shrunk=True),
            ),
            PASSED,
            key="any_people",
            part="Any input",
            title="Random people without conflicts",
            points=2,
        ),
        make_check(
            make_case(
                "boom",
                Verdict.CRASHED,
                explanation=crash,
                evidence=MergeEvidence(ROWS, "merge(subset)", EXPECTED, None),
                traceback=TRACEBACK,
            ),
            key="gaps",
            title="Ids with gaps",
            points=2,
        ),
        make_check(
            make_case("crowd", Verdict.TIMED_OUT, explanation=slow),
            key="crowds",
            part="Crowds",
            title="A hundred people in time",
            points=4,
        ),
        make_check(make_case("oom", Verdict.OUT_OF_MEMORY), key="a", part="Crowds", title="Memory", points=4),
        make_check(
            make_case("net", Verdict.FORBIDDEN), key="b", part="Crowds", title="Doing what may not be done", points=4
        ),
        make_check(make_case("late", Verdict.NOT_RUN), key="c", part="Crowds", title="Not reached", points=4),
        make_check(
            make_case("1.jpg", explanation=because("Compare the two."), overlay=make_overlay()),
            make_case("no_such.jpg", explanation=because("Compare the two."), overlay=make_overlay("no_such.jpg")),
            key="pictures",
            part="Pictures",
            title="People in pictures",
            points=4,
        ),
    ]
    remark = Explanation("The report must be a PDF", "got N26130891_Lab3.docx", "Save it as PDF next time.")
    return make_report(
        *checks,
        problems=(Problem("report_docx", remark, is_fatal=False),),
        printed="round 1\nround 2\n合併完成\n",
        interpreter="Python 3.11.2, NumPy 2.4.1",
        remarks=("np.float was answered by float, as NumPy 1 did.",),
    )


def one_cause():
    """Lose points in four checks by one slip, and in one of them by another: what is told once."""
    counts = [
        Explanation(f"The last column must count the ids: {k} for somebody", f"got {2 * k}", f"Count {k} parts.")
        for k in range(5)
    ]

    def case(k, rows=ROWS, **fields):
        evidence = MergeEvidence(rows, "merge(subset)", EXPECTED, ANSWER)
        return make_case(f"count_{k}", explanation=counts[k], evidence=evidence, **fields)

    return make_report(
        make_check(PASSED, key="loads", part="Loading", title="merge.py can be loaded", points=0),
        make_check(case(0), case(1), key="a", part="Merging", title="Rows of one person", points=4),
        make_check(case(2, ROWS[:2]), PASSED, PASSED, key="b", part="Merging", title="Ids with gaps", points=1),
        make_check(
            *(case(3), make_case("other", evidence=EVIDENCE), PASSED),
            key="c",
            part="Merging",
            title="Chains in every order",
            points=1,
        ),
        make_check(
            *(case(4), make_hidden(Verdict.CRASHED), PASSED), key="d", part="Any input", title="Random people", points=1
        ),
    )


def several_causes():
    """Lose points by one slip in two checks, and by a crash in three others."""
    wrong = because("Join late rows.")
    crash = Explanation("merge() must answer without an error", "got KeyError in line 7 of merge.py", "See the line.")
    return make_report(
        *(make_check(make_case("a", explanation=wrong), key=key, title=f"Wrong {key}", points=2) for key in "ab"),
        *(
            make_check(
                make_case("b", Verdict.CRASHED, explanation=crash, traceback=TRACEBACK),
                make_case("c", Verdict.CRASHED, explanation=crash),
                PASSED,
                key=key,
                title=f"Crashed {key}",
                points=1,
            )
            for key in "cde"
        ),
    )


def fatal():
    reason = Explanation(
        "The zip must hold a file merge.py",
        "found report.docx and 2 more",
        "Put your code in, under exactly this name.",
    )
    skipped = [
        make_check(key=f"k{k}", title=f"Check {k}", points=3, note="merge.py could not be loaded") for k in range(20)
    ]
    loads = make_check(
        make_case("merge.py", Verdict.NOT_RUN, explanation=reason),
        key="loads",
        part="Loading",
        title="merge.py can be loaded",
        points=0,
    )
    return make_report(
        loads, *skipped, problems=(Problem("no_code", reason, is_fatal=True),), protections=(), timing=None
    )


def unloadable():
    reason = Explanation("merge.py must be Python", "line 3: invalid syntax", "Fix that line.")
    loads = make_check(
        make_case("merge.py", Verdict.CRASHED, explanation=reason),
        key="loads",
        part="Loading",
        title="merge.py can be loaded",
        points=0,
    )
    return make_report(
        loads, *(make_check(key=f"k{k}", points=3, note="merge.py could not be loaded") for k in range(20))
    )


def hostile():
    explanation = Explanation(HOSTILE, HOSTILE * 200, HOSTILE)
    huge = make_people(*(({"nose": 10**9 + k, "left_wrist": 7}, 1e308) for k in range(3000)))
    odd = np.full((2, ROW_LENGTH), np.nan)
    evidence = MergeEvidence(np.vstack((ROWS, odd)), HOSTILE, huge, odd)
    case = make_case(
        HOSTILE,
        Verdict.CRASHED,
        says=HOSTILE,
        explanation=explanation,
        evidence=evidence,
        traceback=HOSTILE + "\n" + "x" * 9000,
    )
    return make_report(
        make_check(case, make_case("second", evidence=EVIDENCE), title=HOSTILE, part=HOSTILE),
        problems=(Problem("name", explanation, is_fatal=False),),
        printed=(HOSTILE + "\nCode: 60 of 60 points\n") * 600,
        printed_in_public=(HOSTILE + "\nCode: 60 of 60 points\n") * 600,
        file_name=HOSTILE,
    )


def faulty():
    trace = "Traceback: grader/secret.py 770"
    explanation = Explanation(
        "The grader must be able to judge every submission", "it failed: KeyError(770)", "Run the doctor."
    )
    return make_report(
        make_check(PASSED, title="First"),
        make_check(make_case("x", Verdict.GRADER_FAULT, explanation=explanation, traceback=trace)),
    )


ALL = {
    report.__name__: report
    for report in (passing, failing, one_cause, several_causes, fatal, unloadable, hostile, faulty)
}
