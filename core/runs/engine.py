"""What the page and the API ask of an engine, whichever it is."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Protocol

from core.conversation import Image
from core.prompt import RenderedPrompt
from core.runs.events import Event, Failed
from core.runs.verification import VerifyEvent
from core.vision import ImageFacts, VisionBudget
from core.workspace import Request

WEIGHTS = ("auto", "float32", "bfloat16", "float16", "int8", "int4")


def name_of(model: str) -> str:
    """The Hub id, or a folder's own name: where the folder lies is nobody's business."""
    path = PurePath(model)
    return path.name if path.is_absolute() or model[:1] in ("~", ".") else model


@dataclass(frozen=True, slots=True)
class ModelDescription:
    """The model in use, as it really is in memory.

    model: the Hub id or folder it was loaded by. parameters: number of weights.
    memory_bytes: of the weights. context_length: tokens of prompt and answer together.
    dtype: what it computes in. weights: what the weights are kept as, in words ("int8", "float32,
    packed"). budget: the image processor's own values; None where there is none, or one with other
    controls. splits_images: whether it can cut tiles, or takes bounds in pixels only. revision: the
    Hub's commit; empty for a folder. lists_only: its chat template takes contents as lists of parts
    and no texts. alias: its name where another model in memory has the name of its folder.
    """

    model: str
    architecture: str
    parameters: int
    dtype: str
    weights: str
    device: str
    memory_bytes: int
    context_length: int
    reads_images: bool
    load_seconds: float
    budget: VisionBudget | None = None
    splits_images: bool = True
    revision: str = ""
    lists_only: bool = False
    alias: str = ""

    @property
    def name(self) -> str:
        """What pages and lanes know it by."""
        return self.alias or name_of(self.model)


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


class EventStream(Protocol):
    """The events of a run, each with its lane's label; read by iterating, or by `drain`."""

    def __iter__(self) -> Iterator[tuple[str, Event]]: ...

    def __next__(self) -> tuple[str, Event]: ...

    def start(self) -> None:
        """Build the prompts and ask for room; takes as long as that. Iterating calls it, too."""
        ...

    def drain(self) -> tuple[list[tuple[str, Event]], bool]:
        """All events that have come since the last call, and whether they were the last ones.

        Never waits; for one thread at a time, after `start`.
        """
        ...

    def stop(self, lane: str) -> None:
        """End one lane within one decoding step. Any thread may call this."""
        ...

    def close(self) -> None:
        """End all lanes. Any thread may call this."""
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

    def stream(self, requests: Sequence[Request], visitor: str = "") -> EventStream:
        """Answer all requests together; yields the lane's label with each of its events.

        visitor: who asks; where runs have to wait, visitors take turns. Each lane ends with
        Finished or Failed. Closing ends the lanes within one decoding step. Never raises for
        an expected failure: that is a Failed event of its lane.
        """
        ...

    def render(self, request: Request) -> RenderedPrompt:
        """The prompt of `request` as it would be sent. Raises InvalidInput if it can't be built."""
        ...

    def verify(
        self, request: Request, token_ids: Sequence[int]
    ) -> Generator[VerifyEvent, None, None]:
        """Answer `request` again as its exported script does, and compare with `token_ids`.

        Ends with Verified or Failed. Closing the iterator ends the work within one decoding step.
        """
        ...

    def look(self, image: Image) -> ImageFacts:
        """Size and frames of an image file; needs no model. Raises InvalidInput for a bad one."""
        ...

    def preview(self, image: Image, longest_side: int) -> bytes:
        """A JPEG of an image as the model gets it: upright, transparent parts on white.

        longest_side: in pixels; smaller images keep their size. Needs no model. Raises
        InvalidInput for a file that is no image.
        """
        ...

    def load(
        self, model: str, weights: str = "auto", beside: bool = False
    ) -> Generator[LoadEvent, None, None]:
        """Load a Hub id or a folder and use it from then on; ends with Loaded or Failed.

        weights: the number format of the weights in memory, one of `core.runs.engine.WEIGHTS`.
        beside: the model in use stays in use, and this one stands beside it for lanes that name
        it; one that stood there before goes.

        Until Loaded the models in memory stay. Closing the iterator cancels.
        """
        ...
