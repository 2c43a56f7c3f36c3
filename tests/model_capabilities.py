"""What models of tests can do: all of it, for `dataclasses.replace` to take away from."""

from core.runs.capabilities import Capabilities

ALL = Capabilities(
    prefill=True, images=True, exact_prompt=True, logprobs=True, candidates=8, tools=True,
    seeds=True, verification=True, constraints=True, scores=True,
    distributions=True, beginnings=True,
)  # fmt: skip
