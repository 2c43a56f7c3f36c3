"""The linter: each rule finds what it is for, and nothing where all is well."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.advice.linter import Asked, lint, without_effect
from core.conversation import Conversation, Image, message
from core.library.recipe import Recipe
from core.sampling import SamplingParams
from core.template_options import TemplateOption
from tests.model_capabilities import ALL
from tests.shipped import LIBRARY

FAMILIES = {"lfm2.5-text": "LFM2.5 text", "lfm2-text": "LFM2 text", "lfm2-vl": "LFM2-VL vision"}
CATEGORIES = ["<address>", "<company_name>", "<email_address>", "<human_name>", "<phone_number>"]
PICTURE = Image("a.png")
BLIND = replace(ALL, images=False)
ASK = message("user", "What?")


def asked(key: str, *messages, **changes) -> Asked:
    """A lane with the recipe's own values."""
    own = LIBRARY.recipes[key]
    values = {"recipe": own, "model": own.name, "can": ALL, "families": FAMILIES}
    params = own.params(SamplingParams())
    return Asked(Conversation(messages), **{"params": params, **values, **changes})


def rules(one: Asked) -> list[str]:
    return [finding.rule for finding in lint(one)]


def remedy_texts(one: Asked) -> list[str]:
    return [quick_fix.text for finding in lint(one) for quick_fix in finding.quick_fixes]


# -- any model ---------------------------------------------------------------------------------
def test_a_model_without_a_recipe_has_no_findings_but_the_general_ones():
    assert lint(Asked(Conversation((ASK,)), SamplingParams())) == ()
    picture = Conversation((message("user", "What?", [PICTURE]),))
    assert lint(Asked(picture, SamplingParams(), can=ALL)) == ()
    assert lint(Asked(picture, SamplingParams(), can=None)) == ()


def test_a_model_without_a_chat_template_is_said_to_continue_the_texts():
    plain = replace(ALL, roles=False)
    (finding,) = lint(Asked(Conversation((ASK,)), SamplingParams(), model="me/base", can=plain))
    assert finding.rule == "no-roles"
    assert "me/base has no chat template: it continues the messages' texts" in finding.text
    assert rules(asked("lfm2.5-1.2b-base", ASK, can=plain)) == ["not-a-chat-model"]


def test_an_option_of_the_template_that_the_recipe_expects_otherwise_is_named():
    own = replace(LIBRARY.recipes["lfm2.5-1.2b-instruct"], template={"keep_past_thinking": True})
    reads = replace(ALL, template_options=(TemplateOption("keep_past_thinking", "boolean", False),))
    lane = asked("lfm2.5-1.2b-instruct", ASK, recipe=own, can=reads)
    (finding,) = lint(lane)
    assert finding.rule == "template-option"
    assert "keep_past_thinking on, but it is off" in finding.text
    assert lint(replace(lane, template_options=(("keep_past_thinking", True),))) == ()
    assert lint(replace(lane, can=ALL)) == ()  # another template, which doesn't read it


def test_a_prefill_takes_no_thoughts_where_thinking_is_off():
    prefill = message("assistant", "It")
    lane = asked("lfm3-1.7b", ASK, prefill)
    assert rules(lane) == ["prefill-before-thoughts"]
    reads = replace(ALL, template_options=(TemplateOption("enable_thinking", "boolean"),))
    assert rules(replace(lane, can=reads, template_options=(("enable_thinking", False),))) == []


def test_samplers_that_temperature_0_makes_idle_are_named_with_their_values():
    params = SamplingParams(0.0, top_k=50, top_p=0.1, repetition_penalty=1.05)
    (finding,) = lint(Asked(Conversation((ASK,)), params))
    assert finding.rule == "no-effect"
    assert "top_k 50 and top_p 0.1 do nothing" in finding.text
    assert "repetition_penalty" not in finding.text  # it changes the likeliest token too
    assert without_effect(replace(params, top_k=0, top_p=1.0)) == ()


