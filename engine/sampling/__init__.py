"""From logits to text: samplers, candidates, stop strings, characters."""
