"""What remains of a branch that the engine refuses: a sentence, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PIL import Image

from tests.hostile.driver import Visitor
from tests.hostile.entrances import row


def test_a_refused_branch_leaves_the_answer_and_nothing_in_the_history(
    scripted_app: str, tmp_path: Path
):
    visitor, picture = Visitor(scripted_app), tmp_path / "a.png"
    Image.new("RGB", (64, 64)).save(picture)
    path = visitor.upload("a.png", picture.read_bytes())
    asked = [row(images=[{"path": path, "url": f"gradio_api/file={path}", "name": "a.png"}])]
    visitor.act("run-1", "click", messages=asked)
    before = shown(visitor)
    other = next(i for i in before["candidates"]["ids"] if i != before["ids"][0])
    Path(path).unlink()
    sent = {"run": before["run"], "place": 0, "id": other}
    refused = visitor.act("tokens", "branch_A", sent, messages=asked).data["tokens"]
    assert "no longer exists" in refused["note"]
    assert shown(visitor) == before
    first, second = (visitor.act("tokens", "back", {"lane": "A", "run": n}) for n in (1, 2))
    assert first.error is None
    assert "no longer kept" in second.text


def shown(visitor: Visitor) -> dict[str, Any]:
    return visitor.act("tokens", "open", {"lane": "A"}).data["tokens"]
