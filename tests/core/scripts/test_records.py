"""The tokens in a run's JSON: what each could have been, for other programs to read."""

import json
from dataclasses import replace
from typing import Any

from core.runs.events import Finished, Started, Token
from core.runs.run import Run, fold_all
from core.runs.traces import TOP, Candidate, packed_trace
from core.scripts.records import CANDIDATES
from core.scripts.targets import make_script
from tests.core.scripts.test_scripts import subject

HOSTILE = '</script>"\n\u2028\ud800'
SOME = (
    Candidate(5, "a", -0.25, 0.75),
    Candidate(7, HOSTILE, -1.5, 0.25),
    Candidate(9, "\ufffd", -float("inf"), 0.0, "top_k"),
)


def token(token_id: int | None = 7, candidates: tuple[Candidate, ...] = SOME) -> Token:
    return Token(token_id, "x", -1.5, 0.2, packed_trace(2, 0.75, candidates))


def exported(*tokens: Token) -> tuple[list[dict[str, Any]], tuple[str, ...], str]:
    """The tokens, the notes and the text."""
    plain = subject(("user", "Hi"))
    events = [Started(plain.prompt, "far", 0.1), *tokens, Finished("end_of_sequence", "", 0.3)]
    made = make_script("run", replace(plain, run=fold_all(Run(plain.request), events)))
    return json.loads(made.text)["lfm_playground.tokens"], made.notes, made.text


def test_a_token_has_its_own_figures_and_those_of_its_candidates():
    (one,), _, text = exported(token())
    assert one == {
        "id": 7, "text": "x", "bytes": list(HOSTILE.encode("utf-8", "surrogatepass")),
        "logprob": -1.5, "rank": 2, "entropy": 0.75, "seconds": 0.2, "given": False,
        "candidates": [
            {"id": 5, "text": "a", "logprob": -0.25, "probability": 0.75, "removed_by": None},
            {"id": 7, "text": HOSTILE, "logprob": -1.5, "probability": 0.25, "removed_by": None},
            {"id": 9, "text": "\ufffd", "logprob": None, "probability": 0.0,
             "removed_by": "top_k"},
        ],
    }  # fmt: skip
    text.encode()
    assert sum('"rank"' in line and '"removed_by"' in line for line in text.split("\n")) == 1


def test_what_the_engine_does_not_tell_is_null():
    (given, bare), notes, _ = exported(
        Token(3, "A", None, 0.1, given=True), Token(None, "b", None, 0.2)
    )
    names = ("bytes", "logprob", "rank", "entropy", "candidates")
    assert [given[name] for name in names] == [bare[name] for name in names] == [None] * 5
    assert (given["given"], bare["given"]) == (True, False)
    assert any("token ids, logprobs and candidates" in note for note in notes)


def test_a_long_answer_keeps_fewer_candidates_of_each_token_and_says_so():
    many = tuple(Candidate(n, f" word{n}", -1.0, 0.05) for n in range(TOP + 1))
    tokens, notes, text = exported(*[token(TOP, many)] * 2_000)
    assert {len(one["candidates"]) for one in tokens} == {CANDIDATES // 2_000 + 1}
    assert all(one["candidates"][-1]["id"] == TOP for one in tokens)
    assert any("the 5 likeliest" in note for note in notes)
    assert len(text) < 2_000_000
    few, notes, _ = exported(token(TOP, many))
    assert len(few[0]["candidates"]) == TOP + 1
    assert not any("the file has" in note for note in notes)


def test_a_run_without_tokens_is_whole():
    tokens, notes, _ = exported()
    assert tokens == []
    assert not any("doesn't tell" in note for note in notes)
