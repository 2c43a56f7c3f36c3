"""The linter: what is wrong with a lane before it is run, by its model's recipe.

How findings are drawn, and what a quick_fix does to the page, is not known here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from core.advice.constraint_check import check_constrained
from core.advice.findings import Finding, QuickFix
from core.advice.system_check import check_system
from core.constraint import Constraint
from core.conversation import Conversation, Message
from core.library.recipe import Recipe
from core.runs.capabilities import Capabilities, in_words, not_sent
from core.sampling import SamplingParams, in_use, is_on, samplers
from core.template_options import OptionValues, in_short
from core.vision import VisionBudget
from core.workspace import Request, both_held

USE_VALUES = QuickFix("Use its values", "values")


@dataclass(frozen=True, slots=True)
class Asked:
    """A lane as it would be run. preset: the key of its active preset, or empty.

    recipe: of its model, None where it has none. can: what the model can do, None where none is
    loaded. families: names of the presets that are meant for one family of models, by key.
    constraint: None is off.
    """

    conversation: Conversation
    params: SamplingParams
    preset: str = ""
    recipe: Recipe | None = None
    model: str = ""
    can: Capabilities | None = None
    families: Mapping[str, str] = field(default_factory=dict[str, str])
    template_options: OptionValues = ()
    constraint: Constraint | None = None
    tool_choice: str = "auto"


def lint(asked: Asked) -> tuple[Finding, ...]:
    """The findings, warnings first; empty where all is well."""
    found = [*_general(asked)]
    if asked.recipe:
        found += _by_recipe(asked, asked.recipe)
    return tuple(sorted(found, key=lambda finding: finding.severity != "warning"))


def without_effect(params: SamplingParams) -> tuple[str, ...]:
    """The samplers that are set and do nothing, because the temperature is 0."""
    idle = [name for name in samplers() if name not in in_use(params) and is_on(params, name)]
    return tuple(name for name in idle if name != "temperature")


def _general(asked: Asked) -> Iterator[Finding]:
    if idle := without_effect(asked.params):
        named = " and ".join(f"{name} {getattr(asked.params, name):g}" for name in idle)
        do, they = ("does", "it") if len(idle) == 1 else ("do", "them")
        yield Finding(
            "no-effect",
            "note",
            f"The temperature is 0, so {named} {do} nothing: the likeliest token is always taken. "
            f"Raise the temperature, or turn {they} off.",
            (QuickFix(f"Turn {they} off", "off"),),
        )
    yield from _not_sent(asked)
    yield from _constrained(asked)
    is_told = asked.recipe and asked.recipe.turns == "completion"
    if asked.can and not asked.can.roles and not is_told:
        yield Finding(
            "no-roles",
            "note",
            f"{asked.model or 'The model'} has no chat template: it continues the messages' texts, "
            "one after another, and does not know who wrote them.",
        )
    if asked.can and not asked.can.images and asked.conversation.images:
        yield Finding(
            "image-unread",
            "warning",
            f"{asked.model or 'The model'} reads text only, but there is an image. Remove it, or "
            "choose a vision model.",
            (QuickFix("Remove all images", "no_images"),),
        )


def _not_sent(asked: Asked) -> Iterator[Finding]:
    """What the model can't be given. Images have a rule of their own."""
    if asked.can is None:
        return
    request = Request(
        "", asked.conversation, asked.params, VisionBudget(),
        template_options=asked.template_options, constraint=asked.constraint,
        tool_choice=asked.tool_choice,
    )  # fmt: skip
    names = [name for name in not_sent(request, asked.can) if name != "images"]
    if names:
        yield Finding(
            "not-sent",
            "warning",
            f"{asked.model or 'The model'} does not take {in_words(request, names)}, "
            "which will be left out.",
            (QuickFix("Remove the prefill", "no_prefill"),) if names == ["prefill"] else (),
        )


def _constrained(asked: Asked) -> Iterator[Finding]:
    if asked.constraint is None or (asked.can and not asked.can.constraints):
        return
    if told := both_held(asked.constraint, asked.tool_choice):
        yield Finding("tool-choice-and-constraint", "warning", told)
    may_tell = asked.recipe is None or asked.recipe.system.rule == "free"
    yield from check_constrained(
        asked.conversation, asked.constraint, asked.params.max_new_tokens, may_tell
    )


