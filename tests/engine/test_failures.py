"""Exceptions become one sentence with a next step."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from core.errors import InvalidInput
from engine.failures import import_sentence, is_out_of_memory, load_sentence, run_sentence

ROOT = Path(__file__).parents[2]


def test_a_torchvision_of_another_build_is_explained() -> None:
    """It breaks the import of all of Transformers, and the traceback names neither package."""
    error = RuntimeError("operator torchvision::nms does not exist")
    assert "torch==2.12.1 torchvision==0.27.1" in import_sentence(error)


def test_a_missing_package_is_named() -> None:
    with pytest.raises(ModuleNotFoundError) as missing:
        __import__("torch_that_is_not_there.nn")
    assert "torch_that_is_not_there is not installed" in import_sentence(missing.value)
    assert "could not load libx" in import_sentence(ImportError("could not load libx"))


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"),
        RuntimeError("MPS backend out of memory"),
    ],
)
def test_out_of_memory_is_recognised_on_every_device(error) -> None:
    assert is_out_of_memory(error)
    assert "fewer lanes" in run_sentence(error)
    assert "Memory ran out" in load_sentence(error, "a/b")


def test_a_number_format_problem_names_the_flag() -> None:
    layer = torch.nn.Linear(2, 2, dtype=torch.bfloat16)
    with pytest.raises(RuntimeError) as mixed:
        layer(torch.ones(2))
    assert "--weights float32" in run_sentence(mixed.value)


def test_bad_input_keeps_its_own_words() -> None:
    assert run_sentence(InvalidInput("Put it right.")) == "Put it right."
    assert load_sentence(InvalidInput("Put it right."), "a/b") == "Put it right."


def test_an_unknown_error_is_named_in_one_line() -> None:
    error = ValueError("first line\nsecond line")
    for sentence in (run_sentence(error), load_sentence(error, "a/b")):
        assert "ValueError: first line." in sentence
        assert "second" not in sentence


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("[Errno 13] Permission denied: '/home/a b/m/x.json'", "Permission denied: 'x.json'"),
        ("no tokenizer in /srv/models/mine", "in mine"),
        ('can\'t open "C:\\Users\\me\\m\\x.json"', 'open "x.json"'),
        (
            "see https://huggingface.co/docs/hub and 1/2 a/b/c",
            "https://huggingface.co/docs/hub and",
        ),
    ],
)
def test_a_sentence_names_files_and_no_folders_of_this_machine(said, shown) -> None:
    for sentence in (run_sentence(ValueError(said)), load_sentence(ValueError(said), "a/b")):
        assert shown in sentence
        assert not any(folder in sentence for folder in ("/home", "/srv", "Users"))


def test_a_full_disk_is_told() -> None:
    assert "disk is full" in load_sentence(OSError(28, "No space left on device"), "a/b")


def test_sentences_and_the_scripted_engine_need_no_torch() -> None:
    code = (
        "import sys; sys.modules['torch'] = None; sys.modules['transformers'] = None\n"
        "import engine.failures, engine.scripted.scripted_engine"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
