"""What a training conversation is, and which of its characters the model is taught.

Knows the ChatML layout of `chat_template.jinja`; knows nothing about tasks or tensors.
"""

from dataclasses import dataclass

# Weight of text the model only reads. Not zero: reading teaches spelling and names for free.
READING_WEIGHT = 0.1


@dataclass(frozen=True)
class Turn:
    """One message. `taught` is false for a text that nobody could have predicted, such as the
    first example of a format or a list of tools."""

    role: str
    content: str
    taught: bool = True


@dataclass(frozen=True)
class Segment:
    """A stretch of rendered text that is tokenised on its own. `weight` 0.0 means: not learnt."""

    text: str
    weight: float


Conversation = tuple[Turn, ...]


def system(content: str) -> Turn:
    """A system turn."""
    return Turn("system", content)


def user(content: str) -> Turn:
    """A user turn."""
    return Turn("user", content)


def assistant(content: str, taught: bool = True) -> Turn:
    """An assistant turn; `taught=False` shows it without teaching it."""
    return Turn("assistant", content, taught)


def segments(conversation: Conversation, cut: int | None = None) -> list[Segment]:
    """Render a conversation that ends in an assistant turn.

    `cut` is a character position in the last answer: text before it becomes a prefill that is
    tokenised on its own and not learnt, as happens when someone starts the answer for the model.
    `None` means no prefill.
    """
    parts = [Segment("<|startoftext|>", 0.0)]
    last = len(conversation) - 1
    for position, turn in enumerate(conversation):
        parts.append(Segment(f"<|im_start|>{turn.role}\n", 0.0))
        if turn.role == "tool":
            wrapped = f"<|tool_response_start|>{turn.content}<|tool_response_end|><|im_end|>"
            parts.append(Segment(wrapped, 0.0))
        elif turn.role != "assistant":
            parts.append(Segment(turn.content, READING_WEIGHT if turn.taught else 0.0))
            parts.append(Segment("<|im_end|>", 0.0))
        elif position == last and cut is not None:
            parts.append(Segment(turn.content[:cut], 0.0))
            parts.append(Segment(turn.content[cut:] + "<|im_end|>", 1.0))
        else:
            parts.append(Segment(turn.content + "<|im_end|>", 1.0 if turn.taught else 0.0))
        parts.append(Segment("\n", 0.0))
    return [part for part in parts[:-1] if part.text]
