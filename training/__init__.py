"""Everything that makes the pocket model: its data, its tokenizer, its training, its figures."""
