"""The exception for input that a person can put right."""


class InvalidInput(ValueError):
    """Bad input, named: the message says the thing, its value, the allowed range and the next step.

    Whoever reads input (page, API, preset file) lets it pass through; the edge shows its text.
    """


class StillAsking(InvalidInput):
    """A server is asked for what is wanted, and has not answered yet. Ask again soon."""


def reason(error: OSError) -> str:
    """What the system says, as a sentence without the path."""
    return f"{error.strerror or error}."
