"""The rubric: what stands in the file, and what is refused."""

import hashlib
from datetime import datetime, timedelta
from fractions import Fraction

import pytest

from grader.harness.errors import RubricError
from grader.harness.results import ManualPart
from grader.harness.rubric import LateRule, Level, RubricLine, load_rubric
from grader.labs.merge.lab import LAB

FILE = LAB.folder / "rubric.toml"
GOOD = """
[code]
points = 1

[report]
points = 2

[[check]]
key = "one"
part = "Part"
title = "First"
says = "Does one."
points = 0.1
staff = "Only for staff."

[[check]]
key = "two"
part = "Part"
title = "Second"
says = "Does two."
points = 0.9

[[manual]]
key = "text"
title = "Text"
points = 2
"""


def write(tmp_path, *changes):
    text = GOOD
    for old, new in changes:
        assert text.count(old) >= 1
        text = text.replace(old, new, 1)
    path = tmp_path / "rubric.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_check_may_have_a_tolerance(tmp_path):
    rubric = load_rubric(write(tmp_path, ('says = "Does one."', 'says = "Does one."\ntolerance = 1e-5')))

    assert [line.tolerance for line in rubric.checks] == [1e-5, 0]


@pytest.mark.parametrize("value", ["-1", "true", "inf", "nan", '"1e-5"'])
def test_tolerance_must_be_a_number_from_zero_on(tmp_path, value):
    path = write(tmp_path, ('says = "Does one."', f'says = "Does one."\ntolerance = {value}'))

    with pytest.raises(RubricError, match=r"tolerance must be a number from 0 on; got "):
        load_rubric(path)


def test_rubric_reads_points_as_they_are_written(tmp_path):
    path = write(tmp_path)
    rubric = load_rubric(path)
    assert rubric.checks == [
        RubricLine("one", "Part", "First", "Does one.", Fraction(1, 10)),
        RubricLine("two", "Part", "Second", "Does two.", Fraction(9, 10)),
    ]
    assert rubric.manual == [ManualPart("text", "Text", Fraction(2))]
    assert rubric["two"] is rubric.checks[1]


def test_rubric_of_the_lab_is_sixty_to_forty():
    rubric = load_rubric(FILE)
    assert sum(line.points for line in rubric.checks) == 60
    assert [part.max_points for part in rubric.manual] == [10] * 4


def test_rubric_names_the_checks_that_it_has(tmp_path):
    with pytest.raises(RubricError, match=r"^A check must stand in the rubric; 'three' does not\. It has: one, two\.$"):
        load_rubric(write(tmp_path))["three"]


LEVELS = """
[[manual.level]]
key = "all"
title = "Complete"
points = 2
says = "All is told."

[[manual.level]]
key = "half"
title = "Half"
points = 0.5
says = "Some is told."
"""


def write_levels(tmp_path, *changes):
    return write(tmp_path, ('title = "Text"\npoints = 2\n', f'title = "Text"\npoints = 2\n{LEVELS}'), *changes)


def test_rubric_reads_the_levels_of_a_part(tmp_path):
    rubric = load_rubric(write_levels(tmp_path))

    assert rubric.levels == {
        "text": [
            Level("all", "Complete", Fraction(2), "All is told."),
            Level("half", "Half", Fraction(1, 2), "Some is told."),
        ]
    }
    assert load_rubric(write(tmp_path)).levels == {}


def test_levels_of_the_lab_go_from_all_points_to_none():
    rubric = load_rubric(FILE)
    assert list(rubric.levels) == [part.key for part in rubric.manual]
    for part in rubric.manual:
        points = [level.points for level in rubric.levels[part.key]]
        assert points == sorted(points, reverse=True)
        assert (points[0], points[-1]) == (part.max_points, 0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param(
            ('"half"', '"all"'),
            r"^Each level of a part must have a key of its own; 'text' has 'all' twice\. Rename one\.$",
            id="key twice",
        ),
        pytest.param(
            ("points = 2\nsays", "points = 2.5\nsays"),
            r"^A level must not be worth more than its part; 'all' of 'text' is worth 2\.5 of 2 points\. Lower it, or "
            r"raise the part\.$",
            id="above its part",
        ),
        pytest.param(
            (LEVELS, "".join(LEVELS.replace('"all"', f'"a{n}"').replace('"half"', f'"h{n}"') for n in range(5))),
            r"^A part may have 9 levels at most, one for each number key; 'text' has 10\. Leave some out\.$",
            id="too many",
        ),
        pytest.param(
            ('says = "All is told."', "staff = 1"),
            r"^A rubric must have .* does not: .*\[manual\.level\] has key, points, says, title, and not 'staff'",
            id="unknown field",
        ),
    ],
)
def test_rubric_with_levels_that_cannot_be_is_refused(tmp_path, change, message):
    with pytest.raises(RubricError, match=message):
        load_rubric(write_levels(tmp_path, change))


