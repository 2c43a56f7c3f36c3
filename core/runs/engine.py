"""What the page and the API ask of an engine, whichever it is."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Protocol, TypeVar

from core.constraint import Constraint
from core.conversation import Image
from core.prompt import RenderedPrompt
from core.runs.capabilities import Capabilities
from core.runs.events import Event, Failed
from core.runs.scores import Distribution, DistributionEvent, SamplerSteps, ScoreEvent
from core.runs.traces import TOP
from core.runs.verification import VerifyEvent
from core.sampling import SamplingParams
from core.tools.call_grammar import CallForm
from core.vision import ImageFacts, VisionBudget
from core.workspace import Request

Item = TypeVar("Item")
DECODE = ("auto", "forward")
WEIGHTS = ("auto", "float32", "bfloat16", "float16", "int8", "int4")


def display_name(model: str) -> str:
    """The Hub id, or a folder's own name: where the folder lies is nobody's business."""
    path = PurePath(model)
    return path.name if path.is_absolute() or model[:1] in ("~", ".") else model


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelDescription:
    """The model in use, as it really is; what an engine doesn't know of it is empty or None.

    model: the Hub id or folder it was loaded by. context_length: tokens of prompt and answer
    together. architecture: the name of its class. parameters: number of weights. memory_bytes: of
    the weights. dtype: what it computes in. weights: what the weights are kept as, in words
    ("int8", "float32, packed"). load_seconds: how long loading took. budget: the image processor's
    own values; None where there is none, or one with other controls. splits_images: whether it can
    cut tiles, or takes bounds in pixels only. revision: the Hub's commit; empty for a folder.
    lists_only: its chat template takes contents as lists of parts and no texts. writes_calls: the
    template writes calls that are given as values; else they are text, as LFM2 writes them.
    decoding: which step writes its tokens: "lean", the engine's own with the bits of `forward`, or
    "forward". call_form: how it writes calls itself. thought_tags: one token each, with which it
    can open a thought. alias: its name where another model in memory has the name of its folder.
    server: the name of the server that has it; empty for this machine's memory.
    """

    model: str
    context_length: int
    capabilities: Capabilities
    architecture: str = ""
    parameters: int | None = None
    memory_bytes: int | None = None
    dtype: str = ""
    weights: str = ""
    device: str = ""
    load_seconds: float | None = None
    budget: VisionBudget | None = None
    splits_images: bool = True
    revision: str = ""
    lists_only: bool = False
    writes_calls: bool = False
    call_form: CallForm | None = None
    thought_tags: tuple[str, ...] = ()
    decoding: str = ""
    alias: str = ""
    server: str = ""

    @property
    def name(self) -> str:
        """What pages and lanes know it by."""
        return self.alias or display_name(self.model)

    @property
    def kept(self) -> str:
        """How and where its weights are kept: "int8 weights on cuda:0"; what is known of it."""
        weights = f"{self.weights} weights" if self.weights else ""
        return " ".join(filter(None, [weights, f"on {self.device}" if self.device else ""]))


@dataclass(frozen=True, slots=True)
class Loading:
    """A step of loading a model. `fraction` is from 0 to 1, or None where it can't be known."""

    step: str
    fraction: float | None
    seconds: float


@dataclass(frozen=True, slots=True)
class Loaded:
    description: ModelDescription
    seconds: float


LoadEvent = Loading | Loaded | Failed


class Readable(Protocol[Item]):
    """What an engine has to say, read by iterating, or by `start` and then `drain`."""

    def __iter__(self) -> Iterator[Item]: ...

    def __next__(self) -> Item: ...

    def start(self) -> None:
        """Begin, and return when there is something to wait for; iterating calls it, too."""
        ...

    def drain(self) -> tuple[list[Item], bool]:
        """All that has come since the last call, and whether it was the last.

        Never waits; for one thread at a time, after `start`.
        """
        ...

    def close(self) -> None:
        """End the work within one decoding step. Any thread may call this."""
        ...


class EventStream(Readable[tuple[str, Event]], Protocol):
    """The events of a run, each with its lane's label. `start` takes as long as building the
    prompts; closing ends all lanes.
    """

    def stop(self, lane: str) -> None:
        """End one lane within one decoding step. Any thread may call this."""
        ...


