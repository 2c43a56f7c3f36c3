"""Settings of the whole suite, and the apps that several folders talk to."""

from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.serving import served

# No deadline: how long one example takes says something about the machine, not about the code.
settings.register_profile("playground", deadline=None)
settings.load_profile("playground")


@pytest.fixture(scope="session")
def scripted_app() -> Iterator[str]:
    """The address of the page with the scripted engine."""
    with served("--engine", "scripted") as url:
        yield url


@pytest.fixture(scope="session")
def pocket_app() -> Iterator[str]:
    """The address of the page with the model that the repository ships."""
    with served() as url:
        yield url
