"""Lab 3: `merge`, the grouping of limbs into people."""

from collections.abc import Sequence
from pathlib import Path

from grader.harness.lab import REPOSITORY, Handout, Lab, Largest, SmallInputs
from grader.harness.languages import said
from grader.harness.results import Visibility
from grader.harness.sandbox.program import Function, Program
from grader.labs.merge.answers import ROW_ADVICE, SHAPE
from grader.labs.merge.compare import read_people
from grader.labs.merge.evidence import MergeEvidenceKind
from grader.labs.merge.merge_case import MergeCase, read_case

CASES = Path(__file__).resolve().parent / "cases"
_ESTIMATION = REPOSITORY / "estimation"
_HERE = "grader/labs/merge"
_PLACES = ("estimation.", "estimation.scripts.", "scripts.", "")
"""Where the lab's modules are for a student: in this repository, in the lab as it is published, and from inside it."""
_NOT_OFFERED = ("connections", "coordinates", "estimators", "renderers")
"""Modules of the lab that come before or after what is graded; they need more than NumPy, or hold the answer."""


def describe_size(case: MergeCase) -> str:
    """Write how many rows and people a case has."""
    return said("{rows} rows, {people} people", rows=len(case.rows), people=len(case.expected))


def small_inputs(check: str) -> SmallInputs:
    """Draw smaller inputs from what the cases were recorded from."""
    from grader.labs.merge.casemaking.any_input import SmallMerges  # Hypothesis takes longer than a whole grading

    return SmallMerges(check)


def make_cases(seed: int, visibility: Visibility) -> Sequence[Path]:
    """Write the public or the hidden cases anew."""
    from grader.labs.merge.casemaking.write import write_cases

    return write_cases(CASES, seed, visibility=visibility)


def make_sources() -> Sequence[Path]:
    """Run the network on the pictures and keep its maps, which the cases of pictures are made from."""
    from grader.labs.merge.casemaking.picture_cases import write_maps

    return write_maps()


LAB = Lab(
    module=__name__,
    name="merge",
    title=said("OpenPose lab 3"),
    tag="Lab3",
    program=Program(
        file="merge.py",
        functions=(Function("merge", "subset, min_num_body_parts=4, min_score=0.4", SHAPE, ROW_ADVICE),),
        module="estimation.merge",
        modules=(("estimation", _ESTIMATION / "__init__.py"), ("estimation.config", _ESTIMATION / "config.py")),
        aliases=tuple((f"{place}config", "estimation.config") for place in _PLACES[1:]),
        absent=tuple(place + name for place in _PLACES for name in _NOT_OFFERED),
    ),
    template=REPOSITORY / "student_template" / "merge.py",
    read_case=read_case,
    read_answer=read_people,
    evidence=MergeEvidenceKind(REPOSITORY / "images"),
    constants=(
        r"\(n_people, 20\)",
        r"\(0, 20\)",
        r"(?<!\d)-1(?!\d)",
        r"\bId 0 is\b",
        '"how many limbs are in the subset"',
    ),
    headings={
        "algorithm": (
            *("algorithm", "method", "approach", "implementation", "how merge works", "how it works", "how my merge"),
            *("演算法", "算法", "方法", "流程", "實作", "实现", "實現"),
        ),
        "output_subset": (
            *("output subset", "subset", "output row", "merged row", "returned row", "rows returned"),
            *("handout example", "輸出", "输出", "子集", "合併結果", "合并结果"),
        ),
        "test_pictures": (
            *("test picture", "test image", "test photo", "picture", "image", "photo", "drawn skeleton"),
            *("測試圖", "测试图", "圖片", "图片", "影像", "照片", "圖像", "图像"),
        ),
        "challenges": (
            *("challenge", "difficult", "problem", "obstacle", "issue", "trouble", "solution", "lessons learned"),
            *("挑戰", "挑战", "困難", "困难", "難題", "难题", "問題", "问题", "解決", "解决", "心得"),
        ),
    },
    describe_size=describe_size,
    largest=Largest(1100, said("{rows} rows, {people} people", rows="1,100", people=100)),
    small_inputs=small_inputs,
    marks_depend_on=tuple(
        _ESTIMATION / name
        for name in ("__init__.py", "answers.py", "config.py", "joints.py", "keypoints.py", "metrics.py")
    ),
    make_cases=make_cases,
    make_sources=make_sources,
    handout=Handout(
        top="EAI_Lab3",
        shipped=(
            "demo_image.py",
            "estimation/*.py",
            f"{_HERE}/__init__.py",
            f"{_HERE}/lab.py",
            f"{_HERE}/answers.py",
            f"{_HERE}/rubric.toml",
            f"{_HERE}/columns.py",
            f"{_HERE}/compare.py",
            f"{_HERE}/conflicts.py",
            f"{_HERE}/evidence.*",
            f"{_HERE}/merge_case.py",
            f"{_HERE}/overlays.py",
            f"{_HERE}/pasting.py",
            f"{_HERE}/picture_scores.py",
            f"{_HERE}/stick_figures.py",
            f"{_HERE}/wording.py",
            f"{_HERE}/cases/public/*.json",
            f"{_HERE}/locale/*/LC_MESSAGES/*.mo",
            f"{_HERE}/checks/test_*.py",
            "images/*.jpg",
            "images/README.md",
            "images/annotations.json",
            "images/drawn/*.png",
            "model_weights/LICENSE",
            "model_weights/README.md",
            "model_weights/compact.onnx",
            *(
                f"student_template/{name}"
                for name in ("README*.md", "merge.py", "report_template.rtf", "requirements.txt")
            ),
        ),
        # The answers to another lab.
        withheld=("estimation/softargmax.py", "estimation/masks.py", "estimation/density.py"),
        to_top="student_template",
        code="estimation/merge.py",
        references=("estimation/merge.py",),
    ),
)
