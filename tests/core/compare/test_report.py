"""The report: one file that needs nothing else and in which no text can run."""

from dataclasses import replace
from html.parser import HTMLParser

import pytest

from core.compare.report import Report, report_html
from core.constraint import Constraint
from core.conversation import Conversation, Image, Text, message
from core.errors import InvalidInput
from core.prompt import RenderedPrompt
from core.runs.events import Failed, Finished, Started, Token
from core.runs.run import Run, fold_all
from core.runs.traces import TOP, Candidate, packed_trace
from core.sampling import SamplingParams
from core.validity.verdict import Verdict
from core.vision import VisionBudget
from core.workspace import Request

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)> {{ 7 * 7 }} </style> & \"'"
PIXEL = "data:image/png;base64,iVBORw0KGgo="
VOID = {"meta", "img", "br", "link", "input", "hr"}


class Parsed(HTMLParser):
    """Refuses markup that isn't closed; collects what a browser would fetch or run."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.text += data


def answered(lane, text, **params):
    talk = Conversation(
        (
            message("system", HOSTILE),
            replace(message("user", HOSTILE), parts=(Image("a.png", HOSTILE), Text(HOSTILE))),
            message("assistant", HOSTILE),
        )
    )
    request = Request(lane, talk, SamplingParams(seed=3, **params), VisionBudget())
    prompt = RenderedPrompt(HOSTILE, (), 100)
    events = [Started(prompt, HOSTILE, 0.1), Token(len(text), text, -0.5, 0.2)]
    return fold_all(Run(request), [*events, Finished("end_of_sequence", "", 0.3)])


def report(*runs, **values):
    made = {"title": HOSTILE, "made": "today", "conversation": runs[0].request.conversation}
    return report_html(Report(**{**made, "runs": runs, "images": (("a.png", PIXEL),), **values}))


def test_it_parses_and_names_nothing_outside_of_itself():
    html = report(answered("A", HOSTILE), answered("B", "other", temperature=0.2))
    page = Parsed(html)
    for tag, attributes in page.tags:
        assert tag not in {"script", "link", "iframe", "object", "embed", "base", "form"}
        for name, value in attributes.items():
            assert not name.startswith("on")
            assert name not in {"srcset", "action", "background"}
            assert name != "href" or (value or "").startswith("#")
            assert name != "src" or (value or "").startswith("data:image/")
    assert "http" not in html
    assert "url(" not in html
    assert "@import" not in html


def test_hostile_text_stays_text_everywhere():
    page = Parsed(report(answered("A", HOSTILE), answered("B", HOSTILE), sentences=(HOSTILE,)))
    assert page.text.count("<script>alert(1)</script>") >= 7
    assert "{{ 7 * 7 }}" in page.text
    assert [tag for tag, _ in page.tags if tag == "img"] == ["img"]


def test_it_tells_messages_answers_settings_figures_versions_and_the_divergence():
    runs = answered("A", "one answer"), answered("B", "two answers", temperature=0.25)
    text = Parsed(report(*runs, versions=(("torch", "9.9"),), models=(("A", "my model"),))).text
    for part in ("one answer", "two answers", "0.25", "seed", "torch 9.9", "my model", "tokens in"):
        assert part in text
    assert "diverges from A at token 1" in text
    assert "ended" in text or "end of sequence" in text


def test_lanes_that_agree_are_told_identical():
    assert (
        "All answers are identical." in Parsed(report(answered("A", "x"), answered("B", "x"))).text
    )


def test_a_failed_lane_shows_its_sentence():
    failed = fold_all(Run(answered("A", "x").request), [Failed("Out of memory. Try less.", 0.1)])
    assert "Out of memory. Try less." in Parsed(report(failed)).text


def test_an_image_that_is_gone_is_only_named():
    page = Parsed(report(answered("A", "x"), images=(("a.png", ""),)))
    assert "not kept" in page.text
    assert not [tag for tag, _ in page.tags if tag == "img"]


@pytest.mark.parametrize(
    "url", ["https://somewhere/a.png", "data:text/html;base64,AAAA", PIXEL + '" onerror="x', "x"]
)
def test_only_pictures_as_data_are_taken(url):
    with pytest.raises(InvalidInput, match=r"a\.png"):
        report(answered("A", "x"), images=(("a.png", url),))


def test_it_tells_whether_answers_fit_what_they_were_held_to_and_that_one_was_cut():
    schema = Constraint("json_schema", '{"type": "object"}')
    a, b = answered("A", "{}"), answered("B", "{")
    valid = replace(a, verdict=Verdict("valid", "Valid.", "Every field fits the schema."))
    held = replace(b.request, constraint=schema)
    cut = replace(b, request=held, incomplete=True, stop_reason="max_new_tokens")
    text = Parsed(report(valid, cut)).text
    for part in (
        "Valid. Every field fits the schema.", "Cut before the schema was complete. It reached max",
        "constraint", 'the JSON schema {"type": "object"}',
    ):  # fmt: skip
        assert part in text
    assert "constraint" not in Parsed(report(a)).text


# -- tokens ---------------------------------------------------------------------------------------
CHOSEN = Candidate(5, HOSTILE, -2.0, 0.25)
OTHERS = (
    Candidate(3, " the\n", -0.5, 0.75),
    CHOSEN,
    Candidate(9, HOSTILE, -8.0, 0.0, "top_p"),
    Candidate(4, "x" * 500, -9.0, 0.0, "constraint"),
)


def with_tokens(lane, *tokens):
    return replace(answered(lane, ""), tokens=tokens)


def traced_token(candidates=OTHERS):
    return Token(5, "", -2.0, 0.2, packed_trace(2, 0.7, candidates))


def test_a_token_shows_its_surprise_and_its_candidates_without_a_script():
    given = Token(8, "Given", None, 0.1, given=True)
    page = Parsed(report(with_tokens("A", given, traced_token())))
    tokens = [attributes for tag, attributes in page.tags if tag == "a" and "title" in attributes]
    assert [one.get("class") for one in tokens] == ["given s0", "s2"]  # 2.9 bits
    assert tokens[1]["title"] == "13.5% → 25%, rank 2\nsurprise 2.89 bits, uncertainty 1.01 bits"
    ids = {attributes["id"] for _, attributes in page.tags if "id" in attributes}
    assert {one["href"] for one in tokens} == {f"#{name}" for name in ids} == {"#A1", "#A2"}
    for part in ("Token 2 ", "·the⏎\t60.7% → 75%\n", "← chosen", "out: top_p",
                 "out: the constraint", "given, not drawn", f"{'x' * 40}…"):  # fmt: skip
        assert part in page.text
    assert "x" * 41 not in page.text
    assert page.text.count("<script>") > 7  # the answer, and both candidates
    assert "script" not in {tag for tag, _ in page.tags}


def test_tokens_without_figures_are_left_out():
    bare = Token(None, "chunk", None, 0.2)
    assert "Tokens" not in Parsed(report(with_tokens("A", bare))).text
    assert "Tokens" not in Parsed(report(with_tokens("A"))).text


def test_four_long_answers_stay_within_three_megabytes_and_say_what_was_cut():
    words = (" temperature", " <b>", "，", "\n", " answer", "s") * 4
    many = tuple(Candidate(n, words[n], -0.1 * n, 0.05, "top_p") for n in range(TOP + 1))
    long = [traced_token(many)] * 2_000
    html = report(*(with_tokens(lane, *long) for lane in "ABCD"))
    assert len(html.encode()) < 3_200_000
    assert "up to 3" in html
    assert "The first" not in html
    html = report(*(with_tokens(lane, *long, *long) for lane in "ABCD"))
    assert len(html.encode()) < 3_200_000
    assert html.count("The first 2000 of 4000 tokens.") == 4
