"""The exported Transformers script prints the lane's own tokens and text; Verify agrees with it.

The scripts run in a process of their own, each as if it were alone in its folder.
"""

from __future__ import annotations

import inspect
import json
import os
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from time import sleep
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pictures
from tokenizers import Tokenizer

from core.constraint import Constraint
from core.conversation import Conversation, Image, Message, Text, ToolCall, message
from core.runs.run import Run, fold_all
from core.runs.verification import Verified, Verifying
from core.sampling import SamplingParams
from core.scripts.script import Subject
from core.scripts.targets import make_script
from core.scripts.transformers_constraint import AFTER_THOUGHT, CONSTRAINED
from core.vision import VisionBudget
from core.workspace import Request
from engine.constraints.logits_processor import AfterThought, Constrained
from engine.local import LocalEngine
from tests.amounts import amount, thorough
from tests.engine.conftest import CONTEXT, POCKET

RUN_ALL = """
import contextlib, os, runpy, sys
for path in sys.argv[1:]:
    folder, name = os.path.split(path)
    os.chdir(folder)
    with open("out.txt", "w", encoding="utf-8") as out, contextlib.redirect_stdout(out):
        runpy.run_path(name)
"""
DATES = Conversation(
    (
        message("system", "You are a helpful assistant that formats dates."),
        message("user", "2024-01-15"),
        message("assistant", "January 15, 2024"),
        message("user", "2024-12-25"),
        message("assistant", "December 25, 2024"),
        message("user", "2024-03-08"),
    )
)
EXTRACT = Conversation(
    (
        message("system", "Extract information and return as JSON."),
        message("user", "Extract the name and age from: John is 30 years old."),
        message("assistant", '{\n  "name": '),
    )
)
STORY = Conversation((message("user", "Tell me a short story about a fox."),))
TYPED = Conversation((message("user", "What is <|im_end|> and <image>?"),))
CALLED = Conversation(
    (
        message("user", "Is <|im_start|> a token?"),
        message("assistant", "<|tool_call_start|>[now()]<|tool_call_end|>"),
        message("tool", "12:00 <|im_end|>"),
        message("user", "And now?"),
    )
)
NOW = ToolCall("1", "now", '{"in": ["UTC \ufdd0", 2, null]}')
AS_VALUES = Conversation(
    (
        message("user", "When?"),
        message("assistant", "So: ", calls=[NOW]),
        Message("tool", (Text("12:00"),), tool_call_id="1"),
        message("user", "And now?"),
    )
)
TYPED_AS_VALUES = Conversation(
    (
        message("user", "?"),
        message("assistant", "", calls=[ToolCall("", "f", '{"a": "<|im_end|>"}')]),
        message("user", "!"),
    )
)
HOSTILE = Conversation(
    (
        message(
            "user", "\\ \" ' ''' \"\"\" $(ls) `id` {x} %s \r\n\t\x00 é 日本 🎉 \u2028 \ufdd0 \ue000"
        ),
    )
)
DEEP = np.linspace(0, 2**16 - 1, 90 * 80).reshape(90, 80).astype(np.uint16)
PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string", "maxLength": 9}, "age": {"type": "integer"}},
    "required": ["name", "age"],
    "additionalProperties": False,
}
ASKED = Conversation(EXTRACT.messages[:2])
THOUGHT = Conversation((*ASKED.messages, message("assistant", "<think>A name, an age.</think>")))
WITH_TOOLS = Conversation(
    (message("user", "Tell Ann that I am late."),),
    '[{"name": "send", "parameters": {"type": "object", "properties": {"to": {"type": "string", '
    '"enum": ["Ann", "Bob"]}, "urgent": {"type": "boolean"}}, "required": ["to"]}}]',
)
# What the answers of these cases are held to.
HELD: dict[str, dict[str, Any]] = {
    "a JSON schema": {"constraint": Constraint("json_schema", json.dumps(PERSON))},
    "a JSON schema and a thought": {"constraint": Constraint("json_schema", json.dumps(PERSON))},
    "a branch of a JSON schema": {"constraint": Constraint("json_schema", json.dumps(PERSON))},
    "a branch in a thought": {"constraint": Constraint("json_schema", json.dumps(PERSON))},
    "flexible JSON": {"constraint": Constraint("json", flexible_whitespace=True)},
    "choices": {"constraint": Constraint("choices", choices=("fox", "fur", '"café"\n'))},
    "a regular expression": {"constraint": Constraint("regex", r"[A-Z][a-z]+, (\d{2}|[é-ü]+)")},
    "a grammar": {
        "constraint": Constraint(
            "grammar", 'start: w (" " w)* "."\nw: /[a-z]{1,5}/', (), True, False
        )
    },
    "a required call": {"tool_choice": "required"},
    "a named call": {"tool_choice": "send"},
}
# Texts that the answers of these cases begin with, as tokens.
BEGUN = {
    "a branch": "There was a fox",
    "a branch with a stop string": "Stop. A fox",
    "a branch after an image": " a red",
    "a branch of a JSON schema": ' "Jo',
    "a branch in a thought": ", an age.</think>",
}
SYSTEM_ONLY_SPACES = Conversation((message("system", "  \n"), message("user", " Hi ")))


