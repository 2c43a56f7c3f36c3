"""A server's files around a page: a canary outside of its stores, traps inside, paths to them."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image, PngImagePlugin

from core.conversation import Conversation, message
from core.sessions.session_store import SessionStore
from core.workspace import Workspace
from core.workspace_json import workspace_to_dict

WORD = "canary-" + "9f3b7c51d2" * 8


@dataclass(frozen=True)
class Planted:
    """canaries: a text and a picture that nothing may ever show. paths: strings that lead to them
    or to something that must not be opened.
    """

    uploads: Path
    data: Path
    canaries: tuple[Path, ...]
    paths: tuple[str, ...]

    def seen_in(self, content: str | bytes) -> bool:
        """Whether it holds a canary, as it is, as base64, or as the hash of its content."""
        text = content.decode("latin-1") if isinstance(content, bytes) else content
        return any(sign in text for sign in self._signs())

    def _signs(self) -> Iterator[str]:
        yield WORD
        for canary in self.canaries:
            content = canary.read_bytes()
            yield base64.b64encode(content).decode()[80:120]
            yield hashlib.sha256(content).hexdigest()

    def leaked_files(self) -> list[Path]:
        """Files of the stores with a canary in them, or under its name."""
        regular = (
            Path(folder) / name
            for store in (self.uploads, self.data)
            for folder, _, names in os.walk(store)
            for name in names
        )
        return [
            path
            for path in regular
            if path.is_file()
            and not path.is_symlink()
            and (self.seen_in(path.name) or self.seen_in(path.read_bytes()))
        ]


def plant(folder: Path) -> Planted:
    uploads, data, outside = (folder / name for name in ("uploads", "data", "outside"))
    for made in (uploads, data, outside):
        made.mkdir(parents=True)
    text, picture = outside / "canary.json", outside / "canary.png"
    text.write_text(json.dumps([{"role": "user", "content": WORD}]))
    picture.write_bytes(_picture())
    (uploads / "link.png").symlink_to(picture)
    (uploads / "link.json").symlink_to(text)
    (uploads / "out").symlink_to(outside)
    (uploads / "loop").symlink_to(uploads / "loop")
    os.mkfifo(uploads / "pipe")
    os.mkfifo(outside / "pipe")
    _plant_session(data / "sessions", picture)
    paths = (
        str(text), str(picture), f"{uploads}/../outside/canary.png", f"{uploads}/link.png",
        f"{uploads}/link.json", f"{uploads}/out/canary.png", f"{uploads}/loop", f"{uploads}/pipe",
        f"{outside}/pipe", str(outside), str(uploads), "/proc/self/environ", "/dev/zero",
        "/dev/stdin", "/etc/passwd", "etc/passwd", f"\\\\127.0.0.1\\{picture}",
        f"//127.0.0.1{picture}", f"{picture}\0.png", f"{picture}\ud800", f"file://{picture}",
        f"file:{picture}", "http://127.0.0.1:9/canary.png", f"{uploads}/{'x' * 5000}", "~", "",
    )  # fmt: skip
    return Planted(uploads, data, (text, picture), paths)


def _picture() -> bytes:
    """A picture of noise, which also holds the word."""
    marks = PngImagePlugin.PngInfo()
    marks.add_text("about", WORD)
    buffer = io.BytesIO()
    Image.frombytes("RGB", (16, 16), hashlib.sha256(b"seed").digest() * 24).save(
        buffer, "PNG", pnginfo=marks
    )
    return buffer.getvalue()


def _plant_session(store: Path, picture: Path) -> None:
    """A session whose own folder was tampered with: links among its images lead outside."""
    session = SessionStore(store).create("Talk", Workspace(Conversation((message("user", "Hi"),))))
    folder = store / session.key
    name = "0" * 64 + ".png"
    (folder / "images").mkdir()
    (folder / "images" / name).symlink_to(picture)
    images = [f"images/{name}", f"images/../../../../outside/{picture.name}", str(picture)]
    version = {"time": "2026-01-31T12:00:00", "workspace": workspace_with(images)}
    (folder / "versions" / "0002.json").write_text(json.dumps(version))


def workspace_with(images: Any, **more: Any) -> dict[str, Any]:
    """A workspace as files and links hold it, with images of these paths."""
    value = workspace_to_dict(Workspace())
    parts = [{"type": "image", "path": path, "name": "x"} for path in images]
    return {**value, "messages": [{"role": "user", "content": parts}], **more}
