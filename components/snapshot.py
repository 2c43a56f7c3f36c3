"""The page at one event, and what is derived from it. Each value is computed once, on demand."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from components.uploads import file_url
from core.bounds import check_conversation, check_stop
from core.errors import InvalidInput, StillAsking
from core.lanes import LABELS, Lane
from core.library.library import Library
from core.prompt import RenderedPrompt
from core.runs.engine import Engine
from core.vision import ImageFacts
from core.workspace import Request, Workspace, unseeded


@dataclass(frozen=True)
class SeenImage:
    """An image of the messages. where: in words. facts: None if there is an `error`."""

    url: str
    name: str
    where: str
    facts: ImageFacts | None
    error: str = ""


@dataclass(frozen=True)
class Snapshot:
    """library: includes saved presets, read once. chosen: the model in the picker, which may not be
    loaded. tab: the open one. prompt_model: whose prompt it is; empty for the model in use.
    """

    engine: Engine
    library: Library
    workspace: Workspace
    chosen: str = ""
    tab: str = "output"
    prompt_model: str = ""

    @cached_property
    def lanes(self) -> tuple[Lane, ...]:
        """The lanes as they would run now."""
        labels, presets = self.workspace.labels, self.library.presets
        return tuple(self.workspace.lane(label, presets) for label in labels)

    @cached_property
    def requests(self) -> tuple[Request, ...]:
        """The requests of the lanes; a seed may still be None."""
        return tuple(unseeded(self.workspace.conversation, lane) for lane in self.lanes)

    def check(self) -> None:
        """Raises InvalidInput if the page holds more than the limits allow."""
        description = self.engine.description
        for request in self.requests:
            check_conversation(
                request.conversation, description.context_length if description else None
            )
            check_stop(request.params.stop)

    @cached_property
    def images(self) -> list[SeenImage]:
        """The images of all messages, in order. A bad file has an error instead of a size."""
        seen: list[SeenImage] = []
        for place, turn in enumerate(self.workspace.conversation.messages, start=1):
            where = f"message {place}, {turn.role}"
            for image in turn.images:
                try:
                    facts, error = self.engine.image_info(image), ""
                except InvalidInput as reason:
                    facts, error = None, str(reason)
                url = file_url(image.path) if facts else ""
                seen.append(SeenImage(url, image.name, where, facts, error))
        return seen

    @property
    def prompt_request(self) -> Request:
        """The messages with the sidebar's settings, as they are rendered for the page."""
        page = self.workspace
        asked = Lane(
            LABELS[0], page.params, page.budget, template_options=page.template_options,
            variables=page.variables,
        )  # fmt: skip
        return replace(unseeded(page.conversation, asked), model=self.prompt_model)

    @cached_property
    def prompts(self) -> tuple[Snapshot, ...]:
        """This page, and the same with the prompt of each other model that a lane names."""
        used = self.engine.description
        known = ("", used.name if used else "")
        others = dict.fromkeys(one.model for one in self.requests if one.model not in known)
        return (self, *(replace(self, prompt_model=model) for model in others))

    @property
    def prompt(self) -> RenderedPrompt | None:
        """The messages with the sidebar's settings; None without messages, after an error, and
        until a server has told it.
        """
        rendered = self._rendered
        return rendered if isinstance(rendered, RenderedPrompt) else None

    @property
    def prompt_error(self) -> str:
        return self._rendered if isinstance(self._rendered, str) else ""

    @property
    def prompt_asked(self) -> str:
        """Which server is asked for the prompt, in words; empty where none is."""
        return str(self._rendered) if isinstance(self._rendered, StillAsking) else ""

    @cached_property
    def _rendered(self) -> RenderedPrompt | StillAsking | str | None:
        """The prompt, or the error that prevents it. Never waits for a server."""
        if not self.workspace.conversation.messages:
            return None
        try:
            return self.engine.render(self.prompt_request, wait=False)
        except StillAsking as asking:
            return asking
        except InvalidInput as error:
            return str(error)
