"""Check what exported scripts send against the programs' own classes and sources.

    pip install --no-deps --target PEERS vllm sglang mlx-lm mlx-vlm ollama openai outlines \\
        outlines_core genson jsonpath_ng ply diskcache \\
        msgspec cbor2 pyzmq cloudpickle cachetools prometheus-client
    pip download --no-deps --no-binary :all: llama-cpp-python    # unpack it in PEERS
    python -m tests.peers PEERS

vLLM imports some more small packages: its error names the next one. Outlines alone is also run,
with the shipped model. Seen with vLLM 0.33.0, SGLang 0.5.23, mlx-lm 0.32.2, mlx-vlm 0.7.10, Ollama
0.6.3, OpenAI 3.57.0, Outlines 1.3.3.
"""

from __future__ import annotations

import ast
import json
import os
import re
import shlex
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, redirect_stdout
from dataclasses import replace
from importlib import import_module
from io import StringIO
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch

from core.conversation import Conversation, Image, Message, Text, ToolCall, message
from core.runs.capabilities import Capabilities
from core.runs.run import Run, fold_all
from core.sampling import SamplingParams
from core.scripts.script import Subject
from core.scripts.targets import make_script
from core.vision import VisionBudget
from core.workspace import Request
from engine.local import LocalEngine
from tests.core.scripts.test_scripts import ALL_ON, FLAT, MODEL, TOOLS, script, shell, subject
from tests.core.scripts.test_structured import HELD, WRITES, held
from tests.engine.conftest import POCKET
from tests.model_capabilities import ALL

PLAIN: Capabilities = replace(ALL, roles=False, tools=False, images=False)
CALL = ToolCall("call_1", "now", '{"zone": "UTC"}')
CALLED = (
    message("user", "When?"),
    message("assistant", "So: ", calls=[CALL]),
    Message("tool", (Text("9"),), tool_call_id="call_1"),
    message("user", "Thanks"),
)


def subjects() -> Iterator[tuple[str, Subject]]:
    turns = (("system", "Be brief."), ("user", "What is this?"), ("assistant", "It is"))
    yield "all at once", subject(
        *turns, images=[Image("/x/a.png", "a.png"), Image("/x/b.jpg", "b.jpg")],
        tools=FLAT, params=replace(ALL_ON, stop=("END", "User: ")),
    )  # fmt: skip
    yield "wrapped tools, greedy", subject(*turns[:2], tools=TOOLS, params=SamplingParams(0.0))
    for writes in (True, False):
        what = subject(("user", "x"))
        request = replace(what.request, conversation=Conversation(CALLED, FLAT))
        model = replace(MODEL, writes_calls=writes)
        yield (
            f"calls as {'values' if writes else 'text'}",
            replace(what, request=request, model=model),
        )
    model = replace(MODEL, architecture="LlamaForCausalLM")
    yield "another family", subject(*turns, tools=FLAT, model=model, model_name="./other")
    tools = '[{"name": "now", "parameters": {"type": "object", "properties": {}}}]'
    for kind, constraint in HELD.items():
        yield kind, held(constraint, *turns, tools=tools)
        plain = replace(MODEL, capabilities=PLAIN)
        yield f"{kind}, base model", held(constraint, *turns, model=plain)
    for choice in ("required", "now"):
        what = subject(*turns[:2], tools=tools, model=WRITES)
        yield (
            f"tool_choice {choice}",
            replace(what, request=replace(what.request, tool_choice=choice)),
        )
    yield "base model", subject(*turns, model=replace(MODEL, capabilities=PLAIN), params=ALL_ON)


# -- what a script does ----------------------------------------------------------------------------
class Recorder:
    """Any module, class, object or function. Remembers its calls by their dotted names."""

    def __init__(self, calls: dict[str, dict[str, Any]], name: str = "") -> None:
        self._calls, self._name = calls, name

    def __getattr__(self, name: str) -> Recorder:
        return Recorder(self._calls, f"{self._name}.{name}".lstrip("."))

    def __call__(self, *given: Any, **named: Any) -> Recorder:
        self._calls[self._name] = {**dict(enumerate(given)), **named}  # type: ignore[dict-item]
        return self

    def __getitem__(self, place: int) -> Recorder:
        return self

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __len__(self) -> int:
        return 0


def run(text: str, *modules: str) -> dict[str, dict[str, Any]]:
    """The calls that a Python script makes into modules that aren't there."""
    calls: dict[str, dict[str, Any]] = {}
    stand_ins = {name: Recorder(calls) for name in modules}
    with patch.dict(sys.modules, stand_ins), redirect_stdout(StringIO()):  # type: ignore[arg-type]
        exec(text, {"__name__": "__main__"})
    return calls


def sent(key: str, what: Subject) -> dict[str, Any]:
    """The body of the request."""
    if key in ("llama-server", "ollama", "curl"):
        return json.loads(shell(script(key, what)))
    calls = run(script(key, what), "openai")
    name = next(name for name in calls if name.endswith("completions.create"))
    body = dict(calls[name])
    return body | body.pop("extra_body", {})


