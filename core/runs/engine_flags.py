"""The flags of the command line that say which engine answers, with which model and how."""

from __future__ import annotations

import argparse
import os

from core.runs.engine import DECODE, WEIGHTS

NO_MODEL = "none"


def add_engine_flags(parser: argparse.ArgumentParser, model: str, servers: bool = True) -> None:
    """model: the one that is shipped. servers: whether lanes can choose models of servers."""
    parser.add_argument(
        "--model",
        default=os.environ.get("LFM_MODEL", model),
        help="Hub id or folder; none: only models of servers; default: the demo model that is "
        "shipped",
    )
    parser.add_argument(
        "--engine",
        choices=("local", "scripted"),
        default="local",
        help="scripted answers without a model and without torch",
    )
    if servers:
        parser.add_argument(
            "--server",
            action="append",
            default=[],
            metavar="[NAME=]URL[#VARIABLE]",
            help="a server whose models lanes can use; may be repeated; the environment variable "
            "VARIABLE holds its key; also LFM_SERVERS, separated by spaces",
        )
    parser.add_argument(
        "--device",
        default=os.environ.get("LFM_DEVICE", "auto"),
        help="auto, cpu, cuda, cuda:1 or mps; auto: CUDA, else MPS, else CPU",
    )
    parser.add_argument(
        "--weights",
        choices=WEIGHTS,
        default=os.environ.get("LFM_WEIGHTS", "auto"),
        help="number format in memory; int8 and int4 are for a CPU and change the numbers",
    )
    parser.add_argument(
        "--decode",
        choices=DECODE,
        default="auto",
        help="auto: the lean decoding step where its bits are those of the model's own `forward`",
    )
    parser.add_argument(
        "--no-huge-pages",
        action="store_true",
        help="Linux: load faster, and answer slower, by leaving large weights in small pages",
    )
    parser.add_argument(
        "--rows", type=rows, default=None, metavar="N", help="lanes answered at a time; default: 16"
    )
    parser.add_argument(
        "--batch-memory",
        type=megabytes,
        default=None,
        metavar="MB",
        help="for the caches of all lanes; default: half of the memory left after the weights",
    )
    parser.add_argument(
        "--prompt-cache",
        type=megabytes,
        default=None,
        metavar="MB",
        help="for prompts kept after their answers, 0: none; default: 15%% of the free memory",
    )


def rows(text: str) -> int:
    """Raises ArgumentTypeError for what isn't a whole number from 1."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} lanes can't be answered; give 1 or more.")
    return int(text)


def megabytes(text: str) -> int:
    """Bytes of a number of megabytes. Raises ArgumentTypeError for what is none."""
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a size; give megabytes, 0 or more.")
    return int(number * 1e6)
