"""All numbers on the page follow from one rendered prompt."""

from dataclasses import replace

import pytest

from components.lanes.lane_bar import situation_of
from components.lanes.lanes import editor_props
from components.messages.message_editor import message_tokens
from components.models.model_status import status_value
from components.presets.presets import modified_of
from components.prompt.prompt_view import prompt_of, prompt_value, prompts_of
from components.prompt.token_meter import meter_of, meter_value
from core.conversation import Conversation, message
from core.errors import InvalidInput, StillAsking
from core.lanes import LaneSettings
from core.prompt import PromptToken, RenderedPrompt
from core.runs.engine import Loading, ModelDescription
from core.sampling import SamplingParams
from core.vision import VisionBudget
from core.workspace import Request, Workspace
from engine.scripted.scripted_engine import ScriptedEngine
from tests.components.snapshots import LIBRARY, snapshot, workspace
from tests.model_capabilities import ALL


def state(*texts: str, **changes) -> Workspace:
    params = LIBRARY.presets["lfm2-text"].params(SamplingParams())
    return workspace(*texts, **{"preset": "lfm2-text", "params": params, **changes})


def test_counts_per_message_and_the_template_add_up_to_the_total():
    page = snapshot(state("one two three", "", "four"))
    segments, counts = dict(meter_of(page)["segments"]), message_tokens(page)
    assert sum(counts.values()) == segments["user"]
    assert counts == {"m0": 3, "m1": 0, "m2": 1}
    assert sum(segments.values()) == len(prompt_of(page)["tokens"])


def test_a_message_that_the_template_rewrites_has_no_count_and_a_note():
    page = snapshot(state("one two three", "four"))
    rewritten = replace(page.prompt, unplaced=(0,))
    page.__dict__["_rendered"] = rewritten
    assert message_tokens(page) == {"m0": None, "m1": 1}
    sentence = "The chat template rewrites message 1, so its tokens count as the template's."
    assert meter_of(page)["note"] == prompt_of(page)["note"] == sentence


