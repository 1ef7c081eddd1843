"""What students of lab 3 get that is theirs: the stub, the report template, the instructions."""

import ast
import inspect
import re
from pathlib import Path

import numpy as np
import pytest

from grader.harness.lab_files import load_lab_files
from grader.harness.languages import speaking, tell
from grader.harness.sandbox.policy import Budget, Limits
from grader.labs.merge.lab import LAB
from grader.student_commands import find_package_problem, read_ranges
from student_template import merge
from tests.instructions import outline

REPOSITORY = Path(__file__).resolve().parent.parent
TEMPLATE = REPOSITORY / "student_template"
README = (TEMPLATE / "README.md").read_text(encoding="utf-8")


# The stub.


@pytest.mark.parametrize("name", ["merge.py", "check.py", "pack.py"])
def test_template_is_python_38(name):
    # An older Python must get as far as the sentence that it is too old.
    ast.parse((TEMPLATE / name).read_text(encoding="utf-8"), feature_version=(3, 8))


def test_stub_says_that_it_is_not_written():
    with pytest.raises(NotImplementedError, match=r"^merge\(\) is not written yet\. Open estimation/merge\.py"):
        merge.merge(np.empty((0, 20)))


def test_stub_has_the_defaults_of_the_lab():
    parameters = inspect.signature(merge.merge).parameters

    assert list(parameters) == ["subset", "min_num_body_parts", "min_score"]
    assert parameters["min_num_body_parts"].default == 4
    assert parameters["min_score"].default == pytest.approx(0.4)


def test_stub_has_both_steps_in_order():
    source = inspect.getsource(merge.merge)

    assert source.index("# Step 1: Merge") < source.index("# Step 2: Delete") < source.index("raise")


# The report template.


@pytest.fixture(scope="module")
def rtf():
    return (TEMPLATE / "report_template.rtf").read_bytes().decode("ascii")


def plain_text(rtf):
    """Take the words out of the template: one line a paragraph, each with the name of its style."""
    body = rtf[rtf.index("\\widowctrl") :]
    for paragraph in body.split("\\pard\\plain")[1:]:
        style = re.match(r"\\s(\d)", paragraph)[1]
        yield style, re.sub(r"\\[a-z]+-?\d* ?|[{}\n]", "", paragraph)


def test_report_template_is_well_formed(rtf):
    depths = [0]
    for character in rtf:
        depths.append(depths[-1] + {"{": 1, "}": -1}.get(character, 0))
    closed = len(depths) - 1 - depths[::-1].index(1)  # the last place inside of the outermost group

    assert rtf.startswith("{\\rtf1\\ansi")
    assert depths[-1] == 0
    assert min(depths[1 : closed + 1]) == 1
    assert rtf[closed:].strip() == "}"


def test_report_template_uses_only_styles_and_fonts_that_it_defines(rtf):
    header, body = rtf.split("\\widowctrl")

    assert set(re.findall(r"\\s\d(?!\d)", body)) <= set(re.findall(r"\\s\d(?!\d)", header))
    assert set(re.findall(r"\\f\d(?!\d)", body)) <= set(re.findall(r"\\f\d(?!\d)", header))


def test_report_template_has_the_parts_of_the_rubric(rtf):
    headings = [text for style, text in plain_text(rtf) if style == "1"]

    assert headings == [
        f"{number}. {part.title}" for number, part in enumerate(load_lab_files(LAB).rubric.manual, start=1)
    ]


def test_report_template_asks_for_name_and_id(rtf):
    words = [text for _, text in plain_text(rtf)]

    assert "Name: [your name]" in words
    assert "Student id: [your student id]" in words


# The instructions.


def ranges(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    return {re.match(r"[\w-]+", line)[0]: line for line in lines}


def test_requirements_have_the_ranges_of_the_project():
    ours, theirs = ranges(REPOSITORY / "requirements.txt"), ranges(TEMPLATE / "requirements.txt")

    assert theirs.items() <= ours.items()
    assert find_package_problem(read_ranges(TEMPLATE / "requirements.txt")) == ""


def test_readme_has_the_points_of_the_rubric():
    rubric = load_lab_files(LAB).rubric

    assert f"| Code | {sum(line.points for line in rubric.checks)} |" in README
    for part in rubric.manual:
        assert f"| Report: {part.title[0].lower()}{part.title[1:]} | {part.max_points} |" in README


def test_readme_has_the_limits_of_the_sandbox():
    limits, budget = Limits(), Budget()

    assert f"one call of `merge` may take {limits.call_cpu_s} seconds of computing" in README
    assert f"all calls together {budget.cpu_s:.0f}." in README
    assert f"Sleeping and waiting may take {budget.idle_s:.0f} seconds in all." in README
    assert limits.memory_bytes == 2**30
    assert "Memory: 1 GiB more" in README


def test_readme_gives_each_system_its_own_commands():
    blocks = re.findall(r"```\n(.*?)```", README, re.DOTALL)

    for block in blocks:
        assert not ("\\" in block and "/" in block), block
        assert not ("conda" in block and "venv" in block), block
    for word in ("conda create", "Activate.ps1", "source .venv/bin/activate", "images\\2.jpg", "images/2.jpg"):
        assert any(word in block for block in blocks)
    for command in ("demo_image.py", "check.py", "pack.py N26130891"):
        assert f"python {command}\n" in blocks


def test_readme_names_what_check_needs():
    (line,) = re.findall(r"pip install (numpy .*)", README)

    assert sorted(line.split()) == sorted(read_ranges(TEMPLATE / "requirements.txt"))
    assert "Python 3.11 or newer" in README


# The instructions in Chinese.

CHINESE = (TEMPLATE / "README.zh-TW.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("what", outline(README))
def test_chinese_instructions_say_the_same(what):
    assert outline(CHINESE)[what] == outline(README)[what]


def test_chinese_instructions_use_the_words_of_the_rubric():
    rubric = load_lab_files(LAB).rubric

    with speaking("zh-TW", LAB.folder):
        for part in rubric.manual:
            assert f"| 報告：{tell(part.title)} | {part.max_points} |" in CHINESE
