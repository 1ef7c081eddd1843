"""What Moodle calls the columns of its grading worksheet, in English and in Chinese: the one list of their names."""

import unicodedata
from collections.abc import Mapping, Sequence

from grader.harness.errors import WorksheetError

COLUMNS: Mapping[str, Sequence[str]] = {
    "identifier": ("Identifier", "識別碼", "識別號", "標識符", "編號", "标识符", "标识号", "识别码", "识别号", "编号"),
    "full_name": ("Full name", "全名", "姓名"),
    "student_id": (
        *("ID number", "學號", "身份證號碼", "身分證號碼", "身份號碼", "身分證字號", "ID號碼", "ID編號", "學生編號"),
        *("学号", "身份证号码", "身份证号", "身份号码", "ID号码", "ID号", "ID编号", "学生编号"),
    ),
    "email": (
        *("Email address", "Email", "電子郵件信箱", "電子郵件", "電子郵件地址", "電子信箱", "Email信箱"),
        *("电子邮件", "电子邮件地址", "电子邮箱", "电子信箱", "邮箱", "Email地址"),
    ),
    "status": ("Status", "狀態", "繳交狀態", "状态", "提交状态"),
    "submitted": (
        *("Last modified (submission)", "最後修改(提交)", "最後修改(繳交)", "最後修改(作業)", "最後修改(學生)"),
        *("最後修改(繳交作業)", "最後修改(提交作業)", "最後修改的(作業)", "最後修改的(提交)", "最後修改的(繳交)"),
        *(
            "最后修改(提交)",
            "最后修改(作业)",
            "最后修改(学生)",
            "最后修改的(作业)",
            "最近修改(提交)",
            "最后修改(提交作业)",
        ),
    ),
    "grade": ("Grade", "成績", "分數", "成绩", "分数"),
    "max_grade": ("Maximum grade", "最高成績", "最高分", "最高分數", "滿分", "最高成绩", "最高分数", "满分"),
    "may_change": (
        *(
            "Grade can be changed",
            "成績可以更改",
            "成績可更改",
            "可修改成績",
            "可更改成績",
            "成績可以被更改",
            "允許更改成績",
        ),
        *("分數可以被更改", "分數可以更改", "成績可以變更", "成績可以修改", "成績可變更"),
        *("允许更改成绩", "成绩可以更改", "成绩可更改", "可修改成绩", "可更改成绩", "成绩可以被更改", "成绩可以修改"),
    ),
    "feedback": (
        *(
            "Feedback comments",
            "回饋意見",
            "評語",
            "回饋評語",
            "評語回饋",
            "回饋評論",
            "意見回饋",
            "反饋意見",
            "反饋評語",
        ),
        *("反馈评语", "评语", "反馈意见", "反馈评论", "评语反馈", "意见反馈"),
    ),
}
"""For each column its names, Moodle's English one first. A name stands for one column only.

They are compared without blanks and in any letters: wide brackets are brackets, and Moodle wrote ``Maximum Grade``.
"""

NEEDED = ("identifier", "grade")

ENGLISH = "choose it in Moodle's menu of languages, or put lang=en behind the ? of the page's address"
"""How a worksheet with English columns is got."""


def find_columns(header: Sequence[str]) -> Mapping[str, int]:
    """Find the columns that are known, by their names.

    Raises
    ------
    WorksheetError
        If one that is needed is not there, or a known one is there twice.
    """
    places: dict[str, list[int]] = {key: [] for key in COLUMNS}
    known = {_normal(name): key for key, names in COLUMNS.items() for name in names}
    for place, name in enumerate(header):
        if key := known.get(_normal(name)):
            places[key].append(place)
    for key, found in places.items():
        if len(found) > 1 or (not found and key in NEEDED):
            raise WorksheetError(
                f"A worksheet must have one column {COLUMNS[key][0]!r}; the columns here are: "
                f"{', '.join(header)[:200]!r}. Their names are known in English and in Chinese: download the grading "
                f"worksheet again with Moodle in English ({ENGLISH}), and leave its commas as they are."
            )
    return {key: found[0] for key, found in places.items() if found}


def _normal(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).split()).casefold()