class Engine(Protocol):
    """One verb answers, the others describe. All may be called from several threads at once."""

    @property
    def description(self) -> ModelDescription | None:
        """The model in use; None before the first one is loaded."""
        ...

    @property
    def models(self) -> Sequence[ModelDescription]:
        """All in memory, the one in use first."""
        ...

    @property
    def trouble(self) -> Sequence[str]:
        """Why some models that were asked for aren't among `models`, or may not answer now."""
        ...

    @property
    def starting(self) -> LoadEvent | None:
        """How far the first model is while the engine starts, or why there is none yet; None once
        there is one, or where the engine started without.
        """
        ...

    def stream(self, requests: Sequence[Request], visitor: str = "") -> EventStream:
        """Answer all requests together; yields the lane's label with each of its events.

        visitor: who asks; where runs have to wait, visitors take turns. Each lane ends with
        Finished or Failed. Closing ends the lanes within one decoding step. Never raises for
        an expected failure: that is a Failed event of its lane. What the model can't be given is
        left out, and `Started` says so with its capabilities.
        """
        ...

    def render(self, request: Request, wait: bool = True) -> RenderedPrompt:
        """The prompt of `request` as it would be sent. A server is asked, which may take seconds.

        wait: for that; else raises StillAsking until it has answered. Raises InvalidInput if it
        can't be built, or isn't told.
        """
        ...

    def verify(self, request: Request, token_ids: Sequence[int]) -> Readable[VerifyEvent]:
        """Answer `request` again as its exported script does, and compare with `token_ids`, those
        that it begins with among them.

        For models with the capability `verification`; for others it fails. Ends with Verified or
        Failed.
        """
        ...

    def check_constraint(self, constraint: Constraint) -> float | None:
        """Compile it, and return how many seconds that took; twice the same is compiled once.

        None where the model in use can't be held to one, or where there is no model. Raises
        InvalidInput with what a run would be refused for; gives up after 2 seconds.
        """
        ...

    def score(
        self, request: Request, continuation: str | Sequence[int], whole: bool = True,
        visitor: str = "",
    ) -> Readable[ScoreEvent]:  # fmt: skip
        """How likely each token of a text is after the prompt, and after what the request begins
        the answer with. Nothing is drawn; samplers and constraint play no part.

        continuation: a text, in which control tokens that end a turn are ordinary text, or ids.
        whole: score the prompt's tokens too, which has to read all of it; else it comes from the
        prompt cache where it is known. Waits its turn as runs do. Ends with Scored or Failed. For
        models with the capability `scores`.
        """
        ...

    def distribution(
        self, request: Request, ids: Sequence[int], visitor: str = ""
    ) -> Readable[DistributionEvent]:
        """All that may follow the answer's first tokens `ids`, those that the request begins it
        with among them. Takes milliseconds where the place is known from an earlier prefill. Ends
        with Distribution or Failed. For models with the capability `distributions`.
        """
        ...

    def sampler_steps(
        self, found: Distribution, params: SamplingParams, top: int = TOP,
        about: Sequence[int] = (),
    ) -> SamplerSteps:  # fmt: skip
        """What each sampler that is on makes of a distribution, in their order; asks no model.

        top: how many of the likeliest are listed, of those before the samplers and of those after
        them. about: ids that are listed in addition. Raises InvalidInput where the model is no
        longer in memory.
        """
        ...

    def image_info(self, image: Image) -> ImageFacts:
        """Size and frames of an image file; needs no model. Raises InvalidInput for a bad one."""
        ...

    def preview(self, image: Image, longest_side: int) -> bytes:
        """A JPEG of an image as the model gets it: upright, transparent parts on white.

        longest_side: in pixels; smaller images keep their size. Needs no model. Raises
        InvalidInput for a file that is not an image.
        """
        ...

    def load(
        self, model: str, weights: str = "auto", alongside: bool = False
    ) -> Generator[LoadEvent, None, None]:
        """Load a Hub id or a folder and use it from then on; ends with Loaded or Failed.

        weights: the number format of the weights in memory, one of `core.runs.engine.WEIGHTS`.
        alongside: the model in use stays in use, and this one is added for lanes that name
        it; one that stood there before goes.

        Until Loaded the models in memory stay. Closing the iterator cancels.
        """
        ...
