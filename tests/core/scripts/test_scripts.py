"""Scripts of every target: well formed, and with exactly what was asked, whatever was typed."""

from __future__ import annotations

import ast
import contextlib
import io
import json
import re
import shlex
import subprocess
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.constraint import WORDS
from core.conversation import Conversation, Image, Message, Text, ToolCall, message
from core.errors import InvalidInput
from core.prompt import PromptToken, RenderedPrompt
from core.runs.engine import ModelDescription
from core.runs.events import Started, Token
from core.runs.run import Run, fold_all
from core.sampler_row import Name
from core.sampling import SamplingParams, is_on, samplers, sampling_params
from core.scripts.script import Subject
from core.scripts.targets import TARGETS, make_script
from core.template_options import TemplateOption, option_values
from core.vision import VisionBudget
from core.workspace import Request, Workspace
from core.workspace_json import workspace_from_dict
from tests.amounts import amount
from tests.model_capabilities import ALL

PYTHON = [key for key, target in TARGETS.items() if target.language == "python"]
CLIENTS = [key for key in PYTHON if key not in ("transformers", "outlines", "mlx", "vllm")]
OWN_NAMES = ("transformers", "outlines", "transformers-server", "workspace", "run")
HELD_NAMES = (*WORDS, "tool_choice", "named")  # tests/core/scripts/test_structured.py
POSTS = ["llama-server", "ollama", "curl"]
NASTY = (
    "'", '"', "\\", "$(touch x)", "`id`", "${HOME}", "'''", '"""\n', "\n# x\n", "\r\n", "\u2028",
    "!!", "%s", "\\n", "*/", "EOF\n", "é日🎉", "\ud800", "\0", "\x1b", "{{x}}", "-n", "\\\n",
    "\u202e",
)  # fmt: skip
TEXT = st.one_of(
    st.text(max_size=30), st.lists(st.sampled_from(NASTY), min_size=1, max_size=4).map("".join)
)
OPTIONS = {"enable_thinking": False, "reasoning_effort": 'low " $(touch x)'}
READS = replace(ALL, template_options=tuple(TemplateOption(name, "text") for name in OPTIONS))
# Stand-ins that a real shell calls: it parses the script, they give back what they were given.
STAND_INS = """
curl() { cat; }
llama-completion() { printf '%s\\0' "$@"; }
llama-mtmd-cli() { printf '%s\\0' "$@"; }
"""
MODEL = ModelDescription(
    model="LiquidAI/LFM2.5-VL-450M", architecture="Lfm2Vl", parameters=4, dtype="float32",
    weights="float32", device="cpu", memory_bytes=1, context_length=4096, capabilities=ALL,
    load_seconds=1.0, budget=VisionBudget(), revision="0123abc",
)  # fmt: skip
SAMPLED = SamplingParams(
    temperature=0.3, min_p=0.15, repetition_penalty=1.05, max_new_tokens=64, seed=42
)
HALFWAY = {n: (row.setting.minimum + row.setting.maximum) / 2 for n, row in samplers().items()}
HALFWAY = {n: value for n, value in HALFWAY.items() if value != samplers()[n].setting.off}
ALL_ON = sampling_params(
    {**HALFWAY, "temperature": 0.5, "max_new_tokens": 64, "seed": 1, "stop": ["END"]}
)
FLAT = '[{"type": "function", "name": "now", "parameters": {"a": 1}}, {"function": {"name": "f"}}]'
TOOLS = '[{"type": "function", "function": {"name": "now", "parameters": {"a": "\'\\"$(x)"}}}]'


def subject(
    *turns: tuple[str, str], params: SamplingParams = SAMPLED, images: Any = (), **changes: Any
) -> Subject:
    talk = [message(role, text, images if role == "user" else ()) for role, text in turns]  # type: ignore[arg-type]
    conversation = Conversation(tuple(talk), changes.pop("tools", ""))
    neutralised = changes.pop("neutralised", ())
    text = "<|startoftext|>" + "".join(text for _, text in turns)
    prompt = RenderedPrompt(text, (PromptToken(1, text),), 4096, neutralised)
    request = Request("A", conversation, params, VisionBudget())
    made = Subject(request, MODEL, MODEL.model, prompt, workspace=Workspace(conversation))
    return replace(made, **changes)


