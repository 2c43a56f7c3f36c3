"""Tokens that an answer begins with: ids that a request gives instead of text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from core.errors import InvalidInput
from core.workspace import Request
from engine.constraints.row_constraint import RowConstraint
from engine.loading.checkpoint import Checkpoint
from engine.prompt.prompting import Prompt


def check_ids(ids: Sequence[int], checkpoint: Checkpoint, may_end: bool = False) -> None:
    """may_end: whether a token that ends an answer may be among them. Raises InvalidInput."""
    context = checkpoint.description.context_length
    if len(ids) > context:
        raise InvalidInput(
            f"There are {len(ids):,} token ids, but the model's context holds {context:,} for "
            "prompt and answer together. Give fewer."
        )
    largest = checkpoint.model.get_input_embeddings().weight.shape[0] - 1
    for place, token_id in enumerate(ids, start=1):
        if type(token_id) is not int or not 0 <= token_id <= largest:
            raise InvalidInput(
                f"Token id {place} is {token_id!r:.40}; it must be a whole number from 0 to "
                f"{largest:,}, which are this model's."
            )
        if token_id in checkpoint.ends and not may_end:
            name = checkpoint.prompting.text_of(token_id)
            raise InvalidInput(
                f"Token id {place} is {token_id} ({name}), which ends an answer. Remove it and "
                "what follows."
            )


def constraint_after(
    request: Request, prompt: Prompt, checkpoint: Checkpoint
) -> RowConstraint | None:
    """What the answer is held to, after the tokens that it begins with; None: nothing.

    Raises InvalidInput where they contradict it.
    """
    constraint = checkpoint.constraints.row(request, replace(prompt, after=()))
    if constraint is None:
        return None
    for place, token_id in enumerate(prompt.after, start=1):
        allowed = constraint.allowed()
        if allowed is not None and not (token_id < len(allowed) and allowed[token_id]):
            raise InvalidInput(
                f"The answer's beginning contradicts the constraint at token {place}: "
                f"{checkpoint.prompting.text_of(token_id)!r} can't stand there. Remove it and what "
                "follows, or change the constraint."
            )
        constraint.take(token_id)
    return constraint
