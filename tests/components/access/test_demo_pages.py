"""Which pages are demos, and what they may do."""

import gradio as gr
import pytest

from components.access.visitors import Visitors
from core.access.access import DEMO_IMAGES, DEMO_SECONDS, DEMO_TOKENS, Access
from core.conversation import Conversation, Image, message
from core.errors import InvalidInput
from core.sampling import SamplingParams
from core.vision import VisionBudget
from core.workspace import Request

TALK = Conversation((message("user", "Hi"),))


def visit(page: str, user: str | None = None, **query: str) -> gr.Request:
    return gr.Request(session_hash=page, query_params=query, username=user, client=None)


def visitors(access: Access) -> Visitors:
    return Visitors(access, lambda session: True)


def asked(tokens: int) -> Request:
    return Request("A", TALK, SamplingParams(seed=1, max_new_tokens=tokens), VisionBudget())


def bound(server: Visitors, page: gr.Request, tokens: int) -> int:
    return server.of(page).bound([asked(tokens)])[0].params.max_new_tokens


def test_a_page_asks_for_it_and_others_stay_as_they_are():
    server, guest, owner = visitors(Access()), visit("guest", demo="1"), visit("owner")
    server.open(guest)
    server.open(owner)
    assert (bound(server, guest, 2000), bound(server, guest, 9)) == (DEMO_TOKENS, 9)
    assert bound(server, owner, 2000) == 2000
    with pytest.raises(InvalidInput, match="This is a demo, so the model stays"):
        server.of(guest).must_own("the model stays")
    server.of(owner).must_own("the model stays")
    server.leave(guest)
    assert bound(server, guest, 2000) == 2000


def test_a_demo_server_has_demo_pages_only_and_bounds_time_and_images():
    server = visitors(Access(demo=True))
    anyone = server.of(visit("anyone"))
    assert bound(server, visit("anyone"), 2000) == DEMO_TOKENS
    assert (anyone.seconds, anyone.owner) == (DEMO_SECONDS, False)
    images = [Image(f"{number}.png") for number in range(DEMO_IMAGES + 1)]
    many = Conversation((message("user", "What are these?", images),))
    with pytest.raises(InvalidInput, match="at most 4. Remove some"):
        anyone.bound([Request("A", many, SamplingParams(seed=1), VisionBudget())])


def test_of_those_who_log_in_only_owners_load_models():
    server = visitors(Access(owners=frozenset({"ann"})))
    server.of(visit("page", "ann")).must_own("the model stays")
    with pytest.raises(InvalidInput, match="Only owners .* choose a model that is already loaded"):
        server.of(visit("page", "bob")).must_own("the model stays")


def test_a_user_who_guesses_the_session_hash_of_another_has_another_page():
    server = visitors(Access(owners=frozenset({"ann"})))
    assert server.of(visit("same", "ann")).page != server.of(visit("same", "bob")).page
