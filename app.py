"""LFM Playground: composes an engine and the page, and launches them. `python app.py --help`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

# Before Gradio is imported: no look-ups on the network, and no statistics after every event.
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("GRADIO_ANALYTICS_CACHE_FREQUENCY", "200")

from components.client_component import all_styles, read_asset
from components.page import build_page
from components.theme import head, theme
from core.access.access import Access
from core.library.library import read_library
from core.runs.engine import WEIGHTS, Engine, Loading
from core.runs.events import Failed
from core.sessions.data_folder import default_data_folder
from engine.failures import import_sentence
from engine.scripted.scripted_engine import ScriptedEngine
from serving.hosts import is_loopback
from serving.server import Server, Serving
from serving.upload_store import upload_folder
from serving.users import BadUsers, Users, read_users

ROOT = Path(__file__).resolve().parent
POCKET = "models/pocket"  # below the project: where that lies is told nobody
HUGGING_FACE = "https://huggingface.co"


def flags(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line; `LFM_` variables (MODEL, DEVICE, WEIGHTS, DATA_DIR, DEMO, AUTH) and
    those that a Hugging Face Space sets give defaults.
    """
    parser = argparse.ArgumentParser(description="A prompt playground for Liquid AI's LFM models.")
    parser.add_argument(
        "--model",
        default=os.environ.get("LFM_MODEL", POCKET),
        help="Hub id or folder; default: the demo model that is shipped",
    )
    parser.add_argument(
        "--engine",
        choices=("local", "scripted"),
        default="local",
        help="scripted answers without a model and without torch",
    )
    parser.add_argument("--device", default=os.environ.get("LFM_DEVICE", "auto"))
    parser.add_argument(
        "--weights",
        choices=WEIGHTS,
        default=os.environ.get("LFM_WEIGHTS", "auto"),
        help="number format in memory; int8 and int4 are for a CPU and change the numbers",
    )
    parser.add_argument(
        "--rows", type=rows, default=None, metavar="N", help="lanes answered at a time; 16"
    )
    parser.add_argument(
        "--batch-memory",
        type=megabytes,
        default=None,
        metavar="MB",
        help="for the caches of all lanes; default: half of the memory free beside the weights",
    )
    parser.add_argument(
        "--prompt-cache",
        type=megabytes,
        default=None,
        metavar="MB",
        help="for prompts kept after their answers, 0: none; default: 15 %% of the free memory",
    )
    parser.add_argument(
        "--demo",
        action="store_true",
        default=os.environ.get("LFM_DEMO", "") not in ("", "0"),
        help="for visitors: cards and answers only, short answers, the model can't be changed",
    )
    parser.add_argument(
        "--auth",
        default=os.environ.get("LFM_AUTH") or None,
        metavar="FILE",
        help="users who log in; make an entry of the file with `python dev.py user NAME`",
    )
    parser.add_argument(
        "--open", action="store_true", help="let everybody who can reach the address do everything"
    )
    parser.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="another host name that the page is opened by, such as that of a proxy",
    )
    parser.add_argument(
        "--frame-ancestors",
        default="'self' " + HUGGING_FACE if "SPACE_ID" in os.environ else "'self'",
        metavar="SOURCES",
        help="websites that may show the page in a frame, as in CSP; default: none but itself",
    )
    parser.add_argument(
        "--data-dir",
        type=Path,
        default=Path(os.environ["LFM_DATA_DIR"]) if os.environ.get("LFM_DATA_DIR") else None,
        help="folder of own presets and sessions; default: among this user's application data",
    )
    parser.add_argument(
        "--host",
        default=os.environ.get("GRADIO_SERVER_NAME", "127.0.0.1"),
        help="address to listen on; default: this machine only",
    )
    parser.add_argument(
        "--port",
        type=int,
        default=os.environ.get("GRADIO_SERVER_PORT"),
        help="default: the first free from 7860",
    )
    options = parser.parse_args(arguments)
    if "SPACE_ID" in os.environ and not options.auth:
        options.demo = True
    if not (is_loopback(options.host) or options.auth or options.demo or options.open):
        parser.error(
            f"Others can reach {options.host}. Start with --auth FILE for users who log in, with "
            "--demo for visitors, or with --open to let everybody who can reach it do everything."
        )
    return options


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


def make_engine(options: argparse.Namespace) -> Engine:
    """The engine that the flags ask for; exits with a sentence where torch can't be imported."""
    if options.engine == "scripted":
        return ScriptedEngine(tells_cached=not options.demo)
    try:
        # The one lazy gate to torch: a page without a model starts without it.
        from engine.batch.limits import ROWS, Limits  # noqa: PLC0415
        from engine.local import LocalEngine  # noqa: PLC0415
    except (ImportError, RuntimeError, OSError) as error:
        sys.exit(import_sentence(error))
    # In a demo nothing is kept of prompts: how fast one is read would tell what others have sent.
    cache = 0 if options.demo else options.prompt_cache
    limits = Limits(options.rows or ROWS, options.batch_memory, cache)
    return LocalEngine(device=options.device, weights=options.weights, limits=limits)


def load_at_start(engine: Engine, model: str) -> None:
    """Load the first model and say how it goes; the page starts even if this fails."""
    said = ""
    for event in engine.load(model):
        match event:
            case Loading():
                tenths = "" if event.fraction is None else f" {int(10 * event.fraction)}0 %"
                if (line := f"{event.step}…{tenths}") != said:
                    said = line
                    print(said, flush=True)
            case Failed():
                print(f"{event.message}\nThe page starts without a model.", file=sys.stderr)
    if engine.description:
        d = engine.description
        known = [d.kept, f"loaded in {d.load_seconds:.1f} s" if d.load_seconds else ""]
        print(f"{d.name}: {', '.join(filter(None, known))}", flush=True)


def serving(options: argparse.Namespace, users: Users | None = None) -> Serving:
    in_space = "SPACE_ID" in os.environ
    names = [*options.allow_host, *filter(None, [os.environ.get("SPACE_HOST")])]
    return Serving(
        options.host, options.port, names, users, options.frame_ancestors, behind_proxy=in_space
    )


def make_server(
    engine: Engine, data: Path, how: Serving | None = None, demo: bool = False
) -> Server:
    """The page over an engine, behind an address that listens already. Raises OSError."""
    how = how or Serving()
    os.environ.setdefault("GRADIO_TEMP_DIR", upload_folder(data))
    page = build_page(
        engine,
        read_library(ROOT / "presets"),
        POCKET,
        data,
        Access(demo, how.users.owners if how.users else None),
        how.presence.is_here,
    )
    page.queue(default_concurrency_limit=16, max_size=64)
    look = {
        "theme": theme(),
        "css": all_styles(),
        "head": head(demo),
        "js": read_asset("page.js"),
    }
    return Server(page, replace(how, look=look))


def main() -> None:
    options = flags()
    try:
        users = read_users(options.auth) if options.auth else None
    except BadUsers as error:
        sys.exit(str(error))
    engine = make_engine(options)
    if options.engine == "local":
        load_at_start(engine, options.model)
    data = options.data_dir or default_data_folder()
    try:
        server = make_server(engine, data, serving(options, users), options.demo)
    except OSError as error:
        sys.exit(str(error))
    print(f"Running on {server.url}", flush=True)
    server.run()


if __name__ == "__main__":
    main()