@given(st.floats(0.01, 2), st.integers(0, 200), st.floats(0, 1), st.floats(0, 1))
def test_no_sampler_is_idle_above_temperature_0(temperature, top_k, top_p, min_p):
    assert without_effect(SamplingParams(temperature, top_k, top_p, min_p)) == ()


def test_an_image_for_a_model_that_reads_none_is_found():
    picture = Conversation((message("user", "What?", [PICTURE]),))
    (finding,) = lint(Asked(picture, SamplingParams(), model="mine", can=BLIND))
    assert (finding.rule, finding.severity) == ("image-unread", "warning")
    assert finding.text.startswith("mine reads text only")


# -- system prompts ----------------------------------------------------------------------------
def test_a_translator_without_its_system_prompt_gets_both_to_choose_from():
    one = asked("lfm2-350m-enjp-mt", ASK)
    assert rules(one) == ["system-missing"]
    assert remedy_texts(one) == ["Translate to Japanese.", "Translate to English."]


@pytest.mark.parametrize("text", ["Translate to Japanese.", "Translate to English."])
def test_an_exact_system_prompt_is_well(text):
    assert rules(asked("lfm2-350m-enjp-mt", message("system", text), ASK)) == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Translate to Japanese", "punctuation"),
        ("translate to japanese.", "case"),
        ("Translate to Japanese.\n", "white space"),
        ("Translate to German.", ""),
    ],
)
def test_a_system_prompt_that_is_not_exact_is_found_and_how_little_it_differs(text, reason):
    (finding,) = lint(asked("lfm2-350m-enjp-mt", message("system", text), ASK))
    assert (finding.rule, finding.severity) == ("system-not-exact", "warning")
    assert reason in finding.text
    assert ("differs only" in finding.text) == bool(reason)


@given(st.lists(st.sampled_from(CATEGORIES), unique=True, min_size=1))
def test_categories_must_be_in_alphabetical_order_and_the_remedy_puts_them_so(named):
    def found(text: str) -> Asked:
        return asked("lfm2-350m-pii-extract-jp", message("system", text), ASK)

    one = found(f"Extract {', '.join(named)}")
    if named == sorted(named):
        assert rules(one) == []
        return
    assert rules(one) == ["system-not-exact"]
    assert remedy_texts(one)[0] == f"Extract {', '.join(sorted(named))}"
    assert all(rules(found(text)) == [] for text in remedy_texts(one))


@pytest.mark.parametrize(
    "text",
    [
        "Extract <address>,<company_name>",
        "Extract <address>, <address>",
        "Extract <name>",
        "extract <address>",
        "Extract <address>, <birthday>",
        "Extract",
        "Extract <address>.",
    ],
)
def test_other_writings_of_categories_are_not_exact(text):
    one = asked("lfm2-350m-pii-extract-jp", message("system", text), ASK)
    assert rules(one) == ["system-not-exact"]


@pytest.mark.parametrize(
    ("key", "text", "said"),
    [
        ("lfm2-1.2b-extract", "Extract the name.", "begins with “Identify and extract"),
        (
            "lfm2-350m-extract",
            "Identify and extract information matching the following schema. Go.",
            "has “Schema:”",
        ),
        ("lfm2-1.2b-rag", "Use this document: ...", "begins with “The following documents"),
        ("lfm2.5-vl-1.6b-extract", "Extract the following from the image:\n\na: b", "ends with"),
    ],
)
def test_a_system_prompt_of_another_form_is_told_which_part_is_missing(key, text, said):
    found = lint(asked(key, message("system", text), message("user", "", [PICTURE])))
    assert [finding.rule for finding in found] == ["system-not-exact"]
    assert said in found[0].text


def test_another_schema_of_the_same_form_is_well():
    text = LIBRARY.recipes["lfm2-1.2b-extract"].system.texts[0]
    own = text[: text.index("- name")] + '- colour: "The colour"'
    for form in (own, own.replace("a JSON object", "an XML document")):
        assert rules(asked("lfm2-1.2b-extract", message("system", form), ASK)) == []


