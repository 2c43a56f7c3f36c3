"""What the linter says: a sentence with its reason and next step, and what one click can do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["warning", "note"]
Act = Literal["system", "values", "off", "last_turn", "no_prefill", "no_images", "template"]


@dataclass(frozen=True, slots=True)
class QuickFix:
    """One click. Its act: `system`, `text` becomes the system prompt, or empty: it goes; `values`,
    the recipe's; `off`, samplers that do nothing; `last_turn`, only the last user message stays;
    `no_prefill` and `no_images`, they go; `template`, the recipe's template options, for all lanes.
    """

    label: str
    act: Act
    text: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """rule: its name. severity: `warning` where answers will be wrong, else `note`."""

    rule: str
    severity: Severity
    text: str
    quick_fixes: tuple[QuickFix, ...] = ()
