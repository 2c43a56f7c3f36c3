"""What a demo bounds for a page and for the API alike, and what it tells of other visitors."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import app
from core.access import access
from core.access.access import DEMO_IMAGES, DEMO_TOKENS
from core.library.library import Preset
from core.library.own_presets import OwnPresets
from engine.scripted.scripted_engine import ScriptedEngine
from tests.hostile.driver import Visitor
from tests.hostile.entrances import row
from tests.serving import served_here
from tests.watched import Lingering, Watched

NAME = "Kept by the owner"
PATIENCE = 5.0


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    """A visitor of a demo on whose server somebody has kept a preset."""
    data = tmp_path_factory.mktemp("data")
    keep_a_preset(data)
    engine = app.make_engine(app.flags(["--engine", "scripted", "--demo"]))
    assert isinstance(engine, ScriptedEngine)
    engine.tokens_per_second = 1000.0
    with served_here(engine, data=data, demo=True) as url:
        yield Visitor(url)


def keep_a_preset(data: Path) -> None:
    kept = Preset(
        kind="preset", name=NAME, order=1, description="", source="x", date=date.today(),
        sampling={"temperature": 0.5},
    )  # fmt: skip
    OwnPresets(data / "presets").save(kept, "", False)


def called(visitor: Visitor, text: Any, **parameters: Any) -> dict[str, Any]:
    seen = visitor.call("generate", [{"role": "user", "content": text}], parameters, 1)
    assert seen.error is None, seen.error
    return seen.data["value"]


def lane(visitor: Visitor, **inputs: Any) -> dict[str, Any]:
    seen = visitor.act("run-1", "click", None, **inputs)
    assert seen.error is None, seen.error
    return seen.data["lane-a"]


def test_answers_have_at_most_so_many_tokens(demo: Visitor):
    value = called(demo, "!long", max_new_tokens=2000)
    assert len(value["token_ids"]) == DEMO_TOKENS
    assert value["parameters"]["max_new_tokens"] == DEMO_TOKENS
    shown = lane(demo, messages=[row("!long")], parameter_max_new_tokens=2000)
    assert f"max_new_tokens = {DEMO_TOKENS}" in str(shown)


def test_what_others_have_sent_is_not_told_by_cached_tokens(demo: Visitor):
    for _ in range(2):
        value = called(demo, "A prompt that somebody else may have sent.")
        assert value["cached_tokens"] == 0
        assert value["prompt_tokens"] > 0


def test_presets_of_the_owner_are_listed_nowhere(demo: Visitor):
    assert NAME not in demo.call("presets").text
    assert NAME not in demo.request("GET", "config").text
    assert NAME not in demo.act("page", "load", None, work_bar=None).text
    assert NAME not in demo.act("messages", "edit", None, messages=[row("Hi")]).text


def test_the_same_folder_shows_its_presets_where_there_is_no_demo(tmp_path: Path):
    keep_a_preset(tmp_path)
    with served_here(ScriptedEngine(), data=tmp_path) as url:
        visitor = Visitor(url)
        assert NAME in visitor.call("presets").text
        assert NAME in visitor.act("messages", "edit", None, messages=[row("Hi")]).text


def test_a_prompt_has_at_most_so_many_images(demo: Visitor):
    picture = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(picture, "PNG")
    path = demo.upload("red.png", picture.getvalue())
    parts = [{"type": "image", "path": path}] * (DEMO_IMAGES + 1)
    sentence = f"this demo reads at most {DEMO_IMAGES}. Remove some."
    assert sentence in demo.call("generate", [{"role": "user", "content": parts}], {}, 1).text
    image = {"path": path, "url": f"gradio_api/file={path}", "name": "red.png"}
    run = demo.act("run-1", "click", None, messages=[row("x", images=[image] * len(parts))])
    assert sentence in run.text
    assert called(demo, [*parts[1:], {"type": "text", "text": "x"}])["text"]


def test_a_run_ends_at_its_deadline_for_the_page_and_the_api(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(access, "DEMO_SECONDS", 1.0)
    engine = Watched(tokens_per_second=10)
    with served_here(engine, demo=True) as url:
        value = called(Visitor(url), "!long")
        assert value["stop_reason"] == "time_limit"
        assert 1.0 < value["seconds"] < 2.0
        assert engine.freed.wait(PATIENCE)
        engine.freed.clear()
        shown = lane(Visitor(url), messages=[row("!long")])
        assert shown["status"] == "done"
        assert "time" in shown["stop_reason"]
        assert engine.freed.wait(PATIENCE)


def test_a_verification_ends_at_its_deadline(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(access, "DEMO_SECONDS", 1.0)
    engine = Lingering()
    with served_here(engine, demo=True) as url:
        visitor = Visitor(url)
        assert lane(visitor, messages=[row("Hi")])["status"] == "done"
        seen = visitor.act("export", "verify", {"lane": "A"})
        assert seen.error is None
        assert 1.0 < seen.seconds < 2.5
        assert engine.left.acquire(timeout=PATIENCE)