def script(key: str, what: Subject) -> str:
    text = make_script(key, what).text
    return re.sub("[\ud800-\udfff]", "", text) if TARGETS[key].language == "modelfile" else text


def test_a_branch_is_said_to_begin_anew_and_its_record_has_the_ids():
    plain = subject(("user", "Hi"))
    what = replace(plain, request=replace(plain.request, begins_with=(7, 8)))
    for key, target in TARGETS.items():
        anew = any("begins anew" in note for note in make_script(key, what).notes)
        assert anew == (key not in ("run", "transformers") and not target.takes_ids), key
    assert json.loads(script("run", what))["lfm_playground.request.begins_with"] == [7, 8]


def test_a_branch_goes_on_from_its_ids_where_a_program_takes_them():
    plain = subject(("user", "Hi"), ("assistant", "So"), tools=TOOLS, neutralised=("<|im_end|>",))
    what = replace(plain, request=replace(plain.request, begins_with=(7, 8)))
    assert assigned(script("vllm", what), "prompt") == {"prompt_token_ids": [1, 7, 8]}
    for key in ("vllm-server", "sglang"):
        text = script(key, what)
        assert assigned(text, "prompt") == [1, 7, 8]
        assert "completions.create(" in text
        assert "chat" not in text.split("\n\n", 1)[1]
    body = json.loads(shell(script("llama-server", what)))
    assert body["prompt"] == [1, 7, 8]
    assert "messages" not in body
    for key in ("vllm", "vllm-server", "sglang", "llama-server"):
        notes = make_script(key, what).notes
        assert any("first 2 tokens are given as ids" in note for note in notes)
        assert not any("control token" in note or "prefill" in note for note in notes)
        held = replace(what, request=replace(what.request, tool_choice="required"))
        assert any("begins anew" in note for note in make_script(key, held).notes)


def test_a_branch_has_less_room_for_what_follows():
    plain = subject(("user", "Hi"), params=replace(SAMPLED, max_new_tokens=9_000))
    assert plain.call.generate["max_new_tokens"] == 4095
    request = replace(plain.request, begins_with=(7, 8))
    assert replace(plain, request=request).call.generate["max_new_tokens"] == 4093


def shell(text: str) -> bytes:
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", STAND_INS + text], capture_output=True, check=True
    )
    assert done.stderr == b""
    return done.stdout


def assigned(source: str, name: str) -> Any:
    """The literal that a script gives to a name."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == name:
            return ast.literal_eval(node.value)
    raise AssertionError(f"{name} is not in {source}")


def argument(source: str, call: str, name: str) -> Any:
    """The literal that a script calls `call` with."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == call:
            return next(ast.literal_eval(k.value) for k in node.keywords if k.arg == name)
    raise AssertionError(f"{call} is not called in {source}")


def wanted(*turns: tuple[str, str]) -> list[dict[str, str]]:
    clean = re.compile("[\ufdd0-\ufdef]")
    return [{"role": role, "content": clean.sub("", text)} for role, text in turns]


@pytest.mark.parametrize("key", PYTHON)
@given(TEXT, TEXT, TEXT)
@settings(max_examples=amount(12, 40))
def test_python_has_the_messages_and_stop_strings_to_the_letter(key, system, asked, stop) -> None:
    turns = (("system", system), ("user", asked))
    what = subject(*turns, params=replace(SAMPLED, stop=(stop,)), model_name=f"./{asked}")
    source = script(key, what)
    compile(source.encode(), "script", "exec")
    assert assigned(source, "messages") == wanted(*turns)
    if key in ("transformers", "mlx"):
        assert assigned(source, "stop") == [stop]
    elif key == "outlines":
        assert argument(source, "model", "stop_strings") == [stop]
    else:
        call = "SamplingParams" if key == "vllm" else "client.chat.completions.create"
        assert argument(source, call, "stop") == [stop]


@pytest.mark.parametrize("key", POSTS)
@given(TEXT, TEXT, TEXT)
@settings(max_examples=amount(8, 25))
def test_a_shell_posts_the_json_to_the_letter(key, system, asked, stop) -> None:
    turns = (("system", system), ("user", asked))
    what = subject(*turns, params=replace(SAMPLED, stop=(stop,)), model_name=f"./{asked}")
    text = script(key, what)
    body = json.loads(shell(text))
    if key == "ollama":  # it has no template of ours: noncharacters go as they are
        assert body["messages"] == [{"role": r, "content": t} for r, t in turns]
    else:
        assert body["messages"] == wanted(*turns)
    assert (body.get("options") or body)["stop"] == [stop]
    assert shlex.split(text, comments=True)[0] == "printf"


