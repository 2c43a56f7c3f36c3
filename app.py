"""LFM Playground: composes an engine and the page, and launches them. `python app.py --help`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

# Before Gradio is imported: no look-ups on the network, and no statistics after every event.
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("GRADIO_ANALYTICS_CACHE_FREQUENCY", "200")

from serving import type_stubs

with type_stubs.not_written():
    import gradio  # noqa: F401

from components.client_component import ENTRY, all_styles, modules
from components.page import build_page
from components.scoped_styles import scoped
from components.theme import head, theme
from core.access.access import Access
from core.access.run_gate import RunGate, most_runs
from core.conformance.command import ConformCommand, conform_flags
from core.errors import InvalidInput
from core.library.library import read_library
from core.runs.engine import Engine
from core.runs.engine_flags import NO_MODEL, add_engine_flags
from core.sessions.data_folder import default_data_folder
from core.sheets.command import NOT_DONE, SheetCommand, sheet_flags
from core.workspace import fresh_seed
from engine.failures import import_sentence
from engine.remote.remote_engine import RemoteEngine
from engine.remote.remote_server import named_server
from engine.remote.servers import RemoteServers, named_servers
from engine.remote.several import SeveralEngines
from engine.scripted.scripted_engine import ScriptedEngine
from engine.start_report import StartReport
from engine.starting import StartingEngine, started
from serving.completions.caller import Callers
from serving.completions.routes import Completions
from serving.hosts import is_loopback
from serving.scripts import Scripts
from serving.server import Server, Serving
from serving.upload_store import upload_folder
from serving.users import BadUsers, Users, read_users

ROOT = Path(__file__).resolve().parent
POCKET = "models/pocket"  # below the project: where that lies is told nobody
HUGGING_FACE = "https://huggingface.co"


def flags(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line; `LFM_` variables (MODEL, DEVICE, WEIGHTS, DATA_DIR, DEMO, AUTH,
    API_KEY) and those that a Hugging Face Space sets give defaults.
    """
    parser = argparse.ArgumentParser(
        description="A prompt playground for Liquid AI's LFM models. `app.py sheet --help` is "
        "about running a sheet without a page, `app.py conform --help` about checking a server."
    )
    add_engine_flags(parser, POCKET)
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
        help="file of the users who log in; `python dev.py user NAME` makes an entry",
    )
    parser.add_argument(
        "--open", action="store_true", help="let everybody who can reach the address do everything"
    )
    parser.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="another host name for the page, such as a proxy's; may be repeated",
    )
    parser.add_argument(
        "--frame-ancestors",
        default="'self' " + HUGGING_FACE if "SPACE_ID" in os.environ else "'self'",
        metavar="SOURCES",
        help="websites that may show the page in a frame, as in CSP; default: only itself",
    )
    parser.add_argument(
        "--no-api", action="store_true", help="turn the API off, for /v1 and for gradio_client"
    )
    parser.add_argument(
        "--api-key",
        type=api_key,
        default=os.environ.get("LFM_API_KEY") or None,
        metavar="KEY",
        help="lets programs on other machines call /v1; prefer LFM_API_KEY, because others can "
        "read flags; default: this machine only",
    )
    parser.add_argument(
        "--data-dir",
        type=Path,
        default=Path(os.environ["LFM_DATA_DIR"]) if os.environ.get("LFM_DATA_DIR") else None,
        help="folder of your presets and sessions; default: in this user's application data",
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
        help="default: the first free one from 7860",
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


def api_key(text: str) -> str:
    """Raises ArgumentTypeError, without the key, for one that can't be used."""
    try:
        Callers(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return text


def make_engine(
    options: argparse.Namespace, servers: RemoteServers | None = None
) -> StartingEngine | SeveralEngines | ScriptedEngine:
    """The engine that the flags ask for; one with a model or a server has yet to be started.

    servers: those that the page may add to and remove; None: `named_servers`, as they are. Raises
    InvalidInput as that does.
    """
    known = named_servers(options.server, os.environ) if servers is None else servers
    if options.engine == "scripted" and not known:
        scripted = scripted_engine(options)
        return scripted if servers is None else SeveralEngines(scripted, known)
    several = partial(several_engines, options, known)
    model = "" if options.model == NO_MODEL else options.model
    return StartingEngine(several, model, StartReport())


def several_engines(options: argparse.Namespace, servers: RemoteServers) -> SeveralEngines:
    if options.model == NO_MODEL:
        return SeveralEngines(None, servers)
    try:
        make = scripted_engine if options.engine == "scripted" else local_engine
        return SeveralEngines(make(options), servers)
    except InvalidInput as error:  # servers answer all the same
        return SeveralEngines(None, servers, str(error))


def scripted_engine(options: argparse.Namespace) -> ScriptedEngine:
    return ScriptedEngine(tells_cached=not options.demo)


def local_engine(options: argparse.Namespace) -> Engine:
    """Raises InvalidInput with a sentence where torch can't be imported."""
    try:
        # The one lazy gate to torch: the page is there before it, and can do without.
        from engine.batch.limits import ROWS, Limits  # noqa: PLC0415
        from engine.local import LocalEngine  # noqa: PLC0415
    except (ImportError, RuntimeError, OSError) as error:
        raise InvalidInput(import_sentence(error)) from error
    # In a demo nothing is kept of prompts: how fast one is read would tell what others have sent.
    cache = 0 if options.demo else options.prompt_cache
    limits = Limits(options.rows or ROWS, options.batch_memory, cache)
    return LocalEngine(
        device=options.device,
        weights=options.weights,
        limits=limits,
        decode=options.decode,
        huge_pages=not options.no_huge_pages,
    )


def serving(options: argparse.Namespace, users: Users | None = None) -> Serving:
    in_space = "SPACE_ID" in os.environ
    names = [*options.allow_host, *filter(None, [os.environ.get("SPACE_HOST")])]
    return Serving(
        options.host, options.port, names, users, options.frame_ancestors, behind_proxy=in_space,
        api=not options.no_api, key=options.api_key or "",
    )  # fmt: skip


def make_server(
    engine: Engine,
    data: Path,
    how: Serving | None = None,
    demo: bool = False,
    servers: RemoteServers | None = None,
) -> Server:
    """The page over an engine, behind an address that listens already. servers: those of the
    engine, which owners may change; None: they may not. Raises OSError.
    """
    how = how or Serving()
    os.environ.setdefault("GRADIO_TEMP_DIR", upload_folder(data))
    access = Access(demo, how.users.owners if how.users else None, how.is_private)
    runs = RunGate(most_runs(access))
    page = build_page(
        engine,
        read_library(ROOT / "presets"),
        POCKET,
        data,
        access,
        how.presence.is_here,
        runs,
        servers,
    )
    page.queue(default_concurrency_limit=16, max_size=64)
    look = {
        "theme": theme(),
        "head": head(demo),
        "js": "() => playground.start()",
    }
    callers = Callers(how.key, local=how.users is None and not how.behind_proxy)
    completions = Completions(engine, runs, access, callers) if how.api else None
    scripts = Scripts({"page.css": scoped(all_styles()), **modules()}, ENTRY)
    return Server(page, replace(how, look=look, scripts=scripts), completions)


def run_sheet(arguments: Sequence[str]) -> int:
    options = sheet_flags(arguments, POCKET)
    say = partial(print, flush=True)
    command = SheetCommand(options.file, options.out, options.resume, options.fail_under, say)
    sheet = command.read()
    engine = started(make_engine(options))
    return command.run(engine, read_library(ROOT / "presets").presets, sheet)


def run_conform(arguments: Sequence[str]) -> int:
    options = conform_flags(arguments, POCKET)
    say = partial(print, flush=True)
    command = ConformCommand(
        options.prompts, options.out, options.draws, options.tolerance, fresh_seed(), say
    )
    served = RemoteEngine(named_server(options.url, os.environ))
    served.use(options.served_model)
    local = started(make_engine(options, RemoteServers([])))
    return command.run(local, served, read_library(ROOT / "presets"))


def run_command(run: Callable[[Sequence[str]], int], stopped: str) -> int:
    """Its status. stopped: said after Ctrl+C."""
    try:
        return run(sys.argv[2:])
    except InvalidInput as error:
        print(error, file=sys.stderr)
    except KeyboardInterrupt:
        print(stopped, file=sys.stderr)
    return NOT_DONE


def main() -> None:
    match sys.argv[1:2]:
        case ["sheet"]:
            sys.exit(run_command(run_sheet, "Stopped. Continue with --resume."))
        case ["conform"]:
            sys.exit(run_command(run_conform, "Stopped."))
    options = flags()
    try:
        users = read_users(options.auth) if options.auth else None
    except BadUsers as error:
        sys.exit(str(error))
    try:
        servers = named_servers(options.server, os.environ)
    except InvalidInput as error:
        sys.exit(str(error))
    engine = make_engine(options, servers)
    data = options.data_dir or default_data_folder()
    try:
        server = make_server(engine, data, serving(options, users), options.demo, servers)
    except OSError as error:
        sys.exit(str(error))
    print(f"Running on {server.url}", flush=True)
    if isinstance(engine, StartingEngine):
        engine.start()
    server.run()


if __name__ == "__main__":
    main()
