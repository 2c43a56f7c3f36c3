"""Who may call /v1."""

import pytest

from core.completions.body import NotAnswered
from serving.completions.caller import Callers

KEY = "a-key-of-20-letters."
HERE = {"host": "127.0.0.1:7860"}


def scope(address: str = "127.0.0.1", **headers: str):
    sent = {**HERE, **{name.replace("_", "-"): value for name, value in headers.items()}}
    raw = [(name.encode(), value.encode("latin-1")) for name, value in sent.items()]
    return {"type": "http", "client": (address, 5000), "headers": raw}


def test_without_a_key_this_machine_may_call():
    Callers().check(scope())
    Callers().check(scope("::1", host="[::1]:7860"))
    Callers().check(scope(host="localhost:7860"))


@pytest.mark.parametrize(
    "caller",
    [
        scope("192.168.0.7"),
        scope("8.8.8.8", host="127.0.0.1"),
        scope(host="playground.example"),
        scope(host="127.0.0.1.evil.example"),
        scope(x_forwarded_for="192.168.0.7"),
        scope(forwarded="for=192.168.0.7"),
        scope(x_real_ip="127.0.0.1"),
        {**scope(), "client": None},
        scope("unix"),
    ],
)
def test_without_a_key_no_other_machine_may_nor_a_proxy(caller):
    with pytest.raises(NotAnswered, match="--api-key") as error:
        Callers().check(caller)
    assert error.value.status == 403


def test_where_users_log_in_a_key_is_needed_here_too():
    with pytest.raises(NotAnswered):
        Callers(local=False).check(scope())


@pytest.mark.parametrize("address", ["127.0.0.1", "192.168.0.7"])
def test_with_a_key_it_is_needed_everywhere(address):
    callers = Callers(KEY)
    callers.check(scope(address, authorization=f"Bearer {KEY}"))
    callers.check(scope(address, authorization=f"bearer  {KEY}"))
    for wrong in ("", KEY, "Bearer ", f"Bearer {KEY[:-1]}", f"Basic {KEY}", "Bearer \xe9"):
        with pytest.raises(NotAnswered) as error:
            callers.check(scope(address, authorization=wrong))
        assert (error.value.status, error.value.code) == (401, "invalid_api_key")
        assert KEY not in str(error.value)


@pytest.mark.parametrize("key", ["short", "a" * 15, "\xe9" * 20, "a" * 16 + "\n"])
def test_a_key_that_can_be_guessed_or_not_be_sent_is_refused(key):
    with pytest.raises(ValueError, match="key") as error:
        Callers(key)
    assert key not in str(error.value)
