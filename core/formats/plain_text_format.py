r"""Conversations as plain text with headings: `User: ...`, `Assistant: ...`. Read and written.

Between two messages stands an empty line. A line of a message that looks like a heading is written
with a backslash in front. Line ends are line feeds; tools, images and settings have no place.
"""

from __future__ import annotations

import re
from itertools import islice

from core.bounds import MOST_IMPORTED_MESSAGES, check_count
from core.conversation import Conversation, Message, Role, message
from core.formats.imported_chat import ImportedChat

ROLES: dict[str, Role] = {
    "system": "system", "user": "user", "human": "user", "assistant": "assistant",
    "ai": "assistant", "tool": "tool",
}  # fmt: skip
NAMES = "|".join(ROLES)
FLAGS = re.IGNORECASE | re.MULTILINE | re.ASCII
HEADING = re.compile(rf"^({NAMES}):(?: |(?=\n)|$)", FLAGS)
LIKE_A_HEADING = re.compile(rf"^(\\*(?:{NAMES}):)", FLAGS)
ESCAPED = re.compile(rf"^\\(\\*(?:{NAMES}):)", FLAGS)


def read_plain_text(text: str, where: str = "The text") -> ImportedChat:
    """Without a heading on its first line the whole text is one user message.

    where: the file, for errors. Raises InvalidInput for too many messages.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    headings = list(islice(HEADING.finditer(text), MOST_IMPORTED_MESSAGES + 1))
    check_count(len(headings), MOST_IMPORTED_MESSAGES, "messages", where)
    if not headings or text[: headings[0].start()].strip():
        return ImportedChat(Conversation((message("user", text.removesuffix("\n")),)))
    turns: list[Message] = []
    for place, heading in enumerate(headings):
        last = place + 1 == len(headings)
        block = text[heading.end() : None if last else headings[place + 1].start()]
        block = block.removesuffix("\n") if last else _without_gap(block)
        first, line_feed, others = block.partition("\n")
        alone = not heading[0].endswith(" ")  # then the text begins on the next line
        text_of = ("" if alone else first + line_feed) + ESCAPED.sub(r"\1", others)
        turns.append(message(ROLES[heading[1].lower()], text_of))
    return ImportedChat(Conversation(tuple(turns)))


def _without_gap(block: str) -> str:
    """Without the empty line before the next heading, or the line feed where there is none."""
    return block.removesuffix("\n\n") if block.endswith("\n\n") else block.removesuffix("\n")


def write_plain_text(conversation: Conversation) -> str:
    """Ends with a line feed."""
    return "\n\n".join(map(_written, conversation.messages)) + "\n"


def _written(turn: Message) -> str:
    text = turn.text.replace("\r\n", "\n").replace("\r", "\n")
    first, line_feed, others = text.partition("\n")
    return f"{turn.role.title()}: {first}{line_feed}" + LIKE_A_HEADING.sub(r"\\\1", others)
