import pytest

from estimation.methods.comparing.plan import Plan, read_plan, steps_that_fit, write_plan

ASKED = {"task": "pose", "methods": ["maps", "numbers"], "minutes": 5.0, "steps": None, "seeds": 3}
PACES = {"numbers": (2.0, 0.1), "maps": (10.0, 0.2), "large": (30.0, 2.0)}


def test_plan_is_kept(tmp_path):
    folder = tmp_path / "runs" / "pose"
    assert read_plan(folder, ASKED, "--runs") is None

    write_plan(folder, Plan(ASKED, {"maps": 400}))

    assert read_plan(folder, ASKED, "--runs") == Plan(ASKED, {"maps": 400})


def test_folder_of_other_numbers_is_refused(tmp_path):
    write_plan(tmp_path, Plan(ASKED, {"maps": 400}))
    before = (tmp_path / "plan.json").read_bytes()

    message = (
        r"^A run must go on as what it began as; got methods maps, minutes not given, steps 7, and a run of "
        r"methods maps, numbers, minutes 5\.0, steps not given in .*\. Name another folder with --runs\.$"
    )
    with pytest.raises(ValueError, match=message):
        read_plan(tmp_path, {**ASKED, "minutes": None, "steps": 7, "methods": ["maps"]}, "--runs")
    assert (tmp_path / "plan.json").read_bytes() == before


@pytest.mark.parametrize("content", ["", "[]", '{"asked": {}}', '{"asked": {}, "steps": {"maps": "many"}}'])
def test_plan_that_is_none_is_refused(tmp_path, content):
    (tmp_path / "plan.json").write_text(content)

    message = r"plan\.json must be the plan of a run; it cannot be read: .* Name another folder with --run\."
    with pytest.raises(ValueError, match=message):
        read_plan(tmp_path, ASKED, "--run")


def test_steps_fit_into_an_entrants_minutes_shared_by_its_seeds():
    steps = steps_that_fit(["numbers", "maps"], PACES.get, 3, 2)

    # 90 s for each run, of which the first step takes 2 s and 10 s.
    assert steps == {"numbers": 880, "maps": 400}


def test_groups_take_the_steps_of_their_slowest():
    steps = steps_that_fit(["numbers", "maps", "large"], PACES.get, 3, 2, [("maps", "numbers", "absent"), ("absent",)])

    assert steps == {"numbers": 400, "maps": 400, "large": 30}


def test_no_time_for_a_step_is_refused():
    message = (
        r"^A run must have time for a step at least; got 1 minutes for 2 of large, whose first step takes 30\.0 s\. "
        r"Give it more with --minutes\.$"
    )
    with pytest.raises(ValueError, match=message):
        steps_that_fit(["large"], PACES.get, 1, 2)
