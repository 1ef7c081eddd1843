"""Who may import whom: the shape of the project, checked."""

import ast
import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
NETWORK_PACKAGES = {"keras", "tensorflow"}


def modules(folder):
    return sorted(path.relative_to(REPOSITORY).as_posix() for path in (REPOSITORY / folder).rglob("*.py"))


def texts(folder):
    """List the files of a folder that people write: code, templates, style sheets, pages."""
    kinds = {".py", ".j2", ".css", ".js", ".md"}
    return [path for path in (REPOSITORY / folder).rglob("*") if path.suffix in kinds]


def imported(path, *, at_import_only=False):
    """List the modules that a file imports; `at_import_only` leaves out what functions import when they run."""
    tree = ast.parse((REPOSITORY / path).read_text(encoding="utf-8"))
    nodes = ast.walk(tree)
    if at_import_only:
        statements = [statement for statement in tree.body if not _is_for_types(statement)]
        nodes = (node for statement in statements for node in _outside_functions(statement))
    names = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            names.add(node.module)
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def _is_for_types(statement):
    return isinstance(statement, ast.If) and "TYPE_CHECKING" in ast.unparse(statement.test)


def _outside_functions(node):
    yield node
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        for child in ast.iter_child_nodes(node):
            yield from _outside_functions(child)


WITHOUT_TRAINING = [path for path in modules("estimation") if "/training/" not in path and "/methods/" not in path]
METHODS = modules("estimation/methods")


def is_within(name, package):
    return name == package or name.startswith(package + ".")


@pytest.mark.parametrize("path", modules("estimation"))
def test_estimation_imports_nothing_of_the_grader(path):
    forbidden = {"grader", "tests", "student_template", "demo_image"}

    assert not {name for name in imported(path) for package in forbidden if is_within(name, package)}


@pytest.mark.parametrize("path", [*WITHOUT_TRAINING, "demo_image.py"])
def test_nothing_imports_training(path):
    aside = ("estimation.training", "estimation.methods")

    assert not {name for name in imported(path) for package in aside if is_within(name, package)}


@pytest.mark.parametrize("path", modules("estimation/training"))
def test_training_knows_no_method(path):
    assert not {name for name in imported(path) if is_within(name, "estimation.methods")}


WITHOUT_KERAS = {
    f"estimation/methods/{name}.py"
    for name in (
        *("__main__", "batches", "catalogue", "mpii", "people", "samples"),
        *("crowd_batches", "crowds", "cutouts", "mask_batches", "skeleton_counts", "transposition"),
    )
} | {path for path in METHODS if "/comparing/" in path and not path.endswith("/running.py")}


@pytest.mark.parametrize("path", sorted(WITHOUT_KERAS))
def test_methods_are_listed_and_samples_cut_without_keras(path):
    others = {other.removesuffix(".py").replace("/", ".") for other in METHODS if other not in WITHOUT_KERAS}
    others -= {"estimation.methods.__init__"}
    at_import = imported(path, at_import_only=True)

    assert not {name for name in at_import for package in {*NETWORK_PACKAGES, *others} if is_within(name, package)}


@pytest.mark.parametrize("path", [path for path in METHODS if path.count("/") == 3])
def test_methods_are_backend_neutral(path):
    assert not {
        name for name in imported(path) for package in ("tensorflow", "jax", "torch") if is_within(name, package)
    }


BUILDING = {f"estimation/{name}.py" for name in ("export", "lightweight", "normalisation", "openpose")}


@pytest.mark.parametrize("path", [path for path in WITHOUT_TRAINING if path not in BUILDING])
def test_networks_are_imported_when_they_are_needed(path):
    at_import = imported(path, at_import_only=True)

    assert not {name for name in at_import for package in NETWORK_PACKAGES if is_within(name, package)}
    assert not at_import & {path.removesuffix(".py").replace("/", ".") for path in BUILDING}