NOT_SO = r"^A rubric must have the tables and fields that CONTRIBUTING\.md names; .*rubric\.toml does not: "


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param(('says = "Does one."\n', ""), NOT_SO + r"KeyError\('says'\)\. Fix it\.$", id="field missing"),
        pytest.param(("[code]\npoints = 1\n", ""), NOT_SO + r"KeyError\('code'\)\. Fix it\.$", id="sum missing"),
        pytest.param(("[report]\npoints = 2", "[report]\npoints = []"), NOT_SO + r"TypeError", id="sum that is none"),
        pytest.param(("[[manual]]", "[manual]"), NOT_SO + "TypeError", id="one table for a list"),
        pytest.param(("[code]", "code"), NOT_SO + "TOMLDecodeError", id="no TOML"),
        pytest.param(("0.1", "-0.1"), NOT_SO + r".*must be a number from 0 on; got -0\.1", id="negative"),
        pytest.param(("0.1", "nan"), NOT_SO + ".*must be a number from 0 on; got nan", id="nan"),
        pytest.param(("0.1", "inf"), NOT_SO + ".*must be a number from 0 on; got inf", id="infinite"),
        pytest.param(("0.1", "true"), NOT_SO + ".*must be a number from 0 on; got True", id="true"),
        pytest.param(("0.1", '"0.1"'), NOT_SO + r".*must be a number from 0 on; got '0\.1'", id="text"),
        pytest.param(
            ("0.9", "0.95"),
            r"^The points of the code must add up to 1; they add up to 1\.05\. "
            r"Change one or the other in the rubric\.$",
            id="code does not add up",
        ),
        pytest.param(
            ("points = 2", "points = 40"),
            r"^The points of the report must add up to 40; they add up to 2\. Change one",
            id="report does not add up",
        ),
        pytest.param(
            ('"text"', '"one"'),
            r"^Each key of the rubric must appear once; 'one' appears twice\. Rename one\.$",
            id="key twice",
        ),
        pytest.param(
            ('"two"', '"one"'),
            r"^Each key of the rubric must appear once; 'one' appears twice\. Ren",
            id="check twice",
        ),
        pytest.param(
            ("points = 0.1", "points = 0.1\nhint = 1"),
            NOT_SO + r".*\[check\] has key, part, points, says, staff, title, tolerance, and not 'hint'",
            id="unknown field of a check",
        ),
        pytest.param(
            ("points = 2", "points = 2\nstaff = 'x'"),
            NOT_SO + r".*\[report\] has points, and not 'staff'",
            id="unknown field of a sum",
        ),
        pytest.param(
            ('title = "Text"', 'title = "Text"\npart = "x"'),
            NOT_SO + r".*\[manual\] has key, level, points, title, and not 'part'",
            id="unknown field of a part",
        ),
        pytest.param(
            ("[code]", "[lates]\nat_most = 1\n[code]"),
            NOT_SO + r".*there is no table 'lates'; there are check, manual, manual.level, code, report, late",
            id="unknown table",
        ),
        pytest.param(
            ("[code]", "points = 3\n[code]"), NOT_SO + ".*there is no table 'points'", id="number beside the tables"
        ),
    ],
)
def test_rubric_refuses(tmp_path, change, message):
    with pytest.raises(RubricError, match=message):
        load_rubric(write(tmp_path, change))


def test_rubric_refuses_a_file_that_is_not_there(tmp_path):
    with pytest.raises(RubricError, match=r"^A rubric must have .*; .*missing\.toml does not: FileNotFoundError"):
        load_rubric(tmp_path / "missing.toml")


def test_rubric_refuses_what_is_no_text(tmp_path):
    path = tmp_path / "rubric.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(RubricError, match=NOT_SO + "UnicodeDecodeError"):
        load_rubric(path)


LATE = """
[late]
due = 2026-01-09T23:59:00
points_per_day = 2.5
at_most = 10
"""


def test_rubric_has_no_rule_for_late_submissions_unless_it_is_written(tmp_path):
    assert load_rubric(write(tmp_path)).late is None
    assert load_rubric(FILE).late is None


