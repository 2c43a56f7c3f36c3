"""The Prompt tab: exactly what the model reads for the current messages."""

from __future__ import annotations

import asyncio
from typing import Any, TypedDict

import gradio as gr

from components.client_component import client_component
from components.event_data import question
from components.feature import LONG, PRIVATE, Changes, Feature, Services, Values
from components.prompt.surprise import Surprise, prompt_key, surprise_of
from components.snapshot import Snapshot
from components.wiring import Wiring
from components.wording import counted
from core.errors import InvalidInput
from core.prompt import PromptToken, RenderedPrompt


class TokenView(TypedDict):
    """kind: image, special or plain. place: of its message, from 1; None for the template's own."""

    text: str
    id: int
    kind: str
    place: int | None


class PromptValue(TypedDict):
    """model: its name. key: as in `Surprise`; empty without a prompt. placed: whether the tokens'
    kinds and places are known. asking: a server is asked for it, and the last one stays. others:
    those of further models that lanes use, without keys.
    """

    model: str
    key: str
    tokens: list[TokenView]
    summary: str
    note: str
    placed: bool
    asking: bool
    others: list[PromptValue]


RENDERED = {
    True: "rendered by the chat template",
    False: "the messages' texts, one after another: the model has no chat template",
}
TOLD = "as reported by the server, which marks neither special tokens nor messages"
EMPTY_PROMPT: PromptValue = {
    "model": "", "key": "", "tokens": [], "summary": "", "note": "", "placed": True,
    "asking": False, "others": [],
}  # fmt: skip


class PromptTab(Feature):
    def __init__(self, services: Services) -> None:
        """The view's event `score` asks for its prop `surprise`."""
        self._services = services
        with gr.Tab("Prompt", id="prompt") as self.tab:
            self.view = client_component(
                "prompt_view", EMPTY_PROMPT, surprise={}, events=("score",), elem_id="prompt"
            )

    def shown(self) -> list[Any]:
        return [self.view]

    def show(self, page: Snapshot) -> Changes:
        """Follows the inputs only while the tab is open."""
        return {self.view: prompts_of(page)} if page.tab == "prompt" else {}

    def wire(self, page: Wiring) -> None:
        def open_prompt(values: Values) -> Changes:
            return {page.tab: "prompt", **page.show({**values, page.tab: "prompt"})}

        self._page = page
        self.tab.select(open_prompt, page.inputs(), [page.tab, *page.shown()], **PRIVATE)
        self.view.score(self._score, page.inputs(), [self.view], **LONG)

    async def _score(self, values: Values, request: gr.Request, event: gr.EventData) -> Changes:
        """The surprise of each token. What goes wrong is said in the tab."""
        visitors, number, key = self._services.visitors, question(event), ""
        visitor, is_here = visitors.of(request), visitors.still(request)
        try:
            with visitors.runs.enter(visitor):
                page = await asyncio.to_thread(self._rendered, values)
                key = prompt_key(page) if page.prompt else ""
                found = await surprise_of(page, visitor, is_here, number)
        except InvalidInput as error:
            found: Surprise = {"question": number, "key": key, "error": str(error)}
        return {self.view: gr.update(surprise=found)}

    def _rendered(self, values: Values) -> Snapshot:
        """The page with its prompt, which may take a while. Raises InvalidInput."""
        page = self._page.snapshot(values)
        page.check()
        _ = page.prompt  # kept by the snapshot
        return page


def prompts_of(page: Snapshot) -> PromptValue:
    """That of the model in use, with the others."""
    used = page.engine.description
    first, *others = (
        _named(one, one.prompt_model or (used.name if used else "")) for one in page.prompts
    )
    return {**first, "others": [{**one, "key": ""} for one in others]}


def _named(page: Snapshot, model: str) -> PromptValue:
    return {**prompt_of(page), "model": model}


def prompt_of(page: Snapshot) -> PromptValue:
    if page.prompt:
        return {**prompt_value(page.prompt), "key": prompt_key(page)}
    note = page.prompt_error or page.prompt_asked
    return {**EMPTY_PROMPT, "note": note, "asking": bool(page.prompt_asked)}


def prompt_value(prompt: RenderedPrompt) -> PromptValue:
    return {
        **EMPTY_PROMPT,
        "tokens": [
            {
                "text": token.text,
                "id": token.token_id,
                "kind": _kind(token),
                "place": None if token.message is None else token.message + 1,
            }
            for token in prompt.tokens
        ],
        "summary": f"{counted(len(prompt.tokens), 'token')}, {_how(prompt)}",
        "note": prompt_note(prompt),
        "placed": prompt.parts_known,
    }


def prompt_note(prompt: RenderedPrompt) -> str:
    """What was done with control tokens, and what can't be counted; empty if there is neither."""
    notes: list[str] = []
    if prompt.neutralised:
        typed = ", ".join(prompt.neutralised)
        notes.append(f"Control tokens in the messages are sent as plain text: {typed}.")
    if prompt.unplaced:
        places = ", ".join(str(place + 1) for place in prompt.unplaced)
        notes.append(
            f"The chat template rewrites message {places}, so its tokens count as the template's."
            if len(prompt.unplaced) == 1
            else f"The chat template rewrites messages {places}, so their tokens count as the "
            "template's."
        )
    return " ".join(notes)


def _how(prompt: RenderedPrompt) -> str:
    if not prompt.parts_known:
        return TOLD
    return RENDERED[prompt.in_template]


def _kind(token: PromptToken) -> str:
    return "image" if token.image else "special" if token.special else "plain"
