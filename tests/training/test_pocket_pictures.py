"""The pictures that teach the model to see: right answers, real inputs, nothing of the exam."""

import random

import pytest
import torch
from PIL import Image, ImageChops

from training.asking import FOLDER
from training.evaluate_pictures import TASKS, asked
from training.model import build_images, build_processor
from training.samples import FOLDER as SAMPLES
from training.samples import samples
from training.seeing import questions
from training.seeing.budgets import BALANCED, FAST, HIGH, Budget, make_patches, placeholder
from training.seeing.drawing import draw
from training.seeing.patch_targets import GROUPS, LONGEST, targets
from training.seeing.picture_batches import KINDS, PictureBatch, pick_format, pick_scene, stream
from training.seeing.projector_alignment import TURN, make_words, wanted_vectors
from training.seeing.scenes import (
    COLOURS,
    LARGE,
    SHAPES,
    SMALL,
    UNSEEN_PAIRS,
    Code,
    Scene,
    Thing,
    code_scene,
    is_held_out,
    is_held_out_code,
    shapes_scene,
)
from training.tokenizer import build_tokenizer

WHITE = (255, 255, 255)


def near(pixel, colour: str, by: int = 40) -> bool:
    return all(abs(a - b) <= by for a, b in zip(pixel, COLOURS[colour], strict=True))


def test_the_middle_of_every_drawn_shape_has_the_colour_that_its_answer_names():
    rng = random.Random(1)
    for count in (1, 2, 3, 4, 5) * 20:
        scene = shapes_scene(rng, 256, 256, count)
        drawn = draw(scene)
        assert len(scene.things) == count
        assert all(near(drawn.getpixel((t.x, t.y)), t.colour) for t in scene.things)
        asked_for, answer = questions.open_question(rng, scene)
        assert all(thing.name in answer.content for thing in scene.things)
        assert questions.counting(rng, scene)[1].content.split()[2] == questions.WORDS[count]


def test_every_shape_is_drawn_differently_and_within_its_size():
    seen = set()
    for shape in SHAPES:
        scene = Scene(100, 100, WHITE, (Thing("black", shape, 50, 50, 60, (0, 0, 0)),))
        drawn = draw(scene)
        left, top, right, bottom = drawn.convert("L").point(lambda v: 255 * (v < 128)).getbbox()
        assert 18 <= left <= 26
        assert 18 <= top <= 26
        assert 74 <= right <= 82
        assert 74 <= bottom <= 82
        seen.add(drawn.tobytes())
    assert len(seen) == len(SHAPES)


def test_shapes_are_named_from_left_to_right_and_sides_are_right():
    rng = random.Random(2)
    for _ in range(100):
        scene = shapes_scene(rng, 256, 256, 2)
        first, second = scene.things
        assert first.x < second.x
        assert questions.at_side(scene, "left") is first
        assert questions.at_side(scene, "right") is second
        assert questions.at_side(scene, "top").y <= questions.at_side(scene, "bottom").y


@pytest.mark.parametrize(("size", "heights"), [(256, LARGE), (512, LARGE), (512, SMALL)])
def test_a_code_fits_into_its_picture_and_its_ink_is_as_tall_as_asked(size, heights):
    rng = random.Random(3)
    for _ in range(60):
        scene = code_scene(rng, size, size, heights)
        ground = Image.new("RGB", (size, size), scene.background)
        drawn = draw(scene)
        left, top, right, bottom = ImageChops.difference(ground, drawn).getbbox()
        assert min(left, top) > 0
        assert max(right, bottom) < size
        assert min(heights[0], 40) - 2 <= bottom - top <= heights[1] + 4


def test_no_training_picture_is_one_of_the_evaluation_or_of_the_samples():
    rng = random.Random(4)
    exam = [case.scene for task, make, _ in TASKS for case in asked(task, 40, make)]
    exam += samples().values()
    codes = {code.digits for scene in exam for code in scene.codes}
    layouts = {scene.things for scene in exam if scene.things}
    assert all(is_held_out_code(digits) for digits in codes)
    for kind in (*KINDS, "crowded"):
        for _ in range(100):
            scene = pick_scene(rng, kind, (256, 256))
            assert not is_held_out(scene)
            assert scene.things not in layouts
            assert not {code.digits for code in scene.codes} & codes
            assert not {(t.colour, t.shape) for t in scene.things} & UNSEEN_PAIRS


def test_budgets_and_sizes_vary_so_that_the_model_meets_few_and_many_image_tokens():
    rng = random.Random(5)
    images = build_images()
    formats = {pick_format(rng, asked=True)[:2] for _ in range(300)}
    tokens = {make_patches(images, [Image.new("RGB", s)], budget).tokens for s, budget in formats}
    assert min(tokens) <= 64
    assert max(tokens) == 256
    assert len(tokens) >= 5


