"""Which device and number format are chosen."""

from __future__ import annotations

import pytest
import torch

from core.errors import InvalidInput
from engine.loading.device import choose_device, choose_dtype, free_memory

CPU = torch.device("cpu")


def test_a_wish_is_followed() -> None:
    assert choose_device("cpu") == CPU
    assert choose_dtype("float16", CPU, 10**10) is torch.float16


def test_auto_takes_the_fastest_device_that_is_there() -> None:
    best = "cuda" if torch.cuda.is_available() else "cpu"
    best = "mps" if torch.backends.mps.is_available() else best
    assert choose_device("auto").type == best


def test_small_models_stay_in_float32_on_a_cpu() -> None:
    assert choose_dtype("auto", CPU, 4_000_000) is torch.float32


def test_large_models_are_bfloat16_only_where_the_cpu_computes_in_it() -> None:
    chosen = choose_dtype("auto", CPU, 350_000_000)
    native = getattr(torch.cpu, "_is_avx512_bf16_supported", bool)()
    assert chosen in (torch.float32, torch.bfloat16)
    assert chosen is torch.bfloat16 or not native


@pytest.mark.parametrize("wish", ["gpu", "cuda:99", "meta"])
def test_a_device_that_is_not_there_is_told(wish) -> None:
    with pytest.raises(InvalidInput, match=r"use auto|this machine has"):
        choose_device(wish)


def test_free_memory_is_a_number_of_bytes() -> None:
    assert 10**7 < free_memory(CPU) < 10**14
