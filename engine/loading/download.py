"""A model's name to a folder on this machine, downloading what is missing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from huggingface_hub import snapshot_download
from huggingface_hub.errors import DryRunError
from huggingface_hub.utils import validate_repo_id

from core.errors import InvalidInput
from engine.loading.progress import Report, download_bars

PROJECT = Path(__file__).parents[2]
WANTED = ("*.safetensors", "*.json", "*.jinja", "*.txt", "*.model")
UNWANTED = ("*/*.safetensors", "onnx/*", "gguf/*", "original/*", "optimizer*")


def is_folder(model: str) -> bool:
    """Whether that is a folder on this machine; else it is a Hub id."""
    return _place(model).is_dir()


def _place(model: str) -> Path:
    """Below the project, where the shipped model is found from anywhere; else as it is written."""
    shipped = PROJECT / Path(model).expanduser()
    return shipped if shipped.is_dir() else Path(model).expanduser()


def folder_of(model: str, report: Report, check: Callable[[], None]) -> Path:
    """The folder `model` itself, or the Hub's snapshot of it.

    Without a network a complete snapshot in the cache is used. Raises InvalidInput for a folder
    that holds no model, and huggingface_hub's exceptions, which `load_sentence` explains.
    """
    folder = _place(model)
    if folder.is_dir():
        if not (folder / "config.json").is_file():
            raise InvalidInput(
                f"The folder {model} holds no model: it has no config.json. "
                "Give the folder that config.json and the .safetensors files are in."
            )
        return folder
    if folder.is_file():
        raise InvalidInput(f"{model} is a file. Give the folder of the model, or a Hub id.")
    if model.startswith(("/", ".", "~")) or model.count("/") > 1 or "\\" in model:
        raise InvalidInput(
            f"The folder {model} does not exist. Check the path, or give a Hub id such as "
            "LiquidAI/LFM2.5-350M."
        )
    validate_repo_id(model)
    bars = download_bars(_bytes_to_come(model), report, check)
    return Path(_snapshot(model, tqdm_class=bars))


def _bytes_to_come(model: str) -> int:
    """What is missing on this machine; 0 without a network. The bars' own sum grows on the way."""
    try:
        files = _snapshot(model, dry_run=True)
    except DryRunError:
        return 0
    return sum(file.file_size or 0 for file in files if file.will_download)


def _snapshot(model: str, **options: Any) -> Any:
    return snapshot_download(
        model, allow_patterns=list(WANTED), ignore_patterns=list(UNWANTED), **options
    )
