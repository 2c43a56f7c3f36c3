"""Optional speed: compiles the small element-wise parts of the model, where a CPU loses time.

Needs a C++ compiler. Compiling the whole model is slower to start than it is worth here.
"""

from typing import Any

import torch
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS
from transformers.models.lfm2 import modeling_lfm2


def weigh_losses(
    hidden: torch.Tensor, table: torch.Tensor, target: torch.Tensor, log_sum_weight: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """Cross entropy and its log-sum penalty, each of shape (positions,).

    `hidden` is (positions, width), `table` the tied embedding (vocabulary, width).
    """
    logits = torch.nn.functional.linear(hidden, table).float()
    log_sums = logits.logsumexp(-1)
    losses = log_sums - logits.gather(-1, target[:, None])[:, 0]
    return losses, log_sum_weight * log_sums.square()


def compile_parts() -> None:
    """Compile norms and feed-forward blocks, for every LFM2 model of this process."""
    for part in (modeling_lfm2.Lfm2RMSNorm, modeling_lfm2.Lfm2MLP):
        setattr(part, "forward", torch.compile(part.forward, dynamic=True))  # noqa: B010


def multiply_out(
    module: Any, query: Any, key: Any, value: Any, mask: Any, scaling: float, **unused: Any
) -> tuple[torch.Tensor, None]:
    """Attention as two products without a mask; tensors are (rows, heads, length, head width)."""
    weights = torch.softmax((query * scaling) @ key.transpose(-1, -2), -1)
    return (weights @ value).transpose(1, 2).contiguous(), None


def look_back(
    module: Any, query: Any, key: Any, value: Any, mask: Any, scaling: float, **unused: Any
) -> tuple[torch.Tensor, None]:
    """The same where each place sees only those before it; several query heads share a key head."""
    rows, heads, length, width = query.shape
    query = (query * scaling).view(rows, key.shape[1], -1, length, width)
    later = torch.ones(length, length, dtype=torch.bool).triu(1)
    scores = (query @ key.unsqueeze(2).transpose(-1, -2)).masked_fill(later, float("-inf"))
    seen = torch.softmax(scores, -1) @ value.unsqueeze(2)
    return seen.view(rows, heads, length, width).transpose(1, 2).contiguous(), None


def quicken(tower: Any) -> None:
    """A third faster for heads as narrow as the vision tower's, where no picture is padded."""
    ALL_ATTENTION_FUNCTIONS.register("multiply_out", multiply_out)
    tower.config._attn_implementation = "multiply_out"


def quicken_text(model: Any) -> None:
    """The same for the text part. Rows are padded on the right, so nothing looks at the padding."""
    ALL_ATTENTION_FUNCTIONS.register("look_back", look_back)
    model.config._attn_implementation = "look_back"