GROUPING = ["merge.py", "coordinates.py", "peaks.py", "connections.py", "candidates.py", "marks.py", "estimators.py"]


@pytest.mark.parametrize("path", GROUPING)
def test_grouping_needs_neither_pictures_nor_networks(path):
    heavy = {"cv2", "httpx", "keras", "pycocotools", "scipy", "tensorflow", "tqdm"}

    assert not {name.split(".")[0] for name in imported(f"estimation/{path}")} & heavy


GRADER = modules("grader")
HARNESS = modules("grader/harness")
LABS = [path for path in modules("grader/labs") if path != "grader/labs/__init__.py"]
WIRING = {"grader/conftest.py", "grader/__main__.py", "grader/self_check.py", "grader/student_commands.py"}
SENDS_CODE = {"grader/harness/sandbox/boot.py", "grader/harness/sandbox/survey.py"}
MAKES_CASES = ("grader/labs/merge/casemaking/", "grader/labs/maps/casemaking/")


def within(path, *packages):
    return {name for name in imported(path) for package in packages if is_within(name, package)}


@pytest.mark.parametrize("path", HARNESS)
def test_harness_knows_no_lab(path):
    assert not within(path, "estimation", "grader.labs", "grader.conftest", "grader.__main__")


LAB_WORDS = re.compile(
    r"merge|skeleton|keypoint|wrist|elbow|shoulder|\bnose\b|\bneck\b|\bhips?\b|\bknees?\b|\bankles?\b|\blimbs?\b"
    r"|\bears?\b|\beyes?\b|subset|openpose",
    re.IGNORECASE,
)


@pytest.mark.parametrize("path", sorted(path.relative_to(REPOSITORY).as_posix() for path in texts("grader/harness")))
def test_harness_names_nothing_of_a_lab(path):
    found = LAB_WORDS.findall((REPOSITORY / path).read_text(encoding="utf-8"))

    assert not found


@pytest.mark.parametrize("path", [path for path in GRADER if path not in WIRING])
def test_wiring_alone_chooses_a_lab(path):
    labs = {name for name in imported(path) if name == "grader.labs" or name.startswith("grader.labs.")}
    own = "grader.labs." + path.split("/")[2] if path.startswith("grader/labs/") else "nobody's"

    assert not {name for name in labs if not is_within(name, own)}


@pytest.mark.parametrize("path", ["grader/harness/errors.py", "grader/harness/results.py"])
def test_records_import_nothing_of_ours(path):
    assert not within(path, "estimation", "grader")


@pytest.mark.parametrize("path", [path for path in LABS if not path.startswith(MAKES_CASES)])
def test_lab_meets_the_reference_in_one_module_only(path):
    allowed = {
        "grader/labs/merge/reference.py": {"estimation"},
        "grader/labs/merge/compare.py": {"estimation.answers"},
        "grader/labs/merge/lab.py": {"estimation.answers"},
        "grader/labs/maps/reference.py": {"estimation"},
        "grader/labs/merge/picture_scores.py": {"estimation.metrics"},
        "grader/labs/merge/overlays.py": {"estimation.pictures", "estimation.renderers"},
    }.get(path, set()) | {"estimation.config"}

    met = within(path, "estimation") - {"estimation"}
    assert not {name for name in met if not any(is_within(name, package) for package in allowed)}


SEARCHES = "grader/harness/shrinking.py"


@pytest.mark.parametrize("path", [path for path in GRADER if not path.startswith((*MAKES_CASES, SEARCHES))])
def test_reference_is_not_loaded_to_grade(path):
    late = {
        *("grader.labs.merge.reference", "grader.labs.merge.casemaking", "grader.harness.shrinking"),
        *("grader.labs.maps.reference", "grader.labs.maps.casemaking"),
        *("hypothesis", "tensorflow", "numba"),
    }

    assert not {name for name in imported(path, at_import_only=True) for package in late if is_within(name, package)}