# -- the programs ----------------------------------------------------------------------------------
def vllm(what: Subject) -> None:
    base = "vllm.entrypoints.openai"
    body = sent("vllm-server", what)
    if "prompt" in body:
        request = import_module(f"{base}.completion.protocol").CompletionRequest
    else:
        request = import_module(f"{base}.chat_completion.protocol").ChatCompletionRequest
    known(body, request.model_fields)
    request(**body)
    calls = run(script("vllm", what), "vllm", "vllm.sampling_params")
    sampling, given = import_module("vllm.sampling_params"), dict(calls["SamplingParams"])
    if "structured_outputs" in given:
        given["structured_outputs"] = sampling.StructuredOutputsParams(
            **calls["StructuredOutputsParams"]
        )
        config = import_module("vllm.config.structured_outputs").StructuredOutputsConfig
        config(**calls["LLM"]["structured_outputs_config"])
        config(**json.loads(flag_of(script("vllm-server", what), "--structured-outputs-config")))
    sampling.SamplingParams(**given)
    place = Path(import_module("vllm").__path__[0]) / "entrypoints" / "llm.py"
    known(calls["LLM"], [*parameters(place, "__init__"), *engine_arguments(place.parents[1])])
    method = "chat" if "LLM.chat" in calls else "generate"
    known(calls[f"LLM.{method}"], parameters(place, method))


def flag_of(text: str, flag: str) -> str:
    line = next(line for line in text.splitlines() if line.startswith("# vllm serve"))
    words = shlex.split(line[2:])
    return words[words.index(flag) + 1]


def engine_arguments(root: Path) -> list[str]:
    tree = ast.parse((root / "engine" / "arg_utils.py").read_text())
    fields = next(n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == "EngineArgs")
    return [ast.unparse(n.target) for n in fields.body if isinstance(n, ast.AnnAssign)]


def sglang(what: Subject) -> None:
    """Its packages import GPU kernels when they begin: only the file of the protocol is read."""
    body = sent("sglang", what)
    if "sglang" not in sys.modules:
        root = next(Path(place) / "sglang" for place in sys.path if Path(place, "sglang").is_dir())
        parts = ("sglang", "srt", "entrypoints", "openai")
        for name in (".".join(parts[:end]) for end in range(1, 5)):
            sys.modules[name] = package = ModuleType(name)
            package.__path__ = [str(root.joinpath(*name.split(".")[1:]))]
        sys.modules["sglang.utils"] = utilities = ModuleType("sglang.utils")
        utilities.convert_json_schema_to_str = str  # type: ignore[attr-defined]
    protocol = import_module("sglang.srt.entrypoints.openai.protocol")
    request = protocol.CompletionRequest if "prompt" in body else protocol.ChatCompletionRequest
    known(body, request.model_fields)
    request(**body)


def ollama(what: Subject) -> None:
    types = import_module("ollama._types")
    body = sent("ollama", what)
    request = types.GenerateRequest if "prompt" in body else types.ChatRequest
    known(body, request.model_fields)
    if known_format := body.get("format"):
        assert request(**body).format == known_format
    known(body["options"], {*types.Options.model_fields, "min_p"})  # only the server names it
    read = request(**body)
    types.Options(**body["options"])
    if "tools" in body and not all(tool.function.name for tool in read.tools):
        raise ValueError(f"Ollama finds no name in a tool of {body['tools']!r}")


def openai(what: Subject) -> None:
    types = import_module("openai.types.chat.completion_create_params")
    plain = import_module("openai.types.completion_create_params")
    adapter = import_module("pydantic").TypeAdapter
    for key in ("openai", "curl"):
        body = sent(key, what)
        module = plain if "prompt" in body else types
        kind = module.CompletionCreateParamsNonStreaming
        known(body, names_of(kind))
        reader = adapter(kind)  # kept: the iterables read by it
        walk(reader.validate_python(body))


def walk(value: Any) -> None:
    """Iterables are only validated where something iterates over them."""
    if isinstance(value, Mapping):
        value = value.values()
    if not isinstance(value, str | int | float | None):
        for item in value:
            walk(item)


def names_of(kind: Any) -> frozenset[str]:
    return kind.__required_keys__ | kind.__optional_keys__


def transformers(what: Subject) -> None:
    serving = import_module("transformers.cli.serving.chat_completion")
    plain = import_module("transformers.cli.serving.completion")
    body = sent("transformers-server", what)
    handler = plain.CompletionHandler if "prompt" in body else serving.ChatCompletionHandler
    known(body, names_of(handler._valid_params_class))
    unused = set(body) & handler._unused_fields
    if unused:
        raise ValueError(f"the server ignores {sorted(unused)}")
    import_module("transformers").GenerationConfig(
        **json.loads(body["generation_config"])
    ).validate()