def pictures(folder: Path) -> dict[str, Image]:
    """By what is special about them; two have the same name."""
    (folder / "other").mkdir()
    made = {
        "small": (folder / "shape.png", Pictures.new("RGB", (96, 64), "red")),
        "clear": (folder / "other" / "shape.png", Pictures.new("RGBA", (120, 90), (0, 90, 0, 99))),
        "large": (folder / "a large one.png", Pictures.new("RGB", (900, 500), "navy")),
        "turned": (folder / "turned.jpg", Pictures.linear_gradient("L").resize((90, 200))),
        "grey": (folder / "grey.gif", Pictures.linear_gradient("L").resize((80, 80))),
        "deep": (folder / "deep.png", Pictures.fromarray(DEEP)),
    }
    for name, (path, picture) in made.items():
        exif = Pictures.Exif()
        exif[0x0112] = 6
        picture.save(path, **({"exif": exif} if name == "turned" else {}))
    return {name: Image(str(path), path.name) for name, (path, _) in made.items()}


def cases(images: dict[str, Image]) -> dict[str, tuple[Conversation, dict[str, Any], VisionBudget]]:
    one_piece, tiles = VisionBudget(16, 64, False), VisionBudget(32, 128, use_thumbnail=False)

    def seen(text: str, *names: str) -> Conversation:
        return Conversation((message("user", text, [images[name] for name in names]),))

    def text(
        talk: Conversation, **params: Any
    ) -> tuple[Conversation, dict[str, Any], VisionBudget]:
        return talk, params, VisionBudget()

    return {
        "greedy": text(DATES, temperature=0.0),
        "greedy with a penalty": text(STORY, temperature=0.0, repetition_penalty=1.3),
        "the model's own distribution": text(STORY, seed=2**32 - 1),
        "LFM2.5": text(STORY, temperature=0.1, top_k=50, repetition_penalty=1.05, seed=1),
        "LFM2": text(STORY, temperature=0.3, min_p=0.15, repetition_penalty=1.05, seed=2),
        "hot, all samplers": text(STORY, temperature=1.6, top_k=40, top_p=0.9, min_p=0.02, seed=3),
        "typical": text(STORY, temperature=1.2, typical_p=0.6, seed=3),
        "top_p 0": text(STORY, top_p=0.0, seed=4),
        "calls as values": text(AS_VALUES, temperature=0.0),
        "calls as values with a typed token": text(TYPED_AS_VALUES, temperature=0.0),
        "a stop string": text(STORY, temperature=0.8, stop=(".", "fox"), seed=5),
        "a stop string that begins in the prefill": text(
            EXTRACT, temperature=0.0, stop=(': "J', "never")
        ),
        "a prefill": text(EXTRACT, temperature=0.7, seed=6),
        "an empty prefill": text(
            Conversation((*STORY.messages, message("assistant", ""))), temperature=0.9, seed=7
        ),
        "typed control tokens": text(TYPED, temperature=0.9, seed=8),
        "a typed control token and a call": text(CALLED, temperature=0.9, seed=9),
        "hostile text": text(HOSTILE, temperature=1.2, seed=10),
        "spaces": text(SYSTEM_ONLY_SPACES, temperature=1.0, seed=11),
        "an image": (seen("What is this?", "small"), {"temperature": 0.8}, one_piece),
        "tiles": (seen("What is this?", "large"), {"temperature": 0.5, "top_k": 20}, tiles),
        "two images of one name": (seen("Both?", "small", "clear"), {"seed": 12}, one_piece),
        "a turned and a grey image": (
            seen("These?", "turned", "grey"), {"temperature": 0.9}, one_piece
        ),
        "an image of 16 bits": (seen("This?", "deep"), {"temperature": 0.9}, one_piece),
        "an image, a typed placeholder and a stop string": (
            seen("Is <image> one? <|im_end|>", "small"), {"stop": ("e",), "temperature": 0.9},
            one_piece,
        ),
        "an image and a prefill": (
            Conversation((*seen("What?", "small").messages, message("assistant", "I see"))),
            {"temperature": 0.9, "repetition_penalty": 1.1}, one_piece,
        ),
        "a JSON schema": (
            Conversation((*EXTRACT.messages[:2], message("assistant", '{"name": '))),
            {"temperature": 0.7}, VisionBudget(),
        ),
        "a JSON schema and a thought": text(THOUGHT, temperature=0.9),
        "flexible JSON": text(ASKED, temperature=1.0, max_new_tokens=60),
        "choices": text(STORY, temperature=1.6),
        "a regular expression": text(STORY, temperature=1.0, top_k=20),
        "a grammar": text(STORY, temperature=0.9, repetition_penalty=1.2),
        "a branch": text(STORY, temperature=0.9, repetition_penalty=1.3),
        "a branch with a stop string": text(STORY, temperature=0.9, stop=(".", "fox the"), seed=13),
        "a branch after an image": (
            Conversation((*seen("What?", "small").messages, message("assistant", "I see"))),
            {"temperature": 0.9}, one_piece,
        ),
        "a branch of a JSON schema": (
            Conversation((*EXTRACT.messages[:2], message("assistant", '{"name":'))),
            {"temperature": 0.7}, VisionBudget(),
        ),
        "a branch in a thought": text(
            Conversation((*ASKED.messages, message("assistant", "<think>A name"))), temperature=0.9
        ),
        "a required call": text(WITH_TOOLS, temperature=0.9),
        "a named call": text(WITH_TOOLS, temperature=0.0),
    }  # fmt: skip


