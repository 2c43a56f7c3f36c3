"""Loading folders: the models that load, and a sentence for each one that can't."""

from __future__ import annotations

import gc
import json
import shutil
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import (
    BertConfig,
    BertModel,
    WhisperConfig,
)

from core.errors import InvalidInput
from core.runs.engine import Loaded, Loading
from core.runs.events import Failed
from core.sampling import samplers
from engine.local import LocalEngine
from tests.waiting import until

POCKET = Path(__file__).parents[3] / "models" / "pocket"


def refusal(model: Path | str) -> str:
    last = list(LocalEngine(device="cpu").load(str(model)))[-1]
    assert isinstance(last, Failed), last
    return last.message


@pytest.fixture
def copied(folder: Callable[[str], Path], tmp_path: Path) -> Path:
    """A copy of the tiny Llama's folder, to be damaged."""
    return Path(shutil.copytree(folder("llama"), tmp_path / "copied"))


def header(file: Path, tensors: dict[str, Any]) -> None:
    """A safetensors file of any claimed size, of which the disk stores the header only."""
    data = json.dumps(tensors).encode()
    end = max(entry["data_offsets"][1] for entry in tensors.values())
    with file.open("wb") as stream:
        stream.write(len(data).to_bytes(8, "little") + data)
        stream.truncate(8 + len(data) + end)


def test_the_pocket_model_loads_and_describes_itself() -> None:
    engine = LocalEngine(device="cpu")
    assert engine.description is None
    events = list(engine.load(str(POCKET)))
    assert isinstance(events[0], Loading)
    assert isinstance(events[-1], Loaded)
    described = engine.description
    assert described == events[-1].description
    assert described is not None
    assert described.model == str(POCKET)
    assert described.architecture == "Lfm2VlForConditionalGeneration"
    assert (described.dtype, described.device) == ("float32", "cpu")
    assert described.memory_bytes == 4 * described.parameters
    assert 1e6 < described.parameters < 2e7
    can = described.capabilities
    assert can.images
    assert can.tools
    assert can.verification
    assert can.candidates == engine.worker.checkpoint.model.config.get_text_config().vocab_size
    assert can.samplers == frozenset(samplers())
    assert described.context_length == 4096
    assert described.load_seconds > 0


def test_the_shipped_model_is_found_from_anywhere_by_its_place_in_the_project(
    monkeypatch, tmp_path
) -> None:
    monkeypatch.chdir(tmp_path)
    described = LocalEngine("models/pocket", device="cpu").description
    assert described is not None
    assert (described.model, described.name) == ("models/pocket", "models/pocket")


@pytest.mark.parametrize("kind", ["lfm2", "moe", "llama"])
def test_text_models_load_and_read_no_images(engine_of, oracle_of, kind) -> None:
    described = engine_of(kind).description
    assert not described.capabilities.images
    assert described.context_length == 512
    assert described.parameters == oracle_of(kind).model.num_parameters()


def test_the_number_format_can_be_chosen(folder) -> None:
    described = LocalEngine(str(folder("llama")), device="cpu", weights="bfloat16").description
    assert described is not None
    assert described.dtype == "bfloat16"
    assert described.memory_bytes == 2 * described.parameters


def test_the_constructor_raises_what_loading_says() -> None:
    with pytest.raises(InvalidInput, match="does not exist"):
        LocalEngine("./nowhere")


def test_a_model_that_fails_to_load_leaves_the_one_in_use(folder, tmp_path, ask, run) -> None:
    engine = LocalEngine(str(folder("llama")), device="cpu")
    assert isinstance(list(engine.load(str(tmp_path)))[-1], Failed)
    assert engine.description is not None
    assert engine.description.model == str(folder("llama"))
    assert run(engine, ask()).ids()


def test_a_run_keeps_its_model_while_another_is_loaded(folder, ask) -> None:
    engine = LocalEngine(str(folder("llama")), device="cpu")
    events = engine.stream([ask(max_new_tokens=20, temperature=0.0)])
    first = [next(events) for _ in range(3)]
    assert isinstance(list(engine.load(str(folder("lfm2"))))[-1], Loaded)
    rest = [event for _, event in events]
    alone = LocalEngine(str(folder("llama")), device="cpu")
    wanted = [event for _, event in alone.stream([ask(max_new_tokens=20, temperature=0.0)])]
    got = [*(event for _, event in first), *rest]
    assert [getattr(e, "token_id", None) for e in got] == [
        getattr(e, "token_id", None) for e in wanted
    ]


