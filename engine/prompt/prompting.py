"""A request's prompt, token by token: what `render` shows is what `stream` sends.

The ids are those of `apply_chat_template(messages, tokenize=True)` of the checkpoint's tokenizer or
processor, and with typed control tokens those of `sanitize_control_tokens=True`; without a chat
template those of `tokenizer(text)`. They are made
here because Transformers 5.23 gives no offsets with that option, and LFM2-VL's processor counts a
typed `<image>` as an image in spite of it.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import chain, repeat
from typing import Any

import torch
from tokenizers import Tokenizer

from core.bounds import check_conversation
from core.conversation import Conversation
from core.errors import InvalidInput
from core.prompt import PromptToken, RenderedPrompt
from core.template_options import OptionValues
from core.tools.schemas import parse_tools
from core.vision import VisionBudget
from engine.batch.prompt_cache import Keys
from engine.images.image_reader import ImageReader, ReadImages
from engine.prompt.layout import Layout, Span, lay_out
from engine.prompt.plain_text import PlainText
from engine.prompt.template import MARKS, ChatTemplate

KINDS = "mm_token_type_ids"
MOST_TEXTS = 2**18  # more than any vocabulary here has tokens
FAR = 2**62  # after every character


@dataclass(frozen=True)
class Prompt:
    """features: tensors that `forward` takes with the ids, at prefill only.

    keys: of each token, its id, or for an image's place what identifies the image and its budget.
    Prompts with equal keys are equal inputs. after: tokens of an answer, which follow the prompt.
    """

    rendered: RenderedPrompt
    keys: Keys
    features: dict[str, torch.Tensor] = field(default_factory=dict[str, torch.Tensor])
    after: tuple[int, ...] = ()

    @property
    def ids(self) -> tuple[int, ...]:
        return (*self.rendered.token_ids, *self.after)

    def with_answer(self, ids: tuple[int, ...]) -> Prompt:
        """This prompt and the beginning of an answer."""
        features = dict(self.features)
        if KINDS in features:
            features[KINDS] = torch.nn.functional.pad(features[KINDS], (0, len(ids)))
        return replace(self, keys=(*self.keys, *ids), features=features, after=ids)


class Prompting:
    """Builds prompts for one checkpoint. Safe to use from several threads.

    It keeps a copy of the tokenizer's Rust part whose options never change: Transformers sets
    options such as truncation on the shared one at each call.
    """

    def __init__(
        self,
        tokenizer: Any,
        template: ChatTemplate | PlainText,
        images: ImageReader | None,
        context_length: int,
        model: str,
    ) -> None:
        self._backend: Tokenizer = copy.deepcopy(tokenizer.backend_tokenizer)
        self._backend.no_truncation()
        self._backend.no_padding()
        self._backend.encode_special_tokens = False
        self._template = template
        self._plain = template if isinstance(template, PlainText) else PlainText(tokenizer, ())
        self._images = images
        self._context_length = context_length
        self._model = model
        self._newline = self._backend.encode("\n", add_special_tokens=False).ids
        added = tokenizer.added_tokens_decoder
        self._special = {i for i, t in added.items() if t.special or t.content in template.control}
        self._image_id = tokenizer.convert_tokens_to_ids(images.token) if images else None
        self.text_of = lru_cache(MOST_TEXTS)(self._text_of)

    def decode(self, ids: list[int]) -> str:
        """Ids to text with all special tokens, changing nothing about spaces."""
        return self._backend.decode(ids, skip_special_tokens=False)

    def _text_of(self, token_id: int) -> str:
        """One token alone. Many are asked for again and again, and share their texts."""
        return self.decode([token_id])

    def answer_ids(self, text: str) -> tuple[int, ...]:
        """A text that somebody typed as the tokens of an answer. What could end a turn is encoded
        as ordinary text, as in a prefill.
        """
        clean = MARKS.sub("", text)
        ids: list[int] = []
        end = 0
        for found in self._template.typed_by_assistant.finditer(clean):
            ids += self._encode(clean[end : found.start()], False, False)[0]
            ids += self._encode(found.group(), False, True)[0]
            end = found.end()
        return (*ids, *self._encode(clean[end:], False, False)[0])

    def build(
        self, conversation: Conversation, budget: VisionBudget, options: OptionValues = ()
    ) -> Prompt:
        """options: of the chat template; those that it doesn't read are left out. Raises
        InvalidInput where the checkpoint can't be asked this.
        """
        if not conversation.messages:
            raise InvalidInput("No message to send. Write a user message.")
        check_conversation(conversation, self._context_length)
        read = self._read_images(conversation, budget)
        template = self._plain if conversation.plain else self._template
        layout = self._lay_out(template, conversation, read, options)
        tokens = self._tokens(layout)
        if not tokens:
            raise InvalidInput("The messages are empty. Write the beginning of a text.")
        rendered = RenderedPrompt(
            layout.text, tokens, self._context_length, layout.neutralised,
            tools_ignored=layout.tools is None and bool(parse_tools(conversation.tools)),
            unplaced=layout.unplaced,
            in_template=isinstance(template, ChatTemplate),
        )  # fmt: skip
        features = dict(read.tensors)
        if self._images is not None and KINDS in features:  # made for the bare placeholders
            features[KINDS] = self._images.kinds_of(rendered.token_ids)
        return Prompt(rendered, self._keys(tokens, read), features)

    def _lay_out(
        self,
        template: ChatTemplate | PlainText,
        conversation: Conversation,
        read: ReadImages,
        options: OptionValues,
    ) -> Layout:
        if isinstance(template, PlainText):
            return template.lay_out(conversation)
        image_token = self._images.token if self._images else None
        return lay_out(template, conversation, image_token, read.texts, options)

    def _keys(self, tokens: Sequence[PromptToken], read: ReadImages) -> Keys:
        if self._images is None or not read.digests:
            return tuple(token.token_id for token in tokens)
        counts = [text.count(self._images.token) for text in read.texts]
        marks = chain.from_iterable(map(repeat, read.digests, counts))
        return tuple(next(marks) if token.image else token.token_id for token in tokens)

    def _read_images(self, conversation: Conversation, budget: VisionBudget) -> ReadImages:
        if not conversation.images:
            return ReadImages()
        if self._images is None:
            raise InvalidInput(
                f"{self._model} reads text only. Remove the images, or load a vision-language "
                "model such as LiquidAI/LFM2.5-VL-450M."
            )
        return self._images.read(conversation.images, budget, self._context_length)

    def _tokens(self, layout: Layout) -> tuple[PromptToken, ...]:
        """A long chat is rendered at each keystroke: whole lists at a time, no call per token."""
        ids: list[int] = []
        places: list[tuple[int, int]] = []
        texts: list[str] = []
        typed: list[bool] = []
        for start, end, is_typed in _pieces(layout):
            piece = layout.text[start:end]
            first = start <= layout.begins
            piece_ids, offsets = self._encode(piece, first, is_typed)
            ids += piece_ids
            places += [(start + a, start + b) for a, b in offsets] if start else offsets
            texts += _texts(piece, offsets)
            typed += [is_typed] * len(piece_ids)
        spans = sorted((*layout.contents, *layout.images), key=lambda span: span.start)
        owners = _owners(places, spans)
        special, image_id = self._special, self._image_id
        tools = layout.tools or Span(0, 0)
        of_tools = [tools.start <= start < tools.end for start, _ in places]
        return tuple(
            PromptToken(
                i, text, owner, i in special and not t, i == image_id and not t,
                added and owner is None,
            )
            for i, text, owner, t, added in zip(ids, texts, owners, typed, of_tools, strict=True)
        )  # fmt: skip

    def _encode(
        self, piece: str, first: bool, typed: bool
    ) -> tuple[list[int], list[tuple[int, int]]]:
        """Ids and offsets of a piece; typed: as ordinary text, whatever it spells.

        A later piece is encoded after a newline that is then removed, as in `encode_marked_chat`,
        because SentencePiece adds a space to the start of a text.
        """
        if first and not typed:
            encoding = self._backend.encode(piece, add_special_tokens=False)
            return encoding.ids, encoding.offsets
        encode = self._encode_typed if typed else self._encode_plain
        ids, offsets = encode("\n" + piece)
        if ids[: len(self._newline)] != self._newline:
            return encode(piece)
        cut = len(self._newline)
        return ids[cut:], [(max(0, a - 1), max(0, b - 1)) for a, b in offsets[cut:]]

    def _encode_plain(self, text: str) -> tuple[list[int], list[tuple[int, int]]]:
        encoding = self._backend.encode(text, add_special_tokens=False)
        return encoding.ids, encoding.offsets

    def _encode_typed(self, text: str) -> tuple[list[int], list[tuple[int, int]]]:
        """The backend's steps without its added tokens. Offsets: each word's whole stretch."""
        if self._backend.normalizer is not None:
            text = self._backend.normalizer.normalize_str(text)
        words = [(text, (0, len(text)))]
        if self._backend.pre_tokenizer is not None:
            words = self._backend.pre_tokenizer.pre_tokenize_str(text)
        tokens = [(t.id, at) for word, at in words for t in self._backend.model.tokenize(word)]
        return [token_id for token_id, _ in tokens], [at for _, at in tokens]


def _pieces(layout: Layout) -> Iterator[tuple[int, int, bool]]:
    """(start, end, typed) of the stretches that are encoded apart, empty ones left out."""
    last = 0
    for span in layout.typed:
        if last < span.start:
            yield last, span.start, False
        if span.start < span.end:
            yield span.start, span.end, True
        last = span.end
    if last < len(layout.text):
        yield last, len(layout.text), False


def _owners(places: Sequence[tuple[int, int]], spans: Sequence[Span]) -> list[int | None]:
    """The message that each stretch of characters belongs to; both in rising order."""
    owners: list[int | None] = []
    following = iter((*spans, Span(FAR, FAR)))
    span = next(following)
    for start, end in places:
        while span.end <= start:
            span = next(following)
        owners.append(span.place if span.start < end or span.start == start else None)
    return owners


def _texts(piece: str, offsets: Sequence[tuple[int, int]]) -> list[str]:
    """A text for each token, so that they add up to `piece`.

    Tokens that share a character leave it to the last of them; characters between two tokens
    (byte-level offsets may leave out spaces) go to the second.
    """
    texts: list[str] = []
    done = 0
    starts = [start for start, _ in offsets[1:]]
    for (_, end), following in zip(offsets, (*starts, len(piece)), strict=True):
        upto = max(done, min(end, following))
        texts.append(piece[done:upto])
        done = upto
    if texts:
        texts[-1] += piece[done:]
    return texts