@pytest.mark.parametrize("path", [path for path in LABS if "/checks/" in path])
def test_checks_run_no_processes(path):
    forbidden = ("subprocess", "os", "grader.harness.sandbox", "grader.harness.submission", "grader.harness.report")

    assert not within(path, *forbidden)


@pytest.mark.parametrize("path", [path for path in HARNESS if path.startswith("grader/harness/report/")])
def test_report_reads_records_only(path):
    allowed = ("report", "results", "marking", "lab", "evidence", "characters", "codec", "languages")

    met = within(path, "grader")
    assert not {name for name in met if not any(is_within(name, f"grader.harness.{word}") for word in allowed)}


CLASS = modules("grader/harness/batch")
GRADES = {f"grader/harness/batch/{name}.py" for name in ("task", "run", "cluster", "commands")}


@pytest.mark.parametrize("path", [path for path in CLASS if path not in GRADES])
def test_class_starts_gradings_in_one_place(path):
    assert not within(path, *(f"grader.harness.{word}" for word in ("assessment", "check", "respondent")))


@pytest.mark.parametrize("path", GRADER)
def test_one_submission_is_graded_without_the_class(path):
    met = {name for name in imported(path, at_import_only=True) if is_within(name, "grader.harness.batch")}

    commands = "grader.harness.batch.commands"
    assert path.startswith("grader/harness/batch/") or met <= {commands, f"{commands}.add_commands"}


@pytest.mark.parametrize("path", [*CLASS, "grader/__main__.py"])
def test_class_loads_large_packages_when_they_are_needed(path):
    late = {"nbgrader", "sqlalchemy", "matplotlib", "pypdfium2", "copydetect", "distributed", "nbformat", "notebook"}
    inside = {"grader/harness/batch/pdf/document.py"}

    assert path in inside or not {name.split(".")[0] for name in imported(path, at_import_only=True)} & late


@pytest.mark.parametrize("path", GRADER)
def test_nothing_imports_checks_or_wiring(path):
    forbidden = {"grader.conftest", "grader.__main__", "tests"} | {
        f"grader.labs.{lab}.checks" for lab in ("merge", "maps")
    }

    assert not {name for name in imported(path) for package in forbidden if is_within(name, package)}


@pytest.mark.parametrize("path", modules("student_template"))
def test_student_files_import_nothing_of_the_grader_but_what_they_run(path):
    stem = path.removeprefix("student_template/").removesuffix(".py")
    commands = {"grader.student_commands", f"grader.student_commands.{stem}"} if stem in {"check", "pack"} else set()

    assert within(path, "grader") == commands


@pytest.mark.parametrize("path", GRADER)
def test_grader_neither_unpickles_nor_evaluates(path):
    tree = ast.parse((REPOSITORY / path).read_text(encoding="utf-8"))
    called = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}

    # marshal carries the grader's own code to the child, never anything back.
    unsafe = {"dill", "pickle", "shelve"} | (set() if path in SENDS_CODE else {"marshal"})
    assert not {name for name in imported(path) if name.split(".")[0] in unsafe}
    # The packer asks Python for mistakes of syntax, and runs nothing of what it gets.
    compiles = path.startswith("grader/harness/sandbox/") or path == "grader/harness/packing.py"
    runs = path.startswith("grader/harness/sandbox/")
    assert not called & {"eval", *(() if runs else ("exec",)), *(() if compiles else ("compile",))}


def test_tree_holds_what_the_readme_names():
    top = {path.name for path in REPOSITORY.iterdir() if not path.name.startswith(".") and path.name != "__pycache__"}

    assert {"README.md", "requirements.txt", "estimation", "model_weights", "images", "demo_image.py", "tests"} <= top


def test_ci_runs_the_readmes_test_command():
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    (command,) = [line for line in readme.splitlines() if line.startswith("python3 -m venv") and "pytest" in line]

    assert command in (REPOSITORY / ".ci" / "run").read_text(encoding="utf-8").splitlines()