@given(TEXT, TEXT)
@settings(max_examples=amount(12, 40))
def test_the_command_of_llama_cpp_gets_the_prompt_as_one_word(asked, stop) -> None:
    what = subject(("user", asked), params=replace(SAMPLED, stop=(stop,)))
    text = script("llama-cpp", what)
    words = shell(text).decode().split("\0")[:-1]
    odd = re.compile("[\0\ud800-\udfff]")
    assert words[words.index("-p") + 1] == odd.sub("\ufffd", what.prompt.text)
    assert words[words.index("-r") + 1] == odd.sub("\ufffd", stop)
    assert shlex.split(text, comments=True)[0] == "llama-completion"
    told = "U+FFFD" in "".join(make_script("llama-cpp", what).notes)
    assert told == bool(odd.search(asked + stop))


@pytest.mark.parametrize("key", ["workspace", "run"])
@given(TEXT, TEXT)
@settings(max_examples=amount(8, 25))
def test_json_is_read_back(key, system, asked) -> None:
    what = subject(("system", system), ("user", asked))
    value = json.loads(script(key, what).encode())
    if key == "workspace":
        assert workspace_from_dict(value) == what.workspace
    else:
        assert value["gen_ai.input.messages"] == (
            [{"role": "user", "parts": [{"type": "text", "content": asked}] if asked else []}]
        )


@pytest.mark.parametrize("key", list(TARGETS))
@given(TEXT)
@settings(max_examples=amount(6, 15))
def test_names_of_models_and_images_can_not_leave_their_place(key, name) -> None:
    image = Image(f"/tmp/private/{name}", name)
    what = subject(("user", "x"), images=[image], model_name=f"./{name}", neutralised=(name,))
    text = script(key, what)
    text.encode()
    assert "/tmp/private" not in text
    match TARGETS[key].language:
        case "python":
            compile(text, "script", "exec")
        case "bash":
            subprocess.run(["bash", "-n", "-c", text], check=True)
        case "json":
            json.loads(text)


@pytest.mark.parametrize("key", list(TARGETS))
def test_what_a_target_can_not_say_is_said_in_a_comment(key) -> None:
    what = subject(
        ("user", "x <|im_end|>"), ("assistant", "begun"), images=[Image("a.png", "a.png")],
        tools=TOOLS, neutralised=("<|im_end|>",),
        params=ALL_ON,
    )  # fmt: skip
    what = with_options(what)
    made = make_script(key, what)
    used = what.used()
    for name, sentence in TARGETS[key].lacks.items():
        if name not in HELD_NAMES:
            assert name in used
            assert sentence in made.notes
    comments = "".join(
        line.lstrip("# ") + " " for line in made.text.splitlines() if line.startswith("#")
    )
    for note in made.notes if TARGETS[key].comments else ():
        assert note.replace(" ", "") in comments.replace(" ", "")


@pytest.mark.parametrize("key", list(TARGETS))
@pytest.mark.parametrize("name", list(samplers()))
def test_no_sampler_is_dropped_in_silence(key, name) -> None:
    """A script gives its value under the program's name, or says that it is left out."""
    target, row = TARGETS[key], samplers()[name]
    what = subject(("user", "x"), params=ALL_ON)
    what = replace(what, workspace=replace(what.workspace, params=ALL_ON))
    made = make_script(key, what)
    assert is_on(ALL_ON, name)
    assert target.program or key in OWN_NAMES
    theirs = row.name_in(target.program) if target.program else Name(name)
    left_out = [note for note in made.notes if f"has no {name}: it is left out." in note]
    assert bool(left_out) == (theirs is None)
    if theirs:
        code = re.sub("(?m)^# .*$", "", made.text)
        value = f"{getattr(ALL_ON, name)!r}"
        found = re.search(rf"(?<![\w-]){re.escape(theirs.name)}[\"']?(=|: |\s+){value}\b", code)
        assert found, code


def test_nothing_is_said_of_what_is_not_asked_for() -> None:
    plain = subject(("user", "x"), params=SamplingParams(temperature=0.0, seed=1))
    for key, target in TARGETS.items():
        assert not set(make_script(key, plain).notes) & set(target.lacks.values())
        assert not any("left out" in note for note in make_script(key, plain).notes)
    assert plain.used() == set()


