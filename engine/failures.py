"""Exceptions as one clear sentence that says what to do next. Knows neither torch nor a model.

Classes of torch are recognised by name: this module must work where torch can't be imported.
"""

from __future__ import annotations

import re

from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    LocalEntryNotFoundError,
    RepositoryNotFoundError,
)

from core.errors import InvalidInput

# Absolute ones, of this system or Windows; what stays is the name at the end. No part of a URL.
ROOT = r"(?:/|[A-Za-z]:\\|\\\\)"
FOLDERS = re.compile(rf"(?<=['\"]){ROOT}[^'\"]*[/\\]|(?<![\w.:/\\~-]){ROOT}(?:[^\s/\\:'\"]+[/\\])+")


def import_sentence(error: Exception) -> str:
    """Why the local engine can't start, from the exception that importing `engine.local` raised."""
    text = str(error)
    if "torchvision::nms" in text or ("torchvision" in text and "circular import" in text):
        return (
            "torch and torchvision come from different builds, so Transformers can't be imported. "
            "Install both from one source, for example "
            "`pip install --force-reinstall torch==2.12.1 torchvision==0.27.1`, and start again."
        )
    missing = error.name if isinstance(error, ModuleNotFoundError) else None
    if missing:
        return (
            f"The Python package {missing.split('.')[0]} is not installed. "
            "Run `pip install -r requirements.txt`, or start with `--engine scripted`."
        )
    return (
        f"The local engine can't be imported ({_first_line(error)}). "
        "Run `pip install -r requirements.txt` in a fresh environment, or start with "
        "`--engine scripted`."
    )


def is_out_of_memory(error: BaseException) -> bool:
    text = str(error).lower()
    return (
        isinstance(error, MemoryError)
        or type(error).__name__ == "OutOfMemoryError"
        or "out of memory" in text
        or "can't allocate memory" in text
    )


def run_sentence(error: BaseException) -> str:
    """Why a lane can't go on."""
    if isinstance(error, InvalidInput):
        return str(error)
    if is_out_of_memory(error):
        return (
            "Memory is full: the prompt, images and answers of all lanes did not fit next to the "
            "model. Shorten the prompt, lower max image tokens, or run fewer lanes."
        )
    text = str(error)
    if re.search(r"not implemented for|expected .*dtype|same dtype|must have the same dtype", text):
        return (
            f"The model's number format does not work on this device ({_first_line(error)}). "
            "Start again with `--weights float32`."
        )
    return (
        f"The model stopped with {type(error).__name__}: {_first_line(error)} "
        "The terminal shows where; run again, or load the model anew."
    )


def is_expected(error: BaseException) -> bool:
    """Whether the sentence says it all, so that the terminal needs no traceback."""
    kinds = (InvalidInput, HFValidationError, HfHubHTTPError, LocalEntryNotFoundError)
    return isinstance(error, kinds) or is_out_of_memory(error)


def load_sentence(error: BaseException, model: str) -> str:
    """Why `model` can't be loaded; the model in use stays."""
    text, cause = str(error), _causes(error)
    if isinstance(error, InvalidInput):
        return text
    if isinstance(error, HFValidationError):
        return (
            f"{model!r} is neither a folder here nor a Hub id. Write an id as `owner/name`, "
            "for example LiquidAI/LFM2.5-350M, or the path of a model folder."
        )
    if isinstance(error, GatedRepoError):
        return (
            f"{model} is gated. Accept its terms on https://huggingface.co/{model}, log in with "
            "`hf auth login` or set HF_TOKEN, and load it again."
        )
    if isinstance(error, RepositoryNotFoundError) or _status(error) == 401:
        return no_such_model(model)
    if isinstance(error, LocalEntryNotFoundError):
        offline = "OfflineModeIsEnabled" in cause
        why = "HF_HUB_OFFLINE is set" if offline else "the Hub can't be reached"
        return (
            f"{model} is not on this machine and {why}. Connect to the network"
            f"{', unset it' if offline else ''}, or give a model folder."
        )
    if isinstance(error, HfHubHTTPError):
        return f"The Hub answered {_first_line(error)} for {model}. Try again in a moment."
    if is_out_of_memory(error):
        return f"Memory ran out while loading {model}. Load a smaller one, or close other programs."
    if isinstance(error, ImportError) or "Missing optional dependencies" in text:
        package = re.search(r"(torchvision|accelerate|sentencepiece|tiktoken|mistral)", text, re.I)
        name = package.group(1).lower() if package else "a package"
        return (
            f"{model} needs {name}, which is not installed. Run `pip install -r requirements.txt`."
        )
    if "SafetensorError" in (type(error).__name__, *cause) or "safetensors" in text.lower():
        return corrupted(model, "a weight file")
    if isinstance(error, OSError) and getattr(error, "errno", None) == 28:
        return f"The disk is full, so {model} can't be downloaded. Free some space and try again."
    return (
        f"{model} can't be loaded: {type(error).__name__}: {_first_line(error)} "
        "The terminal shows where. Choose another model, or update Transformers."
    )


def no_such_model(model: str) -> str:
    return (
        f"The Hub has no model {model}, or it is private. Check the spelling; for a private model "
        "log in with `hf auth login` or set HF_TOKEN."
    )


def corrupted(model: str, file: str) -> str:
    return (
        f"{model} can't be read: {file} is damaged or incomplete. "
        "Delete it and download the model again."
    )


def _causes(error: BaseException) -> list[str]:
    """The names of the exceptions that led to `error`."""
    names: list[str] = []
    while (cause := error.__cause__ or error.__context__) is not None and len(names) < 10:
        names.append(type(cause).__name__)
        error = cause
    return names


def _status(error: BaseException) -> int | None:
    return getattr(getattr(error, "response", None), "status_code", None)


def _first_line(error: BaseException) -> str:
    """Without folders: who reads it may be anybody."""
    lines = FOLDERS.sub("", str(error)).strip().splitlines()
    line = lines[0] if lines else type(error).__name__
    line = line if len(line) <= 200 else line[:200] + "…"
    return line if line.endswith((".", "…", "!", "?")) else line + "."
