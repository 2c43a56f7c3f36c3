"""Makes .venv, keeps it up to date, and runs the playground and its tools in it.

    python dev.py run [flags of app.py]      start the playground
    python dev.py test [flags of pytest]     run every test, including those in a browser;
                                             --thorough: with every repetition, for an hour
    python dev.py check                      lint, format, types, rules of the layers and scripts
    python dev.py bench [flags]              measure the engine and the page; see --help
    python dev.py soak [flags]               32 visitors on the real server for ten minutes
    python dev.py presets                    write the table of recipes into docs/recipes.md
    python dev.py user NAME [--owner]        make an entry for the users file (--auth)

Needs Python 3.11 or later and nothing else. .venv is installed on the first call and again
whenever a requirements file has changed.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
UNFINISHED = VENV / "unfinished"  # exists while pip works: a leftover tells of a half-made .venv
APP = "requirements.txt"
DEV = "requirements-dev.txt"
INCLUDED = {APP: (APP,), DEV: (APP, DEV)}
# Three processes share the tests, a whole file each: it holds the servers that its tests talk to.
# Tests in a browser mostly wait, so there is one more than the usual two cores.
WORKERS = ("-n", "3", "--dist", "loadfile", "--no-loadscope-reorder")
# The tests start some fifty interpreters; where none may keep compiled files, each compiles all.
COMPILED_ONCE = {"PYTHONDONTWRITEBYTECODE": ""}
LAYERS = "pytest --quiet tests/test_layers.py"
SCRIPTS = "pytest --quiet tests/js/test_rules.py"
CHECKS = ("ruff check .", "ruff format --check .", "pyright", LAYERS, SCRIPTS)
MAC_CHROME = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", MAC_CHROME)
PLAYWRIGHT_PATH = (
    "from playwright.sync_api import sync_playwright as start; playwright = start().start(); "
    "print(playwright.chromium.executable_path); playwright.stop()"
)


def main() -> int:
    if sys.version_info < (3, 11):  # noqa: UP036, an older Python should read a sentence
        raise SystemExit(
            f"This is Python {platform.python_version()}; the playground needs 3.11 or later. "
            "Install one, or use one that you have, for example `python3.11 dev.py run`."
        )
    commands = {
        "run": run,
        "test": test,
        "check": check,
        "bench": bench,
        "soak": soak,
        "presets": presets,
        "user": user,
    }
    name, *flags = sys.argv[1:] or ["--help"]
    if name in ("-h", "--help"):
        print(__doc__)
        return 0
    if name not in commands:
        raise SystemExit(f"Unknown command {name!r}; use one of {', '.join(commands)}.")
    with contextlib.suppress(KeyboardInterrupt):
        return commands[name](flags)
    return 130  # what a shell expects of a command that Ctrl+C ended


def run(flags: Sequence[str]) -> int:
    install(APP)
    return hand_over([str(ROOT / "app.py"), *flags], folder=Path.cwd())


def test(flags: Sequence[str]) -> int:
    install(DEV)
    browser = find_browser(os.environ) or install_browser()
    command = ["-m", "pytest", *workers(flags), *flags]
    return hand_over(command, environment={"PLAYGROUND_CHROMIUM": browser, **COMPILED_ONCE})


def workers(flags: Sequence[str]) -> Sequence[str]:
    """Flags for several processes; none where files are named, which are tested sooner in one."""
    named = any((ROOT / flag.partition("::")[0]).exists() for flag in flags)
    return () if named else WORKERS


def check(flags: Sequence[str]) -> int:
    """Run every check, also after one has failed; 1 if any did."""
    if flags:
        raise SystemExit(f"`check` takes no flags. Remove {flags[0]!r}.")
    install(DEV)
    failed = []
    for command in CHECKS:
        print(f"--- {command}", flush=True)
        if subprocess.run([str(PYTHON), "-m", *command.split()], cwd=ROOT).returncode:
            failed.append(command)
    for command in CHECKS:
        print("FAILED" if command in failed else "passed", command)
    return 1 if failed else 0


def bench(flags: Sequence[str]) -> int:
    install(DEV)  # the page is measured in a browser
    browser = find_browser(os.environ) or ""
    return hand_over(["-m", "benchmarks", *flags], environment={"PLAYGROUND_CHROMIUM": browser})


def soak(flags: Sequence[str]) -> int:
    install(DEV)
    return hand_over(["-m", "soak", *flags])


def presets(flags: Sequence[str]) -> int:
    install(APP)
    return hand_over(["-m", "core.library.recipe_table", *flags])


def user(flags: Sequence[str]) -> int:
    install(APP)
    return hand_over(["-m", "serving.users", *flags])


def install(requirements: str) -> None:
    """Make or repair .venv and install `requirements`, unless that is already done."""
    if not venv_works():
        print("Making .venv", flush=True)
        base = getattr(sys, "_base_executable", "") or sys.executable  # not the venv it replaces
        if subprocess.run([base, "-m", "venv", "--clear", str(VENV)]).returncode:
            raise SystemExit(
                "Python can't make .venv; on Debian, run `apt-get install python3-venv` first."
            )
    stamp = VENV / f"{requirements}.installed"
    if stamp.exists() and stamp.read_text() == digest(requirements):
        return
    print(f"Installing {requirements}; the first time takes minutes", flush=True)
    for old in VENV.glob("*.installed"):
        old.unlink()
    UNFINISHED.touch()
    command = [*installer(), "-r", requirements]
    quiet = [] if sys.stdout.isatty() else ["-q"]
    failed = subprocess.run([*command, *quiet], cwd=ROOT).returncode
    UNFINISHED.unlink()
    if failed:
        raise SystemExit(f"{requirements} was not installed; the lines above say why.")
    for name in INCLUDED[requirements]:
        (VENV / f"{name}.installed").write_text(digest(name))


def installer() -> list[str]:
    """uv where it is on the machine, which takes a fraction of the time; else pip."""
    if uv := shutil.which("uv"):
        return [uv, "pip", "install", "--python", str(PYTHON)]
    return [str(PYTHON), "-m", "pip", "install"]


def venv_works() -> bool:
    """Whether .venv has pip and a Python that is new enough, and no install was cut short."""
    probe = "import pip, sys; sys.exit(sys.version_info < (3, 11))"
    return not UNFINISHED.exists() and succeeds([str(PYTHON), "-c", probe])


def digest(requirements: str) -> str:
    """A hash of all files that `requirements` installs from."""
    parts = [(ROOT / name).read_bytes() for name in INCLUDED[requirements]]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def hand_over(
    arguments: Sequence[str], folder: Path = ROOT, environment: Mapping[str, str] | None = None
) -> int:
    """Go on as .venv's Python: Ctrl+C, other signals and the exit code are the program's own."""
    command, variables = [str(PYTHON), *arguments], {**os.environ, **(environment or {})}
    if os.name != "nt":
        sys.stdout.flush()
        os.chdir(folder)
        os.execve(command[0], command, variables)
    child = subprocess.Popen(command, cwd=folder, env=variables)
    while True:  # Windows sends Ctrl+C to both; wait until the child has put its things away
        with contextlib.suppress(KeyboardInterrupt):
            return child.wait()


def find_browser(variables: Mapping[str, str]) -> str | None:
    """The program of a Chromium or Chrome that is installed and starts; None if there is none."""
    named = variables.get("CHROMIUM")
    if named and not starts(named):
        raise SystemExit(
            f"CHROMIUM is {named!r}, which does not start. Set it to the path of a Chromium "
            "or Chrome program, or unset it to search for one."
        )
    return named or next(filter(starts, browser_places(variables)), None)


def browser_places(variables: Mapping[str, str]) -> Iterator[str]:
    yield from filter(None, map(shutil.which, BROWSERS))
    for folder in {"PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA"} & variables.keys():
        yield str(Path(variables[folder]) / "Google/Chrome/Application/chrome.exe")
    own = subprocess.run([str(PYTHON), "-c", PLAYWRIGHT_PATH], capture_output=True, text=True)
    yield own.stdout.strip()


def starts(browser: str) -> bool:
    if os.name == "nt":
        return Path(browser).is_file()  # asked for its version, Chrome would open a window there
    return succeeds([browser, "--version"])


def install_browser() -> str:
    """Install Chromium with the system's packages, else with Playwright, and return its path."""
    print("Installing Chromium for the browser tests", flush=True)
    if shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0:
        unasked = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update"], env=unasked)
        subprocess.run(["apt-get", "install", "-y", "chromium"], env=unasked)
    if not find_browser(os.environ):
        subprocess.run([str(PYTHON), "-m", "playwright", "install", "chromium"])
    found = find_browser(os.environ)
    if not found:
        raise SystemExit(
            "The browser tests need Chromium or Chrome, and none could be found or installed; "
            "install one and set CHROMIUM to its path."
        )
    return found


def succeeds(command: Sequence[str]) -> bool:
    try:
        return subprocess.run(command, capture_output=True).returncode == 0
    except OSError:  # no such program, or not one for this machine
        return False


if __name__ == "__main__":
    raise SystemExit(main())
