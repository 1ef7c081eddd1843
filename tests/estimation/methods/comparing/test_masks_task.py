import math
from dataclasses import replace

import numpy as np
import pytest

from estimation.methods.catalogue import find_method
from estimation.methods.comparing import page
from estimation.methods.comparing.measured import Row, Rows, Spread
from estimation.methods.comparing.task import GAP_PX, load_task, undrawn_strip
from estimation.methods.comparing.tasks.mask_claims import claims
from estimation.methods.comparing.tasks.masks import true_masks
from estimation.training.dataset import load_examples
from estimation.training.render import save_scene, write_annotations
from estimation.training.scenes import render_scene

MASKS = load_task("masks")


def test_truth_has_every_share(eight):
    measured = MASKS.measure(true_masks(eight, 64).astype(np.float32), eight)

    assert measured.numbers == {"IoU": 1, "band IoU": 1, "accuracy": 1}
    assert set(measured.curve) == {1}
    assert set(measured.numbers) == {column.name for table in MASKS.tables for column in table.columns}


def test_masks_are_compared_in_the_size_of_the_answers(eight):
    half = true_masks(eight, 64)
    half[:, :32] = False
    whole = np.repeat(np.repeat(half, 2, axis=1), 2, axis=2)

    small, large = (MASKS.measure(maps.astype(np.float32), eight).numbers for maps in (half, whole))

    assert 0.1 < small["IoU"] < 0.9
    assert small["IoU"] == pytest.approx(large["IoU"], abs=0.05)
    inside = true_masks(eight, 64)
    assert small["accuracy"] == pytest.approx(1 - (inside & ~half).mean())


def test_curve_is_the_share_of_people(eight):
    answers = true_masks(eight, 64).astype(np.float32)
    answers[:2] = 0

    curve = MASKS.measure(answers, eight).curve

    assert curve[0] == 1
    assert curve[1:] == (0.75,) * 25


def test_answers_that_are_no_numbers_have_none(eight):
    answers = true_masks(eight, 64).astype(np.float32)
    answers[3, 5, 5] = np.nan

    measured = MASKS.measure(answers, eight)

    assert all(math.isnan(number) for number in (*measured.numbers.values(), *measured.curve))


def test_baselines_are_nothing_and_the_mean_mask(eight):
    baselines = MASKS.baselines(eight, eight)

    assert list(baselines) == ["nothing", "mean mask"]
    numbers = {name: MASKS.measure(answers, eight).numbers for name, answers in baselines.items()}
    assert numbers["nothing"]["IoU"] == 0
    assert numbers["nothing"]["accuracy"] > 0.6
    assert numbers["mean mask"]["IoU"] > 0.1
    np.testing.assert_allclose(baselines["mean mask"][0], true_masks(eight, 64).mean(axis=0))


def test_methods_take_part_in_the_order_of_the_lecture():
    assert [entrant.name for entrant in MASKS.entrants()] == ["encoder_decoder", "unet", "ecru"]


def test_batches_hold_the_masks(eight):
    batch = MASKS.batches("unet", eight, 64, 0)(0)

    assert batch["pictures"].shape == (16, 64, 64, 3)
    assert batch["masks"].shape == (16, 64, 64)


def test_masks_are_drawn_over_the_grey_picture(eight):
    drawn = MASKS.draw(eight, 0, None)
    nothing = MASKS.draw(eight, 0, np.full((8, 64, 64), np.nan, np.float32))

    assert drawn.shape == nothing.shape == (192, 192, 3)
    assert (nothing[..., 0] == nothing[..., 2]).all()
    plain = MASKS.undrawn(eight, 0)
    assert plain.shape == drawn.shape
    np.testing.assert_allclose(plain.mean(axis=-1) * 0.8, nothing[..., 0], atol=1)
    is_orange = drawn[..., 0].astype(int) > drawn[..., 2].astype(int) + 20
    assert is_orange.mean() == pytest.approx(eight.masks[0].mean(), abs=0.05)


def test_people_of_photographs_without_masks_are_left_out(tmp_path):
    scenes = [render_scene(np.random.default_rng(seed), 96, 96, 2) for seed in range(3)]
    write_annotations(tmp_path, [save_scene(tmp_path, f"{n}.jpg", scene) for n, scene in enumerate(scenes)])
    examples = list(load_examples(tmp_path).values())
    n_people = len(MASKS.photographed(examples))

    some = [replace(example, masks=(None,) * len(example.masks)) for example in examples[:1]] + examples[1:]

    samples = MASKS.photographed(some)
    assert 0 < len(samples) == n_people - len(examples[0].boxes)
    assert samples.has_mask.all()
    assert len(samples.windows) == len(samples.joints) == len(samples)
    with pytest.raises(
        ValueError, match=r"must have masks in run lengths.*nobody in them has one\. Leave out --photos"
    ):
        MASKS.photographed([replace(example, masks=()) for example in examples])


def rows(**numbers):
    return Rows(
        tuple(
            Row(name, {column: Spread(n, n, n) for column, n in columns.items()}) for name, columns in numbers.items()
        )
    )


def test_claims_are_held_against_what_came():
    found = rows(
        encoder_decoder={"IoU": 0.70, "band IoU": 0.60, "accuracy": 0.94},
        unet={"IoU": 0.75, "band IoU": 0.67, "accuracy": 0.96},
    )

    gain, band, hidden, best = claims(found)

    assert (gain.came_true, band.came_true, hidden.came_true, best.came_true) == (True, False, True, False)
    assert gain.sentence == "Skips raise the mean IoU by at least 0.05."
    assert gain.found == "without 0.700; with 0.750; difference 0.050"
    assert best.found == "unet 0.750"


@pytest.mark.parametrize(("reached", "came_true"), [(0.78, True), (0.779, False), (math.nan, None)])
def test_best_method_counts(reached, came_true):
    nan = math.nan
    found = rows(
        unet={"IoU": reached, "band IoU": nan, "accuracy": nan}, ecru={"IoU": nan, "band IoU": nan, "accuracy": nan}
    )

    assert claims(found)[-1].came_true is came_true


def test_of_no_rows_nothing_can_be_said():
    assert [one.came_true for one in claims(Rows())] == [None] * 4


def test_people_are_shown_as_they_are_where_drawings_hide_them(eight):
    strip = undrawn_strip(MASKS, eight)

    assert strip.shape == (192, 8 * 192 + 7 * GAP_PX, 3)
    second = 192 + GAP_PX
    assert (strip[:, 192:second] == 255).all()
    np.testing.assert_array_equal(strip[:, second : second + 192], MASKS.undrawn(eight, 1))
    assert undrawn_strip(load_task("pose"), eight) is None


def test_matrices_in_the_text_of_a_method_keep_their_lines():
    nothing = {name: [] for name in ("title", "css", "paragraphs", "numbers", "parts", "methods", "published")}
    template = page._template().make_module({"page": nothing})

    assert template.said("    1 2\n    0 1").strip() == "<pre>    1 2\n    0 1</pre>"
    assert template.said("A convolution & its matrix.").strip() == '<p class="text">A convolution &amp; its matrix.</p>'
    text = find_method("encoder_decoder").text
    assert sum(paragraph.startswith("    ") for paragraph in text.split("\n\n")) == 2
