"""A marked prompt taken apart: plain text, and which message each stretch of it came from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from core.conversation import Conversation
from core.errors import InvalidInput
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


@dataclass(frozen=True, slots=True)
class Span:
    """Characters `start` up to `end` of the prompt's text; `place` is the message's, or None."""

    start: int
    end: int
    place: int | None = None


@dataclass(frozen=True)
class Layout:
    """text: without marks, images expanded. contents, images: spans that belong to messages.

    typed: control tokens that a person typed, to be encoded as ordinary text; an empty span only
    separates. All spans are in order. tools: what is there because of the tools, None where the
    prompt is the same without them.
    """

    text: str
    contents: tuple[Span, ...] = ()
    images: tuple[Span, ...] = ()
    typed: tuple[Span, ...] = ()
    neutralised: tuple[str, ...] = field(default=())
    tools: Span | None = None


def lay_out(
    template: ChatTemplate,
    conversation: Conversation,
    image_token: str | None,
    image_texts: Sequence[str],
) -> Layout:
    """Render `conversation`; image_texts are what the images' placeholders expand to, in order.

    Marks could change what a template does (one that looks at the start of a content). So the
    prompt is also rendered without the marks of places, and that one counts: where the two
    differ, contents are searched for in it instead.
    """
    plain, neutralised = template.render(conversation, with_places=False)
    marked, _ = template.render(conversation, with_places=True)
    faithful = re.sub(f"{CONTENT}[{DIGITS}]{{{PLACE_LENGTH}}}|{CONTENT_END}", "", marked) == plain
    owners = [p for p, turn in enumerate(conversation.messages) for _ in turn.images]
    source = marked if faithful else plain
    if conversation.tools:
        bare, _ = template.render(replace(conversation, tools=""), with_places=faithful)
        source = _with_tools_marked(source, bare)
    reader = _Reader(image_token, image_texts, owners)
    reader.read(source)
    if reader.images_left:
        raise InvalidInput(
            f"The model's chat template has room for {len(reader.images)} of {len(owners)} images. "
            "Put images into user messages only."
        )
    text = "".join(reader.pieces)
    contents = reader.contents if faithful else _search(text, conversation)
    return Layout(
        text,
        tuple(_widened(text, span, conversation) for span in contents),
        tuple(reader.images),
        tuple(reader.typed),
        neutralised,
        Span(*reader.tools) if len(reader.tools) == 2 else None,
    )


def _with_tools_marked(text: str, bare: str) -> str:
    """`text` with marks around what it has more than `bare`, the same without tools."""
    if text == bare:
        return text
    pairs = enumerate(zip(text, bare, strict=False))
    start = next((place for place, (a, b) in pairs if a != b), min(len(text), len(bare)))
    behind = enumerate(zip(reversed(text[start:]), reversed(bare[start:]), strict=False))
    most = min(len(text), len(bare)) - start
    end = len(text) - next((place for place, (a, b) in behind if a != b), most)
    return f"{text[:start]}{TOOLS}{text[start:end]}{TOOLS_END}{text[end:]}"


class _Reader:
    """Copies a marked text piece by piece and notes the marks' places in the copy."""

    def __init__(
        self, image_token: str | None, image_texts: Sequence[str], owners: Sequence[int]
    ) -> None:
        placeholder = re.escape(image_token) if image_token and image_texts else "(?!)"
        self._marks = re.compile(
            f"{TYPED}(?P<typed>[^\ufdd0-\ufdef]*){TYPED_END}"
            f"|{CONTENT}(?P<place>[{DIGITS}]{{{PLACE_LENGTH}}})"
            f"|(?P<end>{CONTENT_END})|(?P<image>{placeholder})|(?P<tools>{TOOLS}|{TOOLS_END})"
            f"|{MARKS.pattern}"
        )
        self._images = list(zip(image_texts, owners, strict=True))[::-1]
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
                if opened is not None:
                    self.contents.append(Span(opened.start, self._length, opened.place))
                opened = None
            elif match["image"]:
                self._image(match["image"])
            elif match["tools"]:
                self.tools.append(self._length)
            else:  # a typed control token, or a lone mark that a template's split() left behind
                start = self._length
                self._copy(match["typed"] or "")
                self.typed.append(Span(start, self._length))
        self._copy(marked[last:])

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


def _search(text: str, conversation: Conversation) -> list[Span]:
    """Each message's text, looked for behind the one before it; changed texts aren't found."""
    spans: list[Span] = []
    behind = 0
    for place, turn in enumerate(conversation.messages):
        content = MARKS.sub("", turn.text).strip()
        start = text.find(content, behind) if content else -1
        if start >= 0:
            behind = start + len(content)
            spans.append(Span(start, behind, place))
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
