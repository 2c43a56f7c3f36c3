"""The tokenizer: byte-level BPE under which a word looks the same wherever it stands.

Digits, line breaks, spaces and the letters of capitalised words stand alone, so `John` is the same
pieces after a space, a quote or a line start, and copying it is copying its pieces.
"""

import random
import re
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from training.data import chatting, frames, instructions
from training.data.dates import MONTHS
from training.data.person_names import REAL, TOWNS

VOCABULARY = 2560
CONTEXT = 4096
TEMPLATE = Path(__file__).with_name("chat_template.jinja")

# The order gives the ids: the first fourteen are those of LFM2.
SPECIAL = (
    "<|pad|>", "<|startoftext|>", "<|endoftext|>", "<|fim_pre|>", "<|fim_mid|>", "<|fim_suf|>",
    "<|im_start|>", "<|im_end|>", "<|tool_list_start|>", "<|tool_list_end|>",
    "<|tool_call_start|>", "<|tool_call_end|>", "<|tool_response_start|>",
    "<|tool_response_end|>", "<image>", "<|image_start|>", "<|image_end|>", "<|img_thumbnail|>",
    *(f"<|img_row_{row}_col_{column}|>" for row in range(1, 11) for column in range(1, 11)),
)  # fmt: skip

PIECES = (
    r"\p{N}|\p{Lu}[\p{Ll}\p{M}]+|\p{Lu}+(?!\p{Ll})|\p{Lu}|[\p{Ll}\p{Lt}\p{Lm}\p{Lo}\p{M}]+"
    r"|\n|\r|\t| +|[^\s\p{L}\p{N}\p{M}]|\s"
)
# A capitalised word is spelled letter by letter: names then consist of the few pieces that every
# other name has made familiar. Everything else stays whole.
LETTERS = r"\A(?!\p{Lu}[\p{Ll}\p{M}])(?m:.)+|(?m:.)"
_ACCENTED = "ÁÀÂÄÃÅÇÉÈÊËÍÌÎÏÑÓÒÔÖÕØÚÙÛÜÝÆŒČŠŽŁŚ" + "áàâäãåçéèêëíìîïñóòôöõøúùûüýßæœčšžłśńćęą’“”–…°€"

_NAME = re.compile(r"\b(?:" + "|".join(REAL) + r")\b")


def natural_text(seed: int, conversations: int) -> list[str]:
    """Text to learn merges from: the open tasks, and fixed words. Person names are taken out, so
    that a name falls into small, regular pieces."""
    rng = random.Random(seed)
    tasks = (chatting.conversation, chatting.conversation, instructions.conversation)
    talks = (rng.choice(tasks)(rng) for _ in range(conversations))
    texts = [_NAME.sub("", turn.content) for talk in talks for turn in talk]
    words = [*MONTHS, *(month[:3] for month in MONTHS), *frames.JOBS, *TOWNS]
    plain_frames = [frame.replace("{", " ").replace("}", " ") for frame in frames.TRAINED]
    return texts + (words + plain_frames + list(_ACCENTED)) * 40


def build_tokenizer(seed: int, conversations: int = 4000) -> PreTrainedTokenizerFast:
    """Train the merges and wrap them with the special tokens and the chat template."""
    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PIECES), behavior="isolated"),
            pre_tokenizers.Split(Regex(LETTERS), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    core.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=list(SPECIAL),
        min_frequency=2,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    core.train_from_iterator(natural_text(seed, conversations), trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=core,
        bos_token="<|startoftext|>",
        eos_token="<|im_end|>",
        pad_token="<|pad|>",
        extra_special_tokens={
            "image_token": "<image>",
            "image_start_token": "<|image_start|>",
            "image_end_token": "<|image_end|>",
            "image_thumbnail_token": "<|img_thumbnail|>",
        },
        model_max_length=CONTEXT,
        clean_up_tokenization_spaces=False,
        padding_side="left",
        chat_template=TEMPLATE.read_text(encoding="utf-8"),
    )
