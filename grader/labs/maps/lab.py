"""Lab 4: `maps.py`, six functions around the maps of a network that finds people."""

from collections.abc import Sequence
from pathlib import Path

from grader.harness.cases import Case
from grader.harness.lab import Handout, Lab, Largest, SmallInputs
from grader.harness.results import Visibility
from grader.harness.sandbox.program import Function, Program
from grader.labs.maps.compare import RETURNS, read_answer
from grader.labs.maps.evidence import MapsEvidenceKind
from grader.labs.maps.maps_case import read_case

FOLDER = Path(__file__).resolve().parent
CASES = FOLDER / "cases"
_HERE = "grader/labs/maps"
_ADVICE = "Return what the docstring of the template says, and nothing besides."
_PARAMETERS = {
    "heatmaps": "keypoints, shape, sigma",
    "softargmax": "maps, sharpness",
    "softargmax_gradient": "maps, sharpness, upstream",
    "pck": "found, true, labelled, length, fraction",
    "iou": "mask_a, mask_b",
    "density": "heads, shape, sigma",
}


def describe_size(case: Case) -> str:
    """Write how many people a case has."""
    return f"a picture of {case.size} people"


def small_inputs(check: str) -> SmallInputs:
    """Draw smaller inputs from what the cases were recorded from."""
    from grader.labs.maps.casemaking.any_input import SmallMaps  # Hypothesis takes longer than a whole grading

    return SmallMaps(check)


def make_cases(seed: int, visibility: Visibility) -> Sequence[Path]:
    """Write the public or the hidden cases anew."""
    from grader.labs.maps.casemaking.write import write_cases

    return write_cases(CASES, seed, visibility=visibility)


LAB = Lab(
    module=__name__,
    name="maps",
    title="OpenPose lab 4",
    tag="Lab4",
    program=Program(
        file="maps.py",
        functions=tuple(Function(name, parameters, RETURNS[name], _ADVICE) for name, parameters in _PARAMETERS.items()),
    ),
    template=FOLDER / "template" / "maps.py",
    read_case=read_case,
    read_answer=read_answer,
    evidence=MapsEvidenceKind(),
    constants=(r"\beq\. 7\b", r"\bfloat(32|64)\b", r"\(n_maps, 2\)"),
    headings={
        "description": (
            *("function", "algorithm", "method", "implementation", "formula", "how it works", "description"),
            *("演算法", "算法", "方法", "函式", "函数", "公式", "實作", "实现", "說明"),
        ),
        "maps_drawn": (
            *("map", "heatmap", "density", "sigma", "drawn", "picture", "figure"),
            *("熱圖", "热图", "密度", "圖片", "图片"),
        ),
        "experiment": (
            *("argmax", "softargmax", "comparison", "compared", "experiment", "sharpness", "gradient"),
            *("比較", "比较", "實驗", "实验", "梯度"),
        ),
        "challenges": (
            *("challenge", "difficult", "problem", "obstacle", "issue", "trouble", "solution", "lessons learned"),
            *("挑戰", "挑战", "困難", "困难", "難題", "难题", "問題", "问题", "解決", "解决", "心得"),
        ),
    },
    describe_size=describe_size,
    largest=Largest(100, "100 people"),
    small_inputs=small_inputs,
    make_cases=make_cases,
    handout=Handout(
        top="EAI_Lab4",
        shipped=(
            f"{_HERE}/__init__.py",
            f"{_HERE}/compare.py",
            f"{_HERE}/evidence.*",
            f"{_HERE}/lab.py",
            f"{_HERE}/locale/*/LC_MESSAGES/*.mo",
            f"{_HERE}/map_drawings.py",
            f"{_HERE}/maps_case.py",
            f"{_HERE}/properties.py",
            f"{_HERE}/rubric.toml",
            f"{_HERE}/wording.py",
            f"{_HERE}/cases/public/*.json",
            f"{_HERE}/checks/test_*.py",
            f"{_HERE}/template/*",
        ),
        to_top=f"{_HERE}/template",
        code="maps.py",
        references=("estimation/softargmax.py", "estimation/masks.py", "estimation/density.py"),
    ),
)
