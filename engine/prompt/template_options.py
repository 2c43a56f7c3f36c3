"""What a chat template reads in addition to the conversation, such as `enable_thinking`.

The template is parsed and never executed. What is found is a guess: Jinja has no types.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from inspect import signature
from keyword import iskeyword
from typing import Literal

import jinja2
from jinja2 import meta, nodes
from transformers import PreTrainedTokenizerBase, ProcessorMixin

from core.template_options import OptionValue, TemplateOption
from engine.prompt.template_syntax import parsed

# Given to every template, or known to Jinja and to Transformers' own environment.
GIVEN = {
    *signature(PreTrainedTokenizerBase.apply_chat_template).parameters,
    *signature(ProcessorMixin.apply_chat_template).parameters,
    *jinja2.Environment().globals,
    "messages", "raise_exception", "strftime_now", "loop", "caller", "varargs", "images", "videos",
    "audio", "image_token", "video_token", "audio_token", "add_special_tokens",
}  # fmt: skip
DEFINED = {"defined", "undefined"}
TRUTH = {*DEFINED, "true", "false", "none", "boolean", "sameas"}
SCALAR = {"default", "d", "string", "lower", "upper", "trim", "capitalize", "int", "float"}


@dataclass(frozen=True, slots=True)
class _Use:
    """A place where a name is read: the node, and those around it, the nearest first."""

    name: nodes.Name
    around: tuple[nodes.Node, ...]

    @property
    def parent(self) -> nodes.Node:
        return self.around[0]


@lru_cache(maxsize=64)
def template_options(source: str) -> tuple[TemplateOption, ...]:
    """By name. Empty for a source that is not a template. Lists and objects are left out."""
    try:
        tree = parsed(source)
        names = meta.find_undeclared_variables(tree)
    except jinja2.TemplateError:
        return ()
    uses: dict[str, list[_Use]] = {}
    stored: set[str] = set()
    for use in _uses(tree, ()):
        if use.name.ctx == "load":
            uses.setdefault(use.name.name, []).append(use)
        else:
            stored.add(use.name.name)
    asked = (n for n in sorted(names) if n in uses and _is_free(n))
    return tuple(
        TemplateOption(name, _kind(uses[name]), _default(name, uses[name]))
        for name in asked
        # Jinja also reports a name that is set in one branch only; such a one is no option unless
        # the template asks whether it is there.
        if (name not in stored or any(map(_asks_whether_given, uses[name])))
        and not any(map(_is_collection, uses[name]))
    )


def _is_free(name: str) -> bool:
    """Whether a person may give it, as an argument of Python's that nothing else has."""
    return name not in GIVEN and not name.endswith("_token") and not iskeyword(name)


def _uses(node: nodes.Node, around: tuple[nodes.Node, ...]) -> Iterator[_Use]:
    for child in node.iter_child_nodes():
        if isinstance(child, nodes.Name):
            yield _Use(child, (node, *around))
        yield from _uses(child, (node, *around))


def _kind(uses: list[_Use]) -> Literal["boolean", "number", "text"]:
    if all(map(_is_truth, uses)):
        return "boolean"
    return "number" if any(map(_meets_number, uses)) else "text"


def _meets_number(use: _Use) -> bool:
    """Whether it is compared with a number, calculated with, or replaced by one."""
    parent = use.parent
    near: list[nodes.Node] = []
    match parent:
        case nodes.Compare():
            near = [parent.expr, *(operand.expr for operand in parent.ops)]
        case nodes.Operand():
            around = use.around[1]
            near = [around.expr] if isinstance(around, nodes.Compare) else []
        case nodes.BinExpr():
            near = [parent.left, parent.right]
        case nodes.Filter() if parent.name in ("default", "d"):
            near = [*parent.args]
        case nodes.CondExpr():
            near = [one for one in (parent.expr1, parent.expr2) if one is not None]
    return any(_is_number(_constant(node)) for node in near)


def _is_number(value: OptionValue | None) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_truth(use: _Use) -> bool:
    """Whether this use asks only whether the value is true."""
    parent = use.parent
    match parent:
        case nodes.Test():
            return parent.name in TRUTH
        case nodes.If() | nodes.Not():
            return True
        case nodes.CondExpr():  # `x if x is defined else true`: the value passes on
            return parent.test is use.name or isinstance(_constant(parent.expr2), bool)
        case nodes.And() | nodes.Or():
            return True
        case nodes.Compare():
            others = [operand.expr for operand in parent.ops]
            return all(isinstance(_constant(other), bool) for other in others)
        case nodes.Filter():
            return parent.name in ("default", "d") and (
                not parent.args or isinstance(_constant(parent.args[0]), bool)
            )
    return False


def _asks_whether_given(use: _Use) -> bool:
    parent = use.parent
    if isinstance(parent, nodes.Test):
        return parent.name in DEFINED
    return isinstance(parent, nodes.Filter) and parent.name in ("default", "d")


def _is_collection(use: _Use) -> bool:
    """Whether the value is gone through or looked into, as no boolean and no text is."""
    parent = use.parent
    match parent:
        case nodes.For():
            return parent.iter is use.name
        case nodes.Getattr() | nodes.Getitem() | nodes.Call():
            return parent.node is use.name
        case nodes.Assign():  # another name for the tools
            return isinstance(parent.target, nodes.Name) and parent.target.name in GIVEN
        case nodes.Operand():
            return parent.op in ("in", "notin")
        case nodes.Filter():
            return parent.name not in SCALAR
        case nodes.Test():
            return parent.name in ("iterable", "mapping", "sequence")
    return False


def _default(name: str, uses: list[_Use]) -> OptionValue | None:
    """What `default(...)` gives, or what it is set to where it is not defined."""
    for use in uses:
        parent = use.parent
        value: OptionValue | None = None
        if isinstance(parent, nodes.Filter) and parent.name in ("default", "d") and parent.args:
            value = _constant(parent.args[0])
        elif isinstance(parent, nodes.CondExpr) and parent.expr1 is use.name:
            value = _constant(parent.expr2)
        elif isinstance(parent, nodes.Test) and parent.name in DEFINED:
            value = _set_in(name, use.around)
        if value is not None:
            return value
    return None


def _set_in(name: str, around: tuple[nodes.Node, ...]) -> OptionValue | None:
    """`{% if x is not defined %}{% set x = ... %}`: the constant."""
    branch = next((node for node in around if isinstance(node, nodes.If)), None)
    for assign in branch.find_all(nodes.Assign) if branch else ():
        if isinstance(assign.target, nodes.Name) and assign.target.name == name:
            return _constant(assign.node)
    return None


def _constant(node: nodes.Node | None) -> OptionValue | None:
    value = node.value if isinstance(node, nodes.Const) else None
    return value if isinstance(value, bool | int | float | str) else None