def _by_recipe(asked: Asked, recipe: Recipe) -> Iterator[Finding]:
    if found := check_system(asked.conversation, recipe):
        yield found
    yield from _turns(asked.conversation, recipe)
    yield from _one_image(asked.conversation, recipe)
    yield from _template_options(asked, recipe)
    prefill = asked.conversation.prefill
    thinks = dict(asked.template_options).get("enable_thinking") is not False
    if thinks and prefill and prefill.text and not prefill.text.startswith("<think>"):
        yield from _prefill(recipe)
    if recipe.params(asked.params).greedy and _draws(asked.params):
        yield Finding(
            "not-greedy",
            "warning",
            f"{recipe.name} is made for greedy decoding, but the temperature is "
            f"{asked.params.temperature:g}. Set it to 0.",
            (QuickFix("Turn sampling off", "values"),),
        )
    else:
        yield from _family(asked, recipe)


def _draws(params: SamplingParams) -> bool:
    """Whether chance decides; top_k 1 leaves one token to choose from."""
    return not params.greedy and params.top_k != 1


def _turns(conversation: Conversation, recipe: Recipe) -> Iterator[Finding]:
    users = sum(turn.role == "user" for turn in conversation.messages)
    answers = sum(turn.role == "assistant" for turn in conversation.messages)
    answers -= conversation.prefill is not None
    if recipe.turns == "completion":
        yield Finding(
            "not-a-chat-model",
            "note",
            f"{recipe.name} is a base model: it continues text, and was not trained to answer. "
            "Write the beginning of a text as one user message, or choose a chat model.",
        )
    elif recipe.turns == "single" and (users > 1 or answers):
        keep = (QuickFix("Keep only the last user message", "last_turn"),) if users else ()
        yield Finding(
            "many-turns",
            "warning",
            f"{recipe.name} answers one message, but there are {users + answers} turns. Ask each "
            "question on its own.",
            keep,
        )


def _one_image(conversation: Conversation, recipe: Recipe) -> Iterator[Finding]:
    """For a model that takes one image and no text. What is not written yet is not wrong."""
    users = [turn for turn in conversation.messages if turn.role == "user"]
    if not recipe.one_image or not users:
        return
    last: Message = users[-1]
    if last.text:
        yield Finding(
            "image-with-text",
            "warning",
            f"{recipe.name} takes one image and no text. Move what it should look for into the "
            "fields of the system prompt, and leave the message's text empty.",
        )
    if (count := len(last.images)) > 1:
        yield Finding(
            "many-images",
            "warning",
            f"{recipe.name} takes one image, but there are {count}. Keep one of them.",
        )
    elif not count:
        yield Finding(
            "image-missing", "note", f"{recipe.name} takes one image. Attach it to the message."
        )


def _template_options(asked: Asked, recipe: Recipe) -> Iterator[Finding]:
    """Those that the recipe names, where the template reads them."""
    given = dict(asked.template_options)
    for option in asked.can.template_options if asked.can else ():
        wanted, value = recipe.template.get(option.name), given.get(option.name, option.default)
        if wanted is not None and wanted != value:
            yield Finding(
                "template-option",
                "warning",
                f"{recipe.name} is meant to have {option.name} {in_short(wanted)}, but it is "
                f"{in_short(value)}. Set it.",
                (QuickFix("Set it", "template"),),
            )


def _prefill(recipe: Recipe) -> Iterator[Finding]:
    quick_fixes = (QuickFix("Remove the prefill", "no_prefill"),)
    if recipe.thinking in ("always", "usually"):
        yield Finding(
            "prefill-before-thoughts",
            "warning",
            f"{recipe.name} thinks before it answers, and a prefill takes the place of its "
            "thoughts. Remove it, or ask for the format in the message.",
            quick_fixes,
        )
    elif recipe.thinking == "optional":
        yield Finding(
            "prefill-before-thoughts",
            "note",
            f"If {recipe.name} is to think first, a prefill takes the place of its thoughts. "
            "Remove it, or turn thinking off.",
            quick_fixes,
        )


def _family(asked: Asked, recipe: Recipe) -> Iterator[Finding]:
    """A preset that was made for other models, unless its numbers happen to be the recipe's."""
    name = asked.families.get(asked.preset)
    if name is None or asked.preset == recipe.preset or asked.params == recipe.params(asked.params):
        return
    values = ", ".join(f"{n} {v:g}" for n, v in recipe.sampling.items())
    yield Finding(
        "other-family",
        "note",
        f"The preset {name} is meant for other models than {recipe.name}, whose own values are "
        f"{values}. Use those.",
        (USE_VALUES,),
    )