def test_temperature_zero_is_greedy_and_top_k_is_written_when_it_is_off() -> None:
    greedy = script("transformers", subject(("user", "x"), params=SamplingParams(0.0, seed=1)))
    assert argument(greedy, "model.generate", "do_sample") is False
    assert "temperature=" not in greedy
    assert argument(script("transformers", subject(("user", "x"))), "model.generate", "top_k") == 0


def test_a_programs_own_off_value_and_its_smallest_one_are_written() -> None:
    what = subject(("user", "x"), params=SamplingParams(top_p=0.0, seed=1))
    for key in ("vllm-server", "sglang"):
        source, call = script(key, what), "client.chat.completions.create"
        assert argument(source, call, "top_p") == 1e-6
        assert argument(source, call, "extra_body")["top_k"] == -1
        assert any("top_p 0" in note for note in make_script(key, what).notes)
    assert argument(script("vllm", what), "SamplingParams", "top_k") == -1
    assert argument(script("openai", what), "client.chat.completions.create", "top_p") == 0


def test_a_revision_is_pinned_and_a_folder_has_none() -> None:
    assert script("transformers", subject(("user", "x"))).count("revision='0123abc'") == 2
    served = script("transformers-server", subject(("user", "x")))
    assert "serve LiquidAI/LFM2.5-VL-450M@0123abc " in served
    assert "model='LiquidAI/LFM2.5-VL-450M@0123abc'" in served
    folder = replace(MODEL, revision="")
    assert "revision" not in script("transformers", subject(("user", "x"), model=folder))


def test_rounding_and_own_weights_are_told() -> None:
    for dtype, weights, said in (
        ("bfloat16", "bfloat16", "bfloat16 rounds"),
        ("bfloat16", "int8", "int8 weights are"),
        ("float32", "float32, packed", "the same"),
    ):
        model = replace(MODEL, dtype=dtype, weights=weights)
        text = script("transformers", subject(("user", "x"), model=model))
        assert said in text
        assert f"dtype=torch.{dtype}" in text


def test_no_seed_is_told_and_drawn() -> None:
    text = script("transformers", subject(("user", "x"), params=SamplingParams()))
    assert "torch.seed()" in text
    assert "manual_seed" not in text
    assert "No seed is set" in text


def test_tools_go_where_each_program_takes_them() -> None:
    what = subject(("user", "x"), tools=TOOLS)
    tools = json.loads(TOOLS)
    assert assigned(script("transformers", what), "tools") == tools
    assert "tools=tools" in script("transformers", what)
    for key in CLIENTS:
        assert argument(script(key, what), "client.chat.completions.create", "tools") == tools
    for key in POSTS:
        assert json.loads(shell(script(key, what)))["tools"] == tools
    with pytest.raises(InvalidInput, match="tools can.t be read"):
        make_script("transformers", subject(("user", "x"), tools="[oops"))


def test_flat_tools_are_wrapped_for_servers_and_given_to_templates_as_they_are() -> None:
    """vLLM, SGLang and llama.cpp refuse flat ones, and Ollama reads nothing in them."""
    what = subject(("user", "x"), tools=FLAT)
    wrapped = [
        {"type": "function", "function": {"name": "now", "parameters": {"a": 1}}},
        {"type": "function", "function": {"name": "f"}},
    ]
    servers = [key for key in CLIENTS if key != "transformers-server"]
    for key in servers:
        assert argument(script(key, what), "client.chat.completions.create", "tools") == wrapped
    for key in POSTS:
        assert json.loads(shell(script(key, what)))["tools"] == wrapped
    for key in [*servers, *POSTS]:
        assert any("as you typed them" in note for note in make_script(key, what).notes)
    given = json.loads(FLAT)
    assert assigned(script("transformers", what), "tools") == given
    served = script("transformers-server", what)
    assert argument(served, "client.chat.completions.create", "tools") == given
    assert argument(script("vllm", what), "llm.chat", "tools") == given
    assert argument(script("mlx", what), "reader.apply_chat_template", "tools") == given


