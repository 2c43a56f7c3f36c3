"""The report: one file that needs nothing else and in which no text can run."""

from dataclasses import replace
from html.parser import HTMLParser

import pytest

from core.compare.report import Report, report_html
from core.conversation import Conversation, Image, Text, message
from core.errors import InvalidInput
from core.prompt import RenderedPrompt
from core.runs.events import Failed, Finished, Started, Token
from core.runs.run import Run, fold_all
from core.sampling import SamplingParams
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
            assert name not in {"href", "srcset", "action", "background"}
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
    assert "parts from A at token 1" in text
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
