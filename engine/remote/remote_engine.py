"""An engine whose models are in the memory of a server."""

from __future__ import annotations

import base64
import logging
import threading
from collections.abc import Generator, Sequence
from dataclasses import replace
from pathlib import Path
from time import monotonic, perf_counter

from core.bounds import LARGEST_FILE
from core.constraint import Constraint
from core.conversation import Image
from core.errors import InvalidInput
from core.formats.data_urls import image_kind
from core.prompt import RenderedPrompt
from core.runs.capabilities import cannot, within
from core.runs.engine import (
    EventStream,
    Loaded,
    LoadEvent,
    Loading,
    ModelDescription,
    Readable,
)
from core.runs.events import Failed
from core.runs.scores import Distribution, DistributionEvent, SamplerSteps, ScoreEvent
from core.runs.servers import ServerDescription
from core.runs.traces import TOP
from core.runs.verification import VerifyEvent, cannot_verify
from core.sampling import SamplingParams
from core.vision import ImageFacts
from core.workspace import Request
from engine.images.image_files import image_facts, preview
from engine.pump import failed
from engine.remote.answer import Answer
from engine.remote.kind import Kind, Logprobs, Reader, no_prompt, prompt_count
from engine.remote.kinds import found
from engine.remote.remote_server import RemoteServer
from engine.remote.remote_stream import RemoteStream
from engine.remote.served_prompts import ServedPrompts

AGAIN = 15.0
log = logging.getLogger(__name__)