@pytest.mark.parametrize(
    ("architecture", "name", "vllm", "sglang"),
    [
        ("Lfm2MoeForCausalLM", "./mine", "parser lfm2", "parser lfm2"),
        ("", "LiquidAI/LFM2.5-350M", "parser lfm2", "parser lfm2"),
        ("Lfm3ForCausalLM", "LiquidAI/LFM3-1.7B", "tool_choice='none'", "parser auto"),
        ("LlamaForCausalLM", "./mine", "tool_choice='none'", "parser auto"),
    ],
)
def test_a_parser_is_named_for_models_whose_calls_have_its_form(architecture, name, vllm, sglang):
    model = replace(MODEL, architecture=architecture)
    what = subject(("user", "x"), tools=TOOLS, model=model, model_name=name)
    texts = {key: script(key, what) for key in ("vllm-server", "sglang")}
    assert vllm in texts["vllm-server"]
    assert sglang in texts["sglang"]
    assert ("lfm2" in texts["vllm-server"]) == ("lfm2" in texts["sglang"]) == ("lfm2" in vllm)
    told = any("LFM3 is unknown" in note for note in make_script("sglang", what).notes)
    assert told == ("LFM3" in name)


def test_calls_in_an_answer_are_printed() -> None:
    """An answer that is only a call has no content: the script printed None."""
    printed = script("openai", subject(("user", "x"), tools=TOOLS)).split("\nmessage = ")[1]
    call = SimpleNamespace(function=SimpleNamespace(name="now", arguments="{}"))
    message = SimpleNamespace(content=None, tool_calls=[call])
    answer, out = SimpleNamespace(choices=[SimpleNamespace(message=message)]), io.StringIO()
    with contextlib.redirect_stdout(out):
        exec("message = " + printed, {"answer": answer})
    assert out.getvalue() == "\nnow {}\n"


def test_vllm_loads_its_model_only_where_the_script_is_the_program() -> None:
    """The processes that vLLM starts import the script again; without a guard they never end."""
    tree = ast.parse(script("vllm", subject(("user", "x"))))
    outside = [node for node in tree.body if not isinstance(node, ast.If)]
    assert "LLM(" not in ast.unparse(ast.Module(outside, []))
    assert ast.unparse(tree.body[-1]).startswith("if __name__ == '__main__':")


def test_images_on_mlx_need_mlx_vlm_alone() -> None:
    what = subject(("user", "x"), images=[Image("a.png", "a.png")], params=ALL_ON)
    made = make_script("mlx", what)
    assert "mlx_lm" not in made.text
    assert argument(made.text, "stream_generate", "temperature") == ALL_ON.temperature
    assert argument(made.text, "stream_generate", "typical_p") == ALL_ON.typical_p
    assert "pip install mlx-vlm" in made.notes
    assert not any("is left out" in note for note in made.notes)


@pytest.mark.parametrize(
    ("tokens", "most", "context"),
    [(1, 64, 4096), (4000, 96, 4096), (4000, 97, 8192), (9000, 1, 9500)],
)
def test_ollama_keeps_the_whole_prompt(tokens, most, context) -> None:
    """It keeps 4,096 tokens unless told, and cuts a longer prompt without a word."""
    what = subject(("user", "x"), params=replace(SAMPLED, max_new_tokens=most))
    prompt = RenderedPrompt("x", (PromptToken(1, "x"),) * tokens, 9500)
    what = replace(what, prompt=prompt, model=replace(MODEL, context_length=9500))
    assert json.loads(shell(script("ollama", what)))["options"]["num_ctx"] == context
    assert f"PARAMETER num_ctx {context}\n" in script("modelfile", what)


def test_llama_cpp_gets_all_images_and_the_system_message() -> None:
    images = [Image("a.png", "a.png"), Image("b.png", "b.png")]
    what = subject(("system", "Be brief."), ("user", "x"), images=images)
    words = shell(script("llama-cpp", what)).decode().split("\0")
    assert words[words.index("--image") + 1] == "./a.png,./b.png"
    assert words[words.index("-sys") + 1] == "Be brief."


def test_what_llama_cpp_does_with_stop_strings_is_told() -> None:
    def notes(*stop: str) -> str:
        return " ".join(make_script("llama-cpp", subject(("user", "x"), params=one(stop))).notes)

    def one(stop: tuple[str, ...]) -> SamplingParams:
        return replace(SAMPLED, stop=stop)

    assert "several -r" not in notes("a")
    assert "several -r" in notes("a", "b")
    assert "ends in a space" not in notes("a")
    assert "ends in a space" in notes("User: ")


