"""The model picker, and the models in memory."""
