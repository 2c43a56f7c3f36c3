"""Sample pictures that ship with the project, as images of a message."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from components.uploads import file_url, upload_folder


def sample_image(path: Path) -> dict[str, Any]:
    """The picture as if it had been uploaded: a page only shows and sends what lies there."""
    folder = upload_folder() / "samples"
    copy = folder / path.name
    if not copy.exists() or copy.stat().st_size != path.stat().st_size:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    return {"path": str(copy), "url": file_url(copy), "name": path.name}


def with_images(rows: Iterable[dict[str, Any]], pictures: Iterable[Path]) -> list[dict[str, Any]]:
    """The rows with these pictures in the last user message; the rows as they are without one."""
    changed = [dict(row) for row in rows]
    last = next((row for row in reversed(changed) if row["role"] == "user"), None)
    if last is not None:
        last["images"] = [*last["images"], *map(sample_image, pictures)]
    return changed
