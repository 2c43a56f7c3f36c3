"""The decoding step: one new token of every row becomes the logits of the next."""
