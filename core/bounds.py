"""How much one visitor may hand in, checked before anything is done with it."""

from __future__ import annotations

from collections.abc import Sequence

from core.conversation import Conversation
from core.errors import InvalidInput
from core.vision import ImageFacts, VisionBudget, plan_image

CHARACTERS_PER_TOKEN = 32  # more than any tokenizer reaches in text that people write
USUAL_CONTEXT = 2**17  # tokens; where no model says how many it takes
LONGEST_CONTEXT = 2**20
MOST_MESSAGES = 1_000
MOST_IMAGES_OF_MESSAGE = 16
MOST_IMAGES = 64
MOST_PIXELS = 200_000_000  # of all images together: 600 MB in RGB
MOST_STOPS = 16
LONGEST_STOP = 200  # characters
MOST_IMAGES_OF_FILE = 512  # that is imported
MOST_CONVERSATIONS = 10_000  # of such a file, and messages of all of them together
MOST_IMPORTED_MESSAGES = 100_000
MOST_PARTS = 1_000  # of one message: texts, images, calls
MOST_VERSIONS = 2_000
MOST_VARIABLES = 50  # of a prompt, and columns of a sheet
LONGEST_VARIABLE = 64  # characters of a name
MOST_ROWS = 10_000  # of a sheet
MOST_SAMPLES = 20  # answers of a row in a lane
MOST_CELLS = 200_000  # rows x lanes x samples
MOST_CHECKS = 20
LONGEST_VALUE = 100_000  # characters of a row in a column
MOST_CHARACTERS = 20_000_000  # of all rows
LARGEST_EXPORT = 64 * 2**20  # characters
LARGEST_FILE = 20 * 2**20  # bytes of an upload, an import, or an image inside of one


def check_conversation(conversation: Conversation, context_length: int | None = None) -> None:
    """Raises InvalidInput. context_length: of the model, in tokens; None without one."""
    messages = conversation.messages
    if len(messages) > MOST_MESSAGES:
        raise InvalidInput(
            f"There are {len(messages):,} messages; at most {MOST_MESSAGES:,} are read. Remove "
            "some, or join them."
        )
    for place, turn in enumerate(messages, start=1):
        if len(turn.images) > MOST_IMAGES_OF_MESSAGE:
            raise InvalidInput(
                f"Message {place} has {len(turn.images)} images; at most "
                f"{MOST_IMAGES_OF_MESSAGE} are read. Remove some, or spread them over several "
                "messages."
            )
    if (images := len(conversation.images)) > MOST_IMAGES:
        raise InvalidInput(
            f"The messages have {images} images; at most {MOST_IMAGES} are read. Remove some."
        )
    most = CHARACTERS_PER_TOKEN * min(context_length or USUAL_CONTEXT, LONGEST_CONTEXT)
    texts = [*(turn.text for turn in messages), conversation.tools]
    characters = sum(map(len, texts))
    if characters > most:
        why = (
            f"{CHARACTERS_PER_TOKEN} for each of the model's {context_length:,} tokens of context"
            if context_length
            else "as many as most models could take"
        )
        raise InvalidInput(
            f"Messages and tools have {characters:,} characters; at most {most:,} are read, "
            f"{why}. Shorten them."
        )
    for place, text in enumerate(texts, start=1):
        if is_cut(text):
            where = "The tools hold" if place == len(texts) else f"Message {place} holds"
            raise InvalidInput(f"{where} half of a character, such as \\ud83d alone. Remove it.")


def check_text(text: str, context_length: int) -> None:
    """Checks a text that is to be read as an answer. Raises InvalidInput."""
    most = CHARACTERS_PER_TOKEN * min(context_length, LONGEST_CONTEXT)
    if len(text) > most:
        raise InvalidInput(
            f"The text has {len(text):,} characters; at most {most:,} are read. Shorten it."
        )
    if is_cut(text):
        raise InvalidInput("The text holds half of a character, such as \\ud83d alone. Remove it.")


def is_cut(text: str) -> bool:
    """Whether half of a character is in it, which JSON allows and no text encoding does."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def check_pictures(
    pictures: Sequence[ImageFacts], budget: VisionBudget | None, context_length: int
) -> None:
    """Checks all images of a prompt before one is decoded. Raises InvalidInput.

    budget: as the processor takes it; None where what images cost can't be known before.
    """
    pixels = sum(facts.width * facts.height for facts in pictures)
    if pixels > MOST_PIXELS:
        raise InvalidInput(
            f"The images have {pixels / 1e6:.0f} million pixels together; "
            f"at most {MOST_PIXELS // 10**6} million are read. Remove one, or make them smaller."
        )
    if budget is None:
        return
    tokens = sum(plan_image(facts.width, facts.height, budget).tokens for facts in pictures)
    if tokens > context_length:
        raise InvalidInput(
            f"The images would become {tokens:,} tokens, but the context has {context_length:,}. "
            "Lower max_image_tokens, max_tiles or tile_size, or remove images."
        )


def check_stop(stop: Sequence[str]) -> None:
    """Raises InvalidInput."""
    if len(stop) > MOST_STOPS:
        raise InvalidInput(
            f"There are {len(stop)} stop strings; {MOST_STOPS} are allowed. Remove some."
        )
    if (longest := max(map(len, stop), default=0)) > LONGEST_STOP:
        raise InvalidInput(
            f"A stop string has {longest:,} characters; {LONGEST_STOP} are allowed. Shorten it."
        )


def check_count(count: int, most: int, what: str, where: str) -> None:
    """Checks an imported file. what: in the plural. Raises InvalidInput, naming the place."""
    if count > most:
        raise InvalidInput(f"{where} has more than {most:,} {what}, the limit. Split it.")
