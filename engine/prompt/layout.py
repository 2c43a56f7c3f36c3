"""A marked prompt taken apart: plain text, and which message each stretch of it came from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from os.path import commonprefix

from core.conversation import Conversation
from core.errors import InvalidInput
from core.template_options import OptionValues
from engine.prompt.template import (
    CONTENT,
    CONTENT_END,
    DIGITS,
    MARKS,
    PLACE_LENGTH,
    TOOLS,
    TOOLS_END,
    TYPED,
    TYPED_END,
    ChatTemplate,
    read_place,
)

PLACE = f"[{DIGITS}]{{{PLACE_LENGTH}}}"
PLACED = re.compile(f"[{CONTENT}{CONTENT_END}]{PLACE}")


@dataclass(frozen=True, slots=True)
class Span:
    """Characters `start` up to `end` of the prompt's text; `place` is the message's, or None."""

    start: int
    end: int
    place: int | None = None


@dataclass(frozen=True)
class Layout:
    """text: without marks, images expanded. contents, images: spans that belong to messages.
    unplaced: messages whose text was not found, as the template rewrites it.

    typed: control tokens that a person typed, to be encoded as ordinary text; an empty span only
    separates. begins: where the text begins, after a token that the tokenizer puts before all text.
    All spans are in order. tools: what is there because of the tools, None where the
    prompt is the same without them.
    """

    text: str
    contents: tuple[Span, ...] = ()
    images: tuple[Span, ...] = ()
    typed: tuple[Span, ...] = ()
    neutralised: tuple[str, ...] = field(default=())
    tools: Span | None = None
    begins: int = 0
    unplaced: tuple[int, ...] = ()


def lay_out(
    template: ChatTemplate,
    conversation: Conversation,
    image_token: str | None,
    image_texts: Sequence[str],
    options: OptionValues = (),
) -> Layout:
    """Render `conversation`; image_texts are what the images' placeholders expand to, in order.

    Marks could change what a template does (one that looks at the start of a content), or make it
    refuse the conversation (one that takes a thought out of it). So the prompt is also rendered
    without the marks of places, and that one counts: where the two differ, contents are searched
    for in it instead.
    """
    plain, neutralised = template.render(conversation, False, options)
    marked = _rendered(template, conversation, True, options)
    faithful = marked is not None and PLACED.sub("", marked) == plain
    owners = [p for p, turn in enumerate(conversation.messages) for _ in turn.images]
    source = marked if marked is not None and faithful else plain
    if conversation.tools:
        bare = _rendered(template, replace(conversation, tools=""), faithful, options)
        source = _with_tools_marked(source, bare)
    reader = _Reader(image_token, image_texts, owners, _texts(conversation))
    reader.read(source)
    if reader.images_left:
        raise InvalidInput(
            f"The model's chat template takes {len(reader.images)} of {len(owners)} images. "
            "Put images into user messages only."
        )
    text = "".join(reader.pieces)
    contents = reader.contents if faithful else _search(text, conversation)
    found = {span.place for span in contents}
    unplaced = () if faithful else (p for p, t in enumerate(_texts(conversation)) if t)
    return Layout(
        text,
        tuple(_widened(text, span, conversation) for span in contents),
        tuple(reader.images),
        tuple(reader.typed),
        neutralised,
        Span(*reader.tools) if len(reader.tools) == 2 else None,
        unplaced=tuple(place for place in unplaced if place not in found),
    )


def _rendered(
    template: ChatTemplate, conversation: Conversation, with_places: bool, options: OptionValues
) -> str | None:
    """None where the template refuses what it takes with other marks or with tools."""
    try:
        return template.render(conversation, with_places, options)[0]
    except InvalidInput:
        return None


def _with_tools_marked(text: str, bare: str | None) -> str:
    """`text` with marks around what it has more than `bare`, the same without tools; None: not
    known.
    """
    if text == bare:
        return text
    if bare is None:
        return f"{TOOLS}{TOOLS_END}{text}"
    pairs = enumerate(zip(text, bare, strict=False))
    start = next((place for place, (a, b) in pairs if a != b), min(len(text), len(bare)))
    backwards = enumerate(zip(reversed(text[start:]), reversed(bare[start:]), strict=False))
    most = min(len(text), len(bare)) - start
    end = len(text) - next((place for place, (a, b) in backwards if a != b), most)
    return f"{text[:start]}{TOOLS}{text[start:end]}{TOOLS_END}{text[end:]}"


class _Reader:
    """Copies a marked text piece by piece and notes the marks' places in the copy."""

    def __init__(
        self,
        image_token: str | None,
        image_texts: Sequence[str],
        owners: Sequence[int],
        texts: Sequence[str],
    ) -> None:
        placeholder = re.escape(image_token) if image_token and image_texts else "(?!)"
        self._marks = re.compile(
            f"{TYPED}(?P<typed>[^\ufdd0-\ufdef]*){TYPED_END}"
            f"|{CONTENT}(?P<place>{PLACE})|{CONTENT_END}(?P<end>{PLACE})|(?P<image>{placeholder})|(?P<tools>{TOOLS}|{TOOLS_END})"
            f"|{MARKS.pattern}"
        )
        self._images = list(zip(image_texts, owners, strict=True))[::-1]
        self._texts = texts
        self._length = 0
        self.pieces: list[str] = []
        self.contents: list[Span] = []
        self.images: list[Span] = []
        self.typed: list[Span] = []
        self.tools: list[int] = []  # where it begins and ends

    @property
    def images_left(self) -> bool:
        return bool(self._images)

    def read(self, marked: str) -> None:
        opened: Span | None = None
        last = 0
        for match in self._marks.finditer(marked):
            self._copy(marked[last : match.start()])
            last = match.end()
            if match["place"]:
                opened = Span(self._length, self._length, read_place(match["place"]))
            elif match["end"]:
                place = read_place(match["end"])
                if opened is None or opened.place != place:
                    opened = Span(self._start_of_end(place), self._length, place)
                self.contents.append(Span(opened.start, self._length, place))
                opened = None
            elif match["image"]:
                self._image(match["image"])
            elif match["tools"]:
                self.tools.append(self._length)
            else:  # a typed control token, or a lone mark that a template's split() left
                start = self._length
                self._copy(match["typed"] or "")
                self.typed.append(Span(start, self._length))
        self._copy(marked[last:])

    def _start_of_end(self, place: int) -> int:
        """Where the kept end of a content begins, which a template cut at a thought's end."""
        text = self._texts[place]
        written = "".join(self.pieces)[-len(text) :] if text else ""
        return self._length - len(commonprefix([written[::-1], text[::-1]]))

    def _image(self, placeholder: str) -> None:
        if not self._images:
            raise InvalidInput(
                f"The chat template writes more {placeholder} placeholders than there are images. "
                "Remove the images, or choose another model."
            )
        text, owner = self._images.pop()
        start = self._length
        self._copy(text)
        self.images.append(Span(start, self._length, owner))

    def _copy(self, piece: str) -> None:
        self.pieces.append(piece)
        self._length += len(piece)


def _texts(conversation: Conversation) -> list[str]:
    """The messages' texts, as a template writes them at the least."""
    return [MARKS.sub("", turn.text).strip() for turn in conversation.messages]


def _search(text: str, conversation: Conversation) -> list[Span]:
    """Each message's text, looked for after the one before it; changed texts aren't found."""
    spans: list[Span] = []
    end = 0
    for place, content in enumerate(_texts(conversation)):
        start = text.find(content, end) if content else -1
        if start >= 0:
            end = start + len(content)
            spans.append(Span(start, end, place))
    return spans


def _widened(text: str, span: Span, conversation: Conversation) -> Span:
    """The span with the white space at the content's ends, if the template kept it."""
    content = MARKS.sub("", conversation.messages[span.place or 0].text)
    if not content.strip():
        return span
    before = content[: len(content) - len(content.lstrip())]
    after = content[len(content.rstrip()) :]
    start = max(0, span.start - len(before))
    start = start if text.startswith(before, start) else span.start
    end = span.end + len(after) if text.startswith(after, span.end) else span.end
    return Span(start, end, span.place)
