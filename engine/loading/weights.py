"""What the safetensors files of a folder hold, from their headers: nothing is loaded."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path

from core.errors import InvalidInput
from engine.failures import corrupted

FLOATS = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2}


@dataclass(frozen=True, slots=True)
class Weights:
    """parameters: number of weights in files. other_bytes: of tensors that keep their format."""

    parameters: int
    float_parameters: int
    other_bytes: int

    def bytes_as(self, bytes_per_weight: int) -> int:
        """Memory needed if floating point weights become a format of that many bytes."""
        return self.float_parameters * bytes_per_weight + self.other_bytes


def read_weights(folder: Path, model: str) -> Weights:
    """Count the weights below `folder`. Raises InvalidInput if there are none or a file is cut."""
    files = sorted(folder.glob("*.safetensors"))
    if not files:
        raise InvalidInput(
            f"{model} has no .safetensors weights, and other formats (.bin, .gguf) are not read "
            "here. Choose the checkpoint's safetensors version."
        )
    index = folder / "model.safetensors.index.json"
    if index.exists():
        named = set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
        missing = sorted(named - {file.name for file in files})
        if missing:
            raise InvalidInput(corrupted(model, f"{missing[0]} is missing, so the model"))
        files = [file for file in files if file.name in named]
    total = floats = other = 0
    for file in files:
        for kind, shape, size in _tensors(file, model):
            count = math.prod(shape)
            total += count
            floats += count if kind in FLOATS else 0
            other += 0 if kind in FLOATS else size
    return Weights(total, floats, other)


def _tensors(file: Path, model: str) -> list[tuple[str, list[int], int]]:
    """(format, shape, bytes) of each tensor. The header is 8 bytes of length, then JSON."""
    size = file.stat().st_size
    try:
        with file.open("rb") as stream:
            length = int.from_bytes(stream.read(8), "little")
            header = json.loads(stream.read(min(length, size)))
        header.pop("__metadata__", None)
        tensors = [
            (entry["dtype"], entry["shape"], entry["data_offsets"][1] - entry["data_offsets"][0])
            for entry in header.values()
        ]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidInput(corrupted(model, file.name)) from error
    if 8 + length + sum(size for *_, size in tensors) > size:
        raise InvalidInput(corrupted(model, file.name))
    return tensors
