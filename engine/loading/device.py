"""Which device and number format a model gets, and how much memory is free there."""

from __future__ import annotations

import psutil
import torch

from core.errors import InvalidInput
from core.runs.engine import WEIGHTS

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
SMALL_MODEL = 100_000_000
TINY_MODEL = 30_000_000
ALL_THREADS = torch.get_num_threads()


def choose_device(wish: str) -> torch.device:
    """auto: CUDA, else MPS, else the CPU. Raises InvalidInput for a device that isn't there."""
    if wish == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda", torch.cuda.current_device())
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(wish)
    except RuntimeError as error:
        raise InvalidInput(f"Unknown device {wish!r}; use auto, cpu, cuda or mps.") from error
    there = {"cpu": True, "cuda": torch.cuda.is_available()}
    there["mps"] = torch.backends.mps.is_available()
    if not there.get(device.type, False):
        raise InvalidInput(f"This machine has no {wish!r}; use auto, or one of {_names(there)}.")
    if device.type == "cuda":
        index = torch.cuda.current_device() if device.index is None else device.index
        if index >= torch.cuda.device_count():
            raise InvalidInput(
                f"Device {wish!r} does not exist; this machine has cuda:0 to "
                f"cuda:{torch.cuda.device_count() - 1}."
            )
        return torch.device("cuda", index)
    return device


def _names(there: dict[str, bool]) -> str:
    return ", ".join(name for name, is_there in there.items() if is_there)


def choose_dtype(wish: str, device: torch.device, parameters: int) -> torch.dtype:
    """auto: bfloat16 where the device computes in it, else float16 on a GPU and float32 on a CPU.

    Small models stay in float32 on a CPU: there the overhead of each step is the cost, and only
    float32 promises the same tokens as the exported script. From 100 million weights on, memory
    bandwidth is the cost: bfloat16 was measured 1.6 times as fast for 350M at one lane, and its
    linear layers cost the same for 1 to 8 rows where float32 costs three times as much.
    """
    if wish != "auto":
        if wish not in DTYPES:
            raise InvalidInput(f"Unknown number format {wish!r}; use one of {', '.join(WEIGHTS)}.")
        return DTYPES[wish]
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    if device.type == "mps":
        return torch.bfloat16 if _mps_has_bfloat16() else torch.float16
    return torch.bfloat16 if parameters >= SMALL_MODEL and _cpu_has_bfloat16() else torch.float32


def _mps_has_bfloat16() -> bool:
    return torch.backends.mps.is_macos_or_newer(14, 0)


def _cpu_has_bfloat16() -> bool:
    """Whether the processor multiplies bfloat16 itself; emulated, it is slower than float32."""
    checks = ("_is_avx512_bf16_supported", "_is_amx_tile_supported", "_is_arm_bf16_supported")
    return any(getattr(torch.cpu, name, bool)() for name in checks)


def choose_threads(device: torch.device, parameters: int) -> int:
    """How many threads a forward step uses on a CPU: one for a tiny model, else torch's own choice.

    A step of a few million weights is shorter than the threads' waiting for each other. On two
    cores that other programs used too, the pocket model took 6 ms a step with one thread and 34 to
    430 ms with two.
    """
    return 1 if device.type == "cpu" and parameters < TINY_MODEL else ALL_THREADS


def free_memory(device: torch.device) -> int:
    """Bytes that a model could still take."""
    if device.type == "cuda":
        unused = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return torch.cuda.mem_get_info(device)[0] + unused
    return psutil.virtual_memory().available  # a Mac's GPU shares the memory of its CPU