class RemoteEngine:
    """Implements `core.runs.engine.Engine`. There are no models until one is loaded.

    again: seconds after which the server is asked for its models again, if somebody looks.
    """

    def __init__(self, server: RemoteServer, again: float = AGAIN) -> None:
        self._server = server
        self._kind: Kind | None = None
        self._models: tuple[ModelDescription, ...] = ()
        self._used = ""  # the name of the model in use; empty for the server's first
        self._trouble = ""
        self._prompts = ServedPrompts(server.name, self._ask_prompt)
        self._asking = threading.Lock()
        self._again = again
        self._asked = -again

    @property
    def description(self) -> ModelDescription | None:
        return next(iter(self.models), None)

    @property
    def models(self) -> Sequence[ModelDescription]:
        return sorted(self._models, key=lambda model: model.name != self._used)

    @property
    def trouble(self) -> tuple[str, ...]:
        return (self._trouble,) if self._trouble else ()

    @property
    def server(self) -> ServerDescription:
        names = tuple(model.model for model in self._models)
        return ServerDescription(
            self._server.name, self._server.url, self.kind, names, self._trouble
        )

    def ask(self) -> None:
        """Asks the server for its models. Those known stay where it can't be reached."""
        with self._asking:
            trouble, bug = "", None
            try:
                self._kind, self._models = found(self._server)
            except InvalidInput as error:
                trouble = str(error)
            except Exception as error:  # a bug; the other engines go on, and it is asked again
                bug, kind = error, type(error).__name__
                trouble = f"Reading the models of {self._server.name} failed: {kind}. See the log."
            if trouble and trouble != self._trouble:
                log.warning(trouble, exc_info=bug)
            self._trouble, self._asked = trouble, monotonic()

    def look(self) -> None:
        """Asks again, in a thread of its own, where the last answer is old. Never waits."""
        if monotonic() - self._asked > self._again and not self._asking.locked():
            name = f"ask {self._server.name}"
            threading.Thread(target=self.ask, name=name, daemon=True).start()

    @property
    def starting(self) -> None:
        """It has started when it is made."""

    def stream(self, requests: Sequence[Request], visitor: str = "") -> EventStream:
        return RemoteStream(requests, self._call, self._model_of, self._server.name)

    def _call(self, request: Request) -> tuple[Answer, Reader]:
        model = self._model_of(request.model)
        assert self._kind, "it is known with the models"
        kind, sent = self._kind, within(request, model.capabilities)
        body = kind.body(sent, model.model, _data_url)
        return self._server.post(kind.path, body, kind.lines), kind.reader(self._server.name)

    def prompt_ids(self, request: Request) -> tuple[int, ...] | None:
        """As the server would read it; None where it doesn't tell. Raises InvalidInput."""
        model = self._model_of(request.model)
        assert self._kind, "it is known with the models"
        sent = within(request, model.capabilities)
        return self._kind.prompt_ids(self._server, sent, model.model, _data_url)

    def prompt_count(self, request: Request) -> int | None:
        """How many tokens it has there; None where the server doesn't tell. Raises InvalidInput."""
        model = self._model_of(request.model)
        assert self._kind, "it is known with the models"
        short = replace(request, params=replace(request.params, max_new_tokens=1))
        body = self._kind.body(within(short, model.capabilities), model.model, _data_url)
        return prompt_count(body, self._kind.path, self._server)

    def text_logprobs(self, request: Request, ids: Sequence[int]) -> Logprobs | None:
        """One for each of these ids, by the request's model; None where the server doesn't tell
        those of given text. Raises InvalidInput.
        """
        model = self._model_of(request.model)
        assert self._kind, "it is known with the models"
        return self._kind.text_logprobs(self._server, ids, model.model)

    @property
    def draws_alike(self) -> bool:
        """Whether a seed draws there what it draws here."""
        return self._kind is not None and self._kind.draws_alike

    @property
    def kind(self) -> str:
        """Which server it is, such as vLLM; empty before it has answered."""
        return self._kind.name if self._kind else ""

    def _model_of(self, name: str) -> ModelDescription:
        found = next((one for one in self.models if name in ("", one.name, one.model)), None)
        if found is None:
            raise InvalidInput(f"{self._server.name} has no model {name}. Choose another one.")
        return found

    def render(self, request: Request, wait: bool = True) -> RenderedPrompt:
        model = self._model_of(request.model)
        if self._kind is None or self._kind.prompt is no_prompt:
            raise InvalidInput(self._untold)
        asked = within(replace(request, model=model.name), model.capabilities)
        return self._prompts.wait(asked) if wait else self._prompts.now(asked)

    def _ask_prompt(self, request: Request) -> RenderedPrompt:
        model = self._model_of(request.model)
        assert self._kind, "it is known with the models"
        found = self._kind.prompt(self._server, request, model.model, _data_url)
        if found is None:
            raise InvalidInput(self._untold)
        return replace(found, context_length=model.context_length)

    @property
    def _untold(self) -> str:
        return (
            f"{self._server.name} doesn't report its prompt, so its tokens can't be counted "
            "before a "
            "run."
        )

    def verify(self, request: Request, token_ids: Sequence[int]) -> Readable[VerifyEvent]:
        return failed(cannot_verify(self._name))

    def check_constraint(self, constraint: Constraint) -> float | None:
        """The server compiles it when it runs."""
        return None

    def score(
        self, request: Request, continuation: str | Sequence[int], whole: bool = True,
        visitor: str = "",
    ) -> Readable[ScoreEvent]:  # fmt: skip
        return failed(cannot(self._name, "score text"))

    def distribution(
        self, request: Request, ids: Sequence[int], visitor: str = ""
    ) -> Readable[DistributionEvent]:
        return failed(cannot(self._name, "report a distribution"))

    def sampler_steps(
        self, found: Distribution, params: SamplingParams, top: int = TOP,
        about: Sequence[int] = (),
    ) -> SamplerSteps:  # fmt: skip
        raise InvalidInput(cannot(self._name, "report a distribution"))

    @property
    def _name(self) -> str:
        return self.description.name if self.description else self._server.name

    def image_info(self, image: Image) -> ImageFacts:
        return image_facts(image)

    def preview(self, image: Image, longest_side: int) -> bytes:
        return preview(image, longest_side)

    def load(
        self, model: str, weights: str = "auto", alongside: bool = False
    ) -> Generator[LoadEvent, None, None]:
        """Asks the server for its models and uses the one of that name; empty: its first."""
        began = perf_counter()
        yield Loading(f"Asking {self._server.name}", None, 0.0)
        self.ask()
        try:
            if self._trouble:
                raise InvalidInput(self._trouble)
            used = self._named(model)
        except InvalidInput as error:
            yield Failed(str(error), perf_counter() - began)
            return
        if not alongside:
            self._used = used.name
        yield Loaded(used, perf_counter() - began)

    def use(self, model: str) -> None:
        """As `load`. Raises InvalidInput where it fails."""
        *_, last = self.load(model)
        if isinstance(last, Failed):
            raise InvalidInput(last.message)

    def _named(self, model: str) -> ModelDescription:
        used = next((one for one in self._models if model in ("", one.name, one.model)), None)
        if used is None:
            names = ", ".join(one.model for one in self._models)
            raise InvalidInput(
                f"{self._server.name} has not loaded {model}; it has {names}. Load it there."
            )
        return used


def _data_url(image: Image) -> str:
    """Raises InvalidInput for a file that is gone, too large or no image."""
    name = image.name or Path(image.path).name
    try:
        content = Path(image.path).read_bytes()
    except OSError as error:
        raise InvalidInput(f"The image {name} no longer exists. Add it again.") from error
    if len(content) > LARGEST_FILE or not (kind := image_kind(content)):
        raise InvalidInput(f"The image {name} can't be sent. Use a smaller PNG or JPEG.")
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"