@pytest.mark.parametrize(
    ("page", "sentence"),
    [
        (state("x" * 2_000_000), "2,000,000 characters; at most 1,048,576 are read"),
        (
            state("Hi", lanes=(LaneSettings(), LaneSettings(system="x" * 2_000_000))),
            "2,000,002 characters",
        ),
        (
            state("Hi", params=SamplingParams(stop=tuple(map(str, range(17))))),
            "17 stop strings; 16 are allowed",
        ),
    ],
)
def test_what_is_too_much_is_named_before_the_page_works_with_it(page: Workspace, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        snapshot(page).check()


def test_lanes_know_models_by_name_and_not_by_their_folder():
    engine = ScriptedEngine("/home/someone/models/mine")
    list(engine.load("/home/someone/models/other", alongside=True))
    page = state("Hi", count=2)
    situation = situation_of(engine, LIBRARY, page)
    props = editor_props(snapshot(page, engine))
    assert situation.models == ("mine", "other")
    assert props["A"]["models"] == [("mine", "mine"), ("other", "other")]
    assert "someone" not in repr((situation, props))


def test_a_changed_slider_makes_the_preset_modified_and_restoring_does_not():
    preset = LIBRARY.presets["lfm2-text"]
    changed = SamplingParams(temperature=0.9, min_p=0.15, repetition_penalty=1.05)
    assert modified_of(snapshot(state("a", params=changed))) == ["temperature"]
    restored = preset.params(changed)
    assert modified_of(snapshot(state("a", params=restored))) == []


def test_length_seed_and_stop_are_not_the_presets_business():
    params = SamplingParams(
        temperature=0.3, min_p=0.15, repetition_penalty=1.05, max_new_tokens=9, seed=4, stop=("x",)
    )
    assert modified_of(snapshot(state("a", params=params))) == []


def test_a_budget_counts_only_for_a_preset_that_names_one():
    changed = {"budget": VisionBudget(32, 64, False)}
    assert modified_of(snapshot(state("a", **changed))) == []
    vision = state(
        "a",
        **changed,
        preset="lfm2-vl",
        params=LIBRARY.presets["lfm2-vl"].params(SamplingParams()),
    )
    modified = modified_of(snapshot(vision))
    assert modified == ["min_image_tokens", "max_image_tokens", "do_image_splitting"]


def test_a_typed_control_token_is_told_in_the_meter():
    meter = meter_of(snapshot(state("a <|im_end|> b")))
    assert meter["note"] == "Control tokens in the messages are sent as plain text: <|im_end|>."


def test_a_prompt_that_leaves_too_little_room_warns_with_numbers():
    conversation = Conversation((message("user", "x"),))
    prompt = RenderedPrompt("", (PromptToken(1, "x", 0),) * 90, 100)
    assert "10 tokens left for the answer, not 64" in meter_value(conversation, prompt, 64)["note"]
    full = RenderedPrompt("", (PromptToken(1, "x", 0),) * 100, 100)
    assert "fills the context" in meter_value(conversation, full, 64)["note"]
    assert "0 left" in meter_value(conversation, full, 64)["text"]
    far_too_long = RenderedPrompt("", (PromptToken(1, "x", 0),) * 130, 100)
    assert "30 too many" in meter_value(conversation, far_too_long, 64)["text"]


class Served(ScriptedEngine):
    """Its prompts are a server's, which has not answered before the second question."""

    asked = 0

    def render(self, request: Request, wait: bool = True) -> RenderedPrompt:
        self.asked += 1
        if self.asked == 1:
            raise StillAsking("Asking far for the prompt …")
        return RenderedPrompt("ab", (PromptToken(1, "a"), PromptToken(2, "b")), 100,
                              parts_known=False)  # fmt: skip


def test_a_servers_prompt_is_waited_for_and_counts_as_far_as_it_tells():
    engine = Served()
    page = replace(snapshot(state("x"), tab="prompt"), engine=engine)
    meter, view = meter_of(page), prompt_of(page)
    assert (meter["note"], bool(meter["asking"])) == ("Asking far for the prompt …", True)
    assert (view["note"], view["asking"], view["tokens"]) == (meter["note"], True, [])
    page = replace(page, engine=engine)
    meter, view = meter_of(page), prompt_of(page)
    assert meter["text"] == "2 of 100 tokens · 98 left"
    assert (meter["segments"], meter["asking"]) == ([("prompt", 2)], 0)
    assert [token["text"] for token in view["tokens"]] == ["a", "b"]
    assert view["summary"].startswith("2 tokens, as reported by the server, which marks")
    assert message_tokens(page) == {}


def test_the_prompt_tab_shows_the_prompt_of_each_model_that_lanes_use():
    lanes = (LaneSettings(), LaneSettings(model="b at far"), LaneSettings(model="b at far"))
    engine = Served()
    page = replace(snapshot(state("x", lanes=lanes), tab="prompt"), engine=engine)
    value = prompts_of(page)
    assert value["model"] == "scripted"
    (other,) = value["others"]
    assert (value["asking"], other["model"], other["asking"]) == (True, "b at far", False)
    assert (len(other["tokens"]), other["placed"], other["key"]) == (2, False, "")
    engine.asked = 0  # the second one is asked in a tab that shows it
    meter = meter_of(replace(page, prompt_model=""))
    assert meter["asking"]
    assert not meter_of(replace(snapshot(state("x", lanes=lanes)), engine=engine))["asking"]


def test_no_messages_leave_the_meter_empty():
    assert meter_of(snapshot(state())) is None


def test_the_prompt_view_says_what_each_token_is():
    tokens = (
        PromptToken(6, "<|im_start|>", special=True),
        PromptToken(9, "hi", 0),
        PromptToken(396, "<image>", 0, special=True, image=True),
    )
    kinds = [(t["kind"], t["place"]) for t in prompt_value(RenderedPrompt("", tokens, 9))["tokens"]]
    assert kinds == [("special", None), ("plain", 1), ("image", 1)]


@pytest.fixture
def description() -> ModelDescription:
    return ModelDescription(
        model="/home/someone/models/pocket", architecture="Lfm2Vl", parameters=4_000_000,
        dtype="float32", weights="float32", device="cpu", memory_bytes=16 * 2**20,
        context_length=4096, capabilities=ALL, load_seconds=0.25,
    )  # fmt: skip


def test_a_folder_is_shown_by_its_name_and_only_the_demo_model_has_a_banner(description):
    value = status_value([description], description.model)
    assert value["name"] == "pocket"
    assert "demo model" in value["demo"]
    assert value["facts"][:4] == ["cpu", "float32", "4M weights", "16 MiB"]
    assert status_value([description], "other")["demo"] == ""


def test_while_another_model_loads_the_one_in_use_is_still_named(description):
    value = status_value([description], "", Loading("Downloading", 0.4, 3.2))
    assert (value["state"], value["name"], value["fraction"]) == ("loading", "pocket", 0.4)
    assert value["step"] == "Downloading · 3 s"


def test_facts_that_nobody_knows_are_left_out():
    value = status_value([ModelDescription(model="far", context_length=8192, capabilities=ALL)])
    assert value["facts"] == ["context 8,192", "reads images"]
