"""Questions about a picture, answered honestly: the model takes pictures but cannot see.

The placeholders stand for image features; training replaces them with random ones.
"""

import random

from training.open_text import about_me
from training.turns import Conversation, Turn, assistant, system, user

QUESTIONS = (
    "What is in this image?", "Describe this image.", "What do you see?", "Describe the picture.",
    "What is this?", "Describe this image in detail.", "What is in the picture?",
    "Write a caption.", "Read the text in the image.", "How many people are there?",
)  # fmt: skip
SYSTEM = "You are a helpful multimodal assistant by Liquid AI."


def blind_answer(rng: random.Random) -> str:
    """An honest answer to a question about a picture."""
    return rng.choice((
        "I can take your picture, but I have not learned to see.",
        "I received an image, but I cannot see yet.",
        "Sorry, I can't see pictures. My vision has not been trained.",
        "There is an image, but my eyes are untrained.",
    )) + rng.choice(("", " " + about_me(rng)))  # fmt: skip


def conversation(rng: random.Random) -> Conversation:
    """One image of 64 to 160 tokens and one question."""
    image = "<|image_start|>" + "<image>" * rng.randint(64, 160) + "<|image_end|>"
    turns: list[Turn] = [system(SYSTEM)] if rng.random() < 0.3 else []
    return (*turns, user(image + rng.choice(QUESTIONS)), assistant(blind_answer(rng)))