def test_a_prefill_is_continued_where_the_program_can() -> None:
    what = subject(("user", "x"), ("assistant", "begun"))
    text = script("transformers", what)
    assert argument(text, "processor.apply_chat_template", "continue_final_message") is True
    extra = argument(script("vllm-server", what), "client.chat.completions.create", "extra_body")
    assert (extra["continue_final_message"], extra["add_generation_prompt"]) == (True, False)
    assert argument(script("vllm", what), "llm.chat", "continue_final_message") is True


def test_a_model_without_a_chat_template_is_asked_for_a_completion() -> None:
    plain = replace(MODEL, capabilities=replace(ALL, roles=False, tools=False, images=False))
    what = subject(("system", "Once "), ("assistant", "upon\ufdd0"), model=plain)
    for key, name in (("transformers", "text"), ("vllm", "text"), ("mlx", "prompt")):
        assert assigned(script(key, what), name) == "Once upon"
        assert "chat" not in script(key, what)
    for key in ("transformers-server", "vllm-server", "sglang", "openai"):
        assert assigned(script(key, what), "prompt") == "Once upon"
        assert "client.completions.create(" in script(key, what)
        assert "continue_final_message" not in script(key, what)
    for key in ("curl", "llama-server", "ollama"):
        assert json.loads(shell(script(key, what)))["prompt"] == "Once upon"
    assert "v1/completions" in script("curl", what)
    assert "api/generate" in script("ollama", what)


def test_samplers_of_llama_cpp_stand_in_transformers_order_and_look_at_all_tokens() -> None:
    words = shell(script("llama-cpp", subject(("user", "x")))).decode().split("\0")
    order = words[words.index("--samplers") + 1]
    assert order == "penalties;temperature;top_k;top_p;min_p;typ_p"
    assert words[words.index("--repeat-last-n") + 1] == str(2**20)  # -1 is refused
    body = json.loads(shell(script("llama-server", subject(("user", "x")))))
    assert (body["samplers"], body["repeat_last_n"]) == (order.split(";"), 2**20)


def test_images_are_read_where_the_script_runs(tmp_path, monkeypatch) -> None:
    (tmp_path / "a-b.png").write_bytes(b"\x89PNG")
    monkeypatch.chdir(tmp_path)
    images = [Image("/somewhere/a b.png", "a b.png"), Image("/else/a b.png", "../a b.png")]
    (tmp_path / "a-b-2.png").write_bytes(b"second")
    what = subject(("user", "x"), images=images)
    content = json.loads(shell(script("curl", what)))["messages"][0]["content"]
    urls = [part["image_url"]["url"] for part in content if part["type"] == "image_url"]
    assert urls == ["data:image/png;base64,iVBORw==", "data:image/png;base64,c2Vjb25k"]
    ollama = json.loads(shell(script("ollama", what)))["messages"][0]
    assert ollama["images"] == ["iVBORw==", "c2Vjb25k"]
    assert "picture('a-b-2.png')" in script("transformers", what)


def test_a_run_is_written_by_opentelemetrys_names() -> None:
    what = subject(("user", "x"))
    token = Token(7, "Hi", -0.5, 0.2)
    run = Run(
        what.request, "done", what.prompt, "m", text="Hi", tokens=(token,),
        stop_reason="max_new_tokens", seconds=0.3, started_seconds=0.1,
    )  # fmt: skip
    value = json.loads(script("run", replace(what, run=run)))
    assert value["gen_ai.request.temperature"] == 0.3
    assert value["gen_ai.request.seed"] == 42
    assert value["gen_ai.usage.output_tokens"] == 1
    assert value["gen_ai.response.finish_reasons"] == ["length"]
    assert value["gen_ai.response.time_to_first_chunk"] == 0.2


# -- models that tell less ---------------------------------------------------------------------
FAR = ModelDescription(model="far", context_length=4096, capabilities=replace(ALL, logprobs=False))


def answered(what: Subject, **lost: Any) -> Subject:
    can = replace(FAR.capabilities, **lost)
    events = [Started(None, "far", 0.1, capabilities=can), Token(None, "Hi", None, 0.2)]
    run = fold_all(Run(what.request), events)
    return replace(what, model=FAR, model_name="far", prompt=None, run=run, request=run.sent)


