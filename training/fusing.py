"""Optional speed: compiles the small element-wise parts of the model, where a CPU loses time.

Needs a C++ compiler. Compiling the whole model is slower to start than it is worth here.
"""

import torch
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
