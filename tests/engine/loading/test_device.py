"""Which device and number format are chosen.

What a machine has is stated by each test: the tests' own machine has one of these at most.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import sleep

import psutil
import pytest
import torch

from core.errors import InvalidInput
from engine.loading.device import choose_device, choose_dtype, choose_threads, free_memory

CPU, CUDA, MPS = torch.device("cpu"), torch.device("cuda", 0), torch.device("mps")
SMALL, LARGE = 4_000_000, 350_000_000  # weights
PROCESSOR_KINDS = ("_is_avx512_bf16_supported", "_is_amx_tile_supported", "_is_arm_bf16_supported")


@dataclass(frozen=True)
class Machine:
    """What torch finds on it. bfloat16: what computes in it, by the names that torch has."""

    cuda: int = 0
    mps: bool = False
    bfloat16: frozenset[str] = frozenset()


@pytest.fixture
def on(monkeypatch: pytest.MonkeyPatch):
    def machine(it: Machine) -> None:
        monkeypatch.setattr(torch.cuda, "is_available", lambda: it.cuda > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: it.cuda)
        monkeypatch.setattr(torch.cuda, "current_device", lambda: 0)
        monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: "cuda" in it.bfloat16)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: it.mps)
        monkeypatch.setattr(
            torch.backends.mps, "is_macos_or_newer", lambda *_: "mps" in it.bfloat16
        )
        for kind in PROCESSOR_KINDS:
            there = kind in it.bfloat16
            monkeypatch.setattr(torch.cpu, kind, lambda there=there: there, raising=False)

    return machine


@pytest.mark.parametrize(
    ("machine", "device"),
    [
        (Machine(), CPU),
        (Machine(cuda=2), CUDA),
        (Machine(mps=True), MPS),
        (Machine(cuda=1, mps=True), CUDA),
    ],
)
def test_auto_takes_the_fastest_device_that_is_there(on, machine: Machine, device) -> None:
    on(machine)
    assert choose_device("auto") == device


def test_a_wish_is_followed(on) -> None:
    on(Machine(cuda=2, mps=True))
    assert choose_device("cpu") == CPU
    assert choose_device("cuda") == CUDA
    assert choose_device("cuda:1") == torch.device("cuda", 1)
    assert choose_device("mps") == MPS
    assert choose_dtype("float16", CPU, 10**10) is torch.float16


@pytest.mark.parametrize(
    ("wish", "machine", "sentence"),
    [
        ("gpu", Machine(), "Unknown device 'gpu'; use auto, cpu, cuda or mps."),
        ("cuda", Machine(), "This machine has no 'cuda'; use auto, or one of cpu."),
        ("mps", Machine(cuda=1), "This machine has no 'mps'; use auto, or one of cpu, cuda."),
        ("meta", Machine(mps=True), "This machine has no 'meta'; use auto, or one of cpu, mps."),
        ("cuda:99", Machine(cuda=2), "Device 'cuda:99' does not exist; this machine has cuda:0 to"),
    ],
)
def test_a_device_that_is_not_there_is_told(on, wish: str, machine: Machine, sentence: str) -> None:
    on(machine)
    with pytest.raises(InvalidInput) as refused:
        choose_device(wish)
    assert str(refused.value).startswith(sentence)


@pytest.mark.parametrize(
    ("machine", "device", "weights", "dtype"),
    [
        (Machine(), CPU, LARGE, torch.float32),
        *[
            (Machine(bfloat16=frozenset({kind})), CPU, LARGE, torch.bfloat16)
            for kind in PROCESSOR_KINDS
        ],
        (Machine(bfloat16=frozenset(PROCESSOR_KINDS)), CPU, SMALL, torch.float32),
        (Machine(cuda=1), CUDA, SMALL, torch.float16),
        (Machine(cuda=1, bfloat16=frozenset({"cuda"})), CUDA, SMALL, torch.bfloat16),
        (Machine(mps=True), MPS, LARGE, torch.float16),
        (Machine(mps=True, bfloat16=frozenset({"mps"})), MPS, LARGE, torch.bfloat16),
    ],
)
def test_auto_takes_bfloat16_only_where_the_device_computes_in_it(
    on, machine: Machine, device: torch.device, weights: int, dtype: torch.dtype
) -> None:
    on(machine)
    assert choose_dtype("auto", device, weights) is dtype


def test_a_number_format_that_there_is_not_is_told() -> None:
    with pytest.raises(InvalidInput, match="Unknown number format 'float8'; use one of auto"):
        choose_dtype("float8", CPU, SMALL)


def test_a_tiny_model_gets_one_thread_on_a_cpu() -> None:
    assert choose_threads(CPU, SMALL) == 1


def test_what_is_taken_is_not_free_any_more() -> None:
    size = 400_000_000
    assert 0 < free_memory(CPU) < psutil.virtual_memory().total
    most = free_memory(CPU)
    taken = torch.ones(size, dtype=torch.uint8)
    assert taken[-1] == 1
    for _ in range(50):  # the system counts late, and others take and give back memory too
        now = free_memory(CPU)
        if most - now > size / 2:
            return
        most = max(most, now)
        sleep(0.1)
    pytest.fail(f"{most - now:,} bytes less are free after {size:,} were taken.")