@pytest.mark.parametrize("budget", [FAST, BALANCED, HIGH])
def test_patches_and_placeholder_are_what_the_processor_makes(budget):
    tokenizer = build_tokenizer(seed=1, conversations=300)
    processor = build_processor(tokenizer)
    picture = draw(code_scene(random.Random(6), 512, 512, SMALL))
    patches = make_patches(build_images(), [picture], budget)
    inputs = processor(
        text=["<image>"], images=[[picture]], return_tensors="pt",
        min_image_tokens=budget.least, max_image_tokens=budget.most, do_image_splitting=False,
    )  # fmt: skip
    count = patches.rows * patches.columns
    assert inputs["spatial_shapes"].tolist() == [[patches.rows, patches.columns]]
    assert torch.equal(inputs["pixel_values"][:, :count], patches.pixels)
    wanted = tokenizer(placeholder(patches.tokens), add_special_tokens=False)["input_ids"]
    assert [n for n in inputs["input_ids"][0].tolist() if n != tokenizer.bos_token_id] == wanted


def test_patches_are_labelled_where_their_digits_and_shapes_are():
    code = Scene(256, 256, WHITE, codes=(Code("58", 34, 138, 23, (0, 0, 0)),))
    labels = targets(code, 16, 16).view(16, 16, len(GROUPS))
    assert labels.nonzero()[:, 0].unique().tolist() == [8]
    first_five, second_eight = 5 * LONGEST + 1, 8 * LONGEST + 2
    assert labels[8, 2].tolist() == [6, 6, first_five, first_five, 0, 0, 0]
    assert labels[8, 3].tolist() == [9, 0, second_eight, 0, 0, 0, 0]
    thing = Thing("red", "star", 128, 64, 96, (255, 0, 0))
    labels = targets(Scene(256, 256, WHITE, (thing,)), 8, 8).view(8, 8, len(GROUPS))
    colour, shape = tuple(COLOURS).index("red") + 1, SHAPES.index("star") + 1
    assert labels[1, 3].tolist() == [0, 0, 0, 0, colour, shape, 1]
    assert labels[6].sum() == 0


def code_vectors(tokenizer, table: torch.Tensor, digits: str) -> torch.Tensor:
    """What the image tokens of a tiny code should look like, one summed vector."""
    scene = Scene(64, 64, WHITE, codes=(Code(digits, 4, 16, 14, (0, 0, 0)),))
    images = build_images()
    patches = make_patches(images, [draw(scene)], Budget(4, 4))
    wanted = targets(scene, patches.rows, patches.columns)
    vectors, full = wanted_vectors(
        table, make_words(tokenizer), PictureBatch((), patches, (wanted,))
    )
    assert full.any()
    return vectors[0][full[0]].mean(0)


def test_two_digits_in_one_image_token_keep_their_order():
    tokenizer = build_tokenizer(seed=1, conversations=300)
    table = torch.randn(len(tokenizer), 192, generator=torch.Generator().manual_seed(1))
    swapped = code_vectors(tokenizer, table, "34"), code_vectors(tokenizer, table, "43")
    three, four = (table[one] for one in make_words(tokenizer).digits[3:5])
    for vector, (first, second) in zip(swapped, ((three, four), (four, three)), strict=True):
        right = vector @ first + vector.roll(-TURN) @ second
        wrong = vector @ second + vector.roll(-TURN) @ first
        assert right > 2 * wrong.abs()


def test_only_answers_about_pictures_are_learnt():
    tokenizer = build_tokenizer(seed=1, conversations=300)
    batch = next(stream(1, 256, tokenizer))
    assert batch.talk is not None
    places = batch.talk.ids == tokenizer.convert_tokens_to_ids("<image>")
    assert places.sum(1).tolist() == [batch.patches.tokens] * len(batch.patches.pixels)
    assert batch.talk.weights[places].sum() == 0
    learnt = tokenizer.decode(batch.talk.ids[0][batch.talk.weights[0] > 0])
    assert learnt.endswith("<|im_end|>")
    assert "?" not in learnt


def test_the_sample_pictures_are_what_their_script_draws():
    for name, scene in samples().items():
        with Image.open(SAMPLES / name) as shipped:
            assert shipped.size == (scene.width, scene.height)
            assert shipped.convert("RGB").tobytes() == draw(scene).tobytes()
        assert is_held_out(scene)
        assert FOLDER.is_dir()