def test_another_model_takes_the_place_of_the_one_in_use(folder, ask, run) -> None:
    engine = LocalEngine(str(folder("llama")), device="cpu")
    assert run(engine, ask()).ids()
    assert engine.worker
    network = weakref.ref(engine.worker.checkpoint.model)
    assert isinstance(list(engine.load(str(folder("lfm2"))))[-1], Loaded)

    def is_gone() -> bool:
        gc.collect()
        return network() is None

    until(is_gone)  # the thread that answered may still be on its way out


def test_closing_before_the_end_leaves_no_model(folder) -> None:
    engine = LocalEngine(device="cpu")
    events = engine.load(str(folder("lfm2")))
    assert isinstance(next(events), Loading)
    events.close()
    assert engine.description is None


def test_an_empty_folder_is_no_model(tmp_path) -> None:
    assert "holds no model: it has no config.json" in refusal(tmp_path)


def test_a_file_is_no_model(tmp_path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"")
    assert "is a file" in refusal(tmp_path / "model.safetensors")


@pytest.mark.parametrize("name", ["./missing", "/no/such/folder", "~/nothing-here", "a/b/c"])
def test_a_path_that_is_not_there_is_told_as_a_folder(name) -> None:
    assert f"The folder {name} does not exist" in refusal(name)


def test_a_folder_without_safetensors_is_told(copied) -> None:
    (copied / "model.safetensors").rename(copied / "pytorch_model.bin")
    assert "no .safetensors weights" in refusal(copied)


def test_a_cut_weight_file_is_told(copied) -> None:
    file = copied / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-100])
    assert "model.safetensors is damaged or incomplete" in refusal(copied)


@pytest.mark.parametrize("data", [b"", b"not safetensors at all", b"\xff" * 64])
def test_a_file_that_is_no_safetensors_is_told(copied, data) -> None:
    (copied / "model.safetensors").write_bytes(data)
    assert "model.safetensors is damaged or incomplete" in refusal(copied)


def test_a_missing_shard_is_named(copied) -> None:
    index = {"weight_map": {"a": "model.safetensors", "b": "model-2.safetensors"}}
    (copied / "model.safetensors.index.json").write_text(json.dumps(index))
    assert "model-2.safetensors is missing" in refusal(copied)


def test_a_broken_config_is_told(copied) -> None:
    (copied / "config.json").write_text("{")
    assert "config.json" in refusal(copied)


def test_a_model_larger_than_the_memory_is_told_with_both_numbers(copied) -> None:
    size = 4 * 10**12
    header(
        copied / "model.safetensors",
        {"w": {"dtype": "F32", "shape": [10**12], "data_offsets": [0, size]}},
    )
    message = refusal(copied)
    assert "GB for its weights in" in message
    assert "GB are free on cpu" in message


def test_an_encoder_is_named(tmp_path) -> None:
    config = BertConfig(
        hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16,
        vocab_size=50,
    )  # fmt: skip
    BertModel(config).save_pretrained(tmp_path)
    message = refusal(tmp_path)
    assert "is a BertModel" in message
    assert "write text" in message


def test_a_speech_model_is_named(tmp_path) -> None:
    WhisperConfig(architectures=["WhisperForConditionalGeneration"]).save_pretrained(tmp_path)
    assert "is a WhisperForConditionalGeneration" in refusal(tmp_path)


def test_an_architecture_that_transformers_does_not_know_is_told(copied) -> None:
    config = json.loads((copied / "config.json").read_text())
    (copied / "config.json").write_text(json.dumps({**config, "model_type": "lfm2_audio"}))
    assert "Transformers 5" in refusal(copied)
    assert "does not know" in refusal(copied)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"device": "tpu9"}, "Unknown device 'tpu9'"),
        ({"device": "mps"}, "This machine has no 'mps'"),
        ({"device": "cpu", "weights": "int3"}, "Unknown number format 'int3'"),
    ],
)
def test_a_wrong_device_or_number_format_is_told(folder, options, words) -> None:
    if options["device"] == "mps" and torch.backends.mps.is_available():
        words = ""
    last = list(LocalEngine(**options).load(str(folder("llama"))))[-1]
    assert words in getattr(last, "message", "")