def test_rubric_reads_what_lateness_costs(tmp_path):
    rubric = load_rubric(write(tmp_path, ("[code]", LATE + "[code]")))

    assert rubric.late == LateRule(datetime(2026, 1, 9, 23, 59), Fraction(5, 2), Fraction(10))  # noqa: DTZ001 - local


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("2026-01-09T23:59:00", "2026-01-09", "due must be a date and a time without a zone"),
        ("2026-01-09T23:59:00", "2026-01-09T23:59:00Z", "due must be a date and a time without a zone"),
        ("at_most = 10", "", "at_most"),
        ("points_per_day = 2.5", "points_per_day = -1", "points must be a number from 0 on; got -1"),
        (
            "at_most = 10",
            "at_most = 10\nper_hour = 1",
            r"\[late\] has at_most, due, extensions, grace_minutes, points_per_day, and not 'per_hour'",
        ),
        ("at_most = 10", "at_most = 10\ngrace_minutes = -1", "grace_minutes must be a number from 0 to 10080; got -1"),
        ("at_most = 10", "at_most = 10\ngrace_minutes = 1e300", "must be a number from 0 to 10080; got 1e"),
        ("at_most = 10", "at_most = 10\ngrace_minutes = true", "must be a number from 0 to 10080; got True"),
        (
            "at_most = 10",
            "at_most = 10\n[late.extensions]\nN26130001 = 2026-01-16",
            r"\[late.extensions\] N26130001 must be a date and a time without a zone, as 2026-01-09T23:59:00; got dat",
        ),
        (
            "at_most = 10",
            "at_most = 10\n[late.extensions]\nn1 = 2026-01-16T23:59:00\nN1 = 2026-01-17T23:59:00",
            r"\[late.extensions\] names each student once, in capitals or not; n1 and N1 are one",
        ),
        ("at_most = 10", "at_most = 10\nextensions = 5", "extensions must be a table of student ids; got 5"),
        (
            LATE.strip(),
            "[late.extensions]\nN1 = 2026-01-16T23:59:00",
            r"\[late.extensions\] needs a due date beside it, in \[late\]; without one nobody is late",
        ),
    ],
    ids=[
        *("date_only", "with_a_zone", "no_limit", "negative", "unknown"),
        *("grace_below_0", "grace_endless", "grace_no_number", "extension_no_time", "extension_twice"),
        *("extensions_no_table", "extensions_alone"),
    ],
)
def test_rubric_refuses_a_rule_that_is_not_clear(tmp_path, old, new, message):
    path = write(tmp_path, ("[code]", LATE.replace(old, new) + "[code]"))

    with pytest.raises(RubricError, match=message):
        load_rubric(path)


def test_rubric_reads_grace_and_extensions(tmp_path):
    more = "grace_minutes = 10\n[late.extensions]\nn26130001 = 2026-01-16T23:59:00\n"
    late = load_rubric(write(tmp_path, ("[code]", LATE + more + "[code]"))).late

    assert late.grace == timedelta(minutes=10)
    assert late.extensions == {"n26130001": datetime(2026, 1, 16, 23, 59)}  # noqa: DTZ001 - local


def test_rubric_has_one_fingerprint_whenever_it_is_due(tmp_path):
    more = "# A comment.\n" + LATE.lstrip() + "[late.extensions]\nN1 = 2026-01-16T23:59:00\n"
    path = write(tmp_path)
    without = load_rubric(path).fingerprint

    assert without == hashlib.sha256(path.read_bytes()).hexdigest()
    assert without == load_rubric(write(tmp_path, ("[code]", more + "[code]"))).fingerprint
    assert without == load_rubric(write(tmp_path, ("[[manual]]", more + "[[manual]]"))).fingerprint
    assert without != load_rubric(write(tmp_path, ("Does one.", "Does it."))).fingerprint


def test_rubric_has_another_fingerprint_when_a_text_looks_like_a_rule(tmp_path):
    texts = [f'says = """\nDoes one.\n[late]\n# {word}"""' for word in ("this", "that")]
    first, second = (load_rubric(write(tmp_path, ('says = "Does one."', text))).fingerprint for text in texts)

    assert first != second


def test_rubric_adds_up_all_points(tmp_path):
    assert load_rubric(write(tmp_path)).points == 3


def test_language_of_students_is_english_unless_the_rubric_names_another(tmp_path):
    english = load_rubric(write(tmp_path))
    chinese = load_rubric(write(tmp_path, ("[code]", 'language = "zh_tw"  # for the course\n[code]')))

    assert (english.language, chinese.language) == ("en", "zh-TW")
    assert chinese.fingerprint == english.fingerprint


@pytest.mark.parametrize("value", ['"klingon"', "7"])
def test_unknown_language_of_a_rubric_is_told(tmp_path, value):
    path = write(tmp_path, ("[code]", f"language = {value}\n[code]"))

    with pytest.raises(
        RubricError, match=r"A language must be en \(English\) or zh-TW \(繁體中文\); got '(klingon|7)'"
    ):
        load_rubric(path)
