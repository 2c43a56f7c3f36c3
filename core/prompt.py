"""The rendered prompt: exactly what the model reads, token by token.

Every token count on the page comes from here, so that the numbers agree.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True, slots=True)
class PromptToken:
    """One token of the prompt.

    text: its characters; empty for all but the last token of a character that several tokens make.
    message: the place of the message whose content it belongs to, None for the template's own.
    special: a control token of the tokenizer. image: a placeholder for image features.
    tools: it is there because of the tools, and belongs to no message.
    """

    token_id: int
    text: str
    message: int | None = None
    special: bool = False
    image: bool = False
    tools: bool = False


@dataclass(frozen=True)
class RenderedPrompt:
    """text: the rendered template. neutralised: control tokens a person typed, sent as text.

    tools_ignored: there are tools, and the template writes the same prompt without them. unplaced:
    places of messages that the template rewrites: which tokens are theirs is not known.
    in_template: False where the model has none, and the messages' texts are one text. parts_known:
    False where a server tells tokens only, and not which are special or belong to which message.
    """

    text: str
    tokens: tuple[PromptToken, ...]
    context_length: int
    neutralised: tuple[str, ...] = ()
    tools_ignored: bool = False
    unplaced: tuple[int, ...] = ()
    in_template: bool = True
    parts_known: bool = True

    @cached_property
    def token_ids(self) -> tuple[int, ...]:
        return tuple(token.token_id for token in self.tokens)

    @cached_property
    def message_tokens(self) -> Counter[int]:
        """Tokens by place of message; the template's own tokens are in none of them."""
        return Counter(token.message for token in self.tokens if token.message is not None)

    @cached_property
    def tool_tokens(self) -> int:
        return sum(token.tools for token in self.tokens)

    @cached_property
    def image_tokens(self) -> int:
        return sum(token.image for token in self.tokens)