def test_a_model_without_a_system_prompt_refuses_one():
    one = asked("lfm2-350m-math", message("system", "Be brief."), ASK)
    assert rules(one) == ["system-unwanted"]
    assert remedy_texts(one) == [""]
    assert rules(asked("lfm2-350m-math", ASK)) == []


def test_tools_are_needed_and_typed_ones_do_not_count():
    one = asked("lfm2-1.2b-tool", ASK)
    assert rules(one) == ["system-missing"]
    typed = LIBRARY.recipes["lfm2-1.2b-tool"].system.texts[0]
    assert rules(asked("lfm2-1.2b-tool", message("system", typed), ASK)) == ["tools-typed"]
    given_tools = replace(
        one, conversation=Conversation((ASK,), LIBRARY.scenarios["call-tool"].conversation.tools)
    )
    assert rules(given_tools) == []


@pytest.mark.parametrize("text", ["", "Be brief.", "You are a helpful assistant."])
def test_a_chat_model_takes_any_system_prompt(text):
    assert rules(asked("lfm2.5-1.2b-instruct", message("system", text), ASK)) == []


# -- turns, prefills, images -------------------------------------------------------------------
SYSTEM = message("system", "Translate to English.")
ANSWER = message("assistant", "No.")


@pytest.mark.parametrize(
    ("turns", "found"),
    [
        ([SYSTEM, ASK], []),
        ([SYSTEM, ASK, ANSWER], []),  # a prefill
        ([SYSTEM, ASK, ANSWER, ASK], ["many-turns"]),
        ([SYSTEM, ASK, ASK], ["many-turns"]),
    ],
)
def test_more_than_one_turn_is_found_for_a_single_turn_model_only(turns, found):
    assert rules(asked("lfm2-350m-enjp-mt", *turns)) == found
    assert rules(asked("lfm2-1.2b", *turns)) == []


@pytest.mark.parametrize(
    ("key", "severity"),
    [("lfm2.5-1.2b-thinking", "warning"), ("lfm2.5-8b-a1b", "warning"), ("lfm3-1.7b", "note")],
)
def test_a_prefill_of_a_model_that_thinks_first_is_found(key, severity):
    found = lint(asked(key, ASK, message("assistant", "{")))
    assert [(one.rule, one.severity) for one in found] == [("prefill-before-thoughts", severity)]
    assert rules(asked(key, ASK)) == []
    assert rules(asked(key, ASK, message("assistant", "<think>First"))) == []
    assert rules(asked(key, ASK, message("assistant", "{"), ASK)) == []  # no prefill


def test_a_prefill_of_another_model_is_well():
    assert rules(asked("lfm2.5-350m", ASK, message("assistant", "{"))) == []


@pytest.mark.parametrize(
    ("text", "images", "found"),
    [
        ("", [PICTURE], []),
        ("", [], ["image-missing"]),
        ("What?", [PICTURE], ["image-with-text"]),
        ("", [PICTURE, PICTURE], ["many-images"]),
        ("What?", [], ["image-with-text", "image-missing"]),
    ],
)
def test_a_model_for_one_image_and_no_text_is_told_what_is_wrong(text, images, found):
    system = message("system", LIBRARY.recipes["lfm2.5-vl-450m-extract"].system.texts[0])
    one = asked("lfm2.5-vl-450m-extract", system, message("user", text, images))
    assert rules(one) == found


def test_a_base_model_is_told_apart_from_a_chat_model():
    assert rules(asked("lfm2.5-350m-base", ASK, ANSWER, ASK)) == ["not-a-chat-model"]


# -- values ------------------------------------------------------------------------------------
GREEDY = [key for key, one in LIBRARY.recipes.items() if one.sampling["temperature"] == 0]


