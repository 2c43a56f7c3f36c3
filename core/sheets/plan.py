"""What a sheet asks of the engine: the request of each place, and the key by which its answer is
known again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path

from core.conversation import Conversation, Image, Message, Part
from core.errors import InvalidInput
from core.lanes import Lane
from core.library.library import Preset
from core.sessions.session_images import name_of_content
from core.sheets.cell import Place
from core.sheets.sheet import EXPECTED, Sheet
from core.variables import fill_conversation, fill_lane, texts_of, variables
from core.workspace import Request, requests

ImageOf = Callable[[str], Image]


def no_images(name: str) -> Image:
    raise InvalidInput(f"The image {name[:80]!r} was not uploaded. Add it, or choose no column.")


class Plan:
    """A sheet with its lanes resolved. presets: those that lanes may name. model: the name of the
    one in use, which lanes without one of their own mean. values: of variables that are no columns,
    in addition to those of the workspace.
    image_of: finds what a row names in the column of images; raises InvalidInput. Images count by
    their content, as it is when they are first asked for.

    lanes: as they run. names: of their presets by label, where they have one.
    """

    def __init__(
        self,
        sheet: Sheet,
        presets: Mapping[str, Preset],
        model: str = "",
        values: Mapping[str, str] | None = None,
        image_of: ImageOf = no_images,
    ) -> None:
        self.sheet = sheet
        self.made_with = (sheet, presets, model, values, image_of)
        labels = sheet.workspace.labels
        lanes = (sheet.workspace.lane(one, presets) for one in labels)
        self.lanes = tuple(replace(lane, variables=None) for lane in lanes)  # filled in here
        used = {one: presets.get(sheet.workspace.preset_of(one)) for one in labels}
        self.names = {label: preset.name for label, preset in used.items() if preset}
        self._values = {**dict(sheet.workspace.variables), **(values or {})}
        self._image_of = image_of
        self._image_names: dict[str, str] = {}  # that tell the content, by the names in rows
        self._by_label = {lane.label: lane for lane in self.lanes}
        self._samples = [
            (label, sample) for label in labels for sample in range(self.samples(label))
        ]
        talk = sheet.workspace.conversation
        self._names = {lane.label: variables(texts_of(talk, [lane])) for lane in self.lanes}
        self._prints = {lane.label: _print(talk, lane, model) for lane in self.lanes}

    def check(self) -> None:
        """Raises InvalidInput where no row could run: a variable that neither a column nor
        `values` gives, or nothing to answer.
        """
        known = {*self.sheet.columns, *self._values, *([EXPECTED] if self.sheet.expected else [])}
        names = dict.fromkeys(name for names in self._names.values() for name in names)
        if missing := [name for name in names if name not in known]:
            columns = ", ".join(self.sheet.columns) or "none"
            raise InvalidInput(
                f"The prompt has the variable {missing[0][:40]}, but the sheet has no such column; "
                f"its columns are {columns}. Rename one, or add it."
            )
        if not self.sheet.rows:
            raise InvalidInput("The sheet has no rows. Add some, then run.")
        if not any(turn.parts for turn in self.sheet.workspace.conversation.messages):
            raise InvalidInput("No message to answer. Write a user message, then run.")

    def samples(self, lane: str) -> int:
        """A greedy lane has one, as all of them would be the same."""
        return 1 if self._by_label[lane].params.greedy else self.sheet.samples

    def places(self) -> Iterator[Place]:
        """All that can run, row by row, so that prompts that are alike are asked one after another;
        rows that could not be read are left out.
        """
        for index in range(len(self.sheet.rows)):
            yield from self.places_of(index)

    def places_of(self, index: int) -> list[Place]:
        """The same for one row."""
        if self.sheet.rows[index].problem:
            return []
        return [Place(index, lane, sample) for lane, sample in self._samples]

    def missing(self, known: Collection[str]) -> Iterator[tuple[Place, str]]:
        """The places, each with its key, whose keys are not known; each key once."""
        seen = set(known)
        for place in self.places():
            if (key := self.key(place)) not in seen:
                seen.add(key)
                yield place, key

    def key(self, place: Place) -> str:
        """Names what a place asks: two places that ask the same have the same answer."""
        lane = place.lane
        values = self._row_values(place.row)
        asked = [values.get(name, "") for name in self._names[lane]]
        if name := self._image_in(place.row):
            asked.append(self._image_name(name))
        sample = place.sample if place.sample < self.samples(lane) else 0
        return hashed([self._prints[lane], asked, self._seed(lane, sample)])

    def request(self, place: Place) -> Request:
        """Raises InvalidInput where the row does not make a prompt."""
        values = self._row_values(place.row)
        lane = self._by_label[place.lane]
        seeded = replace(
            lane, params=replace(lane.params, seed=self._seed(lane.label, place.sample))
        )
        talk = fill_conversation(self.sheet.workspace.conversation, values)
        if name := self._image_in(place.row):
            talk = _with_image(talk, self._image_of(name))
        return requests(talk, [fill_lane(seeded, values)])[0]

    def _seed(self, lane: str, sample: int) -> int:
        own = self._by_label[lane].params.seed
        return (self.sheet.seed if own is None else own) + sample

    def _image_in(self, index: int) -> str:
        """What the row names in the column of images; empty without one."""
        if not self.sheet.images:
            return ""
        return self.sheet.texts(self.sheet.rows[index])[self.sheet.images].strip()

    def _image_name(self, name: str) -> str:
        if name not in self._image_names:
            try:
                found = name_of_content(Path(self._image_of(name).path))
            except InvalidInput:
                found = ""
            self._image_names[name] = found or f"no {name}"
        return self._image_names[name]

    def _row_values(self, index: int) -> dict[str, str]:
        return self._values | self.sheet.values(self.sheet.rows[index])


def _with_image(talk: Conversation, image: Image) -> Conversation:
    """In front of the last user message, as vision checkpoints are trained."""
    turns = list(talk.messages)
    for place in reversed(range(len(turns))):
        if turns[place].role == "user":
            turn: Message = turns[place]
            turns[place] = replace(turn, parts=(image, *turn.parts))
            return replace(talk, messages=tuple(turns))
    raise InvalidInput("The sheet has images, but the prompt has no user message. Write one.")


def _print(talk: Conversation, lane: Lane, model: str) -> str:
    """A hash of all that a lane's answers depend on, but for the row and the seed. Ids of messages
    are only the editor's; images count by their content.
    """
    turns = (
        replace(turn, id="", parts=tuple(map(_by_content, turn.parts))) for turn in talk.messages
    )
    talk = replace(talk, messages=tuple(turns))
    params = {**asdict(lane.params), "seed": None}
    asked = replace(lane, label="", model=lane.model or model)
    return hashed([asdict(talk), {**asdict(asked), "params": params}])


def _by_content(part: Part) -> Part:
    """An image without its place, which differs from machine to machine."""
    if not isinstance(part, Image):
        return part
    return Image(name_of_content(Path(part.path)) if part.path else "")


def hashed(value: object) -> str:
    """A short name for a value of JSON, another one for each."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:24]