def mlx(what: Subject) -> None:
    package = "mlx_vlm" if what.call.pictures else "mlx_lm"
    root = next(Path(place) / package for place in sys.path if Path(place, package).is_dir())
    modules = ("mlx", "mlx.core", "huggingface_hub", "mlx_lm", "mlx_lm.sample_utils", "mlx_vlm")
    calls = run(script("mlx", what).replace("model, reader =", "model = reader ="), *modules)
    file = root / ("generate/ar.py" if package == "mlx_vlm" else "generate.py")
    wrapper = root / ("generate/dispatch.py" if package == "mlx_vlm" else "generate.py")
    taken = {*parameters(file, "generate_step"), *parameters(wrapper, "stream_generate")}
    known(calls["stream_generate"], taken)
    for name in ("make_sampler", "make_logits_processors"):
        known(calls.get(name, {}), parameters(root / "sample_utils.py", name))


def llama_cpp(what: Subject) -> None:
    root = next(
        found for place in sys.path for found in Path(place).glob("llama_cpp*/vendor/llama.cpp")
    )
    flags = set(re.findall(r'"(--?[a-z][\w-]*)"', (root / "common" / "arg.cpp").read_text()))
    texts = (script("llama-cpp", what), serve_line(script("llama-server", what)))
    for text in texts:
        words = shlex.split(text, comments=True)
        given = [w for w in words if re.fullmatch(r"--?[a-zA-Z][\w-]*", w)]
        known(dict.fromkeys(given), flags)
    source = "".join(file.read_text() for file in (root / "tools" / "server").glob("server-*.cpp"))
    known(sent("llama-server", what), re.findall(r'"(\w+)"', source))


def serve_line(text: str) -> str:
    return next(line[2:] for line in text.splitlines() if line.startswith("# llama-server"))


def parameters(file: Path, function: str) -> list[str]:
    """Of all functions of that name in a file, since a class may have one too."""
    return [
        argument.arg
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.FunctionDef) and node.name == function
        for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
    ]


def known(given: Mapping[Any, Any], names: Any) -> None:
    unknown = [name for name in given if isinstance(name, str) and name not in set(names)]
    if unknown:
        raise ValueError(f"{', '.join(unknown)}: not known there")


def outlines(what: Subject) -> None:
    """All but the model is Outlines' own: the output type becomes a term, as in its generator."""
    package = import_module("outlines")
    terms, read = import_module("outlines.types.dsl"), script("outlines", what)
    made: list[Any] = []

    class Model:
        def __call__(self, prompt: Any, output_type: Any = None, **named: Any) -> str:
            made.append(terms.python_types_to_terms(output_type) if output_type else None)
            assert prompt is not None
            known(named, [*GENERATE, "backend"])
            return ""

    stand_in = Recorder({})
    with (
        patch.object(package, "from_transformers", lambda model, reader: Model()),
        patch.object(package, "Image", lambda picture: picture),
        patch.dict(sys.modules, {"transformers": stand_in, "PIL": stand_in}),  # type: ignore[dict-item]
        redirect_stdout(StringIO()),
    ):
        exec(read, {"__name__": "__main__"})
    assert (made[0] is not None) == (what.request.constraint is not None)


def run_outlines() -> Iterator[tuple[str, str]]:
    """What the scripts print of the shipped model, greedily, where the lane is held to the same."""
    engine = LocalEngine(str(POCKET), device="cpu", weights="float32")
    import_module("torch._dynamo").config.disable = True  # or compiling takes a minute
    for kind, constraint in HELD.items():
        talk = Conversation((message("user", "Extract the name: John is 30."),))
        request = Request(
            "A", talk, SamplingParams(0.0, max_new_tokens=40), VisionBudget(), constraint=constraint
        )
        with closing(engine.stream([request])) as events:
            lane = fold_all(Run(request), [event for _, event in events])
        what = Subject(request, engine.description, str(POCKET), lane.prompt, lane)
        out = StringIO()
        with redirect_stdout(out):
            exec(make_script("outlines", what).text, {"__name__": "__main__"})
        answer = out.getvalue().removesuffix("\n")
        same = answer == lane.text
        yield kind, "as the lane" if same else f"{answer!r}, the lane {lane.text!r}"


GENERATE = {
    *import_module("transformers").GenerationConfig().to_dict(), "tokenizer", "stop_strings"
}  # fmt: skip
PROGRAMS: tuple[Callable[[Subject], None], ...] = (
    vllm, sglang, ollama, openai, transformers, mlx, llama_cpp, outlines,
)  # fmt: skip


def main(folder: str) -> int:
    sys.path.append(str(Path(folder).resolve()))
    failed = 0
    with tempfile.TemporaryDirectory() as place:
        os.chdir(place)
        for name in ("a.png", "b.jpg"):
            Path(name).write_bytes(b"\x89PNG")
        for check in PROGRAMS:
            for said, what in subjects():
                try:
                    check(what)
                    result = "taken"
                except Exception as error:
                    failed += 1
                    result = f"{type(error).__name__}: {error}"
                print(f"{check.__name__}, {said}: {result}", flush=True)
        os.chdir("/")
        for said, result in run_outlines():
            print(f"Outlines run, {said}: {result}", flush=True)
    return min(failed, 1)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1]))