def test_the_greedy_nanos_are_those_of_liquids_pages():
    assert sorted(GREEDY) == [
        "lfm2-1.2b-extract", "lfm2-1.2b-rag", "lfm2-1.2b-tool", "lfm2-350m-extract",
        "lfm2-350m-pii-extract-jp", "lfm2.5-vl-1.6b-extract", "lfm2.5-vl-450m-extract",
    ]  # fmt: skip


@pytest.mark.parametrize("key", GREEDY)
def test_sampling_is_found_for_a_greedy_model_and_once(key):
    hot = asked(key, ASK, params=SamplingParams(0.3), preset="lfm2-text")
    assert rules(hot).count("not-greedy") == 1
    assert "other-family" not in rules(hot)
    likeliest = asked(key, ASK, params=SamplingParams(0.3, top_k=1))
    assert "not-greedy" not in rules(likeliest)


@pytest.mark.parametrize(
    ("key", "preset", "found"),
    [
        ("lfm2-700m", "lfm2.5-text", ["other-family"]),
        ("lfm2-700m", "lfm2-text", []),
        ("lfm2-700m", "creative", []),
        ("lfm2-700m", "greedy", []),
        ("lfm2-700m", "", []),
        ("lfm2.5-2.6b", "lfm2.5-text", []),
        ("lfm2.5-vl-3b", "lfm2-vl", []),
        ("lfm2.5-vl-3b", "lfm2.5-text", ["other-family"]),
        ("lfm2-24b-a2b", "lfm2-text", ["other-family"]),
        ("lfm3-1.7b", "lfm2-text", ["other-family"]),
    ],
)
def test_a_preset_meant_for_another_family_is_found(key, preset, found):
    params = LIBRARY.presets[preset].params(SamplingParams()) if preset else SamplingParams()
    assert rules(asked(key, ASK, preset=preset, params=params)) == found


def test_another_familys_button_with_the_models_own_values_is_no_finding():
    own: Recipe = LIBRARY.recipes["lfm2-700m"]
    params = own.params(SamplingParams())
    assert rules(asked("lfm2-700m", ASK, preset="lfm2.5-text", params=params)) == []


def test_warnings_come_first_and_each_finding_has_a_next_step():
    worst = asked(
        "lfm2-350m-pii-extract-jp", ASK, ANSWER, message("user", "And?", [PICTURE]),
        params=SamplingParams(0.9), can=BLIND,
    )  # fmt: skip
    found = lint(worst)
    assert {one.rule for one in found} == {
        "image-unread", "system-missing", "many-turns", "not-greedy",
    }  # fmt: skip
    notes = [
        one.severity == "note" for one in lint(asked("lfm2-2.6b-transcript", ASK, ANSWER, ASK))
    ]
    assert notes == sorted(notes)
    assert len(notes) == 2
    assert all(one.text.endswith(".") and one.text.count(".") >= 2 for one in found)


# -- what the model can't be given -------------------------------------------------------------
def test_what_the_model_does_not_take_is_told_before_it_runs():
    talk = Conversation((ASK, message("assistant", "It is")))
    params = SamplingParams(top_k=40, seed=7)
    can = replace(ALL, prefill=False, seeds=False, samplers=frozenset({"temperature"}))
    (finding,) = lint(Asked(talk, params, model="far", can=can))
    assert (finding.rule, finding.severity) == ("not-sent", "warning")
    assert finding.text == (
        "far does not take top_k 40, seed 7 and the prefill, which will be left out."
    )
    assert lint(Asked(talk, params, model="near", can=ALL)) == ()


def test_a_prefill_that_is_not_taken_goes_with_one_click():
    talk = Conversation((ASK, message("assistant", "It is")))
    (finding,) = lint(Asked(talk, SamplingParams(), can=replace(ALL, prefill=False)))
    assert [quick_fix.act for quick_fix in finding.quick_fixes] == ["no_prefill"]


def test_an_image_that_is_not_read_is_told_once():
    picture = Conversation((message("user", "What?", [PICTURE]),))
    assert rules(Asked(picture, SamplingParams(), can=BLIND)) == ["image-unread"]
