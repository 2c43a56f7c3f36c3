"""Ordinary lower-case words, for use where any word may stand."""

import itertools
import re

from training.data.dates import MONTHS
from training.data.knowledge import BENEFITS, FACTS, TIPS, TOPICS

ORDINARY = tuple(sorted({
    word
    for text in (*MONTHS, *TOPICS, *FACTS, *itertools.chain(*BENEFITS.values(), *TIPS.values()))
    for word in re.findall("[a-z]{3,}", text.lower())
}))  # fmt: skip
