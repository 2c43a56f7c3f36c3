"""Image files become tensors, and tensors become embeddings."""
