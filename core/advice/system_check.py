"""Whether a conversation's system prompt is what a recipe asks for."""

from __future__ import annotations

import re

from core.advice.findings import Finding, QuickFix, Severity
from core.conversation import Conversation
from core.library.recipe import Recipe, SystemPrompt

CATEGORY = re.compile(r"<\w+>")
SHORT = 40  # characters of a prompt in a button
LIST_START = "<|tool_list_start|>"


def check_system(conversation: Conversation, recipe: Recipe) -> Finding | None:
    """The first of several system messages counts; an empty one is none."""
    texts = [turn.text for turn in conversation.messages if turn.role == "system"]
    text = texts[0] if texts else ""
    match recipe.system.rule:
        case "tools":
            return _tools(conversation, text, recipe)
        case "unwanted":
            return _unwanted(text, recipe)
        case "free":
            return None
        case _ if not text:
            return _missing(recipe)
        case "exact":
            return _exact(text, recipe)
        case "categories":
            return _categories(text, recipe)
        case "form":
            return _form(text, recipe)


def _missing(recipe: Recipe) -> Finding:
    system = recipe.system
    if system.required:
        return Finding(
            "system-missing",
            "warning",
            f"{recipe.name} does not work without its system prompt. Set it.",
            _settings(system),
        )
    return Finding(
        "system-missing",
        "note",
        f"{recipe.name} was made for its own system prompt, but none is set. Set it, or "
        "load the example to see one at work.",
        _settings(system),
    )


def _exact(text: str, recipe: Recipe) -> Finding | None:
    system = recipe.system
    if text in system.texts:
        return None
    one = "its system prompt" if len(system.texts) == 1 else "one of its two system prompts"
    if len(system.texts) > 2:
        one = f"one of its {len(system.texts)} system prompts"
    near = _near(text, system)
    reason = f" This one differs only in {near}." if near else ""
    return Finding(
        "system-not-exact",
        _severity(system),
        f"{recipe.name} knows only {one}, to the letter.{reason} Set it.",
        _settings(system),
    )


def _near(text: str, system: SystemPrompt) -> str:
    """How little a text differs from an exact one; empty where it differs by more."""
    if text.strip() in (exact.strip() for exact in system.texts):
        return "white space"
    if re.sub(r"\W", "", text).lower() in (
        re.sub(r"\W", "", exact).lower() for exact in system.texts
    ):
        return "punctuation, spaces or case"
    return ""


def _categories(text: str, recipe: Recipe) -> Finding | None:
    whole = recipe.system.texts[0]
    known = CATEGORY.findall(whole)
    named = [one for one in known if one in CATEGORY.findall(text)]  # known is alphabetical
    start = whole[: whole.index(known[0])]
    right = start + ", ".join(named)
    if named and text == right:
        return None
    quick_fixes = _settings(recipe.system)
    if named and right != whole:
        quick_fixes = (QuickFix(f"Set “{_short(right)}”", "system", right), *quick_fixes)
    return Finding(
        "system-not-exact",
        _severity(recipe.system),
        f"{recipe.name} knows “{start.strip()}” and some of {', '.join(known)} only, in this "
        "order, with a comma and a space between. Set it.",
        quick_fixes,
    )


def _form(text: str, recipe: Recipe) -> Finding | None:
    system = recipe.system
    if system.has_form(text):
        return None
    if not text.startswith(system.begins):
        what = f"begins with “{_short(system.begins.strip(), 80)}”"
    elif system.contains not in text:
        what = f"has “{system.contains.strip()}” on a line of its own"
    else:
        what = f"ends with “{_short(system.ends.strip(), 80)}”"
    return Finding(
        "system-not-exact",
        _severity(system),
        f"The system prompt of {recipe.name} {what}, but this one does not. Change it, or load the "
        "example to see the form.",
    )


def _unwanted(text: str, recipe: Recipe) -> Finding | None:
    if not text:
        return None
    return Finding(
        "system-unwanted",
        "warning",
        f"{recipe.name} takes no system prompt. Put what it needs to know into the user message.",
        (QuickFix("Remove the system prompt", "system"),),
    )


def _tools(conversation: Conversation, text: str, recipe: Recipe) -> Finding | None:
    if conversation.tools.strip():
        return None
    if LIST_START in text:
        return Finding(
            "tools-typed",
            "warning",
            f"{LIST_START} in a message is sent as plain text, so {recipe.name} sees no tools. "
            "Add them as tools; the chat template writes the list.",
        )
    return Finding(
        "system-missing",
        "warning",
        f"{recipe.name} needs the list of all its tools. Add them as tools, or load the example.",
    )


def _severity(system: SystemPrompt) -> Severity:
    return "warning" if system.required else "note"


def _settings(system: SystemPrompt) -> tuple[QuickFix, ...]:
    """A click for each exact text."""
    if len(system.texts) == 1:
        return (QuickFix("Set its system prompt", "system", system.texts[0]),)
    return tuple(QuickFix(f"Set “{_short(text)}”", "system", text) for text in system.texts)


def _short(text: str, most: int = SHORT) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"