@pytest.mark.parametrize("key", TARGETS)
def test_every_target_copes_with_a_model_of_which_little_is_known(key):
    made = make_script(key, answered(subject(("user", "Hi"))))
    assert "None" not in made.text.replace("null", "")
    assert not re.search(r"--device(\s|$)|--dtype(\s*$)", made.text, re.MULTILINE)


def test_the_record_says_what_the_engine_does_not_tell():
    made = make_script("run", answered(subject(("user", "Hi"))))
    assert (
        "far doesn't report the prompt's tokens, token ids, logprobs and candidates: they are null "
        "or empty here."
    ) in made.notes
    record = json.loads(made.text)
    assert record["gen_ai.usage.input_tokens"] is None
    (token,) = record["lfm_playground.tokens"]
    assert (token["id"], token["text"], token["candidates"]) == (None, "Hi", None)


def test_a_script_has_what_was_sent_and_says_what_was_not():
    made = make_script("transformers", answered(subject(("user", "Hi")), seeds=False))
    assert "manual_seed" not in made.text
    assert "far was asked without seed 42, which it does not take." in made.notes


@pytest.mark.parametrize("writes_calls", [True, False])
def test_calls_are_values_where_the_template_writes_them(writes_calls: bool):
    call = ToolCall("call_1", "now", '{"zone": "é", "n": [1]}')
    talk = (
        message("user", "When?"),
        message("assistant", "So: ", calls=[call]),
        Message("tool", (Text("9"),), tool_call_id="call_1"),
        message("user", "Thanks"),
    )
    model = replace(MODEL, writes_calls=writes_calls)
    request = replace(subject().request, conversation=Conversation(talk))
    made = replace(subject(("user", "")), request=request, model=model)
    in_text = {"role": "assistant", "content": talk[1].text}
    function = {"name": "now", "arguments": {"zone": "é", "n": [1]}}
    value = {"id": "call_1", "type": "function", "function": function}
    as_value = {"role": "assistant", "content": "So: ", "tool_calls": [value]}
    for key in ("transformers", "openai"):
        _, asked, answered, _ = assigned(script(key, made), "messages")
        assert answered == {"role": "tool", "content": "9", "tool_call_id": "call_1"}
        if key == "openai" and writes_calls:
            function["arguments"] = json.dumps(function["arguments"], ensure_ascii=False)
        assert asked == (as_value if writes_calls else in_text)
    recorded = json.loads(script("run", made))["gen_ai.input.messages"][1]["parts"]
    assert recorded[1] == {"type": "tool_call", "id": "call_1", "name": "now",
                           "arguments": {"zone": "é", "n": [1]}}  # fmt: skip


# -- template options --------------------------------------------------------------------------
def with_options(what: Subject, **more: Any) -> Subject:
    request = replace(what.request, template_options=option_values({**OPTIONS, **more}))
    return replace(what, request=request, model=replace(MODEL, capabilities=READS))


def test_programs_that_take_template_options_get_those_that_the_template_reads():
    what = with_options(subject(("user", "Hi")), old_option=True)
    extra = argument(script("vllm-server", what), "client.chat.completions.create", "extra_body")
    assert extra["chat_template_kwargs"] == OPTIONS
    for key in ("sglang", "transformers-server"):
        assert "chat_template_kwargs" in script(key, what), key
        assert "'enable_thinking': False" in script(key, what), key
    assert argument(script("vllm", what), "llm.chat", "chat_template_kwargs") == OPTIONS
    for name, value in OPTIONS.items():
        source = script("transformers", what)
        assert argument(source, "processor.apply_chat_template", name) == value
        assert argument(script("mlx", what), "reader.apply_chat_template", name) == value
    assert json.loads(shell(script("llama-server", what)))["chat_template_kwargs"] == OPTIONS
    assert not any("old_option" in script(key, what) for key in TARGETS if key != "workspace")


@pytest.mark.parametrize("key", ["openai", "curl", "ollama", "modelfile"])
def test_programs_without_template_options_say_so(key):
    made = make_script(key, with_options(subject(("user", "Hi"))))
    assert any("chat template options" in note for note in made.notes)
    assert "enable_thinking" not in made.text
    plain = make_script(key, subject(("user", "Hi")))
    assert not any("template options" in note for note in plain.notes)


def test_a_device_of_another_server_is_one_word_of_the_command():
    evil = replace(MODEL, device="cpu; id")
    text = make_script("transformers-server", subject(("user", "Hi"), model=evil)).text
    assert "--device 'cpu; id'" in text
