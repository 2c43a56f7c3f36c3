"""Which pages are demos, and what they may do."""

import gradio as gr
import pytest

from components.demo import DEMO_TOKENS, Demo
from core.conversation import Conversation, message
from core.errors import InvalidInput
from core.sampling import SamplingParams
from core.vision import VisionBudget
from core.workspace import Request

TALK = Conversation((message("user", "Hi"),))


def visit(page: str, **query: str) -> gr.Request:
    return gr.Request(session_hash=page, query_params=query)


def asked(tokens: int) -> Request:
    return Request("A", TALK, SamplingParams(seed=1, max_new_tokens=tokens), VisionBudget())


def bound(demo: Demo, page: gr.Request, tokens: int) -> int:
    return demo.bound(page, [asked(tokens)])[0].params.max_new_tokens


def test_a_page_asks_for_it_and_others_stay_as_they_are():
    demo, guest, owner = Demo(), visit("guest", demo="1"), visit("owner")
    demo.open(guest)
    demo.open(owner)
    assert (bound(demo, guest, 2000), bound(demo, guest, 9)) == (DEMO_TOKENS, 9)
    assert bound(demo, owner, 2000) == 2000
    with pytest.raises(InvalidInput, match="This is a demo, so the model stays"):
        demo.refuse(guest, "the model stays")
    demo.refuse(owner, "the model stays")
    demo.leave(guest)
    assert bound(demo, guest, 2000) == 2000


def test_a_demo_server_has_demo_pages_only():
    demo = Demo(always=True)
    assert bound(demo, visit("anyone"), 2000) == DEMO_TOKENS