@dataclass(frozen=True)
class Lane:
    run: Run
    out: str


def answered(engine: LocalEngine, request: Request) -> Run:
    with closing(engine.stream([request])) as events:
        return fold_all(Run(request), [event for _, event in events])


def subject_of(engine: LocalEngine, run: Run, name: str) -> Subject:
    return Subject(run.request, engine.description, name, run.prompt, run)


@pytest.fixture(scope="session")
def pocket() -> LocalEngine:
    return LocalEngine(str(POCKET), device="cpu", weights="float32")


def run_scripts(scripts: list[Path]) -> list[str]:
    """What each printed. One thread, as the engine uses for so small a model."""
    environment = {**os.environ, "PYTHONUTF8": "1", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", RUN_ALL, *map(str, scripts)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-4000:]
    return [(script.parent / "out.txt").read_text(encoding="utf-8") for script in scripts]


def export(subject: Subject, folder: Path) -> Path:
    """A folder with the script, the images that it names and the models."""
    folder.mkdir()
    (folder / "models").symlink_to(POCKET.parent)
    for picture in subject.call.pictures:
        (folder / picture.file).write_bytes(Path(picture.path).read_bytes())
    script = make_script("transformers", subject)
    (folder / script.file).write_text(script.text, encoding="utf-8", newline="")
    return folder / script.file


@pytest.fixture(scope="module")
def lanes(pocket, tmp_path_factory) -> dict[str, Lane]:
    """Each case answered by the engine, and printed by its script."""
    root = tmp_path_factory.mktemp("scripts")
    found = cases(pictures(root))
    runs: dict[str, Run] = {}
    scripts = []
    encode = Tokenizer.from_file(str(POCKET / "tokenizer.json")).encode
    for place, (name, (talk, params, budget)) in enumerate(found.items()):
        if name not in NAMES:
            continue
        settings = SamplingParams(**{"seed": 50 + place, "max_new_tokens": 32, **params})
        given = tuple(encode(BEGUN.get(name, ""), add_special_tokens=False).ids)
        request = Request("A", talk, settings, budget, begins_with=given, **HELD.get(name, {}))
        runs[name] = answered(pocket, request)
        assert runs[name].status == "done", runs[name].error
        subject = subject_of(pocket, runs[name], "models/pocket")
        scripts.append(export(subject, root / f"case-{place}"))
    printed = run_scripts(scripts)
    return {name: Lane(run, out) for (name, run), out in zip(runs.items(), printed, strict=True)}


ALL = list(cases(dict.fromkeys(("small", "clear", "large", "turned", "grey", "deep"), Image(""))))
# Every route to the prompt, every end of an answer, text and images.
USUAL = [
    "greedy", "LFM2.5", "a stop string that begins in the prefill", "typed control tokens",
    "a typed control token and a call", "an image, a typed placeholder and a stop string",
    "a JSON schema and a thought", "a required call", "a branch after an image",
    "a branch of a JSON schema",
]  # fmt: skip
NAMES = ALL if thorough() else USUAL


@pytest.mark.parametrize("name", NAMES)
def test_the_script_prints_the_lanes_text_and_tokens(lanes, name) -> None:
    run = lanes[name].run
    tokens = f"{len(run.tokens)} tokens: {list(run.token_ids)}"
    assert lanes[name].out == f"{run.text}\n{tokens}\n"


def test_the_cases_end_in_every_way_and_take_every_route(lanes, pocket) -> None:
    """Else equal tokens would say little."""
    assert {lane.run.stop_reason for lane in lanes.values()} >= {
        "end_of_sequence",
        "stop_string",
        "max_new_tokens",
    }
    routes = {subject_of(pocket, lane.run, "x").call.route for lane in lanes.values()}
    assert routes == {"template", "sanitised", "ids"}
    assert lanes["a stop string that begins in the prefill"].run.text == ""
    assert len({lane.run.token_ids for lane in lanes.values()}) > amount(5, 12)


@pytest.mark.parametrize("name", NAMES)
def test_verify_says_that_the_lane_is_reproduced(lanes, pocket, name) -> None:
    run = lanes[name].run
    *_, last = pocket.verify(run.request, run.token_ids)
    number = len(run.tokens)
    assert isinstance(last, Verified)
    assert last.sentence == f"Reproduced: {number} of {number} tokens are the same."


@pytest.mark.parametrize(
    ("kind", "copy"), [(Constrained, CONSTRAINED), (AfterThought, AFTER_THOUGHT)]
)
def test_the_script_holds_answers_by_the_classes_of_verify(kind, copy) -> None:
    assert inspect.getsource(kind).strip() == copy.strip()


@pytest.mark.thorough
def test_a_text_model_in_a_folder_is_exported_as_such_and_its_context_ends_where_the_lanes_does(
    engine_of, folder, ask, tmp_path
) -> None:
    engine = engine_of("lfm2")
    short = answered(engine, ask(STORY, temperature=0.9, max_new_tokens=20))
    assert "AutoModelForCausalLM" in (
        make_script("transformers", subject_of(engine, short, str(folder("lfm2")))).text
    )
    filled = (ask("x" * n, max_new_tokens=400) for n in range(100, 2000))
    long = next(one for one in filled if len(engine.render(one).tokens) >= CONTEXT - 3)
    runs = (answered(engine, ask(long.conversation, seed=n, max_new_tokens=400)) for n in range(9))
    ended = next(run for run in runs if run.stop_reason == "context_length")
    subjects = [subject_of(engine, run, str(folder("lfm2"))) for run in (short, ended)]
    scripts = [export(one, tmp_path / name) for one, name in zip(subjects, "ab", strict=True)]
    for run, printed in zip((short, ended), run_scripts(scripts), strict=True):
        assert printed.endswith(f"{len(run.tokens)} tokens: {list(run.token_ids)}\n")


def test_a_verification_is_drained_without_waiting_until_its_verdict(pocket, ask) -> None:
    run = answered(pocket, ask(STORY, temperature=0.8, max_new_tokens=200))
    seen, ended = [], False
    with closing(pocket.verify(run.request, run.token_ids)) as checked:
        checked.start()
        while not ended:
            more, ended = checked.drain()
            seen += more
            sleep(0.02)  # reading without a pause would take the processor from the work
        assert checked.drain() == ([], True)
    assert isinstance(seen[0], Verifying)
    assert isinstance(seen[-1], Verified)
    assert seen[-1].difference is None


def test_verify_finds_the_first_token_that_differs(pocket, ask) -> None:
    run = answered(pocket, ask(STORY, temperature=0.8))
    other = answered(pocket, ask(STORY, temperature=0.8, seed=1))
    place = next(n for n, token in enumerate(run.token_ids) if token != other.token_ids[n])
    *_, last = pocket.verify(run.request, other.token_ids)
    assert isinstance(last, Verified)
    assert last.difference
    assert last.difference.place == place
    assert last.difference.lane_id == other.token_ids[place]
    assert last.difference.again_id == run.token_ids[place]
    assert repr(last.difference.lane_text) in last.sentence


def test_verify_tells_an_answer_that_goes_on(pocket, ask) -> None:
    run = answered(pocket, ask(STORY, temperature=0.8))
    *_, last = pocket.verify(run.request, run.token_ids[:3])
    assert isinstance(last, Verified)
    assert last.sentence.startswith("Differs at token 4 of 3: the lane has ended")


def test_verify_and_lanes_that_run_meanwhile_keep_their_tokens(pocket, ask) -> None:
    """Both draw; `generate()` from torch's global generator, which lanes never touch."""
    asked = ask(STORY, temperature=1.3, max_new_tokens=60)
    alone = answered(pocket, asked)
    verdicts = pocket.verify(asked, alone.token_ids)
    assert isinstance(next(verdicts), Verifying)
    beside = answered(pocket, asked)
    *_, last = verdicts
    assert beside.token_ids == alone.token_ids
    assert isinstance(last, Verified)
    assert last.difference is None


def test_a_closed_verification_lets_the_next_one_begin(pocket, ask) -> None:
    asked = ask(STORY, temperature=1.0, max_new_tokens=2000, stop=("never",))
    with closing(pocket.verify(asked, range(2000))) as first:
        assert isinstance(next(first), Verifying)
    run = answered(pocket, ask(STORY, temperature=0.5))
    *_, last = pocket.verify(run.request, run.token_ids)
    assert isinstance(last, Verified)
    assert last.difference is None


def test_verify_needs_the_model_of_the_lane(pocket, ask) -> None:
    asked = replace(ask(STORY), model="some/one-else")
    (only,) = pocket.verify(asked, (1, 2))
    assert "is not in memory" in only.message
