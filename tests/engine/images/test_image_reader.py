"""Images in prompts: the processor's ids and tensors, whatever a person typed."""

from __future__ import annotations

import pytest
import torch
from PIL import Image as Pictures

from core.conversation import Conversation, Message, Text, message
from core.vision import VisionBudget

BUDGETS = [VisionBudget(), VisionBudget(32, 64, False), VisionBudget(16, 40, True)]


@pytest.mark.parametrize("budget", BUDGETS, ids=str)
@pytest.mark.parametrize("size", [(64, 64), (256, 384), (500, 900)])
def test_ids_and_tensors_are_the_processors(
    engine_of, oracle_of, ask, picture, budget, size
) -> None:
    image = picture(*size)
    conversation = Conversation((message("user", "What is this?", [image]),))
    request = ask(conversation, budget=budget)
    prompt = engine_of("vl").render(request)
    wanted = oracle_of("vl").inputs(request)
    assert list(prompt.token_ids) == wanted["input_ids"][0].tolist()
    assert prompt.image_tokens == int((wanted["input_ids"] == 14).sum())
    assert "".join(token.text for token in prompt.tokens) == prompt.text


def test_a_typed_image_placeholder_is_text_and_the_real_one_is_an_image(
    engine_of, oracle_of, ask, run, picture
) -> None:
    """Transformers 5.23 counts the typed one too and refuses the prompt, sanitised or not."""
    conversation = Conversation((message("user", "Type <image> here", [picture()]),))
    request = ask(conversation)
    with pytest.raises(ValueError, match="<image>"):
        oracle_of("vl").inputs(request)
    prompt = engine_of("vl").render(request)
    assert prompt.neutralised == ("<image>",)
    alone = ask(Conversation((message("user", "Type here", [picture()]),)))
    assert prompt.image_tokens == engine_of("vl").render(alone).image_tokens > 0
    assert run(engine_of("vl"), request).ids()


def test_a_typed_image_placeholder_without_an_image_is_text(engine_of, ask) -> None:
    prompt = engine_of("vl").render(ask("What does <image> mean?"))
    assert prompt.image_tokens == 0
    assert prompt.neutralised == ("<image>",)


def test_image_tokens_belong_to_their_messages(engine_of, ask, picture) -> None:
    conversation = Conversation(
        (
            message("user", "", [picture(64, 64)]),
            message("assistant", "Red."),
            Message("user", (Text("And "), picture(96, 64, "blue"), Text(" this?"))),
        )
    )
    prompt = engine_of("vl").render(ask(conversation))
    places = {token.message for token in prompt.tokens if token.image}
    assert places == {0, 2}
    said = "".join(t.text for t in prompt.tokens if t.message == 2 and not t.special)
    assert said.replace(" ", "") == "Andthis?"


def test_text_requests_to_a_vision_model_give_the_tokenizers_ids(engine_of, oracle_of, ask) -> None:
    for text in ("Hello", "中文 🎉", "  x  "):
        request = ask(text)
        wanted = oracle_of("vl").inputs(request)["input_ids"][0].tolist()
        assert list(engine_of("vl").render(request).token_ids) == wanted


def test_a_prefill_behind_an_image_is_continued(engine_of, oracle_of, ask, run, picture) -> None:
    conversation = Conversation(
        (message("user", "Colour?", [picture()]), message("assistant", "It is "))
    )
    request = ask(conversation)
    assert engine_of("vl").render(request).text.endswith("assistant\nIt is ")
    assert run(engine_of("vl"), request).ids() == oracle_of("vl").ids(request)


def test_an_image_as_the_last_part_of_a_prefill_is_kept(engine_of, ask, picture) -> None:
    last = Message("assistant", (Text("Look: "), picture()))
    prompt = engine_of("vl").render(ask(Conversation((message("user", "Draw"), last))))
    assert prompt.text.endswith("<|image_end|>")


def test_a_changed_file_is_read_again(engine_of, ask, picture) -> None:
    image = picture(64, 64, name="same.png")
    request = ask(Conversation((message("user", "What?", [image]),)))
    small = engine_of("vl").render(request)
    assert engine_of("vl").render(request) == small
    Pictures.new("RGB", (400, 400)).save(image.path)
    assert engine_of("vl").render(request).image_tokens > small.image_tokens


def test_two_budgets_give_two_prompts_and_one_budget_shares_its_tensors(
    engine_of, ask, run, picture
) -> None:
    conversation = Conversation((message("user", "What?", [picture(300, 300)]),))
    small, large = VisionBudget(16, 32, False), VisionBudget(64, 128, False)
    lanes = run(
        engine_of("vl"),
        ask(conversation, "A", small),
        ask(conversation, "B", small),
        ask(conversation, "C", large),
    )
    counts = [lanes.start(lane).prompt.image_tokens for lane in "ABC"]
    assert counts[0] == counts[1] < counts[2]
    assert lanes.ids("A") == lanes.ids("B")
    assert torch.is_inference_mode_enabled() is False


def test_bounds_too_close_for_whole_tokens_are_told_before_the_network_fails(
    engine_of, ask, run, picture
) -> None:
    """The processor rounds up: 64 tokens at least and at most became 72, and the network broke."""
    talk = Conversation((message("user", "What is it?", [picture(200, 220, "purple")]),))
    lanes = run(engine_of("vl"), ask(talk, budget=VisionBudget(64, 64, False)))
    assert "enlarged to 72 tokens, but max_image_tokens is 64" in lanes.reason()
